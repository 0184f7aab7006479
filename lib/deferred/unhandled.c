/* SPDX-License-Identifier: MIT
 * unhandled.c: the report of a failure that nobody handled. */
#include "deferred/unhandled.h"

#include <stdio.h>

#include "base/process.h"
#include "deferred/room.h"
#include "reactor/reactor.h"

/* A report is one line. */
static void flatten(char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text < ' ') *text = ' ';
  }
}

void lr_unhandled_report(const lariat_deferred *deferred) {
  if (deferred->flags & LR_DEFERRED_FORGOTTEN) return;
  lariat_reactor *reactor = deferred->home->reactor;
  char text[1024];
  snprintf(text, sizeof text,
           "unhandled failure: %.800s (%s) in a deferred of %s%.100s",
           lariat_failure_message(deferred->result),
           lariat_status_name(lariat_failure_status(deferred->result)),
           reactor ? "reactor " : "a reactor that is closed",
           reactor ? lariat_reactor_name(reactor) : "");
  flatten(text);
  if (reactor)
    lr_reactor_report(reactor, text);
  else
    lr_process_say("%s", text);
}
