/* SPDX-License-Identifier: MIT
 * cookie_jar.h: what clients and files do with a jar beyond the public
 * header. */
#ifndef LR_HTTP_COOKIE_JAR_H
#define LR_HTTP_COOKIE_JAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomics.h"
#include "base/buffer.h"
#include "http/cookie_scope.h"
#include "http/cookie_store.h"
#include <lariat/reactor.h>

struct lariat_cookie_jar {
  lr_atomic_u32 count;
  lr_cookie_store store;
  lr_buffer header; /* the last that was made */
  lr_cookie **matches;
  size_t match_capacity;
  lariat_reactor *reactor; /* of the clients that have it; NULL: none do */
  unsigned clients;
};

/* Notes that a client of `reactor` has the jar, and takes a reference for it.
 * LARIAT_OK
 * LARIAT_EINVAL  a client of another reactor has it */
lariat_status lr_cookie_jar_attach(lariat_cookie_jar *jar,
                                   lariat_reactor *reactor);
void lr_cookie_jar_detach(lariat_cookie_jar *jar);

/* Does as lariat_cookie_jar_set does, on the jar's thread; false when out of
 * memory. */
bool lr_cookie_jar_receive(lariat_cookie_jar *jar,
                           const lr_cookie_request *request, const char *text,
                           size_t length, int64_t now_s,
                           lariat_cookie_verdict *verdict);

/* Writes the value of a request's Cookie header into `jar->header`, with a NUL
 * behind it; a length of 0: there is none.  `*any_path` says whether it is the
 * same for all paths of the origin.  False when out of memory. */
bool lr_cookie_jar_make_header(lariat_cookie_jar *jar,
                               const lr_cookie_request *request, int64_t now_s,
                               bool *any_path);

/* Checks what a name with a prefix promises (RFC 6265bis, 5.7, steps 20 to
 * 22); `root` says that the path was given and is "/". */
bool lr_cookie_keeps_prefix(const lr_new_cookie *cookie, bool root);

/* Tells whether the caller is on the thread of the jar's clients, if it has
 * any: LARIAT_OK, LARIAT_ETHREAD, LARIAT_EFORKED. */
lariat_status lr_cookie_jar_check(const lariat_cookie_jar *jar,
                                  const char *function);

#endif
