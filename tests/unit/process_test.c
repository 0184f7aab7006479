/* SPDX-License-Identifier: MIT
 * process_test.c: forks, messages, misuse, the clock. */
#include "base/process.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fixture.h"
#include <lariat/checks.h>

static void test_generation(void) {
  uint32_t here = lr_process_generation();
  CU_ASSERT_EQUAL(here, lr_process_generation());
  pid_t child = fork();
  CU_ASSERT_TRUE_FATAL(child >= 0);
  if (child == 0) _exit(lr_process_generation() != here ? 0 : 1);
  int state = 1;
  CU_ASSERT_EQUAL(waitpid(child, &state, 0), child);
  CU_ASSERT_EQUAL(state, 0);
  CU_ASSERT_EQUAL(here, lr_process_generation());
}

/* Runs `speak` with standard error going to a pipe; how much came. */
static size_t receiving(void (*speak)(void), char *text, size_t capacity) {
  int ends[2];
  CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
  int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  speak();
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(ends[1]);
  ssize_t got = read(ends[0], text, capacity - 1);
  close(ends[0]);
  text[got > 0 ? got : 0] = '\0';
  return got > 0 ? (size_t)got : 0;
}

static void say_hello(void) {
  errno = EPERM;
  lr_process_say("hello, %s %d", "world", 7);
}

static void say_much(void) {
  char much[5000];
  memset(much, 'm', sizeof much);
  much[sizeof much - 1] = '\0';
  lr_process_say("%s", much);
}

static void test_say(void) {
  char text[6000];
  receiving(say_hello, text, sizeof text);
  CU_ASSERT_STRING_EQUAL(text, "lariat: hello, world 7\n");
  CU_ASSERT_EQUAL(errno, EPERM);
  size_t length = receiving(say_much, text, sizeof text);
  CU_ASSERT_TRUE(length > 500);
  CU_ASSERT_EQUAL(text[length - 1], '\n');
  CU_ASSERT_EQUAL(strncmp(text, "lariat: mmm", 11), 0);
}

static void misuse(void *context) {
  lariat_set_checks(*(const bool *)context);
  lr_misuse("a thing was done wrong");
}

static void test_misuse(void) {
  bool on = true;
  bool off = false;
  CU_ASSERT_TRUE(fixture_aborts(misuse, &on));
  CU_ASSERT_FALSE(fixture_aborts(misuse, &off));
}

static void test_checks(void) {
  CU_ASSERT_TRUE(lariat_checks());
  lariat_set_checks(false);
  CU_ASSERT_FALSE(lariat_checks());
  lariat_set_checks(true);
  CU_ASSERT_TRUE(lariat_checks());
}

static void test_thread_name(void) {
  char before[16];
  char name[16];
  lr_process_thread_name(before);
  prctl(PR_SET_NAME, "fifteen-letters");
  lr_process_thread_name(name);
  CU_ASSERT_STRING_EQUAL(name, "fifteen-letters");
  prctl(PR_SET_NAME, before);
}

static void test_clock(void) {
  const lariat_clock *clock = lariat_clock_system();
  CU_ASSERT_FALSE(clock->manual);
  uint64_t last = clock->now_ns(clock->context);
  CU_ASSERT_TRUE(last > 0);
  for (int i = 0; i < 1000; i++) {
    uint64_t now = clock->now_ns(clock->context);
    CU_ASSERT_TRUE(now >= last);
    last = now;
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a forked child has another generation", test_generation},
      {"a message is one line", test_say},
      {"misuse aborts when checks are on", test_misuse},
      {"checks can be switched", test_checks},
      {"a thread's name can be had", test_thread_name},
      {"the clock never goes back", test_clock},
  };
  return fixture_main("process", tests, FIXTURE_COUNT(tests), argc, argv);
}
