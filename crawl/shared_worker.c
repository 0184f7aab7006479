/* SPDX-License-Identifier: MIT
 * shared_worker.c: the coroutine of a shared frontier, which is all that waits
 * for the database: it commits, renews, gives back, leases, counts, pauses, and
 * begins again; and at the end commits what is left. */
#include <stdio.h>
#include <string.h>

#include <lariat/await.h>

#include "memory.h"
#include "shared_frontier_private.h"

enum {
  PAUSE_MS = 1000,
  LEAST_PAUSE_MS = 50,
  LEASE_MS = 1000, /* between two looks for queues that are due */
  SWEEP_MS = 60000,
  SAY_MS = 2000, /* between two words of a worker that is paused */
  LEAST_FAILED_MS = 250,
  MOST_FAILED_MS = 4000,
  MOST_LEASED = 64, /* queues at once */
  END_MS = 10000    /* that the end waits for a database which is away */
};

static const uint64_t millisecond_ns = 1000000;

/* Returns how often the sums of the crawl are read: a part of a lease. */
static uint64_t find_count_ms(const lr_crawl_shared_frontier *frontier) {
  enum { PART = 12, LEAST_MS = 1000 };
  uint64_t part_ms = frontier->lease_ms / PART;
  return part_ms > LEAST_MS ? part_ms : LEAST_MS;
}

static uint64_t ahead_ns(uint64_t ms) {
  return lr_crawl_boot_ns() + ms * millisecond_ns;
}

/* ---- Pauses ---- */

static void fire_wake(void *context) {
  lr_crawl_shared_frontier *frontier = context;
  lariat_deferred *wake = frontier->run.wake;
  frontier->run.wake = NULL;
  if (!wake) return;
  (void)lariat_deferred_callback(wake, lariat_none());
  lariat_deferred_release(wake);
}

void lr_crawl_shared_kick(lr_crawl_shared_frontier *frontier, uint64_t in_ms) {
  lr_crawl_worker_run *run = &frontier->run;
  uint64_t at_ns = 0;
  if (!run->wake) {
    run->kicked = true;
    return;
  }
  uint64_t now_ns = lariat_reactor_now_ns(run->reactor);
  if (lariat_reactor_timer_time(run->reactor, run->timer, &at_ns) ==
          LARIAT_OK &&
      at_ns > now_ns + in_ms * millisecond_ns)
    (void)lariat_reactor_reset_timer(run->reactor, run->timer, in_ms);
}

/* Waits until something is to be done, `ms` at the most.  False: the coroutine
 * is to end. */
static bool pause_for(lr_crawl_shared_frontier *frontier, uint64_t ms) {
  enum { SOON_MS = 20 };
  lr_crawl_worker_run *run = &frontier->run;
  if (run->kicked && ms > SOON_MS) ms = SOON_MS;
  run->kicked = false;
  run->wake = lariat_deferred_new(run->reactor, NULL, NULL, NULL);
  if (lariat_reactor_call_later(run->reactor, ms, fire_wake, frontier, NULL,
                                &run->timer) != LARIAT_OK)
    fire_wake(frontier);
  lariat_deferred *wake = run->wake ? lariat_deferred_retain(run->wake) : NULL;
  if (!wake) return lariat_coroutine_yield() == LARIAT_OK;
  lariat_value woken = lariat_await(wake);
  bool closed = lariat_is_failure(woken) &&
                lariat_failure_status(woken) == LARIAT_ECLOSED;
  lariat_value_drop(woken);
  (void)lariat_reactor_cancel_timer(run->reactor, run->timer);
  lariat_deferred_release(run->wake);
  run->wake = NULL;
  return !closed;
}

/* ---- Leases ---- */

/* A lease that is given up stays this worker's for as long as a request of it
 * may be under way: another worker's would meet it at the site. */
static bool wants_renewal(const lr_crawl_shared_frontier *frontier,
                          const lr_crawl_worker_lease *lease) {
  uint64_t half_ns = frontier->lease_ms / 2 * millisecond_ns;
  bool half_over = lr_crawl_boot_ns() + half_ns >= lease->until_ns;
  if (lease->leaves) return lease->out && half_over;
  return half_over ||
         (lease->has_more && lease->queued <= frontier->most_urls / 4);
}

/* The leases that are renewed. */
typedef struct renewal {
  uint64_t *queues;
  int64_t *epochs;
  bool *renewed; /* by their place */
  size_t count;
} renewal;

static bool choose(lr_crawl_shared_frontier *frontier, renewal *of) {
  size_t places = frontier->leases.used + 1;
  of->queues = lr_crawl_allocate(places, sizeof *of->queues);
  of->epochs = lr_crawl_allocate(places, sizeof *of->epochs);
  of->renewed = lr_crawl_allocate(places, sizeof *of->renewed);
  if (!of->queues || !of->epochs || !of->renewed) return false;
  for (uint32_t place = 1; place <= frontier->leases.used; place++) {
    const lr_crawl_worker_lease *lease =
        lr_crawl_leases_at(&frontier->leases, place);
    if (!lease || !wants_renewal(frontier, lease)) continue;
    of->queues[of->count] = lease->queue;
    of->epochs[of->count++] = lease->epoch;
  }
  return true;
}

static void clear_renewal(renewal *of) {
  lariat_memory_release(of->queues);
  lariat_memory_release(of->epochs);
  lariat_memory_release(of->renewed);
}

/* Tells the shards until when they may send what they have; of a lease that is
 * given up no longer than they know. */
static void tell_hosts(lr_crawl_shared_frontier *frontier, const renewal *of) {
  const lr_crawl_shared_calls *calls = &frontier->run.calls;
  for (uint64_t id = 1; id <= frontier->hosts.count; id++) {
    const lr_crawl_leased_host *host = lr_crawl_shared_host_at(frontier, id);
    if (!host->lease || !host->out || !of->renewed[host->lease]) continue;
    const lr_crawl_worker_lease *lease =
        lr_crawl_leases_at(&frontier->leases, host->lease);
    if (lease->leaves) continue;
    calls->on_renewed(calls->context, id,
                      lr_crawl_hosts_at(&frontier->hosts, id)->origin,
                      lr_crawl_shared_not_after(frontier, lease));
  }
}

/* Takes the answer: what is not in it was lost. */
static lariat_status take_renewal(lr_crawl_shared_frontier *frontier,
                                  renewal *of, lr_crawl_lease_list *list) {
  for (size_t i = 0; i < list->count; i++)
    of->renewed[lr_crawl_leases_find(&frontier->leases,
                                     list->leases[i].queue)] = true;
  for (size_t i = 0; i < of->count; i++) {
    uint32_t place = lr_crawl_leases_find(&frontier->leases, of->queues[i]);
    if (of->renewed[place]) continue;
    lr_crawl_pending_drop_queue(&frontier->pending, of->queues[i]);
    lr_crawl_shared_drop_lease(frontier, place);
  }
  if (!lr_crawl_shared_take_leases(frontier, list)) return LARIAT_ENOMEM;
  tell_hosts(frontier, of);
  if (frontier->refused) lr_crawl_shared_frontier_tell_hosts(frontier);
  return LARIAT_OK;
}

static size_t most_urls(const lr_crawl_shared_frontier *frontier) {
  bool full = frontier->urls.count >= LR_CRAWL_MOST_HELD ||
              lr_crawl_shared_frontier_is_full(frontier);
  return full ? 0 : frontier->most_urls;
}

/* Tells whether the worker has to say that it is there, though it has nothing
 * to renew: in a pause it neither leases nor commits. */
static bool wants_word(lr_crawl_shared_frontier *frontier) {
  lr_crawl_worker_run *run = &frontier->run;
  if (run->order != LR_CRAWL_SHARED_PAUSE ||
      lr_crawl_boot_ns() < run->say_at_ns)
    return false;
  run->say_at_ns = ahead_ns(SAY_MS);
  return true;
}

static lariat_status renew(lr_crawl_shared_frontier *frontier,
                           lr_crawl_fault *fault) {
  renewal of = {0};
  lr_crawl_lease_list list = {0};
  lariat_status status = choose(frontier, &of) ? LARIAT_OK : LARIAT_ENOMEM;
  if (!status && (wants_word(frontier) || of.count)) {
    status = lr_crawl_shared_renew(frontier->run.store, of.queues, of.epochs,
                                   of.count, most_urls(frontier), &list, fault);
    if (!status) status = take_renewal(frontier, &of, &list);
    lr_crawl_lease_list_clear(&list);
  }
  clear_renewal(&of);
  return status;
}

/* Gives back what has nothing to do; all of it at the end. */
static lariat_status release(lr_crawl_shared_frontier *frontier, bool all) {
  for (uint32_t place = 1; place <= frontier->leases.used; place++) {
    const lr_crawl_worker_lease *lease =
        lr_crawl_leases_at(&frontier->leases, place);
    if (!lease || lease->state != LR_CRAWL_LEASE_HELD) continue;
    bool idle = !lease->out && !lease->done &&
                (lease->leaves || (!lease->queued && !lease->has_more));
    if ((all || idle) && !lr_crawl_shared_release_lease(frontier, place))
      return LARIAT_ENOMEM;
  }
  return LARIAT_OK;
}

static bool wants_queues(const lr_crawl_shared_frontier *frontier) {
  const lr_crawl_worker_run *run = &frontier->run;
  uint64_t now_ns = lr_crawl_boot_ns();
  if (frontier->leases.count && now_ns < run->share_until_ns) return false;
  return frontier->leases.count < frontier->most_queues &&
         run->order == LR_CRAWL_SHARED_GO && most_urls(frontier) > 0 &&
         now_ns >= run->lease_at_ns;
}

/* Leases more queues.  Where none is due, the next look is when one may be. */
static lariat_status lease(lr_crawl_shared_frontier *frontier,
                           lr_crawl_fault *fault) {
  lr_crawl_lease_list list = {0};
  uint64_t next_ms = 0;
  if (!wants_queues(frontier)) return LARIAT_OK;
  size_t most = frontier->most_queues - frontier->leases.count;
  lariat_status status = lr_crawl_shared_lease(
      frontier->run.store, most < MOST_LEASED ? most : MOST_LEASED,
      frontier->most_urls, &list, &next_ms, fault);
  if (status) return status;
  bool good = lr_crawl_shared_take_leases(frontier, &list);
  if (list.count) {
    lr_crawl_shared_kick(frontier, 0);
  } else {
    uint64_t wait_ms = next_ms < LEASE_MS ? next_ms + 1 : LEASE_MS;
    frontier->run.lease_at_ns = ahead_ns(wait_ms);
  }
  lr_crawl_lease_list_clear(&list);
  return good ? LARIAT_OK : LARIAT_ENOMEM;
}

/* ---- The whole crawl ---- */

static bool is_idle(const lr_crawl_shared_frontier *frontier) {
  return !frontier->leases.count &&
         !lr_crawl_shared_frontier_has_uncommitted(frontier);
}

/* Tells whether a lease is this worker's, and is to stay so. */
static bool is_kept(const lr_crawl_worker_lease *lease) {
  return lease && lease->state == LR_CRAWL_LEASE_HELD && !lease->leaves;
}

static uint64_t count_kept(const lr_crawl_shared_frontier *frontier) {
  uint64_t count = 0;
  for (uint32_t place = 1; place <= frontier->leases.used; place++)
    count += is_kept(lr_crawl_leases_at(&frontier->leases, place));
  return count;
}

/* Marks so many leases to be given back. */
static void let_go(lr_crawl_shared_frontier *frontier, size_t surplus) {
  for (uint32_t place = 1; surplus && place <= frontier->leases.used; place++) {
    lr_crawl_worker_lease *lease = lr_crawl_leases_at(&frontier->leases, place);
    if (!is_kept(lease)) continue;
    lease->leaves = true;
    surplus--;
  }
}

/* Gives queues up where this worker has many more than the others, and none are
 * left for those: what is handed out of them ends first.  Those that are on
 * their way already are no part of what this worker has. */
static void balance(lr_crawl_shared_frontier *frontier) {
  const lr_crawl_shared_counts *whole = &frontier->whole;
  uint64_t held = count_kept(frontier);
  if (whole->workers < 2 || whole->queues_due > held / 8) return;
  uint64_t fair = (whole->leased + whole->queues_due) / whole->workers + 1;
  if (held <= fair + fair / 4) return;
  let_go(frontier, held - fair);
  frontier->run.share_until_ns = ahead_ns(frontier->lease_ms);
}

/* Reads the sums; a crawl that nobody has a URL of is not over, but has not
 * begun. */
static lariat_status count(lr_crawl_shared_frontier *frontier,
                           lr_crawl_fault *fault) {
  lr_crawl_worker_run *run = &frontier->run;
  bool waits = is_idle(frontier) || run->order != LR_CRAWL_SHARED_GO;
  if (!waits && lr_crawl_boot_ns() < run->count_at_ns) return LARIAT_OK;
  bool all = frontier->whole.workers > 1 && frontier->leases.count > 1 &&
             lr_crawl_boot_ns() >= run->balance_at_ns;
  run->count_at_ns = ahead_ns(find_count_ms(frontier));
  lariat_status status =
      lr_crawl_shared_count(run->store, all, &frontier->whole, fault);
  if (status) return status;
  if (all) {
    run->balance_at_ns = ahead_ns(2 * find_count_ms(frontier));
    balance(frontier);
  }
  run->over =
      frontier->whole.is_over && frontier->whole.known && is_idle(frontier);
  return LARIAT_OK;
}

static lariat_status sweep(lr_crawl_shared_frontier *frontier,
                           lr_crawl_fault *fault) {
  lr_crawl_worker_run *run = &frontier->run;
  if (lr_crawl_boot_ns() < run->sweep_at_ns) return LARIAT_OK;
  run->sweep_at_ns = ahead_ns(SWEEP_MS);
  return lr_crawl_shared_sweep(run->store, fault);
}

static void look_at_order(lr_crawl_shared_frontier *frontier) {
  lr_crawl_worker_run *run = &frontier->run;
  lr_crawl_shared_order order = lr_crawl_shared_ordered(run->store);
  if (order == run->order) return;
  run->order = order;
  run->calls.on_order(run->calls.context, order);
}

/* ---- The store ---- */

static lariat_status connect_store(lr_crawl_shared_frontier *frontier,
                                   lr_crawl_fault *fault) {
  lr_crawl_worker_run *run = &frontier->run;
  char host[256];
  lr_crawl_shared_options options =
      lr_crawl_shared_store_options(frontier, run->reactor, host);
  return run->store ? LARIAT_OK
                    : lr_crawl_shared_open(&options, &run->store, fault);
}

/* Tells whether what has failed may go by: the database is away, or its disk is
 * full. */
static bool passes(lariat_status status) {
  return status == LARIAT_ECONNECT || status == LARIAT_ESYSTEM ||
         status == LARIAT_ECANCELLED;
}

/* Notes what has failed, and returns how long to wait. */
static uint64_t note_failure(lr_crawl_shared_frontier *frontier,
                             lariat_status status,
                             const lr_crawl_fault *fault) {
  lr_crawl_worker_run *run = &frontier->run;
  const char *what =
      *fault->message ? fault->message : lariat_status_text(status);
  if (frontier->failed || !passes(status)) {
    lr_crawl_fault end = *fault;
    snprintf(end.message, sizeof end.message, "%s", what);
    frontier->failed = true;
    run->calls.on_fault(run->calls.context, &end);
    return PAUSE_MS;
  }
  snprintf(frontier->trouble, sizeof frontier->trouble, "%s", what);
  uint64_t wait_ms = (uint64_t)LEAST_FAILED_MS
                     << (run->failures < 4 ? run->failures : 4);
  run->failures++;
  return wait_ms < MOST_FAILED_MS ? wait_ms : MOST_FAILED_MS;
}

static void note_success(lr_crawl_shared_frontier *frontier) {
  frontier->trouble[0] = '\0';
  frontier->run.failures = 0;
  look_at_order(frontier);
  frontier->run.calls.on_change(frontier->run.calls.context);
}

/* ---- Going on ---- */

static lariat_status do_turn(lr_crawl_shared_frontier *frontier,
                             lr_crawl_fault *fault) {
  lariat_status status = connect_store(frontier, fault);
  if (!status) status = lr_crawl_shared_commit_all(frontier, false, fault);
  if (!status) status = renew(frontier, fault);
  if (!status) status = release(frontier, false);
  if (!status && frontier->commit.release_count)
    status = lr_crawl_shared_commit_all(frontier, false, fault);
  if (!status) status = lease(frontier, fault);
  if (!status) status = count(frontier, fault);
  if (!status) status = sweep(frontier, fault);
  return status;
}

/* Returns how long to pause: until a queue may be due, where there is space for
 * one, but no longer than the next commit takes to come. */
static uint64_t find_pause(const lr_crawl_shared_frontier *frontier) {
  const lr_crawl_worker_run *run = &frontier->run;
  uint64_t now_ns = lr_crawl_boot_ns();
  if (frontier->leases.count >= frontier->most_queues ||
      run->lease_at_ns <= now_ns)
    return PAUSE_MS;
  uint64_t wait_ms = (run->lease_at_ns - now_ns) / millisecond_ns + 1;
  if (wait_ms < LEAST_PAUSE_MS) return LEAST_PAUSE_MS;
  return wait_ms < PAUSE_MS ? wait_ms : PAUSE_MS;
}

/* Takes turns until the end is asked for; false: the reactor is being
 * closed. */
static bool take_turns(lr_crawl_shared_frontier *frontier) {
  lr_crawl_worker_run *run = &frontier->run;
  while (!run->closing) {
    lr_crawl_fault fault = {0};
    lariat_status status =
        frontier->failed ? LARIAT_OK : do_turn(frontier, &fault);
    if (status == LARIAT_ECLOSED) return false;
    uint64_t wait_ms = find_pause(frontier);
    if (status)
      wait_ms = note_failure(frontier, status, &fault);
    else if (!frontier->failed)
      note_success(frontier);
    if (!run->closing && !pause_for(frontier, wait_ms)) return false;
  }
  return true;
}

/* Commits what is left, and gives all leases back. */
static lariat_status do_end(lr_crawl_shared_frontier *frontier,
                            lr_crawl_fault *fault) {
  lariat_status status = connect_store(frontier, fault);
  if (!status) status = lr_crawl_shared_commit_all(frontier, false, fault);
  if (!status) status = release(frontier, true);
  if (!status) status = lr_crawl_shared_commit_all(frontier, true, fault);
  if (!status) /* the sums, with what was just committed */
    status = lr_crawl_shared_count(frontier->run.store, false, &frontier->whole,
                                   fault);
  return status;
}

static void take_end_turns(lr_crawl_shared_frontier *frontier) {
  lr_crawl_worker_run *run = &frontier->run;
  bool again = !frontier->failed;
  while (again) {
    lr_crawl_fault fault = {0};
    lariat_status status = do_end(frontier, &fault);
    again = status && passes(status) && !frontier->failed && !run->at_once &&
            lr_crawl_boot_ns() < run->end_ns;
    if (status)
      snprintf(frontier->trouble, sizeof frontier->trouble, "%s",
               *fault.message ? fault.message : lariat_status_text(status));
    else
      frontier->trouble[0] = '\0';
    if (again) again = pause_for(frontier, LEAST_FAILED_MS);
  }
}

static lariat_value run_worker(void *argument) {
  lr_crawl_shared_frontier *frontier = argument;
  if (take_turns(frontier)) take_end_turns(frontier);
  lr_crawl_shared_close(frontier->run.store);
  frontier->run.store = NULL;
  return lariat_none();
}

/* ---- The beginning and the end ---- */

static lariat_value take_end(lariat_value result, void *context) {
  lr_crawl_shared_frontier *frontier = context;
  lr_crawl_worker_run *run = &frontier->run;
  lariat_deferred_release(run->running);
  run->running = NULL;
  if (run->on_end) run->on_end(run->end_context);
  return lariat_value_drop(result);
}

lariat_status
lr_crawl_shared_frontier_begin(lr_crawl_shared_frontier *frontier,
                               lariat_reactor *reactor,
                               const lr_crawl_shared_calls *calls) {
  lr_crawl_worker_run *run = &frontier->run;
  run->reactor = reactor;
  run->calls = *calls;
  run->sweep_at_ns = ahead_ns(SWEEP_MS);
  lariat_deferred *running = lariat_coroutine_start_with(
      reactor, run_worker, frontier,
      &(lariat_coroutine_options){.size = sizeof(lariat_coroutine_options),
                                  .name = "worker of a shared crawl",
                                  .stack_bytes = LR_CRAWL_SHARED_STACK_BYTES});
  run->running = lariat_deferred_retain(running);
  lariat_deferred_forget(lariat_deferred_add_both(running, take_end, frontier));
  return LARIAT_OK;
}

void lr_crawl_shared_frontier_end(lr_crawl_shared_frontier *frontier,
                                  bool at_once, void (*on_end)(void *context),
                                  void *context) {
  lr_crawl_worker_run *run = &frontier->run;
  run->at_once |= at_once;
  if (!run->closing) {
    run->closing = true;
    run->on_end = on_end;
    run->end_context = context;
    run->end_ns = ahead_ns(END_MS);
    if (!run->running) {
      on_end(context);
      return;
    }
  }
  lr_crawl_shared_kick(frontier, 0);
}
