/* SPDX-License-Identifier: MIT
 * leasing.h: connections that the engine has opened for clients (job/lease.h),
 * from the moment in which they are there until they are given back.  They
 * count for the limits all the time. */
#ifndef LR_CURL_LEASING_H
#define LR_CURL_LEASING_H

#include <stdbool.h>

struct lr_engine;
struct lr_job;
struct lr_transfer;

/* Has the handshake of a job offer the protocols of its lease, if it has one:
 * those that its client has named, or those of requests to come.  `ssl_ctx`: an
 * SSL_CTX.  False when out of memory. */
bool lr_leasing_offer(const struct lr_job *job, void *ssl_ctx);

/* Hands the connection over that the transfer has opened for its job: over TLS
 * with the transfer, which stays for it, else the descriptor that was parked.
 * False: out of memory, or there is no connection; nothing has changed. */
bool lr_leasing_give(struct lr_transfer *transfer);

/* Ends all that were not given back, whatever their clients do.  The
 * descriptors are left to these. */
void lr_leasing_end_all(struct lr_engine *engine);

#endif
