/* SPDX-License-Identifier: MIT
 * outcome_line.c: an outcome as a line of JSON.  The fields that `lariat fetch`
 * writes have its names and its meaning; docs/internals/crawl.md has them all.
 */
#include <stdio.h>
#include <string.h>

#include "finding.h"
#include "outcome_kind.h"
#include "shard_private.h"

static const char *const kinds[] = {
    [LR_CRAWL_FETCHED] = "fetched",   [LR_CRAWL_REVISIT] = "revisit",
    [LR_CRAWL_REDIRECT] = "redirect", [LR_CRAWL_FAILED] = "failed",
    [LR_CRAWL_ROBOTS] = "robots",     [LR_CRAWL_SCOPE] = "scope",
    [LR_CRAWL_TRAP] = "trap",         [LR_CRAWL_LATER] = "later"};

const char *lr_crawl_outcome_kind_name(lr_crawl_outcome_kind kind) {
  bool known = kind >= LR_CRAWL_FETCHED && kind <= LR_CRAWL_LATER;
  return known ? kinds[kind] : "unknown";
}

static void add_text(lr_crawl_bytes *line, const char *name,
                     const char *value) {
  lr_crawl_bytes_format(line, ",\"%s\":", name);
  lr_crawl_bytes_add_json(line, value && *value ? value : NULL);
}

static void add_number(lr_crawl_bytes *line, const char *name,
                       uint64_t number) {
  lr_crawl_bytes_format(line, ",\"%s\":%llu", name, (unsigned long long)number);
}

/* Adds a number, or null where it is 0, which it then cannot be. */
static void add_number_or_null(lr_crawl_bytes *line, const char *name,
                               uint64_t number) {
  if (number)
    add_number(line, name, number);
  else
    lr_crawl_bytes_format(line, ",\"%s\":null", name);
}

static void add_digest(lr_crawl_bytes *line, const lr_crawl_outcome *outcome) {
  char hex[2 * LR_CRAWL_DIGEST + 1] = "";
  for (size_t i = 0; outcome->has_digest && i < LR_CRAWL_DIGEST; i++)
    snprintf(hex + 2 * i, 3, "%02x", outcome->digest[i]);
  add_text(line, "sha1", hex);
}

static const char *name_version(int version) {
  switch (version) {
  case 0:
    return NULL;
  case 10:
    return "1.0";
  case 11:
    return "1.1";
  case 20:
    return "2";
  default:
    return "3";
  }
}

/* Adds what `lariat fetch` would say of the error. */
static void add_failure(lr_crawl_bytes *line, const lr_crawl_answer *answer) {
  bool failed = lariat_is_failure(answer->failure);
  add_text(line, "error",
           failed ? lariat_status_name(lariat_failure_status(answer->failure))
                  : NULL);
  add_text(line, "message",
           failed ? lariat_failure_message(answer->failure) : NULL);
  add_text(line, "phase",
           failed ? lariat_phase_name(lariat_failure_phase(answer->failure))
                  : NULL);
}

static void add_answer(lr_crawl_bytes *line, const lr_crawl_answer *answer,
                       const lr_crawl_outcome *outcome) {
  const lariat_response *response = answer->response;
  add_text(line, "http_version",
           name_version(lariat_response_http_version(response)));
  add_text(line, "remote_ip", lariat_response_remote_ip(response));
  add_text(line, "content_type",
           response ? lariat_response_header(response, "Content-Type") : NULL);
  add_number(line, "bytes", outcome->bytes);
  add_digest(line, outcome);
  add_text(line, "truncated", answer->truncated);
}

char *lr_crawl_outcome_line(const lr_crawl_page *page,
                            const lr_crawl_outcome *outcome) {
  const lr_crawl_queued_url *queued = &page->task->queued;
  char hop[2] = {queued->hop, '\0'};
  lr_crawl_bytes line = {0};
  lr_crawl_bytes_add_text(&line, "{\"url\":");
  lr_crawl_bytes_add_json(&line, queued->url);
  add_text(&line, "kind", lr_crawl_outcome_kind_name(outcome->kind));
  add_number_or_null(&line, "status", (uint64_t)outcome->status);
  add_failure(&line, page->answer);
  add_text(&line, "note", outcome->note);
  add_text(&line, "location", page->location);
  add_answer(&line, page->answer, outcome);
  add_number(&line, "depth", queued->depth);
  add_text(&line, "hop", hop);
  add_number(&line, "attempts", queued->tries + 1);
  lr_crawl_bytes_format(&line, ",\"at\":%lld.%03lld",
                        (long long)(outcome->at_ns / 1000000000),
                        (long long)(outcome->at_ns / 1000000 % 1000));
  add_number(&line, "time_ms", outcome->took_ms);
  add_number(&line, "reactor", page->shard->config.index);
  lr_crawl_bytes_add_text(&line, "}");
  return lr_crawl_bytes_take(&line, NULL);
}
