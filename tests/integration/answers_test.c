/* SPDX-License-Identifier: MIT
 * Answers of every shape, read by libcurl and by lariat itself: what comes of
 * them is the same.  Each shape in the table (support/answer_shapes.h) is asked
 * for in all ways, cut at every place, and mutated at random; and the requests
 * are the same, byte by byte.
 *
 *   answers_test [seed=N] [mutations=N] [shape=TEXT] [NAME...]
 *
 * With a text only the shapes whose names contain it are tried.
 * LARIAT_STRESS_SCALE, in per cent, is how many of the cuts and mutations are
 * made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/answer_shapes.h"
#include "support/ports.h"
#include "support/raw_origin.h"
#include "support/twins.h"
#include <lariat/failure.h>

enum {
  SILENCE_MS = 1500,  /* the deadline where nothing comes: the only wait */
  CUT_MOST = 400,     /* longer shapes are not cut everywhere */
  APART_MOST = 600,   /* ... nor sent a byte at a time */
  MUTATED_MOST = 1200 /* ... nor mutated */
};

static struct answer_shape *shapes;
static size_t shape_count;
static uint64_t seed = 24;
static uint64_t mutations = 20000;
static uint64_t percent = 100;
static const char *wanted_shapes = "";

/* A list of trials that grows. */
struct trials {
  struct twins_trial *all;
  size_t count;
  size_t room;
};

static void add(struct trials *trials, struct twins_trial trial) {
  if (trials->count == trials->room) {
    trials->room = trials->room ? trials->room * 2 : 1024;
    trials->all = realloc(trials->all, trials->room * sizeof *trials->all);
    if (!trials->all) abort();
  }
  trials->all[trials->count++] = trial;
}

static void run_and_free(struct trials *trials) {
  struct twins twins;
  twins_open(&twins);
  twins_run(&twins, trials->all, trials->count);
  twins_close(&twins);
  free(trials->all);
}

static struct twins_trial trial_of(const struct answer_shape *shape,
                                   const char *method) {
  return (struct twins_trial){
      .name = shape->name,
      .method = method,
      .answer = {.bytes = shape->bytes, .length = shape->length}};
}

/* Each shape. */

static void test_first_and_later(void) {
  static const char *const methods[] = {"GET", "HEAD"};
  struct trials trials = {0};
  for (size_t i = 0; i < shape_count; i++)
    for (unsigned way = 0; way < 4; way++) {
      struct twins_trial trial = trial_of(&shapes[i], methods[way & 1]);
      trial.first = way & 2;
      add(&trials, trial);
    }
  run_and_free(&trials);
}

static void test_ends(void) {
  static const char *const methods[] = {"GET", "HEAD"};
  struct trials trials = {0};
  for (size_t i = 0; i < shape_count; i++)
    for (unsigned way = 0; way < 4; way++) {
      struct twins_trial trial = trial_of(&shapes[i], methods[way & 1]);
      trial.answer.end = way & 2 ? RAW_RESET : RAW_CLOSE;
      add(&trials, trial);
    }
  run_and_free(&trials);
}

static void test_ways_to_ask(void) {
  struct trials trials = {0};
  for (size_t i = 0; i < shape_count; i++)
    for (unsigned how = TWINS_UNDECODED; how < TWINS_HOWS; how++) {
      struct twins_trial trial = trial_of(&shapes[i], "GET");
      trial.how = (enum twins_how)how;
      trial.exact = how == TWINS_AGAIN && shapes[i].flags & SHAPE_TRIES;
      add(&trials, trial);
    }
  run_and_free(&trials);
}

/* What waits would do so at every cut. */
static void set_end(struct twins_trial *trial,
                    const struct answer_shape *shape) {
  if (shape->flags & SHAPE_WAITS) trial->answer.end = RAW_CLOSE;
}

static void test_a_byte_at_a_time(void) {
  struct trials trials = {0};
  for (size_t i = 0; i < shape_count; i++) {
    struct twins_trial trial = trial_of(&shapes[i], i % 7 ? "GET" : "HEAD");
    if (shapes[i].length > APART_MOST) continue;
    trial.answer.apart = true;
    set_end(&trial, &shapes[i]);
    add(&trials, trial);
  }
  run_and_free(&trials);
}

static void test_cut_everywhere(void) {
  uint64_t stride = percent < 100 ? 100 / percent : 1;
  uint64_t number = seed;
  struct trials trials = {0};
  for (size_t i = 0; i < shape_count; i++)
    for (size_t cut = 1; cut < shapes[i].length; cut++) {
      struct twins_trial trial = trial_of(&shapes[i], "GET");
      if (shapes[i].length > CUT_MOST || number++ % stride) continue;
      trial.answer.cuts[0] = cut;
      set_end(&trial, &shapes[i]);
      add(&trials, trial);
    }
  run_and_free(&trials);
}

/* Answers that break off. */

static const struct answer_shape *typical(size_t index) {
  static const char *const names[] = {"plain", "chunked, three chunks",
                                      "interim: 103 with headers",
                                      "chunks: trailers", "redirect: 302"};
  if (index >= FIXTURE_COUNT(names)) return NULL;
  const struct answer_shape *shape =
      answer_shapes_find(shapes, shape_count, names[index]);
  if (!shape) abort();
  return shape;
}

static void test_broken_off_everywhere(void) {
  const struct answer_shape *shape;
  struct trials trials = {0};
  for (size_t i = 0; (shape = typical(i)); i++)
    for (size_t length = 0; length <= shape->length; length++)
      for (unsigned way = 0; way < 4; way++) {
        struct twins_trial trial = trial_of(shape, "GET");
        trial.answer.length = length;
        trial.answer.end = way & 1 ? RAW_RESET : RAW_CLOSE;
        trial.first = way & 2;
        add(&trials, trial);
      }
  run_and_free(&trials);
}

/* Where the silence begins; what is named is where the time went. */
struct silence {
  const char *name;
  const char *text;
  lariat_phase phase;
};

#define HEAD_OF(framing) "HTTP/1.1 200 OK\r\n" framing "\r\n\r\n"
#define LENGTH HEAD_OF("Content-Length: 5")
#define CHUNKS HEAD_OF("Transfer-Encoding: chunked")

static const struct silence silences[] = {
    {"silence: at once", "", LARIAT_PHASE_FIRST_BYTE},
    {"silence: in the version", "HTT", LARIAT_PHASE_NONE},
    {"silence: in the status line", "HTTP/1.1 20", LARIAT_PHASE_NONE},
    {"silence: before the end of the status line", "HTTP/1.1 200 OK\r",
     LARIAT_PHASE_NONE},
    {"silence: after the status line", "HTTP/1.1 200 OK\r\n",
     LARIAT_PHASE_BODY},
    {"silence: in a header", "HTTP/1.1 200 OK\r\nContent-Le",
     LARIAT_PHASE_BODY},
    {"silence: after a header", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
     LARIAT_PHASE_BODY},
    {"silence: at the end of the head",
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r", LARIAT_PHASE_BODY},
    {"silence: before the body", LENGTH, LARIAT_PHASE_BODY},
    {"silence: in the body", LENGTH "he", LARIAT_PHASE_BODY},
    {"silence: before the last byte", LENGTH "hell", LARIAT_PHASE_BODY},
    {"silence: before the chunks", CHUNKS, LARIAT_PHASE_BODY},
    {"silence: in a size", CHUNKS "5", LARIAT_PHASE_BODY},
    {"silence: after a size", CHUNKS "5\r\n", LARIAT_PHASE_BODY},
    {"silence: in a chunk", CHUNKS "5\r\nhel", LARIAT_PHASE_BODY},
    {"silence: after a chunk", CHUNKS "5\r\nhello", LARIAT_PHASE_BODY},
    {"silence: before the last chunk", CHUNKS "5\r\nhello\r\n",
     LARIAT_PHASE_BODY},
    {"silence: after the last size", CHUNKS "5\r\nhello\r\n0\r\n",
     LARIAT_PHASE_BODY},
    {"silence: in a trailer", CHUNKS "5\r\nhello\r\n0\r\nX: y",
     LARIAT_PHASE_BODY},
    {"silence: after a trailer", CHUNKS "5\r\nhello\r\n0\r\nX: y\r\n",
     LARIAT_PHASE_BODY},
    {"silence: after an interim head", "HTTP/1.1 100 Continue\r\n\r\n",
     LARIAT_PHASE_NONE},
    {"silence: in an interim head", "HTTP/1.1 103 Hints\r\nLink: x\r\n",
     LARIAT_PHASE_NONE},
    {"silence: in the head after an interim one",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\n",
     LARIAT_PHASE_BODY},
    {"silence: in the status line after an interim head",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2", LARIAT_PHASE_NONE},
    {"silence: until the end", HEAD_OF("X: y") "hello", LARIAT_PHASE_BODY},
    {"silence: in rubbish", "rubbi", LARIAT_PHASE_NONE},
    {"silence: in a redirect's body",
     "HTTP/1.1 302 x\r\nLocation: /landing\r\nContent-Length: 5\r\n\r\nhe",
     LARIAT_PHASE_BODY},
};

static void test_silences(void) {
  struct trials trials = {0};
  for (unsigned first = 0; first < 2; first++)
    for (size_t i = 0; i < FIXTURE_COUNT(silences); i++) {
      const struct silence *silence = &silences[i];
      add(&trials,
          (struct twins_trial){
              .name = silence->name,
              .method = "GET",
              .answer =
                  {silence->text, strlen(silence->text), RAW_HOLD, 0, {0}},
              .first = first,
              .timeout_ms = SILENCE_MS,
              .expects = silence->phase ? LARIAT_ETIMEDOUT : LARIAT_OK,
              .phase = silence->phase});
    }
  run_and_free(&trials);
}

/* Mutations. */

struct mutant {
  char bytes[2 * MUTATED_MOST];
  size_t length;
};

static uint64_t random_state;

static uint64_t random_number(void) {
  uint64_t x = random_state += UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static size_t random_below(size_t limit) {
  return limit ? (size_t)(random_number() % limit) : 0;
}

/* A redirect could lead anywhere once it is mutated. */
static bool is_mutable(const struct answer_shape *shape) {
  return shape->length <= MUTATED_MOST &&
         !memmem(shape->bytes, shape->length, "ocation", 7);
}

static const struct answer_shape *random_shape(void) {
  const struct answer_shape *shape;
  do shape = &shapes[random_below(shape_count)];
  while (!is_mutable(shape));
  return shape;
}

static char random_byte(void) {
  static const char telling[] = "\r\n\r\n\r\n :;,0159aAfF\t\0\377-+H";
  return random_number() & 3 ? telling[random_below(sizeof telling - 1)]
                             : (char)random_number();
}

static void open_gap(struct mutant *mutant, size_t at, size_t length) {
  if (mutant->length + length > sizeof mutant->bytes) abort();
  memmove(mutant->bytes + at + length, mutant->bytes + at, mutant->length - at);
  mutant->length += length;
}

static void duplicate(struct mutant *mutant, size_t at) {
  char piece[64];
  size_t length = 1 + random_below(sizeof piece - 1);
  if (length > mutant->length - at) length = mutant->length - at;
  if (mutant->length + length > sizeof mutant->bytes) return;
  memcpy(piece, mutant->bytes + at, length);
  open_gap(mutant, at, length);
  memcpy(mutant->bytes + at, piece, length);
}

static void take_out(struct mutant *mutant, size_t at, size_t length) {
  if (length > mutant->length - at) length = mutant->length - at;
  memmove(mutant->bytes + at, mutant->bytes + at + length,
          mutant->length - at - length);
  mutant->length -= length;
}

/* The rest is another's. */
static void cross(struct mutant *mutant, size_t at) {
  const struct answer_shape *other = random_shape();
  size_t from = random_below(other->length + 1);
  mutant->length = at + other->length - from;
  memcpy(mutant->bytes + at, other->bytes + from, other->length - from);
}

static void mutate(struct mutant *mutant) {
  size_t at = random_below(mutant->length);
  if (mutant->length == 0) return;
  switch (random_below(8)) {
  case 0:
    mutant->bytes[at] = (char)(mutant->bytes[at] ^ (1 << random_below(8)));
    return;
  case 1:
  case 2:
    mutant->bytes[at] = random_byte();
    return;
  case 3:
    if (mutant->length == sizeof mutant->bytes) return;
    open_gap(mutant, at, 1);
    mutant->bytes[at] = random_byte();
    return;
  case 4:
    take_out(mutant, at, 1);
    return;
  case 5:
    take_out(mutant, at, 1 + random_below(20));
    return;
  case 6:
    duplicate(mutant, at);
    return;
  default:
    if (at <= MUTATED_MOST) cross(mutant, at);
    return;
  }
}

static void make_mutant(struct mutant *mutant, struct twins_trial *trial) {
  const struct answer_shape *shape = random_shape();
  memcpy(mutant->bytes, shape->bytes, shape->length);
  mutant->length = shape->length;
  *trial = trial_of(shape, random_below(8) ? "GET" : "HEAD");
  for (size_t i = 1 + random_below(3); i; i--) mutate(mutant);
  trial->answer.bytes = mutant->bytes;
  trial->answer.length = mutant->length;
  trial->answer.end = random_below(4)   ? RAW_CLOSE
                      : random_below(2) ? RAW_KEEP
                                        : RAW_RESET;
  trial->how = random_below(4) ? TWINS_PLAINLY : TWINS_UNDECODED;
  for (size_t i = random_below(RAW_CUTS); i; i--)
    trial->answer.cuts[i] = random_below(mutant->length);
}

static void test_mutations(void) {
  static struct mutant mutants[TWINS_WAVE];
  struct twins_trial trials[TWINS_WAVE];
  struct twins twins;
  uint64_t wanted = mutations;
  printf("\n    seed=%llu mutations=%llu", (unsigned long long)seed,
         (unsigned long long)wanted);
  random_state = seed;
  twins_open(&twins);
  while (twins.trials < wanted) {
    for (size_t i = 0; i < TWINS_WAVE; i++)
      make_mutant(&mutants[i], &trials[i]);
    twins_run(&twins, trials, TWINS_WAVE);
  }
  twins_close(&twins);
}

/* Leaves the shapes whose names contain `text`; the others keep their place
 * behind them. */
static size_t choose_shapes(const char *text) {
  size_t chosen = 0;
  for (size_t i = 0; i < shape_count; i++) {
    struct answer_shape shape = shapes[i];
    if (!strstr(shape.name, text)) continue;
    shapes[i] = shapes[chosen];
    shapes[chosen++] = shape;
  }
  return chosen;
}

static uint64_t number_of(const char *text) { return strtoull(text, NULL, 10); }

/* What is left are names. */
static int take_arguments(int argc, char **argv) {
  const char *scale = getenv("LARIAT_STRESS_SCALE");
  int kept = 1;
  if (scale) percent = number_of(scale);
  if (percent == 0) percent = 1;
  mutations = mutations * percent / 100;
  for (int i = 1; i < argc; i++)
    if (strncmp(argv[i], "seed=", 5) == 0)
      seed = number_of(argv[i] + 5);
    else if (strncmp(argv[i], "mutations=", 10) == 0)
      mutations = number_of(argv[i] + 10);
    else if (strncmp(argv[i], "shape=", 6) == 0)
      wanted_shapes = argv[i] + 6;
    else
      argv[kept++] = argv[i];
  return kept;
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"first and later answers", test_first_and_later},
      {"closed and reset behind them", test_ends},
      {"other ways to ask", test_ways_to_ask},
      {"a byte at a time", test_a_byte_at_a_time},
      {"cut everywhere", test_cut_everywhere},
      {"broken off everywhere", test_broken_off_everywhere},
      {"silences", test_silences},
      {"mutations", test_mutations},
  };
  argc = take_arguments(argc, argv);
  shapes = answer_shapes_make(&shape_count);
  if (!shapes) return 1;
  size_t made = shape_count;
  shape_count = choose_shapes(wanted_shapes);
  int failed = fixture_main("answers", tests, FIXTURE_COUNT(tests), argc, argv);
  answer_shapes_free(shapes, made);
  return failed;
}
