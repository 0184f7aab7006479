/* SPDX-License-Identifier: MIT
 * sitemap_fuzz.c: a sitemap of any bytes comes to the same however they are
 * cut; entries are within the limits, and their lines do not go back. */
#include <lariat/crawl/sitemap.h>

#include <stdlib.h>

#include "fuzz/fuzz.h"

enum { MOST_ENTRIES = 20, MOST_URL = 40, MOST_BYTES = 1 << 16 };

/* What came of it, with a digest of all entries. */
struct result {
  lariat_status status;
  lariat_crawl_sitemap_kind kind;
  uint64_t entries;
  uint64_t skipped;
  uint64_t digest;
  unsigned line;
  unsigned last_line;
};

static void add_number(struct result *result, uint64_t number) {
  result->digest = (result->digest ^ number) * UINT64_C(0x100000001b3);
}

static bool take_entry(const lariat_crawl_sitemap_entry *entry, void *context) {
  struct result *result = context;
  FUZZ_REQUIRE(entry->kind != LARIAT_CRAWL_SITEMAP_UNKNOWN);
  FUZZ_REQUIRE(entry->url_length && entry->url_length <= MOST_URL);
  FUZZ_REQUIRE(entry->url[entry->url_length] == '\0');
  FUZZ_REQUIRE(entry->priority >= -1 && entry->priority <= 1000);
  FUZZ_REQUIRE(entry->changefreq <= LARIAT_CRAWL_CHANGEFREQ_NEVER);
  FUZZ_REQUIRE(entry->line >= result->last_line);
  result->last_line = entry->line;
  result->entries++;
  for (size_t i = 0; i < entry->url_length; i++)
    add_number(result, (unsigned char)entry->url[i]);
  add_number(result, (uint64_t)entry->lastmod);
  add_number(result, (uint64_t)entry->priority);
  add_number(result, entry->line);
  return true;
}

static lariat_status feed(lariat_crawl_sitemap *sitemap, const uint8_t *bytes,
                          size_t length, uint8_t how) {
  struct fuzz_cuts cuts = fuzz_cuts_of(how);
  lariat_status status = LARIAT_OK;
  while (length && status == LARIAT_OK) {
    size_t some = fuzz_next_cut(&cuts, length);
    char *copy = fuzz_copy(bytes, some);
    status = lariat_crawl_sitemap_feed(sitemap, copy, some);
    free(copy);
    bytes += some;
    length -= some;
  }
  return status == LARIAT_OK ? lariat_crawl_sitemap_end(sitemap) : status;
}

static struct result read_sitemap(const uint8_t *bytes, size_t length,
                                  uint8_t how) {
  lariat_crawl_sitemap_options options = lariat_crawl_sitemap_defaults();
  lariat_crawl_sitemap *sitemap;
  struct result result = {.entries = 0};
  options.max_entries = MOST_ENTRIES;
  options.max_url_bytes = MOST_URL;
  options.max_bytes = MOST_BYTES;
  FUZZ_REQUIRE(lariat_crawl_sitemap_new(&options, take_entry, &result,
                                        &sitemap) == LARIAT_OK);
  result.status = feed(sitemap, bytes, length, how);
  result.kind = lariat_crawl_sitemap_kind_of(sitemap);
  result.skipped = lariat_crawl_sitemap_skipped(sitemap);
  result.line = lariat_crawl_sitemap_line(sitemap);
  FUZZ_REQUIRE((*lariat_crawl_sitemap_reason(sitemap) != '\0') ==
               (result.status != LARIAT_OK));
  FUZZ_REQUIRE(result.entries == lariat_crawl_sitemap_entries(sitemap));
  FUZZ_REQUIRE(result.entries <= MOST_ENTRIES);
  lariat_crawl_sitemap_free(sitemap);
  return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  uint8_t how = fuzz_read_byte(&input);
  struct result whole = read_sitemap(input.at, input.left, 1);
  struct result cut = read_sitemap(input.at, input.left, how);
  FUZZ_REQUIRE(whole.status == cut.status && whole.kind == cut.kind);
  FUZZ_REQUIRE(whole.digest == cut.digest && whole.skipped == cut.skipped);
  FUZZ_REQUIRE(whole.line == cut.line);
  return 0;
}

#define URL "<url><loc>http://a.example/</loc>"

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("<?xml version='1.0' encoding='UTF-8'?>\n<urlset>" URL
                "<lastmod>2026-11-30T12:00:00+01:00</lastmod><priority>0.5"
                "</priority><changefreq>daily</changefreq></url></urlset>"),
      FUZZ_TEXT("<sitemapindex xmlns='x'><sitemap><loc> /1.xml.gz\n</loc>"
                "</sitemap></sitemapindex>"),
      FUZZ_TEXT("http://a.example/1\r\n\nhttps://a.example/2\rftp://x\n"),
      FUZZ_TEXT("<rss><channel><item><guid isPermaLink='true'>http://a/</guid>"
                "<pubDate>Mon, 30 Nov 26 12:00 EST</pubDate></item><item>"
                "<link><![CDATA[/2?a&b]]></link></item></channel></rss>"),
      FUZZ_TEXT("<a:feed xmlns:a='x'><a:entry><a:link href='/1'/><a:updated>"
                "2026</a:updated></a:entry></a:feed> junk"),
      FUZZ_TEXT("\n\xef\xbb\xbf<!DOCTYPE urlset [<!ENTITY a 'b'>]><urlset>&a;"),
      FUZZ_TEXT("<?xml version='1.0' encoding='windows-1252'?><urlset>" URL
                "<x>\xe9</x></url>" URL "</url></urlset>"),
      FUZZ_TEXT("\xff\xfe<\0u\0r\0l\0s\0e\0t\0/\0>\0"),
      FUZZ_TEXT("\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x28\x29\x29\xb0\xd2\xd7\x4f"
                "\xd4\x07\0\x7b\xa1\x7f\x8b\x09\0\0\0"),
  };
  fuzz_give_all(sink, context, "\0", 1, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\7", 1, texts, FUZZ_COUNT(texts));
}
