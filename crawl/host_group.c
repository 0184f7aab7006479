/* SPDX-License-Identifier: MIT
 * host_group.c: which hosts are a group, and when it may be asked. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "politeness_private.h"
#include "scope.h"

/* The longest text of a host that tells groups apart; names that can be looked
 * up have 253 octets at the most. */
enum { MOST_HOST = 512, MOST_NAME = 1200 };

/* The first wait of a back-off where there is no delay to be doubled. */
enum { LEAST_BACK_OFF_MS = 1000 };

static const int64_t ms_ns = 1000000;

/* ---- Names ---- */

/* Writes the host of an origin, or of a visitor's, without the brackets of an
 * address. */
static void write_host(const char *origin, char out[MOST_HOST]) {
  const char *host = strstr(origin, "://");
  host = host ? host + 3 : origin;
  const char *end = *host == '[' ? strchr(++host, ']') : strchr(host, ':');
  size_t length = end ? (size_t)(end - host) : strlen(host);
  if (length >= MOST_HOST) length = MOST_HOST - 1;
  memcpy(out, host, length);
  out[length] = 0;
}

static bool is_address(const char *host) {
  struct in6_addr address;
  return inet_pton(AF_INET, host, &address) == 1 ||
         inet_pton(AF_INET6, host, &address) == 1;
}

bool lr_crawl_origin_is_address(const char *origin) {
  char host[MOST_HOST];
  write_host(origin, host);
  return is_address(host);
}

/* Writes the name of the group of a host: what is the same for all of it. */
static void write_name(lr_crawl_grouping grouping, const char *host,
                       const char *ip, char out[MOST_NAME]) {
  char domain[MOST_HOST];
  const char *name = host;
  if (is_address(host)) grouping = LR_CRAWL_GROUP_HOST;
  if (grouping == LR_CRAWL_GROUP_IP && ip) name = ip;
  (void)lr_crawl_domain(host, strlen(host), domain, sizeof domain);
  if (grouping == LR_CRAWL_GROUP_DOMAIN) name = domain;
  if (grouping == LR_CRAWL_GROUP_IP_IN_DOMAIN)
    snprintf(out, MOST_NAME, "%s at %s", domain, ip ? ip : "?");
  else
    snprintf(out, MOST_NAME, "%s", name);
}

/* Looks at the name's end, since this is asked for each answer. */
bool lr_crawl_host_group_is_at(const lr_crawl_host_group *group,
                               const char *ip) {
  static const char link[] = " at ";
  lr_crawl_grouping grouping = group->politeness->options.grouping;
  size_t length = strlen(group->name), end = strlen(ip);
  if (grouping == LR_CRAWL_GROUP_HOST || grouping == LR_CRAWL_GROUP_DOMAIN)
    return true;
  if (length < end || strcmp(group->name + length - end, ip) != 0) return false;
  return length == end || (length - end > sizeof link &&
                           memcmp(group->name + length - end - sizeof link + 1,
                                  link, sizeof link - 1) == 0);
}

static lr_crawl_host_group *make_group(lr_crawl_politeness *politeness,
                                       const char *name) {
  size_t length = strlen(name);
  lr_crawl_host_group *group =
      lr_crawl_allocate(1, sizeof(lr_crawl_host_group) + length + 1);
  if (!group) return NULL;
  memcpy(group->name, name, length);
  group->politeness = politeness;
  lr_crawl_list_init(&group->ready);
  group->started_ns = INT64_MIN / 2;
  group->not_before_ns = INT64_MIN;
  if (politeness->options.delay_first) {
    group->started_ns = politeness->opened_ns;
    group->wait_ms = (uint32_t)politeness->options.delay_ms;
  }
  if (!lr_crawl_due_order_reserve(&politeness->due,
                                  politeness->groups.count + 1) &&
      !lr_crawl_text_table_add(&politeness->groups, group))
    return group;
  lariat_memory_release(group);
  return NULL;
}

lr_crawl_host_group *lr_crawl_host_group_find(lr_crawl_politeness *politeness,
                                              const char *origin,
                                              const char *ip) {
  char host[MOST_HOST], name[MOST_NAME];
  write_host(origin, host);
  write_name(politeness->options.grouping, host, ip, name);
  lr_crawl_host_group *group =
      lr_crawl_text_table_find(&politeness->groups, name);
  return group ? group : make_group(politeness, name);
}

void lr_crawl_host_group_free(lr_crawl_politeness *politeness,
                              lr_crawl_host_group *group) {
  if (politeness->last_group == group) politeness->last_group = NULL;
  lr_crawl_due_order_remove(&politeness->due, &group->due);
  lr_crawl_text_table_remove(&politeness->groups, group);
  lariat_memory_release(group);
}

/* ---- When it may be asked ---- */

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

uint32_t lr_crawl_site_wait_ms(const lr_crawl_site *site,
                               const lr_crawl_host_group *group) {
  const lr_crawl_politeness_options *options = &group->politeness->options;
  uint32_t wait_ms = site->delay_ms == LR_CRAWL_NO_DELAY
                         ? (uint32_t)options->delay_ms
                         : site->delay_ms;
  uint32_t asked_ms = site->crawl_delay_ms;
  if (asked_ms > options->crawl_delay_max_ms)
    asked_ms = (uint32_t)options->crawl_delay_max_ms;
  return larger(larger(wait_ms, asked_ms), group->back_off_ms);
}

int64_t lr_crawl_host_group_due(const lr_crawl_host_group *group) {
  int64_t due_ns = group->started_ns + group->wait_ms * ms_ns;
  return due_ns > group->not_before_ns ? due_ns : group->not_before_ns;
}

static void wait_until(lr_crawl_host_group *group, int64_t until_ns,
                       bool retry_after) {
  if (until_ns <= group->not_before_ns) return;
  group->not_before_ns = until_ns;
  group->retry_after = retry_after;
}

/* Doubles the wait of a group that has too much to do, and takes a tenth of it
 * back with each good answer. */
static void back_off(lr_crawl_host_group *group, const lr_crawl_site *site,
                     bool more) {
  uint64_t most_ms = group->politeness->options.delay_max_ms;
  uint64_t wait_ms = lr_crawl_site_wait_ms(site, group);
  if (more) {
    wait_ms = wait_ms < LEAST_BACK_OFF_MS / 2 ? LEAST_BACK_OFF_MS : wait_ms * 2;
    group->back_off_ms = (uint32_t)(wait_ms < most_ms ? wait_ms : most_ms);
    return;
  }
  uint32_t less_ms = group->back_off_ms / 10 * 9;
  group->back_off_ms = 0;
  if (less_ms > lr_crawl_site_wait_ms(site, group))
    group->back_off_ms = less_ms;
}

/* Returns when the request had certainly arrived: when its answer did, or, if
 * that took long, a while after it was sent. */
static int64_t find_arrival(const lr_crawl_reply *reply, int64_t guard_ns) {
  int64_t sent_ns = reply->sent_ns ? reply->sent_ns : reply->ended_ns;
  int64_t arrived_ns = sent_ns + guard_ns;
  if (reply->ended_ns < arrived_ns) arrived_ns = reply->ended_ns;
  if (reply->answered_ns && reply->answered_ns < arrived_ns)
    arrived_ns = reply->answered_ns;
  return arrived_ns > sent_ns ? arrived_ns : sent_ns;
}

static bool is_overloaded(int status) { return status == 429 || status == 503; }

static void learn_status(lr_crawl_host_group *group, const lr_crawl_site *site,
                         const lr_crawl_reply *reply) {
  int64_t most_ms = (int64_t)group->politeness->options.retry_after_max_ms;
  int64_t asked_ms = reply->retry_after_ms;
  if (!is_overloaded(reply->status)) {
    if (reply->status && reply->status < 500) back_off(group, site, false);
  } else if (asked_ms <= 0) {
    back_off(group, site, true);
  } else {
    if (asked_ms > most_ms) asked_ms = most_ms;
    wait_until(group, reply->ended_ns + asked_ms * ms_ns, true);
  }
}

/* Waits some times as long as the answer took. */
static void learn_time(lr_crawl_host_group *group,
                       const lr_crawl_reply *reply) {
  const lr_crawl_politeness_options *options = &group->politeness->options;
  if (!(options->delay_factor > 0) || !reply->sent_ns) return;
  double most_ns = (double)options->delay_max_ms * (double)ms_ns;
  double wait_ns =
      options->delay_factor * (double)(reply->ended_ns - reply->sent_ns);
  if (wait_ns > most_ns) wait_ns = most_ns;
  if (wait_ns > 0) wait_until(group, reply->ended_ns + (int64_t)wait_ns, false);
}

/* A visitor does not make the wait shorter that the group's own sites need. */
void lr_crawl_host_group_learn(lr_crawl_host_group *group,
                               const lr_crawl_site *site,
                               const lr_crawl_reply *reply) {
  int64_t guard_ns = (int64_t)group->politeness->options.guard_ms * ms_ns;
  int64_t arrived_ns = find_arrival(reply, guard_ns);
  bool visits = site->is_visitor;
  uint32_t least_ms = visits && group->last ? group->wait_ms : 0;
  if (arrived_ns > group->started_ns) group->started_ns = arrived_ns;
  learn_status(group, site, reply);
  learn_time(group, reply);
  group->wait_ms = larger(lr_crawl_site_wait_ms(site, group), least_ms);
  if (!visits) group->last = site;
}

void lr_crawl_politeness_wait(lr_crawl_site *site, int64_t until_ns) {
  wait_until(site->group, until_ns, false);
  lr_crawl_host_group_reschedule(site->group);
}

int64_t lr_crawl_politeness_due_ns(const lr_crawl_site *site) {
  return lr_crawl_host_group_due(site->group);
}
