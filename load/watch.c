/* SPDX-License-Identifier: MIT
 * watch.c: a thread that sleeps, and looks how long it slept. */
#include "watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <lariat/allocator.h>

#include "tcp_counters.h"
#include "thread_time.h"

#define SECOND_NS UINT64_C(1000000000)

/* Between two looks: a fifteenth of what is to be found, 50 wake-ups a
 * second. */
#define PERIOD_NS UINT64_C(20000000)

/* Clocks are slewed by up to 500 parts in a million, and two reads of clocks
 * are some microseconds apart. */
#define SLEW_PER_NS 0.0005
#define GRAIN_NS 100000

struct lr_load_watch {
  pthread_t thread;
  pthread_mutex_t lock; /* of `ended` */
  pthread_cond_t wake;
  bool ended;
  uint64_t start_ns;
  lr_load_surroundings seen; /* the thread's until it has ended */
  lr_load_network network;   /* at the start */
};

/* ---- Looking ---- */

static uint64_t read_clock(clockid_t clock) {
  struct timespec now = {0};
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* Reads the wall clock between two reads of the monotonic one, three times, and
 * takes the pair that was read the fastest. */
static int64_t read_offset(void) {
  uint64_t best = UINT64_MAX;
  int64_t offset = 0;
  for (unsigned i = 0; i < 3; i++) {
    uint64_t before = read_clock(CLOCK_MONOTONIC);
    uint64_t wall = read_clock(CLOCK_REALTIME);
    uint64_t took = read_clock(CLOCK_MONOTONIC) - before;
    if (took >= best) continue;
    best = took;
    offset = (int64_t)(wall - before - took / 2);
  }
  return offset;
}

static lr_load_look look(void) {
  lr_load_thread_time time;
  lr_load_thread_time_read(&time);
  return (lr_load_look){time.elapsed_ns, read_offset(), time.wait_ns,
                        time.cpu_ns};
}

/* Returns the part of a time that is over another, or 0. */
static uint64_t beyond(uint64_t time, uint64_t other) {
  return time > other ? time - other : 0;
}

static void note_step(int64_t step_ns, uint64_t elapsed_ns,
                      lr_load_surroundings *out) {
  double slewed = (double)elapsed_ns * SLEW_PER_NS + GRAIN_NS;
  if ((double)llabs(step_ns) > slewed &&
      llabs(step_ns) > llabs(out->clock_step_ns))
    out->clock_step_ns = step_ns;
}

void lr_load_watch_compare(const lr_load_look *before, const lr_load_look *now,
                           uint64_t period_ns, uint64_t start_ns,
                           lr_load_surroundings *out) {
  uint64_t elapsed = now->monotonic_ns - before->monotonic_ns;
  uint64_t known = period_ns + (now->wait_ns - before->wait_ns) +
                   (now->cpu_ns - before->cpu_ns);
  uint64_t gap = beyond(elapsed, known);
  if (gap > out->gap_ns) {
    out->gap_ns = gap;
    out->gap_at_ns = beyond(before->monotonic_ns, start_ns);
  }
  note_step(now->offset_ns - before->offset_ns, elapsed, out);
}

/* ---- Its thread ---- */

static struct timespec to_timespec(uint64_t ns) {
  return (struct timespec){(time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS)};
}

/* Sleeps for a period, or until the watch has ended; tells whether it has. */
static bool sleep_period(lr_load_watch *watch, uint64_t from_ns) {
  struct timespec until = to_timespec(from_ns + PERIOD_NS);
  int error = 0;
  pthread_mutex_lock(&watch->lock);
  while (!watch->ended && error == 0)
    error = pthread_cond_timedwait(&watch->wake, &watch->lock, &until);
  bool ended = watch->ended;
  pthread_mutex_unlock(&watch->lock);
  return ended;
}

static void *run(void *context) {
  lr_load_watch *watch = context;
  lr_load_look before = look();
  bool ended;
  do {
    ended = sleep_period(watch, before.monotonic_ns);
    lr_load_look now = look();
    lr_load_watch_compare(&before, &now, PERIOD_NS, watch->start_ns,
                          &watch->seen);
    before = now;
  } while (!ended);
  return NULL;
}

/* Starts the thread with all signals blocked: they are for others. */
static bool start_thread(lr_load_watch *watch) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&watch->thread, NULL, run, watch);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error == 0;
}

static void make_condition(lr_load_watch *watch) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&watch->wake, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&watch->lock, NULL);
}

static void free_watch(lr_load_watch *watch) {
  pthread_cond_destroy(&watch->wake);
  pthread_mutex_destroy(&watch->lock);
  lariat_memory_release(watch);
}

lariat_status lr_load_watch_start(lr_load_watch **out) {
  lr_load_watch *watch = lariat_memory_allocate(sizeof(*watch));
  *out = NULL;
  if (!watch) return LARIAT_ENOMEM;
  *watch = (lr_load_watch){.start_ns = read_clock(CLOCK_MONOTONIC)};
  lr_load_tcp_counters_read(&watch->network);
  make_condition(watch);
  if (!start_thread(watch)) {
    free_watch(watch);
    return LARIAT_ESYSTEM;
  }
  *out = watch;
  return LARIAT_OK;
}

void lr_load_watch_end(lr_load_watch *watch, lariat_load_result *result) {
  if (!watch) return;
  pthread_mutex_lock(&watch->lock);
  watch->ended = true;
  pthread_cond_signal(&watch->wake);
  pthread_mutex_unlock(&watch->lock);
  pthread_join(watch->thread, NULL);
  if (result) {
    lr_load_network network;
    lr_load_tcp_counters_read(&network);
    result->network = lr_load_tcp_counters_since(&network, &watch->network);
    result->surroundings = watch->seen;
  }
  free_watch(watch);
}
