/* SPDX-License-Identifier: MIT
 * broken_test.c: answers that break off, or are changed, at each of their
 * bytes.  Each fetch has one outcome: a success only if all of the answer was
 * there, else a failure of the kinds that say so; and the slot is free for the
 * next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "curl/libcurl.h"
#include "support/fetching.h"
#include "support/origin.h"
#include <lariat/failure.h>

enum { LONGEST = 160 };

#define PLAIN_HEAD                                                             \
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Long: 0123456789abcdef"    \
  "\r\nContent-Length: 26\r\n\r\n"
#define CHUNKED_HEAD                                                           \
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-One: 1\r\n\r\n"
/* "abc" and a line feed. */
#define GZIP                                                                   \
  "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x4a\xe6\x02\x00\x4e\x81"   \
  "\x88\x47\x04\x00\x00\x00"

struct answer {
  const char *name;
  const char *bytes;
  size_t length;
  size_t head;   /* length of its head */
  size_t enough; /* so many bytes may make a success */
};

#define ANSWER(name, head, rest, spare)                                        \
  {                                                                            \
    name, head rest, sizeof(head rest) - 1, sizeof(head) - 1,                  \
        sizeof(head rest) - 1 - (spare)                                        \
  }

/* libcurl 7.88 is content without the line end behind the last chunk. */
static const struct answer answers[] = {
    ANSWER("length", PLAIN_HEAD, "abcdefghijklmnopqrstuvwxyz", 0),
    ANSWER("chunked", CHUNKED_HEAD,
           "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n", 1),
    ANSWER("trailer", CHUNKED_HEAD, "3\r\nabc\r\n0\r\nX-Trailer: yes\r\n\r\n",
           1),
    ANSWER("gzip",
           "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
           "24\r\n\r\n",
           GZIP, 0),
    ANSWER("gzip in chunks",
           "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: "
           "chunked\r\n\r\n",
           "18\r\n" GZIP "\r\n0\r\n\r\n", 1),
    ANSWER("continue",
           "HTTP/1.1 100 Continue\r\nX-One: 1\r\n\r\nHTTP/1.1 200 "
           "OK\r\nContent-Length: 3\r\n\r\n",
           "abc", 0),
    ANSWER("empty", "HTTP/1.1 204 No Content\r\nX-One: 1\r\n\r\n", "", 0),
};

static struct origin *origin;
static char where[128];
static unsigned long outcomes[100];

/* The steps are borrowed until the origin stops: each request has its own. */
static const char *set_script(const char *bytes, size_t length,
                              enum origin_kind end) {
  static struct origin_step steps[20000][3];
  static size_t used;
  struct origin_step *now = steps[used++ % 20000];
  size_t count = 0;
  if (length)
    now[count++] = (struct origin_step){
        .kind = ORIGIN_SEND, .text = bytes, .length = length};
  now[count++] = (struct origin_step){.kind = end};
  (void)origin_script(origin, "/broken", NULL);
  CU_ASSERT_TRUE(origin_script(origin, "/broken", now));
  return where;
}

static void open_narrow(struct fetching *t) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.reactors = 1;
  pool.max_jobs_per_host = 1;
  client.timeout_ms = 5000;
  fetching_open(t, &pool, &client);
}

static void expect_page(struct fetching *t) {
  struct outcome o;
  char text[128];
  fetching_do(
      t, &o,
      lariat_get(t->client, origin_url(origin, "/page", text, sizeof text)));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
}

static void close_narrow(struct fetching *t) {
  expect_page(t);
  fetching_wait_idle(t, 2000);
  CU_ASSERT(fetching_stats(t).connections <= 1);
  fetching_close(t);
}

static bool means_broken(lariat_status status) {
  switch (status) {
  case LARIAT_ERESET:
  case LARIAT_EEMPTY:
  case LARIAT_ETRUNCATED:
  case LARIAT_EPROTOCOL:
  case LARIAT_EENCODING:
    return true;
  default:
    return false;
  }
}

static void cut(struct fetching *t, const struct answer *answer, size_t at,
                enum origin_kind end) {
  struct outcome o;
  fetching_do(t, &o, lariat_get(t->client, set_script(answer->bytes, at, end)));
  outcomes[-o.status]++;
  bool may_succeed = at >= answer->enough;
  bool may_fail = at < answer->length || end == ORIGIN_RESET;
  bool good =
      o.status == LARIAT_OK ? may_succeed : may_fail && means_broken(o.status);
  if (o.fires != 1 || !good)
    fixture_fail("%s, %s after %zu of %zu bytes: fired %u times, %s",
                 answer->name, end == ORIGIN_RESET ? "reset" : "closed", at,
                 answer->length, o.fires, lariat_status_name(o.status));
  outcome_clear(&o, 1);
}

static void test_cut(enum origin_kind end) {
  struct fetching t;
  open_narrow(&t);
  for (size_t i = 0; i < FIXTURE_COUNT(answers); i++) {
    for (size_t at = 0; at <= answers[i].length; at++)
      cut(&t, &answers[i], at, end);
    expect_page(&t);
  }
  close_narrow(&t);
}

static void test_closed(void) { test_cut(ORIGIN_CLOSE); }
static void test_reset(void) { test_cut(ORIGIN_RESET); }

/* One byte is another: whatever that means, it is one outcome, well before the
 * deadline; afterwards the connection is closed, since who knows what is on
 * it. */
static void change(struct fetching *t, const struct answer *answer, size_t at,
                   char to) {
  static char copies[1000][LONGEST]; /* the origin reads them for a while yet */
  static size_t used;
  struct outcome o;
  char *bytes = copies[used++ % FIXTURE_COUNT(copies)];
  memcpy(bytes, answer->bytes, answer->length);
  bytes[at] = to;
  fetching_do(
      t, &o,
      lariat_get(t->client, set_script(bytes, answer->length, ORIGIN_CLOSE)));
  outcomes[-o.status]++;
  if (o.fires != 1 || o.status == LARIAT_ETIMEDOUT)
    fixture_fail("%s, byte %zu is %d: fired %u times, %s", answer->name, at, to,
                 o.fires, lariat_status_name(o.status));
  outcome_clear(&o, 1);
}

static void test_changed(void) {
  static const char others[] = {'\0', '\n', ' ', '9', (char)0xff};
  struct fetching t;
  open_narrow(&t);
  for (size_t i = 0; i < FIXTURE_COUNT(answers); i++) {
    CU_ASSERT_FATAL(answers[i].length <= LONGEST);
    for (size_t at = 0; at < answers[i].length; at++)
      change(&t, &answers[i], at, others[at % FIXTURE_COUNT(others)]);
    expect_page(&t);
  }
  close_narrow(&t);
}

/* With a handle that had an answer before.  What cannot be guarded against is
 * that libcurl itself is content with it. */
static void test_fold_before_any_header(void) {
  static const char *const folds[] = {
      "HTTP/1.1 200 OK\r\n folded\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\tA: b\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n \r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n a\r\n\r\nHTTP/1.1 204 No\r\n b\r\n\r\n"};
  bool fold_guard = lr_libcurl_capabilities()->lingering_header;
  struct fetching t;
  open_narrow(&t);
  for (size_t i = 0; i < 40; i++) {
    const char *bytes = folds[i % FIXTURE_COUNT(folds)];
    struct outcome o;
    expect_page(&t);
    fetching_do(
        &t, &o,
        lariat_get(t.client, set_script(bytes, strlen(bytes), ORIGIN_CLOSE)));
    CU_ASSERT_EQUAL(o.fires, 1);
    CU_ASSERT(o.status == LARIAT_EPROTOCOL || (!fold_guard && !o.status));
    outcome_clear(&o, 1);
  }
  close_narrow(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"closed at each byte", test_closed},
      {"reset at each byte", test_reset},
      {"each byte changed", test_changed},
      {"fold before any header", test_fold_before_any_header},
  };
  origin = origin_start(NULL);
  if (!origin) return 1;
  origin_url(origin, "/broken", where, sizeof where);
  int failed = fixture_main("broken", tests, FIXTURE_COUNT(tests), argc, argv);
  for (int i = 0; i < (int)FIXTURE_COUNT(outcomes); i++)
    if (outcomes[i])
      printf("%6lu %s\n", outcomes[i], lariat_status_name((lariat_status)-i));
  origin_stop(origin);
  return failed;
}
