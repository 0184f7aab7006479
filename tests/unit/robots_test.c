/* SPDX-License-Identifier: MIT
 * robots_test.c: what robots.txt files allow, by which line, and at what cost.
 * Tests whose name begins with "ID" have the meaning of the tests of that name
 * with which Google checks its parser against the standard. */
#include <lariat/crawl/robots.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

static struct fixture fixture;

static lariat_crawl_robots *parse_bytes(const char *bytes, size_t length,
                                        const char *agent) {
  lariat_crawl_robots *robots = NULL;
  char *copy = malloc(length ? length : 1); /* a sanitizer sees its end */
  if (!copy) abort();
  memcpy(copy, bytes, length);
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_robots_parse(copy, length, agent, &robots),
                        LARIAT_OK);
  free(copy);
  return robots;
}

static lariat_crawl_robots *parse(const char *text, const char *agent) {
  return parse_bytes(text, strlen(text), agent);
}

static lariat_crawl_robots_decision ask(const lariat_crawl_robots *robots,
                                        const char *target) {
  return lariat_crawl_robots_decide(robots, target, strlen(target));
}

/* Paths, each after '+' when it is allowed, '-' when not. */
static void check_for(const char *text, const char *agent,
                      const char *const *paths) {
  lariat_crawl_robots *robots = parse(text, agent);
  for (; *paths; paths++)
    if (ask(robots, *paths + 1).allowed != (**paths == '+'))
      fixture_fail("%s: not so: %s\n%s", agent, *paths, text);
  lariat_crawl_robots_free(robots);
}

#define CHECK(text, agent, ...)                                                \
  check_for(text, agent, (const char *const[]){__VA_ARGS__, NULL})

/* The same with User-agent: FooBot above the rules. */
static void check_rules(const char *rules, const char *const *paths) {
  char text[4096];
  snprintf(text, sizeof text, "User-agent: FooBot\n%s\n", rules);
  check_for(text, "FooBot", paths);
}

#define RULES(rules, ...)                                                      \
  check_rules(rules, (const char *const[]){__VA_ARGS__, NULL})

static void open_fixture(void) { fixture_open(&fixture, FIXTURE_NO_REACTOR); }
static void close_fixture(void) { fixture_close(&fixture); }

/* ---- Lines and groups ---- */

static void test_line_syntax(void) {
  open_fixture();
  CHECK("user-agent: FooBot\ndisallow: /\n", "FooBot", "-/x/y");
  CHECK("foo: FooBot\nbar: /\n", "FooBot", "+/x/y");
  CHECK("user-agent FooBot\ndisallow /\n", "FooBot", "-/x/y");
  CHECK("user-agent\t \tFooBot\ndisallow \t/x\n", "FooBot", "-/x/y", "+/y");
  CHECK("user-agent FooBot\ndisallow / x\n", "FooBot", "+/x/y");
  CHECK("user agent: FooBot\nDISALOW: /x\ndissallow: /y\ndiasllow: /z",
        "FooBot", "-/x", "-/y", "-/z", "+/w");
  CHECK("user-agent: FooBot\nallowed: /x\ndisallowed: /x\ndisallow-x: /x",
        "FooBot", "+/x");
  CHECK("  User-agent : FooBot  \n\t disallow\t:\t/x \t\n", "FooBot", "-/x",
        "+/y");
  CHECK("user-agent: FooBot\n: /x\ndisallow\n:\n#\n \n\ndisallow: /y", "FooBot",
        "+/x", "-/y");
  close_fixture();
}

static const char groups[] = "allow: /foo/bar/\n\n"
                             "user-agent: FooBot\ndisallow: /\nallow: /x/\n"
                             "user-agent: BarBot\ndisallow: /\nallow: /y/\n\n\n"
                             "allow: /w/\n"
                             "user-agent: BazBot\n\n"
                             "user-agent: FooBot\nallow: /z/\ndisallow: /\n";

static void test_groups(void) {
  open_fixture();
  CHECK(groups, "FooBot", "+/x/b", "+/z/d", "-/y/c", "-/foo/bar/");
  CHECK(groups, "BarBot", "+/y/c", "+/w/a", "-/z/d", "-/foo/bar/");
  CHECK(groups, "BazBot", "+/z/d", "-/foo/bar/", "-/x/b");
  CHECK(groups, "QuxBot", "+/z/d", "+/");
  close_fixture();
}

static void test_case_of_keys(void) {
  open_fixture();
  CHECK("USER-AGENT: FooBot\nALLOW: /x/\nDISALLOW: /", "FooBot", "+/x/y",
        "-/a/b");
  CHECK("uSeR-aGeNt: FooBot\nAlLoW: /x/\ndIsAlLoW: /", "FooBot", "+/x/y",
        "-/a/b");
  close_fixture();
}

static void check_agent(const char *agent, lariat_status expected) {
  lariat_crawl_robots *robots;
  CU_ASSERT_EQUAL(lariat_crawl_robots_parse("", 0, agent, &robots), expected);
  CU_ASSERT_EQUAL(robots != NULL, expected == LARIAT_OK);
  lariat_crawl_robots_free(robots);
}

static void test_agents(void) {
  open_fixture();
  check_agent("Foobot", LARIAT_OK);
  check_agent("Foobot-Bar", LARIAT_OK);
  check_agent("Foo_Bar/2.1 (+http://foo.example)", LARIAT_OK);
  check_agent("", LARIAT_EINVAL);
  check_agent(NULL, LARIAT_EINVAL);
  check_agent(" Foobot", LARIAT_EINVAL);
  check_agent("\xe3\x83\x84", LARIAT_EINVAL);
  check_agent("*", LARIAT_EINVAL);
  CHECK("User-Agent: FoO bAr\nAllow: /x/\nDisallow: /", "fOO", "+/x/y", "-/a");
  CHECK("User-agent: FooBot/2.1\nDisallow: /", "FooBot/3.0", "-/a");
  CHECK("User-agent: *\nDisallow: /\nUser-agent: Foo Bar\nAllow: /x/\n"
        "Disallow: /",
        "Foo", "+/x/y", "-/y");
  close_fixture();
}

/* A part of a name is another name, whichever of both is longer. */
static void test_parts_of_names(void) {
  open_fixture();
  CHECK("User-agent: FooBot\nDisallow: /", "FooBotNews", "+/a");
  CHECK("User-agent: FooBotNews\nDisallow: /", "FooBot", "+/a");
  CHECK("User-agent: Foo\nDisallow: /", "MyFooBot", "+/a");
  CHECK("User-agent: Foo-Bot\nDisallow: /", "Foo", "+/a");
  close_fixture();
}

static void test_global_groups(void) {
  open_fixture();
  CHECK("", "FooBot", "+/x");
  CHECK("user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /", "FooBot",
        "-/x");
  CHECK("user-agent: *\nallow: /\nuser-agent: FooBot\ndisallow: /", "BarBot",
        "+/x");
  CHECK("user-agent: FooBot\nallow: /\nuser-agent: BarBot\ndisallow: /",
        "QuxBot", "+/x");
  CHECK("user-agent: *\ndisallow: /a\nuser-agent: Foo\ndisallow: /b\n"
        "user-agent: * and others\ndisallow: /c",
        "Bar", "-/a", "+/b", "-/c");
  CHECK("user-agent: *bot\ndisallow: /", "Bar", "+/a");
  /* A group of its own without rules is one. */
  CHECK("user-agent: *\ndisallow: /\nuser-agent: Foo", "Foo", "+/a");
  CHECK("user-agent: *\ndisallow: /\nuser-agent: Foo\nDisallow:", "Foo", "+/a");
  close_fixture();
}

/* What is no rule does not end the lines of agents. */
static void test_other_lines_between_agents(void) {
  open_fixture();
  CHECK("User-agent: Foo\nSitemap: http://x/\nUser-agent: Bar\nDisallow: /",
        "Foo", "-/a");
  CHECK("User-agent: Foo\nUser-agent: Bar\nDisallow: /", "Foo", "-/a");
  CHECK("User-agent: Foo\nCrawl-delay: 5\nUser-agent: Bar\nDisallow: /", "Foo",
        "-/a");
  CHECK("User-agent: Foo\nnoindex: /\n\n# x\nUser-agent: Bar\nDisallow: /",
        "Foo", "-/a");
  CHECK("User-agent: *\nDisallow: /\n\nUser-agent: Foo\nCrawl-delay: 5\n",
        "Foo", "+/a");
  CHECK("User-agent: Foo\n\nDisallow: /a\n\nDisallow: /b\n", "Foo", "-/a",
        "-/b");
  /* An empty rule ends them. */
  CHECK("User-agent: Foo\nDisallow:\nUser-agent: Bar\nDisallow: /", "Foo",
        "+/a");
  close_fixture();
}

/* ---- Bytes ---- */

static void check_ends(const char *text, unsigned line) {
  lariat_crawl_robots *robots = parse(text, "bar");
  lariat_crawl_robots_decision decision = ask(robots, "/x");
  CU_ASSERT_FALSE(decision.allowed);
  CU_ASSERT_EQUAL(decision.line, line);
  lariat_crawl_robots_free(robots);
}

static void test_line_numbers(void) {
  open_fixture();
  check_ends("User-Agent: foo\nAllow: /p\nUser-Agent: bar\n\n\nDisallow: /\n",
             6);
  check_ends("User-Agent: foo\r\nAllow: /p\r\nUser-Agent: bar\r\n\r\n\r\n"
             "Disallow: /\r\n",
             6);
  check_ends("User-Agent: foo\rAllow: /p\rUser-Agent: bar\r\r\rDisallow: /\r",
             6);
  check_ends("User-Agent: foo\nAllow: /p\nUser-Agent: bar\n\n\nDisallow: /", 6);
  check_ends("User-Agent: foo\nAllow: /p\r\nUser-Agent: bar\n\r\n\n"
             "Disallow: /",
             6);
  check_ends("\n\r\rUser-Agent: bar\r\n\n\rDisallow: /\r\n", 7);
  close_fixture();
}

static void test_byte_order_marks(void) {
  static const char rest[] = "User-Agent: foo\nDisallow: /x\n";
  static const struct {
    const char *mark;
    bool skipped;
  } marks[] = {{"\xef\xbb\xbf", true},
               {"\xef\xbb", true},
               {"\xef", true},
               {"\xef\x11\xbf", false},
               {"\xef\xbb\xbf\xef\xbb\xbf", false}};
  open_fixture();
  for (size_t i = 0; i < FIXTURE_COUNT(marks); i++) {
    char text[100];
    snprintf(text, sizeof text, "%s%s", marks[i].mark, rest);
    CHECK(text, "foo", marks[i].skipped ? "-/x" : "+/x");
  }
  CHECK("User-Agent: foo\n\xef\xbb\xbf"
        "Disallow: /x\nDisallow: /y",
        "foo", "+/x", "-/y");
  close_fixture();
}

static void test_nul_is_a_byte(void) {
  static const char text[] = "User-agent: foo\nDisallow: /a\0b\nDisallow: /c\n";
  open_fixture();
  lariat_crawl_robots *robots = parse_bytes(text, sizeof text - 1, "foo");
  CU_ASSERT_TRUE(ask(robots, "/a").allowed);
  CU_ASSERT_FALSE(ask(robots, "/a%00b").allowed);
  CU_ASSERT_FALSE(lariat_crawl_robots_decide(robots, "/a\0bc", 5).allowed);
  CU_ASSERT_FALSE(ask(robots, "/c").allowed);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

static char *put(char *to, const char *text) {
  size_t length = strlen(text);
  memcpy(to, text, length);
  return to + length;
}

static char *put_many(char *to, char byte, size_t count) {
  memset(to, byte, count);
  return to + count;
}

/* A line is read up to MOST_LINE bytes. */
static void test_long_lines(void) {
  enum { MOST = LARIAT_CRAWL_ROBOTS_MOST_LINE };
  static char text[3 * MOST], path[2 * MOST];
  char *end = put(text, "user-agent: FooBot\n");
  open_fixture();
  end = put(end, "disallow: /x/");
  end = put_many(end, 'a', MOST - strlen("disallow: /x/"));
  end = put(end, "/qux\ndisallow: /y\n");
  *end = '\0';
  lariat_crawl_robots *robots = parse(text, "FooBot");
  end = put_many(put(path, "/x/"), 'a', MOST - strlen("disallow: /x/"));
  *put(end, "/fux") = '\0';
  CU_ASSERT_FALSE(ask(robots, path).allowed);
  CU_ASSERT_EQUAL(ask(robots, path).text_length, MOST);
  end[-1] = '\0';
  CU_ASSERT_TRUE(ask(robots, path).allowed);
  CU_ASSERT_EQUAL(ask(robots, "/y").line, 3);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

/* Of a file that is too long, lines are read up to the last whole one. */
static void test_long_files(void) {
  enum { MOST = LARIAT_CRAWL_ROBOTS_MOST_BYTES };
  static char text[MOST + 100];
  open_fixture();
  for (int over = -1; over <= 1; over++) {
    char *end = put(text, "User-agent: foo\nDisallow: /a\n");
    end = put_many(end, '#', (size_t)(MOST + over - (end - text) - 14));
    end = put(end, "\nDisallow: /b\nDisallow: /c\n");
    lariat_crawl_robots *robots =
        parse_bytes(text, (size_t)(end - text), "foo");
    CU_ASSERT_FALSE(ask(robots, "/a").allowed);
    CU_ASSERT_EQUAL(ask(robots, "/b").allowed, over > 0);
    CU_ASSERT_TRUE(ask(robots, "/c").allowed);
    CU_ASSERT_EQUAL(lariat_crawl_robots_ignored_bytes(robots),
                    over > 0 ? 26 : 13);
    lariat_crawl_robots_free(robots);
  }
  put_many(text, 'a', sizeof text);
  lariat_crawl_robots *robots = parse_bytes(text, sizeof text, "foo");
  CU_ASSERT_EQUAL(lariat_crawl_robots_ignored_bytes(robots), sizeof text);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

/* ---- Rules ---- */

static void test_longest_match(void) {
  open_fixture();
  RULES("disallow: /x/page.html\nallow: /x/", "-/x/page.html", "+/x/");
  RULES("allow: /x/page.html\ndisallow: /x/", "+/x/page.html", "-/x/");
  RULES("disallow: \nallow: ", "+/x/page.html");
  RULES("disallow: /\nallow: /", "+/x/page.html");
  RULES("disallow: /x\nallow: /x/", "-/x", "+/x/");
  RULES("disallow: /x/page.html\nallow: /x/page.html", "+/x/page.html");
  RULES("allow: /page\ndisallow: /*.html", "-/page.html", "+/page");
  RULES("allow: /x/page.\ndisallow: /*.html", "+/x/page.html", "-/x/y.html");
  RULES("allow: /page\ndisallow: /*.ph", "+/page.php", "-/x.php");
  RULES("allow: /*.ph\ndisallow: /page", "+/page.php");
  RULES("disallow: /a*\nallow: /a", "-/ab", "-/a");
  CHECK("User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/",
        "FooBot", "+/x/page", "-/y/page");
  close_fixture();
}

static void test_case_of_values(void) {
  open_fixture();
  RULES("disallow: /x/", "-/x/y", "+/X/y");
  RULES("disallow: /X/", "+/x/y");
  close_fixture();
}

/* Each octet has one spelling, but reserved ones mean what they are written
 * as. */
static void test_encoding(void) {
  open_fixture();
  RULES("disallow: /\nallow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par",
        "+/foo/bar?qux=taz&baz=http://foo.bar?tar&par", "-/foo/bar");
  RULES("disallow: /\nallow: /foo/\xe3\x83\x84", "+/foo/%E3%83%84",
        "+/foo/%e3%83%84", "+/foo/\xe3\x83\x84", "-/foo/%E3%83%85");
  RULES("disallow: /\nallow: /foo/%E3%83%84", "+/foo/%E3%83%84",
        "+/foo/\xe3\x83\x84");
  RULES("disallow: /foo/%62%61%7A", "-/foo/baz", "-/foo/%62a%7a", "+/foo/ba");
  RULES("disallow: /a%2fb", "-/a%2Fb", "-/a%2fb", "+/a/b");
  RULES("disallow: /a/b", "+/a%2Fb", "-/a/b");
  RULES("disallow: /a%3F", "-/a%3fx", "+/a?x");
  RULES("disallow: /a b", "-/a%20b", "-/a b");
  RULES("disallow: /a%7Cb", "-/a|b");
  RULES("disallow: /%", "-/%", "-/%25", "-/%x", "-/%zz", "+/A");
  RULES("disallow: /%25", "-/%25", "+/%", "-/%2541");
  RULES("disallow: /%4", "-/%4", "+/A", "-/%4x");
  RULES("disallow: /%0a", "-/%0A", "+/x");
  close_fixture();
}

/* The octets that decide are those of the escaped pattern. */
static void test_octets(void) {
  open_fixture();
  RULES("disallow: /\xc3\xa9\nallow: /*****", "-/%C3%A9", "+/x");
  RULES("disallow: /%61\nallow: /*", "+/a");
  RULES("disallow: /%2f\nallow: /**", "-/%2F");
  close_fixture();
}

static void test_special_characters(void) {
  open_fixture();
  RULES("disallow: /foo/bar/quz\nallow: /foo/*/qux", "-/foo/bar/quz",
        "+/foo/quz", "+/foo//quz", "+/foo/bax/quz");
  RULES("disallow: /foo/bar$\nallow: /foo/bar/qux", "-/foo/bar",
        "+/foo/bar/qux", "+/foo/bar/", "+/foo/bar/baz");
  RULES("# disallow: /\ndisallow: /foo/quz#qux\nallow: /", "+/foo/bar",
        "-/foo/quz");
  RULES("disallow: /a-%2A", "-/a-*.html", "-/a-%2a", "+/a-b");
  RULES("disallow: /a-%24", "-/a-$", "-/a-%24", "+/a-");
  RULES("disallow: /a$b", "-/a$b", "-/a%24b", "+/a");
  RULES("disallow: /a$$", "-/a$", "+/a$b", "+/a");
  RULES("disallow: *", "-/", "-/x");
  RULES("disallow: $", "+/", "+/x");
  RULES("disallow: *$", "-/", "-/x");
  RULES("disallow: *.gif$", "-/x.gif", "-/a/x.gif.gif", "+/x.gif?", "+/gif");
  RULES("allow: /$\ndisallow: /", "+/", "-/page.html");
  RULES("disallow: /a*b*c", "-/abc", "-/axbxc", "-/aabbcc", "+/acb", "+/ab");
  RULES("disallow: /*ab*ba$", "-/abba", "+/aba", "-/abxba", "+/abbab");
  RULES("disallow: /*aab", "-/aaab", "-/xaaaab", "+/aaa");
  RULES("disallow: /*abab$", "-/ababab", "-/abab", "+/ababa");
  RULES("disallow: /*/a*/b", "-/x/a/b", "-//a/c/b", "+/a/b");
  close_fixture();
}

static void test_documented_paths(void) {
  open_fixture();
  RULES("disallow: /\nallow: /fish", "-/bar", "+/fish", "+/fish.html",
        "+/fish/salmon.html", "+/fishheads", "+/fish.html?id=anything",
        "-/Fish.asp", "-/catfish", "-/?id=fish");
  RULES("disallow: /\nallow: /fish*", "-/bar", "+/fish", "+/fish.html",
        "+/fishheads/yummy.html", "-/Fish.bar", "-/catfish", "-/?id=fish");
  RULES("disallow: /\nallow: /fish/", "-/bar", "+/fish/", "+/fish/salmon",
        "+/fish/?salmon", "-/fish", "-/fish.html", "-/Fish/Salmon.html");
  RULES("disallow: /\nallow: /*.php", "-/bar", "+/filename.php",
        "+/folder/filename.php?parameters", "+//folder/any.php.file.html",
        "+/filename.php/", "+/index?f=filename.php/", "-/php/", "-/index?php",
        "-/windows.PHP");
  RULES("disallow: /\nallow: /*.php$", "-/bar", "+/filename.php",
        "+/folder/filename.php", "-/filename.php?parameters", "-/filename.php/",
        "-/filename.php5", "-/php/", "-/filename?php", "-/aaaphpaaa");
  RULES("disallow: /\nallow: /fish*.php", "-/bar", "+/fish.php",
        "+/fishheads/catfish.php?parameters", "-/Fish.PHP");
  RULES("allow: /p\ndisallow: /", "+/page");
  RULES("allow: /folder\ndisallow: /folder", "+/folder/page");
  RULES("allow: /page\ndisallow: /*.htm", "-/page.htm");
  close_fixture();
}

/* Where Google's parser, or others, do something else. */
static void test_differences(void) {
  open_fixture();
  RULES("allow: /d/index.html\ndisallow: /", "-/d/", "+/d/index.html");
  RULES("disallow: p", "+/p", "+/page");
  RULES("disallow: http://foo.bar/p", "+/p");
  RULES("disallow: /p?x", "-/p?xy", "+/p");
  RULES("disallow: /\nnoindex: /x", "+/robots.txt", "-/robots.txt?x",
        "-/robots.txt/", "-/Robots.txt", "+/robots.txt#x");
  close_fixture();
}

static void test_targets(void) {
  open_fixture();
  RULES("disallow: /$", "-", "-/", "-#x", "+?x", "+/x");
  RULES("disallow: /?x", "-?x", "-/?xy", "+/y?x");
  RULES("disallow: /x#y", "-/x", "-/x#z");
  close_fixture();
}

static void check_url(const lariat_crawl_robots *robots, const char *text,
                      bool allowed) {
  lariat_url *url;
  CU_ASSERT_EQUAL_FATAL(lariat_url_parse(text, strlen(text), NULL, &url, NULL),
                        LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_robots_decide_url(robots, url).allowed, allowed);
  lariat_url_free(url);
}

static void test_urls(void) {
  open_fixture();
  lariat_crawl_robots *robots = parse("User-agent: *\nDisallow: /a?b=\xc3\xbc\n"
                                      "Disallow: /c$\nDisallow: /d e",
                                      "Foo");
  check_url(robots, "http://a.example/a?b=\xc3\xbc#c", false);
  check_url(robots, "http://a.example/a?b=%c3%bc", false);
  check_url(robots, "http://a.example/a?b", true);
  check_url(robots, "https://b.example/c#d", false);
  check_url(robots, "http://a.example/c?", true);
  check_url(robots, "http://a.example/x/../d e", false);
  check_url(robots, "http://a.example", true);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

/* ---- Why ---- */

static void check_why(const lariat_crawl_robots *robots, const char *target,
                      unsigned group_line, unsigned line, const char *text) {
  lariat_crawl_robots_decision decision = ask(robots, target);
  CU_ASSERT_EQUAL(decision.reason, LARIAT_CRAWL_ROBOTS_RULE);
  CU_ASSERT_EQUAL(decision.line, line);
  CU_ASSERT_EQUAL(decision.group_line, group_line);
  CU_ASSERT_EQUAL_FATAL(decision.text_length, strlen(text));
  CU_ASSERT_EQUAL(memcmp(decision.text, text, strlen(text)), 0);
}

static void test_why(void) {
  open_fixture();
  lariat_crawl_robots *robots =
      parse("User-agent: Bar\nUser-agent: Foo\n  Disallow: /a # no\n"
            "Disallow: /b%7e$\nUser-agent: foo\nAllow: /a\nDisallow: /b/*\n"
            "Disallow: /a\nAllow: /a\n",
            "Foo");
  check_why(robots, "/a", 5, 6, "Allow: /a");
  check_why(robots, "/b~", 2, 4, "Disallow: /b%7e$");
  check_why(robots, "/b/c", 5, 7, "Disallow: /b/*");
  lariat_crawl_robots_decision decision = ask(robots, "/");
  CU_ASSERT_EQUAL(decision.reason, LARIAT_CRAWL_ROBOTS_NO_RULE);
  CU_ASSERT_EQUAL(decision.group_line, 2);
  CU_ASSERT_EQUAL(decision.line, 0);
  CU_ASSERT_PTR_NULL(decision.text);
  CU_ASSERT_EQUAL(ask(robots, "/robots.txt").reason,
                  LARIAT_CRAWL_ROBOTS_ITSELF);
  CU_ASSERT_EQUAL(lariat_crawl_robots_rule_count(robots), 3);
  lariat_crawl_robots_free(robots);
  robots = parse("User-agent: Foo\nDisallow: /a # no", "Foo");
  check_why(robots, "/a", 1, 2, "Disallow: /a # no");
  lariat_crawl_robots_free(robots);
  robots = parse("User-agent: Foo\nDisallow: /", "Bar");
  CU_ASSERT_EQUAL(ask(robots, "/").reason, LARIAT_CRAWL_ROBOTS_NO_GROUP);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

static void test_reasons(void) {
  for (int i = 0; i <= LARIAT_CRAWL_ROBOTS_TOO_COSTLY; i++) {
    const char *text =
        lariat_crawl_robots_reason_text((lariat_crawl_robots_reason)i);
    CU_ASSERT_STRING_NOT_EQUAL(text, "unknown");
    CU_ASSERT_NOT_EQUAL(text[strlen(text) - 1], '.');
  }
  volatile int none = 99;
  CU_ASSERT_STRING_EQUAL(
      lariat_crawl_robots_reason_text((lariat_crawl_robots_reason)none),
      "unknown");
}

/* ---- Other lines ---- */

static void check_delay(const char *value, int64_t expected) {
  char text[100];
  unsigned line;
  snprintf(text, sizeof text, "User-agent: Foo\nCrawl-delay:%s\n", value);
  lariat_crawl_robots *robots = parse(text, "Foo");
  int64_t ms = lariat_crawl_robots_delay_ms(robots, &line);
  if (ms != expected) fixture_fail("%s: %jd", value, (intmax_t)ms);
  CU_ASSERT_EQUAL(line, expected < 0 ? 0 : 2);
  CU_ASSERT_EQUAL(lariat_crawl_robots_delay_ms(robots, NULL), ms);
  lariat_crawl_robots_free(robots);
}

static void test_delays(void) {
  open_fixture();
  check_delay(" 10", 10000);
  check_delay("0", 0);
  check_delay("1.5", 1500);
  check_delay(".25 # s", 250);
  check_delay("2.", 2000);
  check_delay("0.0001", 1);
  check_delay("1.0009", 1001);
  check_delay("86400", 86400000);
  check_delay("86401", 86400000);
  check_delay("99999999999999999999999999", 86400000);
  check_delay("", -1);
  check_delay(".", -1);
  check_delay("-1", -1);
  check_delay("10s", -1);
  check_delay("1e3", -1);
  check_delay("1,5", -1);
  close_fixture();
}

static void check_agents_delay(const char *text, const char *agent,
                               int64_t expected) {
  lariat_crawl_robots *robots = parse(text, agent);
  CU_ASSERT_EQUAL(lariat_crawl_robots_delay_ms(robots, NULL), expected);
  lariat_crawl_robots_free(robots);
}

/* A Crawl-delay is for the agents above it, and ends their list for another
 * Crawl-delay, not for rules. */
static void test_whose_delay(void) {
  static const char text[] = "Crawl-delay: 9\n"
                             "User-agent: A\nCrawl-delay: 1\n"
                             "User-agent: B\nUser-agent: C\nCrawl-delay: 2\n"
                             "Disallow: /x\nCrawl-delay: 1.5\n"
                             "User-agent: *\nCrawl-delay: 3\n";
  open_fixture();
  check_agents_delay(text, "A", 1000);
  check_agents_delay(text, "B", 2000);
  check_agents_delay(text, "C", 2000);
  check_agents_delay(text, "D", 3000);
  CHECK(text, "A", "-/x");
  close_fixture();
}

static void check_sitemap(const lariat_crawl_robots *robots, size_t at,
                          const char *text, unsigned line) {
  size_t length;
  unsigned found;
  const char *url = lariat_crawl_robots_sitemap_at(robots, at, &length, &found);
  CU_ASSERT_PTR_NOT_NULL_FATAL(url);
  CU_ASSERT_EQUAL_FATAL(length, strlen(text));
  CU_ASSERT_EQUAL(memcmp(url, text, length), 0);
  CU_ASSERT_EQUAL(found, line);
}

static void test_sitemaps(void) {
  size_t length = 9;
  open_fixture();
  lariat_crawl_robots *robots =
      parse("Sitemap: http://foo.bar/a.xml\nUser-Agent: foo\nAllow: /path\n"
            "User-Agent: bar\n\nsite-map:https://foo.bar/b.xml # b\n"
            "Sitemap:\nSITEMAP /c.txt\n",
            "baz");
  CU_ASSERT_EQUAL(lariat_crawl_robots_sitemap_count(robots), 3);
  check_sitemap(robots, 0, "http://foo.bar/a.xml", 1);
  check_sitemap(robots, 1, "https://foo.bar/b.xml", 6);
  check_sitemap(robots, 2, "/c.txt", 8);
  CU_ASSERT_PTR_NULL(lariat_crawl_robots_sitemap_at(robots, 3, &length, NULL));
  CU_ASSERT_EQUAL(length, 0);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

/* ---- Without a file ---- */

static void check_access(int status, unsigned redirects,
                         lariat_crawl_robots_access expected) {
  if (lariat_crawl_robots_access_of(status, redirects) != expected)
    fixture_fail("status %d after %u redirects", status, redirects);
}

static void test_access(void) {
  static const int unavailable[] = {300, 305, 306, 308 + 1, 400, 401,
                                    403, 404, 410, 428,     451, 499};
  static const int unreachable[] = {0, -1, 100, 199, 429, 500, 503, 599, 600};
  static const int redirects[] = {301, 302, 303, 307, 308};
  check_access(200, 0, LARIAT_CRAWL_ROBOTS_READ);
  check_access(206, 5, LARIAT_CRAWL_ROBOTS_READ);
  check_access(304, 0, LARIAT_CRAWL_ROBOTS_UNCHANGED);
  for (size_t i = 0; i < FIXTURE_COUNT(redirects); i++) {
    check_access(redirects[i], 0, LARIAT_CRAWL_ROBOTS_REDIRECT);
    check_access(redirects[i], 4, LARIAT_CRAWL_ROBOTS_REDIRECT);
    check_access(redirects[i], 5, LARIAT_CRAWL_ROBOTS_UNAVAILABLE);
  }
  for (size_t i = 0; i < FIXTURE_COUNT(unavailable); i++)
    check_access(unavailable[i], 0, LARIAT_CRAWL_ROBOTS_UNAVAILABLE);
  for (size_t i = 0; i < FIXTURE_COUNT(unreachable); i++)
    check_access(unreachable[i], 0, LARIAT_CRAWL_ROBOTS_UNREACHABLE);
}

static void test_without_file(void) {
  lariat_crawl_robots *robots;
  open_fixture();
  CU_ASSERT_EQUAL(
      lariat_crawl_robots_without_file(LARIAT_CRAWL_ROBOTS_READ, &robots),
      LARIAT_EINVAL);
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_robots_without_file(
                            LARIAT_CRAWL_ROBOTS_UNAVAILABLE, &robots),
                        LARIAT_OK);
  CU_ASSERT_TRUE(ask(robots, "/x").allowed);
  CU_ASSERT_EQUAL(ask(robots, "/x").reason, LARIAT_CRAWL_ROBOTS_NO_FILE);
  CU_ASSERT_EQUAL(lariat_crawl_robots_delay_ms(robots, NULL), -1);
  lariat_crawl_robots_free(robots);
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_robots_without_file(
                            LARIAT_CRAWL_ROBOTS_UNREACHABLE, &robots),
                        LARIAT_OK);
  CU_ASSERT_FALSE(ask(robots, "/x").allowed);
  CU_ASSERT_EQUAL(ask(robots, "/x").reason, LARIAT_CRAWL_ROBOTS_NO_ANSWER);
  CU_ASSERT_TRUE(ask(robots, "/robots.txt").allowed);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

/* ---- Cost ---- */

enum { FILE_BYTES = LARIAT_CRAWL_ROBOTS_MOST_BYTES };

/* Fills a file with rules "Disallow: BEFORE number BEHIND". */
static size_t fill_file(char *text, const char *before, const char *behind) {
  char *end = put(text, "User-agent: *\n");
  for (unsigned i = 0; end - text < FILE_BYTES - 300; i++)
    end += snprintf(end, 300, "Disallow:%s%u%s\n", before, i, behind);
  return (size_t)(end - text);
}

/* Without wildcards, the number of rules is hardly seen: that of a path is
 * compared with some of them. */
static void test_cost_of_many_rules(void) {
  static char text[FILE_BYTES];
  open_fixture();
  size_t length = fill_file(text, "/dir/", "");
  uint64_t before = fixture_live_bytes(&fixture);
  lariat_crawl_robots *robots = parse_bytes(text, length, "Foo");
  CU_ASSERT_TRUE(lariat_crawl_robots_rule_count(robots) > 20000);
  lariat_crawl_robots_decision decision = ask(robots, "/dir/12345678");
  CU_ASSERT_FALSE(decision.allowed);
  CU_ASSERT_EQUAL(decision.line, 12345 + 2);
  CU_ASSERT_TRUE(decision.steps <= 16 * 12);
  decision = ask(robots, "/dirt/12345678");
  CU_ASSERT_TRUE(decision.allowed);
  CU_ASSERT_TRUE(decision.steps <= 16 * 12);
  CU_ASSERT_TRUE(lariat_crawl_robots_memory(robots) < 3 << 20);
  CU_ASSERT_TRUE(fixture_live_bytes(&fixture) - before >=
                 lariat_crawl_robots_memory(robots));
  CU_ASSERT_TRUE(fixture_live_bytes(&fixture) - before <=
                 lariat_crawl_robots_memory(robots) + 8192);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

/* With wildcards a rule costs one look at the path at the most. */
static void test_cost_of_wildcards(void) {
  static char text[FILE_BYTES];
  char path[2001] = "/";
  open_fixture();
  put_many(path + 1, 'a', sizeof path - 2);
  size_t length =
      fill_file(text, "/*a*a*a*a*a*a*a*a*a*a*a*aaaaaaaaaaaaaaaaaaaaaab", "*b");
  lariat_crawl_robots *robots = parse_bytes(text, length, "Foo");
  size_t rules = lariat_crawl_robots_rule_count(robots);
  CU_ASSERT_TRUE(rules > 6000);
  lariat_crawl_robots_decision decision = ask(robots, path);
  CU_ASSERT_TRUE(decision.allowed);
  CU_ASSERT_TRUE(decision.steps <= rules * sizeof path);
  CU_ASSERT_TRUE(decision.steps <= LARIAT_CRAWL_ROBOTS_MOST_STEPS);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

/* One pattern that repeats itself: no octet of the path is looked at twice. */
static void test_cost_of_one_pattern(void) {
  enum { PATH = 60000 };
  static char text[LARIAT_CRAWL_ROBOTS_MOST_LINE], path[PATH + 1];
  open_fixture();
  char *end = put(text, "User-agent: *\nDisallow: /*");
  end = put_many(end, 'a', 8000);
  *put(end, "b*c\n") = '\0';
  put_many(path, 'a', PATH);
  lariat_crawl_robots *robots = parse(text, "Foo");
  CU_ASSERT_TRUE(ask(robots, path).allowed);
  CU_ASSERT_TRUE(ask(robots, path).steps <= PATH + 10);
  path[PATH - 9] = 'b';
  CU_ASSERT_TRUE(ask(robots, path).allowed);
  path[PATH - 1] = 'c';
  CU_ASSERT_FALSE(ask(robots, path).allowed);
  CU_ASSERT_TRUE(ask(robots, path).steps <= PATH + 10);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

/* What would cost more than the most is not allowed. */
static void test_too_costly(void) {
  static char text[FILE_BYTES], path[8001];
  open_fixture();
  put_many(path, 'a', sizeof path - 1);
  path[0] = '/';
  size_t length = fill_file(text, "*", "b");
  lariat_crawl_robots *robots = parse_bytes(text, length, "Foo");
  lariat_crawl_robots_decision decision = ask(robots, path);
  CU_ASSERT_FALSE(decision.allowed);
  CU_ASSERT_EQUAL(decision.reason, LARIAT_CRAWL_ROBOTS_TOO_COSTLY);
  CU_ASSERT_TRUE(decision.steps <=
                 LARIAT_CRAWL_ROBOTS_MOST_STEPS + sizeof path);
  CU_ASSERT_TRUE(ask(robots, "/short").allowed);
  CU_ASSERT_TRUE(lariat_crawl_robots_memory(robots) < 3 << 20);
  lariat_crawl_robots_free(robots);
  close_fixture();
}

/* Makes a short text of few different bytes. */
static void make_text(char *text, size_t most, const char *bytes,
                      uint32_t *random) {
  size_t length = (*random >> 8) % most, kinds = strlen(bytes);
  for (size_t i = 0; i < length; i++) {
    *random = *random * 1664525u + 1013904223u;
    text[i] = bytes[(*random >> 16) % kinds];
  }
  text[length] = '\0';
  *random = *random * 1664525u + 1013904223u;
}

/* Matches in the simplest way, by trying all. */
static bool matches_simply(const char *pattern, const char *path) {
  if (!*pattern) return true;
  if (pattern[0] == '$' && !pattern[1]) return !*path;
  if (*pattern != '*')
    return *path == *pattern && matches_simply(pattern + 1, path + 1);
  for (;; path++) {
    if (matches_simply(pattern + 1, path)) return true;
    if (!*path) return false;
  }
}

struct simple_rule {
  char pattern[12];
  bool allow;
};

static bool decide_simply(const struct simple_rule *rules, size_t count,
                          const char *path) {
  const struct simple_rule *best = NULL;
  for (size_t i = 0; i < count; i++) {
    const struct simple_rule *rule = &rules[i];
    size_t length = strlen(rule->pattern);
    if (!matches_simply(rule->pattern, path)) continue;
    if (!best || length > strlen(best->pattern) ||
        (length == strlen(best->pattern) && rule->allow))
      best = rule;
  }
  return !best || best->allow;
}

/* Small files, with rules of few letters, against the simplest matcher. */
static void check_random_file(uint32_t *random) {
  struct simple_rule rules[8];
  char text[400] = "User-agent: *\n", path[12] = "/";
  char *end = text + strlen(text);
  size_t count = 1 + (*random >> 20) % FIXTURE_COUNT(rules);
  for (size_t i = 0; i < count; i++) {
    rules[i].pattern[0] = *random & 0x10000 ? '/' : '*';
    make_text(rules[i].pattern + 1, sizeof rules[i].pattern - 2, "ab*a$",
              random);
    rules[i].allow = *random & 0x20000;
    end += snprintf(end, 40, "%s: %s\n", rules[i].allow ? "Allow" : "Disallow",
                    rules[i].pattern);
  }
  lariat_crawl_robots *robots = parse(text, "Foo");
  for (int i = 0; i < 20; i++) {
    make_text(path + 1, sizeof path - 2, "aab$", random);
    if (ask(robots, path).allowed != decide_simply(rules, count, path))
      fixture_fail("%s\n%s", path, text);
  }
  lariat_crawl_robots_free(robots);
}

static void test_random_files(void) {
  uint32_t random = 7;
  open_fixture();
  for (int i = 0; i < 20000; i++) check_random_file(&random);
  close_fixture();
}

static void test_out_of_memory(void) {
  static const char text[] = "User-agent: *\nDisallow: /a*b\nAllow: /c\n"
                             "Sitemap: http://x.example/\n";
  lariat_crawl_robots *robots;
  lariat_status status = LARIAT_ENOMEM;
  open_fixture();
  for (uint64_t nth = 1; status == LARIAT_ENOMEM; nth++) {
    fixture_fail_allocation(&fixture, nth);
    status = lariat_crawl_robots_parse(text, strlen(text), "Foo", &robots);
    CU_ASSERT_EQUAL(robots != NULL, status == LARIAT_OK);
    CU_ASSERT_TRUE(nth < 10);
  }
  fixture_fail_allocation(&fixture, 1);
  lariat_crawl_robots_free(robots);
  CU_ASSERT_EQUAL(lariat_crawl_robots_without_file(
                      LARIAT_CRAWL_ROBOTS_UNAVAILABLE, &robots),
                  LARIAT_ENOMEM);
  close_fixture();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"ID_LineSyntax_Line, and misspellings", test_line_syntax},
      {"ID_LineSyntax_Groups", test_groups},
      {"ID_REPLineNamesCaseInsensitive", test_case_of_keys},
      {"ID_VerifyValidUserAgentsToObey, ID_UserAgentValueCaseInsensitive",
       test_agents},
      {"a part of a name is another one", test_parts_of_names},
      {"ID_GlobalGroups_Secondary", test_global_groups},
      {"other lines do not end the lines of agents",
       test_other_lines_between_agents},
      {"ID_LinesNumbersAreCountedCorrectly", test_line_numbers},
      {"ID_UTF8ByteOrderMarkIsSkipped", test_byte_order_marks},
      {"NUL is a byte like others", test_nul_is_a_byte},
      {"a long line is cut", test_long_lines},
      {"a long file is cut at the end of a line", test_long_files},
      {"ID_LongestMatch", test_longest_match},
      {"ID_AllowDisallow_Value_CaseSensitive", test_case_of_values},
      {"ID_Encoding", test_encoding},
      {"octets are those of the escaped pattern", test_octets},
      {"ID_SpecialCharacters", test_special_characters},
      {"the paths of Google's documentation", test_documented_paths},
      {"where others do something else", test_differences},
      {"targets without a path", test_targets},
      {"URLs", test_urls},
      {"the line that decides", test_why},
      {"reasons have texts", test_reasons},
      {"Crawl-delay", test_delays},
      {"whose Crawl-delay it is", test_whose_delay},
      {"ID_NonStandardLineExample_Sitemap", test_sitemaps},
      {"what a status means", test_access},
      {"rules without a file", test_without_file},
      {"many rules cost little", test_cost_of_many_rules},
      {"a rule with wildcards costs one look", test_cost_of_wildcards},
      {"a long pattern costs one look", test_cost_of_one_pattern},
      {"too much is given up", test_too_costly},
      {"random files, as the simplest matcher has them", test_random_files},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("robots", tests, FIXTURE_COUNT(tests), argc, argv);
}
