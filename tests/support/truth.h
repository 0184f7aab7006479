/* SPDX-License-Identifier: MIT
 * truth.h: a truthd (bench/truth) that runs: a server that does what a seed
 * says, and whose log tells what it did.
 *
 * For the test's main thread; within a fixture. */
#ifndef TESTS_SUPPORT_TRUTH_H
#define TESTS_SUPPORT_TRUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "../../bench/truth/journal.h"
#include "../../bench/truth/plan.h"
#include "support/program.h"

enum { TRUTH_RECORDS_MAX = 4096, TRUTH_LONGEST_MS = 60000 };

/* Large: not for a stack. */
struct truth {
  struct program program; /* its directory has the log, and certificates */
  int said;               /* what it prints */
  unsigned port;

  /* When it has ended. */
  char totals[512]; /* as JSON */
  struct journal_head head;
  size_t count;
  struct journal_record records[TRUTH_RECORDS_MAX]; /* by their numbers */
};

/* Makes its directory. */
void truth_open(struct truth *truth);

/* Writes a certificate for 127.0.0.1 into it, "cert" with its "key", and that
 * of who signed it, "ca". */
void truth_write_certificate(struct truth *truth);

/* Starts it with those options, up to a NULL, and waits for its port. */
void truth_start(struct truth *truth, const char *const *options);

/* Ends it and reads what it has written. */
void truth_end(struct truth *truth);

/* Whether a sum in its totals is this one. */
bool truth_total_is(const struct truth *truth, const char *name,
                    unsigned value);

void truth_close(struct truth *truth);

#endif
