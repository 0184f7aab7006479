/* SPDX-License-Identifier: MIT
 * url_texts_test.c: URLs are found by their ids while they are kept, and those
 * that are not in the log are. */
#include "crawl/url_texts.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

static struct fixture fixture;
static lr_crawl_url_texts texts;

static bool add(uint32_t id) {
  char path[32];
  lr_crawl_url_record record = {.fingerprint = id * 3ull,
                                .via = id - 1,
                                .host = id + 7,
                                .depth = id % 100,
                                .priority = id % 8,
                                .hop = 'L',
                                .path = path};
  record.length = (uint32_t)snprintf(path, sizeof path, "/path/%u", id);
  return lr_crawl_texts_add(&texts, &record);
}

/* Tells whether an id is there, as it was added. */
static bool is_there(uint32_t id) {
  char path[32];
  lr_crawl_url_record found;
  int length = snprintf(path, sizeof path, "/path/%u", id);
  return lr_crawl_texts_find(&texts, id, &found) &&
         found.length == (uint32_t)length &&
         memcmp(found.path, path, (size_t)length) == 0 &&
         found.fingerprint == id * 3ull && found.via == id - 1 &&
         found.host == id + 7 && found.depth == id % 100 &&
         found.priority == id % 8 && found.hop == 'L';
}

static void test_finding(void) {
  lr_crawl_url_record found;
  unsigned wrong = 0;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lr_crawl_texts_begin(&texts, 41);
  for (uint32_t id = 41; id < 5000; id++) CU_ASSERT_TRUE(add(id));
  for (uint32_t id = 41; id < 5000; id++) wrong += !is_there(id);
  CU_ASSERT_EQUAL(wrong, 0);
  CU_ASSERT_FALSE(lr_crawl_texts_find(&texts, 40, &found));
  CU_ASSERT_FALSE(lr_crawl_texts_find(&texts, 5000, &found));
  CU_ASSERT_EQUAL(texts.next, 5000);
  lr_crawl_texts_clear(&texts);
  fixture_close(&fixture);
}

static void test_forgetting(void) {
  lr_crawl_url_record found;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lr_crawl_texts_begin(&texts, 1);
  for (uint32_t id = 1; id <= 10000; id++) CU_ASSERT_TRUE(add(id));
  size_t all = texts.memory;
  lr_crawl_texts_trim(&texts, 10001, all);
  CU_ASSERT_EQUAL(texts.memory, all);
  lr_crawl_texts_trim(&texts, 3000, 0);
  CU_ASSERT_FALSE(lr_crawl_texts_find(&texts, 1, &found));
  for (uint32_t id = 3000; id <= 10000; id++) CU_ASSERT_TRUE(is_there(id));
  lr_crawl_texts_trim(&texts, 10001, all / 4);
  CU_ASSERT_TRUE(texts.memory <= all / 4);
  CU_ASSERT_TRUE(is_there(10000));
  CU_ASSERT_TRUE(add(10001));
  CU_ASSERT_TRUE(is_there(10001));
  lr_crawl_texts_clear(&texts);
  fixture_close(&fixture);
}

static void test_taking_back(void) {
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lr_crawl_texts_begin(&texts, 1);
  for (uint32_t id = 1; id <= 600; id++) {
    CU_ASSERT_TRUE(add(id));
    lr_crawl_texts_take_back(&texts);
    CU_ASSERT_EQUAL(texts.next, id);
    CU_ASSERT_TRUE(add(id));
  }
  for (uint32_t id = 1; id <= 600; id++) CU_ASSERT_TRUE(is_there(id));
  lr_crawl_texts_clear(&texts);
  fixture_close(&fixture);
}

/* Each failure leaves what was there. */
static void test_no_memory(void) {
  unsigned refused = 0;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lr_crawl_texts_begin(&texts, 1);
  for (uint32_t id = 1; id <= 2000; id++) {
    fixture_fail_allocation(&fixture, 1);
    bool added = add(id);
    fixture_fail_allocation(&fixture, 0);
    refused += !added;
    if (!added) CU_ASSERT_TRUE(add(id));
  }
  CU_ASSERT_TRUE(refused > 8);
  for (uint32_t id = 1; id <= 2000; id++) CU_ASSERT_TRUE(is_there(id));
  lr_crawl_texts_clear(&texts);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"by their ids", test_finding},
      {"the oldest are forgotten", test_forgetting},
      {"the last one is taken back", test_taking_back},
      {"no memory", test_no_memory},
  };
  return fixture_main("url_texts", tests, FIXTURE_COUNT(tests), argc, argv);
}
