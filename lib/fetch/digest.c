/* SPDX-License-Identifier: MIT
 * digest.c: see digest.h. */
#include "fetch/digest.h"

#include <openssl/evp.h>

bool lr_digest_sha256(const void *bytes, size_t length, uint8_t out[32]) {
  return EVP_Digest(bytes, length, out, NULL, EVP_sha256(), NULL) == 1;
}
