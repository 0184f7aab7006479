/* SPDX-License-Identifier: MIT
 * Tokens for jobs in flight, and who gets the last of them. */
#include "limits/job_tokens.h"

#include "base/memory.h"

enum {
  BATCHES_A_TILL = 16,
  BATCH_MAX = 32,
  RESERVED_PART = 8,
  HOLD_WEIGHT = 32
};

static const uint64_t one_starving = UINT64_C(1) << 32;

static uint32_t free_in(uint64_t word) { return (uint32_t)word; }
static uint32_t starving_in(uint64_t word) { return (uint32_t)(word >> 32); }

static uint32_t less(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* Half of it is enough for two quick hosts at full speed.  None is kept where a
 * few hosts may have everything: who asks for that wants all of it used. */
uint32_t lr_slots_reserve(uint32_t limit, uint32_t per_host) {
  uint32_t part = limit / RESERVED_PART;
  if (per_host > part) return 0;
  return per_host < part / 4 ? 4 * per_host : part;
}

lr_slots *lr_slots_new(uint32_t limit, uint32_t per_host, unsigned reactors) {
  lr_slots *slots =
      lr_alloc_lines(sizeof *slots + reactors * sizeof slots->tills[0]);
  if (!slots) return NULL;
  uint32_t batch = less(limit / (reactors * BATCHES_A_TILL), BATCH_MAX);
  lr_u64_init(&slots->word, limit);
  slots->reserve = lr_slots_reserve(limit, per_host);
  slots->batch = batch ? batch : 1;
  slots->fair = (limit - 1) / reactors + 1;
  slots->count = reactors;
  for (unsigned i = 0; i < reactors; i++) {
    lr_till *till = &slots->tills[i];
    *till = (lr_till){.slots = slots, .index = i};
    lr_u64_init(&till->running, 0);
    lr_u64_init(&till->started_sum, 0);
    lr_u64_init(&till->hold_ns, 0);
    lr_u32_init(&till->wants, 0);
    lr_u32_init(&till->woken, 0);
  }
  return slots;
}

void lr_slots_free(lr_slots *slots) {
  if (slots) lr_free_lines(slots);
}

/* Sums of times are modulo 2^64, their differences are right all the same.
 * Two numbers of a reactor that works are not of one moment: what makes no
 * sense counts as nothing. */
static uint64_t mean_age(const lr_slots *slots, uint64_t now_ns) {
  const uint64_t absurd_ns = UINT64_C(1) << 60;
  uint64_t count = 0;
  uint64_t age_ns = 0;
  for (unsigned i = 0; i < slots->count; i++) {
    const lr_till *till = &slots->tills[i];
    uint64_t running = lr_u64_load_relaxed(&till->running);
    uint64_t sum = running * now_ns - lr_u64_load_relaxed(&till->started_sum);
    if (sum > absurd_ns) continue;
    count += running;
    age_ns += sum;
  }
  return count ? age_ns / count : 0;
}

/* On average a job that runs has done half of its time. */
uint64_t lr_slots_usual_ns(const lr_slots *slots, uint64_t now_ns) {
  uint64_t usual_ns = 2 * mean_age(slots, now_ns);
  for (unsigned i = 0; i < slots->count; i++) {
    uint64_t hold_ns = lr_u64_load_relaxed(&slots->tills[i].hold_ns);
    if (hold_ns > usual_ns) usual_ns = hold_ns;
  }
  return usual_ns;
}

/* Each job weighs as much as the time it had a slot: many that are short do
 * not hide the few that are long. */
static void learn_hold(lr_till *till, uint64_t took_ns) {
  uint64_t hold_ns = lr_u64_load_relaxed(&till->hold_ns);
  if (took_ns > hold_ns)
    hold_ns += (took_ns - hold_ns) / HOLD_WEIGHT;
  else
    hold_ns -= took_ns / HOLD_WEIGHT;
  lr_u64_store_relaxed(&till->hold_ns, hold_ns);
}

/* Others first. */

static bool others_starve(const lr_till *till, uint64_t word) {
  return starving_in(word) > (till->starving ? 1u : 0u);
}

/* Once for each time that the other asks. */
static void wake(lr_till *till) {
  if (lr_u32_cas_relaxed(&till->woken, 0, 1) && till->mailbox)
    lr_mailbox_wake(till->mailbox);
}

static void wake_starving(const lr_till *giver, uint32_t left) {
  lr_slots *slots = giver->slots;
  for (unsigned i = 0; i < slots->count; i++) {
    lr_till *till = &slots->tills[i];
    uint32_t wants = lr_u32_load_acquire(&till->wants);
    if (till == giver || !wants) continue;
    if (left > lr_slots_floor(slots->reserve, (lr_level)(wants - 1)))
      wake(till);
  }
}

static void give(lr_till *till, uint32_t count) {
  uint64_t word = lr_u64_add_acq_rel(&till->slots->word, count);
  if (others_starve(till, word)) wake_starving(till, free_in(word) + count);
}

/* A reactor that has its share and more leaves what is left to those who
 * starve with less. */
static inline bool may(const lr_till *till, lr_level level, uint64_t word) {
  const lr_slots *slots = till->slots;
  uint32_t left = free_in(word) + till->spare;
  if (left <= lr_slots_floor(slots->reserve, level)) return false;
  return level != LR_LEVEL_MORE || !others_starve(till, word) ||
         lr_u64_load_relaxed(&till->running) < slots->fair;
}

bool lr_till_may(const lr_till *till, lr_level level) {
  return may(till, level, lr_u64_load_relaxed(&till->slots->word));
}

/* One, or a batch when there are plenty. */
static bool fetch(lr_till *till, lr_level level, uint64_t word) {
  lr_slots *slots = till->slots;
  uint32_t count;
  do {
    if (free_in(word) == 0 || !may(till, level, word)) return false;
    uint32_t beyond = free_in(word) - less(free_in(word), slots->reserve);
    count = starving_in(word) ? 1 : less(slots->batch, beyond / 2);
    if (count == 0) count = 1;
  } while (!lr_u64_cas_acq_rel(&slots->word, &word, word - count));
  till->spare += count;
  return true;
}

bool lr_till_take(lr_till *till, lr_level level, uint64_t now_ns) {
  uint64_t word = lr_u64_load_relaxed(&till->slots->word);
  if (!may(till, level, word)) return false;
  if (!till->spare && !fetch(till, level, word)) return false;
  till->spare--;
  lr_u64_bump(&till->running, 1);
  lr_u64_bump(&till->started_sum, now_ns);
  return true;
}

void lr_till_put(lr_till *till, uint64_t started_ns, uint64_t now_ns) {
  lr_slots *slots = till->slots;
  lr_u64_bump(&till->running, (uint64_t)-1);
  lr_u64_bump(&till->started_sum, 0 - started_ns);
  learn_hold(till, now_ns - started_ns);
  if (starving_in(lr_u64_load_relaxed(&slots->word))) {
    give(till, 1);
    return;
  }
  till->spare++;
  if (till->spare <= 2 * slots->batch) return;
  till->spare -= slots->batch;
  give(till, slots->batch);
}

/* Starving. */

/* Those who have tokens left give them back at the end of their turn. */
static void wake_others(const lr_till *till) {
  lr_slots *slots = till->slots;
  for (unsigned i = 0; i < slots->count; i++)
    if (&slots->tills[i] != till && slots->tills[i].mailbox)
      lr_mailbox_wake(slots->tills[i].mailbox);
}

/* What is said here is seen by whoever changes the word from then on. */
bool lr_till_starve(lr_till *till, lr_level level) {
  lr_slots *slots = till->slots;
  bool first = !till->starving;
  lr_u32_store_relaxed(&till->woken, 0);
  lr_u32_store_relaxed(&till->wants, (uint32_t)level + 1);
  uint64_t word = lr_u64_add_acq_rel(&slots->word, first ? one_starving : 0);
  if (first) word += one_starving;
  till->starving = true;
  if (may(till, level, word)) return true;
  if (first) wake_others(till);
  return false;
}

void lr_till_content(lr_till *till) {
  if (!till->starving) return;
  lr_u32_store_relaxed(&till->wants, 0);
  uint64_t word = lr_u64_add_acq_rel(&till->slots->word, 0 - one_starving);
  till->starving = false;
  if (starving_in(word) > 1) wake_starving(till, free_in(word));
}

void lr_till_turn_end(lr_till *till) {
  if (!till->spare) return;
  if (!others_starve(till, lr_u64_load_relaxed(&till->slots->word))) return;
  uint32_t count = till->spare;
  till->spare = 0;
  give(till, count);
}

void lr_till_close(lr_till *till) {
  uint32_t count = till->spare;
  lr_till_content(till);
  till->spare = 0;
  if (count) give(till, count);
}
