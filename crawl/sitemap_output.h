/* SPDX-License-Identifier: MIT
 * sitemap_output.h: what comes of a sitemap: entries for the callback, counts,
 * and what is wrong. */
#ifndef LARIAT_CRAWL_SITEMAP_OUTPUT_H
#define LARIAT_CRAWL_SITEMAP_OUTPUT_H

#include <lariat/crawl/sitemap.h>

typedef struct lr_crawl_sitemap_output {
  lariat_crawl_sitemap_options options;
  lariat_crawl_sitemap_callback *callback;
  void *context;
  lariat_crawl_sitemap_kind kind;
  uint64_t entries;
  uint64_t skipped;
  lariat_status status; /* what is wrong, for good */
  unsigned line;
  char reason[96];
} lr_crawl_sitemap_output;

/* Notes what is wrong, unless something is already.  Returns false. */
bool lr_crawl_sitemap_fail(lr_crawl_sitemap_output *output,
                           lariat_status status, unsigned line,
                           const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Gives the callback an entry, whose `kind` is set here.  False: something is
 * wrong now. */
bool lr_crawl_sitemap_put(lr_crawl_sitemap_output *output,
                          lariat_crawl_sitemap_entry *entry);

/* A text that grows up to a limit. */
typedef struct lr_crawl_text {
  char *bytes; /* ended by NUL */
  size_t length;
  size_t capacity; /* without the NUL */
  bool cut;        /* there was more */
} lr_crawl_text;

/* Makes it as large as `capacity`; false: out of memory. */
bool lr_crawl_text_open(lr_crawl_text *text, size_t capacity);
void lr_crawl_text_close(lr_crawl_text *text);

/* Adds bytes; without blanks at the beginning. */
void lr_crawl_text_add(lr_crawl_text *text, const char *bytes, size_t length);

void lr_crawl_text_clear(lr_crawl_text *text);

/* Takes blanks from the end. */
void lr_crawl_text_trim(lr_crawl_text *text);

#endif
