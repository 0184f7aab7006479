/* SPDX-License-Identifier: MIT
 * host_pace.c: the table of paces, and what one allows. */
#include "limits/host_pace.h"

#include <string.h>

#include "base/memory.h"

enum { FIRST_BUCKETS = 64, SWEPT_AT_ONCE = 2 };

/* ---- Table ---- */

typedef struct pace_key {
  const char *text;
  uint32_t length;
} pace_key;

static lr_host_pace *pace_of(lr_table_node *node) {
  return lr_container(node, lr_host_pace, node);
}

static bool has_key(lr_table_node *node, const void *key) {
  const lr_host_pace *pace = pace_of(node);
  const pace_key *wanted = key;
  return pace->key_length == wanted->length &&
         memcmp(pace->key, wanted->text, wanted->length) == 0;
}

bool lr_host_paces_init(lr_host_paces *host_paces, lr_rate_plan plan,
                        uint64_t delay_ns) {
  *host_paces = (lr_host_paces){.plan = plan, .delay_ns = delay_ns};
  pthread_mutex_init(&host_paces->lock, NULL);
  return !lr_host_paces_wanted(host_paces) ||
         lr_table_init(&host_paces->table, FIRST_BUCKETS);
}

static void free_pace(lr_table_node *node, void *context) {
  (void)context;
  lr_free(pace_of(node));
}

void lr_host_paces_clear(lr_host_paces *host_paces) {
  lr_table_clear(&host_paces->table, free_pace, NULL);
  pthread_mutex_destroy(&host_paces->lock);
}

/* Tells whether nobody uses `pace` and a new one would allow the same. */
static bool is_spent(const lr_host_paces *host_paces, const lr_host_pace *pace,
                     uint64_t now_ns) {
  return pace->users == 0 && lr_u64_load_relaxed(&pace->gap_ns) <= now_ns &&
         lr_rate_is_full(&pace->rate, &host_paces->plan, now_ns);
}

/* Frees the spent paces of one bucket. */
static void sweep_bucket(lr_host_paces *host_paces, uint32_t index,
                         uint64_t now_ns) {
  lr_table_node *next;
  for (lr_table_node *node = lr_table_bucket(&host_paces->table, index); node;
       node = next) {
    next = node->next;
    if (!is_spent(host_paces, pace_of(node), now_ns)) continue;
    lr_table_remove(&host_paces->table, node);
    lr_free(pace_of(node));
  }
}

/* Cleans up a little whenever a host is entered: so the table stays as large
 * as what is in use or not yet due. */
static void sweep_some(lr_host_paces *host_paces, uint64_t now_ns) {
  for (int i = 0; i < SWEPT_AT_ONCE; i++)
    sweep_bucket(host_paces, host_paces->sweep++, now_ns);
}

static lr_host_pace *find_pace(lr_host_paces *host_paces, const char *key,
                               uint32_t length, uint64_t hash) {
  pace_key wanted = {key, length};
  lr_table_node *node =
      lr_table_find(&host_paces->table, hash, has_key, &wanted);
  return node ? pace_of(node) : NULL;
}

static lr_host_pace *add_pace(lr_host_paces *host_paces, const char *key,
                              uint32_t length, uint64_t hash) {
  lr_host_pace *pace = lr_alloc_zero(sizeof *pace + length + 1);
  if (!pace) return NULL;
  pace->key_length = length;
  memcpy(pace->key, key, length);
  lr_rate_init(&pace->rate);
  lr_u64_init(&pace->gap_ns, 0);
  lr_table_insert(&host_paces->table, &pace->node, hash);
  return pace;
}

lr_host_pace *lr_host_paces_enter(lr_host_paces *host_paces, const char *key,
                                  uint32_t length, uint64_t hash,
                                  uint64_t now_ns) {
  pthread_mutex_lock(&host_paces->lock);
  sweep_some(host_paces, now_ns);
  lr_host_pace *pace = find_pace(host_paces, key, length, hash);
  if (!pace) pace = add_pace(host_paces, key, length, hash);
  if (pace) pace->users++;
  pthread_mutex_unlock(&host_paces->lock);
  return pace;
}

void lr_host_paces_leave(lr_host_paces *host_paces, lr_host_pace *pace) {
  pthread_mutex_lock(&host_paces->lock);
  pace->users--;
  pthread_mutex_unlock(&host_paces->lock);
}

/* ---- Starts ---- */

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

/* Holds the pace until its request was sent.  False: not yet due, or another
 * reactor was quicker. */
static bool hold_pace(lr_host_pace *pace, uint64_t now_ns, uint64_t *before) {
  *before = lr_u64_load_relaxed(&pace->gap_ns);
  return *before <= now_ns &&
         lr_u64_cas_acq_rel(&pace->gap_ns, before, LR_HOST_PACE_HELD);
}

bool lr_host_pace_take(const lr_host_paces *host_paces, lr_host_pace *pace,
                       uint64_t now_ns, uint64_t wanted_ns, uint64_t *before) {
  if (host_paces->delay_ns && !hold_pace(pace, now_ns, before)) return false;
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
    lr_u64_store_release(&pace->gap_ns,
                         lr_add_ns(sent_ns, host_paces->delay_ns));
}
