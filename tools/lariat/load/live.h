/* SPDX-License-Identifier: MIT
 * live.h: four lines on the terminal that are written anew twice a second while
 * a run lasts, by the thread that makes no requests. */
#ifndef TOOLS_LARIAT_LOAD_LIVE_H
#define TOOLS_LARIAT_LOAD_LIVE_H

#include <lariat/load/arrivals.h>
#include <lariat/load/result.h>
#include <lariat/reactor.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LIVE_LINES = 4, LIVE_LINE_CAPACITY = 256, LIVE_COLUMNS = 48 };

/* The figures of a run so far. */
struct live_state {
  uint64_t total_ns;     /* of the measured part; 0: a number of requests ends
                            it */
  uint64_t requests;     /* that number; 0: none */
  uint64_t begins_in_ns; /* the measured part; 0: it has begun */
  uint64_t warm_up_ns;   /* how long the warm-up before it is */
  int64_t start_at_ns;   /* the agreed start, since 1970; 0: none */
  uint64_t elapsed_ns;   /* of it */
  uint32_t seconds;      /* that were measured and told */
  double asked;          /* in the last of them; below 0: a closed test */
  uint64_t got;          /* good answers in it */
  uint64_t answered;     /* good answers in all */
  uint64_t failed;       /* all other outcomes */
  uint64_t p50_ns;       /* of the last second's response times */
  uint64_t p99_ns;
  uint64_t max_ns;
  uint64_t late_p99_ns;
  uint64_t p99s[LIVE_COLUMNS]; /* of the last seconds */
  size_t p99_count;
};

/* Writes the lines.  `utf8`: the terminal shows block characters. */
void live_describe(const struct live_state *state, bool utf8,
                   char lines[LIVE_LINES][LIVE_LINE_CAPACITY]);

struct live {
  struct live_state state;
  lariat_reactor *reactor;
  lariat_timer timer;
  const lariat_load_arrivals *plan; /* NULL: a closed test */
  uint32_t parts;                   /* of the plan, of which this is one */
  uint64_t begin_ns;                /* when the measured part begins */
  bool shown;
  bool utf8;
};

/* Shows the lines, if standard error is a terminal, until live_end.  The
 * measured part begins in `begins_in_ns`.  `plan` must outlive them; `parts`
 * is set, and of `state` what is known before. */
void live_begin(struct live *live, lariat_reactor *reactor,
                const lariat_load_arrivals *plan, uint64_t begins_in_ns);

/* Takes note of a second. */
void live_on_second(struct live *live, const lariat_load_result *result,
                    uint32_t second);

/* Removes the lines, if there are any. */
void live_end(struct live *live);

#endif
