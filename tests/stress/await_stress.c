/* SPDX-License-Identifier: MIT
 * labels: coroutines long
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

#include <CUnit/TestRun.h>

#include "await/stack_annotations.h"
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
  return LR_FIBER_ASAN || LR_FIBER_TSAN || lr_runs_on_valgrind();
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
  options.guard = lr_await_state_of(f->reactor)->stacks.guard;
  CU_ASSERT_EQUAL(lariat_coroutine_set_stacks(f->reactor, &options), LARIAT_OK);
}

static void test_crowd(void) {
  struct fixture f;
  struct crowd crowd = {0};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  measure_nothing(&f);
  lr_await_state *state = lr_await_state_of(f.reactor);
  crowd.count = scaled(COROUTINES);
  if (state->stacks.guard == LARIAT_GUARD_MPROTECT && crowd.count > 20000)
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
  CU_ASSERT_TRUE(state->stacks.warm <= state->stacks.idle_most);
  size_t left = memory_now() - before;
  printf("then %zu KiB left ... ", left / 1024);
  if (!is_sanitized() && crowd.count >= 20000)
    CU_ASSERT_TRUE(left < crowd.count * each / 4);
  fixture_close(&f);
}

/* ---- Overflows ---- */

__attribute__((noinline)) static int descend(volatile char *above, int depth) {
  volatile char capacity[512];
  capacity[0] = above[0];
  capacity[511] = (char)depth;
  if (depth == 1 << 20) return capacity[0];
  return descend(capacity, depth + 1) + capacity[511];
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

/* ---- Random programs ---- */

enum { PROGRAMS = 20000, DEFERREDS = 6, STEPS = 12, ALIVE_MOST = 60 };

struct program {
  struct fixture *f;
  uint64_t state;
  lariat_deferred *slots[DEFERREDS]; /* plain ones and coroutines' */
  int bodies;                        /* that run or wait */
  int cleanups;
};

static unsigned dice(struct program *p, unsigned sides) {
  p->state ^= p->state << 13;
  p->state ^= p->state >> 7;
  p->state ^= p->state << 17;
  return (unsigned)(p->state >> 33) % sides;
}

static lariat_value random_body(void *argument);

static lariat_deferred *random_deferred(struct program *p) {
  lariat_reactor *reactor = p->f->reactor;
  switch (p->bodies < ALIVE_MOST ? dice(p, 4) : 0) {
  case 0:
    return lariat_deferred_new(reactor, NULL, NULL, NULL);
  case 1:
    return lariat_deferred_succeed(reactor, lariat_int(1));
  default:
    return lariat_coroutine_start(reactor, random_body, p);
  }
}

/* Puts another deferred into a place.  What starting it does may have filled
 * the place meanwhile. */
static void replace(struct program *p, unsigned place) {
  lariat_deferred *fresh = random_deferred(p);
  lariat_deferred *old = p->slots[place];
  p->slots[place] = fresh;
  lariat_deferred_forget(old);
}

static lariat_deferred *borrow(struct program *p) {
  lariat_deferred *deferred = p->slots[dice(p, DEFERREDS)];
  return deferred ? lariat_deferred_retain(deferred) : random_deferred(p);
}

static lariat_value await_pair(struct program *p) {
  lariat_deferred *both[2] = {random_deferred(p), random_deferred(p)};
  return lariat_await_all(both, 2);
}

static lariat_value wait_inside(lariat_value result, void *context) {
  (void)context;
  lariat_value_drop(result);
  return lariat_int(lariat_coroutine_yield());
}

/* One thing that both a coroutine and the program itself may do. */
static void act(struct program *p) {
  if (dice(p, 20) == 0) fixture_fail_allocation(p->f, 1 + dice(p, 8));
  lariat_deferred *deferred = borrow(p);
  switch (dice(p, 6)) {
  case 0:
  case 1:
    if (lr_coroutine_of(deferred)->deferred.ops != &lr_coroutine_ops)
      (void)lariat_deferred_callback(deferred, lariat_int(2));
    break;
  case 2:
    lariat_deferred_cancel(deferred);
    break;
  case 3:
    replace(p, dice(p, DEFERREDS));
    break;
  case 4:
    lariat_deferred_add_both(deferred, wait_inside, NULL);
    break;
  default:
    break;
  }
  lariat_deferred_forget(deferred);
}

static void count_down(void *context) { --*(int *)context; }

static lariat_value random_body(void *argument) {
  struct program *p = argument;
  lariat_value result = lariat_none();
  p->bodies++;
  if (lariat_coroutine_add_cleanup(count_down, &p->cleanups) == LARIAT_OK)
    p->cleanups++;
  for (unsigned left = dice(p, STEPS); left > 0; left--) {
    lariat_status status = LARIAT_OK;
    lariat_value_drop(result);
    result = lariat_none();
    unsigned what = dice(p, 8);
    if (what < 2) result = lariat_await(borrow(p));
    if (what == 2) result = await_pair(p);
    if (what == 3) status = lariat_coroutine_sleep(dice(p, 3));
    if (what == 4) status = lariat_coroutine_yield();
    if (what > 4) act(p);
    if (status == LARIAT_ECLOSED) break;
  }
  p->bodies--;
  return result;
}

static void run_program(struct fixture *f, uint64_t seed) {
  struct program p = {.f = f, .state = seed * 2654435769u + 88172645463325252u};
  for (unsigned i = 0; i < DEFERREDS; i++) replace(&p, i);
  for (unsigned i = dice(&p, 40); i > 0; i--) {
    act(&p);
    if (dice(&p, 3) == 0) fixture_turns(f, 1);
    if (dice(&p, 5) == 0) fixture_advance(f, 1);
  }
  fixture_fail_allocation(f, 0);
  lariat_coroutine_end_all(f->reactor);
  for (unsigned i = 0; i < DEFERREDS; i++) lariat_deferred_forget(p.slots[i]);
  lariat_coroutine_end_all(f->reactor);
  CU_ASSERT_EQUAL(lr_coroutines_alive(f->reactor), 0);
  CU_ASSERT_EQUAL(p.bodies, 0);
  CU_ASSERT_EQUAL(p.cleanups, 0);
}

/* Misuse is part of them, and so is want of memory: it must end in a status,
 * and nothing may leak. */
static void test_random(void) {
  const char *one = getenv("LARIAT_STRESS_SEED");
  size_t programs = scaled(PROGRAMS);
  lariat_set_checks(false);
  for (size_t i = 0; i < programs; i++) {
    struct fixture f;
    uint64_t seed = one ? strtoull(one, NULL, 10) : i + 1;
    unsigned before = CU_get_number_of_failures();
    fixture_open(&f, FIXTURE_MANUAL_CLOCK);
    measure_nothing(&f);
    run_program(&f, seed);
    f.reports_expected = f.reports;
    fixture_close(&f);
    if (CU_get_number_of_failures() != before) {
      fixture_fail("the seed was %llu", (unsigned long long)seed);
      break;
    }
    if (one) break;
  }
  lariat_set_checks(true);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a crowd of coroutines", test_crowd},
      {"overflows are caught", test_overflows},
      {"random programs", test_random},
  };
  return fixture_main("await stress", tests, FIXTURE_COUNT(tests), argc, argv);
}
