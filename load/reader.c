/* SPDX-License-Identifier: MIT
 * reader.c: numbers, words and bytes of a short text. */
#include "reader.h"

bool lr_load_reader_done(const lr_load_reader *reader) {
  return reader->at == reader->length;
}

/* Returns the next byte, or 0 at the end. */
static char peek(const lr_load_reader *reader) {
  return lr_load_reader_done(reader) ? '\0' : reader->text[reader->at];
}

bool lr_load_read_byte(lr_load_reader *reader, char byte) {
  if (lr_load_reader_done(reader) || peek(reader) != byte) return false;
  reader->at++;
  return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Reads digits behind those of `*number`.  False: none, or more than `most`. */
static bool read_digits(lr_load_reader *reader, uint64_t most,
                        uint64_t *number) {
  if (!is_digit(peek(reader))) return false;
  for (; is_digit(peek(reader)); reader->at++) {
    *number = *number * 10 + (uint64_t)(peek(reader) - '0');
    if (*number > most) return false;
  }
  return true;
}

bool lr_load_read_decimal(lr_load_reader *reader, unsigned decimals,
                          uint64_t most, uint64_t *out) {
  uint64_t number = 0;
  if (!read_digits(reader, most, &number)) return false;
  unsigned missing = decimals;
  if (decimals && lr_load_read_byte(reader, '.')) {
    size_t point = reader->at;
    if (!read_digits(reader, most, &number)) return false;
    if (reader->at - point > decimals) return false;
    missing -= (unsigned)(reader->at - point);
  }
  for (; missing; missing--) {
    if (number > most / 10) return false;
    number *= 10;
  }
  *out = number;
  return true;
}

bool lr_load_read_word(lr_load_reader *reader, char *word, size_t size) {
  size_t length = 0;
  for (; peek(reader) >= 'a' && peek(reader) <= 'z'; reader->at++) {
    if (length + 1 >= size) return false;
    word[length++] = peek(reader);
  }
  word[length] = '\0';
  return true;
}
