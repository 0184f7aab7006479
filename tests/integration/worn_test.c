/* SPDX-License-Identifier: MIT
 * A server that ends each connection after a number of requests, as most do:
 * that costs no fetch, neither over HTTP/1.1 nor over HTTP/2.  And connections
 * of HTTP/2 that break under a request. */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/atomics.h"
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
    options.body = lariat_body_bytes("body", 4);
  }
  nginx_url(nginx, port, "/method", url, sizeof url);
  for (int i = 0; i < MANY; i++)
    outcome_watch(&outcomes[i],
                  lariat_request(t.client, method, url, &options));
  fetching_wait(&t, outcomes, MANY, 20000);
  unsigned failed = 0;
  const char *message = "";
  int code = 0;
  for (int i = 0; i < MANY; i++) {
    if (outcomes[i].status == LARIAT_OK) continue;
    message = lariat_failure_message(outcomes[i].value);
    code = lariat_failure_curl_code(outcomes[i].value);
    failed++;
  }
  if (failed)
    fixture_fail("%u of %u failed, with %d of libcurl's: %s", failed, MANY,
                 code, message);
  outcome_clear(outcomes, MANY);
  fetching_close(&t);
}

static void test_get(void) { run(NGINX_PLAIN, "GET"); }
static void test_post(void) { run(NGINX_PLAIN, "POST"); }
static void test_get_http2(void) { run(NGINX_TLS, "GET"); }
static void test_post_http2(void) { run(NGINX_TLS, "POST"); }

/* A relay to nginx, one connection at a time, that breaks the connection
 * instead of passing on what the client sends next, when told to. */

enum { RESET = 1, END_OF_FILE = 2 };

struct relay {
  pthread_t thread;
  int listener;
  unsigned port;
  unsigned to;
  lr_atomic_u32 break_next; /* how */
  lr_atomic_u32 broken;
  lr_atomic_u32 over;
};

static int connect_to(unsigned port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
    abort();
  return fd;
}

/* False at the end of the connection. */
static bool pass_on(int from, int to) {
  char bytes[4096];
  ssize_t length = recv(from, bytes, sizeof bytes, 0);
  return length > 0 && send(to, bytes, (size_t)length, MSG_NOSIGNAL) == length;
}

/* With an end of file, after all was read; or at once. */
static void break_off(int client, uint32_t how) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  char bytes[4096];
  if (how == RESET)
    setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  else
    while (recv(client, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    }
}

static void serve(struct relay *relay, int client) {
  int server = connect_to(relay->to);
  bool open = true;
  while (open && !lr_u32_load_acquire(&relay->over)) {
    struct pollfd fds[] = {{.fd = client, .events = POLLIN},
                           {.fd = server, .events = POLLIN}};
    if (poll(fds, 2, 20) <= 0) continue;
    uint32_t how = lr_u32_load_acquire(&relay->break_next);
    if (fds[0].revents && how) {
      lr_u32_store_release(&relay->break_next, 0);
      lr_u32_add_relaxed(&relay->broken, 1);
      break_off(client, how);
      break;
    }
    if (fds[0].revents) open = pass_on(client, server);
    if (open && fds[1].revents) open = pass_on(server, client);
  }
  close(client);
  close(server);
}

static void *run_relay(void *context) {
  struct relay *relay = context;
  while (!lr_u32_load_acquire(&relay->over)) {
    struct pollfd fd = {.fd = relay->listener, .events = POLLIN};
    if (poll(&fd, 1, 20) <= 0) continue;
    int client = accept4(relay->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client >= 0) serve(relay, client);
  }
  return NULL;
}

static void relay_start(struct relay *relay, unsigned to) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  memset(relay, 0, sizeof *relay);
  relay->to = to;
  relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (relay->listener < 0 ||
      bind(relay->listener, (struct sockaddr *)&address, sizeof address) ||
      listen(relay->listener, 16) ||
      getsockname(relay->listener, (struct sockaddr *)&address, &length))
    abort();
  relay->port = ntohs(address.sin_port);
  if (pthread_create(&relay->thread, NULL, run_relay, relay)) abort();
}

static void relay_stop(struct relay *relay) {
  lr_u32_store_release(&relay->over, 1);
  pthread_join(relay->thread, NULL);
  close(relay->listener);
}

/* A stream that was lost with its connection is opened again on another, if it
 * may be. */
static void break_connections(uint32_t how) {
  static const struct {
    const char *method;
    bool any_method;
    bool again;
  } cases[] = {{"GET", false, true},
               {"DELETE", false, true},
               {"PATCH", false, false},
               {"PATCH", true, true}};
  struct fetching t;
  struct outcome o;
  struct relay relay;
  char url[256];
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.insecure = true;
  relay_start(&relay, nginx->ports[NGINX_TLS]);
  fetching_open(&t, &pool, NULL);
  snprintf(url, sizeof url, "https://127.0.0.1:%u/method", relay.port);
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    lariat_request_options options = lariat_request_defaults(t.client);
    fetching_do(&t, &o, lariat_get(t.client, url));
    outcome_expect_http(&o, 200);
    outcome_clear(&o, 1);
    options.retry_any_method = cases[i].any_method;
    fetching_run(&t, 100); /* what libcurl says last of the stream is passed */
    lr_u32_store_release(&relay.break_next, how);
    fetching_do(&t, &o,
                lariat_request(t.client, cases[i].method, url, &options));
    CU_ASSERT_EQUAL(lr_u32_load_acquire(&relay.broken), i + 1);
    if (cases[i].again) {
      outcome_expect_http(&o, 200);
      CU_ASSERT_EQUAL(lariat_response_http_version(outcome_response(&o)), 20);
      CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 2);
    } else {
      outcome_expect_failure(&o, LARIAT_ERESET, LARIAT_PHASE_FIRST_BYTE);
    }
    outcome_clear(&o, 1);
  }
  relay_stop(&relay);
  fetching_close(&t);
}

static void test_reset_http2(void) { break_connections(RESET); }
static void test_ended_http2(void) { break_connections(END_OF_FILE); }

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"GET", test_get},
      {"POST", test_post},
      {"GET over HTTP/2", test_get_http2},
      {"POST over HTTP/2", test_post_http2},
      {"a connection of HTTP/2 is reset", test_reset_http2},
      {"a connection of HTTP/2 ends", test_ended_http2},
  };
  struct nginx_options options = {.keepalive_requests = A_CONNECTION};
  nginx = nginx_start(&options);
  if (!nginx) return 77;
  int result = fixture_main("worn", tests, FIXTURE_COUNT(tests), argc, argv);
  nginx_stop(nginx);
  return result;
}
