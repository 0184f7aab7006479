/* SPDX-License-Identifier: MIT
 * tally.h: what a run has done, in counters of a fixed size, and the summary
 * and the progress line made of them. */
#ifndef TOOLS_LARIAT_FETCH_TALLY_H
#define TOOLS_LARIAT_FETCH_TALLY_H

#include <stdint.h>
#include <stdio.h>

#include <lariat/histogram.h>

#include "fetch/record.h"

enum {
  TALLY_ERRORS = 64,
  TALLY_LIMITS = LARIAT_TIME_LIMIT_IDLE + 1,
  TALLY_PHASES = LARIAT_PHASE_BODY + 1
};

/* The parts of an answer's time: what the summary tells apart. */
enum tally_part {
  TALLY_WAITED,   /* for its turn, in the program and in the library */
  TALLY_SERVER,   /* from then to the first byte, connecting included */
  TALLY_TRANSFER, /* from the first byte to the last */
  TALLY_TOTAL,    /* all of it, earlier hops and attempts too */
  TALLY_PARTS
};

struct tally {
  uint64_t begun_ns;
  uint64_t answered; /* without an error */
  uint64_t failed;
  uint64_t bytes;
  uint64_t reused;
  uint64_t retried;    /* had more than one attempt, whoever began it */
  uint64_t resent;     /* had one that the library began */
  uint64_t run_again;  /* had one that the program began */
  uint64_t skipped;    /* lines that --resume found finished */
  uint64_t classes[6]; /* by the first digit of the status; [0]: none */
  struct {
    const char *name;
    uint64_t count;
  } errors[TALLY_ERRORS];
  uint64_t timed_out[TALLY_LIMITS][TALLY_PHASES];
  uint64_t refused; /* answers with a status of 400 or more */
  uint64_t held;    /* results that came while only --per-host kept waiting
                       URLs from starting */
  lariat_histogram *times[TALLY_PARTS]; /* of answers, in microseconds */
};

/* Makes the histograms of a tally that is zero otherwise.  LARIAT_ENOMEM: it
 * may only be closed. */
lariat_status tally_open(struct tally *tally);
void tally_close(struct tally *tally);

/* Counts one result. */
void tally_add(struct tally *tally, const struct record *record);

/* Prints the lines that end a run with these settings. */
void tally_print_summary(const struct tally *tally,
                         const struct settings *settings, uint64_t now_ns,
                         FILE *file);

/* Writes the progress so far as one line, without its end.  `progress` is how
 * much of the input is through, negative when that is not known. */
void tally_describe(const struct tally *tally, uint64_t now_ns,
                    uint64_t in_flight, double progress, char *line,
                    size_t capacity);

#endif
