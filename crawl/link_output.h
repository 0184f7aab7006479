/* SPDX-License-Identifier: MIT
 * link_output.h: the way of a link's text to the callback: resolved, without
 * userinfo, within the limits, and counted. */
#ifndef CRAWL_LINK_OUTPUT_H
#define CRAWL_LINK_OUTPUT_H

#include "charset_text.h"
#include "scratch.h"
#include <lariat/crawl/links.h>

typedef struct lr_crawl_link_output {
  const lariat_crawl_links_options *options;
  lariat_crawl_link_callback *callback;
  void *context;
  lariat_crawl_document *document;
  const lariat_url *base;
  lr_crawl_charset_text text; /* of the document's encoding */
  lr_crawl_scratch decoded;   /* a value in UTF-8 */
  lr_crawl_scratch spare;     /* and without references, or escapes */
  lr_crawl_scratch query;     /* a URL with its query in that encoding */
  bool converted;             /* the document is in UTF-8 already */
  bool failed;                /* out of memory */
} lr_crawl_link_output;

/* Resolves a URL in UTF-8 and tells it; `link` has all but the URL.  With
 * `encodes` its query is of the document's encoding. */
void lr_crawl_link_output_put(lr_crawl_link_output *output,
                              lariat_crawl_link link, const char *url,
                              size_t length, bool encodes);

/* Parses a URL against the output's base.  NULL: it is none, or memory has
 * ended, and `*status` says which. */
lariat_url *lr_crawl_link_output_resolve(lr_crawl_link_output *output,
                                         const char *url, size_t length,
                                         bool encodes, lariat_status *status);

/* Returns a value of the document in UTF-8, as `with_references` says with its
 * character references undone; valid until the next call. */
const char *lr_crawl_link_output_text(lr_crawl_link_output *output,
                                      const char *bytes, size_t *length,
                                      bool with_references);

void lr_crawl_link_output_close(lr_crawl_link_output *output);

#endif
