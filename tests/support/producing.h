/* SPDX-License-Identifier: MIT
 * producing.h: a producer of a body, and what the body is: a pattern whose
 * length and SHA-256 the origin's /sink tells.  For the test's main thread. */
#ifndef TESTS_SUPPORT_PRODUCING_H
#define TESTS_SUPPORT_PRODUCING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/upload.h>

enum { PRODUCED_PERIOD = 1 << 20 };

/* The bytes of every body from `position` on, PRODUCED_PERIOD of them at the
 * least; they repeat after so many. */
const char *produced_bytes(uint64_t position);

/* Writes what /sink says of a body of this length, in `out`, which it returns.
 */
const char *produced_answer(uint64_t length, char *out, size_t capacity);

struct producer {
  lariat_upload *upload; /* NULL: given back */
  uint64_t length;       /* to be written */
  size_t piece;          /* in one write */
  bool gives;            /* without a copy */
  bool keeps;            /* does not end it, nor give it back */

  uint64_t written;
  unsigned waits;       /* writes that did not fire at once */
  bool over;            /* all written, or failed */
  lariat_status status; /* of the write that failed */
};

/* Pieces that were given and not dropped. */
extern unsigned produced_out;

/* Writes as told, each piece when there is space for it.  At the end of it, or
 * of a failure, gives `upload` back. */
void producer_start(struct producer *producer, lariat_upload *upload,
                    uint64_t length, size_t piece);

/* Goes on where it was, when `length` was moved. */
void producer_go_on(struct producer *producer);

#endif
