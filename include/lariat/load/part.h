/* SPDX-License-Identifier: MIT
 * lariat_load_part: which requests of a plan are whose, where reactors or
 * machines share it.  Request i belongs to part i mod N: the parts together
 * have each request once, and nobody has to ask anybody.
 *
 * Values: no reactor, no memory.  docs/arrivals.md explains them. */
#ifndef LARIAT_LOAD_PART_H
#define LARIAT_LOAD_PART_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* The part of a plan that has the requests index, index + count, index + 2 *
 * count, ...  All zero: the whole plan, as is {0, 1}. */
typedef struct lariat_load_part {
  uint32_t index; /* from 0, below count */
  uint32_t count; /* how many parts there are in all */
} lariat_load_part;

/* Reads "K/N", with K from 1 to N: what --part takes.  `*out` gets {K - 1, N}.
 * `*error` (may be NULL) is written when that is not what the `length` bytes
 * of `text` say.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  not that; see the error */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_part_parse(const char *text, size_t length, lariat_load_part *out,
                       lariat_load_error *error);

/* Puts the share that one of `count` reactors (`index` from 0) has of `whole`
 * into `*out`: the shares of one whole have all of it, and no request twice.
 * Any thread.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  no such share, or more than UINT32_MAX parts in all */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_part_split(lariat_load_part whole, uint32_t index, uint32_t count,
                       lariat_load_part *out);

/* Returns how many of the requests 0 to total - 1 are of `part`; UINT64_MAX,
 * for a plan without an end, stays that.  Any thread. */
LARIAT_API uint64_t lariat_load_part_size(lariat_load_part part,
                                          uint64_t total);

LARIAT_END_C

#endif
