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

/* ---- Which field it is ---- */

/* Expects that `message` begins with the field's name. */
static void expect_field(lariat_status status, const char *message,
                         const char *field) {
  if (status != (*field ? LARIAT_EINVAL : LARIAT_OK) ||
      strncmp(message, field, strlen(field)) != 0 ||
      (*field && message[strlen(field)] != ':') || (!*field && *message))
    fixture_fail("%s: %s, \"%s\"", field, lariat_status_name(status), message);
}

/* Gives a pool's options to the checker, and to who makes pools. */
static void check_pool(lariat_pool_options options, const char *field) {
  char message[512] = "?";
  lariat_pool *pool = NULL;
  expect_field(lariat_pool_options_check(&options, message, sizeof message),
               message, field);
  if (*field) CU_ASSERT_EQUAL(lariat_pool_new(&options, &pool), LARIAT_EINVAL);
}

static void test_faults_of_pools(void) {
  struct fixture f;
  char message[8];
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_pool_options options = lariat_pool_defaults();
  check_pool(options, "");
#define WITH(member, value, name)                                              \
  do {                                                                         \
    lariat_pool_options with = options;                                        \
    with.member = (value);                                                     \
    check_pool(with, name);                                                    \
  } while (0)
  WITH(size, 1, "size");
  WITH(reactors, 1025, "reactors");
  WITH(rate, -1, "rate");
  WITH(rate_burst, 2e9, "rate_burst");
  WITH(rate_per_host, 0.0 / 0.0, "rate_per_host");
  WITH(rate_per_host_burst, -1, "rate_per_host_burst");
  WITH(ca_file, "/dev/null", "ca_file");
  WITH(addresses.allow_nets, "10.0.0.0/33", "addresses.allow_nets");
  WITH(addresses.deny_nets, "example.org", "addresses.deny_nets");
  WITH(addresses.deny_nets, "10.0.0.0/8, ::1", "");
  WITH(name_servers, "name.example", "name_servers");
  WITH(resolve, "a.example:80", "resolve");
  WITH(connect_to, "a.example", "connect_to");
  WITH(family, (lariat_address_family)9, "family");
  WITH(look_up_way, (lariat_look_up_way)9, "look_up_way");
#undef WITH
  CU_ASSERT_EQUAL(lariat_pool_options_check(NULL, message, sizeof message),
                  LARIAT_OK);
  options.rate = -1; /* what does not fit is cut, or not written at all */
  CU_ASSERT_EQUAL(lariat_pool_options_check(&options, message, sizeof message),
                  LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(message, "rate: i");
  CU_ASSERT_EQUAL(lariat_pool_options_check(&options, NULL, 0), LARIAT_EINVAL);
  fixture_close(&f);
}

static void check_client(struct scripting *s, lariat_client_options options,
                         const char *field) {
  char message[512] = "?";
  lariat_client *client = NULL;
  expect_field(lariat_client_options_check(&options, message, sizeof message),
               message, field);
  if (*field)
    CU_ASSERT_EQUAL(lariat_client_new(s->pool, s->f.reactor, &options, &client),
                    LARIAT_EINVAL);
}

/* Expects that the failure's message has such words. */
static void check_request(struct scripting *s, const char *method,
                          const lariat_request_options *options,
                          const char *words) {
  lariat_deferred *d = lariat_request(s->client, method, "http://a/", options);
  lariat_value failure = lariat_deferred_peek(d);
  CU_ASSERT_EQUAL(lariat_failure_status(failure), LARIAT_EINVAL);
  if (!strstr(lariat_failure_message(failure), words))
    fixture_fail("\"%s\" is not in \"%s\"", words,
                 lariat_failure_message(failure));
  lariat_deferred_forget(d);
}

/* Gives such a policy to a client's options, and to a request's. */
static void check_policy(struct scripting *s, lariat_retry_policy policy,
                         const char *field, bool of_requests) {
  lariat_client_options options = lariat_client_defaults();
  lariat_request_options request = lariat_request_defaults(s->client);
  options.retry = request.retry = &policy;
  check_client(s, options, field);
  if (of_requests) check_request(s, "GET", &request, field);
}

static void test_faults_of_clients(void) {
  static const int statuses[] = {503, 99};
  static const lariat_status failures[] = {LARIAT_ERESET, LARIAT_OK};
  struct scripting s;
  scripting_open(&s, NULL, NULL);
  lariat_client_options options = lariat_client_defaults();
  lariat_retry_policy policy = lariat_retry_defaults();
  check_client(&s, options, "");
#define WITH(member, value, name)                                              \
  do {                                                                         \
    lariat_client_options with = options;                                      \
    with.member = (value);                                                     \
    check_client(&s, with, name);                                              \
  } while (0)
  WITH(size, 1, "size");
  WITH(placement, (lariat_placement)3, "placement");
  WITH(http, (lariat_http)3, "http");
  WITH(header_scope, (lariat_header_scope)2, "header_scope");
  WITH(priority, (lariat_priority)3, "priority");
  WITH(user_agent, "a\r\nb", "user_agent");
  WITH(retry, &policy, "");
#undef WITH
#define WITH(member, value, of_requests)                                       \
  do {                                                                         \
    lariat_retry_policy with = policy;                                         \
    with.member = (value);                                                     \
    check_policy(&s, with, "retry." #member, of_requests);                     \
  } while (0)
  policy.status_count = policy.failure_count = 2;
  WITH(size, 1, true);
  WITH(max_retries, 1001, true);
  WITH(statuses, statuses, true);
  WITH(failures, failures, true);
  WITH(budget_ratio, -1, false);
  WITH(budget_per_s, 1e12, false);
  WITH(budget_burst, 0.0 / 0.0, false);
#undef WITH
  CU_ASSERT_EQUAL(lariat_client_options_check(NULL, NULL, 0), LARIAT_OK);
  scripting_close(&s);
}

static void test_faults_of_requests(void) {
  static const lariat_header headers[] = {{"Good", "one"}, {"Bad", "a\nb"}};
  struct scripting s;
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  check_request(&s, "G T", &options, ": the method is none");
  check_request(&s, NULL, &options, ": the method is none");
#define WITH(member, value, words)                                             \
  do {                                                                         \
    lariat_request_options with = options;                                     \
    with.member = (value);                                                     \
    check_request(&s, "PUT", &with, words);                                    \
  } while (0)
  WITH(size, 1, ": size: ");
  WITH(http, (lariat_http)3, ": http: ");
  WITH(priority, (lariat_priority)3, ": priority: ");
  WITH(sink.kind, (lariat_sink_kind)4, ": sink: ");
  WITH(body.kind, (lariat_body_kind)5, ": body: ");
  WITH(body, lariat_body_bytes(NULL, 1), ": body: ");
  WITH(body, lariat_body_file(1000000, 0, 1), ": body: ");
  WITH(body, lariat_body_producer(NULL), ": body: ");
  options.headers = headers;
  WITH(header_count, 2, ": headers[1]: ");
  options.sink = lariat_sink_stream(0);
  WITH(transform, pass_on, ": transform: ");
#undef WITH
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
      {"which field of a pool", test_faults_of_pools},
      {"which field of a client", test_faults_of_clients},
      {"which field of a request", test_faults_of_requests},
  };
  return fixture_main("options", tests, FIXTURE_COUNT(tests), argc, argv);
}
