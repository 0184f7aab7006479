/* SPDX-License-Identifier: MIT
 * open_model.h: requests that are sent when they are due, whatever became of
 * those before: what is due is sent oldest first, and waits when no connection
 * is free, its clock running. */
#ifndef LOAD_OPEN_MODEL_H
#define LOAD_OPEN_MODEL_H

#include "worker_private.h"

/* How many requests are sent between two looks at the descriptors. */
enum { LR_LOAD_SENDS_AT_ONCE = 16 };

lariat_status lr_load_open_model_init(lr_load_worker *worker);
void lr_load_open_model_clear(lr_load_worker *worker);

/* Begins to send: the warm-up's requests, or those of the plan. */
void lr_load_open_model_begin(lr_load_worker *worker);

/* Goes on after a request has ended, `now_ns` being now. */
void lr_load_open_model_freed(lr_load_worker *worker, uint64_t now_ns);

/* Has a next step of a flow sent when it is due. */
void lr_load_open_model_add_step(lr_load_worker *worker, lr_load_user *user,
                                 const lr_load_due *due);

/* Sends, at the end of the plan, what was due before it and is late by no fault
 * of the server's: for which there is a slot. */
void lr_load_open_model_catch_up(lr_load_worker *worker);

/* Sends nothing any more. */
void lr_load_open_model_stop(lr_load_worker *worker);

/* Tells the recorder how many requests were due until `now_ns`. */
void lr_load_open_model_count(lr_load_worker *worker, uint64_t now_ns);

/* Counts, after the stop, what was due before it and never sent. */
void lr_load_open_model_count_unsent(lr_load_worker *worker);

#endif
