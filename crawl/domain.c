/* SPDX-License-Identifier: MIT
 * domain.c: registrable domains, by the list of public suffixes
 * (https://publicsuffix.org) that libpsl has. */
#include "scope.h"

#include <string.h>

#include <libpsl.h>

#include "host_text.h"

enum { LONGEST_NAME = 253 };

/* Returns the registrable domain of a name, or the name itself where it is a
 * public suffix, or is none of the names that are looked up. */
static const char *find_domain(const char *name) {
  const char *domain = psl_registrable_domain(psl_builtin(), name);
  return domain ? domain : name;
}

static size_t copy_out(const char *bytes, size_t length, char *out,
                       size_t capacity) {
  if (!capacity) return length;
  size_t count = length < capacity ? length : capacity - 1;
  memcpy(out, bytes, count);
  out[count] = '\0';
  return length;
}

size_t lr_crawl_domain(const char *host, size_t length, char *out,
                       size_t capacity) {
  char name[LONGEST_NAME + 1];
  length = lr_crawl_cut_final_dot(host, length);
  if (length > LONGEST_NAME || lr_crawl_is_address(host, length))
    return copy_out(host, length, out, capacity);
  memcpy(name, host, length);
  name[length] = '\0';
  const char *domain = find_domain(name);
  return copy_out(domain, strlen(domain), out, capacity);
}
