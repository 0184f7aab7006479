/* SPDX-License-Identifier: MIT
 * submit.h: how jobs leave a client for its pool.  The client's thread. */
#ifndef LR_CLIENT_SUBMIT_H
#define LR_CLIENT_SUBMIT_H

#include "client/client.h"

/* Sends a job on its way: the first time, for each redirect and retry.  The job
 * is here, its URL set.
 * LARIAT_OK, or why it cannot go: LARIAT_ENOMEM, LARIAT_EOVERLOAD */
lariat_status lr_client_submit(lariat_client *client, lr_job *job);

/* Counts what max_queued limits: the jobs that wait here, and those that left
 * without a credit. */
uint64_t lr_client_waiting(const lariat_client *client);

/* Sends what waited for the credit that has returned with a job of `host`. */
void lr_submit_credit_returned(lr_channel *channel, lr_backlog_host *host);

/* Takes a job out of the backlog or its wait, or has the pool cancel it, before
 * it is completed with `status`. */
void lr_submit_withdraw(lr_job *job, lariat_status status);

/* Stops the jobs that the pool is late with, when a client's `watch` expires.
 */
void lr_submit_stop_late(lr_timer *timer);

#endif
