/* SPDX-License-Identifier: MIT
 * labels: coroutines
 * stack_test.c: stacks taken, given, guarded, measured; and overflown, in a
 * child process. */
#include "await/stack.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await/guard.h"
#include "await/stack_annotations.h"
#include "support/coroutines.h"

enum { KIB = 1024 };

static lariat_stack_options options_with(lariat_guard guard) {
  lariat_stack_options options = lariat_stack_defaults();
  options.guard = guard;
  options.measure = false;
  return options;
}

/* The kinds of guards that this system has. */
static int kinds(lariat_guard out[2]) {
  int count = 0;
  out[count++] = LARIAT_GUARD_MPROTECT;
  if (lr_guard_has_madvise()) out[count++] = LARIAT_GUARD_MADVISE;
  return count;
}

static void open_stacks(lr_stacks *stacks, lariat_guard guard) {
  const lariat_stack_options options = options_with(guard);
  lr_stacks_init(stacks);
  CU_ASSERT_EQUAL(lr_stacks_set(stacks, &options), LARIAT_OK);
}

static lr_stack *take(lr_stacks *stacks, size_t bytes) {
  lr_stack *stack = NULL;
  CU_ASSERT_EQUAL_FATAL(lr_stack_take(stacks, bytes, &stack), LARIAT_OK);
  return stack;
}

/* How many pages of the stack are in memory. */
static size_t resident(const lr_stack *stack) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  unsigned char pages[1024];
  size_t count = 0;
  size_t total = stack->bytes / page;
  CU_ASSERT_TRUE_FATAL(total <= sizeof pages);
  CU_ASSERT_EQUAL(mincore(stack->low, stack->bytes, pages), 0);
  for (size_t i = 0; i < total; i++) count += pages[i] & 1;
  return count;
}

/* ---- Taking and giving ---- */

static void test_sizes(void) {
  struct fixture f;
  lr_stacks stacks;
  lr_stack *stack;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_stacks(&stacks, LARIAT_GUARD_AUTO);
  static const size_t wanted[] = {16 * KIB, 17 * KIB, 100 * KIB, 8192 * KIB};
  static const size_t given[] = {16 * KIB, 32 * KIB, 128 * KIB, 8192 * KIB};
  for (size_t i = 0; i < FIXTURE_COUNT(wanted); i++) {
    stack = take(&stacks, wanted[i]);
    CU_ASSERT_EQUAL(stack->bytes, given[i]);
    memset(stack->low, 1, stack->bytes);
    lr_stack_give(&stacks, stack);
  }
  stack = take(&stacks, 0);
  CU_ASSERT_EQUAL(stack->bytes, stacks.bytes);
  lr_stack_give(&stacks, stack);
  CU_ASSERT_EQUAL(lr_stack_take(&stacks, 1, &stack), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lr_stack_take(&stacks, 16 * KIB - 1, &stack), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lr_stack_take(&stacks, ((size_t)1 << 30) + 1, &stack),
                  LARIAT_EINVAL);
  lr_stacks_clear(&stacks);
  CU_ASSERT_EQUAL(stacks.mapped, 0);
  fixture_close(&f);
}

static void test_reuse(void) {
  struct fixture f;
  lr_stacks stacks;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_stacks(&stacks, LARIAT_GUARD_AUTO);
  lr_stack *first = take(&stacks, 0);
  lr_stack *second = take(&stacks, 0);
  lr_stack_give(&stacks, first);
  CU_ASSERT_PTR_EQUAL(take(&stacks, 0), first); /* the warmest one */
  lr_stack_give(&stacks, second);
  lr_stack_give(&stacks, first);
  CU_ASSERT_EQUAL(stacks.warm, 2);
  CU_ASSERT_EQUAL(stacks.taken, 0);
  lr_stacks_clear(&stacks);
  fixture_close(&f);
}

enum { MANY = 200, KEPT = 10 };

static void use_many(lr_stacks *stacks, lr_stack *taken[MANY]) {
  for (int i = 0; i < MANY; i++) {
    taken[i] = take(stacks, 16 * KIB);
    memset(taken[i]->low, 1, taken[i]->bytes);
  }
}

/* Beyond the limit a stack's memory goes at once; its mapping, when all of its
 * slab are idle. */
static void test_goes_back(void) {
  struct fixture f;
  lr_stacks stacks;
  lr_stack *taken[MANY];
  lariat_stack_options options = options_with(LARIAT_GUARD_AUTO);
  fixture_open(&f, FIXTURE_NO_REACTOR);
  options.idle = KEPT;
  lr_stacks_init(&stacks);
  CU_ASSERT_EQUAL(lr_stacks_set(&stacks, &options), LARIAT_OK);
  use_many(&stacks, taken);
  CU_ASSERT_TRUE(stacks.mapped >= MANY);
  for (int i = 0; i < MANY - 1; i++) {
    lr_stack_give(&stacks, taken[i]);
    if (i < KEPT) CU_ASSERT_TRUE(resident(taken[i]) > 0);
    CU_ASSERT_TRUE(stacks.warm <= KEPT);
  }
  CU_ASSERT_TRUE(stacks.mapped < MANY / 2);
  lr_stack_give(&stacks, taken[MANY - 1]);
  use_many(&stacks, taken);
  for (int i = MANY - 1; i >= 0; i--) lr_stack_give(&stacks, taken[i]);
  CU_ASSERT_TRUE(stacks.warm <= KEPT);
  lr_stacks_clear(&stacks);
  CU_ASSERT_EQUAL(stacks.mapped, 0);
  fixture_close(&f);
}

static void test_cold(void) {
  struct fixture f;
  lr_stacks stacks;
  lariat_stack_options options = options_with(LARIAT_GUARD_AUTO);
  fixture_open(&f, FIXTURE_NO_REACTOR);
  options.idle = 1;
  lr_stacks_init(&stacks);
  CU_ASSERT_EQUAL(lr_stacks_set(&stacks, &options), LARIAT_OK);
  lr_stack *stay = take(&stacks, 16 * KIB);
  lr_stack *warm = take(&stacks, 16 * KIB);
  lr_stack *cold = take(&stacks, 16 * KIB);
  memset(warm->low, 1, warm->bytes);
  memset(cold->low, 1, cold->bytes);
  lr_stack_give(&stacks, warm);
  lr_stack_give(&stacks, cold);
  CU_ASSERT_TRUE(resident(warm) > 0);
  CU_ASSERT_EQUAL(resident(cold), 0);
  CU_ASSERT_PTR_EQUAL(take(&stacks, 16 * KIB), warm);
  lr_stack_give(&stacks, warm);
  lr_stack_give(&stacks, stay);
  lr_stacks_clear(&stacks);
  fixture_close(&f);
}

static void test_options(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_stack_options options = options_with(LARIAT_GUARD_AUTO);
  CU_ASSERT_EQUAL(lariat_coroutine_set_stacks(f.reactor, NULL), LARIAT_EINVAL);
  options.bytes = 100;
  CU_ASSERT_EQUAL(lariat_coroutine_set_stacks(f.reactor, &options),
                  LARIAT_EINVAL);
  options.bytes = 0;
  options.guard = (lariat_guard)7;
  CU_ASSERT_EQUAL(lariat_coroutine_set_stacks(f.reactor, &options),
                  LARIAT_EINVAL);
  options.guard = LARIAT_GUARD_MADVISE;
  CU_ASSERT_EQUAL(lariat_coroutine_set_stacks(f.reactor, &options),
                  lr_guard_has_madvise() ? LARIAT_OK : LARIAT_ESYSTEM);
  fixture_close(&f);
}

static void test_no_memory(void) {
  struct fixture f;
  lr_stacks stacks;
  lr_stack *stack;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_stacks(&stacks, LARIAT_GUARD_AUTO);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lr_stack_take(&stacks, 0, &stack), LARIAT_ENOMEM);
  CU_ASSERT_EQUAL(stacks.taken, 0);
  lr_stacks_clear(&stacks);
  fixture_close(&f);
}

/* ---- The limit of mappings ---- */

enum { TOO_MANY = 200000 };

/* Valgrind and the sanitizers die when the process can map no more. */
static bool tools_need_maps(void) {
  return lr_runs_on_valgrind() || LR_FIBER_ASAN || LR_FIBER_TSAN;
}

/* Half as many as there are mappings can be had; then a clear status, and all
 * go back. */
static void test_map_limit(void) {
  struct fixture f;
  lr_stacks stacks;
  lariat_status status = LARIAT_OK;
  size_t count = 0;
  if (tools_need_maps()) return;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_stacks(&stacks, LARIAT_GUARD_MPROTECT);
  lr_stack **taken = calloc(TOO_MANY, sizeof(lr_stack *));
  CU_ASSERT_PTR_NOT_NULL_FATAL(taken);
  while (count < TOO_MANY) {
    status = lr_stack_take(&stacks, 16 * KIB, &taken[count]);
    if (status != LARIAT_OK) break;
    count++;
  }
  if (count < TOO_MANY) CU_ASSERT_EQUAL(status, LARIAT_EMAPS);
  CU_ASSERT_TRUE(count > 1000);
  if (count > 0) memset(taken[count - 1]->low, 1, 16 * KIB);
  while (count > 0) lr_stack_give(&stacks, taken[--count]);
  free(taken);
  lr_stacks_clear(&stacks);
  CU_ASSERT_EQUAL(stacks.mapped, 0);
  fixture_close(&f);
}

/* ---- How much is used ---- */

static void test_measured(void) {
  struct fixture f;
  lr_stacks stacks;
  lariat_stack_options options = options_with(LARIAT_GUARD_AUTO);
  fixture_open(&f, FIXTURE_NO_REACTOR);
  options.measure = true;
  lr_stacks_init(&stacks);
  CU_ASSERT_EQUAL(lr_stacks_set(&stacks, &options), LARIAT_OK);
  for (int round = 0; stacks.measure && round < 2; round++) {
    lr_stack *stack = take(&stacks, 0);
    CU_ASSERT_EQUAL(lr_stack_used(stack), 0);
    stack->top[-3000] = 1;
    CU_ASSERT_EQUAL(lr_stack_used(stack), 3000);
    lr_stack_give(&stacks, stack);
  }
  lr_stacks_clear(&stacks);
  fixture_close(&f);
}

static lariat_value use_much(void *argument) {
  volatile char capacity[10000];
  for (size_t i = 0; i < sizeof capacity; i++) capacity[i] = 1;
  *(size_t *)argument = lariat_coroutine_stack_used(NULL);
  return lariat_none();
}

static void test_used(void) {
  struct fixture f;
  size_t inside = 0;
  lariat_stack_options options = options_with(LARIAT_GUARD_AUTO);
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  options.measure = true;
  CU_ASSERT_EQUAL(lariat_coroutine_set_stacks(f.reactor, &options), LARIAT_OK);
  lariat_deferred *d = lariat_coroutine_start(f.reactor, use_much, &inside);
  size_t after = lariat_coroutine_stack_used(d);
  if (lr_may_measure_stack()) {
    CU_ASSERT_TRUE(inside >= 10000 && inside < 40000);
    CU_ASSERT_TRUE(after >= inside && after < 40000);
  }
  lariat_deferred_release(d);
  d = lariat_deferred_succeed(f.reactor, lariat_none());
  CU_ASSERT_EQUAL(lariat_coroutine_stack_used(d), 0);
  CU_ASSERT_EQUAL(lariat_coroutine_stack_used(NULL), 0);
  lariat_deferred_release(d);
  fixture_close(&f);
}

/* ---- Guards ---- */

struct child {
  void (*run)(void *context);
  void *context;
};

/* Runs it in a child process, and gives back how that ended and, in `text`,
 * what it wrote to standard error. */
static int in_child(const struct child *child, char *text, size_t capacity) {
  int ends[2];
  int state = 0;
  CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) {
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(ends[1], STDERR_FILENO);
    child->run(child->context);
    _exit(0);
  }
  close(ends[1]);
  size_t length = 0;
  ssize_t got;
  while (length < capacity - 1 &&
         (got = read(ends[0], text + length, capacity - 1 - length)) > 0)
    length += (size_t)got;
  text[length] = '\0';
  close(ends[0]);
  CU_ASSERT_EQUAL(waitpid(pid, &state, 0), pid);
  return state;
}

/* A sanitizer makes an exit of it. */
static bool died_of_fault(int state) {
  if (WIFSIGNALED(state)) return WTERMSIG(state) == SIGSEGV;
  return (LR_FIBER_ASAN || LR_FIBER_TSAN) && WIFEXITED(state) &&
         WEXITSTATUS(state) != 0;
}

/* Valgrind may have a code of its own for what it finds in the child. */
static bool exited_with(int state, int code) {
  return WIFEXITED(state) &&
         (WEXITSTATUS(state) == code || lr_runs_on_valgrind());
}

static void write_byte(void *context) { *(volatile char *)context = 1; }

/* Stands in for the C library's, which may answer without the kernel. */
ssize_t getrandom(void *bytes, size_t length, unsigned flags) {
  if (length) *(volatile char *)bytes = 0;
  return syscall(SYS_getrandom, bytes, length, flags);
}

/* Probing would end the program if the memory were written to from here. */
static void test_probe(void) {
  bool has = lr_guard_has_madvise();
  for (int i = 0; i < 3; i++) CU_ASSERT_EQUAL(lr_guard_has_madvise(), has);
}

static void test_guards(void) {
  struct fixture f;
  lariat_guard guards[2];
  char text[4096];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int i = kinds(guards); i-- > 0;) {
    lr_stacks stacks;
    open_stacks(&stacks, guards[i]);
    CU_ASSERT_EQUAL(stacks.guard, guards[i]);
    lr_stack *stack = take(&stacks, 16 * KIB);
    char *const bad[] = {stack->low - 1, stack->low - LR_GUARD_BYTES};
    for (int k = 0; k < 2; k++) {
      const struct child child = {write_byte, bad[k]};
      CU_ASSERT_TRUE(died_of_fault(in_child(&child, text, sizeof text)));
    }
    const struct child fine = {write_byte, stack->low};
    CU_ASSERT_TRUE(exited_with(in_child(&fine, text, sizeof text), 0));
    lr_stack_give(&stacks, stack);
    lr_stacks_clear(&stacks);
  }
  fixture_close(&f);
}

/* ---- Overflows ---- */

/* Each call's frame is needed after the next one's, so that none can go. */
__attribute__((noinline)) static int descend(volatile char *above, int depth) {
  volatile char capacity[512];
  capacity[0] = above[0];
  capacity[511] = (char)depth;
  if (depth == 1 << 20) return capacity[0];
  return descend(capacity, depth + 1) + capacity[511];
}

static lariat_value overflow(void *argument) {
  volatile char first = 0;
  (void)argument;
  return lariat_int(descend(&first, 0));
}

static lariat_value fault_elsewhere(void *argument) {
  *(volatile char *)argument = 1;
  return lariat_none();
}

struct accident {
  lariat_guard guard;
  lariat_coroutine_body body;
  bool explain;
  bool chained;
};

static void own_handler(int number) {
  static const char text[] = "the handler that was there before\n";
  ssize_t sent = write(STDERR_FILENO, text, sizeof text - 1);
  (void)number;
  _exit(sent > 0 ? 77 : 1);
}

static void have_accident(void *context) {
  const struct accident *accident = context;
  const lariat_coroutine_options named = {sizeof named, "digger", 16 * KIB,
                                          NULL};
  const lariat_reactor_options options = {.size = sizeof options,
                                          .name = "mine"};
  const lariat_stack_options stacks = options_with(accident->guard);
  lariat_reactor *reactor = NULL;
  if (accident->chained) signal(SIGSEGV, own_handler);
  if (accident->explain && lariat_coroutine_explain_overflows() != LARIAT_OK)
    _exit(2);
  if (lariat_reactor_new(&options, &reactor) != LARIAT_OK ||
      lariat_coroutine_set_stacks(reactor, &stacks) != LARIAT_OK)
    _exit(3);
  char *nowhere =
      mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  lariat_deferred_release(
      lariat_coroutine_start_with(reactor, accident->body, nowhere, &named));
}

static const char *const explanation =
    "lariat: the coroutine 'digger', number 1 of the reactor 'mine', "
    "overflowed its stack of 16384 bytes\n";

static void test_overflow(void) {
  struct fixture f;
  lariat_guard guards[2];
  char text[65536];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int i = kinds(guards); i-- > 0;) {
    struct accident accident = {guards[i], overflow, true, false};
    const struct child child = {have_accident, &accident};
    CU_ASSERT_TRUE(died_of_fault(in_child(&child, text, sizeof text)));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, explanation));
    accident.explain = false;
    CU_ASSERT_TRUE(died_of_fault(in_child(&child, text, sizeof text)));
    CU_ASSERT_PTR_NULL(strstr(text, "overflowed"));
  }
  fixture_close(&f);
}

static void test_other_fault(void) {
  struct fixture f;
  char text[65536];
  struct accident accident = {LARIAT_GUARD_AUTO, fault_elsewhere, true, false};
  const struct child child = {have_accident, &accident};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(died_of_fault(in_child(&child, text, sizeof text)));
  CU_ASSERT_PTR_NULL(strstr(text, "overflowed"));
  fixture_close(&f);
}

/* `signal` installs it without SA_ONSTACK; ours calls it on the signal
 * stack. */
static void test_chained(void) {
  struct fixture f;
  char text[65536];
  struct accident accident = {LARIAT_GUARD_AUTO, overflow, true, true};
  const struct child child = {have_accident, &accident};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  int state = in_child(&child, text, sizeof text);
  if (!LR_FIBER_ASAN && !LR_FIBER_TSAN) {
    CU_ASSERT_TRUE(exited_with(state, 77));
    const char *first = strstr(text, explanation);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "the handler that was there before"));
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"stacks have sizes", test_sizes},
      {"stacks are used again", test_reuse},
      {"stacks go back to the system", test_goes_back},
      {"a cold stack has no memory", test_cold},
      {"options", test_options},
      {"no memory for a slab", test_no_memory},
      {"too many mappings", test_map_limit},
      {"use is measured", test_measured},
      {"a coroutine's use", test_used},
      {"the kernel is asked for guards", test_probe},
      {"guards of both kinds", test_guards},
      {"an overflow is explained", test_overflow},
      {"another fault is not", test_other_fault},
      {"the handler before ours is called", test_chained},
  };
  return fixture_main("stack", tests, FIXTURE_COUNT(tests), argc, argv);
}
