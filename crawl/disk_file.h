/* SPDX-License-Identifier: MIT
 * disk_file.h: the system calls that change a crawl's files, but those of
 * SQLite.  Each returns 0, or the errno. */
#ifndef CRAWL_DISK_FILE_H
#define CRAWL_DISK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Opens a file to write to; it is made where it is not there. */
int lr_crawl_file_open(const char *path, int *descriptor);

/* Makes a new file for writing, which only its owner can read, in the place of
 * one that may be there. */
int lr_crawl_file_make_private(const char *path, int *descriptor);

/* Writes all the pieces one behind the other, from `offset` on; a negative one:
 * where a pipe or a terminal is.  The array is changed. */
int lr_crawl_file_write(int descriptor, struct iovec *pieces, size_t count,
                        int64_t offset);

int lr_crawl_file_cut(int descriptor, uint64_t length);
int lr_crawl_file_sync(int descriptor);
int lr_crawl_file_rename(const char *from, const char *to);

/* Asks the system to read a file that is to be read soon from its beginning to
 * its end.  What fails is of no consequence. */
void lr_crawl_file_read_ahead(const char *path);

/* Makes a directory, if it is not there. */
int lr_crawl_file_make_directory(const char *path);

typedef struct lr_crawl_file_state {
  bool exists, is_regular, is_directory;
  uint64_t length;
} lr_crawl_file_state;
int lr_crawl_file_look(const char *path, lr_crawl_file_state *state);

#endif
