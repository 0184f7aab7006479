/* SPDX-License-Identifier: MIT
 * crawl_await http://HOST[:PORT]: a breadth-first crawl (lariat-origin is a
 * site).  A loop over a list that grows at its end; each page is asked for when
 * a link to it is seen, so that hundreds of fetches are in flight. */
#include <stdio.h>
#include <string.h>

#include <lariat/lariat.h>

enum { PAGES_MOST = 10000, URL_MOST = 200 };

/* The pages in the order in which they were found. */
static struct page {
  char url[URL_MOST];
  lariat_deferred *fetch;
} pages[PAGES_MOST];
static size_t count; /* so far */

/* A path that is new becomes a page, and its fetch begins. */
static void add_page(lariat_client *client, const char *site, const char *path,
                     int length) {
  if (count == PAGES_MOST) return;
  struct page *page = &pages[count];
  snprintf(page->url, sizeof page->url, "%s%.*s", site, length, path);
  for (size_t i = 0; i < count; i++)
    if (strcmp(pages[i].url, page->url) == 0) return;
  page->fetch = lariat_get(client, page->url);
  count++;
}

static void add_links(lariat_client *client, const char *site,
                      const char *body) {
  while ((body = strstr(body, "href=\"/"))) {
    body += strlen("href=\"");
    add_page(client, site, body, (int)strcspn(body, "\""));
  }
}

static lariat_value crawl(lariat_client *client, int argc, char **argv) {
  const char *site = argc == 2 ? argv[1] : "http://127.0.0.1:8080";
  size_t bytes = 0, failed = 0;
  add_page(client, site, "/tree/0", 7);
  for (size_t i = 0; i < count; i++) {
    size_t length = 0;
    lariat_value result = lariat_await(pages[i].fetch);
    if (lariat_is_failure(result))
      failed++;
    else
      add_links(client, site,
                lariat_response_body(lariat_response_in(result), &length));
    bytes += length;
    lariat_value_drop(result);
  }
  printf("%zu pages, %zu failed, %zu bytes\n", count, failed, bytes);
  return lariat_none();
}

int main(int argc, char **argv) {
  return lariat_react_coroutine(crawl, argc, argv);
}
