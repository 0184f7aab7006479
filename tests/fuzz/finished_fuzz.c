/* SPDX-License-Identifier: MIT
 * finished_fuzz.c: the output of an earlier run is read as a simple reader
 * reads it: the same lines are finished, a torn end is cut off, and what is no
 * such output stays as it is. */
#include "fetch/finished.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "say.h"

static const char prefix[] = "{\"line\":";

/* The digits that a number has with zeros before it, and the largest number. */
enum { PREFIX = sizeof prefix - 1, DIGITS = 31 };
#define LARGEST 18446744073709551609u

static void fill_file(int fd, const uint8_t *bytes, size_t length) {
  FUZZ_REQUIRE(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
  FUZZ_REQUIRE(write(fd, bytes, length) == (ssize_t)length);
  FUZZ_REQUIRE(lseek(fd, 0, SEEK_SET) == 0);
}

/* Returns the number of a line of output; 0: it is none. */
static uint64_t number_of(const char *line, size_t length) {
  char digits[DIGITS + 1] = "";
  if (length < PREFIX + 3 || memcmp(line, prefix, PREFIX) != 0) return 0;
  if (line[length - 1] != '}') return 0;
  const char *at = line + PREFIX;
  size_t count = 0;
  for (; count < length - PREFIX && at[count] >= '0' && at[count] <= '9';
       count++)
    if (count < DIGITS) digits[count] = at[count];
  if (count > DIGITS || at[count] != ',') return 0;
  unsigned long long number = strtoull(digits, NULL, 10);
  return number > LARGEST ? 0 : number;
}

struct expected {
  uint64_t *numbers;
  size_t count;
  size_t whole; /* bytes up to the end of the last line */
};

static int by_number(const void *a, const void *b) {
  uint64_t left = *(const uint64_t *)a;
  uint64_t right = *(const uint64_t *)b;
  return left < right ? -1 : left > right;
}

/* Reads the lines; false when one of them is none. */
static bool read_lines(struct expected *e, const char *bytes, size_t length) {
  size_t at = 0;
  while (at < length) {
    const char *newline = memchr(bytes + at, '\n', length - at);
    if (!newline) break;
    size_t size = (size_t)(newline - bytes) - at;
    uint64_t number = number_of(bytes + at, size);
    if (!number) return false;
    e->numbers[e->count++] = number;
    at += size + 1;
    e->whole = at;
  }
  size_t torn = length - at < PREFIX ? length - at : PREFIX;
  if (e->count) qsort(e->numbers, e->count, sizeof *e->numbers, by_number);
  return torn == 0 || memcmp(bytes + at, prefix, torn) == 0;
}

/* Each line that was finished, and none beside it. */
static void check_numbers(struct finished *finished, const struct expected *e) {
  for (size_t i = 0; i < e->count; i++) {
    uint64_t number = e->numbers[i];
    bool before = i > 0 && e->numbers[i - 1] >= number - 1;
    bool after = i + 1 < e->count && e->numbers[i + 1] <= number + 1;
    if (!before) FUZZ_REQUIRE(!finished_has(finished, number - 1));
    FUZZ_REQUIRE(finished_has(finished, number));
    if (!after) FUZZ_REQUIRE(!finished_has(finished, number + 1));
  }
}

static void check_ranges(const struct finished *finished) {
  for (size_t i = 0; i < finished->count; i++) {
    const struct range *range = &finished->ranges[i];
    FUZZ_REQUIRE(range->first > 0 && range->first <= range->last);
    if (i > 0) FUZZ_REQUIRE(range->first > finished->ranges[i - 1].last + 1);
  }
}

static void check_read(int fd, const char *bytes, size_t length) {
  struct finished finished = {.count = 0};
  struct expected e = {.numbers = malloc((length + 1) * sizeof *e.numbers)};
  if (!e.numbers) abort();
  bool good = read_lines(&e, bytes, length);
  FUZZ_REQUIRE(finished_read(&finished, fd, "file") == good);
  off_t size = lseek(fd, 0, SEEK_END);
  FUZZ_REQUIRE((size_t)size == (good ? e.whole : length));
  if (good) {
    check_ranges(&finished);
    check_numbers(&finished, &e);
  }
  finished_free(&finished);
  free(e.numbers);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  static int fd = -1;
  if (fd < 0) fd = memfd_create("output", 0);
  FUZZ_REQUIRE(fd >= 0);
  fill_file(fd, bytes, length);
  char *copy = fuzz_copy(bytes, length);
  check_read(fd, copy, length);
  free(copy);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
#define LINE(number) "{\"line\":" #number ",\"url\":\"x\"}\n"
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT(LINE(1) LINE(2) LINE(3)),
      FUZZ_TEXT(LINE(3) LINE(1) LINE(2) LINE(9) LINE(8)),
      FUZZ_TEXT(LINE(5) LINE(5) LINE(18446744073709551615)),
      FUZZ_TEXT(LINE(18446744073709551614) LINE(1)),
      FUZZ_TEXT(LINE(99999999999999999999)),
      FUZZ_TEXT(LINE(0)),
      FUZZ_TEXT(LINE(007)),
      FUZZ_TEXT(LINE(1) "{\"line\":2,\"ur"),
      FUZZ_TEXT(LINE(1) "{\"li"),
      FUZZ_TEXT(LINE(1) "something else"),
      FUZZ_TEXT("\n"),
      FUZZ_TEXT("{\"line\":1}\n"),
      FUZZ_TEXT("{\"line\":1,}\n{\"line\":2,\0}\n"),
      FUZZ_TEXT("{\"line\":-1,}\n"),
      FUZZ_TEXT(""),
  };
  fuzz_give_all(sink, context, "", 0, texts, FUZZ_COUNT(texts));
}

/* Messages are not wanted here. */
void say(const char *format, ...) { (void)format; }

const char *say_errno(int error) { return error ? "an error" : "no error"; }
