/* SPDX-License-Identifier: MIT
 * The view of a run on a terminal: what its lines say, and that they are there
 * on a terminal alone, and gone when the run has ended. */
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <unistd.h>

#include "load/live.h"
#include "program/load/load_support.h"

#define MS_NS UINT64_C(1000000)

static char lines[LIVE_LINES][LIVE_LINE_CAPACITY];

static void expect_line(size_t index, const char *expected) {
  if (strcmp(lines[index], expected) != 0)
    fixture_fail("line %zu: \"%s\", not \"%s\"", index, lines[index], expected);
}

static void lines_of_an_open_run(void) {
  struct live_state state = {.total_ns = 60000 * MS_NS,
                             .elapsed_ns = 12300 * MS_NS,
                             .seconds = 12,
                             .asked = 2000,
                             .got = 1990,
                             .answered = 23990,
                             .failed = 10,
                             .p50_ns = 1200000,
                             .p99_ns = 61200000,
                             .max_ns = 1100000000,
                             .late_p99_ns = 21400,
                             .p99s = {0, 30600000, 61200000},
                             .p99_count = 3};
  live_describe(&state, true, lines);
  expect_line(0, "0:00:48 left  asked 2000/s  got 1990/s  failures 10");
  expect_line(1, "last second: p50 1.2 ms  p99 61.2 ms  max 1.1 s");
  expect_line(2, "our own lateness: p99 21 us");
  expect_line(3, "p99 \u2581\u2585\u2588");
  live_describe(&state, false, lines);
  expect_line(3, "p99 .+@");
}

static void lines_before_the_first_second(void) {
  struct live_state state = {
      .requests = 100, .asked = -1, .begins_in_ns = 1500 * MS_NS};
  live_describe(&state, true, lines);
  expect_line(0, "warm-up, begins in 0:00:02");
  expect_line(1, "");
  state.begins_in_ns = 0;
  state.elapsed_ns = 5 * MS_NS;
  state.answered = 7;
  live_describe(&state, true, lines);
  expect_line(0, "7 of 100 requests");
  state.seconds = 1;
  state.got = 7;
  live_describe(&state, true, lines);
  expect_line(0, "7 of 100 requests  got 7/s  failures 0");
}

static void lines_before_an_agreed_start(void) {
  struct live_state state = {.requests = 100,
                             .asked = -1,
                             .warm_up_ns = 2000 * MS_NS,
                             .start_at_ns = INT64_C(1796047200250000000),
                             .begins_in_ns = 299500 * MS_NS};
  live_describe(&state, true, lines);
  expect_line(0, "waiting for 2026-11-30T14:00:00Z, begins in 0:05:00");
  expect_line(1, "");
  state.begins_in_ns = 2000 * MS_NS;
  live_describe(&state, true, lines);
  expect_line(0, "warm-up, begins in 0:00:02");
}

/* A terminal, and what was written to it. */
struct terminal {
  int master;
  size_t length;
  char text[65536];
};

static void *read_terminal(void *context) {
  struct terminal *terminal = context;
  for (;;) {
    ssize_t got = read(terminal->master, terminal->text + terminal->length,
                       sizeof terminal->text - 1 - terminal->length);
    if (got <= 0) return NULL;
    terminal->length += (size_t)got;
  }
}

static void a_terminal_is_drawn_on(void) {
  struct terminal *terminal = calloc(1, sizeof *terminal);
  struct load_test t;
  pthread_t reader;
  int slave;
  if (!terminal || openpty(&terminal->master, &slave, NULL, NULL, NULL) != 0 ||
      pthread_create(&reader, NULL, read_terminal, terminal) != 0)
    abort();
  load_open(&t);
  t.program.error = slave;
  LOAD_RUN(&t, "-d", "2100ms", "--warm-up", "0", "-c", "1",
           load_url(&t, "/wait/1"));
  close(slave);
  pthread_join(reader, NULL);
  close(terminal->master);
  CU_ASSERT_PTR_NOT_NULL(strstr(terminal->text, "last second: p50 "));
  CU_ASSERT_PTR_NOT_NULL(strstr(terminal->text, "\033[4A\r\033[J"));
  CU_ASSERT_PTR_NULL(strchr(t.program.out, '\033'));
  load_close(&t);
  free(terminal);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"lines of an open run", lines_of_an_open_run},
      {"lines before the first second", lines_before_the_first_second},
      {"lines before an agreed start", lines_before_an_agreed_start},
      {"a terminal is drawn on", a_terminal_is_drawn_on},
  };
  return fixture_main("load live", tests, FIXTURE_COUNT(tests), argc, argv);
}
