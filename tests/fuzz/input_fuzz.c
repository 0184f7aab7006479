/* SPDX-License-Identifier: MIT
 * input_fuzz.c: the lines that the program reads of a file are those that are
 * in it, long ones cut as they should be. */
#include "fetch/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "say.h"

const unsigned fuzz_cost = 4;

/* How many bytes there may be before those of the input: none, or about as many
 * as make a line too long.  Each has its file in memory, which keeps them. */
static const size_t fillers[] = {0, INPUT_LINE_MAX - 4, INPUT_LINE_MAX,
                                 INPUT_LINE_MAX + 70000};

/* The whole text, and where its next line begins. */
struct expected {
  char *bytes;
  size_t length;
  size_t at;
  uint64_t number;
};

/* A file, and the filler as a text. */
struct file {
  int fd;
  char *filler;
};

static void open_file(struct file *file, size_t filler) {
  file->fd = memfd_create("input", 0);
  file->filler = malloc(filler + 1);
  FUZZ_REQUIRE(file->fd >= 0 && file->filler);
  memset(file->filler, 'x', filler);
  FUZZ_REQUIRE(write(file->fd, file->filler, filler) == (ssize_t)filler);
}

/* Puts the input behind the filler, in the file and in what is expected. */
static void fill_file(struct file *file, size_t filler, struct expected *e,
                      const struct fuzz_input *input) {
  FUZZ_REQUIRE(ftruncate(file->fd, (off_t)filler) == 0);
  FUZZ_REQUIRE(pwrite(file->fd, input->at, input->left, (off_t)filler) ==
               (ssize_t)input->left);
  file->filler = realloc(file->filler, filler + input->left + 1);
  if (!file->filler) abort();
  if (input->left) memcpy(file->filler + filler, input->at, input->left);
  *e = (struct expected){.bytes = file->filler, .length = filler + input->left};
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Looks at a line that is not too long: what stands around it is gone, a mark
 * of the byte order in front among that. */
static void check_trimmed(const struct line *line, const char *at,
                          size_t length) {
  if (length && at[length - 1] == '\r') length--;
  if (length >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
    at += 3;
    length -= 3;
  }
  while (length && is_blank(at[length - 1])) length--;
  for (; length && is_blank(*at); at++) length--;
  FUZZ_REQUIRE(line->whole == length && line->length == length);
  FUZZ_REQUIRE(memcmp(line->text, at, length) == 0);
}

static void check_line(struct expected *e, const struct line *line) {
  const char *at = e->bytes + e->at;
  size_t left = e->length - e->at;
  FUZZ_REQUIRE(left > 0);
  const char *newline = memchr(at, '\n', left);
  size_t length = newline ? (size_t)(newline - at) : left;
  e->at += length + (newline != NULL);
  FUZZ_REQUIRE(line->number == ++e->number);
  if (length <= INPUT_LINE_MAX) {
    check_trimmed(line, at, length);
  } else {
    FUZZ_REQUIRE(line->whole == length && line->length == INPUT_SHOWN);
    FUZZ_REQUIRE(memcmp(line->text, at, line->length) == 0);
  }
}

static void check_file(const char *name, struct expected *e) {
  struct file_settings settings = {.input = name};
  struct input input;
  struct line line;
  enum input_result result;
  FUZZ_REQUIRE(input_open(&input, &settings));
  FUZZ_REQUIRE(!input.polled);
  do {
    result = input_next(&input, &line);
    if (result == INPUT_LINE) check_line(e, &line);
  } while (result == INPUT_LINE || result == INPUT_BUSY);
  FUZZ_REQUIRE(result == INPUT_END);
  FUZZ_REQUIRE(e->at == e->length);
  input_close(&input);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  static struct file files[FUZZ_COUNT(fillers)];
  struct fuzz_input input = {bytes, length};
  uint8_t how = fuzz_read_byte(&input);
  size_t which = how < 0xfc ? 0 : how & 3;
  struct expected expected;
  char name[64];
  if (!files[which].filler) open_file(&files[which], fillers[which]);
  (void)snprintf(name, sizeof name, "/proc/self/fd/%d", files[which].fd);
  fill_file(&files[which], fillers[which], &expected, &input);
  check_file(name, &expected);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("http://a/\nhttp://b/\n"),
      FUZZ_TEXT("http://a/\r\nhttp://b/"),
      FUZZ_TEXT("\n\n\r\n\r\r\n\r"),
      FUZZ_TEXT("a\0b\n\xff\n"),
      FUZZ_TEXT("\xef\xbb\xbf http://a/ \t\r\n \n\xef\xbb\xbf"),
      FUZZ_TEXT("x"),
      FUZZ_TEXT(""),
  };
  fuzz_give_all(sink, context, "\0", 1, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\1", 1, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\xfd", 1, texts, 1);
}

/* Messages are not wanted here. */
void say(const char *format, ...) { (void)format; }

const char *say_errno(int error) { return error ? "an error" : "no error"; }
