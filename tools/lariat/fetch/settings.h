/* SPDX-License-Identifier: MIT
 * settings.h: what `lariat fetch` was asked to do. */
#ifndef TOOLS_LARIAT_FETCH_SETTINGS_H
#define TOOLS_LARIAT_FETCH_SETTINGS_H

#include <lariat/lariat.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From 400 to 599. */
enum { STATUSES_MAX = 200 };

struct settings {
  const char *input;  /* NULL: the arguments; "-": standard input */
  const char *output; /* NULL: standard output */
  const char *save;   /* NULL: bodies are not stored */
  char *const *urls;
  size_t url_count;
  unsigned reactors; /* 0: the pool's default */
  unsigned concurrency;
  unsigned per_host;
  unsigned connections; /* idle ones too; 0: the pool's default */
  double rate;          /* requests a second in all; 0: no limit */
  double rate_per_host; /* the same of each host */
  uint64_t delay_ms;    /* the least between two requests to one host */
  lariat_placement placement;
  uint64_t timeout_ms;
  uint64_t connect_timeout_ms;
  uint64_t idle_timeout_ms;
  unsigned retries;
  bool retry_all_methods;
  bool retry_without_budget;
  double retry_budget;
  bool has_retry_statuses; /* else the library's */
  int retry_statuses[STATUSES_MAX];
  size_t retry_status_count;
  uint64_t max_body;
  unsigned max_redirects;
  uint64_t memory;    /* 0: enough for the concurrency */
  const char *method; /* NULL: GET, POST with data, PUT with an upload */
  lariat_header *headers;
  size_t header_count;
  const char *data;   /* NULL: none; "@FILE", "@-": what is there */
  const char *upload; /* a file; NULL: none */
  const char *ca_file;
  lariat_http http;
  bool insecure;
  bool resume;
  bool quiet;
  bool verbose;
  bool help;
  bool version;
};

/* Reads the arguments after "fetch".  Says what is wrong with them and returns
 * false.  `settings` keeps pointers into `argv`. */
bool settings_read(struct settings *settings, int argc, char **argv);

void settings_free(struct settings *settings);

#endif
