/* SPDX-License-Identifier: MIT
 * A name with an address of each family, one of which is silent: libcurl tries
 * both, and the attempt that loses must leave neither a descriptor nor a
 * number behind.  Names below "localhost" are ::1 and 127.0.0.1 to libcurl,
 * without a look-up; which of them comes first depends on the version, so that
 * each is silent in turn. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/origin.h"
#include "support/ports.h"

enum { HOSTS = 40, FILLERS = 4, BACK_MS = 2000, PLACES = 4 * HOSTS };

static struct origin *origin;
static char text[256];

/* A listener on ::1 that nobody accepts from, its queue full: who connects
 * hears nothing. */
struct silence {
  int listener;
  int fillers[FILLERS];
};

static int socket6(void) {
  return socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void begin_silence(struct silence *silence) {
  struct sockaddr_in6 name = {.sin6_family = AF_INET6,
                              .sin6_port =
                                  htons((in_port_t)origin_port(origin)),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  silence->listener = socket6();
  CU_ASSERT_FATAL(silence->listener >= 0);
  CU_ASSERT_EQUAL_FATAL(
      bind(silence->listener, (struct sockaddr *)&name, sizeof name), 0);
  CU_ASSERT_EQUAL_FATAL(listen(silence->listener, 0), 0);
  for (size_t i = 0; i < FILLERS; i++) {
    silence->fillers[i] = socket6();
    (void)connect(silence->fillers[i], (struct sockaddr *)&name, sizeof name);
  }
}

static void end_silence(struct silence *silence) {
  for (size_t i = 0; i < FILLERS; i++) close(silence->fillers[i]);
  close(silence->listener);
}

/* A server on ::1, which the scripted origin is not: it answers each read with
 * a page, and ends all its connections when it is told to go. */
struct six {
  pthread_t thread;
  struct pollfd fds[PLACES + 2]; /* the listener, the pipe, connections */
  nfds_t count;
  int pipe[2];
  unsigned port;
};

static void answer(struct six *six, nfds_t i) {
  static const char page[] =
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npage\n";
  char bytes[4096];
  ssize_t got = recv(six->fds[i].fd, bytes, sizeof bytes, 0);
  if (got > 0) {
    (void)send(six->fds[i].fd, page, sizeof page - 1, MSG_NOSIGNAL);
    return;
  }
  close(six->fds[i].fd);
  six->fds[i] = six->fds[--six->count];
}

static void accept_one(struct six *six) {
  int fd = accept4(six->fds[0].fd, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return;
  if (six->count < PLACES + 2)
    six->fds[six->count++] = (struct pollfd){fd, POLLIN, 0};
  else
    close(fd);
}

static void *serve_six(void *context) {
  struct six *six = context;
  while (poll(six->fds, six->count, -1) > 0 && !six->fds[1].revents) {
    for (nfds_t i = six->count; i-- > 2;)
      if (six->fds[i].revents) answer(six, i);
    if (six->fds[0].revents) accept_one(six);
  }
  for (nfds_t i = 2; i < six->count; i++) close(six->fds[i].fd);
  return NULL;
}

static void begin_six(struct six *six, unsigned port) {
  struct sockaddr_in6 name = {.sin6_family = AF_INET6,
                              .sin6_port = htons((in_port_t)port),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  int fd = socket6();
  int on = 1;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
  CU_ASSERT_EQUAL_FATAL(listen(fd, PLACES), 0);
  CU_ASSERT_EQUAL_FATAL(pipe(six->pipe), 0);
  six->fds[0] = (struct pollfd){fd, POLLIN, 0};
  six->fds[1] = (struct pollfd){six->pipe[0], POLLIN, 0};
  six->count = 2;
  CU_ASSERT_EQUAL_FATAL(pthread_create(&six->thread, NULL, serve_six, six), 0);
}

/* Its connections end here. */
static void end_six(struct six *six) {
  close(six->pipe[1]);
  pthread_join(six->thread, NULL);
  close(six->pipe[0]);
  close(six->fds[0].fd);
}

static const char *url(unsigned host, const char *path) {
  snprintf(text, sizeof text, "http://h%u.localhost:%u%s", host,
           origin_port(origin), path);
  return text;
}

static void open_pool(struct fetching *t, unsigned connect_ms) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 2;
  if (connect_ms) client.connect_timeout_ms = connect_ms;
  fetching_open(t, &pool, &client);
}

static void ask_all(struct fetching *t, struct outcome *o, const char *path) {
  for (unsigned i = 0; i < HOSTS; i++)
    outcome_watch(&o[i], lariat_get(t->client, url(i, path)));
}

static void expect_pages(struct outcome *o, const char *ip) {
  for (unsigned i = 0; i < HOSTS; i++) {
    outcome_expect_http(&o[i], 200);
    if (o[i].status == LARIAT_OK)
      CU_ASSERT_STRING_EQUAL(
          lariat_response_remote_ip(lariat_response_in(o[i].value)), ip);
  }
  outcome_clear(o, HOSTS);
}

struct goal {
  struct fetching *t;
  uint64_t connections;
  unsigned fds;
};

static bool is_reached(void *context) {
  struct goal *goal = context;
  return fetching_stats(goal->t).connections == goal->connections &&
         fetching_open_fds() <= goal->fds;
}

static void expect_soon(struct fetching *t, uint64_t connections,
                        unsigned fds) {
  struct goal goal = {t, connections, fds};
  if (!fixture_run_until(&t->f, is_reached, &goal, BACK_MS))
    fixture_fail("%llu connections and %u descriptors, not %llu and %u",
                 (unsigned long long)fetching_stats(t).connections,
                 fetching_open_fds(), (unsigned long long)connections, fds);
}

/* What is open is what the server has. */
static bool has_hosts(const struct origin_counts *counts, void *context) {
  (void)context;
  return counts->open == HOSTS;
}

static void fetch_and_give_back(struct fetching *t, unsigned fds) {
  struct outcome o[HOSTS];
  ask_all(t, o, "/page");
  fetching_wait(t, o, HOSTS, 10000);
  expect_pages(o, "127.0.0.1");
  CU_ASSERT_TRUE(origin_wait_for(origin, has_hosts, NULL, 1000));
  CU_ASSERT_EQUAL(fetching_stats(t).connections, HOSTS);
  CU_ASSERT_EQUAL(origin_close_idle(origin), HOSTS);
  expect_soon(t, 0, fds);
}

/* How many attempts were made for two times HOSTS pages. */
static uint64_t fetch_while_six_is_silent(void) {
  struct fetching t;
  struct silence silence;
  open_pool(&t, 0);
  begin_silence(&silence);
  unsigned fds = fetching_open_fds();
  fetch_and_give_back(&t, fds);
  fetch_and_give_back(&t, fds);
  uint64_t opened = fetching_stats(&t).connections_opened;
  end_silence(&silence);
  fetching_close(&t);
  return opened;
}

static void fetch_from_six(struct fetching *t, unsigned port) {
  struct outcome o[HOSTS];
  struct six six;
  unsigned fds = fetching_open_fds();
  begin_six(&six, port);
  ask_all(t, o, "/page");
  fetching_wait(t, o, HOSTS, 10000);
  expect_pages(o, "::1");
  CU_ASSERT_EQUAL(fetching_stats(t).connections, HOSTS);
  end_six(&six);
  expect_soon(t, 0, fds);
}

static uint64_t fetch_while_four_is_silent(void) {
  struct fetching t;
  const struct origin_options deaf = {.deaf = true};
  struct origin *loud = origin;
  origin = origin_start(&deaf);
  CU_ASSERT_PTR_NOT_NULL_FATAL(origin);
  open_pool(&t, 0);
  fetch_from_six(&t, origin_port(origin));
  fetch_from_six(&t, origin_port(origin));
  uint64_t opened = fetching_stats(&t).connections_opened;
  fetching_close(&t);
  origin_stop(origin);
  origin = loud;
  return opened;
}

/* One of the two has losers. */
static void test_one_is_silent(void) {
  uint64_t opened = fetch_while_six_is_silent() + fetch_while_four_is_silent();
  CU_ASSERT(opened >= 6 * HOSTS);
}

static void test_one_refuses(void) {
  struct fetching t;
  open_pool(&t, 0);
  fetch_and_give_back(&t, fetching_open_fds());
  fetching_close(&t);
}

/* Connections kept are used again, and the losers are not counted among
 * them. */
static void test_kept_connections(void) {
  struct fetching t;
  struct silence silence;
  struct outcome o[HOSTS];
  open_pool(&t, 0);
  begin_silence(&silence);
  ask_all(&t, o, "/page");
  fetching_wait(&t, o, HOSTS, 10000);
  expect_pages(o, "127.0.0.1");
  uint64_t opened = fetching_stats(&t).connections_opened;
  ask_all(&t, o, "/page");
  fetching_wait(&t, o, HOSTS, 10000);
  expect_pages(o, "127.0.0.1");
  CU_ASSERT_EQUAL(fetching_stats(&t).connections_opened, opened);
  CU_ASSERT_EQUAL(fetching_stats(&t).connections, HOSTS);
  end_silence(&silence);
  fetching_close(&t);
}

/* Before the second attempt, and while both are out or the second is done. */
static void cancel_after(unsigned ms) {
  struct fetching t;
  struct silence silence;
  lariat_deferred *deferred[HOSTS];
  struct outcome o[HOSTS];
  open_pool(&t, 0);
  begin_silence(&silence);
  unsigned fds = fetching_open_fds();
  for (unsigned i = 0; i < HOSTS; i++) {
    deferred[i] = lariat_get(t.client, url(i, "/stall"));
    outcome_watch(&o[i], lariat_deferred_retain(deferred[i]));
  }
  fetching_run(&t, ms);
  for (unsigned i = 0; i < HOSTS; i++) {
    lariat_deferred_cancel(deferred[i]);
    lariat_deferred_release(deferred[i]);
    outcome_expect_status(&o[i], LARIAT_ECANCELLED);
  }
  outcome_clear(o, HOSTS);
  fetching_wait_idle(&t, 2000);
  expect_soon(&t, 0, fds + 2 * HOSTS); /* lanes may be kept, empty */
  end_silence(&silence);
  fetching_close(&t);
}

static void test_cancelled(void) {
  static const unsigned times_ms[] = {50, 195, 210, 300};
  for (size_t i = 0; i < FIXTURE_COUNT(times_ms); i++)
    cancel_after(times_ms[i]);
}

/* Nobody answers at all. */
static void test_both_are_silent(void) {
  struct fetching t;
  struct silence silence;
  struct outcome o[HOSTS];
  const struct origin_options deaf = {.deaf = true};
  struct origin *loud = origin;
  origin = origin_start(&deaf);
  CU_ASSERT_PTR_NOT_NULL_FATAL(origin);
  open_pool(&t, 500);
  begin_silence(&silence);
  unsigned fds = fetching_open_fds();
  ask_all(&t, o, "/page");
  fetching_wait(&t, o, HOSTS, 10000);
  for (unsigned i = 0; i < HOSTS; i++)
    outcome_expect_failure(&o[i], LARIAT_ETIMEDOUT, LARIAT_PHASE_CONNECT);
  outcome_clear(o, HOSTS);
  expect_soon(&t, 0, fds + 2 * HOSTS);
  end_silence(&silence);
  fetching_close(&t);
  origin_stop(origin);
  origin = loud;
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"one is silent", test_one_is_silent},
      {"one refuses", test_one_refuses},
      {"kept connections", test_kept_connections},
      {"cancelled", test_cancelled},
      {"both are silent", test_both_are_silent},
  };
  if (!ports_have_ipv6()) {
    printf("no ::1 here\n");
    return 0;
  }
  origin = origin_start(NULL);
  if (!origin) return 1;
  int failed =
      fixture_main("families", tests, FIXTURE_COUNT(tests), argc, argv);
  origin_stop(origin);
  return failed;
}
