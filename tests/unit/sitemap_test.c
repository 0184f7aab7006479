/* SPDX-License-Identifier: MIT
 * sitemap_test.c: sitemaps and feeds, in pieces of each size; what is skipped,
 * what is wrong with them, and that hostile ones are bounded. */
#include <lariat/crawl/sitemap.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "support/fixture.h"

static struct fixture fixture;

static void open_fixture(void) { fixture_open(&fixture, FIXTURE_NO_REACTOR); }
static void close_fixture(void) { fixture_close(&fixture); }

/* ---- Reading ---- */

/* What came of a sitemap: a line for each entry. */
struct outcome {
  char log[4000];
  size_t length;
  unsigned stop_at; /* the entry that the callback says false at; 0: none */
  unsigned count;
  lariat_status status;
  lariat_crawl_sitemap_kind kind;
  unsigned line;
  uint64_t skipped;
  char reason[96];
};

static void log_text(struct outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void log_text(struct outcome *outcome, const char *format, ...) {
  size_t left = sizeof outcome->log - outcome->length;
  va_list arguments;
  va_start(arguments, format);
  int written =
      vsnprintf(outcome->log + outcome->length, left, format, arguments);
  va_end(arguments);
  if (written > 0 && (size_t)written < left) outcome->length += (size_t)written;
}

static bool keep_entry(const lariat_crawl_sitemap_entry *entry, void *context) {
  struct outcome *outcome = context;
  CU_ASSERT_EQUAL(strlen(entry->url), entry->url_length);
  log_text(outcome, "%u %s", entry->line, entry->url);
  if (entry->lastmod != LARIAT_CRAWL_NO_TIME)
    log_text(outcome, " at %jd", (intmax_t)entry->lastmod);
  if (entry->changefreq) log_text(outcome, " every %d", entry->changefreq);
  if (entry->priority >= 0) log_text(outcome, " priority %d", entry->priority);
  log_text(outcome, "%s\n",
           entry->kind == LARIAT_CRAWL_SITEMAP_INDEX ? " (index)" : "");
  return ++outcome->count != outcome->stop_at;
}

/* Feeds pieces of `size` bytes, each from memory of its own. */
static lariat_status feed_pieces(lariat_crawl_sitemap *sitemap,
                                 const char *bytes, size_t length,
                                 size_t size) {
  lariat_status status = LARIAT_OK;
  while (length && status == LARIAT_OK) {
    size_t some = size < length ? size : length;
    char *copy = malloc(some);
    if (!copy) abort();
    memcpy(copy, bytes, some);
    status = lariat_crawl_sitemap_feed(sitemap, copy, some);
    free(copy);
    bytes += some;
    length -= some;
  }
  return status;
}

static void read_in_pieces(struct outcome *outcome,
                           const lariat_crawl_sitemap_options *options,
                           const char *bytes, size_t length, size_t size) {
  lariat_crawl_sitemap *sitemap;
  unsigned stop_at = outcome->stop_at;
  memset(outcome, 0, sizeof *outcome);
  outcome->stop_at = stop_at;
  CU_ASSERT_EQUAL_FATAL(
      lariat_crawl_sitemap_new(options, keep_entry, outcome, &sitemap),
      LARIAT_OK);
  outcome->status = feed_pieces(sitemap, bytes, length, size);
  if (outcome->status == LARIAT_OK)
    outcome->status = lariat_crawl_sitemap_end(sitemap);
  CU_ASSERT_EQUAL(lariat_crawl_sitemap_end(sitemap), outcome->status);
  CU_ASSERT_EQUAL(lariat_crawl_sitemap_entries(sitemap), outcome->count);
  outcome->kind = lariat_crawl_sitemap_kind_of(sitemap);
  outcome->line = lariat_crawl_sitemap_line(sitemap);
  outcome->skipped = lariat_crawl_sitemap_skipped(sitemap);
  snprintf(outcome->reason, sizeof outcome->reason, "%s",
           lariat_crawl_sitemap_reason(sitemap));
  lariat_crawl_sitemap_free(sitemap);
}

static void compare(const struct outcome *a, const struct outcome *b,
                    size_t size) {
  if (strcmp(a->log, b->log) != 0)
    fixture_fail("pieces of %zu: %s instead of %s", size, b->log, a->log);
  CU_ASSERT_EQUAL(a->status, b->status);
  CU_ASSERT_EQUAL(a->kind, b->kind);
  CU_ASSERT_EQUAL(a->line, b->line);
  CU_ASSERT_EQUAL(a->skipped, b->skipped);
  CU_ASSERT_STRING_EQUAL(a->reason, b->reason);
}

/* Reads it at once, and in pieces of each size, which comes to the same. */
static void read_bytes(struct outcome *outcome, const char *bytes,
                       size_t length) {
  struct outcome other = {.stop_at = outcome->stop_at};
  read_in_pieces(outcome, NULL, bytes, length, length + 1);
  for (size_t size = 1; size < length && size < 300; size++) {
    read_in_pieces(&other, NULL, bytes, length, size);
    compare(outcome, &other, size);
  }
}

static void check_log(const struct outcome *outcome, const char *log) {
  if (strcmp(outcome->log, log) != 0)
    fixture_fail("%s\ninstead of\n%s", outcome->log, log);
}

/* Checks a good sitemap. */
static void check_good(const char *text, lariat_crawl_sitemap_kind kind,
                       const char *log) {
  struct outcome outcome = {.count = 0};
  read_bytes(&outcome, text, strlen(text));
  check_log(&outcome, log);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_OK);
  CU_ASSERT_EQUAL(outcome.kind, kind);
  CU_ASSERT_EQUAL(outcome.line, 0);
  CU_ASSERT_STRING_EQUAL(outcome.reason, "");
}

/* Checks a bad one: what is before the fault has been told. */
static void check_bad(const char *text, lariat_status status, unsigned line,
                      const char *reason, const char *log) {
  struct outcome outcome = {.count = 0};
  read_bytes(&outcome, text, strlen(text));
  check_log(&outcome, log);
  CU_ASSERT_EQUAL(outcome.status, status);
  CU_ASSERT_EQUAL(outcome.line, line);
  CU_ASSERT_STRING_EQUAL(outcome.reason, reason);
}

static void check_skipped(const char *text, uint64_t skipped, const char *log) {
  struct outcome outcome = {.count = 0};
  read_bytes(&outcome, text, strlen(text));
  check_log(&outcome, log);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_OK);
  CU_ASSERT_EQUAL(outcome.skipped, skipped);
}

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define NAMESPACE "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\""

/* ---- Formats ---- */

static void test_urlset(void) {
  open_fixture();
  check_good(XML "<urlset " NAMESPACE ">\n"
                 "<url><loc>http://a.example/?x=1&amp;y=%C3%A9</loc>"
                 "<lastmod>2026-11-30</lastmod><changefreq>daily</changefreq>"
                 "<priority>0.8</priority></url>\n"
                 "<url>\n <priority>1.0</priority>\n <loc>\n"
                 "  https://a.example/b\n </loc></url>\n"
                 "<url><loc><![CDATA[http://a.example/c&d]]></loc>"
                 "<changefreq>often</changefreq><priority>2</priority>"
                 "<lastmod>yesterday</lastmod></url></urlset>\n",
             LARIAT_CRAWL_SITEMAP_URLSET,
             "3 http://a.example/?x=1&y=%C3%A9 at 1795996800 every 3 priority "
             "800\n"
             "8 https://a.example/b priority 1000\n"
             "9 http://a.example/c&d\n");
  check_good("<urlset/>", LARIAT_CRAWL_SITEMAP_URLSET, "");
  close_fixture();
}

static void test_index(void) {
  open_fixture();
  check_good(XML "<sitemapindex " NAMESPACE ">\n"
                 "<sitemap><loc>http://a.example/1.xml.gz</loc>"
                 "<lastmod>2026-11-30T12:00:00+01:00</lastmod></sitemap>\n"
                 "<sitemap><loc>http://a.example/2.xml</loc></sitemap>\n"
                 "<url><loc>http://a.example/no</loc></url></sitemapindex>",
             LARIAT_CRAWL_SITEMAP_INDEX,
             "3 http://a.example/1.xml.gz at 1796036400 (index)\n"
             "4 http://a.example/2.xml (index)\n");
  close_fixture();
}

/* Elements of other namespaces are not of the sitemap, whether their prefix is
 * declared or not, nor are those that stand elsewhere. */
static void test_extensions(void) {
  open_fixture();
  check_good("<urlset><url><loc>http://a.example/1</loc>"
             "<image:image><image:loc>http://a.example/i</image:loc>"
             "<loc>http://a.example/j</loc></image:image>"
             "<xhtml:link rel='alternate' href='http://a.example/k'/></url>"
             "<loc>http://a.example/l</loc>"
             "<x><url><loc>http://a.example/m</loc></url></x>"
             "<x:url><loc>http://a.example/n</loc></x:url></urlset>",
             LARIAT_CRAWL_SITEMAP_URLSET, "1 http://a.example/1\n");
  check_good("<s:urlset xmlns:s='x'><s:url><s:loc>http://a.example/1</s:loc>"
             "<loc>http://a.example/2</loc></s:url>"
             "<url><s:loc>http://a.example/3</s:loc></url></s:urlset>",
             LARIAT_CRAWL_SITEMAP_URLSET, "1 http://a.example/1\n");
  check_good("<urlset><url><loc>http://a<b>no</b>.example/1</loc>"
             "<loc>http://a.example/2</loc></url></urlset>",
             LARIAT_CRAWL_SITEMAP_URLSET, "1 http://a.example/1\n");
  close_fixture();
}

static void test_text(void) {
  open_fixture();
  check_good("http://a.example/1\n  HTTPS://a.example/2 \r\n\r\n\n"
             "http://a.example/3\rhttp://a.example/\xc3\xa9",
             LARIAT_CRAWL_SITEMAP_TEXT,
             "1 http://a.example/1\n2 HTTPS://a.example/2\n"
             "5 http://a.example/3\n6 http://a.example/\xc3\xa9\n");
  check_skipped("\xef\xbb\xbfhttp://a.example/1\n# comment\n/relative\n"
                "http://a.example/2\n",
                2, "1 http://a.example/1\n4 http://a.example/2\n");
  check_skipped("no\n\nsitemap at all", 2, "");
  check_good("", LARIAT_CRAWL_SITEMAP_UNKNOWN, "");
  check_good(" \n\n", LARIAT_CRAWL_SITEMAP_UNKNOWN, "");
  close_fixture();
}

static void test_rss(void) {
  open_fixture();
  check_good(XML
             "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">"
             "<channel>\n<link>http://a.example/</link>"
             "<atom:link href=\"http://a.example/feed\" rel=\"self\"/>\n"
             "<item><title>1</title><link>http://a.example/1</link>"
             "<pubDate>Mon, 30 Nov 2026 12:00:00 GMT</pubDate>"
             "<guid>http://a.example/?p=1</guid></item>\n"
             "<item><guid isPermaLink=\"true\">http://a.example/2</guid>"
             "</item>\n"
             "<item><guid isPermaLink=\"false\">urn:3</guid></item>\n"
             "<item><guid>http://a.example/?p=4</guid>"
             "<link>/4</link></item>\n</channel></rss>",
             LARIAT_CRAWL_SITEMAP_RSS,
             "4 http://a.example/1 at 1796040000\n5 http://a.example/2\n"
             "7 /4\n");
  close_fixture();
}

static void test_atom(void) {
  open_fixture();
  check_good(XML "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
                 "<link href=\"http://a.example/\"/><updated>2026</updated>\n"
                 "<entry><link rel=\"self\" href=\"http://a.example/s\"/>"
                 "<link href=\"http://a.example/1?a&amp;b\"/>"
                 "<link href=\"http://a.example/other\"/>"
                 "<updated>2026-11-30T12:00:00.5Z</updated></entry>\n"
                 "<entry><link rel=\"alternate\" href=\" http://a.example/2 "
                 "\"/></entry>\n"
                 "<entry><id>urn:3</id></entry>\n</feed>",
             LARIAT_CRAWL_SITEMAP_ATOM,
             "4 http://a.example/1?a&b at 1796040000\n5 http://a.example/2\n");
  close_fixture();
}

/* ---- Times ---- */

static void check_time(const char *before, const char *time, const char *behind,
                       const char *log) {
  char text[400];
  struct outcome outcome = {.count = 0};
  snprintf(text, sizeof text, "%s%s%s", before, time, behind);
  read_in_pieces(&outcome, NULL, text, strlen(text), sizeof text);
  if (strcmp(outcome.log + 2, log) != 0)
    fixture_fail("%s: %s", time, outcome.log);
}

static void test_w3c_times(void) {
  static const char *const rows[][2] = {
      {"2026", "u at 1767225600\n"},
      {"2026-11", "u at 1793491200\n"},
      {"2026-11-30", "u at 1795996800\n"},
      {" 2026-11-30\n", "u at 1795996800\n"},
      {"2026-11-30T10:05Z", "u at 1796033100\n"},
      {"2026-11-30 10:05:07", "u at 1796033107\n"},
      {"2026-11-30T10:05:07.123456+01:30", "u at 1796027707\n"},
      {"2026-11-30t10:05:07-0800", "u at 1796061907\n"},
      {"1970-01-01T00:00:00Z", "u at 0\n"},
      {"0001-01-01", "u at -62135596800\n"},
      {"2024-02-29", "u at 1709164800\n"},
      {"2000-02-29", "u at 951782400\n"},
      {"9999-12-31T23:59:60Z", "u at 253402300800\n"},
      {"2023-02-29", "u\n"},
      {"1900-02-29", "u\n"},
      {"2026-13-01", "u\n"},
      {"2026-00-01", "u\n"},
      {"2026-11-31", "u\n"},
      {"2026-11-30T25:00Z", "u\n"},
      {"2026-11-30T10:60Z", "u\n"},
      {"2026-11-30T10:00+1", "u\n"},
      {"2026-11-30T10:00Zx", "u\n"},
      {"20261130", "u\n"},
      {"2026-1-1", "u\n"},
      {"0000-01-01", "u\n"},
      {"99999999999999999999", "u\n"},
      {"", "u\n"}};
  open_fixture();
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    check_time("<urlset><url><loc>u</loc><lastmod>", rows[i][0],
               "</lastmod></url></urlset>", rows[i][1]);
  close_fixture();
}

static void test_mail_times(void) {
  static const char *const rows[][2] = {
      {"Mon, 30 Nov 2026 12:00:00 GMT", "u at 1796040000\n"},
      {"30 Nov 2026 12:00:00 +0100", "u at 1796036400\n"},
      {"Mon,30 Nov 26 12:00 EST", "u at 1796058000\n"},
      {"Monday, 30-November-2026 12:00:00 PDT", "u at 1796065200\n"},
      {"Mon, 1 Jan 1990 00:00:00 UT", "u at 631152000\n"},
      {"1 jan 90 00:00:00 Z", "u at 631152000\n"},
      {"Mon, 30 Nov 2026", "u at 1795996800\n"},
      {"Mon, 30 Nov 2026 12:00:00 Moon", "u at 1796040000\n"},
      {"Mon, 31 Nov 2026 12:00:00 GMT", "u\n"},
      {"Mon, 30 Foo 2026 12:00:00 GMT", "u\n"},
      {"Mon, 30 Nov 2026 12", "u\n"},
      {"Mon, 30 Nov", "u\n"},
      {"Mon,", "u\n"},
      {"2026-11-30", "u\n"}};
  open_fixture();
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    check_time("<rss><channel><item><link>u</link><pubDate>", rows[i][0],
               "</pubDate></item></channel></rss>", rows[i][1]);
  close_fixture();
}

static void test_priorities(void) {
  static const char *const rows[][2] = {{"0", "u priority 0\n"},
                                        {"0.5", "u priority 500\n"},
                                        {".25", "u priority 250\n"},
                                        {"1.0", "u priority 1000\n"},
                                        {"0.12345", "u priority 123\n"},
                                        {"1.1", "u\n"},
                                        {"-1", "u\n"},
                                        {"high", "u\n"},
                                        {"0,5", "u\n"}};
  open_fixture();
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    check_time("<urlset><url><loc>u</loc><priority>", rows[i][0],
               "</priority></url></urlset>", rows[i][1]);
  close_fixture();
}

/* ---- What is before, behind and wrong ---- */

static void test_before_and_behind(void) {
  open_fixture();
  check_good("\n\n \xef\xbb\xbf\n" XML
             "<urlset><url><loc>http://a.example/1</loc></url></urlset>\n"
             "<!-- x -->\nWarning: <b> & junk",
             LARIAT_CRAWL_SITEMAP_URLSET, "5 http://a.example/1\n");
  check_good("\xef\xbb\xbf" XML
             "<!DOCTYPE urlset SYSTEM \"http://a.example/no.dtd\"><urlset/>",
             LARIAT_CRAWL_SITEMAP_URLSET, "");
  close_fixture();
}

#define FIRST "<url><loc>http://a.example/1</loc></url>\n"

static void test_wrong_xml(void) {
  open_fixture();
  check_bad("<urlset>\n" FIRST "<url><loc>http://a.example/?a&b</loc></url>",
            LARIAT_EFORMAT, 3, "not well-formed (invalid token)",
            "2 http://a.example/1\n");
  check_bad("<urlset>\n" FIRST "<url>\n</loc>", LARIAT_EFORMAT, 4,
            "mismatched tag", "2 http://a.example/1\n");
  check_bad("<urlset>\n" FIRST "&nbsp;</urlset>", LARIAT_EFORMAT, 3,
            "undefined entity", "2 http://a.example/1\n");
  check_bad("<urlset>\n" FIRST "\xff\xfe</urlset>", LARIAT_EFORMAT, 3,
            "not well-formed (invalid token)", "2 http://a.example/1\n");
  check_bad("<!DOCTYPE html>\n<html><body>no</body></html>", LARIAT_EFORMAT, 2,
            "the root element html is not a sitemap's", "");
  check_bad("<rdf:RDF/>", LARIAT_EFORMAT, 1,
            "the root element rdf:RDF is not a sitemap's", "");
  close_fixture();
}

static void test_cut_xml(void) {
  open_fixture();
  check_bad("<urlset>\n" FIRST "<url><loc>http://a.example/2</loc>",
            LARIAT_ETRUNCATED, 3, "no element found", "2 http://a.example/1\n");
  check_bad("<urlset>\n" FIRST "<url><loc>http://a.example/2</lo",
            LARIAT_ETRUNCATED, 3, "unclosed token", "2 http://a.example/1\n");
  check_bad("<", LARIAT_ETRUNCATED, 1, "unclosed token", "");
  close_fixture();
}

static void test_hostile_xml(void) {
  open_fixture();
  check_bad("<!DOCTYPE urlset [\n<!ENTITY a \"http://a.example/\">\n]>"
            "<urlset><url><loc>&a;</loc></url></urlset>",
            LARIAT_EFORMAT, 2, "it declares entities", "");
  check_bad("<!DOCTYPE urlset [\n\n<!ENTITY % a SYSTEM \"file:///etc/hosts\">"
            "%a;]><urlset/>",
            LARIAT_EFORMAT, 3, "it declares entities", "");
  close_fixture();
}

static void test_skipped_entries(void) {
  open_fixture();
  check_skipped("<urlset><url/><url><loc> </loc></url><url><lastmod>2026"
                "</lastmod></url>" FIRST "</urlset>",
                3, "1 http://a.example/1\n");
  close_fixture();
}

static void test_encodings(void) {
  struct outcome outcome = {.count = 0};
  static const char wide[] = "\xff\xfe<\0u\0r\0l\0s\0e\0t\0>\0<\0u\0r\0l\0>\0"
                             "<\0l\0o\0c\0>\0\xe9\0<\0/\0l\0o\0c\0>\0<\0/\0u\0"
                             "r\0l\0>\0<\0/\0u\0r\0l\0s\0e\0t\0>";
  open_fixture();
  read_bytes(&outcome, wide, sizeof wide);
  check_log(&outcome, "1 \xc3\xa9\n");
  check_good("<?xml version='1.0' encoding='ISO-8859-1'?><urlset><url><loc>"
             "http://a.example/\xe9</loc></url></urlset>",
             LARIAT_CRAWL_SITEMAP_URLSET, "1 http://a.example/\xc3\xa9\n");
  check_skipped("<?xml version='1.0' encoding='windows-1251'?><urlset><url>"
                "<x>\xe9</x><loc>http://a.example/1</loc></url><url><loc>"
                "http://a.example/\xe9</loc></url></urlset>",
                1, "1 http://a.example/1\n");
  check_bad("<?xml version='1.0' encoding='x-none'?><urlset/>", LARIAT_EFORMAT,
            1, "unknown encoding", "");
  close_fixture();
}

/* ---- gzip ---- */

static size_t compress_text(const char *text, size_t length, char *to,
                            size_t capacity) {
  z_stream stream = {.next_in = (z_const Bytef *)(uintptr_t)text,
                     .avail_in = (uInt)length,
                     .next_out = (Bytef *)to,
                     .avail_out = (uInt)capacity};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  CU_ASSERT_EQUAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
  deflateEnd(&stream);
  return capacity - stream.avail_out;
}

static const char zipped_text[] = "<urlset>\n" FIRST "\n" FIRST "</urlset>";
#define ZIPPED_LOG "2 http://a.example/1\n4 http://a.example/1\n"

static void test_gzip(void) {
  char bytes[1000];
  struct outcome outcome = {.count = 0};
  open_fixture();
  size_t half = sizeof zipped_text / 2;
  size_t length = compress_text(zipped_text, half, bytes, sizeof bytes);
  length += compress_text(zipped_text + half, sizeof zipped_text - 1 - half,
                          bytes + length, sizeof bytes - length);
  read_bytes(&outcome, bytes, length);
  check_log(&outcome, ZIPPED_LOG);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_OK);
  memset(bytes + length, 0, 20);
  read_bytes(&outcome, bytes, length + 20);
  check_log(&outcome, ZIPPED_LOG);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_OK);
  length = compress_text("http://a.example/1", 18, bytes, sizeof bytes);
  read_bytes(&outcome, bytes, length);
  check_log(&outcome, "1 http://a.example/1\n");
  close_fixture();
}

static void test_bad_gzip(void) {
  char bytes[1000];
  struct outcome outcome = {.count = 0};
  open_fixture();
  size_t length =
      compress_text(zipped_text, sizeof zipped_text - 1, bytes, sizeof bytes);
  read_bytes(&outcome, bytes, length - 5);
  check_log(&outcome, ZIPPED_LOG);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_ETRUNCATED);
  bytes[length - 6] ^= 1; /* of the checksum */
  read_bytes(&outcome, bytes, length);
  check_log(&outcome, ZIPPED_LOG);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_EENCODING);
  CU_ASSERT_STRING_EQUAL(outcome.reason, "its gzip is broken");
  read_bytes(&outcome, "\x1f\x8b", 2);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_ETRUNCATED);
  read_bytes(&outcome, "\x1f", 1);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_OK);
  CU_ASSERT_EQUAL(outcome.skipped, 1);
  close_fixture();
}

/* ---- Limits ---- */

static void check_limit(const lariat_crawl_sitemap_options *options,
                        const char *text, const char *reason, const char *log) {
  struct outcome outcome = {.count = 0};
  for (size_t size = 1; size <= strlen(text); size++) {
    read_in_pieces(&outcome, options, text, strlen(text), size);
    check_log(&outcome, log);
    CU_ASSERT_EQUAL(outcome.status, LARIAT_EBODYLIMIT);
    CU_ASSERT_STRING_EQUAL(outcome.reason, reason);
  }
}

static void test_limits(void) {
  lariat_crawl_sitemap_options options = lariat_crawl_sitemap_defaults();
  struct outcome outcome = {.count = 0};
  CU_ASSERT_EQUAL(options.max_entries, 50000);
  CU_ASSERT_EQUAL(options.max_bytes, 52428800);
  CU_ASSERT_EQUAL(options.max_url_bytes, 2048);
  open_fixture();
  options.max_entries = 1;
  check_limit(&options, "<urlset>\n" FIRST FIRST FIRST "</urlset>",
              "more than 1 entries", "2 http://a.example/1\n");
  check_limit(&options, "http://a.example/1\n\nhttp://b.example/2",
              "more than 1 entries", "1 http://a.example/1\n");
  options.max_entries = 10;
  options.max_bytes = 52;
  check_limit(&options, "<urlset>\n" FIRST FIRST "</urlset>",
              "more than 52 bytes", "2 http://a.example/1\n");
  check_limit(
      &options, "http://a.example/1\nhttp://b.example/2\nhttp://c/333333",
      "more than 52 bytes", "1 http://a.example/1\n2 http://b.example/2\n");
  options.max_bytes = 1000;
  options.max_url_bytes = 18;
  read_in_pieces(&outcome, &options, "http://a.example/1 \nhttp://a.example/12",
                 39, 40);
  check_log(&outcome, "1 http://a.example/1\n");
  CU_ASSERT_EQUAL(outcome.skipped, 1);
  read_in_pieces(&outcome, &options,
                 "<urlset>" FIRST
                 "<url><loc>http://a.example/12</loc></url></urlset>",
                 99, 100);
  check_log(&outcome, "1 http://a.example/1\n");
  CU_ASSERT_EQUAL(outcome.skipped, 1);
  close_fixture();
}

static bool never(const lariat_crawl_sitemap_entry *entry, void *context) {
  (void)entry, (void)context;
  return false;
}

static void test_options(void) {
  lariat_crawl_sitemap_options options = lariat_crawl_sitemap_defaults();
  lariat_crawl_sitemap *sitemap;
  CU_ASSERT_EQUAL(lariat_crawl_sitemap_new(NULL, NULL, NULL, &sitemap),
                  LARIAT_EINVAL);
  for (int i = 0; i < 5; i++) {
    options = lariat_crawl_sitemap_defaults();
    if (i == 0) options.size = 0;
    if (i == 1) options.max_entries = 0;
    if (i == 2) options.max_bytes = 0;
    if (i == 3) options.max_url_bytes = 0;
    if (i == 4) options.max_url_bytes = (1 << 20) + 1;
    CU_ASSERT_EQUAL(lariat_crawl_sitemap_new(&options, never, NULL, &sitemap),
                    LARIAT_EINVAL);
    CU_ASSERT_PTR_NULL(sitemap);
  }
}

static void test_stopping(void) {
  struct outcome outcome = {.stop_at = 2};
  static const char text[] = "<urlset>\n" FIRST FIRST FIRST "</urlset>";
  open_fixture();
  read_bytes(&outcome, text, sizeof text - 1);
  check_log(&outcome, "2 http://a.example/1\n3 http://a.example/1\n");
  CU_ASSERT_EQUAL(outcome.status, LARIAT_ECANCELLED);
  close_fixture();
}

/* Many entries, which expat gets in several pieces. */
static void test_many_entries(void) {
  enum { ENTRIES = 2000, ENTRY = 60 };
  static const size_t sizes[] = {1, 7, 100, 16383, 16384, 16385, 1 << 20};
  static char text[ENTRIES * ENTRY + 100];
  struct outcome first = {.count = 0}, other = {.count = 0};
  char *end = text + snprintf(text, 100, "<urlset>\n");
  open_fixture();
  for (int i = 0; i < ENTRIES; i++)
    end +=
        snprintf(end, ENTRY, "<url><loc>http://a.example/%d</loc></url>\n", i);
  for (int cut = 0; cut < 100; cut += 33) {
    size_t length = (size_t)(end - text) - (size_t)cut;
    read_in_pieces(&first, NULL, text, length, length);
    CU_ASSERT_EQUAL(first.count, (unsigned)(ENTRIES - (cut + 41) / 43));
    CU_ASSERT_EQUAL(first.status, LARIAT_ETRUNCATED);
    for (size_t i = 0; i < FIXTURE_COUNT(sizes); i++) {
      read_in_pieces(&other, NULL, text, length, sizes[i]);
      CU_ASSERT_EQUAL(other.count, first.count);
      compare(&first, &other, sizes[i]);
    }
  }
  close_fixture();
}

/* ---- Memory ---- */

/* Feeds `count` times the same piece, after a beginning, and returns what comes
 * of it. */
static lariat_status feed_many(const char *begin, const char *piece,
                               size_t count, const char *reason) {
  lariat_crawl_sitemap *sitemap;
  struct outcome outcome = {.stop_at = 0};
  CU_ASSERT_EQUAL_FATAL(
      lariat_crawl_sitemap_new(NULL, keep_entry, &outcome, &sitemap),
      LARIAT_OK);
  lariat_status status =
      lariat_crawl_sitemap_feed(sitemap, begin, strlen(begin));
  for (size_t i = 0; i < count && status == LARIAT_OK; i++)
    status = lariat_crawl_sitemap_feed(sitemap, piece, strlen(piece));
  CU_ASSERT_STRING_EQUAL(lariat_crawl_sitemap_reason(sitemap), reason);
  lariat_crawl_sitemap_free(sitemap);
  return status;
}

/* Whatever is fed, what is kept is bounded. */
static void test_memory(void) {
  static char blanks[10001];
  memset(blanks, 'x', sizeof blanks - 1);
  open_fixture();
  fixture_peak_restart(&fixture);
  CU_ASSERT_EQUAL(
      feed_many("<urlset>", "<a>", 100000, "elements are nested too deep"),
      LARIAT_EFORMAT);
  CU_ASSERT_EQUAL(
      feed_many("<urlset><!-- ", blanks, 5000, "a tag or comment is too long"),
      LARIAT_EFORMAT);
  CU_ASSERT_EQUAL(
      feed_many("<urlset a='", blanks, 5000, "a tag or comment is too long"),
      LARIAT_EFORMAT);
  CU_ASSERT_EQUAL(feed_many("<urlset><url><loc>", blanks, 1000, ""), LARIAT_OK);
  CU_ASSERT_EQUAL(feed_many("x", blanks, 1000, ""), LARIAT_OK);
  CU_ASSERT_EQUAL(feed_many("<urlset>", "<url></url>", 10000, ""), LARIAT_OK);
  CU_ASSERT_TRUE(fixture_peak_bytes(&fixture) < 2 << 20);
  close_fixture();
}

/* A gzip bomb ends at the limit, with as little memory. */
static void test_bomb(void) {
  enum { LENGTH = 60 << 20 };
  char *zeros = calloc(1, LENGTH), *bytes = malloc(1 << 17);
  struct outcome outcome = {.count = 0};
  if (!zeros || !bytes) abort();
  memcpy(zeros, "<urlset>", 8);
  memset(zeros + 8, ' ', LENGTH - 8);
  size_t length = compress_text(zeros, LENGTH, bytes, 1 << 17);
  open_fixture();
  fixture_peak_restart(&fixture);
  read_in_pieces(&outcome, NULL, bytes, length, length);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_EBODYLIMIT);
  CU_ASSERT_TRUE(fixture_peak_bytes(&fixture) < 1 << 20);
  close_fixture();
  free(bytes);
  free(zeros);
}

static void test_out_of_memory(void) {
  char bytes[1000];
  size_t length =
      compress_text(zipped_text, sizeof zipped_text - 1, bytes, sizeof bytes);
  open_fixture();
  lariat_status status = LARIAT_ENOMEM;
  for (uint64_t nth = 1; status == LARIAT_ENOMEM && nth < 1000; nth++) {
    lariat_crawl_sitemap *sitemap;
    struct outcome outcome = {.stop_at = 0};
    fixture_fail_allocation(&fixture, nth);
    status = lariat_crawl_sitemap_new(NULL, keep_entry, &outcome, &sitemap);
    CU_ASSERT_EQUAL(sitemap != NULL, status == LARIAT_OK);
    if (status != LARIAT_OK) continue;
    status = lariat_crawl_sitemap_feed(sitemap, bytes, length);
    if (status == LARIAT_OK) status = lariat_crawl_sitemap_end(sitemap);
    if (status == LARIAT_OK) check_log(&outcome, ZIPPED_LOG);
    lariat_crawl_sitemap_free(sitemap);
  }
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  fixture_fail_allocation(&fixture, 0);
  close_fixture();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"sitemaps", test_urlset},
      {"indexes", test_index},
      {"extensions are left out", test_extensions},
      {"texts", test_text},
      {"RSS", test_rss},
      {"Atom", test_atom},
      {"times of the W3C's form", test_w3c_times},
      {"times of mails", test_mail_times},
      {"priorities", test_priorities},
      {"before and behind the sitemap", test_before_and_behind},
      {"wrong XML", test_wrong_xml},
      {"cut XML", test_cut_xml},
      {"entities are refused", test_hostile_xml},
      {"entries without a URL", test_skipped_entries},
      {"encodings", test_encodings},
      {"gzip", test_gzip},
      {"bad gzip", test_bad_gzip},
      {"limits", test_limits},
      {"options", test_options},
      {"the callback stops it", test_stopping},
      {"many entries", test_many_entries},
      {"memory is bounded", test_memory},
      {"a gzip bomb", test_bomb},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("sitemap", tests, FIXTURE_COUNT(tests), argc, argv);
}
