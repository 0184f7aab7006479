/* SPDX-License-Identifier: MIT
 * warc_member.c: libdeflate for what is in memory in one piece; zlib for what
 * is long, since libdeflate would need all of it once more. */
#include "warc_member.h"

#include <libdeflate.h>
#include <zlib.h>

#include <lariat/allocator.h>

enum {
  EFFORTS = 3,
  GZIP_WINDOW = 15 + 16,
  ZLIB_MOST_LEVEL = 9,
  ZLIB_MEMORY = 8,
  PIECE = 256 * 1024
};

struct lr_crawl_warc_packer {
  int levels[EFFORTS];
  struct libdeflate_compressor *compressors[EFFORTS]; /* made when needed */
};

lr_crawl_warc_packer *lr_crawl_warc_packer_new(int level) {
  lr_crawl_warc_packer *packer = lariat_memory_allocate(sizeof *packer);
  if (packer)
    *packer = (lr_crawl_warc_packer){
        .levels = {[LR_CRAWL_WARC_NORMAL] = level, [LR_CRAWL_WARC_QUICK] = 1}};
  return packer;
}

void lr_crawl_warc_packer_free(lr_crawl_warc_packer *packer) {
  if (!packer) return;
  for (unsigned i = 0; i < EFFORTS; i++)
    libdeflate_free_compressor(packer->compressors[i]);
  lariat_memory_release(packer);
}

/* ---- In one piece ---- */

static struct libdeflate_compressor *
find_compressor(lr_crawl_warc_packer *packer, lr_crawl_warc_effort effort) {
  if (!packer->compressors[effort])
    packer->compressors[effort] =
        libdeflate_alloc_compressor(packer->levels[effort]);
  return packer->compressors[effort];
}

bool lr_crawl_warc_pack(lr_crawl_warc_packer *packer, const char *bytes,
                        size_t length, lr_crawl_warc_effort effort,
                        lr_crawl_warc_text *out) {
  struct libdeflate_compressor *compressor = find_compressor(packer, effort);
  if (!compressor) return false;
  size_t bound = libdeflate_gzip_compress_bound(compressor, length);
  if (!lr_crawl_warc_text_reserve(out, bound)) return false;
  size_t used = libdeflate_gzip_compress(compressor, bytes, length,
                                         out->bytes + out->length, bound);
  out->length += used;
  return used != 0;
}

/* ---- In pieces ---- */

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

/* Compresses what the stream has in hand, up to the member's end with
 * Z_FINISH. */
static bool deflate_all(z_stream *stream, int flush, lr_crawl_warc_text *out) {
  int result = Z_OK;
  do {
    if (!lr_crawl_warc_text_reserve(out, PIECE)) return false;
    stream->next_out = (Bytef *)(out->bytes + out->length);
    stream->avail_out = PIECE;
    result = deflate(stream, flush);
    out->length += PIECE - stream->avail_out;
  } while (stream->avail_in || (flush == Z_FINISH && result == Z_OK));
  return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

static bool deflate_part(z_stream *stream, lr_crawl_warc_part part,
                         lr_crawl_warc_text *out) {
  bool good = true;
  while (good && part.length) {
    size_t some = part.length < PIECE ? part.length : PIECE;
    stream->next_in = (z_const Bytef *)(uintptr_t)part.bytes;
    stream->avail_in = (uInt)some;
    good = deflate_all(stream, Z_NO_FLUSH, out);
    part.bytes += some;
    part.length -= some;
  }
  return good;
}

bool lr_crawl_warc_pack_parts(lr_crawl_warc_packer *packer,
                              const lr_crawl_warc_part *parts, size_t count,
                              lr_crawl_warc_effort effort,
                              lr_crawl_warc_text *out) {
  z_stream stream = {.zalloc = allocate, .zfree = release};
  int level = packer->levels[effort];
  if (level > ZLIB_MOST_LEVEL) level = ZLIB_MOST_LEVEL;
  if (deflateInit2(&stream, level, Z_DEFLATED, GZIP_WINDOW, ZLIB_MEMORY,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return false;
  bool good = true;
  for (size_t i = 0; good && i < count; i++)
    good = deflate_part(&stream, parts[i], out);
  good = good && deflate_all(&stream, Z_FINISH, out);
  deflateEnd(&stream);
  return good;
}
