/* SPDX-License-Identifier: MIT
 * coroutines.c: the operations of coroutines, and their bodies. */
#include <stdlib.h>

#include "differential/machine.h"
#include <lariat/await.h>
#include <lariat/checks.h>
#include <lariat/gather.h>

/* Programs nest callbacks on it. */
enum { STACK_BYTES = 1024 * 1024 };

static lariat_value wait_for_slot(struct machine *m, const struct line *line) {
  lariat_deferred *deferred = m->deferreds[number_in(line->words[1])];
  if (m->keeps_awaited) keep(m, deferred);
  return lariat_await(lariat_deferred_retain(deferred));
}

static lariat_value wait_for_all(struct machine *m, const struct line *line) {
  struct children c = children_in(m, line, 1);
  for (size_t i = 0; i < c.count && m->keeps_awaited; i++)
    keep(m, c.deferreds[i]);
  return lariat_await_all(c.deferreds, c.count);
}

static lariat_value wait_for_time(struct machine *m, const struct line *line) {
  m->has_timers = true;
  lariat_status status =
      lariat_coroutine_sleep(strtoull(line->words[1], NULL, 10));
  if (status == LARIAT_OK) return lariat_none();
  return lariat_failure_new(status, "%s", lariat_status_text(status));
}

static lariat_value wait_as_told(struct machine *m, const struct line *line) {
  switch (line->op) {
  case OP_ALL:
    return wait_for_all(m, line);
  case OP_SLEEP:
    return wait_for_time(m, line);
  case OP_YIELD:
    return lariat_await_value(value_from(&m->counts, line->words[1]));
  default:
    return wait_for_slot(m, line);
  }
}

/* Nothing when the slot is empty. */
static bool has_what_to_wait_for(const struct machine *m,
                                 const struct line *line) {
  if (line->op != OP_AWAIT && line->op != OP_TRY) return true;
  return m->deferreds[number_in(line->words[1])] != NULL;
}

/* What a deferred that is returned brings is awaited behind the body. */
static lariat_value end_body(struct machine *m, const struct context *context,
                             lariat_value last) {
  lariat_value result = outcome_of(m, context->callback, last);
  if (result.type == &lariat_deferred_type && m->keeps_awaited)
    keep(m, result.data);
  return result;
}

/* A coroutine that waits when the program is over ends without a word. */
static lariat_value run_body(void *data) {
  const struct context *context = data;
  struct machine *m = context->machine;
  const struct function *function = context->callback;
  lariat_value last = lariat_none();
  text_format(&m->trace, "c%d %s\n", context->pair, function->name);
  for (int i = 0; i < function->lines && ++m->steps <= STEPS_MOST; i++) {
    const struct line *line = &function->body[i];
    if (!is_wait(line->op)) perform_line(m, line);
    if (!is_wait(line->op) || !has_what_to_wait_for(m, line)) continue;
    m->performed[line->op]++;
    last = lariat_value_drop(last);
    last = wait_as_told(m, line);
    if (m->is_over) return lariat_value_drop(last);
    text_format(&m->trace, "c%d %s ", context->pair, line->words[0]);
    describe(&m->trace, last);
    text_add(&m->trace, "\n");
    if (line->op == OP_AWAIT && lariat_is_failure(last)) return last;
  }
  return end_body(m, context, last);
}

void perform_run(struct machine *m, const struct line *line) {
  const lariat_coroutine_options options = {.size = sizeof options,
                                            .stack_bytes = STACK_BYTES,
                                            .destroy = destroy_context};
  struct context *context =
      new_context(m, function_in(m, line->words[2]), NULL);
  context->pair = ++m->coroutines;
  lariat_deferred *deferred =
      lariat_coroutine_start_with(m->reactor, run_body, context, &options);
  put_deferred(m, line->words[1], deferred);
  m->is_coroutine[number_in(line->words[1])] = true;
}

static lariat_value wait_once(void *data) {
  (void)data;
  return lariat_int(lariat_coroutine_sleep(1));
}

/* So many stacks that no program needs another one. */
void warm_up_coroutines(struct machine *m) {
  lariat_set_checks(false); /* for which a second await is one too many */
  const lariat_coroutine_options options = {.size = sizeof options,
                                            .stack_bytes = STACK_BYTES};
  for (int i = 0; i <= STEPS_MOST; i++)
    lariat_deferred_release(
        lariat_coroutine_start_with(m->reactor, wait_once, NULL, &options));
  advance_clock(m, 1);
}
