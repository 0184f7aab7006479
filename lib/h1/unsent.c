/* SPDX-License-Identifier: MIT
 * unsent.c: sending what of a request did not go at once. */
#include "h1/unsent.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* As much as is read of a source, and sent, in one go. */
enum { PIECE_LEAST = 16 * 1024, PIECE_MOST = 256 * 1024 };

/* A connection that takes everything does not keep the others waiting. */
enum { SENDS_AT_ONCE = 4 };

/* The text around a chunk: its size, in front, and the two ends behind it. */
enum { SIZE_LINE = 10, CHUNK_END = 2, LAST_CHUNK = 5 };

static size_t piece_length(const lr_body_source *source) {
  if (source->length <= PIECE_LEAST) return PIECE_LEAST;
  return source->length < PIECE_MOST ? (size_t)source->length : PIECE_MOST;
}

lariat_status lr_unsent_new(const lr_job *job, const char *text, size_t length,
                            void (*resume)(lr_reader *reader),
                            lr_unsent **out) {
  lr_body_source *source = job->body.source;
  lr_unsent *unsent = lr_alloc_zero(sizeof *unsent);
  lariat_status status = LARIAT_OK;
  if (!unsent) return LARIAT_ENOMEM;
  if (source) status = source->ops->seek(source, 0);
  if (status == LARIAT_OK && length &&
      !lr_buffer_append(&unsent->buffer, text, length))
    status = LARIAT_ENOMEM;
  if (status != LARIAT_OK) {
    lr_unsent_free(unsent);
    return status;
  }
  unsent->next = unsent->buffer.bytes;
  unsent->left = length;
  unsent->reader.resume = resume;
  unsent->source = source;
  unsent->chunked = source && source->length == LARIAT_LENGTH_UNKNOWN;
  if (source || !lr_unsent_is_wanted(job)) {
    *out = unsent;
    return LARIAT_OK;
  }
  unsent->body = job->body.bytes;
  unsent->body_length = job->body.length;
  *out = unsent;
  return LARIAT_OK;
}

void lr_unsent_free(lr_unsent *unsent) {
  lr_body_source *source = unsent->source;
  if (source && source->ops->over) source->ops->over(source);
  lr_buffer_clear(&unsent->buffer);
  lr_free(unsent);
}

/* ---- Pieces of a source ---- */

/* Puts the size in front of the `length` bytes that are in the buffer behind
 * the space for it, and the ends behind them. */
static void frame_chunk(lr_unsent *unsent, size_t length, bool last) {
  char size[SIZE_LINE + 1];
  char *begin = unsent->buffer.bytes + SIZE_LINE;
  char *end = begin + length;
  if (length) {
    int written = snprintf(size, sizeof size, "%zx\r\n", length);
    begin -= written;
    memcpy(begin, size, (size_t)written);
    memcpy(end, "\r\n", CHUNK_END);
    end += CHUNK_END;
  }
  if (last) {
    memcpy(end, "0\r\n\r\n", LAST_CHUNK);
    end += LAST_CHUNK;
  }
  unsent->next = begin;
  unsent->left = (size_t)(end - begin);
}

/* Reads the next piece.  LARIAT_OK: it may be empty, at the end. */
static lariat_status read_piece(lr_unsent *unsent) {
  lr_body_source *source = unsent->source;
  size_t capacity = piece_length(source);
  size_t got = 0;
  unsent->buffer.length = 0;
  if (!lr_buffer_reserve(&unsent->buffer,
                         SIZE_LINE + capacity + CHUNK_END + LAST_CHUNK))
    return LARIAT_ENOMEM;
  char *bytes = unsent->buffer.bytes + SIZE_LINE;
  lariat_status status =
      source->ops->read(source, &unsent->reader, bytes, capacity, &got);
  if (status == LARIAT_EBUSY) unsent->state = LR_UNSENT_WAITS;
  if (status != LARIAT_OK) return status;
  unsent->ended = got == 0 || source->ended;
  unsent->next = bytes;
  unsent->left = got;
  if (unsent->chunked) frame_chunk(unsent, got, unsent->ended);
  return LARIAT_OK;
}

static bool has_more(const lr_unsent *unsent) {
  return unsent->left || unsent->body_length ||
         (unsent->source && !unsent->ended);
}

/* Finds what goes out next. */
static lariat_status find_next(lr_unsent *unsent) {
  if (unsent->left) return LARIAT_OK;
  unsent->next = unsent->body;
  unsent->left = unsent->body_length;
  unsent->body_length = 0;
  return unsent->left ? LARIAT_OK : read_piece(unsent);
}

lariat_status lr_unsent_send(lr_unsent *unsent, lr_stream *stream) {
  if (unsent->state > LR_UNSENT_WAITS) return LARIAT_EBUSY;
  unsent->state = LR_UNSENT_GOES;
  for (int i = 0; i < SENDS_AT_ONCE && has_more(unsent); i++) {
    lariat_status status = find_next(unsent);
    if (status != LARIAT_OK) return status;
    if (unsent->left == 0) break; /* an end without bytes */
    ssize_t sent = lr_stream_send(stream, unsent->next, unsent->left);
    if (sent < 0) unsent->state = LR_UNSENT_LOST;
    if (sent <= 0) return LARIAT_EBUSY;
    unsent->next += sent;
    unsent->left -= (size_t)sent;
    if (unsent->left) return LARIAT_EBUSY;
  }
  return has_more(unsent) ? LARIAT_EBUSY : LARIAT_OK;
}
