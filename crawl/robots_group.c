/* SPDX-License-Identifier: MIT
 * robots_group.c: finds the groups that are for a crawler and joins them (RFC
 * 9309, 2.2.1): in one look at the file whether it has one of the crawler's
 * own, and in a second one the rules of that, or else of "*". */
#include "robots_group.h"

#include <stdlib.h>
#include <string.h>

#include <lariat/allocator.h>

/* ---- Agents ---- */

/* The groups that are collected. */
struct choice {
  lr_crawl_span agent;
  bool any; /* there is none of the agent's own: those of "*" */
};

static bool names_agent(const lr_crawl_robots_line *line, lr_crawl_span agent) {
  return line->key == LR_CRAWL_ROBOTS_AGENT &&
         lr_crawl_robots_same(lr_crawl_robots_token(line->value), agent);
}

static bool has_group(lr_crawl_robots_lines lines, lr_crawl_span agent) {
  lr_crawl_robots_line line;
  while (lr_crawl_robots_next(&lines, &line))
    if (names_agent(&line, agent)) return true;
  return false;
}

static bool is_chosen(const struct choice *choice,
                      const lr_crawl_robots_line *line) {
  return choice->any ? lr_crawl_robots_is_any(line->value)
                     : names_agent(line, choice->agent);
}

/* The User-agent lines that a line below them is for.  Another one joins them,
 * or begins anew when such a line has come. */
struct header {
  uint32_t line; /* of the chosen agent; 0: it is not among them */
  bool open;
};

static void join_header(struct header *header, uint32_t line, bool chosen) {
  if (!header->open) *header = (struct header){.open = true};
  if (chosen && !header->line) header->line = line;
}

/* ---- Lines ---- */

struct collection {
  lr_crawl_group *group;
  struct choice choice;
  struct header rules;
  struct header delays; /* Crawl-delay ends its header as a rule does, too */
  size_t rule_capacity;
  size_t sitemap_capacity;
};

/* Makes space for one more item; false: out of memory. */
static bool grow(void *items, size_t item, size_t count, size_t *capacity) {
  void **memory = items;
  if (count < *capacity) return true;
  size_t more = *capacity ? *capacity * 2 : 8;
  void *grown = lariat_memory_resize(*memory, more * item);
  if (!grown) return false;
  *memory = grown;
  *capacity = more;
  return true;
}

static void take_agent(struct collection *c, const lr_crawl_robots_line *line) {
  bool chosen = is_chosen(&c->choice, line);
  join_header(&c->rules, line->number, chosen);
  join_header(&c->delays, line->number, chosen);
  if (chosen && !c->group->line) c->group->line = line->number;
}

static bool take_rule(struct collection *c, const lr_crawl_robots_line *line) {
  lr_crawl_group *group = c->group;
  c->rules.open = c->delays.open = false;
  if (!c->rules.line || !line->value.length) return true;
  if (!grow(&group->rules, sizeof *group->rules, group->count,
            &c->rule_capacity))
    return false;
  group->rules[group->count++] =
      (lr_crawl_draft){.text = line->text,
                       .value = line->value,
                       .line = line->number,
                       .group_line = c->rules.line,
                       .allow = line->key == LR_CRAWL_ROBOTS_ALLOW};
  return true;
}

static void take_delay(struct collection *c, const lr_crawl_robots_line *line) {
  int64_t ms = lr_crawl_robots_milliseconds(line->value);
  c->delays.open = false;
  if (!c->delays.line || ms <= c->group->delay_ms) return;
  c->group->delay_ms = ms;
  c->group->delay_line = line->number;
}

static bool take_sitemap(struct collection *c,
                         const lr_crawl_robots_line *line) {
  lr_crawl_group *group = c->group;
  if (!line->value.length) return true;
  if (!grow(&group->sitemaps, sizeof *group->sitemaps, group->sitemap_count,
            &c->sitemap_capacity))
    return false;
  group->sitemaps[group->sitemap_count++] =
      (lr_crawl_sitemap_line){line->value, line->number};
  return true;
}

static bool take_line(struct collection *c, const lr_crawl_robots_line *line) {
  switch (line->key) {
  case LR_CRAWL_ROBOTS_AGENT:
    take_agent(c, line);
    return true;
  case LR_CRAWL_ROBOTS_ALLOW:
  case LR_CRAWL_ROBOTS_DISALLOW:
    return take_rule(c, line);
  case LR_CRAWL_ROBOTS_DELAY:
    take_delay(c, line);
    return true;
  case LR_CRAWL_ROBOTS_SITEMAP:
    return take_sitemap(c, line);
  case LR_CRAWL_ROBOTS_OTHER:
    break;
  }
  return true;
}

/* ---- Patterns ---- */

/* Makes the patterns; a rule that can match no path is left out. */
static bool make_patterns(lr_crawl_group *group) {
  size_t total = 0, kept = 0;
  for (size_t i = 0; i < group->count; i++)
    total += group->rules[i].value.length;
  char *space = group->space = lariat_memory_allocate(total);
  if (!space) return false;
  for (size_t i = 0; i < group->count; i++) {
    lr_crawl_draft rule = group->rules[i];
    if (!lr_crawl_pattern_make(&rule.pattern, rule.value.at, rule.value.length,
                               space))
      continue;
    space += rule.pattern.length;
    group->rules[kept++] = rule;
  }
  group->count = kept;
  return true;
}

static bool collect(struct collection *c, lr_crawl_robots_lines lines) {
  lr_crawl_robots_line line;
  while (lr_crawl_robots_next(&lines, &line))
    if (!take_line(c, &line)) return false;
  return make_patterns(c->group);
}

bool lr_crawl_group_read(lr_crawl_group *group,
                         const lr_crawl_robots_lines *lines,
                         lr_crawl_span agent) {
  *group = (lr_crawl_group){.delay_ms = -1};
  struct collection c = {.group = group,
                         .choice = {agent, !has_group(*lines, agent)}};
  if (collect(&c, *lines)) return true;
  lr_crawl_group_clear(group);
  return false;
}

void lr_crawl_group_clear(lr_crawl_group *group) {
  lariat_memory_release(group->rules);
  lariat_memory_release(group->sitemaps);
  lariat_memory_release(group->space);
  *group = (lr_crawl_group){.delay_ms = -1};
}

/* ---- Order ---- */

static int compare_numbers(uint32_t a, uint32_t b) { return (a > b) - (a < b); }

/* Orders by kind, and by octets: what is the same stands together. */
static int compare_patterns(const lr_crawl_draft *a, const lr_crawl_draft *b) {
  const lr_crawl_pattern *x = &a->pattern, *y = &b->pattern;
  if (x->wild != y->wild) return x->wild - y->wild;
  if (x->anchored != y->anchored) return x->anchored - y->anchored;
  size_t shorter = x->length < y->length ? x->length : y->length;
  int order = memcmp(x->bytes, y->bytes, shorter);
  return order ? order : compare_numbers(x->length, y->length);
}

/* Orders the rule that wins before the one that loses. */
static int compare_rank(const lr_crawl_draft *a, const lr_crawl_draft *b) {
  int order = compare_numbers(b->pattern.octets, a->pattern.octets);
  if (!order) order = b->allow - a->allow;
  return order ? order : compare_numbers(a->line, b->line);
}

static int compare_all(const void *a, const void *b) {
  int order = compare_patterns(a, b);
  return order ? order : compare_rank(a, b);
}

static int compare_wild(const void *a, const void *b) {
  return compare_rank(a, b);
}

static void remove_losers(lr_crawl_group *group) {
  size_t kept = 0;
  for (size_t i = 0; i < group->count; i++)
    if (!kept ||
        compare_patterns(&group->rules[kept - 1], &group->rules[i]) != 0)
      group->rules[kept++] = group->rules[i];
  group->count = kept;
}

void lr_crawl_group_sort(lr_crawl_group *group) {
  size_t size = sizeof *group->rules, plain = 0;
  if (!group->count) return;
  qsort(group->rules, group->count, size, compare_all);
  remove_losers(group);
  while (plain < group->count && !group->rules[plain].pattern.wild) plain++;
  group->plain_count = plain;
  qsort(group->rules + plain, group->count - plain, size, compare_wild);
}
