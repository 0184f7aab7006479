/* SPDX-License-Identifier: MIT
 * closed_model.c: a user whose answer is there sends the next request at once,
 * in the same call; a timer is only for those who think. */
#include "closed_model.h"

#include "memory.h"

/* How long a pipe that has nothing is not looked at. */
enum { PIPE_PAUSE_NS = 1000000 };

static void wake(void *context);

lariat_status lr_load_closed_model_init(lr_load_worker *worker) {
  lr_load_closed_model *closed = &worker->closed;
  uint64_t count = worker->config.options->count;
  if (worker->is_open) return LARIAT_OK;
  closed->users =
      lr_load_allocate(worker->config.connections, sizeof *closed->users);
  closed->most =
      lariat_load_part_size(worker->config.part, count ? count : UINT64_MAX);
  return closed->users ? LARIAT_OK : LARIAT_ENOMEM;
}

void lr_load_closed_model_clear(lr_load_worker *worker) {
  lariat_memory_release(worker->closed.users);
  worker->closed.users = NULL;
}

static void end_user(lr_load_virtual_user *user) {
  lr_load_worker *worker = user->worker;
  if (user->flow_user) lr_load_source_leave(worker->source, user->flow_user);
  user->flow_user = NULL;
  if (--worker->closed.going == 0) lr_load_worker_stop(worker, false);
}

/* Fills in when the next request is due, and which one it is: a step of a flow
 * has the index of the flow.  False: there is none any more. */
static bool take_index(const lr_load_virtual_user *user, uint64_t due_ns,
                       lr_load_due *due) {
  const lr_load_worker *worker = user->worker;
  const lr_load_closed_model *closed = &worker->closed;
  const lariat_load_part *part = &worker->config.part;
  due->at_ns = due_ns;
  due->measured = due_ns >= worker->start_ns;
  due->index = user->index;
  if (user->flow_user) return true;
  if (due->measured && closed->next == closed->most) return false;
  due->index =
      part->index + (due->measured ? closed->next : closed->warm) * part->count;
  return true;
}

/* Takes the message that is next for the user, whose index is counted as
 * used. */
static lr_load_next take_message(lr_load_virtual_user *user,
                                 const lr_load_due *due,
                                 lr_load_message *message) {
  lr_load_worker *worker = user->worker;
  lr_load_user *flow_user = user->flow_user;
  user->flow_user = NULL;
  user->index = due->index;
  if (flow_user) return lr_load_source_step(worker->source, flow_user, message);
  lr_load_next next = lr_load_source_take(worker->source, due->index, message);
  if (next != LR_LOAD_MESSAGE) return next;
  if (due->measured)
    worker->closed.next++;
  else
    worker->closed.warm++;
  return next;
}

/* Sends the user's next request, which is due now. */
static void send_next(lr_load_virtual_user *user, uint64_t due_ns) {
  lr_load_worker *worker = user->worker;
  lr_load_message message;
  lr_load_due due;
  lr_load_worker_look_at_start(worker, due_ns);
  if (!lr_load_worker_sends(worker) || !take_index(user, due_ns, &due)) {
    end_user(user);
    return;
  }
  switch (take_message(user, &due, &message)) {
  case LR_LOAD_MESSAGE:
    user->starved = false;
    worker->recorder.counts->intended += due.measured;
    lr_load_worker_send(worker, &message, &due, user);
    break;
  case LR_LOAD_WAIT:
    if (!user->starved) worker->recorder.counts->starved += due.measured;
    user->starved = due.measured;
    lr_load_closed_model_go_on(worker, user, due_ns, PIPE_PAUSE_NS);
    break;
  case LR_LOAD_END:
    end_user(user);
  }
}

static void wake(void *context) {
  lr_load_virtual_user *user = context;
  user->timer.id = 0;
  send_next(user, user->due_ns);
}

void lr_load_closed_model_go_on(lr_load_worker *worker,
                                lr_load_virtual_user *user, uint64_t now_ns,
                                uint64_t think_ns) {
  if (think_ns == 0 || !lr_load_worker_sends(worker)) {
    send_next(user, now_ns);
    return;
  }
  user->due_ns = now_ns + think_ns;
  lr_load_worker_set_timer(worker, &user->timer, user->due_ns, wake, user);
}

void lr_load_closed_model_begin(lr_load_worker *worker) {
  uint64_t now_ns = lr_load_worker_now(worker);
  unsigned count = worker->config.connections;
  worker->closed.going = count;
  for (unsigned i = 0; i < count; i++) {
    worker->closed.users[i].worker = worker;
    send_next(&worker->closed.users[i], now_ns);
  }
}

void lr_load_closed_model_stop(lr_load_worker *worker) {
  for (unsigned i = 0; i < worker->config.connections; i++) {
    lr_load_virtual_user *user = &worker->closed.users[i];
    if (!user->timer.id) continue;
    lr_load_worker_unset_timer(worker, &user->timer);
    end_user(user);
  }
}
