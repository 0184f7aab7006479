/* SPDX-License-Identifier: MIT
 * observed_transfer.c: connections, and libcurl made verbose. */
#include "curl/observed_transfer.h"

#include <string.h>

#include <curl/curl.h>

#include "curl/engine.h"
#include "curl/transfer.h"
#include "job/observation.h"
#include "net/connection_facts.h"

void lr_observed_transfer_sent(lr_transfer *transfer, const char *bytes,
                               size_t length) {
  lr_job *job = transfer->job;
  if (!job || !job->observation) return;
  lr_observation_sent(job, lariat_reactor_now_ns(transfer->engine->reactor),
                      bytes, length);
}

void lr_observed_transfer_connected(const lr_transfer *transfer, bool reused,
                                    const char *remote_ip, int remote_port) {
  uint64_t now_ns = lariat_reactor_now_ns(transfer->engine->reactor);
  void *ssl = transfer->job->request.url.tls ? transfer->ssl : NULL;
  lr_tls_details tls = {.resumed = false};
  if (ssl) (void)lr_connection_facts_read_tls(ssl, false, &tls);
  const lr_observed_connection connection = {
      .reused = reused,
      .id = transfer->connection.id ? transfer->connection.id
                                    : transfer->handoff.id,
      .remote_ip = remote_ip,
      .remote_port = (unsigned)remote_port,
      .tls_version = tls.version,
      .tls_cipher = tls.cipher};
  lr_observation_connected(transfer->job, now_ns, &connection);
}

/* Begins anew with each status line, as those behind answers of 1xx. */
void lr_observed_transfer_received(lr_job *job, const char *line,
                                   size_t length) {
  if (length < 5 || memcmp(line, "HTTP/", 5) != 0) return;
  job->observation->received.length = 0;
  lr_observation_received(job, line, length);
}

static int take_shown(CURL *easy, curl_infotype type, char *text, size_t length,
                      void *transfer) {
  (void)easy;
  if (type == CURLINFO_HEADER_OUT)
    lr_observed_transfer_sent(transfer, text, length);
  return 0;
}

/* Leaves the function alone where there is one already, which asks here. */
void lr_observed_transfer_watch(lr_transfer *transfer) {
  CURL *easy = transfer->easy;
  transfer->needs_reset = true;
  if (transfer->fold_guard == LR_FOLD_GUARD_OFF) {
    (void)curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, take_shown);
    (void)curl_easy_setopt(easy, CURLOPT_DEBUGDATA, transfer);
  }
  (void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}
