/* SPDX-License-Identifier: MIT
 * shape.c: writes URLs with N for numbers and H for identifiers. */
#include "shape.h"

#include <string.h>

#include "ascii.h"
#include "text_writer.h"
#include "trap.h"

/* ---- Words of a path ---- */

/* From how many digits on hexadecimal ones are an identifier; and letters and
 * digits, with so many digits among them. */
enum { HEX_LENGTH = 8, MIXED_LENGTH = 16, MIXED_DIGITS = 4, UUID_LENGTH = 36 };

/* Letters and digits in a row. */
typedef struct word_kind {
  size_t length;
  size_t digits;
  bool hex;
} word_kind;

static word_kind measure_word(const char *at, const char *end) {
  word_kind kind = {.hex = true};
  for (; at < end && lr_crawl_is_alphanumeric(*at); at++, kind.length++) {
    if (lr_crawl_is_digit(*at)) kind.digits++;
    if (lr_crawl_hex_value(*at) < 0) kind.hex = false;
  }
  return kind;
}

static bool is_identifier(const word_kind *kind) {
  if (!kind->digits || kind->digits == kind->length) return false;
  if (kind->hex && kind->length >= HEX_LENGTH) return true;
  return kind->length >= MIXED_LENGTH && kind->digits >= MIXED_DIGITS;
}

/* Tells whether a UUID (RFC 9562) stands here. */
static bool is_uuid(const char *at, const char *end) {
  if (end - at < UUID_LENGTH) return false;
  for (int i = 0; i < UUID_LENGTH; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? at[i] != '-' : lr_crawl_hex_value(at[i]) < 0) return false;
  }
  return end - at == UUID_LENGTH || !lr_crawl_is_alphanumeric(at[UUID_LENGTH]);
}

/* ---- Writing ---- */

typedef struct shape_writer {
  lr_crawl_text_writer text;
  lr_crawl_shape_traits traits;
  bool after_year; /* the last number was one */
} shape_writer;

/* Notes a number, which may be of a date. */
static void note_number(shape_writer *shape, const char *at, size_t length) {
  unsigned value = 0;
  for (size_t i = 0; i < length && i < 5; i++)
    value = value * 10 + (unsigned)(at[i] - '0');
  if (shape->after_year && length <= 2 && value >= 1 && value <= 12)
    shape->traits.has_date = true;
  shape->after_year = length == 4 && value >= 1000;
}

/* Writes a word with its numbers as N. */
static void write_word(shape_writer *shape, const char *at, size_t length) {
  const char *end = at + length;
  while (at < end) {
    const char *from = at;
    while (at < end && !lr_crawl_is_digit(*at)) at++;
    lr_crawl_write(&shape->text, from, (size_t)(at - from));
    if (at == end) return;
    from = at;
    while (at < end && lr_crawl_is_digit(*at)) at++;
    note_number(shape, from, (size_t)(at - from));
    lr_crawl_write_byte(&shape->text, 'N');
  }
}

static void write_identifier(shape_writer *shape) {
  lr_crawl_write_byte(&shape->text, 'H');
  shape->traits.has_identifier = true;
}

/* Writes what begins at `at`, a letter or a digit, and returns where it ends.
 */
static const char *write_token(shape_writer *shape, const char *at,
                               const char *end) {
  if (is_uuid(at, end)) {
    write_identifier(shape);
    return at + UUID_LENGTH;
  }
  word_kind kind = measure_word(at, end);
  if (is_identifier(&kind))
    write_identifier(shape);
  else
    write_word(shape, at, kind.length);
  return at + kind.length;
}

/* Writes a text; its escapes stay as they are. */
static void write_text(shape_writer *shape, const char *at, const char *end) {
  while (at < end) {
    const char *from = at;
    if (lr_crawl_is_alphanumeric(*at)) {
      at = write_token(shape, at, end);
      continue;
    }
    at += *at == '%' && end - at >= 3 ? 3 : 1;
    lr_crawl_write(&shape->text, from, (size_t)(at - from));
  }
}

/* Looks for dates in the value of a parameter, which is not written. */
static void look_at_value(shape_writer *shape, const char *at,
                          const char *end) {
  lr_crawl_text_writer text = shape->text;
  bool identifier = shape->traits.has_identifier;
  shape->text.capacity = 0;
  write_text(shape, at, end);
  shape->text = text;
  shape->traits.has_identifier = identifier;
}

static const char *find_or_end(const char *at, const char *end, char byte) {
  const char *found = memchr(at, byte, (size_t)(end - at));
  return found ? found : end;
}

/* Writes the names of a query; parameters without one are none. */
static void write_names(shape_writer *shape, lariat_url_part query) {
  const char *at = query.bytes, *end = at + query.length;
  char before = '?';
  while (at < end) {
    const char *stop = find_or_end(at, end, '&');
    const char *equals = find_or_end(at, stop, '=');
    if (equals > at) {
      lr_crawl_write_byte(&shape->text, before);
      write_text(shape, at, equals);
      look_at_value(shape, equals, stop);
      shape->traits.parameters++;
      before = '&';
    }
    at = stop < end ? stop + 1 : end;
  }
}

/* ---- Shapes ---- */

static shape_writer begin_shape(const lariat_url *url, char *out,
                                size_t capacity) {
  shape_writer shape = {.text = {out, capacity, 0}};
  lariat_url_part scheme = lariat_url_scheme(url);
  const char *host = lariat_url_host(url).bytes;
  lr_crawl_write(&shape.text, scheme.bytes, scheme.length);
  lr_crawl_write(&shape.text, "://", 3);
  lr_crawl_write(&shape.text, host,
                 (size_t)(lariat_url_path(url).bytes - host));
  return shape;
}

static unsigned count_segments(lariat_url_part path) {
  unsigned count = 0;
  for (size_t i = 1; i < path.length; i++)
    if (path.bytes[i] != '/' && path.bytes[i - 1] == '/') count++;
  return count;
}

size_t lr_crawl_shape_write(const lariat_url *url, char *out, size_t capacity,
                            lr_crawl_shape_traits *traits) {
  shape_writer shape = begin_shape(url, out, capacity);
  lariat_url_part path = lariat_url_path(url);
  lariat_url_part query = lariat_url_query(url);
  write_text(&shape, path.bytes, path.bytes + path.length);
  if (query.length) write_names(&shape, query);
  shape.traits.segments = count_segments(path);
  if (traits) *traits = shape.traits;
  return lr_crawl_write_end(&shape.text);
}

size_t lr_crawl_shape(const lariat_url *url, char *out, size_t capacity) {
  return lr_crawl_shape_write(url, out, capacity, NULL);
}

size_t lr_crawl_shape_write_path(const lariat_url *url, char *out,
                                 size_t capacity) {
  shape_writer shape = begin_shape(url, out, capacity);
  lariat_url_part path = lariat_url_path(url);
  lr_crawl_write(&shape.text, path.bytes, path.length);
  lr_crawl_write(&shape.text, "?*", 2);
  return lr_crawl_write_end(&shape.text);
}

size_t lr_crawl_shape_write_directory(const lariat_url *url, char *out,
                                      size_t capacity) {
  shape_writer shape = begin_shape(url, out, capacity);
  lariat_url_part path = lariat_url_path(url);
  const char *end = path.bytes + path.length;
  const char *slash =
      path.length > 1 ? memchr(path.bytes + 1, '/', path.length - 1) : NULL;
  write_text(&shape, path.bytes, slash ? slash : end);
  lr_crawl_write(&shape.text, "/*", 2);
  return lr_crawl_write_end(&shape.text);
}
