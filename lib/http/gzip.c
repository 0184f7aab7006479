/* SPDX-License-Identifier: MIT
 * gzip, by zlib. */
#include "http/gzip.h"

#include <zlib.h>

#include "base/memory.h"

/* zlib's: the largest window, and gzip's header and trailer only. */
enum { WINDOW_BITS = 15, GZIP_ONLY = 16 };

enum { SPARE_MAX = 16, STEP_MIN = 4 * 1024 };

struct lr_coding {
  z_stream stream;
  lr_coding *next; /* spare */
  bool begun;
  bool ended;
};

static void *allocate(void *unused, unsigned count, unsigned size) {
  (void)unused;
  return lr_alloc((size_t)count * size);
}

static void release(void *unused, void *memory) {
  (void)unused;
  lr_free(memory);
}

static lr_coding *make(void) {
  lr_coding *coding = lr_alloc_zero(sizeof *coding);
  if (!coding) return NULL;
  coding->stream.zalloc = allocate;
  coding->stream.zfree = release;
  if (inflateInit2(&coding->stream, WINDOW_BITS + GZIP_ONLY) == Z_OK)
    return coding;
  lr_free(coding);
  return NULL;
}

static void destroy(lr_coding *coding) {
  (void)inflateEnd(&coding->stream);
  lr_free(coding);
}

lr_coding *lr_coding_take(lr_codings *codings) {
  lr_coding *coding = codings->spare;
  if (!coding) return make();
  codings->spare = coding->next;
  codings->count--;
  (void)inflateReset(&coding->stream);
  coding->begun = false;
  coding->ended = false;
  return coding;
}

void lr_coding_give(lr_codings *codings, lr_coding *coding) {
  if (codings->count >= SPARE_MAX) {
    destroy(coding);
    return;
  }
  coding->next = codings->spare;
  codings->spare = coding;
  codings->count++;
}

void lr_codings_clear(lr_codings *codings) {
  while (codings->spare) {
    lr_coding *coding = codings->spare;
    codings->spare = coding->next;
    destroy(coding);
  }
  codings->count = 0;
}

/* Text becomes three to five times as much. */
static bool make_room(lr_buffer *plain, size_t left) {
  size_t step = left < SIZE_MAX / 4 ? 4 * left : left;
  if (plain->room - plain->length >= STEP_MIN) return true;
  return lr_buffer_reserve(plain, step < STEP_MIN ? STEP_MIN : step);
}

/* Once: as much as there is room for. */
static int step(z_stream *stream, lr_buffer *plain) {
  size_t room = plain->room - plain->length;
  uInt offered = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
  stream->next_out = (Bytef *)plain->bytes + plain->length;
  stream->avail_out = offered;
  int result = inflate(stream, Z_SYNC_FLUSH);
  plain->length += offered - stream->avail_out;
  return result;
}

/* No progress is no fault: all the room was used exactly, or all the bytes. */
static lr_coding_verdict verdict_of(lr_coding *coding, int result) {
  if (result == Z_MEM_ERROR) return LR_CODING_NO_MEMORY;
  if (result == Z_STREAM_END) coding->ended = true;
  if (result == Z_OK || result == Z_BUF_ERROR || result == Z_STREAM_END)
    return LR_CODING_MORE;
  return LR_CODING_ODD;
}

lr_coding_verdict lr_coding_feed(lr_coding *coding, const char *bytes,
                                 size_t length, lr_buffer *plain,
                                 uint64_t most) {
  z_stream *stream = &coding->stream;
  lr_coding_verdict verdict = LR_CODING_MORE;
  if (length > UINT32_MAX) return LR_CODING_ODD;
  stream->next_in = (Bytef *)(uintptr_t)bytes;
  stream->avail_in = (uInt)length;
  coding->begun = true;
  bool full = true;
  while (verdict == LR_CODING_MORE && (stream->avail_in || full)) {
    if (coding->ended) return stream->avail_in ? LR_CODING_ODD : verdict;
    if (!make_room(plain, stream->avail_in)) return LR_CODING_NO_MEMORY;
    verdict = verdict_of(coding, step(stream, plain));
    full = stream->avail_out == 0;
    if (plain->length > most) return LR_CODING_OVER;
  }
  return verdict;
}

bool lr_coding_whole(const lr_coding *coding) {
  return coding->ended || !coding->begun;
}
