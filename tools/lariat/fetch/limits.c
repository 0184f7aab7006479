/* SPDX-License-Identifier: MIT
 * limits.c: descriptors and memory, counted before the start. */
#include "fetch/limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include "fetch/memory.h"
#include "say.h"

static const uint64_t memory_default = UINT64_C(1) << 30;

/* Descriptors, of which the library keeps so many, and an eighth of all, for
 * everything else in the process. */
enum { KEPT = 64 };

/* Descriptors that are open before the first connection is. */
enum { OWN = 16, OWN_A_REACTOR = 6 };

static uint64_t count_own(const struct limit_settings *limits) {
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  uint64_t reactors = cpus > 0 ? (uint64_t)cpus : 1;
  if (limits->reactors) reactors = limits->reactors;
  return OWN + OWN_A_REACTOR * reactors;
}

/* Returns how many of `limit` descriptors are left for connections and files;
 * 0: too few. */
static uint64_t count_free(uint64_t limit, uint64_t own) {
  uint64_t kept = KEPT + limit / 8;
  uint64_t left = limit > 2 * kept ? limit - kept : limit / 2;
  if (limit <= own) return 0;
  return left < limit - own ? left : limit - own;
}

static uint64_t count_needed(uint64_t concurrency) {
  return (concurrency + KEPT) * 8 / 7 + 8;
}

/* Raises the soft limit as far as it is wanted and allowed. */
static void raise_limit(struct rlimit *limit, uint64_t wanted) {
  struct rlimit raised = *limit;
  if (limit->rlim_cur >= wanted) return;
  raised.rlim_cur = wanted < limit->rlim_max ? wanted : limit->rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) *limit = raised;
}

/* Returns how many descriptors of files a fetch has: one of a file that is
 * sent, two of one that is saved (the library's and ours). */
static uint64_t count_files(const struct settings *settings) {
  const char *data = settings->request.data;
  bool sent = settings->request.upload || (data && *data == '@');
  uint64_t count = sent ? 1 : 0;
  bool in_memory = settings->output.body;
  return settings->files.save && !in_memory ? count + 2 : count;
}

static void lower_concurrency(struct limit_settings *limits, unsigned most,
                              const struct rlimit *limit) {
  if (most >= limits->concurrency) return;
  say("only %llu descriptors are allowed (ulimit -n): --concurrency is %u "
      "instead of %u",
      (unsigned long long)limit->rlim_cur, most, limits->concurrency);
  limits->concurrency = most;
}

/* Gives what the files leave to connections.  Idle ones to other hosts need
 * descriptors, too: twice the number is wanted. */
static bool apply_descriptors(struct settings *settings) {
  struct limit_settings *limits = &settings->limits;
  struct rlimit limit;
  uint64_t own = count_own(limits);
  uint64_t files = count_files(settings);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return true;
  raise_limit(&limit, (2 + files) * count_needed(limits->concurrency) + own);
  if (limit.rlim_cur == RLIM_INFINITY) return true;
  uint64_t left = count_free(limit.rlim_cur, own);
  if (left > UINT32_MAX) left = UINT32_MAX;
  if (left < 1 + files) {
    say("only %llu descriptors are allowed (ulimit -n), and %llu are needed",
        (unsigned long long)limit.rlim_cur,
        (unsigned long long)(own + 1 + files));
    return false;
  }
  lower_concurrency(limits, (unsigned)(left / (1 + files)), &limit);
  limits->connections = (unsigned)(left - files * limits->concurrency);
  return true;
}

/* Lowers the concurrency where half of the memory would not hold a body of each
 * fetch that is too small to be counted. */
static void apply_memory(struct limit_settings *limits) {
  uint64_t small = (uint64_t)limits->concurrency * MEMORY_SMALL;
  if (!limits->memory)
    limits->memory = 4 * small > memory_default ? 4 * small : memory_default;
  if (limits->memory / 2 >= small) return;
  unsigned most = (unsigned)(limits->memory / 2 / MEMORY_SMALL);
  say("--memory is too little for %u bodies: --concurrency is %u",
      limits->concurrency, most);
  limits->concurrency = most;
}

bool limits_apply(struct settings *settings) {
  if (!apply_descriptors(settings)) return false;
  apply_memory(&settings->limits);
  return true;
}
