/* SPDX-License-Identifier: MIT
 * stale.h: answers that are not the answer: what came on a connection that was
 * open already, from a server that had given it up (408, stray bytes), or that
 * sends more than it is asked for. */
#ifndef LR_H1_STALE_H
#define LR_H1_STALE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "h1/connection.h"

/* Says whether the response, which is complete or lost, is none to the
 * connection's job: a 408 that closes, sent before the request came, or
 * anything on a connection whose server has sent bytes that nobody asked for
 * while it was used. */
LR_COLD bool lr_stale_is_answer(const lr_connection *connection);

/* Says the same of a response that is complete, with `length` bytes at `rest`
 * behind it.  Notes a server that sends what nobody asked for, and what the
 * response is to tell of that. */
LR_COLD bool lr_stale_is_complete(lr_connection *connection, const char *rest,
                                  size_t length);

/* Says whether lr_stale_is_answer is to be asked. */
static inline bool lr_stale_is_suspect(const lr_connection *connection) {
  const lariat_response *response = connection->job->response;
  return (response && response->status == 408) || connection->suspect;
}

/* Says whether `bytes`, which are no status line, and the first on a connection
 * that was open already, mean that it was dead.  Notes a server that sends what
 * nobody asked for. */
LR_COLD bool lr_stale_is_rubbish(lr_connection *connection, const char *bytes,
                                 size_t length);

/* Says whether the answer that begins to come was sent before the request was
 * received: then it is none to that.  Notes the server. */
LR_COLD bool lr_stale_is_too_early(lr_connection *connection);

#endif
