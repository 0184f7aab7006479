/* SPDX-License-Identifier: MIT
 * tools.c: the operations of locks, semaphores and queues. */
#include <stdlib.h>
#include <string.h>

#include "differential/machine.h"
#include <lariat/lock.h>
#include <lariat/queue.h>
#include <lariat/semaphore.h>

static void drop_tool(struct tool *tool) {
  struct tool old = *tool;
  *tool = (struct tool){NULL, NULL, NULL};
  lariat_lock_drop(old.lock);
  lariat_semaphore_drop(old.semaphore);
  lariat_queue_drop(old.queue);
}

static struct tool *tool_in(struct machine *m, const struct line *line) {
  return &m->tools[number_in(line->words[1])];
}

static void put_tool(struct machine *m, const struct line *line,
                     lariat_status status, struct tool made) {
  if (status != LARIAT_OK) die("no %s", line->words[0]);
  struct tool *tool = tool_in(m, line);
  drop_tool(tool);
  *tool = made;
}

void perform_lock(struct machine *m, const struct line *line) {
  struct tool made = {NULL, NULL, NULL};
  lariat_status status = lariat_lock_new(m->reactor, &made.lock);
  put_tool(m, line, status, made);
}

void perform_semaphore(struct machine *m, const struct line *line) {
  struct tool made = {NULL, NULL, NULL};
  lariat_status status = lariat_semaphore_new(
      m->reactor, strtoul(line->words[2], NULL, 10), &made.semaphore);
  put_tool(m, line, status, made);
}

static size_t limit_in(const char *word) {
  if (strcmp(word, "-") == 0) return LARIAT_QUEUE_UNLIMITED;
  return strtoul(word, NULL, 10);
}

void perform_queue(struct machine *m, const struct line *line) {
  struct tool made = {NULL, NULL, NULL};
  lariat_status status =
      lariat_queue_new(m->reactor, limit_in(line->words[2]),
                       limit_in(line->words[3]), &made.queue);
  put_tool(m, line, status, made);
}

void perform_acquire(struct machine *m, const struct line *line) {
  const struct tool *tool = tool_in(m, line);
  if (tool->lock)
    put_deferred(m, line->words[2], lariat_lock_acquire(tool->lock));
  else if (tool->semaphore)
    put_deferred(m, line->words[2], lariat_semaphore_acquire(tool->semaphore));
}

void perform_release(struct machine *m, const struct line *line) {
  const struct tool *tool = tool_in(m, line);
  lariat_status status = LARIAT_OK;
  if (tool->lock) status = lariat_lock_release(tool->lock);
  if (tool->semaphore) status = lariat_semaphore_release(tool->semaphore);
  if (status != LARIAT_OK)
    text_format(&m->trace, "release t%s: not held\n", line->words[1]);
}

void perform_put(struct machine *m, const struct line *line) {
  const struct tool *tool = tool_in(m, line);
  if (!tool->queue) return;
  lariat_value value = value_from(&m->counts, line->words[2]);
  if (lariat_queue_put(tool->queue, value) == LARIAT_OK) return;
  lariat_value_drop(value);
  text_format(&m->trace, "put t%s: overflow\n", line->words[1]);
}

void perform_get(struct machine *m, const struct line *line) {
  const struct tool *tool = tool_in(m, line);
  if (tool->queue)
    put_deferred(m, line->words[2], lariat_queue_get(tool->queue));
}

static void tell_tool(struct text *trace, const struct tool *tool) {
  if (tool->lock)
    text_add(trace, lariat_lock_locked(tool->lock) ? "locked\n" : "free\n");
  else if (tool->semaphore)
    text_format(trace, "tokens %zu\n",
                lariat_semaphore_tokens(tool->semaphore));
  else
    text_format(trace, "pending %zu waiting %zu\n",
                lariat_queue_count(tool->queue),
                lariat_queue_waiting(tool->queue));
}

void tell_tools(struct machine *m) {
  for (int i = 0; i < SLOTS; i++) {
    const struct tool *tool = &m->tools[i];
    if (!tool->lock && !tool->semaphore && !tool->queue) continue;
    text_format(&m->trace, "t%d ", i);
    tell_tool(&m->trace, tool);
  }
}

void drop_tools(struct machine *m) {
  for (int i = 0; i < SLOTS; i++) drop_tool(&m->tools[i]);
}
