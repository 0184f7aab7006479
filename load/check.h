/* SPDX-License-Identifier: MIT
 * check.h: what an answer must be to count as good, copied and ready. */
#ifndef LOAD_CHECK_H
#define LOAD_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "source.h"

struct lr_load_check {
  const unsigned short *statuses; /* NULL: any below 400 */
  size_t status_count;
  const char *contains; /* NULL: whatever the body is */
  size_t contains_length;
  const char *header_name; /* NULL: whatever the headers are */
  const char *header_value;
  uint64_t body_bytes;
  bool has_body_bytes;
};

/* Tells whether nothing is expected but a status below 400. */
bool lr_load_expects_nothing(const lariat_load_expectation *expect);

/* Copies what is expected into `arena`; `*error` gets what is wrong with it.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  a status that is not from 100 to 599, an empty text, a header
 *                without a name */
lariat_status lr_load_check_make(const lariat_load_expectation *expect,
                                 lr_load_arena *arena,
                                 const lr_load_check **out,
                                 lariat_load_error *error);

/* Tells whether a check is made of the same expectation. */
bool lr_load_check_is(const lr_load_check *check,
                      const lariat_load_expectation *expect);

/* Adds what is expected to a hash. */
uint64_t lr_load_check_hash(uint64_t hash, const lr_load_check *check);

#endif
