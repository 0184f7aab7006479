/* SPDX-License-Identifier: MIT
 * A user of an installed liblariat-crawl, who uses liblariat, too: the
 * libraries are of the headers' versions, and bring what they need. */
#include <stdio.h>
#include <string.h>

#include <lariat/crawl/robots.h>
#include <lariat/crawl/sitemap.h>
#include <lariat/crawl/version.h>
#include <lariat/crawl/warc_reader.h>
#include <lariat/lariat.h>

static bool count(const lariat_crawl_sitemap_entry *entry, void *context) {
  ++*(int *)context;
  return entry->url_length == 1;
}

/* Reads a sitemap of one page. */
static int read_sitemap(void) {
  static const char text[] = "<urlset><url><loc>/</loc></url></urlset>";
  lariat_crawl_sitemap *sitemap;
  int entries = 0;
  if (lariat_crawl_sitemap_new(NULL, count, &entries, &sitemap) != LARIAT_OK ||
      lariat_crawl_sitemap_feed(sitemap, text, strlen(text)) != LARIAT_OK ||
      lariat_crawl_sitemap_end(sitemap) != LARIAT_OK)
    return 0;
  lariat_crawl_sitemap_free(sitemap);
  return entries;
}

/* Tells whether a robots.txt that forbids all does. */
static bool is_forbidden(void) {
  static const char text[] = "User-agent: *\nDisallow: /";
  lariat_crawl_robots *robots;
  if (lariat_crawl_robots_parse(text, strlen(text), "x", &robots) != LARIAT_OK)
    return false;
  bool allowed = lariat_crawl_robots_decide(robots, "/", 1).allowed;
  lariat_crawl_robots_free(robots);
  return !allowed;
}

/* Tells whether a record that was written can be read. */
static bool can_archive(void) {
  lariat_crawl_warc_buffer *buffer;
  lariat_crawl_warc_reader *reader;
  size_t length, used;
  if (lariat_crawl_warc_buffer_new(4, &buffer) != LARIAT_OK ||
      lariat_crawl_warc_add_info(buffer, 0, "x", NULL) != LARIAT_OK ||
      lariat_crawl_warc_reader_new(&reader) != LARIAT_OK)
    return false;
  const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
  bool read = lariat_crawl_warc_reader_feed(reader, bytes, length, &used) ==
              LARIAT_CRAWL_WARC_RECORD;
  lariat_crawl_warc_reader_free(reader);
  lariat_crawl_warc_buffer_free(buffer);
  return read;
}

int main(void) {
  printf("lariat-crawl %s, lariat %s\n", lariat_crawl_version(),
         lariat_version());
  return strcmp(lariat_crawl_version(), LARIAT_CRAWL_VERSION) != 0 ||
         strcmp(lariat_version(), LARIAT_VERSION) != 0 || read_sitemap() != 1 ||
         !is_forbidden() || !can_archive();
}
