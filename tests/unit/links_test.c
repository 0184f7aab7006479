/* SPDX-License-Identifier: MIT
 * links_test.c: the links of documents: which tags and attributes, where text
 * is no markup, what is resolved how, and that hostile documents are bounded.
 */
#include <lariat/crawl/links.h>
#include <lariat/h1_parser.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

static struct fixture fixture;

static void open_fixture(void) { fixture_open(&fixture, FIXTURE_NO_REACTOR); }
static void close_fixture(void) { fixture_close(&fixture); }

/* ---- Finding ---- */

/* What was found: "N a.href /path" for each link, the letter of its kind, with
 * '!' for nofollow; URLs of http://h.example without that. */
struct found {
  char log[8000];
  size_t length;
  size_t last_offset;
  lariat_crawl_links_options options;
  lariat_h1_parser *parser;
  const lariat_response *response;
  lariat_crawl_document document;
};

static void log_link(const lariat_crawl_link *link, void *context) {
  struct found *found = context;
  static const char host[] = "http://h.example";
  size_t left = sizeof found->log - found->length;
  const char *text = lariat_url_text(link->url, NULL);
  if (strncmp(text, host, sizeof host - 1) == 0) text += sizeof host - 1;
  int written = snprintf(found->log + found->length, left, "%c%s %s.%s %s\n",
                         "NRFH"[link->kind], link -> nofollow ? "!" : "",
                         link->element, link->attribute, text);
  if (written > 0 && (size_t)written < left) found->length += (size_t)written;
  CU_ASSERT_TRUE(link->offset >= found->last_offset);
  found->last_offset = link->offset;
}

static void find_bytes(struct found *found, const char *bytes, size_t length) {
  lariat_url *url;
  static const char text[] = "http://h.example/d/p?q";
  char *copy = malloc(length ? length : 1); /* a sanitizer sees its end */
  if (!copy) abort();
  memcpy(copy, bytes, length);
  CU_ASSERT_EQUAL_FATAL(
      lariat_url_parse(text, sizeof text - 1, NULL, &url, NULL), LARIAT_OK);
  found->length = found->last_offset = 0;
  found->log[0] = '\0';
  CU_ASSERT_EQUAL(lariat_crawl_links_find(&found->options, url, found->response,
                                          copy, length, log_link, found,
                                          &found->document),
                  LARIAT_OK);
  lariat_url_free(url);
  free(copy);
}

static void begin(struct found *found) {
  open_fixture();
  memset(found, 0, sizeof *found);
  found->options = lariat_crawl_links_defaults();
}

static void end(struct found *found) {
  lariat_crawl_document_clear(&found->document);
  if (found->parser) lariat_h1_parser_free(found->parser);
  close_fixture();
}

/* Reads the head of an answer, with these lines. */
static void read_head(struct found *found, const char *lines) {
  char text[1024];
  size_t used;
  lariat_h1_parser_options options = lariat_h1_parser_defaults();
  if (!found->parser)
    CU_ASSERT_EQUAL_FATAL(lariat_h1_parser_new(&found->parser), LARIAT_OK);
  options.head_request = true;
  int length = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s\r\n", lines);
  CU_ASSERT_EQUAL_FATAL(lariat_h1_parser_begin(found->parser, &options),
                        LARIAT_OK);
  (void)lariat_h1_parser_feed(found->parser, text, (size_t)length, &used);
  found->response = lariat_h1_parser_response(found->parser);
}

struct row {
  const char *document;
  const char *log;
};

static void check_row(struct found *found, const struct row *row) {
  find_bytes(found, row->document, strlen(row->document));
  if (strcmp(found->log, row->log) != 0)
    fixture_fail("%s\ngives\n%s, not\n%s", row->document, found->log, row->log);
  lariat_crawl_document_clear(&found->document);
}

static void check_rows(const struct row *rows, size_t count, const char *head) {
  struct found found;
  begin(&found);
  if (head) read_head(&found, head);
  for (size_t i = 0; i < count; i++) check_row(&found, &rows[i]);
  end(&found);
}

#define CHECK(rows) check_rows(rows, FIXTURE_COUNT(rows), NULL)
#define CHECK_WITH(rows, head) check_rows(rows, FIXTURE_COUNT(rows), head)

/* ---- Which are links ---- */

static void test_navigation(void) {
  static const struct row rows[] = {
      {"<a href=x>", "N a.href /d/x\n"},
      {"<A HREF='/x'>", "N a.href /x\n"},
      {"<a href>", "N a.href /d/p?q\n"},
      {"<a href=\"?r#f\">", "N a.href /d/p?r#f\n"},
      {"<area href=x>", "N area.href /d/x\n"},
      {"<frame src=x><iframe src=y>", "N frame.src /d/x\nN iframe.src /d/y\n"},
      {"<iframe src=''>", ""},
      {"<a name=x><p href=x>", ""},
      {"<link rel=next href=x><link rel=PREV href=y>",
       "N link.href /d/x\nN link.href /d/y\n"},
      {"<link rel='alternate' href=x><link rel=canonical href=y>",
       "N link.href /d/x\nN link.href /d/y\n"},
      {"<link rel=author href=x><link href=y><link rel=next href=''>", ""},
      {"<link rel='nextt' href=x>", ""},
      {"<link rel='ne&#120;t' href=x>", "N link.href /d/x\n"},
      {"<meta http-equiv=Refresh content='0;url=x'>", "N meta.content /d/x\n"},
      {"<meta http-equiv=refresh content='5'>", ""},
      {"<meta name=refresh content='0;url=x'>", ""}};
  CHECK(rows);
}

static void test_requisites(void) {
  static const struct row rows[] = {
      {"<img src=x>", "R img.src /d/x\n"},
      {"<image src=x>", "R img.src /d/x\n"},
      {"<img src='' data-src=y>", ""},
      {"<img src=x srcset='y 1x, z 2x'>",
       "R img.src /d/x\nR img.srcset /d/y\nR img.srcset /d/z\n"},
      {"<source src=x srcset=y>", "R source.src /d/x\nR source.srcset /d/y\n"},
      {"<script src=x></script>", "R script.src /d/x\n"},
      {"<link rel=stylesheet href=x>", "R link.href /d/x\n"},
      {"<link rel='alternate stylesheet' href=x>", "R link.href /d/x\n"},
      {"<link rel='shortcut icon' href=x>", "R link.href /d/x\n"},
      {"<link rel=preload href=x imagesrcset='y 1x'>",
       "R link.href /d/x\nR link.imagesrcset /d/y\n"},
      {"<link rel=modulepreload href=x><link rel=manifest href=y>",
       "R link.href /d/x\nR link.href /d/y\n"},
      {"<video src=x poster=y><audio src=z>",
       "R video.src /d/x\nR video.poster /d/y\nR audio.src /d/z\n"},
      {"<track src=x><embed src=y><object data=z>",
       "R track.src /d/x\nR embed.src /d/y\nR object.data /d/z\n"},
      {"<input type=IMAGE src=x><input src=y>", "R input.src /d/x\n"},
      {"<body background=x><table background=y><td background=z>",
       "R body.background /d/x\nR table.background /d/y\n"
       "R td.background /d/z\n"},
      {"<p style='background:url(x)'>", "R p.style /d/x\n"},
      {"<my-Tag style='background:url(&quot;x&quot;)'>",
       "R my-tag.style /d/x\n"},
      {"<style>@import 'x'; a { b: url(y) }</style>",
       "R style.@import /d/x\nR style.url() /d/y\n"}};
  CHECK(rows);
}

static void test_forms_and_hints(void) {
  static const struct row off[] = {
      {"<form action=x><link rel=preconnect href=//y>", ""}};
  static const struct row on[] = {
      {"<form action=x>", "F form.action /d/x\n"},
      {"<form action=x method=GET>", "F form.action /d/x\n"},
      {"<form action=x method=post><form action=x method=dialog><form>", ""},
      {"<button formaction=x><input formaction=y formmethod=post>",
       "F button.formaction /d/x\n"},
      {"<link rel=preconnect href=//y><link rel=dns-prefetch href=//z>",
       "H link.href http://y/\nH link.href http://z/\n"}};
  struct found found;
  CHECK(off);
  begin(&found);
  found.options.forms = found.options.hints = true;
  for (size_t i = 0; i < FIXTURE_COUNT(on); i++) check_row(&found, &on[i]);
  end(&found);
}

static void test_nofollow(void) {
  static const struct row rows[] = {
      {"<a href=x rel='external nofollow'><a href=y>",
       "N! a.href /d/x\nN a.href /d/y\n"},
      {"<a rel=ugc href=x><area rel=SPONSORED href=y>",
       "N! a.href /d/x\nN! area.href /d/y\n"},
      {"<a href=x><meta name=robots content='noindex, NoFollow'>",
       "N! a.href /d/x\n"},
      {"<a href=x><meta name=robots content=none>", "N! a.href /d/x\n"},
      {"<a href=x><meta name=otherbot content=none>", "N a.href /d/x\n"}};
  static const struct row tagged[] = {{"<img src=x>", "R! img.src /d/x\n"}};
  static const struct row other[] = {{"<img src=x>", "R img.src /d/x\n"}};
  CHECK(rows);
  CHECK_WITH(tagged, "X-Robots-Tag: max-snippet: 20, nofollow\r\n");
  CHECK_WITH(other, "X-Robots-Tag: otherbot: nofollow\r\n"
                    "X-Robots-Tag: index\r\n");
}

static void test_svg(void) {
  static const struct row rows[] = {
      {"<svg><a href=x>", "N a.href /d/x\n"},
      {"<svg><a xlink:href=x>", "N a.xlink:href /d/x\n"},
      {"<svg><image xlink:href=x href=y>", "R image.href /d/y\n"},
      {"<svg><use href=#x /><script href=y />",
       "R use.href /d/p?q#x\nR script.href /d/y\n"},
      {"<svg><img src=x>", "R img.src /d/x\n"},
      {"<a xlink:href=x>", ""},
      {"<svg><style>a{b:url(x)}</style>", "R style.url() /d/x\n"},
      {"<svg><style> <![CDATA[a{b:url(x)}]]></style>", "R style.url() /d/x\n"},
      {"<math><a href=x>", ""}};
  CHECK(rows);
}

/* ---- Where text is no markup ---- */

static void test_raw_text(void) {
  static const struct row rows[] = {
      {"<title><a href=x></title><a href=y>", "N a.href /d/y\n"},
      {"<textarea><a href=x></textarea\f><a href=y>", "N a.href /d/y\n"},
      {"<textarea></textareas><a href=x></TEXTAREA><a href=y>",
       "N a.href /d/y\n"},
      {"<xmp><a href=x></xmp><noembed><a href=x></noembed><noframes><a href=x>"
       "</noframes><iframe><a href=x></iframe><a href=y>",
       "N a.href /d/y\n"},
      {"<noscript><a href=x></noscript>", "N a.href /d/x\n"},
      {"<plaintext></plaintext><a href=x>", ""},
      {"<style></style/><a href=x>", "N a.href /d/x\n"},
      {"<style><a href=x>", ""},
      {"<title></title x=\"><a href=x>\"><a href=y>", "N a.href /d/y\n"},
      {"<template><a href=x></template>", "N a.href /d/x\n"},
      {"<select><a href=x></select>", "N a.href /d/x\n"}};
  CHECK(rows);
}

static void test_scripts(void) {
  static const struct row rows[] = {
      {"<script>'<a href=x>'</script><a href=y>", "N a.href /d/y\n"},
      {"<script><!-- </script><a href=y>", "N a.href /d/y\n"},
      {"<script><!-- <script> </script><a href=x> --></script><a href=y>",
       "N a.href /d/y\n"},
      {"<script><!-- <script></script></script><a href=y>", "N a.href /d/y\n"},
      {"<script><!-- <script> --> </script><a href=y>", "N a.href /d/y\n"},
      {"<script><!--><script></script><a href=y>", "N a.href /d/y\n"},
      {"<script><!---><script></script><a href=y>", "N a.href /d/y\n"},
      {"<script><!-- <scripts> </script><a href=y>", "N a.href /d/y\n"},
      {"<script><!-- <script/</script></script><a href=y>", "N a.href /d/y\n"},
      {"<script><!- <script></script><a href=y>", "N a.href /d/y\n"},
      {"<script></script", ""}};
  CHECK(rows);
}

static void test_comments(void) {
  static const struct row rows[] = {
      {"<!--<a href=x>--><a href=y>", "N a.href /d/y\n"},
      {"<!--><a href=y>", "N a.href /d/y\n"},
      {"<!---><a href=y>", "N a.href /d/y\n"},
      {"<!-- <a href=x> --!><a href=y>", "N a.href /d/y\n"},
      {"<!-- -- > -> <a href=x> ----><a href=y>", "N a.href /d/y\n"},
      {"<!-- <!-- <a href=x> --><a href=y>", "N a.href /d/y\n"},
      {"<!--!><a href=x>--><a href=y>", "N a.href /d/y\n"},
      {"<!-- <a href=x>", ""},
      {"<! <a href=x><a href=y>", "N a.href /d/y\n"},
      {"<?php '<a href=x>' ?><a href=y>", "N a.href /d/y\n"},
      {"</ <a href=x><a href=y>", "N a.href /d/y\n"},
      {"</><a href=y>", "N a.href /d/y\n"},
      {"<![CDATA[<a href=x>]]><a href=y>", "N a.href /d/y\n"},
      {"<!doctype html '<a href=x>'><a href=y>", "N a.href /d/y\n"},
      {"< a href=x><3<a href=y>", "N a.href /d/y\n"}};
  CHECK(rows);
}

static void test_attributes(void) {
  static const struct row rows[] = {
      {"<a href=x href=y>", "N a.href /d/x\n"},
      {"<a href=''href=y>", "N a.href /d/p?q\n"},
      {"<a/href=x>", "N a.href /d/x\n"},
      {"<a/ / href = x>", "N a.href /d/x\n"},
      {"<a href\n=\n'x'>", "N a.href /d/x\n"},
      {"<a href=x/>", "N a.href /d/x/\n"},
      {"<a b='>'href=x>", "N a.href /d/x\n"},
      {"<a b=\"'\"href=x>", "N a.href /d/x\n"},
      {"<a =href=x>", ""},
      {"<a b==c href=x>", "N a.href /d/x\n"},
      {"<a b= href=x>", ""},
      {"<a href=x\"y'z>", "N a.href /d/x%22y'z\n"},
      {"<a href=>", "N a.href /d/p?q\n"},
      {"<a\fhref=x\rb>", "N a.href /d/x\n"},
      {"<a\vhref=x>", ""},
      {"<ahref=x><a'href=x>", ""},
      {"<a href='x", ""},
      {"<a href=x", ""},
      {"<a href='x'", ""},
      {"<a href=x <a href=y>", "N a.href /d/x\n"},
      {"<a hrefs=x xhref=x><a href-=x>", ""}};
  CHECK(rows);
}

static void test_references(void) {
  static const struct row rows[] = {
      {"<a href='?a=1&amp;b=2'>", "N a.href /d/p?a=1&b=2\n"},
      {"<a href='?a=1&copy=2'>", "N a.href /d/p?a=1&copy=2\n"},
      {"<a href='?a=1&copy'>", "N a.href /d/p?a=1%A9\n"},
      {"<a href='?&ampx&amp;&lt'>", "N a.href /d/p?&ampx&%3C\n"},
      {"<a href='&#x78;&#121&#X7a;'>", "N a.href /d/xyz\n"},
      {"<a href='&#x;&#;&x;&;&'>", "N a.href /d/&#x;&#;&x;&;&\n"},
      {"<a href='/&#128;&#0;'>", "N a.href /%E2%82%AC%EF%BF%BD\n"},
      {"<a href='/&NotEqualTilde;'>", "N a.href /%E2%89%82%CC%B8\n"},
      {"<a href='/&frac12;&frac12&half;'>", "N a.href /%C2%BD%C2%BD%C2%BD\n"},
      {"<a href='/&notit;&not;'>", "N a.href /&notit;%C2%AC\n"},
      {"<a href='java&Tab;script:x'>", ""},
      {"<a href='java&#115;cript:x'>", ""}};
  CHECK(rows);
}

/* ---- Foreign content ---- */

static void test_foreign(void) {
  static const struct row rows[] = {
      {"<svg><title><a href=x></a></title></svg>", "N a.href /d/x\n"},
      {"<svg><style><a href=x></style></svg>", "N a.href /d/x\n"},
      {"<svg><script><a href=x></script></svg>", "N a.href /d/x\n"},
      {"<svg><![CDATA[<a href=x>]]></svg>", ""},
      {"<svg></svg><![CDATA[<a href=x>]]><a href=y>", "N a.href /d/y\n"},
      {"<svg/><![CDATA[<a href=x>]]><a href=y>", "N a.href /d/y\n"},
      {"<svg><p><title><a href=x></title>", ""},
      {"<svg><font color=a><title><a href=x></title>", ""},
      {"<svg><font><title><a href=x></title>", "N a.href /d/x\n"},
      {"<svg></p><title><a href=x></title>", ""},
      {"<svg><foreignObject><title><a href=x></title>", ""},
      {"<svg><foreignObject><div></svg><style><a href=x></style>", ""},
      {"<svg><foreignObject></svg><svg><style><a href=x></style>",
       "N a.href /d/x\n"},
      {"<svg><desc><xmp><a href=x></xmp></desc><xmp><a href=y></xmp>",
       "N a.href /d/y\n"},
      {"<math><mi><style><a href=x></style>", ""},
      {"<math><mi><mglyph><style><a href=x></style></mglyph>", ""},
      {"<math><annotation-xml encoding='Text/html'><style><a href=x></style>",
       ""},
      {"<math><annotation-xml><style><img src=x></style>", "R img.src /d/x\n"},
      {"<div><svg><g></div><title><a href=x></title>", ""},
      {"<svg><path/><g/></svg><title><a href=x></title>", ""}};
  CHECK(rows);
}

static void test_xml(void) {
  static const struct row rows[] = {
      {"<html><title/><script/><a href='x&amp;y'/>", "N a.href /d/x&y\n"},
      {"<style>@import '&#120;';</style><xmp><a href='x'/></xmp>",
       "R style.@import /d/x\nN a.href /d/x\n"},
      {"<![CDATA[<a href='x'>]]><?pi > <a href='x'> ?><a href='y'/>",
       "N a.href /d/y\n"},
      {"<!DOCTYPE html [<!ENTITY a '<a href=x>'> ]><a href='y'/>",
       "N a.href /d/y\n"}};
  static const struct row svg[] = {
      {"<?xml version='1.0'?><svg><style>a{b:url(x)}</style><p/>"
       "<image xlink:href='y'/></svg>",
       "R style.url() /d/x\nR image.xlink:href /d/y\n"}};
  CHECK_WITH(rows, "Content-Type: application/xhtml+xml\r\n");
  CHECK_WITH(svg, "Content-Type: image/svg+xml\r\n");
  CHECK_WITH(svg, "Content-Type: text/xml\r\n");
  CHECK(svg);
}

/* ---- URLs ---- */

static void test_base(void) {
  static const struct row rows[] = {
      {"<a href=x><base href=/b/><base href=/c/><a href=y>",
       "N a.href /b/x\nN a.href /b/y\n"},
      {"<base target=x><base href=b/><a href=x>", "N a.href /d/b/x\n"},
      {"<base href=//o.example><a href=x>", "N a.href http://o.example/x\n"},
      {"<base href=javascript:x><base href=/c/><a href=x>", "N a.href /d/x\n"},
      {"<template><base href=/b/></template><a href=x>", "N a.href /d/x\n"},
      {"<svg><base href=/b/></svg><a href=x>", "N a.href /d/x\n"},
      {"<base href='/&#98;/'><a href=x>", "N a.href /b/x\n"}};
  CHECK(rows);
}

static void test_counts(void) {
  struct found found;
  static const char text[] =
      "<a href=javascript:x><a href=mailto:a@b><a href=' data:x'>"
      "<a href='ht\ttps://x'><a href='http://a b/'><a href='http://u:p@h/x'>"
      "<a href=http:/y><a href='foo:bar'><title> A &amp;\n B </title>"
      "<title>C</title>";
  begin(&found);
  found.options.max_url_bytes = 20;
  find_bytes(&found, text, sizeof text - 1);
  CU_ASSERT_STRING_EQUAL(found.log, "N a.href https://x/\n"
                                    "N a.href http://h/x\n"
                                    "N a.href /y\n");
  CU_ASSERT_EQUAL(found.document.links, 3);
  CU_ASSERT_EQUAL(found.document.other_schemes, 4);
  CU_ASSERT_EQUAL(found.document.bad_urls, 1);
  CU_ASSERT_EQUAL(found.document.with_userinfo, 1);
  CU_ASSERT_EQUAL(found.document.long_urls, 0);
  CU_ASSERT_STRING_EQUAL(found.document.title, "A & B");
  CU_ASSERT_STRING_EQUAL(found.document.charset, "windows-1252");
  end(&found);
}

static void test_limits(void) {
  struct found found;
  static const char text[] =
      "<a href=/12345><a href=/123456><a href='/12345#long'><a href=/1>"
      "<img srcset='/2, /3, /4'>";
  begin(&found);
  found.options.max_url_bytes = strlen("http://h.example/12345");
  found.options.max_links = 4;
  find_bytes(&found, text, sizeof text - 1);
  CU_ASSERT_STRING_EQUAL(found.log, "N a.href /12345\nN a.href /12345#long\n"
                                    "N a.href /1\n");
  CU_ASSERT_EQUAL(found.document.long_urls, 1);
  lariat_crawl_document_clear(&found.document);
  found.options.max_links = 5;
  find_bytes(&found, text, sizeof text - 1);
  CU_ASSERT_EQUAL(found.document.links, 5);
  end(&found);
}

static void test_srcset(void) {
  static const struct row rows[] = {
      {"<img srcset='a'>", "R img.srcset /d/a\n"},
      {"<img srcset=' a , b'>", "R img.srcset /d/a\nR img.srcset /d/b\n"},
      {"<img srcset='a,b 2x'>", "R img.srcset /d/a,b\n"},
      {"<img srcset='a, b'>", "R img.srcset /d/a\nR img.srcset /d/b\n"},
      {"<img srcset='a 1x,b (x,y) 2x,,c'>",
       "R img.srcset /d/a\nR img.srcset /d/b\nR img.srcset /d/c\n"},
      {"<img srcset=', ,a,,'>", "R img.srcset /d/a\n"},
      {"<img srcset='data:x,y 1x, /i,w_1/j 2x'>", "R img.srcset /i,w_1/j\n"},
      {"<img srcset=''>", ""}};
  CHECK(rows);
}

#define REFRESH(content, log)                                                  \
  { "<meta http-equiv=refresh content=\"" content "\">", log }

static void test_refresh(void) {
  static const struct row rows[] = {
      REFRESH("0; url=x", "N meta.content /d/x\n"),
      REFRESH(" 0.5 ,URL = 'x'y", "N meta.content /d/x\n"),
      REFRESH("0 x", "N meta.content /d/x\n"),
      REFRESH(".;x", "N meta.content /d/x\n"),
      REFRESH("0;'x", "N meta.content /d/x\n"),
      REFRESH("0;urlx", "N meta.content /d/urlx\n"),
      REFRESH("0;url x", "N meta.content /d/url%20x\n"),
      REFRESH("0; ur=x", "N meta.content /d/ur=x\n"),
      REFRESH("0x;url=x", ""),
      REFRESH(";url=x", ""),
      REFRESH("-1;url=x", ""),
      REFRESH("0;", ""),
      REFRESH("0;url=?a=1&amp;b", "N meta.content /d/p?a=1&b\n")};
  CHECK(rows);
}

/* ---- Headers ---- */

static void test_headers(void) {
  static const struct row rows[] = {
      {"<base href=/b/><a href=x>",
       "N .Link /d/1\nR .Link /2\nN! .Link /3\nN .Refresh /d/r\n"
       "N a.href /b/x\n"}};
  static const struct row none[] = {{"<a href=x>", ""}};
  static const struct row broken[] = {{"", "N .Link /1\n"}};
  CHECK_WITH(rows,
             "Link: <1>; rel=\"next\", </2>;as=image;rel=preload;rel=x\r\n"
             "Link: </no>; rel=\"author\", </no>\r\n"
             "LINK: ,, </3> ; title=\"a, <b>; \\\" c\"; rel = "
             "\"alternate nofollow\"\r\n"
             "Refresh: 5; url=r\r\nContent-Type: text/html\r\n");
  CHECK_WITH(none, "Content-Type: text/plain\r\n");
  CHECK_WITH(broken, "Link: </1>; rel=next, no; rel=next, </2>; rel=next\r\n"
                     "Link: </3; rel=next\r\n");
}

static void test_directives(void) {
  struct found found;
  begin(&found);
  read_head(&found, "X-Robots-Tag: noarchive\r\n");
  find_bytes(&found, "<meta name=ROBOTS content='no&#105;ndex'>", 41);
  CU_ASSERT_TRUE(found.document.noarchive);
  CU_ASSERT_TRUE(found.document.noindex);
  CU_ASSERT_FALSE(found.document.nofollow);
  end(&found);
}

/* ---- Other documents ---- */

static void test_css(void) {
  static const struct row rows[] = {
      {"@import \"x\"; @import url(y) print;",
       "R .@import /d/x\nR .@import /d/y\n"},
      {"a{b:url( x ) URL('y')url(\"z\")}",
       "R .url() /d/x\nR .url() /d/y\nR .url() /d/z\n"},
      {"/* url(x) */ 'url(y)' \"@import 'z'\" aurl(w)", ""},
      {"@namespace url(x); @charset 'y'; @-moz-document url(z) {a{b:url(w)}}",
       "R .url() /d/w\n"},
      {"a{b:image-set('x' 1x, url(y) 2x, 'z' type('no/no'))} 'no'",
       "R .url() /d/x\nR .url() /d/y\nR .url() /d/z\n"},
      {"a{b:url(\\78 \\)\\y)} c{d:\\75 rl(z)}",
       "R .url() /d/x)y\nR .url() /d/z\n"},
      {"a{b:url(x y) url(x'y) url(x\ny) url(z)}", "R .url() /d/z\n"},
      {"a{b:url('x\ny') c:url(z)}", ""}, /* the second ' opens a string */
      {"a{b:url('x\ny'') c:url(z)}", "R .url() /d/z\n"},
      {"a{b:url(#x) url() url('')}", ""},
      {"a{b:url(data:x,y)", ""},
      {"a{b:url(x", "R .url() /d/x\n"},
      {"a{b:src('x')} c{d:'y'} (e('z'))", "R .url() /d/x\n"},
      {"@import/**/'x'; @import 2 'y'; @media 'z'", "R .@import /d/x\n"},
      {"a{b:url('x\\\ny')}", "R .url() /d/xy\n"}};
  CHECK_WITH(rows, "Content-Type: text/css\r\n");
}

static void test_feeds(void) {
  static const struct row rows[] = {
      {"<rss><channel><link>no</link><item><link>x</link></item></channel>"
       "</rss>",
       "N item.link /d/x\n"},
      {"<rss><channel><item><link>x</link><enclosure url='y&amp;z'/></item>"
       "<!-- <enclosure url='no'/> --></channel></rss>",
       "N item.link /d/x\nN enclosure.url /d/y&z\n"},
      {"<?xml version='1.0'?><feed><entry><link href='x'/></entry></feed>",
       "N entry.link /d/x\n"},
      {"<urlset><url><loc>/x?a&amp;b</loc></url>", "N url.loc /x?a&b\n"},
      {"<s:sitemapindex><s:sitemap><s:loc>/x</s:loc></s:sitemap>",
       "N sitemap.loc /x\n"},
      {"<other><a href='x'/></other>", ""}};
  static const struct row untyped[] = {
      {"<?xml version='1.0'?><p><a href=x>", "N a.href /d/x\n"}};
  CHECK_WITH(rows, "Content-Type: application/xml\r\n");
  check_rows(&rows[2], 1, NULL);
  CHECK(untyped);
  CHECK_WITH(rows, "Content-Type: x/y+xml\r\n");
}

/* ---- Encodings ---- */

static void test_queries(void) {
  static const struct row windows[] = {
      {"<a href='\xe9?\xe9#\xe9'>", "N a.href /d/%C3%A9?%E9#%C3%A9\n"},
      {"<a href='?&#8364;&#x3b1;'>", "N a.href /d/p?%80%26%23945%3B\n"},
      {"<meta charset=windows-1251><a href='?\xc6\n'>", "N a.href /d/p?%C6\n"},
      {"<meta charset=utf-16><a href='?\xc3\xa9'>", "N a.href /d/p?%C3%A9\n"}};
  static const struct row utf_8[] = {
      {"<a href='\xc3\xa9?\xc3\xa9'>", "N a.href /d/%C3%A9?%C3%A9\n"},
      {"<a href='\xe9?\xf0\x9f'>", "N a.href /d/%EF%BF%BD?%EF%BF%BD\n"},
      {"<meta charset=koi8-r><a href='\xc3\xa9'>", "N a.href /d/%C3%A9\n"}};
  static const struct row sjis[] = {{"<a href='\x83\x5c?\x83\x5c&\xb1'>",
                                     "N a.href /d/%E3%82%BD?%83\\&%B1\n"}};
  static const struct row russian[] = {
      {"<a href='\xc6?\xc6&#233;'>", "N a.href /d/%D0%96?%C6%26%23233%3B\n"}};
  static const struct row japanese[] = {
      {"<a href='?\x1b$B%=\x1b(Ba'>", "N a.href /d/p?%1B$B%=%1B(Ba\n"}};
  CHECK(windows);
  CHECK_WITH(utf_8, "Content-Type: text/html; charset=utf8\r\n");
  CHECK_WITH(sjis, "Content-Type: text/html; charset=Shift_JIS\r\n");
  CHECK_WITH(russian, "Content-Type: text/html; charset=cp1251\r\n");
  CHECK_WITH(japanese, "Content-Type: text/html; charset=iso-2022-jp\r\n");
}

/* The document and the name of the encoding that it is in. */
static void check_charset(struct found *found, const char *document,
                          size_t length, const char *name) {
  find_bytes(found, document, length);
  if (strcmp(found->document.charset, name) != 0)
    fixture_fail("%s is in %s, not %s", document, found->document.charset,
                 name);
  lariat_crawl_document_clear(&found->document);
}

static void test_charsets(void) {
  static const struct row rows[] = {
      {"", "windows-1252"},
      {"\xef\xbb\xbf<meta charset=koi8-r>", "UTF-8"},
      {"<meta charset=latin1>", "windows-1252"},
      {"<META CharSet = ' UTF8 '>", "UTF-8"},
      {"<meta content='a; charset=big5' http-equiv=content-type>", "Big5"},
      {"<meta content='a; charset=big5'>", "windows-1252"},
      {"<!--<meta charset=utf-8>--><meta charset=nonsense><meta charset=gbk>",
       "GBK"},
      {"<script><meta charset=utf-8>", "UTF-8"}, /* a prescan is no tokenizer */
      {"<p x='<meta charset=utf-8>'>", "windows-1252"},
      {"<meta charset=utf-16le>", "UTF-8"},
      {"<meta charset=x-user-defined>", "windows-1252"},
      {"<?xml version='1.0' encoding='koi8-r'?>", "KOI8-R"},
      {"<meta charset=utf-8", "windows-1252"}};
  struct found found;
  char late[1200];
  begin(&found);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    check_charset(&found, rows[i].document, strlen(rows[i].document),
                  rows[i].log);
  memset(late, ' ', sizeof late);
  static const char meta[] = "<meta charset=utf-8>";
  memcpy(late + sizeof late - sizeof meta, meta, sizeof meta);
  check_charset(&found, late, sizeof late - 1, "UTF-8"); /* by the tokenizer */
  read_head(&found, "Content-Type: text/html; charset=ISO-8859-2\r\n");
  check_charset(&found, rows[2].document, strlen(rows[2].document),
                "ISO-8859-2");
  check_charset(&found, rows[1].document, strlen(rows[1].document), "UTF-8");
  end(&found);
}

static void test_utf_16(void) {
  struct found found;
  static const char declared[] = "<\0?\0x\0>\0<\0a\0 \0h\0r\0e\0f\0=\0x\0>";
  static const char little[] = "\xff\xfe<\0a\0 \0h\0r\0e\0f\0=\0\xe9\0?\0\xe9"
                               "\0>\0";
  static const char big[] = "\0<\0a\0 \0h\0r\0e\0f\0=\xd8\x3d\xde\x00\0>";
  begin(&found);
  find_bytes(&found, little, sizeof little - 1);
  CU_ASSERT_STRING_EQUAL(found.log, "N a.href /d/%C3%A9?%C3%A9\n");
  CU_ASSERT_STRING_EQUAL(found.document.charset, "UTF-16LE");
  read_head(&found, "Content-Type: text/html\r\n");
  find_bytes(&found, declared, sizeof declared);
  CU_ASSERT_STRING_EQUAL(found.log, "N a.href /d/x\n");
  read_head(&found, "Content-Type: text/html; charset=utf-16be\r\n");
  find_bytes(&found, big, sizeof big - 1);
  CU_ASSERT_STRING_EQUAL(found.log, "N a.href /d/%F0%9F%98%80\n");
  read_head(&found, "Content-Type: text/html; charset=iso-2022-kr\r\n");
  find_bytes(&found, "<a href=x>", 10);
  CU_ASSERT_STRING_EQUAL(found.log, "");
  CU_ASSERT_STRING_EQUAL(found.document.charset, "replacement");
  end(&found);
}

static void test_titles(void) {
  static const struct row rows[] = {
      {"<title>\xe9 &eacute; &copyx\n\t y </title>", "\xc3\xa9 \xc3\xa9 \xc2"
                                                     "\xa9x y"},
      {"<title>&</title>", "&"},
      {"<svg><title>x</title></svg><title>y</title>", "y"},
      {"<title>x", "x"}};
  struct found found;
  char text[2000] = "<title>";
  begin(&found);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    find_bytes(&found, rows[i].document, strlen(rows[i].document));
    CU_ASSERT_STRING_EQUAL(found.document.title, rows[i].log);
    lariat_crawl_document_clear(&found.document);
  }
  find_bytes(&found, "<title> </title>", 16);
  CU_ASSERT_PTR_NULL(found.document.title);
  for (size_t i = 7; i + 1 < sizeof text; i++) text[i] = '\xe9';
  find_bytes(&found, text, sizeof text - 1);
  CU_ASSERT_EQUAL(strlen(found.document.title), 512);
  end(&found);
}

/* ---- Hostile documents ---- */

/* Makes a document of a text again and again; the caller frees it. */
static char *repeat(const char *before, const char *text, size_t times,
                    size_t *length) {
  size_t head = strlen(before), some = strlen(text);
  char *bytes = malloc(head + some * times);
  if (!bytes) abort();
  memcpy(bytes, before, head);
  for (size_t i = 0; i < times; i++)
    memcpy(bytes + head + i * some, text, some);
  *length = head + some * times;
  return bytes;
}

static void count_link(const lariat_crawl_link *link, void *context) {
  (void)link;
  ++*(uint64_t *)context;
}

static void test_hostile(void) {
  static const struct {
    const char *before, *text;
    size_t times;
    uint64_t links;
    size_t most; /* bytes of memory */
  } rows[] = {{"", "<a href=x>", 1200000, 1000000, 40 << 20},
              {"", "<div>", 100000, 0, 64 << 10},
              {"<svg>", "<g>", 100000, 0, 64 << 10},
              {"<svg>", "<foreignObject><b>", 100000, 0, 64 << 10},
              {"<a href='", "x", 4 << 20, 0, 64 << 10},
              {"<a ", "b=c ", 1 << 20, 0, 64 << 10},
              {"<!--", "-", 4 << 20, 0, 64 << 10},
              {"<script><!--", "<script><!--", 1 << 18, 0, 64 << 10},
              {"<textarea>", "</textare", 1 << 18, 0, 64 << 10},
              {"<img srcset='", "x,", 1 << 20, 0, 64 << 10},
              {"<style>", "url(", 1 << 20, 0, 64 << 10},
              {"<a href='&", "amp", 1 << 20, 0, 64 << 10},
              {"<svg><style>", "<![CDATA[", 1 << 18, 0, 64 << 10},
              {"<svg><foreignObject>", "<b></i>", 1 << 16, 0, 64 << 10}};
  lariat_url *url;
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lariat_crawl_document document;
    uint64_t links = 0;
    size_t length;
    open_fixture();
    char *bytes = repeat(rows[i].before, rows[i].text, rows[i].times, &length);
    CU_ASSERT_EQUAL_FATAL(lariat_url_parse("http://h/", 9, NULL, &url, NULL),
                          LARIAT_OK);
    CU_ASSERT_EQUAL(lariat_crawl_links_find(NULL, url, NULL, bytes, length,
                                            count_link, &links, &document),
                    LARIAT_OK);
    CU_ASSERT_EQUAL(links, rows[i].links);
    if (fixture_peak_bytes(&fixture) > rows[i].most)
      fixture_fail("%s: %zu bytes of memory", rows[i].text,
                   (size_t)fixture_peak_bytes(&fixture));
    lariat_crawl_document_clear(&document);
    lariat_url_free(url);
    free(bytes);
    close_fixture();
  }
}

/* A value of megabytes is one that is too long; one of a megabyte of commas in
 * a srcset is none. */
static void test_long_values(void) {
  struct found found;
  size_t length;
  begin(&found);
  char *bytes = repeat("<a href='", "x", 4 << 20, &length);
  memcpy(bytes + length - 2, "'>", 2);
  find_bytes(&found, bytes, length);
  CU_ASSERT_EQUAL(found.document.long_urls, 1);
  free(bytes);
  bytes = repeat("<img src='data:", "&amp;", 1 << 20, &length);
  memcpy(bytes + length - 2, "'>", 2);
  find_bytes(&found, bytes, length);
  CU_ASSERT_EQUAL(found.document.other_schemes, 1);
  free(bytes);
  bytes = repeat("<a href='", "x", 1 << 20, &length);
  memset(bytes + 9, '\0', length - 9);
  memcpy(bytes + length - 2, "'>", 2);
  find_bytes(&found, bytes, length);
  CU_ASSERT_EQUAL(found.document.long_urls, 1);
  free(bytes);
  end(&found);
}

static void test_arguments(void) {
  lariat_url *url;
  lariat_crawl_document document;
  lariat_crawl_links_options options = lariat_crawl_links_defaults();
  uint64_t links = 0;
  open_fixture();
  CU_ASSERT_EQUAL_FATAL(lariat_url_parse("http://h/", 9, NULL, &url, NULL),
                        LARIAT_OK);
#define FIND(options, url, callback, length)                                   \
  lariat_crawl_links_find(options, url, NULL, "", length, callback, &links,    \
                          &document)
  CU_ASSERT_EQUAL(FIND(NULL, NULL, count_link, 0), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(FIND(NULL, url, NULL, 0), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(FIND(NULL, url, count_link, (size_t)1 << 32),
                  LARIAT_EBODYLIMIT);
  options.max_url_bytes = 65537;
  CU_ASSERT_EQUAL(FIND(&options, url, count_link, 0), LARIAT_EINVAL);
  options.max_url_bytes = 0;
  CU_ASSERT_EQUAL(FIND(&options, url, count_link, 0), LARIAT_EINVAL);
  options = lariat_crawl_links_defaults();
  options.max_links = 0;
  CU_ASSERT_EQUAL(FIND(&options, url, count_link, 0), LARIAT_EINVAL);
  options = lariat_crawl_links_defaults();
  options.size = 0;
  CU_ASSERT_EQUAL(FIND(&options, url, count_link, 0), LARIAT_EINVAL);
#undef FIND
  lariat_url_free(url);
  close_fixture();
}

static void test_out_of_memory(void) {
  static const char text[] =
      "<title>\xe9</title><base href='/\xe9&amp;'><a href='?\xe9&eacute;'>"
      "<a href='http://u@h/'><img srcset='a, b'><p style='a:url(\\78)'>"
      "<meta charset=big5><link rel='ne&#120;t' href=x>";
  lariat_status status = LARIAT_ENOMEM;
  lariat_url *url;
  open_fixture();
  CU_ASSERT_EQUAL_FATAL(lariat_url_parse("http://h/", 9, NULL, &url, NULL),
                        LARIAT_OK);
  for (uint64_t nth = 1; status == LARIAT_ENOMEM && nth < 1000; nth++) {
    lariat_crawl_document document;
    uint64_t links = 0;
    fixture_fail_allocation(&fixture, nth);
    status = lariat_crawl_links_find(NULL, url, NULL, text, sizeof text - 1,
                                     count_link, &links, &document);
    if (status == LARIAT_OK) CU_ASSERT_EQUAL(links, 6);
    lariat_crawl_document_clear(&document);
  }
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  fixture_fail_allocation(&fixture, 0);
  lariat_url_free(url);
  close_fixture();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"navigation", test_navigation},
      {"requisites", test_requisites},
      {"forms and hints", test_forms_and_hints},
      {"nofollow", test_nofollow},
      {"SVG", test_svg},
      {"raw text", test_raw_text},
      {"scripts", test_scripts},
      {"comments", test_comments},
      {"attributes", test_attributes},
      {"character references", test_references},
      {"foreign content", test_foreign},
      {"XHTML and SVG as XML", test_xml},
      {"base", test_base},
      {"counts", test_counts},
      {"limits", test_limits},
      {"srcset", test_srcset},
      {"refresh", test_refresh},
      {"headers", test_headers},
      {"directives for robots", test_directives},
      {"CSS", test_css},
      {"feeds and sitemaps", test_feeds},
      {"queries in the document's encoding", test_queries},
      {"encodings", test_charsets},
      {"UTF-16", test_utf_16},
      {"titles", test_titles},
      {"hostile documents are bounded", test_hostile},
      {"long values", test_long_values},
      {"arguments", test_arguments},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("links", tests, FIXTURE_COUNT(tests), argc, argv);
}
