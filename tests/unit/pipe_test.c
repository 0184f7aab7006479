/* SPDX-License-Identifier: MIT
 * pipe_test.c: bytes between two reactors: order, the window, the ends. */
#include "job/pipe.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomics.h"
#include "support/fixture.h"
#include <lariat/clock.h>

enum { WINDOW = 4 * LR_CHUNK_CAPACITY, PATIENCE_MS = 20000 };

/* One pipe with both ends on the fixture's reactor. */
struct both_ends {
  struct fixture f;
  lr_pipe *pipe;
  int capacities;
  int stops;
  int arrivals;
  bool close_inside;
};

static struct both_ends both;

static void has_capacity(void *context) {
  (void)context;
  both.capacities++;
}

static void was_stopped(void *context) {
  (void)context;
  both.stops++;
  if (both.close_inside) lr_pipe_close_source(both.pipe);
}

static void has_arrived(void *context) {
  (void)context;
  both.arrivals++;
  if (both.close_inside) lr_pipe_close_sink(both.pipe);
}

static const lr_source_ops source_ops = {has_capacity, was_stopped};
static const lr_sink_ops sink_ops = {has_arrived};

static void open_both(bool source_first) {
  fixture_open(&both.f, FIXTURE_MANUAL_CLOCK);
  both.capacities = both.stops = both.arrivals = 0;
  both.close_inside = false;
  both.pipe = lr_pipe_new(WINDOW);
  CU_ASSERT_PTR_NOT_NULL_FATAL(both.pipe);
  if (source_first)
    lr_pipe_open_source(both.pipe, both.f.reactor, &source_ops, NULL);
  lr_pipe_open_sink(both.pipe, both.f.reactor, &sink_ops, NULL);
  if (!source_first)
    lr_pipe_open_source(both.pipe, both.f.reactor, &source_ops, NULL);
}

static void put(const char *text) {
  CU_ASSERT_EQUAL(lr_pipe_put(both.pipe, text, strlen(text)), LARIAT_OK);
}

static void put_many(size_t length) {
  char *bytes = calloc(1, length);
  CU_ASSERT_EQUAL(lr_pipe_put(both.pipe, bytes, length), LARIAT_OK);
  free(bytes);
}

static void expect(const char *text) {
  char got[64] = "";
  size_t length = lr_pipe_read(both.pipe, got, sizeof got - 1);
  CU_ASSERT_EQUAL(length, strlen(text));
  CU_ASSERT_STRING_EQUAL(got, text);
}

static void expect_over(lariat_status expected) {
  lariat_status status = LARIAT_EINVAL;
  CU_ASSERT_TRUE(lr_pipe_over(both.pipe, &status));
  CU_ASSERT_EQUAL(status, expected);
}

static void expect_not_over(void) {
  lariat_status status;
  CU_ASSERT_FALSE(lr_pipe_over(both.pipe, &status));
}

static void close_home(void) {
  lr_pipe_close_source(both.pipe);
  lr_pipe_close_sink(both.pipe);
  fixture_settle(&both.f);
  fixture_close(&both.f);
}

static void test_bytes_in_order(void) {
  open_both(false);
  put("one ");
  put("two ");
  expect("");
  fixture_settle(&both.f);
  CU_ASSERT_EQUAL(both.arrivals, 1);
  expect("one two ");
  put("three");
  expect("");
  fixture_settle(&both.f);
  CU_ASSERT_EQUAL(both.arrivals, 2);
  expect("three");
  expect_not_over();
  put("!");
  lr_pipe_end(both.pipe, LARIAT_OK);
  fixture_settle(&both.f);
  expect_not_over();
  expect("!");
  expect_over(LARIAT_OK);
  close_home();
}

static void test_source_first(void) {
  fixture_open(&both.f, FIXTURE_MANUAL_CLOCK);
  both.pipe = lr_pipe_new(WINDOW);
  both.arrivals = 0;
  lr_pipe_open_source(both.pipe, both.f.reactor, &source_ops, NULL);
  put("before ");
  put("the other");
  lr_pipe_end(both.pipe, LARIAT_EUSER);
  fixture_settle(&both.f);
  lr_pipe_open_sink(both.pipe, both.f.reactor, &sink_ops, NULL);
  fixture_settle(&both.f);
  expect("before the other");
  expect_over(LARIAT_EUSER);
  close_home();
}

static void test_the_window(void) {
  open_both(true);
  CU_ASSERT_FALSE(lr_pipe_full(both.pipe));
  put_many(WINDOW);
  CU_ASSERT_TRUE(lr_pipe_full(both.pipe));
  CU_ASSERT_EQUAL(lr_pipe_held(both.pipe), WINDOW);
  fixture_settle(&both.f);
  CU_ASSERT_EQUAL(both.capacities, 0);
  for (size_t i = 0; i < 2; i++) {
    lr_chunk *chunk = lr_pipe_next(both.pipe);
    CU_ASSERT_PTR_NOT_NULL_FATAL(chunk);
    CU_ASSERT_EQUAL(chunk->length, LR_CHUNK_CAPACITY);
    lr_chunk_free(chunk);
    CU_ASSERT_EQUAL(both.capacities, 0);
    fixture_settle(&both.f);
  }
  CU_ASSERT_EQUAL(both.capacities, 1);
  CU_ASSERT_FALSE(lr_pipe_full(both.pipe));
  CU_ASSERT_EQUAL(lr_pipe_held(both.pipe), WINDOW / 2);
  close_home();
}

/* Checks that drops of one byte, which hold a chunk each, use the window up. */
static void test_small_pieces(void) {
  open_both(true);
  for (int i = 0; i < 4; i++) {
    CU_ASSERT_FALSE(lr_pipe_full(both.pipe));
    put("x");
    fixture_settle(&both.f);
  }
  CU_ASSERT_TRUE(lr_pipe_full(both.pipe));
  expect("xxxx");
  fixture_settle(&both.f);
  CU_ASSERT_EQUAL(both.capacities, 1);
  close_home();
}

static void test_a_huge_piece(void) {
  open_both(true);
  put_many(3 * WINDOW + 1);
  fixture_settle(&both.f);
  size_t got = 0;
  lr_chunk *chunk;
  while ((chunk = lr_pipe_next(both.pipe))) {
    got += chunk->length;
    lr_chunk_free(chunk);
    fixture_settle(&both.f);
  }
  CU_ASSERT_EQUAL(got, 3 * WINDOW + 1);
  CU_ASSERT_FALSE(lr_pipe_full(both.pipe));
  close_home();
}

static void test_the_sink_closes(void) {
  open_both(false);
  put_many(WINDOW);
  CU_ASSERT_TRUE(lr_pipe_full(both.pipe));
  fixture_settle(&both.f);
  lr_pipe_close_sink(both.pipe);
  fixture_settle(&both.f);
  CU_ASSERT_EQUAL(both.stops, 1);
  CU_ASSERT_FALSE(lr_pipe_full(both.pipe));
  put("for nobody");
  fixture_settle(&both.f);
  lr_pipe_close_source(both.pipe);
  fixture_settle(&both.f);
  fixture_close(&both.f);
}

static void test_closed_inside(void) {
  open_both(false);
  both.close_inside = true;
  put("something");
  fixture_settle(&both.f);
  CU_ASSERT_EQUAL(both.arrivals, 1);
  CU_ASSERT_EQUAL(both.stops, 1);
  fixture_close(&both.f);
}

static void test_the_source_closes(void) {
  open_both(true);
  put("all there is");
  lr_pipe_close_source(both.pipe);
  fixture_settle(&both.f);
  expect("all there is");
  expect_over(LARIAT_ECANCELLED);
  lr_pipe_close_sink(both.pipe);
  fixture_settle(&both.f);
  fixture_close(&both.f);
}

static void test_never_opened(void) {
  fixture_open(&both.f, FIXTURE_MANUAL_CLOCK);
  both.pipe = lr_pipe_new(0);
  lr_pipe_open_source(both.pipe, both.f.reactor, &source_ops, NULL);
  put("for nobody");
  fixture_settle(&both.f);
  lr_pipe_close_source(both.pipe);
  lr_pipe_drop(both.pipe);
  both.pipe = lr_pipe_new(1);
  lr_pipe_open_sink(both.pipe, both.f.reactor, &sink_ops, NULL);
  lr_pipe_close_sink(both.pipe);
  lr_pipe_drop(both.pipe);
  fixture_close(&both.f);
}

static void test_reactor_closes(void) {
  open_both(false);
  put("nobody will look at this");
  lr_pipe_close_source(both.pipe);
  lr_pipe_close_sink(both.pipe);
  fixture_close(&both.f);
}

static void test_no_memory(void) {
  open_both(true);
  char *bytes = calloc(1, WINDOW);
  for (uint64_t nth = 1; nth <= 8; nth++) {
    fixture_fail_allocation(&both.f, nth);
    CU_ASSERT_EQUAL(lr_pipe_put(both.pipe, bytes, WINDOW), LARIAT_ENOMEM);
    fixture_fail_allocation(&both.f, 0);
    CU_ASSERT_EQUAL(lr_pipe_held(both.pipe), 0);
  }
  CU_ASSERT_EQUAL(lr_pipe_put(both.pipe, bytes, WINDOW), LARIAT_OK);
  free(bytes);
  close_home();
}

/* Puts numbered bytes in on one thread and takes them out on another. */
struct pump {
  struct fixture f;
  lr_pipe *pipe;
  pthread_t thread;
  size_t total;
  size_t put;
  size_t got;
  size_t most_held;
  size_t stop_at;  /* the sink closes after so many */
  size_t close_at; /* the source does */
  bool wrong;
  bool sink_here; /* the sink is on the test's thread, else the source */
  lariat_status status;
  lr_atomic_u32 source_gone;
  lr_atomic_u32 sink_gone;
};

static char byte_at(size_t position) {
  return (char)(position * 31 + position / 251);
}

static void fill(struct pump *pump) {
  char piece[20000];
  while (!lr_pipe_full(pump->pipe) && pump->put < pump->total) {
    size_t length = 1 + pump->put * 7919 % sizeof piece;
    if (length > pump->total - pump->put) length = pump->total - pump->put;
    for (size_t i = 0; i < length; i++) piece[i] = byte_at(pump->put + i);
    if (lr_pipe_put(pump->pipe, piece, length) != LARIAT_OK) pump->wrong = true;
    pump->put += length;
    size_t held = lr_pipe_held(pump->pipe);
    if (held > pump->most_held) pump->most_held = held;
    if (pump->put >= pump->close_at) break;
  }
}

static void source_done(struct pump *pump) {
  lr_pipe_close_source(pump->pipe);
  lariat_reactor *reactor = lariat_reactor_current();
  if (pump->sink_here) (void)lariat_reactor_stop(reactor);
  lr_u32_store_release(&pump->source_gone, 1);
}

static void pump_capacity(void *context) {
  struct pump *pump = context;
  fill(pump);
  if (pump->put == pump->total) lr_pipe_end(pump->pipe, LARIAT_OK);
  if (pump->put >= pump->close_at || pump->put == pump->total)
    source_done(pump);
}

static void pump_stopped(void *context) { source_done(context); }

static const lr_source_ops pump_source = {pump_capacity, pump_stopped};

static void sink_done(struct pump *pump) {
  lr_pipe_close_sink(pump->pipe);
  lr_u32_store_release(&pump->sink_gone, 1);
  if (!pump->sink_here) (void)lariat_reactor_stop(lariat_reactor_current());
}

static void check(struct pump *pump, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (bytes[i] != byte_at(pump->got + i)) pump->wrong = true;
  pump->got += length;
}

static void pump_arrived(void *context) {
  struct pump *pump = context;
  char piece[5000];
  lr_chunk *chunk = NULL;
  size_t length = 0;
  while (pump->sink_here
             ? (chunk = lr_pipe_next(pump->pipe)) != NULL
             : (length = lr_pipe_read(pump->pipe, piece, sizeof piece)) > 0) {
    check(pump, chunk ? chunk->bytes : piece, chunk ? chunk->length : length);
    lr_chunk_free(chunk);
    if (pump->got >= pump->stop_at) break;
  }
  if (pump->got >= pump->stop_at || lr_pipe_over(pump->pipe, &pump->status))
    sink_done(pump);
}

static const lr_sink_ops pump_sink = {pump_arrived};

static void *other_thread(void *context) {
  struct pump *pump = context;
  lariat_reactor *reactor;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return context;
  if (pump->sink_here) {
    lr_pipe_open_source(pump->pipe, reactor, &pump_source, pump);
    pump_capacity(pump);
  } else {
    lr_pipe_open_sink(pump->pipe, reactor, &pump_sink, pump);
  }
  /* It may have been over before there was anything to stop. */
  if (!lr_u32_load_acquire(pump->sink_here ? &pump->source_gone
                                           : &pump->sink_gone))
    (void)lariat_reactor_run(reactor);
  (void)lariat_reactor_close(reactor, 0);
  return NULL;
}

static bool pump_over(void *context) {
  const struct pump *pump = context;
  return lr_u32_load_acquire(&pump->source_gone) &&
         lr_u32_load_acquire(&pump->sink_gone);
}

static void run_pump(struct pump *pump) {
  fixture_open(&pump->f, FIXTURE_PLAIN);
  pump->pipe = lr_pipe_new(WINDOW);
  if (!pump->stop_at) pump->stop_at = SIZE_MAX;
  if (!pump->close_at) pump->close_at = SIZE_MAX;
  if (pump->sink_here)
    lr_pipe_open_sink(pump->pipe, pump->f.reactor, &pump_sink, pump);
  else
    lr_pipe_open_source(pump->pipe, pump->f.reactor, &pump_source, pump);
  pthread_create(&pump->thread, NULL, other_thread, pump);
  if (!pump->sink_here) pump_capacity(pump);
  CU_ASSERT_TRUE(fixture_run_until(&pump->f, pump_over, pump, PATIENCE_MS));
  pthread_join(pump->thread, NULL);
  fixture_settle(&pump->f);
  CU_ASSERT_FALSE(pump->wrong);
  CU_ASSERT_TRUE(pump->most_held <= WINDOW + 2 * LR_CHUNK_CAPACITY);
  fixture_close(&pump->f);
}

static void test_down(void) {
  struct pump pump = {.sink_here = true, .total = 8u << 20};
  run_pump(&pump);
  CU_ASSERT_EQUAL(pump.got, pump.total);
  CU_ASSERT_EQUAL(pump.status, LARIAT_OK);
}

static void test_up(void) {
  struct pump pump = {.total = 8u << 20};
  run_pump(&pump);
  CU_ASSERT_EQUAL(pump.got, pump.total);
  CU_ASSERT_EQUAL(pump.status, LARIAT_OK);
}

static void test_either_lets_go(void) {
  for (size_t i = 0; i < 60; i++) {
    struct pump pump = {.sink_here = i % 2, .total = 1u << 20};
    if (i % 3) pump.stop_at = i * 5000;
    if (i % 3 != 1) pump.close_at = i * 5000;
    run_pump(&pump);
  }
}

/* Closes the other end's reactor, with mail in its mailbox. */
static void *brief_thread(void *context) {
  struct pump *pump = context;
  lariat_reactor *reactor;
  if (lariat_reactor_new(NULL, &reactor) != LARIAT_OK) return context;
  lr_pipe_open_sink(pump->pipe, reactor, &pump_sink, pump);
  for (unsigned i = 0; i < pump->stop_at % 5; i++)
    (void)lariat_reactor_run_once(reactor, 1);
  pump->sink_here = true; /* no stop of this reactor */
  if (!lr_u32_load_acquire(&pump->sink_gone)) lr_pipe_close_sink(pump->pipe);
  (void)lariat_reactor_close(reactor, 0);
  return NULL;
}

static void test_the_other_reactor_goes(void) {
  for (size_t i = 0; i < 40; i++) {
    struct pump pump = {.total = 1u << 20,
                        .stop_at = SIZE_MAX - i,
                        .close_at = SIZE_MAX,
                        .sink_here = true};
    fixture_open(&pump.f, FIXTURE_PLAIN);
    pump.pipe = lr_pipe_new(WINDOW);
    lr_pipe_open_source(pump.pipe, pump.f.reactor, &source_ops, NULL);
    fill(&pump);
    pthread_create(&pump.thread, NULL, brief_thread, &pump);
    for (int turn = 0; turn < 20; turn++) {
      char next = byte_at(pump.put++);
      CU_ASSERT_EQUAL(lr_pipe_put(pump.pipe, &next, 1), LARIAT_OK);
      (void)lariat_reactor_run_once(pump.f.reactor, 0);
    }
    pthread_join(pump.thread, NULL);
    fixture_settle(&pump.f);
    lr_pipe_close_source(pump.pipe);
    fixture_settle(&pump.f);
    CU_ASSERT_FALSE(pump.wrong);
    fixture_close(&pump.f);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"bytes come in order, and then the end", test_bytes_in_order},
      {"a source may begin before there is a sink", test_source_first},
      {"the window fills, and has capacity again by half", test_the_window},
      {"small pieces use the window up", test_small_pieces},
      {"a piece larger than the window is taken", test_a_huge_piece},
      {"a sink that closes stops the source", test_the_sink_closes},
      {"ends may be closed inside their calls", test_closed_inside},
      {"a source that closes ends it", test_the_source_closes},
      {"an end that is never opened", test_never_opened},
      {"a reactor that closes drops what is under way", test_reactor_closes},
      {"without memory nothing is put in", test_no_memory},
      {"from another thread", test_down},
      {"to another thread", test_up},
      {"either end lets go early", test_either_lets_go},
      {"the other reactor goes away", test_the_other_reactor_goes},
  };
  return fixture_main("pipe", tests, FIXTURE_COUNT(tests), argc, argv);
}
