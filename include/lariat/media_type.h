/* SPDX-License-Identifier: MIT
 * lariat_media_type: what a Content-Type says (RFC 9110, 8.3). */
#ifndef LARIAT_MEDIA_TYPE_H
#define LARIAT_MEDIA_TYPE_H

#include <stddef.h>

#include <lariat/export.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* A media type, a value. */
typedef struct lariat_media_type {
  char type[128];   /* "text/html": type and subtype, in lower case */
  char charset[64]; /* "utf-8", in lower case; "": none is told */
} lariat_media_type;

/* Reads `text`, the value of a Content-Type, into `*out`.  Parameters that are
 * broken are left out, of two with one name the second.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_EINVAL  no type and subtype, or longer than they may be; `*out` is
 *                empty */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_media_type_parse(const char *text, lariat_media_type *out);

/* Writes the parameter called `name` of the Content-Type `text` ("boundary")
 * into `value` of `capacity` bytes, without its quotes and escapes, with a NUL
 * behind.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_ENOTFOUND     there is no such parameter
 * LARIAT_EINVAL        no type and subtype
 * LARIAT_EHEADERLIMIT  it does not fit */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_media_type_parameter(
    const char *text, const char *name, char *value, size_t capacity);

LARIAT_END_C

#endif
