/* SPDX-License-Identifier: MIT
 * decoding.c: content codings of what libcurl has read. */
#include "curl/decoding.h"

#include "base/memory.h"
#include "curl/engine.h"
#include "curl/transfer.h"

/* A piece fits into a chunk of a stream. */
enum { PIECE = LR_CHUNK_CAPACITY };

static void resume_body(lr_decode_item *item) {
  lr_engine_resume(lr_container(item, lr_transfer, decoding.item));
}

void lr_decoding_init(lr_decoding *decoding) {
  lr_decode_item_init(&decoding->item, resume_body);
}

lariat_status lr_decoding_begin(lr_transfer *transfer) {
  lr_decoding *decoding = &transfer->decoding;
  const lariat_response *response = transfer->job->response;
  lr_content_codings codings;
  if (response->in_block || response->interim ||
      !transfer->job->wants.decompress)
    return LARIAT_OK;
  lr_decoding_close(transfer);
  lr_content_codings_read(&codings, response);
  if (!lr_content_codings_any(&codings)) return LARIAT_OK;
  decoding->piece = lr_alloc(PIECE);
  if (!decoding->piece) return LARIAT_ENOMEM;
  decoding->decoder =
      lr_content_decoder_take(&transfer->engine->h1.decoders, &codings);
  if (!decoding->decoder) return LARIAT_ENOMEM;
  lr_content_decoder_limit(decoding->decoder,
                           transfer->job->request.max_body_bytes);
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
static lariat_status put_piece(lr_transfer *transfer) {
  lr_decoding *decoding = &transfer->decoding;
  if (decoding->piece_length == 0) return LARIAT_OK;
  lariat_status status =
      lr_transfer_put_body(transfer, decoding->piece, decoding->piece_length);
  if (status == LARIAT_OK) decoding->piece_length = 0;
  return status;
}

/* Decodes what the decoder was given.  LARIAT_EBUSY: no more of it now. */
static lariat_status decode_input(lr_transfer *transfer) {
  lr_decoding *decoding = &transfer->decoding;
  lr_decode_result result = LR_DECODE_MORE;
  lariat_status status = put_piece(transfer);
  while (status == LARIAT_OK && result == LR_DECODE_MORE) {
    result = lr_content_decoder_step(decoding->decoder, decoding->piece, PIECE,
                                     &decoding->piece_length);
    status = put_piece(transfer);
    if (status == LARIAT_OK) status = status_of(result);
  }
  if (result == LR_DECODE_ENOUGH)
    lr_decode_queue_add(&transfer->engine->h1.decode_queue, &decoding->item);
  return status;
}

lariat_status lr_decoding_take(lr_transfer *transfer, const char *bytes,
                               size_t length) {
  lr_decoding *decoding = &transfer->decoding;
  size_t skip = decoding->skip < length ? decoding->skip : length;
  lr_decode_item_remove(&decoding->item);
  lr_content_decoder_input(decoding->decoder, bytes + skip, length - skip);
  lariat_status status = decode_input(transfer);
  decoding->skip -= skip;
  if (status == LARIAT_EBUSY)
    decoding->skip += length - lr_content_decoder_unused(decoding->decoder);
  return status;
}

lariat_status lr_decoding_check(const lr_transfer *transfer) {
  const lr_decoding *decoding = &transfer->decoding;
  if (!decoding->decoder || lr_content_decoder_whole(decoding->decoder))
    return LARIAT_OK;
  return lr_response_reader_lasts_until_close(transfer) ? LARIAT_ETRUNCATED
                                                        : LARIAT_EENCODING;
}

void lr_decoding_close(lr_transfer *transfer) {
  lr_decoding *decoding = &transfer->decoding;
  lr_decode_item_remove(&decoding->item);
  if (decoding->decoder)
    lr_content_decoder_give(&transfer->engine->h1.decoders, decoding->decoder);
  lr_free(decoding->piece);
  decoding->decoder = NULL;
  decoding->piece = NULL;
  decoding->piece_length = 0;
  decoding->skip = 0;
}
