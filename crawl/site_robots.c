/* SPDX-License-Identifier: MIT
 * site_robots.c: the robots.txt of a shard's sites: asked for in the site's
 * turn, its redirects too, before any URL of the site is. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "content.h"
#include "finding.h"
#include "memory.h"
#include "shard_private.h"

static const int64_t second_ns = 1000000000;

enum { DAY_S = 24 * 3600, HOUR_S = 3600, LEAST_RETRY_MS = 1000 };

lr_crawl_site_rules *lr_crawl_site_rules_of(lr_crawl_shard *shard,
                                            lr_crawl_site *site) {
  (void)shard;
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  if (rules) return rules;
  rules = lr_crawl_allocate(1, sizeof *rules);
  lr_crawl_site_set_data(site, rules);
  return rules;
}

void lr_crawl_site_rules_free(lr_crawl_site_rules *rules) {
  if (!rules) return;
  lariat_crawl_robots_free(rules->robots);
  lariat_memory_release(rules->url);
  lariat_memory_release(rules);
}

/* ---- What is known ---- */

static void tell_host(lr_crawl_shard *shard, lr_crawl_site *site,
                      const lr_crawl_answer *answer,
                      const lr_crawl_content *content, int64_t expires_s) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  lr_crawl_report *report = lr_crawl_shard_report(shard);
  int64_t delay_ms = lariat_crawl_robots_delay_ms(rules->robots, NULL);
  lr_crawl_host_facts facts = {
      .host = lr_crawl_site_host_id(site),
      .ip = answer && answer->response
                ? lariat_response_remote_ip(answer->response)
                : NULL,
      .robots_at_s = (int64_t)time(NULL),
      .robots_expires_s = expires_s,
      .robots_status = rules->status,
      .robots = content && content->length ? content->bytes : NULL,
      .robots_length = content ? content->length : 0,
      .delay_ms = delay_ms > 0 ? (uint32_t)delay_ms : 0,
      .note = *rules->failure ? rules->failure : NULL};
  if (report) (void)lr_crawl_report_add_host(report, &facts);
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
static void offer_sitemaps(lr_crawl_shard *shard, lr_crawl_site *site) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  const char *origin = lr_crawl_site_origin(site);
  lariat_url *base = NULL;
  size_t count = lariat_crawl_robots_sitemap_count(rules->robots);
  if (rules->has_sitemaps ||
      lariat_url_parse(origin, strlen(origin), NULL, &base, NULL) != LARIAT_OK)
    return;
  rules->has_sitemaps = true;
  lr_crawl_namer by = {.in_scope_site = true};
  for (size_t i = 0; i < count; i++) {
    size_t length;
    const char *text =
        lariat_crawl_robots_sitemap_at(rules->robots, i, &length, NULL);
    lr_crawl_find_sitemap(shard, &by, base, text, length);
  }
  if (count == 0 && has_seed(shard, origin))
    lr_crawl_find_sitemap(shard, &by, base, "/sitemap.xml",
                          strlen("/sitemap.xml"));
  lariat_url_free(base);
}

/* Takes rules that are good for so long. */
static void set_rules(lr_crawl_shard *shard, lr_crawl_site *site,
                      lariat_crawl_robots *robots, int64_t good_s) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  int64_t now_ns = (int64_t)lariat_reactor_now_ns(shard->reactor);
  lariat_crawl_robots_free(rules->robots);
  rules->robots = robots;
  rules->redirects = 0;
  lariat_memory_release(rules->url);
  rules->url = NULL;
  lr_crawl_politeness_robots_known(site, now_ns + good_s * second_ns,
                                   lariat_crawl_robots_delay_ms(robots, NULL));
}

/* ---- Answers ---- */

static void hold(lr_crawl_shard *shard, lr_crawl_site *site, uint64_t ms) {
  int64_t now_ns = (int64_t)lariat_reactor_now_ns(shard->reactor);
  lr_crawl_politeness_hold(site, now_ns + (int64_t)ms * 1000000);
}

static lariat_status take_file(lr_crawl_shard *shard, lr_crawl_site *site,
                               const lr_crawl_answer *answer) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  lariat_crawl_robots *robots = NULL;
  lr_crawl_content content;
  (void)lr_crawl_content_read(answer->response, answer->body,
                              answer->body_length,
                              LARIAT_CRAWL_ROBOTS_MOST_BYTES, &content);
  lariat_status status = lariat_crawl_robots_parse(
      content.bytes, content.length, shard->config.settings->user_agent,
      &robots);
  if (status == LARIAT_OK) {
    rules->tries = 0;
    set_rules(shard, site, robots, DAY_S);
    tell_host(shard, site, answer, &content, (int64_t)time(NULL) + DAY_S);
    offer_sitemaps(shard, site);
  }
  lr_crawl_content_clear(&content);
  return status;
}

static lariat_status take_none(lr_crawl_shard *shard, lr_crawl_site *site,
                               const lr_crawl_answer *answer,
                               lariat_crawl_robots_access access) {
  lariat_crawl_robots *robots = NULL;
  bool unavailable = access == LARIAT_CRAWL_ROBOTS_UNAVAILABLE;
  int64_t good_s = unavailable ? DAY_S : HOUR_S;
  lariat_status status = lariat_crawl_robots_without_file(access, &robots);
  if (status != LARIAT_OK) return status;
  set_rules(shard, site, robots, good_s);
  tell_host(shard, site, answer, NULL, (int64_t)time(NULL) + good_s);
  if (unavailable) offer_sitemaps(shard, site);
  return status;
}

/* Follows a redirect: its URL is what the site's next turn asks for. */
static bool take_redirect(lr_crawl_site *site, const lr_crawl_answer *answer,
                          const lariat_url *base) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  const char *location = lariat_response_header(answer->response, "Location");
  lariat_url *url = NULL, *bare = NULL;
  if (!location || lariat_url_parse(location, strlen(location), base, &url,
                                    NULL) != LARIAT_OK)
    return false;
  char *text = NULL;
  if (lariat_url_copy_without(url, LARIAT_URL_USERINFO | LARIAT_URL_FRAGMENT,
                              &bare) == LARIAT_OK)
    text = lr_crawl_copy_text(lariat_url_text(bare, NULL));
  lariat_url_free(url);
  lariat_url_free(bare);
  if (!text) return false;
  rules->redirects++;
  lariat_memory_release(rules->url);
  rules->url = text;
  return true;
}

static void note_failure(lr_crawl_site_rules *rules,
                         const lr_crawl_answer *answer) {
  rules->failure[0] = '\0';
  if (lariat_is_failure(answer->failure))
    snprintf(rules->failure, sizeof rules->failure, "%s",
             lariat_failure_message(answer->failure));
}

/* Takes what cannot be reached: what was known before stays; else it is tried
 * again, and then nothing is allowed. */
static lariat_status take_unreachable(lr_crawl_shard *shard,
                                      lr_crawl_site *site,
                                      const lr_crawl_answer *answer) {
  const lariat_crawl_options *options = &shard->config.settings->options;
  lr_crawl_site_rules *rules = lr_crawl_site_data(site);
  uint64_t wait_ms =
      lr_crawl_settings_retry_ms(shard->config.settings, rules->tries);
  if (rules->robots) {
    int64_t now_ns = (int64_t)lariat_reactor_now_ns(shard->reactor);
    lr_crawl_politeness_robots_known(
        site, now_ns + HOUR_S * second_ns,
        lariat_crawl_robots_delay_ms(rules->robots, NULL));
    return LARIAT_OK;
  }
  if (rules->tries++ >= options->retries)
    return take_none(shard, site, answer, LARIAT_CRAWL_ROBOTS_UNREACHABLE);
  hold(shard, site, wait_ms);
  return LARIAT_OK;
}

static lariat_status take_robots(lr_crawl_asking *asking,
                                 const lr_crawl_answer *answer) {
  lr_crawl_site_rules *rules = lr_crawl_site_data(asking->site);
  bool answered = answer->response && (lariat_is_none(answer->failure) ||
                                       answer->body_length);
  rules->status = answered ? lariat_response_status(answer->response) : 0;
  note_failure(rules, answer);
  lariat_crawl_robots_access access =
      lariat_crawl_robots_access_of(rules->status, rules->redirects);
  if (access == LARIAT_CRAWL_ROBOTS_REDIRECT) {
    if (take_redirect(asking->site, answer, asking->url)) return LARIAT_OK;
    access = LARIAT_CRAWL_ROBOTS_UNAVAILABLE;
  }
  if (access == LARIAT_CRAWL_ROBOTS_READ)
    return take_file(asking->shard, asking->site, answer);
  if (access == LARIAT_CRAWL_ROBOTS_UNAVAILABLE)
    return take_none(asking->shard, asking->site, answer, access);
  return take_unreachable(asking->shard, asking->site, answer);
}

static void free_asking(lr_crawl_asking *asking) {
  lariat_url_free(asking->url);
  lariat_memory_release(asking);
}

static void take_answer(void *context, const lr_crawl_answer *answer) {
  lr_crawl_asking *asking = context;
  lr_crawl_shard *shard = asking->shard;
  lr_crawl_reply reply = lr_crawl_reply_of(answer);
  if (answer->response && !((lr_crawl_site_rules *)lr_crawl_site_data(
                                asking->site))
                               ->redirects)
    lr_crawl_politeness_set_address(
        asking->site, lariat_response_remote_ip(answer->response));
  (void)lr_crawl_politeness_ended(
      asking->site, &reply, (int64_t)lariat_reactor_now_ns(shard->reactor));
  bool cancelled = lariat_is_failure(answer->failure) &&
                   lariat_failure_status(answer->failure) == LARIAT_ECANCELLED;
  if (!cancelled && take_robots(asking, answer) != LARIAT_OK)
    hold(shard, asking->site, LEAST_RETRY_MS);
  free_asking(asking);
  lr_crawl_shard_go_on(shard);
}

/* ---- Asking ---- */

/* Returns the URL of a text, relative to `base`; NULL: it is none. */
static lariat_url *parse_url(const char *text, const lariat_url *base) {
  lariat_url *url = NULL;
  lariat_status status = lariat_url_parse(text, strlen(text), base, &url, NULL);
  return status == LARIAT_OK ? url : NULL;
}

static lariat_url *make_url(lr_crawl_site *site,
                            const lr_crawl_site_rules *rules) {
  if (rules->url) return parse_url(rules->url, NULL);
  lariat_url *base = parse_url(lr_crawl_site_origin(site), NULL);
  lariat_url *url = base ? parse_url("/robots.txt", base) : NULL;
  lariat_url_free(base);
  return url;
}

void lr_crawl_site_ask_robots(lr_crawl_shard *shard, lr_crawl_site *site) {
  int64_t now_ns = (int64_t)lariat_reactor_now_ns(shard->reactor);
  lr_crawl_site_rules *rules = lr_crawl_site_rules_of(shard, site);
  lr_crawl_asking *asking = lr_crawl_allocate(1, sizeof *asking);
  lariat_url *url = rules && asking ? make_url(site, rules) : NULL;
  if (url) {
    *asking = (lr_crawl_asking){.shard = shard, .site = site, .url = url};
    lr_crawl_request request = {.url = lariat_url_text(url, NULL),
                                .on_answer = take_answer,
                                .context = asking};
    if (lr_crawl_fetch_start(shard->fetcher, &request) == LARIAT_OK) return;
  }
  lariat_url_free(url);
  lariat_memory_release(asking);
  lr_crawl_politeness_unsent(site, now_ns);
  lr_crawl_politeness_hold(site, now_ns + second_ns);
}
