/* SPDX-License-Identifier: MIT
 * follower.h: a process but that of rank 0: it begins when it is told, and
 * sends what it has measured. */
#ifndef TOOLS_LARIAT_LOAD_MPI_FOLLOWER_H
#define TOOLS_LARIAT_LOAD_MPI_FOLLOWER_H

#include "process.h"

/* Does its part.  Returns the exit code, which the leader decides; `*left` is
 * true when the leader was lost, and MPI cannot be ended with it. */
int follower_run(struct process *process, int argc, char **argv, bool *left);

#endif
