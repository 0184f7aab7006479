/* SPDX-License-Identifier: MIT
 * outcome.c: what is read from an easy handle at the end, or when its job is
 * stopped. */
#include "curl/outcome.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "base/time.h"
#include "curl/engine.h"
#include "curl/excess.h"
#include "curl/socket.h"
#include "curl/stream_refusal.h"
#include "curl/upload_feed.h"
#include "job/body_sink.h"
#include "job/redirect.h"
#include "job/report.h"
#include "job/stream.h"

/* Says that h1 reports the same codes as libcurl would. */
#define SAME_CODE(name)                                                        \
  _Static_assert((int)LR_##name == (int)name, #name " has another number")
SAME_CODE(CURLE_OK);
SAME_CODE(CURLE_PARTIAL_FILE);
SAME_CODE(CURLE_WRITE_ERROR);
SAME_CODE(CURLE_OUT_OF_MEMORY);
SAME_CODE(CURLE_GOT_NOTHING);
SAME_CODE(CURLE_RECV_ERROR);
SAME_CODE(CURLE_BAD_CONTENT_ENCODING);

/* The size from which on a body is a large one. */
enum { LARGE_BODY = 4 * CURL_MAX_WRITE_SIZE };

const char lr_outcome_no_descriptor[] = "too many open files";

bool lr_outcome_has_response(const lr_transfer *transfer) {
  const lariat_response *response = transfer->job->response;
  return !response || response->status;
}

/* Returns a time since the job was started; 0: that has not come.  libcurl
 * counts from when it was given the transfer: what it knows before that is of
 * the one before. */
static uint64_t read_time(const lr_transfer *transfer, CURLINFO info) {
  curl_off_t us = 0;
  if (transfer->state == LR_TRANSFER_RESOLVING) return 0;
  (void)curl_easy_getinfo(transfer->easy, info, &us);
  return us > 0 ? (uint64_t)us + transfer->names.took_us : 0;
}

static lr_attempt_facts transfer_facts(const lr_transfer *transfer) {
  uint64_t now_ns = lr_reactor_turn_ns(transfer->engine->reactor);
  lr_attempt_facts facts = {
      .first_byte_us = read_time(transfer, CURLINFO_STARTTRANSFER_TIME_T),
      .ready_us = read_time(transfer, CURLINFO_PRETRANSFER_TIME_T),
      .dns_us = read_time(transfer, CURLINFO_NAMELOOKUP_TIME_T),
      .connected_us = read_time(transfer, CURLINFO_CONNECT_TIME_T),
      .ended_us =
          lr_since(now_ns, transfer->job->pool.started_ns) / LR_NS_PER_US};
  return facts;
}

/* Returns the instant at the end of a duration of libcurl's, which is reckoned
 * from where it began with the transfer: when the job was started, within
 * microseconds.  0: it was not reached. */
static uint64_t read_instant(const lr_transfer *transfer, CURLINFO info) {
  uint64_t us = read_time(transfer, info);
  return us ? transfer->job->pool.started_ns + us * LR_NS_PER_US : 0;
}

static bool is_connected(const lr_transfer *transfer);

/* Reads when the request was sent and the answer came, which is `whole` or goes
 * on.  The end is now on the clock itself: libcurl has just read, and its times
 * within this turn are beyond the turn's own. */
static void read_instants(const lr_transfer *transfer,
                          lariat_response *response, bool whole) {
  lariat_instants instants = {0};
  if (is_connected(transfer))
    instants.sent_ns = read_instant(transfer, CURLINFO_PRETRANSFER_TIME_T);
  if (response->status)
    instants.first_byte_ns =
        read_instant(transfer, CURLINFO_STARTTRANSFER_TIME_T);
  if (whole) {
    instants.done_ns = lariat_reactor_now_ns(transfer->engine->reactor);
    instants.arrived_ns = instants.done_ns;
    instants.arrival = LARIAT_ARRIVAL_READ;
  }
  response->instants = instants;
}

static void read_timings(const lr_transfer *transfer,
                         lariat_response *response) {
  lr_attempt_facts facts = transfer_facts(transfer);
  facts.opened = !response->reused;
  facts.secured_us = read_time(transfer, CURLINFO_APPCONNECT_TIME_T);
  lr_report_timings(transfer->job, &facts, response);
}

static void read_failed_timings(const lr_transfer *transfer,
                                lariat_response *response, lariat_phase phase) {
  lr_attempt_facts facts = transfer_facts(transfer);
  facts.opened = !response->reused;
  facts.secured_us = read_time(transfer, CURLINFO_APPCONNECT_TIME_T);
  lr_report_failed_timings(transfer->job, &facts, response, phase);
  read_instants(transfer, response, false);
}

/* Says whether the request went out on a connection that was open when its
 * server was found to send what nobody asked for.  From then on none goes out
 * on an open one. */
static bool is_suspect(const lr_transfer *transfer) {
  const lr_host *host = transfer->host;
  return host->learned.desync && host->protocol != LR_PROTOCOL_HTTP2 &&
         (transfer->connection.suspect || transfer->connection.was_open);
}

void lr_outcome_read_remote(const lr_transfer *transfer,
                            lariat_response *response) {
  char *ip = NULL;
  long number = 0;
  if (transfer->state == LR_TRANSFER_RESOLVING) return;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &ip);
  if (ip) {
    size_t length = strnlen(ip, sizeof response->remote_ip - 1);
    memcpy(response->remote_ip, ip, length);
    response->remote_ip[length] = '\0';
  }
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_PORT, &number);
  response->remote_port = (unsigned)number;
  number = 1;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &number);
  response->reused = number == 0;
  response->connection = transfer->connection.id;
  if (transfer->host->learned.desync &&
      transfer->host->protocol != LR_PROTOCOL_HTTP2)
    response->desync =
        is_suspect(transfer) ? LARIAT_DESYNC_CONNECTION : LARIAT_DESYNC_ORIGIN;
}

void lr_outcome_describe(const lr_transfer *transfer,
                         lariat_response *response) {
  lr_outcome_read_remote(transfer, response);
  read_timings(transfer, response);
  read_instants(transfer, response, false);
}

static bool body_is_sent(const lr_transfer *transfer) {
  curl_off_t sent = 0;
  if (transfer->upload.active) return lr_upload_feed_done(transfer);
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return (uint64_t)sent >= transfer->job->body.length;
}

/* libcurl stops sending what an answer from 300 on has refused, and how much of
 * a chunked body has gone it does not tell exactly. */
bool lr_outcome_sent_all(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  enum { REFUSALS = 300 };
  if (job->request.get) return true;
  bool refused = !job->response || job->response->status >= REFUSALS;
  if (transfer->upload.early_response || !body_is_sent(transfer)) return false;
  return !refused || !job->body.source ||
         job->body.source->length != LARIAT_LENGTH_UNKNOWN;
}

/* Says whether the request has a connection: libcurl may be making another,
 * for a second try. */
static bool is_connected(const lr_transfer *transfer) {
  const lr_transfer_tries *tries = &transfer->tries;
  return tries->sends > 0 && tries->opened == tries->opened_at_send;
}

/* Says whether the host's addresses are known.  For some there may be no
 * socket, and then only libcurl knows. */
static bool is_resolved(const lr_transfer *transfer) {
  if (transfer->state == LR_TRANSFER_RESOLVING) return false;
  return transfer->tries.opened > 0 ||
         read_time(transfer, CURLINFO_NAMELOOKUP_TIME_T) > 0;
}

/* Finds the first step that has not been taken yet: there the time goes.  Of
 * libcurl's own times those of the last steps are no help: from 8.21 on they
 * are there after a failure before them, too. */
lariat_phase lr_outcome_phase(const lr_transfer *transfer) {
  const lariat_response *response = transfer->job->response;
  if (!response || (response->status && !response->interim))
    return LARIAT_PHASE_BODY;
  if (transfer->job->attempt.connection_dead) return LARIAT_PHASE_FIRST_BYTE;
  if (is_connected(transfer))
    return body_is_sent(transfer) ? LARIAT_PHASE_FIRST_BYTE
                                  : LARIAT_PHASE_REQUEST;
  if (transfer->tries.in_handshake) return LARIAT_PHASE_TLS;
  return is_resolved(transfer) ? LARIAT_PHASE_CONNECT : LARIAT_PHASE_DNS;
}

/* Asks the kernel when bytes came last: libcurl shows header lines when they
 * are whole, and nothing of a handshake.  But a connection of HTTP/2 is not the
 * job's own. */
uint64_t lr_outcome_heard_ns(const lr_transfer *transfer) {
  uint64_t now = lr_reactor_turn_ns(transfer->engine->reactor);
  uint64_t active = transfer->job->pool.active_ns;
  struct tcp_info info;
  socklen_t length = sizeof info;
  if (transfer->host->protocol == LR_PROTOCOL_HTTP2) return active;
  if (transfer->fd == CURL_SOCKET_BAD ||
      getsockopt(transfer->fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
    return active;
  uint64_t received = lr_since(now, info.tcpi_last_data_recv * LR_NS_PER_MS);
  return received > active ? received : active;
}

static bool is_certificate_error(int code) {
  return code == CURLE_PEER_FAILED_VERIFICATION ||
         code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_CERTPROBLEM ||
         code == CURLE_SSL_PINNEDPUBKEYNOTMATCH;
}

/* Says whether a handshake failed for the server's certificate, though libcurl
 * does not name that. */
static bool is_refused(const lr_transfer *transfer, int code) {
  return code == CURLE_SSL_CONNECT_ERROR && transfer->tls &&
         transfer->tls->refused;
}

/* CURLE_TOO_LARGE, which 7.88's header does not have. */
enum { libcurl_too_large = 100 };

/* Says whether a head is being read, or waited for: of a line that is longer
 * than it takes libcurl before 8.6 says "out of memory", and shows none of it.
 */
static bool is_before_body(const lr_transfer *transfer) {
  return transfer->tries.sends && !lr_response_reader_has_head(transfer);
}

/* Says whether a head has begun, be it of a 1xx, and not ended. */
static bool is_in_head(const lr_transfer *transfer) {
  const lr_h1_parser *parser = &transfer->reader.parser;
  return transfer->reader.state == LR_READER_H1 &&
         parser->state == LR_H1_IN_HEADERS;
}

/* Says whether the connection ended since the client has no certificate.  The
 * server need not say so at once, nor at all: with TLS 1.3 its word may be lost
 * in the end of the connection. */
static bool lacks_certificate(const lr_transfer *transfer, int code) {
  const lr_tls_events *tls = transfer->tls;
  if (!tls || !tls->wants_certificate || lr_outcome_has_response(transfer))
    return false;
  return tls->alert || (transfer->tries.opened && transfer->tries.sends &&
                        (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
                         code == CURLE_GOT_NOTHING));
}

/* Says whether a chunked body made no sense.  To libcurl that is a "receive
 * error", as one that was cut off is; only its message tells them apart
 * (CURLINFO_OS_ERRNO may be an earlier transfer's). */
static bool is_garbled(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  const lariat_response *response = job->response;
  bool chunked =
      response ? lariat_response_header(response, "Transfer-Encoding") != NULL
               : job->sink && job->sink->chunked;
  return chunked && strstr(transfer->error, "chunk");
}

/* The descriptors that a look-up may need at once: a pair for its thread, a
 * file, a socket. */
enum { LOOKUP_DESCRIPTORS = 4 };

/* Says whether a transfer that has no connection lacked a descriptor.  That a
 * socket did is known; libcurl's resolver tells nobody why it failed.  A name
 * that fails again and again while there are few is believed in the end. */
static bool lacked_descriptor(lr_transfer *transfer, int code) {
  lr_job *job = transfer->job;
  enum { DOUBTS_MAX = 5 };
  if (transfer->tries.out_of_fds) return transfer->tries.sends == 0;
  if (code != CURLE_COULDNT_RESOLVE_HOST && code != CURLE_OUT_OF_MEMORY)
    return false;
  if (transfer->tries.sends || transfer->tries.opened ||
      job->attempt.doubts == DOUBTS_MAX)
    return false;
  if (lr_descriptor_use_has_left(LOOKUP_DESCRIPTORS) &&
      !lr_connection_limit_was_short(&transfer->engine->limit))
    return false;
  job->attempt.doubts++;
  return true;
}

/* Puts a job back that lacked a descriptor, to wait for one; where nothing can
 * come free it fails. */
static LR_COLD lariat_status wait_for_descriptor(lr_transfer *transfer) {
  return lr_engine_lacks_descriptor(transfer->engine, transfer)
             ? LARIAT_EBUSY
             : LARIAT_ESYSTEM;
}

/* Tells why there is no connection.  An address that was tried as well might
 * answer the next time: then it is not the denied ones' fault. */
static lariat_status connect_status(const lr_transfer *transfer) {
  const lr_transfer_tries *tries = &transfer->tries;
  if (tries->out_of_memory) return LARIAT_ENOMEM;
  bool tried = tries->opened > tries->opened_at_send;
  return tries->denied && !tried ? LARIAT_EADDRESS : LARIAT_ECONNECT;
}

static lariat_status status_for(const lr_transfer *transfer, int code) {
  if (transfer->fault != LARIAT_OK) return transfer->fault;
  if (code == CURLE_OK) return LARIAT_OK;
  if (is_certificate_error(code) || is_refused(transfer, code))
    return LARIAT_ECERTIFICATE;
  if (lacks_certificate(transfer, code)) return LARIAT_ETLS;
  switch (code) {
  case CURLE_OUT_OF_MEMORY:
    return is_before_body(transfer) ? LARIAT_EHEADERLIMIT : LARIAT_ENOMEM;
  case CURLE_URL_MALFORMAT:
    return LARIAT_EURL;
  case CURLE_COULDNT_RESOLVE_HOST:
    return LARIAT_ERESOLVE;
  case CURLE_COULDNT_CONNECT:
    return connect_status(transfer);
  case CURLE_OPERATION_TIMEDOUT:
    return LARIAT_ETIMEDOUT;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CLIENTCERT:
  case CURLE_SSL_ENGINE_NOTFOUND:
  case CURLE_USE_SSL_FAILED:
    return LARIAT_ETLS;
  case CURLE_PARTIAL_FILE:
    return LARIAT_ETRUNCATED;
  case CURLE_GOT_NOTHING: /* to some versions a part of a head is */
    return is_in_head(transfer) ? LARIAT_ETRUNCATED : LARIAT_EEMPTY;
  case CURLE_SEND_ERROR:
    return LARIAT_ERESET;
  case CURLE_HTTP2_STREAM: /* ended by the server, which has read enough */
    return transfer->upload.active ? LARIAT_ERESET : LARIAT_EPROTOCOL;
  case CURLE_SEND_FAIL_REWIND:
    return LARIAT_ERESET;
  case CURLE_UPLOAD_FAILED:
    return LARIAT_EUPLOAD;
  case CURLE_RECV_ERROR:
    return is_garbled(transfer) ? LARIAT_EPROTOCOL : LARIAT_ERESET;
  case CURLE_BAD_CONTENT_ENCODING: /* in a head: a transfer coding */
    return is_before_body(transfer) ? LARIAT_EPROTOCOL : LARIAT_EENCODING;
  case libcurl_too_large:
    return LARIAT_EHEADERLIMIT;
  default:
    return LARIAT_EPROTOCOL;
  }
}

static lariat_status end_response_digest(lr_transfer *transfer,
                                         uint8_t sha256[32], bool *has) {
  if (!transfer->has_digest) return LARIAT_OK;
  *has = lr_sha256_end(transfer->digest, sha256);
  return *has ? LARIAT_OK : LARIAT_ENOMEM;
}

static lariat_status finish_stream(lr_transfer *transfer) {
  lariat_stream *stream = transfer->job->sink->stream;
  return end_response_digest(transfer, stream->sha256, &stream->has_sha256);
}

/* Says whether there is no status line in what came.  Newer versions of libcurl
 * show such a line, and then it is the reader that has refused it. */
static bool is_rubbish(const lr_transfer *transfer, int code) {
  const lr_h1_parser *parser = &transfer->reader.parser;
  if (transfer->fault != LARIAT_OK)
    return transfer->fault == LARIAT_EPROTOCOL &&
           parser->reason == LR_H1_REASON_NOT_HTTP &&
           !lr_h1_parser_begun(parser);
  return code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY;
}

/* Says whether a connection that was open already ended before anything came of
 * the answer: libcurl sends again by itself only over HTTP/1. */
static bool was_lost(const lr_transfer *transfer, int code) {
  const lariat_response *response = transfer->job->response;
  if (transfer->tries.sends == 0 || lr_outcome_has_response(transfer) ||
      !response->reused)
    return false;
  if (is_rubbish(transfer, code) &&
      transfer->host->protocol != LR_PROTOCOL_HTTP2)
    return true;
  if (transfer->fault != LARIAT_OK) return false;
  return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
         code == CURLE_PARTIAL_FILE || code == CURLE_HTTP2 ||
         code == CURLE_GOT_NOTHING;
}

/* Says whether to start anew: the server has refused a stream of HTTP/2 before
 * libcurl had sent all of its body, and that it sends again by itself only
 * without one.  Once, and only what is in memory still. */
static bool may_request_anew(const lr_transfer *transfer, int code) {
  const lr_job *job = transfer->job;
  return code == CURLE_HTTP2_STREAM && transfer->fault == LARIAT_OK &&
         lr_stream_was_refused(transfer) &&
         !lr_outcome_has_response(transfer) && !job->attempt.reuse_failed &&
         !job->body.source && !job->sink;
}

/* The body of a redirect that is followed does not matter, so it need not be
 * possible to decode it. */
static lariat_status forgive_redirect(const lr_job *job, lariat_status status) {
  bool wanted =
      status == LARIAT_EENCODING && job->response && lr_redirect_wanted(job);
  return wanted ? LARIAT_OK : status;
}

/* Judges the end of a response, unless a callback has ended it and it does not
 * matter. */
static lariat_status check_end(const lr_transfer *transfer) {
  if (transfer->fault != LARIAT_OK) return LARIAT_OK;
  lariat_status status = lr_response_reader_end(transfer);
  return status == LARIAT_OK
             ? forgive_redirect(
                   transfer->job,
                   lr_decoding_check(
                       &transfer->decoding,
                       lr_response_reader_lasts_until_close(transfer)))
             : status;
}

static lariat_status finish_response(lr_transfer *transfer) {
  lariat_response *response = transfer->job->response;
  lariat_status status = check_end(transfer);
  if (status != LARIAT_OK) return status;
  if (!response) return finish_stream(transfer);
  if (!lr_response_finish(response)) return LARIAT_ENOMEM;
  response->body_bytes = transfer->job->pool.received;
  return end_response_digest(transfer, response->sha256, &response->has_sha256);
}

/* Says whether a callback of ours has refused what came, for a limit: what
 * libcurl says then is about writing, which nobody who reads it has done. */
static bool was_over_limit(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  return job->attempt.curl_code == CURLE_WRITE_ERROR &&
         (job->attempt.outcome == LARIAT_EBODYLIMIT ||
          job->attempt.outcome == LARIAT_EHEADERLIMIT ||
          job->attempt.outcome == LARIAT_ENOMEM);
}

/* Returns what of a head was too large for libcurl, which calls it "out of
 * memory", or has other words in each version. */
static const char *describe_large_head(const lr_transfer *transfer) {
  const lariat_response *response = transfer->job->response;
  uint32_t headers = transfer->reader.parser.counted_headers;
  if (response) headers += response->header_count;
  return lr_h1_reason_text(headers < LR_RESPONSE_HEADERS_MAX
                               ? LR_H1_REASON_LONG_LINE
                               : LR_H1_REASON_MANY_HEADERS);
}

/* Returns the failure's text, or NULL. */
static const char *find_detail(lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  const char *fault = lr_response_reader_fault(transfer);
  if (job->sink && job->attempt.outcome == LARIAT_EWRITE)
    return strerror_r(job->sink->error, transfer->error,
                      sizeof transfer->error);
  if (job->attempt.outcome == LARIAT_EENCODING && transfer->decoding.decoder)
    lr_content_decoder_describe(transfer->decoding.decoder, transfer->error);
  else if (fault && (transfer->fault != LARIAT_OK ||
                     job->attempt.outcome == LARIAT_ETRUNCATED))
    return fault;
  if (job->attempt.outcome == LARIAT_EHEADERLIMIT)
    return describe_large_head(transfer);
  if (was_over_limit(transfer)) return NULL;
  if (lacks_certificate(transfer, job->attempt.curl_code))
    return "the server wants a client certificate";
  if (is_refused(transfer, job->attempt.curl_code))
    return lr_tls_events_refusal(transfer->tls);
  if (transfer->fault == LARIAT_OK && !transfer->error[0] &&
      job->attempt.curl_code != CURLE_OK)
    return curl_easy_strerror((CURLcode)job->attempt.curl_code);
  return transfer->error[0] ? transfer->error : NULL;
}

/* Names the address in the buffer for libcurl's text, which says only that
 * there is no connection. */
static LR_COLD const char *describe_denied(lr_transfer *transfer) {
  snprintf(transfer->error, sizeof transfer->error,
           "connections to %s are denied", transfer->denied_ip);
  return transfer->error;
}

/* The text instead of libcurl's words for a callback that said no. */
static const char connection_died[] =
    "an open connection ended before the answer";

/* Says whether the transfer was ended since the answer that came is none to its
 * request. */
static bool is_stale(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  return job->response && job->response->status &&
         job->attempt.connection_dead && transfer->fault == LARIAT_ERESET;
}

/* Says whether the response, a complete one, came on an open connection whose
 * server has sent what nobody asked for in the meantime: it may be another
 * request's, and is asked for once more where that can be done. */
static bool may_be_anothers(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  const lr_body_sink *sink = job->sink;
  if (!is_suspect(transfer) || job->attempt.outcome != LARIAT_OK) return false;
  if (!job->response || !job->response->reused || !job->replay.repeatable ||
      job->replay.on_new_connection || job->body.source)
    return false;
  return !sink || (sink->fd >= 0 && sink->fd_start >= 0);
}

/* Says whether what came, if anything, is none to the request, since the
 * connection was dead; notes what that says of the server. */
static bool is_none_to_request(lr_transfer *transfer, int code) {
  if (may_be_anothers(transfer)) {
    lr_response_reset(transfer->job->response);
    return true;
  }
  if (!was_lost(transfer, code)) return false;
  if (is_rubbish(transfer, code)) lr_excess_note_rubbish(transfer);
  return true;
}

/* Decides the outcome by libcurl's code and by what our callbacks have said. */
static void decide_outcome(lr_transfer *transfer, int curl_code) {
  lr_job *job = transfer->job;
  job->attempt.curl_code = curl_code;
  job->attempt.outcome = forgive_redirect(job, status_for(transfer, curl_code));
  if (curl_code != CURLE_OK && transfer->fault == LARIAT_OK &&
      lacked_descriptor(transfer, curl_code))
    job->attempt.outcome = wait_for_descriptor(transfer);
}

/* Decides whether the request is to be made on another connection instead. */
static void decide_retry(lr_transfer *transfer, int curl_code) {
  lr_job *job = transfer->job;
  if (is_none_to_request(transfer, curl_code)) {
    job->attempt.connection_dead = true;
    job->attempt.outcome = LARIAT_ERESET;
    lr_socket_note_lost(transfer);
  }
  if (may_request_anew(transfer, curl_code)) {
    job->attempt.reuse_failed = true;
    job->attempt.outcome = LARIAT_EBUSY;
  }
}

/* Returns the text of the failure that the attempt is, or NULL. */
static const char *find_text(lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  if (job->attempt.outcome == LARIAT_EADDRESS) return describe_denied(transfer);
  if (job->attempt.outcome == LARIAT_ESYSTEM) return lr_outcome_no_descriptor;
  if (job->attempt.connection_dead && transfer->fault != LARIAT_OK)
    return connection_died;
  return find_detail(transfer);
}

static LR_COLD void conclude_failure(lr_transfer *transfer, int curl_code) {
  lr_job *job = transfer->job;
  job->attempt.phase = (uint8_t)lr_outcome_phase(transfer);
  job->attempt.permanent = lacks_certificate(transfer, curl_code);
  if (job->attempt.permanent) job->attempt.phase = LARIAT_PHASE_TLS;
  if (job->attempt.outcome == LARIAT_ETIMEDOUT)
    job->attempt.time_limit = LARIAT_TIME_LIMIT_CONNECT; /* libcurl's own */
  if (job->response)
    read_failed_timings(transfer, job->response,
                        (lariat_phase)job->attempt.phase);
  const char *text = find_text(transfer);
  if (text) job->attempt.detail = lr_copy_string(text);
}

void lr_outcome_conclude(lr_transfer *transfer, int curl_code) {
  lr_job *job = transfer->job;
  lariat_response *response = job->response; /* NULL: it is away already */
  if (transfer->upload.early_response && lr_upload_feed_has_response(transfer))
    curl_code = CURLE_OK;
  if (transfer->reader.stopped) curl_code = CURLE_OK;
  decide_outcome(transfer, curl_code);
  if (job->pool.received > LARGE_BODY)
    transfer->host->learned.large_bodies = true;
  job->attempt.resent =
      (transfer->tries.sends > 1 || job->attempt.reuse_failed) &&
      !job->attempt.connection_dead;
  if (is_stale(transfer)) lr_response_reset(response);
  if (response) lr_outcome_read_remote(transfer, response);
  decide_retry(transfer, curl_code);
  if (response) {
    read_timings(transfer, response);
    read_instants(transfer, response, job->attempt.outcome == LARIAT_OK);
  }
  if (job->attempt.outcome == LARIAT_OK)
    job->attempt.outcome = finish_response(transfer);
  if (job->attempt.outcome == LARIAT_EENCODING)
    job->attempt.curl_code = CURLE_BAD_CONTENT_ENCODING;
  if (transfer->connection.was_open && job->attempt.outcome == LARIAT_OK)
    lr_host_note_reuse(transfer->host);
  if (job->sink) lr_body_sink_end(job, job->attempt.outcome);
  if (job->attempt.outcome != LARIAT_OK) conclude_failure(transfer, curl_code);
}

void lr_outcome_stop(lr_transfer *transfer) {
  lr_job *job = transfer->job;
  job->attempt.phase = (uint8_t)lr_outcome_phase(transfer);
  job->attempt.resent = transfer->tries.sends > 1 || job->attempt.reuse_failed;
  if (job->response)
    read_failed_timings(transfer, job->response,
                        (lariat_phase)job->attempt.phase);
}
