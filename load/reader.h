/* SPDX-License-Identifier: MIT
 * reader.h: reads the parts of a short text, strictly. */
#ifndef LOAD_READER_H
#define LOAD_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lr_load_reader {
  const char *text;
  size_t length;
  size_t at;
} lr_load_reader;

/* Tells whether all was read. */
bool lr_load_reader_done(const lr_load_reader *reader);

/* Reads `byte`, or nothing and returns false. */
bool lr_load_read_byte(lr_load_reader *reader, char byte);

/* Reads a number with up to `decimals` decimals into `*out`, in units of
 * 10^-decimals.  False: there is none, it has more decimals, or is over `most`
 * (in these units, at the most UINT64_MAX / 100). */
bool lr_load_read_decimal(lr_load_reader *reader, unsigned decimals,
                          uint64_t most, uint64_t *out);

/* Reads small letters into the `size` bytes of `word`, as a string that is
 * empty when there are none.  False: too many. */
bool lr_load_read_word(lr_load_reader *reader, char *word, size_t size);

#endif
