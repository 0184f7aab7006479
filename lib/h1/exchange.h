/* SPDX-License-Identifier: MIT
 * exchange.h: a request and its answer on a connection of lariat's own, without
 * libcurl: GET and HEAD, by HTTP/1.1, with TLS or without.  What comes of them
 * is what would have come of them with libcurl, whose answers the same parser
 * judges.  docs/internals/exchange.md says which requests are made here,
 * and why. */
#ifndef LR_H1_EXCHANGE_H
#define LR_H1_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "h1/h1.h"
#include <lariat/failure.h>
#include <lariat/status.h>

struct lr_connection;

/* Says why libcurl makes the job's request; LR_REQUEST_BY_H1: h1 does, unless
 * libcurl finds an open connection of its own. */
lr_request_reason lr_exchange_reason(const lr_h1 *h1, const lr_job *job);

/* Says whether h1 makes it where the job's host has an idle connection here,
 * which shows that the host is of the kind and exchanges are not disabled. */
bool lr_exchange_suits_idle(const lr_job *job);

/* Begins `job`, which suits, on an idle connection of its host's.
 * LARIAT_OK      begun: lr_dispatcher_done will be called, or the job is queued
 *                again for libcurl
 * LARIAT_ENOMEM  not begun
 * LARIAT_EBUSY   not begun: there is no idle connection */
lariat_status lr_exchange_start(lr_h1 *h1, lr_job *job);

/* Begins `job` on a connection that was opened for it.  lr_dispatcher_done will
 * be called, or was. */
void lr_exchange_open(struct lr_connection *connection, lr_job *job);

/* Stops a job that is on a connection, and notes where it was. */
void lr_exchange_cancel(lr_job *job);

/* Returns the phase that the job is in. */
lariat_phase lr_exchange_phase(const lr_job *job);

/* Returns when bytes last went or came, or could have. */
uint64_t lr_exchange_heard_ns(const lr_job *job);

/* Goes on with a body of which enough was decoded in an earlier turn: a
 * connection's `decoding`. */
void lr_exchange_resume_decoding(lr_decode_item *item);

/* Goes on with a body that has waited for its sink. */
void lr_exchange_resume_sink(lr_job *job);

/* Goes on with what a connection is ready for: its watch's `ready`. */
void lr_exchange_ready(lr_watch *watch, uint32_t events);

#endif
