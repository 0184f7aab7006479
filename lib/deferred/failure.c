/* SPDX-License-Identifier: MIT
 * failure.c: failures.  One block of memory each, counted atomically: they are
 * made on pool threads and dropped on others. */
#include "deferred/failure.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/atomics.h"
#include "base/checks.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/quarantine.h"
#include "deferred/list.h"

struct lariat_failure {
  lr_atomic_u32 count;
  bool fixed; /* constant: not counted */
  lariat_status status;
  int curl_code;
  int http_status;
  lariat_phase phase;
  size_t index;
  lariat_value cause;
  lariat_value answers;
  lariat_time_limit time_limit;
  lariat_retry_end retry_end;
  lariat_timings timings;
  lariat_instants instants;
  size_t attempt_count;
  const lariat_attempt *attempts; /* on the heap; NULL: none or one */
  const char *url;
  const char *message;
  char storage[]; /* the message, the URL */
};

static const lariat_failure no_memory = {
    .fixed = true,
    .status = LARIAT_ENOMEM,
    .url = "",
    .message = "out of memory",
};

static const lariat_failure cancelled = {
    .fixed = true,
    .status = LARIAT_ECANCELLED,
    .url = "",
    .message = "it was cancelled before it was done",
};

static const lariat_failure returned_itself = {
    .fixed = true,
    .status = LARIAT_ESELF,
    .url = "",
    .message = "a deferred was returned from its own callback",
};

static const lariat_failure no_reactor = {
    .fixed = true,
    .status = LARIAT_EINVAL,
    .url = "",
    .message = "a deferred needs a reactor",
};

static const lariat_failure wrong_thread = {
    .fixed = true,
    .status = LARIAT_ETHREAD,
    .url = "",
    .message = "it was called on a thread that it does not belong to",
};

static const lariat_failure forked = {
    .fixed = true,
    .status = LARIAT_EFORKED,
    .url = "",
    .message = "it was made before a fork and cannot be used in the child "
               "process",
};

/* Makes a value of constant data, though values point to data that may be
 * written to: a constant one never is, for `fixed` is looked at first. */
static lariat_value value_of_fixed(const lariat_failure *failure) {
  return lariat_value_of(&lariat_failure_type, (void *)(uintptr_t)failure);
}

lariat_value lr_failure_no_memory(void) { return value_of_fixed(&no_memory); }

lariat_value lr_failure_cancelled(void) { return value_of_fixed(&cancelled); }

lariat_value lr_failure_self(void) { return value_of_fixed(&returned_itself); }

lariat_value lr_failure_no_reactor(void) { return value_of_fixed(&no_reactor); }

lariat_value lr_failure_wrong_thread(void) {
  return value_of_fixed(&wrong_thread);
}

lariat_value lr_failure_forked(void) { return value_of_fixed(&forked); }

static void *share_failure(void *data) {
  lariat_failure *failure = data;
  if (!failure->fixed) lr_count_retain(&failure->count);
  return failure;
}

/* Loops, since a failure's cause may have a cause, however deep. */
lariat_list *lr_failure_drop(lariat_value value) {
  lariat_failure *failure = value.data;
  while (!failure->fixed &&
         lr_count_release_of(&failure->count, "lariat_value_drop", "failure")) {
    lariat_value cause = failure->cause;
    lr_free((void *)(uintptr_t)failure->attempts);
    failure->attempts = NULL;
    failure->attempt_count = 0;
    lariat_value_drop(failure->answers);
    failure->answers = lariat_none();
    lr_quarantine_free(failure);
    if (cause.type == &lariat_list_type) return cause.data;
    if (!lariat_is_failure(cause)) return NULL;
    failure = cause.data;
  }
  return NULL;
}

static void drop_failure(void *data) {
  lr_list_values_free(
      lr_failure_drop(lariat_value_of(&lariat_failure_type, data)));
}

static int describe_failure(const void *data, char *text, size_t capacity) {
  const lariat_failure *failure = data;
  return snprintf(text, capacity, "failure: %s (%s)", failure->message,
                  lariat_status_name(failure->status));
}

const lariat_type lariat_failure_type = {
    .size = sizeof(lariat_type),
    .name = "failure",
    .drop = drop_failure,
    .share = share_failure,
    .describe = describe_failure,
};

/* Makes a failure with `bytes` of storage for text, the readers' defaults set.
 */
static lariat_failure *new_failure(lariat_status status, size_t bytes) {
  lariat_failure *failure = lr_alloc_zero(sizeof *failure + bytes);
  if (!failure) return NULL;
  lr_u32_init(&failure->count, 1);
  failure->status = status;
  failure->message = failure->storage;
  failure->url = "";
  return failure;
}

static const char *text_or(const char *text, const char *otherwise) {
  return text ? text : otherwise;
}

/* Replaces LARIAT_OK: a failure whose status is "it worked" would be a
 * contradiction. */
static lariat_status failing_status(lariat_status status) {
  return status == LARIAT_OK ? LARIAT_EINVAL : status;
}

/* Copies the attempts; without memory for that the failure is told all the
 * same, as if it were the first. */
static void copy_attempts(lariat_failure *failure,
                          const lr_failure_parts *parts) {
  size_t bytes = parts->attempt_count * sizeof *parts->attempts;
  failure->attempt_count = parts->attempt_count;
  if (!parts->attempts) return;
  failure->attempts = (void *)lr_copy_bytes(parts->attempts, bytes);
  if (!failure->attempts) failure->attempt_count = 1;
}

static void copy_parts(lariat_failure *failure, const lr_failure_parts *parts) {
  failure->curl_code = parts->curl_code;
  failure->http_status = parts->http_status;
  failure->phase = parts->phase;
  failure->cause = parts->cause;
  failure->answers = parts->answers;
  failure->index = parts->index;
  failure->time_limit = parts->time_limit;
  failure->retry_end = parts->retry_end;
  if (parts->timings) failure->timings = *parts->timings;
  if (parts->instants) failure->instants = *parts->instants;
  copy_attempts(failure, parts);
}

lariat_value lr_failure_make(const lr_failure_parts *parts) {
  lariat_status status = failing_status(parts->status);
  const char *message = text_or(parts->message, lariat_status_text(status));
  const char *url = text_or(parts->url, "");
  size_t message_bytes = strlen(message) + 1;
  size_t url_bytes = strlen(url) + 1;
  lariat_failure *failure = new_failure(status, message_bytes + url_bytes);
  if (!failure) {
    lariat_value_drop(parts->cause);
    lariat_value_drop(parts->answers);
    return lr_failure_no_memory();
  }
  memcpy(failure->storage, message, message_bytes);
  memcpy(failure->storage + message_bytes, url, url_bytes);
  failure->url = failure->storage + message_bytes;
  copy_parts(failure, parts);
  return lariat_value_of(&lariat_failure_type, failure);
}

lariat_value lr_failure_format(lariat_status status, const char *format,
                               va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = format ? vsnprintf(NULL, 0, format, again) : -1;
  va_end(again);
  if (length < 0) {
    lr_failure_parts parts = {.status = status};
    return lr_failure_make(&parts);
  }
  size_t capacity = (size_t)length + 1;
  lariat_failure *failure = new_failure(failing_status(status), capacity);
  if (!failure) return lr_failure_no_memory();
  vsnprintf(failure->storage, capacity, format, arguments);
  return lariat_value_of(&lariat_failure_type, failure);
}

lariat_value lariat_failure_new(lariat_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  lariat_value failure = lr_failure_format(status, format, arguments);
  va_end(arguments);
  return failure;
}

lariat_value lr_failure_first(size_t index, lariat_value cause) {
  lariat_value first =
      lariat_failure_new(LARIAT_EFIRST, "the deferred number %zu failed: %s",
                         index, lariat_failure_message(cause));
  lariat_failure *failure = first.data;
  if (failure->fixed) {
    lariat_value_drop(cause);
    return first;
  }
  failure->index = index;
  failure->cause = cause;
  return first;
}

lariat_value lr_failure_group(lariat_list *failures) {
  lariat_value group =
      lariat_failure_new(LARIAT_EALLFAILED, "all of %zu deferreds failed",
                         lariat_list_count(failures));
  lariat_failure *failure = group.data;
  if (failure->fixed)
    lr_list_values_free(failures);
  else
    failure->cause = lariat_value_of(&lariat_list_type, failures);
  return group;
}

const char *lariat_phase_name(lariat_phase phase) {
  switch (phase) {
  case LARIAT_PHASE_NONE:
    return "none";
  case LARIAT_PHASE_QUEUE:
    return "queue";
  case LARIAT_PHASE_DNS:
    return "dns";
  case LARIAT_PHASE_CONNECT:
    return "connect";
  case LARIAT_PHASE_TLS:
    return "tls";
  case LARIAT_PHASE_REQUEST:
    return "request";
  case LARIAT_PHASE_FIRST_BYTE:
    return "first-byte";
  case LARIAT_PHASE_BODY:
    return "body";
  }
  return "unknown";
}

/* The data that the readers find in a value that is no failure. */
static const lariat_failure blank = {.fixed = true, .url = "", .message = ""};

static const lariat_failure *open_failure(lariat_value value,
                                          const char *function) {
  if (lariat_is_failure(value)) {
    const lariat_failure *failure = value.data;
    if (lr_checks() && !failure->fixed &&
        lr_u32_load_relaxed(&failure->count) == 0)
      lr_quarantine_report(function, "failure");
    return failure;
  }
  lr_misuse("%s: the value is %s, not a failure", function,
            value.type ? text_or(value.type->name, "nameless") : "none");
  return &blank;
}

lariat_status lariat_failure_status(lariat_value failure) {
  return open_failure(failure, __func__)->status;
}

const char *lariat_failure_message(lariat_value failure) {
  return open_failure(failure, __func__)->message;
}

const char *lariat_failure_url(lariat_value failure) {
  return open_failure(failure, __func__)->url;
}

int lariat_failure_curl_code(lariat_value failure) {
  return open_failure(failure, __func__)->curl_code;
}

int lariat_failure_http_status(lariat_value failure) {
  return open_failure(failure, __func__)->http_status;
}

lariat_phase lariat_failure_phase(lariat_value failure) {
  return open_failure(failure, __func__)->phase;
}

lariat_time_limit lariat_failure_time_limit(lariat_value failure) {
  return open_failure(failure, __func__)->time_limit;
}

lariat_timings lariat_failure_timings(lariat_value failure) {
  return open_failure(failure, __func__)->timings;
}

lariat_instants lariat_failure_instants(lariat_value failure) {
  return open_failure(failure, __func__)->instants;
}

size_t lariat_failure_attempts(lariat_value failure) {
  return open_failure(failure, __func__)->attempt_count;
}

lariat_attempt lariat_failure_attempt_at(lariat_value failure, size_t index) {
  const lariat_failure *opened = open_failure(failure, __func__);
  if (index >= opened->attempt_count) return (lariat_attempt){LARIAT_OK, 0, 0};
  if (opened->attempts) return opened->attempts[index];
  return (lariat_attempt){opened->status, opened->http_status, 0};
}

lariat_value lr_failure_answers(lariat_value failure) {
  while (lariat_is_failure(failure)) {
    const lariat_failure *opened = open_failure(failure, __func__);
    if (!lariat_is_none(opened->answers)) return opened->answers;
    failure = opened->cause;
  }
  return lariat_none();
}

lariat_retry_end lariat_failure_retry_end(lariat_value failure) {
  return open_failure(failure, __func__)->retry_end;
}

const char *lariat_retry_end_name(lariat_retry_end end) {
  static const char *const names[] = {"none",   "spent",    "method",
                                      "body",   "deadline", "retry-after",
                                      "budget", "overload"};
  return (size_t)end < sizeof names / sizeof names[0] ? names[end] : "unknown";
}

const char *lariat_arrival_name(lariat_arrival arrival) {
  static const char *const names[] = {"none", "read", "kernel"};
  return (size_t)arrival < sizeof names / sizeof names[0] ? names[arrival]
                                                          : "unknown";
}

const char *lariat_time_limit_name(lariat_time_limit limit) {
  static const char *const names[] = {"none", "deadline", "connect", "idle"};
  return (size_t)limit < sizeof names / sizeof names[0] ? names[limit]
                                                        : "unknown";
}

lariat_value lariat_failure_cause(lariat_value failure) {
  lariat_value cause = open_failure(failure, __func__)->cause;
  return lariat_is_failure(cause) ? cause : lariat_none();
}

size_t lariat_failure_index(lariat_value failure) {
  return open_failure(failure, __func__)->index;
}

static const lariat_list *group_of(lariat_value failure, const char *function) {
  lariat_value cause = open_failure(failure, function)->cause;
  return cause.type == &lariat_list_type ? cause.data : NULL;
}

size_t lariat_failure_group_count(lariat_value failure) {
  return lariat_list_count(group_of(failure, __func__));
}

lariat_value lariat_failure_group_at(lariat_value failure, size_t index) {
  return lariat_list_at(group_of(failure, __func__), index);
}

/* Loops, as lr_failure_drop does. */
bool lariat_failure_equal(lariat_value one, lariat_value other) {
  const lariat_failure *a = open_failure(one, __func__);
  const lariat_failure *b = open_failure(other, __func__);
  while (a != b) {
    if (a->status != LARIAT_EFIRST || b->status != LARIAT_EFIRST) return false;
    if (a->index != b->index) return false;
    if (!lariat_is_failure(a->cause) || !lariat_is_failure(b->cause))
      return false;
    a = a->cause.data;
    b = b->cause.data;
  }
  return a != &blank;
}
