/* SPDX-License-Identifier: MIT
 * received_bytes_test.c: what the kernel has counted, read or not. */
#include "net/received_bytes.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fixture.h"

static int listen_on_loopback(struct sockaddr_in *address) {
  socklen_t length = sizeof *address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)address, length), 0);
  CU_ASSERT_EQUAL_FATAL(listen(fd, 1), 0);
  CU_ASSERT_EQUAL_FATAL(getsockname(fd, (struct sockaddr *)address, &length),
                        0);
  return fd;
}

static void send_and_expect(int from, int to, size_t length, uint64_t all) {
  static const char bytes[64];
  uint64_t received = 0;
  struct pollfd waiting = {to, POLLIN, 0};
  CU_ASSERT_EQUAL(write(from, bytes, length), (ssize_t)length);
  CU_ASSERT_EQUAL(poll(&waiting, 1, 5000), 1);
  CU_ASSERT_TRUE(lr_received_bytes(to, &received));
  CU_ASSERT_EQUAL(received, all);
}

/* Says whether the kernel has the number: what stands for one, as qemu's user
 * mode does, need not. */
static bool is_told(int fd) {
  char info[512];
  socklen_t length = sizeof info;
  enum { UP_TO_THE_NUMBER = 136 }; /* bytes of the struct since Linux 4.1 */
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) == 0 &&
         length >= UP_TO_THE_NUMBER;
}

static void test_counts(void) {
  struct fixture f;
  struct sockaddr_in address;
  uint64_t received = 1;
  char bytes[10];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  int listener = listen_on_loopback(&address);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CU_ASSERT_EQUAL_FATAL(
      connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  int peer = accept(listener, NULL, NULL);
  CU_ASSERT_EQUAL(lr_received_bytes(fd, &received), is_told(fd));
  if (is_told(fd)) {
    CU_ASSERT_EQUAL(received, 0);
    send_and_expect(peer, fd, 10, 10);
    CU_ASSERT_EQUAL(read(fd, bytes, sizeof bytes), 10);
    send_and_expect(peer, fd, 32, 42);
  }
  CU_ASSERT_FALSE(lr_received_bytes(-1, &received));
  close(peer);
  close(fd);
  close(listener);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"counts", test_counts},
  };
  return fixture_main("received_bytes", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
