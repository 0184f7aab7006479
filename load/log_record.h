/* SPDX-License-Identifier: MIT
 * log_record.h: what a line of an access log says of its request. */
#ifndef LOAD_LOG_RECORD_H
#define LOAD_LOG_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "log_format.h"

typedef struct lr_load_log_record {
  const char *method;
  const char *target; /* from its '/' on */
  uint64_t at_ns;     /* when it began, since 1970, as far as the log tells */
  uint64_t grain_ns;  /* how exact that is */
} lr_load_log_record;

/* Reads the parts of a line; the texts are in `buffer`.  `*good` tells whether
 * there is a request: a method, a target that begins with '/', a time.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_load_log_record_read(const lr_load_log_part *parts,
                                      lr_load_bytes *buffer,
                                      lr_load_log_record *out, bool *good);

#endif
