/* SPDX-License-Identifier: MIT
 * gzip.c: decodes gzip by zlib. */
#include "http/gzip.h"

#include <zlib.h>

#include "base/memory.h"

/* For zlib: the largest window, and gzip's header and trailer only. */
enum { WINDOW_BITS = 15, GZIP_ONLY = 16 };

enum { SPARE_MAX = 16, STEP_MIN = 4 * 1024 };

struct lr_gzip {
  z_stream stream;
  lr_gzip *next; /* in a pool */
  bool begun;
  bool ended;
};

static void *allocate_items(void *unused, unsigned count, unsigned size) {
  (void)unused;
  return lr_alloc((size_t)count * size);
}

static void release_memory(void *unused, void *memory) {
  (void)unused;
  lr_free(memory);
}

static lr_gzip *make_gzip(void) {
  lr_gzip *gzip = lr_alloc_zero(sizeof *gzip);
  if (!gzip) return NULL;
  gzip->stream.zalloc = allocate_items;
  gzip->stream.zfree = release_memory;
  if (inflateInit2(&gzip->stream, WINDOW_BITS + GZIP_ONLY) == Z_OK) return gzip;
  lr_free(gzip);
  return NULL;
}

static void destroy_gzip(lr_gzip *gzip) {
  (void)inflateEnd(&gzip->stream);
  lr_free(gzip);
}

lr_gzip *lr_gzip_take(lr_gzip_pool *pool) {
  lr_gzip *gzip = pool->spare;
  if (!gzip) return make_gzip();
  pool->spare = gzip->next;
  pool->count--;
  (void)inflateReset(&gzip->stream);
  gzip->begun = false;
  gzip->ended = false;
  return gzip;
}

void lr_gzip_give(lr_gzip_pool *pool, lr_gzip *gzip) {
  if (pool->count >= SPARE_MAX) {
    destroy_gzip(gzip);
    return;
  }
  gzip->next = pool->spare;
  pool->spare = gzip;
  pool->count++;
}

void lr_gzip_pool_clear(lr_gzip_pool *pool) {
  while (pool->spare) {
    lr_gzip *gzip = pool->spare;
    pool->spare = gzip->next;
    destroy_gzip(gzip);
  }
  pool->count = 0;
}

/* Makes space for what `left` bytes come to: text becomes three to five times
 * as much. */
static bool grow_output(lr_buffer *decoded, size_t left) {
  size_t step = left < SIZE_MAX / 4 ? 4 * left : left;
  if (decoded->capacity - decoded->length >= STEP_MIN) return true;
  return lr_buffer_reserve(decoded, step < STEP_MIN ? STEP_MIN : step);
}

/* Calls zlib once, for as much as there is space for. */
static int inflate_once(z_stream *stream, lr_buffer *decoded) {
  size_t capacity = decoded->capacity - decoded->length;
  uInt offered = capacity > UINT32_MAX ? UINT32_MAX : (uInt)capacity;
  stream->next_out = (Bytef *)decoded->bytes + decoded->length;
  stream->avail_out = offered;
  int result = inflate(stream, Z_SYNC_FLUSH);
  decoded->length += offered - stream->avail_out;
  return result;
}

/* Translates a result of zlib's.  No progress is no fault: all the space was
 * used exactly, or all the bytes. */
static lr_gzip_result result_of(lr_gzip *gzip, int code) {
  if (code == Z_MEM_ERROR) return LR_GZIP_NO_MEMORY;
  if (code == Z_STREAM_END) gzip->ended = true;
  if (code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END)
    return LR_GZIP_MORE;
  return LR_GZIP_FALLBACK;
}

lr_gzip_result lr_gzip_feed(lr_gzip *gzip, const char *bytes, size_t length,
                            lr_buffer *decoded, uint64_t most) {
  z_stream *stream = &gzip->stream;
  lr_gzip_result result = LR_GZIP_MORE;
  if (length > UINT32_MAX) return LR_GZIP_FALLBACK;
  stream->next_in = (Bytef *)(uintptr_t)bytes;
  stream->avail_in = (uInt)length;
  gzip->begun = true;
  bool full = true;
  while (result == LR_GZIP_MORE && (stream->avail_in || full)) {
    if (gzip->ended) return stream->avail_in ? LR_GZIP_FALLBACK : result;
    if (!grow_output(decoded, stream->avail_in)) return LR_GZIP_NO_MEMORY;
    result = result_of(gzip, inflate_once(stream, decoded));
    full = stream->avail_out == 0;
    if (decoded->length > most) return LR_GZIP_TOO_LARGE;
  }
  return result;
}

bool lr_gzip_whole(const lr_gzip *gzip) { return gzip->ended || !gzip->begun; }
