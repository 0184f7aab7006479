/* SPDX-License-Identifier: MIT
 * politeness.c: sites, their groups, and whose turn it is. */
#include "politeness.h"

#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "politeness_private.h"

static const int64_t ms_ns = 1000000;

#define SITE_OF(node, member) lr_crawl_listed(node, lr_crawl_site, member)
#define GROUP_OF(node) lr_crawl_listed(node, lr_crawl_host_group, due)

static void tell_time(lr_crawl_politeness *politeness, int64_t now_ns) {
  if (now_ns > politeness->now_ns) politeness->now_ns = now_ns;
}

/* ---- Making ---- */

lr_crawl_politeness_options lr_crawl_politeness_defaults(void) {
  return (lr_crawl_politeness_options){.delay_ms = 1000,
                                       .delay_max_ms = 60000,
                                       .crawl_delay_max_ms = 30000,
                                       .retry_after_max_ms = 86400000,
                                       .failure_ms = 60000,
                                       .down_after = 5,
                                       .down_ms = 1800000,
                                       .guard_ms = 10,
                                       .per_group = 1,
                                       .most_in_flight = 1024};
}

static const char *origin_of(const void *site) {
  return ((const lr_crawl_site *)site)->origin;
}

static const char *name_of(const void *group) {
  return ((const lr_crawl_host_group *)group)->name;
}

lariat_status
lr_crawl_politeness_new(const lr_crawl_politeness_options *options,
                        int64_t now_ns, lr_crawl_politeness **out) {
  *out = NULL;
  if (!options->per_group || !options->most_in_flight) return LARIAT_EINVAL;
  lr_crawl_politeness *politeness = lr_crawl_allocate(1, sizeof *politeness);
  if (!politeness) return LARIAT_ENOMEM;
  politeness->options = *options;
  politeness->options.delay_ms = lr_crawl_limit_delay(options->delay_ms);
  politeness->options.delay_max_ms =
      lr_crawl_limit_delay(options->delay_max_ms);
  politeness->options.crawl_delay_max_ms =
      lr_crawl_limit_delay(options->crawl_delay_max_ms);
  politeness->opened_ns = politeness->now_ns = now_ns;
  lr_crawl_text_table_init(&politeness->sites, origin_of);
  lr_crawl_text_table_init(&politeness->groups, name_of);
  *out = politeness;
  return LARIAT_OK;
}

void lr_crawl_politeness_free(lr_crawl_politeness *politeness,
                              void (*drop)(void *item)) {
  if (!politeness) return;
  size_t at = 0;
  for (lr_crawl_site *site;
       (site = lr_crawl_text_table_next(&politeness->sites, &at));) {
    for (void *item; (item = lr_crawl_item_queue_take(&site->items));)
      drop(item);
    lariat_memory_release(site);
  }
  at = 0;
  for (void *group;
       (group = lr_crawl_text_table_next(&politeness->groups, &at));)
    lariat_memory_release(group);
  lr_crawl_text_table_clear(&politeness->sites);
  lr_crawl_text_table_clear(&politeness->groups);
  lr_crawl_due_order_clear(&politeness->due);
  lr_crawl_due_order_clear(&politeness->held);
  lariat_memory_release(politeness);
}

/* ---- Sites ---- */

/* Puts a site among the others, and into its group. */
static bool join_sites(lr_crawl_politeness *politeness, lr_crawl_site *site) {
  if (lr_crawl_due_order_reserve(&politeness->held,
                                 politeness->sites.count + 1))
    return false;
  site->group = lr_crawl_host_group_find(politeness, site->origin, NULL);
  if (!site->group) return false;
  site->group->sites++;
  if (!lr_crawl_text_table_add(&politeness->sites, site)) return true;
  lr_crawl_host_group_leave(site->group, true);
  return false;
}

static lr_crawl_site *make_site(lr_crawl_politeness *politeness,
                                const char *origin, uint64_t host_id) {
  size_t length = strlen(origin);
  lr_crawl_site *site = lr_crawl_allocate(1, sizeof *site + length + 1);
  if (!site) return NULL;
  memcpy(site->origin, origin, length);
  lr_crawl_list_init(&site->ready);
  site->host_id = host_id;
  site->delay_ms = LR_CRAWL_NO_DELAY;
  site->awaits_address =
      politeness->options.address_first && !lr_crawl_origin_is_address(origin);
  if (join_sites(politeness, site)) return site;
  lariat_memory_release(site);
  return NULL;
}

lariat_status lr_crawl_politeness_site(lr_crawl_politeness *politeness,
                                       const char *origin, uint64_t host_id,
                                       lr_crawl_site **out) {
  *out = NULL;
  if (!strstr(origin, "://")) return LARIAT_EINVAL;
  *out = lr_crawl_text_table_find(&politeness->sites, origin);
  if (!*out) *out = make_site(politeness, origin, host_id);
  return *out ? LARIAT_OK : LARIAT_ENOMEM;
}

/* A visitor whose host has a site is where that one is. */
static void make_visitor(lr_crawl_site *visitor, const lr_crawl_site *host) {
  visitor->is_visitor = true;
  visitor->robots = LR_CRAWL_ROBOTS_KNOWN;
  visitor->robots_expire_ns = INT64_MAX;
  if (!host || host->group == visitor->group) return;
  lr_crawl_host_group_leave(visitor->group, true);
  visitor->group = host->group;
  visitor->group->sites++;
  visitor->awaits_address = host->awaits_address;
}

lariat_status lr_crawl_politeness_visitor(lr_crawl_politeness *politeness,
                                          const char *origin, const char *asker,
                                          lr_crawl_site **out) {
  static const char link[] = " for ";
  size_t size = strlen(origin) + strlen(asker) + sizeof link;
  *out = NULL;
  if (!strstr(origin, "://")) return LARIAT_EINVAL;
  char *name = lariat_memory_allocate(size);
  if (!name) return LARIAT_ENOMEM;
  snprintf(name, size, "%s%s%s", origin, link, asker);
  bool is_there = lr_crawl_text_table_find(&politeness->sites, name) != NULL;
  if (!is_there) *out = make_site(politeness, name, 0);
  lariat_memory_release(name);
  if (is_there) return LARIAT_EALREADY;
  if (!*out) return LARIAT_ENOMEM;
  make_visitor(*out, lr_crawl_text_table_find(&politeness->sites, origin));
  return LARIAT_OK;
}

/* Takes a site out of all that it is in, and frees it. */
static void free_site(lr_crawl_site *site) {
  lr_crawl_politeness *politeness = lr_crawl_politeness_of(site);
  lr_crawl_text_table_remove(&politeness->sites, site);
  lr_crawl_due_order_remove(&politeness->held, &site->hold);
  lr_crawl_list_remove(&site->ready);
  lr_crawl_site_update(site);
  if (site->group->last == site) site->group->last = NULL;
  lr_crawl_host_group_leave(site->group, true);
  lariat_memory_release(site);
}

void lr_crawl_politeness_end_visit(lr_crawl_site *visitor) {
  free_site(visitor);
}

lariat_status lr_crawl_politeness_add(lr_crawl_site *site, void *item,
                                      bool first) {
  lariat_status status = lr_crawl_item_queue_put(&site->items, item, first);
  if (status) return status;
  lr_crawl_politeness_of(site)->waiting++;
  lr_crawl_site_update(site);
  return LARIAT_OK;
}

size_t lr_crawl_politeness_waiting(const lr_crawl_site *site) {
  return lr_crawl_item_queue_count(site->items);
}

size_t lr_crawl_politeness_take_all(lr_crawl_site *site,
                                    lr_crawl_item_callback *callback,
                                    void *context) {
  lr_crawl_item_queue *items = site->items;
  size_t count = lr_crawl_item_queue_count(items);
  site->items = NULL;
  lr_crawl_politeness_of(site)->waiting -= count;
  lr_crawl_site_update(site);
  for (void *item; (item = lr_crawl_item_queue_take(&items));)
    callback(context, item);
  return count;
}

size_t lr_crawl_politeness_site_count(const lr_crawl_politeness *politeness) {
  return politeness->sites.count;
}

void lr_crawl_politeness_each_site(lr_crawl_politeness *politeness,
                                   lr_crawl_site_callback *callback,
                                   void *context) {
  size_t at = 0;
  for (lr_crawl_site *site;
       (site = lr_crawl_text_table_next(&politeness->sites, &at));)
    callback(context, site);
}

static bool is_idle(const lr_crawl_site *site) {
  const lr_crawl_host_group *group = site->group;
  return !site->items && !site->in_flight &&
         site->delay_ms == LR_CRAWL_NO_DELAY && !lr_crawl_site_is_held(site) &&
         !site->failures && !site->awaits_address && !site->is_visitor &&
         site->robots != LR_CRAWL_ROBOTS_ASKED && !group->back_off_ms &&
         lr_crawl_host_group_due(group) <= group->politeness->now_ns;
}

/* Groups are left at which only the robots.txt of others has been. */
static void drop_idle_groups(lr_crawl_politeness *politeness) {
  size_t at = 0;
  for (lr_crawl_host_group *group;
       (group = lr_crawl_text_table_next(&politeness->groups, &at));) {
    if (group->sites || lr_crawl_host_group_due(group) > politeness->now_ns)
      continue;
    lr_crawl_host_group_free(politeness, group);
    at--;
  }
}

size_t lr_crawl_politeness_drop_idle(lr_crawl_politeness *politeness,
                                     int64_t now_ns,
                                     lr_crawl_site_callback *callback,
                                     void *context) {
  size_t at = 0, count = 0;
  tell_time(politeness, now_ns);
  drop_idle_groups(politeness);
  for (lr_crawl_site *site;
       (site = lr_crawl_text_table_next(&politeness->sites, &at));) {
    if (!is_idle(site)) continue;
    if (callback) callback(context, site);
    free_site(site);
    at--; /* another site may stand there now */
    count++;
  }
  return count;
}

/* ---- Turns ---- */

static void release_due_sites(lr_crawl_politeness *politeness) {
  for (lr_crawl_due_node *first;
       (first = lr_crawl_due_order_first(&politeness->held)) &&
       first->due_ns <= politeness->now_ns;)
    lr_crawl_site_release(SITE_OF(first, hold));
}

static bool has_stale_robots(const lr_crawl_site *site) {
  return site->robots == LR_CRAWL_ROBOTS_UNKNOWN ||
         site->robots_expire_ns <= lr_crawl_politeness_of(site)->now_ns;
}

/* With several at once the next one is waited for from the turn on, since it
 * may be due before this one has ended. */
static void expect_sending(lr_crawl_host_group *group,
                           const lr_crawl_site *site) {
  const lr_crawl_politeness *politeness = group->politeness;
  uint32_t wait_ms = lr_crawl_site_wait_ms(site, group);
  if (politeness->options.per_group == 1 || !wait_ms) return;
  group->wait_ms = wait_ms;
  group->started_ns =
      politeness->now_ns + (int64_t)politeness->options.guard_ms * ms_ns;
}

static void begin_request(lr_crawl_site *site) {
  lr_crawl_host_group *group = site->group;
  lr_crawl_politeness *politeness = group->politeness;
  politeness->last_group = group;
  politeness->last_started_ns = group->started_ns;
  politeness->last_wait_ms = group->wait_ms;
  politeness->in_flight++;
  group->in_flight++;
  site->in_flight++;
  expect_sending(group, site);
  lr_crawl_network_sends(&politeness->network, site);
  lr_crawl_due_order_remove(&politeness->due, &group->due);
  lr_crawl_list_remove(&site->ready); /* and behind the others again */
  lr_crawl_site_update(site);
}

/* Takes a turn of a site, which has something to be sent.  NONE: its robots
 * have expired, and it waits for what is in flight before it asks again. */
static lr_crawl_turn take_turn(lr_crawl_site *site) {
  lr_crawl_turn turn = {.site = site};
  if (!has_stale_robots(site)) {
    turn.kind = LR_CRAWL_TURN_ITEM;
    turn.item = lr_crawl_item_queue_take(&site->items);
    lr_crawl_politeness_of(site)->waiting--;
  } else if (site->in_flight) {
    site->robots = LR_CRAWL_ROBOTS_AFTER;
    lr_crawl_site_update(site);
    return turn;
  } else {
    turn.kind = LR_CRAWL_TURN_ROBOTS;
    site->robots = LR_CRAWL_ROBOTS_ASKED;
  }
  begin_request(site);
  return turn;
}

/* Returns the group whose turn it is; NULL: `*due_ns` is when one is. */
static lr_crawl_host_group *find_due_group(lr_crawl_politeness *politeness,
                                           int64_t *due_ns) {
  lr_crawl_due_node *first = lr_crawl_due_order_first(&politeness->due);
  lr_crawl_due_node *held = lr_crawl_due_order_first(&politeness->held);
  int64_t network_ns;
  *due_ns = INT64_MAX;
  if (politeness->paused ||
      politeness->in_flight >= politeness->options.most_in_flight)
    return NULL;
  bool allowed = lr_crawl_network_allows(&politeness->network,
                                         politeness->now_ns, &network_ns);
  if (allowed && first && first->due_ns <= politeness->now_ns)
    return GROUP_OF(first);
  if (first) *due_ns = first->due_ns;
  if (held && held->due_ns < *due_ns) *due_ns = held->due_ns;
  if (!allowed && network_ns > *due_ns) *due_ns = network_ns;
  return NULL;
}

lr_crawl_turn lr_crawl_politeness_next(lr_crawl_politeness *politeness,
                                       int64_t now_ns) {
  lr_crawl_turn turn = {.due_ns = INT64_MAX};
  tell_time(politeness, now_ns);
  release_due_sites(politeness);
  for (lr_crawl_host_group *group;
       (group = find_due_group(politeness, &turn.due_ns));) {
    turn = take_turn(SITE_OF(group->ready.next, ready));
    if (turn.kind != LR_CRAWL_TURN_NONE) return turn;
  }
  turn.site = NULL;
  return turn;
}

/* ---- Ends ---- */

static void end_request(lr_crawl_site *site) {
  lr_crawl_politeness *politeness = lr_crawl_politeness_of(site);
  politeness->in_flight--;
  site->group->in_flight--;
  site->in_flight--;
  if (site->robots == LR_CRAWL_ROBOTS_ASKED ||
      (site->robots == LR_CRAWL_ROBOTS_AFTER && !site->in_flight))
    site->robots = LR_CRAWL_ROBOTS_UNKNOWN;
  lr_crawl_network_ends(&politeness->network, site);
}

void lr_crawl_politeness_unsent(lr_crawl_site *site, int64_t now_ns) {
  lr_crawl_politeness *politeness = lr_crawl_politeness_of(site);
  tell_time(politeness, now_ns);
  end_request(site);
  if (politeness->last_group == site->group) {
    site->group->started_ns = politeness->last_started_ns;
    site->group->wait_ms = politeness->last_wait_ms;
  }
  politeness->last_group = NULL;
  lr_crawl_host_group_reschedule(site->group);
  lr_crawl_site_update(site);
}

/* Returns how long a site waits that has failed so many times in a row. */
static int64_t find_failure_wait(const lr_crawl_politeness_options *options,
                                 uint32_t failures) {
  uint64_t wait_ms = options->failure_ms;
  for (uint32_t i = 1; i < failures && wait_ms < options->down_ms; i++)
    wait_ms *= 2;
  if (failures >= options->down_after || wait_ms > options->down_ms)
    wait_ms = options->down_ms;
  return (int64_t)wait_ms * ms_ns;
}

/* Several that fail together are one failure of the host. */
static void note_failure(lr_crawl_site *site, int64_t ended_ns) {
  if (lr_crawl_site_is_held(site) && site->hold_reason == LR_CRAWL_HOLD_FAILURE)
    return;
  if (site->failures < UINT16_MAX) site->failures++;
  int64_t until_ns =
      ended_ns +
      find_failure_wait(&lr_crawl_politeness_of(site)->options, site->failures);
  if (!lr_crawl_site_is_held(site) || site->hold.due_ns < until_ns)
    lr_crawl_site_hold(site, until_ns, LR_CRAWL_HOLD_FAILURE);
}

/* Returns when the failure was that a site waits for. */
static int64_t find_failure(const lr_crawl_site *site) {
  return site->hold.due_ns -
         find_failure_wait(&lr_crawl_politeness_of(site)->options,
                           site->failures);
}

/* Forgets what was said about hosts while the network was gone. */
static void forget_failures(lr_crawl_politeness *politeness, int64_t since_ns) {
  size_t at = 0;
  for (lr_crawl_site *site;
       (site = lr_crawl_text_table_next(&politeness->sites, &at));) {
    if (!lr_crawl_site_is_held(site) ||
        site->hold_reason != LR_CRAWL_HOLD_FAILURE ||
        find_failure(site) < since_ns)
      continue;
    site->failures = 0;
    lr_crawl_site_release(site);
  }
}

/* A host that has said something is on the other side of the network; a
 * connection that broke off, or on which nothing came, tells neither. */
static bool note_network(lr_crawl_site *site, const lr_crawl_reply *reply,
                         int64_t now_ns) {
  lr_crawl_network_watch *watch = &lr_crawl_politeness_of(site)->network;
  if (reply->network_failed)
    return lr_crawl_network_failed(watch, site, reply->sent_ns, now_ns);
  if (!reply->status && !reply->connection_failed) return watch->gone;
  int64_t since_ns = watch->since_ns;
  if (lr_crawl_network_answered(watch))
    forget_failures(lr_crawl_politeness_of(site), since_ns);
  return false;
}

lr_crawl_verdict lr_crawl_politeness_ended(lr_crawl_site *site,
                                           const lr_crawl_reply *reply,
                                           int64_t now_ns) {
  lr_crawl_reply known = *reply;
  tell_time(lr_crawl_politeness_of(site), now_ns);
  if (!known.ended_ns) known.ended_ns = now_ns;
  end_request(site);
  lr_crawl_politeness_of(site)->last_group = NULL;
  if (known.status) site->failures = 0;
  bool gone = note_network(site, &known, now_ns);
  if (known.connection_failed && !gone) note_failure(site, known.ended_ns);
  lr_crawl_host_group_learn(site->group, site, &known);
  lr_crawl_host_group_reschedule(site->group);
  lr_crawl_site_update(site);
  return gone ? LR_CRAWL_VERDICT_NETWORK : LR_CRAWL_VERDICT_COUNTS;
}
