/* SPDX-License-Identifier: MIT
 * scripted.c: a transport that is a function of a test's, and a clock: what a
 * request needs for each phase is known when it starts. */
#include <lariat/testing.h>

#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "fetch/digest.h"
#include "fetch/dispatcher.h"
#include "fetch/placement.h"
#include "fetch/pool.h"
#include "fetch/worker.h"

enum { PHASES = LARIAT_PHASE_BODY + 1 };

static const uint64_t ns_per_ms = 1000000;

struct lariat_asked {
  const lr_job *job;
  unsigned reactor;
  bool reused;
};

typedef struct scripted {
  lr_worker *worker;
  lr_dispatcher *dispatcher;
  lariat_reactor *reactor;
  lariat_script script;
  void *context;
  lr_list over;             /* exchanges that have come to their end */
  unsigned max_connections; /* this reactor's share */
  unsigned open;            /* connections */
  unsigned running;         /* exchanges */
} scripted;

/* One request and its answer. */
typedef struct exchange {
  scripted *transport;
  lr_job *job;
  lr_list node; /* in the transport's list, or alone */
  lr_timer timer;
  uint64_t ends_ns[PHASES];
  lariat_phase at;
  lariat_phase last; /* the phase in which it ends, or stays */
  bool stays;
  bool reused;
  bool closes;
  lariat_status failure;
  int status;
  int http_version;
  lr_buffer head; /* the lines of the head */
  lr_buffer body;
} exchange;

/* What the script sees. */

const char *lariat_asked_method(const lariat_asked *asked) {
  return asked->job->method;
}

const char *lariat_asked_url(const lariat_asked *asked) {
  return asked->job->target.url;
}

const char *lariat_asked_header(const lariat_asked *asked, const char *name) {
  return lr_profile_value(asked->job->profile, name);
}

const char *lariat_asked_body(const lariat_asked *asked, size_t *length) {
  if (length) *length = asked->job->body_length;
  return asked->job->body ? asked->job->body : "";
}

unsigned lariat_asked_redirects(const lariat_asked *asked) {
  return asked->job->redirects;
}

bool lariat_asked_reused(const lariat_asked *asked) { return asked->reused; }

unsigned lariat_asked_reactor(const lariat_asked *asked) {
  return asked->reactor;
}

/* Connections: numbers in the host, as the engine has them, but in no lane. */

static void count_open(scripted *transport, lr_host *host, unsigned by) {
  host->open += by;
  transport->open += by;
  lr_u64_store_relaxed(&transport->worker->engine_stats.connections,
                       transport->open);
}

static bool shares(const lr_host *host) {
  return host->protocol == LR_PROTOCOL_HTTP2;
}

/* Whether a connection of the host's can take another request. */
static bool has_idle(const lr_host *host) {
  return host->open > (shares(host) ? 0 : host->running);
}

static bool is_idle(const lr_host *host) {
  return host->open > (shares(host) && host->running ? 1 : host->running);
}

static void close_connection(scripted *transport, lr_host *host) {
  count_open(transport, host, (unsigned)-1);
  if (host->open == 0 && shares(host)) host->protocol = LR_PROTOCOL_UNKNOWN;
}

/* Closes an idle connection of some host's to make room for another. */
static void relieve(scripted *transport) {
  lr_hosts *hosts = &transport->dispatcher->hosts;
  for (uint32_t i = 0; i < hosts->room; i++)
    for (lr_host *host = hosts->buckets[i]; host; host = host->next) {
      if (!is_idle(host)) continue;
      close_connection(transport, host);
      lr_hosts_forget(hosts, host);
      return;
    }
}

static bool may_connect(scripted *transport, const lr_host *host) {
  if (host->open >= host->connections_limit) return false;
  if (transport->open >= transport->max_connections) relieve(transport);
  return transport->open < transport->max_connections;
}

/* An exchange is over, or given up: its connection stays if it can be used
 * again. */
static void leave_connection(exchange *it, bool complete) {
  scripted *transport = it->transport;
  lr_host *host = it->job->host;
  bool last = !shares(host) || host->running == 1;
  if ((complete && !it->closes) || !last) return;
  close_connection(transport, host);
}

/* The answer. */

static bool add_text(lr_buffer *buffer, const char *text) {
  return lr_buffer_append(buffer, text, strlen(text));
}

static bool add_header(lr_buffer *head, const lariat_header *header) {
  const char *value = header->value ? header->value : "";
  return add_text(head, header->name) && add_text(head, ": ") &&
         add_text(head, value) && add_text(head, "\r\n");
}

/* The status and the version stand beside it as numbers. */
static bool copy_answer(exchange *it, const lariat_answer *answer) {
  bool done = true;
  it->status = answer->status;
  it->http_version = answer->http_version;
  for (size_t i = 0; i < answer->header_count && done; i++)
    done = add_header(&it->head, &answer->headers[i]);
  if (strcmp(it->job->method, "HEAD") == 0) return done;
  return done && lr_buffer_append(&it->body, answer->body, answer->body_length);
}

static lariat_phase usual_phase(lariat_status failure) {
  switch (failure) {
  case LARIAT_ERESOLVE:
    return LARIAT_PHASE_DNS;
  case LARIAT_ECONNECT:
    return LARIAT_PHASE_CONNECT;
  case LARIAT_ETLS:
  case LARIAT_ECERTIFICATE:
    return LARIAT_PHASE_TLS;
  case LARIAT_ERESET:
  case LARIAT_EEMPTY:
    return LARIAT_PHASE_FIRST_BYTE;
  default:
    return LARIAT_PHASE_BODY;
  }
}

static lariat_phase in_range(lariat_phase phase) {
  return phase < LARIAT_PHASE_DNS || phase > LARIAT_PHASE_BODY
             ? LARIAT_PHASE_BODY
             : phase;
}

static void set_end(exchange *it, const lariat_answer *answer) {
  it->last = LARIAT_PHASE_BODY;
  if (answer->failure != LARIAT_OK) {
    it->failure = answer->failure;
    it->last = in_range(answer->fails_in ? answer->fails_in
                                         : usual_phase(answer->failure));
  }
  if (answer->never && in_range(answer->never) <= it->last) {
    it->stays = true;
    it->last = in_range(answer->never);
  }
  if (it->last <= LARIAT_PHASE_TLS) it->reused = false;
}

static void set_times(exchange *it, const lariat_answer *answer) {
  const uint64_t ms[PHASES] = {
      [LARIAT_PHASE_DNS] = it->reused ? 0 : answer->dns_ms,
      [LARIAT_PHASE_CONNECT] = it->reused ? 0 : answer->connect_ms,
      [LARIAT_PHASE_TLS] =
          it->reused || !it->job->target.tls ? 0 : answer->tls_ms,
      [LARIAT_PHASE_REQUEST] = answer->request_ms,
      [LARIAT_PHASE_FIRST_BYTE] = answer->first_byte_ms,
      [LARIAT_PHASE_BODY] = answer->body_ms};
  uint64_t at_ns = it->job->started_ns;
  for (int phase = 0; phase < PHASES; phase++) {
    at_ns += ms[phase] * ns_per_ms;
    it->ends_ns[phase] = at_ns;
  }
  if (it->stays) it->ends_ns[it->last] = UINT64_MAX;
}

/* Phase after phase. */

static bool is_connecting(lariat_phase phase) {
  return phase <= LARIAT_PHASE_TLS;
}

/* When the phase ends, if no limit is in its way: a clock that jumps must not
 * let an answer pass which came too late. */
static uint64_t end_of(const exchange *it, lariat_phase phase) {
  const lr_job *job = it->job;
  uint64_t end_ns = it->ends_ns[phase];
  if (end_ns >= job->deadline_ns) return UINT64_MAX;
  if (is_connecting(phase) && job->connect_timeout_ns && !it->reused &&
      end_ns - job->started_ns >= job->connect_timeout_ns)
    return UINT64_MAX;
  return end_ns;
}

static void learn(exchange *it) {
  lr_host *host = it->job->host;
  if (host->protocol != LR_PROTOCOL_UNKNOWN) return;
  lr_dispatcher_learned(it->transport->dispatcher, host,
                        it->http_version >= 20 ? LR_PROTOCOL_HTTP2
                                               : LR_PROTOCOL_HTTP1);
}

static lariat_status take_head(exchange *it) {
  lariat_response *response = it->job->response;
  const char *line = it->head.bytes;
  const char *end = line ? line + it->head.length : NULL;
  lariat_status status = LARIAT_OK;
  response->status = it->status;
  response->http_version = it->http_version;
  response->in_block = true;
  while (line != end && status == LARIAT_OK) {
    const char *feed = memchr(line, '\n', (size_t)(end - line));
    size_t length = (size_t)(feed - line) + 1;
    status = lr_response_add_line(response, line, length);
    line += length;
  }
  response->in_block = false;
  return status;
}

static lariat_status take_body(exchange *it) {
  lr_job *job = it->job;
  lariat_response *response = job->response;
  job->received = it->body.length;
  if (job->max_body_bytes && job->received > job->max_body_bytes)
    return LARIAT_EBODYLIMIT;
  if (!lr_response_add_body(response, it->body.bytes, it->body.length) ||
      !lr_response_finish(response))
    return LARIAT_ENOMEM;
  if (!job->sha256) return LARIAT_OK;
  response->has_sha256 =
      lr_digest_sha256(lariat_response_body(response, NULL),
                       response->body.length, response->sha256);
  return response->has_sha256 ? LARIAT_OK : LARIAT_ENOMEM;
}

/* What the end of a phase brings. */
static void leave_phase(exchange *it) {
  if (it->at == LARIAT_PHASE_TLS) learn(it);
  if (it->at == LARIAT_PHASE_FIRST_BYTE) it->job->outcome = take_head(it);
}

/* An open connection that breaks before it brings anything was dead already:
 * the request may be made once more, on a new one. */
static bool was_dead(const exchange *it) {
  bool broke = it->failure == LARIAT_ERESET || it->failure == LARIAT_EEMPTY;
  return it->reused && broke && it->at <= LARIAT_PHASE_FIRST_BYTE &&
         !shares(it->job->host);
}

static void end_exchange(exchange *it) {
  lr_job *job = it->job;
  if (was_dead(it)) {
    job->dead = true;
    it->failure = LARIAT_ERESET;
  }
  if (it->failure != LARIAT_OK)
    job->outcome = it->failure;
  else if (job->outcome == LARIAT_OK)
    job->outcome = take_body(it);
  lr_list_append(&it->transport->over, &it->node);
}

/* Goes on as far as the time allows, and has itself called again. */
static void proceed(exchange *it) {
  lariat_reactor *reactor = it->transport->reactor;
  uint64_t now_ns = lr_reactor_turn_ns(reactor);
  while (it->at < it->last && end_of(it, it->at) <= now_ns &&
         it->job->outcome == LARIAT_OK) {
    leave_phase(it);
    it->at++;
  }
  uint64_t end_ns = end_of(it, it->at);
  if (end_ns <= now_ns || it->job->outcome != LARIAT_OK) {
    end_exchange(it);
  } else if (end_ns != UINT64_MAX &&
             !lr_reactor_set_timer(reactor, &it->timer, end_ns)) {
    it->failure = LARIAT_ENOMEM;
    end_exchange(it);
  }
}

static void timer_expired(lr_timer *timer) {
  proceed(lr_container(timer, exchange, timer));
}

/* The transport. */

static exchange *exchange_of(const lr_job *job) {
  return (exchange *)(void *)job->transfer;
}

static void free_exchange(exchange *it) {
  lr_reactor_unset_timer(it->transport->reactor, &it->timer);
  lr_list_remove(&it->node);
  lr_buffer_clear(&it->head);
  lr_buffer_clear(&it->body);
  lr_free(it);
}

static exchange *new_exchange(scripted *transport, lr_job *job) {
  if (!job->response) job->response = lr_response_new();
  if (!job->response) return NULL;
  exchange *it = lr_alloc_zero(sizeof *it);
  if (!it) return NULL;
  it->transport = transport;
  it->job = job;
  it->at = LARIAT_PHASE_DNS;
  it->timer.expire = timer_expired;
  lr_list_init(&it->node);
  return it;
}

static bool ask(exchange *it) {
  const scripted *transport = it->transport;
  const lariat_asked asked = {.job = it->job,
                              .reactor = transport->worker->index,
                              .reused = it->reused};
  lariat_answer answer = {.status = 200, .http_version = 11};
  transport->script(&asked, &answer, transport->context);
  it->closes = answer.closes;
  set_end(it, &answer);
  set_times(it, &answer);
  return copy_answer(it, &answer);
}

static void count_connection(exchange *it, bool has_one) {
  lr_engine_stats *stats = &it->transport->worker->engine_stats;
  if (it->reused)
    lr_u64_bump(&stats->reused, 1);
  else
    lr_u64_bump(&stats->opened, 1);
  if (!has_one) count_open(it->transport, it->job->host, 1);
}

static lariat_status start(void *self, lr_job *job) {
  scripted *transport = self;
  lr_host *host = job->host;
  bool idle = has_idle(host);
  if (!idle && !may_connect(transport, host) && transport->running)
    return LARIAT_EBUSY;
  exchange *it = new_exchange(transport, job);
  if (!it) return LARIAT_ENOMEM;
  it->reused = idle && (!job->fresh || shares(host));
  if (!ask(it)) {
    free_exchange(it);
    return LARIAT_ENOMEM;
  }
  count_connection(it, idle);
  job->transfer = (void *)it;
  transport->running++;
  proceed(it);
  return LARIAT_OK;
}

static lariat_phase phase(void *self, const lr_job *job) {
  (void)self;
  return exchange_of(job)->at;
}

/* Each phase's end is something that was heard. */
static uint64_t heard_ns(void *self, const lr_job *job) {
  const exchange *it = exchange_of(job);
  (void)self;
  return it->ends_ns[it->at - 1];
}

static uint64_t took_us(const exchange *it, lariat_phase phase_) {
  if (phase_ > it->at || it->ends_ns[phase_] == UINT64_MAX) return 0;
  return (it->ends_ns[phase_] - it->ends_ns[phase_ - 1]) / 1000;
}

static void fill_in(exchange *it) {
  lr_job *job = it->job;
  lariat_response *response = job->response;
  lariat_timings *timings = &response->timings;
  response->reactor = it->transport->worker->index;
  response->reused = it->reused;
  timings->queue_us = (job->started_ns - job->hop_ns) / 1000;
  timings->dns_us = took_us(it, LARIAT_PHASE_DNS);
  timings->connect_us = took_us(it, LARIAT_PHASE_CONNECT);
  timings->tls_us = took_us(it, LARIAT_PHASE_TLS);
  if (it->at == LARIAT_PHASE_BODY)
    timings->first_byte_us =
        (it->ends_ns[LARIAT_PHASE_FIRST_BYTE] - job->started_ns) / 1000;
}

/* Takes the exchange apart from its job. */
static void detach(exchange *it, bool complete) {
  lr_job *job = it->job;
  fill_in(it);
  leave_connection(it, complete);
  job->transfer = NULL;
  job->phase = (uint8_t)it->at;
  it->transport->running--;
  free_exchange(it);
}

static void cancel(void *self, lr_job *job) {
  scripted *transport = self;
  detach(exchange_of(job), false);
  lr_dispatcher_unblock(transport->dispatcher);
}

static bool turn_end(void *self) {
  scripted *transport = self;
  lr_list now;
  lr_list *node;
  lr_list_init(&now);
  lr_list_splice(&now, &transport->over);
  while ((node = lr_list_first(&now))) {
    exchange *it = lr_container(node, exchange, node);
    lr_job *job = it->job;
    detach(it, job->outcome == LARIAT_OK);
    lr_dispatcher_done(transport->dispatcher, job);
  }
  return !lr_list_empty(&transport->over);
}

static void close_transport(void *self) {
  scripted *transport = self;
  lr_u64_store_relaxed(&transport->worker->engine_stats.connections, 0);
  lr_free(transport);
}

static const lr_transport_ops ops = {.start = start,
                                     .cancel = cancel,
                                     .phase = phase,
                                     .heard_ns = heard_ns,
                                     .turn_end = turn_end,
                                     .close = close_transport};

/* What the pool's parts are made from. */
typedef struct plot {
  lariat_script script;
  void *context;
} plot;

static lariat_status open_transport(void *context, lr_worker *worker,
                                    lr_transport *out) {
  const plot *it = context;
  const lariat_pool_options *options = lr_pool_options(worker->pool);
  scripted *transport = lr_alloc_zero(sizeof *transport);
  if (!transport) return LARIAT_ENOMEM;
  unsigned share =
      lr_placement_share(0, options->max_connections, worker->index,
                         lariat_pool_reactors(worker->pool));
  *transport = (scripted){.worker = worker,
                          .dispatcher = &worker->dispatcher,
                          .reactor = worker->reactor,
                          .script = it->script,
                          .context = it->context,
                          .max_connections = share ? share : 1};
  lr_list_init(&transport->over);
  *out = (lr_transport){&ops, transport};
  return LARIAT_OK;
}

lariat_status lariat_scripted_pool_new(const lariat_pool_options *options,
                                       lariat_reactor *reactor,
                                       lariat_script script, void *context,
                                       lariat_pool **out) {
  plot it = {script, context};
  const lr_pool_parts parts = {open_transport, &it, reactor};
  *out = NULL;
  return script ? lr_pool_make(options, &parts, out) : LARIAT_EINVAL;
}
