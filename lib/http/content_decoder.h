/* SPDX-License-Identifier: MIT
 * content_decoder.h: undoes the content codings of one body, as its bytes come,
 * whoever has read them.
 *
 * What is given at once may become a thousand times as much: so the decoder is
 * asked for one piece of output after the other, and says when it has made
 * enough for one turn of the reactor. */
#ifndef LR_HTTP_CONTENT_DECODER_H
#define LR_HTTP_CONTENT_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/content_coding.h"

/* How much a decoder makes in a turn, in all of its stages. */
enum { LR_DECODE_TURN = 256 * 1024 };

/* The state of one body: some 40 KB for gzip, more for others. */
typedef struct lr_content_decoder lr_content_decoder;

/* The decoders of one engine that are not in use: those for gzip alone, which
 * most bodies are.  Zeroed memory is an empty pool. */
typedef struct lr_content_decoders {
  lr_content_decoder *spare;
  unsigned count;
} lr_content_decoders;

typedef enum lr_decode_result {
  LR_DECODE_MORE,   /* there is more to come of what was given */
  LR_DECODE_USED,   /* nothing is, until more is given */
  LR_DECODE_ENOUGH, /* nothing was made: go on in another turn */
  LR_DECODE_BROKEN,
  LR_DECODE_TOO_LONG, /* see lr_content_decoder_limit */
  LR_DECODE_NO_MEMORY
} lr_decode_result;

/* Takes a decoder for the beginning of a body; NULL when out of memory.  Of
 * codings that have a problem the first byte is broken. */
lr_content_decoder *lr_content_decoder_take(lr_content_decoders *pool,
                                            const lr_content_codings *codings);

/* Sets the limit for a body that may be decoded to `max_body_bytes` (0: none),
 * before its first byte.  The body as it is sent, and what one stage makes for
 * the next, may only be a little longer: of names of files, empty blocks or
 * frames to skip without end nothing is made, which no other limit would see.
 */
void lr_content_decoder_limit(lr_content_decoder *decoder,
                              uint64_t max_body_bytes);

/* Gives a decoder back whose body is over, or given up. */
void lr_content_decoder_give(lr_content_decoders *pool,
                             lr_content_decoder *decoder);

/* Frees the decoders that are not in use. */
void lr_content_decoders_clear(lr_content_decoders *pool);

/* Gives the next bytes of the body, which stay the caller's; what was given
 * before and is not used is forgotten.  No bytes are right as well, to go on
 * with what is inside.  Begins a turn. */
void lr_content_decoder_input(lr_content_decoder *decoder, const char *bytes,
                              size_t length);

/* Makes a piece of output, of `capacity` bytes at most, more than 0; `*made`
 * gets how many, which may be none. */
lr_decode_result lr_content_decoder_step(lr_content_decoder *decoder, char *out,
                                         size_t capacity, size_t *made);

/* Returns how many of the bytes that were given are not used. */
size_t lr_content_decoder_unused(const lr_content_decoder *decoder);

/* Tells whether the body was whole: all that was given, and no less.  An empty
 * one is, whatever its coding. */
bool lr_content_decoder_whole(const lr_content_decoder *decoder);

/* The longest of the texts that describe what is wrong. */
enum { LR_DECODER_TEXT = 80 };

/* Writes what is wrong with a body that is broken or not whole: "the gzip body
 * is cut". */
void lr_content_decoder_describe(const lr_content_decoder *decoder,
                                 char text[LR_DECODER_TEXT]);

#endif
