/* SPDX-License-Identifier: MIT
 * json_value.h: values of JSON taken as what they have to be. */
#ifndef LOAD_JSON_VALUE_H
#define LOAD_JSON_VALUE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/error.h>
#include <lariat/response.h>
#include <lariat/status.h>

#include "arena.h"

/* Each puts a value into its place, and fails with LARIAT_EINVAL when it is of
 * another kind; the error's text names it as `what`.  Texts are the value's;
 * none has a NUL in it. */
lariat_status lr_load_json_text(const json_t *value, const char *what,
                                const char **out, lariat_load_error *error);
lariat_status lr_load_json_take_number(const json_t *value, const char *what,
                                       double low, double high, double *out,
                                       lariat_load_error *error);

/* Headers as an object: for each name a text, an array of texts, or null, for
 * one that is not to be sent.  The array is in `arena`. */
lariat_status lr_load_json_headers(json_t *object, const char *what,
                                   lr_load_arena *arena,
                                   const lariat_header **out, size_t *count,
                                   lariat_load_error *error);

/* Reads the value of a key into `context`. */
typedef lariat_status lr_load_json_reader(void *context, json_t *value);

typedef struct lr_load_json_key {
  const char *name;
  lr_load_json_reader *read;
} lr_load_json_key;

/* Reads an object with these keys, and no others, in the order of the rows, of
 * which the last has no name.  Statuses as those of the readers. */
lariat_status lr_load_json_keys(json_t *object, const lr_load_json_key *rows,
                                void *context, lariat_load_error *error);

/* Reads a text of JSON.  `*out` is NULL with LARIAT_EINVAL: not JSON; the error
 * says why and where, but not what stands there, which may be a secret. */
lariat_status lr_load_json_parse(const char *text, size_t length, json_t **out,
                                 lariat_load_error *error);

#endif
