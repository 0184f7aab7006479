/* SPDX-License-Identifier: MIT
 * shard_explain.c: what a shard knows of a URL, for `why`. */
#include <string.h>

#include "finding.h"
#include "shard_private.h"

static int64_t now_of(const lr_crawl_shard *shard) {
  return (int64_t)lariat_reactor_now_ns(shard->reactor);
}

static void explain_site(lr_crawl_shard *shard, const lr_crawl_site *site,
                         lr_crawl_bytes *json) {
  int64_t now_ns = now_of(shard);
  lr_crawl_site_state state = lr_crawl_politeness_state(site, now_ns);
  int64_t left_ns = state.due_ns > now_ns ? state.due_ns - now_ns : 0;
  lr_crawl_bytes_format(
      json,
      ",\"turn\":{\"reason\":\"%s\",\"delay_ms\":%llu,\"waiting\":%u,"
      "\"in_flight\":%u,\"failures\":%u,\"due_in_ms\":",
      state.reason, (unsigned long long)state.delay_ms, state.waiting,
      state.in_flight, state.failures);
  if (state.due_ns == INT64_MAX)
    lr_crawl_bytes_add_text(json, "null");
  else
    lr_crawl_bytes_add_number(json, (uint64_t)(left_ns / 1000000));
  lr_crawl_bytes_add_text(json, ",\"group\":");
  lr_crawl_bytes_add_json(json, state.group);
  const lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  if (rules && rules->failure) {
    lr_crawl_bytes_add_text(json, ",\"error\":");
    lr_crawl_bytes_add_json(json, rules->failure);
  }
  lr_crawl_bytes_add_text(json, "}");
}

typedef struct site_search {
  const char *origin;
  lr_crawl_site *found;
} site_search;

static void look_at_site(void *context, lr_crawl_site *site) {
  site_search *search = context;
  if (strcmp(lr_crawl_site_origin(site), search->origin) == 0)
    search->found = site;
}

void lr_crawl_shard_explain(lr_crawl_shard *shard, const char *text,
                            lr_crawl_bytes *json) {
  char origin[LR_CRAWL_MOST_ORIGIN];
  const char *shape = NULL;
  lariat_url *url = NULL;
  if (shard->ended ||
      lariat_url_parse(text, strlen(text), NULL, &url, NULL) != LARIAT_OK)
    return;
  if (lr_crawl_origin_of(url, origin, sizeof origin) < sizeof origin) {
    site_search search = {.origin = origin};
    lr_crawl_politeness_each_site(shard->politeness, look_at_site, &search);
    if (search.found) explain_site(shard, search.found, json);
  }
  (void)lr_crawl_traps_is_closed(shard->traps, url, &shape);
  lr_crawl_bytes_add_text(json, ",\"trap\":");
  lr_crawl_bytes_add_json(json, shape);
  if (shape) {
    lr_crawl_bytes_add_text(json, ",\"trap_reason\":");
    lr_crawl_bytes_add_json(json, lr_crawl_traps_reason(shard->traps, shape));
  }
  lariat_url_free(url);
}
