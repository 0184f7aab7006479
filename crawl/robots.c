/* SPDX-License-Identifier: MIT
 * robots.c: the rules of a robots.txt in one block of memory, and decisions by
 * them.  Rules without wildcards are sorted, each with a link to the longest
 * other one that it begins with: a binary search and some links lead to the
 * longest that a path begins with.  Rules with wildcards are tried in turn,
 * from the one with the most octets on, for as long as they could win. */
#include <lariat/crawl/robots.h>

#include <string.h>

#include "robots_group.h"
#include <lariat/allocator.h>

typedef struct rule {
  uint32_t pattern; /* where it begins in the bytes */
  uint32_t text;    /* and where the line does */
  uint32_t line;
  uint32_t group_line;
  uint32_t link; /* plain: the rule that it begins with, or NO_LINK;
                    wild: where its borders begin */
  uint16_t length;
  uint16_t text_length;
  uint16_t octets;
  bool allow;
  bool anchored;
} rule;

enum { NO_LINK = UINT32_MAX };

typedef struct sitemap {
  uint32_t text;
  uint32_t length;
  uint32_t line;
} sitemap;

struct lariat_crawl_robots {
  size_t memory;
  size_t ignored;
  int64_t delay_ms;
  uint32_t delay_line;
  uint32_t group_line;
  lariat_crawl_robots_access access;
  uint32_t plain_count;
  uint32_t rule_count;
  uint32_t sitemap_count;
  rule *rules;
  sitemap *sitemaps;
  uint16_t *borders;
  char *bytes;
};

/* ---- Making ---- */

static bool is_written_so(const lr_crawl_draft *draft) {
  return draft->pattern.length == draft->value.length &&
         memcmp(draft->pattern.bytes, draft->value.at, draft->value.length) ==
             0;
}

/* Returns the bytes that a rule takes: its line, and its pattern unless that
 * stands in the line as it is. */
static size_t count_bytes(const lr_crawl_draft *draft) {
  return draft->text.length +
         (is_written_so(draft) ? 0 : draft->pattern.length);
}

/* Makes the block, with the parts that `group` needs, still empty. */
static lariat_crawl_robots *make_block(const lr_crawl_group *group) {
  size_t rules = group->count * sizeof(rule), borders = 0, bytes = 0;
  size_t sitemaps = group->sitemap_count * sizeof(sitemap);
  for (size_t i = 0; i < group->count; i++) {
    bytes += count_bytes(&group->rules[i]);
    if (group->rules[i].pattern.wild)
      borders += group->rules[i].pattern.length * sizeof(uint16_t);
  }
  for (size_t i = 0; i < group->sitemap_count; i++)
    bytes += group->sitemaps[i].value.length;
  size_t memory =
      sizeof(lariat_crawl_robots) + rules + sitemaps + borders + bytes;
  lariat_crawl_robots *robots = lariat_memory_allocate(memory);
  if (!robots) return NULL;
  *robots = (lariat_crawl_robots){.memory = memory, .delay_ms = -1};
  robots->rules = (rule *)(robots + 1);
  robots->sitemaps = (sitemap *)(robots->rules + group->count);
  robots->borders = (uint16_t *)(robots->sitemaps + group->sitemap_count);
  robots->bytes = (char *)robots->borders + borders;
  return robots;
}

/* The parts of the block that have been filled. */
struct filling {
  uint32_t bytes;
  uint32_t borders;
};

static uint32_t put_bytes(lariat_crawl_robots *robots, struct filling *filling,
                          const char *bytes, size_t length) {
  uint32_t at = filling->bytes;
  if (length) memcpy(robots->bytes + at, bytes, length);
  filling->bytes += (uint32_t)length;
  return at;
}

static void put_borders(lariat_crawl_robots *robots, struct filling *filling,
                        rule *to) {
  to->link = filling->borders;
  lr_crawl_pattern_write_borders(robots->bytes + to->pattern, to->length,
                                 robots->borders + to->link);
  filling->borders += to->length;
}

static void put_rule(lariat_crawl_robots *robots, struct filling *filling,
                     const lr_crawl_draft *draft) {
  rule *to = &robots->rules[robots->rule_count++];
  *to = (rule){.line = draft->line,
               .group_line = draft->group_line,
               .link = NO_LINK,
               .length = draft->pattern.length,
               .text_length = (uint16_t)draft->text.length,
               .octets = draft->pattern.octets,
               .allow = draft->allow,
               .anchored = draft->pattern.anchored};
  to->text = put_bytes(robots, filling, draft->text.at, draft->text.length);
  to->pattern =
      is_written_so(draft)
          ? to->text + (uint32_t)(draft->value.at - draft->text.at)
          : put_bytes(robots, filling, draft->pattern.bytes, to->length);
  if (draft->pattern.wild) put_borders(robots, filling, to);
}

static bool begins_with(const lariat_crawl_robots *robots, const rule *longer,
                        const rule *shorter) {
  return shorter->length < longer->length &&
         memcmp(robots->bytes + longer->pattern,
                robots->bytes + shorter->pattern, shorter->length) == 0;
}

/* Links each plain rule, behind all that are before it. */
static void link_rules(lariat_crawl_robots *robots) {
  for (uint32_t i = 1; i < robots->plain_count; i++) {
    uint32_t at = i - 1;
    while (at != NO_LINK &&
           !begins_with(robots, &robots->rules[i], &robots->rules[at]))
      at = robots->rules[at].link;
    robots->rules[i].link = at;
  }
}

static void fill(lariat_crawl_robots *robots, const lr_crawl_group *group) {
  struct filling filling = {0, 0};
  for (size_t i = 0; i < group->count; i++)
    put_rule(robots, &filling, &group->rules[i]);
  for (size_t i = 0; i < group->sitemap_count; i++) {
    lr_crawl_span value = group->sitemaps[i].value;
    robots->sitemaps[robots->sitemap_count++] =
        (sitemap){put_bytes(robots, &filling, value.at, value.length),
                  (uint32_t)value.length, group->sitemaps[i].line};
  }
  robots->plain_count = (uint32_t)group->plain_count;
  robots->delay_ms = group->delay_ms;
  robots->delay_line = group->delay_line;
  robots->group_line = group->line;
  link_rules(robots);
}

lariat_status lariat_crawl_robots_parse(const char *bytes, size_t length,
                                        const char *agent,
                                        lariat_crawl_robots **out) {
  lr_crawl_span token = {agent, agent ? strlen(agent) : 0};
  lr_crawl_robots_lines lines;
  lr_crawl_group group;
  *out = NULL;
  token = lr_crawl_robots_token(token);
  if (!token.length) return LARIAT_EINVAL;
  size_t ignored = lr_crawl_robots_open(&lines, bytes, length);
  if (!lr_crawl_group_read(&group, &lines, token)) return LARIAT_ENOMEM;
  lr_crawl_group_sort(&group);
  *out = make_block(&group);
  if (*out) {
    fill(*out, &group);
    (*out)->ignored = ignored;
  }
  lr_crawl_group_clear(&group);
  return *out ? LARIAT_OK : LARIAT_ENOMEM;
}

void lariat_crawl_robots_free(lariat_crawl_robots *robots) {
  lariat_memory_release(robots);
}

/* ---- Without a file ---- */

static bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 ||
         status == 308;
}

lariat_crawl_robots_access lariat_crawl_robots_access_of(int status,
                                                         unsigned redirects) {
  if (status >= 200 && status <= 299) return LARIAT_CRAWL_ROBOTS_READ;
  if (status == 304) return LARIAT_CRAWL_ROBOTS_UNCHANGED;
  if (is_redirect(status) && redirects < LARIAT_CRAWL_ROBOTS_MOST_REDIRECTS)
    return LARIAT_CRAWL_ROBOTS_REDIRECT;
  if (status >= 300 && status <= 499 && status != 429)
    return LARIAT_CRAWL_ROBOTS_UNAVAILABLE;
  return LARIAT_CRAWL_ROBOTS_UNREACHABLE;
}

lariat_status
lariat_crawl_robots_without_file(lariat_crawl_robots_access access,
                                 lariat_crawl_robots **out) {
  *out = NULL;
  if (access != LARIAT_CRAWL_ROBOTS_UNAVAILABLE &&
      access != LARIAT_CRAWL_ROBOTS_UNREACHABLE)
    return LARIAT_EINVAL;
  lr_crawl_group nothing = {.delay_ms = -1};
  *out = make_block(&nothing);
  if (!*out) return LARIAT_ENOMEM;
  (*out)->access = access;
  return LARIAT_OK;
}

/* ---- Decisions ---- */

/* Finds the last plain rule that does not sort behind the path, and how much of
 * the path it has. */
static uint32_t find_before(const lariat_crawl_robots *robots,
                            lr_crawl_path path, size_t *common,
                            uint64_t *steps) {
  uint32_t low = 0, high = robots->plain_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const rule *at = &robots->rules[middle];
    size_t same;
    int order = lr_crawl_path_compare(path, robots->bytes + at->pattern,
                                      at->length, &same, steps);
    if (order < 0) {
      high = middle;
    } else {
      low = middle + 1;
      *common = same;
    }
  }
  return low ? low - 1 : NO_LINK;
}

/* Returns the longest plain rule that the path begins with, or NULL.  All of
 * them are the rule before the path, or what that begins with. */
static const rule *find_plain(const lariat_crawl_robots *robots,
                              lr_crawl_path path, uint64_t *steps) {
  size_t common = 0;
  uint32_t at = find_before(robots, path, &common, steps);
  while (at != NO_LINK && robots->rules[at].length > common) {
    at = robots->rules[at].link;
    ++*steps;
  }
  return at == NO_LINK ? NULL : &robots->rules[at];
}

/* Tells whether `a` wins over `b`, if both match. */
static bool wins(const rule *a, const rule *b) {
  if (!b || a->octets != b->octets) return !b || a->octets > b->octets;
  return a->allow && !b->allow;
}

static bool matches(const lariat_crawl_robots *robots, const rule *wild,
                    lr_crawl_path path, uint64_t *steps) {
  lr_crawl_pattern pattern = {.bytes = robots->bytes + wild->pattern,
                              .length = wild->length,
                              .wild = true,
                              .anchored = wild->anchored};
  return lr_crawl_path_matches(path, &pattern, robots->borders + wild->link,
                               steps);
}

/* Returns the rule that decides, or NULL. */
static const rule *find_rule(const lariat_crawl_robots *robots,
                             lr_crawl_path path, uint64_t *steps) {
  const rule *plain = find_plain(robots, path, steps);
  for (uint32_t i = robots->plain_count; i < robots->rule_count; i++) {
    const rule *wild = &robots->rules[i];
    if (!wins(wild, plain)) break;
    if (*steps > LARIAT_CRAWL_ROBOTS_MOST_STEPS ||
        matches(robots, wild, path, steps))
      return wild;
  }
  return plain;
}

static void show_rule(lariat_crawl_robots_decision *decision,
                      const lariat_crawl_robots *robots, const rule *found) {
  decision->reason = LARIAT_CRAWL_ROBOTS_RULE;
  decision->allowed = found->allow;
  decision->line = found->line;
  decision->group_line = found->group_line;
  decision->text = robots->bytes + found->text;
  decision->text_length = found->text_length;
}

static lariat_crawl_robots_decision
decide_by_rules(const lariat_crawl_robots *robots, const char *target,
                size_t length) {
  lariat_crawl_robots_decision decision = {.allowed = true,
                                           .group_line = robots->group_line};
  const rule *found =
      find_rule(robots, lr_crawl_path_of(target, length), &decision.steps);
  decision.reason = robots->group_line ? LARIAT_CRAWL_ROBOTS_NO_RULE
                                       : LARIAT_CRAWL_ROBOTS_NO_GROUP;
  if (found) show_rule(&decision, robots, found);
  if (decision.steps > LARIAT_CRAWL_ROBOTS_MOST_STEPS) {
    decision.reason = LARIAT_CRAWL_ROBOTS_TOO_COSTLY;
    decision.allowed = false;
  }
  return decision;
}

static bool is_robots_txt(const char *target, size_t length) {
  static const char path[] = "/robots.txt";
  return length == sizeof path - 1 && memcmp(target, path, length) == 0;
}

lariat_crawl_robots_decision
lariat_crawl_robots_decide(const lariat_crawl_robots *robots,
                           const char *target, size_t length) {
  const char *fragment = length ? memchr(target, '#', length) : NULL;
  if (fragment) length = (size_t)(fragment - target);
  if (is_robots_txt(target, length))
    return (lariat_crawl_robots_decision){.allowed = true,
                                          .reason = LARIAT_CRAWL_ROBOTS_ITSELF};
  if (robots->access == LARIAT_CRAWL_ROBOTS_READ)
    return decide_by_rules(robots, target, length);
  bool allowed = robots->access == LARIAT_CRAWL_ROBOTS_UNAVAILABLE;
  return (lariat_crawl_robots_decision){
      .allowed = allowed,
      .reason = allowed ? LARIAT_CRAWL_ROBOTS_NO_FILE
                        : LARIAT_CRAWL_ROBOTS_NO_ANSWER};
}

lariat_crawl_robots_decision
lariat_crawl_robots_decide_url(const lariat_crawl_robots *robots,
                               const lariat_url *url) {
  lariat_url_part path = lariat_url_path(url), query = lariat_url_query(url);
  const char *end =
      query.bytes ? query.bytes + query.length : path.bytes + path.length;
  return lariat_crawl_robots_decide(robots, path.bytes,
                                    (size_t)(end - path.bytes));
}

const char *lariat_crawl_robots_reason_text(lariat_crawl_robots_reason reason) {
  switch (reason) {
  case LARIAT_CRAWL_ROBOTS_RULE:
    return "a rule matches";
  case LARIAT_CRAWL_ROBOTS_NO_RULE:
    return "no rule matches";
  case LARIAT_CRAWL_ROBOTS_NO_GROUP:
    return "no group is for this crawler";
  case LARIAT_CRAWL_ROBOTS_ITSELF:
    return "robots.txt itself";
  case LARIAT_CRAWL_ROBOTS_NO_FILE:
    return "there is no robots.txt";
  case LARIAT_CRAWL_ROBOTS_NO_ANSWER:
    return "robots.txt could not be read";
  case LARIAT_CRAWL_ROBOTS_TOO_COSTLY:
    return "the rules cost too much to match";
  }
  return "unknown";
}

/* ---- Readers ---- */

int64_t lariat_crawl_robots_delay_ms(const lariat_crawl_robots *robots,
                                     unsigned *line) {
  if (line) *line = robots->delay_line;
  return robots->delay_ms;
}

size_t lariat_crawl_robots_sitemap_count(const lariat_crawl_robots *robots) {
  return robots->sitemap_count;
}

const char *lariat_crawl_robots_sitemap_at(const lariat_crawl_robots *robots,
                                           size_t at, size_t *length,
                                           unsigned *line) {
  sitemap found = {0};
  bool there = at < robots->sitemap_count;
  if (there) found = robots->sitemaps[at];
  if (line) *line = found.line;
  *length = found.length;
  return there ? robots->bytes + found.text : NULL;
}

size_t lariat_crawl_robots_rule_count(const lariat_crawl_robots *robots) {
  return robots->rule_count;
}

size_t lariat_crawl_robots_ignored_bytes(const lariat_crawl_robots *robots) {
  return robots->ignored;
}

size_t lariat_crawl_robots_memory(const lariat_crawl_robots *robots) {
  return robots->memory;
}
