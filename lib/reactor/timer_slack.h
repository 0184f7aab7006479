/* SPDX-License-Identifier: MIT
 * timer_slack.h: how much later than asked the kernel may wake the calling
 * thread.  50 microseconds if it was not told otherwise, which it makes use of
 * to wake threads together; a thread that is to do something at an instant
 * wants less. */
#ifndef LR_REACTOR_TIMER_SLACK_H
#define LR_REACTOR_TIMER_SLACK_H

#include <stdbool.h>

/* The slack that a thread has for a reactor's sake; zeroed memory is one that
 * was not touched. */
typedef struct lr_timer_slack {
  bool asked;    /* for less of it: not to be looked at again */
  int before_ns; /* what it was; 0: it was little enough, or cannot be set */
} lr_timer_slack;

/* Reduces the calling thread's slack to a microsecond if it is more; only the
 * first call makes system calls. */
void lr_timer_slack_reduce(lr_timer_slack *slack);

/* Undoes that, on the same thread, unless somebody else has set it since. */
void lr_timer_slack_restore(lr_timer_slack *slack);

#endif
