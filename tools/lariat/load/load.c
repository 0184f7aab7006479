/* SPDX-License-Identifier: MIT
 * load.c: a run set up, watched and taken down; interrupts; the exit code. */
#include "load/load.h"

#include <errno.h>
#include <lariat/load/facts.h>
#include <lariat/load/run.h>
#include <lariat/load/verdict.h>
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "interrupt.h"
#include "load/compare.h"
#include "load/descriptors.h"
#include "load/instant.h"
#include "load/judging.h"
#include "load/live.h"
#include "load/merge_command.h"
#include "load/once.h"
#include "load/option_table.h"
#include "load/outputs.h"
#include "load/plan.h"
#include "load/report_command.h"
#include "load/run_options.h"
#include "load/settings.h"
#include "load/targets.h"
#include "load/waiting.h"
#include "say.h"

enum { GRACE_MS = 2000, CLOSE_MS = 1000, SILENT_SECONDS = 3 };

#define MS_NS UINT64_C(1000000)

enum phase { PHASE_SET_UP, PHASE_WAITING, PHASE_RUNNING, PHASE_ENDED };

struct load {
  const struct load_settings *settings;
  struct load_targets targets;
  struct load_outputs outputs;
  struct live live;
  struct waiting waiting;
  struct interrupt interrupt;
  lariat_reactor *reactor;
  lariat_load_arrivals *plan; /* for the view; NULL: a closed test */
  lariat_load_run *run;
  enum phase phase;
  lariat_status outcome; /* of the run itself */
  bool unanswered;       /* by the server that was waited for */
  bool interrupted;
};

/* ---- The run ---- */

/* Stops a run of which nothing was answered for so long that nobody will learn
 * more of it by waiting. */
static void stop_if_silent(struct load *load, const lariat_load_result *result,
                           uint32_t second) {
  uint64_t refused =
      lariat_load_result_outcomes(result, LARIAT_LOAD_CONNECT_FAILED) +
      lariat_load_result_outcomes(result, LARIAT_LOAD_RESOLVE) +
      lariat_load_result_outcomes(result, LARIAT_LOAD_TLS_FAILED);
  if (second + 1 == SILENT_SECONDS && refused && !judging_has_answer(result))
    lariat_load_run_stop(load->run);
}

static void on_second(void *context, const lariat_load_result *told,
                      uint32_t second) {
  struct load *load = context;
  (void)told;
  lariat_load_result *result = lariat_load_run_result(load->run);
  live_on_second(&load->live, result, second);
  load_outputs_on_second(&load->outputs, result, second);
  stop_if_silent(load, result, second);
}

static lariat_value on_end(lariat_value result, void *context) {
  struct load *load = context;
  load->phase = PHASE_ENDED;
  if (lariat_is_failure(result)) {
    load->outcome = lariat_failure_status(result);
    live_end(&load->live);
    say("the run has failed: %s", lariat_failure_message(result));
  }
  (void)lariat_reactor_stop(load->reactor);
  return lariat_value_drop(result);
}

static uint64_t total_ns(const struct load *load) {
  const struct load_amount_settings *amount = &load->settings->amount;
  uint64_t planned = load->plan ? lariat_load_arrivals_duration_ns(load->plan)
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

static void begin_view(struct load *load) {
  const struct load_amount_settings *amount = &load->settings->amount;
  if (load->settings->output.quiet) return;
  load->live.state.total_ns = total_ns(load);
  load->live.state.requests =
      lariat_load_part_size(amount->part, amount->requests);
  load->live.parts = amount->part.count ? amount->part.count : 1;
  load->live.state.warm_up_ns = amount->warm_up_ms * MS_NS;
  load->live.state.start_at_ns = amount->start_at_ns;
  live_begin(&load->live, load->reactor, load->plan, begins_in_ns(amount));
}

static void start_run(void *context) {
  struct load *load = context;
  load->phase = PHASE_RUNNING;
  begin_view(load);
  lariat_deferred_release(
      lariat_deferred_add_both(lariat_load_run_start(load->run), on_end, load));
}

/* ---- Waiting for a server ---- */

static void on_waited(void *context, bool answered) {
  struct load *load = context;
  if (answered) {
    start_run(load);
    return;
  }
  char shown[SAY_CAPACITY];
  say("%s has not answered within --wait-for: %s",
      say_shown(shown, load->targets.first_url), load->waiting.failure);
  load->unanswered = true;
  (void)lariat_reactor_stop(load->reactor);
}

/* Begins with the run, or with waiting for its server. */
static bool begin(struct load *load) {
  const struct load_settings *settings = load->settings;
  lariat_pool_options options = lariat_pool_defaults();
  if (!settings->amount.wait_for_ms)
    return lariat_reactor_call_soon(load->reactor, start_run, load, NULL) ==
           LARIAT_OK;
  load_settings_set_pool(settings, &options);
  load->phase = PHASE_WAITING;
  return waiting_begin(&load->waiting, load->reactor, &options,
                       load->targets.first_method, load->targets.first_url,
                       settings->amount.wait_for_ms, on_waited, load);
}

/* ---- Interrupts ---- */

static void end_grace(void *context) {
  struct load *load = context;
  if (load->phase == PHASE_RUNNING) lariat_load_run_stop(load->run);
}

/* Answers the first interrupt: what is under way has a moment. */
/* Tells whether the run has an agreed start, and has not come to it. */
static bool waits_to_begin(const struct load *load) {
  const lariat_load_run_facts *facts =
      lariat_load_result_facts(lariat_load_run_result(load->run));
  return facts->start_at_ns && !facts->started_at_ns;
}

static void on_interrupt(void *context) {
  struct load *load = context;
  load->interrupted = true;
  live_end(&load->live);
  if (load->phase != PHASE_RUNNING) {
    (void)lariat_reactor_stop(load->reactor);
    return;
  }
  if (waits_to_begin(load))
    say("interrupted before its start: nothing is measured");
  else
    say("interrupted: up to %d seconds for what is under way; a second "
        "interrupt "
        "ends it at once",
        GRACE_MS / 1000);
  lariat_load_run_stop(load->run);
  if (lariat_reactor_call_later(load->reactor, GRACE_MS, end_grace, load, NULL,
                                NULL) != LARIAT_OK)
    lariat_load_run_stop(load->run);
}

/* ---- Set-up ---- */

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

static int make_run(struct load *load) {
  lariat_pool_options pool;
  lariat_load_error error = {.message = ""};
  lariat_load_run_options options =
      load_run_options(load->settings, load->targets.requests, &pool);
  lariat_status status = lariat_load_run_new(&options, &load->run, &error);
  if (status != LARIAT_OK) return refuse_run(status, &error);
  lariat_load_run_on_second(load->run, on_second, load);
  return EXIT_ALL;
}

/* Makes the schedule again, for what was asked for in each second. */
static bool make_plan(struct load *load) {
  const struct load_amount_settings *amount = &load->settings->amount;
  lariat_load_arrivals_options options = {.size = sizeof options,
                                          .stages = amount->stages,
                                          .stage_count = amount->stage_count,
                                          .count = amount->requests};
  return !amount->stage_count ||
         lariat_load_arrivals_new(&options, &load->plan, NULL) == LARIAT_OK;
}

/* Returns EXIT_ALL when the run can begin, else the exit code. */
static int set_up(struct load *load) {
  const struct load_settings *settings = load->settings;
  if (!load_targets_make(&load->targets, settings)) return EXIT_USAGE;
  if (!load_outputs_open(&load->outputs, &settings->output)) return EXIT_USAGE;
  if (!descriptors_raise(settings->connections.connections)) return EXIT_USAGE;
  lariat_load_error none = {.message = ""};
  lariat_status status = make_plan(load)
                             ? lariat_reactor_new(NULL, &load->reactor)
                             : LARIAT_ENOMEM;
  if (status == LARIAT_OK &&
      !interrupt_open(&load->interrupt, load->reactor, on_interrupt, load))
    status = LARIAT_ESYSTEM;
  return status == LARIAT_OK ? make_run(load) : refuse_run(status, &none);
}

/* Returns EXIT_ALL when all that was to be written was. */
static int take_down(struct load *load) {
  waiting_close(&load->waiting);
  lariat_load_run_free(load->run);
  interrupt_close(&load->interrupt);
  if (load->reactor) (void)lariat_reactor_close(load->reactor, CLOSE_MS);
  bool written = load_outputs_close(&load->outputs);
  lariat_load_arrivals_free(load->plan);
  load_targets_free(&load->targets);
  return written ? EXIT_ALL : LOAD_EXIT_BROKEN;
}

/* ---- The end ---- */

static int end_run(struct load *load) {
  live_end(&load->live);
  if (load->unanswered) return LOAD_EXIT_NO_ANSWER;
  if (load->phase != PHASE_ENDED)
    return load->interrupted ? interrupt_code() : EXIT_SOME;
  lariat_load_result *result = lariat_load_run_result(load->run);
  if (load->outcome != LARIAT_OK || !result) return EXIT_SOME;
  if (load->interrupted && waits_to_begin(load)) return interrupt_code();
  load_outputs_write(&load->outputs, result,
                     load->settings->judging.thresholds);
  if (!load->settings->output.quiet)
    load_outputs_print_text(&load->outputs, result,
                            load->settings->judging.thresholds);
  if (load->interrupted) return interrupt_code();
  int code = judging_exit_code(load->settings, result, load->targets.first_url);
  bool read = request_pipe_is_good(&load->targets.pipe);
  return code == EXIT_ALL && !read ? LOAD_EXIT_BROKEN : code;
}

static int run_load(struct load_settings *settings) {
  struct load load = {
      .settings = settings, .interrupt = {.reading = -1}, .outcome = LARIAT_OK};
  load_outputs_init(&load.outputs);
  int code = set_up(&load);
  if (code == EXIT_ALL) {
    if (!begin(&load) || lariat_reactor_run(load.reactor) != LARIAT_OK)
      say("the event loop cannot run");
    code = end_run(&load);
  }
  int written = take_down(&load);
  return code == EXIT_ALL ? written : code;
}

/* ---- The command ---- */

/* Does what is done instead of a run. */
static int show_requests(const struct load_settings *settings) {
  struct load_targets targets;
  lariat_pool_options pool;
  int code = EXIT_USAGE;
  if (load_targets_make(&targets, settings)) {
    lariat_load_run_options options =
        load_run_options(settings, targets.requests, &pool);
    code = settings->action == LOAD_PLAN ? plan_print(&options)
                                         : once_run(&options, &pool);
  }
  load_targets_free(&targets);
  return code;
}

static int do_action(struct load_settings *settings) {
  switch (settings->action) {
  case LOAD_HELP:
    options_print_help(&load_options, stdout);
    return EXIT_ALL;
  case LOAD_VERSION:
    help_print_version(stdout);
    return EXIT_ALL;
  case LOAD_PLAN:
  case LOAD_ONCE:
    return show_requests(settings);
  case LOAD_RUN:
    break;
  }
  return run_load(settings);
}

static int run_command(int argc, char **argv) {
  struct load_settings settings;
  int code = EXIT_USAGE;
  if (argc > 1 && strcmp(argv[1], "compare") == 0)
    return load_compare_main(argc - 1, argv + 1);
  if (load_settings_read(&settings, argc, argv))
    code = do_action(&settings);
  else
    fputs("Try \"lariat load --help\".\n", stderr);
  load_settings_free(&settings);
  return code;
}

int load_command(int argc, char **argv) {
  const char *word = argc > 1 ? argv[1] : "";
  int code;
  if (strcmp(word, "report") == 0)
    code = load_report_main(argc - 1, argv + 1);
  else if (strcmp(word, "merge") == 0)
    code = load_merge_main(argc - 1, argv + 1);
  else if (strcmp(word, "compare") == 0)
    code = load_compare_main(argc - 1, argv + 1);
  else
    code = run_command(argc, argv);
  if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_ALL) {
    say("cannot write to standard output: %s", say_errno(errno));
    code = LOAD_EXIT_BROKEN;
  }
  return code;
}
