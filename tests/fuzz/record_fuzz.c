/* SPDX-License-Identifier: MIT
 * record_fuzz.c: an input line of `lariat fetch` becomes an output line of
 * strict JSON, whose url is the line's, byte for byte; no byte of it is a
 * control character. */
#include "fetch/record.h"

#include <stdio.h>
#include <stdlib.h>

#include "fetch/job.h"
#include "fuzz/fuzz.h"
#include "fuzz/strict_json.h"
#include "http/response.h"

enum { TEXTS = 4 };

/* Makes a response of a header's value and a body. */
static lariat_response *make_response(const char *value, const char *body) {
  lariat_response *response = lr_response_new();
  char line[256];
  if (!response) abort();
  int length = snprintf(line, sizeof line, "X-Value: %.200s", value);
  (void)lr_response_add_line(response, "HTTP/1.1 200", 12);
  (void)lr_response_add_line(response, line, (size_t)length);
  FUZZ_REQUIRE(lr_response_add_body(response, body, strlen(body)));
  FUZZ_REQUIRE(lr_response_finish(response));
  return response;
}

static void fill_record(struct record *record, const struct job *job,
                        uint8_t which, char *const *texts) {
  *record = (struct record){.line = job->line,
                            .url = job->url.text + job->url.added,
                            .url_length = job->url.length,
                            .url_shown = job->url.length,
                            .url_whole = job->url.whole,
                            .tag = job->extras ? job->extras->tag : NULL,
                            .status = which & 1 ? 200 : 0,
                            .error = job->error,
                            .message = job->message ? job->message : texts[0],
                            .effective_url = which & 2 ? texts[1] : NULL,
                            .http_version = which % 40,
                            .remote_ip = which & 4 ? texts[2] : NULL,
                            .content_type = texts[3],
                            .bytes = (uint64_t)which << (which % 57),
                            .attempts = which,
                            .has_reactor = which & 8,
                            .has_times = which & 16,
                            .times = {.total_us = which * 1001u}};
}

static void require_text(const char *line, const char *end, const char *key,
                         const char *bytes, size_t length) {
  const char *value = strict_json_member(line, end, key);
  FUZZ_REQUIRE(value && *value == '"');
  char *decoded = malloc((size_t)(end - value) + 1);
  size_t got = 0;
  if (!decoded) abort();
  strict_json_decode(value, decoded, &got);
  FUZZ_REQUIRE(got == length);
  FUZZ_REQUIRE(length == 0 || memcmp(decoded, bytes, length) == 0);
  free(decoded);
}

/* The body is a string as it is, or in base64. */
static void check_body(const char *line, const char *end, const char *body) {
  const char *coding = strict_json_member(line, end, "body_encoding");
  FUZZ_REQUIRE(coding);
  if (strncmp(coding, "\"utf-8\"", 7) == 0)
    require_text(line, end, "body", body, strlen(body));
  else
    FUZZ_REQUIRE(strncmp(coding, "\"base64\"", 8) == 0);
}

/* A secret needs an @, so a text without one is written in full. */
static void check_texts(const struct record *record, const char *line,
                        const char *end, bool keep) {
  size_t length = record->url_length;
  bool whole = record->url_whole == length;
  if (whole && (keep || (*record->url != '{' &&
                         (!length || !memchr(record->url, '@', length)))))
    require_text(line, end, "url", record->url, length);
  if (keep || !strchr(record->message, '@'))
    require_text(line, end, "message", record->message,
                 strlen(record->message));
  require_text(line, end, "content_type", record->content_type,
               strlen(record->content_type));
}

/* Looks for what a terminal would act on: C0, DEL, C1. */
static void check_controls(const char *line, const char *end) {
  for (const char *at = line; at < end; at++) {
    unsigned char byte = (unsigned char)*at;
    FUZZ_REQUIRE(byte >= 0x20 && byte != 0x7f);
    if (byte == 0xc2) FUZZ_REQUIRE((unsigned char)at[1] >= 0xa0);
  }
}

static void check_line(const struct record *record,
                       const struct output_settings *output,
                       const struct text *text, const char *body) {
  const char *line = text->bytes;
  const char *end = line + text->length;
  FUZZ_REQUIRE(text->length > 2 && end[-1] == '\n' && line[0] == '{');
  FUZZ_REQUIRE(strict_json_skip(line, end - 1) == end - 1);
  check_controls(line, end - 1);
  check_texts(record, line, end, output->keep_secrets);
  if (output->headers) FUZZ_REQUIRE(strict_json_member(line, end, "headers"));
  if (output->body && record->response) check_body(line, end, body);
}

static void check_job(const struct job *job, struct fuzz_input *rest) {
  struct text text = {NULL, 0, 0};
  struct record record;
  char *texts[TEXTS];
  uint8_t which = fuzz_read_byte(rest);
  uint8_t how = fuzz_read_byte(rest);
  struct output_settings output = {
      .headers = how & 1, .body = how & 2, .keep_secrets = how & 4};
  for (int i = 0; i < TEXTS; i++) texts[i] = fuzz_read_field(rest, '\n');
  lariat_response *response = make_response(texts[1], texts[2]);
  fill_record(&record, job, which, texts);
  if (how & 8) record.response = response;
  FUZZ_REQUIRE(record.url[record.url_length] == '\0');
  FUZZ_REQUIRE((job->error == NULL) <= (job->message == NULL));
  FUZZ_REQUIRE(record_write(&record, &output, &text));
  FUZZ_REQUIRE(text_reserve(&text, 1));
  text.bytes[text.length] = '\0';
  check_line(&record, &output, &text, texts[2]);
  free(text.bytes);
  lr_response_release(response);
  for (int i = 0; i < TEXTS; i++) free(texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  const uint8_t *newline = length ? memchr(bytes, '\n', length) : NULL;
  size_t size = newline ? (size_t)(newline - bytes) : length;
  char *copy = fuzz_copy(bytes, size);
  struct line line = {copy, size, size, length + 1};
  struct job *job = job_new(NULL);
  if (!job) abort();
  FUZZ_REQUIRE(job_read(job, &line));
  free(copy);
  input.at += size + (newline != NULL);
  input.left -= size + (newline != NULL);
  check_job(job, &input);
  job_free(job);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
#define ANSWER                                                                 \
  "\n\377\17not found\nhttp://e.org/\n::1\ntext/html; charset=\"x\""
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("http://example.org/a?b=c" ANSWER),
      FUZZ_TEXT("{\"url\":\"http://example.org/\"}" ANSWER),
      FUZZ_TEXT("{\"url\":\"x\",\"tag\":{\"a\":[1,2.5e3,null,true,\"b\"]}}\n"),
      FUZZ_TEXT("{\"url\":\"x\",\"tag\":\"\\u0000\\ud83d\\ude00\\/\"}" ANSWER),
      FUZZ_TEXT("{\"url\":\"x\",\"method\":\"POST\",\"body\":\"b\\u0000c\"}"),
      FUZZ_TEXT(
          "{\"url\":\"x\",\"headers\":{\"A\":\"b\",\"C\":[\"d\",\"e\"]}}"),
      FUZZ_TEXT("{\"url\":\"x\",\"url\":\"y\"}"),
      FUZZ_TEXT("{\"url\":5}\n\1\13"),
      FUZZ_TEXT("www.example.org:80/?a\n\377\4"),
      FUZZ_TEXT("http://user:word@e.org/\n\377\13see http://u:w@e.org/"),
      FUZZ_TEXT("{\"url\":\"a\\u0000b\"}"),
      FUZZ_TEXT("{\"nothing\":[[[[[[]]]]]]}"),
      FUZZ_TEXT("{\"tag\":-0.0e-5}"),
      FUZZ_TEXT("{"),
      FUZZ_TEXT("a\0b\x1f\x7f\x80\xc3\xa9\xf4\x8f\x9e\x80\"\\" ANSWER),
      FUZZ_TEXT("\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80\xe2\x80\xa8"
                "\xc2\x9b\n\0\xc2\x9b"
                "31m\n\n\n\xff"),
  };
  fuzz_give_all(sink, context, "", 0, texts, FUZZ_COUNT(texts));
}
