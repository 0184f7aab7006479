/* SPDX-License-Identifier: MIT
 * crawl_sharing.c: a crawl that many workers share, as its life sees it: what
 * the frontier's coroutine tells, and the end of that. */
#include <stdio.h>

#include "crawl_private.h"

/* Requests on their way when all workers are told to stop may go on for so
 * long.
 */
static const uint64_t order_grace_ms = 10000;

/* ---- What the coroutine tells ---- */

/* Brings the budgets up to date with what all workers have. */
static void take_counts(lariat_crawl *crawl) {
  const lr_crawl_shared_counts *whole =
      lr_crawl_shared_frontier_whole(lr_crawl_frontier_shared(crawl->frontier));
  uint64_t pages =
      whole->by_kind[LR_CRAWL_FETCHED] + whole->by_kind[LR_CRAWL_REVISIT];
  if (pages > crawl->pages) crawl->pages = pages;
  if (whole->bytes > crawl->bytes) {
    crawl->others_bytes += whole->bytes - crawl->bytes;
    crawl->bytes = whole->bytes;
  }
}

/* Looks at what has changed, on the stack of the reactor. */
static void look(void *context) {
  lariat_crawl *crawl = context;
  crawl->away.changed = false;
  if (crawl->state != LR_CRAWL_GOING) return;
  take_counts(crawl);
  lr_crawl_acknowledge(crawl);
  lr_crawl_hand_out(crawl);
  lr_crawl_look_at_end(crawl);
}

static void take_change(void *context) {
  lariat_crawl *crawl = context;
  if (crawl->away.changed || crawl->state != LR_CRAWL_GOING) return;
  crawl->away.changed =
      lariat_reactor_call_soon(crawl->reactor, look, crawl, NULL) == LARIAT_OK;
}

static void take_order(void *context, lr_crawl_shared_order order) {
  lariat_crawl *crawl = context;
  if (order == LR_CRAWL_SHARED_STOP)
    lr_crawl_end(crawl, LARIAT_CRAWL_STOPPED, "all workers were told to stop",
                 order_grace_ms);
  else if (order == LR_CRAWL_SHARED_PAUSE)
    lariat_crawl_pause(crawl);
  else
    lariat_crawl_resume(crawl);
}

static void take_fault(void *context, const lr_crawl_fault *fault) {
  lr_crawl_give_up(context, fault);
}

/* ---- Beginning and end ---- */

lariat_status lr_crawl_begin_sharing(lariat_crawl *crawl) {
  lr_crawl_shared_frontier *shared = lr_crawl_frontier_shared(crawl->frontier);
  const lr_crawl_shared_calls calls = {.on_change = take_change,
                                       .on_order = take_order,
                                       .on_renewed = lr_crawl_renew_host,
                                       .on_fault = take_fault,
                                       .context = crawl};
  if (!shared) return LARIAT_OK;
  return lr_crawl_shared_frontier_begin(shared, crawl->reactor, &calls);
}

void lr_crawl_end_sharing(lariat_crawl *crawl, void (*on_end)(void *context)) {
  lr_crawl_shared_frontier *shared =
      crawl->frontier ? lr_crawl_frontier_shared(crawl->frontier) : NULL;
  if (shared)
    lr_crawl_shared_frontier_end(shared, !on_end, on_end, crawl);
  else if (on_end)
    on_end(crawl);
}
