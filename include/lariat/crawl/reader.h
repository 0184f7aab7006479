/* SPDX-License-Identifier: MIT
 * lariat_crawl_reader: what is in a crawl's directory, read without a change to
 * it: of a crawl that has ended, that was stopped or killed, and of one that
 * another process, or this one, is running.  Then it is what was committed last
 * before the opening. */
#ifndef LARIAT_CRAWL_READER_H
#define LARIAT_CRAWL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/crawl/crawl.h>
#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_crawl_reader lariat_crawl_reader;

/* Opens the directory to be read, and puts the reader into `*out`, which the
 * caller owns.  `error` may be NULL.  One thread at a time uses a reader.  Any
 * thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ENOTFOUND  there is no crawl
 * LARIAT_EFORMAT    its files are another program's, or those of a newer
 * version LARIAT_ESYSTEM    a file cannot be read */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_reader_open(const char *directory, lariat_crawl_reader **out,
                         lariat_crawl_error *error);

/* Reads the text that the last run in a directory, a worker's of a shared crawl
 * among them, has kept for its caller, into `*out`: memory of the caller's
 * (lariat_memory_release); NULL: there is none. The rest of the directory is
 * not read.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ENOTFOUND  there is no crawl
 * LARIAT_EFORMAT    its files are another program's, or those of another
 *                   version
 * LARIAT_ESYSTEM    a file cannot be read */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_read_kept_text(const char *directory, char **out);

/* Reads which directory the last `since` of a crawl has named, as
 * lariat_crawl_read_kept_text does. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_read_since(const char *directory, char **out);

/* Frees the reader; NULL is allowed. */
LARIAT_API void lariat_crawl_reader_free(lariat_crawl_reader *reader);

/* Fills `*stats` with what the directory knows, as far as its `size` goes; what
 * only a running crawl knows is 0.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  no `size` */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_reader_stats(
    lariat_crawl_reader *reader, lariat_crawl_stats *stats);

/* An outcome of a URL.  Texts live for the time of the call; those that are not
 * known are "". */
typedef struct lariat_crawl_outcome {
  size_t size;
  const char *url;
  const char *kind; /* "fetched", "revisit", "redirect", "failed", "robots",
                       "scope", "trap", "later" */
  int status;       /* of HTTP; 0: none */
  int64_t at_ns;    /* when it was asked for, since 1970 */
  uint64_t took_ms;
  uint64_t bytes;   /* of the body, decompressed */
  const char *type; /* media type */
  const char *note; /* why */
  unsigned depth;
  const char *warc;     /* the file's name */
  uint64_t warc_offset; /* of the response, or revisit, in it */
} lariat_crawl_outcome;

/* Returns false to stop. */
typedef bool lariat_crawl_outcome_callback(const lariat_crawl_outcome *outcome,
                                           void *context);

/* Calls `callback` for each outcome, in the order in which they were written,
 * on the calling thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ESYSTEM  the database cannot be read */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_reader_outcomes(
    lariat_crawl_reader *reader, lariat_crawl_outcome_callback *callback,
    void *context);

/* A URL, and what has become of it since the last time: since the crawl that
 * `since` named, or since this one was fetched again.  Texts live for the time
 * of the call. */
typedef struct lariat_crawl_change {
  size_t size;
  const char *url;
  const char *state; /* "same", "changed", "new", "gone" (404 or 410), "failed"
                        (another error, or no answer) */
  int status;        /* of HTTP, now; 0: none */
} lariat_crawl_change;

/* Returns false to stop. */
typedef bool lariat_crawl_change_callback(const lariat_crawl_change *change,
                                          void *context);

/* Calls `callback` for each URL that was asked for since the last time, on the
 * calling thread; but for those that were an error then and are one now, and
 * sitemaps.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ENOTFOUND  there was no last time
 * LARIAT_ESYSTEM    the database cannot be read */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_reader_changes(
    lariat_crawl_reader *reader, lariat_crawl_change_callback *callback,
    void *context);

/* The facts about an origin. */
typedef struct lariat_crawl_host {
  size_t size;
  const char *origin; /* "http://example.org:80" */
  const char *ip;
  uint64_t queued;
  int robots_status;
  int64_t robots_at_s; /* since 1970; 0: never */
  uint64_t delay_ms;
  const char *note;
} lariat_crawl_host;

typedef bool lariat_crawl_host_taker(const lariat_crawl_host *host,
                                     void *context);

/* Calls `callback` for each origin, as lariat_crawl_reader_outcomes does. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_reader_hosts(lariat_crawl_reader *reader,
                          lariat_crawl_host_taker *callback, void *context);

/* Answers as lariat_crawl_why does, from the directory; `options` are those of
 * the crawl, for its scope and its name in robots.txt; NULL: what the
 * directory remembers of them.
 * `*out` is memory of the caller's (lariat_memory_release).
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EURL, LARIAT_ESCHEME  it is no URL
 * LARIAT_EINVAL                an option makes no sense */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_reader_why(
    lariat_crawl_reader *reader, const lariat_crawl_options *options,
    const char *url, char **out, lariat_crawl_error *error);

LARIAT_END_C

#endif
