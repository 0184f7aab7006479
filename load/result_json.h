/* SPDX-License-Identifier: MIT
 * result_json.h: the parts of a result as JSON: which members they have, and
 * their histograms, written and read. */
#ifndef LOAD_RESULT_JSON_H
#define LOAD_RESULT_JSON_H

#include "json.h"
#include "result.h"

enum { LR_LOAD_SCHEMA = 1 };

/* A table of members. */
typedef struct lr_load_members {
  const lr_load_member *members;
  size_t count;
} lr_load_members;

extern const lr_load_members lr_load_threshold_members;
extern const lr_load_members lr_load_plan_members;
extern const lr_load_members lr_load_run_members;
extern const lr_load_members lr_load_version_members;
extern const lr_load_members lr_load_count_members;
extern const lr_load_members lr_load_second_members;
extern const lr_load_members lr_load_reactor_members;
extern const lr_load_members lr_load_network_members;
extern const lr_load_members lr_load_surrounding_members;
extern const lr_load_members lr_load_agreed_members;
extern const lr_load_members lr_load_merged_members;  /* but the verdict */
extern const lr_load_members lr_load_failure_members; /* but its count */
extern const lr_load_members lr_load_sample_members;  /* but its instants */

void lr_load_write_struct(lr_load_text *out, const char *key,
                          const lr_load_members *members, const void *from);
void lr_load_read_struct(lr_load_reading *reading, json_t *from,
                         const char *key, const lr_load_members *members,
                         void *to);

/* The six instants of a sample. */
enum { LR_LOAD_INSTANTS = 6 };
extern const lr_load_member lr_load_instants[LR_LOAD_INSTANTS];

/* Writes an object with count, min_us, p50_us ... mean_us, histogram: figures
 * of an empty one are null. */
void lr_load_write_histogram(lr_load_text *out, const char *key,
                             const lariat_histogram *histogram);

/* Adds what was written to a histogram that is empty.  Its counts, its least
 * and largest value are the same, and its mean as far as it was written. */
void lr_load_read_histogram(lr_load_reading *reading, json_t *from,
                            const char *key, lariat_histogram *to);

#endif
