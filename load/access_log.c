/* SPDX-License-Identifier: MIT
 * access_log.c: the format whose lines are those of a server's access log. */
#include <stdlib.h>
#include <string.h>

#include <lariat/url.h>

#include "fault.h"
#include "input.h"
#include "log_record.h"
#include "replay.h"

struct log {
  lr_load_log_format format;
  lr_load_replay *replay;
  lariat_url *target;
  lr_load_bytes key;
};

/* ---- Options ---- */

static lariat_status read_target(struct log *log, const char *text,
                                 lariat_load_error *error) {
  lariat_url_error fault;
  if (!text) return lr_load_fail(error, 0, "a log needs a target to go to");
  lariat_status status =
      lariat_url_parse(text, strlen(text), NULL, &log->target, &fault);
  if (status == LARIAT_ENOMEM) return status;
  if (status != LARIAT_OK)
    return lr_load_fail(error, fault.byte, "the target is not a URL: %.60s",
                        fault.message);
  if (lariat_url_path(log->target).length > 1 ||
      lariat_url_query(log->target).bytes)
    return lr_load_fail(error, 0, "the target has a path: the log has those");
  return LARIAT_OK;
}

static void free_log(lariat_load_input *input) {
  struct log *log = input->state;
  if (!log) return;
  lr_load_replay_free(log->replay);
  lariat_url_free(log->target);
  lr_load_bytes_free(&log->key);
  free(log);
}

static lariat_status begin(lariat_load_input *input, lariat_load_error *error) {
  const lariat_load_input_options *options = &input->options;
  struct log *log = calloc(1, sizeof(*log));
  input->state = log;
  if (!log) return LARIAT_ENOMEM;
  lariat_status status = read_target(log, options->target, error);
  if (status == LARIAT_OK)
    status = lr_load_log_format_init(&log->format, options->log_format, error);
  if (status == LARIAT_OK)
    status = lr_load_replay_new(input->requests, &log->replay, error);
  return status;
}

/* ---- Lines ---- */

static bool is_safe(const char *method) {
  return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static lariat_status skip(lariat_load_input *input, lariat_load_skip reason) {
  input->skipped[reason]++;
  return LARIAT_OK;
}

/* Makes "GET /x" of a request. */
static bool make_key(struct log *log, const lr_load_log_record *record) {
  lr_load_bytes_clear(&log->key);
  return lr_load_bytes_add(&log->key, record->method, strlen(record->method)) &&
         lr_load_bytes_add(&log->key, " ", 1) &&
         lr_load_bytes_add(&log->key, record->target,
                           strlen(record->target) + 1);
}

/* Adds a request; one that cannot be sent is skipped. */
static lariat_status add_record(lariat_load_input *input,
                                const lr_load_log_record *record) {
  struct log *log = input->state;
  lariat_load_request request = {.size = sizeof(request),
                                 .method = record->method,
                                 .url = lariat_url_text(log->target, NULL),
                                 .target = record->target};
  if (!make_key(log, record)) return LARIAT_ENOMEM;
  lariat_status status =
      lr_load_replay_add(log->replay, &request, log->key.bytes, record->at_ns,
                         record->grain_ns, NULL);
  if (status == LARIAT_EINVAL) return skip(input, LARIAT_LOAD_SKIP_BROKEN);
  if (status == LARIAT_OK) input->taken++;
  return status;
}

static lariat_status add_line(lariat_load_input *input, const char *line,
                              size_t length, lariat_load_error *error) {
  struct log *log = input->state;
  lr_load_log_part parts[LR_LOAD_LOG_FIELDS];
  lr_load_log_record record;
  bool good = false;
  (void)error;
  if (length == 0) return LARIAT_OK;
  if (!lr_load_log_format_match(&log->format, line, length, parts))
    return skip(input, LARIAT_LOAD_SKIP_BROKEN);
  lariat_status status =
      lr_load_log_record_read(parts, &input->scratch, &record, &good);
  if (status != LARIAT_OK) return status;
  if (!good) return skip(input, LARIAT_LOAD_SKIP_BROKEN);
  if (!input->options.unsafe && !is_safe(record.method))
    return skip(input, LARIAT_LOAD_SKIP_METHOD);
  return add_record(input, &record);
}

static lariat_status end(lariat_load_input *input, lariat_load_error *error) {
  struct log *log = input->state;
  uint64_t broken = input->skipped[LARIAT_LOAD_SKIP_BROKEN];
  uint64_t methods = input->skipped[LARIAT_LOAD_SKIP_METHOD];
  if (!input->taken && (broken || methods))
    return lr_load_fail(error, 0,
                        "no request to replay: %ju lines are not of the "
                        "format, %ju have other methods than GET and HEAD",
                        (uintmax_t)broken, (uintmax_t)methods);
  return lr_load_replay_finish(log->replay, input->options.seed,
                               input->options.speed);
}

const lr_load_format lr_load_access_log_format = {.begin = begin,
                                                  .add_line = add_line,
                                                  .end = end,
                                                  .free = free_log,
                                                  .longest =
                                                      LARIAT_LOAD_LONGEST_LINE};
