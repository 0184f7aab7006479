/* SPDX-License-Identifier: MIT
 * bodies_test.c: bodies that are known by their digests, in bounded memory. */
#include "crawl/bodies.h"

#include <string.h>

#include "support/fixture.h"

static struct fixture fixture;

/* A digest whose first bytes say which place it has. */
static const uint8_t *digest_of(uint32_t place, uint8_t last) {
  static uint8_t digest[LR_CRAWL_DIGEST];
  memset(digest, 0, sizeof digest);
  memcpy(digest, &place, sizeof place);
  digest[LR_CRAWL_DIGEST - 1] = last;
  return digest;
}

static void test_found(void) {
  lr_crawl_bodies bodies;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  CU_ASSERT(lr_crawl_bodies_init(&bodies));
  CU_ASSERT_PTR_NULL(lr_crawl_bodies_find(&bodies, digest_of(1, 1)));
  lr_crawl_bodies_add(&bodies, digest_of(1, 1), "http://a/", 5);
  const lr_crawl_body *body = lr_crawl_bodies_find(&bodies, digest_of(1, 1));
  CU_ASSERT_PTR_NOT_NULL_FATAL(body);
  CU_ASSERT_STRING_EQUAL(body->url, "http://a/");
  CU_ASSERT_EQUAL(body->at_ns, 5);
  CU_ASSERT_PTR_NULL(lr_crawl_bodies_find(&bodies, digest_of(1, 2)));
  lr_crawl_bodies_clear(&bodies);
  fixture_close(&fixture);
}

/* Where there is no place any more the oldest is forgotten. */
static void test_oldest(void) {
  lr_crawl_bodies bodies;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  CU_ASSERT(lr_crawl_bodies_init(&bodies));
  for (uint8_t i = 1; i <= 5; i++)
    lr_crawl_bodies_add(&bodies, digest_of(7, i), "http://a/", i);
  CU_ASSERT_PTR_NULL(lr_crawl_bodies_find(&bodies, digest_of(7, 1)));
  for (uint8_t i = 2; i <= 5; i++)
    CU_ASSERT_PTR_NOT_NULL(lr_crawl_bodies_find(&bodies, digest_of(7, i)));
  lr_crawl_bodies_clear(&bodies);
  fixture_close(&fixture);
}

static void test_no_memory(void) {
  lr_crawl_bodies bodies;
  fixture_open(&fixture, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&fixture, 1);
  CU_ASSERT(!lr_crawl_bodies_init(&bodies));
  CU_ASSERT(lr_crawl_bodies_init(&bodies));
  fixture_fail_allocation(&fixture, 1);
  lr_crawl_bodies_add(&bodies, digest_of(1, 1), "http://a/", 5);
  CU_ASSERT_PTR_NULL(lr_crawl_bodies_find(&bodies, digest_of(1, 1)));
  lr_crawl_bodies_clear(&bodies);
  fixture_close(&fixture);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a body is known by its digest", test_found},
      {"the oldest is forgotten", test_oldest},
      {"without memory it is not remembered", test_no_memory},
  };
  return fixture_main("bodies", tests, FIXTURE_COUNT(tests), argc, argv);
}
