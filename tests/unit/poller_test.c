/* SPDX-License-Identifier: MIT
 * poller_test.c: watches on epoll. */
#include "reactor/poller.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "support/fixture.h"

struct probe {
  lr_watch watch;
  lr_poller *poller;
  int calls;
  uint32_t last;
  struct probe *drops;   /* dropped by the callback */
  struct probe *reopens; /* gets the number of `drops`, from `fd` */
  int fd;
};

static void probe_ready(lr_watch *watch, uint32_t events) {
  struct probe *probe = (struct probe *)(void *)watch;
  probe->calls++;
  probe->last = events;
  if (!probe->drops) return;
  int fd = probe->drops->watch.fd;
  lr_poller_set(probe->poller, &probe->drops->watch, 0);
  if (probe->reopens) {
    dup2(probe->fd, fd);
    probe->reopens->watch.fd = fd;
    CU_ASSERT_EQUAL(
        lr_poller_set(probe->poller, &probe->reopens->watch, EPOLLIN),
        LARIAT_OK);
  }
  probe->drops = NULL;
}

static void make_probe(struct probe *probe, lr_poller *poller, int fd) {
  memset(probe, 0, sizeof *probe);
  probe->watch.ready = probe_ready;
  probe->watch.fd = fd;
  probe->poller = poller;
}

static void open_pipe(int ends[2]) { CU_ASSERT_EQUAL_FATAL(pipe(ends), 0); }

static void close_pipe(const int ends[2]) {
  close(ends[0]);
  close(ends[1]);
}

static void put_byte(int fd) { CU_ASSERT_EQUAL(write(fd, "x", 1), 1); }

static int found_by(lr_poller *poller) {
  int found = -1;
  CU_ASSERT_EQUAL(lr_poller_wait(poller, 0, &found), LARIAT_OK);
  return found;
}

static void test_level_triggered(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  int ends[2];
  open_pipe(ends);
  struct probe in;
  make_probe(&in, &poller, ends[0]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &in.watch, EPOLLIN), LARIAT_OK);
  CU_ASSERT_EQUAL(poller.watches, 1);
  CU_ASSERT_EQUAL(found_by(&poller), 0);
  put_byte(ends[1]);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(in.calls, 2);
  CU_ASSERT_EQUAL(in.last, EPOLLIN);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &in.watch, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &in.watch, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(poller.watches, 0);
  CU_ASSERT_EQUAL(found_by(&poller), 0);
  close_pipe(ends);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

/* Each write to an eventfd is an event of its own, though nobody reads it. */
static void test_edge_triggered(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  struct probe in;
  make_probe(&in, &poller, fd);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &in.watch, EPOLLIN | EPOLLET),
                  LARIAT_OK);
  for (int i = 1; i <= 3; i++) {
    CU_ASSERT_EQUAL(eventfd_write(fd, 1), 0);
    CU_ASSERT_EQUAL(found_by(&poller), 1);
    CU_ASSERT_EQUAL(found_by(&poller), 0);
    CU_ASSERT_EQUAL(in.calls, i);
    CU_ASSERT_EQUAL(in.last, EPOLLIN);
  }
  close(fd);
  lr_poller_forget(&poller, &in.watch);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

static void test_changes_events(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  int ends[2];
  open_pipe(ends);
  struct probe out;
  make_probe(&out, &poller, ends[1]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &out.watch, EPOLLIN), LARIAT_OK);
  CU_ASSERT_EQUAL(found_by(&poller), 0);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &out.watch, EPOLLOUT), LARIAT_OK);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &out.watch, EPOLLOUT), LARIAT_OK);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(out.last, EPOLLOUT);
  CU_ASSERT_EQUAL(poller.watches, 1);
  lr_poller_set(&poller, &out.watch, 0);
  close_pipe(ends);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

/* Two descriptors are ready in one batch; whichever is called first drops the
 * other one. */
static void test_dropped_in_batch(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  int a[2];
  int b[2];
  open_pipe(a);
  open_pipe(b);
  struct probe first;
  struct probe second;
  make_probe(&first, &poller, a[0]);
  make_probe(&second, &poller, b[0]);
  first.drops = &second;
  second.drops = &first;
  lr_poller_set(&poller, &first.watch, EPOLLIN);
  lr_poller_set(&poller, &second.watch, EPOLLIN);
  put_byte(a[1]);
  put_byte(b[1]);
  CU_ASSERT_EQUAL(found_by(&poller), 2);
  CU_ASSERT_EQUAL(first.calls + second.calls, 1);
  CU_ASSERT_EQUAL(poller.watches, 1);
  close_pipe(a);
  close_pipe(b);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

/* The same, and the number is in use again, for a file without data, before
 * its old event is looked at. */
static void test_reused_in_batch(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  int a[2];
  int b[2];
  int quiet[2];
  open_pipe(a);
  open_pipe(b);
  open_pipe(quiet);
  struct probe first;
  struct probe second;
  struct probe third;
  make_probe(&first, &poller, a[0]);
  make_probe(&second, &poller, b[0]);
  make_probe(&third, &poller, -1);
  first.drops = &second;
  second.drops = &first;
  first.reopens = second.reopens = &third;
  first.fd = second.fd = quiet[0];
  lr_poller_set(&poller, &first.watch, EPOLLIN);
  lr_poller_set(&poller, &second.watch, EPOLLIN);
  put_byte(a[1]);
  put_byte(b[1]);
  CU_ASSERT_EQUAL(found_by(&poller), 2);
  CU_ASSERT_EQUAL(first.calls + second.calls, 1);
  CU_ASSERT_EQUAL(third.calls, 0);
  CU_ASSERT_EQUAL(poller.watches, 2);
  put_byte(quiet[1]);
  CU_ASSERT_EQUAL(found_by(&poller), 2);
  CU_ASSERT_EQUAL(third.calls, 1);
  close_pipe(a);
  close_pipe(b);
  close_pipe(quiet);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

/* Forgotten and closed, then the number comes back. */
static void test_forget(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  int ends[2];
  int other[2];
  open_pipe(ends);
  open_pipe(other);
  struct probe old;
  struct probe new;
  make_probe(&old, &poller, ends[0]);
  make_probe(&new, &poller, ends[0]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &old.watch, EPOLLIN), LARIAT_OK);
  lr_poller_forget(&poller, &old.watch);
  lr_poller_forget(&poller, &old.watch);
  CU_ASSERT_EQUAL(poller.watches, 0);
  dup2(other[0], ends[0]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &new.watch, EPOLLIN), LARIAT_OK);
  put_byte(other[1]);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(new.calls, 1);
  CU_ASSERT_EQUAL(old.calls, 0);
  close_pipe(ends);
  close_pipe(other);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

/* Forgotten without being closed: epoll still has it.  Its next event finds
 * nobody and is the last; and the number can be watched again. */
static void test_forgotten_open(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  int ends[2];
  open_pipe(ends);
  struct probe probe;
  make_probe(&probe, &poller, ends[0]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &probe.watch, EPOLLIN), LARIAT_OK);
  lr_poller_forget(&poller, &probe.watch);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &probe.watch, EPOLLIN), LARIAT_OK);
  put_byte(ends[1]);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(probe.calls, 1);
  lr_poller_forget(&poller, &probe.watch);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(found_by(&poller), 0);
  CU_ASSERT_EQUAL(probe.calls, 1);
  close_pipe(ends);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

/* Left open: the next watch of the number takes it over, also if another file
 * has come to be there. */
static void test_hand_over(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  int ends[2];
  int other[2];
  open_pipe(ends);
  open_pipe(other);
  struct probe old;
  struct probe new;
  struct probe last;
  make_probe(&old, &poller, ends[0]);
  make_probe(&new, &poller, ends[0]);
  make_probe(&last, &poller, ends[0]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &old.watch, EPOLLIN), LARIAT_OK);
  lr_poller_hand_over(&poller, &old.watch);
  lr_poller_hand_over(&poller, &old.watch);
  CU_ASSERT_EQUAL(poller.watches, 0);
  CU_ASSERT_TRUE(poller.entries[ends[0]].listed);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &new.watch, EPOLLIN), LARIAT_OK);
  CU_ASSERT_FALSE(poller.entries[ends[0]].listed);
  put_byte(ends[1]);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(new.calls, 1);
  CU_ASSERT_EQUAL(old.calls, 0);
  lr_poller_hand_over(&poller, &new.watch);
  dup2(other[0], ends[0]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &last.watch, EPOLLIN), LARIAT_OK);
  put_byte(other[1]);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(last.calls, 1);
  CU_ASSERT_EQUAL(new.calls, 1);
  close_pipe(ends);
  close_pipe(other);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

/* A watch whose descriptor was closed and opened anew behind its back. */
static void test_changed_file(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  int ends[2];
  int other[2];
  open_pipe(ends);
  open_pipe(other);
  struct probe probe;
  struct probe thief;
  make_probe(&probe, &poller, ends[0]);
  make_probe(&thief, &poller, ends[0]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &probe.watch, EPOLLIN), LARIAT_OK);
  dup2(other[1], ends[0]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &probe.watch, EPOLLOUT), LARIAT_OK);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &thief.watch, EPOLLOUT), LARIAT_OK);
  CU_ASSERT_EQUAL(poller.watches, 1);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(probe.calls, 1);
  CU_ASSERT_EQUAL(thief.calls, 1);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &probe.watch, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  CU_ASSERT_EQUAL(thief.calls, 2);
  close_pipe(ends);
  close_pipe(other);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

/* A descriptor that is another thread's is nothing to this epoll any more. */
static void test_remove(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  int ends[2];
  open_pipe(ends);
  struct probe probe;
  make_probe(&probe, &poller, ends[1]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &probe.watch, EPOLLOUT), LARIAT_OK);
  CU_ASSERT_EQUAL(found_by(&poller), 1);
  lr_poller_forget(&poller, &probe.watch);
  lr_poller_remove(&poller, ends[1]);
  CU_ASSERT_EQUAL(found_by(&poller), 0);
  lr_poller_remove(&poller, 900); /* one that it never had */
  CU_ASSERT_EQUAL(found_by(&poller), 0);
  close_pipe(ends);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

static void test_refusals(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_poller poller;
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(&poller), LARIAT_OK);
  struct probe probe;
  make_probe(&probe, &poller, -1);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &probe.watch, EPOLLIN), LARIAT_EINVAL);
  probe.watch.fd = 900;
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &probe.watch, EPOLLIN), LARIAT_ENOMEM);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &probe.watch, EPOLLIN), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(probe.watch.events, 0);
  CU_ASSERT_EQUAL(poller.watches, 0);
  lr_poller_clear(&poller);
  CU_ASSERT_EQUAL(lr_poller_wait(&poller, 0, NULL), LARIAT_ESYSTEM);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a watch is level-triggered", test_level_triggered},
      {"a watch for edges is told once of each", test_edge_triggered},
      {"a watch changes its events", test_changes_events},
      {"a watch dropped in a batch is not called", test_dropped_in_batch},
      {"a number reused in a batch is not called", test_reused_in_batch},
      {"a forgotten watch makes way", test_forget},
      {"a descriptor that was handed over is taken over", test_hand_over},
      {"a forgotten open descriptor does not spin", test_forgotten_open},
      {"a descriptor that was removed is not reported", test_remove},
      {"a number whose file changed is watched anew", test_changed_file},
      {"what cannot be watched is refused", test_refusals},
  };
  return fixture_main("poller", tests, FIXTURE_COUNT(tests), argc, argv);
}
