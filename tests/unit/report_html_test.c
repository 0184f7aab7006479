/* SPDX-License-Identifier: MIT
 * report_html_test.c: the page is well-formed, whole, harmless and small. */
#include "load/report.h"

#include <expat.h>
#include <math.h>
#include <string.h>

#include "support/fixture.h"
#include "support/load_result.h"

/* What a reader of XML has found in a page. */
struct page {
  unsigned svgs, paths, scripts, links, handlers;
  unsigned unscaled; /* coordinates that are no number */
  size_t length;
};

/* Counts what a page must not have: scripts, and what is fetched or run. */
static void note_attributes(struct page *page, const XML_Char **attributes) {
  for (; *attributes; attributes += 2) {
    const char *name = attributes[0], *value = attributes[1];
    page->handlers += strncmp(name, "on", 2) == 0;
    page->links += strcmp(name, "src") == 0 || strcmp(name, "href") == 0;
    page->unscaled += strstr(value, "nan") || strstr(value, "inf");
  }
}

static void on_element(void *context, const XML_Char *name,
                       const XML_Char **attributes) {
  struct page *page = context;
  page->svgs += strcmp(name, "svg") == 0;
  page->paths += strcmp(name, "path") == 0;
  page->scripts += strcmp(name, "script") == 0;
  note_attributes(page, attributes);
}

static struct page read_page(const char *html) {
  struct page page = {.length = strlen(html)};
  XML_Parser parser = XML_ParserCreate(NULL);
  XML_SetUserData(parser, &page);
  XML_SetStartElementHandler(parser, on_element);
  if (XML_Parse(parser, html, (int)page.length, 1) != XML_STATUS_OK)
    fixture_fail("%s", XML_ErrorString(XML_GetErrorCode(parser)));
  XML_ParserFree(parser);
  return page;
}

static char *write_html(lariat_load_result *result) {
  char *html = NULL;
  if (lariat_load_report_write(result, NULL, LARIAT_LOAD_HTML, &html, NULL))
    abort();
  return html;
}

static void expect_harmless(const struct page *page) {
  CU_ASSERT_EQUAL(page->scripts, 0);
  CU_ASSERT_EQUAL(page->links, 0);
  CU_ASSERT_EQUAL(page->handlers, 0);
  CU_ASSERT_EQUAL(page->unscaled, 0);
}

static void test_well_formed(void) {
  static const struct load_result_plan plans[] = {
      {.seconds = 20,
       .rate = 300,
       .failing = 20,
       .stalled_second = 7,
       .named = true},
      {.seconds = 3, .rate = 50, .closed = true},
      {.seconds = 1, .rate = 2},
      {.seconds = 20, .rate = 100, .failing = 8, .late_ns = LOAD_RESULT_S},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(plans); i++) {
    lariat_load_result *result = load_result_make(&plans[i]);
    char *html = write_html(result);
    struct page page = read_page(html);
    expect_harmless(&page);
    CU_ASSERT_EQUAL(page.svgs, 5);
    CU_ASSERT(page.paths >= 13);
    CU_ASSERT(page.length < 60000);
    lariat_load_text_free(html);
    lariat_load_result_free(result);
  }
  fixture_close(&f);
}

/* Returns where a part is in the page. */
static size_t find(const char *html, const char *part) {
  size_t at = 0;
  while (html[at] && strncmp(html + at, part, strlen(part)) != 0) at++;
  if (!html[at]) fixture_fail("not there: %s", part);
  return at;
}

/* The verdict is before all figures. */
static void test_verdict_first(void) {
  const struct load_result_plan plan = {
      .seconds = 5, .rate = 200, .late_ns = 30 * LOAD_RESULT_MS};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plan);
  char *html = write_html(result);
  CU_ASSERT(find(html, "<b>INVALID</b>") < find(html, "class=\"tile\""));
  CU_ASSERT_PTR_NOT_NULL(strstr(html, "<li>p99 of the generator"));
  lariat_load_text_free(html);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* Nothing that came from outside becomes a part of the page. */
static void test_escapes(void) {
  static const char hostile[] =
      "</title></style><script>alert(1)</script>\"' onload=x &amp; ]]> "
      "\xff\033[2J<!--";
  const struct load_result_plan plan = {.seconds = 3, .rate = 100};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plan);
  lariat_load_run_facts *facts = &result->facts;
  snprintf(facts->target, sizeof facts->target, "%s", hostile);
  snprintf(facts->plan, sizeof facts->plan, "%s", hostile);
  snprintf(facts->machine, sizeof facts->machine, "%s", hostile);
  snprintf(facts->libcurl_version, sizeof facts->libcurl_version, "%.31s",
           hostile);
  if (!lariat_load_result_verdict(result)) abort();
  lariat_load_verdict *verdict = result->verdict;
  verdict->reason_count = 1;
  snprintf(verdict->reasons[0].message, sizeof verdict->reasons[0].message,
           "%s", hostile);
  char *html = write_html(result);
  struct page page = read_page(html);
  expect_harmless(&page);
  CU_ASSERT_PTR_NULL(strchr(html, '\033'));
  CU_ASSERT_PTR_NOT_NULL(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
  lariat_load_text_free(html);
  lariat_load_result_free(result);
  fixture_close(&f);
}

/* A day of seconds is a page of the same size, in which a bad second is still
 * to be seen. */
static void test_a_day(void) {
  const struct load_result_plan plan = {.seconds = 1, .rate = 1000};
  enum { DAY = 86400 };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_load_result *result = load_result_make(&plan);
  lr_load_second *kept = result->seconds;
  lr_load_second *rows = calloc(DAY, sizeof *rows);
  if (!rows) abort();
  for (unsigned i = 0; i < DAY; i++)
    rows[i] = (lr_load_second){.second = i,
                               .span_s = 1,
                               .asked = 1000,
                               .sent = 1000,
                               .answered = 1000,
                               .p50_ns = 5000000 + i,
                               .p99_ns = 9000000,
                               .max_ns = 12000000};
  rows[70000].max_ns = 7 * LOAD_RESULT_S;
  result->facts.duration_ns = DAY * LOAD_RESULT_S;
  result->seconds = rows;
  result->second_count = DAY;
  char *html = write_html(result);
  struct page page = read_page(html);
  expect_harmless(&page);
  CU_ASSERT(page.length < 120000);
  CU_ASSERT_PTR_NOT_NULL(strstr(html, "Each point is 288 seconds"));
  CU_ASSERT_PTR_NOT_NULL(strstr(html, ">10 s</text>")); /* 7 s is on the axis */
  CU_ASSERT_PTR_NOT_NULL(strstr(html, ">24 h</text>"));
  lariat_load_text_free(html);
  result->seconds = kept;
  free(rows);
  lariat_load_result_free(result);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"well-formed", test_well_formed},
      {"the verdict first", test_verdict_first},
      {"escapes", test_escapes},
      {"a day", test_a_day},
  };
  return fixture_main("report html", tests, FIXTURE_COUNT(tests), argc, argv);
}
