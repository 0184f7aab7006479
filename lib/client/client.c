/* SPDX-License-Identifier: MIT
 * client.c: clients and their jobs' memory: opening, closing, statistics. */
#include "client/client.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/quarantine.h"
#include "client/byte_stream.h"
#include "client/capacity.h"
#include "client/cookies.h"
#include "client/coroutine_client.h"
#include "client/outcome.h"
#include "client/submit.h"
#include "deferred/state.h"
#include "http/content_coding.h"
#include "job/kept_answer.h"
#include "pool/pool.h"
#include <lariat/clock.h>
#include <lariat/version.h>

enum { WINDOW = 1024, SPARE_MAX = 1024 };

uint64_t lr_client_pool_ns(const lariat_client *client) {
  const lariat_clock *clock = lr_pool_clock(client->pool);
  return clock->now_ns(clock->context);
}

/* ---- Memory ---- */

static void free_spare(lariat_client *client) {
  lr_list *node;
  while ((node = lr_list_take_first(&client->spare)))
    lr_job_free(lr_container(node, lr_job, caller.node));
}

static void free_client(lariat_client *client) {
  lr_coroutine_client_forget(client);
  for (unsigned i = 0; i < client->channel_count; i++)
    if (client->channels[i]) lr_channel_close(client->channels[i]);
  lr_reactor_remove_shutdown_hook(client->reactor, &client->shutdown);
  free_spare(client);
  if (client->responses) lr_response_cache_close(client->responses);
  lr_client_cookies_close(client->cookies);
  lr_header_list_release(client->headers);
  lr_header_list_release(client->body_headers);
  lr_origin_clear(&client->last_origin);
  lr_pool_unhold(client->pool);
  lr_free(client);
}

static void end_watch(lariat_client *client) {
  lr_reactor_unset_timer(client->reactor, &client->watch);
  client->watched_ns = UINT64_MAX;
}

static void free_if_over(lariat_client *client) {
  if (client->live > 0) return;
  end_watch(client);
  if (client->closed) free_client(client);
}

void lr_client_unhold(lariat_client *client) {
  client->live--;
  free_if_over(client);
}

static void recycle_job(lariat_client *client, lr_job *job) {
  if (client->closed || client->spare_count >= client->spare_most) {
    lr_job_free(job);
    return;
  }
  lr_job_wipe(job);
  lr_list_prepend(&client->spare, &job->caller.node);
  client->spare_count++;
}

void lr_client_release_job(lr_job *job) {
  lariat_client *client = job->client;
  if (!job->caller.released || job->caller.travel_away ||
      job->caller.cancel_away)
    return;
  lr_list_remove(&job->caller.node);
  client->live--;
  recycle_job(client, job);
  free_if_over(client);
}

static void release_fetch(lariat_deferred *deferred) {
  lr_job *job = lr_container(deferred, lr_job, deferred);
  job->caller.released = true;
  if (job->client)
    lr_client_release_job(job);
  else
    lr_job_end(job, LR_JOB_DEFERRED_ENDED);
}

void lr_client_unhold_notify(lariat_client *client) {
  lr_capacity_notify(client);
  lr_client_unhold(client);
}

static void cancel_fetch(lariat_deferred *deferred) {
  lr_job *job = lr_container(deferred, lr_job, deferred);
  if (lr_job_is_complete(job) || !job->client) return;
  lr_client_stop(job, LARIAT_ECANCELLED, LARIAT_PHASE_NONE);
}

/* ---- Closing ---- */

/* Ends all jobs and streams.  Callbacks run in here, and may release or cancel
 * any job of the list. */
static void cancel_all(lariat_client *client, lariat_status status) {
  lr_list todo;
  lr_list *node;
  lr_list_init(&todo);
  lr_list_splice(&todo, &client->jobs);
  while ((node = lr_list_take_first(&todo))) {
    lr_job *job = lr_container(node, lr_job, caller.node);
    lr_list_append(&client->jobs, node);
    if (lr_job_is_complete(job)) continue;
    lr_submit_withdraw(job, status);
    lr_client_fail_job(job, status, LARIAT_PHASE_NONE);
  }
  lr_byte_stream_close_all(client);
  end_watch(client);
  lr_capacity_close(client);
}

static void begin_shutdown(lr_shutdown_hook *shutdown) {
  lariat_client *client = lr_container(shutdown, lariat_client, shutdown);
  lr_client_hold(client); /* the client outlives its own closing */
  client->closed = true;
  cancel_all(client, LARIAT_ECANCELLED);
}

static bool has_jobs_away(lr_shutdown_hook *shutdown) {
  return lr_container(shutdown, lariat_client, shutdown)->away > 0;
}

/* Makes an orphan of a job: the thread that ends its last part frees it. */
static void orphan_job(lr_job *job) {
  uint32_t ended = 0;
  lr_list_remove(&job->caller.node);
  job->client = NULL;
  if (job->caller.released) ended |= LR_JOB_DEFERRED_ENDED;
  if (!job->caller.travel_away) ended |= LR_JOB_TRAVEL_ENDED;
  if (!job->caller.cancel_away) ended |= LR_JOB_CANCEL_ENDED;
  lr_job_end(job, ended);
}

static void end_shutdown(lr_shutdown_hook *shutdown) {
  lariat_client *client = lr_container(shutdown, lariat_client, shutdown);
  lr_list *node;
  while ((node = lr_list_first(&client->jobs)))
    orphan_job(lr_container(node, lr_job, caller.node));
  free_client(client);
}

void lariat_client_close(lariat_client *client) {
  if (!client) return;
  if (lr_reactor_check(client->reactor, __func__) != LARIAT_OK) return;
  lr_coroutine_client_forget(client);
  lr_client_hold(client);
  client->closed = true;
  cancel_all(client, LARIAT_ECANCELLED);
  free_spare(client);
  lr_client_unhold(client);
}

/* ---- Opening ---- */

static bool is_header_value(const char *value) {
  const lariat_header header = {"User-Agent", value};
  return lr_header_valid(&header);
}

/* Returns what is wrong with complete options: a sentence that begins with the
 * field's name; NULL: nothing. */
static const char *find_fault(const lariat_client_options *options) {
  if ((unsigned)options->placement > LARIAT_PLACE_HOME)
    return "placement: there is no such placement";
  if ((unsigned)options->http > LARIAT_HTTP_2)
    return "http: there is no such version";
  if ((unsigned)options->header_scope > LARIAT_HEADERS_STAY)
    return "header_scope: there is no such scope";
  if (!lr_priority_valid(options->priority))
    return "priority: there is no such priority";
  if (!is_header_value(options->user_agent))
    return "user_agent: there is a line break in it";
  if (options->keep > LR_KEEP_ALL) return "keep: there is no such part";
  if ((unsigned)options->timestamps > LARIAT_TIMESTAMPS_KERNEL)
    return "timestamps: there are no such ones";
  return options->retry ? lr_retry_policy_fault(options->retry, true) : NULL;
}

static lariat_status read_client_options(const lariat_client_options *given,
                                         lariat_client_options *options) {
  *options = lariat_client_defaults();
  if (!given) return LARIAT_OK;
  if (given->size < sizeof given->size) return LARIAT_EINVAL;
  memcpy(options, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  return find_fault(options) ? LARIAT_EINVAL : LARIAT_OK;
}

lariat_status lariat_client_options_check(const lariat_client_options *options,
                                          char *message, size_t capacity) {
  lariat_client_options all;
  const char *fault = NULL;
  lariat_status status = read_client_options(options, &all);
  if (status != LARIAT_OK)
    fault = options->size < sizeof options->size
                ? "size: it is not the size of the struct, as "
                  "lariat_client_defaults sets it"
                : find_fault(&all);
  snprintf(message, capacity, "%s", fault ? fault : "");
  return status;
}

/* Makes the headers of every request.  Accept-Encoding is among them: it asks
 * for what lariat can undo, whoever reads the answer. */
static lariat_status make_headers(lariat_client *client) {
  const char *agent = client->options.user_agent;
  const char *encoding = lr_content_codings_accepted();
  lariat_header headers[2];
  size_t count = 0;
  if (!agent) agent = "lariat/" LARIAT_VERSION;
  if (*agent) headers[count++] = (lariat_header){"User-Agent", agent};
  if (!client->options.no_decompress)
    headers[count++] = (lariat_header){"Accept-Encoding", encoding};
  client->options.user_agent = NULL; /* the caller may free it */
  client->options.retry = NULL;
  return lr_header_list_make(NULL, headers, count, &client->headers);
}

/* Finds the number of the pool reactor that the client is on, for placement
 * home. */
static lariat_status find_home(lariat_client *client) {
  for (unsigned i = 0; i < lariat_pool_reactors(client->pool); i++) {
    client->home = i;
    if (lr_pool_worker(client->pool, i)->reactor == client->reactor)
      return LARIAT_OK;
  }
  return LARIAT_EINVAL;
}

static lariat_status open_channels(lariat_client *client, unsigned count) {
  unsigned window = client->options.window;
  bool home = client->options.placement == LARIAT_PLACE_HOME;
  const lr_job_owner *owner =
      client->cookies ? &lr_client_cookie_job_owner : &lr_client_job_owner;
  lariat_status status = home ? find_home(client) : LARIAT_OK;
  for (unsigned i = 0; i < count && status == LARIAT_OK; i++) {
    lr_worker *worker = lr_pool_worker(client->pool, home ? client->home : i);
    status = lr_channel_open(client, client->reactor, worker, owner, window,
                             &client->channels[i]);
    if (status == LARIAT_OK) client->channel_count++;
  }
  return status;
}

static lariat_client *new_client(lariat_pool *pool, lariat_reactor *reactor,
                                 const lariat_client_options *options,
                                 unsigned channels) {
  lariat_client *client =
      lr_alloc_zero(sizeof *client + channels * sizeof client->channels[0]);
  if (!client) return NULL;
  client->pool = pool;
  client->reactor = reactor;
  client->options = *options;
  client->has_rules = options->deny_bad_ports || options->cookies;
  client->needs_sinks =
      lr_pool_budget(pool) || options->keep || options->observer.observe;
  client->pool_time = lr_reactor_has_clock(reactor, lr_pool_clock(pool));
  if (!client->options.window) client->options.window = WINDOW;
  client->request_defaults = lariat_request_defaults(client);
  lr_list_init(&client->jobs);
  lr_list_init(&client->spare);
  lr_list_init(&client->byte_streams);
  client->spare_most = lr_quarantine_is_on() ? 0 : SPARE_MAX;
  lr_waiters_init(&client->capacity_waiters);
  client->watch.expire = lr_submit_stop_late;
  client->watched_ns = UINT64_MAX;
  client->shutdown.begin = begin_shutdown;
  client->shutdown.busy = has_jobs_away;
  client->shutdown.end = end_shutdown;
  client->responses = lr_response_cache_new();
  if (!client->responses) {
    lr_free(client);
    return NULL;
  }
  lr_pool_hold(pool);
  lr_reactor_add_shutdown_hook(reactor, &client->shutdown);
  return client;
}

lariat_client_options lariat_client_defaults(void) {
  return (lariat_client_options){.size = sizeof(lariat_client_options),
                                 .window = WINDOW,
                                 .max_queued = 100000,
                                 .timeout_ms = 30000,
                                 .connect_timeout_ms = 10000,
                                 .max_body_bytes = 64u << 20,
                                 .max_redirects = 10};
}

lariat_status lariat_client_new(lariat_pool *pool, lariat_reactor *reactor,
                                const lariat_client_options *options,
                                lariat_client **out) {
  lariat_client_options all;
  *out = NULL;
  lariat_status status = lr_reactor_check(reactor, __func__);
  if (status == LARIAT_OK) status = lr_pool_check(pool);
  if (status == LARIAT_OK) status = read_client_options(options, &all);
  if (status == LARIAT_OK) status = lr_deferred_state_open(reactor);
  if (status != LARIAT_OK) return status;
  if (lr_reactor_closing(reactor)) return LARIAT_ECLOSED;
  unsigned channels =
      all.placement == LARIAT_PLACE_HOME ? 1 : lariat_pool_reactors(pool);
  lariat_client *client = new_client(pool, reactor, &all, channels);
  if (!client) return LARIAT_ENOMEM;
  status =
      lr_retry_open(&client->retry, all.retry, lariat_reactor_now_ns(reactor));
  if (status == LARIAT_OK && all.cookies)
    status = lr_client_cookies_open(all.cookies, reactor, &client->cookies);
  if (status == LARIAT_OK) status = make_headers(client);
  if (status == LARIAT_OK) status = open_channels(client, channels);
  if (status != LARIAT_OK) {
    free_client(client);
    return status;
  }
  *out = client;
  return LARIAT_OK;
}

lariat_reactor *lariat_client_reactor(const lariat_client *client) {
  return client->reactor;
}

lariat_status lariat_client_add_header(lariat_client *client, const char *name,
                                       const char *value) {
  lariat_header header = {name, value};
  lr_header_list *headers = NULL;
  lariat_status status =
      lr_header_list_make(client->headers, &header, 1, &headers);
  if (status != LARIAT_OK) return status;
  lr_header_list_release(client->headers);
  lr_header_list_release(client->body_headers);
  client->headers = headers;
  client->body_headers = NULL;
  return LARIAT_OK;
}

lariat_pool *lariat_client_pool(const lariat_client *client) {
  return client->pool;
}

lariat_status lariat_client_read_stats(const lariat_client *client,
                                       lariat_client_stats *stats) {
  size_t size = stats->size;
  if (size < sizeof stats->size) return LARIAT_EINVAL;
  lariat_client_stats all = client->stats;
  all.size = size;
  all.queued = client->queued;
  memcpy(stats, &all, size < sizeof all ? size : sizeof all);
  return LARIAT_OK;
}

/* ---- Jobs ---- */

static const lr_deferred_ops deferred_ops = {.dispose = release_fetch,
                                             .cancel = cancel_fetch};

static lr_job *take_job(lariat_client *client) {
  lr_list *node = lr_list_take_first(&client->spare);
  if (!node) return lr_job_new();
  client->spare_count--;
  return lr_container(node, lr_job, caller.node);
}

lr_job *lr_client_new_job(lariat_client *client) {
  lr_job *job = take_job(client);
  if (!job) return NULL;
  job->owner = &lr_client_job_owner;
  job->client = client;
  job->caller.state = LR_JOB_HERE;
  job->caller.delivery = LR_DELIVERY_NONE;
  job->caller.released = false;
  job->caller.redirects = 0;
  job->attempt.curl_code = 0;
  job->retry.count = 0;
  job->retry.waited_ns = 0;
  job->retry.end = LARIAT_RETRY_NONE;
  job->replay.on_new_connection = false;
  job->replay.consumed = false;
  job->caller.timer.expire = lr_retry_timer_expired;
  job->caller.submitted_ns = lr_client_pool_ns(client);
  lr_deferred_init_in(
      &job->deferred,
      lr_reactor_layer_state(client->reactor, LR_LAYER_DEFERRED),
      &deferred_ops);
  job->deferred.references++;
  lr_list_append(&client->jobs, &job->caller.node);
  client->live++;
  client->stats.submitted++;
  client->stats.pending++;
  return job;
}

lariat_request_options lariat_request_defaults(const lariat_client *client) {
  const lariat_client_options *options = &client->options;
  return (lariat_request_options){.size = sizeof(lariat_request_options),
                                  .timeout_ms = options->timeout_ms,
                                  .connect_timeout_ms =
                                      options->connect_timeout_ms,
                                  .max_body_bytes = options->max_body_bytes,
                                  .max_redirects = options->max_redirects,
                                  .http = options->http,
                                  .sha256 = options->sha256,
                                  .priority = options->priority,
                                  .idle_timeout_ms = options->idle_timeout_ms,
                                  .keep = options->keep,
                                  .observer = options->observer,
                                  .timestamps = options->timestamps};
}
