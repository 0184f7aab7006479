/* SPDX-License-Identifier: MIT
 * thread_time.c: a thread's clock, and what the scheduler says of its waits. */
#include "thread_time.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static uint64_t read_clock(clockid_t clock) {
  struct timespec now = {0};
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

bool lr_load_thread_time_parse(const char *text, uint64_t *wait_ns) {
  uint64_t cpu_ns;
  return sscanf(text, "%" SCNu64 " %" SCNu64, &cpu_ns, wait_ns) == 2;
}

/* Reads the wait of the calling thread.  False: the kernel does not tell. */
static bool read_wait(uint64_t *wait_ns) {
  char text[80];
  int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t length = read(fd, text, sizeof(text) - 1);
  close(fd);
  if (length <= 0) return false;
  text[length] = '\0';
  return lr_load_thread_time_parse(text, wait_ns);
}

void lr_load_thread_time_read(lr_load_thread_time *out) {
  *out = (lr_load_thread_time){0};
  out->wait_unknown = !read_wait(&out->wait_ns);
  out->cpu_ns = read_clock(CLOCK_THREAD_CPUTIME_ID);
  out->elapsed_ns = read_clock(CLOCK_MONOTONIC);
}

lr_load_thread_time
lr_load_thread_time_since(const lr_load_thread_time *now,
                          const lr_load_thread_time *before) {
  bool unknown = now->wait_unknown || before->wait_unknown;
  return (lr_load_thread_time){
      .elapsed_ns = now->elapsed_ns - before->elapsed_ns,
      .cpu_ns = now->cpu_ns - before->cpu_ns,
      .wait_ns = unknown ? 0 : now->wait_ns - before->wait_ns,
      .wait_unknown = unknown,
  };
}
