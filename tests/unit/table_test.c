/* SPDX-License-Identifier: MIT
 * table_test.c: intrusive hash tables. */
#include "base/table.h"

#include "support/fixture.h"

enum { FIRST_CAPACITY = 4, MANY = 100 };

struct item {
  int number;
  bool seen;
  lr_table_node node;
};

static struct item *item_of(lr_table_node *node) {
  return node ? lr_container(node, struct item, node) : NULL;
}

static bool is_number(lr_table_node *node, const void *key) {
  return item_of(node)->number == *(const int *)key;
}

/* Spreads numbers badly on purpose: four of them share each hash. */
static uint64_t hash_of(int number) {
  return (uint64_t)(unsigned)number / 4 * UINT64_C(0x9e3779b97f4a7c15);
}

static struct item *find_number(const lr_table *table, int number) {
  return item_of(lr_table_find(table, hash_of(number), is_number, &number));
}

static void insert_items(lr_table *table, struct item *items, int count) {
  for (int i = 0; i < count; i++) {
    items[i] = (struct item){.number = i};
    lr_table_insert(table, &items[i].node, hash_of(i));
  }
}

/* Whether each of `items` is found if its number has `kept` set, and no other
 * number is. */
static bool finds_exactly(const lr_table *table, struct item *items,
                          const bool *kept, int count) {
  for (int i = 0; i < count; i++)
    if (find_number(table, i) != (kept[i] ? &items[i] : NULL)) return false;
  return !find_number(table, count) && !find_number(table, -1);
}

static void count_drop(lr_table_node *node, void *context) {
  item_of(node)->seen = true;
  ++*(int *)context;
}

static void clear(lr_table *table, int expected) {
  int dropped = 0;
  lr_table_clear(table, count_drop, &dropped);
  CU_ASSERT_EQUAL(dropped, expected);
  CU_ASSERT_EQUAL(table->count, 0);
}

static void test_finds(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_table table;
  struct item items[MANY];
  bool kept[MANY];
  CU_ASSERT_TRUE(lr_table_init(&table, FIRST_CAPACITY));
  for (int i = 0; i < MANY; i++) kept[i] = false;
  CU_ASSERT_TRUE(finds_exactly(&table, items, kept, MANY));
  insert_items(&table, items, MANY);
  for (int i = 0; i < MANY; i++) kept[i] = true;
  CU_ASSERT_EQUAL(table.count, MANY);
  CU_ASSERT_TRUE(finds_exactly(&table, items, kept, MANY));
  for (int i = 0; i < MANY; i += 3) {
    lr_table_remove(&table, &items[i].node);
    kept[i] = false;
  }
  CU_ASSERT_EQUAL(table.count, MANY - 34);
  CU_ASSERT_TRUE(finds_exactly(&table, items, kept, MANY));
  clear(&table, MANY - 34);
  for (int i = 0; i < MANY; i++) CU_ASSERT_EQUAL(items[i].seen, kept[i]);
  fixture_close(&f);
}

static void test_grows(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_table table;
  struct item items[MANY];
  CU_ASSERT_TRUE(lr_table_init(&table, FIRST_CAPACITY));
  insert_items(&table, items, FIRST_CAPACITY);
  CU_ASSERT_EQUAL(table.capacity, FIRST_CAPACITY);
  clear(&table, FIRST_CAPACITY);
  CU_ASSERT_TRUE(lr_table_init(&table, FIRST_CAPACITY));
  insert_items(&table, items, MANY);
  CU_ASSERT_EQUAL(table.capacity, 128);
  CU_ASSERT_EQUAL(fixture_live_blocks(&f), 1);
  clear(&table, MANY);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_table table;
  struct item items[MANY];
  bool kept[MANY];
  for (int i = 0; i < MANY; i++) kept[i] = true;
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_FALSE(lr_table_init(&table, FIRST_CAPACITY));
  clear(&table, 0);
  CU_ASSERT_TRUE(lr_table_init(&table, FIRST_CAPACITY));
  fixture_fail_allocations_from(&f, 1);
  insert_items(&table, items, MANY);
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_EQUAL(table.capacity, FIRST_CAPACITY);
  CU_ASSERT_TRUE(finds_exactly(&table, items, kept, MANY));
  struct item one_more = {.number = MANY};
  lr_table_insert(&table, &one_more.node, hash_of(MANY));
  CU_ASSERT_EQUAL(table.capacity, FIRST_CAPACITY * 2);
  CU_ASSERT_PTR_EQUAL(find_number(&table, MANY), &one_more);
  lr_table_remove(&table, &one_more.node);
  CU_ASSERT_TRUE(finds_exactly(&table, items, kept, MANY));
  clear(&table, MANY);
  fixture_close(&f);
}

/* Goes over all nodes; takes out those with an odd number on the way. */
static int visit_all(lr_table *table) {
  int visited = 0;
  lr_table_node *next;
  for (lr_table_node *node = lr_table_first(table); node; node = next) {
    next = lr_table_next(table, node);
    CU_ASSERT_FALSE(item_of(node)->seen);
    item_of(node)->seen = true;
    visited++;
    if (item_of(node)->number % 2) lr_table_remove(table, node);
  }
  return visited;
}

static void test_iterates(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_table table;
  struct item items[MANY];
  CU_ASSERT_TRUE(lr_table_init(&table, FIRST_CAPACITY));
  CU_ASSERT_PTR_NULL(lr_table_first(&table));
  insert_items(&table, items, MANY);
  CU_ASSERT_EQUAL(visit_all(&table), MANY);
  for (int i = 0; i < MANY; i++) items[i].seen = false;
  CU_ASSERT_EQUAL(visit_all(&table), MANY / 2);
  clear(&table, MANY / 2);
  fixture_close(&f);
}

static void test_bucket(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_table table;
  struct item items[MANY];
  CU_ASSERT_TRUE(lr_table_init(&table, FIRST_CAPACITY));
  insert_items(&table, items, MANY);
  int visited = 0;
  for (uint32_t i = 0; i < table.capacity; i++) {
    const lr_table_node *node = lr_table_bucket(&table, i);
    for (; node; node = node->next, visited++)
      CU_ASSERT_EQUAL(node->hash % table.capacity, i);
  }
  CU_ASSERT_EQUAL(visited, MANY);
  CU_ASSERT_PTR_EQUAL(lr_table_bucket(&table, 1),
                      lr_table_bucket(&table, table.capacity + 1));
  clear(&table, MANY);
  fixture_close(&f);
}

/* Two nodes under one key: which of them is found does not matter, and the
 * other is found once it is gone. */
static void test_same_key(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_table table;
  struct item first = {.number = 5}, second = {.number = 5};
  CU_ASSERT_TRUE(lr_table_init(&table, FIRST_CAPACITY));
  lr_table_insert(&table, &first.node, hash_of(5));
  lr_table_insert(&table, &second.node, hash_of(5));
  struct item *found = find_number(&table, 5);
  CU_ASSERT(found == &first || found == &second);
  lr_table_remove(&table, &found->node);
  CU_ASSERT_PTR_EQUAL(find_number(&table, 5),
                      found == &first ? &second : &first);
  clear(&table, 1);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"what is in the table is found, and nothing else", test_finds},
      {"the buckets double when the nodes are as many", test_grows},
      {"out of memory makes chains longer", test_out_of_memory},
      {"all nodes are visited once", test_iterates},
      {"a bucket has the nodes of its hashes", test_bucket},
      {"a second node of the same key", test_same_key},
  };
  return fixture_main("table", tests, FIXTURE_COUNT(tests), argc, argv);
}
