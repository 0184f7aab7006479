/* SPDX-License-Identifier: MIT
 * closed_model.h: as many users as there are connections, each of whom sends a
 * request, waits for the answer, thinks, and sends the next one. */
#ifndef LOAD_CLOSED_MODEL_H
#define LOAD_CLOSED_MODEL_H

#include "worker_private.h"

lariat_status lr_load_closed_model_init(lr_load_worker *worker);
void lr_load_closed_model_clear(lr_load_worker *worker);

/* Has all users begin. */
void lr_load_closed_model_begin(lr_load_worker *worker);

/* Goes on with a user whose request has ended at `now_ns`, after `think_ns`. */
void lr_load_closed_model_go_on(lr_load_worker *worker,
                                lr_load_virtual_user *user, uint64_t now_ns,
                                uint64_t think_ns);

/* Ends all users who have no request on its way. */
void lr_load_closed_model_stop(lr_load_worker *worker);

#endif
