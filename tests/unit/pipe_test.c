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
struct home {
  struct fixture f;
  lr_pipe *pipe;
  int rooms;
  int stops;
  int arrivals;
  bool close_inside;
};

static struct home home;

static void had_room(void *context) {
  (void)context;
  home.rooms++;
}

static void was_stopped(void *context) {
  (void)context;
  home.stops++;
  if (home.close_inside) lr_pipe_close_source(home.pipe);
}

static void has_arrived(void *context) {
  (void)context;
  home.arrivals++;
  if (home.close_inside) lr_pipe_close_sink(home.pipe);
}

static const lr_source_ops source_ops = {had_room, was_stopped};
static const lr_sink_ops sink_ops = {has_arrived};

static void open_home(bool source_first) {
  fixture_open(&home.f, FIXTURE_MANUAL_CLOCK);
  home.rooms = home.stops = home.arrivals = 0;
  home.close_inside = false;
  home.pipe = lr_pipe_new(WINDOW);
  CU_ASSERT_PTR_NOT_NULL_FATAL(home.pipe);
  if (source_first)
    lr_pipe_open_source(home.pipe, home.f.reactor, &source_ops, NULL);
  lr_pipe_open_sink(home.pipe, home.f.reactor, &sink_ops, NULL);
  if (!source_first)
    lr_pipe_open_source(home.pipe, home.f.reactor, &source_ops, NULL);
}

static void put(const char *text) {
  CU_ASSERT_EQUAL(lr_pipe_put(home.pipe, text, strlen(text)), LARIAT_OK);
}

static void put_many(size_t length) {
  char *bytes = calloc(1, length);
  CU_ASSERT_EQUAL(lr_pipe_put(home.pipe, bytes, length), LARIAT_OK);
  free(bytes);
}

static void expect(const char *text) {
  char got[64] = "";
  size_t length = lr_pipe_read(home.pipe, got, sizeof got - 1);
  CU_ASSERT_EQUAL(length, strlen(text));
  CU_ASSERT_STRING_EQUAL(got, text);
}

static void expect_over(lariat_status expected) {
  lariat_status status = LARIAT_EINVAL;
  CU_ASSERT_TRUE(lr_pipe_over(home.pipe, &status));
  CU_ASSERT_EQUAL(status, expected);
}

static void expect_not_over(void) {
  lariat_status status;
  CU_ASSERT_FALSE(lr_pipe_over(home.pipe, &status));
}

static void close_home(void) {
  lr_pipe_close_source(home.pipe);
  lr_pipe_close_sink(home.pipe);
  fixture_settle(&home.f);
  fixture_close(&home.f);
}

static void test_bytes_in_order(void) {
  open_home(false);
  put("one ");
  put("two ");
  expect("");
  fixture_settle(&home.f);
  CU_ASSERT_EQUAL(home.arrivals, 1);
  expect("one two ");
  put("three");
  expect("");
  fixture_settle(&home.f);
  CU_ASSERT_EQUAL(home.arrivals, 2);
  expect("three");
  expect_not_over();
  put("!");
  lr_pipe_end(home.pipe, LARIAT_OK);
  fixture_settle(&home.f);
  expect_not_over();
  expect("!");
  expect_over(LARIAT_OK);
  close_home();
}

static void test_source_first(void) {
  fixture_open(&home.f, FIXTURE_MANUAL_CLOCK);
  home.pipe = lr_pipe_new(WINDOW);
  home.arrivals = 0;
  lr_pipe_open_source(home.pipe, home.f.reactor, &source_ops, NULL);
  put("before ");
  put("the other");
  lr_pipe_end(home.pipe, LARIAT_EUSER);
  fixture_settle(&home.f);
  lr_pipe_open_sink(home.pipe, home.f.reactor, &sink_ops, NULL);
  fixture_settle(&home.f);
  expect("before the other");
  expect_over(LARIAT_EUSER);
  close_home();
}

static void test_the_window(void) {
  open_home(true);
  CU_ASSERT_FALSE(lr_pipe_full(home.pipe));
  put_many(WINDOW);
  CU_ASSERT_TRUE(lr_pipe_full(home.pipe));
  CU_ASSERT_EQUAL(lr_pipe_held(home.pipe), WINDOW);
  fixture_settle(&home.f);
  CU_ASSERT_EQUAL(home.rooms, 0);
  for (size_t i = 0; i < 2; i++) {
    lr_chunk *chunk = lr_pipe_next(home.pipe);
    CU_ASSERT_PTR_NOT_NULL_FATAL(chunk);
    CU_ASSERT_EQUAL(chunk->length, LR_CHUNK_CAPACITY);
    lr_chunk_free(chunk);
    CU_ASSERT_EQUAL(home.rooms, 0);
    fixture_settle(&home.f);
  }
  CU_ASSERT_EQUAL(home.rooms, 1);
  CU_ASSERT_FALSE(lr_pipe_full(home.pipe));
  CU_ASSERT_EQUAL(lr_pipe_held(home.pipe), WINDOW / 2);
  close_home();
}

/* Drops of one byte hold a chunk each: they use the window up, too. */
static void test_small_pieces(void) {
  open_home(true);
  for (int i = 0; i < 4; i++) {
    CU_ASSERT_FALSE(lr_pipe_full(home.pipe));
    put("x");
    fixture_settle(&home.f);
  }
  CU_ASSERT_TRUE(lr_pipe_full(home.pipe));
  expect("xxxx");
  fixture_settle(&home.f);
  CU_ASSERT_EQUAL(home.rooms, 1);
  close_home();
}

static void test_a_huge_piece(void) {
  open_home(true);
  put_many(3 * WINDOW + 1);
  fixture_settle(&home.f);
  size_t got = 0;
  lr_chunk *chunk;
  while ((chunk = lr_pipe_next(home.pipe))) {
    got += chunk->length;
    lr_chunk_free(chunk);
    fixture_settle(&home.f);
  }
  CU_ASSERT_EQUAL(got, 3 * WINDOW + 1);
  CU_ASSERT_FALSE(lr_pipe_full(home.pipe));
  close_home();
}

static void test_the_sink_closes(void) {
  open_home(false);
  put_many(WINDOW);
  CU_ASSERT_TRUE(lr_pipe_full(home.pipe));
  fixture_settle(&home.f);
  lr_pipe_close_sink(home.pipe);
  fixture_settle(&home.f);
  CU_ASSERT_EQUAL(home.stops, 1);
  CU_ASSERT_FALSE(lr_pipe_full(home.pipe));
  put("for nobody");
  fixture_settle(&home.f);
  lr_pipe_close_source(home.pipe);
  fixture_settle(&home.f);
  fixture_close(&home.f);
}

static void test_closed_inside(void) {
  open_home(false);
  home.close_inside = true;
  put("something");
  fixture_settle(&home.f);
  CU_ASSERT_EQUAL(home.arrivals, 1);
  CU_ASSERT_EQUAL(home.stops, 1);
  fixture_close(&home.f);
}

static void test_the_source_closes(void) {
  open_home(true);
  put("all there is");
  lr_pipe_close_source(home.pipe);
  fixture_settle(&home.f);
  expect("all there is");
  expect_over(LARIAT_ECANCELLED);
  lr_pipe_close_sink(home.pipe);
  fixture_settle(&home.f);
  fixture_close(&home.f);
}

static void test_never_opened(void) {
  fixture_open(&home.f, FIXTURE_MANUAL_CLOCK);
  home.pipe = lr_pipe_new(0);
  lr_pipe_open_source(home.pipe, home.f.reactor, &source_ops, NULL);
  put("for nobody");
  fixture_settle(&home.f);
  lr_pipe_close_source(home.pipe);
  lr_pipe_drop(home.pipe);
  home.pipe = lr_pipe_new(1);
  lr_pipe_open_sink(home.pipe, home.f.reactor, &sink_ops, NULL);
  lr_pipe_close_sink(home.pipe);
  lr_pipe_drop(home.pipe);
  fixture_close(&home.f);
}

static void test_reactor_closes(void) {
  open_home(false);
  put("nobody will look at this");
  lr_pipe_close_source(home.pipe);
  lr_pipe_close_sink(home.pipe);
  fixture_close(&home.f);
}

static void test_no_memory(void) {
  open_home(true);
  char *bytes = calloc(1, WINDOW);
  for (uint64_t nth = 1; nth <= 8; nth++) {
    fixture_fail_allocation(&home.f, nth);
    CU_ASSERT_EQUAL(lr_pipe_put(home.pipe, bytes, WINDOW), LARIAT_ENOMEM);
    fixture_fail_allocation(&home.f, 0);
    CU_ASSERT_EQUAL(lr_pipe_held(home.pipe), 0);
  }
  CU_ASSERT_EQUAL(lr_pipe_put(home.pipe, bytes, WINDOW), LARIAT_OK);
  free(bytes);
  close_home();
}

/* Two threads: one puts numbered bytes in, the other takes them out. */
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

static void pump_room(void *context) {
  struct pump *pump = context;
  fill(pump);
  if (pump->put == pump->total) lr_pipe_end(pump->pipe, LARIAT_OK);
  if (pump->put >= pump->close_at || pump->put == pump->total)
    source_done(pump);
}

static void pump_stopped(void *context) { source_done(context); }

static const lr_source_ops pump_source = {pump_room, pump_stopped};

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
    pump_room(pump);
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
  if (!pump->sink_here) pump_room(pump);
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

/* The other end's reactor goes, with mail in its box. */
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
      {"the window fills, and has room again by half", test_the_window},
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
