/* SPDX-License-Identifier: MIT
 * tls_sessions_test.c: clients and servers of TLS in memory, and which of them
 * resume what was before. */
#include "net/tls_sessions.h"

#include <openssl/ssl.h>

#include "net/tls_events.h"
#include "support/fixture.h"
#include "support/tls_pair.h"

enum { TICKETS = 2 };

static const char *const origins[] = {"https://one.test:443",
                                      "https://two.test:443"};

struct sessions_test {
  struct fixture f;
  SSL_CTX *server;
  lr_tls_sessions sessions;
};

static void open_test(struct sessions_test *t, int version) {
  fixture_open(&t->f, FIXTURE_NO_REACTOR);
  t->server = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_max_proto_version(t->server, version);
  tls_pair_give_certificate(t->server);
  lr_tls_sessions_init(&t->sessions);
}

static void close_test(struct sessions_test *t) {
  lr_tls_sessions_clear(&t->sessions);
  SSL_CTX_free(t->server);
  fixture_close(&t->f);
}

/* What libcurl does for a connection: a context of its own, without tickets for
 * TLS 1.2. */
static SSL_CTX *make_client(struct sessions_test *t, int origin) {
  SSL_CTX *client = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_options(client, SSL_OP_NO_TICKET);
  lr_tls_events_release(lr_tls_events_watch(client));
  CU_ASSERT_TRUE(lr_tls_sessions_use(&t->sessions, client, origins[origin], 20,
                                     (uint64_t)origin));
  return client;
}

/* Makes a connection to an origin, and says whether it resumed a session. */
static bool connect_once(struct sessions_test *t, int origin) {
  BIO *bios[2];
  char byte = 'x';
  SSL_CTX *context = make_client(t, origin);
  SSL *client = SSL_new(context);
  SSL *server = SSL_new(t->server);
  CU_ASSERT_EQUAL(BIO_new_bio_pair(&bios[0], 0, &bios[1], 0), 1);
  SSL_set_bio(client, bios[0], bios[0]);
  SSL_set_bio(server, bios[1], bios[1]);
  for (int i = 0; i < 8; i++) {
    (void)SSL_connect(client);
    (void)SSL_accept(server);
  }
  (void)SSL_read(client, &byte, 1); /* makes space for the last tickets */
  (void)SSL_accept(server);
  CU_ASSERT_EQUAL(SSL_write(server, &byte, 1), 1);
  CU_ASSERT_EQUAL(SSL_read(client, &byte, 1), 1);
  bool resumed = SSL_session_reused(server);
  CU_ASSERT_EQUAL(SSL_session_reused(client), resumed);
  (void)SSL_shutdown(client);
  SSL_free(client);
  SSL_free(server);
  SSL_CTX_free(context);
  return resumed;
}

static void test_resumed(void) {
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  for (size_t i = 0; i < FIXTURE_COUNT(versions); i++) {
    struct sessions_test t;
    open_test(&t, versions[i]);
    CU_ASSERT_FALSE(connect_once(&t, 0));
    for (int n = 0; n < 5; n++) CU_ASSERT_TRUE(connect_once(&t, 0));
    close_test(&t);
  }
}

static void test_of_the_origin_only(void) {
  struct sessions_test t;
  open_test(&t, TLS1_3_VERSION);
  CU_ASSERT_FALSE(connect_once(&t, 0));
  CU_ASSERT_FALSE(connect_once(&t, 1));
  CU_ASSERT_TRUE(connect_once(&t, 0));
  CU_ASSERT_TRUE(connect_once(&t, 1));
  close_test(&t);
}

/* Each is used once: two that run side by side never have the same. */
static void test_used_once(void) {
  struct sessions_test t;
  open_test(&t, TLS1_3_VERSION);
  CU_ASSERT_FALSE(connect_once(&t, 0));
  CU_ASSERT_EQUAL(t.sessions.by_origin.count, TICKETS);
  SSL_CTX_set_num_tickets(t.server, 0);
  for (int i = 0; i < TICKETS; i++) CU_ASSERT_TRUE(connect_once(&t, 0));
  CU_ASSERT_EQUAL(t.sessions.by_origin.count, 0);
  CU_ASSERT_FALSE(connect_once(&t, 0));
  close_test(&t);
}

/* A server that cannot resume makes a new session. */
static void test_refused(void) {
  struct sessions_test t;
  unsigned char keys[80] = {0};
  open_test(&t, TLS1_3_VERSION);
  CU_ASSERT_FALSE(connect_once(&t, 0));
  CU_ASSERT_EQUAL(SSL_CTX_set_tlsext_ticket_keys(t.server, keys, sizeof keys),
                  1);
  CU_ASSERT_FALSE(connect_once(&t, 0));
  CU_ASSERT_TRUE(connect_once(&t, 0));
  close_test(&t);
}

static void test_too_old(void) {
  struct sessions_test t;
  open_test(&t, TLS1_3_VERSION);
  SSL_CTX_set_timeout(t.server, 7200);
  CU_ASSERT_FALSE(connect_once(&t, 0));
  for (lr_list *node = t.sessions.by_age.next; node != &t.sessions.by_age;
       node = node->next) {
    lr_tls_session *kept = lr_container(node, lr_tls_session, age_node);
    kept->kept_s -= 3601;
  }
  CU_ASSERT_FALSE(connect_once(&t, 0));
  CU_ASSERT_EQUAL(t.sessions.by_origin.count, TICKETS);
  close_test(&t);
}

static void test_limits(void) {
  struct sessions_test t;
  open_test(&t, TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(t.server, LR_TLS_SESSIONS_ORIGIN_MAX + 1);
  CU_ASSERT_FALSE(connect_once(&t, 1));
  CU_ASSERT_EQUAL(t.sessions.by_origin.count, LR_TLS_SESSIONS_ORIGIN_MAX);
  CU_ASSERT_FALSE(connect_once(&t, 0));
  CU_ASSERT_EQUAL(t.sessions.by_origin.count, 2 * LR_TLS_SESSIONS_ORIGIN_MAX);
  CU_ASSERT_TRUE(connect_once(&t, 1));
  close_test(&t);
}

static void test_without_memory(void) {
  for (unsigned step = 1; step <= 2; step++) {
    struct sessions_test t;
    open_test(&t, TLS1_3_VERSION);
    SSL_CTX *client = SSL_CTX_new(TLS_client_method());
    fixture_fail_allocation(&t.f, step);
    CU_ASSERT_FALSE(
        lr_tls_sessions_use(&t.sessions, client, origins[0], 20, 0));
    fixture_fail_allocation(&t.f, 0);
    SSL_CTX_free(client);
    close_test(&t);
  }
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"resumed", test_resumed},
      {"of the origin only", test_of_the_origin_only},
      {"used once", test_used_once},
      {"refused", test_refused},
      {"too old", test_too_old},
      {"limits", test_limits},
      {"without memory", test_without_memory},
  };
  return fixture_main("tls_sessions", tests, FIXTURE_COUNT(tests), argc, argv);
}
