/* SPDX-License-Identifier: MIT
 * Answers of HTTP/1.1, strictly. */
#include "http/h1_parser.h"

#include <string.h>

/* Beyond these an answer is odd: libcurl has its own limits, and its own words
 * for them. */
enum { LONGEST_LINE = 64 * 1024, LONGEST_HEAD = 256 * 1024 };

/* Of a chunk, in hexadecimal digits: what fits into 60 bits. */
enum { LONGEST_SIZE = 15, LONGEST_SIZE_LINE = 256 };

void lr_h1_parser_clear(lr_h1_parser *parser) {
  lr_buffer_clear(&parser->line);
}

bool lr_h1_parser_begun(const lr_h1_parser *parser) {
  return parser->head_bytes > 0;
}

static lr_h1_result fail(lr_h1_parser *parser, lariat_status fault) {
  parser->fault = fault;
  return LR_H1_FAILED;
}

/* The body. */

static lr_h1_result complete(lr_h1_parser *parser) {
  if (parser->gzip && !lr_gzip_whole(parser->gzip)) return LR_H1_FALLBACK;
  parser->state = LR_H1_COMPLETE;
  return LR_H1_DONE;
}

static lr_h1_result decode(lr_h1_parser *parser, const char *bytes,
                           size_t length) {
  lr_buffer *body = &parser->response->body;
  uint64_t most = parser->max_body_bytes ? parser->max_body_bytes : UINT64_MAX;
  lr_gzip_result verdict =
      lr_gzip_feed(parser->gzip, bytes, length, body, most);
  parser->received = body->length;
  if (verdict == LR_GZIP_MORE) return LR_H1_MORE;
  if (verdict == LR_GZIP_FALLBACK) return LR_H1_FALLBACK;
  return fail(parser,
              verdict == LR_GZIP_TOO_LARGE ? LARIAT_EBODYLIMIT : LARIAT_ENOMEM);
}

static lr_h1_result put_body(lr_h1_parser *parser, const char *bytes,
                             size_t length) {
  if (parser->gzip) return decode(parser, bytes, length);
  parser->received += length;
  if (parser->max_body_bytes && parser->received > parser->max_body_bytes)
    return fail(parser, LARIAT_EBODYLIMIT);
  if (!lr_response_add_body(parser->response, bytes, length))
    return fail(parser, LARIAT_ENOMEM);
  return LR_H1_MORE;
}

/* Of what has a known length, as much as there is. */
static lr_h1_result take_counted(lr_h1_parser *parser, const char **at,
                                 const char *end) {
  size_t length = (size_t)(end - *at);
  if (length > parser->left) length = (size_t)parser->left;
  parser->left -= length;
  const char *bytes = *at;
  *at += length;
  return put_body(parser, bytes, length);
}

static lr_h1_result take_length(lr_h1_parser *parser, const char **at,
                                const char *end) {
  lr_h1_result verdict = take_counted(parser, at, end);
  if (verdict != LR_H1_MORE || parser->left) return verdict;
  return complete(parser);
}

static lr_h1_result take_rest(lr_h1_parser *parser, const char **at,
                              const char *end) {
  const char *bytes = *at;
  *at = end;
  return put_body(parser, bytes, (size_t)(end - bytes));
}

static lr_h1_result take_chunk(lr_h1_parser *parser, const char **at,
                               const char *end) {
  lr_h1_result verdict = take_counted(parser, at, end);
  if (parser->left == 0) parser->state = LR_H1_IN_CHUNK_END;
  return verdict;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* "1a", perhaps with an extension, which nobody uses. */
static lr_h1_result read_size(lr_h1_parser *parser, const char *line,
                              size_t length) {
  uint64_t size = 0;
  size_t digits = 0;
  while (digits < length && hex_value(line[digits]) >= 0)
    size = size * 16 + (unsigned)hex_value(line[digits++]);
  if (digits == 0 || digits > LONGEST_SIZE) return LR_H1_FALLBACK;
  if (length > LONGEST_SIZE_LINE) return LR_H1_FALLBACK;
  if (digits < length && line[digits] != ';') return LR_H1_FALLBACK;
  parser->left = size;
  parser->state = size ? LR_H1_IN_CHUNK : LR_H1_IN_TRAILERS;
  return LR_H1_MORE;
}

static lr_h1_result end_chunk(lr_h1_parser *parser, size_t length) {
  if (length > 0) return LR_H1_FALLBACK;
  parser->state = LR_H1_IN_CHUNK_SIZE;
  return LR_H1_MORE;
}

/* The head. */

static uint8_t place_of_body(const lr_h1_parser *parser) {
  if (parser->chunked) return LR_H1_IN_CHUNK_SIZE;
  return parser->sized ? LR_H1_IN_BODY : LR_H1_IN_BODY_UNTIL_CLOSE;
}

/* A final head is there: what follows is decided by it (RFC 9112, 6.3). */
static lr_h1_result choose_body(lr_h1_parser *parser) {
  const lariat_response *response = parser->response;
  int status = response->status;
  if (parser->chunked && parser->sized) return LR_H1_FALLBACK;
  if (parser->bodiless || status == 204 || status == 304)
    return complete(parser);
  if (parser->sized && response->content_length == 0) return complete(parser);
  if (parser->is_coded && parser->gzip_pool) {
    if (!parser->is_gzip) return LR_H1_FALLBACK;
    parser->gzip = lr_gzip_take(parser->gzip_pool);
    if (!parser->gzip) return fail(parser, LARIAT_ENOMEM);
  }
  parser->keeps = parser->keeps && (parser->chunked || parser->sized);
  parser->state = place_of_body(parser);
  if (parser->sized) parser->left = (uint64_t)response->content_length;
  return LR_H1_MORE;
}

/* After an interim head (1xx) another follows; 101 is for those who asked. */
static lr_h1_result end_head(lr_h1_parser *parser) {
  const lariat_response *response = parser->response;
  if (response->status == 101) return LR_H1_FALLBACK;
  if (response->status >= 200) return choose_body(parser);
  parser->state = LR_H1_IN_STATUS;
  parser->keeps = true;
  parser->chunked = false;
  parser->is_coded = false;
  parser->is_gzip = false;
  parser->sized = false;
  return LR_H1_MORE;
}

/* The status in "HTTP/1.1 200", with or without a reason; 0: it is another
 * line. */
static int read_status_line(const char *line, size_t length) {
  static const char version[] = "HTTP/1.1 ";
  enum { VERSION = sizeof version - 1, CODE = 3 };
  if (length < VERSION + CODE || memcmp(line, version, VERSION) != 0) return 0;
  const char *code = line + VERSION;
  if (code[0] < '1' || code[0] > '9') return 0;
  if (!lr_is_digit(code[1]) || !lr_is_digit(code[2])) return 0;
  if (length > VERSION + CODE && code[CODE] != ' ') return 0;
  return lr_status_code_of(code);
}

static bool is_word(const char *value, const char *word) {
  return lr_name_is(value, strlen(value), word);
}

static bool says_close(const char *value) {
  return strcmp(value, "keep-alive") != 0 && strcasestr(value, "close");
}

bool lr_h1_is_gzip(const char *coding) {
  return is_word(coding, "gzip") || is_word(coding, "x-gzip");
}

static lr_h1_result read_content_length(lr_h1_parser *parser, const char *value,
                                        size_t length) {
  int64_t number = lr_response_read_length(value, length);
  if (parser->sized || number < 0) return LR_H1_FALLBACK;
  parser->response->content_length = number;
  parser->sized = true;
  return LR_H1_MORE;
}

/* The headers that say where the answer ends, and what becomes of the
 * connection.  One that is there twice, or that says more than the usual,
 * could be read in two ways. */
static lr_h1_result read_framing_header(lr_h1_parser *parser, const char *name,
                                        size_t length) {
  size_t value_length;
  const char *value = lr_response_last_value(parser->response, &value_length);
  if (length == 10 && lr_name_equal(name, "Connection", length)) {
    if (says_close(value)) parser->keeps = false;
  } else if (length == 14 && lr_name_equal(name, "Content-Length", length)) {
    return read_content_length(parser, value, value_length);
  } else if (length == 16 && lr_name_equal(name, "Content-Encoding", length)) {
    parser->is_gzip = !parser->is_coded && lr_h1_is_gzip(value);
    parser->is_coded = true;
  } else if (length == 17 && lr_name_equal(name, "Transfer-Encoding", length)) {
    if (parser->chunked || !is_word(value, "chunked")) return LR_H1_FALLBACK;
    parser->chunked = true;
  }
  return LR_H1_MORE;
}

/* No other name has the length of one of those. */
static bool is_framing_header(size_t length) {
  return length == 10 || length == 14 || length == 16 || length == 17;
}

static lr_h1_result verdict_of(lr_h1_parser *parser, lariat_status status) {
  if (status == LARIAT_OK) return LR_H1_MORE;
  return status == LARIAT_EHEADERLIMIT ? LR_H1_FALLBACK : fail(parser, status);
}

/* A line of trailers is one that could be nothing else. */
static lr_h1_result add_trailer(lr_h1_parser *parser, const char *line,
                                const char *colon, const char *end) {
  size_t length = (size_t)(end - line);
  if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) return LR_H1_FALLBACK;
  if (memchr(line, '\r', length)) return LR_H1_FALLBACK;
  return verdict_of(parser,
                    lr_response_add_header(parser->response, line, colon, end));
}

/* A line of a head or of trailers; not the empty one.  A blank at its beginning
 * makes it a part of the one before; one before the colon has been used to make
 * two readers see different things. */
static lr_h1_result add_header(lr_h1_parser *parser, const char *line,
                               const char *end) {
  const char *colon = memchr(line, ':', (size_t)(end - line));
  if (!colon) return LR_H1_FALLBACK;
  if (colon == line) return LR_H1_FALLBACK;
  if (lr_is_blank(*line) || lr_is_blank(colon[-1])) return LR_H1_FALLBACK;
  if (parser->state == LR_H1_IN_TRAILERS)
    return add_trailer(parser, line, colon, end);
  size_t length = (size_t)(colon - line);
  if (memchr(line, '\r', length)) return LR_H1_FALLBACK;
  lariat_status status =
      lr_response_put_header(parser->response, line, length, colon + 1, end);
  if (status != LARIAT_OK) return verdict_of(parser, status);
  return is_framing_header(length) ? read_framing_header(parser, line, length)
                                   : LR_H1_MORE;
}

static bool start_head(lr_h1_parser *parser, const char *line,
                       const char *end) {
  int status = read_status_line(line, (size_t)(end - line));
  if (!status) return false;
  parser->state = LR_H1_IN_HEADERS;
  lr_response_begin_block(parser->response, 11, status);
  return true;
}

/* The empty line. */
static lr_h1_result end_lines(lr_h1_parser *parser) {
  parser->response->in_block = false;
  return parser->state == LR_H1_IN_TRAILERS ? complete(parser)
                                            : end_head(parser);
}

/* Lines. */

static bool has_nul(const char *begin, const char *end) {
  return memchr(begin, '\0', (size_t)(end - begin)) != NULL;
}

/* The lines behind the first one of a head, and of trailers, that are there as
 * a whole, up to the empty one.  `*at` is where they end. */
static lr_h1_result take_headers(lr_h1_parser *parser, const char **at,
                                 const char *feed, const char *end) {
  const char *line = *at;
  lr_h1_result verdict = LR_H1_MORE;
  for (; feed; feed = memchr(line, '\n', (size_t)(end - line))) {
    const char *cr = feed - 1;
    if (feed == line || *cr != '\r') return LR_H1_FALLBACK;
    *at = feed + 1;
    if (cr == line) return end_lines(parser);
    verdict = add_header(parser, line, cr);
    if (verdict != LR_H1_MORE) break;
    line = feed + 1;
  }
  return verdict;
}

static lr_h1_result take_lines_of_head(lr_h1_parser *parser, const char **at,
                                       const char *feed, const char *end) {
  if (parser->state == LR_H1_IN_STATUS) {
    const char *line = *at;
    if (feed == line || feed[-1] != '\r') return LR_H1_FALLBACK;
    if (!start_head(parser, line, feed - 1)) return LR_H1_FALLBACK;
    *at = feed + 1;
    feed = memchr(*at, '\n', (size_t)(end - *at));
  }
  return take_headers(parser, at, feed, end);
}

/* `feed` ends the first.  What none of them may have, and how long they are,
 * is looked at once for all. */
static lr_h1_result take_head(lr_h1_parser *parser, const char **at,
                              const char *feed, const char *end) {
  const char *begin = *at;
  lr_h1_result verdict = take_lines_of_head(parser, at, feed, end);
  parser->head_bytes += (uint32_t)(*at - begin);
  bool bad = parser->head_bytes > LONGEST_HEAD || has_nul(begin, *at);
  return bad ? LR_H1_FALLBACK : verdict;
}

/* A line between chunks. */
static lr_h1_result take_chunk_line(lr_h1_parser *parser, const char **at,
                                    const char *feed) {
  const char *line = *at;
  const char *cr = feed - 1;
  if (cr < line || *cr != '\r' || has_nul(line, feed)) return LR_H1_FALLBACK;
  *at = feed + 1;
  return parser->state == LR_H1_IN_CHUNK_SIZE
             ? read_size(parser, line, (size_t)(cr - line))
             : end_chunk(parser, (size_t)(cr - line));
}

static lr_h1_result take_lines(lr_h1_parser *parser, const char **at,
                               const char *feed, const char *end) {
  bool chunk = parser->state == LR_H1_IN_CHUNK_SIZE ||
               parser->state == LR_H1_IN_CHUNK_END;
  return chunk ? take_chunk_line(parser, at, feed)
               : take_head(parser, at, feed, end);
}

static lr_h1_result keep_part(lr_h1_parser *parser, const char *bytes,
                              size_t length) {
  if (parser->line.length + length > LONGEST_LINE) return LR_H1_FALLBACK;
  return lr_buffer_append(&parser->line, bytes, length)
             ? LR_H1_MORE
             : fail(parser, LARIAT_ENOMEM);
}

static bool begins_size(const char *line, size_t length) {
  size_t digits = 0;
  while (digits < length && hex_value(line[digits]) >= 0) digits++;
  if (digits > LONGEST_SIZE) return false;
  return digits == length ||
         (digits && (line[digits] == ';' || line[digits] == '\r'));
}

/* A CR is its end. */
static bool begins_trailer(const char *line, size_t length) {
  const char *cr = memchr(line, '\r', length);
  if (!cr || length == 1) return true;
  return cr == line + length - 1 && memchr(line, ':', length);
}

/* Whether the line that has begun may still become a good one: if it may not,
 * libcurl says so at once, without waiting for its end. */
static bool may_go_on(const lr_h1_parser *parser) {
  static const char version[] = "HTTP/1.1 ";
  const char *line = parser->line.bytes;
  size_t length = parser->line.length;
  switch ((lr_h1_state)parser->state) {
  case LR_H1_IN_STATUS:
    return !memcmp(line, version,
                   length < sizeof version - 1 ? length : sizeof version - 1);
  case LR_H1_IN_CHUNK_SIZE:
    return begins_size(line, length);
  case LR_H1_IN_CHUNK_END:
    return length == 1 && line[0] == '\r';
  case LR_H1_IN_TRAILERS:
    return begins_trailer(line, length);
  default:
    return true;
  }
}

static lr_h1_result begin_line(lr_h1_parser *parser, const char *bytes,
                               size_t length) {
  lr_h1_result verdict = keep_part(parser, bytes, length);
  if (verdict != LR_H1_MORE || may_go_on(parser)) return verdict;
  return LR_H1_FALLBACK;
}

/* Of a line whose beginning came earlier all of it is where that was kept. */
static lr_h1_result next_line(lr_h1_parser *parser, const char **at,
                              const char *end) {
  const char *begin = *at;
  const char *feed = memchr(begin, '\n', (size_t)(end - begin));
  const char *kept;
  if (!feed) {
    *at = end;
    return begin_line(parser, begin, (size_t)(end - begin));
  }
  if (parser->line.length) {
    *at = feed + 1;
    lr_h1_result verdict = keep_part(parser, begin, (size_t)(*at - begin));
    if (verdict != LR_H1_MORE) return verdict;
    kept = parser->line.bytes;
    at = &kept;
    end = kept + parser->line.length;
    feed = end - 1;
    parser->line.length = 0;
  }
  return take_lines(parser, at, feed, end);
}

static lr_h1_result next_part(lr_h1_parser *parser, const char **at,
                              const char *end) {
  uint8_t place = parser->state;
  if (place == LR_H1_IN_BODY) return take_length(parser, at, end);
  if (place == LR_H1_IN_BODY_UNTIL_CLOSE) return take_rest(parser, at, end);
  if (place == LR_H1_IN_CHUNK) return take_chunk(parser, at, end);
  return next_line(parser, at, end);
}

lr_h1_result lr_h1_parser_feed(lr_h1_parser *parser, const char *bytes,
                               size_t length, size_t *used) {
  const char *at = bytes;
  const char *end = bytes + length;
  lr_h1_result verdict = LR_H1_MORE;
  while (verdict == LR_H1_MORE && at < end)
    verdict = next_part(parser, &at, end);
  *used = (size_t)(at - bytes);
  return verdict;
}

/* All but the very last byte has come: versions of libcurl differ. */
static bool lacks_a_feed(const lr_h1_parser *parser) {
  return parser->state == LR_H1_IN_TRAILERS && parser->line.length == 1 &&
         parser->line.bytes[0] == '\r';
}

/* Heads of 1xx are no answer. */
lr_h1_result lr_h1_parser_end(lr_h1_parser *parser) {
  parser->keeps = false;
  if (parser->state == LR_H1_IN_BODY_UNTIL_CLOSE) return complete(parser);
  if (lacks_a_feed(parser)) return LR_H1_FALLBACK;
  return fail(parser, parser->state == LR_H1_IN_STATUS ? LARIAT_EEMPTY
                                                       : LARIAT_ETRUNCATED);
}

/* What another has read. */

bool lr_h1_would_keep(const lariat_response *response, bool bodiless) {
  bool framed = bodiless || response->status == 204 || response->status == 304;
  if (response->http_version != 11 || response->status < 200) return false;
  for (uint32_t i = 0; i < response->header_count; i++) {
    const lr_header_span *place = &response->headers[i];
    const char *name = response->text.bytes + place->name;
    const char *value = response->text.bytes + place->value;
    size_t length = place->name_length;
    if (length == 10 && lr_name_equal(name, "Connection", length) &&
        says_close(value))
      return false;
    if (length == 14 && lr_name_equal(name, "Content-Length", length))
      framed = true;
    if (length == 17 && lr_name_equal(name, "Transfer-Encoding", length))
      framed = is_word(value, "chunked");
  }
  return framed;
}
