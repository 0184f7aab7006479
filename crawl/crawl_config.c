/* SPDX-License-Identifier: MIT
 * crawl_config.c: options written and read by jansson. */
#include "crawl_config.h"

#include <jansson.h>
#include <string.h>

#include "memory.h"

struct lr_crawl_config {
  lariat_crawl_options options;
  lariat_crawl_seed *seeds;
  lariat_crawl_rule *rules;
  json_t *root; /* whose texts the options have */
};

/* ---- Writing ---- */

static json_t *list_seeds(const lariat_crawl_options *options) {
  json_t *list = json_array();
  for (size_t i = 0; i < options->seed_count; i++) {
    const lariat_crawl_seed *seed = &options->seeds[i];
    (void)json_array_append_new(
        list, json_pack("{s:s,s:i,s:i}", "url", seed->url, "depth",
                        (int)seed->depth, "priority", (int)seed->priority));
  }
  return list;
}

static json_t *list_rules(const lariat_crawl_options *options) {
  json_t *list = json_array();
  for (size_t i = 0; i < options->rule_count; i++)
    (void)json_array_append_new(
        list, json_pack("{s:i,s:s}", "kind", (int)options->rules[i].kind,
                        "text", options->rules[i].text));
  return list;
}

char *lr_crawl_config_write(const lariat_crawl_options *options) {
  json_t *root =
      json_pack("{s:o,s:s*,s:s*,s:i,s:o,s:I,s:i,s:b,s:b,s:s*,s:s*}", "seeds",
                list_seeds(options), "contact", options->contact, "user_agent",
                options->user_agent, "scope", (int)options->scope, "rules",
                list_rules(options), "depth", (json_int_t)options->depth,
                "hops_off_site", (int)options->hops_off_site, "requisites",
                options->requisites, "ignore_robots", options->ignore_robots,
                "key_rules", options->key_rules, "kept", options->kept_text);
  char *text = root ? json_dumps(root, JSON_SORT_KEYS) : NULL;
  char *copy = text ? lr_crawl_copy_text(text) : NULL;
  json_decref(root);
  free(text);
  return copy;
}

/* ---- Reading ---- */

static const char *text_of(const json_t *root, const char *name) {
  return json_string_value(json_object_get(root, name));
}

static unsigned number_of(const json_t *root, const char *name) {
  json_int_t number = json_integer_value(json_object_get(root, name));
  return number > 0 && number <= UINT32_MAX ? (unsigned)number : 0;
}

static bool has_seed(const lr_crawl_config *config, const char *url) {
  for (size_t i = 0; i < config->options.seed_count; i++)
    if (strcmp(config->seeds[i].url, url) == 0) return true;
  return false;
}

/* Adds the seeds that were remembered to those that are given. */
static lariat_status join_seeds(lr_crawl_config *config,
                                const lariat_crawl_options *given) {
  const json_t *list = json_object_get(config->root, "seeds");
  size_t count = json_array_size(list);
  config->seeds =
      lr_crawl_allocate(given->seed_count + count + 1, sizeof *config->seeds);
  if (!config->seeds) return LARIAT_ENOMEM;
  if (given->seed_count)
    memcpy(config->seeds, given->seeds,
           given->seed_count * sizeof *given->seeds);
  config->options.seeds = config->seeds;
  for (size_t i = 0; i < count; i++) {
    const json_t *entry = json_array_get(list, i);
    const char *url = text_of(entry, "url");
    if (!url || has_seed(config, url)) continue;
    config->seeds[config->options.seed_count++] =
        (lariat_crawl_seed){.url = url,
                            .depth = number_of(entry, "depth"),
                            .priority = number_of(entry, "priority")};
  }
  return LARIAT_OK;
}

static lariat_status join_rules(lr_crawl_config *config) {
  const json_t *list = json_object_get(config->root, "rules");
  size_t count = json_array_size(list);
  config->rules = lr_crawl_allocate(count + 1, sizeof *config->rules);
  if (!config->rules) return LARIAT_ENOMEM;
  config->options.rules = config->rules;
  config->options.rule_count = 0;
  for (size_t i = 0; i < count; i++) {
    const json_t *entry = json_array_get(list, i);
    const char *text = text_of(entry, "text");
    unsigned kind = number_of(entry, "kind");
    if (text && kind <= LARIAT_CRAWL_EXCLUDE_SURT)
      config->rules[config->options.rule_count++] = (lariat_crawl_rule){
          .kind = (lariat_crawl_rule_kind)kind, .text = text};
  }
  return LARIAT_OK;
}

static lariat_status join_scope(lr_crawl_config *config) {
  lariat_crawl_options *options = &config->options;
  const json_t *root = config->root;
  unsigned scope = number_of(root, "scope");
  if (scope <= LARIAT_CRAWL_SCOPE_ANY)
    options->scope = (lariat_crawl_scope)scope;
  options->depth = json_integer_value(json_object_get(root, "depth"));
  options->hops_off_site = number_of(root, "hops_off_site");
  options->requisites = json_is_true(json_object_get(root, "requisites"));
  options->ignore_robots = json_is_true(json_object_get(root, "ignore_robots"));
  options->key_rules = text_of(root, "key_rules");
  return join_rules(config);
}

static lariat_status join(lr_crawl_config *config,
                          const lariat_crawl_options *given, const char *text,
                          bool all) {
  lariat_crawl_options *options = &config->options;
  if (!text) return LARIAT_OK;
  config->root = json_loads(text, 0, NULL);
  if (!json_is_object(config->root)) return LARIAT_EFORMAT;
  if (!options->contact) options->contact = text_of(config->root, "contact");
  if (!options->user_agent)
    options->user_agent = text_of(config->root, "user_agent");
  if (!options->kept_text) options->kept_text = text_of(config->root, "kept");
  lariat_status status = join_seeds(config, given);
  return status == LARIAT_OK && all ? join_scope(config) : status;
}

lariat_status lr_crawl_config_join(const lariat_crawl_options *given,
                                   const char *text, bool all,
                                   lr_crawl_config **out) {
  lr_crawl_config *config = lr_crawl_allocate(1, sizeof *config);
  *out = NULL;
  if (!config) return LARIAT_ENOMEM;
  config->options = *given;
  lariat_status status = join(config, given, text, all);
  if (status == LARIAT_OK)
    *out = config;
  else
    lr_crawl_config_free(config);
  return status;
}

lariat_status lr_crawl_config_kept_text(const char *text, char **out) {
  json_t *root = json_loads(text, 0, NULL);
  const char *kept = text_of(root, "kept");
  *out = kept ? lr_crawl_copy_text(kept) : NULL;
  bool failed = kept && !*out;
  json_decref(root);
  return failed ? LARIAT_ENOMEM : LARIAT_OK;
}

const lariat_crawl_options *
lr_crawl_config_options(const lr_crawl_config *config) {
  return &config->options;
}

void lr_crawl_config_free(lr_crawl_config *config) {
  if (!config) return;
  json_decref(config->root);
  lariat_memory_release(config->seeds);
  lariat_memory_release(config->rules);
  lariat_memory_release(config);
}
