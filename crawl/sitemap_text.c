/* SPDX-License-Identifier: MIT
 * sitemap_text.c: lines, of which those that are URLs are entries. */
#include "sitemap_text.h"

#include <strings.h>

#include <lariat/allocator.h>

/* Blanks at the end of a line that do not count for its length. */
enum { BLANKS = 256 };

struct lr_crawl_sitemap_text {
  lr_crawl_sitemap_output *output;
  lr_crawl_text text;
  unsigned line;
  bool after_return;
};

lr_crawl_sitemap_text *
lr_crawl_sitemap_text_new(lr_crawl_sitemap_output *output, unsigned line) {
  lr_crawl_sitemap_text *text = lariat_memory_allocate(sizeof *text);
  if (!text) return NULL;
  *text = (lr_crawl_sitemap_text){.output = output, .line = line + 1};
  if (lr_crawl_text_open(&text->text, output->options.max_url_bytes + BLANKS))
    return text;
  lariat_memory_release(text);
  return NULL;
}

void lr_crawl_sitemap_text_free(lr_crawl_sitemap_text *text) {
  if (!text) return;
  lr_crawl_text_close(&text->text);
  lariat_memory_release(text);
}

static bool is_url(const lr_crawl_text *line) {
  return strncasecmp(line->bytes, "http://", 7) == 0 ||
         strncasecmp(line->bytes, "https://", 8) == 0;
}

static bool end_line(lr_crawl_sitemap_text *text) {
  lr_crawl_text *line = &text->text;
  bool good = true;
  lr_crawl_text_trim(line);
  lariat_crawl_sitemap_entry entry = {.url = line->bytes,
                                      .url_length = line->length,
                                      .lastmod = LARIAT_CRAWL_NO_TIME,
                                      .priority = -1,
                                      .line = text->line};
  bool too_long =
      line->cut || line->length > text->output->options.max_url_bytes;
  if (line->length && (too_long || !is_url(line)))
    text->output->skipped++;
  else if (line->length)
    good = lr_crawl_sitemap_put(text->output, &entry);
  lr_crawl_text_clear(line);
  text->line++;
  return good;
}

bool lr_crawl_sitemap_text_feed(lr_crawl_sitemap_text *text, const char *bytes,
                                size_t length) {
  const char *end = bytes + length, *begin = bytes;
  for (; bytes < end; bytes++) {
    if (*bytes != '\n' && *bytes != '\r') continue;
    bool second = *bytes == '\n' && text->after_return && bytes == begin;
    text->after_return = *bytes == '\r';
    if (!second) {
      lr_crawl_text_add(&text->text, begin, (size_t)(bytes - begin));
      if (!end_line(text)) return false;
    }
    begin = bytes + 1;
  }
  if (begin < end) text->after_return = false;
  lr_crawl_text_add(&text->text, begin, (size_t)(end - begin));
  return true;
}

bool lr_crawl_sitemap_text_end(lr_crawl_sitemap_text *text) {
  return end_line(text);
}
