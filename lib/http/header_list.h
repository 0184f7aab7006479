/* SPDX-License-Identifier: MIT
 * profile.h: a list of request headers, ready for libcurl, counted and not
 * changed once made.  Most requests of a client share one. */
#ifndef LR_HTTP_HEADER_LIST_H
#define LR_HTTP_HEADER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/atomics.h"
#include <lariat/client.h>
#include <lariat/status.h>

struct curl_slist;

typedef struct lr_profile {
  lr_atomic_u32 count;
  struct curl_slist *list; /* NULL: no headers of our own */
  char *lines;             /* the same as they are sent, each with its CRLF */
  size_t lines_length;
  bool ordinary;     /* none of them is about the connection or the host */
  bool has_accept;   /* ... replaces libcurl's own header of that name */
  bool has_encoding; /* ... of Accept-Encoding */
} lr_profile;

/* Makes a profile of `base` (may be NULL) with the `count` headers laid over
 * it: a header replaces those of `base` with the same name (any case).  An
 * empty value is sent as an empty header ("Name;" to libcurl); a NULL value
 * removes the header, libcurl's own too ("Name:").
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a name that is not an HTTP token (RFC 9110, 5.6.2), or CR, LF
 *                or NUL in a value; also Content-Length and Transfer-Encoding,
 *                which libcurl must make itself */
lariat_status lr_profile_make(const lr_profile *base,
                              const lariat_header *headers, size_t count,
                              lr_profile **out);

/* The profile without the headers that must not go to another origin:
 * Authorization, Cookie, Proxy-Authorization; with `no_body` also without
 * Content-*.  It is `profile` itself, with another reference, when there are
 * none.  LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_profile_without_credentials(lr_profile *profile, bool no_body,
                                             lr_profile **out);

/* Drops Content-* only (a POST that a redirect made a GET), as above. */
lariat_status lr_profile_without_content(lr_profile *profile, lr_profile **out);

/* Whether it has a header called `name`. */
bool lr_profile_has(const lr_profile *profile, const char *name);

/* The value of its first header called `name`, its own; NULL: none. */
const char *lr_profile_value(const lr_profile *profile, const char *name);

/* Counts; any thread.  NULL is allowed in release. */
static inline lr_profile *lr_profile_retain(lr_profile *profile) {
  lr_count_retain(&profile->count);
  return profile;
}
void lr_profile_free(lr_profile *profile);
static inline void lr_profile_release(lr_profile *profile) {
  if (profile && lr_count_release(&profile->count)) lr_profile_free(profile);
}

/* Whether `method` can be sent: an HTTP token of at most 32 bytes. */
bool lr_method_valid(const char *method);

#endif
