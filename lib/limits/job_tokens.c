/* SPDX-License-Identifier: MIT
 * job_tokens.c: tokens for jobs in flight, and who gets the last of them. */
#include "limits/job_tokens.h"

#include "base/memory.h"

enum {
  BATCHES_A_CACHE = 16,
  BATCH_MAX = 32,
  RESERVED_PART = 8,
  HOLD_WEIGHT = 32
};

static const uint64_t one_requesting = UINT64_C(1) << 32;

static uint32_t free_in(uint64_t word) { return (uint32_t)word; }
static uint32_t requesting_in(uint64_t word) { return (uint32_t)(word >> 32); }

static uint32_t lesser_of(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* Keeps a reserve of which half is enough for two quick hosts at full speed;
 * none where a few hosts may have everything: who asks for that wants all of it
 * used. */
uint32_t lr_job_tokens_reserve(uint32_t limit, uint32_t per_host) {
  uint32_t part = limit / RESERVED_PART;
  if (per_host > part) return 0;
  return per_host < part / 4 ? 4 * per_host : part;
}

lr_job_tokens *lr_job_tokens_new(uint32_t limit, uint32_t per_host,
                                 unsigned reactors) {
  lr_job_tokens *tokens =
      lr_alloc_lines(sizeof *tokens + reactors * sizeof tokens->caches[0]);
  if (!tokens) return NULL;
  uint32_t batch = lesser_of(limit / (reactors * BATCHES_A_CACHE), BATCH_MAX);
  lr_u64_init(&tokens->word, limit);
  tokens->reserve = lr_job_tokens_reserve(limit, per_host);
  tokens->batch = batch ? batch : 1;
  tokens->fair = (limit - 1) / reactors + 1;
  tokens->count = reactors;
  for (unsigned i = 0; i < reactors; i++) {
    lr_token_cache *token_cache = &tokens->caches[i];
    *token_cache = (lr_token_cache){.tokens = tokens, .index = i};
    lr_u64_init(&token_cache->running, 0);
    lr_u64_init(&token_cache->started_sum, 0);
    lr_u64_init(&token_cache->hold_ns, 0);
    lr_u32_init(&token_cache->wants, 0);
    lr_u32_init(&token_cache->woken, 0);
  }
  return tokens;
}

void lr_job_tokens_free(lr_job_tokens *tokens) {
  if (tokens) lr_free_lines(tokens);
}

/* Returns the mean age of the jobs that run.  Sums of times are modulo 2^64,
 * their differences are right all the same.  Two numbers of a reactor that
 * works are not of one moment: a sum that makes no sense is left out. */
static uint64_t mean_age(const lr_job_tokens *tokens, uint64_t now_ns) {
  const uint64_t absurd_ns = UINT64_C(1) << 60;
  uint64_t count = 0;
  uint64_t age_ns = 0;
  for (unsigned i = 0; i < tokens->count; i++) {
    const lr_token_cache *token_cache = &tokens->caches[i];
    uint64_t running = lr_u64_load_relaxed(&token_cache->running);
    uint64_t sum =
        running * now_ns - lr_u64_load_relaxed(&token_cache->started_sum);
    if (sum > absurd_ns) continue;
    count += running;
    age_ns += sum;
  }
  return count ? age_ns / count : 0;
}

/* Doubles the mean age: on average a job that runs has done half of its time.
 */
uint64_t lr_job_tokens_typical_hold_ns(const lr_job_tokens *tokens,
                                       uint64_t now_ns) {
  uint64_t typical_hold_ns = 2 * mean_age(tokens, now_ns);
  for (unsigned i = 0; i < tokens->count; i++) {
    uint64_t hold_ns = lr_u64_load_relaxed(&tokens->caches[i].hold_ns);
    if (hold_ns > typical_hold_ns) typical_hold_ns = hold_ns;
  }
  return typical_hold_ns;
}

/* Weighs each job by the time that it had a token: many that are short do not
 * hide the few that are long. */
static void learn_hold(lr_token_cache *token_cache, uint64_t took_ns) {
  uint64_t hold_ns = lr_u64_load_relaxed(&token_cache->hold_ns);
  if (took_ns > hold_ns)
    hold_ns += (took_ns - hold_ns) / HOLD_WEIGHT;
  else
    hold_ns -= took_ns / HOLD_WEIGHT;
  lr_u64_store_relaxed(&token_cache->hold_ns, hold_ns);
}

/* ---- Giving and taking ---- */

static bool others_request(const lr_token_cache *token_cache, uint64_t word) {
  return requesting_in(word) > (token_cache->requesting ? 1u : 0u);
}

/* Wakes another reactor, once for each of its requests. */
static void wake_cache(lr_token_cache *token_cache) {
  if (lr_u32_cas_relaxed(&token_cache->woken, 0, 1) && token_cache->mailbox)
    lr_mailbox_wake(token_cache->mailbox);
}

static void wake_requesting(const lr_token_cache *giver, uint32_t left) {
  lr_job_tokens *tokens = giver->tokens;
  for (unsigned i = 0; i < tokens->count; i++) {
    lr_token_cache *token_cache = &tokens->caches[i];
    uint32_t wants = lr_u32_load_acquire(&token_cache->wants);
    if (token_cache == giver || !wants) continue;
    if (left >
        lr_job_tokens_floor(tokens->reserve, (lr_admission_class)(wants - 1)))
      wake_cache(token_cache);
  }
}

static void give_tokens(lr_token_cache *token_cache, uint32_t count) {
  uint64_t word = lr_u64_add_acq_rel(&token_cache->tokens->word, count);
  if (others_request(token_cache, word))
    wake_requesting(token_cache, free_in(word) + count);
}

/* Tells whether a token may be taken.  A reactor that has its share and more
 * leaves what is left to those who request with less. */
static inline bool may_take(const lr_token_cache *token_cache,
                            lr_admission_class class, uint64_t word) {
  const lr_job_tokens *tokens = token_cache->tokens;
  uint32_t left = free_in(word) + token_cache->spare;
  if (left <= lr_job_tokens_floor(tokens->reserve, class)) return false;
  return class != LR_CLASS_BULK || !others_request(token_cache, word) ||
         lr_u64_load_relaxed(&token_cache->running) < tokens->fair;
}

bool lr_token_cache_may(const lr_token_cache *token_cache,
                        lr_admission_class class) {
  return may_take(token_cache, class,
                  lr_u64_load_relaxed(&token_cache->tokens->word));
}

/* Fetches a token into the cache, or a batch when there are plenty. */
static bool fetch_tokens(lr_token_cache *token_cache, lr_admission_class class,
                         uint64_t word) {
  lr_job_tokens *tokens = token_cache->tokens;
  uint32_t count;
  do {
    if (free_in(word) == 0 || !may_take(token_cache, class, word)) return false;
    uint32_t beyond = free_in(word) - lesser_of(free_in(word), tokens->reserve);
    count = requesting_in(word) ? 1 : lesser_of(tokens->batch, beyond / 2);
    if (count == 0) count = 1;
  } while (!lr_u64_cas_acq_rel(&tokens->word, &word, word - count));
  token_cache->spare += count;
  return true;
}

bool lr_token_cache_take(lr_token_cache *token_cache, lr_admission_class class,
                         uint64_t now_ns) {
  uint64_t word = lr_u64_load_relaxed(&token_cache->tokens->word);
  if (!may_take(token_cache, class, word)) return false;
  if (!token_cache->spare && !fetch_tokens(token_cache, class, word))
    return false;
  token_cache->spare--;
  lr_u64_bump(&token_cache->running, 1);
  lr_u64_bump(&token_cache->started_sum, now_ns);
  return true;
}

void lr_token_cache_put(lr_token_cache *token_cache, uint64_t started_ns,
                        uint64_t now_ns) {
  lr_job_tokens *tokens = token_cache->tokens;
  lr_u64_bump(&token_cache->running, (uint64_t)-1);
  lr_u64_bump(&token_cache->started_sum, 0 - started_ns);
  learn_hold(token_cache, now_ns - started_ns);
  if (requesting_in(lr_u64_load_relaxed(&tokens->word))) {
    give_tokens(token_cache, 1);
    return;
  }
  token_cache->spare++;
  if (token_cache->spare <= 2 * tokens->batch) return;
  token_cache->spare -= tokens->batch;
  give_tokens(token_cache, tokens->batch);
}

/* ---- Requests ---- */

/* Wakes all other reactors: those who have tokens left give them back at the
 * end of their turn. */
static void wake_others(const lr_token_cache *token_cache) {
  lr_job_tokens *tokens = token_cache->tokens;
  for (unsigned i = 0; i < tokens->count; i++)
    if (&tokens->caches[i] != token_cache && tokens->caches[i].mailbox)
      lr_mailbox_wake(tokens->caches[i].mailbox);
}

/* Requests before it looks again: whoever changes the word from then on sees
 * the request. */
bool lr_token_cache_request(lr_token_cache *token_cache,
                            lr_admission_class class) {
  lr_job_tokens *tokens = token_cache->tokens;
  bool first = !token_cache->requesting;
  lr_u32_store_relaxed(&token_cache->woken, 0);
  lr_u32_store_relaxed(&token_cache->wants, (uint32_t) class + 1);
  uint64_t word = lr_u64_add_acq_rel(&tokens->word, first ? one_requesting : 0);
  if (first) word += one_requesting;
  token_cache->requesting = true;
  if (may_take(token_cache, class, word)) return true;
  if (first) wake_others(token_cache);
  return false;
}

void lr_token_cache_satisfied(lr_token_cache *token_cache) {
  if (!token_cache->requesting) return;
  lr_u32_store_relaxed(&token_cache->wants, 0);
  uint64_t word =
      lr_u64_add_acq_rel(&token_cache->tokens->word, 0 - one_requesting);
  token_cache->requesting = false;
  if (requesting_in(word) > 1) wake_requesting(token_cache, free_in(word));
}

void lr_token_cache_turn_end(lr_token_cache *token_cache) {
  if (!token_cache->spare) return;
  if (!others_request(token_cache,
                      lr_u64_load_relaxed(&token_cache->tokens->word)))
    return;
  uint32_t count = token_cache->spare;
  token_cache->spare = 0;
  give_tokens(token_cache, count);
}

void lr_token_cache_close(lr_token_cache *token_cache) {
  uint32_t count = token_cache->spare;
  lr_token_cache_satisfied(token_cache);
  token_cache->spare = 0;
  if (count) give_tokens(token_cache, count);
}
