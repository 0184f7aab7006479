/* SPDX-License-Identifier: MIT
 * stream_refusal.h: whether a server has refused a stream of HTTP/2 without
 * looking at it (RFC 9113, 8.7; GOAWAY does that to many at once).  Such a
 * request may always be sent again.  libcurl sends it again by itself, as it
 * does when the connection was lost, and has no result code that tells the two
 * apart. */
#ifndef LR_CURL_STREAM_REFUSAL_H
#define LR_CURL_STREAM_REFUSAL_H

#include <stdbool.h>

struct lr_transfer;

/* Has libcurl tell of a refusal from now on, where it does so in its verbose
 * messages only; the handle is then reset after the job. */
void lr_stream_refusal_watch(struct lr_transfer *transfer);

/* Says whether the transfer's stream was refused.  What cannot be told from a
 * lost connection was not. */
bool lr_stream_was_refused(const struct lr_transfer *transfer);

#endif
