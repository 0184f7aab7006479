/* SPDX-License-Identifier: MIT
 * url_key_test.c: which URLs are the same page, by which rule, and which are
 * not; that a key is its own key; SURT forms. */
#include <lariat/crawl/url_key.h>

#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

static struct fixture fixture;

static void open_fixture(void) { fixture_open(&fixture, FIXTURE_NO_REACTOR); }
static void close_fixture(void) { fixture_close(&fixture); }

/* A session id: 32 letters and digits. */
#define ID32 "0123456789abcdefghijklemopqrstuv"
#define ID24 "4hqa0555fwsecu455xqckv45"

static lariat_url *parse(const char *text) {
  lariat_url *url;
  lariat_url_error error;
  if (lariat_url_parse(text, strlen(text), NULL, &url, &error) != LARIAT_OK)
    fixture_fail("%s: %s", text, error.message);
  return url;
}

static lariat_crawl_key_rules *read_rules(const char *text) {
  lariat_crawl_key_rules *rules;
  char message[128] = "";
  if (lariat_crawl_key_rules_parse(text, &rules, message, sizeof message) !=
      LARIAT_OK)
    fixture_fail("%s: %s", text, message);
  return rules;
}

/* Writes a key into memory that ends with it, so that a sanitizer sees more. */
static char *key_of(const lariat_crawl_key_rules *rules, const char *text,
                    unsigned *merged) {
  lariat_url *url = parse(text);
  size_t length = lariat_crawl_url_key(rules, url, NULL, 0, merged);
  char *key = malloc(length + 1);
  if (!key) abort();
  CU_ASSERT_EQUAL(lariat_crawl_url_key(rules, url, key, length + 1, NULL),
                  length);
  CU_ASSERT_EQUAL(strlen(key), length);
  lariat_url_free(url);
  return key;
}

static void check_idempotence(const lariat_crawl_key_rules *rules,
                              const char *key) {
  char *again = key_of(rules, key, NULL);
  if (strcmp(again, key) != 0)
    fixture_fail("the key %s has the key %s", key, again);
  free(again);
}

typedef struct key_case {
  const char *url;
  const char *key; /* NULL: the URL itself */
  unsigned merged;
} key_case;

static void check_case(const lariat_crawl_key_rules *rules,
                       const key_case *one) {
  unsigned merged;
  char *key = key_of(rules, one->url, &merged);
  const char *wanted = one->key ? one->key : one->url;
  if (strcmp(key, wanted) != 0)
    fixture_fail("%s has the key %s, and not %s", one->url, key, wanted);
  if (merged != one->merged)
    fixture_fail("%s was merged by %u, and not %u", one->url, merged,
                 one->merged);
  check_idempotence(rules, key);
  free(key);
}

static void check_cases(const char *rules_text, const key_case *cases,
                        size_t count) {
  open_fixture();
  lariat_crawl_key_rules *rules = rules_text ? read_rules(rules_text) : NULL;
  for (size_t i = 0; i < count; i++) check_case(rules, &cases[i]);
  lariat_crawl_key_rules_free(rules);
  close_fixture();
}

#define CHECK(rules, cases) check_cases(rules, cases, FIXTURE_COUNT(cases))

/* ---- What is always on ---- */

static void test_plain_urls(void) {
  static const key_case cases[] = {
      {"http://example.org/", NULL, 0},
      {"https://example.org/a/b?c=d&e", NULL, 0},
      {"http://example.org:8080/a;b=c", NULL, 0},
      {"http://127.0.0.1/a", NULL, 0},
      {"http://[::1]:81/", NULL, 0},
      {"http://h:0/", NULL, 0},
      {"http://example.org/Case?Case=Case", NULL, 0},
      {"http://example.org//a//", NULL, 0},
      {"http://example.org/a/", NULL, 0},
      {"http://example.org/a?b&a", NULL, 0},
      {"http://example.org/a?&&", NULL, 0},
      {"http://example.org/a?a=1&", NULL, 0},
      /* What the parser of URLs does is not the key's. */
      {"HTTP://EXAMPLE.org:80/a/../b#c", "http://example.org/b", 0},
      {"http://user:word@example.org/#a", "http://example.org/", 0},
      {"https://example.org:443", "https://example.org/", 0}};
  CHECK(NULL, cases);
}

static void test_escapes(void) {
  static const unsigned escapes = LARIAT_CRAWL_KEY_ESCAPES;
  const key_case cases[] = {
      {"http://h/%41%7e%2d%5F%2E1", "http://h/A~-_.1", escapes},
      {"http://h/?%41=%7e", "http://h/?A=~", escapes},
      {"http://h/a%c3%a9", "http://h/a%C3%A9", escapes},
      {"http://h/a%C3%A9", NULL, 0},
      {"http://h/a%2fb", "http://h/a%2Fb", escapes},
      {"http://h/a%2Fb%3F%23%25%26%20%00", NULL, 0},
      {"http://h/100%", NULL, 0},
      {"http://h/a%zz%4", NULL, 0},
      {"http://h/%25%34%31", "http://h/%2541", escapes},
      /* A '%' that is no escape does not become one. */
      {"http://h/%2%65/", NULL, 0},
      {"http://h/%%32%65/", "http://h/%%32e/", escapes},
      {"http://h/%%34", NULL, 0},
      {"http://h/%2%67", "http://h/%2g", escapes},
      {"http://h/%2z%65", "http://h/%2ze", escapes},
      {"http://h/%2?%65", "http://h/%2?e", escapes},
      /* Three dots are no dot segment. */
      {"http://h/%2e%2E%2e/a", "http://h/.../a", escapes}};
  CHECK(NULL, cases);
}

static void test_empty_query(void) {
  static const key_case cases[] = {
      {"http://h/a?", "http://h/a", LARIAT_CRAWL_KEY_EMPTY_QUERY},
      {"http://h/a?#b", "http://h/a", LARIAT_CRAWL_KEY_EMPTY_QUERY},
      {"http://h/a??", NULL, 0},
      {"http://h/a?&", NULL, 0}};
  CHECK(NULL, cases);
}

static void test_final_dot(void) {
  static const key_case cases[] = {
      {"http://example.org./", "http://example.org/",
       LARIAT_CRAWL_KEY_FINAL_DOT},
      {"http://example.org.:81/a", "http://example.org:81/a",
       LARIAT_CRAWL_KEY_FINAL_DOT},
      {"http://example.org../", NULL, 0},
      {"http://./", NULL, 0},
      /* It would be an address without them. */
      {"http://0x7f.1../", NULL, 0},
      {"http://127.0.0.1./", "http://127.0.0.1/", 0}};
  CHECK(NULL, cases);
}

/* ---- Session ids ---- */

static void test_sessions_of_queries(void) {
  static const unsigned session = LARIAT_CRAWL_KEY_SESSION;
  const key_case cases[] = {
      {"http://h/a?jsessionid=" ID32, "http://h/a", session},
      {"http://h/a?JSESSIONID=" ID32, "http://h/a", session},
      {"http://h/a?jsessionid=" ID32 ".node1", "http://h/a", session},
      {"http://h/a?x=y&jsessionid=" ID32, "http://h/a?x=y", session},
      {"http://h/a?jsessionid=" ID32 "&x=y", "http://h/a?x=y", session},
      {"http://h/a?1=2&PHPSESSID=" ID32 "&x=y", "http://h/a?1=2&x=y", session},
      {"http://h/a?phpsessid=0123456789abcdefghijklemop", "http://h/a",
       session},
      {"http://h/a?sid=9682993c8daa2c5497996114facdc805&x=y", "http://h/a?x=y",
       session},
      {"http://h/a?sid=" ID32 "&jsessionid=" ID32, "http://h/a", session},
      {"http://h/a?oscsid=" ID32, "http://h/a", session},
      {"http://h/a?zenid=" ID32 "&p=1", "http://h/a?p=1", session},
      {"http://h/a?ASPSESSIONIDABCDEFGH=ABCDEFGHIJKLMNOPQRSTUVWX&x=y",
       "http://h/a?x=y", session},
      {"http://h/a?CFID=1169580&CFTOKEN=48630702&d=1", "http://h/a?d=1",
       session},
      {"http://h/a?CFID=1&d=1&CFTOKEN=2", "http://h/a?d=1", session},
      {"http://h/a?CFTOKEN=1&CFID=2", "http://h/a", session},
      {"http://h/a?cfid=1&cfid=2&cftoken=3&cftoken=4", "http://h/a", session},
      {"http://h/a?cfid=1&sid=" ID32 "&cftoken=2", "http://h/a", session},
      {"http://h/a?%73id=" ID32, "http://h/a", session},
      {"http://h/a?sid=%30123456789abcdefghijklemopqrstuv", "http://h/a",
       session},
      {"http://h/a?sid=" ID32 "&", "http://h/a", session}};
  CHECK(NULL, cases);
}

static void test_what_is_no_session(void) {
  static const key_case cases[] = {{"http://h/a?sid=17", NULL, 0},
                                   {"http://h/a?sid=" ID32 "0", NULL, 0},
                                   {"http://h/a?sid=20260102-story", NULL, 0},
                                   {"http://h/a?mysid=" ID32, NULL, 0},
                                   {"http://h/a?jsessionid=", NULL, 0},
                                   {"http://h/a?jsessionid", NULL, 0},
                                   {"http://h/a?session=" ID32, NULL, 0},
                                   {"http://h/a?cfid=1", NULL, 0},
                                   {"http://h/a?cftoken=1", NULL, 0},
                                   {"http://h/a?cfid=&cftoken=1", NULL, 0},
                                   {"http://h/a?sid=a%26b" ID32, NULL, 0},
                                   {"http://h/a?aspsessionid=" ID24, NULL, 0},
                                   {"http://h/sid=" ID32, NULL, 0},
                                   {"http://h/a#sid=" ID32, "http://h/a", 0}};
  CHECK(NULL, cases);
}

static void test_sessions_of_paths(void) {
  static const unsigned session = LARIAT_CRAWL_KEY_SESSION;
  const key_case cases[] = {
      {"http://h/a;jsessionid=" ID32, "http://h/a", session},
      {"http://h/a;jsessionid=" ID32 "?x=y", "http://h/a?x=y", session},
      {"http://h/a;jsessionid=" ID32 "/b", "http://h/a/b", session},
      {"http://h/a;v=1;jsessionid=" ID32 ";w", "http://h/a;v=1;w", session},
      {"http://h/a;%6Asessionid=" ID32, "http://h/a", session},
      {"http://h/;jsessionid=" ID32, "http://h/", session},
      {"http://h/(S(" ID24 "))/mileg.aspx", "http://h/mileg.aspx", session},
      {"http://h/(" ID24 ")/mileg.aspx", "http://h/mileg.aspx", session},
      {"http://h/(S(" ID24 "));jsessionid=" ID32 "/b", "http://h/b", session},
      {"http://h/(S(" ID24 "));v;jsessionid=" ID32 "/b",
       "http://h/(S(" ID24 "));v/b", session},
      {"http://h/a/(X(1)S(" ID24 "))/b", "http://h/a/b", session},
      {"http://h/(a(" ID24 ")S(" ID24 ")f(" ID24 "))/m.aspx?p=s",
       "http://h/m.aspx?p=s", session},
      {"http://h/(S(" ID24 "))/(S(" ID24 "))/", "http://h/", session},
      {"http://h/(S(" ID24 "))", NULL, 0},
      {"http://h/(S(short))/a", NULL, 0},
      {"http://h/(S(" ID24 ")/a", NULL, 0},
      {"http://h/(abcdefghijklmnopqrstuvwx)/a", NULL, 0},
      {"http://h/x(S(" ID24 "))/a", NULL, 0},
      {"http://h/photos/36050182@N05/", NULL, 0},
      {"http://h/a;b;c=1", NULL, 0},
      /* A dot segment is not made. */
      {"http://h/a/..;jsessionid=" ID32, NULL, 0},
      {"http://h/a/.;jsessionid=" ID32 "/b", NULL, 0}};
  CHECK(NULL, cases);
}

static void test_without_sessions(void) {
  static const key_case cases[] = {
      {"http://h/a?jsessionid=" ID32, NULL, 0},
      {"http://h/a;jsessionid=" ID32, NULL, 0},
      {"http://h/(S(" ID24 "))/a", NULL, 0},
      {"http://h/a?", "http://h/a", LARIAT_CRAWL_KEY_EMPTY_QUERY},
      {"http://h/%41", "http://h/A", LARIAT_CRAWL_KEY_ESCAPES}};
  CHECK("none", cases);
}

/* ---- Rules of the user ---- */

static void test_sorted_queries(void) {
  static const unsigned sorted = LARIAT_CRAWL_KEY_SORT_QUERY;
  const key_case cases[] = {
      {"http://h/?b=1&a=2", "http://h/?a=2&b=1", sorted},
      {"http://h/?a=2&b=1", NULL, 0},
      {"http://h/?b&a", "http://h/?a&b", sorted},
      /* Those of one name stay in order. */
      {"http://h/?a=2&a=1", NULL, 0},
      {"http://h/?b=1&a=2&a=1", "http://h/?a=2&a=1&b=1", sorted},
      {"http://h/?a-b=1&a=2", "http://h/?a=2&a-b=1", sorted},
      {"http://h/?b=1&%61=2", "http://h/?a=2&b=1",
       sorted | LARIAT_CRAWL_KEY_ESCAPES},
      {"http://h/?b=1&sid=" ID32 "&a=2", "http://h/?a=2&b=1",
       sorted | LARIAT_CRAWL_KEY_SESSION},
      {"http://h/?b&&a", "http://h/?&a&b", sorted},
      {"http://h/?", "http://h/", LARIAT_CRAWL_KEY_EMPTY_QUERY}};
  CHECK("sort-query", cases);
}

/* More parameters than are sorted stay as they are. */
static void test_many_parameters(void) {
  char text[1024] = "http://h/?";
  char *end = text + strlen(text);
  open_fixture();
  lariat_crawl_key_rules *rules = read_rules("sort-query");
  for (int i = 0; i < 200; i++, end += 2) memcpy(end, i % 2 ? "a&" : "b&", 2);
  key_case one = {text, NULL, 0};
  check_case(rules, &one);
  lariat_crawl_key_rules_free(rules);
  close_fixture();
}

static void test_dropped_parameters(void) {
  static const unsigned drop = LARIAT_CRAWL_KEY_DROP;
  const key_case cases[] = {
      {"http://h/?utm_source=a&b=1&gclid=2", "http://h/?b=1", drop},
      {"http://h/?utm_source=a", "http://h/", drop},
      {"http://h/?UTM_Source=a&GCLID", "http://h/", drop},
      {"http://h/?utm_", "http://h/", drop},
      {"http://h/?%75tm_a=1&b", "http://h/?b", drop},
      {"http://h/?utm=1", NULL, 0},
      {"http://h/?gclid2=1", NULL, 0},
      {"http://h/?a=gclid", NULL, 0},
      {"http://h/?ref[]=1&ref=2", "http://h/?ref=2", drop},
      {"http://h/utm_a?b", NULL, 0},
      {"http://h/?utm_a=1&sid=" ID32, "http://h/",
       drop | LARIAT_CRAWL_KEY_SESSION}};
  CHECK("drop=utm_*, gclid,ref[]", cases);
}

static void test_other_rules(void) {
  static const key_case lower[] = {
      {"http://h/A/b?C", "http://h/a/b?C", LARIAT_CRAWL_KEY_LOWER_PATH},
      {"http://h/%C3%A9", NULL, 0},
      {"http://h/%2FX%5a", "http://h/%2Fxz",
       LARIAT_CRAWL_KEY_LOWER_PATH | LARIAT_CRAWL_KEY_ESCAPES},
      {"http://h/a", NULL, 0}};
  static const key_case www[] = {
      {"http://www.example.org/", "http://example.org/", LARIAT_CRAWL_KEY_WWW},
      {"http://www12.example.org:81/", "http://example.org:81/",
       LARIAT_CRAWL_KEY_WWW},
      {"http://www.www2.example.org/", "http://example.org/",
       LARIAT_CRAWL_KEY_WWW},
      {"http://www.example.org./", "http://example.org/",
       LARIAT_CRAWL_KEY_WWW | LARIAT_CRAWL_KEY_FINAL_DOT},
      {"http://www.org/", NULL, 0},
      {"http://www/", NULL, 0},
      {"http://wwwx.example.org/", NULL, 0},
      {"http://example.www.org/", NULL, 0}};
  static const key_case slash[] = {
      {"http://h/a/", "http://h/a", LARIAT_CRAWL_KEY_SLASH},
      {"http://h/a//?b", "http://h/a?b", LARIAT_CRAWL_KEY_SLASH},
      {"http://h/", NULL, 0},
      {"http://h//", "http://h/", LARIAT_CRAWL_KEY_SLASH},
      {"http://h/;sid=" ID32 "/;sid=" ID32 "/", "http://h/",
       LARIAT_CRAWL_KEY_SLASH | LARIAT_CRAWL_KEY_SESSION},
      {"http://h/a/(S(" ID24 "))/", "http://h/a",
       LARIAT_CRAWL_KEY_SLASH | LARIAT_CRAWL_KEY_SESSION},
      {"http://h/a", NULL, 0}};
  static const key_case scheme[] = {
      {"https://h/a", "http://h/a", LARIAT_CRAWL_KEY_SCHEME},
      {"https://h:443/", "http://h/", LARIAT_CRAWL_KEY_SCHEME},
      {"https://h:8443/", "http://h:8443/", LARIAT_CRAWL_KEY_SCHEME},
      {"https://h:80/", "http://h/", LARIAT_CRAWL_KEY_SCHEME},
      {"http://h:443/", NULL, 0},
      {"http://h/", NULL, 0}};
  CHECK("lower-path", lower);
  CHECK("www", www);
  CHECK("slash", slash);
  CHECK("scheme", scheme);
}

static void test_rules_together(void) {
  static const key_case cases[] = {
      {"https://www.Example.org./%41/?b=1&utm_x=2&a=" ID32 "&sid=" ID32,
       "http://example.org/a?a=" ID32 "&b=1",
       LARIAT_CRAWL_KEY_ESCAPES | LARIAT_CRAWL_KEY_FINAL_DOT |
           LARIAT_CRAWL_KEY_SESSION | LARIAT_CRAWL_KEY_SORT_QUERY |
           LARIAT_CRAWL_KEY_DROP | LARIAT_CRAWL_KEY_LOWER_PATH |
           LARIAT_CRAWL_KEY_WWW | LARIAT_CRAWL_KEY_SLASH |
           LARIAT_CRAWL_KEY_SCHEME}};
  CHECK("sort-query; drop=utm_*; lower-path; www ; slash;scheme;", cases);
  static const key_case none[] = {{"http://h/?b=1&a=2&sid=" ID32,
                                   "http://h/?a=2&b=1&sid=" ID32,
                                   LARIAT_CRAWL_KEY_SORT_QUERY}};
  CHECK("www;none;sort-query", none);
}

static void check_refused(const char *text, const char *wanted) {
  lariat_crawl_key_rules *rules;
  char message[128] = "";
  CU_ASSERT_EQUAL(
      lariat_crawl_key_rules_parse(text, &rules, message, sizeof message),
      LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(rules);
  CU_ASSERT_STRING_EQUAL(message, wanted);
  CU_ASSERT_EQUAL(lariat_crawl_key_rules_parse(text, &rules, NULL, 0),
                  LARIAT_EINVAL);
}

static void test_rules_refused(void) {
  open_fixture();
  check_refused("sort", "no such rule of keys: \"sort\"");
  check_refused("www;Slash", "no such rule of keys: \"Slash\"");
  check_refused("drop", "no such rule of keys: \"drop\"");
  check_refused("drop=", "not a name of a parameter: \"\"");
  check_refused("drop=a,,b", "not a name of a parameter: \"\"");
  check_refused("drop=a*b", "not a name of a parameter: \"a*b\"");
  check_refused("drop=*", "not a name of a parameter: \"*\"");
  check_refused("drop=a=b", "not a name of a parameter: \"a=b\"");
  check_refused("drop=a b", "not a name of a parameter: \"a b\"");
  close_fixture();
}

static void test_rules_without_memory(void) {
  lariat_crawl_key_rules *rules;
  open_fixture();
  fixture_fail_allocation(&fixture, 1);
  CU_ASSERT_EQUAL(lariat_crawl_key_rules_parse("www", &rules, NULL, 0),
                  LARIAT_ENOMEM);
  CU_ASSERT_PTR_NULL(rules);
  close_fixture();
}

static void test_rule_names(void) {
  CU_ASSERT_STRING_EQUAL(lariat_crawl_key_rule_name(LARIAT_CRAWL_KEY_SESSION),
                         "session");
  CU_ASSERT_STRING_EQUAL(lariat_crawl_key_rule_name(LARIAT_CRAWL_KEY_SCHEME),
                         "scheme");
  CU_ASSERT_PTR_NULL(lariat_crawl_key_rule_name((lariat_crawl_key_rule)3));
}

/* ---- Space ---- */

static void test_small_space(void) {
  open_fixture();
  lariat_url *url = parse("http://example.org/a%41?b");
  const char *whole = "http://example.org/aA?b";
  for (size_t capacity = 0; capacity <= strlen(whole) + 2; capacity++) {
    char *out = malloc(capacity ? capacity : 1);
    if (!out) abort();
    CU_ASSERT_EQUAL(lariat_crawl_url_key(NULL, url, out, capacity, NULL),
                    strlen(whole));
    size_t fits = capacity > strlen(whole) ? strlen(whole) : capacity - 1;
    if (capacity) {
      CU_ASSERT_EQUAL(strlen(out), fits);
      CU_ASSERT_EQUAL(strncmp(out, whole, fits), 0);
    }
    free(out);
  }
  lariat_url_free(url);
  close_fixture();
}

/* ---- SURT ---- */

static void test_surt(void) {
  static const char *const cases[][2] = {
      {"http://www.archive.org/", "http://(org,archive,www,)/"},
      {"https://archive.org/Movies", "https://(org,archive,)/movies"},
      {"http://archive.org:8080/a?B=C", "http://(org,archive,:8080)/a?b=c"},
      {"http://user:word@archive.org/#x", "http://(org,archive,)/"},
      {"http://127.2.34.163/a", "http://(127.2.34.163)/a"},
      {"http://127.2.34.163:81/", "http://(127.2.34.163:81)/"},
      {"http://[::1]:81/", "http://([::1],:81)/"},
      {"http://localhost/", "http://(localhost,)/"},
      {"http://localhost:0/", "http://(localhost,:0)/"},
      {"http://archive.org./", "http://(org,archive,)/"},
      {"http://a..b/", "http://(b,,a,)/"},
      {"http://.a/", "http://(a,,)/"},
      {"http://archive.org/?", "http://(org,archive,)/?"},
      {"http://archive.org/%C3%A9", "http://(org,archive,)/%c3%a9"}};
  open_fixture();
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    char out[128];
    lariat_url *url = parse(cases[i][0]);
    CU_ASSERT_EQUAL(lariat_crawl_surt(url, out, sizeof out),
                    strlen(cases[i][1]));
    if (strcmp(out, cases[i][1]) != 0)
      fixture_fail("%s has the SURT form %s", cases[i][0], out);
    lariat_url_free(url);
  }
  close_fixture();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a plain URL is its own key", test_plain_urls},
      {"escapes that need not be are undone", test_escapes},
      {"an empty query is none", test_empty_query},
      {"a final dot is not of the host", test_final_dot},
      {"session ids in queries are left out", test_sessions_of_queries},
      {"what only looks like a session stays", test_what_is_no_session},
      {"session ids in paths are left out", test_sessions_of_paths},
      {"'none' leaves sessions in", test_without_sessions},
      {"queries are sorted by name", test_sorted_queries},
      {"very many parameters are not sorted", test_many_parameters},
      {"parameters are dropped by name", test_dropped_parameters},
      {"lower-path, www, slash, scheme", test_other_rules},
      {"rules work together", test_rules_together},
      {"rules that are none are refused", test_rules_refused},
      {"rules without memory", test_rules_without_memory},
      {"rules have names", test_rule_names},
      {"a key is cut where space ends", test_small_space},
      {"SURT forms are Heritrix's", test_surt},
  };
  return fixture_main("url_key", tests, FIXTURE_COUNT(tests), argc, argv);
}
