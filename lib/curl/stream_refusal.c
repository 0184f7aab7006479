/* SPDX-License-Identifier: MIT
 * stream_refusal.c: refusals, by what libcurl says and does not say. */
#include "curl/stream_refusal.h"

#include <string.h>

#include <curl/curl.h>

#include "curl/libcurl.h"
#include "curl/observed_transfer.h"
#include "curl/transfer.h"

static bool has_prefix(const char *text, size_t length, const char *prefix) {
  size_t wanted = strlen(prefix);
  return length >= wanted && memcmp(text, prefix, wanted) == 0;
}

static bool has_word(const char *text, size_t length, const char *word) {
  return memmem(text, length, word, strlen(word)) != NULL;
}

static int note_refusal(CURL *easy, curl_infotype type, char *text,
                        size_t length, void *transfer_pointer) {
  lr_transfer *transfer = transfer_pointer;
  (void)easy;
  if (type == CURLINFO_HEADER_OUT)
    lr_observed_transfer_sent(transfer, text, length);
  if (type != CURLINFO_TEXT) return 0;
  if (has_prefix(text, length, "REFUSED_STREAM") ||
      (has_prefix(text, length, "HTTP/2 stream ") &&
       has_word(text, length, " refused by server")))
    transfer->refused = true;
  return 0;
}

void lr_stream_refusal_watch(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  transfer->refused = false;
  if (!lr_libcurl_forgets_errors()) return;
  transfer->needs_reset = true;
  (void)curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, note_refusal);
  (void)curl_easy_setopt(easy, CURLOPT_DEBUGDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

/* Older versions have an error's text for each loss of a connection, and none
 * for a refusal. */
bool lr_stream_was_refused(const lr_transfer *transfer) {
  if (transfer->host->protocol != LR_PROTOCOL_HTTP2) return false;
  return lr_libcurl_forgets_errors() ? transfer->refused
                                     : transfer->error[0] == '\0';
}
