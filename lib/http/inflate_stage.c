/* SPDX-License-Identifier: MIT
 * inflate_stage.c: gzip and deflate, by zlib. */
#include "http/inflate_stage.h"

#include <zlib.h>

#include "base/list.h"
#include "base/memory.h"

/* For zlib: the largest window; gzip's header and trailer only; no header. */
enum { WINDOW_BITS = 15, GZIP_ONLY = 16, ADLER_BYTES = 4 };

typedef enum inflate_state {
  BEFORE_DEFLATE, /* its first byte tells which kind it is */
  IN_STREAM,
  BETWEEN_MEMBERS,
  IN_ZEROS,    /* behind the last member */
  BEHIND_BARE, /* deflate without a header has ended */
  BEHIND_ZLIB
} inflate_state;

typedef struct inflate_stage {
  lr_decoder_stage stage;
  z_stream zlib;
  inflate_state state;
  inflate_state next;    /* behind the stream */
  inflate_state initial; /* of each body */
  size_t surplus;        /* that may come behind bare deflate data */
} inflate_stage;

static void *allocate_items(void *unused, unsigned count, unsigned size) {
  (void)unused;
  return lr_alloc((size_t)count * size);
}

static void release_memory(void *unused, void *memory) {
  (void)unused;
  lr_free(memory);
}

static uInt clamp_length(size_t length) {
  return length > UINT32_MAX ? UINT32_MAX : (uInt)length;
}

/* Calls zlib once.  Without progress there is nothing to say: it has used all
 * the input, or all the space. */
static lr_stage_result inflate_once(inflate_stage *stage, lr_stage_io *io) {
  z_stream *zlib = &stage->zlib;
  uInt given = clamp_length(io->in_left);
  uInt offered = clamp_length(io->out_left);
  zlib->next_in = (Bytef *)(uintptr_t)io->in;
  zlib->avail_in = given;
  zlib->next_out = io->out;
  zlib->avail_out = offered;
  int code = inflate(zlib, Z_SYNC_FLUSH);
  io->in = zlib->next_in;
  io->in_left -= given - zlib->avail_in;
  io->out = zlib->next_out;
  io->out_left -= offered - zlib->avail_out;
  if (code == Z_STREAM_END) stage->state = stage->next;
  if (code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END)
    return LR_STAGE_OK;
  return code == Z_MEM_ERROR ? LR_STAGE_NO_MEMORY : LR_STAGE_BROKEN;
}

/* Chooses by the first byte of deflate: 8 in its lower half is a zlib stream;
 * in bare data it would be padding that no program writes. */
static void begin_deflate(inflate_stage *stage, uint8_t first) {
  bool is_zlib = (first & 15) == Z_DEFLATED;
  (void)inflateReset2(&stage->zlib, is_zlib ? WINDOW_BITS : -WINDOW_BITS);
  stage->next = is_zlib ? BEHIND_ZLIB : BEHIND_BARE;
  stage->surplus = is_zlib ? 0 : ADLER_BYTES;
  stage->state = IN_STREAM;
}

static void begin_member(inflate_stage *stage) {
  (void)inflateReset(&stage->zlib);
  stage->state = IN_STREAM;
}

static lr_stage_result skip_zeros(lr_stage_io *io) {
  while (io->in_left && *io->in == 0) {
    io->in++;
    io->in_left--;
  }
  return io->in_left ? LR_STAGE_BROKEN : LR_STAGE_OK;
}

static lr_stage_result skip_surplus(inflate_stage *stage, lr_stage_io *io) {
  if (io->in_left > stage->surplus) return LR_STAGE_BROKEN;
  stage->surplus -= io->in_left;
  io->in += io->in_left;
  io->in_left = 0;
  return LR_STAGE_OK;
}

/* Takes input where no stream is open. */
static lr_stage_result take_outside(inflate_stage *stage, lr_stage_io *io) {
  if (stage->state == BEFORE_DEFLATE) {
    begin_deflate(stage, *io->in);
  } else if (stage->state == BETWEEN_MEMBERS && *io->in) {
    begin_member(stage);
  } else if (stage->state == BETWEEN_MEMBERS || stage->state == IN_ZEROS) {
    stage->state = IN_ZEROS;
    return skip_zeros(io);
  } else {
    return skip_surplus(stage, io);
  }
  return LR_STAGE_OK;
}

static lr_stage_result run_inflate(lr_decoder_stage *base, lr_stage_io *io) {
  inflate_stage *stage = lr_container(base, inflate_stage, stage);
  lr_stage_result result = LR_STAGE_OK;
  if (stage->state == IN_STREAM) result = inflate_once(stage, io);
  while (result == LR_STAGE_OK && io->in_left && io->out_left)
    result = stage->state == IN_STREAM ? inflate_once(stage, io)
                                       : take_outside(stage, io);
  return result;
}

static bool is_whole(const lr_decoder_stage *base) {
  const inflate_stage *stage = (const void *)base;
  return stage->state != IN_STREAM && stage->state != BEFORE_DEFLATE;
}

static void reset_inflate(lr_decoder_stage *base) {
  inflate_stage *stage = lr_container(base, inflate_stage, stage);
  (void)inflateReset(&stage->zlib);
  stage->state = stage->initial;
}

static void destroy_inflate(lr_decoder_stage *base) {
  inflate_stage *stage = lr_container(base, inflate_stage, stage);
  (void)inflateEnd(&stage->zlib);
  lr_free(stage);
}

static const lr_decoder_stage_ops inflate_ops = {
    run_inflate, is_whole, reset_inflate, destroy_inflate};

static lr_decoder_stage *make_stage(int window_bits, inflate_state initial) {
  inflate_stage *stage = lr_alloc_zero(sizeof *stage);
  if (!stage) return NULL;
  stage->stage.ops = &inflate_ops;
  stage->zlib.zalloc = allocate_items;
  stage->zlib.zfree = release_memory;
  stage->state = initial;
  stage->initial = initial;
  stage->next = BETWEEN_MEMBERS;
  if (inflateInit2(&stage->zlib, window_bits) == Z_OK) return &stage->stage;
  lr_free(stage);
  return NULL;
}

lr_decoder_stage *lr_gzip_stage_new(void) {
  return make_stage(WINDOW_BITS + GZIP_ONLY, IN_STREAM);
}

lr_decoder_stage *lr_deflate_stage_new(void) {
  return make_stage(WINDOW_BITS, BEFORE_DEFLATE);
}
