/* SPDX-License-Identifier: MIT
 * stamped_stream_test.c: a stream whose receipts the kernel stamps, over
 * loopback. */
#include "net/stamped_stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fixture.h"

/* The kernel begins to stamp some time after somebody has first asked for it:
 * a thread of its own has to come to that. */
enum { TRIES = 10000 };

static uint64_t now_ns(void) {
  const lariat_clock *clock = lariat_clock_system();
  return clock->now_ns(clock->context);
}

static uint64_t arrival_ns(const lr_stream *stream, uint64_t earliest_ns) {
  return lr_stamped_stream_arrival_ns(stream, lariat_clock_system(),
                                      earliest_ns);
}

/* Connects a stream to a descriptor, over TCP. */
static int open_pair(lr_stream *stream) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CU_ASSERT_FATAL(
      bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
      listen(listener, 1) == 0 &&
      getsockname(listener, (struct sockaddr *)&address, &length) == 0 &&
      connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
  int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  close(listener);
  lr_stream_of_descriptor(stream, fd);
  return peer;
}

static void put(int peer, const char *text) {
  CU_ASSERT_EQUAL(send(peer, text, strlen(text), MSG_NOSIGNAL),
                  (ssize_t)strlen(text));
}

/* Receives what was put, waiting for it. */
static void expect(lr_stream *stream, const char *text) {
  char bytes[64];
  ssize_t got;
  while ((got = lr_stream_receive(stream, bytes, sizeof bytes)) ==
         LR_STREAM_AGAIN)
    continue;
  CU_ASSERT_EQUAL(got, (ssize_t)strlen(text));
  CU_ASSERT(got > 0 && memcmp(bytes, text, (size_t)got) == 0);
}

/* Goes to and fro until there is a stamp. */
static void expect_stamp(lr_stream *stream, int peer) {
  for (int i = 0; i < TRIES && !stream->stamp_ns; i++) {
    if (i > 0) usleep(1000);
    put(peer, "x");
    expect(stream, "x");
  }
  CU_ASSERT_NOT_EQUAL_FATAL(stream->stamp_ns, 0);
}

/* What waited to be read had arrived before the wait. */
static void test_arrival(void) {
  struct fixture f;
  lr_stream stream;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  int peer = open_pair(&stream);
  CU_ASSERT_TRUE(lr_stamped_stream_begin(&stream));
  CU_ASSERT_EQUAL(arrival_ns(&stream, 0), 0);
  expect_stamp(&stream, peer);
  uint64_t before_ns = now_ns();
  put(peer, "early");
  uint64_t sent_ns = now_ns();
  while (now_ns() < sent_ns + 20000000) usleep(1000);
  uint64_t waited_ns = now_ns();
  expect(&stream, "early");
  uint64_t arrived_ns = arrival_ns(&stream, 0);
  CU_ASSERT(arrived_ns + 5000000 > before_ns);
  CU_ASSERT(arrived_ns < waited_ns);
  CU_ASSERT_EQUAL(arrival_ns(&stream, waited_ns), 0);
  stream.stamp_ns += 3600000000000;
  CU_ASSERT_EQUAL(arrival_ns(&stream, 0), 0);
  lr_stream_close(&stream);
  close(peer);
  fixture_close(&f);
}

/* All else is as without stamps. */
static void test_is_a_stream(void) {
  struct fixture f;
  lr_stream stream;
  char bytes[8];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  int peer = open_pair(&stream);
  CU_ASSERT_TRUE(lr_stamped_stream_begin(&stream));
  CU_ASSERT_TRUE(lr_stamped_stream_begin(&stream));
  CU_ASSERT_FALSE(lr_stream_is_tls(&stream));
  CU_ASSERT_FALSE(lr_stream_lacks_certificate(&stream));
  CU_ASSERT_EQUAL(lr_stream_receive(&stream, bytes, sizeof bytes),
                  LR_STREAM_AGAIN);
  CU_ASSERT_EQUAL(lr_stream_send(&stream, "there", 5), 5);
  CU_ASSERT_EQUAL(recv(peer, bytes, sizeof bytes, 0), 5);
  expect_stamp(&stream, peer);
  CU_ASSERT_EQUAL(lr_stream_end_sending(&stream), 1);
  CU_ASSERT_EQUAL(recv(peer, bytes, sizeof bytes, 0), 0);
  close(peer);
  ssize_t got;
  while ((got = lr_stream_receive(&stream, bytes, sizeof bytes)) ==
         LR_STREAM_AGAIN)
    continue;
  CU_ASSERT_EQUAL(got, LR_STREAM_END);
  CU_ASSERT_EQUAL(arrival_ns(&stream, 0), 0);
  lr_stream_close(&stream);
  fixture_close(&f);
}

static void test_lost(void) {
  struct fixture f;
  lr_stream stream;
  char bytes[8];
  const struct linger reset = {1, 0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  int peer = open_pair(&stream);
  CU_ASSERT_TRUE(lr_stamped_stream_begin(&stream));
  setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(peer);
  ssize_t got;
  while ((got = lr_stream_receive(&stream, bytes, sizeof bytes)) ==
         LR_STREAM_AGAIN)
    continue;
  CU_ASSERT_EQUAL(got, LR_STREAM_LOST);
  lr_stream_close(&stream);
  fixture_close(&f);
}

/* A stream that is none of a bare descriptor, and a descriptor without stamps,
 * stay as they are. */
static void test_not_to_be_had(void) {
  struct fixture f;
  static const lr_stream_ops ops = {.is_bare = false};
  lr_stream stream = {.ops = &ops, .fd = -1};
  int ends[2];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_FALSE(lr_stamped_stream_begin(&stream));
  CU_ASSERT_PTR_EQUAL(stream.ops, &ops);
  CU_ASSERT_TRUE(lr_stream_is_tls(&stream));
  CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
  lr_stream_of_descriptor(&stream, ends[0]);
  CU_ASSERT_FALSE(lr_stamped_stream_begin(&stream));
  CU_ASSERT_PTR_NULL(stream.ops);
  CU_ASSERT_EQUAL(arrival_ns(&stream, 0), 0);
  close(ends[0]);
  close(ends[1]);
  fixture_close(&f);
}

/* Tells whether there are stamps: the kernel has them, qemu's user mode does
 * not. */
static bool has_stamps(void) {
  int yes = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool has = setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) == 0;
  close(fd);
  return has;
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"when it had arrived", test_arrival},
      {"it is a stream like others", test_is_a_stream},
      {"a broken connection", test_lost},
      {"where there are no stamps", test_not_to_be_had},
  };
  size_t skipped = has_stamps() ? 0 : FIXTURE_COUNT(tests) - 1;
  return fixture_main("stamped_stream", tests + skipped,
                      FIXTURE_COUNT(tests) - skipped, argc, argv);
}
