/* SPDX-License-Identifier: MIT
 * brotli_stage.c: brotli, by libbrotlidec. */
#include "http/brotli_stage.h"

#ifdef LARIAT_BROTLI

#include <brotli/decode.h>

#include "base/list.h"
#include "base/memory.h"

typedef struct brotli_stage {
  lr_decoder_stage stage;
  BrotliDecoderState *decoder;
  bool ended;
} brotli_stage;

static void *allocate_bytes(void *unused, size_t size) {
  (void)unused;
  return lr_alloc(size);
}

static void release_memory(void *unused, void *memory) {
  (void)unused;
  lr_free(memory);
}

/* Tells a lack of memory from a broken stream: its codes are a range. */
static lr_stage_result result_of_error(const BrotliDecoderState *decoder) {
  BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(decoder);
  return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                 code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
             ? LR_STAGE_NO_MEMORY
             : LR_STAGE_BROKEN;
}

static lr_stage_result run_brotli(lr_decoder_stage *base, lr_stage_io *io) {
  brotli_stage *stage = lr_container(base, brotli_stage, stage);
  if (!stage->ended) {
    BrotliDecoderResult result = BrotliDecoderDecompressStream(
        stage->decoder, &io->in_left, &io->in, &io->out_left, &io->out, NULL);
    if (result == BROTLI_DECODER_RESULT_ERROR)
      return result_of_error(stage->decoder);
    stage->ended = result == BROTLI_DECODER_RESULT_SUCCESS;
  }
  return stage->ended && io->in_left ? LR_STAGE_BROKEN : LR_STAGE_OK;
}

static bool is_whole(const lr_decoder_stage *base) {
  const brotli_stage *stage = (const void *)base;
  return stage->ended;
}

static void destroy_brotli(lr_decoder_stage *base) {
  brotli_stage *stage = lr_container(base, brotli_stage, stage);
  BrotliDecoderDestroyInstance(stage->decoder);
  lr_free(stage);
}

static const lr_decoder_stage_ops brotli_ops = {run_brotli, is_whole, NULL,
                                                destroy_brotli};

lr_decoder_stage *lr_brotli_stage_new(void) {
  brotli_stage *stage = lr_alloc_zero(sizeof *stage);
  if (!stage) return NULL;
  stage->stage.ops = &brotli_ops;
  stage->decoder =
      BrotliDecoderCreateInstance(allocate_bytes, release_memory, NULL);
  if (stage->decoder) return &stage->stage;
  lr_free(stage);
  return NULL;
}

#else

lr_decoder_stage *lr_brotli_stage_new(void) { return NULL; }

#endif
