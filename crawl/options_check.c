/* SPDX-License-Identifier: MIT
 * options_check.c: what is wrong with options, each by itself. */
#include "options_check.h"

#include <string.h>

#include <lariat/crawl/robots.h>
#include <lariat/url.h>

enum {
  MOST_REACTORS = 1024,
  MOST_PRIORITY = 7,
  MOST_LEVEL = 12,
  LEAST_LEASE_MS = 1000
};

#define REFUSE(...) lr_crawl_fault_set(fault, LARIAT_EINVAL, 0, __VA_ARGS__)

static lariat_status check_seed(const lariat_crawl_seed *seed, size_t at,
                                lr_crawl_fault *fault) {
  lariat_url *url = NULL;
  lariat_url_error error = {0};
  if (!seed->url) return REFUSE("seeds: number %zu has no URL", at + 1);
  if (seed->priority > MOST_PRIORITY)
    return REFUSE("seeds: priorities go from 0 to 7: %.256s", seed->url);
  lariat_status status =
      lariat_url_parse(seed->url, strlen(seed->url), NULL, &url, &error);
  lariat_url_free(url);
  if (status == LARIAT_OK) return status;
  if (status == LARIAT_ENOMEM) return lr_crawl_fault_memory(fault);
  return REFUSE("seeds: %s: %.256s",
                *error.message ? error.message : lariat_status_text(status),
                seed->url);
}

static lariat_status check_seeds(const lariat_crawl_options *options,
                                 lr_crawl_fault *fault) {
  for (size_t i = 0; i < options->seed_count; i++) {
    lariat_status status = check_seed(&options->seeds[i], i, fault);
    if (status != LARIAT_OK) return status;
  }
  for (size_t i = 0; i < options->sitemap_count; i++) {
    lariat_crawl_seed as_seed = {.url = options->sitemaps[i]};
    lariat_status status = check_seed(&as_seed, i, fault);
    if (status != LARIAT_OK)
      return REFUSE("sitemaps: not a URL: %.256s",
                    as_seed.url ? as_seed.url : "");
  }
  return LARIAT_OK;
}

static bool is_header_text(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7f) return false;
  return true;
}

/* Looks at the name that robots.txt files know the crawler by. */
static lariat_status check_agent(const lariat_crawl_options *options,
                                 lr_crawl_fault *fault) {
  lariat_crawl_robots *robots = NULL;
  if (options->contact &&
      (!*options->contact || !is_header_text(options->contact)))
    return REFUSE("contact: a URL or a mail address is wanted");
  if (!options->user_agent) return LARIAT_OK;
  if (!is_header_text(options->user_agent))
    return REFUSE("user_agent: a control character cannot be sent");
  lariat_status status =
      lariat_crawl_robots_parse("", 0, options->user_agent, &robots);
  lariat_crawl_robots_free(robots);
  if (status != LARIAT_EINVAL) return status;
  return REFUSE("user_agent: it is to begin with a name of letters, \"-\" and "
                "\"_\", which robots.txt files can have: \"ExampleBot/1.0\"");
}

static lariat_status check_numbers(const lariat_crawl_options *options,
                                   lr_crawl_fault *fault) {
  if (options->reactors > MOST_REACTORS)
    return REFUSE("reactors: there are %d at the most", MOST_REACTORS);
  if (options->warc_level < 0 || options->warc_level > MOST_LEVEL)
    return REFUSE("warc_level: it is from 0 to %d", MOST_LEVEL);
  if (options->in_flight == 0) return REFUSE("in_flight: it is 1 at least");
  if (options->per_group == 0) return REFUSE("per_group: it is 1 at least");
  if (options->max_body_bytes == 0)
    return REFUSE("max_body_bytes: it is 1 at least");
  if (!(options->delay_factor >= 0 && options->delay_factor <= 1e6))
    return REFUSE("delay_factor: it is from 0 to 1,000,000");
  if (options->depth < -1) return REFUSE("depth: it is -1, no limit, or more");
  if (!options->no_warc && options->warc_size == 0)
    return REFUSE("warc_size: it is 1 at least");
  if ((unsigned)options->scope > LARIAT_CRAWL_SCOPE_ANY)
    return REFUSE("scope: there is no such kind");
  if ((unsigned)options->group > LARIAT_CRAWL_GROUP_IP)
    return REFUSE("group: there is no such kind");
  return LARIAT_OK;
}

static lariat_status check_hosts(const lariat_crawl_options *options,
                                 lr_crawl_fault *fault) {
  for (size_t i = 0; i < options->host_count; i++) {
    const lariat_crawl_host_options *host = &options->hosts[i];
    if (!host->host || !*host->host)
      return REFUSE("hosts: number %zu has no name", i + 1);
    if (host->ignore_robots < -1 || host->ignore_robots > 1)
      return REFUSE("hosts: %s: ignore_robots is -1, 0 or 1", host->host);
  }
  for (size_t i = 0; i < options->rule_count; i++)
    if (!options->rules[i].text)
      return REFUSE("rules: number %zu has no text", i + 1);
  return LARIAT_OK;
}

/* Looks for what a crawl that many workers share cannot do. */
static lariat_status check_shared(const lariat_crawl_options *options,
                                  lr_crawl_fault *fault) {
  if (!options->frontier) {
    if (options->crawl_name || options->lease_ms)
      return REFUSE("%s: it is of a crawl with a `frontier`",
                    options->crawl_name ? "crawl_name" : "lease_ms");
    return LARIAT_OK;
  }
  if (options->since || options->again_s || options->repair)
    return REFUSE("%s: a crawl with a `frontier` cannot do that",
                  options->since     ? "since"
                  : options->again_s ? "again_s"
                                     : "repair");
  if (options->max_pages_per_host || options->max_bytes_per_host ||
      options->max_hosts)
    return REFUSE("%s: it is not counted over the workers of a `frontier`",
                  options->max_pages_per_host   ? "max_pages_per_host"
                  : options->max_bytes_per_host ? "max_bytes_per_host"
                                                : "max_hosts");
  if (options->group == LARIAT_CRAWL_GROUP_IP)
    return REFUSE("group: hosts of one address can be two workers': not with a "
                  "`frontier`");
  if (options->lease_ms && options->lease_ms < LEAST_LEASE_MS)
    return REFUSE("lease_ms: it is %d at least", LEAST_LEASE_MS);
  for (size_t i = 0; i < options->host_count; i++)
    if (options->hosts[i].max_pages >= 0)
      return REFUSE("hosts: %s: max_pages is not counted over the workers of a "
                    "`frontier`",
                    options->hosts[i].host);
  return LARIAT_OK;
}

static lariat_status check_parts(const lariat_crawl_options *options,
                                 lr_crawl_fault *fault) {
  char message[256] = "";
  lariat_status status =
      lariat_pool_options_check(options->pool, message, sizeof message);
  if (status == LARIAT_EINVAL) return REFUSE("pool.%s", message);
  if (status != LARIAT_OK) return lr_crawl_fault_memory(fault);
  status =
      lariat_client_options_check(options->client, message, sizeof message);
  if (status == LARIAT_EINVAL) return REFUSE("client.%s", message);
  return status == LARIAT_OK ? status : lr_crawl_fault_memory(fault);
}

lariat_status lr_crawl_options_look(const lariat_crawl_options *options,
                                    lr_crawl_fault *fault) {
  if (!options->directory || !*options->directory)
    return REFUSE("directory: none is given");
  lariat_status status = check_seeds(options, fault);
  if (status == LARIAT_OK) status = check_agent(options, fault);
  if (status == LARIAT_OK) status = check_numbers(options, fault);
  if (status == LARIAT_OK) status = check_hosts(options, fault);
  if (status == LARIAT_OK) status = check_shared(options, fault);
  if (status == LARIAT_OK) status = check_parts(options, fault);
  return status;
}
