/* SPDX-License-Identifier: MIT
 * quarantine.c: a ring of blocks that were given back, of which the oldest is
 * freed for each that comes. */
#include "base/quarantine.h"

#include <string.h>

#include "base/checks.h"
#include "base/memory.h"
#include "base/process.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(WATCHED)
#define WATCHED 1
#endif

enum { HELD = 1024 };

/* A ring, and the block in each place; `busy` is 1 while a thread is at it. */
static struct {
  lr_atomic_u32 busy;
  unsigned next;
  void *blocks[HELD];
} quarantine;

bool lr_quarantine_is_on(void) { return lr_checks() && lr_memory_is_malloc(); }

/* Puts a block into the ring, and returns the one that was there.  While
 * another thread is at the ring, perhaps one that a forked child does not have,
 * the block itself. */
static void *swap_for_oldest(void *block) {
  if (lr_u32_or_acq_rel(&quarantine.busy, 1)) return block;
  void *oldest = quarantine.blocks[quarantine.next];
  quarantine.blocks[quarantine.next] = block;
  quarantine.next = (quarantine.next + 1) % HELD;
  lr_u32_store_release(&quarantine.busy, 0);
  return oldest;
}

static bool holds_back(void) {
#ifdef WATCHED
  return false;
#else
  return lr_quarantine_is_on();
#endif
}

void lr_quarantine_free(void *memory) {
  lr_free(memory && holds_back() ? swap_for_oldest(memory) : memory);
}

void lr_quarantine_free_lines(void *memory) {
  if (memory) lr_quarantine_free(lr_lines_block(memory));
}

void lr_quarantine_report(const char *function, const char *what) {
  lr_misuse("%s: the %s was dropped before", function, what);
}
