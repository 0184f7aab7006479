/* SPDX-License-Identifier: MIT
 * h1_reading.h: a response read by the h1 parser in pieces, what came of it,
 * and what must be true of it whatever the bytes were. */
#ifndef TESTS_FUZZ_H1_READING_H
#define TESTS_FUZZ_H1_READING_H

#include "fuzz/fuzz.h"
#include "http/h1_parser.h"

/* How a response is read. */
struct h1_choice {
  bool head; /* the request was HEAD */
  bool decodes;
  lr_h1_body_use use;
  uint64_t limit; /* of the body; 0: none */
};

struct h1_reading {
  lr_h1_parser parser;
  lariat_response *response;
  lr_content_decoders decoders;
  lr_h1_result result;
  size_t used;
  lr_buffer passed; /* a PASSED body */
};

/* Reads the bytes, and the end of the connection behind them if the response
 * goes on. */
void h1_reading_open(struct h1_reading *reading, const struct h1_choice *choice,
                     struct fuzz_cuts cuts, const void *bytes, size_t length);

/* Looks at what does not depend on the bytes: lengths, limits, headers. */
void h1_reading_check(const struct h1_reading *reading,
                      const struct h1_choice *choice);

/* Requires that both came to the same. */
void h1_reading_compare(const struct h1_reading *a, const struct h1_reading *b);

/* Requires that what was PASSED is what was kept. */
void h1_reading_compare_kept(const struct h1_reading *passed,
                             const struct h1_reading *kept);

void h1_reading_close(struct h1_reading *reading);

#endif
