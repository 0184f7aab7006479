/* SPDX-License-Identifier: MIT
 * dispatch.c: a table of hosts and a ring of those that are ready. */
#include "dispatch.h"

#include "memory.h"

/* URLs that are away, of all hosts.  From half of MANY_AWAY on each host has
 * few; from there on one, which no host waits for however many others are slow,
 * until that takes too much memory. */
enum { MANY_AWAY = 32768, MOST_AWAY = 262144, FEW = 2 };

void lr_crawl_dispatch_clear(lr_crawl_dispatch *dispatch) {
  lariat_memory_release(dispatch->hosts);
  lariat_memory_release(dispatch->ready);
  *dispatch = (lr_crawl_dispatch){0};
}

lr_crawl_dispatched_host *lr_crawl_dispatch_host(lr_crawl_dispatch *dispatch,
                                                 uint64_t host) {
  size_t before = dispatch->capacity;
  if (host < before) return &dispatch->hosts[host];
  if (host > SIZE_MAX / 2) return NULL;
  lr_crawl_dispatched_host *hosts = lr_crawl_grow(
      dispatch->hosts, &dispatch->capacity, (size_t)host + 1, sizeof *hosts);
  if (!hosts) return NULL;
  memset(hosts + before, 0, (dispatch->capacity - before) * sizeof *hosts);
  dispatch->hosts = hosts;
  return &hosts[host];
}

/* ---- The ring ---- */

/* Makes the ring larger; what it has begins at its first place then. */
static bool grow_ring(lr_crawl_dispatch *dispatch) {
  size_t capacity = dispatch->ready_capacity * 2 + 64;
  uint64_t *ready = lr_crawl_allocate(capacity, sizeof *ready);
  if (!ready) return false;
  for (size_t i = 0; i < dispatch->count; i++)
    ready[i] =
        dispatch->ready[(dispatch->first + i) % dispatch->ready_capacity];
  lariat_memory_release(dispatch->ready);
  dispatch->ready = ready;
  dispatch->ready_capacity = capacity;
  dispatch->first = 0;
  return true;
}

static bool push(lr_crawl_dispatch *dispatch, uint64_t host) {
  if (dispatch->count == dispatch->ready_capacity && !grow_ring(dispatch))
    return false;
  size_t at = (dispatch->first + dispatch->count) % dispatch->ready_capacity;
  dispatch->ready[at] = host;
  dispatch->count++;
  return true;
}

bool lr_crawl_dispatch_next(lr_crawl_dispatch *dispatch, uint64_t *host) {
  if (dispatch->count == 0) return false;
  *host = dispatch->ready[dispatch->first];
  dispatch->first = (dispatch->first + 1) % dispatch->ready_capacity;
  dispatch->count--;
  dispatch->hosts[*host].waiting = false;
  return true;
}

/* Puts a host into the ring, if it has more and few of it are away. */
static bool make_ready(lr_crawl_dispatch *dispatch, uint64_t host) {
  lr_crawl_dispatched_host *own = &dispatch->hosts[host];
  if (own->waiting || !own->has_more || own->is_full ||
      own->away > dispatch->most_away / 2)
    return true;
  own->waiting = push(dispatch, host);
  return own->waiting;
}

/* ---- Coming and going ---- */

bool lr_crawl_dispatch_add(lr_crawl_dispatch *dispatch, uint64_t host,
                           unsigned shard) {
  lr_crawl_dispatched_host *own = lr_crawl_dispatch_host(dispatch, host);
  if (!own) return false;
  own->shard = (uint16_t)shard;
  own->has_more = true;
  return make_ready(dispatch, host);
}

size_t lr_crawl_dispatch_allowance(const lr_crawl_dispatch *dispatch,
                                   const lr_crawl_dispatched_host *host) {
  size_t most = dispatch->most_away;
  if (dispatch->away >= MANY_AWAY / 2 && most > FEW) most = FEW;
  if (dispatch->away >= MANY_AWAY) most = 1;
  if (dispatch->away >= MOST_AWAY) most = 0;
  return host->away < most ? most - host->away : 0;
}

void lr_crawl_dispatch_gave(lr_crawl_dispatch *dispatch, uint64_t host,
                            size_t wanted, size_t count) {
  lr_crawl_dispatched_host *own = &dispatch->hosts[host];
  own->away = (uint16_t)(own->away + count);
  dispatch->away += count;
  own->has_more = count == wanted;
  (void)make_ready(dispatch, host);
}

void lr_crawl_dispatch_got(lr_crawl_dispatch *dispatch, uint64_t host) {
  lr_crawl_dispatched_host *own = &dispatch->hosts[host];
  if (own->away == 0) return;
  own->away--;
  dispatch->away--;
  (void)make_ready(dispatch, host);
}

void lr_crawl_dispatch_put_back(lr_crawl_dispatch *dispatch, uint64_t host) {
  (void)make_ready(dispatch, host);
}

bool lr_crawl_dispatch_recover(lr_crawl_dispatch *dispatch) {
  for (size_t host = 0; host < dispatch->capacity; host++)
    if (!make_ready(dispatch, host)) return false;
  return true;
}
