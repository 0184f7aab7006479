/* SPDX-License-Identifier: MIT
 * resolver_cache.c: names by their hash, each with what is known and who
 * waits. */
#include "net/resolver_cache.h"

#include <string.h>

#include "base/memory.h"
#include "base/time.h"
#include "net/host_name.h"

enum { FIRST_BUCKETS = 256 };

/* Servers may say any time.  What is said of names that are there holds for a
 * day at most, of others for five minutes. */
static const uint64_t found_most_ns = 86400 * LR_NS_PER_S;
static const uint64_t none_most_ns = 300 * LR_NS_PER_S;

/* How long servers that have failed are not asked again at the most, how
 * long if there is an old answer (RFC 8767, 5), and how old one may be. */
static const uint64_t failure_ns = LR_NS_PER_S;
static const uint64_t failure_with_stale_ns = 30 * LR_NS_PER_S;
static const uint64_t stale_most_ns = 86400 * LR_NS_PER_S;

typedef struct entry {
  lr_table_node node;
  lr_list age;
  lr_list waiters;
  bool in_flight;
  bool counts_as_stale; /* `known` is too old, and used for want of better */
  lr_name_outcome known;
  uint64_t known_until_ns;
  lariat_addresses *stale; /* or NULL */
  uint64_t stale_until_ns;
  size_t length;
  char name[];
} entry;

typedef struct key {
  const char *name;
  size_t length;
} key;

static entry *entry_of(lr_table_node *node) {
  return lr_container(node, entry, node);
}

static bool has_name(lr_table_node *node, const void *wanted) {
  const key *k = wanted;
  const entry *e = entry_of(node);
  return e->length == k->length && memcmp(e->name, k->name, k->length) == 0;
}

static entry *find_entry(const lr_resolver_cache *cache, const char *name,
                         size_t length) {
  key k = {name, length};
  lr_table_node *node = lr_table_find(
      &cache->entries, lr_host_name_hash(name, length), has_name, &k);
  return node ? entry_of(node) : NULL;
}

/* ---- Life ---- */

static void free_entry(entry *e) {
  lr_addresses_release(e->known.addresses);
  lr_addresses_release(e->stale);
  lr_free(e);
}

static void drop_entry(lr_table_node *node, void *context) {
  (void)context;
  free_entry(entry_of(node));
}

bool lr_resolver_cache_init(lr_resolver_cache *cache) {
  *cache = (lr_resolver_cache){.counts = {0}};
  lr_list_init(&cache->by_age);
  pthread_mutex_init(&cache->lock, NULL);
  return lr_table_init(&cache->entries, FIRST_BUCKETS);
}

void lr_resolver_cache_clear(lr_resolver_cache *cache) {
  lr_table_clear(&cache->entries, drop_entry, NULL);
  pthread_mutex_destroy(&cache->lock);
}

static void remove_entry(lr_resolver_cache *cache, entry *e) {
  lr_table_remove(&cache->entries, &e->node);
  lr_list_remove(&e->age);
  free_entry(e);
}

/* Makes space for a name.  What is looked up now is in no list by age. */
static void forget_oldest(lr_resolver_cache *cache) {
  lr_list *node = cache->entries.count >= LR_RESOLVER_CACHE_NAMES
                      ? lr_list_first(&cache->by_age)
                      : NULL;
  if (node) remove_entry(cache, lr_container(node, entry, age));
}

static entry *make_entry(lr_resolver_cache *cache, const char *name,
                         size_t length) {
  forget_oldest(cache);
  entry *e = lr_alloc_zero(sizeof *e + length + 1);
  if (!e) return NULL;
  lr_list_init(&e->age);
  lr_list_init(&e->waiters);
  e->length = length;
  memcpy(e->name, name, length);
  lr_table_insert(&cache->entries, &e->node, lr_host_name_hash(name, length));
  return e;
}

/* ---- Outcomes ---- */

static lr_name_outcome share_outcome(const lr_name_outcome *outcome) {
  lr_name_outcome shared = *outcome;
  if (shared.addresses) lr_addresses_retain(shared.addresses);
  return shared;
}

static void keep_outcome(entry *e, lr_name_outcome outcome, uint64_t until_ns) {
  lr_addresses_release(e->known.addresses);
  e->known = outcome;
  e->known_until_ns = until_ns;
  e->counts_as_stale = false;
}

static void keep_stale(entry *e, lariat_addresses *addresses,
                       uint64_t until_ns) {
  if (addresses) lr_addresses_retain(addresses);
  lr_addresses_release(e->stale);
  e->stale = addresses;
  e->stale_until_ns = until_ns;
}

static bool has_stale_at(const entry *e, uint64_t now_ns) {
  return e->stale && now_ns < e->stale_until_ns;
}

/* Uses the old answer as if it were one, for a while. */
static void use_stale(entry *e, uint64_t now_ns) {
  lr_name_outcome outcome = {.verdict = LR_NAME_FOUND,
                             .status = LARIAT_OK,
                             .addresses = lr_addresses_retain(e->stale)};
  keep_outcome(e, outcome, lr_add_ns(now_ns, failure_with_stale_ns));
  e->counts_as_stale = true;
}

static uint64_t least(uint64_t one, uint64_t other) {
  return one < other ? one : other;
}

/* Keeps what a look-up has come to; an answer for no time at all, too, for
 * those who wait now. */
static void store_outcome(entry *e, lr_name_outcome outcome, uint64_t now_ns) {
  if (outcome.verdict == LR_NAME_FAILED && has_stale_at(e, now_ns)) {
    use_stale(e, now_ns);
    return;
  }
  uint64_t ttl_ns = 0;
  if (outcome.verdict == LR_NAME_FOUND)
    ttl_ns = least(outcome.ttl_ns, found_most_ns);
  if (outcome.verdict == LR_NAME_NO_ADDRESS)
    ttl_ns = least(outcome.ttl_ns, none_most_ns);
  if (outcome.verdict == LR_NAME_FAILED)
    ttl_ns = least(outcome.ttl_ns, failure_ns);
  uint64_t until_ns = lr_add_ns(now_ns, ttl_ns);
  keep_outcome(e, outcome, until_ns);
  if (outcome.verdict == LR_NAME_FOUND)
    keep_stale(e, ttl_ns ? outcome.addresses : NULL,
               lr_add_ns(until_ns, stale_most_ns));
  if (outcome.verdict == LR_NAME_NO_ADDRESS) keep_stale(e, NULL, 0);
}

/* ---- Waiting ---- */

static void tell_waiter(lr_name_waiter *waiter, const lr_name_outcome *told) {
  lr_list_remove(&waiter->node);
  waiter->outcome = share_outcome(told);
  waiter->state = LR_WAITER_TOLD;
  if (lr_mailbox_push(waiter->mailbox, &waiter->mail)) return;
  waiter->state = LR_WAITER_REFUSED;
  lr_addresses_release(waiter->outcome.addresses);
  waiter->outcome.addresses = NULL;
}

static void tell_all(lr_resolver_cache *cache, entry *e) {
  lr_list *node;
  while ((node = lr_list_first(&e->waiters))) {
    if (e->counts_as_stale) cache->counts.stale++;
    tell_waiter(lr_container(node, lr_name_waiter, node), &e->known);
  }
}

static bool is_known_at(const entry *e, uint64_t now_ns) {
  return now_ns < e->known_until_ns;
}

static void answer_at_once(lr_resolver_cache *cache, const entry *e,
                           lr_name_outcome *known) {
  *known = share_outcome(&e->known);
  if (e->counts_as_stale)
    cache->counts.stale++;
  else
    cache->counts.hits++;
}

static lr_cache_reply begin_look_up(lr_resolver_cache *cache, entry *e) {
  if (e->in_flight) {
    cache->counts.joined++;
    return LR_CACHE_JOINED;
  }
  e->in_flight = true;
  lr_list_remove(&e->age);
  cache->counts.look_ups++;
  cache->counts.in_flight++;
  return LR_CACHE_START;
}

static lr_cache_reply ask(lr_resolver_cache *cache, const char *name,
                          size_t length, uint64_t now_ns,
                          lr_name_waiter *waiter, lr_name_outcome *known,
                          bool *has_stale) {
  entry *e = find_entry(cache, name, length);
  if (!e) e = make_entry(cache, name, length);
  if (!e) {
    *known =
        (lr_name_outcome){.verdict = LR_NAME_FAILED, .status = LARIAT_ENOMEM};
    return LR_CACHE_KNOWN;
  }
  if (is_known_at(e, now_ns)) {
    answer_at_once(cache, e, known);
    return LR_CACHE_KNOWN;
  }
  lr_list_append(&e->waiters, &waiter->node);
  waiter->state = LR_WAITER_WAITS;
  *has_stale = has_stale_at(e, now_ns);
  return begin_look_up(cache, e);
}

lr_cache_reply lr_resolver_cache_ask(lr_resolver_cache *cache, const char *name,
                                     size_t length, uint64_t now_ns,
                                     lr_name_waiter *waiter,
                                     lr_name_outcome *known, bool *has_stale) {
  *has_stale = false;
  pthread_mutex_lock(&cache->lock);
  lr_cache_reply reply =
      ask(cache, name, length, now_ns, waiter, known, has_stale);
  pthread_mutex_unlock(&cache->lock);
  return reply;
}

bool lr_resolver_cache_leave(lr_resolver_cache *cache, lr_name_waiter *waiter) {
  pthread_mutex_lock(&cache->lock);
  bool free = waiter->state != LR_WAITER_TOLD;
  if (waiter->state == LR_WAITER_WAITS) {
    lr_list_remove(&waiter->node);
    waiter->state = LR_WAITER_IDLE;
  }
  pthread_mutex_unlock(&cache->lock);
  return free;
}

void lr_resolver_cache_tell_stale(lr_resolver_cache *cache, const char *name,
                                  size_t length, uint64_t now_ns) {
  pthread_mutex_lock(&cache->lock);
  entry *e = find_entry(cache, name, length);
  if (e && has_stale_at(e, now_ns)) {
    use_stale(e, now_ns);
    tell_all(cache, e);
  }
  pthread_mutex_unlock(&cache->lock);
}

static void settle(lr_resolver_cache *cache, entry *e, lr_name_outcome outcome,
                   uint64_t now_ns) {
  e->in_flight = false;
  cache->counts.in_flight--;
  if (outcome.verdict == LR_NAME_NO_ADDRESS ||
      outcome.verdict == LR_NAME_FAILED)
    cache->counts.failures++;
  store_outcome(e, outcome, now_ns);
  lr_list_append(&cache->by_age, &e->age);
  tell_all(cache, e);
  if (!is_known_at(e, now_ns) && !has_stale_at(e, now_ns))
    remove_entry(cache, e);
}

void lr_resolver_cache_settle(lr_resolver_cache *cache, const char *name,
                              size_t length, lr_name_outcome outcome,
                              uint64_t now_ns) {
  pthread_mutex_lock(&cache->lock);
  entry *e = find_entry(cache, name, length);
  if (e && e->in_flight)
    settle(cache, e, outcome, now_ns);
  else
    lr_addresses_release(outcome.addresses);
  pthread_mutex_unlock(&cache->lock);
}

bool lr_resolver_cache_is_wanted(lr_resolver_cache *cache, const char *name,
                                 size_t length) {
  pthread_mutex_lock(&cache->lock);
  const entry *e = find_entry(cache, name, length);
  bool wanted = e && !lr_list_empty(&e->waiters);
  pthread_mutex_unlock(&cache->lock);
  return wanted;
}

lr_resolver_counts lr_resolver_cache_counts(lr_resolver_cache *cache) {
  pthread_mutex_lock(&cache->lock);
  lr_resolver_counts counts = cache->counts;
  pthread_mutex_unlock(&cache->lock);
  return counts;
}
