/* SPDX-License-Identifier: MIT
 * flow.h: the steps of a flow, kept; and the users who take them. */
#ifndef LOAD_FLOW_H
#define LOAD_FLOW_H

#include <stddef.h>
#include <stdint.h>

#include "requests.h"

typedef struct lr_load_step {
  lr_load_entry entry;
  lr_load_extra extra;
  lariat_url *url; /* for the user's cookies */
} lr_load_step;

struct lr_load_flow {
  lr_load_flow *next; /* of all of the requests' */
  size_t count;
  lr_load_step steps[];
};

/* Makes a flow of `count` steps, 1 or more, and puts it among those of the
 * requests, which own it.  Statuses as those of lariat_load_requests_add. */
lariat_status lr_load_flow_make(lariat_load_requests *requests,
                                const lariat_load_request *steps, size_t count,
                                lr_load_flow **out, lariat_load_error *error);

/* Frees what flows have outside of the requests' memory. */
void lr_load_flows_free(lr_load_flow *flows);

#endif
