/* SPDX-License-Identifier: MIT
 * wire.h: a request as the bytes that are sent. */
#ifndef LOAD_WIRE_H
#define LOAD_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include <lariat/load/requests.h>
#include <lariat/url.h>

#include "arena.h"

typedef struct lr_load_wire {
  char *bytes; /* head and body */
  size_t length;
  size_t head_length; /* with its empty line */
} lr_load_wire;

/* Writes a request into `arena`: its own headers, those of `base` (may be
 * NULL) that it has not got, and User-Agent and Accept, unless one of them says
 * otherwise; a header whose value is NULL is not sent.  A user in the URL
 * becomes Authorization (RFC 7617), if there is none.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL  it cannot be written; see the error */
lariat_status lr_load_wire_make(const lariat_load_request *request,
                                const lariat_load_request *base,
                                const lariat_url *url, lr_load_arena *arena,
                                lr_load_wire *out, lariat_load_error *error);

/* Tells whether the request, or the base (may be NULL), has a header of a name.
 */
bool lr_load_has_header(const lariat_load_request *request,
                        const lariat_load_request *base, const char *name);

/* Tell whether a method is HEAD, and whether a request with it may be sent
 * again without harm (RFC 9110, 9.2.2); NULL is GET. */
bool lr_load_is_head(const char *method);
bool lr_load_is_idempotent(const char *method);

#endif
