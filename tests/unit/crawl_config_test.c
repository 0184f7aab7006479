/* SPDX-License-Identifier: MIT
 * crawl_config_test.c: what a directory remembers of its crawl's options. */
#include "crawl/crawl_config.h"

#include <string.h>

#include "lariat/allocator.h"
#include "support/fixture.h"

static struct fixture fixture;

static const lariat_crawl_seed seeds[] = {{"http://a/", 0, 4},
                                          {"http://b/", 2, 1}};
static const lariat_crawl_rule rules[] = {
    {LARIAT_CRAWL_EXCLUDE, "/\"private\"/"},
    {LARIAT_CRAWL_INCLUDE_SURT, "http://(org,example,"}};

static lariat_crawl_options first_options(void) {
  lariat_crawl_options options = lariat_crawl_defaults();
  options.seeds = seeds;
  options.seed_count = 2;
  options.rules = rules;
  options.rule_count = 2;
  options.contact = "a@example.org";
  options.scope = LARIAT_CRAWL_SCOPE_HOST;
  options.depth = 3;
  return options;
}

static lr_crawl_config *join(const lariat_crawl_options *given,
                             const char *text, bool all) {
  lr_crawl_config *config = NULL;
  CU_ASSERT_EQUAL_FATAL(lr_crawl_config_join(given, text, all, &config),
                        LARIAT_OK);
  return config;
}

/* All that is remembered comes back where nothing is given. */
static void test_all(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lariat_crawl_options given = first_options();
  char *text = lr_crawl_config_write(&given);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  given = lariat_crawl_defaults();
  lr_crawl_config *config = join(&given, text, true);
  const lariat_crawl_options *options = lr_crawl_config_options(config);
  CU_ASSERT_EQUAL(options->seed_count, 2);
  CU_ASSERT_STRING_EQUAL(options->seeds[1].url, "http://b/");
  CU_ASSERT_EQUAL(options->seeds[1].depth, 2);
  CU_ASSERT_EQUAL(options->seeds[1].priority, 1);
  CU_ASSERT_STRING_EQUAL(options->contact, "a@example.org");
  CU_ASSERT_PTR_NULL(options->user_agent);
  CU_ASSERT_EQUAL(options->scope, LARIAT_CRAWL_SCOPE_HOST);
  CU_ASSERT_EQUAL(options->depth, 3);
  CU_ASSERT_EQUAL(options->rule_count, 2);
  CU_ASSERT_STRING_EQUAL(options->rules[0].text, rules[0].text);
  CU_ASSERT_EQUAL(options->rules[1].kind, LARIAT_CRAWL_INCLUDE_SURT);
  lr_crawl_config_free(config);
  lariat_memory_release(text);
  fixture_close(&fixture);
}

/* What is given wins, and seeds are added to each other. */
static void test_joined(void) {
  static const lariat_crawl_seed more[] = {{"http://b/", 0, 0},
                                           {"http://c/", 0, 0}};
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lariat_crawl_options given = first_options();
  char *text = lr_crawl_config_write(&given);
  given = lariat_crawl_defaults();
  given.seeds = more;
  given.seed_count = 2;
  given.contact = "b@example.org";
  lr_crawl_config *config = join(&given, text, false);
  const lariat_crawl_options *options = lr_crawl_config_options(config);
  CU_ASSERT_EQUAL(options->seed_count, 3);
  CU_ASSERT_EQUAL(options->seeds[0].depth, 0);
  CU_ASSERT_STRING_EQUAL(options->seeds[2].url, "http://a/");
  CU_ASSERT_STRING_EQUAL(options->contact, "b@example.org");
  CU_ASSERT_EQUAL(options->scope, LARIAT_CRAWL_SCOPE_DOMAIN);
  CU_ASSERT_EQUAL(options->rule_count, 0);
  lr_crawl_config_free(config);
  config = join(&given, NULL, false);
  CU_ASSERT_EQUAL(lr_crawl_config_options(config)->seed_count, 2);
  lr_crawl_config_free(config);
  lariat_memory_release(text);
  fixture_close(&fixture);
}

static void test_broken(void) {
  lr_crawl_config *config;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lariat_crawl_options given = lariat_crawl_defaults();
  CU_ASSERT_EQUAL(lr_crawl_config_join(&given, "[]", true, &config),
                  LARIAT_EFORMAT);
  CU_ASSERT_PTR_NULL(config);
  CU_ASSERT_EQUAL(lr_crawl_config_join(&given, "{", true, &config),
                  LARIAT_EFORMAT);
  config = join(&given, "{\"seeds\":[{},1],\"rules\":3,\"scope\":99}", true);
  CU_ASSERT_EQUAL(lr_crawl_config_options(config)->seed_count, 0);
  CU_ASSERT_EQUAL(lr_crawl_config_options(config)->scope,
                  LARIAT_CRAWL_SCOPE_DOMAIN);
  lr_crawl_config_free(config);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"all that is remembered comes back", test_all},
      {"what is given wins", test_joined},
      {"texts that are none of these", test_broken},
  };
  return fixture_main("crawl_config", tests, FIXTURE_COUNT(tests), argc, argv);
}
