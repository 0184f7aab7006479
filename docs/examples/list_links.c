/* SPDX-License-Identifier: MIT
 * list_links: finds the links of an HTML document, read from standard input,
 * and prints them, in full where they are relative to its URL: kind, element,
 * attribute and URL in columns.
 *
 * usage: list_links [--all] URL <DOCUMENT
 *
 * --all: with those of forms and hints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/crawl/links.h>
#include <lariat/lariat.h>

static void print_link(const lariat_crawl_link *link, void *context) {
  static const char *const kinds[] = {"navigation", "requisite", "form",
                                      "hint"};
  (void)context;
  printf("%s\t%s\t%s\t%s%s\n", kinds[link->kind], link->element,
         link->attribute, lariat_url_text(link->url, NULL),
         link->nofollow ? "\tnofollow" : "");
}

static void print_document(const lariat_crawl_document *document) {
  fprintf(stderr, "%ju links, %s", (uintmax_t)document->links,
          document->charset);
  if (document->title) fprintf(stderr, ", \"%s\"", document->title);
  fprintf(stderr, "%s%s\n", document->nofollow ? ", nofollow" : "",
          document->noindex ? ", noindex" : "");
}

/* Reads all of standard input; NULL: out of memory. */
static char *read_all(size_t *length) {
  size_t capacity = 64 * 1024;
  char *bytes = malloc(capacity);
  *length = 0;
  while (bytes) {
    *length += fread(bytes + *length, 1, capacity - *length, stdin);
    if (*length < capacity) break;
    char *more = realloc(bytes, capacity *= 2);
    if (!more) free(bytes);
    bytes = more;
  }
  return bytes;
}

static int list_links(const lariat_url *url, bool all) {
  lariat_crawl_links_options options = lariat_crawl_links_defaults();
  lariat_crawl_document document;
  size_t length;
  options.forms = options.hints = all;
  char *bytes = read_all(&length);
  lariat_status status =
      bytes ? lariat_crawl_links_find(&options, url, NULL, bytes, length,
                                      print_link, NULL, &document)
            : LARIAT_ENOMEM;
  if (status == LARIAT_OK) {
    print_document(&document);
    lariat_crawl_document_clear(&document);
  }
  free(bytes);
  return status != LARIAT_OK;
}

int main(int argc, char **argv) {
  bool all = argc == 3 && strcmp(argv[1], "--all") == 0;
  lariat_url *url;
  const char *text = argv[argc - 1];
  if (argc != 2 + all ||
      lariat_url_parse(text, strlen(text), NULL, &url, NULL) != LARIAT_OK) {
    fprintf(stderr, "usage: list_links [--all] URL <DOCUMENT\n");
    return 2;
  }
  int failed = list_links(url, all);
  lariat_url_free(url);
  return failed;
}
