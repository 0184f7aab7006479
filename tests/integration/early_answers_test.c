/* SPDX-License-Identifier: MIT
 * labels: long no-tsan
 * Answers that come before the request's body has: by libcurl and by default,
 * from servers that read on, that do not, and that break the connection. */
#include <stdlib.h>
#include <string.h>

#include "support/paired_pools.h"

#define REFUSAL                                                                \
  "HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\ntoo large"
#define LAST_REFUSAL                                                           \
  "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"                    \
  "Content-Length: 9\r\n\r\ntoo large"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
#define CHUNKS                                                                 \
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: "                                     \
  "chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n"
#define UNTIL_CLOSE "HTTP/1.1 200 OK\r\n\r\nok\n"
#define EXPECTATION                                                            \
  "HTTP/1.1 417 Expectation Failed\r\nConnection: close\r\n"                   \
  "Content-Length: 0\r\n\r\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define CONTINUED CONTINUE ANSWER
#define PARTIAL "HTTP/1.1 413 Content Too Large\r\nContent-Length: 9\r\n\r\ntoo"

struct shape {
  const char *name;
  const char *bytes;
  enum manual_early early;
  enum manual_end end;
};

enum { MOST = 4096 };

static struct paired_pools_trial trials[MOST];
static size_t count;

static void add(const struct shape *shape, enum paired_pools_body body,
                size_t early_at, enum paired_pools_how how,
                enum paired_pools_position position) {
  if (count == MOST) abort();
  trials[count++] = (struct paired_pools_trial){
      .name = shape->name,
      .method = body == PAIRED_FILE ? "PUT" : "POST",
      .answer = {.bytes = shape->bytes,
                 .length = strlen(shape->bytes),
                 .end = shape->end,
                 .early = shape->early,
                 .early_at = early_at},
      .body = body,
      .how = how,
      .position = position};
}

static void run_all(void) {
  struct paired_pools pools;
  paired_pools_open(&pools);
  paired_pools_run(&pools, trials, count);
  paired_pools_close(&pools);
  count = 0;
}

/* Returns how many positions are tried: fewer where it takes long. */
static size_t positions_in(int body, size_t how_count) {
  if (how_count > 1) return 1;
  return body == PAIRED_LARGE ? 2 : 4;
}

/* Says whether the connection could be used again, though its server does not
 * read what is still in the sockets: all of the body went. */
static bool is_stuck(const struct shape *shape, int body) {
  return shape->early == MANUAL_DEAF && shape->end == MANUAL_HOLD &&
         body != PAIRED_LARGE;
}

/* Each shape with each body, at some bytes of it, in each place. */
static void add_shapes(const struct shape *shapes, size_t shape_count,
                       const enum paired_pools_how *hows, size_t how_count) {
  static const size_t bytes[] = {1000, 0, 90000, 1};
  for (size_t i = 0; i < shape_count; i++)
    for (int body = PAIRED_MANY; body < PAIRED_BODIES; body++)
      for (size_t at = 0; at < positions_in(body, how_count); at++)
        for (size_t how = 0; how < how_count; how++)
          for (int position = PAIRED_SECOND;
               position <= PAIRED_FIRST && !is_stuck(&shapes[i], body);
               position++)
            add(&shapes[i], (enum paired_pools_body)body, bytes[at], hows[how],
                (enum paired_pools_position)position);
}

static const enum paired_pools_how plainly[] = {PAIRED_PLAINLY};
static const enum paired_pools_how sunk[] = {PAIRED_TO_FD, PAIRED_STREAMED,
                                             PAIRED_DISCARDED};

static const struct shape refusals[] = {
    {"413, read on", REFUSAL, MANUAL_DRAIN, MANUAL_HOLD},
    {"413, read on, closed", REFUSAL, MANUAL_DRAIN, MANUAL_CLOSE},
    {"413, read on, closed as said", LAST_REFUSAL, MANUAL_DRAIN, MANUAL_CLOSE},
    {"413, closed", REFUSAL, MANUAL_DEAF, MANUAL_CLOSE},
    {"413, closed as said", LAST_REFUSAL, MANUAL_DEAF, MANUAL_CLOSE},
    {"413, reset", REFUSAL, MANUAL_DEAF, MANUAL_RESET},
    {"413, held", REFUSAL, MANUAL_DEAF, MANUAL_HOLD},
};

/* No answer, or only a part of one.  (An end of the stream before an answer,
 * from a server that reads on, is not here: libcurl sends all of the body
 * before it looks.) */
static const struct shape breaks[] = {
    {"reset", "", MANUAL_DEAF, MANUAL_RESET},
    {"100, reset", CONTINUE, MANUAL_DEAF, MANUAL_RESET},
    {"a part of 413, reset", PARTIAL, MANUAL_DEAF, MANUAL_RESET},
    {"a part of 413, read on, closed", PARTIAL, MANUAL_DRAIN, MANUAL_CLOSE},
};

static const struct shape answers[] = {
    {"200, read on", ANSWER, MANUAL_DRAIN, MANUAL_HOLD},
    {"200 in chunks, read on", CHUNKS, MANUAL_DRAIN, MANUAL_HOLD},
    {"100 and 200, read on", CONTINUED, MANUAL_DRAIN, MANUAL_HOLD},
    {"200, read on, closed", ANSWER, MANUAL_DRAIN, MANUAL_CLOSE},
    {"200 until the end, read on", UNTIL_CLOSE, MANUAL_DRAIN, MANUAL_CLOSE},
};

static void test_refusals(void) {
  add_shapes(refusals, FIXTURE_COUNT(refusals), plainly, 1);
  run_all();
}

static void test_refusals_sunk(void) {
  add_shapes(refusals, FIXTURE_COUNT(refusals), sunk, FIXTURE_COUNT(sunk));
  run_all();
}

static void test_answers(void) {
  add_shapes(answers, FIXTURE_COUNT(answers), plainly, 1);
  run_all();
}

static void test_answers_sunk(void) {
  add_shapes(answers, FIXTURE_COUNT(answers), sunk, FIXTURE_COUNT(sunk));
  run_all();
}

/* Of a shorter body nobody knows whether all of it was out when the connection
 * broke, and so in which phase that was. */
static void test_breaks(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(breaks); i++)
    for (int position = PAIRED_SECOND; position <= PAIRED_FIRST; position++)
      for (size_t at = 0; at <= 90000; at += 45000)
        add(&breaks[i], PAIRED_LARGE, at, PAIRED_PLAINLY,
            (enum paired_pools_position)position);
  run_all();
}

/* Expect: 100-continue is refused, granted, or of no interest.  (417 closes:
 * nobody knows whether the body follows an answer that comes before it.) */
static void test_expectations(void) {
  static const struct shape shapes[] = {
      {"417, closed", EXPECTATION, MANUAL_DRAIN, MANUAL_CLOSE},
      {"100 and 200", CONTINUED, MANUAL_DRAIN, MANUAL_HOLD},
      {"413", REFUSAL, MANUAL_DRAIN, MANUAL_HOLD},
  };
  for (size_t i = 0; i < FIXTURE_COUNT(shapes); i++)
    for (int body = PAIRED_BYTES; body < PAIRED_BODIES; body++)
      add(&shapes[i], (enum paired_pools_body)body, 0, PAIRED_EXPECTING,
          PAIRED_FIRST);
  run_all();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"refusals", test_refusals}, {"refusals, to sinks", test_refusals_sunk},
      {"answers", test_answers},   {"answers, to sinks", test_answers_sunk},
      {"breaks", test_breaks},     {"expectations", test_expectations},
  };
  return fixture_main("early answers", tests, FIXTURE_COUNT(tests), argc, argv);
}
