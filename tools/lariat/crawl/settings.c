/* SPDX-License-Identifier: MIT
 * settings.c: the command line of `lariat crawl` and its configuration file:
 * defaults, the options, and what makes no sense together. */
#include "crawl/settings.h"

#include <lariat/resolver.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crawl/metrics_server.h"
#include "crawl/option_table.h"
#include "say.h"

/* ---- Defaults ---- */

static void set_politeness(struct crawl_politeness_settings *politeness,
                           const lariat_crawl_options *options) {
  politeness->delay_ms = options->delay_ms;
  politeness->delay_factor = options->delay_factor;
  politeness->delay_max_ms = options->delay_max_ms;
  politeness->crawl_delay_max_ms = options->crawl_delay_max_ms;
  politeness->retry_after_max_ms = options->retry_after_max_ms;
  politeness->crawl_delay = options->crawl_delay_skip;
  politeness->robots = options->ignore_robots;
  politeness->per_group = options->per_group;
  politeness->group = options->group;
}

static void set_defaults(struct crawl_settings *settings) {
  lariat_crawl_options options = lariat_crawl_defaults();
  *settings = (struct crawl_settings){
      .scope = {.scope = options.scope,
                .depth = UINT_MAX,
                .hops_off_site = options.hops_off_site},
      .budgets = {.max_body = options.max_body_bytes},
      .traps = {.repeat = options.trap_repeat,
                .segments = options.trap_segments,
                .query = options.trap_query},
      .output = {.warc_size = options.warc_size,
                 .warc_level = (unsigned)options.warc_level},
      .again = {.again_ms = UINT64_MAX},
      .machine = {.concurrency = options.in_flight,
                  .retries = options.retries,
                  .timeout_ms = 120000,
                  .connect_timeout_ms = 10000,
                  .idle_timeout_ms = 60000,
                  .http = LARIAT_HTTP_1_1},
      .messages = {.grace_ms = 10000}};
  set_politeness(&settings->politeness, &options);
}

/* ---- What makes no sense together ---- */

static bool check_networks(const char *option, const char *networks) {
  char message[160];
  if (!networks) return true;
  if (lariat_networks_check(networks, message, sizeof message) == LARIAT_OK)
    return true;
  say("--%s: %s", option, message);
  return false;
}

static bool check_names(const char *option,
                        const lariat_pool_options *options) {
  char message[160];
  if (lariat_name_options_check(options, message, sizeof message) == LARIAT_OK)
    return true;
  say("--%s: %s", option, message);
  return false;
}

static bool check_network(const struct crawl_network_settings *network) {
  lariat_pool_options resolve = lariat_pool_defaults();
  lariat_pool_options connect_to = lariat_pool_defaults();
  lariat_pool_options servers = lariat_pool_defaults();
  resolve.resolve = network->resolve;
  connect_to.connect_to = network->connect_to;
  servers.name_servers = network->name_servers;
  if (network->ipv4 && network->ipv6) {
    say("give --ipv4 or --ipv6, not both");
    return false;
  }
  return check_networks("allow-net", network->allow_nets) &&
         check_networks("deny-net", network->deny_nets) &&
         check_names("resolve", &resolve) &&
         check_names("connect-to", &connect_to) &&
         check_names("dns-servers", &servers);
}

/* Returns whether both options are given, and are the same file. */
static bool is_same_file(const char *one, const char *other) {
  return one && other && strcmp(one, other) == 0;
}

static bool check_links(const struct crawl_output_settings *output) {
  const char *path = output->links ? output->links : output->rejects;
  const char *name = output->links ? "links" : "log-rejects";
  if (output->links && output->rejects)
    say("give --links or --log-rejects: the first has all links");
  else if (path && strcmp(path, "-") == 0)
    say("--%s takes a file: standard output is for --jsonl -", name);
  else if (is_same_file(path, output->jsonl))
    say("--%s and --jsonl cannot be the same file", name);
  else
    return true;
  return false;
}

static bool check_output(const struct crawl_output_settings *output) {
  struct metrics_address address;
  if (output->metrics && !metrics_address_read(output->metrics, &address)) {
    say("--metrics takes an address and a port, as 127.0.0.1:9464 or "
        "[::1]:9464");
  } else if (output->no_warc && output->cdx) {
    say("--cdx is an index of WARC files: give it without --no-warc");
  } else if (output->no_warc && output->on_warc_closed) {
    say("--on-warc-closed does nothing with --no-warc");
  } else if (output->no_warc && output->warc_metadata) {
    say("--warc-metadata is written into WARC files: give it without "
        "--no-warc");
  } else {
    return check_links(output);
  }
  return false;
}

/* Names an option that a shared crawl cannot have; NULL: there is none. */
static const char *find_unshared(const struct crawl_settings *settings) {
  if (settings->again.since) return "since";
  if (settings->again.again_ms != UINT64_MAX) return "again";
  if (settings->again.repair) return "repair";
  if (settings->budgets.max_pages_per_host) return "max-pages-per-host";
  if (settings->budgets.max_bytes_per_host) return "max-bytes-per-host";
  if (settings->budgets.max_hosts) return "max-hosts";
  if (settings->politeness.group == LARIAT_CRAWL_GROUP_IP) return "group ip";
  return NULL;
}

/* The directory of a worker remembers the database: there a lease may be given
 * without, and the library refuses it elsewhere. */
static bool check_shared(const struct crawl_settings *settings) {
  const struct crawl_shared_settings *shared = &settings->shared;
  bool lease = shared->lease_ms && !settings->kept.last.line.text;
  const char *unshared = shared->frontier ? find_unshared(settings) : NULL;
  if (unshared)
    say("--%s cannot be had over many workers: give it without --frontier",
        unshared);
  else if (!shared->frontier && (shared->name || lease))
    say("--%s is of a crawl with --frontier",
        shared->name ? "crawl-name" : "lease");
  else
    return true;
  return false;
}

static bool check_together(const struct crawl_settings *settings) {
  const struct crawl_scope_settings *scope = &settings->scope;
  const char *agent = settings->politeness.user_agent;
  if (scope->requisites && scope->no_requisites) {
    say("give --requisites or --no-requisites, not both");
    return false;
  }
  if (agent && strpbrk(agent, "\r\n")) {
    say("--user-agent takes text without line breaks");
    return false;
  }
  return check_output(&settings->output) && check_network(&settings->network) &&
         check_shared(settings);
}

/* ---- The directory ---- */

static bool check_directory(const char *directory) {
  struct stat about;
  char shown[SAY_CAPACITY];
  (void)say_shown(shown, directory ? directory : "");
  if (!directory)
    say("give the directory of the crawl, as lariat crawl site "
        "https://example.org/");
  else if (!*directory)
    say("the name of the directory is empty");
  else if (strstr(directory, "://"))
    say("the first argument is the directory of the crawl: lariat crawl DIR %s",
        shown);
  else if (stat(directory, &about) == 0 && !S_ISDIR(about.st_mode))
    say("%s is no directory", shown);
  else
    return true;
  return false;
}

/* ---- The file ---- */

/* Puts the rules from number `count` on before the others. */
static bool put_rules_first(struct crawl_scope_settings *scope, size_t count) {
  size_t later = scope->rule_count - count;
  lariat_crawl_rule *rules = calloc(scope->rule_count + 1, sizeof *rules);
  if (!rules) return false;
  if (later) memcpy(rules, scope->rules + count, later * sizeof *rules);
  if (count) memcpy(rules + later, scope->rules, count * sizeof *rules);
  free(scope->rules);
  scope->rules = rules;
  return true;
}

static bool apply_config(struct crawl_settings *settings, const char *path) {
  if (!crawl_config_read(&settings->config, path) ||
      !crawl_config_apply(&settings->config, path, &crawl_options, settings))
    return false;
  if (settings->config_path) {
    say("%s: config is for the command line: a file names no other", path);
    return false;
  }
  settings->config_path = path;
  return true;
}

bool crawl_settings_read_config(struct crawl_settings *settings,
                                const char *path) {
  set_defaults(settings);
  return apply_config(settings, path) && check_together(settings);
}

static bool say_memory(void) {
  say("out of memory");
  return false;
}

/* ---- What the directory has kept ---- */

/* Takes the options of the last run's file, but those that the command line
 * excludes. */
static bool take_last_file(struct crawl_settings *settings,
                           const char *directory) {
  struct crawl_kept_settings *kept = &settings->kept;
  struct crawl_config *config = &settings->config;
  size_t left = 0;
  *config = kept->last.file;
  kept->last.file = (struct crawl_config){.text = NULL};
  for (size_t i = 0; i < config->entry_count; i++) {
    const struct crawl_config_entry *entry = &config->entries[i];
    bool excluded = false;
    for (size_t k = 0; !entry->host && k < kept->line.entry_count; k++)
      excluded |= kept_options_exclude(entry->name, kept->line.entries[k].name);
    if (kept_options_is_masked(entry)) {
      if (!crawl_config_add(&kept->masked, entry)) return say_memory();
    } else if (!excluded) {
      config->entries[left++] = *entry;
    }
  }
  config->entry_count = left;
  return crawl_config_apply(config, directory, &crawl_options, settings);
}

static bool set_kept(struct crawl_settings *settings, const char *directory,
                     const struct crawl_config_entry *entry) {
  char message[400];
  if (options_set(&crawl_options, settings, entry->name, entry->value, message,
                  sizeof message))
    return crawl_config_add(&settings->kept.held, entry) || say_memory();
  say("%s, as %s has kept it: give --forget, and all options that are to hold",
      message, directory);
  return false;
}

/* Takes the options of the last command line that nothing has replaced. */
static bool take_last_line(struct crawl_settings *settings,
                           const char *directory) {
  static const struct crawl_config none = {.text = NULL};
  struct crawl_kept_settings *kept = &settings->kept;
  const struct crawl_config *file =
      settings->config_path ? &settings->config : &none;
  for (size_t i = 0; i < kept->last.line.entry_count; i++) {
    const struct crawl_config_entry *entry = &kept->last.line.entries[i];
    if (kept_options_is_replaced(&kept->last, entry, &kept->line, file))
      continue;
    if (kept_options_is_masked(entry) ? !crawl_config_add(&kept->masked, entry)
                                      : !set_kept(settings, directory, entry))
      return false;
  }
  for (size_t i = 0; i < kept->line.entry_count; i++)
    if (!crawl_config_add(&kept->held, &kept->line.entries[i]))
      return say_memory();
  return true;
}

/* Begins again with what the file says, or what was kept of the last one, then
 * what was kept of the last command line; and reads this one once more over
 * it. */
static bool read_all(struct crawl_settings *settings, const char *directory,
                     int argc, char **argv) {
  const char *path = settings->config_path;
  struct crawl_kept_settings kept = settings->kept;
  settings->kept = (struct crawl_kept_settings){.forget = kept.forget};
  crawl_settings_free(settings);
  set_defaults(settings);
  settings->kept = kept;
  if (path ? !apply_config(settings, path)
           : !take_last_file(settings, directory))
    return false;
  size_t count = settings->scope.rule_count;
  if (!take_last_line(settings, directory) ||
      options_read(&crawl_options, settings, argc, argv) < 0)
    return false;
  return put_rules_first(&settings->scope, count) || say_memory();
}

/* Cuts the noted command line into options. */
static bool parse_line(struct crawl_kept_settings *kept) {
  if (!text_reserve(&kept->given, 1)) return say_memory();
  char *text = kept->given.bytes;
  text[kept->given.length] = '\0';
  kept->given = (struct text){NULL, 0, 0};
  return crawl_config_parse(&kept->line, "the command line", text);
}

static bool make_absolute(struct crawl_settings *settings) {
  const char **const paths[] = {
      &settings->output.jsonl, &settings->output.links,
      &settings->output.openmetrics, &settings->network.ca_file,
      &settings->again.since};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    if (!*paths[i]) continue;
    settings->kept.paths[i] = kept_options_absolute(*paths[i]);
    if (!settings->kept.paths[i]) return say_memory();
    *paths[i] = settings->kept.paths[i];
  }
  return true;
}

static bool write_kept(struct crawl_settings *settings) {
  struct crawl_kept_settings *kept = &settings->kept;
  if (!kept_options_write(&kept->text, &kept->held, &settings->config) ||
      !text_reserve(&kept->text, 1))
    return say_memory();
  kept->text.bytes[kept->text.length] = '\0';
  return true;
}

bool crawl_settings_say_kept(const struct crawl_settings *settings) {
  const struct crawl_kept_settings *kept = &settings->kept;
  for (size_t i = 0; i < kept->masked.entry_count; i++) {
    const struct crawl_config_entry *entry = &kept->masked.entries[i];
    if (entry->host) {
      say("the headers of [host \"%s\"] are not kept: give --config again, or "
          "--forget and all options that are to hold",
          entry->host);
      return false;
    }
    if (!settings->messages.quiet)
      say("the command of --%s is not kept: give it again if it is to run",
          entry->name);
  }
  if (kept->last.line.text && !settings->messages.quiet)
    kept_options_say(&kept->last, &kept->held, &settings->config, &kept->line,
                     settings->config_path != NULL);
  return true;
}

/* ---- All of it ---- */

static bool note_option(void *context, const struct option_row *row,
                        const char *value) {
  struct crawl_settings *settings = context;
  return kept_options_note(&settings->kept.given, row, value);
}

/* Reads the command line, by itself, and what the directory has kept. */
static int read_first(struct crawl_settings *settings, int argc, char **argv) {
  struct option_table noting = crawl_options;
  noting.note = note_option;
  set_defaults(settings);
  int first = options_read(&noting, settings, argc, argv);
  if (first < 0 || settings->action != CRAWL_RUN) return first;
  if (!parse_line(&settings->kept)) return -1;
  if (first == argc || settings->kept.forget ||
      kept_options_read(&settings->kept.last, argv[first]))
    return first;
  (void)say_memory();
  return -1;
}

bool crawl_settings_read(struct crawl_settings *settings, int argc,
                         char **argv) {
  int first = read_first(settings, argc, argv);
  if (first < 0) return false;
  if (settings->action != CRAWL_RUN) return true;
  const char *directory = first < argc ? argv[first] : NULL;
  if (!read_all(settings, directory, argc, argv)) return false;
  struct crawl_seed_settings *seeds = &settings->seeds;
  seeds->directory = directory;
  seeds->urls = argv + first + 1;
  seeds->url_count = first < argc ? (size_t)(argc - first - 1) : 0;
  return check_directory(directory) && check_together(settings) &&
         make_absolute(settings) && write_kept(settings);
}

static void free_kept(struct crawl_kept_settings *kept) {
  text_free(&kept->given);
  text_free(&kept->text);
  crawl_config_free(&kept->line);
  crawl_config_free(&kept->held);
  crawl_config_free(&kept->masked);
  kept_options_free(&kept->last);
  for (size_t i = 0; i < sizeof kept->paths / sizeof kept->paths[0]; i++)
    free(kept->paths[i]);
}

void crawl_settings_free(struct crawl_settings *settings) {
  free(settings->seeds.more.texts);
  free(settings->seeds.files.texts);
  free(settings->seeds.sitemaps.texts);
  free(settings->scope.rules);
  free(settings->network.resolve);
  free(settings->network.connect_to);
  free(settings->network.allow_nets);
  free(settings->network.deny_nets);
  crawl_config_free(&settings->config);
  free_kept(&settings->kept);
}
