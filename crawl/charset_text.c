/* SPDX-License-Identifier: MIT
 * charset_text.c: conversion by iconv, but for UTF-8, UTF-16 and windows-1252,
 * of which glibc's differ from the Encoding Standard: bytes that CP1252 has not
 * are the controls C1. */
#include "charset_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { REPLACEMENT = 0xfffd, SPACE = 256 };

static const uint16_t windows_1252[32] = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
    0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0x8d,   0x17d,  0x8f,
    0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};

void lr_crawl_charset_text_open(lr_crawl_charset_text *text,
                                const lr_crawl_charset *charset) {
  *text = (lr_crawl_charset_text){.charset = charset};
}

void lr_crawl_charset_text_close(lr_crawl_charset_text *text) {
  const iconv_t none = (iconv_t)-1;
  if (text->has_decoder && text->decoder != none) iconv_close(text->decoder);
  if (text->has_encoder && text->encoder != none) iconv_close(text->encoder);
  text->has_decoder = text->has_encoder = false;
}

bool lr_crawl_is_ascii(const char *bytes, size_t length) {
  const uint64_t high = UINT64_C(0x8080808080808080);
  uint64_t word;
  for (; length >= sizeof word; length -= sizeof word, bytes += sizeof word) {
    memcpy(&word, bytes, sizeof word);
    if (word & high) return false;
  }
  for (; length; length--)
    if ((unsigned char)*bytes++ >= 0x80) return false;
  return true;
}

static void add_replacement(lr_crawl_scratch *out) {
  lr_crawl_scratch_add_code_point(out, REPLACEMENT);
}

/* ---- UTF-8 ---- */

/* Returns how many bytes the sequence has that a lead byte begins, and what its
 * second byte may be; 0: it begins none. */
static size_t length_of(unsigned char lead, unsigned char *low,
                        unsigned char *high) {
  *low = 0x80;
  *high = 0xbf;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 2;
  if (lead == 0xe0) *low = 0xa0;
  if (lead == 0xed) *high = 0x9f;
  if (lead == 0xf0) *low = 0x90;
  if (lead == 0xf4) *high = 0x8f;
  return lead < 0xf0 ? 3 : 4;
}

/* Reads a sequence; `*whole` tells whether it is one.  Returns its bytes, or as
 * many as one U+FFFD stands for. */
static size_t read_sequence(const char *bytes, size_t length, bool *whole) {
  unsigned char low, high;
  *whole = (unsigned char)*bytes < 0x80;
  if (*whole) return 1;
  size_t wanted = length_of((unsigned char)*bytes, &low, &high);
  size_t at = 1;
  for (; at < wanted && at < length; at++) {
    unsigned char byte = (unsigned char)bytes[at];
    if (byte < low || byte > high) break;
    low = 0x80;
    high = 0xbf;
  }
  *whole = wanted && at == wanted;
  return at;
}

static void decode_utf_8(const char *bytes, size_t length,
                         lr_crawl_scratch *out) {
  while (length) {
    bool whole;
    size_t some = read_sequence(bytes, length, &whole);
    if (whole)
      lr_crawl_scratch_add(out, bytes, some);
    else
      add_replacement(out);
    bytes += some;
    length -= some;
  }
}

/* Reads the code point of a whole sequence. */
static uint32_t code_of(const char *bytes, size_t length) {
  static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t code = (unsigned char)*bytes & masks[length];
  for (size_t i = 1; i < length; i++)
    code = code << 6 | ((unsigned char)bytes[i] & 0x3f);
  return code;
}

/* ---- UTF-16 ---- */

static uint32_t unit_of(const char *bytes, bool big) {
  unsigned char first = (unsigned char)bytes[0];
  unsigned char second = (unsigned char)bytes[1];
  return big ? (uint32_t)first << 8 | second : (uint32_t)second << 8 | first;
}

static void decode_utf_16(const char *bytes, size_t length, bool big,
                          lr_crawl_scratch *out) {
  size_t at = 0;
  for (; at + 2 <= length; at += 2) {
    uint32_t code = unit_of(bytes + at, big);
    bool high = code >= 0xd800 && code < 0xdc00;
    uint32_t low = high && at + 4 <= length ? unit_of(bytes + at + 2, big) : 0;
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      at += 2;
    } else if (code >= 0xd800 && code < 0xe000) {
      code = REPLACEMENT;
    }
    lr_crawl_scratch_add_code_point(out, code);
  }
  if (at < length) add_replacement(out);
}

/* ---- By bytes ---- */

static void decode_bytes(const lr_crawl_charset *charset, const char *bytes,
                         size_t length, lr_crawl_scratch *out) {
  bool windows = charset->kind == LR_CRAWL_CHARSET_WINDOWS_1252;
  for (size_t i = 0; i < length; i++) {
    uint32_t code = (unsigned char)bytes[i];
    if (code >= 0x80 && !windows)
      code += 0xf780 - 0x80;
    else if (code >= 0x80 && code < 0xa0)
      code = windows_1252[code - 0x80];
    lr_crawl_scratch_add_code_point(out, code);
  }
}

/* Returns the byte of windows-1252 for a code point; -1: there is none. */
static int byte_of(uint32_t code) {
  if (code < 0x80 || (code >= 0xa0 && code < 0x100)) return (int)code;
  for (int i = 0; i < 32; i++)
    if (windows_1252[i] == code) return 0x80 + i;
  return -1;
}

/* ---- By iconv ---- */

static iconv_t decoder_of(lr_crawl_charset_text *text) {
  if (!text->has_decoder)
    text->decoder = iconv_open("UTF-8", text->charset->decoder);
  text->has_decoder = true;
  return text->decoder;
}

static iconv_t encoder_of(lr_crawl_charset_text *text) {
  if (!text->has_encoder)
    text->encoder = iconv_open(text->charset->encoder, "UTF-8");
  text->has_encoder = true;
  return text->encoder;
}

/* Stands for bytes that are not of the encoding: of one with single bytes those
 * below 0xa0 are the controls C1.  Returns how many bytes it stands for. */
static size_t add_wrong(const lr_crawl_charset *charset, const char *bytes,
                        lr_crawl_scratch *out) {
  unsigned char byte = (unsigned char)*bytes;
  if (charset->kind == LR_CRAWL_CHARSET_SINGLE && byte >= 0x80 && byte < 0xa0)
    lr_crawl_scratch_add_code_point(out, byte);
  else
    add_replacement(out);
  return 1;
}

static void decode_by_iconv(lr_crawl_charset_text *text, const char *bytes,
                            size_t length, lr_crawl_scratch *out) {
  iconv_t decoder = decoder_of(text);
  if (decoder == (iconv_t)-1) { /* not installed: no better than this */
    decode_utf_8(bytes, length, out);
    return;
  }
  iconv(decoder, NULL, NULL, NULL, NULL);
  while (length && lr_crawl_scratch_reserve(out, SPACE)) {
    char *from = (char *)(uintptr_t)bytes; /* iconv does not write there */
    char *to = out->bytes + out->length;
    size_t space = out->capacity - out->length;
    size_t left = length;
    bool failed = iconv(decoder, &from, &left, &to, &space) == (size_t)-1;
    int why = errno;
    out->length = (size_t)(to - out->bytes);
    bytes = from;
    length = left;
    if (!failed || why == E2BIG || !length) continue;
    size_t wrong = add_wrong(text->charset, bytes, out);
    bytes += wrong;
    length -= wrong;
  }
}

void lr_crawl_charset_decode(lr_crawl_charset_text *text, const char *bytes,
                             size_t length, lr_crawl_scratch *out) {
  switch (text->charset->kind) {
  case LR_CRAWL_CHARSET_UTF_8:
    decode_utf_8(bytes, length, out);
    return;
  case LR_CRAWL_CHARSET_UTF_16LE:
  case LR_CRAWL_CHARSET_UTF_16BE:
    decode_utf_16(bytes, length,
                  text->charset->kind == LR_CRAWL_CHARSET_UTF_16BE, out);
    return;
  case LR_CRAWL_CHARSET_WINDOWS_1252:
  case LR_CRAWL_CHARSET_USER_DEFINED:
    decode_bytes(text->charset, bytes, length, out);
    return;
  case LR_CRAWL_CHARSET_REPLACEMENT:
    if (length) add_replacement(out);
    return;
  case LR_CRAWL_CHARSET_SINGLE:
  case LR_CRAWL_CHARSET_MULTIPLE:
  case LR_CRAWL_CHARSET_STATEFUL:
    decode_by_iconv(text, bytes, length, out);
    return;
  }
}

/* ---- Queries ---- */

/* Adds a byte of a query, escaped if it is in the special-query set. */
static void add_escaped(unsigned char byte, lr_crawl_scratch *out) {
  char escaped[4];
  if (byte > 0x20 && byte < 0x7f && !strchr("\"#<>'", byte)) {
    lr_crawl_scratch_put(out, (char)byte);
    return;
  }
  snprintf(escaped, sizeof escaped, "%%%02X", byte);
  lr_crawl_scratch_add(out, escaped, 3);
}

/* Adds "&#N;", escaped, for a character that the encoding has not. */
static void add_reference(uint32_t code, lr_crawl_scratch *out) {
  char text[32];
  int length = snprintf(text, sizeof text, "%%26%%23%u%%3B", code);
  lr_crawl_scratch_add(out, text, (size_t)length);
}

static void encode_windows_1252(const char *query, size_t length,
                                lr_crawl_scratch *out) {
  while (length) {
    bool whole;
    size_t some = read_sequence(query, length, &whole);
    uint32_t code = whole ? code_of(query, some) : REPLACEMENT;
    int byte = byte_of(code);
    if (byte < 0)
      add_reference(code, out);
    else
      add_escaped((unsigned char)byte, out);
    query += some;
    length -= some;
  }
}

/* Stands for a character that the encoding, or iconv's idea of it, has not. */
static size_t encode_missing(const lr_crawl_charset *charset, const char *query,
                             size_t length, lr_crawl_scratch *out) {
  bool whole;
  size_t some = read_sequence(query, length, &whole);
  uint32_t code = whole ? code_of(query, some) : REPLACEMENT;
  if (charset->kind == LR_CRAWL_CHARSET_SINGLE && code >= 0x80 && code < 0xa0)
    add_escaped((unsigned char)code, out);
  else
    add_reference(code, out);
  return some;
}

/* Encodes some of the query, and escapes that.  Returns what is left of it. */
static size_t encode_some(iconv_t encoder, const char **query, size_t length,
                          bool *failed, lr_crawl_scratch *out) {
  char space[SPACE];
  char *from = (char *)(uintptr_t)*query;
  char *to = space;
  size_t left = length, free = sizeof space;
  char **input = length ? &from : NULL; /* at the end, back to ASCII */
  size_t result = iconv(encoder, input, length ? &left : NULL, &to, &free);
  *failed = result == (size_t)-1 && errno != E2BIG;
  for (const char *byte = space; byte < to; byte++)
    add_escaped((unsigned char)*byte, out);
  *query = from;
  return left;
}

static void encode_by_iconv(lr_crawl_charset_text *text, const char *query,
                            size_t length, lr_crawl_scratch *out) {
  bool failed;
  iconv_t encoder = encoder_of(text);
  if (encoder == (iconv_t)-1) {
    lr_crawl_scratch_add(out, query, length);
    return;
  }
  iconv(encoder, NULL, NULL, NULL, NULL);
  while (length) {
    length = encode_some(encoder, &query, length, &failed, out);
    if (!failed || !length) continue;
    encode_some(encoder, &query, 0, &failed, out);
    size_t some = encode_missing(text->charset, query, length, out);
    query += some;
    length -= some;
  }
  encode_some(encoder, &query, 0, &failed, out);
}

/* Returns where the query begins, and `*fragment` where it ends; NULL: there is
 * none. */
static const char *find_query(const char *url, size_t length,
                              const char **fragment) {
  const char *hash = memchr(url, '#', length);
  *fragment = hash ? hash : url + length;
  const char *mark = memchr(url, '?', (size_t)(*fragment - url));
  return mark ? mark + 1 : NULL;
}

/* Adds bytes without tabs and line ends, which parsers of URLs leave out: they
 * would be escaped here. */
static void add_without_removed(const char *bytes, size_t length,
                                lr_crawl_scratch *out) {
  for (size_t i = 0; i < length; i++)
    if (bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r')
      lr_crawl_scratch_put(out, bytes[i]);
}

static void encode_query(lr_crawl_charset_text *text, const char *query,
                         size_t length, lr_crawl_scratch *out) {
  lr_crawl_scratch clean = {0};
  add_without_removed(query, length, &clean);
  if (clean.failed) out->failed = true;
  if (text->charset->kind == LR_CRAWL_CHARSET_WINDOWS_1252)
    encode_windows_1252(clean.bytes, clean.length, out);
  else
    encode_by_iconv(text, clean.bytes, clean.length, out);
  lr_crawl_scratch_free(&clean);
}

static bool has_own_queries(const lr_crawl_charset *charset) {
  return charset->kind == LR_CRAWL_CHARSET_WINDOWS_1252 ||
         charset->kind == LR_CRAWL_CHARSET_SINGLE ||
         charset->kind == LR_CRAWL_CHARSET_MULTIPLE ||
         charset->kind == LR_CRAWL_CHARSET_STATEFUL;
}

void lr_crawl_charset_encode_url(lr_crawl_charset_text *text, const char *url,
                                 size_t length, lr_crawl_scratch *out) {
  const char *fragment;
  while (length && (unsigned char)url[length - 1] <= ' ') length--;
  const char *query = find_query(url, length, &fragment);
  if (!query || !has_own_queries(text->charset) ||
      lr_crawl_is_ascii(query, (size_t)(fragment - query))) {
    lr_crawl_scratch_add(out, url, length);
    return;
  }
  lr_crawl_scratch_add(out, url, (size_t)(query - url));
  encode_query(text, query, (size_t)(fragment - query), out);
  lr_crawl_scratch_add(out, fragment, (size_t)(url + length - fragment));
}
