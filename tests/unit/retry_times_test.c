/* SPDX-License-Identifier: MIT
 * retry_times_test.c: retries under the virtual clock, where every wait is
 * seen to the nanosecond: the bounds of backoff and how evenly it is drawn,
 * Retry-After, budgets, deadlines that end while one waits. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/fixture.h"
#include <lariat/client.h>
#include <lariat/failure.h>
#include <lariat/pool.h>

enum { ASKS = 64, SEEDS = 400 };

static const uint64_t ms = 1000000u;

/* A server that gives each request the same answer, and notes when. */
struct server {
  struct fixture f;
  lariat_pool *pool;
  lariat_client *client;
  lariat_answer answer;
  unsigned recovers; /* from this request on it says 200; 0: never */
  unsigned asked;
  uint64_t at_ns[ASKS];
};

/* One fetch. */
struct fetch {
  struct server *in;
  lariat_deferred *deferred;
  unsigned fires;
  uint64_t at_ns;
  lariat_status status;
  int http_status;
  lariat_retry_end end;
  lariat_time_limit limit;
  size_t attempts;
  uint64_t waited_us[ASKS];
};

static uint64_t now_ns(const struct server *s) {
  return lariat_virtual_clock_now_ns(s->f.virtual_clock);
}

static void script(const lariat_asked *asked, lariat_answer *answer,
                   void *context) {
  struct server *s = context;
  (void)asked;
  if (s->asked < ASKS) s->at_ns[s->asked] = now_ns(s);
  s->asked++;
  if (!s->recovers || s->asked < s->recovers) *answer = s->answer;
}

static void open_server(struct server *s, const lariat_retry_policy *policy) {
  lariat_client_options options = lariat_client_defaults();
  memset(s, 0, sizeof *s);
  s->answer = (lariat_answer){.status = 503, .http_version = 11};
  fixture_open(&s->f, FIXTURE_MANUAL_CLOCK);
  options.retry = policy;
  options.timeout_ms = 0;
  CU_ASSERT_EQUAL_FATAL(
      lariat_scripted_pool_new(NULL, s->f.reactor, script, s, &s->pool),
      LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(
      lariat_client_new(s->pool, s->f.reactor, &options, &s->client),
      LARIAT_OK);
}

static void close_server(struct server *s) {
  lariat_client_close(s->client);
  lariat_pool_release(s->pool);
  fixture_close(&s->f);
}

static void run(struct server *s, uint64_t time_ms) {
  CU_ASSERT_EQUAL(
      lariat_virtual_clock_run(s->f.virtual_clock, s->f.reactor, time_ms),
      LARIAT_OK);
}

static lariat_value note(lariat_value result, void *context) {
  struct fetch *fetch = context;
  fetch->fires++;
  fetch->at_ns = now_ns(fetch->in);
  if (lariat_is_failure(result)) {
    fetch->status = lariat_failure_status(result);
    fetch->http_status = lariat_failure_http_status(result);
    fetch->end = lariat_failure_retry_end(result);
    fetch->limit = lariat_failure_time_limit(result);
    fetch->attempts = lariat_failure_attempts(result);
    for (size_t i = 0; i < fetch->attempts && i < ASKS; i++)
      fetch->waited_us[i] = lariat_failure_attempt_at(result, i).waited_us;
  } else {
    const lariat_response *response = lariat_response_in(result);
    fetch->http_status = lariat_response_status(response);
    fetch->end = lariat_response_retry_end(response);
    fetch->attempts = lariat_response_attempts(response);
    for (size_t i = 0; i < fetch->attempts && i < ASKS; i++)
      fetch->waited_us[i] = lariat_response_attempt_at(response, i).waited_us;
  }
  return lariat_value_drop(result);
}

static void begin(struct server *s, struct fetch *fetch, uint64_t timeout_ms) {
  lariat_request_options options = lariat_request_defaults(s->client);
  options.timeout_ms = timeout_ms;
  *fetch = (struct fetch){.in = s};
  fetch->deferred =
      lariat_request(s->client, "GET", "http://a.test/", &options);
  lariat_deferred_add_both(fetch->deferred, note, fetch);
}

static void end(struct fetch *fetch) {
  CU_ASSERT_EQUAL(fetch->fires, 1);
  lariat_deferred_release(fetch->deferred);
}

static uint64_t retry_waiting(const struct server *s) {
  lariat_client_stats stats = {.size = sizeof stats};
  CU_ASSERT_EQUAL(lariat_client_read_stats(s->client, &stats), LARIAT_OK);
  CU_ASSERT(stats.queued >= stats.retry_waiting);
  return stats.retry_waiting;
}

/* ---- Backoff ---- */

static lariat_retry_policy policy_of(unsigned base_ms, unsigned cap_ms,
                                     unsigned retries) {
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.base_ms = base_ms;
  policy.cap_ms = cap_ms;
  policy.max_retries = retries;
  policy.no_budget = true;
  policy.seed = 1;
  return policy;
}

/* Returns the gaps between the requests of one fetch, in nanoseconds. */
static void gaps_of(uint64_t seed, uint64_t *gaps, unsigned count) {
  struct server s;
  struct fetch fetch;
  lariat_retry_policy policy = policy_of(100, 1000, count);
  policy.seed = seed;
  open_server(&s, &policy);
  begin(&s, &fetch, 0);
  run(&s, 10000);
  CU_ASSERT_EQUAL(s.asked, count + 1);
  CU_ASSERT_EQUAL(fetch.attempts, count + 1);
  CU_ASSERT_EQUAL(fetch.end, LARIAT_RETRY_SPENT);
  CU_ASSERT_EQUAL(fetch.http_status, 503);
  for (unsigned i = 0; i < count; i++) {
    gaps[i] = s.at_ns[i + 1] - s.at_ns[i];
    CU_ASSERT_EQUAL(fetch.waited_us[i + 1], gaps[i] / 1000);
  }
  end(&fetch);
  close_server(&s);
}

/* From 0 to min(cap, base * 2^(n-1)), and evenly: in four parts, each gets a
 * fourth of the waits, but for six standard deviations. */
static void test_full_jitter(void) {
  static const uint64_t most_ms[] = {100, 200, 400, 800, 1000, 1000};
  unsigned parts[6][4] = {{0}};
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    uint64_t gaps[6];
    gaps_of(seed, gaps, 6);
    for (int n = 0; n < 6; n++) {
      CU_ASSERT(gaps[n] <= most_ms[n] * ms);
      uint64_t part = gaps[n] * 4 / (most_ms[n] * ms);
      parts[n][part < 4 ? part : 3]++;
    }
  }
  for (int n = 0; n < 6; n++)
    for (int part = 0; part < 4; part++)
      CU_ASSERT(parts[n][part] >= SEEDS / 4 - 52 &&
                parts[n][part] <= SEEDS / 4 + 52);
}

/* The same again with the same seed, and otherwise without one. */
static void test_seeds(void) {
  uint64_t gaps[4][3];
  for (int i = 0; i < 4; i++) gaps_of(i < 2 ? 7 : 0, gaps[i], 3);
  CU_ASSERT_EQUAL(memcmp(gaps[0], gaps[1], sizeof gaps[0]), 0);
  CU_ASSERT_NOT_EQUAL(memcmp(gaps[2], gaps[3], sizeof gaps[2]), 0);
}

/* Checks that many that fail together are not tried again together. */
static void test_no_herd(void) {
  struct server s;
  struct fetch fetches[40];
  lariat_retry_policy policy = policy_of(1000, 1000, 1);
  open_server(&s, &policy);
  for (int i = 0; i < 20; i++) begin(&s, &fetches[i], 0);
  run(&s, 1);
  CU_ASSERT_EQUAL(retry_waiting(&s), 20);
  run(&s, 2000);
  CU_ASSERT_EQUAL(s.asked, 40);
  for (int i = 21; i < 40; i++) CU_ASSERT(s.at_ns[i] > s.at_ns[i - 1]);
  CU_ASSERT(s.at_ns[39] - s.at_ns[20] > 500 * ms);
  for (int i = 0; i < 20; i++) end(&fetches[i]);
  close_server(&s);
}

/* ---- Retry-After ---- */

/* The time between the two requests of one fetch. */
static uint64_t gap_after(const lariat_header *headers, size_t count,
                          const lariat_retry_policy *policy) {
  struct server s;
  struct fetch fetch;
  open_server(&s, policy);
  s.answer.headers = headers;
  s.answer.header_count = count;
  s.answer.first_byte_ms = 5;
  s.recovers = 2;
  begin(&s, &fetch, 0);
  run(&s, 200000);
  CU_ASSERT_EQUAL(s.asked, 2);
  CU_ASSERT_EQUAL(fetch.http_status, 200);
  end(&fetch);
  uint64_t gap_ns = s.at_ns[1] - s.at_ns[0] - 5 * ms;
  close_server(&s);
  return gap_ns;
}

static void test_retry_after_seconds(void) {
  static const lariat_header after[] = {
      {"Retry-After", "3"}, {"retry-after", "0"}, {"Retry-After", "60"}};
  static const uint64_t seconds[] = {3, 0, 60};
  lariat_retry_policy exact = policy_of(0, 0, 1);
  lariat_retry_policy jittered = policy_of(100, 1000, 1);
  lariat_retry_policy deaf = policy_of(0, 0, 1);
  deaf.ignore_retry_after = true;
  for (size_t i = 0; i < FIXTURE_COUNT(after); i++) {
    uint64_t least = seconds[i] * 1000 * ms;
    CU_ASSERT_EQUAL(gap_after(&after[i], 1, &exact), least);
    CU_ASSERT_EQUAL(gap_after(&after[i], 1, &deaf), 0);
    for (jittered.seed = 1; jittered.seed < 30; jittered.seed++) {
      uint64_t gap_ns = gap_after(&after[i], 1, &jittered);
      CU_ASSERT(gap_ns >= least && gap_ns <= least + 100 * ms);
    }
  }
}

/* Checks that a date is read by the server's own clock, if it tells that. */
static void test_retry_after_date(void) {
  static const char *const dates[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                      "Sunday, 06-Nov-94 08:49:37 GMT",
                                      "Sun Nov  6 08:49:37 1994"};
  lariat_retry_policy exact = policy_of(0, 0, 1);
  for (size_t i = 0; i < FIXTURE_COUNT(dates); i++) {
    const lariat_header headers[] = {{"Date", "Sun, 06 Nov 1994 08:49:02 GMT"},
                                     {"Retry-After", dates[i]}};
    CU_ASSERT_EQUAL(gap_after(headers, 2, &exact), 35000 * ms);
  }
  const lariat_header past[] = {{"Date", "Sun, 06 Nov 1994 09:00:00 GMT"},
                                {"Retry-After", dates[0]}};
  CU_ASSERT_EQUAL(gap_after(past, 2, &exact), 0);
}

/* Checks that a date without one is read by the system's clock. */
static void test_retry_after_date_alone(void) {
  char text[64];
  struct tm parts;
  lariat_retry_policy exact = policy_of(0, 0, 1);
  const lariat_header header = {"Retry-After", text};
  time_t at = time(NULL) + 30;
  strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT",
           gmtime_r(&at, &parts));
  uint64_t gap_ns = gap_after(&header, 1, &exact);
  CU_ASSERT(gap_ns <= 30000 * ms && gap_ns >= 27000 * ms);
}

/* More than the policy gives is not waited for, nor is nonsense. */
static void test_retry_after_too_long(void) {
  static const lariat_header header = {"Retry-After", "61"};
  static const lariat_header nonsense = {"Retry-After", "soon"};
  struct server s;
  struct fetch fetch;
  lariat_retry_policy policy = policy_of(0, 0, 3);
  open_server(&s, &policy);
  s.answer.headers = &header;
  s.answer.header_count = 1;
  uint64_t began_ns = now_ns(&s);
  begin(&s, &fetch, 0);
  run(&s, 100000);
  CU_ASSERT_EQUAL(fetch.end, LARIAT_RETRY_AFTER_LONG);
  CU_ASSERT_EQUAL(fetch.at_ns, began_ns);
  CU_ASSERT_EQUAL(s.asked, 1);
  end(&fetch);
  close_server(&s);
  CU_ASSERT_EQUAL(gap_after(&nonsense, 1, &policy), 0);
}

/* ---- Budget ---- */

/* Three retries, then two a second, and a tenth for each fetch. */
static void test_budget(void) {
  struct server s;
  struct fetch fetches[30];
  lariat_retry_policy policy = policy_of(0, 0, 1);
  policy.no_budget = false;
  policy.budget_burst = 3;
  policy.budget_per_s = 2;
  policy.budget_ratio = 0;
  open_server(&s, &policy);
  s.answer.failure = LARIAT_ERESET;
  uint64_t began_ns = now_ns(&s);
  for (int i = 0; i < 10; i++) begin(&s, &fetches[i], 0);
  run(&s, 0);
  CU_ASSERT_EQUAL(s.asked, 13);
  unsigned over_budget = 0;
  for (int i = 0; i < 10; i++) {
    over_budget += fetches[i].status == LARIAT_ERETRYBUDGET;
    CU_ASSERT_EQUAL(fetches[i].at_ns, began_ns);
    CU_ASSERT_EQUAL(fetches[i].end, fetches[i].attempts == 2
                                        ? LARIAT_RETRY_SPENT
                                        : LARIAT_RETRY_BUDGET);
    end(&fetches[i]);
  }
  CU_ASSERT_EQUAL(over_budget, 7);
  for (unsigned i = 0; i < 4; i++) { /* 499 ms are not enough for one */
    run(&s, i % 2 ? 1 : 499);
    begin(&s, &fetches[i], 0);
    run(&s, 0);
    CU_ASSERT_EQUAL(fetches[i].attempts, i % 2 ? 2 : 1);
    end(&fetches[i]);
  }
  close_server(&s);
}

/* Checks that a status that would be tried again stays an answer. */
static void test_budget_of_answers(void) {
  struct server s;
  struct fetch fetches[20];
  lariat_retry_policy policy = policy_of(0, 0, 5);
  policy.no_budget = false;
  policy.budget_burst = 1;
  policy.budget_per_s = 0;
  policy.budget_ratio = 0.25;
  open_server(&s, &policy);
  for (int i = 0; i < 20; i++) {
    begin(&s, &fetches[i], 0);
    run(&s, 0);
    CU_ASSERT_EQUAL(fetches[i].http_status, 503);
    CU_ASSERT_EQUAL(fetches[i].end, LARIAT_RETRY_BUDGET);
    end(&fetches[i]);
  }
  CU_ASSERT_EQUAL(s.asked, 20 + 5);
  close_server(&s);
}

/* Checks that a connection that was dead costs nothing. */
static void test_dead_connections(void) {
  struct server s;
  struct fetch fetch;
  lariat_retry_policy policy = policy_of(1000, 1000, 5);
  policy.no_budget = false;
  policy.budget_burst = policy.budget_per_s = policy.budget_ratio = 0;
  open_server(&s, &policy);
  s.answer.status = 200;
  begin(&s, &fetch, 0);
  run(&s, 0);
  end(&fetch);
  s.answer.failure = LARIAT_ERESET;
  s.recovers = 3;
  uint64_t began_ns = now_ns(&s);
  begin(&s, &fetch, 0);
  run(&s, 0);
  CU_ASSERT_EQUAL(s.asked, 3);
  CU_ASSERT_EQUAL(fetch.http_status, 200);
  CU_ASSERT_EQUAL(fetch.attempts, 2);
  CU_ASSERT_EQUAL(fetch.at_ns, began_ns);
  end(&fetch);
  close_server(&s);
}

/* ---- Deadlines ---- */

/* A wait that would go past the deadline is none: the answer comes at once. */
static void test_deadline_before_the_wait(void) {
  static const lariat_header header = {"Retry-After", "1"};
  static const uint64_t timeouts_ms[] = {1000, 1001};
  for (size_t i = 0; i < FIXTURE_COUNT(timeouts_ms); i++) {
    struct server s;
    struct fetch fetch;
    lariat_retry_policy policy = policy_of(0, 0, 1);
    open_server(&s, &policy);
    s.answer.headers = &header;
    s.answer.header_count = 1;
    uint64_t began_ns = now_ns(&s);
    begin(&s, &fetch, timeouts_ms[i]);
    run(&s, 5000);
    CU_ASSERT_EQUAL(fetch.http_status, 503);
    CU_ASSERT_EQUAL(fetch.end, i ? LARIAT_RETRY_SPENT : LARIAT_RETRY_DEADLINE);
    CU_ASSERT_EQUAL(s.asked, i + 1);
    CU_ASSERT_EQUAL(fetch.at_ns - began_ns, i ? 1000 * ms : 0);
    end(&fetch);
    close_server(&s);
  }
}

/* One that comes while an attempt after the wait goes on is kept exactly, and
 * says that there were two. */
static void test_deadline_after_the_wait(void) {
  static const lariat_header header = {"Retry-After", "1"};
  struct server s;
  struct fetch fetch;
  lariat_retry_policy policy = policy_of(0, 0, 5);
  open_server(&s, &policy);
  s.answer.headers = &header;
  s.answer.header_count = 1;
  s.answer.first_byte_ms = 400;
  uint64_t began_ns = now_ns(&s);
  begin(&s, &fetch, 1700);
  run(&s, 5000);
  CU_ASSERT_EQUAL(s.asked, 2);
  CU_ASSERT_EQUAL(fetch.status, LARIAT_ETIMEDOUT);
  CU_ASSERT_EQUAL(fetch.limit, LARIAT_TIME_LIMIT_DEADLINE);
  CU_ASSERT_EQUAL(fetch.at_ns - began_ns, 1700 * ms);
  CU_ASSERT_EQUAL(fetch.attempts, 2);
  CU_ASSERT_EQUAL(fetch.waited_us[1], 1000000);
  end(&fetch);
  close_server(&s);
}

/* A clock that jumps past both the wait's end and the deadline: no attempt is
 * made that nobody waits for, or none that has an answer. */
static void test_deadline_during_the_wait(void) {
  static const lariat_header header = {"Retry-After", "1"};
  struct server s;
  struct fetch fetch;
  lariat_retry_policy policy = policy_of(0, 0, 5);
  open_server(&s, &policy);
  s.answer.headers = &header;
  s.answer.header_count = 1;
  begin(&s, &fetch, 1700);
  run(&s, 500);
  CU_ASSERT_EQUAL(retry_waiting(&s), 1);
  CU_ASSERT_EQUAL(
      lariat_virtual_clock_advance(s.f.virtual_clock, s.f.reactor, 5000),
      LARIAT_OK);
  CU_ASSERT_EQUAL(fetch.status, LARIAT_ETIMEDOUT);
  CU_ASSERT_EQUAL(retry_waiting(&s), 0);
  CU_ASSERT_EQUAL(s.asked, 1);
  end(&fetch);
  close_server(&s);
}

/* Whoever cancels a wait, or closes the client, is answered at once; a pool
 * that closed meanwhile refuses the attempt. */
static void test_ends_of_the_wait(void) {
  for (int how = 0; how < 3; how++) {
    struct server s;
    struct fetch fetch;
    lariat_retry_policy policy = policy_of(1000, 1000, 5);
    open_server(&s, &policy);
    begin(&s, &fetch, 0);
    run(&s, 1);
    CU_ASSERT_EQUAL(retry_waiting(&s), 1);
    uint64_t began_ns = now_ns(&s);
    if (how == 0) lariat_deferred_cancel(fetch.deferred);
    if (how == 1) lariat_client_close(s.client);
    if (how == 1) s.client = NULL;
    if (how == 2) CU_ASSERT_EQUAL(lariat_pool_close_wait(s.pool, 0), LARIAT_OK);
    if (how < 2) CU_ASSERT_EQUAL(fetch.at_ns, began_ns);
    run(&s, 2000);
    CU_ASSERT_EQUAL(fetch.status,
                    how == 2 ? LARIAT_ECLOSED : LARIAT_ECANCELLED);
    CU_ASSERT_EQUAL(s.asked, 1);
    end(&fetch);
    close_server(&s);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"full jitter", test_full_jitter},
      {"seeds", test_seeds},
      {"no herd", test_no_herd},
      {"Retry-After in seconds", test_retry_after_seconds},
      {"Retry-After as a date", test_retry_after_date},
      {"Retry-After as a date alone", test_retry_after_date_alone},
      {"Retry-After of too long", test_retry_after_too_long},
      {"a budget", test_budget},
      {"a budget, of answers", test_budget_of_answers},
      {"dead connections", test_dead_connections},
      {"a deadline before the wait's end", test_deadline_before_the_wait},
      {"a deadline after the wait", test_deadline_after_the_wait},
      {"a deadline during the wait", test_deadline_during_the_wait},
      {"ends of the wait", test_ends_of_the_wait},
  };
  return fixture_main("retry_times", tests, FIXTURE_COUNT(tests), argc, argv);
}
