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
