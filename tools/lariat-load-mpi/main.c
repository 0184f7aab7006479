/* SPDX-License-Identifier: MIT
 * lariat-load-mpi: `lariat load` from many processes, on one machine or on
 * many, which MPI starts.  The process of rank 0 leads, and reports. */
#include <errno.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "follower.h"
#include "help.h"
#include "leader.h"
#include "say.h"
#include "usage.h"

static bool is_any(const char *text, const char *one, const char *two) {
  return strcmp(text, one) == 0 || strcmp(text, two) == 0;
}

/* Answers what needs no other process, and no MPI.  False: nothing of it was
 * asked for. */
static bool print_about(const char *option) {
  if (is_any(option, "--help", "-h"))
    usage_print(stdout);
  else if (is_any(option, "--version", "-V"))
    help_print_version(stdout);
  else
    return false;
  return true;
}

/* Returns the exit code of what was printed: it must have got out. */
static int end_printing(int code) {
  if ((fflush(stdout) == 0 && !ferror(stdout)) || code != EXIT_ALL) return code;
  say("cannot write to standard output: %s", say_errno(errno));
  return EXIT_SOME;
}

/* Starts MPI, whose functions only this thread will call. */
static bool start_mpi(int *argc, char ***argv) {
  int provided = MPI_THREAD_SINGLE;
  if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided) !=
      MPI_SUCCESS) {
    say("MPI does not start");
    return false;
  }
  if (provided >= MPI_THREAD_FUNNELED) return true;
  say("this MPI knows no threads (MPI_THREAD_FUNNELED)");
  (void)MPI_Finalize();
  return false;
}

int main(int argc, char **argv) {
  struct process process;
  bool left = false;
  say_as("lariat-load-mpi");
  if (argc > 1 && print_about(argv[1])) return end_printing(EXIT_ALL);
  if (!start_mpi(&argc, &argv)) return EXIT_SOME;
  process_init(&process);
  int code = process.rank == 0 ? leader_run(&process, argc, argv, &left)
                               : follower_run(&process, argc, argv, &left);
  code = end_printing(code);
  if (left) (void)MPI_Abort(MPI_COMM_WORLD, code);
  (void)MPI_Finalize();
  return code;
}
