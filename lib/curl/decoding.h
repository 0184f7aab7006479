/* SPDX-License-Identifier: MIT
 * decoding.h: the body of a transfer between libcurl, which gives it as it
 * comes, and where it goes: its content codings are undone on the way. */
#ifndef LR_CURL_DECODING_H
#define LR_CURL_DECODING_H

#include <stdbool.h>
#include <stddef.h>

#include "http/content_decoder.h"
#include "job/decode_queue.h"
#include <lariat/status.h>

struct lr_transfer;

typedef struct lr_decoding {
  lr_content_decoder *decoder; /* NULL: the body is as it comes */
  char *piece;                 /* decoded, and not taken yet */
  size_t piece_length;
  size_t skip;         /* of what libcurl will give again, so much was used */
  lr_decode_item item; /* waits while the body is to go on in another turn */
} lr_decoding;

/* Prepares a transfer, once. */
void lr_decoding_init(lr_decoding *decoding);

/* Takes a decoder if the line of the head that was taken last has ended a final
 * head with a Content-Encoding, and the job wants that undone.
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_decoding_begin(struct lr_transfer *transfer);

/* Takes bytes of a body that has a decoder.
 * LARIAT_OK        all of them were taken
 * LARIAT_EBUSY     the transfer is to pause: libcurl gives the same again
 * LARIAT_EENCODING, others: it fails */
lariat_status lr_decoding_take(struct lr_transfer *transfer, const char *bytes,
                               size_t length);

/* Says whether the body goes on in another turn. */
static inline bool lr_decoding_is_paused(const lr_decoding *decoding) {
  return lr_decode_item_waits(&decoding->item);
}

/* Checks the codings of a body that libcurl says is complete.
 * LARIAT_OK
 * LARIAT_EENCODING   its coding goes on
 * LARIAT_ETRUNCATED  likewise, and the connection's end was the body's */
lariat_status lr_decoding_check(const struct lr_transfer *transfer);

/* Gives back what the body has borrowed, when it is over or given up. */
void lr_decoding_close(struct lr_transfer *transfer);

#endif
