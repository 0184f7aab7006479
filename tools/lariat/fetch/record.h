/* SPDX-License-Identifier: MIT
 * record.h: one line of the output: docs/fetch-format.md is its promise. */
#ifndef TOOLS_LARIAT_FETCH_RECORD_H
#define TOOLS_LARIAT_FETCH_RECORD_H

#include <lariat/failure.h>
#include <lariat/response.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/settings.h"
#include "secrets.h"
#include "text.h"

/* The length at which an input line's text is cut in the output. */
enum { RECORD_URL_MAX = 64 * 1024 };

/* Why a fetch ran out of time, and what it waited for then. */
struct record_time_out {
  lariat_time_limit limit; /* NONE: it did not */
  lariat_phase phase;
};

struct record {
  uint64_t line;
  const char *url;
  size_t url_length; /* what there is of it */
  size_t url_shown;  /* what is written of that */
  size_t url_whole;  /* what it had in the input; more than url_shown: cut */
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
  unsigned runs; /* of those, the ones that this program began */
  struct record_time_out time_out;
  unsigned redirects;
  bool reused;
  bool has_reactor;
  unsigned reactor;
  bool has_times; /* all of `times`; else its total alone */
  lariat_timings times;
  uint64_t waited_us; /* in the program and in the library's queue */
  const lariat_response *response; /* what headers and body are of, or NULL */
  lariat_value failure;            /* or none */
  uint64_t connection;             /* 0: none */
  lariat_desync desync;
};

/* Tells what the text in `url` is: a URL, or a line of JSON that was refused.
 */
enum secrets_kind record_url_kind(const struct record *record);

/* Appends the line with its end, and what `output` adds to it; false when out
 * of memory: then `text` is as it was. */
bool record_write(const struct record *record,
                  const struct output_settings *output, struct text *text);

#endif
