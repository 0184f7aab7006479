/* SPDX-License-Identifier: MIT
 * pending.c: arrays that grow until they are committed. */
#include "pending.h"

#include "memory.h"
#include "report.h"

static size_t bytes_of(const lr_crawl_outcome *outcome) {
  return outcome->records_length +
         (outcome->line ? strlen(outcome->line) + 1 : 0) +
         (outcome->edges ? strlen(outcome->edges) : 0);
}

bool lr_crawl_pending_is_empty(const lr_crawl_pending *pending) {
  return !pending->outcome_count && !pending->url_count &&
         !pending->facts.count;
}

size_t lr_crawl_pending_bytes(const lr_crawl_pending *pending) {
  return pending->bytes + pending->texts.length +
         pending->url_count * sizeof *pending->urls +
         pending->outcome_count * sizeof *pending->outcomes;
}

bool lr_crawl_pending_add_outcome(lr_crawl_pending *pending,
                                  const lr_crawl_outcome *outcome,
                                  uint64_t queue) {
  lr_crawl_pending_outcome *outcomes =
      lr_crawl_grow(pending->outcomes, &pending->outcome_capacity,
                    pending->outcome_count + 1, sizeof *outcomes);
  if (!outcomes) return false;
  pending->outcomes = outcomes;
  outcomes[pending->outcome_count++] =
      (lr_crawl_pending_outcome){.outcome = *outcome, .queue = queue};
  pending->bytes += bytes_of(outcome);
  return true;
}

static size_t add_text(lr_crawl_bytes *texts, const char *text) {
  size_t offset = texts->length;
  lr_crawl_bytes_add(texts, text, strlen(text) + 1);
  return offset;
}

bool lr_crawl_pending_add_url(lr_crawl_pending *pending,
                              const lr_crawl_shared_found *found) {
  size_t more = strlen(found->url) + strlen(found->site) + 2;
  lr_crawl_pending_url *urls =
      lr_crawl_grow(pending->urls, &pending->url_capacity,
                    pending->url_count + 1, sizeof *urls);
  if (urls) pending->urls = urls;
  if (!urls || !lr_crawl_bytes_reserve(&pending->texts, more)) return false;
  urls[pending->url_count++] = (lr_crawl_pending_url){
      .found = *found,
      .url_offset = add_text(&pending->texts, found->url),
      .site_offset = add_text(&pending->texts, found->site)};
  return true;
}

lr_crawl_shared_found lr_crawl_pending_url_at(const lr_crawl_pending *pending,
                                              size_t at) {
  const lr_crawl_pending_url *url = &pending->urls[at];
  lr_crawl_shared_found found = url->found;
  found.url = pending->texts.at + url->url_offset;
  found.site = pending->texts.at + url->site_offset;
  return found;
}

/* ---- Dropping ---- */

static void drop_outcome(lr_crawl_pending *pending, size_t at) {
  lr_crawl_outcome *outcome = &pending->outcomes[at].outcome;
  pending->bytes -= bytes_of(outcome);
  lr_crawl_outcome_clear(outcome);
}

void lr_crawl_pending_drop_outcomes(lr_crawl_pending *pending, size_t count) {
  for (size_t i = 0; i < count; i++) drop_outcome(pending, i);
  pending->outcome_count -= count;
  if (pending->outcome_count)
    memmove(pending->outcomes, pending->outcomes + count,
            pending->outcome_count * sizeof *pending->outcomes);
}

void lr_crawl_pending_drop_queue(lr_crawl_pending *pending, uint64_t queue) {
  size_t left = 0;
  for (size_t i = 0; i < pending->outcome_count; i++) {
    if (pending->outcomes[i].queue == queue)
      drop_outcome(pending, i);
    else
      pending->outcomes[left++] = pending->outcomes[i];
  }
  pending->outcome_count = left;
}

void lr_crawl_pending_drop_urls(lr_crawl_pending *pending) {
  lr_crawl_bytes_reset(&pending->texts);
  pending->url_count = 0;
  lr_crawl_facts_drop(&pending->facts);
}

void lr_crawl_pending_clear(lr_crawl_pending *pending) {
  lr_crawl_pending_drop_outcomes(pending, pending->outcome_count);
  lariat_memory_release(pending->outcomes);
  lariat_memory_release(pending->urls);
  lr_crawl_bytes_clear(&pending->texts);
  lr_crawl_facts_clear(&pending->facts);
  *pending = (lr_crawl_pending){0};
}
