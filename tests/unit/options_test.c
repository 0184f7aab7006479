/* SPDX-License-Identifier: MIT
 * options_test.c: every public struct that begins with its size, without it or
 * with less than it takes: LARIAT_EINVAL, whoever gets the struct, and nothing
 * of it is read.  And what a request takes over with its options, and drops. */
#include <string.h>

#include "support/scripting.h"
#include <lariat/lariat.h>

/* Sizes that leave out a part of `size` itself. */
static const size_t sizes[] = {0, 1, sizeof(size_t) - 1};

/* Who takes such a struct; each is given the size that its struct says. */

static lariat_status make_reactor(struct scripting *s, size_t size) {
  const lariat_reactor_options options = {.size = size};
  lariat_reactor *reactor = NULL;
  (void)s;
  return lariat_reactor_new(&options, &reactor);
}

static lariat_status make_cooperator(struct scripting *s, size_t size) {
  const lariat_cooperator_options options = {.size = size};
  lariat_cooperator *cooperator = NULL;
  return lariat_cooperator_new(s->f.reactor, &options, &cooperator);
}

static lariat_status set_stacks(struct scripting *s, size_t size) {
  lariat_stack_options options = lariat_stack_defaults();
  options.size = size;
  return lariat_coroutine_set_stacks(s->f.reactor, &options);
}

static lariat_status make_pool(struct scripting *s, size_t size) {
  lariat_pool_options options = lariat_pool_defaults();
  lariat_pool *pool = NULL;
  (void)s;
  options.size = size;
  return lariat_pool_new(&options, &pool);
}

static lariat_status make_scripted_pool(struct scripting *s, size_t size) {
  lariat_pool_options options = lariat_pool_defaults();
  lariat_pool *pool = NULL;
  options.size = size;
  return lariat_scripted_pool_new(&options, NULL, scripting_script, s, &pool);
}

static lariat_status make_client(struct scripting *s, size_t size) {
  lariat_client_options options = lariat_client_defaults();
  lariat_client *client = NULL;
  options.size = size;
  return lariat_client_new(s->pool, s->f.reactor, &options, &client);
}

static lariat_status make_retrying_client(struct scripting *s, size_t size) {
  lariat_client_options options = lariat_client_defaults();
  lariat_retry_policy policy = lariat_retry_defaults();
  lariat_client *client = NULL;
  policy.size = size;
  options.retry = &policy;
  return lariat_client_new(s->pool, s->f.reactor, &options, &client);
}

static lariat_status read_pool_stats(struct scripting *s, size_t size) {
  lariat_pool_stats stats = {.size = size};
  return lariat_pool_read_stats(s->pool, &stats);
}

static lariat_status read_client_stats(struct scripting *s, size_t size) {
  lariat_client_stats stats = {.size = size};
  return lariat_client_read_stats(s->client, &stats);
}

static lariat_status status_of(struct scripting *s, lariat_deferred *deferred) {
  struct seen r = {0};
  scripting_watch(s, &r, deferred);
  CU_ASSERT_EQUAL(r.fires, 1);
  scripting_forget(&r, 1);
  return r.status;
}

static unsigned destroyed;

static void count_destroyed(void *context) {
  (void)context;
  destroyed++;
}

static lariat_value pass_on(lariat_value value, void *context) {
  (void)context;
  return value;
}

/* All that could be taken over, and must not be touched. */
static lariat_status request(struct scripting *s, size_t size) {
  static char text[] = "text";
  lariat_request_options options = lariat_request_defaults(s->client);
  options.size = size;
  options.body = lariat_body_owned(text, 4, count_destroyed);
  options.transform = pass_on;
  options.transform_destroy = count_destroyed;
  lariat_status status =
      status_of(s, lariat_request(s->client, "PUT", "http://a/", &options));
  CU_ASSERT_EQUAL(destroyed, 0);
  return status;
}

static lariat_status request_with_retries(struct scripting *s, size_t size) {
  lariat_request_options options = lariat_request_defaults(s->client);
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.size = size;
  options.retry = &policy;
  return status_of(s, lariat_request(s->client, "GET", "http://a/", &options));
}

static lariat_value end_at_once(void *argument) {
  (void)argument;
  return lariat_none();
}

static lariat_status start_coroutine(struct scripting *s, size_t size) {
  const lariat_coroutine_options options = {.size = size,
                                            .destroy = count_destroyed};
  lariat_status status =
      status_of(s, lariat_coroutine_start_with(s->f.reactor, end_at_once, NULL,
                                               &options));
  CU_ASSERT_EQUAL(destroyed, 0);
  return status;
}

static void test_sizes(void) {
  static const struct {
    const char *name;
    lariat_status (*take)(struct scripting *s, size_t size);
  } takers[] = {{"lariat_reactor_new", make_reactor},
                {"lariat_cooperator_new", make_cooperator},
                {"lariat_coroutine_set_stacks", set_stacks},
                {"lariat_coroutine_start_with", start_coroutine},
                {"lariat_pool_new", make_pool},
                {"lariat_scripted_pool_new", make_scripted_pool},
                {"lariat_pool_read_stats", read_pool_stats},
                {"lariat_client_new", make_client},
                {"lariat_client_new, retries", make_retrying_client},
                {"lariat_client_read_stats", read_client_stats},
                {"lariat_request", request},
                {"lariat_request, retries", request_with_retries}};
  struct scripting s;
  scripting_open(&s, NULL, NULL);
  destroyed = 0;
  for (size_t i = 0; i < FIXTURE_COUNT(takers); i++)
    for (size_t k = 0; k < FIXTURE_COUNT(sizes); k++) {
      lariat_status status = takers[i].take(&s, sizes[k]);
      if (status != LARIAT_EINVAL)
        fixture_fail("%s, size %zu: %s", takers[i].name, sizes[k],
                     lariat_status_name(status));
    }
  CU_ASSERT_EQUAL(s.asked, 0);
  scripting_close(&s);
}

/* Only the size is known: all else is at its default. */
static void test_least_size(void) {
  struct scripting s;
  lariat_cooperator *cooperator = NULL;
  const lariat_cooperator_options small = {.size = sizeof(size_t),
                                           .not_started = true};
  scripting_open(&s, NULL, NULL);
  CU_ASSERT_EQUAL_FATAL(lariat_cooperator_new(s.f.reactor, &small, &cooperator),
                        LARIAT_OK);
  CU_ASSERT_TRUE(lariat_cooperator_running(cooperator));
  lariat_cooperator_release(cooperator);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.size = sizeof options.size;
  options.body = lariat_body_bytes("text", 4);
  CU_ASSERT_EQUAL(
      status_of(&s, lariat_request(s.client, "GET", "no URL", &options)),
      LARIAT_EURL);
  scripting_close(&s);
}

/* A body of one's own is dropped once, whatever comes of its request. */

static lariat_request_options owning(struct scripting *s, char *bytes,
                                     size_t length) {
  lariat_request_options options = lariat_request_defaults(s->client);
  options.body = lariat_body_owned(bytes, length, count_destroyed);
  destroyed = 0;
  return options;
}

static void expect_dropped(struct scripting *s, const char *method,
                           const char *url, lariat_request_options *options,
                           lariat_status status) {
  CU_ASSERT_EQUAL(status_of(s, lariat_request(s->client, method, url, options)),
                  status);
  CU_ASSERT_EQUAL(destroyed, 1);
  destroyed = 0;
}

static void test_owned_bodies(void) {
  static char text[] = "text";
  struct scripting s;
  struct seen r = {0};
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = owning(&s, text, 4);
  scripting_watch(&s, &r,
                  lariat_request(s.client, "PUT", "http://a/", &options));
  CU_ASSERT_EQUAL(destroyed, 0);
  scripting_run(&s, 10);
  seen_http(&r, 0, 200);
  CU_ASSERT_STRING_EQUAL(s.last, "PUT http://a/ text");
  scripting_forget(&r, 1);
  CU_ASSERT_EQUAL(destroyed, 1);
  options = owning(&s, text, 4);
  expect_dropped(&s, "PUT", "no URL", &options, LARIAT_EURL);
  expect_dropped(&s, "P T", "http://a/", &options, LARIAT_EINVAL);
  options.sink = lariat_sink_fd(1000000);
  expect_dropped(&s, "PUT", "http://a/", &options, LARIAT_EWRITE);
  options.sink.kind = (lariat_sink_kind)(LARIAT_SINK_DISCARD + 1);
  expect_dropped(&s, "PUT", "http://a/", &options, LARIAT_EINVAL);
  options.sink = lariat_sink_memory();
  options.http = (lariat_http)(LARIAT_HTTP_2 + 1);
  expect_dropped(&s, "PUT", "http://a/", &options, LARIAT_EINVAL);
  scripting_close(&s);
}

/* Static bytes have no drop, and an empty body needs none. */
static void test_bodies_without_drop(void) {
  static const char text[] = "text";
  struct scripting s;
  struct seen r[2] = {{0}};
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.body = lariat_body_owned(text, 4, NULL);
  scripting_watch(&s, &r[0],
                  lariat_request(s.client, "PUT", "http://a/", &options));
  scripting_run(&s, 10);
  CU_ASSERT_STRING_EQUAL(s.last, "PUT http://a/ text");
  options = owning(&s, NULL, 0);
  scripting_watch(&s, &r[1],
                  lariat_request(s.client, "POST", "http://a/", &options));
  scripting_run(&s, 10);
  CU_ASSERT_STRING_EQUAL(s.last, "POST http://a/ ");
  scripting_forget(r, 2);
  CU_ASSERT_EQUAL(destroyed, 0);
  options.body = lariat_body_owned(NULL, 1, count_destroyed);
  CU_ASSERT_EQUAL(
      status_of(&s, lariat_request(s.client, "PUT", "http://a/", &options)),
      LARIAT_EINVAL);
  CU_ASSERT_EQUAL(destroyed, 0);
  scripting_close(&s);
}

/* Zeroed memory is the default of both. */
static void test_zeros(void) {
  lariat_body body;
  lariat_sink sink;
  memset(&body, 0, sizeof body);
  memset(&sink, 0, sizeof sink);
  CU_ASSERT_EQUAL(lariat_body_none().kind, body.kind);
  CU_ASSERT_EQUAL(lariat_sink_memory().kind, sink.kind);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"structs without their size", test_sizes},
      {"structs of which only the size is known", test_least_size},
      {"bodies that are taken over", test_owned_bodies},
      {"bodies without a drop", test_bodies_without_drop},
      {"zeroed kinds", test_zeros},
  };
  return fixture_main("options", tests, FIXTURE_COUNT(tests), argc, argv);
}
