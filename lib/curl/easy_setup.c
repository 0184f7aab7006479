/* SPDX-License-Identifier: MIT
 * easy_setup.c: what is set on an easy handle once, and what for each request.
 */
#include "curl/easy_setup.h"

#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "curl/engine.h"
#include "curl/host_lanes.h"
#include "curl/libcurl.h"
#include "curl/obs_fold_guard.h"
#include "curl/observed_transfer.h"
#include "curl/upload_feed.h"
#include "job/body_sink.h"

/* Connections are not kept for ever: a certificate is only looked at when one
 * is opened. */
static const long lifetime_s = 3600;

/* libcurl's receive buffer, where bodies are small and where they are large:
 * each read is a system call.  Old versions take the memory for each
 * transfer. */
enum { BUFFER = CURL_MAX_WRITE_SIZE, LARGE_BUFFER = 128 * 1024 };

/* libcurl's cache of addresses.  At the end of each transfer it goes through
 * all of it, for what is too old, unless nothing ever is; it is enough to do
 * that when a connection was opened to a host that is an address.  Names are
 * put there and taken away by name_resolution.c, and are never too old. */
static void set_dns_pruning(lr_transfer *transfer, bool prunes_dns) {
  static const long default_s = 60;
  if (transfer->set.prunes_dns == prunes_dns) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_DNS_CACHE_TIMEOUT,
                         prunes_dns ? default_s : -1L);
  transfer->set.prunes_dns = prunes_dns;
}

/* ---- Once for each handle ---- */

static void set_tls(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  lr_engine *engine = transfer->engine;
  long verify = engine->insecure ? 0 : 1;
  (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
  (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2 * verify);
  (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                         (long)CURL_SSLVERSION_TLSv1_2);
  /* libcurl would read its own certificates for each multi; lariat's are in one
   * store, see trust.h. */
  (void)curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
  (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  /* Likewise sessions, which old versions keep for each easy handle: see
   * tls_sessions.h. */
  (void)curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

/* Gives libcurl one certificate that is trusted anyway, where it would read its
 * own defaults for each connection otherwise (20 ms): it has to read something,
 * though all of them come with begin_handshake. */
static LR_COLD void set_certificate(lr_transfer *transfer) {
  char *text = transfer->engine->certificate;
  struct curl_blob blob = {text, strlen(text), CURL_BLOB_NOCOPY};
  (void)curl_easy_setopt(transfer->easy, CURLOPT_CAINFO_BLOB, &blob);
  transfer->set.certificate = text;
}

bool lr_easy_is_used_once(uint8_t http) {
  const lr_capabilities *capabilities = lr_libcurl_capabilities();
  return http == LARIAT_HTTP_2 && capabilities->http2 &&
         !capabilities->h2c_reuse;
}

static void set_http(lr_transfer *transfer, uint8_t http) {
  long version = CURL_HTTP_VERSION_2TLS;
  if (http == LARIAT_HTTP_1_1) version = CURL_HTTP_VERSION_1_1;
  if (http == LARIAT_HTTP_2) version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  if (!lr_libcurl_capabilities()->http2) version = CURL_HTTP_VERSION_1_1;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTP_VERSION, version);
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT,
                         (long)lr_easy_is_used_once(http));
  transfer->set.http = http;
}

/* Has libcurl close the connection at its transfer's end, since it may not use
 * it again, or since it is to become h1's. */
static void set_forbid_reuse(lr_transfer *transfer, bool forbid) {
  if (transfer->set.forbid_reuse == forbid) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, (long)forbid);
  transfer->set.forbid_reuse = forbid;
}

void lr_easy_configure(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* the environment's */
  (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  (void)curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, lifetime_s);
  lr_transfer_set_callbacks(transfer);
  lr_obs_fold_guard_configure(transfer);
  set_tls(transfer);
  set_http(transfer, LARIAT_HTTP_AUTO);
  transfer->set.from = NULL;
  transfer->set.path_length = 0;
  transfer->set.prunes_dns = true; /* libcurl's own way */
  transfer->set.headers = NULL;
  transfer->set.large_buffer = false;
  transfer->set.certificate = NULL;
  transfer->set.forbid_reuse = false;
  transfer->set.connect_only = false;
  transfer->needs_reset = false;
}

/* ---- URL ---- */

static lariat_status set_url_handle(lr_transfer *transfer, CURLU *url) {
  if (transfer->set.from == url) return LARIAT_OK;
  if (curl_easy_setopt(transfer->easy, CURLOPT_CURLU, url) != CURLE_OK)
    return LARIAT_ENOMEM;
  transfer->set.from = url;
  return LARIAT_OK;
}

static bool remember_path(lr_transfer *transfer, const char *path,
                          uint32_t length) {
  if (length >= transfer->set.path_capacity) {
    uint32_t capacity = length + 128;
    char *copy = lr_realloc(transfer->set.path, capacity);
    if (!copy) return false;
    transfer->set.path = copy;
    transfer->set.path_capacity = capacity;
  }
  memcpy(transfer->set.path, path, length + 1u);
  transfer->set.path_length = length;
  return true;
}

static bool has_path(const lr_transfer *transfer, const char *path,
                     uint32_t length) {
  return transfer->set.path_length == length &&
         memcmp(transfer->set.path, path, length) == 0;
}

static lariat_status set_path(lr_transfer *transfer, const char *path) {
  transfer->set.path_length = 0;
  return curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET, path) ==
                 CURLE_OK
             ? LARIAT_OK
             : LARIAT_ENOMEM;
}

/* Sets the URL: what is before its path was given to libcurl for the host, in
 * parts, and path and query go out as they are.  (libcurl would take them apart
 * and print them together again, a character at a time, and has rules of its
 * own for dots and escapes, which differ between versions.) */
static lariat_status set_url(lr_transfer *transfer, lr_host *host,
                             const lr_url *url) {
  CURLU *origin = lr_curl_host_origin(host);
  const char *path = url->text + url->origin_length;
  uint32_t length = url->length - url->origin_length;
  lariat_status status =
      origin ? set_url_handle(transfer, origin) : LARIAT_ENOMEM;
  if (status != LARIAT_OK || has_path(transfer, path, length)) return status;
  status = set_path(transfer, path);
  if (status != LARIAT_OK) return status;
  return remember_path(transfer, path, length) ? LARIAT_OK : LARIAT_ENOMEM;
}

/* ---- Request ---- */

/* Sets all but a GET without a body.  The handle is reset afterwards: handles
 * that changed their method have been a source of faults in libcurl. */
static lariat_status set_method(lr_transfer *transfer, const lr_job *job) {
  CURL *easy = transfer->easy;
  bool head = strcmp(job->request.method, "HEAD") == 0;
  CURLcode code = CURLE_OK;
  transfer->needs_reset = true;
  if (head && !job->body.bytes) {
    code = curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else {
    if (job->body.source) {
      lariat_status status = lr_upload_feed_begin(transfer);
      if (status != LARIAT_OK) return status;
    } else if (job->body.bytes || strcmp(job->request.method, "POST") == 0) {
      (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
      (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                             (curl_off_t)job->body.length);
      (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                             job->body.bytes ? job->body.bytes : "");
    }
    code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, job->request.method);
  }
  return code == CURLE_OK ? LARIAT_OK : LARIAT_ENOMEM;
}

/* libcurl reads the lines of a header list as nodes of its own: these have the
 * same fields.  It changes and frees none of them. */
_Static_assert(offsetof(lr_header_line, data) ==
                       offsetof(struct curl_slist, data) &&
                   offsetof(lr_header_line, next) ==
                       offsetof(struct curl_slist, next) &&
                   sizeof(lr_header_line) == sizeof(struct curl_slist),
               "a header line is laid out as a node of libcurl's lists");

static void set_headers(lr_transfer *transfer, const lr_job *job) {
  struct curl_slist *list =
      job->request.headers
          ? (struct curl_slist *)(void *)job->request.headers->list
          : NULL;
  if (list == transfer->set.headers) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, list);
  transfer->set.headers = list;
}

/* Sets what few jobs want; the handle is reset afterwards. */
static void set_rare_options(lr_transfer *transfer, const lr_job *job) {
  bool watched =
      job->request.idle_timeout_ns && (job->body.bytes || job->body.source);
  bool opens_new = lr_engine_wants_new(job);
  if (!watched && !opens_new) return;
  transfer->needs_reset = true;
  if (opens_new)
    (void)curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L);
  if (!watched) return;
  lr_transfer_watch_progress(transfer);
}

/* Sets the size of the receive buffer.  A stream's would come on top of its
 * window. */
static void set_buffer(lr_transfer *transfer, const lr_job *job,
                       const lr_host *host) {
  const lr_body_sink *sink = job->sink;
  bool large_buffer = host->learned.large_bodies;
  if (sink) large_buffer = !sink->stream && (large_buffer || sink->fd >= 0);
  if (transfer->set.large_buffer == large_buffer) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_BUFFERSIZE,
                         (long)(large_buffer ? LARGE_BUFFER : BUFFER));
  transfer->set.large_buffer = large_buffer;
}

/* Returns the version to ask for.  With TLS the server has a say. */
static uint8_t version_to_ask(const lr_job *job) {
  bool asks = job->request.url.tls && job->request.http == LARIAT_HTTP_2;
  return asks ? LARIAT_HTTP_AUTO : job->request.http;
}

/* Has libcurl open a connection, of HTTP/1.1, and no more.  A lease has
 * protocols of its own to offer, which are set when the handshake begins. */
static void set_connect_only(lr_transfer *transfer) {
  (void)curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_ONLY, 1L);
  if (transfer->job->lease)
    (void)curl_easy_setopt(transfer->easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
  if (transfer->set.http != LARIAT_HTTP_1_1)
    set_http(transfer, LARIAT_HTTP_1_1);
  set_forbid_reuse(transfer, false);
  transfer->set.connect_only = true;
  transfer->needs_reset = true;
}

lariat_status lr_easy_set_request(lr_transfer *transfer, bool opens_new) {
  const lr_job *job = transfer->job;
  lr_host *host = transfer->host;
  bool handed_over = transfer->handoff.state == LR_HANDOFF_WANTED;
  lariat_status status = set_url(transfer, host, &job->request.url);
  if (transfer->set.certificate != transfer->engine->certificate)
    set_certificate(transfer);
  bool prunes_dns = opens_new && lr_curl_host_of(host)->is_address;
  if (handed_over && job->request.url.tls) {
    set_dns_pruning(transfer, prunes_dns);
    set_connect_only(transfer);
    return status;
  }
  if (status == LARIAT_OK && !job->request.get)
    status = set_method(transfer, job);
  if (job->observation) lr_observed_transfer_watch(transfer);
  if (status != LARIAT_OK) return status;
  set_dns_pruning(transfer, prunes_dns);
  set_headers(transfer, job);
  set_buffer(transfer, job, host);
  uint8_t http = version_to_ask(job);
  if (transfer->set.http != http) set_http(transfer, http);
  set_forbid_reuse(transfer, handed_over || transfer->handoff.makes_way ||
                                 lr_easy_is_used_once(http));
  if (job->request.idle_timeout_ns || lr_engine_wants_new(job))
    set_rare_options(transfer, job);
  return LARIAT_OK;
}
