/* SPDX-License-Identifier: MIT
 * Whose turn it is: ring, tokens, rates. */
#include "schedule/run_queue.h"

#include "schedule/dispatcher.h"

/* A quick host gives its tokens back so many times sooner than most. */
enum { QUICKER = 4, MEAN_WEIGHT = 8 };

/* How often those who wait for a token are looked at again: what is quick
 * depends on the others, and changes with time; if it has changed by a part. */
static const uint64_t review_ns = 20000000u;
enum { REVIEW_PART = 8 };

/* How often is looked whether another reactor has sent its request to a host
 * with a delay: a part of the delay, within these. */
static const uint64_t look_least_ns = 1000000u;
static const uint64_t look_most_ns = 20000000u;
enum { LOOK_PART = 16 };

static void review(lr_timer *timer);

static void rate_is_due(lr_timer *timer) {
  (void)timer; /* the turn that it brings about will look */
}

bool lr_turns_init(lr_dispatcher *dispatcher) {
  const lr_dispatcher_limits *limits = &dispatcher->limits;
  lr_ranks_init(&dispatcher->ring);
  for (int i = 0; i < LR_LEVELS; i++) lr_ranks_init(&dispatcher->waiting[i]);
  lr_list_init(&dispatcher->paced);
  lr_list_init(&dispatcher->blocked);
  lr_list_init(&dispatcher->blocked_first);
  dispatcher->lacking_count = 0;
  dispatcher->lacking_last = 0;
  lr_list_init(&dispatcher->sent);
  dispatcher->waiting_hosts = 0;
  dispatcher->rate_timer = (lr_timer){.expire = rate_is_due};
  dispatcher->rate_since_ns = 0;
  dispatcher->usual_at_ns = 0;
  dispatcher->judged_ns = 0;
  dispatcher->review_timer = (lr_timer){.expire = review};
  dispatcher->own_slots = NULL;
  dispatcher->till = limits->till;
  if (dispatcher->till) return true;
  dispatcher->own_slots =
      lr_slots_new(limits->max_jobs, limits->max_jobs_per_host, 1);
  if (!dispatcher->own_slots) return false;
  dispatcher->till = &dispatcher->own_slots->tills[0];
  return true;
}

void lr_turns_clear(lr_dispatcher *dispatcher) {
  lr_reactor_unset_timer(dispatcher->reactor, &dispatcher->rate_timer);
  lr_reactor_unset_timer(dispatcher->reactor, &dispatcher->review_timer);
  lr_till_close(dispatcher->till);
  lr_slots_free(dispatcher->own_slots);
}

/* Places. */

static void move(lr_dispatcher *dispatcher, lr_host *host, lr_host_place place,
                 lr_list *list) {
  if (host->place == LR_HOST_WAITING) dispatcher->waiting_hosts--;
  if (host->place == LR_HOST_PACED)
    lr_reactor_unset_timer(dispatcher->reactor, &host->pace_timer);
  if (place == LR_HOST_WAITING) dispatcher->waiting_hosts++;
  dispatcher->by_place[host->place] -= host->queued;
  dispatcher->by_place[place] += host->queued;
  host->place = (uint8_t)place;
  lr_list_remove(&host->ring);
  if (list) lr_list_append(list, &host->ring);
}

static void move_to_ring(lr_dispatcher *dispatcher, lr_host *host) {
  host->rank = (uint8_t)lr_ranks_best(&host->queue);
  move(dispatcher, host, LR_HOST_READY, &dispatcher->ring.rank[host->rank]);
}

/* How many jobs of `host` may run now. */
static uint32_t host_allows(const lr_host *host) {
  return host->protocol == LR_PROTOCOL_UNKNOWN && host->limit ? 1 : host->limit;
}

static void end_lack(lr_dispatcher *dispatcher, lr_host *host) {
  if (host->lacking) dispatcher->lacking_count--;
  host->lacking = 0;
}

static bool in_line(const lr_host *host) {
  return host->place == LR_HOST_READY || host->place == LR_HOST_WAITING;
}

void lr_turns_place(lr_dispatcher *dispatcher, lr_host *host) {
  if (!host->queued || host->running >= host_allows(host)) {
    host->wanted_ns = 0;
    end_lack(dispatcher, host);
    if (host->place != LR_HOST_STILL)
      move(dispatcher, host, LR_HOST_STILL, NULL);
    return;
  }
  if (host->place == LR_HOST_STILL ||
      (in_line(host) && host->rank != lr_ranks_best(&host->queue)))
    move_to_ring(dispatcher, host);
}

/* A quick host that has lost its last connection is the first to get one, and
 * who has asked in vain keeps his place: he looks past those few who were there
 * before him and have asked in the same turn. */
static lr_list *place_among_lacking(lr_dispatcher *dispatcher, lr_host *host) {
  lr_list *node = dispatcher->blocked_first.next;
  if (lr_turns_level(dispatcher, host) == LR_LEVEL_QUICK) return node;
  if (!host->lacking) return &dispatcher->blocked_first;
  while (node != &dispatcher->blocked_first &&
         lr_container(node, lr_host, ring)->lacking < host->lacking)
    node = node->next;
  return node;
}

void lr_turns_block(lr_dispatcher *dispatcher, lr_host *host) {
  lr_list *before = &dispatcher->blocked;
  host->wanted_ns = 0;
  if (host->running) end_lack(dispatcher, host);
  if (!host->running) before = place_among_lacking(dispatcher, host);
  if (!host->running && !host->lacking) {
    host->lacking = ++dispatcher->lacking_last;
    dispatcher->lacking_count++;
  }
  move(dispatcher, host, LR_HOST_BLOCKED, before);
}

void lr_turns_unblock(lr_dispatcher *dispatcher, lr_host *host) {
  move(dispatcher, host, LR_HOST_STILL, NULL);
  lr_turns_place(dispatcher, host);
}

bool lr_turns_ready(const lr_dispatcher *dispatcher) {
  return !lr_ranks_empty(&dispatcher->ring) && !dispatcher->rate_since_ns;
}

/* Paces. */

static bool has_delay(const lr_dispatcher *dispatcher, const lr_host *host) {
  return host->pace && dispatcher->limits.paces->delay_ns;
}

static uint64_t next_look(const lr_dispatcher *dispatcher) {
  uint64_t ns = dispatcher->limits.paces->delay_ns / LOOK_PART;
  if (ns < look_least_ns) ns = look_least_ns;
  if (ns > look_most_ns) ns = look_most_ns;
  return lr_reactor_turn_ns(dispatcher->reactor) + ns;
}

static void pace_is_due(lr_timer *timer) {
  lr_host *host = lr_container(timer, lr_host, pace_timer);
  move_to_ring(host->dispatcher, host);
}

/* Out of the ring until its pace is due.  While a request of its own is on its
 * way out no timer is needed.  Without memory for one it asks again soon. */
static __attribute__((noinline)) void park(lr_dispatcher *dispatcher,
                                           lr_host *host, uint64_t due_ns) {
  if (!host->wanted_ns)
    host->wanted_ns = lr_reactor_turn_ns(dispatcher->reactor);
  move(dispatcher, host, LR_HOST_PACED, &dispatcher->paced);
  lr_pace_await(dispatcher->limits.paces, host->pace);
  if (host->sending) return;
  if (due_ns == LR_PACE_HELD) due_ns = next_look(dispatcher);
  if (!lr_reactor_set_timer(dispatcher->reactor, &host->pace_timer, due_ns))
    lr_turns_block(dispatcher, host);
}

static bool pace_allows(lr_dispatcher *dispatcher, lr_host *host) {
  if (!host->pace) return true;
  uint64_t due_ns = lr_pace_due(dispatcher->limits.paces, host->pace);
  if (due_ns <= lr_reactor_turn_ns(dispatcher->reactor)) return true;
  park(dispatcher, host, due_ns);
  return false;
}

bool lr_turns_admit(lr_dispatcher *dispatcher, lr_host *host,
                    const lr_job *job) {
  lr_paces *paces = dispatcher->limits.paces;
  host->dispatcher = dispatcher;
  host->pace_timer.expire = pace_is_due;
  if (!paces || !lr_paces_wanted(paces)) return true;
  host->pace =
      lr_paces_enter(paces, job->target.key, job->target.key_length,
                     job->target.hash, lr_reactor_turn_ns(dispatcher->reactor));
  host->spaced = paces->delay_ns != 0;
  return host->pace != NULL;
}

/* The request that held the pace is out, or will never be. */
static __attribute__((noinline)) void
release_pace(lr_dispatcher *dispatcher, lr_host *host, uint64_t sent_ns) {
  const lr_paces *paces = dispatcher->limits.paces;
  lr_list_remove(&host->sent);
  host->sending = NULL;
  lr_pace_sent(paces, host->pace, sent_ns);
  if (host->place == LR_HOST_PACED)
    park(dispatcher, host, lr_pace_due(paces, host->pace));
}

bool lr_turns_sending(lr_dispatcher *dispatcher, lr_job *job) {
  lr_host *host = job->host;
  if (!has_delay(dispatcher, host)) return true;
  if (host->sending != job || !lr_list_empty(&host->sent)) return false;
  lr_list_append(&dispatcher->sent, &host->sent);
  return true;
}

/* The time is read anew: it must not be before the sending. */
void lr_turns_sent(lr_dispatcher *dispatcher) {
  lr_list *node;
  if (lr_list_empty(&dispatcher->sent)) return;
  uint64_t now_ns = lariat_reactor_now_ns(dispatcher->reactor);
  while ((node = lr_list_first(&dispatcher->sent)))
    release_pace(dispatcher, lr_container(node, lr_host, sent), now_ns);
}

/* Tokens. */

static uint64_t usual_ns(lr_dispatcher *dispatcher) {
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  if (dispatcher->usual_at_ns != now_ns) {
    dispatcher->usual_at_ns = now_ns;
    dispatcher->usual_ns = lr_slots_usual_ns(dispatcher->till->slots, now_ns);
  }
  return dispatcher->usual_ns;
}

lr_level lr_turns_level(lr_dispatcher *dispatcher, const lr_host *host) {
  if (host->mean_ns && host->mean_ns * QUICKER <= usual_ns(dispatcher))
    return LR_LEVEL_QUICK;
  return host->running ? LR_LEVEL_MORE : LR_LEVEL_FIRST;
}

/* Those who are quick by now go back into the ring. */
static void review_list(lr_dispatcher *dispatcher, lr_list *list) {
  lr_list *node = list->next;
  while (node != list) {
    lr_host *host = lr_container(node, lr_host, ring);
    node = node->next;
    if (lr_turns_level(dispatcher, host) == LR_LEVEL_QUICK)
      move_to_ring(dispatcher, host);
  }
}

/* A host that waits has its own times judged anew whenever one of its jobs
 * ends.  Without that it can only be quick by now because the others have
 * become slower. */
static void review(lr_timer *timer) {
  lr_dispatcher *dispatcher = lr_container(timer, lr_dispatcher, review_timer);
  uint64_t judged_ns = dispatcher->judged_ns;
  if (usual_ns(dispatcher) <= judged_ns + judged_ns / REVIEW_PART) return;
  dispatcher->judged_ns = usual_ns(dispatcher);
  for (int rank = 0; rank < LR_RANKS; rank++) {
    review_list(dispatcher, &dispatcher->waiting[LR_LEVEL_FIRST].rank[rank]);
    review_list(dispatcher, &dispatcher->waiting[LR_LEVEL_MORE].rank[rank]);
  }
}

static void note_judgement(lr_dispatcher *dispatcher) {
  uint64_t by_ns = usual_ns(dispatcher);
  if (!dispatcher->waiting_hosts || by_ns < dispatcher->judged_ns)
    dispatcher->judged_ns = by_ns;
}

/* Where nothing is reserved there is nothing to review. */
static void review_later(lr_dispatcher *dispatcher) {
  lariat_reactor *reactor = dispatcher->reactor;
  if (dispatcher->till->slots->reserve &&
      !lr_timer_is_set(&dispatcher->review_timer))
    (void)lr_reactor_set_timer(reactor, &dispatcher->review_timer,
                               lr_reactor_turn_ns(reactor) + review_ns);
}

static __attribute__((noinline)) bool
take_scarce_token(lr_dispatcher *dispatcher, lr_host *host, uint64_t now_ns) {
  lr_till *till = dispatcher->till;
  lr_level level = lr_turns_level(dispatcher, host);
  if (level != LR_LEVEL_MORE && lr_till_take(till, level, now_ns)) return true;
  note_judgement(dispatcher);
  move(dispatcher, host, LR_HOST_WAITING,
       &dispatcher->waiting[level].rank[host->rank]);
  return false;
}

/* With tokens in plenty nobody asks what a host is entitled to. */
static bool take_token(lr_dispatcher *dispatcher, lr_host *host) {
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  return lr_till_take(dispatcher->till, LR_LEVEL_MORE, now_ns) ||
         take_scarce_token(dispatcher, host, now_ns);
}

static void put_token(lr_dispatcher *dispatcher) {
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  lr_till_put(dispatcher->till, now_ns, now_ns);
}

/* The rate of all together. */

static bool rate_allows(lr_dispatcher *dispatcher) {
  lr_rate *rate = dispatcher->limits.rate;
  if (!rate) return true;
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  uint64_t due_ns = lr_rate_due(rate);
  if (due_ns <= now_ns) return true;
  if (!dispatcher->rate_since_ns) dispatcher->rate_since_ns = now_ns;
  lr_rate_await(rate, due_ns);
  if (!lr_reactor_set_timer(dispatcher->reactor, &dispatcher->rate_timer,
                            due_ns))
    lr_reactor_again(dispatcher->reactor);
  return false;
}

static uint64_t since(uint64_t wanted_ns, uint64_t now_ns) {
  return wanted_ns ? wanted_ns : now_ns;
}

static bool take_rates(lr_dispatcher *dispatcher, lr_host *host) {
  const lr_dispatcher_limits *limits = &dispatcher->limits;
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  if (limits->rate && !lr_rate_take(limits->rate, limits->rate_plan, now_ns,
                                    since(dispatcher->rate_since_ns, now_ns)))
    return false;
  if (!host->pace ||
      lr_pace_take(limits->paces, host->pace, now_ns,
                   since(host->wanted_ns, now_ns), &host->gap_before))
    return true;
  if (limits->rate) lr_rate_give_back(limits->rate, limits->rate_plan);
  return false;
}

/* Turns. */

/* Who waits for a token comes first, if there is one. */
static lr_host *first_waiting(lr_dispatcher *dispatcher, int rank) {
  for (int level = 0; level < LR_LEVELS; level++) {
    lr_list *list = &dispatcher->waiting[level].rank[rank];
    if (!lr_list_empty(list) && lr_till_may(dispatcher->till, (lr_level)level))
      return lr_container(list->next, lr_host, ring);
  }
  return NULL;
}

static __attribute__((noinline)) lr_host *
candidate_of_all(lr_dispatcher *dispatcher) {
  for (int rank = 0; rank < LR_RANKS; rank++) {
    lr_host *host = first_waiting(dispatcher, rank);
    lr_list *list = &dispatcher->ring.rank[rank];
    if (host) return host;
    if (!lr_list_empty(list)) return lr_container(list->next, lr_host, ring);
  }
  return NULL;
}

static lr_host *candidate(lr_dispatcher *dispatcher) {
  if (dispatcher->waiting_hosts) return candidate_of_all(dispatcher);
  lr_list *node = lr_ranks_first(&dispatcher->ring);
  return node ? lr_container(node, lr_host, ring) : NULL;
}

/* Nobody is left to try: says whether tokens are missing.  True: there are
 * some now. */
static bool tokens_came(lr_dispatcher *dispatcher) {
  if (!dispatcher->waiting_hosts) {
    if (dispatcher->till->starving) lr_till_content(dispatcher->till);
    return false;
  }
  int level = 0;
  while (lr_ranks_empty(&dispatcher->waiting[level])) level++;
  review_later(dispatcher);
  return lr_till_starve(dispatcher->till, (lr_level)level);
}

/* It has had its turn: the others of its rank are next.  Alone it stays where
 * it is. */
static void step_back(lr_dispatcher *dispatcher, lr_host *host) {
  if (host->place != LR_HOST_READY) {
    move(dispatcher, host, LR_HOST_STILL, NULL);
  } else if (host->ring.next != host->ring.prev) {
    lr_list_remove(&host->ring);
    lr_list_append(&dispatcher->ring.rank[host->rank], &host->ring);
  }
}

lr_host *lr_turns_next(lr_dispatcher *dispatcher) {
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

void lr_turns_started(lr_dispatcher *dispatcher, lr_host *host, lr_job *job) {
  end_lack(dispatcher, host);
  if (host->spaced) host->sending = job;
}

void lr_turns_give_back(lr_dispatcher *dispatcher, lr_host *host) {
  const lr_dispatcher_limits *limits = &dispatcher->limits;
  put_token(dispatcher);
  if (limits->rate) lr_rate_give_back(limits->rate, limits->rate_plan);
  if (host->pace)
    lr_pace_give_back(limits->paces, host->pace, host->gap_before);
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
                    : host->sending->slot_ns);
}

void lr_turns_ended(lr_dispatcher *dispatcher, lr_host *host,
                    const lr_job *job) {
  uint64_t now_ns = lr_reactor_turn_ns(dispatcher->reactor);
  uint64_t took_ns = now_ns - job->slot_ns;
  lr_till_put(dispatcher->till, job->slot_ns, now_ns);
  learn_mean(host, took_ns);
  if (took_ns < LR_SOON_NS) dispatcher->soon_ns += took_ns;
  if (host->sending == job) end_sending(dispatcher, host);
  if (host->place == LR_HOST_WAITING) move_to_ring(dispatcher, host);
}
