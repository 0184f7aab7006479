/* SPDX-License-Identifier: MIT
 * fact_list.c: an array that is searched from its end: between two commits a
 * few hosts change. */
#include "fact_list.h"

#include "memory.h"

static void release_texts(const lr_crawl_host_facts *facts) {
  lariat_memory_release((void *)(uintptr_t)facts->ip);
  lariat_memory_release((void *)(uintptr_t)facts->robots);
  lariat_memory_release((void *)(uintptr_t)facts->note);
}

/* Makes `*copy` one that owns its texts; false: out of memory, and it has
 * none. */
static bool copy_facts(lr_crawl_host_facts *copy,
                       const lr_crawl_host_facts *facts) {
  *copy = *facts;
  copy->ip = facts->ip ? lr_crawl_copy_text(facts->ip) : NULL;
  copy->note = facts->note ? lr_crawl_copy_text(facts->note) : NULL;
  copy->robots = facts->robots
                     ? lr_crawl_copy_bytes(facts->robots, facts->robots_length)
                     : NULL;
  if (!copy->ip == !facts->ip && !copy->note == !facts->note &&
      !copy->robots == !facts->robots)
    return true;
  release_texts(copy);
  return false;
}

static lr_crawl_host_facts *find(const lr_crawl_fact_list *list,
                                 uint64_t host) {
  for (size_t i = list->count; i--;)
    if (list->facts[i].host == host) return &list->facts[i];
  return NULL;
}

const lr_crawl_host_facts *lr_crawl_facts_find(const lr_crawl_fact_list *list,
                                               uint64_t host) {
  return find(list, host);
}

bool lr_crawl_facts_set(lr_crawl_fact_list *list,
                        const lr_crawl_host_facts *facts) {
  lr_crawl_host_facts copy;
  lr_crawl_host_facts *array = lr_crawl_grow(list->facts, &list->capacity,
                                             list->count + 1, sizeof *array);
  if (array) list->facts = array;
  if (!array || !copy_facts(&copy, facts)) return false;
  lr_crawl_host_facts *place = find(list, facts->host);
  if (place)
    release_texts(place);
  else
    place = &list->facts[list->count++];
  *place = copy;
  return true;
}

void lr_crawl_facts_drop(lr_crawl_fact_list *list) {
  while (list->count) release_texts(&list->facts[--list->count]);
}

void lr_crawl_facts_clear(lr_crawl_fact_list *list) {
  lr_crawl_facts_drop(list);
  lariat_memory_release(list->facts);
  *list = (lr_crawl_fact_list){0};
}
