/* SPDX-License-Identifier: MIT
 * lariat_load_result: what a load test measured: counts, distributions, classes
 * of requests, seconds, threads, and the slowest requests. docs/load-verdict.md
 * explains what may be believed of it.
 *
 * Six instants of each request: intended (by the schedule), free (a connection
 * was free for it), sent, first byte, arrived (by the kernel's stamp, where
 * there is one), read.  Between them are the measures:
 *
 *   intended .. free .. sent .. first byte .. arrived .. read
 *   |- queue --|- late -|-------- wire --------|- read late -|
 *
 * A result belongs to its run, or to whoever has read it from a report
 * (lariat_load_result_parse).  All functions here are for the thread of that
 * run, or for the result's owner; none of them fails for want of memory. */
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
  LARIAT_LOAD_WIRE,         /* sent to arrived: network and server; without the
                               kernel's stamp (TLS) the same as raw */
  LARIAT_LOAD_FIRST_BYTE,   /* sent to first byte */
  LARIAT_LOAD_RAW,          /* sent to read */
  LARIAT_LOAD_READ_LATE,    /* arrived to read: the generator was late */
  LARIAT_LOAD_CORRECTED,    /* intended to read: with the generator's own
                               lateness in it */
  LARIAT_LOAD_CONNECT,      /* of new connections: TCP */
  LARIAT_LOAD_TLS,          /* of new connections: the handshake */
  LARIAT_LOAD_MEASURES      /* how many there are */
} lariat_load_measure;

/* How a request ended. */
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
  LARIAT_LOAD_LOCAL, /* the generator's own want: descriptors, ports, memory */
  LARIAT_LOAD_OUTCOMES /* how many there are */
} lariat_load_outcome;

/* Returns "response", "good", "queue", "late", "wire", "first_byte", "raw",
 * "read_late", "corrected", "connect" or "tls"; "" of no measure.  Any
 * thread. */
LARIAT_API const char *lariat_load_measure_name(lariat_load_measure measure);

/* Returns "answered", "status", "check", "resolve", "connect", "tls", "reset",
 * "closed", "protocol", "timeout" or "local"; "" of no outcome.  Any thread. */
LARIAT_API const char *lariat_load_outcome_name(lariat_load_outcome outcome);

/* Frees a result that was read from a report; NULL is allowed.  That of a run
 * is freed with it. */
LARIAT_API void lariat_load_result_free(lariat_load_result *result);

/* ---- Distributions ---- */

/* Returns the histogram of a measure, in nanoseconds, over the whole run; held
 * by the result, never NULL.  Response, good, queue and corrected are of all
 * requests (good: of good answers); late of those that were sent; wire, first
 * byte, raw and read late of those that were answered, whatever the status. */
LARIAT_API const lariat_histogram *
lariat_load_result_histogram(const lariat_load_result *result,
                             lariat_load_measure measure);

/* Returns the histogram of a measure in the second that was completed last;
 * empty before the first.  For whoever writes a log of the seconds, in a
 * lariat_load_on_second: it is that of the second only until the call
 * returns. */
LARIAT_API const lariat_histogram *
lariat_load_result_last_second(const lariat_load_result *result,
                               lariat_load_measure measure);

/* How well the samples that there are support a percentile. */
typedef enum lariat_load_support {
  LARIAT_LOAD_SUPPORTED = 0,  /* at least 100 are beyond it */
  LARIAT_LOAD_ROUGH = 1,      /* at least 10: say "about" */
  LARIAT_LOAD_UNSUPPORTED = 2 /* fewer: chance decides, do not show it */
} lariat_load_support;

/* Tells how well `count` samples support the percentile.  10 samples beyond it
 * are known to 1 / sqrt(10), about a third; 100 to a tenth.  Any thread. */
LARIAT_API lariat_load_support lariat_load_percentile_support(uint64_t count,
                                                              double percent);

/* ---- Counts ---- */

/* Returns how many requests ended so. */
LARIAT_API uint64_t lariat_load_result_outcomes(
    const lariat_load_result *result, lariat_load_outcome outcome);

/* Returns how many answers had the status, from 100 to 599; of 0 those with a
 * status that is no such number. */
LARIAT_API uint64_t
lariat_load_result_statuses(const lariat_load_result *result, unsigned status);

/* The counts of the whole run. */
typedef struct lariat_load_counts {
  size_t size;       /* sizeof(lariat_load_counts), set by the caller */
  uint64_t intended; /* requests that became due */
  uint64_t sent;
  uint64_t ended; /* requests with an outcome */
  uint64_t bytes_sent;
  uint64_t bytes_received; /* heads and bodies */
  uint64_t connections;    /* opened */
  uint64_t stamped;        /* answers with the kernel's stamp */
  uint64_t unstamped;      /* answers without */
  uint64_t queued;         /* requests that waited for a connection */
  uint64_t unsent;         /* requests that were due and never sent */
  uint64_t starved;        /* requests that the input did not bring in time */
} lariat_load_counts;

/* Fills `*out` as far as its `size` goes.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  no `size` */
LARIAT_API lariat_status lariat_load_result_read_counts(
    const lariat_load_result *result, lariat_load_counts *out);

/* ---- Classes ----
 *
 * The requests with one name.  Class 0, "", is the whole run. */

/* Returns how many classes there are: at least 1. */
LARIAT_API size_t lariat_load_result_classes(const lariat_load_result *result);

/* Returns the name of a class; NULL: there is no such class.  Held by the
 * result. */
LARIAT_API const char *
lariat_load_result_class_name(const lariat_load_result *result, size_t index);

/* Returns the histogram of a measure for one class; held by the result.  NULL,
 * which all readers of histograms take for an empty one: there is no such
 * class, or it is of the whole run alone, as late, read late, corrected,
 * connect and tls are. */
LARIAT_API const lariat_histogram *
lariat_load_result_class_histogram(const lariat_load_result *result,
                                   size_t index, lariat_load_measure measure);

/* Returns how many requests of a class ended so; 0: there is no such class. */
LARIAT_API uint64_t
lariat_load_result_class_outcomes(const lariat_load_result *result,
                                  size_t index, lariat_load_outcome outcome);

/* ---- Seconds ---- */

/* A second of the run; durations are of the response.  In a run of more
 * than 131,072 seconds neighbouring rows are joined: percentiles are then those
 * of the worse one. */
typedef struct lariat_load_second {
  size_t size;     /* sizeof(lariat_load_second), set by the caller */
  uint32_t second; /* from the start of the measured part */
  uint32_t span_s; /* how many seconds it is of */
  double asked;    /* requests due by the plan; closed: 0 */
  uint64_t sent;
  uint64_t answered; /* good answers */
  uint64_t failed;   /* all other outcomes */
  uint64_t bytes_received;
  uint64_t connections; /* opened */
  uint64_t p50_ns;
  uint64_t p90_ns;
  uint64_t p99_ns;
  uint64_t max_ns;
  uint64_t late_p99_ns;  /* of the generator's own lateness in sending */
  uint64_t cpu_most_ns;  /* the CPU time of the busiest thread */
  uint64_t wait_most_ns; /* the longest that a thread waited for a CPU */
} lariat_load_second;

/* Returns how many rows of seconds there are so far.  Those in which nothing
 * was told by any reactor have none. */
LARIAT_API size_t lariat_load_result_seconds(const lariat_load_result *result);

/* Fills `*out` with a row, as far as its `size` goes.
 *
 * LARIAT_OK
 * LARIAT_EINVAL    no `size`
 * LARIAT_ENOTFOUND there is no such row */
LARIAT_API lariat_status lariat_load_result_read_second(
    const lariat_load_result *result, size_t index, lariat_load_second *out);

/* ---- The slowest requests ---- */

/* A request and its durations.  What a failure did not reach is 0. */
typedef struct lariat_load_slow_request {
  size_t size;      /* sizeof(lariat_load_slow_request), set by the caller */
  uint64_t index;   /* in the plan */
  uint32_t request; /* index in the lariat_load_requests */
  unsigned status;  /* 0: no answer */
  lariat_load_outcome outcome;
  size_t class_index;
  uint64_t intended_ns; /* from the start of the measured part */
  uint64_t response_ns;
  uint64_t queue_ns;
  uint64_t late_ns;
  uint64_t wire_ns;
  uint64_t first_byte_ns;
  uint64_t read_late_ns;
  uint64_t bytes;
} lariat_load_slow_request;

/* Returns how many of the slowest requests are kept: up to 100. */
LARIAT_API size_t lariat_load_result_slowest(const lariat_load_result *result);

/* Fills `*out` with one of them, the slowest at 0, as far as its `size` goes.
 *
 * LARIAT_OK
 * LARIAT_EINVAL    no `size`
 * LARIAT_ENOTFOUND there is no such */
LARIAT_API lariat_status
lariat_load_result_read_slowest(const lariat_load_result *result, size_t index,
                                lariat_load_slow_request *out);

LARIAT_END_C

#endif
