/* SPDX-License-Identifier: MIT
 * port.h: the pool's end of a channel between one client and one pool reactor:
 * the outbox for what returns, and a count of the client's jobs there.
 *
 * A port is part of the client's channel, which has two holders, the client's
 * thread and the pool's, and is freed with the second of them.  On the pool's
 * side an attach mail comes before the first job, a detach mail after the last;
 * the pool lets go when the port was detached and has no job, or when its
 * thread ends. */
#ifndef LR_POOL_PORT_H
#define LR_POOL_PORT_H

#include <stdbool.h>

#include "base/atomics.h"
#include "base/list.h"
#include "job/job.h"
#include "reactor/mailbox.h"
#include "reactor/outbox.h"

struct lr_worker;

typedef struct lr_port {
  /* Fixed once it is open. */
  struct lr_worker *worker;
  lariat_mailbox *caller_mailbox; /* a reference */
  const lr_job_owner *owner;      /* of all of its jobs */
  void (*free)(struct lr_port *port);

  lr_atomic_u32 count;
  lr_mail attach;
  lr_mail detach;

  /* Written by the pool. */
  _Alignas(LR_CACHE_LINE) lr_outbox returns;
  lr_list node; /* in the worker's list */
  unsigned jobs;
  bool detached;
} lr_port;

/* Opens a port to `worker` for a client on `reactor` whose jobs belong to
 * `owner`, and announces it.  `free` is called when both holders have let go,
 * on whichever thread is the last.  The client's thread.
 * LARIAT_OK
 * LARIAT_ECLOSED  the pool is closed; nothing is kept and `free` not called */
lariat_status lr_port_open(lr_port *port, struct lr_worker *worker,
                           lariat_reactor *reactor, const lr_job_owner *owner,
                           void (*free)(lr_port *port));

/* Lets go on the side of the client, which is on `reactor`: no job or cancel is
 * on its way to the pool. */
void lr_port_close(lr_port *port, lariat_reactor *reactor);

/* The ops with which `travel` and `cancel` of a job go to the pool. */
extern const lr_mail_ops lr_port_job_ops;
extern const lr_mail_ops lr_port_cancel_ops;

/* Turns a mail round that the pool's closed mailbox has refused: it returns
 * to `reactor` in a later turn, a job with LARIAT_ECLOSED as its outcome.  The
 * client's thread. */
void lr_port_turn_back(lr_port *port, lariat_reactor *reactor, lr_mail *mail);

/* Hands a job back to its client.  The pool's thread. */
void lr_port_return(lr_job *job);

/* Sends a mail about a job that has not returned, before it, to its client.
 * Where that has gone it is discarded.  The pool's thread. */
void lr_port_send(lr_job *job, lr_mail *mail);

/* Lets go of every port of the worker, whose thread ends.  The pool's thread.
 */
void lr_port_end_all(struct lr_worker *worker);

#endif
