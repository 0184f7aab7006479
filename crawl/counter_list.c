/* SPDX-License-Identifier: MIT
 * counter_list.c: two arrays. */
#include "counter_list.h"

#include "memory.h"

/* ---- Counters ---- */

static lr_crawl_counter *find(const lr_crawl_counter_list *list,
                              const char *name) {
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->counters[i].name, name) == 0) return &list->counters[i];
  return NULL;
}

static lr_crawl_counter *append(lr_crawl_counter_list *list, const char *name) {
  lr_crawl_counter *counters = lr_crawl_grow(list->counters, &list->capacity,
                                             list->count + 1, sizeof *counters);
  if (!counters) return NULL;
  list->counters = counters;
  char *copy = lr_crawl_copy_text(name);
  if (!copy) return NULL;
  counters[list->count] = (lr_crawl_counter){.name = copy};
  return &counters[list->count++];
}

bool lr_crawl_counters_set(lr_crawl_counter_list *list, const char *name,
                           int64_t value) {
  lr_crawl_counter *counter = find(list, name);
  if (counter && counter->value == value) return true;
  if (!counter) counter = append(list, name);
  if (!counter) return false;
  counter->value = value;
  counter->changed = list->changed = true;
  return true;
}

int64_t lr_crawl_counters_get(const lr_crawl_counter_list *list,
                              const char *name) {
  const lr_crawl_counter *counter = find(list, name);
  return counter ? counter->value : 0;
}

void lr_crawl_counters_keep(lr_crawl_counter_list *list) {
  for (size_t i = 0; i < list->count; i++) list->counters[i].changed = false;
  list->changed = false;
}

void lr_crawl_counters_clear(lr_crawl_counter_list *list) {
  for (size_t i = 0; i < list->count; i++)
    lariat_memory_release(list->counters[i].name);
  lariat_memory_release(list->counters);
  *list = (lr_crawl_counter_list){0};
}

/* ---- Notes ---- */

bool lr_crawl_notes_add(lr_crawl_note_list *list, int64_t at_s,
                        const char *text) {
  lr_crawl_note *notes = lr_crawl_grow(list->notes, &list->capacity,
                                       list->count + 1, sizeof *notes);
  if (!notes) return false;
  list->notes = notes;
  char *copy = lr_crawl_copy_text(text);
  if (copy) notes[list->count++] = (lr_crawl_note){.at_s = at_s, .text = copy};
  return copy != NULL;
}

void lr_crawl_notes_drop(lr_crawl_note_list *list) {
  while (list->count) lariat_memory_release(list->notes[--list->count].text);
}

void lr_crawl_notes_clear(lr_crawl_note_list *list) {
  lr_crawl_notes_drop(list);
  lariat_memory_release(list->notes);
  *list = (lr_crawl_note_list){0};
}
