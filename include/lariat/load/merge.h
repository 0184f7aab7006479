/* SPDX-License-Identifier: MIT
 * lariat_load_merge: the reports of runs that were parts of one plan
 * (lariat_load_part), on several machines or processes, become one result: with
 * the histogram of all samples, one time line, one verdict.
 *
 *   lariat_load_merge_new(&merge);
 *   for each part: the bytes of what LARIAT_LOAD_JSON has written
 *     lariat_load_merge_add(merge, &source, json, length, &error);
 *   lariat_load_merge_finish(merge, &result);
 *   lariat_load_merge_free(merge);
 *   ...lariat_load_result_verdict, lariat_load_report_write...
 *   lariat_load_result_free(result);
 *
 * Nothing of it has a reactor, a network or a file.  Each object is for one
 * thread at a time.  docs/many-machines-load.md explains what is merged how. */
#ifndef LARIAT_LOAD_MERGE_H
#define LARIAT_LOAD_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/load/error.h>
#include <lariat/load/part.h>
#include <lariat/load/result.h>
#include <lariat/load/verdict.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef struct lariat_load_merge lariat_load_merge;

/* Facts about a report beside its bytes. */
typedef struct lariat_load_merge_source {
  size_t size;      /* sizeof(lariat_load_merge_source), set by the caller */
  const char *name; /* for messages, copied: its file, "part 3"; NULL: "report
                       2", by the order in which they are added */
  int64_t clock_ahead_ns; /* how far the wall clock of its machine was ahead of
                             the one that all are compared by, where that was
                             measured; 0: they agree */
} lariat_load_merge_source;

/* Makes a merge of nothing and puts it into `*out`; the caller owns it.
 *
 * LARIAT_OK, LARIAT_ENOMEM */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_load_merge_new(lariat_load_merge **out);

/* Frees a merge, finished or not; NULL is allowed. */
LARIAT_API void lariat_load_merge_free(lariat_load_merge *merge);

/* Adds the report of a part: `length` bytes, which are not kept, of what
 * LARIAT_LOAD_JSON has written.  In any order.  `source` may be NULL, for one
 * of which nothing else is known.  `*error` (may be NULL) is written when the
 * report does not belong to those before it.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM  and the merge is as it was, as below
 * LARIAT_EINVAL  no report, or one that was merged before; another plan, by its
 *                hash, its text, its server, its time-out or its number of
 *                parts; a part that is there already; a source without `size`
 */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_merge_add(
    lariat_load_merge *merge, const lariat_load_merge_source *source,
    const char *json, size_t length, lariat_load_error *error);

/* Makes the result of what was added, `*out`, which the caller owns
 * (lariat_load_result_free).  Its verdict is the worst of those of the parts;
 * it is INVALID, too, when a part is missing ("part-missing"), or when the
 * parts did not begin within 1 % of the run ("starts-apart"); the result has
 * what there is.  The merge may be added to, and finished again.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  nothing was added, or no `out` */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_load_merge_finish(
    const lariat_load_merge *merge, lariat_load_result **out);

/* ---- The parts of a result ---- */

/* A part, beside the others.  Texts are the result's. */
typedef struct lariat_load_merged_part {
  size_t size; /* sizeof(lariat_load_merged_part), set by the caller */
  lariat_load_part part;
  const char *host;              /* the name of its machine; "": not known */
  const char *machine;           /* "AMD EPYC, 2 CPUs, Linux 6.1" */
  lariat_load_validity validity; /* of its own verdict */
  int64_t began_ns;       /* from the start of the whole, by the clock that all
                             are compared by */
  int64_t clock_ahead_ns; /* as it was given */
  uint64_t duration_ns;   /* of its measured part */
  unsigned reactors;      /* threads */
  unsigned connections;   /* at the most at once */
  uint64_t sent;          /* requests */
  uint64_t answered;      /* good answers */
  uint64_t failed;        /* all other outcomes */
  uint64_t response_p99_ns;
  uint64_t late_p99_ns; /* of its own lateness in sending */
  double cpu_most;  /* share of a CPU in the busiest second of its threads */
  double wait_most; /* share of the time that one of them waited for a CPU */
} lariat_load_merged_part;

/* Returns how many parts a result was merged of; 0: it is of one run. */
LARIAT_API size_t lariat_load_result_parts(const lariat_load_result *result);

/* Fills `*out` with one of them, in the order of the parts, as far as its
 * `size` goes.
 *
 * LARIAT_OK
 * LARIAT_EINVAL    no `size`
 * LARIAT_ENOTFOUND there is no such part */
LARIAT_API lariat_status
lariat_load_result_read_part(const lariat_load_result *result, size_t index,
                             lariat_load_merged_part *out);

LARIAT_END_C

#endif
