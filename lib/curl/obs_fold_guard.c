/* SPDX-License-Identifier: MIT
 * fold.c: see fold.h. */
#include "curl/obs_fold_guard.h"

#include <curl/curl.h>

#include "curl/quirks.h"
#include "curl/transfer.h"

/* The line as libcurl has it, and is about to look at it: with another first
 * byte it is not appended to anything.  The fault then ends the transfer. */
static int look(CURL *easy, curl_infotype type, char *line, size_t length,
                void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  (void)easy;
  if (type != CURLINFO_HEADER_IN || length == 0) return 0;
  if (*line != ' ' && *line != '\t') return 0;
  *line = 'X';
  transfer->fault = LARIAT_EPROTOCOL;
  return 0;
}

void lr_obs_fold_guard_configure(lr_transfer *transfer) {
  transfer->fold_guard = lr_quirks_abilities()->lingering_header;
  transfer->fold_guard_armed = false;
  if (!transfer->fold_guard) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_DEBUGFUNCTION, look);
  (void)curl_easy_setopt(transfer->easy, CURLOPT_DEBUGDATA, transfer);
}

static void guard(lr_transfer *transfer, bool on) {
  if (transfer->fold_guard_armed == on) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_VERBOSE, on ? 1L : 0L);
  transfer->fold_guard_armed = on;
}

void lr_obs_fold_guard_follow(lr_transfer *transfer) {
  const lariat_response *response = transfer->job->response;
  guard(transfer, response->in_block && response->header_count == 0);
}

void lr_obs_fold_guard_end(lr_transfer *transfer) { guard(transfer, false); }
