/* SPDX-License-Identifier: MIT
 * fetch.c: a run set up and taken down; progress; interrupts. */
#include "fetch/fetch.h"
#include "fetch/desync.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/cookies.h"
#include "fetch/details.h"
#include "fetch/limits.h"
#include "fetch/option_table.h"
#include "fetch/pacing.h"
#include "fetch/requests.h"
#include "fetch/run.h"
#include "help.h"
#include "say.h"
#include "text.h"

enum { GRACE_MS = 5000, CLOSE_MS = 1000 };

/* ---- Progress ---- */

static void describe_progress(void *context, char *line, size_t capacity) {
  const struct run *run = context;
  double progress = input_progress(
      &run->input, run->hosts.waiting + run->in_flight, run->weight);
  tally_describe(&run->tally, lariat_reactor_now_ns(run->reactor),
                 run->in_flight, progress, line, capacity);
}

/* Shows no progress where the results, or messages about them, would run into
 * it. */
static void begin_progress(struct run *run) {
  const struct message_settings *messages = &run->settings->messages;
  if (messages->quiet || messages->verbose || run->writer.terminal) return;
  progress_begin(&run->progress, run->reactor, describe_progress, run);
}

/* ---- Ways out ---- */

static void stop_reactor(void *context) {
  struct run *run = context;
  lariat_reactor_stop(run->reactor);
}

/* Answers the first interrupt: what is in flight has a moment. */
static void on_interrupt(void *context) {
  struct run *run = context;
  run->state = RUN_INTERRUPTED;
  progress_end(&run->progress);
  if (run->in_flight)
    say("interrupted: up to %d seconds for what is in flight (%llu); a second "
        "interrupt ends it at once",
        GRACE_MS / 1000, (unsigned long long)run->in_flight);
  if (lariat_reactor_call_later(run->reactor, GRACE_MS, stop_reactor, run, NULL,
                                NULL) != LARIAT_OK)
    lariat_reactor_stop(run->reactor);
  run_pump(run);
}

static void say_interrupted(const struct run *run) {
  if (run->settings->files.output)
    say("to go on, run the same command with --resume");
  else
    say("with --output FILE, an interrupted run can be continued by --resume");
}

/* ---- Set-up ---- */

static bool open_files(struct run *run) {
  const struct file_settings *files = &run->settings->files;
  if (!input_open(&run->input, files)) return false;
  if (!body_open(&run->body, &run->settings->request)) return false;
  if (!line_writer_open(&run->writer, files->output, files->resume,
                        run->input.fd))
    return false;
  if (files->resume &&
      !finished_read(&run->finished, run->writer.fd, run->writer.name))
    return false;
  return store_open(&run->store, files->save);
}

/* Makes a pool whose own limit of jobs is never reached: what is in flight is
 * counted by the run. */
static lariat_status make_pool(struct run *run) {
  const struct limit_settings *limits = &run->settings->limits;
  const struct request_settings *request = &run->settings->request;
  const struct address_settings *addresses = &run->settings->addresses;
  lariat_pool_options options = lariat_pool_defaults();
  uint64_t reactors = limits->reactors ? limits->reactors : 64;
  options.reactors = limits->reactors;
  options.max_jobs = (unsigned)(limits->concurrency * reactors);
  options.max_jobs_per_host = limits->per_host;
  options.max_connections = limits->connections;
  options.rate = limits->rate;
  options.rate_per_host = limits->rate_per_host;
  options.delay_per_host_ms = (unsigned)limits->delay_ms;
  options.ca_file = request->ca_file;
  options.insecure = request->insecure;
  options.addresses.deny_private = addresses->deny_private;
  options.addresses.allow_nets = addresses->allow_nets;
  options.addresses.deny_nets = addresses->deny_nets;
  settings_set_names(&run->settings->names, &options);
  return lariat_pool_new(&options, &run->pool);
}

static lariat_retry_policy policy_of(const struct retry_settings *retry) {
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = retry->max_retries;
  policy.any_method = retry->any_method;
  policy.budget_ratio = retry->budget_ratio;
  policy.no_budget = retry->no_budget;
  if (retry->has_statuses) {
    policy.statuses = retry->statuses;
    policy.status_count = retry->status_count;
  }
  return policy;
}

static lariat_status make_client(struct run *run) {
  const struct settings *settings = run->settings;
  unsigned concurrency = settings->limits.concurrency;
  lariat_client_options options = lariat_client_defaults();
  lariat_retry_policy policy = policy_of(&settings->retry);
  options.retry = &policy;
  options.idle_timeout_ms = settings->timeouts.idle_ms;
  options.placement = settings->limits.placement;
  if (options.window < concurrency) options.window = concurrency;
  if (options.max_queued < concurrency) options.max_queued = concurrency;
  options.timeout_ms = pacing_timeout_ms(settings);
  options.connect_timeout_ms = settings->timeouts.connect_ms;
  options.max_body_bytes = settings->request.max_body;
  options.max_redirects = settings->request.max_redirects;
  options.http = settings->request.http;
  options.sha256 = true;
  options.user_agent = settings->request.user_agent;
  options.no_decompress = settings->request.raw;
  options.no_downgrade = settings->redirects.no_downgrade;
  options.deny_bad_ports = settings->redirects.deny_bad_ports;
  options.cookies = run->cookies;
  if (settings->redirects.same_origin_headers)
    options.header_scope = LARIAT_HEADERS_STAY;
  options.keep = details_to_keep(settings->output.details);
  return lariat_client_new(run->pool, run->reactor, &options, &run->client);
}

/* Says why the library cannot start; returns the exit code. */
static int say_pool(const struct run *run, lariat_status status) {
  int error = errno;
  const char *ca_file = run->settings->request.ca_file;
  if (status == LARIAT_EINVAL && ca_file) {
    say("there are no certificates to be read in %s", ca_file);
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

/* Appends the value to those of the same name, or begins with it. */
static bool join_value(struct text *text, const lariat_header *header) {
  bool cookie = strcasecmp(header->name, "Cookie") == 0;
  if (text->length && !text_add(text, cookie ? "; " : ", ")) return false;
  return text_add(text, header->value);
}

/* Adds all that was given of the header's name.  Several values become one,
 * which means the same (RFC 9110, 5.3; RFC 6265, 5.4). */
static lariat_status add_header(struct run *run, size_t index) {
  const struct request_settings *request = &run->settings->request;
  const char *name = request->headers[index].name;
  struct text text = {0};
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; i < request->header_count; i++)
    if (request->headers[i].value &&
        strcasecmp(request->headers[i].name, name) == 0 &&
        !join_value(&text, &request->headers[i]))
      status = LARIAT_ENOMEM;
  if (!text_reserve(&text, 1)) status = LARIAT_ENOMEM;
  if (status == LARIAT_OK) {
    text.bytes[text.length] = '\0';
    /* Without a text it is one to be left out, or one without a value. */
    status = lariat_client_add_header(
        run->client, name,
        text.length ? text.bytes : request->headers[index].value);
  }
  text_free(&text);
  return status;
}

/* Masks what stands behind a blank in a name: it may be a value, and a secret.
 */
static void say_header(const lariat_header *header, lariat_status status) {
  int length = (int)strcspn(header->name, " \t\r\n");
  const char *rest = header->name[length] ? " ***" : "";
  if (length > 100) length = 100;
  if (status == LARIAT_EINVAL)
    say("the header \"%.*s%s\" cannot be sent: a name has neither blanks nor "
        "separators, a value no line breaks, and lengths and "
        "Transfer-Encoding are not given",
        length, header->name, rest);
  else
    say("the header \"%.*s%s\": %s", length, header->name, rest,
        lariat_status_text(status));
}

static int add_headers(struct run *run) {
  const struct request_settings *request = &run->settings->request;
  if (request->authorization &&
      lariat_client_add_header(run->client, "Authorization",
                               request->authorization) != LARIAT_OK) {
    say("out of memory");
    return EXIT_SOME;
  }
  for (size_t i = 0; i < request->header_count; i++) {
    lariat_status status = add_header(run, i);
    if (status == LARIAT_OK) continue;
    say_header(&request->headers[i], status);
    return EXIT_USAGE;
  }
  return EXIT_ALL;
}

/* Returns EXIT_ALL when all is open, else the exit code. */
static int open_library(struct run *run) {
  const struct limit_settings *limits = &run->settings->limits;
  lariat_status status = memory_open(&run->memory)
                             ? lariat_reactor_new(NULL, &run->reactor)
                             : LARIAT_ENOMEM;
  if (status == LARIAT_OK &&
      !interrupt_open(&run->interrupt, run->reactor, on_interrupt, run))
    status = LARIAT_ESYSTEM;
  if (status == LARIAT_OK) status = tally_open(&run->tally);
  if (status == LARIAT_OK &&
      !cookies_open(&run->settings->cookies, &run->cookies))
    return EXIT_USAGE;
  if (status == LARIAT_OK) status = make_pool(run);
  if (status == LARIAT_OK) status = make_client(run);
  if (status != LARIAT_OK) return say_pool(run, status);
  memory_limit(&run->memory,
               limits->memory - (uint64_t)limits->concurrency * MEMORY_SMALL);
  return add_headers(run);
}

/* Returns EXIT_ALL when the run can begin, else the exit code. */
static int set_up(struct run *run) {
  if (!open_files(run)) return EXIT_USAGE;
  int code = open_library(run);
  if (code != EXIT_ALL) return code;
  if (!hosts_init(&run->hosts, pacing_host_limit(run->settings))) {
    say("out of memory");
    return EXIT_SOME;
  }
  input_attach(&run->input, run->reactor, run_pump, run);
  line_writer_attach(&run->writer, run->reactor, stop_reactor, run);
  return EXIT_ALL;
}

/* Ends the run, and what is still in flight without a line.  Returns EXIT_ALL
 * when all lines were written. */
static int take_down(struct run *run) {
  run->state = RUN_CLOSING;
  lariat_client_close(run->client);
  interrupt_close(&run->interrupt);
  input_close(&run->input);
  bool written = line_writer_close(&run->writer);
  if (run->pool) (void)lariat_pool_close_wait(run->pool, 0);
  lariat_pool_release(run->pool);
  if (run->reactor) (void)lariat_reactor_close(run->reactor, CLOSE_MS);
  hosts_clear(&run->hosts);
  run_free_jobs(run);
  finished_free(&run->finished);
  store_close(&run->store);
  body_close(&run->body);
  lariat_cookie_jar_release(run->cookies);
  memory_close(&run->memory);
  tally_close(&run->tally);
  return written ? EXIT_ALL : EXIT_SOME;
}

/* ---- The command ---- */

static bool has_failed(const struct run *run) {
  const struct tally *tally = &run->tally;
  return tally->failed || run->input_state == INPUT_FAILED ||
         (run->settings->output.fail && tally->refused);
}

/* Says so where a proxy may have been meant: nothing was reached, and the
 * environment names one. */
static void say_proxy(const struct run *run) {
  static const char *const names[] = {"http_proxy", "https_proxy",
                                      "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  if (run->tally.answered || !run->tally.failed ||
      run->settings->messages.quiet)
    return;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *value = getenv(names[i]);
    if (!value || !*value) continue;
    say("%s is set, but proxies are not used yet", names[i]);
    return;
  }
}

static void print_summary(struct run *run) {
  tally_print_summary(&run->tally, run->settings,
                      lariat_reactor_now_ns(run->reactor), stderr);
  requests_print(run->pool, stderr);
}

static int fetch_all(struct run *run) {
  run->tally.begun_ns = lariat_reactor_now_ns(run->reactor);
  begin_progress(run);
  if (lariat_reactor_call_soon(run->reactor, run_pump, run, NULL) !=
          LARIAT_OK ||
      lariat_reactor_run(run->reactor) != LARIAT_OK) {
    say("the event loop cannot run");
    run->input_state = INPUT_FAILED;
  }
  progress_end(&run->progress);
  (void)line_writer_flush(&run->writer);
  if (!run->settings->messages.quiet && !run->writer.abandoned)
    print_summary(run);
  desync_print(run->pool, stderr);
  say_proxy(run);
  bool saved = cookies_save(&run->settings->cookies, run->cookies);
  if (run->state == RUN_INTERRUPTED) {
    say_interrupted(run);
    return interrupt_code();
  }
  if (run->writer.failed && !run->writer.abandoned &&
      run->settings->files.output)
    say_interrupted(run);
  return has_failed(run) || !saved ? EXIT_SOME : EXIT_ALL;
}

static int run_fetch(struct settings *settings) {
  struct run run = {.settings = settings,
                    .input = {.fd = -1},
                    .body = {.fd = -1},
                    .writer = {.fd = -1},
                    .store = {.directory = -1},
                    .interrupt = {.reading = -1}};
  if (!limits_apply(settings)) return EXIT_SOME;
  pacing_apply(settings);
  int code = set_up(&run);
  if (code == EXIT_ALL) code = fetch_all(&run);
  int written = take_down(&run);
  return code == EXIT_ALL ? written : code;
}

static int do_action(struct settings *settings) {
  switch (settings->action) {
  case ACTION_HELP:
    options_print_help(&fetch_options, stdout);
    return EXIT_ALL;
  case ACTION_VERSION:
    help_print_version(stdout);
    return EXIT_ALL;
  case ACTION_FETCH:
    break;
  }
  return run_fetch(settings);
}

int fetch_command(int argc, char **argv) {
  struct settings settings;
  int code = EXIT_USAGE;
  if (settings_read(&settings, argc, argv))
    code = do_action(&settings);
  else
    fputs("Try \"lariat fetch --help\".\n", stderr);
  settings_free(&settings);
  if (fflush(stdout) != 0 && code == EXIT_ALL) {
    say("cannot write to standard output: %s", say_errno(errno));
    code = EXIT_SOME;
  }
  return code;
}
