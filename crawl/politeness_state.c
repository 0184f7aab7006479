/* SPDX-License-Identifier: MIT
 * politeness_state.c: why a site waits, and how many do. */
#include "politeness_private.h"

static const int64_t ms_ns = 1000000;

static bool is_down(const lr_crawl_site *site) {
  return site->failures >= site->group->politeness->options.down_after;
}

/* Returns what the group waits for: what is over last. */
static const char *find_wait(const lr_crawl_site *site) {
  const lr_crawl_host_group *group = site->group;
  const lr_crawl_politeness_options *options = &group->politeness->options;
  uint64_t own_ms =
      site->delay_ms == LR_CRAWL_NO_DELAY ? options->delay_ms : site->delay_ms;
  if (group->not_before_ns > group->started_ns + group->wait_ms * ms_ns)
    return group->retry_after ? "Retry-After" : "answer time";
  if (group->wait_ms == group->back_off_ms) return "back-off";
  return group->wait_ms > own_ms && site->crawl_delay_ms > own_ms
             ? "Crawl-delay"
             : "delay";
}

/* Returns what all groups wait for; NULL: nothing. */
static const char *find_stop(const lr_crawl_politeness *politeness,
                             int64_t now_ns) {
  int64_t due_ns;
  if (politeness->paused) return "paused";
  if (!lr_crawl_network_allows(&politeness->network, now_ns, &due_ns))
    return "network";
  if (politeness->in_flight >= politeness->options.most_in_flight)
    return "slots";
  return NULL;
}

/* Returns what the site waits for that is not a time of its group; NULL: there
 * is nothing of the kind. */
static const char *find_own_wait(const lr_crawl_site *site) {
  if (!site->items) return "empty";
  if (lr_crawl_site_is_held(site) && site->hold_reason == LR_CRAWL_HOLD_ROBOTS)
    return "robots";
  if (lr_crawl_site_is_held(site))
    return is_down(site) ? "down" : "connection failed";
  if (site->awaits_address) return "address";
  if (site->robots == LR_CRAWL_ROBOTS_ASKED ||
      site->robots == LR_CRAWL_ROBOTS_AFTER)
    return "robots";
  if (site->group->in_flight >= site->group->politeness->options.per_group)
    return "in flight";
  return NULL;
}

lr_crawl_site_state lr_crawl_politeness_state(const lr_crawl_site *site,
                                              int64_t now_ns) {
  const lr_crawl_host_group *group = site->group;
  lr_crawl_site_state state = {
      .due_ns = lr_crawl_site_is_held(site) ? site->hold.due_ns : INT64_MAX,
      .reason = find_own_wait(site),
      .delay_ms = lr_crawl_site_wait_ms(site, group),
      .waiting = lr_crawl_item_queue_count(site->items),
      .in_flight = site->in_flight,
      .failures = site->failures,
      .group = group->name};
  if (state.reason) return state;
  state.due_ns = lr_crawl_host_group_due(group);
  if (state.due_ns > now_ns)
    state.reason = find_wait(site);
  else
    state.reason = find_stop(group->politeness, now_ns);
  if (!state.reason) state.reason = "due";
  return state;
}

static uint64_t count_due(const lr_crawl_due_order *heap, int64_t now_ns) {
  uint64_t count = 0;
  for (uint32_t i = 1; i <= heap->count; i++)
    count += heap->nodes[i]->due_ns <= now_ns;
  return count;
}

lr_crawl_politeness_counts
lr_crawl_politeness_count(const lr_crawl_politeness *politeness,
                          int64_t now_ns) {
  lr_crawl_politeness_counts counts = {
      .sites = politeness->sites.count,
      .groups = politeness->groups.count,
      .due = count_due(&politeness->due, now_ns),
      .in_flight = politeness->in_flight,
      .waiting = politeness->waiting,
      .network_gone = politeness->network.gone};
  size_t at = 0;
  for (const lr_crawl_site *site;
       (site = lr_crawl_text_table_next(&politeness->sites, &at));) {
    counts.empty += !site->items;
    counts.down += is_down(site);
    if (is_down(site))
      counts.waiting_down += lr_crawl_item_queue_count(site->items);
  }
  return counts;
}
