/* SPDX-License-Identifier: MIT
 * run.c: keeps as many fetches in flight as was asked for, and reads no more
 * input than that needs. */
#include "fetch/run.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fetch/watcher.h"
#include "say.h"

enum {
  SLEEP_NS = 5000, /* for each job in flight */
  LONGEST_SLEEP_NS = 300000,
  FAST_NS = 100000,             /* less than that for each answer */
  BATCH_ENOUGH = 16,            /* answers: one wake-up for so many is cheap */
  LINES_A_PUMP = 512,           /* then the reactor has its turn */
  LOOK_AHEAD = 1024,            /* jobs that wait for their host */
  WEIGHT_MAX = 32 * 1024 * 1024 /* bytes of input in jobs */
};

/* ---- Jobs ---- */

static struct job *take_blank_job(struct run *run) {
  struct job *job = job_list_take(&run->spare);
  return job ? job : job_new(run);
}

static void recycle_job(struct run *run, struct job *job) {
  store_drop(&run->store, &job->saved);
  run->weight -= job->weight;
  job_wipe(job);
  job_list_push(&run->spare, job);
}

void run_free_jobs(struct run *run) {
  job_list_free(&run->spare);
  job_list_free(&run->alone.waiting);
}

const char *run_method(const struct run *run, const struct job *job) {
  const struct request_settings *request = &run->settings->request;
  if (job->extras && job->extras->method) return job->extras->method;
  if (job->extras && job->extras->body) return "POST";
  if (request->method) return request->method;
  if (request->upload) return "PUT";
  return request->data ? "POST" : "GET";
}

/* ---- Attempts ---- */

static lariat_value on_response(lariat_value result, void *context) {
  struct job *job = context;
  run_answered(job->owner, job, lariat_response_in(result));
  return lariat_value_drop(result);
}

static lariat_value on_failure(lariat_value failure, void *context) {
  struct job *job = context;
  run_failed(job->owner, job, failure);
  return lariat_value_drop(failure);
}

/* Gives the request its own headers, and its own body or that of the settings.
 * The latter has a Content-Type unless a header says otherwise. */
static void add_body_and_headers(const struct run *run,
                                 const struct extras *extras,
                                 lariat_request_options *options) {
  bool own = extras && extras->body;
  if (own)
    options->body = lariat_body_bytes(extras->body, extras->body_length);
  else
    body_apply(&run->body, options);
  if (extras) {
    options->headers = extras->headers;
    options->header_count = extras->header_count;
  }
  if (!own) body_add_type(&run->body, extras, options);
}

/* Opens the file to which the library writes the body; it has a descriptor of
 * its own for that.  Without a file the body is held in memory, and stored
 * afterwards. */
static void begin_saving(struct run *run, struct job *job,
                         lariat_request_options *options) {
  bool in_memory = run->settings->output.body;
  if (run->store.directory < 0 || in_memory) return;
  if (store_begin(&run->store, &job->saved))
    options->sink = lariat_sink_fd(job->saved.fd);
}

/* Whether nothing but the URL differs from the client's defaults. */
static bool has_default_options(const struct settings *settings,
                                const struct job *job) {
  const struct request_settings *request = &settings->request;
  return !job->extras && !request->method && !request->data &&
         !request->upload && !settings->files.save &&
         !settings->messages.verbose;
}

static lariat_deferred *send_request(struct run *run, struct job *job) {
  if (has_default_options(run->settings, job))
    return lariat_get(run->client, job->url.text);
  lariat_request_options options = lariat_request_defaults(run->client);
  add_body_and_headers(run, job->extras, &options);
  begin_saving(run, job, &options);
  if (run->settings->messages.verbose) options.observer = watcher_of(job);
  return lariat_request(run->client, run_method(run, job), job->url.text,
                        &options);
}

static void start_job(struct run *run, struct job *job) {
  job->attempts++;
  job->begun_ns = lariat_reactor_now_ns(run->reactor);
  lariat_deferred *deferred = send_request(run, job);
  lariat_deferred_add_callbacks(deferred, on_response, on_failure, job);
  lariat_deferred_release(deferred);
}

/* Has the pump called by the reactor.  Callbacks, which may run inside the
 * pump, use this. */
static void pump_soon(struct run *run) {
  if (run->pump.scheduled) return;
  run->pump.scheduled =
      lariat_reactor_call_soon(run->reactor, run_pump, run, NULL) == LARIAT_OK;
}

/* ---- Coalescing ---- */

/* Sleeps a little, so that the next answers arrive together.  The more there
 * are in flight the longer: with few, the reactors would soon be idle. */
static void sleep_briefly(const struct run *run) {
  uint64_t ns = run->in_flight * SLEEP_NS;
  if (ns > LONGEST_SLEEP_NS) ns = LONGEST_SLEEP_NS;
  const struct timespec time = {0, (long)ns};
  (void)nanosleep(&time, NULL);
}

/* Takes answers that come fast but one by one in batches: a thread that is
 * woken for each of them costs more than everything else that this program
 * does.  Meanwhile the reactors have jobs of fast hosts to go on with, see
 * HOSTS_FAST_FACTOR. */
static void coalesce_answers(void *context) {
  struct run *run = context;
  struct coalescing *batch = &run->coalescing;
  uint64_t now_ns = lariat_reactor_now_ns(run->reactor);
  uint64_t each_ns = (now_ns - batch->begun_ns) / (batch->answers + 1);
  batch->scheduled = false;
  if (each_ns < FAST_NS && batch->answers < BATCH_ENOUGH) sleep_briefly(run);
  batch->begun_ns = lariat_reactor_now_ns(run->reactor);
  batch->answers = 0;
}

static void count_answer(struct run *run) {
  struct coalescing *batch = &run->coalescing;
  batch->answers++;
  if (batch->scheduled) return;
  batch->scheduled = lariat_reactor_call_soon(run->reactor, coalesce_answers,
                                              run, NULL) == LARIAT_OK;
}

/* ---- Ends ---- */

/* Tells whether URLs wait for nothing but --per-host while `job` ends: none of
 * their hosts may have another fetch and --concurrency has, or they wait in the
 * library; and there is no pace to keep. */
static bool is_held_per_host(const struct run *run, const struct job *job) {
  const struct limit_settings *limits = &run->settings->limits;
  if (limits->rate > 0 || limits->rate_per_host > 0 || limits->delay_ms)
    return false;
  return hosts_is_over(&run->hosts, job) ||
         (run->hosts.waiting && !run->hosts.ready_first &&
          run->in_flight < limits->concurrency);
}

void run_end_job(struct run *run, struct job *job) {
  count_answer(run);
  if (is_held_per_host(run, job)) run->tally.held++;
  hosts_release(&run->hosts, job, job->fast);
  run->in_flight--;
  if (job->alone) run->alone.running = false;
  recycle_job(run, job);
  if (!run->pump.running) run_pump(run);
}

/* Ends the run for a lack of memory: what has no line yet can be resumed. */
static void fail_out_of_memory(struct run *run) {
  say("out of memory");
  run->input_state = INPUT_FAILED;
}

/* Takes `job` back from the library without a result. */
static void take_back(struct run *run, struct job *job) {
  store_drop(&run->store, &job->saved);
  hosts_release(&run->hosts, job, false);
  run->in_flight--;
}

void run_retry_alone(struct run *run, struct job *job) {
  take_back(run, job);
  job->alone = true;
  job_list_append(&run->alone.waiting, job);
  pump_soon(run);
}

void run_wait_again(struct run *run, struct job *job) {
  take_back(run, job);
  job->attempts--;
  if (!hosts_add(&run->hosts, job)) {
    recycle_job(run, job);
    fail_out_of_memory(run);
  }
  pump_soon(run);
}

/* ---- Input ---- */

static void refuse_job(struct run *run, struct job *job) {
  run_refused(run, job, job->error, job->message);
  recycle_job(run, job);
}

/* Whether a line of a list is blank, or a comment; each argument counts. */
static bool is_to_skip(const struct run *run, const struct line *line) {
  if (run->input.fd < 0) return false;
  return line->length ? line->text[0] == '#' : line->whole == 0;
}

static void take_line(struct run *run, const struct line *line) {
  if (is_to_skip(run, line)) return;
  if (finished_has(&run->finished, line->number)) {
    run->tally.skipped++;
    return;
  }
  struct job *job = take_blank_job(run);
  if (!job) {
    fail_out_of_memory(run);
    return;
  }
  bool read = job_read(job, line);
  job->read_ns = lariat_reactor_now_ns(run->reactor);
  job->weight = line->length;
  run->weight += job->weight;
  if (read && job->error) {
    refuse_job(run, job);
  } else if (!read || !hosts_add(&run->hosts, job)) {
    recycle_job(run, job);
    fail_out_of_memory(run);
  }
}

static bool wants_input(const struct run *run) {
  return run->input_state == INPUT_OPEN && run->state == RUN_ACTIVE &&
         !run->writer.failed &&
         run->hosts.waiting < LOOK_AHEAD + run->settings->limits.concurrency &&
         run->weight < WEIGHT_MAX;
}

/* Returns false when there is nothing to be had now. */
static bool read_line(struct run *run) {
  struct line line;
  switch (input_next(&run->input, &line)) {
  case INPUT_LINE:
    take_line(run, &line);
    return true;
  case INPUT_BUSY:
    pump_soon(run);
    return false;
  case INPUT_WAIT:
    return false;
  case INPUT_ERROR:
    say("cannot read the input any further: %s", say_errno(errno));
    run->input_state = INPUT_FAILED;
    return false;
  case INPUT_END:
    run->input_state = INPUT_READ;
    return false;
  }
  return false;
}

/* ---- The pump ---- */

static bool may_start(const struct run *run) {
  return run->state == RUN_ACTIVE && !run->writer.failed &&
         run->in_flight < run->settings->limits.concurrency;
}

/* Returns true when no other job may start now. */
static bool start_alone(struct run *run) {
  struct alone *alone = &run->alone;
  while (alone->waiting.first && !run->in_flight && may_start(run)) {
    alone->running = true;
    run->in_flight++;
    start_job(run, job_list_take(&alone->waiting));
  }
  return alone->running || alone->waiting.first;
}

static void start_waiting(struct run *run) {
  while (may_start(run)) {
    struct job *job = hosts_take(&run->hosts);
    if (!job) return;
    run->in_flight++;
    start_job(run, job);
  }
}

static bool is_over(const struct run *run) {
  if (run->in_flight) return false;
  if (run->state != RUN_ACTIVE || run->writer.failed) return true;
  return run->input_state != INPUT_OPEN && !run->hosts.waiting &&
         !run->alone.waiting.first;
}

static void start_jobs(struct run *run) {
  for (int lines = 0; lines < LINES_A_PUMP; lines++) {
    if (start_alone(run)) return;
    start_waiting(run);
    if (!may_start(run) || !wants_input(run) || !read_line(run)) return;
  }
  pump_soon(run);
}

void run_pump(void *context) {
  struct run *run = context;
  run->pump.scheduled = false;
  if (run->pump.running) return;
  run->pump.running = true;
  start_jobs(run);
  run->pump.running = false;
  if (is_over(run)) lariat_reactor_stop(run->reactor);
}
