/* SPDX-License-Identifier: MIT
 * run_loop.c: a run's phases, one after the other; interrupts. */
#include "load/run_loop.h"

#include <errno.h>
#include <lariat/load/facts.h>
#include <stdio.h>

#include "load/descriptors.h"
#include "load/instant.h"
#include "load/judging.h"
#include "load/run_options.h"
#include "say.h"

enum { GRACE_MS = 2000, CLOSE_MS = 1000, SILENT_SECONDS = 3 };

#define MS_NS UINT64_C(1000000)

/* Stops the reactor, unless somebody has more to do on it. */
static void stop_reactor(const struct run_loop *loop) {
  if (!loop->ready) (void)lariat_reactor_stop(loop->reactor);
}

/* ---- The run ---- */

/* Stops a run of which nothing was answered for so long that nobody will learn
 * more of it by waiting. */
static void stop_if_silent(struct run_loop *loop,
                           const lariat_load_result *result, uint32_t second) {
  uint64_t refused =
      lariat_load_result_outcomes(result, LARIAT_LOAD_CONNECT_FAILED) +
      lariat_load_result_outcomes(result, LARIAT_LOAD_RESOLVE) +
      lariat_load_result_outcomes(result, LARIAT_LOAD_TLS_FAILED);
  if (second + 1 == SILENT_SECONDS && refused && !judging_has_answer(result))
    lariat_load_run_stop(loop->run);
}

static void on_second(void *context, const lariat_load_result *told,
                      uint32_t second) {
  struct run_loop *loop = context;
  (void)told;
  lariat_load_result *result = lariat_load_run_result(loop->run);
  live_on_second(&loop->live, result, second);
  load_outputs_on_second(&loop->outputs, result, second);
  stop_if_silent(loop, result, second);
}

static lariat_value on_end(lariat_value result, void *context) {
  struct run_loop *loop = context;
  loop->phase = RUN_ENDED;
  if (lariat_is_failure(result)) {
    loop->outcome = lariat_failure_status(result);
    live_end(&loop->live);
    say("the run has failed: %s", lariat_failure_message(result));
  }
  stop_reactor(loop);
  return lariat_value_drop(result);
}

static uint64_t total_ns(const struct run_loop *loop) {
  const struct load_amount_settings *amount = &loop->settings->amount;
  uint64_t planned = loop->plan ? lariat_load_arrivals_duration_ns(loop->plan)
                                : LARIAT_LOAD_ENDLESS_NS;
  if (planned != LARIAT_LOAD_ENDLESS_NS) return planned;
  return amount->duration_ms * MS_NS;
}

/* Returns how long it is until the measured part begins. */
static uint64_t begins_in_ns(const struct load_amount_settings *amount) {
  int64_t left = amount->start_at_ns - instant_now();
  if (!amount->start_at_ns) return amount->warm_up_ms * MS_NS;
  return left > 0 ? (uint64_t)left : 0;
}

static void begin_view(struct run_loop *loop) {
  const struct load_amount_settings *amount = &loop->settings->amount;
  if (loop->settings->output.quiet) return;
  loop->live.state.total_ns = total_ns(loop);
  loop->live.state.requests =
      lariat_load_part_size(amount->part, amount->requests);
  loop->live.parts = amount->part.count ? amount->part.count : 1;
  loop->live.state.warm_up_ns = amount->warm_up_ms * MS_NS;
  loop->live.state.start_at_ns = amount->start_at_ns;
  live_begin(&loop->live, loop->reactor, loop->plan, begins_in_ns(amount));
}

void run_loop_start(struct run_loop *loop) {
  loop->phase = RUN_RUNNING;
  begin_view(loop);
  lariat_deferred_release(
      lariat_deferred_add_both(lariat_load_run_start(loop->run), on_end, loop));
}

/* Begins with the run that was made, or does what is done instead. */
static void get_ready(void *context) {
  struct run_loop *loop = context;
  loop->phase = RUN_SET_UP;
  if (loop->ready)
    loop->ready(loop->context);
  else
    run_loop_start(loop);
}

/* ---- Waiting for a server ---- */

static void on_waited(void *context, bool answered) {
  struct run_loop *loop = context;
  if (answered) {
    get_ready(loop);
    return;
  }
  char shown[SAY_CAPACITY];
  say("%s has not answered within --wait-for: %s",
      say_shown(shown, loop->targets.first_url), loop->waiting.failure);
  loop->unanswered = true;
  if (loop->ready)
    get_ready(loop);
  else
    stop_reactor(loop);
}

/* Begins with the run, or with waiting for its server. */
static bool begin(struct run_loop *loop) {
  const struct load_settings *settings = loop->settings;
  lariat_pool_options options = lariat_pool_defaults();
  if (!settings->amount.wait_for_ms)
    return lariat_reactor_call_soon(loop->reactor, get_ready, loop, NULL) ==
           LARIAT_OK;
  load_settings_set_pool(settings, &options);
  loop->phase = RUN_WAITING;
  return waiting_begin(&loop->waiting, loop->reactor, &options,
                       loop->targets.first_method, loop->targets.first_url,
                       settings->amount.wait_for_ms, on_waited, loop);
}

/* ---- Interrupts ---- */

bool run_loop_is_before_start(const struct run_loop *loop) {
  if (!loop->run) return true;
  const lariat_load_run_facts *facts =
      lariat_load_result_facts(lariat_load_run_result(loop->run));
  return facts->start_at_ns && !facts->started_at_ns;
}

static void end_grace(void *context) {
  struct run_loop *loop = context;
  if (loop->phase == RUN_RUNNING) lariat_load_run_stop(loop->run);
}

/* Ends the waiting for a server, if there is any. */
static void end_waiting(struct run_loop *loop) {
  if (loop->phase != RUN_WAITING) return;
  loop->waiting.stopped = true;
  get_ready(loop);
}

/* Answers the first interrupt: what is under way has a moment. */
static void on_interrupt(void *context) {
  struct run_loop *loop = context;
  loop->interrupted = true;
  live_end(&loop->live);
  if (loop->ready) {
    end_waiting(loop);
    return;
  }
  if (loop->phase != RUN_RUNNING) {
    stop_reactor(loop);
    return;
  }
  if (run_loop_is_before_start(loop))
    say("interrupted before its start: nothing is measured");
  else
    say("interrupted: up to %d seconds for what is under way; a second "
        "interrupt ends it at once",
        GRACE_MS / 1000);
  lariat_load_run_stop(loop->run);
  if (lariat_reactor_call_later(loop->reactor, GRACE_MS, end_grace, loop, NULL,
                                NULL) != LARIAT_OK)
    lariat_load_run_stop(loop->run);
}

/* ---- Set-up ---- */

void run_loop_init(struct run_loop *loop,
                   const struct load_settings *settings) {
  *loop = (struct run_loop){
      .settings = settings, .interrupt = {.reading = -1}, .outcome = LARIAT_OK};
  load_outputs_init(&loop->outputs);
}

/* Says why there is no run, and returns the exit code. */
static int refuse_run(lariat_status status, const lariat_load_error *error) {
  const char *refusal = lariat_pool_refusal();
  if (status == LARIAT_EINVAL && error->message[0]) {
    say("%s", error->message);
    return EXIT_USAGE;
  }
  say("cannot start: %s", status == LARIAT_ELIBCURL && refusal ? refusal
                          : status == LARIAT_ESYSTEM
                              ? say_errno(errno)
                              : lariat_status_text(status));
  return EXIT_SOME;
}

/* Makes the schedule again, for what was asked for in each second. */
static bool make_plan(struct run_loop *loop) {
  const struct load_amount_settings *amount = &loop->settings->amount;
  lariat_load_arrivals_options options = {.size = sizeof options,
                                          .stages = amount->stages,
                                          .stage_count = amount->stage_count,
                                          .count = amount->requests};
  return !amount->stage_count ||
         lariat_load_arrivals_new(&options, &loop->plan, NULL) == LARIAT_OK;
}

int run_loop_open(struct run_loop *loop) {
  const struct load_settings *settings = loop->settings;
  if (!load_targets_make(&loop->targets, settings)) return EXIT_USAGE;
  if (!load_outputs_open(&loop->outputs, &settings->output)) return EXIT_USAGE;
  if (!descriptors_raise(settings->connections.connections)) return EXIT_USAGE;
  lariat_load_error none = {.message = ""};
  lariat_status status = make_plan(loop)
                             ? lariat_reactor_new(NULL, &loop->reactor)
                             : LARIAT_ENOMEM;
  if (status == LARIAT_OK &&
      !interrupt_open(&loop->interrupt, loop->reactor, on_interrupt, loop))
    status = LARIAT_ESYSTEM;
  return status == LARIAT_OK ? EXIT_ALL : refuse_run(status, &none);
}

int run_loop_make(struct run_loop *loop) {
  lariat_pool_options pool;
  lariat_load_error error = {.message = ""};
  lariat_load_run_options options =
      load_run_options(loop->settings, loop->targets.requests, &pool);
  if (loop->start_at_ns) options.start_at_ns = loop->start_at_ns;
  lariat_status status = lariat_load_run_new(&options, &loop->run, &error);
  if (status != LARIAT_OK) return refuse_run(status, &error);
  lariat_load_run_on_second(loop->run, on_second, loop);
  return EXIT_ALL;
}

void run_loop_run(struct run_loop *loop) {
  if (!begin(loop) || lariat_reactor_run(loop->reactor) != LARIAT_OK)
    say("the event loop cannot run");
}

int run_loop_close(struct run_loop *loop) {
  waiting_close(&loop->waiting);
  lariat_load_run_free(loop->run);
  interrupt_close(&loop->interrupt);
  if (loop->reactor) (void)lariat_reactor_close(loop->reactor, CLOSE_MS);
  bool written = load_outputs_close(&loop->outputs);
  lariat_load_arrivals_free(loop->plan);
  load_targets_free(&loop->targets);
  return written ? EXIT_ALL : LOAD_EXIT_BROKEN;
}
