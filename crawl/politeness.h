/* SPDX-License-Identifier: MIT
 * politeness.h: when which host may be asked next, for the hosts of one
 * reactor.  A group of hosts gets one request at a time, and a delay between
 * two.  Nothing here waits or fetches: the instants come in, by the monotonic
 * clock in nanoseconds, and what may be done goes out. */
#ifndef CRAWL_POLITENESS_H
#define CRAWL_POLITENESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>

typedef struct lr_crawl_politeness lr_crawl_politeness;
typedef struct lr_crawl_site lr_crawl_site; /* one origin: its robots, its URLs
                                               that are here, its group */

typedef enum lr_crawl_grouping {
  LR_CRAWL_GROUP_IP_IN_DOMAIN = 0, /* the default */
  LR_CRAWL_GROUP_HOST,
  LR_CRAWL_GROUP_DOMAIN,
  LR_CRAWL_GROUP_IP
} lr_crawl_grouping;

typedef struct lr_crawl_politeness_options {
  uint64_t delay_ms;           /* 1,000 */
  double delay_factor;         /* of the last answer's time; 0 */
  uint64_t delay_max_ms;       /* 60,000, of back-off */
  uint64_t crawl_delay_max_ms; /* 30,000 */
  bool crawl_delay_skip;       /* longer ones: the host is skipped, not capped */
  uint64_t retry_after_max_ms; /* a day */
  unsigned per_group;          /* requests at once; 1 */
  lr_crawl_grouping grouping;
  unsigned most_in_flight; /* of all groups of this reactor */
  uint64_t down_after;     /* failures in a row; 5 */
  uint64_t down_ms;        /* 30 min */
} lr_crawl_politeness_options;

lr_crawl_politeness_options lr_crawl_politeness_defaults(void);
lariat_status
lr_crawl_politeness_new(const lr_crawl_politeness_options *options,
                        int64_t now_ns, lr_crawl_politeness **out);
void lr_crawl_politeness_free(lr_crawl_politeness *politeness,
                              void (*drop)(void *item));

/* Finds or makes the site of an origin. */
lariat_status lr_crawl_politeness_site(lr_crawl_politeness *politeness,
                                       const char *origin, uint64_t host_id,
                                       lr_crawl_site **out);
/* Gives it an item to fetch (FIFO; `first`: in front). */
lariat_status lr_crawl_politeness_add(lr_crawl_site *site, void *item,
                                      bool first);
size_t lr_crawl_politeness_waiting(const lr_crawl_site *site);

typedef enum lr_crawl_turn_kind {
  LR_CRAWL_TURN_NONE = 0, /* ask again at due_ns, or when something changes */
  LR_CRAWL_TURN_ROBOTS,   /* the site's robots.txt is to be fetched first */
  LR_CRAWL_TURN_ITEM      /* the item may be sent now */
} lr_crawl_turn_kind;

typedef struct lr_crawl_turn {
  lr_crawl_turn_kind kind;
  lr_crawl_site *site;
  void *item;
  int64_t due_ns; /* NONE: INT64_MAX: nothing is due by time */
} lr_crawl_turn;

/* Takes what is to be sent next, of the group that is due the longest.  Its group
 * is busy until lr_crawl_politeness_ended. */
lr_crawl_turn lr_crawl_politeness_next(lr_crawl_politeness *politeness,
                                       int64_t now_ns);
/* Gives a turn back of which nothing was sent (robots deny it): no delay. */
void lr_crawl_politeness_unsent(lr_crawl_site *site, int64_t now_ns);

/* What came of a request. */
typedef struct lr_crawl_reply {
  int64_t sent_ns, ended_ns;
  int status;             /* 0: no answer */
  bool connection_failed; /* no answer, and none of this host's is likely */
  int64_t retry_after_ms; /* -1: the answer does not say */
} lr_crawl_reply;
void lr_crawl_politeness_ended(lr_crawl_site *site, const lr_crawl_reply *reply,
                               int64_t now_ns);

/* Robots are known from now on (until expires_ns); crawl_delay_ms -1: none. */
void lr_crawl_politeness_robots_known(lr_crawl_site *site, int64_t expires_ns,
                                      int64_t crawl_delay_ms);
/* robots.txt is unreachable: all of the site waits until `until_ns`. */
void lr_crawl_politeness_hold(lr_crawl_site *site, int64_t until_ns);
void lr_crawl_politeness_set_address(lr_crawl_site *site, const char *ip);
void lr_crawl_politeness_set_delay(lr_crawl_site *site, uint64_t delay_ms);
void lr_crawl_politeness_pause(lr_crawl_politeness *politeness, bool paused);

/* The user's pointer of a site (its robots rules and the like). */
void *lr_crawl_site_data(const lr_crawl_site *site);
void lr_crawl_site_set_data(lr_crawl_site *site, void *data);
uint64_t lr_crawl_site_host_id(const lr_crawl_site *site);
const char *lr_crawl_site_origin(const lr_crawl_site *site);

/* Why a site waits, for `why` and status. */
typedef struct lr_crawl_site_state {
  int64_t due_ns;
  const char *reason; /* "delay", "Crawl-delay", "Retry-After", "back-off",
                         "down", "robots", "in flight", "empty"; static */
  uint64_t delay_ms;
  uint32_t waiting, in_flight, failures;
  const char *group;
} lr_crawl_site_state;
lr_crawl_site_state lr_crawl_politeness_state(const lr_crawl_site *site,
                                              int64_t now_ns);
typedef struct lr_crawl_politeness_counts {
  uint64_t groups, due, in_flight, down, empty, waiting;
} lr_crawl_politeness_counts;
lr_crawl_politeness_counts
lr_crawl_politeness_count(const lr_crawl_politeness *politeness,
                          int64_t now_ns);

#endif
