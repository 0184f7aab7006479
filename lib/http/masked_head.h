/* SPDX-License-Identifier: MIT
 * masked_head.h: the head of a request or a response for people to read, with
 * the credentials in it masked. */
#ifndef LR_HTTP_MASKED_HEAD_H
#define LR_HTTP_MASKED_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "http/response.h"

/* Appends the lines of a head, each with its line end, with "***" in the place
 * of the values of Authorization, Proxy-Authorization, Cookie and Set-Cookie,
 * and of user and password of each URL in any line.  False: out of memory, and
 * `out` may have a part of it. */
bool lr_masked_head_append(lr_buffer *out, const char *head, size_t length);

/* Appends the same of a response whose head is complete, as lines with CRLF: a
 * status line with a reason of `reason_length` bytes, 0: without one, then the
 * headers.  False: as above. */
bool lr_masked_head_append_response(lr_buffer *out,
                                    const lariat_response *response,
                                    const char *reason, size_t reason_length);

#endif
