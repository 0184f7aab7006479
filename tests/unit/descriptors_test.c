/* SPDX-License-Identifier: MIT
 * descriptors_test.c: readers and writers of the user's descriptors. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reactor/reactor.h"
#include "support/fixture.h"

struct party {
  lariat_reactor *reactor;
  int calls;
  int destroyed;
  int destroyed_during_call; /* what `destroyed` was when the call ended */
  void (*also)(struct party *self, int fd);
  struct party *other;
  int other_fd;
  int spare_fd;
};

static void party_ready(int fd, void *context) {
  struct party *party = context;
  party->calls++;
  if (party->also) party->also(party, fd);
  party->destroyed_during_call = party->destroyed;
}

static void party_destroy(void *context) {
  ((struct party *)context)->destroyed++;
}

static lariat_status read_with(struct party *party, int fd) {
  return lariat_reactor_add_reader(party->reactor, fd, party_ready, party,
                                   party_destroy);
}

static lariat_status write_with(struct party *party, int fd) {
  return lariat_reactor_add_writer(party->reactor, fd, party_ready, party,
                                   party_destroy);
}

enum { PARTIES = 4 };
static struct party parties[PARTIES];

static void open_parties(struct fixture *f) {
  fixture_open(f, FIXTURE_PLAIN);
  memset(parties, 0, sizeof parties);
  for (int i = 0; i < PARTIES; i++) parties[i].reactor = f->reactor;
}

static void open_pair(int ends[2]) {
  CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

static void close_pair(const int ends[2]) {
  close(ends[0]);
  close(ends[1]);
}

static void put_byte(int fd) { CU_ASSERT_EQUAL(write(fd, "x", 1), 1); }

static void take_byte(struct party *self, int fd) {
  (void)self;
  char byte;
  CU_ASSERT_EQUAL(read(fd, &byte, 1), 1);
}

static void test_reader(void) {
  struct fixture f;
  int ends[2];
  open_parties(&f);
  open_pair(ends);
  parties[0].also = take_byte;
  CU_ASSERT_EQUAL(read_with(&parties[0], ends[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(read_with(&parties[1], ends[0]), LARIAT_EALREADY);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[0].calls, 0);
  put_byte(ends[1]);
  put_byte(ends[1]);
  fixture_turns(&f, 3);
  CU_ASSERT_EQUAL(parties[0].calls, 2);
  CU_ASSERT_EQUAL(lariat_reactor_remove_reader(f.reactor, ends[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(parties[0].destroyed, 1);
  CU_ASSERT_EQUAL(lariat_reactor_remove_reader(f.reactor, ends[0]),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(parties[1].destroyed, 0);
  close_pair(ends);
  fixture_close(&f);
}

static void test_both_sides(void) {
  struct fixture f;
  int ends[2];
  open_parties(&f);
  open_pair(ends);
  CU_ASSERT_EQUAL(write_with(&parties[1], ends[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(write_with(&parties[2], ends[0]), LARIAT_EALREADY);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[1].calls, 1);
  CU_ASSERT_EQUAL(read_with(&parties[0], ends[0]), LARIAT_OK);
  put_byte(ends[1]);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[0].calls, 1);
  CU_ASSERT_EQUAL(parties[1].calls, 2);
  CU_ASSERT_EQUAL(lariat_reactor_remove_writer(f.reactor, ends[0]), LARIAT_OK);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[0].calls, 2);
  CU_ASSERT_EQUAL(parties[1].calls, 2);
  CU_ASSERT_EQUAL(lariat_reactor_remove_writer(f.reactor, ends[0]),
                  LARIAT_ENOTFOUND);
  close(ends[1]);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[0].calls, 3);
  CU_ASSERT_EQUAL(lariat_reactor_remove_reader(f.reactor, ends[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(parties[0].destroyed, 1);
  CU_ASSERT_EQUAL(parties[1].destroyed, 1);
  close(ends[0]);
  fixture_close(&f);
}

/* A broken descriptor calls whichever side there is. */
static void test_hang_up(void) {
  struct fixture f;
  int ends[2];
  open_parties(&f);
  CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
  CU_ASSERT_EQUAL(write_with(&parties[0], ends[1]), LARIAT_OK);
  close(ends[0]);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[0].calls, 1);
  CU_ASSERT_EQUAL(lariat_reactor_remove_writer(f.reactor, ends[1]), LARIAT_OK);
  close(ends[1]);
  fixture_close(&f);
}

static void remove_self(struct party *self, int fd) {
  CU_ASSERT_EQUAL(lariat_reactor_remove_reader(self->reactor, fd), LARIAT_OK);
}

static void test_removes_itself(void) {
  struct fixture f;
  int ends[2];
  open_parties(&f);
  open_pair(ends);
  parties[0].also = remove_self;
  CU_ASSERT_EQUAL(read_with(&parties[0], ends[0]), LARIAT_OK);
  put_byte(ends[1]);
  fixture_turns(&f, 2);
  CU_ASSERT_EQUAL(parties[0].calls, 1);
  CU_ASSERT_EQUAL(parties[0].destroyed, 1);
  CU_ASSERT_EQUAL(parties[0].destroyed_during_call, 0);
  close_pair(ends);
  fixture_close(&f);
}

static void remove_writer(struct party *self, int fd) {
  CU_ASSERT_EQUAL(lariat_reactor_remove_writer(self->reactor, fd), LARIAT_OK);
}

/* The reader removes the writer of the same descriptor, which is ready too. */
static void test_removes_other_side(void) {
  struct fixture f;
  int ends[2];
  open_parties(&f);
  open_pair(ends);
  parties[0].also = remove_writer;
  CU_ASSERT_EQUAL(read_with(&parties[0], ends[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(write_with(&parties[1], ends[0]), LARIAT_OK);
  put_byte(ends[1]);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[0].calls, 1);
  CU_ASSERT_EQUAL(parties[1].calls, 0);
  CU_ASSERT_EQUAL(parties[1].destroyed, 1);
  parties[0].also = NULL;
  CU_ASSERT_EQUAL(lariat_reactor_remove_reader(f.reactor, ends[0]), LARIAT_OK);
  close_pair(ends);
  fixture_close(&f);
}

static void replace_writer(struct party *self, int fd) {
  remove_writer(self, fd);
  CU_ASSERT_EQUAL(write_with(self->other, fd), LARIAT_OK);
  self->also = NULL;
}

/* What was found for the old writer is not told to the new one. */
static void test_replaces_other_side(void) {
  struct fixture f;
  int ends[2];
  open_parties(&f);
  open_pair(ends);
  parties[0].also = replace_writer;
  parties[0].other = &parties[2];
  CU_ASSERT_EQUAL(read_with(&parties[0], ends[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(write_with(&parties[1], ends[0]), LARIAT_OK);
  put_byte(ends[1]);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[1].calls, 0);
  CU_ASSERT_EQUAL(parties[2].calls, 0);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[2].calls, 1);
  fixture_close_reactor(&f, 0);
  for (int i = 0; i < 3; i++) CU_ASSERT_EQUAL(parties[i].destroyed, 1);
  close_pair(ends);
  fixture_close(&f);
}

static void remove_other(struct party *self, int fd) {
  (void)fd;
  lariat_status status =
      lariat_reactor_remove_reader(self->reactor, self->other_fd);
  CU_ASSERT_TRUE(status == LARIAT_OK || status == LARIAT_ENOTFOUND);
}

/* Two are ready in one turn; whichever comes first removes the other. */
static void test_removes_another(void) {
  struct fixture f;
  int a[2];
  int b[2];
  open_parties(&f);
  open_pair(a);
  open_pair(b);
  parties[0].also = parties[1].also = remove_other;
  parties[0].other_fd = b[0];
  parties[1].other_fd = a[0];
  CU_ASSERT_EQUAL(read_with(&parties[0], a[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(read_with(&parties[1], b[0]), LARIAT_OK);
  put_byte(a[1]);
  put_byte(b[1]);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[0].calls + parties[1].calls, 1);
  CU_ASSERT_EQUAL(parties[0].destroyed + parties[1].destroyed, 1);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_EQUAL(parties[0].destroyed + parties[1].destroyed, 2);
  close_pair(a);
  close_pair(b);
  fixture_close(&f);
}

/* Removes both sides, closes the descriptor and opens another under the same
 * number, with a new reader and writer. */
static void close_and_reopen(struct party *self, int fd) {
  remove_self(self, fd);
  remove_writer(self, fd);
  close(fd);
  CU_ASSERT_EQUAL(dup2(self->spare_fd, fd), fd);
  CU_ASSERT_EQUAL(read_with(self->other, fd), LARIAT_OK);
}

static void test_number_reused_inside(void) {
  struct fixture f;
  int ends[2];
  int spare[2];
  open_parties(&f);
  open_pair(ends);
  open_pair(spare);
  parties[0].also = close_and_reopen;
  parties[0].other = &parties[2];
  parties[0].spare_fd = spare[0];
  CU_ASSERT_EQUAL(read_with(&parties[0], ends[0]), LARIAT_OK);
  CU_ASSERT_EQUAL(write_with(&parties[1], ends[0]), LARIAT_OK);
  put_byte(ends[1]);
  fixture_turns(&f, 2);
  CU_ASSERT_EQUAL(parties[0].calls, 1);
  CU_ASSERT_EQUAL(parties[1].calls, 0);
  CU_ASSERT_EQUAL(parties[2].calls, 0);
  put_byte(spare[1]);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[2].calls, 1);
  CU_ASSERT_EQUAL(lariat_reactor_remove_reader(f.reactor, ends[0]), LARIAT_OK);
  for (int i = 0; i < 3; i++) CU_ASSERT_EQUAL(parties[i].destroyed, 1);
  close_pair(ends);
  close_pair(spare);
  fixture_close(&f);
}

static void test_refusals(void) {
  struct fixture f;
  open_parties(&f);
  int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  CU_ASSERT_TRUE_FATAL(file >= 0);
  CU_ASSERT_EQUAL(read_with(&parties[0], file), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(read_with(&parties[0], -1), LARIAT_EINVAL);
  close(file);
  CU_ASSERT_EQUAL(read_with(&parties[0], file), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_add_reader(f.reactor, 0, NULL, NULL, NULL),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_reactor_remove_reader(f.reactor, -1),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(lariat_reactor_remove_writer(f.reactor, 100000),
                  LARIAT_ENOTFOUND);
  CU_ASSERT_EQUAL(parties[0].destroyed, 0);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  int ends[2];
  open_parties(&f);
  open_pair(ends);
  uint64_t nth = 0;
  lariat_status status;
  do {
    fixture_fail_allocation(&f, ++nth);
    status = read_with(&parties[0], ends[0]);
    if (status != LARIAT_OK) CU_ASSERT_EQUAL(status, LARIAT_ENOMEM);
  } while (status != LARIAT_OK && nth < 10);
  CU_ASSERT_TRUE(nth >= 3);
  CU_ASSERT_EQUAL(parties[0].destroyed, 0);
  put_byte(ends[1]);
  fixture_turns(&f, 1);
  CU_ASSERT_EQUAL(parties[0].calls, 1);
  fixture_close_reactor(&f, 0);
  CU_ASSERT_EQUAL(parties[0].destroyed, 1);
  close_pair(ends);
  fixture_close(&f);
}

/* Many descriptors make the tables grow. */
static void test_many(void) {
  enum { MANY = 150 };
  static struct party many[MANY];
  struct fixture f;
  int ends[MANY][2];
  open_parties(&f);
  memset(many, 0, sizeof many);
  for (int i = 0; i < MANY; i++) {
    open_pair(ends[i]);
    many[i].reactor = f.reactor;
    many[i].also = take_byte;
    CU_ASSERT_EQUAL(read_with(&many[i], ends[i][0]), LARIAT_OK);
    put_byte(ends[i][1]);
  }
  fixture_turns(&f, 2);
  for (int i = 0; i < MANY; i++) CU_ASSERT_EQUAL(many[i].calls, 1);
  fixture_close_reactor(&f, 0);
  for (int i = 0; i < MANY; i++) {
    CU_ASSERT_EQUAL(many[i].destroyed, 1);
    close_pair(ends[i]);
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a reader is called while there is something", test_reader},
      {"reader and writer share a descriptor", test_both_sides},
      {"a broken descriptor calls the writer", test_hang_up},
      {"a reader removes itself", test_removes_itself},
      {"a reader removes the writer", test_removes_other_side},
      {"a reader replaces the writer", test_replaces_other_side},
      {"a reader removes another", test_removes_another},
      {"a number closed and reused inside", test_number_reused_inside},
      {"what cannot be watched is refused", test_refusals},
      {"out of memory adds nothing", test_out_of_memory},
      {"many descriptors", test_many},
  };
  return fixture_main("descriptors", tests, FIXTURE_COUNT(tests), argc, argv);
}
