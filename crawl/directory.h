/* SPDX-License-Identifier: MIT
 * directory.h: the directory of a crawl: it is made, known as one, and locked,
 * so that one process at a time writes there. */
#ifndef CRAWL_DIRECTORY_H
#define CRAWL_DIRECTORY_H

#include <stdbool.h>

#include <lariat/status.h>

#include "fault.h"

/* Makes the directory and the one for WARC files in it, where they are not
 * there, and locks it; `*lock` is a descriptor, which the caller closes.
 *
 * LARIAT_EBUSY    another process has it
 * LARIAT_EFORMAT  it is no directory, or has files in it and no crawl
 * LARIAT_ESYSTEM, LARIAT_ENOMEM */
lariat_status lr_crawl_directory_lock(const char *directory, int *lock,
                                      lr_crawl_fault *fault);

/* Leaves in the lock's file that the disk is full, where that takes no space of
 * the disk; and tells whether the last process has. */
void lr_crawl_directory_mark_full(int lock);
bool lr_crawl_directory_was_full(const char *directory);

/* Returns the path of a name in a directory, to be released; NULL: out of
 * memory. */
char *lr_crawl_directory_path(const char *directory, const char *name);

#endif
