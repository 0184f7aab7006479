/* SPDX-License-Identifier: MIT
 * What it costs to look at a link: its key, its scope, its shape, and the words
 * of a page, which are looked at once for all of its links.
 *
 *   bench-found-url [COUNT]
 *
 * looks at that many URLs (1,000,000) of pages of 64 hosts, and prints a line
 * of JSON: nanoseconds of CPU for each, and for a KiB of page. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lariat/crawl/url_key.h>

#include "crawl/scope.h"
#include "crawl/trap.h"
#include "crawl/words_digest.h"

enum { URLS = 1024, HOSTS = 64, DEFAULT_COUNT = 1000000, PAGE = 8192 };

static uint64_t cpu_ns(void) {
  struct timespec now;

  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "bench-found-url: %s\n", what);
  exit(1);
}

static const char *const formats[] = {
    "http://h%u.example.org/p/%u",
    "https://www%u.example.org/docs/page%u.html",
    "http://h%u.example.org/list?category=%u&page=2&sort=up",
    "http://h%u.other.example/%u",
    "http://127.0.1.%u:8080/p/%u",
    "http://h%u.example.org/caf%%C3%%A9/%u;v=1"};

typedef struct measured {
  lariat_url *urls[URLS];
  char texts[URLS][96];
  lr_crawl_scope *scopes[3]; /* of domains; with an expression; prefixes */
  lr_crawl_judged_hosts judged;
  uint64_t count;
  size_t sum; /* of what was made, so that it is */
} measured;

static void make_urls(measured *bench) {
  enum { FORMATS = sizeof formats / sizeof formats[0] };

  for (unsigned i = 0; i < URLS; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(bench->texts[i], sizeof bench->texts[i], formats[i % FORMATS],
             i * 7 % HOSTS, i * 7919);
#pragma GCC diagnostic pop
    if (lariat_url_parse(bench->texts[i], strlen(bench->texts[i]), NULL,
                         &bench->urls[i], NULL) != LARIAT_OK)
      fail("a URL that is none");
  }
}

static void make_scopes(measured *bench) {
  static const char *const seeds[] = {"http://www.example.org/",
                                      "http://127.0.1.1/"};
  static const lr_crawl_scope_rule rule = {LR_CRAWL_EXCLUDE_RE,
                                           "\\.(?:zip|iso|exe)$"};
  lr_crawl_scope_options options = lr_crawl_scope_defaults();

  options.seeds = seeds;
  options.seed_count = 2;
  for (int i = 0; i < 3; i++) {
    options.rules = &rule;
    options.rule_count = i == 1;
    if (i == 2) options.kind = LR_CRAWL_SCOPE_PREFIX;
    if (lr_crawl_scope_new(&options, &bench->scopes[i], NULL) != LARIAT_OK)
      fail("no scope");
  }
}

/* ---- What is measured ---- */

static void measure_parse(measured *bench, unsigned i) {
  lariat_url *url;

  if (lariat_url_parse(bench->texts[i], strlen(bench->texts[i]), NULL, &url,
                       NULL) != LARIAT_OK)
    fail("a URL that is none");
  bench->sum += lariat_url_port(url);
  lariat_url_free(url);
}

static void measure_key(measured *bench, unsigned i) {
  char key[256];

  bench->sum +=
      lariat_crawl_url_key(NULL, bench->urls[i], key, sizeof key, NULL);
}

static void measure_surt(measured *bench, unsigned i) {
  char surt[256];

  bench->sum += lariat_crawl_surt(bench->urls[i], surt, sizeof surt);
}

static void measure_scope(measured *bench, unsigned i, int scope) {
  lr_crawl_scope_question question = {
      .url = bench->urls[i], .depth = 3, .judged = &bench->judged};

  bench->sum += lr_crawl_scope_decide(bench->scopes[scope], &question).accepted;
}

static void measure_domain(measured *bench, unsigned i) {
  measure_scope(bench, i, 0);
}

static void measure_expression(measured *bench, unsigned i) {
  measure_scope(bench, i, 1);
}

static void measure_prefix(measured *bench, unsigned i) {
  measure_scope(bench, i, 2);
}

static void measure_shape(measured *bench, unsigned i) {
  bench->sum += (size_t)lr_crawl_shape_hash(bench->urls[i]);
}

static double measure(measured *bench, void (*one)(measured *, unsigned)) {
  uint64_t begun_ns = cpu_ns();

  for (uint64_t i = 0; i < bench->count; i++) one(bench, i % URLS);
  return (double)(cpu_ns() - begun_ns) / (double)bench->count;
}

/* Nanoseconds for a KiB of a page of words and links. */
static double measure_words(measured *bench) {
  static char page[PAGE + 128];
  size_t length = 0;
  uint64_t rounds = bench->count / 100 + 1;

  for (unsigned i = 0; length < PAGE; i++)
    length += (size_t)snprintf(page + length, sizeof page - length,
                               "<li><a href=\"/p/%u\">page %u</a> and some "
                               "words about it\n",
                               i * 7919, i);
  uint64_t begun_ns = cpu_ns();
  for (uint64_t i = 0; i < rounds; i++) {
    page[0] = (char)('a' + i % 26);
    bench->sum += (size_t)lr_crawl_words_digest(page, length);
  }
  return (double)(cpu_ns() - begun_ns) / (double)rounds /
         ((double)length / 1024);
}

int main(int argc, char **argv) {
  static measured bench;

  bench.count = argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_COUNT;
  if (bench.count == 0 || argc > 2) {
    fprintf(stderr, "usage: bench-found-url [COUNT]\n");
    return 2;
  }
  make_urls(&bench);
  make_scopes(&bench);
  printf("{\"parse_ns\":%.1f,\"key_ns\":%.1f,\"surt_ns\":%.1f",
         measure(&bench, measure_parse), measure(&bench, measure_key),
         measure(&bench, measure_surt));
  printf(",\"domain_ns\":%.1f,\"expression_ns\":%.1f,\"prefix_ns\":%.1f",
         measure(&bench, measure_domain), measure(&bench, measure_expression),
         measure(&bench, measure_prefix));
  printf(",\"shape_ns\":%.1f,\"words_kib_ns\":%.1f,\"sum\":%zu}\n",
         measure(&bench, measure_shape), measure_words(&bench), bench.sum);
  for (int i = 0; i < 3; i++) lr_crawl_scope_free(bench.scopes[i]);
  for (unsigned i = 0; i < URLS; i++) lariat_url_free(bench.urls[i]);
  return 0;
}
