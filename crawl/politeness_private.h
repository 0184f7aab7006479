/* SPDX-License-Identifier: MIT
 * politeness_private.h: a site, its group, and all of them: what the files of
 * politeness.h share.
 *
 * A site is ready when it has something to be sent and nothing of its own to
 * wait for: then it is in its group's list.  A group with ready sites and a
 * request to spare is in the heap, by when it is due.  A site that has a time
 * of its own to wait for is in the other heap. */
#ifndef CRAWL_POLITENESS_PRIVATE_H
#define CRAWL_POLITENESS_PRIVATE_H

#include "due_order.h"
#include "item_queue.h"
#include "list.h"
#include "network_watch.h"
#include "politeness.h"
#include "text_table.h"

/* A delay that is not there. */
#define LR_CRAWL_NO_DELAY UINT32_MAX

/* Hosts between which the delay is kept. */
typedef struct lr_crawl_host_group {
  lr_crawl_politeness *politeness;
  lr_crawl_due_node due;
  lr_crawl_list ready; /* sites, in turn */
  int64_t started_ns;  /* the last request had arrived at the latest */
  int64_t not_before_ns;
  const lr_crawl_site *last; /* asked; NULL: none, or it is elsewhere now */
  uint32_t wait_ms;          /* from started_ns on */
  uint32_t back_off_ms;      /* 0: none */
  uint32_t in_flight;
  uint32_t sites;
  bool retry_after; /* not_before_ns is of that */
  char name[];
} lr_crawl_host_group;

typedef enum lr_crawl_robots_state {
  LR_CRAWL_ROBOTS_UNKNOWN = 0,
  LR_CRAWL_ROBOTS_AFTER, /* they expired while others are in flight */
  LR_CRAWL_ROBOTS_ASKED, /* its turn was given */
  LR_CRAWL_ROBOTS_KNOWN
} lr_crawl_robots_state;

typedef enum lr_crawl_hold_reason {
  LR_CRAWL_HOLD_ROBOTS = 0,
  LR_CRAWL_HOLD_FAILURE
} lr_crawl_hold_reason;

struct lr_crawl_site {
  lr_crawl_list ready;
  lr_crawl_due_node hold;
  lr_crawl_host_group *group;
  lr_crawl_item_queue *items;
  void *data;
  uint64_t host_id;
  int64_t robots_expire_ns;
  uint32_t delay_ms;       /* set for it */
  uint32_t crawl_delay_ms; /* asked for, before the cap */
  uint32_t in_flight;
  uint16_t failures; /* in a row */
  uint8_t robots;    /* lr_crawl_robots_state */
  uint8_t hold_reason;
  bool awaits_address;
  bool is_visitor;
  char origin[];
};

struct lr_crawl_politeness {
  lr_crawl_politeness_options options;
  lr_crawl_text_table sites;  /* by origin */
  lr_crawl_text_table groups; /* by name */
  lr_crawl_due_order due;     /* groups */
  lr_crawl_due_order held;    /* sites */
  lr_crawl_network_watch network;
  int64_t opened_ns;
  int64_t now_ns; /* the latest that was told */
  uint64_t in_flight;
  uint64_t waiting;
  bool paused;
  /* The last turn, for the case that nothing is sent. */
  lr_crawl_host_group *last_group;
  int64_t last_started_ns;
  uint32_t last_wait_ms;
};

static inline lr_crawl_politeness *
lr_crawl_politeness_of(const lr_crawl_site *site) {
  return site->group->politeness;
}

/* Delays are kept in 32 bits: 49 days. */
static inline uint64_t lr_crawl_limit_delay(uint64_t delay_ms) {
  return delay_ms < LR_CRAWL_NO_DELAY ? delay_ms : LR_CRAWL_NO_DELAY - 1;
}

/* ---- Where a site stands (site.c) ---- */

static inline bool lr_crawl_site_is_held(const lr_crawl_site *site) {
  return lr_crawl_is_in_order(&site->hold);
}
/* Puts a site, and its group, where they belong when something has changed. */
void lr_crawl_site_update(lr_crawl_site *site);
/* Holds the site until an instant, in place of one that it had, or lets it go.
 */
void lr_crawl_site_hold(lr_crawl_site *site, int64_t until_ns,
                        lr_crawl_hold_reason reason);
void lr_crawl_site_release(lr_crawl_site *site);
/* Puts the group where it belongs when its times have changed. */
void lr_crawl_host_group_reschedule(lr_crawl_host_group *group);
/* Takes a site out of its group, which is freed if it was the last one, unless
 * it `keeps` times that are still to be waited for. */
void lr_crawl_host_group_leave(lr_crawl_host_group *group, bool keeps);

/* ---- Groups (host_group.c) ---- */

/* Finds a group by what decides it, or makes it.  `ip` NULL: not known.
 * NULL: out of memory. */
lr_crawl_host_group *lr_crawl_host_group_find(lr_crawl_politeness *politeness,
                                              const char *origin,
                                              const char *ip);
/* Tells whether the group is the one of its hosts at this address. */
bool lr_crawl_host_group_is_at(const lr_crawl_host_group *group,
                               const char *ip);

/* Frees a group that no site has. */
void lr_crawl_host_group_free(lr_crawl_politeness *politeness,
                              lr_crawl_host_group *group);
/* Tells whether the host of an origin is an address. */
bool lr_crawl_origin_is_address(const char *origin);

/* Returns how long the group waits after a request of the site. */
uint32_t lr_crawl_site_wait_ms(const lr_crawl_site *site,
                               const lr_crawl_host_group *group);
/* Returns when the group may be asked. */
int64_t lr_crawl_host_group_due(const lr_crawl_host_group *group);
/* Takes note of a reply: when the group may be asked next, how much it backs
 * off. */
void lr_crawl_host_group_learn(lr_crawl_host_group *group,
                               const lr_crawl_site *site,
                               const lr_crawl_reply *reply);

#endif
