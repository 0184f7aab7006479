/* SPDX-License-Identifier: MIT
 * labels: threads
 * scripted_test.c: scripted pools as users see them: what a script is asked,
 * what comes of its answer, and the life of a pool without threads. */
#include <string.h>

#include "support/scripting.h"
#include <lariat/byte_stream.h>
#include <lariat/thread_call.h>

/* What the script is asked. */

static void test_what_is_asked(void) {
  struct scripting s;
  struct seen r = {0};
  const lariat_header headers[] = {{"X-Test", "one"}, {"Cookie", ""}};
  scripting_open(&s, NULL, NULL);
  lariat_request_options options = lariat_request_defaults(s.client);
  options.headers = headers;
  options.header_count = 2;
  options.body = lariat_body_bytes("hello", 5);
  scripting_watch(&s, &r,
                  lariat_request(s.client, "PUT", "http://a/x", &options));
  scripting_run(&s, 0);
  seen_http(&r, 0, 200);
  CU_ASSERT_STRING_EQUAL(s.last, "PUT http://a/x hello");
  CU_ASSERT_STRING_EQUAL(
      s.headers, "Cookie=;Content-Type=application/octet-stream;X-Test=one;");
  scripting_forget(&r, 1);
  scripting_close(&s);
}

static void test_no_byte_streams(void) {
  struct scripting s;
  struct seen r = {0};
  scripting_open(&s, NULL, NULL);
  scripting_watch(&s, &r, lariat_byte_stream_open(s.client, "http://a/", NULL));
  scripting_run(&s, 0);
  seen_failure(&r, 0, LARIAT_EINVAL, LARIAT_PHASE_QUEUE);
  scripting_forget(&r, 1);
  scripting_get(&s, &r, "http://a/x");
  scripting_run(&s, 0);
  seen_http(&r, 0, 200);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

/* What comes of the answer. */

struct full {
  unsigned asked;
  bool reused;
  unsigned reactor;
};

static void full_answer(const lariat_asked *asked, lariat_answer *answer,
                        void *context) {
  static const lariat_header headers[] = {
      {"Content-Type", "text/plain"}, {"X-Twice", "1"}, {"x-twice", NULL}};
  struct full *full = context;
  static char body[8];
  memcpy(body, "abcdefg", sizeof body);
  full->asked++;
  full->reused = lariat_asked_reused(asked);
  full->reactor = lariat_asked_reactor(asked);
  size_t length = 1;
  CU_ASSERT_STRING_EQUAL(lariat_asked_body(asked, &length), "");
  CU_ASSERT_EQUAL(length, 0);
  CU_ASSERT_PTR_NULL(lariat_asked_header(asked, "X-Test"));
  CU_ASSERT_EQUAL(lariat_asked_redirects(asked), 0);
  answer->status = 418;
  answer->http_version = 20;
  answer->headers = headers;
  answer->header_count = 3;
  answer->body = body;
  answer->body_length = 3;
}

static lariat_value look(lariat_value result, void *context) {
  static const uint8_t sha256_of_abc[] = {0xba, 0x78, 0x16, 0xbf};
  const lariat_response *response = lariat_response_in(result);
  size_t length = 0;
  CU_ASSERT_EQUAL(lariat_response_status(response), 418);
  CU_ASSERT_EQUAL(lariat_response_http_version(response), 20);
  CU_ASSERT_STRING_EQUAL(lariat_response_url(response), "http://a/");
  CU_ASSERT_STRING_EQUAL(lariat_response_body(response, &length), "abc");
  CU_ASSERT_EQUAL(length, 3);
  CU_ASSERT_EQUAL(lariat_response_header_count(response), 3);
  CU_ASSERT_STRING_EQUAL(lariat_response_header(response, "content-type"),
                         "text/plain");
  CU_ASSERT_STRING_EQUAL(lariat_response_header_at(response, 2).value, "");
  CU_ASSERT_PTR_NOT_NULL_FATAL(lariat_response_sha256(response));
  CU_ASSERT_EQUAL(memcmp(lariat_response_sha256(response), sha256_of_abc, 4),
                  0);
  ++*(int *)context;
  return lariat_value_drop(result);
}

static void test_what_is_answered(void) {
  struct fixture f;
  struct full full = {0};
  lariat_pool *pool = NULL;
  lariat_client *client = NULL;
  int looked = 0;
  lariat_client_options options = lariat_client_defaults();
  options.sha256 = true;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL(
      lariat_scripted_pool_new(NULL, f.reactor, full_answer, &full, &pool),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_client_new(pool, f.reactor, &options, &client),
                  LARIAT_OK);
  for (int i = 0; i < 2; i++) {
    lariat_deferred_release(lariat_deferred_add_callback(
        lariat_get(client, "http://a/"), look, &looked));
    fixture_advance(&f, 0);
    CU_ASSERT_EQUAL(full.reused, i == 1);
  }
  CU_ASSERT_EQUAL(looked, 2);
  CU_ASSERT_EQUAL(full.asked, 2);
  lariat_client_close(client);
  lariat_pool_release(pool);
  fixture_close(&f);
}

/* Runs one request, and compares its timings in milliseconds. */
static void check_timings(const char *url, const lariat_timings *ms) {
  struct scripting s;
  struct seen r = {0};
  scripting_open(&s, NULL, NULL);
  scripting_get(&s, &r, url);
  scripting_run(&s, 1000);
  CU_ASSERT_EQUAL(r.fires, 1);
  CU_ASSERT_EQUAL(r.timings.dns_us, ms->dns_us * 1000);
  CU_ASSERT_EQUAL(r.timings.connect_us, ms->connect_us * 1000);
  CU_ASSERT_EQUAL(r.timings.tls_us, ms->tls_us * 1000);
  CU_ASSERT_EQUAL(r.timings.first_byte_us, ms->first_byte_us * 1000);
  CU_ASSERT_EQUAL(r.timings.body_us, ms->body_us * 1000);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

/* A failure's last phase has lasted until then; what came before it is told as
 * of a response. */
static void test_timings(void) {
  static const struct {
    const char *url;
    lariat_timings ms;
  } rows[] = {
      {"https://a/?dns=10&connect=20&tls=30&request=40&first-byte=50&body=60",
       {.dns_us = 10,
        .connect_us = 20,
        .tls_us = 30,
        .first_byte_us = 150,
        .body_us = 60}},
      {"https://a/?dns=10&connect=20&failure=connect",
       {.dns_us = 10, .connect_us = 20, .first_byte_us = 30}},
      {"http://a/?dns=10&first-byte=50&body=60&failure=reset&in=body",
       {.dns_us = 10, .first_byte_us = 60, .body_us = 60}},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    check_timings(rows[i].url, &rows[i].ms);
}

/* HEAD has no body. */
static void test_head(void) {
  struct scripting s;
  struct seen r = {0};
  scripting_open(&s, NULL, NULL);
  scripting_watch(&s, &r, lariat_head(s.client, "http://a/?bytes=100"));
  scripting_run(&s, 0);
  seen_http(&r, 0, 200);
  CU_ASSERT_EQUAL(r.length, 0);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

/* A pool without threads. */

static void test_refusals(void) {
  struct scripting s;
  lariat_pool *pool = NULL;
  scripting_open(&s, NULL, NULL);
  CU_ASSERT_EQUAL(
      lariat_scripted_pool_new(NULL, s.f.reactor, NULL, NULL, &pool),
      LARIAT_EINVAL);
  CU_ASSERT_EQUAL(lariat_scripted_pool_new(NULL, s.f.reactor, scripting_script,
                                           NULL, &pool),
                  LARIAT_EBUSY);
  CU_ASSERT_PTR_NULL(pool);
  CU_ASSERT_EQUAL(lariat_pool_reactors(s.pool), 1);
  scripting_close(&s);
}

/* One after the other on one reactor. */
static void test_another_pool(void) {
  struct scripting s;
  struct seen r;
  scripting_open(&s, NULL, NULL);
  for (int i = 0; i < 3; i++) {
    scripting_get(&s, &r, "http://a/?body=10");
    scripting_run(&s, 10);
    seen_http(&r, 10u * ((unsigned)i + 1), 200);
    scripting_forget(&r, 1);
    lariat_client_close(s.client);
    lariat_pool_release(s.pool);
    scripting_run(&s, 0); /* the client's farewell */
    CU_ASSERT_EQUAL_FATAL(lariat_scripted_pool_new(NULL, s.f.reactor,
                                                   scripting_script, NULL,
                                                   &s.pool),
                          LARIAT_OK);
    CU_ASSERT_EQUAL_FATAL(
        lariat_client_new(s.pool, s.f.reactor, NULL, &s.client), LARIAT_OK);
  }
  scripting_close(&s);
}

static lariat_value note_time(lariat_value result, void *context) {
  struct scripting *s = context;
  CU_ASSERT_FALSE(lariat_is_failure(result));
  s->asked = 1000 + (unsigned)scripting_ms(s);
  return lariat_value_drop(result);
}

/* Jobs may go on until the drain is over, to the millisecond; new ones, and
 * new hops, are refused. */
static void test_drain(void) {
  struct scripting s;
  struct seen r[5];
  scripting_open(&s, NULL, NULL);
  scripting_get(&s, &r[0], "http://a/?body=100");
  scripting_get(&s, &r[1], "http://a/?body=1000");
  scripting_get(&s, &r[2], "http://a/?body=100&to=/");
  scripting_run(&s, 50);
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_pool_close(s.pool, s.f.reactor, 500), note_time, &s));
  scripting_get(&s, &r[3], "http://a/");
  seen_failure(&r[3], 50, LARIAT_ECLOSED, LARIAT_PHASE_NONE);
  scripting_run(&s, 499);
  CU_ASSERT(s.asked < 1000);
  scripting_run(&s, 1000);
  seen_http(&r[0], 100, 200);
  seen_failure(&r[1], 550, LARIAT_ECANCELLED, LARIAT_PHASE_BODY);
  seen_failure(&r[2], 100, LARIAT_ECLOSED, LARIAT_PHASE_QUEUE);
  CU_ASSERT_EQUAL(s.asked, 1550);
  scripting_forget(r, 4);
  scripting_close(&s);
}

/* Closed by its last job's end, and twice. */
static void test_close_when_idle(void) {
  struct scripting s;
  struct seen r;
  scripting_open(&s, NULL, NULL);
  scripting_get(&s, &r, "http://a/?body=100");
  scripting_run(&s, 0);
  for (int i = 0; i < 2; i++)
    lariat_deferred_release(lariat_deferred_add_both(
        lariat_pool_close(s.pool, s.f.reactor, 5000), note_time, &s));
  scripting_run(&s, 1000);
  seen_http(&r, 100, 200);
  CU_ASSERT_EQUAL(s.asked, 1100);
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_pool_close(s.pool, s.f.reactor, 0), note_time, &s));
  scripting_run(&s, 0);
  CU_ASSERT_EQUAL(s.asked, 2000);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(s.pool, 0), LARIAT_OK);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

static void close_inside(void *context) {
  struct scripting *s = context;
  CU_ASSERT_EQUAL(lariat_pool_close_wait(s->pool, 0), LARIAT_EBUSY);
  s->asked++;
}

/* Calls and calls between threads go to the reactor that the pool has. */
static void test_pool_call(void) {
  struct scripting s;
  scripting_open(&s, NULL, NULL);
  CU_ASSERT_EQUAL(lariat_pool_call(s.pool, 0, close_inside, &s, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_pool_call(s.pool, 1, close_inside, &s, NULL),
                  LARIAT_EINVAL);
  scripting_run(&s, 0);
  CU_ASSERT_EQUAL(s.asked, 1);
  scripting_close(&s);
}

/* The reactor closes before the pool, which is then closed. */
static void test_reactor_closes_first(void) {
  struct scripting s;
  struct seen r;
  scripting_open(&s, NULL, NULL);
  scripting_get(&s, &r, "http://a/?never=body");
  scripting_run(&s, 10);
  fixture_close_reactor(&s.f, 10);
  seen_failure(&r, 10, LARIAT_ECANCELLED, LARIAT_PHASE_NONE);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(s.pool, 0), LARIAT_OK);
  scripting_forget(&r, 1);
  lariat_pool_release(s.pool);
  fixture_close(&s.f);
}

/* Clients that outlive the pool. */
static void test_pool_goes_first(void) {
  struct scripting s;
  struct seen r[2];
  scripting_open(&s, NULL, NULL);
  scripting_get(&s, &r[0], "http://a/?never=body");
  scripting_run(&s, 10);
  lariat_pool_release(s.pool);
  s.pool = NULL;
  scripting_run(&s, 10);
  seen_failure(&r[0], 10, LARIAT_ECANCELLED, LARIAT_PHASE_BODY);
  scripting_get(&s, &r[1], "http://a/");
  seen_failure(&r[1], 20, LARIAT_ECLOSED, LARIAT_PHASE_NONE);
  scripting_forget(r, 2);
  scripting_close(&s);
}

static void test_home(void) {
  lariat_client_options options = lariat_client_defaults();
  struct scripting s;
  struct seen r;
  options.placement = LARIAT_PLACE_HOME;
  scripting_open(&s, NULL, &options);
  scripting_get(&s, &r, "http://a/?body=10");
  scripting_run(&s, 10);
  seen_http(&r, 10, 200);
  scripting_forget(&r, 1);
  scripting_close(&s);
}

/* Two runs are the same. */
static void test_the_same_again(void) {
  char orders[2][128];
  for (int run = 0; run < 2; run++) {
    struct scripting s;
    struct seen r[40];
    char url[] = "http://a/?body=1";
    lariat_pool_options pool = lariat_pool_defaults();
    pool.max_jobs = 3;
    pool.max_connections = 2;
    scripting_open(&s, &pool, NULL);
    for (size_t i = 0; i < 40; i++) {
      url[7] = (char)('a' + i * 7 % 5);
      url[15] = (char)('1' + i % 9);
      scripting_get(&s, &r[i], url);
    }
    scripting_run(&s, 1000);
    memcpy(orders[run], s.order, sizeof s.order);
    scripting_forget(r, 40);
    scripting_close(&s);
  }
  CU_ASSERT_EQUAL(strlen(orders[0]), 40);
  CU_ASSERT_STRING_EQUAL(orders[0], orders[1]);
}

/* With threads: the system's clock, and several at once. */

enum { JOBS = 200 };

static unsigned fired[2]; /* answered, not */

static lariat_value count_end(lariat_value result, void *context) {
  (void)context;
  fired[lariat_is_failure(result)]++;
  return lariat_value_drop(result);
}

static bool all_fired(void *context) {
  (void)context;
  return fired[0] + fired[1] == JOBS;
}

static void test_threads(void) {
  struct fixture f;
  lariat_pool *pool = NULL;
  lariat_client *client = NULL;
  lariat_pool_options options = lariat_pool_defaults();
  char url[] = "http://a/?body=1";
  options.reactors = 2;
  fixture_open(&f, FIXTURE_PLAIN);
  fired[0] = fired[1] = 0;
  CU_ASSERT_EQUAL_FATAL(
      lariat_scripted_pool_new(&options, NULL, scripting_script, NULL, &pool),
      LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(lariat_client_new(pool, f.reactor, NULL, &client),
                        LARIAT_OK);
  for (size_t i = 0; i < JOBS; i++) {
    url[7] = (char)('a' + i % 26);
    lariat_deferred *deferred =
        lariat_deferred_add_both(lariat_get(client, url), count_end, NULL);
    if (i % 5 == 0) lariat_deferred_cancel(deferred);
    lariat_deferred_release(deferred);
  }
  CU_ASSERT_TRUE(fixture_run_until(&f, all_fired, NULL, 10000));
  CU_ASSERT_EQUAL(fired[0], JOBS - JOBS / 5);
  lariat_client_close(client);
  CU_ASSERT_EQUAL(lariat_pool_close_wait(pool, 1000), LARIAT_OK);
  lariat_pool_release(pool);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"what is asked", test_what_is_asked},
      {"no byte streams", test_no_byte_streams},
      {"what is answered", test_what_is_answered},
      {"timings", test_timings},
      {"HEAD", test_head},
      {"refusals", test_refusals},
      {"another pool", test_another_pool},
      {"drain", test_drain},
      {"close when idle", test_close_when_idle},
      {"pool call", test_pool_call},
      {"reactor closes first", test_reactor_closes_first},
      {"pool goes first", test_pool_goes_first},
      {"home", test_home},
      {"the same again", test_the_same_again},
      {"threads", test_threads},
  };
  return fixture_main("scripted", tests, FIXTURE_COUNT(tests), argc, argv);
}
