/* SPDX-License-Identifier: MIT
 * decoding.h: a body between its transport, which gives it as it comes, and
 * where it goes: its content codings are undone on the way. */
#ifndef LR_JOB_DECODING_H
#define LR_JOB_DECODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/content_decoder.h"
#include "http/response.h"
#include "job/decode_queue.h"
#include <lariat/status.h>

typedef struct lr_decoding {
  /* Puts decoded bytes where they go.
   * LARIAT_OK     all of them were taken
   * LARIAT_EBUSY  not now: the same again, after a pause
   * others        the body fails with that status */
  lariat_status (*put)(struct lr_decoding *decoding, const char *bytes,
                       size_t length);

  lr_content_decoder *decoder;   /* NULL: the body is as it comes */
  lr_content_decoders *decoders; /* where that is from */
  lr_decode_queue *queue;
  char *piece; /* decoded, and not taken yet */
  size_t piece_length;
  size_t skip;         /* of what will be given again, so much was used */
  lr_decode_item item; /* waits while the body is to go on in another turn */
} lr_decoding;

/* Prepares one, once; `resume` is called when it is to go on in another turn.
 */
void lr_decoding_init(lr_decoding *decoding,
                      lariat_status (*put)(lr_decoding *decoding,
                                           const char *bytes, size_t length),
                      void (*resume)(lr_decode_item *item));

/* Takes a decoder, if the response's head, which is complete, has a
 * Content-Encoding; no more than `most` bytes may come of it (0: no limit).
 * LARIAT_OK, LARIAT_ENOMEM */
lariat_status lr_decoding_begin(lr_decoding *decoding,
                                const lariat_response *response,
                                lr_content_decoders *decoders,
                                lr_decode_queue *queue, uint64_t most);

/* Takes bytes of a body that has a decoder.
 * LARIAT_OK        all of them were taken
 * LARIAT_EBUSY     the transport is to pause, and to give the same again
 * LARIAT_EENCODING, others: it fails */
lariat_status lr_decoding_take(lr_decoding *decoding, const char *bytes,
                               size_t length);

/* Says whether the body goes on in another turn. */
static inline bool lr_decoding_is_paused(const lr_decoding *decoding) {
  return lr_decode_item_waits(&decoding->item);
}

/* Checks the codings of a body that is complete; `until_close`: the
 * connection's end was its end.
 * LARIAT_OK
 * LARIAT_EENCODING   its coding goes on
 * LARIAT_ETRUNCATED  likewise, until the connection's end */
lariat_status lr_decoding_check(const lr_decoding *decoding, bool until_close);

/* Gives back what the body has borrowed, when it is over or given up. */
void lr_decoding_close(lr_decoding *decoding);

#endif
