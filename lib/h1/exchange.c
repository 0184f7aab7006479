/* SPDX-License-Identifier: MIT
 * exchange.c: requests sent and answers read without libcurl. */
#include "h1/exchange.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/memory.h"
#include "base/time.h"
#include "h1/connection.h"
#include "h1/request_head.h"
#include "h1/stale.h"
#include "http/header_list.h"
#include "http/sha256.h"
#include "job/redirect.h"
#include "job/report.h"
#include "schedule/dispatcher.h"
#include "schedule/host.h"

/* A connection that always has more does not keep the others waiting. */
enum { READS_AT_ONCE = 4 };

static const uint32_t read_events = EPOLLIN | EPOLLRDHUP;

/* ---- Suitable jobs ---- */

static bool is_head_request(const lr_job *job) {
  return !job->request.get && strcmp(job->request.method, "HEAD") == 0;
}

/* libcurl refuses to send a head of a megabyte, in its own words. */
enum { LONGEST_LINES = 512 * 1024 };

static bool is_h1_safe(const lr_header_list *headers) {
  return !headers ||
         (headers->h1_safe && headers->lines_length <= LONGEST_LINES);
}

static bool has_extras(const lr_job *job) {
  return job->sink || job->body.source || job->body.bytes ||
         !job->replay.repeatable;
}

bool lr_exchange_suits_idle(const lr_job *job) {
  if (!is_h1_safe(job->request.headers)) return false;
  return job->request.defaults ||
         (!has_extras(job) && (job->request.get || is_head_request(job)));
}

/* Leaves hosts with a delay to libcurl: they want to be asked when each request
 * is sent, and their requests are few. */
bool lr_exchange_suits(const lr_h1 *h1, const lr_job *job) {
  const lr_host *host = job->pool.host;
  if (h1->disabled || host->pacing.has_delay) return false;
  if (job->request.http == LARIAT_HTTP_2) return false;
  return lr_exchange_suits_idle(job);
}

bool lr_exchange_takes(const lr_job *job) { return !job->attempt.reuse_failed; }

/* ---- Sending ---- */

static bool watch_events(lr_connection *connection, uint32_t events) {
  return lr_poller_set(lr_reactor_poller(connection->h1->reactor),
                       &connection->watch, events) == LARIAT_OK;
}

static lariat_status keep_unsent(lr_connection *connection, const char *bytes,
                                 size_t length) {
  connection->unsent.length = 0;
  connection->sent = 0;
  if (length == 0) return LARIAT_OK;
  if (!lr_buffer_append(&connection->unsent, bytes, length) ||
      !watch_events(connection, read_events | EPOLLOUT))
    return LARIAT_ENOMEM;
  return LARIAT_OK;
}

static bool is_sent(const lr_connection *connection) {
  return connection->sent == connection->unsent.length;
}

/* Sends the job's request, or as much of it as goes now.
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ERESET  the connection is dead */
static inline lariat_status send_request(lr_connection *connection,
                                         const lr_job *job) {
  size_t length = 0;
  const char *text = lr_request_head_write(connection->h1, job, &length);
  if (!text) return LARIAT_ENOMEM;
  ssize_t sent = lr_stream_send(&connection->stream, text, length);
  if (sent < 0) return LARIAT_ERESET;
  return keep_unsent(connection, text + sent, length - (size_t)sent);
}

/* ---- Beginning ---- */

static inline void begin_exchange(lr_connection *connection, lr_job *job) {
  lr_connection_take(connection, job);
  connection->first_byte_ns = 0;
  job->pool.received = 0;
  lr_h1_parser_begin(&connection->parser, job->response, !job->request.get,
                     job->wants.decompress ? &connection->h1->decoders : NULL,
                     job->request.max_body_bytes);
  if (job->wants.sink_kind == LARIAT_SINK_DISCARD)
    lr_h1_parser_discard(&connection->parser, job->wants.sha256);
  connection->h1->running++;
}

lariat_status lr_exchange_start(lr_h1 *h1, lr_job *job) {
  lr_connection *connection;
  if (!job->response) job->response = lr_response_new();
  if (!job->response) return LARIAT_ENOMEM;
  while ((connection = lr_connection_idle(job->pool.host))) {
    lariat_status status = send_request(connection, job);
    lr_request_head_trim(h1, job->pool.host);
    if (status == LARIAT_OK) {
      begin_exchange(connection, job);
      return LARIAT_OK;
    }
    lr_connection_close(connection);
    if (status != LARIAT_ERESET) return status;
  }
  return LARIAT_EBUSY;
}

/* ---- Ending ---- */

/* Returns microseconds from the job's start until `ns`. */
static uint64_t us_since_start(const lr_job *job, uint64_t ns) {
  return lr_since(ns, job->pool.started_ns) / LR_NS_PER_US;
}

/* Returns what is known of the attempt.  Without a first byte, the wait for it
 * ends now. */
static lr_attempt_facts exchange_facts(const lr_connection *connection) {
  const lr_job *job = connection->job;
  uint64_t now_ns = lr_reactor_turn_ns(connection->h1->reactor);
  uint64_t first_ns =
      connection->first_byte_ns ? connection->first_byte_ns : now_ns;
  return (lr_attempt_facts){.first_byte_us = us_since_start(job, first_ns),
                            .ended_us = us_since_start(job, now_ns)};
}

static inline void describe_peer(const lr_connection *connection) {
  lariat_response *response = connection->job->response;
  response->connection = connection->id;
  response->reused = !connection->is_new;
  response->remote_port = connection->remote_port;
  memcpy(response->remote_ip, connection->remote_ip,
         sizeof response->remote_ip);
}

static inline void describe_attempt(const lr_connection *connection) {
  lr_attempt_facts facts = exchange_facts(connection);
  describe_peer(connection);
  lr_report_timings(connection->job, &facts, connection->job->response);
}

/* Describes an attempt that ends in `phase`. */
static void describe_failed_attempt(const lr_connection *connection,
                                    lariat_phase phase) {
  lr_attempt_facts facts = exchange_facts(connection);
  describe_peer(connection);
  lr_report_failed_timings(connection->job, &facts, connection->job->response,
                           phase);
}

static void free_digest(lr_connection *connection) {
  lr_sha256_free(connection->digest);
  connection->digest = NULL;
  connection->digested = 0;
}

/* Takes the job from its connection; what becomes of that is the caller's. */
static inline lr_job *release_job(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  lr_job *job = connection->job;
  if (connection->first_byte_ns) h1->receiving--;
  h1->running--;
  job->pool.received = connection->parser.received;
  lr_h1_parser_close(&connection->parser);
  if (connection->digest) free_digest(connection);
  job->pool.connection = NULL;
  connection->job = NULL;
  return job;
}

/* Asks for a new connection, as if the job had never been started: this one was
 * dead before anything came. */
static void retry_on_new_connection(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  lr_job *job = release_job(connection);
  lr_connection_close(connection);
  lr_response_reset(job->response);
  job->attempt.reuse_failed = true;
  job->attempt.outcome = LARIAT_EBUSY;
  lr_dispatcher_done(h1->dispatcher, job);
}

static int curl_code_for(lariat_status status) {
  switch (status) {
  case LARIAT_OK:
    return LR_CURLE_OK;
  case LARIAT_ETRUNCATED:
    return LR_CURLE_PARTIAL_FILE;
  case LARIAT_EEMPTY:
    return LR_CURLE_GOT_NOTHING;
  case LARIAT_ERESET:
    return LR_CURLE_RECV_ERROR;
  case LARIAT_ENOMEM:
    return LR_CURLE_OUT_OF_MEMORY;
  case LARIAT_EENCODING:
    return LR_CURLE_BAD_CONTENT_ENCODING;
  default:
    return LR_CURLE_WRITE_ERROR;
  }
}

/* Returns what is to be said of a failure, or NULL; `text` may be used for it.
 */
static const char *describe_fault(const lr_h1_parser *parser,
                                  lariat_status status,
                                  char text[LR_DECODER_TEXT]) {
  if (status == LARIAT_EENCODING) {
    lr_content_decoder_describe(parser->decoder, text);
    return text;
  }
  if (parser->reason != LR_H1_REASON_NONE && status == parser->fault)
    return lr_h1_reason_text((lr_h1_reason)parser->reason);
  if (status == LARIAT_ERESET) return "the connection was reset";
  if (status == LARIAT_EEMPTY) return "the connection ended before the answer";
  if (status != LARIAT_ETRUNCATED) return NULL;
  return lr_h1_parser_in_body(parser) ? "the connection ended within the body"
                                      : "the connection ended within the head";
}

static void fail_exchange(lr_connection *connection, lariat_status status) {
  lr_h1 *h1 = connection->h1;
  lr_job *job = connection->job;
  char text[LR_DECODER_TEXT];
  const char *detail = describe_fault(&connection->parser, status, text);
  lr_report_failure(job, status, curl_code_for(status), lr_exchange_phase(job),
                    detail);
  describe_failed_attempt(connection, (lariat_phase)job->attempt.phase);
  lr_h1_count(h1, job->response);
  release_job(connection);
  lr_connection_close(connection);
  lr_dispatcher_done(h1->dispatcher, job);
}

/* Digests a large body as it comes: all of it at its end would hold up
 * everything else.  Without memory for that, it does. */
static void digest_received(lr_connection *connection) {
  enum { PIECE = 256 * 1024 };
  const lr_buffer *body = &connection->job->response->body;
  size_t length = body->length - connection->digested;
  if (length < PIECE) return;
  if (connection->digested == 0 && !lr_sha256_begin(&connection->digest))
    return;
  if (lr_sha256_add(connection->digest, body->bytes + connection->digested,
                    length))
    connection->digested = body->length;
}

static bool end_body_digest(lr_connection *connection,
                            lariat_response *response) {
  const lr_buffer *body = &response->body;
  size_t from = connection->digested;
  return lr_sha256_add(connection->digest, body->bytes + from,
                       body->length - from) &&
         lr_sha256_end(connection->digest, response->sha256);
}

static bool compute_digest(lr_connection *connection,
                           lariat_response *response) {
  const lr_buffer *body = &response->body;
  if (connection->digested) return end_body_digest(connection, response);
  if (connection->parser.body_use == LR_H1_DIGESTED)
    return lr_h1_parser_digest(&connection->parser, response->sha256);
  return lr_sha256_of(body->bytes, body->length, response->sha256);
}

static bool make_digest(lr_connection *connection, lariat_response *response) {
  response->has_sha256 = compute_digest(connection, response);
  return response->has_sha256;
}

static lariat_status conclude_response(lr_connection *connection) {
  const lr_job *job = connection->job;
  lariat_response *response = job->response;
  if (job->wants.sha256 && !make_digest(connection, response))
    return LARIAT_ENOMEM;
  if (!lr_response_finish(response)) return LARIAT_ENOMEM;
  response->body_bytes = connection->parser.received;
  return LARIAT_OK;
}

/* Ends an exchange whose answer is complete; `length` bytes at `rest` came that
 * are of no answer. */
static void finish_exchange(lr_connection *connection, const char *rest,
                            size_t length) {
  lr_h1 *h1 = connection->h1;
  bool alone = length == 0 && !connection->host->learned.desync;
  if (LR_RARE(!alone || connection->job->response->status == 408) &&
      lr_stale_is_complete(connection, rest, length)) {
    retry_on_new_connection(connection);
    return;
  }
  lariat_status status = conclude_response(connection);
  if (status != LARIAT_OK) {
    fail_exchange(connection, status);
    return;
  }
  describe_attempt(connection);
  bool keeps = connection->parser.keeps && alone && is_sent(connection) &&
               !lr_connection_limit_must_reclaim(h1->limit, connection->host);
  lr_job *job = release_job(connection);
  if (!connection->is_new) lr_host_note_reuse(connection->host);
  lr_h1_count(h1, job->response);
  if (keeps)
    lr_connection_make_idle(connection);
  else
    lr_connection_close(connection);
  lr_dispatcher_done(h1->dispatcher, job);
}

/* ---- Reading ---- */

/* Says whether the answer that was lost had begun as a 408, with which servers
 * close idle connections: it was sent before the request came. */
static bool is_goodbye(const lr_connection *connection) {
  return connection->job->response->status == 408;
}

/* Ends an exchange whose connection was lost.  One that was open already may
 * have been closed before the server knew of the request; a new one was not. */
static void end_lost(lr_connection *connection, lariat_status status) {
  bool begun = lr_h1_parser_begun(&connection->parser);
  if (!begun && !connection->is_new) lr_host_note_early_end(connection->host);
  if (!connection->is_new && (!begun || is_goodbye(connection)))
    retry_on_new_connection(connection);
  else if (!begun && status == LARIAT_ETRUNCATED)
    fail_exchange(connection, LARIAT_EEMPTY);
  else
    fail_exchange(connection, status);
}

static void end_at_close(lr_connection *connection) {
  lr_h1_result result = lr_h1_parser_end(&connection->parser);
  if (result == LR_H1_DONE)
    finish_exchange(connection, NULL, 0);
  else
    end_lost(connection, connection->parser.fault);
}

static void note_received(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  uint64_t now_ns = lr_reactor_turn_ns(h1->reactor);
  if (connection->job->request.idle_timeout_ns)
    connection->job->pool.active_ns = now_ns;
  if (connection->first_byte_ns) return;
  connection->first_byte_ns = now_ns;
  h1->receiving++;
}

/* Ends an exchange whose answer the parser has refused.  The body of a redirect
 * that is followed does not matter, so it need not be possible to decode it. */
static LR_COLD void end_refused(lr_connection *connection, const char *bytes,
                                size_t length) {
  lariat_status fault = connection->parser.fault;
  if (lr_stale_is_rubbish(connection, bytes, length)) {
    retry_on_new_connection(connection);
  } else if (fault == LARIAT_EENCODING && lr_redirect_wanted(connection->job)) {
    connection->parser.keeps = false;
    finish_exchange(connection, NULL, 0);
  } else {
    fail_exchange(connection, fault);
  }
}

/* Keeps the bytes that wait until another turn, and reads no more meanwhile: a
 * body that becomes a thousand times as much does not hold up the others. */
static LR_COLD void pause_decoding(lr_connection *connection, const char *bytes,
                                   size_t length) {
  if (connection->job->wants.sha256) digest_received(connection);
  if (!lr_buffer_append(&connection->unread, bytes, length)) {
    fail_exchange(connection, LARIAT_ENOMEM);
    return;
  }
  (void)watch_events(connection, 0);
  lr_decode_queue_add(&connection->h1->decode_queue, &connection->decoding);
}

/* Says whether the answer, whose body may still come, is none to the request.
 */
static bool is_stale_head(const lr_connection *connection) {
  return lr_stale_is_suspect(connection) &&
         lr_h1_parser_in_body(&connection->parser) &&
         lr_stale_is_answer(connection);
}

/* Goes on by what the parser says of bytes of which it has used some.  True:
 * the answer goes on. */
static bool take_result(lr_connection *connection, lr_h1_result result,
                        const char *bytes, size_t length, size_t used) {
  switch (result) {
  case LR_H1_MORE:
    if (LR_RARE(is_stale_head(connection))) {
      retry_on_new_connection(connection);
      return false;
    }
    if (connection->job->wants.sha256) digest_received(connection);
    return true;
  case LR_H1_DONE:
    finish_exchange(connection, bytes + used, length - used);
    return false;
  case LR_H1_FAILED:
    end_refused(connection, bytes, length);
    return false;
  case LR_H1_PIECE: /* no body is passed here, and no head told */
  case LR_H1_HEAD:
    break;
  case LR_H1_PAUSED:
    pause_decoding(connection, bytes + used, length - used);
    return false;
  }
  return false;
}

/* Feeds bytes to the parser.  True: the answer goes on. */
static bool feed_parser(lr_connection *connection, const char *bytes,
                        size_t length) {
  size_t used = 0;
  if (LR_RARE(connection->host->unproven_reuses) &&
      lr_stale_is_too_early(connection)) {
    retry_on_new_connection(connection);
    return false;
  }
  note_received(connection);
  lr_h1_result result =
      lr_h1_parser_feed(&connection->parser, bytes, length, &used);
  return take_result(connection, result, bytes, length, used);
}

static bool resume_reading(lr_connection *connection) {
  uint32_t sending = is_sent(connection) ? 0 : EPOLLOUT;
  return watch_events(connection, read_events | sending);
}

/* Reading goes on when there is no more of it. */
void lr_exchange_resume_decoding(lr_decode_item *item) {
  lr_connection *connection = lr_container(item, lr_connection, decoding);
  lr_buffer waiting = connection->unread;
  size_t used = 0;
  lr_buffer_init(&connection->unread);
  note_received(connection);
  lr_h1_result result = lr_h1_parser_resume(&connection->parser, waiting.bytes,
                                            waiting.length, &used);
  if (result != LR_H1_PAUSED && result != LR_H1_FAILED &&
      !resume_reading(connection)) {
    fail_exchange(connection, LARIAT_ENOMEM);
  } else {
    (void)take_result(connection, result, waiting.bytes, waiting.length, used);
  }
  lr_buffer_clear(&waiting);
}

/* Ends an exchange by what the stream says instead of giving bytes. */
static LR_COLD void end_received(lr_connection *connection, ssize_t result) {
  if (result == LR_STREAM_END)
    end_at_close(connection);
  else if (result == LR_STREAM_CUT)
    end_lost(connection, LARIAT_ETRUNCATED);
  else
    end_lost(connection, LARIAT_ERESET);
}

/* Receives what is there.  Less than the buffer's capacity was all for now. */
static void receive_some(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  lr_stream *stream = &connection->stream;
  for (int i = 0; i < READS_AT_ONCE || stream->pending; i++) {
    ssize_t got = lr_stream_receive(stream, h1->inbound, sizeof h1->inbound);
    if (LR_RARE(got <= 0)) {
      if (got != LR_STREAM_AGAIN) end_received(connection, got);
      return;
    }
    if (!feed_parser(connection, h1->inbound, (size_t)got)) return;
    if ((size_t)got < sizeof h1->inbound && !stream->pending) return;
  }
}

/* Sends what is left of the request.  False: the connection is gone. */
static bool send_unsent(lr_connection *connection) {
  const lr_buffer *unsent = &connection->unsent;
  ssize_t sent =
      lr_stream_send(&connection->stream, unsent->bytes + connection->sent,
                     unsent->length - connection->sent);
  if (sent < 0) {
    end_lost(connection, LARIAT_ERESET);
    return false;
  }
  connection->sent += (size_t)sent;
  if (connection->job->request.idle_timeout_ns)
    connection->job->pool.active_ns =
        lr_reactor_turn_ns(connection->h1->reactor);
  if (is_sent(connection)) {
    lr_buffer_clear(&connection->unsent);
    connection->sent = 0;
    (void)watch_events(connection, read_events);
  }
  return true;
}

void lr_exchange_ready(lr_watch *watch, uint32_t events) {
  lr_connection *connection = lr_container(watch, lr_connection, watch);
  if (!connection->job) {
    lr_connection_end_idle(connection);
    return;
  }
  if ((events & EPOLLOUT) && !is_sent(connection) && !send_unsent(connection))
    return;
  if (events & ~(uint32_t)EPOLLOUT) receive_some(connection);
}

/* ---- Questions and cancelling ---- */

void lr_exchange_open(lr_connection *connection, lr_job *job) {
  begin_exchange(connection, job);
  lariat_status status = send_request(connection, job);
  lr_request_head_trim(connection->h1, job->pool.host);
  if (status != LARIAT_OK) fail_exchange(connection, status);
}

lariat_phase lr_exchange_phase(const lr_job *job) {
  const lr_connection *connection = job->pool.connection;
  if (lr_h1_parser_in_body(&connection->parser)) return LARIAT_PHASE_BODY;
  if (job->response->status && !job->response->interim)
    return LARIAT_PHASE_BODY;
  return is_sent(connection) ? LARIAT_PHASE_FIRST_BYTE : LARIAT_PHASE_REQUEST;
}

/* Asks the kernel: a reactor that was kept busy has not heard yet what waits
 * for it. */
uint64_t lr_exchange_heard_ns(const lr_job *job) {
  const lr_connection *connection = job->pool.connection;
  struct pollfd waiting = {connection->watch.fd, POLLIN, 0};
  if (!is_sent(connection)) waiting.events |= POLLOUT;
  return poll(&waiting, 1, 0) > 0 ? lr_reactor_turn_ns(connection->h1->reactor)
                                  : job->pool.active_ns;
}

void lr_exchange_cancel(lr_job *job) {
  lr_connection *connection = job->pool.connection;
  lr_h1 *h1 = connection->h1;
  job->attempt.phase = (uint8_t)lr_exchange_phase(job);
  describe_failed_attempt(connection, (lariat_phase)job->attempt.phase);
  lr_h1_count(h1, job->response);
  release_job(connection);
  lr_connection_close(connection);
}
