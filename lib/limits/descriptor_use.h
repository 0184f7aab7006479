/* SPDX-License-Identifier: MIT
 * descriptor_use.h: what the reactors of a pool need to know of each other when
 * the process has no descriptor left: how many connections there are in all,
 * and that one of them cannot go on without the others giving some up.
 *
 * Any thread; counted when a connection is made or closed, not for each
 * request. */
#ifndef LR_LIMITS_DESCRIPTOR_USE_H
#define LR_LIMITS_DESCRIPTOR_USE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"

typedef struct lr_descriptor_use {
  lr_atomic_u32 connections; /* open, or being made, on all reactors */
  lr_atomic_u32 asked;       /* how often a reactor asked for some of others */
  void (*wake)(void *context); /* the other reactors */
  void *context;
} lr_descriptor_use;

void lr_descriptor_use_init(lr_descriptor_use *use, void (*wake)(void *context),
                            void *context);

/* Counts connections that came or, (unsigned)-1, went. */
void lr_descriptor_use_count(lr_descriptor_use *use, unsigned by);

static inline uint32_t
lr_descriptor_use_connections(const lr_descriptor_use *use) {
  return lr_u32_load_relaxed(&use->connections);
}

/* Asks the other reactors for descriptors, and returns how often that was done
 * by now, the caller's own included. */
uint32_t lr_descriptor_use_ask(lr_descriptor_use *use);

static inline uint32_t lr_descriptor_use_asked(const lr_descriptor_use *use) {
  return lr_u32_load_relaxed(&use->asked);
}

/* Says whether the process could open `count` more, a few, now. */
bool lr_descriptor_use_has_left(unsigned count);

#endif
