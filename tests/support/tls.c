/* SPDX-License-Identifier: MIT
 * See tls.h. */
#define _GNU_SOURCE
#include "support/tls.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAY_S = 24 * 60 * 60 };

struct tls_authority {
  EVP_PKEY *key;
  X509 *certificate;
};

static bool set_random_serial(X509 *certificate) {
  unsigned char bytes[8];
  bool set;

  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40); /* positive, not 0 */
  BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
  set =
      number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  return set;
}

static bool set_times(X509 *certificate, int from_days, int to_days) {
  return X509_gmtime_adj(X509_getm_notBefore(certificate),
                         (long)from_days * DAY_S) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate),
                         (long)to_days * DAY_S);
}

static bool set_subject(X509 *certificate, const char *name) {
  X509_NAME *subject = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    (const unsigned char *)name, -1, -1,
                                    0) == 1;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid,
                          const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  if (!extension) return false;
  bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

/* A certificate for `key` with everything but extensions and signature. */
static X509 *draft(EVP_PKEY *key, const struct tls_certificate *what) {
  X509 *certificate = X509_new();
  if (!certificate) return NULL;
  if (X509_set_version(certificate, 2) == 1 && set_random_serial(certificate) &&
      set_times(certificate, what->valid_from_days, what->valid_to_days) &&
      set_subject(certificate, what->name) &&
      X509_set_pubkey(certificate, key) == 1)
    return certificate;
  X509_free(certificate);
  return NULL;
}

static bool sign_authority(struct tls_authority *authority) {
  X509 *own = authority->certificate;
  return X509_set_issuer_name(own, X509_get_subject_name(own)) == 1 &&
         add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE") &&
         add_extension(own, own, NID_key_usage,
                       "critical,keyCertSign,cRLSign") &&
         add_extension(own, own, NID_subject_key_identifier, "hash") &&
         X509_sign(own, authority->key, EVP_sha256()) > 0;
}

struct tls_authority *tls_authority_new(const char *name) {
  const struct tls_certificate what = {name, NULL, -2, 30};
  struct tls_authority *authority = calloc(1, sizeof *authority);

  if (!authority) return NULL;
  authority->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
  if (authority->key) authority->certificate = draft(authority->key, &what);
  if (authority->certificate && sign_authority(authority)) return authority;
  tls_authority_free(authority);
  return NULL;
}

void tls_authority_free(struct tls_authority *authority) {
  if (!authority) return;
  X509_free(authority->certificate);
  EVP_PKEY_free(authority->key);
  free(authority);
}

static bool write_certificate(X509 *certificate, const char *path) {
  FILE *file = fopen(path, "we");
  if (!file) return false;
  bool written = PEM_write_X509(file, certificate) == 1;
  return fclose(file) == 0 && written;
}

static bool write_key(EVP_PKEY *key, const char *path) {
  FILE *file = fopen(path, "we");
  if (!file) return false;
  bool written =
      PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
  return fclose(file) == 0 && written;
}

bool tls_write_authority(const struct tls_authority *authority,
                         const char *path) {
  return write_certificate(authority->certificate, path);
}

static bool sign(X509 *certificate, const struct tls_authority *authority,
                 const char *alt_names) {
  X509 *issuer = authority->certificate;
  return X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) ==
             1 &&
         add_extension(certificate, issuer, NID_basic_constraints,
                       "critical,CA:FALSE") &&
         add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, issuer, NID_subject_alt_name, alt_names) &&
         add_extension(certificate, issuer, NID_authority_key_identifier,
                       "keyid") &&
         X509_sign(certificate, authority->key, EVP_sha256()) > 0;
}

bool tls_issue(const struct tls_authority *authority,
               const struct tls_certificate *what, const char *certificate_path,
               const char *key_path) {
  EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
  X509 *certificate = key ? draft(key, what) : NULL;
  bool issued = certificate && sign(certificate, authority, what->alt_names) &&
                write_certificate(certificate, certificate_path) &&
                write_key(key, key_path);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return issued;
}
