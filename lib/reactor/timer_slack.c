/* SPDX-License-Identifier: MIT
 * timer_slack.c: the slack of a thread's timers (prctl). */
#include "reactor/timer_slack.h"

#include <sys/prctl.h>

enum { FINE_NS = 1000 };

void lr_timer_slack_reduce(lr_timer_slack *slack) {
  if (slack->asked) return;
  slack->asked = true;
  int now_ns = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  if (now_ns > FINE_NS && prctl(PR_SET_TIMERSLACK, FINE_NS, 0, 0, 0) == 0)
    slack->before_ns = now_ns;
}

void lr_timer_slack_restore(lr_timer_slack *slack) {
  if (slack->before_ns && prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) == FINE_NS)
    (void)prctl(PR_SET_TIMERSLACK, slack->before_ns, 0, 0, 0);
  *slack = (lr_timer_slack){0};
}
