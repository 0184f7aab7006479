/* SPDX-License-Identifier: MIT
 * merge.h: the reports that a merge has, for those who sum them and judge
 * them. */
#ifndef LOAD_MERGE_H
#define LOAD_MERGE_H

#include <lariat/load/merge.h>

#include "result.h"

/* A report that was added. */
typedef struct lr_load_merge_report {
  lariat_load_result *result;
  char name[64];
  int64_t clock_ahead_ns;
} lr_load_merge_report;

/* `reports` are in the order of their parts, and at least one where they are
 * summed. */
struct lariat_load_merge {
  lr_load_merge_report *reports;
  size_t count;
  size_t capacity;
  unsigned tries; /* reports that were to be added, for their names */
};

/* Makes the result of all of them, without a verdict.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_merge_sum(const lariat_load_merge *merge,
                                lariat_load_result **out);

/* Gives the result, whose parts are described, the rows of seconds of all of
 * them.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_merge_seconds(const lariat_load_merge *merge,
                                    lariat_load_result *result);

/* Gives the result, which is the sum, its verdict.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_merge_judge(const lariat_load_merge *merge,
                                  lariat_load_result *result);

#endif
