/* SPDX-License-Identifier: MIT
 * The attempts of a fetch, as its response or its failure tells of them: how
 * many there were and what each came to, why there was not another, which
 * limit of time ran out, and how long each phase took. */
#ifndef LARIAT_ATTEMPT_H
#define LARIAT_ATTEMPT_H

#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* The time that each phase of the last attempt's last hop took, in
 * microseconds; `total_us` is of the whole fetch, from the call on (of a
 * stream's response: until its headers were complete).  dns, connect and tls
 * are 0 on a connection that was open already.
 *
 * Of a failure: the phase that failed has the time up to then, and those after
 * it have none.  queue + first_byte + body is all of the hop;
 * dns, connect, tls and request are parts of first_byte. */
typedef struct lariat_timings {
  uint64_t queue_us;      /* waiting for its turn */
  uint64_t dns_us;        /* looking the name up */
  uint64_t connect_us;    /* opening the TCP connection */
  uint64_t tls_us;        /* handshake */
  uint64_t first_byte_us; /* from its turn to the first byte */
  uint64_t total_us;
  uint64_t request_us; /* sending, of a failure while sending; else 0 */
  uint64_t body_us;    /* from the first byte to the last */
} lariat_timings;

/* How exact the instants of a request are. */
typedef enum lariat_timestamps {
  LARIAT_TIMESTAMPS_TURN = 0, /* costs nothing: each is when the turn began in
                                 which it happened, and so may be too early, by
                                 as long as the reactor was busy by then */
  LARIAT_TIMESTAMPS_EXACT,    /* the clock is read before the request is sent,
                                 and when some of the answer was read */
  LARIAT_TIMESTAMPS_KERNEL    /* the same, and the kernel says when the answer
                                 had arrived (SO_TIMESTAMPNS): of plain http
                                 by HTTP/1.1 */
} lariat_timestamps;

/* The source of the instant of an answer's arrival. */
typedef enum lariat_arrival {
  LARIAT_ARRIVAL_NONE = 0, /* there is none: the answer is not complete */
  LARIAT_ARRIVAL_READ,     /* it is when the answer was read */
  LARIAT_ARRIVAL_KERNEL    /* the kernel's stamp on the packet with its end */
} lariat_arrival;

/* The instants of the last attempt's last hop, in nanoseconds on the clock of
 * the pool's reactors: the system's CLOCK_MONOTONIC (lariat_clock_system),
 * which lariat_reactor_now_ns reads on any reactor that has no other; of a
 * scripted pool, the clock it was given.  0: it was not reached, or is not
 * known.
 *
 * What was made by libcurl (HTTP/2; lariat_pool_stats has the others) has its
 * instants from libcurl's durations, to the microsecond, whatever exactness was
 * asked for. */
typedef struct lariat_instants {
  uint64_t sent_ns;       /* the request began to be sent */
  uint64_t first_byte_ns; /* the first bytes of the answer were read, */
  uint64_t done_ns;       /* and its end: 0 in a failure to get it all, and in
                             a stream's response, which leaves before */
  uint64_t arrived_ns;    /* its end was there to be read: done_ns, unless */
  lariat_arrival arrival; /* the kernel has told */
} lariat_instants;

/* Returns the stable name of `arrival`: "none", "read", "kernel".  Any thread;
 * static. */
LARIAT_API const char *lariat_arrival_name(lariat_arrival arrival);

/* An attempt: what it came to, and how long it had been waited for. */
typedef struct lariat_attempt {
  lariat_status status; /* LARIAT_OK: there was an answer */
  int http_status;      /* of the answer, or of what had come of it; 0: none */
  uint64_t waited_us;   /* from the attempt before to this one */
} lariat_attempt;

/* The reason why there was not another attempt. */
typedef enum lariat_retry_end {
  LARIAT_RETRY_NONE = 0,   /* none was wanted: the answer is fine, or the policy
                              does not try such a failure again */
  LARIAT_RETRY_SPENT,      /* all that are allowed were made */
  LARIAT_RETRY_METHOD,     /* the method is not idempotent */
  LARIAT_RETRY_BODY,       /* the body cannot be sent, or taken, twice */
  LARIAT_RETRY_DEADLINE,   /* the wait would have gone past the deadline */
  LARIAT_RETRY_AFTER_LONG, /* Retry-After asks for more than the policy gives */
  LARIAT_RETRY_BUDGET,     /* the client's budget for retries is used up */
  LARIAT_RETRY_OVERLOAD    /* as many wait in the client as may */
} lariat_retry_end;

/* Returns the stable name of `end`: "none", "spent", "method", "body",
 * "deadline", "retry-after", "budget", "overload".  Any thread; static. */
LARIAT_API const char *lariat_retry_end_name(lariat_retry_end end);

/* The limit that ran out, of a failure with LARIAT_ETIMEDOUT. */
typedef enum lariat_time_limit {
  LARIAT_TIME_LIMIT_NONE = 0, /* not a time-out */
  LARIAT_TIME_LIMIT_DEADLINE, /* timeout_ms, of the whole fetch */
  LARIAT_TIME_LIMIT_CONNECT,  /* connect_timeout_ms */
  LARIAT_TIME_LIMIT_IDLE      /* idle_timeout_ms */
} lariat_time_limit;

/* Returns the stable name of `limit`: "none", "deadline", "connect", "idle".
 * Any thread; static. */
LARIAT_API const char *lariat_time_limit_name(lariat_time_limit limit);

LARIAT_END_C

#endif
