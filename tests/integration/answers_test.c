/* SPDX-License-Identifier: MIT
 * labels: no-asan no-tsan long
 * Answers of every shape, read by libcurl and by lariat itself: what comes of
 * them is the same.  Each shape in the table (support/response_corpus.h) is
 * asked for in all ways, cut at every position, and mutated at random; and the
 * requests are the same, byte by byte.
 *
 *   answers_test [seed=N] [mutations=N] [shape=TEXT] [NAME...]
 *
 * With a text only the shapes whose names contain it are tried.
 * LARIAT_STRESS_SCALE, in per cent, is how many of the cuts and mutations are
 * made. */
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomics.h"
#include "support/manual_server.h"
#include "support/paired_pools.h"
#include "support/ports.h"
#include "support/response_corpus.h"
#include <lariat/failure.h>

enum {
  SILENCE_MS = 1500,  /* the deadline where nothing comes: the only wait */
  CUT_MOST = 400,     /* longer shapes are not cut everywhere */
  APART_MOST = 600,   /* ... nor sent a byte at a time */
  MUTATED_MOST = 1200 /* ... nor mutated */
};

static struct corpus_response *shapes;
static size_t shape_count;
static uint64_t seed = 24;
static uint64_t mutations = 2500;
static uint64_t cuts = 10;
static uint64_t share = 1;
static const char *wanted_shapes = "";

/* A list of trials that grows. */
struct trials {
  struct paired_pools_trial *all;
  size_t count;
  size_t capacity;
  uint64_t offered;
};

static void add(struct trials *trials, struct paired_pools_trial trial) {
  if (trials->count == trials->capacity) {
    trials->capacity = trials->capacity ? trials->capacity * 2 : 1024;
    trials->all = realloc(trials->all, trials->capacity * sizeof *trials->all);
    if (!trials->all) abort();
  }
  trials->all[trials->count++] = trial;
}

/* One in so many, and which of them depends on the seed. */
static void add_some(struct trials *trials, struct paired_pools_trial trial) {
  if (trials->offered++ % share == seed % share) add(trials, trial);
}

static void run_and_free(struct trials *trials) {
  struct paired_pools pools;
  paired_pools_open(&pools);
  paired_pools_run(&pools, trials->all, trials->count);
  paired_pools_close(&pools);
  free(trials->all);
}

static struct paired_pools_trial trial_of(const struct corpus_response *shape,
                                          const char *method) {
  return (struct paired_pools_trial){
      .name = shape->name,
      .method = method,
      .answer = {.bytes = shape->bytes, .length = shape->length}};
}

/* Each shape. */

static void test_first_and_later(void) {
  static const char *const methods[] = {"GET", "HEAD"};
  struct trials trials = {0};
  for (size_t i = 0; i < shape_count; i++)
    for (unsigned way = 0; way < 2 * PAIRED_POSITIONS; way++) {
      struct paired_pools_trial trial = trial_of(&shapes[i], methods[way & 1]);
      trial.position = (enum paired_pools_position)(way / 2);
      add(&trials, trial);
    }
  run_and_free(&trials);
}

static void test_ends(void) {
  static const char *const methods[] = {"GET", "HEAD"};
  struct trials trials = {0};
  for (size_t i = 0; i < shape_count; i++)
    for (unsigned way = 0; way < 4; way++) {
      struct paired_pools_trial trial = trial_of(&shapes[i], methods[way & 1]);
      trial.answer.end = way & 2 ? MANUAL_RESET : MANUAL_CLOSE;
      add_some(&trials, trial);
    }
  run_and_free(&trials);
}

static void test_ways_to_ask(void) {
  struct trials trials = {0};
  for (size_t i = 0; i < shape_count; i++)
    for (unsigned how = PAIRED_UNDECODED; how < PAIRED_EXPECTING; how++) {
      struct paired_pools_trial trial = trial_of(&shapes[i], "GET");
      trial.how = (enum paired_pools_how)how;
      trial.exact = how == PAIRED_AGAIN && shapes[i].flags & CORPUS_TRIES;
      if (trial.exact)
        trial.answer.end = MANUAL_HOLD; /* however late it comes */
      add_some(&trials, trial);
    }
  run_and_free(&trials);
}

/* What waits would do so at every cut. */
static void set_end(struct paired_pools_trial *trial,
                    const struct corpus_response *shape) {
  if (shape->flags & CORPUS_WAITS) trial->answer.end = MANUAL_CLOSE;
}

/* Bytes behind a redirect come when libcurl is already about to ask again on
 * their connection: it may take them for the next answer. */
static bool is_race(const struct corpus_response *shape) {
  return shape->flags & CORPUS_MOVES && shape->flags & CORPUS_MORE;
}

static void test_a_byte_at_a_time(void) {
  struct trials trials = {0};
  for (size_t i = 0; i < shape_count; i++) {
    bool head = i % 7 == 0 && !(shapes[i].flags & CORPUS_MOVES);
    struct paired_pools_trial trial =
        trial_of(&shapes[i], head ? "HEAD" : "GET");
    if (shapes[i].length > APART_MOST || is_race(&shapes[i])) continue;
    trial.answer.apart = true;
    set_end(&trial, &shapes[i]);
    add(&trials, trial);
  }
  run_and_free(&trials);
}

/* Ordinary ones at each position; of the others' positions some. */
static void test_cut_everywhere(void) {
  uint64_t stride = cuts < 100 ? 100 / cuts : 1;
  uint64_t number = seed;
  struct trials trials = {0};
  for (size_t i = 0; i < shape_count; i++) {
    if (shapes[i].length > CUT_MOST || is_race(&shapes[i])) continue;
    for (size_t cut = 1; cut < shapes[i].length; cut++) {
      struct paired_pools_trial trial = trial_of(&shapes[i], "GET");
      if (number++ % stride && !(shapes[i].flags & CORPUS_SIMPLE)) continue;
      trial.answer.cuts[0] = cut;
      set_end(&trial, &shapes[i]);
      add_some(&trials, trial);
    }
  }
  run_and_free(&trials);
}

/* Requests with bodies. */

static const char *const body_methods[] = {"POST",   "PUT", "PATCH",
                                           "DELETE", "GET", "PURGE"};

static const char *const body_shapes[] = {"plain", "chunked, three chunks",
                                          "interim: 103 with headers"};

static const struct corpus_response body_answers[] = {
#define ANSWER(name, text)                                                     \
  { name, text, sizeof text - 1, 0 }
    ANSWER("400", "HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nno\n"),
    ANSWER("413, closed", "HTTP/1.1 413 Large\r\nConnection: close\r\n"
                          "Content-Length: 3\r\n\r\nno\n"),
    ANSWER("417", "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"),
    ANSWER("408, closed", "HTTP/1.1 408 Late\r\nConnection: close\r\n"
                          "Content-Length: 0\r\n\r\n"),
    ANSWER("503", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
    ANSWER("204", "HTTP/1.1 204 None\r\n\r\n"),
    ANSWER("100, then 200", "HTTP/1.1 100 Continue\r\n\r\n"
                            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
                            "ok\n"),
    ANSWER("until close", "HTTP/1.1 200 OK\r\n\r\nok\n"),
    ANSWER("HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"),
    ANSWER("302", "HTTP/1.1 302 Go\r\nLocation: /landing\r\n"
                  "Content-Length: 3\r\n\r\ngo\n"),
    ANSWER("303", "HTTP/1.1 303 Go\r\nLocation: /landing\r\n"
                  "Content-Length: 0\r\n\r\n"),
    ANSWER("307", "HTTP/1.1 307 Go\r\nLocation: /landing\r\n"
                  "Content-Length: 3\r\n\r\ngo\n"),
    ANSWER("308", "HTTP/1.1 308 Go\r\nLocation: /landing\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n"
                  "3\r\ngo\n\r\n0\r\nX: y\r\n\r\n"),
    ANSWER("nothing", ""),
    ANSWER("a part of a head", "HTTP/1.1 200 OK\r\nX:"),
    ANSWER("a part of a body", "HTTP/1.1 200 OK\r\n"
                               "Content-Length: 9\r\n\r\nok\n"),
    ANSWER("rubbish", "this is no answer at all\r\n\r\n"),
#undef ANSWER
};

/* Has the body that this request can have. */
static bool may_have(const char *method, enum paired_pools_body body) {
  return body != PAIRED_NO_BODY || strcmp(method, "GET") != 0;
}

/* The next request may go out on a connection that is just being closed: what
 * comes of that, of one that may not be repeated, is chance. */
static bool is_redirect(const struct corpus_response *shape) {
  return memmem(shape->bytes, shape->length, "Location", 8);
}

/* Adds a trial for each body, each way to end and each position. */
static void add_bodies(struct trials *trials,
                       const struct corpus_response *shape, const char *method,
                       enum paired_pools_how how) {
  for (unsigned body = 0; body < PAIRED_BODIES; body++)
    for (unsigned way = 0; way < 2 * PAIRED_POSITIONS; way++) {
      struct paired_pools_trial trial = trial_of(shape, method);
      if (!may_have(method, (enum paired_pools_body)body)) continue;
      trial.body = (enum paired_pools_body)body;
      trial.how = how;
      trial.answer.end = way & 1 ? MANUAL_CLOSE : MANUAL_KEEP;
      if (is_redirect(shape)) trial.answer.end = MANUAL_HOLD;
      trial.position = (enum paired_pools_position)(way / 2);
      add_some(trials, trial);
    }
}

static void test_bodies(void) {
  struct trials trials = {0};
  for (size_t m = 0; m < FIXTURE_COUNT(body_methods); m++)
    for (size_t i = 0; i < FIXTURE_COUNT(body_answers); i++)
      add_bodies(&trials, &body_answers[i], body_methods[m],
                 m & 1 ? PAIRED_AGAIN : PAIRED_PLAINLY);
  run_and_free(&trials);
}

static void test_bodies_and_sinks(void) {
  struct trials trials = {0};
  for (size_t m = 0; m < 2; m++)
    for (unsigned how = 0; how < PAIRED_EXPECTING; how++)
      for (size_t i = 0; i < FIXTURE_COUNT(body_shapes); i++) {
        const struct corpus_response *shape =
            response_corpus_find(shapes, shape_count, body_shapes[i]);
        if (shape)
          add_bodies(&trials, shape, body_methods[m],
                     (enum paired_pools_how)how);
      }
  run_and_free(&trials);
}

/* Answers that break off. */

static const struct corpus_response *typical(size_t index) {
  static const char *const names[] = {"plain", "chunked, three chunks",
                                      "interim: 103 with headers",
                                      "chunks: trailers", "redirect: 302"};
  if (index >= FIXTURE_COUNT(names)) return NULL;
  const struct corpus_response *shape =
      response_corpus_find(shapes, shape_count, names[index]);
  if (!shape) abort();
  return shape;
}

static void test_broken_off_everywhere(void) {
  const struct corpus_response *shape;
  struct trials trials = {0};
  for (size_t i = 0; (shape = typical(i)); i++)
    for (size_t length = 0; length <= shape->length; length++)
      for (unsigned way = 0; way < 2 * PAIRED_POSITIONS; way++) {
        struct paired_pools_trial trial = trial_of(shape, "GET");
        trial.answer.length = length;
        trial.answer.end = way & 1 ? MANUAL_RESET : MANUAL_CLOSE;
        trial.position = (enum paired_pools_position)(way / 2);
        add_some(&trials, trial);
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
    {"silence: after a byte of rubbish", "r", LARIAT_PHASE_NONE},
    {"silence: after a line break", "\r\n", LARIAT_PHASE_NONE},
    {"silence: after a bare line feed", "\n", LARIAT_PHASE_NONE},
    {"silence: in another version", "HTTP/1.0 2", LARIAT_PHASE_NONE},
    {"silence: in a version that is none", "HTTP/x", LARIAT_PHASE_NONE},
    {"silence: in a status that is none", "HTTP/1.1 xyz", LARIAT_PHASE_NONE},
    {"silence: in a header without a colon", "HTTP/1.1 200 OK\r\nrubbish",
     LARIAT_PHASE_NONE},
    {"silence: in a header with a blank in front",
     "HTTP/1.1 200 OK\r\nX: y\r\n z", LARIAT_PHASE_NONE},
    {"silence: in a header with a CR", "HTTP/1.1 200 OK\r\nX\rY",
     LARIAT_PHASE_NONE},
    {"silence: behind a header with a CR",
     "HTTP/1.1 200 OK\r\nX: a\rb\r\nY:", LARIAT_PHASE_NONE},
    {"silence: after a bare line feed in the head", "HTTP/1.1 200 OK\nX: y",
     LARIAT_PHASE_NONE},
    {"silence: in rubbish after an interim head",
     "HTTP/1.1 100 Continue\r\n\r\nrubbish", LARIAT_PHASE_NONE},
    {"silence: after a CR at the end of the head",
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\rx", LARIAT_PHASE_NONE},
    {"silence: in a size that is none", CHUNKS "xyz", LARIAT_PHASE_NONE},
    {"silence: in a size too large", CHUNKS "fffffffffffffffff",
     LARIAT_PHASE_NONE},
    {"silence: in an extension", CHUNKS "5;a=b", LARIAT_PHASE_NONE},
    {"silence: after a CR behind a size", CHUNKS "5\rx", LARIAT_PHASE_NONE},
    {"silence: in rubbish behind a chunk", CHUNKS "5\r\nhellox",
     LARIAT_PHASE_NONE},
    {"silence: after a CR behind a chunk", CHUNKS "5\r\nhello\rx",
     LARIAT_PHASE_NONE},
    {"silence: in rubbish as a trailer", CHUNKS "5\r\nhello\r\n0\r\nrubbish",
     LARIAT_PHASE_NONE},
    {"silence: before the very last byte", CHUNKS "5\r\nhello\r\n0\r\n\r",
     LARIAT_PHASE_NONE},
    {"silence: in rubbish for the very last byte",
     CHUNKS "5\r\nhello\r\n0\r\n\rx", LARIAT_PHASE_NONE},
    {"silence: two lengths",
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
     "Content-Length: 6\r\n",
     LARIAT_PHASE_NONE},
    {"silence: a length that is none",
     "HTTP/1.1 200 OK\r\nContent-Length: x\r\n", LARIAT_PHASE_NONE},
    {"silence: in a gzip",
     HEAD_OF("Content-Encoding: gzip\r\nContent-Length: 28") "\037\213\010",
     LARIAT_PHASE_NONE},
    {"silence: in a redirect's body",
     "HTTP/1.1 302 x\r\nLocation: /landing\r\nContent-Length: 5\r\n\r\nhe",
     LARIAT_PHASE_BODY},
};

static void test_silences(void) {
  struct trials trials = {0};
  for (unsigned position = 0; position < PAIRED_POSITIONS; position++)
    for (size_t i = 0; i < FIXTURE_COUNT(silences); i++) {
      const struct silence *silence = &silences[i];
      add(&trials, (struct paired_pools_trial){
                       .name = silence->name,
                       .method = "GET",
                       .answer = {.bytes = silence->text,
                                  .length = strlen(silence->text),
                                  .end = MANUAL_HOLD},
                       .position = (enum paired_pools_position)position,
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
static bool is_mutable(const struct corpus_response *shape) {
  return shape->length <= MUTATED_MOST &&
         !memmem(shape->bytes, shape->length, "ocation", 7);
}

static const struct corpus_response *random_shape(void) {
  const struct corpus_response *shape;
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
  const struct corpus_response *other = random_shape();
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

static void make_mutant(struct mutant *mutant,
                        struct paired_pools_trial *trial) {
  const struct corpus_response *shape = random_shape();
  memcpy(mutant->bytes, shape->bytes, shape->length);
  mutant->length = shape->length;
  *trial = trial_of(shape, random_below(8) ? "GET" : "HEAD");
  trial->position = random_below(4) ? PAIRED_SECOND : PAIRED_ANEW;
  for (size_t i = 1 + random_below(3); i; i--) mutate(mutant);
  trial->answer.bytes = mutant->bytes;
  trial->answer.length = mutant->length;
  trial->answer.end = random_below(4)   ? MANUAL_CLOSE
                      : random_below(2) ? MANUAL_KEEP
                                        : MANUAL_RESET;
  trial->how = random_below(4) ? PAIRED_PLAINLY : PAIRED_UNDECODED;
  for (size_t i = random_below(MANUAL_CUTS); i; i--)
    trial->answer.cuts[i] = random_below(mutant->length);
}

static void test_mutations(void) {
  static struct mutant mutants[PAIRED_WAVE];
  struct paired_pools_trial trials[PAIRED_WAVE];
  struct paired_pools pools;
  uint64_t wanted = mutations;
  printf("\n    seed=%llu mutations=%llu", (unsigned long long)seed,
         (unsigned long long)wanted);
  random_state = seed;
  paired_pools_open(&pools);
  while (pools.trials < wanted) {
    for (size_t i = 0; i < PAIRED_WAVE; i++)
      make_mutant(&mutants[i], &trials[i]);
    paired_pools_run(&pools, trials, PAIRED_WAVE);
  }
  paired_pools_close(&pools);
}

/* Requests. */

enum { REQUESTS_EACH = 3, REQUEST_MOST = 32 * 1024 };

struct wanted {
  const char *name;
  const char *method; /* NULL: GET */
  const char *url;    /* with the authority to be put in; NULL: "http://%s/" */
  lariat_header headers[4];
  bool undecoded;
  lariat_http http;
  int body; /* so many bytes, -1: an empty one; 0: none */
};

static char long_value[20001];
static char long_url[8100];

static const struct wanted wanted[] = {
    {.name = "nothing special"},
    {.name = "HEAD", .method = "HEAD"},
    {.name = "OPTIONS", .method = "OPTIONS"},
    {.name = "DELETE", .method = "DELETE"},
    {.name = "a method of our own", .method = "PURGE"},
    {.name = "get", .method = "get"},
    {.name = "undecoded", .undecoded = true},
    {.name = "HEAD, undecoded", .method = "HEAD", .undecoded = true},
    {.name = "HTTP/1.1", .http = LARIAT_HTTP_1_1},
    {.name = "no path", .url = "http://%s"},
    {.name = "a query without a path", .url = "http://%s?x=y"},
    {.name = "a path", .url = "http://%s/a/b/c.html"},
    {.name = "a query", .url = "http://%s/a?b=c&d=e%%20f+g"},
    {.name = "an empty query", .url = "http://%s/a?"},
    {.name = "two question marks", .url = "http://%s/a?b?c"},
    {.name = "a fragment", .url = "http://%s/a#b"},
    {.name = "a query and a fragment", .url = "http://%s/a?b=c#d"},
    {.name = "dots", .url = "http://%s/a/../b/./c"},
    {.name = "dots at the end", .url = "http://%s/a/.."},
    {.name = "coded dots", .url = "http://%s/a/%%2e%%2e/b"},
    {.name = "two slashes", .url = "http://%s//a//b"},
    {.name = "escapes", .url = "http://%s/%%7ea%%2Fb%%zz%%"},
    {.name = "a blank", .url = "http://%s/a b?c d"},
    {.name = "8 bits", .url = "http://%s/\303\244?\344"},
    {.name = "brackets", .url = "http://%s/[a]{b}|c\\d^e`f"},
    {.name = "quotes", .url = "http://%s/\"a\"'b'<c>"},
    {.name = "parameters", .url = "http://%s/a;b=c,d:e@f!$&()*+="},
    {.name = "a control", .url = "http://%s/a\001b"},
    {.name = "a long URL", .url = long_url},
    {.name = "a user", .url = "http://me@%s/a"},
    {.name = "a user and a password", .url = "http://me:secret@%s/a"},
    {.name = "a scheme in capitals", .url = "HTTP://%s/a"},
    {.name = "a header", .headers = {{"X-One", "1"}}},
    {.name = "four headers",
     .headers = {{"X-One", "1"}, {"X-Two", "2"}, {"X-One", "3"}, {"a", "b"}}},
    {.name = "an empty header", .headers = {{"X-Empty", ""}}},
    {.name = "a blank header", .headers = {{"X-Blank", "   "}}},
    {.name = "blanks around", .headers = {{"X-Blanks", "  a  b  "}}},
    {.name = "8 bits in a header", .headers = {{"X-Bits", "\344\303\244"}}},
    {.name = "a removed header", .headers = {{"X-Removed", NULL}}},
    {.name = "a header of the client's, replaced",
     .headers = {{"x-client", "other"}}},
    {.name = "a header of the client's, removed",
     .headers = {{"X-Client", NULL}}},
    {.name = "a header of the client's, empty", .headers = {{"X-Client", ""}}},
    {.name = "Accept", .headers = {{"Accept", "text/html"}}},
    {.name = "accept", .headers = {{"accept", "text/html"}}},
    {.name = "no Accept", .headers = {{"Accept", NULL}}},
    {.name = "an empty Accept", .headers = {{"Accept", ""}}},
    {.name = "Accept twice", .headers = {{"Accept", "a/b"}, {"Accept", "c/d"}}},
    {.name = "User-Agent", .headers = {{"User-Agent", "me/1"}}},
    {.name = "no User-Agent", .headers = {{"User-Agent", NULL}}},
    {.name = "an empty User-Agent", .headers = {{"User-Agent", ""}}},
    {.name = "Accept-Encoding", .headers = {{"Accept-Encoding", "gzip"}}},
    {.name = "accept-encoding in lower case",
     .headers = {{"accept-encoding", "br;q=0.5, identity"}}},
    {.name = "no Accept-Encoding", .headers = {{"Accept-Encoding", NULL}}},
    {.name = "an empty Accept-Encoding", .headers = {{"Accept-Encoding", ""}}},
    {.name = "Accept-Encoding, undecoded",
     .headers = {{"Accept-Encoding", "gzip"}},
     .undecoded = true},
    {.name = "Host", .headers = {{"Host", "example.org"}}},
    {.name = "host in lower case", .headers = {{"host", "example.org:81"}}},
    {.name = "no Host", .headers = {{"Host", NULL}}},
    {.name = "an empty Host", .headers = {{"Host", ""}}},
    {.name = "Connection: close", .headers = {{"Connection", "close"}}},
    {.name = "Connection: keep-alive",
     .headers = {{"Connection", "keep-alive"}}},
    {.name = "Connection: Upgrade",
     .headers = {{"Connection", "Upgrade"}, {"Upgrade", "x"}}},
    {.name = "no Connection", .headers = {{"Connection", NULL}}},
    {.name = "Keep-Alive", .headers = {{"Keep-Alive", "300"}}},
    {.name = "Proxy-Connection", .headers = {{"Proxy-Connection", "close"}}},
    {.name = "Proxy-Authorization", .headers = {{"Proxy-Authorization", "x"}}},
    {.name = "TE", .headers = {{"TE", "trailers"}}},
    {.name = "Trailer", .headers = {{"Trailer", "x"}}},
    {.name = "Expect", .headers = {{"Expect", "100-continue"}}},
    {.name = "no Expect", .headers = {{"Expect", NULL}}},
    {.name = "Range", .headers = {{"Range", "bytes=0-4"}}},
    {.name = "If-None-Match", .headers = {{"If-None-Match", "\"x\""}}},
    {.name = "Cookie", .headers = {{"Cookie", "a=b; c=d"}}},
    {.name = "Cookie twice", .headers = {{"Cookie", "a=b"}, {"Cookie", "c=d"}}},
    {.name = "Authorization", .headers = {{"Authorization", "Bearer x"}}},
    {.name = "Authorization and a user",
     .url = "http://me:secret@%s/a",
     .headers = {{"Authorization", "Bearer x"}}},
    {.name = "Referer", .headers = {{"Referer", "http://example.org/"}}},
    {.name = "Content-Type", .headers = {{"Content-Type", "text/plain"}}},
    {.name = "Date", .headers = {{"Date", "today"}}},
    {.name = "a long header", .headers = {{"X-Long", long_value}}},
    {.name = "POST without a body", .method = "POST"},
    {.name = "POST of nothing", .method = "POST", .body = -1},
    {.name = "POST of nothing with a type",
     .method = "POST",
     .body = -1,
     .headers = {{"Content-Type", "text/plain"}}},
    {.name = "POST of a byte", .method = "POST", .body = 1},
    {.name = "POST of 1000 bytes", .method = "POST", .body = 1000},
    {.name = "POST of 16 KiB", .method = "POST", .body = 16384},
    {.name = "POST of more", .method = "POST", .body = 16385},
    {.name = "POST of a megabyte and more", .method = "POST", .body = 1048577},
    {.name = "PUT without a body", .method = "PUT"},
    {.name = "PUT of nothing", .method = "PUT", .body = -1},
    {.name = "PUT of 10 bytes", .method = "PUT", .body = 10},
    {.name = "PATCH of 10 bytes", .method = "PATCH", .body = 10},
    {.name = "DELETE of 10 bytes", .method = "DELETE", .body = 10},
    {.name = "GET of 10 bytes", .method = "GET", .body = 10},
    {.name = "a method of our own of 10 bytes", .method = "PURGE", .body = 10},
    {.name = "POST with a type",
     .method = "POST",
     .body = 10,
     .headers = {{"Content-Type", "text/plain"}}},
    {.name = "POST without a type",
     .method = "POST",
     .body = 10,
     .headers = {{"Content-Type", NULL}}},
    {.name = "POST with Expect",
     .method = "POST",
     .body = 10,
     .headers = {{"Expect", "100-continue"}}},
    {.name = "POST without Expect",
     .method = "POST",
     .body = 10,
     .headers = {{"Expect", NULL}, {"X-One", "1"}}},
    {.name = "HEAD with headers",
     .method = "HEAD",
     .headers = {{"X-One", "1"}, {"Accept", NULL}, {"User-Agent", ""}}},
};

/* Both pools ask the same server, for its port is in the request. */
struct askers {
  struct fetching t;
  lariat_pool *pool[PAIRED_POOLS];
  lariat_client *client[PAIRED_POOLS][2]; /* the second does not decode */
};

static void open_askers(struct askers *askers) {
  lariat_client_options options = lariat_client_defaults();
  for (size_t i = 0; i < PAIRED_POOLS; i++) {
    lariat_pool_options pool = paired_pools_pool_options(i);
    if (i == 0)
      fetching_open_pool(&askers->t, &pool);
    else if (lariat_pool_new(&pool, &askers->pool[i]) != LARIAT_OK)
      abort();
    if (i == 0) askers->pool[0] = askers->t.pool;
    for (size_t k = 0; k < 2; k++) {
      lariat_client **client = &askers->client[i][k];
      options.no_decompress = k;
      if (lariat_client_new(askers->pool[i], askers->t.f.reactor, &options,
                            client) ||
          lariat_client_add_header(*client, "X-Client", "client"))
        abort();
    }
  }
}

static void close_askers(struct askers *askers) {
  for (size_t i = 0; i < PAIRED_POOLS; i++)
    for (size_t k = 0; k < 2; k++) lariat_client_close(askers->client[i][k]);
  lariat_pool_release(askers->pool[1]);
  fetching_close(&askers->t);
}

static size_t count_headers(const lariat_header *headers) {
  size_t count = 0;
  while (count < 4 && headers[count].name) count++;
  return count;
}

/* What the server saw; "" if that was nothing. */
static lariat_status ask_for(struct askers *askers, size_t pair,
                             struct manual_server *origin,
                             const struct wanted *what, const char *url,
                             char *seen) {
  struct outcome outcome;
  lariat_client *client = askers->client[pair][what->undecoded];
  lariat_request_options options = lariat_request_defaults(client);
  uint64_t before = manual_server_requests(origin);
  options.headers = what->headers;
  options.header_count = count_headers(what->headers);
  options.http = what->http;
  static const char bytes[1 << 21];
  if (what->body)
    options.body =
        lariat_body_bytes(bytes, what->body > 0 ? (size_t)what->body : 0);
  fetching_do(&askers->t, &outcome,
              lariat_request(client, what->method ? what->method : "GET", url,
                             &options));
  seen[0] = '\0';
  if (manual_server_requests(origin) != before)
    (void)manual_server_request(origin, MANUAL_OTHER, seen, REQUEST_MOST);
  outcome_clear(&outcome, 1);
  return outcome.status;
}

static void compare_requests(struct askers *askers,
                             struct manual_server *origin,
                             const struct wanted *what, const char *url) {
  static char first[REQUEST_MOST], other[REQUEST_MOST];
  lariat_status status = LARIAT_OK;
  for (size_t pair = 0; pair < PAIRED_POOLS; pair++)
    for (unsigned i = 0; i < REQUESTS_EACH; i++) {
      char *seen = pair || i ? other : first;
      lariat_status came = ask_for(askers, pair, origin, what, url, seen);
      if (seen == first) status = came;
      if (came == status && strcmp(seen, first) == 0) continue;
      printf(
          "\n--- %s (%s), %s, request %u: %s\n%.1000s\n--- not %s\n%.1000s\n",
          what->name, url, pair ? "by default" : "by libcurl", i + 1,
          lariat_status_name(came), seen, lariat_status_name(status), first);
      fixture_fail("%s: not the same request", what->name);
    }
}

static void fill_long_ones(void) {
  memset(long_value, 'v', sizeof long_value - 1);
  memset(long_url, 'u', sizeof long_url - 1);
  memcpy(long_url, "http://%s/", 10);
}

/* The format with the authority in it. */
static void write_url(char *out, size_t capacity, const char *format,
                      const char *authority) {
  size_t used = 0;
  for (const char *at = format; *at && used + 80 < capacity; at++) {
    if (at[0] == '%' && at[1] == 's')
      used += (size_t)snprintf(out + used, capacity - used, "%s", authority);
    else
      out[used++] = *at;
    if (*at == '%') at++;
  }
  out[used] = '\0';
}

/* `host` with or without a port; NULL: another one for each request. */
static void compare_all_requests(struct manual_server *origin, const char *host,
                                 bool with_port) {
  static char url[16 * 1024];
  char name[32], authority[64];
  struct askers askers;
  if (!origin) return;
  open_askers(&askers);
  for (size_t i = 0; i < FIXTURE_COUNT(wanted); i++) {
    const char *format = wanted[i].url ? wanted[i].url : "http://%s/";
    snprintf(name, sizeof name, "127.9.0.%zu", i);
    snprintf(authority, sizeof authority, "%s:%u", host ? host : name,
             origin->port);
    if (!with_port) *strrchr(authority, ':') = '\0';
    write_url(url, sizeof url, format, authority);
    compare_requests(&askers, origin, &wanted[i], url);
  }
  printf("\n    %llu requests, %llu connections ",
         (unsigned long long)manual_server_requests(origin),
         (unsigned long long)manual_server_accepted(origin));
  close_askers(&askers);
  manual_server_stop(origin);
}

static void test_requests(void) {
  fill_long_ones();
  compare_all_requests(manual_server_start("127.0.0.0/8", 0), NULL, true);
}

/* Where these can be had. */
static void test_requests_elsewhere(void) {
  fill_long_ones();
  compare_all_requests(ports_have_ipv6() ? manual_server_start("::1", 0) : NULL,
                       "[::1]", true);
  compare_all_requests(manual_server_start("127.0.0.0/8", 0), "LocalHost",
                       true);
  compare_all_requests(manual_server_start("127.0.0.80", 80), "127.0.0.80",
                       false);
  compare_all_requests(manual_server_start("127.0.0.80", 80), "127.0.0.80",
                       true);
}

/* That all of this compares two readers. */

static lr_atomic_u64 libcurls_requests;

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy) {
  CURLMcode (*real)(CURLM *, CURL *) = NULL;
  *(void **)&real = dlsym(RTLD_NEXT, "curl_multi_add_handle");
  (void)lr_u64_add_acq_rel(&libcurls_requests, 1);
  return real(multi, easy);
}

static uint64_t ask_of_libcurl(struct askers *askers, size_t pair,
                               struct manual_server *origin, const char *name,
                               const char *path) {
  struct outcome outcome;
  char url[96];
  uint64_t before = lr_u64_load_acquire(&libcurls_requests);
  snprintf(url, sizeof url, "http://%s:%u%s", name, origin->port, path);
  fetching_do(&askers->t, &outcome, lariat_get(askers->client[pair][0], url));
  outcome_clear(&outcome, 1);
  return lr_u64_load_acquire(&libcurls_requests) - before;
}

static void test_two_readers(void) {
  struct askers askers;
  struct manual_server *origin = manual_server_start("127.0.0.0/8", 0);
  if (!origin) abort();
  open_askers(&askers);
  for (size_t i = 0; i < shape_count; i++) {
    struct paired_pools_trial trial = trial_of(&shapes[i], "GET");
    char name[32];
    if ((shapes[i].flags & (CORPUS_SIMPLE | CORPUS_MOVES)) != CORPUS_SIMPLE)
      continue;
    snprintf(name, sizeof name, "127.9.1.%zu", i % 256);
    trial.answer.end = MANUAL_HOLD;
    manual_server_answer(origin, 0, &trial.answer);
    for (size_t pair = 0; pair < PAIRED_POOLS; pair++) {
      uint64_t first = ask_of_libcurl(&askers, pair, origin, name, "/clean");
      uint64_t later = ask_of_libcurl(&askers, pair, origin, name, "/case/0");
      if (first == 1 && (later > 0) == (pair == 0)) continue;
      fixture_fail("%s: libcurl made %llu and %llu requests", shapes[i].name,
                   (unsigned long long)first, (unsigned long long)later);
    }
  }
  close_askers(&askers);
  manual_server_stop(origin);
}

/* Leaves the shapes whose names contain `text`; the others keep their position
 * behind them. */
static size_t choose_shapes(const char *text) {
  size_t chosen = 0;
  for (size_t i = 0; i < shape_count; i++) {
    struct corpus_response shape = shapes[i];
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
  for (int i = 1; i < argc; i++)
    if (strncmp(argv[i], "seed=", 5) == 0)
      seed = number_of(argv[i] + 5);
    else if (strncmp(argv[i], "mutations=", 10) == 0)
      mutations = number_of(argv[i] + 10);
    else if (strncmp(argv[i], "cuts=", 5) == 0)
      cuts = number_of(argv[i] + 5);
    else if (strncmp(argv[i], "shape=", 6) == 0)
      wanted_shapes = argv[i] + 6;
    else
      argv[kept++] = argv[i];
  if (cuts == 0) cuts = 1;
  if (scale && number_of(scale) < 100) share = 3;
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
      {"requests with bodies", test_bodies},
      {"requests with bodies, and sinks", test_bodies_and_sinks},
      {"mutations", test_mutations},
      {"two readers", test_two_readers},
      {"requests", test_requests},
      {"requests to other kinds of hosts", test_requests_elsewhere},
  };
  argc = take_arguments(argc, argv);
  shapes = response_corpus_make(&shape_count);
  if (!shapes) return 1;
  size_t made = shape_count;
  shape_count = choose_shapes(wanted_shapes);
  int failed = fixture_main("answers", tests, FIXTURE_COUNT(tests), argc, argv);
  response_corpus_free(shapes, made);
  return failed;
}
