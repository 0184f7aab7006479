/* SPDX-License-Identifier: MIT
 * file_stamp.h: whether a small file of the system's has changed since it was
 * read.  It is looked at once a second at most. */
#ifndef LR_NET_FILE_STAMP_H
#define LR_NET_FILE_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buffer.h"

typedef struct lr_file_stamp {
  uint64_t looked_ns; /* 0: never */
  uint64_t device;
  uint64_t inode; /* 0: there was none */
  int64_t size;
  struct timespec changed;
} lr_file_stamp;

/* Notes how the file is now; true when it is not as it was noted, the first
 * time always. */
bool lr_file_stamp_look(lr_file_stamp *stamp, const char *path,
                        uint64_t now_ns);

/* Reads a file of 16 MiB at most, ended by a NUL that is not counted.  False:
 * there is none, or no memory. */
bool lr_file_read(const char *path, lr_buffer *out);

#endif
