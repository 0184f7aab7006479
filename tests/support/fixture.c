/* SPDX-License-Identifier: MIT
 * fixture.c: see fixture.h. */
#include "support/fixture.h"

#include <CUnit/Basic.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "await/state.h"
#include "base/memory.h"
#include "base/process.h"
#include "reactor/reactor_private.h"
#include <lariat/allocator.h>
#include <lariat/checks.h>
#include <lariat/coroutine.h>
#include <malloc.h>

enum { MANY_TURNS = 1000, PATIENCE_MS = 10000, BUSY_TIMES = 10 };

static const uint64_t ns_per_ms = 1000000;

void fixture_fail(const char *format, ...) {
  char text[600];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  CU_assertImplementation(CU_FALSE, __LINE__, text, __FILE__, "", CU_FALSE);
}

uint64_t fixture_real_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / ns_per_ms;
}

static void sleep_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

/* ---- The counting allocator ----
 * Each block is one of malloc's, of the size that was asked for, so that the
 * sanitizers see its bounds; what malloc says of its size is counted. */

static bool must_fail(struct fixture *f) {
  uint64_t number = lr_u64_add_relaxed(&f->allocations, 1) + 1;
  return number >= lr_u64_load_relaxed(&f->fail_first) &&
         number <= lr_u64_load_relaxed(&f->fail_last);
}

static void count_in(struct fixture *f, void *memory) {
  lr_u64_add_relaxed(&f->blocks, 1);
  uint64_t size = malloc_usable_size(memory);
  uint64_t live = lr_u64_add_relaxed(&f->bytes, size) + size;
  uint64_t peak = lr_u64_load_relaxed(&f->peak);
  while (live > peak && !lr_u64_cas_acq_rel(&f->peak, &peak, live)) continue;
}

/* Whoever then sees that no block is left comes after all that was done with
 * them, also by threads that nobody joins. */
static void count_out(struct fixture *f, void *memory) {
  lr_u64_add_relaxed(&f->bytes, 0 - (uint64_t)malloc_usable_size(memory));
  lr_u64_add_acq_rel(&f->blocks, UINT64_MAX);
}

static void *counting_allocate(size_t bytes, void *context) {
  if (must_fail(context)) return NULL;
  void *memory = malloc(bytes);
  if (memory) count_in(context, memory);
  return memory;
}

/* The old block is counted out first: after the realloc its address may be
 * another thread's. */
static void *counting_resize(void *memory, size_t bytes, void *context) {
  if (!memory) return counting_allocate(bytes, context);
  if (must_fail(context)) return NULL;
  count_out(context, memory);
  void *moved = realloc(memory, bytes);
  count_in(context, moved ? moved : memory);
  return moved;
}

static void counting_release(void *memory, void *context) {
  count_out(context, memory);
  free(memory);
}

static void install_allocator(struct fixture *f) {
  const lariat_allocator counting = {counting_allocate, counting_resize,
                                     counting_release, f};
  lr_u64_init(&f->blocks, 0);
  lr_u64_init(&f->bytes, 0);
  lr_u64_init(&f->peak, 0);
  lr_u64_init(&f->allocations, 0);
  lr_u64_init(&f->fail_first, UINT64_MAX);
  lr_u64_init(&f->fail_last, 0);
  if (lariat_set_allocator(&counting) != LARIAT_OK)
    fixture_fail("the counting allocator was refused");
}

static void set_failing(struct fixture *f, uint64_t first, uint64_t last) {
  lr_u64_store_relaxed(&f->fail_last, 0);
  lr_u64_store_relaxed(&f->fail_first, first);
  lr_u64_store_relaxed(&f->fail_last, last);
}

void fixture_fail_allocation(struct fixture *f, uint64_t nth) {
  uint64_t number = fixture_allocations(f) + nth;
  if (nth == 0)
    set_failing(f, UINT64_MAX, 0);
  else
    set_failing(f, number, number);
}

void fixture_fail_allocations(struct fixture *f, uint64_t nth, uint64_t count) {
  uint64_t number = fixture_allocations(f) + nth;
  set_failing(f, number, number + count - 1);
}

void fixture_fail_allocations_from(struct fixture *f, uint64_t nth) {
  set_failing(f, fixture_allocations(f) + nth, UINT64_MAX);
}

uint64_t fixture_allocations(const struct fixture *f) {
  return lr_u64_load_relaxed(&f->allocations);
}

uint64_t fixture_live_blocks(const struct fixture *f) {
  return lr_u64_load_acquire(&f->blocks);
}

uint64_t fixture_live_bytes(const struct fixture *f) {
  return lr_u64_load_relaxed(&f->bytes);
}

void fixture_peak_restart(struct fixture *f) {
  lr_u64_store_relaxed(&f->peak, fixture_live_bytes(f));
}

uint64_t fixture_peak_bytes(const struct fixture *f) {
  return lr_u64_load_relaxed(&f->peak);
}

static void check_memory(const struct fixture *f) {
  if (fixture_live_blocks(f) != 0)
    fixture_fail("left behind: %llu blocks of memory, %llu bytes",
                 (unsigned long long)fixture_live_blocks(f),
                 (unsigned long long)fixture_live_bytes(f));
}

/* ---- Descriptors and threads ---- */

/* The number of the next descriptor in an open /proc/self/fd, other than its
 * own; -1 at the end. */
static int next_fd(DIR *directory) {
  const struct dirent *entry;
  while ((entry = readdir(directory))) {
    if (entry->d_name[0] == '.') continue;
    int fd = (int)strtol(entry->d_name, NULL, 10);
    if (fd != dirfd(directory)) return fd;
  }
  return -1;
}

static void note_fds(struct fixture *f) {
  memset(f->fds_at_start, 0, sizeof f->fds_at_start);
  DIR *directory = opendir("/proc/self/fd");
  if (!directory) return;
  for (int fd; (fd = next_fd(directory)) >= 0;)
    if (fd < FIXTURE_FDS)
      f->fds_at_start[fd / 8] |= (unsigned char)(1u << (fd % 8));
  closedir(directory);
}

/* Those far up are valgrind's own. */
static bool was_open(const struct fixture *f, int fd) {
  return fd >= FIXTURE_FDS || (f->fds_at_start[fd / 8] >> (fd % 8) & 1);
}

/* How many descriptors are open that were not at the start; `one` gets one of
 * them. */
static int new_fds(const struct fixture *f, int *one) {
  int count = 0;
  DIR *directory = opendir("/proc/self/fd");
  if (!directory) return 0;
  for (int fd; (fd = next_fd(directory)) >= 0;) {
    if (was_open(f, fd)) continue;
    *one = fd;
    count++;
  }
  closedir(directory);
  return count;
}

static unsigned threads_now(void) {
  unsigned count = 0;
  DIR *directory = opendir("/proc/self/task");
  if (!directory) return 0;
  for (const struct dirent *entry; (entry = readdir(directory));)
    if (entry->d_name[0] != '.') count++;
  closedir(directory);
  return count;
}

/* A thread that was joined may still be in the list for a moment. */
static void check_threads(const struct fixture *f) {
  uint64_t end_ms = fixture_real_ms() + PATIENCE_MS;
  unsigned now;
  while ((now = threads_now()) > f->threads_at_start) {
    if (fixture_real_ms() >= end_ms) {
      fixture_fail("left behind: %u threads", now - f->threads_at_start);
      return;
    }
    sleep_ms(2);
  }
}

static void check_fds(const struct fixture *f) {
  uint64_t end_ms = fixture_real_ms() + PATIENCE_MS;
  int one = -1;
  int count;
  while ((count = new_fds(f, &one)) > 0) {
    if (fixture_real_ms() >= end_ms) break;
    sleep_ms(2);
  }
  if (count == 0) return;
  char path[64];
  char target[200];
  snprintf(path, sizeof path, "/proc/self/fd/%d", one);
  ssize_t length = readlink(path, target, sizeof target - 1);
  target[length < 0 ? 0 : length] = '\0';
  fixture_fail("left behind: %d descriptors, one of them %d (%s)", count, one,
               target);
}

/* ---- Reactor, clock, reports ---- */

static void take_report(const char *message, void *context) {
  struct fixture *f = context;
  f->reports++;
  snprintf(f->last_report, sizeof f->last_report, "%s", message);
}

/* LARIAT_TEST_GUARD=mprotect: the guards of coroutines' stacks are made so. */
static void choose_guard(lariat_reactor *reactor) {
  const char *wanted = getenv("LARIAT_TEST_GUARD");
  lariat_stack_options options = lariat_stack_defaults();
  if (!wanted) return;
  options.guard = strcmp(wanted, "mprotect") == 0 ? LARIAT_GUARD_MPROTECT
                                                  : LARIAT_GUARD_MADVISE;
  if (lariat_coroutine_set_stacks(reactor, &options) != LARIAT_OK)
    fixture_fail("there are no guards by %s", wanted);
}

static void make_reactor(struct fixture *f) {
  const lariat_reactor_options options = {
      .size = sizeof options, .clock = &f->clock, .name = "test"};
  if (lariat_reactor_new(&options, &f->reactor) != LARIAT_OK) {
    fixture_fail("no reactor could be made");
    return;
  }
  lariat_reactor_set_report(f->reactor, take_report, f);
  choose_guard(f->reactor);
}

static void make_clock(struct fixture *f) {
  if (lariat_virtual_clock_new(&f->virtual_clock) == LARIAT_OK)
    f->clock = *lariat_virtual_clock_clock(f->virtual_clock);
  else
    fixture_fail("no virtual clock could be made");
}

static bool is_quick(void) { return getenv("LARIAT_TEST_QUICK") != NULL; }

void fixture_open(struct fixture *f, unsigned flags) {
  if (is_quick()) lariat_set_checks(false); /* a test may have put them on */
  f->reactor = NULL;
  f->flags = flags;
  f->reports = 0;
  f->reports_expected = 0;
  f->last_report[0] = '\0';
  f->timers_expected = 0;
  f->threads_at_start = threads_now();
  note_fds(f);
  install_allocator(f);
  f->virtual_clock = NULL;
  f->clock = *lariat_clock_system();
  if (flags & FIXTURE_MANUAL_CLOCK) make_clock(f);
  if (!(flags & FIXTURE_NO_REACTOR)) make_reactor(f);
}

void fixture_close_reactor(struct fixture *f, unsigned wait_ms) {
  if (!f->reactor) return;
  lariat_status status = lariat_reactor_close(f->reactor, wait_ms);
  if (status != LARIAT_OK)
    fixture_fail("the reactor was not closed: %s", lariat_status_name(status));
  f->reactor = NULL;
}

static void check_timers(const struct fixture *f) {
  if (!f->reactor) return;
  uint32_t set = f->reactor->timers.count;
  if (set != f->timers_expected)
    fixture_fail("left behind: %u timers set, %u expected", set,
                 f->timers_expected);
}

static void check_coroutines(const struct fixture *f) {
  if (!f->reactor) return;
  size_t alive = lr_coroutines_alive(f->reactor);
  if (alive > 0) fixture_fail("left behind: %zu coroutines", alive);
}

static void check_reports(const struct fixture *f) {
  if (f->reports != f->reports_expected)
    fixture_fail("%u reports, %u expected; the last one: %s", f->reports,
                 f->reports_expected, f->last_report);
}

void fixture_close(struct fixture *f) {
  fixture_fail_allocation(f, 0);
  check_timers(f);
  check_coroutines(f);
  fixture_close_reactor(f, PATIENCE_MS);
  lariat_virtual_clock_free(f->virtual_clock);
  check_reports(f);
  check_threads(f);
  check_memory(f);
  check_fds(f);
  if (lariat_set_allocator(NULL) != LARIAT_OK)
    fixture_fail("malloc was refused");
}

void fixture_expect_reports(struct fixture *f, unsigned count) {
  f->reports_expected = count;
}

void fixture_expect_timers(struct fixture *f, uint32_t count) {
  f->timers_expected = count;
}

/* ---- Turns ---- */

void fixture_turns(struct fixture *f, unsigned count) {
  while (count-- > 0) {
    lariat_status status = lariat_reactor_run_once(f->reactor, 0);
    if (status == LARIAT_OK) continue;
    fixture_fail("a turn failed: %s", lariat_status_name(status));
    return;
  }
}

/* Runs one turn at least: descriptors and the mailbox are not seen from here.
 */
void fixture_settle(struct fixture *f) {
  unsigned turns = 0;
  do {
    fixture_turns(f, 1);
  } while (lr_reactor_pending(f->reactor) && ++turns < MANY_TURNS);
  if (turns == MANY_TURNS) fixture_fail("the reactor does not come to rest");
}

void fixture_advance(struct fixture *f, uint64_t ms) {
  lariat_virtual_clock_move(f->virtual_clock, ms);
  fixture_settle(f);
}

static bool run_until(struct fixture *f, bool (*done)(void *context),
                      void *context, uint64_t end_ms) {
  while (!done(context)) {
    uint64_t now_ms = fixture_real_ms();
    if (now_ms >= end_ms) return false;
    uint64_t left_ms = end_ms - now_ms;
    int wait_ms = left_ms < 20 ? (int)left_ms : 20;
    if (lariat_reactor_run_once(f->reactor, wait_ms) != LARIAT_OK) return false;
  }
  return true;
}

bool fixture_run_until(struct fixture *f, bool (*done)(void *context),
                       void *context, unsigned ms) {
  uint64_t patience_ms = (uint64_t)ms * BUSY_TIMES;
  return run_until(f, done, context, fixture_real_ms() + patience_ms);
}

static bool never(void *context) {
  (void)context;
  return false;
}

void fixture_run_for(struct fixture *f, unsigned ms) {
  (void)run_until(f, never, NULL, fixture_real_ms() + ms);
}

/* ---- Misuse ---- */

/* There when coverage is measured: the child's counts would be lost. */
void __gcov_dump(void) __attribute__((weak));

static void end_by_abort(int number) {
  if (__gcov_dump) __gcov_dump();
  signal(number, SIG_DFL);
  raise(number);
}

static void run_in_child(void (*run)(void *context), void *context, int error) {
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (error >= 0) dup2(error, STDERR_FILENO);
  if (__gcov_dump) signal(SIGABRT, end_by_abort);
  lariat_set_checks(true);
  run(context);
  _exit(0);
}

/* Runs `run` in a child with `error` as its standard error. */
static bool aborts_with(void (*run)(void *context), void *context, int error) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) run_in_child(run, context, error);
  int state = 0;
  if (child < 0 || waitpid(child, &state, 0) != child) return false;
  return WIFSIGNALED(state) && WTERMSIG(state) == SIGABRT;
}

bool fixture_aborts(void (*run)(void *context), void *context) {
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  bool aborts = aborts_with(run, context, null);
  if (null >= 0) close(null);
  return aborts;
}

/* Says whether that is all that was said.  An emulator adds a line of its own.
 */
static bool says_only(const char *said, const char *message) {
  size_t length = strlen(message);
  if (strncmp(said, message, length) != 0) return false;
  return said[length] == '\0' || strncmp(said + length, "qemu: ", 6) == 0;
}

bool fixture_aborts_saying(void (*run)(void *context), void *context,
                           const char *message) {
  char said[1024];
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  bool aborts = aborts_with(run, context, ends[1]);
  ssize_t length = read(ends[0], said, sizeof said - 1);
  close(ends[0]);
  close(ends[1]);
  said[length > 0 ? length : 0] = '\0';
  if (aborts && says_only(said, message)) return true;
  fixture_fail("%s, and said: %s", aborts ? "aborted" : "no abort", said);
  return false;
}

/* ---- The program ---- */

static bool is_wanted(const char *name, int argc, char **argv) {
  if (argc < 2) return true;
  for (int i = 1; i < argc; i++)
    if (strstr(name, argv[i])) return true;
  return false;
}

/* Returns how many tests were registered; -1 when CUnit refused one. */
static int add_tests(CU_pSuite suite, const struct fixture_test *tests,
                     size_t count, int argc, char **argv) {
  int added = 0;
  for (size_t i = 0; i < count; i++) {
    if (!is_wanted(tests[i].name, argc, argv)) continue;
    if (!CU_add_test(suite, tests[i].name, tests[i].run)) return -1;
    added++;
  }
  return added;
}

static bool run_tests(const char *name, const struct fixture_test *tests,
                      size_t count, int argc, char **argv) {
  CU_pSuite suite = CU_add_suite(name, NULL, NULL);
  if (!suite || add_tests(suite, tests, count, argc, argv) <= 0) return false;
  CU_basic_set_mode(CU_BRM_VERBOSE);
  if (CU_basic_run_tests() != CUE_SUCCESS) return false;
  return CU_get_number_of_tests_run() > 0 &&
         CU_get_number_of_tests_failed() == 0 &&
         CU_get_number_of_failures() == 0;
}

static void *do_nothing(void *context) { return context; }

/* ThreadSanitizer makes a thread of its own when the first one is made: it
 * should be there before threads are counted. */
static void make_first_thread(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
    pthread_join(thread, NULL);
}

int fixture_main(const char *suite, const struct fixture_test *tests,
                 size_t count, int argc, char **argv) {
  lariat_set_checks(!is_quick());
  make_first_thread();
  if (CU_initialize_registry() != CUE_SUCCESS) return 1;
  bool passed = run_tests(suite, tests, count, argc, argv);
  CU_cleanup_registry();
  if (!passed) fprintf(stderr, "%s: failed\n", suite);
  return passed ? 0 : 1;
}
