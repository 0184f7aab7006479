/* SPDX-License-Identifier: MIT
 * host_name.c: what can be told of a host's name without looking it up. */
#include "net/host_name.h"

#include <string.h>
#include <strings.h>

static size_t without_dot(const char *name, size_t length) {
  return length && name[length - 1] == '.' ? length - 1 : length;
}

static bool is_valid_byte(unsigned char byte) {
  return byte > ' ' && byte < 0x7f && byte != '/' && byte != '%';
}

bool lr_host_name_is_valid(const char *name, size_t length) {
  enum { LABEL_MAX = 63 };
  size_t label = 0;
  length = without_dot(name, length);
  if (length == 0 || length > LR_HOST_NAME_MAX) return false;
  for (size_t i = 0; i < length; i++) {
    if (!is_valid_byte((unsigned char)name[i])) return false;
    if (name[i] == '.' && label == 0) return false;
    label = name[i] == '.' ? 0 : label + 1;
    if (label > LABEL_MAX) return false;
  }
  return label > 0;
}

bool lr_host_name_is_in(const char *name, size_t length, const char *domain) {
  size_t end = strlen(domain);
  length = without_dot(name, length);
  if (length < end || strncasecmp(name + length - end, domain, end) != 0)
    return false;
  return length == end || name[length - end - 1] == '.';
}

lr_host_name_kind lr_host_name_kind_of(const char *name, size_t length) {
  if (lr_host_name_is_in(name, length, "localhost"))
    return LR_HOST_NAME_LOOPBACK;
  if (lr_host_name_is_in(name, length, "invalid") ||
      lr_host_name_is_in(name, length, "onion"))
    return LR_HOST_NAME_NOWHERE;
  return LR_HOST_NAME_ORDINARY;
}

size_t lr_host_name_lower(const char *name, size_t length,
                          char out[LR_HOST_NAME_MAX + 1]) {
  length = without_dot(name, length);
  if (length > LR_HOST_NAME_MAX) length = LR_HOST_NAME_MAX;
  for (size_t i = 0; i < length; i++) {
    char byte = name[i];
    out[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
  }
  out[length] = '\0';
  return length;
}

/* Does as FNV-1a, and mixes the bits: tables take the lowest. */
uint64_t lr_host_name_hash(const char *name, size_t length) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
  return hash ^ hash >> 32;
}
