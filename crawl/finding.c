/* SPDX-License-Identifier: MIT
 * finding.c: what becomes of a URL that a page names: in scope or not, offered
 * lately or not; and on to the frontier. */
#include "finding.h"

#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "shard_private.h"

enum { MOST_SITEMAP_DEPTH = 5, SITEMAP_PRIORITY = 1 };

size_t lr_crawl_origin_of(const lariat_url *url, char *out, size_t capacity) {
  lariat_url_part scheme = lariat_url_scheme(url);
  lariat_url_part host = lariat_url_host(url);
  return (size_t)snprintf(out, capacity, "%.*s://%.*s:%u", (int)scheme.length,
                          scheme.bytes, (int)host.length, host.bytes,
                          lariat_url_port(url));
}

const char *lr_crawl_fetched_text(const lariat_url *url, size_t *length) {
  const char *text = lariat_url_text(url, length);
  lariat_url_part fragment = lariat_url_fragment(url);
  if (fragment.bytes) *length = (size_t)(fragment.bytes - text) - 1;
  return text;
}

uint64_t lr_crawl_fingerprint_of(const lariat_crawl_key_rules *rules,
                                 lr_crawl_hash_key key, const lariat_url *url) {
  char near[2048];
  size_t length = lariat_crawl_url_key(rules, url, near, sizeof near, NULL);
  if (length < sizeof near) return lr_crawl_fingerprint(key, near, length);
  char *text = lariat_memory_allocate(length + 1);
  if (!text) return 0;
  length = lariat_crawl_url_key(rules, url, text, length + 1, NULL);
  uint64_t fingerprint = lr_crawl_fingerprint(key, text, length);
  lariat_memory_release(text);
  return fingerprint;
}

/* ---- On to the frontier ---- */

static lr_crawl_find_result offer(lr_crawl_shard *shard,
                                  const lr_crawl_namer *by,
                                  const lr_crawl_named *named,
                                  uint8_t hops_off_site) {
  char origin[LR_CRAWL_MOST_ORIGIN];
  const lr_crawl_settings *settings = shard->config.settings;
  size_t length;
  const char *text = lr_crawl_fetched_text(named->url, &length);
  uint64_t fingerprint =
      lr_crawl_fingerprint_of(settings->keys, settings->hash, named->url);
  if (fingerprint && lr_crawl_recent_add(&shard->recent, fingerprint)) {
    shard->counts.duplicates++;
    return LR_CRAWL_FIND_RECENT;
  }
  lr_crawl_report *report = lr_crawl_shard_report(shard);
  bool fits =
      lr_crawl_origin_of(named->url, origin, sizeof origin) < sizeof origin;
  lr_crawl_found_url found = {.url = text,
                              .length = (uint32_t)length,
                              .fingerprint = fingerprint,
                              .origin = origin,
                              .depth = by->depth,
                              .priority = named->priority,
                              .hop = named->hop,
                              .hops_off_site = hops_off_site,
                              .via = by->id};
  if (named->hop == 'R' && by->redirects < UINT8_MAX)
    found.redirects = (uint8_t)(by->redirects + 1);
  if (report && fits && fingerprint && lr_crawl_report_add_url(report, &found))
    return LR_CRAWL_FIND_OFFERED;
  if (fits) shard->lost++;
  lr_crawl_recent_remove(&shard->recent, fingerprint);
  return LR_CRAWL_FIND_LOST;
}

static lr_crawl_find_result find(lr_crawl_shard *shard,
                                 const lr_crawl_namer *by,
                                 const lr_crawl_named *named) {
  lr_crawl_scope_question question = {.url = named->url,
                                      .depth = by->depth,
                                      .requisite = named->requisite,
                                      .via_in_scope_site = by->in_scope_site,
                                      .hops_off_site = by->hops_off_site,
                                      .judged = &shard->judged};
  lr_crawl_scope_decision decision =
      lr_crawl_scope_decide(shard->config.scope, &question);
  shard->rule = decision.rule;
  if (decision.accepted) return offer(shard, by, named, decision.hops_off_site);
  if (decision.trap)
    shard->counts.rejected_trap++;
  else
    shard->counts.rejected_scope++;
  return decision.trap ? LR_CRAWL_FIND_TRAP : LR_CRAWL_FIND_SCOPE;
}

lr_crawl_find_result lr_crawl_find(lr_crawl_shard *shard,
                                   const lr_crawl_namer *by,
                                   const lr_crawl_named *named) {
  if (!lariat_url_has_userinfo(named->url)) return find(shard, by, named);
  lr_crawl_named bare = *named;
  lariat_url *url = NULL;
  lariat_status status =
      lariat_url_copy_without(named->url, LARIAT_URL_USERINFO, &url);
  if (status != LARIAT_OK) {
    shard->lost += status == LARIAT_ENOMEM;
    return LR_CRAWL_FIND_LOST;
  }
  bare.url = url;
  lr_crawl_find_result result = find(shard, by, &bare);
  lariat_url_free(url);
  return result;
}

/* ---- Sitemaps ---- */

static bool share_domain(const lariat_url *a, const lariat_url *b) {
  char one[256], other[256];
  lariat_url_part host = lariat_url_host(a);
  size_t length = lr_crawl_domain(host.bytes, host.length, one, sizeof one);
  host = lariat_url_host(b);
  return length < sizeof one &&
         lr_crawl_domain(host.bytes, host.length, other, sizeof other) ==
             length &&
         memcmp(one, other, length) == 0;
}

/* A sitemap is no page: it may be where the scope does not lead, but not on
 * another's site. */
void lr_crawl_find_sitemap(lr_crawl_shard *shard, const lr_crawl_namer *by,
                           const lariat_url *base, const char *text,
                           size_t length) {
  lariat_url *url = NULL;
  if (shard->config.settings->options.no_sitemaps ||
      by->depth > MOST_SITEMAP_DEPTH ||
      lariat_url_parse(text, length, base, &url, NULL) != LARIAT_OK)
    return;
  if (share_domain(base, url) && !lariat_url_has_userinfo(url))
    (void)offer(
        shard, by,
        &(lr_crawl_named){.url = url, .hop = 'S', .priority = SITEMAP_PRIORITY},
        0);
  lariat_url_free(url);
}
