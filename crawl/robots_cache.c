/* SPDX-License-Identifier: MIT
 * robots_cache.c: entries in a table by origin, and in a list by their last
 * use. */
#include "robots_cache.h"

#include <string.h>

#include "list.h"
#include "memory.h"
#include "text_table.h"

typedef struct entry {
  lr_crawl_list used; /* behind those that were used earlier */
  lariat_crawl_robots *rules;
  int64_t at_s, expires_s, unreachable_since_s;
  char *etag, *last_modified, *url;
  size_t bytes;
  int status;
  unsigned tries;
  lariat_crawl_robots_access access;
  char origin[];
} entry;

struct lr_crawl_robots_cache {
  lr_crawl_robots_options options;
  lr_crawl_text_table entries;
  lr_crawl_list used;
  size_t bytes;
  char *agent;
};

lr_crawl_robots_options lr_crawl_robots_defaults(void) {
  return (lr_crawl_robots_options){.agent = "lariat",
                                   .most_bytes = (size_t)64 << 20,
                                   .most_age_s = 86400,
                                   .least_age_s = 60,
                                   .retry_s = 10,
                                   .most_tries = 3,
                                   .unavailable_s = 30 * 86400};
}

static const char *origin_of(const void *object) {
  return ((const entry *)object)->origin;
}

/* ---- Making ---- */

static bool is_agent(const char *agent) {
  lariat_crawl_robots *robots = NULL;
  lariat_status status = lariat_crawl_robots_parse("", 0, agent, &robots);
  lariat_crawl_robots_free(robots);
  return status != LARIAT_EINVAL;
}

lariat_status lr_crawl_robots_cache_new(const lr_crawl_robots_options *options,
                                        lr_crawl_robots_cache **out) {
  *out = NULL;
  if (!is_agent(options->agent)) return LARIAT_EINVAL;
  lr_crawl_robots_cache *cache = lr_crawl_allocate(1, sizeof *cache);
  if (!cache) return LARIAT_ENOMEM;
  cache->options = *options;
  cache->options.agent = cache->agent = lr_crawl_copy_text(options->agent);
  if (!cache->agent) {
    lariat_memory_release(cache);
    return LARIAT_ENOMEM;
  }
  lr_crawl_text_table_init(&cache->entries, origin_of);
  lr_crawl_list_init(&cache->used);
  *out = cache;
  return LARIAT_OK;
}

static void free_entry(entry *old) {
  lariat_crawl_robots_free(old->rules);
  lariat_memory_release(old->etag);
  lariat_memory_release(old->last_modified);
  lariat_memory_release(old->url);
  lariat_memory_release(old);
}

static void forget(lr_crawl_robots_cache *cache, entry *old) {
  lr_crawl_text_table_remove(&cache->entries, old);
  lr_crawl_list_remove(&old->used);
  cache->bytes -= old->bytes;
  free_entry(old);
}

void lr_crawl_robots_cache_free(lr_crawl_robots_cache *cache) {
  if (!cache) return;
  for (lr_crawl_list *node; (node = lr_crawl_list_first(&cache->used));)
    forget(cache, lr_crawl_listed(node, entry, used));
  lr_crawl_text_table_clear(&cache->entries);
  lariat_memory_release(cache->agent);
  lariat_memory_release(cache);
}

/* ---- Entries ---- */

/* Finds an entry, which is the one that was used last from now on. */
static entry *use(lr_crawl_robots_cache *cache, const char *origin) {
  entry *found = lr_crawl_text_table_find(&cache->entries, origin);
  if (!found) return NULL;
  lr_crawl_list_remove(&found->used);
  lr_crawl_list_append(&cache->used, &found->used);
  return found;
}

static entry *add(lr_crawl_robots_cache *cache, const char *origin) {
  size_t length = strlen(origin);
  entry *made = lr_crawl_allocate(1, sizeof *made + length + 1);
  if (!made) return NULL;
  memcpy(made->origin, origin, length);
  if (lr_crawl_text_table_add(&cache->entries, made)) {
    lariat_memory_release(made);
    return NULL;
  }
  lr_crawl_list_append(&cache->used, &made->used);
  return made;
}

static size_t measure(const entry *of) {
  size_t bytes = sizeof *of + strlen(of->origin) + 1;
  if (of->rules) bytes += lariat_crawl_robots_memory(of->rules);
  if (of->etag) bytes += strlen(of->etag) + 1;
  if (of->last_modified) bytes += strlen(of->last_modified) + 1;
  if (of->url) bytes += strlen(of->url) + 1;
  return bytes;
}

/* Counts what an entry takes now, and forgets the oldest, but not this one. */
static void recount(lr_crawl_robots_cache *cache, entry *changed) {
  cache->bytes -= changed->bytes;
  changed->bytes = measure(changed);
  cache->bytes += changed->bytes;
  while (cache->bytes > cache->options.most_bytes) {
    entry *oldest = lr_crawl_listed(cache->used.next, entry, used);
    if (oldest == changed) return;
    forget(cache, oldest);
  }
}

/* Copies a text over another one; without a text there is none. */
static bool replace_text(char **text, const char *with) {
  char *copy = with ? lr_crawl_copy_text(with) : NULL;
  if (with && !copy) return false;
  lariat_memory_release(*text);
  *text = copy;
  return true;
}

static bool replace_rules(entry *in, const lr_crawl_robots_change *change) {
  lariat_crawl_robots_free(in->rules);
  in->rules = change->rules;
  in->access = change->access;
  return replace_text(&in->etag, change->etag) &&
         replace_text(&in->last_modified, change->last_modified) &&
         replace_text(&in->url, change->url);
}

lariat_status lr_crawl_robots_cache_put(lr_crawl_robots_cache *cache,
                                        const char *origin,
                                        const lr_crawl_robots_change *change) {
  entry *changed = use(cache, origin);
  if (!changed) changed = add(cache, origin);
  if (!changed) {
    lariat_crawl_robots_free(change->rules);
    return LARIAT_ENOMEM;
  }
  changed->at_s = change->at_s;
  changed->expires_s = change->expires_s;
  changed->unreachable_since_s = change->unreachable_since_s;
  changed->status = change->status;
  changed->tries = change->tries;
  if (change->rules && !replace_rules(changed, change)) {
    forget(cache, changed);
    return LARIAT_ENOMEM;
  }
  recount(cache, changed);
  return LARIAT_OK;
}

void lr_crawl_robots_cache_remove(lr_crawl_robots_cache *cache,
                                  const char *origin) {
  entry *found = lr_crawl_text_table_find(&cache->entries, origin);
  if (found) forget(cache, found);
}

/* ---- Readers ---- */

bool lr_crawl_robots_cache_find(lr_crawl_robots_cache *cache,
                                const char *origin, lr_crawl_robots_copy *out) {
  const entry *found = use(cache, origin);
  *out = (lr_crawl_robots_copy){0};
  if (!found || !found->rules) return false;
  *out =
      (lr_crawl_robots_copy){.rules = found->rules,
                             .at_s = found->at_s,
                             .expires_s = found->expires_s,
                             .unreachable_since_s = found->unreachable_since_s,
                             .status = found->status,
                             .access = found->access,
                             .etag = found->etag,
                             .last_modified = found->last_modified,
                             .url = found->url};
  return true;
}

size_t lr_crawl_robots_cache_bytes(const lr_crawl_robots_cache *cache) {
  return cache->bytes;
}

size_t lr_crawl_robots_cache_count(const lr_crawl_robots_cache *cache) {
  return cache->entries.count;
}

const lr_crawl_robots_options *
lr_crawl_robots_cache_options(const lr_crawl_robots_cache *cache) {
  return &cache->options;
}

lr_crawl_robots_change
lr_crawl_robots_cache_last(const lr_crawl_robots_cache *cache,
                           const char *origin) {
  const entry *found = lr_crawl_text_table_find(&cache->entries, origin);
  if (!found) return (lr_crawl_robots_change){0};
  return (lr_crawl_robots_change){
      .at_s = found->at_s,
      .expires_s = found->expires_s,
      .unreachable_since_s = found->unreachable_since_s,
      .status = found->status,
      .access = found->rules ? found->access : LARIAT_CRAWL_ROBOTS_UNREACHABLE,
      .tries = found->tries,
      .etag = found->etag,
      .last_modified = found->last_modified,
      .url = found->url};
}

/* ---- From an earlier run ---- */

static lariat_status parse_kept(const lr_crawl_robots_cache *cache,
                                const lr_crawl_robots_kept *kept,
                                lr_crawl_robots_change *change) {
  if (change->access != LARIAT_CRAWL_ROBOTS_READ)
    return lariat_crawl_robots_without_file(change->access, &change->rules);
  return lariat_crawl_robots_parse(kept->text ? kept->text : "", kept->length,
                                   cache->agent, &change->rules);
}

/* A text is what counts, whatever has come of later tries. */
lariat_status lr_crawl_robots_cache_restore(lr_crawl_robots_cache *cache,
                                            const char *origin,
                                            const lr_crawl_robots_kept *kept) {
  lr_crawl_robots_change change = {
      .at_s = kept->at_s,
      .expires_s = kept->expires_s,
      .unreachable_since_s = kept->unreachable_since_s,
      .status = kept->status,
      .access = kept->text && kept->length
                    ? LARIAT_CRAWL_ROBOTS_READ
                    : lariat_crawl_robots_access_of(
                          kept->status, LARIAT_CRAWL_ROBOTS_MOST_REDIRECTS),
      .etag = kept->etag,
      .last_modified = kept->last_modified};
  lariat_status status = parse_kept(cache, kept, &change);
  if (status) return status;
  return lr_crawl_robots_cache_put(cache, origin, &change);
}
