/* SPDX-License-Identifier: MIT
 * gunzip.c: gzip by zlib, with memory from lariat's allocator. */
#include "gunzip.h"

#include <stdint.h>
#include <zlib.h>

#include <lariat/allocator.h>

enum { GZIP_WINDOW = 15 + 16 };

struct lr_crawl_gunzip {
  z_stream stream;
  enum { WITHIN, BETWEEN, BEHIND } place; /* of members */
  Bytef out[16 * 1024];
};

static voidpf allocate(voidpf opaque, uInt items, uInt size) {
  (void)opaque;
  return size && items > SIZE_MAX / size
             ? NULL
             : lariat_memory_allocate((size_t)items * size);
}

static void release(voidpf opaque, voidpf memory) {
  (void)opaque;
  lariat_memory_release(memory);
}

lr_crawl_gunzip *lr_crawl_gunzip_new(void) {
  lr_crawl_gunzip *gunzip = lariat_memory_allocate(sizeof *gunzip);
  if (!gunzip) return NULL;
  gunzip->stream = (z_stream){.zalloc = allocate, .zfree = release};
  gunzip->place = WITHIN;
  if (inflateInit2(&gunzip->stream, GZIP_WINDOW) == Z_OK) return gunzip;
  lariat_memory_release(gunzip);
  return NULL;
}

void lr_crawl_gunzip_free(lr_crawl_gunzip *gunzip) {
  if (!gunzip) return;
  inflateEnd(&gunzip->stream);
  lariat_memory_release(gunzip);
}

/* Begins another member, if one begins here. */
static bool begin_member(lr_crawl_gunzip *gunzip) {
  if (gunzip->place == BETWEEN && *gunzip->stream.next_in == 0x1f &&
      inflateReset(&gunzip->stream) == Z_OK)
    gunzip->place = WITHIN;
  else if (gunzip->place == BETWEEN)
    gunzip->place = BEHIND;
  return gunzip->place == WITHIN;
}

static lariat_status status_of(int result) {
  if (result == Z_MEM_ERROR) return LARIAT_ENOMEM;
  bool good = result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
  return good ? LARIAT_OK : LARIAT_EENCODING;
}

lariat_status lr_crawl_gunzip_feed(lr_crawl_gunzip *gunzip, const char *bytes,
                                   size_t length, lr_crawl_gunzip_sink *sink,
                                   void *context) {
  z_stream *stream = &gunzip->stream;
  lariat_status status = LARIAT_OK;
  size_t got = sizeof gunzip->out;
  stream->next_in = (z_const Bytef *)(uintptr_t)bytes;
  stream->avail_in = (uInt)length;
  while (status == LARIAT_OK &&
         (stream->avail_in || got == sizeof gunzip->out)) {
    if (stream->avail_in && !begin_member(gunzip)) break;
    if (gunzip->place != WITHIN) break;
    stream->next_out = gunzip->out;
    stream->avail_out = sizeof gunzip->out;
    int result = inflate(stream, Z_NO_FLUSH);
    got = sizeof gunzip->out - stream->avail_out;
    status = status_of(result);
    if (result == Z_STREAM_END) gunzip->place = BETWEEN;
    if (got && !sink(context, (const char *)gunzip->out, got)) break;
  }
  return status;
}

bool lr_crawl_gunzip_is_whole(const lr_crawl_gunzip *gunzip) {
  return gunzip->place != WITHIN;
}
