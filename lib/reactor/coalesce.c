/* SPDX-License-Identifier: MIT
 * lull.c: a very short sleep in which events gather. */
#include <sys/prctl.h>
#include <time.h>

#include "reactor/reactor_private.h"

/* Measured: docs/internals/performance.md.  With fewer events than FEW in a
 * look too little comes for a lull to gather it, with MANY there is no need. */
enum { FEW = 8, MANY = 24, COALESCE_NS = 5000 };

/* The kernel lets a thread oversleep by its timer slack, 50 microseconds if it
 * was not told otherwise. */
enum { SLACK_NS = 1000 };

void lr_reactor_allow_coalescing(lariat_reactor *reactor, bool allowed) {
  reactor->may_coalesce = allowed;
  if (!allowed || reactor->has_fine_timer_slack) return;
  reactor->has_fine_timer_slack = true;
  (void)prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
}

static bool is_free(const lariat_reactor *reactor) {
  return reactor->may_coalesce && reactor->in_run &&
         !lr_reactor_has_work(reactor);
}

bool lr_coalesce_mail_first(lariat_reactor *reactor) {
  if (!is_free(reactor) || reactor->found == 0 || reactor->left_out ||
      !lr_mailbox_has_mail(reactor->mailbox))
    return false;
  reactor->left_out = true;
  return true;
}

/* What comes into the mailbox meanwhile needs no wake-up: the sleep has not
 * been announced to it. */
bool lr_coalesce(lariat_reactor *reactor) {
  if (!is_free(reactor) || reactor->found < FEW || reactor->found >= MANY ||
      lr_mailbox_has_mail(reactor->mailbox))
    return false;
  const struct timespec time = {0, COALESCE_NS};
  (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
  reactor->found = 0;
  return true;
}
