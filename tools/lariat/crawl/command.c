/* SPDX-License-Identifier: MIT
 * command.c: posix_spawn, and a descriptor that can be read when the process
 * has ended. */
#include "crawl/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Gives the process the signals as a shell has them: this one ignores SIGPIPE,
 * and may block SIGHUP. */
static int set_signals(posix_spawnattr_t *attributes) {
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigemptyset(&all);
  sigaddset(&all, SIGPIPE);
  sigaddset(&all, SIGHUP);
  (void)posix_spawnattr_setsigmask(attributes, &none);
  (void)posix_spawnattr_setsigdefault(attributes, &all);
  return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK |
                                                  POSIX_SPAWN_SETSIGDEF |
                                                  POSIX_SPAWN_SETPGROUP);
}

static int set_input(posix_spawn_file_actions_t *actions, int input) {
  return input < 0
             ? posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
                                                "/dev/null", O_RDONLY, 0)
             : posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);
}

/* Starts the shell; returns an error number. */
static int spawn_shell(pid_t *pid, const char *text, const char *argument,
                       int input) {
  char name[] = "sh";
  char option[] = "-c";
  char *words = strdup(text);
  char *path = argument ? strdup(argument) : NULL;
  char *const arguments[] = {name, option, words, name, path, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = ENOMEM;
  if (words && (path || !argument) &&
      posix_spawn_file_actions_init(&actions) == 0) {
    if (posix_spawnattr_init(&attributes) == 0) {
      error = set_signals(&attributes);
      if (!error) error = set_input(&actions, input);
      if (!error)
        error = posix_spawn(pid, "/bin/sh", &actions, &attributes, arguments,
                            environ);
      (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
  }
  free(words);
  free(path);
  return error;
}

/* ---- The end ---- */

/* Collects the process; returns its code. */
static int collect(struct command_process *process) {
  int status = 0;
  while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR) continue;
  command_forget(process);
  return code_of(status);
}

static void on_end(int fd, void *context) {
  struct command_process *process = context;
  (void)fd;
  command_end end = process->end;
  void *with = process->context;
  end(with, collect(process));
}

void command_forget(struct command_process *process) {
  if (process->handle >= 0) {
    (void)lariat_reactor_remove_reader(process->reactor, process->handle);
    close(process->handle);
  }
  process->handle = -1;
  process->pid = 0;
}

int command_wait(struct command_process *process) {
  return process->pid ? collect(process) : 0;
}

bool command_start(struct command_process *process, lariat_reactor *reactor,
                   const char *text, const char *argument, int input,
                   command_end end, void *context) {
  *process = (struct command_process){reactor, end, context, 0, -1};
  int error = spawn_shell(&process->pid, text, argument, input);
  if (error) {
    process->pid = 0;
    errno = error;
    return false;
  }
  process->handle = (int)syscall(SYS_pidfd_open, process->pid, 0);
  if (process->handle >= 0 &&
      lariat_reactor_add_reader(reactor, process->handle, on_end, process,
                                NULL) == LARIAT_OK)
    return true;
  /* Without a descriptor the end is seen by command_wait alone. */
  if (process->handle >= 0) close(process->handle);
  process->handle = -1;
  return true;
}
