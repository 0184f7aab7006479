/* SPDX-License-Identifier: MIT
 * politeness.h: when which host may be asked next, for the hosts of one
 * reactor.  A group of hosts gets one request at a time, and a delay between
 * two.  Nothing here waits or fetches: the instants come in, by the monotonic
 * clock in nanoseconds, and what may be done goes out.
 *
 *   lr_crawl_politeness_site(politeness, "http://example.org:80", id, &site);
 *   lr_crawl_politeness_add(site, item, false);
 *   for (;;) {
 *     turn = lr_crawl_politeness_next(politeness, now);
 *     if (turn.kind == LR_CRAWL_TURN_NONE) break;      // until turn.due_ns
 *     send(turn)...                  // then: lr_crawl_politeness_ended
 *   }
 *
 * A politeness and its sites belong to one thread, which is the one that calls
 * these functions.  docs/politeness.md says what comes of it. */
#ifndef CRAWL_POLITENESS_H
#define CRAWL_POLITENESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>

typedef struct lr_crawl_politeness lr_crawl_politeness;
/* One origin: what of it waits here, its group, whether its robots are known.
 * It lives until lr_crawl_politeness_drop_idle or _free. */
typedef struct lr_crawl_site lr_crawl_site;

/* The hosts that are one group.  A host is its name or address, of whatever
 * scheme and port. */
typedef enum lr_crawl_grouping {
  LR_CRAWL_GROUP_IP_IN_DOMAIN = 0, /* hosts of one address and one registrable
                                      domain: the default.  Those of a domain
                                      whose address is not known are one group
                                      meanwhile. */
  LR_CRAWL_GROUP_HOST,
  LR_CRAWL_GROUP_DOMAIN,
  LR_CRAWL_GROUP_IP /* a host whose address is not known is its own group */
} lr_crawl_grouping;

typedef struct lr_crawl_politeness_options {
  uint64_t delay_ms;           /* 1,000; from the sending of a request to that
                                  of the next */
  double delay_factor;         /* of the last answer's time, from its end on, up
                                  to delay_max_ms; 0: none */
  uint64_t delay_max_ms;       /* 60,000, of back-off */
  uint64_t crawl_delay_max_ms; /* 30,000 */
  uint64_t retry_after_max_ms; /* a day */
  uint64_t failure_ms;         /* 60,000: how long a host waits after a failed
                                  connection; doubled with each in a row */
  uint64_t down_after;         /* failures in a row; 5 */
  uint64_t down_ms;            /* 30 min: how long a host waits that is down,
                                  and the longest wait after a failure */
  uint64_t guard_ms;           /* 10: how late a request may leave after the
                                  instant of its sending */
  unsigned per_group;          /* requests at once; 1 */
  unsigned most_in_flight;     /* of all groups of this reactor; 1,024 */
  lr_crawl_grouping grouping;
  bool crawl_delay_skip; /* a longer Crawl-delay is not cut to its maximum:
                            lr_crawl_politeness_is_skipped */
  bool delay_first;      /* each group waits its delay from the making of the
                            politeness on: what was sent shortly before, by a
                            process that was killed, is not known */
  bool address_first;    /* a site has no turn before its address was set */
} lr_crawl_politeness_options;

lr_crawl_politeness_options lr_crawl_politeness_defaults(void);

/* Makes a politeness without sites; the caller owns it
 * (lr_crawl_politeness_free).
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  per_group or most_in_flight is 0 */
lariat_status
lr_crawl_politeness_new(const lr_crawl_politeness_options *options,
                        int64_t now_ns, lr_crawl_politeness **out);

/* Frees it with its sites; `drop` gets the items that wait.  NULL is allowed.
 * The users' pointers of sites are theirs: lr_crawl_politeness_each_site. */
void lr_crawl_politeness_free(lr_crawl_politeness *politeness,
                              void (*drop)(void *item));

/* ---- Sites and their items ---- */

/* Finds or makes the site of an origin, "http://example.org:80".  Its robots
 * are not known at first.  `host_id` is for lr_crawl_site_host_id.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no origin */
lariat_status lr_crawl_politeness_site(lr_crawl_politeness *politeness,
                                       const char *origin, uint64_t host_id,
                                       lr_crawl_site **out);

/* Gives it an item to fetch, which is behind those that wait, or `first` in
 * front of them.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  the item stays the caller's */
lariat_status lr_crawl_politeness_add(lr_crawl_site *site, void *item,
                                      bool first);

/* Returns how many items of the site wait. */
size_t lr_crawl_politeness_waiting(const lr_crawl_site *site);

typedef void lr_crawl_item_callback(void *context, void *item);

/* Takes all items of the site that wait out, and gives them to `callback`, in
 * their order: where a budget is used up, or the site is skipped.  What is in
 * flight ends as it does.  Returns how many there were. */
size_t lr_crawl_politeness_take_all(lr_crawl_site *site,
                                    lr_crawl_item_callback *callback,
                                    void *context);

/* Returns how many sites there are. */
size_t lr_crawl_politeness_site_count(const lr_crawl_politeness *politeness);

typedef void lr_crawl_site_callback(void *context, lr_crawl_site *site);

/* Calls `callback` for each site, in no certain order; it makes and drops
 * none. */
void lr_crawl_politeness_each_site(lr_crawl_politeness *politeness,
                                   lr_crawl_site_callback *callback,
                                   void *context);

/* Frees the sites about which nothing is to be remembered: nothing of them
 * waits or is in flight, they have not failed, no delay was set for them, and
 * their group could be asked at once and does not back off.  `callback` gets
 * each before (for its data).  Returns how
 * many there were. */
size_t lr_crawl_politeness_drop_idle(lr_crawl_politeness *politeness,
                                     int64_t now_ns,
                                     lr_crawl_site_callback *callback,
                                     void *context);

/* ---- Turns ---- */

typedef enum lr_crawl_turn_kind {
  LR_CRAWL_TURN_NONE = 0, /* ask again at due_ns, or when something changes */
  LR_CRAWL_TURN_ROBOTS,   /* the site's robots.txt is to be fetched first, or
                             again, or its redirect is to be followed */
  LR_CRAWL_TURN_ITEM      /* the item may be sent now */
} lr_crawl_turn_kind;

typedef struct lr_crawl_turn {
  lr_crawl_turn_kind kind;
  lr_crawl_site *site;
  void *item;     /* ITEM: the caller's from now on */
  int64_t due_ns; /* NONE: INT64_MAX: nothing is due by time */
} lr_crawl_turn;

/* Takes what is to be sent next, of the group that is due the longest, and in
 * it of the site whose turn it is.  A request of the group is in flight until
 * lr_crawl_politeness_ended or _unsent. */
lr_crawl_turn lr_crawl_politeness_next(lr_crawl_politeness *politeness,
                                       int64_t now_ns);

/* Gives a turn back of which nothing was sent (robots deny it): no delay. */
void lr_crawl_politeness_unsent(lr_crawl_site *site, int64_t now_ns);

/* The end of a request. */
typedef struct lr_crawl_reply {
  int64_t sent_ns;     /* 0: not known, ended_ns stands for it.  Exact, not
                          that of a turn of the reactor: what is sent later
                          than it says is too near to the next. */
  int64_t answered_ns; /* the first byte of the answer was read; 0: not known.
                          The request had arrived by then. */
  int64_t ended_ns;    /* 0: now_ns */
  int64_t retry_after_ms; /* -1: the answer does not say */
  int status;             /* 0: no answer */
  bool connection_failed; /* no answer, and none of this host's is likely: no
                             such name, no connection */
  bool network_failed;    /* one of those that a network which is gone would
                             cause: no route, no connection in time, no answer
                             of name servers; not: refused, no such name */
} lr_crawl_reply;

typedef enum lr_crawl_verdict {
  LR_CRAWL_VERDICT_COUNTS = 0, /* what was tried counts as tried */
  LR_CRAWL_VERDICT_NETWORK     /* the crawler's network is gone: the item is to
                                  be added again (first), as if not tried */
} lr_crawl_verdict;

/* Ends a request that was sent, of a page or of robots.txt.  If it was for
 * robots.txt and the robots are still not known behind it, the site gets
 * TURN_ROBOTS again, in its turn. */
lr_crawl_verdict lr_crawl_politeness_ended(lr_crawl_site *site,
                                           const lr_crawl_reply *reply,
                                           int64_t now_ns);

/* Has the group of a site wait until then, if it would not for as long. */
void lr_crawl_politeness_wait(lr_crawl_site *site, int64_t until_ns);

/* Returns when the group of a site may be asked, as far as its delays go. */
int64_t lr_crawl_politeness_due_ns(const lr_crawl_site *site);

/* ---- Robots ---- */

/* Robots are known from now on, until expires_ns (INT64_MAX: for good);
 * crawl_delay_ms -1: none.  Ends what lr_crawl_politeness_hold has begun. */
void lr_crawl_politeness_robots_known(lr_crawl_site *site, int64_t expires_ns,
                                      int64_t crawl_delay_ms);

/* Holds all of the site until `until_ns`, since robots.txt is unreachable; then
 * it gets TURN_ROBOTS.  INT64_MAX: until they are known, or it is held for
 * less. */
void lr_crawl_politeness_hold(lr_crawl_site *site, int64_t until_ns);

/* Makes a visitor: a site for a request to `origin` that is made for another
 * site, `asker`, whose robots.txt is redirected there.  It is in the group of
 * that origin, which keeps its delay so, and asks for no robots.txt of its own.
 * Its own origin reads "ORIGIN for ASKER".
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL   no origin
 * LARIAT_EALREADY there is such a visitor */
lariat_status lr_crawl_politeness_visitor(lr_crawl_politeness *politeness,
                                          const char *origin, const char *asker,
                                          lr_crawl_site **out);

/* Tells whether it is one; and frees a visitor of which nothing waits or is in
 * flight. */
bool lr_crawl_site_is_visitor(const lr_crawl_site *site);
void lr_crawl_politeness_end_visit(lr_crawl_site *visitor);

/* Says that they are not known any more. */
void lr_crawl_politeness_robots_forgotten(lr_crawl_site *site);

/* Tells whether the site asks for a longer Crawl-delay than the maximum, and
 * such are to be skipped (crawl_delay_skip). */
bool lr_crawl_politeness_is_skipped(const lr_crawl_site *site);

/* ---- Changes while it runs ---- */

/* Says which address the site's host has, as text; NULL: it has none.  It may
 * be in another group then, also while something of it is in flight.  Without
 * memory nothing changes, but that the site need not wait for the address. */
void lr_crawl_politeness_set_address(lr_crawl_site *site, const char *ip);

/* Tells whether the site waits for its address (address_first). */
bool lr_crawl_politeness_awaits_address(const lr_crawl_site *site);

/* Sets a delay for the site alone; UINT64_MAX: none of its own. */
void lr_crawl_politeness_set_delay(lr_crawl_site *site, uint64_t delay_ms);

/* Sets the delay of all sites that have none of their own.  Both are of what
 * waits now, too. */
void lr_crawl_politeness_set_default_delay(lr_crawl_politeness *politeness,
                                           uint64_t delay_ms);

/* Stops, or goes on with, giving turns. */
void lr_crawl_politeness_pause(lr_crawl_politeness *politeness, bool paused);

/* ---- Readers ---- */

/* The user's pointer of a site (its robots rules and the like). */
void *lr_crawl_site_data(const lr_crawl_site *site);
void lr_crawl_site_set_data(lr_crawl_site *site, void *data);
uint64_t lr_crawl_site_host_id(const lr_crawl_site *site);
const char *lr_crawl_site_origin(const lr_crawl_site *site);

/* Why a site waits, for `why` and status. */
typedef struct lr_crawl_site_state {
  int64_t due_ns;     /* INT64_MAX: not by time */
  const char *reason; /* "due", "delay", "Crawl-delay", "Retry-After",
                         "back-off", "answer time" (delay_factor),
                         "connection failed", "down", "robots", "address",
                         "in flight", "network", "paused", "slots", "empty";
                         static */
  uint64_t delay_ms;  /* between two requests, as it is now */
  uint32_t waiting, in_flight, failures;
  const char *group; /* its name, as long as the group lives */
} lr_crawl_site_state;
lr_crawl_site_state lr_crawl_politeness_state(const lr_crawl_site *site,
                                              int64_t now_ns);

typedef struct lr_crawl_politeness_counts {
  uint64_t sites;
  uint64_t groups;
  uint64_t due;          /* groups that could be asked now, by their delay */
  uint64_t in_flight;    /* requests */
  uint64_t down;         /* sites */
  uint64_t empty;        /* sites without items that wait */
  uint64_t waiting;      /* items */
  uint64_t waiting_down; /* of them, of sites that are down */
  bool network_gone;
} lr_crawl_politeness_counts;
/* Looks at each site: for status, not for each turn. */
lr_crawl_politeness_counts
lr_crawl_politeness_count(const lr_crawl_politeness *politeness,
                          int64_t now_ns);

#endif
