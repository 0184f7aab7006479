/* SPDX-License-Identifier: MIT
 * zstd_stage.c: Zstandard, by libzstd.  Its memory is its own: the functions
 * that would take an allocator are not of its stable interface. */
#include "http/zstd_stage.h"

#ifdef LARIAT_ZSTD

#include <zstd.h>
#include <zstd_errors.h>

#include "base/list.h"
#include "base/memory.h"

enum { WINDOW_LOG_MOST = 23 };

typedef struct zstd_stage {
  lr_decoder_stage stage;
  ZSTD_DCtx *context;
  bool at_frame_end;
} zstd_stage;

/* Calls libzstd once.  True: there was progress. */
static bool decompress_once(zstd_stage *stage, lr_stage_io *io,
                            lr_stage_result *result) {
  ZSTD_inBuffer in = {io->in, io->in_left, 0};
  ZSTD_outBuffer out = {io->out, io->out_left, 0};
  size_t code = ZSTD_decompressStream(stage->context, &out, &in);
  io->in += in.pos;
  io->in_left -= in.pos;
  io->out += out.pos;
  io->out_left -= out.pos;
  stage->at_frame_end = code == 0;
  if (ZSTD_isError(code))
    *result = ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation
                  ? LR_STAGE_NO_MEMORY
                  : LR_STAGE_BROKEN;
  return in.pos || out.pos;
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
