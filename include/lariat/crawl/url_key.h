/* SPDX-License-Identifier: MIT
 * lariat_crawl_url_key: what counts as the same page when a crawler asks "was
 * that seen?", and the SURT form of a URL.  Values in, bytes out. */
#ifndef LARIAT_CRAWL_URL_KEY_H
#define LARIAT_CRAWL_URL_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>
#include <lariat/url.h>

LARIAT_BEGIN_C

/* The rules that may merge URLs; bits, so that a key can say which of them have
 * changed it. */
typedef enum lariat_crawl_key_rule {
  LARIAT_CRAWL_KEY_ESCAPES = 1, /* unreserved escapes are undone: always on */
  LARIAT_CRAWL_KEY_EMPTY_QUERY = 2, /* "?" with nothing behind it: always on */
  LARIAT_CRAWL_KEY_FINAL_DOT = 4,   /* of the host: always on */
  LARIAT_CRAWL_KEY_SESSION = 8,     /* session ids: on by default */
  LARIAT_CRAWL_KEY_SORT_QUERY = 16,
  LARIAT_CRAWL_KEY_DROP = 32, /* parameters by name: drop=utm_*,gclid */
  LARIAT_CRAWL_KEY_LOWER_PATH = 64,
  LARIAT_CRAWL_KEY_WWW = 128,
  LARIAT_CRAWL_KEY_SLASH = 256,
  LARIAT_CRAWL_KEY_SCHEME = 512 /* http is https */
} lariat_crawl_key_rule;

typedef struct lariat_crawl_key_rules lariat_crawl_key_rules;

/* Reads rules: "session;sort-query;drop=utm_*,gclid", "none".  NULL: the
 * defaults.  The owner of this header completes the comment. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_key_rules_parse(const char *text, lariat_crawl_key_rules **out,
                             char *message, size_t capacity);
LARIAT_API void lariat_crawl_key_rules_free(lariat_crawl_key_rules *rules);

/* Writes the key of `url` into `out`, with a NUL behind it, as far as
 * `capacity` allows, and returns its whole length; `*merged` (may be NULL) gets
 * the rules that have changed something.  A key is never longer than the URL
 * plus 16 bytes.  Any thread. */
LARIAT_API size_t lariat_crawl_url_key(const lariat_crawl_key_rules *rules,
                                       const lariat_url *url, char *out,
                                       size_t capacity, unsigned *merged);

/* Writes the SURT form, "http://(org,example,)/path", likewise. */
LARIAT_API size_t lariat_crawl_surt(const lariat_url *url, char *out,
                                    size_t capacity);

LARIAT_END_C

#endif
