/* SPDX-License-Identifier: MIT
 * labels: threads
 * What a proper answer is (RFC 9112): for each of a list of hostile and strange
 * ones the right outcome, by status, failure and body.  Each is the first on
 * its connection, which libcurl reads, and the fourth, which lariat's own
 * reader has; into memory, to a descriptor and nowhere.  That is the same
 * with every version of libcurl.
 *
 *   proper_test [TEST...] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/fetching.h"
#include "support/manual_server.h"
#include <lariat/failure.h>

enum { WAVE = 64, BODY_MAX = 1000, TIMEOUT_MS = 20000 };

#define OK "HTTP/1.1 200 OK\r\n"
#define CL5 "Content-Length: 5\r\n"
#define TE "Transfer-Encoding: chunked\r\n"
#define END "\r\n"
#define FIVE OK CL5 END "hello"
#define CHUNKS "5\r\nhello\r\n0\r\n\r\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define TEXT(text) (text), sizeof(text) - 1

/* An answer, and what must come of it: a body, or a failure. */
struct shape {
  const char *name;
  const char *bytes;
  size_t length;
  lariat_status status;
  int http_status;
  const char *body;
};

#define IS(name, bytes, body)                                                  \
  { name, TEXT(bytes), LARIAT_OK, 200, body }
#define FAILS(name, bytes, status)                                             \
  { name, TEXT(bytes), LARIAT_##status, 0, NULL }
#define WRONG(name, bytes) FAILS(name, bytes, EPROTOCOL)

static const struct shape shapes[] = {
    /* Content-Length */
    IS("length: one", FIVE, "hello"),
    IS("length: twice the same", OK CL5 CL5 END "hello", "hello"),
    IS("length: 5, 5", OK "Content-Length: 5, 5\r\n\r\nhello", "hello"),
    IS("length: 005", OK "Content-Length: 005\r\n\r\nhello", "hello"),
    IS("length: 24 digits",
       OK "Content-Length: 000000000000000000000005\r\n\r\nhello", "hello"),
    IS("length: 0", OK "Content-Length: 0\r\n\r\n", ""),
    IS("length: less than comes", OK "Content-Length: 3\r\n\r\nhello", "hel"),
    IS("length: another name", OK CL5 "X-Content-Length: 9\r\n\r\nhello",
       "hello"),
    WRONG("length: 5 and 10", OK CL5 "Content-Length: 10\r\n\r\nhello"),
    WRONG("length: 10 and 5", OK "Content-Length: 10\r\n" CL5 END "hello"),
    WRONG("length: 5, 10", OK "Content-Length: 5, 10\r\n\r\nhello"),
    WRONG("length: 5 and 5, 6", OK CL5 "Content-Length: 5, 6\r\n\r\nhello"),
    WRONG("length: +5", OK "Content-Length: +5\r\n\r\nhello"),
    WRONG("length: -5", OK "Content-Length: -5\r\n\r\nhello"),
    WRONG("length: -0", OK "Content-Length: -0\r\n\r\nhello"),
    WRONG("length: 5abc", OK "Content-Length: 5abc\r\n\r\nhello"),
    WRONG("length: 5 5", OK "Content-Length: 5 5\r\n\r\nhello"),
    WRONG("length: 5;x", OK "Content-Length: 5;x\r\n\r\nhello"),
    WRONG("length: 5.0", OK "Content-Length: 5.0\r\n\r\nhello"),
    WRONG("length: 0x5", OK "Content-Length: 0x5\r\n\r\nhello"),
    WRONG("length: 5,", OK "Content-Length: 5,\r\n\r\nhello"),
    WRONG("length: ,5", OK "Content-Length: ,5\r\n\r\nhello"),
    WRONG("length: none", OK "Content-Length:\r\n\r\nhello"),
    WRONG("length: five", OK "Content-Length: five\r\n\r\nhello"),
    WRONG("length: \"5\"", OK "Content-Length: \"5\"\r\n\r\nhello"),
    WRONG("length: 2^63",
          OK "Content-Length: 9223372036854775808\r\n\r\nhello"),
    WRONG("length: 2^64 + 5",
          OK "Content-Length: 18446744073709551621\r\n\r\nhello"),
    WRONG("length: 30 digits",
          OK "Content-Length: 555555555555555555555555555555\r\n\r\nhello"),
    FAILS("length: beyond the limit", OK "Content-Length: 1001\r\n\r\nx",
          EBODYLIMIT),
    FAILS("length: 2^63 - 1",
          OK "Content-Length: 9223372036854775807\r\n\r\nhello", EBODYLIMIT),
    FAILS("length: more than comes", OK "Content-Length: 9\r\n\r\nhello",
          ETRUNCATED),
    /* Transfer-Encoding */
    IS("coding: chunked", OK TE END CHUNKS, "hello"),
    IS("coding: CHUNKED", OK "TRANSFER-ENCODING:CHUNKED \r\n\r\n" CHUNKS,
       "hello"),
    IS("coding: with a length", OK CL5 TE END "3\r\nabc\r\n0\r\n\r\n", "abc"),
    IS("coding: before a length", OK TE CL5 END "3\r\nabc\r\n0\r\n\r\n", "abc"),
    IS("coding: before a length of 0", OK TE "Content-Length: 0\r\n\r\n" CHUNKS,
       "hello"),
    IS("coding: of an interim answer", "HTTP/1.1 103 x\r\n" TE END FIVE,
       "hello"),
    IS("coding: identity", OK "Transfer-Encoding: identity\r\n\r\nhello",
       "hello"),
    IS("coding: of HTTP/1.0", "HTTP/1.0 200 OK\r\n" TE END CHUNKS, "hello"),
    IS("coding: folded", OK "Transfer-Encoding:\r\n chunked\r\n\r\n" CHUNKS,
       "hello"),
    WRONG("coding: twice", OK TE TE END CHUNKS),
    WRONG("coding: chunked, chunked",
          OK "Transfer-Encoding: chunked, chunked\r\n\r\n" CHUNKS),
    WRONG("coding: gzip, chunked",
          OK "Transfer-Encoding: gzip, chunked\r\n\r\n" CHUNKS),
    WRONG("coding: gzip and chunked",
          OK "Transfer-Encoding: gzip\r\n" TE END CHUNKS),
    WRONG("coding: chunked, gzip",
          OK "Transfer-Encoding: chunked, gzip\r\n\r\n" CHUNKS),
    WRONG("coding: chunked, identity",
          OK "Transfer-Encoding: chunked, identity\r\n\r\n" CHUNKS),
    WRONG("coding: identity, chunked",
          OK "Transfer-Encoding: identity, chunked\r\n\r\n" CHUNKS),
    WRONG("coding: identity with a length",
          OK CL5 "Transfer-Encoding: identity\r\n\r\nhello"),
    WRONG("coding: xchunked", OK "Transfer-Encoding: xchunked\r\n\r\n" CHUNKS),
    WRONG("coding: chunked;a=b",
          OK "Transfer-Encoding: chunked;a=b\r\n\r\n" CHUNKS),
    WRONG("coding: none", OK "Transfer-Encoding:\r\n\r\n" CHUNKS),
    WRONG("coding: a blank before the colon",
          OK "Transfer-Encoding : chunked\r\n\r\n" CHUNKS),
    WRONG("coding: a tab before the colon",
          OK "Transfer-Encoding\t: chunked\r\n\r\n" CHUNKS),
    WRONG("coding: VT in front",
          OK "Transfer-Encoding: \013chunked\r\n\r\n" CHUNKS),
    /* Chunks */
    IS("chunks: three", OK TE END "1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n",
       "hello"),
    IS("chunks: 16 digits", OK TE END "0000000000000005\r\nhello\r\n0\r\n\r\n",
       "hello"),
    IS("chunks: A", OK TE END "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
    IS("chunks: blanks behind a size", OK TE END "5  \r\nhello\r\n0 \r\n\r\n",
       "hello"),
    IS("chunks: extensions", OK TE END "5;a=b;c\r\nhello\r\n0;d=\"e\"\r\n\r\n",
       "hello"),
    IS("chunks: a blank and an extension",
       OK TE END "5 ; a=b\r\nhello\r\n0\r\n\r\n", "hello"),
    WRONG("chunks: 17 digits", OK TE END "00000000000000005\r\nhello\r\n0\r\n"
                                         "\r\n"),
    WRONG("chunks: 2^63", OK TE END "8000000000000000\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: 2^64 - 1", OK TE END "ffffffffffffffff\r\nhello\r\n"),
    WRONG("chunks: -5", OK TE END "-5\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: +5", OK TE END "+5\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: 0x5", OK TE END "0x5\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: 5g", OK TE END "5g\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: a blank in front", OK TE END " 5\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: no size", OK TE END "\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: only an extension", OK TE END ";a\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: a CR in an extension",
          OK TE END "5;a\rb\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: a NUL in an extension",
          OK TE END "5;a\0b\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: LF behind a size", OK TE END "5\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: LF behind a chunk", OK TE END "5\r\nhello\n0\r\n\r\n"),
    WRONG("chunks: nothing behind a chunk", OK TE END "5\r\nhello0\r\n\r\n"),
    WRONG("chunks: too short", OK TE END "4\r\nhello\r\n0\r\n\r\n"),
    WRONG("chunks: too long", OK TE END "6\r\nhello\r\n0\r\n\r\n"),
    FAILS("chunks: none", OK TE END, ETRUNCATED),
    FAILS("chunks: cut in one", OK TE END "5\r\nhel", ETRUNCATED),
    FAILS("chunks: no last one", OK TE END "5\r\nhello\r\n", ETRUNCATED),
    FAILS("chunks: no last line", OK TE END "5\r\nhello\r\n0\r\n", ETRUNCATED),
    FAILS("chunks: no last byte", OK TE END "5\r\nhello\r\n0\r\n\r",
          ETRUNCATED),
    /* Trailers */
    IS("trailer: two", OK TE END "5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n",
       "hello"),
    IS("trailer: Content-Length",
       OK TE END "5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n", "hello"),
    IS("trailer: like a status line",
       OK TE END "5\r\nhello\r\n0\r\nHTTP/1.1 404 X: y\r\n\r\n", "hello"),
    IS("trailer: like one, and a name",
       OK TE END "5\r\nhello\r\n0\r\nHTTP/1.1: 404\r\n\r\n", "hello"),
    IS("trailer: a bad name", OK TE END "5\r\nhello\r\n0\r\nA b: c\r\n\r\n",
       "hello"),
    IS("trailer: LF", OK TE END "5\r\nhello\r\n0\r\nA: b\n\n", "hello"),
    {"trailer: Location",
     TEXT("HTTP/1.1 302 x\r\n" TE END
          "5\r\nhello\r\n0\r\nLocation: /x\r\n\r\n"),
     LARIAT_OK, 302, "hello"},
    WRONG("trailer: no colon", OK TE END "5\r\nhello\r\n0\r\nHTTP/1.1 404\r\n"
                                         "\r\n"),
    WRONG("trailer: a CR", OK TE END "5\r\nhello\r\n0\r\nA: b\rc\r\n\r\n"),
    WRONG("trailer: a NUL", OK TE END "5\r\nhello\r\n0\r\nA: b\0c\r\n\r\n"),
    WRONG("trailer: a blank in front", OK TE END "5\r\nhello\r\n0\r\n A: b\r\n"
                                                 "\r\n"),
    /* Header lines */
    IS("header: LF alone", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
       "hello"),
    IS("header: LF among CRLF", OK "A: b\n" CL5 END "hello", "hello"),
    IS("header: folded", OK "A: b\r\n  c\r\n\td\r\n" CL5 END "hello", "hello"),
    IS("header: no value", OK "A:\r\n" CL5 END "hello", "hello"),
    IS("header: control characters in a value",
       OK "A: b\001\033\177c\r\n" CL5 END "hello", "hello"),
    IS("header: brackets in a name", OK "(A): b\r\n" CL5 END "hello", "hello"),
    IS("header: 8 bits in a name",
       OK "\342\200\234A\342\200\235: b\r\n" CL5 END "hello", "hello"),
    IS("header: UTF-8 in a value", OK "A: \303\244\r\n" CL5 END "hello",
       "hello"),
    WRONG("header: a CR in a value",
          OK "A: b\rContent-Length: 9\r\n" CL5 END "hello"),
    WRONG("header: a CR in a name", OK "A\rB: c\r\n" CL5 END "hello"),
    WRONG("header: CR CR LF", OK "A: b\r\r\n" CL5 END "hello"),
    WRONG("header: CR and more at the end", OK CL5 "\rX: y\r\n\r\nhello"),
    WRONG("header: a NUL", OK "A: b\0c\r\n" CL5 END "hello"),
    WRONG("header: a NUL in a name", OK "A\0B: c\r\n" CL5 END "hello"),
    WRONG("header: a blank in a name", OK "Bad Name: x\r\n" CL5 END "hello"),
    WRONG("header: VT in a name",
          OK "Content-Length\013: 9\r\n" CL5 END "hello"),
    WRONG("header: a blank before the colon", OK "A : b\r\n" CL5 END "hello"),
    WRONG("header: no colon", OK "rubbish\r\n" CL5 END "hello"),
    WRONG("header: no name", OK ": b\r\n" CL5 END "hello"),
    WRONG("header: a blank in front of the first",
          OK " A: b\r\n" CL5 END "hello"),
    WRONG("header: two Locations",
          "HTTP/1.1 302 x\r\nLocation: /a\r\nLocation: /b\r\n" CL5 END "hello"),
    /* Status lines */
    IS("status: no reason", "HTTP/1.1 200\r\n" CL5 END "hello", "hello"),
    IS("status: a blank and no reason", "HTTP/1.1 200 \r\n" CL5 END "hello",
       "hello"),
    IS("status: 8 bits in the reason", "HTTP/1.1 200 \344\r\n" CL5 END "hello",
       "hello"),
    IS("status: HTTP/1.0", "HTTP/1.0 200 OK\r\n" CL5 END "hello", "hello"),
    {"status: 999", TEXT("HTTP/1.1 999 x\r\n" CL5 END "hello"), LARIAT_OK, 999,
     "hello"},
    WRONG("status: a CR in the reason",
          "HTTP/1.1 200 O\rK\r\n" CL5 END "hello"),
    WRONG("status: a NUL in the reason",
          "HTTP/1.1 200 O\0K\r\n" CL5 END "hello"),
    WRONG("status: HTTP/2", "HTTP/2 200 OK\r\n" CL5 END "hello"),
    WRONG("status: HTTP/1.2", "HTTP/1.2 200 OK\r\n" CL5 END "hello"),
    WRONG("status: HTTP/3", "HTTP/3 200 OK\r\n" CL5 END "hello"),
    WRONG("status: HTTP/1", "HTTP/1 200 OK\r\n" CL5 END "hello"),
    WRONG("status: 20", "HTTP/1.1 20 OK\r\n" CL5 END "hello"),
    WRONG("status: 2000", "HTTP/1.1 2000 OK\r\n" CL5 END "hello"),
    WRONG("status: 099", "HTTP/1.1 099 OK\r\n" CL5 END "hello"),
    WRONG("status: abc", "HTTP/1.1 abc OK\r\n" CL5 END "hello"),
    WRONG("status: none", "HTTP/1.1\r\n" CL5 END "hello"),
    WRONG("status: two blanks", "HTTP/1.1  200 OK\r\n" CL5 END "hello"),
    WRONG("status: a tab", "HTTP/1.1\t200 OK\r\n" CL5 END "hello"),
    WRONG("status: http/1.1", "http/1.1 200 OK\r\n" CL5 END "hello"),
    WRONG("status: HTTP 200", "HTTP 200 OK\r\n" CL5 END "hello"),
    WRONG("status: ICY", "ICY 200 OK\r\n" CL5 END "hello"),
    WRONG("status: a blank in front", " " FIVE),
    WRONG("status: an empty line in front", "\r\n" FIVE),
    WRONG("status: a page", "<html>\n<body>hello</body>\n</html>\n"),
    WRONG("status: TLS", "\025\003\001\000\002\002\050\r\n"),
    /* Interim answers */
    IS("interim: 100", CONTINUE FIVE, "hello"),
    IS("interim: 103 with framing",
       "HTTP/1.1 103 x\r\nContent-Length: 9\r\n" TE END FIVE, "hello"),
    IS("interim: 103 with two lengths",
       "HTTP/1.1 103 x\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n" FIVE,
       "hello"),
    WRONG("interim: 101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
                          "Connection: upgrade\r\n\r\n"),
    WRONG("interim: 101 and an answer",
          "HTTP/1.1 101 x\r\nUpgrade: h2c\r\n\r\n" FIVE),
    WRONG("interim: and rubbish", CONTINUE "rubbish\r\n\r\n"),
    /* No body */
    {"204 with a bad length",
     TEXT("HTTP/1.1 204 x\r\nContent-Length: x\r\n\r\n"), LARIAT_OK, 204, ""},
    {"304 with a length", TEXT("HTTP/1.1 304 x\r\n" CL5 END), LARIAT_OK, 304,
     ""},
    {"304 with a coding",
     TEXT("HTTP/1.1 304 x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
     LARIAT_OK, 304, ""},
    /* Ends */
    IS("end: of a body without a length", OK "A: b\r\n\r\nhello", "hello"),
    FAILS("end: in a head", OK "A: b\r\n", ETRUNCATED),
    FAILS("end: before the head's last byte", OK CL5 "\r", ETRUNCATED),
    FAILS("end: in a chunked head's last byte", OK TE "\r", ETRUNCATED),
    FAILS("end: behind a 100", CONTINUE, EEMPTY),
    FAILS("end: in a 103", "HTTP/1.1 103 x\r\nA: b\r\n", ETRUNCATED),
};

/* Where a body goes. */
enum sink { MEMORY, DESCRIPTOR, NOWHERE, SINKS };
static const char *const sink_names[SINKS] = {"memory", "descriptor",
                                              "nowhere"};

struct asking {
  struct fetching t;
  struct manual_server *server;
  unsigned hosts; /* that were asked so far */
};

static const char *url_of(struct asking *a, unsigned host, const char *path,
                          unsigned number, char *text, size_t capacity) {
  snprintf(text, capacity, "http://127.17.%u.%u:%u%s%u", host / 250,
           1 + host % 250, a->server->port, path, number);
  return text;
}

static void open_asking(struct asking *a) {
  lariat_pool_options pool = lariat_pool_defaults();
  lariat_client_options client = lariat_client_defaults();
  memset(a, 0, sizeof *a);
  a->server = manual_server_start("127.0.0.0/8", 0);
  if (!a->server) abort();
  pool.reactors = 1;
  pool.max_jobs_per_host = 1;
  client.timeout_ms = TIMEOUT_MS;
  client.max_body_bytes = BODY_MAX;
  fetching_open(&a->t, &pool, &client);
}

static void close_asking(struct asking *a) {
  fetching_close(&a->t);
  manual_server_stop(a->server);
}

/* Asks each host of a wave for an ordinary page, three times, so that its
 * connection is lariat's own. */
static void prepare_hosts(struct asking *a, size_t count) {
  static struct outcome outcomes[WAVE];
  char url[80];
  for (int times = 0; times < 3; times++) {
    for (unsigned i = 0; i < count; i++) {
      url_of(a, a->hosts + i, "/clean/", i, url, sizeof url);
      outcome_watch(&outcomes[i], lariat_get(a->t.client, url));
    }
    fetching_wait(&a->t, outcomes, count, TIMEOUT_MS);
    for (size_t i = 0; i < count; i++)
      outcome_expect_body(&outcomes[i], "ok\n");
    outcome_clear(outcomes, count);
  }
}

static lariat_deferred *ask(struct asking *a, unsigned host, unsigned number,
                            enum sink sink, int fd) {
  char url[80];
  lariat_request_options options = lariat_request_defaults(a->t.client);
  if (sink == DESCRIPTOR) options.sink = lariat_sink_fd(fd);
  if (sink == NOWHERE) options.sink = lariat_sink_discard();
  return lariat_request(a->t.client, "GET",
                        url_of(a, host, "/case/", number, url, sizeof url),
                        &options);
}

static bool has_body(const struct outcome *o, const char *body, enum sink sink,
                     int fd) {
  char text[BODY_MAX];
  size_t length;
  const lariat_response *response = outcome_response(o);
  if (lariat_response_body_bytes(response) != strlen(body)) return false;
  if (sink == NOWHERE) return true;
  if (sink == DESCRIPTOR)
    return pread(fd, text, sizeof text, 0) == (ssize_t)strlen(body) &&
           memcmp(text, body, strlen(body)) == 0;
  const char *bytes = lariat_response_body(response, &length);
  return length == strlen(body) && memcmp(bytes, body, length) == 0;
}

/* Says whether a message has a reason, which is not libcurl's, that a callback
 * has refused something. */
static bool says_why(const char *message) {
  return strchr(message, ':') && !strstr(message, "writing");
}

static bool is_right(const struct shape *shape, const struct outcome *o,
                     enum sink sink, int fd) {
  if (o->status != shape->status) return false;
  if (o->status == LARIAT_EPROTOCOL || o->status == LARIAT_EBODYLIMIT)
    return says_why(lariat_failure_message(o->value));
  if (o->status != LARIAT_OK) return true;
  return o->http_status == shape->http_status &&
         has_body(o, shape->body, sink, fd);
}

static void check_wave(struct asking *a, const struct shape *wave, size_t count,
                       bool fourth, enum sink sink) {
  static struct outcome outcomes[WAVE];
  int fds[WAVE];
  if (fourth) prepare_hosts(a, count);
  for (unsigned i = 0; i < count; i++) {
    const struct shape *shape = &wave[i];
    struct manual_answer answer = {
        .bytes = shape->bytes, .length = shape->length, .end = MANUAL_CLOSE};
    manual_server_answer(a->server, i, &answer);
    fds[i] = memfd_create("body", MFD_CLOEXEC);
    outcome_watch(&outcomes[i], ask(a, a->hosts + i, i, sink, fds[i]));
  }
  fetching_wait(&a->t, outcomes, count, TIMEOUT_MS);
  for (size_t i = 0; i < count; i++) {
    const struct outcome *o = &outcomes[i];
    if (!is_right(&wave[i], o, sink, fds[i]))
      fixture_fail("%s, %s, to %s: %s, HTTP %d; %s", wave[i].name,
                   fourth ? "fourth" : "first", sink_names[sink],
                   lariat_status_name(o->status), o->http_status,
                   o->status ? lariat_failure_message(o->value) : "");
    if (sink != DESCRIPTOR) /* or libcurl asks, on another connection */
      CU_ASSERT_EQUAL(manual_server_seen(a->server, (unsigned)i).position,
                      fourth ? 4 : 1);
    manual_server_answered(a->server, (unsigned)i);
    close(fds[i]);
  }
  outcome_clear(outcomes, count);
  a->hosts += (unsigned)count;
}

static void check_all(bool fourth) {
  struct asking a;
  open_asking(&a);
  for (unsigned sink = 0; sink < SINKS; sink++)
    for (size_t from = 0; from < FIXTURE_COUNT(shapes); from += WAVE) {
      size_t count = FIXTURE_COUNT(shapes) - from;
      check_wave(&a, shapes + from, count < WAVE ? count : WAVE, fourth,
                 (enum sink)sink);
    }
  close_asking(&a);
}

static void test_first(void) { check_all(false); }

static void test_fourth(void) { check_all(true); }

/* Heads that are larger than anything that is meant. */

struct flood {
  const char *name;
  const char *start;
  const char *piece; /* comes again and again */
  size_t times;
  const char *end;
};

static char *write_flood(const struct flood *flood, size_t *length) {
  size_t start = strlen(flood->start), piece = strlen(flood->piece);
  size_t end = strlen(flood->end);
  *length = start + piece * flood->times + end;
  char *bytes = malloc(*length);
  if (!bytes) abort();
  memcpy(bytes, flood->start, start);
  for (size_t i = 0; i < flood->times; i++)
    memcpy(bytes + start + i * piece, flood->piece, piece);
  memcpy(bytes + *length - end, flood->end, end);
  return bytes;
}

static void test_floods(void) {
  static const struct flood floods[] = {
      {"a long status line", "HTTP/1.1 200 ", "xxxxxxxxxx", 20000, "\r\n"},
      {"a status line without end", "HTTP/1.1 200 ", "xxxxxxxxxx", 50000, ""},
      {"a long header", OK "X: ", "xxxxxxxxxx", 20000, "\r\n\r\n"},
      {"a header without end", OK "X: ", "xxxxxxxxxx", 50000, ""},
      {"many headers", OK, "X: y\r\n", 5001, "\r\n"},
      {"a large head", OK, "X: 0123456789012345678901234567890123456789\r\n",
       4900 * 2, "\r\n"},
      {"interim answers", "", "HTTP/1.1 103 x\r\n\r\n", 20000, FIVE},
      {"interim headers", "", "HTTP/1.1 103 x\r\nA: b\r\nA: b\r\n\r\n", 2600,
       FIVE},
      {"many trailers", OK TE END "0\r\n", "X: y\r\n", 5001, "\r\n"},
      {"a long trailer", OK TE END "0\r\nX: ", "xxxxxxxxxx", 500, "\r\n\r\n"},
  };
  struct shape wave[FIXTURE_COUNT(floods)];
  char *bytes[FIXTURE_COUNT(floods)];
  struct asking a;
  open_asking(&a);
  for (size_t i = 0; i < FIXTURE_COUNT(floods); i++) {
    wave[i] =
        (struct shape){.name = floods[i].name, .status = LARIAT_EHEADERLIMIT};
    wave[i].bytes = bytes[i] = write_flood(&floods[i], &wave[i].length);
  }
  for (unsigned way = 0; way < 2 * SINKS; way++)
    check_wave(&a, wave, FIXTURE_COUNT(floods), way & 1, (enum sink)(way / 2));
  close_asking(&a);
  for (size_t i = 0; i < FIXTURE_COUNT(floods); i++) free(bytes[i]);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the first on its connection", test_first},
      {"the fourth", test_fourth},
      {"floods", test_floods},
  };
  return fixture_main("proper", tests, FIXTURE_COUNT(tests), argc, argv);
}
