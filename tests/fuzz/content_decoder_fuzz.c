/* SPDX-License-Identifier: MIT
 * content_decoder_fuzz.c: a body that is decoded in pieces, into space of any
 * size, comes to what it comes to at once; gzip and deflate come to what zlib
 * makes of them; and what zlib has compressed comes out as it was. */
#include "http/content_decoder.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/buffer.h"
#include "fuzz/fuzz.h"

/* The most that is made of an input; what makes more is given up. */
enum { MOST = 256 * 1024, SPACE = 16 * 1024 };

/* For zlib: the largest window, and gzip's header and trailer only. */
enum { ZLIB = 15, GZIP = 15 + 16, BARE = -15 };

/* What came of decoding. */
struct decoding {
  lr_buffer body;
  bool broken;
  bool whole;
  bool too_large;
  char words[LR_DECODER_TEXT];
};

/* Content-Encoding headers. */
static const char *const headers[] = {
    "gzip",       "deflate",
    "br",         "zstd",
    "gzip, gzip", "deflate,br",
    "zstd, gzip", "gzip, identity",
    "gzip,x",     "gzip,gzip,gzip,gzip,gzip,gzip"};

/* Makes one piece of output of a random size; false: no more is to be had of
 * what was given. */
static bool make_piece(lr_content_decoder *decoder, struct decoding *d,
                       struct fuzz_cuts *spaces, lr_decode_result *result) {
  size_t space = fuzz_next_cut(spaces, SPACE);
  size_t made = SIZE_MAX;
  if (!lr_buffer_reserve(&d->body, space)) abort();
  *result = lr_content_decoder_step(decoder, d->body.bytes + d->body.length,
                                    space, &made);
  FUZZ_REQUIRE(made <= space);
  d->body.length += made;
  d->too_large = d->body.length > MOST;
  return *result == LR_DECODE_MORE && !d->too_large;
}

/* Decodes bytes that are in memory of just their size. */
static lr_decode_result decode_bytes(lr_content_decoder *decoder,
                                     struct decoding *d,
                                     struct fuzz_cuts *spaces,
                                     const char *bytes, size_t length) {
  lr_decode_result result;
  size_t left = length;
  do {
    lr_content_decoder_input(decoder, bytes + length - left, left);
    while (make_piece(decoder, d, spaces, &result)) continue;
    FUZZ_REQUIRE(lr_content_decoder_unused(decoder) <= left);
    left = lr_content_decoder_unused(decoder);
  } while (result == LR_DECODE_ENOUGH && !d->too_large);
  if (result == LR_DECODE_USED) FUZZ_REQUIRE(left == 0);
  return result;
}

static void decode(struct decoding *d, const lr_content_codings *codings,
                   struct fuzz_cuts cuts, struct fuzz_cuts spaces,
                   const char *bytes, size_t length) {
  lr_content_decoders pool = {0};
  lr_content_decoder *decoder = lr_content_decoder_take(&pool, codings);
  lr_decode_result result = LR_DECODE_USED;
  if (!decoder) abort();
  memset(d, 0, sizeof *d);
  while (length > 0 && result == LR_DECODE_USED && !d->too_large) {
    size_t piece = fuzz_next_cut(&cuts, length);
    char *copy = fuzz_copy(bytes, piece);
    result = decode_bytes(decoder, d, &spaces, copy, piece);
    free(copy);
    bytes += piece;
    length -= piece;
  }
  FUZZ_REQUIRE(result != LR_DECODE_NO_MEMORY);
  d->broken = result == LR_DECODE_BROKEN;
  d->whole = result == LR_DECODE_USED && lr_content_decoder_whole(decoder);
  lr_content_decoder_describe(decoder, d->words);
  FUZZ_REQUIRE(memchr(d->words, '\0', sizeof d->words));
  lr_content_decoder_give(&pool, decoder);
  lr_content_decoders_clear(&pool);
}

static lr_content_codings codings_of(const char *header) {
  lr_content_codings codings = {0};
  lr_content_codings_add(&codings, header);
  return codings;
}

/* ---- zlib at once ---- */

/* Decodes one stream; returns how many bytes it had, 0 when it is none or not
 * whole. */
static size_t inflate_at_once(const char *bytes, size_t length, int window,
                              char *to, size_t space, size_t *decoded) {
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes,
                     .avail_in = (uInt)length,
                     .next_out = (Bytef *)to,
                     .avail_out = (uInt)space};
  if (inflateInit2(&stream, window) != Z_OK) abort();
  int result = inflate(&stream, Z_FINISH);
  *decoded = space - stream.avail_out;
  size_t used = length - stream.avail_in;
  (void)inflateEnd(&stream);
  return result == Z_STREAM_END ? used : 0;
}

/* Decodes members of gzip, one behind the other; behind the last there may be
 * zeros. */
static bool gunzip_at_once(const char *bytes, size_t length, char *to,
                           size_t *decoded) {
  *decoded = 0;
  do {
    size_t more;
    size_t used = inflate_at_once(bytes, length, GZIP, to + *decoded,
                                  MOST - *decoded, &more);
    *decoded += more;
    if (used == 0) return false;
    bytes += used;
    length -= used;
  } while (length > 0 && *bytes != 0);
  while (length > 0 && *bytes == 0) bytes++, length--;
  return length == 0;
}

static bool is_same(const lr_buffer *body, const char *bytes, size_t length) {
  return body->length == length &&
         (length == 0 || memcmp(body->bytes, bytes, length) == 0);
}

/* Compares with zlib what was not too much for the space here. */
static void compare_with_zlib(const struct decoding *d, bool gzip,
                              const struct fuzz_input *input) {
  static char wanted[MOST];
  size_t decoded = 0;
  const char *bytes = (const char *)input->at;
  if (input->left == 0 || d->too_large) return;
  bool whole = gzip ? gunzip_at_once(bytes, input->left, wanted, &decoded)
                    : inflate_at_once(bytes, input->left, ZLIB, wanted, MOST,
                                      &decoded) == input->left;
  if (whole) FUZZ_REQUIRE(d->whole && is_same(&d->body, wanted, decoded));
  if (gzip && !whole && decoded < MOST) FUZZ_REQUIRE(!d->whole);
}

/* ---- Any bytes ---- */

static void check_any(struct fuzz_input *input, const char *header,
                      struct fuzz_cuts cuts, struct fuzz_cuts spaces) {
  const lr_content_codings codings = codings_of(header);
  const struct fuzz_cuts whole = fuzz_cuts_of(1);
  struct decoding cut;
  struct decoding once;
  const char *bytes = (const char *)input->at;
  decode(&cut, &codings, cuts, spaces, bytes, input->left);
  decode(&once, &codings, whole, whole, bytes, input->left);
  if (!cut.too_large && !once.too_large) {
    FUZZ_REQUIRE(cut.broken == once.broken);
    FUZZ_REQUIRE(cut.whole == once.whole);
    /* Of two codings that are both broken, either may be noticed first. */
    if (!once.whole && (!once.broken || codings.count == 1))
      FUZZ_REQUIRE(strcmp(cut.words, once.words) == 0);
    if (!once.broken)
      FUZZ_REQUIRE(is_same(&cut.body, once.body.bytes, once.body.length));
  }
  if (codings.problem && input->left) FUZZ_REQUIRE(cut.broken);
  if (header == headers[0] || header == headers[1])
    compare_with_zlib(&once, header == headers[0], input);
  lr_buffer_clear(&cut.body);
  lr_buffer_clear(&once.body);
}

/* ---- What zlib has compressed ---- */

static size_t compress_bytes(const void *bytes, size_t length, int window,
                             char *to, size_t space) {
  enum { MEMORY = 8 };
  z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes,
                     .avail_in = (uInt)length,
                     .next_out = (Bytef *)to,
                     .avail_out = (uInt)space};
  if (deflateInit2(&stream, 1, Z_DEFLATED, window, MEMORY,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    abort();
  FUZZ_REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  size_t made = stream.total_out;
  (void)deflateEnd(&stream);
  return made;
}

/* Two members, or a stream that was compressed twice, or one with or without a
 * header of zlib's. */
static size_t compress_as(uint8_t kind, const struct fuzz_input *input,
                          char *to, size_t space, const char **header) {
  static const int windows[] = {GZIP, GZIP, ZLIB, BARE};
  size_t half = kind == 0 ? input->left / 2 : 0;
  size_t first = 0;
  *header = kind < 2 ? "gzip" : "deflate";
  if (half) first = compress_bytes(input->at, half, GZIP, to, space);
  return first + compress_bytes(input->at + half, input->left - half,
                                windows[kind], to + first, space - first);
}

static void check_compressed(struct fuzz_input *input, uint8_t kind,
                             struct fuzz_cuts cuts, struct fuzz_cuts spaces) {
  enum { SLACK = 256 };
  const char *header;
  struct decoding d;
  size_t space = 2 * input->left + SLACK;
  char *coded = malloc(space);
  if (!coded) abort();
  size_t length = compress_as(kind & 3, input, coded, space, &header);
  const lr_content_codings codings = codings_of(header);
  decode(&d, &codings, cuts, spaces, coded, length);
  FUZZ_REQUIRE(d.whole);
  FUZZ_REQUIRE(is_same(&d.body, (const char *)input->at, input->left));
  lr_buffer_clear(&d.body);
  decode(&d, &codings, cuts, spaces, coded, length - 1);
  FUZZ_REQUIRE(!d.whole && !d.broken);
  lr_buffer_clear(&d.body);
  free(coded);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  uint8_t how = fuzz_read_byte(&input);
  uint8_t header = fuzz_read_byte(&input);
  struct fuzz_cuts cuts = fuzz_cuts_of(how >> 4);
  struct fuzz_cuts spaces = fuzz_cuts_of(how & 15);
  if (header >= 0xf0 && input.left < MOST / 2)
    check_compressed(&input, header, cuts, spaces);
  else
    check_any(&input, headers[header % FUZZ_COUNT(headers)], cuts, spaces);
  return 0;
}

/* Gives a text as it is, and compressed in four ways, whole, cut and twice. */
static void give_text(fuzz_sink *sink, void *context, const char *text) {
  static const int windows[] = {GZIP, ZLIB, BARE, GZIP - 6};
  char coded[2048];
  size_t length = strlen(text);
  fuzz_give(sink, context, "\x32\xf0", 2, text, length);
  fuzz_give(sink, context, "\x11\xf3", 2, text, length);
  for (size_t i = 0; i < FUZZ_COUNT(windows); i++) {
    char choice[2] = {(char)(0x11 * (i + 1)), (char)(i == 1 || i == 2)};
    size_t made =
        compress_bytes(text, length, windows[i], coded, sizeof coded / 2);
    fuzz_give(sink, context, choice, 2, coded, made);
    fuzz_give(sink, context, choice, 2, coded, made / 2);
    memcpy(coded + made, coded, made);
    fuzz_give(sink, context, choice, 2, coded, 2 * made);
    choice[1] = 4;
    fuzz_give(sink, context, choice, 2, coded,
              made + compress_bytes(coded, made, GZIP, coded + made,
                                    sizeof coded - made));
  }
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("\x1f\x8b\x08\x08\0\0\0\0\0\x03name\0\x03\0\0\0\0\0\0\0\0\0"),
      FUZZ_TEXT("\x1f\x8b\x08\x1e\0\0\0\0\0\x03\2\0xxname\0text\0\0\0\3\0\0"),
      FUZZ_TEXT("\x28\xb5\x2f\xfd\x04\x58\x29\0\0hello\x4a\x2a\x48\x45"),
      FUZZ_TEXT("\x0b\x02\x80hello\x03"),
      FUZZ_TEXT("\x8b\x02\x80hello\x03"),
      FUZZ_TEXT("\x50\x2a\x4d\x18\3\0\0\0abc"),
      FUZZ_TEXT("\x25\xb5\x2f\xfd\0\0\0\x21"),
      FUZZ_TEXT("\x28\xb5\x2f\xfd\x40\x88\0\0\3\x08\0a"),
  };
  give_text(sink, context, "");
  give_text(sink, context, "hello, hello, hello");
  give_text(sink, context,
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  fuzz_give_all(sink, context, "\0\0", 2, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\x31\2", 2, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\x13\3", 2, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\x13\6", 2, texts, FUZZ_COUNT(texts));
}
