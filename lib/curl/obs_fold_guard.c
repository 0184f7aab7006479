/* SPDX-License-Identifier: MIT
 * obs_fold_guard.c: libcurl made verbose, to see a line before it does. */
#include "curl/obs_fold_guard.h"

#include <curl/curl.h>

#include "curl/libcurl.h"
#include "curl/observed_transfer.h"
#include "curl/transfer.h"

/* Looks at a line as libcurl has it, and is about to read it: with another
 * first byte it is not appended to anything.  The fault then ends the transfer.
 */
static int inspect_line(CURL *easy, curl_infotype type, char *line,
                        size_t length, void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  (void)easy;
  if (type == CURLINFO_HEADER_OUT)
    lr_observed_transfer_sent(transfer, line, length);
  if (type != CURLINFO_HEADER_IN || length == 0) return 0;
  if (*line != ' ' && *line != '\t') return 0;
  *line = 'X';
  transfer->reader.parser.reason = LR_H1_REASON_OBS_FOLD;
  transfer->fault = LARIAT_EPROTOCOL;
  return 0;
}

void lr_obs_fold_guard_configure(lr_transfer *transfer) {
  transfer->fold_guard = lr_libcurl_capabilities()->lingering_header
                             ? LR_FOLD_GUARD_READY
                             : LR_FOLD_GUARD_OFF;
  if (transfer->fold_guard == LR_FOLD_GUARD_OFF) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_DEBUGFUNCTION, inspect_line);
  (void)curl_easy_setopt(transfer->easy, CURLOPT_DEBUGDATA, transfer);
}

static void set_guard(lr_transfer *transfer, lr_fold_guard guard) {
  if (transfer->fold_guard == guard) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_VERBOSE,
                         guard == LR_FOLD_GUARD_ARMED ? 1L : 0L);
  transfer->fold_guard = (uint8_t)guard;
}

void lr_obs_fold_guard_follow(lr_transfer *transfer) {
  const lariat_response *response = transfer->job->response;
  bool at_first = response->in_block && response->header_count == 0;
  set_guard(transfer, at_first ? LR_FOLD_GUARD_ARMED : LR_FOLD_GUARD_READY);
}

void lr_obs_fold_guard_end(lr_transfer *transfer) {
  set_guard(transfer, LR_FOLD_GUARD_READY);
}
