/* SPDX-License-Identifier: MIT
 * inflate_stage.h: undoes gzip and deflate, by zlib. */
#ifndef LR_HTTP_INFLATE_STAGE_H
#define LR_HTTP_INFLATE_STAGE_H

#include "http/decoder_stage.h"

/* Make a stage; NULL when out of memory.
 *
 * gzip takes any number of members (RFC 1952, 2.2), and zeros behind the last
 * one, as gzip itself does.  deflate takes a zlib stream (RFC 1950) or bare
 * deflate data (RFC 1951), told apart by the first byte; behind the latter as
 * many bytes as a zlib stream's checksum has, which some servers leave there.
 */
lr_decoder_stage *lr_gzip_stage_new(void);
lr_decoder_stage *lr_deflate_stage_new(void);

#endif
