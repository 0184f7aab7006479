/* SPDX-License-Identifier: MIT
 * site.c: where a site and its group stand: ready, held, in which group; and
 * what is set for a site. */
#include "politeness_private.h"

static const int64_t ms_ns = 1000000;

/* ---- Who is ready, and where ---- */

/* Puts the group into the heap or takes it out.  What was not ready before is
 * not due earlier than now: those that have waited longer are before it. */
static void update_group(lr_crawl_host_group *group) {
  lr_crawl_politeness *politeness = group->politeness;
  bool wanted = !lr_crawl_list_is_empty(&group->ready) &&
                group->in_flight < politeness->options.per_group;
  if (wanted == lr_crawl_is_in_order(&group->due)) return;
  if (!wanted) {
    lr_crawl_due_order_remove(&politeness->due, &group->due);
    return;
  }
  int64_t due_ns = lr_crawl_host_group_due(group);
  if (due_ns < politeness->now_ns) due_ns = politeness->now_ns;
  lr_crawl_due_order_put(&politeness->due, &group->due, due_ns);
}

/* Puts the group where it belongs when its times have changed. */
void lr_crawl_host_group_reschedule(lr_crawl_host_group *group) {
  lr_crawl_due_order_remove(&group->politeness->due, &group->due);
  update_group(group);
}

static bool is_ready(const lr_crawl_site *site) {
  return site->items && !lr_crawl_site_is_held(site) && !site->awaits_address &&
         (site->robots == LR_CRAWL_ROBOTS_UNKNOWN ||
          site->robots == LR_CRAWL_ROBOTS_KNOWN);
}

void lr_crawl_site_update(lr_crawl_site *site) {
  bool listed = !lr_crawl_list_is_empty(&site->ready);
  if (is_ready(site) != listed) {
    if (listed)
      lr_crawl_list_remove(&site->ready);
    else
      lr_crawl_list_append(&site->group->ready, &site->ready);
  }
  update_group(site->group);
}

void lr_crawl_site_hold(lr_crawl_site *site, int64_t until_ns,
                        lr_crawl_hold_reason reason) {
  lr_crawl_due_order *held = &lr_crawl_politeness_of(site)->held;
  lr_crawl_due_order_remove(held, &site->hold);
  lr_crawl_due_order_put(held, &site->hold, until_ns);
  site->hold_reason = (uint8_t)reason;
  lr_crawl_site_update(site);
}

void lr_crawl_site_release(lr_crawl_site *site) {
  lr_crawl_due_order_remove(&lr_crawl_politeness_of(site)->held, &site->hold);
  lr_crawl_site_update(site);
}

void lr_crawl_host_group_leave(lr_crawl_host_group *group, bool keeps) {
  if (--group->sites) return;
  if (!keeps || lr_crawl_host_group_due(group) <= group->politeness->now_ns)
    lr_crawl_host_group_free(group->politeness, group);
}

/* ---- Groups change ---- */

/* Tells the group `to` of the last request of a site that was made in the group
 * `from`: it went to the hosts of `to`. */
static void move_times(const lr_crawl_site *site, lr_crawl_host_group *from,
                       lr_crawl_host_group *to) {
  if (from->last != site) return;
  from->last = NULL;
  to->last = site;
  if (from->started_ns + from->wait_ms * ms_ns >
      to->started_ns + to->wait_ms * ms_ns) {
    to->started_ns = from->started_ns;
    to->wait_ms = from->wait_ms;
  }
  if (from->not_before_ns > to->not_before_ns) {
    to->not_before_ns = from->not_before_ns;
    to->retry_after = from->retry_after;
  }
  if (from->back_off_ms > to->back_off_ms) to->back_off_ms = from->back_off_ms;
}

/* Moves a site into another group, with what of it is in flight. */
static void move_site(lr_crawl_site *site, lr_crawl_host_group *to) {
  lr_crawl_host_group *from = site->group;
  if (from == to) return;
  move_times(site, from, to);
  lr_crawl_list_remove(&site->ready);
  from->in_flight -= site->in_flight;
  to->in_flight += site->in_flight;
  to->sites++;
  site->group = to;
  lr_crawl_host_group_reschedule(from);
  lr_crawl_host_group_leave(from, false);
  lr_crawl_host_group_reschedule(to);
  lr_crawl_site_update(site);
}

void lr_crawl_politeness_set_address(lr_crawl_site *site, const char *ip) {
  if (ip && !site->awaits_address && lr_crawl_host_group_is_at(site->group, ip))
    return;
  lr_crawl_host_group *to =
      ip ? lr_crawl_host_group_find(lr_crawl_politeness_of(site), site->origin,
                                    ip)
         : NULL;
  site->awaits_address = false;
  if (to) move_site(site, to);
  lr_crawl_site_update(site);
}

bool lr_crawl_politeness_awaits_address(const lr_crawl_site *site) {
  return site->awaits_address;
}

/* ---- Robots ---- */

/* Waits by the delay that is right now, if the site was the last to be asked.
 */
static void refresh_wait(const lr_crawl_site *site) {
  lr_crawl_host_group *group = site->group;
  if (group->last != site) return;
  group->wait_ms = lr_crawl_site_wait_ms(site, group);
  lr_crawl_host_group_reschedule(group);
}

void lr_crawl_politeness_robots_known(lr_crawl_site *site, int64_t expires_ns,
                                      int64_t crawl_delay_ms) {
  site->robots = LR_CRAWL_ROBOTS_KNOWN;
  site->robots_expire_ns = expires_ns;
  site->crawl_delay_ms =
      crawl_delay_ms > 0
          ? (uint32_t)lr_crawl_limit_delay((uint64_t)crawl_delay_ms)
          : 0;
  if (site->hold_reason == LR_CRAWL_HOLD_ROBOTS)
    lr_crawl_due_order_remove(&lr_crawl_politeness_of(site)->held, &site->hold);
  lr_crawl_site_update(site);
  refresh_wait(site);
}

void lr_crawl_politeness_hold(lr_crawl_site *site, int64_t until_ns) {
  if (site->robots != LR_CRAWL_ROBOTS_AFTER)
    site->robots = LR_CRAWL_ROBOTS_UNKNOWN;
  if (!lr_crawl_site_is_held(site) ||
      site->hold_reason == LR_CRAWL_HOLD_ROBOTS || site->hold.due_ns < until_ns)
    lr_crawl_site_hold(site, until_ns, LR_CRAWL_HOLD_ROBOTS);
}

void lr_crawl_politeness_robots_forgotten(lr_crawl_site *site) {
  if (site->robots != LR_CRAWL_ROBOTS_KNOWN || site->is_visitor) return;
  site->robots = LR_CRAWL_ROBOTS_UNKNOWN;
  lr_crawl_site_update(site);
}

bool lr_crawl_politeness_is_skipped(const lr_crawl_site *site) {
  const lr_crawl_politeness_options *options =
      &lr_crawl_politeness_of(site)->options;
  return options->crawl_delay_skip &&
         site->crawl_delay_ms > options->crawl_delay_max_ms;
}

/* ---- Settings ---- */

void lr_crawl_politeness_set_delay(lr_crawl_site *site, uint64_t delay_ms) {
  site->delay_ms = delay_ms == UINT64_MAX
                       ? LR_CRAWL_NO_DELAY
                       : (uint32_t)lr_crawl_limit_delay(delay_ms);
  refresh_wait(site);
}

void lr_crawl_politeness_set_default_delay(lr_crawl_politeness *politeness,
                                           uint64_t delay_ms) {
  size_t at = 0;
  politeness->options.delay_ms = lr_crawl_limit_delay(delay_ms);
  for (lr_crawl_host_group *group;
       (group = lr_crawl_text_table_next(&politeness->groups, &at));)
    if (group->last) refresh_wait(group->last);
}

void lr_crawl_politeness_pause(lr_crawl_politeness *politeness, bool paused) {
  politeness->paused = paused;
}

/* ---- Readers ---- */

void *lr_crawl_site_data(const lr_crawl_site *site) { return site->data; }

void lr_crawl_site_set_data(lr_crawl_site *site, void *data) {
  site->data = data;
}

uint64_t lr_crawl_site_host_id(const lr_crawl_site *site) {
  return site->host_id;
}

bool lr_crawl_site_is_visitor(const lr_crawl_site *site) {
  return site->is_visitor;
}

const char *lr_crawl_site_origin(const lr_crawl_site *site) {
  return site->origin;
}
