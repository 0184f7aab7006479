/* SPDX-License-Identifier: MIT
 * records.c: what was exchanged, as records of a WARC file. */
#include <string.h>

#include "finding.h"
#include "memory.h"
#include "shard_private.h"

static const char *name_protocol(int version) {
  switch (version) {
  case 10:
    return "http/1.0";
  case 20:
    return "h2";
  default:
    return "http/1.1";
  }
}

/* Returns "tls/1.3" for "TLSv1.3"; NULL: there was no TLS. */
static const char *name_tls(const char *version) {
  static const char *const names[][2] = {{"TLSv1.3", "tls/1.3"},
                                         {"TLSv1.2", "tls/1.2"},
                                         {"TLSv1.1", "tls/1.1"},
                                         {"TLSv1", "tls/1.0"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(version, names[i][0]) == 0) return names[i][1];
  return NULL;
}

static const char *text_or_null(const char *text) {
  return text && *text ? text : NULL;
}

static void fill_connection(const lariat_response *response,
                            lariat_crawl_warc_exchange *exchange) {
  exchange->ip = text_or_null(lariat_response_remote_ip(response));
  exchange->protocol = name_protocol(lariat_response_http_version(response));
  exchange->tls_version = name_tls(lariat_response_tls_version(response));
  exchange->cipher_suite = text_or_null(lariat_response_tls_cipher(response));
}

static void fill_revisit(const lr_crawl_page *page, const lr_crawl_body *known,
                         lariat_crawl_warc_exchange *exchange) {
  exchange->revisit = page->kind == LR_CRAWL_REVISIT;
  exchange->not_modified =
      exchange->revisit &&
      lariat_response_status(page->answer->response) == 304;
  if (known) {
    exchange->refers_to_url = known->url;
    exchange->refers_to_ns = known->at_ns;
  }
}

static void fill_metadata(const lr_crawl_page *page,
                          const lr_crawl_outcome *outcome,
                          lariat_crawl_warc_exchange *exchange) {
  if (!page->shard->config.settings->options.warc_metadata) return;
  exchange->via = page->task->queued.via_url;
  exchange->hop_path = page->task->queued.hop_path;
  exchange->fetch_ms = outcome->took_ms;
}

/* Copies the records out of the buffer, whose memory is used again. */
static lariat_status take_records(lariat_crawl_warc_buffer *buffer,
                                  const lariat_crawl_warc_place *place,
                                  lr_crawl_outcome *outcome) {
  size_t length;
  const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
  outcome->records = lr_crawl_copy_bytes(bytes, length);
  if (!outcome->records) return LARIAT_ENOMEM;
  outcome->records_length = length;
  outcome->response_offset = (size_t)place->response_offset;
  outcome->response_length = (size_t)place->response_length;
  return LARIAT_OK;
}

lariat_status lr_crawl_records_make(const lr_crawl_page *page,
                                    const lr_crawl_body *known,
                                    lr_crawl_outcome *outcome) {
  const lr_crawl_answer *answer = page->answer;
  lariat_crawl_warc_buffer *buffer = page->shard->records;
  lariat_crawl_warc_place place = {0};
  lariat_crawl_warc_exchange exchange = {
      .size = sizeof exchange,
      .url = page->task->queued.url,
      .at_ns = answer->at_ns,
      .request_head = answer->request,
      .request_head_length = answer->request_length,
      .body = answer->body,
      .body_length = answer->body_length,
      .digest = page->digest,
      .truncated = answer->truncated,
      .keep_secrets = page->shard->config.settings->options.keep_secrets};
  fill_metadata(page, outcome, &exchange);
  exchange.head =
      lariat_response_raw_head(answer->response, &exchange.head_length);
  fill_connection(answer->response, &exchange);
  fill_revisit(page, known, &exchange);
  lariat_crawl_warc_buffer_clear(buffer);
  lariat_status status =
      lariat_crawl_warc_add_exchange(buffer, &exchange, &place);
  if (status == LARIAT_OK) status = take_records(buffer, &place, outcome);
  lariat_crawl_warc_buffer_clear(buffer);
  return status;
}

void lr_crawl_records_tell_robots(lr_crawl_shard *shard,
                                  const lr_crawl_site *site, const char *url,
                                  const lr_crawl_answer *answer) {
  lr_crawl_task task = {.queued = {.url = (char *)(uintptr_t)url}};
  lr_crawl_page page = {.shard = shard,
                        .task = &task,
                        .answer = answer,
                        .kind = LR_CRAWL_FETCHED};
  lr_crawl_outcome outcome = {.host = lr_crawl_site_host_id(site),
                              .kind = LR_CRAWL_FETCHED,
                              .at_ns = answer->at_ns};
  if (shard->config.settings->options.no_warc || !answer->response ||
      lariat_crawl_warc_digest(shard->records, answer->body,
                               answer->body_length, page.digest) != LARIAT_OK)
    return;
  if (lr_crawl_records_make(&page, NULL, &outcome) == LARIAT_OK)
    lr_crawl_shard_tell(shard, &outcome);
}
