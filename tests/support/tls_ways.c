/* SPDX-License-Identifier: MIT
 * See tls_ways.h. */
#include "support/tls_ways.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/failure.h>

enum { TIMEOUT_MS = 20000, URL_MOST = 512 };

static const char sent_body[] = "what is sent";

static const char *method_of(const struct tls_request *request) {
  return request->row->method ? request->row->method : "GET";
}

static void write_url(const struct tls_request *request, const char *host,
                      char *out) {
  snprintf(out, URL_MOST, "https://%s:%u%s", host, request->port,
           request->path);
}

/* ---- lariat ---- */

static void read_response(const struct tls_request *request,
                          const struct outcome *o,
                          struct tls_outcome *outcome) {
  size_t length = 0;
  const lariat_response *response = outcome_response(o);
  const char *body = lariat_response_body(response, &length);
  outcome->http_version = lariat_response_http_version(response);
  outcome->body_right = tls_cases_body_is_right(
      request->row, request->path, outcome->http_version, body, length);
}

static void fetch_by_lariat(struct tls_way *way,
                            const struct tls_request *request,
                            struct tls_outcome *outcome) {
  struct tls_ways *ways = way->context;
  size_t index = (size_t)(way - ways->ways);
  lariat_client *client = ways->clients[index];
  lariat_request_options options = lariat_request_defaults(client);
  struct outcome o;
  char url[URL_MOST];
  if (!way->offers_h2) options.http = LARIAT_HTTP_1_1;
  if (strcmp(method_of(request), "POST") == 0)
    options.body =
        request->row->sent_bytes
            ? lariat_body_bytes(tls_cases_sent, request->row->sent_bytes)
            : lariat_body_bytes(sent_body, strlen(sent_body));
  write_url(request, request->host, url);
  fetching_do(&ways->t, &o,
              lariat_request(client, method_of(request), url, &options));
  *outcome = (struct tls_outcome){
      .status = o.status, .phase = o.phase, .http_status = o.http_status};
  if (o.status == LARIAT_OK)
    read_response(request, &o, outcome);
  else
    snprintf(outcome->text, sizeof outcome->text, "%s",
             lariat_failure_message(o.value));
  outcome_clear(&o, 1);
}

/* ---- Plain ---- */

struct plain {
  CURL *easy;
  struct curl_slist *headers; /* as lariat: no Expect with long bodies */
  bool insecure;
  size_t length;
  char body[TLS_BODY_MOST + 1];
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
  struct plain *plain = context;
  size_t length = size * count;
  if (length > sizeof plain->body - plain->length) return 0;
  memcpy(plain->body + plain->length, bytes, length);
  plain->length += length;
  return length;
}

static void begin_plain(struct tls_way *way, const struct tls_case *row) {
  struct plain *plain = way->context;
  CURL *easy = curl_easy_init();
  (void)row;
  if (!easy) abort();
  plain->easy = easy;
  plain->headers = curl_slist_append(NULL, "Expect:");
  if (!plain->headers) abort();
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, plain->headers);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
  curl_easy_setopt(easy, CURLOPT_CAINFO, tls_cases_ca_file());
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, plain->insecure ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, plain->insecure ? 0L : 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(
      easy, CURLOPT_HTTP_VERSION,
      (long)(way->offers_h2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, plain);
}

static void end_plain(struct tls_way *way) {
  struct plain *plain = way->context;
  curl_easy_cleanup(plain->easy);
  curl_slist_free_all(plain->headers);
}

static void set_plain_method(CURL *easy, const struct tls_request *request) {
  const char *method = method_of(request);
  size_t length = request->row->sent_bytes;
  if (strcmp(method, "HEAD") == 0) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (strcmp(method, "POST") != 0) return;
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                   length ? (curl_off_t)length : (curl_off_t)-1);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                   length ? tls_cases_sent : sent_body);
}

static void fetch_plainly(struct tls_way *way,
                          const struct tls_request *request,
                          struct tls_outcome *outcome) {
  struct plain *plain = way->context;
  char url[URL_MOST];
  char text[CURL_ERROR_SIZE] = "";
  long status = 0;
  long version = 0;
  const char *host = request->row->plain_host;
  write_url(request, host ? host : request->host, url);
  set_plain_method(plain->easy, request);
  curl_easy_setopt(plain->easy, CURLOPT_URL, url);
  curl_easy_setopt(plain->easy, CURLOPT_ERRORBUFFER, text);
  plain->length = 0;
  CURLcode code = curl_easy_perform(plain->easy);
  curl_easy_setopt(plain->easy, CURLOPT_ERRORBUFFER, NULL);
  curl_easy_getinfo(plain->easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(plain->easy, CURLINFO_HTTP_VERSION, &version);
  *outcome = (struct tls_outcome){
      .status = code == CURLE_OK ? LARIAT_OK : LARIAT_EUSER,
      .http_status = (int)status,
      .http_version = version == CURL_HTTP_VERSION_2_0 ? 20 : 11};
  snprintf(outcome->text, sizeof outcome->text, "%d: %s", (int)code, text);
  outcome->body_right = tls_cases_body_is_right(request->row, request->path,
                                                outcome->http_version,
                                                plain->body, plain->length);
}

/* ---- All of them ---- */

static lariat_pool *new_pool(bool libcurl_only, bool insecure) {
  lariat_pool *pool = NULL;
  lariat_pool_options options = lariat_pool_defaults();
  options.look_up_way = LARIAT_LOOK_UP_BY_SYSTEM; /* by a table of names */
  options.reactors = 1;
  options.lane_connections = 1; /* no row is another's neighbour */
  options.libcurl_only = libcurl_only;
  options.insecure = insecure;
  if (!insecure) options.ca_file = tls_cases_ca_file();
  if (lariat_pool_new(&options, &pool) != LARIAT_OK) abort();
  return pool;
}

static void open_clients(struct tls_ways *ways) {
  lariat_client_options options = lariat_client_defaults();
  options.timeout_ms = TIMEOUT_MS;
  for (size_t i = 0; i < 2 * TLS_POOLS; i++)
    if (lariat_client_new(ways->pools[i / 2], ways->t.f.reactor, &options,
                          &ways->clients[i]) != LARIAT_OK)
      abort();
}

void tls_ways_open(struct tls_ways *ways, bool insecure) {
  static const char *const names[TLS_WAYS] = {
      "by default",   "by default, 1.1", "by libcurl only",
      "libcurl, 1.1", "plain",           "plain, 1.1"};
  memset(ways, 0, sizeof *ways);
  ways->insecure = insecure;
  fixture_open(&ways->t.f, FIXTURE_PLAIN);
  for (size_t i = 0; i < TLS_POOLS; i++)
    ways->pools[i] = new_pool(i == 1, insecure);
  open_clients(ways);
  ways->t.pool = ways->pools[0];
  for (size_t i = 0; i < TLS_WAYS; i++) {
    struct tls_way *way = &ways->ways[i];
    *way = (struct tls_way){.name = names[i],
                            .offers_h2 = i % 2 == 0,
                            .fetch = fetch_by_lariat,
                            .context = ways};
    if (i < 2 * TLS_POOLS) continue;
    struct plain *plain = calloc(1, sizeof *plain);
    if (!plain) abort();
    plain->insecure = insecure;
    way->plain = true;
    way->begin = begin_plain;
    way->fetch = fetch_plainly;
    way->end = end_plain;
    way->context = plain;
  }
}

void tls_ways_close(struct tls_ways *ways) {
  for (size_t i = 2 * TLS_POOLS; i < TLS_WAYS; i++) free(ways->ways[i].context);
  for (size_t i = 0; i < 2 * TLS_POOLS; i++)
    lariat_client_close(ways->clients[i]);
  for (size_t i = 0; i < TLS_POOLS; i++) lariat_pool_release(ways->pools[i]);
  fixture_close(&ways->t.f);
}
