/* SPDX-License-Identifier: MIT
 * dispatcher_test.c: who starts when, and whose time runs out when; with a
 * scripted transport and a clock that moves when told to. */
#include <stdio.h>
#include <string.h>

#include "support/dispatching.h"
#include "support/scripting.h"

static lariat_pool_options narrow(unsigned jobs, unsigned per_host) {
  lariat_pool_options options = lariat_pool_defaults();
  options.max_jobs = jobs;
  options.max_jobs_per_host = per_host;
  return options;
}

static lariat_client_options timed(uint64_t timeout_ms, uint64_t connect_ms) {
  lariat_client_options options = lariat_client_defaults();
  options.timeout_ms = timeout_ms;
  options.connect_timeout_ms = connect_ms;
  return options;
}

/* The slot is free: the next request is answered at once. */
static void expect_free(struct scripting *s) {
  struct seen r;
  scripting_get(s, &r, "https://h/");
  scripting_run(s, 0);
  seen_http(&r, scripting_ms(s), 200);
  scripting_forget(&r, 1);
}

/* Deadlines. */

static const char *const steps[] = {"dns",     "connect",    "tls",
                                    "request", "first-byte", "body"};

/* Each of the others takes 10 ms; the slow one runs into the deadline, to the
 * millisecond, also when the clock jumps
 * over it (by less than the caller's patience). */
static void test_deadline_in_each_phase(void) {
  const lariat_pool_options pool = narrow(1, 1);
  const lariat_client_options client = timed(700, 0);
  for (unsigned jump = 0; jump < 2; jump++)
    for (size_t i = 0; i < FIXTURE_COUNT(steps); i++) {
      struct scripting s;
      struct seen r;
      char url[256] = "https://h/?";
      for (size_t j = 0; j < FIXTURE_COUNT(steps); j++)
        snprintf(url + strlen(url), sizeof url - strlen(url), "%s=%d&",
                 steps[j], i == j ? 5000 : 10);
      scripting_open(&s, &pool, &client);
      scripting_get(&s, &r, url);
      scripting_run(&s, 699);
      CU_ASSERT_EQUAL(r.fires, 0);
      if (jump)
        CU_ASSERT_EQUAL(
            lariat_virtual_clock_advance(s.f.virtual_clock, s.f.reactor, 400),
            LARIAT_OK);
      scripting_run(&s, 1);
      seen_failure(&r, jump ? 1099 : 700, LARIAT_ETIMEDOUT,
                   (lariat_phase)(LARIAT_PHASE_DNS + i));
      CU_ASSERT_EQUAL(r.http_status, i == 5 ? 200 : 0);
      expect_free(&s);
      scripting_forget(&r, 1);
      scripting_close(&s);
    }
}

static void test_deadline_where_it_never_ends(void) {
  const lariat_client_options client = timed(250, 0);
  for (size_t i = 0; i < FIXTURE_COUNT(steps); i++) {
    struct scripting s;
    struct seen r;
    char url[128];
    snprintf(url, sizeof url, "https://h/?never=%s", steps[i]);
    scripting_open(&s, NULL, &client);
    scripting_get(&s, &r, url);
    scripting_run(&s, 10000);
    seen_failure(&r, 250, LARIAT_ETIMEDOUT,
                 (lariat_phase)(LARIAT_PHASE_DNS + i));
    expect_free(&s);
    scripting_forget(&r, 1);
    scripting_close(&s);
  }
}

/* In its host's queue, and in all of the pool's. */
static void test_deadline_in_the_queue(void) {
  static const char *const others[] = {"http://h/", "http://other/"};
  for (size_t i = 0; i < 2; i++) {
    const lariat_pool_options pool = narrow(1, 1);
    const lariat_client_options client = timed(300, 0);
    struct scripting s;
    struct seen r[2];
    scripting_open(&s, &pool, &client);
    lariat_request_options patient = lariat_request_defaults(s.client);
    patient.timeout_ms = 2000;
    r[0].then = NULL;
    scripting_watch(
        &s, &r[0],
        lariat_request(s.client, "GET", "http://h/?body=1500", &patient));
    scripting_run(&s, 100);
    scripting_get(&s, &r[1], others[i]);
    scripting_run(&s, 5000);
    seen_http(&r[0], 1500, 200);
    seen_failure(&r[1], 400, LARIAT_ETIMEDOUT, LARIAT_PHASE_QUEUE);
    CU_ASSERT_EQUAL(s.asked, 1);
    scripting_forget(r, 2);
    scripting_close(&s);
  }
}

/* Waiting, redirects and the answer together have one time. */
static void test_deadline_over_everything(void) {
  const lariat_pool_options pool = narrow(1, 1);
  const lariat_client_options client = timed(1000, 0);
  struct scripting s;
  struct seen r[3];
  scripting_open(&s, &pool, &client);
  scripting_get(&s, &r[0], "http://h/?body=400");
  scripting_get(&s, &r[1], "http://h/?body=200&to=/?body=200&to=/?body=300");
  scripting_get(&s, &r[2], "http://h/?body=50&to=/?body=50");
  scripting_run(&s, 5000);
  seen_http(&r[0], 400, 200);
  seen_failure(&r[1], 1000, LARIAT_ETIMEDOUT, LARIAT_PHASE_BODY);
  seen_http(&r[2], 900, 200);
  scripting_forget(r, 3);
  scripting_close(&s);
}

static void test_no_deadline(void) {
  const lariat_client_options client = timed(0, 0);
  struct scripting s;
  struct seen r[2];
  scripting_open(&s, NULL, &client);
  scripting_get(&s, &r[0], "https://h/?first-byte=864000000");
  scripting_get(&s, &r[1], "http://never/?never=connect");
  scripting_run(&s, 864000001);
  seen_http(&r[0], 864000000, 200);
  CU_ASSERT_EQUAL(r[1].fires, 0);
  scripting_cancel(&r[1]);
  seen_failure(&r[1], 864000001, LARIAT_ECANCELLED, LARIAT_PHASE_NONE);
  scripting_forget(r, 2);
  scripting_close(&s);
}

/* The connect limit: over look-up, connection and handshake, from the start
 * of the transfer; not for what comes after. */
static void test_connect_limit(void) {
  const lariat_pool_options pool = narrow(8, 1);
  const lariat_client_options client = timed(0, 250);
  struct scripting s;
  struct seen r[5];
  scripting_open(&s, &pool, &client);
  scripting_get(&s, &r[0], "https://a/?dns=100&connect=100&tls=100");
  scripting_get(&s, &r[1], "https://b/?dns=249&first-byte=4000");
  scripting_get(&s, &r[2], "http://c/?connect=251");
  scripting_get(&s, &r[3], "http://d/?body=1000&close=1");
  scripting_get(&s, &r[4], "http://d/?connect=300");
  scripting_run(&s, 10000);
  seen_failure(&r[0], 250, LARIAT_ETIMEDOUT, LARIAT_PHASE_TLS);
  seen_http(&r[1], 4249, 200);
  seen_failure(&r[2], 250, LARIAT_ETIMEDOUT, LARIAT_PHASE_CONNECT);
  seen_http(&r[3], 1000, 200);
  seen_failure(&r[4], 1250, LARIAT_ETIMEDOUT, LARIAT_PHASE_CONNECT);
  expect_free(&s);
  scripting_forget(r, 5);
  scripting_close(&s);
}

/* A connection that is open needs none of it. */
static void test_connect_limit_of_a_reused_connection(void) {
  const lariat_client_options client = timed(0, 100);
  struct scripting s;
  struct seen r[2];
  scripting_open(&s, NULL, &client);
  scripting_get(&s, &r[0], "http://a/?connect=50");
  scripting_run(&s, 50);
  scripting_get(&s, &r[1], "http://a/?connect=500&first-byte=500");
  scripting_run(&s, 1000);
  seen_http(&r[0], 50, 200);
  seen_http(&r[1], 550, 200);
  CU_ASSERT_FALSE(r[0].reused);
  CU_ASSERT_TRUE(r[1].reused);
  scripting_forget(r, 2);
  scripting_close(&s);
}

/* Turns and limits. */

/* What is cancelled while it waits for its host's delay gives way to the
 * next. */
static void test_cancel_in_a_delay(void) {
  lariat_pool_options pool = lariat_pool_defaults();
  struct scripting s;
  struct seen r[3];
  pool.delay_per_host_ms = 100;
  scripting_open(&s, &pool, NULL);
  for (size_t i = 0; i < 3; i++)
    scripting_get(&s, &r[i], "http://a/?first-byte=10");
  scripting_run(&s, 50);
  seen_http(&r[0], 10, 200);
  scripting_cancel(&r[1]);
  scripting_run(&s, 1000);
  CU_ASSERT_EQUAL(r[1].status, LARIAT_ECANCELLED);
  seen_http(&r[2], 110, 200);
  scripting_forget(r, 3);
  scripting_close(&s);
}

static void test_round_robin(void) {
  static const char *const hosts[] = {"a", "b", "c"};
  const lariat_pool_options pool = narrow(1, 16);
  struct scripting s;
  struct seen r[12];
  char url[64];
  scripting_open(&s, &pool, NULL);
  for (size_t i = 0; i < 12; i++) {
    size_t host = i < 6 ? 0 : i < 9 ? 1 : 2;
    snprintf(url, sizeof url, "http://%s/?body=10", hosts[host]);
    scripting_get(&s, &r[i], url);
  }
  scripting_run(&s, 1000);
  CU_ASSERT_STRING_EQUAL(s.order, "abcabcabcaaa");
  CU_ASSERT_EQUAL(s.most, 1);
  seen_http(&r[11], 90, 200); /* c's last is the ninth */
  seen_http(&r[5], 120, 200);
  scripting_forget(r, 12);
  scripting_close(&s);
}

/* A slow host with many jobs does not hold the others back. */
static void test_one_slow_host(void) {
  enum { SLOW = 40, QUICK = 20 };
  const lariat_pool_options pool = narrow(4, 2);
  struct scripting s;
  struct seen r[SLOW + QUICK];
  scripting_open(&s, &pool, NULL);
  for (size_t i = 0; i < SLOW; i++)
    scripting_get(&s, &r[i], "http://slow/?first-byte=1000");
  for (size_t i = SLOW; i < SLOW + QUICK; i++)
    scripting_get(&s, &r[i], "http://quick/?first-byte=10");
  scripting_run(&s, 100);
  for (size_t i = SLOW; i < SLOW + QUICK; i++)
    seen_http(&r[i], (i - SLOW) / 2 * 10 + 10, 200);
  CU_ASSERT_EQUAL(s.most, 4);
  scripting_run(&s, 25000);
  for (size_t i = 0; i < SLOW; i++) seen_http(&r[i], i / 2 * 1000 + 1000, 200);
  scripting_forget(r, SLOW + QUICK);
  scripting_close(&s);
}

static void test_limits(void) {
  enum { JOBS = 60 };
  static const unsigned limits[][2] = {{1, 1}, {3, 2}, {7, 3}, {100, 5}};
  for (size_t l = 0; l < FIXTURE_COUNT(limits); l++) {
    const lariat_pool_options pool = narrow(limits[l][0], limits[l][1]);
    struct scripting s;
    struct seen r[JOBS];
    char url[64];
    scripting_open(&s, &pool, NULL);
    for (unsigned i = 0; i < JOBS; i++) {
      snprintf(url, sizeof url, "http://h%u/?body=%u", i % 3, 5 + i % 7);
      scripting_get(&s, &r[i], url);
    }
    unsigned most =
        limits[l][0] < 3 * limits[l][1] ? limits[l][0] : 3 * limits[l][1];
    scripting_run(&s, 2000);
    CU_ASSERT_EQUAL(s.asked, JOBS);
    CU_ASSERT_EQUAL(s.most, most);
    CU_ASSERT(scripting_stats(&s).connections_opened <= 3 * limits[l][1]);
    scripting_forget(r, JOBS);
    scripting_close(&s);
  }
}

/* Connections. */

/* Fewer connections than hosts: an idle one of another host's goes. */
static void test_hosts_that_wait_for_a_connection(void) {
  lariat_pool_options pool = narrow(8, 8);
  struct scripting s;
  struct seen r[6];
  pool.max_connections = 2;
  scripting_open(&s, &pool, NULL);
  for (unsigned i = 0; i < 6; i++) {
    char url[64];
    snprintf(url, sizeof url, "http://%c/?body=100", 'a' + (int)i % 3);
    scripting_get(&s, &r[i], url);
  }
  scripting_run(&s, 50);
  CU_ASSERT_STRING_EQUAL(s.order, "ab");
  CU_ASSERT_EQUAL(scripting_stats(&s).connections, 2);
  CU_ASSERT_EQUAL(scripting_stats(&s).jobs_queued, 4);
  scripting_run(&s, 1000);
  CU_ASSERT_EQUAL(s.most, 2);
  for (unsigned i = 0; i < 6; i++) {
    CU_ASSERT_EQUAL(r[i].fires, 1);
    CU_ASSERT_EQUAL(r[i].status, LARIAT_OK);
    CU_ASSERT(r[i].at_ms <= 300);
  }
  CU_ASSERT_EQUAL(scripting_stats(&s).connections, 2);
  scripting_forget(r, 6);
  scripting_close(&s);
}

/* A host that waits is told of each that becomes idle, also while others go
 * on. */
static void test_a_connection_becomes_idle(void) {
  lariat_pool_options pool = narrow(8, 8);
  struct scripting s;
  struct seen r[4];
  pool.max_connections = 2;
  scripting_open(&s, &pool, NULL);
  scripting_get(&s, &r[0], "http://a/?body=5000");
  scripting_get(&s, &r[1], "http://b/?body=100");
  scripting_get(&s, &r[2], "http://c/?body=100");
  scripting_get(&s, &r[3], "http://d/?body=100");
  scripting_run(&s, 10000);
  seen_http(&r[0], 5000, 200);
  seen_http(&r[1], 100, 200);
  seen_http(&r[2], 200, 200);
  seen_http(&r[3], 300, 200);
  scripting_forget(r, 4);
  scripting_close(&s);
}

/* Hosts without a connection get one in the order in which they came, while
 * one that has all of them goes on. */
static void test_the_place_of_those_that_wait(void) {
  enum { MANY = 12, OTHERS = 5 };
  lariat_pool_options pool = narrow(8, 3);
  struct scripting s;
  struct seen r[MANY + OTHERS];
  pool.max_connections = 2;
  scripting_open(&s, &pool, NULL);
  for (unsigned i = 0; i < MANY; i++)
    scripting_get(&s, &r[i], "http://a/?body=100");
  scripting_run(&s, 0);
  for (unsigned i = 0; i < OTHERS; i++) {
    char url[64];
    snprintf(url, sizeof url, "http://%c/?body=100", 'b' + (int)i);
    scripting_get(&s, &r[MANY + i], url);
  }
  scripting_run(&s, 5000);
  for (unsigned i = 0; i < MANY + OTHERS; i++) CU_ASSERT_EQUAL(r[i].fires, 1);
  CU_ASSERT_STRING_EQUAL(s.order, "aaabacadaeafaaaaa");
  scripting_forget(r, MANY + OTHERS);
  scripting_close(&s);
}

/* Nobody ends, so nobody unblocks: the deadline of a blocked host's job. */
static void test_a_blocked_host_times_out(void) {
  lariat_pool_options pool = narrow(8, 8);
  const lariat_client_options client = timed(0, 0);
  struct scripting s;
  struct seen r[3];
  pool.max_connections = 1;
  scripting_open(&s, &pool, &client);
  lariat_request_options brief = lariat_request_defaults(s.client);
  brief.timeout_ms = 150;
  scripting_get(&s, &r[0], "http://a/?never=body");
  scripting_run(&s, 0);
  r[1].then = NULL;
  scripting_watch(&s, &r[1],
                  lariat_request(s.client, "GET", "http://b/", &brief));
  scripting_get(&s, &r[2], "http://c/?close=1");
  scripting_run(&s, 1000);
  seen_failure(&r[1], 150, LARIAT_ETIMEDOUT, LARIAT_PHASE_QUEUE);
  CU_ASSERT_EQUAL(r[2].fires, 0);
  scripting_cancel(&r[0]);
  scripting_run(&s, 0);
  seen_http(&r[2], 1000, 200);
  CU_ASSERT_EQUAL(scripting_stats(&s).connections, 0);
  scripting_forget(r, 3);
  scripting_close(&s);
}

static void test_connections_of_one_host(void) {
  lariat_pool_options pool = narrow(8, 4);
  struct scripting s;
  struct seen r[6];
  pool.max_connections_per_host = 2;
  scripting_open(&s, &pool, NULL);
  for (unsigned i = 0; i < 6; i++)
    scripting_get(&s, &r[i], "http://a/?body=100");
  scripting_run(&s, 1000);
  for (unsigned i = 0; i < 6; i++) seen_http(&r[i], i / 2 * 100 + 100, 200);
  CU_ASSERT_EQUAL(s.most, 2);
  CU_ASSERT_EQUAL(scripting_stats(&s).connections_opened, 2);
  CU_ASSERT_EQUAL(scripting_stats(&s).connections_reused, 4);
  scripting_forget(r, 6);
  scripting_close(&s);
}

/* What the server speaks: one job goes first; the rest follow when the
 * handshake is over, and not only with its answer. */
static void test_protocol_is_learned(void) {
  for (unsigned http = 11; http <= 20; http += 9) {
    const lariat_pool_options pool = narrow(8, 3);
    struct scripting s;
    struct seen r[6];
    char url[128];
    snprintf(url, sizeof url, "https://a/?http=%u&tls=100&first-byte=1000",
             http);
    scripting_open(&s, &pool, NULL);
    for (unsigned i = 0; i < 6; i++) scripting_get(&s, &r[i], url);
    scripting_run(&s, 99);
    CU_ASSERT_EQUAL(s.asked, 1);
    scripting_run(&s, 1);
    CU_ASSERT_EQUAL(s.asked, 3);
    scripting_run(&s, 5000);
    CU_ASSERT_EQUAL(s.most, 3);
    seen_http(&r[0], 1100, 200);
    seen_http(&r[1], http == 20 ? 1100 : 1200, 200);
    CU_ASSERT_EQUAL(r[1].reused, http == 20);
    CU_ASSERT_EQUAL(scripting_stats(&s).connections_opened, http == 20 ? 1 : 3);
    scripting_forget(r, 6);
    scripting_close(&s);
  }
}

/* Whoever goes first and fails, or is given up, leaves the place to the
 * next. */
static void test_the_first_fails(void) {
  const lariat_pool_options pool = narrow(8, 3);
  struct scripting s;
  struct seen r[4];
  scripting_open(&s, &pool, NULL);
  scripting_get(&s, &r[0], "https://a/?tls=100&failure=tls-failed");
  scripting_get(&s, &r[1], "https://a/?never=tls");
  scripting_get(&s, &r[2], "https://a/?tls=100&body=100");
  scripting_get(&s, &r[3], "https://a/?tls=100&body=100");
  scripting_run(&s, 200);
  seen_failure(&r[0], 100, LARIAT_ETLS, LARIAT_PHASE_TLS);
  CU_ASSERT_EQUAL(s.asked, 2);
  scripting_cancel(&r[1]);
  scripting_run(&s, 1000);
  seen_http(&r[2], 400, 200);
  seen_http(&r[3], 500, 200);
  scripting_forget(r, 4);
  scripting_close(&s);
}

/* HTTP/1.1 was asked for: nobody need go first. */
static void test_nothing_to_learn(void) {
  lariat_client_options client = lariat_client_defaults();
  struct scripting s;
  struct seen r[3];
  client.http = LARIAT_HTTP_1_1;
  scripting_open(&s, NULL, &client);
  for (unsigned i = 0; i < 3; i++)
    scripting_get(&s, &r[i], "https://a/?tls=100");
  scripting_run(&s, 0);
  CU_ASSERT_EQUAL(s.asked, 3);
  scripting_run(&s, 100);
  for (unsigned i = 0; i < 3; i++) seen_http(&r[i], 100, 200);
  scripting_forget(r, 3);
  scripting_close(&s);
}

/* ---- Leases ---- */

static unsigned lease_ends;

static void end_leases(void *transport) {
  struct dispatching *d = transport;
  lease_ends++;
  d->dispatcher.leased = 0;
}

/* A connection that a client has keeps the dispatcher from being idle, until
 * everything is aborted. */
static void test_leases(void) {
  struct dispatching d;
  dispatching_open(&d, NULL, NULL);
  d.ops.end_leases = end_leases;
  lease_ends = 0;
  CU_ASSERT_TRUE(lr_dispatcher_idle(&d.dispatcher));
  lr_dispatcher_abort(&d.dispatcher, LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(lease_ends, 0);
  d.dispatcher.leased = 2;
  CU_ASSERT_FALSE(lr_dispatcher_idle(&d.dispatcher));
  lr_dispatcher_close(&d.dispatcher);
  CU_ASSERT_FALSE(lr_dispatcher_idle(&d.dispatcher));
  lr_dispatcher_abort(&d.dispatcher, LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(lease_ends, 1);
  CU_ASSERT_TRUE(lr_dispatcher_idle(&d.dispatcher));
  dispatching_close(&d);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"deadline in each phase", test_deadline_in_each_phase},
      {"deadline where it never ends", test_deadline_where_it_never_ends},
      {"deadline in the queue", test_deadline_in_the_queue},
      {"deadline over everything", test_deadline_over_everything},
      {"no deadline", test_no_deadline},
      {"connect limit", test_connect_limit},
      {"connect limit of a reused connection",
       test_connect_limit_of_a_reused_connection},
      {"a cancel in a delay", test_cancel_in_a_delay},
      {"round robin", test_round_robin},
      {"one slow host", test_one_slow_host},
      {"limits", test_limits},
      {"hosts that wait for a connection",
       test_hosts_that_wait_for_a_connection},
      {"a connection becomes idle", test_a_connection_becomes_idle},
      {"the place of those that wait", test_the_place_of_those_that_wait},
      {"a blocked host times out", test_a_blocked_host_times_out},
      {"connections of one host", test_connections_of_one_host},
      {"protocol is learned", test_protocol_is_learned},
      {"the first fails", test_the_first_fails},
      {"nothing to learn", test_nothing_to_learn},
      {"leases", test_leases},
  };
  return fixture_main("dispatcher", tests, FIXTURE_COUNT(tests), argc, argv);
}
