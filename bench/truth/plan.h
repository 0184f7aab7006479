/* SPDX-License-Identifier: MIT
 * plan.h: what truthd does with each request: how long the answer takes, and
 * whether it fails.  It follows from the plan, its seed and the number of the
 * request, and from nothing else. */
#ifndef BENCH_TRUTH_PLAN_H
#define BENCH_TRUTH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

/* What becomes of a request. */
enum outcome {
  OUTCOME_ANSWERED = 0, /* status 200 */
  OUTCOME_ERROR,        /* status 500 */
  OUTCOME_HUNG,         /* never answered; the connection stays open */
  OUTCOME_CLOSED,       /* the connection is closed instead */
  OUTCOME_RESET,        /* it is reset in the middle of the body */
  OUTCOME_GONE,         /* the client left before its answer was due */
  OUTCOMES
};

extern const char *const outcome_names[OUTCOMES];

enum { PLAN_PARTS_MAX = 16 };

/* A share of the requests, and the delay of its answers. */
struct plan_part {
  double share;
  uint64_t delay_ns;
};

struct plan {
  uint64_t seed;
  unsigned part_count; /* 0: log-normal */
  struct plan_part parts[PLAN_PARTS_MAX];
  double median_ns;
  double sigma;
  uint64_t stall_ns; /* stands still for the last so long of each period; */
  uint64_t period_ns;
  double shares[OUTCOMES]; /* of the requests that fail so */
};

/* Read options.  False: the text makes no sense.
 *   delay     "constant:5ms", "lognormal:5ms,0.5" (median and sigma),
 *             "mixture:99%=5ms,0.9%=50ms,0.1%=1s"
 *   stall     "1s/10s"
 *   failures  "hung=1%,closed=1%,reset=1%,error=1%" */
bool plan_read_delay(struct plan *plan, const char *text);
bool plan_read_stall(struct plan *plan, const char *text);
bool plan_read_failures(struct plan *plan, const char *text);

/* What the plan has for the request with this number, from 0. */
struct planned {
  uint64_t delay_ns;
  enum outcome outcome;
};
struct planned plan_draw(const struct plan *plan, uint64_t number);

/* Returns when a stall ends that has begun at `now_ns` after the start, or
 * `now_ns` when there is none now. */
uint64_t plan_stall_end(const struct plan *plan, uint64_t now_ns);

#endif
