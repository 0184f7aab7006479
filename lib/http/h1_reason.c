/* SPDX-License-Identifier: MIT
 * h1_reason.c: the names of reasons. */
#include "http/h1_reason.h"

const char *lr_h1_reason_name(lr_h1_reason reason) {
  static const char *const names[LR_H1_REASON_COUNT] = {
      [LR_H1_REASON_NONE] = "none",
      [LR_H1_REASON_NOT_HTTP] = "not HTTP",
      [LR_H1_REASON_STATUS_LINE] = "status line",
      [LR_H1_REASON_SWITCHED] = "switched protocols",
      [LR_H1_REASON_BARE_LF] = "bare LF",
      [LR_H1_REASON_BARE_CR] = "bare CR",
      [LR_H1_REASON_NUL] = "NUL",
      [LR_H1_REASON_NO_NAME] = "header without a name",
      [LR_H1_REASON_BLANK_IN_NAME] = "blank before a colon",
      [LR_H1_REASON_OBS_FOLD] = "obs-fold",
      [LR_H1_REASON_BAD_LENGTH] = "bad length",
      [LR_H1_REASON_DUPLICATE_LENGTH] = "duplicate length",
      [LR_H1_REASON_LENGTH_AND_CHUNKED] = "length and chunked",
      [LR_H1_REASON_TRANSFER_CODING] = "transfer coding",
      [LR_H1_REASON_BAD_CHUNK_SIZE] = "bad chunk size",
      [LR_H1_REASON_BAD_CHUNK_END] = "bad end of a chunk",
      [LR_H1_REASON_BAD_TRAILER] = "bad trailer",
      [LR_H1_REASON_TOO_LONG] = "too long"};
  return (unsigned)reason < LR_H1_REASON_COUNT ? names[reason] : "unknown";
}
