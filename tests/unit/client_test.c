/* SPDX-License-Identifier: MIT
 * client_test.c: how fetches leave and return: credits, cancelling at every
 * stage, the ledger, closing; with a scripted pool under the virtual clock. */
#include <stdio.h>
#include <string.h>

#include "support/scripting.h"

static lariat_client_options window(unsigned credits, size_t queued) {
  lariat_client_options options = lariat_client_defaults();
  options.window = credits;
  options.max_queued = queued;
  return options;
}

static lariat_client_stats ledger(const struct scripting *s) {
  lariat_client_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_client_read_stats(s->client, &stats), LARIAT_OK);
  return stats;
}

/* ---- Credits ---- */

static void test_credits(void) {
  const lariat_client_options client = window(2, 100);
  struct scripting s;
  struct seen r[5];
  scripting_open(&s, NULL, &client);
  for (size_t i = 0; i < 5; i++) scripting_get(&s, &r[i], "http://a/?body=100");
  CU_ASSERT_EQUAL(ledger(&s).queued, 3);
  scripting_run(&s, 50);
  CU_ASSERT_EQUAL(s.asked, 2);
  CU_ASSERT_EQUAL(scripting_stats(&s).jobs_taken, 2);
  scripting_run(&s, 1000);
  for (size_t i = 0; i < 5; i++) seen_http(&r[i], i / 2 * 100 + 100, 200);
  CU_ASSERT_EQUAL(s.most, 2);
  scripting_forget(r, 5);
  scripting_close(&s);
}

static void test_overload(void) {
  const lariat_client_options client = window(1, 2);
  struct scripting s;
  struct seen r[6];
  scripting_open(&s, NULL, &client);
  for (size_t i = 0; i < 4; i++) scripting_get(&s, &r[i], "http://a/?body=100");
  seen_failure(&r[3], 0, LARIAT_EOVERLOAD, LARIAT_PHASE_NONE);
  scripting_cancel(&r[1]);
  scripting_get(&s, &r[4], "http://a/?body=100");
  scripting_get(&s, &r[5], "http://a/");
  seen_failure(&r[5], 0, LARIAT_EOVERLOAD, LARIAT_PHASE_NONE);
  scripting_run(&s, 1000);
  seen_http(&r[0], 100, 200);
  seen_failure(&r[1], 0, LARIAT_ECANCELLED, LARIAT_PHASE_NONE);
  seen_http(&r[2], 200, 200);
  seen_http(&r[4], 300, 200);
  CU_ASSERT_EQUAL(ledger(&s).failed, 2);
  CU_ASSERT_EQUAL(ledger(&s).cancelled, 1);
  scripting_forget(r, 6);
  scripting_close(&s);
}

/* Checks that a job without a credit ends at its deadline. */
static void test_deadline_without_a_credit(void) {
  lariat_client_options client = window(1, 100);
  struct scripting s;
  struct seen r[2];
  client.timeout_ms = 300;
  scripting_open(&s, NULL, &client);
  scripting_get(&s, &r[0], "http://a/?never=first-byte");
  scripting_run(&s, 100);
  scripting_get(&s, &r[1], "http://b/?never=first-byte");
  scripting_run(&s, 150);
  lariat_request_options brief = lariat_request_defaults(s.client);
  struct seen b = {0};
  brief.timeout_ms = 20;
  scripting_watch(&s, &b, lariat_request(s.client, "GET", "http://b/", &brief));
  scripting_run(&s, 1000);
  seen_failure(&b, 270, LARIAT_ETIMEDOUT, LARIAT_PHASE_QUEUE);
  seen_failure(&r[0], 300, LARIAT_ETIMEDOUT, LARIAT_PHASE_FIRST_BYTE);
  seen_failure(&r[1], 400, LARIAT_ETIMEDOUT, LARIAT_PHASE_FIRST_BYTE);
  scripting_forget(r, 2);
  scripting_forget(&b, 1);
  scripting_close(&s);
}

/* ---- Cancelling ---- */

struct stage {
  const char *name;
  const char *url;
  uint64_t after_ms;
  int turns;      /* instead: single turns; -1: none of both */
  bool blocked;   /* behind another of the same host */
  bool no_credit; /* without a credit */
};

static const struct stage stages[] = {
    {"new", "https://a/", 0, -1, false, false},
    {"without a credit", "https://a/", 10, 0, false, true},
    {"in the host's queue", "https://a/", 10, 0, true, false},
    {"after one turn", "https://a/", 0, 1, false, false},
    {"after two turns", "https://a/", 0, 2, false, false},
    {"looking up", "https://a/?never=dns", 10, 0, false, false},
    {"connecting", "https://a/?never=connect", 10, 0, false, false},
    {"handshake", "https://a/?never=tls", 10, 0, false, false},
    {"asking", "https://a/?never=request", 10, 0, false, false},
    {"waiting", "https://a/?never=first-byte", 10, 0, false, false},
    {"in the body", "https://a/?never=body", 10, 0, false, false},
    {"between two hops", "https://a/?to=/?body=1000", 0, 2, false, false},
    {"in the second hop", "https://a/?to=/?body=1000", 10, 0, false, false},
};

static void reach(struct scripting *s, const struct stage *stage) {
  if (stage->turns > 0)
    fixture_turns(&s->f, (unsigned)stage->turns);
  else if (stage->turns == 0)
    scripting_run(s, stage->after_ms);
}

/* Checks that the deferred fires at once, and that the slot, the credit and the
 * connection are free for the next.  `twice`: a second cancel changes nothing.
 */
static void cancel_at(const struct stage *stage, bool twice) {
  lariat_pool_options pool = lariat_pool_defaults();
  const lariat_client_options client = window(stage->no_credit ? 1 : 16, 16);
  struct scripting s;
  struct seen r[3];
  bool behind = stage->blocked || stage->no_credit;
  pool.max_jobs_per_host = 1;
  pool.max_connections = 1;
  scripting_open(&s, &pool, &client);
  if (behind) scripting_get(&s, &r[0], "https://a/?body=500");
  scripting_get(&s, &r[1], stage->url);
  reach(&s, stage);
  uint64_t at_ms = scripting_ms(&s);
  bool fired = r[1].fires > 0;
  scripting_cancel(&r[1]);
  if (twice) scripting_cancel(&r[1]);
  if (r[1].fires != 1) fixture_fail("%s: not cancelled", stage->name);
  if (!fired) seen_failure(&r[1], at_ms, LARIAT_ECANCELLED, LARIAT_PHASE_NONE);
  scripting_get(&s, &r[2], "https://b/");
  scripting_run(&s, 1000);
  seen_http(&r[2], behind ? 500 : at_ms, 200);
  if (behind) {
    seen_http(&r[0], 500, 200);
    scripting_forget(r, 1);
  }
  scripting_forget(&r[1], 2);
  scripting_close(&s);
}

static void test_cancel_at_every_stage(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(stages); i++)
    for (int twice = 0; twice < 2; twice++) cancel_at(&stages[i], twice);
}

/* Closes the reactor at every stage, with and without time to wait. */
static void test_reactor_closes_at_every_stage(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(stages) * 2; i++) {
    const struct stage *stage = &stages[i / 2];
    struct scripting s;
    struct seen r;
    scripting_open(&s, NULL, NULL);
    scripting_get(&s, &r, stage->url);
    reach(&s, stage);
    bool fired = r.fires > 0;
    fixture_close_reactor(&s.f, i % 2 ? 100 : 0);
    CU_ASSERT_EQUAL(r.fires, 1);
    if (!fired) CU_ASSERT_EQUAL(r.status, LARIAT_ECANCELLED);
    scripting_forget(&r, 1);
    lariat_pool_release(s.pool);
    fixture_close(&s.f);
  }
}

/* Closes the client at every stage, or the pool before the client. */
static void test_client_and_pool_close_at_every_stage(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(stages) * 2; i++) {
    const struct stage *stage = &stages[i / 2];
    struct scripting s;
    struct seen r;
    scripting_open(&s, NULL, NULL);
    scripting_get(&s, &r, stage->url);
    reach(&s, stage);
    if (i % 2) {
      CU_ASSERT_EQUAL(lariat_pool_close_wait(s.pool, 1000), LARIAT_OK);
      scripting_run(&s, 0);
      CU_ASSERT_EQUAL(r.fires, 1);
    }
    lariat_client_close(s.client);
    s.client = NULL;
    CU_ASSERT_EQUAL(r.fires, 1);
    scripting_forget(&r, 1);
    scripting_close(&s);
  }
}

/* ---- Callbacks ---- */

static void cancel_all_others(struct seen *seen) {
  struct seen *all = seen->in->f.reactor ? seen : NULL;
  for (int i = 1; i < 3; i++) scripting_cancel(&all[i]);
}

static void test_cancel_in_a_callback(void) {
  struct scripting s;
  struct seen r[3];
  scripting_open(&s, NULL, NULL);
  for (size_t i = 0; i < 3; i++) scripting_get(&s, &r[i], "http://a/?body=10");
  r[0].then = cancel_all_others;
  scripting_run(&s, 100);
  seen_http(&r[0], 10, 200);
  seen_failure(&r[1], 10, LARIAT_ECANCELLED, LARIAT_PHASE_NONE);
  seen_failure(&r[2], 10, LARIAT_ECANCELLED, LARIAT_PHASE_NONE);
  scripting_forget(r, 3);
  scripting_close(&s);
}

static void close_client(struct seen *seen) {
  lariat_client_close(seen->in->client);
  seen->in->client = NULL;
}

static void release_pool(struct seen *seen) {
  close_client(seen);
  lariat_pool_release(seen->in->pool);
  seen->in->pool = NULL;
}

static void test_close_in_a_callback(void) {
  void (*const closes[])(struct seen *) = {close_client, release_pool};
  for (size_t c = 0; c < 2; c++) {
    struct scripting s;
    struct seen r[3];
    scripting_open(&s, NULL, NULL);
    for (size_t i = 0; i < 3; i++)
      scripting_get(&s, &r[i], i ? "http://a/?body=50" : "http://a/?body=10");
    r[0].then = closes[c];
    scripting_run(&s, 100);
    seen_http(&r[0], 10, 200);
    seen_failure(&r[1], 10, LARIAT_ECANCELLED, LARIAT_PHASE_NONE);
    scripting_forget(r, 3);
    scripting_close(&s);
  }
}

/* Checks that a paused deferred keeps its result, and that the slot is free. */
static void test_pause(void) {
  lariat_pool_options pool = lariat_pool_defaults();
  struct scripting s;
  struct seen r[2];
  pool.max_jobs_per_host = 1;
  scripting_open(&s, &pool, NULL);
  scripting_get(&s, &r[0], "http://a/?body=10&bytes=100");
  scripting_get(&s, &r[1], "http://a/?body=10");
  lariat_deferred_pause(r[0].deferred);
  scripting_run(&s, 500);
  CU_ASSERT_EQUAL(r[0].fires, 0);
  seen_http(&r[1], 20, 200);
  lariat_deferred_unpause(r[0].deferred);
  seen_http(&r[0], 500, 200);
  CU_ASSERT_EQUAL(r[0].length, 100);
  scripting_forget(r, 2);
  scripting_close(&s);
}

/* ---- Failures and limits ---- */

static void test_failures(void) {
  static const struct {
    const char *url;
    lariat_status status;
    lariat_phase phase;
    int http_status;
  } rows[] = {
      {"http://a/?failure=resolve", LARIAT_ERESOLVE, LARIAT_PHASE_DNS, 0},
      {"http://a/?failure=connect", LARIAT_ECONNECT, LARIAT_PHASE_CONNECT, 0},
      {"https://a/?failure=tls", LARIAT_ETLS, LARIAT_PHASE_TLS, 0},
      {"http://a/?failure=reset", LARIAT_ERESET, LARIAT_PHASE_FIRST_BYTE, 0},
      {"http://a/?failure=reset&in=body", LARIAT_ERESET, LARIAT_PHASE_BODY,
       200},
      {"http://a/?failure=truncated&status=404", LARIAT_ETRUNCATED,
       LARIAT_PHASE_BODY, 404},
      {"http://a/?bytes=1001", LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY, 200},
  };
  lariat_client_options client = lariat_client_defaults();
  struct scripting s;
  client.max_body_bytes = 1000;
  scripting_open(&s, NULL, &client);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    struct seen r;
    char url[128];
    const char *name = strstr(rows[i].url, "failure=");
    snprintf(url, sizeof url, "%s", rows[i].url);
    if (name) /* the name itself is the status's own */
      snprintf(url + (name - rows[i].url), sizeof url, "failure=%s%s",
               lariat_status_name(rows[i].status), name + strcspn(name, "&"));
    scripting_get(&s, &r, url);
    scripting_run(&s, 0);
    seen_failure(&r, 0, rows[i].status, rows[i].phase);
    CU_ASSERT_EQUAL(r.http_status, rows[i].http_status);
    scripting_forget(&r, 1);
  }
  CU_ASSERT_EQUAL(scripting_stats(&s).connections, 0);
  scripting_close(&s);
}

/* Checks that what may be tried again is, after a wait that is drawn. */
static void test_retries(void) {
  lariat_retry_policy policy = lariat_retry_defaults();
  lariat_client_options client = lariat_client_defaults();
  struct scripting s;
  struct seen r[4];
  policy.max_retries = 2;
  policy.base_ms = 100;
  policy.budget_burst = 3;
  policy.budget_ratio = policy.budget_per_s = 0;
  policy.seed = 1;
  client.retry = &policy;
  scripting_open(&s, NULL, &client);
  scripting_get(&s, &r[0], "http://a/?status=503");
  scripting_run(&s, 300);
  CU_ASSERT_EQUAL(s.asked, 3);
  CU_ASSERT_EQUAL(r[0].http_status, 503);
  CU_ASSERT_EQUAL(r[0].fires, 1);
  scripting_get(&s, &r[1], "http://a/?status=404");
  r[2].then = NULL;
  scripting_watch(&s, &r[2],
                  lariat_post(s.client, "http://a/?status=503", "x", 1));
  scripting_run(&s, 0);
  seen_http(&r[1], 300, 404);
  seen_http(&r[2], 300, 503);
  CU_ASSERT_EQUAL(s.asked, 5);
  scripting_get(&s, &r[3], "http://b/?failure=connect-failed");
  scripting_run(&s, 1000);
  CU_ASSERT_EQUAL(r[3].status, LARIAT_ERETRYBUDGET);
  CU_ASSERT_EQUAL(s.asked, 7);
  scripting_forget(r, 4);
  scripting_close(&s);
}

/* A connection that was dead: once more on a new one, whatever the policy; but
 * not what may not be made twice. */
static void test_dead_connections(void) {
  struct scripting s;
  struct seen r[4];
  scripting_open(&s, NULL, NULL);
  scripting_get(&s, &r[0], "http://a/");
  scripting_run(&s, 10);
  scripting_get(&s, &r[1], "http://a/?failure=empty-answer");
  scripting_run(&s, 10);
  CU_ASSERT_EQUAL(s.asked, 3);
  seen_failure(&r[1], 10, LARIAT_EEMPTY, LARIAT_PHASE_FIRST_BYTE);
  scripting_get(&s, &r[2], "http://a/");
  scripting_run(&s, 0);
  r[3].then = NULL;
  scripting_watch(
      &s, &r[3],
      lariat_post(s.client, "http://a/?failure=connection-reset", "x", 1));
  scripting_run(&s, 0);
  CU_ASSERT_EQUAL(s.asked, 5);
  seen_failure(&r[3], 20, LARIAT_ERESET, LARIAT_PHASE_FIRST_BYTE);
  scripting_forget(r, 4);
  scripting_close(&s);
}

/* Checks the idle limit, to the millisecond, from the last byte that came. */
static void test_idle_limit(void) {
  lariat_client_options client = lariat_client_defaults();
  struct scripting s;
  struct seen r[3];
  client.idle_timeout_ms = 100;
  client.connect_timeout_ms = 0;
  scripting_open(&s, NULL, &client);
  scripting_get(&s, &r[0],
                "https://a/?dns=99&connect=99&tls=99&first-byte=99&body=99");
  scripting_get(&s, &r[1], "http://b/?connect=50&body=101");
  scripting_get(&s, &r[2], "http://c/?connect=101");
  scripting_run(&s, 2000);
  seen_http(&r[0], 495, 200);
  seen_failure(&r[1], 150, LARIAT_ETIMEDOUT, LARIAT_PHASE_BODY);
  seen_failure(&r[2], 100, LARIAT_ETIMEDOUT, LARIAT_PHASE_CONNECT);
  scripting_forget(r, 3);
  scripting_close(&s);
}

static void test_timings(void) {
  struct scripting s;
  struct seen r[2];
  scripting_open(&s, NULL, NULL);
  scripting_get(&s, &r[0],
                "https://a/?dns=1&connect=2&tls=4&request=8&first-byte=16&"
                "body=32");
  scripting_run(&s, 100);
  scripting_get(&s, &r[1], "https://a/?dns=1&request=8&first-byte=16&body=32");
  scripting_run(&s, 100);
  seen_http(&r[0], 63, 200);
  CU_ASSERT_EQUAL(r[0].timings.dns_us, 1000);
  CU_ASSERT_EQUAL(r[0].timings.connect_us, 2000);
  CU_ASSERT_EQUAL(r[0].timings.tls_us, 4000);
  CU_ASSERT_EQUAL(r[0].timings.first_byte_us, 31000);
  CU_ASSERT_EQUAL(r[0].timings.total_us, 63000);
  CU_ASSERT_EQUAL(r[0].timings.queue_us, 0);
  CU_ASSERT_EQUAL(r[1].timings.dns_us, 0);
  CU_ASSERT_EQUAL(r[1].timings.first_byte_us, 24000);
  CU_ASSERT_EQUAL(r[1].timings.total_us, 56000);
  scripting_forget(r, 2);
  scripting_close(&s);
}

/* Checks instants that are so many milliseconds after `from_ns`; 0: none. */
static void expect_instants(const lariat_instants *instants, uint64_t from_ns,
                            uint64_t sent_ms, uint64_t first_ms,
                            uint64_t done_ms) {
  const uint64_t ms = 1000000;
  CU_ASSERT_EQUAL(instants->sent_ns, sent_ms ? from_ns + sent_ms * ms : 0);
  CU_ASSERT_EQUAL(instants->first_byte_ns,
                  first_ms ? from_ns + first_ms * ms : 0);
  CU_ASSERT_EQUAL(instants->done_ns, done_ms ? from_ns + done_ms * ms : 0);
  CU_ASSERT_EQUAL(instants->arrived_ns, instants->done_ns);
  CU_ASSERT_EQUAL(instants->arrival,
                  done_ms ? LARIAT_ARRIVAL_READ : LARIAT_ARRIVAL_NONE);
}

/* Each at its own time on the virtual clock, and what is not reached is 0. */
static void test_instants(void) {
  static const struct {
    const char *query;
    uint64_t sent_ms, first_ms, done_ms; /* since it began */
    lariat_status status;
  } rows[] = {
      {"dns=1&connect=2&tls=4&request=8&first-byte=16&body=32", 7, 31, 63,
       LARIAT_OK},
      {"dns=1&connect=900", 0, 0, 0, LARIAT_ETIMEDOUT},
      {"dns=1&connect=2&tls=900", 0, 0, 0, LARIAT_ETIMEDOUT},
      {"dns=1&connect=2&tls=4&request=900", 7, 0, 0, LARIAT_ETIMEDOUT},
      {"dns=1&connect=2&tls=4&request=8&first-byte=900", 7, 0, 0,
       LARIAT_ETIMEDOUT},
      {"dns=1&connect=2&tls=4&request=8&first-byte=16&body=900", 7, 31, 0,
       LARIAT_ETIMEDOUT},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    struct scripting s;
    struct seen r[1];
    char url[128];
    lariat_client_options client = lariat_client_defaults();
    client.timeout_ms = 200;
    scripting_open(&s, NULL, &client);
    uint64_t from_ns = lariat_reactor_now_ns(s.f.reactor);
    snprintf(url, sizeof url, "https://a/?%s", rows[i].query);
    scripting_get(&s, &r[0], url);
    scripting_run(&s, 1000);
    CU_ASSERT_EQUAL(r[0].status, rows[i].status);
    expect_instants(&r[0].instants, from_ns, rows[i].sent_ms, rows[i].first_ms,
                    rows[i].done_ms);
    scripting_forget(r, 1);
    scripting_close(&s);
  }
}

static void test_unknown_timestamps(void) {
  struct scripting s;
  struct seen r[1];
  lariat_client *client;
  scripting_open(&s, NULL, NULL);
  lariat_client_options options = lariat_client_defaults();
  options.timestamps = (lariat_timestamps)3;
  CU_ASSERT_EQUAL(lariat_client_new(s.pool, s.f.reactor, &options, &client),
                  LARIAT_EINVAL);
  lariat_request_options request = lariat_request_defaults(s.client);
  request.timestamps = (lariat_timestamps)3;
  r[0].then = NULL;
  scripting_watch(&s, &r[0],
                  lariat_request(s.client, "GET", "http://a/", &request));
  CU_ASSERT_EQUAL(r[0].status, LARIAT_EINVAL);
  scripting_forget(r, 1);
  scripting_close(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"credits", test_credits},
      {"overload", test_overload},
      {"deadline without a credit", test_deadline_without_a_credit},
      {"cancel at every stage", test_cancel_at_every_stage},
      {"reactor closes at every stage", test_reactor_closes_at_every_stage},
      {"client and pool close at every stage",
       test_client_and_pool_close_at_every_stage},
      {"cancel in a callback", test_cancel_in_a_callback},
      {"close in a callback", test_close_in_a_callback},
      {"pause", test_pause},
      {"failures", test_failures},
      {"retries", test_retries},
      {"dead connections", test_dead_connections},
      {"idle limit", test_idle_limit},
      {"timings", test_timings},
      {"instants", test_instants},
      {"timestamps that are none", test_unknown_timestamps},
  };
  return fixture_main("client", tests, FIXTURE_COUNT(tests), argc, argv);
}
