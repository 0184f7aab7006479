/* SPDX-License-Identifier: MIT
 * worker_leases.c: what a worker has leased: leases, their URLs in the queues
 * of their hosts, what is known of the hosts. */
#include <stdio.h>
#include <time.h>

#include <lariat/url.h>

#include "finding.h"
#include "memory.h"
#include "scope.h"
#include "shared_frontier_private.h"

static const uint64_t millisecond_ns = 1000000;

uint64_t lr_crawl_boot_ns(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- Hosts ---- */

size_t lr_crawl_shared_site(const char *origin, char *out, size_t capacity) {
  const char *host = strstr(origin, "://");
  host = host ? host + 3 : origin;
  const char *end = strrchr(host, ':');
  size_t length = end ? (size_t)(end - host) : strlen(host);
  return lr_crawl_domain(host, length, out, capacity);
}

lr_crawl_leased_host *
lr_crawl_shared_host_at(const lr_crawl_shared_frontier *frontier,
                        uint64_t host) {
  return host && host <= frontier->hosts.count
             ? &frontier->leased_hosts[host - 1]
             : NULL;
}

uint32_t lr_crawl_shared_add_host(lr_crawl_shared_frontier *frontier,
                                  const char *origin) {
  size_t before = frontier->leased_host_capacity;
  lr_crawl_leased_host *hosts =
      lr_crawl_grow(frontier->leased_hosts, &frontier->leased_host_capacity,
                    frontier->hosts.count + 1, sizeof *hosts);
  if (!hosts) return 0;
  if (frontier->leased_host_capacity > before)
    memset(hosts + before, 0,
           (frontier->leased_host_capacity - before) * sizeof *hosts);
  frontier->leased_hosts = hosts;
  return lr_crawl_hosts_add(&frontier->hosts, origin);
}

/* ---- Queues ---- */

bool lr_crawl_shared_queue_url(lr_crawl_shared_frontier *frontier,
                               uint32_t number, bool first) {
  lr_crawl_leased_url *url = lr_crawl_leased_at(&frontier->urls, number);
  lr_crawl_host *host = lr_crawl_hosts_at(&frontier->hosts, url->host);
  lr_crawl_queue_place place = {
      .id = number, .priority = url->url.priority % LR_CRAWL_PRIORITIES};
  bool put =
      first ? lr_crawl_queue_put_first(&frontier->queues, &host->queue, place)
            : lr_crawl_queue_put(&frontier->queues, &host->queue, place);
  if (!put) return false;
  url->state = LR_CRAWL_LEASED_QUEUED;
  lr_crawl_leases_at(&frontier->leases, url->lease)->queued++;
  frontier->in_queues++;
  host->queued++;
  if (host->queued == 1 && frontier->on_host)
    frontier->on_host(frontier->host_context, url->host, host->origin);
  return true;
}

/* Empties the queue of a host whose lease ends. */
static void empty_queue(lr_crawl_shared_frontier *frontier,
                        lr_crawl_host *host) {
  while (host->queued) {
    lr_crawl_queue_place place = lr_crawl_queue_first(&host->queue);
    lr_crawl_queue_take(&frontier->queues, &host->queue);
    lr_crawl_leased_url *url = lr_crawl_leased_at(&frontier->urls, place.id);
    lr_crawl_leased_remove(&frontier->urls, url->url.id);
    host->queued--;
    frontier->in_queues--;
  }
}

/* Forgets the URLs of a lease that are handed out or done: what comes of them
 * is nobody's. */
static void forget_urls(lr_crawl_shared_frontier *frontier, uint32_t place) {
  for (uint32_t number = 1; number <= frontier->urls.used; number++) {
    const lr_crawl_leased_url *url =
        lr_crawl_leased_at(&frontier->urls, number);
    if (!url || url->lease != place) continue;
    frontier->out -= url->state == LR_CRAWL_LEASED_OUT;
    lr_crawl_leased_remove(&frontier->urls, url->url.id);
  }
}

void lr_crawl_shared_drop_lease(lr_crawl_shared_frontier *frontier,
                                uint32_t place) {
  const lr_crawl_worker_lease *lease =
      lr_crawl_leases_at(&frontier->leases, place);
  if (!lease) return;
  for (uint64_t id = 1; id <= frontier->hosts.count; id++) {
    lr_crawl_leased_host *host = &frontier->leased_hosts[id - 1];
    if (host->lease != place) continue;
    empty_queue(frontier, lr_crawl_hosts_at(&frontier->hosts, id));
    lr_crawl_facts_clear(&host->facts);
    host->lease = host->out = 0;
  }
  if (lease->out || lease->done) forget_urls(frontier, place);
  lr_crawl_leases_remove(&frontier->leases, place);
}

/* ---- Leases ---- */

uint64_t lr_crawl_shared_not_after(const lr_crawl_shared_frontier *frontier,
                                   const lr_crawl_worker_lease *lease) {
  uint64_t margin_ms = frontier->lease_ms / 5;
  if (margin_ms > 2000) margin_ms = 2000;
  return lease->until_ns - margin_ms * millisecond_ns;
}

/* Finds or makes the host of a URL. */
static uint32_t find_host(lr_crawl_shared_frontier *frontier, const char *text,
                          uint32_t place) {
  char origin[LR_CRAWL_MOST_ORIGIN];
  lariat_url *url = NULL;
  uint32_t host = 0;
  if (lariat_url_parse(text, strlen(text), NULL, &url, NULL) == LARIAT_OK &&
      lr_crawl_origin_of(url, origin, sizeof origin) < sizeof origin)
    host = lr_crawl_shared_add_host(frontier, origin);
  lariat_url_free(url);
  if (host) frontier->leased_hosts[host - 1].lease = place;
  return host;
}

static void remember(lr_crawl_shared_frontier *frontier, uint64_t id) {
  frontier->seen[id % LR_CRAWL_SEEN_PLACES] = id;
}

/* Takes a URL of a lease in, unless it is here; false: out of memory. */
static bool add_url(lr_crawl_shared_frontier *frontier, uint32_t place,
                    lr_crawl_shared_url *url) {
  remember(frontier, url->id);
  if (lr_crawl_leased_find(&frontier->urls, url->id)) return true;
  uint32_t host = find_host(frontier, url->url, place);
  uint64_t id = url->id;
  uint32_t number = host ? lr_crawl_leased_add(&frontier->urls, url) : 0;
  if (!number) return false;
  lr_crawl_leased_url *held = lr_crawl_leased_at(&frontier->urls, number);
  held->host = host;
  held->lease = place;
  if (lr_crawl_shared_queue_url(frontier, number, false)) return true;
  lr_crawl_leased_remove(&frontier->urls, id);
  return false;
}

/* Keeps what another worker has learnt of a host. */
static bool add_facts(lr_crawl_shared_frontier *frontier, uint32_t place,
                      const lr_crawl_shared_host *of) {
  uint32_t id = lr_crawl_shared_add_host(frontier, of->origin);
  if (!id) return false;
  lr_crawl_leased_host *host = &frontier->leased_hosts[id - 1];
  host->lease = place;
  return lr_crawl_facts_set(
      &host->facts,
      &(lr_crawl_host_facts){.host = id,
                             .ip = of->ip,
                             .robots_at_s = of->robots_at_s,
                             .robots_expires_s = of->robots_expires_s,
                             .robots_status = of->robots_status,
                             .robots = of->robots,
                             .robots_length = of->robots_length,
                             .delay_ms = of->delay_ms,
                             .note = of->note});
}

static bool take_parts(lr_crawl_shared_frontier *frontier, uint32_t place,
                       lr_crawl_lease *from) {
  bool good = true;
  for (size_t i = 0; good && i < from->host_count; i++)
    good = add_facts(frontier, place, &from->hosts[i]);
  for (size_t i = 0; good && i < from->url_count; i++)
    good = add_url(frontier, place, &from->urls[i]);
  return good;
}

static bool take_lease(lr_crawl_shared_frontier *frontier,
                       lr_crawl_lease *from) {
  uint64_t now_ns = lr_crawl_boot_ns();
  uint32_t place = lr_crawl_leases_find(&frontier->leases, from->queue);
  bool is_new = !place;
  if (is_new) place = lr_crawl_leases_add(&frontier->leases, from->queue);
  lr_crawl_worker_lease *lease = lr_crawl_leases_at(&frontier->leases, place);
  if (!lease) return false;
  lease->epoch = from->epoch;
  lease->until_ns = from->until_ns;
  lease->has_more = from->has_more;
  if (is_new) lease->first_ns = now_ns + from->wait_ms * millisecond_ns;
  return take_parts(frontier, place, from);
}

bool lr_crawl_shared_take_leases(lr_crawl_shared_frontier *frontier,
                                 lr_crawl_lease_list *list) {
  bool good = true;
  for (size_t i = 0; good && i < list->count; i++)
    good = take_lease(frontier, &list->leases[i]);
  return good;
}
