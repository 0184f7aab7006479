/* SPDX-License-Identifier: MIT
 * decoding.c: content codings of bodies that go elsewhere than into their
 * responses. */
#include "job/decoding.h"

#include "base/memory.h"
#include "job/pipe.h"

/* A piece fits into a chunk of a stream. */
enum { PIECE = LR_CHUNK_CAPACITY };

void lr_decoding_init(lr_decoding *decoding,
                      lariat_status (*put)(lr_decoding *decoding,
                                           const char *bytes, size_t length),
                      void (*resume)(lr_decode_item *item)) {
  decoding->put = put;
  lr_decode_item_init(&decoding->item, resume);
}

lariat_status lr_decoding_begin(lr_decoding *decoding,
                                const lariat_response *response,
                                lr_content_decoders *decoders,
                                lr_decode_queue *queue, uint64_t most) {
  lr_content_codings codings;
  lr_decoding_close(decoding);
  lr_content_codings_read(&codings, response);
  if (!lr_content_codings_any(&codings)) return LARIAT_OK;
  decoding->decoders = decoders;
  decoding->queue = queue;
  decoding->piece = lr_alloc(PIECE);
  if (!decoding->piece) return LARIAT_ENOMEM;
  decoding->decoder = lr_content_decoder_take(decoders, &codings);
  if (!decoding->decoder) return LARIAT_ENOMEM;
  lr_content_decoder_limit(decoding->decoder, most);
  return LARIAT_OK;
}

static lariat_status status_of(lr_decode_result result) {
  switch (result) {
  case LR_DECODE_ENOUGH:
    return LARIAT_EBUSY;
  case LR_DECODE_BROKEN:
    return LARIAT_EENCODING;
  case LR_DECODE_TOO_LONG:
    return LARIAT_EBODYLIMIT;
  case LR_DECODE_NO_MEMORY:
    return LARIAT_ENOMEM;
  case LR_DECODE_MORE:
  case LR_DECODE_USED:
    break;
  }
  return LARIAT_OK;
}

/* Puts the piece where it goes, if there is one. */
static lariat_status put_piece(lr_decoding *decoding) {
  if (decoding->piece_length == 0) return LARIAT_OK;
  lariat_status status =
      decoding->put(decoding, decoding->piece, decoding->piece_length);
  if (status == LARIAT_OK) decoding->piece_length = 0;
  return status;
}

/* Decodes what the decoder was given.  LARIAT_EBUSY: no more of it now. */
static lariat_status decode_input(lr_decoding *decoding) {
  lr_decode_result result = LR_DECODE_MORE;
  lariat_status status = put_piece(decoding);
  while (status == LARIAT_OK && result == LR_DECODE_MORE) {
    result = lr_content_decoder_step(decoding->decoder, decoding->piece, PIECE,
                                     &decoding->piece_length);
    status = put_piece(decoding);
    if (status == LARIAT_OK) status = status_of(result);
  }
  if (result == LR_DECODE_ENOUGH)
    lr_decode_queue_add(decoding->queue, &decoding->item);
  return status;
}

lariat_status lr_decoding_take(lr_decoding *decoding, const char *bytes,
                               size_t length) {
  size_t skip = decoding->skip < length ? decoding->skip : length;
  lr_decode_item_remove(&decoding->item);
  lr_content_decoder_input(decoding->decoder, bytes + skip, length - skip);
  lariat_status status = decode_input(decoding);
  decoding->skip -= skip;
  if (status == LARIAT_EBUSY)
    decoding->skip += length - lr_content_decoder_unused(decoding->decoder);
  return status;
}

lariat_status lr_decoding_check(const lr_decoding *decoding, bool until_close) {
  if (!decoding->decoder || lr_content_decoder_whole(decoding->decoder))
    return LARIAT_OK;
  return until_close ? LARIAT_ETRUNCATED : LARIAT_EENCODING;
}

void lr_decoding_close(lr_decoding *decoding) {
  lr_decode_item_remove(&decoding->item);
  if (decoding->decoder)
    lr_content_decoder_give(decoding->decoders, decoding->decoder);
  lr_free(decoding->piece);
  decoding->decoder = NULL;
  decoding->piece = NULL;
  decoding->piece_length = 0;
  decoding->skip = 0;
}
