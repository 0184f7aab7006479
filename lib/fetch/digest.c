/* SPDX-License-Identifier: MIT
 * digest.c: see digest.h. */
#include "fetch/digest.h"

#include <openssl/evp.h>

EVP_MD_CTX *lr_digest_new(void) {
  EVP_MD_CTX *digest = EVP_MD_CTX_new();
  if (digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1)
    return digest;
  EVP_MD_CTX_free(digest);
  return NULL;
}

bool lr_digest_add(EVP_MD_CTX *digest, const void *bytes, size_t length) {
  return EVP_DigestUpdate(digest, bytes, length) == 1;
}

bool lr_digest_end(EVP_MD_CTX *digest, uint8_t out[32]) {
  return EVP_DigestFinal_ex(digest, out, NULL) == 1;
}

void lr_digest_free(EVP_MD_CTX *digest) { EVP_MD_CTX_free(digest); }
