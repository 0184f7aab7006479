/* SPDX-License-Identifier: MIT
 * See robots.h. */
#include "robots.h"

#include <string.h>

#include "random.h"

/* The first host, from which a crawl begins, is a plain one. */
enum robots_kind robots_kind_of(const struct web *web, uint32_t host) {
  static const enum robots_kind kinds[16] = {
      ROBOTS_PLAIN, ROBOTS_PLAIN, ROBOTS_PLAIN,   ROBOTS_PLAIN,
      ROBOTS_PLAIN, ROBOTS_PLAIN, ROBOTS_OPEN,    ROBOTS_OPEN,
      ROBOTS_OPEN,  ROBOTS_DELAY, ROBOTS_MISSING, ROBOTS_MISSING,
      ROBOTS_LARGE, ROBOTS_MOVED, ROBOTS_ABROAD,  ROBOTS_FAILING};
  enum robots_kind kind = kinds[web_draw(web, WEB_OF_ROBOTS, host) %
                                (sizeof kinds / sizeof *kinds)];

  if (!web_has(web, WEB_ROBOTS) || !host) return ROBOTS_PLAIN;
  /* Delays and failures of hosts with many pages would be all that a crawl
   * meets. */
  if (host < web->plan.hosts / 2 &&
      (kind == ROBOTS_DELAY || kind == ROBOTS_FAILING))
    return ROBOTS_PLAIN;
  return kind;
}

bool robots_allows(const struct web *web, uint32_t host,
                   const struct node *node) {
  enum robots_kind kind = robots_kind_of(web, host);

  if (web_speed_of(web, host) == WEB_DEAD || kind == ROBOTS_FAILING)
    return false;
  return node->kind != NODE_PRIVATE || kind == ROBOTS_OPEN ||
         kind == ROBOTS_MISSING;
}

bool robots_names_sitemap(const struct web *web, uint32_t host) {
  enum robots_kind kind = robots_kind_of(web, host);

  return web_has(web, WEB_MAPS) && kind != ROBOTS_MISSING &&
         kind != ROBOTS_FAILING && kind != ROBOTS_ABROAD;
}

enum node_kind robots_sitemap(uint32_t host) {
  return (enum node_kind)(NODE_SITEMAP + host % 4);
}

static void add_sitemap_line(const struct site *site, uint32_t host,
                             struct text *out) {
  static const char *const paths[] = {"/sitemap.xml", "/sitemap.xml.gz",
                                      "/sitemap.txt", "/sitemap-index.xml"};

  if (!robots_names_sitemap(&site->web, host)) return;
  text_say(out, "Sitemap: ");
  site_add_origin(site, host, out);
  text_print(out, "%s\n", paths[robots_sitemap(host) - NODE_SITEMAP]);
}

/* Comments up to 600 KiB: more than the 500 KiB that must be read, and less
 * than would do harm. */
static void add_comments(struct text *out) {
  enum { LINE = 64, LINES = 600 * 1024 / LINE };

  for (int i = 0; i < LINES; i++) text_print(out, "# %-*d\n", LINE - 3, i);
}

void robots_add_text(const struct site *site, uint32_t host, struct text *out) {
  enum robots_kind kind = robots_kind_of(&site->web, host);
  uint32_t delay_ms = site->web.plan.crawl_delay_ms;

  text_say(out, "User-agent: *\n");
  if (kind == ROBOTS_DELAY)
    text_print(out, "Crawl-delay: %u.%03u\n", delay_ms / 1000, delay_ms % 1000);
  text_say(out, kind == ROBOTS_OPEN ? "Disallow:\n" : "Disallow: /private/\n");
  add_sitemap_line(site, host, out);
  if (kind == ROBOTS_LARGE) add_comments(out);
}
