/* SPDX-License-Identifier: MIT
 * crawl_await: a breadth-first crawl of one site.  It reads like a loop over a
 * list that grows at its end; yet each page is asked for as soon as a link to
 * it was seen, so that hundreds of fetches are in flight.
 *
 * usage: crawl_await http://HOST[:PORT]   (build/lariat-origin has a site) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/lariat.h>

enum { PAGES_MOST = 10000, URL_MOST = 200 };

/* The pages in the order in which they were found. */
static struct page {
  char url[URL_MOST];
  lariat_deferred *fetch;
} pages[PAGES_MOST];
static size_t count;

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
  static const char mark[] = "href=\"";
  while ((body = strstr(body, mark))) {
    body += sizeof mark - 1;
    size_t length = strcspn(body, "\"");
    if (*body == '/') add_page(client, site, body, (int)length);
  }
}

static lariat_value crawl(lariat_client *client, int argc, char **argv) {
  const char *site = argc == 2 ? argv[1] : "http://127.0.0.1:8080";
  size_t bytes = 0, length, failed = 0;
  add_page(client, site, "/tree/0", 7);
  for (size_t i = 0; i < count; i++) {
    lariat_value result = lariat_await(pages[i].fetch);
    if (lariat_is_failure(result)) {
      printf("%s: %s\n", pages[i].url, lariat_failure_message(result));
      failed++;
    } else {
      const lariat_response *response = lariat_response_in(result);
      add_links(client, site, lariat_response_body(response, &length));
      bytes += length;
    }
    lariat_value_drop(result);
  }
  printf("%zu pages, %zu failed, %zu bytes\n", count, failed, bytes);
  return lariat_none();
}

int main(int argc, char **argv) {
  return lariat_react_coroutine(crawl, argc, argv);
}
