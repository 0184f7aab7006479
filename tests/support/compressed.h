/* SPDX-License-Identifier: MIT
 * compressed.h: bodies with a content coding, made by the libraries that
 * servers use. */
#ifndef TESTS_SUPPORT_COMPRESSED_H
#define TESTS_SUPPORT_COMPRESSED_H

#include <stdbool.h>
#include <stddef.h>

struct compressed {
  char *bytes;
  size_t length;
};

/* "gzip", "deflate", "br", "zstd"; "bare" is deflate without a header. */
extern const char *const compressed_codings[5];

/* Says whether lariat was built with it. */
bool compressed_is_built(const char *coding);

/* Compresses, by a coding or by several: "deflate, gzip" is first the one and
 * then the other.  Aborts when it cannot. */
void compressed_make(const char *codings, const char *bytes, size_t length,
                     struct compressed *out);

void compressed_free(struct compressed *compressed);

#endif
