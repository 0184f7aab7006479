/* SPDX-License-Identifier: MIT
 * srcset.c: "a.png 1x, b.png 2x": a URL ends with a blank, or with the commas
 * at its end; a comma within it is of it. */
#include "srcset.h"

#include "ascii.h"

/* Skips descriptors up to behind the comma that ends them, which is in no
 * parentheses. */
static const char *skip_descriptors(const char *at, const char *end) {
  bool in_parentheses = false;
  for (; at < end; at++) {
    if (*at == '(')
      in_parentheses = true;
    else if (*at == ')')
      in_parentheses = false;
    else if (*at == ',' && !in_parentheses)
      return at + 1;
  }
  return end;
}

bool lr_crawl_srcset_next(const char **at, const char *end, const char **url,
                          size_t *length) {
  const char *from = *at;
  while (from < end && (lr_crawl_is_space(*from) || *from == ',')) from++;
  const char *to = from;
  while (to < end && !lr_crawl_is_space(*to)) to++;
  const char *next = to;
  if (to > from && to[-1] == ',')
    while (to[-1] == ',') to--;
  else
    next = skip_descriptors(to, end);
  *at = next;
  *url = from;
  *length = (size_t)(to - from);
  return to > from;
}
