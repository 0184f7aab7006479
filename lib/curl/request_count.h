/* SPDX-License-Identifier: MIT
 * request_count.h: the requests that libcurl makes, by the reasons. */
#ifndef LR_CURL_REQUEST_COUNT_H
#define LR_CURL_REQUEST_COUNT_H

struct lr_transfer;

/* Counts a request that libcurl is about to send, by the reason for which h1
 * does not, and says so to the log. */
void lr_request_count_sent(const struct lr_transfer *transfer);

#endif
