/* SPDX-License-Identifier: MIT
 * tls_events_test.c: a client and a server of TLS in memory, and what is noted
 * of what the server says. */
#include "net/tls_events.h"

#include "support/fixture.h"
#include "support/tls_pair.h"

static void test_closed(void) {
  struct fixture f;
  struct tls_pair pair;
  char byte;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  tls_pair_open(&pair, TLS1_3_VERSION, SSL_VERIFY_NONE);
  tls_pair_shake_hands(&pair);
  CU_ASSERT_FALSE(pair.events->closed);
  CU_ASSERT_FALSE(pair.events->wants_certificate);
  (void)SSL_shutdown(pair.server);
  (void)SSL_read(pair.client, &byte, 1);
  CU_ASSERT_TRUE(pair.events->closed);
  CU_ASSERT_EQUAL(pair.events->alert, 0);
  tls_pair_close(&pair);
  fixture_close(&f);
}

static void test_certificate(void) {
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  static const int verify[] = {
      SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT};
  struct fixture f;
  struct tls_pair pair;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < 4; i++) {
    tls_pair_open(&pair, versions[i / 2], verify[i % 2]);
    tls_pair_shake_hands(&pair);
    CU_ASSERT_TRUE(pair.events->wants_certificate);
    CU_ASSERT_EQUAL(pair.events->alert != 0, i % 2 == 1);
    CU_ASSERT_FALSE(pair.events->closed);
    tls_pair_close(&pair);
  }
  fixture_close(&f);
}

/* One that nobody knows, where it is looked at and where not. */
static void test_refused(void) {
  struct fixture f;
  struct tls_pair pair;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int verifies = 0; verifies < 2; verifies++) {
    tls_pair_open(&pair, TLS1_3_VERSION, SSL_VERIFY_NONE);
    SSL_set_verify(pair.client, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                   NULL);
    tls_pair_shake_hands(&pair);
    CU_ASSERT_EQUAL(pair.events->refused != 0, verifies);
    if (verifies)
      CU_ASSERT_STRING_EQUAL(lr_tls_events_refusal(pair.events),
                             "self-signed certificate");
    tls_pair_close(&pair);
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
