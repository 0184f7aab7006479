/* SPDX-License-Identifier: MIT
 * How fetches leave and come home. */
#include "client/client.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/process.h"
#include "client/capacity.h"
#include "client/coroutine_client.h"
#include "curl/libcurl.h"
#include "deferred/reclaim.h"
#include "deferred/state.h"
#include "job/body_sink.h"
#include "job/body_source.h"
#include "job/redirect.h"
#include "job/stream.h"
#include "limits/placement.h"
#include "pool/pool.h"
#include <lariat/clock.h>
#include <lariat/version.h>

enum { WINDOW = 1024, SPARE_MAX = 1024 };

/* The pool keeps deadlines and says in which phase one ran out; the client
 * steps in only when the pool is late by so much. */
static const uint64_t grace_ns = 500000000u;

uint64_t lr_client_pool_ns(const lariat_client *client) {
  const lariat_clock *clock = lr_pool_clock(client->pool);
  return clock->now_ns(clock->context);
}

/* The end of jobs, clients and their memory. */

static void free_spare(lariat_client *client) {
  lr_list *node;
  while ((node = lr_list_take_first(&client->spare)))
    lr_job_free(lr_container(node, lr_job, node));
}

static void free_client(lariat_client *client) {
  lr_coroutine_client_forget(client);
  for (unsigned i = 0; i < client->channel_count; i++)
    if (client->channels[i]) lr_channel_close(client->channels[i]);
  lr_reactor_remove_shutdown_hook(client->reactor, &client->shutdown);
  free_spare(client);
  if (client->responses) lr_response_cache_close(client->responses);
  lr_header_list_release(client->headers);
  lr_origin_clear(&client->last_origin);
  lr_pool_unhold(client->pool);
  lr_free(client);
}

/* There is nobody to be watched over. */
static void end_watch(lariat_client *client) {
  lr_reactor_unset_timer(client->reactor, &client->watch);
  client->watched_ns = UINT64_MAX;
}

static void free_if_over(lariat_client *client) {
  if (client->live > 0) return;
  end_watch(client);
  if (client->closed) free_client(client);
}

static void recycle(lariat_client *client, lr_job *job) {
  if (client->closed || client->spare_count >= SPARE_MAX) {
    lr_job_free(job);
    return;
  }
  lr_job_wipe(job);
  lr_list_prepend(&client->spare, &job->node);
  client->spare_count++;
}

/* A job is over when both of its nodes are home and the last reference to its
 * deferred is gone. */
static void end_if_over(lr_job *job) {
  lariat_client *client = job->client;
  if (!job->released || job->travel_away || job->cancel_away) return;
  lr_list_remove(&job->node);
  client->live--;
  recycle(client, job);
  free_if_over(client);
}

static void dispose(lariat_deferred *deferred) {
  lr_job *job = lr_container(deferred, lr_job, deferred);
  job->released = true;
  if (job->client)
    end_if_over(job);
  else
    lr_job_end(job, LR_JOB_DEFERRED_ENDED);
}

/* Outcomes. */

/* When the results of this turn came in, on the pool's clock. */
static uint64_t arrived_ns(const lr_job *job) {
  const lariat_client *client = job->client;
  return client->pool_time ? lr_reactor_turn_ns(client->reactor)
                           : lr_client_pool_ns(client);
}

/* Which limit a time-out was; a job that never left has only one. */
static lariat_time_limit limit_of(const lr_job *job, lariat_status status) {
  if (status != LARIAT_ETIMEDOUT) return LARIAT_TIME_LIMIT_NONE;
  bool told = job->state == LR_JOB_HERE && job->time_limit;
  return told ? (lariat_time_limit)job->time_limit : LARIAT_TIME_LIMIT_DEADLINE;
}

static const char *detail_of(const lr_job *job, lariat_time_limit limit) {
  if (limit == LARIAT_TIME_LIMIT_CONNECT)
    return "no connection within the connect limit";
  if (limit == LARIAT_TIME_LIMIT_IDLE)
    return "nothing went or came within the idle limit";
  if (job->state != LR_JOB_HERE) return NULL;
  if (job->body_source && job->body_source->detail[0])
    return job->body_source->detail;
  return job->detail;
}

static lariat_timings timings_of(const lr_job *job, lariat_phase phase) {
  lariat_timings timings = {0};
  uint64_t now = arrived_ns(job);
  if (job->state == LR_JOB_HERE && job->response)
    timings = job->response->timings;
  else if (phase == LARIAT_PHASE_QUEUE)
    timings.queue_us = (now - job->hop_ns) / 1000;
  timings.total_us = (now - job->submitted_ns) / 1000;
  return timings;
}

static int http_status_of(const lr_job *job) {
  if (job->state != LR_JOB_HERE) return 0;
  if (job->response) return job->response->status;
  return job->sink ? job->sink->http_status : 0;
}

/* What the pool says of a job is not to be looked at while it is there. */
static lariat_value failure_of(const lr_job *job, lariat_status status,
                               lariat_phase phase) {
  char message[512];
  lariat_time_limit limit = limit_of(job, status);
  const char *detail = detail_of(job, limit);
  const lr_attempts *attempts = job->attempts;
  lariat_timings timings = timings_of(job, phase);
  snprintf(message, sizeof message, "%s%s%s", lariat_status_text(status),
           detail ? ": " : "", detail ? detail : "");
  lr_failure_parts parts = {.status = status,
                            .message = message,
                            .url = job->url.url,
                            .curl_code =
                                job->state == LR_JOB_HERE ? job->curl_code : 0,
                            .http_status = http_status_of(job),
                            .phase = phase,
                            .time_limit = limit,
                            .retry_end = job->retry_end,
                            .timings = &timings,
                            .attempt_count = attempts ? attempts->count : 1,
                            .attempts = attempts ? attempts->items : NULL};
  return lr_failure_make(&parts);
}

static void count_outcome(lariat_client *client, lariat_value value) {
  client->stats.pending--;
  if (!lariat_is_failure(value))
    client->stats.succeeded++;
  else if (lariat_failure_status(value) == LARIAT_ECANCELLED)
    client->stats.cancelled++;
  else
    client->stats.failed++;
}

/* Who produces the body learns that no more of it is wanted. */
static __attribute__((noinline)) void complete_body_source(lr_job *job,
                                                           lariat_value value) {
  lr_body_source *body_source = job->body_source;
  bool failed = lariat_is_failure(value);
  if (body_source->ops->settle)
    body_source->ops->settle(body_source,
                             failed ? lariat_failure_status(value) : LARIAT_OK);
}

/* The one place where a fetch ends and its deferred fires (or, had that fired
 * when the headers came, its stream ends).  The reference that the job in
 * flight had goes with it, and perhaps the job. */
static void settle(lr_job *job, lariat_value value) {
  job->completed = true;
  if (lr_timer_is_set(&job->timer))
    lr_reactor_unset_timer(job->client->reactor, &job->timer);
  count_outcome(job->client, value);
  if (job->body_source) complete_body_source(job, value);
  if (job->headers_delivered) {
    lr_stream_finish(job->sink->stream, value);
    end_if_over(job);
    return;
  }
  (void)lr_deferred_fire(&job->deferred, value);
  lr_deferred_release(&job->deferred);
}

/* Says that there would have been another try. */
static lariat_value over_budget(const lr_job *job, lariat_value cause) {
  char message[512];
  lariat_timings timings = lariat_failure_timings(cause);
  lariat_attempt only = lariat_failure_attempt_at(cause, 0);
  snprintf(message, sizeof message, "%s; the last failure: %s",
           lariat_status_text(LARIAT_ERETRYBUDGET),
           lariat_failure_message(cause));
  lr_failure_parts parts = {
      .status = LARIAT_ERETRYBUDGET,
      .message = message,
      .url = job->url.url,
      .curl_code = lariat_failure_curl_code(cause),
      .http_status = lariat_failure_http_status(cause),
      .phase = lariat_failure_phase(cause),
      .cause = cause,
      .time_limit = lariat_failure_time_limit(cause),
      .retry_end = LARIAT_RETRY_BUDGET,
      .timings = &timings,
      .attempt_count = job->attempts ? job->attempts->count : 1,
      .attempts = job->attempts ? job->attempts->items : &only};
  return lr_failure_make(&parts);
}

static void settle_failed(lr_job *job, lariat_status status,
                          lariat_phase phase) {
  settle(job, failure_of(job, status, phase));
}

static void complete(lr_job *job, lariat_response *response) {
  response->redirects = job->redirects;
  response->timings.total_us = (arrived_ns(job) - job->submitted_ns) / 1000;
  response->retry_end = job->retry_end;
  response->attempts = job->attempts;
  job->attempts = NULL;
}

static void settle_response(lr_job *job) {
  lariat_response *response = job->response;
  job->response = NULL;
  response->url = lr_url_take_text(&job->url);
  complete(job, response);
  settle(job, lariat_value_of(&lariat_response_type, response));
}

static lariat_value take_transformed(lr_job *job) {
  lariat_value value = job->sink->value;
  job->sink->value = lariat_none();
  return value;
}

/* The URL stays with the job, for a failure that may come. */
static void open_stream(lr_job *job, lariat_stream *stream,
                        lariat_response *response) {
  if (job->completed) {
    lr_response_release(response);
    return;
  }
  complete(job, response);
  response->url = lr_copy_string(job->url.url);
  job->headers_delivered = true;
  stream->job = job;
  (void)lr_deferred_fire(&job->deferred,
                         lariat_value_of(&lariat_response_type, response));
  lariat_deferred_release(&job->deferred);
}

void lr_client_fail(lr_job *job, lariat_status status, const char *url) {
  if (job->url.url || !url) {
    settle_failed(job, status, LARIAT_PHASE_NONE);
    return;
  }
  lr_failure_parts parts = {.status = status, .url = url};
  settle(job, lr_failure_make(&parts));
}

/* The way out. */

/* One timer for all jobs that are away: it rings when the pool is late with
 * the first of them, mostly long after that one is home, and is then set for
 * the first that is left. */
static bool watch_over(lariat_client *client, uint64_t due_ns) {
  if (due_ns >= client->watched_ns) return true;
  if (!lr_reactor_set_timer(client->reactor, &client->watch, due_ns + grace_ns))
    return false;
  client->watched_ns = due_ns;
  return true;
}

static void send(lr_job *job) {
  lr_channel *channel = job->channel;
  job->state = LR_JOB_AWAY;
  /* Without memory for it here, the pool tries once more. */
  job->response = lr_response_cache_take(channel->client->responses);
  channel->client->away++;
  lr_channel_send(channel, job);
}

static void unqueue(lr_job *job) {
  lr_backlog_remove(&job->channel->backlog, job);
  job->backlog_host = NULL;
  job->channel->load--;
  job->client->queued--;
  job->state = LR_JOB_HERE;
}

/* One that waits goes.  Its host's part counts it before it is let go of. */
static void send_waiting(lr_job *job) {
  lr_backlog_host *host = job->backlog_host;
  lr_backlog_sent(host);
  unqueue(job);
  job->backlog_host = host;
  job->channel->load++;
  send(job);
}

/* A credit has come back, with a job of this host. */
static void send_queued(lr_channel *channel, lr_backlog_host *host) {
  lr_backlog *backlog = &channel->backlog;
  lr_job *job;
  if (host->queued && lr_backlog_is_free(backlog, host))
    send_waiting(lr_backlog_first_of(host));
  if (!channel->client->queued) return;
  while (channel->credits > 0 && (job = lr_backlog_first(backlog)))
    send_waiting(job);
}

/* A reactor without a share in the jobs, or in the connections, gets none. */
static unsigned share_of(const lariat_client *client, uint64_t hash,
                         unsigned index) {
  const lariat_pool_options *options = lr_pool_options(client->pool);
  unsigned jobs = lr_placement_share(hash, options->max_jobs_per_host, index,
                                     client->channel_count);
  unsigned connections = lr_placement_share(
      hash, options->max_connections_per_host, index, client->channel_count);
  return connections ? jobs : 0;
}

static lr_channel *least_loaded(const lariat_client *client, uint64_t hash) {
  lr_channel *best = NULL;
  uint64_t best_share = 1;
  for (unsigned i = 0; i < client->channel_count; i++) {
    uint64_t host = share_of(client, hash, i);
    lr_channel *channel = client->channels[i];
    if (host == 0) continue;
    if (best && channel->load * best_share >= best->load * host) continue;
    best = channel;
    best_share = host;
  }
  return best;
}

static lr_channel *choose_channel(const lariat_client *client,
                                  const lr_job *job) {
  if (client->channel_count == 1) return client->channels[0];
  switch (client->options.placement) {
  case LARIAT_PLACE_SPREAD:
    return least_loaded(client, job->url.hash);
  case LARIAT_PLACE_HOME:
    return client->channels[0];
  default:
    return client
        ->channels[lr_placement_of_host(job->url.hash, client->channel_count)];
  }
}

uint64_t lr_client_waiting(const lariat_client *client) {
  uint64_t count = client->queued;
  for (unsigned i = 0; i < client->channel_count; i++)
    if (client->channels[i]->credits < 0)
      count += (uint64_t)-client->channels[i]->credits;
  return count;
}

/* Its time in there has an end. */
static lariat_status queue(lr_channel *channel, lr_job *job) {
  lr_backlog_host *host = job->backlog_host;
  bool timed =
      job->due_ns == UINT64_MAX || lr_timer_is_set(&job->timer) ||
      lr_reactor_set_timer(channel->client->reactor, &job->timer, job->due_ns);
  if (!timed) {
    job->backlog_host = NULL;
    channel->load--;
    lr_backlog_forget(&channel->backlog, host);
    return LARIAT_ENOMEM;
  }
  job->state = LR_JOB_BACKLOGGED;
  lr_backlog_add(&channel->backlog, host, job);
  channel->client->queued++;
  return LARIAT_OK;
}

lariat_status lr_client_submit(lariat_client *client, lr_job *job) {
  if (!watch_over(client, job->due_ns)) return LARIAT_ENOMEM;
  lr_channel *channel = choose_channel(client, job);
  bool first = !job->redirects && !job->attempts;
  job->hop_ns = first ? job->submitted_ns : lr_client_pool_ns(client);
  job->resent = false;
  job->connection_dead = false;
  job->time_limit = LARIAT_TIME_LIMIT_NONE;
  job->spread = client->options.placement == LARIAT_PLACE_SPREAD;
  lr_backlog *backlog = &channel->backlog;
  bool credit =
      channel->credits > 0 && (!client->queued || lr_backlog_empty(backlog));
  if (!credit && lr_client_waiting(client) >= client->options.max_queued)
    return LARIAT_EOVERLOAD;
  lr_backlog_host *host = lr_backlog_enter(backlog, job);
  if (!host) return LARIAT_ENOMEM;
  job->channel = channel;
  job->backlog_host = host;
  channel->load++;
  if (credit || (!host->queued && lr_backlog_is_free(backlog, host))) {
    lr_backlog_sent(host);
    send(job);
    return LARIAT_OK;
  }
  return queue(channel, job);
}

/* Its time to rest is over, one way or the other. */
static void wake(lr_job *job) {
  job->state = LR_JOB_HERE;
  job->client->queued--;
  job->client->stats.retry_waiting--;
}

/* Takes a job out of the way to its result: it will be settled now, wherever
 * it is. */
static void withdraw(lr_job *job, lariat_status status) {
  if (job->attempts && job->state != LR_JOB_WAITS_FOR_RETRY)
    lr_retry_note(job, status, 0, 0);
  if (job->state == LR_JOB_BACKLOGGED) {
    unqueue(job);
  } else if (job->state == LR_JOB_WAITS_FOR_RETRY) {
    wake(job);
  } else if (job->state == LR_JOB_AWAY && !job->cancel_away) {
    job->client->away++;
    lr_channel_send_cancel(job->channel, job);
  }
}

/* The hold that was taken on the client is given back. */
static void look_for_capacity(lariat_client *client) {
  lr_capacity_notify(client);
  client->live--;
  free_if_over(client);
}

static void stop_with(lr_job *job, lariat_value failure) {
  lariat_client *client = job->client;
  client->live++;
  withdraw(job, lariat_failure_status(failure));
  settle(job, failure);
  look_for_capacity(client);
}

/* Ends a job, wherever it is: the failure says where that was. */
static void stop(lr_job *job, lariat_status status, lariat_phase phase) {
  lariat_client *client = job->client;
  client->live++;
  withdraw(job, status);
  settle_failed(job, status, phase);
  look_for_capacity(client);
}

static void cancel(lariat_deferred *deferred) {
  lr_job *job = lr_container(deferred, lr_job, deferred);
  if (job->completed || !job->client) return;
  stop(job, LARIAT_ECANCELLED, LARIAT_PHASE_NONE);
}

static void abort_job(lr_job *job) {
  stop(job, LARIAT_ECANCELLED, LARIAT_PHASE_BODY);
}

/* Retries. */

static bool has_deadline(const lr_job *job) {
  return job->deadline_ns != UINT64_MAX;
}

static void repeat(lr_job *job) {
  job->client->stats.retries++;
  lariat_status status = lr_client_submit(job->client, job);
  if (status != LARIAT_OK) settle_failed(job, status, LARIAT_PHASE_QUEUE);
}

/* It ends before the deadline. */
static bool rest(lr_job *job, uint64_t wait_ns) {
  lariat_client *client = job->client;
  uint64_t at_ns = lr_reactor_turn_ns(client->reactor) + wait_ns;
  if (!lr_reactor_set_timer(client->reactor, &job->timer, at_ns)) return false;
  job->state = LR_JOB_WAITS_FOR_RETRY;
  client->queued++;
  client->stats.retry_waiting++;
  return true;
}

static lr_retry_plan plan_retry(const lr_job *job) {
  lariat_client *client = job->client;
  lr_retry_moment moment = {.now_ns = lr_reactor_turn_ns(client->reactor),
                            .left_ns = UINT64_MAX,
                            .full =
                                client->queued >= client->options.max_queued};
  if (client->closed || lr_pool_check(client->pool) != LARIAT_OK)
    return (lr_retry_plan){.end = LARIAT_RETRY_NONE};
  if (has_deadline(job))
    moment.left_ns =
        job->due_ns > moment.now_ns ? job->due_ns - moment.now_ns : 0;
  return lr_retry_plan_of(&client->retry, job, moment);
}

/* Whether the job goes on.  Without the memory for that, it does not. */
static bool try_again(lr_job *job) {
  bool first = !job->retries && !job->redirects && !job->needs_new_connection;
  int http_status = http_status_of(job);
  if (job->resent) lr_retry_note_resent(job);
  if (job->rules && first) job->client->retry.budget.firsts++;
  if (job->body_source && !lr_body_source_can_replay(job->body_source))
    job->not_replayable = true;
  if (job->sink && !lr_body_sink_may_repeat(job->sink)) return false;
  lr_retry_plan plan = plan_retry(job);
  job->retry_end = plan.end;
  if (!plan.again || !lr_attempts_reserve(&job->attempts)) return false;
  if (plan.wait_ns && !rest(job, plan.wait_ns)) return false;
  lr_retry_note(job, job->outcome, http_status, plan.wait_ns);
  job->retries += !job->connection_dead;
  job->needs_new_connection |= job->connection_dead;
  lr_job_drop_outcome(job);
  if (plan.wait_ns == 0) repeat(job);
  return true;
}

/* It has rested, or waited too long.  (One that is away has left it set.) */
static void timer_expired(lr_timer *timer) {
  lr_job *job = lr_container(timer, lr_job, timer);
  lariat_client *client = job->client;
  if (job->state == LR_JOB_BACKLOGGED) {
    stop(job, LARIAT_ETIMEDOUT, LARIAT_PHASE_QUEUE);
  } else if (job->state == LR_JOB_WAITS_FOR_RETRY) {
    client->live++;
    wake(job);
    repeat(job);
    look_for_capacity(client);
  }
}

static bool is_watched(const lr_job *job) {
  return job->state == LR_JOB_AWAY && !job->completed &&
         job->due_ns != UINT64_MAX;
}

/* One with which the pool is late, or NULL; the earliest deadline of the others
 * is in `*next_ns` then. */
static lr_job *first_late(lariat_client *client, uint64_t *next_ns) {
  uint64_t now_ns = lr_reactor_turn_ns(client->reactor);
  *next_ns = UINT64_MAX;
  for (lr_list *node = client->jobs.next; node != &client->jobs;
       node = node->next) {
    lr_job *job = lr_container(node, lr_job, node);
    if (!is_watched(job)) continue;
    if (now_ns >= job->due_ns + grace_ns) return job;
    if (job->due_ns < *next_ns) *next_ns = job->due_ns;
  }
  return NULL;
}

/* Nobody is left who could see the result; the job may as well stop.  It goes
 * behind the others, to be looked at no more.  Without memory for the timer the
 * next one that is sent sets it. */
static void look_for_late(lr_timer *timer) {
  lariat_client *client = lr_container(timer, lariat_client, watch);
  lr_job *job;
  uint64_t next_ns;
  client->watched_ns = UINT64_MAX;
  client->live++;
  while ((job = first_late(client, &next_ns))) {
    lr_list_remove(&job->node);
    lr_list_append(&client->jobs, &job->node);
    stop(job, LARIAT_ETIMEDOUT, LARIAT_PHASE_NONE);
  }
  (void)watch_over(client, next_ns);
  client->live--;
  free_if_over(client);
}

/* The way home. */

static void settle_outcome(lr_job *job) {
  lariat_phase phase = (lariat_phase)job->phase;
  if (job->attempts) lr_retry_note(job, job->outcome, http_status_of(job), 0);
  lariat_value failure = failure_of(job, job->outcome, phase);
  if (job->retry_end == LARIAT_RETRY_BUDGET)
    failure = over_budget(job, failure);
  settle(job, failure);
}

static void settle_answer(lr_job *job) {
  if (job->attempts) lr_retry_note(job, job->outcome, http_status_of(job), 0);
  settle_response(job);
}

static void conclude(lr_job *job) {
  if (job->outcome == LARIAT_ENOMEM)
    lr_response_cache_save_memory(job->client->responses);
  bool again = job->rules || job->resent || job->connection_dead;
  if (again && try_again(job)) return;
  if (job->outcome != LARIAT_OK) {
    settle_outcome(job);
    return;
  }
  if (job->sink && (job->headers_delivered || job->sink->transformed)) {
    settle(job, job->headers_delivered ? lariat_none() : take_transformed(job));
    return;
  }
  if (!lr_redirect_wanted(job)) {
    settle_answer(job);
    return;
  }
  lariat_status status = lr_redirect_follow(job);
  if (status == LARIAT_OK && job->client->closed) status = LARIAT_ECLOSED;
  if (status == LARIAT_OK) status = lr_client_submit(job->client, job);
  if (status == LARIAT_OK) return;
  if (job->attempts) lr_retry_note(job, status, http_status_of(job), 0);
  settle_failed(job, status, LARIAT_PHASE_NONE);
}

static void came_home(lr_mail *mail) {
  lr_job *job = lr_job_of_travel(mail);
  lr_channel *channel = job->channel;
  lariat_client *client = channel->client;
  bool awaited = client->capacity_waiters.count != 0;
  if (awaited) client->live++; /* what fires may close the client */
  job->travel_away = false;
  job->state = LR_JOB_HERE;
  if (job->sink) lr_body_sink_give(job->sink); /* whatever comes of it */
  channel->load--;
  channel->credits++;
  client->away--;
  lr_backlog_host *host = job->backlog_host;
  job->backlog_host = NULL;
  host->away--;
  send_queued(channel, host);
  lr_backlog_forget(&channel->backlog, host);
  if (job->completed)
    end_if_over(job);
  else
    conclude(job);
  if (awaited) look_for_capacity(client);
}

static void cancel_came_home(lr_mail *mail) {
  lr_job *job = lr_job_of_cancel(mail);
  job->cancel_away = false;
  job->client->away--;
  end_if_over(job);
}

/* The reactor closes with the mail in its box: the job is an orphan. */
static void discard_home(lr_mail *mail) {
  lr_job *job = lr_job_of_travel(mail);
  if (job->client)
    came_home(mail);
  else
    lr_job_end(job, LR_JOB_TRAVEL_ENDED);
}

static void discard_cancelled(lr_mail *mail) {
  lr_job *job = lr_job_of_cancel(mail);
  if (job->client)
    cancel_came_home(mail);
  else
    lr_job_end(job, LR_JOB_CANCEL_ENDED);
}

static const lr_mail_ops returned_ops = {came_home, discard_home};
static const lr_mail_ops cancel_returned_ops = {cancel_came_home,
                                                discard_cancelled};

static const lr_job_owner job_owner = {.returned = &returned_ops,
                                       .cancel_returned = &cancel_returned_ops,
                                       .open_stream = open_stream,
                                       .stop = stop_with,
                                       .abort = abort_job};

/* Closing. */

static void cancel_all(lariat_client *client, lariat_status status) {
  /* Callbacks run in here, and may release or cancel any job of the list. */
  lr_list todo;
  lr_list *node;
  lr_list_init(&todo);
  lr_list_splice(&todo, &client->jobs);
  while ((node = lr_list_take_first(&todo))) {
    lr_job *job = lr_container(node, lr_job, node);
    lr_list_append(&client->jobs, node);
    if (job->completed) continue;
    withdraw(job, status);
    settle_failed(job, status, LARIAT_PHASE_NONE);
  }
  end_watch(client);
  lr_capacity_close(client);
}

static void reactor_closes(lr_shutdown_hook *shutdown) {
  lariat_client *client = lr_container(shutdown, lariat_client, shutdown);
  client->live++; /* the client outlives its own closing */
  client->closed = true;
  cancel_all(client, LARIAT_ECANCELLED);
}

static bool is_busy(lr_shutdown_hook *shutdown) {
  return lr_container(shutdown, lariat_client, shutdown)->away > 0;
}

/* From now on the job is on its own. */
static void orphan(lr_job *job) {
  uint32_t ended = 0;
  lr_list_remove(&job->node);
  job->client = NULL;
  if (job->released) ended |= LR_JOB_DEFERRED_ENDED;
  if (!job->travel_away) ended |= LR_JOB_TRAVEL_ENDED;
  if (!job->cancel_away) ended |= LR_JOB_CANCEL_ENDED;
  lr_job_end(job, ended);
}

static void reactor_closed(lr_shutdown_hook *shutdown) {
  lariat_client *client = lr_container(shutdown, lariat_client, shutdown);
  lr_list *node;
  while ((node = lr_list_first(&client->jobs)))
    orphan(lr_container(node, lr_job, node));
  free_client(client);
}

void lariat_client_close(lariat_client *client) {
  if (!client) return;
  if (lr_reactor_check(client->reactor, __func__) != LARIAT_OK) return;
  lr_coroutine_client_forget(client);
  client->live++;
  client->closed = true;
  cancel_all(client, LARIAT_ECANCELLED);
  free_spare(client);
  client->live--;
  free_if_over(client);
}

/* Opening. */

static lariat_status read_options(const lariat_client_options *given,
                                  lariat_client_options *options) {
  *options = lariat_client_defaults();
  if (!given) return LARIAT_OK;
  if (given->size < sizeof given->size) return LARIAT_EINVAL;
  memcpy(options, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  if ((unsigned)options->placement > LARIAT_PLACE_HOME) return LARIAT_EINVAL;
  if ((unsigned)options->http > LARIAT_HTTP_2) return LARIAT_EINVAL;
  if (!lr_priority_valid(options->priority)) return LARIAT_EINVAL;
  return LARIAT_OK;
}

/* The headers of every request.  Accept-Encoding is among them since libcurl
 * writes a header of ours once, and one of its own twice. */
static lariat_status make_profile(lariat_client *client) {
  const char *agent = client->options.user_agent;
  const char *encoding = lr_libcurl_capabilities()->accept_encoding;
  lariat_header headers[2];
  size_t count = 0;
  if (!agent) agent = "lariat/" LARIAT_VERSION;
  if (*agent) headers[count++] = (lariat_header){"User-Agent", agent};
  if (encoding && !client->options.no_decompress)
    headers[count++] = (lariat_header){"Accept-Encoding", encoding};
  client->options.user_agent = NULL; /* the caller's memory */
  client->options.retry = NULL;
  return lr_header_list_make(NULL, headers, count, &client->headers);
}

/* The number of the pool reactor that `reactor` is, or none. */
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
  lariat_status status = home ? find_home(client) : LARIAT_OK;
  for (unsigned i = 0; i < count && status == LARIAT_OK; i++) {
    lr_worker *worker = lr_pool_worker(client->pool, home ? client->home : i);
    status = lr_channel_open(client, client->reactor, worker, &job_owner,
                             window, &client->channels[i]);
    if (status == LARIAT_OK) client->channel_count++;
  }
  return status;
}

static lariat_client *new_blank(lariat_pool *pool, lariat_reactor *reactor,
                                const lariat_client_options *options,
                                unsigned channels) {
  lariat_client *client =
      lr_alloc_zero(sizeof *client + channels * sizeof client->channels[0]);
  if (!client) return NULL;
  client->pool = pool;
  client->reactor = reactor;
  client->options = *options;
  client->budgeted = lr_pool_budget(pool) != NULL;
  client->pool_time = lr_reactor_has_clock(reactor, lr_pool_clock(pool));
  if (!client->options.window) client->options.window = WINDOW;
  client->request_defaults = lariat_request_defaults(client);
  lr_list_init(&client->jobs);
  lr_list_init(&client->spare);
  lr_waiters_init(&client->capacity_waiters);
  client->watch.expire = look_for_late;
  client->watched_ns = UINT64_MAX;
  client->shutdown.begin = reactor_closes;
  client->shutdown.busy = is_busy;
  client->shutdown.end = reactor_closed;
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
  if (status == LARIAT_OK) status = read_options(options, &all);
  if (status == LARIAT_OK) status = lr_deferred_state_open(reactor);
  if (status != LARIAT_OK) return status;
  if (lr_reactor_closing(reactor)) return LARIAT_ECLOSED;
  unsigned channels =
      all.placement == LARIAT_PLACE_HOME ? 1 : lariat_pool_reactors(pool);
  lariat_client *client = new_blank(pool, reactor, &all, channels);
  if (!client) return LARIAT_ENOMEM;
  status =
      lr_retry_open(&client->retry, all.retry, lariat_reactor_now_ns(reactor));
  if (status == LARIAT_OK) status = make_profile(client);
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
  client->headers = headers;
  return LARIAT_OK;
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

/* Requests. */

static const lr_deferred_ops deferred_ops = {.dispose = dispose,
                                             .cancel = cancel};

static lr_job *take_job(lariat_client *client) {
  lr_list *node = lr_list_take_first(&client->spare);
  if (!node) return lr_job_new();
  client->spare_count--;
  return lr_container(node, lr_job, node);
}

lr_job *lr_client_new_job(lariat_client *client) {
  lr_job *job = take_job(client);
  if (!job) return NULL;
  job->owner = &job_owner;
  job->client = client;
  job->state = LR_JOB_HERE;
  job->completed = false;
  job->released = false;
  job->headers_delivered = false;
  job->redirects = 0;
  job->curl_code = 0;
  job->retries = 0;
  job->waited_ns = 0;
  job->retry_end = LARIAT_RETRY_NONE;
  job->needs_new_connection = false;
  job->not_replayable = false;
  job->timer.expire = timer_expired;
  job->submitted_ns = lr_client_pool_ns(client);
  lr_deferred_init_in(
      &job->deferred,
      lr_reactor_layer_state(client->reactor, LR_LAYER_DEFERRED),
      &deferred_ops);
  job->deferred.references++;
  lr_list_append(&client->jobs, &job->node);
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
                                  .upload_fd = -1,
                                  .upload_length = LARIAT_LENGTH_UNKNOWN,
                                  .body_fd = -1};
}
