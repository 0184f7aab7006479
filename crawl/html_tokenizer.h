/* SPDX-License-Identifier: MIT
 * html_tokenizer.h: the tags of a document, by the states of the HTML Standard
 * (https://html.spec.whatwg.org/, 13.2.5).  The document is in memory as a
 * whole; nothing is copied. */
#ifndef CRAWL_HTML_TOKENIZER_H
#define CRAWL_HTML_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "html_names.h"

/* Bytes of the document. */
typedef struct lr_crawl_html_span {
  const char *bytes;
  size_t length;
} lr_crawl_html_span;

typedef enum lr_crawl_html_token {
  LR_CRAWL_HTML_END = 0, /* of the document */
  LR_CRAWL_HTML_START_TAG,
  LR_CRAWL_HTML_END_TAG
} lr_crawl_html_token;

/* A tag.  `present` has a bit for each attribute with a number that it has
 * (1 << LR_CRAWL_ATTRIBUTE_HREF), of which `values` has what stands there,
 * character references as they are: the first, if there are several. */
typedef struct lr_crawl_html_tag {
  const char *start; /* '<' */
  lr_crawl_html_span name;
  lr_crawl_html_element element; /* NONE: another name */
  bool self_closing;
  uint32_t present;
  lr_crawl_html_span values[LR_CRAWL_ATTRIBUTE_COUNT];
} lr_crawl_html_tag;

typedef struct lr_crawl_html_tokenizer {
  const char *at;
  const char *end;
  bool xml;   /* it is XML: what differs in comments, CDATA and DOCTYPE */
  bool cdata; /* the next tag may be in CDATA: set by who knows the tree */
  lr_crawl_html_tag tag;
} lr_crawl_html_tokenizer;

/* Begins with a document, which must stay. */
void lr_crawl_html_begin(lr_crawl_html_tokenizer *tokenizer, const char *bytes,
                         size_t length);

/* Finds the next tag, which is in `tag` then.  A tag that the document ends in
 * is none. */
lr_crawl_html_token lr_crawl_html_next(lr_crawl_html_tokenizer *tokenizer);

/* Skips the text of the element whose start tag is in hand, as the tree's
 * builder would: `flags` are the element's (LR_CRAWL_HTML_IS_RCDATA,
 * ..._RAWTEXT,
 * ..._SCRIPT, ..._PLAINTEXT), of others nothing is skipped.  Returns the text;
 * the next tag is the element's end tag. */
lr_crawl_html_span lr_crawl_html_skip_text(lr_crawl_html_tokenizer *tokenizer,
                                           unsigned flags);

/* Returns the number of an element or an attribute; 0: it has none. */
lr_crawl_html_element lr_crawl_html_element_of(const char *name, size_t length);
lr_crawl_html_attribute lr_crawl_html_attribute_of(const char *name,
                                                   size_t length);

static inline bool lr_crawl_html_has(const lr_crawl_html_tag *tag,
                                     lr_crawl_html_attribute attribute) {
  return tag->present >> attribute & 1;
}

#endif
