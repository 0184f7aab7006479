/* SPDX-License-Identifier: MIT
 * ascii.h: what kind an octet is, whatever the locale. */
#ifndef CRAWL_ASCII_H
#define CRAWL_ASCII_H

#include <stdbool.h>

/* Tells whether it is ASCII whitespace, as the Infra Standard of the WHATWG has
 * it, which HTML and CSS refer to: no vertical tab. */
static inline bool lr_crawl_is_space(char byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r' && byte != '\v');
}

static inline bool lr_crawl_is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

static inline bool lr_crawl_is_letter(char byte) {
  byte |= 0x20;
  return byte >= 'a' && byte <= 'z';
}

static inline bool lr_crawl_is_alphanumeric(char byte) {
  return lr_crawl_is_digit(byte) || lr_crawl_is_letter(byte);
}

static inline char lr_crawl_lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
}

/* Returns the value of a hexadecimal digit, or -1. */
static inline int lr_crawl_hex_value(char byte) {
  if (lr_crawl_is_digit(byte)) return byte - '0';
  byte |= 0x20;
  return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

#endif
