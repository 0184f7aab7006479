/* SPDX-License-Identifier: MIT
 * file_source.c: a body that is a range of a file, read by position: the file
 * offset of the descriptor is left alone, and any number of requests may share
 * it. */
#include "job/body_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/memory.h"

typedef struct file_source {
  lr_body_source body_source;
  int fd;
  uint64_t offset;
} file_source;

static file_source *file_of(lr_body_source *body_source) {
  return lr_container(body_source, file_source, body_source);
}

static lariat_status seek_file(lr_body_source *body_source, uint64_t position) {
  body_source->given = position;
  body_source->ended = position >= body_source->length;
  return LARIAT_OK;
}

static lariat_status fail_short(lr_body_source *body_source) {
  snprintf(body_source->detail, sizeof body_source->detail,
           "the file ended after %llu of %llu bytes",
           (unsigned long long)body_source->given,
           (unsigned long long)body_source->length);
  return LARIAT_EUPLOAD;
}

static lariat_status fail_read(lr_body_source *body_source, int error) {
  char text[64];
  const char *reason = strerror_r(error, text, sizeof text);
  snprintf(body_source->detail, sizeof body_source->detail,
           "the file could not be read: %s", reason);
  return LARIAT_EUPLOAD;
}

static lariat_status read_file_range(lr_body_source *body_source,
                                     lr_reader *reader, char *bytes,
                                     size_t capacity, size_t *got) {
  file_source *file = file_of(body_source);
  uint64_t left = body_source->length - body_source->given;
  ssize_t count;
  (void)reader;
  if (capacity > left) capacity = (size_t)left;
  *got = 0;
  if (capacity == 0) return LARIAT_OK;
  do {
    count = pread(file->fd, bytes, capacity,
                  (off_t)(file->offset + body_source->given));
  } while (count < 0 && errno == EINTR);
  if (count < 0) return fail_read(body_source, errno);
  if (count == 0) return fail_short(body_source);
  *got = (size_t)count;
  body_source->given += (uint64_t)count;
  body_source->ended = body_source->given == body_source->length;
  return LARIAT_OK;
}

static void drop_file(lr_body_source *body_source) {
  file_source *file = file_of(body_source);
  close(file->fd);
  lr_free(file);
}

static const lr_body_source_ops file_source_ops = {
    .seek = seek_file, .read = read_file_range, .drop = drop_file};

/* Checks that the range is in the file as it is now, and sets `*length`. */
static lariat_status check_range(int fd, uint64_t offset, uint64_t *length) {
  struct stat status;
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) return LARIAT_EINVAL;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return LARIAT_EINVAL;
  uint64_t size = (uint64_t)status.st_size;
  if (offset > size) return LARIAT_EINVAL;
  if (*length == LARIAT_LENGTH_UNKNOWN) *length = size - offset;
  return *length > size - offset ? LARIAT_EINVAL : LARIAT_OK;
}

lariat_status lr_file_source_new(int fd, uint64_t offset, uint64_t length,
                                 lr_body_source **out) {
  lariat_status status = check_range(fd, offset, &length);
  if (status != LARIAT_OK) return status;
  file_source *file = lr_alloc_zero(sizeof *file);
  if (!file) return LARIAT_ENOMEM;
  file->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (file->fd < 0) {
    lr_free(file);
    return LARIAT_ESYSTEM;
  }
  file->body_source.ops = &file_source_ops;
  file->body_source.length = length;
  file->body_source.replayable = true;
  file->offset = offset;
  *out = &file->body_source;
  return LARIAT_OK;
}
