/* SPDX-License-Identifier: MIT
 * lariat_crawl_sitemap: reads sitemaps (https://www.sitemaps.org/protocol.html)
 * from bytes that the caller has, in pieces of any size: sitemaps and their
 * indexes in XML, texts with a URL in each line, and the feeds RSS 2.0 and
 * Atom; each as it is or compressed by gzip.  Bytes in, a call for each URL: no
 * reactor, no network, and nothing but what is in hand in memory.
 *
 *   lariat_crawl_sitemap_new(NULL, on_entry, context, &sitemap);
 *   while (...a piece has come...)
 *     if (lariat_crawl_sitemap_feed(sitemap, bytes, length) != LARIAT_OK)
 *       break;
 *   status = lariat_crawl_sitemap_end(sitemap);
 *   lariat_crawl_sitemap_free(sitemap);
 *
 * Any thread may use a reader, one at a time.  docs/sitemaps.md explains it. */
#ifndef LARIAT_CRAWL_SITEMAP_H
#define LARIAT_CRAWL_SITEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_crawl_sitemap lariat_crawl_sitemap;

/* The formats, which are told apart by what is in them. */
typedef enum lariat_crawl_sitemap_kind {
  LARIAT_CRAWL_SITEMAP_UNKNOWN = 0, /* too little has come, or it is none */
  LARIAT_CRAWL_SITEMAP_URLSET = 1,  /* XML: pages */
  LARIAT_CRAWL_SITEMAP_INDEX = 2,   /* XML: other sitemaps */
  LARIAT_CRAWL_SITEMAP_TEXT = 3,    /* a URL in each line */
  LARIAT_CRAWL_SITEMAP_RSS = 4,     /* RSS 2.0: the links of its items */
  LARIAT_CRAWL_SITEMAP_ATOM = 5 /* Atom: the alternate links of its entries */
} lariat_crawl_sitemap_kind;

typedef enum lariat_crawl_changefreq {
  LARIAT_CRAWL_CHANGEFREQ_NONE = 0, /* not said, or another word */
  LARIAT_CRAWL_CHANGEFREQ_ALWAYS = 1,
  LARIAT_CRAWL_CHANGEFREQ_HOURLY = 2,
  LARIAT_CRAWL_CHANGEFREQ_DAILY = 3,
  LARIAT_CRAWL_CHANGEFREQ_WEEKLY = 4,
  LARIAT_CRAWL_CHANGEFREQ_MONTHLY = 5,
  LARIAT_CRAWL_CHANGEFREQ_YEARLY = 6,
  LARIAT_CRAWL_CHANGEFREQ_NEVER = 7
} lariat_crawl_changefreq;

/* The time of what does not say it. */
#define LARIAT_CRAWL_NO_TIME INT64_MIN

/* One URL.  The library makes it; the struct may grow at its end. */
typedef struct lariat_crawl_sitemap_entry {
  lariat_crawl_sitemap_kind kind; /* INDEX: the URL is another sitemap's */
  const char *url; /* as it stands there, without blanks around it, ended by
                      NUL: it may be none, or relative in a feed */
  size_t url_length;
  int64_t lastmod; /* seconds since 1970, UTC, or LARIAT_CRAWL_NO_TIME; a day
                      without a time is its midnight */
  lariat_crawl_changefreq changefreq;
  int priority;  /* in thousandths, 0 to 1000; -1: not said, which is 500 */
  unsigned line; /* where it ends, counted from 1 */
} lariat_crawl_sitemap_entry;

/* Takes an entry, which is valid for the time of this call, on the thread that
 * feeds.  It returns false to stop, and must not call the reader. */
typedef bool
lariat_crawl_sitemap_callback(const lariat_crawl_sitemap_entry *entry,
                              void *context);

/* The limits, those of the standard by default, which its own texts take as the
 * largest a sitemap may have.  Start from lariat_crawl_sitemap_defaults(). */
typedef struct lariat_crawl_sitemap_options {
  size_t size;          /* sizeof(lariat_crawl_sitemap_options) */
  uint64_t max_entries; /* default 50,000 */
  uint64_t max_bytes;   /* not compressed; default 52,428,800 (50 MiB) */
  size_t
      max_url_bytes; /* default 2,048; entries with longer ones are skipped */
} lariat_crawl_sitemap_options;

/* Returns the default options.  Any thread. */
LARIAT_API lariat_crawl_sitemap_options lariat_crawl_sitemap_defaults(void);

/* Makes a reader for one sitemap, and puts it into `*out`; the caller owns it
 * (lariat_crawl_sitemap_free).  `options` are copied; NULL: the defaults.
 * `context` is for the callback.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM
 * LARIAT_EINVAL  a `size` or a limit of 0, a `max_url_bytes` of more than 1
 *                MiB, no callback */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_sitemap_new(const lariat_crawl_sitemap_options *options,
                         lariat_crawl_sitemap_callback *callback, void *context,
                         lariat_crawl_sitemap **out);

/* Frees the reader; NULL is allowed.  Any thread. */
LARIAT_API void lariat_crawl_sitemap_free(lariat_crawl_sitemap *sitemap);

/* Reads the next `length` bytes.  The callback is called for the entries that
 * are complete, in their order: up to 16 KiB may be kept back until there are
 * more, or the end.  What is read after the sitemap's last tag is ignored.  The
 * reader's thread.
 *
 * LARIAT_OK          feed what comes next, or end
 *
 * and these, which stay, as do the entries that have been told:
 *
 * LARIAT_EFORMAT     XML that is wrong, too deep or declares entities, or is of
 *                    none of the formats; see lariat_crawl_sitemap_reason
 * LARIAT_EBODYLIMIT  more entries or bytes than may be
 * LARIAT_EENCODING   broken gzip
 * LARIAT_ECANCELLED  the callback has returned false
 * LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_sitemap_feed(
    lariat_crawl_sitemap *sitemap, const char *bytes, size_t length);

/* Takes the end, behind all that was fed, and calls the callback for what was
 * kept back.  The reader's thread.
 *
 * LARIAT_OK          the sitemap is complete; nothing at all is one, too
 * LARIAT_ETRUNCATED  it is cut
 *
 * and what lariat_crawl_sitemap_feed returns */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_sitemap_end(lariat_crawl_sitemap *sitemap);

/* ---- Readers ----
 *
 * The reader's thread. */

/* Returns the format, as soon as it is known. */
LARIAT_API lariat_crawl_sitemap_kind
lariat_crawl_sitemap_kind_of(const lariat_crawl_sitemap *sitemap);

/* Returns how many entries the callback has been given. */
LARIAT_API uint64_t
lariat_crawl_sitemap_entries(const lariat_crawl_sitemap *sitemap);

/* Returns how many were skipped: without a URL, with one that is too long or
 * whose bytes are lost by an unknown encoding; in a text, lines that do not
 * begin with "http://" or "https://". */
LARIAT_API uint64_t
lariat_crawl_sitemap_skipped(const lariat_crawl_sitemap *sitemap);

/* Returns what is wrong, in a few words without a full stop: "mismatched tag";
 * "" where nothing is.  The text stays until the reader is freed. */
LARIAT_API const char *
lariat_crawl_sitemap_reason(const lariat_crawl_sitemap *sitemap);

/* Returns the line where it is wrong, counted from 1, or 0. */
LARIAT_API unsigned
lariat_crawl_sitemap_line(const lariat_crawl_sitemap *sitemap);

LARIAT_END_C

#endif
