/* SPDX-License-Identifier: MIT
 * Easy handles: what is set on them once, what for each request, and what is
 * read from them at the end. */
#include "fetch/transfer.h"

#include <string.h>

#include <openssl/ssl.h>

#include "base/memory.h"
#include "fetch/dispatcher.h"
#include "fetch/engine.h"
#include "fetch/lane.h"
#include "fetch/quirks.h"
#include "fetch/sending.h"
#include "fetch/socket.h"
#include "fetch/trust.h"

/* Connections are not kept for ever: a certificate is only looked at when one
 * is opened. */
static const long lifetime_s = 3600;

/* libcurl's callbacks. */

/* The handshake begins. */
static CURLcode use_trust(CURL *easy, void *ssl_ctx, void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  const lr_engine *engine = transfer->engine;
  (void)easy;
  transfer->shaking = true;
  if (engine->trusted) lr_trust_apply(engine->trusted, ssl_ctx);
  return CURLE_OK;
}

/* What the host speaks is known: its other jobs need not wait any longer. */
static void learn(lr_transfer *transfer, lr_protocol protocol) {
  lr_host *host = transfer->host;
  if (host->protocol != LR_PROTOCOL_UNKNOWN) return;
  lr_dispatcher_learned(transfer->engine->dispatcher, host, protocol);
}

/* The connection is up and the request not yet sent: the handshake has settled
 * the protocol, however long the answer may take. */
static int connected(void *transfer_pointer, char *remote_ip, char *local_ip,
                     int remote_port, int local_port) {
  lr_transfer *transfer = transfer_pointer;
  struct curl_tlssessioninfo *session = NULL;
  const unsigned char *name = NULL;
  unsigned length = 0;
  (void)remote_ip;
  (void)local_ip;
  (void)remote_port;
  (void)local_port;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_TLS_SSL_PTR, &session);
  if (!session || !session->internals) return CURL_PREREQFUNC_OK;
  SSL_get0_alpn_selected(session->internals, &name, &length);
  bool http2 = length == 2 && memcmp(name, "h2", 2) == 0;
  learn(transfer, http2 ? LR_PROTOCOL_HTTP2 : LR_PROTOCOL_HTTP1);
  return CURL_PREREQFUNC_OK;
}

/* If that was not to be had, the status line says it. */
static void learn_from_answer(lr_transfer *transfer) {
  int version = transfer->job->response->http_version;
  if (version)
    learn(transfer, version >= 20 ? LR_PROTOCOL_HTTP2 : LR_PROTOCOL_HTTP1);
}

/* Returning less than was given makes libcurl end the transfer. */
static size_t take_header(char *line, size_t size, size_t count,
                          void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  size_t length = size * count;
  transfer->fault = lr_response_add_line(transfer->job->response, line, length);
  if (transfer->fault != LARIAT_OK) return 0;
  if (transfer->host->protocol == LR_PROTOCOL_UNKNOWN)
    learn_from_answer(transfer);
  if (transfer->sending) lr_sending_head_came(transfer);
  return length;
}

static size_t take_body(char *bytes, size_t size, size_t count,
                        void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  lr_job *job = transfer->job;
  size_t length = size * count;
  job->received += length;
  if (job->max_body_bytes && job->received > job->max_body_bytes)
    transfer->fault = LARIAT_EBODYLIMIT;
  else if (!lr_response_add_body(job->response, bytes, length))
    transfer->fault = LARIAT_ENOMEM;
  else if (transfer->has_digest &&
           EVP_DigestUpdate(transfer->digest, bytes, length) != 1)
    transfer->fault = LARIAT_ENOMEM;
  return transfer->fault == LARIAT_OK ? length : 0;
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

static void set_http(lr_transfer *transfer, uint8_t http) {
  long version = CURL_HTTP_VERSION_2TLS;
  if (http == LARIAT_HTTP_1_1) version = CURL_HTTP_VERSION_1_1;
  if (http == LARIAT_HTTP_2) version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  if (!lr_quirks_abilities()->http2) version = CURL_HTTP_VERSION_1_1;
  long once = version == CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE &&
              !lr_quirks_abilities()->h2c_reuse;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTP_VERSION, version);
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, once);
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, once);
  transfer->http = http;
}

/* All that is the same for every request. */
static void configure(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* the environment's */
  (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  (void)curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, lifetime_s);
  (void)curl_easy_setopt(easy, CURLOPT_CURLU, transfer->url);
  set_callbacks(transfer);
  set_tls(transfer);
  set_encoding(transfer, true);
  set_http(transfer, LARIAT_HTTP_AUTO);
  transfer->headers = NULL;
  transfer->plain = true;
  transfer->prereq = false;
}

lr_transfer *lr_transfer_new(lr_engine *engine) {
  lr_transfer *transfer = lr_alloc_zero(sizeof *transfer);
  if (!transfer) return NULL;
  transfer->engine = engine;
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
  lr_free(transfer->set_url);
  lr_free(transfer);
}

/* The URL. */

static bool keep_copy(lr_transfer *transfer, const lr_target *target) {
  if (target->url_length >= transfer->set_room) {
    uint32_t room = target->url_length + 128;
    char *copy = lr_realloc(transfer->set_url, room);
    if (!copy) return false;
    transfer->set_url = copy;
    transfer->set_room = room;
  }
  memcpy(transfer->set_url, target->url, target->url_length + 1u);
  transfer->set_length = target->url_length;
  transfer->set_origin = target->origin_length;
  return true;
}

static bool same_url(const lr_transfer *transfer, const lr_target *target) {
  return transfer->set_length == target->url_length && target->url_length &&
         memcmp(transfer->set_url, target->url, target->url_length) == 0;
}

static bool same_origin(const lr_transfer *transfer, const lr_target *target) {
  return target->origin_length &&
         transfer->set_origin == target->origin_length &&
         memcmp(transfer->set_url, target->url, target->origin_length) == 0;
}

/* Path and query alone; the copy is cut up and mended again. */
static CURLUcode set_path(lr_transfer *transfer) {
  char *path = transfer->set_url + transfer->set_origin;
  char *query = strchr(path, '?');
  if (query) *query = '\0';
  CURLUcode code =
      curl_url_set(transfer->url, CURLUPART_PATH, *path ? path : "/", 0);
  if (code == CURLUE_OK)
    code = curl_url_set(transfer->url, CURLUPART_QUERY,
                        query ? query + 1 : NULL, 0);
  if (query) *query = '?';
  return code;
}

/* libcurl's parser does no more work than what is new to it. */
static lariat_status set_url(lr_transfer *transfer, const lr_target *target) {
  if (same_url(transfer, target)) return LARIAT_OK;
  bool path_only = same_origin(transfer, target);
  if (!keep_copy(transfer, target)) {
    transfer->set_length = 0;
    transfer->set_origin = 0;
    return LARIAT_ENOMEM;
  }
  CURLUcode code =
      path_only ? set_path(transfer)
                : curl_url_set(transfer->url, CURLUPART_URL, target->url, 0);
  if (code == CURLUE_OK) return LARIAT_OK;
  transfer->set_length = 0;
  transfer->set_origin = 0;
  return code == CURLUE_OUT_OF_MEMORY ? LARIAT_ENOMEM : LARIAT_EURL;
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
    if (job->supply) {
      lariat_status status = lr_sending_begin(transfer);
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
  if (!transfer->digest) transfer->digest = EVP_MD_CTX_new();
  transfer->has_digest =
      transfer->digest &&
      EVP_DigestInit_ex(transfer->digest, EVP_sha256(), NULL) == 1;
  return transfer->has_digest ? LARIAT_OK : LARIAT_ENOMEM;
}

static void set_headers(lr_transfer *transfer, const lr_job *job) {
  struct curl_slist *list = job->profile ? job->profile->list : NULL;
  if (list == transfer->headers) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, list);
  transfer->headers = list;
}

/* Only the first job of a host needs to look. */
static void set_prereq(lr_transfer *transfer, bool wanted) {
  if (transfer->prereq == wanted) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_PREREQFUNCTION,
                         wanted ? connected : NULL);
  (void)curl_easy_setopt(transfer->easy, CURLOPT_PREREQDATA, transfer);
  transfer->prereq = wanted;
}

/* With TLS the server has a say. */
static uint8_t http_of(const lr_job *job) {
  bool asks = job->target.tls && job->http == LARIAT_HTTP_2;
  return asks ? LARIAT_HTTP_AUTO : job->http;
}

lariat_status lr_transfer_prepare(lr_transfer *transfer, lr_job *job,
                                  lr_host *host, lr_lane *lane) {
  if (!job->response) job->response = lr_response_new();
  if (!job->response) return LARIAT_ENOMEM;
  job->received = 0;
  transfer->job = job;
  transfer->host = host;
  transfer->lane = lane;
  transfer->fault = LARIAT_OK;
  transfer->has_digest = false;
  transfer->starved = false;
  transfer->shaking = false;
  transfer->error[0] = '\0';
  lariat_status status = set_url(transfer, &job->target);
  if (status == LARIAT_OK && !job->get) status = set_method(transfer, job);
  if (status == LARIAT_OK && job->sha256) status = begin_digest(transfer);
  if (status != LARIAT_OK) return status;
  set_headers(transfer, job);
  set_prereq(transfer, host->protocol == LR_PROTOCOL_UNKNOWN);
  uint8_t http = http_of(job);
  if (transfer->http != http) set_http(transfer, http);
  if (transfer->decompress != job->decompress)
    set_encoding(transfer, job->decompress);
  job->transfer = transfer;
  return LARIAT_OK;
}

void lr_transfer_reset(lr_transfer *transfer) {
  if (transfer->sending) lr_sending_end(transfer);
  transfer->job = NULL;
  transfer->host = NULL;
  transfer->lane = NULL;
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
  if (response->reused) return;
  uint64_t dns = time_of(transfer, CURLINFO_NAMELOOKUP_TIME_T);
  uint64_t connect = time_of(transfer, CURLINFO_CONNECT_TIME_T);
  uint64_t tls = time_of(transfer, CURLINFO_APPCONNECT_TIME_T);
  timings->dns_us = dns;
  timings->connect_us = after(connect, dns);
  timings->tls_us = after(tls, connect);
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

static bool body_is_sent(const lr_transfer *transfer) {
  curl_off_t sent = 0;
  if (transfer->sending) return lr_sending_done(transfer);
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return (uint64_t)sent >= transfer->job->body_length;
}

/* The first step that has not been taken yet is where the time goes. */
lariat_phase lr_transfer_phase(const lr_transfer *transfer) {
  const lariat_response *response = transfer->job->response;
  if (response && response->status && !response->interim)
    return LARIAT_PHASE_BODY;
  if (time_of(transfer, CURLINFO_PRETRANSFER_TIME_T))
    return body_is_sent(transfer) ? LARIAT_PHASE_FIRST_BYTE
                                  : LARIAT_PHASE_REQUEST;
  if (transfer->shaking || time_of(transfer, CURLINFO_CONNECT_TIME_T))
    return transfer->job->target.tls ? LARIAT_PHASE_TLS : LARIAT_PHASE_REQUEST;
  if (time_of(transfer, CURLINFO_NAMELOOKUP_TIME_T))
    return LARIAT_PHASE_CONNECT;
  return LARIAT_PHASE_DNS;
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
  const lariat_response *response = transfer->job->response;
  return response && lariat_response_header(response, "Transfer-Encoding") &&
         strstr(transfer->error, "chunk");
}

static lariat_status status_of(const lr_transfer *transfer, int code) {
  if (transfer->fault != LARIAT_OK) return transfer->fault;
  if (is_certificate_error(code)) return LARIAT_ECERTIFICATE;
  switch (code) {
  case CURLE_OK:
    return LARIAT_OK;
  case CURLE_OUT_OF_MEMORY:
    return in_head(transfer) ? LARIAT_EHEADERLIMIT : LARIAT_ENOMEM;
  case CURLE_URL_MALFORMAT:
    return LARIAT_EURL;
  case CURLE_COULDNT_RESOLVE_HOST:
    return LARIAT_ERESOLVE;
  case CURLE_COULDNT_CONNECT:
    return transfer->starved ? LARIAT_ENOMEM : LARIAT_ECONNECT;
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

static lariat_status finish_response(lr_transfer *transfer) {
  lariat_response *response = transfer->job->response;
  unsigned length = 0;
  if (!lr_response_finish(response)) return LARIAT_ENOMEM;
  if (!transfer->has_digest) return LARIAT_OK;
  response->has_sha256 =
      EVP_DigestFinal_ex(transfer->digest, response->sha256, &length) == 1;
  return response->has_sha256 ? LARIAT_OK : LARIAT_ENOMEM;
}

void lr_transfer_conclude(lr_transfer *transfer, int curl_code) {
  lr_job *job = transfer->job;
  lariat_response *response = job->response;
  if (transfer->early && lr_sending_is_answered(transfer)) curl_code = CURLE_OK;
  job->curl_code = curl_code;
  job->outcome = status_of(transfer, curl_code);
  read_remote(transfer, response);
  read_timings(transfer, response);
  if (job->outcome == LARIAT_OK) job->outcome = finish_response(transfer);
  if (job->outcome == LARIAT_OK) return;
  job->phase = (uint8_t)lr_transfer_phase(transfer);
  if (transfer->error[0]) job->detail = lr_copy_string(transfer->error);
}
