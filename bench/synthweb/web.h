/* SPDX-License-Identifier: MIT
 * web.h: a web that is computed: which page is on which host, how long it is,
 * what it links to, and what is wrong with hosts and pages.  All of it follows
 * from a plan and its seed; nothing is stored but which host has which page. */
#ifndef BENCH_SYNTHWEB_WEB_H
#define BENCH_SYNTHWEB_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Features of a web, besides plain pages; bits. */
enum web_feature {
  WEB_ROBOTS = 1,     /* robots.txt of all kinds, pages under Disallow */
  WEB_SLOW = 2,       /* hosts that answer late, or drip */
  WEB_BROKEN = 4,     /* hosts that close each connection */
  WEB_MOVED = 8,      /* redirects in chains and loops */
  WEB_STATUS = 16,    /* 404, 410, 429, 500, 503, and 503 only once */
  WEB_COPIES = 32,    /* one body under four URLs */
  WEB_SPELLINGS = 64, /* one URL in many spellings, session ids */
  WEB_TRAPS = 128,    /* pages without end */
  WEB_BODIES = 256,   /* large, cut, surplus, chunked, binary */
  WEB_CHARSETS = 512, /* pages whose links are in the page's charset */
  WEB_MAPS = 1024,    /* sitemaps and feeds */
  WEB_GZIP = 2048,    /* Content-Encoding: gzip, where it is accepted */
  WEB_HOSTILE = 4096  /* links and redirects to addresses that are internal,
                         endless bodies, bombs, floods */
};
enum { WEB_FEATURES = 13, WEB_ALL_BUT_HOSTILE = 4095 };
extern const char *const web_feature_names[WEB_FEATURES];

enum {
  WEB_PAGES_MAX = 20000000,
  WEB_HOSTS_MAX = 1000000,
  WEB_CHILDREN = 4, /* of page i: 4i+1 to 4i+4, so that all are reached */
  WEB_POPULAR = 16, /* links to pages with small numbers, mostly */
  WEB_SAME_HOST = 8,
  WEB_LINKS = WEB_CHILDREN + WEB_POPULAR + WEB_SAME_HOST
};

struct web_plan {
  uint64_t seed;
  uint32_t pages;
  uint32_t hosts;
  double skew; /* 1: hosts have as many pages each; 2: few have most */
  uint32_t page_bytes;
  unsigned features;
  unsigned edition;      /* another edition has one page in ten changed */
  uint32_t slow_ms;      /* the longest delay of a slow host */
  unsigned slow_percent; /* of the hosts but the first; 0: of the later half, a
                            fifth */
  uint32_t crawl_delay_ms; /* of the hosts whose robots.txt has one */
  unsigned retry_after_s;
  uint32_t big_bytes;
  uint64_t endless_bytes; /* where an endless body ends after all */
};

struct web {
  struct web_plan plan;
  uint32_t *host_of; /* each page's */
  uint32_t *first;   /* where a host's pages begin in `pages`; one more */
  uint32_t *pages;   /* by host */
};

struct web_plan web_plan_default(void);

/* Reads "robots,slow", "all" (all but hostile) or "none". */
bool web_read_features(const char *text, unsigned *out);

/* False: out of memory. */
bool web_make(struct web *web, const struct web_plan *plan);
void web_free(struct web *web);

static inline bool web_has(const struct web *web, unsigned feature) {
  return (web->plan.features & feature) != 0;
}

/* Why a number is drawn: what is drawn for one does not tell of another. */
enum web_purpose {
  WEB_OF_HOST = 1,
  WEB_OF_LENGTH,
  WEB_OF_LINKS,
  WEB_OF_TEXT,
  WEB_OF_EXTRA,
  WEB_OF_MOVE,
  WEB_OF_SPELLING,
  WEB_OF_MAP,
  WEB_OF_ROBOTS,
  WEB_OF_SPEED,
  WEB_OF_TRAP,
  WEB_OF_EDITION
};
uint64_t web_draw(const struct web *web, enum web_purpose purpose,
                  uint64_t number);

/* Fills in the pages that a page links to. */
void web_links(const struct web *web, uint32_t page, uint32_t out[WEB_LINKS]);

/* Tells whether a link, by its place in web_links, is one to a child: to a page
 * that need not be linked from anywhere else. */
bool web_is_child(uint32_t page, unsigned link, uint32_t target);

uint32_t web_page_bytes(const struct web *web, uint32_t page);

/* Returns which text a page has in this edition: its number, or that and the
 * edition's, where it has changed. */
uint64_t web_version(const struct web *web, uint32_t page);

/* ---- Hosts ---- */

enum web_speed { WEB_FAST = 0, WEB_LATE, WEB_DRIPS, WEB_DEAD };
enum web_speed web_speed_of(const struct web *web, uint32_t host);
/* Returns how long an answer of a slow host takes. */
uint32_t web_delay_ms(const struct web *web, uint32_t host);

/* ---- What pages have besides ---- */

/* Returns through how many redirects the link to a child leads, 0 to 4. */
unsigned web_moves(const struct web *web, uint32_t page);
/* Returns the host of a redirect to a page: step 4 to 1, the last. */
uint32_t web_move_host(const struct web *web, uint32_t page, unsigned step);

/* Tells whether a sitemap names one more page for this number. */
bool web_is_mapped(const struct web *web, uint32_t page);

enum web_trap {
  WEB_NO_TRAP = 0,
  WEB_CALENDAR, /* the next month, for ever */
  WEB_DEEPER,   /* a path that grows */
  WEB_SESSION,  /* a new session id in each link's path */
  WEB_FACETS,   /* all queries of some parameters */
  WEB_NOWHERE,  /* any URL has the same page, status 200 */
  WEB_TRAPS_END
};
/* Returns the trap of a host; its pages link to it now and then. */
enum web_trap web_trap_of(const struct web *web, uint32_t host);
bool web_leads_into_trap(const struct web *web, uint32_t page);

#endif
