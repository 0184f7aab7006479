/* SPDX-License-Identifier: MIT
 * drain.h: waiting for the jobs that a pool has, without closing it.  Each
 * reactor counts down the jobs it had when it heard of the drain; jobs that
 * come later are none of its business. */
#ifndef LR_POOL_DRAIN_H
#define LR_POOL_DRAIN_H

#include "schedule/dispatcher.h"

/* A job of the dispatcher's ends, and there are drains. */
void lr_drain_job_ended(lr_dispatcher *dispatcher, const lr_job *job);

#endif
