/* SPDX-License-Identifier: MIT
 * gzip, by zlib. */
#include "http/gzip.h"

#include <zlib.h>

#include "base/memory.h"

/* zlib's: the largest window, and gzip's header and trailer only. */
enum { WINDOW_BITS = 15, GZIP_ONLY = 16 };

enum { SPARE_MAX = 16, STEP_MIN = 4 * 1024 };

struct lr_gzip {
  z_stream stream;
  lr_gzip *next; /* spare */
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

static lr_gzip *make(void) {
  lr_gzip *gzip = lr_alloc_zero(sizeof *gzip);
  if (!gzip) return NULL;
  gzip->stream.zalloc = allocate;
  gzip->stream.zfree = release;
  if (inflateInit2(&gzip->stream, WINDOW_BITS + GZIP_ONLY) == Z_OK) return gzip;
  lr_free(gzip);
  return NULL;
}

static void destroy(lr_gzip *gzip) {
  (void)inflateEnd(&gzip->stream);
  lr_free(gzip);
}

lr_gzip *lr_gzip_take(lr_gzip_pool *gzip_pool) {
  lr_gzip *gzip = gzip_pool->spare;
  if (!gzip) return make();
  gzip_pool->spare = gzip->next;
  gzip_pool->count--;
  (void)inflateReset(&gzip->stream);
  gzip->begun = false;
  gzip->ended = false;
  return gzip;
}

void lr_gzip_give(lr_gzip_pool *gzip_pool, lr_gzip *gzip) {
  if (gzip_pool->count >= SPARE_MAX) {
    destroy(gzip);
    return;
  }
  gzip->next = gzip_pool->spare;
  gzip_pool->spare = gzip;
  gzip_pool->count++;
}

void lr_gzip_pool_clear(lr_gzip_pool *gzip_pool) {
  while (gzip_pool->spare) {
    lr_gzip *gzip = gzip_pool->spare;
    gzip_pool->spare = gzip->next;
    destroy(gzip);
  }
  gzip_pool->count = 0;
}

/* Text becomes three to five times as much. */
static bool grow(lr_buffer *plain, size_t left) {
  size_t step = left < SIZE_MAX / 4 ? 4 * left : left;
  if (plain->capacity - plain->length >= STEP_MIN) return true;
  return lr_buffer_reserve(plain, step < STEP_MIN ? STEP_MIN : step);
}

/* Once: as much as there is room for. */
static int step(z_stream *stream, lr_buffer *plain) {
  size_t capacity = plain->capacity - plain->length;
  uInt offered = capacity > UINT32_MAX ? UINT32_MAX : (uInt)capacity;
  stream->next_out = (Bytef *)plain->bytes + plain->length;
  stream->avail_out = offered;
  int result = inflate(stream, Z_SYNC_FLUSH);
  plain->length += offered - stream->avail_out;
  return result;
}

/* No progress is no fault: all the room was used exactly, or all the bytes. */
static lr_gzip_result verdict_of(lr_gzip *gzip, int result) {
  if (result == Z_MEM_ERROR) return LR_GZIP_NO_MEMORY;
  if (result == Z_STREAM_END) gzip->ended = true;
  if (result == Z_OK || result == Z_BUF_ERROR || result == Z_STREAM_END)
    return LR_GZIP_MORE;
  return LR_GZIP_FALLBACK;
}

lr_gzip_result lr_gzip_feed(lr_gzip *gzip, const char *bytes, size_t length,
                            lr_buffer *plain, uint64_t most) {
  z_stream *stream = &gzip->stream;
  lr_gzip_result verdict = LR_GZIP_MORE;
  if (length > UINT32_MAX) return LR_GZIP_FALLBACK;
  stream->next_in = (Bytef *)(uintptr_t)bytes;
  stream->avail_in = (uInt)length;
  gzip->begun = true;
  bool full = true;
  while (verdict == LR_GZIP_MORE && (stream->avail_in || full)) {
    if (gzip->ended) return stream->avail_in ? LR_GZIP_FALLBACK : verdict;
    if (!grow(plain, stream->avail_in)) return LR_GZIP_NO_MEMORY;
    verdict = verdict_of(gzip, step(stream, plain));
    full = stream->avail_out == 0;
    if (plain->length > most) return LR_GZIP_TOO_LARGE;
  }
  return verdict;
}

bool lr_gzip_whole(const lr_gzip *gzip) { return gzip->ended || !gzip->begun; }
