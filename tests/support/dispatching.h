/* SPDX-License-Identifier: MIT
 * dispatching.h: a dispatcher under the virtual clock whose transport does
 * nothing, and jobs and hosts made by hand: for unit tests of what decides
 * about hosts and connections, a function at a time.
 *
 *   dispatching_open(&d, NULL, &limits);
 *   lr_host *host = dispatching_host(&d, "http://a/");
 *   ...
 *   dispatching_close(&d); */
#ifndef TESTS_SUPPORT_DISPATCHING_H
#define TESTS_SUPPORT_DISPATCHING_H

#include "job/job.h"
#include "schedule/dispatcher.h"
#include "schedule/host.h"
#include "support/fixture.h"

struct dispatching {
  struct fixture f;
  lr_dispatcher dispatcher;
  lr_transport_ops ops;
  lr_host_paces paces; /* unused until dispatching_pace */
};

/* Opens the fixture and the dispatcher; `extra`, what is kept behind each host,
 * and `limits` may be NULL: then 32 jobs, 4 a host. */
void dispatching_open(struct dispatching *d, const lr_host_extra *extra,
                      const lr_run_queue_limits *limits);
void dispatching_close(struct dispatching *d);

/* Makes hosts that come from now on keep to a rate (0: none) and a delay. */
void dispatching_pace(struct dispatching *d, double per_second,
                      uint64_t delay_ms);

/* Returns the host of `url`, made if need be, admitted to the run queue. */
lr_host *dispatching_host(struct dispatching *d, const char *url);

/* Makes a GET of `url`, as a client with its own options would; the test frees
 * it. */
lr_job *dispatching_job(const char *url);

/* Returns the time on the reactor's clock. */
uint64_t dispatching_now_ns(const struct dispatching *d);

#endif
