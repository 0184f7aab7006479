/* SPDX-License-Identifier: MIT
 * submit.c: how jobs leave: the choice of a channel, credits and the backlog,
 * and the watch over the deadlines of those that are away. */
#include "client/submit.h"

#include "base/time.h"
#include "client/outcome.h"
#include "client/retry.h"
#include "limits/placement.h"
#include "pool/pool.h"

/* The pool keeps deadlines and says in which phase one ran out; the client
 * steps in only when the pool is late by so much. */
static const uint64_t grace_ns = 500 * LR_NS_PER_MS;

/* ---- Deadlines ---- */

/* Sets the one timer over all jobs that are away, if `due_ns` is earlier than
 * what it is set for.  The timer expires when the pool is late with the first
 * of them, usually long after that one has returned, and is then set for the
 * first that is left. */
static bool watch_deadline(lariat_client *client, uint64_t due_ns) {
  if (due_ns >= client->watched_ns) return true;
  if (!lr_reactor_set_timer(client->reactor, &client->watch,
                            lr_add_ns(due_ns, grace_ns)))
    return false;
  client->watched_ns = due_ns;
  return true;
}

static bool is_watched(const lr_job *job) {
  return job->caller.state == LR_JOB_AWAY && !lr_job_is_complete(job) &&
         job->caller.due_ns != UINT64_MAX;
}

/* Finds a job with which the pool is late; without one (NULL) the earliest
 * deadline of all is in `*next_ns`. */
static lr_job *first_late_job(lariat_client *client, uint64_t *next_ns) {
  uint64_t now_ns = lr_reactor_turn_ns(client->reactor);
  *next_ns = UINT64_MAX;
  for (lr_list *node = client->jobs.next; node != &client->jobs;
       node = node->next) {
    lr_job *job = lr_container(node, lr_job, caller.node);
    if (!is_watched(job)) continue;
    if (now_ns >= job->caller.due_ns + grace_ns) return job;
    if (job->caller.due_ns < *next_ns) *next_ns = job->caller.due_ns;
  }
  return NULL;
}

/* Stops each late job, and puts it behind the others, to be looked at no more.
 * Without memory for the timer the next job that is sent sets it. */
void lr_submit_stop_late(lr_timer *timer) {
  lariat_client *client = lr_container(timer, lariat_client, watch);
  lr_job *job;
  uint64_t next_ns;
  client->watched_ns = UINT64_MAX;
  lr_client_hold(client);
  while ((job = first_late_job(client, &next_ns))) {
    lr_list_remove(&job->caller.node);
    lr_list_append(&client->jobs, &job->caller.node);
    lr_client_stop(job, LARIAT_ETIMEDOUT, LARIAT_PHASE_NONE);
  }
  (void)watch_deadline(client, next_ns);
  lr_client_unhold(client);
}

/* ---- Sending ---- */

static void send_job(lr_job *job) {
  lr_channel *channel = job->caller.channel;
  job->caller.state = LR_JOB_AWAY;
  /* NULL, when out of memory, has the pool try once more. */
  job->response = lr_response_cache_take(channel->client->responses);
  channel->client->away++;
  lr_channel_send(channel, job);
}

static void unqueue_job(lr_job *job) {
  lr_backlog_remove(&job->caller.channel->backlog, job);
  job->caller.backlog_host = NULL;
  job->caller.channel->load--;
  job->client->queued--;
  job->caller.state = LR_JOB_HERE;
}

/* Sends a backlogged job.  lr_backlog_sent comes before unqueue_job: else the
 * host's entry could be freed between the two. */
static void send_waiting(lr_job *job) {
  lr_backlog_host *host = job->caller.backlog_host;
  lr_backlog_sent(host);
  unqueue_job(job);
  job->caller.backlog_host = host;
  job->caller.channel->load++;
  send_job(job);
}

void lr_submit_credit_returned(lr_channel *channel, lr_backlog_host *host) {
  lr_backlog *backlog = &channel->backlog;
  lr_job *job;
  if (host->queued && lr_backlog_is_free(backlog, host))
    send_waiting(lr_backlog_first_of(host));
  if (!channel->client->queued) return;
  while (channel->credits > 0 && (job = lr_backlog_first(backlog)))
    send_waiting(job);
}

/* Returns how many jobs of a host the reactor `index` may run with placement
 * spread; 0 also where it may have no connection. */
static unsigned job_limit_of(const lariat_client *client, uint64_t hash,
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
  uint64_t best_limit = 1;
  for (unsigned i = 0; i < client->channel_count; i++) {
    uint64_t host = job_limit_of(client, hash, i);
    lr_channel *channel = client->channels[i];
    if (host == 0) continue;
    if (best && channel->load * best_limit >= best->load * host) continue;
    best = channel;
    best_limit = host;
  }
  return best;
}

static lr_channel *choose_channel(const lariat_client *client,
                                  const lr_job *job) {
  if (client->channel_count == 1) return client->channels[0];
  switch (client->options.placement) {
  case LARIAT_PLACE_SPREAD:
    return least_loaded(client, job->request.url.hash);
  case LARIAT_PLACE_HOME:
    return client->channels[0];
  default:
    return client->channels[lr_placement_of_host(job->request.url.hash,
                                                 client->channel_count)];
  }
}

uint64_t lr_client_waiting(const lariat_client *client) {
  uint64_t count = client->queued;
  for (unsigned i = 0; i < client->channel_count; i++)
    if (client->channels[i]->credits < 0)
      count += (uint64_t)-client->channels[i]->credits;
  return count;
}

/* Puts `job` into the backlog, with a timer that ends its wait at the
 * deadline. */
static lariat_status queue_job(lr_channel *channel, lr_job *job) {
  lr_backlog_host *host = job->caller.backlog_host;
  bool timed = job->caller.due_ns == UINT64_MAX ||
               lr_timer_is_set(&job->caller.timer) ||
               lr_reactor_set_timer(channel->client->reactor,
                                    &job->caller.timer, job->caller.due_ns);
  if (!timed) {
    job->caller.backlog_host = NULL;
    channel->load--;
    lr_backlog_forget(&channel->backlog, host);
    return LARIAT_ENOMEM;
  }
  job->caller.state = LR_JOB_BACKLOGGED;
  lr_backlog_add(&channel->backlog, host, job);
  channel->client->queued++;
  return LARIAT_OK;
}

lariat_status lr_client_submit(lariat_client *client, lr_job *job) {
  if (!watch_deadline(client, job->caller.due_ns)) return LARIAT_ENOMEM;
  lr_channel *channel = choose_channel(client, job);
  bool first = !job->caller.redirects && !job->retry.attempts;
  job->request.hop_ns =
      first ? job->caller.submitted_ns : lr_client_pool_ns(client);
  job->attempt.resent = false;
  job->attempt.connection_dead = false;
  job->attempt.permanent = false;
  job->attempt.time_limit = LARIAT_TIME_LIMIT_NONE;
  job->request.spread = client->options.placement == LARIAT_PLACE_SPREAD;
  lr_backlog *backlog = &channel->backlog;
  bool credit =
      channel->credits > 0 && (!client->queued || lr_backlog_empty(backlog));
  if (!credit && lr_client_waiting(client) >= client->options.max_queued)
    return LARIAT_EOVERLOAD;
  lr_backlog_host *host = lr_backlog_enter(backlog, job);
  if (!host) return LARIAT_ENOMEM;
  job->caller.channel = channel;
  job->caller.backlog_host = host;
  channel->load++;
  if (credit || (!host->queued && lr_backlog_is_free(backlog, host))) {
    lr_backlog_sent(host);
    send_job(job);
    return LARIAT_OK;
  }
  return queue_job(channel, job);
}

void lr_submit_withdraw(lr_job *job, lariat_status status) {
  if (job->retry.attempts && job->caller.state != LR_JOB_WAITS_FOR_RETRY)
    lr_retry_note(job, status, 0, 0);
  if (job->caller.state == LR_JOB_BACKLOGGED) {
    unqueue_job(job);
  } else if (job->caller.state == LR_JOB_WAITS_FOR_RETRY) {
    lr_retry_end_wait(job);
  } else if (job->caller.state == LR_JOB_AWAY && !job->caller.cancel_away) {
    job->client->away++;
    lr_channel_send_cancel(job->caller.channel, job);
  }
}
