/* SPDX-License-Identifier: MIT
 * explanation.c: a URL's key, the scope's decision, the links that led to it,
 * its robots.txt, and what came of it. */
#include "explanation.h"

#include <string.h>
#include <time.h>

#include <lariat/crawl/robots.h>

#include "finding.h"
#include "memory.h"
#include "outcome_kind.h"

enum { MOST_PATH = 256 };

lariat_status lr_crawl_explained_url(const char *text, lariat_url **out) {
  lariat_url *url = NULL;
  *out = NULL;
  lariat_status status = lariat_url_parse(text, strlen(text), NULL, &url, NULL);
  if (status == LARIAT_OK)
    status = lariat_url_copy_without(
        url, LARIAT_URL_USERINFO | LARIAT_URL_FRAGMENT, out);
  lariat_url_free(url);
  return status;
}

/* ---- Texts ---- */

static void add_name(lr_crawl_bytes *json, const char *name) {
  lr_crawl_bytes_format(json, ",\"%s\":", name);
}

static void add_text(lr_crawl_bytes *json, const char *name,
                     const char *value) {
  add_name(json, name);
  lr_crawl_bytes_add_json(json, value);
}

static void add_number(lr_crawl_bytes *json, const char *name, int64_t value) {
  lr_crawl_bytes_format(json, ",\"%s\":%lld", name, (long long)value);
}

static const char *name_bool(bool value) { return value ? "true" : "false"; }

/* ---- Key ---- */

typedef size_t write_form(const lr_crawl_explained *about,
                          const lariat_url *url, char *out, size_t capacity);

static size_t write_key(const lr_crawl_explained *about, const lariat_url *url,
                        char *out, size_t capacity) {
  return lariat_crawl_url_key(about->settings->keys, url, out, capacity, NULL);
}

static size_t write_surt(const lr_crawl_explained *about, const lariat_url *url,
                         char *out, size_t capacity) {
  (void)about;
  return lariat_crawl_surt(url, out, capacity);
}

static void add_form(const lr_crawl_explained *about, const lariat_url *url,
                     const char *name, write_form *write,
                     lr_crawl_bytes *json) {
  size_t length;
  (void)lariat_url_text(url, &length);
  char *form = lariat_memory_allocate(length + LARIAT_CRAWL_KEY_MOST_MORE);
  if (form) (void)write(about, url, form, length + LARIAT_CRAWL_KEY_MOST_MORE);
  add_text(json, name, form);
  lariat_memory_release(form);
}

/* Adds the names of the rules that have made the key another one. */
static void add_merged(const lr_crawl_explained *about, const lariat_url *url,
                       lr_crawl_bytes *json) {
  unsigned merged = 0;
  char mark[2] = "";
  (void)lariat_crawl_url_key(about->settings->keys, url, NULL, 0, &merged);
  add_name(json, "merged_by");
  lr_crawl_bytes_add_text(json, "[");
  for (unsigned bit = 1; bit <= merged; bit <<= 1) {
    const char *name =
        merged & bit ? lariat_crawl_key_rule_name((lariat_crawl_key_rule)bit)
                     : NULL;
    if (!name) continue;
    lr_crawl_bytes_add_text(json, mark);
    lr_crawl_bytes_add_json(json, name);
    mark[0] = ',';
  }
  lr_crawl_bytes_add_text(json, "]");
}

/* ---- Scope ---- */

/* Finds whether the page that a URL was found on is of the seeds' sites; of one
 * that nobody has found it is. */
static bool is_via_on_site(const lr_crawl_explained *about,
                           const lr_crawl_known_url *known, uint8_t *hops) {
  lr_crawl_known_url via;
  lariat_url *url = NULL;
  bool on_site = true;
  *hops = 0;
  if (!known->via || lr_crawl_frontier_read_url(about->frontier, known->via,
                                                &via) != LARIAT_OK)
    return true;
  *hops = via.hops_off_site;
  if (lr_crawl_explained_url(via.url, &url) == LARIAT_OK)
    on_site = lr_crawl_scope_decide(about->scope,
                                    &(lr_crawl_scope_question){.url = url})
                  .on_site;
  lariat_url_free(url);
  lariat_memory_release(via.url);
  return on_site;
}

static void add_scope(const lr_crawl_explained *about, const lariat_url *url,
                      const lr_crawl_known_url *known, lr_crawl_bytes *json) {
  lr_crawl_scope_question question = {
      .url = url, .depth = known->depth, .requisite = known->hop == 'E'};
  bool is_seed = known->hop == '-';
  question.via_in_scope_site =
      is_via_on_site(about, known, &question.hops_off_site);
  lr_crawl_scope_decision decision =
      lr_crawl_scope_decide(about->scope, &question);
  bool accepted = decision.accepted || is_seed || known->hop == 'S';
  lr_crawl_bytes_format(json, ",\"scope\":{\"accepted\":%s,\"trap\":%s",
                        name_bool(accepted),
                        name_bool(decision.trap && !accepted));
  add_text(json, "rule",
           is_seed             ? "a seed"
           : known->hop == 'S' ? "a sitemap"
                               : decision.rule);
  lr_crawl_bytes_add_text(json, "}");
}

/* ---- The way to it ---- */

static void add_step(const lr_crawl_known_url *known, lr_crawl_bytes *json) {
  lr_crawl_bytes_format(json, "{\"hop\":\"%c\"", known->hop);
  add_text(json, "url", known->url);
  lr_crawl_bytes_add_text(json, "}");
}

/* Adds the URLs from this one back to a seed, or to what robots.txt named. */
static void add_path(const lr_crawl_explained *about,
                     const lr_crawl_known_url *known, lr_crawl_bytes *json) {
  uint64_t via = known->via;
  add_name(json, "found_by");
  lr_crawl_bytes_add_text(json, "[");
  for (unsigned i = 0; via && i < MOST_PATH; i++) {
    lr_crawl_known_url step;
    if (lr_crawl_frontier_read_url(about->frontier, via, &step) != LARIAT_OK)
      break;
    if (i) lr_crawl_bytes_add_text(json, ",");
    add_step(&step, json);
    via = step.via;
    lariat_memory_release(step.url);
  }
  lr_crawl_bytes_add_text(json, "]");
}

/* ---- Robots ---- */

static void add_decision(const lariat_crawl_robots *robots,
                         const lariat_url *url, lr_crawl_bytes *json) {
  lariat_crawl_robots_decision decision =
      lariat_crawl_robots_decide_url(robots, url);
  lr_crawl_bytes_format(json, ",\"allowed\":%s", name_bool(decision.allowed));
  add_text(json, "reason", lariat_crawl_robots_reason_text(decision.reason));
  add_number(json, "line", decision.line);
  add_number(json, "group_line", decision.group_line);
  add_name(json, "rule");
  if (decision.text)
    lr_crawl_bytes_add_json_part(json, decision.text, decision.text_length);
  else
    lr_crawl_bytes_add_json(json, NULL);
}

/* Makes the rules of what is known of a host; NULL: nothing is. */
static lariat_crawl_robots *make_rules(const lr_crawl_explained *about,
                                       const lr_crawl_host_facts *facts) {
  lariat_crawl_robots *robots = NULL;
  lariat_crawl_robots_access access = lariat_crawl_robots_access_of(
      facts->robots_status, LARIAT_CRAWL_ROBOTS_MOST_REDIRECTS);
  lariat_status status =
      access == LARIAT_CRAWL_ROBOTS_READ
          ? lariat_crawl_robots_parse(facts->robots ? facts->robots : "",
                                      facts->robots_length,
                                      about->settings->user_agent, &robots)
          : lariat_crawl_robots_without_file(
                access == LARIAT_CRAWL_ROBOTS_UNREACHABLE
                    ? access
                    : LARIAT_CRAWL_ROBOTS_UNAVAILABLE,
                &robots);
  return status == LARIAT_OK ? robots : NULL;
}

static void add_robots(const lr_crawl_explained *about, const lariat_url *url,
                       uint64_t host, lr_crawl_bytes *json) {
  lr_crawl_host_facts facts;
  lariat_url_part name = lariat_url_host(url);
  add_name(json, "robots");
  if (!host || !lr_crawl_frontier_host(about->frontier, host, &facts) ||
      !facts.robots_at_s) {
    lr_crawl_bytes_add_text(json, "null");
    return;
  }
  lariat_crawl_robots *robots = make_rules(about, &facts);
  lr_crawl_bytes_format(json, "{\"obeyed\":%s",
                        name_bool(lr_crawl_settings_obeys_robots(
                            about->settings, name.bytes, name.length)));
  add_number(json, "status", facts.robots_status);
  add_number(json, "age_s", (int64_t)time(NULL) - facts.robots_at_s);
  if (robots) add_decision(robots, url, json);
  lr_crawl_bytes_add_text(json, "}");
  lariat_crawl_robots_free(robots);
}

/* ---- Outcomes ---- */

typedef struct outcome_list {
  lr_crawl_bytes *json;
  bool any;
  lr_crawl_outcome_kind last;
  int64_t next_s;
} outcome_list;

static bool add_outcome(void *context, const lr_crawl_past_outcome *outcome) {
  outcome_list *list = context;
  lr_crawl_bytes *json = list->json;
  lr_crawl_bytes_format(json, "%s{\"kind\":\"%s\"", list->any ? "," : "",
                        lr_crawl_outcome_kind_name(outcome->kind));
  add_number(json, "status", outcome->status);
  add_number(json, "at", outcome->at_ns / 1000000000);
  add_number(json, "time_ms", outcome->took_ms);
  add_number(json, "bytes", (int64_t)outcome->bytes);
  add_text(json, "content_type", outcome->type);
  add_text(json, "note", outcome->note);
  add_text(json, "warc", outcome->warc);
  if (outcome->warc) {
    add_number(json, "offset",
               (int64_t)(outcome->offset + outcome->response_offset));
    add_number(json, "length", (int64_t)outcome->response_length);
  }
  if (outcome->next_s) add_number(json, "next", outcome->next_s);
  lr_crawl_bytes_add_text(json, "}");
  list->any = true;
  list->last = outcome->kind;
  list->next_s = outcome->next_s;
  return true;
}

static const char *name_state(const lr_crawl_known_url *known,
                              const outcome_list *list) {
  if (!known->id) return "not seen";
  if (!list->any) return "queued";
  return list->last == LR_CRAWL_LATER ? "later" : "done";
}

/* Adds how many URLs of its host are asked for before a queued one. */
static void add_place(const lr_crawl_explained *about,
                      const lr_crawl_known_url *known, lr_crawl_bytes *json) {
  uint64_t count;
  if (lr_crawl_frontier_count_before(about->frontier, known, &count) ==
      LARIAT_OK)
    add_number(json, "before_it", (int64_t)count);
}

static void add_outcomes(const lr_crawl_explained *about,
                         const lr_crawl_known_url *known,
                         lr_crawl_bytes *json) {
  outcome_list list = {.json = json};
  add_name(json, "outcomes");
  lr_crawl_bytes_add_text(json, "[");
  if (known->id)
    (void)lr_crawl_frontier_each_outcome(about->frontier, known->id,
                                         add_outcome, &list);
  lr_crawl_bytes_add_text(json, "]");
  add_text(json, "state", name_state(known, &list));
  if (known->id && !list.any) add_place(about, known, json);
}

/* ---- All of it ---- */

void lr_crawl_explain(const lr_crawl_explained *about, const lariat_url *url,
                      lr_crawl_bytes *json) {
  char origin[LR_CRAWL_MOST_ORIGIN];
  lr_crawl_known_url known = {0};
  uint64_t fingerprint =
      lr_crawl_fingerprint_of(about->settings->keys, about->hash, url);
  if (fingerprint)
    (void)lr_crawl_frontier_find_url(about->frontier, fingerprint, &known);
  lr_crawl_bytes_add_text(json, "{\"url\":");
  lr_crawl_bytes_add_json(json, lariat_url_text(url, NULL));
  add_form(about, url, "key", write_key, json);
  add_merged(about, url, json);
  add_form(about, url, "surt", write_surt, json);
  lr_crawl_bytes_format(json, ",\"seen\":%s", name_bool(known.id != 0));
  add_text(json, "seen_as", known.url);
  add_number(json, "depth", known.depth);
  add_scope(about, url, &known, json);
  add_path(about, &known, json);
  uint64_t host = lr_crawl_origin_of(url, origin, sizeof origin) < sizeof origin
                      ? lr_crawl_frontier_find_host(about->frontier, origin)
                      : 0;
  add_robots(about, url, host, json);
  add_outcomes(about, &known, json);
  lariat_memory_release(known.url);
}
