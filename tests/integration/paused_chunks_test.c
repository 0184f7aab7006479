/* SPDX-License-Identifier: MIT
 * labels: optional long
 * Chunked bodies whose taker is slow, read by libcurl, which shows the same
 * bytes again after each pause, with their chunks: none is lost and none comes
 * twice, however the sizes of chunks, window, and libcurl's buffers meet.
 *
 *   paused_chunks_test [TEST...] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/sha256.h"
#include "support/compressed.h"
#include "support/fetching.h"
#include "support/manual_server.h"
#include <lariat/stream.h>

enum { PATIENCE_MS = 60000, MOST = 300000, KIB = 1024, TRIALS = 1 };

static char text[MOST];
static struct manual_server *server;
static unsigned host; /* each trial has its own, whose first answer it is */
static uint64_t state = 1;

static unsigned random_below(unsigned limit) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(state >> 33) % limit;
}

/* ---- Answers ---- */

struct answer {
  char *bytes;
  size_t length;
};

static void put(struct answer *answer, const char *bytes, size_t length) {
  memcpy(answer->bytes + answer->length, bytes, length);
  answer->length += length;
}

static void put_text(struct answer *answer, const char *string) {
  put(answer, string, strlen(string));
}

/* Chooses the size of a chunk: many small ones, or near the sizes of buffers.
 */
static size_t choose_size(unsigned kind) {
  static const size_t borders[] = {4 * KIB, 16 * KIB, 64 * KIB, 128 * KIB};
  if (kind == 0) return 1 + random_below(400);
  if (kind == 1) return 1 + random_below(40 * KIB);
  return borders[random_below(FIXTURE_COUNT(borders))] - 20 + random_below(40);
}

static void put_chunks(struct answer *answer, const char *bytes, size_t length,
                       unsigned kind) {
  static const char *const extensions[] = {"", ";a=b", " ", ";name=\"value\""};
  char size[64];
  for (size_t at = 0, piece; at < length; at += piece) {
    piece = choose_size(kind);
    if (piece > length - at) piece = length - at;
    snprintf(size, sizeof size, "%zx%s\r\n", piece,
             extensions[random_below(FIXTURE_COUNT(extensions))]);
    put_text(answer, size);
    put(answer, bytes + at, piece);
    put_text(answer, "\r\n");
  }
  put_text(answer, random_below(2) ? "0\r\n\r\n" : "0;x\r\nA: b\r\n\r\n");
}

static struct answer make_answer(const char *bytes, size_t length,
                                 const char *coding, unsigned kind) {
  struct answer answer = {malloc(32 * length + 4 * KIB), 0};
  struct compressed compressed = {0};
  if (!answer.bytes) abort();
  put_text(&answer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n");
  if (coding) {
    compressed_make(coding, bytes, length, &compressed);
    put_text(&answer, "Content-Encoding: ");
    put_text(&answer, coding);
    put_text(&answer, "\r\n");
  }
  put_text(&answer, "\r\n");
  put_chunks(&answer, coding ? compressed.bytes : bytes,
             coding ? compressed.length : length, kind);
  if (coding) compressed_free(&compressed);
  return answer;
}

static void serve(const struct answer *answer) {
  struct manual_answer bytes = {
      .bytes = answer->bytes, .length = answer->length, .end = MANUAL_KEEP};
  for (size_t i = 0, at = 0; i < MANUAL_CUTS && at < answer->length; i++) {
    at += 1 + random_below((unsigned)answer->length / 2);
    if (at < answer->length) bytes.cuts[i] = at;
  }
  manual_server_answer(server, 0, &bytes);
}

/* ---- Takers ---- */

struct taker {
  lariat_stream *stream; /* a reference */
  const char *expected;
  size_t length; /* of the body */
  size_t taken;
  bool waits;
  bool over;
  bool wrong;
  lariat_status status;
};

static lariat_value on_chunk(lariat_value result, void *context) {
  struct taker *taker = context;
  size_t length;
  taker->waits = false;
  if (lariat_is_none(result) || lariat_is_failure(result)) {
    taker->over = true;
    if (lariat_is_failure(result))
      taker->status = lariat_failure_status(result);
    return lariat_value_drop(result);
  }
  const char *bytes = lariat_chunk_bytes(lariat_chunk_in(result), &length);
  if (length > taker->length - taker->taken ||
      memcmp(taker->expected + taker->taken, bytes, length) != 0)
    taker->wrong = true;
  else
    taker->taken += length;
  return lariat_value_drop(result);
}

/* Takes chunks until one is awaited, or for no reason.  True: it is over. */
static bool take_some(struct taker *taker) {
  while (!taker->waits && !taker->over && !taker->wrong) {
    if (random_below(8) == 0) return false;
    taker->waits = true;
    lariat_deferred *next = lariat_stream_next(taker->stream);
    lariat_deferred_add_both(next, on_chunk, taker);
    lariat_deferred_release(next);
  }
  return taker->over || taker->wrong;
}

static bool has_digest(const struct taker *taker) {
  uint8_t digest[32];
  const uint8_t *made = lariat_stream_sha256(taker->stream);
  return lr_sha256_of(taker->expected, taker->length, digest) && made &&
         memcmp(made, digest, sizeof digest) == 0;
}

static void take_all(struct fetching *t, struct taker *taker,
                     const char *trial) {
  for (unsigned ms = 0; ms < PATIENCE_MS && !take_some(taker); ms++)
    fetching_run(t, 1);
  if (taker->wrong || !taker->over || taker->status != LARIAT_OK ||
      taker->taken != taker->length || !has_digest(taker))
    fixture_fail("%s: %zu of %zu bytes, %s%s", trial, taker->taken,
                 taker->length, lariat_status_name(taker->status),
                 taker->wrong ? ", and others than were sent" : "");
}

/* ---- Trials ---- */

static void check_body(struct fetching *t, size_t length, const char *coding,
                       unsigned kind, size_t window) {
  struct taker taker = {.expected = text, .length = length};
  struct outcome o;
  char where[80], trial[80];
  struct answer answer = make_answer(text, length, coding, kind);
  lariat_request_options options = lariat_request_defaults(t->client);
  options.sink = lariat_sink_stream(window);
  options.sha256 = true;
  serve(&answer);
  snprintf(where, sizeof where, "http://127.19.%u.%u:%u/case/0", host / 250,
           1 + host % 250, server->port);
  snprintf(trial, sizeof trial, "%zu bytes, %s, chunks %u, window %zu, host %u",
           length, coding ? coding : "not coded", kind, window, host);
  host++;
  fetching_do(t, &o, lariat_request(t->client, "GET", where, &options));
  const lariat_response *response = outcome_response(&o);
  if (response) {
    taker.stream = lariat_stream_retain(lariat_response_stream(response));
    take_all(t, &taker, trial);
    lariat_stream_release(taker.stream);
  }
  manual_server_answered(server, 0);
  outcome_clear(&o, 1);
  free(answer.bytes);
}

static void check_sizes(const char *coding) {
  static const size_t borders[] = {16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB,
                                   256 * KIB};
  static const size_t windows[] = {4 * KIB, 16 * KIB, 64 * KIB};
  struct fetching t;
  fetching_open(&t, NULL, NULL);
  for (size_t i = 0; i < FIXTURE_COUNT(borders); i++)
    for (unsigned kind = 0; kind < 3; kind++)
      for (size_t window = 0; window < FIXTURE_COUNT(windows); window++)
        for (unsigned trial = 0; trial < TRIALS; trial++)
          check_body(&t, borders[i] - 20 + random_below(40), coding, kind,
                     windows[window]);
  fetching_close(&t);
}

static void test_not_coded(void) { check_sizes(NULL); }

static void test_gzip(void) { check_sizes("gzip"); }

static void test_two_codings(void) { check_sizes("deflate, gzip"); }

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"not coded", test_not_coded},
      {"gzip", test_gzip},
      {"deflate and gzip", test_two_codings},
  };
  for (size_t i = 0; i < MOST; i++)
    text[i] = (char)(random_below(4) ? 'a' + i % 7 : random_below(256));
  server = manual_server_start("127.0.0.0/8", 0);
  if (!server) abort();
  int code =
      fixture_main("paused_chunks", tests, FIXTURE_COUNT(tests), argc, argv);
  manual_server_stop(server);
  return code;
}
