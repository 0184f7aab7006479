/* SPDX-License-Identifier: MIT
 * The metrics over HTTP: addresses, answers, and clients that hold nothing
 * up. */
#include "crawl/metrics_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"

struct server_test {
  struct fixture f;
  struct metrics_server server;
  unsigned fills;
};

static bool fill(void *context, struct text *text) {
  struct server_test *t = context;
  t->fills++;
  return text_add(text, "lariat_crawl_pages_total 5\n# EOF\n");
}

static void open_test(struct server_test *t, unsigned flags) {
  struct metrics_address address;
  *t = (struct server_test){.fills = 0};
  fixture_open(&t->f, flags);
  CU_ASSERT(metrics_address_read("127.0.0.1:0", &address));
  CU_ASSERT_FATAL(
      metrics_server_open(&t->server, t->f.reactor, &address, fill, t));
}

static void close_test(struct server_test *t) {
  metrics_server_close(&t->server);
  metrics_server_close(&t->server);
  fixture_close(&t->f);
}

static int connect_client(const struct server_test *t) {
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port =
                               htons((uint16_t)metrics_server_port(&t->server)),
                           .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
    fixture_fail("connect: %s", strerrordesc_np(errno));
  (void)fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

/* What a client has read. */
struct heard {
  int fd;
  size_t length;
  char text[1000];
};

static bool hear_all(void *context) {
  struct heard *heard = context;
  ssize_t got = recv(heard->fd, heard->text + heard->length,
                     sizeof heard->text - 1 - heard->length, 0);
  if (got > 0) heard->length += (size_t)got;
  heard->text[heard->length] = '\0';
  return got == 0 || (got < 0 && errno != EAGAIN);
}

/* Sends a request, and reads the answer up to the end of the connection. */
static struct heard ask_bytes(struct server_test *t, const char *request,
                              size_t length) {
  struct heard heard = {.fd = connect_client(t)};
  (void)!send(heard.fd, request, length, MSG_NOSIGNAL);
  CU_ASSERT(fixture_run_until(&t->f, hear_all, &heard, 5000));
  close(heard.fd);
  return heard;
}

static struct heard ask(struct server_test *t, const char *request) {
  return ask_bytes(t, request, strlen(request));
}

static void expect_answer(struct server_test *t, const char *request,
                          const char *line, const char *part) {
  struct heard heard = ask(t, request);
  if (strncmp(heard.text, line, strlen(line)) != 0 || !strstr(heard.text, part))
    fixture_fail("%s: %s", request, heard.text);
}

static void requests_are_answered(void) {
  struct server_test t;
  open_test(&t, FIXTURE_PLAIN);
  expect_answer(&t, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: application/"
                "openmetrics-text; version=1.0.0; charset=utf-8\r\n"
                "Content-Length: 33\r\n",
                "\r\n\r\nlariat_crawl_pages_total 5\n# EOF\n");
  expect_answer(&t, "GET /metrics?x=1 HTTP/1.0\n\n", "HTTP/1.1 200 ", "# EOF");
  CU_ASSERT_EQUAL(t.fills, 2);
  struct heard head = ask(&t, "HEAD /metrics HTTP/1.1\r\n\r\n");
  CU_ASSERT_PTR_NOT_NULL(strstr(head.text, "Content-Length: 33\r\n"));
  CU_ASSERT_PTR_NULL(strstr(head.text, "# EOF"));
  expect_answer(&t, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "/metrics");
  expect_answer(&t, "POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ",
                "Allow: GET, HEAD\r\n");
  expect_answer(&t, "nonsense\r\n\r\n", "HTTP/1.1 400 ", "");
  expect_answer(&t, "GET /metrics HTTP/2.0\r\n\r\n", "HTTP/1.1 400 ", "");
  CU_ASSERT_EQUAL(t.server.count, 0);
  close_test(&t);
}

/* A target may be a whole URL, and is that of the metrics by its path alone. */
static void targets_may_be_absolute(void) {
  struct server_test t;
  open_test(&t, FIXTURE_PLAIN);
  expect_answer(&t, "GET http://host:80/metrics HTTP/1.1\r\nHost: x\r\n\r\n",
                "HTTP/1.1 200 ", "# EOF");
  expect_answer(&t, "GET HTTP://host/metrics?x=/y HTTP/1.1\r\n\r\n",
                "HTTP/1.1 200 ", "# EOF");
  expect_answer(&t, "GET http://metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "");
  expect_answer(&t, "GET http://host?/metrics HTTP/1.1\r\n\r\n",
                "HTTP/1.1 404 ", "");
  expect_answer(&t, "GET http:/metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "");
  close_test(&t);
}

/* A NUL byte is told at once: the time that a head may take is not waited
 * for. */
static void a_nul_byte_is_refused(void) {
  static const char request[] = "GET /metrics HTTP/1.1\r\nX: \0\r\n\r\n";
  struct server_test t;
  open_test(&t, FIXTURE_MANUAL_CLOCK);
  struct heard heard = ask_bytes(&t, request, sizeof request - 1);
  CU_ASSERT(strncmp(heard.text, "HTTP/1.1 400 ", 13) == 0);
  CU_ASSERT_EQUAL(t.fills, 0);
  close_test(&t);
}

static bool has_clients(void *context) {
  const struct server_test *t = context;
  return t->server.count == METRICS_SERVER_CLIENTS;
}

static void requests_are_bounded(void) {
  static char longest[METRICS_SERVER_REQUEST + 1];
  struct server_test t;
  open_test(&t, FIXTURE_PLAIN);
  memset(longest, 'x', METRICS_SERVER_REQUEST);
  expect_answer(&t, longest, "HTTP/1.1 431 ", "");
  close(connect_client(&t)); /* one that says nothing */
  expect_answer(&t, "GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ", "");
  CU_ASSERT_EQUAL(t.server.count, 0);
  close_test(&t);
}

/* Clients that say nothing are closed after a time, and more of them at once
 * than there may be are refused. */
static void clients_are_bounded(void) {
  struct server_test t;
  int clients[METRICS_SERVER_CLIENTS];
  open_test(&t, FIXTURE_MANUAL_CLOCK);
  for (int i = 0; i < METRICS_SERVER_CLIENTS; i++)
    clients[i] = connect_client(&t);
  CU_ASSERT(fixture_run_until(&t.f, has_clients, &t, 5000));
  struct heard refused = ask(&t, "GET /metrics HTTP/1.1\r\n\r\n");
  CU_ASSERT_EQUAL(refused.length, 0);
  fixture_advance(&t.f, METRICS_SERVER_MS);
  fixture_turns(&t.f, 2);
  CU_ASSERT_EQUAL(t.server.count, 0);
  expect_answer(&t, "GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ", "");
  for (int i = 0; i < METRICS_SERVER_CLIENTS; i++) close(clients[i]);
  close_test(&t);
}

static void addresses_are_read(void) {
  static const struct {
    const char *text;
    bool good, loopback;
  } cases[] = {{"127.0.0.1:9464", true, true},
               {":9464", true, true},
               {"localhost:1", true, true},
               {"[::1]:65535", true, true},
               {"0.0.0.0:80", true, false},
               {"[::]:80", true, false},
               {"127.8.9.1:0", true, true},
               {"10.0.0.1:9464", true, false},
               {"9464", false, false},
               {"127.0.0.1:", false, false},
               {"127.0.0.1:x", false, false},
               {"127.0.0.1:65536", false, false},
               {"::1:80", false, false},
               {"[::1]", false, false},
               {"[x]:80", false, false},
               {"example.org:80", false, false},
               {"", false, false},
               {"127.0.0.1:-1", false, false}};
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    struct metrics_address address;
    bool good = metrics_address_read(cases[i].text, &address);
    if (good != cases[i].good || address.is_loopback != cases[i].loopback)
      fixture_fail("%s", cases[i].text);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"requests are answered", requests_are_answered},
      {"targets may be absolute", targets_may_be_absolute},
      {"a NUL byte is refused", a_nul_byte_is_refused},
      {"requests are bounded", requests_are_bounded},
      {"clients are bounded", clients_are_bounded},
      {"addresses are read", addresses_are_read},
  };
  return fixture_main("metrics server", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
