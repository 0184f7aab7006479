/* SPDX-License-Identifier: MIT
 * atomics.h: every atomic operation of lariat goes through here, with its
 * memory order in its name.  There are no fences: ThreadSanitizer does not see
 * them, and an order on the operation itself says what it is for. */
#ifndef LR_BASE_ATOMICS_H
#define LR_BASE_ATOMICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LR_CACHE_LINE 64

typedef struct lr_atomic_ptr {
  _Atomic(void *) value;
} lr_atomic_ptr;

typedef struct lr_atomic_u32 {
  _Atomic uint32_t value;
} lr_atomic_u32;

typedef struct lr_atomic_u64 {
  _Atomic uint64_t value;
} lr_atomic_u64;

/* ---- Pointers ---- */

static inline void lr_ptr_init(lr_atomic_ptr *a, void *p) {
  atomic_init(&a->value, p);
}
static inline void *lr_ptr_load_relaxed(const lr_atomic_ptr *a) {
  return atomic_load_explicit(&a->value, memory_order_relaxed);
}
static inline void *lr_ptr_load_acquire(const lr_atomic_ptr *a) {
  return atomic_load_explicit(&a->value, memory_order_acquire);
}
static inline void lr_ptr_store_relaxed(lr_atomic_ptr *a, void *p) {
  atomic_store_explicit(&a->value, p, memory_order_relaxed);
}
static inline void lr_ptr_store_release(lr_atomic_ptr *a, void *p) {
  atomic_store_explicit(&a->value, p, memory_order_release);
}
static inline void *lr_ptr_exchange_acquire(lr_atomic_ptr *a, void *p) {
  return atomic_exchange_explicit(&a->value, p, memory_order_acquire);
}
static inline void *lr_ptr_exchange_acq_rel(lr_atomic_ptr *a, void *p) {
  return atomic_exchange_explicit(&a->value, p, memory_order_acq_rel);
}
/* Puts `desired` where there was `*expected`; on failure `*expected` is what
 * was found, read relaxed.  The weak one may fail without a reason. */
static inline bool lr_ptr_cas_weak_release(lr_atomic_ptr *a, void **expected,
                                           void *desired) {
  return atomic_compare_exchange_weak_explicit(
      &a->value, expected, desired, memory_order_release, memory_order_relaxed);
}
static inline bool lr_ptr_cas_release(lr_atomic_ptr *a, void **expected,
                                      void *desired) {
  return atomic_compare_exchange_strong_explicit(
      &a->value, expected, desired, memory_order_release, memory_order_relaxed);
}

/* ---- Counters and flags of 32 bits ---- */

static inline void lr_u32_init(lr_atomic_u32 *a, uint32_t n) {
  atomic_init(&a->value, n);
}
static inline uint32_t lr_u32_load_relaxed(const lr_atomic_u32 *a) {
  return atomic_load_explicit(&a->value, memory_order_relaxed);
}
static inline uint32_t lr_u32_load_acquire(const lr_atomic_u32 *a) {
  return atomic_load_explicit(&a->value, memory_order_acquire);
}
static inline void lr_u32_store_relaxed(lr_atomic_u32 *a, uint32_t n) {
  atomic_store_explicit(&a->value, n, memory_order_relaxed);
}
static inline void lr_u32_store_release(lr_atomic_u32 *a, uint32_t n) {
  atomic_store_explicit(&a->value, n, memory_order_release);
}
static inline uint32_t lr_u32_add_relaxed(lr_atomic_u32 *a, uint32_t n) {
  return atomic_fetch_add_explicit(&a->value, n, memory_order_relaxed);
}
static inline uint32_t lr_u32_sub_acq_rel(lr_atomic_u32 *a, uint32_t n) {
  return atomic_fetch_sub_explicit(&a->value, n, memory_order_acq_rel);
}
/* Tells whether `*a` was `expected`, and is `desired` now. */
static inline bool lr_u32_cas_relaxed(lr_atomic_u32 *a, uint32_t expected,
                                      uint32_t desired) {
  return atomic_compare_exchange_strong_explicit(&a->value, &expected, desired,
                                                 memory_order_relaxed,
                                                 memory_order_relaxed);
}
static inline uint32_t lr_u32_or_acq_rel(lr_atomic_u32 *a, uint32_t bits) {
  return atomic_fetch_or_explicit(&a->value, bits, memory_order_acq_rel);
}
static inline uint32_t lr_u32_and_acq_rel(lr_atomic_u32 *a, uint32_t bits) {
  return atomic_fetch_and_explicit(&a->value, bits, memory_order_acq_rel);
}

/* ---- Counters of 64 bits ---- */

static inline void lr_u64_init(lr_atomic_u64 *a, uint64_t n) {
  atomic_init(&a->value, n);
}
static inline uint64_t lr_u64_load_relaxed(const lr_atomic_u64 *a) {
  return atomic_load_explicit(&a->value, memory_order_relaxed);
}
static inline uint64_t lr_u64_load_acquire(const lr_atomic_u64 *a) {
  return atomic_load_explicit(&a->value, memory_order_acquire);
}
static inline void lr_u64_store_release(lr_atomic_u64 *a, uint64_t n) {
  atomic_store_explicit(&a->value, n, memory_order_release);
}
static inline void lr_u64_store_relaxed(lr_atomic_u64 *a, uint64_t n) {
  atomic_store_explicit(&a->value, n, memory_order_relaxed);
}
static inline uint64_t lr_u64_add_relaxed(lr_atomic_u64 *a, uint64_t n) {
  return atomic_fetch_add_explicit(&a->value, n, memory_order_relaxed);
}
static inline uint64_t lr_u64_add_acq_rel(lr_atomic_u64 *a, uint64_t n) {
  return atomic_fetch_add_explicit(&a->value, n, memory_order_acq_rel);
}
/* Puts `desired` where there was `*expected`; on failure `*expected` is what
 * was found. */
static inline bool lr_u64_cas_acq_rel(lr_atomic_u64 *a, uint64_t *expected,
                                      uint64_t desired) {
  return atomic_compare_exchange_strong_explicit(
      &a->value, expected, desired, memory_order_acq_rel, memory_order_acquire);
}
/* Adds to a counter that one thread writes and others read: no locked
 * instruction. */
static inline void lr_u64_bump(lr_atomic_u64 *a, uint64_t n) {
  lr_u64_store_relaxed(a, lr_u64_load_relaxed(a) + n);
}

/* ---- Reference counts ---- */

/* Adds and takes a reference; the latter tells whether it was the last.  A new
 * reference needs no order; the last release must see what every other holder
 * did before its own. */
static inline void lr_count_retain(lr_atomic_u32 *count) {
  lr_u32_add_relaxed(count, 1);
}
static inline bool lr_count_release(lr_atomic_u32 *count) {
  return lr_u32_sub_acq_rel(count, 1) == 1;
}

#endif
