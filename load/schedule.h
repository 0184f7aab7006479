/* SPDX-License-Identifier: MIT
 * schedule.h: when the requests of one reactor are due in an open test: those
 * of the warm-up, at the rate with which the plan begins, and then those of the
 * plan, or those of a replay at their own instants.  A value: it reads no
 * clock. */
#ifndef LOAD_SCHEDULE_H
#define LOAD_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/load/run.h>

typedef struct lr_load_schedule lr_load_schedule;

/* A request that is due. */
typedef struct lr_load_due {
  uint64_t index; /* in the plan; of the warm-up's own otherwise */
  uint64_t at_ns;
  bool measured; /* false: of the warm-up */
} lr_load_due;

/* Makes the schedule of one of the reactors, whose part is `part`.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  the plan makes no sense, see `*error` */
lariat_status lr_load_schedule_new(const lariat_load_run_options *options,
                                   lariat_load_part part,
                                   lr_load_schedule **out,
                                   lariat_load_error *error);
void lr_load_schedule_free(lr_load_schedule *schedule);

/* Sets when the requests of the warm-up begin and when the plan does. */
void lr_load_schedule_begin(lr_load_schedule *schedule, uint64_t warm_ns,
                            uint64_t start_ns);

/* Puts the next request into `*out`; false: there is none any more. */
bool lr_load_schedule_next(lr_load_schedule *schedule, lr_load_due *out);

/* Returns how many requests of the plan were due after `elapsed_ns` of it at
 * least, all that were as long as the arrivals are even; 0: not known. */
uint64_t lr_load_schedule_due_before(const lr_load_schedule *schedule,
                                     uint64_t elapsed_ns);

/* Tells whether the options are those of an open test. */
bool lr_load_is_open(const lariat_load_run_options *options);

/* Returns how long the plan lasts, of an open test or a closed one;
 * LARIAT_LOAD_ENDLESS_NS: until its requests end. */
uint64_t lr_load_plan_duration_ns(const lariat_load_run_options *options);

/* Returns how long the warm-up sends requests: its second half. */
uint64_t lr_load_warm_sending_ns(const lariat_load_run_options *options);

#endif
