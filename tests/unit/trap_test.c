/* SPDX-License-Identifier: MIT
 * trap_test.c: what shapes are; that traps of all kinds are closed soon, and
 * that pages of honest sites never are. */
#include "crawl/trap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawl/closed_shapes.h"
#include "crawl/words_digest.h"
#include "support/fixture.h"

static struct fixture fixture;

static void open_fixture(void) { fixture_open(&fixture, FIXTURE_NO_REACTOR); }
static void close_fixture(void) { fixture_close(&fixture); }

static lariat_url *parse(const char *text) {
  lariat_url *url;
  lariat_url_error error;
  if (lariat_url_parse(text, strlen(text), NULL, &url, &error) != LARIAT_OK)
    fixture_fail("%s: %s", text, error.message);
  return url;
}

/* ---- Shapes ---- */

static void test_shapes(void) {
  static const char *const cases[][2] = {
      {"http://h/", "http://h/"},
      {"https://a1.example.org:81/", "https://a1.example.org:81/"},
      {"http://h/item/17", "http://h/item/N"},
      {"http://h/2026/11/30/a-b", "http://h/N/N/N/a-b"},
      {"http://h/page12a3.html", "http://h/pageNaN.html"},
      {"http://h/1.5", "http://h/N.N"},
      {"http://h/commit/0123abcd", "http://h/commit/H"},
      {"http://h/commit/0123abc", "http://h/commit/Nabc"},
      {"http://h/deadbeef", "http://h/deadbeef"},
      {"http://h/0123456789", "http://h/N"},
      {"http://h/550e8400-e29b-41d4-a716-446655440000/x", "http://h/H/x"},
      {"http://h/550e8400-e29b-41d4-a716-4466554400001",
       "http://h/H-eNb-NdN-aN-N"},
      {"http://h/4hqa0555fwsecu455xqckv45", "http://h/H"},
      {"http://h/DEADBEEF01.png", "http://h/H.png"},
      {"http://h/%C3%A9t%C3%A92", "http://h/%C3%A9t%C3%A9N"},
      {"http://h/a%zz1%", "http://h/a%zzN%"},
      {"http://h/?a=1&b=2", "http://h/?a&b"},
      {"http://h/x?id17=a#b", "http://h/x?idN"},
      {"http://h/x?a&=&b=c=d", "http://h/x?a&b"},
      {"http://h/x?", "http://h/x"},
      {"http://user@h/1", "http://h/N"}};
  open_fixture();
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    char out[128];
    lariat_url *url = parse(cases[i][0]);
    size_t length = lr_crawl_shape(url, out, sizeof out);
    CU_ASSERT_EQUAL(length, strlen(out));
    if (strcmp(out, cases[i][1]) != 0)
      fixture_fail("%s has the shape %s", cases[i][0], out);
    CU_ASSERT_EQUAL(lr_crawl_shape(url, NULL, 0), length);
    lariat_url_free(url);
  }
  close_fixture();
}

static uint64_t hash_shape(const char *text) {
  lariat_url *url = parse(text);
  uint64_t hash = lr_crawl_shape_hash(url);
  lariat_url_free(url);
  return hash;
}

static void test_shape_hashes(void) {
  open_fixture();
  CU_ASSERT_EQUAL(hash_shape("http://h/a/1?b=2"), hash_shape("http://h/a/3?b"));
  CU_ASSERT_NOT_EQUAL(hash_shape("http://h/a/1"), hash_shape("http://h/b/1"));
  CU_ASSERT_NOT_EQUAL(hash_shape("http://h/1"), hash_shape("http://g/1"));
  close_fixture();
}

/* ---- Words ---- */

static uint64_t words_of(const char *text) {
  return lr_crawl_words_digest(text, strlen(text));
}

static void test_words(void) {
  CU_ASSERT_EQUAL(words_of("<a href=x>One two</a> 17"),
                  words_of("two\n<b>One 18 a1b2 "));
  CU_ASSERT_NOT_EQUAL(words_of("one two"), words_of("one two two"));
  CU_ASSERT_NOT_EQUAL(words_of("one two"), words_of("onet wo"));
  CU_ASSERT_NOT_EQUAL(words_of("one"), words_of("One"));
  CU_ASSERT_NOT_EQUAL(words_of("a < b"), words_of("a"));
  CU_ASSERT_NOT_EQUAL(words_of("caf\xc3\xa9"), words_of("caf\xc3\xa8"));
  CU_ASSERT_EQUAL(words_of("a <b"), words_of("a"));
  CU_ASSERT_EQUAL(words_of(""), 0);
  CU_ASSERT_EQUAL(words_of("<html>17, 2026<"), 0);
}

/* ---- Sites ---- */

/* A page as it is made: its text, and the paths of its links. */
typedef struct made_page {
  char text[8192];
  size_t length;
  char links[64][160];
  size_t link_count;
} made_page;

typedef void make_page(const char *path, made_page *page);

static void say(made_page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(made_page *page, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(page->text + page->length,
                         sizeof page->text - page->length, format, arguments);
  va_end(arguments);
  page->length += (size_t)length;
  if (page->length >= sizeof page->text) abort();
}

static void link_to(made_page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void link_to(made_page *page, const char *format, ...) {
  va_list arguments;
  if (page->link_count == FIXTURE_COUNT(page->links)) abort();
  char *link = page->links[page->link_count++];
  va_start(arguments, format);
  vsnprintf(link, sizeof page->links[0], format, arguments);
  va_end(arguments);
  say(page, "<a href=\"%s\">go</a>\n", link);
}

static uint64_t random_of(uint64_t x) {
  x += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

/* What all pages of a site have: navigation, a footer. */
static void say_frame(made_page *page) {
  say(page, "<html><body><h1>The shop of all things</h1>\n");
  for (int i = 0; i < 40; i++)
    say(page, "<p>Everything you need to know about delivery, returns, "
              "payment and your privacy.</p>\n");
}

static const char *word_of(uint64_t number) {
  static const char *const words[] = {"red",  "blue", "soft",  "hard",
                                      "tall", "wide", "light", "old"};
  return words[number % 8];
}

/* Says a name of a few words, another one for each number up to 4,096. */
static void say_name(made_page *page, uint64_t number) {
  say(page, "<h2>A %s %s %s and %s thing</h2>\n", word_of(number),
      word_of(number >> 3), word_of(number >> 6), word_of(number >> 9));
}

/* ---- Crawling ---- */

enum { MOST_SEEN = 1 << 18 };

/* A crawl of one host, breadth first. */
typedef struct test_crawl {
  lr_crawl_traps *traps;
  make_page *make;
  const char *origin;
  uint64_t *seen; /* hashes of paths */
  char **queue;
  size_t found, next;
  size_t fetched, parked;
  made_page page;
} test_crawl;

static uint64_t hash_path(const char *path) {
  uint64_t hash = 5381;
  for (; *path; path++) hash = random_of(hash ^ (unsigned char)*path);
  return hash | 1;
}

/* Finds a path; false: it was seen. */
static bool find_path(test_crawl *crawl, const char *path) {
  uint64_t hash = hash_path(path);
  size_t at = hash % MOST_SEEN;
  for (; crawl->seen[at]; at = (at + 1) % MOST_SEEN)
    if (crawl->seen[at] == hash) return false;
  if (crawl->found == MOST_SEEN / 2) return false;
  crawl->seen[at] = hash;
  char *copy = malloc(strlen(path) + 1);
  if (!copy) abort();
  memcpy(copy, path, strlen(path) + 1);
  crawl->queue[crawl->found++] = copy;
  return true;
}

static lariat_url *url_of(const test_crawl *crawl, const char *path) {
  char text[400];
  snprintf(text, sizeof text, "%s%s", crawl->origin, path);
  return parse(text);
}

/* Finds the links of a page, as a crawler does. */
static void find_links(test_crawl *crawl, const lariat_url *url,
                       uint32_t *found, uint32_t *same) {
  uint64_t shape = lr_crawl_shape_hash(url);
  *found = *same = 0;
  for (size_t i = 0; i < crawl->page.link_count; i++) {
    if (!find_path(crawl, crawl->page.links[i])) continue;
    lariat_url *target = url_of(crawl, crawl->page.links[i]);
    ++*found;
    if (lr_crawl_shape_hash(target) == shape) ++*same;
    lariat_url_free(target);
  }
}

static void fetch(test_crawl *crawl, const char *path) {
  lariat_url *url = url_of(crawl, path);
  const char *shape;
  if (lr_crawl_traps_is_closed(crawl->traps, url, &shape)) {
    crawl->parked++;
  } else {
    uint32_t found, same;
    made_page *page = &crawl->page;
    page->length = page->link_count = 0;
    crawl->make(path, page);
    find_links(crawl, url, &found, &same);
    crawl->fetched++;
    lr_crawl_traps_learn(crawl->traps, url,
                         &(lr_crawl_trap_page){hash_path(page->text),
                                               page->text, page->length, found,
                                               same});
  }
  lariat_url_free(url);
}

/* Crawls from a path on, up to so many pages. */
static void crawl_site(test_crawl *crawl, make_page *make, const char *start,
                       size_t most) {
  lr_crawl_traps_options options = lr_crawl_traps_defaults();
  *crawl = (test_crawl){.make = make, .origin = "http://example.org"};
  crawl->seen = calloc(MOST_SEEN, sizeof *crawl->seen);
  crawl->queue = calloc(MOST_SEEN, sizeof *crawl->queue);
  if (!crawl->seen || !crawl->queue) abort();
  CU_ASSERT_EQUAL_FATAL(lr_crawl_traps_new(&options, &crawl->traps), LARIAT_OK);
  find_path(crawl, start);
  for (; crawl->next < crawl->found && crawl->fetched < most; crawl->next++)
    fetch(crawl, crawl->queue[crawl->next]);
}

static void end_crawl(test_crawl *crawl) {
  for (size_t i = 0; i < crawl->found; i++) free(crawl->queue[i]);
  free(crawl->queue);
  free(crawl->seen);
  lr_crawl_traps_free(crawl->traps);
}

static void note_shape(void *context, const char *shape, uint32_t pages,
                       const char *reason) {
  char *text = context;
  snprintf(text, 300, "%s: %s", shape, reason);
  CU_ASSERT(pages >= 100);
}

/* A site without end: it ends, after no more than `most` pages. */
static void check_trap(make_page *make, const char *start, size_t most,
                       const char *wanted) {
  static test_crawl crawl;
  char closed[300] = "nothing";
  open_fixture();
  crawl_site(&crawl, make, start, 20000);
  lr_crawl_traps_each(crawl.traps, note_shape, closed);
  if (crawl.fetched > most || strcmp(closed, wanted) != 0)
    fixture_fail("%zu pages of %s, and closed was %s", crawl.fetched, start,
                 closed);
  CU_ASSERT(crawl.parked > 0);
  CU_ASSERT(lr_crawl_traps_memory(crawl.traps) < 4u << 20);
  end_crawl(&crawl);
  close_fixture();
}

/* An honest site: all of it is fetched. */
static void check_honest(make_page *make, const char *start, size_t pages) {
  static test_crawl crawl;
  char closed[300] = "nothing";
  open_fixture();
  crawl_site(&crawl, make, start, SIZE_MAX);
  lr_crawl_traps_each(crawl.traps, note_shape, closed);
  if (crawl.fetched != pages || crawl.parked)
    fixture_fail("%zu pages of %s and %zu parked, and closed was %s",
                 crawl.fetched, start, crawl.parked, closed);
  end_crawl(&crawl);
  close_fixture();
}

/* Learns from a page whose words nobody looks at, but by its digest. */
static void learn(lr_crawl_traps *traps, const lariat_url *url, uint64_t digest,
                  uint32_t found, uint32_t same) {
  lr_crawl_traps_learn(traps, url,
                       &(lr_crawl_trap_page){digest, NULL, 0, found, same});
}

/* ---- Traps ---- */

static void make_months(const char *path, made_page *page) {
  static const char *const names[] = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  unsigned year, month;
  if (sscanf(path, "/calendar/%u/%u", &year, &month) != 2) abort();
  say_frame(page);
  say(page, "<h2>%s %u</h2>", names[(month - 1) % 12], year);
  link_to(page, "/calendar/%u/%u", month == 12 ? year + 1 : year,
          month % 12 + 1);
  link_to(page, "/calendar/%u/%u", month == 1 ? year - 1 : year,
          (month + 10) % 12 + 1);
}

static void test_months(void) {
  check_trap(make_months, "/calendar/2026/11", 115,
             "http://example.org/calendar/N/N: bodies are equal but for "
             "numbers, at all dates");
}

static void make_row(const char *path, made_page *page) {
  say_frame(page);
  link_to(page, "/day/%lu", strtoul(path + 5, NULL, 10) + 1);
}

/* Numbers that are no date could be those of a book. */
static void test_row(void) {
  check_trap(make_row, "/day/1", 1010,
             "http://example.org/day/N: each page only leads to the next");
}

/* Each day links to all of its month, and to two others. */
static void make_days(const char *path, made_page *page) {
  unsigned year, month, day;
  if (sscanf(path, "/day-%u-%u-%u.html", &year, &month, &day) != 3) abort();
  say_frame(page);
  say(page, "<h2>Nothing on %u.%u.%u</h2>", day, month, year);
  for (unsigned i = 1; i <= 28; i++)
    link_to(page, "/day-%u-%u-%u.html", year, month, i);
  link_to(page, "/day-%u-%u-1.html", month == 12 ? year + 1 : year,
          month % 12 + 1);
}

static void test_days(void) {
  check_trap(make_days, "/day-2026-1-1.html", 115,
             "http://example.org/day-N-N-N.html: bodies are equal but for "
             "numbers, at all dates");
}

static void make_session(const char *path, made_page *page) {
  uint64_t drawn = hash_path(path);
  say_frame(page);
  for (unsigned i = 0; i < 3; i++)
    link_to(page, "/session/%016llx/%u",
            (unsigned long long)random_of(drawn + i), i);
}

static void test_session(void) {
  check_trap(make_session, "/session/0123456789abcdef/0", 115,
             "http://example.org/session/H/N: bodies are equal but for "
             "numbers, whatever the identifier");
}

/* All combinations of three filters, over things that are always there. */
static void make_facets(const char *path, made_page *page) {
  uint64_t drawn = hash_path(path);
  say_frame(page);
  for (unsigned i = 0; i < 8; i++) {
    drawn = random_of(drawn);
    link_to(page, "/list?color=%llu&size=%llu&page=%llu",
            (unsigned long long)drawn % 100,
            (unsigned long long)(drawn >> 20) % 100,
            (unsigned long long)(drawn >> 40) % 1000);
  }
}

static void test_facets(void) {
  check_trap(make_facets, "/list?color=1&size=1&page=1", 115,
             "http://example.org/list?color&size&page: bodies are equal but "
             "for numbers, whatever the query");
}

/* The things that are chosen are others each time. */
static void make_choices(const char *path, made_page *page) {
  uint64_t drawn = hash_path(path);
  say_frame(page);
  for (unsigned i = 0; i < 12; i++) say_name(page, random_of(drawn + i));
  for (unsigned i = 0; i < 8; i++) {
    drawn = random_of(drawn);
    link_to(page, "/list?color=%s&size=%llu&sort=%llu&view=%llu",
            word_of(drawn), (unsigned long long)(drawn >> 20) % 10,
            (unsigned long long)(drawn >> 30) % 10,
            (unsigned long long)(drawn >> 40) % 10);
  }
}

static void test_choices(void) {
  check_trap(make_choices, "/list?color=red&size=1&sort=1&view=1", 1010,
             "http://example.org/list?*: all combinations of a few values");
}

/* One page, whatever is asked for, and two links to what is not there. */
static void make_nowhere(const char *path, made_page *page) {
  static const char *const names[] = {"about", "news", "press", "team"};
  uint64_t drawn = hash_path(path);
  say_frame(page);
  for (unsigned i = 0; i < 4; i++, drawn = random_of(drawn))
    link_to(page, "/nowhere/%s-%s-%c%c%c", names[drawn % 4],
            word_of(drawn >> 8), 'g' + (char)(drawn >> 16) % 20,
            'g' + (char)((drawn >> 24) % 20), 'g' + (char)((drawn >> 32) % 20));
}

static void test_nowhere(void) {
  check_trap(make_nowhere, "/nowhere/", 120,
             "http://example.org/nowhere/*: bodies are equal but for numbers, "
             "in all of the directory");
}

/* A path that grows, without repeating itself three times in a row. */
static void make_deeper(const char *path, made_page *page) {
  say_frame(page);
  if (strlen(path) > 100) return;
  link_to(page, "%s/a", path);
  link_to(page, "%s/b", path);
}

static void test_deeper(void) {
  check_trap(make_deeper, "/deeper/a", 130,
             "http://example.org/deeper/*: bodies are equal but for numbers, "
             "in all of the directory");
}

/* One body for all numbers. */
static void make_equal(const char *path, made_page *page) {
  unsigned number = (unsigned)strtoul(path + 3, NULL, 10);
  say(page, "<p>Not found</p>");
  for (unsigned i = 1; i <= 4; i++)
    snprintf(page->links[page->link_count++], sizeof page->links[0], "/p/%u",
             number * 4 + i);
}

static void test_equal_bodies(void) {
  check_trap(make_equal, "/p/0", 115,
             "http://example.org/p/N: bodies are equal");
}

/* ---- Honest sites ---- */

/* 512 lists of items, and items of which some have an item beside them; all of
 * them have a frame, and only a few words of their own. */
static void make_catalogue(const char *path, made_page *page) {
  unsigned number = 0;
  say_frame(page);
  if (sscanf(path, "/item/%u", &number) == 1) {
    say_name(page, number);
    say(page, "<p>Price: %u.99, %s</p>", number % 100, word_of(number >> 12));
    link_to(page, "/item/%u", (number * 7 + 1) % 20000);
    return;
  }
  (void)sscanf(path, "/list/%u", &number);
  say(page, "<h2>Page %u</h2>", number);
  for (unsigned i = 0; i < 40; i++) {
    say_name(page, number * 40 + i);
    link_to(page, "/item/%u", number * 40 + i);
  }
  if (number < 499) link_to(page, "/list/%u", number + 1);
}

static void test_catalogue(void) {
  check_honest(make_catalogue, "/list/0", 20500);
}

/* Items that differ in their numbers alone, which lists lead to. */
static void make_numbers(const char *path, made_page *page) {
  unsigned number = 0;
  say_frame(page);
  if (sscanf(path, "/item/%u", &number) == 1) {
    say(page, "<p>Item %u, price %u</p>", number, number * 3 % 1000);
    return;
  }
  (void)sscanf(path, "/list/%u", &number);
  for (unsigned i = 0; i < 60; i++) link_to(page, "/item/%u", number * 60 + i);
  if (number < 99) link_to(page, "/list/%u", number + 1);
}

static void test_numbers(void) { check_honest(make_numbers, "/list/0", 6100); }

/* A tree of pages that say nothing but their number. */
static void make_tree(const char *path, made_page *page) {
  unsigned long number = strtoul(path + 6, NULL, 10);
  say(page, "<p>Page %lu</p>", number);
  for (unsigned long i = 2 * number + 1; i <= 2 * number + 2; i++)
    if (i < 3000) link_to(page, "/page/%lu", i);
}

static void test_tree(void) { check_honest(make_tree, "/page/0", 3000); }

/* The same as a row. */
static void make_short_row(const char *path, made_page *page) {
  unsigned long number = strtoul(path + 6, NULL, 10);
  say(page, "<p>Page %lu</p>", number);
  if (number < 700) link_to(page, "/page/%lu", number + 1);
}

static void test_short_row(void) {
  check_honest(make_short_row, "/page/0", 701);
}

/* One body under many names, which a list has. */
static void make_copies(const char *path, made_page *page) {
  say(page, "<p>The same</p>");
  if (strcmp(path, "/0") == 0)
    for (unsigned i = 1; i < 50; i++) link_to(page, "/list/%u", i);
  if (strncmp(path, "/list/", 6) == 0)
    for (unsigned i = 0; i < 40; i++)
      link_to(page, "/item/%lu", strtoul(path + 6, NULL, 10) * 100 + i);
}

static void test_copies(void) {
  check_honest(make_copies, "/0", 1 + 49 + 49 * 40);
}

static void make_forum(const char *path, made_page *page) {
  unsigned forum, topic, start;
  say_frame(page);
  if (sscanf(path, "/viewtopic.php?f=%u&t=%u&start=%u", &forum, &topic,
             &start) == 3) {
    for (unsigned i = 0; i < 5; i++)
      say_name(page, random_of(topic * 1000 + start + i));
    if (start < 40)
      link_to(page, "/viewtopic.php?f=%u&t=%u&start=%u", forum, topic,
              start + 20);
    return;
  }
  if (sscanf(path, "/viewforum.php?f=%u&start=%u", &forum, &start) != 2)
    forum = start = 0;
  for (unsigned i = 0; i < 25; i++) {
    unsigned id = forum * 500 + start + i;
    say_name(page, random_of(id));
    link_to(page, "/viewtopic.php?f=%u&t=%u&start=0", forum, id);
  }
  if (start < 475)
    link_to(page, "/viewforum.php?f=%u&start=%u", forum, start + 25);
  if (forum < 7) link_to(page, "/viewforum.php?f=%u&start=0", forum + 1);
}

static void test_forum(void) {
  check_honest(make_forum, "/viewforum.php?f=0&start=0", 8 * (20 + 500 * 3));
}

/* A book whose pages lead to the next one, and days of a diary. */
static void make_book(const char *path, made_page *page) {
  unsigned number = 0;
  say_frame(page);
  if (sscanf(path, "/book/page%u.html", &number) == 1) {
    say_name(page, number);
    if (number < 2000) link_to(page, "/book/page%u.html", number + 1);
    link_to(page, "/diary/%u/%u/%u", 1000 + number % 1000, number % 12 + 1,
            number % 28 + 1);
    return;
  }
  unsigned year, month, day;
  if (sscanf(path, "/diary/%u/%u/%u", &year, &month, &day) != 3) abort();
  say_name(page, year);
  say_name(page, month * 31 + day);
}

static void test_book(void) {
  /* Pages and days go round together each 21,000. */
  check_honest(make_book, "/book/page0.html", 2001 + 2001);
}

/* Changes, known by their hashes, each with the one before it. */
static void make_changes(const char *path, made_page *page) {
  unsigned long long hash = strtoull(path + 8, NULL, 16);
  say_frame(page);
  say_name(page, random_of(hash));
  say_name(page, random_of(hash + 1));
  link_to(page, "/commit/%016llx", (unsigned long long)random_of(hash));
}

static void test_changes(void) {
  static test_crawl crawl;
  open_fixture();
  crawl_site(&crawl, make_changes, "/commit/0123456789abcdef", 5000);
  CU_ASSERT(crawl.fetched == 5000 && !crawl.parked);
  end_crawl(&crawl);
  close_fixture();
}

/* ---- Steering ---- */

static void test_open(void) {
  static test_crawl crawl;
  static const char shape[] = "http://example.org/session/H/N";
  const char *closed = NULL;
  open_fixture();
  crawl_site(&crawl, make_session, "/session/0123456789abcdef/0", 150);
  lariat_url *url = parse("http://example.org/session/aaaaaaaa11111111/3");
  CU_ASSERT(lr_crawl_traps_is_closed(crawl.traps, url, &closed));
  CU_ASSERT_STRING_EQUAL(closed, shape);
  CU_ASSERT_EQUAL(lr_crawl_traps_closed(crawl.traps), 1);
  CU_ASSERT_STRING_EQUAL(lr_crawl_traps_reason(crawl.traps, shape),
                         "bodies are equal but for numbers, whatever the "
                         "identifier");
  CU_ASSERT_PTR_NULL(lr_crawl_traps_reason(crawl.traps, "http://h/"));
  CU_ASSERT_FALSE(lr_crawl_traps_open(crawl.traps, "http://example.org/"));
  CU_ASSERT(lr_crawl_traps_open(crawl.traps, shape));
  CU_ASSERT_FALSE(lr_crawl_traps_open(crawl.traps, shape));
  CU_ASSERT_FALSE(lr_crawl_traps_is_closed(crawl.traps, url, &closed));
  CU_ASSERT_EQUAL(lr_crawl_traps_closed(crawl.traps), 0);
  for (uint64_t i = 0; i < 1000; i++) learn(crawl.traps, url, 1, 1, 1);
  CU_ASSERT_FALSE(lr_crawl_traps_is_closed(crawl.traps, url, &closed));
  lariat_url_free(url);
  end_crawl(&crawl);
  close_fixture();
}

/* What was opened in an earlier run is opened before it is closed again. */
static void test_open_ahead(void) {
  lr_crawl_traps_options options = lr_crawl_traps_defaults();
  lr_crawl_traps *traps;
  open_fixture();
  CU_ASSERT_EQUAL(lr_crawl_traps_new(&options, &traps), LARIAT_OK);
  CU_ASSERT_FALSE(lr_crawl_traps_open(traps, "http://h/p/N"));
  lariat_url *url = parse("http://h/p/1");
  for (unsigned i = 0; i < 1000; i++) learn(traps, url, 1, 1, 1);
  CU_ASSERT_FALSE(lr_crawl_traps_is_closed(traps, url, NULL));
  CU_ASSERT_EQUAL(lr_crawl_traps_closed(traps), 0);
  lariat_url_free(url);
  lr_crawl_traps_free(traps);
  close_fixture();
}

static void test_close(void) {
  lr_crawl_traps_options options = lr_crawl_traps_defaults();
  lr_crawl_traps *traps;
  const char *shape;
  char listed[300] = "";
  open_fixture();
  CU_ASSERT_EQUAL(lr_crawl_traps_new(&options, &traps), LARIAT_OK);
  CU_ASSERT_EQUAL(lr_crawl_traps_close(traps, "http://h/a/*", 200, "before"),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lr_crawl_traps_close(traps, "http://h/a/*", 200, "before"),
                  LARIAT_OK);
  lr_crawl_traps_each(traps, note_shape, listed);
  CU_ASSERT_STRING_EQUAL(listed, "http://h/a/*: before");
  lariat_url *in = parse("http://h/a/b"), *out = parse("http://h/ab/c");
  CU_ASSERT(lr_crawl_traps_is_closed(traps, in, &shape));
  CU_ASSERT_FALSE(lr_crawl_traps_is_closed(traps, out, &shape));
  lariat_url_free(in);
  lariat_url_free(out);
  lr_crawl_traps_free(traps);
  close_fixture();
}

/* What is honest in a directory that is closed is asked for. */
static void test_honest_in_closed_directory(void) {
  lr_crawl_traps_options options = lr_crawl_traps_defaults();
  lr_crawl_traps *traps;
  char text[64];
  unsigned closed = 0;
  open_fixture();
  CU_ASSERT_EQUAL(lr_crawl_traps_new(&options, &traps), LARIAT_OK);
  for (unsigned i = 0; i < 400; i++) {
    snprintf(text, sizeof text, "http://h/a/%c%c%c", 'a' + i % 26, 'a' + i / 26,
             'g');
    lariat_url *wrong = parse(text);
    snprintf(text, sizeof text, "http://h/a/item%u", i);
    lariat_url *right = parse(text);
    learn(traps, wrong, 7, 1, 0);
    learn(traps, right, 100 + i, 0, 0);
    if (lr_crawl_traps_is_closed(traps, wrong, NULL)) closed++;
    CU_ASSERT_FALSE(lr_crawl_traps_is_closed(traps, right, NULL));
    lariat_url_free(wrong);
    lariat_url_free(right);
  }
  CU_ASSERT(closed > 290);
  lr_crawl_traps_free(traps);
  close_fixture();
}

static void test_off(void) {
  lr_crawl_traps_options options = {.similar_pages = 1, .similar_share = 0.5};
  lr_crawl_traps *traps;
  open_fixture();
  CU_ASSERT_EQUAL(lr_crawl_traps_new(&options, &traps), LARIAT_OK);
  lariat_url *url = parse("http://h/a/1?b=1&c=2");
  for (unsigned i = 0; i < 5000; i++) learn(traps, url, 1, 1, 1);
  CU_ASSERT_FALSE(lr_crawl_traps_is_closed(traps, url, NULL));
  lariat_url_free(url);
  lr_crawl_traps_free(traps);
  close_fixture();
}

/* ---- Bounds ---- */

/* A site that makes up shapes, each of them a trap. */
static void test_many_shapes(void) {
  lr_crawl_traps_options options = lr_crawl_traps_defaults();
  lr_crawl_traps *traps;
  char text[64];
  open_fixture();
  options.similar_pages = 16;
  CU_ASSERT_EQUAL(lr_crawl_traps_new(&options, &traps), LARIAT_OK);
  for (unsigned i = 0; i < LR_CRAWL_MOST_CLOSED_SHAPES + 3000; i++) {
    snprintf(text, sizeof text, "http://h/%c%c%c%c?p=1", 'g' + i % 16,
             'g' + i / 16 % 16, 'g' + i / 256 % 16, 'g' + i / 4096);
    lariat_url *url = parse(text);
    for (unsigned k = 0; k < 18; k++) learn(traps, url, 1, 1, 0);
    lariat_url_free(url);
  }
  CU_ASSERT_EQUAL(lr_crawl_traps_closed(traps), LR_CRAWL_MOST_CLOSED_SHAPES);
  CU_ASSERT(lr_crawl_traps_memory(traps) < 6u << 20);
  lr_crawl_traps_free(traps);
  close_fixture();
}

static void test_without_memory(void) {
  lr_crawl_traps_options options = lr_crawl_traps_defaults();
  lr_crawl_traps *traps;
  options.similar_pages = 16;
  for (uint64_t nth = 1; nth < 12; nth++) {
    open_fixture();
    lariat_url *url = parse("http://h/a/b?c=1&d=2");
    fixture_fail_allocation(&fixture, nth);
    if (lr_crawl_traps_new(&options, &traps) == LARIAT_OK) {
      for (unsigned i = 0; i < 30; i++) learn(traps, url, 1, 1, 0);
      CU_ASSERT(lr_crawl_traps_is_closed(traps, url, NULL));
      lr_crawl_traps_free(traps);
    }
    fixture_fail_allocation(&fixture, 0);
    lariat_url_free(url);
    close_fixture();
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"shapes", test_shapes},
      {"shapes have hashes", test_shape_hashes},
      {"words without markup, numbers and order", test_words},
      {"months for ever", test_months},
      {"days for ever", test_days},
      {"a row for ever", test_row},
      {"session ids in paths", test_session},
      {"filters without end", test_facets},
      {"combinations of a few values", test_choices},
      {"one page for all paths of a directory", test_nowhere},
      {"paths that grow", test_deeper},
      {"one body for all numbers", test_equal_bodies},
      {"a catalogue is no trap", test_catalogue},
      {"items that only differ in numbers are none", test_numbers},
      {"a tree of nearly empty pages is none", test_tree},
      {"a row of them is none", test_short_row},
      {"one body under many names is none", test_copies},
      {"a forum is none", test_forum},
      {"a book and a diary are none", test_book},
      {"hashes of changes are none", test_changes},
      {"a closed shape can be opened", test_open},
      {"a shape is opened before it is closed", test_open_ahead},
      {"a shape can be closed", test_close},
      {"what is honest stays open", test_honest_in_closed_directory},
      {"traps that are off", test_off},
      {"a site makes up shapes", test_many_shapes},
      {"traps without memory", test_without_memory},
  };
  return fixture_main("trap", tests, FIXTURE_COUNT(tests), argc, argv);
}
