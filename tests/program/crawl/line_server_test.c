/* SPDX-License-Identifier: MIT
 * The control socket: lines are answered in order, now or later, and nobody who
 * connects can hold anything up or make it grow without bound. */
#include "crawl/line_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/fixture.h"

struct server_test {
  struct fixture f;
  struct line_server server;
  char directory[64];
  struct line_client *later; /* whose line waits for its answer */
  unsigned lines;
};

/* Answers "later" when the test says so, "large" with a long text, and others
 * at once. */
static void take(void *context, struct line_client *client, char *line) {
  struct server_test *t = context;
  t->lines++;
  if (strcmp(line, "later") == 0) {
    t->later = client;
  } else if (strcmp(line, "large") == 0) {
    char *text = malloc(1 << 20);
    if (!text) abort();
    memset(text, 'x', 1 << 20);
    line_client_reply(client, text, 1 << 20);
    free(text);
  } else {
    line_client_reply(client, line, strlen(line));
  }
}

static void open_test(struct server_test *t) {
  *t = (struct server_test){.lines = 0};
  fixture_open(&t->f, FIXTURE_PLAIN);
  snprintf(t->directory, sizeof t->directory, "/tmp/lariat-control-XXXXXX");
  if (!mkdtemp(t->directory)) abort();
  CU_ASSERT_FATAL(
      line_server_open(&t->server, t->f.reactor, t->directory, take, t));
}

static void close_test(struct server_test *t) {
  line_server_close(&t->server);
  rmdir(t->directory);
  fixture_close(&t->f);
}

static int connect_client(const struct server_test *t) {
  int fd = line_server_connect(t->directory);
  if (fd < 0) fixture_fail("connect: %s", strerrordesc_np(errno));
  (void)fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

static void say_to(int fd, const char *text) {
  CU_ASSERT_EQUAL(send(fd, text, strlen(text), MSG_NOSIGNAL),
                  (ssize_t)strlen(text));
}

/* What a client has read. */
struct heard {
  int fd;
  size_t wanted;
  size_t length;
  bool ended;
  char text[200];
};

static bool hear_some(void *context) {
  struct heard *heard = context;
  char piece[4096];
  ssize_t got = recv(heard->fd, piece, sizeof piece, 0);
  heard->ended = got == 0 || (got < 0 && errno != EAGAIN);
  for (ssize_t i = 0; i < got; i++, heard->length++)
    if (heard->length < sizeof heard->text - 1)
      heard->text[heard->length] = piece[i];
  return heard->ended || heard->length >= heard->wanted;
}

static void expect_heard(struct server_test *t, int fd, const char *text) {
  struct heard heard = {.fd = fd, .wanted = strlen(text)};
  CU_ASSERT(fixture_run_until(&t->f, hear_some, &heard, 5000));
  if (strcmp(heard.text, text) != 0) fixture_fail("heard: %s", heard.text);
}

static void expect_end(struct server_test *t, int fd) {
  struct heard heard = {.fd = fd, .wanted = SIZE_MAX};
  CU_ASSERT(fixture_run_until(&t->f, hear_some, &heard, 5000));
  CU_ASSERT(heard.ended);
}

static void lines_are_answered(void) {
  struct server_test t;
  open_test(&t);
  int fd = connect_client(&t);
  say_to(fd, "one\ntwo\nth");
  expect_heard(&t, fd, "one\ntwo\n");
  say_to(fd, "ree\n");
  expect_heard(&t, fd, "three\n");
  close(fd);
  close_test(&t);
}

static bool has_later(void *context) {
  return ((struct server_test *)context)->later != NULL;
}

static void the_next_line_waits_for_the_answer(void) {
  struct server_test t;
  open_test(&t);
  int fd = connect_client(&t);
  int other = connect_client(&t);
  say_to(fd, "later\nafter\n");
  CU_ASSERT(fixture_run_until(&t.f, has_later, &t, 5000));
  say_to(other, "other\n");
  expect_heard(&t, other, "other\n");
  CU_ASSERT_EQUAL(t.lines, 2);
  line_client_reply(t.later, "now", 3);
  expect_heard(&t, fd, "now\nafter\n");
  close(fd);
  close(other);
  close_test(&t);
}

static void an_answer_may_come_after_the_end(void) {
  struct server_test t;
  open_test(&t);
  int fd = connect_client(&t);
  say_to(fd, "later\n");
  CU_ASSERT(fixture_run_until(&t.f, has_later, &t, 5000));
  line_server_close(&t.server);
  expect_end(&t, fd);
  line_client_reply(t.later, "too late", 8); /* frees it */
  close(fd);
  close_test(&t);
}

/* What was asked before the client shut its side is answered, then it ends. */
static void a_client_may_only_ask(void) {
  struct server_test t;
  open_test(&t);
  int fd = connect_client(&t);
  say_to(fd, "large\n");
  CU_ASSERT_EQUAL(shutdown(fd, SHUT_WR), 0);
  struct heard heard = {.fd = fd, .wanted = SIZE_MAX};
  CU_ASSERT(fixture_run_until(&t.f, hear_some, &heard, 5000));
  CU_ASSERT_EQUAL(heard.length, (1 << 20) + 1);
  close(fd);
  close_test(&t);
}

static void a_line_may_not_be_endless(void) {
  struct server_test t;
  open_test(&t);
  int fd = connect_client(&t);
  static char line[LINE_SERVER_LINE];
  memset(line, 'a', sizeof line);
  size_t sent = 0;
  struct heard heard = {.fd = fd, .wanted = SIZE_MAX};
  while (sent < sizeof line && !heard.ended) {
    ssize_t more = send(fd, line + sent, sizeof line - sent, MSG_NOSIGNAL);
    if (more > 0) sent += (size_t)more;
    fixture_turns(&t.f, 1);
  }
  CU_ASSERT(fixture_run_until(&t.f, hear_some, &heard, 5000));
  CU_ASSERT_PTR_NOT_NULL(strstr(heard.text, "longer than 64 KiB"));
  CU_ASSERT_EQUAL(t.lines, 0);
  close(fd);
  close_test(&t);
}

/* A client that asks and never reads is given up. */
static void nobody_waits_for_a_silent_reader(void) {
  struct server_test t;
  open_test(&t);
  int fd = connect_client(&t);
  for (int i = 0; i < 16; i++) {
    (void)!send(fd, "large\n", 6, MSG_NOSIGNAL);
    fixture_turns(&t.f, 4);
  }
  CU_ASSERT_EQUAL(t.server.count, 0);
  CU_ASSERT(t.lines < 16);
  close(fd);
  close_test(&t);
}

static void clients_are_counted(void) {
  struct server_test t;
  int fds[LINE_SERVER_CLIENTS + 1];
  open_test(&t);
  for (unsigned i = 0; i < LINE_SERVER_CLIENTS + 1; i++) {
    fds[i] = connect_client(&t);
    fixture_turns(&t.f, 2);
  }
  expect_end(&t, fds[LINE_SERVER_CLIENTS]);
  CU_ASSERT_EQUAL(t.server.count, LINE_SERVER_CLIENTS);
  for (unsigned i = 0; i < LINE_SERVER_CLIENTS + 1; i++) close(fds[i]);
  fixture_settle(&t.f);
  CU_ASSERT_EQUAL(t.server.count, 0);
  close_test(&t);
}

static void the_socket_is_the_owners(void) {
  struct server_test t;
  struct stat about;
  char path[100];
  open_test(&t);
  snprintf(path, sizeof path, "%s/control", t.directory);
  CU_ASSERT_EQUAL(stat(path, &about), 0);
  CU_ASSERT_EQUAL(about.st_mode & 0777, 0600);
  line_server_close(&t.server);
  CU_ASSERT_NOT_EQUAL(stat(path, &about), 0);
  CU_ASSERT_EQUAL(line_server_connect(t.directory), -1);
  CU_ASSERT_EQUAL(errno, ENOENT);
  close_test(&t);
}

/* The path is longer than an address can be, and a socket is left over. */
static void a_stale_socket_is_replaced(void) {
  struct server_test t;
  struct line_server stale;
  char path[400];
  open_test(&t);
  line_server_close(&t.server);
  int length = snprintf(path, sizeof path, "%s/", t.directory);
  memset(path + length, 'd', 200);
  path[length + 200] = '\0';
  CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
  CU_ASSERT(line_server_open(&stale, t.f.reactor, path, take, &t));
  (void)lariat_reactor_remove_reader(t.f.reactor, stale.fd);
  close(stale.fd); /* as a killed process leaves it */
  close(stale.directory);
  CU_ASSERT_EQUAL(line_server_connect(path), -1);
  CU_ASSERT_EQUAL(errno, ECONNREFUSED);
  CU_ASSERT(line_server_open(&t.server, t.f.reactor, path, take, &t));
  int fd = line_server_connect(path);
  CU_ASSERT(fd >= 0);
  close(fd);
  fixture_settle(&t.f);
  line_server_close(&t.server);
  CU_ASSERT_EQUAL(rmdir(path), 0);
  close_test(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"lines are answered", lines_are_answered},
      {"the next line waits for the answer",
       the_next_line_waits_for_the_answer},
      {"an answer may come after the end", an_answer_may_come_after_the_end},
      {"a client may only ask", a_client_may_only_ask},
      {"a line may not be endless", a_line_may_not_be_endless},
      {"nobody waits for a silent reader", nobody_waits_for_a_silent_reader},
      {"clients are counted", clients_are_counted},
      {"the socket is the owner's", the_socket_is_the_owners},
      {"a stale socket is replaced", a_stale_socket_is_replaced},
  };
  return fixture_main("crawl control socket", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
