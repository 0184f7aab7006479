/* SPDX-License-Identifier: MIT
 * page.c: what comes of an answer: which kind of outcome it is, and all that
 * goes with that. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lariat/http_date.h>

#include "content.h"
#include "finding.h"
#include "memory.h"
#include "shard_private.h"

static const int64_t second_ms = 1000;
static const int64_t second_ns = 1000000000;
static const int64_t millisecond_ns = 1000000;

/* ---- When to come again ---- */

/* Reads Retry-After: seconds, or a date (RFC 9110, 10.2.3).  -1: none. */
static int64_t read_retry_after(const lariat_response *response) {
  const char *text = lariat_response_header(response, "Retry-After");
  int64_t at_s;
  if (!text) return -1;
  size_t digits = strspn(text, "0123456789");
  if (digits && !text[digits])
    return digits > 9 ? INT64_MAX / second_ns
                      : strtoll(text, NULL, 10) * second_ms;
  if (lariat_response_date(response, "Retry-After", &at_s) != LARIAT_OK)
    return -1;
  int64_t left_s = at_s - (int64_t)time(NULL);
  return left_s > 0 ? left_s * second_ms : 0;
}

/* Tells whether a failure says that no other request to the host would do
 * better now. */
static bool is_connection_failure(lariat_status status) {
  return status == LARIAT_ERESOLVE || status == LARIAT_ECONNECT ||
         status == LARIAT_ETLS || status == LARIAT_ECERTIFICATE;
}

/* Tells whether a look-up failed since no name server had an answer, which is
 * only said in words: what a network that is gone looks like. */
static bool is_unanswered(lariat_value failure) {
  return strstr(lariat_failure_message(failure), "the name servers") != NULL;
}

static int status_of(const lr_crawl_answer *answer) {
  return answer->response ? lariat_response_status(answer->response) : 0;
}

static void fill_failure(const lr_crawl_answer *answer, lr_crawl_reply *reply) {
  lariat_status status = lariat_failure_status(answer->failure);
  lariat_phase phase = lariat_failure_phase(answer->failure);
  if (answer->response) return;
  bool no_way = status == LARIAT_ETIMEDOUT && phase < LARIAT_PHASE_REQUEST;
  reply->connection_failed = is_connection_failure(status) || no_way;
  reply->network_failed =
      no_way || (status == LARIAT_ERESOLVE && is_unanswered(answer->failure));
}

int64_t lr_crawl_shard_cap_retry_after(const lr_crawl_shard *shard,
                                       int64_t asked_ms) {
  uint64_t most_ms = shard->config.settings->options.retry_after_max_ms;
  return asked_ms > 0 && (uint64_t)asked_ms > most_ms ? (int64_t)most_ms
                                                      : asked_ms;
}

lr_crawl_reply lr_crawl_reply_of(const lr_crawl_answer *answer) {
  lr_crawl_reply reply = {.sent_ns = (int64_t)answer->left_ns,
                          .ended_ns = (int64_t)answer->ended_ns,
                          .retry_after_ms = -1,
                          .status = status_of(answer)};
  if (lariat_is_failure(answer->failure)) fill_failure(answer, &reply);
  if (answer->response)
    reply.retry_after_ms = read_retry_after(answer->response);
  return reply;
}

/* ---- The kind of outcome ---- */

static bool may_try_again(const lr_crawl_page *page) {
  return page->task->queued.tries <
         page->shard->config.settings->options.retries;
}

static bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 ||
         status == 308;
}

/* Tells whether a status is one that may be another one soon. */
static bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429 || status == 500 ||
         status == 502 || status == 503 || status == 504;
}

static void choose_failed(lr_crawl_page *page) {
  lariat_status status = lariat_failure_status(page->answer->failure);
  bool again = lariat_status_retryable(status) && may_try_again(page);
  page->note = lariat_failure_message(page->answer->failure);
  page->kind = again                    ? LR_CRAWL_LATER
               : page->answer->response ? LR_CRAWL_FETCHED
                                        : LR_CRAWL_FAILED;
}

static bool has_validator(const lr_crawl_task *task) {
  return task->queued.etag || task->queued.last_modified;
}

static void choose_kind(lr_crawl_page *page) {
  const lr_crawl_answer *answer = page->answer;
  int status = status_of(answer);
  page->kind = LR_CRAWL_FETCHED;
  if (lariat_is_failure(answer->failure)) {
    choose_failed(page);
  } else if (is_passing(status) && may_try_again(page)) {
    page->kind = LR_CRAWL_LATER;
    page->note = "an answer that may be another one later";
  } else if (is_redirect(status) &&
             lariat_response_header(answer->response, "Location")) {
    page->kind = LR_CRAWL_REDIRECT;
  } else if (status == 304 && has_validator(page->task)) {
    page->kind = LR_CRAWL_REVISIT;
    page->note = "not modified";
  } else if (answer->unwanted) {
    page->kind = LR_CRAWL_SCOPE;
    page->note = "--types";
  }
}

/* ---- Its parts ---- */

/* Digests the body; that of an answer 304 is the one that was there before. */
static bool digest_body(lr_crawl_page *page) {
  if (page->kind == LR_CRAWL_REVISIT) {
    memcpy(page->digest, page->task->queued.old_digest, sizeof page->digest);
    return true;
  }
  return lariat_crawl_warc_digest(page->shard->records, page->answer->body,
                                  page->answer->body_length,
                                  page->digest) == LARIAT_OK;
}

/* Returns the body that is the same as the page's, if there was one. */
static const lr_crawl_body *find_same(lr_crawl_page *page) {
  const lr_crawl_answer *answer = page->answer;
  lr_crawl_shard *shard = page->shard;
  if (shard->config.settings->options.revisit_off || answer->truncated ||
      page->kind != LR_CRAWL_FETCHED || answer->body_length == 0 ||
      status_of(answer) != 200)
    return NULL;
  const lr_crawl_body *same =
      lr_crawl_bodies_find(&shard->bodies, page->digest);
  if (same) {
    page->kind = LR_CRAWL_REVISIT;
    page->note = same->url;
    return same;
  }
  size_t length;
  const char *url = lr_crawl_fetched_text(page->url, &length);
  if (!url[length])
    lr_crawl_bodies_add(&shard->bodies, page->digest, url, answer->at_ns);
  return NULL;
}

/* Returns the body of an earlier crawl that is the same. */
static bool is_as_before(const lr_crawl_page *page) {
  const lr_crawl_queued_url *queued = &page->task->queued;
  return queued->old_at_ns && page->kind == LR_CRAWL_FETCHED &&
         status_of(page->answer) == 200 && !page->answer->truncated &&
         memcmp(queued->old_digest, page->digest, LR_CRAWL_DIGEST) == 0;
}

/* Has the traps learn from a page, by what one would see of it. */
static void learn(lr_crawl_page *page, const lr_crawl_content *content) {
  const lr_crawl_settings *settings = page->shard->config.settings;
  bool similar = !settings->options.no_trap_similar;
  lr_crawl_trap_page seen = {.bytes = similar ? content->bytes : NULL,
                             .length = similar ? content->length : 0,
                             .new_links = page->new_links,
                             .new_links_of_same_shape = page->same_shape};
  if (page->task->queued.hop == 'S' ||
      (!similar && !settings->options.trap_query))
    return;
  memcpy(&seen.digest, page->digest, sizeof seen.digest);
  lr_crawl_traps_learn(page->shard->traps, page->url, &seen);
}

static bool is_good(const lr_crawl_page *page) {
  int status = status_of(page->answer);
  return (page->kind == LR_CRAWL_FETCHED || page->kind == LR_CRAWL_REVISIT) &&
         status >= 200 && status <= 299;
}

/* Reads what a page says: its body without its codings, its links. */
static uint64_t read_content(lr_crawl_page *page) {
  const lr_crawl_answer *answer = page->answer;
  uint64_t most = page->shard->config.settings->options.max_body_bytes;
  lr_crawl_content content;
  lariat_status status = lr_crawl_content_read(
      answer->response, answer->body, answer->body_length,
      most < SIZE_MAX ? (size_t)most : SIZE_MAX, &content);
  if (status == LARIAT_EENCODING && !page->note)
    page->note = "a content coding that cannot be undone";
  if (status == LARIAT_OK && is_good(page)) {
    lr_crawl_page_find_links(page, &content);
    learn(page, &content);
  }
  uint64_t bytes = content.length;
  lr_crawl_content_clear(&content);
  return bytes;
}

/* ---- The outcome ---- */

static void fill_type(const lr_crawl_answer *answer,
                      lr_crawl_outcome *outcome) {
  lariat_media_type type;
  if (lariat_response_media_type(answer->response, &type) == LARIAT_OK)
    outcome->type = lr_crawl_copy_text(type.type);
}

static char *copy_header(const lariat_response *response, const char *name) {
  const char *value = lariat_response_header(response, name);
  return value ? lr_crawl_copy_text(value) : NULL;
}

static char *copy_text(const char *text) {
  return text ? lr_crawl_copy_text(text) : NULL;
}

/* Keeps the validators that an answer 304 leaves out, for the next time. */
static void fill_unchanged(const lr_crawl_page *page,
                           lr_crawl_outcome *outcome) {
  const lr_crawl_queued_url *queued = &page->task->queued;
  outcome->etag = copy_header(page->answer->response, "ETag");
  if (!outcome->etag) outcome->etag = copy_text(queued->etag);
  if (!outcome->etag) outcome->last_modified = copy_text(queued->last_modified);
}

static void fill_answer(lr_crawl_page *page, lr_crawl_outcome *outcome) {
  const lariat_response *response = page->answer->response;
  outcome->status = lariat_response_status(response);
  fill_type(page->answer, outcome);
  if (page->kind == LR_CRAWL_REVISIT) fill_unchanged(page, outcome);
  if (outcome->status != 200) return;
  outcome->etag = copy_header(response, "ETag");
  if (!outcome->etag) /* which says more: one of them is enough */
    outcome->last_modified = copy_header(response, "Last-Modified");
}

static int64_t next_try_s(const lr_crawl_page *page) {
  uint64_t wait_ms = lr_crawl_settings_retry_ms(page->shard->config.settings,
                                                page->task->queued.tries);
  int64_t asked_ms =
      page->answer->response ? read_retry_after(page->answer->response) : -1;
  asked_ms = lr_crawl_shard_cap_retry_after(page->shard, asked_ms);
  if (asked_ms > (int64_t)wait_ms) wait_ms = (uint64_t)asked_ms;
  return (int64_t)time(NULL) + (int64_t)((wait_ms + 999) / 1000);
}

static void count(lr_crawl_shard *shard, int status) {
  shard->counts.by_status[status >= 100 && status < 600 ? status / 100 : 0]++;
}

/* Tells whether what was exchanged is written into the WARC: once for each
 * URL, with its last outcome. */
static bool is_recorded(const lr_crawl_page *page) {
  const lariat_crawl_options *options = &page->shard->config.settings->options;
  bool skipped = options->revisit_skip && page->kind == LR_CRAWL_REVISIT;
  return !options->no_warc && !skipped && page->answer->response &&
         page->kind != LR_CRAWL_LATER && page->kind != LR_CRAWL_SCOPE;
}

static void complete(lr_crawl_page *page, lr_crawl_outcome *outcome) {
  outcome->kind = page->kind;
  outcome->note = page->note ? lr_crawl_copy_text(page->note) : NULL;
  if (page->kind == LR_CRAWL_LATER) outcome->next_s = next_try_s(page);
  if (page->shard->config.settings->options.jsonl &&
      page->kind != LR_CRAWL_LATER)
    outcome->line = lr_crawl_outcome_line(page, outcome);
  if (page->edges.length)
    outcome->edges = lr_crawl_bytes_take(&page->edges, NULL);
}

/* Returns the record that has the body of an earlier time. */
static lr_crawl_body body_before(const lr_crawl_page *page) {
  const lr_crawl_queued_url *queued = &page->task->queued;
  return (lr_crawl_body){.at_ns = queued->old_at_ns,
                         .url =
                             queued->old_url ? queued->old_url : queued->url};
}

static void take_body(lr_crawl_page *page, lr_crawl_outcome *outcome) {
  const lr_crawl_body *same = NULL;
  lr_crawl_body before = body_before(page);
  if (page->kind == LR_CRAWL_LATER) return;
  outcome->has_digest = digest_body(page) && !page->answer->unwanted;
  memcpy(outcome->digest, page->digest, sizeof outcome->digest);
  if (is_as_before(page)) {
    page->kind = LR_CRAWL_REVISIT;
    page->note = page->task->queued.old_url;
    same = &before;
  } else if (page->kind == LR_CRAWL_REVISIT) {
    same = &before;
  } else {
    same = find_same(page);
  }
  outcome->bytes = read_content(page);
  if (page->kind == LR_CRAWL_REDIRECT) lr_crawl_page_find_redirect(page);
  if (is_recorded(page) &&
      lr_crawl_records_make(page, same, outcome) != LARIAT_OK) {
    page->kind = LR_CRAWL_LATER;
    page->note = "the records cannot be made: out of memory";
  }
}

/* Returns the page as what names other URLs. */
static lr_crawl_namer namer_of(const lr_crawl_asking *asking) {
  const lr_crawl_queued_url *queued = &asking->task->queued;
  lr_crawl_scope_question question = {.url = asking->url,
                                      .judged = &asking->shard->judged};
  lr_crawl_scope_decision decision =
      lr_crawl_scope_decide(asking->shard->config.scope, &question);
  return (lr_crawl_namer){.id = queued->id,
                          .depth = queued->depth,
                          .hops_off_site = queued->hops_off_site,
                          .redirects = queued->redirects,
                          .in_scope_site = decision.on_site};
}

void lr_crawl_page_take(lr_crawl_asking *asking,
                        const lr_crawl_answer *answer) {
  lr_crawl_page page = {.shard = asking->shard,
                        .task = asking->task,
                        .url = asking->url,
                        .answer = answer,
                        .namer = namer_of(asking)};
  uint64_t begin_ns = answer->sent_ns ? answer->sent_ns : answer->ended_ns;
  lr_crawl_outcome outcome = {
      .url = asking->task->queued.id,
      .host = asking->task->host,
      .at_ns = answer->at_ns,
      .took_ms =
          (uint32_t)((int64_t)(answer->ended_ns - begin_ns) / millisecond_ns)};
  choose_kind(&page);
  if (answer->response) {
    fill_answer(&page, &outcome);
    take_body(&page, &outcome);
  }
  complete(&page, &outcome);
  count(page.shard, outcome.status);
  outcome.due_ns = lr_crawl_shard_next_due(asking);
  lr_crawl_shard_tell(page.shard, &outcome);
  lr_crawl_bytes_clear(&page.edges);
  lariat_memory_release(page.location);
}

/* ---- Without an answer ---- */

void lr_crawl_page_refuse(lr_crawl_shard *shard, const lr_crawl_task *task,
                          lr_crawl_outcome_kind kind, const char *note) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  lr_crawl_answer answer = {.at_ns =
                                (int64_t)now.tv_sec * second_ns + now.tv_nsec};
  lr_crawl_page page = {.shard = shard,
                        .task = task,
                        .answer = &answer,
                        .kind = kind,
                        .note = note};
  lr_crawl_outcome outcome = {
      .url = task->queued.id, .host = task->host, .at_ns = answer.at_ns};
  complete(&page, &outcome);
  lr_crawl_shard_tell(shard, &outcome);
}
