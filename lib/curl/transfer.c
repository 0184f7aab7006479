/* SPDX-License-Identifier: MIT
 * transfer.c: easy handles that are used again and again, and what libcurl
 * calls back while one runs. */
#include "curl/transfer.h"

#include <string.h>

#include <openssl/ssl.h>

#include "base/memory.h"
#include "curl/easy_setup.h"
#include "curl/engine.h"
#include "curl/excess.h"
#include "curl/lane.h"
#include "curl/leasing.h"
#include "curl/obs_fold_guard.h"
#include "curl/observed_transfer.h"
#include "curl/outcome.h"
#include "curl/request_count.h"
#include "curl/socket.h"
#include "curl/stream_refusal.h"
#include "curl/upload_feed.h"
#include "h1/conclusion.h"
#include "http/h1_parser.h"
#include "job/body_sink.h"
#include "job/kept_answer.h"
#include "job/observation.h"
#include "net/trust.h"
#include "schedule/dispatcher.h"

/* ---- Callbacks ---- */

static void note_activity(lr_transfer *transfer) {
  transfer->job->pool.active_ns = lr_reactor_turn_ns(transfer->engine->reactor);
}

/* Takes over a reference to what is noted of the connection. */
static void watch_tls(lr_transfer *transfer, lr_tls_events *events) {
  lr_tls_events_release(transfer->tls);
  transfer->tls = events;
}

/* Gives the trusted certificates to a handshake that begins, and a session to
 * resume. */
static CURLcode begin_handshake(CURL *easy, void *ssl_ctx,
                                void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  lr_engine *engine = transfer->engine;
  const lr_host *host = transfer->host;
  (void)easy;
  transfer->tries.in_handshake = true;
  watch_tls(transfer, lr_tls_events_watch(ssl_ctx));
  if (!transfer->tls || !lr_leasing_offer(transfer->job, ssl_ctx) ||
      !lr_tls_sessions_use(&engine->tls_sessions, ssl_ctx, host->key,
                           host->key_length, host->key_hash))
    return CURLE_OUT_OF_MEMORY;
  if (engine->trusted) lr_trust_apply(engine->trusted, ssl_ctx);
  return CURLE_OK;
}

/* Learns what the host speaks: its other jobs need not wait any longer. */
static void learn_protocol(lr_transfer *transfer, lr_protocol protocol) {
  lr_host *host = transfer->host;
  if (host->protocol != LR_PROTOCOL_UNKNOWN) return;
  lr_dispatcher_learned(transfer->engine->dispatcher, host, protocol);
}

void *lr_transfer_ssl(const lr_transfer *transfer) {
  struct curl_tlssessioninfo *session = NULL;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_TLS_SSL_PTR, &session);
  return session ? session->internals : NULL;
}

/* Learns the protocol that the handshake has settled, however long the answer
 * may take. */
static void learn_from_handshake(lr_transfer *transfer, SSL *ssl) {
  const unsigned char *name = NULL;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl, &name, &length);
  bool http2 = length == 2 && memcmp(name, "h2", 2) == 0;
  learn_protocol(transfer, http2 ? LR_PROTOCOL_HTTP2 : LR_PROTOCOL_HTTP1);
}

/* Notes the connection that is used, which another transfer may have opened. */
static void note_tls(lr_transfer *transfer) {
  SSL *ssl = lr_transfer_ssl(transfer);
  transfer->ssl = ssl;
  if (!ssl) return;
  lr_tls_events *events = lr_tls_events_of(ssl);
  if (events && events != transfer->tls)
    watch_tls(transfer, lr_tls_events_retain(events));
  if (transfer->host->protocol == LR_PROTOCOL_UNKNOWN)
    learn_from_handshake(transfer, ssl);
}

/* Says whether a request may go out again: libcurl sends it again, whatever its
 * method, when an open connection ended before any answer.  Once, and on a new
 * connection, that is right for what may be made twice; for anything else
 * nobody knows what the server has done.  (A new stream of HTTP/2 may well go
 * to another's new connection.  An answer that has begun means that the server
 * wants it so: 417.) */
static bool may_send_again(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  if (lr_outcome_has_response(transfer) || lr_stream_was_refused(transfer))
    return true;
  if (!job->replay.repeatable || transfer->tries.sends > 2) return false;
  return transfer->tries.opened > transfer->tries.opened_at_send ||
         transfer->host->protocol == LR_PROTOCOL_HTTP2;
}

/* Has a refusal told by which it is decided whether the request may go out
 * again: any of its streams, where it is not to be made twice, and else those
 * after the first. */
static LR_COLD void watch_for_refusal(lr_transfer *transfer) {
  if (transfer->host->protocol == LR_PROTOCOL_HTTP2)
    lr_stream_refusal_watch(transfer);
}

/* Gives up a connection that is dead, with nothing of the request sent.  The
 * job starts anew, as if it never had been started. */
static LR_COLD int leave_dead_connection(lr_transfer *transfer) {
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
  transfer->needs_reset = true;
  transfer->fault = LARIAT_EBUSY;
  return CURL_PREREQFUNC_ABORT;
}

/* Says whether the connection was open before the request that is sent. */
static bool is_reusing(const lr_transfer *transfer) {
  return transfer->tries.opened == transfer->tries.opened_at_send;
}

/* Decides what is next: the connection is up, and the request not yet sent. */
static int note_connected(void *transfer_pointer, char *remote_ip,
                          char *local_ip, int remote_port, int local_port) {
  lr_transfer *transfer = transfer_pointer;
  (void)local_ip;
  if (transfer->state == LR_TRANSFER_CONNECTING) transfer->engine->connecting--;
  transfer->state = LR_TRANSFER_SENDING;
  bool dead = transfer->lane->dead && lr_socket_is_dead(transfer, local_port);
  if (dead && transfer->tries.sends == 0)
    return leave_dead_connection(transfer);
  /* It may have found one that has become idle since it was added: none is to
   * come any more, for which others of the host would wait. */
  lr_engine_connection_came(transfer->engine, transfer);
  if (transfer->job->request.url.tls) note_tls(transfer);
  lr_handoff_connected(transfer, local_port);
  lr_socket_attach(transfer, local_port);
  if (is_reusing(transfer) && lr_excess_is_ahead(transfer)) {
    transfer->fault = LARIAT_EBUSY;
    return CURL_PREREQFUNC_ABORT;
  }
  if (++transfer->tries.sends > 1)
    transfer->needs_reset = true; /* see lr_socket_open */
  if (!lr_dispatcher_sending(transfer->engine->dispatcher, transfer->job)) {
    transfer->fault = LARIAT_EBUSY;
    return CURL_PREREQFUNC_ABORT;
  }
  if (transfer->tries.sends > 1 && (dead || !may_send_again(transfer))) {
    transfer->fault = LARIAT_ERESET;
    transfer->job->attempt.connection_dead = true;
    return CURL_PREREQFUNC_ABORT;
  }
  if (transfer->job->observation)
    lr_observed_transfer_connected(transfer, is_reusing(transfer), remote_ip,
                                   remote_port);
  if (transfer->set.connect_only) return CURL_PREREQFUNC_OK;
  if (transfer->tries.sends == 1 && lr_handoff_take(transfer))
    return CURL_PREREQFUNC_ABORT;
  lr_request_count_sent(transfer);
  transfer->connection.was_open = is_reusing(transfer);
  transfer->tries.opened_at_send = transfer->tries.opened;
  if (!transfer->job->replay.repeatable || transfer->tries.sends > 1)
    watch_for_refusal(transfer);
  if (transfer->tries.sends > 1) lr_response_reader_begin(transfer);
  if (transfer->job->request.idle_timeout_ns) note_activity(transfer);
  return CURL_PREREQFUNC_OK;
}

/* Learns the protocol from a status line, where no handshake has told it. */
static void learn_from_response(lr_transfer *transfer) {
  int version = transfer->job->response->http_version;
  if (version)
    learn_protocol(transfer,
                   version >= 20 ? LR_PROTOCOL_HTTP2 : LR_PROTOCOL_HTTP1);
}

/* Gives the connection to another host.  (Whether one that is handed over is to
 * be given up, is seen at the end.) */
static void reclaim_connection(lr_transfer *transfer) {
  lr_connection_limit *limit = &transfer->engine->limit;
  if (transfer->handoff.state == LR_HANDOFF_CONNECTED ||
      !lr_connection_limit_must_reclaim(limit, transfer->host))
    return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
  transfer->needs_reset = true;
  lr_connection_limit_note_reclaim(limit, transfer->host);
}

/* Has libcurl close the connection of a host that gets one request on each. */
static void forbid_reuse(lr_transfer *transfer) {
  if (transfer->host->protocol == LR_PROTOCOL_HTTP2) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
  transfer->needs_reset = true;
}

/* Says whether a head that has come to its end is a 408 that closes the
 * connection: it was sent before the request came, which may be made again
 * (RFC 9110, 15.5.9). */
static bool is_goodbye(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  return job->response->status == 408 && lr_conclusion_may_repeat(job) &&
         lr_response_reader_has_head(transfer) &&
         !transfer->reader.parser.keeps;
}

/* Says whether the answer is none to the request, which went out on an open
 * connection of HTTP/1. */
static bool is_stale(lr_transfer *transfer, bool first_line) {
  lr_host *host = transfer->host;
  if (!transfer->connection.was_open || host->protocol == LR_PROTOCOL_HTTP2)
    return false;
  if (!first_line || !host->unproven_reuses) return is_goodbye(transfer);
  host->unproven_reuses--;
  return lr_excess_is_too_early(transfer);
}

static void note_first_line(lr_transfer *transfer) {
  transfer->state = LR_TRANSFER_RECEIVING;
  transfer->engine->receiving++;
  if (transfer->host->protocol == LR_PROTOCOL_UNKNOWN)
    learn_from_response(transfer);
  reclaim_connection(transfer);
  if (transfer->host->learned.desync) forbid_reuse(transfer);
}

/* Does what follows from a line of the head.
 * LARIAT_OK
 * LARIAT_ERESET  the answer is none to the request */
static lariat_status follow_head(lr_transfer *transfer) {
  lr_job *job = transfer->job;
  bool first_line = transfer->state != LR_TRANSFER_RECEIVING;
  if (first_line) note_first_line(transfer);
  if (is_stale(transfer, first_line)) {
    job->attempt.connection_dead = true;
    return LARIAT_ERESET;
  }
  if (transfer->fold_guard != LR_FOLD_GUARD_OFF)
    lr_obs_fold_guard_follow(transfer);
  if (transfer->upload.active) lr_upload_feed_head_came(transfer);
  if (job->observation)
    lr_observation_look_at_head(
        job, lariat_reactor_now_ns(transfer->engine->reactor));
  uint32_t header_count = job->response->header_count;
  if (job->sink) lr_body_sink_head(job);
  if (!job->response) lr_response_reader_release(transfer, header_count);
  return LARIAT_OK;
}

/* Has the body decoded if the line taken last has ended a final head with a
 * Content-Encoding, and the job wants that undone. */
static lariat_status begin_decoding(lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  lr_h1 *h1 = &transfer->engine->h1;
  if (job->response->in_block || job->response->interim ||
      !job->wants.decompress)
    return LARIAT_OK;
  return lr_decoding_begin(&transfer->decoding, job->response, &h1->decoders,
                           &h1->decode_queue, job->request.max_body_bytes);
}

/* Reads a line; a body whose final head it ends may have to be decoded. */
static lariat_status read_line(lr_transfer *transfer, const char *line,
                               size_t length) {
  bool had_head = lr_response_reader_has_head(transfer);
  lariat_status status = lr_response_reader_line(transfer, line, length);
  if (status != LARIAT_OK || had_head || !lr_response_reader_has_head(transfer))
    return status;
  return begin_decoding(transfer);
}

/* Takes a header line.  Returning less than was given makes libcurl end the
 * transfer. */
static size_t take_header(char *line, size_t size, size_t count,
                          void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  lr_job *job = transfer->job;
  size_t length = size * count;
  if (transfer->fault != LARIAT_OK) return 0;
  if (job->request.idle_timeout_ns) note_activity(transfer);
  if (job->observation) lr_observed_transfer_received(job, line, length);
  lariat_status status = read_line(transfer, line, length);
  if (status == LARIAT_OK && job->response) status = follow_head(transfer);
  if (status != LARIAT_OK) {
    transfer->fault = status;
    return 0;
  }
  return length;
}

static lariat_status keep_body(lr_transfer *transfer, const char *bytes,
                               size_t length) {
  lr_job *job = transfer->job;
  job->pool.received += length;
  if (job->request.max_body_bytes &&
      job->pool.received > job->request.max_body_bytes)
    return LARIAT_EBODYLIMIT;
  if (job->wants.sink_kind != LARIAT_SINK_DISCARD &&
      !lr_response_add_body(job->response, bytes, length))
    return LARIAT_ENOMEM;
  if (transfer->has_digest && !lr_sha256_add(transfer->digest, bytes, length))
    return LARIAT_ENOMEM;
  return LARIAT_OK;
}

lariat_status lr_transfer_put_body(lr_transfer *transfer, const char *bytes,
                                   size_t length) {
  lr_job *job = transfer->job;
  return job->sink && lr_body_sink_is_open(job->sink)
             ? lr_body_sink_take(job, bytes, length)
             : keep_body(transfer, bytes, length);
}

bool lr_transfer_is_paused(const lr_transfer *transfer) {
  const lr_body_sink *sink = transfer->job->sink;
  return (sink && sink->paused) || lr_decoding_is_paused(&transfer->decoding);
}

/* Puts bytes of the body to where they belong, and keeps them as they are. */
static lariat_status put_bytes(lr_transfer *transfer, const char *bytes,
                               size_t length) {
  bool coded = transfer->decoding.decoder != NULL;
  lariat_status status =
      lr_kept_answer_add_body(transfer->job, bytes, length, coded);
  if (status != LARIAT_OK) return status;
  status = coded ? lr_decoding_take(&transfer->decoding, bytes, length)
                 : lr_transfer_put_body(transfer, bytes, length);
  if (status == LARIAT_OK) lr_kept_answer_pass_body(transfer->job, length);
  return status;
}

/* Gives bytes of the body, without chunks, to where they belong. */
static size_t give_body(lr_transfer *transfer, const char *bytes,
                        size_t length) {
  lariat_status status = put_bytes(transfer, bytes, length);
  if (status == LARIAT_OK) return length;
  if (status == LARIAT_EBUSY) return CURL_WRITEFUNC_PAUSE;
  transfer->fault = status;
  return 0;
}

static size_t take_body(char *bytes, size_t size, size_t count,
                        void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  if (transfer->job->request.idle_timeout_ns) note_activity(transfer);
  return lr_response_reader_body(transfer, bytes, size * count, give_body);
}

/* Notes that bytes went: these have no callback of their own. */
static int note_progress(void *transfer_pointer, curl_off_t down_total,
                         curl_off_t down, curl_off_t up_total, curl_off_t up) {
  lr_transfer *transfer = transfer_pointer;
  (void)down_total;
  (void)down;
  (void)up_total;
  if (up == transfer->upload.seen) return 0;
  transfer->upload.seen = up;
  note_activity(transfer);
  return 0;
}

void lr_transfer_set_callbacks(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, note_connected);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, lr_socket_open);
  (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, lr_socket_close);
  (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer->engine);
  (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, begin_handshake);
  (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, transfer);
}

void lr_transfer_watch_progress(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, note_progress);
  (void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
}

static lariat_status put_decoded(lr_decoding *decoding, const char *bytes,
                                 size_t length) {
  return lr_transfer_put_body(lr_container(decoding, lr_transfer, decoding),
                              bytes, length);
}

static void resume_decoded(lr_decode_item *item) {
  lr_engine_resume(lr_container(item, lr_transfer, decoding.item));
}

/* ---- Handles ---- */

lr_transfer *lr_transfer_new(lr_engine *engine) {
  lr_transfer *transfer = lr_alloc_zero(sizeof *transfer);
  if (!transfer) return NULL;
  transfer->engine = engine;
  lr_list_init(&transfer->node);
  lr_list_init(&transfer->attempts);
  lr_decoding_init(&transfer->decoding, put_decoded, resume_decoded);
  transfer->easy = curl_easy_init();
  if (!transfer->easy) {
    lr_transfer_free(transfer);
    return NULL;
  }
  lr_easy_configure(transfer);
  return transfer;
}

void lr_transfer_free(lr_transfer *transfer) {
  if (transfer->easy) curl_easy_cleanup(transfer->easy);
  lr_sha256_free(transfer->digest);
  lr_tls_events_release(transfer->tls);
  lr_free(transfer->set.path);
  lr_free(transfer);
}

/* Blanks what is known of the job before. */
static void begin_job(lr_transfer *transfer, lr_job *job, lr_host *host,
                      lr_lane *lane, bool opens_new) {
  transfer->job = job;
  transfer->host = host;
  transfer->lane = lane;
  transfer->state = opens_new ? LR_TRANSFER_CONNECTING : LR_TRANSFER_SENDING;
  transfer->fault = LARIAT_OK;
  transfer->has_digest = false;
  transfer->refused = false;
  transfer->tries = (lr_transfer_tries){.may_reuse = !opens_new};
  transfer->upload.seen = 0;
  transfer->fd = CURL_SOCKET_BAD;
  transfer->ssl = NULL;
  transfer->connection = (lr_transfer_connection){0};
  transfer->error[0] = '\0';
  job->pool.received = 0;
  lr_response_reader_begin(transfer);
}

lariat_status lr_transfer_prepare(lr_transfer *transfer, lr_job *job,
                                  lr_host *host, lr_lane *lane,
                                  bool opens_new) {
  if (!job->response) job->response = lr_response_new();
  if (!job->response) return LARIAT_ENOMEM;
  begin_job(transfer, job, host, lane, opens_new);
  lariat_status status = lr_easy_set_request(transfer, opens_new);
  if (status != LARIAT_OK) return status;
  if (job->wants.sha256 && !lr_sha256_begin(&transfer->digest))
    return LARIAT_ENOMEM;
  transfer->has_digest = job->wants.sha256;
  job->pool.carrier = transfer;
  if (job->sink)
    lr_body_sink_begin(&transfer->engine->sinks, job,
                       transfer->has_digest ? transfer->digest : NULL);
  return LARIAT_OK;
}

void lr_transfer_reset(lr_transfer *transfer) {
  if (transfer->upload.active) lr_upload_feed_end(transfer);
  lr_decoding_close(&transfer->decoding);
  lr_response_reader_clear(transfer);
  watch_tls(transfer, NULL);
  transfer->state = LR_TRANSFER_IDLE;
  transfer->job = NULL;
  transfer->host = NULL;
  transfer->lane = NULL;
  if (transfer->fold_guard == LR_FOLD_GUARD_ARMED)
    lr_obs_fold_guard_end(transfer);
  if (!transfer->needs_reset) return;
  curl_easy_reset(transfer->easy);
  lr_easy_configure(transfer);
}
