/* SPDX-License-Identifier: MIT
 * log.h: what a reactor says to its log (lariat/log.h), each message at a
 * bounded rate. */
#ifndef LR_REACTOR_LOG_H
#define LR_REACTOR_LOG_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/log.h>
#include <lariat/reactor.h>

/* The messages. */
typedef enum lr_log_message {
  LR_LOG_UNHANDLED, /* with the report */
  LR_LOG_DENIED,    /* with the address */
  LR_LOG_NO_DESCRIPTOR,
  LR_LOG_DESYNC, /* with the origin */
  LR_LOG_STARTED,
  LR_LOG_ENDED,
  LR_LOG_BY_LIBCURL, /* with origin and reason */
  LR_LOG_MESSAGES
} lr_log_message;

/* How often a message was said in the second that began at `since_ns`. */
typedef struct lr_log_rate {
  uint64_t since_ns;
  uint64_t suppressed;
  unsigned said;
} lr_log_rate;

typedef struct lr_log {
  lariat_log to;
  lr_log_rate rates[LR_LOG_MESSAGES];
} lr_log;

/* Says something, if the reactor has a log that wants it.  The reactor's
 * thread. */
void lr_log_say(lariat_reactor *reactor, lr_log_message message,
                const lariat_log_field *fields, size_t count);

#endif
