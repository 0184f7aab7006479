/* SPDX-License-Identifier: MIT
 * stack.c: slabs of stacks, the free ones, and how far they were used. */
#include "await/stack.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "await/guard.h"
#include "await/stack_annotations.h"
#include "base/checks.h"
#include "base/memory.h"

#define KIB ((size_t)1024)

/* A sanitizer's frames are several times as large. */
#if LR_FIBER_ASAN || LR_FIBER_TSAN
#define DEFAULT_BYTES (256 * KIB)
#else
#define DEFAULT_BYTES (64 * KIB)
#endif

#define SLAB_BYTES (4096 * KIB)
enum { SLAB_MOST = 32, DEFAULT_IDLE = 1024 };

/* How many lines, and how far apart, stacks begin at: they are far and evenly
 * apart, and what lies at the top of each would else fall into the same few
 * sets of the cache.  All are still in the first page. */
enum { COLOURS = 16, COLOUR_BYTES = 128 };

/* A slab: one mapping, of several guards, each with the stack above it. */
struct lr_slab {
  char *low;
  size_t bytes;
  unsigned count;
  unsigned used;
  lr_stack stacks[];
};

lariat_stack_options lariat_stack_defaults(void) {
  const lariat_stack_options defaults = {
      .size = sizeof defaults,
      .bytes = DEFAULT_BYTES,
      .idle = DEFAULT_IDLE,
      .guard = LARIAT_GUARD_AUTO,
      .measure = LARIAT_CHECKS_FROM_THE_START,
  };
  return defaults;
}

/* ---- Sizes ---- */

/* Returns the smallest of the sizes that takes `bytes`; -1: none does. */
static int find_size(size_t bytes) {
  for (int size = 0; size < LR_STACK_SIZES; size++)
    if (bytes <= (size_t)1 << (LR_STACK_SMALLEST + size)) return size;
  return -1;
}

/* Tells whether a stack may have `bytes`.  The smallest size is what a signal's
 * frame and printf need. */
static bool is_valid_size(size_t bytes) {
  return bytes >= (size_t)1 << LR_STACK_SMALLEST && find_size(bytes) >= 0;
}

static size_t bytes_of(int size) {
  size_t bytes = (size_t)1 << (LR_STACK_SMALLEST + size);
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return bytes < page ? page : bytes;
}

/* ---- Measuring: unused bytes have a known value ---- */

#define PAINT UINT64_C(0x7a5c3e1f9b8d6e4f)

static void paint_stack(lr_stack *stack, char *end) {
  uint64_t *word = (uint64_t *)(void *)stack->low;
  for (; (char *)word < end; word++) *word = PAINT;
  stack->painted = true;
}

/* Looks at frames in use, to which AddressSanitizer would object. */
__attribute__((no_sanitize("address"))) size_t
lr_stack_used(const lr_stack *stack) {
  if (!stack->painted) return 0;
  const uint64_t *word = (const uint64_t *)(const void *)stack->low;
  const uint64_t *end = (const uint64_t *)(const void *)stack->top;
  while (word < end && *word == PAINT) word++;
  return (size_t)(end - word) * sizeof *word;
}

/* Paints over what was used when the stack is taken, not when it is given back:
 * it may never be taken again. */
static void prepare_stack(const lr_stacks *stacks, lr_stack *stack) {
  if (!stacks->measure) {
    stack->painted = false;
    return;
  }
  paint_stack(stack, stack->low + stack->bytes);
}

/* ---- Slabs ---- */

static unsigned count_for(size_t bytes) {
  size_t count = SLAB_BYTES / (bytes + LR_GUARD_BYTES);
  if (count < 1) return 1;
  return count < SLAB_MOST ? (unsigned)count : SLAB_MOST;
}

/* Maps memory without huge pages: one of them is as much as hundreds of stacks
 * use. */
static char *map_memory(size_t bytes) {
  char *low =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (low == MAP_FAILED) return NULL;
  (void)madvise(low, bytes, MADV_NOHUGEPAGE);
  return low;
}

static void open_stack(lr_stacks *stacks, lr_slab *slab, char *low,
                       size_t bytes, lr_list *free_list) {
  lr_stack *stack = &slab->stacks[slab->count++];
  size_t colour = slab->count % COLOURS * COLOUR_BYTES;
  *stack = (lr_stack){.slab = slab, .low = low, .bytes = bytes};
  stack->top = low + bytes - colour;
  stack->valgrind = lr_annotate_stack(low, bytes);
  lr_list_init(&stack->link);
  lr_list_append(free_list, &stack->link);
  stacks->mapped++;
}

/* Guards each stack.  Where the system refuses one, those below it are good
 * all the same. */
static lariat_status open_slab(lr_stacks *stacks, lr_slab *slab, size_t bytes,
                               lr_list *free_list) {
  size_t step = bytes + LR_GUARD_BYTES;
  char *low = slab->low;
  char *end = slab->low + slab->bytes;
  lariat_status status = LARIAT_OK;
  for (; low < end; low += step) {
    status = lr_guard_set(low, stacks->guard);
    if (status != LARIAT_OK) break;
    open_stack(stacks, slab, low + LR_GUARD_BYTES, bytes, free_list);
  }
  if (low < end) munmap(low, (size_t)(end - low));
  slab->bytes = (size_t)(low - slab->low);
  return slab->count > 0 ? LARIAT_OK : status;
}

/* Adds stacks, all free and cold. */
static lariat_status add_slab(lr_stacks *stacks, int size) {
  size_t bytes = bytes_of(size);
  unsigned count = count_for(bytes);
  lr_slab *slab = lr_alloc(sizeof *slab + count * sizeof(lr_stack));
  if (!slab) return LARIAT_ENOMEM;
  slab->bytes = count * (bytes + LR_GUARD_BYTES);
  slab->low = map_memory(slab->bytes);
  slab->count = 0;
  slab->used = 0;
  lariat_status status = LARIAT_ENOMEM;
  if (slab->low) status = open_slab(stacks, slab, bytes, &stacks->free[size]);
  if (status != LARIAT_OK) lr_free(slab);
  return status;
}

/* Unmaps a slab, all of whose stacks are free. */
static void remove_slab(lr_stacks *stacks, lr_slab *slab) {
  for (unsigned i = 0; i < slab->count; i++) {
    lr_stack *stack = &slab->stacks[i];
    lr_list_remove(&stack->link);
    lr_annotate_stack_freed(stack->low, stack->bytes, stack->valgrind);
    lr_tsan_fiber_free(stack->tsan);
    if (stack->warm) stacks->warm--;
    stacks->mapped--;
  }
  munmap(slab->low, slab->bytes);
  lr_free(slab);
}

/* ---- Take and give ---- */

lariat_status lr_stack_take(lr_stacks *stacks, size_t bytes, lr_stack **out) {
  if (bytes == 0) bytes = stacks->bytes;
  if (!is_valid_size(bytes)) return LARIAT_EINVAL;
  int size = find_size(bytes);
  lr_list *free_list = &stacks->free[size];
  if (lr_list_empty(free_list)) {
    lariat_status status = add_slab(stacks, size);
    if (status != LARIAT_OK) return status;
  }
  lr_stack *stack = lr_container(lr_list_take_first(free_list), lr_stack, link);
  if (stack->warm) stacks->warm--;
  stack->warm = false;
  stack->slab->used++;
  stacks->taken++;
  prepare_stack(stacks, stack);
  *out = stack;
  return LARIAT_OK;
}

/* Gives the stack's memory to the system; the guard markers stay. */
static void drop_memory(lr_stack *stack) {
  int saved = errno;
  (void)madvise(stack->low, stack->bytes, MADV_DONTNEED);
  errno = saved;
  stack->painted = false;
}

void lr_stack_give(lr_stacks *stacks, lr_stack *stack) {
  lr_slab *slab = stack->slab;
  lr_list *free_list = &stacks->free[find_size(stack->bytes)];
  lr_annotate_stack_emptied(stack->low, stack->bytes);
  slab->used--;
  stacks->taken--;
  stack->warm = stacks->warm < stacks->idle_most;
  if (stack->warm) {
    stacks->warm++;
    lr_list_prepend(free_list, &stack->link);
    return;
  }
  lr_list_append(free_list, &stack->link);
  if (slab->used == 0)
    remove_slab(stacks, slab);
  else
    drop_memory(stack);
}

/* ---- Set-up ---- */

/* Removes the slabs of free stacks, but for those that are in use. */
static void trim_slabs(lr_stacks *stacks, lr_list *free_list) {
  lr_list *link = free_list->next;
  while (link != free_list) {
    lr_slab *slab = lr_container(link, lr_stack, link)->slab;
    if (slab->used == 0) {
      remove_slab(stacks, slab);
      link = free_list->next;
    } else {
      link = link->next;
    }
  }
}

void lr_stacks_clear(lr_stacks *stacks) {
  for (int size = 0; size < LR_STACK_SIZES; size++)
    trim_slabs(stacks, &stacks->free[size]);
}

void lr_stacks_init(lr_stacks *stacks) {
  const lariat_stack_options defaults = lariat_stack_defaults();
  *stacks = (lr_stacks){.mapped = 0};
  for (int size = 0; size < LR_STACK_SIZES; size++)
    lr_list_init(&stacks->free[size]);
  (void)lr_stacks_set(stacks, &defaults);
}

static lariat_status choose_guard(lariat_guard wanted, lariat_guard *out) {
  bool has = wanted != LARIAT_GUARD_MPROTECT && lr_guard_has_madvise();
  *out = has ? LARIAT_GUARD_MADVISE : LARIAT_GUARD_MPROTECT;
  return wanted == LARIAT_GUARD_MADVISE && !has ? LARIAT_ESYSTEM : LARIAT_OK;
}

/* Reads the fields that the size says are there: a program built against an
 * older header has a smaller struct, and gets the defaults of the others. */
static lariat_status read_options(const lariat_stack_options *given,
                                  lariat_stack_options *options) {
  *options = lariat_stack_defaults();
  if (given->size < sizeof given->size) return LARIAT_EINVAL;
  memcpy(options, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  if (!options->bytes) options->bytes = DEFAULT_BYTES;
  if (!options->idle) options->idle = DEFAULT_IDLE;
  if ((unsigned)options->guard > LARIAT_GUARD_MPROTECT) return LARIAT_EINVAL;
  return is_valid_size(options->bytes) ? LARIAT_OK : LARIAT_EINVAL;
}

/* Sets the options, and unmaps the idle stacks: those with another guard should
 * not be taken again. */
lariat_status lr_stacks_set(lr_stacks *stacks,
                            const lariat_stack_options *given) {
  lariat_stack_options options;
  lariat_guard guard = LARIAT_GUARD_MPROTECT;
  lariat_status status = read_options(given, &options);
  if (status == LARIAT_OK) status = choose_guard(options.guard, &guard);
  if (status != LARIAT_OK) return status;
  stacks->bytes = options.bytes;
  stacks->idle_most = options.idle;
  stacks->guard = guard;
  stacks->measure = options.measure && lr_may_measure_stack();
  lr_stacks_clear(stacks);
  return LARIAT_OK;
}
