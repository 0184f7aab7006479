/* SPDX-License-Identifier: MIT
 * See oracle.h. */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

#include "robots.h"

/* A walk through the pages in the order in which they are found. */
struct walk {
  struct oracle *oracle;
  const struct site *site;
  uint32_t *queue;
  uint32_t found;
};

/* Notes a node that a link leads to.  False: a right crawl does not fetch it,
 * or knows it already. */
static bool note(struct walk *walk, const struct node *node) {
  const struct web *web = &walk->site->web;
  uint32_t host = node_host(web, node);
  int place = node_place(node);
  uint8_t *expected;

  if (host >= web->plan.hosts || place < 0) return false;
  walk->oracle->is_known[host] = 1;
  expected = walk->oracle->places + (size_t)node->page * NODE_PLACES + place;
  if (*expected || !robots_allows(web, host, node)) return false;
  *expected = node_may_repeat(node->kind) ? EXPECT_AGAIN : EXPECT_ONCE;
  if (node->kind == NODE_PAGE) walk->queue[walk->found++] = node->page;
  return true;
}

/* Notes a node and what follows from it. */
static void follow(struct walk *walk, struct node node) {
  struct node next[NODE_EXTRAS_MAX];

  while (note(walk, &node) && node_follows(&walk->site->web, &node, next))
    node = next[0];
}

static void walk_page(struct walk *walk, uint32_t page) {
  const struct web *web = &walk->site->web;
  struct node extras[NODE_EXTRAS_MAX];
  unsigned count = node_extras(web, page, extras);
  uint32_t links[WEB_LINKS];

  web_links(web, page, links);
  for (unsigned i = 0; i < WEB_LINKS; i++) {
    unsigned moves =
        web_is_child(page, i, links[i]) ? web_moves(web, links[i]) : 0;
    struct node node = {.kind = moves ? NODE_MOVED : NODE_PAGE,
                        .page = links[i],
                        .step = moves};

    follow(walk, node);
  }
  for (unsigned i = 0; i < count; i++) follow(walk, extras[i]);
}

static void walk_sitemaps(struct walk *walk) {
  const struct web *web = &walk->site->web;

  for (uint32_t page = 0; page < web->plan.pages; page++) {
    struct node node = {.kind = NODE_MAPPED, .page = page};
    uint32_t host = web->host_of[page];

    if (walk->oracle->is_known[host] && robots_names_sitemap(web, host) &&
        web_is_mapped(web, page))
      note(walk, &node);
  }
}

bool oracle_make(struct oracle *oracle, const struct site *site) {
  uint32_t pages = site->web.plan.pages;
  struct walk walk = {.oracle = oracle, .site = site};
  struct node first = {.kind = NODE_PAGE};

  oracle->places = calloc(pages, NODE_PLACES);
  oracle->is_known = calloc(site->web.plan.hosts, 1);
  walk.queue = malloc(pages * sizeof *walk.queue);
  if (!oracle->places || !oracle->is_known || !walk.queue) {
    oracle_free(oracle);
    free(walk.queue);
    return false;
  }
  note(&walk, &first);
  for (uint32_t at = 0; at < walk.found; at++) walk_page(&walk, walk.queue[at]);
  walk_sitemaps(&walk);
  free(walk.queue);
  return true;
}

void oracle_free(struct oracle *oracle) {
  free(oracle->places);
  free(oracle->is_known);
  memset(oracle, 0, sizeof *oracle);
}

enum expected oracle_expects(const struct oracle *oracle,
                             const struct node *node) {
  int place = node_place(node);

  if (place < 0) return EXPECT_NEVER;
  return (enum expected)
      oracle->places[(size_t)node->page * NODE_PLACES + (unsigned)place];
}

/* ---- All of them ---- */

static void call(const struct oracle *oracle, struct node node,
                 oracle_callback *callback, void *context) {
  enum expected expected = oracle_expects(oracle, &node);

  if (expected) callback(context, &node, expected);
}

static void call_for_extras(const struct oracle *oracle,
                            const struct site *site, uint32_t page,
                            oracle_callback *callback, void *context) {
  struct node extras[NODE_EXTRAS_MAX];
  struct node next[NODE_EXTRAS_MAX];
  unsigned count = node_extras(&site->web, page, extras);

  for (unsigned i = 0; i < count; i++) {
    struct node node = extras[i];

    call(oracle, node, callback, context);
    for (unsigned steps = 1; steps < LOOP_STEPS; steps++) {
      if (!node_follows(&site->web, &node, next)) break;
      node = next[0];
      call(oracle, node, callback, context);
    }
  }
}

void oracle_each(const struct oracle *oracle, const struct site *site,
                 oracle_callback *callback, void *context) {
  for (uint32_t page = 0; page < site->web.plan.pages; page++) {
    struct node node = {.kind = NODE_PAGE, .page = page};

    call(oracle, node, callback, context);
    node.kind = NODE_MAPPED;
    call(oracle, node, callback, context);
    node.kind = NODE_MOVED;
    for (node.step = web_moves(&site->web, page); node.step; node.step--)
      call(oracle, node, callback, context);
    call_for_extras(oracle, site, page, callback, context);
  }
}

struct writing {
  const struct site *site;
  FILE *out;
  struct text url;
};

static void write_line(void *context, const struct node *node,
                       enum expected expected) {
  struct writing *writing = context;

  text_clear(&writing->url);
  site_add_url(writing->site, node, &writing->url);
  fprintf(writing->out, "%s\t%s\t%.*s\n",
          expected == EXPECT_ONCE ? "once" : "again", node_names[node->kind],
          (int)writing->url.length, writing->url.bytes);
}

void oracle_write(const struct oracle *oracle, const struct site *site,
                  FILE *out) {
  struct writing writing = {.site = site, .out = out};

  oracle_each(oracle, site, write_line, &writing);
  text_free(&writing.url);
}
