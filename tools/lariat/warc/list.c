/* SPDX-License-Identifier: MIT
 * list.c: `lariat warc list`: a line for each record. */
#include <stdio.h>
#include <string.h>

#include "say.h"
#include "warc/commands.h"
#include "warc/print.h"
#include "warc/reading.h"

/* Returns the media type: of what came over HTTP as its head says. */
static const char *find_type(lariat_crawl_warc_reader *reader) {
  size_t length;
  (void)lariat_crawl_warc_reader_http_head(reader, &length);
  const char *type =
      length ? lariat_crawl_warc_reader_http_value(reader, "Content-Type")
             : lariat_crawl_warc_reader_field(reader, "Content-Type");
  return type ? type : "-";
}

static bool put_text(struct text *line, const struct reading *reading,
                     bool named) {
  lariat_crawl_warc_reader *reader = reading->reader;
  const char *url = lariat_crawl_warc_reader_url(reader);
  const char *type = find_type(reader);
  int status = lariat_crawl_warc_reader_http_status(reader);
  char start[48], shown[16];
  (void)snprintf(shown, sizeof shown, status ? "%d" : "-", status);
  (void)snprintf(
      start, sizeof start, "%10llu  %-8s  %3s  ",
      (unsigned long long)lariat_crawl_warc_reader_offset(reader),
      lariat_crawl_warc_type_name(lariat_crawl_warc_reader_type(reader)),
      shown);
  bool whole = !named || (print_shown(line, SECRETS_TEXT, reading->path,
                                      strlen(reading->path)) &&
                          text_add(line, ":"));
  return whole && text_add(line, start) &&
         print_shown(line, SECRETS_TEXT, type, strcspn(type, "; \t")) &&
         text_add(line, "  ") &&
         print_shown(line, SECRETS_URL, *url ? url : "-",
                     *url ? strlen(url) : 1);
}

static bool put_fields(struct text *line, lariat_crawl_warc_reader *reader) {
  static const struct {
    const char *name, *field;
    enum secrets_kind kind;
  } fields[] = {{"id", "WARC-Record-ID", SECRETS_TEXT},
                {"date", "WARC-Date", SECRETS_TEXT},
                {"payload_digest", "WARC-Payload-Digest", SECRETS_TEXT},
                {"truncated", "WARC-Truncated", SECRETS_TEXT},
                {"refers_to_url", "WARC-Refers-To-Target-URI", SECRETS_URL},
                {"refers_to_date", "WARC-Refers-To-Date", SECRETS_TEXT}};
  bool whole = true;
  for (size_t i = 0; whole && i < sizeof fields / sizeof fields[0]; i++)
    whole =
        print_member(line, fields[i].name, fields[i].kind,
                     lariat_crawl_warc_reader_field(reader, fields[i].field));
  return whole;
}

static bool put_json(struct text *line, const struct reading *reading) {
  lariat_crawl_warc_reader *reader = reading->reader;
  const char *url = lariat_crawl_warc_reader_url(reader);
  int status = lariat_crawl_warc_reader_http_status(reader);
  return text_add(line, "{") &&
         print_member(line, "file", SECRETS_TEXT, reading->path) &&
         print_number(line, "offset",
                      lariat_crawl_warc_reader_offset(reader)) &&
         print_number(line, "length",
                      lariat_crawl_warc_reader_length(reader)) &&
         print_member(line, "type", SECRETS_TEXT,
                      lariat_crawl_warc_type_name(
                          lariat_crawl_warc_reader_type(reader))) &&
         print_member(line, "url", SECRETS_URL, *url ? url : NULL) &&
         (!status || print_number(line, "status", (uint64_t)status)) &&
         print_member(line, "media_type", SECRETS_TEXT, find_type(reader)) &&
         print_number(line, "block_length",
                      lariat_crawl_warc_reader_block_length(reader)) &&
         put_fields(line, reader) && text_add(line, "}");
}

/* Lists one file; `named` writes its name before each line. */
static bool list_file(const struct warc_settings *settings, const char *path,
                      bool named) {
  struct reading reading;
  struct text line = {NULL, 0, 0};
  bool good = true;
  if (!reading_open(&reading, path, 0)) return false;
  for (;;) {
    lariat_crawl_warc_event event = reading_next(&reading);
    if (event == LARIAT_CRAWL_WARC_DONE || !good) break;
    if (event != LARIAT_CRAWL_WARC_END) continue;
    good = print_line(&line, settings->json ? put_json(&line, &reading)
                                            : put_text(&line, &reading, named));
  }
  if (!reading.records && !reading.faulty) {
    say("%s: there is no record in it", path);
    good = false;
  }
  text_free(&line);
  reading_close(&reading);
  return good && !reading.faulty;
}

int warc_list(const struct warc_settings *settings, int count, char **files) {
  bool good = true;
  for (int i = 0; i < count; i++)
    good = list_file(settings, files[i], count > 1) && good;
  return good ? EXIT_ALL : EXIT_SOME;
}
