/* SPDX-License-Identifier: MIT
 * scripted.c: a transport that is a function of a test's, and a clock: how long
 * a request stays in each phase is known when it starts. */
#include <lariat/testing.h>

#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/time.h"
#include "http/sha256.h"
#include "job/body_sink.h"
#include "job/body_source.h"
#include "job/kept_answer.h"
#include "job/observation.h"
#include "job/report.h"
#include "job/stream.h"
#include "limits/placement.h"
#include "pool/pool.h"
#include "pool/worker.h"
#include "schedule/dispatcher.h"

enum { PHASES = LARIAT_PHASE_BODY + 1, PIECE = LR_CHUNK_CAPACITY };

struct lariat_asked {
  const lr_job *job;
  unsigned reactor;
  bool reused;
};

typedef struct scripted_transport {
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
  unsigned receiving;       /* of these, their answer has begun */
  char piece[PIECE];        /* of a request's body, while it is looked at */
} scripted_transport;

/* Where a request's body that comes from a source stands. */
typedef enum upload_state {
  UPLOAD_NONE,    /* there is no such body, or its phase is over */
  UPLOAD_READING, /* a piece of it is due at `next_ns` */
  UPLOAD_WAITING  /* there was nothing to read */
} upload_state;

typedef struct scripted_upload {
  lr_reader reader;
  upload_state state;
  size_t piece;
  uint64_t piece_ns; /* a piece in so long */
  uint64_t stops;    /* no more bytes than that are read; 0: all */
  uint64_t next_ns;
  lariat_take take;
} scripted_upload;

/* One request and the script's answer. */
typedef struct scripted_exchange {
  scripted_transport *transport;
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

  scripted_upload upload;
} scripted_exchange;

/* ---- Requests as the script sees them ---- */

const char *lariat_asked_method(const lariat_asked *asked) {
  return asked->job->request.method;
}

const char *lariat_asked_url(const lariat_asked *asked) {
  return asked->job->request.url.text;
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

/* ---- Connections ---- */

/* Counts a host's connections: numbers, as the engine has them, but in no lane.
 */

static void count_open(scripted_transport *transport, lr_host *host,
                       unsigned by) {
  host->connections.open += by;
  transport->open += by;
  lr_u64_store_relaxed(&transport->stats->connections, transport->open);
}

static bool shares_connections(const lr_host *host) {
  return host->protocol == LR_PROTOCOL_HTTP2;
}

/* Tells whether a connection of the host's can take another request. */
static bool can_take_request(const lr_host *host) {
  return host->connections.open >
         (shares_connections(host) ? 0 : host->running);
}

static bool has_idle_connection(const lr_host *host) {
  return host->connections.open >
         (shares_connections(host) && host->running ? 1 : host->running);
}

static void close_connection(scripted_transport *transport, lr_host *host) {
  count_open(transport, host, (unsigned)-1);
  if (host->connections.open == 0 && shares_connections(host))
    host->protocol = LR_PROTOCOL_UNKNOWN;
}

/* Closes an idle connection of some host's, so that another can be opened. */
static void close_idle_connection(scripted_transport *transport) {
  lr_hosts *hosts = &transport->dispatcher->hosts;
  lr_table_node *node = lr_table_first(&hosts->table);
  for (; node; node = lr_table_next(&hosts->table, node)) {
    lr_host *host = lr_host_of_node(node);
    if (!has_idle_connection(host)) continue;
    close_connection(transport, host);
    lr_hosts_forget(hosts, host);
    return;
  }
}

static bool may_open_connection(scripted_transport *transport,
                                const lr_host *host) {
  if (host->connections.open >= host->connections.limit) return false;
  if (transport->open >= transport->max_connections)
    close_idle_connection(transport);
  return transport->open < transport->max_connections;
}

/* Lets go of an exchange's connection, which stays if it can be used again. */
static void release_connection(scripted_exchange *exchange, bool complete) {
  scripted_transport *transport = exchange->transport;
  lr_host *host = exchange->job->pool.host;
  bool last = !shares_connections(host) || host->running == 1;
  if ((complete && !exchange->closes) || !last) return;
  close_connection(transport, host);
}

/* ---- Answers ---- */

static bool add_text(lr_buffer *buffer, const char *text) {
  return lr_buffer_append(buffer, text, strlen(text));
}

static bool add_header(lr_buffer *head, const lariat_header *header) {
  const char *value = header->value ? header->value : "";
  return add_text(head, header->name) && add_text(head, ": ") &&
         add_text(head, value) && add_text(head, "\r\n");
}

/* Copies the head's lines and the body; status and version stay numbers. */
static bool copy_answer(scripted_exchange *exchange,
                        const lariat_answer *answer) {
  bool done = true;
  exchange->status = answer->status;
  exchange->http_version = answer->http_version;
  for (size_t i = 0; i < answer->header_count && done; i++)
    done = add_header(&exchange->head, &answer->headers[i]);
  if (strcmp(exchange->job->request.method, "HEAD") == 0) return done;
  return done &&
         lr_buffer_append(&exchange->body, answer->body, answer->body_length);
}

static lariat_phase default_phase(lariat_status failure) {
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

static lariat_phase clamp_phase(lariat_phase phase) {
  return phase < LARIAT_PHASE_DNS || phase > LARIAT_PHASE_BODY
             ? LARIAT_PHASE_BODY
             : phase;
}

static void set_end(scripted_exchange *exchange, const lariat_answer *answer) {
  exchange->last = LARIAT_PHASE_BODY;
  if (answer->failure != LARIAT_OK) {
    exchange->failure = answer->failure;
    exchange->last = clamp_phase(
        answer->fails_in ? answer->fails_in : default_phase(answer->failure));
  }
  if (answer->never && clamp_phase(answer->never) <= exchange->last) {
    exchange->stays = true;
    exchange->last = clamp_phase(answer->never);
  }
  if (exchange->last <= LARIAT_PHASE_TLS) exchange->reused = false;
}

static size_t piece_size(size_t asked) {
  return asked == 0 || asked > PIECE ? PIECE : asked;
}

static void set_pieces(scripted_exchange *exchange,
                       const lariat_answer *answer) {
  exchange->body_piece = piece_size(answer->body_piece);
  exchange->body_ns = lr_ns_of_ms(answer->body_ms);
  exchange->upload.piece = piece_size(answer->upload_piece);
  exchange->upload.piece_ns = lr_ns_of_ms(answer->upload_ms);
  exchange->upload.stops = answer->upload_stops;
  exchange->upload.take = answer->take;
}

static void set_times(scripted_exchange *exchange,
                      const lariat_answer *answer) {
  const uint64_t ms[PHASES] = {
      [LARIAT_PHASE_DNS] = exchange->reused ? 0 : answer->dns_ms,
      [LARIAT_PHASE_CONNECT] = exchange->reused ? 0 : answer->connect_ms,
      [LARIAT_PHASE_TLS] = exchange->reused || !exchange->job->request.url.tls
                               ? 0
                               : answer->tls_ms,
      [LARIAT_PHASE_REQUEST] = answer->request_ms,
      [LARIAT_PHASE_FIRST_BYTE] = answer->first_byte_ms,
      [LARIAT_PHASE_BODY] = answer->body_ms};
  uint64_t at_ns = exchange->job->pool.started_ns;
  for (int phase = 0; phase < PHASES; phase++) {
    at_ns = lr_add_ms(at_ns, ms[phase]);
    exchange->ends_ns[phase] = at_ns;
  }
  if (exchange->stays) exchange->ends_ns[exchange->last] = UINT64_MAX;
  exchange->upload.next_ns =
      exchange->ends_ns[LARIAT_PHASE_TLS] + exchange->upload.piece_ns;
}

/* ---- Phases ---- */

static bool is_connecting(lariat_phase phase) {
  return phase <= LARIAT_PHASE_TLS;
}

/* Returns `at_ns`, or UINT64_MAX if that is after the deadline: a clock that
 * jumps must not let an answer pass which came too late. */
static uint64_t limit_to_deadline(const scripted_exchange *exchange,
                                  uint64_t at_ns) {
  return at_ns >= exchange->job->request.deadline_ns ? UINT64_MAX : at_ns;
}

/* Returns when the phase ends; UINT64_MAX if a limit comes before that. */
static uint64_t end_of_phase(const scripted_exchange *exchange,
                             lariat_phase phase) {
  const lr_job *job = exchange->job;
  uint64_t end_ns = limit_to_deadline(exchange, exchange->ends_ns[phase]);
  if (is_connecting(phase) && job->request.connect_timeout_ns &&
      !exchange->reused &&
      end_ns - job->pool.started_ns >= job->request.connect_timeout_ns)
    return UINT64_MAX;
  return end_ns;
}

static void learn_protocol(scripted_exchange *exchange) {
  lr_host *host = exchange->job->pool.host;
  if (host->protocol != LR_PROTOCOL_UNKNOWN) return;
  lr_dispatcher_learned(exchange->transport->dispatcher, host,
                        exchange->http_version >= 20 ? LR_PROTOCOL_HTTP2
                                                     : LR_PROTOCOL_HTTP1);
}

static lariat_status take_head(scripted_exchange *exchange) {
  lariat_response *response = exchange->job->response;
  const char *line = exchange->head.bytes;
  const char *end = line ? line + exchange->head.length : NULL;
  lariat_status status = LARIAT_OK;
  response->status = exchange->status;
  response->http_version = exchange->http_version;
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

/* Takes a body that is only kept, which comes as a whole. */
static lariat_status take_body(scripted_exchange *exchange) {
  lr_job *job = exchange->job;
  const lr_buffer *body = &exchange->body;
  job->pool.received = body->length;
  if (job->request.max_body_bytes &&
      job->pool.received > job->request.max_body_bytes)
    return LARIAT_EBODYLIMIT;
  if (exchange->digest &&
      !lr_sha256_add(exchange->digest, body->bytes, body->length))
    return LARIAT_ENOMEM;
  if (job->wants.sink_kind == LARIAT_SINK_DISCARD) return LARIAT_OK;
  return lr_response_add_body(job->response, body->bytes, body->length)
             ? LARIAT_OK
             : LARIAT_ENOMEM;
}

static bool has_open_sink(const lr_job *job) {
  return job->sink && lr_body_sink_is_open(job->sink);
}

static lariat_status finish_digest(scripted_exchange *exchange,
                                   uint8_t sha256[32], bool *has) {
  if (!exchange->digest) return LARIAT_OK;
  *has = lr_sha256_end(exchange->digest, sha256);
  return *has ? LARIAT_OK : LARIAT_ENOMEM;
}

/* Ends a body.  The response of a stream was given away at its head. */
static lariat_status finish_body(scripted_exchange *exchange) {
  lr_job *job = exchange->job;
  lariat_response *response = job->response;
  lariat_status status = has_open_sink(job) ? LARIAT_OK : take_body(exchange);
  if (status != LARIAT_OK) return status;
  if (!response) {
    lariat_stream *stream = job->sink->stream;
    return finish_digest(exchange, stream->sha256, &stream->has_sha256);
  }
  if (!lr_response_finish(response)) return LARIAT_ENOMEM;
  response->body_bytes = job->pool.received;
  return finish_digest(exchange, response->sha256, &response->has_sha256);
}

/* Counts how many are in which phase. */
static void count_phase(scripted_exchange *exchange, unsigned by) {
  scripted_transport *transport = exchange->transport;
  if (is_connecting(exchange->at)) transport->connecting += by;
  if (exchange->at == LARIAT_PHASE_BODY) transport->receiving += by;
}

/* There are no connections of which to keep anything. */
static const lr_kept_connection no_connection = {.fd = -1};
/* Tells the observer of the connection, and of the request as it would be
 * sent. */
static LR_COLD void observe_sent(const scripted_exchange *exchange) {
  lr_job *job = exchange->job;
  const lr_header_list *headers = job->request.headers;
  uint64_t now_ns = lr_reactor_turn_ns(exchange->transport->reactor);
  const lr_observed_connection connection = {.reused = exchange->reused};
  const lr_url *url = &job->request.url;
  lr_buffer head = {NULL, 0, 0};
  lr_observation_connected(job, now_ns, &connection);
  if (add_text(&head, job->request.method) && add_text(&head, " ") &&
      add_text(&head, url->text + url->origin_length) &&
      add_text(&head, " HTTP/1.1\r\n") &&
      (!headers ||
       lr_buffer_append(&head, headers->lines, headers->lines_length)) &&
      add_text(&head, "\r\n"))
    lr_observation_sent(job, now_ns, head.bytes, head.length);
  lr_buffer_clear(&head);
}

/* Ends a phase and begins the next. */
static void leave_phase(scripted_exchange *exchange) {
  if (exchange->at == LARIAT_PHASE_TLS) {
    if (exchange->job->observation) observe_sent(exchange);
    learn_protocol(exchange);
    if (!lr_dispatcher_sending(exchange->transport->dispatcher, exchange->job))
      exchange->job->attempt.outcome = LARIAT_EBUSY;
  }
  count_phase(exchange, (unsigned)-1);
  exchange->at++;
  count_phase(exchange, 1);
  if (exchange->at != LARIAT_PHASE_BODY) return;
  exchange->job->attempt.outcome = take_head(exchange);
  if (exchange->job->attempt.outcome == LARIAT_OK && exchange->job->wants.keep)
    exchange->job->attempt.outcome =
        lr_kept_answer_add_connection(exchange->job, &no_connection);
  if (exchange->job->observation)
    lr_observation_look_at_head(
        exchange->job, lr_reactor_turn_ns(exchange->transport->reactor));
  if (exchange->job->attempt.outcome == LARIAT_OK && exchange->job->sink)
    lr_body_sink_head(exchange->job);
}

/* Tells whether the connection was dead already, as one that was open and
 * breaks before it brings anything: the request may be made once more, on a new
 * one. */
static bool was_connection_dead(const scripted_exchange *exchange) {
  bool broke =
      exchange->failure == LARIAT_ERESET || exchange->failure == LARIAT_EEMPTY;
  return exchange->reused && broke && exchange->at <= LARIAT_PHASE_FIRST_BYTE &&
         !shares_connections(exchange->job->pool.host);
}

static void end_exchange(scripted_exchange *exchange) {
  lr_job *job = exchange->job;
  if (was_connection_dead(exchange)) {
    job->attempt.connection_dead = true;
    exchange->failure = LARIAT_ERESET;
  }
  if (exchange->failure != LARIAT_OK)
    lr_report_failure(job, exchange->failure, 0, exchange->at, NULL);
  else if (job->attempt.outcome == LARIAT_OK)
    job->attempt.outcome = finish_body(exchange);
  lr_list_remove(&exchange->node);
  lr_list_append(&exchange->transport->over, &exchange->node);
}

/* ---- Bodies of requests ---- */

static void tell_piece(const scripted_exchange *exchange, size_t length) {
  const scripted_transport *transport = exchange->transport;
  const lariat_asked asked = {.job = exchange->job,
                              .reactor = transport->index,
                              .reused = exchange->reused};
  if (exchange->upload.take)
    exchange->upload.take(&asked, transport->piece, length, transport->context);
}

/* Tells whether a body is whole, which it is for a server that has as much as
 * was told. */
static bool has_read_all(const lr_body_source *body_source) {
  return body_source->ended || body_source->given >= body_source->length;
}

static bool has_read_enough(const scripted_exchange *exchange) {
  const lr_body_source *body_source = exchange->job->body.source;
  return has_read_all(body_source) ||
         (exchange->upload.stops &&
          body_source->given >= exchange->upload.stops);
}

/* Reads a piece.  False: there is nothing, or never will be. */
static bool read_piece(scripted_exchange *exchange) {
  lr_body_source *body_source = exchange->job->body.source;
  size_t capacity = exchange->upload.piece;
  size_t got = 0;
  if (exchange->upload.stops &&
      capacity > exchange->upload.stops - body_source->given)
    capacity = (size_t)(exchange->upload.stops - body_source->given);
  lariat_status status =
      body_source->ops->read(body_source, &exchange->upload.reader,
                             exchange->transport->piece, capacity, &got);
  exchange->upload.state =
      status == LARIAT_EBUSY ? UPLOAD_WAITING : UPLOAD_READING;
  if (status == LARIAT_EBUSY) return false;
  if (status != LARIAT_OK) {
    exchange->job->attempt.outcome = status;
    return false;
  }
  exchange->heard_ns = exchange->upload.next_ns;
  exchange->upload.next_ns += exchange->upload.piece_ns;
  if (got) tell_piece(exchange, got);
  return true;
}

/* Ends the request, which may have taken longer than was thought when it
 * began. */
static void end_request(scripted_exchange *exchange) {
  uint64_t end_ns = exchange->ends_ns[LARIAT_PHASE_REQUEST];
  exchange->upload.state = UPLOAD_NONE;
  if (has_read_all(exchange->job->body.source))
    tell_piece(exchange, 0);
  else if (!shares_connections(exchange->job->pool.host))
    exchange->closes = true;
  for (int phase = LARIAT_PHASE_REQUEST;
       phase < PHASES && exchange->heard_ns > end_ns; phase++)
    if (exchange->ends_ns[phase] != UINT64_MAX)
      exchange->ends_ns[phase] += exchange->heard_ns - end_ns;
}

/* Reads what is due, and returns when more will be, or when the phase ends. */
static uint64_t send_pieces(scripted_exchange *exchange, uint64_t now_ns) {
  if (exchange->upload.state == UPLOAD_WAITING &&
      exchange->upload.next_ns < now_ns)
    exchange->upload.next_ns = now_ns;
  while (!has_read_enough(exchange)) {
    if (limit_to_deadline(exchange, exchange->upload.next_ns) > now_ns)
      return limit_to_deadline(exchange, exchange->upload.next_ns);
    if (!read_piece(exchange)) return UINT64_MAX;
  }
  end_request(exchange);
  return end_of_phase(exchange, LARIAT_PHASE_REQUEST);
}

/* Goes on when there is something to read again. */
static void resume_upload(lr_reader *reader) {
  scripted_exchange *exchange =
      lr_container(reader, scripted_exchange, upload.reader);
  if (exchange->upload.state == UPLOAD_WAITING &&
      lr_list_empty(&exchange->node))
    lr_list_append(&exchange->transport->begun, &exchange->node);
}

/* ---- Bodies of answers that go out in pieces ---- */

static uint64_t due_of_piece(const scripted_exchange *exchange) {
  size_t count =
      (exchange->body.length + exchange->body_piece - 1) / exchange->body_piece;
  size_t number = exchange->delivered / exchange->body_piece + 1;
  uint64_t after_ns = exchange->body_ns / count * number;
  if (number == count) after_ns = exchange->body_ns;
  return limit_to_deadline(
      exchange, exchange->ends_ns[LARIAT_PHASE_FIRST_BYTE] + after_ns);
}

/* Delivers a piece.  False: it is not taken now, or something went wrong. */
static bool deliver_piece(scripted_exchange *exchange, uint64_t due_ns) {
  size_t length = exchange->body.length - exchange->delivered;
  if (length > exchange->body_piece) length = exchange->body_piece;
  const char *piece = exchange->body.bytes + exchange->delivered;
  lariat_status status =
      lr_kept_answer_add_body(exchange->job, piece, length, false);
  if (status == LARIAT_OK)
    status = lr_body_sink_take(exchange->job, piece, length);
  if (status == LARIAT_OK) {
    lr_kept_answer_pass_body(exchange->job, length);
    exchange->delivered += length;
    exchange->heard_ns = due_ns;
  } else if (status != LARIAT_EBUSY) {
    exchange->job->attempt.outcome = status;
  }
  return status == LARIAT_OK;
}

static uint64_t deliver_pieces(scripted_exchange *exchange, uint64_t now_ns) {
  while (exchange->delivered < exchange->body.length) {
    uint64_t due_ns = due_of_piece(exchange);
    if (exchange->job->sink->paused) return UINT64_MAX;
    if (due_ns > now_ns) return due_ns;
    if (!deliver_piece(exchange, due_ns)) return UINT64_MAX;
  }
  return end_of_phase(exchange, LARIAT_PHASE_BODY);
}

/* Does what is due in this phase, and returns when more will be; UINT64_MAX:
 * that will be told. */
static uint64_t run_phase(scripted_exchange *exchange, uint64_t now_ns) {
  if (exchange->at == LARIAT_PHASE_REQUEST &&
      exchange->upload.state != UPLOAD_NONE)
    return send_pieces(exchange, now_ns);
  if (exchange->at == LARIAT_PHASE_BODY && has_open_sink(exchange->job))
    return deliver_pieces(exchange, now_ns);
  return end_of_phase(exchange, exchange->at);
}

/* Goes on as far as the time allows, and has itself called again. */
static void continue_exchange(scripted_exchange *exchange) {
  lariat_reactor *reactor = exchange->transport->reactor;
  uint64_t now_ns = lr_reactor_turn_ns(reactor);
  uint64_t due_ns = run_phase(exchange, now_ns);
  while (exchange->at < exchange->last && due_ns <= now_ns &&
         exchange->job->attempt.outcome == LARIAT_OK) {
    leave_phase(exchange);
    due_ns = run_phase(exchange, now_ns);
  }
  if (due_ns <= now_ns || exchange->job->attempt.outcome != LARIAT_OK) {
    end_exchange(exchange);
  } else if (due_ns != UINT64_MAX &&
             !lr_reactor_set_timer(reactor, &exchange->timer, due_ns)) {
    exchange->failure = LARIAT_ENOMEM;
    end_exchange(exchange);
  }
}

static void timer_expired(lr_timer *timer) {
  continue_exchange(lr_container(timer, scripted_exchange, timer));
}

/* ---- Transport ---- */

static scripted_exchange *exchange_of(const lr_job *job) {
  return (scripted_exchange *)(void *)job->pool.carrier;
}

static void free_exchange(scripted_exchange *exchange) {
  lr_reactor_unset_timer(exchange->transport->reactor, &exchange->timer);
  lr_list_remove(&exchange->node);
  lr_buffer_clear(&exchange->head);
  lr_buffer_clear(&exchange->body);
  lr_sha256_free(exchange->digest);
  lr_free(exchange);
}

static scripted_exchange *new_exchange(scripted_transport *transport,
                                       lr_job *job) {
  if (!job->response) job->response = lr_response_new();
  if (!job->response) return NULL;
  scripted_exchange *exchange = lr_alloc_zero(sizeof *exchange);
  if (!exchange) return NULL;
  exchange->transport = transport;
  exchange->job = job;
  exchange->at = LARIAT_PHASE_DNS;
  exchange->timer.expire = timer_expired;
  exchange->upload.reader.resume = resume_upload;
  if (job->body.source) exchange->upload.state = UPLOAD_READING;
  if (job->wants.sha256) exchange->digest = lr_sha256_new();
  lr_list_init(&exchange->node);
  return exchange;
}

static bool ask_script(scripted_exchange *exchange) {
  const scripted_transport *transport = exchange->transport;
  const lariat_asked asked = {.job = exchange->job,
                              .reactor = transport->index,
                              .reused = exchange->reused};
  lariat_answer answer = {.status = 200, .http_version = 11};
  transport->script(&asked, &answer, transport->context);
  exchange->closes = answer.closes;
  set_end(exchange, &answer);
  set_pieces(exchange, &answer);
  set_times(exchange, &answer);
  return copy_answer(exchange, &answer);
}

/* Prepares an exchange.  LARIAT_OK, or why it cannot be started. */
static lariat_status prepare_exchange(scripted_exchange *exchange) {
  const lr_job *job = exchange->job;
  if (job->wants.sha256 && !exchange->digest) return LARIAT_ENOMEM;
  if (job->body.source) {
    lariat_status status = job->body.source->ops->seek(job->body.source, 0);
    if (status != LARIAT_OK) return status;
  }
  return ask_script(exchange) ? LARIAT_OK : LARIAT_ENOMEM;
}

static void count_connection(scripted_exchange *exchange, bool has_one) {
  lr_transport_stats *stats = exchange->transport->stats;
  if (exchange->reused)
    lr_u64_bump(&stats->reused, 1);
  else
    lr_u64_bump(&stats->opened, 1);
  if (!has_one) count_open(exchange->transport, exchange->job->pool.host, 1);
}

static lariat_status start_job(void *self, lr_job *job) {
  scripted_transport *transport = self;
  lr_host *host = job->pool.host;
  bool idle = can_take_request(host);
  if (job->lease) return LARIAT_EINVAL; /* there are no connections */
  if (!idle && !may_open_connection(transport, host) && transport->running)
    return LARIAT_EBUSY;
  scripted_exchange *exchange = new_exchange(transport, job);
  if (!exchange) return LARIAT_ENOMEM;
  exchange->reused =
      idle && (!job->replay.on_new_connection || shares_connections(host));
  lariat_status status = prepare_exchange(exchange);
  if (status != LARIAT_OK) {
    free_exchange(exchange);
    return status;
  }
  count_connection(exchange, idle);
  job->pool.carrier = (void *)exchange;
  job->pool.received = 0;
  if (job->sink) lr_body_sink_begin(&transport->sinks, job, exchange->digest);
  transport->running++;
  transport->fresh++;
  count_phase(exchange, 1);
  lr_list_append(&transport->begun, &exchange->node);
  if (job->observation)
    lr_observation_started(job, lr_reactor_turn_ns(transport->reactor),
                           transport->index);
  return LARIAT_OK;
}

/* Tells whether to start no more for now: the engine does not begin all of its
 * connections at once either. */
static bool is_transport_busy(void *self) {
  enum { STARTED_AT_ONCE = 8 };
  const scripted_transport *transport = self;
  return transport->fresh >= STARTED_AT_ONCE;
}

static lariat_phase phase_of_job(void *self, const lr_job *job) {
  (void)self;
  return exchange_of(job)->at;
}

/* Returns when something was heard: each phase's end is that, and each piece; a
 * body that waits for its taker is heard of all the time. */
static uint64_t heard_of_job(void *self, const lr_job *job) {
  const scripted_transport *transport = self;
  const scripted_exchange *exchange = exchange_of(job);
  uint64_t before_ns = exchange->ends_ns[exchange->at - 1];
  if (job->sink && job->sink->paused)
    return lr_reactor_turn_ns(transport->reactor);
  return exchange->heard_ns > before_ns ? exchange->heard_ns : before_ns;
}

/* Returns when a phase ended, in microseconds since the start; 0: it has not.
 */
static uint64_t ended_us(const scripted_exchange *exchange,
                         lariat_phase phase) {
  if (exchange->at <= phase) return 0;
  return lr_since(exchange->ends_ns[phase], exchange->job->pool.started_ns) /
         LR_NS_PER_US;
}

/* Collects what is known of an attempt, which lasts until the end of its last
 * phase, or until it is given up. */
static lr_attempt_facts facts_of(const scripted_exchange *exchange) {
  uint64_t now_ns = lr_reactor_turn_ns(exchange->transport->reactor);
  uint64_t end_ns = exchange->ends_ns[exchange->at];
  if (end_ns > now_ns) end_ns = now_ns;
  return (lr_attempt_facts){
      .opened = !exchange->reused,
      .dns_us = ended_us(exchange, LARIAT_PHASE_DNS),
      .connected_us = ended_us(exchange, LARIAT_PHASE_CONNECT),
      .secured_us = ended_us(exchange, LARIAT_PHASE_TLS),
      .ready_us = ended_us(exchange, LARIAT_PHASE_TLS),
      .first_byte_us = ended_us(exchange, LARIAT_PHASE_FIRST_BYTE),
      .ended_us =
          lr_since(end_ns, exchange->job->pool.started_ns) / LR_NS_PER_US};
}

/* Returns what has been reached of an answer that goes on. */
static lariat_instants instants_of(const scripted_exchange *exchange) {
  const uint64_t *ends_ns = exchange->ends_ns;
  lariat_instants instants = {0};
  if (exchange->at > LARIAT_PHASE_TLS)
    instants.sent_ns = ends_ns[LARIAT_PHASE_TLS];
  if (exchange->at > LARIAT_PHASE_FIRST_BYTE)
    instants.first_byte_ns = ends_ns[LARIAT_PHASE_FIRST_BYTE];
  return instants;
}

/* Notes when the answer ended: with its last phase. */
static void report_end(const scripted_exchange *exchange,
                       lariat_instants *instants) {
  uint64_t now_ns = lr_reactor_turn_ns(exchange->transport->reactor);
  uint64_t end_ns = exchange->ends_ns[exchange->at];
  instants->done_ns = end_ns < now_ns ? end_ns : now_ns;
  instants->arrived_ns = instants->done_ns;
  instants->arrival = LARIAT_ARRIVAL_READ;
}

static void report_exchange(const scripted_exchange *exchange, bool complete,
                            lariat_response *response) {
  lr_attempt_facts facts = facts_of(exchange);
  response->reactor = exchange->transport->index;
  response->reused = exchange->reused;
  if (complete)
    lr_report_timings(exchange->job, &facts, response);
  else
    lr_report_failed_timings(exchange->job, &facts, response, exchange->at);
  response->instants = instants_of(exchange);
}

/* Takes the exchange apart from its job. */
static void detach_job(scripted_exchange *exchange, bool complete) {
  lr_job *job = exchange->job;
  if (job->response) {
    report_exchange(exchange, complete, job->response);
    if (complete) report_end(exchange, &job->response->instants);
  }
  if (job->body.source && job->body.source->ops->over)
    job->body.source->ops->over(job->body.source);
  release_connection(exchange, complete);
  count_phase(exchange, (unsigned)-1);
  job->pool.carrier = NULL;
  job->attempt.phase = (uint8_t)exchange->at;
  exchange->transport->running--;
  free_exchange(exchange);
}

static void cancel_job(void *self, lr_job *job) {
  scripted_transport *transport = self;
  if (job->sink) lr_body_sink_end(job, LARIAT_ECANCELLED);
  detach_job(exchange_of(job), false);
  lr_dispatcher_unblock(transport->dispatcher);
}

/* ---- Body sinks ---- */

static void describe_response(lr_job *job, lariat_response *response) {
  report_exchange(exchange_of(job), true, response);
}

static void resume_body(lr_job *job) {
  scripted_exchange *exchange = exchange_of(job);
  if (lr_list_empty(&exchange->node)) continue_exchange(exchange);
}

static void publish_counts(const scripted_transport *transport) {
  lr_transport_stats *stats = transport->stats;
  lr_u64_store_relaxed(&stats->connecting, transport->connecting);
  lr_u64_store_relaxed(&stats->receiving, transport->receiving);
}

/* Goes on with what was begun and ends what is over.  What is done here may be
 * given up on the way, but nothing new comes. */
static bool end_turn(void *self) {
  scripted_transport *transport = self;
  lr_list *node;
  transport->fresh = 0;
  lr_body_sinks_turn_end(&transport->sinks);
  while ((node = lr_list_take_first(&transport->begun)))
    continue_exchange(lr_container(node, scripted_exchange, node));
  bool more = !lr_list_empty(&transport->over);
  while ((node = lr_list_first(&transport->over))) {
    scripted_exchange *exchange = lr_container(node, scripted_exchange, node);
    lr_job *job = exchange->job;
    if (job->sink) lr_body_sink_end(job, job->attempt.outcome);
    detach_job(exchange, job->attempt.outcome == LARIAT_OK);
    if (job->sink) lr_body_sink_transform(job);
    lr_dispatcher_done(transport->dispatcher, job);
  }
  publish_counts(transport);
  return more;
}

static void close_transport(void *self) {
  scripted_transport *transport = self;
  lr_u64_store_relaxed(&transport->stats->connections, 0);
  lr_body_sinks_clear(&transport->sinks);
  lr_free(transport);
}

static const lr_transport_ops ops = {.start = start_job,
                                     .is_busy = is_transport_busy,
                                     .cancel = cancel_job,
                                     .phase = phase_of_job,
                                     .heard_ns = heard_of_job,
                                     .turn_end = end_turn,
                                     .close = close_transport};

/* The parts that a transport is made from. */
typedef struct scripted_setup {
  lariat_script script;
  void *context;
} scripted_setup;

static lariat_status open_transport(void *context,
                                    const lr_transport_config *config,
                                    lr_transport *out) {
  const scripted_setup *setup = context;
  scripted_transport *transport = lr_alloc_zero(sizeof *transport);
  if (!transport) return LARIAT_ENOMEM;
  unsigned share = lr_placement_share(0, config->options->max_connections,
                                      config->index, config->reactors);
  transport->stats = config->stats;
  transport->index = config->index;
  transport->dispatcher = config->dispatcher;
  transport->reactor = config->reactor;
  transport->script = setup->script;
  transport->context = setup->context;
  transport->max_connections = share ? share : 1;
  lr_body_sinks_init(&transport->sinks, config->budget, config->reactor);
  transport->sinks.describe = describe_response;
  transport->sinks.resume = resume_body;
  lr_list_init(&transport->begun);
  lr_list_init(&transport->over);
  *out = (lr_transport){&ops, transport};
  return LARIAT_OK;
}

lariat_status lariat_scripted_pool_new(const lariat_pool_options *options,
                                       lariat_reactor *reactor,
                                       lariat_script script, void *context,
                                       lariat_pool **out) {
  scripted_setup setup = {script, context};
  const lr_pool_parts parts = {open_transport, &setup, reactor};
  *out = NULL;
  return script ? lr_pool_make(options, &parts, out) : LARIAT_EINVAL;
}
