/* SPDX-License-Identifier: MIT
 * warc_file.c: reads a file in large pieces, and, behind a fault, a part of it
 * again: what a broken record has swallowed is not lost so. */
#include <lariat/crawl/warc_reader.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "warc_states.h"
#include <lariat/allocator.h>

enum { PIECE = 128 * 1024 };

/* The most bytes that are read again in all: records that name lengths which
 * they do not have could else have a file read once for each of them. */
#define MOST_AGAIN (UINT64_C(1) << 30)

struct lariat_crawl_warc_file {
  lariat_crawl_warc_reader *reader;
  int fd;
  int error;         /* of a read; 0: none */
  uint64_t offset;   /* of the next byte to read */
  uint64_t again;    /* how many bytes were read again */
  bool owned;        /* the descriptor is to be closed */
  bool ended;        /* the file */
  size_t at, length; /* of what is in hand */
  char bytes[PIECE];
};

static bool open_descriptor(lariat_crawl_warc_file *file, const char *path,
                            uint64_t offset) {
  file->owned = strcmp(path, "-") != 0;
  file->fd = file->owned ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  file->offset = offset;
  return file->fd >= 0 &&
         (!offset || lseek(file->fd, (off_t)offset, SEEK_SET) >= 0);
}

lariat_status lariat_crawl_warc_file_open(const char *path, uint64_t offset,
                                          lariat_crawl_warc_file **out) {
  *out = NULL;
  lariat_crawl_warc_file *file = lariat_memory_allocate(sizeof *file);
  if (!file) return LARIAT_ENOMEM;
  memset(file, 0, offsetof(lariat_crawl_warc_file, bytes));
  lariat_status status = LARIAT_ESYSTEM;
  if (open_descriptor(file, path, offset))
    status = lariat_crawl_warc_reader_new(&file->reader);
  if (status != LARIAT_OK) {
    int error = errno;
    lariat_crawl_warc_file_close(file);
    errno = error;
    return status;
  }
  lariat_crawl_warc_reader_begin(file->reader, offset, false);
  *out = file;
  return LARIAT_OK;
}

void lariat_crawl_warc_file_close(lariat_crawl_warc_file *file) {
  if (!file) return;
  lariat_crawl_warc_reader_free(file->reader);
  if (file->owned && file->fd >= 0) close(file->fd);
  lariat_memory_release(file);
}

lariat_crawl_warc_reader *
lariat_crawl_warc_file_reader(lariat_crawl_warc_file *file) {
  return file->reader;
}

/* Reads the next piece; false: it cannot be read. */
static bool read_piece(lariat_crawl_warc_file *file) {
  ssize_t got;
  do got = read(file->fd, file->bytes, PIECE);
  while (got < 0 && errno == EINTR);
  if (got < 0) return false;
  file->at = 0;
  file->length = (size_t)got;
  file->offset += (size_t)got;
  file->ended = got == 0;
  return true;
}

/* Goes back to the second byte of what was given up, to look for a record from
 * there on. */
static void go_back(lariat_crawl_warc_file *file) {
  const lariat_crawl_warc_fault *fault =
      lariat_crawl_warc_reader_fault(file->reader);
  uint64_t back = file->offset - (fault->offset + 1);
  if (!fault->ends_record || file->again + back > MOST_AGAIN ||
      lseek(file->fd, (off_t)(fault->offset + 1), SEEK_SET) < 0)
    return;
  file->again += back;
  file->offset = fault->offset + 1;
  file->at = file->length = 0;
  file->ended = false;
  lariat_crawl_warc_reader_begin(file->reader, file->offset, true);
}

/* Gives the reader what is in hand, or the file's end. */
static lariat_crawl_warc_event feed(lariat_crawl_warc_file *file) {
  size_t used = 0;
  if (file->ended) return lariat_crawl_warc_reader_end(file->reader);
  lariat_crawl_warc_event event = lariat_crawl_warc_reader_feed(
      file->reader, file->bytes + file->at, file->length, &used);
  file->at += used;
  file->length -= used;
  return event;
}

lariat_crawl_warc_event
lariat_crawl_warc_file_next(lariat_crawl_warc_file *file) {
  lariat_crawl_warc_event event = feed(file);
  while (event == LARIAT_CRAWL_WARC_MORE) {
    if (!read_piece(file)) {
      lr_crawl_warc_reader_fail(file->reader, LARIAT_ESYSTEM);
      return LARIAT_CRAWL_WARC_FAILED;
    }
    event = feed(file);
  }
  if (event == LARIAT_CRAWL_WARC_FAULT) go_back(file);
  return event;
}
