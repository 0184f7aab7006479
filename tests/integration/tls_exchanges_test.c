/* SPDX-License-Identifier: MIT
 * Exchanges over TLS: records, tickets, changes of keys, alerts and ends of
 * connections between and within answers, by lariat in all of its ways and by a
 * plain transfer of libcurl's. */
#include <openssl/ssl.h>

#include "support/tls_cases.h"
#include "support/tls_profiles.h"

#define ONLY_12 .min_version = TLS1_2_VERSION, .max_version = TLS1_2_VERSION
#define ONLY_13 .min_version = TLS1_3_VERSION, .max_version = TLS1_3_VERSION
#define HAND_12 ONLY_12, .by_hand = true
#define HAND_13 ONLY_13, .by_hand = true
#define LARGE .body_bytes = 200000
#define IN_BODY(code)                                                          \
  .status = (code), .phase = LARIAT_PHASE_BODY, .http_status = 200
#define AT_START(code) .status = (code), .phase = LARIAT_PHASE_FIRST_BYTE

/* Without close_notify nobody knows whether a body that lasts until the end is
 * whole (RFC 9112, 9.8); some versions of libcurl do not ask. */
#define NO_NOTIFY .plain = "some versions take an end without close_notify"

static struct certificates certificates;

static void run(const struct tls_case *rows, size_t count) {
  tls_cases_run(&certificates, rows, count, false);
}

static void test_bodies(void) {
  static const struct tls_case rows[] = {
      {.name = "a length", .script = {.body_bytes = 1000}},
      {.name = "chunks",
       .script = {.framing = TLS_CHUNKED, .body_bytes = 1000}},
      {.name = "a large length", .script = {LARGE}},
      {.name = "large chunks", .script = {.framing = TLS_CHUNKED, LARGE}},
      {.name = "a large length, TLS 1.2", .script = {ONLY_12, LARGE}},
      {.name = "no body", .script = {.framing = TLS_NO_BODY}},
      {.name = "HEAD", .method = "HEAD"},
      {.name = "POST", .method = "POST"},
      {.name = "POST, TLS 1.2", .method = "POST", .script = {ONLY_12}},
      {.name = "bytes one by one", .script = {.apart = true}},
      {.name = "bytes one by one, TLS 1.2",
       .script = {ONLY_12, .apart = true, .framing = TLS_CHUNKED}},
      {.name = "records of a byte",
       .script = {.record_bytes = 1, .body_bytes = 500}},
      {.name = "records of a byte, TLS 1.2",
       .script = {ONLY_12, .record_bytes = 1, .framing = TLS_CHUNKED}},
      {.name = "records of 100 bytes",
       .script = {.record_bytes = 100, .body_bytes = 30000}},
      {.name = "records that are padded",
       .script = {ONLY_13, .padding = 512, .body_bytes = 3000}},
      {.name = "records that are padded to the most",
       .script = {ONLY_13, .padding = 16384, .body_bytes = 40000}},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_between_the_bytes(void) {
  static const struct tls_case rows[] = {
      {.name = "a ticket in a body",
       .script = {ONLY_13, .middle = TLS_MIDDLE_TICKET, .body_bytes = 3000}},
      {.name = "a ticket in a large body",
       .script = {ONLY_13, .middle = TLS_MIDDLE_TICKET, LARGE}},
      {.name = "a ticket in chunks",
       .script = {ONLY_13, .middle = TLS_MIDDLE_TICKET,
                  .framing = TLS_CHUNKED}},
      {.name = "new keys",
       .script = {ONLY_13, .middle = TLS_MIDDLE_KEY_UPDATE}},
      {.name = "new keys in a large body",
       .script = {ONLY_13, .middle = TLS_MIDDLE_KEY_UPDATE, LARGE}},
      {.name = "new keys of both",
       .script = {ONLY_13, .middle = TLS_MIDDLE_KEY_UPDATE_ASKED}},
      {.name = "new keys of both in a large body",
       .script = {ONLY_13, .middle = TLS_MIDDLE_KEY_UPDATE_ASKED, LARGE}},
      {.name = "new keys of both, byte by byte",
       .script = {ONLY_13, .middle = TLS_MIDDLE_KEY_UPDATE_ASKED,
                  .apart = true}},
      {.name = "a new handshake",
       .script = {ONLY_12, .middle = TLS_MIDDLE_RENEGOTIATION}},
      {.name = "an empty record",
       .script = {HAND_13, .middle = TLS_MIDDLE_EMPTY}},
      {.name = "an empty record, TLS 1.2",
       .script = {HAND_12, .middle = TLS_MIDDLE_EMPTY}},
      {.name = "a warning", .script = {HAND_13, .middle = TLS_MIDDLE_WARNING}},
      {.name = "a warning, TLS 1.2",
       .script = {HAND_12, .middle = TLS_MIDDLE_WARNING}},
      {.name = "written by hand", .script = {HAND_13, .body_bytes = 50000}},
      {.name = "written by hand, TLS 1.2",
       .script = {HAND_12, .body_bytes = 50000}},
  };
  run(rows, FIXTURE_COUNT(rows));
}

/* Answers that come before the body of their request has.  (Of a connection
 * that is broken behind one, libcurl has the answer or not, as its sending
 * goes: early_answers_test.c has those, from a server that waits for its
 * reader.  And a POST that goes out on a connection which is just being closed,
 * without a word of that in the answer, fails.) */
static void test_early_answers(void) {
#define EARLY(how, at, ...)                                                    \
  .method = "POST", .script = {.early = (how), .early_at = (at), __VA_ARGS__ }
#define REFUSED(how, at, ...)                                                  \
  EARLY(how, at, .refuses = true, __VA_ARGS__), .sent_bytes = TLS_SENT_MOST
#define ANSWERED(at, ...)                                                      \
  EARLY(TLS_EARLY_DRAIN, at, __VA_ARGS__), .sent_bytes = 1000000
  static const struct tls_case rows[] = {
      {.name = "413, read on",
       .connections = 3,
       REFUSED(TLS_EARLY_DRAIN, 1000, .end = TLS_KEEP)},
      {.name = "413, read on, TLS 1.2",
       .connections = 3,
       REFUSED(TLS_EARLY_DRAIN, 0, ONLY_12)},
      {.name = "413, held",
       .connections = 3,
       REFUSED(TLS_EARLY_DEAF, 1000, .end = TLS_KEEP)},
      {.name = "413, close_notify",
       REFUSED(TLS_EARLY_DRAIN, 1000, .end = TLS_NOTIFY)},
      {.name = "413, close_notify as said",
       REFUSED(TLS_EARLY_DRAIN, 100000, .end = TLS_NOTIFY, .says_close = true)},
      {.name = "413, without close_notify",
       REFUSED(TLS_EARLY_DRAIN, 0, .end = TLS_FIN)},
      {.name = "200, read on", ANSWERED(1000, .end = TLS_KEEP)},
      {.name = "200 in chunks, read on, TLS 1.2",
       ANSWERED(0, .framing = TLS_CHUNKED, ONLY_12)},
      {.name = "200, large, read on", ANSWERED(1000, LARGE)},
      {.name = "200, read on, close_notify as said",
       ANSWERED(1000, .end = TLS_NOTIFY, .says_close = true)},
      {.name = "200 until the end, close_notify",
       ANSWERED(1000, .framing = TLS_UNTIL_CLOSE, .end = TLS_NOTIFY)},
  };
#undef EARLY
#undef REFUSED
#undef ANSWERED
  run(rows, FIXTURE_COUNT(rows));
}

static void test_bad_records(void) {
#define BAD(script_version, what)                                              \
  .script = {script_version, .middle = (what), .body_bytes = 1000},            \
  IN_BODY(LARIAT_ERESET)
  static const struct tls_case rows[] = {
      {.name = "many empty records", BAD(HAND_12, TLS_MIDDLE_MANY_EMPTY)},
      {.name = "many empty records, 1.3", BAD(HAND_13, TLS_MIDDLE_MANY_EMPTY)},
      {.name = "a fatal alert", BAD(HAND_13, TLS_MIDDLE_ALERT)},
      {.name = "a fatal alert, TLS 1.2", BAD(HAND_12, TLS_MIDDLE_ALERT)},
      {.name = "a bad MAC", BAD(HAND_13, TLS_MIDDLE_BAD_MAC)},
      {.name = "a bad MAC, TLS 1.2", BAD(HAND_12, TLS_MIDDLE_BAD_MAC)},
      {.name = "not encrypted", BAD(HAND_13, TLS_MIDDLE_UNENCRYPTED)},
      {.name = "not encrypted, TLS 1.2", BAD(HAND_12, TLS_MIDDLE_UNENCRYPTED)},
      {.name = "an unknown type", BAD(HAND_13, TLS_MIDDLE_TYPE)},
      {.name = "an unknown type, TLS 1.2", BAD(HAND_12, TLS_MIDDLE_TYPE)},
      {.name = "too long", BAD(HAND_13, TLS_MIDDLE_LONG)},
      {.name = "too long, TLS 1.2", BAD(HAND_12, TLS_MIDDLE_LONG)},
      {.name = "an unexpected handshake", BAD(HAND_13, TLS_MIDDLE_HANDSHAKE)},
      {.name = "a bad MAC in the second answer",
       .good = 1,
       .script = {HAND_13, .middle = TLS_MIDDLE_BAD_MAC, .trouble_from = 2,
                  .body_bytes = 1000},
       IN_BODY(LARIAT_ERESET)},
      {.name = "a fatal alert in the second answer",
       .good = 1,
       .script = {HAND_13, .middle = TLS_MIDDLE_ALERT, .trouble_from = 2,
                  .framing = TLS_CHUNKED},
       IN_BODY(LARIAT_ERESET)},
  };
#undef BAD
  run(rows, FIXTURE_COUNT(rows));
}

/* The end of the connection behind an answer, which is whole. */
static void test_ends(void) {
  static const struct tls_case rows[] = {
      {.name = "idle, close_notify", .script = {.end = TLS_NOTIFY}},
      {.name = "idle, close_notify, TLS 1.2",
       .script = {ONLY_12, .end = TLS_NOTIFY}},
      {.name = "idle, close_notify and no more",
       .script = {.end = TLS_NOTIFY_ONLY}},
      {.name = "idle, without close_notify", .script = {.end = TLS_FIN}},
      {.name = "idle, without close_notify, TLS 1.2",
       .script = {ONLY_12, .end = TLS_FIN}},
      {.name = "idle, broken", .script = {.end = TLS_RESET}},
      {.name = "a length, close_notify",
       .script = {.end = TLS_NOTIFY, .says_close = true}},
      {.name = "a length, no close_notify",
       .script = {.end = TLS_FIN, .says_close = true}},
      {.name = "a length, close_notify and no more",
       .script = {.end = TLS_NOTIFY_ONLY, .says_close = true}},
      {.name = "chunks, close_notify",
       .script = {.framing = TLS_CHUNKED,
                  .end = TLS_NOTIFY,
                  .says_close = true}},
      {.name = "chunks, no close_notify",
       .script = {.framing = TLS_CHUNKED, .end = TLS_FIN, .says_close = true}},
      {.name = "until close, close_notify",
       .script = {.framing = TLS_UNTIL_CLOSE, .end = TLS_NOTIFY}},
      {.name = "until close, close_notify, large, TLS 1.2",
       .script = {ONLY_12, .framing = TLS_UNTIL_CLOSE, .end = TLS_NOTIFY,
                  LARGE}},
      {.name = "until close, close_notify and no more",
       .script = {.framing = TLS_UNTIL_CLOSE, .end = TLS_NOTIFY_ONLY}},
      {.name = "HTTP/1.0, close_notify",
       .script = {.framing = TLS_HTTP10, .end = TLS_NOTIFY}},
      {.name = "until close, no close_notify",
       .script = {.framing = TLS_UNTIL_CLOSE, .end = TLS_FIN},
       IN_BODY(LARIAT_ETRUNCATED),
       NO_NOTIFY},
      {.name = "until close, no close_notify, TLS 1.2",
       .script = {ONLY_12, .framing = TLS_UNTIL_CLOSE, .end = TLS_FIN},
       IN_BODY(LARIAT_ETRUNCATED),
       NO_NOTIFY},
      {.name = "HTTP/1.0, no close_notify",
       .script = {.framing = TLS_HTTP10, .end = TLS_FIN},
       IN_BODY(LARIAT_ETRUNCATED),
       NO_NOTIFY},
      {.name = "until close, a record is cut",
       .script = {HAND_13, .framing = TLS_UNTIL_CLOSE,
                  .middle = TLS_MIDDLE_LONG, .end = TLS_FIN},
       IN_BODY(LARIAT_ERESET)},
      {.name = "a POST behind an idle end",
       .method = "POST",
       .script = {.end = TLS_NOTIFY, .says_close = true}},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_cuts(void) {
  static const struct tls_case rows[] = {
      {.name = "no answer, close_notify",
       .script = {.cut = TLS_NOTHING, .end = TLS_NOTIFY},
       AT_START(LARIAT_EEMPTY)},
      {.name = "no answer, no close_notify",
       .script = {.cut = TLS_NOTHING, .end = TLS_FIN},
       AT_START(LARIAT_EEMPTY)},
      {.name = "no answer, broken",
       .script = {.cut = TLS_NOTHING, .end = TLS_RESET},
       AT_START(LARIAT_ERESET)},
      {.name = "a head is cut, close_notify",
       .script = {.cut = TLS_IN_HEAD, .end = TLS_NOTIFY},
       IN_BODY(LARIAT_ETRUNCATED),
       .plain = "libcurl takes a head that is cut"},
      {.name = "a head is cut, no close_notify",
       .script = {.cut = TLS_IN_HEAD, .end = TLS_FIN},
       IN_BODY(LARIAT_ETRUNCATED),
       .plain = "libcurl takes a head that is cut"},
      {.name = "a length is cut, close_notify",
       .script = {.cut = TLS_IN_BODY, .end = TLS_NOTIFY},
       IN_BODY(LARIAT_ETRUNCATED)},
      {.name = "a length is cut, close_notify, TLS 1.2",
       .script = {ONLY_12, .cut = TLS_IN_BODY, .end = TLS_NOTIFY},
       IN_BODY(LARIAT_ETRUNCATED)},
      {.name = "a length is cut, no close_notify",
       .script = {.cut = TLS_IN_BODY, .end = TLS_FIN},
       IN_BODY(LARIAT_ETRUNCATED)},
      {.name = "a length is cut, broken",
       .script = {.cut = TLS_IN_BODY, .end = TLS_RESET},
       IN_BODY(LARIAT_ERESET)},
      {.name = "chunks are cut, close_notify",
       .script = {.framing = TLS_CHUNKED,
                  .cut = TLS_IN_BODY,
                  .end = TLS_NOTIFY},
       IN_BODY(LARIAT_ETRUNCATED)},
      {.name = "chunks are cut, no close_notify",
       .script = {.framing = TLS_CHUNKED, .cut = TLS_IN_BODY, .end = TLS_FIN},
       IN_BODY(LARIAT_ETRUNCATED)},
      {.name = "chunks are cut, broken",
       .script = {.framing = TLS_CHUNKED, .cut = TLS_IN_BODY, .end = TLS_RESET},
       IN_BODY(LARIAT_ERESET)},
      {.name = "the last chunk is missing, close_notify",
       .script = {.framing = TLS_CHUNKED,
                  .cut = TLS_BEFORE_LAST,
                  .end = TLS_NOTIFY},
       IN_BODY(LARIAT_ETRUNCATED)},
      {.name = "the last chunk is missing, no close_notify",
       .script = {.framing = TLS_CHUNKED,
                  .cut = TLS_BEFORE_LAST,
                  .end = TLS_FIN},
       IN_BODY(LARIAT_ETRUNCATED)},
      {.name = "until close, broken",
       .script = {.framing = TLS_UNTIL_CLOSE,
                  .cut = TLS_IN_BODY,
                  .end = TLS_RESET},
       IN_BODY(LARIAT_ERESET)},
      {.name = "the answer's record is cut",
       .script = {HAND_13, .cut = TLS_IN_RECORD, .end = TLS_FIN},
       AT_START(LARIAT_EEMPTY)},
      {.name = "the answer's record is cut, TLS 1.2",
       .script = {HAND_12, .cut = TLS_IN_RECORD, .end = TLS_FIN},
       AT_START(LARIAT_EEMPTY)},
      {.name = "the second answer's body is cut",
       .good = 1,
       .script = {.cut = TLS_IN_BODY, .end = TLS_NOTIFY, .trouble_from = 2},
       IN_BODY(LARIAT_ETRUNCATED)},
      {.name = "the second answer's chunks are cut",
       .good = 1,
       .script = {.framing = TLS_CHUNKED,
                  .cut = TLS_IN_BODY,
                  .end = TLS_FIN,
                  .trouble_from = 2},
       IN_BODY(LARIAT_ETRUNCATED)},
      {.name = "the third answer's body is broken",
       .good = 2,
       .script = {.cut = TLS_IN_BODY, .end = TLS_RESET, .trouble_from = 3},
       IN_BODY(LARIAT_ERESET)},
  };
  run(rows, FIXTURE_COUNT(rows));
}

static void test_sessions(void) {
#define CLOSES .end = TLS_NOTIFY, .says_close = true
  static const struct tls_case rows[] = {
      {.name = "resumed", .script = {ONLY_13, CLOSES}, .resumes = true},
      {.name = "resumed, TLS 1.2",
       .script = {ONLY_12, CLOSES},
       .resumes = true},
      {.name = "resumed by number",
       .script = {ONLY_12, CLOSES, .tickets = TLS_SESSION_IDS},
       .resumes = true},
      {.name = "forgotten",
       .script = {ONLY_13, CLOSES, .tickets = TLS_TICKETS_FORGOTTEN}},
      {.name = "forgotten, TLS 1.2",
       .script = {ONLY_12, CLOSES, .tickets = TLS_TICKETS_FORGOTTEN}},
      {.name = "no session to resume",
       .script = {ONLY_13, CLOSES, .tickets = TLS_TICKETS_NONE}},
      {.name = "a session of another host",
       .good = 1,
       .second_host = "other.test",
       .script = {ONLY_13, CLOSES},
       .status = LARIAT_ECERTIFICATE,
       .phase = LARIAT_PHASE_TLS},
      {.name = "a session of another host, TLS 1.2",
       .good = 1,
       .second_host = "other.test",
       .script = {ONLY_12, CLOSES},
       .status = LARIAT_ECERTIFICATE,
       .phase = LARIAT_PHASE_TLS},
      {.name = "a session that was refused",
       .chain = "expired",
       .script = {ONLY_12, CLOSES},
       .status = LARIAT_ECERTIFICATE,
       .phase = LARIAT_PHASE_TLS},
  };
#undef CLOSES
  run(rows, FIXTURE_COUNT(rows));
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"bodies", test_bodies},
      {"between the bytes", test_between_the_bytes},
      {"early answers", test_early_answers},
      {"bad records", test_bad_records},
      {"ends", test_ends},
      {"cuts", test_cuts},
      {"sessions", test_sessions},
  };
  tls_profiles_open(&certificates);
  int failed =
      fixture_main("tls_exchanges", tests, FIXTURE_COUNT(tests), argc, argv);
  tls_profiles_close(&certificates);
  return failed;
}
