/* SPDX-License-Identifier: MIT
 * links_fuzz.c: a document of any bytes and any type has links that are URLs,
 * within the limits, in the order of the document, and the counts agree. */
#include <lariat/crawl/links.h>
#include <lariat/h1_parser.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

enum { MOST_LINKS = 50, MOST_URL = 60 };

struct result {
  uint64_t links;
  size_t last_offset;
  size_t length;
};

static void take_link(const lariat_crawl_link *link, void *context) {
  struct result *result = context;
  size_t length;
  const char *text = lariat_url_text(link->url, &length);
  lariat_url_part fragment = lariat_url_fragment(link->url);
  FUZZ_REQUIRE(strlen(text) == length);
  if (fragment.bytes) length -= fragment.length + 1;
  FUZZ_REQUIRE(length <= MOST_URL);
  FUZZ_REQUIRE(!lariat_url_has_userinfo(link->url));
  FUZZ_REQUIRE(link->kind <= LARIAT_CRAWL_LINK_HINT);
  FUZZ_REQUIRE(strlen(link->element) < 32 && *link->attribute);
  FUZZ_REQUIRE(link->offset >= result->last_offset);
  result->last_offset = link->offset;
  result->links++;
}

static void find(const uint8_t *bytes, size_t length,
                 const lariat_response *response, const lariat_url *url) {
  lariat_crawl_links_options options = lariat_crawl_links_defaults();
  lariat_crawl_document document;
  struct result result = {.length = length};
  char *copy = fuzz_copy(bytes, length);
  options.max_links = MOST_LINKS;
  options.max_url_bytes = MOST_URL;
  options.forms = options.hints = true;
  FUZZ_REQUIRE(lariat_crawl_links_find(&options, url, response, copy, length,
                                       take_link, &result,
                                       &document) == LARIAT_OK);
  FUZZ_REQUIRE(document.charset && document.links == result.links);
  FUZZ_REQUIRE(result.links <= MOST_LINKS);
  FUZZ_REQUIRE(!document.title ||
               (strlen(document.title) <= 512 && *document.title));
  lariat_crawl_document_clear(&document);
  free(copy);
}

#define HEADERS                                                                \
  "text/html\r\nLink: </a>; rel=next, <b>;rel=\"preload\"\r\nRefresh: 1;url=c"

/* The types that a document may come with, by the input's first byte. */
static const char *const types[] = {"text/html",
                                    "text/html; charset=utf-8",
                                    "text/html; charset=utf-16le",
                                    "text/html; charset=shift_jis",
                                    "text/html; charset=iso-2022-jp",
                                    "text/html; charset=gb18030",
                                    "application/xhtml+xml",
                                    "image/svg+xml",
                                    "text/css",
                                    "application/xml",
                                    HEADERS};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  uint8_t which = fuzz_read_byte(&input);
  char head[256];
  size_t used;
  lariat_url *url;
  lariat_h1_parser *parser;
  lariat_h1_parser_options options = lariat_h1_parser_defaults();
  options.head_request = true;
  int written =
      snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n\r\n",
               types[which % FUZZ_COUNT(types)]);
  FUZZ_REQUIRE(lariat_url_parse("http://h/d/p", 12, NULL, &url, NULL) ==
               LARIAT_OK);
  FUZZ_REQUIRE(lariat_h1_parser_new(&parser) == LARIAT_OK);
  FUZZ_REQUIRE(lariat_h1_parser_begin(parser, &options) == LARIAT_OK);
  (void)lariat_h1_parser_feed(parser, head, (size_t)written, &used);
  find(input.at, input.left, lariat_h1_parser_response(parser), url);
  lariat_h1_parser_free(parser);
  lariat_url_free(url);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("<!doctype html><title>T&amp;</title><base href=/b/><a href="
                "'x?\xe9&copy=1' rel=nofollow><img srcset='a 1x, b (c) 2x'>"),
      FUZZ_TEXT("<svg><style>a{b:url(\\78)}</style><foreignObject><p></svg>"
                "<![CDATA[<a href=x>]]><math><mi><a xlink:href=y></mi></p>"),
      FUZZ_TEXT("<script><!--<script></script>--></script><!-- --!><textarea>"
                "</textarea x=y><meta http-equiv=refresh content='0;url=z'>"),
      FUZZ_TEXT("<meta charset=koi8-r><a href='?\xc6\xc6&#x20ac;#\xe9'>"
                "<form action=f><link rel=preconnect href=//h>"),
      FUZZ_TEXT("@import 'a'; @namespace url(b); c{d:image-set('e' 1x) /* */ "
                "url( f ) url('g\\\n')}"),
      FUZZ_TEXT(
          "<?xml version='1.0' encoding='utf-8'?><!DOCTYPE a [<!ENTITY b"
          " 'c'>]><html><a href='x'/><style><![CDATA[a:url(b)]]></style>"),
      FUZZ_TEXT("<rss><channel><item><link>x</link></item></channel></rss>"),
      FUZZ_TEXT("\xff\xfe<\0a\0 \0h\0r\0e\0f\0=\0\xe9\0>\0"),
      FUZZ_TEXT("\x1b$B%=\x1b(B<a href='?\x1b$B%=\x1b(B'>"),
      FUZZ_TEXT("<a href='\x83\x5c?\x83\x5c&\xb1\x81\x30\x81\x30'>"),
  };
  for (uint8_t which = 0; which < FUZZ_COUNT(types); which++)
    fuzz_give_all(sink, context, (const char *)&which, 1, texts,
                  FUZZ_COUNT(texts));
}
