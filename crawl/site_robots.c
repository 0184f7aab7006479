/* SPDX-License-Identifier: MIT
 * site_robots.c: the robots.txt of a shard's sites: asked for in the site's
 * turn before any URL of the site is; its redirects in the turns of the hosts
 * that they lead to. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "content.h"
#include "finding.h"
#include "memory.h"
#include "shard_private.h"

static const int64_t second_ns = 1000000000;

/* The bytes of a robots.txt that are taken: more than are read, since to take
 * the rest costs less than another connection. */
enum { MOST_BODY = 2 * 1024 * 1024 };

static int64_t now_of(const lr_crawl_shard *shard) {
  return (int64_t)lariat_reactor_now_ns(shard->reactor);
}

lr_crawl_site_rules *lr_crawl_site_rules_of(lr_crawl_site *site) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  if (rules) return rules;
  rules = lr_crawl_allocate(1, sizeof *rules);
  lr_crawl_site_set_data(site, rules);
  return rules;
}

static void free_visit(void *context, void *item) {
  (void)context;
  lr_crawl_visit_free(item);
}

void lr_crawl_site_rules_free(lr_crawl_site *site) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  if (lr_crawl_site_is_visitor(site))
    (void)lr_crawl_politeness_take_all(site, free_visit, NULL);
  lr_crawl_site_set_data(site, NULL);
  if (!rules) return;
  lr_crawl_robots_fetch_free(rules->fetch);
  lariat_memory_release(rules->failure);
  lariat_memory_release(rules);
}

/* ---- What is known ---- */

/* Tells what is to be kept: of a file as much as is read of it, and of an
 * answer that is none nothing, whose body would be taken for rules. */
static void tell_host(lr_crawl_shard *shard, lr_crawl_site *site,
                      const lr_crawl_robots_answer *answer) {
  const lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  lr_crawl_report *report = lr_crawl_shard_report(shard);
  lr_crawl_robots_copy copy;
  if (!report || !lr_crawl_robots_cache_find(shard->robots,
                                             lr_crawl_site_origin(site), &copy))
    return;
  int64_t delay_ms = lariat_crawl_robots_delay_ms(copy.rules, NULL);
  size_t length =
      copy.access == LARIAT_CRAWL_ROBOTS_READ
          ? answer->length - lariat_crawl_robots_ignored_bytes(copy.rules)
          : 0;
  lr_crawl_host_facts facts = {.host = lr_crawl_site_host_id(site),
                               .ip = *rules->ip ? rules->ip : NULL,
                               .robots_at_s = copy.at_s,
                               .robots_expires_s = copy.expires_s,
                               .robots_status = answer->status,
                               .robots = length ? answer->body : NULL,
                               .robots_length = length,
                               .delay_ms =
                                   delay_ms > 0 ? (uint32_t)delay_ms : 0,
                               .note = rules->failure};
  (void)lr_crawl_report_add_host(report, &facts);
}

/* Tells whether a seed of the crawl is of the site. */
static bool has_seed(const lr_crawl_shard *shard, const char *origin) {
  const lariat_crawl_options *options = &shard->config.settings->options;
  char own[LR_CRAWL_MOST_ORIGIN];
  bool found = false;
  for (size_t i = 0; !found && i < options->seed_count; i++) {
    lariat_url *url = NULL;
    const char *text = options->seeds[i].url;
    if (lariat_url_parse(text, strlen(text), NULL, &url, NULL) != LARIAT_OK)
      continue;
    found = lr_crawl_origin_of(url, own, sizeof own) < sizeof own &&
            strcmp(own, origin) == 0;
    lariat_url_free(url);
  }
  return found;
}

/* Offers the sitemaps that the file names; where it names none, a site with a
 * seed may have one where most have it. */
static void offer_sitemaps(lr_crawl_shard *shard, lr_crawl_site *site,
                           const lariat_crawl_robots *robots) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  const char *origin = lr_crawl_site_origin(site);
  lariat_url *base = NULL;
  size_t count = lariat_crawl_robots_sitemap_count(robots);
  if (rules->has_sitemaps ||
      lariat_url_parse(origin, strlen(origin), NULL, &base, NULL) != LARIAT_OK)
    return;
  rules->has_sitemaps = true;
  lr_crawl_namer by = {.in_scope_site = true};
  for (size_t i = 0; i < count; i++) {
    size_t length;
    const char *text = lariat_crawl_robots_sitemap_at(robots, i, &length, NULL);
    lr_crawl_find_sitemap(shard, &by, base, text, length);
  }
  if (count == 0 && has_seed(shard, origin))
    lr_crawl_find_sitemap(shard, &by, base, "/sitemap.xml",
                          strlen("/sitemap.xml"));
  lariat_url_free(base);
}

/* Tells politeness what is known of a site's robots.txt. */
static void set_known(lr_crawl_shard *shard, lr_crawl_site *site,
                      int64_t expires_s, int64_t crawl_delay_ms) {
  int64_t left_s = expires_s - (int64_t)time(NULL);
  lr_crawl_politeness_robots_known(
      site, now_of(shard) + (left_s > 0 ? left_s : 0) * second_ns,
      crawl_delay_ms);
}

bool lr_crawl_site_recall(lr_crawl_shard *shard, lr_crawl_site *site) {
  lr_crawl_robots_copy copy;
  if (!lr_crawl_robots_cache_find(shard->robots, lr_crawl_site_origin(site),
                                  &copy))
    return false;
  set_known(shard, site, copy.expires_s,
            lariat_crawl_robots_delay_ms(copy.rules, NULL));
  return true;
}

/* ---- Denials ---- */

/* Writes why a URL is not allowed, and returns which outcome that is. */
static lr_crawl_outcome_kind
explain(const lr_crawl_site_rules *rules, const lr_crawl_robots_copy *copy,
        const lariat_crawl_robots_decision *decision,
        char note[LR_CRAWL_MOST_NOTE]) {
  bool no_answer = decision->reason == LARIAT_CRAWL_ROBOTS_NO_ANSWER;
  const char *failure = rules && rules->failure ? rules->failure : "no answer";
  if (no_answer && copy->status)
    snprintf(note, LR_CRAWL_MOST_NOTE, "robots.txt: an answer of status %d",
             copy->status);
  else if (no_answer)
    snprintf(note, LR_CRAWL_MOST_NOTE, "robots.txt: %s", failure);
  else
    snprintf(note, LR_CRAWL_MOST_NOTE, "robots.txt, line %u: %.*s",
             decision->line,
             (int)(decision->text_length < 128 ? decision->text_length : 128),
             decision->text ? decision->text : "");
  return no_answer && !copy->status ? LR_CRAWL_FAILED : LR_CRAWL_ROBOTS;
}

/* ---- Steps ---- */

static void end_fetch(lr_crawl_site *site) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  lr_crawl_robots_fetch_free(rules->fetch);
  rules->fetch = NULL;
}

static void hold_until(lr_crawl_shard *shard, lr_crawl_site *site,
                       int64_t until_s) {
  int64_t left_s = until_s - (int64_t)time(NULL);
  lr_crawl_politeness_hold(site, now_of(shard) +
                                     (left_s > 0 ? left_s : 1) * second_ns);
}

/* Waits for a moment, without memory. */
static void hold_shortly(lr_crawl_shard *shard, lr_crawl_site *site) {
  end_fetch(site);
  lr_crawl_politeness_hold(site, now_of(shard) + second_ns);
}

/* A file that is there stays in the log as it is, where it was not changed, or
 * could not be asked for again. */
static void take_known(lr_crawl_shard *shard, lr_crawl_site *site,
                       const lr_crawl_robots_answer *answer,
                       const lr_crawl_robots_step *step) {
  lr_crawl_robots_copy copy;
  set_known(shard, site, step->expires_s, step->crawl_delay_ms);
  end_fetch(site);
  if (!lr_crawl_robots_cache_find(shard->robots, lr_crawl_site_origin(site),
                                  &copy))
    return;
  if (step->is_new || copy.access != LARIAT_CRAWL_ROBOTS_READ)
    tell_host(shard, site, answer);
  if (copy.access == LARIAT_CRAWL_ROBOTS_UNREACHABLE ||
      lr_crawl_politeness_is_skipped(site))
    lr_crawl_shard_give_site_up(shard, site);
  else
    offer_sitemaps(shard, site, copy.rules);
}

/* Goes on with a redirect: at the same origin it is the site's own next turn,
 * else one of the other's, on whichever shard that is. */
static void take_redirect(lr_crawl_shard *shard, lr_crawl_site *site,
                          const char *origin) {
  const lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  const char *asker = lr_crawl_site_origin(site);
  if (strcmp(origin, asker) == 0) {
    lr_crawl_politeness_hold(site, 0);
    return;
  }
  lr_crawl_visit *visit =
      lr_crawl_visit_new(shard->config.index, asker, origin, rules->fetch);
  if (!visit) {
    hold_shortly(shard, site);
    return;
  }
  lr_crawl_politeness_hold(site, INT64_MAX);
  shard->config.send_visit(
      shard->config.context,
      lr_crawl_shard_of(shard->config.settings, shard->config.count, origin),
      visit);
}

/* Takes an answer to a request for a site's robots.txt, from wherever; returns
 * whether it says what the rules are. */
static bool take_step(lr_crawl_shard *shard, lr_crawl_site *site,
                      const lr_crawl_robots_answer *answer,
                      const char *failure) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  if (!rules->fetch) return false;
  lariat_memory_release(rules->failure);
  rules->failure = failure ? lr_crawl_copy_text(failure) : NULL;
  lr_crawl_robots_step step =
      lr_crawl_robots_fetch_answer(rules->fetch, answer, (int64_t)time(NULL));
  if (step.kind == LR_CRAWL_ROBOTS_STEP_REDIRECT) {
    take_redirect(shard, site, step.origin);
  } else if (step.kind == LR_CRAWL_ROBOTS_STEP_KNOWN) {
    take_known(shard, site, answer, &step);
  } else {
    end_fetch(site);
    hold_until(shard, site, step.until_s);
  }
  return step.kind == LR_CRAWL_ROBOTS_STEP_KNOWN &&
         step.access != LARIAT_CRAWL_ROBOTS_UNREACHABLE;
}

/* ---- Answers ---- */

/* Reads an answer, whose body, without its codings, is in `content`. */
static lr_crawl_robots_answer read_answer(const lr_crawl_shard *shard,
                                          const lr_crawl_answer *answer,
                                          int64_t asked_ms,
                                          lr_crawl_content *content) {
  const lariat_response *response = answer->response;
  int64_t retry_after_ms = lr_crawl_shard_cap_retry_after(shard, asked_ms);
  *content = (lr_crawl_content){0};
  if (!response) return (lr_crawl_robots_answer){0};
  lariat_status status =
      lr_crawl_content_read(response, answer->body, answer->body_length,
                            LARIAT_CRAWL_ROBOTS_MOST_BYTES + 1, content);
  return (lr_crawl_robots_answer){
      .status = lariat_response_status(response),
      .incomplete = lariat_is_failure(answer->failure) || status != LARIAT_OK,
      .location = lariat_response_header(response, "Location"),
      .cache_control = lariat_response_header(response, "Cache-Control"),
      .etag = lariat_response_header(response, "ETag"),
      .last_modified = lariat_response_header(response, "Last-Modified"),
      .retry_after_s = retry_after_ms > 0 ? (retry_after_ms + 999) / 1000 : 0,
      .body = content->bytes ? content->bytes : "",
      .length = content->length};
}

static const char *read_failure(const lr_crawl_answer *answer) {
  return lariat_is_failure(answer->failure)
             ? lariat_failure_message(answer->failure)
             : NULL;
}

static bool is_cancelled(const lr_crawl_answer *answer) {
  return lariat_is_failure(answer->failure) &&
         lariat_failure_status(answer->failure) == LARIAT_ECANCELLED;
}

/* Ends the request of a turn. */
static lr_crawl_verdict end_turn(lr_crawl_shard *shard, lr_crawl_site *site,
                                 const lr_crawl_answer *answer,
                                 const lr_crawl_reply *reply) {
  if (answer->response)
    lr_crawl_politeness_set_address(
        site, lariat_response_remote_ip(answer->response));
  return lr_crawl_politeness_ended(site, reply, now_of(shard));
}

static void free_asking(lr_crawl_asking *asking) {
  lariat_url_free(asking->url);
  lariat_memory_release(asking);
}

/* Takes an answer at the site itself, and keeps what decides. */
static void take_own_step(lr_crawl_shard *shard, lr_crawl_site *site,
                          const lr_crawl_answer *answer,
                          const lr_crawl_reply *reply) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  lr_crawl_content content;
  char *url = rules->fetch
                  ? lr_crawl_copy_text(lr_crawl_robots_fetch_url(rules->fetch))
                  : NULL;
  lr_crawl_robots_answer read =
      read_answer(shard, answer, reply->retry_after_ms, &content);
  if (answer->response)
    snprintf(rules->ip, sizeof rules->ip, "%s",
             lariat_response_remote_ip(answer->response));
  if (take_step(shard, site, &read, read_failure(answer)) && url)
    lr_crawl_records_tell_robots(shard, site, url, answer);
  lariat_memory_release(url);
  lr_crawl_content_clear(&content);
}

/* While the crawler's network is gone a try is none. */
static void take_answer(void *context, const lr_crawl_answer *answer) {
  lr_crawl_asking *asking = context;
  lr_crawl_shard *shard = asking->shard;
  lr_crawl_reply reply = lr_crawl_reply_of(answer);
  lr_crawl_verdict verdict = end_turn(shard, asking->site, answer, &reply);
  if (verdict == LR_CRAWL_VERDICT_COUNTS && !is_cancelled(answer))
    take_own_step(shard, asking->site, answer, &reply);
  free_asking(asking);
  lr_crawl_shard_go_on(shard);
}

/* ---- Asking ---- */

/* Sends a request for robots.txt, which says where to, and who takes the
 * answer; false: no memory. */
static bool send_request(lr_crawl_shard *shard, lr_crawl_request request,
                         const lariat_header validators[2]) {
  lariat_header headers[2];
  size_t count = 0;
  for (int i = 0; i < 2; i++)
    if (validators[i].value) headers[count++] = validators[i];
  request.headers = headers;
  request.header_count = count;
  request.most_body = MOST_BODY;
  return lr_crawl_fetch_start(shard->fetcher, &request) == LARIAT_OK;
}

void lr_crawl_site_ask_robots(lr_crawl_shard *shard, lr_crawl_site *site) {
  lr_crawl_site_rules *rules = lr_crawl_site_rules_of(site);
  lr_crawl_asking *asking = lr_crawl_allocate(1, sizeof *asking);
  if (rules && asking && !rules->fetch)
    (void)lr_crawl_robots_fetch_new(shard->robots, lr_crawl_site_origin(site),
                                    &rules->fetch);
  if (rules && asking && rules->fetch) {
    const lr_crawl_robots_fetch *fetch = rules->fetch;
    const lariat_header validators[2] = {
        {"If-None-Match", lr_crawl_robots_fetch_etag(fetch)},
        {"If-Modified-Since", lr_crawl_robots_fetch_last_modified(fetch)}};
    *asking = (lr_crawl_asking){.shard = shard, .site = site};
    lr_crawl_request request = {.url = lr_crawl_robots_fetch_url(fetch),
                                .send_by_ns = lr_crawl_shard_send_by(asking),
                                .on_answer = take_answer,
                                .context = asking};
    if (send_request(shard, request, validators)) return;
  }
  lariat_memory_release(asking);
  lr_crawl_politeness_unsent(site, now_of(shard));
  lr_crawl_politeness_hold(site, now_of(shard) + second_ns);
}

/* ---- Visits ---- */

typedef struct visiting {
  lr_crawl_shard *shard;
  lr_crawl_site *visitor;
  lr_crawl_visit *visit;
} visiting;

/* Brings a visit back. */
static void bring_back(lr_crawl_shard *shard, lr_crawl_visit *visit,
                       const lr_crawl_robots_answer *answer,
                       const char *failure) {
  lr_crawl_visit_end(visit, answer, failure);
  shard->config.send_visit(shard->config.context, visit->from, visit);
}

static void take_visit_answer(void *context, const lr_crawl_answer *answer) {
  visiting *on_way = context;
  lr_crawl_shard *shard = on_way->shard;
  lr_crawl_reply reply = lr_crawl_reply_of(answer);
  lr_crawl_verdict verdict = end_turn(shard, on_way->visitor, answer, &reply);
  if (verdict == LR_CRAWL_VERDICT_COUNTS ||
      lr_crawl_politeness_add(on_way->visitor, on_way->visit, true)) {
    lr_crawl_content content;
    lr_crawl_robots_answer read =
        read_answer(shard, answer, reply.retry_after_ms, &content);
    lr_crawl_politeness_end_visit(on_way->visitor);
    bring_back(shard, on_way->visit, &read, read_failure(answer));
    lr_crawl_content_clear(&content);
  }
  lariat_memory_release(on_way);
  lr_crawl_shard_go_on(shard);
}

void lr_crawl_site_ask_visit(lr_crawl_shard *shard, lr_crawl_site *visitor,
                             lr_crawl_visit *visit) {
  visiting *on_way = lr_crawl_allocate(1, sizeof *on_way);
  const lariat_header validators[2] = {
      {"If-None-Match", visit->etag},
      {"If-Modified-Since", visit->last_modified}};
  if (on_way) {
    *on_way = (visiting){shard, visitor, visit};
    lr_crawl_request request = {
        .url = visit->url, .on_answer = take_visit_answer, .context = on_way};
    if (send_request(shard, request, validators)) return;
  }
  lariat_memory_release(on_way);
  lr_crawl_politeness_unsent(visitor, now_of(shard));
  lr_crawl_politeness_end_visit(visitor);
  bring_back(shard, visit, &(lr_crawl_robots_answer){0}, "out of memory");
}

/* Takes a visit whose host is the shard's. */
static void begin_visit(lr_crawl_shard *shard, lr_crawl_visit *visit) {
  lr_crawl_site *visitor = NULL;
  lariat_status status = lr_crawl_politeness_visitor(
      shard->politeness, visit->origin, visit->asker, &visitor);
  if (status == LARIAT_OK)
    status = lr_crawl_politeness_add(visitor, visit, false);
  if (status == LARIAT_OK) {
    lr_crawl_site_look_up(shard, visitor);
    return;
  }
  if (visitor) lr_crawl_politeness_end_visit(visitor);
  bring_back(shard, visit, &(lr_crawl_robots_answer){0},
             lariat_status_text(status));
}

static void end_visit(lr_crawl_shard *shard, lr_crawl_visit *visit) {
  lr_crawl_site *site;
  if (lr_crawl_politeness_site(shard->politeness, visit->asker, 0, &site) ==
          LARIAT_OK &&
      lr_crawl_site_data(site))
    take_step(shard, site, &visit->answer, visit->failure);
  lr_crawl_visit_free(visit);
}

void lr_crawl_shard_take_visit(lr_crawl_shard *shard, lr_crawl_visit *visit) {
  if (shard->stopping) {
    lr_crawl_visit_free(visit);
    return;
  }
  if (visit->is_done)
    end_visit(shard, visit);
  else
    begin_visit(shard, visit);
  lr_crawl_shard_go_on(shard);
}

/* ---- Decisions ---- */

lr_crawl_permission lr_crawl_site_permits(lr_crawl_shard *shard,
                                          const lr_crawl_asking *asking,
                                          char note[LR_CRAWL_MOST_NOTE],
                                          lr_crawl_outcome_kind *kind) {
  lr_crawl_site *site = asking->site;
  lariat_url_part host = lariat_url_host(asking->url);
  lr_crawl_robots_copy copy;
  if (!lr_crawl_settings_obeys_robots(shard->config.settings, host.bytes,
                                      host.length))
    return LR_CRAWL_PERMITTED;
  if (!lr_crawl_robots_cache_find(shard->robots, lr_crawl_site_origin(site),
                                  &copy))
    return LR_CRAWL_NOT_KNOWN;
  lariat_crawl_robots_decision decision =
      lariat_crawl_robots_decide_url(copy.rules, asking->url);
  if (decision.allowed) return LR_CRAWL_PERMITTED;
  *kind = explain(lr_crawl_site_data(site), &copy, &decision, note);
  return LR_CRAWL_DENIED;
}
