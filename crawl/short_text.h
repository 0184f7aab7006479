/* SPDX-License-Identifier: MIT
 * short_text.h: a form of a URL, on the stack unless it is a long one. */
#ifndef CRAWL_SHORT_TEXT_H
#define CRAWL_SHORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/allocator.h>
#include <lariat/crawl/url_key.h>

typedef struct lr_crawl_short_text {
  char *bytes; /* NULL: out of memory */
  char space[2304];
} lr_crawl_short_text;

/* Makes space for a text; false: out of memory. */
static inline bool lr_crawl_short_text_make(lr_crawl_short_text *text,
                                            size_t capacity) {
  text->bytes = capacity <= sizeof text->space
                    ? text->space
                    : lariat_memory_allocate(capacity);
  return text->bytes != NULL;
}

static inline void lr_crawl_short_text_clear(lr_crawl_short_text *text) {
  if (text->bytes != text->space) lariat_memory_release(text->bytes);
}

/* Returns the length of a URL without its fragment. */
static inline size_t lr_crawl_length_of(const lariat_url *url) {
  size_t length;
  (void)lariat_url_text(url, &length);
  lariat_url_part fragment = lariat_url_fragment(url);
  return fragment.bytes ? length - fragment.length - 1 : length;
}

/* Writes the SURT form of a URL and returns it without its scheme; NULL: out of
 * memory. */
static inline const char *lr_crawl_short_text_surt(lr_crawl_short_text *text,
                                                   const lariat_url *url) {
  size_t capacity = lr_crawl_length_of(url) + LARIAT_CRAWL_KEY_MOST_MORE;
  if (!lr_crawl_short_text_make(text, capacity)) return NULL;
  (void)lariat_crawl_surt(url, text->bytes, capacity);
  return text->bytes + lariat_url_scheme(url).length;
}

#endif
