/* SPDX-License-Identifier: MIT
 * submit.h: the way of jobs from a client to its pool.  The client's thread. */
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

/* Sends what waited for the credit that has come back with a job of `host`. */
void lr_submit_credit_returned(lr_channel *channel, lr_backlog_host *host);

/* Takes a job out of the way to its result, wherever it is: it is about to be
 * completed with `status`. */
void lr_submit_withdraw(lr_job *job, lariat_status status);

/* The expiry of a client's `watch`: stops the jobs that the pool is late with.
 */
void lr_submit_stop_late(lr_timer *timer);

#endif
