/* SPDX-License-Identifier: MIT
 * labels: threads
 * desync_stress.c: a server that sends a second answer after each, at several
 * moments, to lariat's own reader and to libcurl, on two reactors that share
 * the host: 10,000 requests in all.  Every body is compared with what its URL
 * should give.  A wrong one came
 *
 *   - before the server was found out: on a connection that the pool lists
 *     afterwards as open at that moment;
 *   - after that: on such a connection, of which it is the only one, and it is
 *     marked.
 *
 *   desync_stress [requests] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fetching.h"
#include "support/scale.h"
#include "support/unsolicited_server.h"

static uint64_t all_requests;

/* A request, and what came of it. */
struct asked {
  uint64_t connection;
  lariat_desync desync;
  bool answered;
  bool wrong;
};

struct session {
  struct fetching t;
  struct unsolicited_server *server;
  struct asked *asked;
  struct outcome *outcomes;
  size_t count;
  lariat_desync_connection *suspects;
  size_t suspect_count;
};

static void make_path(char *out, size_t capacity, size_t index) {
  snprintf(out, capacity, "/%zu", index);
}

static void note_answer(struct outcome *o, void *context) {
  struct session *s = context;
  size_t index = (size_t)(o - s->outcomes);
  struct asked *asked = &s->asked[index];
  char body[64] = "of ";
  make_path(body + 3, sizeof body - 3, index);
  if (o->status != LARIAT_OK || o->http_status != 200) return;
  const lariat_response *response = outcome_response(o);
  asked->answered = true;
  asked->wrong = strcmp(lariat_response_body(response, NULL), body) != 0;
  asked->connection = lariat_response_connection(response);
  asked->desync = lariat_response_desync(response);
}

static void ask_all(struct session *s) {
  char url[64];
  char path[32];
  for (size_t i = 0; i < s->count; i++) {
    make_path(path, sizeof path, i);
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s",
             unsolicited_server_port(s->server), path);
    outcome_watch_then(&s->outcomes[i], lariat_get(s->t.client, url),
                       note_answer, s);
  }
  CU_ASSERT_TRUE(fetching_wait(&s->t, s->outcomes, s->count, 120000));
}

static bool is_listed(const struct session *s, uint64_t connection) {
  for (size_t i = 0; i < s->suspect_count; i++)
    if (s->suspects[i].connection == connection) return true;
  return false;
}

static size_t count_marked_wrong(const struct session *s, uint64_t connection) {
  size_t count = 0;
  for (size_t i = 0; i < s->count; i++)
    count += s->asked[i].wrong && s->asked[i].connection == connection &&
             s->asked[i].desync == LARIAT_DESYNC_CONNECTION;
  return count;
}

static void check_wrong(const struct session *s, const struct asked *asked) {
  CU_ASSERT_NOT_EQUAL(asked->desync, LARIAT_DESYNC_ORIGIN);
  CU_ASSERT_TRUE(is_listed(s, asked->connection));
  CU_ASSERT(count_marked_wrong(s, asked->connection) <= 1);
}

static void check_all(const struct session *s, const char *name) {
  size_t wrong = 0;
  size_t marked = 0;
  for (size_t i = 0; i < s->count; i++) {
    const struct asked *asked = &s->asked[i];
    CU_ASSERT_TRUE(asked->answered);
    CU_ASSERT_NOT_EQUAL(asked->connection, 0);
    if (asked->wrong) check_wrong(s, asked);
    wrong += asked->wrong;
    marked += asked->wrong && asked->desync != LARIAT_DESYNC_NONE;
  }
  printf("\n    %s: %zu requests, %zu wrong, %zu of them after the first sign; "
         "%zu connections were open then",
         name, s->count, wrong, marked, s->suspect_count);
}

static void open_session(struct session *s, enum unsolicited_moment moment,
                         bool libcurl_only) {
  enum { SUSPECTS = 64 };
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  memset(s, 0, sizeof *s);
  pool.reactors = 2;
  pool.libcurl_only = libcurl_only;
  client.placement = LARIAT_PLACE_SPREAD;
  s->count = (size_t)(all_requests / 10 + 1);
  s->server = unsolicited_server_start(moment);
  s->asked = calloc(s->count, sizeof *s->asked);
  s->outcomes = calloc(s->count, sizeof *s->outcomes);
  s->suspects = calloc(SUSPECTS, sizeof *s->suspects);
  if (!s->asked || !s->outcomes || !s->suspects) abort();
  fetching_open(&s->t, &pool, &client);
  ask_all(s);
  s->suspect_count =
      lariat_pool_desync_connections(s->t.pool, 0, s->suspects, SUSPECTS);
}

static void close_session(struct session *s) {
  outcome_clear(s->outcomes, s->count);
  fetching_close(&s->t);
  unsolicited_server_stop(s->server);
  free(s->asked);
  free(s->outcomes);
  free(s->suspects);
}

static void run_session(enum unsolicited_moment moment, const char *name) {
  for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
    struct session s;
    char title[64];
    open_session(&s, moment, libcurl_only);
    snprintf(title, sizeof title, "%s, %s", name,
             libcurl_only ? "libcurl" : "own");
    check_all(&s, title);
    lariat_pool_stats stats = fetching_stats(&s.t);
    bool found = moment != UNSOLICITED_NEVER;
    CU_ASSERT_EQUAL(stats.desync_origins, found);
    CU_ASSERT_EQUAL(stats.desync_connections, s.suspect_count);
    CU_ASSERT_EQUAL(s.suspect_count > 0, found);
    if (!found) CU_ASSERT(stats.connections_opened <= 16);
    close_session(&s);
  }
}

static void test_never(void) { run_session(UNSOLICITED_NEVER, "never"); }
static void test_at_once(void) { run_session(UNSOLICITED_AT_ONCE, "at once"); }
static void test_scrap(void) { run_session(UNSOLICITED_SCRAP, "a scrap"); }
static void test_half_ms(void) { run_session(UNSOLICITED_HALF_MS, "0.5 ms"); }
static void test_5_ms(void) { run_session(UNSOLICITED_5_MS, "5 ms"); }

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"never", test_never},
      {"at once", test_at_once},
      {"a scrap", test_scrap},
      {"half a millisecond", test_half_ms},
      {"five milliseconds", test_5_ms}};
  all_requests = scale_of(10000, argc, argv);
  return fixture_main("desync", tests, FIXTURE_COUNT(tests), 1, argv);
}
