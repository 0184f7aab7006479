/* SPDX-License-Identifier: MIT
 * json.h: JSON values, written into what text_reserve has reserved;
 * each function returns where it ended. */
#ifndef TOOLS_LARIAT_OUTPUT_JSON_H
#define TOOLS_LARIAT_OUTPUT_JSON_H

#include <string.h>

#include "text.h"

/* Writes a string literal as it is. */
#define JSON_PUT(at, literal) text_put((at), (literal), sizeof(literal) - 1)

/* Writes `string` in quotes; NULL as null. */
static inline char *json_put_text(char *at, const char *string) {
  if (!string) return JSON_PUT(at, "null");
  *at++ = '"';
  at = text_put_escaped(at, string, strlen(string));
  *at++ = '"';
  return at;
}

/* Writes `number`, or null when there is none. */
static inline char *json_put_number(char *at, bool has, uint64_t number) {
  return has ? text_put_number(at, number) : JSON_PUT(at, "null");
}

static inline char *json_put_bool(char *at, bool yes) {
  return yes ? JSON_PUT(at, "true") : JSON_PUT(at, "false");
}

/* Writes a digest in quotes; NULL as null. */
static inline char *json_put_sha256(char *at, const uint8_t *sha256) {
  if (!sha256) return JSON_PUT(at, "null");
  *at++ = '"';
  at = text_put_sha256(at, sha256);
  *at++ = '"';
  return at;
}

#endif
