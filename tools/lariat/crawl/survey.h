/* SPDX-License-Identifier: MIT
 * survey.h: what the outcomes in a crawl's directory add up to: for the tables
 * at the end, `lariat crawl top` and the report. */
#ifndef TOOLS_LARIAT_CRAWL_SURVEY_H
#define TOOLS_LARIAT_CRAWL_SURVEY_H

#include <lariat/crawl/reader.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crawl/name_counts.h"
#include "crawl/stats_json.h"

enum {
  SURVEY_STATUSES = 600,
  SURVEY_SIZES = 8,    /* classes of sizes of bodies: survey_size_names */
  SURVEY_MOMENTS = 256 /* of the time from the first outcome to the last */
};

/* The names of the classes: "none", "up to 1 kB", and so on. */
extern const char *const survey_size_names[SURVEY_SIZES];

/* A part of the time, with all that came in it. */
struct survey_moment {
  uint64_t pages;
  uint64_t bytes;
  uint64_t failed;
};

struct survey {
  struct crawl_counts counts;
  uint64_t statuses[SURVEY_STATUSES]; /* answers */
  uint64_t sizes[SURVEY_SIZES];       /* of fetched bodies */
  struct name_counts hosts;           /* by count of answers */
  struct name_counts types;
  struct name_counts failures; /* reasons of failed URLs */
  struct name_counts rejects;  /* rules that refused a queued URL */
  struct survey_moment moments[SURVEY_MOMENTS];
  int64_t first_s; /* since 1970; 0: there is no outcome */
  int64_t each_s;  /* the length of a moment */
  int64_t last_s;
  uint64_t answers;
  bool out_of_memory;
};

/* Reads a directory.  Says what is wrong, and returns false. */
bool survey_read(struct survey *survey, const char *directory);

/* The two parts of that: begins with nothing, and adds an outcome. */
void survey_init(struct survey *survey);
void survey_add(struct survey *survey, const lariat_crawl_outcome *outcome);

void survey_free(struct survey *survey);

#endif
