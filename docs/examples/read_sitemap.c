/* SPDX-License-Identifier: MIT
 * read_sitemap: reads a sitemap of any kind from standard input, as it is or
 * compressed, and prints its URLs, in full where they are relative to that of
 * the sitemap, each with the day it was changed on.
 *
 * usage: read_sitemap URL <SITEMAP */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <lariat/crawl/sitemap.h>
#include <lariat/lariat.h>

/* Writes "2026-11-30", or "-" for no time. */
static void write_day(int64_t lastmod, char *day, size_t size) {
  time_t seconds = (time_t)lastmod;
  struct tm parts;
  if (lastmod == LARIAT_CRAWL_NO_TIME || !gmtime_r(&seconds, &parts))
    snprintf(day, size, "-");
  else
    strftime(day, size, "%Y-%m-%d", &parts);
}

/* Prints an entry, whose URL is the caller's to check. */
static bool print_entry(const lariat_crawl_sitemap_entry *entry,
                        void *context) {
  const lariat_url *base = context;
  lariat_url_error error;
  lariat_url *url;
  char day[32];
  if (lariat_url_parse(entry->url, entry->url_length, base, &url, &error) !=
      LARIAT_OK) {
    fprintf(stderr, "line %u: %s: %s\n", entry->line, entry->url,
            error.message);
    return true;
  }
  write_day(entry->lastmod, day, sizeof day);
  bool is_sitemap = entry->kind == LARIAT_CRAWL_SITEMAP_INDEX;
  printf("%s %s %s\n", is_sitemap ? "sitemap" : "page", day,
         lariat_url_text(url, NULL));
  lariat_url_free(url);
  return true;
}

static lariat_status read_all(lariat_crawl_sitemap *sitemap) {
  static char bytes[64 * 1024];
  size_t length;
  while ((length = fread(bytes, 1, sizeof bytes, stdin)) > 0) {
    lariat_status status = lariat_crawl_sitemap_feed(sitemap, bytes, length);
    if (status != LARIAT_OK) return status;
  }
  return lariat_crawl_sitemap_end(sitemap);
}

static int read_sitemap(lariat_url *base) {
  lariat_crawl_sitemap *sitemap;
  if (lariat_crawl_sitemap_new(NULL, print_entry, base, &sitemap) != LARIAT_OK)
    return 1;
  lariat_status status = read_all(sitemap);
  if (status != LARIAT_OK)
    fprintf(stderr, "line %u: %s\n", lariat_crawl_sitemap_line(sitemap),
            lariat_crawl_sitemap_reason(sitemap));
  lariat_crawl_sitemap_free(sitemap);
  return status != LARIAT_OK;
}

int main(int argc, char **argv) {
  lariat_url *base;
  if (argc != 2 || lariat_url_parse(argv[1], strlen(argv[1]), NULL, &base,
                                    NULL) != LARIAT_OK) {
    fprintf(stderr, "usage: read_sitemap URL <SITEMAP\n");
    return 2;
  }
  int failed = read_sitemap(base);
  lariat_url_free(base);
  return failed;
}
