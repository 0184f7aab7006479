/* SPDX-License-Identifier: MIT
 * placement.c: hosts to reactors, limits to shares, and how many reactors. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "limits/placement.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Returns the weight of a host on a reactor: as good as independent from one
 * reactor to the next. */
static uint64_t host_weight(uint64_t hash, unsigned index) {
  uint64_t x = hash ^ ((index + UINT64_C(1)) * UINT64_C(0xc8f3d19b572e6a4d));
  x ^= x >> 30;
  x *= UINT64_C(0x9d2c5680b3a7e1f5);
  x ^= x >> 28;
  x *= UINT64_C(0xe4b1a87c26d5930f);
  return x ^ (x >> 31);
}

unsigned lr_placement_of_host(uint64_t hash, unsigned reactors) {
  unsigned best = 0;
  uint64_t most = 0;
  if (reactors <= 1) return 0;
  for (unsigned i = 0; i < reactors; i++) {
    uint64_t weight = host_weight(hash, i);
    if (weight <= most) continue;
    most = weight;
    best = i;
  }
  return best;
}

/* Gives the remainder to as many neighbours in a ring of the reactors,
 * beginning with one that the hash says. */
unsigned lr_placement_share(uint64_t hash, unsigned limit, unsigned index,
                            unsigned reactors) {
  if (reactors <= 1) return limit;
  unsigned first = (unsigned)((hash >> 32) % reactors);
  unsigned offset = index >= first ? index - first : index + (reactors - first);
  return limit / reactors + (offset < limit % reactors);
}

/* Reads digits only; a number beyond an unsigned is held at the greatest. */
static const char *read_number(const char *at, unsigned long long *value) {
  const char *start = at;
  *value = 0;
  for (; *at >= '0' && *at <= '9'; at++)
    if (*value <= UINT_MAX)
      *value = *value * 10 + (unsigned long long)(*at - '0');
  return at > start ? at : NULL;
}

unsigned lr_placement_quota(const char *cpu_max) {
  unsigned long long quota;
  unsigned long long period;
  if (!cpu_max) return 0;
  const char *at = read_number(cpu_max, &quota);
  if (!at || *at != ' ' || !read_number(at + 1, &period)) return 0;
  if (quota == 0 || period == 0) return 0;
  unsigned long long cpus = (quota + period - 1) / period;
  return cpus > UINT_MAX ? UINT_MAX : (unsigned)cpus;
}

/* Reads the beginning of a file as a string; false when there is none. */
static bool read_file(const char *path, char *text, size_t capacity) {
  size_t length = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  while (length < capacity - 1) {
    ssize_t got = read(fd, text + length, capacity - 1 - length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    length += (size_t)got;
  }
  close(fd);
  text[length] = '\0';
  return length > 0;
}

/* Returns the quota of one version 2 cgroup. */
static unsigned quota_unified(const char *group) {
  char path[PATH_MAX];
  char text[64];
  int n = snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
  if (n < 0 || (size_t)n >= sizeof path) return 0;
  return read_file(path, text, sizeof text) ? lr_placement_quota(text) : 0;
}

static bool read_v1(const char *group, const char *file, char *text,
                    size_t capacity) {
  char path[PATH_MAX];
  int n = snprintf(path, sizeof path, "/sys/fs/cgroup/cpu%s/%s", group, file);
  if (n < 0 || (size_t)n >= sizeof path) return false;
  if (!read_file(path, text, capacity)) return false;
  text[strcspn(text, "\n")] = '\0';
  return true;
}

/* Returns the quota of a version 1 cgroup, which says -1 for none. */
static unsigned quota_v1(const char *group) {
  char quota[32];
  char period[32];
  char both[sizeof quota + sizeof period];
  if (!read_v1(group, "cpu.cfs_quota_us", quota, sizeof quota) ||
      !read_v1(group, "cpu.cfs_period_us", period, sizeof period))
    return 0;
  snprintf(both, sizeof both, "%s %s", quota, period);
  return lr_placement_quota(both);
}

static unsigned lesser_quota(unsigned a, unsigned b) {
  if (a == 0) return b;
  return b == 0 || a < b ? a : b;
}

/* Returns the least quota from `group` up to the root.  Inside a container the
 * group may be named as the host knows it, and only the root be there. */
static unsigned quota_upwards(char *group, unsigned (*quota_of)(const char *)) {
  unsigned least = 0;
  for (char *end = group + strlen(group); end; end = strrchr(group, '/')) {
    *end = '\0';
    least = lesser_quota(least, quota_of(group));
  }
  return least;
}

/* Tells whether the comma-separated `controllers` have cpu. */
static bool has_cpu(const char *controllers, const char *end) {
  while (controllers < end) {
    size_t length = strcspn(controllers, ",:");
    if (length == 3 && memcmp(controllers, "cpu", 3) == 0) return true;
    controllers += length + 1;
  }
  return false;
}

/* Returns the quota of one line of /proc/self/cgroup: "0::/path", or
 * "4:cpu,cpuacct:/path". */
static unsigned quota_of_line(char *line) {
  char *controllers = strchr(line, ':');
  char *path = controllers ? strchr(controllers + 1, ':') : NULL;
  if (!path) return 0;
  if (path == controllers + 1) return quota_upwards(path + 1, quota_unified);
  if (!has_cpu(controllers + 1, path)) return 0;
  return quota_upwards(path + 1, quota_v1);
}

static unsigned quota_of_process(void) {
  char text[8192];
  char *next_line = NULL;
  unsigned least = 0;
  if (!read_file("/proc/self/cgroup", text, sizeof text)) return 0;
  for (char *line = strtok_r(text, "\n", &next_line); line;
       line = strtok_r(NULL, "\n", &next_line))
    least = lesser_quota(least, quota_of_line(line));
  return least;
}

/* Counts the CPUs of the thread's affinity.  The kernel says EINVAL when it has
 * more CPUs than the set can take. */
static unsigned cpus_allowed(void) {
  for (size_t capacity = 1024; capacity <= 65536; capacity *= 4) {
    cpu_set_t *set = CPU_ALLOC(capacity);
    if (!set) return 0;
    int result = sched_getaffinity(0, CPU_ALLOC_SIZE(capacity), set);
    int count = result == 0 ? CPU_COUNT_S(CPU_ALLOC_SIZE(capacity), set) : 0;
    CPU_FREE(set);
    if (count > 0) return (unsigned)count;
    if (errno != EINVAL) return 0;
  }
  return 0;
}

unsigned lr_placement_default_reactors(void) {
  unsigned cpus = lesser_quota(cpus_allowed(), quota_of_process());
  return cpus > 0 ? cpus : 1;
}
