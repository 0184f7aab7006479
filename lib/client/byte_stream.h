/* SPDX-License-Identifier: MIT
 * byte_stream.h: a connection that a client has leased, in its user's hands.
 * The client's thread. */
#ifndef LR_CLIENT_BYTE_STREAM_H
#define LR_CLIENT_BYTE_STREAM_H

#include "base/attributes.h"
#include "job/job.h"
#include <lariat/value.h>

/* Makes a stream of what a job has opened, which has returned; a failure when
 * out of memory.  The connection is the stream's or closed. */
LR_COLD lariat_value lr_byte_stream_make(lr_job *job);

/* Closes all of the client's streams; callbacks run in here. */
void lr_byte_stream_close_all(struct lariat_client *client);

#endif
