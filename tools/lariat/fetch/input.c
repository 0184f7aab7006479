/* SPDX-License-Identifier: MIT
 * input.c: a buffer that is filled by read(2) and emptied line by line. */
#include "fetch/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

enum { FIRST_CAPACITY = 64 * 1024, LAST_CAPACITY = INPUT_LINE_MAX + 64 * 1024 };

static bool open_file(struct input *input, const char *path) {
  struct stat about;
  bool standard = strcmp(path, "-") == 0;
  input->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  if (input->fd < 0 || fstat(input->fd, &about) != 0) {
    say("cannot read %s: %s", standard ? "standard input" : path,
        say_errno(errno));
    return false;
  }
  if (S_ISDIR(about.st_mode)) {
    say("cannot read %s: it is a directory", path);
    return false;
  }
  if (S_ISREG(about.st_mode)) input->size = (uint64_t)about.st_size;
  input->polled = !S_ISREG(about.st_mode) && !S_ISBLK(about.st_mode);
  return true;
}

bool input_open(struct input *input, const struct file_settings *settings) {
  *input = (struct input){.fd = -1};
  if (!settings->input) {
    input->urls = settings->urls;
    input->url_count = settings->url_count;
    return true;
  }
  if (!open_file(input, settings->input)) return false;
  input->capacity = FIRST_CAPACITY;
  input->buffer = malloc(input->capacity);
  if (!input->buffer) say("out of memory");
  return input->buffer != NULL;
}

void input_attach(struct input *input, lariat_reactor *reactor,
                  lariat_call ready, void *context) {
  input->reactor = reactor;
  input->ready = ready;
  input->context = context;
}

static void unwatch_input(struct input *input) {
  if (!input->watching) return;
  (void)lariat_reactor_remove_reader(input->reactor, input->fd);
  input->watching = false;
}

void input_close(struct input *input) {
  unwatch_input(input);
  if (input->fd > STDERR_FILENO) close(input->fd);
  free(input->buffer);
  *input = (struct input){.fd = -1};
}

static void on_readable(int fd, void *context) {
  struct input *input = context;
  (void)fd;
  unwatch_input(input);
  input->readable = true;
  input->ready(input->context);
}

/* Returns false when the input cannot be waited for: then it is read on the
 * spot. */
static bool watch_input(struct input *input) {
  if (input->watching) return true;
  lariat_status status = lariat_reactor_add_reader(input->reactor, input->fd,
                                                   on_readable, input, NULL);
  input->watching = status == LARIAT_OK;
  input->polled = input->watching;
  return input->watching;
}

/* Makes the buffer end behind `end`: what was given out goes, then it grows. */
static bool grow_buffer(struct input *input) {
  if (input->start > 0) {
    memmove(input->buffer, input->buffer + input->start,
            input->end - input->start);
    input->end -= input->start;
    input->looked -= input->start;
    input->start = 0;
  }
  if (input->end < input->capacity) return true;
  size_t capacity = input->capacity * 2;
  if (capacity > LAST_CAPACITY) capacity = LAST_CAPACITY;
  char *buffer = realloc(input->buffer, capacity);
  if (!buffer) return false;
  input->buffer = buffer;
  input->capacity = capacity;
  return true;
}

/* Throws away what a line that is too long has behind its beginning. */
static void skip_excess(struct input *input) {
  size_t kept = input->start + INPUT_SHOWN;
  if (input->end <= kept) return;
  input->skipped += input->end - kept;
  input->end = kept;
  input->looked = kept;
}

static enum input_result fill_buffer(struct input *input) {
  if (input->polled && !input->readable && watch_input(input))
    return INPUT_WAIT;
  if (input->skipped || input->end - input->start > INPUT_LINE_MAX)
    skip_excess(input);
  if (!grow_buffer(input)) return INPUT_ERROR;
  ssize_t got;
  do {
    got = read(input->fd, input->buffer + input->end,
               input->capacity - input->end);
  } while (got < 0 && errno == EINTR);
  input->readable = false;
  if (got < 0 && errno == EAGAIN) {
    input->polled = true;
    return watch_input(input) ? INPUT_WAIT : INPUT_ERROR;
  }
  if (got < 0) return INPUT_ERROR;
  if (got == 0) input->at_end = true;
  input->end += (size_t)got;
  input->read += (uint64_t)got;
  return INPUT_BUSY;
}

static bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

/* Leaves out what editors and spreadsheets put around a URL: a byte-order mark
 * in front of it, as the first line of a file has it, and so any line where
 * files were joined; blanks on both sides. */
static void trim_line(struct line *line) {
  static const char mark[] = "\xef\xbb\xbf";
  const size_t skip = sizeof mark - 1;
  size_t before = line->length;
  if (line->whole > line->length) return;
  if (line->length >= skip && memcmp(line->text, mark, skip) == 0) {
    line->text += skip;
    line->length -= skip;
  }
  while (line->length && is_blank(line->text[line->length - 1])) line->length--;
  for (; line->length && is_blank(*line->text); line->text++) line->length--;
  line->whole -= before - line->length;
}

/* Gives the line that ends before `stop`; `next` is where the one after it
 * begins. */
static void give_line(struct input *input, size_t stop, size_t next,
                      struct line *line) {
  size_t length = stop - input->start;
  line->text = input->buffer + input->start;
  line->number = ++input->lines;
  line->whole = length + input->skipped;
  if (line->whole > INPUT_LINE_MAX && length > INPUT_SHOWN)
    length = INPUT_SHOWN;
  if (length && line->whole == length && line->text[length - 1] == '\r')
    line->whole = --length;
  line->length = length;
  trim_line(line);
  input->start = next;
  input->looked = next;
  input->skipped = 0;
}

/* Gives a line that is there already, or what is left of the input as one. */
static bool take_line(struct input *input, struct line *line) {
  const char *from = input->buffer + input->looked;
  const char *newline = memchr(from, '\n', input->end - input->looked);
  if (newline) {
    size_t stop = (size_t)(newline - input->buffer);
    give_line(input, stop, stop + 1, line);
    return true;
  }
  input->looked = input->end;
  if (!input->at_end || (input->start == input->end && !input->skipped))
    return false;
  give_line(input, input->end, input->end, line);
  return true;
}

static enum input_result next_argument(struct input *input, struct line *line) {
  if (input->lines == input->url_count) return INPUT_END;
  const char *url = input->urls[input->lines];
  size_t length = strlen(url);
  *line = (struct line){url, length, length, ++input->lines};
  trim_line(line);
  return INPUT_LINE;
}

/* Reads lines without an end in slices, so that the reactor lives on. */
enum input_result input_next(struct input *input, struct line *line) {
  enum { READS_A_CALL = 16 };
  if (input->fd < 0) return next_argument(input, line);
  for (int i = 0; i < READS_A_CALL; i++) {
    if (take_line(input, line)) return INPUT_LINE;
    if (input->at_end) return INPUT_END;
    enum input_result result = fill_buffer(input);
    if (result != INPUT_BUSY) return result;
  }
  return INPUT_BUSY;
}

double input_progress(const struct input *input, uint64_t lines,
                      uint64_t bytes) {
  if (input->fd < 0)
    return ((double)input->lines - (double)lines) /
           (double)(input->url_count + !input->url_count);
  if (!input->size) return -1.0;
  double given = (double)(input->read - (input->end - input->start));
  return (given - (double)bytes - (double)lines) / (double)input->size;
}
