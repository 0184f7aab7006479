/* SPDX-License-Identifier: MIT
 * digest.c: see digest.h.
 *
 * By the functions that OpenSSL calls deprecated, where it has them: those that
 * took their place take 0.2 us more for each body, which is more than the
 * hashing of a small one. */
#define OPENSSL_API_COMPAT 0x10100000L
#include "fetch/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#ifdef OPENSSL_NO_DEPRECATED_3_0

bool lr_digest_sha256(const void *bytes, size_t length, uint8_t out[32]) {
  return EVP_Digest(bytes, length, out, NULL, EVP_sha256(), NULL) == 1;
}

#else

bool lr_digest_sha256(const void *bytes, size_t length, uint8_t out[32]) {
  SHA256_CTX state;
  return SHA256_Init(&state) == 1 &&
         SHA256_Update(&state, bytes, length) == 1 &&
         SHA256_Final(out, &state) == 1;
}

#endif
