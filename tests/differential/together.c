/* SPDX-License-Identifier: MIT
 * together.c: the operations on several deferreds at once. */
#include "differential/machine.h"
#include <lariat/gather.h>

struct children {
  lariat_deferred *deferreds[WORDS_MOST];
  size_t count;
};

/* Those in the slots that the line names from this word on, each with a new
 * reference. */
static struct children children_in(const struct machine *m,
                                   const struct line *line, int first) {
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
