/* SPDX-License-Identifier: MIT
 * interrupt.c: a signal handler cannot have a context; the two variables below
 * are what it needs. */
#include "interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "say.h"

static volatile sig_atomic_t seen;
static volatile sig_atomic_t waker = -1;

static int code_of(int number) {
  return number == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED;
}

static void on_signal(int number) {
  if (seen) _exit(code_of(number));
  seen = number;
  if (waker >= 0 && write(waker, "!", 1) < 0) _exit(code_of(number));
}

int interrupt_code(void) { return code_of(seen); }

static void on_interrupt(int fd, void *context) {
  struct interrupt *interrupt = context;
  (void)lariat_reactor_remove_reader(interrupt->reactor, fd);
  interrupt->call(interrupt->context);
}

static void set_handler(int number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};
  sigemptyset(&action.sa_mask);
  (void)sigaction(number, &action, NULL);
}

bool interrupt_open(struct interrupt *interrupt, lariat_reactor *reactor,
                    lariat_call call, void *context) {
  int ends[2];
  *interrupt = (struct interrupt){reactor, call, context, -1, -1};
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  interrupt->reading = ends[0];
  interrupt->writing = ends[1];
  if (lariat_reactor_add_reader(reactor, ends[0], on_interrupt, interrupt,
                                NULL) != LARIAT_OK)
    return false;
  waker = ends[1];
  set_handler(SIGPIPE, SIG_IGN);
  set_handler(SIGINT, on_signal);
  set_handler(SIGTERM, on_signal);
  return true;
}

void interrupt_close(struct interrupt *interrupt) {
  set_handler(SIGINT, SIG_DFL);
  set_handler(SIGTERM, SIG_DFL);
  waker = -1;
  if (interrupt->reading < 0) return;
  (void)lariat_reactor_remove_reader(interrupt->reactor, interrupt->reading);
  close(interrupt->reading);
  close(interrupt->writing);
  interrupt->reading = -1;
}
