/* SPDX-License-Identifier: MIT
 * poller_test.c: watches on epoll.
 *
 * This program's epoll_pwait2(), timerfd_create() and timerfd_settime() stand
 * in for the C library's: they note what they are asked for, and fail if a test
 * wants that. */
#include "reactor/poller.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "support/fixture.h"

/* ---- The kernel ---- */

static struct {
  int pwait2_error;  /* 0: the time passes at once */
  int timerfd_error; /* 0: there is a descriptor */
  int pwait2_calls;
  int settime_calls;
  struct timespec waited;
  struct itimerspec set;
} kernel;

int epoll_pwait2(int epoll, struct epoll_event *events, int most,
                 const struct timespec *time, const sigset_t *signals) {
  (void)signals;
  kernel.pwait2_calls++;
  kernel.waited = *time;
  if (!kernel.pwait2_error) return epoll_wait(epoll, events, most, 0);
  errno = kernel.pwait2_error;
  return -1;
}

int timerfd_create(int clock, int flags) {
  int (*create)(int, int);
  void *symbol = dlsym(RTLD_NEXT, "timerfd_create");
  memcpy(&create, &symbol, sizeof create);
  errno = kernel.timerfd_error;
  return kernel.timerfd_error ? -1 : create(clock, flags);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *when,
                    struct itimerspec *before) {
  int (*set)(int, int, const struct itimerspec *, struct itimerspec *);
  void *symbol = dlsym(RTLD_NEXT, "timerfd_settime");
  memcpy(&set, &symbol, sizeof set);
  kernel.settime_calls++;
  kernel.set = *when;
  return set(fd, flags, when, before);
}

static void open_kernel(struct fixture *f, lr_poller *poller, int pwait2_error,
                        int timerfd_error) {
  memset(&kernel, 0, sizeof kernel);
  fixture_open(f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL_FATAL(lr_poller_init(poller), LARIAT_OK);
  kernel.pwait2_error = pwait2_error;
  kernel.timerfd_error = timerfd_error;
}

/* ---- Watches ---- */

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

/* ---- Waiting ---- */

static void test_waits_by_pwait2(void) {
  struct fixture f;
  lr_poller poller;
  open_kernel(&f, &poller, 0, 0);
  CU_ASSERT_EQUAL(lr_poller_collect(&poller, 1234567891), LARIAT_OK);
  CU_ASSERT_EQUAL(kernel.waited.tv_sec, 1);
  CU_ASSERT_EQUAL(kernel.waited.tv_nsec, 234567891);
  CU_ASSERT_EQUAL(lr_poller_collect(&poller, 1), LARIAT_OK);
  CU_ASSERT_EQUAL(kernel.waited.tv_sec, 0);
  CU_ASSERT_EQUAL(kernel.waited.tv_nsec, 1);
  CU_ASSERT_EQUAL(lr_poller_collect(&poller, LR_LATEST_NS), LARIAT_OK);
  CU_ASSERT_EQUAL(kernel.waited.tv_sec, LR_LATEST_NS / LR_NS_PER_S);
  CU_ASSERT_EQUAL(kernel.pwait2_calls, 3);
  CU_ASSERT_EQUAL(lr_poller_collect(&poller, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(kernel.pwait2_calls, 3);
  CU_ASSERT_EQUAL(kernel.settime_calls, 0);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

static void test_wait_fails(void) {
  struct fixture f;
  lr_poller poller;
  open_kernel(&f, &poller, EINTR, 0);
  CU_ASSERT_EQUAL(lr_poller_collect(&poller, 1), LARIAT_OK);
  CU_ASSERT_EQUAL(poller.found, 0);
  kernel.pwait2_error = EBADF;
  CU_ASSERT_EQUAL(lr_poller_collect(&poller, 1), LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(poller.found, 0);
  CU_ASSERT_EQUAL(poller.means, LR_POLLER_PWAIT2);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

/* The timer ends the wait, and its event is nobody's. */
static void check_timerfd(int error) {
  struct fixture f;
  lr_poller poller;
  open_kernel(&f, &poller, error, 0);
  for (int i = 1; i <= 3; i++) {
    CU_ASSERT_EQUAL(lr_poller_collect(&poller, 1000000 + (uint64_t)i),
                    LARIAT_OK);
    CU_ASSERT_EQUAL(poller.found, 1);
    CU_ASSERT_EQUAL(kernel.set.it_value.tv_sec, 0);
    CU_ASSERT_EQUAL(kernel.set.it_value.tv_nsec, 1000000 + i);
    CU_ASSERT_EQUAL(kernel.set.it_interval.tv_nsec, 0);
    CU_ASSERT_EQUAL(kernel.settime_calls, i);
    lr_poller_deliver(&poller);
    CU_ASSERT_EQUAL(found_by(&poller), 0);
  }
  CU_ASSERT_EQUAL(kernel.pwait2_calls, 1);
  CU_ASSERT_EQUAL(poller.means, LR_POLLER_TIMERFD);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

static void test_waits_by_timerfd(void) {
  check_timerfd(ENOSYS);
  check_timerfd(EPERM);
}

/* What comes before the timer ends the wait; the timer's own event comes to
 * nothing then. */
static void test_event_before_timer(void) {
  struct fixture f;
  lr_poller poller;
  int ends[2];
  struct probe in;
  open_kernel(&f, &poller, ENOSYS, 0);
  open_pipe(ends);
  make_probe(&in, &poller, ends[0]);
  CU_ASSERT_EQUAL(lr_poller_set(&poller, &in.watch, EPOLLIN | EPOLLET),
                  LARIAT_OK);
  put_byte(ends[1]);
  CU_ASSERT_EQUAL(lr_poller_collect(&poller, 20 * LR_NS_PER_MS), LARIAT_OK);
  lr_poller_deliver(&poller);
  CU_ASSERT_EQUAL(in.calls, 1);
  CU_ASSERT_EQUAL(lr_poller_collect(&poller, LR_NEVER_NS), LARIAT_OK);
  CU_ASSERT_EQUAL(poller.found, 1);
  lr_poller_deliver(&poller);
  CU_ASSERT_EQUAL(in.calls, 1);
  close_pipe(ends);
  lr_poller_clear(&poller);
  fixture_close(&f);
}

/* Without a descriptor for a timer it waits for whole milliseconds, which are
 * up when it returns, and looks for one again the next time. */
static void test_waits_without_timerfd(void) {
  struct fixture f;
  lr_poller poller;
  open_kernel(&f, &poller, ENOSYS, EMFILE);
  CU_ASSERT_EQUAL(lr_poller_collect(&poller, 1500000), LARIAT_OK);
  CU_ASSERT_EQUAL(poller.found, 0);
  CU_ASSERT_EQUAL(kernel.settime_calls, 0);
  kernel.timerfd_error = 0;
  CU_ASSERT_EQUAL(lr_poller_collect(&poller, 1), LARIAT_OK);
  CU_ASSERT_EQUAL(poller.found, 1);
  CU_ASSERT_EQUAL(kernel.settime_calls, 1);
  lr_poller_clear(&poller);
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
      {"a wait is one to the nanosecond", test_waits_by_pwait2},
      {"a wait that fails", test_wait_fails},
      {"without epoll_pwait2 a timer ends the wait", test_waits_by_timerfd},
      {"an event before the timer's", test_event_before_timer},
      {"without a timer the wait is longer", test_waits_without_timerfd},
  };
  return fixture_main("poller", tests, FIXTURE_COUNT(tests), argc, argv);
}
