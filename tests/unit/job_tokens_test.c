/* SPDX-License-Identifier: MIT
 * labels: threads
 * job_tokens_test.c: the tokens for jobs in flight: never more than there are,
 * who gets the last, and that nobody starves while one is free. */
#include "limits/job_tokens.h"

#include <pthread.h>

#include "support/fixture.h"

static unsigned take_all(lr_token_cache *token_cache,
                         lr_admission_class class) {
  unsigned taken = 0;
  while (taken < 100000 && lr_token_cache_take(token_cache, class, 0)) taken++;
  return taken;
}

static void put(lr_token_cache *token_cache, unsigned count) {
  while (count--) lr_token_cache_put(token_cache, 0, 1);
}

static void test_reserve(void) {
  CU_ASSERT_EQUAL(lr_job_tokens_reserve(1024, 16), 64);
  CU_ASSERT_EQUAL(lr_job_tokens_reserve(1024, 100), 128);
  CU_ASSERT_EQUAL(lr_job_tokens_reserve(1000, 1000), 0);
  CU_ASSERT_EQUAL(lr_job_tokens_reserve(11, 2), 0);
  CU_ASSERT_EQUAL(lr_job_tokens_floor(64, LR_CLASS_BULK), 64);
  CU_ASSERT_EQUAL(lr_job_tokens_floor(64, LR_CLASS_STARVED), 32);
  CU_ASSERT_EQUAL(lr_job_tokens_floor(64, LR_CLASS_FAST), 0);
}

static void test_levels(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_job_tokens *tokens = lr_job_tokens_new(1024, 16, 1);
  lr_token_cache *token_cache = &tokens->caches[0];
  CU_ASSERT_EQUAL(take_all(token_cache, LR_CLASS_BULK), 960);
  CU_ASSERT_FALSE(lr_token_cache_may(token_cache, LR_CLASS_BULK));
  CU_ASSERT_EQUAL(take_all(token_cache, LR_CLASS_STARVED), 32);
  CU_ASSERT_EQUAL(take_all(token_cache, LR_CLASS_FAST), 32);
  CU_ASSERT_FALSE(lr_token_cache_may(token_cache, LR_CLASS_FAST));
  put(token_cache, 1);
  CU_ASSERT_FALSE(lr_token_cache_may(token_cache, LR_CLASS_STARVED));
  CU_ASSERT_TRUE(lr_token_cache_may(token_cache, LR_CLASS_FAST));
  put(token_cache, 1023);
  CU_ASSERT_EQUAL(take_all(token_cache, LR_CLASS_BULK), 960);
  put(token_cache, 960);
  lr_token_cache_close(token_cache);
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&tokens->word), 1024);
  lr_job_tokens_free(tokens);
  fixture_close(&f);
}

/* What one keeps for its next jobs it gives back when the other starves. */
static void test_lent(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_job_tokens *tokens = lr_job_tokens_new(64, 64, 2);
  lr_token_cache *a = &tokens->caches[0];
  lr_token_cache *b = &tokens->caches[1];
  CU_ASSERT_TRUE(lr_token_cache_take(a, LR_CLASS_BULK, 0));
  CU_ASSERT(a->spare > 0);
  unsigned got = take_all(b, LR_CLASS_BULK);
  CU_ASSERT(got < 63);
  CU_ASSERT_FALSE(lr_token_cache_request(b, LR_CLASS_BULK));
  lr_token_cache_turn_end(a);
  CU_ASSERT_EQUAL(a->spare, 0);
  got += take_all(b, LR_CLASS_BULK);
  CU_ASSERT_EQUAL(got, 63);
  /* A job that ends while the other starves is the other's. */
  CU_ASSERT_FALSE(lr_token_cache_request(b, LR_CLASS_BULK));
  put(a, 1);
  CU_ASSERT_EQUAL(a->spare, 0);
  CU_ASSERT_TRUE(lr_token_cache_request(b, LR_CLASS_BULK));
  CU_ASSERT_EQUAL(take_all(b, LR_CLASS_BULK), 1);
  lr_token_cache_satisfied(b);
  put(b, 64);
  lr_token_cache_close(a);
  lr_token_cache_close(b);
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&tokens->word), 64);
  lr_job_tokens_free(tokens);
  fixture_close(&f);
}

/* Who has more than its share waits when another starves with less. */
static void test_fair(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_job_tokens *tokens = lr_job_tokens_new(10, 10, 2);
  lr_token_cache *a = &tokens->caches[0];
  lr_token_cache *b = &tokens->caches[1];
  CU_ASSERT_EQUAL(take_all(a, LR_CLASS_BULK), 10);
  CU_ASSERT_FALSE(lr_token_cache_request(b, LR_CLASS_BULK));
  put(a, 1);
  CU_ASSERT_FALSE(lr_token_cache_take(a, LR_CLASS_BULK, 0));
  CU_ASSERT_TRUE(lr_token_cache_take(b, LR_CLASS_BULK, 0));
  lr_token_cache_satisfied(b);
  put(a, 1);
  CU_ASSERT_TRUE(lr_token_cache_take(a, LR_CLASS_BULK, 0));
  put(a, 9);
  put(b, 1);
  lr_token_cache_close(a);
  lr_token_cache_close(b);
  lr_job_tokens_free(tokens);
  fixture_close(&f);
}

/* Many jobs that are short do not hide the few that are long. */
static void test_usual(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  const uint64_t ms = 1000000;
  lr_job_tokens *tokens = lr_job_tokens_new(100, 1, 1);
  lr_token_cache *token_cache = &tokens->caches[0];
  uint64_t now = 5000000 * ms;
  CU_ASSERT_EQUAL(lr_job_tokens_typical_hold_ns(tokens, now), 0);
  CU_ASSERT_TRUE(lr_token_cache_take(token_cache, LR_CLASS_FAST, now));
  CU_ASSERT_EQUAL(lr_job_tokens_typical_hold_ns(tokens, now + 50 * ms),
                  100 * ms);
  for (int i = 0; i < 200; i++) {
    CU_ASSERT_TRUE(lr_token_cache_take(token_cache, LR_CLASS_FAST, now));
    lr_token_cache_put(token_cache, now, now + 1000 * ms);
    for (int j = 0; j < 20; j++) {
      CU_ASSERT_TRUE(lr_token_cache_take(token_cache, LR_CLASS_FAST, now));
      lr_token_cache_put(token_cache, now, now + 1 * ms);
    }
  }
  CU_ASSERT(lr_job_tokens_typical_hold_ns(tokens, now) > 900 * ms);
  lr_token_cache_put(token_cache, now, now);
  lr_token_cache_close(token_cache);
  lr_job_tokens_free(tokens);
  fixture_close(&f);
}

/* Two threads that take and put as they like: the sum is never exceeded, and
 * at the end every token is there. */
enum { LIMIT = 20, ROUNDS = 200000 };
static lr_job_tokens *shared;
static lr_atomic_u32 in_use;
static lr_atomic_u32 most;

static void note_most(uint32_t now) {
  uint32_t seen = lr_u32_load_relaxed(&most);
  while (now > seen && !lr_u32_cas_relaxed(&most, seen, now))
    seen = lr_u32_load_relaxed(&most);
}

static void *take_and_put(void *context) {
  lr_token_cache *token_cache = context;
  unsigned mine = 0;
  unsigned seed = token_cache->index + 1;
  for (unsigned i = 0; i < ROUNDS; i++) {
    seed = seed * 1103515245u + 12345u;
    if ((seed >> 16) % 2 &&
        lr_token_cache_take(token_cache, LR_CLASS_BULK, 0)) {
      note_most(lr_u32_add_relaxed(&in_use, 1) + 1);
      mine++;
    } else if (mine) {
      (void)lr_u32_sub_acq_rel(&in_use, 1);
      lr_token_cache_put(token_cache, 0, 1);
      mine--;
    }
    if (mine > 14 && !lr_token_cache_request(token_cache, LR_CLASS_BULK))
      continue;
    lr_token_cache_satisfied(token_cache);
    lr_token_cache_turn_end(token_cache);
  }
  while (mine--) {
    (void)lr_u32_sub_acq_rel(&in_use, 1);
    lr_token_cache_put(token_cache, 0, 1);
  }
  lr_token_cache_close(token_cache);
  return NULL;
}

static void test_threads(void) {
  struct fixture f;
  pthread_t threads[3];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  shared = lr_job_tokens_new(LIMIT, LIMIT, 3);
  lr_u32_init(&in_use, 0);
  lr_u32_init(&most, 0);
  for (unsigned i = 0; i < 3; i++)
    CU_ASSERT_EQUAL_FATAL(
        pthread_create(&threads[i], NULL, take_and_put, &shared->caches[i]), 0);
  for (unsigned i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  CU_ASSERT(lr_u32_load_relaxed(&most) <= LIMIT);
  CU_ASSERT_EQUAL(lr_u64_load_relaxed(&shared->word), LIMIT);
  lr_job_tokens_free(shared);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"reserve", test_reserve}, {"levels", test_levels},
      {"lent", test_lent},       {"fair", test_fair},
      {"usual", test_usual},     {"threads", test_threads},
  };
  return fixture_main("slots", tests, FIXTURE_COUNT(tests), argc, argv);
}
