/* SPDX-License-Identifier: MIT
 * access_log_test.c: access logs replayed: lines of nginx and Apache, formats,
 * what is left out, and when each request is due. */
#include <lariat/load/input.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/source.h"
#include "support/fixture.h"

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)

struct replay {
  lariat_load_requests *requests;
  lariat_status status;
  lariat_load_error error;
  uint64_t taken;
  uint64_t skipped[LARIAT_LOAD_SKIPS];
};

static lariat_load_input_options options_of(const char *log_format) {
  lariat_load_input_options options = lariat_load_input_defaults();
  options.format = LARIAT_LOAD_ACCESS_LOG;
  options.target = "http://localhost:8080";
  options.log_format = log_format;
  options.seed = 3;
  return options;
}

static struct replay read_log(const lariat_load_input_options *options,
                              const char *text) {
  struct replay replay;
  lariat_load_input *input;
  if (lariat_load_requests_new(&replay.requests) != LARIAT_OK) abort();
  replay.status =
      lariat_load_input_new(replay.requests, options, &input, &replay.error);
  if (replay.status != LARIAT_OK) return replay;
  replay.status =
      lariat_load_input_feed(input, text, strlen(text), &replay.error);
  if (replay.status == LARIAT_OK)
    replay.status = lariat_load_input_end(input, &replay.error);
  replay.taken = lariat_load_input_taken(input);
  for (int i = 0; i < LARIAT_LOAD_SKIPS; i++)
    replay.skipped[i] = lariat_load_input_skipped(input, (lariat_load_skip)i);
  lariat_load_input_free(input);
  return replay;
}

/* Writes the first line of each request, without its version. */
static void describe(const lariat_load_requests *requests, char *out,
                     size_t size) {
  lr_load_source *source;
  lr_load_message m;
  size_t length = 0;
  if (lr_load_source_new(requests, &source) != LARIAT_OK) abort();
  out[0] = '\0';
  for (uint64_t i = 0; lr_load_source_take(source, i, &m) == LR_LOAD_MESSAGE;
       i++) {
    const char *end = memmem(m.bytes, m.length, " HTTP/", 6);
    length += (size_t)snprintf(out + length, size - length, "%.*s\n",
                               (int)(end - m.bytes), m.bytes);
  }
  lr_load_source_free(source);
}

static void require_log(const lariat_load_input_options *options,
                        const char *text, const char *expected) {
  char log[2000];
  struct replay replay = read_log(options, text);
  if (replay.status != LARIAT_OK) fixture_fail("%s", replay.error.message);
  describe(replay.requests, log, sizeof log);
  if (strcmp(log, expected) != 0) fixture_fail("%s: %s", text, log);
  lariat_load_requests_free(replay.requests);
}

static uint64_t due_of(const struct replay *replay, uint64_t index) {
  uint64_t at_ns = UINT64_MAX;
  if (!lr_load_requests_due(replay->requests, index, &at_ns))
    fixture_fail("no instant %ju", (uintmax_t)index);
  return at_ns;
}

/* ---- Lines ---- */

#define LINE(second, request)                                                  \
  "192.0.2.1 - me [30/Nov/2026:13:50:" second " +0000] \"" request             \
  "\" 200 5 \"-\" \"curl/7.88.1\"\n"

static void test_combined(void) {
  lariat_load_input_options options = options_of(NULL);
  require_log(&options,
              LINE("02", "GET /b?x=%20#y HTTP/1.1") /* sorted by time */
              "::1 - - [30/Nov/2026:14:50:01 +0100] \"HEAD / HTTP/1.0\" 200 -\n"
              "srv:80 192.0.2.1 - - [30/Nov/2026:13:50:03 +0000] "
              "\"GET http://srv/c HTTP/1.1\" 200 1\n",
              "HEAD /\nGET /b?x=%20#y\nGET /c\n");
}

/* What was sent is sent: nothing is normalised, escapes of logs are undone. */
static void test_targets(void) {
  lariat_load_input_options options = options_of(NULL);
  require_log(&options,
              LINE("01", "GET /a/../%7eb//c HTTP/1.1")
                  LINE("02", "GET /\\x22\\xC3\\xA9 HTTP/1.1")
                      LINE("03", "GET /\\\"\\\\ HTTP/1.1"),
              "GET /a/../%7eb//c\nGET /\"\xc3\xa9\nGET /\"\\\n");
}

static void test_skipped(void) {
  lariat_load_input_options options = options_of(NULL);
  struct replay replay = read_log(
      &options,
      LINE("01", "POST / HTTP/1.1") LINE("01", "\\x16\\x03\\x01")
          LINE("01", "-") LINE("01", "GET /a b HTTP/1.1")
              LINE("01", "GET /\\x00 HTTP/1.1") "nothing\n\n" LINE(
                  "01", "OPTIONS * HTTP/1.1") LINE("61", "GET / HTTP/1.1")
                  LINE("01", "GET / HTTP/1.1"));
  CU_ASSERT_EQUAL(replay.status, LARIAT_OK);
  CU_ASSERT_EQUAL(replay.taken, 1);
  CU_ASSERT_EQUAL(replay.skipped[LARIAT_LOAD_SKIP_METHOD], 1);
  CU_ASSERT_EQUAL(replay.skipped[LARIAT_LOAD_SKIP_BROKEN], 7);
  lariat_load_requests_free(replay.requests);
  options.unsafe = true;
  require_log(&options, LINE("01", "POST / HTTP/1.1"), "POST /\n");
}

static void test_nothing(void) {
  lariat_load_input_options options = options_of(NULL);
  struct replay replay = read_log(&options, LINE("01", "PUT / HTTP/1.1") "x\n");
  CU_ASSERT_EQUAL(replay.status, LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(replay.error.message,
                         "no request to replay: 1 lines are not of the format, "
                         "1 have other methods than GET and HEAD");
  lariat_load_requests_free(replay.requests);
}

/* ---- Instants ---- */

/* Those of one second are spread over it, each in its own part. */
static void test_spread(void) {
  lariat_load_input_options options = options_of(NULL);
  struct replay replay = read_log(
      &options, LINE("01", "GET /1 HTTP/1.1") LINE("01", "GET /2 HTTP/1.1")
                    LINE("01", "GET /3 HTTP/1.1") LINE("01", "GET /4 HTTP/1.1")
                        LINE("05", "GET /5 HTTP/1.1"));
  CU_ASSERT_EQUAL(lariat_load_requests_count(replay.requests), 5);
  CU_ASSERT_EQUAL(lr_load_requests_total(replay.requests), 5);
  CU_ASSERT_EQUAL(due_of(&replay, 0), 0);
  for (uint64_t i = 1; i < 4; i++) {
    /* From the first one, which is in the first quarter. */
    CU_ASSERT_TRUE(due_of(&replay, i) > (i - 1) * S / 4);
    CU_ASSERT_TRUE(due_of(&replay, i) < (i + 1) * S / 4);
  }
  CU_ASSERT_TRUE(due_of(&replay, 4) > 3 * S && due_of(&replay, 4) < 5 * S);
  uint64_t none;
  CU_ASSERT_FALSE(lr_load_requests_due(replay.requests, 5, &none));
  lariat_load_requests_free(replay.requests);
}

static void test_msec(void) {
  lariat_load_input_options options =
      options_of("$msec ${request_time} \"$request\" $status");
  struct replay replay =
      read_log(&options, "1796046601.500 1.250 \"GET /1 HTTP/1.1\" 2\n"
                         "1796046601.000 0.000 \"GET /2 HTTP/1.1\" 2\n"
                         "1796046602.000 0.000 \"GET /3 HTTP/1.1\" 2\n"
                         "1796046602.000 0.000 \"GET /4 HTTP/1.1\" 2\n"
                         "1796046602.000 - \"GET /5 HTTP/1.1\" 2\n");
  char log[200];
  CU_ASSERT_EQUAL(replay.status, LARIAT_OK);
  describe(replay.requests, log, sizeof log);
  CU_ASSERT_STRING_EQUAL(log, "GET /1\nGET /2\nGET /3\nGET /4\n");
  CU_ASSERT_EQUAL(due_of(&replay, 0), 0);
  CU_ASSERT_EQUAL(due_of(&replay, 1), 750 * MS);
  CU_ASSERT_EQUAL(due_of(&replay, 2), 1750 * MS);
  CU_ASSERT_EQUAL(due_of(&replay, 3), 1750 * MS);
  CU_ASSERT_EQUAL(replay.skipped[LARIAT_LOAD_SKIP_BROKEN], 1);
  lariat_load_requests_free(replay.requests);
}

static void test_speed(void) {
  lariat_load_input_options options = options_of("$msec $request_method "
                                                 "$request_uri!");
  options.speed = 2.5;
  struct replay replay = read_log(&options, "1796046601.000 GET /1!\n"
                                            "1796046602.000 GET /1!\n"
                                            "1796046603.000 GET /2!\n");
  CU_ASSERT_EQUAL(replay.status, LARIAT_OK);
  CU_ASSERT_EQUAL(due_of(&replay, 1), 400 * MS);
  CU_ASSERT_EQUAL(due_of(&replay, 2), 800 * MS);
  lariat_load_requests_free(replay.requests);
}

/* The same log and seed give the same plan; another seed another one. */
static void test_seed(void) {
  static const char text[] =
      LINE("01", "GET /1 HTTP/1.1") LINE("01", "GET /2 HTTP/1.1");
  lariat_load_input_options options = options_of(NULL);
  struct replay a = read_log(&options, text);
  struct replay b = read_log(&options, text);
  options.seed = 4;
  struct replay c = read_log(&options, text);
  CU_ASSERT_EQUAL(due_of(&a, 1), due_of(&b, 1));
  CU_ASSERT_NOT_EQUAL(due_of(&a, 1), due_of(&c, 1));
  CU_ASSERT_EQUAL(lr_load_requests_hash(a.requests),
                  lr_load_requests_hash(b.requests));
  CU_ASSERT_NOT_EQUAL(lr_load_requests_hash(a.requests),
                      lr_load_requests_hash(c.requests));
  lariat_load_requests_free(a.requests);
  lariat_load_requests_free(b.requests);
  lariat_load_requests_free(c.requests);
}

/* ---- Options ---- */

static void require_refusal(const lariat_load_input_options *options,
                            size_t byte, const char *message) {
  struct replay replay = read_log(options, "");
  CU_ASSERT_EQUAL(replay.status, LARIAT_EINVAL);
  if (!strstr(replay.error.message, message) || replay.error.byte != byte)
    fixture_fail("\"%s\" at %zu, not \"%s\"", replay.error.message,
                 replay.error.byte, message);
  lariat_load_requests_free(replay.requests);
}

static void test_refusals(void) {
  lariat_load_input_options options = options_of("$request");
  require_refusal(&options, 0, "no time");
  options = options_of("$msec $request_method");
  require_refusal(&options, 0, "neither $request nor");
  options = options_of("$msec$request");
  require_refusal(&options, 5, "nothing between two variables at byte 5");
  options = options_of("$msec $ $request");
  require_refusal(&options, 6, "no variable behind '$' at byte 6");
  options = options_of(NULL);
  options.target = NULL;
  require_refusal(&options, 0, "a log needs a target");
  options.target = "nothing";
  require_refusal(&options, 0, "the target is not a URL");
  options.target = "http://a/b";
  require_refusal(&options, 0, "the target has a path");
  options.target = "http://a/";
  options.speed = 0;
  require_refusal(&options, 0, "the speed is not");
}

/* A replay has no other requests. */
static void test_alone(void) {
  lariat_load_input_options options = options_of(NULL);
  lariat_load_request request = {.size = sizeof(request), .url = "http://a/"};
  lariat_load_input *input;
  lariat_load_error error;
  struct replay replay = read_log(&options, LINE("01", "GET / HTTP/1.1"));
  CU_ASSERT_EQUAL(lariat_load_requests_add(replay.requests, &request, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_EQUAL(
      lariat_load_input_new(replay.requests, &options, &input, &error),
      LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "a replay takes no other requests");
  lariat_load_requests_free(replay.requests);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"common, combined, and others like them", test_combined},
      {"targets as they were sent", test_targets},
      {"what is left out, by reason", test_skipped},
      {"a log without a request", test_nothing},
      {"a second's requests are spread over it", test_spread},
      {"milliseconds, and how long it took", test_msec},
      {"faster than it was", test_speed},
      {"the seed decides", test_seed},
      {"options that make no sense", test_refusals},
      {"a replay is alone", test_alone},
  };
  return fixture_main("access_log", tests, FIXTURE_COUNT(tests), argc, argv);
}
