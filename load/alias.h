/* SPDX-License-Identifier: MIT
 * alias.h: draws one of many by weight, in constant time: the alias method of
 * A. J. Walker ("An efficient method for generating discrete random variables
 * with general distributions", ACM Transactions on Mathematical Software 3,
 * 1977), its table made as M. D. Vose does (IEEE Transactions on Software
 * Engineering 17, 1991), in integers alone, so that it is the same on every
 * machine. */
#ifndef LOAD_ALIAS_H
#define LOAD_ALIAS_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>

/* The largest weight. */
#define LR_LOAD_MOST_WEIGHT (UINT64_C(1) << 50)

/* A column is as likely as another; it has one or two of what is drawn. */
typedef struct lr_load_column {
  uint32_t own;   /* its own share of the column, in units of 2^-32 */
  uint32_t other; /* who has the rest: itself, if it has all */
} lr_load_column;

typedef struct lr_load_alias {
  lr_load_column *columns;
  size_t count;
} lr_load_alias;

/* Makes the table of `count` weights, 1 to UINT32_MAX, each from 1 to
 * LR_LOAD_MOST_WEIGHT.  On LARIAT_OK, call lr_load_alias_free.  Fails with
 * LARIAT_ENOMEM. */
lariat_status lr_load_alias_init(lr_load_alias *alias, const uint64_t *weights,
                                 size_t count);
void lr_load_alias_free(lr_load_alias *alias);

/* Returns the one that belongs to a random number: its upper bits choose the
 * column, those below the share. */
size_t lr_load_alias_draw(const lr_load_alias *alias, uint64_t random);

#endif
