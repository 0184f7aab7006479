/* SPDX-License-Identifier: MIT
 * feed_links.c: entries by the reader of sitemaps; enclosures, which that has
 * not, by the tags. */
#include "feed_links.h"

#include "html_tokenizer.h"
#include <lariat/crawl/sitemap.h>

enum { MOST_URL = 1 << 16 };

static bool tell_entry(const lariat_crawl_sitemap_entry *entry, void *context) {
  static const char *const elements[] = {"", "url",  "sitemap",
                                         "", "item", "entry"};
  lr_crawl_link_output *output = context;
  bool feed = entry->kind == LARIAT_CRAWL_SITEMAP_RSS ||
              entry->kind == LARIAT_CRAWL_SITEMAP_ATOM;
  lariat_crawl_link link = {.kind = LARIAT_CRAWL_LINK_NAVIGATION,
                            .element = elements[entry->kind],
                            .attribute = feed ? "link" : "loc",
                            .nofollow = output->document->nofollow};
  lr_crawl_link_output_put(output, link, entry->url, entry->url_length, false);
  return true;
}

lariat_status lr_crawl_feed_entries(const char *bytes, size_t length,
                                    lr_crawl_link_output *output) {
  lariat_crawl_sitemap *sitemap;
  lariat_crawl_sitemap_options options = lariat_crawl_sitemap_defaults();
  options.max_url_bytes = MOST_URL;
  options.max_entries = output->options->max_links;
  lariat_status status =
      lariat_crawl_sitemap_new(&options, tell_entry, output, &sitemap);
  if (status != LARIAT_OK) return status;
  status = lariat_crawl_sitemap_feed(sitemap, bytes, length);
  if (status == LARIAT_OK) status = lariat_crawl_sitemap_end(sitemap);
  output->document->bad_urls += lariat_crawl_sitemap_skipped(sitemap);
  lariat_crawl_sitemap_free(sitemap);
  return status == LARIAT_ENOMEM || output->failed ? LARIAT_ENOMEM : LARIAT_OK;
}

static void tell_enclosure(const lr_crawl_html_tag *tag, size_t offset,
                           lr_crawl_link_output *output) {
  lr_crawl_html_span url = tag->values[LR_CRAWL_ATTRIBUTE_URL];
  lariat_crawl_link link = {.kind = LARIAT_CRAWL_LINK_NAVIGATION,
                            .element = "enclosure",
                            .attribute = "url",
                            .offset = offset,
                            .nofollow = output->document->nofollow};
  const char *text =
      lr_crawl_link_output_text(output, url.bytes, &url.length, true);
  lr_crawl_link_output_put(output, link, text, url.length, false);
}

void lr_crawl_feed_enclosures(const char *bytes, size_t length,
                              lr_crawl_link_output *output) {
  lr_crawl_html_tokenizer tokenizer;
  lr_crawl_html_token token;
  lr_crawl_html_begin(&tokenizer, bytes, length);
  tokenizer.xml = true;
  while ((token = lr_crawl_html_next(&tokenizer)) != LR_CRAWL_HTML_END) {
    const lr_crawl_html_tag *tag = &tokenizer.tag;
    if (token == LR_CRAWL_HTML_START_TAG &&
        tag->element == LR_CRAWL_ELEMENT_ENCLOSURE &&
        lr_crawl_html_has(tag, LR_CRAWL_ATTRIBUTE_URL))
      tell_enclosure(tag, (size_t)(tag->start - bytes), output);
  }
}
