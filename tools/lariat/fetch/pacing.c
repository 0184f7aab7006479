/* SPDX-License-Identifier: MIT
 * pacing.c: what rates and delays mean for limits and time-outs. */
#include "fetch/pacing.h"

#include "fetch/hosts.h"

/* A fetch without a time-out is taken to last so long at most. */
enum { LONG_FETCH_S = 30 };

/* Returns what a host's rate and delay allow together, a second; 0: anything.
 */
static double host_rate(const struct limit_settings *limits) {
  double rate = limits->rate_per_host;
  if (!limits->delay_ms) return rate;
  double by_delay = 1000 / (double)limits->delay_ms;
  return rate > 0 && rate < by_delay ? rate : by_delay;
}

/* Returns how many fetches keep `rate` even if each takes as long as it may, at
 * most `limit`; more would only wait. */
static unsigned limit_for_rate(const struct settings *settings, double rate,
                               unsigned limit) {
  uint64_t total_ms = settings->timeouts.total_ms;
  double seconds = total_ms ? (double)total_ms / 1000 : (double)LONG_FETCH_S;
  double most = rate * seconds + 1;
  return rate > 0 && most < (double)limit ? (unsigned)most : limit;
}

void pacing_apply(struct settings *settings) {
  struct limit_settings *limits = &settings->limits;
  limits->concurrency =
      limit_for_rate(settings, limits->rate, limits->concurrency);
}

unsigned pacing_host_limit(const struct settings *settings) {
  const struct limit_settings *limits = &settings->limits;
  double rate = host_rate(limits);
  unsigned limit = limits->per_host;
  if (limit > limits->concurrency) limit = limits->concurrency;
  if (rate > 0) return limit_for_rate(settings, rate, limit);
  return limit < limits->concurrency ? limit : 0;
}

static uint64_t wait_ms(uint64_t jobs, double rate) {
  return rate > 0 ? (uint64_t)((double)jobs / rate * 1000) : 0;
}

uint64_t pacing_timeout_ms(const struct settings *settings) {
  const struct limit_settings *limits = &settings->limits;
  uint64_t handed = (uint64_t)pacing_host_limit(settings) * HOSTS_FAST_FACTOR;
  if (!settings->timeouts.total_ms) return 0;
  if (handed > limits->concurrency) handed = limits->concurrency;
  return settings->timeouts.total_ms + wait_ms(handed, host_rate(limits)) +
         wait_ms(limits->concurrency, limits->rate);
}
