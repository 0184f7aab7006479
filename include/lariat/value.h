/* SPDX-License-Identifier: MIT
 * lariat_value: what travels along a deferred's chain.  A pointer with its
 * type, owned by exactly one party, and dropped exactly once. */
#ifndef LARIAT_VALUE_H
#define LARIAT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* A type of values, as lariat needs to know it.  `size` is sizeof(lariat_type),
 * so that the struct can grow.  A type is static: values point to it for ever.
 *   drop      gives up one reference to `data` (may be NULL: nothing to do)
 *   share     returns another reference to the same thing, or NULL when out of
 *             memory (may be NULL: the type cannot be shared, only moved)
 *   describe  writes a short text into `text`, as snprintf does (may be NULL)
 * They are called on the thread that has the value. */
typedef struct lariat_type {
  size_t size;
  const char *name;
  void (*drop)(void *data);
  void *(*share)(void *data);
  int (*describe)(const void *data, char *text, size_t capacity);
} lariat_type;

/* A value: sixteen bytes, passed by value.  A NULL type is "none": no value. */
typedef struct lariat_value {
  const lariat_type *type;
  void *data;
} lariat_value;

/* The destructor of a context: runs exactly once. */
typedef void (*lariat_destroy)(void *context);

/* Returns the value "none".  Any thread. */
static inline lariat_value lariat_none(void) {
  lariat_value none = {NULL, NULL};
  return none;
}

/* Tells whether `value` is "none".  Any thread. */
static inline bool lariat_is_none(lariat_value value) {
  return value.type == NULL;
}

/* Makes a value of `type` around `data`; the value owns what the caller owned.
 * Any thread. */
static inline lariat_value lariat_value_of(const lariat_type *type,
                                           void *data) {
  lariat_value value;
  value.type = type;
  value.data = data;
  return value;
}

/* Drops `value` and returns "none", so that a callback that has dealt with its
 * argument can end with `return lariat_value_drop(result);`.  The thread that
 * owns the value. */
LARIAT_API lariat_value lariat_value_drop(lariat_value value);

/* Puts another reference to `value` into `*out`; the caller owns both.
 * The thread that owns the value.
 *
 * LARIAT_OK      shared ("none" and integers always can be)
 * LARIAT_EINVAL  the type has no `share`; `*out` is "none"
 * LARIAT_ENOMEM  out of memory; `*out` is "none" */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_value_share(lariat_value value,
                                                            lariat_value *out);

/* Writes a short description of `value` into `text`, always ended by a NUL
 * when `capacity` is not 0, and returns its whole length, as snprintf does. The
 * thread that owns the value. */
LARIAT_API int lariat_value_describe(lariat_value value, char *text,
                                     size_t capacity);

/* Opens `value` as `type`: returns its data, still owned by the value, or NULL
 * when it is of another type.  With checks on, another type is misuse. */
LARIAT_API void *lariat_value_in(lariat_value value, const lariat_type *type);

/* The type of integers, which lie inside the value and own nothing. */
LARIAT_API extern const lariat_type lariat_int_type;

/* Makes a value of an integer.  Any thread. */
static inline lariat_value lariat_int(intptr_t number) {
  return lariat_value_of(&lariat_int_type, (void *)number);
}

/* Returns the integer in `value`; 0 (and misuse, with checks on) for another
 * type. */
LARIAT_API intptr_t lariat_int_in(lariat_value value);

/* A list of values, as lariat_gather_results gives.  It owns its items. */
typedef struct lariat_list lariat_list;
LARIAT_API extern const lariat_type lariat_list_type;

/* Returns the list in `value`, owned by it still; NULL for another type. */
LARIAT_API lariat_list *lariat_list_in(lariat_value value);

/* Returns how many items `list` has; 0 for NULL. */
LARIAT_API size_t lariat_list_count(const lariat_list *list);

/* Returns the item at `index`, borrowed: it stays the list's.  "none" when out
 * of range. */
LARIAT_API lariat_value lariat_list_at(const lariat_list *list, size_t index);

/* Moves the item at `index` out: the caller owns it, and the list keeps "none"
 * there.  "none" when out of range. */
LARIAT_API LARIAT_MUST_USE lariat_value lariat_list_take(lariat_list *list,
                                                         size_t index);

LARIAT_END_C

#endif
