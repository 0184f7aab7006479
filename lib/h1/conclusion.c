/* SPDX-License-Identifier: MIT
 * conclusion.c: how exchanges end. */
#include "h1/conclusion.h"

#include <string.h>

#include "base/time.h"
#include "h1/exchange.h"
#include "h1/sink_feed.h"
#include "h1/stale.h"
#include "h1/unsent.h"
#include "http/sha256.h"
#include "job/body_sink.h"
#include "job/body_source.h"
#include "job/report.h"
#include "job/stream.h"
#include "net/stamped_stream.h"
#include "schedule/dispatcher.h"
#include "schedule/host.h"

/* ---- Description ---- */

/* Returns microseconds from the job's start until `ns`. */
static uint64_t us_since_start(const lr_job *job, uint64_t ns) {
  return lr_since(ns, job->pool.started_ns) / LR_NS_PER_US;
}

/* Returns what is known of the attempt.  Without a first byte, the wait for it
 * ends now. */
static inline lr_attempt_facts exchange_facts(const lr_connection *connection) {
  const lr_job *job = connection->job;
  uint64_t now_ns = lr_reactor_turn_ns(connection->h1->reactor);
  uint64_t first_ns =
      connection->first_byte_ns ? connection->first_byte_ns : now_ns;
  return (lr_attempt_facts){.first_byte_us = us_since_start(job, first_ns),
                            .ended_us = us_since_start(job, now_ns)};
}

static inline void describe_peer(const lr_connection *connection,
                                 lariat_response *response) {
  response->connection = connection->id;
  response->reused = !connection->is_new;
  response->remote_port = connection->remote_port;
  memcpy(response->remote_ip, connection->remote_ip,
         sizeof response->remote_ip);
}

/* Returns when the request was sent, as far as the turns tell: an open
 * connection takes it in the turn in which its job is started, a new one in
 * that in which it is there. */
static inline uint64_t turn_of_sending(const lr_connection *connection) {
  return connection->is_new ? connection->opened_ns
                            : connection->job->pool.started_ns;
}

static inline void describe_instants(const lr_connection *connection,
                                     lariat_response *response,
                                     uint64_t done_ns) {
  response->instants = (lariat_instants){
      .sent_ns = turn_of_sending(connection),
      .first_byte_ns = connection->first_byte_ns,
      .done_ns = done_ns,
      .arrived_ns = done_ns,
      .arrival = done_ns ? LARIAT_ARRIVAL_READ : LARIAT_ARRIVAL_NONE};
}

/* Puts in when an answer that is complete had arrived, by the kernel's word, if
 * there is one. */
static void describe_arrival(const lr_connection *connection,
                             lariat_instants *instants) {
  uint64_t arrived_ns = lr_stamped_stream_arrival_ns(
      &connection->stream, lr_reactor_clock(connection->h1->reactor),
      instants->sent_ns);
  if (!arrived_ns) return;
  if (arrived_ns < instants->done_ns) instants->arrived_ns = arrived_ns;
  instants->arrival = LARIAT_ARRIVAL_KERNEL;
}

/* Puts in what was measured in place of what the turns tell. */
static LR_COLD void describe_exactly(lr_connection *connection,
                                     lariat_response *response) {
  lariat_instants *instants = &response->instants;
  instants->sent_ns = connection->exact.sent_ns;
  if (instants->done_ns) {
    instants->done_ns = instants->arrived_ns = connection->exact.received_ns;
    if (connection->job->wants.timestamps == LARIAT_TIMESTAMPS_KERNEL)
      describe_arrival(connection, instants);
  }
  connection->exact.wanted = false;
}

/* Describes an attempt whose answer is done, or goes on (0).  Its timings are
 * reckoned from the instants when somebody asks. */
static inline void describe_attempt(lr_connection *connection,
                                    lariat_response *response,
                                    uint64_t done_ns) {
  const lr_job *job = connection->job;
  describe_peer(connection, response);
  response->beginning =
      (lr_response_beginning){job->request.hop_ns, job->pool.started_ns};
  describe_instants(connection, response, done_ns);
  if (LR_RARE(connection->exact.wanted)) describe_exactly(connection, response);
}

void lr_conclusion_describe(lr_connection *connection,
                            lariat_response *response) {
  describe_attempt(connection, response, 0);
  if (connection->host->learned.desync)
    response->desync =
        connection->suspect ? LARIAT_DESYNC_CONNECTION : LARIAT_DESYNC_ORIGIN;
  lr_h1_count(connection->h1, response);
}

/* Describes an attempt that ends in `phase`. */
static void describe_failed_attempt(lr_connection *connection,
                                    lariat_phase phase) {
  lr_attempt_facts facts = exchange_facts(connection);
  if (!connection->job->response) return; /* its caller has it */
  describe_peer(connection, connection->job->response);
  lr_report_failed_timings(connection->job, &facts, connection->job->response,
                           phase);
  describe_instants(connection, connection->job->response, 0);
  if (connection->exact.wanted)
    describe_exactly(connection, connection->job->response);
  lr_h1_count(connection->h1, connection->job->response);
}

/* ---- Release ---- */

static LR_COLD void free_unsent(lr_connection *connection) {
  lr_unsent_free(connection->unsent);
  connection->unsent = NULL;
}

static LR_COLD void free_digest(lr_connection *connection) {
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
  if (LR_RARE(connection->feed != NULL))
    lr_sink_feed_end(connection); /* the sink has counted */
  else
    job->pool.received = connection->parser.received;
  lr_h1_parser_close(&connection->parser);
  if (connection->digest) free_digest(connection);
  if (LR_RARE(connection->unsent != NULL)) free_unsent(connection);
  job->pool.connection = NULL;
  connection->job = NULL;
  return job;
}

/* ---- Failures ---- */

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
static const char *describe_fault(const lr_connection *connection,
                                  lariat_status status, char *text,
                                  size_t capacity) {
  const lr_h1_parser *parser = &connection->parser;
  const lr_sink_feed *feed = connection->feed;
  if (status == LARIAT_EENCODING) {
    lr_content_decoder_describe(feed ? feed->decoding.decoder : parser->decoder,
                                text);
    return text;
  }
  if (status == LARIAT_EWRITE)
    return strerror_r(connection->job->sink->error, text, capacity);
  if (parser->reason != LR_H1_REASON_NONE && status == parser->fault)
    return lr_h1_reason_text((lr_h1_reason)parser->reason);
  if (status == LARIAT_ERESET) return "the connection was reset";
  if (status == LARIAT_EEMPTY) return "the connection ended before the answer";
  if (status != LARIAT_ETRUNCATED) return NULL;
  return lr_h1_parser_in_body(parser) ? "the connection ended within the body"
                                      : "the connection ended within the head";
}

/* Takes the failed job, of which everything is told, from its connection. */
static void end_failed(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  if (connection->job->sink)
    lr_body_sink_end(connection->job, connection->job->attempt.outcome);
  lr_job *job = release_job(connection);
  lr_connection_close(connection);
  lr_dispatcher_done(h1->dispatcher, job);
}

/* Says whether the connection ended before an answer since the client has no
 * certificate. */
static bool lacks_certificate(const lr_connection *connection,
                              lariat_status status) {
  return (status == LARIAT_ERESET || status == LARIAT_EEMPTY) &&
         !lr_h1_parser_begun(&connection->parser) &&
         lr_stream_lacks_certificate(&connection->stream);
}

/* Fails as if the handshake had: with TLS 1.3 it is over when the server looks
 * for the certificate. */
static LR_COLD void fail_uncertified(lr_connection *connection) {
  lr_job *job = connection->job;
  job->attempt.permanent = true;
  lr_report_failure(job, LARIAT_ETLS, LR_CURLE_RECV_ERROR, LARIAT_PHASE_TLS,
                    "the server wants a client certificate");
  describe_failed_attempt(connection, LARIAT_PHASE_TLS);
  end_failed(connection);
}

void lr_conclusion_fail(lr_connection *connection, lariat_status status) {
  if (lacks_certificate(connection, status)) {
    fail_uncertified(connection);
    return;
  }
  lr_job *job = connection->job;
  char text[LR_DECODER_TEXT];
  const char *detail = describe_fault(connection, status, text, sizeof text);
  lr_report_failure(job, status, curl_code_for(status), lr_exchange_phase(job),
                    detail);
  describe_failed_attempt(connection, (lariat_phase)job->attempt.phase);
  end_failed(connection);
}

/* ---- Other connections ---- */

bool lr_conclusion_may_repeat(const lr_job *job) {
  if (job->sink && !lr_body_sink_may_repeat(job->sink)) return false;
  return job->replay.repeatable && !job->replay.consumed &&
         (!job->body.source || lr_body_source_can_replay(job->body.source));
}

/* Fails for a dead connection, as libcurl's transfers do. */
static void fail_dead(lr_connection *connection) {
  lr_job *job = connection->job;
  lr_response_reset(job->response);
  job->attempt.connection_dead = true;
  lr_report_failure(job, LARIAT_ERESET, LR_CURLE_RECV_ERROR,
                    LARIAT_PHASE_FIRST_BYTE,
                    "an open connection ended before the answer");
  describe_failed_attempt(connection, LARIAT_PHASE_FIRST_BYTE);
  end_failed(connection);
}

void lr_conclusion_retry(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  if (!lr_conclusion_may_repeat(connection->job)) {
    fail_dead(connection);
    return;
  }
  lr_job *job = release_job(connection);
  lr_connection_close(connection);
  if (job->sink) lr_body_sink_end(job, LARIAT_EBUSY);
  lr_response_reset(job->response);
  job->attempt.reuse_failed = true;
  job->attempt.outcome = LARIAT_EBUSY;
  lr_dispatcher_done(h1->dispatcher, job);
}

void lr_conclusion_cancel(lr_connection *connection) {
  lr_job *job = connection->job;
  job->attempt.phase = (uint8_t)lr_exchange_phase(job);
  describe_failed_attempt(connection, (lariat_phase)job->attempt.phase);
  if (job->sink) lr_body_sink_end(job, LARIAT_ECANCELLED);
  release_job(connection);
  lr_connection_close(connection);
}

/* ---- Digests ---- */

/* Without memory for that, all of it is digested at its end. */
void lr_conclusion_digest(lr_connection *connection) {
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

/* ---- Answers ---- */

/* Puts the digest of a body that has gone to its sink where it belongs. */
static lariat_status end_sink_digest(lr_connection *connection) {
  const lr_job *job = connection->job;
  lariat_response *response = job->response;
  lariat_stream *stream = job->sink->stream;
  if (!job->wants.sha256) return LARIAT_OK;
  bool done = connection->digest &&
              lr_sha256_end(connection->digest,
                            response ? response->sha256 : stream->sha256);
  if (response)
    response->has_sha256 = done;
  else
    stream->has_sha256 = done;
  return done ? LARIAT_OK : LARIAT_ENOMEM;
}

/* Concludes a response whose body has gone to its sink, and the response, too,
 * if that is a stream. */
static LR_COLD lariat_status conclude_sunk(lr_connection *connection) {
  const lr_job *job = connection->job;
  lariat_response *response = job->response;
  if (response && !lr_response_finish(response)) return LARIAT_ENOMEM;
  if (response) response->body_bytes = job->pool.received;
  return end_sink_digest(connection);
}

static lariat_status conclude_response(lr_connection *connection) {
  const lr_job *job = connection->job;
  lariat_response *response = job->response;
  if (LR_RARE(connection->feed != NULL)) return conclude_sunk(connection);
  if (job->wants.sha256 && !make_digest(connection, response))
    return LARIAT_ENOMEM;
  if (!lr_response_finish(response)) return LARIAT_ENOMEM;
  response->body_bytes = connection->parser.received;
  return LARIAT_OK;
}

static bool is_timeout_answer(const lariat_response *response) {
  return response && response->status == 408;
}

static void leave_connection(lr_connection *connection, bool keeps) {
  if (keeps)
    lr_connection_make_idle(connection);
  else
    lr_connection_close(connection);
}

/* Ends the sink of a job that has its answer. */
static LR_COLD void end_sink(lr_job *job) {
  lr_body_sink_end(job, LARIAT_OK);
  lr_body_sink_transform(job);
}

/* Looks at what the stream has taken from its descriptor behind the answer,
 * which no event will tell of.  Returns the length of bytes for the caller, in
 * `h1->inbound`.  After the server's end the connection is not kept. */
static LR_COLD size_t look_behind(lr_connection *connection) {
  lr_h1 *h1 = connection->h1;
  ssize_t got =
      lr_stream_receive(&connection->stream, h1->inbound, sizeof h1->inbound);
  if (got <= 0 && got != LR_STREAM_AGAIN) connection->parser.keeps = false;
  return got > 0 ? (size_t)got : 0;
}

void lr_conclusion_finish(lr_connection *connection, const char *rest,
                          size_t length) {
  if (LR_RARE(connection->stream.pending) && length == 0) {
    length = look_behind(connection);
    rest = connection->h1->inbound;
  }
  lr_h1 *h1 = connection->h1;
  bool alone = length == 0 && !connection->host->learned.desync;
  if (LR_RARE(!alone || is_timeout_answer(connection->job->response)) &&
      lr_stale_is_complete(connection, rest, length)) {
    lr_conclusion_retry(connection);
    return;
  }
  lariat_status status = conclude_response(connection);
  if (status != LARIAT_OK) {
    lr_conclusion_fail(connection, status);
    return;
  }
  lariat_response *response = connection->job->response;
  if (response)
    describe_attempt(connection, response,
                     lr_reactor_turn_ns(connection->h1->reactor));
  else
    connection->exact.wanted = false;
  bool keeps = connection->parser.keeps && alone && !connection->unsent &&
               !lr_connection_limit_must_reclaim(h1->limit, connection->host);
  lr_job *job = release_job(connection);
  if (!connection->is_new) lr_host_note_reuse(connection->host);
  if (response) lr_h1_count(h1, response);
  leave_connection(connection, keeps);
  if (LR_RARE(job->sink != NULL)) end_sink(job);
  lr_dispatcher_done(h1->dispatcher, job);
}
