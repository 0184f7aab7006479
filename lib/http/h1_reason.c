/* SPDX-License-Identifier: MIT
 * h1_reason.c: the texts of reasons. */
#include "http/h1_reason.h"

const char *lr_h1_reason_text(lr_h1_reason reason) {
  static const char *const texts[LR_H1_REASON_COUNT] = {
      [LR_H1_REASON_NONE] = "nothing",
      [LR_H1_REASON_NOT_HTTP] = "what came is not HTTP",
      [LR_H1_REASON_STATUS_LINE] = "a status line that is none",
      [LR_H1_REASON_VERSION] = "a status line of another version of HTTP",
      [LR_H1_REASON_SWITCHED] = "a 101 that nobody asked for",
      [LR_H1_REASON_BARE_LF] = "a line end without CR among chunks",
      [LR_H1_REASON_BARE_CR] = "a CR within a line",
      [LR_H1_REASON_NUL] = "a NUL in a line",
      [LR_H1_REASON_NO_COLON] = "a header line without a colon",
      [LR_H1_REASON_NO_NAME] = "a header without a name",
      [LR_H1_REASON_BAD_NAME] = "a header's name with a blank or a control "
                                "character in it",
      [LR_H1_REASON_BLANK_IN_NAME] = "a blank between a header's name and its "
                                     "colon",
      [LR_H1_REASON_OBS_FOLD] = "a blank in front of the first header",
      [LR_H1_REASON_BAD_LENGTH] = "a Content-Length that is not a number",
      [LR_H1_REASON_LARGE_LENGTH] = "a Content-Length that is too large",
      [LR_H1_REASON_TWO_LENGTHS] = "two different Content-Lengths",
      [LR_H1_REASON_TWO_LOCATIONS] = "two different Locations",
      [LR_H1_REASON_LENGTH_AND_CODING] =
          "a Content-Length beside a Transfer-Encoding other than chunked",
      [LR_H1_REASON_TRANSFER_CODING] = "a Transfer-Encoding other than chunked",
      [LR_H1_REASON_CHUNKED_TWICE] = "a Transfer-Encoding with chunked twice",
      [LR_H1_REASON_BAD_CHUNK_SIZE] = "a chunk whose size is not a number",
      [LR_H1_REASON_BAD_CHUNK_END] = "a chunk that does not end where it "
                                     "should",
      [LR_H1_REASON_LONG_EXTENSION] = "a chunk extension that is too long",
      [LR_H1_REASON_LONG_LINE] = "a line of the head that is too long",
      [LR_H1_REASON_LONG_HEAD] = "a head that is too long",
      [LR_H1_REASON_MANY_HEADERS] = "too many headers",
      [LR_H1_REASON_LARGE_BODY] = "its Content-Length says so"};
  return (unsigned)reason < LR_H1_REASON_COUNT ? texts[reason] : "unknown";
}
