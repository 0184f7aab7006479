/* SPDX-License-Identifier: MIT
 * lariat_crawl_links: the links of a document, found by a tokenizer (the states
 * of the HTML Standard of the WHATWG, without a tree).  Bytes in, a call for
 * each link: no reactor, no network. */
#ifndef LARIAT_CRAWL_LINKS_H
#define LARIAT_CRAWL_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/response.h>
#include <lariat/status.h>
#include <lariat/url.h>

LARIAT_BEGIN_C

typedef enum lariat_crawl_link_kind {
  LARIAT_CRAWL_LINK_NAVIGATION = 0, /* a, area, frame, iframe, next, refresh */
  LARIAT_CRAWL_LINK_REQUISITE = 1,  /* img, script, stylesheet, CSS url() */
  LARIAT_CRAWL_LINK_FORM = 2,       /* action of a form by GET */
  LARIAT_CRAWL_LINK_HINT = 3        /* dns-prefetch, preconnect */
} lariat_crawl_link_kind;

/* One link; valid for the time of the call. */
typedef struct lariat_crawl_link {
  lariat_crawl_link_kind kind;
  const lariat_url *url; /* resolved; of http or https; with its fragment */
  const char *element;   /* "a"; "" of a header */
  const char *attribute; /* "href"; of a header its name */
  size_t offset;         /* of the tag in the document */
  bool nofollow;         /* rel=nofollow, ugc, sponsored, or the document's */
} lariat_crawl_link;

typedef void lariat_crawl_link_callback(const lariat_crawl_link *link,
                                        void *context);

/* What a document says of itself, and what was left out. */
typedef struct lariat_crawl_document {
  size_t size;
  const char *charset; /* the encoding's name by the Encoding Standard; static */
  bool nofollow, noindex, noarchive; /* of meta robots and X-Robots-Tag */
  char *title; /* UTF-8, blanks joined, cut at 512 bytes; NULL: none; free() by
                  lariat_crawl_document_clear */
  uint64_t links;          /* told */
  uint64_t other_schemes;  /* javascript:, mailto:, data: ... */
  uint64_t bad_urls;       /* that cannot be parsed */
  uint64_t long_urls;      /* over max_url_bytes */
  uint64_t with_userinfo;  /* whose userinfo was dropped */
} lariat_crawl_document;

typedef struct lariat_crawl_links_options {
  size_t size;
  size_t max_url_bytes; /* 2,048 */
  uint64_t max_links;   /* 1,000,000 */
  bool forms;           /* tell actions of forms; off */
  bool hints;           /* off */
} lariat_crawl_links_options;

LARIAT_API lariat_crawl_links_options lariat_crawl_links_defaults(void);

/* Finds the links of the `length` bytes of an HTML document (or, by its media
 * type, of CSS, a feed or a sitemap) that came from `url` with the headers of
 * `response` (may be NULL: none): Content-Type, Link, Refresh, X-Robots-Tag
 * count.  The owner of this header completes the comment. */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_links_find(
    const lariat_crawl_links_options *options, const lariat_url *url,
    const lariat_response *response, const char *bytes, size_t length,
    lariat_crawl_link_callback *callback, void *context,
    lariat_crawl_document *document);

LARIAT_API void lariat_crawl_document_clear(lariat_crawl_document *document);

LARIAT_END_C

#endif
