/* SPDX-License-Identifier: MIT
 * recorder.h: what one reactor measures, second by second.  Each second's
 * interval is given away when it has ended, and comes back to be filled
 * again. */
#ifndef LOAD_RECORDER_H
#define LOAD_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "interval.h"

/* How many intervals may be kept for being filled again. */
enum { LR_LOAD_SPARE_INTERVALS = 4 };

typedef struct lr_load_recorder {
  unsigned reactor;
  size_t names;
  uint64_t second; /* of the current interval */
  lr_load_interval *current;
  lr_load_counts *counts; /* of the current interval */
  lr_load_interval *spare[LR_LOAD_SPARE_INTERVALS];
  size_t spare_count;
  lr_load_thread_time since; /* of the thread, when the interval began */
} lr_load_recorder;

/* Makes a recorder for `names` classes.  LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_recorder_init(lr_load_recorder *recorder,
                                    unsigned reactor, size_t names);
void lr_load_recorder_clear(lr_load_recorder *recorder);

/* Begins with second 0 now, and forgets what came before. */
void lr_load_recorder_begin(lr_load_recorder *recorder);

/* Ends the second, and begins the next one.  Returns the interval of the one
 * that has ended, which is the caller's to give back; NULL: there is no memory
 * for another one, and the second goes on. */
lr_load_interval *lr_load_recorder_next(lr_load_recorder *recorder);

/* Takes an interval back; NULL is allowed. */
void lr_load_recorder_give_back(lr_load_recorder *recorder,
                                lr_load_interval *interval);

#endif
