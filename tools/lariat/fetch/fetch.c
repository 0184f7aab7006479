/* SPDX-License-Identifier: MIT
 * fetch.c: a run set up and taken down; progress; interrupts. */
#include "fetch/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "fetch/limits.h"
#include "fetch/pacing.h"
#include "fetch/run.h"
#include "help.h"
#include "say.h"

enum { PROGRESS_MS = 250, GRACE_MS = 5000, CLOSE_MS = 1000 };

/* The progress line. */

static void show_progress(struct run *run) {
  char line[200];
  tally_describe(&run->tally, lariat_reactor_now_ns(run->reactor),
                 run->in_flight, input_progress(&run->input), line,
                 sizeof line);
  fprintf(stderr, "\r%s\033[K", line);
  fflush(stderr);
}

static void tick(void *context) {
  struct run *run = context;
  show_progress(run);
  if (lariat_reactor_call_later(run->reactor, PROGRESS_MS, tick, run, NULL,
                                &run->progress_timer) != LARIAT_OK)
    run->progress = false;
}

/* Not where the results, or messages about them, would run into it. */
static void begin_progress(struct run *run) {
  if (run->settings->quiet || run->settings->verbose || run->output.terminal)
    return;
  if (isatty(STDERR_FILENO) != 1) return;
  run->progress = true;
  tick(run);
}

static void end_progress(struct run *run) {
  if (!run->progress) return;
  (void)lariat_reactor_cancel_timer(run->reactor, run->progress_timer);
  fputs("\r\033[K", stderr);
  run->progress = false;
}

/* The ways out. */

static void stop(void *context) {
  struct run *run = context;
  lariat_reactor_stop(run->reactor);
}

/* The first interrupt: what is in flight has a moment. */
static void interrupted(void *context) {
  struct run *run = context;
  run->interrupted = true;
  run->draining = true;
  if (lariat_reactor_call_later(run->reactor, GRACE_MS, stop, run, NULL,
                                NULL) != LARIAT_OK)
    lariat_reactor_stop(run->reactor);
  run_pump(run);
}

static void say_interrupted(const struct run *run) {
  if (run->settings->output)
    say("interrupted: to go on, run the same command with --resume");
  else
    say("interrupted: with --output FILE, a run can be continued by --resume");
}

/* Setting up. */

static bool open_files(struct run *run) {
  const struct settings *settings = run->settings;
  if (!input_open(&run->input, settings)) return false;
  if (!body_open(&run->body, settings)) return false;
  if (!output_open(&run->output, settings, run->input.fd)) return false;
  if (settings->resume &&
      !finished_read(&run->finished, run->output.fd, run->output.name))
    return false;
  return store_open(&run->store, settings->save);
}

static lariat_status make_pool(struct run *run) {
  const struct settings *settings = run->settings;
  lariat_pool_options options = lariat_pool_defaults();
  /* What is in flight is counted here; the pool's own limit is not to be in
   * the way of it. */
  uint64_t reactors = settings->reactors ? settings->reactors : 64;
  options.reactors = settings->reactors;
  options.max_jobs = (unsigned)(settings->concurrency * reactors);
  options.max_jobs_per_host = settings->per_host;
  options.max_connections = settings->connections;
  options.rate = settings->rate;
  options.rate_per_host = settings->rate_per_host;
  options.delay_per_host_ms = (unsigned)settings->delay_ms;
  options.ca_file = settings->ca_file;
  options.insecure = settings->insecure;
  return lariat_pool_new(&options, &run->pool);
}

static lariat_retry_policy policy_of(const struct settings *settings) {
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = settings->retries;
  policy.any_method = settings->retry_all_methods;
  policy.budget_ratio = settings->retry_budget;
  policy.no_budget = settings->retry_without_budget;
  if (settings->has_retry_statuses) {
    policy.statuses = settings->retry_statuses;
    policy.status_count = settings->retry_status_count;
  }
  return policy;
}

static lariat_status make_client(struct run *run) {
  const struct settings *settings = run->settings;
  lariat_client_options options = lariat_client_defaults();
  lariat_retry_policy policy = policy_of(settings);
  options.retry = &policy;
  options.idle_timeout_ms = settings->idle_timeout_ms;
  options.placement = settings->placement;
  if (options.window < settings->concurrency)
    options.window = settings->concurrency;
  if (options.max_queued < settings->concurrency)
    options.max_queued = settings->concurrency;
  options.timeout_ms = pace_timeout_ms(settings);
  options.connect_timeout_ms = settings->connect_timeout_ms;
  options.max_body_bytes = settings->max_body;
  options.max_redirects = settings->max_redirects;
  options.http = settings->http;
  options.sha256 = true;
  return lariat_client_new(run->pool, run->reactor, &options, &run->client);
}

/* Exit codes; EXIT_ALL: go on. */

static int say_pool(const struct run *run, lariat_status status) {
  int error = errno;
  if (status == LARIAT_EINVAL && run->settings->ca_file) {
    say("there are no certificates to be read in %s", run->settings->ca_file);
    return EXIT_USAGE;
  }
  const char *refusal = lariat_pool_refusal();
  if (status == LARIAT_ELIBCURL && refusal)
    say("cannot start: %s", refusal);
  else if (status == LARIAT_ESYSTEM)
    say("cannot start: %s", say_errno(error));
  else
    say("cannot start: %s", lariat_status_text(status));
  return EXIT_SOME;
}

static int add_headers(struct run *run) {
  const struct settings *settings = run->settings;
  for (size_t i = 0; i < settings->header_count; i++) {
    const lariat_header *header = &settings->headers[i];
    lariat_status status =
        lariat_client_add_header(run->client, header->name, header->value);
    if (status == LARIAT_OK) continue;
    say("the header \"%.100s\": %s", header->name, lariat_status_text(status));
    return EXIT_USAGE;
  }
  return EXIT_ALL;
}

static int open_library(struct run *run) {
  const struct settings *settings = run->settings;
  lariat_status status = memory_open(&run->memory)
                             ? lariat_reactor_new(NULL, &run->reactor)
                             : LARIAT_ENOMEM;
  if (status == LARIAT_OK &&
      !interrupt_open(&run->interrupt, run->reactor, interrupted, run))
    status = LARIAT_ESYSTEM;
  if (status == LARIAT_OK) status = make_pool(run);
  if (status == LARIAT_OK) status = make_client(run);
  if (status != LARIAT_OK) return say_pool(run, status);
  memory_limit(&run->memory,
               settings->memory -
                   (uint64_t)settings->concurrency * MEMORY_SMALL);
  return add_headers(run);
}

static int set_up(struct run *run) {
  const struct settings *settings = run->settings;
  unsigned limit = pace_host_limit(settings);
  if (!open_files(run)) return EXIT_USAGE;
  int code = open_library(run);
  if (code != EXIT_ALL) return code;
  if (!hosts_init(&run->hosts, limit)) {
    say("out of memory");
    return EXIT_SOME;
  }
  input_attach(&run->input, run->reactor, run_pump, run);
  output_attach(&run->output, run->reactor, stop, run);
  return EXIT_ALL;
}

/* Closing the client ends what is still in flight, without a line. */
static int take_down(struct run *run) {
  run->draining = true;
  lariat_client_close(run->client);
  interrupt_close(&run->interrupt);
  input_close(&run->input);
  bool written = output_close(&run->output);
  if (run->pool) (void)lariat_pool_close_wait(run->pool, 0);
  lariat_pool_release(run->pool);
  if (run->reactor) (void)lariat_reactor_close(run->reactor, CLOSE_MS);
  hosts_clear(&run->hosts);
  run_free_jobs(run);
  finished_free(&run->finished);
  store_close(&run->store);
  body_close(&run->body);
  memory_close(&run->memory);
  return written ? EXIT_ALL : EXIT_SOME;
}

static int go(struct run *run) {
  run->tally.begun_ns = lariat_reactor_now_ns(run->reactor);
  begin_progress(run);
  if (lariat_reactor_call_soon(run->reactor, run_pump, run, NULL) !=
          LARIAT_OK ||
      lariat_reactor_run(run->reactor) != LARIAT_OK) {
    say("the event loop cannot run");
    run->input_failed = true;
  }
  end_progress(run);
  (void)output_flush(&run->output);
  if (!run->settings->quiet)
    tally_print_summary(&run->tally, lariat_reactor_now_ns(run->reactor),
                        stderr);
  if (run->interrupted) {
    say_interrupted(run);
    return EXIT_INTERRUPTED;
  }
  return run->tally.failed || run->input_failed ? EXIT_SOME : EXIT_ALL;
}

static int fetch(struct settings *settings) {
  struct run run = {.settings = settings,
                    .input = {.fd = -1},
                    .body = {.fd = -1},
                    .output = {.fd = -1},
                    .store = {.directory = -1},
                    .interrupt = {.reading = -1}};
  if (!limits_apply(settings)) return EXIT_SOME;
  pace_apply(settings);
  int code = set_up(&run);
  if (code == EXIT_ALL) code = go(&run);
  int written = take_down(&run);
  return code == EXIT_ALL ? written : code;
}

int fetch_command(int argc, char **argv) {
  struct settings settings;
  int code = EXIT_ALL;
  bool good = settings_read(&settings, argc, argv);
  if (!good) {
    fputs("Try \"lariat fetch --help\".\n", stderr);
    code = EXIT_USAGE;
  } else if (settings.help) {
    help_print_fetch(stdout);
  } else if (settings.version) {
    help_print_version(stdout);
  } else {
    code = fetch(&settings);
  }
  settings_free(&settings);
  if (fflush(stdout) != 0 && code == EXIT_ALL) {
    say("cannot write to standard output");
    code = EXIT_SOME;
  }
  return code;
}
