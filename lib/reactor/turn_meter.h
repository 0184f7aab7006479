/* SPDX-License-Identifier: MIT
 * turn_meter.h: how long turns take, and what time their thread got from the
 * kernel.  Written by the reactor's thread, read by any.
 *
 * The end of a turn in a run is known without a look at the clock of its own:
 * the turn behind it looks before it waits, or when it has looked at the
 * descriptors without waiting. */
#ifndef LR_REACTOR_TURN_METER_H
#define LR_REACTOR_TURN_METER_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/atomics.h"
#include "base/attributes.h"
#include <lariat/reactor.h>

/* The bits of a meter's `ended`, beside the lowest: what is known. */
enum { LR_CPU_KNOWN = 2, LR_CPU_WAIT_KNOWN = 4 };

typedef struct lr_turn_meter {
  lr_atomic_u64 turns;
  lr_atomic_u64 longest_ns; /* of all turns */
  lr_atomic_u64 recent_ns;  /* of those since this was read last */
  uint64_t begun_ns;        /* of the turn that has no end yet; 0: none */

  /* The thread. */
  clockid_t cpu_clock;
  pid_t thread_id;
  lr_atomic_u64 ended;  /* 0: the thread runs; else LR_CPU_KNOWN and the like */
  lr_atomic_u64 cpu_ns; /* that the thread has had in all, once it has ended */
  lr_atomic_u64 cpu_wait_ns;
} lr_turn_meter;

/* Makes a meter for the calling thread. */
void lr_turn_meter_init(lr_turn_meter *meter);

/* Notes what the calling thread has had in all: it ends. */
void lr_turn_meter_end_thread(lr_turn_meter *meter);

void lr_turn_meter_note_long(lr_turn_meter *meter, uint64_t turn_ns);

/* Notes the beginning of a turn, and its end, if that is not known yet. */
static inline void lr_turn_meter_begin(lr_turn_meter *meter, uint64_t now_ns) {
  lr_u64_bump(&meter->turns, 1);
  meter->begun_ns = now_ns;
}

static inline void lr_turn_meter_end(lr_turn_meter *meter, uint64_t now_ns) {
  uint64_t begun_ns = meter->begun_ns;
  if (!begun_ns) return;
  meter->begun_ns = 0;
  if (LR_RARE(now_ns - begun_ns > lr_u64_load_relaxed(&meter->recent_ns)))
    lr_turn_meter_note_long(meter, now_ns - begun_ns);
}

/* Reads all of it, and begins anew with what is recent.  Any thread.
 * LARIAT_OK, LARIAT_EINVAL as lariat_reactor_read_stats */
lariat_status lr_turn_meter_read(lr_turn_meter *meter,
                                 lariat_reactor_stats *stats);

#endif
