/* SPDX-License-Identifier: MIT
 * crawl_group http://HOST[:PORT]: a crawl by callbacks (lariat-origin is a
 * site).  Each page that answers adds the pages that it links to, to the group
 * that the program waits for; nobody knows beforehand how many there will be.
 * crawl_await.c does the same in plain sequence. */
#include <stdio.h>
#include <string.h>

#include <lariat/lariat.h>

enum { PAGES_MOST = 10000, URL_MOST = 200 };

static struct crawl {
  lariat_client *client;
  lariat_deferred_group *group;
  const char *site;
  char seen[PAGES_MOST][URL_MOST]; /* the pages that were asked for */
  size_t count;
  size_t bytes;
} crawl;

static lariat_value on_page(lariat_value response, void *context);

/* Asks for a path that is new.  The page's own callback comes before the
 * group's: it adds others while it is a member itself, so the group goes on. */
static void add_page(const char *path, int length) {
  char *url = crawl.seen[crawl.count];
  if (crawl.count == PAGES_MOST) return;
  snprintf(url, URL_MOST, "%s%.*s", crawl.site, length, path);
  for (size_t i = 0; i < crawl.count; i++)
    if (strcmp(crawl.seen[i], url) == 0) return;
  crawl.count++;
  lariat_deferred *page = lariat_get(crawl.client, url);
  lariat_deferred_add_callback(page, on_page, NULL);
  (void)lariat_deferred_group_add(crawl.group, page);
}

static lariat_value on_page(lariat_value response, void *context) {
  size_t length;
  const char *body =
      lariat_response_body(lariat_response_in(response), &length);
  (void)context;
  crawl.bytes += length;
  while ((body = strstr(body, "href=\"/"))) {
    body += strlen("href=\"");
    add_page(body, (int)strcspn(body, "\""));
  }
  return lariat_value_drop(response);
}

static lariat_value on_end(lariat_value none, void *context) {
  lariat_value failure = lariat_deferred_group_first_failure(crawl.group);
  (void)context;
  printf("%zu pages, %ju failed, %zu bytes\n", crawl.count,
         (uintmax_t)lariat_deferred_group_failures(crawl.group), crawl.bytes);
  if (lariat_is_failure(failure))
    printf("the first failure: %s\n", lariat_failure_message(failure));
  lariat_deferred_group_release(crawl.group);
  return none;
}

static lariat_deferred *app(lariat_client *client, int argc, char **argv) {
  lariat_reactor *reactor = lariat_client_reactor(client);
  crawl.client = client;
  crawl.site = argc == 2 ? argv[1] : "http://127.0.0.1:8080";
  if (lariat_deferred_group_new(reactor, &crawl.group) != LARIAT_OK)
    return lariat_deferred_fail(reactor, LARIAT_ENOMEM, "out of memory");
  add_page("/tree/0", 7);
  return lariat_deferred_add_callback(lariat_deferred_group_wait(crawl.group),
                                      on_end, NULL);
}

int main(int argc, char **argv) { return lariat_react(app, argc, argv); }
