/* SPDX-License-Identifier: MIT
 * frontier_parked.c: URLs that were parked because their shape was closed, and
 * how they get into the queues again. */
#include "frontier_private.h"
#include "memory.h"

/* The URLs whose last outcome says that they are parked, for this shape. */
typedef struct parked_urls {
  const char *shape;
  lr_crawl_id_map urls; /* first: host */
  bool failed;          /* there was no memory for one */
} parked_urls;

static void note_outcome(parked_urls *parked, uint64_t url, uint64_t host,
                         lr_crawl_outcome_kind kind, const char *note) {
  if (!url || url > UINT32_MAX) return;
  if (kind != LR_CRAWL_TRAP || !note || strcmp(note, parked->shape) != 0) {
    lr_crawl_id_map_take(&parked->urls, (uint32_t)url);
    return;
  }
  if (!lr_crawl_id_map_make_space(&parked->urls)) {
    parked->failed = true;
    return;
  }
  lr_crawl_id_map_set(
      &parked->urls,
      (lr_crawl_id_entry){.id = (uint32_t)url, .first = (uint32_t)host});
}

static bool note_past(void *context, const lr_crawl_past_outcome *past) {
  parked_urls *parked = context;
  note_outcome(parked, past->url, past->host, past->kind, past->note);
  return !parked->failed;
}

/* Finds them in the log, and among the outcomes that are not in it yet. */
static lariat_status find_parked(lr_crawl_frontier *frontier,
                                 parked_urls *parked) {
  lariat_status status =
      lr_crawl_frontier_each_outcome(frontier, 0, note_past, parked);
  for (size_t i = 0; !status && i < frontier->outcomes.count; i++) {
    const lr_crawl_outcome *outcome = &frontier->outcomes.outcomes[i];
    note_outcome(parked, outcome->url, outcome->host, outcome->kind,
                 outcome->note);
  }
  return parked->failed ? LARIAT_ENOMEM : status;
}

/* Hands a URL out and says at once that it is due later: now. */
static lariat_status queue_again(lr_crawl_frontier *frontier, uint32_t id,
                                 uint32_t host) {
  lr_crawl_url_record record;
  lariat_status status =
      lr_crawl_frontier_read_record(frontier, id, &record, NULL);
  uint32_t priority = status ? 0 : record.priority;
  lr_crawl_store_end(&frontier->store, LR_CRAWL_GET_URL);
  if (status) return status;
  if (!lr_crawl_id_map_make_space(&frontier->handed_out)) return LARIAT_ENOMEM;
  lr_crawl_id_map_set(
      &frontier->handed_out,
      (lr_crawl_id_entry){.id = id, .first = host, .second = priority});
  lr_crawl_outcome outcome = {.url = id,
                              .host = host,
                              .kind = LR_CRAWL_LATER,
                              .note = lr_crawl_copy_text("its shape is open")};
  status = lr_crawl_frontier_finish(frontier, &outcome);
  if (status) lr_crawl_id_map_take(&frontier->handed_out, id);
  if (status) lariat_memory_release(outcome.note);
  return status;
}

lariat_status lr_crawl_frontier_unpark(lr_crawl_frontier *frontier,
                                       const char *shape, uint64_t *count) {
  *count = 0;
  if (frontier->shared) return LARIAT_OK;
  parked_urls parked = {.shape = shape};
  lariat_status status = find_parked(frontier, &parked);
  *count = 0;
  for (size_t i = 0; !status && i < parked.urls.capacity; i++) {
    const lr_crawl_id_entry *entry = &parked.urls.entries[i];
    if (!entry->id) continue;
    status = queue_again(frontier, entry->id, entry->first);
    if (!status) ++*count;
  }
  lr_crawl_id_map_clear(&parked.urls);
  return status;
}
