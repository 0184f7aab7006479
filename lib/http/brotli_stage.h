/* SPDX-License-Identifier: MIT
 * brotli_stage.h: undoes brotli (RFC 7932), by libbrotlidec. */
#ifndef LR_HTTP_BROTLI_STAGE_H
#define LR_HTTP_BROTLI_STAGE_H

#include "http/decoder_stage.h"

#ifdef LARIAT_BROTLI
#define LR_HAS_BROTLI true
#else
#define LR_HAS_BROTLI false
#endif

/* Makes a stage; NULL when out of memory, or when brotli is not built in.  Of
 * windows it takes those of the RFC, 16 MiB at most. */
lr_decoder_stage *lr_brotli_stage_new(void);

#endif
