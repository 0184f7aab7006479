/* SPDX-License-Identifier: MIT
 * header_list.h: a list of request headers, as libcurl takes them and as they
 * are sent, counted and not changed once made.  Most requests of a client share
 * one. */
#ifndef LR_HTTP_HEADER_LIST_H
#define LR_HTTP_HEADER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/atomics.h"
#include <lariat/client.h>
#include <lariat/status.h>

/* One header, as libcurl reads it: "Name: value", "Name;" for an empty value,
 * "Name:" for none at all.  The fields are those of a struct curl_slist, which
 * curl/easy_setup.c takes it for. */
typedef struct lr_header_line {
  char *data; /* behind the struct, in the same memory */
  struct lr_header_line *next;
} lr_header_line;

typedef struct lr_header_list {
  lr_atomic_u32 count;
  lr_header_line *list; /* NULL: no headers of our own */
  char *lines;          /* the same as they are sent, each with its CRLF */
  size_t lines_length;
  bool h1_safe;    /* none of them is about the connection or the host */
  bool has_accept; /* one of them replaces libcurl's own Accept */
  struct lr_header_list *base; /* what it was before the cookies of a jar were
                                  added; NULL: none were */
} lr_header_list;

/* Makes a list of `base` (may be NULL) with the `count` headers laid over it:
 * a header replaces those of `base` with the same name (any case).  An
 * empty value is sent as an empty header ("Name;" to libcurl); a NULL value
 * removes the header, libcurl's own too ("Name:").
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a name that is not an HTTP token (RFC 9110, 5.6.2), or CR, LF
 *                or NUL in a value; also Content-Length and Transfer-Encoding,
 *                which libcurl must make itself */
lariat_status lr_header_list_make(const lr_header_list *base,
                                  const lariat_header *headers, size_t count,
                                  lr_header_list **out);

/* Headers by who may see them, when a redirect leads elsewhere. */
enum {
  LR_HEADERS_CREDENTIALS = 1, /* Authorization, Cookie, Proxy-Authorization */
  LR_HEADERS_HOST = 2,        /* Host: what it says is true of one origin */
  LR_HEADERS_CONTENT = 4,     /* Content-*: of a body */
  LR_HEADERS_OWN = 8          /* all others that may say more than what RFC 9110
                                 lets anybody know: X-Api-Key, Referer */
};

/* Makes `*out` a list without the headers of some kinds (LR_HEADERS_* joined).
 * When there are none, `*out` is `headers` itself, with another reference.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_header_list_without(lr_header_list *headers, unsigned kinds,
                                     lr_header_list **out);

/* Finds the first header of these kinds that is sent; returns its line, which
 * begins with its name, or NULL. */
const char *lr_header_list_find(const lr_header_list *headers, unsigned kinds,
                                size_t *name_length);

/* Tells whether the list has a header called `name`. */
bool lr_header_list_has(const lr_header_list *headers, const char *name);

/* Returns the value of the first header called `name`, which belongs to the
 * list; NULL: there is none. */
const char *lr_header_list_value(const lr_header_list *headers,
                                 const char *name);

/* Counts references; any thread.  NULL is allowed in release. */
static inline lr_header_list *lr_header_list_retain(lr_header_list *headers) {
  lr_count_retain(&headers->count);
  return headers;
}
void lr_header_list_free(lr_header_list *headers);
static inline void lr_header_list_release(lr_header_list *headers) {
  if (headers && lr_count_release(&headers->count))
    lr_header_list_free(headers);
}

/* Tells whether the header can be sent: its name is an HTTP token, neither
 * Content-Length nor Transfer-Encoding, and its value has neither CR nor LF.  A
 * value of NULL is valid. */
bool lr_header_valid(const lariat_header *header);

/* Tells whether `method` can be sent: an HTTP token of at most 32 bytes.  Not
 * CONNECT: it has no path, and makes a tunnel of the connection, which is then
 * not to be used for another request (RFC 9110, 9.3.6). */
bool lr_method_valid(const char *method);

#endif
