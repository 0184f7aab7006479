/* SPDX-License-Identifier: MIT
 * record.c: a result as JSON, its fields always there and in this order. */
#include "fetch/record.h"

#include <string.h>

#include "fetch/answer.h"
#include "fetch/details.h"
#include "output/json.h"
#include "secrets.h"

/* The bytes that all the names, numbers and marks of a line do not exceed. */
enum { FIXED_CAPACITY = 1024 };

/* Writes `string` in quotes with its passwords masked; NULL as null. */
static char *put_string(char *at, enum secrets_kind kind, const char *string,
                        bool keep_secrets) {
  if (!string || keep_secrets) return json_put_text(at, string);
  size_t length = strlen(string);
  *at++ = '"';
  at = secrets_put(at, kind, string, length, length, text_put_escaped);
  *at++ = '"';
  return at;
}

enum secrets_kind record_url_kind(const struct record *record) {
  return *record->url == '{' ? SECRETS_JSON : SECRETS_URL;
}

/* Ends a text that is cut with a mark: "…[10485760 bytes]". */
static char *put_url(char *at, const struct record *record, bool keep_secrets) {
  *at++ = '"';
  at = keep_secrets ? text_put_escaped(at, record->url, record->url_shown)
                    : secrets_put(at, record_url_kind(record), record->url,
                                  record->url_length, record->url_shown,
                                  text_put_escaped);
  if (record->url_whole > record->url_shown) {
    at = JSON_PUT(at, "\xe2\x80\xa6[");
    at = text_put_number(at, record->url_whole);
    at = JSON_PUT(at, " bytes]");
  }
  *at++ = '"';
  return at;
}

static char *put_http_version(char *at, int version) {
  switch (version) {
  case 0:
    return JSON_PUT(at, "null");
  case 10:
    return JSON_PUT(at, "\"1.0\"");
  case 11:
    return JSON_PUT(at, "\"1.1\"");
  case 20:
    return JSON_PUT(at, "\"2\"");
  default:
    return JSON_PUT(at, "\"3\"");
  }
}

static char *put_times(char *at, const struct record *record) {
  const lariat_timings *times = &record->times;
  bool has = record->has_times;
  at = JSON_PUT(at, "{\"queue\":");
  at = json_put_number(at, has, times->queue_us);
  at = JSON_PUT(at, ",\"dns\":");
  at = json_put_number(at, has, times->dns_us);
  at = JSON_PUT(at, ",\"connect\":");
  at = json_put_number(at, has, times->connect_us);
  at = JSON_PUT(at, ",\"tls\":");
  at = json_put_number(at, has, times->tls_us);
  at = JSON_PUT(at, ",\"first_byte\":");
  at = json_put_number(at, has, times->first_byte_us);
  at = JSON_PUT(at, ",\"total\":");
  at = text_put_number(at, times->total_us);
  at = JSON_PUT(at, ",\"waited\":");
  at = json_put_number(at, has, record->waited_us);
  at = JSON_PUT(at, ",\"body\":");
  at = json_put_number(at, has, times->body_us);
  return JSON_PUT(at, "}");
}

/* Writes what was asked for, and whether it worked. */
static char *put_outcome(char *at, const struct record *record, bool keep) {
  at = JSON_PUT(at, "{\"line\":");
  at = text_put_number(at, record->line);
  at = JSON_PUT(at, ",\"url\":");
  at = put_url(at, record, keep);
  at = JSON_PUT(at, ",\"tag\":");
  at = record->tag ? text_put_shown(at, record->tag, strlen(record->tag))
                   : JSON_PUT(at, "null");
  at = JSON_PUT(at, ",\"status\":");
  at = json_put_number(at, record->status != 0, (uint64_t)record->status);
  at = JSON_PUT(at, ",\"error\":");
  at = json_put_text(at, record->error);
  at = JSON_PUT(at, ",\"message\":");
  at = put_string(at, SECRETS_TEXT, record->message, keep);
  at = JSON_PUT(at, ",\"phase\":");
  return json_put_text(at, record->phase);
}

/* Writes what came. */
static char *put_answer(char *at, const struct record *record, bool keep) {
  at = JSON_PUT(at, ",\"effective_url\":");
  at = put_string(at, SECRETS_URL, record->effective_url, keep);
  at = JSON_PUT(at, ",\"http_version\":");
  at = put_http_version(at, record->http_version);
  at = JSON_PUT(at, ",\"remote_ip\":");
  at = json_put_text(at, record->remote_ip);
  at = JSON_PUT(at, ",\"content_type\":");
  at = json_put_text(at, record->content_type);
  at = JSON_PUT(at, ",\"bytes\":");
  at = text_put_number(at, record->bytes);
  at = JSON_PUT(at, ",\"sha256\":");
  return json_put_sha256(at, record->sha256);
}

static const char *name_of_desync(lariat_desync desync) {
  if (desync == LARIAT_DESYNC_NONE) return NULL;
  return desync == LARIAT_DESYNC_ORIGIN ? "origin" : "connection";
}

/* Writes how it went. */
static char *put_course(char *at, const struct record *record) {
  at = JSON_PUT(at, ",\"attempts\":");
  at = text_put_number(at, record->attempts);
  at = JSON_PUT(at, ",\"redirects\":");
  at = text_put_number(at, record->redirects);
  at = JSON_PUT(at, ",\"reused\":");
  at = json_put_bool(at, record->reused);
  at = JSON_PUT(at, ",\"reactor\":");
  at = json_put_number(at, record->has_reactor, record->reactor);
  at = JSON_PUT(at, ",\"time_us\":");
  at = put_times(at, record);
  at = JSON_PUT(at, ",\"connection\":");
  at = json_put_number(at, record->connection != 0, record->connection);
  at = JSON_PUT(at, ",\"desync\":");
  at = json_put_text(at, name_of_desync(record->desync));
  return at;
}

static size_t length_of(const char *string) {
  return string ? strlen(string) : 0;
}

static bool add_fields(const struct record *record, bool keep,
                       struct text *text) {
  size_t strings = record->url_shown + length_of(record->error) +
                   length_of(record->message) + length_of(record->phase) +
                   length_of(record->effective_url) +
                   length_of(record->remote_ip) +
                   length_of(record->content_type) + length_of(record->tag);
  if (!text_reserve(text, FIXED_CAPACITY + strings * TEXT_WORST_ESCAPE))
    return false;
  char *at = text->bytes + text->length;
  at = put_outcome(at, record, keep);
  at = put_answer(at, record, keep);
  at = put_course(at, record);
  text->length = (size_t)(at - text->bytes);
  return true;
}

/* Adds what is there only if it was asked for. */
static bool add_parts(const struct record *record,
                      const struct output_settings *output, struct text *text) {
  if (output->headers &&
      (!text_add(text, ",\"headers\":") ||
       !answer_add_headers(text, record->response, output->keep_secrets)))
    return false;
  if (output->body &&
      (!text_add(text, ",") || !answer_add_body(text, record->response)))
    return false;
  return !output->details ||
         details_add(text,
                     &(struct details_of){record->response, record->failure},
                     output->details, output->keep_secrets);
}

bool record_write(const struct record *record,
                  const struct output_settings *output, struct text *text) {
  size_t before = text->length;
  if (add_fields(record, output->keep_secrets, text) &&
      add_parts(record, output, text) && text_add(text, "}\n"))
    return true;
  text->length = before;
  return false;
}
