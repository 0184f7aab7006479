/* SPDX-License-Identifier: MIT
 * trap.h: shapes of URLs that lead nowhere new: of the hosts of one reactor. */
#ifndef CRAWL_TRAP_H
#define CRAWL_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>
#include <lariat/url.h>

typedef struct lr_crawl_traps lr_crawl_traps;

typedef struct lr_crawl_traps_options {
  uint32_t query_variants; /* of one path: 1,000; 0: off */
  bool similar;            /* close shapes whose bodies are equal or near */
  uint32_t similar_pages;  /* 200 */
  double similar_share;    /* 0.9 */
} lr_crawl_traps_options;

lr_crawl_traps_options lr_crawl_traps_defaults(void);
lariat_status lr_crawl_traps_new(const lr_crawl_traps_options *options,
                                 lr_crawl_traps **out);
void lr_crawl_traps_free(lr_crawl_traps *traps);

/* Writes the shape: digits are N, hex of 8 and more H, values of the query
 * dropped.  Returns its length. */
size_t lr_crawl_shape(const lariat_url *url, char *out, size_t capacity);

/* Tells whether the URL's shape is closed, before it is fetched; `*shape` gets
 * a text of the traps'. */
bool lr_crawl_traps_is_closed(lr_crawl_traps *traps, const lariat_url *url,
                              const char **shape);
/* Learns from a page: its body's digest and simhash, its links and how many of
 * them are of the same shape. */
void lr_crawl_traps_learn(lr_crawl_traps *traps, const lariat_url *url,
                          uint64_t digest, uint64_t simhash, uint32_t new_links,
                          uint32_t links_of_same_shape);
uint64_t lr_crawl_simhash(const char *bytes, size_t length);
/* Opens a closed shape (`trap.open=SHAPE`); lists them for status. */
bool lr_crawl_traps_open(lr_crawl_traps *traps, const char *shape);
typedef void lr_crawl_trap_callback(void *context, const char *shape,
                                    uint32_t pages, const char *reason);
void lr_crawl_traps_each(const lr_crawl_traps *traps,
                         lr_crawl_trap_callback *callback, void *context);

#endif
