/* SPDX-License-Identifier: MIT
 * crawl.c: a run set up and taken down; each second; signals. */
#include "crawl/crawl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "crawl/control.h"
#include "crawl/ending.h"
#include "crawl/metrics_server.h"
#include "crawl/openmetrics.h"
#include "crawl/option_table.h"
#include "crawl/outputs.h"
#include "crawl/pace.h"
#include "crawl/reload.h"
#include "crawl/run_options.h"
#include "crawl/seeds.h"
#include "crawl/settings.h"
#include "crawl/silence.h"
#include "crawl/steering.h"
#include "crawl/view.h"
#include "help.h"
#include "interrupt.h"
#include "output/progress.h"
#include "say.h"

enum { CLOSE_MS = 2000, SECOND_MS = 1000, SECONDS_OF_A_LINE = 10 };

enum phase { PHASE_CRAWLING, PHASE_FEEDING, PHASE_ENDED };

struct run {
  struct crawl_settings *settings;
  struct crawl_seeds seeds;
  struct crawl_run_options options;
  struct crawl_outputs outputs;
  struct reload reload;
  struct control control;
  struct metrics_server metrics;
  struct interrupt interrupt;
  struct progress progress;
  struct pace pace;
  struct silence silence;
  lariat_reactor *reactor;
  lariat_crawl *crawl;
  lariat_timer second;
  unsigned seconds;
  uint64_t known; /* URLs at the start, if none was queued */
  enum phase phase;
  bool interrupted;
  bool failed;   /* the crawl could not go on; it was said why */
  bool troubled; /* the database of a shared crawl was away when last seen */
  bool paused;   /* all workers were told to pause, when last seen */
};

/* ---- Each second ---- */

static void read_counts(const struct run *run, struct crawl_counts *counts) {
  lariat_crawl_stats stats = {.size = sizeof stats};
  (void)!lariat_crawl_read_stats(run->crawl, &stats);
  pace_fill(&run->pace, &stats, counts);
}

static void describe_progress(void *context, char *line, size_t capacity) {
  struct crawl_counts counts;
  read_counts(context, &counts);
  view_describe(&counts, line, capacity);
}

static void begin_progress(struct run *run) {
  const struct crawl_message_settings *messages = &run->settings->messages;
  if (messages->quiet || messages->progress == CRAWL_PROGRESS_JSON) return;
  progress_begin(&run->progress, run->reactor, describe_progress, run);
}

static void print_json(const struct crawl_counts *counts) {
  struct text text = {NULL, 0, 0};
  if (text_add(&text, "{") && crawl_counts_add_json(&text, counts) &&
      text_add(&text, "}\n"))
    (void)fwrite(text.bytes, 1, text.length, stderr);
  text_free(&text);
}

static bool wants_json(const struct run *run) {
  const struct crawl_message_settings *messages = &run->settings->messages;
  return messages->progress == CRAWL_PROGRESS_JSON && !messages->quiet;
}

/* Writes what is written every ten seconds, and at the end. */
static void write_counts(struct run *run) {
  struct crawl_counts counts;
  read_counts(run, &counts);
  crawl_outputs_measure(&run->outputs, &counts);
  if (wants_json(run) && run->seconds) print_json(&counts);
}

static lariat_value on_silence(lariat_value result, void *context) {
  struct run *run = context;
  progress_end(&run->progress);
  silence_say(lariat_is_failure(result) ? NULL : lariat_crawl_text_in(result));
  lariat_crawl_stop(run->crawl, 0);
  return lariat_value_drop(result);
}

/* Gives up; asks why a seed waits, to tell it. */
static void end_silence(struct run *run) {
  const char *url = run->seeds.count ? run->seeds.seeds[0].url : "";
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_crawl_why(run->crawl, url), on_silence, run));
}

/* Says once that the database is away, and that it is back. */
static void look_at_trouble(struct run *run, const lariat_crawl_stats *stats) {
  bool troubled = stats->trouble && *stats->trouble;
  if (troubled == run->troubled) return;
  run->troubled = troubled;
  if (troubled)
    say("the database cannot be used: %s; what is leased is fetched to its "
        "end, and what was fetched waits",
        stats->trouble);
  else
    say("the database can be used again");
}

/* Says once that an order keeps this worker from fetching. */
static void look_at_order(struct run *run, const lariat_crawl_stats *stats) {
  bool paused = stats->whole_paused;
  if (paused == run->paused) return;
  run->paused = paused;
  char *command = paused ? ending_resume_command(run->settings) : NULL;
  if (command && !run->settings->messages.quiet)
    say("paused by an order to all workers: %s", command);
  free(command);
}

/* Looks at what the last second has brought. */
static void look_at_pace(struct run *run) {
  lariat_crawl_stats stats = {.size = sizeof stats};
  if (run->phase != PHASE_CRAWLING) return;
  (void)!lariat_crawl_read_stats(run->crawl, &stats);
  pace_add(&run->pace, &stats);
  look_at_trouble(run, &stats);
  look_at_order(run, &stats);
  if (silence_add(&run->silence, &stats)) end_silence(run);
}

static lariat_value on_seed_explained(lariat_value result, void *context) {
  struct run *run = context;
  const char *why =
      lariat_is_failure(result) ? NULL : lariat_crawl_text_in(result);
  if (run->phase == PHASE_CRAWLING && !run->settings->messages.quiet &&
      silence_has_failure(&run->silence, why)) {
    progress_end(&run->progress);
    silence_say_failure(&run->silence, why);
    begin_progress(run);
  }
  return lariat_value_drop(result);
}

/* Looks, in the first seconds, whether seeds have failed; while there are few
 * URLs, since the answer looks for one. */
static void look_at_seeds(struct run *run) {
  enum { MOST_URLS = 10000 };
  lariat_crawl_stats stats = {.size = sizeof stats};
  (void)!lariat_crawl_read_stats(run->crawl, &stats);
  if (run->phase != PHASE_CRAWLING || run->seconds > SILENCE_SECONDS ||
      stats.known > MOST_URLS)
    return;
  for (size_t i = 0; i < run->seeds.count && i < SILENCE_SEEDS; i++)
    lariat_deferred_release(lariat_deferred_add_both(
        lariat_crawl_why(run->crawl, run->seeds.seeds[i].url),
        on_seed_explained, run));
}

static void on_second(void *context) {
  struct run *run = context;
  look_at_pace(run);
  if (run->seconds) look_at_seeds(run);
  if (run->seconds % SECONDS_OF_A_LINE == 0) write_counts(run);
  run->seconds++;
  if (lariat_reactor_call_later(run->reactor, SECOND_MS, on_second, run, NULL,
                                &run->second) != LARIAT_OK)
    say("out of memory: no more progress is shown");
}

/* ---- The end ---- */

static void on_fed(void *context) {
  struct run *run = context;
  run->phase = PHASE_ENDED;
  (void)lariat_reactor_stop(run->reactor);
}

static void stop_feeding(void *context) {
  struct run *run = context;
  say("what --exec and --on-warc-closed have not taken waits for the next "
      "start");
  on_fed(run);
}

/* Bounds how long the readers may take once somebody wants the end. */
static void bound_feeding(struct run *run) {
  if (run->phase != PHASE_FEEDING) return;
  if (lariat_reactor_call_later(run->reactor, run->settings->messages.grace_ms,
                                stop_feeding, run, NULL, NULL) != LARIAT_OK)
    stop_feeding(run);
}

static lariat_value on_crawl_end(lariat_value result, void *context) {
  struct run *run = context;
  progress_end(&run->progress);
  if (lariat_is_failure(result)) {
    run->failed = true;
    say("the crawl has ended: %s", lariat_failure_message(result));
  }
  run->phase = PHASE_FEEDING;
  crawl_outputs_end(&run->outputs, on_fed, run);
  if (run->interrupted) bound_feeding(run);
  return lariat_value_drop(result);
}

static void stop_run(void *context, uint64_t grace_ms) {
  struct run *run = context;
  lariat_crawl_stop(run->crawl, grace_ms);
}

/* Answers the first signal: what is in flight has a moment. */
static void on_interrupt(void *context) {
  struct run *run = context;
  struct crawl_counts counts;
  uint64_t grace_ms = run->settings->messages.grace_ms;
  run->interrupted = true;
  if (run->phase == PHASE_FEEDING) {
    bound_feeding(run);
    return;
  }
  read_counts(run, &counts);
  progress_end(&run->progress);
  if (!run->settings->messages.quiet)
    say("interrupted: up to %llu seconds for what is in flight (%llu); a "
        "second signal ends it at once, and both are safe",
        (unsigned long long)(grace_ms + 999) / 1000,
        (unsigned long long)counts.stats.in_flight);
  lariat_crawl_stop(run->crawl, grace_ms);
}

/* ---- Set-up ---- */

/* Says why there is no crawl, and returns the exit code. */
static int refuse_crawl(lariat_status status, int error,
                        const lariat_crawl_error *why) {
  const char *refusal = lariat_pool_refusal();
  const char *rest = why->message;
  const char *option = crawl_run_options_name(why->message, &rest);
  if (why->message[0])
    say("%s%s%s", option ? "--" : "", option ? option : "", rest);
  else if (status == LARIAT_ELIBCURL && refusal)
    say("cannot start: %s", refusal);
  else
    say("cannot start: %s", status == LARIAT_ESYSTEM && error
                                ? say_errno(error)
                                : lariat_status_text(status));
  if (status == LARIAT_EINVAL) return EXIT_USAGE;
  if (status == LARIAT_ECONNECT || status == LARIAT_EBUSY ||
      status == LARIAT_ENOTFOUND)
    return CRAWL_EXIT_LATER;
  return status == LARIAT_ESYSTEM && error == ENOSPC ? CRAWL_EXIT_DISK
                                                     : EXIT_SOME;
}

/* Raises the limit of descriptors as far as it may be. */
static void raise_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void say_notices(const struct run *run) {
  const char *at = lariat_crawl_notices(run->crawl);
  while (*at) {
    int length = (int)strcspn(at, "\n");
    if (length) say("%.*s", length, at);
    at += length + (at[length] != '\0');
  }
}

static lariat_status make_reactor(struct run *run) {
  lariat_status status = lariat_reactor_new(NULL, &run->reactor);
  if (status == LARIAT_OK &&
      !interrupt_open(&run->interrupt, run->reactor, on_interrupt, run))
    status = LARIAT_ESYSTEM;
  return status;
}

/* Returns EXIT_ALL when there is a crawl, else the exit code. */
static int make_crawl(struct run *run) {
  lariat_crawl_error error = {.message = ""};
  lariat_crawl_options *options = &run->options.options;
  errno = 0;
  lariat_status status = make_reactor(run);
  if (status == LARIAT_OK) {
    options->on_warc_closed = warc_hook_add;
    options->on_warc_closed_context = &run->outputs.hook;
    status = lariat_crawl_new(options, &run->crawl, &error);
  }
  if (status == LARIAT_OK) return EXIT_ALL;
  return refuse_crawl(status, errno, &error);
}

static bool fill_metrics(void *context, struct text *text) {
  struct crawl_counts counts;
  read_counts(context, &counts);
  return openmetrics_add(text, &counts);
}

/* Serves the metrics, if that is wanted; false: it cannot, as was said. */
static bool open_metrics(struct run *run) {
  const char *text = run->settings->output.metrics;
  struct metrics_address address;
  if (!text || !metrics_address_read(text, &address)) return true;
  if (!metrics_server_open(&run->metrics, run->reactor, &address, fill_metrics,
                           run)) {
    say("cannot listen on %s: %s", text, say_errno(errno));
    return false;
  }
  if (!run->settings->messages.quiet)
    say("metrics: http://%.*s:%u/metrics%s", (int)(strrchr(text, ':') - text),
        text, metrics_server_port(&run->metrics),
        address.is_loopback ? "" : ", for whoever can reach that address");
  return true;
}

/* Returns EXIT_ALL when the run can begin, else the exit code. */
static int set_up(struct run *run, int argc, char **argv) {
  if (!crawl_seeds_make(&run->seeds, run->settings) ||
      !crawl_settings_say_kept(run->settings))
    return EXIT_USAGE;
  raise_descriptors();
  if (!reload_open(&run->reload, run->settings, argc, argv) ||
      !crawl_run_options_make(&run->options, run->settings, &run->seeds,
                              run->outputs.lines)) {
    say("out of memory, or of descriptors");
    return EXIT_SOME;
  }
  int code = make_crawl(run);
  if (code != EXIT_ALL) return code;
  if (!run->settings->messages.quiet) say_notices(run);
  return reload_begin(&run->reload, run->reactor, run->crawl) &&
                 control_open(&run->control, run->reactor,
                              run->settings->seeds.directory, run->crawl,
                              &run->pace, stop_run, run) &&
                 open_metrics(run) &&
                 crawl_outputs_begin(&run->outputs, run->reactor)
             ? EXIT_ALL
             : EXIT_SOME;
}

/* Returns EXIT_ALL when all that was to be written was. */
static int take_down(struct run *run) {
  bool good = crawl_outputs_close(&run->outputs);
  control_close(&run->control);
  metrics_server_close(&run->metrics);
  reload_close(&run->reload);
  lariat_crawl_free(run->crawl);
  interrupt_close(&run->interrupt);
  if (run->reactor) (void)lariat_reactor_close(run->reactor, CLOSE_MS);
  crawl_run_options_free(&run->options);
  crawl_seeds_free(&run->seeds);
  silence_free(&run->silence);
  return good ? EXIT_ALL : EXIT_SOME;
}

/* ---- The command ---- */

/* Says that there was nothing left to do, and what may be wanted, which a crawl
 * of many workers cannot have. */
static void say_idle(const struct run *run, const lariat_crawl_stats *stats) {
  if (stats->end == LARIAT_CRAWL_DONE && run->known &&
      run->known == stats->known)
    say("nothing was left to do%s",
        stats->workers ? ""
                       : ": --again 7d asks again for what is older, --again 0 "
                         "for all");
}

static int end_run(struct run *run) {
  struct crawl_counts counts;
  read_counts(run, &counts);
  crawl_outputs_measure(&run->outputs, &counts);
  if (wants_json(run))
    print_json(&counts);
  else if (!run->settings->messages.quiet)
    ending_print(&counts, &run->pace, run->settings, stderr);
  if (!run->settings->messages.quiet) say_idle(run, &counts.stats);
  if (counts.stats.end == LARIAT_CRAWL_DISK) return CRAWL_EXIT_DISK;
  if (run->failed) return EXIT_SOME;
  if (run->interrupted) return interrupt_code();
  return run->silence.told ? CRAWL_EXIT_NO_PAGE : ending_code(&counts.stats);
}

static void note_start(struct run *run) {
  lariat_crawl_stats stats = {.size = sizeof stats};
  (void)!lariat_crawl_read_stats(run->crawl, &stats);
  run->known = stats.queued ? 0 : stats.known;
}

static int crawl_all(struct run *run) {
  note_start(run);
  run->pace.in_flight = run->settings->machine.concurrency;
  begin_progress(run);
  on_second(run);
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_crawl_start(run->crawl), on_crawl_end, run));
  if (lariat_reactor_run(run->reactor) != LARIAT_OK) {
    say("the event loop cannot run");
    run->failed = true;
  }
  progress_end(&run->progress);
  return end_run(run);
}

static int run_crawl(struct crawl_settings *settings, int argc, char **argv) {
  struct run run = {.settings = settings,
                    .reload = {.fd = -1},
                    .control = {.server = {.directory = -1, .fd = -1}},
                    .metrics = {.fd = -1},
                    .interrupt = {.reading = -1}};
  int code = EXIT_SOME;
  if (crawl_outputs_init(&run.outputs, settings))
    code = set_up(&run, argc, argv);
  else
    say("out of memory");
  if (code == EXIT_ALL) code = crawl_all(&run);
  int closed = take_down(&run);
  return code == EXIT_ALL ? closed : code;
}

static int do_action(struct crawl_settings *settings, int argc, char **argv) {
  switch (settings->action) {
  case CRAWL_HELP:
    options_print_help(&crawl_options, stdout);
    return EXIT_ALL;
  case CRAWL_VERSION:
    help_print_version(stdout);
    return EXIT_ALL;
  case CRAWL_RUN:
    break;
  }
  return run_crawl(settings, argc, argv);
}

static int run_command(int argc, char **argv) {
  struct crawl_settings settings;
  int code = EXIT_USAGE;
  if (crawl_settings_read(&settings, argc, argv))
    code = do_action(&settings, argc, argv);
  else
    fputs("Try \"lariat crawl --help\".\n", stderr);
  crawl_settings_free(&settings);
  return code;
}

int crawl_command(int argc, char **argv) {
  bool steering = argc > 1 && steering_is(argv[1]);
  int code =
      steering ? steering_run(argc - 1, argv + 1) : run_command(argc, argv);
  if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_ALL) {
    say("cannot write to standard output: %s", say_errno(errno));
    code = EXIT_SOME;
  }
  return code;
}
