/* SPDX-License-Identifier: MIT
 * What a response keeps beside its head and body where it is asked to: the
 * bytes of heads and bodies, connections, TLS, redirects, trailers.  All of it
 * on connections of lariat's own and by libcurl, with the same outcome. */
#include <curl/curl.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "curl/libcurl.h"
#include "support/compressed.h"
#include "support/fetching.h"
#include "support/manual_server.h"
#include "support/nginx.h"
#include "support/origin.h"
#include "support/response_corpus.h"
#include "support/tls_server.h"
#include <lariat/failure.h>
#include <lariat/stream.h>

enum {
  EVERYTHING = LARIAT_KEEP_RAW_HEAD | LARIAT_KEEP_RAW_BODY |
               LARIAT_KEEP_CONNECTION | LARIAT_KEEP_CERTIFICATES |
               LARIAT_KEEP_REDIRECTS,
  TEXT = 30000,
  ANSWER_ROOM = 2 * TEXT,
  MANY = 12,
  BOMB = 16908547 /* bytes that come of /bomb */
};

static struct nginx *nginx;
static struct origin *origin;
static struct manual_server *server;
static unsigned hosts;
static char where[512];

/* ---- What all of these need ---- */

static void open_pool(struct fetching *t, bool libcurl_only,
                      uint64_t max_body_memory) {
  lariat_pool_options pool = lariat_pool_defaults();
  pool.reactors = 1;
  pool.ca_file = nginx->ca_file;
  pool.libcurl_only = libcurl_only;
  pool.max_body_memory = max_body_memory;
  fetching_open(t, &pool, NULL);
}

/* A case of the server by hand, at a host that nobody has asked before. */
static const char *new_host(void) {
  static char url[128];
  hosts++;
  snprintf(url, sizeof url, "http://127.81.%u.%u:%u/case/0", hosts / 250,
           1 + hosts % 250, server->port);
  return url;
}

static void set_answer(unsigned number, const char *bytes, size_t length,
                       enum manual_end end) {
  const struct manual_answer answer = {
      .bytes = bytes, .length = length, .end = end};
  manual_server_answer(server, number, &answer);
}

static lariat_request_options keeping(const struct fetching *t, unsigned keep) {
  lariat_request_options options = lariat_request_defaults(t->client);
  options.keep = keep;
  return options;
}

static void ask(struct fetching *t, struct outcome *o, const char *method,
                const char *url, const lariat_request_options *options) {
  fetching_do(t, o, lariat_request(t->client, method, url, options));
  (void)manual_server_seen(server, 0); /* its thread has done with the bytes */
}

static void get(struct fetching *t, struct outcome *o, const char *url,
                const lariat_request_options *options) {
  ask(t, o, "GET", url, options);
}

static bool is_libcurls(bool libcurl_only) {
  return libcurl_only && lr_libcurl_unfolds();
}

/* ---- Heads ---- */

static bool has_fold(const struct corpus_response *shape) {
  for (size_t i = 0; i + 1 < shape->length; i++)
    if (shape->bytes[i] == '\n' &&
        (shape->bytes[i + 1] == ' ' || shape->bytes[i + 1] == '\t'))
      return true;
  return false;
}

/* The heads are the bytes that the shape begins with; the last one is the
 * answer's. */
static void check_heads(const struct corpus_response *shape,
                        const lariat_response *response, bool libcurl_only) {
  size_t interim, final;
  const char *first = lariat_response_raw_interim_heads(response, &interim);
  const char *last = lariat_response_raw_head(response, &final);
  bool exact = !is_libcurls(libcurl_only) || !has_fold(shape);
  lariat_head_source source = lariat_response_raw_head_source(response);
  if (source !=
      (is_libcurls(libcurl_only) ? LARIAT_HEAD_UNFOLDED : LARIAT_HEAD_RECEIVED))
    fixture_fail("%s: source %d", shape->name, (int)source);
  char status[8];
  snprintf(status, sizeof status, " %d", lariat_response_status(response));
  if (final < 12 || memcmp(last, "HTTP/1.", 7) != 0 ||
      memcmp(last + 8, status, 4) != 0 || last[final - 1] != '\n')
    fixture_fail("%s: the last head: %.*s", shape->name, (int) final, last);
  if (exact && (interim + final > shape->length ||
                memcmp(shape->bytes, first, interim) != 0 ||
                memcmp(shape->bytes + interim, last, final) != 0))
    fixture_fail("%s: these bytes did not come: %.*s%.*s", shape->name,
                 (int)interim, first, (int) final, last);
}

static void check_shapes(bool libcurl_only) {
  size_t count = 0;
  unsigned answered = 0;
  struct corpus_response *shapes = response_corpus_make(&count);
  struct fetching t;
  struct outcome o;
  open_pool(&t, libcurl_only, 0);
  lariat_request_options options = keeping(&t, EVERYTHING);
  options.max_redirects = 0;
  for (size_t i = 0; shapes && i < count; i++) {
    if (shapes[i].flags & CORPUS_WAITS) continue;
    set_answer(0, shapes[i].bytes, shapes[i].length, MANUAL_CLOSE);
    get(&t, &o, new_host(), &options);
    if (o.status == LARIAT_OK) {
      check_heads(&shapes[i], outcome_response(&o), libcurl_only);
      answered++;
    }
    outcome_clear(&o, 1);
  }
  CU_ASSERT(answered > 20);
  response_corpus_free(shapes, count);
  fetching_close(&t);
}

static void test_shapes(void) {
  check_shapes(false);
  check_shapes(true);
}

/* All heads of 1xx are there, each byte of them. */
static void check_interim(bool libcurl_only) {
  static const char interim[] =
      "HTTP/1.1 103 Early\r\nLink: </a>\nLINK:  b \r\n"
      "\r\nHTTP/1.1 102 Wait\r\n\r\n";
  static const char final[] = "HTTP/1.1 200 Fine  by me\r\nX-oDD:\t1\r\n"
                              "x-Odd: 2\nContent-Length: 3\r\n\r\n";
  char all[512];
  size_t length;
  struct fetching t;
  struct outcome o;
  int total = snprintf(all, sizeof all, "%s%sok\n", interim, final);
  open_pool(&t, libcurl_only, 0);
  lariat_request_options options = keeping(&t, LARIAT_KEEP_RAW_HEAD);
  set_answer(0, all, (size_t)total, MANUAL_KEEP);
  const char *url = new_host();
  for (int i = 0; i < 3; i++) {
    get(&t, &o, url, &options);
    const lariat_response *response = outcome_response(&o);
    const char *head = lariat_response_raw_head(response, &length);
    CU_ASSERT_EQUAL_FATAL(length, strlen(final));
    CU_ASSERT_EQUAL(memcmp(head, final, length), 0);
    head = lariat_response_raw_interim_heads(response, &length);
    CU_ASSERT_EQUAL_FATAL(length, strlen(interim));
    CU_ASSERT_EQUAL(memcmp(head, interim, length), 0);
    CU_ASSERT_STRING_EQUAL(lariat_response_header_at(response, 0).name,
                           "X-oDD");
    CU_ASSERT_EQUAL(lariat_response_header_values(response, "x-odd"), 2);
    CU_ASSERT_PTR_NULL(lariat_response_raw_body(response, &length));
    CU_ASSERT_EQUAL(length, 0);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

static void test_interim(void) {
  check_interim(false);
  check_interim(true);
}

/* Of a request that goes out again there is the last answer, and no byte of
 * what came before: a 417, after which libcurl asks anew without the
 * expectation; a 408 that a server closes its idle connection with. */
static void expect_last_head(struct fetching *t, struct outcome *o,
                             const char *wanted) {
  size_t length;
  (void)fetching_wait(t, o, 1, 5000);
  const lariat_response *response = outcome_response(o);
  const char *head = lariat_response_raw_head(response, &length);
  CU_ASSERT_EQUAL_FATAL(length, strlen(wanted) - strlen("ok\n"));
  CU_ASSERT_EQUAL(memcmp(head, wanted, length), 0);
  (void)lariat_response_raw_interim_heads(response, &length);
  CU_ASSERT_EQUAL(length, 0);
  CU_ASSERT_STRING_EQUAL(lariat_response_raw_body(response, &length), "ok\n");
  outcome_clear(o, 1);
}

static const char refused[] = "HTTP/1.1 417 No\r\nX: y\r\n"
                              "Content-Length: 3\r\n\r\nno\n";
static const char late[] = "HTTP/1.1 408 Late\r\nConnection: close\r\n"
                           "Content-Length: 3\r\n\r\nno\n";
static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

static void check_refused(bool libcurl_only) {
  struct fetching t;
  struct outcome o;
  struct manual_server steps;
  lariat_header expects = {"Expect", "100-continue"};
  open_pool(&t, libcurl_only, 0);
  manual_server_open(&steps, &t.f);
  lariat_request_options options = keeping(&t, EVERYTHING);
  options.headers = &expects;
  options.header_count = 1;
  options.body = lariat_body_bytes("body", 4);
  outcome_watch(&o, lariat_request(t.client, "PUT",
                                   manual_server_url(&steps, "/"), &options));
  manual_server_accept(&steps);
  manual_server_read_request(&steps);
  manual_server_send(&steps, refused);
  manual_server_read_request(&steps);
  manual_server_send(&steps, good);
  expect_last_head(&t, &o, good);
  manual_server_close(&steps);
  fetching_close(&t);
}

static void check_late(bool libcurl_only) {
  struct fetching t;
  struct outcome o;
  struct manual_server steps;
  open_pool(&t, libcurl_only, 0);
  manual_server_open(&steps, &t.f);
  lariat_request_options options = keeping(&t, EVERYTHING);
  for (int i = 0; i < 2; i++) {
    outcome_watch(&o, lariat_request(t.client, "GET",
                                     manual_server_url(&steps, "/"), &options));
    if (i == 0) manual_server_accept(&steps);
    manual_server_read_request(&steps);
    if (i == 1) {
      manual_server_send(&steps, late);
      manual_server_end(&steps);
      manual_server_accept(&steps);
      manual_server_read_request(&steps);
    }
    manual_server_send(&steps, good);
    expect_last_head(&t, &o, good);
  }
  manual_server_close(&steps);
  fetching_close(&t);
}

static void test_sent_again(void) {
  check_refused(false);
  check_refused(true);
  check_late(false);
  check_late(true);
}

/* ---- Bodies ---- */

enum framing { BY_LENGTH, BY_CHUNKS, BY_CLOSE, FRAMINGS };
enum way { TO_MEMORY, TO_FD, DISCARDED, WAYS };

static char words[TEXT + 1];

static void fill_words(void) {
  unsigned number = 7;
  for (size_t i = 0; i < TEXT; i++) {
    number = number * 1103515245u + 12345u;
    words[i] = (char)('a' + (number >> 16) % 5);
  }
}

/* An answer that is being written. */
struct writing {
  char *bytes;
  size_t length;
};

static void add_bytes(struct writing *w, const char *bytes, size_t length) {
  memcpy(w->bytes + w->length, bytes, length);
  w->length += length;
}

static void add_text(struct writing *w, const char *text) {
  add_bytes(w, text, strlen(text));
}

static void add_size(struct writing *w, size_t size) {
  char line[32];
  snprintf(line, sizeof line, "%zx\r\n", size);
  add_text(w, line);
}

static void add_length(struct writing *w, size_t length) {
  char line[64];
  snprintf(line, sizeof line, "Content-Length: %zu\r\n", length);
  add_text(w, line);
}

static void add_chunks(struct writing *w, const char *body, size_t length) {
  for (size_t done = 0; done < length;) {
    size_t piece = length - done < 999 ? length - done : 999;
    add_size(w, piece);
    add_bytes(w, body + done, piece);
    add_text(w, "\r\n");
    done += piece;
  }
  add_text(w, "0\r\n\r\n");
}

/* Writes an answer with this body; how long it is. */
static size_t write_answer(char *out, enum framing framing, const char *coding,
                           const char *body, size_t length) {
  struct writing w = {out, 0};
  add_text(&w, "HTTP/1.1 200 OK\r\n");
  if (coding) {
    add_text(&w, "Content-Encoding: ");
    add_text(&w, coding);
    add_text(&w, "\r\n");
  }
  if (framing == BY_LENGTH) add_length(&w, length);
  if (framing == BY_CHUNKS) add_text(&w, "Transfer-Encoding: chunked\r\n");
  add_text(&w, "\r\n");
  if (framing == BY_CHUNKS)
    add_chunks(&w, body, length);
  else
    add_bytes(&w, body, length);
  return w.length;
}

/* The raw body is `raw`, and the decoded one went where it was to go. */
static void check_body(const struct outcome *o, enum way way, int fd,
                       const struct compressed *raw, bool decoded) {
  const lariat_response *response = outcome_response(o);
  const char *bytes = decoded ? words : raw->bytes;
  size_t whole = decoded ? TEXT : raw->length;
  size_t length = 0;
  static char written[TEXT + 1];
  const char *kept = lariat_response_raw_body(response, &length);
  CU_ASSERT_EQUAL(length, raw->length);
  CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
  CU_ASSERT(length == raw->length && memcmp(kept, raw->bytes, length) == 0);
  CU_ASSERT_EQUAL(lariat_response_body_bytes(response), whole);
  const char *body = lariat_response_body(response, &length);
  CU_ASSERT_EQUAL(length, way == TO_MEMORY ? whole : 0);
  CU_ASSERT(memcmp(body, bytes, length) == 0);
  if (way != TO_FD) return;
  CU_ASSERT_EQUAL(pread(fd, written, sizeof written, 0), (ssize_t)whole);
  CU_ASSERT(memcmp(written, bytes, whole) == 0);
}

/* One answer, asked for twice: the second time on a connection that is there.
 */
static void check_way(struct fetching *t, enum way way, const char *coding,
                      const struct compressed *raw, bool undecoded) {
  struct outcome o;
  lariat_header as_it_is = {"Accept-Encoding", coding};
  const char *url = new_host();
  for (int i = 0; i < 2; i++) {
    lariat_request_options options =
        keeping(t, LARIAT_KEEP_RAW_BODY | LARIAT_KEEP_RAW_HEAD);
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    CU_ASSERT(fd >= 0);
    if (way == TO_FD) options.sink = lariat_sink_fd(fd);
    if (way == DISCARDED) options.sink = lariat_sink_discard();
    if (undecoded) {
      options.headers = &as_it_is;
      options.header_count = 1;
    }
    get(t, &o, url, &options);
    check_body(&o, way, fd, raw, coding && !undecoded);
    outcome_clear(&o, 1);
    close(fd);
  }
}

static void check_bodies(bool libcurl_only, uint64_t max_body_memory) {
  static char answer[ANSWER_ROOM];
  static const char *const codings[] = {"gzip", NULL};
  struct fetching t;
  open_pool(&t, libcurl_only, max_body_memory);
  for (unsigned trial = 0; trial < 2 * FRAMINGS * WAYS; trial++) {
    const char *coding = codings[trial % 2];
    enum framing framing = (enum framing)(trial / 2 % FRAMINGS);
    enum way way = (enum way)(trial / 2 / FRAMINGS);
    struct compressed raw = {words, TEXT};
    if (coding) compressed_make(coding, words, TEXT, &raw);
    size_t length =
        write_answer(answer, framing, coding, raw.bytes, raw.length);
    set_answer(0, answer, length,
               framing == BY_CLOSE ? MANUAL_CLOSE : MANUAL_KEEP);
    check_way(&t, way, coding, &raw, false);
    if (coding) check_way(&t, way, coding, &raw, true);
    if (coding) compressed_free(&raw);
  }
  fetching_close(&t);
}

static void test_bodies(void) {
  check_bodies(false, 0);
  check_bodies(true, 0);
}

/* A budget that has no place for one of them counts both, and holds up no
 * one for ever. */
static void test_budget(void) {
  check_bodies(false, 20000);
  check_bodies(true, 20000);
}

static void check_many(bool libcurl_only) {
  struct fetching t;
  struct outcome o[MANY];
  open_pool(&t, libcurl_only, 30000);
  lariat_request_options options = keeping(&t, LARIAT_KEEP_RAW_BODY);
  options.sink = lariat_sink_discard();
  for (int i = 0; i < MANY; i++)
    outcome_watch(&o[i], lariat_request(t.client, "GET",
                                        origin_url(origin, "/bytes/200000",
                                                   where, sizeof where),
                                        &options));
  CU_ASSERT_TRUE(fetching_wait(&t, o, MANY, 10000));
  for (int i = 0; i < MANY; i++) {
    size_t length = 0;
    (void)lariat_response_raw_body(outcome_response(&o[i]), &length);
    CU_ASSERT_EQUAL(length, 200000);
  }
  outcome_clear(o, MANY);
  fetching_close(&t);
}

static void test_many(void) {
  check_many(false);
  check_many(true);
}

/* A body whose decoding takes several turns: each byte is kept once. */
static void check_bomb(bool libcurl_only) {
  struct fetching t;
  struct outcome o[2];
  size_t raw[2];
  lariat_header as_it_is = {"Accept-Encoding", "gzip"};
  open_pool(&t, libcurl_only, 0);
  lariat_request_options options = keeping(&t, LARIAT_KEEP_RAW_BODY);
  const char *url = origin_url(origin, "/bomb", where, sizeof where);
  get(&t, &o[0], url, &options);
  options.headers = &as_it_is;
  options.header_count = 1;
  get(&t, &o[1], url, &options);
  CU_ASSERT_EQUAL(lariat_response_body_bytes(outcome_response(&o[0])), BOMB);
  const char *kept = lariat_response_raw_body(outcome_response(&o[0]), &raw[0]);
  const char *sent = lariat_response_body(outcome_response(&o[1]), &raw[1]);
  CU_ASSERT_EQUAL_FATAL(raw[0], raw[1]);
  CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
  CU_ASSERT_EQUAL(memcmp(kept, sent, raw[0]), 0);
  outcome_clear(o, 2);
  fetching_close(&t);
}

static void test_bomb(void) {
  check_bomb(false);
  check_bomb(true);
}

/* What is kept changes nothing of what is taken. */
static void check_limit(bool libcurl_only) {
  static char answer[ANSWER_ROOM];
  static const struct {
    const char *coding;
    uint64_t limit;
    lariat_status status;
  } rows[] = {{"gzip", 9, LARIAT_EBODYLIMIT},
              {"gzip", 10, LARIAT_OK},
              {NULL, 9, LARIAT_EBODYLIMIT},
              {NULL, 10, LARIAT_OK}};
  struct compressed raw;
  struct fetching t;
  struct outcome o;
  compressed_make("gzip", words, 10, &raw);
  CU_ASSERT(raw.length > 10);
  open_pool(&t, libcurl_only, 0);
  for (size_t i = 0; i < 4 * FIXTURE_COUNT(rows); i++) {
    bool coded = rows[i / 4].coding != NULL;
    size_t length =
        write_answer(answer, BY_CHUNKS, rows[i / 4].coding,
                     coded ? raw.bytes : words, coded ? raw.length : 10);
    set_answer(0, answer, length, MANUAL_KEEP);
    lariat_request_options options =
        keeping(&t, i % 2 ? LARIAT_KEEP_RAW_BODY : 0);
    options.max_body_bytes = rows[i / 4].limit;
    if (i & 2) options.sink = lariat_sink_discard();
    get(&t, &o, new_host(), &options);
    CU_ASSERT_EQUAL(o.status, rows[i / 4].status);
    outcome_clear(&o, 1);
  }
  compressed_free(&raw);
  fetching_close(&t);
}

static void test_limit(void) {
  check_limit(false);
  check_limit(true);
}

/* Answers without a body have none, kept or not. */
static void check_bodiless(bool libcurl_only) {
  static const struct {
    const char *method;
    const char *answer;
  } rows[] = {{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n"},
              {"GET", "HTTP/1.1 204 None\r\n\r\n"},
              {"GET", "HTTP/1.1 304 Same\r\nContent-Encoding: gzip\r\n\r\n"},
              {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}};
  struct fetching t;
  struct outcome o;
  open_pool(&t, libcurl_only, 0);
  const char *url = NULL;
  lariat_request_options options = keeping(&t, EVERYTHING);
  for (size_t i = 0; i < 2 * FIXTURE_COUNT(rows); i++) {
    size_t length = 1;
    const char *answer = rows[i / 2].answer;
    set_answer(0, answer, strlen(answer), MANUAL_KEEP);
    if (i % 2 == 0) url = new_host();
    ask(&t, &o, rows[i / 2].method, url, &options);
    const lariat_response *response = outcome_response(&o);
    CU_ASSERT_STRING_EQUAL(lariat_response_raw_body(response, &length), "");
    CU_ASSERT_EQUAL(length, 0);
    (void)lariat_response_raw_head(response, &length);
    CU_ASSERT_EQUAL(length, strlen(answer));
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

static void test_bodiless(void) {
  check_bodiless(false);
  check_bodiless(true);
}

/* ---- Connections ---- */

static void check_plain(bool libcurl_only) {
  struct fetching t;
  struct outcome o;
  unsigned port = 0;
  open_pool(&t, libcurl_only, 0);
  lariat_request_options options = keeping(&t, LARIAT_KEEP_CONNECTION);
  for (int i = 0; i < 3; i++) {
    get(&t, &o, origin_url(origin, "/page", where, sizeof where), &options);
    const lariat_response *response = outcome_response(&o);
    CU_ASSERT_STRING_EQUAL(lariat_response_remote_ip(response), "127.0.0.1");
    CU_ASSERT_EQUAL(lariat_response_remote_port(response), origin_port(origin));
    CU_ASSERT_STRING_EQUAL(lariat_response_local_ip(response), "127.0.0.1");
    CU_ASSERT(lariat_response_local_port(response) > 0);
    if (i > 0) CU_ASSERT_EQUAL(lariat_response_local_port(response), port);
    port = lariat_response_local_port(response);
    CU_ASSERT_STRING_EQUAL(lariat_response_tls_version(response), "");
    CU_ASSERT_STRING_EQUAL(lariat_response_tls_cipher(response), "");
    CU_ASSERT_FALSE(lariat_response_tls_resumed(response));
    CU_ASSERT_EQUAL(lariat_response_certificate_count(response), 0);
    CU_ASSERT_EQUAL(lariat_response_raw_head_source(response),
                    LARIAT_HEAD_NOT_KEPT);
    outcome_clear(&o, 1);
  }
  /* What is not asked for is not there. */
  get(&t, &o, origin_url(origin, "/page", where, sizeof where), NULL);
  CU_ASSERT_STRING_EQUAL(lariat_response_local_ip(outcome_response(&o)), "");
  CU_ASSERT_EQUAL(lariat_response_local_port(outcome_response(&o)), 0);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_plain(void) {
  check_plain(false);
  check_plain(true);
}

/* Over TLS the body says whether the session was resumed. */
static void check_tls(bool libcurl_only, enum nginx_port port,
                      const char *alpn) {
  struct fetching t;
  struct outcome o;
  unsigned resumed = 0;
  open_pool(&t, libcurl_only, 0);
  lariat_request_options options = keeping(&t, EVERYTHING);
  for (int i = 0; i < 4; i++) {
    size_t length = 0;
    get(&t, &o, nginx_url(nginx, port, "/resumed", where, sizeof where),
        &options);
    const lariat_response *response = outcome_response(&o);
    bool again = *lariat_response_body(response, NULL) == 'r';
    resumed += again;
    CU_ASSERT_EQUAL(lariat_response_tls_resumed(response), again);
    CU_ASSERT_EQUAL(strncmp(lariat_response_tls_version(response), "TLSv1.", 6),
                    0);
    CU_ASSERT_EQUAL(strncmp(lariat_response_tls_cipher(response), "TLS_", 4),
                    0);
    CU_ASSERT_STRING_EQUAL(lariat_response_tls_alpn(response), alpn);
    CU_ASSERT_STRING_EQUAL(lariat_response_local_ip(response), "127.0.0.1");
    CU_ASSERT(lariat_response_certificate_count(response) >= 1);
    const uint8_t *der = lariat_response_certificate_at(response, 0, &length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(der); /* a SEQUENCE, its length in 2 bytes */
    CU_ASSERT(length > 4 && der[0] == 0x30 && der[1] == 0x82 &&
              length == 4u + ((size_t)der[2] << 8 | der[3]));
    CU_ASSERT_PTR_NULL(lariat_response_certificate_at(
        response, lariat_response_certificate_count(response), &length));
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_EQUAL(lariat_response_raw_head_source(response),
                    strcmp(alpn, "h2") == 0 ? LARIAT_HEAD_REMADE
                    : is_libcurls(libcurl_only || i == 0)
                        ? LARIAT_HEAD_UNFOLDED
                        : LARIAT_HEAD_RECEIVED);
    outcome_clear(&o, 1);
  }
  CU_ASSERT(resumed > 0 || strcmp(alpn, "h2") == 0);
  fetching_close(&t);
}

static void test_tls(void) {
  check_tls(false, NGINX_TLS_HTTP1, "http/1.1");
  check_tls(true, NGINX_TLS_HTTP1, "http/1.1");
  check_tls(false, NGINX_TLS, "h2");
}

/* The chain as the server has sent it, also of sessions that are resumed, for
 * which it sends none. */
static void expect_chain(const lariat_response *response,
                         const struct certificate *const chain[2]) {
  CU_ASSERT_EQUAL(lariat_response_certificate_count(response), 2);
  for (size_t i = 0; i < 2; i++) {
    unsigned char *der = NULL;
    size_t length = 0;
    int wanted = i2d_X509(chain[i]->x509, &der);
    const uint8_t *kept = lariat_response_certificate_at(response, i, &length);
    CU_ASSERT_EQUAL(length, (size_t)wanted);
    CU_ASSERT(kept && wanted > 0 && memcmp(kept, der, length) == 0);
    OPENSSL_free(der);
  }
}

static void check_chain(bool libcurl_only, int version, const char *name,
                        const struct certificate *const chain[2]) {
  struct tls_script script = {.min_version = version,
                              .max_version = version,
                              .end = TLS_NOTIFY,
                              .says_close = true};
  struct fetching t;
  struct outcome o;
  unsigned resumed = 0;
  char url[64];
  lariat_pool_options pool = lariat_pool_defaults();
  struct tls_server *tls = tls_server_start(chain, 2, &script);
  snprintf(url, sizeof url, "https://127.0.0.1:%u/x", tls_server_port(tls));
  pool.reactors = 1;
  pool.insecure = true;
  pool.libcurl_only = libcurl_only;
  fetching_open(&t, &pool, NULL);
  lariat_request_options options = keeping(&t, EVERYTHING);
  for (int i = 0; i < 4; i++) {
    get(&t, &o, url, &options);
    const lariat_response *response = outcome_response(&o);
    CU_ASSERT_STRING_EQUAL(lariat_response_tls_version(response), name);
    resumed += lariat_response_tls_resumed(response);
    expect_chain(response, chain);
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
  struct tls_seen seen = tls_server_stop(tls);
  CU_ASSERT(seen.resumed > 0);
  CU_ASSERT_EQUAL(seen.resumed, resumed);
}

static void test_chain(void) {
  static const struct certificate_profile profiles[] = {
      {.id = "root", .authority = true},
      {.id = "leaf", .issuer = "root", .alt_names = "IP:127.0.0.1"}};
  struct certificate root, leaf;
  certificate_issue(&root, &profiles[0], NULL);
  certificate_issue(&leaf, &profiles[1], &root);
  const struct certificate *const chain[] = {&leaf, &root};
  for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
    check_chain(libcurl_only, TLS1_3_VERSION, "TLSv1.3", chain);
    check_chain(libcurl_only, TLS1_2_VERSION, "TLSv1.2", chain);
  }
  certificate_drop(&leaf);
  certificate_drop(&root);
}

/* ---- Redirects ---- */

static const char hop_0[] = "HTTP/1.1 302 Go\r\nSet-Cookie: a=1\r\n"
                            "Set-Cookie: b=2\r\nLocation: /case/1\r\n"
                            "Content-Length: 5\r\n\r\nhop0\n";
static const char hop_1[] = "HTTP/1.1 307 On\r\nLocation: /case/2?x\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n"
                            "5\r\nhop1\n\r\n0\r\n\r\n";
static const char hop_2[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nend\n";
static const char busy[] = "HTTP/1.1 503 No\r\nContent-Length: 3\r\n\r\nno\n";

static void set_hops(const char *last) {
  set_answer(0, hop_0, sizeof hop_0 - 1, MANUAL_KEEP);
  set_answer(1, hop_1, sizeof hop_1 - 1, MANUAL_KEEP);
  set_answer(2, last, strlen(last), MANUAL_KEEP);
}

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text);
  return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* The hops, in the order that they were followed. */
static void check_history(const lariat_response *response, unsigned keep,
                          const char *bodies[2]) {
  static const int status[] = {302, 307};
  static const char *const paths[] = {"/case/0", "/case/1"};
  static const char *const heads[] = {hop_0, hop_1};
  CU_ASSERT_EQUAL_FATAL(lariat_response_redirects(response), 2);
  CU_ASSERT_TRUE(ends_with(lariat_response_url(response), "/case/2?x"));
  for (size_t i = 0; i < 2; i++) {
    size_t length = 0;
    const lariat_response *hop = lariat_response_redirect_at(response, i);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hop);
    CU_ASSERT_EQUAL(lariat_response_status(hop), status[i]);
    CU_ASSERT_TRUE(ends_with(lariat_response_url(hop), paths[i]));
    CU_ASSERT_STRING_EQUAL(lariat_response_body(hop, NULL), bodies[i]);
    CU_ASSERT_EQUAL(lariat_response_redirects(hop), i);
    const char *head = lariat_response_raw_head(hop, &length);
    CU_ASSERT_EQUAL(length > 0, (keep & LARIAT_KEEP_RAW_HEAD) != 0);
    CU_ASSERT(memcmp(head, heads[i], length) == 0);
    if (keep & LARIAT_KEEP_RAW_BODY) {
      const char *raw = lariat_response_raw_body(hop, &length);
      CU_ASSERT(length == 5 && memcmp(raw, i ? "hop1\n" : "hop0\n", 5) == 0);
    }
  }
  CU_ASSERT_PTR_NULL(lariat_response_redirect_at(response, 2));
  const lariat_response *first = lariat_response_redirect_at(response, 0);
  size_t position = 0;
  CU_ASSERT_STRING_EQUAL(
      lariat_response_next_header(first, "set-cookie", &position), "a=1");
  CU_ASSERT_STRING_EQUAL(
      lariat_response_next_header(first, "SET-COOKIE", &position), "b=2");
  CU_ASSERT_PTR_NULL(
      lariat_response_next_header(first, "Set-Cookie", &position));
}

static const char *whole_bodies[] = {"hop0\n", "hop1\n"};
static const char *no_bodies[] = {"", ""};

static void check_redirects(bool libcurl_only) {
  static const unsigned keeps[] = {LARIAT_KEEP_REDIRECTS, EVERYTHING};
  struct fetching t;
  struct outcome o;
  set_hops(hop_2);
  open_pool(&t, libcurl_only, 0);
  for (unsigned i = 0; i < 2 * WAYS; i++) {
    unsigned keep = keeps[i % 2];
    enum way way = (enum way)(i / 2);
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    lariat_request_options options = keeping(&t, keep);
    if (way == TO_FD) options.sink = lariat_sink_fd(fd);
    if (way == DISCARDED) options.sink = lariat_sink_discard();
    get(&t, &o, new_host(), &options);
    check_history(outcome_response(&o), keep,
                  way == DISCARDED ? no_bodies : whole_bodies);
    outcome_clear(&o, 1);
    close(fd);
  }
  get(&t, &o, new_host(), NULL);
  CU_ASSERT_EQUAL(lariat_response_redirects(outcome_response(&o)), 2);
  CU_ASSERT_PTR_NULL(lariat_response_redirect_at(outcome_response(&o), 0));
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_redirects(void) {
  check_redirects(false);
  check_redirects(true);
}

/* A failure has the redirects that came before it, the last one perhaps not
 * followed. */
static void check_failed(const struct outcome *o, lariat_status status,
                         size_t count) {
  static const int statuses[] = {302, 307};
  size_t length;
  outcome_expect_status(o, status);
  for (size_t i = 0; i < count; i++) {
    const lariat_response *hop = lariat_failure_redirect_at(o->value, i);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hop);
    CU_ASSERT_EQUAL(lariat_response_status(hop), statuses[i]);
    CU_ASSERT_TRUE(ends_with(lariat_response_url(hop), i ? "/1" : "/0"));
    CU_ASSERT_STRING_EQUAL(lariat_response_body(hop, NULL), whole_bodies[i]);
    (void)lariat_response_raw_head(hop, &length);
    CU_ASSERT(length > 0);
  }
  CU_ASSERT_PTR_NULL(lariat_failure_redirect_at(o->value, count));
}

/* What was followed stays known when the last answer is tried again, or all of
 * it fails. */
static void check_tried_again(bool libcurl_only) {
  struct fetching t;
  struct outcome o;
  lariat_retry_policy policy = lariat_retry_defaults();
  policy.max_retries = 2;
  policy.base_ms = 1;
  policy.no_budget = true;
  open_pool(&t, libcurl_only, 0);
  lariat_request_options options = keeping(&t, EVERYTHING);
  options.retry = &policy;
  set_hops(busy);
  get(&t, &o, new_host(), &options);
  CU_ASSERT_EQUAL(lariat_response_attempts(outcome_response(&o)), 3);
  check_history(outcome_response(&o), EVERYTHING, whole_bodies);
  outcome_clear(&o, 1);
  options.max_redirects = 1;
  get(&t, &o, new_host(), &options);
  check_failed(&o, LARIAT_EREDIRECTS, 2);
  outcome_clear(&o, 1);
  set_hops("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n");
  options.max_redirects = 5;
  get(&t, &o, new_host(), &options);
  check_failed(&o, LARIAT_EPROTOCOL, 2);
  outcome_clear(&o, 1);
  set_hops("HTTP/1.1 302 No\r\nLocation: ftp://a/\r\n"
           "Content-Length: 0\r\n\r\n");
  get(&t, &o, new_host(), &options);
  outcome_expect_status(&o, LARIAT_EREDIRECT);
  CU_ASSERT_EQUAL(
      lariat_response_redirects(lariat_failure_redirect_at(o.value, 2)), 2);
  CU_ASSERT_PTR_NULL(lariat_failure_redirect_at(o.value, 3));
  outcome_clear(&o, 1);
  set_answer(2, "", 0, MANUAL_CLOSE);
  get(&t, &o, new_host(), &options);
  CU_ASSERT(lariat_failure_attempts(o.value) >= 3);
  check_failed(&o, LARIAT_EEMPTY, 2);
  outcome_clear(&o, 1);
  options.keep = EVERYTHING & ~LARIAT_KEEP_REDIRECTS;
  get(&t, &o, new_host(), &options);
  check_failed(&o, LARIAT_EEMPTY, 0);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_tried_again(void) {
  check_tried_again(false);
  check_tried_again(true);
}

/* A transform, and who gets a stream, have all that is known at the head. */
static lariat_value look(lariat_value value, void *context) {
  unsigned *calls = context;
  check_history(lariat_response_in(value), EVERYTHING, whole_bodies);
  ++*calls;
  return value;
}

static void check_takers(bool libcurl_only) {
  struct fetching t;
  struct outcome o;
  unsigned calls = 0;
  size_t length = 0;
  set_hops(hop_2);
  open_pool(&t, libcurl_only, 0);
  lariat_request_options options = keeping(&t, EVERYTHING);
  options.transform = look;
  options.transform_context = &calls;
  get(&t, &o, new_host(), &options);
  CU_ASSERT_EQUAL(calls, 1);
  outcome_clear(&o, 1);
  options = keeping(&t, EVERYTHING & ~LARIAT_KEEP_RAW_BODY);
  options.sink = lariat_sink_stream(0);
  get(&t, &o, new_host(), &options);
  const lariat_response *response = outcome_response(&o);
  check_history(response, options.keep, whole_bodies);
  (void)lariat_response_raw_head(response, &length);
  CU_ASSERT_EQUAL(length, sizeof hop_2 - 1 - 4);
  CU_ASSERT(lariat_response_local_port(response) > 0);
  outcome_clear(&o, 1);
  fetching_close(&t);
}

static void test_takers(void) {
  check_takers(false);
  check_takers(true);
}

/* ---- Trailers ---- */

/* Says whether libcurl reads nothing behind an answer of HTTP/2 whose length
 * was told: before 8.6.0. */
static bool stops_at_length(void) {
  return curl_version_info(CURLVERSION_NOW)->version_num < 0x080600;
}

/* Behind a body whose length was told at the head, and behind one of which it
 * was not, since it is compressed. */
static void check_trailers(bool libcurl_only, enum nginx_port port,
                           lariat_http http) {
  struct fetching t;
  struct outcome o;
  open_pool(&t, libcurl_only, 0);
  lariat_request_options options = keeping(&t, EVERYTHING);
  options.http = http;
  lariat_header as_it_is = {"Accept-Encoding", "identity"};
  for (int i = 0; i < 4; i++) {
    options.headers = i & 2 ? &as_it_is : NULL;
    options.header_count = i & 2 ? 1 : 0;
    options.keep = i & 1 ? EVERYTHING : 0;
    get(&t, &o, nginx_url(nginx, port, "/trailers", where, sizeof where),
        &options);
    const lariat_response *response = outcome_response(&o);
    outcome_expect_body(&o, "with trailers\n");
    CU_ASSERT_PTR_NULL(lariat_response_header(response, "X-Sum"));
    if (http == LARIAT_HTTP_2 && i & 2 && stops_at_length()) {
      outcome_clear(&o, 1);
      continue;
    }
    CU_ASSERT_EQUAL_FATAL(lariat_response_trailer_count(response), 2);
    CU_ASSERT_STRING_EQUAL(lariat_response_trailer(response, "X-Sum"), "12");
    CU_ASSERT_STRING_EQUAL(lariat_response_trailer_at(response, 1).value, "13");
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

static void test_trailers(void) {
  check_trailers(false, NGINX_PLAIN, LARIAT_HTTP_AUTO);
  check_trailers(true, NGINX_PLAIN, LARIAT_HTTP_AUTO);
  check_trailers(false, NGINX_TLS_HTTP1, LARIAT_HTTP_AUTO);
  check_trailers(false, NGINX_TLS, LARIAT_HTTP_2);
}

/* ---- Options ---- */

static void test_refused(void) {
  struct fetching t;
  struct outcome o;
  open_pool(&t, false, 0);
  lariat_request_options options = keeping(&t, EVERYTHING + 1);
  get(&t, &o, new_host(), &options);
  outcome_expect_status(&o, LARIAT_EINVAL);
  outcome_clear(&o, 1);
  options = keeping(&t, LARIAT_KEEP_RAW_BODY);
  options.sink = lariat_sink_stream(0);
  get(&t, &o, new_host(), &options);
  outcome_expect_status(&o, LARIAT_EINVAL);
  outcome_clear(&o, 1);
  lariat_client_options wrong = lariat_client_defaults();
  lariat_client *client = NULL;
  wrong.keep = EVERYTHING + 1;
  CU_ASSERT_EQUAL(lariat_client_new(t.pool, t.f.reactor, &wrong, &client),
                  LARIAT_EINVAL);
  fetching_close(&t);
}

/* A client's own options are for each of its requests. */
static void test_client(void) {
  struct fetching t;
  struct outcome o;
  lariat_client_options options = lariat_client_defaults();
  options.keep = LARIAT_KEEP_CONNECTION;
  fetching_open(&t, NULL, &options);
  for (int i = 0; i < 3; i++) {
    fetching_do(
        &t, &o,
        lariat_get(t.client, origin_url(origin, "/page", where, sizeof where)));
    CU_ASSERT_STRING_EQUAL(lariat_response_local_ip(outcome_response(&o)),
                           "127.0.0.1");
    outcome_clear(&o, 1);
  }
  fetching_close(&t);
}

/* ---- Memory ---- */

enum { TRIED = 160 };

/* False: so many allocations there are not. */
static bool go(bool libcurl_only, uint64_t nth, bool sticky, const char *url,
               unsigned *failures) {
  struct fetching t;
  struct outcome o[2];
  open_pool(&t, libcurl_only, 0);
  lariat_request_options options = keeping(&t, EVERYTHING);
  get(&t, &o[0], url, NULL); /* the connection is there */
  outcome_clear(o, 1);
  uint64_t before = fixture_allocations(&t.f);
  if (sticky)
    fixture_fail_allocations_from(&t.f, nth);
  else
    fixture_fail_allocation(&t.f, nth);
  get(&t, &o[0], url, &options);
  fixture_fail_allocation(&t.f, 0);
  bool reached = fixture_allocations(&t.f) >= before + nth;
  *failures += o[0].status != LARIAT_OK;
  if (o[0].status != LARIAT_OK)
    CU_ASSERT(o[0].status == LARIAT_ENOMEM || o[0].status == LARIAT_ETLS ||
              o[0].status == LARIAT_ERESET || o[0].status == LARIAT_ECONNECT);
  if (o[0].status == LARIAT_OK &&
      lariat_response_redirects(outcome_response(&o[0])) == 2)
    check_history(outcome_response(&o[0]), EVERYTHING, whole_bodies);
  get(&t, &o[1], url, &options);
  outcome_expect_http(&o[1], 200);
  outcome_clear(o, 2);
  fetching_close(&t);
  return reached;
}

static void torture(bool libcurl_only, const char *url) {
  unsigned failures = 0;
  char copy[256];
  snprintf(copy, sizeof copy, "%s", url);
  for (int sticky = 0; sticky < 2; sticky++)
    for (uint64_t nth = 1;
         nth < TRIED && go(libcurl_only, nth, sticky, copy, &failures); nth++)
      continue;
  CU_ASSERT(failures >= 4);
}

static void test_no_memory(void) {
  static char answer[ANSWER_ROOM];
  struct compressed raw;
  compressed_make("gzip", words, TEXT, &raw);
  size_t length =
      write_answer(answer, BY_CHUNKS, "gzip", raw.bytes, raw.length);
  set_hops(hop_2);
  set_answer(2, answer, length, MANUAL_KEEP);
  for (int libcurl_only = 0; libcurl_only < 2; libcurl_only++) {
    torture(libcurl_only, new_host());
    torture(libcurl_only,
            nginx_url(nginx, NGINX_TLS_HTTP1, "/", where, sizeof where));
  }
  compressed_free(&raw);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the bytes of each head", test_shapes},
      {"heads of 1xx", test_interim},
      {"requests that are sent again", test_sent_again},
      {"the bytes of bodies", test_bodies},
      {"bodies within a budget", test_budget},
      {"many within a budget", test_many},
      {"a body that is decoded in turns", test_bomb},
      {"the limit of bodies", test_limit},
      {"no body", test_bodiless},
      {"connections", test_plain},
      {"connections of TLS", test_tls},
      {"chains of certificates", test_chain},
      {"redirects", test_redirects},
      {"redirects to what is tried again", test_tried_again},
      {"transforms and streams", test_takers},
      {"trailers", test_trailers},
      {"options that make no sense", test_refused},
      {"a client's options", test_client},
      {"out of memory", test_no_memory},
  };
  fill_words();
  nginx = nginx_start(NULL);
  origin = origin_start(NULL);
  server = manual_server_start("127.0.0.0/8", 0);
  if (!nginx || !origin || !server) return 1;
  int result = fixture_main("details", tests, FIXTURE_COUNT(tests), argc, argv);
  manual_server_stop(server);
  origin_stop(origin);
  nginx_stop(nginx);
  return result;
}
