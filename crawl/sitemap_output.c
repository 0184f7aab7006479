/* SPDX-License-Identifier: MIT
 * sitemap_output.c: entries on their way to the callback, and texts that are
 * put together from pieces. */
#include "sitemap_output.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <lariat/allocator.h>

bool lr_crawl_sitemap_fail(lr_crawl_sitemap_output *output,
                           lariat_status status, unsigned line,
                           const char *format, ...) {
  va_list arguments;
  if (output->status != LARIAT_OK) return false;
  output->status = status;
  output->line = line;
  va_start(arguments, format);
  vsnprintf(output->reason, sizeof output->reason, format, arguments);
  va_end(arguments);
  return false;
}

bool lr_crawl_sitemap_put(lr_crawl_sitemap_output *output,
                          lariat_crawl_sitemap_entry *entry) {
  uint64_t most = output->options.max_entries;
  if (output->entries == most)
    return lr_crawl_sitemap_fail(output, LARIAT_EBODYLIMIT, entry->line,
                                 "more than %ju entries", (uintmax_t)most);
  entry->kind = output->kind;
  output->entries++;
  if (output->callback(entry, output->context)) return true;
  return lr_crawl_sitemap_fail(output, LARIAT_ECANCELLED, entry->line,
                               "stopped by the callback");
}

/* ---- Texts ---- */

static bool is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

bool lr_crawl_text_open(lr_crawl_text *text, size_t capacity) {
  *text = (lr_crawl_text){.bytes = lariat_memory_allocate(capacity + 1),
                          .capacity = capacity};
  if (text->bytes) *text->bytes = '\0';
  return text->bytes != NULL;
}

void lr_crawl_text_close(lr_crawl_text *text) {
  lariat_memory_release(text->bytes);
}

void lr_crawl_text_add(lr_crawl_text *text, const char *bytes, size_t length) {
  while (!text->length && length && is_blank(*bytes)) {
    bytes++;
    length--;
  }
  size_t left = text->capacity - text->length;
  text->cut |= length > left;
  if (length > left) length = left;
  if (length) memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
  text->bytes[text->length] = '\0';
}

void lr_crawl_text_clear(lr_crawl_text *text) {
  text->length = 0;
  text->cut = false;
  *text->bytes = '\0';
}

void lr_crawl_text_trim(lr_crawl_text *text) {
  while (text->length && is_blank(text->bytes[text->length - 1]))
    text->length--;
  text->bytes[text->length] = '\0';
}
