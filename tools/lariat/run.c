/* SPDX-License-Identifier: MIT
 * run.c: keeps as many fetches in flight as was asked for, and reads no more
 * input than that needs. */
#include "run.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

enum {
  NAP_NS = 5000, /* for each job in flight */
  LONGEST_NAP_NS = 300000,
  FAST_NS = 100000,             /* less than that for each answer */
  BATCH_ENOUGH = 16,            /* answers: one wake-up for so many is cheap */
  LINES_A_PUMP = 512,           /* then the reactor has its turn */
  LOOK_AHEAD = 1024,            /* jobs that wait for their host */
  WEIGHT_MAX = 32 * 1024 * 1024 /* bytes of input in jobs */
};

/* Jobs. */

static void append(struct job **first, struct job **last, struct job *job) {
  job->next = NULL;
  if (*first)
    (*last)->next = job;
  else
    *first = job;
  *last = job;
}

static struct job *take_first(struct job **first) {
  struct job *job = *first;
  if (job) *first = job->next;
  return job;
}

static struct job *take_job(struct run *run) {
  struct job *job = take_first(&run->spare);
  return job ? job : job_new(run);
}

/* What came of the last attempt is not wanted. */
static void drop_saved(struct run *run, struct job *job) {
  if (job->temporary) store_drop(&run->store, job->temporary);
  job->temporary = 0;
}

static void recycle(struct run *run, struct job *job) {
  drop_saved(run, job);
  run->weight -= job->weight;
  job_wipe(job);
  job->next = run->spare;
  run->spare = job;
}

static void free_list(struct job *job) {
  while (job) {
    struct job *next = job->next;
    job_free(job);
    job = next;
  }
}

void run_free_jobs(struct run *run) {
  free_list(run->spare);
  free_list(run->alone_first);
}

const char *run_method(const struct run *run, const struct job *job) {
  const struct settings *settings = run->settings;
  if (job->extras && job->extras->method) return job->extras->method;
  if (job->extras && job->extras->body) return "POST";
  if (settings->method) return settings->method;
  if (settings->upload) return "PUT";
  return settings->data ? "POST" : "GET";
}

/* One attempt. */

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

static void add_extras(lariat_request_options *options,
                       const struct extras *extras) {
  options->headers = extras->headers;
  options->header_count = extras->header_count;
  if (!extras->body) return;
  options->body = lariat_body_bytes(extras->body, extras->body_length);
}

/* The library writes the body to its file.  Without a descriptor for that, the
 * body is held in memory, and stored afterwards. */
static int begin_saving(struct run *run, struct job *job,
                        lariat_request_options *options) {
  int fd = -1;
  if (run->store.directory >= 0) fd = store_begin(&run->store, &job->temporary);
  if (fd >= 0) options->sink = lariat_sink_fd(fd);
  return fd;
}

static lariat_deferred *request(struct run *run, struct job *job) {
  const struct settings *settings = run->settings;
  const struct extras *extras = job->extras;
  if (!extras && !settings->method && !settings->data && !settings->upload &&
      !settings->save)
    return lariat_get(run->client, job->url);
  lariat_request_options options = lariat_request_defaults(run->client);
  if (!extras || !extras->body) body_apply(&run->body, &options);
  if (extras) add_extras(&options, extras);
  int fd = begin_saving(run, job, &options);
  lariat_deferred *deferred =
      lariat_request(run->client, run_method(run, job), job->url, &options);
  if (fd >= 0) close(fd); /* the library has its own */
  return deferred;
}

static void start(struct run *run, struct job *job) {
  job->attempts++;
  job->begun_ns = lariat_reactor_now_ns(run->reactor);
  lariat_deferred *deferred = request(run, job);
  lariat_deferred_add_callbacks(deferred, on_response, on_failure, job);
  lariat_deferred_release(deferred);
}

/* The pump is called from the callbacks, and these perhaps from inside the
 * pump: then it goes on by itself. */
static void pump_soon(struct run *run) {
  if (run->pump_set) return;
  run->pump_set =
      lariat_reactor_call_soon(run->reactor, run_pump, run, NULL) == LARIAT_OK;
}

/* Answers that come fast but one by one are taken in batches: a thread that is
 * woken for each one costs more than all the rest of this program.  Meanwhile
 * the reactors have jobs of quick hosts to go on with, see hosts.h; with few in
 * flight they would soon be idle. */
static void nap(const struct run *run) {
  uint64_t ns = run->in_flight * NAP_NS;
  const struct timespec time = {0, ns < LONGEST_NAP_NS ? (long)ns
                                                       : LONGEST_NAP_NS};
  (void)nanosleep(&time, NULL);
}

static void rest(void *context) {
  struct run *run = context;
  uint64_t now_ns = lariat_reactor_now_ns(run->reactor);
  uint64_t each_ns = (now_ns - run->rested_ns) / (run->batch + 1);
  run->rest_set = false;
  if (each_ns < FAST_NS && run->batch < BATCH_ENOUGH) nap(run);
  run->rested_ns = lariat_reactor_now_ns(run->reactor);
  run->batch = 0;
}

static void rest_soon(struct run *run) {
  run->batch++;
  if (run->rest_set) return;
  run->rest_set =
      lariat_reactor_call_soon(run->reactor, rest, run, NULL) == LARIAT_OK;
}

void run_end_job(struct run *run, struct job *job) {
  rest_soon(run);
  hosts_release(&run->hosts, job, job->quick);
  run->in_flight--;
  if (job->alone) run->alone = false;
  recycle(run, job);
  if (!run->pumping) run_pump(run);
}

/* A lack of memory ends the run: what has no line yet can be resumed. */
static void out_of_memory(struct run *run) {
  say("out of memory");
  run->input_failed = true;
  run->input_over = true;
}

/* Another try, beside those that the library makes. */

void run_retry_alone(struct run *run, struct job *job) {
  drop_saved(run, job);
  hosts_release(&run->hosts, job, false);
  run->in_flight--;
  job->alone = true;
  append(&run->alone_first, &run->alone_last, job);
  pump_soon(run);
}

/* An attempt that never began: back into the host's queue. */
void run_wait_again(struct run *run, struct job *job) {
  drop_saved(run, job);
  hosts_release(&run->hosts, job, false);
  run->in_flight--;
  job->attempts--;
  if (!hosts_add(&run->hosts, job)) {
    recycle(run, job);
    out_of_memory(run);
  }
  pump_soon(run);
}

/* The input. */

static void refuse(struct run *run, struct job *job) {
  run_refused(run, job, job->error, job->message);
  recycle(run, job);
}

static bool is_to_skip(const struct line *line) {
  if (line->length && line->text[0] == '#') return true;
  for (size_t i = 0; i < line->length; i++)
    if (line->text[i] != ' ' && line->text[i] != '\t') return false;
  return line->whole == line->length;
}

static void take_line(struct run *run, const struct line *line) {
  if (is_to_skip(line)) return;
  if (finished_has(&run->finished, line->number)) {
    run->tally.skipped++;
    return;
  }
  struct job *job = take_job(run);
  if (!job) {
    out_of_memory(run);
    return;
  }
  bool read = job_read(job, line);
  job->weight = line->length;
  run->weight += job->weight;
  if (read && job->error) {
    refuse(run, job);
  } else if (!read || !hosts_add(&run->hosts, job)) {
    recycle(run, job);
    out_of_memory(run);
  }
}

static bool wants_input(const struct run *run) {
  return !run->input_over && !run->draining && !run->output.failed &&
         run->hosts.waiting < LOOK_AHEAD + run->settings->concurrency &&
         run->weight < WEIGHT_MAX;
}

/* False when there is nothing to be had now. */
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
    run->input_failed = true;
    break;
  case INPUT_END:
    break;
  }
  run->input_over = true;
  return false;
}

/* The pump. */

static bool may_start(const struct run *run) {
  return !run->draining && !run->output.failed &&
         run->in_flight < run->settings->concurrency;
}

/* True when nobody else may start now. */
static bool start_alone(struct run *run) {
  while (run->alone_first && !run->in_flight && may_start(run)) {
    run->alone = true;
    run->in_flight++;
    start(run, take_first(&run->alone_first));
  }
  return run->alone || run->alone_first;
}

static void start_waiting(struct run *run) {
  while (may_start(run)) {
    struct job *job = hosts_take(&run->hosts);
    if (!job) return;
    run->in_flight++;
    start(run, job);
  }
}

static bool is_over(const struct run *run) {
  if (run->in_flight) return false;
  if (run->draining || run->output.failed) return true;
  return run->input_over && !run->hosts.waiting && !run->alone_first;
}

static void pump(struct run *run) {
  for (int lines = 0; lines < LINES_A_PUMP; lines++) {
    if (start_alone(run)) return;
    start_waiting(run);
    if (!may_start(run) || !wants_input(run) || !read_line(run)) return;
  }
  pump_soon(run);
}

static void pump_again(struct run *run) {
  run->pumping = true;
  pump(run);
  run->pumping = false;
}

void run_pump(void *context) {
  struct run *run = context;
  run->pump_set = false;
  if (run->pumping) return;
  pump_again(run);
  if (is_over(run)) lariat_reactor_stop(run->reactor);
}
