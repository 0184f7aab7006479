/* SPDX-License-Identifier: MIT
 * together.c: the operations on several deferreds at once. */
#include <string.h>

#include "differential/machine.h"
#include <lariat/deferred_list.h>
#include <lariat/gather.h>
#include <lariat/race.h>

struct children children_in(const struct machine *m, const struct line *line,
                            int first) {
  struct children children = {.count = 0};
  for (int i = first; i < line->count; i++) {
    lariat_deferred *child = m->deferreds[number_in(line->words[i])];
    if (child)
      children.deferreds[children.count++] = lariat_deferred_retain(child);
  }
  return children;
}

void perform_gather(struct machine *m, const struct line *line) {
  struct children c = children_in(m, line, 2);
  put_deferred(m, line->words[1], lariat_gather_results(c.deferreds, c.count));
}

static unsigned flags_in(const char *word) {
  unsigned flags = 0;
  if (strchr(word, 'c')) flags |= LARIAT_FIRE_ON_ONE_CALLBACK;
  if (strchr(word, 'e')) flags |= LARIAT_FIRE_ON_ONE_ERRBACK;
  if (strchr(word, 'x')) flags |= LARIAT_CONSUME_ERRORS;
  return flags;
}

void perform_list(struct machine *m, const struct line *line) {
  struct children c = children_in(m, line, 3);
  unsigned flags = flags_in(line->words[2]);
  put_deferred(m, line->words[1],
               lariat_deferred_list(c.deferreds, c.count, flags));
}

void perform_race(struct machine *m, const struct line *line) {
  struct children c = children_in(m, line, 2);
  for (size_t i = 0; i < c.count && m->keeps_racers; i++)
    keep(m, c.deferreds[i]);
  put_deferred(m, line->words[1], lariat_race(c.deferreds, c.count));
}
