/* SPDX-License-Identifier: MIT
 * versions.h: the records that a file has of one URL, of which one is meant. */
#ifndef TOOLS_LARIAT_WARC_VERSIONS_H
#define TOOLS_LARIAT_WARC_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/crawl/warc_reader.h>

enum { WANTED_URLS = 3 };

/* The record that is looked for. */
struct wanted {
  char *urls[WANTED_URLS]; /* owned: what its URL may be; none: it is the one at
                              the offset */
  const char *date;        /* of that record; NULL: any */
  const char *at;          /* the newest up to then; NULL: of all */
  uint64_t offset;
};

/* Takes the text of a URL as it stands, as the crawl writes it, and with the
 * scheme that is missing; false: out of memory. */
bool wanted_set_url(struct wanted *wanted, const char *text);
void wanted_free(struct wanted *wanted);

/* Tells whether the record in hand may be it. */
bool wanted_is(const struct wanted *wanted,
               const lariat_crawl_warc_reader *reader);

/* The place of the record that is meant, and how many there are. */
struct versions {
  int file; /* -1: none */
  uint64_t offset;
  char date[40];
  size_t count; /* of that URL */
  bool faulty;  /* something is wrong with a file: it was said */
};

/* Looks through the files for the newest version that is wanted. */
void versions_find(struct versions *versions, const struct wanted *wanted,
                   int count, char **paths);

/* Tells whether a text is a time as --at takes it: a date of WARC, its
 * beginning, or its digits alone. */
bool versions_is_time(const char *text);

#endif
