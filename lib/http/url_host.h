/* SPDX-License-Identifier: MIT
 * url_host.h: the host of a URL, by the host parser of the URL Standard
 * (https://url.spec.whatwg.org, 3.5): escapes are undone, names are turned to
 * ASCII by UTS #46, addresses are written in one way. */
#ifndef LR_HTTP_URL_HOST_H
#define LR_HTTP_URL_HOST_H

#include <stddef.h>

typedef enum lr_host_fault {
  LR_HOST_OK,
  LR_HOST_NO_MEMORY,
  LR_HOST_EMPTY,
  LR_HOST_BYTE, /* one that no name may have, escaped or not */
  LR_HOST_NAME, /* not a name by UTS #46 */
  LR_HOST_IPV4, /* its last label is a number, but it is no address */
  LR_HOST_IPV6  /* begins with a bracket, but is no address in brackets */
} lr_host_fault;

/* Returns the most bytes that a host of `length` bytes may come to. */
size_t lr_url_host_capacity(size_t length);

/* Reads the `length` bytes of a host and writes what they come to to `*to`,
 * which is moved behind it: lower case, ASCII.  The locale has no say. */
lr_host_fault lr_url_host_read(const char *bytes, size_t length, char **to);

/* Finds the first byte that stands unescaped in a host where none may, for a
 * message; NULL: none does. */
const char *lr_url_host_find_forbidden(const char *bytes, size_t length);

#endif
