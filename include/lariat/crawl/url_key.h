/* SPDX-License-Identifier: MIT
 * lariat_crawl_url_key: what counts as the same page when a crawler asks "was
 * that seen?", and the SURT form of a URL.  Values in, bytes out: no reactor,
 * no network.  docs/url-keys.md explains it. */
#ifndef LARIAT_CRAWL_URL_KEY_H
#define LARIAT_CRAWL_URL_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>
#include <lariat/url.h>

LARIAT_BEGIN_C

/* ---- Rules ---- */

/* The rules that may merge URLs; bits, so that a key can say which of them have
 * changed it. */
typedef enum lariat_crawl_key_rule {
  LARIAT_CRAWL_KEY_ESCAPES = 1, /* unreserved escapes are undone, the digits of
                                   others in capitals: always on */
  LARIAT_CRAWL_KEY_EMPTY_QUERY = 2, /* "?" with nothing behind it: always on */
  LARIAT_CRAWL_KEY_FINAL_DOT = 4,   /* of the host: always on */
  LARIAT_CRAWL_KEY_SESSION = 8, /* session ids are left out: on by default */
  LARIAT_CRAWL_KEY_SORT_QUERY = 16, /* parameters are sorted by name */
  LARIAT_CRAWL_KEY_DROP = 32,       /* parameters are left out by name */
  LARIAT_CRAWL_KEY_LOWER_PATH = 64, /* letters of the path in lower case */
  LARIAT_CRAWL_KEY_WWW = 128,       /* "www.", "www2." before the host */
  LARIAT_CRAWL_KEY_SLASH = 256,     /* '/' at the end of the path */
  LARIAT_CRAWL_KEY_SCHEME = 512     /* https is http, with its default port */
} lariat_crawl_key_rule;

/* Rules as they were read.  They do not change once made, and any thread may
 * use them. */
typedef struct lariat_crawl_key_rules lariat_crawl_key_rules;

/* Reads rules, with ';' between them, into `*out`, which the caller owns
 * (lariat_crawl_key_rules_free): "sort-query", "drop=utm_*,gclid" (names
 * without regard to case; a '*' stands at the end of one), "lower-path", "www",
 * "slash", "scheme" and "session".  They are added to the defaults, which are
 * "session" and the three that are always on; "none" takes those away that
 * stand before it, "session" too.  NULL and "" are the defaults.  When it fails
 * `*out` is NULL, and `message` (of `capacity` bytes; may be NULL) has a
 * sentence without a full stop.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no such rule, or names that cannot be such */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_key_rules_parse(const char *text, lariat_crawl_key_rules **out,
                             char *message, size_t capacity);

/* Frees rules; NULL is allowed.  Any thread. */
LARIAT_API void lariat_crawl_key_rules_free(lariat_crawl_key_rules *rules);

/* Returns the name of a rule, as it is written: "session"; of those that are
 * always on "escapes", "empty-query" and "final-dot"; NULL: there is no such
 * rule.  The text is static.  Any thread. */
LARIAT_API const char *lariat_crawl_key_rule_name(lariat_crawl_key_rule rule);

/* ---- Keys ---- */

/* How much longer than its URL's text a key or a SURT form may be, with the
 * NUL: space of the text's length and so much is always enough. */
#define LARIAT_CRAWL_KEY_MOST_MORE 16

/* Writes the key of `url` into `out`, with a NUL behind it, as far as
 * `capacity` allows, and returns its whole length; `*merged` (may be NULL) gets
 * the rules (LARIAT_CRAWL_KEY_* joined by |) that have changed something.
 * `rules` NULL: the defaults.  The key is a URL itself, without userinfo and
 * fragment, and its own key.  It is never longer than the URL.  Any thread. */
LARIAT_API size_t lariat_crawl_url_key(const lariat_crawl_key_rules *rules,
                                       const lariat_url *url, char *out,
                                       size_t capacity, unsigned *merged);

/* ---- SURT ---- */

/* Writes the SURT form of `url`, as Heritrix has it, likewise:
 * "http://(org,example,www,:8080)/path?query", in lower case, without userinfo,
 * fragment and final dot of the host.  Numeric IPv4 hosts stay in order:
 * "http://(127.0.0.1)/".  With rules of scope in mind: a SURT prefix covers a
 * domain with all that is under it.  Any thread. */
LARIAT_API size_t lariat_crawl_surt(const lariat_url *url, char *out,
                                    size_t capacity);

LARIAT_END_C

#endif
