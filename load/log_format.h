/* SPDX-License-Identifier: MIT
 * log_format.h: takes a line of an access log apart, by a format in the words
 * of nginx's directive log_format, or by what common and combined have in
 * common. */
#ifndef LOAD_LOG_FORMAT_H
#define LOAD_LOG_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/error.h>
#include <lariat/status.h>

typedef enum lr_load_log_field {
  LR_LOAD_LOG_REQUEST = 0, /* "GET / HTTP/1.1" */
  LR_LOAD_LOG_METHOD,
  LR_LOAD_LOG_URI, /* as it was sent, with its query */
  LR_LOAD_LOG_TIME_LOCAL,
  LR_LOAD_LOG_TIME_ISO,
  LR_LOAD_LOG_MSEC,         /* seconds since 1970, with milliseconds */
  LR_LOAD_LOG_REQUEST_TIME, /* seconds that it took */
  LR_LOAD_LOG_FIELDS,       /* how many there are */
  LR_LOAD_LOG_IGNORED = LR_LOAD_LOG_FIELDS
} lr_load_log_field;

/* A part of a line; NULL: the line has no such field. */
typedef struct lr_load_log_part {
  const char *bytes;
  size_t length;
} lr_load_log_part;

/* A literal text, and the variable behind it. */
typedef struct lr_load_log_segment {
  size_t start; /* of the literal in the format */
  size_t length;
  lr_load_log_field field;
} lr_load_log_segment;

enum { LR_LOAD_LOG_SEGMENTS = 64 };

typedef struct lr_load_log_format {
  const char *text; /* NULL: common or combined */
  lr_load_log_segment segments[LR_LOAD_LOG_SEGMENTS];
  size_t count;
  size_t rest; /* where the literal behind the last variable begins */
} lr_load_log_format;

/* Reads a format, which must outlive it; NULL: common or combined.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  it has no request or no time, too many variables, or two with
 *                nothing between them; the error's byte is in it */
lariat_status lr_load_log_format_init(lr_load_log_format *format,
                                      const char *text,
                                      lariat_load_error *error);

/* Puts the parts of a line into the LR_LOAD_LOG_FIELDS elements of `parts`.
 * False: it is not of the format. */
bool lr_load_log_format_match(const lr_load_log_format *format,
                              const char *line, size_t length,
                              lr_load_log_part *parts);

/* Undoes what servers write for bytes that would break a line, in place:
 * nginx's \x22, Apache's \" \\ \n \r \t \b \v and \xhh.  Returns the length. */
size_t lr_load_log_unescape(char *text, size_t length);

#endif
