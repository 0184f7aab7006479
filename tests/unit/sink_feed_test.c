/* SPDX-License-Identifier: MIT
 * sink_feed_test.c: bodies of answers on their way to sinks, from streams in
 * memory, piece by piece. */
#include "h1/sink_feed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/compressed.h"
#include "support/fixture.h"
#include "support/memory_transport.h"
#include "support/producing.h"
#include <lariat/client.h>
#include <lariat/failure.h>
#include <lariat/stream.h>

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

enum { MOST = 400000 };

struct feeding {
  struct fixture f;
  lariat_pool *pool;
  lariat_client *client;
  struct memory_transport *transport;
  struct memory_script script;
  struct memory_link *link; /* NULL: closed */
  lariat_request_options options;
  lariat_deferred *deferred;
  bool fired;
  lariat_status status;
  lariat_stream *stream;
  bool ended; /* the stream */
  size_t length;
  char body[MOST];
};

static struct feeding feeding; /* large */

static const struct memory_script *give_script(void *context, const lr_job *job,
                                               struct memory_link *link,
                                               bool reused) {
  struct feeding *s = context;
  (void)job;
  (void)reused;
  s->link = link;
  return &s->script;
}

static void note_closed(void *context, struct memory_link *link) {
  (void)link;
  ((struct feeding *)context)->link = NULL;
}

static struct feeding *open_feeding(lariat_sink sink) {
  struct feeding *s = &feeding;
  struct memory_owner owner = {give_script, note_closed, s};
  memset(s, 0, sizeof *s);
  fixture_open(&s->f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL_FATAL(
      memory_pool_new(NULL, s->f.reactor, &owner, &s->pool, &s->transport),
      LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(
      lariat_client_new(s->pool, s->f.reactor, NULL, &s->client), LARIAT_OK);
  s->options = lariat_request_defaults(s->client);
  s->options.sink = sink;
  return s;
}

static void close_feeding(struct feeding *s) {
  lariat_stream_release(s->stream);
  if (s->deferred) lariat_deferred_release(s->deferred);
  lariat_client_close(s->client);
  lariat_pool_release(s->pool);
  fixture_settle(&s->f);
  CU_ASSERT_PTR_NULL(s->link);
  fixture_close(&s->f);
}

/* ---- What comes ---- */

static void add(struct feeding *s, int kind, size_t amount) {
  s->script.receives[s->script.receive_count++] =
      (struct memory_step){amount, (uint8_t)kind, false};
}

/* Has the answer come in pieces of `piece` bytes. */
static void answer(struct feeding *s, const char *bytes, size_t length,
                   size_t piece) {
  s->script.answer = bytes;
  while (length) {
    size_t amount = length < piece ? length : piece;
    add(s, MEMORY_BYTES, amount);
    length -= amount;
  }
}

static void pass_round(struct feeding *s) {
  (void)memory_transport_round(s->transport);
  fixture_settle(&s->f);
}

static void pass_rounds(struct feeding *s, unsigned count) {
  while (count--) pass_round(s);
}

static lariat_value note(lariat_value result, void *context) {
  struct feeding *s = context;
  s->fired = true;
  if (lariat_is_failure(result)) {
    s->status = lariat_failure_status(result);
  } else {
    size_t length;
    lariat_response *response = lariat_response_in(result);
    const char *body = lariat_response_body(response, &length);
    s->stream = lariat_stream_retain(lariat_response_stream(response));
    memcpy(s->body, body, length);
    s->length = s->stream ? 0 : length;
  }
  return lariat_value_drop(result);
}

static void ask(struct feeding *s, const char *method) {
  s->deferred = lariat_request(s->client, method, "http://a/", &s->options);
  lariat_deferred_add_both(s->deferred, note, s);
  fixture_settle(&s->f);
}

/* ---- What is taken ---- */

static void take_value(struct feeding *s, lariat_value value) {
  size_t length;
  if (value.type != &lariat_chunk_type) {
    s->ended = true;
    if (lariat_is_failure(value)) s->status = lariat_failure_status(value);
    return;
  }
  const char *bytes = lariat_chunk_bytes(lariat_chunk_in(value), &length);
  CU_ASSERT_FATAL(s->length + length <= MOST);
  memcpy(s->body + s->length, bytes, length);
  s->length += length;
}

/* Takes the chunks that are there. */
static void take(struct feeding *s) {
  bool fired = true;
  while (fired && s->stream && !s->ended) {
    lariat_deferred *next = lariat_stream_next(s->stream);
    fired = lariat_deferred_fired(next);
    if (fired)
      take_value(s, lariat_deferred_peek(next));
    else
      lariat_deferred_cancel(next);
    lariat_deferred_forget(next);
  }
  fixture_settle(&s->f);
}

static void take_all(struct feeding *s) {
  for (unsigned i = 0; i < 400 && !s->ended; i++) {
    pass_round(s);
    take(s);
  }
  CU_ASSERT_TRUE(s->ended);
}

static bool has_body(const struct feeding *s, const char *bytes,
                     size_t length) {
  return s->length == length && memcmp(s->body, bytes, length) == 0;
}

/* ---- Streams ---- */

static void test_pieces(void) {
  static const char text[] =
      CHUNKED "3\r\nabc\r\n4;x\r\ndefg\r\n0\r\nA: b\r\n\r\n";
  for (size_t piece = 1; piece < sizeof text; piece += piece < 8 ? 1 : 9) {
    struct feeding *s = open_feeding(lariat_sink_stream(0));
    answer(s, text, sizeof text - 1, piece);
    ask(s, "GET");
    take_all(s);
    CU_ASSERT_EQUAL(s->status, LARIAT_OK);
    CU_ASSERT_TRUE(has_body(s, "abcdefg", 7));
    CU_ASSERT_PTR_NOT_NULL(s->link);
    close_feeding(s);
  }
}

/* What the taker has no window for is neither read nor lost. */
static void test_full(void) {
  enum { LENGTH = 300000 };
  static char text[LENGTH + 100];
  int head = snprintf(text, 100, OK "Content-Length: %d\r\n\r\n", LENGTH);
  memcpy(text + head, produced_bytes(0), LENGTH);
  struct feeding *s = open_feeding(lariat_sink_stream(20000));
  answer(s, text, (size_t)head + LENGTH, 50000);
  ask(s, "GET");
  pass_rounds(s, 50);
  CU_ASSERT_TRUE(s->fired);
  size_t received = s->link->stream.at;
  CU_ASSERT(received < 100000);
  CU_ASSERT_TRUE(lr_sink_feed_is_paused(s->link->connection));
  CU_ASSERT_EQUAL(s->link->connection->watch.events, 0);
  pass_rounds(s, 5);
  CU_ASSERT_EQUAL(s->link->stream.at, received);
  take_all(s);
  CU_ASSERT_EQUAL(s->status, LARIAT_OK);
  CU_ASSERT_TRUE(has_body(s, produced_bytes(0), LENGTH));
  close_feeding(s);
}

/* An answer that is complete, but for what waits for its taker, does not end
 * with the last of its request. */
static void test_full_while_sending(void) {
  enum { LENGTH = 60000 };
  static const char head[] = OK "Content-Length: 5\r\n\r\nhe";
  static const char text[] = OK "Content-Length: 5\r\n\r\nhello";
  struct feeding *s = open_feeding(lariat_sink_stream(1));
  s->options.body = lariat_body_bytes(produced_bytes(0), LENGTH);
  s->script.answer = text;
  add(s, MEMORY_BYTES, sizeof head - 1);
  add(s, MEMORY_BYTES, 3);
  s->script.sends[0] = (struct memory_step){1000, MEMORY_BYTES, false};
  s->script.sends[1] = (struct memory_step){8, MEMORY_WAIT, false};
  s->script.send_count = 2;
  ask(s, "PUT");
  pass_rounds(s, 6);
  CU_ASSERT_TRUE(lr_sink_feed_is_paused(s->link->connection));
  CU_ASSERT_PTR_NOT_NULL(s->link->connection->unsent);
  pass_rounds(s, 6);
  CU_ASSERT_PTR_NOT_NULL_FATAL(s->link->connection->job);
  CU_ASSERT_PTR_NULL(s->link->connection->unsent);
  take_all(s);
  CU_ASSERT_EQUAL(s->status, LARIAT_OK);
  CU_ASSERT_TRUE(has_body(s, "hello", 5));
  CU_ASSERT_PTR_NOT_NULL(s->link); /* all of the request is out */
  close_feeding(s);
}

static void test_ends(void) {
  static const struct {
    const char *text;
    int end;
    lariat_status status;
    const char *body;
  } rows[] = {
      {OK "\r\nhello", MEMORY_END, LARIAT_OK, "hello"},
      {OK "\r\nhello", MEMORY_CUT, LARIAT_ETRUNCATED, "hello"},
      {OK "\r\nhello", MEMORY_LOST, LARIAT_ERESET, "hello"},
      {OK "Content-Length: 6\r\n\r\nhello", MEMORY_END, LARIAT_ETRUNCATED,
       "hello"},
      {CHUNKED "5\r\nhello\r\n", MEMORY_END, LARIAT_ETRUNCATED, "hello"},
      {CHUNKED "5\r\nhello\r\nx", MEMORY_END, LARIAT_EPROTOCOL, "hello"},
      {CHUNKED "5\r\nhello\r\n0\r\n a\r\n\r\n", MEMORY_END, LARIAT_EPROTOCOL,
       "hello"},
      {"HTTP/1.1 204 No\r\n\r\n", MEMORY_END, LARIAT_OK, ""},
      {OK "Content-Length: 0\r\n\r\n", MEMORY_END, LARIAT_OK, ""},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    struct feeding *s = open_feeding(lariat_sink_stream(0));
    answer(s, rows[i].text, strlen(rows[i].text), 1000);
    add(s, rows[i].end, 0);
    ask(s, "GET");
    take_all(s);
    CU_ASSERT_EQUAL(s->status, rows[i].status);
    CU_ASSERT_TRUE(has_body(s, rows[i].body, strlen(rows[i].body)));
    pass_rounds(s, 2);
    CU_ASSERT_PTR_NULL(s->link);
    close_feeding(s);
  }
}

/* ---- Codings ---- */

static void check_coded(size_t cut, int end, lariat_status status,
                        bool until_close) {
  enum { LENGTH = 200000 };
  static char text[LENGTH];
  struct compressed coded;
  compressed_make("gzip", produced_bytes(0), LENGTH, &coded);
  size_t length = coded.length - cut;
  int head = snprintf(text, sizeof text, OK "Content-Encoding: gzip\r\n");
  if (!until_close)
    head += snprintf(text + head, 100, "Content-Length: %zu\r\n", length);
  head += snprintf(text + head, 100, "\r\n");
  CU_ASSERT_FATAL((size_t)head + length < sizeof text);
  memcpy(text + head, coded.bytes, length);
  compressed_free(&coded);
  struct feeding *s = open_feeding(lariat_sink_stream(30000));
  answer(s, text, (size_t)head + length, 10000);
  add(s, end, 0);
  ask(s, "GET");
  take_all(s);
  CU_ASSERT_EQUAL(s->status, status);
  if (status == LARIAT_OK)
    CU_ASSERT_TRUE(has_body(s, produced_bytes(0), LENGTH));
  close_feeding(s);
}

/* A body whose coding goes on is not whole, however it ends. */
static void test_codings(void) {
  check_coded(0, MEMORY_END, LARIAT_OK, false);
  check_coded(0, MEMORY_END, LARIAT_OK, true);
  check_coded(10, MEMORY_END, LARIAT_EENCODING, false);
  check_coded(10, MEMORY_END, LARIAT_ETRUNCATED, true);
  check_coded(0, MEMORY_CUT, LARIAT_OK, false);
  check_coded(0, MEMORY_CUT, LARIAT_ETRUNCATED, true);
}

/* ---- Other sinks ---- */

static void test_file(void) {
  static const char text[] = OK "Content-Length: 5\r\n\r\nhello";
  char bytes[8];
  int fd = memfd_create("sink", MFD_CLOEXEC);
  struct feeding *s = open_feeding(lariat_sink_fd(fd));
  answer(s, text, sizeof text - 1, 40);
  ask(s, "GET");
  pass_rounds(s, 6);
  CU_ASSERT_TRUE(s->fired);
  CU_ASSERT_EQUAL(s->status, LARIAT_OK);
  CU_ASSERT_EQUAL(pread(fd, bytes, sizeof bytes, 0), 5);
  CU_ASSERT_EQUAL(memcmp(bytes, "hello", 5), 0);
  close(fd);
  close_feeding(s);
}

/* A descriptor that cannot be written to ends it, and its connection. */
static void test_unwritable_file(void) {
  static const char text[] = OK "Content-Length: 5\r\n\r\nhello";
  int fd = memfd_create("sink", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  struct feeding *s = open_feeding(lariat_sink_fd(fd));
  CU_ASSERT_EQUAL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
  answer(s, text, sizeof text - 1, 40);
  ask(s, "GET");
  pass_rounds(s, 6);
  CU_ASSERT_TRUE(s->fired);
  CU_ASSERT_EQUAL(s->status, LARIAT_EWRITE);
  CU_ASSERT_PTR_NULL(s->link);
  close(fd);
  close_feeding(s);
}

/* Each allocation of an exchange with a stream may fail: there is one outcome,
 * and nothing is left. */
static void test_without_memory(void) {
  static const char text[] =
      CHUNKED "3\r\nabc\r\n4;x\r\ndefg\r\n0\r\nA: b\r\n\r\n";
  unsigned failures = 0;
  for (uint64_t nth = 1; nth < 60; nth++) {
    struct feeding *s = open_feeding(lariat_sink_stream(0));
    s->options.sha256 = true;
    answer(s, text, sizeof text - 1, 5);
    fixture_fail_allocation(&s->f, nth);
    ask(s, "GET");
    for (unsigned i = 0; i < 40; i++) {
      pass_round(s);
      take(s);
    }
    fixture_fail_allocation(&s->f, 0);
    CU_ASSERT_TRUE(s->fired);
    CU_ASSERT_TRUE(s->ended || s->status != LARIAT_OK);
    failures += s->status != LARIAT_OK;
    if (s->status == LARIAT_OK) CU_ASSERT_TRUE(has_body(s, "abcdefg", 7));
    close_feeding(s);
  }
  CU_ASSERT(failures > 3);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"pieces", test_pieces},
      {"a full stream", test_full},
      {"a full stream while the request goes on", test_full_while_sending},
      {"ends", test_ends},
      {"codings", test_codings},
      {"a file", test_file},
      {"a file that cannot be written", test_unwritable_file},
      {"without memory", test_without_memory},
  };
  return fixture_main("sink_feed", tests, FIXTURE_COUNT(tests), argc, argv);
}
