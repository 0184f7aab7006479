/* SPDX-License-Identifier: MIT
 * lariat_load_error: what is wrong with a plan or a text that says one. */
#ifndef LARIAT_LOAD_ERROR_H
#define LARIAT_LOAD_ERROR_H

#include <stddef.h>

#include <lariat/export.h>

LARIAT_BEGIN_C

/* The fault of a text or of a plan. */
typedef struct lariat_load_error {
  size_t byte;       /* of a text: where it was seen, counted from 0 */
  char message[120]; /* "stage 2: no rate behind the ':' at byte 12": a few
                        words, without a full stop */
} lariat_load_error;

LARIAT_END_C

#endif
