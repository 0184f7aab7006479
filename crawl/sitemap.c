/* SPDX-License-Identifier: MIT
 * sitemap.c: a sitemap's way: gzip is undone, the first bytes tell XML from
 * text, and one of two readers has the rest. */
#include <lariat/crawl/sitemap.h>

#include <string.h>

#include "gunzip.h"
#include "sitemap_output.h"
#include "sitemap_text.h"
#include "sitemap_xml.h"
#include <lariat/allocator.h>

enum { MOST_URL = 1 << 20, MOST_AT_ONCE = 1 << 20 };

struct lariat_crawl_sitemap {
  lr_crawl_sitemap_output output;
  lr_crawl_gunzip *gunzip;
  lr_crawl_sitemap_text *text;
  lr_crawl_sitemap_xml *xml;
  uint64_t bytes; /* not compressed */
  unsigned line;  /* lines that are before the first byte */
  unsigned mark;  /* bytes of a byte-order mark that have come */
  bool ended;
  unsigned char first_count;
  char first[2]; /* bytes of all, until it is known whether they are gzip's */
};

/* ---- Birth and end ---- */

lariat_crawl_sitemap_options lariat_crawl_sitemap_defaults(void) {
  return (lariat_crawl_sitemap_options){
      .size = sizeof(lariat_crawl_sitemap_options),
      .max_entries = 50000,
      .max_bytes = 50 * 1024 * 1024,
      .max_url_bytes = 2048};
}

static bool are_possible(const lariat_crawl_sitemap_options *options) {
  return options->size >= sizeof *options && options->max_entries &&
         options->max_bytes && options->max_url_bytes &&
         options->max_url_bytes <= MOST_URL;
}

lariat_status
lariat_crawl_sitemap_new(const lariat_crawl_sitemap_options *options,
                         lariat_crawl_sitemap_callback *callback, void *context,
                         lariat_crawl_sitemap **out) {
  lariat_crawl_sitemap_options defaults = lariat_crawl_sitemap_defaults();
  *out = NULL;
  if (!options) options = &defaults;
  if (!callback || !are_possible(options)) return LARIAT_EINVAL;
  lariat_crawl_sitemap *sitemap = lariat_memory_allocate(sizeof *sitemap);
  if (!sitemap) return LARIAT_ENOMEM;
  *sitemap = (lariat_crawl_sitemap){.output = {.options = *options,
                                               .callback = callback,
                                               .context = context}};
  *out = sitemap;
  return LARIAT_OK;
}

void lariat_crawl_sitemap_free(lariat_crawl_sitemap *sitemap) {
  if (!sitemap) return;
  lr_crawl_gunzip_free(sitemap->gunzip);
  lr_crawl_sitemap_text_free(sitemap->text);
  lr_crawl_sitemap_xml_free(sitemap->xml);
  lariat_memory_release(sitemap);
}

/* ---- Bytes that are not compressed ---- */

static bool fail_memory(lariat_crawl_sitemap *sitemap) {
  return lr_crawl_sitemap_fail(&sitemap->output, LARIAT_ENOMEM, 0,
                               "out of memory");
}

/* Skips blanks and a byte-order mark, which XML allows before nothing, and
 * many sitemaps have before all. */
static size_t skip_blanks(lariat_crawl_sitemap *sitemap, const char *bytes,
                          size_t length) {
  static const char mark[] = "\xef\xbb\xbf";
  size_t at = 0;
  for (; at < length; at++) {
    bool marked = sitemap->mark < 3 && bytes[at] == mark[sitemap->mark];
    if (!marked && (!bytes[at] || !strchr(" \t\r\n", bytes[at]))) break;
    sitemap->mark += marked;
    sitemap->line += bytes[at] == '\n';
  }
  return at;
}

/* Makes the reader for what begins with `byte`: "<", or half of UTF-16's
 * byte-order mark, is XML's. */
static bool choose_reader(lariat_crawl_sitemap *sitemap, char byte) {
  bool is_xml = byte == '<' || byte == '\xfe' || byte == '\xff';
  if (is_xml) {
    sitemap->xml = lr_crawl_sitemap_xml_new(&sitemap->output, sitemap->line);
    return sitemap->xml || fail_memory(sitemap);
  }
  sitemap->output.kind = LARIAT_CRAWL_SITEMAP_TEXT;
  sitemap->text = lr_crawl_sitemap_text_new(&sitemap->output, sitemap->line);
  return sitemap->text || fail_memory(sitemap);
}

static bool read_some(lariat_crawl_sitemap *sitemap, const char *bytes,
                      size_t length) {
  if (!sitemap->xml && !sitemap->text) {
    size_t skipped = skip_blanks(sitemap, bytes, length);
    bytes += skipped;
    length -= skipped;
    if (!length) return true;
    if (!choose_reader(sitemap, *bytes)) return false;
  }
  return sitemap->xml
             ? lr_crawl_sitemap_xml_feed(sitemap->xml, bytes, length)
             : lr_crawl_sitemap_text_feed(sitemap->text, bytes, length);
}

/* Reads as much as may be, and fails when there is more. */
static bool read_bytes(void *context, const char *bytes, size_t length) {
  lariat_crawl_sitemap *sitemap = context;
  uint64_t most = sitemap->output.options.max_bytes;
  uint64_t left = most - sitemap->bytes;
  size_t some = length > left ? (size_t)left : length;
  sitemap->bytes += some;
  if (!read_some(sitemap, bytes, some)) return false;
  if (some == length) return true;
  if (sitemap->xml && !lr_crawl_sitemap_xml_flush(sitemap->xml)) return false;
  return lr_crawl_sitemap_fail(&sitemap->output, LARIAT_EBODYLIMIT, 0,
                               "more than %ju bytes", (uintmax_t)most);
}

/* ---- Bytes as they come ---- */

static bool read_gzip(lariat_crawl_sitemap *sitemap, const char *bytes,
                      size_t length) {
  lariat_status status =
      lr_crawl_gunzip_feed(sitemap->gunzip, bytes, length, read_bytes, sitemap);
  if (status == LARIAT_OK) return sitemap->output.status == LARIAT_OK;
  if (sitemap->xml && !lr_crawl_sitemap_xml_flush(sitemap->xml)) return false;
  return lr_crawl_sitemap_fail(&sitemap->output, status, 0,
                               "its gzip is broken");
}

/* Keeps the first two bytes of all; when they are there, or there are no more,
 * decides whether they are gzip's. */
static bool read_first(lariat_crawl_sitemap *sitemap, const char **bytes,
                       size_t *length, bool ended) {
  while (sitemap->first_count < 2 && *length) {
    sitemap->first[sitemap->first_count++] = *(*bytes)++;
    --*length;
  }
  size_t count = sitemap->first_count;
  if (!count || (count < 2 && !ended)) return true;
  sitemap->first_count = 3; /* decided */
  if (count == 2 && memcmp(sitemap->first, "\x1f\x8b", 2) == 0) {
    sitemap->gunzip = lr_crawl_gunzip_new();
    if (!sitemap->gunzip) return fail_memory(sitemap);
    return read_gzip(sitemap, sitemap->first, count);
  }
  return read_bytes(sitemap, sitemap->first, count);
}

static bool read_all(lariat_crawl_sitemap *sitemap, const char *bytes,
                     size_t length) {
  if (sitemap->first_count < 3 && !read_first(sitemap, &bytes, &length, false))
    return false;
  while (length) { /* zlib counts in 32 bits */
    size_t some = length < MOST_AT_ONCE ? length : MOST_AT_ONCE;
    bool good = sitemap->gunzip ? read_gzip(sitemap, bytes, some)
                                : read_bytes(sitemap, bytes, some);
    if (!good) return false;
    bytes += some;
    length -= some;
  }
  return true;
}

lariat_status lariat_crawl_sitemap_feed(lariat_crawl_sitemap *sitemap,
                                        const char *bytes, size_t length) {
  if (sitemap->output.status == LARIAT_OK && !sitemap->ended)
    read_all(sitemap, bytes, length);
  return sitemap->output.status;
}

/* ---- The end ---- */

static bool end_gzip(lariat_crawl_sitemap *sitemap) {
  if (!sitemap->gunzip || lr_crawl_gunzip_is_whole(sitemap->gunzip))
    return true;
  if (sitemap->xml && !lr_crawl_sitemap_xml_flush(sitemap->xml)) return false;
  return lr_crawl_sitemap_fail(&sitemap->output, LARIAT_ETRUNCATED, 0,
                               "its gzip is cut");
}

static bool end_all(lariat_crawl_sitemap *sitemap) {
  size_t none = 0;
  const char *nothing = "";
  if (sitemap->first_count < 3 && !read_first(sitemap, &nothing, &none, true))
    return false;
  if (!end_gzip(sitemap)) return false;
  if (sitemap->xml) return lr_crawl_sitemap_xml_end(sitemap->xml);
  return !sitemap->text || lr_crawl_sitemap_text_end(sitemap->text);
}

lariat_status lariat_crawl_sitemap_end(lariat_crawl_sitemap *sitemap) {
  if (sitemap->output.status == LARIAT_OK && !sitemap->ended) end_all(sitemap);
  sitemap->ended = true;
  return sitemap->output.status;
}

/* ---- Readers ---- */

lariat_crawl_sitemap_kind
lariat_crawl_sitemap_kind_of(const lariat_crawl_sitemap *sitemap) {
  return sitemap->output.kind;
}

uint64_t lariat_crawl_sitemap_entries(const lariat_crawl_sitemap *sitemap) {
  return sitemap->output.entries;
}

uint64_t lariat_crawl_sitemap_skipped(const lariat_crawl_sitemap *sitemap) {
  return sitemap->output.skipped;
}

const char *lariat_crawl_sitemap_reason(const lariat_crawl_sitemap *sitemap) {
  return sitemap->output.reason;
}

unsigned lariat_crawl_sitemap_line(const lariat_crawl_sitemap *sitemap) {
  return sitemap->output.line;
}
