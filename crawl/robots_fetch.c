/* SPDX-License-Identifier: MIT
 * robots_fetch.c: from answer to answer. */
#include "robots_fetch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "memory.h"
#include <lariat/url.h>

/* The longest wait for what is unreachable: an hour. */
enum { LONGEST_RETRY_S = 3600 };

struct lr_crawl_robots_fetch {
  lr_crawl_robots_cache *cache;
  unsigned redirects;
  char *url;
  char *next_origin; /* of the last redirect; NULL: none */
  char origin[];
};

/* ---- Where it is ---- */

lariat_status lr_crawl_robots_fetch_new(lr_crawl_robots_cache *cache,
                                        const char *origin,
                                        lr_crawl_robots_fetch **out) {
  static const char path[] = "/robots.txt";
  size_t length = strlen(origin);
  lr_crawl_robots_fetch *fetch =
      lr_crawl_allocate(1, sizeof *fetch + length + 1);
  *out = NULL;
  if (!fetch) return LARIAT_ENOMEM;
  fetch->cache = cache;
  memcpy(fetch->origin, origin, length);
  fetch->url = lariat_memory_allocate(length + sizeof path);
  if (!fetch->url) {
    lariat_memory_release(fetch);
    return LARIAT_ENOMEM;
  }
  memcpy(fetch->url, origin, length);
  memcpy(fetch->url + length, path, sizeof path);
  *out = fetch;
  return LARIAT_OK;
}

void lr_crawl_robots_fetch_free(lr_crawl_robots_fetch *fetch) {
  if (!fetch) return;
  lariat_memory_release(fetch->url);
  lariat_memory_release(fetch->next_origin);
  lariat_memory_release(fetch);
}

const char *lr_crawl_robots_fetch_url(const lr_crawl_robots_fetch *fetch) {
  return fetch->url;
}

/* Returns what is known, if it is a file that was got at this very URL. */
static bool find_copy_here(const lr_crawl_robots_fetch *fetch,
                           lr_crawl_robots_change *out) {
  *out = lr_crawl_robots_cache_last(fetch->cache, fetch->origin);
  if (out->access != LARIAT_CRAWL_ROBOTS_READ || !out->at_s) return false;
  return out->url ? strcmp(out->url, fetch->url) == 0 : !fetch->redirects;
}

const char *lr_crawl_robots_fetch_etag(const lr_crawl_robots_fetch *fetch) {
  lr_crawl_robots_change copy;
  return find_copy_here(fetch, &copy) ? copy.etag : NULL;
}

const char *
lr_crawl_robots_fetch_last_modified(const lr_crawl_robots_fetch *fetch) {
  lr_crawl_robots_change copy;
  return find_copy_here(fetch, &copy) ? copy.last_modified : NULL;
}

static char *write_origin(const lariat_url *url) {
  lariat_url_part scheme = lariat_url_scheme(url), host = lariat_url_host(url);
  size_t length = scheme.length + host.length + sizeof "://:65535";
  char *origin = lariat_memory_allocate(length);
  if (origin)
    snprintf(origin, length, "%.*s://%.*s:%u", (int)scheme.length, scheme.bytes,
             (int)host.length, host.bytes, lariat_url_port(url));
  return origin;
}

static bool set_url(lr_crawl_robots_fetch *fetch, const lariat_url *url) {
  size_t length;
  const char *text = lariat_url_text(url, &length);
  char *copy = lr_crawl_copy_bytes(text, length);
  char *origin = write_origin(url);
  if (!copy || !origin) {
    lariat_memory_release(copy);
    lariat_memory_release(origin);
    return false;
  }
  lariat_memory_release(fetch->url);
  lariat_memory_release(fetch->next_origin);
  fetch->url = copy;
  fetch->next_origin = origin;
  fetch->redirects++;
  return true;
}

/* Goes to where the answer leads, without its fragment and password. */
static lariat_status follow(lr_crawl_robots_fetch *fetch,
                            const char *location) {
  lariat_url *base = NULL, *to = NULL, *bare = NULL;
  lariat_status status =
      lariat_url_parse(fetch->url, strlen(fetch->url), NULL, &base, NULL);
  if (!status)
    status = lariat_url_parse(location, strlen(location), base, &to, NULL);
  if (!status)
    status = lariat_url_copy_without(
        to, LARIAT_URL_USERINFO | LARIAT_URL_FRAGMENT, &bare);
  if (!status && !set_url(fetch, bare)) status = LARIAT_ENOMEM;
  lariat_url_free(base);
  lariat_url_free(to);
  lariat_url_free(bare);
  return status;
}

/* ---- How long it is good ---- */

/* Returns the seconds of a "max-age=N" at `text`; -1: it is none. */
static int64_t read_max_age(const char *text) {
  static const char name[] = "max-age=";
  int64_t seconds = 0;
  if (strncasecmp(text, name, sizeof name - 1) != 0) return -1;
  text += sizeof name - 1;
  if (*text == '"') text++;
  if (*text < '0' || *text > '9') return -1;
  while (*text >= '0' && *text <= '9' && seconds < INT32_MAX)
    seconds = seconds * 10 + (*text++ - '0');
  return seconds;
}

static bool begins_with(const char *text, const char *word) {
  return strncasecmp(text, word, strlen(word)) == 0;
}

/* Returns what Cache-Control gives for an age (RFC 9111, 5.2.2); -1:
 * nothing. */
static int64_t find_age(const char *cache_control) {
  for (const char *at = cache_control; at && *at;) {
    at += strspn(at, ", \t");
    int64_t age_s = read_max_age(at);
    if (age_s >= 0) return age_s;
    if (begins_with(at, "no-cache") || begins_with(at, "no-store")) return 0;
    at += strcspn(at, ",");
  }
  return -1;
}

static int64_t find_expiry(const lr_crawl_robots_fetch *fetch,
                           const lr_crawl_robots_answer *answer,
                           int64_t now_s) {
  const lr_crawl_robots_options *options =
      lr_crawl_robots_cache_options(fetch->cache);
  int64_t age_s = find_age(answer->cache_control);
  if (age_s < 0 || age_s > options->most_age_s) age_s = options->most_age_s;
  if (age_s < options->least_age_s) age_s = options->least_age_s;
  return now_s + age_s;
}

static int64_t find_retry(const lr_crawl_robots_options *options,
                          unsigned tries) {
  int64_t wait_s = options->retry_s;
  while (--tries && wait_s < LONGEST_RETRY_S) wait_s *= 2;
  return wait_s < LONGEST_RETRY_S ? wait_s : LONGEST_RETRY_S;
}

/* ---- Steps ---- */

/* Tells what is known by now. */
static lr_crawl_robots_step show_known(const lr_crawl_robots_fetch *fetch) {
  lr_crawl_robots_copy copy;
  lr_crawl_robots_step step = {.kind = LR_CRAWL_ROBOTS_STEP_KNOWN,
                               .crawl_delay_ms = -1};
  if (!lr_crawl_robots_cache_find(fetch->cache, fetch->origin, &copy))
    return step;
  step.expires_s = copy.expires_s;
  step.crawl_delay_ms = lariat_crawl_robots_delay_ms(copy.rules, NULL);
  return step;
}

static bool put(lr_crawl_robots_fetch *fetch,
                const lr_crawl_robots_change *change) {
  return lr_crawl_robots_cache_put(fetch->cache, fetch->origin, change) ==
         LARIAT_OK;
}

static lr_crawl_robots_step hold(int64_t until_s) {
  return (lr_crawl_robots_step){.kind = LR_CRAWL_ROBOTS_STEP_HOLD,
                                .until_s = until_s,
                                .crawl_delay_ms = -1};
}

/* Puts rules in that are made up, where there are none to be had. */
static lr_crawl_robots_step settle(lr_crawl_robots_fetch *fetch,
                                   lariat_crawl_robots_access access,
                                   lr_crawl_robots_change *change,
                                   int64_t now_s) {
  int64_t retry_s = lr_crawl_robots_cache_options(fetch->cache)->retry_s;
  change->access = access;
  change->at_s = now_s;
  change->etag = change->last_modified = change->url = NULL;
  if (lariat_crawl_robots_without_file(access, &change->rules) ||
      !put(fetch, change))
    return hold(now_s + retry_s);
  return show_known(fetch);
}

/* The copy decides for as long as it takes.  Without one the origin is held,
 * and is not asked for ever. */
static lr_crawl_robots_step
take_unreachable(lr_crawl_robots_fetch *fetch,
                 const lr_crawl_robots_answer *answer, int64_t now_s) {
  const lr_crawl_robots_options *options =
      lr_crawl_robots_cache_options(fetch->cache);
  lr_crawl_robots_change change =
      lr_crawl_robots_cache_last(fetch->cache, fetch->origin);
  bool has_copy = change.at_s && change.access == LARIAT_CRAWL_ROBOTS_READ;
  if (!change.unreachable_since_s) change.unreachable_since_s = now_s;
  int64_t wait_s = find_retry(options, ++change.tries);
  if (answer->retry_after_s > wait_s) wait_s = answer->retry_after_s;
  if (wait_s > options->most_age_s) wait_s = options->most_age_s;
  change.expires_s = now_s + wait_s;
  change.status = answer->status;
  if (!has_copy && now_s - change.unreachable_since_s >= options->unavailable_s)
    return settle(fetch, LARIAT_CRAWL_ROBOTS_UNAVAILABLE, &change, now_s);
  if (!has_copy && change.tries >= options->most_tries) {
    if (wait_s < LONGEST_RETRY_S) change.expires_s = now_s + LONGEST_RETRY_S;
    return settle(fetch, LARIAT_CRAWL_ROBOTS_UNREACHABLE, &change, now_s);
  }
  if (!put(fetch, &change) || !has_copy) return hold(now_s + wait_s);
  return show_known(fetch);
}

static lr_crawl_robots_step
take_unavailable(lr_crawl_robots_fetch *fetch,
                 const lr_crawl_robots_answer *answer, int64_t now_s) {
  lr_crawl_robots_change change = {
      .status = answer->status, .expires_s = find_expiry(fetch, answer, now_s)};
  return settle(fetch, LARIAT_CRAWL_ROBOTS_UNAVAILABLE, &change, now_s);
}

static lr_crawl_robots_step take_file(lr_crawl_robots_fetch *fetch,
                                      const lr_crawl_robots_answer *answer,
                                      int64_t now_s) {
  lr_crawl_robots_change change = {.at_s = now_s,
                                   .expires_s =
                                       find_expiry(fetch, answer, now_s),
                                   .status = answer->status,
                                   .access = LARIAT_CRAWL_ROBOTS_READ,
                                   .etag = answer->etag,
                                   .last_modified = answer->last_modified,
                                   .url = fetch->redirects ? fetch->url : NULL};
  if (answer->incomplete ||
      lariat_crawl_robots_parse(
          answer->body ? answer->body : "", answer->length,
          lr_crawl_robots_cache_options(fetch->cache)->agent, &change.rules) ||
      !put(fetch, &change))
    return take_unreachable(fetch, answer, now_s);
  lr_crawl_robots_step step = show_known(fetch);
  step.is_new = true;
  return step;
}

static lr_crawl_robots_step take_unchanged(lr_crawl_robots_fetch *fetch,
                                           const lr_crawl_robots_answer *answer,
                                           int64_t now_s) {
  lr_crawl_robots_change change;
  if (!find_copy_here(fetch, &change))
    return take_unreachable(fetch, answer, now_s);
  change.at_s = now_s;
  change.expires_s = find_expiry(fetch, answer, now_s);
  change.status = answer->status;
  change.tries = 0;
  change.unreachable_since_s = 0;
  if (!put(fetch, &change)) return hold(change.expires_s);
  return show_known(fetch);
}

/* A redirect that leads nowhere is as if there were no file. */
static lr_crawl_robots_step take_redirect(lr_crawl_robots_fetch *fetch,
                                          const lr_crawl_robots_answer *answer,
                                          int64_t now_s) {
  lariat_status status =
      answer->location ? follow(fetch, answer->location) : LARIAT_EURL;
  if (status == LARIAT_ENOMEM) return take_unreachable(fetch, answer, now_s);
  if (status) return take_unavailable(fetch, answer, now_s);
  return (lr_crawl_robots_step){.kind = LR_CRAWL_ROBOTS_STEP_REDIRECT,
                                .origin = fetch->next_origin,
                                .crawl_delay_ms = -1};
}

static lr_crawl_robots_step take(lr_crawl_robots_fetch *fetch,
                                 const lr_crawl_robots_answer *answer,
                                 lariat_crawl_robots_access access,
                                 int64_t now_s) {
  switch (access) {
  case LARIAT_CRAWL_ROBOTS_READ:
    return take_file(fetch, answer, now_s);
  case LARIAT_CRAWL_ROBOTS_UNCHANGED:
    return take_unchanged(fetch, answer, now_s);
  case LARIAT_CRAWL_ROBOTS_REDIRECT:
    return take_redirect(fetch, answer, now_s);
  case LARIAT_CRAWL_ROBOTS_UNAVAILABLE:
    return take_unavailable(fetch, answer, now_s);
  case LARIAT_CRAWL_ROBOTS_UNREACHABLE:
    break;
  }
  return take_unreachable(fetch, answer, now_s);
}

lr_crawl_robots_step
lr_crawl_robots_fetch_answer(lr_crawl_robots_fetch *fetch,
                             const lr_crawl_robots_answer *answer,
                             int64_t now_s) {
  lariat_crawl_robots_access access =
      lariat_crawl_robots_access_of(answer->status, fetch->redirects);
  lr_crawl_robots_step step = take(fetch, answer, access, now_s);
  step.access = access;
  return step;
}
