/* SPDX-License-Identifier: MIT
 * Runs one command and writes what it took: wall and CPU time, peak memory,
 * context switches, as the kernel reports them when the child is reaped.  A
 * program of its own because Linux counts the memory of whoever forks a child
 * into the child's peak: this one is small.
 *
 *   bench-measure SECONDS OUT COMMAND [ARGUMENT...]
 *
 * One line of JSON goes to the file OUT.  After SECONDS the command is ended,
 * and those of its children that are in its process group.  Exit code: 0 the
 * command ran (its own exit code is in OUT), 2 it could not be run. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static pid_t begin(char **command, const sigset_t *signals) {
  pid_t child = fork();

  if (child) {
    if (child > 0) setpgid(child, child);
    return child;
  }
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigprocmask(SIG_UNBLOCK, signals, NULL);
  execvp(command[0], command);
  fprintf(stderr, "bench-measure: %s cannot be run\n", command[0]);
  _exit(127);
}

/* Waits for the child without reaping it: its number stays its own until
 * finish does.  True: the time was up.  A signal that ends this program ends
 * the child as well. */
static bool wait_for(pid_t child, double limit_s, const sigset_t *signals) {
  double until_s = now_s() + limit_s;

  for (;;) {
    double left_s = until_s - now_s();
    struct timespec left = {
        .tv_sec = (time_t)left_s,
        .tv_nsec = (long)((left_s - (double)(time_t)left_s) * 1e9)};
    siginfo_t state = {.si_pid = 0};
    int signal_number;

    if (waitid(P_PID, (id_t)child, &state, WEXITED | WNOHANG | WNOWAIT))
      return false;
    if (state.si_pid) return false;
    if (left_s <= 0) return true;
    signal_number = sigtimedwait(signals, NULL, &left);
    if (signal_number == SIGINT || signal_number == SIGTERM) return true;
  }
}

static bool write_figures(const char *path, int status, bool late,
                          double wall_s, const struct rusage *usage) {
  FILE *out = fopen(path, "w");
  bool good;

  if (!out) return false;
  good = fprintf(out,
                 "{\"exit\":%d,\"signal\":%d,\"timed_out\":%s,"
                 "\"wall_s\":%.6f,\"user_s\":%.6f,\"sys_s\":%.6f,"
                 "\"maxrss_kb\":%ld,\"context_switches\":%ld}\n",
                 WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                 WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                 late ? "true" : "false", wall_s, seconds(usage->ru_utime),
                 seconds(usage->ru_stime), usage->ru_maxrss,
                 usage->ru_nvcsw + usage->ru_nivcsw) > 0;
  return !fclose(out) && good;
}

static bool run(char **command, double limit_s, const char *out,
                const sigset_t *signals) {
  double begun_s = now_s();
  pid_t child = begin(command, signals);
  struct rusage usage;
  int status = 0;
  bool late;

  if (child < 0) return false;
  late = wait_for(child, limit_s, signals);
  if (late) kill(-child, SIGKILL);
  while (wait4(child, &status, 0, &usage) < 0)
    if (errno != EINTR) return false;
  return write_figures(out, status, late, now_s() - begun_s, &usage);
}

int main(int argc, char **argv) {
  sigset_t signals;
  char *end = NULL;
  double limit_s = argc > 3 ? strtod(argv[1], &end) : 0;

  if (argc < 4 || *end || !(limit_s > 0) || limit_s > 86400) {
    fprintf(stderr, "usage: bench-measure SECONDS OUT COMMAND [ARGUMENT...]\n");
    return 2;
  }
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  return run(argv + 3, limit_s, argv[2], &signals) ? 0 : 2;
}
