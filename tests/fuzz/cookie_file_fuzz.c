/* SPDX-License-Identifier: MIT
 * cookie_file_fuzz.c: each line of a Netscape cookie file is a cookie, a
 * comment or a fault that is told with its number, and what was read is written
 * to a file that has the same cookies. */
#include "http/cookie_file.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "http/cookie_jar.h"

static const int64_t now_s = 1000000000;

static lariat_cookie_jar *make_jar(void) {
  lariat_cookie_jar *jar = NULL;
  FUZZ_REQUIRE(lariat_cookie_jar_new(NULL, &jar) == LARIAT_OK);
  return jar;
}

/* The numbers of faults, which grow. */
struct faults {
  size_t count;
  size_t last;
};

static void note_fault(void *context, size_t line, const char *reason) {
  struct faults *faults = context;
  FUZZ_REQUIRE(line > faults->last && reason && *reason);
  faults->last = line;
  faults->count++;
}

static size_t count_lines(const char *text, size_t length) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++) count += text[i] == '\n';
  return count + (length > 0 && text[length - 1] != '\n');
}

/* Counts cookies that are read, of lines of eight fields, but not written. */
static size_t count_unwritten(const lariat_cookie_jar *jar) {
  size_t count = 0;
  const lariat_cookie *cookie = lariat_cookie_jar_first(jar);
  for (; cookie; cookie = lariat_cookie_jar_next(jar, cookie))
    count += strchr(cookie->value, '\t') != NULL;
  return count;
}

static void write_jar(const lariat_cookie_jar *jar, lr_buffer *text) {
  size_t left_out;
  FUZZ_REQUIRE(lr_cookie_file_write(jar, now_s, text, &left_out));
  FUZZ_REQUIRE(left_out == count_unwritten(jar));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct faults faults = {0, 0};
  struct faults none = {0, 0};
  lr_buffer once = {0};
  lr_buffer twice = {0};
  char *text = fuzz_copy(bytes, length);
  lariat_cookie_jar *jar = make_jar();
  lariat_cookie_jar *other = make_jar();
  FUZZ_REQUIRE(
      lr_cookie_file_read(jar, text, length, now_s, note_fault, &faults));
  size_t lines = count_lines(text, length);
  FUZZ_REQUIRE(faults.last <= lines);
  FUZZ_REQUIRE(faults.count + lariat_cookie_jar_count(jar) <= lines);
  write_jar(jar, &once);
  FUZZ_REQUIRE(lr_cookie_file_read(other, once.bytes, once.length, now_s,
                                   note_fault, &none));
  FUZZ_REQUIRE(none.count == 0);
  write_jar(other, &twice);
  FUZZ_REQUIRE(once.length == twice.length &&
               memcmp(once.bytes, twice.bytes, once.length) == 0);
  lr_buffer_clear(&once);
  lr_buffer_clear(&twice);
  lariat_cookie_jar_release(other);
  lariat_cookie_jar_release(jar);
  free(text);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("# Netscape HTTP Cookie File\n\n"
                ".example.com\tTRUE\t/\tFALSE\t2000000000\ta\tb\n"),
      FUZZ_TEXT("#HttpOnly_www.example.com\tFALSE\t/a\tTRUE\t0\ta\tb\r\n"),
      FUZZ_TEXT("example.com\tFALSE\t/\tFALSE\t0\ta"),
      FUZZ_TEXT("example.com\tFALSE\t/\tFALSE\t0\t\tb\tc"),
      FUZZ_TEXT(
          "127.0.0.1\tTRUE\t/\tFALSE\t0\ta\tb\n::1\tFALSE\t/\tFALSE\t0\ta"),
      FUZZ_TEXT("..f:1\tTRUE\t/\tFALSE\t0\ta\tb"),
      FUZZ_TEXT(".com\tTRUE\t/\tFALSE\t0\ta\tb\nx"),
      FUZZ_TEXT("h\tTRUE\tx\tFALSE\t-1\ta\tb\nh\tmaybe\t/\tno\t1.5\ta\tb"),
      FUZZ_TEXT(
          "h\tTRUE\t/\tFALSE\t2000000000.5\ta\tb\nh\tTRUE\t/\tFALSE\t-1\ta\tb"),
      FUZZ_TEXT("h.x\tTRUE\t/\tTRUE\t99999999999999999999\t__Host-a\tb"),
      FUZZ_TEXT("h.x\tFALSE\t/\tTRUE\t1\ta\tb\n#HttpOnly_\n\n#HttpOnly_#"),
  };
  fuzz_give_all(sink, context, "", 0, texts, FUZZ_COUNT(texts));
}
