/* SPDX-License-Identifier: MIT
 * links: how fast the links of documents are found, by liblariat-crawl and, in
 * turns with it, by the SAX parser of libxml2, which a crawler in C would take
 * instead.
 *
 * usage: bench-links [--rounds N] FILE-OR-DIRECTORY...
 *
 * The HTML files are read first.  A round is all of them once, in the CPU time
 * of this thread; the fastest of 7 rounds counts.  Three programs have a turn
 * in each: lariat (links resolved and normalised, charset and title), libxml2
 * with the values of the same attributes alone, and libxml2 with these resolved
 * by xmlBuildURI.  Exit code 1: lariat is not 5 times as fast as the second. */
#include <lariat/crawl/links.h>

#include <ftw.h>
#include <libxml/HTMLparser.h>
#include <libxml/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { MOST_FILES = 100000, BAR = 5 };

struct page {
  char *bytes;
  size_t length;
};

static struct page pages[MOST_FILES];
static size_t page_count;
static uint64_t page_bytes;

static const char base[] = "http://docs.example/share/doc/page.html";

static void fail(const char *what) {
  fprintf(stderr, "bench-links: %s\n", what);
  exit(2);
}

/* ---- Pages ---- */

static void read_page(const char *path, size_t length) {
  FILE *file = fopen(path, "rb");
  char *bytes = malloc(length + 1);
  if (!file || !bytes || fread(bytes, 1, length, file) != length)
    fail("a file cannot be read");
  fclose(file);
  pages[page_count++] = (struct page){bytes, length};
  page_bytes += length;
}

static int visit(const char *path, const struct stat *status, int type,
                 struct FTW *place) {
  const char *dot = strrchr(path, '.');
  (void)place;
  if (type == FTW_F && dot && strncmp(dot, ".htm", 4) == 0 &&
      page_count < MOST_FILES)
    read_page(path, (size_t)status->st_size);
  return 0;
}

/* ---- lariat ---- */

static void count_link(const lariat_crawl_link *link, void *context) {
  (void)link;
  ++*(uint64_t *)context;
}

static uint64_t run_lariat(void) {
  lariat_url *url;
  uint64_t links = 0;
  if (lariat_url_parse(base, sizeof base - 1, NULL, &url, NULL) != LARIAT_OK)
    fail("no base");
  for (size_t i = 0; i < page_count; i++) {
    lariat_crawl_document document;
    if (lariat_crawl_links_find(NULL, url, NULL, pages[i].bytes,
                                pages[i].length, count_link, &links,
                                &document) != LARIAT_OK)
      fail("out of memory");
    lariat_crawl_document_clear(&document);
  }
  lariat_url_free(url);
  return links;
}

/* ---- libxml2 ---- */

struct reading {
  uint64_t links;
  bool resolves;
};

static void take_value(struct reading *reading, const xmlChar *value) {
  reading->links++;
  if (reading->resolves)
    xmlFree(xmlBuildURI(value, (const xmlChar *)(const char *)base));
}

/* Takes what is a link as a rule: fewer kinds of them than lariat has. */
static void start_element(void *context, const xmlChar *name,
                          const xmlChar **attributes) {
  static const struct {
    const char *element, *attribute;
  } rules[] = {{"a", "href"},     {"link", "href"},  {"img", "src"},
               {"script", "src"}, {"area", "href"},  {"iframe", "src"},
               {"frame", "src"},  {"source", "src"}, {"video", "src"}};
  struct reading *reading = context;
  if (!attributes) return;
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    if (strcmp((const char *)name, rules[i].element) != 0) continue;
    for (const xmlChar **at = attributes; *at; at += 2)
      if (at[1] && strcmp((const char *)at[0], rules[i].attribute) == 0)
        take_value(reading, at[1]);
  }
}

static uint64_t run_libxml2(bool resolves) {
  struct reading reading = {.resolves = resolves};
  xmlSAXHandler handler = {.startElement = start_element};
  for (size_t i = 0; i < page_count; i++) {
    htmlParserCtxtPtr parser = htmlCreatePushParserCtxt(
        &handler, &reading, "", 0, NULL, XML_CHAR_ENCODING_UTF8);
    if (!parser) fail("libxml2 has no parser");
    htmlParseChunk(parser, pages[i].bytes, (int)pages[i].length, 1);
    htmlFreeParserCtxt(parser);
  }
  return reading.links;
}

static uint64_t run_values(void) { return run_libxml2(false); }
static uint64_t run_resolved(void) { return run_libxml2(true); }

/* ---- Rounds ---- */

struct program {
  const char *name;
  uint64_t (*run)(void);
  uint64_t links;
  double seconds; /* of the fastest round */
};

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run_program(struct program *program) {
  double start = cpu_seconds();
  program->links = program->run();
  double seconds = cpu_seconds() - start;
  if (program->seconds <= 0 || seconds < program->seconds)
    program->seconds = seconds;
}

static void print_program(const struct program *program) {
  printf("%-24s %7.1f MB/s %8.1f us a page %8.0f ns a link %9ju links\n",
         program->name, (double)page_bytes / 1e6 / program->seconds,
         program->seconds / (double)page_count * 1e6,
         program->seconds / (double)program->links * 1e9,
         (uintmax_t)program->links);
}

int main(int argc, char **argv) {
  struct program programs[] = {
      {.name = "lariat", .run = run_lariat},
      {.name = "libxml2 SAX", .run = run_values},
      {.name = "libxml2 SAX, resolved", .run = run_resolved}};
  int rounds = 7, first = 1;
  if (argc > 2 && strcmp(argv[1], "--rounds") == 0) {
    rounds = (int)strtol(argv[2], NULL, 10);
    first = 3;
  }
  for (int i = first; i < argc; i++) nftw(argv[i], visit, 16, FTW_PHYS);
  if (!page_count || rounds < 1)
    fail("usage: bench-links [--rounds N] FILE-OR-DIRECTORY...");
  printf("%zu pages, %.1f MB\n", page_count, (double)page_bytes / 1e6);
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < 3; i++) run_program(&programs[i]);
  for (int i = 0; i < 3; i++) print_program(&programs[i]);
  double ratio = programs[1].seconds / programs[0].seconds;
  printf("lariat is %.1f times as fast as libxml2 SAX, %.1f with resolving\n",
         ratio, programs[2].seconds / programs[0].seconds);
  return ratio < BAR;
}
