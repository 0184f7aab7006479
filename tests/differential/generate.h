/* SPDX-License-Identifier: MIT
 * generate.h: programs out of numbers. */
#ifndef TESTS_DIFFERENTIAL_GENERATE_H
#define TESTS_DIFFERENTIAL_GENERATE_H

#include <stdint.h>

#include "differential/language.h"
#include "differential/text.h"

/* Adds the program with this number to `text`, without its last line, "end".
 * The same seed and number give the same program, always.  How often each
 * operation was written is added up in `written`. */
void generate(struct text *text, uint64_t seed, uint64_t number,
              uint64_t written[OP_COUNT]);

#endif
