/* SPDX-License-Identifier: MIT
 * decoder_stage.h: undoes one coding of a body.  A decoder (content_decoder.h)
 * is a chain of these. */
#ifndef LR_HTTP_DECODER_STAGE_H
#define LR_HTTP_DECODER_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Input that is to be used, and space for output.  A stage moves both on. */
typedef struct lr_stage_io {
  const uint8_t *in;
  size_t in_left;
  uint8_t *out;
  size_t out_left;
} lr_stage_io;

typedef enum lr_stage_result {
  LR_STAGE_OK, /* all input was used, or all space for output */
  LR_STAGE_BROKEN,
  LR_STAGE_NO_MEMORY
} lr_stage_result;

typedef struct lr_decoder_stage lr_decoder_stage;

typedef struct lr_decoder_stage_ops {
  lr_stage_result (*run)(lr_decoder_stage *stage, lr_stage_io *io);

  /* Tells whether what was read so far may be all. */
  bool (*whole)(const lr_decoder_stage *stage);

  /* Prepares it for another body; NULL: it cannot be used again. */
  void (*reset)(lr_decoder_stage *stage);

  void (*destroy)(lr_decoder_stage *stage);
} lr_decoder_stage_ops;

/* The first member of each kind of stage. */
struct lr_decoder_stage {
  const lr_decoder_stage_ops *ops;
};

#endif
