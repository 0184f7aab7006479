/* SPDX-License-Identifier: MIT
 * schedules_stress.c: random schedules of submit, cancel, pause, resume, time,
 * and every kind of close, with bodies that are streamed, saved, transformed
 * and produced (support/body_schedule.h), against a scripted pool under the
 * virtual clock.  After each: every deferred has fired once, and not after its
 * deadline; the ledgers balance; no limit was exceeded; bodies came as they
 * were sent; nothing is left of memory, timers and descriptors.  In some, an
 * allocation fails.  In the end: everything was really done, often enough.
 *
 *   schedules_stress [schedules [seed]]
 *
 * A schedule is made from its number alone: one that fails is shortened as far
 * as it still fails, and printed; `schedules_stress 1 NUMBER` runs it again.
 * Usually 100,000, see scale.h. */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits/rate.h"
#include "pool/pool.h"
#include "reactor/reactor.h"
#include "support/body_schedule.h"
#include "support/fixture.h"
#include "support/producing.h"
#include "support/scale.h"
#include <lariat/client.h>
#include <lariat/failure.h>
#include <lariat/pool.h>
#include <lariat/testing.h>

enum {
  OPS = 64,
  JOBS = 32,
  SPECS = 16,
  HOSTS = 4,
  CLIENTS = 2,
  STARTS = 16,
  FULL_SCALE = 100000,
  LONG_MS = 60000, /* longer than any deadline */
  RARELY = 400     /* everything is done once in so many schedules */
};

/* Randomness: a schedule's number is its seed. */

static uint64_t mix(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static unsigned below(uint64_t *state, unsigned limit) {
  return (unsigned)((mix(state) >> 32) * limit >> 32);
}

static bool once_in(uint64_t *state, unsigned count) {
  return below(state, count) == 0;
}

/* A schedule. */

enum kind {
  SUBMIT,
  CANCEL,
  PAUSE,
  RESUME,
  RELEASE,
  FLOW,
  RUN,
  JUMP,
  TURN,
  CLOSE_CLIENT,
  DRAIN,
  CAPACITY,
  CLOSE_POOL,
  RELEASE_POOL,
  KINDS
};

static const char *const kind_names[KINDS] = {
    "submit", "cancel",   "pause",      "resume",      "release",
    "bodies", "run",      "jump",       "turn",        "close client",
    "drain",  "capacity", "close pool", "release pool"};

struct op {
  enum kind kind;
  unsigned job; /* also: the client, the milliseconds */
  uint64_t seed;
};

struct schedule {
  uint64_t number;
  lariat_pool_options pool;
  lariat_client_options clients[CLIENTS];
  lariat_retry_policy policies[CLIENTS];
  lariat_answer specs[SPECS];
  int targets[SPECS];       /* a redirect's; -1: none */
  unsigned fail_allocation; /* 0: none */
  unsigned end;             /* how it ends */
  unsigned op_count;
  struct op ops[OPS];
};

static enum kind pick_kind(uint64_t *state) {
  static const enum kind often[] = {
      SUBMIT, SUBMIT, SUBMIT, SUBMIT, SUBMIT, SUBMIT, CANCEL, PAUSE,
      PAUSE,  RESUME, RESUME, RUN,    RUN,    RUN,    TURN,   TURN,
      TURN,   FLOW,   FLOW,   FLOW,   FLOW,   FLOW,   FLOW,   FLOW};
  unsigned dice = below(state, 400);
  if (dice == 0) return CLOSE_POOL;
  if (dice == 1) return RELEASE_POOL;
  if (dice < 5) return CLOSE_CLIENT;
  if (dice < 9) return JUMP;
  if (dice < 12) return DRAIN;
  if (dice < 24) return CAPACITY;
  if (dice < 27) return RELEASE;
  return often[below(state, FIXTURE_COUNT(often))];
}

static uint64_t pick_ms(uint64_t *state) {
  return once_in(state, 2) ? 0 : 1 + below(state, 40);
}

static void make_spec(lariat_answer *spec, int *target, uint64_t *state) {
  static const lariat_status failures[] = {
      LARIAT_ERESOLVE, LARIAT_ECONNECT, LARIAT_ETLS,      LARIAT_ERESET,
      LARIAT_EEMPTY,   LARIAT_ERESET,   LARIAT_ETRUNCATED};
  *spec = (lariat_answer){.status = 200, .http_version = 11};
  *target = -1;
  if (once_in(state, 4)) spec->http_version = 20;
  if (once_in(state, 3)) return; /* all at once */
  spec->dns_ms = pick_ms(state);
  spec->connect_ms = pick_ms(state);
  spec->tls_ms = pick_ms(state);
  spec->request_ms = pick_ms(state);
  spec->first_byte_ms = pick_ms(state);
  spec->body_ms = pick_ms(state);
  spec->closes = once_in(state, 8);
  spec->body = produced_bytes(0);
  spec->body_length = below(state, once_in(state, 2) ? BODY_BODY : 300);
  spec->body_piece = 500 + below(state, 16000);
  spec->upload_piece = 200 + below(state, 4000);
  if (once_in(state, 2)) spec->upload_ms = 1 + below(state, 5);
  if (once_in(state, 5)) spec->upload_stops = 1 + below(state, 8000);
  if (once_in(state, 12))
    spec->never = (lariat_phase)(LARIAT_PHASE_DNS + below(state, 6));
  if (once_in(state, 6)) {
    spec->failure = failures[below(state, FIXTURE_COUNT(failures))];
    if (once_in(state, 2))
      spec->fails_in = (lariat_phase)(LARIAT_PHASE_DNS + below(state, 6));
  } else if (once_in(state, 5)) {
    spec->status = 301 + (int)below(state, 3);
    *target = (int)below(state, SPECS);
  } else if (once_in(state, 4)) {
    spec->status = 503;
  }
}

static void make_policy(lariat_retry_policy *policy, uint64_t *state) {
  *policy = lariat_retry_defaults();
  policy->max_retries = below(state, 4);
  policy->base_ms = 1 + below(state, 30);
  policy->cap_ms = 1 + below(state, 100);
  policy->any_method = once_in(state, 3);
  policy->retry_after_max_ms = 1000 * below(state, 3);
  policy->budget_burst = 1 + below(state, 10);
  policy->budget_per_s = below(state, 10);
  policy->no_budget = once_in(state, 3);
  policy->seed = 1 + below(state, 1000);
}

static void make_options(struct schedule *it, uint64_t *state) {
  it->pool = lariat_pool_defaults();
  it->pool.max_jobs = 1 + below(state, once_in(state, 2) ? 3 : 20);
  it->pool.max_jobs_per_host = 1 + below(state, 4);
  if (once_in(state, 2)) it->pool.max_connections = 1 + below(state, 4);
  if (once_in(state, 4)) it->pool.max_connections_per_host = 1;
  if (once_in(state, 4)) {
    it->pool.rate = 10 + below(state, 500);
    it->pool.rate_burst = 1 + below(state, 5);
  }
  if (once_in(state, 3)) it->pool.max_body_memory = 5000 + below(state, 30000);
  if (once_in(state, 4)) it->pool.rate_per_host = 10 + below(state, 500);
  if (once_in(state, 4)) it->pool.delay_per_host_ms = 1 + below(state, 20);
  for (unsigned i = 0; i < CLIENTS; i++) {
    lariat_client_options *client = &it->clients[i];
    *client = lariat_client_defaults();
    client->placement = (lariat_placement)below(state, 3);
    client->window = 1 + below(state, once_in(state, 2) ? 2 : 30);
    client->max_queued = below(state, 20);
    client->max_redirects = below(state, 4);
    client->timeout_ms = once_in(state, 3) ? 0 : 1 + below(state, 600);
    client->connect_timeout_ms = once_in(state, 2) ? 0 : 1 + below(state, 60);
    client->max_body_bytes = once_in(state, 6) ? 200 : 0;
    if (once_in(state, 6)) client->max_body_bytes = 30000;
    if (once_in(state, 3)) client->idle_timeout_ms = 1 + below(state, 60);
    make_policy(&it->policies[i], state);
    if (once_in(state, 2)) client->retry = &it->policies[i];
  }
}

static void make_schedule(struct schedule *it, uint64_t number) {
  uint64_t state = number;
  it->number = number;
  make_options(it, &state);
  for (unsigned i = 0; i < SPECS; i++)
    make_spec(&it->specs[i], &it->targets[i], &state);
  it->fail_allocation = once_in(&state, 6) ? 1 + below(&state, 300) : 0;
  it->end = below(&state, 5);
  it->op_count = 4 + below(&state, OPS - 4);
  for (unsigned i = 0; i < it->op_count; i++) {
    struct op *op = &it->ops[i];
    op->kind = pick_kind(&state);
    op->seed = mix(&state);
    op->job = below(&state, once_in(&state, 2) ? 100 : 6);
    if (op->kind != RUN && op->kind != JUMP) op->job = below(&state, JOBS);
  }
}

/* A run of one. */

struct job {
  struct run *run;
  lariat_deferred *deferred;
  lariat_client *client;
  unsigned fires;
  unsigned pauses;
  bool paused_ever;
  bool limited; /* has a connect limit */
  uint64_t due_ns;
  lariat_status status; /* of its failure */
  struct body_schedule bodies;
};

struct run {
  const struct schedule *schedule;
  struct fixture *f;
  lariat_virtual_clock *clock;
  lariat_reactor *reactor;
  lariat_pool *pool;
  lariat_client *clients[CLIENTS];
  struct job jobs[JOBS];
  unsigned job_count;
  struct body_schedules all_bodies;
  int others;                 /* deferreds of other kinds that have not fired */
  uint64_t starts_ns[STARTS]; /* the last of them, a ring */
  unsigned start_count;
  bool jumped;   /* time was not exact */
  bool starved;  /* an allocation failed */
  bool skipping; /* the pool is being closed in a way that takes no time */
  char fault[300];
};

/* How all jobs ended, by status; and what was really done. */
static uint64_t ends[100];
static uint64_t kinds[KINDS];
static uint64_t starvations; /* bodies that waited for the budget */

static void fault(struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct run *run, const char *format, ...) {
  va_list arguments;
  if (run->fault[0]) return; /* the first counts */
  va_start(arguments, format);
  vsnprintf(run->fault, sizeof run->fault, format, arguments);
  va_end(arguments);
}

static void body_schedule_fault(void *context, const char *text) {
  fault(context, "%s", text);
}

static lariat_pool_stats pool_stats(struct run *run) {
  lariat_pool_stats stats = {.size = sizeof stats};
  if (lariat_pool_read_stats(run->pool, &stats) != LARIAT_OK)
    fault(run, "no statistics of the pool");
  return stats;
}

/* Never more starts in any time than the burst and what the rate gives, in that
 * time and in what a start may be late (lib/limits/rate.h).  One that came to
 * nothing for want of memory does not count, but was seen here. */
static void check_rate(struct run *run) {
  const lariat_pool_options *options = &run->schedule->pool;
  uint64_t now_ns = lariat_virtual_clock_now_ns(run->clock);
  if (options->rate > 0) {
    unsigned kept = run->start_count < STARTS ? run->start_count : STARTS;
    for (unsigned back = 1; back <= kept; back++) {
      uint64_t then_ns = run->starts_ns[(run->start_count - back) % STARTS];
      uint64_t time_ns = now_ns - then_ns + LR_RATE_LATE_NS;
      double allowed = options->rate_burst +
                       options->rate * (double)time_ns / 1e9 +
                       (run->starved ? 1 : 0);
      if (back + 1 > allowed + 0.001)
        fault(run, "%u starts in %llu ns", back + 1,
              (unsigned long long)(now_ns - then_ns));
    }
  }
  run->starts_ns[run->start_count++ % STARTS] = now_ns;
}

static unsigned spec_of(const char *url) {
  const char *path = strrchr(url, '/');
  return path ? (unsigned)strtoul(path + 1, NULL, 10) % SPECS : 0;
}

/* The job that it is; NULL: it has no memory for its number. */
static struct body_schedule *bodies_of(struct run *run,
                                       const lariat_asked *asked) {
  const char *number = lariat_asked_header(asked, "X-Job");
  if (!number) return NULL;
  return &run->jobs[strtoul(number, NULL, 10) % JOBS].bodies;
}

static void take_upload(const lariat_asked *asked, const void *bytes,
                        size_t length, void *context) {
  struct body_schedule *bodies = bodies_of(context, asked);
  if (bodies) body_schedule_sent(bodies, bytes, length);
}

/* The script: the spec whose number is the URL's path. */
static void answer_one(const lariat_asked *asked, lariat_answer *answer,
                       void *context) {
  static const lariat_header retry_after = {"Retry-After", "1"};
  static lariat_header location;
  static char where[64];
  struct run *run = context;
  const struct schedule *schedule = run->schedule;
  unsigned number = spec_of(lariat_asked_url(asked));
  struct body_schedule *bodies = bodies_of(run, asked);
  *answer = schedule->specs[number];
  answer->take = take_upload;
  bool good = !answer->never && !answer->failure && answer->status == 200;
  if (bodies) body_schedule_hop(bodies, good, good && !answer->upload_stops);
  int target = schedule->targets[number];
  if (target >= 0) {
    if (target % 2)
      snprintf(where, sizeof where, "/%d", target);
    else
      snprintf(where, sizeof where, "http://h%d/%d", target % HOSTS, target);
    location = (lariat_header){"Location", where};
    answer->headers = &location;
    answer->header_count = 1;
  } else if (answer->status == 503 && number % 2) {
    answer->headers = &retry_after;
    answer->header_count = 1;
  }
  check_rate(run);
  if (run->pool && pool_stats(run).jobs_running >= schedule->pool.max_jobs)
    fault(run, "more jobs at once than there may be");
}

static bool exact(const struct run *run) {
  return !run->jumped && !run->starved;
}

static void judge(struct run *run, const struct job *job, lariat_value result) {
  uint64_t now_ns = lariat_virtual_clock_now_ns(run->clock);
  lariat_status status = lariat_failure_status(result);
  if (job->due_ns == 0 || !exact(run) || job->paused_ever) return;
  if (now_ns > job->due_ns)
    fault(run, "job %d: %s, %llu ns after its deadline", (int)(job - run->jobs),
          lariat_status_name(status),
          (unsigned long long)(now_ns - job->due_ns));
  if (status == LARIAT_ETIMEDOUT && !job->limited && now_ns < job->due_ns)
    fault(run, "job %d: timed out %llu ns before its deadline",
          (int)(job - run->jobs), (unsigned long long)(job->due_ns - now_ns));
}

static bool is_expected(const struct run *run, lariat_status status) {
  switch (status) {
  case LARIAT_ENOMEM:
    return run->starved;
  case LARIAT_ECANCELLED:
  case LARIAT_ECLOSED:
  case LARIAT_EOVERLOAD:
  case LARIAT_ETIMEDOUT:
  case LARIAT_EBODYLIMIT:
  case LARIAT_EREDIRECTS:
  case LARIAT_EDOWNGRADE: /* some are from https to http */
  case LARIAT_ERESOLVE:
  case LARIAT_ECONNECT:
  case LARIAT_ETLS:
  case LARIAT_ERESET:
  case LARIAT_EEMPTY:
  case LARIAT_ETRUNCATED:
  case LARIAT_ERETRYBUDGET:
  case LARIAT_EUPLOAD:
  case LARIAT_EWRITE:
    return true;
  default:
    return false;
  }
}

/* How long the body of the answer is. */
static uint64_t expected_length(struct run *run, lariat_value result) {
  if (result.type != &lariat_response_type) return BODY_UNKNOWN;
  const char *url = lariat_response_url(lariat_response_in(result));
  if (!*url && !run->starved) fault(run, "an answer without a URL");
  if (!*url) return BODY_UNKNOWN;
  return run->schedule->specs[spec_of(url)].body_length;
}

static lariat_value on_end(lariat_value result, void *context) {
  struct job *job = context;
  struct run *run = job->run;
  job->fires++;
  if (job->bodies.in)
    body_schedule_fired(&job->bodies, result, expected_length(run, result));
  ends[lariat_is_failure(result) ? -lariat_failure_status(result) : 0]++;
  if (job->fires > 1) fault(run, "job %d fired twice", (int)(job - run->jobs));
  if (lariat_is_failure(result)) {
    lariat_status status = lariat_failure_status(result);
    job->status = status;
    judge(run, job, result);
    bool own = status == LARIAT_EUSER && job->bodies.transformed;
    if (!own && !is_expected(run, status))
      fault(run, "job %d: %s", (int)(job - run->jobs),
            lariat_failure_message(result));
  }
  return lariat_value_drop(result);
}

/* Steps. */

static void note_starvation(struct run *run) {
  if (run->schedule->fail_allocation) run->starved = true;
}

static void submit(struct run *run, const struct op *op) {
  uint64_t state = op->seed;
  lariat_client *client = run->clients[below(&state, CLIENTS)];
  if (!client || run->job_count == JOBS) return;
  struct job *job = &run->jobs[run->job_count++];
  lariat_request_options options = lariat_request_defaults(client);
  char url[64];
  snprintf(url, sizeof url, "http%s://h%u/%u", once_in(&state, 3) ? "s" : "",
           below(&state, HOSTS), below(&state, SPECS));
  if (once_in(&state, 4)) options.timeout_ms = 1 + below(&state, 100);
  options.priority = (lariat_priority)below(&state, 3);
  bool post = once_in(&state, 5);
  body_schedule_choose(&job->bodies, &run->all_bodies, &options, &state);
  if (post && !job->bodies.uploads) {
    options.body = lariat_body_bytes("body", 4);
  }
  char number[8];
  const lariat_header header = {"X-Job", number};
  snprintf(number, sizeof number, "%u", run->job_count - 1);
  options.headers = &header;
  options.header_count = 1;
  job->run = run;
  job->client = client;
  job->limited = options.connect_timeout_ms || options.idle_timeout_ms;
  if (options.timeout_ms)
    job->due_ns =
        lariat_virtual_clock_now_ns(run->clock) + options.timeout_ms * 1000000u;
  const char *method = post ? "POST" : job->bodies.uploads ? "PUT" : "GET";
  job->deferred = lariat_request(client, method, url, &options);
  lariat_deferred_add_both(job->deferred, on_end, job);
  body_schedule_submitted(&job->bodies);
  /* Refused before it was a job: no ledger has it. */
  if (job->fires && job->status == LARIAT_ECLOSED) job->client = NULL;
}

/* A job that still can be told something. */
static struct job *held(struct run *run, const struct op *op) {
  if (!run->job_count) return NULL;
  struct job *job = &run->jobs[op->job % run->job_count];
  return job->deferred ? job : NULL;
}

static void resume(struct job *job) {
  for (; job->pauses; job->pauses--) lariat_deferred_unpause(job->deferred);
}

static void step_flow(struct run *run, const struct op *op) {
  uint64_t state = op->seed;
  if (!run->job_count) return;
  kinds[FLOW]++;
  for (unsigned i = 0; i < 4; i++)
    body_schedule_step(&run->jobs[(op->job + i) % run->job_count].bodies,
                       &state);
}

static void step_job(struct run *run, const struct op *op) {
  struct job *job = held(run, op);
  if (!job || (op->kind == RESUME && !job->pauses)) return;
  if (op->kind != CANCEL || !job->fires) kinds[op->kind]++;
  switch (op->kind) {
  case CANCEL:
    lariat_deferred_cancel(job->deferred);
    break;
  case PAUSE:
    lariat_deferred_pause(job->deferred);
    job->pauses++;
    job->paused_ever = true;
    break;
  case RESUME:
    resume(job);
    break;
  default: /* RELEASE: nobody will pause or cancel it any more */
    resume(job);
    lariat_deferred_release(job->deferred);
    job->deferred = NULL;
  }
}

static void run_time(struct run *run, uint64_t ms) {
  if (run->reactor &&
      lariat_virtual_clock_run(run->clock, run->reactor, ms) != LARIAT_OK)
    fault(run, "no end of turns");
}

static void close_client(struct run *run, unsigned index) {
  if (run->clients[index]) kinds[CLOSE_CLIENT]++;
  lariat_client_close(run->clients[index]);
  run->clients[index] = NULL;
}

static void release_pool(struct run *run) {
  if (run->pool) kinds[RELEASE_POOL]++;
  lariat_pool_release(run->pool);
  run->pool = NULL;
}

static void close_pool(struct run *run, unsigned drain_ms) {
  if (!run->pool) return;
  kinds[CLOSE_POOL]++;
  lariat_deferred_forget(lariat_pool_close(run->pool, run->reactor, drain_ms));
}

/* Deferreds that fire with "none", or fail: once, by the end. */
static lariat_value count_down(lariat_value result, void *context) {
  struct run *run = context;
  run->others--;
  return lariat_value_drop(result);
}

static void watch_other(struct run *run, lariat_deferred *deferred,
                        enum kind kind) {
  run->others++;
  if (!lariat_deferred_fired(deferred)) kinds[kind]++;
  lariat_deferred_release(lariat_deferred_add_both(deferred, count_down, run));
}

static void ask_for_room(struct run *run, unsigned index) {
  if (run->clients[index])
    watch_other(run, lariat_client_when_capacity(run->clients[index]),
                CAPACITY);
}

static void step(struct run *run, const struct op *op) {
  switch (op->kind) {
  case SUBMIT:
    submit(run, op);
    break;
  case FLOW:
    step_flow(run, op);
    break;
  case RUN:
    kinds[RUN]++;
    run_time(run, op->job);
    break;
  case JUMP:
    kinds[JUMP]++;
    run->jumped = true;
    if (lariat_virtual_clock_advance(run->clock, run->reactor, op->job) !=
        LARIAT_OK)
      fault(run, "no end of turns");
    break;
  case TURN:
    kinds[TURN]++;
    if (lariat_reactor_run_once(run->reactor, 0) != LARIAT_OK)
      fault(run, "a turn failed");
    break;
  case CLOSE_CLIENT:
    close_client(run, op->job % CLIENTS);
    break;
  case DRAIN:
    if (run->pool)
      watch_other(run, lariat_pool_drain(run->pool, run->reactor, op->job),
                  DRAIN);
    break;
  case CAPACITY:
    ask_for_room(run, op->job % CLIENTS);
    break;
  case CLOSE_POOL:
    close_pool(run, op->job);
    break;
  case RELEASE_POOL:
    release_pool(run);
    break;
  default:
    step_job(run, op);
  }
}

/* What holds at any time. */

static void check_ledger(struct run *run, const lariat_client *client,
                         bool over) {
  lariat_client_stats stats = {.size = sizeof stats};
  uint64_t fired = 0;
  uint64_t jobs = 0;
  if (lariat_client_read_stats(client, &stats) != LARIAT_OK)
    fault(run, "no statistics of a client");
  for (unsigned i = 0; i < run->job_count; i++) {
    const struct job *job = &run->jobs[i];
    if (job->client != client) continue;
    jobs++;
    fired += job->fires;
  }
  if (stats.submitted !=
      stats.succeeded + stats.failed + stats.cancelled + stats.pending)
    fault(run, "the ledger does not balance");
  if (stats.submitted > jobs || (stats.submitted < jobs && !run->starved))
    fault(run, "%llu submitted of %llu", (unsigned long long)stats.submitted,
          (unsigned long long)jobs);
  if (over && (stats.pending || stats.queued || fired != jobs))
    fault(run, "%llu pending at the end, %llu of %llu fired",
          (unsigned long long)stats.pending, (unsigned long long)fired,
          (unsigned long long)jobs);
}

/* The budget may be exceeded by one body, whose buffer doubles, and a chunk of
 * each stream. */
static void check_budget(struct run *run, bool over) {
  const lr_memory_budget *budget = lr_pool_budget(run->pool);
  if (!budget) return;
  uint64_t held = lr_u64_load_relaxed(&budget->held);
  uint64_t most = budget->limit + 2 * BODY_BODY + BODY_WINDOW;
  for (unsigned i = 0; i < run->job_count; i++)
    if (run->jobs[i].bodies.sink == BODY_STREAM) most += BODY_WINDOW;
  starvations += lr_u32_load_relaxed(&budget->waiting);
  if (held > most) fault(run, "%llu bytes are held", (unsigned long long)held);
  if (over && (held || lr_u64_load_relaxed(&budget->complete) ||
               lr_u32_load_relaxed(&budget->waiting)))
    fault(run, "something is left in the budget");
}

static void check(struct run *run, bool over) {
  for (unsigned i = 0; i < CLIENTS; i++)
    if (run->clients[i]) check_ledger(run, run->clients[i], over);
  if (!run->pool) return;
  const lariat_pool_options *options = &run->schedule->pool;
  lariat_pool_stats stats = pool_stats(run);
  if (stats.jobs_taken !=
      stats.jobs_done + stats.jobs_queued + stats.jobs_running)
    fault(run, "the pool's ledger does not balance");
  if (stats.jobs_running > options->max_jobs) fault(run, "too many jobs");
  if (options->max_connections && stats.connections > options->max_connections)
    fault(run, "%llu connections", (unsigned long long)stats.connections);
  if (over && stats.jobs_taken != stats.jobs_done)
    fault(run, "the pool has jobs at the end");
  check_budget(run, over);
}

/* The end: whatever can come to its end does, the rest is cancelled in one of
 * several ways. */

static void cancel_rest(struct run *run) {
  for (unsigned i = 0; i < run->job_count; i++)
    if (run->jobs[i].deferred) lariat_deferred_cancel(run->jobs[i].deferred);
}

static void check_deadlines_kept(struct run *run) {
  for (unsigned i = 0; i < run->job_count; i++)
    if (run->jobs[i].due_ns && !run->jobs[i].fires)
      fault(run, "job %u has not fired, long after its deadline", i);
}

/* What waits has somebody to wait for. */
static void check_moving(struct run *run) {
  if (!run->pool) return;
  lariat_pool_stats stats = pool_stats(run);
  if (stats.jobs_queued && !stats.jobs_running)
    fault(run, "%llu jobs wait for nobody",
          (unsigned long long)stats.jobs_queued);
}

/* Streams that had a deadline are over, whoever takes them. */
static void take_rests(struct run *run) {
  for (unsigned i = 0; i < run->job_count; i++)
    if (run->jobs[i].due_ns) body_schedule_take_rest(&run->jobs[i].bodies);
}

/* Pipes are read to their ends. */
static void drain_pipes(struct run *run) {
  for (unsigned times = 0; times < 20; times++) {
    for (unsigned i = 0; i < run->job_count; i++)
      if (run->jobs[i].bodies.in) body_schedule_drain(&run->jobs[i].bodies);
    run_time(run, 3);
  }
}

/* All that can come to its end does, if somebody takes it. */
static void take_all(struct run *run) {
  bool taken = run->schedule->number % 2;
  for (unsigned times = 0; taken && times < 60; times++) {
    for (unsigned i = 0; i < run->job_count; i++)
      body_schedule_take(&run->jobs[i].bodies);
    run_time(run, 12); /* the budget is looked at every 10 ms */
  }
  for (unsigned i = 0; i < run->job_count; i++)
    body_schedule_check_moving(&run->jobs[i].bodies, taken);
}

static void let_flows_go(struct run *run) {
  for (unsigned i = 0; i < run->job_count; i++)
    body_schedule_let_go(&run->jobs[i].bodies);
}

static void resume_all(struct run *run) {
  for (unsigned i = 0; i < run->job_count; i++)
    if (run->jobs[i].deferred) resume(&run->jobs[i]);
}

static void wind_up(struct run *run) {
  unsigned end = run->schedule->end;
  resume_all(run);
  if (end == 0) { /* at once */
    if (lariat_reactor_close(run->reactor, 0) != LARIAT_OK)
      fault(run, "the reactor was not closed");
    run->reactor = run->all_bodies.reactor = NULL;
    for (unsigned i = 0; i < CLIENTS; i++) run->clients[i] = NULL;
    let_flows_go(run);
    return;
  }
  fixture_fail_allocation(run->f, 0);
  drain_pipes(run);
  run_time(run, LONG_MS);
  check_deadlines_kept(run);
  check_moving(run);
  check(run, false);
  take_rests(run);
  take_all(run);
  if (end == 1) cancel_rest(run);
  if (end == 1) let_flows_go(run);
  if (end == 2) close_pool(run, 50);
  if (end == 3) release_pool(run);
  run_time(run, LONG_MS);
  for (unsigned i = 0; end == 4 && i < CLIENTS; i++) close_client(run, i);
  let_flows_go(run);
  run_time(run, 0);
}

/* Released jobs cannot be cancelled: those that never end do so with their
 * client or their pool. */
static void check_all_fired(struct run *run) {
  for (unsigned i = 0; i < run->job_count; i++)
    if (run->jobs[i].fires != 1)
      fault(run, "job %u fired %u times", i, run->jobs[i].fires);
  for (unsigned i = 0; i < run->job_count; i++)
    body_schedule_check_end(&run->jobs[i].bodies);
}

static void check_others(struct run *run) {
  if (run->others) fault(run, "%d other deferreds have not fired", run->others);
}

static void end_run(struct run *run) {
  bool cancelled_one_by_one = run->schedule->end == 1;
  wind_up(run);
  if (!cancelled_one_by_one) check(run, true);
  for (unsigned i = 0; i < CLIENTS; i++) close_client(run, i);
  check_all_fired(run);
  run_time(run, 0);
  for (unsigned i = 0; i < run->job_count; i++)
    if (run->jobs[i].deferred) lariat_deferred_release(run->jobs[i].deferred);
  if (run->pool) release_pool(run);
  run_time(run, 0);
  check_others(run);
  if (run->all_bodies.transforms) fault(run, "a transform's context is left");
  if (body_schedule_loans) fault(run, "bytes that were given are left");
  body_schedule_loans = 0;
  if (run->reactor && lr_reactor_next_timer_ns(run->reactor) != UINT64_MAX)
    fault(run, "a timer is left");
  if (run->reactor && lr_reactor_layer_state(run->reactor, LR_LAYER_POOL))
    fault(run, "the pool has not left its reactor");
  if (run->reactor && lariat_reactor_close(run->reactor, 0) != LARIAT_OK)
    fault(run, "the reactor was not closed");
}

static void ignore(const char *message, void *context) {
  (void)message;
  (void)context;
}

/* False: an allocation failed too early. */
static bool begin(struct run *run) {
  const struct schedule *schedule = run->schedule;
  const lariat_reactor_options options = {
      .size = sizeof options, .clock = lariat_virtual_clock_clock(run->clock)};
  if (lariat_reactor_new(&options, &run->reactor) != LARIAT_OK) return false;
  lariat_reactor_set_report(run->reactor, ignore, NULL);
  run->all_bodies.reactor = run->reactor;
  if (lariat_scripted_pool_new(&schedule->pool, run->reactor, answer_one, run,
                               &run->pool) != LARIAT_OK)
    return false;
  for (unsigned i = 0; i < CLIENTS; i++)
    if (lariat_client_new(run->pool, run->reactor, &schedule->clients[i],
                          &run->clients[i]) != LARIAT_OK)
      return false;
  return true;
}

static int lowest_free_fd(void) {
  int fd = fcntl(0, F_DUPFD, 3);
  if (fd >= 0) close(fd);
  return fd;
}

/* What was wrong, or "". */
static const char *run_schedule(const struct schedule *schedule,
                                struct fixture *f,
                                lariat_virtual_clock *clock) {
  static struct run run;
  memset(&run, 0, sizeof run);
  run.schedule = schedule;
  run.f = f;
  run.clock = clock;
  uint64_t blocks = fixture_live_blocks(f);
  int fd = lowest_free_fd();
  note_starvation(&run);
  run.all_bodies.starved = run.starved;
  run.all_bodies.fault = body_schedule_fault;
  run.all_bodies.context = &run;
  if (schedule->fail_allocation)
    fixture_fail_allocation(f, schedule->fail_allocation);
  if (begin(&run))
    for (unsigned i = 0; i < schedule->op_count; i++) {
      step(&run, &schedule->ops[i]);
      check(&run, false);
    }
  end_run(&run);
  fixture_fail_allocation(f, 0);
  if (fixture_live_blocks(f) != blocks)
    fault(&run, "%llu blocks of memory are left",
          (unsigned long long)(fixture_live_blocks(f) - blocks));
  if (lowest_free_fd() != fd) fault(&run, "a descriptor is left");
  return run.fault;
}

/* A schedule that fails, made as short as may be. */
static void shorten(struct schedule *schedule, struct fixture *f,
                    lariat_virtual_clock *clock) {
  struct schedule shorter = *schedule;
  for (unsigned at = schedule->op_count; at-- > 0;) {
    shorter = *schedule;
    memmove(&shorter.ops[at], &shorter.ops[at + 1],
            (shorter.op_count - at - 1) * sizeof shorter.ops[0]);
    shorter.op_count--;
    if (*run_schedule(&shorter, f, clock)) *schedule = shorter;
  }
}

static void print_schedule(const struct schedule *schedule) {
  printf("  max_jobs %u, per host %u, connections %u, per host %u; ends by %u;"
         " allocation %u fails\n",
         schedule->pool.max_jobs, schedule->pool.max_jobs_per_host,
         schedule->pool.max_connections,
         schedule->pool.max_connections_per_host, schedule->end,
         schedule->fail_allocation);
  for (unsigned i = 0; i < schedule->op_count; i++)
    printf("  %s %u %llx\n", kind_names[schedule->ops[i].kind],
           schedule->ops[i].job, (unsigned long long)schedule->ops[i].seed);
}

static void report_fault(struct schedule *schedule, const char *what,
                         struct fixture *f, lariat_virtual_clock *clock) {
  unsigned before = schedule->op_count;
  fixture_fail("schedule %llu: %s", (unsigned long long)schedule->number, what);
  shorten(schedule, f, clock);
  printf("\nschedule %llu, %u steps instead of %u: %s\n",
         (unsigned long long)schedule->number, schedule->op_count, before,
         run_schedule(schedule, f, clock));
  print_schedule(schedule);
}

/* A test in which something hardly ever happens is no test of it. */
static void report_deed(const char *name, uint64_t count, uint64_t schedules_) {
  printf("\n    %9llu %s", (unsigned long long)count, name);
  if (count < schedules_ / RARELY)
    fixture_fail("%s: only %llu", name, (unsigned long long)count);
}

static void report_deeds(uint64_t count) {
  for (int i = 0; i < KINDS; i++)
    if (i != SUBMIT) report_deed(kind_names[i], kinds[i], count);
  for (int i = 0; i < BODY_DEEDS; i++)
    report_deed(body_schedule_deed_name(i), body_schedule_deeds[i], count);
  report_deed("waits for the budget", starvations, count);
}

static uint64_t schedules;
static uint64_t first;
static uint64_t current; /* for whoever looks at a crash */

/* The sanitizers call it when they end the program. */
void __sanitizer_set_death_callback(void (*callback)(void))
    __attribute__((weak));

static void say_where(void) {
  fprintf(stderr, "in schedule %llu\n", (unsigned long long)current);
}

static void test_schedules(void) {
  static struct schedule schedule;
  struct fixture f;
  lariat_virtual_clock *clock = NULL;
  unsigned faults = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(lariat_virtual_clock_new(&clock), LARIAT_OK);
  uint64_t start_ms = fixture_real_ms();
  for (uint64_t i = 0; i < schedules && faults < 5; i++) {
    current = first + i;
    make_schedule(&schedule, current);
    const char *what = run_schedule(&schedule, &f, clock);
    if (!*what) continue;
    char text[300];
    snprintf(text, sizeof text, "%s", what);
    report_fault(&schedule, text, &f, clock);
    faults++;
  }
  for (int i = 0; i < (int)FIXTURE_COUNT(ends); i++)
    if (ends[i])
      printf("\n    %9llu %s", (unsigned long long)ends[i],
             lariat_status_name((lariat_status)-i));
  if (!faults) report_deeds(schedules);
  printf("\n    %llu ms ", (unsigned long long)(fixture_real_ms() - start_ms));
  lariat_virtual_clock_free(clock);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {{"schedules", test_schedules}};
  (void)signal(SIGPIPE, SIG_IGN); /* pipes that nobody reads any more */
  schedules = scale_of(FULL_SCALE, argc, argv);
  first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(say_where);
  printf("%llu schedules from %llu on\n", (unsigned long long)schedules,
         (unsigned long long)first);
  return fixture_main("schedules_stress", tests, 1, 1, argv);
}
