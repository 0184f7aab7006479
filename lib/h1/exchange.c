/* SPDX-License-Identifier: MIT
 * Requests sent and answers read by ourselves. */
#include "h1/exchange.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <curl/curl.h>
#include <openssl/evp.h>

#include "base/memory.h"
#include "curl/engine.h"
#include "curl/quirks.h"
#include "curl/transfer.h"
#include "h1/connection.h"
#include "http/header_list.h"
#include "http/sha256.h"
#include "job/job.h"
#include "schedule/dispatcher.h"
#include "schedule/host.h"

/* A connection that always has more does not keep the others waiting. */
enum { READS_AT_ONCE = 4 };

static const uint32_t reads = EPOLLIN | EPOLLRDHUP;

/* What is ordinary. */

static bool is_head(const lr_job *job) {
  return !job->get && strcmp(job->method, "HEAD") == 0;
}

/* libcurl refuses to send a head of a megabyte, in its own words. */
enum { LONGEST_LINES = 512 * 1024 };

static bool is_h1_safe(const lr_header_list *headers) {
  return !headers ||
         (headers->h1_safe && headers->lines_length <= LONGEST_LINES);
}

static bool has_more(const lr_job *job) {
  return job->sink || job->body_source || job->body || !job->repeatable;
}

bool lr_exchange_suits_idle(const lr_job *job) {
  if (!job->url.simple || !is_h1_safe(job->headers)) return false;
  return job->defaults || (!has_more(job) && (job->get || is_head(job)));
}

/* A host with a delay between its requests wants to be asked when each is
 * sent: few requests, for which libcurl will do. */
bool lr_exchange_suits(const lr_engine *engine, const lr_job *job) {
  const lr_host *host = job->host;
  if (engine->libcurl_only || host->needs_libcurl || host->has_delay)
    return false;
  if (job->url.tls || job->http == LARIAT_HTTP_2) return false;
  return lr_exchange_suits_idle(job);
}

/* A host is asked by libcurl first: should its answer be odd, nothing was asked
 * twice.  When many of its connections are opened at once that is not waited
 * for: libcurl's memory for each is ten times ours. */
enum { ASKED_BY_LIBCURL = 32 };

bool lr_exchange_takes(const lr_transfer *transfer) {
  const lr_host *host = transfer->host;
  if (transfer->leaving < 0 || transfer->job->reuse_failed ||
      host->needs_libcurl)
    return false;
  return host->h1_proven || host->running > ASKED_BY_LIBCURL;
}

/* The request, as libcurl writes it. */

static char *put(char *to, const char *text, size_t length) {
  memcpy(to, text, length);
  return to + length;
}

static char *put_string(char *to, const char *text) {
  return put(to, text, strlen(text));
}

/* "host:81", without the port if it is the usual one. */
static size_t authority_length(const lr_url *target) {
  static const char usual[] = ":80";
  size_t length = target->origin_length - strlen("http://");
  const char *end = target->url + target->origin_length;
  bool has_usual = memcmp(end - 3, usual, 3) == 0;
  return has_usual ? length - 3 : length;
}

static const char accept_any[] = "Accept: */*\r\n";
static const char accept_encoding[] = "Accept-Encoding: ";

static const char *encoding_of(const lr_job *job) {
  if (job->headers && job->headers->has_encoding) return NULL;
  return job->decompress ? lr_quirks_abilities()->accept_encoding : NULL;
}

/* More than they need. */
static size_t lines_room(const lr_job *job, const char *encoding) {
  enum { REST = 64 };
  return job->url.origin_length + sizeof accept_any + sizeof accept_encoding +
         (encoding ? strlen(encoding) : 0) +
         (job->headers ? job->headers->lines_length : 0) + REST;
}

static char *put_lines(char *to, const lr_job *job, const char *encoding) {
  const lr_url *target = &job->url;
  const lr_header_list *headers = job->headers;
  to = put_string(to, " HTTP/1.1\r\nHost: ");
  to = put(to, target->url + strlen("http://"), authority_length(target));
  to = put_string(to, "\r\n");
  if (!headers || !headers->has_accept) to = put_string(to, accept_any);
  if (encoding) {
    to = put_string(to, accept_encoding);
    to = put_string(to, encoding);
    to = put_string(to, "\r\n");
  }
  if (headers && headers->lines_length)
    to = put(to, headers->lines, headers->lines_length);
  return put_string(to, "\r\n");
}

static __attribute__((noinline)) bool
write_lines(lr_host *host, const lr_job *job, const char *encoding) {
  lr_buffer *lines = &host->lines;
  lines->length = 0;
  if (!lr_buffer_reserve(lines, lines_room(job, encoding))) return false;
  lines->length =
      (size_t)(put_lines(lines->bytes, job, encoding) - lines->bytes);
  if (job->headers) lr_header_list_retain(job->headers);
  lr_header_list_release(host->lines_headers);
  host->lines_headers = job->headers;
  host->lines_encoding = encoding;
  return true;
}

/* All that is behind the path: mostly the same as for the host's request
 * before.  NULL when out of memory. */
static const lr_buffer *lines_of(lr_host *host, const lr_job *job) {
  const char *encoding = encoding_of(job);
  if (host->lines.length && host->lines_headers == job->headers &&
      host->lines_encoding == encoding)
    return &host->lines;
  return write_lines(host, job, encoding) ? &host->lines : NULL;
}

static char *put_request(char *to, const lr_job *job, const lr_buffer *lines) {
  const lr_url *target = &job->url;
  to = job->get ? put(to, "GET ", 4) : put(to, "HEAD ", 5);
  to = put(to, target->url + target->origin_length,
           target->url_length - target->origin_length);
  return put(to, lines->bytes, lines->length);
}

/* In memory that all requests of the engine share; NULL when there is none. */
static const char *write_request(lr_engine *engine, const lr_job *job,
                                 size_t *length) {
  const lr_buffer *lines = lines_of(job->host, job);
  if (!lines) return NULL;
  engine->request.length = 0;
  if (!lr_buffer_reserve(&engine->request,
                         sizeof "HEAD " + job->url.url_length + lines->length))
    return NULL;
  char *text = engine->request.bytes;
  *length = (size_t)(put_request(text, job, lines) - text);
  return text;
}

/* Sending. */

static inline ssize_t send_some(int fd, const char *bytes, size_t length) {
  ssize_t sent;
  do sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 && errno == EAGAIN ? 0 : sent;
}

static bool watch_for(lr_connection *connection, uint32_t events) {
  return lr_poller_set(lr_reactor_poller(connection->engine->reactor),
                       &connection->watch, events) == LARIAT_OK;
}

static lariat_status keep_unsent(lr_connection *connection, const char *bytes,
                                 size_t length) {
  connection->unsent.length = 0;
  connection->sent = 0;
  if (length == 0) return LARIAT_OK;
  if (!lr_buffer_append(&connection->unsent, bytes, length) ||
      !watch_for(connection, reads | EPOLLOUT))
    return LARIAT_ENOMEM;
  return LARIAT_OK;
}

static bool is_sent(const lr_connection *connection) {
  return connection->sent == connection->unsent.length;
}

/* LARIAT_OK, LARIAT_ENOMEM; LARIAT_ERESET: the connection is dead */
static inline lariat_status send_request(lr_connection *connection,
                                         const lr_job *job) {
  size_t length = 0;
  const char *text = write_request(connection->engine, job, &length);
  if (!text) return LARIAT_ENOMEM;
  ssize_t sent = send_some(connection->watch.fd, text, length);
  if (sent < 0) return LARIAT_ERESET;
  return keep_unsent(connection, text + sent, length - (size_t)sent);
}

/* Beginning. */

static inline void begin(lr_connection *connection, lr_job *job) {
  lr_connection_take(connection, job);
  connection->first_byte_ns = 0;
  job->received = 0;
  lr_h1_parser_begin(&connection->parser, job->response, !job->get,
                     job->decompress ? &connection->engine->gzip_pool : NULL,
                     job->max_body_bytes);
  if (job->sink_kind == LARIAT_SINK_DISCARD)
    lr_h1_parser_discard(&connection->parser, job->sha256);
  connection->engine->running++;
}

/* The memory of a request that was much larger than most is not kept. */
static void trim_request(lr_engine *engine, lr_host *host) {
  enum { KEPT = 64 * 1024, KEPT_LINES = 8 * 1024 };
  if (engine->request.capacity > KEPT) lr_buffer_clear(&engine->request);
  if (host->lines.capacity > KEPT_LINES) lr_buffer_clear(&host->lines);
}

lariat_status lr_exchange_start(lr_engine *engine, lr_job *job) {
  lr_connection *connection;
  if (!job->response) job->response = lr_response_new();
  if (!job->response) return LARIAT_ENOMEM;
  while ((connection = lr_connection_idle(job->host))) {
    lariat_status status = send_request(connection, job);
    trim_request(engine, job->host);
    if (status == LARIAT_OK) {
      begin(connection, job);
      return LARIAT_OK;
    }
    lr_connection_close(connection);
    if (status != LARIAT_ERESET) return status;
  }
  return LARIAT_EBUSY;
}

/* The end. */

static uint64_t after(uint64_t later, uint64_t earlier) {
  return later > earlier ? later - earlier : 0;
}

static inline void describe(const lr_connection *connection) {
  const lr_job *job = connection->job;
  lariat_response *response = job->response;
  uint64_t now_ns = lr_reactor_turn_ns(connection->engine->reactor);
  uint64_t first_ns =
      connection->first_byte_ns ? connection->first_byte_ns : now_ns;
  lariat_timings *timings = &response->timings;
  timings->queue_us = after(job->started_ns, job->hop_ns) / 1000;
  timings->first_byte_us = after(first_ns, job->started_ns) / 1000;
  timings->body_us = after(now_ns, first_ns) / 1000;
  response->reused = !connection->is_new;
  response->remote_port = connection->remote_port;
  memcpy(response->remote_ip, connection->remote_ip,
         sizeof response->remote_ip);
}

/* Where it was, and for how long. */
static void describe_failed(const lr_connection *connection,
                            lariat_phase phase) {
  lariat_timings *timings = &connection->job->response->timings;
  describe(connection);
  if (phase == LARIAT_PHASE_REQUEST)
    timings->request_us = timings->first_byte_us;
}

static void drop_digest(lr_connection *connection) {
  EVP_MD_CTX_free(connection->digest);
  connection->digest = NULL;
  connection->digested = 0;
}

/* The job leaves the connection; what becomes of that is the caller's. */
static inline lr_job *leave(lr_connection *connection) {
  lr_engine *engine = connection->engine;
  lr_job *job = connection->job;
  if (connection->first_byte_ns) engine->receiving--;
  engine->running--;
  job->received = connection->parser.received;
  lr_h1_parser_close(&connection->parser);
  if (connection->digest) drop_digest(connection);
  job->connection = NULL;
  connection->job = NULL;
  return job;
}

/* libcurl is to do it, as if it had never been started. */
static void hand_over(lr_connection *connection) {
  lr_engine *engine = connection->engine;
  lr_job *job = leave(connection);
  lr_connection_close(connection);
  lr_response_reset(job->response);
  job->outcome = LARIAT_EBUSY;
  lr_dispatcher_done(engine->dispatcher, job);
}

/* What the host says is not ordinary: from now on libcurl reads all of it. */
static void leave_to_libcurl(lr_connection *connection) {
  lr_connection_leave_host_to_libcurl(connection->host);
  hand_over(connection);
}

/* It was dead before anything came: a new one is opened. */
static void try_again(lr_connection *connection) {
  connection->job->reuse_failed = true;
  hand_over(connection);
}

static int curl_code_of(lariat_status status) {
  switch (status) {
  case LARIAT_OK:
    return CURLE_OK;
  case LARIAT_ETRUNCATED:
    return CURLE_PARTIAL_FILE;
  case LARIAT_EEMPTY:
    return CURLE_GOT_NOTHING;
  case LARIAT_ERESET:
    return CURLE_RECV_ERROR;
  case LARIAT_ENOMEM:
    return CURLE_OUT_OF_MEMORY;
  default:
    return CURLE_WRITE_ERROR;
  }
}

static const char *detail_of(const lr_h1_parser *parser, lariat_status status) {
  if (status == LARIAT_ERESET) return "the connection was reset";
  if (status == LARIAT_EEMPTY) return "the connection ended before the answer";
  if (status != LARIAT_ETRUNCATED) return NULL;
  return lr_h1_parser_in_body(parser) ? "the connection ended within the body"
                                      : "the connection ended within the head";
}

static void fail(lr_connection *connection, lariat_status status) {
  lr_engine *engine = connection->engine;
  lr_job *job = connection->job;
  const char *detail = detail_of(&connection->parser, status);
  job->outcome = status;
  job->curl_code = curl_code_of(status);
  job->phase = (uint8_t)lr_exchange_phase(job);
  if (detail) job->detail = lr_copy_string(detail);
  describe_failed(connection, (lariat_phase)job->phase);
  lr_engine_count(engine, job->response);
  leave(connection);
  lr_connection_close(connection);
  lr_dispatcher_done(engine->dispatcher, job);
}

static bool begin_digest(lr_connection *connection) {
  const EVP_MD *sha256 = lr_engine_sha256(connection->engine);
  if (!connection->digest) connection->digest = EVP_MD_CTX_new();
  return sha256 && connection->digest &&
         EVP_DigestInit_ex(connection->digest, sha256, NULL) == 1;
}

/* A large body is digested as it comes: all of it at its end would hold up
 * everything else.  Without memory for that, it does. */
static void digest_some(lr_connection *connection) {
  enum { PIECE = 256 * 1024 };
  const lr_buffer *body = &connection->job->response->body;
  size_t length = body->length - connection->digested;
  if (length < PIECE) return;
  if (connection->digested == 0 && !begin_digest(connection)) return;
  if (EVP_DigestUpdate(connection->digest, body->bytes + connection->digested,
                       length) == 1)
    connection->digested = body->length;
}

static bool finish_digest(lr_connection *connection,
                          lariat_response *response) {
  const lr_buffer *body = &response->body;
  size_t from = connection->digested;
  unsigned length = 0;
  return EVP_DigestUpdate(connection->digest, body->bytes + from,
                          body->length - from) == 1 &&
         EVP_DigestFinal_ex(connection->digest, response->sha256, &length) == 1;
}

static bool compute_digest(lr_connection *connection,
                           lariat_response *response) {
  const lr_buffer *body = &response->body;
  if (connection->digested) return finish_digest(connection, response);
  if (connection->parser.body_use == LR_H1_DIGESTED)
    return lr_h1_parser_digest(&connection->parser, response->sha256);
  return lr_sha256_of(body->bytes, body->length, response->sha256);
}

static bool make_digest(lr_connection *connection, lariat_response *response) {
  response->has_sha256 = compute_digest(connection, response);
  return response->has_sha256;
}

static lariat_status conclude(lr_connection *connection) {
  const lr_job *job = connection->job;
  lariat_response *response = job->response;
  if (job->sha256 && !make_digest(connection, response)) return LARIAT_ENOMEM;
  if (!lr_response_finish(response)) return LARIAT_ENOMEM;
  response->body_bytes = connection->parser.received;
  return LARIAT_OK;
}

/* `more`: bytes came that are of no answer. */
static void finish(lr_connection *connection, bool more) {
  lr_engine *engine = connection->engine;
  lariat_status status = conclude(connection);
  if (status != LARIAT_OK) {
    fail(connection, status);
    return;
  }
  describe(connection);
  bool keeps = connection->parser.keeps && !more && is_sent(connection) &&
               !connection->host->needs_libcurl &&
               !(engine->dispatcher->starved_count &&
                 lr_engine_must_reclaim(engine, connection->host));
  lr_job *job = leave(connection);
  connection->host->h1_proven = true;
  lr_engine_count(engine, job->response);
  if (keeps)
    lr_connection_make_idle(connection);
  else
    lr_connection_close(connection);
  lr_dispatcher_done(engine->dispatcher, job);
}

/* Reading. */

/* A connection that was open already may have been closed before the server
 * knew of the request; a new one was not. */
static void lost(lr_connection *connection, lariat_status status) {
  bool begun = lr_h1_parser_begun(&connection->parser);
  if (!begun && !connection->is_new)
    try_again(connection);
  else if (!begun && status == LARIAT_ETRUNCATED)
    fail(connection, LARIAT_EEMPTY);
  else
    fail(connection, status);
}

static void ended(lr_connection *connection) {
  lr_h1_result verdict = lr_h1_parser_end(&connection->parser);
  if (verdict == LR_H1_DONE)
    finish(connection, false);
  else if (verdict == LR_H1_FALLBACK)
    leave_to_libcurl(connection);
  else
    lost(connection, connection->parser.fault);
}

static void receiving(lr_connection *connection) {
  lr_engine *engine = connection->engine;
  uint64_t now_ns = lr_reactor_turn_ns(engine->reactor);
  if (connection->job->idle_timeout_ns) connection->job->active_ns = now_ns;
  if (connection->first_byte_ns) return;
  connection->first_byte_ns = now_ns;
  engine->receiving++;
}

/* True: the answer goes on. */
static bool take(lr_connection *connection, const char *bytes, size_t length) {
  size_t used = 0;
  receiving(connection);
  switch (lr_h1_parser_feed(&connection->parser, bytes, length, &used)) {
  case LR_H1_MORE:
    if (connection->job->sha256) digest_some(connection);
    return true;
  case LR_H1_DONE:
    finish(connection, used < length);
    return false;
  case LR_H1_FAILED:
    fail(connection, connection->parser.fault);
    return false;
  case LR_H1_FALLBACK:
    leave_to_libcurl(connection);
    return false;
  }
  return false;
}

/* Less than there was room for: that was all for now. */
static void receive(lr_connection *connection) {
  lr_engine *engine = connection->engine;
  for (int i = 0; i < READS_AT_ONCE; i++) {
    ssize_t got = recv(connection->watch.fd, engine->inbound,
                       sizeof engine->inbound, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got == 0) {
      ended(connection);
      return;
    }
    if (got < 0) {
      lost(connection, LARIAT_ERESET);
      return;
    }
    if (!take(connection, engine->inbound, (size_t)got)) return;
    if ((size_t)got < sizeof engine->inbound) return;
  }
}

/* False: the connection is gone. */
static bool send_rest(lr_connection *connection) {
  const lr_buffer *unsent = &connection->unsent;
  ssize_t sent =
      send_some(connection->watch.fd, unsent->bytes + connection->sent,
                unsent->length - connection->sent);
  if (sent < 0) {
    lost(connection, LARIAT_ERESET);
    return false;
  }
  connection->sent += (size_t)sent;
  if (connection->job->idle_timeout_ns)
    connection->job->active_ns =
        lr_reactor_turn_ns(connection->engine->reactor);
  if (is_sent(connection)) {
    lr_buffer_clear(&connection->unsent);
    connection->sent = 0;
    (void)watch_for(connection, reads);
  }
  return true;
}

void lr_exchange_ready(lr_watch *watch, uint32_t events) {
  lr_connection *connection = lr_container(watch, lr_connection, watch);
  if (!connection->job) {
    lr_connection_close(connection);
    return;
  }
  if ((events & EPOLLOUT) && !is_sent(connection) && !send_rest(connection))
    return;
  if (events & ~(uint32_t)EPOLLOUT) receive(connection);
}

/* From outside. */

void lr_exchange_open(lr_connection *connection, lr_job *job) {
  begin(connection, job);
  lariat_status status = send_request(connection, job);
  trim_request(connection->engine, job->host);
  if (status != LARIAT_OK) fail(connection, status);
}

lariat_phase lr_exchange_phase(const lr_job *job) {
  const lr_connection *connection = job->connection;
  if (lr_h1_parser_in_body(&connection->parser)) return LARIAT_PHASE_BODY;
  if (job->response->status && !job->response->interim)
    return LARIAT_PHASE_BODY;
  return is_sent(connection) ? LARIAT_PHASE_FIRST_BYTE : LARIAT_PHASE_REQUEST;
}

/* A reactor that was kept busy has not heard yet what waits for it. */
uint64_t lr_exchange_heard_ns(const lr_job *job) {
  const lr_connection *connection = job->connection;
  struct pollfd waiting = {connection->watch.fd, POLLIN, 0};
  if (!is_sent(connection)) waiting.events |= POLLOUT;
  return poll(&waiting, 1, 0) > 0
             ? lr_reactor_turn_ns(connection->engine->reactor)
             : job->active_ns;
}

void lr_exchange_cancel(lr_job *job) {
  lr_connection *connection = job->connection;
  lr_engine *engine = connection->engine;
  job->phase = (uint8_t)lr_exchange_phase(job);
  describe_failed(connection, (lariat_phase)job->phase);
  lr_engine_count(engine, job->response);
  leave(connection);
  lr_connection_close(connection);
}
