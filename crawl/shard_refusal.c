/* SPDX-License-Identifier: MIT
 * shard_refusal.c: sites of which nothing can be had: their URLs have their
 * outcomes at once, and do not wait for turns in which nothing would be sent.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "shard_private.h"

enum { HOPELESS_S = 3600, MOST_LOOKS = 3 };

/* Makes the outcome of a task that is refused. */
static void refuse(lr_crawl_shard *shard, lr_crawl_site *site,
                   lr_crawl_task *task) {
  bool skipped = lr_crawl_politeness_is_skipped(site);
  lr_crawl_outcome_kind kind = LR_CRAWL_FAILED;
  char note[LR_CRAWL_MOST_NOTE] = "the host is down";
  lr_crawl_asking asking = {.shard = shard, .site = site, .task = task};
  const char *text = task->queued.url;
  if (lariat_url_parse(text, strlen(text), NULL, &asking.url, NULL) ==
          LARIAT_OK &&
      lr_crawl_site_permits(shard, &asking, note, &kind) != LR_CRAWL_DENIED) {
    kind = skipped ? LR_CRAWL_ROBOTS : LR_CRAWL_FAILED;
    snprintf(note, sizeof note, "%s",
             skipped
                 ? "robots.txt: Crawl-delay is longer than the longest that "
                   "is kept"
                 : "the host is down");
  }
  lariat_url_free(asking.url);
  lr_crawl_page_refuse(shard, task, kind, note);
  lr_crawl_task_free(task);
}

typedef struct refusal {
  lr_crawl_shard *shard;
  lr_crawl_site *site;
} refusal;

static void refuse_item(void *context, void *item) {
  const refusal *of = context;
  refuse(of->shard, of->site, item);
}

void lr_crawl_shard_give_site_up(lr_crawl_shard *shard, lr_crawl_site *site) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  if (!rules || lr_crawl_site_is_visitor(site)) return;
  rules->hopeless_until_s = (int64_t)time(NULL) + HOPELESS_S;
  (void)lr_crawl_politeness_take_all(site, refuse_item,
                                     &(refusal){shard, site});
}

void lr_crawl_shard_look_at_failures(lr_crawl_shard *shard,
                                     lr_crawl_site *site) {
  uint64_t most = lr_crawl_politeness_defaults().down_after + MOST_LOOKS;
  lr_crawl_site_state state = lr_crawl_politeness_state(
      site, (int64_t)lariat_reactor_now_ns(shard->reactor));
  if (state.failures >= most) lr_crawl_shard_give_site_up(shard, site);
}

bool lr_crawl_shard_refuses(lr_crawl_shard *shard, lr_crawl_site *site,
                            lr_crawl_task *task) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  bool skipped = lr_crawl_politeness_is_skipped(site);
  if (!rules || (!rules->hopeless_until_s && !skipped)) return false;
  if (!skipped && (int64_t)time(NULL) >= rules->hopeless_until_s) {
    rules->hopeless_until_s = 0;
    return false;
  }
  refuse(shard, site, task);
  return true;
}
