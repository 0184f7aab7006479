/* SPDX-License-Identifier: MIT
 * synthweb.h: a synthweb (bench/synthweb) that runs: a web whose pages are
 * computed, and which says at its end what was fetched of it.
 *
 * For the test's main thread; within a fixture. */
#ifndef TESTS_SUPPORT_SYNTHWEB_H
#define TESTS_SUPPORT_SYNTHWEB_H

#include <stdint.h>

#include "support/program.h"

enum { SYNTHWEB_LONGEST_MS = 60000, SYNTHWEB_TOTALS_ROOM = 32768 };

struct synthweb {
  struct program program; /* its directory has log.json, when it has ended */
  int said;               /* what it prints */
  unsigned port;
  char first[128]; /* the URL of the first page, from which all are reached */
  char totals[SYNTHWEB_TOTALS_ROOM]; /* as JSON: of the last report */
};

/* Starts it with those options, up to a NULL, and waits for its port. */
void synthweb_start(struct synthweb *web, const char *const *options);

/* Has it report what it did so far. */
void synthweb_report(struct synthweb *web);

/* Ends it; its last report stays. */
void synthweb_end(struct synthweb *web);

/* Returns the number behind a name in the report: "requests", "unexpected",
 * "short_gaps", "forbidden", "before_robots", "in_flight_max", "min_gap_us".
 * The test fails, and -1 is returned, where it is not there. */
int64_t synthweb_total(const struct synthweb *web, const char *name);

/* Returns a number of a kind of URLs ("page", "moved", ...): "expected",
 * "fetched", "missing", "again", "requests"; 0 where the web has none. */
int64_t synthweb_of_kind(const struct synthweb *web, const char *kind,
                         const char *name);

/* Ends it, if it runs, and removes its directory. */
void synthweb_close(struct synthweb *web);

#endif
