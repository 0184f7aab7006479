/* SPDX-License-Identifier: MIT
 * warc_digest.c: SHA-1 by OpenSSL, whose code for the processor is fast.  The
 * method is looked up once: each look-up costs as much as 2 KB of digest. */
#include "warc_digest.h"

#include <openssl/evp.h>

#include <lariat/allocator.h>

struct lr_crawl_warc_digest {
  EVP_MD *method;
  EVP_MD_CTX *context;
};

lr_crawl_warc_digest *lr_crawl_warc_digest_new(void) {
  lr_crawl_warc_digest *digest = lariat_memory_allocate(sizeof *digest);
  if (!digest) return NULL;
  digest->method = EVP_MD_fetch(NULL, "SHA1", NULL);
  digest->context = EVP_MD_CTX_new();
  if (digest->method && digest->context) return digest;
  lr_crawl_warc_digest_free(digest);
  return NULL;
}

void lr_crawl_warc_digest_free(lr_crawl_warc_digest *digest) {
  if (!digest) return;
  EVP_MD_CTX_free(digest->context);
  EVP_MD_free(digest->method);
  lariat_memory_release(digest);
}

bool lr_crawl_warc_digest_begin(lr_crawl_warc_digest *digest) {
  return EVP_DigestInit_ex(digest->context, digest->method, NULL) == 1;
}

bool lr_crawl_warc_digest_add(lr_crawl_warc_digest *digest, const char *bytes,
                              size_t length) {
  return !length || EVP_DigestUpdate(digest->context, bytes, length) == 1;
}

bool lr_crawl_warc_digest_end(lr_crawl_warc_digest *digest,
                              uint8_t sha1[LR_CRAWL_SHA1_BYTES]) {
  return EVP_DigestFinal_ex(digest->context, sha1, NULL) == 1;
}

bool lr_crawl_warc_digest_of(lr_crawl_warc_digest *digest, const char *first,
                             size_t first_length, const char *second,
                             size_t second_length,
                             uint8_t sha1[LR_CRAWL_SHA1_BYTES]) {
  return lr_crawl_warc_digest_begin(digest) &&
         lr_crawl_warc_digest_add(digest, first, first_length) &&
         lr_crawl_warc_digest_add(digest, second, second_length) &&
         lr_crawl_warc_digest_end(digest, sha1);
}

void lr_crawl_warc_digest_write(const uint8_t sha1[LR_CRAWL_SHA1_BYTES],
                                char out[LR_CRAWL_SHA1_BASE32]) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  for (unsigned group = 0; group < LR_CRAWL_SHA1_BYTES / 5; group++) {
    uint64_t bits = 0; /* 5 bytes are 8 letters */
    for (unsigned i = 0; i < 5; i++) bits = bits << 8 | sha1[5 * group + i];
    for (unsigned i = 8; i--; bits >>= 5)
      out[8 * group + i] = letters[bits & 31];
  }
}
