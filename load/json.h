/* SPDX-License-Identifier: MIT
 * json.h: structs as JSON objects, by tables of their members that serve for
 * writing and for reading.  Times are nanoseconds in structs and microseconds
 * in JSON, with up to three decimals, so that nothing is lost. */
#ifndef LOAD_JSON_H
#define LOAD_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/load/error.h>
#include <lariat/status.h>

#include "text.h"

/* The kinds of members of structs, and how JSON has them. */
typedef enum lr_load_kind {
  LR_LOAD_COUNT,    /* uint64_t: an integer */
  LR_LOAD_US,       /* uint64_t, nanoseconds: microseconds */
  LR_LOAD_NUMBER,   /* double, not below 0: with up to six decimals */
  LR_LOAD_UNSIGNED, /* unsigned, uint32_t */
  LR_LOAD_SHORT,    /* uint16_t */
  LR_LOAD_FLAG,     /* bool */
  LR_LOAD_STRING,   /* char[]: text */
  LR_LOAD_SEED,     /* uint64_t: its digits as text, as it may be any number */
  LR_LOAD_SIGNED    /* int64_t: an integer */
} lr_load_kind;

typedef struct lr_load_member {
  const char *key;
  lr_load_kind kind;
  size_t offset;
  size_t size;
} lr_load_member;

#define LR_LOAD_MEMBER(type, name, key, kind)                                  \
  { key, kind, offsetof(type, name), sizeof(((type *)0)->name) }

/* ---- Writing ----
 *
 * `key` is that of a member, or NULL for an element of an array. */

/* Begins an object ('{') or an array ('['), and ends it. */
void lr_load_json_open(lr_load_text *out, const char *key, char bracket);
void lr_load_json_close(lr_load_text *out, char bracket);

void lr_load_json_count(lr_load_text *out, const char *key, uint64_t count);
void lr_load_json_us(lr_load_text *out, const char *key, uint64_t ns);
void lr_load_json_number(lr_load_text *out, const char *key, double number);
void lr_load_json_string(lr_load_text *out, const char *key,
                         const char *string);
void lr_load_json_flag(lr_load_text *out, const char *key, bool flag);
void lr_load_json_null(lr_load_text *out, const char *key);
void lr_load_json_members(lr_load_text *out, const lr_load_member *members,
                          size_t count, const void *from);

/* Writes the value of a member of the struct `from` alone. */
void lr_load_write_value(lr_load_text *out, const lr_load_member *member,
                         const void *from);

/* ---- Reading ----
 *
 * What fails first is told; after that nothing is read any more, and what is
 * returned is 0, "" or NULL. */

typedef struct lr_load_reading {
  lariat_status status;
  lariat_load_error *error; /* NULL: not wanted */
} lr_load_reading;

/* Fails the reading; returns its status. */
lariat_status lr_load_refuse(lr_load_reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns a member that is an object or an array. */
json_t *lr_load_read_object(lr_load_reading *reading, json_t *from,
                            const char *key);
json_t *lr_load_read_array(lr_load_reading *reading, json_t *from,
                           const char *key);
uint64_t lr_load_read_count(lr_load_reading *reading, json_t *from,
                            const char *key);
uint64_t lr_load_read_us(lr_load_reading *reading, json_t *from,
                         const char *key);
const char *lr_load_read_string(lr_load_reading *reading, json_t *from,
                                const char *key);

/* Returns which of the `count` words a member is. */
unsigned lr_load_read_word_of(lr_load_reading *reading, json_t *from,
                              const char *key, unsigned count,
                              const char *(*name)(unsigned index));
void lr_load_read_members(lr_load_reading *reading, json_t *from,
                          const lr_load_member *members, size_t count,
                          void *to);

#endif
