/* SPDX-License-Identifier: MIT
 * har.h: one entry of an HTTP archive, version 1.2
 * (http://www.softwareishard.com/blog/har-12-spec/), as a request. */
#ifndef LOAD_HAR_H
#define LOAD_HAR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/input.h>

#include "arena.h"

/* The request of an entry, or why there is none. */
typedef struct lr_load_har_entry {
  lariat_load_request request; /* its texts are the entry's and the arena's */
  uint64_t at_ns;              /* since 1970, if it is asked for */
  bool skipped;                /* by the reason below */
  lariat_load_skip reason;
} lr_load_har_entry;

/* Reads an entry.  Requests go to these hosts alone; its time is read with
 * `timed`.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  it is no such entry; see the error */
lariat_status lr_load_har_read(json_t *entry,
                               const lariat_load_input_options *options,
                               lr_load_arena *arena, lr_load_har_entry *out,
                               lariat_load_error *error);

/* Tells whether a text can be one of lariat_load_input_options' hosts: a host,
 * with a port or without. */
bool lr_load_har_is_host(const char *text);

/* Puts U+FFFD into the place of halves of surrogate pairs in a text of JSON:
 * browsers write them, and readers of UTF-8 refuse them. */
void lr_load_har_repair(char *text, size_t length);

#endif
