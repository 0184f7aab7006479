/* SPDX-License-Identifier: MIT
 * outcome.c: what a fetch came to: a line of the output, or another try. */
#include <stdio.h>
#include <string.h>

#include "fetch/run.h"
#include "say.h"
#include "secrets.h"

enum { FAST_US = 10000 };

/* The errors that the library has no name for. */
static const char error_save[] = "save-failed";
static const char error_memory[] = "memory-limit";

/* Returns how much of the line is shown: no part of a UTF-8 sequence. */
static size_t shown_length(const struct job *job) {
  size_t length = job->url.length;
  const char *shown = job->url.text + job->url.added;
  if (length <= RECORD_URL_MAX) return length;
  length = RECORD_URL_MAX;
  for (int i = 0; i < 3 && ((unsigned char)shown[length] & 0xc0) == 0x80; i++)
    length--;
  return length;
}

static struct record make_record(const struct job *job) {
  return (struct record){.line = job->line,
                         .url = job->url.text + job->url.added,
                         .url_length = job->url.length,
                         .url_shown = shown_length(job),
                         .url_whole = job->url.whole,
                         .tag = job->extras ? job->extras->tag : NULL,
                         .attempts = job->attempts,
                         .runs = job->attempts,
                         .waited_us = (job->begun_ns - job->read_ns) / 1000};
}

/* Says what went wrong, or who answered. */
static void say_record(const struct record *record) {
  enum { SHOWN = 200 };
  char url[SHOWN * TEXT_WORST_ESCAPE + 1];
  size_t shown = record->url_length < SHOWN ? record->url_length : SHOWN;
  *secrets_put(url, record_url_kind(record), record->url, record->url_length,
               shown, text_put_escaped) = '\0';
  if (record->error)
    say("line %llu: %s: %s: %s", (unsigned long long)record->line, url,
        record->error, record->message);
  else
    say("line %llu: %s: answered by %s", (unsigned long long)record->line, url,
        record->effective_url);
}

static void write_record(struct run *run, const struct record *record) {
  if (run->settings->messages.verbose) say_record(record);
  if (!run->writer.failed)
    line_writer_added(&run->writer, record_write(record, &run->settings->output,
                                                 &run->writer.text));
  tally_add(&run->tally, record);
}

void run_refused(struct run *run, const struct job *job, const char *error,
                 const char *message) {
  struct record record = make_record(job);
  record.error = error;
  record.message = message;
  write_record(run, &record);
}

static uint64_t since_us(const struct run *run, uint64_t begun_ns) {
  return (lariat_reactor_now_ns(run->reactor) - begun_ns) / 1000;
}

static const char *text_or_null(const char *text) {
  return text && *text ? text : NULL;
}

static bool is_idempotent(const char *method) {
  static const char *const methods[] = {"GET",    "HEAD",    "PUT",
                                        "DELETE", "OPTIONS", "TRACE"};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
    if (strcmp(method, methods[i]) == 0) return true;
  return false;
}

/* ---- Answers ---- */

static void fill_answer(struct record *record,
                        const lariat_response *response) {
  record->status = lariat_response_status(response);
  record->effective_url = text_or_null(lariat_response_url(response));
  record->http_version = lariat_response_http_version(response);
  record->remote_ip = text_or_null(lariat_response_remote_ip(response));
  record->content_type = lariat_response_header(response, "Content-Type");
  record->bytes = lariat_response_body_bytes(response);
  record->sha256 = lariat_response_sha256(response);
  record->redirects = lariat_response_redirects(response);
  record->attempts += (unsigned)lariat_response_attempts(response) - 1;
  record->reused = lariat_response_reused(response);
  record->has_reactor = true;
  record->reactor = lariat_response_reactor(response);
  record->connection = lariat_response_connection(response);
  record->desync = lariat_response_desync(response);
  record->has_times = true;
  record->times = lariat_response_timings(response);
  record->waited_us += record->times.queue_us;
  record->response = response;
}

static void save_body(struct run *run, struct job *job, struct record *record,
                      const char *body, char *message, size_t capacity) {
  int error = job->saved.fd >= 0
                  ? store_keep(&run->store, &job->saved, record->sha256)
                  : store_put(&run->store, record->sha256, body, record->bytes);
  if (!error) return;
  record->error = error_save;
  record->message = message;
  snprintf(message, capacity, "the body could not be stored: %s",
           say_errno(error));
}

void run_answered(struct run *run, struct job *job,
                  const lariat_response *response) {
  struct record record = make_record(job);
  char message[160];
  const char *body = lariat_response_body(response, NULL);
  fill_answer(&record, response);
  job->fast = record.times.total_us < FAST_US;
  if (run->store.directory >= 0)
    save_body(run, job, &record, body, message, sizeof message);
  write_record(run, &record);
  run_end_job(run, job);
}

/* ---- Failures ---- */

/* Whether `job` failed because of --memory and may run once more, when nothing
 * else does. */
static bool may_run_alone(struct run *run, const struct job *job,
                          lariat_status status) {
  return status == LARIAT_ENOMEM && !job->alone &&
         memory_refused(&run->memory) && is_idempotent(run_method(run, job));
}

/* Whether something is wrong with the line itself: nothing was sent. */
static bool was_refused(lariat_status status) {
  return status == LARIAT_EURL || status == LARIAT_ESCHEME ||
         status == LARIAT_EINVAL;
}

/* Adds what people should look at first: a server that does not speak TLS
 * answers in HTTP, whose first bytes OpenSSL takes for a version. */
static void explain_failure(struct record *record, lariat_status status,
                            char *message, size_t capacity) {
  if (status != LARIAT_ETLS || !strstr(record->message, "wrong version number"))
    return;
  snprintf(message, capacity, "%s (is this a TLS port?)", record->message);
  record->message = message;
}

static void write_failure(struct run *run, const struct job *job,
                          lariat_value failure) {
  struct record record = make_record(job);
  char message[500];
  lariat_status status = lariat_failure_status(failure);
  lariat_phase phase = lariat_failure_phase(failure);
  record.error = lariat_status_name(status);
  record.message = lariat_failure_message(failure);
  explain_failure(&record, status, message, sizeof message);
  if (status == LARIAT_EWRITE) record.error = error_save;
  if (status == LARIAT_ENOMEM && memory_refused(&run->memory)) {
    record.error = error_memory;
    record.message = "the body needs more than --memory allows";
  }
  size_t attempts = lariat_failure_attempts(failure);
  if (attempts) record.attempts += (unsigned)attempts - 1;
  if (was_refused(status)) record.attempts = 0;
  record.status = lariat_failure_http_status(failure);
  record.time_out.limit = lariat_failure_time_limit(failure);
  record.time_out.phase = phase;
  if (phase != LARIAT_PHASE_NONE && !was_refused(status))
    record.phase = lariat_phase_name(phase);
  if (!was_refused(status)) {
    record.effective_url = text_or_null(lariat_failure_url(failure));
    record.failure = failure;
  }
  record.times.total_us = since_us(run, job->begun_ns);
  write_record(run, &record);
}

/* Whether nothing of the request was sent when the fetch failed in `phase`. */
static bool is_unsent(lariat_phase phase) {
  return phase == LARIAT_PHASE_QUEUE || phase == LARIAT_PHASE_DNS ||
         phase == LARIAT_PHASE_CONNECT || phase == LARIAT_PHASE_TLS;
}

/* Whether the time ran out since too much of it went by in the library's queue,
 * because the host was fast no more: see HOSTS_FAST_FACTOR.  A fetch that left
 * it late has its own time to come, unless what it has sent may not be sent
 * again. */
static bool waited_too_long(const struct run *run, const struct job *job,
                            lariat_value failure) {
  enum { SHARE = 8 }; /* of the time: less than this is no loss */
  lariat_phase phase = lariat_failure_phase(failure);
  uint64_t queue_us = lariat_failure_timings(failure).queue_us;
  if (!job->host || lariat_failure_status(failure) != LARIAT_ETIMEDOUT ||
      lariat_failure_time_limit(failure) != LARIAT_TIME_LIMIT_DEADLINE)
    return false;
  if (phase == LARIAT_PHASE_QUEUE) return true;
  return queue_us >= since_us(run, job->begun_ns) / SHARE &&
         (is_unsent(phase) || is_idempotent(run_method(run, job)));
}

/* Whether an interrupt broke the fetch off, or its wait for another try: then
 * it has no line. */
static bool is_to_resume(lariat_status status) {
  return status == LARIAT_ECANCELLED || status == LARIAT_ECLOSED;
}

void run_failed(struct run *run, struct job *job, lariat_value failure) {
  lariat_status status = lariat_failure_status(failure);
  bool again = waited_too_long(run, job, failure);
  if (is_to_resume(status) || (run->state != RUN_ACTIVE && again)) {
    run_end_job(run, job);
  } else if (again) {
    run_wait_again(run, job);
  } else if (may_run_alone(run, job, status)) {
    run_retry_alone(run, job);
  } else {
    write_failure(run, job, failure);
    run_end_job(run, job);
  }
}
