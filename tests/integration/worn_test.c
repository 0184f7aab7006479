/* SPDX-License-Identifier: MIT
 * A server that ends each connection after a number of requests, as most do:
 * that costs no fetch, neither over HTTP/1.1 nor over HTTP/2. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/nginx.h"
#include <lariat/failure.h>

enum { MANY = 600, A_CONNECTION = 100 };

static struct nginx *nginx;
static struct outcome outcomes[MANY];

static void run(enum nginx_port port, const char *method) {
  struct fetching t;
  char url[256];
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 2;
  pool.insecure = true;
  pool.max_jobs_per_host = 50;
  fetching_open(&t, &pool, &client);
  lariat_request_options options = lariat_request_defaults(t.client);
  if (strcmp(method, "POST") == 0) {
    options.body = "body";
    options.body_length = 4;
  }
  nginx_url(nginx, port, "/method", url, sizeof url);
  for (int i = 0; i < MANY; i++)
    outcome_watch(&outcomes[i],
                  lariat_request(t.client, method, url, &options));
  fetching_wait(&t, outcomes, MANY, 20000);
  unsigned failed = 0;
  const char *message = "";
  for (int i = 0; i < MANY; i++) {
    if (outcomes[i].status == LARIAT_OK) continue;
    message = lariat_failure_message(outcomes[i].value);
    failed++;
  }
  if (failed) fixture_fail("%u of %u failed: %s", failed, MANY, message);
  outcome_clear(outcomes, MANY);
  fetching_close(&t);
}

static void test_get(void) { run(NGINX_PLAIN, "GET"); }
static void test_post(void) { run(NGINX_PLAIN, "POST"); }
static void test_get_http2(void) { run(NGINX_TLS, "GET"); }
static void test_post_http2(void) { run(NGINX_TLS, "POST"); }

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"GET", test_get},
      {"POST", test_post},
      {"GET over HTTP/2", test_get_http2},
      {"POST over HTTP/2", test_post_http2},
  };
  struct nginx_options options = {.keepalive_requests = A_CONNECTION};
  nginx = nginx_start(&options);
  if (!nginx) return 77;
  int result = fixture_main("worn", tests, FIXTURE_COUNT(tests), argc, argv);
  nginx_stop(nginx);
  return result;
}
