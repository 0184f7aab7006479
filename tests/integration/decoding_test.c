/* SPDX-License-Identifier: MIT
 * labels: optional long
 * Bodies with a content coding, as libcurl reads them and as lariat itself
 * does, wherever they go: what comes of them is the same, and no more is made
 * of them than somebody wants, nor more at a time than lets others have their
 * turn. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/atomics.h"
#include "http/content_decoder.h"
#include "http/sha256.h"
#include "support/compressed.h"
#include "support/fetching.h"
#include "support/manual_server.h"
#include <lariat/failure.h>
#include <lariat/stream.h>

enum {
  TEXT = 150000,
  PATIENCE_MS = 60000,
  BOMBS = 60,
  BOMB = 64 * 1024 * 1024, /* of 64 KB */
  BOMB_LIMIT = 2 * 1024 * 1024
};

static char text[TEXT];
static struct manual_server *server;
static unsigned host; /* each trial has its own, of which nothing is known */

/* ---- What zlib makes ---- */

static lr_atomic_u64 inflated; /* bytes, by all threads */
static lr_atomic_u64 most_in_a_turn;
static _Thread_local uint64_t in_this_turn;

int inflate(z_streamp stream, int flush) {
  int (*real)(z_streamp, int) = NULL;
  uInt before = stream->avail_out;
  *(void **)&real = dlsym(RTLD_NEXT, "inflate");
  int code = real(stream, flush);
  (void)lr_u64_add_acq_rel(&inflated, before - stream->avail_out);
  in_this_turn += before - stream->avail_out;
  return code;
}

int epoll_wait(int fd, struct epoll_event *events, int most, int timeout) {
  int (*real)(int, struct epoll_event *, int, int) = NULL;
  *(void **)&real = dlsym(RTLD_NEXT, "epoll_wait");
  if (in_this_turn > lr_u64_load_acquire(&most_in_a_turn))
    lr_u64_store_release(&most_in_a_turn, in_this_turn);
  in_this_turn = 0;
  return real(fd, events, most, timeout);
}

/* ---- Answers ---- */

enum framing { BY_LENGTH, BY_CHUNKS, BY_CLOSE, FRAMINGS };

struct answer {
  char *bytes;
  size_t length;
  enum manual_end end;
};

static void put(struct answer *answer, const char *bytes, size_t length) {
  answer->bytes = realloc(answer->bytes, answer->length + length + 1);
  if (!answer->bytes) abort();
  if (length) memcpy(answer->bytes + answer->length, bytes, length);
  answer->length += length;
}

static void put_text(struct answer *answer, const char *string) {
  put(answer, string, strlen(string));
}

static void put_chunks(struct answer *answer, const char *bytes,
                       size_t length) {
  char size[32];
  for (size_t at = 0, piece = 1; at < length; at += piece, piece *= 3) {
    if (piece > length - at) piece = length - at;
    snprintf(size, sizeof size, "%zx\r\n", piece);
    put_text(answer, size);
    put(answer, bytes + at, piece);
    put_text(answer, "\r\n");
  }
  put_text(answer, "0\r\n\r\n");
}

static struct answer make_answer(const char *first, const char *coding,
                                 enum framing framing, const char *bytes,
                                 size_t length) {
  struct answer answer = {NULL, 0, MANUAL_KEEP};
  char head[256];
  snprintf(head, sizeof head, "%s\r\nContent-Encoding: %s\r\n", first, coding);
  put_text(&answer, head);
  snprintf(head, sizeof head, "Content-Length: %zu\r\n\r\n", length);
  if (framing == BY_LENGTH) put_text(&answer, head);
  if (framing == BY_CHUNKS)
    put_text(&answer, "Transfer-Encoding: chunked\r\n\r\n");
  if (framing == BY_CLOSE) put_text(&answer, "\r\n");
  if (framing == BY_CLOSE) answer.end = MANUAL_CLOSE;
  if (framing == BY_CHUNKS)
    put_chunks(&answer, bytes, length);
  else
    put(&answer, bytes, length);
  return answer;
}

static void serve(const struct answer *answer) {
  manual_server_answer(server, 0,
                       &(struct manual_answer){.bytes = answer->bytes,
                                               .length = answer->length,
                                               .end = answer->end});
}

/* Frees it when nothing of it is still to be sent. */
static void drop(struct answer *answer) {
  if (!manual_server_settle(server, PATIENCE_MS)) abort();
  free(answer->bytes);
}

static const char *url_of(const char *path) {
  static char url[128];
  snprintf(url, sizeof url, "http://127.77.%u.%u:%u%s", host / 250,
           1 + host % 250, server->port, path);
  return url;
}

static const char ok_line[] = "HTTP/1.1 200 OK";

static const char *value_of(const char *coding) {
  return strcmp(coding, "bare") == 0 ? "deflate" : coding;
}

/* ---- Trials ---- */

enum way { TO_MEMORY, TO_STREAM, TO_FD, DISCARDED, WAYS };

struct seen {
  lariat_status status;
  char message[200];
  char *bytes; /* of the body, where it is to be had */
  size_t length;
  bool has_digest;
  uint8_t digest[32];
};

static lariat_value take_rest(lariat_value value, void *context) {
  struct outcome *outcome = context;
  outcome->fires++;
  outcome->kept = true;
  outcome->value = value;
  if (lariat_is_failure(value)) outcome->status = lariat_failure_status(value);
  return lariat_none();
}

static void keep(struct seen *seen, const char *bytes, size_t length) {
  seen->bytes = malloc(length + 1);
  if (!seen->bytes) abort();
  if (length) memcpy(seen->bytes, bytes, length);
  seen->length = length;
}

static void keep_failure(struct seen *seen, const struct outcome *o) {
  seen->status = o->status;
  snprintf(seen->message, sizeof seen->message, "%s",
           lariat_failure_message(o->value));
}

static void keep_digest(struct seen *seen, const uint8_t *digest) {
  seen->has_digest = digest != NULL;
  if (digest) memcpy(seen->digest, digest, sizeof seen->digest);
}

static void read_stream(struct fetching *t, const struct outcome *o,
                        struct seen *seen) {
  struct outcome rest = {0};
  size_t length;
  lariat_stream *stream =
      lariat_stream_retain(lariat_response_stream(outcome_response(o)));
  lariat_deferred_release(lariat_deferred_add_both(
      lariat_stream_read_all(stream, BOMB), take_rest, &rest));
  if (!fetching_wait(t, &rest, 1, PATIENCE_MS)) abort();
  if (rest.status) {
    keep_failure(seen, &rest);
  } else {
    const char *bytes =
        lariat_chunk_bytes(lariat_chunk_in(rest.value), &length);
    keep(seen, bytes, length);
    keep_digest(seen, lariat_stream_sha256(stream));
  }
  outcome_clear(&rest, 1);
  lariat_stream_release(stream);
}

static void read_fd(int fd, struct seen *seen) {
  off_t length = lseek(fd, 0, SEEK_END);
  char *bytes = malloc((size_t)length + 1);
  if (!bytes || pread(fd, bytes, (size_t)length, 0) != length) abort();
  seen->bytes = bytes;
  seen->length = (size_t)length;
}

static void read_response(struct fetching *t, const struct outcome *o,
                          enum way way, int fd, struct seen *seen) {
  const lariat_response *response = outcome_response(o);
  size_t length;
  if (way == TO_STREAM) {
    read_stream(t, o, seen);
    return;
  }
  keep_digest(seen, lariat_response_sha256(response));
  const char *bytes = lariat_response_body(response, &length);
  if (way == TO_FD) read_fd(fd, seen);
  if (way == TO_MEMORY) keep(seen, bytes, length);
  if (way == DISCARDED) seen->length = lariat_response_body_bytes(response);
}

static void ask(struct fetching *t, lariat_client *client, const char *path,
                enum way way, struct seen *seen) {
  int fd = memfd_create("body", MFD_CLOEXEC);
  struct outcome o;
  lariat_request_options options = lariat_request_defaults(client);
  memset(seen, 0, sizeof *seen);
  options.sha256 = true;
  options.timeout_ms = 0;
  if (way == TO_STREAM) options.sink = lariat_sink_stream(0);
  if (way == TO_FD) options.sink = lariat_sink_fd(fd);
  if (way == DISCARDED) options.sink = lariat_sink_discard();
  outcome_watch(&o, lariat_request(client, "GET", url_of(path), &options));
  if (!fetching_wait(t, &o, 1, PATIENCE_MS)) abort();
  if (o.status)
    keep_failure(seen, &o);
  else
    read_response(t, &o, way, fd, seen);
  outcome_clear(&o, 1);
  close(fd);
}

static void forget(struct seen *seen) { free(seen->bytes); }

/* Has lariat itself read what comes next, if it can. */
static void ask_cleanly(struct fetching *t) {
  for (int i = 0; i < 3; i++) {
    struct outcome o;
    fetching_do(t, &o, lariat_get(t->client, url_of("/clean")));
    outcome_expect_body(&o, "ok\n");
    outcome_clear(&o, 1);
  }
}

/* Asks for the same once by each reader. */
static void ask_both(struct fetching *t, const struct answer *answer,
                     enum way way, struct seen seen[2]) {
  serve(answer);
  host++;
  ask(t, t->client, "/case/0/first", way, &seen[0]);
  host++;
  ask_cleanly(t);
  ask(t, t->client, "/case/0/later", way, &seen[1]);
}

static void open_pool(struct fetching *t) {
  lariat_pool_options options = lariat_pool_defaults();
  options.reactors = 1;
  fetching_open(t, &options, NULL);
}

/* ---- What is whole ---- */

static void expect_text(const struct seen *seen, enum way way,
                        const char *what) {
  uint8_t digest[32];
  CU_ASSERT_TRUE(lr_sha256_of(text, TEXT, digest));
  bool is_body = seen->length == TEXT &&
                 (way == DISCARDED || memcmp(seen->bytes, text, TEXT) == 0);
  bool is_digest =
      seen->has_digest && memcmp(seen->digest, digest, sizeof digest) == 0;
  if (seen->status || !is_body || !is_digest)
    fixture_fail("%s, way %d: %s (%s), %zu bytes", what, way,
                 lariat_status_name(seen->status), seen->message, seen->length);
}

static void check_whole(struct fetching *t, const char *coding) {
  struct compressed body;
  compressed_make(coding, text, TEXT, &body);
  for (unsigned i = 0; i < (unsigned)FRAMINGS * (unsigned)WAYS; i++) {
    struct seen seen[2];
    struct answer answer =
        make_answer(ok_line, value_of(coding), (enum framing)(i / WAYS),
                    body.bytes, body.length);
    enum way way = (enum way)(i % WAYS);
    ask_both(t, &answer, way, seen);
    for (int k = 0; k < 2; k++) {
      expect_text(&seen[k], way, coding);
      forget(&seen[k]);
    }
    drop(&answer);
  }
  compressed_free(&body);
}

static void test_whole(void) {
  struct fetching t;
  open_pool(&t);
  for (size_t i = 0; i < FIXTURE_COUNT(compressed_codings); i++)
    if (compressed_is_built(compressed_codings[i]))
      check_whole(&t, compressed_codings[i]);
  check_whole(&t, "deflate, gzip");
  fetching_close(&t);
}

/* ---- What is not ---- */

static void expect_failed(const struct seen *seen, lariat_status status,
                          const char *words, const char *what, int reader) {
  if (seen->status != status || (words && !strstr(seen->message, words)))
    fixture_fail("%s, reader %d: %s (%s), not %s (%s)", what, reader,
                 lariat_status_name(seen->status), seen->message,
                 lariat_status_name(status), words);
}

static void check_failed(struct fetching *t, const struct answer *answer,
                         enum way way, lariat_status status,
                         const char *words) {
  struct seen seen[2];
  ask_both(t, answer, way, seen);
  for (int k = 0; k < 2; k++) {
    expect_failed(&seen[k], status, words, answer->bytes, k);
    forget(&seen[k]);
  }
}

static void check_cut(struct fetching *t, const char *coding) {
  struct compressed body;
  compressed_make(coding, text, TEXT, &body);
  const size_t cuts[] = {1, body.length / 2, body.length - 1};
  for (unsigned i = 0; i < 3 * FRAMINGS; i++) {
    enum framing framing = (enum framing)(i / 3);
    struct answer answer = make_answer(ok_line, value_of(coding), framing,
                                       body.bytes, cuts[i % 3]);
    bool by_close = framing == BY_CLOSE;
    for (unsigned way = 0; way < WAYS; way++)
      check_failed(t, &answer, (enum way)way,
                   by_close ? LARIAT_ETRUNCATED : LARIAT_EENCODING,
                   by_close ? NULL : "body is cut");
    drop(&answer);
  }
  compressed_free(&body);
}

static void test_cut(void) {
  struct fetching t;
  open_pool(&t);
  for (size_t i = 0; i < FIXTURE_COUNT(compressed_codings); i++)
    if (compressed_is_built(compressed_codings[i]))
      check_cut(&t, compressed_codings[i]);
  fetching_close(&t);
}

static void test_broken(void) {
  static const struct {
    const char *coding;
    const char *body;
    const char *words;
  } rows[] = {
      {"gzip", "hello, world", "the gzip body is broken"},
      {"deflate", "xhello, world", "the deflate body is broken"},
      {"deflate, gzip", "hello, world", "the gzip body is broken"},
      {"rot13", "uryyb", "the content coding \"rot13\" is not known"},
      {"UTF-8", "hello", "the content coding \"UTF-8\" is not known"},
      {"gzip;q=1", "hello", "the content coding \"gzip;q=1\" is not known"},
      {"gzip,gzip,gzip,gzip,gzip,gzip", "hello",
       "the content coding \"gzip\" is one more than can be undone"},
  };
  struct fetching t;
  open_pool(&t);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    for (unsigned k = 0; k < (unsigned)FRAMINGS * (unsigned)WAYS; k++) {
      struct answer answer =
          make_answer(ok_line, rows[i].coding, (enum framing)(k / WAYS),
                      rows[i].body, strlen(rows[i].body));
      check_failed(&t, &answer, (enum way)(k % WAYS), LARIAT_EENCODING,
                   rows[i].words);
      drop(&answer);
    }
  fetching_close(&t);
}

/* ---- What needs no decoding ---- */

static void check_as_is(struct fetching *t, lariat_client *client,
                        const char *coding, const char *body, size_t length) {
  for (unsigned k = 0; k < 2 * WAYS; k++) {
    struct seen seen;
    enum way way = (enum way)(k / 2);
    struct answer answer =
        make_answer(ok_line, coding, BY_LENGTH, body, length);
    serve(&answer);
    host++;
    if (k & 1) ask_cleanly(t);
    ask(t, client, "/case/0", way, &seen);
    CU_ASSERT_EQUAL(seen.status, LARIAT_OK);
    CU_ASSERT_EQUAL(seen.length, length);
    if (way != DISCARDED && seen.length == length)
      CU_ASSERT_EQUAL(memcmp(seen.bytes, body, length), 0);
    forget(&seen);
    drop(&answer);
  }
}

static void test_as_it_comes(void) {
  static const char *const codings[] = {"gzip", "br", "rot13", "UTF-8"};
  static const char *const saying_nothing[] = {"identity", "none", "", "None,"};
  lariat_client_options options = lariat_client_defaults();
  struct fetching t;
  open_pool(&t);
  options.no_decompress = true;
  lariat_client *raw = fetching_client(&t, &options);
  for (size_t i = 0; i < FIXTURE_COUNT(codings); i++)
    check_as_is(&t, raw, codings[i], "not what it says", 16);
  for (size_t i = 0; i < FIXTURE_COUNT(saying_nothing); i++)
    check_as_is(&t, t.client, saying_nothing[i], "hello", 5);
  for (size_t i = 0; i < FIXTURE_COUNT(codings); i++)
    check_as_is(&t, t.client, codings[i], "", 0);
  lariat_client_close(raw);
  fetching_close(&t);
}

/* What is not to be decoded can be told by its headers, which stay. */
static void test_headers_stay(void) {
  struct fetching t;
  struct outcome o;
  struct compressed body;
  open_pool(&t);
  compressed_make("gzip", text, TEXT, &body);
  struct answer answer =
      make_answer(ok_line, "gzip", BY_LENGTH, body.bytes, body.length);
  serve(&answer);
  host++;
  for (int i = 0; i < 3; i++) {
    char length[32];
    snprintf(length, sizeof length, "%zu", body.length);
    fetching_do(&t, &o, lariat_get(t.client, url_of("/case/0")));
    const lariat_response *response = outcome_response(&o);
    CU_ASSERT_EQUAL(lariat_response_body_bytes(response), TEXT);
    CU_ASSERT_STRING_EQUAL(lariat_response_header(response, "Content-Encoding"),
                           "gzip");
    CU_ASSERT_STRING_EQUAL(lariat_response_header(response, "Content-Length"),
                           length);
    outcome_clear(&o, 1);
  }
  drop(&answer);
  compressed_free(&body);
  fetching_close(&t);
}

/* A body that nobody gets need not be possible to decode. */
static void test_redirects(void) {
  static const char first[] = "HTTP/1.1 302 Found\r\nLocation: /clean";
  static const char *const codings[] = {"rot13", "gzip"};
  struct fetching t;
  open_pool(&t);
  for (size_t i = 0; i < FIXTURE_COUNT(codings); i++)
    for (unsigned framing = 0; framing < FRAMINGS; framing++) {
      struct seen seen[2];
      struct answer answer =
          make_answer(first, codings[i], (enum framing)framing, "moved", 5);
      ask_both(&t, &answer, TO_MEMORY, seen);
      for (int k = 0; k < 2; k++) {
        if (seen[k].status || seen[k].length != 3)
          fixture_fail("%s, framing %u, reader %d: %s (%s)", codings[i],
                       framing, k, lariat_status_name(seen[k].status),
                       seen[k].message);
        forget(&seen[k]);
      }
      drop(&answer);
    }
  fetching_close(&t);
}

/* Whatever the coding, a host keeps its connection, and is asked once for each
 * answer. */
static void test_connections_are_kept(void) {
  static const char *const codings[] = {"identity", "gzip", "deflate",
                                        "br",       "zstd", "deflate, gzip"};
  enum { ASKED = 12 };
  struct fetching t;
  open_pool(&t);
  for (size_t i = 0; i < FIXTURE_COUNT(codings); i++) {
    bool identity = i == 0;
    struct compressed body = {NULL, 0};
    if (!compressed_is_built(codings[i])) continue;
    if (!identity) compressed_make(codings[i], text, 1000, &body);
    struct answer answer = make_answer(ok_line, codings[i], BY_LENGTH,
                                       identity ? text : body.bytes,
                                       identity ? 1000 : body.length);
    serve(&answer);
    host++;
    uint64_t connections = manual_server_accepted(server);
    uint64_t requests = manual_server_requests(server);
    for (int k = 0; k < ASKED; k++) {
      struct outcome o;
      fetching_do(&t, &o, lariat_get(t.client, url_of("/case/0")));
      CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o)), 1000);
      outcome_clear(&o, 1);
    }
    CU_ASSERT_EQUAL(manual_server_accepted(server) - connections, 1);
    CU_ASSERT_EQUAL(manual_server_requests(server) - requests, ASKED);
    drop(&answer);
    compressed_free(&body);
  }
  fetching_close(&t);
}

/* Memory that is lacking, wherever: a failure that says so, or the text. */
static unsigned count_failures(struct fetching *t, const char *coding,
                               bool later, enum way way) {
  enum { ALLOCATIONS = 25 };
  struct compressed body;
  compressed_make(coding, text, TEXT, &body);
  struct answer answer =
      make_answer(ok_line, coding, BY_CHUNKS, body.bytes, body.length);
  unsigned failures = 0;
  serve(&answer);
  for (uint64_t nth = 1; nth <= ALLOCATIONS; nth++) {
    struct seen seen;
    host++;
    if (later) ask_cleanly(t);
    fixture_fail_allocation(&t->f, nth);
    ask(t, t->client, "/case/0", way, &seen);
    fixture_fail_allocation(&t->f, 0);
    failures += seen.status != LARIAT_OK;
    if (seen.status) CU_ASSERT_EQUAL(seen.status, LARIAT_ENOMEM);
    if (!seen.status) expect_text(&seen, way, coding);
    forget(&seen);
    (void)fetching_wait_idle(t, PATIENCE_MS);
  }
  drop(&answer);
  compressed_free(&body);
  return failures;
}

static void test_without_memory(void) {
  struct fetching t;
  unsigned failures = 0;
  open_pool(&t);
  for (unsigned i = 0; i < 2 * WAYS; i++) {
    failures += count_failures(&t, "gzip", i & 1, (enum way)(i / 2));
    failures += count_failures(&t, "gzip, deflate", i & 1, (enum way)(i / 2));
  }
  CU_ASSERT(failures >= 4 * WAYS);
  fetching_close(&t);
}

/* ---- Bombs ---- */

static struct answer bomb;

static void make_bomb(void) {
  char *zeros = calloc(1, BOMB);
  struct compressed body;
  if (!zeros) abort();
  compressed_make("gzip", zeros, BOMB, &body);
  free(zeros);
  bomb = make_answer(ok_line, "gzip", BY_LENGTH, body.bytes, body.length);
  compressed_free(&body);
}

/* Begins as many as there are, each at a host of its own; of `later` ones
 * lariat itself reads the answer. */
static void begin_bombs(struct fetching *t, struct outcome *o,
                        lariat_deferred **deferreds, bool later, enum way way,
                        uint64_t limit, uint64_t timeout_ms) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.max_body_bytes = limit;
  options.timeout_ms = timeout_ms;
  options.sha256 = false;
  if (way == DISCARDED) options.sink = lariat_sink_discard();
  for (int i = 0; i < BOMBS; i++) {
    host++;
    if (later) ask_cleanly(t);
    deferreds[i] =
        lariat_request(t->client, "GET", url_of("/case/0"), &options);
  }
  for (int i = 0; i < BOMBS; i++)
    outcome_watch(&o[i], lariat_deferred_retain(deferreds[i]));
}

static void release_all(lariat_deferred **deferreds, struct outcome *o) {
  for (int i = 0; i < BOMBS; i++) lariat_deferred_release(deferreds[i]);
  outcome_clear(o, BOMBS);
}

/* No more is made of any than the limit and a piece; all of them end. */
static void check_limited(struct fetching *t, bool later, enum way way) {
  static struct outcome o[BOMBS];
  static lariat_deferred *deferreds[BOMBS];
  uint64_t before = lr_u64_load_acquire(&inflated);
  begin_bombs(t, o, deferreds, later, way, BOMB_LIMIT, 0);
  if (!fetching_wait(t, o, BOMBS, PATIENCE_MS)) abort();
  for (int i = 0; i < BOMBS; i++)
    outcome_expect_failure(&o[i], LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY);
  uint64_t made = lr_u64_load_acquire(&inflated) - before;
  CU_ASSERT(made >= (uint64_t)BOMBS * BOMB_LIMIT);
  CU_ASSERT(made <= (uint64_t)BOMBS * (BOMB_LIMIT + 64 * 1024));
  release_all(deferreds, o);
}

static void test_limited_bombs(void) {
  struct fetching t;
  open_pool(&t);
  serve(&bomb);
  for (unsigned i = 0; i < 4; i++)
    check_limited(&t, i & 1, i & 2 ? DISCARDED : TO_MEMORY);
  fetching_close(&t);
}

/* Of zeros behind a gzip member nothing is made; the limit holds for them, too.
 */
static void check_nothing(struct fetching *t, bool later, enum way way) {
  struct outcome o;
  lariat_request_options options = lariat_request_defaults(t->client);
  options.max_body_bytes = 1000;
  if (way == DISCARDED) options.sink = lariat_sink_discard();
  host++;
  if (later) ask_cleanly(t);
  fetching_do(t, &o,
              lariat_request(t->client, "GET", url_of("/case/0"), &options));
  outcome_expect_failure(&o, LARIAT_EBODYLIMIT, LARIAT_PHASE_BODY);
  outcome_clear(&o, 1);
}

static void test_limit_of_nothing(void) {
  enum { ZEROS = 300 * 1024 };
  struct fetching t;
  struct compressed body;
  compressed_make("gzip", text, 100, &body);
  body.bytes = realloc(body.bytes, body.length + ZEROS);
  if (!body.bytes) abort();
  memset(body.bytes + body.length, 0, ZEROS);
  struct answer answer =
      make_answer(ok_line, "gzip", BY_CHUNKS, body.bytes, body.length + ZEROS);
  open_pool(&t);
  serve(&answer);
  for (unsigned i = 0; i < 4; i++)
    check_nothing(&t, i & 1, i & 2 ? DISCARDED : TO_MEMORY);
  fetching_close(&t);
  drop(&answer);
  compressed_free(&body);
}

/* What is given up is not decoded any further, whether its time is over or its
 * caller has cancelled it. */
static void check_given_up(struct fetching *t, bool later, bool cancelled) {
  static struct outcome o[BOMBS];
  static lariat_deferred *deferreds[BOMBS];
  struct outcome after;
  begin_bombs(t, o, deferreds, later, DISCARDED, 0, cancelled ? 0 : 300);
  uint64_t begun = lr_u64_load_acquire(&inflated);
  while (cancelled && lr_u64_load_acquire(&inflated) < begun + 8 * 1024 * 1024)
    fetching_run(t, 1);
  for (int i = 0; cancelled && i < BOMBS; i++)
    lariat_deferred_cancel(deferreds[i]);
  if (!fetching_wait(t, o, BOMBS, PATIENCE_MS)) abort();
  if (!fetching_wait_idle(t, PATIENCE_MS)) abort();
  uint64_t made = lr_u64_load_acquire(&inflated);
  for (int i = 0; i < 3; i++) {
    fetching_do(t, &after, lariat_get(t->client, url_of("/clean")));
    outcome_expect_http(&after, 200);
    outcome_clear(&after, 1);
  }
  CU_ASSERT_EQUAL(lr_u64_load_acquire(&inflated), made);
  release_all(deferreds, o);
}

static void test_given_up(void) {
  struct fetching t;
  open_pool(&t);
  serve(&bomb);
  for (unsigned i = 0; i < 4; i++) check_given_up(&t, i & 1, i & 2);
  fetching_close(&t);
}

/* From one look at the events to the next, a reactor makes a few pieces of each
 * body that has come, however much there would be. */
static void test_turns(void) {
  static struct outcome o[BOMBS];
  static lariat_deferred *deferreds[BOMBS];
  enum { READS = 4, PIECES = 8, MORE = 64 * 1024 };
  struct fetching t;
  open_pool(&t);
  serve(&bomb);
  lr_u64_store_release(&most_in_a_turn, 0);
  for (int later = 0; later < 2; later++) {
    begin_bombs(&t, o, deferreds, later, DISCARDED, BOMB / 32, 0);
    if (!fetching_wait(&t, o, BOMBS, PATIENCE_MS)) abort();
    release_all(deferreds, o);
  }
  uint64_t most = lr_u64_load_acquire(&most_in_a_turn);
  printf("\n    %llu KB in a turn ", (unsigned long long)most / 1024);
  CU_ASSERT(most > 0);
  CU_ASSERT(most <=
            (uint64_t)(LR_DECODE_TURN + MORE) * (BOMBS * READS + PIECES));
  fetching_close(&t);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"whole bodies", test_whole},
      {"cut ones", test_cut},
      {"broken ones", test_broken},
      {"bodies as they come", test_as_it_comes},
      {"headers stay", test_headers_stay},
      {"redirects", test_redirects},
      {"connections are kept", test_connections_are_kept},
      {"memory runs out", test_without_memory},
      {"bombs and a limit", test_limited_bombs},
      {"a limit, and nothing made", test_limit_of_nothing},
      {"bombs that are given up", test_given_up},
      {"bombs and turns", test_turns},
  };
  unsigned state = 7;
  for (int i = 0; i < TEXT; i++) {
    state = state * 1103515245u + 12345u;
    text[i] = (char)('a' + (state >> 16) % ((state >> 24) % 20 + 1));
  }
  make_bomb();
  server = manual_server_start("127.0.0.0/8", 0);
  if (!server) abort();
  int failed =
      fixture_main("decoding", tests, FIXTURE_COUNT(tests), argc, argv);
  manual_server_stop(server);
  free(bomb.bytes);
  return failed;
}
