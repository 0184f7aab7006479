/* SPDX-License-Identifier: MIT
 * crawl.c: the life of a crawl, on the thread that has made it: a directory, a
 * pool, a shard on each of its reactors, and the end.
 *
 * A shard and the crawl send each other calls.  A crawl lives until all of its
 * shards have ended, so that no call comes too late. */
#include <lariat/crawl/crawl.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crawl_private.h"
#include "memory.h"

static const uint64_t tick_ms = 250;
static const uint64_t millisecond_ns = 1000000;

/* Requests on their way when a budget is used up may go on for so long. */
static const uint64_t budget_grace_ms = 10000;

/* As many as an index may name: those of a site that makes them up for whoever
 * asks come to an end, and those of a large one are all read. */
enum { COMMIT_OUTCOMES = 1000, COUNT_TICKS = 4, MOST_SITEMAPS = 50000 };

/* ---- Making one ---- */

lariat_status lariat_crawl_new(const lariat_crawl_options *options,
                               lariat_crawl **out, lariat_crawl_error *error) {
  lr_crawl_fault fault = {0};
  *out = NULL;
  if (error) error->message[0] = '\0';
  if (!lariat_reactor_current()) return LARIAT_ETHREAD;
  lariat_crawl *crawl = lr_crawl_allocate(1, sizeof *crawl);
  if (!crawl) return LARIAT_ENOMEM;
  crawl->end_reason = "";
  crawl->commit_outcomes = COMMIT_OUTCOMES;
  crawl->most_sitemaps = MOST_SITEMAPS;
  crawl->reactor = lariat_reactor_current();
  crawl->mailbox = lariat_reactor_mailbox(crawl->reactor);
  lr_crawl_list_init(&crawl->questions);
  lariat_status status = lr_crawl_open(crawl, options, &fault);
  if (status == LARIAT_OK) {
    *out = crawl;
    return status;
  }
  if (error)
    snprintf(error->message, sizeof error->message, "%s",
             *fault.message ? fault.message : lariat_status_text(status));
  lr_crawl_destroy(crawl);
  return status;
}

void lariat_crawl_free(lariat_crawl *crawl) {
  if (!crawl) return;
  if (crawl->state == LR_CRAWL_NEW || crawl->state == LR_CRAWL_OVER) {
    lr_crawl_destroy(crawl);
    return;
  }
  crawl->freed = true;
  lariat_crawl_stop(crawl, 0);
}

const char *lariat_crawl_notices(const lariat_crawl *crawl) {
  const lr_crawl_bytes *notices = &crawl->settings->notices;
  return notices->length && notices->at[notices->length - 1] == '\0'
             ? notices->at
             : "";
}

/* ---- The end ---- */

/* Counts what is in the log, where not all has got there. */
static void count_committed(lariat_crawl *crawl) {
  lr_crawl_frontier *again = NULL;
  const lr_crawl_frontier_options options = {
      .directory = crawl->settings->options.directory, .read_only = true};
  if (lr_crawl_frontier_open(&options, &again, NULL) == LARIAT_OK)
    crawl->last = lr_crawl_frontier_count(again);
  lr_crawl_frontier_close(again);
}

static void close_frontier(lariat_crawl *crawl) {
  if (!crawl->frontier) return;
  crawl->last = lr_crawl_frontier_count(crawl->frontier);
  if (lr_crawl_frontier_shared(crawl->frontier)) {
    crawl->whole = *lr_crawl_shared_frontier_whole(
        lr_crawl_frontier_shared(crawl->frontier));
  } else if (crawl->end == LARIAT_CRAWL_DISK) {
    lr_crawl_frontier_mark_full(crawl->frontier);
    count_committed(crawl);
  }
  lr_crawl_frontier_close(crawl->frontier);
  crawl->frontier = NULL;
}

static lariat_value make_result(const lariat_crawl *crawl) {
  for (unsigned i = 0; i < crawl->count; i++)
    if (crawl->members[i].status != LARIAT_OK)
      return lariat_failure_new(crawl->members[i].status, "%s",
                                lariat_status_text(crawl->members[i].status));
  if (crawl->end != LARIAT_CRAWL_DISK) return lariat_none();
  return lariat_failure_new(LARIAT_ESYSTEM, "%s", crawl->fault.message);
}

static void finish(lariat_crawl *crawl) {
  lariat_deferred *done = crawl->done;
  lariat_value result = make_result(crawl);
  crawl->state = LR_CRAWL_OVER;
  crawl->done = NULL;
  crawl->end_ns = lariat_reactor_now_ns(crawl->reactor);
  if (crawl->freed) lr_crawl_destroy(crawl);
  (void)lariat_deferred_callback(done, result);
  lariat_deferred_release(done);
}

static lariat_value take_pool_end(lariat_value result, void *context) {
  finish(context);
  return lariat_value_drop(result);
}

static void close_rest(void *context) {
  lariat_crawl *crawl = context;
  close_frontier(crawl);
  lariat_deferred *closed = lariat_pool_close(crawl->pool, crawl->reactor, 0);
  lariat_deferred_forget(
      lariat_deferred_add_both(closed, take_pool_end, crawl));
}

static void close_pool(lariat_crawl *crawl) {
  crawl->state = LR_CRAWL_CLOSING;
  (void)lariat_reactor_cancel_timer(crawl->reactor, crawl->tick);
  (void)lariat_reactor_cancel_timer(crawl->reactor, crawl->grace);
  lr_crawl_answer_all(crawl);
  if (crawl->end != LARIAT_CRAWL_DISK) {
    lr_crawl_stats_keep(crawl);
    (void)lr_crawl_commit(crawl);
  }
  if (crawl->end == LARIAT_CRAWL_DONE)
    lr_crawl_frontier_end_again(crawl->frontier);
  lr_crawl_end_sharing(crawl, close_rest);
}

static void note_ended(lariat_crawl *crawl) {
  if (++crawl->ended == crawl->count) close_pool(crawl);
}

void lr_crawl_note_end(lariat_crawl *crawl, lr_crawl_member *member) {
  member->ended = true;
  note_ended(crawl);
}

static void take_stop(lr_crawl_message *message) {
  if (message->to->shard)
    lr_crawl_shard_stop(message->to->shard, message->number != 0);
}

static void tell_stop(lariat_crawl *crawl, bool at_once) {
  lr_crawl_tell_shards(
      crawl, &(lr_crawl_message){.take = take_stop, .number = at_once});
}

static void end_grace(void *context) { tell_stop(context, true); }

/* Sets the end of the grace, which only becomes shorter. */
static void set_grace(lariat_crawl *crawl, uint64_t grace_ms) {
  uint64_t now_ns = lariat_reactor_now_ns(crawl->reactor);
  uint64_t at_ns = grace_ms < UINT64_MAX / millisecond_ns / 2
                       ? now_ns + grace_ms * millisecond_ns
                       : UINT64_MAX / 2;
  if (crawl->stop_at_ns && at_ns >= crawl->stop_at_ns) return;
  crawl->stop_at_ns = at_ns;
  (void)lariat_reactor_cancel_timer(crawl->reactor, crawl->grace);
  if (grace_ms == 0 ||
      lariat_reactor_call_later(crawl->reactor, grace_ms, end_grace, crawl,
                                NULL, &crawl->grace) != LARIAT_OK)
    tell_stop(crawl, true);
}

void lr_crawl_end(lariat_crawl *crawl, lariat_crawl_end end, const char *reason,
                  uint64_t grace_ms) {
  if (crawl->state == LR_CRAWL_CLOSING && grace_ms == 0)
    lr_crawl_end_sharing(crawl, NULL);
  if (crawl->state == LR_CRAWL_NEW || crawl->state >= LR_CRAWL_CLOSING) return;
  if (crawl->end == LARIAT_CRAWL_RUNNING) {
    crawl->end = end;
    crawl->end_reason = reason;
  }
  if (crawl->state == LR_CRAWL_STARTING) return; /* take_ready looks */
  if (crawl->state == LR_CRAWL_GOING) tell_stop(crawl, false);
  crawl->state = LR_CRAWL_STOPPING;
  set_grace(crawl, grace_ms);
}

void lr_crawl_give_up(lariat_crawl *crawl, const lr_crawl_fault *fault) {
  if (crawl->end != LARIAT_CRAWL_DISK) crawl->fault = *fault;
  crawl->end = LARIAT_CRAWL_DISK;
  crawl->end_reason = "disk";
  lr_crawl_end(crawl, LARIAT_CRAWL_DISK, "disk", 0);
}

/* ---- Nothing left to do ---- */

static uint64_t elapsed_ms(const lariat_crawl *crawl) {
  return (lariat_reactor_now_ns(crawl->reactor) - crawl->start_ns) /
         millisecond_ns;
}

/* Returns the budget that is used up; NULL: none is. */
static const char *find_budget(const lariat_crawl *crawl) {
  const lariat_crawl_options *options = &crawl->settings->options;
  if (options->max_bytes && crawl->bytes >= options->max_bytes)
    return "--max-bytes";
  if (options->max_time_ms && elapsed_ms(crawl) >= options->max_time_ms)
    return "--max-time";
  if (options->max_pages && crawl->pages >= options->max_pages &&
      crawl->dispatch.away == 0)
    return "--max-pages";
  return NULL;
}

/* Tells whether the earliest URL that is due later is so behind the end of the
 * time that the crawl may take. */
static bool is_later_too_late(const lariat_crawl *crawl, int64_t next_s) {
  uint64_t most_ms = crawl->settings->options.max_time_ms;
  if (most_ms == 0) return false;
  uint64_t spent_ms = elapsed_ms(crawl);
  int64_t left_s =
      spent_ms < most_ms ? (int64_t)((most_ms - spent_ms) / 1000) : 0;
  return next_s > (int64_t)time(NULL) + left_s;
}

/* Tells whether hosts have URLs, or have them when there is memory again: at
 * the latest the next tick looks. */
static bool has_work(lariat_crawl *crawl) {
  bool recovered = lr_crawl_dispatch_recover(&crawl->dispatch);
  if (crawl->dispatch.count) lr_crawl_hand_out(crawl);
  return crawl->dispatch.count || crawl->dispatch.away || !recovered;
}

void lr_crawl_look_at_end(lariat_crawl *crawl) {
  if (crawl->state != LR_CRAWL_GOING) return;
  const char *budget = find_budget(crawl);
  if (budget) {
    lr_crawl_end(crawl, LARIAT_CRAWL_BUDGET, budget, budget_grace_ms);
    return;
  }
  if (crawl->dispatch.away || crawl->dispatch.count || crawl->paused) return;
  int64_t next_s = lr_crawl_frontier_wake(crawl->frontier, (int64_t)time(NULL));
  if (crawl->dispatch.count) {
    lr_crawl_hand_out(crawl);
    return;
  }
  bool full = lr_crawl_frontier_count(crawl->frontier).queued > 0;
  if (full && has_work(crawl)) return;
  if (next_s == INT64_MAX)
    lr_crawl_end(crawl, full ? LARIAT_CRAWL_BUDGET : LARIAT_CRAWL_DONE,
                 full ? "a host's budget" : "", 0);
  else if (is_later_too_late(crawl, next_s))
    lr_crawl_end(crawl, LARIAT_CRAWL_BUDGET, "--max-time", 0);
}

/* ---- Going on ---- */

static void set_tick(lariat_crawl *crawl);

static void take_count(lr_crawl_message *message) {
  if (message->to->shard) lr_crawl_shard_count(message->to->shard);
}

/* Commits what has come, and wakes what is due; asks the shards for their
 * counts at some ticks, and so has them try again what they had no memory
 * for. */
static void take_tick(void *context) {
  lariat_crawl *crawl = context;
  set_tick(crawl);
  if (crawl->ticks++ % COUNT_TICKS == 0)
    lr_crawl_tell_shards(crawl, &(lr_crawl_message){.take = take_count});
  lr_crawl_give_rest(crawl);
  if (crawl->end == LARIAT_CRAWL_DISK || !lr_crawl_commit(crawl)) return;
  if (crawl->state != LR_CRAWL_GOING) return;
  (void)lr_crawl_frontier_wake(crawl->frontier, (int64_t)time(NULL));
  lr_crawl_hand_out(crawl);
  lr_crawl_look_at_end(crawl);
}

static void set_tick(lariat_crawl *crawl) {
  lr_crawl_fault fault = {0};
  if (lariat_reactor_call_later(crawl->reactor, tick_ms, take_tick, crawl, NULL,
                                &crawl->tick) == LARIAT_OK)
    return;
  lr_crawl_fault_memory(&fault);
  lr_crawl_give_up(crawl, &fault);
}

/* ---- The start ---- */

static void give_report(void *context, lr_crawl_report *report) {
  lr_crawl_tell_crawl(&(lr_crawl_message){
      .to = context, .take = lr_crawl_take_report, .report = report});
}

static lariat_status offer_seeds(lariat_crawl *crawl) {
  const lariat_crawl_options *options = &crawl->settings->options;
  lariat_status status = LARIAT_OK;
  for (size_t i = 0; status == LARIAT_OK && i < options->seed_count; i++)
    status = lr_crawl_offer(crawl, &options->seeds[i], '-');
  for (size_t i = 0; status == LARIAT_OK && i < options->sitemap_count; i++)
    status = lr_crawl_offer(
        crawl, &(lariat_crawl_seed){.url = options->sitemaps[i]}, 'S');
  return status;
}

/* Ends a crawl of which a shard could not be made; the others have done nothing
 * yet. */
static void end_unmade(lariat_crawl *crawl) {
  crawl->state = LR_CRAWL_STOPPING;
  tell_stop(crawl, true);
  unsigned unmade = 0;
  for (unsigned i = 0; i < crawl->count; i++)
    unmade += !crawl->members[i].shard;
  while (unmade--) note_ended(crawl);
}

static void begin(lariat_crawl *crawl) {
  crawl->state = LR_CRAWL_GOING;
  lr_crawl_stats_begin(crawl);
  lr_crawl_frontier_on_host(crawl->frontier, lr_crawl_take_host, crawl);
  lariat_status status = lr_crawl_recall_budgets(crawl);
  lr_crawl_frontier_tell_hosts(crawl->frontier);
  if (status == LARIAT_OK) status = offer_seeds(crawl);
  if (status == LARIAT_OK) status = lr_crawl_offer_earlier(crawl);
  if (status == LARIAT_OK) status = lr_crawl_begin_sharing(crawl);
  if (status != LARIAT_OK) {
    lr_crawl_fault fault = {0};
    lr_crawl_fault_set(&fault, status, 0, "the crawl cannot begin: %s",
                       lariat_status_text(status));
    lr_crawl_give_up(crawl, &fault);
    return;
  }
  set_tick(crawl);
  lr_crawl_hand_out(crawl);
  lr_crawl_look_at_end(crawl);
}

static void take_ready(lr_crawl_message *message) {
  lariat_crawl *crawl = message->to->crawl;
  bool failed = crawl->end != LARIAT_CRAWL_RUNNING;
  if (++crawl->ready < crawl->count) return;
  for (unsigned i = 0; i < crawl->count; i++)
    failed |= crawl->members[i].status != LARIAT_OK;
  if (failed)
    end_unmade(crawl);
  else
    begin(crawl);
}

/* Makes a shard, on its thread. */
static void make_shard(void *context) {
  lr_crawl_member *member = context;
  lariat_crawl *crawl = member->crawl;
  lr_crawl_shard_config config = {.settings = crawl->settings,
                                  .scope = crawl->scope,
                                  .pool = crawl->pool,
                                  .index = member->index,
                                  .count = crawl->count,
                                  .traps = &crawl->traps,
                                  .resumed = crawl->resumed,
                                  .tell = give_report,
                                  .send_visit = lr_crawl_send_visit,
                                  .context = member};
  member->status = lr_crawl_shard_new(&config, &member->shard);
  lr_crawl_tell_crawl(&(lr_crawl_message){.to = member, .take = take_ready});
}

static void cancel(lariat_deferred *deferred, void *context) {
  (void)deferred;
  lariat_crawl_stop(context, 0);
}

lariat_deferred *lariat_crawl_start(lariat_crawl *crawl) {
  if (crawl->state != LR_CRAWL_NEW)
    return lariat_deferred_fail(crawl->reactor, LARIAT_EALREADY,
                                "a crawl is started once");
  crawl->state = LR_CRAWL_STARTING;
  crawl->start_ns = lariat_reactor_now_ns(crawl->reactor);
  crawl->done = lariat_deferred_new(crawl->reactor, cancel, crawl, NULL);
  lariat_deferred *done = lariat_deferred_retain(crawl->done);
  for (unsigned i = 0; i < crawl->count; i++) {
    lr_crawl_member *member = &crawl->members[i];
    lariat_status status =
        lariat_pool_call(crawl->pool, i, make_shard, member, NULL);
    if (status == LARIAT_OK) continue;
    member->status = status; /* nobody else writes it then */
    lr_crawl_tell_crawl(&(lr_crawl_message){.to = member, .take = take_ready});
  }
  return done;
}
