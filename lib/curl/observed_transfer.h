/* SPDX-License-Identifier: MIT
 * observed_transfer.h: what the observer of a job is told of its transfer: the
 * connection, and the head of the request as libcurl sends it, which it shows
 * while it is verbose. */
#ifndef LR_CURL_OBSERVED_TRANSFER_H
#define LR_CURL_OBSERVED_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>

struct lr_job;
struct lr_transfer;

/* Has libcurl show what it sends, for a job that is observed.  The handle is
 * reset afterwards. */
void lr_observed_transfer_watch(struct lr_transfer *transfer);

/* Tells of the connection that the request has got; `reused`: it was open. */
void lr_observed_transfer_connected(const struct lr_transfer *transfer,
                                    bool reused, const char *remote_ip,
                                    int remote_port);

/* Takes a line of a head that has come. */
void lr_observed_transfer_received(struct lr_job *job, const char *line,
                                   size_t length);

/* Takes a piece of a head that libcurl has shown, whoever was shown it. */
void lr_observed_transfer_sent(struct lr_transfer *transfer, const char *bytes,
                               size_t length);

#endif
