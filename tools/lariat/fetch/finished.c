/* SPDX-License-Identifier: MIT
 * finished.c: results come nearly in the order of their lines, so the numbers
 * are sorted in batches, and each batch is merged into the ranges from
 * behind. */
#include "fetch/finished.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

enum { BATCH = 16 * 1024, READ_CAPACITY = 256 * 1024, PREFIX_MAX = 40 };

static int by_number(const void *a, const void *b) {
  uint64_t left = *(const uint64_t *)a;
  uint64_t right = *(const uint64_t *)b;
  return left < right ? -1 : left > right;
}

static bool grow_ranges(struct finished *finished, size_t more) {
  size_t needed = finished->count + more;
  if (needed <= finished->capacity) return true;
  size_t capacity = finished->capacity + finished->capacity / 4 + BATCH;
  if (capacity < needed) capacity = needed;
  struct range *ranges = realloc(finished->ranges, capacity * sizeof *ranges);
  if (!ranges) return false;
  finished->ranges = ranges;
  finished->capacity = capacity;
  return true;
}

/* Joins the ranges that touch, from `from` on. */
static void join_ranges(struct finished *finished, size_t from) {
  struct range *ranges = finished->ranges;
  size_t kept = from;
  for (size_t i = from + 1; i < finished->count; i++) {
    if (ranges[i].first <= ranges[kept].last ||
        ranges[i].first - ranges[kept].last == 1) {
      if (ranges[i].last > ranges[kept].last)
        ranges[kept].last = ranges[i].last;
    } else {
      ranges[++kept] = ranges[i];
    }
  }
  if (finished->count) finished->count = kept + 1;
}

/* Merges the batch into the ranges, both of which are sorted: the larger number
 * goes to the end first, where nothing is yet. */
static void merge_batch(struct finished *finished) {
  struct range *ranges = finished->ranges;
  size_t old = finished->count;
  size_t fresh = finished->batch_count;
  size_t end = old + fresh;
  finished->count = end;
  while (fresh) {
    uint64_t number = finished->batch[fresh - 1];
    if (old && ranges[old - 1].first > number) {
      ranges[--end] = ranges[--old];
    } else {
      ranges[--end] = (struct range){number, number};
      fresh--;
    }
  }
  join_ranges(finished, old ? old - 1 : 0);
}

bool finished_settle(struct finished *finished) {
  if (!finished->batch_count) return true;
  if (!grow_ranges(finished, finished->batch_count)) return false;
  qsort(finished->batch, finished->batch_count, sizeof *finished->batch,
        by_number);
  merge_batch(finished);
  finished->batch_count = 0;
  return true;
}

bool finished_add(struct finished *finished, uint64_t line) {
  if (!finished->batch) {
    finished->batch = malloc(BATCH * sizeof *finished->batch);
    if (!finished->batch) return false;
  }
  if (finished->batch_count == BATCH && !finished_settle(finished))
    return false;
  finished->batch[finished->batch_count++] = line;
  return true;
}

bool finished_has(struct finished *finished, uint64_t line) {
  while (finished->cursor < finished->count &&
         finished->ranges[finished->cursor].last < line)
    finished->cursor++;
  return finished->cursor < finished->count &&
         finished->ranges[finished->cursor].first <= line;
}

void finished_free(struct finished *finished) {
  free(finished->ranges);
  free(finished->batch);
  *finished = (struct finished){.count = 0};
}

/* Reads the number in `{"line":NUMBER,`; 0: it is not there. */
static uint64_t read_line_number(const char *line, size_t length) {
  static const char prefix[] = "{\"line\":";
  const size_t skip = sizeof prefix - 1;
  uint64_t number = 0;
  if (length < skip + 3 || memcmp(line, prefix, skip) != 0) return 0;
  size_t i = skip;
  for (; i < length && line[i] >= '0' && line[i] <= '9'; i++) {
    if (number > UINT64_MAX / 10 - 1) return 0;
    number = number * 10 + (uint64_t)(line[i] - '0');
  }
  return i < length && line[i] == ',' ? number : 0;
}

/* A reader of whole lines that keeps of each its beginning and its last byte
 * only. */
struct scan {
  struct finished *finished;
  const char *name;
  char start[PREFIX_MAX];
  size_t start_length;
  char last;
  uint64_t lines;
  uint64_t whole; /* bytes up to the end of the last whole line */
  uint64_t read;
};

static bool end_line(struct scan *scan) {
  scan->lines++;
  uint64_t number = read_line_number(scan->start, scan->start_length);
  scan->start_length = 0;
  if (number == 0 || scan->last != '}') {
    say("%s: line %llu is not a line of lariat's output; nothing was changed",
        scan->name, (unsigned long long)scan->lines);
    return false;
  }
  if (finished_add(scan->finished, number)) return true;
  say("out of memory");
  return false;
}

static void keep_bytes(struct scan *scan, const char *bytes, size_t length) {
  if (!length) return;
  size_t left = sizeof scan->start - scan->start_length;
  size_t kept = length < left ? length : left;
  memcpy(scan->start + scan->start_length, bytes, kept);
  scan->start_length += kept;
  scan->last = bytes[length - 1];
}

static bool scan_bytes(struct scan *scan, const char *bytes, size_t length) {
  size_t at = 0;
  while (at < length) {
    const char *newline = memchr(bytes + at, '\n', length - at);
    size_t stop = newline ? (size_t)(newline - bytes) : length;
    keep_bytes(scan, bytes + at, stop - at);
    if (!newline) break;
    if (!end_line(scan)) return false;
    at = stop + 1;
    scan->whole = scan->read + at;
  }
  scan->read += length;
  return true;
}

static bool scan_file(struct scan *scan, int fd, char *buffer) {
  for (;;) {
    ssize_t got = read(fd, buffer, READ_CAPACITY);
    if (got == 0) return true;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      say("cannot read %s: %s", scan->name, say_errno(errno));
      return false;
    }
    if (!scan_bytes(scan, buffer, (size_t)got)) return false;
  }
}

/* Whether a torn line is one of ours, or the beginning of one. */
static bool tail_is_ours(const struct scan *scan) {
  static const char prefix[] = "{\"line\":";
  size_t length = scan->start_length;
  if (length > sizeof prefix - 1) length = sizeof prefix - 1;
  return memcmp(scan->start, prefix, length) == 0;
}

static bool cut_tail(const struct scan *scan, int fd) {
  if (!tail_is_ours(scan)) {
    say("%s: its end is not lariat's output; nothing was changed", scan->name);
    return false;
  }
  if ((scan->read == scan->whole || ftruncate(fd, (off_t)scan->whole) == 0) &&
      lseek(fd, (off_t)scan->whole, SEEK_SET) >= 0)
    return true;
  say("cannot write to %s: %s", scan->name, say_errno(errno));
  return false;
}

/* Says whether the output can be read from its beginning, which a FIFO or a
 * device cannot: it might have no end. */
static bool can_be_read(int fd, const char *name) {
  struct stat about;
  if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) return true;
  say("cannot continue %s: it is not a regular file", name);
  return false;
}

bool finished_read(struct finished *finished, int fd, const char *name) {
  if (!can_be_read(fd, name)) return false;
  struct scan scan = {.finished = finished, .name = name};
  char *buffer = malloc(READ_CAPACITY);
  bool good = buffer && scan_file(&scan, fd, buffer);
  if (!buffer) say("out of memory");
  free(buffer);
  if (!good) return false;
  if (!finished_settle(finished)) {
    say("out of memory");
    return false;
  }
  free(finished->batch);
  finished->batch = NULL;
  return cut_tail(&scan, fd);
}
