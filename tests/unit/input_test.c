/* SPDX-License-Identifier: MIT
 * input_test.c: lists of URLs, JSON lines, vegeta's targets, however they are
 * cut; and what is wrong with them, and where. */
#include <lariat/load/input.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/source.h"
#include "support/fixture.h"

/* ---- Reading ---- */

struct outcome {
  lariat_load_requests *requests;
  lariat_status status;
  lariat_load_error error;
  uint64_t taken;
};

static lariat_status feed_pieces(lariat_load_input *input, const char *text,
                                 size_t length, size_t size,
                                 lariat_load_error *error) {
  lariat_status status = LARIAT_OK;
  while (length && status == LARIAT_OK) {
    size_t some = size < length ? size : length;
    char *copy = malloc(some);
    if (!copy) abort();
    memcpy(copy, text, some);
    status = lariat_load_input_feed(input, copy, some, error);
    free(copy);
    text += some;
    length -= some;
  }
  return status;
}

static struct outcome read_text(const lariat_load_input_options *options,
                                const char *text, size_t length, size_t size) {
  struct outcome outcome = {.status = LARIAT_ENOMEM};
  lariat_load_input *input;
  if (lariat_load_requests_new(&outcome.requests) != LARIAT_OK) abort();
  outcome.status =
      lariat_load_input_new(outcome.requests, options, &input, &outcome.error);
  if (outcome.status != LARIAT_OK) return outcome;
  outcome.status = feed_pieces(input, text, length, size, &outcome.error);
  if (outcome.status == LARIAT_OK)
    outcome.status = lariat_load_input_end(input, &outcome.error);
  else
    CU_ASSERT_EQUAL(lariat_load_input_end(input, NULL), outcome.status);
  outcome.taken = lariat_load_input_taken(input);
  lariat_load_input_free(input);
  return outcome;
}

/* Writes the first line, the server, body and name of each request. */
static void describe(const lariat_load_requests *requests, char *out,
                     size_t size) {
  lr_load_source *source;
  size_t count = lariat_load_requests_count(requests);
  size_t length = 0;
  if (lr_load_source_new(requests, &source) != LARIAT_OK) abort();
  out[0] = '\0';
  for (uint64_t i = 0; i < count; i++) {
    lr_load_message m;
    CU_ASSERT_EQUAL(lr_load_source_take(source, i, &m), LR_LOAD_MESSAGE);
    const char *body = memmem(m.bytes, m.length, "\r\n\r\n", 4);
    length += (size_t)snprintf(
        out + length, size - length, "%.*s|%s|%.*s|%s\n",
        (int)((const char *)memchr(m.bytes, '\r', m.length) - m.bytes), m.bytes,
        lr_load_requests_origin(requests, m.origin)->url,
        (int)(m.bytes + m.length - body - 4), body + 4,
        lariat_load_requests_name(requests, m.name));
  }
  lr_load_source_free(source);
}

/* Reads a text in one piece and in many, and compares what came of it. */
static void require_requests(const char *text, const char *expected) {
  static const size_t sizes[] = {SIZE_MAX, 1, 7};
  char log[4000];
  for (size_t i = 0; i < FIXTURE_COUNT(sizes); i++) {
    struct outcome outcome = read_text(NULL, text, strlen(text), sizes[i]);
    lariat_load_requests_set_order(outcome.requests, LARIAT_LOAD_IN_ORDER, 0);
    describe(outcome.requests, log, sizeof log);
    if (outcome.status != LARIAT_OK)
      fixture_fail("%s: %s", text, outcome.error.message);
    else if (strcmp(log, expected) != 0)
      fixture_fail("%s: %s not %s", text, log, expected);
    CU_ASSERT_EQUAL(outcome.taken,
                    lariat_load_requests_count(outcome.requests));
    lariat_load_requests_free(outcome.requests);
  }
}

static void require_error(const char *text, size_t byte, const char *message) {
  struct outcome outcome = read_text(NULL, text, strlen(text), 5);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_EINVAL);
  if (!strstr(outcome.error.message, message) || outcome.error.byte != byte)
    fixture_fail("%s: \"%s\" at %zu, not \"%s\" at %zu", text,
                 outcome.error.message, outcome.error.byte, message, byte);
  lariat_load_requests_free(outcome.requests);
}

/* ---- URLs ---- */

static void test_urls(void) {
  require_requests("\xef\xbb\xbfhttp://a/1\r\n\n  # a comment\n"
                   "\thttps://b/2?x \n#http://c/\nhttp://a/3#d",
                   "GET /1 HTTP/1.1|http://a||\n"
                   "GET /2?x HTTP/1.1|https://b||\n"
                   "GET /3 HTTP/1.1|http://a||\n");
  require_requests("www.example.org/x\nlocalhost\nsrv:8080?a\n[::1]\n",
                   "GET /x HTTP/1.1|http://www.example.org||\n"
                   "GET / HTTP/1.1|http://localhost||\n"
                   "GET /?a HTTP/1.1|http://srv:8080||\n"
                   "GET / HTTP/1.1|http://[::1]||\n");
}

static void test_weights(void) {
  static const char text[] = "http://a/ 3\nhttp://b/ \t 0.5\nhttp://c/\n";
  struct outcome outcome = read_text(NULL, text, strlen(text), 9);
  lr_load_source *source;
  unsigned drawn[3] = {0};
  CU_ASSERT_EQUAL(outcome.status, LARIAT_OK);
  if (lr_load_source_new(outcome.requests, &source) != LARIAT_OK) abort();
  for (uint64_t i = 0; i < 45000; i++) {
    lr_load_message message;
    (void)lr_load_source_take(source, i, &message);
    drawn[message.request]++;
  }
  CU_ASSERT_TRUE(drawn[0] > 29600 && drawn[0] < 30400);
  CU_ASSERT_TRUE(drawn[1] > 4700 && drawn[1] < 5300);
  lr_load_source_free(source);
  lariat_load_requests_free(outcome.requests);
}

static void test_wrong_urls(void) {
  require_error("http://a/\nhttp://a b/\n", 9, "line 2");
  require_error("http://a/ x\n", 10, "at byte 10 is no weight");
  require_error("http://a/ 0", 10, "no weight");
  require_error("http://a/ -1", 10, "no weight");
  require_error("http://a/ 0.0000001", 10, "no weight");
  require_error("\n\nword\n", 0, "line 3: not a URL");
  require_error("# nothing\n\n", 0, "there is no request in it");
  require_error("", 0, "there is no request in it");
}

static void test_long_line(void) {
  size_t length = LARIAT_LOAD_LONGEST_LINE + 2;
  char *text = malloc(length);
  if (!text) abort();
  memset(text, 'a', length);
  struct outcome outcome = read_text(NULL, text, length, 1 << 20);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(outcome.error.message,
                         "line 1: more than 16777216 bytes");
  lariat_load_requests_free(outcome.requests);
  free(text);
}

/* ---- JSON ---- */

static void test_json(void) {
  require_requests(
      "{\"url\":\"http://a/1\"}\n"
      "{\"url\":\"http://a/2\",\"method\":\"POST\",\"body\":\"h\\u00e9\","
      "\"headers\":{\"X-A\":\"1\",\"X-B\":[\"2\",\"3\"],\"Accept\":null},"
      "\"tag\":[1],\"name\":\"two\",\"weight\":0.5,\"think_ms\":[1,2.5]}\n"
      "http://a/3 2\n",
      "GET /1 HTTP/1.1|http://a||\n"
      "POST /2 HTTP/1.1|http://a|h\xc3\xa9|two\n"
      "GET /3 HTTP/1.1|http://a||\n");
}

static void test_json_facts(void) {
  static const char text[] =
      "{\"url\":\"http://a/"
      "\",\"think_ms\":1.5,\"headers\":{\"X\":[\"2\",\"3\"],"
      "\"Accept\":null},\"expect\":{\"status\":[201,404],\"body_contains\":"
      "\"x\","
      "\"body_bytes\":3,\"header\":{\"ETag\":null}}}";
  struct outcome outcome = read_text(NULL, text, strlen(text), SIZE_MAX);
  lr_load_source *source;
  lr_load_message m = {.bytes = NULL};
  CU_ASSERT_EQUAL(outcome.status, LARIAT_OK);
  if (lr_load_source_new(outcome.requests, &source) != LARIAT_OK) abort();
  CU_ASSERT_EQUAL_FATAL(lr_load_source_take(source, 0, &m), LR_LOAD_MESSAGE);
  CU_ASSERT_EQUAL(m.think_ns, 1500000);
  CU_ASSERT_TRUE(m.check && lr_load_check_needs_body(m.check));
  CU_ASSERT_PTR_NOT_NULL(memmem(m.bytes, m.length, "\r\nX: 2\r\nX: 3\r\n", 14));
  CU_ASSERT_PTR_NULL(memmem(m.bytes, m.length, "Accept", 6));
  lr_load_source_free(source);
  lariat_load_requests_free(outcome.requests);
}

static void test_wrong_json(void) {
  require_error("{\"url\":\"http://a/\"\n", 18, "line 1: not JSON: ");
  require_error("{\"url\":1}", 0, "the url is not a string");
  require_error("{\"method\":\"GET\"}", 0, "the object has no url");
  require_error("{\"url\":\"http://a/\",\"uri\":1}", 0, "no such key: uri");
  require_error("{\"url\":\"http://a\\u0000/\"}", 0, "has a NUL in it");
  require_error("{\"url\":\"http://a/\",\"weight\":0}", 0, "the weight is not");
  require_error("{\"url\":\"http://a/\",\"think_ms\":[2,1]}", 0, "ends before");
  require_error("{\"url\":\"http://a/\",\"think_ms\":[1]}", 0, "[from, to]");
  require_error("{\"url\":\"http://a/\",\"headers\":{\"X\":1}}", 0,
                "the header X is not a string");
  require_error("{\"url\":\"http://a/\",\"headers\":{\"X\":\"a\\nb\"}}", 0,
                "\"X\" cannot be sent");
  require_error("{\"url\":\"http://a/\",\"expect\":{\"status\":[20]}}", 0,
                "a status is");
  require_error("{\"url\":\"http://a/\",\"expect\":{\"status\":[]}}", 0,
                "no status");
  require_error("{\"url\":\"http://a/\",\"expect\":{\"header\":{}}}", 0,
                "has one name");
  require_error("{\"url\":\"http://a/\",\"url\":\"http://b/\"}", 24,
                "not JSON");
}

/* A word in a text may be a password: it is not repeated. */
static void test_secrets(void) {
  static const char text[] = "{\"url\":\"http://me:secret@a/\" secret}";
  struct outcome outcome = read_text(NULL, text, strlen(text), SIZE_MAX);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(strstr(outcome.error.message, "secret"));
  lariat_load_requests_free(outcome.requests);
}

/* ---- vegeta ---- */

static void test_vegeta(void) {
  require_requests(
      "{\"method\":\"GET\",\"url\":\"http://a/"
      "1\",\"header\":{\"X-A\":[\"1\"]}}\n"
      "{\"method\":\"POST\",\"url\":\"http://a/2\",\"body\":\"UHVuY2gh\"}\n",
      "GET /1 HTTP/1.1|http://a||\n"
      "POST /2 HTTP/1.1|http://a|Punch!|\n");
  require_requests("{\"method\":\"POST\",\"url\":\"http://a/\","
                   "\"body\":\"UHVuY2gh\"}\n",
                   "POST / HTTP/1.1|http://a|UHVuY2gh|\n");
  require_error("{\"url\":\"http://a/\",\"header\":{},\"body\":\"UHVuY2g\"}", 0,
                "not base64");
  require_error("{\"url\":\"http://a/\",\"header\":{},\"name\":\"x\"}", 0,
                "no such key: name");
}

static void test_vegeta_format(void) {
  static const char text[] =
      "{\"method\":\"POST\",\"url\":\"http://a/\",\"body\":\"YQ==\"}";
  lariat_load_input_options options = lariat_load_input_defaults();
  char log[200];
  options.format = LARIAT_LOAD_VEGETA;
  struct outcome outcome = read_text(&options, text, strlen(text), SIZE_MAX);
  CU_ASSERT_EQUAL(outcome.status, LARIAT_OK);
  describe(outcome.requests, log, sizeof log);
  CU_ASSERT_STRING_EQUAL(log, "POST / HTTP/1.1|http://a|a|\n");
  lariat_load_requests_free(outcome.requests);
}

/* ---- Flows ---- */

static void test_flow(void) {
  require_requests("{\"flow\":[{\"url\":\"http://a/1\",\"name\":\"own\"},"
                   "{\"url\":\"http://a/2\"}],\"name\":\"all\",\"weight\":2}\n"
                   "http://a/3\n",
                   "GET /1 HTTP/1.1|http://a||own\n"
                   "GET /3 HTTP/1.1|http://a||\n");
  require_error("{\"flow\":[]}", 0, "a flow has from 1");
  require_error("{\"flow\":1}", 0, "the flow is not an array");
  require_error("{\"flow\":[{\"url\":\"http://a/\"},{\"uri\":1}]}", 0,
                "step 2: there is no such key: uri");
  require_error("{\"flow\":[{\"url\":\"http://a/\"},{\"url\":\"x\"}]}", 0,
                "step 2: not a URL");
  require_error("{\"flow\":[1]}", 0, "something else than an object");
  require_error("{\"flow\":[{\"flow\":[]}]}", 0, "no such key: flow");
}

/* ---- Options ---- */

static void test_options(void) {
  lariat_load_requests *requests;
  lariat_load_input *input;
  lariat_load_error error;
  lariat_load_input_options options = lariat_load_input_defaults();
  if (lariat_load_requests_new(&requests) != LARIAT_OK) abort();
  options.size = 0;
  CU_ASSERT_EQUAL(lariat_load_input_new(requests, &options, &input, &error),
                  LARIAT_EINVAL);
  options = lariat_load_input_defaults();
  options.format = (lariat_load_input_format)77;
  CU_ASSERT_EQUAL(lariat_load_input_new(requests, &options, &input, &error),
                  LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(error.message, "there is no such format");
  CU_ASSERT_PTR_NULL(input);
  lariat_load_input_free(NULL);
  lariat_load_requests_free(requests);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a URL in each line", test_urls},
      {"weights behind URLs", test_weights},
      {"URLs and weights that are none", test_wrong_urls},
      {"a line that is too long", test_long_line},
      {"JSON lines, as those of fetch", test_json},
      {"think times, headers, expectations", test_json_facts},
      {"objects that are wrong", test_wrong_json},
      {"errors without secrets", test_secrets},
      {"vegeta's targets, by their key", test_vegeta},
      {"vegeta's targets, by the format", test_vegeta_format},
      {"flows", test_flow},
      {"options that make no sense", test_options},
  };
  return fixture_main("input", tests, FIXTURE_COUNT(tests), argc, argv);
}
