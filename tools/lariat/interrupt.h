/* SPDX-License-Identifier: MIT
 * interrupt.h: SIGINT and SIGTERM.  The first becomes a call on the reactor;
 * the second ends the process on the spot, whatever it is stuck in. */
#ifndef TOOLS_LARIAT_INTERRUPT_H
#define TOOLS_LARIAT_INTERRUPT_H

#include <lariat/reactor.h>
#include <stdbool.h>

struct interrupt {
  lariat_reactor *reactor;
  lariat_call call;
  void *context;
  int reading; /* the pipe's ends */
  int writing;
};

/* Takes the signals over, SIGPIPE too (it is ignored from now on); `call` is
 * made at the first of them.  One at a time.  False when there is no descriptor
 * left, or no memory. */
bool interrupt_open(struct interrupt *interrupt, lariat_reactor *reactor,
                    lariat_call call, void *context);

/* Returns the exit code of a process that the first signal has ended: 128 and
 * its number. */
int interrupt_code(void);

/* Lets the signals end the process again. */
void interrupt_close(struct interrupt *interrupt);

#endif
