/* SPDX-License-Identifier: MIT
 * lariat_crawl_robots: the rules of a robots.txt for one crawler (RFC 9309),
 * parsed once and asked for each URL.  Bytes in, decisions out, each with the
 * line that it is from: no reactor, no network.
 *
 *   lariat_crawl_robots_parse(body, length, "ExampleBot", &robots);
 *   decision = lariat_crawl_robots_decide_url(robots, url);
 *   if (!decision.allowed) ...decision.line, decision.text...
 *
 * A value does not change once made, and can be asked by any number of threads.
 * docs/robots.md explains it, with what other parsers do. */
#ifndef LARIAT_CRAWL_ROBOTS_H
#define LARIAT_CRAWL_ROBOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>
#include <lariat/url.h>

LARIAT_BEGIN_C

/* The bytes of a robots.txt that are read at the most; behind the last line
 * that ends within them all is ignored (RFC 9309, 2.5). */
#define LARIAT_CRAWL_ROBOTS_MOST_BYTES 512000

/* The bytes of a line that are read; what is behind them is ignored. */
#define LARIAT_CRAWL_ROBOTS_MOST_LINE 16663

/* The longest Crawl-delay, a day; longer ones are taken as this. */
#define LARIAT_CRAWL_ROBOTS_MOST_DELAY_MS 86400000

/* The redirects that are followed from /robots.txt (RFC 9309, 2.3.1.2). */
#define LARIAT_CRAWL_ROBOTS_MOST_REDIRECTS 5

/* The steps, octets that are compared, after which a decision is given up; it
 * is then not to fetch.  No file of an honest site comes near. */
#define LARIAT_CRAWL_ROBOTS_MOST_STEPS (UINT64_C(1) << 24)

typedef struct lariat_crawl_robots lariat_crawl_robots;

/* Parses the `length` bytes of a robots.txt for the crawler that is called
 * `agent`, and puts the rules that are for it into `*out`, which the caller
 * owns (lariat_crawl_robots_free).  They are those of all groups of its product
 * token, or, where there is none, those of the groups of "*".  The token is
 * what `agent` begins with, letters, "-" and "_", in any case: "ExampleBot" of
 * "ExampleBot/2.1".  Nothing in `bytes` is an error: lines that cannot be read
 * are ignored.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  `agent` does not begin with a product token */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_robots_parse(const char *bytes, size_t length, const char *agent,
                          lariat_crawl_robots **out);

/* Frees the rules; NULL is allowed.  Any thread. */
LARIAT_API void lariat_crawl_robots_free(lariat_crawl_robots *robots);

/* ---- Without a file ---- */

/* The meaning of an answer to the request for /robots.txt. */
typedef enum lariat_crawl_robots_access {
  LARIAT_CRAWL_ROBOTS_READ = 0,        /* its body is to be parsed */
  LARIAT_CRAWL_ROBOTS_REDIRECT = 1,    /* its Location is to be asked */
  LARIAT_CRAWL_ROBOTS_UNCHANGED = 2,   /* what was parsed before stays */
  LARIAT_CRAWL_ROBOTS_UNAVAILABLE = 3, /* there are no rules: all is allowed */
  LARIAT_CRAWL_ROBOTS_UNREACHABLE = 4  /* nothing is known: for now, nothing is
                                          allowed */
} lariat_crawl_robots_access;

/* Returns what the status of an answer means (RFC 9309, 2.3.1), after
 * `redirects` that were followed; 0 stands for an answer that did not come:
 * errors of DNS, of the network, of HTTP.
 *
 * 2xx is READ, 304 UNCHANGED; 301, 302, 303, 307 and 308 are REDIRECT, the
 * sixth one UNAVAILABLE; any other 3xx, and 4xx, is UNAVAILABLE, but 429 ("too
 * many requests"), which is UNREACHABLE as 5xx is, and as any other number is.
 * Any thread. */
LARIAT_API lariat_crawl_robots_access
lariat_crawl_robots_access_of(int status, unsigned redirects);

/* Puts rules that allow all into `*out` (UNAVAILABLE), or none but /robots.txt
 * (UNREACHABLE).  The caller owns them.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  another access */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_robots_without_file(
    lariat_crawl_robots_access access, lariat_crawl_robots **out);

/* ---- Decisions ---- */

/* The grounds of a decision. */
typedef enum lariat_crawl_robots_reason {
  LARIAT_CRAWL_ROBOTS_RULE = 0,      /* an Allow or a Disallow matches */
  LARIAT_CRAWL_ROBOTS_NO_RULE = 1,   /* none of the group's does: allowed */
  LARIAT_CRAWL_ROBOTS_NO_GROUP = 2,  /* no group is for the crawler: allowed */
  LARIAT_CRAWL_ROBOTS_ITSELF = 3,    /* it is /robots.txt: allowed */
  LARIAT_CRAWL_ROBOTS_NO_FILE = 4,   /* it was UNAVAILABLE: allowed */
  LARIAT_CRAWL_ROBOTS_NO_ANSWER = 5, /* it was UNREACHABLE: not allowed */
  LARIAT_CRAWL_ROBOTS_TOO_COSTLY = 6 /* MOST_STEPS are over: not allowed */
} lariat_crawl_robots_reason;

typedef struct lariat_crawl_robots_decision {
  bool allowed;
  lariat_crawl_robots_reason reason;
  unsigned line;       /* of the rule, counted from 1; 0: there is none */
  unsigned group_line; /* of the first User-agent line that makes the group the
                          crawler's; 0: there is none */
  const char *text;    /* the rule's line as it stands there, without blanks
                          around it; not ended by NUL, and as long-lived as the
                          rules; NULL: there is none */
  size_t text_length;
  uint64_t steps; /* octets that were compared */
} lariat_crawl_robots_decision;

/* Decides whether `target` may be asked for: the path of a URL with its query,
 * as they are sent; "" is "/", and what follows a "#" is left out.  The longest
 * rule that matches decides, an Allow before a Disallow.  Allocates nothing.
 * Any thread. */
LARIAT_API lariat_crawl_robots_decision lariat_crawl_robots_decide(
    const lariat_crawl_robots *robots, const char *target, size_t length);

/* Decides the same for a URL, whose host, scheme and port are not looked at:
 * the rules are those of its origin. */
LARIAT_API lariat_crawl_robots_decision lariat_crawl_robots_decide_url(
    const lariat_crawl_robots *robots, const lariat_url *url);

/* Returns a reason as a few words, without a full stop: "no rule matches".  Any
 * thread; static. */
LARIAT_API const char *
lariat_crawl_robots_reason_text(lariat_crawl_robots_reason reason);

/* ---- Readers ----
 *
 * Any thread. */

/* Returns the group's Crawl-delay in milliseconds, rounded up, the longest if
 * there are several; `*line` (may be NULL) gets its line.  -1 and 0: there is
 * none.  (No part of RFC 9309.) */
LARIAT_API int64_t
lariat_crawl_robots_delay_ms(const lariat_crawl_robots *robots, unsigned *line);

/* Returns how many Sitemap lines the file has, in any place. */
LARIAT_API size_t
lariat_crawl_robots_sitemap_count(const lariat_crawl_robots *robots);

/* Returns what the Sitemap line `at`, counted from 0, has for a URL, as it
 * stands there; it should be absolute.  Not ended by NUL, and as long-lived as
 * the rules; `*length` gets its length, `*line` (may be NULL) its line.  NULL:
 * there are fewer. */
LARIAT_API const char *
lariat_crawl_robots_sitemap_at(const lariat_crawl_robots *robots, size_t at,
                               size_t *length, unsigned *line);

/* Returns how many rules there are, those that are the same counted once. */
LARIAT_API size_t
lariat_crawl_robots_rule_count(const lariat_crawl_robots *robots);

/* Returns how many bytes of the file were ignored, because it is too long. */
LARIAT_API size_t
lariat_crawl_robots_ignored_bytes(const lariat_crawl_robots *robots);

/* Returns the bytes of memory that the rules take: about 28 for each, and the
 * text of its line; with wildcards, three bytes more for each octet of the
 * pattern.  Less than 3 MiB, whatever the file. */
LARIAT_API size_t lariat_crawl_robots_memory(const lariat_crawl_robots *robots);

LARIAT_END_C

#endif
