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

static void fill_record(struct record *record, const struct job *job,
                        struct fuzz_input *input, char *texts[4]) {
  uint8_t which = fuzz_read_byte(input);
  for (int i = 0; i < 4; i++) texts[i] = fuzz_read_field(input, '\n');
  *record = (struct record){.line = job->line,
                            .url = job->url.text,
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

static void check_line(const struct record *record, const struct text *text) {
  const char *line = text->bytes;
  const char *end = line + text->length;
  FUZZ_REQUIRE(text->length > 2 && end[-1] == '\n' && line[0] == '{');
  FUZZ_REQUIRE(strict_json_skip(line, end - 1) == end - 1);
  for (const char *at = line; at < end - 1; at++)
    FUZZ_REQUIRE((unsigned char)*at >= 0x20 && *at != 0x7f);
  if (record->url_whole == record->url_length)
    require_text(line, end, "url", record->url, record->url_length);
  require_text(line, end, "content_type", record->content_type,
               strlen(record->content_type));
  require_text(line, end, "message", record->message, strlen(record->message));
}

static void check_job(const struct job *job, struct fuzz_input *rest) {
  struct text text = {NULL, 0, 0};
  struct record record;
  char *texts[4];
  fill_record(&record, job, rest, texts);
  const struct output_settings output = {.keep_secrets = true};
  FUZZ_REQUIRE(job->url.text[job->url.length] == '\0');
  FUZZ_REQUIRE((job->error == NULL) <= (job->message == NULL));
  FUZZ_REQUIRE(record_write(&record, &output, &text));
  FUZZ_REQUIRE(text_reserve(&text, 1));
  text.bytes[text.length] = '\0';
  check_line(&record, &text);
  free(text.bytes);
  for (int i = 0; i < 4; i++) free(texts[i]);
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
#define ANSWER "\n\377not found\nhttp://e.org/\n::1\ntext/html; charset=\"x\""
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("http://example.org/a?b=c" ANSWER),
      FUZZ_TEXT("{\"url\":\"http://example.org/\"}" ANSWER),
      FUZZ_TEXT("{\"url\":\"x\",\"tag\":{\"a\":[1,2.5e3,null,true,\"b\"]}}\n"),
      FUZZ_TEXT("{\"url\":\"x\",\"tag\":\"\\u0000\\ud83d\\ude00\\/\"}" ANSWER),
      FUZZ_TEXT("{\"url\":\"x\",\"method\":\"POST\",\"body\":\"b\\u0000c\"}"),
      FUZZ_TEXT(
          "{\"url\":\"x\",\"headers\":{\"A\":\"b\",\"C\":[\"d\",\"e\"]}}"),
      FUZZ_TEXT("{\"url\":\"x\",\"url\":\"y\"}"),
      FUZZ_TEXT("{\"url\":5}\n\1"),
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
