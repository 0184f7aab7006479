/* SPDX-License-Identifier: MIT
 * labels: unchecked
 * core_test.c: Twisted's internet/test/test_core.py: runs, stops, crashes, and
 * the triggers around them. */
#include <lariat/later.h>
#include <lariat/trigger.h>

#include <signal.h>
#include <unistd.h>

#include "conformance/task.h"

/* What happened, a word each. */
struct diary {
  struct fixture f;
  char text[256];
};

static void open_diary(struct diary *diary) {
  diary->text[0] = '\0';
  fixture_open(&diary->f, FIXTURE_PLAIN);
}

static void close_diary(struct diary *diary) { fixture_close(&diary->f); }

static void write_down(struct diary *diary, const char *word) {
  size_t length = strlen(diary->text);
  snprintf(diary->text + length, sizeof diary->text - length, "%s ", word);
}

/* A word and the diary that it is to be written into. */
struct word {
  struct diary *diary;
  const char *text;
};

static void say(void *context) {
  const struct word *word = context;
  write_down(word->diary, word->text);
}

static lariat_value say_trigger(void *context) {
  say(context);
  return lariat_none();
}

static void stop(void *context) {
  CU_ASSERT_EQUAL(lariat_reactor_stop(context), LARIAT_OK);
}

static void when_running(struct diary *diary, lariat_call call, void *context) {
  CU_ASSERT_EQUAL(
      lariat_reactor_call_when_running(diary->f.reactor, call, context, NULL),
      LARIAT_OK);
}

static void add(struct diary *diary, lariat_event event,
                lariat_trigger_phase phase, lariat_function function,
                void *context) {
  CU_ASSERT_EQUAL(lariat_reactor_add_trigger(diary->f.reactor, event, phase,
                                             function, context, NULL, NULL),
                  LARIAT_OK);
}

static void run(struct diary *diary) {
  CU_ASSERT_EQUAL(lariat_reactor_run(diary->f.reactor), LARIAT_OK);
}

#define SEEN(expected) CU_ASSERT_STRING_EQUAL(diary.text, expected)

/* The stop is remembered, other than in Twisted: see reactor.h. */
static void SystemEventTestsBuilder_test_stopWhenNotStarted(void) {
  struct diary diary;
  open_diary(&diary);
  CU_ASSERT_EQUAL(lariat_reactor_stop(diary.f.reactor), LARIAT_ENOTRUNNING);
  close_diary(&diary);
}

static void SystemEventTestsBuilder_test_stopWhenAlreadyStopped(void) {
  struct diary diary;
  open_diary(&diary);
  when_running(&diary, stop, diary.f.reactor);
  run(&diary);
  CU_ASSERT_EQUAL(lariat_reactor_stop(diary.f.reactor), LARIAT_ENOTRUNNING);
  close_diary(&diary);
}

static void SystemEventTestsBuilder_test_callWhenRunningOrder(void) {
  struct diary diary;
  struct word first = {&diary, "first"}, second = {&diary, "second"};
  open_diary(&diary);
  when_running(&diary, say, &first);
  when_running(&diary, say, &second);
  when_running(&diary, stop, diary.f.reactor);
  run(&diary);
  SEEN("first second ");
  close_diary(&diary);
}

static lariat_value say_running(void *context) {
  struct word *word = context;
  write_down(word->diary, word->text);
  bool running = lariat_reactor_running(word->diary->f.reactor);
  write_down(word->diary, running ? "yes" : "no");
  return lariat_none();
}

static void SystemEventTestsBuilder_test_runningForStartupEvents(void) {
  struct diary diary;
  struct word before = {&diary, "before"}, during = {&diary, "during"},
              after = {&diary, "after"};
  open_diary(&diary);
  add(&diary, LARIAT_STARTUP, LARIAT_BEFORE, say_running, &before);
  add(&diary, LARIAT_STARTUP, LARIAT_DURING, say_running, &during);
  add(&diary, LARIAT_STARTUP, LARIAT_AFTER, say_running, &after);
  when_running(&diary, stop, diary.f.reactor);
  SEEN("");
  run(&diary);
  SEEN("before no during yes after yes ");
  close_diary(&diary);
}

static lariat_value say_handler(void *context) {
  struct word *word = context;
  struct sigaction now;
  sigaction(SIGTERM, NULL, &now);
  write_down(word->diary, word->text);
  write_down(word->diary, now.sa_handler == SIG_DFL ? "default" : "ours");
  return lariat_none();
}

static void
SystemEventTestsBuilder_test_signalHandlersInstalledDuringStartup(void) {
  struct diary diary;
  struct word before = {&diary, "before"}, after = {&diary, "after"};
  open_diary(&diary);
  CU_ASSERT_EQUAL(lariat_reactor_handle_signals(diary.f.reactor, true),
                  LARIAT_OK);
  add(&diary, LARIAT_STARTUP, LARIAT_BEFORE, say_handler, &before);
  add(&diary, LARIAT_STARTUP, LARIAT_AFTER, say_handler, &after);
  when_running(&diary, stop, diary.f.reactor);
  run(&diary);
  SEEN("before default after ours ");
  close_diary(&diary);
}

static void SystemEventTestsBuilder_test_stopShutDownEvents(void) {
  struct diary diary;
  struct word before = {&diary, "before"}, during = {&diary, "during"},
              after = {&diary, "after"};
  open_diary(&diary);
  add(&diary, LARIAT_SHUTDOWN, LARIAT_AFTER, say_trigger, &after);
  add(&diary, LARIAT_SHUTDOWN, LARIAT_BEFORE, say_trigger, &before);
  add(&diary, LARIAT_SHUTDOWN, LARIAT_DURING, say_trigger, &during);
  when_running(&diary, stop, diary.f.reactor);
  run(&diary);
  SEEN("before during after ");
  close_diary(&diary);
}

static void stop_and_say(void *context) {
  struct diary *diary = context;
  stop(diary->f.reactor);
  write_down(diary, "stopped");
}

static void
SystemEventTestsBuilder_test_shutdownFiresTriggersAsynchronously(void) {
  struct diary diary;
  struct word before = {&diary, "before-shutdown"};
  open_diary(&diary);
  add(&diary, LARIAT_SHUTDOWN, LARIAT_BEFORE, say_trigger, &before);
  when_running(&diary, stop_and_say, &diary);
  SEEN("");
  run(&diary);
  SEEN("stopped before-shutdown ");
  close_diary(&diary);
}

static void do_nothing(int fd, void *context) {
  (void)fd;
  (void)context;
}

static void say_and_fail(void *context) {
  const struct word *word = context;
  write_down(word->diary, word->text);
  lariat_deferred_release(
      lariat_deferred_fail(word->diary->f.reactor, LARIAT_EUSER, "simulated"));
}

/* A reader's connectionLost is the destructor of its context, which the close
 * runs; a failure in one, which has nobody to be returned to, is reported. */
static void SystemEventTestsBuilder_test_shutdownDisconnectsCleanly(void) {
  struct diary diary;
  struct word bad = {&diary, "problematic"}, good = {&diary, "ok"};
  int ends[2];
  CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
  open_diary(&diary);
  CU_ASSERT_EQUAL(lariat_reactor_add_reader(diary.f.reactor, ends[0],
                                            do_nothing, &bad, say_and_fail),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_reactor_add_writer(diary.f.reactor, ends[1],
                                            do_nothing, &good, say),
                  LARIAT_OK);
  when_running(&diary, stop, diary.f.reactor);
  run(&diary);
  fixture_expect_reports(&diary.f, 1);
  close_diary(&diary);
  SEEN("problematic ok ");
  close(ends[0]);
  close(ends[1]);
}

static void run_again(void *context) {
  struct diary *diary = context;
  CU_ASSERT_EQUAL(lariat_reactor_run(diary->f.reactor), LARIAT_EALREADY);
  write_down(diary, "tested");
}

static void SystemEventTestsBuilder_test_multipleRun(void) {
  struct diary diary;
  open_diary(&diary);
  when_running(&diary, run_again, &diary);
  when_running(&diary, stop, diary.f.reactor);
  run(&diary);
  SEEN("tested ");
  close_diary(&diary);
}

static lariat_value call_back_and_stop(lariat_value result, void *context) {
  struct diary *diary = context;
  write_down(diary, "callback");
  stop(diary->f.reactor);
  return lariat_value_drop(result);
}

static lariat_value trigger_later(void *context) {
  struct diary *diary = context;
  write_down(diary, "trigger");
  lariat_deferred *d = lariat_later(diary->f.reactor, 0, NULL, NULL, NULL);
  return lariat_deferred_value(
      lariat_deferred_add_callback(d, call_back_and_stop, diary));
}

static void
SystemEventTestsBuilder_test_runWithAsynchronousBeforeStartupTrigger(void) {
  struct diary diary;
  open_diary(&diary);
  add(&diary, LARIAT_STARTUP, LARIAT_BEFORE, trigger_later, &diary);
  run(&diary);
  SEEN("trigger callback ");
  close_diary(&diary);
}

static void crash(void *context) {
  CU_ASSERT_EQUAL(lariat_reactor_crash(context), LARIAT_OK);
}

static void SystemEventTestsBuilder_test_iterate(void) {
  struct diary diary;
  lariat_timer timer;
  open_diary(&diary);
  CU_ASSERT_EQUAL(lariat_reactor_call_later(diary.f.reactor, 5000, crash,
                                            diary.f.reactor, NULL, &timer),
                  LARIAT_OK);
  uint64_t start_ms = fixture_real_ms();
  CU_ASSERT_EQUAL(lariat_reactor_run_once(diary.f.reactor, 0), LARIAT_OK);
  CU_ASSERT_TRUE(fixture_real_ms() - start_ms < 2000);
  CU_ASSERT_EQUAL(lariat_reactor_cancel_timer(diary.f.reactor, timer),
                  LARIAT_OK);
  close_diary(&diary);
}

static void crash_later(void *context) {
  CU_ASSERT_EQUAL(
      lariat_reactor_call_later(context, 0, crash, context, NULL, NULL),
      LARIAT_OK);
}

static void SystemEventTestsBuilder_test_crash(void) {
  struct diary diary;
  struct word before = {&diary, "before-shutdown"};
  open_diary(&diary);
  add(&diary, LARIAT_SHUTDOWN, LARIAT_BEFORE, say_trigger, &before);
  when_running(&diary, crash_later, diary.f.reactor);
  run(&diary);
  CU_ASSERT_FALSE(lariat_reactor_running(diary.f.reactor));
  SEEN("");
  close_diary(&diary);
}

static void crash_and_say(void *context) {
  struct diary *diary = context;
  write_down(diary, "crash");
  crash(diary->f.reactor);
}

static void say_running_and_stop(void *context) {
  struct word *word = context;
  say_running(word);
  stop(word->diary->f.reactor);
}

static void SystemEventTestsBuilder_test_runAfterCrash(void) {
  struct diary diary;
  struct word word = {&diary, "stop"};
  open_diary(&diary);
  when_running(&diary, crash_and_say, &diary);
  run(&diary);
  when_running(&diary, say_running_and_stop, &word);
  run(&diary);
  SEEN("crash stop yes ");
  close_diary(&diary);
}

static lariat_value restart(void *context) {
  run_again(context);
  return lariat_none();
}

/* From its own shutdown a reactor cannot be run; afterwards it can, other than
 * in Twisted, where nothing makes it new. */
static void SystemEventTestsBuilder_test_runAfterStop(void) {
  struct diary diary;
  open_diary(&diary);
  when_running(&diary, stop, diary.f.reactor);
  add(&diary, LARIAT_SHUTDOWN, LARIAT_AFTER, restart, &diary);
  run(&diary);
  SEEN("tested ");
  when_running(&diary, stop, diary.f.reactor);
  run(&diary);
  SEEN("tested ");
  close_diary(&diary);
}

#define CORE(test) CASE(SystemEventTestsBuilder, test)

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      CORE(test_stopWhenNotStarted),
      CORE(test_stopWhenAlreadyStopped),
      CORE(test_callWhenRunningOrder),
      CORE(test_runningForStartupEvents),
      CORE(test_signalHandlersInstalledDuringStartup),
      CORE(test_stopShutDownEvents),
      CORE(test_shutdownFiresTriggersAsynchronously),
      CORE(test_shutdownDisconnectsCleanly),
      CORE(test_multipleRun),
      CORE(test_runWithAsynchronousBeforeStartupTrigger),
      CORE(test_iterate),
      CORE(test_crash),
      CORE(test_runAfterCrash),
      CORE(test_runAfterStop),
  };
  return fixture_main("test_core", tests, FIXTURE_COUNT(tests), argc, argv);
}
