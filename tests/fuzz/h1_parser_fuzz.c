/* SPDX-License-Identifier: MIT
 * h1_parser_fuzz.c: a response of HTTP/1.1 comes to the same however its bytes
 * are cut, and what is read of it makes sense. */
#include "fuzz/h1_reading.h"
#include "support/response_corpus.h"

#include <stdlib.h>

static struct h1_choice read_choice(struct fuzz_input *input) {
  uint8_t flags = fuzz_read_byte(input);
  uint8_t limit = fuzz_read_byte(input);
  return (struct h1_choice){.head = (flags & 1) != 0,
                            .decodes = (flags & 2) != 0,
                            .use = (lr_h1_body_use)((flags >> 2) & 3),
                            .limit = limit};
}

/* Reads a body that was passed again, to keep it. */
static void read_kept(const struct h1_reading *passed, struct h1_choice choice,
                      const struct fuzz_input *input) {
  struct h1_reading kept;
  choice.use = LR_H1_KEPT;
  h1_reading_open(&kept, &choice, fuzz_cuts_of(1), input->at, input->left);
  h1_reading_compare_kept(passed, &kept);
  h1_reading_close(&kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  struct h1_choice choice = read_choice(&input);
  struct fuzz_cuts cuts = fuzz_cuts_of(fuzz_read_byte(&input));
  struct h1_reading whole;
  struct h1_reading cut;
  h1_reading_open(&whole, &choice, fuzz_cuts_of(1), input.at, input.left);
  h1_reading_open(&cut, &choice, cuts, input.at, input.left);
  h1_reading_check(&whole, &choice);
  h1_reading_compare(&whole, &cut);
  if (choice.use == LR_H1_PASSED && !choice.decodes)
    read_kept(&cut, choice, &input);
  h1_reading_close(&cut);
  h1_reading_close(&whole);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  enum { LONGEST = 512 };
  static const char choices[][3] = {
      {0, 0, 0},  {1, 0, 0},  {2, 0, 0},  {2, 0, 3},  {4, 0, 5},
      {10, 9, 0}, {12, 0, 0}, {12, 0, 5}, {14, 9, 0},
  };
  size_t count;
  struct corpus_response *shapes = response_corpus_make(&count);
  if (!shapes) abort();
  for (size_t i = 0; i < count; i++)
    if (shapes[i].length <= LONGEST)
      fuzz_give(sink, context, choices[i % FUZZ_COUNT(choices)], 3,
                shapes[i].bytes, shapes[i].length);
  response_corpus_free(shapes, count);
}
