/* SPDX-License-Identifier: MIT
 * shard_sites.c: which site a task is of, and what a new one begins with. */
#include <string.h>
#include <strings.h>

#include "finding.h"
#include "shard_private.h"

static int64_t now_of(const lr_crawl_shard *shard) {
  return (int64_t)lariat_reactor_now_ns(shard->reactor);
}

static void free_rules(void *context, lr_crawl_site *site) {
  (void)context;
  lr_crawl_site_rules_free(site);
}

void lr_crawl_shard_free_rules(lr_crawl_shard *shard) {
  lr_crawl_politeness_each_site(shard->politeness, free_rules, NULL);
}

/* Drops the sites that are idle when there are many, so that a crawl of many
 * hosts has those in memory of which something is to be done. */
static void sweep(lr_crawl_shard *shard) {
  enum { LEAST = 16384 };
  if (lr_crawl_politeness_site_count(shard->politeness) < shard->sweep_at)
    return;
  (void)lr_crawl_politeness_drop_idle(shard->politeness, now_of(shard),
                                      free_rules, NULL);
  shard->sweep_at =
      LEAST + 2 * lr_crawl_politeness_site_count(shard->politeness);
}

/* Makes a site what the settings, and what is known, make of it. */
static void set_up_site(lr_crawl_shard *shard, lr_crawl_site *site,
                        lariat_url_part host) {
  const lr_crawl_settings *settings = shard->config.settings;
  const lariat_crawl_host_options *own =
      lr_crawl_settings_host(settings, host.bytes, host.length);
  if (!lr_crawl_site_rules_of(site)) return;
  if (own && own->delay_ms >= 0)
    lr_crawl_politeness_set_delay(site, (uint64_t)own->delay_ms);
  if (!lr_crawl_settings_obeys_robots(settings, host.bytes, host.length))
    lr_crawl_politeness_robots_known(site, INT64_MAX, -1);
  else
    (void)lr_crawl_site_recall(shard, site);
  lr_crawl_site_look_up(shard, site);
}

lariat_status lr_crawl_shard_site(lr_crawl_shard *shard,
                                  const lr_crawl_task *task,
                                  lr_crawl_site **out) {
  char origin[LR_CRAWL_MOST_ORIGIN];
  lariat_url *url = NULL;
  const char *text = task->queued.url;
  lariat_status status = lariat_url_parse(text, strlen(text), NULL, &url, NULL);
  if (status != LARIAT_OK) return status;
  sweep(shard);
  if (lr_crawl_origin_of(url, origin, sizeof origin) >= sizeof origin)
    status = LARIAT_EURL;
  else
    status =
        lr_crawl_politeness_site(shard->politeness, origin, task->host, out);
  if (status == LARIAT_OK && !lr_crawl_site_data(*out))
    set_up_site(shard, *out, lariat_url_host(url));
  lariat_url_free(url);
  return status;
}

/* Of a database that has the body of an answer that is no robots.txt, that is
 * not taken for one. */
void lr_crawl_shard_restore_robots(lr_crawl_shard *shard,
                                   const lr_crawl_known_host *host) {
  bool is_file = lariat_crawl_robots_access_of(host->status, 0) ==
                 LARIAT_CRAWL_ROBOTS_READ;
  (void)lr_crawl_robots_cache_restore(
      shard->robots, host->origin,
      &(lr_crawl_robots_kept){.at_s = host->at_s,
                              .expires_s = host->expires_s,
                              .status = host->status,
                              .text = is_file ? host->robots : NULL,
                              .length = is_file ? host->length : 0});
}

/* ---- Delays ---- */

typedef struct delay_change {
  const char *host;
  uint64_t delay_ms;
} delay_change;

static void change_delay(void *context, lr_crawl_site *site) {
  const delay_change *change = context;
  const char *host = strstr(lr_crawl_site_origin(site), "://") + 3;
  size_t length = strlen(change->host);
  if (strncasecmp(host, change->host, length) == 0 && host[length] == ':')
    lr_crawl_politeness_set_delay(site, change->delay_ms);
}

void lr_crawl_shard_set_delay(lr_crawl_shard *shard, const char *host,
                              uint64_t delay_ms) {
  if (shard->ended) return;
  if (host)
    lr_crawl_politeness_each_site(shard->politeness, change_delay,
                                  &(delay_change){host, delay_ms});
  else
    lr_crawl_politeness_set_default_delay(shard->politeness, delay_ms);
  if (!shard->stopping) lr_crawl_shard_go_on(shard);
}
