/* SPDX-License-Identifier: MIT
 * labels: threads same-libcurl
 * lease_test.c: who ends a leased connection, and what is left to the other. */
#include "job/lease.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fixture.h"

struct leased {
  struct fixture f;
  lr_lease *lease;
  int peer;
};

static unsigned returned;

static void receive_lease(lr_mail *mail) {
  returned++;
  lr_lease_release(lr_container(mail, lr_lease, returned));
}

static const lr_mail_ops returned_ops = {receive_lease, receive_lease};

/* Makes a lease of one end of a pair, which is handed over. */
static void open_lease(struct leased *l) {
  int fds[2];
  fixture_open(&l->f, FIXTURE_PLAIN);
  returned = 0;
  CU_ASSERT_EQUAL_FATAL(lr_lease_new(NULL, &l->lease), LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds),
                        0);
  l->peer = fds[1];
  lr_stream_of_descriptor(&l->lease->stream, fds[0]);
  lr_lease_give(l->lease, lariat_reactor_mailbox(l->f.reactor), &returned_ops);
}

static void close_test(struct leased *l) {
  close(l->peer);
  fixture_close(&l->f);
}

/* Says whether the peer sees the end. */
static bool is_ended(const struct leased *l) {
  char byte;
  return recv(l->peer, &byte, 1, MSG_DONTWAIT) == 0;
}

static void test_closed_by_client(void) {
  struct leased l;
  open_lease(&l);
  CU_ASSERT_EQUAL(lr_lease_send(l.lease, "x", 1), 1);
  CU_ASSERT_EQUAL(send(l.peer, "y", 1, 0), 1);
  char byte;
  CU_ASSERT_EQUAL(lr_lease_receive(l.lease, &byte, 1), 1);
  CU_ASSERT_EQUAL(lr_lease_end_sending(l.lease), 1);
  CU_ASSERT_EQUAL(recv(l.peer, &byte, 1, MSG_DONTWAIT), 1);
  CU_ASSERT_TRUE(is_ended(&l));
  lr_lease *lease = l.lease;
  lr_lease_close(lease);
  CU_ASSERT_EQUAL(returned, 0);
  fixture_turns(&l.f, 2);
  CU_ASSERT_EQUAL(returned, 1);
  CU_ASSERT_FALSE(lr_lease_end(lease));
  lr_lease_release(lease);
  close_test(&l);
}

/* Leaves what the pool has ended, as the pool does. */
static void leave_by_pool(lr_lease *lease) {
  lr_lease_leave_descriptor(lease);
  lr_lease_release(lease);
}

/* What the pool has ended the client sees, and closes its descriptor. */
static void test_ended_by_pool(void) {
  struct leased l;
  open_lease(&l);
  CU_ASSERT_FALSE(lr_lease_is_ended(l.lease));
  CU_ASSERT_TRUE(lr_lease_end(l.lease));
  CU_ASSERT_TRUE(lr_lease_is_ended(l.lease));
  CU_ASSERT_FALSE(lr_lease_enter(l.lease));
  CU_ASSERT_EQUAL(lr_lease_end_sending(l.lease), -1);
  leave_by_pool(l.lease);
  CU_ASSERT_FALSE(is_ended(&l));
  lr_lease_close(l.lease);
  CU_ASSERT_TRUE(is_ended(&l));
  fixture_turns(&l.f, 2);
  CU_ASSERT_EQUAL(returned, 1);
  close_test(&l);
}

/* While the pool is at the end of the connection, its number is not another's:
 * a client that closes it meanwhile leaves that to the pool. */
static void test_closed_while_it_ends(void) {
  struct leased l;
  open_lease(&l);
  int fd = l.lease->stream.fd;
  CU_ASSERT_TRUE(lr_lease_end(l.lease));
  lr_lease_close(l.lease);
  CU_ASSERT_FALSE(is_ended(&l));
  CU_ASSERT_EQUAL(send(fd, "z", 1, MSG_NOSIGNAL), 1);
  leave_by_pool(l.lease);
  char byte;
  CU_ASSERT_EQUAL(recv(l.peer, &byte, 1, MSG_DONTWAIT), 1);
  CU_ASSERT_TRUE(is_ended(&l));
  fixture_turns(&l.f, 2);
  CU_ASSERT_EQUAL(returned, 1);
  close_test(&l);
}

/* A pool whose mailbox is closed gets no mail. */
static void test_after_the_pool(void) {
  struct leased l;
  open_lease(&l);
  CU_ASSERT_TRUE(lr_lease_end(l.lease));
  fixture_close_reactor(&l.f, 0);
  leave_by_pool(l.lease);
  lr_lease_close(l.lease);
  CU_ASSERT_TRUE(is_ended(&l));
  CU_ASSERT_EQUAL(returned, 0);
  close_test(&l);
}

static void test_never_given(void) {
  struct fixture f;
  lr_lease *lease;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lr_lease_new(NULL, &lease), LARIAT_OK);
  lr_lease_close(lease);
  lr_lease_close(NULL);
  fixture_close(&f);
}

static void expect_names(const char *names, const char *wire) {
  lr_lease *lease = NULL;
  CU_ASSERT_EQUAL_FATAL(lr_lease_new(names, &lease), LARIAT_OK);
  CU_ASSERT_EQUAL(lease->alpn_length, strlen(wire));
  CU_ASSERT_EQUAL(memcmp(lease->alpn_offered, wire, strlen(wire)), 0);
  lr_lease_close(lease);
}

static void test_names(void) {
  static const char *const bad[] = {"", ",", "a,", ",a", "a,,b"};
  struct fixture f;
  lr_lease *lease;
  char longest[LR_ALPN_MOST + 1];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  expect_names("acme/1", "\006acme/1");
  expect_names("a,bc", "\001a\002bc");
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++)
    CU_ASSERT_EQUAL(lr_lease_new(bad[i], &lease), LARIAT_EINVAL);
  memset(longest, 'x', sizeof longest);
  longest[LR_ALPN_NAME_MOST + 1] = '\0';
  CU_ASSERT_EQUAL(lr_lease_new(longest, &lease), LARIAT_EINVAL);
  longest[LR_ALPN_NAME_MOST] = '\0';
  CU_ASSERT_EQUAL(lr_lease_new(longest, &lease), LARIAT_OK);
  lr_lease_close(lease);
  memset(longest, 'x', sizeof longest);
  for (size_t i = 1; i < sizeof longest; i += 2) longest[i] = ',';
  longest[LR_ALPN_MOST] = '\0';
  CU_ASSERT_EQUAL(lr_lease_new(longest, &lease), LARIAT_EINVAL);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lr_lease_new("a", &lease), LARIAT_ENOMEM);
  fixture_fail_allocation(&f, 0);
  fixture_close(&f);
}

/* ---- Two threads ---- */

enum { SENDS = 20000 };

static void *use(void *context) {
  lr_lease *lease = context;
  for (int i = 0; i < SENDS && lr_lease_enter(lease); i++) {
    lease->stream.pending = !lease->stream.pending;
    lr_lease_leave(lease);
  }
  lr_lease_close(lease);
  return NULL;
}

/* What the client does, and what the pool does behind lr_lease_end, never is at
 * the same time: both write, and ThreadSanitizer looks. */
static void test_both_at_once(void) {
  for (int round = 0; round < 20; round++) {
    struct leased l;
    pthread_t thread;
    open_lease(&l);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, use, l.lease), 0);
    for (int i = 0; i < round; i++) fixture_turns(&l.f, 1);
    bool open = lr_lease_end(l.lease);
    if (open) l.lease->stream.pending = true;
    if (open) lr_lease_leave_descriptor(l.lease);
    pthread_join(thread, NULL);
    lr_lease_release(l.lease);
    fixture_turns(&l.f, 2);
    CU_ASSERT_EQUAL(returned, 1);
    CU_ASSERT_TRUE(is_ended(&l));
    close_test(&l);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"closed by the client", test_closed_by_client},
      {"ended by the pool", test_ended_by_pool},
      {"closed while it ends", test_closed_while_it_ends},
      {"after the pool", test_after_the_pool},
      {"never given", test_never_given},
      {"names", test_names},
      {"both at once", test_both_at_once},
  };
  return fixture_main("lease", tests, FIXTURE_COUNT(tests), argc, argv);
}
