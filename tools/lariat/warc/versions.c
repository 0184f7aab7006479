/* SPDX-License-Identifier: MIT
 * versions.c: dates are compared by their digits, of which "2026-11" has the
 * first six. */
#include "warc/versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/url.h>

#include "warc/reading.h"

enum { LEAST_DIGITS = 4, MOST_DIGITS = 14 };

/* ---- What is wanted ---- */

/* Returns the URL of a text in its normal form, without its fragment; NULL: it
 * is none, or there is no memory. */
static char *normalise(const char *scheme, const char *text) {
  char *whole = NULL;
  lariat_url *url = NULL;
  if (asprintf(&whole, "%s%s", scheme, text) < 0) return NULL;
  char *normal = NULL;
  if (lariat_url_parse(whole, strlen(whole), NULL, &url, NULL) == LARIAT_OK) {
    const char *found = lariat_url_text(url, NULL);
    normal = strndup(found, strcspn(found, "#"));
  }
  lariat_url_free(url);
  free(whole);
  return normal;
}

bool wanted_set_url(struct wanted *wanted, const char *text) {
  bool whole = strstr(text, "://") != NULL;
  wanted->urls[0] = strdup(text);
  wanted->urls[1] = normalise(whole ? "" : "https://", text);
  if (!whole) wanted->urls[2] = normalise("http://", text);
  return wanted->urls[0] != NULL;
}

void wanted_free(struct wanted *wanted) {
  for (size_t i = 0; i < WANTED_URLS; i++) free(wanted->urls[i]);
  *wanted = (struct wanted){.urls = {NULL}};
}

static bool has_body(lariat_crawl_warc_type type) {
  return type == LARIAT_CRAWL_WARC_RESPONSE ||
         type == LARIAT_CRAWL_WARC_REVISIT ||
         type == LARIAT_CRAWL_WARC_RESOURCE ||
         type == LARIAT_CRAWL_WARC_CONVERSION;
}

bool wanted_is(const struct wanted *wanted,
               const lariat_crawl_warc_reader *reader) {
  const char *url = lariat_crawl_warc_reader_url(reader);
  const char *date = lariat_crawl_warc_reader_field(reader, "WARC-Date");
  if (!wanted->urls[0])
    return lariat_crawl_warc_reader_offset(reader) == wanted->offset;
  if (!has_body(lariat_crawl_warc_reader_type(reader)) ||
      (wanted->date && (!date || strcmp(date, wanted->date) != 0)))
    return false;
  for (size_t i = 0; i < WANTED_URLS; i++)
    if (wanted->urls[i] && strcmp(url, wanted->urls[i]) == 0) return true;
  return false;
}

/* ---- Times ---- */

/* Writes the digits of a time; what is missing is `fill`. */
static void read_digits(const char *text, char fill,
                        char digits[MOST_DIGITS + 1]) {
  size_t count = 0;
  for (; *text && count < MOST_DIGITS; text++)
    if (*text >= '0' && *text <= '9') digits[count++] = *text;
  while (count < MOST_DIGITS) digits[count++] = fill;
  digits[count] = '\0';
}

bool versions_is_time(const char *text) {
  size_t digits = 0;
  for (const char *at = text; *at; at++) {
    bool is_digit = *at >= '0' && *at <= '9';
    if (!is_digit && !strchr("-:TZ. ", *at)) return false;
    digits += is_digit;
  }
  return digits >= LEAST_DIGITS;
}

static bool is_after(const char *date, const char *at) {
  char one[MOST_DIGITS + 1], other[MOST_DIGITS + 1];
  read_digits(date, '0', one);
  read_digits(at, '9', other);
  return strcmp(one, other) > 0;
}

/* ---- The newest ---- */

static void note_record(struct versions *versions, const struct wanted *wanted,
                        int file, const lariat_crawl_warc_reader *reader) {
  const char *date = lariat_crawl_warc_reader_field(reader, "WARC-Date");
  if (!date) date = "";
  versions->count++;
  if ((wanted->at && is_after(date, wanted->at)) ||
      (versions->file >= 0 && strcmp(date, versions->date) < 0))
    return;
  versions->file = file;
  versions->offset = lariat_crawl_warc_reader_offset(reader);
  (void)snprintf(versions->date, sizeof versions->date, "%s", date);
}

void versions_find(struct versions *versions, const struct wanted *wanted,
                   int count, char **paths) {
  *versions = (struct versions){.file = -1};
  for (int i = 0; i < count; i++) {
    struct reading reading;
    lariat_crawl_warc_event event;
    if (!reading_open(&reading, paths[i], 0)) {
      versions->faulty = true;
      continue;
    }
    while ((event = reading_next(&reading)) != LARIAT_CRAWL_WARC_DONE)
      if (event == LARIAT_CRAWL_WARC_RECORD &&
          wanted_is(wanted, reading.reader))
        note_record(versions, wanted, i, reading.reader);
    versions->faulty |= reading.faulty;
    reading_close(&reading);
  }
}
