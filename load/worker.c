/* SPDX-License-Identifier: MIT
 * worker.c: the life of a worker, and its requests from their sending to their
 * end.  What is next then is for the model to say. */
#include "worker.h"

#include "closed_model.h"
#include "h2_request.h"
#include "memory.h"
#include "open_model.h"
#include "worker_private.h"

/* How long a user waits who has got no connection. */
enum { REFUSED_PAUSE_NS = 10000000 };

static const uint64_t second_ns = 1000000000;

static lr_load_worker *worker_of(const lr_load_connection *connection) {
  return connection->by->owner;
}

/* ---- Timers ---- */

void lr_load_worker_set_timer(lr_load_worker *worker, lariat_timer *timer,
                              uint64_t at_ns, lariat_call call, void *context) {
  lariat_status status;
  unsigned tries = 0;
  lr_load_worker_unset_timer(worker, timer);
  do
    status = lariat_reactor_call_at(worker->reactor, at_ns, call, context, NULL,
                                    timer);
  while (lr_load_wait_for_memory(status, &tries));
  if (status != LARIAT_OK) timer->id = 0;
}

bool lr_load_worker_call_soon(lr_load_worker *worker, lariat_call call) {
  lariat_status status;
  unsigned tries = 0;
  do status = lariat_reactor_call_soon(worker->reactor, call, worker, NULL);
  while (lr_load_wait_for_memory(status, &tries));
  return status == LARIAT_OK;
}

void lr_load_worker_unset_timer(lr_load_worker *worker, lariat_timer *timer) {
  if (timer->id) (void)lariat_reactor_cancel_timer(worker->reactor, *timer);
  timer->id = 0;
}

/* ---- Requests on their way ---- */

/* Reads the clock, unless that has just been done. */
static uint64_t take_now(lr_load_worker *worker) {
  uint64_t now_ns = worker->now_ns;
  worker->now_ns = 0;
  return now_ns ? now_ns : lr_load_worker_now(worker);
}

static void send_now(lr_load_worker *worker, lr_load_connection *connection) {
  lr_load_sample *sample = &connection->sample;
  uint64_t now_ns = take_now(worker);
  sample->free_ns = connection->free_ns > sample->intended_ns
                        ? connection->free_ns
                        : sample->intended_ns;
  sample->sent_ns = now_ns;
  if (connection->measured) {
    worker->recorder.counts->sent++;
    worker->recorder.counts->bytes_sent += connection->message.length;
  }
  lr_load_deadlines_add(&worker->deadlines, connection);
  lr_load_connection_send(connection, now_ns);
}

/* Notes a request that could not even be given a connection. */
static void note_local_failure(lr_load_worker *worker,
                               const lr_load_message *message,
                               const lr_load_due *due,
                               lr_load_virtual_user *user) {
  uint64_t now_ns = lr_load_worker_now(worker);
  const lr_load_sample sample = {.intended_ns = due->at_ns,
                                 .arrived_ns = now_ns,
                                 .read_ns = now_ns,
                                 .index = due->index,
                                 .request = message->request,
                                 .name = message->name,
                                 .outcome = LARIAT_LOAD_LOCAL};
  if (due->measured) lr_load_interval_record(worker->recorder.current, &sample);
  if (message->user) lr_load_source_leave(worker->source, message->user);
  if (user) lr_load_closed_model_go_on(worker, user, now_ns, REFUSED_PAUSE_NS);
}

void lr_load_worker_send(lr_load_worker *worker, const lr_load_message *message,
                         const lr_load_due *due, lr_load_virtual_user *user) {
  lr_load_connection *connection =
      lr_load_connection_set_take(&worker->set, message->origin);
  if (!connection) {
    note_local_failure(worker, message, due, user);
    return;
  }
  connection->message = *message;
  if (!lr_load_connection_set_keep_message(&worker->set, connection)) {
    note_local_failure(worker, message, due, user);
    return;
  }
  connection->measured = due->measured;
  connection->user = user;
  connection->sample.intended_ns = due->at_ns;
  connection->sample.index = due->index;
  connection->sample.request = message->request;
  connection->sample.opening = connection->state != LR_LOAD_IDLE;
  worker->in_flight++;
  if (connection->state == LR_LOAD_IDLE) {
    send_now(worker, connection);
    return;
  }
  connection->has_message = true;
  if (connection->state == LR_LOAD_SHUT)
    lr_load_connection_set_open(&worker->set, connection);
}

/* ---- What becomes of them ---- */

static void note_failure(lr_load_worker *worker) {
  if (++worker->failures != worker->config.tell_failures) return;
  worker->config.listener.failed(worker->config.listener.context,
                                 worker->failures);
  worker->failures = 0;
}

static void record(lr_load_worker *worker,
                   const lr_load_connection *connection) {
  const lr_load_sample *sample = &connection->sample;
  if (!connection->measured) return;
  lr_load_interval_record(worker->recorder.current, sample);
  if (sample->outcome != LARIAT_LOAD_ANSWERED) note_failure(worker);
}

/* Goes on with the flow of a request that has ended.  Returns its user if
 * another step follows. */
static lr_load_user *go_on_with_flow(lr_load_worker *worker,
                                     const lr_load_connection *connection) {
  lr_load_user *user = connection->message.user;
  bool good = connection->sample.outcome == LARIAT_LOAD_ANSWERED;
  if (!user) return NULL;
  if (!good || !lr_load_worker_sends(worker)) {
    lr_load_source_leave(worker->source, user);
    return NULL;
  }
  return lr_load_source_answer(worker->source, user,
                               lr_load_connection_response(connection))
             ? user
             : NULL;
}

static void go_on_open(lr_load_worker *worker, lr_load_user *flow_user,
                       const lr_load_connection *connection) {
  uint64_t now_ns = connection->sample.read_ns;
  const lr_load_due due = {.index = connection->sample.index,
                           .at_ns = now_ns + connection->message.think_ns,
                           .measured = now_ns + connection->message.think_ns >=
                                       worker->start_ns};
  if (flow_user) lr_load_open_model_add_step(worker, flow_user, &due);
  lr_load_open_model_freed(worker, now_ns);
}

static void go_on_closed(lr_load_worker *worker, lr_load_user *flow_user,
                         const lr_load_connection *connection,
                         uint64_t pause_ns) {
  lr_load_virtual_user *user = connection->user;
  uint64_t now_ns = connection->sample.read_ns;
  user->flow_user = flow_user;
  worker->last_ns = now_ns;
  worker->now_ns = now_ns;
  lr_load_closed_model_go_on(worker, user, now_ns,
                             connection->message.think_ns + pause_ns);
  worker->now_ns = 0;
}

/* Does all that is to be done when a request has ended, and its connection was
 * given back. */
static void finish_request(lr_load_worker *worker,
                           const lr_load_connection *connection,
                           uint64_t pause_ns) {
  worker->in_flight--;
  record(worker, connection);
  lr_load_user *flow_user = go_on_with_flow(worker, connection);
  if (worker->is_open)
    go_on_open(worker, flow_user, connection);
  else
    go_on_closed(worker, flow_user, connection, pause_ns);
  if (!lr_load_worker_sends(worker)) lr_load_worker_look_at_end(worker);
}

/* Tells whether a request failed for want of a connection: of HTTP/2 that is
 * told as the end of the request. */
static bool has_no_connection(const lr_load_sample *sample) {
  return sample->outcome == LARIAT_LOAD_LOCAL ||
         sample->outcome == LARIAT_LOAD_RESOLVE ||
         sample->outcome == LARIAT_LOAD_CONNECT_FAILED ||
         sample->outcome == LARIAT_LOAD_TLS_FAILED;
}

static void take_end(lr_load_connection *connection) {
  lr_load_worker *worker = worker_of(connection);
  uint64_t pause_ns =
      has_no_connection(&connection->sample) ? REFUSED_PAUSE_NS : 0;
  lr_load_deadlines_remove(connection);
  lr_load_connection_set_give(&worker->set, connection);
  finish_request(worker, connection, pause_ns);
}

/* A connection that cannot be opened fails the request that waits for it. */
static void take_refusal(lr_load_connection *connection,
                         lariat_load_outcome outcome) {
  lr_load_worker *worker = worker_of(connection);
  lr_load_sample *sample = &connection->sample;
  lr_load_connection_set_put_away(&worker->set, connection);
  if (!connection->has_message) return;
  connection->has_message = false;
  sample->outcome = (uint8_t)outcome;
  sample->free_ns = sample->sent_ns = sample->first_byte_ns = 0;
  sample->status = 0;
  sample->bytes = 0;
  sample->stamped = false;
  sample->name = connection->message.name;
  sample->arrived_ns = sample->read_ns = lr_load_worker_now(worker);
  finish_request(worker, connection, REFUSED_PAUSE_NS);
}

static void take_connection(lr_load_connection *connection) {
  lr_load_worker *worker = worker_of(connection);
  if (worker->phase < LR_LOAD_MEASURING) return;
  const lariat_timings *timings = &connection->timings;
  worker->recorder.counts->connections++;
  lr_load_interval_connected(worker->recorder.current,
                             timings->connect_us * 1000,
                             timings->tls_us * 1000);
}

static void take_opening(lr_load_connection *connection) {
  lr_load_worker *worker = worker_of(connection);
  lr_load_list_remove(&connection->link);
  if (!connection->has_message) {
    lr_load_connection_set_give(&worker->set, connection);
    return;
  }
  connection->has_message = false;
  send_now(worker, connection);
}

/* A connection that was closed without a request is not opened again before
 * there is one: a server that takes no more would do that for ever. */
static void take_loss(lr_load_connection *connection) {
  lr_load_connection_set *set = &worker_of(connection)->set;
  lr_load_list_remove(&connection->link);
  if (connection->requests)
    lr_load_connection_set_give(set, connection);
  else
    lr_load_connection_set_put_away(set, connection);
}

static const lr_load_connection_ops connection_ops = {.connected =
                                                          take_connection,
                                                      .opened = take_opening,
                                                      .refused = take_refusal,
                                                      .ended = take_end,
                                                      .lost = take_loss};

/* ---- Seconds ---- */

static void set_second_timer(lr_load_worker *worker);

static void give_second(lr_load_worker *worker) {
  lr_load_interval *interval = lr_load_recorder_next(&worker->recorder);
  if (interval)
    worker->config.listener.second(worker->config.listener.context, interval);
}

static void end_second(void *context) {
  lr_load_worker *worker = context;
  worker->second_timer.id = 0;
  if (worker->is_open) /* the last second ends when nothing is sent any more */
    lr_load_open_model_count(worker, lr_load_worker_now(worker));
  give_second(worker);
  set_second_timer(worker);
}

static void set_second_timer(lr_load_worker *worker) {
  uint64_t at_ns = worker->start_ns + (worker->recorder.second + 1) * second_ns;
  lr_load_worker_set_timer(worker, &worker->second_timer, at_ns, end_second,
                           worker);
}

void lr_load_worker_give_back(lr_load_worker *worker,
                              lr_load_interval *interval) {
  lr_load_recorder_give_back(&worker->recorder, interval);
}

/* ---- Phases ---- */

void lr_load_worker_look_at_start(lr_load_worker *worker, uint64_t now_ns) {
  if (worker->phase != LR_LOAD_WARMING || now_ns < worker->start_ns) return;
  worker->phase = LR_LOAD_MEASURING;
  lr_load_recorder_begin(&worker->recorder);
  set_second_timer(worker);
}

static void take_start(void *context) {
  lr_load_worker *worker = context;
  worker->start_timer.id = 0;
  lr_load_worker_look_at_start(worker, lr_load_worker_now(worker));
}

static void take_deadline(void *context) {
  lr_load_worker *worker = context;
  worker->end_timer.id = 0;
  if (worker->is_open) lr_load_open_model_catch_up(worker);
  lr_load_worker_stop(worker, false);
}

/* Returns the time between two openings by `rate` a second over all reactors;
 * 0: none. */
static uint64_t gap_of(const lr_load_worker *worker) {
  double rate = worker->config.options->connect_rate_per_s;
  return rate > 0 ? (uint64_t)(1e9 * worker->config.reactors / rate) : 0;
}

static void begin_sending(void *context) {
  lr_load_worker *worker = context;
  worker->warm_timer.id = 0;
  lr_load_connection_set_pace(&worker->set, gap_of(worker));
  if (worker->is_open)
    lr_load_open_model_begin(worker);
  else
    lr_load_closed_model_begin(worker);
}

/* Opens the connections, evenly over the first half of the warm-up. */
static void warm(void *context) {
  lr_load_worker *worker = context;
  worker->warm_timer.id = 0;
  uint64_t gap_ns = (worker->config.options->warm_up_ns -
                     lr_load_warm_sending_ns(worker->config.options)) /
                    worker->config.connections;
  uint64_t least_ns = gap_of(worker);
  lr_load_connection_set_pace(&worker->set,
                              gap_ns > least_ns ? gap_ns : least_ns);
  lr_load_connection_set_warm(&worker->set, worker->config.connections);
  lr_load_worker_set_timer(worker, &worker->warm_timer, worker->warm_ns,
                           begin_sending, worker);
}

/* Returns when the plan is over. */
static uint64_t end_of_plan(const lr_load_worker *worker) {
  uint64_t plan_ns = lr_load_plan_duration_ns(worker->config.options);
  return plan_ns < UINT64_MAX - worker->start_ns ? worker->start_ns + plan_ns
                                                 : UINT64_MAX;
}

void lr_load_worker_begin(lr_load_worker *worker, uint64_t start_ns) {
  const lariat_load_run_options *options = worker->config.options;
  if (worker->phase != LR_LOAD_NOT_BEGUN) return;
  worker->phase = LR_LOAD_WARMING;
  worker->start_ns = start_ns;
  worker->warm_ns = start_ns - lr_load_warm_sending_ns(options);
  worker->end_ns = end_of_plan(worker);
  lr_load_worker_set_timer(worker, &worker->start_timer, start_ns, take_start,
                           worker);
  lr_load_worker_set_timer(worker, &worker->warm_timer,
                           start_ns - options->warm_up_ns,
                           options->warm_up_ns ? warm : begin_sending, worker);
  if (worker->end_ns != UINT64_MAX)
    lr_load_worker_set_timer(worker, &worker->end_timer, worker->end_ns,
                             take_deadline, worker);
}

/* ---- The end ---- */

static void stop_timers(lr_load_worker *worker) {
  lr_load_worker_unset_timer(worker, &worker->warm_timer);
  lr_load_worker_unset_timer(worker, &worker->start_timer);
  lr_load_worker_unset_timer(worker, &worker->end_timer);
  lr_load_worker_unset_timer(worker, &worker->second_timer);
  lr_load_deadlines_clear(&worker->deadlines);
}

static void close_parts(lr_load_worker *worker) {
  stop_timers(worker);
  lr_load_connection_set_clear(&worker->set);
  lr_load_open_model_clear(worker);
  lr_load_closed_model_clear(worker);
  lr_load_source_free(worker->source);
  worker->source = NULL;
  lariat_client_close(worker->set.by.client);
  worker->set.by.client = NULL;
}

/* Counts what never was sent, gives away the last interval, and gives up all
 * that belongs to the reactor. */
static void finish(void *context) {
  lr_load_worker *worker = context;
  worker->finishing = false;
  if (worker->in_flight || worker->phase != LR_LOAD_STOPPING) return;
  worker->phase = LR_LOAD_ENDED;
  if (worker->is_open) lr_load_open_model_count_unsent(worker);
  give_second(worker);
  close_parts(worker);
  /* What its time has ended has lasted until then. */
  worker->config.listener.ended(
      worker->config.listener.context,
      worker->stop_ns == worker->end_ns ? worker->end_ns : worker->last_ns);
}

/* The end is for a later turn: what has called this is still at work. */
void lr_load_worker_look_at_end(lr_load_worker *worker) {
  if (worker->phase != LR_LOAD_STOPPING || worker->in_flight ||
      worker->finishing)
    return;
  worker->finishing = lr_load_worker_call_soon(worker, finish);
}

/* Gives up the requests that are on their way: they are counted, but what they
 * would have taken is not known. */
static void give_up_all(lr_load_worker *worker) {
  for (size_t i = 0; i < worker->set.made; i++) {
    lr_load_connection *connection = &worker->set.connections[i];
    if (connection->state != LR_LOAD_BUSY && !connection->has_message) continue;
    connection->has_message = false;
    lr_load_deadlines_remove(connection);
    lr_load_connection_shut(connection);
    if (connection->message.user)
      lr_load_source_leave(worker->source, connection->message.user);
    if (connection->measured)
      worker->recorder.counts->outcomes[LARIAT_LOAD_TIMEOUT]++;
    worker->in_flight--;
  }
}

void lr_load_worker_stop(lr_load_worker *worker, bool at_once) {
  if (worker->phase == LR_LOAD_ENDED) return;
  if (worker->phase != LR_LOAD_STOPPING) {
    uint64_t now_ns = lr_load_worker_now(worker);
    worker->stop_ns = now_ns < worker->end_ns ? now_ns : worker->end_ns;
    worker->phase = LR_LOAD_STOPPING;
    lr_load_worker_unset_timer(worker, &worker->warm_timer);
    lr_load_worker_unset_timer(worker, &worker->start_timer);
    lr_load_worker_unset_timer(worker, &worker->end_timer);
    worker->set.reopens = false;
    if (worker->is_open)
      lr_load_open_model_stop(worker);
    else
      lr_load_closed_model_stop(worker);
  }
  if (at_once) give_up_all(worker);
  lr_load_worker_look_at_end(worker);
}

/* ---- Making ---- */

static lariat_status open_client(lr_load_worker *worker) {
  const lariat_load_run_options *options = worker->config.options;
  lariat_client_options client =
      options->client ? *options->client : lariat_client_defaults();
  client.placement = LARIAT_PLACE_HOME;
  client.window = UINT32_MAX;
  client.retry = NULL;
  client.connect_timeout_ms = (options->connect_timeout_ns + 999999) / 1000000;
  client.timeout_ms = client.connect_timeout_ms;
  if (options->http_version == 20) client = lr_load_h2_request_client(&client);
  return lariat_client_new(worker->config.pool, worker->reactor, &client,
                           &worker->set.by.client);
}

static lariat_status open_parts(lr_load_worker *worker) {
  const lariat_load_run_options *options = worker->config.options;
  lr_load_connector *by = &worker->set.by;
  lariat_status status = open_client(worker);
  if (status != LARIAT_OK) return status;
  by->reactor = worker->reactor;
  by->ops = &connection_ops;
  by->owner = worker;
  by->known = &worker->known;
  if (options->http_version == 20) by->send = lr_load_h2_request_send;
  by->most_requests = options->connection_requests;
  by->stream = lariat_byte_stream_defaults(by->client);
  by->stream.alpn = "http/1.1";
  by->stream.timestamps = LARIAT_TIMESTAMPS_KERNEL;
  worker->set.reopens = options->connection_requests != 1;
  status = lr_load_source_new(options->requests, &worker->source);
  if (status == LARIAT_OK)
    status = lr_load_connection_set_init(&worker->set, options->requests,
                                         worker->config.connections);
  if (status == LARIAT_OK)
    status =
        lr_load_recorder_init(&worker->recorder, worker->config.index,
                              lariat_load_requests_names(options->requests));
  if (status == LARIAT_OK) status = lr_load_open_model_init(worker);
  return status == LARIAT_OK ? lr_load_closed_model_init(worker) : status;
}

lariat_status lr_load_worker_new(const lr_load_worker_config *config,
                                 lr_load_worker **out) {
  lr_load_worker *worker = lr_load_allocate(1, sizeof *worker);
  *out = NULL;
  if (!worker) return LARIAT_ENOMEM;
  worker->config = *config;
  worker->reactor = lariat_reactor_current();
  worker->is_open = lr_load_is_open(config->options);
  lr_load_deadlines_init(&worker->deadlines, worker->reactor,
                         config->options->timeout_ns);
  lariat_status status = open_parts(worker);
  if (status == LARIAT_OK) {
    *out = worker;
    return LARIAT_OK;
  }
  close_parts(worker);
  lr_load_worker_free(worker);
  return status;
}

void lr_load_worker_free(lr_load_worker *worker) {
  if (!worker) return;
  lr_load_recorder_clear(&worker->recorder);
  lariat_memory_release(worker);
}
