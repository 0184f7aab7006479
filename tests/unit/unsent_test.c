/* SPDX-License-Identifier: MIT
 * unsent_test.c: the rest of a request on its way out, over a stream in memory
 * that takes as much as the test says. */
#include "h1/unsent.h"

#include <stdlib.h>
#include <string.h>

#include "support/dispatching.h"
#include "support/memory_stream.h"
#include "support/producing.h"

/* A source that has its pattern as far as the test has given it. */
struct giving {
  lr_body_source source; /* first */
  uint64_t given;        /* so much is there */
  uint64_t all;
  bool ends_late; /* the end is told by a read of its own */
  lariat_status fails;
  lariat_status seek_status;
  unsigned overs;
};

struct sending {
  struct fixture f;
  struct giving giving;
  lr_job *job;
  struct memory_script script;
  struct memory_stream memory;
  lr_stream stream;
  lr_unsent *unsent;
};

static lariat_status seek_source(lr_body_source *source, uint64_t position) {
  struct giving *giving = (struct giving *)source;
  source->given = position;
  return giving->seek_status;
}

static lariat_status read_source(lr_body_source *source, lr_reader *reader,
                                 char *bytes, size_t capacity, size_t *got) {
  struct giving *giving = (struct giving *)source;
  CU_ASSERT_PTR_NOT_NULL(reader->resume);
  if (giving->fails != LARIAT_OK) return giving->fails;
  size_t length = (size_t)(giving->given - source->given);
  if (length > capacity) length = capacity;
  if (length == 0 && giving->given < giving->all) return LARIAT_EBUSY;
  memcpy(bytes, produced_bytes(source->given), length);
  source->given += length;
  *got = length;
  source->ended =
      source->given == giving->all && (length == 0 || !giving->ends_late);
  return LARIAT_OK;
}

static void end_source(lr_body_source *source) {
  ((struct giving *)source)->overs++;
}

static void drop_source(lr_body_source *source) { (void)source; }

static const lr_body_source_ops source_ops = {.seek = seek_source,
                                              .read = read_source,
                                              .over = end_source,
                                              .drop = drop_source};

static void resume(lr_reader *reader) { (void)reader; }

static void open_sending(struct sending *s) {
  memset(s, 0, sizeof *s);
  fixture_open(&s->f, FIXTURE_NO_REACTOR);
  s->job = dispatching_job("http://a/");
  CU_ASSERT_TRUE_FATAL(memory_stream_open(&s->memory, &s->stream));
  memory_stream_begin(&s->memory, &s->script);
}

/* Gives the job a body from a source: `given` of its bytes are there. */
static void give_source(struct sending *s, uint64_t length, uint64_t given,
                        uint64_t all) {
  s->giving.source.ops = &source_ops;
  s->giving.source.length = length;
  s->giving.given = given;
  s->giving.all = all;
  s->job->body.source = &s->giving.source;
  s->job->request.get = false;
}

static void give_bytes(struct sending *s, size_t length) {
  s->job->body.bytes = produced_bytes(0);
  s->job->body.length = length;
  s->job->request.get = false;
}

/* The next `amount` bytes are taken, and no more before a round has passed. */
static void take(struct sending *s, size_t amount) {
  struct memory_script *script = &s->script;
  if (script->send_count) memory_stream_pass(&s->memory);
  script->sends[script->send_count++] =
      (struct memory_step){amount, MEMORY_BYTES, false};
  script->sends[script->send_count++] =
      (struct memory_step){1, MEMORY_WAIT, false};
}

static void make_unsent(struct sending *s, const char *text) {
  CU_ASSERT_EQUAL_FATAL(
      lr_unsent_new(s->job, text, strlen(text), resume, &s->unsent), LARIAT_OK);
}

static void expect_sent(struct sending *s, lariat_status status,
                        lr_unsent_state state) {
  CU_ASSERT_EQUAL(lr_unsent_send(s->unsent, &s->stream), status);
  CU_ASSERT_EQUAL(s->unsent->state, state);
}

static void close_sending(struct sending *s) {
  if (s->unsent) lr_unsent_free(s->unsent);
  s->job->body.bytes = NULL;
  s->job->body.source = NULL;
  lr_job_free(s->job);
  lr_stream_close(&s->stream);
  memory_stream_clear(&s->memory);
  fixture_close(&s->f);
}

static bool was_sent(const struct sending *s, const char *text) {
  return s->memory.sent_length == strlen(text) &&
         memcmp(s->memory.sent, text, strlen(text)) == 0;
}

/* ---- In memory ---- */

/* A short body goes out with its head; what is left of both is one text. */
static void test_wanted(void) {
  struct sending s;
  open_sending(&s);
  CU_ASSERT_FALSE(lr_unsent_is_wanted(s.job));
  give_bytes(&s, LR_REQUEST_HEAD_BODY_MAX);
  CU_ASSERT_FALSE(lr_unsent_is_wanted(s.job));
  give_bytes(&s, LR_REQUEST_HEAD_BODY_MAX + 1);
  CU_ASSERT_TRUE(lr_unsent_is_wanted(s.job));
  give_source(&s, 0, 0, 0);
  CU_ASSERT_TRUE(lr_unsent_is_wanted(s.job));
  close_sending(&s);
}

static void test_rest_of_head(void) {
  struct sending s;
  open_sending(&s);
  give_bytes(&s, 5); /* it is in the text */
  take(&s, 3);
  make_unsent(&s, "head and body");
  expect_sent(&s, LARIAT_EBUSY, LR_UNSENT_GOES);
  CU_ASSERT_TRUE(was_sent(&s, "hea"));
  expect_sent(&s, LARIAT_EBUSY, LR_UNSENT_GOES);
  take(&s, 100);
  expect_sent(&s, LARIAT_OK, LR_UNSENT_GOES);
  CU_ASSERT_TRUE(was_sent(&s, "head and body"));
  close_sending(&s);
}

static void test_long_body(void) {
  enum { LENGTH = 100000 };
  struct sending s;
  open_sending(&s);
  give_bytes(&s, LENGTH);
  take(&s, 4);
  make_unsent(&s, "rest");
  expect_sent(&s, LARIAT_EBUSY, LR_UNSENT_GOES);
  for (size_t sent = 0; sent < LENGTH; sent += 25000) {
    take(&s, 25000);
    expect_sent(&s, sent + 25000 < LENGTH ? LARIAT_EBUSY : LARIAT_OK,
                LR_UNSENT_GOES);
    CU_ASSERT_EQUAL(s.memory.sent_length, 4 + sent + 25000);
  }
  CU_ASSERT_EQUAL(memcmp(s.memory.sent + 4, produced_bytes(0), LENGTH), 0);
  close_sending(&s);
}

/* ---- From a source ---- */

static void test_source(void) {
  enum { LENGTH = 40000 };
  struct sending s;
  open_sending(&s);
  give_source(&s, LENGTH, 10000, LENGTH);
  make_unsent(&s, "head");
  expect_sent(&s, LARIAT_EBUSY, LR_UNSENT_WAITS);
  CU_ASSERT_EQUAL(s.memory.sent_length, 10004);
  s.giving.given = LENGTH;
  expect_sent(&s, LARIAT_OK, LR_UNSENT_GOES);
  CU_ASSERT_EQUAL(s.memory.sent_length, 4 + LENGTH);
  CU_ASSERT_EQUAL(memcmp(s.memory.sent + 4, produced_bytes(0), LENGTH), 0);
  lr_unsent_free(s.unsent);
  s.unsent = NULL;
  CU_ASSERT_EQUAL(s.giving.overs, 1);
  close_sending(&s);
}

/* Of a length that is not known: in chunks, each in one piece with its size;
 * the last chunk goes with the last bytes, or alone. */
static void test_chunks(void) {
  for (int late = 0; late < 2; late++) {
    struct sending s;
    char expected[64];
    open_sending(&s);
    give_source(&s, LARIAT_LENGTH_UNKNOWN, 3, 13);
    s.giving.ends_late = late;
    make_unsent(&s, "");
    expect_sent(&s, LARIAT_EBUSY, LR_UNSENT_WAITS);
    CU_ASSERT_EQUAL(s.memory.sent_length, 8);
    s.giving.given = 13;
    expect_sent(&s, LARIAT_OK, LR_UNSENT_GOES);
    memcpy(expected, "3\r\n___\r\na\r\n__________\r\n0\r\n\r\n", 28);
    memcpy(expected + 3, produced_bytes(0), 3);
    memcpy(expected + 11, produced_bytes(3), 10);
    CU_ASSERT_EQUAL_FATAL(s.memory.sent_length, 28);
    CU_ASSERT_EQUAL(memcmp(s.memory.sent, expected, 28), 0);
    close_sending(&s);
  }
}

/* A chunk that goes in parts is not made anew. */
static void test_parts_of_chunks(void) {
  struct sending s;
  open_sending(&s);
  give_source(&s, LARIAT_LENGTH_UNKNOWN, 5, 5);
  make_unsent(&s, "");
  for (size_t i = 0; i < 14; i++) {
    take(&s, 1);
    expect_sent(&s, LARIAT_EBUSY, LR_UNSENT_GOES);
    CU_ASSERT_EQUAL(s.memory.sent_length, i + 1);
  }
  take(&s, 1);
  expect_sent(&s, LARIAT_OK, LR_UNSENT_GOES);
  CU_ASSERT_EQUAL(memcmp(s.memory.sent, "5\r\n", 3), 0);
  CU_ASSERT_EQUAL(memcmp(s.memory.sent + 8, "\r\n0\r\n\r\n", 7), 0);
  close_sending(&s);
}

static void test_empty_source(void) {
  struct sending s;
  open_sending(&s);
  give_source(&s, LARIAT_LENGTH_UNKNOWN, 0, 0);
  make_unsent(&s, "");
  expect_sent(&s, LARIAT_OK, LR_UNSENT_GOES);
  CU_ASSERT_TRUE(was_sent(&s, "0\r\n\r\n"));
  close_sending(&s);
  open_sending(&s);
  give_source(&s, 0, 0, 0);
  make_unsent(&s, "");
  expect_sent(&s, LARIAT_OK, LR_UNSENT_GOES);
  CU_ASSERT_EQUAL(s.memory.sent_length, 0);
  close_sending(&s);
}

/* A connection that takes everything gets some pieces, and then others have
 * their turn. */
static void test_turns(void) {
  enum { LENGTH = 6 * 256 * 1024 };
  struct sending s;
  open_sending(&s);
  give_source(&s, LENGTH, LENGTH, LENGTH);
  make_unsent(&s, "");
  expect_sent(&s, LARIAT_EBUSY, LR_UNSENT_GOES);
  CU_ASSERT_EQUAL(s.memory.sent_length, 4 * 256 * 1024);
  expect_sent(&s, LARIAT_OK, LR_UNSENT_GOES);
  CU_ASSERT_EQUAL(s.memory.sent_length, LENGTH);
  close_sending(&s);
}

/* ---- Ends ---- */

static void test_failures(void) {
  struct sending s;
  lr_unsent *none = NULL;
  open_sending(&s);
  give_source(&s, 10, 0, 10);
  s.giving.seek_status = LARIAT_EUPLOAD;
  CU_ASSERT_EQUAL(lr_unsent_new(s.job, "", 0, resume, &none), LARIAT_EUPLOAD);
  CU_ASSERT_PTR_NULL(none);
  s.giving.seek_status = LARIAT_OK;
  make_unsent(&s, "");
  s.giving.fails = LARIAT_EUPLOAD;
  CU_ASSERT_EQUAL(lr_unsent_send(s.unsent, &s.stream), LARIAT_EUPLOAD);
  close_sending(&s);
}

/* What takes no more is not tried again, nor what is stopped. */
static void test_lost(void) {
  struct sending s;
  open_sending(&s);
  give_source(&s, 10, 10, 10);
  s.script.sends[0] = (struct memory_step){0, MEMORY_LOST, false};
  s.script.send_count = 1;
  make_unsent(&s, "");
  expect_sent(&s, LARIAT_EBUSY, LR_UNSENT_LOST);
  s.script.send_count = 0;
  expect_sent(&s, LARIAT_EBUSY, LR_UNSENT_LOST);
  s.unsent->state = LR_UNSENT_STOPPED;
  expect_sent(&s, LARIAT_EBUSY, LR_UNSENT_STOPPED);
  CU_ASSERT_EQUAL(s.memory.sent_length, 0);
  close_sending(&s);
}

static void test_without_memory(void) {
  struct sending s;
  lr_unsent *none = NULL;
  open_sending(&s);
  give_source(&s, 10, 10, 10);
  for (uint64_t nth = 1; nth <= 2; nth++) {
    fixture_fail_allocation(&s.f, nth);
    CU_ASSERT_EQUAL(lr_unsent_new(s.job, "x", 1, resume, &none), LARIAT_ENOMEM);
    CU_ASSERT_PTR_NULL(none);
  }
  make_unsent(&s, "");
  fixture_fail_allocation(&s.f, 1);
  CU_ASSERT_EQUAL(lr_unsent_send(s.unsent, &s.stream), LARIAT_ENOMEM);
  fixture_fail_allocation(&s.f, 0);
  close_sending(&s);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"wanted", test_wanted},
      {"the rest of a head", test_rest_of_head},
      {"a long body", test_long_body},
      {"a source", test_source},
      {"chunks", test_chunks},
      {"parts of chunks", test_parts_of_chunks},
      {"an empty source", test_empty_source},
      {"turns", test_turns},
      {"failures", test_failures},
      {"a lost connection", test_lost},
      {"without memory", test_without_memory},
  };
  return fixture_main("unsent", tests, FIXTURE_COUNT(tests), argc, argv);
}
