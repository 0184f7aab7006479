/* SPDX-License-Identifier: MIT
 * response_fuzz.c: header lines as libcurl gives them, one after the other:
 * whatever they are, the response's headers are texts within its memory. */
#include "http/response.h"

#include <stdlib.h>

#include "fuzz/fuzz.h"

static void check_header(const lariat_response *response, uint32_t index) {
  const lr_header_span *span = &response->headers[index];
  const lr_buffer *text = &response->text;
  FUZZ_REQUIRE(span->name < text->length && span->value < text->length);
  const char *name = text->bytes + span->name;
  const char *value = text->bytes + span->value;
  FUZZ_REQUIRE(memchr(name, '\0', text->length - span->name));
  FUZZ_REQUIRE(memchr(value, '\0', text->length - span->value));
  FUZZ_REQUIRE(strlen(name) <= span->name_length);
  if (strlen(name) == span->name_length) /* else there is a NUL in it */
    FUZZ_REQUIRE(lariat_response_header(response, name) != NULL);
}

static void check_response(const lariat_response *response) {
  FUZZ_REQUIRE(lariat_response_header_count(response) ==
               response->header_count);
  FUZZ_REQUIRE(response->header_count <= LR_RESPONSE_HEADERS_MAX);
  FUZZ_REQUIRE(response->text.length <= LR_RESPONSE_HEADER_BYTES_MAX);
  FUZZ_REQUIRE(response->content_length >= -1);
  for (uint32_t i = 0; i < response->header_count; i++)
    check_header(response, i);
}

static void add_line(lariat_response *response, struct fuzz_input *input) {
  const uint8_t *newline = memchr(input->at, '\n', input->left);
  size_t length = newline ? (size_t)(newline - input->at) + 1 : input->left;
  char *line = fuzz_copy(input->at, length);
  (void)lr_response_add_line(response, line, length);
  free(line);
  input->at += length;
  input->left -= length;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  lariat_response *response = lr_response_new();
  if (!response) abort();
  while (input.left > 0) add_line(response, &input);
  FUZZ_REQUIRE(lr_response_add_body(response, bytes, length));
  FUZZ_REQUIRE(lr_response_finish(response));
  check_response(response);
  lr_response_release(response);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\n"),
      FUZZ_TEXT("HTTP/2 404\r\nserver: x\r\n\r\nx-trailer: y\r\n"),
      FUZZ_TEXT("HTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 200\r\nC: d\r\n\r\n"),
      FUZZ_TEXT("HTTP/1.0 200\nX: a\n b\n\tc\n\n"),
      FUZZ_TEXT("HTTP/1.1 200 OK\r\n folded first\r\n: no name\r\nnone\r\n"),
      FUZZ_TEXT("HTTP/\r\nHTTP/9 20\r\nContent-Length: -1\r\n"
                "Content-Length: 99999999999999999999\r\n"),
      FUZZ_TEXT("X : y \0z\r\n\0: \r\n\r\n\r\n"),
      FUZZ_TEXT("HTTP/1.1 200 OK\r\nHTTP/1.1 404 x: y\r\n\r\nHTTP/1.1 500\r\n"),
  };
  fuzz_give_all(sink, context, "", 0, texts, FUZZ_COUNT(texts));
}
