/* SPDX-License-Identifier: MIT
 * signals.h: SIGINT and SIGTERM, taken over for one reactor.  The handler may
 * run on any thread: it writes to a pipe that the reactor reads. */
#ifndef LR_TASK_SIGNALS_H
#define LR_TASK_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "reactor/reactor.h"

enum { LR_SIGNALS = 2 };

typedef struct lr_signals {
  lariat_reactor *reactor;
  void (*caught)(struct lr_signals *signals, int number);
  lr_watch watch; /* the pipe's reading end */
  int writing_end;
  bool taken;
  struct sigaction before[LR_SIGNALS];
} lr_signals;

/* Takes the signals over; those that are ignored stay so.
 * LARIAT_OK (also when they are taken), LARIAT_EBUSY, LARIAT_ENOMEM,
 * LARIAT_ESYSTEM */
lariat_status lr_signals_take(lr_signals *signals);

/* Gives the signals back as they were, but for what somebody else has set
 * since. */
void lr_signals_give_back(lr_signals *signals);

#endif
