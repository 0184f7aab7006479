/* SPDX-License-Identifier: MIT
 * lariat_crawl_cdxj: an index of WARC files, by which a replayer finds the
 * captures of a URL: sorted lines of key, time and JSON, as pywb writes and
 * reads them.
 *
 *   com,example)/a 20261130120000 {"url": "http://example.com/a", "mime":
 *   "text/html", "status": "200", "digest": "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ",
 *   "length": "1043", "offset": "333", "filename": "site-00000.warc.gz"}
 *
 * (one line).  docs/warc.md explains it. */
#ifndef LARIAT_CRAWL_CDXJ_H
#define LARIAT_CRAWL_CDXJ_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* The lines of one index, in memory.  One thread at a time. */
typedef struct lariat_crawl_cdxj lariat_crawl_cdxj;

/* Makes an index without lines, and puts it into `*out`; the caller owns it
 * (lariat_crawl_cdxj_free).  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_cdxj_new(lariat_crawl_cdxj **out);

/* Frees the index; NULL is allowed.  Any thread. */
LARIAT_API void lariat_crawl_cdxj_free(lariat_crawl_cdxj *index);

/* Reads a WARC file, and adds a line for each response, revisit and resource
 * that can be found by its offset: records that share a gzip member with others
 * have no line.  `*skipped` (may be NULL) grows by the captures without a line
 * and the faults of the file, which is read on behind them.  The file's name,
 * without directories, is what lines call it.  The index's thread.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM
 * LARIAT_ESYSTEM  it cannot be opened or read: see errno */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_cdxj_add_file(
    lariat_crawl_cdxj *index, const char *path, uint64_t *skipped);

/* Returns the number of lines. */
LARIAT_API size_t lariat_crawl_cdxj_count(const lariat_crawl_cdxj *index);

/* Sorts the lines, by their bytes, and writes them to a descriptor.  The
 * index's thread.
 *
 * LARIAT_OK
 * LARIAT_ESYSTEM  see errno */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_cdxj_write(lariat_crawl_cdxj *index, int fd);

/* Writes the index of one WARC file to the file `to`, which has its name only
 * once it is complete.  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_ESYSTEM  one of the two cannot be opened, read or written: see errno
 */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_cdxj_make(const char *warc, const char *to);

/* Writes the key of a URL into `out`, with a NUL behind it, as far as
 * `capacity` allows, and returns its whole length: the host backwards, and what
 * is behind it, as the surt package of the Internet Archive has it, by which
 * pywb looks a URL up: without scheme, user, "www." and session ids, in lower
 * case, the query's parts sorted.  Of a text that is no URL of http the key is
 * the text. Any thread. */
LARIAT_API size_t lariat_crawl_cdxj_key(const char *url, char *out,
                                        size_t capacity);

LARIAT_END_C

#endif
