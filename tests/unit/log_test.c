/* SPDX-License-Identifier: MIT
 * log_test.c: which messages are said to a log, how often, and by whom. */
#include "reactor/log.h"

#include <stdio.h>
#include <string.h>

#include "base/atomics.h"
#include "support/fixture.h"
#include <lariat/deferred.h>
#include <lariat/pool.h>

/* What a log was told. */
struct heard {
  unsigned count;
  lariat_log_level level;
  uint64_t suppressed;
  char text[256]; /* of the last one: "REACTOR: MESSAGE, KEY VALUE ..." */
};

static void hear(const lariat_log_record *record, void *context) {
  struct heard *heard = context;
  size_t used = 0;
  heard->count++;
  heard->level = record->level;
  heard->suppressed += record->suppressed;
  CU_ASSERT_EQUAL(record->size, sizeof *record);
  used = (size_t)snprintf(heard->text, sizeof heard->text, "%s: %s",
                          record->reactor, record->message);
  for (size_t i = 0; i < record->field_count && used < sizeof heard->text; i++)
    used += (size_t)snprintf(heard->text + used, sizeof heard->text - used,
                             ", %s %s", record->fields[i].key,
                             record->fields[i].value);
}

static lariat_reactor *open_reactor(struct fixture *f, struct heard *heard,
                                    lariat_log_level level) {
  lariat_reactor *reactor = NULL;
  lariat_reactor_options options = {.size = sizeof options,
                                    .clock = &f->clock,
                                    .name = "mine",
                                    .log = {hear, heard, level}};
  memset(heard, 0, sizeof *heard);
  CU_ASSERT_EQUAL_FATAL(lariat_reactor_new(&options, &reactor), LARIAT_OK);
  return reactor;
}

static void test_levels(void) {
  struct fixture f;
  struct heard heard;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  const lariat_log_field field = {"origin", "http://a:80"};
  lariat_reactor *reactor = open_reactor(&f, &heard, 0);
  lr_log_say(reactor, LR_LOG_DESYNC, &field, 1);
  CU_ASSERT_EQUAL(heard.count, 1);
  CU_ASSERT_EQUAL(heard.level, LARIAT_LOG_WARNING);
  CU_ASSERT_STRING_EQUAL(heard.text,
                         "mine: a server has sent what nobody asked for, "
                         "origin http://a:80");
  lr_log_say(reactor, LR_LOG_STARTED, NULL, 0); /* below the default level */
  CU_ASSERT_EQUAL(heard.count, 1);
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  reactor = open_reactor(&f, &heard, LARIAT_LOG_DEBUG);
  lr_log_say(reactor, LR_LOG_STARTED, NULL, 0);
  lr_log_say(reactor, LR_LOG_BY_LIBCURL, &field, 1);
  CU_ASSERT_EQUAL(heard.count, 2);
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  reactor = open_reactor(&f, &heard, LARIAT_LOG_ERROR);
  lr_log_say(reactor, LR_LOG_DESYNC, &field, 1);
  CU_ASSERT_EQUAL(heard.count, 0);
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  fixture_close(&f);
}

/* Ten in a second of each; what was left out is told with the next. */
static void test_rate(void) {
  struct fixture f;
  struct heard heard;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_reactor *reactor = open_reactor(&f, &heard, LARIAT_LOG_DEBUG);
  for (int i = 0; i < 25; i++) lr_log_say(reactor, LR_LOG_DENIED, NULL, 0);
  CU_ASSERT_EQUAL(heard.count, 10);
  lr_log_say(reactor, LR_LOG_NO_DESCRIPTOR, NULL, 0); /* another message */
  CU_ASSERT_EQUAL(heard.count, 11);
  CU_ASSERT_EQUAL(heard.suppressed, 0);
  lariat_virtual_clock_move(f.virtual_clock, 999);
  lr_log_say(reactor, LR_LOG_DENIED, NULL, 0);
  CU_ASSERT_EQUAL(heard.count, 11);
  lariat_virtual_clock_move(f.virtual_clock, 1);
  lr_log_say(reactor, LR_LOG_DENIED, NULL, 0);
  CU_ASSERT_EQUAL(heard.count, 12);
  CU_ASSERT_EQUAL(heard.suppressed, 16);
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  fixture_close(&f);
}

/* A failure that nobody handles goes to the log, unless there is a report. */
static void test_unhandled(void) {
  struct fixture f;
  struct heard heard;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  lariat_reactor *reactor = open_reactor(&f, &heard, 0);
  lariat_deferred_release(
      lariat_deferred_fail(reactor, LARIAT_EUSER, "nobody listens"));
  CU_ASSERT_EQUAL(lariat_reactor_run_once(reactor, 0), LARIAT_OK);
  CU_ASSERT_EQUAL(heard.count, 1);
  CU_ASSERT_EQUAL(heard.level, LARIAT_LOG_ERROR);
  CU_ASSERT_PTR_NOT_NULL(strstr(heard.text, "nobody listens"));
  CU_ASSERT_EQUAL(lariat_reactor_close(reactor, 0), LARIAT_OK);
  fixture_close(&f);
}

/* ---- Pools ---- */

static lr_atomic_u32 begun, ended;

static void count(const lariat_log_record *record, void *context) {
  (void)context;
  lr_atomic_u32 *which = strstr(record->message, "begun") ? &begun : &ended;
  if (record->level == LARIAT_LOG_INFO) lr_u32_add_relaxed(which, 1);
}

static void test_pool(void) {
  struct fixture f;
  lariat_pool *pool = NULL;
  lariat_pool_options options = lariat_pool_defaults();
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_u32_init(&begun, 0);
  lr_u32_init(&ended, 0);
  options.reactors = 3;
  options.log = (lariat_log){count, NULL, LARIAT_LOG_INFO};
  CU_ASSERT_EQUAL_FATAL(lariat_pool_new(&options, &pool), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(pool, 0), LARIAT_OK);
  lariat_pool_release(pool);
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&begun), 3);
  CU_ASSERT_EQUAL(lr_u32_load_relaxed(&ended), 3);
  fixture_close(&f);
}

static void test_names(void) {
  CU_ASSERT_STRING_EQUAL(lariat_log_level_name(LARIAT_LOG_ERROR), "error");
  CU_ASSERT_STRING_EQUAL(lariat_log_level_name(LARIAT_LOG_DEBUG), "debug");
  CU_ASSERT_STRING_EQUAL(lariat_log_level_name((lariat_log_level)7), "unknown");
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"levels", test_levels},
      {"the rate", test_rate},
      {"unhandled failures", test_unhandled},
      {"a pool", test_pool},
      {"names", test_names},
  };
  return fixture_main("log", tests, FIXTURE_COUNT(tests), argc, argv);
}
