/* SPDX-License-Identifier: MIT
 * ip_address.c: reading and writing of IP addresses. */
#include "http/ip_address.h"

#include <string.h>

#include "http/field.h"

/* ---- IPv4 ---- */

/* Reads one number of an address; one beyond 32 bits is UINT64_MAX. */
static bool read_number(const char *at, const char *end, uint64_t *number) {
  int base = 10;
  uint64_t value = 0;
  if (at == end) return false;
  if (*at == '0' && end - at > 1) {
    bool hex = lr_ascii_lower(at[1]) == 'x';
    base = hex ? 16 : 8;
    at += hex ? 2 : 1;
  }
  for (; at < end; at++) {
    int digit = lr_hex_value(*at);
    if (digit < 0 || digit >= base) return false;
    if (value <= UINT32_MAX) value = value * (unsigned)base + (unsigned)digit;
  }
  *number = value > UINT32_MAX ? UINT64_MAX : value;
  return true;
}

static const char *without_final_dot(const char *text, const char *end) {
  return end - text > 1 && end[-1] == '.' ? end - 1 : end;
}

static bool are_digits(const char *at, const char *end) {
  while (at < end && lr_is_digit(*at)) at++;
  return at == end;
}

bool lr_ipv4_is_meant(const char *host, size_t length) {
  uint64_t number;
  const char *end = without_final_dot(host, host + length);
  const char *label = end;
  while (label > host && label[-1] != '.') label--;
  if (label == end) return false;
  return are_digits(label, end) || read_number(label, end, &number);
}

/* Returns the largest number that may be the last of `count`. */
static uint64_t last_limit(int count) {
  return (UINT64_C(1) << (8 * (5 - count))) - 1;
}

bool lr_ipv4_read(const char *text, size_t length, uint32_t *address) {
  const char *end = without_final_dot(text, text + length);
  uint64_t number = 0;
  uint64_t value = 0;
  int count = 0;
  for (const char *at = text; at <= end; count++) {
    const char *dot = memchr(at, '.', (size_t)(end - at));
    const char *stop = dot ? dot : end;
    if (count == 4 || !read_number(at, stop, &number)) return false;
    if (dot && number > 255) return false;
    if (dot) value |= number << (24 - 8 * count);
    at = stop + 1;
  }
  if (number > last_limit(count)) return false;
  *address = (uint32_t)(value | number);
  return true;
}

static char *write_octet(char *to, unsigned value) {
  if (value >= 100) *to++ = (char)('0' + value / 100);
  if (value >= 10) *to++ = (char)('0' + value / 10 % 10);
  *to++ = (char)('0' + value % 10);
  return to;
}

char *lr_ipv4_write(char *to, uint32_t address) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    to = write_octet(to, address >> shift & 255);
    if (shift > 0) *to++ = '.';
  }
  return to;
}

/* ---- IPv6 ---- */

enum { PIECES = 8 };

typedef struct ipv6_reader {
  const char *at;
  const char *end;
  uint16_t *pieces;
  int count;    /* of pieces */
  int compress; /* the piece that "::" stands before; -1: there is none */
} ipv6_reader;

static bool has_more(const ipv6_reader *reader) {
  return reader->at < reader->end;
}

/* Reads a decimal octet without leading zeros. */
static bool read_octet(ipv6_reader *reader, unsigned *octet) {
  const char *start = reader->at;
  unsigned value = 0;
  while (has_more(reader) && lr_is_digit(*reader->at)) {
    if (reader->at > start && value == 0) return false;
    value = value * 10 + (unsigned)(*reader->at++ - '0');
    if (value > 255) return false;
  }
  *octet = value;
  return reader->at > start;
}

/* Reads the IPv4 address that is the last two pieces. */
static bool read_embedded(ipv6_reader *reader) {
  unsigned octets[4];
  if (reader->count > PIECES - 2) return false;
  for (int i = 0; i < 4; i++) {
    if (i > 0 && (!has_more(reader) || *reader->at++ != '.')) return false;
    if (!read_octet(reader, &octets[i])) return false;
  }
  for (int i = 0; i < 4; i += 2)
    reader->pieces[reader->count++] =
        (uint16_t)(octets[i] << 8 | octets[i + 1]);
  return !has_more(reader);
}

/* Reads a piece and the colon behind it, or an IPv4 address. */
static bool read_piece(ipv6_reader *reader) {
  const char *start = reader->at;
  unsigned value = 0;
  for (; has_more(reader) && reader->at - start < 4; reader->at++) {
    int digit = lr_hex_value(*reader->at);
    if (digit < 0) break;
    value = value * 16 + (unsigned)digit;
  }
  if (has_more(reader) && *reader->at == '.' && reader->at > start) {
    reader->at = start;
    return read_embedded(reader);
  }
  reader->pieces[reader->count++] = (uint16_t)value;
  if (!has_more(reader)) return reader->at > start;
  return *reader->at++ == ':' && reader->at - 1 > start && has_more(reader);
}

/* Reads the second colon of "::". */
static bool read_compression(ipv6_reader *reader) {
  if (reader->compress >= 0) return false;
  reader->at++;
  reader->compress = reader->count;
  return true;
}

static bool read_pieces(ipv6_reader *reader) {
  if (has_more(reader) && *reader->at == ':') {
    reader->at++;
    if (!has_more(reader) || *reader->at != ':') return false;
  }
  while (has_more(reader)) {
    bool compression = *reader->at == ':';
    if (compression ? !read_compression(reader)
                    : reader->count == PIECES || !read_piece(reader))
      return false;
  }
  return true;
}

bool lr_ipv6_read(const char *text, size_t length, uint16_t pieces[8]) {
  ipv6_reader reader = {text, text + length, pieces, 0, -1};
  memset(pieces, 0, PIECES * sizeof *pieces);
  if (!read_pieces(&reader)) return false;
  if (reader.compress < 0) return reader.count == PIECES;
  if (reader.count == PIECES) return false; /* "::" is for one at least */
  size_t moved = (size_t)(reader.count - reader.compress);
  uint16_t *from = pieces + reader.compress;
  memmove(pieces + PIECES - moved, from, moved * sizeof *pieces);
  memset(from, 0, (size_t)(PIECES - reader.count) * sizeof *pieces);
  return true;
}

/* Finds the first of the longest runs of two zeros or more; returns its length,
 * or 0. */
static int find_zeros(const uint16_t pieces[8], int *start) {
  int longest = 0;
  for (int i = 0; i < PIECES; i++) {
    int length = 0;
    while (i + length < PIECES && pieces[i + length] == 0) length++;
    if (length > longest && length > 1) {
      longest = length;
      *start = i;
    }
    i += length;
  }
  return longest;
}

static char *write_piece(char *to, unsigned piece) {
  static const char digits[] = "0123456789abcdef";
  int shift = 12;
  while (shift > 0 && piece >> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) *to++ = digits[piece >> shift & 15];
  return to;
}

char *lr_ipv6_write(char *to, const uint16_t pieces[8]) {
  int start = PIECES;
  int zeros = find_zeros(pieces, &start);
  for (int i = 0; i < PIECES; i++) {
    if (zeros > 0 && i == start) {
      *to++ = ':';
      if (i == 0) *to++ = ':';
      i += zeros - 1;
      continue;
    }
    to = write_piece(to, pieces[i]);
    if (i < PIECES - 1) *to++ = ':';
  }
  return to;
}
