/* SPDX-License-Identifier: MIT
 * sink_feed.h: the body of an answer on its way from its connection to the sink
 * of the job (job/body_sink.h), where that is open. */
#ifndef LR_H1_SINK_FEED_H
#define LR_H1_SINK_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "h1/connection.h"
#include "http/h1_parser.h"
#include "job/decoding.h"
#include <lariat/status.h>

typedef struct lr_sink_feed {
  lr_connection *connection;
  lr_decoding decoding;
  size_t left; /* of the piece that the sink has not taken: what is fed next */
} lr_sink_feed;

/* Prepares for the answer to the job, which has a sink. */
void lr_sink_feed_prepare(lr_connection *connection, lr_job *job);

/* Keeps what the job wants of a head whose bytes were read, and once it is the
 * final one and complete, of the connection.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_sink_feed_keep_head(lr_connection *connection,
                                     const char *bytes, size_t length);

/* Opens the sink at the end of the final head.  Where the body does not go
 * there, it is kept, and the connection has no feed.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_sink_feed_begin(lr_connection *connection,
                                 void (*resume)(lr_decode_item *item));

/* Feeds bytes of the body; `*used` gets how many were taken.  LR_H1_PAUSED: the
 * rest again, when the sink or the decoding is resumed.  LR_H1_FAILED: the
 * parser's `fault` says how. */
lr_h1_result lr_sink_feed_take(lr_connection *connection, const char *bytes,
                               size_t length, size_t *used);

/* Says whether the codings of a body that is complete are; `until_close`: the
 * connection's end was its end. */
bool lr_sink_feed_is_whole(lr_connection *connection, bool until_close);

/* Says whether the body waits for its sink, or for another turn. */
bool lr_sink_feed_is_paused(const lr_connection *connection);

/* Ends with the job: frees the connection's feed, if it has one. */
void lr_sink_feed_end(lr_connection *connection);

#endif
