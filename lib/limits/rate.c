/* SPDX-License-Identifier: MIT
 * rate.c: buckets of starts, each one word. */
#include "limits/rate.h"

#include "base/time.h"

/* The longest step: thirty years, which do not overflow added to the time now.
 */
static const double longest_ns = 1e18;

static uint64_t limit_ns(double ns) {
  return (uint64_t)(ns < longest_ns ? ns : longest_ns);
}

bool lr_rate_valid(double per_second, double burst) {
  return per_second >= 0 && per_second <= 1e9 && burst >= 0 && burst <= 1e9;
}

lr_rate_plan lr_rate_plan_of(double per_second, double burst) {
  if (!(per_second > 0)) return (lr_rate_plan){0, 0};
  double step_ns = 1e9 / per_second;
  double saved = burst > 1 ? burst - 1 : 0;
  return (lr_rate_plan){limit_ns(step_ns + 0.5), limit_ns(saved * step_ns)};
}

void lr_rate_init(lr_rate *rate) {
  lr_u64_init(&rate->next_ns, 0);
  lr_u64_init(&rate->awaited_ns, LR_NEVER_NS);
}

static uint64_t later_of(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* Tells whether somebody waits for `next_ns`.  Who waits says so anew at each
 * start that was missed, if late. */
static bool is_awaited(const lr_rate *rate, uint64_t next_ns) {
  uint64_t awaited_ns = lr_u64_load_relaxed(&rate->awaited_ns);
  return awaited_ns <= next_ns && next_ns - awaited_ns <= LR_RATE_LATE_NS;
}

bool lr_rate_take(lr_rate *rate, const lr_rate_plan *plan, uint64_t now_ns,
                  uint64_t wanted_ns) {
  uint64_t bound_ns = lr_since(now_ns, LR_RATE_LATE_NS);
  uint64_t next_ns = lr_u64_load_relaxed(&rate->next_ns);
  uint64_t after_ns;
  do {
    if (next_ns > now_ns) return false;
    bool waited = wanted_ns > next_ns && is_awaited(rate, next_ns);
    uint64_t from_ns = later_of(waited ? next_ns : wanted_ns, bound_ns);
    uint64_t slack_ns = later_of(lr_since(now_ns, from_ns), plan->banked_ns);
    after_ns = later_of(next_ns, lr_since(now_ns, slack_ns)) + plan->step_ns;
  } while (!lr_u64_cas_acq_rel(&rate->next_ns, &next_ns, after_ns));
  return true;
}

void lr_rate_give_back(lr_rate *rate, const lr_rate_plan *plan) {
  (void)lr_u64_add_acq_rel(&rate->next_ns, 0 - plan->step_ns);
}

bool lr_rate_is_full(const lr_rate *rate, const lr_rate_plan *plan,
                     uint64_t now_ns) {
  return lr_rate_due(rate) <= lr_since(now_ns, plan->banked_ns);
}
