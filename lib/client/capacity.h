/* SPDX-License-Identifier: MIT
 * vacancy.h: those who wait until a client takes jobs again. */
#ifndef LR_CLIENT_CAPACITY_H
#define LR_CLIENT_CAPACITY_H

struct lariat_client;

/* A job has left the client's queue, or a credit has come back: fires what
 * waits for that, one after the other, as long as there is room.  The callbacks
 * may close the client: it is held by who calls this. */
void lr_capacity_notify(struct lariat_client *client);

/* The client closes: none will come. */
void lr_capacity_close(struct lariat_client *client);

#endif
