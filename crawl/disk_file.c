/* SPDX-License-Identifier: MIT
 * disk_file.c: system calls, begun again where a signal or a full buffer has
 * ended them early. */
#include "disk_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int lr_crawl_file_open(const char *path, int *descriptor) {
  *descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  return *descriptor < 0 ? errno : 0;
}

int lr_crawl_file_make_private(const char *path, int *descriptor) {
  *descriptor = -1;
  if (unlink(path) && errno != ENOENT) return errno;
  *descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  return *descriptor < 0 ? errno : 0;
}

/* Drops what has been written from the front of the pieces. */
static size_t skip_written(struct iovec *pieces, size_t count, size_t written) {
  size_t done = 0;
  while (done < count && written >= pieces[done].iov_len)
    written -= pieces[done++].iov_len;
  if (done == count) return done;
  pieces[done].iov_base = (char *)pieces[done].iov_base + written;
  pieces[done].iov_len -= written;
  return done;
}

int lr_crawl_file_write(int descriptor, struct iovec *pieces, size_t count,
                        int64_t offset) {
  while (count) {
    int most = count < IOV_MAX ? (int)count : IOV_MAX;
    ssize_t written = offset < 0 ? writev(descriptor, pieces, most)
                                 : pwritev(descriptor, pieces, most, offset);
    if (written < 0 && errno != EINTR) return errno;
    if (written < 0) continue;
    if (offset >= 0) offset += written;
    size_t done = skip_written(pieces, count, (size_t)written);
    if (written == 0 && done == 0) return EIO;
    pieces += done;
    count -= done;
  }
  return 0;
}

int lr_crawl_file_cut(int descriptor, uint64_t length) {
  return ftruncate(descriptor, (off_t)length) ? errno : 0;
}

int lr_crawl_file_sync(int descriptor) {
  return fdatasync(descriptor) ? errno : 0;
}

int lr_crawl_file_rename(const char *from, const char *to) {
  return rename(from, to) ? errno : 0;
}

void lr_crawl_file_read_ahead(const char *path) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)posix_fadvise(descriptor, 0, 0, POSIX_FADV_WILLNEED);
  close(descriptor);
}

int lr_crawl_file_make_directory(const char *path) {
  return mkdir(path, 0777) && errno != EEXIST ? errno : 0;
}

int lr_crawl_file_look(const char *path, lr_crawl_file_state *state) {
  struct stat found;
  *state = (lr_crawl_file_state){0};
  if (stat(path, &found)) return errno == ENOENT ? 0 : errno;
  *state = (lr_crawl_file_state){.exists = true,
                                 .is_regular = S_ISREG(found.st_mode),
                                 .is_directory = S_ISDIR(found.st_mode),
                                 .length = (uint64_t)found.st_size};
  return 0;
}
