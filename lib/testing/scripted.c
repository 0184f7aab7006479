/* SPDX-License-Identifier: MIT
 * scripted.c: a transport that is a function of a test's, and a clock: what a
 * request needs for each phase is known when it starts. */
#include <lariat/testing.h>

#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "http/sha256.h"
#include "job/body_sink.h"
#include "job/body_source.h"
#include "job/stream.h"
#include "limits/placement.h"
#include "pool/pool.h"
#include "pool/worker.h"
#include "schedule/dispatcher.h"

enum { PHASES = LARIAT_PHASE_BODY + 1, PIECE = LR_CHUNK_CAPACITY };

static const uint64_t ns_per_ms = 1000000;

struct lariat_asked {
  const lr_job *job;
  unsigned reactor;
  bool reused;
};

typedef struct scripted {
  lr_transport_stats *stats;
  unsigned index; /* of the reactor */
  lr_dispatcher *dispatcher;
  lariat_reactor *reactor;
  lariat_script script;
  void *context;
  lr_body_sinks sinks;
  lr_list begun;            /* exchanges that are to go on: they were started,
                               or there is more of their request's body */
  lr_list over;             /* and those that have come to their end */
  unsigned max_connections; /* this reactor's share */
  unsigned open;            /* connections */
  unsigned running;         /* exchanges */
  unsigned fresh;           /* of these, started since the turn's last end */
  unsigned connecting;      /* of these, on a connection not yet made */
  unsigned receiving;       /* of these, the answer has begun */
  char piece[PIECE];        /* of a request's body, while it is looked at */
} scripted;

/* One request and its answer. */
typedef struct exchange {
  scripted *transport;
  lr_job *job;
  lr_list node; /* in one of the transport's lists, or alone */
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
  size_t body_piece;
  size_t delivered;  /* of the body, where it goes in pieces */
  uint64_t body_ns;  /* its phase takes so long */
  lr_sha256 *digest; /* NULL: none is wanted */
  uint64_t heard_ns; /* a piece went or came last; 0: none has */

  /* The request's body, if it comes from a supply. */
  lr_reader reader;
  bool sending;
  bool starving; /* there was nothing to read */
  size_t upload_piece;
  uint64_t upload_ns; /* a piece in so long */
  uint64_t upload_stops;
  uint64_t read_ns; /* when the next is due */
  lariat_take take;
} exchange;

/* What the script sees. */

const char *lariat_asked_method(const lariat_asked *asked) {
  return asked->job->request.method;
}

const char *lariat_asked_url(const lariat_asked *asked) {
  return asked->job->request.url.url;
}

const char *lariat_asked_header(const lariat_asked *asked, const char *name) {
  return lr_header_list_value(asked->job->request.headers, name);
}

const char *lariat_asked_body(const lariat_asked *asked, size_t *length) {
  if (length) *length = asked->job->body.length;
  return asked->job->body.bytes ? asked->job->body.bytes : "";
}

bool lariat_asked_upload(const lariat_asked *asked, uint64_t *length) {
  const lr_body_source *body_source = asked->job->body.source;
  if (length) *length = body_source ? body_source->length : 0;
  return body_source != NULL;
}

unsigned lariat_asked_redirects(const lariat_asked *asked) {
  return asked->job->caller.redirects;
}

bool lariat_asked_reused(const lariat_asked *asked) { return asked->reused; }

unsigned lariat_asked_reactor(const lariat_asked *asked) {
  return asked->reactor;
}

/* Connections: numbers in the host, as the engine has them, but in no lane. */

static void count_open(scripted *transport, lr_host *host, unsigned by) {
  host->connections.open += by;
  transport->open += by;
  lr_u64_store_relaxed(&transport->stats->connections, transport->open);
}

static bool shares(const lr_host *host) {
  return host->protocol == LR_PROTOCOL_HTTP2;
}

/* Whether a connection of the host's can take another request. */
static bool has_idle(const lr_host *host) {
  return host->connections.open > (shares(host) ? 0 : host->running);
}

static bool is_idle(const lr_host *host) {
  return host->connections.open >
         (shares(host) && host->running ? 1 : host->running);
}

static void close_connection(scripted *transport, lr_host *host) {
  count_open(transport, host, (unsigned)-1);
  if (host->connections.open == 0 && shares(host))
    host->protocol = LR_PROTOCOL_UNKNOWN;
}

/* Closes an idle connection of some host's to make room for another. */
static void relieve(scripted *transport) {
  lr_hosts *hosts = &transport->dispatcher->hosts;
  lr_table_node *node = lr_table_first(&hosts->table);
  for (; node; node = lr_table_next(&hosts->table, node)) {
    lr_host *host = lr_host_of_node(node);
    if (!is_idle(host)) continue;
    close_connection(transport, host);
    lr_hosts_forget(hosts, host);
    return;
  }
}

static bool may_connect(scripted *transport, const lr_host *host) {
  if (host->connections.open >= host->connections.limit) return false;
  if (transport->open >= transport->max_connections) relieve(transport);
  return transport->open < transport->max_connections;
}

/* An exchange is over, or given up: its connection stays if it can be used
 * again. */
static void leave_connection(exchange *it, bool complete) {
  scripted *transport = it->transport;
  lr_host *host = it->job->pool.host;
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
  if (strcmp(it->job->request.method, "HEAD") == 0) return done;
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

static size_t piece_of(size_t asked) {
  return asked == 0 || asked > PIECE ? PIECE : asked;
}

static void set_pieces(exchange *it, const lariat_answer *answer) {
  it->body_piece = piece_of(answer->body_piece);
  it->body_ns = answer->body_ms * ns_per_ms;
  it->upload_piece = piece_of(answer->upload_piece);
  it->upload_ns = answer->upload_ms * ns_per_ms;
  it->upload_stops = answer->upload_stops;
  it->take = answer->take;
}

static void set_times(exchange *it, const lariat_answer *answer) {
  const uint64_t ms[PHASES] = {
      [LARIAT_PHASE_DNS] = it->reused ? 0 : answer->dns_ms,
      [LARIAT_PHASE_CONNECT] = it->reused ? 0 : answer->connect_ms,
      [LARIAT_PHASE_TLS] =
          it->reused || !it->job->request.url.tls ? 0 : answer->tls_ms,
      [LARIAT_PHASE_REQUEST] = answer->request_ms,
      [LARIAT_PHASE_FIRST_BYTE] = answer->first_byte_ms,
      [LARIAT_PHASE_BODY] = answer->body_ms};
  uint64_t at_ns = it->job->pool.started_ns;
  for (int phase = 0; phase < PHASES; phase++) {
    at_ns += ms[phase] * ns_per_ms;
    it->ends_ns[phase] = at_ns;
  }
  if (it->stays) it->ends_ns[it->last] = UINT64_MAX;
  it->read_ns = it->ends_ns[LARIAT_PHASE_TLS] + it->upload_ns;
}

/* Phase after phase. */

static bool is_connecting(lariat_phase phase) {
  return phase <= LARIAT_PHASE_TLS;
}

/* A clock that jumps must not let an answer pass which came too late. */
static uint64_t in_time(const exchange *it, uint64_t at_ns) {
  return at_ns >= it->job->request.deadline_ns ? UINT64_MAX : at_ns;
}

/* When the phase ends, if no limit is in its way. */
static uint64_t end_of(const exchange *it, lariat_phase phase) {
  const lr_job *job = it->job;
  uint64_t end_ns = in_time(it, it->ends_ns[phase]);
  if (is_connecting(phase) && job->request.connect_timeout_ns && !it->reused &&
      end_ns - job->pool.started_ns >= job->request.connect_timeout_ns)
    return UINT64_MAX;
  return end_ns;
}

static void learn(exchange *it) {
  lr_host *host = it->job->pool.host;
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

/* A body that is only kept comes as a whole. */
static lariat_status take_body(exchange *it) {
  lr_job *job = it->job;
  const lr_buffer *body = &it->body;
  job->pool.received = body->length;
  if (job->request.max_body_bytes &&
      job->pool.received > job->request.max_body_bytes)
    return LARIAT_EBODYLIMIT;
  if (it->digest && !lr_sha256_add(it->digest, body->bytes, body->length))
    return LARIAT_ENOMEM;
  if (job->wants.sink_kind == LARIAT_SINK_DISCARD) return LARIAT_OK;
  return lr_response_add_body(job->response, body->bytes, body->length)
             ? LARIAT_OK
             : LARIAT_ENOMEM;
}

static bool goes_out(const lr_job *job) {
  return job->sink && lr_body_sink_is_open(job->sink);
}

static lariat_status finish_digest(exchange *it, uint8_t sha256[32],
                                   bool *has) {
  if (!it->digest) return LARIAT_OK;
  *has = lr_sha256_end(it->digest, sha256);
  return *has ? LARIAT_OK : LARIAT_ENOMEM;
}

/* The response of a stream is away. */
static lariat_status finish_body(exchange *it) {
  lr_job *job = it->job;
  lariat_response *response = job->response;
  lariat_status status = goes_out(job) ? LARIAT_OK : take_body(it);
  if (status != LARIAT_OK) return status;
  if (!response) {
    lariat_stream *stream = job->sink->stream;
    return finish_digest(it, stream->sha256, &stream->has_sha256);
  }
  if (!lr_response_finish(response)) return LARIAT_ENOMEM;
  response->body_bytes = job->pool.received;
  return finish_digest(it, response->sha256, &response->has_sha256);
}

/* How many are in which phase. */
static void count_phase(exchange *it, unsigned by) {
  scripted *transport = it->transport;
  if (is_connecting(it->at)) transport->connecting += by;
  if (it->at == LARIAT_PHASE_BODY) transport->receiving += by;
}

/* What the end of a phase brings. */
static void leave_phase(exchange *it) {
  if (it->at == LARIAT_PHASE_TLS) {
    learn(it);
    if (!lr_dispatcher_sending(it->transport->dispatcher, it->job))
      it->job->attempt.outcome = LARIAT_EBUSY;
  }
  count_phase(it, (unsigned)-1);
  it->at++;
  count_phase(it, 1);
  if (it->at != LARIAT_PHASE_BODY) return;
  it->job->attempt.outcome = take_head(it);
  if (it->job->attempt.outcome == LARIAT_OK && it->job->sink)
    lr_body_sink_head(it->job);
}

/* An open connection that breaks before it brings anything was dead already:
 * the request may be made once more, on a new one. */
static bool was_dead(const exchange *it) {
  bool broke = it->failure == LARIAT_ERESET || it->failure == LARIAT_EEMPTY;
  return it->reused && broke && it->at <= LARIAT_PHASE_FIRST_BYTE &&
         !shares(it->job->pool.host);
}

static void end_exchange(exchange *it) {
  lr_job *job = it->job;
  if (was_dead(it)) {
    job->attempt.connection_dead = true;
    it->failure = LARIAT_ERESET;
  }
  if (it->failure != LARIAT_OK)
    job->attempt.outcome = it->failure;
  else if (job->attempt.outcome == LARIAT_OK)
    job->attempt.outcome = finish_body(it);
  lr_list_remove(&it->node);
  lr_list_append(&it->transport->over, &it->node);
}

/* The request's body. */

static void tell(const exchange *it, size_t length) {
  const scripted *transport = it->transport;
  const lariat_asked asked = {
      .job = it->job, .reactor = transport->index, .reused = it->reused};
  if (it->take) it->take(&asked, transport->piece, length, transport->context);
}

/* A server takes a body for whole as soon as it has as much as was told. */
static bool has_read_all(const lr_body_source *body_source) {
  return body_source->ended || body_source->given >= body_source->length;
}

static bool has_read_enough(const exchange *it) {
  const lr_body_source *body_source = it->job->body.source;
  return has_read_all(body_source) ||
         (it->upload_stops && body_source->given >= it->upload_stops);
}

/* False: there is nothing, or never will be. */
static bool read_piece(exchange *it) {
  lr_body_source *body_source = it->job->body.source;
  size_t capacity = it->upload_piece;
  size_t got = 0;
  if (it->upload_stops && capacity > it->upload_stops - body_source->given)
    capacity = (size_t)(it->upload_stops - body_source->given);
  lariat_status status = body_source->ops->read(
      body_source, &it->reader, it->transport->piece, capacity, &got);
  it->starving = status == LARIAT_EBUSY;
  if (status != LARIAT_OK && !it->starving) it->job->attempt.outcome = status;
  if (status != LARIAT_OK) return false;
  it->heard_ns = it->read_ns;
  it->read_ns += it->upload_ns;
  if (got) tell(it, got);
  return true;
}

/* The phase may have taken longer than was thought when it began. */
static void end_request(exchange *it) {
  uint64_t end_ns = it->ends_ns[LARIAT_PHASE_REQUEST];
  it->sending = false;
  if (has_read_all(it->job->body.source))
    tell(it, 0);
  else if (!shares(it->job->pool.host))
    it->closes = true;
  for (int phase = LARIAT_PHASE_REQUEST;
       phase < PHASES && it->heard_ns > end_ns; phase++)
    if (it->ends_ns[phase] != UINT64_MAX)
      it->ends_ns[phase] += it->heard_ns - end_ns;
}

/* When the phase is over, or to be gone on with. */
static uint64_t send_pieces(exchange *it, uint64_t now_ns) {
  if (it->starving && it->read_ns < now_ns) it->read_ns = now_ns;
  while (!has_read_enough(it)) {
    if (in_time(it, it->read_ns) > now_ns) return in_time(it, it->read_ns);
    if (!read_piece(it)) return UINT64_MAX;
  }
  end_request(it);
  return end_of(it, LARIAT_PHASE_REQUEST);
}

/* There is something to read again. */
static void read_again(lr_reader *reader) {
  exchange *it = lr_container(reader, exchange, reader);
  if (it->starving && lr_list_empty(&it->node))
    lr_list_append(&it->transport->begun, &it->node);
}

/* The answer's body, where it goes out in pieces. */

static uint64_t piece_due(const exchange *it) {
  size_t count = (it->body.length + it->body_piece - 1) / it->body_piece;
  size_t number = it->delivered / it->body_piece + 1;
  uint64_t after_ns = it->body_ns / count * number;
  if (number == count) after_ns = it->body_ns;
  return in_time(it, it->ends_ns[LARIAT_PHASE_FIRST_BYTE] + after_ns);
}

/* False: there is no room for it, or something went wrong. */
static bool deliver_piece(exchange *it, uint64_t due_ns) {
  size_t length = it->body.length - it->delivered;
  if (length > it->body_piece) length = it->body_piece;
  lariat_status status =
      lr_body_sink_take(it->job, it->body.bytes + it->delivered, length);
  if (status == LARIAT_OK) {
    it->delivered += length;
    it->heard_ns = due_ns;
  } else if (status != LARIAT_EBUSY) {
    it->job->attempt.outcome = status;
  }
  return status == LARIAT_OK;
}

static uint64_t deliver_pieces(exchange *it, uint64_t now_ns) {
  while (it->delivered < it->body.length) {
    uint64_t due_ns = piece_due(it);
    if (it->job->sink->paused) return UINT64_MAX;
    if (due_ns > now_ns) return due_ns;
    if (!deliver_piece(it, due_ns)) return UINT64_MAX;
  }
  return end_of(it, LARIAT_PHASE_BODY);
}

/* Does what is due in this phase.  When it is over, or to be gone on with;
 * UINT64_MAX: that will be told. */
static uint64_t work(exchange *it, uint64_t now_ns) {
  if (it->at == LARIAT_PHASE_REQUEST && it->sending)
    return send_pieces(it, now_ns);
  if (it->at == LARIAT_PHASE_BODY && goes_out(it->job))
    return deliver_pieces(it, now_ns);
  return end_of(it, it->at);
}

/* Goes on as far as the time allows, and has itself called again. */
static void proceed(exchange *it) {
  lariat_reactor *reactor = it->transport->reactor;
  uint64_t now_ns = lr_reactor_turn_ns(reactor);
  uint64_t due_ns = work(it, now_ns);
  while (it->at < it->last && due_ns <= now_ns &&
         it->job->attempt.outcome == LARIAT_OK) {
    leave_phase(it);
    due_ns = work(it, now_ns);
  }
  if (due_ns <= now_ns || it->job->attempt.outcome != LARIAT_OK) {
    end_exchange(it);
  } else if (due_ns != UINT64_MAX &&
             !lr_reactor_set_timer(reactor, &it->timer, due_ns)) {
    it->failure = LARIAT_ENOMEM;
    end_exchange(it);
  }
}

static void timer_expired(lr_timer *timer) {
  proceed(lr_container(timer, exchange, timer));
}

/* The transport. */

static exchange *exchange_of(const lr_job *job) {
  return (exchange *)(void *)job->pool.carrier;
}

static void free_exchange(exchange *it) {
  lr_reactor_unset_timer(it->transport->reactor, &it->timer);
  lr_list_remove(&it->node);
  lr_buffer_clear(&it->head);
  lr_buffer_clear(&it->body);
  lr_sha256_free(it->digest);
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
  it->reader.resume = read_again;
  it->sending = job->body.source != NULL;
  if (job->wants.sha256) it->digest = lr_sha256_new();
  lr_list_init(&it->node);
  return it;
}

static bool ask(exchange *it) {
  const scripted *transport = it->transport;
  const lariat_asked asked = {
      .job = it->job, .reactor = transport->index, .reused = it->reused};
  lariat_answer answer = {.status = 200, .http_version = 11};
  transport->script(&asked, &answer, transport->context);
  it->closes = answer.closes;
  set_end(it, &answer);
  set_pieces(it, &answer);
  set_times(it, &answer);
  return copy_answer(it, &answer);
}

/* LARIAT_OK, or why it cannot be started. */
static lariat_status prepare(exchange *it) {
  const lr_job *job = it->job;
  if (job->wants.sha256 && !it->digest) return LARIAT_ENOMEM;
  if (job->body.source) {
    lariat_status status = job->body.source->ops->seek(job->body.source, 0);
    if (status != LARIAT_OK) return status;
  }
  return ask(it) ? LARIAT_OK : LARIAT_ENOMEM;
}

static void count_connection(exchange *it, bool has_one) {
  lr_transport_stats *stats = it->transport->stats;
  if (it->reused)
    lr_u64_bump(&stats->reused, 1);
  else
    lr_u64_bump(&stats->opened, 1);
  if (!has_one) count_open(it->transport, it->job->pool.host, 1);
}

static lariat_status start(void *self, lr_job *job) {
  scripted *transport = self;
  lr_host *host = job->pool.host;
  bool idle = has_idle(host);
  if (!idle && !may_connect(transport, host) && transport->running)
    return LARIAT_EBUSY;
  exchange *it = new_exchange(transport, job);
  if (!it) return LARIAT_ENOMEM;
  it->reused = idle && (!job->replay.on_new_connection || shares(host));
  lariat_status status = prepare(it);
  if (status != LARIAT_OK) {
    free_exchange(it);
    return status;
  }
  count_connection(it, idle);
  job->pool.carrier = (void *)it;
  job->pool.received = 0;
  if (job->sink) lr_body_sink_begin(&transport->sinks, job, it->digest);
  transport->running++;
  transport->fresh++;
  count_phase(it, 1);
  lr_list_append(&transport->begun, &it->node);
  return LARIAT_OK;
}

/* As the engine, which does not begin all of its connections at once. */
static bool is_busy(void *self) {
  enum { STARTED_AT_ONCE = 8 };
  const scripted *transport = self;
  return transport->fresh >= STARTED_AT_ONCE;
}

static lariat_phase phase(void *self, const lr_job *job) {
  (void)self;
  return exchange_of(job)->at;
}

/* Each phase's end is something that was heard, and each piece; and one that
 * waits for its taker is heard of by that. */
static uint64_t heard_ns(void *self, const lr_job *job) {
  const scripted *transport = self;
  const exchange *it = exchange_of(job);
  uint64_t before_ns = it->ends_ns[it->at - 1];
  if (job->sink && job->sink->paused)
    return lr_reactor_turn_ns(transport->reactor);
  return it->heard_ns > before_ns ? it->heard_ns : before_ns;
}

static uint64_t took_us(const exchange *it, lariat_phase phase_) {
  if (phase_ > it->at || it->ends_ns[phase_] == UINT64_MAX) return 0;
  return (it->ends_ns[phase_] - it->ends_ns[phase_ - 1]) / 1000;
}

static void fill_in(const exchange *it, lariat_response *response) {
  const lr_job *job = it->job;
  lariat_timings *timings = &response->timings;
  response->reactor = it->transport->index;
  response->reused = it->reused;
  timings->queue_us = (job->pool.started_ns - job->request.hop_ns) / 1000;
  timings->dns_us = took_us(it, LARIAT_PHASE_DNS);
  timings->connect_us = took_us(it, LARIAT_PHASE_CONNECT);
  timings->tls_us = took_us(it, LARIAT_PHASE_TLS);
  if (it->at == LARIAT_PHASE_BODY)
    timings->first_byte_us =
        (it->ends_ns[LARIAT_PHASE_FIRST_BYTE] - job->pool.started_ns) / 1000;
}

/* Takes the exchange apart from its job. */
static void detach(exchange *it, bool complete) {
  lr_job *job = it->job;
  if (job->response) fill_in(it, job->response);
  if (job->body.source && job->body.source->ops->over)
    job->body.source->ops->over(job->body.source);
  leave_connection(it, complete);
  count_phase(it, (unsigned)-1);
  job->pool.carrier = NULL;
  job->attempt.phase = (uint8_t)it->at;
  it->transport->running--;
  free_exchange(it);
}

static void cancel(void *self, lr_job *job) {
  scripted *transport = self;
  if (job->sink) lr_body_sink_end(job, LARIAT_ECANCELLED);
  detach(exchange_of(job), false);
  lr_dispatcher_unblock(transport->dispatcher);
}

/* For the outlets. */

static void describe(lr_job *job, lariat_response *response) {
  fill_in(exchange_of(job), response);
}

static void resume(lr_job *job) {
  exchange *it = exchange_of(job);
  if (lr_list_empty(&it->node)) proceed(it);
}

static void publish(const scripted *transport) {
  lr_transport_stats *stats = transport->stats;
  lr_u64_store_relaxed(&stats->connecting, transport->connecting);
  lr_u64_store_relaxed(&stats->receiving, transport->receiving);
}

/* What is done here may be given up on the way, but nothing new comes. */
static bool turn_end(void *self) {
  scripted *transport = self;
  lr_list *node;
  transport->fresh = 0;
  lr_body_sinks_turn_end(&transport->sinks);
  while ((node = lr_list_take_first(&transport->begun)))
    proceed(lr_container(node, exchange, node));
  bool more = !lr_list_empty(&transport->over);
  while ((node = lr_list_first(&transport->over))) {
    exchange *it = lr_container(node, exchange, node);
    lr_job *job = it->job;
    if (job->sink) lr_body_sink_end(job, job->attempt.outcome);
    detach(it, job->attempt.outcome == LARIAT_OK);
    if (job->sink) lr_body_sink_transform(job);
    lr_dispatcher_done(transport->dispatcher, job);
  }
  publish(transport);
  return more;
}

static void close_transport(void *self) {
  scripted *transport = self;
  lr_u64_store_relaxed(&transport->stats->connections, 0);
  lr_body_sinks_clear(&transport->sinks);
  lr_free(transport);
}

static const lr_transport_ops ops = {.start = start,
                                     .is_busy = is_busy,
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

static lariat_status open_transport(void *context,
                                    const lr_transport_config *config,
                                    lr_transport *out) {
  const plot *it = context;
  scripted *transport = lr_alloc_zero(sizeof *transport);
  if (!transport) return LARIAT_ENOMEM;
  unsigned share = lr_placement_share(0, config->options->max_connections,
                                      config->index, config->reactors);
  transport->stats = config->stats;
  transport->index = config->index;
  transport->dispatcher = config->dispatcher;
  transport->reactor = config->reactor;
  transport->script = it->script;
  transport->context = it->context;
  transport->max_connections = share ? share : 1;
  lr_body_sinks_init(&transport->sinks, config->budget, config->reactor);
  transport->sinks.describe = describe;
  transport->sinks.resume = resume;
  lr_list_init(&transport->begun);
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
