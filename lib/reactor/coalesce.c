/* SPDX-License-Identifier: MIT
 * coalesce.c: a very short sleep in which events gather, so that fewer looks
 * at the descriptors and fewer wake-ups of others deal with more of them. */
#include <time.h>

#include "reactor/reactor_private.h"

/* Measured: docs/internals/performance.md.  With fewer events than FEW in a
 * look too little comes for a sleep to gather it, with MANY there is no need.
 */
enum { FEW = 8, MANY = 24, COALESCE_NS = 5000 };

void lr_reactor_allow_coalescing(lariat_reactor *reactor, bool allowed) {
  reactor->polling.may_coalesce = allowed;
  if (allowed) lr_timer_slack_reduce(&reactor->timer_slack);
}

static bool may_coalesce_now(const lariat_reactor *reactor) {
  return reactor->polling.may_coalesce && lr_reactor_in_run(reactor) &&
         !lr_reactor_has_work(reactor);
}

bool lr_coalesce_skips_poll(lariat_reactor *reactor) {
  lr_polling *polling = &reactor->polling;
  if (!may_coalesce_now(reactor) || polling->found == 0 || polling->skipped ||
      !lr_mailbox_has_mail(reactor->mailbox))
    return false;
  polling->skipped = true;
  return true;
}

/* Does not announce the sleep to the mailbox: what comes in meanwhile needs no
 * wake-up. */
bool lr_coalesce(lariat_reactor *reactor) {
  lr_polling *polling = &reactor->polling;
  if (!may_coalesce_now(reactor) || polling->found < FEW ||
      polling->found >= MANY || lr_mailbox_has_mail(reactor->mailbox))
    return false;
  const struct timespec time = {0, COALESCE_NS};
  lr_turn_meter_end(reactor->meter, lariat_reactor_now_ns(reactor));
  (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
  polling->found = 0;
  return true;
}
