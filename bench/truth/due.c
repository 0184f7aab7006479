/* SPDX-License-Identifier: MIT
 * See due.h. */
#include "due.h"

#include <stdlib.h>

static void swap(struct due *a, struct due *b) {
  struct due kept = *a;

  *a = *b;
  *b = kept;
}

static bool grow(struct due_heap *dues) {
  size_t capacity = dues->capacity ? 2 * dues->capacity : 1024;
  struct due *heap = realloc(dues->heap, capacity * sizeof *heap);

  if (!heap) return false;
  dues->heap = heap;
  dues->capacity = capacity;
  return true;
}

bool due_add(struct due_heap *dues, struct due due) {
  size_t i = dues->count;

  if (i == dues->capacity && !grow(dues)) return false;
  dues->heap[dues->count++] = due;
  for (; i && dues->heap[i].due_ns < dues->heap[(i - 1) / 2].due_ns;
       i = (i - 1) / 2)
    swap(&dues->heap[i], &dues->heap[(i - 1) / 2]);
  return true;
}

void due_pop(struct due_heap *dues) {
  struct due *heap = dues->heap;
  size_t i = 0;

  heap[0] = heap[--dues->count];
  for (;;) {
    size_t child = 2 * i + 1;

    if (child >= dues->count) return;
    if (child + 1 < dues->count && heap[child + 1].due_ns < heap[child].due_ns)
      child++;
    if (heap[i].due_ns <= heap[child].due_ns) return;
    swap(&heap[i], &heap[child]);
    i = child;
  }
}
