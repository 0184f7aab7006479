/* SPDX-License-Identifier: MIT
 * labels: threads
 * completion_test.c: word from another side fires a deferred, once, whichever
 * of the word and the reactor's end comes first. */
#include "pool/completion.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/list.h"
#include "support/fixture.h"
#include <lariat/failure.h>

struct waiting {
  lr_completion completion;
  int arrived;
  int dropped;
  int fired;
  lariat_status status;
};

static struct waiting *waiting_of(lr_completion *completion) {
  return lr_container(completion, struct waiting, completion);
}

static void arrived(lr_completion *completion) {
  waiting_of(completion)->arrived++;
}
static void dropped(lr_completion *completion) {
  waiting_of(completion)->dropped++;
}

static const lr_completion_kind kind = {"cut short", arrived, dropped};

static lariat_value count_result(lariat_value result, void *context) {
  struct waiting *waiting = context;
  waiting->fired++;
  if (lariat_is_failure(result))
    waiting->status = lariat_failure_status(result);
  return lariat_value_drop(result);
}

static void open_waiting(struct waiting *waiting, lariat_reactor *reactor) {
  bool made;
  lariat_deferred *deferred =
      lr_completion_open(&waiting->completion, &kind, reactor, &made);
  CU_ASSERT_TRUE(made);
  lariat_deferred_release(
      lariat_deferred_add_both(deferred, count_result, waiting));
}

static void expect(const struct waiting *waiting, int arrived_times,
                   int dropped_times, int fires) {
  CU_ASSERT_EQUAL(waiting->arrived, arrived_times);
  CU_ASSERT_EQUAL(waiting->dropped, dropped_times);
  CU_ASSERT_EQUAL(waiting->fired, fires);
}

static void *send_mail(void *context) {
  lr_completion_send(context);
  return NULL;
}

static bool is_fired(void *context) {
  const struct waiting *waiting = context;
  return waiting->fired > 0;
}

static void test_word_from_another_thread(void) {
  struct fixture f;
  struct waiting waiting = {.status = LARIAT_OK};
  pthread_t thread;
  fixture_open(&f, FIXTURE_PLAIN);
  open_waiting(&waiting, f.reactor);
  expect(&waiting, 0, 0, 0);
  if (pthread_create(&thread, NULL, send_mail, &waiting.completion) != 0)
    abort();
  CU_ASSERT_TRUE(fixture_run_until(&f, is_fired, &waiting, 5000));
  pthread_join(thread, NULL);
  expect(&waiting, 1, 1, 1);
  CU_ASSERT_EQUAL(waiting.status, LARIAT_OK);
  fixture_close(&f);
}

static void test_the_reactor_closes_first(void) {
  struct fixture f;
  struct waiting waiting = {.status = LARIAT_OK};
  fixture_open(&f, FIXTURE_PLAIN);
  open_waiting(&waiting, f.reactor);
  fixture_close_reactor(&f, 0);
  expect(&waiting, 0, 0, 1);
  CU_ASSERT_EQUAL(waiting.status, LARIAT_ECANCELLED);
  lr_completion_send(&waiting.completion);
  expect(&waiting, 0, 1, 1);
  fixture_close(&f);
}

/* Leaves the mail in the mailbox of a reactor that closes. */
static void test_mail_that_is_not_read(void) {
  struct fixture f;
  struct waiting waiting = {.status = LARIAT_OK};
  fixture_open(&f, FIXTURE_PLAIN);
  open_waiting(&waiting, f.reactor);
  lr_completion_send(&waiting.completion);
  fixture_close_reactor(&f, 0);
  expect(&waiting, 1, 1, 1);
  CU_ASSERT_EQUAL(waiting.status, LARIAT_ECANCELLED);
  fixture_close(&f);
}

/* Cancels the deferred before the mail comes. */
static void test_cancelled(void) {
  struct fixture f;
  struct waiting waiting = {.status = LARIAT_OK};
  bool made;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_deferred *deferred =
      lr_completion_open(&waiting.completion, &kind, f.reactor, &made);
  CU_ASSERT_TRUE(made);
  lariat_deferred_retain(deferred);
  lariat_deferred_release(
      lariat_deferred_add_both(deferred, count_result, &waiting));
  lariat_deferred_cancel(deferred);
  lariat_deferred_release(deferred);
  expect(&waiting, 0, 0, 1);
  CU_ASSERT_EQUAL(waiting.status, LARIAT_ECANCELLED);
  lr_completion_send(&waiting.completion);
  fixture_settle(&f);
  expect(&waiting, 1, 1, 1);
  fixture_close(&f);
}

/* Opened while its reactor closes: it must not outlast that. */
struct late {
  lr_shutdown_hook shutdown;
  struct waiting waiting;
  lariat_reactor *reactor;
};

static void nothing(lr_shutdown_hook *shutdown) { (void)shutdown; }

static bool open_late(lr_shutdown_hook *shutdown) {
  struct late *late = lr_container(shutdown, struct late, shutdown);
  if (!late->waiting.completion.kind)
    open_waiting(&late->waiting, late->reactor);
  return false;
}

static void remove_hook(lr_shutdown_hook *shutdown) {
  struct late *late = lr_container(shutdown, struct late, shutdown);
  lr_reactor_remove_shutdown_hook(late->reactor, shutdown);
}

static void test_opened_while_closing(void) {
  struct fixture f;
  struct late late = {.shutdown = {.begin = nothing}};
  fixture_open(&f, FIXTURE_PLAIN);
  late.reactor = f.reactor;
  late.shutdown.busy = open_late;
  late.shutdown.end = remove_hook;
  lr_reactor_add_shutdown_hook(f.reactor, &late.shutdown);
  fixture_close_reactor(&f, 100);
  expect(&late.waiting, 0, 0, 1);
  CU_ASSERT_EQUAL(late.waiting.status, LARIAT_ECANCELLED);
  lr_completion_send(&late.waiting.completion);
  expect(&late.waiting, 0, 1, 1);
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  struct fixture f;
  struct waiting waiting = {.status = LARIAT_OK};
  bool made = true;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_deferred *deferred = lr_completion_open(NULL, &kind, f.reactor, &made);
  CU_ASSERT_FALSE(made);
  lariat_deferred_release(
      lariat_deferred_add_both(deferred, count_result, &waiting));
  expect(&waiting, 0, 0, 1);
  CU_ASSERT_EQUAL(waiting.status, LARIAT_ENOMEM);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"word from another thread", test_word_from_another_thread},
      {"the reactor closes first", test_the_reactor_closes_first},
      {"word that is not read", test_mail_that_is_not_read},
      {"cancelled", test_cancelled},
      {"opened while closing", test_opened_while_closing},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("completion", tests, FIXTURE_COUNT(tests), argc, argv);
}
