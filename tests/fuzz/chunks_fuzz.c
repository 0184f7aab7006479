/* SPDX-License-Identifier: MIT
 * chunks_fuzz.c: chunked bodies (RFC 9112, 7.1): what the h1 parser makes of
 * any bytes is what a second reader, written for this test alone, makes of them
 * at once; and what is cut into chunks comes out as it was. */
#include "fuzz/h1_reading.h"

#include <stdio.h>
#include <stdlib.h>

static const char head[] = "HTTP/1.1 200 OK\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n";

enum { HEAD = sizeof head - 1 };

/* What the second reader found. */
struct reference {
  bool complete; /* up to the end of the trailers */
  char *body;
  size_t length;
  size_t used;
};

/* Returns where the line that begins at `at` ends, its CRLF not included, or
 * NULL. */
static const char *line_end(const char *at, const char *end) {
  for (; end - at >= 2; at++)
    if (at[0] == '\r' && at[1] == '\n') return at;
  return NULL;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_size(const char *at, const char *end, size_t *size) {
  const char *begin = at;
  size_t number = 0;
  for (; at < end && hex_value(*at) >= 0; at++) {
    if (number >> 59) return false;
    number = number * 16 + (size_t)hex_value(*at);
  }
  *size = number;
  if (at == begin) return false;
  while (at < end && (*at == ' ' || *at == '\t')) at++;
  return at == end || *at == ';';
}

/* Reads chunks up to the last one; returns what is behind it, or NULL. */
static const char *read_chunks(struct reference *reference, const char *at,
                               const char *end) {
  for (;;) {
    size_t size;
    const char *stop = line_end(at, end);
    if (!stop || !read_size(at, stop, &size)) return NULL;
    at = stop + 2;
    if (size == 0) return at;
    if ((size_t)(end - at) < size + 2 || line_end(at + size, end) != at + size)
      return NULL;
    memcpy(reference->body + reference->length, at, size);
    reference->length += size;
    at += size + 2;
  }
}

static struct reference read_reference(const char *bytes, size_t length) {
  struct reference reference = {.body = malloc(length + 1)};
  const char *end = bytes + length;
  if (!reference.body) abort();
  const char *at = read_chunks(&reference, bytes, end);
  while (at && !reference.complete) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) break;
    reference.complete = stop == at || (stop == at + 1 && *at == '\r');
    at = stop + 1;
    reference.used = (size_t)(at - bytes);
  }
  return reference;
}

/* The parser may refuse more than the second reader, which takes blanks behind
 * a size and a trailer that ends without a CR, and never less. */
static void compare_reference(const struct h1_reading *reading,
                              const char *bytes, size_t length) {
  struct reference reference = read_reference(bytes, length);
  if (reading->result == LR_H1_DONE) {
    FUZZ_REQUIRE(reference.complete);
    FUZZ_REQUIRE(reading->used == HEAD + reference.used);
    FUZZ_REQUIRE(reading->response->body.length == reference.length);
    FUZZ_REQUIRE(reference.length == 0 ||
                 memcmp(reading->response->body.bytes, reference.body,
                        reference.length) == 0);
  }
  free(reference.body);
}

static char *join_head(const void *bytes, size_t length) {
  char *all = malloc(HEAD + length);
  if (!all) abort();
  memcpy(all, head, HEAD);
  if (length) memcpy(all + HEAD, bytes, length);
  return all;
}

static void read_any(struct fuzz_input *input, struct fuzz_cuts cuts) {
  const struct h1_choice choice = {.use = LR_H1_KEPT};
  struct h1_reading whole;
  struct h1_reading cut;
  char *all = join_head(input->at, input->left);
  h1_reading_open(&whole, &choice, fuzz_cuts_of(1), all, HEAD + input->left);
  h1_reading_open(&cut, &choice, cuts, all, HEAD + input->left);
  h1_reading_check(&whole, &choice);
  h1_reading_compare(&whole, &cut);
  compare_reference(&whole, all + HEAD, input->left);
  h1_reading_close(&cut);
  h1_reading_close(&whole);
  free(all);
}

/* Writes the bytes as chunks; returns how long that became. */
static size_t write_chunks(char *to, const uint8_t *bytes, size_t length,
                           struct fuzz_cuts cuts) {
  char *at = to;
  while (length > 0) {
    size_t size = fuzz_next_cut(&cuts, length);
    at += snprintf(at, 24, cuts.random & 1 ? "%zx\r\n" : "%zX;a=b\r\n", size);
    memcpy(at, bytes, size);
    memcpy(at + size, "\r\n", 2);
    at += size + 2;
    bytes += size;
    length -= size;
  }
  memcpy(at, "0\r\n\r\n", 5);
  return (size_t)(at - to) + 5;
}

static void read_written(struct fuzz_input *input, struct fuzz_cuts chunks,
                         struct fuzz_cuts cuts) {
  const struct h1_choice choice = {.use = LR_H1_KEPT};
  enum { OVERHEAD = 24 };
  size_t length = input->left;
  struct h1_reading reading;
  char *written = malloc((length + 1) * OVERHEAD);
  if (!written) abort();
  size_t size = write_chunks(written, input->at, length, chunks);
  char *all = join_head(written, size);
  h1_reading_open(&reading, &choice, cuts, all, HEAD + size);
  FUZZ_REQUIRE(reading.result == LR_H1_DONE);
  FUZZ_REQUIRE(reading.used == HEAD + size);
  FUZZ_REQUIRE(reading.response->body.length == length);
  FUZZ_REQUIRE(length == 0 ||
               memcmp(reading.response->body.bytes, input->at, length) == 0);
  h1_reading_close(&reading);
  free(all);
  free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  uint8_t how = fuzz_read_byte(&input);
  struct fuzz_cuts cuts = fuzz_cuts_of(fuzz_read_byte(&input));
  if (how < 0xc0)
    read_any(&input, cuts);
  else
    read_written(&input, fuzz_cuts_of(how & 0x3f), cuts);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("0\r\n\r\n"),
      FUZZ_TEXT("5\r\nhello\r\n0\r\n\r\n"),
      FUZZ_TEXT("5;a=b\r\nhello\r\n0;last\r\n\r\n"),
      FUZZ_TEXT("5;a=\"x;y\"\r\nhello\r\n0\r\n\r\n"),
      FUZZ_TEXT("1\r\nh\r\n0004\r\nello\r\n000\r\n\r\n"),
      FUZZ_TEXT("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
      FUZZ_TEXT("5\r\nhello\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\nmore"),
      FUZZ_TEXT("5\nhello\n0\n\n"),
      FUZZ_TEXT("5 \r\nhello\r\n0\r\n\r\n"),
      FUZZ_TEXT(" 5\r\nhello\r\n0\r\n\r\n"),
      FUZZ_TEXT("0x5\r\nhello\r\n0\r\n\r\n"),
      FUZZ_TEXT("-5\r\nhello\r\n0\r\n\r\n"),
      FUZZ_TEXT("5\r\nhelloworld\r\n0\r\n\r\n"),
      FUZZ_TEXT("7fffffffffffffff\r\nhello\r\n"),
      FUZZ_TEXT("ffffffffffffffff1\r\nhello\r\n"),
      FUZZ_TEXT("5;\r\rhello\r\n0\r\n\r\n"),
      FUZZ_TEXT("5\r\nhello\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n"),
      FUZZ_TEXT("5\r\nhello\r\n0\r\n folded\r\n\r\n"),
      FUZZ_TEXT("5\r\nhel"),
  };
  const size_t count = FUZZ_COUNT(texts);
  fuzz_give_all(sink, context, "\0\0", 2, texts, count);
  fuzz_give_all(sink, context, "\0\3", 2, texts, count);
  fuzz_give_all(sink, context, "\xc4\2", 2, texts, count);
}
