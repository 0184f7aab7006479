/* SPDX-License-Identifier: MIT
 * strict_json.h: reads one JSON text by RFC 8259 and nothing else, to judge
 * what the program has written. */
#ifndef TESTS_FUZZ_STRICT_JSON_H
#define TESTS_FUZZ_STRICT_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Returns where the value that begins at `at` ends, without white space before
 * or in it; NULL: there is none, or it nests too deep.  Strings must be valid
 * UTF-8, their surrogates in pairs. */
const char *strict_json_skip(const char *at, const char *end);

/* Returns where the value of the first member called `key` begins in the object
 * at `at`, which is one; NULL: it has none. */
const char *strict_json_member(const char *at, const char *end,
                               const char *key);

/* Decodes the string at `at`, which is one, as docs/fetch-format.md says: code
 * points that stand for bytes become these.  `to` has space for as much as the
 * string has; `*length` gets how much it became. */
void strict_json_decode(const char *at, char *to, size_t *length);

#endif
