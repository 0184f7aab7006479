/* SPDX-License-Identifier: MIT
 * h1_reason.h: what the reader of HTTP/1.1 has against a response: why it is
 * not a proper one, or beyond a limit. */
#ifndef LR_HTTP_H1_REASON_H
#define LR_HTTP_H1_REASON_H

typedef enum lr_h1_reason {
  LR_H1_REASON_NONE,
  LR_H1_REASON_NOT_HTTP,          /* what comes first is no status line */
  LR_H1_REASON_STATUS_LINE,       /* not "HTTP/1.1 ", three digits, a blank */
  LR_H1_REASON_VERSION,           /* neither HTTP/1.1 nor HTTP/1.0 */
  LR_H1_REASON_SWITCHED,          /* 101: what follows is another protocol */
  LR_H1_REASON_BARE_LF,           /* a line end without CR, among chunks */
  LR_H1_REASON_BARE_CR,           /* a CR within a line */
  LR_H1_REASON_NUL,               /* a NUL in a line */
  LR_H1_REASON_NO_COLON,          /* a header without a colon */
  LR_H1_REASON_NO_NAME,           /* nothing in front of the colon */
  LR_H1_REASON_BAD_NAME,          /* a blank or a control character in a name */
  LR_H1_REASON_BLANK_IN_NAME,     /* a blank before the colon */
  LR_H1_REASON_OBS_FOLD,          /* a first header that begins with a blank */
  LR_H1_REASON_BAD_LENGTH,        /* a Content-Length that is no number */
  LR_H1_REASON_LARGE_LENGTH,      /* one that no integer can hold */
  LR_H1_REASON_TWO_LENGTHS,       /* two of them that differ */
  LR_H1_REASON_TWO_LOCATIONS,     /* likewise */
  LR_H1_REASON_LENGTH_AND_CODING, /* Content-Length beside a coding that is not
                                     chunked */
  LR_H1_REASON_TRANSFER_CODING,   /* other than chunked */
  LR_H1_REASON_CHUNKED_TWICE,
  LR_H1_REASON_BAD_CHUNK_SIZE,
  LR_H1_REASON_BAD_CHUNK_END,
  LR_H1_REASON_LONG_EXTENSION, /* of a chunk */
  LR_H1_REASON_LONG_LINE,
  LR_H1_REASON_LONG_HEAD,
  LR_H1_REASON_MANY_HEADERS,
  LR_H1_REASON_LARGE_BODY, /* as its Content-Length says */
  LR_H1_REASON_COUNT
} lr_h1_reason;

/* Returns what is wrong, for a failure's message: "two different
 * Content-Lengths". */
const char *lr_h1_reason_text(lr_h1_reason reason);

#endif
