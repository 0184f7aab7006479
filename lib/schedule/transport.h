/* SPDX-License-Identifier: MIT
 * transport.h: the seam between what decides when a job runs (the dispatcher)
 * and what carries it over the network (the engine; in tests, a script). */
#ifndef LR_SCHEDULE_TRANSPORT_H
#define LR_SCHEDULE_TRANSPORT_H

#include <stdbool.h>

#include "job/job.h"
#include <lariat/status.h>

struct lr_dispatcher;

typedef struct lr_transport_ops {
  /* Starts a job: later, never inside this call, the transport fills in the
   * job's outcome and calls lr_dispatcher_done.
   *   LARIAT_OK     started
   *   LARIAT_EBUSY  no connection to be had now: lr_dispatcher_unblock will
   *                 say when to ask again
   *   others        the job fails with that status */
  lariat_status (*start)(void *transport, lr_job *job);

  /* So much was started that the rest waits until turn_end was called, lest
   * others wait for long and much memory is taken.  NULL: never. */
  bool (*is_busy)(void *transport);

  /* Stops a started job: lr_dispatcher_done will not be called for it.  Fills
   * in the phase it was in and, if an answer had begun, the response. */
  void (*cancel)(void *transport, lr_job *job);

  /* The phase that a started job is in. */
  lariat_phase (*phase)(void *transport, const lr_job *job);

  /* When bytes last went or came for a started job, as exactly as the transport
   * knows; asked for when job->active_ns is long ago.  NULL: not at all. */
  uint64_t (*heard_ns)(void *transport, const lr_job *job);

  /* The end of a turn: carry on.  True when there is more to do at once. */
  bool (*turn_end)(void *transport);

  /* Everything is over, no job is started: free. */
  void (*close)(void *transport);
} lr_transport_ops;

typedef struct lr_transport {
  const lr_transport_ops *ops;
  void *self;
} lr_transport;

#endif
