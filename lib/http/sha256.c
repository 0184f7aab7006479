/* SPDX-License-Identifier: MIT
 * sha256.c: SHA-256 by OpenSSL.
 *
 * It uses the functions that OpenSSL calls deprecated, where there are any:
 * their successors take 0.2 us more for each body, which is more than the
 * hashing of a small one. */
#define OPENSSL_API_COMPAT 0x10100000L
#include "http/sha256.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#ifdef OPENSSL_NO_DEPRECATED_3_0

bool lr_sha256_of(const void *bytes, size_t length, uint8_t out[32]) {
  return EVP_Digest(bytes, length, out, NULL, EVP_sha256(), NULL) == 1;
}

#else

bool lr_sha256_of(const void *bytes, size_t length, uint8_t out[32]) {
  SHA256_CTX state;
  return SHA256_Init(&state) == 1 &&
         SHA256_Update(&state, bytes, length) == 1 &&
         SHA256_Final(out, &state) == 1;
}

#endif

lr_sha256 *lr_sha256_new(void) {
  lr_sha256 *digest = EVP_MD_CTX_new();
  if (digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1)
    return digest;
  EVP_MD_CTX_free(digest);
  return NULL;
}

bool lr_sha256_begin(lr_sha256 **digest) {
  if (*digest) return EVP_DigestInit_ex(*digest, NULL, NULL) == 1;
  *digest = lr_sha256_new();
  return *digest != NULL;
}

bool lr_sha256_add(lr_sha256 *digest, const void *bytes, size_t length) {
  return EVP_DigestUpdate(digest, bytes, length) == 1;
}

bool lr_sha256_end(lr_sha256 *digest, uint8_t out[32]) {
  return EVP_DigestFinal_ex(digest, out, NULL) == 1;
}

void lr_sha256_free(lr_sha256 *digest) { EVP_MD_CTX_free(digest); }
