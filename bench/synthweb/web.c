/* SPDX-License-Identifier: MIT
 * See web.h. */
#include "web.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

const char *const web_feature_names[WEB_FEATURES] = {
    "robots", "slow",   "broken",   "moved", "status", "copies", "spellings",
    "traps",  "bodies", "charsets", "maps",  "gzip",   "hostile"};

/* ---- The plan ---- */

struct web_plan web_plan_default(void) {
  return (struct web_plan){.seed = 1,
                           .pages = 20000,
                           .hosts = 64,
                           .skew = 2,
                           .page_bytes = 8192,
                           .slow_ms = 20000,
                           .crawl_delay_ms = 1000,
                           .retry_after_s = 1,
                           .big_bytes = 2u << 20,
                           .endless_bytes = 128u << 20};
}

/* Returns the bit of a name that is `length` long, or 0. */
static unsigned feature_named(const char *name, size_t length) {
  for (unsigned i = 0; i < WEB_FEATURES; i++)
    if (strlen(web_feature_names[i]) == length &&
        !strncmp(web_feature_names[i], name, length))
      return 1u << i;
  if (length == 3 && !strncmp(name, "all", 3)) return WEB_ALL_BUT_HOSTILE;
  return 0;
}

bool web_read_features(const char *text, unsigned *out) {
  *out = 0;
  if (!strcmp(text, "none")) return true;
  for (;;) {
    size_t length = strcspn(text, ",");
    unsigned feature = feature_named(text, length);

    if (!feature) return false;
    *out |= feature;
    if (!text[length]) return true;
    text += length + 1;
  }
}

uint64_t web_draw(const struct web *web, enum web_purpose purpose,
                  uint64_t number) {
  return random_of(random_of(web->plan.seed + ((uint64_t)purpose << 56)) ^
                   number);
}

/* ---- Which host has which page ---- */

/* The first page, from which all are reached, is on the first host. */
static uint32_t draw_host(const struct web *web, uint32_t page) {
  double share = random_share(web_draw(web, WEB_OF_HOST, page));

  if (!page) return 0;
  return (uint32_t)(pow(share, web->plan.skew) * web->plan.hosts);
}

/* Sorts the pages by host: counts, adds up, places. */
static void sort_pages(struct web *web) {
  uint32_t sum = 0;

  for (uint32_t page = 0; page < web->plan.pages; page++)
    web->first[web->host_of[page]]++;
  for (uint32_t host = 0; host <= web->plan.hosts; host++) {
    uint32_t count = web->first[host];

    web->first[host] = sum;
    sum += count;
  }
  for (uint32_t page = 0; page < web->plan.pages; page++)
    web->pages[web->first[web->host_of[page]]++] = page;
  memmove(web->first + 1, web->first, web->plan.hosts * sizeof *web->first);
  web->first[0] = 0;
}

bool web_make(struct web *web, const struct web_plan *plan) {
  web->plan = *plan;
  web->host_of = malloc(plan->pages * sizeof *web->host_of);
  web->pages = malloc(plan->pages * sizeof *web->pages);
  web->first = calloc((size_t)plan->hosts + 1, sizeof *web->first);
  if (!web->host_of || !web->pages || !web->first) {
    web_free(web);
    return false;
  }
  for (uint32_t page = 0; page < plan->pages; page++)
    web->host_of[page] = draw_host(web, page);
  sort_pages(web);
  return true;
}

void web_free(struct web *web) {
  free(web->host_of);
  free(web->pages);
  free(web->first);
  memset(web, 0, sizeof *web);
}

/* ---- Pages ---- */

/* Draws a page; the cube makes those with small numbers popular. */
static uint32_t draw_popular(const struct web *web, uint64_t *state) {
  double share = random_share(random_next(state));

  return (uint32_t)(share * share * share * web->plan.pages);
}

void web_links(const struct web *web, uint32_t page, uint32_t out[WEB_LINKS]) {
  uint64_t state = web_draw(web, WEB_OF_LINKS, page);
  uint32_t host = web->host_of[page];
  uint32_t beside = web->first[host + 1] - web->first[host];
  unsigned count = 0;

  for (uint64_t i = 1; i <= WEB_CHILDREN; i++) {
    uint64_t child = (uint64_t)page * WEB_CHILDREN + i;

    if (child < web->plan.pages) out[count++] = (uint32_t)child;
  }
  while (count < WEB_CHILDREN + WEB_POPULAR)
    out[count++] = draw_popular(web, &state);
  while (count < WEB_LINKS)
    out[count++] = web->pages[web->first[host] +
                              random_below(random_next(&state), beside)];
}

bool web_is_child(uint32_t page, unsigned link, uint32_t target) {
  return link < WEB_CHILDREN &&
         target == (uint64_t)page * WEB_CHILDREN + link + 1;
}

/* From half of the mean to one and a half. */
uint32_t web_page_bytes(const struct web *web, uint32_t page) {
  uint32_t mean = web->plan.page_bytes;

  return mean / 2 + random_below(web_draw(web, WEB_OF_LENGTH, page), mean + 1);
}

uint64_t web_version(const struct web *web, uint32_t page) {
  unsigned edition = web->plan.edition;

  while (edition && random_below(web_draw(web, WEB_OF_EDITION,
                                          page + ((uint64_t)edition << 32)),
                                 10))
    edition--;
  return page + ((uint64_t)edition << 32);
}

/* ---- Hosts ---- */

enum web_speed web_speed_of(const struct web *web, uint32_t host) {
  uint32_t drawn = random_below(web_draw(web, WEB_OF_SPEED, host), 100);
  unsigned slow = web->plan.slow_percent;
  bool later = host >= web->plan.hosts / 2;

  if (!host) return WEB_FAST;
  if (web_has(web, WEB_BROKEN) && later && drawn >= 95) return WEB_DEAD;
  if (!web_has(web, WEB_SLOW)) return WEB_FAST;
  if (!slow) slow = later ? 20 : 0;
  if (drawn >= slow) return WEB_FAST;
  return drawn % 2 ? WEB_DRIPS : WEB_LATE;
}

/* From a twentieth of the longest to that. */
uint32_t web_delay_ms(const struct web *web, uint32_t host) {
  uint32_t least = web->plan.slow_ms / 20;

  return least + random_below(random_of(web_draw(web, WEB_OF_SPEED, host)),
                              web->plan.slow_ms - least + 1);
}

/* ---- What pages have besides ---- */

unsigned web_moves(const struct web *web, uint32_t page) {
  uint64_t drawn = web_draw(web, WEB_OF_MOVE, page);

  if (!web_has(web, WEB_MOVED) || !page || drawn % 16) return 0;
  return 1 + random_below(drawn, 4);
}

uint32_t web_move_host(const struct web *web, uint32_t page, unsigned step) {
  uint64_t drawn = web_draw(web, WEB_OF_MOVE, page + ((uint64_t)step << 32));

  return web->host_of[random_below(drawn, web->plan.pages)];
}

bool web_is_mapped(const struct web *web, uint32_t page) {
  return web_has(web, WEB_MAPS) && web_draw(web, WEB_OF_MAP, page) % 50 == 0;
}

enum web_trap web_trap_of(const struct web *web, uint32_t host) {
  if (!web_has(web, WEB_TRAPS) || host % 32 != 9) return WEB_NO_TRAP;
  return (enum web_trap)(WEB_CALENDAR +
                         host / 32 % (WEB_TRAPS_END - WEB_CALENDAR));
}

bool web_leads_into_trap(const struct web *web, uint32_t page) {
  return web_trap_of(web, web->host_of[page]) &&
         web_draw(web, WEB_OF_TRAP, page) % 2 == 0;
}
