/* SPDX-License-Identifier: MIT
 * readers.c: the values that the option table cannot describe. */
#include "crawl/readers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crawl/settings.h"
#include "numbers.h"
#include "request_values.h"

#define SETTINGS(settings) ((struct crawl_settings *)(settings))

/* ---- Lists ---- */

static bool add_text(struct crawl_texts *list, const char *value) {
  const char **texts =
      realloc(list->texts, (list->count + 1) * sizeof *list->texts);
  if (!texts || !*value) {
    if (texts) list->texts = texts;
    return false;
  }
  list->texts = texts;
  texts[list->count++] = value;
  return true;
}

bool crawl_read_seed(void *settings, char *value) {
  return add_text(&SETTINGS(settings)->seeds.more, value);
}

bool crawl_read_input(void *settings, char *value) {
  return add_text(&SETTINGS(settings)->seeds.files, value);
}

bool crawl_read_sitemap(void *settings, char *value) {
  return (strncasecmp(value, "http://", 7) == 0 ||
          strncasecmp(value, "https://", 8) == 0) &&
         add_text(&SETTINGS(settings)->seeds.sitemaps, value);
}

/* ---- Scope ---- */

static bool add_rule(void *settings, lariat_crawl_rule_kind kind,
                     const char *value) {
  struct crawl_scope_settings *scope = &SETTINGS(settings)->scope;
  if (!*value) return false;
  lariat_crawl_rule *rules =
      realloc(scope->rules, (scope->rule_count + 1) * sizeof *rules);
  if (!rules) return false;
  scope->rules = rules;
  rules[scope->rule_count++] = (lariat_crawl_rule){kind, value};
  return true;
}

bool crawl_read_include(void *settings, char *value) {
  return add_rule(settings, LARIAT_CRAWL_INCLUDE, value);
}

bool crawl_read_exclude(void *settings, char *value) {
  return add_rule(settings, LARIAT_CRAWL_EXCLUDE, value);
}

bool crawl_read_surt(void *settings, char *value) {
  return add_rule(settings, LARIAT_CRAWL_INCLUDE_SURT, value);
}

bool crawl_read_exclude_surt(void *settings, char *value) {
  return add_rule(settings, LARIAT_CRAWL_EXCLUDE_SURT, value);
}

/* ---- Politeness ---- */

bool crawl_read_delay_factor(void *settings, char *value) {
  uint64_t thousandths;
  if (!number_read_thousandths(value, 0, 1000000, &thousandths)) return false;
  SETTINGS(settings)->politeness.delay_factor = (double)thousandths / 1000;
  return true;
}

/* Takes a URL of a page about the crawl, or an address that mail reaches. */
bool crawl_read_contact(void *settings, char *value) {
  bool is_url = strncasecmp(value, "http://", 7) == 0 ||
                strncasecmp(value, "https://", 8) == 0;
  const char *at = strchr(value, '@');
  bool is_mail = at && at != value && at[1] && !strpbrk(value, "<>\"");
  SETTINGS(settings)->politeness.contact = value;
  return (is_url || is_mail) && !strpbrk(value, " \t\r\n()");
}

/* ---- Addresses ---- */

bool crawl_read_allow_net(void *settings, char *value) {
  return request_value_add_entry(&SETTINGS(settings)->network.allow_nets, value,
                                 ',');
}

bool crawl_read_deny_net(void *settings, char *value) {
  return request_value_add_entry(&SETTINGS(settings)->network.deny_nets, value,
                                 ',');
}

bool crawl_read_resolve(void *settings, char *value) {
  return request_value_add_entry(&SETTINGS(settings)->network.resolve, value,
                                 ' ');
}

bool crawl_read_connect_to(void *settings, char *value) {
  return request_value_add_entry(&SETTINGS(settings)->network.connect_to, value,
                                 ' ');
}
