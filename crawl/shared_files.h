/* SPDX-License-Identifier: MIT
 * shared_files.h: the files that a worker of a shared crawl fills, on its own
 * disk: their lengths are in the crawl's database.  One thread. */
#ifndef CRAWL_SHARED_FILES_H
#define CRAWL_SHARED_FILES_H

#include "frontier.h"
#include "pending.h"
#include "warc_series.h"

enum { LR_CRAWL_SHARED_FILES = 3 };

typedef struct lr_crawl_shared_files {
  lr_crawl_warc_series warc;
  lr_crawl_output jsonl, links;
  bool durable;
  bool unknown; /* a file of lines is not in the database yet */
} lr_crawl_shared_files;

/* A list of files as the database has them. */
typedef struct lr_crawl_file_list {
  lr_crawl_shared_file *files; /* with their names */
  size_t count, capacity;
} lr_crawl_file_list;

/* Adds a copy; false: out of memory. */
bool lr_crawl_file_list_add(lr_crawl_file_list *list,
                            const lr_crawl_shared_file *file);
void lr_crawl_file_list_clear(lr_crawl_file_list *list);

/* Opens the files: those that grow are cut to their committed length, and what
 * was never committed is removed.  Statuses as lr_crawl_frontier_open. */
lariat_status lr_crawl_shared_files_open(
    lr_crawl_shared_files *files, const lr_crawl_frontier_options *options,
    const lr_crawl_file_list *committed, lr_crawl_fault *fault);

/* Writes what the first outcomes bring, up to the one that fills the WARC file:
 * `*count` says how many those are, and `offsets` gets where the records of
 * each begin.
 * LARIAT_OK, LARIAT_ESYSTEM, LARIAT_ENOMEM */
lariat_status lr_crawl_shared_files_write(lr_crawl_shared_files *files,
                                          const lr_crawl_pending *pending,
                                          size_t *count, uint64_t *offsets,
                                          lr_crawl_fault *fault);

/* Fills in what a commit says of the files, and returns of how many.  With
 * `last` the WARC file is closed by it.  The names are the files'. */
size_t lr_crawl_shared_files_describe(const lr_crawl_shared_files *files,
                                      bool last, lr_crawl_shared_file *out);

/* Ends a write: it is committed, and a full file, or with `last` the one that
 * grows, gets its name; or it is not, and the file is cut back. */
void lr_crawl_shared_files_keep(lr_crawl_shared_files *files, bool last);
lariat_status lr_crawl_shared_files_cut(lr_crawl_shared_files *files,
                                        lr_crawl_fault *fault);

void lr_crawl_shared_files_close(lr_crawl_shared_files *files);

#endif
