/* SPDX-License-Identifier: MIT
 * media_type_fuzz.c: whatever a Content-Type is, its type and charset are in
 * lower case and within their memory, and say the same when they are written
 * and read again. */
#include <lariat/media_type.h>

#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"

static void require_lower(const char *text) {
  for (; *text; text++) FUZZ_REQUIRE(*text < 'A' || *text > 'Z');
}

/* Writes a quoted string. */
static void put_quoted(char *to, const char *text) {
  *to++ = '"';
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') *to++ = '\\';
    *to++ = *text;
  }
  *to++ = '"';
  *to = '\0';
}

static void check_again(const lariat_media_type *type) {
  char charset[2 * sizeof type->charset + 3];
  char text[sizeof type->type + sizeof charset + 16];
  lariat_media_type again;
  put_quoted(charset, type->charset);
  (void)snprintf(text, sizeof text, "%s;charset=%s", type->type, charset);
  FUZZ_REQUIRE(lariat_media_type_parse(text, &again) == LARIAT_OK);
  FUZZ_REQUIRE(strcmp(again.type, type->type) == 0);
  FUZZ_REQUIRE(strcmp(again.charset, type->charset) == 0);
}

/* What fits into a larger space is the same in one of just its size. */
static void check_parameter(const char *text, const char *name) {
  char value[256];
  lariat_status status =
      lariat_media_type_parameter(text, name, value, sizeof value);
  if (status != LARIAT_OK) return;
  size_t length = strlen(value);
  char *exact = malloc(length + 1);
  if (!exact) abort();
  FUZZ_REQUIRE(lariat_media_type_parameter(text, name, exact, length + 1) ==
               LARIAT_OK);
  FUZZ_REQUIRE(strcmp(exact, value) == 0);
  FUZZ_REQUIRE(lariat_media_type_parameter(text, name, exact, length) ==
               LARIAT_EHEADERLIMIT);
  free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  lariat_media_type type;
  char *name = fuzz_read_field(&input, '\n');
  char *text = fuzz_read_text(&input);
  lariat_status status = lariat_media_type_parse(text, &type);
  FUZZ_REQUIRE((status == LARIAT_OK) == (type.type[0] != '\0'));
  require_lower(type.type);
  require_lower(type.charset);
  if (status == LARIAT_OK) check_again(&type);
  check_parameter(text, name);
  check_parameter(text, "charset");
  free(text);
  free(name);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("text/html"),
      FUZZ_TEXT("Text/HTML; Charset=\"UTF-8\"; boundary=x"),
      FUZZ_TEXT("text/html; charset=utf-8; charset=latin1"),
      FUZZ_TEXT("text/html; a=\"\\\"; charset=x\"; charset=\"\\y\""),
      FUZZ_TEXT("multipart/form-data; boundary=\"a \\\"b\\\\\""),
      FUZZ_TEXT("text/html; charset=\"open"),
      FUZZ_TEXT("text/html;;; ;charset=x;"),
      FUZZ_TEXT("text/html; charset"),
      FUZZ_TEXT("text/html; charset=\"\\"),
      FUZZ_TEXT("/; ="),
      FUZZ_TEXT(""),
  };
  fuzz_give_all(sink, context, "boundary\n", 9, texts, FUZZ_COUNT(texts));
}
