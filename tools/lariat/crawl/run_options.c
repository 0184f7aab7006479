/* SPDX-License-Identifier: MIT
 * run_options.c: member by member. */
#include "crawl/run_options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void set_pool(lariat_pool_options *pool,
                     const struct crawl_network_settings *network) {
  *pool = lariat_pool_defaults();
  pool->ca_file = network->ca_file;
  pool->insecure = network->insecure;
  pool->resolve = network->resolve;
  pool->connect_to = network->connect_to;
  pool->name_servers = network->name_servers;
  pool->addresses.allow_nets = network->allow_nets;
  pool->addresses.deny_nets = network->deny_nets;
  if (network->ipv4) pool->family = LARIAT_FAMILY_IPV4;
  if (network->ipv6) pool->family = LARIAT_FAMILY_IPV6;
}

static void set_client(lariat_client_options *client,
                       const struct crawl_machine_settings *machine) {
  *client = lariat_client_defaults();
  client->timeout_ms = machine->timeout_ms;
  client->connect_timeout_ms = machine->connect_timeout_ms;
  client->idle_timeout_ms = machine->idle_timeout_ms;
  client->http = machine->http;
}

static void set_seeds(lariat_crawl_options *options,
                      const struct crawl_settings *settings,
                      const struct crawl_seeds *seeds) {
  options->directory = settings->seeds.directory;
  options->seeds = seeds ? seeds->seeds : NULL;
  options->seed_count = seeds ? seeds->count : 0;
  options->sitemaps = settings->seeds.sitemaps.texts;
  options->sitemap_count = settings->seeds.sitemaps.count;
  options->no_sitemaps = settings->seeds.no_sitemaps;
}

static void set_scope(lariat_crawl_options *options,
                      const struct crawl_settings *settings) {
  const struct crawl_scope_settings *scope = &settings->scope;
  options->scope = scope->scope;
  options->rules = scope->rules;
  options->rule_count = scope->rule_count;
  options->depth = scope->depth == UINT_MAX ? -1 : (int64_t)scope->depth;
  options->hops_off_site = scope->hops_off_site;
  options->requisites =
      scope->requisites || (!scope->no_requisites && !settings->output.no_warc);
  options->types = scope->types;
  options->key_rules = scope->key_rules;
}

static void set_politeness(lariat_crawl_options *options,
                           const struct crawl_politeness_settings *politeness) {
  options->delay_ms = politeness->delay_ms;
  options->delay_factor = politeness->delay_factor;
  options->delay_max_ms = politeness->delay_max_ms;
  options->crawl_delay_max_ms = politeness->crawl_delay_max_ms;
  options->crawl_delay_skip = politeness->crawl_delay != 0;
  options->retry_after_max_ms = politeness->retry_after_max_ms;
  options->per_group = politeness->per_group;
  options->group = politeness->group;
  options->ignore_robots = politeness->robots != 0;
  options->user_agent = politeness->user_agent;
  options->contact = politeness->contact;
}

static void set_budgets(lariat_crawl_options *options,
                        const struct crawl_budget_settings *budgets) {
  options->max_pages = budgets->max_pages;
  options->max_bytes = budgets->max_bytes;
  options->max_time_ms = budgets->max_time_ms;
  options->max_pages_per_host = budgets->max_pages_per_host;
  options->max_bytes_per_host = budgets->max_bytes_per_host;
  options->max_hosts = budgets->max_hosts;
  options->max_body_bytes = budgets->max_body;
}

static void set_outputs(lariat_crawl_options *options,
                        const struct crawl_output_settings *output,
                        const char *jsonl) {
  options->no_warc = output->no_warc;
  options->warc_size = output->warc_size;
  options->warc_level = (int)output->warc_level;
  options->cdx = output->cdx;
  options->jsonl = jsonl;
  options->links = output->links ? output->links : output->rejects;
  options->links_rejected = output->rejects != NULL;
  options->revisit_off = output->same_body == 1;
  options->revisit_skip = output->same_body == 2;
  options->warc_metadata = output->warc_metadata;
  options->keep_secrets = output->keep_secrets;
}

static void set_machine(lariat_crawl_options *options,
                        const struct crawl_settings *settings) {
  const struct crawl_trap_settings *traps = &settings->traps;
  options->trap_repeat = traps->repeat;
  options->trap_segments = traps->segments;
  options->trap_query = traps->query;
  options->no_trap_similar = traps->no_similar;
  options->since = settings->again.since;
  if (settings->again.again_ms != UINT64_MAX)
    options->again_s = (int64_t)((settings->again.again_ms + 999) / 1000);
  if (settings->again.again_ms == 0) options->again_s = -1;
  options->repair = settings->again.repair;
  options->in_flight = settings->machine.concurrency;
  options->reactors = settings->machine.reactors;
  options->retries = settings->machine.retries;
  options->durable_power = settings->machine.durability != 0;
  options->allow_private = settings->network.allow_private;
}

static void set_shared(lariat_crawl_options *options,
                       const struct crawl_shared_settings *shared) {
  options->frontier = shared->frontier;
  options->crawl_name = shared->name;
  options->lease_ms = shared->lease_ms;
}

static bool set_hosts(struct crawl_run_options *run,
                      const struct crawl_config *config) {
  if (!config->host_count) return true;
  run->hosts = calloc(config->host_count, sizeof *run->hosts);
  if (!run->hosts) return false;
  for (size_t i = 0; i < config->host_count; i++)
    run->hosts[i] = config->hosts[i].options;
  run->options.hosts = run->hosts;
  run->options.host_count = config->host_count;
  return true;
}

bool crawl_run_options_make(struct crawl_run_options *run,
                            const struct crawl_settings *settings,
                            const struct crawl_seeds *seeds,
                            const char *jsonl) {
  lariat_crawl_options *options = &run->options;
  run->hosts = NULL;
  *options = lariat_crawl_defaults();
  set_pool(&run->pool, &settings->network);
  set_client(&run->client, &settings->machine);
  set_seeds(options, settings, seeds);
  set_scope(options, settings);
  set_politeness(options, &settings->politeness);
  set_budgets(options, &settings->budgets);
  set_outputs(options, &settings->output, jsonl);
  set_machine(options, settings);
  set_shared(options, &settings->shared);
  options->pool = &run->pool;
  options->client = &run->client;
  options->kept_text = settings->kept.text.bytes;
  return set_hosts(run, &settings->config);
}

const char *crawl_run_options_name(const char *message, const char **rest) {
  static const char *const names[][2] = {{"contact", "contact"},
                                         {"user_agent", "user-agent"},
                                         {"key_rules", "key"},
                                         {"types", "types"},
                                         {"sitemaps", "sitemap"},
                                         {"since", "since"},
                                         {"pool.ca_file", "cacert"},
                                         {"in_flight", "concurrency"},
                                         {"delay_factor", "delay-factor"},
                                         {"warc_size", "warc-size"},
                                         {"crawl_name", "crawl-name"},
                                         {"lease_ms", "lease"}};
  size_t length = strcspn(message, ":");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strlen(names[i][0]) != length ||
        strncmp(names[i][0], message, length) != 0)
      continue;
    *rest = message + length;
    return names[i][1];
  }
  return NULL;
}

void crawl_run_options_free(struct crawl_run_options *run) {
  free(run->hosts);
  run->hosts = NULL;
}
