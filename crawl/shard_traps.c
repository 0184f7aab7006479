/* SPDX-License-Identifier: MIT
 * shard_traps.c: the shapes that a shard closes and opens, and those that are
 * closed from its beginning on. */
#include "memory.h"
#include "shard_private.h"

/* Without memory for it the next run has to learn it again. */
static void tell_trap(void *context, const char *shape, uint32_t pages,
                      const char *reason) {
  lr_crawl_report *report = lr_crawl_shard_report(context);
  if (report)
    (void)lr_crawl_kept_traps_add(&report->closed_traps, shape, pages, reason);
}

lariat_status lr_crawl_shard_open_traps(lr_crawl_shard *shard) {
  const lr_crawl_kept_traps *kept = shard->config.traps;
  lr_crawl_traps_options options =
      lr_crawl_settings_traps(shard->config.settings);
  lariat_status status = lr_crawl_traps_new(&options, &shard->traps);
  if (status != LARIAT_OK) return status;
  lr_crawl_traps_on_close(shard->traps, tell_trap, shard);
  for (size_t i = 0; kept && i < kept->count && status != LARIAT_ENOMEM; i++)
    status = lr_crawl_traps_close(shard->traps, kept->traps[i].shape,
                                  kept->traps[i].pages, kept->traps[i].reason);
  return status == LARIAT_ENOMEM ? status : LARIAT_OK;
}

void lr_crawl_shard_open_trap(lr_crawl_shard *shard, const char *shape) {
  if (shard->ended) return;
  (void)lr_crawl_traps_open(shard->traps, shape);
  if (shard->report && shard->report->opened_trap) lr_crawl_shard_flush(shard);
  lr_crawl_report *report = lr_crawl_shard_report(shard);
  if (report) report->opened_trap = lr_crawl_copy_text(shape);
}
