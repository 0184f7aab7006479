/* SPDX-License-Identifier: MIT
 * limits.c: descriptors and memory, counted before the start. */
#include "fetch/limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include "fetch/memory.h"
#include "say.h"

static const uint64_t memory_default = UINT64_C(1) << 30;

/* The library keeps so many descriptors, and an eighth of all, for the rest of
 * the process. */
enum { KEPT = 64 };

/* What is open before the first connection is. */
enum { OWN = 16, OWN_A_REACTOR = 6 };

static uint64_t own(const struct settings *settings) {
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  uint64_t reactors = cpus > 0 ? (uint64_t)cpus : 1;
  if (settings->reactors) reactors = settings->reactors;
  return OWN + OWN_A_REACTOR * reactors;
}

/* For connections; 0: too few. */
static uint64_t room_in(uint64_t limit, uint64_t own_ones) {
  uint64_t kept = KEPT + limit / 8;
  uint64_t room = limit > 2 * kept ? limit - kept : limit / 2;
  if (limit <= own_ones) return 0;
  return room < limit - own_ones ? room : limit - own_ones;
}

static uint64_t needed_for(uint64_t concurrency) {
  return (concurrency + KEPT) * 8 / 7 + 8;
}

/* Idle connections to other hosts need descriptors, too: twice the number. */
static void raise_limit(struct rlimit *limit, uint64_t wanted) {
  struct rlimit raised = *limit;
  if (limit->rlim_cur >= wanted) return;
  raised.rlim_cur = wanted < limit->rlim_max ? wanted : limit->rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) *limit = raised;
}

/* A fetch has open: the file that is sent, and the one that is saved. */
static uint64_t files(const struct settings *settings) {
  bool sent = settings->upload || (settings->data && *settings->data == '@');
  uint64_t count = sent ? 1 : 0;
  return settings->save ? count + 1 : count;
}

static void lower_concurrency(struct settings *settings, unsigned most,
                              const struct rlimit *limit) {
  if (most >= settings->concurrency) return;
  say("only %llu descriptors are allowed (ulimit -n): --concurrency is %u "
      "instead of %u",
      (unsigned long long)limit->rlim_cur, most, settings->concurrency);
  settings->concurrency = most;
}

/* What the files leave is for connections, those that are idle too. */
static bool apply_descriptors(struct settings *settings) {
  struct rlimit limit;
  uint64_t own_ones = own(settings);
  uint64_t each = 1 + files(settings);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return true;
  raise_limit(&limit,
              (1 + each) * needed_for(settings->concurrency) + own_ones);
  if (limit.rlim_cur == RLIM_INFINITY) return true;
  uint64_t room = room_in(limit.rlim_cur, own_ones);
  if (room > UINT32_MAX) room = UINT32_MAX;
  if (room < each) {
    say("only %llu descriptors are allowed (ulimit -n), and %llu are needed",
        (unsigned long long)limit.rlim_cur,
        (unsigned long long)(own_ones + each));
    return false;
  }
  lower_concurrency(settings, (unsigned)(room / each), &limit);
  settings->connections =
      (unsigned)(room - files(settings) * settings->concurrency);
  return true;
}

/* Each fetch may have a body that is too small to be counted. */
static void apply_memory(struct settings *settings) {
  uint64_t small = (uint64_t)settings->concurrency * MEMORY_SMALL;
  if (!settings->memory)
    settings->memory = 4 * small > memory_default ? 4 * small : memory_default;
  if (settings->memory / 2 >= small) return;
  unsigned room = (unsigned)(settings->memory / 2 / MEMORY_SMALL);
  say("--memory has no room for %u bodies: --concurrency is %u",
      settings->concurrency, room);
  settings->concurrency = room;
}

bool limits_apply(struct settings *settings) {
  if (!apply_descriptors(settings)) return false;
  apply_memory(settings);
  return true;
}
