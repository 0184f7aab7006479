/* SPDX-License-Identifier: MIT
 * retry_policy_fuzz.c: whatever a policy says, waits are within its bounds, and
 * a budget gives no more than it has. */
#include "limits/retry_policy.h"

#include "fuzz/fuzz.h"

static const uint64_t ms_ns = 1000000;

/* A policy of any numbers, with lists that live in `*lists`. */
struct lists {
  int statuses[4];
  lariat_status failures[4];
};

static lariat_retry_policy read_policy(struct fuzz_input *input,
                                       struct lists *lists) {
  lariat_retry_policy policy = lariat_retry_defaults();
  uint8_t which = fuzz_read_byte(input);
  policy.max_retries = fuzz_read_number(input) % 1100;
  policy.base_ms = fuzz_read_number(input);
  policy.cap_ms = fuzz_read_number(input);
  policy.budget_ratio = fuzz_read_byte(input) / 16.0 - 1;
  policy.budget_per_s = fuzz_read_byte(input) - 1.0;
  policy.budget_burst = fuzz_read_byte(input) - 1.0;
  policy.seed = fuzz_read_number(input);
  for (int i = 0; i < 4; i++) {
    lists->statuses[i] = (int)(fuzz_read_number(input) % 700);
    lists->failures[i] = (lariat_status)(-(int)fuzz_read_byte(input));
  }
  if (which & 1) policy.statuses = lists->statuses;
  if (which & 2) policy.failures = lists->failures;
  policy.status_count = which >> 2 & 3;
  policy.failure_count = which >> 4 & 3;
  if (which & 64) policy.size -= fuzz_read_byte(input) % sizeof policy;
  return policy;
}

static void check_waits(const lr_retry_rules *rules, uint64_t random) {
  for (unsigned n = 1; n < 80; n += 7) {
    uint64_t before = random;
    uint64_t most = n < 30 && rules->base_ns < UINT64_MAX >> (n + 1)
                        ? rules->base_ns << (n - 1)
                        : rules->cap_ns;
    if (most > rules->cap_ns || rules->base_ns == 0) most = rules->cap_ns;
    FUZZ_REQUIRE(lr_retry_backoff_ns(rules, n, &random) <= most);
    FUZZ_REQUIRE(random != before);
  }
}

/* Only what the list names is tried again. */
static void check_statuses(const lr_retry_rules *rules,
                           const lariat_retry_policy *policy) {
  for (int status = -1; policy->statuses && status < 700; status++) {
    bool listed = false;
    for (size_t i = 0; i < policy->status_count; i++)
      if (policy->statuses[i] == status) listed = true;
    FUZZ_REQUIRE(lr_retry_rules_want_http(rules, status) == listed);
  }
  FUZZ_REQUIRE(!lr_retry_rules_want_failure(rules, LARIAT_OK));
}

/* Counts what a budget gives over a second, in which nothing else comes in. */
static void check_budget(lr_retry_budget budget) {
  uint64_t given = 0;
  uint64_t begin_ns = budget.filled_ns;
  for (uint64_t ms = 0; ms <= 1000; ms += 100)
    while (given < 1000 && lr_retry_budget_take(&budget, begin_ns + ms * ms_ns))
      given++;
  FUZZ_REQUIRE((double)given <= budget.burst + budget.per_s + 0.001);
  FUZZ_REQUIRE(budget.tokens >= 0 && budget.tokens <= budget.burst);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  struct lists lists;
  lariat_retry_policy policy = read_policy(&input, &lists);
  uint64_t now_ns = (uint64_t)fuzz_read_number(&input) << 16;
  lr_retry retry;
  if (lr_retry_open(&retry, &policy, now_ns) != LARIAT_OK) return 0;
  FUZZ_REQUIRE(retry.rules.max_retries <= 1000);
  check_waits(&retry.rules, retry.random);
  if (policy.size == sizeof policy) check_statuses(&retry.rules, &policy);
  check_budget(retry.budget);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("\0\0\0\0\3\0\0\0\xfa\0\0\x27\x10\x11\x0b\x65\0\0\0\1"),
      FUZZ_TEXT("\x2b\0\0\0\3\0\0\0\xfa\0\0\x27\x10\x20\x0b\x65\0\0\0\0\0\0\1"
                "\xf7\x2f\0\0\2\x12\x2e\0\0\0\x64\1"),
      FUZZ_TEXT("\x40\0\0\4\x4b\xff\xff\xff\xff\xff\xff\xff\xff\x10\1\1\0\0\0"
                "\5\xff\xff\xff\xff"),
      FUZZ_TEXT("\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
  };
  fuzz_give_all(sink, context, "", 0, texts, FUZZ_COUNT(texts));
}
