/* SPDX-License-Identifier: MIT
 * conclusion.h: how an exchange ends: with its answer, with a failure, or since
 * the connection was of no use.  What becomes of the connection is decided
 * here as well; after each of these calls it may be gone, and the job, too. */
#ifndef LR_H1_CONCLUSION_H
#define LR_H1_CONCLUSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "h1/connection.h"
#include <lariat/status.h>

/* Ends an exchange whose answer is complete; `length` bytes at `rest` came that
 * are of no answer. */
void lr_conclusion_finish(lr_connection *connection, const char *rest,
                          size_t length);

/* Writes what is known of connection and timings so far into `response`, which
 * is about to leave for its caller. */
LR_COLD void lr_conclusion_describe(lr_connection *connection,
                                    lariat_response *response);

/* Ends it with a failure. */
LR_COLD void lr_conclusion_fail(lr_connection *connection,
                                lariat_status status);

/* Ends it on a connection that was dead before anything came: a request that
 * may be made once more is, on a new connection, as if it had never been
 * started; any other fails, for nobody knows what the server has done. */
LR_COLD void lr_conclusion_retry(lr_connection *connection);

/* Ends it since nobody wants the answer any more. */
LR_COLD void lr_conclusion_cancel(lr_connection *connection);

/* Says whether the job can be made from its beginning once more. */
LR_COLD bool lr_conclusion_may_repeat(const lr_job *job);

/* Digests a large body as it comes: all of it at its end would hold up
 * everything else. */
void lr_conclusion_digest(lr_connection *connection);

#endif
