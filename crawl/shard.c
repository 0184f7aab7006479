/* SPDX-License-Identifier: MIT
 * shard.c: the life of a shard, and its turns: what is due is asked for, and
 * what came of it is told. */
#include "shard.h"

#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "shard_private.h"

/* Outcomes that the crawl has not taken yet may hold so much, beyond which
 * nothing more is asked for. */
enum { MOST_UNACKNOWLEDGED = 64 * 1024 * 1024 };

/* Bodies that are on their way may hold so much, over all shards. */
static const size_t most_bodies = (size_t)512 * 1024 * 1024;

static int64_t now_of(const lr_crawl_shard *shard) {
  return (int64_t)lariat_reactor_now_ns(shard->reactor);
}

static void run_soon(lr_crawl_shard *shard);

/* ---- Reports ---- */

static void look_at_end(lr_crawl_shard *shard);

static void count_now(lr_crawl_shard *shard) {
  shard->counts.in_flight = lr_crawl_fetcher_in_flight(shard->fetcher);
}

void lr_crawl_shard_count(lr_crawl_shard *shard) {
  if (shard->ended || !lr_crawl_shard_report(shard)) return;
  lr_crawl_politeness_counts counts =
      lr_crawl_politeness_count(shard->politeness, now_of(shard));
  shard->counts.hosts_due = counts.due;
  shard->counts.hosts_down = counts.down;
  shard->counts.hosts_waiting = counts.sites - counts.empty;
  shard->report->counted = true;
  run_soon(shard);
}

void lr_crawl_shard_flush(lr_crawl_shard *shard) {
  lr_crawl_report *report = shard->report;
  if (!report || lr_crawl_report_is_empty(report)) return;
  count_now(shard);
  report->counts = shard->counts;
  shard->report = NULL;
  shard->unacknowledged += report->bytes;
  shard->config.tell(shard->config.context, report);
}

static void flush_later(void *context) {
  lr_crawl_shard *shard = context;
  shard->flushing = false;
  shard->calls--;
  lr_crawl_shard_flush(shard);
  look_at_end(shard);
}

lr_crawl_report *lr_crawl_shard_report(lr_crawl_shard *shard) {
  if (!shard->report) shard->report = lr_crawl_report_new(shard->config.index);
  if (shard->report && !shard->flushing &&
      lariat_reactor_call_soon(shard->reactor, flush_later, shard, NULL) ==
          LARIAT_OK) {
    shard->flushing = true;
    shard->calls++;
  }
  if (shard->report && shard->lost) {
    shard->report->failed = true;
    shard->lost = 0;
  }
  return shard->report;
}

/* Without memory for a report the next one says that something is missing,
 * which ends the crawl: it would wait for the outcome. */
void lr_crawl_shard_tell(lr_crawl_shard *shard, lr_crawl_outcome *outcome) {
  lr_crawl_report *report = lr_crawl_shard_report(shard);
  if (report) {
    lr_crawl_report_add_outcome(report, outcome);
  } else {
    lr_crawl_outcome_clear(outcome);
    shard->lost++;
  }
}

/* ---- Requests ---- */

static void free_asking(lr_crawl_asking *asking) {
  lariat_url_free(asking->url);
  lr_crawl_task_free(asking->task);
  lariat_memory_release(asking);
}

/* Takes the media type of an answer: a body that is not wanted is not taken. */
static bool wants_body(void *context, const lariat_response *response) {
  const lr_crawl_asking *asking = context;
  lariat_media_type type = {.type = ""};
  int status = lariat_response_status(response);
  if (status < 200 || status > 299 || asking->task->queued.hop == 'S')
    return true;
  if (lariat_response_media_type(response, &type) != LARIAT_OK) return true;
  return lr_crawl_settings_wants_type(asking->shard->config.settings,
                                      type.type);
}

/* Puts a task back whose try does not count: the crawler's network is gone. */
static bool put_back(lr_crawl_asking *asking) {
  if (lr_crawl_politeness_add(asking->site, asking->task, true) != LARIAT_OK)
    return false;
  asking->task = NULL;
  return true;
}

static void take_answer(void *context, const lr_crawl_answer *answer) {
  lr_crawl_asking *asking = context;
  lr_crawl_shard *shard = asking->shard;
  lr_crawl_reply reply = lr_crawl_reply_of(answer);
  if (answer->response)
    lr_crawl_politeness_set_address(
        asking->site, lariat_response_remote_ip(answer->response));
  lr_crawl_verdict verdict =
      lr_crawl_politeness_ended(asking->site, &reply, now_of(shard));
  bool cancelled = lariat_is_failure(answer->failure) &&
                   lariat_failure_status(answer->failure) == LARIAT_ECANCELLED;
  bool again = verdict == LR_CRAWL_VERDICT_NETWORK && put_back(asking);
  if (!cancelled && !again) lr_crawl_page_take(asking, answer);
  if (cancelled && asking->task && asking->task->queued.not_after_ns &&
      !shard->stopping) {
    (void)lr_crawl_shard_return(shard, asking->task);
    asking->task = NULL;
  }
  if (reply.connection_failed && verdict == LR_CRAWL_VERDICT_COUNTS)
    lr_crawl_shard_look_at_failures(shard, asking->site);
  free_asking(asking);
  lr_crawl_shard_go_on(shard);
}

/* ---- Headers of a request ---- */

enum { MOST_HEADERS = 64 };

typedef struct header_set {
  lariat_header headers[MOST_HEADERS];
  size_t count;
  char *lines; /* a copy of the host's, cut into texts */
} header_set;

static void add_header(header_set *set, const char *name, const char *value) {
  if (value && set->count < MOST_HEADERS)
    set->headers[set->count++] = (lariat_header){name, value};
}

/* Cuts a line "Name: value" into its two texts. */
static void add_line(header_set *set, char *line) {
  char *colon = strchr(line, ':');
  if (!colon) return;
  *colon++ = '\0';
  colon += strspn(colon, " \t");
  add_header(set, line, colon);
}

static void add_lines(header_set *set, const char *lines) {
  char *rest = set->lines = lr_crawl_copy_text(lines);
  char *line;
  while (rest && (line = strsep(&rest, "\r\n"))) add_line(set, line);
}

static void fill_headers(const lr_crawl_asking *asking, header_set *set) {
  lariat_url_part host = lariat_url_host(asking->url);
  const lariat_crawl_host_options *own = lr_crawl_settings_host(
      asking->shard->config.settings, host.bytes, host.length);
  const lr_crawl_queued_url *queued = &asking->task->queued;
  set->count = 0;
  set->lines = NULL;
  add_header(set, "If-None-Match", queued->etag);
  add_header(set, "If-Modified-Since", queued->last_modified);
  if (own && own->headers) add_lines(set, own->headers);
}

/* ---- Turns ---- */

/* Sends the request of a task; false: no memory. */
static bool send_request(lr_crawl_asking *asking) {
  header_set set;
  fill_headers(asking, &set);
  lr_crawl_request request = {.url = asking->task->queued.url,
                              .headers = set.headers,
                              .header_count = set.count,
                              .send_by_ns = lr_crawl_shard_send_by(asking),
                              .wants_body = wants_body,
                              .on_answer = take_answer,
                              .context = asking};
  lariat_status status = lr_crawl_fetch_start(asking->shard->fetcher, &request);
  lariat_memory_release(set.lines);
  return status == LARIAT_OK;
}

/* Looks whether a task may be asked for; if not, its outcome is told. */
static lr_crawl_permission find_permission(lr_crawl_shard *shard,
                                           lr_crawl_asking *asking) {
  lr_crawl_outcome_kind kind = LR_CRAWL_TRAP;
  const char *shape = NULL;
  char note[LR_CRAWL_MOST_NOTE];
  if (asking->task->queued.hop != 'S' &&
      lr_crawl_traps_is_closed(shard->traps, asking->url, &shape)) {
    lr_crawl_page_refuse(shard, asking->task, kind, shape);
    return LR_CRAWL_DENIED;
  }
  lr_crawl_permission permission =
      lr_crawl_site_permits(shard, asking, note, &kind);
  if (permission == LR_CRAWL_DENIED)
    lr_crawl_page_refuse(shard, asking->task, kind, note);
  return permission;
}

/* Ends a turn for which nothing is sent. */
static void end_unsent(lr_crawl_shard *shard, lr_crawl_asking *asking,
                       lr_crawl_permission permission) {
  if (permission == LR_CRAWL_NOT_KNOWN) {
    (void)put_back(asking);
    lr_crawl_politeness_robots_forgotten(asking->site);
  }
  lr_crawl_politeness_unsent(asking->site, now_of(shard));
  if (asking->task && permission == LR_CRAWL_NOT_KNOWN)
    lr_crawl_page_refuse(shard, asking->task, LR_CRAWL_LATER, "out of memory");
  free_asking(asking);
}

/* Tells of a task that cannot be asked for: without memory it is for later, and
 * a URL that is none, as of a database that was changed, is done with. */
static void refuse_task(lr_crawl_shard *shard, lr_crawl_task *task,
                        lariat_status status) {
  bool memory = status == LARIAT_ENOMEM;
  lr_crawl_page_refuse(shard, task, memory ? LR_CRAWL_LATER : LR_CRAWL_FAILED,
                       memory ? "out of memory" : "the URL cannot be read");
  lr_crawl_task_free(task);
}

static void give_up(lr_crawl_shard *shard, lr_crawl_site *site,
                    lr_crawl_task *task, lariat_status status) {
  lr_crawl_politeness_unsent(site, now_of(shard));
  refuse_task(shard, task, status);
}

static void ask_for_task(lr_crawl_shard *shard, lr_crawl_site *site,
                         lr_crawl_task *task) {
  lr_crawl_asking *asking = lr_crawl_allocate(1, sizeof *asking);
  const char *text = task->queued.url;
  lariat_status status =
      asking ? lariat_url_parse(text, strlen(text), NULL, &asking->url, NULL)
             : LARIAT_ENOMEM;
  if (status != LARIAT_OK) {
    lariat_memory_release(asking);
    give_up(shard, site, task, status);
    return;
  }
  asking->shard = shard;
  asking->site = site;
  asking->task = task;
  lr_crawl_permission permission = find_permission(shard, asking);
  if (permission != LR_CRAWL_PERMITTED) {
    end_unsent(shard, asking, permission);
  } else if (!send_request(asking)) {
    asking->task = NULL;
    free_asking(asking);
    give_up(shard, site, task, LARIAT_ENOMEM);
  }
}

static void run(lr_crawl_shard *shard);

static void take_timer(void *context) {
  lr_crawl_shard *shard = context;
  shard->timer_ns = INT64_MAX;
  run(shard);
}

static void set_timer(lr_crawl_shard *shard, int64_t due_ns) {
  if (due_ns == shard->timer_ns) return;
  if (shard->timer_ns != INT64_MAX)
    (void)lariat_reactor_cancel_timer(shard->reactor, shard->timer);
  shard->timer_ns = INT64_MAX;
  if (due_ns == INT64_MAX) return;
  if (lariat_reactor_call_at(shard->reactor, (uint64_t)due_ns, take_timer,
                             shard, NULL, &shard->timer) == LARIAT_OK)
    shard->timer_ns = due_ns;
}

/* Asks for all that is due, and sets the timer for what is next. */
static void run(lr_crawl_shard *shard) {
  lr_crawl_turn turn = {.due_ns = INT64_MAX};
  while (!shard->stopping && shard->unacknowledged < MOST_UNACKNOWLEDGED) {
    turn = lr_crawl_politeness_next(shard->politeness, now_of(shard));
    if (turn.kind == LR_CRAWL_TURN_NONE) break;
    if (lr_crawl_shard_holds_back(shard, &turn)) {
      turn.due_ns = INT64_MAX;
      continue;
    }
    if (turn.kind == LR_CRAWL_TURN_ROBOTS)
      lr_crawl_site_ask_robots(shard, turn.site);
    else if (lr_crawl_site_is_visitor(turn.site))
      lr_crawl_site_ask_visit(shard, turn.site, turn.item);
    else
      ask_for_task(shard, turn.site, turn.item);
    turn.due_ns = INT64_MAX;
  }
  set_timer(shard, turn.due_ns);
}

static void run_later(void *context) {
  lr_crawl_shard *shard = context;
  shard->running = false;
  shard->calls--;
  run(shard);
  look_at_end(shard);
}

/* Has the turns made once what is going on has ended. */
static void run_soon(lr_crawl_shard *shard) {
  if (shard->running || shard->stopping) return;
  if (lariat_reactor_call_soon(shard->reactor, run_later, shard, NULL) !=
      LARIAT_OK)
    return;
  shard->running = true;
  shard->calls++;
}

/* Both are for a later turn: the fetch that has ended is still counted. */
void lr_crawl_shard_go_on(lr_crawl_shard *shard) {
  if (!shard->stopping) {
    run_soon(shard);
    return;
  }
  (void)lr_crawl_shard_report(shard); /* whose sending looks at the end */
}

/* ---- Work ---- */

static void add_task(lr_crawl_shard *shard, lr_crawl_task *task) {
  lr_crawl_site *site = NULL;
  lariat_status status = lr_crawl_shard_site(shard, task, &site);
  if (status == LARIAT_OK && lr_crawl_shard_refuses(shard, site, task)) return;
  if (status == LARIAT_OK) lr_crawl_shard_note_times(site, &task->queued);
  if (status == LARIAT_OK) status = lr_crawl_politeness_add(site, task, false);
  if (status != LARIAT_OK) refuse_task(shard, task, status);
}

void lr_crawl_shard_take(lr_crawl_shard *shard, lr_crawl_work *work) {
  shard->unacknowledged -= work->acknowledged;
  work->acknowledged = 0;
  if (shard->stopping) return;
  for (size_t i = 0; i < work->host_count; i++)
    lr_crawl_shard_restore_robots(shard, &work->hosts[i]);
  for (size_t i = 0; i < work->renewal_count; i++)
    lr_crawl_shard_renew(shard, &work->renewals[i]);
  for (size_t i = 0; i < work->count; i++) add_task(shard, work->tasks[i]);
  work->count = 0;
  run(shard);
}

/* ---- Steering ---- */

void lr_crawl_shard_pause(lr_crawl_shard *shard, bool paused) {
  if (shard->stopping) return;
  lr_crawl_politeness_pause(shard->politeness, paused);
  run(shard);
}

void lr_crawl_shard_set_scope(lr_crawl_shard *shard,
                              const lr_crawl_scope *scope) {
  shard->config.scope = scope;
}

/* ---- The end ---- */

static void drop_task(void *item) { lr_crawl_task_free(item); }

/* Gives up all that belongs to the reactor. */
static void close_parts(lr_crawl_shard *shard) {
  set_timer(shard, INT64_MAX);
  if (shard->politeness) lr_crawl_shard_free_rules(shard);
  lr_crawl_politeness_free(shard->politeness, drop_task);
  lr_crawl_fetcher_free(shard->fetcher);
  lr_crawl_robots_cache_free(shard->robots);
  lr_crawl_traps_free(shard->traps);
  lariat_crawl_warc_buffer_free(shard->records);
  lr_crawl_recent_clear(&shard->recent);
  lr_crawl_bodies_clear(&shard->bodies);
  shard->politeness = NULL;
  shard->fetcher = NULL;
  shard->robots = NULL;
  shard->traps = NULL;
  shard->records = NULL;
}

/* Tells the end, once nothing is on its way. */
static void look_at_end(lr_crawl_shard *shard) {
  if (!shard->stopping || shard->ended || shard->calls ||
      lr_crawl_fetcher_in_flight(shard->fetcher))
    return;
  if (!shard->report) {
    shard->report = shard->last;
    shard->last = NULL;
  }
  count_now(shard);
  shard->ended = true;
  shard->report->ended = true;
  close_parts(shard);
  lr_crawl_report *report = shard->report;
  report->counts = shard->counts;
  shard->report = NULL;
  shard->config.tell(shard->config.context, report);
}

void lr_crawl_shard_stop(lr_crawl_shard *shard, bool at_once) {
  if (shard->ended) return;
  shard->stopping = true;
  set_timer(shard, INT64_MAX);
  if (at_once) {
    lr_crawl_shard_cancel_look_ups(shard);
    lr_crawl_fetcher_cancel(shard->fetcher);
  }
  look_at_end(shard);
}

/* ---- Making ---- */

static lariat_status open_fetcher(lr_crawl_shard *shard) {
  const lr_crawl_settings *settings = shard->config.settings;
  lariat_client_options client = lr_crawl_settings_client(settings);
  lr_crawl_fetcher_options options = {
      .pool = shard->config.pool,
      .client = &client,
      .from = settings->from,
      .most_body = settings->options.max_body_bytes,
      .most_bytes = most_bodies / shard->config.count,
      .delay_ms = settings->options.delay_ms};
  return lr_crawl_fetcher_new(&options, &shard->fetcher);
}

static lariat_status open_robots(lr_crawl_shard *shard) {
  const lr_crawl_settings *settings = shard->config.settings;
  lr_crawl_robots_options options = lr_crawl_robots_defaults();
  options.agent = settings->user_agent;
  options.retry_s = (int64_t)(lr_crawl_settings_retry_ms(settings, 0) / 1000);
  options.most_tries = settings->options.retries;
  return lr_crawl_robots_cache_new(&options, &shard->robots);
}

static lariat_status open_parts(lr_crawl_shard *shard) {
  const lr_crawl_settings *settings = shard->config.settings;
  lr_crawl_politeness_options politeness =
      lr_crawl_settings_politeness(settings, shard->config.count);
  politeness.delay_first = shard->config.resumed;
  politeness.address_first = politeness.grouping == LR_CRAWL_GROUP_IP ||
                             politeness.grouping == LR_CRAWL_GROUP_IP_IN_DOMAIN;
  shard->last = lr_crawl_report_new(shard->config.index);
  if (!shard->last || !lr_crawl_recent_init(&shard->recent) ||
      !lr_crawl_bodies_init(&shard->bodies))
    return LARIAT_ENOMEM;
  lariat_status status = open_fetcher(shard);
  if (status == LARIAT_OK)
    status =
        lr_crawl_politeness_new(&politeness, now_of(shard), &shard->politeness);
  if (status == LARIAT_OK) status = open_robots(shard);
  if (status == LARIAT_OK) status = lr_crawl_shard_open_traps(shard);
  if (status == LARIAT_OK)
    status = lariat_crawl_warc_buffer_new(settings->options.warc_level,
                                          &shard->records);
  return status;
}

lariat_status lr_crawl_shard_new(const lr_crawl_shard_config *config,
                                 lr_crawl_shard **out) {
  lr_crawl_shard *shard = lr_crawl_allocate(1, sizeof *shard);
  *out = NULL;
  if (!shard) return LARIAT_ENOMEM;
  shard->config = *config;
  shard->reactor = lariat_reactor_current();
  shard->timer_ns = INT64_MAX;
  lr_crawl_list_init(&shard->look_ups);
  lariat_status status = open_parts(shard);
  if (status == LARIAT_OK) {
    *out = shard;
    return status;
  }
  close_parts(shard);
  lr_crawl_shard_free(shard);
  return status;
}

void lr_crawl_shard_free(lr_crawl_shard *shard) {
  if (!shard) return;
  lr_crawl_report_free(shard->report);
  lr_crawl_report_free(shard->last);
  lariat_memory_release(shard);
}
