/* SPDX-License-Identifier: MIT
 * dispatching.c: a dispatcher with nothing behind it. */
#include "support/dispatching.h"

#include <string.h>

#include "base/time.h"
#include "reactor/reactor.h"

static void ignore_finished(lr_job *job) { (void)job; }

void dispatching_open(struct dispatching *d, const lr_host_extra *extra,
                      const lr_run_queue_limits *limits) {
  lr_dispatcher_config config = {
      .reactors = 1,
      .limits = {.max_jobs = 32, .max_jobs_per_host = 4},
      .max_connections_per_host = 4,
      .finished = ignore_finished};
  memset(d, 0, sizeof *d);
  if (limits) config.limits = *limits;
  d->ops.host_extra = extra;
  fixture_open(&d->f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_TRUE_FATAL(lr_dispatcher_init(&d->dispatcher, d->f.reactor, &config,
                                          (lr_transport){&d->ops, d}));
}

void dispatching_close(struct dispatching *d) {
  bool paced = d->dispatcher.hosts.host_paces != NULL;
  lr_dispatcher_clear(&d->dispatcher);
  if (paced) lr_host_paces_clear(&d->paces);
  fixture_close(&d->f);
}

void dispatching_pace(struct dispatching *d, double per_second,
                      uint64_t delay_ms) {
  lr_dispatcher *dispatcher = &d->dispatcher;
  CU_ASSERT_TRUE_FATAL(lr_host_paces_init(
      &d->paces, lr_rate_plan_of(per_second, 1), lr_ns_of_ms(delay_ms)));
  dispatcher->hosts.host_paces = &d->paces;
  dispatcher->queue.limits.host_paces = &d->paces;
}

lr_host *dispatching_host(struct dispatching *d, const char *url) {
  bool made;
  lr_dispatcher *dispatcher = &d->dispatcher;
  lr_job *job = dispatching_job(url);
  lr_host *host = lr_hosts_find(&dispatcher->hosts, job, &made);
  CU_ASSERT_PTR_NOT_NULL_FATAL(host);
  if (made) {
    host->dispatcher = dispatcher;
    host->protocol = LR_PROTOCOL_HTTP1;
    host->limit = dispatcher->config.limits.max_jobs_per_host;
    host->connections.limit = dispatcher->config.max_connections_per_host;
    CU_ASSERT_TRUE(lr_run_queue_admit(&dispatcher->queue, host, job));
  }
  lr_job_free(job);
  return host;
}

lr_job *dispatching_job(const char *url) {
  lr_job *job = lr_job_new();
  CU_ASSERT_PTR_NOT_NULL_FATAL(job);
  CU_ASSERT_EQUAL(lr_url_parse(&job->request.url, url), LARIAT_OK);
  memcpy(job->request.method, "GET", sizeof "GET");
  job->request.get = true;
  job->request.defaults = true;
  job->replay.repeatable = true;
  job->request.priority = LR_PRIORITY_NORMAL;
  job->request.deadline_ns = UINT64_MAX;
  return job;
}

uint64_t dispatching_now_ns(const struct dispatching *d) {
  return lr_reactor_turn_ns(d->f.reactor);
}
