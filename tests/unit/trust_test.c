/* SPDX-License-Identifier: MIT
 * trust_test.c: trusted certificates, read once. */
#include "net/trust.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "curl/libcurl.h"
#include "support/fixture.h"

/* A certificate that signed itself. */
static lariat_status load(const char *ca_file, X509_STORE **store) {
  const lr_capabilities *capabilities = lr_libcurl_capabilities();
  lr_trust trust;
  lr_trust_init(&trust, ca_file, capabilities->ca_file, capabilities->ca_path);
  lariat_status status = lr_trust_load(&trust, store);
  lr_trust_destroy(&trust);
  return status;
}

static X509 *make_certificate(void) {
  EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
  X509 *certificate = X509_new();
  X509_NAME *name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             (const unsigned char *)"lariat test", -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  CU_ASSERT_FATAL(X509_sign(certificate, key, EVP_sha256()) > 0);
  EVP_PKEY_free(key);
  return certificate;
}

/* A file that holds `certificate`, or with NULL no certificate. */
static void write_file(char path[32], X509 *certificate) {
  snprintf(path, 32, "%s", "lariat-trust-XXXXXX");
  int fd = mkstemp(path);
  CU_ASSERT_FATAL(fd >= 0);
  FILE *file = fdopen(fd, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  if (certificate)
    PEM_write_X509(file, certificate);
  else
    fputs("not a certificate\n", file);
  fclose(file);
}

static bool trusts(X509_STORE *store, X509 *certificate) {
  X509_STORE_CTX *check = X509_STORE_CTX_new();
  X509_STORE_CTX_init(check, store, certificate, NULL);
  bool trusted = X509_verify_cert(check) == 1;
  X509_STORE_CTX_free(check);
  return trusted;
}

static void test_file(void) {
  char path[32];
  X509_STORE *store = NULL;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  X509 *certificate = make_certificate();
  X509 *stranger = make_certificate();
  write_file(path, certificate);
  CU_ASSERT_EQUAL(load(path, &store), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(store);
  CU_ASSERT_TRUE(trusts(store, certificate));
  CU_ASSERT_FALSE(trusts(store, stranger));
  lr_trust_release(store);
  unlink(path);
  X509_free(certificate);
  X509_free(stranger);
  fixture_close(&f);
}

/* One certificate of the store, as a text. */
static void test_copy(void) {
  char path[32];
  X509_STORE *store = NULL;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  X509 *certificate = make_certificate();
  write_file(path, certificate);
  CU_ASSERT_EQUAL(load(path, &store), LARIAT_OK);
  char *text = lr_trust_copy_certificate(store);
  CU_ASSERT_PTR_NOT_NULL_FATAL(text);
  BIO *in = BIO_new_mem_buf(text, -1);
  X509 *copy = PEM_read_bio_X509(in, NULL, NULL, NULL);
  CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
  CU_ASSERT_EQUAL(X509_cmp(copy, certificate), 0);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_PTR_NULL(lr_trust_copy_certificate(store));
  fixture_fail_allocation(&f, 0);
  lr_free(text);
  lr_trust_release(store);
  store = X509_STORE_new();
  CU_ASSERT_PTR_NULL(lr_trust_copy_certificate(store));
  lr_trust_release(store);
  BIO_free(in);
  X509_free(copy);
  X509_free(certificate);
  unlink(path);
  fixture_close(&f);
}

/* Refused, and nothing is left in the thread's error queue. */
static void test_bad_files(void) {
  char path[32];
  X509_STORE *store = NULL;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  ERR_clear_error();
  write_file(path, NULL);
  CU_ASSERT_EQUAL(load(path, &store), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(store);
  unlink(path);
  CU_ASSERT_EQUAL(load(path, &store), LARIAT_EINVAL);
  CU_ASSERT_EQUAL(load("/", &store), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(store);
  CU_ASSERT_EQUAL(ERR_peek_error(), 0);
  lr_trust_release(NULL);
  fixture_close(&f);
}

/* A machine without certificates has an empty store; it is there all the
 * same. */
static void test_default(void) {
  X509_STORE *store = NULL;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(load(NULL, &store), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(store);
  const char *file = lr_libcurl_capabilities()->ca_file;
  if (file && access(file, R_OK) == 0)
    CU_ASSERT(sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) > 10);
  lr_trust_release(store);
  fixture_close(&f);
}

/* The context has a reference of its own. */
static void test_apply(void) {
  X509_STORE *store = NULL;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(load(NULL, &store), LARIAT_OK);
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  CU_ASSERT_PTR_NOT_NULL_FATAL(context);
  lr_trust_apply(store, context);
  lr_trust_release(store);
  CU_ASSERT_PTR_EQUAL(SSL_CTX_get_cert_store(context), store);
  X509 *stranger = make_certificate();
  CU_ASSERT_FALSE(trusts(SSL_CTX_get_cert_store(context), stranger));
  X509_free(stranger);
  SSL_CTX_free(context);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"certificates of a file", test_file},
      {"a certificate as a text", test_copy},
      {"files without a certificate", test_bad_files},
      {"the default", test_default},
      {"a TLS context uses the store", test_apply},
  };
  lr_libcurl_global_init();
  return fixture_main("trust", tests, FIXTURE_COUNT(tests), argc, argv);
}
