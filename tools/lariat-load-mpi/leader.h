/* SPDX-License-Identifier: MIT
 * leader.h: the process of rank 0: it sees that all have one plan, compares
 * their clocks, tells them when to begin, and makes one report of what they
 * send.  It does its own part of the run, too. */
#ifndef TOOLS_LARIAT_LOAD_MPI_LEADER_H
#define TOOLS_LARIAT_LOAD_MPI_LEADER_H

#include "process.h"

/* Leads a run.  Returns the exit code, which all others have been told;
 * `*left` is true when one was lost, and MPI cannot be ended with it. */
int leader_run(struct process *process, int argc, char **argv, bool *left);

#endif
