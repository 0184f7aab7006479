/* SPDX-License-Identifier: MIT
 * command.h: a command for the shell, run beside the crawl. */
#ifndef TOOLS_LARIAT_CRAWL_COMMAND_H
#define TOOLS_LARIAT_CRAWL_COMMAND_H

#include <lariat/reactor.h>
#include <stdbool.h>
#include <sys/types.h>

/* Told once when the process has ended: `code` is its exit code, or 128 and the
 * signal that ended it. */
typedef void (*command_end)(void *context, int code);

struct command_process {
  lariat_reactor *reactor;
  command_end end;
  void *context;
  pid_t pid;  /* 0: none */
  int handle; /* a pidfd; -1: none */
};

/* Runs `text` with the shell, with `argument` as $1 (NULL: none) and `input` as
 * its standard input (-1: /dev/null).  Its signals are as they are by default.
 * False: it cannot be run; see errno. */
bool command_start(struct command_process *process, lariat_reactor *reactor,
                   const char *text, const char *argument, int input,
                   command_end end, void *context);

/* Waits for the end of it, where it has not been told yet, on the spot; returns
 * its code, 0 where there is no process.  After the reactor's run. */
int command_wait(struct command_process *process);

/* Forgets a process, which goes on by itself. */
void command_forget(struct command_process *process);

#endif
