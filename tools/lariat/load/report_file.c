/* SPDX-License-Identifier: MIT
 * report_file.c: a temporary name, write(2) with its errors looked at, and
 * rename(2).  What is no regular file, as /dev/stdout, is written in place. */
#include "load/report_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static bool fail_file(struct report_file *file, int error) {
  if (!file->failed)
    say("cannot write to %s: %s", file->path, say_errno(error));
  file->failed = true;
  return false;
}

/* Tells whether the path may be given to another file. */
static bool is_replaceable(const char *path) {
  struct stat about;
  return lstat(path, &about) != 0 ? errno == ENOENT : S_ISREG(about.st_mode);
}

/* Opens a new file beside the path, which must be writable itself if it is
 * there: who has made it read-only does not want it replaced. */
static bool open_beside(struct report_file *file) {
  if (access(file->path, W_OK) != 0 && errno != ENOENT)
    return fail_file(file, errno);
  if (!file->temporary && asprintf(&file->temporary, "%s.%ld.tmp", file->path,
                                   (long)getpid()) < 0) {
    file->temporary = NULL;
    return fail_file(file, ENOMEM);
  }
  file->fd =
      open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  return file->fd >= 0 || fail_file(file, errno);
}

static void drop_temporary(struct report_file *file) {
  if (!file->temporary) return;
  (void)unlink(file->temporary);
  free(file->temporary);
  file->temporary = NULL;
}

static bool open_in_place(struct report_file *file, int flags) {
  file->fd =
      strcmp(file->path, "-") == 0
          ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
          : open(file->path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
  return file->fd >= 0 || fail_file(file, errno);
}

static bool is_beside(const struct report_file *file) {
  return strcmp(file->path, "-") != 0 && is_replaceable(file->path);
}

/* Makes the file that will be replaced by nothing but a whole one, to see
 * whether that can be done, and takes it away again: a process that is killed
 * leaves none behind. */
static bool try_beside(struct report_file *file) {
  bool opened = open_beside(file);
  if (opened) close(file->fd);
  file->fd = -1;
  if (opened) drop_temporary(file);
  return opened;
}

bool report_file_open(struct report_file *file, const char *path) {
  *file = (struct report_file){.path = path, .fd = -1};
  if (!path) return true;
  return is_beside(file) ? try_beside(file) : open_in_place(file, 0);
}

bool report_file_open_log(struct report_file *file, const char *path) {
  *file = (struct report_file){.path = path, .fd = -1};
  return !path || open_in_place(file, O_TRUNC);
}

static bool write_all(struct report_file *file, const char *text,
                      size_t length) {
  while (length) {
    ssize_t written = write(file->fd, text, length);
    if (written < 0 && errno != EINTR) return fail_file(file, errno);
    if (written <= 0) continue;
    text += written;
    length -= (size_t)written;
  }
  return true;
}

/* Cuts off what an older file has beyond the new end; a pipe has no length. */
static void cut_rest(const struct report_file *file, size_t length) {
  struct stat about;
  if (fstat(file->fd, &about) == 0 && S_ISREG(about.st_mode))
    (void)!ftruncate(file->fd, (off_t)length);
}

static bool close_written(struct report_file *file) {
  int fd = file->fd;
  file->fd = -1;
  return close(fd) == 0 || fail_file(file, errno);
}

static bool rename_whole(struct report_file *file) {
  if (!file->temporary) return true;
  if (rename(file->temporary, file->path) != 0) return fail_file(file, errno);
  free(file->temporary);
  file->temporary = NULL;
  return true;
}

bool report_file_write(struct report_file *file, const char *text,
                       size_t length) {
  if (file->fd < 0 &&
      !(is_beside(file) ? open_beside(file) : open_in_place(file, 0)))
    return false;
  bool in_place = !file->temporary;
  bool written = write_all(file, text, length);
  if (written && in_place && strcmp(file->path, "-") != 0)
    cut_rest(file, length);
  bool closed = close_written(file);
  return written && closed && rename_whole(file);
}

bool report_file_append(struct report_file *file, const char *text,
                        size_t length) {
  return !file->failed && write_all(file, text, length);
}

bool report_file_close(struct report_file *file) {
  if (file->fd >= 0) (void)close_written(file);
  drop_temporary(file);
  return !file->failed;
}
