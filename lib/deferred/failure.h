/* SPDX-License-Identifier: MIT
 * failure.h: the making of failures inside the library, and the constant ones
 * that need no memory.  Any thread. */
#ifndef LR_DEFERRED_FAILURE_H
#define LR_DEFERRED_FAILURE_H

#include <stdarg.h>
#include <stddef.h>

#include <lariat/failure.h>

/* The parts that a failure is made of; zero and NULL stand for "none".  The
 * strings are copied; a NULL message becomes the status's sentence.  `cause` is
 * a failure or none. */
typedef struct lr_failure_parts {
  lariat_status status;
  const char *message;
  const char *url;
  int curl_code; /* a CURLcode */
  int http_status;
  lariat_phase phase;
  lariat_value cause;   /* taken over, whatever comes of it */
  lariat_value answers; /* likewise; what came before, no failure; or none */
  size_t index;
  lariat_time_limit time_limit;
  lariat_retry_end retry_end;
  const lariat_timings *timings;   /* copied; NULL: zeros */
  const lariat_instants *instants; /* the same */
  size_t attempt_count;
  const lariat_attempt *attempts; /* copied; NULL with a count of 1: just this
                                     one */
} lr_failure_parts;

/* Makes a failure of `parts`; without memory, lr_failure_no_memory(). */
lariat_value lr_failure_make(const lr_failure_parts *parts);

/* Returns the answers that a failure, or its cause, was made with: borrowed. */
lariat_value lr_failure_answers(lariat_value failure);

/* Makes a failure as lariat_failure_new does, its arguments a va_list. */
lariat_value lr_failure_format(lariat_status status, const char *format,
                               va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Makes a LARIAT_EFIRST: the deferred number `index` failed with `cause`, which
 * is taken over. */
lariat_value lr_failure_first(size_t index, lariat_value cause);

/* Makes a LARIAT_EALLFAILED, which takes a list of failures over. */
lariat_value lr_failure_group(lariat_list *failures);

/* Drops a failure but for the list of a group, if that is what dies: returns it
 * for the caller to free, else NULL. */
lariat_list *lr_failure_drop(lariat_value value);

/* Return constant failures, whose making and dropping costs nothing. */
lariat_value lr_failure_no_memory(void);
lariat_value lr_failure_cancelled(void);
lariat_value lr_failure_self(void);
lariat_value lr_failure_no_reactor(void);
lariat_value lr_failure_wrong_thread(void);
lariat_value lr_failure_forked(void);

#endif
