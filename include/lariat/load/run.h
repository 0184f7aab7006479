/* SPDX-License-Identifier: MIT
 * lariat_load_run: a load test: requests sent by a pool's reactors on a
 * schedule (open model) or by users who wait for their answers (closed), and
 * what was measured. */
#ifndef LARIAT_LOAD_RUN_H
#define LARIAT_LOAD_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/client.h>
#include <lariat/deferred.h>
#include <lariat/export.h>
#include <lariat/load/arrivals.h>
#include <lariat/load/error.h>
#include <lariat/load/requests.h>
#include <lariat/load/result.h>
#include <lariat/pool.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* Start from lariat_load_run_defaults().  Everything is copied but `requests`,
 * which must outlive the run and not change while it lasts. */
typedef struct lariat_load_run_options {
  size_t size;
  const lariat_load_requests *requests;

  /* The model.  Without stages it is closed: each connection is a user, whose
   * next request follows the last answer and the think time. */
  const lariat_load_stage *stages;
  size_t stage_count;
  lariat_load_process process;
  uint64_t seed;
  lariat_load_part part;
  uint64_t count;       /* most requests of all parts; 0: no such limit */
  uint64_t duration_ns; /* closed, or of endless stages; 0: no such limit */

  unsigned reactors;    /* 0: the CPUs less one, at least 1 */
  unsigned connections; /* in all; 0: 50.  Open: the most at once */
  uint64_t connection_requests; /* on one connection; 0: no limit, 1: no
                                   keep-alive */
  double connect_rate_per_s;    /* new connections, in all; 0: no limit */
  uint64_t warm_up_ns;          /* requests before the start are not measured */
  uint64_t timeout_ns;          /* of a request, from its sending; 0: 10 s */
  uint64_t connect_timeout_ns;  /* 0: as timeout_ns */
  uint64_t stop_at_failures;    /* ends the run; 0: never */
  unsigned http_version;        /* 11 (0) or 20 */
  unsigned streams;             /* on a connection of HTTP/2; 0: 1 */
  const lariat_pool_options *pool;     /* trust, addresses, resolver; NULL */
  const lariat_client_options *client; /* NULL */
  int64_t start_at_s;           /* wall clock, since 1970; 0: at once */
} lariat_load_run_options;

/* What was run, and where, for the reports. */
typedef struct lariat_load_run_facts {
  char target[256];   /* the first origin, and how many others */
  char plan[256];     /* "open, 2,000/s even for 60 s" */
  char plan_hash[17]; /* of all that decides what is sent, in hex */
  bool open;
  lariat_load_process process;
  uint64_t seed;
  lariat_load_part part;
  unsigned reactors;
  unsigned connections;
  unsigned http_version;
  bool tls;
  uint64_t timeout_ns;
  uint64_t asked;        /* requests by the plan, in the time that was run */
  double asked_per_s;    /* the mean */
  uint64_t duration_ns;  /* of the measured part */
  int64_t started_at_ns; /* wall clock, since 1970 */
  bool interrupted;
  bool stopped;          /* by stop_at_failures */
  char lariat_version[32];
  char libcurl_version[32];
  char openssl_version[48];
  char machine[128];     /* "AMD EPYC, 2 CPUs, Linux 6.1" */
} lariat_load_run_facts;

typedef struct lariat_load_run lariat_load_run;

LARIAT_API lariat_load_run_options lariat_load_run_defaults(void);

/* Makes a run for the reactor of the calling thread. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_run_new(const lariat_load_run_options *options,
                    lariat_load_run **out, lariat_load_error *error);
LARIAT_API void lariat_load_run_free(lariat_load_run *run);

/* Starts it.  The deferred fires with "none" when it has ended (also when it
 * was stopped); the result is there then.  It fails when nothing could be
 * begun. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_load_run_start(lariat_load_run *run);

/* No new requests; those under way are waited for.  A second call ends these,
 * too, as time-outs of the interrupted run (they are not in the distribution,
 * but counted). */
LARIAT_API void lariat_load_run_stop(lariat_load_run *run);

/* Called on the run's thread for each second of which all reactors have told,
 * with the result so far. */
typedef void (*lariat_load_on_second)(void *context,
                                      const lariat_load_result *result,
                                      uint32_t second);
LARIAT_API void lariat_load_run_on_second(lariat_load_run *run,
                                          lariat_load_on_second on_second,
                                          void *context);

/* The result; the run's. */
LARIAT_API lariat_load_result *lariat_load_run_result(lariat_load_run *run);

LARIAT_END_C

#endif
