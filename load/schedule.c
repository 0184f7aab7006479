/* SPDX-License-Identifier: MIT
 * schedule.c: two iterators of arrivals, one after the other. */
#include "schedule.h"

#include <string.h>

#include "memory.h"
#include "source.h"

struct lr_load_schedule {
  lariat_load_arrivals *warm;     /* NULL: none, or no more */
  lariat_load_arrivals *arrivals; /* NULL: a replay */
  const lariat_load_requests *requests;
  lariat_load_part part;
  bool even;
  uint64_t index; /* of a replay: the next one's */
  uint64_t count; /* of a replay */
  uint64_t warm_ns;
  uint64_t start_ns;
};

bool lr_load_is_open(const lariat_load_run_options *options) {
  uint64_t at_ns;
  return options->stage_count > 0 ||
         (options->requests &&
          lr_load_requests_due(options->requests, 0, &at_ns));
}

uint64_t lr_load_warm_sending_ns(const lariat_load_run_options *options) {
  return options->warm_up_ns / 2;
}

uint64_t lr_load_plan_duration_ns(const lariat_load_run_options *options) {
  uint64_t most_ns =
      options->duration_ns ? options->duration_ns : LARIAT_LOAD_ENDLESS_NS;
  uint64_t sum_ns = 0;
  for (size_t i = 0; i < options->stage_count; i++) {
    uint64_t stage_ns = options->stages[i].duration_ns;
    if (stage_ns == LARIAT_LOAD_ENDLESS_NS) return most_ns;
    sum_ns += stage_ns;
  }
  return options->stage_count && sum_ns < most_ns ? sum_ns : most_ns;
}

static lariat_load_arrivals_options
arrivals_of(const lariat_load_run_options *options, lariat_load_part part) {
  return (lariat_load_arrivals_options){
      .size = sizeof(lariat_load_arrivals_options),
      .stages = options->stages,
      .stage_count = options->stage_count,
      .count = options->count,
      .process = options->process,
      .seed = options->seed,
      .part = part};
}

/* Makes the arrivals of the warm-up, for as long as it sends; a plan that
 * begins with nothing has none. */
static lariat_status make_warm(lr_load_schedule *schedule,
                               const lariat_load_run_options *options,
                               lariat_load_error *error) {
  double rate = lariat_load_arrivals_rate_at(schedule->arrivals, 0);
  lariat_load_stage stage = {lr_load_warm_sending_ns(options), rate, rate};
  if (!stage.duration_ns || rate <= 0) return LARIAT_OK;
  lariat_load_arrivals_options warm = arrivals_of(options, schedule->part);
  warm.stages = &stage;
  warm.stage_count = 1;
  warm.count = 0;
  warm.seed = options->seed + 1;
  return lariat_load_arrivals_new(&warm, &schedule->warm, error);
}

static lariat_status make_arrivals(lr_load_schedule *schedule,
                                   const lariat_load_run_options *options,
                                   lariat_load_error *error) {
  if (options->stage_count == 0) return LARIAT_OK;
  lariat_load_arrivals_options all = arrivals_of(options, schedule->part);
  lariat_status status =
      lariat_load_arrivals_new(&all, &schedule->arrivals, error);
  return status == LARIAT_OK ? make_warm(schedule, options, error) : status;
}

lariat_status lr_load_schedule_new(const lariat_load_run_options *options,
                                   lariat_load_part part,
                                   lr_load_schedule **out,
                                   lariat_load_error *error) {
  lr_load_schedule *schedule = lr_load_allocate(1, sizeof *schedule);
  *out = NULL;
  if (!schedule) return LARIAT_ENOMEM;
  schedule->part = part;
  schedule->even = options->process == LARIAT_LOAD_EVEN;
  schedule->requests = options->requests;
  schedule->index = part.index;
  schedule->count = options->count ? options->count : UINT64_MAX;
  lariat_status status = make_arrivals(schedule, options, error);
  if (status == LARIAT_OK)
    *out = schedule;
  else
    lr_load_schedule_free(schedule);
  return status;
}

void lr_load_schedule_free(lr_load_schedule *schedule) {
  if (!schedule) return;
  lariat_load_arrivals_free(schedule->warm);
  lariat_load_arrivals_free(schedule->arrivals);
  lariat_memory_release(schedule);
}

void lr_load_schedule_begin(lr_load_schedule *schedule, uint64_t warm_ns,
                            uint64_t start_ns) {
  schedule->warm_ns = warm_ns;
  schedule->start_ns = start_ns;
}

/* Gives the next arrival of `arrivals`, which begin at `from_ns`. */
static bool take_arrival(lariat_load_arrivals *arrivals, uint64_t from_ns,
                         lr_load_due *out) {
  lariat_load_arrival arrival;
  if (!lariat_load_arrivals_next(arrivals, &arrival)) return false;
  out->index = arrival.index;
  out->at_ns = from_ns + arrival.at_ns;
  return true;
}

static bool take_warm(lr_load_schedule *schedule, lr_load_due *out) {
  out->measured = false;
  if (take_arrival(schedule->warm, schedule->warm_ns, out)) return true;
  lariat_load_arrivals_free(schedule->warm);
  schedule->warm = NULL;
  return false;
}

static bool take_replayed(lr_load_schedule *schedule, lr_load_due *out) {
  uint64_t at_ns;
  if (schedule->index >= schedule->count ||
      !lr_load_requests_due(schedule->requests, schedule->index, &at_ns))
    return false;
  out->index = schedule->index;
  out->at_ns = schedule->start_ns + at_ns;
  schedule->index += schedule->part.count;
  return true;
}

bool lr_load_schedule_next(lr_load_schedule *schedule, lr_load_due *out) {
  if (schedule->warm && take_warm(schedule, out)) return true;
  out->measured = true;
  return schedule->arrivals
             ? take_arrival(schedule->arrivals, schedule->start_ns, out)
             : take_replayed(schedule, out);
}

uint64_t lr_load_schedule_due_before(const lr_load_schedule *schedule,
                                     uint64_t elapsed_ns) {
  if (!schedule->arrivals || !schedule->even) return 0;
  uint64_t due = (uint64_t)lariat_load_arrivals_mean_before(schedule->arrivals,
                                                            elapsed_ns);
  if (due > schedule->count) due = schedule->count;
  return lariat_load_part_size(schedule->part, due);
}
