/* SPDX-License-Identifier: MIT
 * prefix_notice.c: the seeds' URLs up to their last '/'. */
#include "prefix_notice.h"

#include <string.h>

#include <lariat/url.h>

enum { MOST_PREFIXES = 5 };

/* Tells the prefix that a seed stands for. */
static void tell_prefix(const lariat_url *url, lr_crawl_bytes *notices) {
  size_t length;
  const char *text = lariat_url_text(url, &length);
  lariat_url_part path = lariat_url_path(url);
  size_t end = (size_t)(path.bytes - text) + path.length;
  size_t directory = end;
  while (directory && text[directory - 1] != '/') directory--;
  lr_crawl_bytes_format(notices, "prefix: everything below %.*s",
                        (int)directory, text);
  if (directory != end && !memchr(text + directory, '.', end - directory))
    lr_crawl_bytes_format(notices, "; below %.*s/ alone, if it redirects there",
                          (int)end, text);
  lr_crawl_bytes_add_text(notices, "\n");
}

/* Tells whether another seed is this one and a '/': this one stands for no
 * prefix then. */
static bool has_directory(const lariat_crawl_options *options, size_t place) {
  const char *text = options->seeds[place].url;
  size_t length = strlen(text);
  for (size_t i = 0; i < options->seed_count; i++) {
    const char *other = options->seeds[i].url;
    if (strncmp(other, text, length) == 0 && strcmp(other + length, "/") == 0)
      return true;
  }
  return false;
}

void lr_crawl_tell_prefixes(const lariat_crawl_options *options,
                            lr_crawl_bytes *notices) {
  if (options->scope != LARIAT_CRAWL_SCOPE_PREFIX) return;
  for (size_t i = 0; i < options->seed_count && i < MOST_PREFIXES; i++) {
    lariat_url *url = NULL, *bare = NULL;
    const char *text = options->seeds[i].url;
    if (!has_directory(options, i) &&
        lariat_url_parse(text, strlen(text), NULL, &url, NULL) == LARIAT_OK &&
        lariat_url_copy_without(url, LARIAT_URL_USERINFO, &bare) == LARIAT_OK)
      tell_prefix(bare, notices);
    lariat_url_free(url);
    lariat_url_free(bare);
  }
  if (options->seed_count > MOST_PREFIXES)
    lr_crawl_bytes_format(notices, "and %zu more prefixes\n",
                          options->seed_count - MOST_PREFIXES);
}
