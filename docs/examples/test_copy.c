/* SPDX-License-Identifier: MIT
 * test_copy: how code is tested that takes a body in pieces and sends one while
 * it comes.  docs/testing.md explains it.
 *
 * usage: test_copy */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lariat/lariat.h>
#include <lariat/testing.h>

/* What is tested: the body of one URL is sent to another while it comes.  No
 * more of it is in memory than two windows. */

static lariat_status copy_pieces(lariat_stream *from, lariat_upload *to) {
  for (;;) {
    size_t length;
    lariat_value piece = lariat_await(lariat_stream_next(from));
    if (lariat_is_none(piece)) return lariat_upload_end(to);
    if (lariat_is_failure(piece)) return lariat_upload_fail(to, piece);
    const char *bytes = lariat_chunk_bytes(lariat_chunk_in(piece), &length);
    lariat_value written = lariat_await(lariat_upload_write(to, bytes, length));
    lariat_status status =
        lariat_is_failure(written) ? lariat_failure_status(written) : LARIAT_OK;
    lariat_value_drop(written);
    lariat_value_drop(piece);
    if (status != LARIAT_OK) return status; /* the request says why */
  }
}

static lariat_value send_on(lariat_client *client, lariat_stream *from) {
  lariat_upload *upload;
  lariat_request_options options = lariat_request_defaults(client);
  lariat_status status = lariat_upload_new(
      lariat_client_reactor(client), LARIAT_LENGTH_UNKNOWN, 16384, &upload);
  if (status != LARIAT_OK) return lariat_failure_new(status, "no upload");
  options.body = lariat_body_producer(upload);
  lariat_deferred *answer =
      lariat_request(client, "PUT", "http://to.test/", &options);
  (void)copy_pieces(from, upload);
  lariat_upload_release(upload);
  return lariat_await(answer);
}

static lariat_value copy(void *context) {
  lariat_client *client = context;
  lariat_request_options options = lariat_request_defaults(client);
  options.sink = lariat_sink_stream(0);
  lariat_value head = lariat_await(
      lariat_request(client, "GET", "http://from.test/", &options));
  if (lariat_is_failure(head)) return head;
  lariat_value result =
      send_on(client, lariat_response_stream(lariat_response_in(head)));
  lariat_value_drop(head);
  return result;
}

/* The servers.  What each does is set by the test that runs; what comes to the
 * second is looked at. */

enum { BODY = 100000 };

static char body[BODY];

struct servers {
  lariat_answer from;
  lariat_answer to;
  size_t taken;
  bool whole;
  bool wrong;
};

static void take(const lariat_asked *asked, const void *bytes, size_t length,
                 void *context) {
  struct servers *servers = context;
  (void)asked;
  if (length == 0) servers->whole = true;
  if (memcmp(bytes, body + servers->taken, length) != 0) servers->wrong = true;
  servers->taken += length;
}

static void script(const lariat_asked *asked, lariat_answer *answer,
                   void *context) {
  const struct servers *servers = context;
  bool upload = lariat_asked_upload(asked, NULL);
  *answer = upload ? servers->to : servers->from;
  answer->take = take;
}

/* A test: what the servers do, and what is to come of it, when. */

struct expected {
  const char *name;
  lariat_answer from;
  lariat_answer to;
  const char *outcome; /* the status, or the name of the failure */
  size_t taken;
  bool whole;
  uint64_t after_ms;
};

struct outcome {
  const lariat_virtual_clock *clock;
  uint64_t at_ns;
  char text[64];
};

static lariat_value note(lariat_value result, void *context) {
  struct outcome *outcome = context;
  if (lariat_is_failure(result))
    snprintf(outcome->text, sizeof outcome->text, "%s",
             lariat_status_name(lariat_failure_status(result)));
  else
    snprintf(outcome->text, sizeof outcome->text, "%d",
             lariat_response_status(lariat_response_in(result)));
  outcome->at_ns = lariat_virtual_clock_now_ns(outcome->clock);
  return lariat_value_drop(result);
}

static bool as_expected(const struct expected *expected,
                        const struct servers *servers,
                        const struct outcome *outcome, uint64_t begun_ns) {
  uint64_t after_ms = (outcome->at_ns - begun_ns) / 1000000;
  bool good = outcome->at_ns && strcmp(outcome->text, expected->outcome) == 0 &&
              servers->taken == expected->taken && !servers->wrong &&
              servers->whole == expected->whole &&
              after_ms == expected->after_ms;
  printf("%s: %s after %u ms, %zu bytes%s%s\n", expected->name, outcome->text,
         (unsigned)after_ms, servers->taken, servers->whole ? "" : ", not all",
         good ? "" : "  <-- WRONG");
  return good;
}

static bool run(const struct expected *expected, lariat_reactor *reactor,
                lariat_virtual_clock *clock) {
  struct servers servers = {.from = expected->from, .to = expected->to};
  struct outcome outcome = {.clock = clock};
  lariat_pool *pool = NULL;
  lariat_client *client = NULL;
  if (lariat_scripted_pool_new(NULL, reactor, script, &servers, &pool) ||
      lariat_client_new(pool, reactor, NULL, &client))
    exit(1);
  uint64_t begun_ns = lariat_virtual_clock_now_ns(clock);
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_coroutine_start(reactor, copy, client), note, &outcome));
  if (lariat_virtual_clock_run(clock, reactor, 60000)) exit(1);
  lariat_client_close(client);
  lariat_pool_release(pool);
  if (lariat_virtual_clock_run(clock, reactor, 0)) exit(1);
  return as_expected(expected, &servers, &outcome, begun_ns);
}

int main(void) {
  static const struct expected tests[] = {
      {"both are fast",
       {.status = 200, .body = body, .body_length = BODY, .body_ms = 50},
       {.status = 201},
       "201",
       BODY,
       true,
       50},
      {"the second is slow",
       {.status = 200, .body = body, .body_length = BODY, .body_ms = 50},
       {.status = 201, .upload_piece = 1000, .upload_ms = 10},
       "201",
       BODY,
       true,
       1000},
      {"the first breaks off",
       {.status = 200,
        .body = body,
        .body_length = 60000,
        .body_ms = 50,
        .failure = LARIAT_ETRUNCATED},
       {.status = 201},
       "upload-failed",
       60000,
       false,
       50},
      {"the second is full",
       {.status = 200, .body = body, .body_length = BODY, .body_ms = 50},
       {.status = 507, .upload_stops = 30000},
       "507",
       30000,
       false,
       14},
  };
  lariat_virtual_clock *clock = NULL;
  lariat_reactor *reactor = NULL;
  int failed = 0;
  for (size_t i = 0; i < BODY; i++) body[i] = (char)('a' + i / 7 % 26);
  if (lariat_virtual_clock_new(&clock)) return 1;
  lariat_reactor_options options = {.size = sizeof options,
                                    .clock = lariat_virtual_clock_clock(clock)};
  if (lariat_reactor_new(&options, &reactor)) return 1;
  for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
    failed += !run(&tests[i], reactor, clock);
  lariat_reactor_close(reactor, 0);
  lariat_virtual_clock_free(clock);
  return failed;
}
