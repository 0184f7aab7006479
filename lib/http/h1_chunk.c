/* SPDX-License-Identifier: MIT
 * h1_chunk.c: the sizes of chunks, and their ends. */
#include "http/h1_chunk.h"

#include <string.h>

#include "http/field.h"

/* The most digits of a chunk's size. */
enum { SIZE_DIGITS_MAX = 16 };

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* Reads a number of hexadecimal digits, of which there may be more than fit;
 * returns how many. */
static size_t read_hex(const char *line, size_t length, uint64_t *number) {
  size_t digits = 0;
  *number = 0;
  while (digits < length && hex_value(line[digits]) >= 0)
    *number = *number * 16 + (unsigned)hex_value(line[digits++]);
  return digits;
}

/* Tells whether these are blanks and then an extension, or nothing: some
 * servers pad their sizes. */
static bool may_follow_size(const char *at, const char *end) {
  at = lr_skip_blanks(at, end);
  return at == end || *at == ';';
}

/* Reads "1a", perhaps with an extension, which nobody uses. */
static lr_h1_result read_size(lr_h1_parser *parser, const char *line,
                              size_t length) {
  uint64_t size = 0;
  size_t digits = read_hex(line, length, &size);
  if (digits == 0 || digits > SIZE_DIGITS_MAX || size > INT64_MAX ||
      !may_follow_size(line + digits, line + length))
    return lr_h1_refuse(parser, LR_H1_REASON_BAD_CHUNK_SIZE);
  if (length > LR_H1_SIZE_LINE_MAX)
    return lr_h1_refuse(parser, LR_H1_REASON_LONG_EXTENSION);
  if (memchr(line + digits, '\r', length - digits))
    return lr_h1_refuse(parser, LR_H1_REASON_BARE_CR);
  parser->left = size;
  parser->state = size ? LR_H1_IN_CHUNK : LR_H1_IN_TRAILERS;
  return LR_H1_MORE;
}

static lr_h1_result end_chunk(lr_h1_parser *parser, size_t length) {
  if (length > 0) return lr_h1_refuse(parser, LR_H1_REASON_BAD_CHUNK_END);
  parser->state = LR_H1_IN_CHUNK_SIZE;
  return LR_H1_MORE;
}

static bool begins_size(const char *line, size_t length) {
  uint64_t size;
  size_t digits = read_hex(line, length, &size);
  if (digits > SIZE_DIGITS_MAX || size > INT64_MAX) return false;
  const char *rest = lr_skip_blanks(line + digits, line + length);
  if (rest == line + length) return true;
  return digits && (*rest == ';' || *rest == '\r');
}

lr_h1_reason lr_h1_chunk_reason_of_beginning(const lr_h1_parser *parser,
                                             const char *line, size_t length) {
  if (parser->state == LR_H1_IN_CHUNK_SIZE)
    return begins_size(line, length) ? LR_H1_REASON_NONE
                                     : LR_H1_REASON_BAD_CHUNK_SIZE;
  return length == 0 || (length == 1 && line[0] == '\r')
             ? LR_H1_REASON_NONE
             : LR_H1_REASON_BAD_CHUNK_END;
}

/* Refuses a line among chunks, for what its beginning has shown already, if
 * that did. */
static LR_COLD lr_h1_result refuse_chunk_line(lr_h1_parser *parser,
                                              const char *line, size_t length,
                                              lr_h1_reason reason) {
  lr_h1_reason earlier = lr_h1_chunk_reason_of_beginning(parser, line, length);
  return lr_h1_refuse(parser, earlier == LR_H1_REASON_NONE ? reason : earlier);
}

lr_h1_result lr_h1_chunk_take_line(lr_h1_parser *parser, const char **at,
                                   const char *lf) {
  const char *line = *at;
  const char *cr = lf - 1;
  size_t length = (size_t)(lf - line);
  if (cr < line || *cr != '\r')
    return refuse_chunk_line(parser, line, length, LR_H1_REASON_BARE_LF);
  if (memchr(line, '\0', length))
    return refuse_chunk_line(parser, line, length, LR_H1_REASON_NUL);
  *at = lf + 1;
  return parser->state == LR_H1_IN_CHUNK_SIZE
             ? read_size(parser, line, (size_t)(cr - line))
             : end_chunk(parser, (size_t)(cr - line));
}
