/* SPDX-License-Identifier: MIT
 * run_queue.c: whose turn it is: priorities, tokens, rates. */
#include "schedule/run_queue.h"

#include "base/time.h"

/* A fast host gives its tokens back so many times sooner than most; and the
 * weight of the mean so far against a longer time. */
enum { FAST_RATIO = 4, MEAN_WEIGHT = 8 };

/* How often the classes of those who wait for a token are determined anew: what
 * is fast depends on the others, and changes with time; if it has changed by a
 * part. */
static const uint64_t reclassify_ns = 20 * LR_NS_PER_MS;
enum { RECLASSIFY_PART = 8 };

/* How often is checked whether another reactor has sent its request to a host
 * with a delay: a part of the delay, within these. */
static const uint64_t check_least_ns = LR_NS_PER_MS;
static const uint64_t check_most_ns = 20 * LR_NS_PER_MS;
enum { CHECK_PART = 16 };

static void reclassify_waiting(lr_timer *timer);

static void expire_rate(lr_timer *timer) {
  (void)timer; /* the turn that it brings about will look */
}

bool lr_run_queue_init(lr_run_queue *queue, lariat_reactor *reactor,
                       const lr_run_queue_limits *limits) {
  queue->reactor = reactor;
  queue->limits = *limits;
  queue->quick_jobs_ns = 0;
  for (int i = 0; i < LR_HOST_STATES; i++) queue->by_state[i] = 0;
  lr_priority_queue_init(&queue->runnable);
  for (int i = 0; i < LR_CLASSES; i++)
    lr_priority_queue_init(&queue->no_token[i]);
  lr_list_init(&queue->delayed);
  lr_list_init(&queue->no_connection);
  lr_list_init(&queue->starved_hosts);
  queue->starved_count = 0;
  queue->starved_last = 0;
  lr_list_init(&queue->sent);
  queue->no_token_hosts = 0;
  queue->rate_timer = (lr_timer){.expire = expire_rate};
  queue->rate_since_ns = 0;
  queue->typical_hold_at_ns = 0;
  queue->class_threshold_ns = 0;
  queue->reclassify_timer = (lr_timer){.expire = reclassify_waiting};
  queue->own_tokens = NULL;
  queue->token_cache = limits->token_cache;
  if (queue->token_cache) return true;
  queue->own_tokens =
      lr_job_tokens_new(limits->max_jobs, limits->max_jobs_per_host, 1);
  if (!queue->own_tokens) return false;
  queue->token_cache = &queue->own_tokens->caches[0];
  return true;
}

void lr_run_queue_clear(lr_run_queue *queue) {
  lr_reactor_unset_timer(queue->reactor, &queue->rate_timer);
  lr_reactor_unset_timer(queue->reactor, &queue->reclassify_timer);
  lr_token_cache_close(queue->token_cache);
  lr_job_tokens_free(queue->own_tokens);
}

/* ---- States ---- */

static void move_host(lr_run_queue *queue, lr_host *host, lr_host_state state,
                      lr_list *list) {
  if (host->state == LR_HOST_NO_TOKEN) queue->no_token_hosts--;
  if (host->state == LR_HOST_DELAYED)
    lr_reactor_unset_timer(queue->reactor, &host->pacing.timer);
  if (state == LR_HOST_NO_TOKEN) queue->no_token_hosts++;
  queue->by_state[host->state] -= host->queued;
  queue->by_state[state] += host->queued;
  host->state = (uint8_t)state;
  lr_list_remove(&host->queue_node);
  if (list) lr_list_append(list, &host->queue_node);
}

static void make_runnable(lr_run_queue *queue, lr_host *host) {
  host->priority = (uint8_t)lr_priority_queue_best(&host->queue);
  move_host(queue, host, LR_HOST_RUNNABLE,
            &queue->runnable.by_priority[host->priority]);
}

/* Returns how many jobs of `host` may run now. */
static uint32_t jobs_allowed(const lr_host *host) {
  return host->protocol == LR_PROTOCOL_UNKNOWN && host->limit ? 1 : host->limit;
}

static void end_starvation(lr_run_queue *queue, lr_host *host) {
  if (host->starved_seq) queue->starved_count--;
  host->starved_seq = 0;
}

static bool is_in_line(const lr_host *host) {
  return host->state == LR_HOST_RUNNABLE || host->state == LR_HOST_NO_TOKEN;
}

void lr_run_queue_place(lr_run_queue *queue, lr_host *host) {
  if (!host->queued || host->running >= jobs_allowed(host)) {
    host->pacing.wanted_ns = 0;
    end_starvation(queue, host);
    if (host->state != LR_HOST_IDLE) move_host(queue, host, LR_HOST_IDLE, NULL);
    return;
  }
  if (host->state == LR_HOST_IDLE ||
      (is_in_line(host) &&
       host->priority != lr_priority_queue_best(&host->queue)))
    make_runnable(queue, host);
}

/* Returns before whom the host waits.  A fast host that has lost its last
 * connection is the first to get one, and who has asked in vain keeps his
 * position: he looks past those few who were there before him and have asked in
 * the same turn. */
static lr_list *find_starved_position(lr_run_queue *queue, lr_host *host) {
  lr_list *node = queue->starved_hosts.next;
  if (lr_run_queue_class(queue, host) == LR_CLASS_FAST) return node;
  if (!host->starved_seq) return &queue->starved_hosts;
  while (node != &queue->starved_hosts &&
         lr_container(node, lr_host, queue_node)->starved_seq <
             host->starved_seq)
    node = node->next;
  return node;
}

void lr_run_queue_block(lr_run_queue *queue, lr_host *host) {
  lr_list *before = &queue->no_connection;
  host->pacing.wanted_ns = 0;
  if (host->running) end_starvation(queue, host);
  if (!host->running) before = find_starved_position(queue, host);
  if (!host->running && !host->starved_seq) {
    host->starved_seq = ++queue->starved_last;
    queue->starved_count++;
  }
  move_host(queue, host, LR_HOST_NO_CONNECTION, before);
}

void lr_run_queue_unblock(lr_run_queue *queue, lr_host *host) {
  move_host(queue, host, LR_HOST_IDLE, NULL);
  lr_run_queue_place(queue, host);
}

void lr_run_queue_unblock_first(lr_run_queue *queue) {
  lr_list *node = lr_list_first(&queue->no_connection);
  if (node)
    lr_run_queue_unblock(queue, lr_container(node, lr_host, queue_node));
  node = lr_list_first(&queue->starved_hosts);
  if (node)
    lr_run_queue_unblock(queue, lr_container(node, lr_host, queue_node));
}

bool lr_run_queue_ready(const lr_run_queue *queue) {
  return !lr_priority_queue_empty(&queue->runnable) && !queue->rate_since_ns;
}

/* ---- Paces ---- */

static bool has_delay(const lr_run_queue *queue, const lr_host *host) {
  return host->pacing.pace && queue->limits.host_paces->delay_ns;
}

static uint64_t next_pace_check(const lr_run_queue *queue) {
  uint64_t ns = queue->limits.host_paces->delay_ns / CHECK_PART;
  if (ns < check_least_ns) ns = check_least_ns;
  if (ns > check_most_ns) ns = check_most_ns;
  return lr_reactor_turn_ns(queue->reactor) + ns;
}

static void end_delay(lr_timer *timer) {
  lr_host *host = lr_container(timer, lr_host, pacing.timer);
  make_runnable(host->pacing.run_queue, host);
}

/* Takes the host out of the runnable ones until its pace is due.  While a
 * request of its own is on its way out no timer is needed.  Without memory for
 * one it asks again soon. */
static LR_COLD void delay_host(lr_run_queue *queue, lr_host *host,
                               uint64_t due_ns) {
  if (!host->pacing.wanted_ns)
    host->pacing.wanted_ns = lr_reactor_turn_ns(queue->reactor);
  move_host(queue, host, LR_HOST_DELAYED, &queue->delayed);
  lr_host_pace_await(queue->limits.host_paces, host->pacing.pace);
  if (host->pacing.sending) return;
  if (due_ns == LR_HOST_PACE_HELD) due_ns = next_pace_check(queue);
  if (!lr_reactor_set_timer(queue->reactor, &host->pacing.timer, due_ns))
    lr_run_queue_block(queue, host);
}

static bool pace_allows(lr_run_queue *queue, lr_host *host) {
  if (!host->pacing.pace) return true;
  uint64_t due_ns =
      lr_host_pace_due(queue->limits.host_paces, host->pacing.pace);
  if (due_ns <= lr_reactor_turn_ns(queue->reactor)) return true;
  delay_host(queue, host, due_ns);
  return false;
}

bool lr_run_queue_admit(lr_run_queue *queue, lr_host *host, const lr_job *job) {
  lr_host_paces *host_paces = queue->limits.host_paces;
  host->pacing.run_queue = queue;
  host->pacing.timer.expire = end_delay;
  if (!host_paces || !lr_host_paces_wanted(host_paces)) return true;
  host->pacing.pace = lr_host_paces_enter(
      host_paces, job->request.url.key, job->request.url.key_length,
      job->request.url.hash, lr_reactor_turn_ns(queue->reactor));
  host->pacing.has_delay = host_paces->delay_ns != 0;
  return host->pacing.pace != NULL;
}

/* Releases the pace: the request that held it is out, or will never be. */
static LR_COLD void release_pace(lr_run_queue *queue, lr_host *host,
                                 uint64_t sent_ns) {
  const lr_host_paces *host_paces = queue->limits.host_paces;
  lr_list_remove(&host->pacing.sent);
  host->pacing.sending = NULL;
  lr_host_pace_sent(host_paces, host->pacing.pace, sent_ns);
  if (host->state == LR_HOST_DELAYED)
    delay_host(queue, host, lr_host_pace_due(host_paces, host->pacing.pace));
}

bool lr_run_queue_sending(lr_run_queue *queue, lr_job *job) {
  lr_host *host = job->pool.host;
  if (!has_delay(queue, host)) return true;
  if (host->pacing.sending != job || !lr_list_empty(&host->pacing.sent))
    return false;
  lr_list_append(&queue->sent, &host->pacing.sent);
  return true;
}

void lr_run_queue_sent_at_once(lr_run_queue *queue, lr_job *job) {
  job->pool.host->pacing.sending = job;
  (void)lr_run_queue_sending(queue, job);
}

/* Reads the time anew: it must not be before the sending. */
void lr_run_queue_sent(lr_run_queue *queue) {
  lr_list *node;
  if (lr_list_empty(&queue->sent)) return;
  uint64_t now_ns = lariat_reactor_now_ns(queue->reactor);
  while ((node = lr_list_first(&queue->sent)))
    release_pace(queue, lr_container(node, lr_host, pacing.sent), now_ns);
}

/* ---- Tokens ---- */

static uint64_t typical_hold_now(lr_run_queue *queue) {
  uint64_t now_ns = lr_reactor_turn_ns(queue->reactor);
  if (queue->typical_hold_at_ns != now_ns) {
    queue->typical_hold_at_ns = now_ns;
    queue->typical_hold_ns =
        lr_job_tokens_typical_hold_ns(queue->token_cache->tokens, now_ns);
  }
  return queue->typical_hold_ns;
}

lr_admission_class lr_run_queue_class(lr_run_queue *queue,
                                      const lr_host *host) {
  if (host->mean_ns && host->mean_ns * FAST_RATIO <= typical_hold_now(queue))
    return LR_CLASS_FAST;
  return host->running ? LR_CLASS_BULK : LR_CLASS_STARVED;
}

/* Makes those runnable that are fast by now. */
static void reclassify_hosts(lr_run_queue *queue, lr_list *list) {
  lr_list *node = list->next;
  while (node != list) {
    lr_host *host = lr_container(node, lr_host, queue_node);
    node = node->next;
    if (lr_run_queue_class(queue, host) == LR_CLASS_FAST)
      make_runnable(queue, host);
  }
}

/* Determines anew which hosts are fast.  A host that waits has its own times
 * judged whenever one of its jobs ends.  Without that it can only be fast by
 * now because the others have become slower. */
static void reclassify_waiting(lr_timer *timer) {
  lr_run_queue *queue = lr_container(timer, lr_run_queue, reclassify_timer);
  uint64_t class_threshold_ns = queue->class_threshold_ns;
  if (typical_hold_now(queue) <=
      class_threshold_ns + class_threshold_ns / RECLASSIFY_PART)
    return;
  queue->class_threshold_ns = typical_hold_now(queue);
  for (int priority = 0; priority < LR_PRIORITIES; priority++) {
    reclassify_hosts(queue,
                     &queue->no_token[LR_CLASS_STARVED].by_priority[priority]);
    reclassify_hosts(queue,
                     &queue->no_token[LR_CLASS_BULK].by_priority[priority]);
  }
}

static void note_class_threshold(lr_run_queue *queue) {
  uint64_t by_ns = typical_hold_now(queue);
  if (!queue->no_token_hosts || by_ns < queue->class_threshold_ns)
    queue->class_threshold_ns = by_ns;
}

/* Sets the timer for that; where nothing is reserved, classes do not matter. */
static void reclassify_later(lr_run_queue *queue) {
  lariat_reactor *reactor = queue->reactor;
  if (queue->token_cache->tokens->reserve &&
      !lr_timer_is_set(&queue->reclassify_timer))
    (void)lr_reactor_set_timer(reactor, &queue->reclassify_timer,
                               lr_reactor_turn_ns(reactor) + reclassify_ns);
}

static LR_COLD bool take_token_slow(lr_run_queue *queue, lr_host *host,
                                    uint64_t now_ns) {
  lr_token_cache *token_cache = queue->token_cache;
  lr_admission_class class = lr_run_queue_class(queue, host);
  if (class != LR_CLASS_BULK && lr_token_cache_take(token_cache, class, now_ns))
    return true;
  note_class_threshold(queue);
  move_host(queue, host, LR_HOST_NO_TOKEN,
            &queue->no_token[class].by_priority[host->priority]);
  return false;
}

/* Takes a token.  With tokens in plenty nobody asks what a host is entitled to.
 */
static bool take_token(lr_run_queue *queue, lr_host *host) {
  uint64_t now_ns = lr_reactor_turn_ns(queue->reactor);
  return lr_token_cache_take(queue->token_cache, LR_CLASS_BULK, now_ns) ||
         take_token_slow(queue, host, now_ns);
}

static void put_token(lr_run_queue *queue) {
  uint64_t now_ns = lr_reactor_turn_ns(queue->reactor);
  lr_token_cache_put(queue->token_cache, now_ns, now_ns);
}

/* ---- Rate ---- */

static bool rate_allows(lr_run_queue *queue) {
  lr_rate *rate = queue->limits.rate;
  if (!rate) return true;
  uint64_t now_ns = lr_reactor_turn_ns(queue->reactor);
  uint64_t due_ns = lr_rate_due(rate);
  if (due_ns <= now_ns) return true;
  if (!queue->rate_since_ns) queue->rate_since_ns = now_ns;
  lr_rate_await(rate, due_ns);
  if (!lr_reactor_set_timer(queue->reactor, &queue->rate_timer, due_ns))
    lr_reactor_request_turn(queue->reactor);
  return false;
}

static uint64_t wanted_since(uint64_t wanted_ns, uint64_t now_ns) {
  return wanted_ns ? wanted_ns : now_ns;
}

static bool take_rates(lr_run_queue *queue, lr_host *host) {
  const lr_run_queue_limits *limits = &queue->limits;
  uint64_t now_ns = lr_reactor_turn_ns(queue->reactor);
  if (limits->rate && !lr_rate_take(limits->rate, limits->rate_plan, now_ns,
                                    wanted_since(queue->rate_since_ns, now_ns)))
    return false;
  if (!host->pacing.pace ||
      lr_host_pace_take(limits->host_paces, host->pacing.pace, now_ns,
                        wanted_since(host->pacing.wanted_ns, now_ns),
                        &host->pacing.gap_before))
    return true;
  if (limits->rate) lr_rate_give_back(limits->rate, limits->rate_plan);
  return false;
}

/* ---- Turns ---- */

/* Returns the first that waits for a token, if there is one for it. */
static lr_host *find_waiting_for_token(lr_run_queue *queue, int priority) {
  for (int class = 0; class < LR_CLASSES; class ++) {
    lr_list *list = &queue->no_token[class].by_priority[priority];
    if (!lr_list_empty(list) &&
        lr_token_cache_may(queue->token_cache, (lr_admission_class) class))
      return lr_container(list->next, lr_host, queue_node);
  }
  return NULL;
}

static LR_COLD lr_host *find_candidate_slow(lr_run_queue *queue) {
  for (int priority = 0; priority < LR_PRIORITIES; priority++) {
    lr_host *host = find_waiting_for_token(queue, priority);
    lr_list *list = &queue->runnable.by_priority[priority];
    if (host) return host;
    if (!lr_list_empty(list))
      return lr_container(list->next, lr_host, queue_node);
  }
  return NULL;
}

static lr_host *find_candidate(lr_run_queue *queue) {
  if (queue->no_token_hosts) return find_candidate_slow(queue);
  lr_list *node = lr_priority_queue_first(&queue->runnable);
  return node ? lr_container(node, lr_host, queue_node) : NULL;
}

/* Asks for tokens if they are missing, when no host is left to try.  True:
 * there are some now. */
static bool request_tokens(lr_run_queue *queue) {
  if (!queue->no_token_hosts) {
    if (queue->token_cache->requesting)
      lr_token_cache_satisfied(queue->token_cache);
    return false;
  }
  int class = 0;
  while (lr_priority_queue_empty(&queue->no_token[class])) class ++;
  reclassify_later(queue);
  return lr_token_cache_request(queue->token_cache, (lr_admission_class) class);
}

/* Lets the other hosts of the same priority go first: this one has had its
 * turn. Alone it stays where it is. */
static void end_turn_of(lr_run_queue *queue, lr_host *host) {
  if (host->state != LR_HOST_RUNNABLE) {
    move_host(queue, host, LR_HOST_IDLE, NULL);
  } else if (host->queue_node.next != host->queue_node.prev) {
    lr_list_remove(&host->queue_node);
    lr_list_append(&queue->runnable.by_priority[host->priority],
                   &host->queue_node);
  }
}

lr_host *lr_run_queue_next(lr_run_queue *queue) {
  for (;;) {
    lr_host *host = find_candidate(queue);
    if (!host && request_tokens(queue)) continue;
    if (!host) break;
    if (!pace_allows(queue, host)) continue;
    if (!rate_allows(queue)) return NULL;
    if (!take_token(queue, host)) continue;
    if (take_rates(queue, host)) {
      end_turn_of(queue, host);
      return host;
    }
    put_token(queue); /* another reactor was quicker */
  }
  queue->rate_since_ns = 0;
  return NULL;
}

void lr_run_queue_started_slow(lr_run_queue *queue, lr_host *host,
                               lr_job *job) {
  end_starvation(queue, host);
  if (host->pacing.has_delay) host->pacing.sending = job;
}

void lr_run_queue_give_back(lr_run_queue *queue, lr_host *host) {
  const lr_run_queue_limits *limits = &queue->limits;
  put_token(queue);
  if (limits->rate) lr_rate_give_back(limits->rate, limits->rate_plan);
  if (host->pacing.pace)
    lr_host_pace_give_back(limits->host_paces, host->pacing.pace,
                           host->pacing.gap_before);
}

/* Counts a job's time into the mean, which falls faster than it rises: a host
 * that was slow when everything began at once, and is fast now, is not to pay
 * for it. */
static void learn_mean(lr_host *host, uint64_t took_ns) {
  uint64_t mean_ns = host->mean_ns;
  if (took_ns > mean_ns && mean_ns)
    mean_ns += (took_ns - mean_ns) / MEAN_WEIGHT;
  else
    mean_ns = mean_ns ? (mean_ns + took_ns) / 2 : took_ns;
  host->mean_ns = mean_ns ? mean_ns : 1;
}

/* Releases the pace of a job that is over.  A request that never was sent may
 * still have reached the server, as the beginning of a connection. */
static LR_COLD void end_sending(lr_run_queue *queue, lr_host *host) {
  bool sent = !lr_list_empty(&host->pacing.sent);
  release_pace(queue, host,
               sent ? lariat_reactor_now_ns(queue->reactor)
                    : host->pacing.sending->pool.token_ns);
}

void lr_run_queue_ended(lr_run_queue *queue, lr_host *host, const lr_job *job) {
  uint64_t now_ns = lr_reactor_turn_ns(queue->reactor);
  uint64_t took_ns = now_ns - job->pool.token_ns;
  lr_token_cache_put(queue->token_cache, job->pool.token_ns, now_ns);
  learn_mean(host, took_ns);
  if (took_ns < LR_QUICK_JOB_NS) queue->quick_jobs_ns += took_ns;
  if (host->pacing.sending == job) end_sending(queue, host);
  if (host->state == LR_HOST_NO_TOKEN) make_runnable(queue, host);
}
