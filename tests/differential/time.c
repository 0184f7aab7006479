/* SPDX-License-Identifier: MIT
 * time.c: the operations of time-outs and of the clock. */
#include <stdlib.h>

#include "differential/machine.h"
#include "reactor/reactor_private.h"

enum { NS_PER_MS = 1000000, TURNS_MOST = 10000 };

static lariat_value on_timeout(lariat_value result, uint64_t timeout_ms,
                               void *data) {
  (void)timeout_ms;
  struct context *context = data;
  struct machine *m = context->machine;
  if (m->is_over) return lariat_value_drop(result);
  say_called(m, "timeout", context->callback, result);
  perform(m, context->callback->body, context->callback->lines);
  return outcome_of(m, context->callback, result);
}

void perform_timeout(struct machine *m, lariat_deferred *deferred,
                     const struct line *line) {
  uint64_t ms = strtoull(line->words[2], NULL, 10);
  m->has_timers = true;
  if (line->count == 3) {
    lariat_deferred_add_timeout(deferred, ms, NULL, NULL, NULL);
    return;
  }
  struct context *context =
      new_context(m, function_in(m, line->words[3]), NULL);
  lariat_deferred_add_timeout(deferred, ms, on_timeout, context,
                              destroy_context);
}

void advance_clock(struct machine *m, uint64_t ms) {
  m->now_ns += ms * NS_PER_MS;
  for (int turns = 0; turns < TURNS_MOST; turns++) {
    if (lariat_reactor_run_once(m->reactor, 0) != LARIAT_OK)
      die("the reactor does not turn");
    if (!lr_reactor_pending(m->reactor)) return;
  }
  die("the reactor does not come to rest");
}

void perform_advance(struct machine *m, const struct line *line) {
  if (m->has_timers) advance_clock(m, strtoull(line->words[1], NULL, 10));
}
