/* SPDX-License-Identifier: MIT
 * await_stress.c: a hundred thousand coroutines suspended at once, and what
 * memory they take; a thousand stacks overflown. */
#include <lariat/await.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await/notes.h"
#include "support/coroutines.h"

enum { COROUTINES = 100000, OVERFLOWS = 1000, BYTES_EACH = 9 * 1024 };

/* Per cent of the work, from the environment. */
static size_t scaled(size_t count) {
  const char *text = getenv("LARIAT_STRESS_SCALE");
  long percent = text ? strtol(text, NULL, 10) : 100;
  if (percent < 1 || percent > 100) percent = 100;
  return count * (size_t)percent / 100;
}

static bool is_sanitized(void) {
  return LR_FIBER_ASAN || LR_FIBER_TSAN || lr_note_on_valgrind();
}

/* Page tables included, which a stack each needs a share of. */
static size_t memory_now(void) {
  static const char *const names[] = {"VmRSS:", "VmPTE:"};
  char line[200];
  size_t kib = 0;
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) return 0;
  while (fgets(line, sizeof line, file)) {
    for (size_t i = 0; i < FIXTURE_COUNT(names); i++)
      if (strncmp(line, names[i], strlen(names[i])) == 0)
        kib += strtoul(line + strlen(names[i]), NULL, 10);
  }
  fclose(file);
  return kib * 1024;
}

/* ---- Many at once ---- */

struct crowd {
  size_t count;
  size_t resumed;
  lariat_deferred **awaited;
};

struct member {
  struct crowd *crowd;
  lariat_deferred *awaited;
};

static lariat_value wait_in_crowd(void *argument) {
  struct member member = *(struct member *)argument;
  lariat_value result = lariat_await(member.awaited);
  member.crowd->resumed += (size_t)lariat_int_in(result);
  return lariat_none();
}

/* The deferreds that are awaited are there before the memory is looked at. */
static void make_awaited(struct fixture *f, struct crowd *crowd) {
  crowd->awaited = calloc(crowd->count, sizeof(lariat_deferred *));
  CU_ASSERT_PTR_NOT_NULL_FATAL(crowd->awaited);
  for (size_t i = 0; i < crowd->count; i++)
    crowd->awaited[i] = lariat_deferred_new(f->reactor, NULL, NULL, NULL);
}

static void suspend_all(struct fixture *f, struct crowd *crowd) {
  for (size_t i = 0; i < crowd->count; i++) {
    struct member member = {crowd, lariat_deferred_retain(crowd->awaited[i])};
    lariat_deferred_release(
        lariat_coroutine_start(f->reactor, wait_in_crowd, &member));
  }
  CU_ASSERT_EQUAL(lr_coroutines_alive(f->reactor), crowd->count);
}

static void resume_all(struct crowd *crowd) {
  for (size_t i = 0; i < crowd->count; i++) {
    lariat_deferred_callback(crowd->awaited[i], lariat_int(1));
    lariat_deferred_release(crowd->awaited[i]);
  }
  CU_ASSERT_EQUAL(crowd->resumed, crowd->count);
  free(crowd->awaited);
}

/* What the fixture may have set stays, but for the measuring. */
static void measure_nothing(struct fixture *f) {
  lariat_stack_options options = lariat_stack_defaults();
  options.measure = false;
  options.guard = lr_await_room_of(f->reactor)->stacks.guard;
  CU_ASSERT_EQUAL(lariat_coroutine_set_stacks(f->reactor, &options), LARIAT_OK);
}

static void test_crowd(void) {
  struct fixture f;
  struct crowd crowd = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  measure_nothing(&f);
  lr_await_room *room = lr_await_room_of(f.reactor);
  crowd.count = scaled(COROUTINES);
  if (room->stacks.guard == LARIAT_GUARD_MPROTECT && crowd.count > 20000)
    crowd.count = 20000;
  if (LR_FIBER_TSAN && crowd.count > 5000) crowd.count = 5000;
  make_awaited(&f, &crowd);
  size_t before = memory_now();
  suspend_all(&f, &crowd);
  size_t each = (memory_now() - before) / crowd.count;
  printf("%zu suspended, %zu bytes each ... ", crowd.count, each);
  if (!is_sanitized()) CU_ASSERT_TRUE(each <= BYTES_EACH);
  resume_all(&crowd);
  CU_ASSERT_EQUAL(lr_coroutines_alive(f.reactor), 0);
  CU_ASSERT_TRUE(room->stacks.warm <= room->stacks.idle_most);
  size_t left = memory_now() - before;
  printf("then %zu KiB left ... ", left / 1024);
  if (!is_sanitized() && crowd.count >= 20000)
    CU_ASSERT_TRUE(left < crowd.count * each / 4);
  fixture_close(&f);
}

/* ---- Overflows ---- */

__attribute__((noinline)) static int descend(volatile char *above, int depth) {
  volatile char room[512];
  room[0] = above[0];
  room[511] = (char)depth;
  if (depth == 1 << 20) return room[0];
  return descend(room, depth + 1) + room[511];
}

static lariat_value sleep_long(void *argument) {
  (void)argument;
  return lariat_int(lariat_coroutine_sleep(1000000));
}

static lariat_value overflow(void *argument) {
  volatile char first = 0;
  (void)argument;
  return lariat_int(descend(&first, 0));
}

/* Each child overflows another of its coroutines. */
static void run_child(int number) {
  const struct rlimit no_core = {0, 0};
  const lariat_coroutine_options digger = {sizeof digger, "digger", 16 * 1024,
                                           NULL};
  lariat_reactor *reactor = NULL;
  setrlimit(RLIMIT_CORE, &no_core);
  if (lariat_coroutine_explain_overflows() != LARIAT_OK) _exit(2);
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) _exit(3);
  for (int i = 0; i < number % 40; i++)
    lariat_deferred_release(
        lariat_coroutine_start_with(reactor, sleep_long, NULL, &digger));
  lariat_deferred_release(
      lariat_coroutine_start_with(reactor, overflow, NULL, &digger));
  _exit(0);
}

static bool overflows_well(int number) {
  int ends[2];
  int state = 0;
  char text[8192] = "";
  size_t length = 0;
  ssize_t got;
  if (pipe(ends) != 0) return false;
  pid_t pid = fork();
  if (pid == 0) {
    dup2(ends[1], STDERR_FILENO);
    run_child(number);
  }
  close(ends[1]);
  while (length < sizeof text - 1 &&
         (got = read(ends[0], text + length, sizeof text - 1 - length)) > 0)
    length += (size_t)got;
  text[length] = '\0';
  close(ends[0]);
  if (waitpid(pid, &state, 0) != pid) return false;
  bool died = is_sanitized() ? state != 0
                             : WIFSIGNALED(state) && WTERMSIG(state) == SIGSEGV;
  return died && strstr(text, "lariat: the coroutine 'digger', number ") &&
         strstr(text, "overflowed its stack of 16384 bytes\n");
}

static void test_overflows(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  size_t runs = scaled(OVERFLOWS);
  size_t good = 0;
  fflush(NULL);
  for (size_t i = 0; i < runs; i++) good += overflows_well((int)i);
  CU_ASSERT_EQUAL(good, runs);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a crowd of coroutines", test_crowd},
      {"overflows are caught", test_overflows},
  };
  return fixture_main("await stress", tests, FIXTURE_COUNT(tests), argc, argv);
}
