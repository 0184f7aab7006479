/* SPDX-License-Identifier: MIT
 * html_context.h: whether a tag is one of HTML, SVG or MathML, of which the
 * tokenizer and the rules of links must know, without the tree: elements are
 * remembered only from an <svg> or <math> on. */
#ifndef CRAWL_HTML_CONTEXT_H
#define CRAWL_HTML_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "html_tokenizer.h"

typedef enum lr_crawl_html_namespace {
  LR_CRAWL_HTML = 0,
  LR_CRAWL_SVG,
  LR_CRAWL_MATHML
} lr_crawl_html_namespace;

/* An element that is open, in or below a foreign one. */
typedef struct lr_crawl_html_open {
  uint32_t hash; /* of its name */
  uint8_t element;
  uint8_t space; /* its namespace */
  uint8_t kind;
} lr_crawl_html_open;

/* How deep it may get; elements that are deeper are counted only. */
enum { LR_CRAWL_HTML_MOST_OPEN = 256 };

typedef struct lr_crawl_html_context {
  bool xml;         /* there are no special cases, and all is closed */
  size_t templates; /* <template>s that are open */
  size_t count;     /* of elements that are open; those above the limit are
                       not in `open` */
  lr_crawl_html_open open[LR_CRAWL_HTML_MOST_OPEN];
  /* How many elements of HTML with a number are open outside of foreign ones,
     as far as tags say so: those that end without one are taken to be open. */
  uint32_t outside[LR_CRAWL_ELEMENT_COUNT];
} lr_crawl_html_context;

void lr_crawl_html_context_begin(lr_crawl_html_context *context, bool xml);

/* Takes a start tag, and returns the namespace of its element. */
lr_crawl_html_namespace
lr_crawl_html_context_start(lr_crawl_html_context *context,
                            const lr_crawl_html_tag *tag);

void lr_crawl_html_context_end(lr_crawl_html_context *context,
                               const lr_crawl_html_tag *tag);

/* Take a tag of HTML, neither <svg>, <math> nor <template>, and an end tag,
 * when there is no element in `open`: faster than the above. */
static inline void
lr_crawl_html_context_start_outside(lr_crawl_html_context *context,
                                    lr_crawl_html_element element) {
  context->outside[element]++;
}
static inline void
lr_crawl_html_context_end_outside(lr_crawl_html_context *context,
                                  lr_crawl_html_element element) {
  if (context->outside[element]) context->outside[element]--;
}

/* Tells whether what comes is in an element that is none of HTML, so that
 * there may be CDATA. */
static inline bool
lr_crawl_html_context_is_foreign(const lr_crawl_html_context *context) {
  size_t count = context->count;
  if (count > LR_CRAWL_HTML_MOST_OPEN) count = LR_CRAWL_HTML_MOST_OPEN;
  return count && context->open[count - 1].space != LR_CRAWL_HTML;
}

#endif
