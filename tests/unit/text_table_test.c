/* SPDX-License-Identifier: MIT
 * text_table_test.c: objects by their text, put in and taken out in any
 * order. */
#include "crawl/text_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

static struct fixture fixture;

static const char *text_of(const void *object) { return object; }

static void test_empty(void) {
  lr_crawl_text_table table;
  size_t at = 0;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lr_crawl_text_table_init(&table, text_of);
  CU_ASSERT_PTR_NULL(lr_crawl_text_table_find(&table, "a"));
  CU_ASSERT_PTR_NULL(lr_crawl_text_table_next(&table, &at));
  lr_crawl_text_table_remove(&table, "a");
  lr_crawl_text_table_clear(&table);
  fixture_close(&fixture);
}

/* Texts of each length, some of which begin with each other. */
static void test_texts(void) {
  enum { COUNT = 200 };
  static char texts[COUNT][COUNT + 1];
  lr_crawl_text_table table;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lr_crawl_text_table_init(&table, text_of);
  for (int i = 0; i < COUNT; i++) {
    memset(texts[i], 'a', (size_t)i);
    CU_ASSERT_EQUAL(lr_crawl_text_table_add(&table, texts[i]), LARIAT_OK);
  }
  for (int i = 0; i < COUNT; i++) {
    char copy[COUNT + 1];
    memcpy(copy, texts[i], sizeof copy);
    CU_ASSERT_PTR_EQUAL(lr_crawl_text_table_find(&table, copy), texts[i]);
    if (!i) continue;
    copy[i - 1] = 'b';
    CU_ASSERT_PTR_NULL(lr_crawl_text_table_find(&table, copy));
  }
  lr_crawl_text_table_clear(&table);
  fixture_close(&fixture);
}

/* At random, with what is there beside. */
static void test_random(void) {
  enum { COUNT = 500, STEPS = 20000 };
  static char texts[COUNT][32];
  static bool there[COUNT];
  lr_crawl_text_table table;
  size_t count = 0;
  unsigned random = 1;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lr_crawl_text_table_init(&table, text_of);
  for (int i = 0; i < COUNT; i++) snprintf(texts[i], 32, "text %d", i);
  for (int step = 0; step < STEPS; step++) {
    random = random * 1103515245 + 12345;
    unsigned at = (random >> 16) % COUNT;
    void *found = lr_crawl_text_table_find(&table, texts[at]);
    CU_ASSERT_PTR_EQUAL(found, there[at] ? texts[at] : NULL);
    if (there[at])
      lr_crawl_text_table_remove(&table, texts[at]);
    else
      CU_ASSERT_EQUAL(lr_crawl_text_table_add(&table, texts[at]), LARIAT_OK);
    there[at] = !there[at];
    count += there[at] ? 1 : (size_t)-1;
    CU_ASSERT_EQUAL(table.count, count);
  }
  size_t slot = 0, seen = 0;
  for (char *text; (text = lr_crawl_text_table_next(&table, &slot)); seen++)
    CU_ASSERT_TRUE(there[(text - texts[0]) / 32]);
  CU_ASSERT_EQUAL(seen, count);
  lr_crawl_text_table_clear(&table);
  fixture_close(&fixture);
}

static void test_out_of_memory(void) {
  char text[] = "a";
  lr_crawl_text_table table;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  lr_crawl_text_table_init(&table, text_of);
  fixture_fail_allocation(&fixture, 1);
  CU_ASSERT_EQUAL(lr_crawl_text_table_add(&table, text), LARIAT_ENOMEM);
  CU_ASSERT_EQUAL(lr_crawl_text_table_add(&table, text), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL(lr_crawl_text_table_find(&table, "a"));
  lr_crawl_text_table_clear(&table);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"empty", test_empty},
      {"texts", test_texts},
      {"at random", test_random},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("text_table", tests, FIXTURE_COUNT(tests), argc, argv);
}
