/* SPDX-License-Identifier: MIT
 * framing.c: Content-Length, Transfer-Encoding and names, read slowly. */
#include "http/framing.h"

#include "http/field.h"

/* A part of a list between its commas. */
typedef struct element {
  const char *at;
  size_t length;
} element;

/* Takes the next element, which may be empty, from `*at`; the comma behind it
 * is skipped. */
static element take_element(const char **at, const char *end) {
  const char *comma = memchr(*at, ',', (size_t)(end - *at));
  const char *stop = comma ? comma : end;
  const char *begin = lr_skip_blanks(*at, stop);
  *at = comma ? comma + 1 : end;
  return (element){begin, (size_t)(lr_trim_end(begin, stop) - begin)};
}

static lr_h1_reason read_number(element digits, int64_t *number) {
  *number = 0;
  if (digits.length == 0) return LR_H1_REASON_BAD_LENGTH;
  for (size_t i = 0; i < digits.length; i++) {
    if (!lr_is_digit(digits.at[i])) return LR_H1_REASON_BAD_LENGTH;
    int digit = digits.at[i] - '0';
    if (*number > (INT64_MAX - digit) / 10) return LR_H1_REASON_LARGE_LENGTH;
    *number = *number * 10 + digit;
  }
  return LR_H1_REASON_NONE;
}

lr_h1_reason lr_framing_read_length(const char *value, size_t length,
                                    int64_t *number) {
  const char *end = value + length;
  int64_t other;
  *number = -1;
  if (length == 0 || end[-1] == ',') return LR_H1_REASON_BAD_LENGTH;
  while (value < end) {
    lr_h1_reason reason = read_number(take_element(&value, end), &other);
    if (reason != LR_H1_REASON_NONE) return reason;
    if (*number >= 0 && *number != other) return LR_H1_REASON_TWO_LENGTHS;
    *number = other;
  }
  return LR_H1_REASON_NONE;
}

lr_transfer_coding lr_framing_read_coding(const char *value, size_t length,
                                          lr_h1_reason *reason) {
  const char *end = value + length;
  unsigned chunked = 0, identity = 0, others = 0;
  while (value < end) {
    element next = take_element(&value, end);
    if (next.length == 0) continue;
    if (lr_name_is(next.at, next.length, "chunked"))
      chunked++;
    else if (lr_name_is(next.at, next.length, "identity"))
      identity++;
    else
      others++;
  }
  *reason = LR_H1_REASON_NONE;
  if (chunked + identity == 1 && !others)
    return chunked ? LR_TRANSFER_CHUNKED : LR_TRANSFER_IDENTITY;
  *reason = chunked > 1 && !others && !identity ? LR_H1_REASON_CHUNKED_TWICE
                                                : LR_H1_REASON_TRANSFER_CODING;
  return LR_TRANSFER_REFUSED;
}

lr_h1_reason lr_framing_judge_name(const char *name, size_t length) {
  if (length == 0) return LR_H1_REASON_NO_NAME;
  if (lr_is_blank(name[length - 1])) return LR_H1_REASON_BLANK_IN_NAME;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)name[i];
    if (c == '\0') return LR_H1_REASON_NUL;
    if (c == '\r') return LR_H1_REASON_BARE_CR;
    if (c <= ' ' || c == 0x7f) return LR_H1_REASON_BAD_NAME;
  }
  return LR_H1_REASON_NONE;
}
