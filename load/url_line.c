/* SPDX-License-Identifier: MIT
 * url_line.c: a URL, and the weight behind it. */
#include "url_line.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "fault.h"
#include "reader.h"

/* ---- URLs without a scheme ---- */

static bool is_host_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
         (c >= 'a' && c <= 'z') || (c && strchr(".-_", c)) || (c & 0x80);
}

static size_t count_host_bytes(const char *text, size_t length) {
  size_t count = 0;
  const char *end = length && text[0] == '[' ? memchr(text, ']', length) : NULL;
  if (end) return (size_t)(end - text) + 1;
  while (count < length && is_host_byte(text[count])) count++;
  return count;
}

static size_t count_digits(const char *text, size_t length) {
  size_t count = 0;
  while (count < length && text[count] >= '0' && text[count] <= '9') count++;
  return count;
}

static bool begins_with_host(const char *text, size_t length) {
  size_t host = count_host_bytes(text, length);
  if (host == 0 || text[0] == '.') return false;
  bool is_host = text[0] == '[' || memchr(text, '.', host) ||
                 (host == 9 && strncasecmp(text, "localhost", 9) == 0);
  size_t at = host;
  if (at < length && text[at] == ':') {
    size_t digits = count_digits(text + at + 1, length - at - 1);
    if (digits == 0 || digits > 5) return false;
    at += 1 + digits;
    is_host = true;
  }
  return is_host && (at == length || strchr("/?#", text[at]));
}

lariat_status lr_load_url_complete(const char *text, size_t length,
                                   lr_load_bytes *buffer,
                                   lariat_load_error *error) {
  const char *nul = memchr(text, '\0', length);
  if (nul) return lr_load_fail(error, (size_t)(nul - text), "a NUL in the URL");
  lr_load_bytes_clear(buffer);
  if (begins_with_host(text, length) &&
      !lr_load_bytes_add(buffer, "http://", 7))
    return LARIAT_ENOMEM;
  if (!lr_load_bytes_add(buffer, text, length) ||
      !lr_load_bytes_add(buffer, "", 1))
    return LARIAT_ENOMEM;
  return LARIAT_OK;
}

/* ---- Weights ---- */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Finds where the last word begins; 0: there is but one. */
static size_t find_last_word(const char *line, size_t length) {
  size_t at = length;
  while (at && !is_blank(line[at - 1])) at--;
  return at;
}

/* Reads a weight of up to six decimals. */
static lariat_status read_weight(const char *line, size_t length, size_t at,
                                 double *weight, lariat_load_error *error) {
  lr_load_reader reader = {line + at, length - at, 0};
  uint64_t millionths;
  if (!lr_load_read_decimal(&reader, 6, UINT64_C(1000000000000000),
                            &millionths) ||
      !lr_load_reader_done(&reader) || millionths == 0)
    return lr_load_fail(error, at,
                        "what is behind the URL at byte %zu is no weight", at);
  *weight = (double)millionths / 1e6;
  return LARIAT_OK;
}

lariat_status lr_load_url_line_add(lariat_load_requests *requests,
                                   const char *line, size_t length,
                                   lr_load_bytes *buffer,
                                   lariat_load_error *error) {
  lariat_load_request request = {.size = sizeof(request)};
  size_t word = find_last_word(line, length);
  size_t end = word ? word : length;
  lariat_status status = LARIAT_OK;
  while (word && is_blank(line[end - 1])) end--;
  if (word) status = read_weight(line, length, word, &request.weight, error);
  if (status == LARIAT_OK)
    status = lr_load_url_complete(line, end, buffer, error);
  if (status != LARIAT_OK) return status;
  request.url = buffer->bytes;
  return lariat_load_requests_add(requests, &request, error);
}
