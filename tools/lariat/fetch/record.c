/* SPDX-License-Identifier: MIT
 * record.c: a result as JSON, its fields always there and in this order. */
#include "fetch/record.h"

#include <string.h>

/* More than all the names, numbers and marks of a line. */
enum { FIXED_ROOM = 1024 };

#define PUT(at, literal) text_put((at), (literal), sizeof(literal) - 1)

static char *put_string(char *at, const char *string) {
  if (!string) return PUT(at, "null");
  *at++ = '"';
  at = text_put_escaped(at, string, strlen(string));
  *at++ = '"';
  return at;
}

/* A cut text ends with a mark: "…[10485760 bytes]". */
static char *put_url(char *at, const struct record *record) {
  *at++ = '"';
  at = text_put_escaped(at, record->url, record->url_length);
  if (record->url_whole > record->url_length) {
    at = PUT(at, "\xe2\x80\xa6[");
    at = text_put_number(at, record->url_whole);
    at = PUT(at, " bytes]");
  }
  *at++ = '"';
  return at;
}

static char *put_number_or_null(char *at, bool has, uint64_t number) {
  return has ? text_put_number(at, number) : PUT(at, "null");
}

static char *put_http_version(char *at, int version) {
  switch (version) {
  case 0:
    return PUT(at, "null");
  case 10:
    return PUT(at, "\"1.0\"");
  case 11:
    return PUT(at, "\"1.1\"");
  case 20:
    return PUT(at, "\"2\"");
  default:
    return PUT(at, "\"3\"");
  }
}

static char *put_sha256(char *at, const uint8_t *sha256) {
  if (!sha256) return PUT(at, "null");
  *at++ = '"';
  at = text_put_sha256(at, sha256);
  *at++ = '"';
  return at;
}

static char *put_bool(char *at, bool yes) {
  return yes ? PUT(at, "true") : PUT(at, "false");
}

static char *put_times(char *at, const struct record *record) {
  const lariat_timings *times = &record->times;
  bool has = record->has_times;
  at = PUT(at, "{\"queue\":");
  at = put_number_or_null(at, has, times->queue_us);
  at = PUT(at, ",\"dns\":");
  at = put_number_or_null(at, has, times->dns_us);
  at = PUT(at, ",\"connect\":");
  at = put_number_or_null(at, has, times->connect_us);
  at = PUT(at, ",\"tls\":");
  at = put_number_or_null(at, has, times->tls_us);
  at = PUT(at, ",\"first_byte\":");
  at = put_number_or_null(at, has, times->first_byte_us);
  at = PUT(at, ",\"total\":");
  at = text_put_number(at, times->total_us);
  return PUT(at, "}");
}

/* What was asked for, and whether it worked. */
static char *put_outcome(char *at, const struct record *record) {
  at = PUT(at, "{\"line\":");
  at = text_put_number(at, record->line);
  at = PUT(at, ",\"url\":");
  at = put_url(at, record);
  at = PUT(at, ",\"tag\":");
  at = record->tag ? text_put(at, record->tag, strlen(record->tag))
                   : PUT(at, "null");
  at = PUT(at, ",\"status\":");
  at = put_number_or_null(at, record->status != 0, (uint64_t)record->status);
  at = PUT(at, ",\"error\":");
  at = put_string(at, record->error);
  at = PUT(at, ",\"message\":");
  at = put_string(at, record->message);
  at = PUT(at, ",\"phase\":");
  return put_string(at, record->phase);
}

/* What came. */
static char *put_answer(char *at, const struct record *record) {
  at = PUT(at, ",\"effective_url\":");
  at = put_string(at, record->effective_url);
  at = PUT(at, ",\"http_version\":");
  at = put_http_version(at, record->http_version);
  at = PUT(at, ",\"remote_ip\":");
  at = put_string(at, record->remote_ip);
  at = PUT(at, ",\"content_type\":");
  at = put_string(at, record->content_type);
  at = PUT(at, ",\"bytes\":");
  at = text_put_number(at, record->bytes);
  at = PUT(at, ",\"sha256\":");
  return put_sha256(at, record->sha256);
}

/* How it went. */
static char *put_course(char *at, const struct record *record) {
  at = PUT(at, ",\"attempts\":");
  at = text_put_number(at, record->attempts);
  at = PUT(at, ",\"redirects\":");
  at = text_put_number(at, record->redirects);
  at = PUT(at, ",\"reused\":");
  at = put_bool(at, record->reused);
  at = PUT(at, ",\"reactor\":");
  at = put_number_or_null(at, record->has_reactor, record->reactor);
  at = PUT(at, ",\"time_us\":");
  at = put_times(at, record);
  return PUT(at, "}\n");
}

static size_t length_of(const char *string) {
  return string ? strlen(string) : 0;
}

bool record_write(const struct record *record, struct text *text) {
  size_t strings = record->url_length + length_of(record->error) +
                   length_of(record->message) + length_of(record->phase) +
                   length_of(record->effective_url) +
                   length_of(record->remote_ip) +
                   length_of(record->content_type);
  size_t room =
      FIXED_ROOM + strings * TEXT_WORST_ESCAPE + length_of(record->tag);
  if (!text_reserve(text, room)) return false;
  char *at = text->bytes + text->length;
  at = put_outcome(at, record);
  at = put_answer(at, record);
  at = put_course(at, record);
  text->length = (size_t)(at - text->bytes);
  return true;
}
