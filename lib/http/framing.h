/* SPDX-License-Identifier: MIT
 * framing.h: the headers that say how a response's body ends (RFC 9112, 6):
 * what their values come to, the rare ones included. */
#ifndef LR_HTTP_FRAMING_H
#define LR_HTTP_FRAMING_H

#include <stddef.h>
#include <stdint.h>

#include "http/h1_reason.h"

/* The coding that a Transfer-Encoding comes to. */
typedef enum lr_transfer_coding {
  LR_TRANSFER_CHUNKED,
  LR_TRANSFER_IDENTITY, /* none at all, in a word of RFC 2616's */
  LR_TRANSFER_REFUSED   /* nobody has asked for it with TE */
} lr_transfer_coding;

/* Reads a Content-Length: a decimal number, or a list of equal ones (RFC 9112,
 * 6.3).
 * LR_H1_REASON_NONE, with `*number` set
 * LR_H1_REASON_BAD_LENGTH, LR_H1_REASON_LARGE_LENGTH,
 * LR_H1_REASON_TWO_LENGTHS */
lr_h1_reason lr_framing_read_length(const char *value, size_t length,
                                    int64_t *number);

/* Reads a Transfer-Encoding; `*reason` says why it is refused. */
lr_transfer_coding lr_framing_read_coding(const char *value, size_t length,
                                          lr_h1_reason *reason);

/* Tells what is wrong with a header's name, of `length` bytes: nothing, if it
 * has neither blanks nor control characters in it.  (A token has fewer
 * characters still, but those have only one reading.) */
lr_h1_reason lr_framing_judge_name(const char *name, size_t length);

#endif
