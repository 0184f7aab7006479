/* SPDX-License-Identifier: MIT
 * labels: optional long
 * content_decoder_test.c: each content coding, and lists of them: whole, in
 * pieces of all sizes, cut at every byte, with bytes behind and with bytes that
 * are wrong; and how much is made in a turn. */
#include "http/content_decoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "http/brotli_stage.h"
#include "http/zstd_stage.h"
#include "support/compressed.h"
#include "support/fixture.h"

#ifdef LARIAT_ZSTD
#include <zstd.h>
#endif

enum { SHORT = 700, LONG = 300000 };

static char text[LONG];

/* Words that compress about as text does. */
static void make_text(void) {
  unsigned state = 7;
  for (int i = 0; i < LONG; i++) {
    state = state * 1103515245u + 12345u;
    text[i] = (char)('a' + (state >> 16) % ((state >> 24) % 20 + 1));
  }
}

/* How a body is decoded, and what came of that. */
struct decoding {
  size_t first;    /* so many bytes are given, */
  size_t step;     /* and then so many at a time */
  size_t capacity; /* of each piece of output */
  lr_decode_result result;
  bool whole;
  char words[LR_DECODER_TEXT];
  lr_buffer out;
};

static struct decoding in_steps(size_t first, size_t step, size_t capacity) {
  return (struct decoding){.first = first, .step = step, .capacity = capacity};
}

static void run_input(lr_content_decoder *decoder, struct decoding *d,
                      char *piece) {
  size_t made;
  do {
    d->result = lr_content_decoder_step(decoder, piece, d->capacity, &made);
    if (!lr_buffer_append(&d->out, piece, made)) abort();
  } while (d->result == LR_DECODE_MORE);
}

/* Gives `length` bytes, in memory of just that size, in as many turns as that
 * takes. */
static void give(lr_content_decoder *decoder, struct decoding *d, char *piece,
                 const char *bytes, size_t length) {
  char *copy = malloc(length ? length : 1);
  if (!copy) abort();
  memcpy(copy, bytes, length);
  size_t used = 0;
  do {
    lr_content_decoder_input(decoder, copy + used, length - used);
    run_input(decoder, d, piece);
    used = length - lr_content_decoder_unused(decoder);
  } while (d->result == LR_DECODE_ENOUGH);
  free(copy);
}

static void decode_with(lr_content_decoder *decoder, struct decoding *d,
                        const char *bytes, size_t length) {
  char *piece = malloc(d->capacity);
  size_t at = 0, more = d->first;
  if (!piece) abort();
  d->result = LR_DECODE_USED;
  while (d->result == LR_DECODE_USED && at < length) {
    if (more > length - at) more = length - at;
    give(decoder, d, piece, bytes + at, more);
    at += more;
    more = d->step;
  }
  d->whole = d->result == LR_DECODE_USED && lr_content_decoder_whole(decoder);
  if (!d->whole) lr_content_decoder_describe(decoder, d->words);
  free(piece);
}

static const char *value_of(const char *coding) {
  return strcmp(coding, "bare") == 0 ? "deflate" : coding;
}

static void decode(const char *codings, struct decoding *d, const char *bytes,
                   size_t length) {
  lr_content_decoders pool = {0};
  lr_content_codings list = {0};
  lr_content_codings_add(&list, value_of(codings));
  lr_content_decoder *decoder = lr_content_decoder_take(&pool, &list);
  CU_ASSERT_PTR_NOT_NULL_FATAL(decoder);
  lr_buffer_init(&d->out);
  d->words[0] = '\0';
  decode_with(decoder, d, bytes, length);
  lr_content_decoder_give(&pool, decoder);
  lr_content_decoders_clear(&pool);
}

static bool has_made(const struct decoding *d, const char *bytes,
                     size_t length) {
  return d->out.length == length &&
         (length == 0 || memcmp(d->out.bytes, bytes, length) == 0);
}

static void expect_text(const char *codings, const struct compressed *body,
                        size_t length, struct decoding d) {
  decode(codings, &d, body->bytes, body->length);
  if (!d.whole || !has_made(&d, text, length))
    fixture_fail("%s, %zu, %zu, %zu: result %d, %zu bytes, %s", codings,
                 d.first, d.step, d.capacity, d.result, d.out.length, d.words);
  lr_buffer_clear(&d.out);
}

static void expect_failure(const char *codings, const char *bytes,
                           size_t length, size_t step, const char *words) {
  struct decoding d = {.first = step, .step = step, .capacity = 4096};
  decode(codings, &d, bytes, length);
  if (d.whole || (words && !strstr(d.words, words)))
    fixture_fail("%s, %zu bytes, %zu at a time: whole, or not \"%s\": \"%s\"",
                 codings, length, step, words ? words : "", d.words);
  lr_buffer_clear(&d.out);
}

/* ---- Whole ones ---- */

static void check_splits(const char *codings, size_t length) {
  static const size_t capacities[] = {1, 7, 4096, 65536};
  struct compressed body;
  compressed_make(codings, text, length, &body);
  for (size_t i = 0; i < FIXTURE_COUNT(capacities); i++) {
    size_t capacity = capacities[i];
    for (size_t first = 1; first <= body.length; first++)
      expect_text(codings, &body, length,
                  in_steps(first, body.length, capacity));
    for (size_t step = 1; step < 5; step++)
      expect_text(codings, &body, length, in_steps(step, step, capacity));
  }
  compressed_free(&body);
}

static void check_long(const char *codings) {
  static const size_t steps[] = {1, 255, 1000, 16384, LONG * 2};
  struct compressed body;
  compressed_make(codings, text, LONG, &body);
  for (size_t i = 0; i < FIXTURE_COUNT(steps); i++)
    expect_text(codings, &body, LONG, in_steps(steps[i], steps[i], 16384));
  compressed_free(&body);
}

static const char *const lists[] = {
    "deflate, gzip",    "gzip, deflate",
    "gzip, gzip, gzip", "gzip, deflate, gzip, deflate, gzip",
    "br, gzip",         "gzip, br",
    "zstd, gzip",       "gzip, br, zstd, deflate"};

static bool is_list_built(const char *list) {
  return (LR_HAS_BROTLI || !strstr(list, "br")) &&
         (LR_HAS_ZSTD || !strstr(list, "zstd"));
}

static void check_all_whole(const char *codings) {
  check_splits(codings, 0);
  check_splits(codings, 1);
  check_splits(codings, SHORT);
  check_long(codings);
}

static void test_whole(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(compressed_codings); i++)
    if (compressed_is_built(compressed_codings[i]))
      check_all_whole(compressed_codings[i]);
  fixture_close(&f);
}

static void test_lists(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(lists); i++) {
    if (!is_list_built(lists[i])) continue;
    check_splits(lists[i], SHORT);
    check_long(lists[i]);
  }
  fixture_close(&f);
}

/* Splits and capacities that change from one to the next. */
static void test_any_splits(void) {
  static char piece[70000];
  uint32_t state = 24;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(lists); i++) {
    if (!is_list_built(lists[i])) continue;
    struct compressed body;
    compressed_make(lists[i], text, LONG, &body);
    for (int round = 0; round < 20; round++) {
      lr_content_decoders pool = {0};
      lr_content_codings list = {0};
      struct decoding d = {.result = LR_DECODE_USED};
      lr_content_codings_add(&list, lists[i]);
      lr_content_decoder *decoder = lr_content_decoder_take(&pool, &list);
      CU_ASSERT_PTR_NOT_NULL_FATAL(decoder);
      for (size_t at = 0; at < body.length && d.result == LR_DECODE_USED;) {
        state = state * 1664525u + 1013904223u;
        size_t more = 1 + (state >> 8) % ((state & 64) ? 20000 : 50);
        d.capacity = 1 + (state >> 10) % ((state & 128) ? 65536 : 40);
        if (more > body.length - at) more = body.length - at;
        give(decoder, &d, piece, body.bytes + at, more);
        at += more;
      }
      CU_ASSERT_EQUAL(d.result, LR_DECODE_USED);
      CU_ASSERT_TRUE(lr_content_decoder_whole(decoder));
      CU_ASSERT_TRUE(has_made(&d, text, LONG));
      lr_buffer_clear(&d.out);
      lr_content_decoder_give(&pool, decoder);
      lr_content_decoders_clear(&pool);
    }
    compressed_free(&body);
  }
  fixture_close(&f);
}

/* ---- Several in one body ---- */

static void append(lr_buffer *to, const void *bytes, size_t length) {
  if (!lr_buffer_append(to, bytes, length)) abort();
}

static void append_coded(lr_buffer *to, const char *coding, size_t from,
                         size_t length) {
  struct compressed part;
  compressed_make(coding, text + from, length, &part);
  append(to, part.bytes, part.length);
  compressed_free(&part);
}

static void expect_parts(const char *coding, const lr_buffer *body,
                         size_t length) {
  for (size_t step = 1; step < 40; step++)
    expect_text(coding, &(struct compressed){body->bytes, body->length}, length,
                in_steps(step, step, 64));
  expect_text(coding, &(struct compressed){body->bytes, body->length}, length,
              in_steps(body->length, body->length, 65536));
}

static void test_members(void) {
  static const char zeros[600];
  struct fixture f;
  lr_buffer body = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  append_coded(&body, "gzip", 0, 100);
  append_coded(&body, "gzip", 100, 0);
  append_coded(&body, "gzip", 100, 500);
  expect_parts("gzip", &body, 600);
  for (size_t count = 1; count < sizeof zeros; count += 99) {
    lr_buffer padded = {0};
    append(&padded, body.bytes, body.length);
    append(&padded, zeros, count);
    expect_parts("gzip", &padded, 600);
    append(&padded, "x", 1);
    for (size_t step = 1; step < 40; step++)
      expect_failure("gzip", padded.bytes, padded.length, step,
                     "the gzip body is broken");
    lr_buffer_clear(&padded);
  }
  lr_buffer_clear(&body);
  for (int i = 0; i < 20000; i++) append_coded(&body, "gzip", 0, 0);
  expect_text("gzip", &(struct compressed){body.bytes, body.length}, 0,
              in_steps(body.length, body.length, 4096));
  lr_buffer_clear(&body);
  fixture_close(&f);
}

static void test_frames(void) {
  static const char skipped[] = "\x52\x2a\x4d\x18\x05\0\0\0hello";
  struct fixture f;
  lr_buffer body = {0};
  if (!LR_HAS_ZSTD) return;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  append_coded(&body, "zstd", 0, 100);
  append(&body, skipped, sizeof skipped - 1);
  append_coded(&body, "zstd", 100, 0);
  append_coded(&body, "zstd", 100, 500);
  expect_parts("zstd", &body, 600);
  append(&body, skipped, sizeof skipped - 1);
  expect_parts("zstd", &body, 600);
  for (size_t less = 1; less < sizeof skipped - 1; less++)
    expect_failure("zstd", body.bytes, body.length - less, body.length,
                   "the zstd body is cut");
  lr_buffer_clear(&body);
  fixture_close(&f);
}

/* A checksum's bytes without a zlib stream's header: some servers send that. */
static void test_bare_with_checksum(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t more = 1; more <= 5; more++) {
    lr_buffer body = {0};
    append_coded(&body, "bare", 0, SHORT);
    append(&body, "abcde", more);
    if (more < 5)
      expect_parts("bare", &body, SHORT);
    else
      expect_failure("bare", body.bytes, body.length, 3,
                     "the deflate body is broken");
    lr_buffer_clear(&body);
  }
  fixture_close(&f);
}

/* ---- What is not whole ---- */

static void check_cut(const char *codings, const char *words) {
  struct compressed body;
  compressed_make(codings, text, SHORT, &body);
  for (size_t length = 1; length < body.length; length++) {
    expect_failure(codings, body.bytes, length, length, words);
    expect_failure(codings, body.bytes, length, 1, words);
  }
  compressed_free(&body);
}

static void test_cut(void) {
  static const char *const words[] = {
      "the gzip body is cut", "the deflate body is cut",
      "the deflate body is cut", "the br body is cut", "the zstd body is cut"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(compressed_codings); i++)
    if (compressed_is_built(compressed_codings[i]))
      check_cut(compressed_codings[i], words[i]);
  for (size_t i = 0; i < FIXTURE_COUNT(lists); i++)
    if (is_list_built(lists[i])) check_cut(lists[i], "body is cut");
  fixture_close(&f);
}

/* An inner coding that is cut within an outer one that is whole. */
static void test_cut_inside(void) {
  struct fixture f;
  struct compressed inner, outer;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  compressed_make("gzip", text, SHORT, &inner);
  compressed_make("deflate", inner.bytes, inner.length - 9, &outer);
  expect_failure("gzip, deflate", outer.bytes, outer.length, 7,
                 "the gzip body is cut");
  compressed_free(&outer);
  compressed_make("deflate", inner.bytes, 0, &outer);
  expect_failure("gzip, deflate", outer.bytes, outer.length, 7,
                 "the gzip body is cut");
  compressed_free(&outer);
  compressed_free(&inner);
  fixture_close(&f);
}

static void test_bytes_behind(void) {
  static const char *const more[] = {"x", "\n", "\r\n", "<html>", "12345678"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(compressed_codings); i++)
    for (size_t k = 0; k < FIXTURE_COUNT(more); k++) {
      const char *coding = compressed_codings[i];
      lr_buffer body = {0};
      bool tolerated = strcmp(coding, "bare") == 0 && strlen(more[k]) < 5;
      if (!compressed_is_built(coding) || tolerated) continue;
      append_coded(&body, coding, 0, SHORT);
      append(&body, more[k], strlen(more[k]));
      for (size_t step = 1; step < 30; step++)
        expect_failure(coding, body.bytes, body.length, step, NULL);
      expect_failure(coding, body.bytes, body.length, body.length, NULL);
      lr_buffer_clear(&body);
    }
  fixture_close(&f);
}

/* Any bit that is changed makes the body broken, or not whole, or makes no
 * difference; never another text where the checksum is better than deflate's
 * Adler-32, which some of these texts share. */
static void check_changed(const char *coding) {
  struct compressed body;
  bool has_checksum = strcmp(coding, "gzip") == 0 || !strcmp(coding, "zstd");
  compressed_make(coding, text, SHORT, &body);
  for (size_t at = 0; at < body.length; at++)
    for (int bit = 0; bit < 8; bit++) {
      struct decoding d = {.first = 50, .step = 50, .capacity = 100};
      body.bytes[at] = (char)(body.bytes[at] ^ 1 << bit);
      decode(coding, &d, body.bytes, body.length);
      body.bytes[at] = (char)(body.bytes[at] ^ 1 << bit);
      if (d.whole && has_checksum && !has_made(&d, text, SHORT))
        fixture_fail("%s: bit %d of byte %zu: another text", coding, bit, at);
      lr_buffer_clear(&d.out);
    }
  compressed_free(&body);
}

static void test_changed(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(compressed_codings); i++)
    if (compressed_is_built(compressed_codings[i]))
      check_changed(compressed_codings[i]);
  fixture_close(&f);
}

/* What is no body of the coding at all. */
static void test_garbage(void) {
  static const char page[] = "<!DOCTYPE html><title>not compressed</title>";
  static const char *const codings[] = {"gzip", "deflate", "br", "zstd"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(codings); i++) {
    if (!compressed_is_built(codings[i])) continue;
    for (size_t step = 1; step <= sizeof page; step++)
      expect_failure(codings[i], page, sizeof page, step, NULL);
  }
  fixture_close(&f);
}

static void test_problems(void) {
  static const char *const rows[][2] = {
      {"rot13", "the content coding \"rot13\" is not known"},
      {"gzip, UTF-8", "the content coding \"UTF-8\" is not known"},
      {"gzip,gzip,gzip,gzip,gzip,gzip",
       "the content coding \"gzip\" is one more than can be undone"},
  };
  struct fixture f;
  struct decoding d = {.first = 1, .step = 1, .capacity = 1};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    expect_failure(rows[i][0], "abc", 3, 1, rows[i][1]);
  decode("rot13", &d, "", 0);
  CU_ASSERT_TRUE(d.whole);
  fixture_close(&f);
}

/* RFC 9659 has windows of 8 MiB at most: more would be memory that a server
 * makes us take. */
static void test_windows(void) {
#ifdef LARIAT_ZSTD
  static char out[64 * 1024];
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int log = 22; log <= 25; log++) {
    ZSTD_CStream *stream = ZSTD_createCStream();
    ZSTD_inBuffer in = {text, SHORT, 0};
    ZSTD_outBuffer to = {out, sizeof out, 0};
    (void)ZSTD_CCtx_setParameter(stream, ZSTD_c_windowLog, log);
    (void)ZSTD_CCtx_setParameter(stream, ZSTD_c_contentSizeFlag, 0);
    CU_ASSERT_EQUAL(ZSTD_compressStream2(stream, &to, &in, ZSTD_e_flush), 0);
    CU_ASSERT_EQUAL(ZSTD_compressStream2(stream, &to, &in, ZSTD_e_end), 0);
    if (log <= 23)
      expect_text("zstd", &(struct compressed){out, to.pos}, SHORT,
                  in_steps(11, 11, 64));
    else
      expect_failure("zstd", out, to.pos, 11, "the zstd body is broken");
    (void)ZSTD_freeCStream(stream);
  }
  fixture_close(&f);
#endif
}

/* Decodes a body that comes at once, and one cut at each byte, with little and
 * with much space: all come to the same. */
static void expect_one_outcome(const char *bytes, size_t length, bool whole,
                               const char *words) {
  static const size_t capacities[] = {10, 65536};
  for (size_t i = 0; i < FIXTURE_COUNT(capacities); i++)
    for (size_t first = 1; first <= length; first++) {
      struct decoding d = in_steps(first, length, capacities[i]);
      decode("zstd", &d, bytes, length);
      if (d.whole != whole || strcmp(d.words, words) != 0)
        fixture_fail("%zu of %zu bytes, space of %zu: \"%s\"", first, length,
                     d.capacity, d.words);
      lr_buffer_clear(&d.out);
    }
}

/* libzstd decides by what comes at once whether it reads a frame of an old
 * format, and whether it minds the window; here neither depends on that. */
static void test_beginnings(void) {
  static const struct {
    const char *bytes;
    size_t length;
    bool whole;
    const char *words;
  } rows[] = {
#define ROW(bytes, ...) {bytes, sizeof bytes - 1, __VA_ARGS__}
      /* a window of 8 MiB, and one of 128 MiB, for a body of 256 bytes */
      ROW("\x28\xb5\x2f\xfd\x40\x68\0\0\3\x08\0a", true, ""),
      ROW("\x28\xb5\x2f\xfd\x40\x88\0\0\3\x08\0a", false,
          "the zstd body is broken"),
      /* the format of version 0.5, and of all others before RFC 8878 */
      ROW("\x25\xb5\x2f\xfd\0\0\0\x21", false, "the zstd body is broken"),
      ROW("\x27\xb5\x2f\xfd\0\0\0\x21", false, "the zstd body is broken"),
      /* beginnings of magic numbers, and what is none any more */
      ROW("\x28\xb5\x2f", false, "the zstd body is cut"),
      ROW("\x5f\x2a\x4d", false, "the zstd body is cut"),
      ROW("\x5f\x2a\x4d\x18\0\0\0\0", true, ""),
      ROW("\x28\xb5\x4d", false, "the zstd body is broken"),
      ROW("\x60\x2a", false, "the zstd body is broken"),
      /* a header that looks like a frame to skip */
      ROW("\x28\xb5\x2f\xfd\x50\x2a\x4d\x18\x6b\xca\0a", true, ""),
#undef ROW
  };
  struct fixture f;
  if (!LR_HAS_ZSTD) return;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++)
    expect_one_outcome(rows[i].bytes, rows[i].length, rows[i].whole,
                       rows[i].words);
  fixture_close(&f);
}

/* ---- Turns ---- */

/* A body that becomes a thousand times as much is made in pieces, of which each
 * turn has a few; what is in the decoder at a time stays the same. */
static void check_bomb(const char *codings, const struct compressed *bomb,
                       size_t zeros, struct fixture *f) {
  enum { PIECE = 16 * 1024 };
  static char piece[PIECE];
  lr_content_decoders pool = {0};
  lr_content_codings list = {0};
  size_t made, all = 0, turn = 0, turns = 0, used = 0;
  lr_content_codings_add(&list, codings);
  lr_content_decoder *decoder = lr_content_decoder_take(&pool, &list);
  CU_ASSERT_PTR_NOT_NULL_FATAL(decoder);
  lr_content_decoder_input(decoder, bomb->bytes, bomb->length);
  lr_decode_result result;
  do {
    result = lr_content_decoder_step(decoder, piece, PIECE, &made);
    all += made;
    turn += made;
    if (result != LR_DECODE_ENOUGH) continue;
    CU_ASSERT(turn <= LR_DECODE_TURN + PIECE);
    turn = 0;
    turns++;
    used = bomb->length - lr_content_decoder_unused(decoder);
    lr_content_decoder_input(decoder, bomb->bytes + used, bomb->length - used);
  } while (result == LR_DECODE_MORE || result == LR_DECODE_ENOUGH);
  CU_ASSERT_EQUAL(result, LR_DECODE_USED);
  CU_ASSERT_TRUE(lr_content_decoder_whole(decoder));
  CU_ASSERT_EQUAL(all, zeros);
  CU_ASSERT(turns >= zeros / LR_DECODE_TURN - 1);
  CU_ASSERT(fixture_peak_bytes(f) < 24u * 1024 * 1024); /* brotli's window */
  lr_content_decoder_give(&pool, decoder);
  lr_content_decoders_clear(&pool);
}

static void test_bombs(void) {
  enum { ZEROS = 40 * 1024 * 1024 };
  static char zeros[ZEROS];
  static const char *const codings[] = {"gzip", "deflate", "br", "zstd",
                                        "gzip, gzip"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(codings); i++) {
    struct compressed bomb;
    if (!is_list_built(codings[i])) continue;
    compressed_make(codings[i], zeros, ZEROS, &bomb);
    check_bomb(codings[i], &bomb, ZEROS, &f);
    compressed_free(&bomb);
  }
  fixture_close(&f);
}

/* Work that comes to nothing counts as well: the inner body is empty members
 * without end. */
static void test_hidden_work(void) {
  enum { MEMBERS = 200000 };
  struct fixture f;
  struct compressed outer;
  lr_buffer members = {0};
  char piece[64];
  lr_content_decoders pool = {0};
  lr_content_codings list = {0};
  size_t made, turns = 0;
  lr_decode_result result;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (int i = 0; i < MEMBERS; i++) append_coded(&members, "gzip", 0, 0);
  compressed_make("gzip", members.bytes, members.length, &outer);
  lr_content_codings_add(&list, "gzip, gzip");
  lr_content_decoder *decoder = lr_content_decoder_take(&pool, &list);
  CU_ASSERT_PTR_NOT_NULL_FATAL(decoder);
  lr_content_decoder_input(decoder, outer.bytes, outer.length);
  do {
    result = lr_content_decoder_step(decoder, piece, sizeof piece, &made);
    CU_ASSERT_EQUAL(made, 0);
    if (result != LR_DECODE_ENOUGH) continue;
    size_t unused = lr_content_decoder_unused(decoder);
    lr_content_decoder_input(decoder, outer.bytes + outer.length - unused,
                             unused);
    turns++;
  } while (result == LR_DECODE_MORE || result == LR_DECODE_ENOUGH);
  CU_ASSERT_EQUAL(result, LR_DECODE_USED);
  CU_ASSERT(turns >= members.length / LR_DECODE_TURN - 1);
  lr_content_decoder_give(&pool, decoder);
  compressed_free(&outer);
  lr_buffer_clear(&members);
  fixture_close(&f);
}

/* ---- What comes to nothing ---- */

/* Gives `bytes` as often as it takes for the limit to be noticed; returns how
 * many bytes were given. */
static size_t give_until_too_long(const char *codings, uint64_t limit,
                                  const lr_buffer *first,
                                  const lr_buffer *again) {
  enum { MOST = 64 * 1024 * 1024, PIECE = 4096 };
  static char piece[PIECE];
  lr_content_decoders pool = {0};
  lr_content_codings list = {0};
  struct decoding d = {.capacity = PIECE, .result = LR_DECODE_USED};
  size_t given = first->length;
  lr_content_codings_add(&list, codings);
  lr_content_decoder *decoder = lr_content_decoder_take(&pool, &list);
  CU_ASSERT_PTR_NOT_NULL_FATAL(decoder);
  lr_content_decoder_limit(decoder, limit);
  give(decoder, &d, piece, first->bytes, first->length);
  while (d.result == LR_DECODE_USED && given < MOST) {
    give(decoder, &d, piece, again->bytes, again->length);
    given += again->length;
  }
  if (d.result != LR_DECODE_TOO_LONG)
    fixture_fail("%s: result %d after %zu bytes", codings, d.result, given);
  lr_buffer_clear(&d.out);
  lr_content_decoder_give(&pool, decoder);
  lr_content_decoders_clear(&pool);
  return given;
}

static void expect_limit(const char *codings, const lr_buffer *first,
                         const lr_buffer *again) {
  enum { LIMIT = 160 * 1024 };
  size_t given = give_until_too_long(codings, LIMIT, first, again);
  CU_ASSERT(given > LIMIT + LIMIT / 16 + 64 * 1024);
  CU_ASSERT(given <= LIMIT + LIMIT / 16 + 64 * 1024 + again->length);
}

/* A body of which nothing is made ends at the limit all the same: the name of a
 * file in gzip's header, zeros behind a member, empty members. */
static void test_limit(void) {
  static const char named[] = "\x1f\x8b\x08\x08\0\0\0\0\0\3";
  static char names[1000], zeros[1000];
  struct fixture f;
  lr_buffer member = {0}, empty = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  append_coded(&member, "gzip", 0, SHORT);
  append_coded(&empty, "gzip", 0, 0);
  memset(names, 'n', sizeof names);
  lr_buffer name = {.bytes = names, .length = sizeof names};
  lr_buffer zero = {.bytes = zeros, .length = sizeof zeros};
  lr_buffer head = {.bytes = (char *)(uintptr_t)named, .length = 10};
  expect_limit("gzip", &head, &name);
  expect_limit("gzip", &member, &zero);
  expect_limit("gzip", &empty, &empty);
  lr_buffer_clear(&member);
  lr_buffer_clear(&empty);
  fixture_close(&f);
}

/* So does what one stage makes for the next: a kilobyte would do. */
static void test_limit_inside(void) {
  enum { ZEROS = 1024 * 1024 };
  struct fixture f;
  struct compressed outer;
  lr_buffer inner = {0};
  fixture_open(&f, FIXTURE_NO_REACTOR);
  append_coded(&inner, "gzip", 0, 1);
  CU_ASSERT_FATAL(lr_buffer_reserve(&inner, ZEROS));
  memset(inner.bytes + inner.length, 0, ZEROS);
  inner.length += ZEROS;
  compressed_make("gzip", inner.bytes, inner.length, &outer);
  lr_buffer body = {.bytes = outer.bytes, .length = outer.length};
  CU_ASSERT_EQUAL(give_until_too_long("gzip, gzip", 1, &body, &body),
                  outer.length);
  compressed_free(&outer);
  lr_buffer_clear(&inner);
  fixture_close(&f);
}

/* A body that its coding only makes longer is within the limit. */
static void test_limit_of_incompressible(void) {
  enum { BYTES = 200000, PIECE = 4096 };
  static char noise[BYTES], piece[PIECE];
  struct fixture f;
  struct compressed body;
  uint32_t state = 1;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < BYTES; i++)
    noise[i] = (char)((state = state * 1664525u + 1013904223u) >> 24);
  compressed_make("gzip, gzip", noise, BYTES, &body);
  CU_ASSERT(body.length > BYTES);
  lr_content_decoders pool = {0};
  lr_content_codings list = {0};
  struct decoding d = {.capacity = PIECE, .result = LR_DECODE_USED};
  lr_content_codings_add(&list, "gzip, gzip");
  lr_content_decoder *decoder = lr_content_decoder_take(&pool, &list);
  CU_ASSERT_PTR_NOT_NULL_FATAL(decoder);
  lr_content_decoder_limit(decoder, BYTES);
  give(decoder, &d, piece, body.bytes, body.length);
  CU_ASSERT_EQUAL(d.result, LR_DECODE_USED);
  CU_ASSERT_TRUE(has_made(&d, noise, BYTES));
  lr_buffer_clear(&d.out);
  lr_content_decoder_give(&pool, decoder);
  lr_content_decoders_clear(&pool);
  compressed_free(&body);
  fixture_close(&f);
}

/* ---- Memory ---- */

static void check_without_memory(struct fixture *f, const char *codings) {
  struct compressed body;
  bool failed = true;
  unsigned failures = 0;
  compressed_make(codings, text, LONG, &body);
  for (uint64_t nth = 1; failed; nth++) {
    static char piece[65536];
    lr_content_decoders pool = {0};
    lr_content_codings list = {0};
    size_t made;
    lr_content_codings_add(&list, value_of(codings));
    fixture_fail_allocation(f, nth);
    lr_content_decoder *decoder = lr_content_decoder_take(&pool, &list);
    lr_decode_result result = decoder ? LR_DECODE_ENOUGH : LR_DECODE_NO_MEMORY;
    if (decoder) lr_content_decoder_input(decoder, body.bytes, body.length);
    while (result == LR_DECODE_ENOUGH || result == LR_DECODE_MORE) {
      size_t unused = lr_content_decoder_unused(decoder);
      if (result == LR_DECODE_ENOUGH)
        lr_content_decoder_input(decoder, body.bytes + body.length - unused,
                                 unused);
      result = lr_content_decoder_step(decoder, piece, sizeof piece, &made);
    }
    fixture_fail_allocation(f, 0);
    failed = result == LR_DECODE_NO_MEMORY;
    failures += failed;
    CU_ASSERT(failed || result == LR_DECODE_USED);
    if (decoder) lr_content_decoder_give(&pool, decoder);
    lr_content_decoders_clear(&pool);
  }
  CU_ASSERT(failures >= 2);
  compressed_free(&body);
}

static void test_without_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(compressed_codings); i++)
    if (compressed_is_built(compressed_codings[i]) &&
        strcmp(compressed_codings[i], "zstd") != 0)
      check_without_memory(&f, compressed_codings[i]);
  check_without_memory(&f, "gzip, deflate");
  fixture_close(&f);
}

/* A decoder that was given back in the middle of a body begins anew; only those
 * of gzip alone are kept, and not all of them. */
static void test_kept(void) {
  enum { MANY = 40 };
  lr_content_decoder *taken[MANY];
  lr_content_decoders pool = {0};
  lr_content_codings gzip = {0}, both = {0};
  struct fixture f;
  struct compressed body;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lr_content_codings_add(&gzip, "gzip");
  lr_content_codings_add(&both, "gzip, gzip");
  compressed_make("gzip", text, SHORT, &body);
  for (int round = 0; round < 3; round++) {
    struct decoding d = {.first = 100, .step = 100, .capacity = 100};
    size_t length = round == 1 ? body.length : body.length / 2;
    lr_content_decoder *decoder = lr_content_decoder_take(&pool, &gzip);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decoder);
    CU_ASSERT_EQUAL(pool.count, 0);
    CU_ASSERT_TRUE(lr_content_decoder_whole(decoder));
    lr_buffer_init(&d.out);
    decode_with(decoder, &d, body.bytes, length);
    CU_ASSERT_EQUAL(d.whole, round == 1);
    if (round == 1) CU_ASSERT_TRUE(has_made(&d, text, SHORT));
    lr_content_decoder_give(&pool, decoder);
    CU_ASSERT_EQUAL(pool.count, 1);
    lr_buffer_clear(&d.out);
  }
  lr_content_decoder *other = lr_content_decoder_take(&pool, &both);
  CU_ASSERT_PTR_NOT_NULL_FATAL(other);
  lr_content_decoder_give(&pool, other);
  CU_ASSERT_EQUAL(pool.count, 1);
  for (int i = 0; i < MANY; i++)
    taken[i] = lr_content_decoder_take(&pool, &gzip);
  for (int i = 0; i < MANY; i++) lr_content_decoder_give(&pool, taken[i]);
  CU_ASSERT_EQUAL(pool.count, 16);
  lr_content_decoders_clear(&pool);
  compressed_free(&body);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"whole bodies, in all splits", test_whole},
      {"lists of codings", test_lists},
      {"any splits", test_any_splits},
      {"members", test_members},
      {"frames", test_frames},
      {"bare deflate with a checksum", test_bare_with_checksum},
      {"cut anywhere", test_cut},
      {"cut inside", test_cut_inside},
      {"bytes behind", test_bytes_behind},
      {"changed bits", test_changed},
      {"garbage", test_garbage},
      {"codings with a problem", test_problems},
      {"windows", test_windows},
      {"beginnings", test_beginnings},
      {"bombs", test_bombs},
      {"work that comes to nothing", test_hidden_work},
      {"limit of what comes to nothing", test_limit},
      {"limit of what is made inside", test_limit_inside},
      {"limit of what is no shorter", test_limit_of_incompressible},
      {"each allocation fails in turn", test_without_memory},
      {"decoders that are kept", test_kept},
  };
  make_text();
  return fixture_main("content_decoder", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
