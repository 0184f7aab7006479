/* SPDX-License-Identifier: MIT
 * Whose turn it is: ring, tokens, rates. */
#include "schedule/run_queue.h"

#include "schedule/dispatcher.h"

/* A quick host gives its tokens back so many times sooner than most. */
enum { QUICKER = 4, MEAN_WEIGHT = 8 };

/* How often those who wait for a token are looked at again: what is quick
 * depends on the others, and changes with time; if it has changed by a part. */
static const uint64_t reclassify_ns = 20000000u;
enum { RECLASSIFY_PART = 8 };

/* How often is looked whether another reactor has sent its request to a host
 * with a delay: a part of the delay, within these. */
static const uint64_t look_least_ns = 1000000u;
static const uint64_t look_most_ns = 20000000u;
enum { LOOK_PART = 16 };

static void reclassify(lr_timer *timer);

static void rate_is_due(lr_timer *timer) {
  (void)timer; /* the turn that it brings about will look */
}

bool lr_run_queue_init(lr_dispatcher *dispatcher) {
  const lr_dispatcher_config *config = &dispatcher->config;
  lr_priority_queue_init(&dispatcher->runnable);
  for (int i = 0; i < LR_CLASSES; i++)
    lr_priority_queue_init(&dispatcher->no_token[i]);
  lr_list_init(&dispatcher->delayed);
  lr_list_init(&dispatcher->no_connection);
  lr_list_init(&dispatcher->starved_hosts);
  dispatcher->starved_count = 0;
  dispatcher->starved_last = 0;
  lr_list_init(&dispatcher->sent);
  dispatcher->no_token_hosts = 0;
  dispatcher->rate_timer = (lr_timer){.expire = rate_is_due};
  dispatcher->rate_since_ns = 0;
  dispatcher->typical_hold_at_ns = 0;
  dispatcher->class_threshold_ns = 0;
  dispatcher->reclassify_timer = (lr_timer){.expire = reclassify};
  dispatcher->own_tokens = NULL;
  dispatcher->token_cache = config->token_cache;
  if (dispatcher->token_cache) return true;
  dispatcher->own_tokens =
      lr_job_tokens_new(config->max_jobs, config->max_jobs_per_host, 1);
  if (!dispatcher->own_tokens) return false;
  dispatcher->token_cache = &dispatcher->own_tokens->caches[0];
  return true;
}

void lr_run_queue_clear(lr_dispatcher *dispatcher) {
  lr_reactor_unset_timer(dispatcher->reactor, &dispatcher->rate_timer);
  lr_reactor_unset_timer(dispatcher->reactor, &dispatcher->reclassify_timer);
  lr_token_cache_close(dispatcher->token_cache);
  lr_job_tokens_free(dispatcher->own_tokens);
}

/* Places. */

static void move(lr_dispatcher *dispatcher, lr_host *host, lr_host_state place,
                 lr_list *list) {
  if (host->state == LR_HOST_NO_TOKEN) dispatcher->no_token_hosts--;
  if (host->state == LR_HOST_DELAYED)
    lr_reactor_unset_timer(dispatcher->reactor, &host->pace_timer);
  if (place == LR_HOST_NO_TOKEN) dispatcher->no_token_hosts++;
  dispatcher->by_state[host->state] -= host->queued;
  dispatcher->by_state[place] += host->queued;
  host->state = (uint8_t)place;
  lr_list_remove(&host->queue_node);
  if (list) lr_list_append(list, &host->queue_node);
}

static void make_runnable(lr_dispatcher *dispatcher, lr_host *host) {
  host->priority = (uint8_t)lr_priority_queue_best(&host->queue);
  move(dispatcher, host, LR_HOST_RUNNABLE,
       &dispatcher->runnable.by_priority[host->priority]);
}

/* How many jobs of `host` may run now. */
static uint32_t host_allows(const lr_host *host) {
  return host->protocol == LR_PROTOCOL_UNKNOWN && host->limit ? 1 : host->limit;
}

static void end_starvation(lr_dispatcher *dispatcher, lr_host *host) {
  if (host->starved_seq) dispatcher->starved_count--;
  host->starved_seq = 0;
}

static bool in_line(const lr_host *host) {
  return host->state == LR_HOST_RUNNABLE || host->state == LR_HOST_NO_TOKEN;
}

void lr_run_queue_place(lr_dispatcher *dispatcher, lr_host *host) {
  if (!host->queued || host->running >= host_allows(host)) {
    host->wanted_ns = 0;
    end_starvation(dispatcher, host);
    if (host->state != LR_HOST_IDLE) move(dispatcher, host, LR_HOST_IDLE, NULL);
    return;
  }
  if (host->state == LR_HOST_IDLE ||
      (in_line(host) && host->priority != lr_priority_queue_best(&host->queue)))
    make_runnable(dispatcher, host);
}

/* A quick host that has lost its last connection is the first to get one, and
 * who has asked in vain keeps his place: he looks past those few who were there
 * before him and have asked in the same turn. */
static lr_list *position_among_starved(lr_dispatcher *dispatcher,
                                       lr_host *host) {
  lr_list *node = dispatcher->starved_hosts.next;
  if (lr_run_queue_class(dispatcher, host) == LR_CLASS_FAST) return node;
  if (!host->starved_seq) return &dispatcher->starved_hosts;
  while (node != &dispatcher->starved_hosts &&
         lr_container(node, lr_host, queue_node)->starved_seq <
             host->starved_seq)
    node = node->next;
  return node;
}

void lr_run_queue_block(lr_dispatcher *dispatcher, lr_host *host) {
  lr_list *before = &dispatcher->no_connection;
  host->wanted_ns = 0;
  if (host->running) end_starvation(dispatcher, host);
  if (!host->running) before = position_among_starved(dispatcher, host);
  if (!host->running && !host->starved_seq) {
    host->starved_seq = ++dispatcher->starved_last;
    dispatcher->starved_count++;
  }
  move(dispatcher, host, LR_HOST_NO_CONNECTION, before);
}

void lr_run_queue_unblock(lr_dispatcher *dispatcher, lr_host *host) {
  move(dispatcher, host, LR_HOST_IDLE, NULL);
  lr_run_queue_place(dispatcher, host);
}

bool lr_run_queue_ready(const lr_dispatcher *dispatcher) {
  return !lr_priority_queue_empty(&dispatcher->runnable) &&
         !dispatcher->rate_since_ns;
}

/* Paces. */

static bool has_delay(const lr_dispatcher *dispatcher, const lr_host *host) {
  return host->pace && dispatcher->config.host_paces->delay_ns;
}

static uint64_t next_look(const lr_dispatcher *dispatcher) {
  uint64_t ns = dispatcher->config.host_paces->delay_ns / LOOK_PART;
  if (ns < look_least_ns) ns = look_least_ns;
  if (ns > look_most_ns) ns = look_most_ns;
  return lr_reactor_turn_ns(dispatcher->reactor) + ns;
}

static void pace_is_due(lr_timer *timer) {
  lr_host *host = lr_container(timer, lr_host, pace_timer);
  make_runnable(host->dispatcher, host);
}

/* Out of the ring until its pace is due.  While a request of its own is on its
 * way out no timer is needed.  Without memory for one it asks again soon. */
static __attribute__((noinline)) void park(lr_dispatcher *dispatcher,
                                           lr_host *host, uint64_t due_ns) {
  if (!host->wanted_ns)
    host->wanted_ns = lr_reactor_turn_ns(dispatcher->reactor);
  move(dispatcher, host, LR_HOST_DELAYED, &dispatcher->delayed);
  lr_host_pace_await(dispatcher->config.host_paces, host->pace);
  if (host->sending) return;
  if (due_ns == LR_HOST_PACE_HELD) due_ns = next_look(dispatcher);
  if (!lr_reactor_set_timer(dispatcher->reactor, &host->pace_timer, due_ns))
    lr_run_queue_block(dispatcher, host);
}

static bool pace_allows(lr_dispatcher *dispatcher, lr_host *host) {
  if (!host->pace) return true;
  uint64_t due_ns = lr_host_pace_due(dispatcher->config.host_paces, host->pace);
  if (due_ns <= lr_reactor_turn_ns(dispatcher->reactor)) return true;
  park(dispatcher, host, due_ns);
  return false;
}

bool lr_run_queue_admit(lr_dispatcher *dispatcher, lr_host *host,
                        const lr_job *job) {
  lr_host_paces *host_paces = dispatcher->config.host_paces;
  host->dispatcher = dispatcher;
  host->pace_timer.expire = pace_is_due;
  if (!host_paces || !lr_host_paces_wanted(host_paces)) return true;
  host->pace = lr_host_paces_enter(host_paces, job->url.key,
                                   job->url.key_length, job->url.hash,
                                   lr_reactor_turn_ns(dispatcher->reactor));
  host->has_delay = host_paces->delay_ns != 0;
  return host->pace != NULL;
}

/* The request that held the pace is out, or will never be. */
static __attribute__((noinline)) void
release_pace(lr_dispatcher *dispatcher, lr_host *host, uint64_t sent_ns) {
  const lr_host_paces *host_paces = dispatcher->config.host_paces;
  lr_list_remove(&host->sent);
  host->sending = NULL;
  lr_host_pace_sent(host_paces, host->pace, sent_ns);
  if (host->state == LR_HOST_DELAYED)
    park(dispatcher, host, lr_host_pace_due(host_paces, host->pace));
}

bool lr_run_queue_sending(lr_dispatcher *dispatcher, lr_job *job) {
  lr_host *host = job->host;
  if (!has_delay(dispatcher, host)) return true;
  if (host->sending != job || !lr_list_empty(&host->sent)) return false;
  lr_list_append(&dispatcher->sent, &host->sent);
  return true;
}

/* The time is read anew: it must not be before the sending. */
void lr_run_queue_sent(lr_dispatcher *dispatcher) {
  lr_list *node;
  if (lr_list_empty(&dispatcher->sent)) return;
  uint64_t now_ns = lariat_reactor_now_ns(dispatcher->reactor);
  while ((node = lr_list_first(&dispatcher->sent)))
    release_pace(dispatcher, lr_container(node, lr_host, sent), now_ns);
}

/* Tokens. */

static uint64_t typical_hold_ns(lr_dispatcher *dispatcher) {
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  if (dispatcher->typical_hold_at_ns != now_ns) {
    dispatcher->typical_hold_at_ns = now_ns;
    dispatcher->typical_hold_ns =
        lr_job_tokens_typical_hold_ns(dispatcher->token_cache->tokens, now_ns);
  }
  return dispatcher->typical_hold_ns;
}

lr_admission_class lr_run_queue_class(lr_dispatcher *dispatcher,
                                      const lr_host *host) {
  if (host->mean_ns && host->mean_ns * QUICKER <= typical_hold_ns(dispatcher))
    return LR_CLASS_FAST;
  return host->running ? LR_CLASS_BULK : LR_CLASS_STARVED;
}

/* Those who are quick by now go back into the ring. */
static void reclassify_list(lr_dispatcher *dispatcher, lr_list *list) {
  lr_list *node = list->next;
  while (node != list) {
    lr_host *host = lr_container(node, lr_host, queue_node);
    node = node->next;
    if (lr_run_queue_class(dispatcher, host) == LR_CLASS_FAST)
      make_runnable(dispatcher, host);
  }
}

/* A host that waits has its own times judged anew whenever one of its jobs
 * ends.  Without that it can only be quick by now because the others have
 * become slower. */
static void reclassify(lr_timer *timer) {
  lr_dispatcher *dispatcher =
      lr_container(timer, lr_dispatcher, reclassify_timer);
  uint64_t class_threshold_ns = dispatcher->class_threshold_ns;
  if (typical_hold_ns(dispatcher) <=
      class_threshold_ns + class_threshold_ns / RECLASSIFY_PART)
    return;
  dispatcher->class_threshold_ns = typical_hold_ns(dispatcher);
  for (int priority = 0; priority < LR_PRIORITIES; priority++) {
    reclassify_list(
        dispatcher,
        &dispatcher->no_token[LR_CLASS_STARVED].by_priority[priority]);
    reclassify_list(dispatcher,
                    &dispatcher->no_token[LR_CLASS_BULK].by_priority[priority]);
  }
}

static void note_class_threshold(lr_dispatcher *dispatcher) {
  uint64_t by_ns = typical_hold_ns(dispatcher);
  if (!dispatcher->no_token_hosts || by_ns < dispatcher->class_threshold_ns)
    dispatcher->class_threshold_ns = by_ns;
}

/* Where nothing is reserved there is nothing to review. */
static void reclassify_later(lr_dispatcher *dispatcher) {
  lariat_reactor *reactor = dispatcher->reactor;
  if (dispatcher->token_cache->tokens->reserve &&
      !lr_timer_is_set(&dispatcher->reclassify_timer))
    (void)lr_reactor_set_timer(reactor, &dispatcher->reclassify_timer,
                               lr_reactor_turn_ns(reactor) + reclassify_ns);
}

static __attribute__((noinline)) bool
take_token_slow(lr_dispatcher *dispatcher, lr_host *host, uint64_t now_ns) {
  lr_token_cache *token_cache = dispatcher->token_cache;
  lr_admission_class class = lr_run_queue_class(dispatcher, host);
  if (class != LR_CLASS_BULK && lr_token_cache_take(token_cache, class, now_ns))
    return true;
  note_class_threshold(dispatcher);
  move(dispatcher, host, LR_HOST_NO_TOKEN,
       &dispatcher->no_token[class].by_priority[host->priority]);
  return false;
}

/* With tokens in plenty nobody asks what a host is entitled to. */
static bool take_token(lr_dispatcher *dispatcher, lr_host *host) {
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  return lr_token_cache_take(dispatcher->token_cache, LR_CLASS_BULK, now_ns) ||
         take_token_slow(dispatcher, host, now_ns);
}

static void put_token(lr_dispatcher *dispatcher) {
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  lr_token_cache_put(dispatcher->token_cache, now_ns, now_ns);
}

/* The rate of all together. */

static bool rate_allows(lr_dispatcher *dispatcher) {
  lr_rate *rate = dispatcher->config.rate;
  if (!rate) return true;
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  uint64_t due_ns = lr_rate_due(rate);
  if (due_ns <= now_ns) return true;
  if (!dispatcher->rate_since_ns) dispatcher->rate_since_ns = now_ns;
  lr_rate_await(rate, due_ns);
  if (!lr_reactor_set_timer(dispatcher->reactor, &dispatcher->rate_timer,
                            due_ns))
    lr_reactor_request_turn(dispatcher->reactor);
  return false;
}

static uint64_t since(uint64_t wanted_ns, uint64_t now_ns) {
  return wanted_ns ? wanted_ns : now_ns;
}

static bool take_rates(lr_dispatcher *dispatcher, lr_host *host) {
  const lr_dispatcher_config *config = &dispatcher->config;
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  if (config->rate && !lr_rate_take(config->rate, config->rate_plan, now_ns,
                                    since(dispatcher->rate_since_ns, now_ns)))
    return false;
  if (!host->pace ||
      lr_host_pace_take(config->host_paces, host->pace, now_ns,
                        since(host->wanted_ns, now_ns), &host->gap_before))
    return true;
  if (config->rate) lr_rate_give_back(config->rate, config->rate_plan);
  return false;
}

/* Turns. */

/* Who waits for a token comes first, if there is one. */
static lr_host *first_waiting(lr_dispatcher *dispatcher, int priority) {
  for (int class = 0; class < LR_CLASSES; class ++) {
    lr_list *list = &dispatcher->no_token[class].by_priority[priority];
    if (!lr_list_empty(list) &&
        lr_token_cache_may(dispatcher->token_cache, (lr_admission_class) class))
      return lr_container(list->next, lr_host, queue_node);
  }
  return NULL;
}

static __attribute__((noinline)) lr_host *
candidate_of_all(lr_dispatcher *dispatcher) {
  for (int priority = 0; priority < LR_PRIORITIES; priority++) {
    lr_host *host = first_waiting(dispatcher, priority);
    lr_list *list = &dispatcher->runnable.by_priority[priority];
    if (host) return host;
    if (!lr_list_empty(list))
      return lr_container(list->next, lr_host, queue_node);
  }
  return NULL;
}

static lr_host *candidate(lr_dispatcher *dispatcher) {
  if (dispatcher->no_token_hosts) return candidate_of_all(dispatcher);
  lr_list *node = lr_priority_queue_first(&dispatcher->runnable);
  return node ? lr_container(node, lr_host, queue_node) : NULL;
}

/* Nobody is left to try: says whether tokens are missing.  True: there are
 * some now. */
static bool tokens_came(lr_dispatcher *dispatcher) {
  if (!dispatcher->no_token_hosts) {
    if (dispatcher->token_cache->requesting)
      lr_token_cache_satisfied(dispatcher->token_cache);
    return false;
  }
  int class = 0;
  while (lr_priority_queue_empty(&dispatcher->no_token[class])) class ++;
  reclassify_later(dispatcher);
  return lr_token_cache_request(dispatcher->token_cache,
                                (lr_admission_class) class);
}

/* It has had its turn: the others of its rank are next.  Alone it stays where
 * it is. */
static void step_back(lr_dispatcher *dispatcher, lr_host *host) {
  if (host->state != LR_HOST_RUNNABLE) {
    move(dispatcher, host, LR_HOST_IDLE, NULL);
  } else if (host->queue_node.next != host->queue_node.prev) {
    lr_list_remove(&host->queue_node);
    lr_list_append(&dispatcher->runnable.by_priority[host->priority],
                   &host->queue_node);
  }
}

lr_host *lr_run_queue_next(lr_dispatcher *dispatcher) {
  for (;;) {
    lr_host *host = candidate(dispatcher);
    if (!host && tokens_came(dispatcher)) continue;
    if (!host) break;
    if (!pace_allows(dispatcher, host)) continue;
    if (!rate_allows(dispatcher)) return NULL;
    if (!take_token(dispatcher, host)) continue;
    if (take_rates(dispatcher, host)) {
      step_back(dispatcher, host);
      return host;
    }
    put_token(dispatcher); /* another reactor was quicker */
  }
  dispatcher->rate_since_ns = 0;
  return NULL;
}

void lr_run_queue_started(lr_dispatcher *dispatcher, lr_host *host,
                          lr_job *job) {
  end_starvation(dispatcher, host);
  if (host->has_delay) host->sending = job;
}

void lr_run_queue_give_back(lr_dispatcher *dispatcher, lr_host *host) {
  const lr_dispatcher_config *config = &dispatcher->config;
  put_token(dispatcher);
  if (config->rate) lr_rate_give_back(config->rate, config->rate_plan);
  if (host->pace)
    lr_host_pace_give_back(config->host_paces, host->pace, host->gap_before);
}

/* A host that was slow when everything began at once, and is quick now, is not
 * to pay for it: the mean falls faster than it rises. */
static void learn_mean(lr_host *host, uint64_t took_ns) {
  uint64_t mean_ns = host->mean_ns;
  if (took_ns > mean_ns && mean_ns)
    mean_ns += (took_ns - mean_ns) / MEAN_WEIGHT;
  else
    mean_ns = mean_ns ? (mean_ns + took_ns) / 2 : took_ns;
  host->mean_ns = mean_ns ? mean_ns : 1;
}

/* A request that never was sent may still have reached the server, as the
 * beginning of a connection. */
static __attribute__((noinline)) void end_sending(lr_dispatcher *dispatcher,
                                                  lr_host *host) {
  bool sent = !lr_list_empty(&host->sent);
  release_pace(dispatcher, host,
               sent ? lariat_reactor_now_ns(dispatcher->reactor)
                    : host->sending->token_ns);
}

void lr_run_queue_ended(lr_dispatcher *dispatcher, lr_host *host,
                        const lr_job *job) {
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  uint64_t took_ns = now_ns - job->token_ns;
  lr_token_cache_put(dispatcher->token_cache, job->token_ns, now_ns);
  learn_mean(host, took_ns);
  if (took_ns < LR_QUICK_JOB_NS) dispatcher->quick_jobs_ns += took_ns;
  if (host->sending == job) end_sending(dispatcher, host);
  if (host->state == LR_HOST_NO_TOKEN) make_runnable(dispatcher, host);
}
