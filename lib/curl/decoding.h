/* SPDX-License-Identifier: MIT
 * decoding.h: the body of a transfer between libcurl, which gives it as it
 * comes, and where it goes: its content codings are undone on the way. */
#ifndef LR_CURL_DECODING_H
#define LR_CURL_DECODING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "http/content_decoder.h"
#include <lariat/status.h>

struct lr_engine;
struct lr_transfer;

typedef struct lr_decoding {
  lr_content_decoder *decoder; /* NULL: the body is as it comes */
  char *piece;                 /* decoded, and not taken yet */
  size_t piece_length;
  size_t skip;      /* of what libcurl will give again, so much was used */
  lr_list node;     /* in the engine's list of those to go on, or alone */
  bool until_close; /* the body ends with the connection */
} lr_decoding;

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
  return !lr_list_empty(&decoding->node);
}

/* Checks the codings of a body that libcurl says is complete.
 * LARIAT_OK
 * LARIAT_EENCODING   its coding goes on
 * LARIAT_ETRUNCATED  likewise, and the connection's end was the body's */
lariat_status lr_decoding_check(const struct lr_transfer *transfer);

/* Gives back what the body has borrowed, when it is over or given up. */
void lr_decoding_close(struct lr_transfer *transfer);

/* Goes on with bodies of which enough was decoded in the turn before; `resume`
 * has libcurl give the same bytes again.  True: there is more of them. */
bool lr_decoding_turn_end(struct lr_engine *engine,
                          void (*resume)(struct lr_transfer *transfer));

#endif
