/* SPDX-License-Identifier: MIT
 * id_map_test.c: entries by id, compared with an array, through many changes.
 */
#include "crawl/id_map.h"

#include "support/fixture.h"

enum { IDS = 3000 };

static struct fixture fixture;

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525 + 1013904223;
  return *state >> 8;
}

/* Compares all ids; returns how many differ. */
static unsigned compare(const lr_crawl_id_map *map, const uint32_t *values) {
  unsigned wrong = 0;
  for (uint32_t id = 1; id < IDS; id++) {
    const lr_crawl_id_entry *found = lr_crawl_id_map_find(map, id);
    wrong += (found != NULL) != (values[id] != 0);
    if (found) wrong += found->second != values[id] || found->first != id * 2;
  }
  return wrong;
}

static void test_changes(void) {
  static uint32_t values[IDS];
  lr_crawl_id_map map = {0};
  uint32_t random = 1;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  for (unsigned i = 0; i < 60000; i++) {
    uint32_t id = 1 + next_random(&random) % (IDS - 1);
    if (i % 2) {
      CU_ASSERT_EQUAL(lr_crawl_id_map_take(&map, id).second, values[id]);
      values[id] = 0;
    } else {
      CU_ASSERT_TRUE_FATAL(lr_crawl_id_map_make_space(&map));
      values[id] = i + 1;
      lr_crawl_id_map_set(
          &map,
          (lr_crawl_id_entry){.id = id, .first = id * 2, .second = i + 1});
    }
    if (i % 5000 == 0) CU_ASSERT_EQUAL(compare(&map, values), 0);
  }
  CU_ASSERT_EQUAL(compare(&map, values), 0);
  lr_crawl_id_map_clear(&map);
  fixture_close(&fixture);
}

static void test_empty(void) {
  lr_crawl_id_map map = {0};
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  CU_ASSERT_PTR_NULL(lr_crawl_id_map_find(&map, 5));
  CU_ASSERT_EQUAL(lr_crawl_id_map_take(&map, 5).id, 0);
  fixture_fail_allocation(&fixture, 1);
  CU_ASSERT_FALSE(lr_crawl_id_map_make_space(&map));
  lr_crawl_id_map_clear(&map);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"through many changes", test_changes},
      {"an empty map", test_empty},
  };
  return fixture_main("id_map", tests, FIXTURE_COUNT(tests), argc, argv);
}
