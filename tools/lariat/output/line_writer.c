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

enum { FLUSH_BYTES = 256 * 1024, KEPT_ROOM = 1024 * 1024, FLUSH_MS = 50 };

/* A file must be nobody else's: neither the input, which would be lost, nor
 * what another run is writing. */
static bool claim(const struct output *output, int input_fd, bool keep) {
  struct stat ours;
  struct stat theirs;
  if (fstat(output->fd, &ours) != 0 || !S_ISREG(ours.st_mode)) return true;
  if (input_fd >= 0 && fstat(input_fd, &theirs) == 0 &&
      ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino) {
    say("%s is the input: it cannot be the output, too", output->name);
    return false;
  }
  if (flock(output->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    say("%s is being written by another run", output->name);
    return false;
  }
  /* ext4 writes a file that was cut to nothing to the disk when it is closed:
   * one that is new need not pay for that. */
  if (keep || !ours.st_size || ftruncate(output->fd, 0) == 0) return true;
  say("cannot write to %s: %s", output->name, say_errno(errno));
  return false;
}

bool output_open(struct output *output, const struct settings *settings,
                 int input_fd) {
  *output = (struct output){.fd = STDOUT_FILENO, .name = "standard output"};
  if (settings->output) {
    int how = O_CREAT | O_CLOEXEC;
    how |= settings->resume ? O_RDWR : O_WRONLY;
    output->name = settings->output;
    output->fd = open(settings->output, how, 0666);
  }
  if (output->fd < 0) {
    say("cannot write to %s: %s", output->name, say_errno(errno));
    return false;
  }
  output->terminal = isatty(output->fd) == 1;
  return !settings->output || claim(output, input_fd, settings->resume);
}

void output_attach(struct output *output, lariat_reactor *reactor,
                   lariat_call on_failure, void *context) {
  output->reactor = reactor;
  output->on_failure = on_failure;
  output->context = context;
}

static void fail(struct output *output, const char *why) {
  if (output->failed) return;
  output->failed = true;
  say("cannot write to %s: %s", output->name, why);
  if (output->on_failure) output->on_failure(output->context);
}

/* The descriptor may be somebody else's non-blocking one. */
static void wait_for_room(const struct output *output) {
  struct pollfd wanted = {.fd = output->fd, .events = POLLOUT};
  (void)poll(&wanted, 1, -1);
}

static bool write_all(struct output *output) {
  const char *at = output->text.bytes;
  size_t left = output->text.length;
  while (left) {
    ssize_t written = write(output->fd, at, left);
    if (written < 0 && errno == EAGAIN) {
      wait_for_room(output);
    } else if (written < 0 && errno != EINTR) {
      fail(output,
           errno == EPIPE ? "nobody reads it any more" : say_errno(errno));
      return false;
    } else if (written > 0) {
      at += written;
      left -= (size_t)written;
    }
  }
  return true;
}

bool output_flush(struct output *output) {
  if (output->timer_set)
    (void)lariat_reactor_cancel_timer(output->reactor, output->timer);
  output->timer_set = false;
  if (output->failed) return false;
  bool written = write_all(output);
  output->text.length = 0;
  if (output->text.room > KEPT_ROOM) text_free(&output->text);
  return written;
}

static void time_to_flush(void *context) {
  struct output *output = context;
  output->timer_set = false;
  (void)output_flush(output);
}

/* Lines that come slowly are not kept for long. */
static void flush_later(struct output *output) {
  if (output->timer_set) return;
  output->timer_set =
      lariat_reactor_call_later(output->reactor, FLUSH_MS, time_to_flush,
                                output, NULL, &output->timer) == LARIAT_OK;
  if (!output->timer_set) (void)output_flush(output);
}

void output_record(struct output *output, const struct record *record) {
  if (output->failed) return;
  if (!record_write(record, &output->text))
    fail(output, "out of memory");
  else if (output->text.length >= FLUSH_BYTES)
    (void)output_flush(output);
  else
    flush_later(output);
}

bool output_close(struct output *output) {
  (void)output_flush(output);
  text_free(&output->text);
  if (output->fd > STDERR_FILENO && close(output->fd) != 0 && !output->failed)
    fail(output, say_errno(errno));
  output->fd = -1;
  return !output->failed;
}
