/* SPDX-License-Identifier: MIT
 * The table of paces, and what one allows. */
#include "limits/host_pace.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_BUCKETS = 64, SWEPT_AT_ONCE = 2 };

bool lr_paces_init(lr_paces *paces, lr_rate_plan plan, uint64_t delay_ns) {
  *paces = (lr_paces){.plan = plan, .delay_ns = delay_ns};
  pthread_mutex_init(&paces->lock, NULL);
  if (!lr_paces_wanted(paces)) return true;
  paces->buckets = lr_alloc_zero(FIRST_BUCKETS * sizeof *paces->buckets);
  paces->room = paces->buckets ? FIRST_BUCKETS : 0;
  return paces->buckets != NULL;
}

void lr_paces_clear(lr_paces *paces) {
  for (uint32_t i = 0; i < paces->room; i++) {
    lr_pace *pace;
    while ((pace = paces->buckets[i])) {
      paces->buckets[i] = pace->next;
      lr_free(pace);
    }
  }
  lr_free(paces->buckets);
  pthread_mutex_destroy(&paces->lock);
}

/* When there is no memory to grow, longer chains are no fault. */
static void grow(lr_paces *paces) {
  uint32_t room = paces->room * 2;
  lr_pace **buckets = lr_alloc_zero(room * sizeof *buckets);
  if (!buckets) return;
  for (uint32_t i = 0; i < paces->room; i++) {
    lr_pace *pace;
    while ((pace = paces->buckets[i])) {
      paces->buckets[i] = pace->next;
      pace->next = buckets[pace->hash & (room - 1)];
      buckets[pace->hash & (room - 1)] = pace;
    }
  }
  lr_free(paces->buckets);
  paces->buckets = buckets;
  paces->room = room;
}

/* Nobody uses it, and a new one would allow the same. */
static bool is_spent(const lr_paces *paces, const lr_pace *pace,
                     uint64_t now_ns) {
  return pace->users == 0 && lr_u64_load_relaxed(&pace->gap_ns) <= now_ns &&
         lr_rate_is_full(&pace->rate, &paces->plan, now_ns);
}

/* Who enters cleans up a little: so the table stays as large as what is in use
 * or not yet due. */
static void sweep(lr_paces *paces, uint64_t now_ns) {
  for (int i = 0; i < SWEPT_AT_ONCE; i++) {
    lr_pace **place = &paces->buckets[paces->sweep++ & (paces->room - 1)];
    while (*place) {
      lr_pace *pace = *place;
      if (!is_spent(paces, pace, now_ns)) {
        place = &pace->next;
        continue;
      }
      *place = pace->next;
      paces->count--;
      lr_free(pace);
    }
  }
}

static lr_pace *find(lr_paces *paces, const char *key, uint32_t length,
                     uint64_t hash) {
  lr_pace *pace = paces->buckets[hash & (paces->room - 1)];
  for (; pace; pace = pace->next)
    if (pace->hash == hash && pace->key_length == length &&
        memcmp(pace->key, key, length) == 0)
      return pace;
  return NULL;
}

static lr_pace *make(lr_paces *paces, const char *key, uint32_t length,
                     uint64_t hash) {
  if (paces->count >= paces->room) grow(paces);
  lr_pace *pace = lr_alloc_zero(sizeof *pace + length + 1);
  if (!pace) return NULL;
  pace->hash = hash;
  pace->key_length = length;
  memcpy(pace->key, key, length);
  lr_rate_init(&pace->rate);
  lr_u64_init(&pace->gap_ns, 0);
  lr_pace **bucket = &paces->buckets[hash & (paces->room - 1)];
  pace->next = *bucket;
  *bucket = pace;
  paces->count++;
  return pace;
}

lr_pace *lr_paces_enter(lr_paces *paces, const char *key, uint32_t length,
                        uint64_t hash, uint64_t now_ns) {
  pthread_mutex_lock(&paces->lock);
  sweep(paces, now_ns);
  lr_pace *pace = find(paces, key, length, hash);
  if (!pace) pace = make(paces, key, length, hash);
  if (pace) pace->users++;
  pthread_mutex_unlock(&paces->lock);
  return pace;
}

void lr_paces_leave(lr_paces *paces, lr_pace *pace) {
  pthread_mutex_lock(&paces->lock);
  pace->users--;
  pthread_mutex_unlock(&paces->lock);
}

uint64_t lr_pace_due(const lr_paces *paces, const lr_pace *pace) {
  uint64_t gap_ns = lr_u64_load_relaxed(&pace->gap_ns);
  uint64_t rate_ns = paces->plan.step_ns ? lr_rate_due(&pace->rate) : 0;
  return gap_ns > rate_ns ? gap_ns : rate_ns;
}

void lr_pace_await(const lr_paces *paces, lr_pace *pace) {
  if (paces->plan.step_ns) lr_rate_await(&pace->rate, lr_rate_due(&pace->rate));
}

static bool hold(lr_pace *pace, uint64_t now_ns, uint64_t *before) {
  *before = lr_u64_load_relaxed(&pace->gap_ns);
  return *before <= now_ns &&
         lr_u64_cas_acq_rel(&pace->gap_ns, before, LR_PACE_HELD);
}

bool lr_pace_take(const lr_paces *paces, lr_pace *pace, uint64_t now_ns,
                  uint64_t wanted_ns, uint64_t *before) {
  if (paces->delay_ns && !hold(pace, now_ns, before)) return false;
  if (!paces->plan.step_ns) return true;
  if (lr_rate_take(&pace->rate, &paces->plan, now_ns, wanted_ns)) return true;
  if (paces->delay_ns) lr_u64_store_release(&pace->gap_ns, *before);
  return false;
}

void lr_pace_give_back(const lr_paces *paces, lr_pace *pace, uint64_t before) {
  if (paces->plan.step_ns) lr_rate_give_back(&pace->rate, &paces->plan);
  if (paces->delay_ns) lr_u64_store_release(&pace->gap_ns, before);
}

void lr_pace_sent(const lr_paces *paces, lr_pace *pace, uint64_t sent_ns) {
  if (paces->delay_ns)
    lr_u64_store_release(&pace->gap_ns, sent_ns + paces->delay_ns);
}
