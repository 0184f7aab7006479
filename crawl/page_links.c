/* SPDX-License-Identifier: MIT
 * page_links.c: the URLs that a page, a redirect or a sitemap names. */
#include <string.h>
#include <strings.h>

#include <lariat/crawl/links.h>
#include <lariat/crawl/sitemap.h>

#include "finding.h"
#include "memory.h"
#include "shard_private.h"

enum {
  REDIRECT_PRIORITY = 0,
  LINK_PRIORITY = 4,
  REQUISITE_PRIORITY = 3,
  MOST_LINKS = 100000
};

/* ---- Edges ---- */

static const char nofollow[] = "nofollow";

/* Tells whether a link has a line. */
static bool is_told(const lariat_crawl_options *options, const char *mark) {
  return options->links &&
         (!options->links_rejected || strcmp(mark, "offered") != 0);
}

/* Adds a line: from, to, the letter of the hop, and what became of it; where
 * links that are followed have none, the rule, too. */
static void add_edge(lr_crawl_page *page, const lariat_url *to, char hop,
                     const char *mark) {
  const lariat_crawl_options *options = &page->shard->config.settings->options;
  const char *rule = mark == nofollow ? NULL : page->shard->rule;
  if (!is_told(options, mark)) return;
  size_t length;
  const char *text = lr_crawl_fetched_text(page->url, &length);
  lr_crawl_bytes_add(&page->edges, text, length);
  lr_crawl_bytes_add(&page->edges, "\t", 1);
  text = lr_crawl_fetched_text(to, &length);
  lr_crawl_bytes_add(&page->edges, text, length);
  lr_crawl_bytes_format(&page->edges, "\t%c\t%s", hop, mark);
  if (options->links_rejected)
    lr_crawl_bytes_format(&page->edges, "\t%s", rule ? rule : "");
  lr_crawl_bytes_add(&page->edges, "\n", 1);
}

static const char *name_result(lr_crawl_find_result result) {
  static const char *const names[] = {[LR_CRAWL_FIND_OFFERED] = "offered",
                                      [LR_CRAWL_FIND_RECENT] = "offered",
                                      [LR_CRAWL_FIND_SCOPE] = "scope",
                                      [LR_CRAWL_FIND_TRAP] = "trap",
                                      [LR_CRAWL_FIND_LOST] = "lost"};
  return names[result];
}

/* ---- Links ---- */

/* Counts a new link for the traps, which look at those of the page's own shape.
 */
static void count_new(lr_crawl_page *page, const lariat_url *url) {
  page->new_links++;
  page->same_shape += lr_crawl_shape_hash(url) == page->shape;
}

static void take_link(const lariat_crawl_link *link, void *context) {
  lr_crawl_page *page = context;
  const lr_crawl_settings *settings = page->shard->config.settings;
  bool requisite = link->kind == LARIAT_CRAWL_LINK_REQUISITE;
  char hop = requisite ? 'E' : 'L';
  if (link->nofollow && !settings->options.ignore_robots) {
    add_edge(page, link->url, hop, nofollow);
    return;
  }
  lr_crawl_namer by = page->namer;
  by.depth++;
  lr_crawl_find_result result =
      lr_crawl_find(page->shard, &by,
                    &(lr_crawl_named){.url = link->url,
                                      .hop = hop,
                                      .priority = requisite ? REQUISITE_PRIORITY
                                                            : LINK_PRIORITY,
                                      .requisite = requisite});
  if (result == LR_CRAWL_FIND_OFFERED) count_new(page, link->url);
  add_edge(page, link->url, hop, name_result(result));
}

static void find_links(lr_crawl_page *page, const lr_crawl_content *content) {
  lariat_crawl_links_options options = lariat_crawl_links_defaults();
  lariat_crawl_document document = {.size = sizeof document};
  options.max_links = MOST_LINKS;
  page->shape = lr_crawl_shape_hash(page->url);
  lariat_status status = lariat_crawl_links_find(
      &options, page->url, page->answer->response, content->bytes,
      content->length, take_link, page, &document);
  if (status != LARIAT_OK && !page->note) page->note = "not all links are read";
  if (document.noindex && !page->note) page->note = "noindex";
  lariat_crawl_document_clear(&document);
}

/* ---- Redirects ---- */

void lr_crawl_page_find_redirect(lr_crawl_page *page) {
  lariat_url *url = NULL;
  const char *location =
      lariat_response_header(page->answer->response, "Location");
  if (lariat_url_parse(location, strlen(location), page->url, &url, NULL) !=
      LARIAT_OK) {
    page->note = "a redirect to what cannot be fetched";
    return;
  }
  bool is_sitemap = page->task->queued.hop == 'S';
  size_t length;
  const char *text = lr_crawl_fetched_text(url, &length);
  if (!lariat_url_has_userinfo(url))
    page->location = lr_crawl_copy_bytes(text, length);
  if (is_sitemap) {
    /* As deep as what an index names, so that a chain has an end. */
    lr_crawl_namer by = page->namer;
    by.depth++;
    lr_crawl_find_sitemap(page->shard, &by, page->url, text, length);
    lariat_url_free(url);
    return;
  }
  lr_crawl_find_result result = lr_crawl_find(
      page->shard, &page->namer,
      &(lr_crawl_named){.url = url,
                        .hop = 'R',
                        .priority = REDIRECT_PRIORITY,
                        .requisite = page->task->queued.hop == 'E'});
  if (result == LR_CRAWL_FIND_SCOPE) page->note = "it leads out of scope";
  if (result == LR_CRAWL_FIND_TRAP) page->note = "it leads into a trap";
  add_edge(page, url, 'R', name_result(result));
  lariat_url_free(url);
}

/* ---- Sitemaps ---- */

static void take_page_of_sitemap(lr_crawl_page *page, const lariat_url *url) {
  lr_crawl_namer by = {
      .id = page->task->queued.id, .depth = 1, .in_scope_site = true};
  lr_crawl_find_result result = lr_crawl_find(
      page->shard, &by,
      &(lr_crawl_named){.url = url, .hop = 'L', .priority = LINK_PRIORITY});
  add_edge(page, url, 'L', name_result(result));
}

static bool take_entry(const lariat_crawl_sitemap_entry *entry, void *context) {
  lr_crawl_page *page = context;
  lariat_url *url = NULL;
  if (entry->kind == LARIAT_CRAWL_SITEMAP_INDEX) {
    lr_crawl_namer by = page->namer;
    by.depth++;
    lr_crawl_find_sitemap(page->shard, &by, page->url, entry->url,
                          entry->url_length);
  } else if (lariat_url_parse(entry->url, entry->url_length, page->url, &url,
                              NULL) == LARIAT_OK) {
    take_page_of_sitemap(page, url);
  }
  lariat_url_free(url);
  return true;
}

static void find_in_sitemap(lr_crawl_page *page,
                            const lr_crawl_content *content) {
  lariat_crawl_sitemap *sitemap = NULL;
  lariat_status status =
      lariat_crawl_sitemap_new(NULL, take_entry, page, &sitemap);
  if (status == LARIAT_OK)
    status =
        lariat_crawl_sitemap_feed(sitemap, content->bytes, content->length);
  if (status == LARIAT_OK) status = lariat_crawl_sitemap_end(sitemap);
  if (status != LARIAT_OK && !page->note)
    page->note = "the sitemap is not read to its end";
  lariat_crawl_sitemap_free(sitemap);
}

void lr_crawl_page_find_links(lr_crawl_page *page,
                              const lr_crawl_content *content) {
  if (page->task->queued.hop == 'S')
    find_in_sitemap(page, content);
  else
    find_links(page, content);
}
