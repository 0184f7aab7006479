/* SPDX-License-Identifier: MIT
 * The table of paces, and what one allows. */
#include "limits/host_pace.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_BUCKETS = 64, SWEPT_AT_ONCE = 2 };

bool lr_host_paces_init(lr_host_paces *host_paces, lr_rate_plan plan,
                        uint64_t delay_ns) {
  *host_paces = (lr_host_paces){.plan = plan, .delay_ns = delay_ns};
  pthread_mutex_init(&host_paces->lock, NULL);
  if (!lr_host_paces_wanted(host_paces)) return true;
  host_paces->buckets =
      lr_alloc_zero(FIRST_BUCKETS * sizeof *host_paces->buckets);
  host_paces->capacity = host_paces->buckets ? FIRST_BUCKETS : 0;
  return host_paces->buckets != NULL;
}

void lr_host_paces_clear(lr_host_paces *host_paces) {
  for (uint32_t i = 0; i < host_paces->capacity; i++) {
    lr_host_pace *pace;
    while ((pace = host_paces->buckets[i])) {
      host_paces->buckets[i] = pace->next;
      lr_free(pace);
    }
  }
  lr_free(host_paces->buckets);
  pthread_mutex_destroy(&host_paces->lock);
}

/* When there is no memory to grow, longer chains are no fault. */
static void grow(lr_host_paces *host_paces) {
  uint32_t capacity = host_paces->capacity * 2;
  lr_host_pace **buckets = lr_alloc_zero(capacity * sizeof *buckets);
  if (!buckets) return;
  for (uint32_t i = 0; i < host_paces->capacity; i++) {
    lr_host_pace *pace;
    while ((pace = host_paces->buckets[i])) {
      host_paces->buckets[i] = pace->next;
      pace->next = buckets[pace->hash & (capacity - 1)];
      buckets[pace->hash & (capacity - 1)] = pace;
    }
  }
  lr_free(host_paces->buckets);
  host_paces->buckets = buckets;
  host_paces->capacity = capacity;
}

/* Nobody uses it, and a new one would allow the same. */
static bool is_spent(const lr_host_paces *host_paces, const lr_host_pace *pace,
                     uint64_t now_ns) {
  return pace->users == 0 && lr_u64_load_relaxed(&pace->gap_ns) <= now_ns &&
         lr_rate_is_full(&pace->rate, &host_paces->plan, now_ns);
}

/* Who enters cleans up a little: so the table stays as large as what is in use
 * or not yet due. */
static void sweep(lr_host_paces *host_paces, uint64_t now_ns) {
  for (int i = 0; i < SWEPT_AT_ONCE; i++) {
    lr_host_pace **place =
        &host_paces->buckets[host_paces->sweep++ & (host_paces->capacity - 1)];
    while (*place) {
      lr_host_pace *pace = *place;
      if (!is_spent(host_paces, pace, now_ns)) {
        place = &pace->next;
        continue;
      }
      *place = pace->next;
      host_paces->count--;
      lr_free(pace);
    }
  }
}

static lr_host_pace *find(lr_host_paces *host_paces, const char *key,
                          uint32_t length, uint64_t hash) {
  lr_host_pace *pace = host_paces->buckets[hash & (host_paces->capacity - 1)];
  for (; pace; pace = pace->next)
    if (pace->hash == hash && pace->key_length == length &&
        memcmp(pace->key, key, length) == 0)
      return pace;
  return NULL;
}

static lr_host_pace *make(lr_host_paces *host_paces, const char *key,
                          uint32_t length, uint64_t hash) {
  if (host_paces->count >= host_paces->capacity) grow(host_paces);
  lr_host_pace *pace = lr_alloc_zero(sizeof *pace + length + 1);
  if (!pace) return NULL;
  pace->hash = hash;
  pace->key_length = length;
  memcpy(pace->key, key, length);
  lr_rate_init(&pace->rate);
  lr_u64_init(&pace->gap_ns, 0);
  lr_host_pace **bucket =
      &host_paces->buckets[hash & (host_paces->capacity - 1)];
  pace->next = *bucket;
  *bucket = pace;
  host_paces->count++;
  return pace;
}

lr_host_pace *lr_host_paces_enter(lr_host_paces *host_paces, const char *key,
                                  uint32_t length, uint64_t hash,
                                  uint64_t now_ns) {
  pthread_mutex_lock(&host_paces->lock);
  sweep(host_paces, now_ns);
  lr_host_pace *pace = find(host_paces, key, length, hash);
  if (!pace) pace = make(host_paces, key, length, hash);
  if (pace) pace->users++;
  pthread_mutex_unlock(&host_paces->lock);
  return pace;
}

void lr_host_paces_leave(lr_host_paces *host_paces, lr_host_pace *pace) {
  pthread_mutex_lock(&host_paces->lock);
  pace->users--;
  pthread_mutex_unlock(&host_paces->lock);
}

uint64_t lr_host_pace_due(const lr_host_paces *host_paces,
                          const lr_host_pace *pace) {
  uint64_t gap_ns = lr_u64_load_relaxed(&pace->gap_ns);
  uint64_t rate_ns = host_paces->plan.step_ns ? lr_rate_due(&pace->rate) : 0;
  return gap_ns > rate_ns ? gap_ns : rate_ns;
}

void lr_host_pace_await(const lr_host_paces *host_paces, lr_host_pace *pace) {
  if (host_paces->plan.step_ns)
    lr_rate_await(&pace->rate, lr_rate_due(&pace->rate));
}

static bool hold(lr_host_pace *pace, uint64_t now_ns, uint64_t *before) {
  *before = lr_u64_load_relaxed(&pace->gap_ns);
  return *before <= now_ns &&
         lr_u64_cas_acq_rel(&pace->gap_ns, before, LR_HOST_PACE_HELD);
}

bool lr_host_pace_take(const lr_host_paces *host_paces, lr_host_pace *pace,
                       uint64_t now_ns, uint64_t wanted_ns, uint64_t *before) {
  if (host_paces->delay_ns && !hold(pace, now_ns, before)) return false;
  if (!host_paces->plan.step_ns) return true;
  if (lr_rate_take(&pace->rate, &host_paces->plan, now_ns, wanted_ns))
    return true;
  if (host_paces->delay_ns) lr_u64_store_release(&pace->gap_ns, *before);
  return false;
}

void lr_host_pace_give_back(const lr_host_paces *host_paces, lr_host_pace *pace,
                            uint64_t before) {
  if (host_paces->plan.step_ns)
    lr_rate_give_back(&pace->rate, &host_paces->plan);
  if (host_paces->delay_ns) lr_u64_store_release(&pace->gap_ns, before);
}

void lr_host_pace_sent(const lr_host_paces *host_paces, lr_host_pace *pace,
                       uint64_t sent_ns) {
  if (host_paces->delay_ns)
    lr_u64_store_release(&pace->gap_ns, sent_ns + host_paces->delay_ns);
}
