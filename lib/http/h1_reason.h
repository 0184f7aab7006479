/* SPDX-License-Identifier: MIT
 * h1_reason.h: why the strict reader of HTTP/1.1 leaves a response to libcurl.
 */
#ifndef LR_HTTP_H1_REASON_H
#define LR_HTTP_H1_REASON_H

typedef enum lr_h1_reason {
  LR_H1_REASON_NONE,
  LR_H1_REASON_NOT_HTTP,         /* what comes first is no status line */
  LR_H1_REASON_STATUS_LINE,      /* not "HTTP/1.1 ", three digits, a blank */
  LR_H1_REASON_SWITCHED,         /* 101: what follows is another protocol */
  LR_H1_REASON_BARE_LF,          /* a line end without CR */
  LR_H1_REASON_BARE_CR,          /* a CR within a line */
  LR_H1_REASON_NUL,              /* a NUL in a line */
  LR_H1_REASON_NO_NAME,          /* a header without a colon or a name */
  LR_H1_REASON_BLANK_IN_NAME,    /* a blank before the colon */
  LR_H1_REASON_OBS_FOLD,         /* a header that begins with a blank */
  LR_H1_REASON_BAD_LENGTH,       /* a Content-Length that is no number */
  LR_H1_REASON_DUPLICATE_LENGTH, /* two of them */
  LR_H1_REASON_LENGTH_AND_CHUNKED,
  LR_H1_REASON_TRANSFER_CODING, /* other than chunked, or more than once */
  LR_H1_REASON_BAD_CHUNK_SIZE,
  LR_H1_REASON_BAD_CHUNK_END,
  LR_H1_REASON_BAD_TRAILER, /* a status line among them, or one cut short */
  LR_H1_REASON_TOO_LONG,    /* a line, a head, or too many headers */
  LR_H1_REASON_COUNT
} lr_h1_reason;

/* Returns the name of a reason: "bare LF". */
const char *lr_h1_reason_name(lr_h1_reason reason);

#endif
