/* SPDX-License-Identifier: MIT
 * part.c: request i belongs to part i mod N. */
#include <lariat/load/part.h>

#include <stdbool.h>

#include "fault.h"
#include "reader.h"

/* ---- Text ---- */

/* Reads a number from 1 to UINT32_MAX. */
static bool read_number(lr_load_reader *in, uint32_t *out) {
  uint64_t number = 0;
  bool read = lr_load_read_decimal(in, 0, UINT32_MAX, &number);
  *out = (uint32_t)number;
  return read && number;
}

lariat_status lariat_load_part_parse(const char *text, size_t length,
                                     lariat_load_part *out,
                                     lariat_load_error *error) {
  lr_load_reader in = {text, length, 0};
  uint32_t part;
  uint32_t count;
  if (!read_number(&in, &part))
    return lr_load_fail(error, 0, "no part from 1 on at byte 0 (K/N)");
  if (!lr_load_read_byte(&in, '/'))
    return lr_load_fail(error, in.at, "no '/' at byte %zu (K/N)", in.at);
  size_t second = in.at;
  if (!read_number(&in, &count))
    return lr_load_fail(error, second, "no number of parts at byte %zu (K/N)",
                        second);
  if (!lr_load_reader_done(&in))
    return lr_load_fail(error, in.at, "more than K/N from byte %zu on", in.at);
  if (part > count)
    return lr_load_fail(error, 0, "part %u of %u: K is from 1 to N", part,
                        count);
  *out = (lariat_load_part){part - 1, count};
  return LARIAT_OK;
}

/* ---- Numbers ---- */

/* Returns the part with its count, which may be left out of the whole. */
static lariat_load_part complete_part(lariat_load_part part) {
  if (!part.count && !part.index) part.count = 1;
  return part;
}

lariat_status lariat_load_part_split(lariat_load_part whole, uint32_t index,
                                     uint32_t count, lariat_load_part *out) {
  whole = complete_part(whole);
  uint64_t parts = (uint64_t)whole.count * count;
  if (whole.index >= whole.count || index >= count || parts > UINT32_MAX)
    return LARIAT_EINVAL;
  /* Below `parts`. */
  *out = (lariat_load_part){whole.index + index * whole.count, (uint32_t)parts};
  return LARIAT_OK;
}

uint64_t lariat_load_part_size(lariat_load_part part, uint64_t total) {
  part = complete_part(part);
  if (total == UINT64_MAX || part.index >= part.count)
    return total == UINT64_MAX ? total : 0;
  return total / part.count + (part.index < total % part.count);
}
