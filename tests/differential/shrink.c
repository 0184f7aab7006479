/* SPDX-License-Identifier: MIT
 * shrink.c: delta debugging over the lines of a program: halves, quarters and
 * so on, down to single lines, and those again until none can go. */
#include "differential/shrink.h"

#include <string.h>

static size_t count_lines(const struct text *program) {
  size_t lines = 0;
  for (size_t i = 0; i < program->used; i++) lines += program->bytes[i] == '\n';
  return lines;
}

/* Where line `number` begins; the end for one too many. */
static size_t place_of(const struct text *program, size_t number) {
  size_t place = 0;
  while (number > 0 && place < program->used)
    number -= program->bytes[place++] == '\n';
  return place;
}

/* The program without `count` lines from `first` on. */
static void copy_without(struct text *copy, const struct text *program,
                         size_t first, size_t count) {
  size_t start = place_of(program, first);
  size_t end = place_of(program, first + count);
  text_clear(copy);
  text_add_bytes(copy, program->bytes, start);
  text_add_bytes(copy, program->bytes + end, program->used - end);
}

/* Tries to leave out each run of `count` lines; whether any could go. */
static bool leave_out(struct text *program, size_t count, shows_it *shows,
                      void *context) {
  struct text copy = {0};
  bool gone = false;
  size_t first = 0;
  while (first < count_lines(program)) {
    copy_without(&copy, program, first, count);
    if (shows(context, &copy)) {
      text_clear(program);
      text_add_bytes(program, copy.bytes, copy.used);
      gone = true;
    } else {
      first += count;
    }
  }
  text_free(&copy);
  return gone;
}

void shrink(struct text *program, shows_it *shows, void *context) {
  for (size_t count = count_lines(program) / 2; count > 1; count /= 2)
    (void)leave_out(program, count, shows, context);
  while (leave_out(program, 1, shows, context)) continue;
}
