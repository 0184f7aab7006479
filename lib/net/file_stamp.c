/* SPDX-License-Identifier: MIT
 * file_stamp.c: when a file has changed, and what is in it. */
#include "net/file_stamp.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

static const size_t size_max = 16u << 20;
enum { PIECE = 16 * 1024 };

static bool is_same(const lr_file_stamp *a, const lr_file_stamp *b) {
  return a->device == b->device && a->inode == b->inode && a->size == b->size &&
         a->changed.tv_sec == b->changed.tv_sec &&
         a->changed.tv_nsec == b->changed.tv_nsec;
}

bool lr_file_stamp_look(lr_file_stamp *stamp, const char *path,
                        uint64_t now_ns) {
  struct stat status;
  bool first = stamp->looked_ns == 0;
  if (!first && lr_since(now_ns, stamp->looked_ns) < LR_NS_PER_S) return false;
  lr_file_stamp now = {.looked_ns = now_ns ? now_ns : 1};
  if (stat(path, &status) == 0) {
    now.device = status.st_dev;
    now.inode = status.st_ino;
    now.size = status.st_size;
    now.changed = status.st_mtim;
  }
  bool same = !first && is_same(stamp, &now);
  *stamp = now;
  return !same;
}

/* Reads to the end. */
static bool read_all(int fd, lr_buffer *out) {
  for (;;) {
    if (out->length > size_max || !lr_buffer_reserve(out, PIECE)) return false;
    ssize_t got = read(fd, out->bytes + out->length, PIECE - 1);
    if (got < 0) return false;
    out->length += (size_t)got;
    if (got == 0) return lr_buffer_terminate(out);
  }
}

bool lr_file_read(const char *path, lr_buffer *out) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  bool read = read_all(fd, out);
  close(fd);
  return read;
}
