/* SPDX-License-Identifier: MIT
 * See compressed.h. */
#include "support/compressed.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "http/brotli_stage.h"
#include "http/zstd_stage.h"

#ifdef LARIAT_BROTLI
#include <brotli/encode.h>
#endif
#ifdef LARIAT_ZSTD
#include <zstd.h>
#endif

enum { WINDOW = 15, GZIP = 16 };

const char *const compressed_codings[5] = {"gzip", "deflate", "bare", "br",
                                           "zstd"};

bool compressed_is_built(const char *coding) {
  if (strcmp(coding, "br") == 0) return LR_HAS_BROTLI;
  return strcmp(coding, "zstd") != 0 || LR_HAS_ZSTD;
}

static void reserve(struct compressed *out, size_t capacity) {
  out->bytes = malloc(capacity);
  out->length = capacity;
  if (!out->bytes) abort();
}

static void make_deflate(int window_bits, const char *bytes, size_t length,
                         struct compressed *out) {
  z_stream stream = {0};
  if (deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    abort();
  reserve(out, deflateBound(&stream, length) + 64);
  stream.next_in = (Bytef *)(size_t)bytes;
  stream.avail_in = (uInt)length;
  stream.next_out = (Bytef *)out->bytes;
  stream.avail_out = (uInt)out->length;
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) abort();
  out->length -= stream.avail_out;
  (void)deflateEnd(&stream);
}

static void make_brotli(const char *bytes, size_t length,
                        struct compressed *out) {
#ifdef LARIAT_BROTLI
  reserve(out, BrotliEncoderMaxCompressedSize(length) + 64);
  if (!BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC,
                             length, (const uint8_t *)bytes, &out->length,
                             (uint8_t *)out->bytes))
    abort();
#else
  (void)bytes;
  (void)length;
  (void)out;
  abort();
#endif
}

/* With a checksum, so that no byte can be wrong unseen. */
static void make_zstd(const char *bytes, size_t length,
                      struct compressed *out) {
#ifdef LARIAT_ZSTD
  ZSTD_CCtx *context = ZSTD_createCCtx();
  reserve(out, ZSTD_compressBound(length));
  (void)ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  (void)ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 20);
  out->length = ZSTD_compress2(context, out->bytes, out->length, bytes, length);
  if (ZSTD_isError(out->length)) abort();
  (void)ZSTD_freeCCtx(context);
#else
  (void)bytes;
  (void)length;
  (void)out;
  abort();
#endif
}

static void make_one(const char *coding, size_t name, const char *bytes,
                     size_t length, struct compressed *out) {
  if (strncmp(coding, "gzip", name) == 0)
    make_deflate(WINDOW + GZIP, bytes, length, out);
  else if (strncmp(coding, "deflate", name) == 0)
    make_deflate(WINDOW, bytes, length, out);
  else if (strncmp(coding, "bare", name) == 0)
    make_deflate(-WINDOW, bytes, length, out);
  else if (strncmp(coding, "br", name) == 0)
    make_brotli(bytes, length, out);
  else
    make_zstd(bytes, length, out);
}

void compressed_make(const char *codings, const char *bytes, size_t length,
                     struct compressed *out) {
  struct compressed before = {NULL, 0};
  for (const char *at = codings; *at;) {
    size_t name = strcspn(at, ", ");
    make_one(at, name, bytes, length, out);
    free(before.bytes);
    before = *out;
    bytes = out->bytes;
    length = out->length;
    at += name;
    at += strspn(at, ", ");
  }
}

void compressed_free(struct compressed *compressed) {
  free(compressed->bytes);
  *compressed = (struct compressed){NULL, 0};
}
