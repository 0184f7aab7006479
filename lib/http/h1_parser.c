/* SPDX-License-Identifier: MIT
 * Answers of HTTP/1.1, strictly. */
#include "http/h1_parser.h"

#include <string.h>

/* Beyond these an answer is odd: libcurl has its own limits, and its own words
 * for them. */
enum { LONGEST_LINE = 64 * 1024, LONGEST_HEAD = 256 * 1024 };

/* Of a chunk, in hexadecimal digits: what fits into 60 bits. */
enum { LONGEST_SIZE = 15, LONGEST_SIZE_LINE = 256 };

void lr_answer_clear(lr_answer *answer) { lr_buffer_clear(&answer->line); }

bool lr_answer_begun(const lr_answer *answer) { return answer->head_bytes > 0; }

static lr_answer_verdict fail(lr_answer *answer, lariat_status fault) {
  answer->fault = fault;
  return LR_ANSWER_FAILED;
}

/* The body. */

static lr_answer_verdict complete(lr_answer *answer) {
  if (answer->coding && !lr_coding_whole(answer->coding)) return LR_ANSWER_ODD;
  answer->place = LR_ANSWER_COMPLETE;
  return LR_ANSWER_DONE;
}

static lr_answer_verdict decode(lr_answer *answer, const char *bytes,
                                size_t length) {
  lr_buffer *body = &answer->response->body;
  uint64_t most = answer->max_body_bytes ? answer->max_body_bytes : UINT64_MAX;
  lr_coding_verdict verdict =
      lr_coding_feed(answer->coding, bytes, length, body, most);
  answer->received = body->length;
  if (verdict == LR_CODING_MORE) return LR_ANSWER_MORE;
  if (verdict == LR_CODING_ODD) return LR_ANSWER_ODD;
  return fail(answer,
              verdict == LR_CODING_OVER ? LARIAT_EBODYLIMIT : LARIAT_ENOMEM);
}

static lr_answer_verdict put_body(lr_answer *answer, const char *bytes,
                                  size_t length) {
  if (answer->coding) return decode(answer, bytes, length);
  answer->received += length;
  if (answer->max_body_bytes && answer->received > answer->max_body_bytes)
    return fail(answer, LARIAT_EBODYLIMIT);
  if (!lr_response_add_body(answer->response, bytes, length))
    return fail(answer, LARIAT_ENOMEM);
  return LR_ANSWER_MORE;
}

/* Of what has a known length, as much as there is. */
static lr_answer_verdict take_counted(lr_answer *answer, const char **at,
                                      const char *end) {
  size_t length = (size_t)(end - *at);
  if (length > answer->left) length = (size_t)answer->left;
  answer->left -= length;
  const char *bytes = *at;
  *at += length;
  return put_body(answer, bytes, length);
}

static lr_answer_verdict take_length(lr_answer *answer, const char **at,
                                     const char *end) {
  lr_answer_verdict verdict = take_counted(answer, at, end);
  if (verdict != LR_ANSWER_MORE || answer->left) return verdict;
  return complete(answer);
}

static lr_answer_verdict take_rest(lr_answer *answer, const char **at,
                                   const char *end) {
  const char *bytes = *at;
  *at = end;
  return put_body(answer, bytes, (size_t)(end - bytes));
}

static lr_answer_verdict take_chunk(lr_answer *answer, const char **at,
                                    const char *end) {
  lr_answer_verdict verdict = take_counted(answer, at, end);
  if (answer->left == 0) answer->place = LR_ANSWER_CHUNK_END;
  return verdict;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* "1a", perhaps with an extension, which nobody uses. */
static lr_answer_verdict read_size(lr_answer *answer, const char *line,
                                   size_t length) {
  uint64_t size = 0;
  size_t digits = 0;
  while (digits < length && hex_value(line[digits]) >= 0)
    size = size * 16 + (unsigned)hex_value(line[digits++]);
  if (digits == 0 || digits > LONGEST_SIZE) return LR_ANSWER_ODD;
  if (length > LONGEST_SIZE_LINE) return LR_ANSWER_ODD;
  if (digits < length && line[digits] != ';') return LR_ANSWER_ODD;
  answer->left = size;
  answer->place = size ? LR_ANSWER_CHUNK : LR_ANSWER_TRAILERS;
  return LR_ANSWER_MORE;
}

static lr_answer_verdict end_chunk(lr_answer *answer, size_t length) {
  if (length > 0) return LR_ANSWER_ODD;
  answer->place = LR_ANSWER_CHUNK_SIZE;
  return LR_ANSWER_MORE;
}

/* The head. */

static uint8_t place_of_body(const lr_answer *answer) {
  if (answer->chunked) return LR_ANSWER_CHUNK_SIZE;
  return answer->sized ? LR_ANSWER_LENGTH : LR_ANSWER_UNTIL_END;
}

/* A final head is there: what follows is decided by it (RFC 9112, 6.3). */
static lr_answer_verdict choose_body(lr_answer *answer) {
  const lariat_response *response = answer->response;
  int status = response->status;
  if (answer->chunked && answer->sized) return LR_ANSWER_ODD;
  if (answer->bodiless || status == 204 || status == 304)
    return complete(answer);
  if (answer->sized && response->content_length == 0) return complete(answer);
  if (answer->coded && answer->codings) {
    if (!answer->gzip) return LR_ANSWER_ODD;
    answer->coding = lr_coding_take(answer->codings);
    if (!answer->coding) return fail(answer, LARIAT_ENOMEM);
  }
  answer->keeps = answer->keeps && (answer->chunked || answer->sized);
  answer->place = place_of_body(answer);
  if (answer->sized) answer->left = (uint64_t)response->content_length;
  return LR_ANSWER_MORE;
}

/* After an interim head (1xx) another follows; 101 is for those who asked. */
static lr_answer_verdict end_head(lr_answer *answer) {
  const lariat_response *response = answer->response;
  if (response->status == 101) return LR_ANSWER_ODD;
  if (response->status >= 200) return choose_body(answer);
  answer->place = LR_ANSWER_STATUS;
  answer->keeps = true;
  answer->chunked = false;
  answer->coded = false;
  answer->gzip = false;
  answer->sized = false;
  return LR_ANSWER_MORE;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The status in "HTTP/1.1 200", with or without a reason; 0: it is another
 * line. */
static int read_status_line(const char *line, size_t length) {
  static const char version[] = "HTTP/1.1 ";
  enum { VERSION = sizeof version - 1, CODE = 3 };
  if (length < VERSION + CODE || memcmp(line, version, VERSION) != 0) return 0;
  const char *code = line + VERSION;
  if (code[0] < '1' || code[0] > '9') return 0;
  if (!is_digit(code[1]) || !is_digit(code[2])) return 0;
  if (length > VERSION + CODE && code[CODE] != ' ') return 0;
  return (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whatever the locale; mostly it is written in the same way. */
static bool is_named(const char *text, const char *name, size_t length) {
  if (memcmp(text, name, length) == 0) return true;
  for (size_t i = 0; i < length; i++)
    if (lower(text[i]) != lower(name[i])) return false;
  return true;
}

static bool is_word(const char *value, const char *word) {
  size_t length = strlen(word);
  return strlen(value) == length && is_named(value, word, length);
}

static bool says_close(const char *value) {
  return strcmp(value, "keep-alive") != 0 && strcasestr(value, "close");
}

bool lr_answer_is_gzip(const char *coding) {
  return is_word(coding, "gzip") || is_word(coding, "x-gzip");
}

static lr_answer_verdict heed_length(lr_answer *answer, const char *value,
                                     size_t length) {
  int64_t number = lr_response_read_length(value, length);
  if (answer->sized || number < 0) return LR_ANSWER_ODD;
  answer->response->content_length = number;
  answer->sized = true;
  return LR_ANSWER_MORE;
}

/* The headers that say where the answer ends, and what becomes of the
 * connection.  One that is there twice, or that says more than the usual,
 * could be read in two ways. */
static lr_answer_verdict heed(lr_answer *answer, const char *name,
                              size_t length) {
  size_t value_length;
  const char *value = lr_response_last_value(answer->response, &value_length);
  if (length == 10 && is_named(name, "Connection", length)) {
    if (says_close(value)) answer->keeps = false;
  } else if (length == 14 && is_named(name, "Content-Length", length)) {
    return heed_length(answer, value, value_length);
  } else if (length == 16 && is_named(name, "Content-Encoding", length)) {
    answer->gzip = !answer->coded && lr_answer_is_gzip(value);
    answer->coded = true;
  } else if (length == 17 && is_named(name, "Transfer-Encoding", length)) {
    if (answer->chunked || !is_word(value, "chunked")) return LR_ANSWER_ODD;
    answer->chunked = true;
  }
  return LR_ANSWER_MORE;
}

/* No other name has the length of one of those. */
static bool is_heeded(size_t length) {
  return length == 10 || length == 14 || length == 16 || length == 17;
}

static lr_answer_verdict verdict_of(lr_answer *answer, lariat_status status) {
  if (status == LARIAT_OK) return LR_ANSWER_MORE;
  return status == LARIAT_EHEADERLIMIT ? LR_ANSWER_ODD : fail(answer, status);
}

/* A line of trailers is one that could be nothing else. */
static lr_answer_verdict add_trailer(lr_answer *answer, const char *line,
                                     const char *colon, const char *end) {
  size_t length = (size_t)(end - line);
  if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) return LR_ANSWER_ODD;
  if (memchr(line, '\r', length)) return LR_ANSWER_ODD;
  return verdict_of(answer,
                    lr_response_add_header(answer->response, line, colon, end));
}

/* A line of a head or of trailers; not the empty one.  A blank at its beginning
 * makes it a part of the one before; one before the colon has been used to make
 * two readers see different things. */
static lr_answer_verdict add_header(lr_answer *answer, const char *line,
                                    const char *end) {
  const char *colon = memchr(line, ':', (size_t)(end - line));
  if (!colon) return LR_ANSWER_ODD;
  if (colon == line) return LR_ANSWER_ODD;
  if (lr_response_is_blank(*line) || lr_response_is_blank(colon[-1]))
    return LR_ANSWER_ODD;
  if (answer->place == LR_ANSWER_TRAILERS)
    return add_trailer(answer, line, colon, end);
  size_t length = (size_t)(colon - line);
  if (memchr(line, '\r', length)) return LR_ANSWER_ODD;
  lariat_status status =
      lr_response_put_header(answer->response, line, length, colon + 1, end);
  if (status != LARIAT_OK) return verdict_of(answer, status);
  return is_heeded(length) ? heed(answer, line, length) : LR_ANSWER_MORE;
}

static bool start_head(lr_answer *answer, const char *line, const char *end) {
  int status = read_status_line(line, (size_t)(end - line));
  if (!status) return false;
  answer->place = LR_ANSWER_HEADERS;
  lr_response_begin_block(answer->response, 11, status);
  return true;
}

/* The empty line. */
static lr_answer_verdict end_lines(lr_answer *answer) {
  answer->response->in_block = false;
  return answer->place == LR_ANSWER_TRAILERS ? complete(answer)
                                             : end_head(answer);
}

/* Lines. */

static bool has_nul(const char *begin, const char *end) {
  return memchr(begin, '\0', (size_t)(end - begin)) != NULL;
}

/* The lines behind the first one of a head, and of trailers, that are there as
 * a whole, up to the empty one.  `*at` is where they end. */
static lr_answer_verdict take_headers(lr_answer *answer, const char **at,
                                      const char *feed, const char *end) {
  const char *line = *at;
  lr_answer_verdict verdict = LR_ANSWER_MORE;
  for (; feed; feed = memchr(line, '\n', (size_t)(end - line))) {
    const char *cr = feed - 1;
    if (feed == line || *cr != '\r') return LR_ANSWER_ODD;
    *at = feed + 1;
    if (cr == line) return end_lines(answer);
    verdict = add_header(answer, line, cr);
    if (verdict != LR_ANSWER_MORE) break;
    line = feed + 1;
  }
  return verdict;
}

static lr_answer_verdict take_lines_of_head(lr_answer *answer, const char **at,
                                            const char *feed, const char *end) {
  if (answer->place == LR_ANSWER_STATUS) {
    const char *line = *at;
    if (feed == line || feed[-1] != '\r') return LR_ANSWER_ODD;
    if (!start_head(answer, line, feed - 1)) return LR_ANSWER_ODD;
    *at = feed + 1;
    feed = memchr(*at, '\n', (size_t)(end - *at));
  }
  return take_headers(answer, at, feed, end);
}

/* `feed` ends the first.  What none of them may have, and how long they are,
 * is looked at once for all. */
static lr_answer_verdict take_head(lr_answer *answer, const char **at,
                                   const char *feed, const char *end) {
  const char *begin = *at;
  lr_answer_verdict verdict = take_lines_of_head(answer, at, feed, end);
  answer->head_bytes += (uint32_t)(*at - begin);
  bool bad = answer->head_bytes > LONGEST_HEAD || has_nul(begin, *at);
  return bad ? LR_ANSWER_ODD : verdict;
}

/* A line between chunks. */
static lr_answer_verdict take_chunk_line(lr_answer *answer, const char **at,
                                         const char *feed) {
  const char *line = *at;
  const char *cr = feed - 1;
  if (cr < line || *cr != '\r' || has_nul(line, feed)) return LR_ANSWER_ODD;
  *at = feed + 1;
  return answer->place == LR_ANSWER_CHUNK_SIZE
             ? read_size(answer, line, (size_t)(cr - line))
             : end_chunk(answer, (size_t)(cr - line));
}

static lr_answer_verdict take_lines(lr_answer *answer, const char **at,
                                    const char *feed, const char *end) {
  bool chunk = answer->place == LR_ANSWER_CHUNK_SIZE ||
               answer->place == LR_ANSWER_CHUNK_END;
  return chunk ? take_chunk_line(answer, at, feed)
               : take_head(answer, at, feed, end);
}

static lr_answer_verdict keep_part(lr_answer *answer, const char *bytes,
                                   size_t length) {
  if (answer->line.length + length > LONGEST_LINE) return LR_ANSWER_ODD;
  return lr_buffer_append(&answer->line, bytes, length)
             ? LR_ANSWER_MORE
             : fail(answer, LARIAT_ENOMEM);
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
static bool may_go_on(const lr_answer *answer) {
  static const char version[] = "HTTP/1.1 ";
  const char *line = answer->line.bytes;
  size_t length = answer->line.length;
  switch ((lr_answer_place)answer->place) {
  case LR_ANSWER_STATUS:
    return !memcmp(line, version,
                   length < sizeof version - 1 ? length : sizeof version - 1);
  case LR_ANSWER_CHUNK_SIZE:
    return begins_size(line, length);
  case LR_ANSWER_CHUNK_END:
    return length == 1 && line[0] == '\r';
  case LR_ANSWER_TRAILERS:
    return begins_trailer(line, length);
  default:
    return true;
  }
}

static lr_answer_verdict begin_line(lr_answer *answer, const char *bytes,
                                    size_t length) {
  lr_answer_verdict verdict = keep_part(answer, bytes, length);
  if (verdict != LR_ANSWER_MORE || may_go_on(answer)) return verdict;
  return LR_ANSWER_ODD;
}

/* Of a line whose beginning came earlier all of it is where that was kept. */
static lr_answer_verdict next_line(lr_answer *answer, const char **at,
                                   const char *end) {
  const char *begin = *at;
  const char *feed = memchr(begin, '\n', (size_t)(end - begin));
  const char *kept;
  if (!feed) {
    *at = end;
    return begin_line(answer, begin, (size_t)(end - begin));
  }
  if (answer->line.length) {
    *at = feed + 1;
    lr_answer_verdict verdict = keep_part(answer, begin, (size_t)(*at - begin));
    if (verdict != LR_ANSWER_MORE) return verdict;
    kept = answer->line.bytes;
    at = &kept;
    end = kept + answer->line.length;
    feed = end - 1;
    answer->line.length = 0;
  }
  return take_lines(answer, at, feed, end);
}

static lr_answer_verdict next_part(lr_answer *answer, const char **at,
                                   const char *end) {
  uint8_t place = answer->place;
  if (place == LR_ANSWER_LENGTH) return take_length(answer, at, end);
  if (place == LR_ANSWER_UNTIL_END) return take_rest(answer, at, end);
  if (place == LR_ANSWER_CHUNK) return take_chunk(answer, at, end);
  return next_line(answer, at, end);
}

lr_answer_verdict lr_answer_feed(lr_answer *answer, const char *bytes,
                                 size_t length, size_t *used) {
  const char *at = bytes;
  const char *end = bytes + length;
  lr_answer_verdict verdict = LR_ANSWER_MORE;
  while (verdict == LR_ANSWER_MORE && at < end)
    verdict = next_part(answer, &at, end);
  *used = (size_t)(at - bytes);
  return verdict;
}

/* All but the very last byte has come: versions of libcurl differ. */
static bool lacks_a_feed(const lr_answer *answer) {
  return answer->place == LR_ANSWER_TRAILERS && answer->line.length == 1 &&
         answer->line.bytes[0] == '\r';
}

/* Heads of 1xx are no answer. */
lr_answer_verdict lr_answer_end(lr_answer *answer) {
  answer->keeps = false;
  if (answer->place == LR_ANSWER_UNTIL_END) return complete(answer);
  if (lacks_a_feed(answer)) return LR_ANSWER_ODD;
  return fail(answer, answer->place == LR_ANSWER_STATUS ? LARIAT_EEMPTY
                                                        : LARIAT_ETRUNCATED);
}

/* What another has read. */

bool lr_answer_would_keep(const lariat_response *response, bool bodiless) {
  bool framed = bodiless || response->status == 204 || response->status == 304;
  if (response->http_version != 11 || response->status < 200) return false;
  for (uint32_t i = 0; i < response->header_count; i++) {
    const lr_header_place *place = &response->headers[i];
    const char *name = response->text.bytes + place->name;
    const char *value = response->text.bytes + place->value;
    size_t length = place->name_length;
    if (length == 10 && is_named(name, "Connection", length) &&
        says_close(value))
      return false;
    if (length == 14 && is_named(name, "Content-Length", length)) framed = true;
    if (length == 17 && is_named(name, "Transfer-Encoding", length))
      framed = is_word(value, "chunked");
  }
  return framed;
}
