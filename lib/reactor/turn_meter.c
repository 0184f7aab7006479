/* SPDX-License-Identifier: MIT
 * turn_meter.c: what the kernel says of a thread, and what its turns took. */
#include "reactor/turn_meter.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

void lr_turn_meter_init(lr_turn_meter *meter) {
  memset(meter, 0, sizeof *meter);
  if (pthread_getcpuclockid(pthread_self(), &meter->cpu_clock) != 0)
    meter->cpu_clock = CLOCK_THREAD_CPUTIME_ID;
  meter->thread_id = gettid();
}

LR_COLD void lr_turn_meter_note_long(lr_turn_meter *meter, uint64_t turn_ns) {
  lr_u64_store_relaxed(&meter->recent_ns, turn_ns);
  if (turn_ns > lr_u64_load_relaxed(&meter->longest_ns))
    lr_u64_store_relaxed(&meter->longest_ns, turn_ns);
}

/* ---- The thread ---- */

/* Reads a time, if the thread still runs. */
static bool read_cpu(const lr_turn_meter *meter, uint64_t *ns) {
  struct timespec time;
  if (clock_gettime(meter->cpu_clock, &time) != 0) return false;
  *ns = (uint64_t)time.tv_sec * LR_NS_PER_S + (uint64_t)time.tv_nsec;
  return true;
}

/* Reads how long the thread could have run and was not let, which is the second
 * number of its schedstat (Linux, Documentation/scheduler/sched-stats.rst). */
static bool read_cpu_wait(const lr_turn_meter *meter, uint64_t *ns) {
  char path[64];
  char text[96];
  snprintf(path, sizeof path, "/proc/self/task/%d/schedstat",
           (int)meter->thread_id);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got <= 0) return false;
  text[got] = '\0';
  char *wait = strchr(text, ' ');
  char *end = NULL;
  if (wait) *ns = strtoull(wait, &end, 10);
  return end && *end == ' ';
}

void lr_turn_meter_end_thread(lr_turn_meter *meter) {
  uint64_t ns = 0;
  uint64_t known = 1;
  if (read_cpu(meter, &ns)) {
    lr_u64_store_relaxed(&meter->cpu_ns, ns);
    known |= LR_CPU_KNOWN;
  }
  if (read_cpu_wait(meter, &ns)) {
    lr_u64_store_relaxed(&meter->cpu_wait_ns, ns);
    known |= LR_CPU_WAIT_KNOWN;
  }
  lr_u64_store_release(&meter->ended, known);
}

static void read_thread(const lr_turn_meter *meter,
                        lariat_reactor_stats *stats) {
  uint64_t known = lr_u64_load_acquire(&meter->ended);
  if (known) {
    stats->cpu_known = (known & LR_CPU_KNOWN) != 0;
    stats->cpu_wait_known = (known & LR_CPU_WAIT_KNOWN) != 0;
    stats->cpu_ns = lr_u64_load_relaxed(&meter->cpu_ns);
    stats->cpu_wait_ns = lr_u64_load_relaxed(&meter->cpu_wait_ns);
    return;
  }
  stats->cpu_known = read_cpu(meter, &stats->cpu_ns);
  stats->cpu_wait_known = read_cpu_wait(meter, &stats->cpu_wait_ns);
}

/* ---- All of it ---- */

lariat_status lr_turn_meter_read(lr_turn_meter *meter,
                                 lariat_reactor_stats *stats) {
  size_t size = stats->size;
  lariat_reactor_stats all = {.size = size};
  if (size < sizeof stats->size) return LARIAT_EINVAL;
  all.turns = lr_u64_load_relaxed(&meter->turns);
  all.longest_turn_ns = lr_u64_load_relaxed(&meter->longest_ns);
  all.recent_turn_ns = lr_u64_load_relaxed(&meter->recent_ns);
  lr_u64_store_relaxed(&meter->recent_ns, 0);
  read_thread(meter, &all);
  memcpy(stats, &all, size < sizeof all ? size : sizeof all);
  return LARIAT_OK;
}
