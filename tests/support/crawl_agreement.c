/* SPDX-License-Identifier: MIT
 * crawl_agreement.c: the records are read one after the other, and compared
 * with the rows. */
#include "support/crawl_agreement.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lariat/crawl/reader.h"
#include "lariat/crawl/warc_reader.h"

enum { MOST = 100000 };

/* A URL with where it is: in a row, or in a file. */
struct place {
  char *url;
  char file[256];
  unsigned long long offset;
};

struct agreement {
  const char *directory;
  char *wrong;
  size_t capacity;
  struct place *rows, *records;
  size_t row_count, record_count;
  unsigned robots; /* records of robots.txt */
};

static void add_place(struct place *places, size_t *count, const char *url,
                      const char *file, unsigned long long offset) {
  struct place *place = &places[(*count)++];
  if (*count >= MOST) abort();
  place->url = strdup(url);
  snprintf(place->file, sizeof place->file, "%s", file);
  place->offset = offset;
}

static bool take_row(const lariat_crawl_outcome *outcome, void *context) {
  struct agreement *a = context;
  if (strcmp(outcome->kind, "later") != 0 && *outcome->warc)
    add_place(a->rows, &a->row_count, outcome->url, outcome->warc,
              (unsigned long long)outcome->warc_offset);
  return true;
}

/* Adds the responses and revisits of a file; other records come with them. That
 * of robots.txt has no row. */
static void read_file(struct agreement *a, const char *name) {
  char path[512];
  lariat_crawl_warc_file *file;
  lariat_crawl_warc_event event;
  snprintf(path, sizeof path, "%s/warc/%s", a->directory, name);
  if (lariat_crawl_warc_file_open(path, 0, &file) != LARIAT_OK) abort();
  lariat_crawl_warc_reader *reader = lariat_crawl_warc_file_reader(file);
  while ((event = lariat_crawl_warc_file_next(file)) !=
             LARIAT_CRAWL_WARC_DONE &&
         event != LARIAT_CRAWL_WARC_FAILED) {
    lariat_crawl_warc_type type = lariat_crawl_warc_reader_type(reader);
    const char *url = lariat_crawl_warc_reader_url(reader);
    bool robots = strstr(url, "/robots.txt") != NULL;
    a->robots += robots && event == LARIAT_CRAWL_WARC_RECORD &&
                 type == LARIAT_CRAWL_WARC_RESPONSE;
    if (event == LARIAT_CRAWL_WARC_FAULT)
      snprintf(a->wrong, a->capacity, "%s: %s", name,
               lariat_crawl_warc_reader_fault(reader)->message);
    if (event == LARIAT_CRAWL_WARC_RECORD && !robots &&
        (type == LARIAT_CRAWL_WARC_RESPONSE ||
         type == LARIAT_CRAWL_WARC_REVISIT))
      add_place(a->records, &a->record_count, url, name,
                (unsigned long long)lariat_crawl_warc_reader_offset(reader));
  }
  lariat_crawl_warc_file_close(file);
}

static void read_files(struct agreement *a) {
  char path[512];
  struct dirent *entry;
  snprintf(path, sizeof path, "%s/warc", a->directory);
  DIR *files = opendir(path);
  while (files && (entry = readdir(files)))
    if (strstr(entry->d_name, ".warc") && !strstr(entry->d_name, ".cdxj"))
      read_file(a, entry->d_name);
  if (files) closedir(files);
}

static int compare_places(const void *one, const void *other) {
  return strcmp(((const struct place *)one)->url,
                ((const struct place *)other)->url);
}

static void compare_all(struct agreement *a) {
  qsort(a->rows, a->row_count, sizeof *a->rows, compare_places);
  qsort(a->records, a->record_count, sizeof *a->records, compare_places);
  for (size_t i = 1; i < a->row_count; i++)
    if (strcmp(a->rows[i].url, a->rows[i - 1].url) == 0)
      snprintf(a->wrong, a->capacity, "two rows: %s", a->rows[i].url);
  if (a->row_count != a->record_count)
    snprintf(a->wrong, a->capacity, "%zu rows and %zu records", a->row_count,
             a->record_count);
  for (size_t i = 0; i < a->row_count && i < a->record_count; i++)
    if (strcmp(a->rows[i].url, a->records[i].url) != 0 ||
        strcmp(a->rows[i].file, a->records[i].file) != 0 ||
        a->rows[i].offset != a->records[i].offset)
      snprintf(a->wrong, a->capacity, "row %s, %s, %llu; record %s, %s, %llu",
               a->rows[i].url, a->rows[i].file, a->rows[i].offset,
               a->records[i].url, a->records[i].file, a->records[i].offset);
}

static void free_places(struct place *places, size_t count) {
  for (size_t i = 0; i < count; i++) free(places[i].url);
  free(places);
}

size_t crawl_agreement_check(const char *directory, char *wrong,
                             size_t capacity) {
  struct agreement a = {directory, wrong, capacity, NULL, NULL, 0, 0, 0};
  lariat_crawl_reader *reader;
  lariat_crawl_error error;
  wrong[0] = '\0';
  a.rows = calloc(MOST, sizeof *a.rows);
  a.records = calloc(MOST, sizeof *a.records);
  if (!a.rows || !a.records) abort();
  if (lariat_crawl_reader_open(directory, &reader, &error) != LARIAT_OK) {
    snprintf(wrong, capacity, "%s", error.message);
  } else {
    if (lariat_crawl_reader_outcomes(reader, take_row, &a) != LARIAT_OK)
      snprintf(wrong, capacity, "the rows cannot be read");
    lariat_crawl_reader_free(reader);
    read_files(&a);
    compare_all(&a);
    if (a.robots != 1)
      snprintf(wrong, capacity, "%u records of robots.txt", a.robots);
  }
  size_t count = a.row_count;
  free_places(a.rows, a.row_count);
  free_places(a.records, a.record_count);
  return count;
}
