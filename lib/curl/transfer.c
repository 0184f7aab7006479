/* SPDX-License-Identifier: MIT
 * Easy handles: what is set on them once, what for each request, and what is
 * read from them at the end. */
#include "curl/transfer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "base/memory.h"
#include "curl/engine.h"
#include "curl/lane.h"
#include "curl/obs_fold_guard.h"
#include "curl/quirks.h"
#include "curl/socket.h"
#include "curl/upload_feed.h"
#include "h1/exchange.h"
#include "job/body_sink.h"
#include "job/stream.h"
#include "net/trust.h"
#include "schedule/dispatcher.h"

/* Connections are not kept for ever: a certificate is only looked at when one
 * is opened. */
static const long lifetime_s = 3600;

/* libcurl's receive buffer, where bodies are small and where they are large:
 * each read is a system call.  Old versions take the memory for each
 * transfer. */
enum {
  BUFFER = CURL_MAX_WRITE_SIZE,
  LARGE_BUFFER = 128 * 1024,
  LARGE_BODY = 4 * BUFFER /* a large body */
};

/* libcurl's callbacks. */

static void note_activity(lr_transfer *transfer) {
  transfer->job->active_ns = lr_reactor_turn_ns(transfer->engine->reactor);
}

/* The handshake begins. */
static CURLcode use_trust(CURL *easy, void *ssl_ctx, void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  const lr_engine *engine = transfer->engine;
  (void)easy;
  transfer->in_handshake = true;
  if (engine->trusted) lr_trust_apply(engine->trusted, ssl_ctx);
  return CURLE_OK;
}

/* What the host speaks is known: its other jobs need not wait any longer. */
static void learn(lr_transfer *transfer, lr_protocol protocol) {
  lr_host *host = transfer->host;
  if (host->protocol != LR_PROTOCOL_UNKNOWN) return;
  lr_dispatcher_learned(transfer->engine->dispatcher, host, protocol);
}

/* The handshake has settled the protocol, however long the answer may take. */
static void learn_from_handshake(lr_transfer *transfer) {
  struct curl_tlssessioninfo *session = NULL;
  const unsigned char *name = NULL;
  unsigned length = 0;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_TLS_SSL_PTR, &session);
  if (!session || !session->internals) return;
  SSL_get0_alpn_selected(session->internals, &name, &length);
  bool http2 = length == 2 && memcmp(name, "h2", 2) == 0;
  learn(transfer, http2 ? LR_PROTOCOL_HTTP2 : LR_PROTOCOL_HTTP1);
}

/* A stream of HTTP/2 that the server has not looked at (GOAWAY does that to
 * many at once) may always be sent again.  libcurl says nothing then, but of
 * any other end of a connection it says what it was. */
static bool was_refused(const lr_transfer *transfer) {
  return transfer->host->protocol == LR_PROTOCOL_HTTP2 &&
         transfer->error[0] == '\0';
}

static bool has_answer(const lr_transfer *transfer) {
  const lariat_response *response = transfer->job->response;
  return !response || response->status;
}

/* libcurl sends a request again, whatever its method, when an open connection
 * ended before any answer.  Once, and on a new connection, that is right for
 * what may be made twice; for anything else nobody knows what the server has
 * done.  (A new stream of HTTP/2 may well go to another's new connection.  An
 * answer that has begun means that the server wants it so: 417.) */
static bool may_send_again(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  if (has_answer(transfer) || was_refused(transfer)) return true;
  if (!job->repeatable || transfer->sends > 2) return false;
  return transfer->opened > transfer->opened_then ||
         transfer->host->protocol == LR_PROTOCOL_HTTP2;
}

/* The connection is up and the request not yet sent. */
static int connected(void *transfer_pointer, char *remote_ip, char *local_ip,
                     int remote_port, int local_port) {
  lr_transfer *transfer = transfer_pointer;
  (void)remote_ip;
  (void)local_ip;
  (void)remote_port;
  if (transfer->connecting) transfer->engine->connecting--;
  transfer->connecting = false;
  /* It may have found one that has become idle since it was added: none is to
   * come any more, for which others of the host could hope. */
  lr_engine_connection_came(transfer->engine, transfer);
  if (transfer->host->protocol == LR_PROTOCOL_UNKNOWN)
    learn_from_handshake(transfer);
  if (transfer->leaves) lr_connection_expect(transfer, local_port);
  if (++transfer->sends > 1) transfer->plain = false; /* see lr_socket_open */
  if (!lr_dispatcher_sending(transfer->engine->dispatcher, transfer->job)) {
    transfer->fault = LARIAT_EBUSY;
    return CURL_PREREQFUNC_ABORT;
  }
  if (transfer->sends > 1 && !may_send_again(transfer)) {
    transfer->fault = LARIAT_ERESET;
    transfer->job->connection_dead = true;
    return CURL_PREREQFUNC_ABORT;
  }
  if (transfer->sends == 1 && lr_exchange_takes(transfer)) {
    transfer->opens = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer->opened_then = transfer->opened;
  if (transfer->job->idle_timeout_ns) note_activity(transfer);
  return CURL_PREREQFUNC_OK;
}

/* If that was not to be had, the status line says it. */
static void learn_from_answer(lr_transfer *transfer) {
  int version = transfer->job->response->http_version;
  if (version)
    learn(transfer, version >= 20 ? LR_PROTOCOL_HTTP2 : LR_PROTOCOL_HTTP1);
}

/* libcurl's cache of addresses.  At the end of each transfer it goes through
 * all of it, for what is too old, unless nothing ever is; it is enough to do
 * that when a connection was opened.  But a name must not be looked up in there
 * with "nothing is too old": what was hoped for may have gone.  So a transfer
 * that has got its connection says it at the first line of the answer. */
static void set_dns_pruning(lr_transfer *transfer, bool prunes_dns) {
  static const long usual_s = 60;
  if (transfer->prunes_dns == prunes_dns) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_DNS_CACHE_TIMEOUT,
                         prunes_dns ? usual_s : -1L);
  transfer->prunes_dns = prunes_dns;
}

/* The connection goes to another host.  (Whether one that is to be ours does,
 * is seen at the end.) */
static void reclaim_connection(lr_transfer *transfer) {
  lr_engine *engine = transfer->engine;
  if (transfer->leaving >= 0 || !lr_engine_must_reclaim(engine, transfer->host))
    return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
  transfer->plain = false;
  transfer->host->reclaiming++;
  engine->reclaiming++;
  engine->reclaimed_ns = lr_reactor_turn_ns(engine->reactor);
}

static void first_line(lr_transfer *transfer) {
  transfer->receiving = true;
  transfer->engine->receiving++;
  if (transfer->host->protocol == LR_PROTOCOL_UNKNOWN)
    learn_from_answer(transfer);
  if (transfer->may_reuse) set_dns_pruning(transfer, false);
  if (transfer->engine->dispatcher->starved_count) reclaim_connection(transfer);
}

/* Returning less than was given makes libcurl end the transfer. */
static size_t take_header(char *line, size_t size, size_t count,
                          void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  lr_job *job = transfer->job;
  size_t length = size * count;
  if (transfer->fault != LARIAT_OK) return 0;
  if (!job->response) return length; /* a trailer: the head is away already */
  if (job->idle_timeout_ns) note_activity(transfer);
  lariat_status status = lr_response_add_line(job->response, line, length);
  if (status != LARIAT_OK) {
    transfer->fault = status;
    return 0;
  }
  if (!transfer->receiving) first_line(transfer);
  if (transfer->fold_guard) lr_obs_fold_guard_follow(transfer);
  if (transfer->sending) lr_upload_feed_head_came(transfer);
  if (job->sink) lr_body_sink_head(job);
  return length;
}

static size_t give_to_sink(lr_transfer *transfer, const char *bytes,
                           size_t length) {
  lariat_status status = lr_body_sink_take(transfer->job, bytes, length);
  if (status == LARIAT_OK) return length;
  if (status == LARIAT_EBUSY) return CURL_WRITEFUNC_PAUSE;
  transfer->fault = status;
  return 0;
}

static size_t take_body(char *bytes, size_t size, size_t count,
                        void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  lr_job *job = transfer->job;
  size_t length = size * count;
  if (job->idle_timeout_ns) note_activity(transfer);
  if (job->sink && job->sink->open)
    return give_to_sink(transfer, bytes, length);
  job->received += length;
  if (job->max_body_bytes && job->received > job->max_body_bytes)
    transfer->fault = LARIAT_EBODYLIMIT;
  else if (job->sink_kind != LARIAT_SINK_DISCARD &&
           !lr_response_add_body(job->response, bytes, length))
    transfer->fault = LARIAT_ENOMEM;
  else if (transfer->has_digest &&
           EVP_DigestUpdate(transfer->digest, bytes, length) != 1)
    transfer->fault = LARIAT_ENOMEM;
  return transfer->fault == LARIAT_OK ? length : 0;
}

/* Bytes that go have no callback of their own. */
static int take_progress(void *transfer_pointer, curl_off_t down_total,
                         curl_off_t down, curl_off_t up_total, curl_off_t up) {
  lr_transfer *transfer = transfer_pointer;
  (void)down_total;
  (void)down;
  (void)up_total;
  if (up == transfer->uploaded) return 0;
  transfer->uploaded = up;
  note_activity(transfer);
  return 0;
}

/* Configuration. */

static void set_tls(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  lr_engine *engine = transfer->engine;
  long verify = engine->insecure ? 0 : 1;
  (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
  (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2 * verify);
  (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                         (long)CURL_SSLVERSION_TLSv1_2);
  /* libcurl would read its own certificates for each multi; ours are in one
   * store, see trust.h. */
  (void)curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
  (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, use_trust);
  (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, transfer);
}

static void set_callbacks(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, connected);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, lr_socket_open);
  (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, lr_socket_close);
  (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer->engine);
  (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
}

static void set_encoding(lr_transfer *transfer, bool decompress) {
  const char *encoding =
      decompress ? lr_quirks_abilities()->accept_encoding : NULL;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_ACCEPT_ENCODING, encoding);
  transfer->decompress = decompress;
}

/* HTTP/2 without TLS, where a connection is good for one request. */
static bool is_single(uint8_t http) {
  const lr_abilities *abilities = lr_quirks_abilities();
  return http == LARIAT_HTTP_2 && abilities->http2 && !abilities->h2c_reuse;
}

static void set_http(lr_transfer *transfer, uint8_t http) {
  long version = CURL_HTTP_VERSION_2TLS;
  if (http == LARIAT_HTTP_1_1) version = CURL_HTTP_VERSION_1_1;
  if (http == LARIAT_HTTP_2) version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  if (!lr_quirks_abilities()->http2) version = CURL_HTTP_VERSION_1_1;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTP_VERSION, version);
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT,
                         (long)is_single(http));
  transfer->http = http;
}

/* A connection that libcurl closes at once, since it may not use it again, or
 * since it is to be ours. */
static void set_once(lr_transfer *transfer, bool once) {
  if (transfer->once == once) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, (long)once);
  transfer->once = once;
}

/* All that is the same for every request. */
static void configure(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* the environment's */
  /* A look-up that is given up is left to its thread: waiting for getaddrinfo
   * would hold up every other fetch of this reactor. */
  (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  (void)curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, lifetime_s);
  set_callbacks(transfer);
  lr_obs_fold_guard_configure(transfer);
  set_tls(transfer);
  set_encoding(transfer, true);
  set_http(transfer, LARIAT_HTTP_AUTO);
  transfer->set_from = NULL;
  transfer->set_length = 0;
  transfer->prunes_dns = true; /* libcurl's own way */
  transfer->headers = NULL;
  transfer->large_buffer = false;
  transfer->once = false;
  transfer->plain = true;
}

lr_transfer *lr_transfer_new(lr_engine *engine) {
  lr_transfer *transfer = lr_alloc_zero(sizeof *transfer);
  if (!transfer) return NULL;
  transfer->engine = engine;
  transfer->leaving = -1;
  transfer->parked = -1;
  lr_list_init(&transfer->node);
  lr_list_init(&transfer->attempts);
  transfer->easy = curl_easy_init();
  transfer->url = curl_url();
  if (!transfer->easy || !transfer->url) {
    lr_transfer_free(transfer);
    return NULL;
  }
  configure(transfer);
  return transfer;
}

void lr_transfer_free(lr_transfer *transfer) {
  if (transfer->easy) curl_easy_cleanup(transfer->easy);
  curl_url_cleanup(transfer->url);
  EVP_MD_CTX_free(transfer->digest);
  lr_free(transfer->set_path);
  lr_free(transfer);
}

/* The URL. */

static lariat_status give_url(lr_transfer *transfer, CURLU *url) {
  if (transfer->set_from == url) return LARIAT_OK;
  if (curl_easy_setopt(transfer->easy, CURLOPT_CURLU, url) != CURLE_OK)
    return LARIAT_ENOMEM;
  transfer->set_from = url;
  return LARIAT_OK;
}

static bool keep_path(lr_transfer *transfer, const char *path,
                      uint32_t length) {
  if (length >= transfer->set_room) {
    uint32_t capacity = length + 128;
    char *copy = lr_realloc(transfer->set_path, capacity);
    if (!copy) return false;
    transfer->set_path = copy;
    transfer->set_room = capacity;
  }
  memcpy(transfer->set_path, path, length + 1u);
  transfer->set_length = length;
  return true;
}

static bool same_path(const lr_transfer *transfer, const char *path,
                      uint32_t length) {
  return transfer->set_length == length &&
         memcmp(transfer->set_path, path, length) == 0;
}

static lariat_status give_path(lr_transfer *transfer, const char *path) {
  transfer->set_length = 0;
  return curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET, path) ==
                 CURLE_OK
             ? LARIAT_OK
             : LARIAT_ENOMEM;
}

/* A plain URL: what is before its path was parsed for the host, and path and
 * query go out as they are.  (libcurl would take them apart and print them
 * together again, a character at a time.) */
static lariat_status set_simple_url(lr_transfer *transfer, lr_host *host,
                                    const lr_url *target) {
  CURLU *origin = lr_host_origin(host, target);
  const char *path = target->url + target->origin_length;
  uint32_t length = target->url_length - target->origin_length;
  lariat_status status = origin ? give_url(transfer, origin) : LARIAT_ENOMEM;
  if (status != LARIAT_OK || same_path(transfer, path, length)) return status;
  status = give_path(transfer, path);
  if (status != LARIAT_OK) return status;
  return keep_path(transfer, path, length) ? LARIAT_OK : LARIAT_ENOMEM;
}

static lariat_status set_url(lr_transfer *transfer, lr_host *host,
                             const lr_url *target) {
  if (target->simple) return set_simple_url(transfer, host, target);
  CURLUcode code = curl_url_set(transfer->url, CURLUPART_URL, target->url, 0);
  if (code == CURLUE_OUT_OF_MEMORY) return LARIAT_ENOMEM;
  if (code != CURLUE_OK) return LARIAT_EURL;
  lariat_status status = give_url(transfer, transfer->url);
  return status == LARIAT_OK && transfer->set_length ? give_path(transfer, NULL)
                                                     : status;
}

/* The request. */

/* Anything but a GET without a body.  The handle is reset afterwards: handles
 * that changed their method have been a source of faults in libcurl. */
static lariat_status set_method(lr_transfer *transfer, const lr_job *job) {
  CURL *easy = transfer->easy;
  bool head = strcmp(job->method, "HEAD") == 0;
  CURLcode code = CURLE_OK;
  transfer->plain = false;
  if (head && !job->body) {
    code = curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else {
    if (job->body_source) {
      lariat_status status = lr_upload_feed_begin(transfer);
      if (status != LARIAT_OK) return status;
    } else if (job->body || strcmp(job->method, "POST") == 0) {
      (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
      (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             (curl_off_t)job->body_length);
      (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                             job->body ? job->body : "");
    }
    code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, job->method);
  }
  return code == CURLE_OK ? LARIAT_OK : LARIAT_ENOMEM;
}

static lariat_status begin_digest(lr_transfer *transfer) {
  const EVP_MD *sha256 = lr_engine_sha256(transfer->engine);
  if (!transfer->digest) transfer->digest = EVP_MD_CTX_new();
  transfer->has_digest = sha256 && transfer->digest &&
                         EVP_DigestInit_ex(transfer->digest, sha256, NULL) == 1;
  return transfer->has_digest ? LARIAT_OK : LARIAT_ENOMEM;
}

static void set_headers(lr_transfer *transfer, const lr_job *job) {
  struct curl_slist *list = job->headers ? job->headers->list : NULL;
  if (list == transfer->headers) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, list);
  transfer->headers = list;
}

/* What few jobs want; the handle is reset afterwards. */
static void set_rarities(lr_transfer *transfer, const lr_job *job) {
  bool watched = job->idle_timeout_ns && (job->body || job->body_source);
  bool opens_new = job->needs_new_connection &&
                   transfer->host->protocol != LR_PROTOCOL_HTTP2;
  if (!watched && !opens_new) return;
  transfer->plain = false;
  if (opens_new)
    (void)curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L);
  if (!watched) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_NOPROGRESS, 0L);
  (void)curl_easy_setopt(transfer->easy, CURLOPT_XFERINFOFUNCTION,
                         take_progress);
  (void)curl_easy_setopt(transfer->easy, CURLOPT_XFERINFODATA, transfer);
}

/* A stream's would come on top of its window. */
static void set_buffer(lr_transfer *transfer, const lr_job *job,
                       const lr_host *host) {
  const lr_body_sink *sink = job->sink;
  bool large_buffer = host->large_bodies;
  if (sink) large_buffer = !sink->stream && (large_buffer || sink->fd >= 0);
  if (transfer->large_buffer == large_buffer) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_BUFFERSIZE,
                         (long)(large_buffer ? LARGE_BUFFER : BUFFER));
  transfer->large_buffer = large_buffer;
}

/* With TLS the server has a say. */
static uint8_t http_of(const lr_job *job) {
  bool asks = job->url.tls && job->http == LARIAT_HTTP_2;
  return asks ? LARIAT_HTTP_AUTO : job->http;
}

lariat_status lr_transfer_prepare(lr_transfer *transfer, lr_job *job,
                                  lr_host *host, lr_lane *lane,
                                  bool opens_new) {
  if (!job->response) job->response = lr_response_new();
  if (!job->response) return LARIAT_ENOMEM;
  job->received = 0;
  transfer->job = job;
  transfer->host = host;
  transfer->lane = lane;
  transfer->fault = LARIAT_OK;
  transfer->may_reuse = !opens_new;
  transfer->has_digest = false;
  transfer->starved = false;
  transfer->receiving = false;
  transfer->full = false;
  transfer->in_handshake = false;
  transfer->opens = false;
  transfer->sends = 0;
  transfer->opened = 0;
  transfer->uploaded = 0;
  transfer->fd = CURL_SOCKET_BAD;
  transfer->error[0] = '\0';
  lariat_status status = set_url(transfer, host, &job->url);
  if (status == LARIAT_OK && !job->get) status = set_method(transfer, job);
  if (status == LARIAT_OK && job->sha256) status = begin_digest(transfer);
  if (status != LARIAT_OK) return status;
  set_dns_pruning(transfer, opens_new || !host->is_address);
  set_headers(transfer, job);
  set_buffer(transfer, job, host);
  uint8_t http = http_of(job);
  if (transfer->http != http) set_http(transfer, http);
  set_once(transfer, transfer->leaves || is_single(http));
  if (job->idle_timeout_ns || job->needs_new_connection)
    set_rarities(transfer, job);
  if (transfer->decompress != job->decompress)
    set_encoding(transfer, job->decompress);
  job->transfer = transfer;
  if (job->sink)
    lr_body_sink_begin(&transfer->engine->sinks, job,
                       transfer->has_digest ? transfer->digest : NULL);
  return LARIAT_OK;
}

void lr_transfer_reset(lr_transfer *transfer) {
  if (transfer->sending) lr_upload_feed_end(transfer);
  transfer->job = NULL;
  transfer->host = NULL;
  transfer->lane = NULL;
  if (transfer->fold_guard_armed) lr_obs_fold_guard_end(transfer);
  if (transfer->plain) return;
  curl_easy_reset(transfer->easy);
  configure(transfer);
}

/* The end. */

static uint64_t time_of(const lr_transfer *transfer, CURLINFO info) {
  curl_off_t us = 0;
  (void)curl_easy_getinfo(transfer->easy, info, &us);
  return us > 0 ? (uint64_t)us : 0;
}

static uint64_t after(uint64_t later, uint64_t earlier) {
  return later > earlier ? later - earlier : 0;
}

static void read_timings(const lr_transfer *transfer,
                         lariat_response *response) {
  const lr_job *job = transfer->job;
  lariat_timings *timings = &response->timings;
  timings->queue_us = after(job->started_ns, job->hop_ns) / 1000;
  timings->first_byte_us = time_of(transfer, CURLINFO_STARTTRANSFER_TIME_T);
  timings->body_us = after(
      after(lr_reactor_turn_ns(transfer->engine->reactor), job->started_ns) /
          1000,
      timings->first_byte_us);
  if (response->reused) return;
  uint64_t dns = time_of(transfer, CURLINFO_NAMELOOKUP_TIME_T);
  uint64_t connect = time_of(transfer, CURLINFO_CONNECT_TIME_T);
  uint64_t tls = time_of(transfer, CURLINFO_APPCONNECT_TIME_T);
  timings->dns_us = dns;
  timings->connect_us = after(connect, dns);
  timings->tls_us = after(tls, connect);
}

/* When it failed: the phase that it was in lasted until now. */
static void read_failed_timings(const lr_transfer *transfer,
                                lariat_response *response, lariat_phase phase) {
  lariat_timings *timings = &response->timings;
  uint64_t now = lr_reactor_turn_ns(transfer->engine->reactor);
  uint64_t spent = after(now, transfer->job->started_ns) / 1000;
  uint64_t dns = time_of(transfer, CURLINFO_NAMELOOKUP_TIME_T);
  uint64_t connect = time_of(transfer, CURLINFO_CONNECT_TIME_T);
  uint64_t ready = time_of(transfer, CURLINFO_PRETRANSFER_TIME_T);
  read_timings(transfer, response);
  timings->body_us = 0;
  if (phase == LARIAT_PHASE_DNS) timings->dns_us = spent;
  if (phase == LARIAT_PHASE_CONNECT) timings->connect_us = after(spent, dns);
  if (phase == LARIAT_PHASE_TLS) timings->tls_us = after(spent, connect);
  if (phase == LARIAT_PHASE_REQUEST) timings->request_us = after(spent, ready);
  if (phase == LARIAT_PHASE_BODY)
    timings->body_us = after(spent, timings->first_byte_us);
  else
    timings->first_byte_us = spent;
}

static void read_remote(const lr_transfer *transfer,
                        lariat_response *response) {
  char *ip = NULL;
  long number = 0;
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
}

void lr_transfer_describe(const lr_transfer *transfer,
                          lariat_response *response) {
  read_remote(transfer, response);
  read_timings(transfer, response);
}

static bool body_is_sent(const lr_transfer *transfer) {
  curl_off_t sent = 0;
  if (transfer->sending) return lr_upload_feed_done(transfer);
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return (uint64_t)sent >= transfer->job->body_length;
}

/* The first step that has not been taken yet is where the time goes. */
lariat_phase lr_transfer_phase(const lr_transfer *transfer) {
  const lariat_response *response = transfer->job->response;
  if (!response || (response->status && !response->interim))
    return LARIAT_PHASE_BODY;
  if (transfer->job->connection_dead) return LARIAT_PHASE_FIRST_BYTE;
  if (time_of(transfer, CURLINFO_PRETRANSFER_TIME_T))
    return body_is_sent(transfer) ? LARIAT_PHASE_FIRST_BYTE
                                  : LARIAT_PHASE_REQUEST;
  if (transfer->in_handshake || time_of(transfer, CURLINFO_CONNECT_TIME_T))
    return transfer->job->url.tls ? LARIAT_PHASE_TLS : LARIAT_PHASE_REQUEST;
  if (time_of(transfer, CURLINFO_NAMELOOKUP_TIME_T))
    return LARIAT_PHASE_CONNECT;
  return LARIAT_PHASE_DNS;
}

/* libcurl shows header lines when they are whole, and nothing of a handshake:
 * the kernel knows better.  But a connection of HTTP/2 is not the job's own. */
uint64_t lr_transfer_heard_ns(const lr_transfer *transfer) {
  uint64_t now = lr_reactor_turn_ns(transfer->engine->reactor);
  uint64_t active = transfer->job->active_ns;
  struct tcp_info info;
  socklen_t length = sizeof info;
  if (transfer->host->protocol == LR_PROTOCOL_HTTP2) return active;
  if (transfer->fd == CURL_SOCKET_BAD ||
      getsockopt(transfer->fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
    return active;
  uint64_t received = after(now, info.tcpi_last_data_recv * 1000000ull);
  return received > active ? received : active;
}

static bool is_certificate_error(int code) {
  return code == CURLE_PEER_FAILED_VERIFICATION ||
         code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR ||
         code == CURLE_SSL_CERTPROBLEM ||
         code == CURLE_SSL_PINNEDPUBKEYNOTMATCH;
}

/* CURLE_TOO_LARGE, which 7.88's header does not have. */
enum { libcurl_too_large = 100 };

/* libcurl before 8.6 says "out of memory" of a header line that is longer than
 * it takes. */
static bool in_head(const lr_transfer *transfer) {
  const lariat_response *response = transfer->job->response;
  return response && response->in_block;
}

/* A chunked body that makes no sense is a "receive error" to libcurl, as one
 * that was cut off is; only its message tells them apart (CURLINFO_OS_ERRNO
 * may be an earlier transfer's). */
static bool is_garbled(const lr_transfer *transfer) {
  const lr_job *job = transfer->job;
  const lariat_response *response = job->response;
  bool chunked =
      response ? lariat_response_header(response, "Transfer-Encoding") != NULL
               : job->sink && job->sink->chunked;
  return chunked && strstr(transfer->error, "chunk");
}

static lariat_status status_of(const lr_transfer *transfer, int code) {
  if (transfer->fault != LARIAT_OK) return transfer->fault;
  if (code == CURLE_OK) return LARIAT_OK;
  if (is_certificate_error(code)) return LARIAT_ECERTIFICATE;
  switch (code) {
  case CURLE_OUT_OF_MEMORY:
    return in_head(transfer) ? LARIAT_EHEADERLIMIT : LARIAT_ENOMEM;
  case CURLE_URL_MALFORMAT:
    return LARIAT_EURL;
  case CURLE_COULDNT_RESOLVE_HOST:
    return LARIAT_ERESOLVE;
  case CURLE_COULDNT_CONNECT:
    if (transfer->starved) return LARIAT_ENOMEM;
    return transfer->full ? LARIAT_ESYSTEM : LARIAT_ECONNECT;
  case CURLE_OPERATION_TIMEDOUT:
    return LARIAT_ETIMEDOUT;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_ENGINE_NOTFOUND:
  case CURLE_USE_SSL_FAILED:
    return LARIAT_ETLS;
  case CURLE_PARTIAL_FILE:
    return LARIAT_ETRUNCATED;
  case CURLE_GOT_NOTHING:
    return LARIAT_EEMPTY;
  case CURLE_SEND_ERROR:
    return LARIAT_ERESET;
  case CURLE_HTTP2_STREAM: /* ended by the server, which has read enough */
    return transfer->sending ? LARIAT_ERESET : LARIAT_EPROTOCOL;
  case CURLE_SEND_FAIL_REWIND:
    return LARIAT_ERESET;
  case CURLE_UPLOAD_FAILED:
    return LARIAT_EUPLOAD;
  case CURLE_RECV_ERROR:
    return is_garbled(transfer) ? LARIAT_EPROTOCOL : LARIAT_ERESET;
  case CURLE_BAD_CONTENT_ENCODING:
    return LARIAT_EENCODING;
  case libcurl_too_large:
    return LARIAT_EHEADERLIMIT;
  default:
    return LARIAT_EPROTOCOL;
  }
}

static lariat_status finish_digest(lr_transfer *transfer, uint8_t sha256[32],
                                   bool *has) {
  unsigned length = 0;
  if (!transfer->has_digest) return LARIAT_OK;
  *has = EVP_DigestFinal_ex(transfer->digest, sha256, &length) == 1;
  return *has ? LARIAT_OK : LARIAT_ENOMEM;
}

static lariat_status finish_stream(lr_transfer *transfer) {
  lariat_stream *stream = transfer->job->sink->stream;
  return finish_digest(transfer, stream->sha256, &stream->has_sha256);
}

/* What libcurl sends again by itself only over HTTP/1: the end of a connection
 * that was open already, before anything came of the answer. */
static bool was_lost(const lr_transfer *transfer, int code) {
  const lariat_response *response = transfer->job->response;
  if (transfer->fault != LARIAT_OK || transfer->sends == 0) return false;
  if (has_answer(transfer) || !response->reused) return false;
  return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
         code == CURLE_PARTIAL_FILE || code == CURLE_HTTP2 ||
         code == CURLE_GOT_NOTHING;
}

/* A stream of HTTP/2 that the server has refused before libcurl had sent all of
 * its body: that it sends again by itself only without one.  Once, and only
 * what is in memory still. */
static bool may_ask_anew(const lr_transfer *transfer, int code) {
  const lr_job *job = transfer->job;
  return code == CURLE_HTTP2_STREAM && transfer->fault == LARIAT_OK &&
         was_refused(transfer) && !has_answer(transfer) && !job->reuse_failed &&
         !job->body_source && !job->sink;
}

/* libcurl takes a connection that ends within the head for the end of the
 * answer. */
static bool is_beheaded(const lariat_response *response) {
  return response->in_block || (response->interim && response->status != 101);
}

static lariat_status finish_response(lr_transfer *transfer) {
  lariat_response *response = transfer->job->response;
  if (!response) return finish_stream(transfer);
  if (is_beheaded(response)) return LARIAT_ETRUNCATED;
  if (!lr_response_finish(response)) return LARIAT_ENOMEM;
  response->body_bytes = transfer->job->received;
  return finish_digest(transfer, response->sha256, &response->has_sha256);
}

/* What libcurl says of a callback that refused is of no use to anybody. */
static const char *detail_of(lr_transfer *transfer) {
  const lr_body_sink *sink = transfer->job->sink;
  if (sink && transfer->job->outcome == LARIAT_EWRITE)
    return strerror_r(sink->error, transfer->error, sizeof transfer->error);
  return transfer->error[0] ? transfer->error : NULL;
}

/* Instead of libcurl's words for a callback that said no. */
static const char died[] = "an open connection ended before the answer";

void lr_transfer_conclude(lr_transfer *transfer, int curl_code) {
  lr_job *job = transfer->job;
  lariat_response *response = job->response; /* NULL: it is away already */
  if (transfer->early && lr_upload_feed_is_answered(transfer))
    curl_code = CURLE_OK;
  job->curl_code = curl_code;
  job->outcome = status_of(transfer, curl_code);
  if (job->received > LARGE_BODY) transfer->host->large_bodies = true;
  job->resent =
      (transfer->sends > 1 || job->reuse_failed) && !job->connection_dead;
  if (response) read_remote(transfer, response);
  if (was_lost(transfer, curl_code)) {
    job->connection_dead = true;
    job->outcome = LARIAT_ERESET;
  }
  if (may_ask_anew(transfer, curl_code)) {
    job->reuse_failed = true;
    job->outcome = LARIAT_EBUSY;
  }
  if (response) read_timings(transfer, response);
  if (job->outcome == LARIAT_OK) job->outcome = finish_response(transfer);
  if (job->sink) lr_body_sink_end(job, job->outcome);
  if (job->outcome == LARIAT_OK) return;
  job->phase = (uint8_t)lr_transfer_phase(transfer);
  if (job->outcome == LARIAT_ETIMEDOUT)
    job->time_limit = LARIAT_TIME_LIMIT_CONNECT; /* libcurl's own */
  if (response)
    read_failed_timings(transfer, response, (lariat_phase)job->phase);
  const char *detail = detail_of(transfer);
  if (job->connection_dead && transfer->fault != LARIAT_OK) detail = died;
  if (job->outcome == LARIAT_ESYSTEM) detail = "too many open files";
  if (detail) job->detail = lr_copy_string(detail);
}

void lr_transfer_stop(lr_transfer *transfer) {
  lr_job *job = transfer->job;
  job->phase = (uint8_t)lr_transfer_phase(transfer);
  job->resent = transfer->sends > 1 || job->reuse_failed;
  if (job->response)
    read_failed_timings(transfer, job->response, (lariat_phase)job->phase);
}
