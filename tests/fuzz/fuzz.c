/* SPDX-License-Identifier: MIT
 * fuzz.c: inputs taken apart, and seeds put together. */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

const unsigned fuzz_cost __attribute__((weak)) = 1;

void fuzz_fail(const char *file, int line, const char *condition) {
  fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
  abort();
}

uint8_t fuzz_read_byte(struct fuzz_input *input) {
  if (input->left == 0) return 0;
  input->left--;
  return *input->at++;
}

uint32_t fuzz_read_number(struct fuzz_input *input) {
  uint32_t number = 0;
  for (int i = 0; i < 4; i++) number = number << 8 | fuzz_read_byte(input);
  return number;
}

static char *allocate_bytes(size_t length) {
  char *bytes = malloc(length ? length : 1);
  if (!bytes) abort();
  return bytes;
}

char *fuzz_copy(const void *bytes, size_t length) {
  char *copy = allocate_bytes(length);
  if (length) memcpy(copy, bytes, length);
  return copy;
}

static char *take_text(struct fuzz_input *input, size_t length) {
  char *text = allocate_bytes(length + 1);
  if (length) memcpy(text, input->at, length);
  text[length] = '\0';
  input->at += length;
  input->left -= length;
  return text;
}

char *fuzz_read_text(struct fuzz_input *input) {
  return take_text(input, input->left);
}

char *fuzz_read_field(struct fuzz_input *input, char end) {
  const uint8_t *found =
      input->left ? memchr(input->at, end, input->left) : NULL;
  if (!found) return fuzz_read_text(input);
  char *text = take_text(input, (size_t)(found - input->at));
  (void)fuzz_read_byte(input);
  return text;
}

struct fuzz_cuts fuzz_cuts_of(uint8_t how) {
  return (struct fuzz_cuts){how, how * 2654435761u | 1};
}

size_t fuzz_next_cut(struct fuzz_cuts *cuts, size_t left) {
  if (left == 0 || cuts->how == 1) return left;
  if (cuts->how == 0) return 1;
  cuts->random ^= cuts->random << 13;
  cuts->random ^= cuts->random >> 17;
  cuts->random ^= cuts->random << 5;
  size_t most = (size_t)1 << (1 + cuts->how % 8);
  size_t length = 1 + cuts->random % most;
  return length < left ? length : left;
}

void fuzz_give(fuzz_sink *sink, void *context, const char *choice, size_t count,
               const void *bytes, size_t length) {
  char *seed = allocate_bytes(count + length);
  if (count) memcpy(seed, choice, count);
  if (length) memcpy(seed + count, bytes, length);
  sink(context, seed, count + length);
  free(seed);
}

void fuzz_give_all(fuzz_sink *sink, void *context, const char *choice,
                   size_t count, const struct fuzz_text *texts, size_t number) {
  for (size_t i = 0; i < number; i++)
    fuzz_give(sink, context, choice, count, texts[i].bytes, texts[i].length);
}
