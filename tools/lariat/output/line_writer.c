/* SPDX-License-Identifier: MIT
 * line_writer.c: write(2) with its errors looked at. */
#include "output/line_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

enum { FLUSH_BYTES = 256 * 1024, KEPT_CAPACITY = 1024 * 1024, FLUSH_MS = 50 };

/* Makes sure that the file is nobody else's: neither the input, which would be
 * lost, nor what another run is writing. */
static bool claim_file(const struct line_writer *writer, int input_fd,
                       bool keep) {
  struct stat ours;
  struct stat theirs;
  if (fstat(writer->fd, &ours) != 0 || !S_ISREG(ours.st_mode)) return true;
  if (input_fd >= 0 && fstat(input_fd, &theirs) == 0 &&
      ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino) {
    say("%s is the input: it cannot be the output, too", writer->name);
    return false;
  }
  if (flock(writer->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    say("%s is being written by another run", writer->name);
    return false;
  }
  /* ext4 writes a file that was cut to nothing to the disk when it is closed:
   * one that is new need not pay for that. */
  if (keep || !ours.st_size || ftruncate(writer->fd, 0) == 0) return true;
  say("cannot write to %s: %s", writer->name, say_errno(errno));
  return false;
}

bool line_writer_open(struct line_writer *writer, const char *path, bool keep,
                      int input_fd) {
  *writer =
      (struct line_writer){.fd = STDOUT_FILENO, .name = "standard output"};
  if (path) {
    writer->name = path;
    writer->fd =
        open(path, O_CREAT | O_CLOEXEC | (keep ? O_RDWR : O_WRONLY), 0666);
  }
  if (writer->fd < 0) {
    say("cannot write to %s: %s", writer->name, say_errno(errno));
    return false;
  }
  writer->terminal = isatty(writer->fd) == 1;
  return !path || claim_file(writer, input_fd, keep);
}

void line_writer_attach(struct line_writer *writer, lariat_reactor *reactor,
                        lariat_call on_failure, void *context) {
  writer->reactor = reactor;
  writer->on_failure = on_failure;
  writer->context = context;
}

/* A reader who has gone, as head does when it has enough, is told of nothing.
 */
static void fail_writer(struct line_writer *writer, const char *why) {
  if (writer->failed) return;
  writer->failed = true;
  if (!writer->abandoned) say("cannot write to %s: %s", writer->name, why);
  if (writer->on_failure) writer->on_failure(writer->context);
}

/* Waits for a descriptor that somebody else has made non-blocking. */
static void wait_until_writable(const struct line_writer *writer) {
  struct pollfd wanted = {.fd = writer->fd, .events = POLLOUT};
  (void)poll(&wanted, 1, -1);
}

static bool write_text(struct line_writer *writer) {
  const char *at = writer->text.bytes;
  size_t left = writer->text.length;
  while (left) {
    ssize_t written = write(writer->fd, at, left);
    if (written < 0 && errno == EAGAIN) {
      wait_until_writable(writer);
    } else if (written < 0 && errno != EINTR) {
      writer->abandoned = errno == EPIPE;
      fail_writer(writer, say_errno(errno));
      return false;
    } else if (written > 0) {
      at += written;
      left -= (size_t)written;
    }
  }
  return true;
}

bool line_writer_flush(struct line_writer *writer) {
  if (writer->timer_set)
    (void)lariat_reactor_cancel_timer(writer->reactor, writer->timer);
  writer->timer_set = false;
  if (writer->failed) return false;
  bool written = write_text(writer);
  writer->text.length = 0;
  if (writer->text.capacity > KEPT_CAPACITY) text_free(&writer->text);
  return written;
}

static void flush_on_timer(void *context) {
  struct line_writer *writer = context;
  writer->timer_set = false;
  (void)line_writer_flush(writer);
}

/* Sets the timer that bounds how long lines that come slowly are kept. */
static void flush_later(struct line_writer *writer) {
  if (writer->timer_set) return;
  writer->timer_set =
      lariat_reactor_call_later(writer->reactor, FLUSH_MS, flush_on_timer,
                                writer, NULL, &writer->timer) == LARIAT_OK;
  if (!writer->timer_set) (void)line_writer_flush(writer);
}

void line_writer_added(struct line_writer *writer, bool appended) {
  if (!appended)
    fail_writer(writer, "out of memory");
  else if (writer->text.length >= FLUSH_BYTES)
    (void)line_writer_flush(writer);
  else
    flush_later(writer);
}

bool line_writer_close(struct line_writer *writer) {
  (void)line_writer_flush(writer);
  text_free(&writer->text);
  if (writer->fd > STDERR_FILENO && close(writer->fd) != 0 && !writer->failed)
    fail_writer(writer, say_errno(errno));
  writer->fd = -1;
  return !writer->failed;
}
