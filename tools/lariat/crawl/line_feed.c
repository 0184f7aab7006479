/* SPDX-License-Identifier: MIT
 * line_feed.c: pread, poll and write.  A pipe that poll calls writable takes
 * PIPE_BUF bytes without waiting, also one that is not O_NONBLOCK, as standard
 * output is. */
#include "crawl/line_feed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_MS = 20, IDLE_MS = 200, PIECES = 64, MARK_BYTES = 21 };

_Static_assert(LINE_FEED_PIECE <= 4096, "what a pipe takes at once");

static void feed_more(void *context);

/* ---- The place ---- */

static off_t file_size(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 ? about.st_size : 0;
}

static off_t read_mark(const char *path) {
  char text[MARK_BYTES + 1] = "";
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = read(fd, text, MARK_BYTES);
  close(fd);
  return got > 0 ? (off_t)strtoull(text, NULL, 10) : 0;
}

/* Keeps the end of the last whole line: one write, in place. */
static void write_mark(struct line_feed *feed) {
  char text[MARK_BYTES + 1];
  if (!feed->mark || feed->marked == feed->line) return;
  int fd = open(feed->mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return;
  snprintf(text, sizeof text, "%020" PRIu64 "\n", (uint64_t)feed->line);
  if (pwrite(fd, text, MARK_BYTES, 0) == MARK_BYTES) feed->marked = feed->line;
  close(fd);
}

/* ---- Feeding ---- */

static void finish(struct line_feed *feed) {
  write_mark(feed);
  if (feed->over) return;
  feed->over = true;
  feed->finished(feed->context);
}

static bool open_file(struct line_feed *feed) {
  if (feed->from < 0) feed->from = open(feed->path, O_RDONLY | O_CLOEXEC);
  return feed->from >= 0;
}

static void wait_for(struct line_feed *feed, unsigned ms) {
  feed->timed = lariat_reactor_call_later(feed->reactor, ms, feed_more, feed,
                                          NULL, &feed->timer) == LARIAT_OK;
  if (!feed->timed) finish(feed);
}

static void note_taken(struct line_feed *feed, const char *piece,
                       size_t length) {
  const char *end = memrchr(piece, '\n', length);
  if (end) feed->line = feed->offset + (end - piece) + 1;
  feed->offset += (off_t)length;
}

enum step { STEP_FED, STEP_EMPTY, STEP_FULL, STEP_BROKEN };

static enum step write_piece(struct line_feed *feed, const char *piece,
                             size_t length) {
  struct pollfd wanted = {.fd = feed->to, .events = POLLOUT};
  if (poll(&wanted, 1, 0) < 1) return STEP_FULL;
  ssize_t written = write(feed->to, piece, length);
  if (written < 0)
    return errno == EAGAIN || errno == EINTR ? STEP_FULL : STEP_BROKEN;
  note_taken(feed, piece, (size_t)written);
  return STEP_FED;
}

static enum step feed_piece(struct line_feed *feed) {
  char piece[LINE_FEED_PIECE];
  if (!open_file(feed)) return STEP_EMPTY;
  ssize_t got = pread(feed->from, piece, sizeof piece, feed->offset);
  return got > 0 ? write_piece(feed, piece, (size_t)got) : STEP_EMPTY;
}

static void feed_more(void *context) {
  struct line_feed *feed = context;
  enum step step = STEP_FED;
  feed->timed = false;
  for (int i = 0; step == STEP_FED && i < PIECES; i++) step = feed_piece(feed);
  feed->broken = step == STEP_BROKEN;
  if (feed->broken || (step == STEP_EMPTY && feed->ending)) {
    finish(feed);
    return;
  }
  if (step == STEP_EMPTY) write_mark(feed);
  wait_for(feed, step == STEP_EMPTY  ? IDLE_MS
                 : step == STEP_FULL ? WAIT_MS
                                     : 0);
}

bool line_feed_begin(struct line_feed *feed, lariat_reactor *reactor,
                     const char *path, const char *mark, int to,
                     lariat_call finished, void *context) {
  *feed = (struct line_feed){.reactor = reactor,
                             .path = path,
                             .mark = mark ? strdup(mark) : NULL,
                             .finished = finished,
                             .context = context,
                             .from = -1,
                             .to = to};
  if (mark && !feed->mark) return false;
  off_t size = file_size(path);
  off_t place = mark ? read_mark(mark) : size;
  feed->offset = feed->line = place < size ? place : size;
  feed->marked = -1;
  feed->timed = lariat_reactor_call_later(reactor, 0, feed_more, feed, NULL,
                                          &feed->timer) == LARIAT_OK;
  return feed->timed;
}

void line_feed_end(struct line_feed *feed) {
  feed->ending = true;
  if (feed->timed)
    (void)lariat_reactor_reset_timer(feed->reactor, feed->timer, 0);
}

void line_feed_close(struct line_feed *feed) {
  if (feed->timed)
    (void)lariat_reactor_cancel_timer(feed->reactor, feed->timer);
  if (feed->reactor) write_mark(feed);
  if (feed->from >= 0 && feed->reactor) close(feed->from);
  free(feed->mark);
  *feed = (struct line_feed){.from = -1, .to = -1};
}
