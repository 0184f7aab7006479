/* SPDX-License-Identifier: MIT
 * leased_urls.c: an array of URLs, whose free places are a list, and chains
 * through it. */
#include "leased_urls.h"

#include "memory.h"

enum { LEAST_CHAINS = 256 };

static uint32_t *chain_of(const lr_crawl_leased_urls *held, uint64_t id) {
  return &held->chains[id & (held->chain_count - 1)];
}

lr_crawl_leased_url *lr_crawl_leased_at(const lr_crawl_leased_urls *held,
                                        uint32_t number) {
  if (!number || number > held->used) return NULL;
  lr_crawl_leased_url *url = &held->urls[number - 1];
  return url->state == LR_CRAWL_LEASED_FREE ? NULL : url;
}

lr_crawl_leased_url *lr_crawl_leased_find(const lr_crawl_leased_urls *held,
                                          uint64_t id) {
  if (!held->chain_count) return NULL;
  for (uint32_t number = *chain_of(held, id); number;
       number = held->urls[number - 1].next)
    if (held->urls[number - 1].url.id == id) return &held->urls[number - 1];
  return NULL;
}

/* ---- Space ---- */

/* Puts all URLs into chains that are twice as many. */
static bool grow_chains(lr_crawl_leased_urls *held) {
  size_t count = held->chain_count ? held->chain_count * 2 : LEAST_CHAINS;
  uint32_t *chains = lr_crawl_allocate(count, sizeof *chains);
  if (!chains) return false;
  lariat_memory_release(held->chains);
  held->chains = chains;
  held->chain_count = count;
  for (uint32_t number = 1; number <= held->used; number++) {
    lr_crawl_leased_url *url = &held->urls[number - 1];
    if (url->state == LR_CRAWL_LEASED_FREE) continue;
    uint32_t *chain = chain_of(held, url->url.id);
    url->next = *chain;
    *chain = number;
  }
  return true;
}

/* Returns a free number; 0: out of memory. */
static uint32_t take_number(lr_crawl_leased_urls *held) {
  if (held->count >= held->chain_count && !grow_chains(held)) return 0;
  uint32_t number = held->free;
  if (number) {
    held->free = held->urls[number - 1].next;
    return number;
  }
  lr_crawl_leased_url *urls =
      lr_crawl_grow(held->urls, &held->capacity, held->used + 1, sizeof *urls);
  if (!urls) return 0;
  held->urls = urls;
  return (uint32_t)++held->used;
}

/* ---- Coming and going ---- */

uint32_t lr_crawl_leased_add(lr_crawl_leased_urls *held,
                             lr_crawl_shared_url *url) {
  if (lr_crawl_leased_find(held, url->id)) return 0;
  uint32_t number = take_number(held);
  if (!number) return 0;
  uint32_t *chain = chain_of(held, url->id);
  held->urls[number - 1] = (lr_crawl_leased_url){
      .url = *url, .next = *chain, .state = LR_CRAWL_LEASED_QUEUED};
  *chain = number;
  held->count++;
  *url = (lr_crawl_shared_url){0};
  return number;
}

static void release_texts(lr_crawl_shared_url *url) {
  lariat_memory_release(url->url);
  lariat_memory_release(url->etag);
  lariat_memory_release(url->last_modified);
}

void lr_crawl_leased_remove(lr_crawl_leased_urls *held, uint64_t id) {
  if (!held->chain_count) return;
  uint32_t *link = chain_of(held, id);
  while (*link && held->urls[*link - 1].url.id != id)
    link = &held->urls[*link - 1].next;
  uint32_t number = *link;
  if (!number) return;
  lr_crawl_leased_url *url = &held->urls[number - 1];
  *link = url->next;
  release_texts(&url->url);
  *url = (lr_crawl_leased_url){.next = held->free};
  held->free = number;
  held->count--;
}

void lr_crawl_leased_clear(lr_crawl_leased_urls *held) {
  for (size_t i = 0; i < held->used; i++)
    if (held->urls[i].state != LR_CRAWL_LEASED_FREE)
      release_texts(&held->urls[i].url);
  lariat_memory_release(held->urls);
  lariat_memory_release(held->chains);
  *held = (lr_crawl_leased_urls){0};
}
