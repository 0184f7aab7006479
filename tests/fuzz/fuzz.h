/* SPDX-License-Identifier: MIT
 * fuzz.h: what the fuzz targets share.  A target is NAME_fuzz.c: one function
 * that libFuzzer calls with each input, and one that gives its seeds.  The
 * first bytes of an input choose what is done, the others are read. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* ---- What a target has ---- */

/* Runs one input; ends the program when something is wrong. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

typedef void fuzz_sink(void *context, const void *bytes, size_t length);

/* Gives each seed to `sink`. */
void fuzz_give_seeds(fuzz_sink *sink, void *context);

/* How many times the time of others an input takes, about: so many times fewer
 * are made where their number is fixed.  A target may define another one than
 * 1. */
extern const unsigned fuzz_cost;

/* ---- What it uses ---- */

/* Ends the program with a message when `condition` is false, whatever NDEBUG
 * says. */
#define FUZZ_REQUIRE(condition)                                                \
  ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *condition);

/* What has not been read of an input yet. */
struct fuzz_input {
  const uint8_t *at;
  size_t left;
};

/* Reads a byte, a number of four bytes; 0 when there is none. */
uint8_t fuzz_read_byte(struct fuzz_input *input);
uint32_t fuzz_read_number(struct fuzz_input *input);

/* Copies `length` bytes into memory of just that size, so that a sanitizer sees
 * what is read beyond them. */
char *fuzz_copy(const void *bytes, size_t length);

/* Copies what is left, or what is left up to the next `end`, which is dropped;
 * a NUL behind it. */
char *fuzz_read_text(struct fuzz_input *input);
char *fuzz_read_field(struct fuzz_input *input, char end);

/* Chooses where bytes are cut: 0: behind each, 1: nowhere, others: in pieces of
 * random lengths. */
struct fuzz_cuts {
  uint8_t how;
  uint32_t random;
};
struct fuzz_cuts fuzz_cuts_of(uint8_t how);

/* Returns the length of the next piece of `left` bytes. */
size_t fuzz_next_cut(struct fuzz_cuts *cuts, size_t left);

/* Gives a seed: `count` bytes that choose, and then `bytes`. */
void fuzz_give(fuzz_sink *sink, void *context, const char *choice, size_t count,
               const void *bytes, size_t length);

/* The same of each of some texts that may have NULs in them. */
struct fuzz_text {
  const char *bytes;
  size_t length;
};
#define FUZZ_TEXT(literal)                                                     \
  { literal, sizeof(literal) - 1 }
#define FUZZ_COUNT(array) (sizeof(array) / sizeof(array)[0])
void fuzz_give_all(fuzz_sink *sink, void *context, const char *choice,
                   size_t count, const struct fuzz_text *texts, size_t number);

#endif
