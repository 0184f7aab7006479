/* SPDX-License-Identifier: MIT
 * hop_path.c: from a URL back to its seed. */
#include "hop_path.h"

#include <stdio.h>

#include "memory.h"

/* Letters that are written, and steps that are looked at. */
enum { LETTERS = 50, MOST_STEPS = 1000 };

typedef struct path {
  unsigned steps;
  char letters[LETTERS]; /* of the last steps, the last one first */
} path;

/* Adds the step before those that were added. */
static void add_step(path *of, char hop) {
  if (of->steps < LETTERS) of->letters[of->steps] = hop == 'S' ? 'M' : hop;
  of->steps++;
}

static char *write_path(const path *of) {
  char text[LETTERS + 16];
  unsigned count = of->steps < LETTERS ? of->steps : LETTERS;
  int at = of->steps > LETTERS
               ? snprintf(text, sizeof text, "%u+", of->steps - LETTERS)
               : 0;
  for (unsigned i = count; i--;) text[at++] = of->letters[i];
  return lr_crawl_copy_bytes(text, (size_t)at);
}

void lr_crawl_hop_path_add(lr_crawl_frontier *frontier,
                           lr_crawl_queued_url *url) {
  path of = {0};
  char hop = url->hop;
  uint64_t via = url->via;
  while (hop != '-' && of.steps < MOST_STEPS) {
    lr_crawl_known_url step;
    add_step(&of, hop);
    if (!via || lr_crawl_frontier_read_url(frontier, via, &step) != LARIAT_OK)
      break;
    hop = step.hop;
    via = step.via;
    if (url->via_url)
      lariat_memory_release(step.url);
    else
      url->via_url = step.url;
  }
  if (of.steps) url->hop_path = write_path(&of);
}
