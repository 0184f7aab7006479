/* SPDX-License-Identifier: MIT
 * merging.h: one result of what the processes have sent. */
#ifndef TOOLS_LARIAT_LOAD_MPI_MERGING_H
#define TOOLS_LARIAT_LOAD_MPI_MERGING_H

#include <lariat/load/merge.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the name of a process may be long: "rank 3 on node7". */
enum { MERGING_NAME = 96 };

struct merging {
  lariat_load_merge *merge; /* NULL: out of memory */
};

void merging_open(struct merging *merging);

/* Adds a result, as JSON, of a process whose wall clock is so far ahead.  Says
 * why it cannot: then that part is missing. */
void merging_add(struct merging *merging, const char *name,
                 int64_t clock_ahead_ns, const char *json, size_t length);

/* Returns the result of all, which the caller frees.  NULL, having said why:
 * there is none. */
lariat_load_result *merging_close(struct merging *merging);

#endif
