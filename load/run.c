/* SPDX-License-Identifier: MIT
 * run.c: a run on the thread that has asked for it: a pool, a worker on each of
 * its reactors, and the result that their seconds are added to as they come.
 *
 * A worker and the run send each other calls.  A run lives until all of its
 * workers have ended, so that no call comes too late. */
#include <lariat/load/run.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "memory.h"
#include "result.h"
#include "run_facts.h"
#include "run_options.h"
#include "schedule.h"
#include "source.h"
#include "start.h"
#include "watch.h"
#include "worker.h"

typedef enum run_state {
  RUN_NEW = 0,
  RUN_STARTING, /* the workers are made */
  RUN_GOING,
  RUN_CLOSING, /* all workers have ended */
  RUN_OVER
} run_state;

/* A worker, as the run knows it. */
typedef struct member {
  lariat_load_run *run;
  unsigned index;
  lr_load_worker *worker;
  lariat_status status; /* of its making */
  uint64_t last_ns;     /* from its end on */
} member;

struct lariat_load_run {
  lariat_load_run_options options;
  lariat_load_stage *stages;
  lariat_client_options client;
  lariat_reactor *reactor;
  lariat_mailbox *mailbox;
  lariat_pool *pool;
  member *members;
  run_state state;
  bool freed;   /* by its user, before the end */
  bool at_once; /* what is on its way is not waited for any more */
  bool stopped; /* by a call, or by failures */
  unsigned ready;
  unsigned ended;
  uint64_t failures;
  uint64_t start_ns;
  uint64_t stop_ns; /* when it was stopped */
  lariat_timer start_timer;
  lr_load_watch *watch;
  lariat_load_result *result;
  lariat_deferred *done;
};

/* ---- Making one ---- */

static lariat_status copy_options(lariat_load_run *run,
                                  const lariat_load_run_options *given,
                                  lariat_load_error *error) {
  lariat_load_run_options *options = &run->options;
  lariat_status status = lr_load_run_options_read(given, options, error);
  if (status != LARIAT_OK) return status;
  run->stages = lr_load_allocate(options->stage_count + 1, sizeof *run->stages);
  if (!run->stages) return LARIAT_ENOMEM;
  if (options->stage_count)
    memcpy(run->stages, options->stages,
           options->stage_count * sizeof *run->stages);
  options->stages = run->stages;
  run->client = options->client ? *options->client : lariat_client_defaults();
  options->client = &run->client;
  return LARIAT_OK;
}

static lariat_status open_pool(lariat_load_run *run, lariat_load_error *error) {
  lariat_pool_options pool = lr_load_run_options_pool(&run->options);
  lariat_status status = lariat_pool_options_check(
      &pool, error ? error->message : NULL, error ? sizeof error->message : 0);
  run->options.pool = NULL;
  return status == LARIAT_OK ? lariat_pool_new(&pool, &run->pool) : status;
}

static lariat_status make_result(lariat_load_run *run) {
  const lariat_load_requests *requests = run->options.requests;
  lariat_load_run_facts facts;
  const char *names[LARIAT_LOAD_MOST_NAMES];
  size_t count = lariat_load_requests_names(requests);
  for (size_t i = 0; i < count; i++)
    names[i] = lariat_load_requests_name(requests, i);
  lr_load_facts_describe(&run->options, &facts);
  return lr_load_result_new(&facts, names, count, run->options.reactors,
                            &run->result);
}

static lariat_status make_members(lariat_load_run *run) {
  run->members = lr_load_allocate(run->options.reactors, sizeof *run->members);
  if (!run->members) return LARIAT_ENOMEM;
  for (unsigned i = 0; i < run->options.reactors; i++) {
    run->members[i].run = run;
    run->members[i].index = i;
  }
  return LARIAT_OK;
}

static lariat_status open_run(lariat_load_run *run,
                              const lariat_load_run_options *options,
                              lariat_load_error *error) {
  lariat_status status = copy_options(run, options, error);
  if (status == LARIAT_OK) status = open_pool(run, error);
  if (status != LARIAT_OK) return status;
  run->options.reactors = lariat_pool_reactors(run->pool);
  status = make_members(run);
  return status == LARIAT_OK ? make_result(run) : status;
}

static void destroy_run(lariat_load_run *run) {
  lariat_pool_release(run->pool);
  for (unsigned i = 0; run->members && i < run->options.reactors; i++)
    lr_load_worker_free(run->members[i].worker);
  lr_load_watch_end(run->watch, NULL);
  lariat_load_result_free(run->result);
  lariat_mailbox_release(run->mailbox);
  lariat_memory_release(run->members);
  lariat_memory_release(run->stages);
  lariat_memory_release(run);
}

lariat_status lariat_load_run_new(const lariat_load_run_options *options,
                                  lariat_load_run **out,
                                  lariat_load_error *error) {
  *out = NULL;
  if (!lariat_reactor_current()) return LARIAT_ETHREAD;
  lariat_load_run *run = lr_load_allocate(1, sizeof *run);
  if (!run) return LARIAT_ENOMEM;
  run->reactor = lariat_reactor_current();
  run->mailbox = lariat_reactor_mailbox(run->reactor);
  lariat_status status = open_run(run, options, error);
  if (status == LARIAT_OK)
    *out = run;
  else
    destroy_run(run);
  return status;
}

void lariat_load_run_free(lariat_load_run *run) {
  if (!run) return;
  if (run->state == RUN_NEW || run->state == RUN_OVER) {
    destroy_run(run);
    return;
  }
  run->freed = true;
  lariat_load_run_stop(run);
  lariat_load_run_stop(run);
}

/* ---- Calls between the run and its workers ---- */

typedef struct message message;
typedef void (*take_message)(message *sent);

/* A call on its way, in either direction. */
struct message {
  member *to;
  take_message take;
  lr_load_interval *interval; /* freed if nobody takes it */
  lariat_status status;
  uint64_t number;
};

static void take_call(void *context) {
  message *sent = context;
  sent->take(sent);
}

static void drop_message(void *context) {
  message *sent = context;
  lr_load_interval_free(sent->interval);
  lariat_memory_release(sent);
}

/* Sends a call by `send`, trying again while there is no memory for it: a run
 * that loses one never ends. */
static lariat_status send_message(const message *what,
                                  lariat_status (*send)(message *sent)) {
  lariat_status status;
  unsigned tries = 0;
  do {
    message *sent = lr_load_allocate(1, sizeof *sent);
    if (sent) *sent = *what;
    status = sent ? send(sent) : LARIAT_ENOMEM;
    if (status != LARIAT_OK) lariat_memory_release(sent);
  } while (lr_load_wait_for_memory(status, &tries));
  if (status != LARIAT_OK) lr_load_interval_free(what->interval);
  return status;
}

static lariat_status send_to_run(message *sent) {
  return lariat_mailbox_call(sent->to->run->mailbox, take_call, sent,
                             drop_message);
}

static lariat_status send_to_worker(message *sent) {
  return lariat_pool_call(sent->to->run->pool, sent->to->index, take_call, sent,
                          drop_message);
}

/* Sends a call to the run; a worker's thread. */
static void tell_run(const message *what) {
  (void)send_message(what, send_to_run);
}

/* Sends a call to a worker; the run's thread. */
static lariat_status tell_worker(const message *what) {
  return send_message(what, send_to_worker);
}

static void tell_workers(lariat_load_run *run, take_message take,
                         uint64_t number) {
  for (unsigned i = 0; i < run->options.reactors; i++)
    (void)tell_worker(
        &(message){.to = &run->members[i], .take = take, .number = number});
}

/* ---- On the workers' threads ---- */

static void take_start(message *sent) {
  lr_load_worker_begin(sent->to->worker, sent->number);
}

static void take_stop(message *sent) {
  if (sent->to->worker) lr_load_worker_stop(sent->to->worker, sent->number);
}

static void take_back(message *sent) {
  lr_load_worker_give_back(sent->to->worker, sent->interval);
  sent->interval = NULL;
}

/* ---- The end ---- */

static void finish_run(lariat_load_run *run) {
  lariat_deferred *done = run->done;
  lariat_value result = lariat_none();
  for (unsigned i = 0; i < run->options.reactors; i++)
    if (run->members[i].status != LARIAT_OK)
      result = lariat_failure_new(run->members[i].status, "%s",
                                  lariat_status_text(run->members[i].status));
  run->state = RUN_OVER;
  run->done = NULL;
  if (run->freed) destroy_run(run);
  (void)lariat_deferred_callback(done, result);
  lariat_deferred_release(done);
}

static lariat_value take_pool_end(lariat_value result, void *context) {
  finish_run(context);
  return lariat_value_drop(result);
}

/* Returns how long the measured part was: what the plan says, or until the last
 * request. */
static uint64_t measure_duration(const lariat_load_run *run) {
  const lariat_load_run_options *options = &run->options;
  uint64_t last_ns = 0;
  if (!run->start_ns) return 0;
  for (unsigned i = 0; i < options->reactors; i++)
    if (run->members[i].last_ns > last_ns) last_ns = run->members[i].last_ns;
  uint64_t until_ns = run->stop_ns ? run->stop_ns : last_ns;
  uint64_t ran_ns = until_ns > run->start_ns ? until_ns - run->start_ns : 0;
  uint64_t plan_ns = lr_load_plan_duration_ns(options);
  bool by_plan = plan_ns != LARIAT_LOAD_ENDLESS_NS && !run->stop_ns &&
                 (!options->count || !lr_load_is_open(options));
  return by_plan && ran_ns > plan_ns ? plan_ns : ran_ns;
}

static void complete_result(lariat_load_run *run) {
  lariat_load_result *result = run->result;
  if (run->start_ns) {
    lr_load_watch_end(run->watch, result);
    run->watch = NULL;
  }
  lr_load_result_finish(result);
  lr_load_facts_ask(&run->options, measure_duration(run),
                    result->counts.intended, &result->facts);
  lr_load_result_forget_verdict(result); /* of the last second's reports */
}

static void close_run(lariat_load_run *run) {
  run->state = RUN_CLOSING;
  (void)lariat_reactor_cancel_timer(run->reactor, run->start_timer);
  complete_result(run);
  lariat_deferred *closed = lariat_pool_close(run->pool, run->reactor, 0);
  lariat_deferred_forget(lariat_deferred_add_both(closed, take_pool_end, run));
}

static void note_end(lariat_load_run *run) {
  if (++run->ended == run->options.reactors) close_run(run);
}

/* ---- On the run's thread ---- */

static void stop_run(lariat_load_run *run) {
  uint64_t now_ns = lariat_reactor_now_ns(run->reactor);
  if (!run->stopped) run->stop_ns = now_ns;
  run->stopped = true;
  tell_workers(run, take_stop, run->at_once);
}

static void take_second(message *sent) {
  lariat_load_run *run = sent->to->run;
  lr_load_interval *interval = sent->interval;
  sent->interval = NULL;
  (void)lr_load_result_add(run->result, interval);
  (void)tell_worker(
      &(message){.to = sent->to, .take = take_back, .interval = interval});
}

static void take_failures(message *sent) {
  lariat_load_run *run = sent->to->run;
  run->failures += sent->number;
  if (run->failures < run->options.stop_at_failures || run->stopped) return;
  run->result->facts.stopped = true;
  stop_run(run);
}

static void take_end(message *sent) {
  sent->to->last_ns = sent->number;
  note_end(sent->to->run);
}

/* ---- What workers tell ---- */

static void give_second(void *context, lr_load_interval *interval) {
  tell_run(
      &(message){.to = context, .take = take_second, .interval = interval});
}

static void give_failures(void *context, uint64_t count) {
  tell_run(&(message){.to = context, .take = take_failures, .number = count});
}

static void give_end(void *context, uint64_t last_ns) {
  tell_run(&(message){.to = context, .take = take_end, .number = last_ns});
}

/* ---- The start ---- */

/* Notes, once the measured part has begun, when that was by the wall clock, and
 * begins to look at what goes on around it. */
static void note_start(void *context) {
  lariat_load_run *run = context;
  run->start_timer.id = 0;
  run->result->facts.started_at_ns = lr_load_start_by_wall_clock(run->start_ns);
  if (lr_load_watch_start(&run->watch) != LARIAT_OK) run->watch = NULL;
}

static void begin_run(lariat_load_run *run) {
  run->state = RUN_GOING;
  run->start_ns =
      lr_load_start_choose(&run->options, lariat_reactor_now_ns(run->reactor));
  run->result->started_ns = run->start_ns;
  tell_workers(run, take_start, run->start_ns);
  if (lariat_reactor_call_at(run->reactor, run->start_ns, note_start, run, NULL,
                             &run->start_timer) != LARIAT_OK)
    run->start_timer.id = 0;
}

/* Waits until shortly before the warm-up of a run whose start was agreed on. */
static void wait_to_begin(void *context) {
  lariat_load_run *run = context;
  uint64_t wait_ns = lr_load_start_wait_ns(&run->options);
  run->start_timer.id = 0;
  if (run->stopped) return;
  if (!wait_ns ||
      lariat_reactor_call_at(
          run->reactor, lariat_reactor_now_ns(run->reactor) + wait_ns,
          wait_to_begin, run, NULL, &run->start_timer) != LARIAT_OK)
    begin_run(run);
}

/* Ends a run of which a worker could not be made, or that was stopped before
 * its start; the others have done nothing yet. */
static void give_up(lariat_load_run *run) {
  run->at_once = true;
  for (unsigned i = 0; i < run->options.reactors; i++)
    if (!run->members[i].worker) run->ended++;
  stop_run(run);
  if (run->ended == run->options.reactors) close_run(run);
}

static void take_ready(message *sent) {
  lariat_load_run *run = sent->to->run;
  bool failed = run->stopped;
  if (++run->ready < run->options.reactors) return;
  for (unsigned i = 0; i < run->options.reactors; i++)
    failed |= run->members[i].status != LARIAT_OK;
  if (failed)
    give_up(run);
  else
    wait_to_begin(run);
}

static lr_load_worker_config config_of(member *to) {
  const lariat_load_run_options *options = &to->run->options;
  unsigned reactors = options->reactors;
  unsigned connections = lr_load_run_options_connections(options);
  lr_load_worker_config config = {
      .options = options,
      .pool = to->run->pool,
      .index = to->index,
      .reactors = reactors,
      .connections =
          (connections / reactors + (to->index < connections % reactors)) *
          lr_load_run_options_streams(options),
      .tell_failures = options->stop_at_failures
                           ? options->stop_at_failures / (4 * reactors) + 1
                           : 0,
      .listener = {give_second, give_failures, give_end, to}};
  return config;
}

/* Makes a worker, on its thread. */
static void make_worker(void *context) {
  member *to = context;
  lr_load_worker_config config = config_of(to);
  to->status = lariat_load_part_split(to->run->options.part, to->index,
                                      config.reactors, &config.part);
  if (to->status == LARIAT_OK)
    to->status = lr_load_worker_new(&config, &to->worker);
  tell_run(&(message){.to = to, .take = take_ready});
}

lariat_deferred *lariat_load_run_start(lariat_load_run *run) {
  if (run->state != RUN_NEW)
    return lariat_deferred_fail(run->reactor, LARIAT_EALREADY,
                                "a run is started once");
  run->state = RUN_STARTING;
  lr_load_start_fit(&run->options);
  run->done = lariat_deferred_new(run->reactor, NULL, NULL, NULL);
  lariat_deferred *done = lariat_deferred_retain(run->done);
  for (unsigned i = 0; i < run->options.reactors; i++) {
    member *to = &run->members[i];
    lariat_status status =
        lariat_pool_call(run->pool, to->index, make_worker, to, NULL);
    if (status == LARIAT_OK) continue;
    to->status = status; /* nobody else writes it then */
    tell_run(&(message){.to = to, .take = take_ready});
  }
  return done;
}

/* ---- Its user ---- */

void lariat_load_run_stop(lariat_load_run *run) {
  if (run->state == RUN_NEW || run->state >= RUN_CLOSING) return;
  run->at_once = run->stopped;
  run->result->facts.interrupted = true;
  if (run->state != RUN_STARTING) {
    stop_run(run);
    return;
  }
  bool waits = run->ready == run->options.reactors && !run->stopped;
  run->stopped = true;
  if (waits) give_up(run);
}

void lariat_load_run_on_second(lariat_load_run *run,
                               lariat_load_on_second on_second, void *context) {
  lr_load_result_on_second(run->result, on_second, context);
}

lariat_load_result *lariat_load_run_result(lariat_load_run *run) {
  return run->result;
}
