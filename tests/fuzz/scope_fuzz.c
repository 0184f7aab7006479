/* SPDX-License-Identifier: MIT
 * scope_fuzz.c: a seed, a rule and a URL.  Each is taken or refused with a
 * reason; a decision has its rule, is the same when it is asked again with what
 * was judged before, and a seed is in the scope that is made of it. */
#include "crawl/scope.h"

#include <lariat/crawl/url_key.h>

#include <stdlib.h>

#include "fuzz/fuzz.h"

static bool are_same(const lr_crawl_scope_decision *a,
                     const lr_crawl_scope_decision *b) {
  return a->accepted == b->accepted && a->trap == b->trap &&
         a->on_site == b->on_site && a->rule == b->rule &&
         a->hops_off_site == b->hops_off_site;
}

static void check_url(const lr_crawl_scope *scope, const char *text,
                      bool is_seed) {
  static lr_crawl_judged_hosts judged;
  lr_crawl_scope_question question = {.depth = 1};
  lariat_url *url;
  if (lariat_url_parse(text, strlen(text), NULL, &url, NULL) != LARIAT_OK)
    return;
  question.url = url;
  memset(&judged, 0, sizeof judged);
  lr_crawl_scope_decision first = lr_crawl_scope_decide(scope, &question);
  question.judged = &judged;
  lr_crawl_scope_decision second = lr_crawl_scope_decide(scope, &question);
  lr_crawl_scope_decision third = lr_crawl_scope_decide(scope, &question);
  FUZZ_REQUIRE(first.rule && first.rule[0]);
  FUZZ_REQUIRE(!first.trap || !first.accepted);
  FUZZ_REQUIRE(are_same(&first, &second) && are_same(&first, &third));
  if (is_seed && !first.trap) FUZZ_REQUIRE(first.accepted && first.on_site);
  lariat_url_free(url);
}

static lr_crawl_scope *make_scope(const lr_crawl_scope_options *options) {
  lr_crawl_scope *scope;
  lr_crawl_fault fault = {.message = ""};
  lariat_status status = lr_crawl_scope_new(options, &scope, &fault);
  FUZZ_REQUIRE(status == LARIAT_OK || status == LARIAT_EINVAL);
  FUZZ_REQUIRE((status == LARIAT_OK) == (scope != NULL));
  FUZZ_REQUIRE((status == LARIAT_OK) == (fault.message[0] == '\0'));
  return scope;
}

static void check_domain(const char *host) {
  char out[64];
  size_t length = lr_crawl_domain(host, strlen(host), out, sizeof out);
  FUZZ_REQUIRE(length <= strlen(host));
  if (length < sizeof out) FUZZ_REQUIRE(strlen(out) == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  uint8_t kind = fuzz_read_byte(&input), rule_kind = fuzz_read_byte(&input);
  char *seed = fuzz_read_field(&input, '\n');
  char *text = fuzz_read_field(&input, '\n');
  char *url = fuzz_read_text(&input);
  const char *seeds[] = {seed};
  lr_crawl_scope_rule rule = {(lr_crawl_scope_rule_kind)(rule_kind % 4), text};
  lr_crawl_scope_options options = lr_crawl_scope_defaults();
  options.kind = (lr_crawl_scope_kind)(kind % 5);
  options.seeds = seeds;
  options.seed_count = 1;
  lr_crawl_scope *scope = make_scope(&options);
  if (scope) check_url(scope, seed, true);
  if (scope) check_url(scope, url, false);
  lr_crawl_scope_free(scope);
  options.rules = &rule;
  options.rule_count = 1;
  options.hops_off_site = rule_kind / 4 % 2;
  scope = make_scope(&options);
  if (scope) check_url(scope, url, false);
  lr_crawl_scope_free(scope);
  check_domain(seed);
  free(url);
  free(text);
  free(seed);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("http://www.example.co.uk/a/b?c\n/private/\n"
                "http://example.co.uk/a/private/"),
      FUZZ_TEXT("http://h:81/~a/b#c\nhttp://(org,example,\nhttp://a.example.org"
                ":81/x"),
      FUZZ_TEXT("https://user.github.io/\n(a+)+$\nhttp://github.io/aaaaaaaaaaa"
                "aaaaaaaaaaaa!"),
      FUZZ_TEXT("http://127.1/a/a/a\n^http://[^/]+/(a|b)*c\nhttp://[::1]/a/b/a/"
                "b/a/b"),
      FUZZ_TEXT("http://u:p@a..b./\nhttps://h/x/\nhttp://a..b/1/1/1/1/1/1/")};
  for (char kind = 0; kind < 5; kind++)
    for (char rule = 0; rule < 8; rule++) {
      const char choice[] = {kind, rule};
      fuzz_give_all(sink, context, choice, 2, texts, FUZZ_COUNT(texts));
    }
}
