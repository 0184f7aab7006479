/* SPDX-License-Identifier: MIT
 * A body that is made while it is sent. */
#include "support/producing.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

/* The bytes do not repeat where powers of two do. */
const char *produced_bytes(uint64_t position) {
  static char bytes[2 * PRODUCED_PERIOD];
  static bool made;
  for (size_t i = 0; i < sizeof bytes && !made; i++) {
    size_t k = i % PRODUCED_PERIOD;
    bytes[i] = (char)(k * 7 + k / 251 + k / 65521);
  }
  made = true;
  return bytes + position % PRODUCED_PERIOD;
}

const char *produced_answer(uint64_t length, char *out, size_t capacity) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), NULL);
  for (uint64_t at = 0; at < length; at += PRODUCED_PERIOD) {
    uint64_t left = length - at;
    size_t part = left < PRODUCED_PERIOD ? (size_t)left : PRODUCED_PERIOD;
    EVP_DigestUpdate(context, produced_bytes(at), part);
  }
  EVP_DigestFinal_ex(context, digest, &size);
  EVP_MD_CTX_free(context);
  int written = snprintf(out, capacity, "%llu ", (unsigned long long)length);
  for (unsigned i = 0; i < size; i++)
    written +=
        snprintf(out + written, capacity - (size_t)written, "%02x", digest[i]);
  return out;
}

static void end(struct producer *producer) {
  producer->over = true;
  if (producer->keeps) return;
  if (producer->status == LARIAT_OK)
    producer->status = lariat_upload_end(producer->upload);
  lariat_upload_release(producer->upload);
  producer->upload = NULL;
}

static lariat_value wrote(lariat_value result, void *context) {
  struct producer *producer = context;
  if (lariat_is_failure(result))
    producer->status = lariat_failure_status(result);
  producer_go_on(producer);
  return lariat_value_drop(result);
}

unsigned produced_out;

static void drop(void *bytes) {
  (void)bytes;
  produced_out--;
}

static lariat_deferred *write_piece(struct producer *producer) {
  uint64_t left = producer->length - producer->written;
  size_t piece = producer->piece;
  if (piece > PRODUCED_PERIOD) piece = PRODUCED_PERIOD;
  if (piece > left) piece = (size_t)left;
  const char *bytes = produced_bytes(producer->written);
  producer->written += piece;
  if (!producer->gives)
    return lariat_upload_write(producer->upload, bytes, piece);
  produced_out++;
  return lariat_upload_give(producer->upload, (void *)(uintptr_t)bytes, piece,
                            drop);
}

void producer_go_on(struct producer *producer) {
  producer->over = false;
  while (producer->status == LARIAT_OK &&
         producer->written < producer->length) {
    lariat_deferred *deferred = write_piece(producer);
    if (!lariat_deferred_fired(deferred)) {
      producer->waits++;
      lariat_deferred_release(
          lariat_deferred_add_both(deferred, wrote, producer));
      return;
    }
    lariat_value value = lariat_deferred_peek(deferred);
    if (lariat_is_failure(value))
      producer->status = lariat_failure_status(value);
    lariat_deferred_forget(deferred);
  }
  end(producer);
}

void producer_start(struct producer *producer, lariat_upload *upload,
                    uint64_t length, size_t piece) {
  bool keeps = producer->keeps;
  bool gives = producer->gives;
  memset(producer, 0, sizeof *producer);
  producer->keeps = keeps;
  producer->gives = gives;
  producer->upload = upload;
  producer->length = length;
  producer->piece = piece;
  producer_go_on(producer);
}
