/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * list_test.c: intrusive lists. */
#include "base/list.h"

#include "support/fixture.h"

struct item {
  int number;
  lr_list link;
};

static int number_of(lr_list *link) {
  return lr_container(link, struct item, link)->number;
}

/* Takes all items and writes their numbers into one, as decimal digits. */
static int take_all(lr_list *list) {
  int digits = 0;
  for (lr_list *link; (link = lr_list_take_first(list));)
    digits = digits * 10 + number_of(link);
  return digits;
}

static void make_items(struct item *items, int count) {
  for (int i = 0; i < count; i++) {
    items[i].number = i + 1;
    lr_list_init(&items[i].link);
  }
}

static void test_order(void) {
  lr_list list;
  struct item items[4];
  lr_list_init(&list);
  make_items(items, 4);
  CU_ASSERT_TRUE(lr_list_empty(&list));
  CU_ASSERT_PTR_NULL(lr_list_first(&list));
  CU_ASSERT_PTR_NULL(lr_list_take_first(&list));
  lr_list_append(&list, &items[1].link);
  lr_list_append(&list, &items[3].link);
  lr_list_prepend(&list, &items[0].link);
  lr_list_insert_before(&items[3].link, &items[2].link);
  CU_ASSERT_PTR_EQUAL(lr_list_first(&list), &items[0].link);
  CU_ASSERT_EQUAL(take_all(&list), 1234);
  CU_ASSERT_TRUE(lr_list_empty(&list));
}

static void test_remove(void) {
  lr_list list;
  struct item items[3];
  lr_list_init(&list);
  make_items(items, 3);
  lr_list_remove(&items[0].link);
  for (int i = 0; i < 3; i++) lr_list_append(&list, &items[i].link);
  lr_list_remove(&items[1].link);
  lr_list_remove(&items[1].link);
  CU_ASSERT_TRUE(lr_list_empty(&items[1].link));
  CU_ASSERT_EQUAL(take_all(&list), 13);
}

static void test_splice(void) {
  lr_list to;
  lr_list from;
  struct item items[4];
  lr_list_init(&to);
  lr_list_init(&from);
  make_items(items, 4);
  lr_list_splice(&to, &from);
  CU_ASSERT_TRUE(lr_list_empty(&to));
  lr_list_append(&from, &items[0].link);
  lr_list_splice(&to, &from);
  CU_ASSERT_TRUE(lr_list_empty(&from));
  for (int i = 1; i < 4; i++) lr_list_append(&from, &items[i].link);
  lr_list_splice(&to, &from);
  CU_ASSERT_TRUE(lr_list_empty(&from));
  CU_ASSERT_EQUAL(take_all(&to), 1234);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"items keep their order", test_order},
      {"removing twice is harmless", test_remove},
      {"splice moves all", test_splice},
  };
  return fixture_main("list", tests, FIXTURE_COUNT(tests), argc, argv);
}
