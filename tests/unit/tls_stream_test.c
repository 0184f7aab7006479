/* SPDX-License-Identifier: MIT
 * tls_stream_test.c: the stream of a TLS connection, against a server of
 * OpenSSL's at the other end of a pair of sockets. */
#include "net/tls_stream.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/fixture.h"
#include "support/tls_pair.h"

struct streaming {
  struct fixture f;
  struct tls_pair pair;
  int fds[2]; /* the client's first */
  unsigned released;
  unsigned buffered;
  lr_stream stream;
};

static void count_release(void *self) {
  struct streaming *s = self;
  s->released++;
}

static void set_descriptor(SSL *ssl, int fd) {
  CU_ASSERT_EQUAL(SSL_set_fd(ssl, fd), 1);
}

/* Makes both ends, which have shaken hands; the client's is not a stream yet.
 */
static void connect_ends(struct streaming *s, int version, int verify) {
  memset(s, 0, sizeof *s);
  fixture_open(&s->f, FIXTURE_NO_REACTOR);
  tls_pair_open(&s->pair, version, verify);
  CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX,
                                   SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                   0, s->fds),
                        0);
  set_descriptor(s->pair.client, s->fds[0]);
  set_descriptor(s->pair.server, s->fds[1]);
  tls_pair_shake_hands(&s->pair);
}

static bool make_stream(struct streaming *s, const char *early) {
  lr_tls_keeper keeper = {
      .release = count_release, .self = s, .buffered = &s->buffered};
  return lr_tls_stream_open(&s->stream, s->pair.client, s->fds[0],
                            s->pair.events, keeper, early, early ? 1 : 0);
}

static void open_stream(struct streaming *s, int version) {
  connect_ends(s, version, SSL_VERIFY_NONE);
  CU_ASSERT_TRUE_FATAL(make_stream(s, NULL));
}

static void close_ends(struct streaming *s) {
  tls_pair_close(&s->pair);
  close(s->fds[0]);
  if (s->fds[1] >= 0) close(s->fds[1]);
  fixture_close(&s->f);
}

static void close_stream(struct streaming *s) {
  lr_stream_close(&s->stream);
  CU_ASSERT_EQUAL(s->released, 1);
  close_ends(s);
}

static void expect_received(struct streaming *s, const char *text) {
  char bytes[256];
  ssize_t got = lr_stream_receive(&s->stream, bytes, sizeof bytes);
  CU_ASSERT_EQUAL_FATAL(got, (ssize_t)strlen(text));
  CU_ASSERT_EQUAL(memcmp(bytes, text, strlen(text)), 0);
}

static void expect_result(struct streaming *s, ssize_t result) {
  char bytes[256];
  CU_ASSERT_EQUAL(lr_stream_receive(&s->stream, bytes, sizeof bytes), result);
}

static void serve(struct streaming *s, const char *text) {
  CU_ASSERT_EQUAL(SSL_write(s->pair.server, text, (int)strlen(text)),
                  (int)strlen(text));
}

/* ---- Bytes ---- */

static void test_both_ways(void) {
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  for (size_t i = 0; i < FIXTURE_COUNT(versions); i++) {
    struct streaming s;
    char bytes[16];
    open_stream(&s, versions[i]);
    CU_ASSERT_EQUAL(s.stream.fd, s.fds[0]);
    expect_result(&s, LR_STREAM_AGAIN);
    CU_ASSERT_EQUAL(lr_stream_send(&s.stream, "request", 7), 7);
    CU_ASSERT_EQUAL(SSL_read(s.pair.server, bytes, sizeof bytes), 7);
    serve(&s, "answer");
    expect_received(&s, "answer");
    CU_ASSERT_FALSE(s.stream.pending);
    expect_result(&s, LR_STREAM_AGAIN);
    close_stream(&s);
  }
}

/* Several records that are there come in one call, as far as they fit. */
static void test_records(void) {
  struct streaming s;
  char bytes[4];
  open_stream(&s, TLS1_3_VERSION);
  serve(&s, "one ");
  serve(&s, "two ");
  serve(&s, "three");
  CU_ASSERT_EQUAL(lr_stream_receive(&s.stream, bytes, sizeof bytes), 4);
  CU_ASSERT_TRUE(s.stream.pending);
  expect_received(&s, "two three");
  expect_result(&s, LR_STREAM_AGAIN);
  CU_ASSERT_FALSE(s.stream.pending);
  close_stream(&s);
}

/* A record that came in part is waited for. */
static void test_part_of_a_record(void) {
  struct streaming s;
  char record[256];
  int between[2];
  open_stream(&s, TLS1_3_VERSION);
  CU_ASSERT_EQUAL_FATAL(
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, between), 0);
  int server = s.fds[1];
  set_descriptor(s.pair.server, between[0]);
  serve(&s, "answer");
  ssize_t length = read(between[1], record, sizeof record);
  for (ssize_t i = 0; i < length; i++) {
    expect_result(&s, LR_STREAM_AGAIN);
    CU_ASSERT_FALSE(s.stream.pending);
    CU_ASSERT_EQUAL(write(server, record + i, 1), 1);
  }
  expect_received(&s, "answer");
  close(between[0]);
  close(between[1]);
  close_stream(&s);
}

static void test_early_byte(void) {
  struct streaming s;
  connect_ends(&s, TLS1_3_VERSION, SSL_VERIFY_NONE);
  CU_ASSERT_TRUE_FATAL(make_stream(&s, "H"));
  CU_ASSERT_TRUE(s.stream.pending);
  serve(&s, "TTP");
  expect_received(&s, "H");
  expect_received(&s, "TTP");
  close_stream(&s);
}

/* What does not go at once is to be sent again, from wherever it is then. */
static void test_full(void) {
  enum { ALL = 4 * 1024 * 1024 };
  static char bytes[ALL];
  static char copy[ALL];
  struct streaming s;
  size_t sent = 0;
  size_t received = 0;
  bool was_full = false;
  open_stream(&s, TLS1_3_VERSION);
  for (size_t i = 0; i < ALL; i++) bytes[i] = (char)(i * 7 + i / 251);
  while (sent < ALL) {
    memcpy(copy + sent, bytes + sent, ALL - sent);
    ssize_t went = lr_stream_send(
        &s.stream, sent % 2 ? copy + sent : bytes + sent, ALL - sent);
    CU_ASSERT_FATAL(went >= 0);
    sent += (size_t)went;
    if (went > 0) continue;
    was_full = true;
    int got = SSL_read(s.pair.server, copy, 65536);
    CU_ASSERT_FATAL(got > 0);
    CU_ASSERT_EQUAL(memcmp(copy, bytes + received, (size_t)got), 0);
    received += (size_t)got;
  }
  while (received < ALL) {
    int got = SSL_read(s.pair.server, copy, 65536);
    CU_ASSERT_FATAL(got > 0);
    CU_ASSERT_EQUAL(memcmp(copy, bytes + received, (size_t)got), 0);
    received += (size_t)got;
  }
  CU_ASSERT_TRUE(was_full);
  close_stream(&s);
}

/* The peer changes its keys, and asks for new ones of the client's. */
static void test_new_keys(void) {
  struct streaming s;
  char bytes[16];
  open_stream(&s, TLS1_3_VERSION);
  CU_ASSERT_EQUAL(SSL_key_update(s.pair.server, SSL_KEY_UPDATE_REQUESTED), 1);
  serve(&s, "answer");
  expect_received(&s, "answer");
  CU_ASSERT_EQUAL(lr_stream_send(&s.stream, "more", 4), 4);
  CU_ASSERT_EQUAL(SSL_read(s.pair.server, bytes, sizeof bytes), 4);
  close_stream(&s);
}

/* Has the client send until nothing goes any more. */
static void fill_socket(struct streaming *s) {
  static const char bytes[65536];
  int least = 1;
  (void)setsockopt(s->fds[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  while (send(s->fds[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
}

/* Takes what has filled it, which is not the server's to see. */
static void empty_socket(struct streaming *s) {
  static char bytes[65536];
  while (recv(s->fds[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
}

/* A handshake within TLS 1.2 that the server asks for: the client must send
 * before it can receive what is behind that, and there is no space. */
static void test_needs_send(void) {
  struct streaming s;
  char byte;
  open_stream(&s, TLS1_2_VERSION);
  CU_ASSERT_EQUAL_FATAL(SSL_renegotiate(s.pair.server), 1);
  CU_ASSERT_EQUAL(SSL_do_handshake(s.pair.server), 1); /* it asks, no more */
  fill_socket(&s);
  for (int i = 0; i < 2; i++) {
    expect_result(&s, LR_STREAM_AGAIN);
    CU_ASSERT_TRUE(s.stream.needs_send);
    CU_ASSERT_FALSE(s.stream.pending);
  }
  empty_socket(&s);
  expect_result(&s, LR_STREAM_AGAIN);
  CU_ASSERT_FALSE(s.stream.needs_send);
  for (int i = 0; i < 4; i++) {
    (void)SSL_read(s.pair.server, &byte, 1);
    expect_result(&s, LR_STREAM_AGAIN);
  }
  CU_ASSERT_EQUAL(SSL_renegotiate_pending(s.pair.server), 0);
  serve(&s, "answer");
  expect_received(&s, "answer");
  close_stream(&s);
}

/* The same, without bytes to receive: nothing can be sent before the server
 * goes on, however much space there is. */
static void test_needs_receive(void) {
  struct streaming s;
  char bytes[8];
  open_stream(&s, TLS1_2_VERSION);
  CU_ASSERT_EQUAL_FATAL(SSL_renegotiate(s.pair.server), 1);
  CU_ASSERT_EQUAL(SSL_do_handshake(s.pair.server), 1); /* it asks, no more */
  expect_result(&s, LR_STREAM_AGAIN);
  for (int i = 0; i < 2; i++) {
    CU_ASSERT_EQUAL(lr_stream_send(&s.stream, "more", 4), 0);
    CU_ASSERT_TRUE(s.stream.needs_receive);
    CU_ASSERT_FALSE(s.stream.needs_send);
  }
  for (int i = 0; i < 4; i++) {
    (void)SSL_read(s.pair.server, bytes, sizeof bytes);
    expect_result(&s, LR_STREAM_AGAIN);
  }
  CU_ASSERT_EQUAL(lr_stream_send(&s.stream, "more", 4), 4);
  CU_ASSERT_EQUAL(SSL_read(s.pair.server, bytes, sizeof bytes), 4);
  /* Space that is lacking is another matter. */
  fill_socket(&s);
  CU_ASSERT_EQUAL(lr_stream_send(&s.stream, "more", 4), 0);
  CU_ASSERT_FALSE(s.stream.needs_receive);
  close_stream(&s);
}

/* ---- Ends ---- */

/* An end behind bytes is told by the next call, of which no event will tell. */
static void test_close_notify(void) {
  struct streaming s;
  open_stream(&s, TLS1_3_VERSION);
  serve(&s, "answer");
  CU_ASSERT_EQUAL(SSL_shutdown(s.pair.server), 0);
  expect_received(&s, "answer");
  CU_ASSERT_TRUE(s.stream.pending);
  expect_result(&s, LR_STREAM_END);
  CU_ASSERT_FALSE(s.stream.pending);
  expect_result(&s, LR_STREAM_END);
  close_stream(&s);
}

static void end_connection(struct streaming *s) {
  close(s->fds[1]);
  s->fds[1] = -1;
}

static void test_cut(void) {
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  for (size_t i = 0; i < FIXTURE_COUNT(versions); i++) {
    struct streaming s;
    open_stream(&s, versions[i]);
    serve(&s, "answer");
    end_connection(&s);
    expect_received(&s, "answer");
    expect_result(&s, LR_STREAM_CUT);
    expect_result(&s, LR_STREAM_CUT);
    CU_ASSERT_EQUAL(lr_stream_send(&s.stream, "more", 4), -1);
    close_stream(&s);
  }
}

static void test_rubbish(void) {
  struct streaming s;
  open_stream(&s, TLS1_3_VERSION);
  CU_ASSERT_EQUAL(write(s.fds[1], "HTTP/1.1 200 OK\r\n", 17), 17);
  expect_result(&s, LR_STREAM_LOST);
  expect_result(&s, LR_STREAM_LOST);
  close_stream(&s);
}

/* The stream's own end is told to the server. */
static void test_own_end(void) {
  struct streaming s;
  char byte;
  open_stream(&s, TLS1_3_VERSION);
  lr_stream_close(&s.stream);
  CU_ASSERT_EQUAL(s.released, 1);
  int result = SSL_read(s.pair.server, &byte, 1);
  CU_ASSERT_EQUAL(SSL_get_error(s.pair.server, result), SSL_ERROR_ZERO_RETURN);
  close_ends(&s);
}

static void test_certificate(void) {
  struct streaming s;
  connect_ends(&s, TLS1_3_VERSION, SSL_VERIFY_PEER);
  CU_ASSERT_TRUE_FATAL(make_stream(&s, NULL));
  CU_ASSERT_TRUE(lr_stream_lacks_certificate(&s.stream));
  close_stream(&s);
  open_stream(&s, TLS1_3_VERSION);
  CU_ASSERT_FALSE(lr_stream_lacks_certificate(&s.stream));
  close_stream(&s);
}

/* One direction ends, the other goes on. */
static void half_close(int version) {
  struct streaming s;
  char bytes[8];
  open_stream(&s, version);
  CU_ASSERT_EQUAL(lr_stream_end_sending(&s.stream), 1);
  CU_ASSERT_EQUAL(s.released, 0);
  int result = SSL_read(s.pair.server, bytes, sizeof bytes);
  CU_ASSERT_EQUAL(SSL_get_error(s.pair.server, result), SSL_ERROR_ZERO_RETURN);
  CU_ASSERT_EQUAL(lr_stream_send(&s.stream, "more", 4), -1);
  CU_ASSERT_EQUAL(SSL_write(s.pair.server, "back", 4), 4);
  CU_ASSERT_EQUAL(lr_stream_receive(&s.stream, bytes, sizeof bytes), 4);
  CU_ASSERT_EQUAL(SSL_shutdown(s.pair.server), 1);
  CU_ASSERT_EQUAL(lr_stream_receive(&s.stream, bytes, sizeof bytes),
                  LR_STREAM_END);
  lr_stream_close(&s.stream);
  CU_ASSERT_EQUAL(s.released, 1);
  close_ends(&s);
}

static void test_half_close(void) {
  half_close(TLS1_2_VERSION);
  half_close(TLS1_3_VERSION);
}

/* close_notify waits for space, too. */
static void test_end_of_a_full_socket(void) {
  struct streaming s;
  static char bytes[64 * 1024];
  open_stream(&s, TLS1_3_VERSION);
  while (send(s.fds[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
    ;
  CU_ASSERT_EQUAL(lr_stream_end_sending(&s.stream), 0);
  CU_ASSERT_EQUAL(lr_stream_end_sending(&s.stream), 0);
  while (recv(s.fds[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
    ;
  CU_ASSERT_EQUAL(lr_stream_end_sending(&s.stream), 1);
  CU_ASSERT(recv(s.fds[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0);
  lr_stream_close(&s.stream);
  close_ends(&s);
}

static void test_abandoned(void) {
  struct streaming s;
  char byte;
  open_stream(&s, TLS1_3_VERSION);
  lr_tls_stream_abandon(&s.stream);
  CU_ASSERT_EQUAL(s.released, 0);
  int result = SSL_read(s.pair.server, &byte, 1);
  CU_ASSERT_EQUAL(SSL_get_error(s.pair.server, result), SSL_ERROR_WANT_READ);
  close_ends(&s);
}

static void test_without_memory(void) {
  struct streaming s;
  connect_ends(&s, TLS1_3_VERSION, SSL_VERIFY_NONE);
  fixture_fail_allocation(&s.f, 1);
  CU_ASSERT_FALSE(make_stream(&s, NULL));
  fixture_fail_allocation(&s.f, 0);
  close_ends(&s);
}

static bool keeps_buffers(struct streaming *s) {
  return !(SSL_get_mode(s->pair.client) & SSL_MODE_RELEASE_BUFFERS);
}

/* Opens and closes a stream of whose keeper so many have buffers already. */
static void expect_buffers(unsigned before, bool kept) {
  struct streaming s;
  connect_ends(&s, TLS1_3_VERSION, SSL_VERIFY_NONE);
  SSL_set_mode(s.pair.client, SSL_MODE_RELEASE_BUFFERS);
  s.buffered = before;
  CU_ASSERT_TRUE_FATAL(make_stream(&s, NULL));
  CU_ASSERT_EQUAL(keeps_buffers(&s), kept);
  CU_ASSERT_EQUAL(s.buffered, before + kept);
  serve(&s, "answer");
  expect_received(&s, "answer");
  lr_stream_close(&s.stream);
  CU_ASSERT_EQUAL(s.buffered, before);
  close_ends(&s);
}

/* A number of streams keep OpenSSL's buffers, and no more. */
static void test_buffers(void) {
  expect_buffers(0, true);
  expect_buffers(127, true);
  expect_buffers(128, false);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"both ways", test_both_ways},
      {"records", test_records},
      {"a part of a record", test_part_of_a_record},
      {"a byte that came early", test_early_byte},
      {"a full socket", test_full},
      {"new keys", test_new_keys},
      {"it needs to send", test_needs_send},
      {"it needs to receive", test_needs_receive},
      {"close_notify", test_close_notify},
      {"a cut connection", test_cut},
      {"rubbish", test_rubbish},
      {"its own end", test_own_end},
      {"a certificate is wanted", test_certificate},
      {"buffers that are kept", test_buffers},
      {"half close", test_half_close},
      {"the end of a full socket", test_end_of_a_full_socket},
      {"abandoned", test_abandoned},
      {"without memory", test_without_memory},
  };
  return fixture_main("tls_stream", tests, FIXTURE_COUNT(tests), argc, argv);
}
