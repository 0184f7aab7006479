/* SPDX-License-Identifier: MIT
 * oracle.h: what a right crawl fetches: every URL that can be reached from the
 * first page and is allowed, and no other. */
#ifndef BENCH_SYNTHWEB_ORACLE_H
#define BENCH_SYNTHWEB_ORACLE_H

#include <stdint.h>
#include <stdio.h>

#include "node.h"
#include "site.h"

enum expected {
  EXPECT_NEVER = 0, /* it is forbidden, or nothing leads there */
  EXPECT_ONCE,
  EXPECT_AGAIN /* once, and perhaps again: its answer is a failure */
};

struct oracle {
  uint8_t *places;   /* enum expected, NODE_PLACES for each page */
  uint8_t *is_known; /* hosts that a link leads to */
};

/* False: out of memory. */
bool oracle_make(struct oracle *oracle, const struct site *site);
void oracle_free(struct oracle *oracle);

enum expected oracle_expects(const struct oracle *oracle,
                             const struct node *node);

/* Calls for each node of a page that is expected, with the page's number among
 * the places; the order is that of the pages. */
typedef void oracle_callback(void *context, const struct node *node,
                             enum expected expected);
void oracle_each(const struct oracle *oracle, const struct site *site,
                 oracle_callback *callback, void *context);

/* Writes a line for each: "once" or "again", a tab, the kind, a tab, the URL.
 */
void oracle_write(const struct oracle *oracle, const struct site *site,
                  FILE *out);

#endif
