/* SPDX-License-Identifier: MIT
 * packed_text.c: libdeflate, whose compressors are made for each text: there is
 * one such text for a host. */
#include "packed_text.h"

#include <libdeflate.h>

#include "memory.h"

enum {
  LEVEL = 6,
  SHORT = 64 /* a text that is not worth it */
};

lr_crawl_packed_text lr_crawl_text_pack(const char *text, size_t length) {
  lr_crawl_packed_text packed = {.bytes = text, .size = length};
  if (length < SHORT) return packed;
  struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
  char *memory = compressor ? lariat_memory_allocate(length) : NULL;
  size_t size = memory ? libdeflate_zlib_compress(compressor, text, length,
                                                  memory, length - 1)
                       : 0;
  libdeflate_free_compressor(compressor);
  if (size)
    packed = (lr_crawl_packed_text){memory, size, memory};
  else
    lariat_memory_release(memory);
  return packed;
}

void lr_crawl_packed_text_clear(lr_crawl_packed_text *packed) {
  lariat_memory_release(packed->memory);
  *packed = (lr_crawl_packed_text){0};
}

char *lr_crawl_text_unpack(const char *bytes, size_t size, size_t length) {
  if (size == length) return lr_crawl_copy_bytes(bytes, size);
  struct libdeflate_decompressor *decompressor =
      libdeflate_alloc_decompressor();
  char *text = decompressor ? lariat_memory_allocate(length + 1) : NULL;
  if (text && libdeflate_zlib_decompress(decompressor, bytes, size, text,
                                         length, NULL) != LIBDEFLATE_SUCCESS) {
    lariat_memory_release(text);
    text = NULL;
  }
  libdeflate_free_decompressor(decompressor);
  if (text) text[length] = '\0';
  return text;
}
