/* SPDX-License-Identifier: MIT
 * request_pipe.h: the queue between the thread that reads a pipe and the
 * sources. */
#ifndef LOAD_REQUEST_PIPE_H
#define LOAD_REQUEST_PIPE_H

#include <lariat/load/request_pipe.h>

#include "requests.h"

/* A request that has come, with memory of its own. */
typedef struct lr_load_piped {
  struct lr_load_piped *next;
  lr_load_made made;
  lr_load_arena arena;
} lr_load_piped;

/* Adds a request at the end, and waits while there are enough.  The thread of
 * the pipe.  Statuses as those of lariat_load_requests_add. */
lariat_status lr_load_pipe_push(lariat_load_pipe *pipe,
                                const lariat_load_request *request,
                                lariat_load_error *error);

/* Takes the first one, which is the caller's now (lr_load_piped_free).  Any
 * thread.  LR_LOAD_MESSAGE: `*out` is it; LR_LOAD_WAIT, LR_LOAD_END */
lr_load_next lr_load_pipe_pop(lariat_load_pipe *pipe, lr_load_piped **out);

/* Frees a request; NULL is allowed. */
void lr_load_piped_free(lr_load_piped *piped);

#endif
