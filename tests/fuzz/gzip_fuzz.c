/* SPDX-License-Identifier: MIT
 * gzip_fuzz.c: a body that is decoded in pieces is what zlib makes of it at
 * once, and what zlib has compressed comes out as it was.  `decoding` is all
 * that knows the decoder. */
#include "http/gzip.h"

#include <stdlib.h>
#include <zlib.h>

#include "fuzz/fuzz.h"

enum { MOST = 1 << 20, PIECE_MOST = 256 };

/* What came of decoding. */
struct decoding {
  lr_buffer body;
  bool good; /* nothing was wrong, and nothing is missing */
  bool too_large;
};

static void decode(struct decoding *d, struct fuzz_cuts cuts, const char *bytes,
                   size_t length, uint64_t most) {
  lr_gzip_pool pool = {0};
  lr_gzip *gzip = lr_gzip_take(&pool);
  lr_gzip_result result = LR_GZIP_MORE;
  if (!gzip) abort();
  memset(d, 0, sizeof *d);
  while (length > 0 && result == LR_GZIP_MORE) {
    size_t piece = fuzz_next_cut(&cuts, length);
    char *copy = fuzz_copy(bytes, piece);
    result = lr_gzip_feed(gzip, copy, piece, &d->body, most);
    free(copy);
    bytes += piece;
    length -= piece;
  }
  d->good = result == LR_GZIP_MORE && lr_gzip_whole(gzip);
  d->too_large = result == LR_GZIP_TOO_LARGE;
  FUZZ_REQUIRE(result != LR_GZIP_NO_MEMORY);
  lr_gzip_give(&pool, gzip);
  lr_gzip_pool_clear(&pool);
}

/* Decodes one member, the whole of the bytes, by zlib alone; false when they
 * are something else. */
static bool decode_at_once(const void *bytes, size_t length, char *to,
                           size_t *decoded) {
  enum { GZIP = 15 + 16 };
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes,
                     .avail_in = (uInt)length,
                     .next_out = (Bytef *)to,
                     .avail_out = MOST};
  if (inflateInit2(&stream, GZIP) != Z_OK) abort();
  int result = inflate(&stream, Z_FINISH);
  *decoded = MOST - stream.avail_out;
  bool whole = result == Z_STREAM_END && stream.avail_in == 0;
  (void)inflateEnd(&stream);
  return whole;
}

static bool is_same(const lr_buffer *body, const char *bytes, size_t length) {
  return body->length == length &&
         (length == 0 || memcmp(body->bytes, bytes, length) == 0);
}

static void check_any(struct fuzz_input *input, struct fuzz_cuts cuts) {
  static char wanted[MOST];
  size_t decoded;
  struct decoding d;
  bool whole = decode_at_once(input->at, input->left, wanted, &decoded);
  decode(&d, cuts, (const char *)input->at, input->left, MOST);
  if (whole) FUZZ_REQUIRE(d.good && is_same(&d.body, wanted, decoded));
  if (!whole && input->left > 0 && decoded < MOST) FUZZ_REQUIRE(!d.good);
  lr_buffer_clear(&d.body);
}

static void check_limit(const char *coded, size_t length, size_t decoded,
                        struct fuzz_cuts cuts) {
  struct decoding d;
  uint64_t most = decoded - 1;
  decode(&d, cuts, coded, length, most);
  FUZZ_REQUIRE(d.too_large);
  lr_buffer_clear(&d.body);
}

static void check_coded(struct fuzz_input *input, struct fuzz_cuts cuts) {
  enum { GZIP = 15 + 16, MEMORY = 8, SLACK = 128 };
  struct decoding d;
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)input->at,
                     .avail_in = (uInt)input->left,
                     .avail_out = (uInt)(2 * input->left + SLACK)};
  char *coded = malloc(stream.avail_out);
  if (!coded) abort();
  stream.next_out = (Bytef *)coded;
  if (deflateInit2(&stream, 1, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    abort();
  FUZZ_REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  size_t length = stream.total_out;
  (void)deflateEnd(&stream);
  decode(&d, cuts, coded, length, input->left);
  FUZZ_REQUIRE(d.good);
  FUZZ_REQUIRE(is_same(&d.body, (const char *)input->at, input->left));
  lr_buffer_clear(&d.body);
  if (input->left) check_limit(coded, length, input->left, cuts);
  decode(&d, cuts, coded, length - 1, input->left);
  FUZZ_REQUIRE(!d.good);
  lr_buffer_clear(&d.body);
  free(coded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  uint8_t how = fuzz_read_byte(&input);
  struct fuzz_cuts cuts = fuzz_cuts_of(how >> 2);
  if ((how & 3) == 3)
    check_coded(&input, cuts);
  else
    check_any(&input, cuts);
  return 0;
}

static void give_coded(fuzz_sink *sink, void *context, const char *text,
                       int level, int window) {
  char coded[1024];
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)text,
                     .avail_in = (uInt)strlen(text),
                     .next_out = (Bytef *)coded,
                     .avail_out = sizeof coded};
  if (deflateInit2(&stream, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) !=
          Z_OK ||
      deflate(&stream, Z_FINISH) != Z_STREAM_END)
    abort();
  size_t length = stream.total_out;
  (void)deflateEnd(&stream);
  fuzz_give(sink, context, "\0", 1, coded, length);
  fuzz_give(sink, context, "\x14", 1, coded, length / 2);
  memcpy(coded + length, coded, length);
  fuzz_give(sink, context, "\x0d", 1, coded, 2 * length);
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT(""),
      FUZZ_TEXT("hello, hello, hello"),
      FUZZ_TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
      FUZZ_TEXT("\x1f\x8b\x08\x08\0\0\0\0\0\x03name\0\x03\0\0\0\0\0\0\0\0\0"),
      FUZZ_TEXT("\x1f\x8b\x08\x1e\0\0\0\0\0\x03\2\0xxname\0text\0\0\0\3\0\0"),
  };
  enum { GZIP = 15 + 16, ZLIB = 15, RAW = -15, LITTLE = 9 + 16 };
  static const int windows[] = {GZIP, ZLIB, RAW, LITTLE};
  fuzz_give_all(sink, context, "\0", 1, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\7", 1, texts, FUZZ_COUNT(texts));
  for (size_t i = 0; i < FUZZ_COUNT(texts); i++)
    for (int level = 0; level < 10; level += 3)
      give_coded(sink, context, texts[i].bytes, level,
                 windows[(i + (size_t)level) % FUZZ_COUNT(windows)]);
}
