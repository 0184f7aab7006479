/* SPDX-License-Identifier: MIT
 * open_model.c: one timer, set for the next request.  What waits for a
 * connection is no list: it is what the schedule has not given yet. */
#include "open_model.h"

#include "memory.h"

/* How long a pipe that has nothing is not looked at. */
enum { PIPE_PAUSE_NS = 1000000 };

static void send_due(void *context);

/* ---- Life ---- */

lariat_status lr_load_open_model_init(lr_load_worker *worker) {
  lr_load_list_init(&worker->open.steps);
  if (!worker->is_open) return LARIAT_OK;
  return lr_load_schedule_new(worker->config.options, worker->config.part,
                              &worker->open.schedule, NULL);
}

/* ---- The next request ---- */

static void set_timer(lr_load_worker *worker, uint64_t at_ns) {
  lr_load_worker_set_timer(worker, &worker->open.timer, at_ns, send_due,
                           worker);
}

/* Ends a test whose requests have all been sent and have ended, with the flows
 * that they began, unless it is to last until its time is over. */
static void look_at_rest(lr_load_worker *worker) {
  const lr_load_open_model *open = &worker->open;
  bool lasts = worker->end_ns != UINT64_MAX && !worker->config.options->count;
  if (open->has_next || worker->in_flight || lasts ||
      !lr_load_list_is_empty(&open->steps))
    return;
  lr_load_worker_stop(worker, false);
}

static void advance(lr_load_worker *worker) {
  lr_load_open_model *open = &worker->open;
  open->counted = false;
  open->has_next = lr_load_schedule_next(open->schedule, &open->next);
  if (open->has_next && open->next.at_ns >= worker->end_ns)
    open->has_next = false;
}

/* Drops what the warm-up has not sent when the measured part begins: it would
 * keep the first requests that count from their connections. */
static void drop_warm_up(lr_load_worker *worker, uint64_t now_ns) {
  lr_load_open_model *open = &worker->open;
  if (now_ns < worker->start_ns) return;
  while (open->has_next && !open->next.measured) advance(worker);
}

/* Notes, once, that a pipe has not brought the next request in time. */
static void note_starved(lr_load_worker *worker) {
  if (!worker->open.counted && worker->open.next.measured)
    worker->recorder.counts->starved++;
  worker->open.counted = true;
}

/* Sends the next request.  False: there is no message for it now. */
static bool send_next(lr_load_worker *worker) {
  lr_load_open_model *open = &worker->open;
  lr_load_message message;
  /* The first that is measured may be sent before the start's timer is called:
   * what is counted then must stay. */
  if (open->next.measured)
    lr_load_worker_look_at_start(worker, open->next.at_ns);
  lr_load_next next =
      lr_load_source_take(worker->source, open->next.index, &message);
  if (next == LR_LOAD_WAIT) {
    note_starved(worker);
    set_timer(worker, lr_load_worker_now(worker) + PIPE_PAUSE_NS);
    return false;
  }
  if (next == LR_LOAD_END) {
    open->has_next = false;
    lr_load_worker_stop(worker, false);
    return false;
  }
  lr_load_due due = open->next;
  if (due.measured) {
    open->taken++;
    worker->last_ns = due.at_ns;
  }
  advance(worker);
  lr_load_worker_send(worker, &message, &due, NULL);
  look_at_rest(worker);
  return true;
}

static bool is_due(const lr_load_worker *worker, uint64_t now_ns) {
  return worker->open.has_next && worker->open.next.at_ns <= now_ns &&
         lr_load_worker_sends(worker);
}

/* ---- Steps of flows ---- */

typedef struct step {
  lr_load_list node;
  lr_load_worker *worker;
  lr_load_user *user;
  lr_load_due due;
  lariat_timer timer;
} step;

static void drop_step(step *next) {
  lr_load_list_remove(&next->node);
  lr_load_worker_unset_timer(next->worker, &next->timer);
  if (next->user) lr_load_source_leave(next->worker->source, next->user);
  lariat_memory_release(next);
}

/* Sends a step; one for which there is no slot tries again when its turn comes:
 * with the next request that ends. */
static bool send_step(step *next) {
  lr_load_worker *worker = next->worker;
  lr_load_message message;
  if (!lr_load_worker_has_slot(worker)) return false;
  if (next->due.measured) lr_load_worker_look_at_start(worker, next->due.at_ns);
  /* A request may end while it is sent, and whoever is told of that looks at
   * the list. */
  lr_load_list_remove(&next->node);
  lr_load_worker_unset_timer(worker, &next->timer);
  lr_load_next result =
      lr_load_source_step(worker->source, next->user, &message);
  next->user = NULL;
  if (result == LR_LOAD_MESSAGE) {
    worker->recorder.counts->intended += next->due.measured;
    lr_load_worker_send(worker, &message, &next->due, NULL);
  }
  drop_step(next);
  return true;
}

static void take_step(void *context) {
  step *next = context;
  lr_load_worker *worker = next->worker;
  next->timer.id = 0;
  if (send_step(next)) look_at_rest(worker);
}

/* Sends a step that was due and had no slot.  False: there is none. */
static bool send_waiting_step(lr_load_worker *worker) {
  lr_load_list *node = lr_load_list_first(&worker->open.steps);
  for (; node && node != &worker->open.steps; node = node->next) {
    step *next = lr_load_listed(node, step, node);
    if (!next->timer.id) return send_step(next);
  }
  return false;
}

void lr_load_open_model_add_step(lr_load_worker *worker, lr_load_user *user,
                                 const lr_load_due *due) {
  step *next = lr_load_allocate(1, sizeof *next);
  if (!next) {
    lr_load_source_leave(worker->source, user);
    return;
  }
  next->worker = worker;
  next->user = user;
  next->due = *due;
  lr_load_list_append(&worker->open.steps, &next->node);
  lr_load_worker_set_timer(worker, &next->timer, due->at_ns, take_step, next);
}

static void drop_steps(lr_load_worker *worker) {
  lr_load_list *node;
  while ((node = lr_load_list_first(&worker->open.steps)))
    drop_step(lr_load_listed(node, step, node));
}

/* ---- Pacing ---- */

static void go_on(void *context) {
  lr_load_worker *worker = context;
  worker->open.going_on = false;
  send_due(worker);
}

/* Goes on in the next turn, after a look at the descriptors. */
static void go_on_soon(lr_load_worker *worker) {
  if (worker->open.going_on) return;
  worker->open.going_on = lr_load_worker_call_soon(worker, go_on);
}

/* Sends what is due, and sets the timer for what is next.  What waits for a
 * connection needs no timer: a request that ends goes on with it. */
static void send_due(void *context) {
  lr_load_worker *worker = context;
  lr_load_open_model *open = &worker->open;
  lr_load_worker_unset_timer(worker, &open->timer);
  uint64_t now_ns = lr_load_worker_now(worker);
  lr_load_worker_look_at_start(worker, now_ns);
  drop_warm_up(worker, now_ns);
  for (int sent = 0; is_due(worker, now_ns); sent++) {
    open->waiting = !lr_load_worker_has_slot(worker);
    if (open->waiting) return;
    if (sent == LR_LOAD_SENDS_AT_ONCE) {
      go_on_soon(worker);
      return;
    }
    worker->now_ns = now_ns;
    bool sends = send_next(worker);
    worker->now_ns = 0;
    if (!sends) return;
    now_ns = lr_load_worker_now(worker);
  }
  if (open->has_next && lr_load_worker_sends(worker))
    set_timer(worker, open->next.at_ns);
}

void lr_load_open_model_begin(lr_load_worker *worker) {
  lr_load_open_model *open = &worker->open;
  lr_load_schedule_begin(open->schedule, worker->warm_ns, worker->start_ns);
  advance(worker);
  look_at_rest(worker);
  send_due(worker);
}

/* A step that waits is older than what the schedule has next.  When the timer
 * is late, since there was much to receive, a request is sent for each that
 * ends. */
void lr_load_open_model_freed(lr_load_worker *worker, uint64_t now_ns) {
  lr_load_open_model *open = &worker->open;
  if (!lr_load_worker_sends(worker)) return;
  drop_warm_up(worker, now_ns);
  if (!lr_load_list_is_empty(&open->steps) && send_waiting_step(worker)) return;
  if (open->waiting)
    send_due(worker);
  else if (is_due(worker, now_ns))
    (void)send_next(worker);
  look_at_rest(worker);
}

void lr_load_open_model_catch_up(lr_load_worker *worker) {
  while (is_due(worker, worker->end_ns - 1) &&
         lr_load_worker_has_slot(worker) && send_next(worker)) {
  }
}

/* Counts the steps that were due, and never sent. */
static void count_late_steps(const lr_load_worker *worker) {
  const lr_load_list *steps = &worker->open.steps;
  for (lr_load_list *node = steps->next; node != steps; node = node->next) {
    const step *next = lr_load_listed(node, step, node);
    bool due = next->due.measured && next->due.at_ns < worker->stop_ns;
    worker->recorder.counts->intended += due;
    worker->recorder.counts->unsent += due;
  }
}

void lr_load_open_model_stop(lr_load_worker *worker) {
  lr_load_worker_unset_timer(worker, &worker->open.timer);
  count_late_steps(worker);
  drop_steps(worker);
}

void lr_load_open_model_clear(lr_load_worker *worker) {
  lr_load_schedule_free(worker->open.schedule);
  worker->open.schedule = NULL;
}

/* ---- Counting ---- */

void lr_load_open_model_count(lr_load_worker *worker, uint64_t now_ns) {
  lr_load_open_model *open = &worker->open;
  uint64_t due = open->taken;
  if (now_ns > worker->end_ns) now_ns = worker->end_ns;
  /* Also when nothing is sent any more: of what was due until then some may
   * have found no connection. */
  if (worker->stop_ns && now_ns > worker->stop_ns) now_ns = worker->stop_ns;
  if (open->has_next && open->next.at_ns <= now_ns) {
    uint64_t known =
        lr_load_schedule_due_before(open->schedule, now_ns - worker->start_ns);
    if (known > due) due = known;
  }
  if (due <= open->told_intended) return;
  worker->recorder.counts->intended += due - open->told_intended;
  open->told_intended = due;
}

void lr_load_open_model_count_unsent(lr_load_worker *worker) {
  lr_load_open_model *open = &worker->open;
  uint64_t unsent = 0;
  while (open->has_next && open->next.at_ns < worker->stop_ns) {
    unsent += open->next.measured;
    open->has_next = lr_load_schedule_next(open->schedule, &open->next);
  }
  uint64_t due = open->taken + unsent;
  worker->recorder.counts->unsent += unsent;
  if (due > open->told_intended)
    worker->recorder.counts->intended += due - open->told_intended;
  open->told_intended = due;
}
