/* SPDX-License-Identifier: MIT
 * node.h: what a URL of the web stands for, and its path. */
#ifndef BENCH_SYNTHWEB_NODE_H
#define BENCH_SYNTHWEB_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web.h"

/* Kinds of URLs.  Those up to NODE_KINDS_OF_PAGES belong to the page with their
 * number; NODE_FIRST_EXTRA and those behind it are linked from that page. */
enum node_kind {
  NODE_PAGE,   /* /p/7 */
  NODE_MAPPED, /* /mapped/7: in a sitemap alone */
  NODE_MOVED,  /* /moved/3/7: to /moved/2/7, to /moved/1/7, to /p/7 */
  NODE_FIRST_EXTRA,
  NODE_PRIVATE = NODE_FIRST_EXTRA, /* /private/7: under Disallow */
  NODE_LOOP,                       /* /loop/0/7: a circle of three redirects */
  NODE_STATUS,                     /* /status/404/7 */
  NODE_RETRY,   /* /status/503/7 and the others that are to be tried again */
  NODE_LATER,   /* /later/7: 503 with Retry-After, then 200 */
  NODE_COPY,    /* /copy/7, /copy/7/, /Copy/7, /copy/7?a=1: one body */
  NODE_CUT,     /* /cut/7: ends before its Content-Length */
  NODE_OPEN,    /* /open/7: chunks without the last */
  NODE_SURPLUS, /* /surplus/7: more than its Content-Length */
  NODE_CHUNKED, /* /chunked/7 */
  NODE_BINARY,  /* /binary/7: bytes that say that they are text/html */
  NODE_BIG,     /* /big/7 */
  NODE_CHARSET, /* /charset/2/7: its link has a query in that charset, */
  NODE_WORD,    /* /word/2/7?w=...: to here */
  NODE_FEED,    /* /feed/7: names /fed/7 */
  NODE_FED,     /* /fed/7 */
  NODE_ENDLESS, /* /endless/7: of the hostile ones from here */
  NODE_BOMB,    /* /bomb/7: gzip of zeros */
  NODE_INSIDE,  /* /inside/3/7: redirects to an internal address */
  NODE_HEADERS, /* /headers/7: a flood of them */
  NODE_LINKS,   /* /links/7: 100,000, to nowhere */
  NODE_NESTED,  /* /nested/7: 100,000 elements in each other */
  NODE_KINDS_OF_PAGES,
  NODE_ROBOTS = NODE_KINDS_OF_PAGES, /* /robots.txt */
  NODE_ROBOTS_MOVED,  /* /robots-moved.txt: where some robots.txt leads to */
  NODE_SITEMAP,       /* /sitemap.xml */
  NODE_SITEMAP_GZ,    /* /sitemap.xml.gz */
  NODE_SITEMAP_TEXT,  /* /sitemap.txt */
  NODE_SITEMAP_INDEX, /* /sitemap-index.xml */
  NODE_TRAP,          /* /calendar/..., /deeper/..., ...; /maze/7/1 */
  NODE_MAZE,          /* redirects without end */
  NODE_NONE           /* not of this web: 404 */
};
extern const char *const node_names[NODE_NONE + 1];

enum { COPY_FORMS = 4, LOOP_STEPS = 3, INSIDE_FORMS = 9 };

struct node {
  enum node_kind kind;
  uint32_t page; /* its number, of those that belong to one */
  uint32_t
      step; /* of a redirect; the form of a copy; the status; the charset */
  enum web_trap trap;
};

/* Reads a path with its query, as it came; escapes are undone. */
struct node node_read(const char *path, size_t length);

/* Writes the path and query of a node that belongs to a page; what is no longer
 * than NODE_PATH_MAX. */
enum { NODE_PATH_MAX = 96 };
void node_write(const struct node *node, char out[NODE_PATH_MAX]);

/* Returns the host that a node is on. */
uint32_t node_host(const struct web *web, const struct node *node);

/* Gives the nodes that a page links to besides pages: how many. */
enum { NODE_EXTRAS_MAX = 4 };
unsigned node_extras(const struct web *web, uint32_t page,
                     struct node out[NODE_EXTRAS_MAX]);

/* Gives the nodes that follow from fetching another: where a redirect leads to,
 * what a feed names.  They are of the same page.  How many. */
unsigned node_follows(const struct web *web, const struct node *node,
                      struct node out[NODE_EXTRAS_MAX]);

/* Tells whether a status or a broken body may be asked for again. */
bool node_may_repeat(enum node_kind kind);

/* Returns where a node is counted: of a page's places NODE_PLACES.  -1: it is
 * not. */
enum { NODE_PLACES = 10 };
int node_place(const struct node *node);

#endif
