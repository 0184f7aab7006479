/* SPDX-License-Identifier: MIT
 * See tls_records.h. */
#include "support/tls_records.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_BYTES = 32, RANDOM_BYTES = 32, MASTER_BYTES = 48, TAG_BYTES = 16 };

static OSSL_PARAM bytes_of(const char *name, const void *bytes, size_t length) {
  return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes,
                                           length);
}

static void derive(const char *kdf_name, const OSSL_PARAM *params,
                   unsigned char *out, size_t length) {
  EVP_KDF *kdf = EVP_KDF_fetch(NULL, kdf_name, NULL);
  EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
  if (!context || EVP_KDF_derive(context, out, length, params) != 1) abort();
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
}

/* HKDF-Expand-Label with an empty context: RFC 8446, 7.1. */
static void expand_label(const unsigned char *secret, const char *label,
                         unsigned char *out, size_t length) {
  static char hash[] = "SHA256";
  unsigned char info[64] = {0};
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  size_t text = strlen(label);
  info[1] = (unsigned char)length;
  info[2] = (unsigned char)(6 + text);
  memcpy(info + 3, "tls13 ", 6);
  memcpy(info + 9, label, text);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      bytes_of(OSSL_KDF_PARAM_KEY, secret, HASH_BYTES),
      bytes_of(OSSL_KDF_PARAM_INFO, info, 9 + text + 1),
      OSSL_PARAM_construct_end()};
  derive("HKDF", params, out, length);
}

/* The key block: RFC 5246, 6.3; without keys for a MAC, which GCM has not. */
static void expand_block(SSL *ssl, unsigned char *out, size_t length) {
  static char hash[] = "SHA256";
  unsigned char master[MASTER_BYTES];
  unsigned char randoms[2 * RANDOM_BYTES];
  SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof master);
  SSL_get_server_random(ssl, randoms, RANDOM_BYTES);
  SSL_get_client_random(ssl, randoms + RANDOM_BYTES, RANDOM_BYTES);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
      bytes_of(OSSL_KDF_PARAM_SECRET, master, sizeof master),
      bytes_of(OSSL_KDF_PARAM_SEED, "key expansion", 13),
      bytes_of(OSSL_KDF_PARAM_SEED, randoms, sizeof randoms),
      OSSL_PARAM_construct_end()};
  derive("TLS1-PRF", params, out, length);
}

/* Finished was the first record of TLS 1.2 with these keys. */
void tls_records_begin(struct tls_records *records, SSL *ssl,
                       const unsigned char *secret) {
  unsigned char block[40]; /* two keys, two salts; the client's are first */
  records->tls13 = SSL_version(ssl) == TLS1_3_VERSION;
  records->sequence = records->tls13 ? 0 : 1;
  if (records->tls13) {
    expand_label(secret, "key", records->key, sizeof records->key);
    expand_label(secret, "iv", records->iv, sizeof records->iv);
    return;
  }
  expand_block(ssl, block, sizeof block);
  memcpy(records->key, block + 16, sizeof records->key);
  memcpy(records->iv, block + 36, 4);
}

static void put_number(unsigned char *out, uint64_t number, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    out[i] = (unsigned char)(number >> 8 * (bytes - 1 - i));
}

/* Encrypts in place; the tag goes behind. */
static void encrypt(const unsigned char *key, const unsigned char *nonce,
                    const unsigned char *head, int head_length,
                    unsigned char *bytes, int length) {
  int done = 0;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, key, nonce) != 1 ||
      EVP_EncryptUpdate(context, NULL, &done, head, head_length) != 1 ||
      (length > 0 &&
       EVP_EncryptUpdate(context, bytes, &done, bytes, length) != 1) ||
      EVP_EncryptFinal_ex(context, bytes + length, &done) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
                          bytes + length) != 1)
    abort();
  EVP_CIPHER_CTX_free(context);
}

/* RFC 8446, 5.2: the type is the last byte of what is encrypted. */
static size_t seal13(struct tls_records *records, int type, const void *bytes,
                     size_t length, unsigned char *out) {
  unsigned char nonce[12];
  memcpy(nonce, records->iv, sizeof nonce);
  for (size_t i = 0; i < 8; i++)
    nonce[4 + i] ^= (unsigned char)(records->sequence >> 8 * (7 - i));
  memcpy(out, "\x17\x03\x03", 3);
  put_number(out + 3, length + 1 + TAG_BYTES, 2);
  if (length > 0) memcpy(out + 5, bytes, length);
  out[5 + length] = (unsigned char)type;
  encrypt(records->key, nonce, out, 5, out + 5, (int)length + 1);
  return 5 + length + 1 + TAG_BYTES;
}

/* RFC 5246, 6.2.3.3, and RFC 5288, 3. */
static size_t seal12(struct tls_records *records, int type, const void *bytes,
                     size_t length, unsigned char *out) {
  unsigned char nonce[12];
  unsigned char head[13];
  out[0] = (unsigned char)type;
  memcpy(out + 1, "\x03\x03", 2);
  put_number(out + 3, 8 + length + TAG_BYTES, 2);
  put_number(out + 5, records->sequence, 8);
  memcpy(nonce, records->iv, 4);
  memcpy(nonce + 4, out + 5, 8);
  put_number(head, records->sequence, 8);
  memcpy(head + 8, out, 3);
  put_number(head + 11, length, 2);
  if (length > 0) memcpy(out + 13, bytes, length);
  encrypt(records->key, nonce, head, sizeof head, out + 13, (int)length);
  return 13 + length + TAG_BYTES;
}

size_t tls_records_seal(struct tls_records *records, int type,
                        const void *bytes, size_t length, unsigned char *out) {
  size_t sealed = records->tls13 ? seal13(records, type, bytes, length, out)
                                 : seal12(records, type, bytes, length, out);
  records->sequence++;
  return sealed;
}
