/* SPDX-License-Identifier: MIT
 * upload_feed.h: how the bytes of a body source get into libcurl.  On the
 * pool's thread. */
#ifndef LR_CURL_UPLOAD_FEED_H
#define LR_CURL_UPLOAD_FEED_H

#include <stdbool.h>

#include "curl/transfer.h"
#include "job/body_source.h"

/* Makes the easy handle send the body from the job's source, from its first
 * byte on.
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EUPLOAD  it was read already, and cannot be again */
lariat_status lr_upload_feed_begin(lr_transfer *transfer);

/* Forgets the body source, of which nothing is sent any more. */
void lr_upload_feed_end(lr_transfer *transfer);

/* Says whether libcurl has sent all of it. */
bool lr_upload_feed_done(const lr_transfer *transfer);

/* Notes it when the head of the final answer has come before the end of the
 * body: lr_upload_feed_has_response looks from then on. */
void lr_upload_feed_head_came(lr_transfer *transfer);

/* Says whether the whole answer is there before the end of the body: then the
 * rest of the body is of no use, and the transfer can end. */
bool lr_upload_feed_has_response(const lr_transfer *transfer);

#endif
