/* SPDX-License-Identifier: MIT
 * scope_site.c: keeps what the seeds are the beginnings of in tables, so that
 * many seeds cost a question no more than one. */
#include "scope_site.h"

#include <stdlib.h>
#include <string.h>

#include "host_text.h"
#include "memory.h"
#include "scope_rule.h"
#include "short_text.h"
#include "text_hash.h"

/* ---- Seeds ---- */

/* Writes the key of a URL; false: out of memory. */
static bool write_key(lr_crawl_short_text *text, const lariat_url *url,
                      size_t *length) {
  size_t capacity = lr_crawl_length_of(url) + LARIAT_CRAWL_KEY_MOST_MORE;
  if (!lr_crawl_short_text_make(text, capacity)) return false;
  *length = lariat_crawl_url_key(NULL, url, text->bytes, capacity, NULL);
  return true;
}

static lariat_status add_key(lr_crawl_scope_site *site, const lariat_url *url) {
  lr_crawl_short_text key;
  size_t length;
  if (!write_key(&key, url, &length)) return LARIAT_ENOMEM;
  lariat_status status = lr_crawl_text_set_add(&site->names, key.bytes, length);
  lr_crawl_short_text_clear(&key);
  return status;
}

static lariat_status add_domain(lr_crawl_scope_site *site,
                                const lariat_url *url) {
  lariat_url_part host = lr_crawl_host_of(url);
  lr_crawl_short_text domain;
  if (!lr_crawl_short_text_make(&domain, host.length + 1)) return LARIAT_ENOMEM;
  size_t length =
      lr_crawl_domain(host.bytes, host.length, domain.bytes, host.length + 1);
  lariat_status status =
      lr_crawl_text_set_add(&site->names, domain.bytes, length);
  lr_crawl_short_text_clear(&domain);
  return status;
}

static lariat_status add_prefix(lr_crawl_scope_site *site,
                                const lariat_url *url) {
  char **prefixes =
      lr_crawl_grow(site->prefixes, &site->prefix_capacity,
                    site->prefix_count + 1, sizeof *site->prefixes);
  if (!prefixes) return LARIAT_ENOMEM;
  site->prefixes = prefixes;
  lariat_status status =
      lr_crawl_surt_prefix(url, &prefixes[site->prefix_count]);
  if (status == LARIAT_OK) site->prefix_count++;
  return status;
}

lariat_status lr_crawl_scope_site_add(lr_crawl_scope_site *site,
                                      const lariat_url *url) {
  lariat_url_part host = lr_crawl_host_of(url);
  switch (site->kind) {
  case LR_CRAWL_SCOPE_DOMAIN:
    return add_domain(site, url);
  case LR_CRAWL_SCOPE_HOST:
    return lr_crawl_text_set_add(&site->names, host.bytes, host.length);
  case LR_CRAWL_SCOPE_LIST:
    return add_key(site, url);
  case LR_CRAWL_SCOPE_PREFIX:
    return add_prefix(site, url);
  case LR_CRAWL_SCOPE_ANY:
    break;
  }
  return LARIAT_OK;
}

static int compare_texts(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool begins_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

void lr_crawl_scope_site_finish(lr_crawl_scope_site *site) {
  char **all = site->prefixes;
  size_t kept = 0;
  if (!site->prefix_count) return;
  qsort(all, site->prefix_count, sizeof *all, compare_texts);
  for (size_t i = 0; i < site->prefix_count; i++) {
    if (kept && begins_with(all[i], all[kept - 1]))
      lariat_memory_release(all[i]);
    else
      all[kept++] = all[i];
  }
  site->prefix_count = kept;
}

void lr_crawl_scope_site_clear(lr_crawl_scope_site *site) {
  lr_crawl_text_set_clear(&site->names);
  for (size_t i = 0; i < site->prefix_count; i++)
    lariat_memory_release(site->prefixes[i]);
  lariat_memory_release(site->prefixes);
  site->prefixes = NULL;
}

/* ---- Questions ---- */

/* Tells whether a domain of the seeds is the end of the host's name. */
static bool ends_in_name(const lr_crawl_scope_site *site,
                         lariat_url_part host) {
  const char *at = host.bytes, *end = at + host.length;
  for (;;) {
    if (lr_crawl_text_set_has(&site->names, at, (size_t)(end - at)))
      return true;
    at = memchr(at, '.', (size_t)(end - at));
    if (!at) return false;
    at++;
  }
}

/* Tells whether a host is a domain of the seeds itself, without looking at the
 * list of public suffixes. */
static bool is_name(const lr_crawl_scope_site *site, lariat_url_part host) {
  return lr_crawl_text_set_has(&site->names, host.bytes, host.length);
}

/* Tells whether the host's own registrable domain is one of the seeds': below a
 * domain there can be others', as below "example.org" those of a public suffix
 * "s3.example.org". */
static bool is_of_domains(const lr_crawl_scope_site *site,
                          lariat_url_part host) {
  char domain[256];
  if (is_name(site, host)) return true;
  if (!ends_in_name(site, host)) return false;
  size_t length =
      lr_crawl_domain(host.bytes, host.length, domain, sizeof domain);
  /* Longer ones are no names that can be looked up. */
  return length < sizeof domain &&
         lr_crawl_text_set_has(&site->names, domain, length);
}

static bool is_judged(const struct lr_crawl_judged_host *one,
                      lariat_url_part host) {
  return one->length == host.length &&
         memcmp(one->host, host.bytes, host.length) == 0;
}

/* Tells the same, with the judgements of lately: each host has two places. */
static bool is_of_domains_judged(const lr_crawl_scope_site *site,
                                 lariat_url_part host,
                                 lr_crawl_judged_hosts *judged) {
  if (host.length > LR_CRAWL_JUDGED_HOST_LENGTH)
    return is_of_domains(site, host);
  if (judged->generation != site->generation) {
    memset(judged, 0, sizeof *judged);
    judged->generation = site->generation;
  }
  uint64_t hash = lr_crawl_hash_text(0, host.bytes, host.length);
  struct lr_crawl_judged_host *place =
      judged->hosts[hash % LR_CRAWL_JUDGED_PLACES];
  if (is_judged(&place[0], host)) return place[0].on_site;
  if (is_judged(&place[1], host)) return place[1].on_site;
  place[1] = place[0];
  place[0].on_site = is_of_domains(site, host);
  place[0].length = (uint8_t)host.length;
  memcpy(place[0].host, host.bytes, host.length);
  return place[0].on_site;
}

/* Tells whether a SURT form begins with a prefix: with the last one that is not
 * behind it. */
static bool has_prefix(const lr_crawl_scope_site *site, const char *surt) {
  size_t from = 0, to = site->prefix_count;
  while (from < to) {
    size_t middle = from + (to - from) / 2;
    if (strcmp(site->prefixes[middle], surt) <= 0)
      from = middle + 1;
    else
      to = middle;
  }
  return from && begins_with(surt, site->prefixes[from - 1]);
}

static bool is_in_list(const lr_crawl_scope_site *site, const lariat_url *url) {
  lr_crawl_short_text key;
  size_t length;
  if (!write_key(&key, url, &length)) return false;
  bool found = lr_crawl_text_set_has(&site->names, key.bytes, length);
  lr_crawl_short_text_clear(&key);
  return found;
}

bool lr_crawl_scope_site_has(const lr_crawl_scope_site *site,
                             const lariat_url *url, const char *surt,
                             lr_crawl_judged_hosts *judged) {
  lariat_url_part host = lr_crawl_host_of(url);
  switch (site->kind) {
  case LR_CRAWL_SCOPE_DOMAIN:
    if (judged) return is_of_domains_judged(site, host, judged);
    return is_of_domains(site, host);
  case LR_CRAWL_SCOPE_HOST:
    return is_name(site, host);
  case LR_CRAWL_SCOPE_PREFIX:
    return surt && has_prefix(site, surt);
  case LR_CRAWL_SCOPE_LIST:
    return is_in_list(site, url);
  case LR_CRAWL_SCOPE_ANY:
    break;
  }
  return true;
}
