/* SPDX-License-Identifier: MIT
 * counter_list.h: numbers by name, and lines for the diary, that the next
 * commit keeps.  One thread. */
#ifndef CRAWL_COUNTER_LIST_H
#define CRAWL_COUNTER_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lr_crawl_counter {
  char *name;
  int64_t value;
  bool changed; /* since the last commit */
} lr_crawl_counter;

/* All zero: empty. */
typedef struct lr_crawl_counter_list {
  lr_crawl_counter *counters;
  size_t count, capacity;
  bool changed; /* one of them has */
} lr_crawl_counter_list;

/* Sets a counter, which is made where there is none of that name.  False: out
 * of memory. */
bool lr_crawl_counters_set(lr_crawl_counter_list *list, const char *name,
                           int64_t value);
int64_t lr_crawl_counters_get(const lr_crawl_counter_list *list,
                              const char *name);
/* Says that all are in the log. */
void lr_crawl_counters_keep(lr_crawl_counter_list *list);
void lr_crawl_counters_clear(lr_crawl_counter_list *list);

typedef struct lr_crawl_note {
  int64_t at_s;
  char *text;
} lr_crawl_note;

/* All zero: empty. */
typedef struct lr_crawl_note_list {
  lr_crawl_note *notes;
  size_t count, capacity;
} lr_crawl_note_list;

/* Adds a copy.  False: out of memory. */
bool lr_crawl_notes_add(lr_crawl_note_list *list, int64_t at_s,
                        const char *text);
void lr_crawl_notes_drop(lr_crawl_note_list *list);
void lr_crawl_notes_clear(lr_crawl_note_list *list);

#endif
