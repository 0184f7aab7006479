/* SPDX-License-Identifier: MIT
 * overflow.c: a handler for SIGSEGV that knows the guards of stacks.  What it
 * does must be safe in a signal handler: no stdio, no memory, no locks. */
#include "await/overflow.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "await/coroutine.h"
#include "await/guard.h"
#include "base/atomics.h"

/* The size of a signal stack: enough for the largest register file that a
 * signal saves. */
enum { SIGNAL_STACK_BYTES = 64 * 1024 };

static lr_atomic_u32 installed;
static struct sigaction before;

/* ---- Message ---- */

typedef struct line {
  char text[512];
  size_t length;
} line;

static void add_text(line *to, const char *text) {
  size_t capacity = sizeof to->text - 1 - to->length;
  size_t length = strlen(text);
  if (length > capacity) length = capacity;
  memcpy(to->text + to->length, text, length);
  to->length += length;
}

static void add_number(line *to, uint64_t number) {
  char digits[24];
  char *first = digits + sizeof digits - 1;
  *first = '\0';
  do {
    *--first = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  add_text(to, first);
}

static void explain_overflow(const lariat_coroutine *coroutine) {
  line message = {.length = 0};
  add_text(&message, "lariat: the coroutine '");
  add_text(&message, coroutine->name);
  add_text(&message, "', number ");
  add_number(&message, coroutine->number);
  add_text(&message, " of the reactor '");
  add_text(&message, lariat_reactor_name(coroutine->state->reactor));
  add_text(&message, "', overflowed its stack of ");
  add_number(&message, coroutine->stack->bytes);
  add_text(&message, " bytes");
  message.text[message.length++] = '\n';
  ssize_t sent = write(STDERR_FILENO, message.text, message.length);
  (void)sent;
}

/* ---- Handler ---- */

static bool is_in_guard(const lr_stack *stack, const void *address) {
  uintptr_t low = (uintptr_t)stack->low;
  uintptr_t at = (uintptr_t)address;
  return at < low && at >= low - LR_GUARD_BYTES;
}

/* Passes the signal to the handler before this one.  Where there was none, puts
 * the default back: the instruction is tried again, and the process dies as it
 * would have. */
static void pass_signal_on(int number, siginfo_t *info, void *context) {
  if (before.sa_flags & SA_SIGINFO) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  } else {
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    sigaction(number, &standard, NULL);
  }
}

static void on_fault(int number, siginfo_t *info, void *context) {
  int saved = errno;
  const lariat_coroutine *coroutine = lr_coroutine_here;
  if (coroutine && is_in_guard(coroutine->stack, info->si_addr))
    explain_overflow(coroutine);
  errno = saved;
  pass_signal_on(number, info, context);
}

/* ---- Installation ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void install_handler(void) {
  struct sigaction ours;
  memset(&ours, 0, sizeof ours);
  ours.sa_sigaction = on_fault;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  if (sigaction(SIGSEGV, NULL, &before) == 0 &&
      sigaction(SIGSEGV, &ours, NULL) == 0)
    lr_u32_store_release(&installed, 1);
}

lariat_status lariat_coroutine_explain_overflows(void) {
  pthread_once(&once, install_handler);
  return lr_u32_load_acquire(&installed) ? LARIAT_OK : LARIAT_ESYSTEM;
}

static bool has_signal_stack(void) {
  stack_t now;
  return sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE);
}

void lr_overflow_arm(lr_await_state *state) {
  if (!lr_u32_load_acquire(&installed) || has_signal_stack()) return;
  void *memory = mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  const stack_t wanted = {.ss_sp = memory, .ss_size = SIGNAL_STACK_BYTES};
  if (sigaltstack(&wanted, NULL) == 0)
    state->signal_stack = memory;
  else
    munmap(memory, SIGNAL_STACK_BYTES);
}

/* Disables the signal stack unless the thread has got itself another. */
void lr_overflow_disarm(lr_await_state *state) {
  if (!state->signal_stack) return;
  const stack_t none = {.ss_flags = SS_DISABLE};
  stack_t now;
  if (sigaltstack(NULL, &now) == 0 && now.ss_sp == state->signal_stack)
    (void)sigaltstack(&none, NULL);
  munmap(state->signal_stack, SIGNAL_STACK_BYTES);
}
