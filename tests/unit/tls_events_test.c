/* SPDX-License-Identifier: MIT
 * tls_events_test.c: a client and a server of TLS in memory, and what is noted
 * of what the server says. */
#include "net/tls_events.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "support/fixture.h"

struct pair {
  SSL_CTX *contexts[2]; /* the client's first */
  SSL *client;
  SSL *server;
  lr_tls_events *events;
};

static void give_certificate(SSL_CTX *context) {
  char curve[] = "P-256";
  EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
  X509 *certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_pubkey(certificate, key);
  CU_ASSERT(X509_sign(certificate, key, EVP_sha256()) > 0);
  CU_ASSERT_EQUAL(SSL_CTX_use_certificate(context, certificate), 1);
  CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey(context, key), 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

static void open_pair(struct pair *pair, int version, int verify) {
  BIO *bios[2];
  pair->contexts[0] = SSL_CTX_new(TLS_client_method());
  pair->contexts[1] = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_max_proto_version(pair->contexts[0], version);
  SSL_CTX_set_verify(pair->contexts[1], verify, NULL);
  give_certificate(pair->contexts[1]);
  pair->events = lr_tls_events_watch(pair->contexts[0]);
  CU_ASSERT_PTR_NOT_NULL_FATAL(pair->events);
  pair->client = SSL_new(pair->contexts[0]);
  pair->server = SSL_new(pair->contexts[1]);
  CU_ASSERT_EQUAL(BIO_new_bio_pair(&bios[0], 0, &bios[1], 0), 1);
  SSL_set_bio(pair->client, bios[0], bios[0]);
  SSL_set_bio(pair->server, bios[1], bios[1]);
  CU_ASSERT_PTR_EQUAL(lr_tls_events_of(pair->client), pair->events);
  CU_ASSERT_PTR_NULL(lr_tls_events_of(pair->server));
}

/* Lets both do what they can, the client to read at the end. */
static void shake_hands(struct pair *pair) {
  char byte;
  for (int i = 0; i < 8; i++) {
    (void)SSL_connect(pair->client);
    (void)SSL_accept(pair->server);
  }
  (void)SSL_read(pair->client, &byte, 1);
}

static void close_pair(struct pair *pair) {
  SSL_free(pair->client);
  SSL_free(pair->server);
  SSL_CTX_free(pair->contexts[0]); /* the record stays */
  SSL_CTX_free(pair->contexts[1]);
  lr_tls_events_release(pair->events);
}

static void test_closed(void) {
  struct fixture f;
  struct pair pair;
  char byte;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_pair(&pair, TLS1_3_VERSION, SSL_VERIFY_NONE);
  shake_hands(&pair);
  CU_ASSERT_FALSE(pair.events->closed);
  CU_ASSERT_FALSE(pair.events->wants_certificate);
  (void)SSL_shutdown(pair.server);
  (void)SSL_read(pair.client, &byte, 1);
  CU_ASSERT_TRUE(pair.events->closed);
  CU_ASSERT_EQUAL(pair.events->alert, 0);
  close_pair(&pair);
  fixture_close(&f);
}

static void test_certificate(void) {
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  static const int verify[] = {
      SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT};
  struct fixture f;
  struct pair pair;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < 4; i++) {
    open_pair(&pair, versions[i / 2], verify[i % 2]);
    shake_hands(&pair);
    CU_ASSERT_TRUE(pair.events->wants_certificate);
    CU_ASSERT_EQUAL(pair.events->alert != 0, i % 2 == 1);
    CU_ASSERT_FALSE(pair.events->closed);
    close_pair(&pair);
  }
  fixture_close(&f);
}

/* One that nobody knows, where it is looked at and where not. */
static void test_refused(void) {
  struct fixture f;
  struct pair pair;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int verifies = 0; verifies < 2; verifies++) {
    open_pair(&pair, TLS1_3_VERSION, SSL_VERIFY_NONE);
    SSL_set_verify(pair.client, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                   NULL);
    shake_hands(&pair);
    CU_ASSERT_EQUAL(pair.events->refused != 0, verifies);
    if (verifies)
      CU_ASSERT_STRING_EQUAL(lr_tls_events_refusal(pair.events),
                             "self-signed certificate");
    close_pair(&pair);
  }
  fixture_close(&f);
}

static void test_without_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_tls_events_watch(context));
  fixture_fail_allocation(&f, 0);
  SSL_CTX_free(context);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"the closing alert", test_closed},
      {"a certificate is wanted", test_certificate},
      {"a certificate is refused", test_refused},
      {"without memory", test_without_memory},
  };
  return fixture_main("tls_events", tests, FIXTURE_COUNT(tests), argc, argv);
}
