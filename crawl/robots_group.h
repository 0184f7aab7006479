/* SPDX-License-Identifier: MIT
 * robots_group.h: what a robots.txt says to one crawler, collected from its
 * lines. */
#ifndef LARIAT_CRAWL_ROBOTS_GROUP_H
#define LARIAT_CRAWL_ROBOTS_GROUP_H

#include "robots_line.h"
#include "robots_pattern.h"

/* A rule, whose text is the file's. */
typedef struct lr_crawl_draft {
  lr_crawl_pattern pattern;
  lr_crawl_span text;
  lr_crawl_span value;
  uint32_t line;
  uint32_t group_line;
  bool allow;
} lr_crawl_draft;

/* A Sitemap line of the file. */
typedef struct lr_crawl_sitemap_line {
  lr_crawl_span value;
  uint32_t line;
} lr_crawl_sitemap_line;

typedef struct lr_crawl_group {
  lr_crawl_draft *rules; /* first those without, then those with wildcards */
  size_t count;
  size_t plain_count;
  lr_crawl_sitemap_line *sitemaps;
  size_t sitemap_count;
  int64_t delay_ms; /* -1: none */
  uint32_t delay_line;
  uint32_t line; /* of the group's first User-agent; 0: there is no group */
  char *space;   /* what the patterns are made in */
} lr_crawl_group;

/* Collects what `lines` say to `agent`, a product token.  False: out of memory;
 * there is nothing to free then. */
bool lr_crawl_group_read(lr_crawl_group *group,
                         const lr_crawl_robots_lines *lines,
                         lr_crawl_span agent);

/* Leaves one of each pattern, the rule that wins, and puts the rules in order:
 * those without wildcards by their octets, so that what begins with a rule is
 * behind it; the others, the one that wins before those that lose. */
void lr_crawl_group_sort(lr_crawl_group *group);

void lr_crawl_group_clear(lr_crawl_group *group);

#endif
