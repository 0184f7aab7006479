/* SPDX-License-Identifier: MIT
 * sending_time_test.c: when something was last sent on a connection, as the
 * kernel tells it. */
#include "crawl/sending_time.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fixture.h"

enum { LONG_AGO_MS = 1000000, MOST_MS = 500000 };

static struct sockaddr_in loopback(void) {
  return (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

static unsigned port_of(int fd) {
  struct sockaddr_in address = loopback();
  socklen_t length = sizeof address;
  CU_ASSERT_EQUAL(getsockname(fd, (struct sockaddr *)&address, &length), 0);
  return ntohs(address.sin_port);
}

/* Both ends of a connection. */
static void connect_pair(int *client, int *server) {
  struct sockaddr_in address = loopback();
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CU_ASSERT_EQUAL_FATAL(
      bind(listener, (struct sockaddr *)&address, sizeof address), 0);
  CU_ASSERT_EQUAL_FATAL(listen(listener, 1), 0);
  address.sin_port = htons((uint16_t)port_of(listener));
  *client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CU_ASSERT_EQUAL_FATAL(
      connect(*client, (struct sockaddr *)&address, sizeof address), 0);
  *server = accept(listener, NULL, NULL);
  close(listener);
}

static lr_crawl_tcp_end end_of(int fd) {
  return (lr_crawl_tcp_end){"127.0.0.1", port_of(fd)};
}

/* As of a request that was written long ago, and is sent again now. */
static void test_sent_now(void) {
  struct fixture fixture;
  int client, server;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  connect_pair(&client, &server);
  CU_ASSERT_EQUAL(send(client, "GET", 3, MSG_NOSIGNAL), 3);
  uint32_t after_ms =
      lr_crawl_sending_time(end_of(client), end_of(server), LONG_AGO_MS);
  CU_ASSERT(after_ms > LONG_AGO_MS - MOST_MS);
  CU_ASSERT(after_ms <= LONG_AGO_MS);
  close(client);
  close(server);
  fixture_close(&fixture);
}

/* Nothing was sent after it had been written. */
static void test_sent_once(void) {
  struct fixture fixture;
  int client, server;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  connect_pair(&client, &server);
  CU_ASSERT_EQUAL(send(client, "GET", 3, MSG_NOSIGNAL), 3);
  CU_ASSERT_EQUAL(lr_crawl_sending_time(end_of(client), end_of(server), 1), 0);
  close(client);
  close(server);
  fixture_close(&fixture);
}

/* Nothing can be known of a connection that is gone, or was none. */
static void test_unknown(void) {
  struct fixture fixture;
  int client, server;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  connect_pair(&client, &server);
  lr_crawl_tcp_end local = end_of(client), remote = end_of(server);
  local.port ^= 1;
  CU_ASSERT_EQUAL(lr_crawl_sending_time(local, remote, LONG_AGO_MS), 0);
  local.ip = remote.ip = "nowhere";
  CU_ASSERT_EQUAL(lr_crawl_sending_time(local, remote, LONG_AGO_MS), 0);
  local.ip = "::1";
  remote.ip = "::1";
  CU_ASSERT_EQUAL(lr_crawl_sending_time(local, remote, LONG_AGO_MS), 0);
  close(client);
  close(server);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"what was sent now", test_sent_now},
      {"what was sent at once", test_sent_once},
      {"what is not known", test_unknown},
  };
  return fixture_main("sending_time", tests, FIXTURE_COUNT(tests), argc, argv);
}
