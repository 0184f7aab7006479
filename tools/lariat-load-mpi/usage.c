/* SPDX-License-Identifier: MIT
 * usage.c: another beginning and end for the same table. */
#include "usage.h"

#include "load/option_table.h"

static const char usage[] =
    "usage: mpirun [options of mpirun] lariat-load-mpi [options] URL...\n"
    "Tests a server with load from many processes, as lariat load does from "
    "one:\n"
    "rate, requests, time and, without a rate, users are those of all "
    "together.\n"
    "With a rate -c and --connect-rate are of each process, as -r is; --part "
    "is not\n"
    "to be given, and --hdr writes a log for each process, FILE.RANK.\n";

static const char notes[] =
    "Exit code, of all processes: 0 valid, 1 a --fail-if came true (or a file "
    "was not\n"
    "written), 2 bad usage, 3 INVALID (a process was lost, began late), 4 "
    "SUSPECT and\n"
    "--strict, 5 no answer, 130 and 143 stopped.\n"
    "Example:\n"
    "  mpirun -n 8 lariat-load-mpi --rate 80000 -d 1m --html run.html URL\n";

void usage_print(FILE *file) {
  struct option_table table = load_options;
  table.usage = usage;
  table.notes = notes;
  options_print_help(&table, file);
}
