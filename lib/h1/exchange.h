/* SPDX-License-Identifier: MIT
 * exchange.h: a request and its answer on a connection of our own, without
 * libcurl: GET and HEAD of plain URLs, by HTTP/1.1.  What comes of them is what
 * would have come of them with libcurl; whatever is out of the ordinary is left
 * to that.  docs/internals/exchange.md says what is ordinary, and why. */
#ifndef LR_H1_EXCHANGE_H
#define LR_H1_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/failure.h>
#include <lariat/status.h>

struct lr_connection;
struct lr_engine;
struct lr_job;
struct lr_transfer;
struct lr_watch;

/* Whether the job is of the kind: if libcurl opens a connection for it, that
 * is left to us. */
bool lr_exchange_suits(const struct lr_engine *engine,
                       const struct lr_job *job);

/* The same where the job's host has an idle connection of our own, which shows
 * that the host and the engine are of the kind. */
bool lr_exchange_suits_idle(const struct lr_job *job);

/* Begins `job`, which suits, on an idle connection of its host's.
 * LARIAT_OK      begun: lr_dispatcher_done will be called, or the job is queued
 *                again for libcurl
 * LARIAT_ENOMEM  not begun
 * LARIAT_EBUSY   not begun: there is no idle connection */
lariat_status lr_exchange_start(struct lr_engine *engine, struct lr_job *job);

/* libcurl has connected for the transfer and is about to send: whether the
 * request is made by ourselves from here on. */
bool lr_exchange_takes(const struct lr_transfer *transfer);

/* Begins `job` on a connection that was opened for it.  lr_dispatcher_done will
 * be called, or was. */
void lr_exchange_open(struct lr_connection *connection, struct lr_job *job);

/* Stops a job that is on a connection, and says where it was. */
void lr_exchange_cancel(struct lr_job *job);

/* The phase that it is in. */
lariat_phase lr_exchange_phase(const struct lr_job *job);

/* When bytes last went or came, or could have. */
uint64_t lr_exchange_heard_ns(const struct lr_job *job);

/* A connection's `ready`. */
void lr_exchange_ready(struct lr_watch *watch, uint32_t events);

#endif
