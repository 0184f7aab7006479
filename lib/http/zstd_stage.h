/* SPDX-License-Identifier: MIT
 * zstd_stage.h: undoes Zstandard (RFC 8878), by libzstd. */
#ifndef LR_HTTP_ZSTD_STAGE_H
#define LR_HTTP_ZSTD_STAGE_H

#include "http/decoder_stage.h"

#ifdef LARIAT_ZSTD
#define LR_HAS_ZSTD true
#else
#define LR_HAS_ZSTD false
#endif

/* Makes a stage; NULL when out of memory, or when zstd is not built in.  It
 * takes any number of frames, skippable ones among them, and windows of 8 MiB
 * at most (RFC 9659, 3). */
lr_decoder_stage *lr_zstd_stage_new(void);

#endif
