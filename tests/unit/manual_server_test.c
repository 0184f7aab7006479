/* SPDX-License-Identifier: MIT
 * labels: threads
 * manual_server_test.c: the manual server, asked through a bare socket. */
#include "support/manual_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char request[] = "GET /case/7 HTTP/1.1\r\nHost: a\r\n\r\n";

static int dial(unsigned port) {
  struct sockaddr_in name = {.sin_family = AF_INET,
                             .sin_port = htons((in_port_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
  return fd;
}

static void ask(int fd) {
  CU_ASSERT_EQUAL(send(fd, request, sizeof request - 1, MSG_NOSIGNAL),
                  (ssize_t)sizeof request - 1);
}

/* Reads to the end of the connection; whether that was all. */
static bool reads_all(int fd, const char *expected) {
  char text[256] = "";
  size_t length = 0;
  ssize_t got;
  while ((got = recv(fd, text + length, sizeof text - 1 - length, 0)) > 0)
    length += (size_t)got;
  return got == 0 && strcmp(text, expected) == 0;
}

static void steps_are_the_tests(void) {
  struct fixture f;
  struct manual_server server;
  fixture_open(&f, FIXTURE_PLAIN);
  manual_server_open(&server, &f);
  CU_ASSERT_FALSE(manual_server_has_caller(&server, 0));
  int fd = dial(server.port);
  CU_ASSERT_TRUE(manual_server_has_caller(&server, 1));
  manual_server_accept(&server);
  ask(fd);
  manual_server_read_request(&server);
  CU_ASSERT_STRING_EQUAL(server.text, request);
  manual_server_send(&server, "what I ");
  manual_server_send(&server, "like");
  manual_server_end(&server);
  CU_ASSERT_TRUE(reads_all(fd, "what I like"));
  close(fd);
  manual_server_close(&server);
  fixture_close(&f);
}

static void ends_are_seen(void) {
  struct fixture f;
  struct manual_server server;
  char byte;
  fixture_open(&f, FIXTURE_PLAIN);
  manual_server_open(&server, &f);
  int fd = dial(server.port);
  manual_server_accept(&server);
  manual_server_reset(&server);
  CU_ASSERT_EQUAL(recv(fd, &byte, 1, 0), -1);
  close(fd);
  fd = dial(server.port);
  manual_server_accept(&server);
  close(fd);
  manual_server_expect_end(&server);
  fd = dial(server.port);
  manual_server_refuse_all(&server);
  CU_ASSERT_TRUE(reads_all(fd, ""));
  close(fd);
  manual_server_close(&server);
  fixture_close(&f);
}

static void answers_are_as_prepared(void) {
  static const char bytes[] = "HTTP/1.1 2oo ?\n";
  struct fixture f;
  char copy[128];
  fixture_open(&f, FIXTURE_PLAIN);
  struct manual_server *server = manual_server_start("127.0.0.1", 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(server);
  struct manual_answer answer = {.bytes = bytes,
                                 .length = sizeof bytes - 1,
                                 .end = MANUAL_CLOSE,
                                 .cuts = {4, 9}};
  manual_server_answer(server, 7, &answer);
  int fd = dial(server->port);
  ask(fd);
  CU_ASSERT_TRUE(reads_all(fd, bytes));
  close(fd);
  CU_ASSERT_TRUE(manual_server_settle(server, 10000));
  struct manual_seen seen = manual_server_seen(server, 7);
  CU_ASSERT_EQUAL(seen.requests, 1);
  CU_ASSERT_EQUAL(seen.position, 1);
  CU_ASSERT_EQUAL(manual_server_request(server, 7, copy, sizeof copy),
                  sizeof request - 1);
  CU_ASSERT_STRING_EQUAL(copy, request);
  CU_ASSERT_EQUAL(manual_server_accepted(server), 1);
  manual_server_stop(server);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"steps are the test's", steps_are_the_tests},
      {"ends are seen", ends_are_seen},
      {"answers are as prepared", answers_are_as_prepared},
  };
  return fixture_main("manual server", tests, FIXTURE_COUNT(tests), argc, argv);
}
