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

/* The options of a run.  Start from lariat_load_run_defaults().  Everything is
 * copied but `requests`, which must outlive the run and not change while it
 * lasts, and what `client` points to, which must outlive it as well. */
typedef struct lariat_load_run_options {
  size_t size; /* sizeof(lariat_load_run_options) */
  const lariat_load_requests *requests;

  /* The model.  Without stages, and unless the requests have instants of their
   * own (a replay), it is closed: each connection is a user, whose next request
   * follows the last answer and the think time. */
  const lariat_load_stage *stages;
  size_t stage_count;
  lariat_load_process process;
  uint64_t seed;
  lariat_load_part part; /* which requests are sent; all else is of the whole
                            plan, but what says otherwise */
  uint64_t count;        /* most requests of all parts; 0: no such limit */
  uint64_t duration_ns;  /* the most, of a closed run or of stages; 0: no such
                            limit */

  unsigned reactors; /* 0: the CPUs less one, at least 1; no more than there
                        are connections */
  unsigned
      connections; /* in all; 0: 50.  Closed: those of all parts, which
                      share them.  Open: the most at once of this part.  With
                      several servers so many requests are on their way at the
                      most, and no more connections open to one of them */
  uint64_t connection_requests; /* on one connection; 0: no limit, 1: no
                                   keep-alive.  The last one says "Connection:
                                   close" */
  double connect_rate_per_s;    /* new connections, in all; 0: no limit */
  uint64_t warm_up_ns; /* before the start: in its first half connections are
                          opened, in its second one requests are sent, at the
                          rate with which the plan begins; nothing of it is
                          measured */
  uint64_t timeout_ns; /* of a request, from its sending; 0: 10 s */
  uint64_t connect_timeout_ns; /* of a connection, look-up and TLS included; 0:
                                  as timeout_ns */
  uint64_t stop_at_failures; /* ends the run, at the latest when a quarter more
                                have failed; 0: never */
  unsigned http_version; /* 11 (0) or 20.  With HTTP/2 the library chooses how
                            many connections it needs, up to `connections` */
  unsigned streams;      /* on a connection of HTTP/2; 0: 1, at most 100 */

  /* Trust, addresses and the resolver of the pool; its limits and rates are not
   * used.  NULL: the defaults. */
  const lariat_pool_options *pool;
  const lariat_client_options *client; /* NULL: the defaults */

  int64_t start_at_s; /* as start_at_ns, which goes before it, in seconds */
  /* When the measured part begins, by the wall clock, in nanoseconds since
   * 1970; 0: as soon as may be.  The warm-up is before it, and has the time
   * that there is.  An instant that has gone by is as soon as may be, without a
   * warm-up; the verdict of a run that began later than it should is INVALID
   * ("start-late") if that is over 1 % of the run. */
  int64_t start_at_ns;
} lariat_load_run_options;

/* The run and its surroundings, for the reports. */
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
  bool stopped; /* by stop_at_failures */
  char lariat_version[32];
  char libcurl_version[32];
  char machine[128];   /* "AMD EPYC, 2 CPUs, Linux 6.1" */
  int64_t start_at_ns; /* when it was to start, since 1970; 0: not agreed */
  char host[64]; /* the machine's name; "" of a run that is no part, and has no
                    agreed start */
} lariat_load_run_facts;

typedef struct lariat_load_run lariat_load_run;

/* Returns the defaults: closed, 50 connections, a warm-up of 2 s, a time-out of
 * 10 s, HTTP/1.1.  Any thread. */
LARIAT_API lariat_load_run_options lariat_load_run_defaults(void);

/* Makes a run for the reactor of the calling thread (lariat_reactor_current),
 * with a pool of its own, whose threads wait, and puts it into `*out`; the
 * caller owns it (lariat_load_run_free).  `*error` (may be NULL) is written
 * when that is LARIAT_EINVAL.
 *
 * LARIAT_OK
 * LARIAT_EINVAL   options without `size` or that make no sense: no requests,
 *                 stages or a part that are none, no such version of HTTP; the
 *                 pool's, see the error
 * LARIAT_ETHREAD  the calling thread has no reactor
 * LARIAT_ENOMEM, and what lariat_pool_new may return */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_run_new(const lariat_load_run_options *options,
                    lariat_load_run **out, lariat_load_error *error);

/* Frees the run with its result; NULL is allowed.  One that goes on is stopped
 * at once, and freed when it has ended, for which its reactor must run.  The
 * run's thread, as for all that follow. */
LARIAT_API void lariat_load_run_free(lariat_load_run *run);

/* Starts the run: its reactors begin at one instant.  The deferred fires with
 * "none" when all has ended, also when it was stopped; the result is complete
 * then.  Failures of requests are in the result; the deferred fails with
 *
 *   LARIAT_EALREADY  the run was started before
 *   LARIAT_ENOMEM, and what lariat_client_new may return: nothing was sent
 *
 * Never NULL. */
LARIAT_API LARIAT_MUST_USE lariat_deferred *
lariat_load_run_start(lariat_load_run *run);

/* Stops the run: there are no new requests, and those on their way are waited
 * for.  A second call gives these up, too: they count as time-outs, but are in
 * no distribution, for nobody knows how long they would have taken.  Does
 * nothing before the start and after the end. */
LARIAT_API void lariat_load_run_stop(lariat_load_run *run);

/* Called with the result so far for each second, counted from 0, that is
 * complete: all reactors have told of it.  May stop the run. */
typedef void (*lariat_load_on_second)(void *context,
                                      const lariat_load_result *result,
                                      uint32_t second);

/* Sets what is called for each second; NULL: nothing.  `context` is
 * borrowed. */
LARIAT_API void lariat_load_run_on_second(lariat_load_run *run,
                                          lariat_load_on_second on_second,
                                          void *context);

/* Returns the result, which is the run's, and grows while that goes on. */
LARIAT_API lariat_load_result *lariat_load_run_result(lariat_load_run *run);

LARIAT_END_C

#endif
