/* SPDX-License-Identifier: MIT
 * answer.c: values of any length: the text is reserved piece by piece. */
#include "fetch/answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output/json.h"
#include "secrets.h"

/* The bytes of a body that are escaped at a time. */
enum { PIECE = 16 * 1024 };

/* ---- Headers ---- */

struct entry {
  lariat_header header;
  size_t index;
};

static int by_name(const void *a, const void *b) {
  const struct entry *left = a;
  const struct entry *right = b;
  int order = strcasecmp(left->header.name, right->header.name);
  if (order) return order;
  return left->index < right->index ? -1 : left->index > right->index;
}

/* The headers of a response, or its trailers. */
struct fields {
  size_t (*count)(const lariat_response *response);
  lariat_header (*at)(const lariat_response *response, size_t index);
};

static struct entry *sort_fields(const lariat_response *response,
                                 const struct fields *fields, size_t count) {
  struct entry *entries = malloc((count + 1) * sizeof *entries);
  if (!entries) return NULL;
  for (size_t i = 0; i < count; i++)
    entries[i] = (struct entry){fields->at(response, i), i};
  qsort(entries, count, sizeof *entries, by_name);
  return entries;
}

static char *put_lower_case(char *at, const char *name) {
  size_t length = strlen(name);
  char *end = text_put_escaped(at, name, length);
  for (; at < end; at++)
    if (*at >= 'A' && *at <= 'Z') *at = (char)(*at - 'A' + 'a');
  return end;
}

static char *put_value(char *at, const lariat_header *header, bool keep) {
  const char *value = header->value;
  size_t length = strlen(value);
  if (keep) return text_put_escaped(at, value, length);
  if (secrets_is_header(header->name))
    return text_put(at, secrets_mask, sizeof secrets_mask - 1);
  return secrets_put(at, SECRETS_TEXT, value, length, length, text_put_escaped);
}

/* Appends a header; `first`: of those with its name. */
static bool add_header(struct text *text, const lariat_header *header,
                       bool first, bool keep) {
  size_t strings = strlen(header->name) + strlen(header->value);
  if (!text_reserve(text, strings * TEXT_WORST_ESCAPE + 16)) return false;
  char *at = text->bytes + text->length;
  if (first) {
    *at++ = '"';
    at = put_lower_case(at, header->name);
    at = JSON_PUT(at, "\":[");
  } else {
    *at++ = ',';
  }
  *at++ = '"';
  at = put_value(at, header, keep);
  *at++ = '"';
  text->length = (size_t)(at - text->bytes);
  return true;
}

static bool add_entries(struct text *text, const struct entry *entries,
                        size_t count, bool keep) {
  for (size_t i = 0; i < count; i++) {
    bool first = i == 0 || strcasecmp(entries[i].header.name,
                                      entries[i - 1].header.name) != 0;
    if (first && i && !text_add(text, "],")) return false;
    if (!add_header(text, &entries[i].header, first, keep)) return false;
  }
  return !count || text_add(text, "]");
}

static bool add_fields(struct text *text, const lariat_response *response,
                       const struct fields *fields, bool keep_secrets) {
  if (!response) return text_add(text, "null");
  size_t count = fields->count(response);
  struct entry *entries = sort_fields(response, fields, count);
  bool added = entries && text_add(text, "{") &&
               add_entries(text, entries, count, keep_secrets) &&
               text_add(text, "}");
  free(entries);
  return added;
}

bool answer_add_headers(struct text *text, const lariat_response *response,
                        bool keep_secrets) {
  static const struct fields headers = {lariat_response_header_count,
                                        lariat_response_header_at};
  return add_fields(text, response, &headers, keep_secrets);
}

bool answer_add_trailers(struct text *text, const lariat_response *response,
                         bool keep_secrets) {
  static const struct fields trailers = {lariat_response_trailer_count,
                                         lariat_response_trailer_at};
  return add_fields(text, response, &trailers, keep_secrets);
}

/* ---- The body ---- */

static bool is_utf8(const char *bytes, size_t length) {
  size_t used;
  for (; length; bytes += used, length -= used) {
    used = text_sequence_length(bytes, length);
    if (!used) return false;
  }
  return true;
}

/* Returns the length of the next piece, which ends with a whole sequence. */
static size_t piece_length(const char *bytes, size_t left) {
  if (left <= PIECE) return left;
  size_t length = PIECE;
  while (((unsigned char)bytes[length] & 0xc0) == 0x80) length--;
  return length;
}

static bool add_string(struct text *text, const char *bytes, size_t length) {
  while (length) {
    size_t piece = piece_length(bytes, length);
    if (!text_reserve(text, piece * TEXT_WORST_ESCAPE)) return false;
    char *end = text_put_escaped(text->bytes + text->length, bytes, piece);
    text->length = (size_t)(end - text->bytes);
    bytes += piece;
    length -= piece;
  }
  return true;
}

static bool add_base64(struct text *text, const char *bytes, size_t length) {
  if (!text_reserve(text, (length + 2) / 3 * 4)) return false;
  char *end = text_put_base64(text->bytes + text->length, bytes, length);
  text->length = (size_t)(end - text->bytes);
  return true;
}

bool answer_add_body(struct text *text, const lariat_response *response) {
  size_t length = 0;
  if (!response) return text_add(text, "\"body\":null,\"body_encoding\":null");
  const char *body = lariat_response_body(response, &length);
  bool is_text = is_utf8(body, length);
  return text_add(text, "\"body\":\"") &&
         (is_text ? add_string(text, body, length)
                  : add_base64(text, body, length)) &&
         text_add(text, is_text ? "\",\"body_encoding\":\"utf-8\""
                                : "\",\"body_encoding\":\"base64\"");
}
