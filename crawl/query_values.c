/* SPDX-License-Identifier: MIT
 * query_values.c: counts values with a bit for each, linearly (Whang et al.,
 * 1990): exact enough where there are few, and many are not asked for. */
#include "query_values.h"

#include <string.h>

#include "text_hash.h"

enum { LEAST_VARYING = 3, LEAST_SHARE = 16 };

/* Returns where a name is counted; NULL: there are too many. */
static struct lr_crawl_query_name *find_name(lr_crawl_query_values *values,
                                             uint64_t name) {
  for (size_t i = 0; i < LR_CRAWL_QUERY_NAMES; i++) {
    struct lr_crawl_query_name *one = &values->names[i];
    if (!one->name) one->name = name;
    if (one->name == name) return one;
  }
  return NULL;
}

static void note_parameter(lr_crawl_query_values *values, const char *at,
                           const char *end) {
  const char *equals = memchr(at, '=', (size_t)(end - at));
  if (!equals) equals = end;
  uint64_t name = lr_crawl_hash_text(1, at, (size_t)(equals - at)) | 1;
  struct lr_crawl_query_name *one = find_name(values, name);
  if (!one) return;
  uint64_t bit = lr_crawl_hash_text(2, equals, (size_t)(end - equals)) %
                 LR_CRAWL_QUERY_BITS;
  uint64_t mask = UINT64_C(1) << bit % 64;
  if (one->bits[bit / 64] & mask) return;
  one->bits[bit / 64] |= mask;
  one->set++;
}

void lr_crawl_query_values_note(lr_crawl_query_values *values,
                                const char *query, size_t length) {
  const char *end = query + length;
  while (query < end) {
    const char *stop = memchr(query, '&', (size_t)(end - query));
    if (!stop) stop = end;
    note_parameter(values, query, stop);
    query = stop < end ? stop + 1 : end;
  }
}

unsigned lr_crawl_query_values_vary(const lr_crawl_query_values *values) {
  unsigned count = 0;
  for (size_t i = 0; i < LR_CRAWL_QUERY_NAMES; i++)
    if (values->names[i].set > 1) count++;
  return count;
}

bool lr_crawl_query_values_are_combined(const lr_crawl_query_values *values,
                                        uint32_t queries) {
  if (lr_crawl_query_values_vary(values) < LEAST_VARYING) return false;
  for (size_t i = 0; i < LR_CRAWL_QUERY_NAMES; i++)
    if (values->names[i].set * (uint64_t)LEAST_SHARE >= queries) return false;
  return true;
}
