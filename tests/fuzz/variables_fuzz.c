/* SPDX-License-Identifier: MIT
 * variables_fuzz.c: tables of any bytes, and requests with any variables: what
 * is taken has the length that it says, and is the same for the same index. */
#include <lariat/load/variables.h>

#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "load/source.h"

/* The body is as long as Content-Length says. */
static void require_framing(const lr_load_message *message) {
  const char *head = message->bytes;
  const char *end = memmem(head, message->length, "\r\n\r\n", 4);
  FUZZ_REQUIRE(end);
  size_t body = message->length - (size_t)(end + 4 - head);
  char line[64];
  int length = snprintf(line, sizeof line, "\r\nContent-Length: %zu\r\n", body);
  FUZZ_REQUIRE(memmem(head, (size_t)(end + 2 - head), line, (size_t)length));
}

static void take_messages(const lariat_load_requests *requests) {
  lr_load_source *one;
  lr_load_source *other;
  FUZZ_REQUIRE(lr_load_source_new(requests, &one) == LARIAT_OK);
  FUZZ_REQUIRE(lr_load_source_new(requests, &other) == LARIAT_OK);
  for (uint64_t i = 0; i < 10; i++) {
    lr_load_message a;
    lr_load_message b;
    FUZZ_REQUIRE(lr_load_source_take(one, i, &a) == LR_LOAD_MESSAGE);
    FUZZ_REQUIRE(lr_load_source_take(other, i, &b) == LR_LOAD_MESSAGE);
    FUZZ_REQUIRE(a.length == b.length &&
                 memcmp(a.bytes, b.bytes, a.length) == 0);
    require_framing(&a);
  }
  lr_load_source_free(one);
  lr_load_source_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  lariat_load_rows rows = fuzz_read_byte(&input) & 1
                              ? LARIAT_LOAD_ROWS_RANDOM
                              : LARIAT_LOAD_ROWS_IN_ORDER;
  char *url = fuzz_read_field(&input, '\xff');
  char *value = fuzz_read_field(&input, '\xff');
  char *body = fuzz_read_field(&input, '\xff');
  char *table = fuzz_copy(input.at, input.left);
  lariat_header header = {"X", value};
  lariat_load_request request = {.size = sizeof request,
                                 .method = "POST",
                                 .url = url,
                                 .headers = &header,
                                 .header_count = 1,
                                 .body = body,
                                 .body_length = strlen(body)};
  lariat_load_requests *requests;
  FUZZ_REQUIRE(lariat_load_requests_new(&requests) == LARIAT_OK);
  lariat_load_error error = {.message = ""};
  lariat_status status = lariat_load_requests_set_variables(
      requests, table, input.left, rows, &error);
  if (status == LARIAT_OK)
    status = lariat_load_requests_add(requests, &request, &error);
  FUZZ_REQUIRE(status != LARIAT_EINVAL || *error.message);
  if (status == LARIAT_OK) take_messages(requests);
  lariat_load_requests_free(requests);
  free(url);
  free(value);
  free(body);
  free(table);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("http://a/{{a}}?{{ b }}#{{a}}\xff<{{a}}>\xff{{a}}{{{b}}}\xff"
                "a,b\n1,x y\n22,\"h\"\"\n,\"\n"),
      FUZZ_TEXT("http://a/\xff{{a}}\xff\xff\xef\xbb\xbf"
                "a\r\n1\r\n\r\n\"2\""),
      FUZZ_TEXT("http://{{a}}/\xff\xff{{a}}\xff"
                "a\n1\n"),
      FUZZ_TEXT("http://a/\xff{{a}}\xff\xff"
                "a\n\"1\n\"\n")};
  fuzz_give_all(sink, context, "\0", 1, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\1", 1, texts, FUZZ_COUNT(texts));
}
