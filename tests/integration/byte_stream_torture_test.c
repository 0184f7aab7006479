/* SPDX-License-Identifier: MIT
 * Each allocation of lariat's fails in turn, it alone or it and all after it,
 * while streams of bytes are opened and used: each deferred fires once, nothing
 * is left, and with memory again the next stream is opened. */
#include <stdio.h>
#include <string.h>

#include "reactor/reactor_private.h"
#include "support/byte_server.h"
#include "support/fetching.h"
#include "support/tls_cases.h"
#include "support/tls_profiles.h"
#include <lariat/byte_stream.h>

enum { LONG = 300000 };

static struct certificates certificates;
static char bytes[LONG];

struct run {
  struct fetching t;
  struct byte_server *server;
  char url[64];
  unsigned free_timers; /* that fit without an allocation; 0: any */
  lariat_timer timers[64];
  unsigned timer_count;
  uint64_t got;
  unsigned ends;
};

/* Waits for a deferred; its result is `o`'s. */
static bool do_it(struct run *run, struct outcome *o,
                  lariat_deferred *deferred) {
  fetching_do(&run->t, o, deferred);
  return o->status == LARIAT_OK;
}

static bool do_and_drop(struct run *run, lariat_deferred *deferred) {
  struct outcome o;
  bool done = do_it(run, &o, deferred);
  outcome_clear(&o, 1);
  return done;
}

static void take_bytes(lariat_byte_stream *stream, const char *piece,
                       size_t length, lariat_status status, void *context) {
  struct run *run = context;
  (void)stream;
  (void)piece;
  (void)status;
  run->got += length;
  run->ends += length == 0;
}

static void ignore(void *context) { (void)context; }

static bool has_ended(void *context) { return ((struct run *)context)->ends; }

/* Receives to the end, by deferreds first and by a callback then. */
static void receive_all(struct run *run, lariat_byte_stream *stream) {
  char buffer[1000];
  struct outcome o;
  if (do_it(run, &o, lariat_byte_stream_receive(stream, buffer, sizeof buffer)))
    run->got += (uint64_t)lariat_int_in(o.value);
  outcome_clear(&o, 1);
  if (lariat_byte_stream_on_bytes(stream, take_bytes, run) == LARIAT_OK)
    CU_ASSERT_TRUE(fixture_run_until(&run->t.f, has_ended, run, 10000));
}

/* Sets timers until no more than `free_timers` fit without an allocation. */
static void fill_timers(struct run *run) {
  const lr_timers *timers = &run->t.f.reactor->timers;
  run->timer_count = 0;
  if (!run->free_timers) return;
  do {
    lariat_timer *timer = &run->timers[run->timer_count++];
    lariat_status status = lariat_reactor_call_later(run->t.f.reactor, 1000000,
                                                     ignore, NULL, NULL, timer);
    CU_ASSERT_EQUAL_FATAL(status, LARIAT_OK);
  } while (timers->count + run->free_timers < timers->capacity);
}

static void cancel_timers(struct run *run) {
  for (unsigned i = 0; i < run->timer_count; i++)
    CU_ASSERT_EQUAL(
        lariat_reactor_cancel_timer(run->t.f.reactor, run->timers[i]),
        LARIAT_OK);
}

/* Closes the stream, which has its limit for idle streams: one timer goes. */
static void close_limited(struct run *run, lariat_byte_stream *stream) {
  const lr_timers *timers = &run->t.f.reactor->timers;
  uint32_t before = timers->count;
  lariat_byte_stream_close(stream);
  CU_ASSERT_EQUAL(timers->count + 1, before);
}

static void use(struct run *run, lariat_byte_stream *stream) {
  bool sent = do_and_drop(run, lariat_byte_stream_send(stream, bytes, LONG));
  bool ended = do_and_drop(run, lariat_byte_stream_end_sending(stream));
  if (ended) receive_all(run, stream);
  if (sent && ended && run->ends) CU_ASSERT_EQUAL(run->got, LONG);
  close_limited(run, stream);
}

static void act(struct run *run) {
  struct outcome o;
  lariat_byte_stream_options options =
      lariat_byte_stream_defaults(run->t.client);
  options.idle_timeout_ms = 100000;
  options.alpn = "acme/1";
  run->got = run->ends = 0;
  if (do_it(run, &o,
            lariat_byte_stream_open(run->t.client, run->url, &options)))
    use(run, lariat_byte_stream_in(o.value));
  outcome_clear(&o, 1);
}

static bool has_no_connection(void *context) {
  struct run *run = context;
  return fetching_stats(&run->t).connections == 0;
}

static void expect_well(struct run *run) {
  act(run);
  CU_ASSERT_EQUAL(run->got, LONG);
  CU_ASSERT_TRUE(fixture_run_until(&run->t.f, has_no_connection, run, 10000));
}

/* False: so many allocations there are not. */
static bool go(bool tls, uint64_t nth, bool sticky, unsigned free_timers) {
  static struct run run;
  lariat_pool_options pool = lariat_pool_defaults();
  struct byte_server_script script = {.service = BYTES_LATER, .alpn = "acme/1"};
  if (tls) script.certificate = certificates_find(&certificates, "ip", 2);
  pool.reactors = 1;
  pool.ca_file = tls_cases_ca_file();
  fetching_open(&run.t, &pool, NULL);
  run.server = byte_server_start(&script);
  snprintf(run.url, sizeof run.url, "%s://127.0.0.1:%u", tls ? "https" : "http",
           byte_server_port(run.server));
  fetching_run(&run.t, 1);
  run.free_timers = free_timers;
  fill_timers(&run);
  uint64_t before = fixture_allocations(&run.t.f);
  if (sticky)
    fixture_fail_allocations_from(&run.t.f, nth);
  else
    fixture_fail_allocation(&run.t.f, nth);
  act(&run);
  fixture_fail_allocation(&run.t.f, 0);
  bool reached = fixture_allocations(&run.t.f) >= before + nth;
  expect_well(&run);
  (void)byte_server_stop(run.server);
  cancel_timers(&run);
  fetching_close(&run.t);
  return reached;
}

static void torture(bool tls) {
  unsigned runs = 0;
  for (int sticky = 0; sticky < 2; sticky++)
    for (uint64_t nth = 1; nth < 300 && go(tls, nth, sticky, 0); nth++) runs++;
  CU_ASSERT(runs >= 20);
  printf("%u allocations failed ", runs);
}

static void test_tcp(void) { torture(false); }
static void test_tls(void) { torture(true); }

/* The same where the timer of the limit needs memory: a stream without its
 * limit is not opened. */
static void test_timers(void) {
  for (unsigned free_timers = 1; free_timers < 4; free_timers++)
    for (uint64_t nth = 1; nth < 300 && go(false, nth, false, free_timers);
         nth++)
      continue;
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"over TCP", test_tcp},
      {"over TLS", test_tls},
      {"no memory for timers", test_timers},
  };
  byte_server_fill(bytes, 0, sizeof bytes);
  tls_profiles_open(&certificates);
  int failed = fixture_main("byte stream torture", tests, FIXTURE_COUNT(tests),
                            argc, argv);
  tls_profiles_close(&certificates);
  return failed;
}
