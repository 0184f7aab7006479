/* SPDX-License-Identifier: MIT
 * A body that is a range of a file, read by position: the descriptor's own
 * place in the file is left alone, and any number of requests may share it. */
#include "job/body_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/memory.h"

typedef struct file_supply {
  lr_supply supply;
  int fd;
  uint64_t offset;
} file_supply;

static file_supply *file_of(lr_supply *supply) {
  return lr_container(supply, file_supply, supply);
}

static lariat_status seek(lr_supply *supply, uint64_t position) {
  supply->given = position;
  supply->ended = position >= supply->length;
  return LARIAT_OK;
}

static lariat_status fail_short(lr_supply *supply) {
  snprintf(supply->detail, sizeof supply->detail,
           "the file ended after %llu of %llu bytes",
           (unsigned long long)supply->given,
           (unsigned long long)supply->length);
  return LARIAT_EUPLOAD;
}

static lariat_status fail_read(lr_supply *supply, int error) {
  char text[64];
  const char *reason = strerror_r(error, text, sizeof text);
  snprintf(supply->detail, sizeof supply->detail,
           "the file could not be read: %s", reason);
  return LARIAT_EUPLOAD;
}

static lariat_status read_file(lr_supply *supply, lr_reader *reader,
                               char *bytes, size_t room, size_t *got) {
  file_supply *file = file_of(supply);
  uint64_t left = supply->length - supply->given;
  ssize_t count;
  (void)reader;
  if (room > left) room = (size_t)left;
  *got = 0;
  if (room == 0) return LARIAT_OK;
  do {
    count = pread(file->fd, bytes, room, (off_t)(file->offset + supply->given));
  } while (count < 0 && errno == EINTR);
  if (count < 0) return fail_read(supply, errno);
  if (count == 0) return fail_short(supply);
  *got = (size_t)count;
  supply->given += (uint64_t)count;
  supply->ended = supply->given == supply->length;
  return LARIAT_OK;
}

static void drop(lr_supply *supply) {
  file_supply *file = file_of(supply);
  close(file->fd);
  lr_free(file);
}

static const lr_supply_ops ops = {
    .seek = seek, .read = read_file, .drop = drop};

/* A range that is in the file as it is now. */
static lariat_status check(int fd, uint64_t offset, uint64_t *length) {
  struct stat status;
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) return LARIAT_EINVAL;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return LARIAT_EINVAL;
  uint64_t size = (uint64_t)status.st_size;
  if (offset > size) return LARIAT_EINVAL;
  if (*length == LARIAT_LENGTH_UNKNOWN) *length = size - offset;
  return *length > size - offset ? LARIAT_EINVAL : LARIAT_OK;
}

lariat_status lr_file_supply_new(int fd, uint64_t offset, uint64_t length,
                                 lr_supply **out) {
  lariat_status status = check(fd, offset, &length);
  if (status != LARIAT_OK) return status;
  file_supply *file = lr_alloc_zero(sizeof *file);
  if (!file) return LARIAT_ENOMEM;
  file->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (file->fd < 0) {
    lr_free(file);
    return LARIAT_ESYSTEM;
  }
  file->supply.ops = &ops;
  file->supply.length = length;
  file->supply.replayable = true;
  file->offset = offset;
  *out = &file->supply;
  return LARIAT_OK;
}
