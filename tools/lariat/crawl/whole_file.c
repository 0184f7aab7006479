/* SPDX-License-Identifier: MIT
 * whole_file.c: a temporary name, and rename(2). */
#include "crawl/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, const char *text, size_t length) {
  while (length) {
    ssize_t written = write(fd, text, length);
    if (written < 0 && errno != EINTR) return false;
    if (written <= 0) continue;
    text += written;
    length -= (size_t)written;
  }
  return true;
}

/* Tells whether the path may be given to another file. */
static bool is_replaceable(const char *path) {
  struct stat about;
  return lstat(path, &about) != 0 ? errno == ENOENT : S_ISREG(about.st_mode);
}

static bool write_in_place(const char *path, const char *text, size_t length) {
  if (strcmp(path, "-") == 0) return write_all(STDOUT_FILENO, text, length);
  int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return false;
  bool written = write_all(fd, text, length);
  return close(fd) == 0 && written;
}

static bool write_new(const char *temporary, const char *text, size_t length) {
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  bool written = write_all(fd, text, length);
  return close(fd) == 0 && written;
}

bool whole_file_write(const char *path, const char *text, size_t length) {
  char *temporary;
  if (strcmp(path, "-") == 0 || !is_replaceable(path))
    return write_in_place(path, text, length);
  if (asprintf(&temporary, "%s.%ld.tmp", path, (long)getpid()) < 0) {
    errno = ENOMEM;
    return false;
  }
  bool written =
      write_new(temporary, text, length) && rename(temporary, path) == 0;
  int error = errno;
  if (!written) (void)unlink(temporary);
  free(temporary);
  errno = error;
  return written;
}
