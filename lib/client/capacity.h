/* SPDX-License-Identifier: MIT
 * capacity.h: deferreds that wait until a client takes jobs again. */
#ifndef LR_CLIENT_CAPACITY_H
#define LR_CLIENT_CAPACITY_H

struct lariat_client;

/* Fires the deferreds that wait, one after the other, as long as there is
 * capacity: a job has left the client's queue, or a credit has returned.  The
 * callbacks may close the client, so that the caller holds it. */
void lr_capacity_notify(struct lariat_client *client);

/* Fails the deferreds that wait, of a client that closes. */
void lr_capacity_close(struct lariat_client *client);

#endif
