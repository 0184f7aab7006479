/* SPDX-License-Identifier: MIT
 * scope_test.c: what is in scope, and which rule says so. */
#include "crawl/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static lr_crawl_scope *make(const lr_crawl_scope_options *options) {
  lr_crawl_scope *scope;
  lr_crawl_fault fault = {.message = ""};
  if (lr_crawl_scope_new(options, &scope, &fault) != LARIAT_OK)
    fixture_fail("%s", fault.message);
  return scope;
}

static lr_crawl_scope_decision ask(const lr_crawl_scope *scope,
                                   lr_crawl_scope_question question,
                                   const char *text) {
  lariat_url *url = parse(text);
  question.url = url;
  lr_crawl_scope_decision decision = lr_crawl_scope_decide(scope, &question);
  lariat_url_free(url);
  return decision;
}

/* A URL, and what is to be said of it: '+' or '-', or '!' for a trap, and the
 * rule. */
typedef struct scope_case {
  const char *url;
  const char *wanted;
} scope_case;

static void check_decision(const scope_case *one,
                           const lr_crawl_scope_decision *decision) {
  char sign = decision->accepted ? '+' : decision->trap ? '!' : '-';
  if (sign != *one->wanted || strcmp(decision->rule, one->wanted + 1) != 0)
    fixture_fail("%s is %c%s and not %s", one->url, sign, decision->rule,
                 one->wanted);
}

/* Asks twice, with and without what was judged before. */
static void check_with(const lr_crawl_scope_options *options,
                       lr_crawl_scope_question question,
                       const scope_case *cases, size_t count) {
  lr_crawl_judged_hosts *judged = calloc(1, sizeof *judged);
  if (!judged) abort();
  open_fixture();
  lr_crawl_scope *scope = make(options);
  for (size_t i = 0; i < 3 * count; i++) {
    question.judged = i < count ? NULL : judged;
    const scope_case *one = &cases[i % count];
    lr_crawl_scope_decision decision = ask(scope, question, one->url);
    check_decision(one, &decision);
  }
  lr_crawl_scope_free(scope);
  close_fixture();
  free(judged);
}

#define CHECK_WITH(options, question, cases)                                   \
  check_with(options, question, cases, FIXTURE_COUNT(cases))
#define CHECK(options, cases)                                                  \
  CHECK_WITH(options, ((lr_crawl_scope_question){.depth = 1}), cases)

static lr_crawl_scope_options of_seeds(lr_crawl_scope_kind kind,
                                       const char *const *seeds, size_t count) {
  lr_crawl_scope_options options = lr_crawl_scope_defaults();
  options.kind = kind;
  options.seeds = seeds;
  options.seed_count = count;
  return options;
}

#define SEEDS(kind, ...)                                                       \
  of_seeds(kind, (const char *const[]){__VA_ARGS__},                           \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* ---- The kinds ---- */

static void test_domain(void) {
  lr_crawl_scope_options options =
      SEEDS(LR_CRAWL_SCOPE_DOMAIN, "http://www.example.co.uk/a",
            "https://user.github.io/", "http://127.0.0.1:8080/",
            "http://localhost/", "http://s3.amazonaws.com/bucket");
  static const scope_case cases[] = {
      {"http://example.co.uk/", "+--scope domain"},
      {"https://a.b.example.co.uk:81/x", "+--scope domain"},
      {"http://example.co.uk./", "+--scope domain"},
      {"http://other.co.uk/", "---scope domain"},
      {"http://co.uk/", "---scope domain"},
      {"http://notexample.co.uk/", "---scope domain"},
      {"http://example.co.uk.org/", "---scope domain"},
      {"http://user.github.io/a", "+--scope domain"},
      {"http://deep.user.github.io/a", "+--scope domain"},
      {"http://other.github.io/", "---scope domain"},
      {"http://github.io/", "---scope domain"},
      {"http://127.0.0.1/", "+--scope domain"},
      {"http://127.0.0.2/", "---scope domain"},
      {"http://1.127.0.0.example/", "---scope domain"},
      {"http://localhost:1/", "+--scope domain"},
      {"http://[::1]/", "---scope domain"},
      {"http://user@example.co.uk/", "+--scope domain"},
      {"http://s3.amazonaws.com/other", "+--scope domain"},
      {"http://bucket.s3.amazonaws.com/", "---scope domain"}};
  CHECK(&options, cases);
}

/* Below a registrable domain there may be a public suffix, whose customers are
 * others. */
static void test_suffix_below_domain(void) {
  lr_crawl_scope_options options =
      SEEDS(LR_CRAWL_SCOPE_DOMAIN, "http://www.amazonaws.com/");
  static const scope_case cases[] = {
      {"http://docs.amazonaws.com/", "+--scope domain"},
      {"http://bucket.s3.amazonaws.com/", "---scope domain"}};
  CHECK(&options, cases);
}

static void test_host(void) {
  lr_crawl_scope_options options = SEEDS(
      LR_CRAWL_SCOPE_HOST, "http://www.example.org/a", "http://127.0.0.1/");
  static const scope_case cases[] = {
      {"http://www.example.org/", "+--scope host"},
      {"https://www.example.org:81/b", "+--scope host"},
      {"http://www.example.org./", "+--scope host"},
      {"http://example.org/", "---scope host"},
      {"http://a.www.example.org/", "---scope host"},
      {"http://127.0.0.1:8080/", "+--scope host"},
      {"http://127.0.0.11/", "---scope host"}};
  CHECK(&options, cases);
}

static void test_prefix(void) {
  lr_crawl_scope_options options =
      SEEDS(LR_CRAWL_SCOPE_PREFIX, "http://example.org/docs/index.html?a=/b/",
            "http://example.org/docs/deep/", "http://example.net:81/x",
            "http://example.com/~me/");
  static const scope_case cases[] = {
      {"http://example.org/docs/", "+--scope prefix"},
      {"https://example.org/docs/a/b", "+--scope prefix"},
      {"http://example.org/Docs/a", "+--scope prefix"},
      {"http://example.org/docs/deep/x", "+--scope prefix"},
      {"http://example.org/docs", "---scope prefix"},
      {"http://example.org/docsx/", "---scope prefix"},
      {"http://example.org/", "---scope prefix"},
      {"http://www.example.org/docs/a", "---scope prefix"},
      {"http://example.net:81/y/z", "+--scope prefix"},
      {"http://example.net/y", "---scope prefix"},
      {"http://example.com/~me/a", "+--scope prefix"},
      {"http://example.com/~you/a", "---scope prefix"}};
  CHECK(&options, cases);
}

static void test_list(void) {
  lr_crawl_scope_options options =
      SEEDS(LR_CRAWL_SCOPE_LIST, "http://example.org/a", "http://h/?b=%41#x");
  static const scope_case cases[] = {
      {"http://example.org/a", "+--scope list"},
      {"http://example.org/a#b", "+--scope list"},
      {"http://example.org/%61?", "+--scope list"},
      {"http://example.org/a/", "---scope list"},
      {"http://h/?b=A", "+--scope list"},
      {"http://h/?b=a", "---scope list"}};
  CHECK(&options, cases);
}

static void test_any(void) {
  lr_crawl_scope_options options = SEEDS(LR_CRAWL_SCOPE_ANY, "http://h/");
  static const scope_case cases[] = {{"http://other/", "+--scope any"}};
  CHECK(&options, cases);
}

/* ---- Rules ---- */

static void test_rules(void) {
  static const lr_crawl_scope_rule rules[] = {
      {LR_CRAWL_INCLUDE_RE, "/private/press"},
      {LR_CRAWL_EXCLUDE_RE, "/private/"},
      {LR_CRAWL_EXCLUDE_RE, "\\.(?i:zip|iso)$"},
      {LR_CRAWL_EXCLUDE_SURT, "http://(org,example,secret,"},
      {LR_CRAWL_INCLUDE_SURT, "http://(net,partner,)/Shared/"},
      {LR_CRAWL_INCLUDE_SURT, "https://cdn.example.com:81/a/b?c"},
      {LR_CRAWL_INCLUDE_RE, "^https?://[^/]+\\.friend\\.example/"}};
  lr_crawl_scope_options options =
      SEEDS(LR_CRAWL_SCOPE_DOMAIN, "http://example.org/");
  options.rules = rules;
  options.rule_count = FIXTURE_COUNT(rules);
  static const scope_case cases[] = {
      {"http://example.org/private/press/1", "+--include 1: /private/press"},
      {"http://other.org/private/press/1", "+--include 1: /private/press"},
      {"http://example.org/private/1", "---exclude 1: /private/"},
      {"http://example.org/a.zip", "---exclude 2: \\.(?i:zip|iso)$"},
      {"http://example.org/a.ISO#part", "---exclude 2: \\.(?i:zip|iso)$"},
      {"http://example.org/a.zip?b", "+--scope domain"},
      {"http://a.secret.example.org/",
       "---exclude-surt 1: http://(org,example,secret,"},
      {"https://secret.example.org/",
       "---exclude-surt 1: http://(org,example,secret,"},
      {"http://secrets.example.org/", "+--scope domain"},
      {"https://partner.net/shared/x",
       "+--surt 1: http://(net,partner,)/Shared/"},
      {"http://partner.net/", "---scope domain"},
      {"http://cdn.example.com:81/a/x",
       "+--surt 2: https://cdn.example.com:81/a/b?c"},
      {"http://www.friend.example/",
       "+--include 2: ^https?://[^/]+\\.friend\\.example/"},
      {"http://user@www.friend.example/",
       "+--include 2: ^https?://[^/]+\\.friend\\.example/"},
      {"http://example.org/#/private/", "+--scope domain"}};
  CHECK(&options, cases);
}

/* An expression that backtracks without end says no, and soon. */
static void test_costly_expression(void) {
  static const lr_crawl_scope_rule rules[] = {{LR_CRAWL_INCLUDE_RE, "(a+)+$"},
                                              {LR_CRAWL_INCLUDE_RE, "."}};
  char url[200] = "http://h/";
  memset(url + 9, 'a', 60);
  url[69] = '!';
  lr_crawl_scope_options options = SEEDS(LR_CRAWL_SCOPE_DOMAIN, "http://h/");
  options.rules = rules;
  options.rule_count = FIXTURE_COUNT(rules);
  scope_case cases[] = {{"http://h/aaaa", "+--include 1: (a+)+$"},
                        {url, "---include 1: (a+)+$ (took too long)"}};
  CHECK(&options, cases);
}

static void check_refused(const lr_crawl_scope_options *options,
                          const char *wanted) {
  lr_crawl_scope *scope;
  lr_crawl_fault fault = {.message = ""};
  CU_ASSERT_EQUAL(lr_crawl_scope_new(options, &scope, &fault), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(scope);
  if (strcmp(fault.message, wanted) != 0)
    fixture_fail("refused by \"%s\"", fault.message);
  CU_ASSERT_EQUAL(lr_crawl_scope_new(options, &scope, NULL), LARIAT_EINVAL);
}

static void check_rule_refused(lr_crawl_scope_rule_kind kind, const char *text,
                               const char *wanted) {
  lr_crawl_scope_rule rules[] = {{LR_CRAWL_INCLUDE_RE, "a"}, {kind, text}};
  lr_crawl_scope_options options = SEEDS(LR_CRAWL_SCOPE_HOST, "http://h/");
  options.rules = rules;
  options.rule_count = FIXTURE_COUNT(rules);
  check_refused(&options, wanted);
}

static void test_refused(void) {
  open_fixture();
  lr_crawl_scope_options options =
      SEEDS(LR_CRAWL_SCOPE_HOST, "http://h/", "example.org");
  check_refused(&options, "seed 2: no scheme: example.org");
  check_rule_refused(LR_CRAWL_INCLUDE_RE, "a(b",
                     "--include 2: a(b: missing closing parenthesis (at byte "
                     "3)");
  check_rule_refused(LR_CRAWL_EXCLUDE_RE, "", "--exclude 1: : it is empty");
  check_rule_refused(LR_CRAWL_EXCLUDE_RE, "/\xc3\xa9",
                     "--exclude 1: /\xc3\xa9: URLs are ASCII: what is not "
                     "stands in them as escapes, %C3%A9");
  check_rule_refused(LR_CRAWL_INCLUDE_SURT, "org,example)/",
                     "--surt 1: org,example)/: no SURT prefix, as "
                     "\"http://(org,example,\", and no URL");
  close_fixture();
}

/* ---- Limits ---- */

static void test_traps_of_paths(void) {
  lr_crawl_scope_options options = SEEDS(LR_CRAWL_SCOPE_ANY, "http://h/");
  static const scope_case cases[] = {
      {"http://h/a/a/b", "+--scope any"},
      {"http://h/a/a/a", "!--trap-repeat 3"},
      {"http://h/x/a/a/a/y", "!--trap-repeat 3"},
      {"http://h/a//a/a", "!--trap-repeat 3"},
      {"http://h/a/b/a/b/a", "+--scope any"},
      {"http://h/a/b/a/b/a/b", "!--trap-repeat 3"},
      {"http://h/x/a/b/c/a/b/c/a/b/c/y", "!--trap-repeat 3"},
      {"http://h/a/b/a/c/a/d", "+--scope any"},
      {"http://h/A/a/A", "+--scope any"},
      /* Numbers are dates and places on maps. */
      {"http://h/11/11/11", "+--scope any"},
      {"http://h/map/3/3/3/3/3", "+--scope any"},
      {"http://h/3/3/3/3/3/3", "!--trap-repeat 3"},
      {"http://h/?/a/a/a/a", "+--scope any"},
      {"http://h/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/",
       "+--scope any"},
      {"http://h/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21",
       "!--trap-depth 20"}};
  CHECK(&options, cases);
  options.trap_repeat = options.trap_segments = 0;
  static const scope_case off[] = {
      {"http://h/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a",
       "+--scope any"}};
  CHECK(&options, off);
}

static void test_long_urls(void) {
  static char url[70000] = "http://h/";
  memset(url + 9, 'a', 2048 - 9);
  lr_crawl_scope_options options = SEEDS(LR_CRAWL_SCOPE_PREFIX, "http://h/");
  scope_case cases[] = {{url, "+--scope prefix"}};
  CHECK(&options, cases);
  memcpy(url + 2048, "#fragment", sizeof "#fragment");
  CHECK(&options, cases);
  url[2048] = 'a';
  cases[0].wanted = "!URL of more than 2048 bytes";
  CHECK(&options, cases);
  options.max_url_bytes = 0;
  memset(url + 2048, 'a', 60000);
  cases[0].wanted = "+--scope prefix";
  CHECK(&options, cases);
}

static void test_depth(void) {
  lr_crawl_scope_options options = SEEDS(LR_CRAWL_SCOPE_ANY, "http://h/");
  static const scope_case in[] = {{"http://h/a", "+--scope any"}};
  static const scope_case out[] = {{"http://h/a", "---depth 2"}};
  options.depth = 2;
  options.requisites = true;
  CHECK_WITH(&options, ((lr_crawl_scope_question){.depth = 2}), in);
  CHECK_WITH(&options, ((lr_crawl_scope_question){.depth = 3}), out);
  CHECK_WITH(&options,
             ((lr_crawl_scope_question){.depth = 7, .requisite = true}), in);
  CHECK_WITH(&options,
             ((lr_crawl_scope_question){.depth = 8, .requisite = true}), out);
  options.requisites = false;
  CHECK_WITH(&options,
             ((lr_crawl_scope_question){.depth = 3, .requisite = true}), out);
}

/* ---- Off site ---- */

static void test_requisites(void) {
  lr_crawl_scope_options options =
      SEEDS(LR_CRAWL_SCOPE_DOMAIN, "http://example.org/");
  lr_crawl_scope_question image = {.requisite = true,
                                   .via_in_scope_site = true};
  static const scope_case off[] = {{"http://cdn.net/a", "---scope domain"}};
  static const scope_case on[] = {{"http://cdn.net/a", "+--requisites"},
                                  {"http://example.org/a", "+--scope domain"}};
  CHECK_WITH(&options, image, off);
  options.requisites = true;
  CHECK_WITH(&options, image, on);
  /* The font of a style sheet that is off site itself. */
  image.via_in_scope_site = false;
  CHECK_WITH(&options, image, on);
  /* But not what a frame that is off site links to. */
  options.hops_off_site = 5;
  open_fixture();
  lr_crawl_scope *scope = make(&options);
  image.hops_off_site = 0;
  lr_crawl_scope_decision first = ask(scope, image, "http://cdn.net/a");
  lr_crawl_scope_question link = {.hops_off_site = first.hops_off_site};
  CU_ASSERT_FALSE(ask(scope, link, "http://other.net/").accepted);
  CU_ASSERT(ask(scope, link, "http://example.org/").accepted);
  lr_crawl_scope_free(scope);
  close_fixture();
}

static void test_hops(void) {
  lr_crawl_scope_options options =
      SEEDS(LR_CRAWL_SCOPE_DOMAIN, "http://example.org/");
  options.hops_off_site = 2;
  open_fixture();
  lr_crawl_scope *scope = make(&options);
  lr_crawl_scope_question on = {.via_in_scope_site = true, .hops_off_site = 9};
  lr_crawl_scope_decision first = ask(scope, on, "http://a.net/");
  CU_ASSERT(first.accepted && !first.on_site && first.hops_off_site == 1);
  CU_ASSERT_STRING_EQUAL(first.rule, "--hops-off-site 2");
  lr_crawl_scope_question off = {.hops_off_site = first.hops_off_site};
  lr_crawl_scope_decision second = ask(scope, off, "http://b.net/");
  CU_ASSERT(second.accepted && second.hops_off_site == 2);
  off.hops_off_site = second.hops_off_site;
  lr_crawl_scope_decision third = ask(scope, off, "http://c.net/");
  CU_ASSERT(!third.accepted);
  CU_ASSERT_STRING_EQUAL(third.rule, "--scope domain");
  lr_crawl_scope_decision back = ask(scope, off, "http://example.org/");
  CU_ASSERT(back.accepted && back.on_site && !back.hops_off_site);
  lr_crawl_scope_free(scope);
  close_fixture();
}

/* ---- Seeds that come later ---- */

static void test_with_seed(void) {
  lr_crawl_scope_options options =
      SEEDS(LR_CRAWL_SCOPE_DOMAIN, "http://example.org/");
  lr_crawl_scope_rule rule = {LR_CRAWL_EXCLUDE_RE, "/x"};
  lr_crawl_judged_hosts *judged = calloc(1, sizeof *judged);
  lr_crawl_scope *more;
  options.rules = &rule;
  options.rule_count = 1;
  open_fixture();
  lr_crawl_scope *scope = make(&options);
  lr_crawl_scope_question question = {.judged = judged};
  CU_ASSERT_FALSE(ask(scope, question, "http://example.net/").accepted);
  CU_ASSERT_EQUAL(lr_crawl_scope_with_seed(scope, "what?", &more),
                  LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(more);
  CU_ASSERT_EQUAL(lr_crawl_scope_with_seed(scope, "http://example.net", &more),
                  LARIAT_OK);
  lr_crawl_scope_free(scope);
  CU_ASSERT(ask(more, question, "http://example.net/").accepted);
  CU_ASSERT(ask(more, question, "http://example.org/").accepted);
  CU_ASSERT_FALSE(ask(more, question, "http://example.net/x").accepted);
  lr_crawl_scope_free(more);
  close_fixture();
  free(judged);
}

/* ---- Memory ---- */

static void test_without_memory(void) {
  lr_crawl_scope_rule rules[] = {{LR_CRAWL_EXCLUDE_RE, "/x"},
                                 {LR_CRAWL_INCLUDE_SURT, "http://h/"}};
  lr_crawl_scope *scope = NULL;
  static const lr_crawl_scope_kind kinds[] = {
      LR_CRAWL_SCOPE_DOMAIN, LR_CRAWL_SCOPE_HOST, LR_CRAWL_SCOPE_PREFIX,
      LR_CRAWL_SCOPE_LIST};
  for (size_t i = 0; i < FIXTURE_COUNT(kinds); i++) {
    lr_crawl_scope_options options = SEEDS(kinds[i], "http://example.org/");
    options.rules = rules;
    options.rule_count = FIXTURE_COUNT(rules);
    scope = NULL;
    for (uint64_t nth = 1; !scope && nth < 100; nth++) {
      open_fixture();
      fixture_fail_allocation(&fixture, nth);
      lariat_status status = lr_crawl_scope_new(&options, &scope, NULL);
      CU_ASSERT((status == LARIAT_OK) == (scope != NULL));
      CU_ASSERT(scope || status == LARIAT_ENOMEM);
      fixture_fail_allocation(&fixture, 0);
      lr_crawl_scope_free(scope);
      close_fixture();
    }
    CU_ASSERT_PTR_NOT_NULL(scope);
  }
}

/* ---- Domains ---- */

static void test_domains(void) {
  static const char *const cases[][2] = {
      {"www.example.org", "example.org"},
      {"example.org", "example.org"},
      {"a.b.example.co.uk", "example.co.uk"},
      {"co.uk", "co.uk"},
      {"user.github.io", "user.github.io"},
      {"github.io", "github.io"},
      {"localhost", "localhost"},
      {"127.0.0.1", "127.0.0.1"},
      {"[::1]", "[::1]"},
      {"www.example.org.", "example.org"},
      {"xn--85x722f.com.cn", "xn--85x722f.com.cn"},
      {"a.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"},
      {"host.internal.example", "internal.example"}};
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    char out[64];
    size_t length =
        lr_crawl_domain(cases[i][0], strlen(cases[i][0]), out, sizeof out);
    CU_ASSERT_STRING_EQUAL(out, cases[i][1]);
    CU_ASSERT_EQUAL(length, strlen(cases[i][1]));
  }
  char small[4];
  CU_ASSERT_EQUAL(lr_crawl_domain("example.org", 11, small, sizeof small), 11);
  CU_ASSERT_STRING_EQUAL(small, "exa");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"--scope domain", test_domain},
      {"a public suffix below a domain is not of it", test_suffix_below_domain},
      {"--scope host", test_host},
      {"--scope prefix", test_prefix},
      {"--scope list", test_list},
      {"--scope any", test_any},
      {"the first rule that matches decides", test_rules},
      {"an expression that costs too much refuses", test_costly_expression},
      {"what is no seed or rule is refused", test_refused},
      {"paths that repeat themselves, or are deep", test_traps_of_paths},
      {"long URLs", test_long_urls},
      {"--depth, and requisites", test_depth},
      {"requisites are wherever they are", test_requisites},
      {"hops off site", test_hops},
      {"a seed more makes another scope", test_with_seed},
      {"scopes without memory", test_without_memory},
      {"registrable domains", test_domains},
  };
  return fixture_main("scope", tests, FIXTURE_COUNT(tests), argc, argv);
}
