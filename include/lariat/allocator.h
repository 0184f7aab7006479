/* SPDX-License-Identifier: MIT
 * Where lariat's own memory comes from.  (libcurl's and OpenSSL's does not:
 * they have hooks of their own.) */
#ifndef LARIAT_ALLOCATOR_H
#define LARIAT_ALLOCATOR_H

#include <stddef.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* Three functions with the meaning of malloc, realloc and free, and the
 * context that each is given.  They are called from many threads at once, and
 * what one thread got another may free.  `resize` with NULL allocates; `free`
 * with NULL is never called. */
typedef struct lariat_allocator {
  void *(*allocate)(size_t bytes, void *context);
  void *(*resize)(void *memory, size_t bytes, void *context);
  void (*release)(void *memory, void *context);
  void *context;
} lariat_allocator;

/* Makes `allocator` the one that lariat uses, process-wide; NULL brings back
 * malloc.  Before the first reactor, value or pool of the process, or when
 * nothing of lariat's is alive: memory is given back to the allocator in force
 * at that moment.  The struct is copied; its context must live on.  One thread
 * only.
 *
 * LARIAT_OK      set
 * LARIAT_EINVAL  one of the three functions is NULL */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_set_allocator(const lariat_allocator *allocator);

/* ---- Memory from the allocator ----
 *
 * For what is built upon lariat and shall use the same memory, as the libraries
 * beside it do.  Any thread. */

/* Returns memory for `bytes`, or NULL; of 0 bytes, too, it is memory. */
LARIAT_API LARIAT_MUST_USE void *lariat_memory_allocate(size_t bytes);

/* Makes `memory` as large as `bytes`, elsewhere perhaps, or returns NULL and
 * leaves it as it is.  NULL is memory of no bytes. */
LARIAT_API LARIAT_MUST_USE void *lariat_memory_resize(void *memory,
                                                      size_t bytes);

/* Gives it back; NULL is allowed. */
LARIAT_API void lariat_memory_release(void *memory);

LARIAT_END_C

#endif
