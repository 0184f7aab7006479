/* SPDX-License-Identifier: MIT
 * unhandled.c: the report of a failure that nobody handled. */
#include "deferred/unhandled.h"

#include <stdio.h>
#include <string.h>

#include "base/process.h"
#include "deferred/state.h"
#include "deferred/trace.h"
#include "reactor/reactor.h"

/* Makes `text` one line, as a report is. */
static void flatten_text(char *text) {
  for (; *text; text++) {
    if ((unsigned char)*text < ' ') *text = ' ';
  }
}

/* Appends the places, where they are known; at the end, for they may be cut. */
static void append_places(const lariat_deferred *deferred, char *text,
                          size_t capacity) {
  size_t used = strlen(text);
  if (!(deferred->flags & LR_DEFERRED_TRACED)) return;
  snprintf(text + used, capacity - used, ", ");
  lr_trace_describe(deferred, text + used + 2, capacity - used - 2);
}

static void send_report(lariat_reactor *reactor, char *text) {
  flatten_text(text);
  if (reactor)
    lr_reactor_report(reactor, text);
  else
    lr_process_say("%s", text);
}

void lr_unhandled_report(const lariat_deferred *deferred) {
  if (deferred->flags & LR_DEFERRED_FORGOTTEN) return;
  lariat_reactor *reactor = deferred->state->reactor;
  char text[2048];
  snprintf(text, sizeof text,
           "unhandled failure: %.800s (%s) in a deferred of %s%.100s",
           lariat_failure_message(deferred->result),
           lariat_status_name(lariat_failure_status(deferred->result)),
           reactor ? "reactor " : "a reactor that is closed",
           reactor ? lariat_reactor_name(reactor) : "");
  append_places(deferred, text, sizeof text);
  send_report(reactor, text);
}

lariat_value lariat_report_failure(lariat_value failure, void *reactor) {
  if (!lariat_is_failure(failure)) return failure;
  char text[1024];
  snprintf(text, sizeof text, "failure: %.800s (%s)",
           lariat_failure_message(failure),
           lariat_status_name(lariat_failure_status(failure)));
  send_report(reactor ? reactor : lariat_reactor_current(), text);
  return failure;
}
