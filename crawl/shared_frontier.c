/* SPDX-License-Identifier: MIT
 * shared_frontier.c: what the crawl asks of a shared frontier, answered from
 * memory: offers, URLs of the queues that are leased, outcomes. */
#include "shared_frontier.h"

#include <string.h>

#include "memory.h"
#include "report.h"
#include "shared_frontier_private.h"

enum { LOW_MS = 100 };

/* ---- What is known ---- */

lr_crawl_hash_key
lr_crawl_shared_frontier_hash_key(const lr_crawl_shared_frontier *frontier) {
  return frontier->key;
}

const char *
lr_crawl_shared_frontier_config(const lr_crawl_shared_frontier *frontier) {
  return frontier->config;
}

const lr_crawl_shared_counts *
lr_crawl_shared_frontier_whole(const lr_crawl_shared_frontier *frontier) {
  return &frontier->whole;
}

const char *
lr_crawl_shared_frontier_trouble(const lr_crawl_shared_frontier *frontier) {
  return frontier->trouble;
}

size_t lr_crawl_shared_frontier_uncommitted_bytes(
    const lr_crawl_shared_frontier *frontier) {
  return lr_crawl_pending_bytes(&frontier->pending) +
         lr_crawl_pending_bytes(&frontier->commit.pending);
}

bool lr_crawl_shared_frontier_is_full(
    const lr_crawl_shared_frontier *frontier) {
  return lr_crawl_shared_frontier_uncommitted_bytes(frontier) >=
         LR_CRAWL_MOST_PENDING;
}

bool lr_crawl_shared_frontier_has_uncommitted(
    const lr_crawl_shared_frontier *frontier) {
  return !lr_crawl_pending_is_empty(&frontier->pending) ||
         !lr_crawl_pending_is_empty(&frontier->commit.pending);
}

void lr_crawl_shared_frontier_commit(lr_crawl_shared_frontier *frontier) {
  if (frontier->pending.outcome_count >= LR_CRAWL_BATCH_OUTCOMES ||
      lr_crawl_pending_bytes(&frontier->pending) >= LR_CRAWL_BATCH_BYTES)
    lr_crawl_shared_kick(frontier, 0);
}

/* Has what waits committed at once where nothing else is going on. */
static void look_at_idleness(lr_crawl_shared_frontier *frontier) {
  if (!frontier->in_queues && !frontier->out) lr_crawl_shared_kick(frontier, 0);
}

/* ---- Offers ---- */

bool lr_crawl_shared_frontier_has_seen(const lr_crawl_shared_frontier *frontier,
                                       uint64_t fingerprint) {
  return frontier->seen[fingerprint % LR_CRAWL_SEEN_PLACES] == fingerprint;
}

lariat_status lr_crawl_shared_frontier_offer(lr_crawl_shared_frontier *frontier,
                                             const lr_crawl_found_url *url,
                                             bool *added) {
  char site[LR_CRAWL_MOST_SITE];
  *added = false;
  if (!url->length || !url->origin || !url->origin[0]) return LARIAT_EINVAL;
  if (lr_crawl_shared_frontier_has_seen(frontier, url->fingerprint))
    return LARIAT_OK;
  size_t length = lr_crawl_shared_site(url->origin, site, sizeof site);
  if (length >= sizeof site) return LARIAT_EINVAL;
  char *text = lr_crawl_copy_bytes(url->url, url->length);
  if (!text) return LARIAT_ENOMEM;
  lr_crawl_shared_found found = {
      .id = url->fingerprint,
      .via = url->via,
      .queue = lr_crawl_fingerprint(frontier->key, site, length),
      .site = site,
      .url = text,
      .depth = url->depth,
      .priority = url->priority,
      .hops_off_site = url->hops_off_site,
      .redirects = url->redirects,
      .hop = url->hop};
  *added = lr_crawl_pending_add_url(&frontier->pending, &found);
  lariat_memory_release(text);
  if (!*added) return LARIAT_ENOMEM;
  frontier->seen[url->fingerprint % LR_CRAWL_SEEN_PLACES] = url->fingerprint;
  look_at_idleness(frontier);
  return LARIAT_OK;
}

/* ---- Handing out ---- */

void lr_crawl_shared_frontier_on_host(lr_crawl_shared_frontier *frontier,
                                      lr_crawl_host_callback *callback,
                                      void *context) {
  frontier->on_host = callback;
  frontier->host_context = context;
}

void lr_crawl_shared_frontier_tell_hosts(lr_crawl_shared_frontier *frontier) {
  for (uint64_t id = 1; id <= frontier->hosts.count; id++) {
    const lr_crawl_host *host = lr_crawl_hosts_at(&frontier->hosts, id);
    if (host->queued && frontier->on_host)
      frontier->on_host(frontier->host_context, id, host->origin);
  }
}

/* Copies what a task has of a URL; the worker keeps its own, for the case that
 * it comes back.  False: out of memory. */
static bool copy_url(const lr_crawl_shared_url *from,
                     lr_crawl_queued_url *out) {
  *out = (lr_crawl_queued_url){.id = from->id,
                               .url = lr_crawl_copy_text(from->url),
                               .depth = from->depth,
                               .priority = from->priority,
                               .hop = from->hop,
                               .hops_off_site = from->hops_off_site,
                               .redirects = from->redirects,
                               .via = from->via,
                               .tries = from->tries,
                               .old_at_ns = from->old_at_ns};
  memcpy(out->old_digest, from->old_digest, sizeof out->old_digest);
  if (from->etag) out->etag = lr_crawl_copy_text(from->etag);
  if (from->last_modified)
    out->last_modified = lr_crawl_copy_text(from->last_modified);
  return out->url && !out->etag == !from->etag &&
         !out->last_modified == !from->last_modified;
}

/* Takes the first URL of a host's queue. */
static bool take_one(lr_crawl_shared_frontier *frontier, lr_crawl_host *host,
                     lr_crawl_worker_lease *lease, lr_crawl_queued_url *out) {
  lr_crawl_queue_place place = lr_crawl_queue_first(&host->queue);
  lr_crawl_leased_url *url = lr_crawl_leased_at(&frontier->urls, place.id);
  if (!copy_url(&url->url, out)) {
    lr_crawl_queued_url_clear(out);
    return false;
  }
  out->not_before_ns = lease->first_ns;
  out->not_after_ns = lr_crawl_shared_not_after(frontier, lease);
  lr_crawl_queue_take(&frontier->queues, &host->queue);
  url->state = LR_CRAWL_LEASED_OUT;
  frontier->leased_hosts[url->host - 1].out++;
  host->queued--;
  lease->queued--;
  lease->out++;
  lease->was_asked = true;
  frontier->in_queues--;
  frontier->out++;
  return true;
}

/* Asks for more of a queue that runs dry. */
static void look_at_rest(lr_crawl_shared_frontier *frontier,
                         const lr_crawl_worker_lease *lease) {
  if (lease->has_more && lease->queued <= frontier->most_urls / 4)
    lr_crawl_shared_kick(frontier, LOW_MS);
}

size_t lr_crawl_shared_frontier_take(lr_crawl_shared_frontier *frontier,
                                     uint64_t host, size_t most,
                                     lr_crawl_queued_url *out) {
  lr_crawl_leased_host *of = lr_crawl_shared_host_at(frontier, host);
  lr_crawl_worker_lease *lease =
      of ? lr_crawl_leases_at(&frontier->leases, of->lease) : NULL;
  if (!lease || lease->leaves) return 0;
  if (lr_crawl_boot_ns() >= lr_crawl_shared_not_after(frontier, lease) ||
      lr_crawl_shared_frontier_is_full(frontier)) {
    frontier->refused = true;
    return 0;
  }
  lr_crawl_host *from = lr_crawl_hosts_at(&frontier->hosts, host);
  size_t taken = 0;
  while (taken < most && from->queued &&
         take_one(frontier, from, lease, &out[taken]))
    taken++;
  look_at_rest(frontier, lease);
  return taken;
}

/* Notes that a URL is not handed out any more. */
static void take_in(lr_crawl_shared_frontier *frontier,
                    const lr_crawl_leased_url *url) {
  lr_crawl_leases_at(&frontier->leases, url->lease)->out--;
  frontier->leased_hosts[url->host - 1].out--;
  frontier->out--;
}

lariat_status
lr_crawl_shared_frontier_give_back(lr_crawl_shared_frontier *frontier,
                                   uint64_t id) {
  lr_crawl_leased_url *url = lr_crawl_leased_find(&frontier->urls, id);
  if (!url || url->state != LR_CRAWL_LEASED_OUT) return LARIAT_ENOTFOUND;
  uint32_t number = (uint32_t)(url - frontier->urls.urls) + 1;
  if (!lr_crawl_shared_queue_url(frontier, number, true)) return LARIAT_ENOMEM;
  take_in(frontier, url);
  return LARIAT_OK;
}

int64_t lr_crawl_shared_frontier_wake(const lr_crawl_shared_frontier *frontier,
                                      int64_t now_s) {
  return frontier->run.over ? INT64_MAX : now_s + 1;
}

/* ---- Outcomes ---- */

/* Keeps the outcome of a URL that is this worker's; of another one nothing is
 * kept: its queue was lost, and another worker asks for it. */
static lariat_status finish_url(lr_crawl_shared_frontier *frontier,
                                lr_crawl_outcome *outcome) {
  lr_crawl_leased_url *url =
      lr_crawl_leased_find(&frontier->urls, outcome->url);
  if (!url || url->state != LR_CRAWL_LEASED_OUT) {
    lr_crawl_outcome_clear(outcome);
    return LARIAT_OK;
  }
  lr_crawl_worker_lease *lease =
      lr_crawl_leases_at(&frontier->leases, url->lease);
  if (!lr_crawl_pending_add_outcome(&frontier->pending, outcome, lease->queue))
    return LARIAT_ENOMEM;
  take_in(frontier, url);
  url->state = LR_CRAWL_LEASED_DONE;
  lease->done++;
  if (outcome->due_ns > lease->due_ns) lease->due_ns = outcome->due_ns;
  frontier->by_kind[outcome->kind % LR_CRAWL_OUTCOME_KINDS]++;
  *outcome = (lr_crawl_outcome){0};
  if (!lease->queued && !lease->out) lr_crawl_shared_kick(frontier, LOW_MS);
  look_at_idleness(frontier);
  return LARIAT_OK;
}

lariat_status
lr_crawl_shared_frontier_finish(lr_crawl_shared_frontier *frontier,
                                lr_crawl_outcome *outcome) {
  if (outcome->url) return finish_url(frontier, outcome);
  if (!lr_crawl_pending_add_outcome(&frontier->pending, outcome, 0))
    return LARIAT_ENOMEM;
  *outcome = (lr_crawl_outcome){0};
  return LARIAT_OK;
}

/* ---- Hosts ---- */

lariat_status
lr_crawl_shared_frontier_set_host(lr_crawl_shared_frontier *frontier,
                                  const lr_crawl_host_facts *facts) {
  lr_crawl_leased_host *host = lr_crawl_shared_host_at(frontier, facts->host);
  if (!host || !host->lease) return LARIAT_OK; /* it was lost */
  return lr_crawl_facts_set(&host->facts, facts) &&
                 lr_crawl_facts_set(&frontier->pending.facts, facts)
             ? LARIAT_OK
             : LARIAT_ENOMEM;
}

bool lr_crawl_shared_frontier_host(const lr_crawl_shared_frontier *frontier,
                                   uint64_t host, lr_crawl_host_facts *out) {
  const lr_crawl_leased_host *of = lr_crawl_shared_host_at(frontier, host);
  const lr_crawl_host_facts *facts =
      of ? lr_crawl_facts_find(&of->facts, host) : NULL;
  *out = facts ? *facts : (lr_crawl_host_facts){.host = host};
  return of != NULL;
}

uint64_t
lr_crawl_shared_frontier_find_host(const lr_crawl_shared_frontier *frontier,
                                   const char *origin) {
  return lr_crawl_hosts_find(&frontier->hosts, origin);
}

const char *
lr_crawl_shared_frontier_origin(const lr_crawl_shared_frontier *frontier,
                                uint64_t host) {
  const lr_crawl_host *of = lr_crawl_hosts_at(&frontier->hosts, host);
  return of ? of->origin : NULL;
}

uint64_t
lr_crawl_shared_frontier_host_count(const lr_crawl_shared_frontier *frontier) {
  return frontier->hosts.count;
}

uint64_t
lr_crawl_shared_frontier_host_queued(const lr_crawl_shared_frontier *frontier,
                                     uint64_t host) {
  const lr_crawl_host *of = lr_crawl_hosts_at(&frontier->hosts, host);
  return of ? of->queued : 0;
}

/* ---- Reading ---- */

lariat_status
lr_crawl_shared_frontier_read_url(const lr_crawl_shared_frontier *frontier,
                                  uint64_t id, lr_crawl_known_url *out) {
  const lr_crawl_leased_url *url = lr_crawl_leased_find(&frontier->urls, id);
  if (!url) return LARIAT_ENOTFOUND;
  *out = (lr_crawl_known_url){.id = id,
                              .host = url->host,
                              .via = url->url.via,
                              .fingerprint = id,
                              .depth = url->url.depth,
                              .priority = url->url.priority,
                              .hops_off_site = url->url.hops_off_site,
                              .hop = url->url.hop,
                              .url = lr_crawl_copy_text(url->url.url)};
  return out->url ? LARIAT_OK : LARIAT_ENOMEM;
}

static uint64_t count_memory(const lr_crawl_shared_frontier *frontier) {
  return frontier->hosts.memory + frontier->queues.memory +
         frontier->leased_host_capacity * sizeof *frontier->leased_hosts +
         frontier->urls.capacity * sizeof *frontier->urls.urls +
         LR_CRAWL_SEEN_PLACES * sizeof *frontier->seen;
}

/* Outcomes are this worker's, since it started; URLs the whole crawl's. */
lr_crawl_frontier_counts
lr_crawl_shared_frontier_count(const lr_crawl_shared_frontier *frontier) {
  uint64_t held = frontier->in_queues + frontier->out;
  lr_crawl_frontier_counts counts = {
      .known = frontier->whole.known,
      .queued = frontier->whole.queued > held ? frontier->whole.queued : held,
      .handed_out = frontier->out,
      .hosts = frontier->hosts.count,
      .hosts_with_queue = frontier->leases.count,
      .warc_files = frontier->files.warc.files,
      .warc_bytes = frontier->files.warc.bytes,
      .memory = count_memory(frontier)};
  if (frontier->run.over) counts.queued = 0;
  memcpy(counts.by_kind, frontier->by_kind, sizeof counts.by_kind);
  return counts;
}
