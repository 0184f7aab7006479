/* SPDX-License-Identifier: MIT
 * show.c: `lariat warc show`: one record's body as a browser has it, or its
 * headers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lariat/allocator.h>
#include <lariat/crawl/reader.h>
#include <lariat/crawl/warc_body.h>

#include "numbers.h"
#include "say.h"
#include "warc/commands.h"
#include "warc/files.h"
#include "warc/print.h"
#include "warc/reading.h"
#include "warc/versions.h"

struct showing {
  const struct warc_settings *settings;
  struct file_list files; /* owned */
  int crawls;             /* earlier ones whose files are among them */
  FILE *to;
  bool escaped; /* it is a terminal */
  bool failed;  /* it cannot be written */
  bool any;     /* there was something to write */
  struct text line;
};

/* The record that a revisit names. */
struct original {
  char *url;
  char *date;
};

enum { MOST_REVISITS = 10 };

static void free_original(struct original *original) {
  free(original->url);
  free(original->date);
  *original = (struct original){NULL, NULL};
}

/* ---- Writing ---- */

static void write_bytes(struct showing *showing, const char *bytes,
                        size_t length) {
  if (length && fwrite(bytes, 1, length, showing->to) != length)
    showing->failed = true;
}

/* Writes text for a terminal: its lines stay lines. */
static void write_escaped(struct showing *showing, const char *bytes,
                          size_t length) {
  while (length) {
    const char *feed = memchr(bytes, '\n', length);
    size_t some = feed ? (size_t)(feed - bytes) : length;
    size_t shown = some && bytes[some - 1] == '\r' && feed ? some - 1 : some;
    showing->line.length = 0;
    if (!print_shown(&showing->line, SECRETS_TEXT, bytes, shown) ||
        (feed && !text_add(&showing->line, "\n")))
      showing->failed = true;
    write_bytes(showing, showing->line.bytes, showing->line.length);
    some += feed != NULL;
    bytes += some;
    length -= some;
  }
}

static void write_body(void *context, const char *bytes, size_t length) {
  struct showing *showing = context;
  showing->any |= length > 0;
  if (showing->escaped)
    write_escaped(showing, bytes, length);
  else
    write_bytes(showing, bytes, length);
}

/* ---- Headers ---- */

/* Writes a line of the record's header, and counts it. */
static void write_field(struct showing *showing, const char *name,
                        const char *value) {
  write_escaped(showing, name, strlen(name));
  write_bytes(showing, ": ", 2);
  write_escaped(showing, value, strlen(value));
  write_bytes(showing, "\n", 1);
}

static void show_header(struct showing *showing,
                        const lariat_crawl_warc_reader *reader) {
  const char *version = lariat_crawl_warc_reader_version(reader);
  size_t count = lariat_crawl_warc_reader_field_count(reader);
  write_escaped(showing, version, strlen(version));
  write_bytes(showing, "\n", 1);
  for (size_t i = 0; i < count; i++) {
    const char *name;
    const char *value = lariat_crawl_warc_reader_field_at(reader, i, &name);
    write_field(showing, name, value);
  }
  write_bytes(showing, "\n", 1);
}

static void show_head(struct showing *showing,
                      const lariat_crawl_warc_reader *reader) {
  size_t length;
  const char *head = lariat_crawl_warc_reader_http_head(reader, &length);
  write_escaped(showing, head, length);
}

/* ---- Bodies ---- */

/* Tells whether the event is of the record in hand, and not its end: a record
 * that is cut has none. */
static bool is_within(lariat_crawl_warc_event event) {
  return event == LARIAT_CRAWL_WARC_HEAD || event == LARIAT_CRAWL_WARC_PIECE;
}

/* Passes over the rest of the record; true: all of it is there. */
static bool skip_record(struct reading *reading) {
  lariat_crawl_warc_event event;
  do event = reading_next(reading);
  while (is_within(event));
  return event == LARIAT_CRAWL_WARC_END && !reading->faulty;
}

/* Takes the record's pieces until its end; returns how the decoding went. */
static lariat_status read_pieces(struct showing *showing,
                                 struct reading *reading,
                                 lariat_crawl_warc_body *body,
                                 lariat_crawl_warc_event event) {
  lariat_status status = LARIAT_OK;
  for (; is_within(event); event = reading_next(reading)) {
    size_t length;
    if (event != LARIAT_CRAWL_WARC_PIECE || status != LARIAT_OK) continue;
    const char *piece =
        lariat_crawl_warc_reader_piece(reading->reader, &length);
    if (showing->settings->raw)
      write_body(showing, piece, length);
    else
      status = lariat_crawl_warc_body_feed(body, piece, length);
  }
  if (status != LARIAT_OK || showing->settings->raw) return status;
  return lariat_crawl_warc_body_end(body);
}

/* Says what an answer without a body is. */
static void say_empty(struct reading *reading) {
  char shown[SAY_CAPACITY];
  size_t length;
  (void)lariat_crawl_warc_reader_http_head(reading->reader, &length);
  if (!length) return;
  const char *to =
      lariat_crawl_warc_reader_http_value(reading->reader, "Location");
  say("the answer was %d, without a body%s%s",
      lariat_crawl_warc_reader_http_status(reading->reader),
      to ? ", and leads to " : "", to ? say_shown(shown, to) : "");
}

/* Shows the body, and says what is wrong with it. */
static bool show_body(struct showing *showing, struct reading *reading,
                      lariat_crawl_warc_event event) {
  lariat_crawl_warc_body *body;
  if (lariat_crawl_warc_body_new(write_body, showing, &body) != LARIAT_OK) {
    say("out of memory");
    return false;
  }
  lariat_status status = lariat_crawl_warc_body_begin(body, reading->reader,
                                                      LARIAT_CRAWL_WARC_ALL);
  if (status == LARIAT_OK) status = read_pieces(showing, reading, body, event);
  lariat_crawl_warc_body_free(body);
  if (status != LARIAT_OK)
    say("the body cannot be decoded: %s; --raw shows it as it is",
        lariat_status_text(status));
  else if (!showing->any)
    say_empty(reading);
  return status == LARIAT_OK && !reading->faulty;
}

/* Shows the record in hand, up to its end. */
static bool show_record(struct showing *showing, struct reading *reading) {
  lariat_crawl_warc_event event = reading_next(reading);
  if (!showing->settings->headers) return show_body(showing, reading, event);
  show_header(showing, reading->reader);
  show_head(showing, reading->reader);
  return is_within(event) ? skip_record(reading)
                          : event == LARIAT_CRAWL_WARC_END;
}

/* ---- Finding ---- */

/* Reads on to the record that is wanted; false: there is none.  One that is
 * wanted by its offset is the first. */
static bool find_record(struct reading *reading, const struct wanted *wanted) {
  lariat_crawl_warc_event event;
  do {
    event = reading_next(reading);
    if (event == LARIAT_CRAWL_WARC_RECORD && wanted_is(wanted, reading->reader))
      return true;
  } while (event != LARIAT_CRAWL_WARC_DONE && wanted->urls[0]);
  return false;
}

/* Tells whether the record in hand has its body elsewhere, and where. */
static bool find_original(const struct reading *reading,
                          struct original *original) {
  const lariat_crawl_warc_reader *reader = reading->reader;
  const char *url =
      lariat_crawl_warc_reader_field(reader, "WARC-Refers-To-Target-URI");
  const char *date =
      lariat_crawl_warc_reader_field(reader, "WARC-Refers-To-Date");
  if (lariat_crawl_warc_reader_type(reader) != LARIAT_CRAWL_WARC_REVISIT)
    return false;
  original->url = strdup(url ? url : lariat_crawl_warc_reader_url(reader));
  original->date = strdup(date ? date : "");
  return true;
}

/* Opens the first of the files that has the record, which is in hand then. */
static bool find_first(struct showing *showing, struct reading *reading,
                       const struct wanted *wanted, bool *faulty) {
  for (int i = 0; i < showing->files.count; i++) {
    if (!reading_open(reading, showing->files.paths[i], wanted->offset)) {
      *faulty = true;
      continue;
    }
    if (find_record(reading, wanted)) return true;
    *faulty |= reading->faulty;
    reading_close(reading);
  }
  return false;
}

/* Says of how many the one of that date is. */
static void say_count(const struct versions *versions) {
  if (versions->count > 1)
    say("%zu versions of it: this is that of %s; --at TIME shows the newest up "
        "to a time, \"lariat warc list --json\" has the times",
        versions->count, versions->date);
}

static bool is_standard_input(const struct showing *showing) {
  for (int i = 0; i < showing->files.count; i++)
    if (strcmp(showing->files.paths[i], "-") == 0) return true;
  return false;
}

/* Opens the file that has the newest record; of standard input, which cannot be
 * read twice, and by an offset, the first. */
static bool find_file(struct showing *showing, struct reading *reading,
                      const struct wanted *wanted, bool *faulty) {
  struct versions versions;
  if (!wanted->urls[0] || is_standard_input(showing))
    return find_first(showing, reading, wanted, faulty);
  versions_find(&versions, wanted, showing->files.count, showing->files.paths);
  *faulty |= versions.faulty;
  if (versions.file < 0) return false;
  if (!wanted->date) say_count(&versions);
  const struct wanted place = {.offset = versions.offset};
  if (!reading_open(reading, showing->files.paths[versions.file],
                    versions.offset))
    return false;
  if (find_record(reading, &place)) return true;
  reading_close(reading);
  return false;
}

/* ---- Earlier crawls ---- */

/* Returns the directory of the crawl that a WARC file is of: DIR/warc/FILE.
 * NULL: it is in none, or there is no memory. */
static char *find_directory(const char *path) {
  const char *name = strrchr(path, '/');
  const char *end = name ? name : path;
  size_t length = (size_t)(end - path);
  if (length >= 4 && strncmp(end - 4, "warc", 4) == 0 &&
      (length == 4 || end[-5] == '/'))
    return length == 4 ? strdup(".") : strndup(path, length - 4);
  return NULL;
}

/* Adds the files of the crawl that the newest file's crawl was asked with by
 * --since; false: there is none, or it is gone. */
static bool add_earlier_files(struct showing *showing) {
  const char *last = showing->files.paths[showing->files.count - 1];
  char *directory = find_directory(last);
  char *since = NULL;
  struct file_list more = {NULL, 0};
  bool added = directory && showing->crawls++ < MOST_REVISITS &&
               lariat_crawl_read_since(directory, &since) == LARIAT_OK &&
               since && files_find(&more, 1, &since);
  for (int i = 0; added && i < more.count; i++)
    added = files_add(&showing->files, more.paths[i]);
  files_free(&more);
  lariat_memory_release(since);
  free(directory);
  return added;
}

static bool say_none(const struct showing *showing,
                     const struct wanted *wanted) {
  char shown[SAY_CAPACITY];
  const char *where =
      showing->files.count == 1 ? showing->files.paths[0] : "any of the files";
  if (wanted->date)
    say("that record is in none of the files; in the archive that has it: "
        "lariat warc show ARCHIVE --at %s %s",
        wanted->date, say_shown(shown, wanted->urls[0]));
  else if (wanted->at)
    say("there is no such URL of that time or before in %s; see \"lariat warc "
        "list --json\"",
        where);
  else if (wanted->urls[0])
    say("there is no such URL in %s; see \"lariat warc list\"", where);
  else
    say("no record begins there in %s; see \"lariat warc list\"", where);
  return false;
}

/* Shows the record in hand, or, if that has its body elsewhere, says where, and
 * makes that what is wanted; `*done`: it was shown. */
static bool show_or_follow(struct showing *showing, struct reading *reading,
                           struct wanted *wanted, struct original *original,
                           bool *done) {
  char shown[SAY_CAPACITY];
  free_original(original);
  *done = showing->settings->headers || !find_original(reading, original);
  if (*done) return show_record(showing, reading);
  if (!original->url || !original->date) {
    say("out of memory");
    return false;
  }
  say("the record is a revisit; its body is that of %s of %s",
      say_shown(shown, original->url),
      *original->date ? original->date : "an unknown date");
  wanted_free(wanted);
  wanted->date = *original->date ? original->date : NULL;
  return wanted_set_url(wanted, original->url);
}

/* Finds the record, also in the crawls before this one. */
static bool find_anywhere(struct showing *showing, struct reading *reading,
                          const struct wanted *wanted, bool *faulty) {
  do {
    if (find_file(showing, reading, wanted, faulty)) return true;
  } while (wanted->date && add_earlier_files(showing));
  return false;
}

/* Shows what is wanted, through a few revisits of each other if need be. */
static bool show_wanted(struct showing *showing, struct wanted *wanted) {
  struct original original = {NULL, NULL};
  bool good = true, done = false;
  for (int i = 0; i < MOST_REVISITS && good && !done; i++) {
    struct reading reading;
    bool faulty = false;
    if (find_anywhere(showing, &reading, wanted, &faulty)) {
      good = show_or_follow(showing, &reading, wanted, &original, &done);
      reading_close(&reading);
    } else {
      good = !faulty && say_none(showing, wanted);
    }
  }
  free_original(&original);
  if (good && !done) say("revisits of each other: there is no body");
  return good && done;
}

/* ---- The command ---- */

static bool open_output(struct showing *showing) {
  const char *path = showing->settings->output;
  showing->to = path ? fopen(path, "we") : stdout;
  if (!showing->to)
    say("cannot write %s: %s", path ? path : "", say_errno(errno));
  showing->escaped = !path && isatty(STDOUT_FILENO);
  return showing->to != NULL;
}

static bool close_output(struct showing *showing) {
  const char *path = showing->settings->output;
  bool good = fflush(showing->to) == 0 && !showing->failed;
  if (!good)
    say("cannot write %s: %s", path ? path : "standard output",
        say_errno(errno));
  if (path) (void)fclose(showing->to);
  return good;
}

/* Reads what is wanted.  False: it makes no sense. */
static bool read_wanted(struct wanted *wanted, char *text, int files,
                        const char *at) {
  if (at && !versions_is_time(at)) {
    say("--at takes a time, as 2026-11-30 or 2026-11-30T20:15:00Z");
    return false;
  }
  wanted->at = at;
  if (!number_read(text, 0, INT64_MAX, &wanted->offset))
    return wanted_set_url(wanted, text);
  if (files == 1) return true;
  say("an offset is of one file, and these are %d", files);
  return false;
}

static bool add_files(struct showing *showing, int count, char **paths) {
  for (int i = 0; i < count; i++)
    if (!files_add(&showing->files, paths[i])) return false;
  return true;
}

int warc_show(const struct warc_settings *settings, int count,
              char **arguments) {
  struct showing showing = {.settings = settings};
  struct wanted wanted = {.urls = {NULL}};
  int code = EXIT_USAGE;
  if (read_wanted(&wanted, arguments[count - 1], count - 1, settings->at)) {
    code = EXIT_SOME;
    if (add_files(&showing, count - 1, arguments) && open_output(&showing)) {
      bool good = show_wanted(&showing, &wanted);
      if (close_output(&showing) && good) code = EXIT_ALL;
    }
  }
  text_free(&showing.line);
  files_free(&showing.files);
  wanted_free(&wanted);
  return code;
}
