/* SPDX-License-Identifier: MIT
 * deadlines.h: the time-outs of a worker's requests.  All have the same limit,
 * so that they are due in the order in which the requests were sent: a list and
 * one timer, which costs a request nothing but to be put into the list and to
 * be taken out. */
#ifndef LOAD_DEADLINES_H
#define LOAD_DEADLINES_H

#include <stdint.h>

#include <lariat/reactor.h>

#include "connection.h"

typedef struct lr_load_deadlines {
  lariat_reactor *reactor;
  uint64_t limit_ns; /* from the sending of a request */
  lr_load_list sent; /* the oldest first */
  lariat_timer timer;
} lr_load_deadlines;

void lr_load_deadlines_init(lr_load_deadlines *deadlines,
                            lariat_reactor *reactor, uint64_t limit_ns);

/* Stops the timer. */
void lr_load_deadlines_clear(lr_load_deadlines *deadlines);

/* Adds a request that was sent just now; it is given up, as a time-out, when
 * it is not removed before.  (Its connection's `age` is the node.) */
void lr_load_deadlines_add(lr_load_deadlines *deadlines,
                           lr_load_connection *connection);

static inline void lr_load_deadlines_remove(lr_load_connection *connection) {
  lr_load_list_remove(&connection->age);
}

#endif
