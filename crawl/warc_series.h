/* SPDX-License-Identifier: MIT
 * warc_series.h: the WARC files of a crawl, one after the other: their names,
 * the one that grows, and what is done with those that are full.  A file is in
 * the log before it is on the disk.  One thread. */
#ifndef CRAWL_WARC_SERIES_H
#define CRAWL_WARC_SERIES_H

#include "frontier.h"
#include "output_file.h"
#include "store.h"

typedef struct lr_crawl_warc_series {
  char *directory, *prefix; /* DIR/warc */
  const char *suffix;       /* of names; static */
  uint64_t most;            /* bytes, of one file; 0: no WARC */
  char *(*make_warcinfo)(void *context, const char *file_name, size_t *length);
  void (*on_closed)(void *context, const char *path);
  void *context;
  uint64_t files, bytes; /* committed, of all */
  uint32_t last_id;
  uint32_t worker; /* of a shared crawl, whose files may meet; 0: none */
  bool unsettled;  /* a full file could not be renamed, or told of */
  uint32_t id;     /* of the open file; 0: none */
  char *name;      /* of the open file, as it will be */
  char *info;      /* the record it begins with, until that is committed */
  size_t info_length;
  lr_crawl_output output;
} lr_crawl_warc_series;

/* Begins, from the options.  LARIAT_EINVAL: the prefix is no part of a file's
 * name. */
lariat_status
lr_crawl_warc_series_begin(lr_crawl_warc_series *series,
                           const lr_crawl_frontier_options *options,
                           lr_crawl_fault *fault);

/* Reads the files from the log, cuts the open one to its length, and ends the
 * closing of those that were closed.  `repair`: see
 * lr_crawl_frontier_options. */
lariat_status lr_crawl_warc_series_recover(lr_crawl_warc_series *series,
                                           lr_crawl_store *store, bool repair,
                                           lr_crawl_fault *fault);

/* A file as a log says that is kept elsewhere. */
typedef struct lr_crawl_warc_row {
  uint32_t id;
  const char *name;
  uint64_t length;
  bool closed;
} lr_crawl_warc_row;

/* Does that with one file of such a log: then the others are called without a
 * store. */
lariat_status lr_crawl_warc_series_recover_file(lr_crawl_warc_series *series,
                                                const lr_crawl_warc_row *from,
                                                lr_crawl_fault *fault);

/* Counts the files and their bytes in the log, for a crawl that is only
 * read. */
lariat_status lr_crawl_warc_series_count(lr_crawl_warc_series *series,
                                         lr_crawl_store *store,
                                         lr_crawl_fault *fault);

/* Makes sure that a file is open, and plans its first record where it has
 * none.  Outside of a transaction.  Here and below, a store that is NULL: the
 * log is kept elsewhere, by the caller. */
lariat_status lr_crawl_warc_series_prepare(lr_crawl_warc_series *series,
                                           lr_crawl_store *store,
                                           lr_crawl_fault *fault);

/* Tells whether an outcome's records are to be written. */
static inline bool
lr_crawl_warc_series_takes(const lr_crawl_warc_series *series,
                           const lr_crawl_outcome *outcome) {
  return series->most && outcome->records && outcome->records_length;
}

static inline bool
lr_crawl_warc_series_is_full(const lr_crawl_warc_series *series) {
  return series->id && series->output.planned >= series->most;
}

/* Says in the log how long the open file is, and whether it is full. */
lariat_status lr_crawl_warc_series_log(lr_crawl_warc_series *series,
                                       lr_crawl_store *store,
                                       lr_crawl_fault *fault);

/* Ends a plan: what was planned is in the log, or is not.  A full file gets its
 * final name then, and is told of. */
void lr_crawl_warc_series_keep(lr_crawl_warc_series *series,
                               lr_crawl_store *store);
void lr_crawl_warc_series_drop(lr_crawl_warc_series *series);

/* Cuts the open file to what is committed. */
lariat_status lr_crawl_warc_series_cut(lr_crawl_warc_series *series,
                                       lr_crawl_fault *fault);

/* Gives the open file its final name, and tells of it, once a log that is kept
 * elsewhere says that it is closed. */
void lr_crawl_warc_series_settle(lr_crawl_warc_series *series);

/* Closes the open file, for good where it has records; and ends. */
void lr_crawl_warc_series_end(lr_crawl_warc_series *series,
                              lr_crawl_store *store);

#endif
