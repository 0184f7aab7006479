/* SPDX-License-Identifier: MIT
 * load_source_test.c: whole runs whose requests come from tables, flows, logs
 * and pipes: what the server gets is what was meant, each once. */
#include <lariat/load/input.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/result.h"
#include "support/fixture.h"
#include "support/origin.h"
#include <lariat/load/request_pipe.h>
#include <lariat/load/run.h>
#include <lariat/load/variables.h>

struct test {
  struct fixture f;
  struct origin *origin;
  lariat_load_requests *requests;
  lariat_load_run_options options;
  lariat_load_run *run;
  const lariat_load_result *result;
  bool over;
};

static void open_test(struct test *t) {
  memset(t, 0, sizeof *t);
  fixture_open(&t->f, FIXTURE_PLAIN);
  t->origin = origin_start(NULL);
  CU_ASSERT_EQUAL(lariat_load_requests_new(&t->requests), LARIAT_OK);
  lariat_load_requests_set_order(t->requests, LARIAT_LOAD_IN_ORDER, 0);
  t->options = lariat_load_run_defaults();
  t->options.requests = t->requests;
  t->options.warm_up_ns = 0;
  t->options.reactors = 1;
  t->options.connections = 40;
}

static void close_test(struct test *t) {
  lariat_load_run_free(t->run);
  lariat_load_requests_free(t->requests);
  origin_stop(t->origin);
  fixture_close(&t->f);
}

static void read_text(struct test *t, const lariat_load_input_options *options,
                      const char *text) {
  lariat_load_input *input;
  lariat_load_error error = {.message = ""};
  lariat_status status =
      lariat_load_input_new(t->requests, options, &input, &error);
  if (status == LARIAT_OK)
    status = lariat_load_input_feed(input, text, strlen(text), &error);
  if (status == LARIAT_OK) status = lariat_load_input_end(input, &error);
  if (status != LARIAT_OK) fixture_fail("%s: %s", text, error.message);
  lariat_load_input_free(input);
}

static lariat_value note_end(lariat_value result, void *context) {
  struct test *t = context;
  t->over = true;
  if (lariat_is_failure(result))
    fixture_fail("%s", lariat_failure_message(result));
  return lariat_value_drop(result);
}

static bool is_over(void *context) { return ((struct test *)context)->over; }

static void run(struct test *t) {
  lariat_load_error error = {.message = ""};
  if (lariat_load_run_new(&t->options, &t->run, &error) != LARIAT_OK) {
    fixture_fail("%s", error.message);
    return;
  }
  t->result = lariat_load_run_result(t->run);
  lariat_deferred_release(
      lariat_deferred_add_both(lariat_load_run_start(t->run), note_end, t));
  CU_ASSERT_TRUE(fixture_run_until(&t->f, is_over, t, 20000));
}

static uint64_t answered(const struct test *t) {
  return lariat_load_result_outcomes(t->result, LARIAT_LOAD_ANSWERED);
}

/* Each row is sent once, also where all connections are opened at once. */
static void test_variables(void) {
  enum { FIRST = 440, ROWS = 40 };
  struct test t;
  char table[ROWS * 4 + 8] = "status\n";
  char url[128];
  open_test(&t);
  for (int i = 0; i < ROWS; i++)
    snprintf(table + strlen(table), 8, "%d\n", FIRST + i);
  CU_ASSERT_EQUAL(
      lariat_load_requests_set_variables(t.requests, table, strlen(table),
                                         LARIAT_LOAD_ROWS_IN_ORDER, NULL),
      LARIAT_OK);
  read_text(&t, NULL, origin_url(t.origin, "/status/{{status}}", url, 128));
  t.options.count = ROWS;
  run(&t);
  for (int i = 0; i < ROWS; i++)
    if (t.result->statuses[FIRST + i] != 1)
      fixture_fail("row %d: %ju times", i,
                   (uintmax_t)t.result->statuses[FIRST + i]);
  close_test(&t);
}

/* Writes a flow: a cookie is set, expected in the next step, and another one is
 * not there, which ends the flow. */
static const char *write_flow(struct test *t, char *text, size_t size) {
  unsigned port = origin_port(t->origin);
  snprintf(text, size,
           "{\"flow\":[{\"url\":\"http://127.0.0.1:%u/login\"},"
           "{\"url\":\"http://127.0.0.1:%u/echo\",\"name\":\"echo\","
           "\"expect\":{\"body_contains\":\"Cookie: id=7\"},\"think_ms\":1},"
           "{\"url\":\"http://127.0.0.1:%u/echo\",\"name\":\"wrong\","
           "\"expect\":{\"body_contains\":\"Cookie: id=8\"}},"
           "{\"url\":\"http://127.0.0.1:%u/page\",\"name\":\"never\"}]}",
           port, port, port, port);
  return text;
}

static void run_flows(struct test *t, const lariat_load_stage *stage) {
  static const char answer[] = "HTTP/1.1 200 OK\r\nSet-Cookie: id=7\r\n"
                               "Content-Length: 0\r\n\r\n";
  static const struct origin_step script[] = {
      {.kind = ORIGIN_SEND, .text = answer}, {.kind = ORIGIN_END}};
  char text[1000];
  CU_ASSERT_TRUE(origin_script(t->origin, "/login", script));
  read_text(t, NULL, write_flow(t, text, sizeof text));
  t->options.count = 20;
  t->options.stages = stage;
  t->options.stage_count = stage != NULL;
  run(t);
}

static void test_closed_flows(void) {
  struct test t;
  open_test(&t);
  run_flows(&t, NULL);
  CU_ASSERT_EQUAL(answered(&t), 40);
  CU_ASSERT_EQUAL(lariat_load_result_outcomes(t.result, LARIAT_LOAD_CHECK), 20);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 60);
  close_test(&t);
}

/* The end of the run ends the flows that are on their way. */
static void test_open_flows(void) {
  const lariat_load_stage stage = {1000000000, 100, 100};
  struct test t;
  open_test(&t);
  run_flows(&t, &stage);
  uint64_t checks = lariat_load_result_outcomes(t.result, LARIAT_LOAD_CHECK);
  CU_ASSERT_TRUE(checks > 0 && checks <= 20);
  CU_ASSERT_TRUE(answered(&t) >= 20 + checks && answered(&t) <= 40);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, answered(&t) + checks);
  close_test(&t);
}

static void test_replay(void) {
  static const char log[] = "1796046601.000 \"GET /page HTTP/1.1\"\n"
                            "1796046601.100 \"HEAD /page?x HTTP/1.1\"\n"
                            "1796046601.100 \"GET /status/404 HTTP/1.1\"\n"
                            "1796046601.250 \"GET /bytes/10 HTTP/1.1\"\n";
  lariat_load_input_options options = lariat_load_input_defaults();
  struct test t;
  char url[128];
  open_test(&t);
  options.format = LARIAT_LOAD_ACCESS_LOG;
  options.log_format = "$msec \"$request\"";
  options.target = origin_url(t.origin, "/", url, sizeof url);
  read_text(&t, &options, log);
  run(&t);
  CU_ASSERT_EQUAL(answered(&t), 3);
  CU_ASSERT_EQUAL(t.result->statuses[404], 1);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 4);
  close_test(&t);
}

static void test_pipe(void) {
  struct test t;
  int fds[2];
  char line[64];
  lariat_load_pipe *pipe;
  open_test(&t);
  CU_ASSERT_EQUAL_FATAL(pipe2(fds, O_CLOEXEC), 0);
  for (int i = 0; i < 300; i++) {
    int length = snprintf(line, sizeof line, "127.0.0.1:%u/%s\n",
                          origin_port(t.origin), i % 3 ? "page" : "status/404");
    CU_ASSERT_EQUAL(write(fds[1], line, (size_t)length), length);
  }
  close(fds[1]);
  CU_ASSERT_EQUAL(
      lariat_load_pipe_open(t.requests, fds[0], LARIAT_LOAD_LINES, &pipe, NULL),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_load_pipe_wait(pipe, 10000, NULL), LARIAT_OK);
  t.options.reactors = 2;
  run(&t);
  CU_ASSERT_EQUAL(answered(&t), 200);
  CU_ASSERT_EQUAL(t.result->statuses[404], 100);
  CU_ASSERT_EQUAL(origin_counts(t.origin).requests, 300);
  CU_ASSERT_EQUAL(lariat_load_pipe_status(pipe, NULL), LARIAT_OK);
  lariat_load_run_free(t.run);
  t.run = NULL;
  lariat_load_pipe_close(pipe);
  close(fds[0]);
  close_test(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"each row of a table once", test_variables},
      {"flows with cookies, closed", test_closed_flows},
      {"flows with cookies, open", test_open_flows},
      {"a log", test_replay},
      {"a pipe, to its end", test_pipe},
  };
  return fixture_main("load_source", tests, FIXTURE_COUNT(tests), argc, argv);
}
