/* SPDX-License-Identifier: MIT
 * host_name.h: names of hosts as they are looked up: which are valid, which are
 * special, and their hash. */
#ifndef LR_NET_HOST_NAME_H
#define LR_NET_HOST_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most bytes of a name (RFC 1035, 2.3.4), without a dot at its end. */
enum { LR_HOST_NAME_MAX = 253 };

/* Names that are not looked up like others. */
typedef enum lr_host_name_kind {
  LR_HOST_NAME_ORDINARY,
  LR_HOST_NAME_LOOPBACK, /* localhost, and what ends in it (RFC 6761, 6.3) */
  LR_HOST_NAME_NOWHERE   /* of invalid (RFC 6761, 6.4) and onion (RFC 7686) */
} lr_host_name_kind;

/* Says whether a name can be asked for: labels of 1 to 63 bytes, in all not
 * more than LR_HOST_NAME_MAX, none of them a control, a blank, '/' or beyond
 * ASCII; a dot may follow. */
bool lr_host_name_is_valid(const char *name, size_t length);

lr_host_name_kind lr_host_name_kind_of(const char *name, size_t length);

/* Says whether a name is `domain` or in it, in any case, whatever dot is at its
 * end. */
bool lr_host_name_is_in(const char *name, size_t length, const char *domain);

/* Copies a name in lower case, without a dot at its end, and ends it by a NUL;
 * returns its length. */
size_t lr_host_name_lower(const char *name, size_t length,
                          char out[LR_HOST_NAME_MAX + 1]);

uint64_t lr_host_name_hash(const char *name, size_t length);

#endif
