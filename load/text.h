/* SPDX-License-Identifier: MIT
 * text.h: a text that grows while it is written.  Want of memory is noticed
 * once, at the end. */
#ifndef LOAD_TEXT_H
#define LOAD_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <lariat/status.h>

/* All zero: empty. */
typedef struct lr_load_text {
  char *bytes; /* ended by NUL, once there are any */
  size_t length;
  size_t capacity;
  lariat_status status; /* LARIAT_ENOMEM: nothing more is added */
} lr_load_text;

void lr_load_text_add(lr_load_text *text, const char *string);
void lr_load_text_add_bytes(lr_load_text *text, const char *bytes,
                            size_t length);
void lr_load_text_repeat(lr_load_text *text, char byte, size_t count);

/* Adds what printf would write.  No %f and the like: they write numbers as the
 * locale of the process has them. */
void lr_load_text_format(lr_load_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds `number` / 10^decimals: "12", "12.5"; no zeros at the end. */
void lr_load_text_decimal(lr_load_text *text, uint64_t number,
                          unsigned decimals);

/* Drops what was added beyond this length. */
void lr_load_text_cut(lr_load_text *text, size_t length);

/* Gives the bytes to the caller (lariat_load_text_free), or drops them and
 * fails with LARIAT_ENOMEM.  The text is empty then. */
lariat_status lr_load_text_finish(lr_load_text *text, char **bytes,
                                  size_t *length);

/* Drops the bytes. */
void lr_load_text_clear(lr_load_text *text);

#endif
