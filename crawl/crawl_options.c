/* SPDX-License-Identifier: MIT
 * crawl_options.c: what options mean. */
#include "crawl_options.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include <lariat/url.h>
#include <lariat/version.h>

#include "connection_text.h"
#include "memory.h"
#include "options_check.h"
#include "prefix_notice.h"
#include "seed_address.h"

static const uint64_t second_ms = 1000;
static const uint64_t mebibyte = 1024 * 1024;

lariat_crawl_options lariat_crawl_defaults(void) {
  lariat_crawl_options options = {.size = sizeof options};
  lr_crawl_politeness_options politeness = lr_crawl_politeness_defaults();
  lr_crawl_scope_options scope = lr_crawl_scope_defaults();
  options.depth = -1;
  options.delay_ms = politeness.delay_ms;
  options.delay_max_ms = politeness.delay_max_ms;
  options.crawl_delay_max_ms = politeness.crawl_delay_max_ms;
  options.retry_after_max_ms = politeness.retry_after_max_ms;
  options.per_group = politeness.per_group;
  options.max_body_bytes = 64 * mebibyte;
  options.trap_repeat = scope.trap_repeat;
  options.trap_segments = scope.trap_segments;
  options.trap_query = lr_crawl_traps_defaults().query_variants;
  options.warc_size = 1000 * 1000 * second_ms;
  options.warc_level = 4;
  options.in_flight = 1024;
  options.retries = 3;
  return options;
}

#define REFUSE(...) lr_crawl_fault_set(fault, LARIAT_EINVAL, 0, __VA_ARGS__)

/* ---- Copies ---- */

/* Returns a copy that the settings own; `text` NULL: NULL.  `*status` is
 * LARIAT_ENOMEM where there is no memory for it. */
static const char *copy(lr_crawl_settings *settings, const char *text,
                        lariat_status *status) {
  if (!text) return NULL;
  char **texts = lr_crawl_grow(settings->texts, &settings->text_capacity,
                               settings->text_count + 1, sizeof *texts);
  if (texts) settings->texts = texts;
  char *mine = texts ? lr_crawl_copy_text(text) : NULL;
  if (mine)
    settings->texts[settings->text_count++] = mine;
  else
    *status = LARIAT_ENOMEM;
  return mine;
}

/* Returns an array of the settings', a copy of `count` objects. */
static void *copy_array(lr_crawl_settings *settings, const void *array,
                        size_t count, size_t bytes, lariat_status *status) {
  if (count == 0) return NULL;
  char **texts = lr_crawl_grow(settings->texts, &settings->text_capacity,
                               settings->text_count + 1, sizeof *texts);
  if (texts) settings->texts = texts;
  void *mine = texts ? lr_crawl_allocate(count, bytes) : NULL;
  if (!mine) {
    *status = LARIAT_ENOMEM;
    return NULL;
  }
  memcpy(mine, array, count * bytes);
  settings->texts[settings->text_count++] = mine;
  return mine;
}

static void copy_seeds(lr_crawl_settings *settings, lariat_status *status) {
  lariat_crawl_options *options = &settings->options;
  lariat_crawl_seed *seeds = copy_array(
      settings, options->seeds, options->seed_count, sizeof *seeds, status);
  for (size_t i = 0; seeds && i < options->seed_count; i++)
    seeds[i].url = copy(settings, seeds[i].url, status);
  options->seeds = seeds;
  const char **maps = copy_array(settings, options->sitemaps,
                                 options->sitemap_count, sizeof *maps, status);
  for (size_t i = 0; maps && i < options->sitemap_count; i++)
    maps[i] = copy(settings, maps[i], status);
  options->sitemaps = maps;
}

static void copy_rules(lr_crawl_settings *settings, lariat_status *status) {
  lariat_crawl_options *options = &settings->options;
  lariat_crawl_rule *rules = copy_array(
      settings, options->rules, options->rule_count, sizeof *rules, status);
  for (size_t i = 0; rules && i < options->rule_count; i++)
    rules[i].text = copy(settings, rules[i].text, status);
  options->rules = rules;
  lariat_crawl_host_options *hosts = copy_array(
      settings, options->hosts, options->host_count, sizeof *hosts, status);
  for (size_t i = 0; hosts && i < options->host_count; i++) {
    hosts[i].host = copy(settings, hosts[i].host, status);
    hosts[i].headers = copy(settings, hosts[i].headers, status);
  }
  options->hosts = hosts;
}

static lariat_status copy_options(lr_crawl_settings *settings) {
  lariat_crawl_options *options = &settings->options;
  lariat_status status = LARIAT_OK;
  copy_seeds(settings, &status);
  copy_rules(settings, &status);
  options->directory = copy(settings, options->directory, &status);
  options->types = copy(settings, options->types, &status);
  options->key_rules = copy(settings, options->key_rules, &status);
  options->contact = copy(settings, options->contact, &status);
  options->user_agent = copy(settings, options->user_agent, &status);
  options->jsonl = copy(settings, options->jsonl, &status);
  options->links = copy(settings, options->links, &status);
  options->since = copy(settings, options->since, &status);
  options->frontier = copy(settings, options->frontier, &status);
  options->crawl_name = copy(settings, options->crawl_name, &status);
  options->kept_text = copy(settings, options->kept_text, &status);
  return status;
}

/* ---- Seeds ---- */

/* Allows what a seed names by its address, or as "localhost", though it is not
 * public.  Each in the list has blanks around it, so that it is found again. */
static void allow_seed(lr_crawl_settings *settings, const lariat_url *url,
                       lr_crawl_bytes *allowed) {
  char address[80], entry[96];
  lariat_url_part host = lariat_url_host(url);
  lr_crawl_seed_address(url, address, sizeof address);
  snprintf(entry, sizeof entry, " %s ", address);
  if (!*address || (allowed->length &&
                    memmem(allowed->at, allowed->length, entry, strlen(entry))))
    return;
  lr_crawl_bytes_add_text(allowed, entry);
  lr_crawl_bytes_format(&settings->notices,
                        "%.*s is an address of this machine or network: it is "
                        "crawled, since a seed names it; no other such address "
                        "is, unless --allow-net or --allow-private allows "
                        "it%s\n",
                        (int)host.length, host.bytes,
                        settings->options.frontier
                            ? " (each worker that the crawl's first seeds do "
                              "not tell so needs that)"
                            : "");
}

/* Looks at the seeds' addresses: what is allowed, and whether a contact is
 * needed that there is not. */
static lariat_status read_addresses(lr_crawl_settings *settings,
                                    lr_crawl_fault *fault) {
  const lariat_crawl_options *options = &settings->options;
  lr_crawl_bytes allowed = {0};
  bool all_loopback = true;
  if (options->pool && options->pool->addresses.allow_nets)
    lr_crawl_bytes_add_text(&allowed, options->pool->addresses.allow_nets);
  for (size_t i = 0; i < options->seed_count; i++) {
    lariat_url *url = NULL;
    const char *text = options->seeds[i].url;
    if (lariat_url_parse(text, strlen(text), NULL, &url, NULL) != LARIAT_OK)
      continue;
    all_loopback &= lr_crawl_url_is_loopback(url);
    if (!options->allow_private) allow_seed(settings, url, &allowed);
    lariat_url_free(url);
  }
  lariat_status status = LARIAT_OK;
  if (allowed.length) {
    char *text = lr_crawl_bytes_take(&allowed, NULL);
    settings->allowed = copy(settings, text, &status);
    if (!text) status = LARIAT_ENOMEM;
    lariat_memory_release(text);
  }
  if (status != LARIAT_OK) return lr_crawl_fault_memory(fault);
  settings->needs_contact = !all_loopback && !options->contact;
  return LARIAT_OK;
}

/* ---- Settings ---- */

static bool is_mail(const char *contact) {
  return strchr(contact, '@') && !strstr(contact, "://");
}

/* Makes the User-Agent, and the From of a contact that is a mail address. */
static lariat_status make_agent(lr_crawl_settings *settings) {
  const lariat_crawl_options *options = &settings->options;
  const char *contact = options->contact;
  lariat_status status = LARIAT_OK;
  char agent[1024];
  if (contact && is_mail(contact))
    settings->from =
        strncmp(contact, "mailto:", 7) == 0 ? contact + 7 : contact;
  if (options->user_agent)
    snprintf(agent, sizeof agent, "%s", options->user_agent);
  else if (contact)
    snprintf(agent, sizeof agent, "lariat/%s (+%s)", LARIAT_VERSION, contact);
  else
    snprintf(agent, sizeof agent, "lariat/%s", LARIAT_VERSION);
  settings->user_agent = copy(settings, agent, &status);
  return status;
}

static lariat_status read_keys(lr_crawl_settings *settings,
                               lr_crawl_fault *fault) {
  char message[256] = "";
  lariat_status status = lariat_crawl_key_rules_parse(
      settings->options.key_rules, &settings->keys, message, sizeof message);
  return status == LARIAT_EINVAL ? REFUSE("key_rules: %s", message) : status;
}

static lariat_status try_scope(const lr_crawl_settings *settings,
                               lr_crawl_fault *fault) {
  lr_crawl_scope *scope = NULL;
  lariat_status status =
      lr_crawl_settings_make_scope(settings, NULL, 0, &scope, fault);
  lr_crawl_scope_free(scope);
  return status;
}

lariat_status lr_crawl_settings_new(const lariat_crawl_options *options,
                                    lr_crawl_settings **out,
                                    lr_crawl_fault *fault) {
  *out = NULL;
  if (!options || options->size != sizeof *options)
    return REFUSE("size: start from lariat_crawl_defaults()");
  lariat_status status = lr_crawl_options_look(options, fault);
  if (status != LARIAT_OK) return status;
  lr_crawl_settings *settings = lr_crawl_allocate(1, sizeof *settings);
  if (!settings) return lr_crawl_fault_memory(fault);
  settings->options = *options;
  status = copy_options(settings);
  if (status == LARIAT_OK) status = make_agent(settings);
  if (status == LARIAT_OK) status = read_keys(settings, fault);
  if (status == LARIAT_OK) status = read_addresses(settings, fault);
  if (status == LARIAT_OK) status = try_scope(settings, fault);
  if (status == LARIAT_OK)
    lr_crawl_tell_prefixes(&settings->options, &settings->notices);
  if (options->ignore_robots)
    lr_crawl_bytes_add_text(&settings->notices,
                            "robots.txt is ignored: see to it that the sites' "
                            "owners agree\n");
  if (options->frontier && lr_crawl_connection_has_secret(options->frontier))
    lr_crawl_bytes_add_text(&settings->notices,
                            "the database's password is in the options, where "
                            "others on this machine can see it: a file "
                            "(PGPASSFILE) or a service is safer\n");
  if (settings->notices.length) lr_crawl_bytes_add(&settings->notices, "", 1);
  if (settings->notices.failed && status == LARIAT_OK) status = LARIAT_ENOMEM;
  if (status == LARIAT_OK) {
    *out = settings;
    return status;
  }
  lr_crawl_settings_free(settings);
  return status == LARIAT_ENOMEM ? lr_crawl_fault_memory(fault) : status;
}

lariat_status lr_crawl_settings_check_contact(const lr_crawl_settings *settings,
                                              lr_crawl_fault *fault) {
  if (!settings->needs_contact) return LARIAT_OK;
  return REFUSE("contact: who crawls other people's sites says how they can be "
                "reached: a URL or a mail address");
}

void lr_crawl_settings_free(lr_crawl_settings *settings) {
  if (!settings) return;
  for (size_t i = 0; i < settings->text_count; i++)
    lariat_memory_release(settings->texts[i]);
  lariat_memory_release(settings->texts);
  lr_crawl_bytes_clear(&settings->notices);
  lariat_crawl_key_rules_free(settings->keys);
  lariat_memory_release(settings);
}

lariat_status lariat_crawl_options_check(const lariat_crawl_options *options,
                                         lariat_crawl_error *error) {
  lr_crawl_settings *settings;
  lr_crawl_fault fault = {0};
  lariat_status status = lr_crawl_settings_new(options, &settings, &fault);
  if (status == LARIAT_OK)
    status = lr_crawl_settings_check_contact(settings, &fault);
  lr_crawl_settings_free(settings);
  if (error)
    snprintf(error->message, sizeof error->message, "%s", fault.message);
  return status;
}

/* ---- The options of the parts ---- */

static const lr_crawl_scope_rule_kind rule_kinds[] = {
    [LARIAT_CRAWL_INCLUDE] = LR_CRAWL_INCLUDE_RE,
    [LARIAT_CRAWL_EXCLUDE] = LR_CRAWL_EXCLUDE_RE,
    [LARIAT_CRAWL_INCLUDE_SURT] = LR_CRAWL_INCLUDE_SURT,
    [LARIAT_CRAWL_EXCLUDE_SURT] = LR_CRAWL_EXCLUDE_SURT};

lr_crawl_scope_options
lr_crawl_settings_scope(const lr_crawl_settings *settings) {
  const lariat_crawl_options *options = &settings->options;
  lr_crawl_scope_options scope = lr_crawl_scope_defaults();
  scope.kind = (lr_crawl_scope_kind)options->scope;
  scope.depth = options->depth;
  scope.hops_off_site = options->hops_off_site;
  scope.requisites = options->requisites;
  scope.trap_repeat = options->trap_repeat;
  scope.trap_segments = options->trap_segments;
  return scope;
}

static lariat_status fill_scope(const lr_crawl_settings *settings,
                                const char **seeds, lr_crawl_scope_rule *rules,
                                const char *const *more, size_t more_count) {
  const lariat_crawl_options *options = &settings->options;
  if (!seeds || !rules) return LARIAT_ENOMEM;
  for (size_t i = 0; i < options->seed_count; i++)
    seeds[i] = options->seeds[i].url;
  for (size_t i = 0; i < more_count; i++)
    seeds[options->seed_count + i] = more[i];
  for (size_t i = 0; i < options->rule_count; i++) {
    if ((unsigned)options->rules[i].kind > LARIAT_CRAWL_EXCLUDE_SURT)
      return LARIAT_EINVAL;
    rules[i].kind = rule_kinds[options->rules[i].kind];
    rules[i].text = options->rules[i].text;
  }
  return LARIAT_OK;
}

lariat_status lr_crawl_settings_make_scope(const lr_crawl_settings *settings,
                                           const char *const *more,
                                           size_t more_count,
                                           lr_crawl_scope **out,
                                           lr_crawl_fault *fault) {
  lr_crawl_scope_options options = lr_crawl_settings_scope(settings);
  size_t count = settings->options.seed_count + more_count;
  size_t rule_count = settings->options.rule_count;
  const char **seeds = lr_crawl_allocate(count + 1, sizeof *seeds);
  lr_crawl_scope_rule *rules = lr_crawl_allocate(rule_count + 1, sizeof *rules);
  lariat_status status = fill_scope(settings, seeds, rules, more, more_count);
  options.seeds = seeds;
  options.seed_count = count;
  options.rules = rules;
  options.rule_count = rule_count;
  if (status == LARIAT_OK) status = lr_crawl_scope_new(&options, out, fault);
  if (status == LARIAT_ENOMEM) lr_crawl_fault_memory(fault);
  lariat_memory_release(seeds);
  lariat_memory_release(rules);
  return status;
}

/* Returns how long a host waits whose connection has failed: 60 delays, a
 * second at the least and a minute at the most. */
static uint64_t find_failure_ms(uint64_t delay_ms) {
  if (delay_ms >= second_ms) return 60 * second_ms;
  return delay_ms * 60 > second_ms ? delay_ms * 60 : second_ms;
}

lr_crawl_politeness_options
lr_crawl_settings_politeness(const lr_crawl_settings *settings,
                             unsigned reactors) {
  const lariat_crawl_options *options = &settings->options;
  lr_crawl_politeness_options politeness = lr_crawl_politeness_defaults();
  politeness.delay_ms = options->delay_ms;
  politeness.delay_factor = options->delay_factor;
  politeness.delay_max_ms = options->delay_max_ms;
  politeness.crawl_delay_max_ms = options->crawl_delay_max_ms;
  politeness.crawl_delay_skip = options->crawl_delay_skip;
  politeness.retry_after_max_ms = options->retry_after_max_ms;
  politeness.failure_ms = find_failure_ms(options->delay_ms);
  politeness.down_ms = 30 * politeness.failure_ms;
  politeness.per_group = options->per_group;
  politeness.grouping = (lr_crawl_grouping)options->group;
  politeness.most_in_flight = (options->in_flight + reactors - 1) / reactors;
  return politeness;
}

lr_crawl_traps_options
lr_crawl_settings_traps(const lr_crawl_settings *settings) {
  lr_crawl_traps_options traps = lr_crawl_traps_defaults();
  traps.query_variants = settings->options.trap_query;
  traps.similar = !settings->options.no_trap_similar;
  return traps;
}

lariat_pool_options lr_crawl_settings_pool(const lr_crawl_settings *settings) {
  enum { LEAST_PER_HOST = 16 };
  const lariat_crawl_options *options = &settings->options;
  lariat_pool_options pool =
      options->pool ? *options->pool : lariat_pool_defaults();
  if (options->reactors) pool.reactors = options->reactors;
  pool.max_jobs = options->in_flight;
  pool.max_jobs_per_host =
      options->per_group > LEAST_PER_HOST ? options->per_group : LEAST_PER_HOST;
  if (!options->allow_private) pool.addresses.deny_private = true;
  pool.addresses.allow_nets = settings->allowed;
  return pool;
}

lariat_client_options
lr_crawl_settings_client(const lr_crawl_settings *settings) {
  const lariat_client_options *given = settings->options.client;
  lariat_client_options client = given ? *given : lariat_client_defaults();
  if (!given) {
    client.timeout_ms = 120 * second_ms;
    client.idle_timeout_ms = 60 * second_ms;
    client.http = LARIAT_HTTP_1_1;
  }
  client.placement = LARIAT_PLACE_HOME;
  client.window = UINT32_MAX;
  client.max_body_bytes = 0;
  client.max_redirects = 0;
  client.no_decompress = true;
  client.sha256 = false;
  client.user_agent = settings->user_agent;
  client.retry = NULL;
  client.cookies = NULL;
  client.observer = (lariat_observer){NULL, NULL};
  client.keep = LARIAT_KEEP_RAW_HEAD | LARIAT_KEEP_CONNECTION;
  return client;
}

/* ---- Hosts and types ---- */

static bool matches_host(const char *pattern, const char *host, size_t length) {
  size_t most = strlen(pattern);
  if (strncmp(pattern, "*.", 2) == 0)
    return length > most - 1 &&
           strncasecmp(pattern + 1, host + length - (most - 1), most - 1) == 0;
  return length == most && strncasecmp(pattern, host, most) == 0;
}

const lariat_crawl_host_options *
lr_crawl_settings_host(const lr_crawl_settings *settings, const char *host,
                       size_t length) {
  const lariat_crawl_options *options = &settings->options;
  for (size_t i = options->host_count; i-- > 0;)
    if (matches_host(options->hosts[i].host, host, length))
      return &options->hosts[i];
  return NULL;
}

bool lr_crawl_settings_obeys_robots(const lr_crawl_settings *settings,
                                    const char *host, size_t length) {
  const lariat_crawl_host_options *own =
      lr_crawl_settings_host(settings, host, length);
  if (own && own->ignore_robots >= 0) return own->ignore_robots == 0;
  return !settings->options.ignore_robots;
}

uint64_t lr_crawl_settings_retry_ms(const lr_crawl_settings *settings,
                                    unsigned tries) {
  enum { DELAYS = 10, STEP = 2, MOST_TRIES = 10 };
  const uint64_t most_ms = 3600 * second_ms;
  uint64_t delay_ms = settings->options.delay_ms;
  if (delay_ms > most_ms) return most_ms;
  uint64_t wait_ms = (delay_ms * DELAYS)
                     << (STEP * (tries < MOST_TRIES ? tries : MOST_TRIES));
  if (wait_ms < second_ms) return second_ms;
  return wait_ms < most_ms ? wait_ms : most_ms;
}

/* Tells whether one pattern of a list, "text/html" or with a star, matches. */
static bool matches_type(const char *pattern, size_t length, const char *type) {
  char text[160];
  while (length && (*pattern == ' ' || *pattern == '\t')) pattern++, length--;
  while (length && (pattern[length - 1] == ' ' || pattern[length - 1] == '\t'))
    length--;
  if (length == 0 || length >= sizeof text) return false;
  memcpy(text, pattern, length);
  text[length] = '\0';
  return fnmatch(text, type, FNM_CASEFOLD) == 0;
}

bool lr_crawl_settings_wants_type(const lr_crawl_settings *settings,
                                  const char *type) {
  const char *at = settings->options.types;
  if (!at || !*type) return true;
  while (*at) {
    size_t length = strcspn(at, ",");
    if (matches_type(at, length, type)) return true;
    at += length + (at[length] == ',');
  }
  return false;
}
