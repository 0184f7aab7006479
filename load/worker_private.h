/* SPDX-License-Identifier: MIT
 * worker_private.h: a worker as its own files see it: worker.c, which has its
 * life and the requests on their way, and the two models, which say when the
 * next one is sent. */
#ifndef LOAD_WORKER_PRIVATE_H
#define LOAD_WORKER_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "connection_set.h"
#include "deadlines.h"
#include "recorder.h"
#include "schedule.h"
#include "source.h"
#include "worker.h"

typedef enum lr_load_phase {
  LR_LOAD_NOT_BEGUN = 0,
  LR_LOAD_WARMING,   /* connections are opened, requests are not measured */
  LR_LOAD_MEASURING, /* from the start on */
  LR_LOAD_STOPPING,  /* no new requests */
  LR_LOAD_ENDED
} lr_load_phase;

/* A user of a closed test: asks, gets the answer, thinks, asks again. */
typedef struct lr_load_virtual_user {
  lr_load_worker *worker;
  lariat_timer timer;      /* of the think time */
  uint64_t due_ns;         /* when that is over */
  uint64_t index;          /* of the request sent last */
  lr_load_user *flow_user; /* in the midst of a flow; NULL: not */
  bool starved;            /* waits for the input, and was counted for that */
} lr_load_virtual_user;

/* The pacing of an open test. */
typedef struct lr_load_open_model {
  lr_load_schedule *schedule;
  lr_load_due next;
  bool has_next;
  bool waiting;  /* for a connection, or for a pipe */
  bool counted;  /* `next` has been counted as one that a pipe did not bring */
  bool going_on; /* a call for the next turn is away */
  lariat_timer timer;
  lr_load_list steps;     /* of flows, which wait until they are due */
  uint64_t taken;         /* requests of the plan that have been begun */
  uint64_t told_intended; /* of which the recorder knows that they are due */
} lr_load_open_model;

/* The users of a closed test. */
typedef struct lr_load_closed_model {
  lr_load_virtual_user *users;
  uint64_t next;  /* how many requests of the plan have been begun */
  uint64_t most;  /* how many there may be */
  uint64_t warm;  /* those of the warm-up */
  unsigned going; /* users who have not ended */
} lr_load_closed_model;

struct lr_load_worker {
  lr_load_worker_config config;
  lariat_reactor *reactor;
  lr_load_phase phase;
  bool is_open; /* the model */
  bool finishing;
  unsigned in_flight;
  uint64_t warm_ns;  /* when the warm-up's requests begin */
  uint64_t start_ns; /* when what is measured begins */
  uint64_t end_ns;   /* when no more requests are sent; UINT64_MAX: never */
  uint64_t stop_ns;  /* when that was */
  uint64_t last_ns;  /* when the last request was due, or has ended */
  uint64_t failures; /* not told yet */
  uint64_t now_ns; /* when the clock was read just before a request is sent; 0:
                      it was not */
  lr_load_source *source;
  lr_load_connection_set set;
  lr_load_known_heads known;
  lr_load_deadlines deadlines;
  lr_load_recorder recorder;
  lr_load_open_model open;
  lr_load_closed_model closed;
  lariat_timer warm_timer;
  lariat_timer start_timer;
  lariat_timer second_timer;
  lariat_timer end_timer;
};

/* ---- For the models ---- */

static inline uint64_t lr_load_worker_now(const lr_load_worker *worker) {
  return lariat_reactor_now_ns(worker->reactor);
}

static inline bool lr_load_worker_sends(const lr_load_worker *worker) {
  return worker->phase == LR_LOAD_WARMING || worker->phase == LR_LOAD_MEASURING;
}

static inline bool lr_load_worker_has_slot(const lr_load_worker *worker) {
  return worker->in_flight < worker->config.connections;
}

/* Sends a message that was due, on whatever connection is for it, or has it
 * sent when that is open; there is a slot for it.  `user` is the virtual user
 * of a closed test. */
void lr_load_worker_send(lr_load_worker *worker, const lr_load_message *message,
                         const lr_load_due *due, lr_load_virtual_user *user);

/* Begins to measure, if it is time and that has not been done. */
void lr_load_worker_look_at_start(lr_load_worker *worker, uint64_t now_ns);

/* Sets a timer of the worker's. */
void lr_load_worker_set_timer(lr_load_worker *worker, lariat_timer *timer,
                              uint64_t at_ns, lariat_call call, void *context);

/* Has `call` made with the worker in the next turn.  False: never. */
bool lr_load_worker_call_soon(lr_load_worker *worker, lariat_call call);
void lr_load_worker_unset_timer(lr_load_worker *worker, lariat_timer *timer);

/* Ends the worker once it is stopping and nothing is on its way. */
void lr_load_worker_look_at_end(lr_load_worker *worker);

#endif
