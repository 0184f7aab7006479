/* SPDX-License-Identifier: MIT
 * link_rules.h: which attributes of which elements are links, and what tags say
 * of the document.  What is found is noted, not resolved: a <base> may come
 * behind it. */
#ifndef CRAWL_LINK_RULES_H
#define CRAWL_LINK_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "charset.h"
#include "html_context.h"
#include "scratch.h"
#include <lariat/crawl/links.h>

/* How URLs are written in a value. */
typedef enum lr_crawl_link_syntax {
  LR_CRAWL_LINK_URL = 0,
  LR_CRAWL_LINK_SRCSET,
  LR_CRAWL_LINK_REFRESH,
  LR_CRAWL_LINK_STYLE,      /* CSS, with character references */
  LR_CRAWL_LINK_STYLE_SHEET /* CSS as it is */
} lr_crawl_link_syntax;

/* A value with links, by places in the document. */
typedef struct lr_crawl_link_note {
  uint32_t tag;
  uint32_t value;
  uint32_t length;
  uint8_t element;
  uint8_t attribute; /* NONE: the element's text */
  uint8_t kind : 4;
  uint8_t syntax : 4;
  bool nofollow;
} lr_crawl_link_note;

typedef struct lr_crawl_link_rules {
  const char *document;
  const lariat_crawl_links_options *options;
  lr_crawl_link_note *notes;
  size_t count;
  size_t capacity;
  lr_crawl_scratch words; /* decoded values of the tag in hand */
  bool failed;            /* out of memory */
  bool has_base;
  bool has_title;
  lr_crawl_html_span base;         /* of the first <base href> */
  lr_crawl_html_span title;        /* the text of the first <title> */
  unsigned directives;             /* LR_CRAWL_NOFOLLOW ... */
  const lr_crawl_charset *charset; /* of the first <meta> that names one */
} lr_crawl_link_rules;

/* Takes a start tag, of which references in some values are decoded; `inert`:
 * it is within a <template>, where <base> and <meta> mean nothing. */
void lr_crawl_link_rules_take(lr_crawl_link_rules *rules,
                              lr_crawl_html_tag *tag,
                              lr_crawl_html_namespace space, bool inert);

/* Takes the text of a <style>. */
void lr_crawl_link_rules_take_style(lr_crawl_link_rules *rules,
                                    const lr_crawl_html_tag *tag,
                                    lr_crawl_html_span text,
                                    lr_crawl_link_syntax syntax);

#endif
