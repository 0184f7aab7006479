/* SPDX-License-Identifier: MIT
 * request_count.c: why it is libcurl that makes a request. */
#include "curl/request_count.h"

#include "curl/engine.h"
#include "curl/transfer.h"
#include "reactor/log.h"

static void log_request(const lr_transfer *transfer, lr_request_reason reason) {
  static const char *const names[LR_REQUEST_REASONS] = {
      [LR_REQUEST_BY_H1] = "h1",
      [LR_REQUEST_LIBCURL_ONLY] = "libcurl_only",
      [LR_REQUEST_HTTP2_ASKED] = "http2_asked",
      [LR_REQUEST_HTTP2] = "http2",
      [LR_REQUEST_HEADERS] = "headers",
      [LR_REQUEST_HEAD_BODY] = "head_body",
      [LR_REQUEST_REUSE_FAILED] = "reuse_failed",
      [LR_REQUEST_FIRST_HANDSHAKE] = "first_handshake",
      [LR_REQUEST_OPEN_CONNECTION] = "open_connection"};
  const lariat_log_field fields[] = {{"origin", transfer->host->key},
                                     {"reason", names[reason]}};
  lr_log_say(transfer->engine->reactor, LR_LOG_BY_LIBCURL, fields, 2);
}

/* Finds a reason for what was to be h1's: there was an open connection, or one
 * that was dead. */
void lr_request_count_sent(const lr_transfer *transfer) {
  lr_request_reason reason = (lr_request_reason)transfer->reason;
  if (reason == LR_REQUEST_BY_H1)
    reason = transfer->tries.sends > 1 ? LR_REQUEST_REUSE_FAILED
                                       : LR_REQUEST_OPEN_CONNECTION;
  if (reason == LR_REQUEST_FIRST_HANDSHAKE &&
      transfer->host->protocol == LR_PROTOCOL_HTTP2)
    reason = LR_REQUEST_HTTP2;
  lr_u64_bump(&transfer->engine->stats->requests[reason], 1);
  log_request(transfer, reason);
}
