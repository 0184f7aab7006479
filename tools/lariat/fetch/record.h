/* SPDX-License-Identifier: MIT
 * record.h: one line of the output: docs/fetch-format.md is its promise. */
#ifndef TOOLS_LARIAT_FETCH_RECORD_H
#define TOOLS_LARIAT_FETCH_RECORD_H

#include <lariat/response.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* The length at which an input line's text is cut in the output. */
enum { RECORD_URL_MAX = 64 * 1024 };

struct record {
  uint64_t line;
  const char *url;
  size_t url_length; /* what there is of it */
  size_t url_whole;  /* what it had in the input; more than url_length: cut */
  const char *tag;   /* JSON, or NULL */
  int status;        /* 0: no answer */
  const char *error; /* NULL: none */
  const char *message;
  const char *phase;         /* NULL: none */
  const char *effective_url; /* NULL: none; so the texts below */
  int http_version;          /* times ten; 0: none */
  const char *remote_ip;
  const char *content_type;
  uint64_t bytes;
  const uint8_t *sha256;
  unsigned attempts;
  unsigned redirects;
  bool reused;
  bool has_reactor;
  unsigned reactor;
  bool has_times; /* all of `times`; else its total alone */
  lariat_timings times;
};

/* Appends the line with its end; false when out of memory: then `text` is as it
 * was. */
bool record_write(const struct record *record, struct text *text);

#endif
