/* SPDX-License-Identifier: MIT
 * lariat_failure: the value that switches a chain to its errback side.  It
 * carries a status, a sentence and, for a fetch, what went wrong where.
 * Failures are counted and can be shared between threads; they do not change
 * after they were made. */
#ifndef LARIAT_FAILURE_H
#define LARIAT_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/attempt.h>
#include <lariat/export.h>
#include <lariat/status.h>
#include <lariat/value.h>

LARIAT_BEGIN_C

typedef struct lariat_failure lariat_failure;
LARIAT_API extern const lariat_type lariat_failure_type;

/* The phases of a fetch: the one that it was in when it failed spent the time.
 */
typedef enum lariat_phase {
  LARIAT_PHASE_NONE = 0,   /* not a fetch */
  LARIAT_PHASE_QUEUE,      /* waiting for its turn */
  LARIAT_PHASE_DNS,        /* looking the name up */
  LARIAT_PHASE_CONNECT,    /* opening the TCP connection */
  LARIAT_PHASE_TLS,        /* handshake */
  LARIAT_PHASE_REQUEST,    /* sending the request */
  LARIAT_PHASE_FIRST_BYTE, /* waiting for the answer to begin */
  LARIAT_PHASE_BODY        /* receiving the answer */
} lariat_phase;

/* Returns the stable name of `phase`: "none", "queue", "dns", "connect", "tls",
 * "request", "first-byte", "body".  Any thread; static. */
LARIAT_API const char *lariat_phase_name(lariat_phase phase);

/* Makes a failure with `status` and a message formatted as printf does.  The
 * caller owns it.  Never fails: when out of memory it is a static failure
 * "out of memory".  LARIAT_EUSER is for failures of the user's own.  Any
 * thread. */
LARIAT_API LARIAT_MUST_USE lariat_value lariat_failure_new(lariat_status status,
                                                           const char *format,
                                                           ...)
    __attribute__((format(printf, 2, 3)));

/* Tells whether `value` is a failure.  Any thread. */
static inline bool lariat_is_failure(lariat_value value) {
  return value.type == &lariat_failure_type;
}

/* ---- Readers ----
 *
 * Each takes the value itself, so that an errback needs one call.  The text or
 * value returned is the failure's own and lives as long as the value.  Of a
 * value that is no failure they give LARIAT_OK, "", 0, LARIAT_PHASE_NONE or
 * "none" (misuse, with checks on). */

/* Returns the status. */
LARIAT_API lariat_status lariat_failure_status(lariat_value failure);

/* Returns the message, a sentence for people. */
LARIAT_API const char *lariat_failure_message(lariat_value failure);

/* Returns the URL of the fetch that failed, or "". */
LARIAT_API const char *lariat_failure_url(lariat_value failure);

/* Returns libcurl's own error code (a CURLcode), or 0. */
LARIAT_API int lariat_failure_curl_code(lariat_value failure);

/* Returns the status of the HTTP answer that had begun before it failed, or 0.
 */
LARIAT_API int lariat_failure_http_status(lariat_value failure);

/* Returns the phase that the fetch was in. */
LARIAT_API lariat_phase lariat_failure_phase(lariat_value failure);

/* Returns the limit that ran out, of a fetch with LARIAT_ETIMEDOUT. */
LARIAT_API lariat_time_limit lariat_failure_time_limit(lariat_value failure);

/* Returns the time that each phase of the fetch took, see attempt.h; zeros for
 * a failure that is not of a fetch. */
LARIAT_API lariat_timings lariat_failure_timings(lariat_value failure);

/* Returns when the request was sent and the answer began to come, as far as
 * that was reached, see attempt.h; zeros for a failure that is not of a fetch,
 * and for one that ends while its request is still with the pool. */
LARIAT_API lariat_instants lariat_failure_instants(lariat_value failure);

/* Return the attempts, as lariat_response_attempts does (0 for a failure that
 * is not of a fetch), and why there was not another. */
LARIAT_API size_t lariat_failure_attempts(lariat_value failure);
LARIAT_API lariat_attempt lariat_failure_attempt_at(lariat_value failure,
                                                    size_t index);
LARIAT_API lariat_retry_end lariat_failure_retry_end(lariat_value failure);

/* Returns the failure behind this one (LARIAT_EFIRST and LARIAT_ERETRYBUDGET
 * have one), borrowed, or "none". */
LARIAT_API lariat_value lariat_failure_cause(lariat_value failure);

/* Returns which of the deferreds failed, counted from 0, with LARIAT_EFIRST. */
LARIAT_API size_t lariat_failure_index(lariat_value failure);

/* Return how many failures a LARIAT_EALLFAILED holds, and the one at `index`,
 * borrowed, in the order of the deferreds; 0 and "none" for another failure
 * and out of range. */
LARIAT_API size_t lariat_failure_group_count(lariat_value failure);
LARIAT_API lariat_value lariat_failure_group_at(lariat_value failure,
                                                size_t index);

/* Tells whether two failures are one: the same failure, shared; or both
 * LARIAT_EFIRST with the same index, and causes that are one. */
LARIAT_API bool lariat_failure_equal(lariat_value one, lariat_value other);

LARIAT_END_C

#endif
