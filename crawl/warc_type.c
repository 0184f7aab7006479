/* SPDX-License-Identifier: MIT
 * warc_type.c: one table, read in both directions. */
#include "warc_type.h"

#include <strings.h>

#include <lariat/crawl/warc_reader.h>

static const char *const types[] = {
    [LARIAT_CRAWL_WARC_UNKNOWN] = "unknown",
    [LARIAT_CRAWL_WARC_WARCINFO] = "warcinfo",
    [LARIAT_CRAWL_WARC_REQUEST] = "request",
    [LARIAT_CRAWL_WARC_RESPONSE] = "response",
    [LARIAT_CRAWL_WARC_REVISIT] = "revisit",
    [LARIAT_CRAWL_WARC_METADATA] = "metadata",
    [LARIAT_CRAWL_WARC_RESOURCE] = "resource",
    [LARIAT_CRAWL_WARC_CONVERSION] = "conversion",
    [LARIAT_CRAWL_WARC_CONTINUATION] = "continuation"};
enum { TYPES = sizeof types / sizeof types[0] };

const char *lariat_crawl_warc_type_name(lariat_crawl_warc_type type) {
  return types[(unsigned)type < TYPES ? type : LARIAT_CRAWL_WARC_UNKNOWN];
}

lariat_crawl_warc_type lr_crawl_warc_type_of(const char *name) {
  for (unsigned type = 1; name && type < TYPES; type++)
    if (strcasecmp(name, types[type]) == 0) return (lariat_crawl_warc_type)type;
  return LARIAT_CRAWL_WARC_UNKNOWN;
}
