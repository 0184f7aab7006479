/* SPDX-License-Identifier: MIT
 * punycode.c: the encoder of RFC 3492, 6.3. */
#include "http/punycode.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The parameters of RFC 3492, 5. */
enum {
  BASE = 36,
  T_MIN = 1,
  T_MAX = 26,
  SKEW = 38,
  DAMP = 700,
  FIRST_BIAS = 72,
  FIRST_POINT = 0x80
};

/* The variation selector behind many a symbol, which UTS #46 leaves out. */
enum { EMOJI_STYLE = 0xfe0f };

static const char prefix[] = "xn--";

/* ---- Code points ---- */

typedef struct label {
  uint32_t points[LR_LABEL_LONGEST];
  uint32_t count;
} label;

/* Reads one code point of UTF-8; returns the bytes that it takes, or 0. */
static size_t read_point(const char *bytes, size_t length, uint32_t *point) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  unsigned char first = (unsigned char)bytes[0];
  size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size > length || first > 0xf7 || (first >= 0x80 && first < 0xc0))
    return 0;
  uint32_t value = size == 1 ? first : first & (0x7fu >> size);
  for (size_t i = 1; i < size; i++) {
    unsigned char next = (unsigned char)bytes[i];
    if ((next & 0xc0) != 0x80) return 0;
    value = value << 6 | (next & 0x3f);
  }
  *point = value;
  return value >= least[size] && value <= 0x10ffff ? size : 0;
}

/* Tells the joiners, and what is or may be of a script from right to left. */
static bool has_rules(uint32_t point) {
  static const uint32_t ranges[][2] = {{0x590, 0x8ff},     {0x200c, 0x200f},
                                       {0x202a, 0x202e},   {0x2066, 0x2069},
                                       {0xfb1d, 0xfdff},   {0xfe70, 0xfeff},
                                       {0x10800, 0x10fff}, {0x1e800, 0x1efff}};
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
    if (point >= ranges[i][0] && point <= ranges[i][1]) return true;
  return false;
}

static bool read_label(label *out, const char *bytes, size_t length) {
  out->count = 0;
  while (length > 0) {
    uint32_t point;
    size_t size = read_point(bytes, length, &point);
    if (size == 0 || out->count == LR_LABEL_LONGEST || has_rules(point))
      return false;
    if (point != EMOJI_STYLE) out->points[out->count++] = point;
    bytes += size;
    length -= size;
  }
  return true;
}

/* ---- The encoder ---- */

typedef struct encoder {
  const label *in;
  char *to;
  char *end;
  uint32_t point; /* all below it are written */
  uint32_t delta;
  uint32_t bias;
  uint32_t written; /* code points */
  uint32_t basic;   /* those of ASCII */
} encoder;

static bool put_byte(encoder *e, char byte) {
  if (e->to == e->end) return false;
  *e->to++ = byte;
  return true;
}

static char digit_of(uint32_t value) {
  return (char)(value < 26 ? 'a' + value : '0' + value - 26);
}

/* Writes a number whose digits have weights of their own (RFC 3492, 3.3). */
static bool put_number(encoder *e, uint32_t number) {
  for (uint32_t k = BASE;; k += BASE) {
    uint32_t t = k <= e->bias           ? T_MIN
                 : k >= e->bias + T_MAX ? T_MAX
                                        : k - e->bias;
    if (number < t) return put_byte(e, digit_of(number));
    if (!put_byte(e, digit_of(t + (number - t) % (BASE - t)))) return false;
    number = (number - t) / (BASE - t);
  }
}

static uint32_t adapt_bias(const encoder *e) {
  uint32_t delta = e->delta / (e->written == e->basic ? DAMP : 2);
  uint32_t k = 0;
  delta += delta / (e->written + 1);
  for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE) delta /= BASE - T_MIN;
  return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* Writes where in the label the code point `e->point` stands. */
static bool put_point(encoder *e) {
  for (uint32_t i = 0; i < e->in->count; i++) {
    if (e->in->points[i] < e->point) e->delta++;
    if (e->in->points[i] != e->point) continue;
    if (!put_number(e, e->delta)) return false;
    e->bias = adapt_bias(e);
    e->delta = 0;
    e->written++;
  }
  return true;
}

static uint32_t next_point(const encoder *e) {
  uint32_t next = UINT32_MAX;
  for (uint32_t i = 0; i < e->in->count; i++)
    if (e->in->points[i] >= e->point && e->in->points[i] < next)
      next = e->in->points[i];
  return next;
}

static bool put_basic(encoder *e) {
  for (uint32_t i = 0; i < e->in->count; i++) {
    if (e->in->points[i] >= FIRST_POINT) continue;
    if (!put_byte(e, (char)e->in->points[i])) return false;
    e->basic++;
  }
  e->written = e->basic;
  return e->basic == 0 || put_byte(e, '-');
}

size_t lr_punycode_write_label(char *to, const char *bytes, size_t length) {
  label in;
  encoder e = {.in = &in,
               .to = to + sizeof prefix - 1,
               .end = to + LR_LABEL_LONGEST,
               .point = FIRST_POINT,
               .bias = FIRST_BIAS};
  if (!read_label(&in, bytes, length) || !put_basic(&e)) return 0;
  memcpy(to, prefix, sizeof prefix - 1);
  while (e.written < in.count) {
    uint32_t next = next_point(&e);
    e.delta += (next - e.point) * (e.written + 1);
    e.point = next;
    if (!put_point(&e)) return 0;
    e.delta++;
    e.point++;
  }
  return (size_t)(e.to - to);
}
