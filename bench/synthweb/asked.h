/* SPDX-License-Identifier: MIT
 * asked.h: a request of HTTP/1.1 or HTTP/1.0, without a body. */
#ifndef BENCH_SYNTHWEB_ASKED_H
#define BENCH_SYNTHWEB_ASKED_H

#include <stdbool.h>
#include <stddef.h>

struct asked {
  size_t head_bytes; /* with the empty line */
  const char *path;  /* with its query */
  size_t path_length;
  const char *etag; /* If-None-Match; NULL: none */
  size_t etag_length;
  bool head; /* its method is HEAD */
  bool keep_alive;
  bool gzip;           /* accepted */
  bool modified_since; /* there is an If-Modified-Since: all that are sent have
                          one date */
};

enum asked_found { ASKED_PART, ASKED_WHOLE, ASKED_BAD };

/* Looks at the first `length` bytes of `bytes`, which stay behind the texts. */
enum asked_found asked_find(const char *bytes, size_t length,
                            struct asked *out);

#endif
