/* SPDX-License-Identifier: MIT
 * lariat_load_result: what a load test measured.
 *
 * Six instants of each request: intended (by the schedule), free (a connection
 * was free for it), sent, first byte, arrived (by the kernel's stamp, where
 * there is one), read. */
#ifndef LARIAT_LOAD_RESULT_H
#define LARIAT_LOAD_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/histogram.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_load_result lariat_load_result;

/* The durations that have a histogram, in nanoseconds. */
typedef enum lariat_load_measure {
  LARIAT_LOAD_RESPONSE = 0, /* queue + wire, of all outcomes: what the users of
                               a generator that is never late would have seen;
                               failures at the time at which they were known,
                               time-outs at their limit */
  LARIAT_LOAD_GOOD,         /* the same, of good answers alone */
  LARIAT_LOAD_QUEUE,        /* intended to free: no connection was free */
  LARIAT_LOAD_LATE,         /* free to sent: the generator was late */
  LARIAT_LOAD_WIRE,         /* sent to arrived: network and server */
  LARIAT_LOAD_FIRST_BYTE,   /* sent to first byte */
  LARIAT_LOAD_RAW,          /* sent to read */
  LARIAT_LOAD_READ_LATE,    /* arrived to read: the generator was late */
  LARIAT_LOAD_CORRECTED,    /* intended to read: with the generator's own
                               lateness in it */
  LARIAT_LOAD_CONNECT,      /* of new connections: TCP */
  LARIAT_LOAD_TLS,          /* of new connections: the handshake */
  LARIAT_LOAD_MEASURES      /* how many there are */
} lariat_load_measure;

/* What became of a request. */
typedef enum lariat_load_outcome {
  LARIAT_LOAD_ANSWERED = 0, /* a good answer */
  LARIAT_LOAD_STATUS,       /* an answer with a status that is not good */
  LARIAT_LOAD_CHECK,        /* an answer that is not what was expected */
  LARIAT_LOAD_RESOLVE,
  LARIAT_LOAD_CONNECT_FAILED,
  LARIAT_LOAD_TLS_FAILED,
  LARIAT_LOAD_RESET,    /* the connection broke */
  LARIAT_LOAD_CLOSED,   /* the server closed it without (all of) an answer */
  LARIAT_LOAD_PROTOCOL, /* it was no proper answer */
  LARIAT_LOAD_TIMEOUT,
  LARIAT_LOAD_LOCAL,   /* the generator's own want: descriptors, ports, memory */
  LARIAT_LOAD_OUTCOMES /* how many there are */
} lariat_load_outcome;

/* "response", "good", "queue", "late", "wire", "first_byte", "raw",
 * "read_late", "corrected", "connect", "tls". */
LARIAT_API const char *lariat_load_measure_name(lariat_load_measure measure);

/* "answered", "status", "check", "resolve", "connect", "tls", "reset",
 * "closed", "protocol", "timeout", "local". */
LARIAT_API const char *lariat_load_outcome_name(lariat_load_outcome outcome);

LARIAT_API void lariat_load_result_free(lariat_load_result *result);

/* The histogram of a measure; held by the result; never NULL. */
LARIAT_API const lariat_histogram *
lariat_load_result_histogram(const lariat_load_result *result,
                             lariat_load_measure measure);

/* The histogram of a measure in the second that was completed last; empty
 * before the first.  For whoever writes a log of the seconds, in a
 * lariat_load_on_second. */
LARIAT_API const lariat_histogram *
lariat_load_result_last_second(const lariat_load_result *result,
                               lariat_load_measure measure);

LARIAT_API uint64_t lariat_load_result_outcomes(
    const lariat_load_result *result, lariat_load_outcome outcome);

LARIAT_END_C

#endif
