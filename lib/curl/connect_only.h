/* SPDX-License-Identifier: MIT
 * connect_only.h: TLS connections for h1.  libcurl opens and verifies them, for
 * a transfer that is over then (CURLOPT_CONNECT_ONLY), and goes on to keep them
 * for as long as that transfer's easy handle is in its multi handle.  So it
 * stays in its lane, and counts there as running; the exchanges on its
 * connection are h1's, over a stream (net/tls_stream.h).
 *
 * docs/internals/exchange.md says why it is done so. */
#ifndef LR_CURL_CONNECT_ONLY_H
#define LR_CURL_CONNECT_ONLY_H

#include <stdbool.h>

#include "net/stream.h"

struct lr_connection;
struct lr_engine;
struct lr_job;
struct lr_transfer;

/* Says whether an open connection of libcurl's own, of which `job` makes use
 * that h1 would make else, is to be closed behind that: the host goes on being
 * asked, and what it costs to open another is less than h1 will save on it. */
bool lr_connect_only_replaces(const struct lr_job *job);

/* Makes a connection of h1's of what the transfer has opened.  From now on the
 * transfer is the connection's, and its job the caller's.  NULL when out of
 * memory, or when there is no connection: nothing has changed. */
struct lr_connection *lr_connect_only_adopt(struct lr_transfer *transfer);

/* Makes a stream of what the transfer has opened, for another thread: none of
 * libcurl's or lariat's callbacks touches the engine from there.  From now on
 * the transfer is the connection's, and its job the caller's.  False as above.
 */
bool lr_connect_only_lend(struct lr_transfer *transfer, lr_stream *stream);

/* Takes the connection back, of which libcurl closes the descriptor; or, if
 * `leaves_descriptor`, somebody else does. */
void lr_connect_only_release(struct lr_transfer *transfer,
                             bool leaves_descriptor);

/* Takes the transfers out of their lanes whose connections h1 has closed, at
 * the end of a turn: that may not be done while libcurl calls back. */
void lr_connect_only_end_released(struct lr_engine *engine);

#endif
