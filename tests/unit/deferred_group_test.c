/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * deferred_group_test.c: members that come and go, the end behind the last of
 * them, failures, cancelling, and groups that nobody waits for. */
#include <lariat/deferred_group.h>

#include <pthread.h>
#include <string.h>

#include "deferred/deferred.h"
#include "deferred/failure.h"
#include "support/fixture.h"
#include "support/recorder.h"
#include <lariat/checks.h>

enum { COUNT = 3 };

struct grouping {
  struct fixture f;
  struct recorder recorder;
  lariat_deferred_group *group;
  lariat_deferred *child[COUNT]; /* unfired, references of the test's */
};

static lariat_deferred *unfired(const struct grouping *g) {
  return lariat_deferred_new(g->f.reactor, NULL, NULL, NULL);
}

static void open_group(struct grouping *g) {
  memset(g, 0, sizeof *g);
  fixture_open(&g->f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL_FATAL(lariat_deferred_group_new(g->f.reactor, &g->group),
                        LARIAT_OK);
}

/* Adds COUNT children that the test keeps. */
static void add_children(struct grouping *g) {
  for (int i = 0; i < COUNT; i++) {
    g->child[i] = lariat_deferred_retain(unfired(g));
    CU_ASSERT_EQUAL(lariat_deferred_group_add(g->group, g->child[i]),
                    LARIAT_OK);
  }
}

static void close_group(struct grouping *g) {
  for (int i = 0; i < COUNT; i++)
    if (g->child[i]) lariat_deferred_release(g->child[i]);
  lariat_deferred_group_release(g->group);
  recorder_check(&g->recorder);
  fixture_close(&g->f);
}

static lariat_value failure(const char *text) {
  return lariat_failure_new(LARIAT_EUSER, "%s", text);
}

static void expect_counts(const struct grouping *g, size_t members,
                          uint64_t added, uint64_t failures) {
  CU_ASSERT_EQUAL(lariat_deferred_group_members(g->group), members);
  CU_ASSERT_EQUAL(lariat_deferred_group_added(g->group), added);
  CU_ASSERT_EQUAL(lariat_deferred_group_failures(g->group), failures);
}

/* Adds one that has fired, and expects that it is refused. */
static void expect_refusal(struct grouping *g, lariat_status status) {
  lariat_deferred *one = lariat_deferred_retain(unfired(g));
  CU_ASSERT_EQUAL(lariat_deferred_group_add(g->group, one), status);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(one)),
                  LARIAT_ECANCELLED);
  lariat_deferred_release(one);
}

/* ---- Ends ---- */

static void test_no_members(void) {
  struct grouping g;
  open_group(&g);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(done)));
  CU_ASSERT_PTR_EQUAL(lariat_deferred_reactor(done), g.f.reactor);
  expect_refusal(&g, LARIAT_ECLOSED);
  expect_counts(&g, 0, 0, 0);
  lariat_deferred_group_cancel(g.group); /* too late for anything */
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(done)));
  lariat_deferred_release(done);
  close_group(&g);
}

static void test_members_end(void) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  lariat_deferred_callback(g.child[1], recorder_value(&g.recorder, 1));
  CU_ASSERT_EQUAL(g.recorder.values_dropped, 1); /* and not kept */
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(g.child[1])));
  lariat_deferred_callback(g.child[0], lariat_none());
  expect_counts(&g, 1, COUNT, 0);
  CU_ASSERT_FALSE(lariat_deferred_fired(done));
  lariat_deferred_callback(g.child[2], recorder_value(&g.recorder, 2));
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(done)));
  expect_counts(&g, 0, COUNT, 0);
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_group_first_failure(g.group)));
  lariat_deferred_release(done);
  close_group(&g);
}

/* The first is kept, the others are counted; none is reported. */
static void test_failures(void) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  lariat_deferred_errback(g.child[2], failure("first"));
  lariat_deferred_errback(g.child[0], failure("second"));
  expect_counts(&g, 1, COUNT, 2);
  lariat_deferred_callback(g.child[1], lariat_int(1));
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(done)));
  CU_ASSERT_STRING_EQUAL(
      lariat_failure_message(lariat_deferred_group_first_failure(g.group)),
      "first");
  lariat_deferred_release(done);
  close_group(&g);
}

/* Before it is waited for, a group does not end, whatever its members do. */
static void test_not_before_it_is_waited_for(void) {
  struct grouping g;
  open_group(&g);
  for (int i = 0; i < 2; i++) {
    add_children(&g);
    for (int k = 0; k < COUNT; k++) {
      lariat_deferred_callback(g.child[k], lariat_none());
      lariat_deferred_release(g.child[k]);
      g.child[k] = NULL;
    }
    expect_counts(&g, 0, (uint64_t)(i + 1) * COUNT, 0);
  }
  lariat_deferred *fired = lariat_deferred_succeed(g.f.reactor, lariat_int(1));
  CU_ASSERT_EQUAL(lariat_deferred_group_add(g.group, fired), LARIAT_OK);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  lariat_deferred_release(done);
  close_group(&g);
}

static void test_waited_for_twice(void) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred *one = lariat_deferred_group_wait(g.group);
  lariat_deferred *other = lariat_deferred_group_wait(g.group);
  CU_ASSERT_PTR_EQUAL(one, other);
  lariat_deferred_release(one);
  for (int i = 0; i < COUNT; i++)
    lariat_deferred_callback(g.child[i], lariat_none());
  CU_ASSERT_TRUE(lariat_deferred_fired(other));
  lariat_deferred_release(other);
  other = lariat_deferred_group_wait(g.group);
  CU_ASSERT_TRUE(lariat_deferred_fired(other));
  lariat_deferred_release(other);
  close_group(&g);
}

/* What a member's later pairs get, and who reports what those fail with. */
static void test_behind_a_member(void) {
  struct grouping g;
  open_group(&g);
  g.child[0] = lariat_deferred_retain(unfired(&g));
  recorder_then(g.child[0], &g.recorder, "before", failure("lost"));
  CU_ASSERT_EQUAL(lariat_deferred_group_add(g.group, g.child[0]), LARIAT_OK);
  recorder_then(g.child[0], &g.recorder, "behind", failure("reported"));
  lariat_deferred_callback(g.child[0], lariat_int(7));
  recorder_saw(&g.recorder, "before(7) behind(none) ");
  expect_counts(&g, 0, 1, 1);
  fixture_expect_reports(&g.f, 1);
  close_group(&g);
}

/* ---- Growing ---- */

struct growth {
  struct grouping *g;
  unsigned left;       /* how many are still to be added */
  unsigned most;       /* members at once */
  unsigned at_once;    /* how many each adds */
  lariat_status added; /* the last status */
};

static void fire(void *deferred) {
  (void)lariat_deferred_callback(deferred, lariat_none());
  lariat_deferred_release(deferred);
}

static lariat_value add_more(lariat_value result, void *context);

/* Makes one that fires in the next turn, and adds more then. */
static lariat_deferred *make_soon(struct growth *growth) {
  lariat_deferred *one = unfired(growth->g);
  CU_ASSERT_EQUAL(lariat_reactor_call_soon(growth->g->f.reactor, fire,
                                           lariat_deferred_retain(one), NULL),
                  LARIAT_OK);
  return lariat_deferred_add_both(one, add_more, growth);
}

static lariat_value add_more(lariat_value result, void *context) {
  struct growth *growth = context;
  lariat_deferred_group *group = growth->g->group;
  for (unsigned i = 0; i < growth->at_once && growth->left; i++) {
    growth->left--;
    growth->added = lariat_deferred_group_add(group, make_soon(growth));
  }
  size_t members = lariat_deferred_group_members(group);
  if (members > growth->most) growth->most = (unsigned)members;
  return lariat_value_drop(result);
}

static bool has_fired(void *deferred) {
  return lariat_deferred_fired(deferred);
}

/* Each member adds the next ones when it ends: the group waits for all, and
 * holds no more than what is in flight. */
static void grow(unsigned members, unsigned at_once, unsigned most) {
  struct grouping g;
  open_group(&g);
  struct growth growth = {.g = &g, .left = members, .at_once = at_once};
  (void)add_more(lariat_none(), &growth);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  fixture_turns(&g.f, 10);
  fixture_peak_restart(&g.f);
  uint64_t bytes = fixture_live_bytes(&g.f);
  CU_ASSERT_TRUE(fixture_run_until(&g.f, has_fired, done, 100000));
  expect_counts(&g, 0, members, 0);
  CU_ASSERT_EQUAL(growth.added, LARIAT_OK);
  CU_ASSERT(growth.most <= most);
  if (at_once == 1) CU_ASSERT(fixture_peak_bytes(&g.f) <= bytes + 4096);
  expect_refusal(&g, LARIAT_ECLOSED);
  lariat_deferred_release(done);
  close_group(&g);
}

static void test_growing(void) {
  grow(100000, 1, 2);
  grow(1000, 2, 1000);
  grow(50, 50, 51);
}

/* The last member ends within the callbacks of what is waited by. */
static lariat_value add_late(lariat_value result, void *context) {
  struct grouping *g = context;
  expect_refusal(g, LARIAT_ECLOSED);
  recorder_note(&g->recorder, "done");
  lariat_deferred_group_release(g->group); /* the last reference */
  g->group = NULL;
  return result;
}

static void test_from_its_own_end(void) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  lariat_deferred_add_callback(done, add_late, &g);
  lariat_deferred_release(done);
  for (int i = 0; i < COUNT; i++)
    lariat_deferred_callback(g.child[i], lariat_none());
  recorder_saw(&g.recorder, "done ");
  close_group(&g);
}

/* ---- Cancelling ---- */

static void cancel_by(void (*cancel)(struct grouping *g,
                                     lariat_deferred *done)) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  lariat_deferred_callback(g.child[1], lariat_none());
  cancel(&g, done);
  for (int i = 0; i < COUNT; i += 2)
    CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(g.child[i])));
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(done)));
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  CU_ASSERT_EQUAL(
      lariat_failure_status(lariat_deferred_group_first_failure(g.group)),
      LARIAT_ECANCELLED);
  expect_counts(&g, 0, COUNT, 2);
  expect_refusal(&g, LARIAT_ECANCELLED);
  lariat_deferred_release(done);
  close_group(&g);
}

static void cancel_the_group(struct grouping *g, lariat_deferred *done) {
  (void)done;
  lariat_deferred_group_cancel(g->group);
  lariat_deferred_group_cancel(g->group);
}

static void cancel_the_wait(struct grouping *g, lariat_deferred *done) {
  (void)g;
  lariat_deferred_cancel(done);
}

static void test_cancelled(void) {
  cancel_by(cancel_the_group);
  cancel_by(cancel_the_wait);
}

static void test_cancelled_before_it_is_waited_for(void) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred_group_cancel(g.group);
  expect_counts(&g, 0, COUNT, COUNT);
  expect_refusal(&g, LARIAT_ECANCELLED);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(done)));
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  lariat_deferred_release(done);
  close_group(&g);
}

/* A member that ends by being cancelled ends the next, cancels once more, and
 * adds another one. */
static lariat_value meddle(lariat_value result, void *context) {
  struct grouping *g = context;
  recorder_note(&g->recorder, "meddled");
  (void)lariat_deferred_callback(g->child[2], lariat_none());
  lariat_deferred_group_cancel(g->group);
  expect_refusal(g, LARIAT_ECANCELLED);
  return result;
}

static void test_meddling_while_cancelled(void) {
  struct grouping g;
  open_group(&g);
  g.child[0] = lariat_deferred_retain(unfired(&g));
  lariat_deferred_add_both(g.child[0], meddle, &g);
  CU_ASSERT_EQUAL(lariat_deferred_group_add(g.group, g.child[0]), LARIAT_OK);
  for (int i = 1; i < COUNT; i++) {
    g.child[i] = lariat_deferred_retain(unfired(&g));
    CU_ASSERT_EQUAL(lariat_deferred_group_add(g.group, g.child[i]), LARIAT_OK);
  }
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  lariat_deferred_group_cancel(g.group);
  recorder_saw(&g.recorder, "meddled ");
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  expect_counts(&g, 0, COUNT, 2);
  lariat_deferred_release(done);
  close_group(&g);
}

/* A member that is paused ends later: so does the group. */
static void test_cancelled_while_paused(void) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  lariat_deferred_pause(g.child[1]);
  lariat_deferred_cancel(done);
  CU_ASSERT_FALSE(lariat_deferred_fired(done));
  expect_counts(&g, 1, COUNT, 2);
  CU_ASSERT_EQUAL(lariat_deferred_unpause(g.child[1]), LARIAT_OK);
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(done)));
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  lariat_deferred_release(done);
  close_group(&g);
}

/* ---- Nobody waits ---- */

static void destroy_noted(void *context) {
  recorder_note(context, "destroyed");
}

/* Makes a member that nobody but the group holds. */
static void add_unheld(struct grouping *g) {
  lariat_deferred *one =
      lariat_deferred_new(g->f.reactor, NULL, &g->recorder, destroy_noted);
  CU_ASSERT_EQUAL(lariat_deferred_group_add(g->group, one), LARIAT_OK);
}

static void test_released_while_waited_for(void) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  lariat_deferred_group_release(g.group);
  g.group = NULL;
  for (int i = 0; i < COUNT; i++)
    lariat_deferred_callback(g.child[i], lariat_none());
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  lariat_deferred_release(done);
  close_group(&g);
}

/* With the last who could hear of it go members that nobody else holds; others
 * go on. */
static void test_let_go(void) {
  for (int way = 0; way < 3; way++) {
    struct grouping g;
    open_group(&g);
    add_children(&g);
    add_unheld(&g);
    if (way > 0) {
      lariat_deferred *done = lariat_deferred_group_wait(g.group);
      if (way == 1) lariat_deferred_release(done);
      recorder_saw(&g.recorder, ""); /* it could be asked for once more */
      lariat_deferred_group_release(g.group);
      if (way == 2) recorder_saw(&g.recorder, "");
      if (way == 2) lariat_deferred_release(done);
    } else {
      lariat_deferred_group_release(g.group);
    }
    g.group = NULL;
    recorder_saw(&g.recorder, "destroyed ");
    lariat_deferred_errback(g.child[0], failure("nobody hears of it"));
    lariat_deferred_cancel(g.child[1]);
    close_group(&g);
  }
}

/* The deferred was let go, and is asked for again. */
static void test_waited_for_again(void) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred_release(lariat_deferred_group_wait(g.group));
  for (int i = 0; i < COUNT - 1; i++)
    lariat_deferred_callback(g.child[i], lariat_none());
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  CU_ASSERT_FALSE(lariat_deferred_fired(done));
  lariat_deferred_callback(g.child[COUNT - 1], lariat_none());
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  lariat_deferred_release(done);
  close_group(&g);
  open_group(&g);
  add_children(&g);
  lariat_deferred_release(lariat_deferred_group_wait(g.group));
  for (int i = 0; i < COUNT; i++)
    lariat_deferred_callback(g.child[i], lariat_none());
  done = lariat_deferred_group_wait(g.group);
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  lariat_deferred_release(done);
  close_group(&g);
}

/* A member that nobody will fire has ended when it dies; no failure. */
static void test_member_dies(void) {
  struct grouping g;
  open_group(&g);
  add_unheld(&g);
  g.child[0] = lariat_deferred_retain(unfired(&g));
  CU_ASSERT_EQUAL(lariat_deferred_group_add(g.group, g.child[0]), LARIAT_OK);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  lariat_deferred_callback(g.child[0], lariat_none());
  CU_ASSERT_FALSE(lariat_deferred_fired(done));
  lariat_deferred_release(done);
  lariat_deferred_group_release(g.group);
  g.group = NULL;
  recorder_saw(&g.recorder, "destroyed ");
  close_group(&g);
}

/* ---- Misuse ---- */

static void test_invalid(void) {
  struct grouping g;
  open_group(&g);
  lariat_set_checks(false);
  CU_ASSERT_EQUAL(lariat_deferred_group_new(NULL, &g.group), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_deferred_group_new(g.f.reactor, NULL), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_deferred_group_add(g.group, NULL), LARIAT_EINVAL);
  g.child[0] = lariat_deferred_retain(unfired(&g));
  CU_ASSERT_EQUAL(lariat_deferred_group_add(NULL, g.child[0]), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(g.child[0])),
                  LARIAT_ECANCELLED);
  lariat_deferred *done = lariat_deferred_group_wait(NULL);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(done)),
                  LARIAT_EINVAL);
  lariat_deferred_forget(done);
  CU_ASSERT_PTR_NULL(lariat_deferred_group_retain(NULL));
  lariat_deferred_group_release(NULL);
  lariat_deferred_group_cancel(NULL);
  CU_ASSERT_EQUAL(lariat_deferred_group_members(NULL), 0);
  CU_ASSERT_EQUAL(lariat_deferred_group_added(NULL), 0);
  CU_ASSERT_EQUAL(lariat_deferred_group_failures(NULL), 0);
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_group_first_failure(NULL)));
  lariat_set_checks(true);
  close_group(&g);
}

/* A group cannot wait for itself. */
static void test_itself(void) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  CU_ASSERT_EQUAL(
      lariat_deferred_group_add(g.group, lariat_deferred_retain(done)),
      LARIAT_ESELF);
  expect_counts(&g, COUNT, COUNT, 0);
  for (int i = 0; i < COUNT; i++)
    lariat_deferred_callback(g.child[i], lariat_none());
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  lariat_deferred_release(done);
  close_group(&g);
}

static void test_other_reactor(void) {
  struct grouping g;
  lariat_reactor *other;
  open_group(&g);
  CU_ASSERT_EQUAL_FATAL(lariat_reactor_new(NULL, &other), LARIAT_OK);
  lariat_deferred *stranger =
      lariat_deferred_retain(lariat_deferred_new(other, NULL, NULL, NULL));
  CU_ASSERT_EQUAL(lariat_deferred_group_add(g.group, stranger), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_failure_status(lariat_deferred_peek(stranger)),
                  LARIAT_ECANCELLED);
  lariat_deferred_release(stranger);
  expect_counts(&g, 0, 0, 0);
  (void)lariat_reactor_close(other, 0);
  close_group(&g);
}

static void *make_elsewhere(void *context) {
  struct grouping *g = context;
  lariat_deferred_group *group = NULL;
  return lariat_deferred_group_new(g->f.reactor, &group) == LARIAT_ETHREAD
             ? NULL
             : context;
}

static void test_other_thread(void) {
  struct grouping g;
  pthread_t thread;
  void *wrong;
  open_group(&g);
  lariat_set_checks(false);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, make_elsewhere, &g), 0);
  pthread_join(thread, &wrong);
  lariat_set_checks(true);
  CU_ASSERT_PTR_NULL(wrong);
  close_group(&g);
}

/* The reactor goes first: members, group and deferred outlive it. */
static void test_reactor_closed(void) {
  struct grouping g;
  open_group(&g);
  add_children(&g);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  fixture_close_reactor(&g.f, 0);
  for (int i = 0; i < COUNT; i++)
    lariat_deferred_callback(g.child[i], lariat_none());
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  lariat_deferred_release(done);
  close_group(&g);
}

/* ---- Out of memory ---- */

/* A member whose chain cannot grow is a failure; one that cannot be added is
 * cancelled. */
static void live(struct fixture *f, struct recorder *recorder) {
  lariat_deferred_group *group;
  uint64_t added = 0;
  if (lariat_deferred_group_new(f->reactor, &group) != LARIAT_OK) return;
  for (int i = 0; i < COUNT; i++) {
    lariat_deferred *one = lariat_deferred_new(f->reactor, NULL, NULL, NULL);
    lariat_deferred *mine = lariat_deferred_retain(one);
    for (int k = 0; k < LR_DEFERRED_PAIRS; k++)
      recorder_then(one, recorder, "step", recorder_value(recorder, k));
    added += lariat_deferred_group_add(group, one) == LARIAT_OK;
    (void)lariat_deferred_callback(mine, lariat_none());
    lariat_deferred_forget(mine);
  }
  lariat_deferred *done = lariat_deferred_group_wait(group);
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  CU_ASSERT_TRUE(lariat_is_none(lariat_deferred_peek(done)));
  CU_ASSERT_EQUAL(lariat_deferred_group_added(group), added);
  if (lariat_deferred_group_failures(group))
    CU_ASSERT_EQUAL(
        lariat_failure_status(lariat_deferred_group_first_failure(group)),
        LARIAT_ENOMEM);
  lariat_deferred_release(done);
  lariat_deferred_group_release(group);
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(lr_deferred_state_open(f.reactor), LARIAT_OK);
  recorder_fail_each(&f, live);
  fixture_close(&f);
}

/* The constant deferred, of which nobody has the memory. */
static void test_constant_member(void) {
  struct grouping g;
  open_group(&g);
  lariat_deferred *reserve = lr_deferred_failed_reserve(g.f.reactor);
  lariat_deferred *constant = lr_deferred_failed_reserve(g.f.reactor);
  CU_ASSERT_EQUAL(lariat_deferred_group_add(g.group, constant), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_deferred_group_add(g.group, reserve), LARIAT_OK);
  expect_counts(&g, 0, 2, 2);
  lariat_deferred *done = lariat_deferred_group_wait(g.group);
  CU_ASSERT_TRUE(lariat_deferred_fired(done));
  lariat_deferred_release(done);
  close_group(&g);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"no members", test_no_members},
      {"members end", test_members_end},
      {"failures", test_failures},
      {"not before it is waited for", test_not_before_it_is_waited_for},
      {"waited for twice", test_waited_for_twice},
      {"behind a member", test_behind_a_member},
      {"growing", test_growing},
      {"from its own end", test_from_its_own_end},
      {"cancelled", test_cancelled},
      {"cancelled early", test_cancelled_before_it_is_waited_for},
      {"meddling while cancelled", test_meddling_while_cancelled},
      {"cancelled while paused", test_cancelled_while_paused},
      {"released while waited for", test_released_while_waited_for},
      {"let go", test_let_go},
      {"waited for again", test_waited_for_again},
      {"a member dies", test_member_dies},
      {"invalid", test_invalid},
      {"itself", test_itself},
      {"another reactor", test_other_reactor},
      {"another thread", test_other_thread},
      {"the reactor is closed", test_reactor_closed},
      {"out of memory", test_out_of_memory},
      {"a constant member", test_constant_member},
  };
  return fixture_main("deferred_group", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
