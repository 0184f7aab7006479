/* SPDX-License-Identifier: MIT
 * shard_lease.c: the times within which a shard of a shared crawl may ask its
 * sites: their queues are this worker's for a while, and another's then.  What
 * cannot be sent in time goes back. */
#include <time.h>

#include "shard_private.h"

static uint64_t boot_ns(void) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int64_t now_of(const lr_crawl_shard *shard) {
  return (int64_t)lariat_reactor_now_ns(shard->reactor);
}

/* Brings an instant of CLOCK_BOOTTIME to the reactor's clock. */
static int64_t to_reactor(const lr_crawl_shard *shard, uint64_t at_ns) {
  return now_of(shard) + (int64_t)(at_ns - boot_ns());
}

/* ---- Times ---- */

void lr_crawl_shard_note_times(lr_crawl_site *site,
                               const lr_crawl_queued_url *queued) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  if (!rules || !queued->not_after_ns) return;
  if (queued->not_after_ns > rules->not_after_ns)
    rules->not_after_ns = queued->not_after_ns;
  if (queued->not_before_ns > rules->not_before_ns)
    rules->not_before_ns = queued->not_before_ns;
}

void lr_crawl_shard_renew(lr_crawl_shard *shard,
                          const lr_crawl_renewal *renewal) {
  lr_crawl_site *site = NULL;
  if (lr_crawl_politeness_site(shard->politeness, renewal->origin,
                               renewal->host, &site) != LARIAT_OK)
    return;
  lr_crawl_shard_note_times(
      site, &(lr_crawl_queued_url){.not_after_ns = renewal->not_after_ns});
}

uint64_t lr_crawl_shard_send_by(const lr_crawl_asking *asking) {
  const lr_crawl_site_rules *rules = lr_crawl_site_data(asking->site);
  if (!rules || !rules->not_after_ns) return 0;
  return (uint64_t)to_reactor(asking->shard, rules->not_after_ns);
}

uint64_t lr_crawl_shard_next_due(const lr_crawl_asking *asking) {
  int64_t now_ns = now_of(asking->shard);
  if (!asking->task->queued.not_after_ns) return 0;
  int64_t due_ns = lr_crawl_politeness_due_ns(asking->site);
  return boot_ns() + (uint64_t)(due_ns > now_ns ? due_ns - now_ns : 0);
}

/* ---- What goes back ---- */

bool lr_crawl_shard_return(lr_crawl_shard *shard, lr_crawl_task *task) {
  lr_crawl_report *report = lr_crawl_shard_report(shard);
  bool told = report &&
              lr_crawl_report_add_returned(report, task->queued.id, task->host);
  if (report && !told) report->failed = true;
  lr_crawl_task_free(task);
  return told;
}

static void return_item(void *context, void *item) {
  (void)lr_crawl_shard_return(context, item);
}

/* Gives back what a turn has, and all that waits behind it. */
static void return_all(lr_crawl_shard *shard, const lr_crawl_turn *turn) {
  if (turn->kind == LR_CRAWL_TURN_ITEM) return_item(shard, turn->item);
  (void)lr_crawl_politeness_take_all(turn->site, return_item, shard);
  lr_crawl_politeness_unsent(turn->site, now_of(shard));
}

/* Puts a turn off that comes too early: another worker has asked the site
 * shortly before. */
static void put_off(lr_crawl_shard *shard, const lr_crawl_turn *turn,
                    uint64_t until_ns) {
  if (turn->kind == LR_CRAWL_TURN_ITEM &&
      lr_crawl_politeness_add(turn->site, turn->item, true) != LARIAT_OK)
    return_item(shard, turn->item);
  lr_crawl_politeness_unsent(turn->site, now_of(shard));
  lr_crawl_politeness_wait(turn->site, to_reactor(shard, until_ns));
}

bool lr_crawl_shard_holds_back(lr_crawl_shard *shard,
                               const lr_crawl_turn *turn) {
  const lr_crawl_site_rules *rules = lr_crawl_site_data(turn->site);
  if (!rules || !rules->not_after_ns || lr_crawl_site_is_visitor(turn->site))
    return false;
  uint64_t now_ns = boot_ns();
  if (now_ns >= rules->not_after_ns)
    return_all(shard, turn);
  else if (now_ns < rules->not_before_ns)
    put_off(shard, turn, rules->not_before_ns);
  else
    return false;
  return true;
}
