/* SPDX-License-Identifier: MIT
 * lariat_crawl_links: the links of a document, found by a tokenizer (the states
 * of the HTML Standard of the WHATWG, https://html.spec.whatwg.org/, without a
 * tree).  Bytes in, a call for each link: no reactor, no network.
 *
 *   lariat_crawl_document document;
 *   status = lariat_crawl_links_find(NULL, url, response, bytes, length,
 *                                    on_link, context, &document);
 *   ...
 *   lariat_crawl_document_clear(&document);
 *
 * docs/links.md has what is a link, and how parsers with a tree differ. */
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

/* One link.  The library makes it, for the time of the call; it may grow at its
 * end. */
typedef struct lariat_crawl_link {
  lariat_crawl_link_kind kind;
  const lariat_url *url; /* resolved; of http or https; with its fragment, and
                            without userinfo */
  const char *element;   /* "a", in lower case; "" of a header or of CSS */
  const char *attribute; /* "href"; "url()" and "@import" of a style sheet; of
                            a header its name, "Link" */
  size_t offset; /* of the tag in the document, or in what it is in UTF-8 if it
                    was in UTF-16 or ISO-2022-JP; of CSS that of the URL */
  bool nofollow; /* rel=nofollow, ugc, sponsored, or the document's */
} lariat_crawl_link;

/* Takes a link, on the thread that asks for them. */
typedef void lariat_crawl_link_callback(const lariat_crawl_link *link,
                                        void *context);

/* A document, as it says of itself, and counts of what was left out. */
typedef struct lariat_crawl_document {
  size_t size;         /* sizeof(lariat_crawl_document), set by the library */
  const char *charset; /* the name of its encoding by the Encoding Standard,
                          "UTF-8"; static */
  bool nofollow, noindex, noarchive; /* of <meta name=robots> and X-Robots-Tag
                                        for all robots */
  char *title;    /* of HTML, in UTF-8, blanks joined, cut at 512 bytes; NULL:
                     there    is none; freed by lariat_crawl_document_clear */
  uint64_t links; /* told */
  uint64_t other_schemes; /* javascript:, mailto:, data: ... */
  uint64_t bad_urls;      /* that cannot be parsed */
  uint64_t long_urls;     /* over max_url_bytes */
  uint64_t with_userinfo; /* whose userinfo was dropped; most are told */
} lariat_crawl_document;

/* Limits, and kinds that are looked for.  Start from
 * lariat_crawl_links_defaults(). */
typedef struct lariat_crawl_links_options {
  size_t size;          /* sizeof(lariat_crawl_links_options) */
  size_t max_url_bytes; /* of a URL without its fragment, up to 65,536; default
                           2,048; longer ones are counted */
  uint64_t max_links;   /* default 1,000,000; those after them are not looked
                           at.  Memory is up to 16 bytes for each */
  bool forms; /* tell actions of forms that send by GET; default false */
  bool hints; /* tell dns-prefetch and preconnect; default false */
} lariat_crawl_links_options;

/* Returns the default options.  Any thread. */
LARIAT_API lariat_crawl_links_options lariat_crawl_links_defaults(void);

/* Finds the links of the `length` bytes of a document that came from `url` with
 * the headers of `response` (NULL: none are known).  Its Content-Type says what
 * it is: HTML, XHTML, SVG, CSS, a feed or a sitemap; without one it is HTML, or
 * XML if it begins as that; another type has no links.  Of other headers Link,
 * Refresh and X-Robots-Tag count.  The body's content coding is undone already
 * (lariat_response_body).
 *
 * `callback` is called for each link, those of headers first, then in the order
 * of the document, also for those that are the same; it must not return by
 * longjmp.  `options` NULL: the defaults.  `document` is written in any case;
 * with LARIAT_OK the caller clears it.  Any thread; the time is linear in the
 * length, whatever the bytes.
 *
 * LARIAT_OK          links may be none
 * LARIAT_ENOMEM      some may have been told
 * LARIAT_EINVAL      a `size` or a limit of 0, a `max_url_bytes` of more than
 *                    65,536, no URL, no callback
 * LARIAT_EBODYLIMIT  4 GiB and more */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_links_find(
    const lariat_crawl_links_options *options, const lariat_url *url,
    const lariat_response *response, const char *bytes, size_t length,
    lariat_crawl_link_callback *callback, void *context,
    lariat_crawl_document *document);

/* Frees what a document has in memory.  Any thread. */
LARIAT_API void lariat_crawl_document_clear(lariat_crawl_document *document);

LARIAT_END_C

#endif
