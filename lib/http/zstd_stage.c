/* SPDX-License-Identifier: MIT
 * zstd_stage.c: Zstandard, by libzstd.  Its memory is its own: the functions
 * that would take an allocator are not of its stable interface. */
#include "http/zstd_stage.h"

#ifdef LARIAT_ZSTD

#include <zstd.h>
#include <zstd_errors.h>

#include "base/list.h"
#include "base/memory.h"

/* For a frame's beginning (RFC 8878, 3.1.1): the bytes of its magic number, and
 * of the longest header. */
enum { WINDOW_LOG_MOST = 23, MAGIC_BYTES = 4, HEADER_MOST = 18 };

typedef struct zstd_stage {
  lr_decoder_stage stage;
  ZSTD_DCtx *context;
  uint8_t begun; /* bytes of the frame's beginning; HEADER_MOST: and more */
  uint8_t first; /* byte of the frame */
  bool at_frame_end;
} zstd_stage;

/* Tells whether a byte of a magic number is that of a frame, or of one to skip.
 * libzstd knows those of formats before RFC 8878 as well, but only where all
 * four come at once. */
static bool is_magic(zstd_stage *stage, unsigned index, uint8_t byte) {
  static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd};
  static const uint8_t skipped[] = {0x50, 0x2a, 0x4d, 0x18};
  if (index == 0) {
    stage->first = byte;
    return byte == magic[0] || (byte & 0xf0) == skipped[0];
  }
  return byte == (stage->first == magic[0] ? magic : skipped)[index];
}

/* Offers the beginning of a frame apart from what is behind it, and its header
 * without space for output: given a frame and space for all of it, libzstd
 * would decode it at once, whatever its window. */
static bool limit_input(zstd_stage *stage, ZSTD_inBuffer *in,
                        ZSTD_outBuffer *out) {
  const uint8_t *bytes = in->src;
  bool in_magic = stage->begun < MAGIC_BYTES;
  size_t most = (size_t)(in_magic ? MAGIC_BYTES : HEADER_MOST) - stage->begun;
  if (stage->begun == HEADER_MOST || in->size == 0) return true;
  if (in->size > most) in->size = most;
  out->size = 0;
  for (size_t i = 0; in_magic && i < in->size; i++)
    if (!is_magic(stage, stage->begun + (unsigned)i, bytes[i])) return false;
  return true;
}

/* Notes how far a frame has come.  True: there was progress. */
static bool note_progress(zstd_stage *stage, size_t code, size_t used,
                          size_t made, bool was_limited) {
  stage->at_frame_end = code == 0;
  if (stage->at_frame_end)
    stage->begun = 0;
  else if (was_limited && used == 0) /* what is inside comes first */
    stage->begun = HEADER_MOST;
  else
    stage->begun = used < HEADER_MOST - (size_t)stage->begun
                       ? (uint8_t)(stage->begun + used)
                       : HEADER_MOST;
  return was_limited || used || made;
}

/* Calls libzstd once.  True: there was progress. */
static bool decompress_once(zstd_stage *stage, lr_stage_io *io,
                            lr_stage_result *result) {
  ZSTD_inBuffer in = {io->in, io->in_left, 0};
  ZSTD_outBuffer out = {io->out, io->out_left, 0};
  *result = LR_STAGE_BROKEN;
  if (!limit_input(stage, &in, &out)) return false;
  size_t code = ZSTD_decompressStream(stage->context, &out, &in);
  io->in += in.pos;
  io->in_left -= in.pos;
  io->out += out.pos;
  io->out_left -= out.pos;
  if (!ZSTD_isError(code))
    *result = LR_STAGE_OK;
  else if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
    *result = LR_STAGE_NO_MEMORY;
  return note_progress(stage, code, in.pos, out.pos, out.size == 0);
}

/* Begins no frame without its first byte: libzstd would want more of it. */
static lr_stage_result run_zstd(lr_decoder_stage *base, lr_stage_io *io) {
  zstd_stage *stage = lr_container(base, zstd_stage, stage);
  lr_stage_result result = LR_STAGE_OK;
  bool progress = true;
  while (progress && result == LR_STAGE_OK && io->out_left &&
         (io->in_left || !stage->at_frame_end))
    progress = decompress_once(stage, io, &result);
  return result;
}

static bool is_whole(const lr_decoder_stage *base) {
  const zstd_stage *stage = (const void *)base;
  return stage->at_frame_end;
}

static void destroy_zstd(lr_decoder_stage *base) {
  zstd_stage *stage = lr_container(base, zstd_stage, stage);
  (void)ZSTD_freeDCtx(stage->context);
  lr_free(stage);
}

static const lr_decoder_stage_ops zstd_ops = {run_zstd, is_whole, NULL,
                                              destroy_zstd};

lr_decoder_stage *lr_zstd_stage_new(void) {
  zstd_stage *stage = lr_alloc_zero(sizeof *stage);
  if (!stage) return NULL;
  stage->stage.ops = &zstd_ops;
  stage->context = ZSTD_createDCtx();
  if (stage->context &&
      !ZSTD_isError(ZSTD_DCtx_setParameter(stage->context, ZSTD_d_windowLogMax,
                                           WINDOW_LOG_MOST)))
    return &stage->stage;
  destroy_zstd(&stage->stage);
  return NULL;
}

#else

lr_decoder_stage *lr_zstd_stage_new(void) { return NULL; }

#endif
