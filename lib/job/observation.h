/* SPDX-License-Identifier: MIT
 * observation.h: the events of a job on their way to its observer
 * (lariat/observer.h).  A job without an observer has no observation, and is
 * never asked.
 *
 * Events of the pool's thread travel as mail, before the job itself returns, so
 * that the job is there when they arrive. */
#ifndef LR_JOB_OBSERVATION_H
#define LR_JOB_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include <lariat/observer.h>

struct lr_job;

typedef struct lr_observation {
  lariat_observer observer;

  /* Written by the pool's thread. */
  lr_buffer sent;     /* the head of the request, as far as it was told */
  lr_buffer received; /* the first line that came for it, or part of that */
  bool head_told;     /* the head of the answer */
} lr_observation;

/* Makes one; NULL when out of memory. */
lr_observation *lr_observation_new(const lariat_observer *observer);

/* Frees one; NULL is allowed.  Any thread that has the job alone. */
void lr_observation_free(lr_observation *observation);

/* ---- On the caller's thread ---- */

/* Tells the observer of the job, which has one, of an event; fills in what each
 * event has. */
void lr_observation_tell(const struct lr_job *job, lariat_request_event event);

/* ---- On the pool's thread; the job has an observer ---- */

/* A connection, as an event tells of it.  The texts are copied. */
typedef struct lr_observed_connection {
  bool reused;
  uint64_t id;
  const char *remote_ip;
  unsigned remote_port;
  const char *tls_version; /* NULL: not known, or none; so the other */
  const char *tls_cipher;
} lr_observed_connection;

/* Sends the events to the job's client.  Without memory for one it is left
 * out. */
void lr_observation_started(struct lr_job *job, uint64_t at_ns,
                            unsigned reactor);
void lr_observation_connected(struct lr_job *job, uint64_t at_ns,
                              const lr_observed_connection *connection);

/* Takes a piece of the request as it is sent, from its head on; the event is
 * sent when the head is whole. */
void lr_observation_sent(struct lr_job *job, uint64_t at_ns, const char *bytes,
                         size_t length);

/* Takes bytes of the answer from its first one on: a status line is in the
 * first line, and its reason is kept nowhere else. */
void lr_observation_received(struct lr_job *job, const char *bytes,
                             size_t length);

/* Looks whether the head of the answer is complete; its event is sent once for
 * each request. */
void lr_observation_look_at_head(struct lr_job *job, uint64_t at_ns);

#endif
