/* SPDX-License-Identifier: MIT
 * sink_feed.c: bodies that go elsewhere than into their responses. */
#include "h1/sink_feed.h"

#include "base/memory.h"
#include "http/h1_body.h"
#include "job/body_sink.h"
#include "job/kept_answer.h"
#include "job/observation.h"
#include "job/pipe.h"
#include "net/connection_facts.h"
#include "net/tls_stream.h"

/* Tells the observer of an exchange that has begun.  Of a connection that was
 * opened for it whoever did that has told, and the request is not sent yet. */
static void observe_begin(const lr_connection *connection, lr_job *job) {
  const lr_h1 *h1 = connection->h1;
  uint64_t now_ns = lariat_reactor_now_ns(h1->reactor);
  lr_tls_details tls = {.resumed = false};
  if (connection->is_new) return;
  if (lr_stream_is_tls(&connection->stream))
    (void)lr_connection_facts_read_tls(lr_tls_stream_ssl(&connection->stream),
                                       false, &tls);
  const lr_observed_connection idle = {.reused = true,
                                       .id = connection->id,
                                       .remote_ip = connection->remote_ip,
                                       .remote_port = connection->remote_port,
                                       .tls_version = tls.version,
                                       .tls_cipher = tls.cipher};
  lr_observation_started(job, now_ns, h1->index);
  lr_observation_connected(job, now_ns, &idle);
  lr_observation_sent(job, now_ns, h1->request.bytes, h1->request.length);
}

/* Without memory for a digest the end fails. */
void lr_sink_feed_prepare(lr_connection *connection, lr_job *job) {
  bool opens = lr_body_sink_may_open(job->sink);
  if (job->observation) observe_begin(connection, job);
  bool digested =
      opens && job->wants.sha256 && lr_sha256_begin(&connection->digest);
  lr_body_sink_begin(connection->h1->sinks, job,
                     digested ? connection->digest : NULL);
  if (opens) lr_h1_parser_pass(&connection->parser);
}

static lariat_status put_decoded(lr_decoding *decoding, const char *bytes,
                                 size_t length) {
  lr_sink_feed *feed = lr_container(decoding, lr_sink_feed, decoding);
  return lr_body_sink_take(feed->connection->job, bytes, length);
}

static lr_sink_feed *new_feed(lr_connection *connection,
                              void (*resume)(lr_decode_item *item)) {
  lr_sink_feed *feed = lr_alloc_zero(sizeof *feed);
  if (!feed) return NULL;
  feed->connection = connection;
  lr_decoding_init(&feed->decoding, put_decoded, resume);
  connection->feed = feed;
  return feed;
}

/* Decodes while the response, which says how, is still here. */
static lariat_status begin_decoding(lr_connection *connection) {
  const lr_job *job = connection->job;
  lr_h1 *h1 = connection->h1;
  if (!job->wants.decompress) return LARIAT_OK;
  return lr_decoding_begin(&connection->feed->decoding, job->response,
                           &h1->decoders, &h1->decode_queue,
                           job->request.max_body_bytes);
}

/* Keeps the body after all that was to be PASSED; its head is complete, and
 * nothing else.  False: out of memory. */
static bool keep_body(lr_h1_parser *parser) {
  parser->body_use = LR_H1_KEPT;
  if (lr_h1_parser_complete(parser) || !parser->coded || !parser->decoders)
    return true;
  return lr_h1_body_take_decoder(parser);
}

lariat_status lr_sink_feed_keep_head(lr_connection *connection,
                                     const char *bytes, size_t length) {
  lr_job *job = connection->job;
  bool tls = lr_stream_is_tls(&connection->stream);
  lr_kept_connection about = {.fd = connection->watch.fd};
  lariat_status status =
      lr_kept_answer_add_head(job, bytes, length, LARIAT_HEAD_RECEIVED);
  if (status != LARIAT_OK || !lr_h1_parser_in_body(&connection->parser))
    return status;
  if (tls) about.ssl = lr_tls_stream_ssl(&connection->stream);
  return lr_kept_answer_add_connection(job, &about);
}

lariat_status lr_sink_feed_begin(lr_connection *connection,
                                 void (*resume)(lr_decode_item *item)) {
  lr_h1_parser *parser = &connection->parser;
  lr_job *job = connection->job;
  if (parser->body_use != LR_H1_PASSED) return LARIAT_OK;
  if (!new_feed(connection, resume)) return LARIAT_ENOMEM;
  lariat_status status = begin_decoding(connection);
  if (status != LARIAT_OK) return status;
  uint32_t header_count = job->response->header_count;
  lr_body_sink_head(job);
  if (!lr_body_sink_is_open(job->sink)) {
    lr_sink_feed_end(connection);
    return keep_body(parser) ? LARIAT_OK : LARIAT_ENOMEM;
  }
  parser->max_body_bytes = 0; /* the job's is counted behind the decoding */
  if (!job->response) lr_h1_parser_release_response(parser, header_count);
  return LARIAT_OK;
}

/* Returns how much is given at once: a stream has chunks of that length. */
static size_t length_to_give(const lr_sink_feed *feed) {
  const lr_body_sink *sink = feed->connection->job->sink;
  bool whole = feed->decoding.decoder || !sink->stream;
  return whole || feed->left < LR_CHUNK_CAPACITY ? feed->left
                                                 : LR_CHUNK_CAPACITY;
}

/* Gives bytes on, to be kept as they are and to be decoded. */
static lariat_status give_bytes(lr_sink_feed *feed, const char *bytes,
                                size_t length) {
  lr_job *job = feed->connection->job;
  bool coded = feed->decoding.decoder != NULL;
  lariat_status status = lr_kept_answer_add_body(job, bytes, length, coded);
  if (status != LARIAT_OK) return status;
  status = coded ? lr_decoding_take(&feed->decoding, bytes, length)
                 : lr_body_sink_take(job, bytes, length);
  if (status == LARIAT_OK) lr_kept_answer_pass_body(job, length);
  return status;
}

/* Gives the piece at `*at` on, as far as it goes now. */
static lariat_status give_piece(lr_sink_feed *feed, const char **at) {
  lariat_status status = LARIAT_OK;
  while (feed->left) {
    size_t length = length_to_give(feed);
    status = give_bytes(feed, *at, length);
    if (status != LARIAT_OK) break;
    *at += length;
    feed->left -= length;
  }
  return status;
}

static lr_h1_result fail_with(lr_h1_parser *parser, lariat_status status) {
  parser->fault = status;
  parser->reason = LR_H1_REASON_NONE;
  return LR_H1_FAILED;
}

bool lr_sink_feed_is_whole(lr_connection *connection, bool until_close) {
  const lr_decoding *decoding = &connection->feed->decoding;
  lariat_status status = lr_decoding_check(decoding, until_close);
  if (status == LARIAT_OK) return true;
  (void)fail_with(&connection->parser, status);
  return false;
}

/* Reads on to the next piece, which is then `left` behind `*at`. */
static lr_h1_result find_piece(lr_sink_feed *feed, const char **at,
                               const char *end) {
  lr_h1_parser *parser = &feed->connection->parser;
  size_t used = 0;
  lr_h1_result result =
      lr_h1_parser_feed(parser, *at, (size_t)(end - *at), &used);
  *at += used;
  if (result != LR_H1_PIECE) return result;
  feed->left = parser->piece_length;
  *at -= feed->left;
  return LR_H1_MORE;
}

/* Gives on what is there, and reads on, until either has an end. */
static lr_h1_result feed_body(lr_sink_feed *feed, const char **at,
                              const char *end) {
  lr_h1_parser *parser = &feed->connection->parser;
  for (;;) {
    lariat_status status = give_piece(feed, at);
    if (status == LARIAT_EBUSY) return LR_H1_PAUSED;
    if (status != LARIAT_OK) return fail_with(parser, status);
    if (lr_h1_parser_complete(parser)) break;
    if (*at == end) return LR_H1_MORE;
    lr_h1_result result = find_piece(feed, at, end);
    if (result != LR_H1_MORE && result != LR_H1_DONE) return result;
  }
  return lr_sink_feed_is_whole(feed->connection, false) ? LR_H1_DONE
                                                        : LR_H1_FAILED;
}

lr_h1_result lr_sink_feed_take(lr_connection *connection, const char *bytes,
                               size_t length, size_t *used) {
  const char *at = bytes;
  if (!connection->feed)
    return lr_h1_parser_feed(&connection->parser, bytes, length, used);
  lr_h1_result result = feed_body(connection->feed, &at, bytes + length);
  *used = (size_t)(at - bytes);
  return result;
}

bool lr_sink_feed_is_paused(const lr_connection *connection) {
  const lr_body_sink *sink = connection->job->sink;
  const lr_sink_feed *feed = connection->feed;
  return (sink && sink->paused) ||
         (feed && lr_decoding_is_paused(&feed->decoding));
}

void lr_sink_feed_end(lr_connection *connection) {
  lr_sink_feed *feed = connection->feed;
  if (!feed) return;
  connection->feed = NULL;
  lr_decoding_close(&feed->decoding);
  lr_free(feed);
}
