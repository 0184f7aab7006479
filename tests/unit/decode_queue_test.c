/* SPDX-License-Identifier: MIT
 * decode_queue_test.c: bodies that take turns. */
#include "job/decode_queue.h"

#include <string.h>

#include "support/fixture.h"

enum { ITEMS = 10 };

struct body {
  lr_decode_item item;
  lr_decode_queue *queue;
  unsigned resumed;
  unsigned again; /* so often it wants another turn */
  struct body *removes;
};

static void resume(lr_decode_item *item) {
  struct body *body = lr_container(item, struct body, item);
  CU_ASSERT_FALSE(lr_decode_item_waits(item));
  body->resumed++;
  if (body->removes) lr_decode_item_remove(&body->removes->item);
  if (body->again && body->again--) lr_decode_queue_add(body->queue, item);
}

static void add_all(lr_decode_queue *queue, struct body *bodies,
                    unsigned again) {
  memset(bodies, 0, ITEMS * sizeof *bodies);
  for (int i = 0; i < ITEMS; i++) {
    bodies[i].queue = queue;
    bodies[i].again = again;
    lr_decode_item_init(&bodies[i].item, resume);
    lr_decode_queue_add(queue, &bodies[i].item);
    CU_ASSERT_TRUE(lr_decode_item_waits(&bodies[i].item));
  }
}

static unsigned count_resumed(const struct body *bodies) {
  unsigned all = 0;
  for (int i = 0; i < ITEMS; i++) all += bodies[i].resumed;
  return all;
}

/* Four in each turn, one after the other, and turns as long as any waits. */
static void test_turns(void) {
  struct fixture f;
  lr_decode_queue queue;
  struct body bodies[ITEMS];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lr_decode_queue_init(&queue, f.reactor);
  fixture_turns(&f, 3);
  add_all(&queue, bodies, 2);
  for (unsigned turn = 1; turn <= 3 * ITEMS / 4; turn++) {
    fixture_turns(&f, 1);
    CU_ASSERT_EQUAL(count_resumed(bodies), 4 * turn);
    for (int i = 0; i < ITEMS; i++) {
      CU_ASSERT(bodies[i].resumed <= 4 * turn / ITEMS + 1);
      CU_ASSERT(bodies[i].resumed >= 4 * turn / ITEMS);
    }
    CU_ASSERT_TRUE(lr_reactor_pending(f.reactor));
  }
  fixture_turns(&f, 3);
  CU_ASSERT_EQUAL(count_resumed(bodies), 3 * ITEMS);
  CU_ASSERT_FALSE(lr_reactor_pending(f.reactor));
  CU_ASSERT_TRUE(lr_list_empty(&queue.hook.link));
  lr_decode_queue_clear(&queue);
  fixture_close(&f);
}

struct late {
  lr_turn_hook hook;
  struct body *body;
  lr_decode_queue *queue;
};

static void add_late(lr_turn_hook *hook) {
  struct late *late = lr_container(hook, struct late, hook);
  if (!late->body->resumed && !lr_decode_item_waits(&late->body->item))
    lr_decode_queue_add(late->queue, &late->body->item);
}

/* One that comes when the turn's hooks are nearly over has a turn all the same.
 */
static void test_late(void) {
  struct fixture f;
  lr_decode_queue queue;
  struct body body = {.queue = &queue};
  struct late late = {{{NULL, NULL}, add_late}, &body, &queue};
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lr_decode_queue_init(&queue, f.reactor);
  lr_decode_item_init(&body.item, resume);
  lr_reactor_add_turn_hook(f.reactor, &late.hook);
  fixture_turns(&f, 1);
  CU_ASSERT(body.resumed || lr_reactor_pending(f.reactor));
  fixture_settle(&f);
  CU_ASSERT_EQUAL(body.resumed, 1);
  lr_reactor_remove_turn_hook(f.reactor, &late.hook);
  lr_decode_queue_clear(&queue);
  fixture_close(&f);
}

/* One that was taken out is not resumed, whoever has done that. */
static void test_removed(void) {
  struct fixture f;
  lr_decode_queue queue;
  struct body bodies[ITEMS];
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lr_decode_queue_init(&queue, f.reactor);
  add_all(&queue, bodies, 0);
  lr_decode_item_remove(&bodies[1].item);
  bodies[0].removes = &bodies[2];
  fixture_settle(&f);
  for (int i = 0; i < ITEMS; i++)
    CU_ASSERT_EQUAL(bodies[i].resumed, i == 1 || i == 2 ? 0 : 1);
  add_all(&queue, bodies, 0);
  for (int i = 0; i < ITEMS; i++) lr_decode_item_remove(&bodies[i].item);
  lr_decode_queue_clear(&queue); /* without another turn */
  fixture_settle(&f);
  CU_ASSERT_EQUAL(count_resumed(bodies), 0);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"some in each turn", test_turns},
      {"added late", test_late},
      {"taken out", test_removed},
  };
  return fixture_main("decode_queue", tests, FIXTURE_COUNT(tests), argc, argv);
}
