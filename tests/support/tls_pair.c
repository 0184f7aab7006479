/* SPDX-License-Identifier: MIT
 * tls_pair.c: two ends of TLS in one thread. */
#include "support/tls_pair.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "support/fixture.h"

void tls_pair_give_certificate(SSL_CTX *context) {
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

void tls_pair_open(struct tls_pair *pair, int version, int verify) {
  BIO *bios[2];
  pair->contexts[0] = SSL_CTX_new(TLS_client_method());
  pair->contexts[1] = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_max_proto_version(pair->contexts[0], version);
  SSL_CTX_set_verify(pair->contexts[1], verify, NULL);
  tls_pair_give_certificate(pair->contexts[1]);
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

void tls_pair_shake_hands(struct tls_pair *pair) {
  char byte;
  for (int i = 0; i < 8; i++) {
    (void)SSL_connect(pair->client);
    (void)SSL_accept(pair->server);
  }
  (void)SSL_read(pair->client, &byte, 1);
}

void tls_pair_close(struct tls_pair *pair) {
  SSL_free(pair->client);
  SSL_free(pair->server);
  SSL_CTX_free(pair->contexts[0]); /* the record stays */
  SSL_CTX_free(pair->contexts[1]);
  lr_tls_events_release(pair->events);
}
