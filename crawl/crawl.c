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
#include <unistd.h>

#include <lariat/crawl/cdxj.h>
#include <lariat/crawl/warc.h>
#include <lariat/version.h>

#include "crawl_config.h"
#include "crawl_private.h"
#include "memory.h"

static const uint64_t tick_ms = 250;
static const uint64_t millisecond_ns = 1000000;

/* What is on its way when a budget is used up may go on for so long. */
static const uint64_t budget_grace_ms = 10000;

/* URLs of a host that are handed out, at least. */
enum { LEAST_AWAY = 16, COMMIT_OUTCOMES = 1000, COUNT_TICKS = 4 };

/* ---- Making one ---- */

/* Writes the index of a WARC file beside it; one that cannot be written can be
 * made later. */
static void index_warc(const lariat_crawl *crawl, const char *path) {
  lr_crawl_bytes name = {0};
  lr_crawl_bytes_format(&name, "%s.cdxj", path);
  char *index = lr_crawl_bytes_take(&name, NULL);
  lariat_status status =
      index ? lariat_crawl_cdxj_make(path, index) : LARIAT_ENOMEM;
  if (status != LARIAT_OK && crawl->frontier)
    (void)lr_crawl_frontier_note(crawl->frontier, (int64_t)time(NULL),
                                 "a CDXJ index cannot be written");
  lariat_memory_release(index);
}

/* Indexes a WARC file that is closed, and tells the user. */
static void take_warc_closed(void *context, const char *path) {
  const lariat_crawl *crawl = context;
  const lariat_crawl_options *options = &crawl->settings->options;
  if (options->cdx) index_warc(crawl, path);
  if (options->on_warc_closed)
    options->on_warc_closed(path, options->on_warc_closed_context);
}

/* Returns what the warcinfo of each file says. */
static char *describe(const lr_crawl_settings *settings) {
  const lariat_crawl_options *options = &settings->options;
  char host[256] = "";
  lr_crawl_bytes fields = {0};
  if (gethostname(host, sizeof host - 1) == 0 && *host)
    lr_crawl_bytes_format(&fields, "hostname: %s\r\n", host);
  lr_crawl_bytes_format(&fields,
                        "software: lariat/%s\r\n"
                        "format: WARC File Format 1.1\r\n"
                        "http-header-user-agent: %s\r\n"
                        "robots: %s\r\n",
                        LARIAT_VERSION, settings->user_agent,
                        options->ignore_robots ? "ignore" : "obey");
  if (options->contact)
    lr_crawl_bytes_format(&fields, "operator: %s\r\n", options->contact);
  return lr_crawl_bytes_take(&fields, NULL);
}

/* Makes the record that a file begins with. */
static char *make_warcinfo(void *context, const char *file_name,
                           size_t *length) {
  const lariat_crawl *crawl = context;
  lariat_crawl_warc_buffer *buffer = NULL;
  char *record = NULL;
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t at_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
  char *fields = describe(crawl->settings);
  if (fields &&
      lariat_crawl_warc_buffer_new(crawl->settings->options.warc_level,
                                   &buffer) == LARIAT_OK &&
      lariat_crawl_warc_add_info(buffer, at_ns, file_name, fields) ==
          LARIAT_OK) {
    const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, length);
    record = lr_crawl_copy_bytes(bytes, *length);
  }
  lariat_crawl_warc_buffer_free(buffer);
  lariat_memory_release(fields);
  return record;
}

static lr_crawl_frontier_options choose_frontier(lariat_crawl *crawl) {
  const lariat_crawl_options *options = &crawl->settings->options;
  return (lr_crawl_frontier_options){
      .directory = options->directory,
      .durable_power = options->durable_power,
      .warc_size = options->no_warc ? 0 : options->warc_size,
      .jsonl = options->jsonl,
      .links = options->links,
      .since = options->since,
      .again_s = options->again_s ? (int64_t)time(NULL) - options->again_s : 0,
      .make_warcinfo = make_warcinfo,
      .on_warc_closed = take_warc_closed,
      .context = crawl};
}

static lariat_status open_frontier(lariat_crawl *crawl, lr_crawl_fault *fault) {
  lr_crawl_frontier_options options = choose_frontier(crawl);
  lariat_status status =
      lr_crawl_frontier_open(&options, &crawl->frontier, fault);
  if (status != LARIAT_OK) return status;
  lr_crawl_frontier_counts counts = lr_crawl_frontier_count(crawl->frontier);
  crawl->settings->hash = lr_crawl_frontier_hash_key(crawl->frontier);
  crawl->resumed = counts.known > 0;
  crawl->pages =
      counts.by_kind[LR_CRAWL_FETCHED] + counts.by_kind[LR_CRAWL_REVISIT];
  return status;
}

static lariat_status open_pool(lariat_crawl *crawl, lr_crawl_fault *fault) {
  lariat_pool_options options = lr_crawl_settings_pool(crawl->settings);
  lariat_status status = lariat_pool_options_check(&options, fault->message,
                                                   sizeof fault->message);
  if (status == LARIAT_OK) status = lariat_pool_new(&options, &crawl->pool);
  if (status == LARIAT_ELIBCURL)
    snprintf(fault->message, sizeof fault->message, "%s",
             lariat_pool_refusal());
  if (status != LARIAT_OK) return status;
  crawl->count = lariat_pool_reactors(crawl->pool);
  crawl->members = lr_crawl_allocate(crawl->count, sizeof *crawl->members);
  if (!crawl->members) return LARIAT_ENOMEM;
  for (unsigned i = 0; i < crawl->count; i++) {
    crawl->members[i].crawl = crawl;
    crawl->members[i].index = i;
  }
  return status;
}

static uint16_t choose_most_away(const lr_crawl_settings *settings) {
  enum { MOST = 4096 };
  unsigned most = 2 * settings->options.per_group;
  if (most < LEAST_AWAY) return LEAST_AWAY;
  return (uint16_t)(most < MOST ? most : MOST);
}

/* Says what is wrong with options before anything is written. */
static lariat_status check_first(const lariat_crawl *crawl,
                                 lr_crawl_fault *fault) {
  const lr_crawl_settings *settings = crawl->settings;
  char path[4096];
  snprintf(path, sizeof path, "%s/crawl.db", settings->options.directory);
  if (access(path, F_OK) == 0) return LARIAT_OK;
  if (!settings->options.seed_count)
    return lr_crawl_fault_set(fault, LARIAT_EINVAL, 0,
                              "seeds: there are none, and the directory has "
                              "no crawl to go on with");
  return lr_crawl_settings_check_contact(settings, fault);
}

/* Makes the settings anew, with what the directory remembers. */
static lariat_status join_settings(lariat_crawl *crawl,
                                   const lariat_crawl_options *options,
                                   lr_crawl_fault *fault) {
  lr_crawl_config *config = NULL;
  lr_crawl_settings *joined = NULL;
  lariat_status status = lr_crawl_config_join(
      options, lr_crawl_frontier_config(crawl->frontier), false, &config);
  if (status == LARIAT_OK)
    status =
        lr_crawl_settings_new(lr_crawl_config_options(config), &joined, fault);
  lr_crawl_config_free(config);
  if (status != LARIAT_OK) return status;
  joined->hash = crawl->settings->hash;
  lr_crawl_settings_free(crawl->settings);
  crawl->settings = joined;
  return lr_crawl_settings_check_contact(joined, fault);
}

lariat_status lr_crawl_keep_config(lariat_crawl *crawl, lr_crawl_fault *fault) {
  char *text = lr_crawl_config_write(&crawl->settings->options);
  if (!text) return lr_crawl_fault_memory(fault);
  lariat_status status =
      lr_crawl_frontier_keep_config(crawl->frontier, text, fault);
  lariat_memory_release(text);
  return status;
}

static lariat_status open_crawl(lariat_crawl *crawl,
                                const lariat_crawl_options *options,
                                lr_crawl_fault *fault) {
  lariat_status status =
      lr_crawl_settings_new(options, &crawl->settings, fault);
  if (status == LARIAT_OK) status = check_first(crawl, fault);
  if (status == LARIAT_OK) status = open_frontier(crawl, fault);
  if (status == LARIAT_OK) status = join_settings(crawl, options, fault);
  if (status == LARIAT_OK) status = lr_crawl_keep_config(crawl, fault);
  if (status == LARIAT_OK)
    status = lr_crawl_settings_make_scope(crawl->settings, NULL, 0,
                                          &crawl->scope, fault);
  if (status == LARIAT_OK) status = open_pool(crawl, fault);
  if (status == LARIAT_OK)
    crawl->dispatch.most_away = choose_most_away(crawl->settings);
  if (status == LARIAT_ENOMEM) lr_crawl_fault_memory(fault);
  return status;
}

static void destroy(lariat_crawl *crawl) {
  lariat_pool_release(crawl->pool);
  for (unsigned i = 0; crawl->members && i < crawl->count; i++) {
    lr_crawl_shard_free(crawl->members[i].shard);
    lr_crawl_work_free(crawl->members[i].work);
  }
  lr_crawl_frontier_close(crawl->frontier);
  lr_crawl_dispatch_clear(&crawl->dispatch);
  for (size_t i = 0; i < crawl->old_scope_count; i++)
    lr_crawl_scope_free(crawl->old_scopes[i]);
  lariat_memory_release(crawl->old_scopes);
  lr_crawl_scope_free(crawl->scope);
  lr_crawl_settings_free(crawl->settings);
  lariat_mailbox_release(crawl->mailbox);
  lariat_memory_release(crawl->members);
  lariat_memory_release(crawl);
}

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
  crawl->reactor = lariat_reactor_current();
  crawl->mailbox = lariat_reactor_mailbox(crawl->reactor);
  lr_crawl_list_init(&crawl->questions);
  lariat_status status = open_crawl(crawl, options, &fault);
  if (status == LARIAT_OK) {
    *out = crawl;
    return status;
  }
  if (error)
    snprintf(error->message, sizeof error->message, "%s",
             *fault.message ? fault.message : lariat_status_text(status));
  destroy(crawl);
  return status;
}

void lariat_crawl_free(lariat_crawl *crawl) {
  if (!crawl) return;
  if (crawl->state == LR_CRAWL_NEW || crawl->state == LR_CRAWL_OVER) {
    destroy(crawl);
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

static void close_frontier(lariat_crawl *crawl) {
  if (!crawl->frontier) return;
  crawl->last = lr_crawl_frontier_count(crawl->frontier);
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
  if (crawl->freed) destroy(crawl);
  (void)lariat_deferred_callback(done, result);
  lariat_deferred_release(done);
}

static lariat_value take_pool_end(lariat_value result, void *context) {
  finish(context);
  return lariat_value_drop(result);
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
  close_frontier(crawl);
  lariat_deferred *closed = lariat_pool_close(crawl->pool, crawl->reactor, 0);
  lariat_deferred_forget(
      lariat_deferred_add_both(closed, take_pool_end, crawl));
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
 * counts at some ticks. */
static void take_tick(void *context) {
  lariat_crawl *crawl = context;
  set_tick(crawl);
  if (crawl->state == LR_CRAWL_GOING && crawl->ticks++ % COUNT_TICKS == 0)
    lr_crawl_tell_shards(crawl, &(lr_crawl_message){.take = take_count});
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
  lr_crawl_frontier_on_host(crawl->frontier, lr_crawl_take_host, crawl);
  lr_crawl_frontier_tell_hosts(crawl->frontier);
  lariat_status status = offer_seeds(crawl);
  if (status != LARIAT_OK) {
    lr_crawl_fault fault = {0};
    lr_crawl_fault_set(&fault, status, 0, "the seeds cannot be written: %s",
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
