/* SPDX-License-Identifier: MIT
 * labels: same-libcurl threads
 * desync_test.c: origins that have sent what nobody asked for, as the reactors
 * of a pool share them. */
#include "schedule/desync.h"

#include <pthread.h>
#include <string.h>

#include "support/fixture.h"

static uint64_t hash_of(uint64_t number) {
  return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void count_wake(void *count) { ++*(unsigned *)count; }

static void test_origins(void) {
  struct fixture f;
  lr_desync desync;
  unsigned wakes = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_desync_init(&desync, count_wake, &wakes);
  CU_ASSERT_FALSE(lr_desync_has(&desync, hash_of(1)));
  CU_ASSERT_EQUAL(lr_desync_signs(&desync), 0);
  lr_desync_note(&desync, hash_of(1));
  lr_desync_note(&desync, hash_of(2));
  lr_desync_note(&desync, hash_of(1)); /* known */
  lr_desync_note(&desync, 0);          /* a hash like any other */
  CU_ASSERT_TRUE(lr_desync_has(&desync, hash_of(1)));
  CU_ASSERT_TRUE(lr_desync_has(&desync, hash_of(2)));
  CU_ASSERT_TRUE(lr_desync_has(&desync, 0));
  CU_ASSERT_FALSE(lr_desync_has(&desync, hash_of(3)));
  CU_ASSERT_EQUAL(lr_desync_signs(&desync), 3);
  CU_ASSERT_EQUAL(wakes, 3);
  lr_desync_clear(&desync);
  fixture_close(&f);
}

/* Hashes that lead to the same place: one gives way, the others stay. */
static void test_bound(void) {
  enum { SAME = 40 };
  struct fixture f;
  lr_desync desync;
  unsigned known = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_desync_init(&desync, NULL, NULL);
  for (uint64_t i = 0; i < SAME; i++) {
    lr_desync_note(&desync, (i + 1) << 32);
    CU_ASSERT_TRUE(lr_desync_has(&desync, (i + 1) << 32));
  }
  for (uint64_t i = 0; i < SAME; i++)
    known += lr_desync_has(&desync, (i + 1) << 32);
  CU_ASSERT_EQUAL(known, 16);
  CU_ASSERT_EQUAL(lr_desync_signs(&desync), SAME);
  lr_desync_clear(&desync);
  fixture_close(&f);
}

static void add(lr_desync *desync, const char *key, uint64_t from,
                size_t count) {
  lr_connection_ids ids = {0};
  for (size_t i = 0; i < count; i++) lr_connection_ids_add(&ids, from + i);
  lr_connection_ids_add(&ids, from); /* there already */
  lr_desync_add_connections(desync, key, &ids);
}

static void test_connections(void) {
  struct fixture f;
  lr_desync desync;
  lariat_desync_connection found[8];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_desync_init(&desync, NULL, NULL);
  CU_ASSERT_EQUAL(lr_desync_read(&desync, 0, found, 8), 0);
  add(&desync, "http://a:80", 1, 3);
  add(&desync, "http://b:80", 10, 2);
  CU_ASSERT_EQUAL(lr_desync_seen(&desync), 5);
  CU_ASSERT_EQUAL_FATAL(lr_desync_read(&desync, 0, found, 8), 5);
  CU_ASSERT_STRING_EQUAL(found[2].origin, "http://a:80");
  CU_ASSERT_EQUAL(found[2].connection, 3);
  CU_ASSERT_STRING_EQUAL(found[4].origin, "http://b:80");
  CU_ASSERT_EQUAL(found[4].connection, 11);
  CU_ASSERT_EQUAL(lr_desync_read(&desync, 3, found, 1), 1);
  CU_ASSERT_EQUAL(found[0].connection, 10);
  CU_ASSERT_EQUAL(lr_desync_read(&desync, 5, found, 8), 0);
  CU_ASSERT_EQUAL(lr_desync_read(&desync, 99, found, 8), 0);
  lr_desync_clear(&desync);
  fixture_close(&f);
}

/* Beyond the bound they are counted. */
static void test_many_connections(void) {
  struct fixture f;
  lr_desync desync;
  lariat_desync_connection last;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_desync_init(&desync, NULL, NULL);
  for (uint64_t i = 0; i < 70; i++)
    add(&desync, "http://a:80", i * 1000 + 1, 1000);
  CU_ASSERT_EQUAL(lr_desync_seen(&desync), 70000);
  CU_ASSERT_EQUAL(lr_desync_read(&desync, LR_DESYNC_CONNECTIONS - 1, &last, 1),
                  1);
  CU_ASSERT_EQUAL(last.connection, LR_DESYNC_CONNECTIONS);
  CU_ASSERT_EQUAL(lr_desync_read(&desync, LR_DESYNC_CONNECTIONS, &last, 1), 0);
  lr_desync_clear(&desync);
  fixture_close(&f);
}

static void test_without_memory(void) {
  struct fixture f;
  lr_desync desync;
  lariat_desync_connection found;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_desync_init(&desync, NULL, NULL);
  fixture_fail_allocation(&f, 1);
  lr_desync_note(&desync, hash_of(1));
  CU_ASSERT_FALSE(lr_desync_has(&desync, hash_of(1)));
  for (uint64_t nth = 1; nth <= 2; nth++) {
    fixture_fail_allocation(&f, nth);
    add(&desync, "http://a:80", 1, 1);
    CU_ASSERT_EQUAL(lr_desync_read(&desync, 0, &found, 1), 0);
  }
  fixture_fail_allocation(&f, 0);
  lr_desync_note(&desync, hash_of(1));
  add(&desync, "http://a:80", 7, 1);
  CU_ASSERT_TRUE(lr_desync_has(&desync, hash_of(1)));
  CU_ASSERT_EQUAL(lr_desync_read(&desync, 0, &found, 1), 1);
  CU_ASSERT_EQUAL(found.connection, 7);
  CU_ASSERT_EQUAL(lr_desync_seen(&desync), 3);
  lr_desync_clear(&desync);
  fixture_close(&f);
}

/* One thread notes origins, another looks: once the number has changed, what
 * was noted is there. */
enum { SHARED = 1000 };

static void *note_all(void *desync) {
  for (uint64_t i = 0; i < SHARED; i++) lr_desync_note(desync, hash_of(i));
  return NULL;
}

static void test_two_threads(void) {
  struct fixture f;
  lr_desync desync;
  pthread_t thread;
  uint64_t signs = 0;
  unsigned missing = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_desync_init(&desync, NULL, NULL);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, note_all, &desync), 0);
  while (signs < SHARED) {
    signs = lr_desync_signs(&desync);
    if (signs) missing += !lr_desync_has(&desync, hash_of(signs - 1));
  }
  pthread_join(thread, NULL);
  CU_ASSERT_EQUAL(missing, 0);
  lr_desync_clear(&desync);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"origins", test_origins},
      {"more than there is space for", test_bound},
      {"connections", test_connections},
      {"many connections", test_many_connections},
      {"without memory", test_without_memory},
      {"two threads", test_two_threads}};
  return fixture_main("desync", tests, FIXTURE_COUNT(tests), argc, argv);
}
