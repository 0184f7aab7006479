/* SPDX-License-Identifier: MIT
 * changes.h: what has become of URLs since the last time. */
#ifndef CRAWL_CHANGES_H
#define CRAWL_CHANGES_H

#include <stdbool.h>

#include "frontier.h"

typedef enum lr_crawl_change {
  LR_CRAWL_CHANGE_NONE = 0, /* an error now, as it was before */
  LR_CRAWL_CHANGE_SAME,
  LR_CRAWL_CHANGE_CHANGED,
  LR_CRAWL_CHANGE_NEW,
  LR_CRAWL_CHANGE_GONE,  /* 404 or 410 */
  LR_CRAWL_CHANGE_FAILED /* another error, or no answer */
} lr_crawl_change;

/* Returns false to stop. */
typedef bool lr_crawl_change_taker(void *context, lr_crawl_change change,
                                   const char *url, int status);

/* Calls back for each URL that was asked for since, and for which that can be
 * said, in the order of outcomes.
 *
 * LARIAT_OK
 * LARIAT_ENOTFOUND  there was no last time
 * LARIAT_ESYSTEM    the database cannot be read */
lariat_status lr_crawl_frontier_each_change(lr_crawl_frontier *frontier,
                                            lr_crawl_change_taker *take,
                                            void *context);

#endif
