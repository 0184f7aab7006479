/* SPDX-License-Identifier: MIT
 * text_set.h: a set of texts that is filled once and then only asked. */
#ifndef CRAWL_TEXT_SET_H
#define CRAWL_TEXT_SET_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/status.h>

typedef struct lr_crawl_text_set {
  char **slots; /* NULL: free */
  size_t capacity;
  size_t count;
} lr_crawl_text_set;

/* Adds a copy of a text, unless it is there.  LARIAT_ENOMEM: the set is as it
 * was. */
lariat_status lr_crawl_text_set_add(lr_crawl_text_set *set, const char *bytes,
                                    size_t length);

bool lr_crawl_text_set_has(const lr_crawl_text_set *set, const char *bytes,
                           size_t length);

/* Frees the texts; the set is empty then. */
void lr_crawl_text_set_clear(lr_crawl_text_set *set);

#endif
