/* SPDX-License-Identifier: MIT
 * pacing.c: rates, delays, and what they mean for the rest. */
#include "fetch/pacing.h"

#include "fetch/hosts.h"

/* Without a time-out, as if a fetch took so long at most. */
enum { LONG_FETCH_S = 30 };

/* What a host's rate and delay allow together, a second; 0: anything. */
static double host_rate(const struct settings *settings) {
  double rate = settings->rate_per_host;
  if (!settings->delay_ms) return rate;
  double by_delay = 1000 / (double)settings->delay_ms;
  return rate > 0 && rate < by_delay ? rate : by_delay;
}

/* So many fetches keep `rate` even if each takes as long as it may; more would
 * only wait. */
static unsigned enough(const struct settings *settings, double rate,
                       unsigned limit) {
  double seconds =
      settings->timeout_ms ? (double)settings->timeout_ms / 1000 : LONG_FETCH_S;
  double most = rate * seconds + 1;
  return rate > 0 && most < (double)limit ? (unsigned)most : limit;
}

void pace_apply(struct settings *settings) {
  settings->concurrency =
      enough(settings, settings->rate, settings->concurrency);
}

unsigned pace_host_limit(const struct settings *settings) {
  double rate = host_rate(settings);
  unsigned limit = settings->per_host;
  if (limit > settings->concurrency) limit = settings->concurrency;
  if (rate > 0) return enough(settings, rate, limit);
  return limit < settings->concurrency ? limit : 0;
}

static uint64_t wait_ms(unsigned jobs, double rate) {
  return rate > 0 ? (uint64_t)(jobs / rate * 1000) : 0;
}

uint64_t pace_timeout_ms(const struct settings *settings) {
  uint64_t handed = (uint64_t)pace_host_limit(settings) * HOSTS_QUICK_FACTOR;
  if (!settings->timeout_ms) return 0;
  if (handed > settings->concurrency) handed = settings->concurrency;
  return settings->timeout_ms + wait_ms((unsigned)handed, host_rate(settings)) +
         wait_ms(settings->concurrency, settings->rate);
}
