/* SPDX-License-Identifier: MIT
 * What is asked for arrives at a server, and what it answers comes back:
 * methods, bodies, headers, digests, compression, limits, addresses, times. */
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/ports.h"
#include <lariat/failure.h>
#include <lariat/version.h>

static struct nginx *nginx;
static char text[512];

static const char *url(const char *path) {
  return nginx_url(nginx, NGINX_PLAIN, path, text, sizeof text);
}

static bool is_file(const char *body, size_t length, size_t expected) {
  if (length != expected) return false;
  for (size_t i = 0; i < length; i++)
    if (body[i] != nginx_file_byte(i)) return false;
  return true;
}

/* Methods and bodies. */

static void test_methods(void) {
  static const char *const methods[] = {"GET", "DELETE", "POST",
                                        "PUT", "PATCH",  "OPTIONS"};
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(methods); i++) {
    fetching_do(&t, &o,
                lariat_request(t.client, methods[i], url("/method"), NULL));
    outcome_expect_http(&o, 200);
    outcome_expect_body(&o, methods[i]);
    outcome_clear(&o, 1);
  }
  fetching_expect_ledger(t.client, FIXTURE_COUNT(methods),
                         FIXTURE_COUNT(methods), 0, 0);
  fetching_close(&t);
}

static void test_head_has_no_body(void) {
  struct fetching t;
  struct outcome o;
  size_t length = 1;
  fetching_open(&t, NULL, NULL);
  fetching_do(&t, &o, lariat_head(t.client, url("/big")));
  outcome_expect_http(&o, 200);
  const lariat_response *response = outcome_response(&o);
  (void)lariat_response_body(response, &length);
  CU_ASSERT_EQUAL(length, 0);
  CU_ASSERT_STRING_EQUAL(lariat_response_header(response, "content-length"),
                         "1048576");
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url("/method")));
  outcome_expect_body(&o, "GET");
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* Bodies of all sizes go up, are kept, come back and are deleted. */
static void test_bodies_there_and_back(void) {
  static const size_t sizes[] = {1, 100, 16384, 65536, 65537, 1048576};
  struct fetching t;
  struct outcome o;
  char *body = malloc(1048576);
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < 1048576; i++) body[i] = (char)(i * 7 + i / 256);
  for (size_t i = 0; i < FIXTURE_COUNT(sizes); i++) {
    fetching_do(&t, &o,
                lariat_put(t.client, url("/store/one"), body, sizes[i]));
    CU_ASSERT(o.http_status == 201 || o.http_status == 204);
    outcome_clear(&o, 1);
    fetching_do(&t, &o, lariat_get(t.client, url("/store/one")));
    size_t length;
    const char *back = lariat_response_body(outcome_response(&o), &length);
    CU_ASSERT_EQUAL(length, sizes[i]);
    CU_ASSERT(length == sizes[i] && memcmp(back, body, length) == 0);
    outcome_clear(&o, 1);
  }
  fetching_do(&t, &o, lariat_delete(t.client, url("/store/one")));
  outcome_expect_http(&o, 204);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url("/store/one")));
  outcome_expect_http(&o, 404);
  outcome_clear(&o, 1);
  fetching_close(&t);
  free(body);
}

static void test_post_says_length_and_type(void) {
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  fetching_do(&t, &o, lariat_post(t.client, url("/post"), "abc", 3));
  outcome_expect_body(&o, "POST 3 application/octet-stream");
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_patch(t.client, url("/post"), "abcd", 4));
  outcome_expect_body(&o, "PATCH 4 application/octet-stream");
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_post(t.client, url("/post"), "", 0));
  outcome_expect_status(&o, LARIAT_OK);
  CU_ASSERT(strncmp(lariat_response_body(outcome_response(&o), NULL), "POST 0",
                    6) == 0);
  outcome_clear(&o, 1);
  CU_ASSERT_EQUAL(
      lariat_client_add_header(t.client, "Content-Type", "text/plain"),
      LARIAT_OK);
  fetching_do(&t, &o, lariat_put(t.client, url("/post"), "abcd", 4));
  outcome_expect_body(&o, "PUT 4 text/plain");
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* A body that is taken over is dropped once, whatever comes of it. */
static int bodies_dropped;
static void drop_body(void *body) {
  bodies_dropped++;
  free(body);
}

static lariat_deferred *post_taken(lariat_client *client, const char *where) {
  lariat_request_options options = lariat_request_defaults(client);
  options.body = lariat_body_owned(strdup("taken"), 5, drop_body);
  return lariat_request(client, "POST", where, &options);
}

static void test_a_taken_body_is_dropped_once(void) {
  struct fetching t;
  struct outcome o;
  bodies_dropped = 0;
  fetching_open(&t, NULL, NULL);
  fetching_do(&t, &o, post_taken(t.client, url("/post")));
  outcome_expect_body(&o, "POST 5 application/octet-stream");
  outcome_clear(&o, 1);
  fetching_do(&t, &o, post_taken(t.client, url("/as/307")));
  outcome_expect_body(&o, "POST 5 application/octet-stream");
  outcome_clear(&o, 1);
  fetching_do(&t, &o, post_taken(t.client, url("/as/302")));
  CU_ASSERT_EQUAL(o.http_status, 200);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, post_taken(t.client, "not a url"));
  outcome_expect_status(&o, LARIAT_EURL);
  outcome_clear(&o, 1);
  fetching_close(&t);
  CU_ASSERT_EQUAL(bodies_dropped, 4);
}

/* Headers. */

static void test_headers_of_client_and_request(void) {
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  CU_ASSERT_EQUAL(lariat_client_add_header(t.client, "X-Test", "client"),
                  LARIAT_OK);
  fetching_do(&t, &o, lariat_get(t.client, url("/headers")));
  const char *body = lariat_response_body(outcome_response(&o), NULL);
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "x-test: client\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "user-agent: lariat/" LARIAT_VERSION));
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "accept-encoding: "));
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "gzip"));
  outcome_clear(&o, 1);

  lariat_header headers[] = {{"x-tEST", "request"}, {"User-Agent", NULL}};
  lariat_request_options options = lariat_request_defaults(t.client);
  options.headers = headers;
  options.header_count = 2;
  fetching_do(&t, &o,
              lariat_request(t.client, "GET", url("/headers"), &options));
  body = lariat_response_body(outcome_response(&o), NULL);
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "x-test: request\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "user-agent: \n"));
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url("/headers")));
  body = lariat_response_body(outcome_response(&o), NULL);
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "x-test: client\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(body, "user-agent: lariat/"));
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_user_agents(void) {
  static const char *const agents[] = {"", "me/1.0"};
  static const char *const sent[] = {"user-agent: \n", "user-agent: me/1.0\n"};
  for (size_t i = 0; i < FIXTURE_COUNT(agents); i++) {
    struct fetching t;
    struct outcome o;
    char agent[16];
    lariat_client_options options = lariat_client_defaults();
    snprintf(agent, sizeof agent, "%s", agents[i]);
    options.user_agent = agent;
    fetching_open(&t, NULL, &options);
    memset(agent, 'x', sizeof agent - 1); /* it was copied */
    fetching_do(&t, &o, lariat_get(t.client, url("/headers")));
    const char *body = lariat_response_body(outcome_response(&o), NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(body, sent[i]));
    outcome_clear(&o, 1);
    fetching_close(&t);
  }
}

static void test_bad_headers_are_refused(void) {
  static const lariat_header bad[] = {{"X Y", "z"},  {"X", "a\r\nB: c"},
                                      {"", "x"},     {"X:", "y"},
                                      {"X", "a\nb"}, {"Content-Length", "3"}};
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++) {
    CU_ASSERT_EQUAL(
        lariat_client_add_header(t.client, bad[i].name, bad[i].value),
        LARIAT_EINVAL);
    lariat_request_options options = lariat_request_defaults(t.client);
    options.headers = &bad[i];
    options.header_count = 1;
    outcome_watch(&o, lariat_request(t.client, "GET", url("/"), &options));
    outcome_expect_failure(&o, LARIAT_EINVAL, LARIAT_PHASE_NONE);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

/* Bodies of answers. */

static void test_sha256_of_the_body(void) {
  struct fetching t;
  struct outcome o;
  unsigned char digest[32];
  lariat_client_options options = lariat_client_defaults();
  options.sha256 = true;
  fetching_open(&t, NULL, &options);
  static const char *const paths[] = {"/big", "/text", "/status/204", "/"};
  for (size_t i = 0; i < FIXTURE_COUNT(paths); i++) {
    size_t length;
    fetching_do(&t, &o, lariat_get(t.client, url(paths[i])));
    const lariat_response *response = outcome_response(&o);
    const char *body = lariat_response_body(response, &length);
    EVP_Digest(body, length, digest, NULL, EVP_sha256(), NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lariat_response_sha256(response));
    CU_ASSERT(memcmp(lariat_response_sha256(response), digest, 32) == 0);
    outcome_clear(&o, 1);
  }
  lariat_request_options without = lariat_request_defaults(t.client);
  without.sha256 = false;
  fetching_do(&t, &o, lariat_request(t.client, "GET", url("/"), &without));
  CU_ASSERT_PTR_NULL(lariat_response_sha256(outcome_response(&o)));
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_compressed_bodies_are_undone(void) {
  struct fetching t;
  struct outcome o;
  size_t length;
  fetching_open(&t, NULL, NULL);
  fetching_do(&t, &o, lariat_get(t.client, url("/text")));
  const lariat_response *response = outcome_response(&o);
  const char *encoding = lariat_response_header(response, "Content-Encoding");
  CU_ASSERT_PTR_NOT_NULL(encoding);
  const char *body = lariat_response_body(response, &length);
  CU_ASSERT(is_file(body, length, NGINX_TEXT_BYTES));
  outcome_clear(&o, 1);
  fetching_close(&t);
}

/* Neither with the client's option, nor when the request asks by hand. */
static void test_compressed_bodies_can_be_left(void) {
  struct fetching t;
  struct outcome o;
  size_t length;
  lariat_client_options raw = lariat_client_defaults();
  raw.no_decompress = true;
  fetching_open(&t, NULL, &raw);
  fetching_do(&t, &o, lariat_get(t.client, url("/text")));
  const lariat_response *response = outcome_response(&o);
  CU_ASSERT_PTR_NULL(lariat_response_header(response, "Content-Encoding"));
  (void)lariat_response_body(response, &length);
  CU_ASSERT_EQUAL(length, NGINX_TEXT_BYTES);
  outcome_clear(&o, 1);

  lariat_client *other = fetching_client(&t, NULL);
  lariat_header header = {"Accept-Encoding", "gzip"};
  lariat_request_options options = lariat_request_defaults(other);
  options.headers = &header;
  options.header_count = 1;
  fetching_do(&t, &o, lariat_request(other, "GET", url("/text"), &options));
  response = outcome_response(&o);
  CU_ASSERT_STRING_EQUAL(lariat_response_header(response, "Content-Encoding"),
                         "gzip");
  (void)lariat_response_body(response, &length);
  CU_ASSERT(length > 0 && length < NGINX_TEXT_BYTES);
  outcome_clear(&o, 1);
  lariat_client_close(other);
  fetching_close(&t);
}

static void test_the_body_limit_counts_after_decompression(void) {
  struct fetching t;
  struct outcome o;
  lariat_client_options options = lariat_client_defaults();
  options.max_body_bytes = NGINX_TEXT_BYTES;
  fetching_open(&t, NULL, &options);
  fetching_do(&t, &o, lariat_get(t.client, url("/text")));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  lariat_request_options less = lariat_request_defaults(t.client);
  less.max_body_bytes = NGINX_TEXT_BYTES - 1;
  fetching_do(&t, &o, lariat_request(t.client, "GET", url("/text"), &less));
  outcome_expect_failure(&o, LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY);
  CU_ASSERT_EQUAL(o.http_status, 200);
  outcome_clear(&o, 1);
  fetching_do(&t, &o, lariat_get(t.client, url("/big")));
  outcome_expect_failure(&o, LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY);
  outcome_clear(&o, 1);
  fetching_wait_idle(&t, 1000);
  fetching_close(&t);
}

/* What a response says of its way. */

static void test_addresses_times_and_reuse(void) {
  struct fetching t;
  struct outcome o[2];
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < 2; i++) {
    char copy[128];
    fetching_do(&t, &o[i], lariat_get(t.client, url("/page#part")));
    const lariat_response *response = outcome_response(&o[i]);
    CU_ASSERT_STRING_EQUAL(lariat_response_remote_ip(response), "127.0.0.1");
    CU_ASSERT_EQUAL(lariat_response_remote_port(response),
                    nginx->ports[NGINX_PLAIN]);
    CU_ASSERT_EQUAL(lariat_response_http_version(response), 11);
    CU_ASSERT_EQUAL(lariat_response_reused(response), i > 0);
    snprintf(copy, sizeof copy, "%s", url("/page"));
    CU_ASSERT_STRING_EQUAL(lariat_response_url(response), copy);
    CU_ASSERT_STRING_EQUAL(lariat_response_body(response, NULL),
                           "This is /page\n");
    lariat_timings times = lariat_response_timings(response);
    CU_ASSERT(times.total_us > 0);
    CU_ASSERT(times.first_byte_us > 0);
    CU_ASSERT(times.first_byte_us <= times.total_us);
    CU_ASSERT(times.queue_us <= times.total_us);
    CU_ASSERT_EQUAL(times.tls_us, 0);
    if (i == 0) CU_ASSERT(times.connect_us > 0);
    if (i == 1) CU_ASSERT_EQUAL(times.connect_us, 0);
  }
  outcome_clear(o, 2);
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(stats.connections_opened, 1);
  CU_ASSERT_EQUAL(stats.connections_reused, 1);
  if (stats.connections != 1)
    fixture_fail("%llu connections", (unsigned long long)stats.connections);
  fetching_close(&t);
}

/* What nobody has answered came on no open connection. */
static void test_none_reused(void) {
  struct fetching t;
  struct outcome o;
  char where[64];
  unsigned refused = 0;
  fetching_open(&t, NULL, NULL);
  CU_ASSERT_TRUE_FATAL(ports_find(&refused, 1));
  snprintf(where, sizeof where, "http://127.0.0.1:%u/", refused);
  fetching_do(&t, &o, lariat_get(t.client, where));
  outcome_expect_status(&o, LARIAT_ECONNECT);
  outcome_clear(&o, 1);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_reused, 0);
  fetching_close(&t);
}

static void test_the_time_to_the_first_byte(void) {
  struct fetching t;
  struct outcome o;
  struct origin *origin = origin_start(NULL);
  fetching_open(&t, NULL, NULL);
  fetching_do(
      &t, &o,
      lariat_get(t.client, origin_url(origin, "/wait/200", text, sizeof text)));
  lariat_timings times = lariat_response_timings(outcome_response(&o));
  CU_ASSERT(times.first_byte_us >= 190000);
  CU_ASSERT(times.total_us >= times.first_byte_us);
  outcome_clear(&o, 1);
  fetching_close(&t);
  origin_stop(origin);
}

static void test_ipv6(void) {
  struct fetching t;
  struct outcome o;
  char where[64];
  if (!ports_have_ipv6()) return;
  snprintf(where, sizeof where, "http://[::1]:%u/six", nginx->ports[0]);
  fetching_open(&t, NULL, NULL);
  fetching_do(&t, &o, lariat_get(t.client, where));
  outcome_expect_body(&o, "This is /six\n");
  CU_ASSERT_STRING_EQUAL(lariat_response_remote_ip(outcome_response(&o)),
                         "::1");
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_errors_of_http_are_responses(void) {
  static const int codes[] = {204, 400, 401, 403, 404, 410, 429, 500, 503};
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(codes); i++) {
    char path[32];
    snprintf(path, sizeof path, "/status/%d", codes[i]);
    fetching_do(&t, &o, lariat_get(t.client, url(path)));
    outcome_expect_http(&o, codes[i]);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

/* What cannot be fetched. */

static void test_bad_urls_fail_inside_the_call(void) {
  static const struct {
    const char *url;
    lariat_status status;
  } bad[] = {
      {NULL, LARIAT_EURL},
      {"", LARIAT_EURL},
      {"http://local host/", LARIAT_EURL},
      {"http://", LARIAT_EURL},
      {"http://localhost:99999/", LARIAT_EURL},
      {"http://localhost:port/", LARIAT_EURL},
      {"http://[::1/", LARIAT_EURL},
      {"\xef\xbb\xbfhttp://localhost/", LARIAT_EURL},
      {"www.example.com/x", LARIAT_EURL},
      {"localhost:8080/x", LARIAT_ESCHEME},
      {"/relative", LARIAT_EURL},
      {"ftp://localhost/", LARIAT_ESCHEME},
      {"file:///etc/passwd", LARIAT_ESCHEME},
      {"gopher://localhost/", LARIAT_ESCHEME},
  };
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++) {
    outcome_watch(&o, lariat_get(t.client, bad[i].url));
    if (o.fires != 1 || o.status != bad[i].status)
      fixture_fail("%s: fired %u times, with %s", bad[i].url ? bad[i].url : "-",
                   o.fires, lariat_status_name(o.status));
    if (o.fires == 0 && !fetching_wait(&t, &o, 1, 5000)) continue;
    CU_ASSERT_EQUAL(o.phase, LARIAT_PHASE_NONE);
    CU_ASSERT_STRING_EQUAL(lariat_failure_url(o.value),
                           bad[i].url ? bad[i].url : "");
    outcome_clear(&o, 1);
  }
  CU_ASSERT_EQUAL(fetching_stats(&t).jobs_taken, 0);
  fetching_expect_ledger(t.client, FIXTURE_COUNT(bad), 0, FIXTURE_COUNT(bad),
                         0);
  fetching_close(&t);
}

static void test_bad_methods_fail_inside_the_call(void) {
  static const char *const bad[] = {
      NULL,        "",     "GE T",
      "GET\r\nX:", "A(B)", "AMETHODTHATISLONGERTHANTHIRTYTWOBYTES"};
  struct fetching t;
  struct outcome o;
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++) {
    outcome_watch(&o, lariat_request(t.client, bad[i], url("/"), NULL));
    outcome_expect_failure(&o, LARIAT_EINVAL, LARIAT_PHASE_NONE);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

static void test_a_refused_port(void) {
  struct fetching t;
  struct outcome o[3];
  unsigned port;
  char where[64];
  CU_ASSERT_TRUE_FATAL(ports_find(&port, 1));
  snprintf(where, sizeof where, "http://127.0.0.1:%u/", port);
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < 3; i++)
    outcome_watch(&o[i], lariat_get(t.client, where));
  fetching_wait(&t, o, 3, 5000);
  for (size_t i = 0; i < 3; i++) {
    outcome_expect_failure(&o[i], LARIAT_ECONNECT, LARIAT_PHASE_CONNECT);
    CU_ASSERT_STRING_EQUAL(lariat_failure_url(o[i].value), where);
    CU_ASSERT(lariat_failure_curl_code(o[i].value) != 0);
    CU_ASSERT(strlen(lariat_failure_message(o[i].value)) > 10);
  }
  outcome_clear(o, 3);
  fetching_wait_idle(&t, 1000);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, 0);
  fetching_expect_ledger(t.client, 3, 0, 3, 0);
  fetching_close(&t);
}

/* A resolver without a network may take its time, and then the deadline is
 * what ends it. */
static void test_an_unknown_name(void) {
  struct fetching t;
  struct outcome o;
  lariat_client_options options = lariat_client_defaults();
  options.timeout_ms = 5000;
  fetching_open(&t, NULL, &options);
  outcome_watch(&o, lariat_get(t.client, "http://nonexistent.invalid/"));
  fetching_wait(&t, &o, 1, 15000);
  CU_ASSERT(o.status == LARIAT_ERESOLVE || o.status == LARIAT_ETIMEDOUT);
  CU_ASSERT_EQUAL(o.phase, LARIAT_PHASE_DNS);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_localhost_by_name(void) {
  struct fetching t;
  struct outcome o;
  char where[64];
  snprintf(where, sizeof where, "http://localhost:%u/", nginx->ports[0]);
  fetching_open(&t, NULL, NULL);
  fetching_do(&t, &o, lariat_get(t.client, where));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"methods", test_methods},
      {"HEAD has no body", test_head_has_no_body},
      {"bodies there and back", test_bodies_there_and_back},
      {"POST says length and type", test_post_says_length_and_type},
      {"a taken body is dropped once", test_a_taken_body_is_dropped_once},
      {"headers of client and request", test_headers_of_client_and_request},
      {"user agents", test_user_agents},
      {"bad headers are refused", test_bad_headers_are_refused},
      {"SHA-256 of the body", test_sha256_of_the_body},
      {"compressed bodies are undone", test_compressed_bodies_are_undone},
      {"compressed bodies can be left", test_compressed_bodies_can_be_left},
      {"the body limit counts after decompression",
       test_the_body_limit_counts_after_decompression},
      {"addresses, times and reuse", test_addresses_times_and_reuse},
      {"refused, none is reused", test_none_reused},
      {"the time to the first byte", test_the_time_to_the_first_byte},
      {"IPv6", test_ipv6},
      {"errors of HTTP are responses", test_errors_of_http_are_responses},
      {"bad URLs fail inside the call", test_bad_urls_fail_inside_the_call},
      {"bad methods fail inside the call",
       test_bad_methods_fail_inside_the_call},
      {"a refused port", test_a_refused_port},
      {"an unknown name", test_an_unknown_name},
      {"localhost by name", test_localhost_by_name},
  };
  nginx = nginx_start(NULL);
  if (!nginx) return 1;
  int failed = fixture_main("request", tests, FIXTURE_COUNT(tests), argc, argv);
  nginx_stop(nginx);
  return failed;
}
