/* SPDX-License-Identifier: MIT
 * crawl_private.h: a crawl as its own files see it: crawl.c, which has its
 * life, crawl_work.c, which hands out and takes in, crawl_mail.c, which has the
 * calls between threads, steering.c, stats.c and why.c. */
#ifndef CRAWL_CRAWL_PRIVATE_H
#define CRAWL_CRAWL_PRIVATE_H

#include <lariat/crawl/crawl.h>

#include "crawl_options.h"
#include "dispatch.h"
#include "frontier.h"
#include "list.h"
#include "report.h"
#include "scope.h"
#include "shard.h"
#include "shared_frontier.h"
#include "work.h"

typedef struct lr_crawl_question lr_crawl_question; /* why.c */

typedef enum lr_crawl_state {
  LR_CRAWL_NEW = 0,
  LR_CRAWL_STARTING, /* the shards are made */
  LR_CRAWL_GOING,
  LR_CRAWL_STOPPING, /* the shards end */
  LR_CRAWL_CLOSING,  /* all have ended */
  LR_CRAWL_OVER
} lr_crawl_state;

/* A shard, as the crawl knows it. */
typedef struct lr_crawl_member {
  lariat_crawl *crawl;
  unsigned index;
  lr_crawl_shard *shard;
  lariat_status status; /* of its making */
  bool ended;
  lr_crawl_work *work;   /* what it is given next; NULL: nothing is */
  size_t unacknowledged; /* bytes of its reports */
  lr_crawl_shard_counts counts;
} lr_crawl_member;

/* Calls of the crawl to itself that are on their way. */
typedef struct lr_crawl_calls_away {
  bool flushing; /* gives the shards their work */
  bool changed;  /* looks at a shared frontier */
} lr_crawl_calls_away;

struct lariat_crawl {
  lr_crawl_settings *settings;
  lr_crawl_scope *scope;
  lr_crawl_scope **old_scopes; /* that shards may still use */
  size_t old_scope_count, old_scope_capacity;
  lariat_reactor *reactor;
  lariat_mailbox *mailbox;
  lariat_pool *pool;
  lr_crawl_kept_traps traps;     /* of earlier runs */
  lr_crawl_frontier *frontier;   /* NULL: the crawl is over */
  lr_crawl_frontier_counts last; /* of the frontier, once it is closed */
  lr_crawl_shared_counts whole;  /* of all workers, then */
  lr_crawl_dispatch dispatch;
  lr_crawl_member *members;
  unsigned count; /* of shards */
  unsigned ready, ended;
  lr_crawl_state state;
  lariat_crawl_end end;
  const char *end_reason; /* static */
  lr_crawl_fault fault;   /* with which the log was given up */
  bool paused;
  bool freed;   /* by its user, before the end */
  bool resumed; /* an earlier run has been in the directory */
  lr_crawl_calls_away away;
  uint64_t uncommitted;     /* outcomes */
  uint64_t commit_outcomes; /* so many are committed at once */
  uint64_t pages, bytes;    /* of all runs */
  uint64_t others_bytes;    /* of those, what other workers have fetched */
  uint64_t hosts_rejected;  /* URLs of hosts that were too many */
  uint64_t redirect_traps;  /* redirects that were one too many */
  uint64_t sitemap_traps;   /* sitemaps that were */
  uint32_t most_sitemaps;   /* of a host */
  unsigned ticks;
  uint64_t start_ns, end_ns;
  uint64_t stop_at_ns; /* when the grace of a stop is over */
  lariat_timer tick;
  lariat_timer grace;
  lr_crawl_list questions; /* of `why`, that shards have */
  lariat_deferred *done;
};

/* ---- crawl_opening.c ---- */

/* Makes what a crawl consists of; and frees a crawl with all of it, or as much
 * as there is.  Statuses as lariat_crawl_new. */
lariat_status lr_crawl_open(lariat_crawl *crawl,
                            const lariat_crawl_options *options,
                            lr_crawl_fault *fault);
void lr_crawl_destroy(lariat_crawl *crawl);

/* Has the directory remember the options. */
lariat_status lr_crawl_keep_config(lariat_crawl *crawl, lr_crawl_fault *fault);

/* ---- crawl.c ---- */

/* Ends the crawl: those requests that are on their way may go on for so long.
 * What ended it first is kept; `reason` is static. */
void lr_crawl_end(lariat_crawl *crawl, lariat_crawl_end end, const char *reason,
                  uint64_t grace_ms);

/* Ends the crawl if nothing is left to do, or a budget is used up. */
void lr_crawl_look_at_end(lariat_crawl *crawl);

/* Gives up: the log cannot be written. */
void lr_crawl_give_up(lariat_crawl *crawl, const lr_crawl_fault *fault);

void lr_crawl_note_end(lariat_crawl *crawl, lr_crawl_member *member);

/* ---- crawl_mail.c ---- */

typedef struct lr_crawl_message lr_crawl_message;

/* A call on its way, in either direction. */
struct lr_crawl_message {
  lr_crawl_member *to;
  void (*take)(lr_crawl_message *message);
  lr_crawl_report *report; /* these are freed if nobody takes them */
  lr_crawl_work *work;
  lr_crawl_visit *visit;
  char *text;
  const lr_crawl_scope *scope;
  uint64_t number;
};

/* Send a call to the crawl, from a shard's thread, or to a shard, from the
 * crawl's, and try again while there is no memory for it: a crawl that loses
 * one never ends. */
void lr_crawl_tell_crawl(const lr_crawl_message *what);
void lr_crawl_tell_shard(const lr_crawl_message *what);
void lr_crawl_tell_shards(lariat_crawl *crawl, const lr_crawl_message *what);

/* Sends a visit from one shard, the context's, to another. */
void lr_crawl_send_visit(void *context, unsigned shard, lr_crawl_visit *visit);

/* Gives a shard its work; on its thread. */
void lr_crawl_take_work(lr_crawl_message *message);

/* ---- crawl_sharing.c, of crawls that many workers share ---- */

/* Starts to lease, and to commit.  LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_begin_sharing(lariat_crawl *crawl);

/* Commits what is left and gives the leases back, then calls `on_end`: within
 * the call where the crawl is not shared. */
void lr_crawl_end_sharing(lariat_crawl *crawl, void (*on_end)(void *context));

/* ---- why.c ---- */

/* Answers what shards have not answered, without them. */
void lr_crawl_answer_all(lariat_crawl *crawl);

/* ---- stats.c ---- */

/* Says in the log that the crawl runs: where it still says so later, the
 * process was killed. */
void lr_crawl_stats_begin(const lariat_crawl *crawl);

/* Keeps with the log what only this run knows, for the readers of the
 * directory; and reads it. */
void lr_crawl_stats_keep(lariat_crawl *crawl);
void lr_crawl_stats_add_last_run(const lr_crawl_frontier *frontier,
                                 lariat_crawl_stats *stats);

void lr_crawl_stats_add_frontier(const lr_crawl_frontier_counts *counts,
                                 lariat_crawl_stats *stats);

/* ---- crawl_work.c ---- */

/* Takes what a shard has told. */
void lr_crawl_take_report(lr_crawl_message *message);

/* Counts what earlier runs had of each host, where hosts have budgets.
 * Statuses as lr_crawl_frontier_each_outcome. */
lariat_status lr_crawl_recall_budgets(lariat_crawl *crawl);

/* Tells the shards that their reports were taken, if they were not told. */
void lr_crawl_acknowledge(lariat_crawl *crawl);

/* Tells the shard of a host until when its URLs may be sent; of a shared
 * crawl. */
void lr_crawl_renew_host(void *context, uint64_t host, const char *origin,
                         uint64_t not_after_ns);

/* Hands out what is ready, as far as it may be. */
void lr_crawl_hand_out(lariat_crawl *crawl);

/* Gives the shards what they have not been given for want of memory. */
void lr_crawl_give_rest(lariat_crawl *crawl);

/* Commits; false: that failed, and the crawl ends. */
bool lr_crawl_commit(lariat_crawl *crawl);

/* Offers a URL that is a seed, or a sitemap.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EURL, LARIAT_ESCHEME, LARIAT_ESYSTEM */
lariat_status lr_crawl_offer(lariat_crawl *crawl, const lariat_crawl_seed *seed,
                             char hop);

/* Tells whether a URL is of a host that is one too many. */
bool lr_crawl_is_host_too_many(const lariat_crawl *crawl,
                               const lr_crawl_found_url *found);

/* ---- steering.c ---- */

/* Where a seed of a scope of prefixes redirects to its own path and a '/': has
 * the scope be what is below that.  LARIAT_OK, LARIAT_ENOMEM,
 * LARIAT_ESYSTEM */
lariat_status lr_crawl_narrow(lariat_crawl *crawl,
                              const lr_crawl_found_url *found);

/* ---- earlier_urls.c ---- */

/* Offers what the crawl of `since` knows and is in scope: behind a page that
 * has not changed nothing else would lead to it.  Statuses as
 * lr_crawl_offer. */
lariat_status lr_crawl_offer_earlier(lariat_crawl *crawl);

/* ---- crawl_work.c ---- */

/* Says that a host has URLs now; for the frontier. */
void lr_crawl_take_host(void *context, uint64_t host, const char *origin);

#endif
