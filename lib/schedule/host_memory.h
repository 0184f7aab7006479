/* SPDX-License-Identifier: MIT
 * host_memory.h: what a reactor still knows of hosts that it has forgotten,
 * since nothing of them was left.  A host with few requests, or with a delay
 * between them, is forgotten after each: without this, each would find out
 * anew what the one before has.
 *
 * The memory is bounded: a host's facts are overwritten by those of another
 * whose hash leads to the same place, so that some of more than a few thousand
 * are found out once more.  One thread. */
#ifndef LR_SCHEDULE_HOST_MEMORY_H
#define LR_SCHEDULE_HOST_MEMORY_H

#include <stdint.h>

/* The facts, in one byte: how many of its connections, one after the other,
 * have ended before their second request; no more than these are counted.  And
 * how often it is still taken for granted that it chooses HTTP/1.1 in a
 * handshake, as it did where it could have had HTTP/2: then it is asked
 * again. */
enum {
  LR_HOST_EARLY_ENDS_MAX = 3,
  LR_HOST_ASKED_AGAIN_AFTER = 7,
  LR_HOST_HTTP1_SHIFT = 2
};

typedef struct lr_host_memory {
  uint64_t *entries; /* NULL until there is something to be kept */
} lr_host_memory;

void lr_host_memory_clear(lr_host_memory *memory);

/* Keeps the facts of the host whose identity has this hash;
 * without memory they are lost. */
void lr_host_memory_keep(lr_host_memory *memory, uint64_t hash, unsigned facts);

/* Returns the facts; 0: none. */
unsigned lr_host_memory_find(const lr_host_memory *memory, uint64_t hash);

#endif
