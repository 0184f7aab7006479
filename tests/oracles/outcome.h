/* SPDX-License-Identifier: MIT
 * outcome.h: what a reader of responses made of some bytes, as lariat's own and
 * the oracles write it: one line with a tab between its fields:
 *
 *   verdict detail status keeps used body_length body headers
 *
 * verdict: taken, short (the connection ended too early) or refused; the detail
 * says why.  What follows is of a response that was taken: whether the
 * connection can be used again, how many bytes were of it, and FNV-1a of its
 * body as it came, without chunks, and of the final head's headers, each as
 * "name:value" and LF in lower case. */
#ifndef TESTS_ORACLES_OUTCOME_H
#define TESTS_ORACLES_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTCOME_DETAIL = 100 };

struct outcome {
  char verdict[16];
  char detail[OUTCOME_DETAIL];
  int status;
  int keeps;
  size_t used;
  size_t body_length;
  uint64_t body;
  uint64_t headers;
};

#define OUTCOME_FORMAT "%s\t%s\t%d\t%d\t%zu\t%zu\t%016llx\t%016llx\n"

static const uint64_t outcome_begin = UINT64_C(0xcbf29ce484222325);

static inline uint64_t outcome_hash(uint64_t hash, const void *bytes,
                                    size_t length) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
  return hash;
}

/* Adds text in lower case, ASCII alone, to a hash. */
static inline uint64_t outcome_hash_lower(uint64_t hash, const char *text,
                                          size_t length) {
  for (size_t i = 0; i < length; i++) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
    hash = outcome_hash(hash, &c, 1);
  }
  return hash;
}

#endif
