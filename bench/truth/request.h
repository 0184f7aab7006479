/* SPDX-License-Identifier: MIT
 * request.h: finds a request of HTTP/1.0 or HTTP/1.1 in what was received. */
#ifndef BENCH_TRUTH_REQUEST_H
#define BENCH_TRUTH_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request {
  size_t head_bytes; /* with the empty line */
  uint64_t body_bytes;
  bool head;       /* its method is HEAD */
  bool keep_alive; /* the connection stays */
};

enum request_found {
  REQUEST_PART, /* its head has not come to its end */
  REQUEST_WHOLE,
  REQUEST_BAD /* it is none, or one with a body of unknown length */
};

/* Looks at the first `length` bytes of `bytes`. */
enum request_found request_find(const char *bytes, size_t length,
                                struct request *out);

#endif
