/* SPDX-License-Identifier: MIT
 * shard_private.h: a shard as its own files see it: shard.c, which has its life
 * and its turns, site_robots.c, which has the robots.txt of its sites, and
 * page.c, which makes outcomes of answers. */
#ifndef CRAWL_SHARD_PRIVATE_H
#define CRAWL_SHARD_PRIVATE_H

#include <lariat/crawl/robots.h>
#include <lariat/crawl/warc.h>
#include <lariat/reactor.h>

#include "bodies.h"
#include "content.h"
#include "fetching.h"
#include "list.h"
#include "recent.h"
#include "shard.h"

/* The knowledge of a shard about a site, beside its turns: the data of its
 * lr_crawl_site. */
typedef struct lr_crawl_site_rules {
  lr_crawl_robots_fetch *fetch; /* NULL: none is going on */
  char *failure;     /* why robots.txt had no answer at the last try; NULL */
  char ip[48];       /* from which the last answer was; "": not known */
  bool has_sitemaps; /* they were offered */
  int64_t hopeless_until_s; /* its URLs are refused until then; 0: they are not
                             */
  /* Of a shared crawl, on CLOCK_BOOTTIME: when it may be asked; 0: ever. */
  uint64_t not_before_ns, not_after_ns;
} lr_crawl_site_rules;

typedef struct lr_crawl_look_up lr_crawl_look_up;

struct lr_crawl_shard {
  lr_crawl_shard_config config;
  lariat_reactor *reactor;
  lr_crawl_fetcher *fetcher;
  lr_crawl_politeness *politeness;
  lr_crawl_robots_cache *robots;
  lr_crawl_list look_ups;
  size_t sweep_at; /* sites, at which those that are idle are dropped */
  lr_crawl_traps *traps;
  lr_crawl_judged_hosts judged;
  const char *rule; /* that has decided on the last URL that was found; the
                       scope's */
  lr_crawl_recent recent;
  lr_crawl_bodies bodies;
  lariat_crawl_warc_buffer *records;
  lr_crawl_report *report; /* what is told next; NULL: nothing is */
  lr_crawl_report *last;   /* for the end, which is told without memory, too */
  lr_crawl_shard_counts counts;
  lariat_timer timer;
  int64_t timer_ns;      /* when that is; INT64_MAX: it is not set */
  size_t unacknowledged; /* bytes of reports */
  unsigned calls;        /* for later turns, that are away */
  unsigned lost;         /* outcomes and URLs: the next report has failed */
  bool flushing;
  bool running; /* a call for the turns is away */
  bool stopping;
  bool ended;
};

/* A request on its way: of a task, or for robots.txt. */
typedef struct lr_crawl_asking {
  lr_crawl_shard *shard;
  lr_crawl_site *site;
  lr_crawl_task *task; /* NULL: it is for robots.txt */
  lariat_url *url;
} lr_crawl_asking;

/* ---- shard.c ---- */

/* Returns the report that is being filled; NULL: no memory. */
lr_crawl_report *lr_crawl_shard_report(lr_crawl_shard *shard);

/* Adds an outcome to it, with all that it owns. */
void lr_crawl_shard_tell(lr_crawl_shard *shard, lr_crawl_outcome *outcome);

/* Tells what it has by now. */
void lr_crawl_shard_flush(lr_crawl_shard *shard);

/* Makes the turns that an answer has made possible, or ends the shard. */
void lr_crawl_shard_go_on(lr_crawl_shard *shard);

/* ---- shard_traps.c ---- */

/* Makes the traps, with the shapes that earlier runs have closed.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_shard_open_traps(lr_crawl_shard *shard);

/* ---- shard_lease.c, of shared crawls ---- */

/* Notes when a site may be asked, as one of its URLs says, or a renewal. */
void lr_crawl_shard_note_times(lr_crawl_site *site,
                               const lr_crawl_queued_url *queued);
void lr_crawl_shard_renew(lr_crawl_shard *shard,
                          const lr_crawl_renewal *renewal);

/* Looks whether the site of a turn may be asked now.  If not, its URLs go back
 * or wait, the turn is over, and true is returned. */
bool lr_crawl_shard_holds_back(lr_crawl_shard *shard,
                               const lr_crawl_turn *turn);

/* Gives a task back that was not sent, and frees it.  False: no memory. */
bool lr_crawl_shard_return(lr_crawl_shard *shard, lr_crawl_task *task);

/* Return by when a request has to be sent, on the reactor's clock; when the
 * site may be asked next, on CLOCK_BOOTTIME.  0: at any time. */
uint64_t lr_crawl_shard_send_by(const lr_crawl_asking *asking);
uint64_t lr_crawl_shard_next_due(const lr_crawl_asking *asking);

/* ---- shard_sites.c ---- */

/* Makes out which site a task is of.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EURL  its URL is none, or has a host that is too long; or what
 *              lariat_url_parse says */
lariat_status lr_crawl_shard_site(lr_crawl_shard *shard,
                                  const lr_crawl_task *task,
                                  lr_crawl_site **out);

/* Takes what an earlier run knows of a site's robots.txt. */
void lr_crawl_shard_restore_robots(lr_crawl_shard *shard,
                                   const lr_crawl_known_host *host);

/* Frees the data of all sites. */
void lr_crawl_shard_free_rules(lr_crawl_shard *shard);

/* ---- site_robots.c ---- */

lr_crawl_site_rules *lr_crawl_site_rules_of(lr_crawl_site *site);
/* Frees the data of a site, and a visit that waits there. */
void lr_crawl_site_rules_free(lr_crawl_site *site);

/* Says that robots.txt is known if the cache has it; false: it does not. */
bool lr_crawl_site_recall(lr_crawl_shard *shard, lr_crawl_site *site);

/* Asks for the robots.txt of a site whose turn it is. */
void lr_crawl_site_ask_robots(lr_crawl_shard *shard, lr_crawl_site *site);

/* Makes the request of a visit, whose turn it is at its host. */
void lr_crawl_site_ask_visit(lr_crawl_shard *shard, lr_crawl_site *visitor,
                             lr_crawl_visit *visit);

typedef enum lr_crawl_permission {
  LR_CRAWL_PERMITTED = 0,
  LR_CRAWL_DENIED,
  LR_CRAWL_NOT_KNOWN /* the rules were forgotten: they are to be asked for */
} lr_crawl_permission;

/* Bytes of a note with its NUL: the whole message of a failure. */
enum { LR_CRAWL_MOST_NOTE = 1024 };

/* Asks the site's robots.txt whether a task may be asked for.  DENIED: `note`
 * gets why, `*kind` which outcome that is. */
lr_crawl_permission lr_crawl_site_permits(lr_crawl_shard *shard,
                                          const lr_crawl_asking *asking,
                                          char note[LR_CRAWL_MOST_NOTE],
                                          lr_crawl_outcome_kind *kind);

/* ---- shard_refusal.c ---- */

/* Refuses all that waits for a site, and for an hour what comes. */
void lr_crawl_shard_give_site_up(lr_crawl_shard *shard, lr_crawl_site *site);

/* Gives a site up that has been down for some looks at it. */
void lr_crawl_shard_look_at_failures(lr_crawl_shard *shard,
                                     lr_crawl_site *site);

/* Refuses a task of a site that was given up; false: it was not. */
bool lr_crawl_shard_refuses(lr_crawl_shard *shard, lr_crawl_site *site,
                            lr_crawl_task *task);

/* ---- site_address.c ---- */

/* Looks the address of a site up, if it waits for it. */
void lr_crawl_site_look_up(lr_crawl_shard *shard, lr_crawl_site *site);

/* Cancels all look-ups. */
void lr_crawl_shard_cancel_look_ups(lr_crawl_shard *shard);

/* ---- page.c ---- */

/* Makes the outcome of an answer, and of what it says; the task is the
 * caller's still. */
void lr_crawl_page_take(lr_crawl_asking *asking, const lr_crawl_answer *answer);

/* Makes the outcome of a task for which nothing was sent. */
void lr_crawl_page_refuse(lr_crawl_shard *shard, const lr_crawl_task *task,
                          lr_crawl_outcome_kind kind, const char *note);

/* Returns what an answer says to those who ask when to come again, for
 * lr_crawl_politeness_ended. */
lr_crawl_reply lr_crawl_reply_of(const lr_crawl_answer *answer);

/* Returns how long a Retry-After is waited for: as the options allow at the
 * most.  Negative: none was asked for. */
int64_t lr_crawl_shard_cap_retry_after(const lr_crawl_shard *shard,
                                       int64_t asked_ms);

/* ---- finding.c ---- */

/* The page, or the like, that names URLs. */
typedef struct lr_crawl_namer {
  uint64_t id; /* 0: none */
  uint32_t depth;
  uint8_t hops_off_site;
  uint8_t redirects; /* in a row, that have led to it */
  bool in_scope_site;
} lr_crawl_namer;

/* A URL that it names. */
typedef struct lr_crawl_named {
  const lariat_url *url;
  char hop;
  uint8_t priority;
  bool requisite;
} lr_crawl_named;

typedef enum lr_crawl_find_result {
  LR_CRAWL_FIND_OFFERED = 0,
  LR_CRAWL_FIND_RECENT, /* it was offered lately */
  LR_CRAWL_FIND_SCOPE,
  LR_CRAWL_FIND_TRAP,
  LR_CRAWL_FIND_LOST /* no memory */
} lr_crawl_find_result;

lr_crawl_find_result lr_crawl_find(lr_crawl_shard *shard,
                                   const lr_crawl_namer *by,
                                   const lr_crawl_named *named);

/* Offers a sitemap that a site's robots.txt, or a sitemap, names. */
void lr_crawl_find_sitemap(lr_crawl_shard *shard, const lr_crawl_namer *by,
                           const lariat_url *base, const char *text,
                           size_t length);

/* ---- A page, while its outcome is made ---- */

typedef struct lr_crawl_page {
  lr_crawl_shard *shard;
  const lr_crawl_task *task;
  const lariat_url *url;
  const lr_crawl_answer *answer;
  lr_crawl_outcome_kind kind;
  const char *note;
  lr_crawl_namer namer;
  lr_crawl_bytes edges; /* lines for --links */
  uint32_t new_links;   /* that were not offered lately */
  uint32_t same_shape;  /* of them, those of the page's own shape */
  char *location;       /* of a redirect; NULL: none */
  uint64_t shape;
  uint8_t digest[LR_CRAWL_DIGEST];
} lr_crawl_page;

/* ---- page_links.c ---- */

/* Finds the URLs of a page, of a redirect, of a sitemap. */
void lr_crawl_page_find_links(lr_crawl_page *page,
                              const lr_crawl_content *content);
void lr_crawl_page_find_redirect(lr_crawl_page *page);

/* ---- records.c ---- */

/* Makes the records for the WARC of an exchange and puts them into `outcome`.
 * `known` has the same body; NULL: it is new. */
lariat_status lr_crawl_records_make(const lr_crawl_page *page,
                                    const lr_crawl_body *known,
                                    lr_crawl_outcome *outcome);

/* Tells of the exchange for a robots.txt, which is no URL of the frontier's. */
void lr_crawl_records_tell_robots(lr_crawl_shard *shard,
                                  const lr_crawl_site *site, const char *url,
                                  const lr_crawl_answer *answer);

/* ---- outcome_line.c ---- */

/* Returns a line of JSON about an outcome, for --jsonl, or NULL. */
char *lr_crawl_outcome_line(const lr_crawl_page *page,
                            const lr_crawl_outcome *outcome);

#endif
