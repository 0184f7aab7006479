/* SPDX-License-Identifier: MIT
 * lariat_crawl_warc_check: looks whether WARC files are whole, and whether what
 * they say of themselves is true: digests, lengths, dates, a gzip member for
 * each record, ids that are there once, records that name others.  docs/warc.md
 * has the list.
 *
 *   lariat_crawl_warc_check_new(on_problem, context, &check);
 *   status = lariat_crawl_warc_check_file(check, "site-00000.warc.gz");
 *   lariat_crawl_warc_check_end(check);
 *   errors = lariat_crawl_warc_check_counts(check).errors;
 *
 * It shares no code with the writer (lariat/crawl/warc.h).  A check is one
 * thread's at a time. */
#ifndef LARIAT_CRAWL_WARC_CHECK_H
#define LARIAT_CRAWL_WARC_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/crawl/warc.h>
#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_crawl_warc_check lariat_crawl_warc_check;

/* A problem that was found.  The library makes it; it may grow at its end. */
typedef struct lariat_crawl_warc_problem {
  const char *path; /* of the file */
  uint64_t offset;  /* of the record or gzip member, in it */
  bool is_error;    /* else a notice: allowed, or it cannot be decided here */
  const char *message; /* a few words without a full stop; it may have bytes of
                          the file in it */
} lariat_crawl_warc_problem;

/* Takes a problem, which is valid for the time of this call. */
typedef void
lariat_crawl_warc_problem_callback(void *context,
                                   const lariat_crawl_warc_problem *problem);

typedef struct lariat_crawl_warc_check_totals {
  uint64_t files;
  uint64_t records;     /* that are whole */
  uint64_t by_type[9];  /* of those, by lariat_crawl_warc_type */
  uint64_t block_bytes; /* not compressed */
  uint64_t block_digests, payload_digests; /* that are right */
  uint64_t errors, notices;
} lariat_crawl_warc_check_totals;

/* Makes a check, and puts it into `*out`; the caller owns it
 * (lariat_crawl_warc_check_free).  Any thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  no callback */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_warc_check_new(lariat_crawl_warc_problem_callback *callback,
                            void *context, lariat_crawl_warc_check **out);

/* Frees the check; NULL is allowed.  Any thread. */
LARIAT_API void lariat_crawl_warc_check_free(lariat_crawl_warc_check *check);

/* Reads a file to its end, and calls the callback for what is wrong.  Files
 * that belong together, one after the other, are one check: their ids, and the
 * records that they name, are compared.  Some 200 bytes of memory a record. The
 * check's thread.
 *
 * LARIAT_OK       read; what is wrong with it was told
 * LARIAT_ENOMEM
 * LARIAT_ESYSTEM  it cannot be opened or read: see errno */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_warc_check_file(lariat_crawl_warc_check *check, const char *path);

/* Tells, behind all files, which records they name and do not have.  The
 * check's thread. */
LARIAT_API void lariat_crawl_warc_check_end(lariat_crawl_warc_check *check);

/* Returns what was counted so far.  The check's thread. */
LARIAT_API lariat_crawl_warc_check_totals
lariat_crawl_warc_check_counts(const lariat_crawl_warc_check *check);

LARIAT_END_C

#endif
