/* SPDX-License-Identifier: MIT
 * memory.h: a bound on the bodies that are held at once.
 *
 * The library holds whole bodies.  Its allocator is replaced by one that
 * counts large blocks, which nothing but bodies needs, and refuses one when
 * they would exceed the bound; that fetch then fails with LARIAT_ENOMEM.
 * Smaller blocks are not counted: the bound is set so low that one fits with
 * each fetch in flight. */
#ifndef TOOLS_LARIAT_FETCH_MEMORY_H
#define TOOLS_LARIAT_FETCH_MEMORY_H

#include <lariat/allocator.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* The size below which blocks are not counted. */
enum { MEMORY_SMALL = 64 * 1024 };

struct memory {
  pthread_mutex_t lock; /* of what follows */
  uint64_t limit;       /* UINT64_MAX until memory_limit */
  uint64_t held;
  uint64_t refused; /* blocks, so far */
  lariat_allocator allocator;
};

/* Makes `memory` lariat's allocator.  Before the first use of the library. */
bool memory_open(struct memory *memory);

/* Bounds what large blocks take together, beyond what they do now. */
void memory_limit(struct memory *memory, uint64_t bytes);

/* Returns how many blocks were refused. */
uint64_t memory_refused(struct memory *memory);

/* Puts the library's own allocator back.  When nothing of lariat's is alive. */
void memory_close(struct memory *memory);

#endif
