/* SPDX-License-Identifier: MIT
 * trap.h: shapes of URLs that lead nowhere new: those of the hosts of one
 * reactor.  A shape is closed once enough pages of it were alike and the URLs
 * say that there is no end of them; honest sites have many pages of one shape,
 * too, but they say something new.  docs/scope-and-traps.md has the rules.
 *
 * All of it belongs to one thread.  What is kept is bounded: 16,384 shapes that
 * are looked at, the last used, and 16,384 that are closed. */
#ifndef CRAWL_TRAP_H
#define CRAWL_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>
#include <lariat/url.h>

typedef struct lr_crawl_traps lr_crawl_traps;

typedef struct lr_crawl_traps_options {
  uint32_t query_variants; /* of one path, that combine a few values: 1,000;
                              0: off */
  bool similar;            /* close shapes whose bodies are alike: true */
  uint32_t similar_pages;  /* 200; half of them where no more than 12 differ */
  double similar_share;    /* 0.9 */
} lr_crawl_traps_options;

lr_crawl_traps_options lr_crawl_traps_defaults(void);

/* Makes traps, which the caller owns.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_crawl_traps_new(const lr_crawl_traps_options *options,
                                 lr_crawl_traps **out);
void lr_crawl_traps_free(lr_crawl_traps *traps);

/* ---- Shapes ---- */

/* Writes the shape of a URL: "http://example.org/list/N?page&sort".  Numbers
 * are N; H are identifiers: 8 hexadecimal digits and more, letters and decimal
 * digits among them, UUIDs, 16 letters and digits and more, with four digits;
 * values of the query and the fragment are dropped.  As far as `capacity`
 * allows, with a NUL; returns its length.  Any thread. */
size_t lr_crawl_shape(const lariat_url *url, char *out, size_t capacity);

/* Returns 64 bits of the shape of a URL, to compare it with that of a page. Any
 * thread. */
uint64_t lr_crawl_shape_hash(const lariat_url *url);

/* Tells whether the URL's shape is closed, before it is fetched; `*shape` (may
 * be NULL) gets a text of the traps', which lives as long as they: a shape, or
 * "http://example.org/list?*" (all queries of a path), or
 * "http://example.org/files/" and a '*' (all in a directory). */
bool lr_crawl_traps_is_closed(lr_crawl_traps *traps, const lariat_url *url,
                              const char **shape);

/* Called with a shape's text, the number of its pages so far, and why ("bodies
 * are equal"; static). */
typedef void lr_crawl_trap_callback(void *context, const char *shape,
                                    uint32_t pages, const char *reason);

/* Has each shape told that lr_crawl_traps_learn closes, from within that. */
void lr_crawl_traps_on_close(lr_crawl_traps *traps,
                             lr_crawl_trap_callback *callback, void *context);

/* A page, which is an answer of status 2xx. */
typedef struct lr_crawl_trap_page {
  uint64_t digest;   /* of its body */
  const char *bytes; /* its body, of which the words are looked at where they
                        matter; NULL: it is no text */
  size_t length;
  uint32_t new_links; /* that were not seen before, as far as is known */
  uint32_t new_links_of_same_shape; /* of those: that of the page */
} lr_crawl_trap_page;

/* Learns from a page.  Out of memory it learns less. */
void lr_crawl_traps_learn(lr_crawl_traps *traps, const lariat_url *url,
                          const lr_crawl_trap_page *page);

/* ---- Closed shapes ---- */

/* Opens a closed shape, by its text (`trap.open=SHAPE`); it is not closed
 * again, nor is one that was not closed so far, which may be one of an earlier
 * run. False: it was not closed. */
bool lr_crawl_traps_open(lr_crawl_traps *traps, const char *shape);

/* Returns why a shape is closed, by its text; static; NULL: it is not. */
const char *lr_crawl_traps_reason(const lr_crawl_traps *traps,
                                  const char *shape);

/* Closes a shape, as one of an earlier run, unless the options say that shapes
 * are not closed for this reason any more.  `reason` must stay.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  there are too many */
lariat_status lr_crawl_traps_close(lr_crawl_traps *traps, const char *shape,
                                   uint32_t pages, const char *reason);

/* Calls `callback` for each closed shape. */
void lr_crawl_traps_each(const lr_crawl_traps *traps,
                         lr_crawl_trap_callback *callback, void *context);

/* Returns how many shapes are closed, and how many bytes all of it has. */
size_t lr_crawl_traps_closed(const lr_crawl_traps *traps);
size_t lr_crawl_traps_memory(const lr_crawl_traps *traps);

#endif
