/* SPDX-License-Identifier: MIT
 * key_rules.c: reads "sort-query;drop=utm_*,gclid". */
#include "key_rules.h"

#include <stdio.h>
#include <string.h>

#include <lariat/allocator.h>

#include "ascii.h"
#include "escaped_text.h"

static const struct rule_name {
  const char *text;
  lariat_crawl_key_rule rule;
} names[] = {{"escapes", LARIAT_CRAWL_KEY_ESCAPES},
             {"empty-query", LARIAT_CRAWL_KEY_EMPTY_QUERY},
             {"final-dot", LARIAT_CRAWL_KEY_FINAL_DOT},
             {"session", LARIAT_CRAWL_KEY_SESSION},
             {"sort-query", LARIAT_CRAWL_KEY_SORT_QUERY},
             {"drop", LARIAT_CRAWL_KEY_DROP},
             {"lower-path", LARIAT_CRAWL_KEY_LOWER_PATH},
             {"www", LARIAT_CRAWL_KEY_WWW},
             {"slash", LARIAT_CRAWL_KEY_SLASH},
             {"scheme", LARIAT_CRAWL_KEY_SCHEME}};

const char *lariat_crawl_key_rule_name(lariat_crawl_key_rule rule) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (names[i].rule == rule) return names[i].text;
  return NULL;
}

/* ---- Reading ---- */

/* A part of the text. */
typedef struct span {
  const char *bytes;
  size_t length;
} span;

typedef struct rules_reader {
  lariat_crawl_key_rules *rules;
  char *message;
  size_t capacity;
} rules_reader;

static lariat_status refuse(const rules_reader *reader, const char *why,
                            span part) {
  int length = part.length > 60 ? 60 : (int)part.length;
  if (reader->message)
    snprintf(reader->message, reader->capacity, "%s: \"%.*s\"", why, length,
             part.bytes);
  return LARIAT_EINVAL;
}

/* Cuts the next part off, and the blanks around it; false: there is none. */
static bool cut_part(const char **at, const char *end, char separator,
                     span *part) {
  const char *from = *at;
  if (!from) return false;
  const char *to = memchr(from, separator, (size_t)(end - from));
  *at = to ? to + 1 : NULL;
  if (!to) to = end;
  while (from < to && *from == ' ') from++;
  while (from < to && to[-1] == ' ') to--;
  *part = (span){from, (size_t)(to - from)};
  return true;
}

static bool is_name(span name) {
  if (!name.length || name.length > LR_CRAWL_LONGEST_NAME) return false;
  const char *star = memchr(name.bytes, '*', name.length);
  if (star && star != name.bytes + name.length - 1) return false;
  for (size_t i = 0; i < name.length; i++)
    if (name.bytes[i] <= ' ' || name.bytes[i] > '~' ||
        strchr("&=#", name.bytes[i]))
      return false;
  return name.length > (star ? 1 : 0);
}

/* Adds the names behind "drop=". */
static lariat_status add_names(rules_reader *reader, span list) {
  lariat_crawl_key_rules *rules = reader->rules;
  const char *at = list.bytes;
  span name;
  while (cut_part(&at, list.bytes + list.length, ',', &name)) {
    if (!is_name(name))
      return refuse(reader, "not a name of a parameter", name);
    for (size_t i = 0; i < name.length; i++)
      rules->names[rules->length++] = lr_crawl_lower(name.bytes[i]);
    rules->names[rules->length++] = '\0';
  }
  rules->rules |= LARIAT_CRAWL_KEY_DROP;
  return LARIAT_OK;
}

static bool is_word(span part, const char *word) {
  return part.length == strlen(word) &&
         memcmp(part.bytes, word, part.length) == 0;
}

static lariat_status read_rule(rules_reader *reader, span part) {
  enum { DROP = sizeof "drop=" - 1 };
  if (!part.length) return LARIAT_OK;
  if (is_word(part, "none")) {
    reader->rules->rules = LR_CRAWL_KEY_ALWAYS;
    reader->rules->length = 0;
    return LARIAT_OK;
  }
  if (part.length >= DROP && memcmp(part.bytes, "drop=", DROP) == 0)
    return add_names(reader, (span){part.bytes + DROP, part.length - DROP});
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!is_word(part, names[i].text)) continue;
    if (names[i].rule == LARIAT_CRAWL_KEY_DROP) break;
    reader->rules->rules |= names[i].rule;
    return LARIAT_OK;
  }
  return refuse(reader, "no such rule of keys", part);
}

lariat_status lariat_crawl_key_rules_parse(const char *text,
                                           lariat_crawl_key_rules **out,
                                           char *message, size_t capacity) {
  if (!text) text = "";
  size_t length = strlen(text);
  const char *at = text;
  span part;
  *out = NULL;
  /* Names with their ends are never longer than the text and a NUL. */
  lariat_crawl_key_rules *rules =
      lariat_memory_allocate(sizeof *rules + length + 1);
  if (!rules) return LARIAT_ENOMEM;
  *rules = (lariat_crawl_key_rules){.rules = LR_CRAWL_KEY_DEFAULTS};
  rules_reader reader = {rules, message, capacity};
  while (cut_part(&at, text + length, ';', &part)) {
    lariat_status status = read_rule(&reader, part);
    if (status == LARIAT_OK) continue;
    lariat_crawl_key_rules_free(rules);
    return status;
  }
  *out = rules;
  return LARIAT_OK;
}

void lariat_crawl_key_rules_free(lariat_crawl_key_rules *rules) {
  lariat_memory_release(rules);
}

/* ---- Parameters that are left out ---- */

static bool matches_name(const char *pattern, size_t length, const char *name) {
  if (pattern[length - 1] == '*')
    return strncmp(pattern, name, length - 1) == 0;
  return strcmp(pattern, name) == 0;
}

bool lr_crawl_key_rules_drop(const lariat_crawl_key_rules *rules,
                             const char *parameter, size_t length) {
  lr_crawl_escaped_text text = {.at = parameter, .end = parameter + length};
  char name[LR_CRAWL_LONGEST_NAME + 4];
  /* What is cut of a name is longer than all rules. */
  (void)lr_crawl_escaped_text_read_lower(&text, '=', name, sizeof name);
  const char *end = rules->names + rules->length;
  for (const char *at = rules->names; at < end; at += strlen(at) + 1)
    if (matches_name(at, strlen(at), name)) return true;
  return false;
}
