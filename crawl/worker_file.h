/* SPDX-License-Identifier: MIT
 * worker_file.h: the file "worker" in a directory: of which shared crawl it is
 * a worker's, and of which worker, so that a second start is the same one, and
 * the text that the caller has had kept. */
#ifndef CRAWL_WORKER_FILE_H
#define CRAWL_WORKER_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include <lariat/status.h>

#include "fault.h"

typedef struct lr_crawl_worker_file {
  uint32_t worker;  /* 0: the directory is none of a worker's */
  uint64_t crawl;   /* the id of the crawl's key; 0: not known */
  uint64_t id;      /* of the directory, at random; 0: it has none */
  char *name;       /* of the crawl */
  char *connection; /* NULL: it has a password, and was not kept */
  char *kept;       /* the caller's own text; NULL: there is none */
} lr_crawl_worker_file;

/* Reads the file, if there is one.
 * LARIAT_OK, LARIAT_ENOMEM; LARIAT_EFORMAT: it is damaged; LARIAT_ESYSTEM */
lariat_status lr_crawl_worker_file_read(const char *directory,
                                        lr_crawl_worker_file *out,
                                        lr_crawl_fault *fault);

/* Writes it, for its owner alone to read; the connection only where no password
 * is in it.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ESYSTEM */
lariat_status lr_crawl_worker_file_write(const char *directory,
                                         const lr_crawl_worker_file *of,
                                         lr_crawl_fault *fault);

void lr_crawl_worker_file_clear(lr_crawl_worker_file *file);

#endif
