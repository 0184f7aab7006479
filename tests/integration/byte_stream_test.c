/* SPDX-License-Identifier: MIT
 * Byte streams over TCP and TLS, opened by a pool and used by the client's
 * thread: both directions and both ends, failures by their names, limits, and
 * what happens to those that are open when something closes. */
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reactor/reactor.h"
#include "support/byte_server.h"
#include "support/fetching.h"
#include "support/gate.h"
#include "support/manual_server.h"
#include "support/ports.h"
#include "support/tls_cases.h"
#include "support/tls_names.h"
#include "support/tls_profiles.h"
#include <lariat/byte_stream.h>
#include <lariat/checks.h>
#include <lariat/failure.h>

enum { LARGE = 4000000, PATIENCE_MS = 10000 };

static struct certificates certificates;

/* The streams that a test is run with. */
enum kind { PLAIN, TLS_1_2, TLS_1_3, KINDS };

struct streaming {
  struct fetching t;
  struct byte_server *server;
  enum kind kind;
  char url[128];
  lariat_byte_stream *stream; /* a reference, or NULL */
};

/* ---- What tests share ---- */

static struct byte_server *start_server(enum kind kind,
                                        enum byte_service service) {
  struct byte_server_script script = {.service = service, .alpn = "acme/1"};
  if (kind != PLAIN) {
    script.certificate = certificates_find(&certificates, "ip", 2);
    script.max_version = kind == TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
  }
  return byte_server_start(&script);
}

static void open_pool(struct streaming *s, enum kind kind,
                      enum byte_service service, lariat_pool_options *pool) {
  lariat_pool_options options = lariat_pool_defaults();
  if (!pool) pool = &options;
  memset(s, 0, sizeof *s);
  pool->ca_file = tls_cases_ca_file();
  s->kind = kind;
  fetching_open(&s->t, pool, NULL);
  s->server = start_server(kind, service);
  snprintf(s->url, sizeof s->url, "%s://127.0.0.1:%u",
           kind == PLAIN ? "http" : "https", byte_server_port(s->server));
}

/* Takes the stream out of an outcome. */
static lariat_byte_stream *take_stream(struct outcome *o) {
  lariat_byte_stream *stream = NULL;
  if (o->status == LARIAT_OK && o->kept)
    stream = lariat_byte_stream_retain(lariat_byte_stream_in(o->value));
  else
    fixture_fail("no stream: %s, %s", lariat_status_name(o->status),
                 o->kept ? lariat_failure_message(o->value) : "");
  outcome_clear(o, 1);
  return stream;
}

static lariat_byte_stream *
open_stream(struct streaming *s, const lariat_byte_stream_options *options) {
  struct outcome o;
  fetching_do(&s->t, &o, lariat_byte_stream_open(s->t.client, s->url, options));
  return take_stream(&o);
}

static void open_all(struct streaming *s, enum kind kind,
                     enum byte_service service) {
  open_pool(s, kind, service, NULL);
  s->stream = open_stream(s, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(s->stream);
}

static bool has_no_connection(void *context) {
  struct streaming *s = context;
  return fetching_stats(&s->t).connections == 0;
}

static void expect_no_connection(struct streaming *s) {
  CU_ASSERT_TRUE(fixture_run_until(&s->t.f, has_no_connection, s, PATIENCE_MS));
}

static struct byte_server_seen close_all(struct streaming *s) {
  lariat_byte_stream_release(s->stream);
  if (s->t.pool) expect_no_connection(s);
  struct byte_server_seen seen = byte_server_stop(s->server);
  fetching_close(&s->t);
  return seen;
}

/* Waits for a deferred of a stream's, and expects this status. */
static lariat_status status_of(struct streaming *s, lariat_deferred *deferred) {
  struct outcome o;
  fetching_do(&s->t, &o, deferred);
  lariat_status status = o.status;
  outcome_clear(&o, 1);
  return status;
}

static void send_text(struct streaming *s, const char *text) {
  CU_ASSERT_EQUAL(
      status_of(s, lariat_byte_stream_send(s->stream, text, strlen(text))),
      LARIAT_OK);
}

/* Receives once; how many bytes came, -1: a failure. */
static long receive_some(struct streaming *s, char *buffer, size_t capacity) {
  struct outcome o;
  fetching_do(&s->t, &o,
              lariat_byte_stream_receive(s->stream, buffer, capacity));
  long got = o.status == LARIAT_OK ? (long)lariat_int_in(o.value) : -1;
  outcome_clear(&o, 1);
  return got;
}

static void expect_text(struct streaming *s, const char *text) {
  char buffer[256];
  size_t length = 0;
  size_t wanted = strlen(text);
  while (length < wanted) {
    long got = receive_some(s, buffer + length, wanted - length);
    if (got <= 0) break;
    length += (size_t)got;
  }
  buffer[length] = '\0';
  CU_ASSERT_STRING_EQUAL(buffer, text);
}

static void expect_end(struct streaming *s) {
  char byte;
  CU_ASSERT_EQUAL(receive_some(s, &byte, 1), 0);
  CU_ASSERT_EQUAL(receive_some(s, &byte, 1), 0);
}

static lariat_status receive_status(struct streaming *s) {
  char buffer[16];
  return status_of(
      s, lariat_byte_stream_receive(s->stream, buffer, sizeof buffer));
}

/* Receives to the end, whatever comes before it. */
static lariat_status last_status(struct streaming *s) {
  char buffer[256];
  long got;
  do got = receive_some(s, buffer, sizeof buffer);
  while (got > 0);
  return got == 0 ? LARIAT_OK : receive_status(s);
}

static bool server_saw_end(void *context) {
  return byte_server_seen(((struct streaming *)context)->server).ends > 0;
}

/* Waits until the server has seen a proper end. */
static void expect_end_at_server(struct streaming *s) {
  CU_ASSERT_TRUE(fixture_run_until(&s->t.f, server_saw_end, s, PATIENCE_MS));
  CU_ASSERT_EQUAL(byte_server_seen(s->server).ends, 1);
}

static void for_each_kind(void (*test)(enum kind kind)) {
  for (int kind = 0; kind < KINDS; kind++) test((enum kind)kind);
}

/* ---- Bytes ---- */

static void echo_by(enum kind kind) {
  struct streaming s;
  open_all(&s, kind, BYTES_ECHO);
  CU_ASSERT_EQUAL(lariat_byte_stream_is_tls(s.stream), kind != PLAIN);
  CU_ASSERT_STRING_EQUAL(lariat_byte_stream_remote_ip(s.stream), "127.0.0.1");
  CU_ASSERT_EQUAL(lariat_byte_stream_remote_port(s.stream),
                  byte_server_port(s.server));
  CU_ASSERT_NOT_EQUAL(lariat_byte_stream_connection(s.stream), 0);
  CU_ASSERT_STRING_EQUAL(lariat_byte_stream_alpn(s.stream), "");
  CU_ASSERT_TRUE(lariat_byte_stream_timings(s.stream).total_us > 0);
  CU_ASSERT_EQUAL(fetching_stats(&s.t).connections, 1);
  for (int i = 0; i < 20; i++) {
    send_text(&s, "one line\n");
    expect_text(&s, "one line\n");
  }
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_end_sending(s.stream)),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_end_sending(s.stream)),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_send(s.stream, "x", 1)),
                  LARIAT_EALREADY);
  expect_end(&s);
  expect_end_at_server(&s);
  struct byte_server_seen seen = close_all(&s);
  CU_ASSERT_EQUAL(seen.connections, 1);
  CU_ASSERT_EQUAL(seen.received, 180);
}

static void test_echo(void) { for_each_kind(echo_by); }

static void greet_by(enum kind kind) {
  struct streaming s;
  for (int i = 0; i < 5; i++) {
    open_all(&s, kind, BYTES_GREET);
    expect_text(&s, "hello\n");
    send_text(&s, "welcome");
    expect_text(&s, "welcome");
    (void)close_all(&s);
  }
}

static void test_server_first(void) { for_each_kind(greet_by); }

/* What a callback was given. */
struct taken {
  uint64_t bytes;
  uint64_t wrong; /* bytes that are not those of the pattern */
  unsigned ends;
  lariat_status status;
  size_t stop_after; /* bytes, then it takes no more; 0: all */
};

static void take_bytes(lariat_byte_stream *stream, const char *bytes,
                       size_t length, lariat_status status, void *context) {
  static char right[16 * 1024];
  struct taken *taken = context;
  if (length == 0) {
    taken->ends++;
    taken->status = status;
    return;
  }
  byte_server_fill(right, taken->bytes, length);
  for (size_t i = 0; i < length; i++) taken->wrong += right[i] != bytes[i];
  taken->bytes += length;
  if (taken->stop_after && taken->bytes >= taken->stop_after)
    (void)lariat_byte_stream_on_bytes(stream, NULL, NULL);
}

static bool has_ended(void *context) {
  return ((struct taken *)context)->ends > 0;
}

static char *make_pattern(size_t length) {
  char *bytes = malloc(length);
  if (!bytes) abort();
  byte_server_fill(bytes, 0, length);
  return bytes;
}

static void send_much_by(enum kind kind) {
  struct streaming s;
  struct taken taken = {0};
  struct outcome sent;
  char *bytes = make_pattern(LARGE);
  open_all(&s, kind, BYTES_ECHO);
  CU_ASSERT_EQUAL(lariat_byte_stream_on_bytes(s.stream, take_bytes, &taken),
                  LARIAT_OK);
  fetching_do(&s.t, &sent, lariat_byte_stream_send(s.stream, bytes, LARGE));
  CU_ASSERT_EQUAL(sent.status, LARIAT_OK);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_end_sending(s.stream)),
                  LARIAT_OK);
  CU_ASSERT_TRUE(fixture_run_until(&s.t.f, has_ended, &taken, PATIENCE_MS));
  CU_ASSERT_EQUAL(taken.bytes, LARGE);
  CU_ASSERT_EQUAL(taken.wrong, 0);
  CU_ASSERT_EQUAL(taken.ends, 1);
  CU_ASSERT_EQUAL(taken.status, LARIAT_OK);
  (void)close_all(&s);
  free(bytes);
}

static void test_much_both_ways(void) { for_each_kind(send_much_by); }

static void half_close_by(enum kind kind) {
  enum { SENT = 700001 };
  struct streaming s;
  char *bytes = make_pattern(SENT);
  char buffer[3333];
  char right[sizeof buffer];
  uint64_t count = 0;
  long got;
  open_all(&s, kind, BYTES_LATER);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_send(s.stream, bytes, SENT)),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_end_sending(s.stream)),
                  LARIAT_OK);
  while ((got = receive_some(&s, buffer, sizeof buffer)) > 0) {
    byte_server_fill(right, count, (size_t)got);
    if (memcmp(right, buffer, (size_t)got) != 0) break;
    count += (uint64_t)got;
  }
  CU_ASSERT_EQUAL(count, SENT);
  expect_end(&s);
  struct byte_server_seen seen = close_all(&s);
  CU_ASSERT_EQUAL(seen.received, SENT);
  free(bytes);
}

static void test_half_close(void) { for_each_kind(half_close_by); }

/* The peer ends first, and goes on reading. */
static void peer_ends_by(enum kind kind) {
  struct streaming s;
  struct taken taken = {.stop_after = 100000};
  open_all(&s, kind, BYTES_TALK);
  CU_ASSERT_EQUAL(lariat_byte_stream_on_bytes(s.stream, take_bytes, &taken),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(receive_status(&s), LARIAT_EBUSY);
  fixture_run_for(&s.t.f, 50);
  CU_ASSERT_TRUE(taken.bytes <= 100000 + 16384);
  taken.stop_after = 0;
  CU_ASSERT_EQUAL(lariat_byte_stream_on_bytes(s.stream, take_bytes, &taken),
                  LARIAT_OK);
  CU_ASSERT_TRUE(fixture_run_until(&s.t.f, has_ended, &taken, PATIENCE_MS));
  CU_ASSERT_EQUAL(taken.bytes, BYTES_TALKED);
  CU_ASSERT_EQUAL(taken.wrong, 0);
  CU_ASSERT_EQUAL(taken.status, LARIAT_OK);
  send_text(&s, "goodbye");
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_end_sending(s.stream)),
                  LARIAT_OK);
  expect_end_at_server(&s);
  CU_ASSERT_EQUAL(close_all(&s).received, 7);
}

static void test_peer_ends(void) { for_each_kind(peer_ends_by); }

/* What is not read by the peer waits, and goes when that reads. */
static void hold_by(enum kind kind) {
  struct streaming s;
  struct outcome sent;
  char *bytes = make_pattern(LARGE);
  size_t total = 0;
  size_t now = 1;
  open_all(&s, kind, BYTES_HOLD);
  while (total < LARGE && now) {
    CU_ASSERT_EQUAL_FATAL(lariat_byte_stream_try_send(s.stream, bytes + total,
                                                      LARGE - total, &now),
                          LARIAT_OK);
    total += now;
  }
  CU_ASSERT_TRUE(total < LARGE);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_send(s.stream, "", 0)),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_end_sending(s.stream)),
                  LARIAT_EBUSY);
  outcome_watch(
      &sent, lariat_byte_stream_send(s.stream, bytes + total, LARGE - total));
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_send(s.stream, "x", 1)),
                  LARIAT_EBUSY);
  CU_ASSERT_EQUAL(lariat_byte_stream_try_send(s.stream, "x", 1, &now),
                  LARIAT_EBUSY);
  fixture_run_for(&s.t.f, 20);
  CU_ASSERT_EQUAL(sent.fires, 0);
  byte_server_go_on(s.server);
  fetching_wait(&s.t, &sent, 1, PATIENCE_MS);
  CU_ASSERT_EQUAL(sent.status, LARIAT_OK);
  (void)close_all(&s);
  free(bytes);
}

static void test_peer_does_not_read(void) { for_each_kind(hold_by); }

static void try_receive_by(enum kind kind) {
  struct streaming s;
  char buffer[32];
  size_t got;
  lariat_status status;
  open_all(&s, kind, BYTES_ECHO);
  CU_ASSERT_EQUAL(
      lariat_byte_stream_try_receive(s.stream, buffer, sizeof buffer, &got),
      LARIAT_EAGAIN);
  CU_ASSERT_EQUAL(lariat_byte_stream_try_receive(s.stream, buffer, 0, &got),
                  LARIAT_EINVAL);
  send_text(&s, "once");
  do
    status =
        lariat_byte_stream_try_receive(s.stream, buffer, sizeof buffer, &got);
  while (status == LARIAT_EAGAIN);
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  CU_ASSERT_EQUAL(got, 4);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_end_sending(s.stream)),
                  LARIAT_OK);
  do
    status =
        lariat_byte_stream_try_receive(s.stream, buffer, sizeof buffer, &got);
  while (status == LARIAT_EAGAIN);
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  CU_ASSERT_EQUAL(got, 0);
  (void)close_all(&s);
}

static void test_without_deferreds(void) { for_each_kind(try_receive_by); }

static void cancel_by(enum kind kind) {
  struct streaming s;
  struct outcome o;
  char buffer[32];
  size_t got;
  open_all(&s, kind, BYTES_ECHO);
  lariat_deferred *first = lariat_deferred_retain(
      lariat_byte_stream_receive(s.stream, buffer, sizeof buffer));
  outcome_watch(&o, first);
  CU_ASSERT_EQUAL(receive_status(&s), LARIAT_EBUSY);
  CU_ASSERT_EQUAL(
      lariat_byte_stream_try_receive(s.stream, buffer, sizeof buffer, &got),
      LARIAT_EBUSY);
  lariat_deferred_cancel(first);
  lariat_deferred_release(first);
  CU_ASSERT_EQUAL(o.status, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
  send_text(&s, "not lost");
  expect_text(&s, "not lost");
  (void)close_all(&s);
}

static void test_cancelled_receive(void) { for_each_kind(cancel_by); }

/* ---- Ends that are none ---- */

static void cut_by(enum kind kind) {
  struct streaming s;
  struct outcome o;
  char byte;
  open_all(&s, kind, BYTES_CUT);
  send_text(&s, "x");
  expect_text(&s, "half");
  fetching_do(&s.t, &o, lariat_byte_stream_receive(s.stream, &byte, 1));
  if (kind != PLAIN && o.kept) /* it is no word about a body */
    CU_ASSERT_STRING_EQUAL(lariat_failure_message(o.value),
                           "the connection ended without a close_notify: bytes "
                           "may be missing");
  outcome_clear(&o, 1);
  CU_ASSERT_EQUAL(receive_status(&s),
                  kind == PLAIN ? LARIAT_OK : LARIAT_ETRUNCATED);
  CU_ASSERT_EQUAL(receive_status(&s),
                  kind == PLAIN ? LARIAT_OK : LARIAT_ETRUNCATED);
  (void)close_all(&s);
}

static void test_cut(void) { for_each_kind(cut_by); }

static void reset_by(enum kind kind) {
  struct streaming s;
  struct taken taken = {0};
  open_all(&s, kind, BYTES_RESET);
  CU_ASSERT_EQUAL(lariat_byte_stream_on_bytes(s.stream, take_bytes, &taken),
                  LARIAT_OK);
  send_text(&s, "x");
  CU_ASSERT_TRUE(fixture_run_until(&s.t.f, has_ended, &taken, PATIENCE_MS));
  CU_ASSERT_EQUAL(taken.status, LARIAT_ERESET);
  CU_ASSERT_EQUAL(receive_status(&s), LARIAT_ERESET);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_send(s.stream, "x", 1)),
                  LARIAT_ERESET);
  (void)close_all(&s);
}

static void test_reset(void) { for_each_kind(reset_by); }

static void idle_by(enum kind kind) {
  struct streaming s;
  open_pool(&s, kind, BYTES_ECHO, NULL);
  lariat_byte_stream_options options = lariat_byte_stream_defaults(s.t.client);
  options.idle_timeout_ms = 30;
  s.stream = open_stream(&s, &options);
  CU_ASSERT_EQUAL(receive_status(&s), LARIAT_ETIMEDOUT);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_send(s.stream, "x", 1)),
                  LARIAT_ETIMEDOUT);
  (void)close_all(&s);
}

static void test_idle(void) { for_each_kind(idle_by); }

/* ---- A handshake within TLS 1.2 ---- */

static bool is_asked(void *context) {
  struct streaming *s = context;
  return byte_server_seen(s->server).handshakes_asked == 1;
}

/* Says whether the reactor, which has run, has nothing to do: another turn
 * would wait. */
static bool is_quiet(struct streaming *s) {
  struct pollfd epoll = {lr_reactor_poller(s->t.f.reactor)->epoll, POLLIN, 0};
  for (int i = 0; i < 100; i++) {
    fixture_run_for(&s->t.f, 5);
    if (poll(&epoll, 1, 0) == 0) return true;
  }
  return false;
}

/* The server asks for another handshake, and falls silent, while a send waits:
 * there is space, but nothing can be sent.  The reactor waits for the server.
 */
static void wait_for_handshake(bool receives_on) {
  struct streaming s;
  struct taken taken = {0};
  struct outcome sent;
  open_all(&s, TLS_1_2, BYTES_NEW_HANDSHAKE);
  CU_ASSERT_EQUAL(lariat_byte_stream_on_bytes(s.stream, take_bytes, &taken),
                  LARIAT_OK);
  send_text(&s, "x");
  CU_ASSERT_TRUE(fixture_run_until(&s.t.f, is_asked, &s, PATIENCE_MS));
  CU_ASSERT_TRUE(is_quiet(&s));
  outcome_watch(&sent, lariat_byte_stream_send(s.stream, "\0\1\2", 3));
  if (!receives_on) (void)lariat_byte_stream_on_bytes(s.stream, NULL, NULL);
  CU_ASSERT_TRUE(is_quiet(&s));
  CU_ASSERT_EQUAL(sent.fires, 0);
  byte_server_go_on(s.server);
  fetching_wait(&s.t, &sent, 1, PATIENCE_MS);
  CU_ASSERT_EQUAL(sent.status, LARIAT_OK);
  if (!receives_on)
    (void)lariat_byte_stream_on_bytes(s.stream, take_bytes, &taken);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_end_sending(s.stream)),
                  LARIAT_OK);
  CU_ASSERT_TRUE(fixture_run_until(&s.t.f, has_ended, &taken, PATIENCE_MS));
  CU_ASSERT_EQUAL(taken.bytes, 3);
  CU_ASSERT_EQUAL(taken.status, LARIAT_OK);
  (void)close_all(&s);
}

static void test_new_handshake(void) {
  wait_for_handshake(true);
  wait_for_handshake(false);
}

/* ---- Another thread ---- */

static lariat_status status_of_failed(lariat_deferred *deferred) {
  lariat_status status = lariat_failure_status(lariat_deferred_peek(deferred));
  lariat_deferred_forget(deferred);
  return status;
}

/* Calls all that is for the owner's thread. */
static void *call_elsewhere(void *context) {
  struct streaming *s = context;
  lariat_byte_stream *stream = s->stream;
  char byte = 'x';
  size_t count;
  const lariat_status statuses[] = {
      status_of_failed(lariat_byte_stream_open(s->t.client, s->url, NULL)),
      status_of_failed(lariat_byte_stream_send(stream, &byte, 1)),
      status_of_failed(lariat_byte_stream_receive(stream, &byte, 1)),
      status_of_failed(lariat_byte_stream_end_sending(stream)),
      lariat_byte_stream_try_send(stream, &byte, 1, &count),
      lariat_byte_stream_try_receive(stream, &byte, 1, &count),
      lariat_byte_stream_on_bytes(stream, NULL, NULL)};
  for (size_t i = 0; i < FIXTURE_COUNT(statuses); i++)
    if (statuses[i] != LARIAT_ETHREAD) return stream; /* not as it should be */
  return NULL;
}

static void test_other_thread(void) {
  struct streaming s;
  pthread_t thread;
  void *wrong;
  open_all(&s, PLAIN, BYTES_ECHO);
  lariat_set_checks(false);
  CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, call_elsewhere, &s), 0);
  pthread_join(thread, &wrong);
  lariat_set_checks(true);
  CU_ASSERT_PTR_NULL(wrong);
  send_text(&s, "as before");
  expect_text(&s, "as before");
  (void)close_all(&s);
}

/* ---- Opening ---- */

static void expect_refusal(struct streaming *s, const char *url,
                           const lariat_byte_stream_options *options,
                           lariat_status status, lariat_phase phase) {
  struct outcome o;
  fetching_do(&s->t, &o, lariat_byte_stream_open(s->t.client, url, options));
  outcome_expect_failure(&o, status, phase);
  outcome_clear(&o, 1);
}

/* Starts a server whose certificate is for another address. */
static struct byte_server *start_other_name(void) {
  struct byte_server_script script = {
      .service = BYTES_ECHO,
      .certificate = certificates_find(&certificates, "ip-other", 8)};
  return byte_server_start(&script);
}

static void test_refused(void) {
  struct streaming s;
  unsigned port;
  char url[64];
  open_pool(&s, TLS_1_3, BYTES_ECHO, NULL);
  lariat_byte_stream_options options = lariat_byte_stream_defaults(s.t.client);
  expect_refusal(&s, "gopher://a/", NULL, LARIAT_ESCHEME, LARIAT_PHASE_NONE);
  expect_refusal(&s, NULL, NULL, LARIAT_EURL, LARIAT_PHASE_NONE);
  expect_refusal(&s, "http://nowhere.invalid/", NULL, LARIAT_ERESOLVE,
                 LARIAT_PHASE_DNS);
  CU_ASSERT_TRUE_FATAL(ports_find(&port, 1));
  snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
  expect_refusal(&s, url, NULL, LARIAT_ECONNECT, LARIAT_PHASE_CONNECT);
  struct byte_server *other = start_other_name();
  snprintf(url, sizeof url, "https://127.0.0.1:%u", byte_server_port(other));
  expect_refusal(&s, url, NULL, LARIAT_ECERTIFICATE, LARIAT_PHASE_TLS);
  (void)byte_server_stop(other);
  options.alpn = "other/1,other/2";
  expect_refusal(&s, s.url, &options, LARIAT_ETLS, LARIAT_PHASE_TLS);
  options.alpn = "acme/1,";
  expect_refusal(&s, s.url, &options, LARIAT_EINVAL, LARIAT_PHASE_NONE);
  options.size = 0;
  expect_refusal(&s, s.url, &options, LARIAT_EINVAL, LARIAT_PHASE_NONE);
  (void)close_all(&s);
}

/* With TLS 1.3 the server's no comes behind the handshake. */
static void test_certificate_is_wanted(void) {
  struct streaming s;
  lariat_status status;
  open_pool(&s, TLS_1_3, BYTES_ECHO, NULL);
  struct byte_server_script script = {
      .certificate = certificates_find(&certificates, "ip", 2),
      .wants_certificate = true};
  struct byte_server *other = byte_server_start(&script);
  snprintf(s.url, sizeof s.url, "https://127.0.0.1:%u",
           byte_server_port(other));
  s.stream = open_stream(&s, NULL);
  do status = receive_status(&s);
  while (status == LARIAT_OK);
  CU_ASSERT_EQUAL(status, LARIAT_ETLS);
  do status = status_of(&s, lariat_byte_stream_send(s.stream, "x", 1));
  while (status == LARIAT_OK);
  CU_ASSERT_EQUAL(status, LARIAT_ETLS);
  lariat_byte_stream_close(s.stream);
  (void)byte_server_stop(other);
  script.max_version = TLS1_2_VERSION;
  other = byte_server_start(&script);
  snprintf(s.url, sizeof s.url, "https://127.0.0.1:%u",
           byte_server_port(other));
  expect_refusal(&s, s.url, NULL, LARIAT_ETLS, LARIAT_PHASE_TLS);
  (void)byte_server_stop(other);
  (void)close_all(&s);
}

static void test_alpn(void) {
  struct streaming s;
  open_pool(&s, TLS_1_3, BYTES_ECHO, NULL);
  lariat_byte_stream_options options = lariat_byte_stream_defaults(s.t.client);
  options.alpn = "acme/2,acme/1";
  s.stream = open_stream(&s, &options);
  CU_ASSERT_STRING_EQUAL(lariat_byte_stream_alpn(s.stream), "acme/1");
  (void)close_all(&s);
}

/* What a policy says of fetches holds for openings. */
static void test_retried(void) {
  struct streaming s;
  struct outcome o;
  unsigned port;
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 2;
  policy.base_ms = 1;
  client.retry = &policy;
  memset(&s, 0, sizeof s);
  fetching_open_pool(&s.t, &pool);
  s.t.client = fetching_client(&s.t, &client);
  CU_ASSERT_TRUE_FATAL(ports_find(&port, 1));
  snprintf(s.url, sizeof s.url, "http://127.0.0.1:%u", port);
  fetching_do(&s.t, &o, lariat_byte_stream_open(s.t.client, s.url, NULL));
  outcome_expect_failure(&o, LARIAT_ECONNECT, LARIAT_PHASE_CONNECT);
  CU_ASSERT_EQUAL(lariat_failure_attempts(o.value), 3);
  outcome_clear(&o, 1);
  s.server = start_server(PLAIN, BYTES_ECHO);
  snprintf(s.url, sizeof s.url, "http://127.0.0.1:%u",
           byte_server_port(s.server));
  s.stream = open_stream(&s, NULL);
  send_text(&s, "there");
  expect_text(&s, "there");
  (void)close_all(&s);
}

static void test_denied(void) {
  struct streaming s;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.addresses.deny_private = true;
  open_pool(&s, PLAIN, BYTES_ECHO, &pool);
  expect_refusal(&s, s.url, NULL, LARIAT_EADDRESS, LARIAT_PHASE_CONNECT);
  CU_ASSERT_EQUAL(close_all(&s).connections, 0);
}

/* Opens in vain for as long as one of the limits says.  A busy machine may not
 * come to the handshake in so short a time: it gets more. */
static void expect_time_out(struct streaming *s,
                            lariat_byte_stream_options *options,
                            uint64_t *limit_ms) {
  struct outcome o;
  for (*limit_ms = 50; *limit_ms < 5000; *limit_ms *= 2) {
    fetching_do(&s->t, &o,
                lariat_byte_stream_open(s->t.client, s->url, options));
    CU_ASSERT_EQUAL(o.status, LARIAT_ETIMEDOUT);
    outcome_clear(&o, 1);
    if (o.phase == LARIAT_PHASE_TLS) break;
  }
  CU_ASSERT_EQUAL(o.phase, LARIAT_PHASE_TLS);
}

static void test_handshake_that_hangs(void) {
  struct streaming s;
  struct outcome o;
  open_pool(&s, TLS_1_3, BYTES_SILENT, NULL);
  lariat_byte_stream_options options = lariat_byte_stream_defaults(s.t.client);
  expect_time_out(&s, &options, &options.connect_timeout_ms);
  options.connect_timeout_ms = 0;
  expect_time_out(&s, &options, &options.timeout_ms);
  lariat_deferred *deferred =
      lariat_deferred_retain(lariat_byte_stream_open(s.t.client, s.url, NULL));
  outcome_watch(&o, deferred);
  fixture_run_for(&s.t.f, 20);
  lariat_deferred_cancel(deferred);
  lariat_deferred_release(deferred);
  CU_ASSERT_EQUAL(o.status, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
  (void)close_all(&s);
}

/* Each stage of an opening is cancelled in turn: nothing is left of it. */
static void cancel_opening_by(enum kind kind) {
  struct streaming s;
  struct outcome o;
  open_pool(&s, kind, BYTES_ECHO, NULL);
  for (unsigned turns = 0; turns < 40; turns++) {
    lariat_deferred *deferred = lariat_deferred_retain(
        lariat_byte_stream_open(s.t.client, s.url, NULL));
    outcome_watch(&o, deferred);
    for (unsigned i = 0; i < turns && !o.fires; i++)
      (void)lariat_reactor_run_once(s.t.f.reactor, 1);
    lariat_deferred_cancel(deferred);
    lariat_deferred_release(deferred);
    CU_ASSERT_EQUAL(o.fires, 1);
    outcome_clear(&o, 1);
  }
  (void)close_all(&s);
}

static void test_cancelled_opening(void) { for_each_kind(cancel_opening_by); }

/* Waits until the pool has opened the stream, of which the client's reactor,
 * which does not run, has not heard yet. */
static void wait_for_return(struct streaming *s) {
  lariat_pool_stats stats = fetching_stats(&s->t);
  for (int i = 0; i < PATIENCE_MS && stats.jobs_done == 0; i++) {
    usleep(1000);
    stats = fetching_stats(&s->t);
  }
  CU_ASSERT_EQUAL(stats.jobs_done, 1);
  CU_ASSERT_EQUAL(stats.connections, 1);
}

/* The stream is on its way when its opening is cancelled, and the deferred is
 * kept: the connection is not. */
static void cancel_on_the_way_by(enum kind kind) {
  struct streaming s;
  struct outcome o;
  open_pool(&s, kind, BYTES_ECHO, NULL);
  lariat_deferred *deferred =
      lariat_deferred_retain(lariat_byte_stream_open(s.t.client, s.url, NULL));
  outcome_watch(&o, deferred);
  wait_for_return(&s);
  lariat_deferred_cancel(deferred);
  CU_ASSERT_EQUAL(o.status, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
  expect_no_connection(&s);
  lariat_deferred_release(deferred);
  (void)close_all(&s);
}

static void test_cancelled_on_the_way(void) {
  for_each_kind(cancel_on_the_way_by);
}

/* The reactor closes with the stream on its way, and does not wait: likewise.
 */
static void orphan_by(enum kind kind) {
  struct streaming s;
  struct outcome o;
  open_pool(&s, kind, BYTES_ECHO, NULL);
  lariat_deferred *deferred =
      lariat_deferred_retain(lariat_byte_stream_open(s.t.client, s.url, NULL));
  outcome_watch(&o, deferred);
  wait_for_return(&s);
  fixture_close_reactor(&s.t.f, 0);
  s.t.client = NULL;
  CU_ASSERT_EQUAL(o.status, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
  for (int i = 0; i < PATIENCE_MS && !has_no_connection(&s); i++) usleep(1000);
  CU_ASSERT_TRUE(has_no_connection(&s));
  lariat_deferred_release(deferred);
  (void)byte_server_stop(s.server);
  fetching_close(&s.t);
}

static void test_orphaned(void) { for_each_kind(orphan_by); }

static void limits_by(enum kind kind) {
  struct streaming s;
  struct outcome second;
  lariat_pool_options pool = lariat_pool_defaults();
  pool.max_connections_per_host = 1;
  open_pool(&s, kind, BYTES_ECHO, &pool);
  s.stream = open_stream(&s, NULL);
  outcome_watch(&second, lariat_byte_stream_open(s.t.client, s.url, NULL));
  send_text(&s, "first");
  expect_text(&s, "first");
  fixture_run_for(&s.t.f, 30);
  CU_ASSERT_EQUAL(second.fires, 0);
  CU_ASSERT_EQUAL(byte_server_seen(s.server).connections, 1);
  lariat_byte_stream_release(s.stream);
  fetching_wait(&s.t, &second, 1, PATIENCE_MS);
  s.stream = take_stream(&second);
  send_text(&s, "second");
  expect_text(&s, "second");
  CU_ASSERT_EQUAL(fetching_stats(&s.t).connections, 1);
  (void)close_all(&s);
}

static void test_limit_of_a_host(void) { for_each_kind(limits_by); }

static void test_limit_in_all(void) {
  struct streaming s;
  struct outcome second;
  char url[128];
  lariat_pool_options pool = lariat_pool_defaults();
  pool.max_connections = 1;
  pool.reactors = 1;
  open_pool(&s, PLAIN, BYTES_ECHO, &pool);
  s.stream = open_stream(&s, NULL);
  struct byte_server *other = start_server(PLAIN, BYTES_ECHO);
  snprintf(url, sizeof url, "http://127.0.0.1:%u", byte_server_port(other));
  outcome_watch(&second, lariat_byte_stream_open(s.t.client, url, NULL));
  fixture_run_for(&s.t.f, 30);
  CU_ASSERT_EQUAL(second.fires, 0);
  lariat_byte_stream_close(s.stream);
  fetching_wait(&s.t, &second, 1, PATIENCE_MS);
  lariat_byte_stream_release(s.stream);
  s.stream = take_stream(&second);
  send_text(&s, "second");
  expect_text(&s, "second");
  lariat_byte_stream_close(s.stream);
  (void)byte_server_stop(other);
  (void)close_all(&s);
}

/* ---- Closing ---- */

static void close_with_waiting_by(enum kind kind) {
  struct streaming s;
  struct outcome o;
  char buffer[8];
  open_all(&s, kind, BYTES_ECHO);
  outcome_watch(&o,
                lariat_byte_stream_receive(s.stream, buffer, sizeof buffer));
  lariat_byte_stream_close(s.stream);
  CU_ASSERT_EQUAL(o.status, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
  lariat_byte_stream_close(s.stream);
  CU_ASSERT_EQUAL(receive_status(&s), LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_send(s.stream, "x", 1)),
                  LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(lariat_byte_stream_on_bytes(s.stream, take_bytes, NULL),
                  LARIAT_ECANCELLED);
  expect_end_at_server(&s);
  (void)close_all(&s);
}

static void test_closed(void) { for_each_kind(close_with_waiting_by); }

/* A value that is dropped closes its stream. */
static void drop_by(enum kind kind) {
  struct streaming s;
  struct outcome o;
  open_pool(&s, kind, BYTES_ECHO, NULL);
  fetching_do(&s.t, &o, lariat_byte_stream_open(s.t.client, s.url, NULL));
  CU_ASSERT_EQUAL(o.status, LARIAT_OK);
  outcome_clear(&o, 1);
  expect_end_at_server(&s);
  (void)close_all(&s);
}

static void test_dropped(void) { for_each_kind(drop_by); }

static void *release_elsewhere(void *stream) {
  lariat_byte_stream_release(stream);
  return NULL;
}

static void release_by(enum kind kind) {
  struct streaming s;
  pthread_t thread;
  open_all(&s, kind, BYTES_ECHO);
  CU_ASSERT_EQUAL_FATAL(
      pthread_create(&thread, NULL, release_elsewhere, s.stream), 0);
  pthread_join(thread, NULL);
  s.stream = NULL;
  expect_end_at_server(&s);
  (void)close_all(&s);
}

static void test_released_elsewhere(void) { for_each_kind(release_by); }

static void close_client_by(enum kind kind) {
  struct streaming s;
  struct outcome o;
  char buffer[8];
  open_all(&s, kind, BYTES_ECHO);
  outcome_watch(&o,
                lariat_byte_stream_receive(s.stream, buffer, sizeof buffer));
  lariat_client_close(s.t.client);
  s.t.client = NULL;
  CU_ASSERT_EQUAL(o.status, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
  CU_ASSERT_EQUAL(receive_status(&s), LARIAT_ECANCELLED);
  expect_end_at_server(&s);
  (void)close_all(&s);
}

static void test_client_closed(void) { for_each_kind(close_client_by); }

static void close_pool_by(enum kind kind) {
  struct streaming s;
  struct outcome o;
  char buffer[8];
  open_all(&s, kind, BYTES_ECHO);
  outcome_watch(&o,
                lariat_byte_stream_receive(s.stream, buffer, sizeof buffer));
  CU_ASSERT_EQUAL(lariat_pool_close_wait(s.t.pool, 0), LARIAT_OK);
  fetching_wait(&s.t, &o, 1, PATIENCE_MS);
  CU_ASSERT_EQUAL(o.status, LARIAT_ECLOSED);
  outcome_clear(&o, 1);
  CU_ASSERT_EQUAL(status_of(&s, lariat_byte_stream_send(s.stream, "x", 1)),
                  LARIAT_ECLOSED);
  lariat_byte_stream_close(s.stream);
  (void)close_all(&s);
}

static void test_pool_closed(void) { for_each_kind(close_pool_by); }

/* While a pool drains, streams go on. */
static void drain_pool_by(enum kind kind) {
  struct streaming s;
  struct outcome o;
  open_all(&s, kind, BYTES_ECHO);
  outcome_watch(&o, lariat_pool_close(s.t.pool, s.t.f.reactor, 60000));
  fixture_run_for(&s.t.f, 20);
  send_text(&s, "still");
  expect_text(&s, "still");
  CU_ASSERT_EQUAL(o.fires, 0);
  lariat_byte_stream_close(s.stream);
  fetching_wait(&s.t, &o, 1, PATIENCE_MS);
  CU_ASSERT_EQUAL(o.status, LARIAT_OK);
  outcome_clear(&o, 1);
  (void)close_all(&s);
}

static void test_pool_drained(void) { for_each_kind(drain_pool_by); }

static void expect_cancelled(lariat_deferred *deferred) {
  struct outcome o;
  outcome_watch(&o, deferred);
  CU_ASSERT_EQUAL(o.status, LARIAT_ECANCELLED);
  outcome_clear(&o, 1);
}

/* Expects that a stream whose reactor is no more refuses whatever is asked. */
static void expect_no_use_of(lariat_byte_stream *stream) {
  char byte;
  size_t length;
  expect_cancelled(lariat_byte_stream_send(stream, "x", 1));
  expect_cancelled(lariat_byte_stream_receive(stream, &byte, 1));
  expect_cancelled(lariat_byte_stream_end_sending(stream));
  CU_ASSERT_EQUAL(lariat_byte_stream_try_send(stream, "x", 1, &length),
                  LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(lariat_byte_stream_try_receive(stream, &byte, 1, &length),
                  LARIAT_ECANCELLED);
  CU_ASSERT_EQUAL(lariat_byte_stream_on_bytes(stream, NULL, NULL),
                  LARIAT_ECANCELLED);
  lariat_byte_stream_close(stream);
}

static void close_reactor_by(enum kind kind) {
  struct streaming s;
  open_all(&s, kind, BYTES_ECHO);
  fixture_close_reactor(&s.t.f, 1000);
  s.t.client = NULL;
  expect_no_use_of(s.stream);
  lariat_byte_stream_release(s.stream);
  s.stream = NULL;
  for (int i = 0; i < PATIENCE_MS && !server_saw_end(&s); i++) usleep(1000);
  struct byte_server_seen seen = byte_server_stop(s.server);
  CU_ASSERT_EQUAL(seen.ends, 1);
  fetching_close(&s.t);
}

static void test_reactor_closed(void) { for_each_kind(close_reactor_by); }

/* The stream is there, and nobody has looked, when the pool ends; likewise the
 * client. */
static void end_on_the_way_by(enum kind kind) {
  for (unsigned which = 0; which < 2; which++) {
    struct streaming s;
    struct outcome o;
    open_pool(&s, kind, BYTES_GREET, NULL);
    outcome_watch(&o, lariat_byte_stream_open(s.t.client, s.url, NULL));
    while (byte_server_seen(s.server).connections == 0)
      ;
    if (which) {
      lariat_client_close(s.t.client);
      s.t.client = NULL;
      CU_ASSERT_EQUAL(o.status, LARIAT_ECANCELLED);
    } else {
      CU_ASSERT_EQUAL(lariat_pool_close_wait(s.t.pool, 0), LARIAT_OK);
    }
    fetching_wait(&s.t, &o, 1, PATIENCE_MS);
    if (o.status == LARIAT_OK) {
      s.stream = take_stream(&o);
      CU_ASSERT_EQUAL(last_status(&s), LARIAT_ECLOSED);
      lariat_byte_stream_close(s.stream);
    }
    outcome_clear(&o, 1);
    (void)close_all(&s);
  }
}

static void test_ends_on_the_way(void) {
  for (int i = 0; i < 5; i++) for_each_kind(end_on_the_way_by);
}

/* libcurl's own idle connection makes way for a stream. */
static void test_makes_way(void) {
  struct streaming s;
  struct outcome o;
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  pool.max_connections_per_host = 1;
  pool.libcurl_only = true;
  memset(&s, 0, sizeof s);
  fetching_open_pool(&s.t, &pool);
  client.http = LARIAT_HTTP_1_1;
  s.t.client = fetching_client(&s.t, &client);
  s.server = start_server(PLAIN, BYTES_ECHO);
  struct manual_server *web = manual_server_start("127.0.0.1", 0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(web);
  snprintf(s.url, sizeof s.url, "http://127.0.0.1:%u/", web->port);
  fetching_do(&s.t, &o, lariat_get(s.t.client, s.url));
  outcome_expect_http(&o, 200);
  outcome_clear(&o, 1);
  s.stream = open_stream(&s, NULL);
  send_text(&s, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_text(&s, "HTTP/1.1 200");
  CU_ASSERT_EQUAL(fetching_stats(&s.t).connections, 1);
  CU_ASSERT_EQUAL(manual_server_accepted(web), 2);
  lariat_byte_stream_close(s.stream);
  expect_no_connection(&s);
  manual_server_stop(web);
  (void)close_all(&s);
}

/* ---- On the pool's own reactor ---- */

struct resident {
  struct streaming *s;
  lariat_client *client;
  lariat_byte_stream *stream;
  struct gate over;
  lariat_status status;
  bool leaves_open;
  char buffer[8];
};

static void finish_resident(struct resident *resident, lariat_status status) {
  resident->status = status;
  if (!resident->leaves_open) {
    lariat_byte_stream_release(resident->stream);
    lariat_client_close(resident->client);
  }
  gate_set(&resident->over, true);
}

static lariat_value on_echo(lariat_value result, void *context) {
  finish_resident(context, lariat_is_failure(result)
                               ? lariat_failure_status(result)
                               : LARIAT_OK);
  return lariat_value_drop(result);
}

static lariat_value on_home_stream(lariat_value result, void *context) {
  struct resident *resident = context;
  if (lariat_is_failure(result)) {
    finish_resident(resident, lariat_failure_status(result));
    return lariat_value_drop(result);
  }
  resident->stream = lariat_byte_stream_retain(lariat_byte_stream_in(result));
  (void)lariat_value_drop(result);
  lariat_deferred_forget(lariat_byte_stream_send(resident->stream, "x", 1));
  lariat_deferred_forget(lariat_deferred_add_both(
      lariat_byte_stream_receive(resident->stream, resident->buffer,
                                 sizeof resident->buffer),
      on_echo, resident));
  return lariat_none();
}

static void begin_at_home(void *context) {
  struct resident *resident = context;
  lariat_client_options options = lariat_client_defaults();
  options.placement = LARIAT_PLACE_HOME;
  lariat_status status =
      lariat_client_new(resident->s->t.pool, lariat_reactor_current(), &options,
                        &resident->client);
  if (status != LARIAT_OK) abort();
  lariat_deferred_forget(lariat_deferred_add_both(
      lariat_byte_stream_open(resident->client, resident->s->url, NULL),
      on_home_stream, resident));
}

static void at_home_by(enum kind kind) {
  for (int leaves_open = 0; leaves_open < 2; leaves_open++) {
    struct streaming s;
    struct resident resident = {
        .s = &s, .over = GATE_CLOSED, .leaves_open = leaves_open};
    open_pool(&s, kind, BYTES_ECHO, NULL);
    CU_ASSERT_EQUAL_FATAL(
        lariat_pool_call(s.t.pool, 0, begin_at_home, &resident, NULL),
        LARIAT_OK);
    gate_wait(&resident.over);
    CU_ASSERT_EQUAL(resident.status, LARIAT_OK);
    if (leaves_open) {
      CU_ASSERT_EQUAL(lariat_pool_close_wait(s.t.pool, 0), LARIAT_OK);
      lariat_byte_stream_release(resident.stream);
    }
    (void)close_all(&s);
  }
}

static void test_at_home(void) { for_each_kind(at_home_by); }

/* ---- Names ---- */

struct named {
  struct fetching t;
};

static void begin_names(struct tls_way *way, const struct tls_case *row) {
  (void)row;
  (void)way;
}

/* Makes a request by hand, and reads to the end of the stream or of what a
 * server sends that keeps it open. */
static void read_answer(struct named *named, lariat_byte_stream *stream,
                        const struct tls_request *request,
                        struct tls_outcome *outcome) {
  char text[1024];
  char answer[4096];
  size_t length = 0;
  struct outcome o;
  int written =
      snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
               request->path, request->host);
  fetching_do(&named->t, &o,
              lariat_byte_stream_send(stream, text, (size_t)written));
  outcome_clear(&o, 1);
  const char *body = NULL;
  while (length < sizeof answer - 1 && !(body && strchr(body, '\n'))) {
    fetching_do(&named->t, &o,
                lariat_byte_stream_receive(stream, answer + length,
                                           sizeof answer - 1 - length));
    long got = o.status == LARIAT_OK ? (long)lariat_int_in(o.value) : -1;
    outcome->status = o.status;
    outcome_clear(&o, 1);
    if (got <= 0) break;
    length += (size_t)got;
    answer[length] = '\0';
    body = strstr(answer, "\r\n\r\n");
    if (body) body += 4;
  }
  outcome->http_status = strncmp(answer, "HTTP/1.1 200", 12) == 0 ? 200 : 0;
  outcome->body_right =
      body && tls_cases_body_is_right(request->row, request->path, 11, body,
                                      (size_t)(answer + length - body));
}

static void fetch_by_stream(struct tls_way *way,
                            const struct tls_request *request,
                            struct tls_outcome *outcome) {
  struct named *named = way->context;
  char url[512];
  struct outcome o;
  snprintf(url, sizeof url, "https://%s:%u/", request->host, request->port);
  fetching_do(&named->t, &o,
              lariat_byte_stream_open(named->t.client, url, NULL));
  *outcome = (struct tls_outcome){.status = o.status, .phase = o.phase};
  if (o.status == LARIAT_OK)
    read_answer(named, lariat_byte_stream_in(o.value), request, outcome);
  else
    snprintf(outcome->text, sizeof outcome->text, "%s",
             lariat_failure_message(o.value));
  outcome_clear(&o, 1);
}

/* The verified name is the one that was asked for.  Each request is on a
 * connection of its own. */
static void test_names(void) {
  struct named named;
  struct tls_way way = {.name = "a byte stream",
                        .begin = begin_names,
                        .fetch = fetch_by_stream,
                        .context = &named};
  lariat_pool_options pool = lariat_pool_defaults();
  struct tls_case *rows = calloc(tls_names_count, sizeof *rows);
  if (!rows) abort();
  for (size_t i = 0; i < tls_names_count; i++) {
    rows[i] = tls_names[i];
    rows[i].connections = 3;
  }
  pool.ca_file = tls_cases_ca_file();
  pool.look_up_way = LARIAT_LOOK_UP_BY_SYSTEM; /* by a table of names */
  fetching_open(&named.t, &pool, NULL);
  tls_cases_run_by(&certificates, rows, tls_names_count, &way, 1);
  fetching_close(&named.t);
  free(rows);
}

/* ---- Many ---- */

enum { THREADS = 4, STREAMS = 24, ROUNDS = 10 };

struct worker {
  pthread_t thread;
  lariat_pool *pool;
  const char *urls[2];
  unsigned right;
};

struct echoing {
  struct worker *worker;
  lariat_byte_stream *stream;
  char sent[2000];
  char got[2000];
  size_t length;
  unsigned rounds;
  unsigned *left;
};

static void begin_round(struct echoing *e);

static void end_echoing(struct echoing *e) {
  lariat_byte_stream_release(e->stream);
  e->stream = NULL;
  --*e->left;
}

static lariat_value take_echo(lariat_value result, void *context) {
  struct echoing *e = context;
  bool failed = lariat_is_failure(result) || lariat_int_in(result) == 0;
  if (!failed) e->length += (size_t)lariat_int_in(result);
  (void)lariat_value_drop(result);
  if (failed) {
    end_echoing(e);
  } else if (e->length < sizeof e->got) {
    lariat_deferred_release(lariat_deferred_add_both(
        lariat_byte_stream_receive(e->stream, e->got + e->length,
                                   sizeof e->got - e->length),
        take_echo, e));
  } else {
    e->worker->right += memcmp(e->sent, e->got, sizeof e->got) == 0;
    begin_round(e);
  }
  return lariat_none();
}

static lariat_value ignore_result(lariat_value result, void *context) {
  (void)context;
  return lariat_value_drop(result);
}

static void begin_round(struct echoing *e) {
  if (e->rounds++ == ROUNDS) {
    end_echoing(e);
    return;
  }
  e->length = 0;
  byte_server_fill(e->sent, e->rounds, sizeof e->sent);
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_byte_stream_send(e->stream, e->sent, sizeof e->sent),
      ignore_result, NULL));
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_byte_stream_receive(e->stream, e->got, sizeof e->got), take_echo,
      e));
}

static lariat_value begin_echoing(lariat_value result, void *context) {
  struct echoing *e = context;
  if (lariat_is_failure(result)) {
    --*e->left;
    return lariat_value_drop(result);
  }
  e->stream = lariat_byte_stream_retain(lariat_byte_stream_in(result));
  (void)lariat_value_drop(result);
  begin_round(e);
  return lariat_none();
}

static void *work(void *context) {
  struct worker *worker = context;
  lariat_reactor *reactor;
  lariat_client *client;
  unsigned left = STREAMS;
  struct echoing *all = calloc(STREAMS, sizeof *all);
  if (!all || lariat_reactor_new(NULL, &reactor) != LARIAT_OK) abort();
  if (lariat_client_new(worker->pool, reactor, NULL, &client) != LARIAT_OK)
    abort();
  for (unsigned i = 0; i < STREAMS; i++) {
    all[i].worker = worker;
    all[i].left = &left;
    lariat_deferred_release(lariat_deferred_add_both(
        lariat_byte_stream_open(client, worker->urls[i % 2], NULL),
        begin_echoing, &all[i]));
  }
  while (left) (void)lariat_reactor_run_once(reactor, 100);
  lariat_client_close(client);
  (void)lariat_reactor_close(reactor, 1000);
  free(all);
  return NULL;
}

static void test_many(void) {
  struct streaming s;
  struct worker workers[THREADS];
  char plain[64];
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 2;
  pool.max_connections_per_host = 40;
  open_pool(&s, TLS_1_3, BYTES_ECHO, &pool);
  struct byte_server *other = start_server(PLAIN, BYTES_ECHO);
  snprintf(plain, sizeof plain, "http://127.0.0.1:%u", byte_server_port(other));
  for (unsigned i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){.pool = s.t.pool, .urls = {s.url, plain}};
    CU_ASSERT_EQUAL_FATAL(
        pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++) {
    pthread_join(workers[i].thread, NULL);
    CU_ASSERT_EQUAL(workers[i].right, STREAMS * ROUNDS);
  }
  expect_no_connection(&s);
  (void)byte_server_stop(other);
  (void)close_all(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"echo", test_echo},
      {"the server speaks first", test_server_first},
      {"much both ways", test_much_both_ways},
      {"half close", test_half_close},
      {"the peer ends first", test_peer_ends},
      {"a peer that does not read", test_peer_does_not_read},
      {"without deferreds", test_without_deferreds},
      {"a cancelled receive", test_cancelled_receive},
      {"cut", test_cut},
      {"reset", test_reset},
      {"idle", test_idle},
      {"a handshake within", test_new_handshake},
      {"on another thread", test_other_thread},
      {"refused", test_refused},
      {"a certificate is wanted", test_certificate_is_wanted},
      {"ALPN", test_alpn},
      {"retried", test_retried},
      {"denied", test_denied},
      {"a handshake that hangs", test_handshake_that_hangs},
      {"a cancelled opening", test_cancelled_opening},
      {"cancelled on its way", test_cancelled_on_the_way},
      {"orphaned", test_orphaned},
      {"the limit of a host", test_limit_of_a_host},
      {"the limit in all", test_limit_in_all},
      {"closed", test_closed},
      {"dropped", test_dropped},
      {"released elsewhere", test_released_elsewhere},
      {"the client is closed", test_client_closed},
      {"the pool is closed", test_pool_closed},
      {"the pool is drained", test_pool_drained},
      {"the reactor is closed", test_reactor_closed},
      {"ends on the way", test_ends_on_the_way},
      {"an idle connection makes way", test_makes_way},
      {"on the pool's own reactor", test_at_home},
      {"names", test_names},
      {"many", test_many},
  };
  tls_profiles_open(&certificates);
  int failed =
      fixture_main("byte_stream", tests, FIXTURE_COUNT(tests), argc, argv);
  tls_profiles_close(&certificates);
  return failed;
}
