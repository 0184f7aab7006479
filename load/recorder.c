/* SPDX-License-Identifier: MIT
 * recorder.c: two intervals are enough while whoever takes them is not more
 * than a second behind; others are made when they are not. */
#include "recorder.h"

#include "thread_time.h"

lariat_status lr_load_recorder_init(lr_load_recorder *recorder,
                                    unsigned reactor, size_t names) {
  *recorder = (lr_load_recorder){.reactor = reactor, .names = names};
  lariat_status status = lr_load_interval_new(names, &recorder->current);
  if (status == LARIAT_OK)
    status = lr_load_interval_new(names, &recorder->spare[0]);
  if (status != LARIAT_OK) return status;
  recorder->spare_count = 1;
  lr_load_recorder_begin(recorder);
  return LARIAT_OK;
}

void lr_load_recorder_clear(lr_load_recorder *recorder) {
  lr_load_interval_free(recorder->current);
  recorder->current = NULL;
  while (recorder->spare_count)
    lr_load_interval_free(recorder->spare[--recorder->spare_count]);
}

static void use_interval(lr_load_recorder *recorder,
                         lr_load_interval *interval) {
  recorder->current = interval;
  lr_load_interval_reset(interval, recorder->reactor, recorder->second);
  recorder->counts = lr_load_interval_counts(interval);
}

void lr_load_recorder_begin(lr_load_recorder *recorder) {
  recorder->second = 0;
  lr_load_thread_time_read(&recorder->since);
  use_interval(recorder, recorder->current);
}

/* Returns an interval to be filled next; NULL: no memory. */
static lr_load_interval *take_spare(lr_load_recorder *recorder) {
  lr_load_interval *interval = NULL;
  if (recorder->spare_count) return recorder->spare[--recorder->spare_count];
  return lr_load_interval_new(recorder->names, &interval) == LARIAT_OK
             ? interval
             : NULL;
}

static void note_time(lr_load_recorder *recorder) {
  lr_load_thread_time now;
  lr_load_thread_time_read(&now);
  *lr_load_interval_time(recorder->current) =
      lr_load_thread_time_since(&now, &recorder->since);
  recorder->since = now;
}

lr_load_interval *lr_load_recorder_next(lr_load_recorder *recorder) {
  lr_load_interval *ended = recorder->current;
  lr_load_interval *next = take_spare(recorder);
  recorder->second++;
  if (!next) return NULL;
  note_time(recorder);
  use_interval(recorder, next);
  return ended;
}

void lr_load_recorder_give_back(lr_load_recorder *recorder,
                                lr_load_interval *interval) {
  if (!interval) return;
  if (recorder->spare_count < LR_LOAD_SPARE_INTERVALS)
    recorder->spare[recorder->spare_count++] = interval;
  else
    lr_load_interval_free(interval);
}
