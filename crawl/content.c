/* SPDX-License-Identifier: MIT
 * content.c: gzip and deflate by zlib, with memory from lariat's allocator. */
#include "content.h"

#include <limits.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include <lariat/allocator.h>

enum { GZIP_OR_ZLIB = 15 + 32, BARE_DEFLATE = -15, PIECE = 64 * 1024 };

static voidpf allocate(voidpf opaque, uInt items, uInt size) {
  (void)opaque;
  return size && items > SIZE_MAX / size
             ? NULL
             : lariat_memory_allocate((size_t)items * size);
}

static void release(voidpf opaque, voidpf memory) {
  (void)opaque;
  lariat_memory_release(memory);
}

/* Inflates into `out` until the end, a fault, or `most` bytes. */
static int inflate_all(z_stream *stream, size_t most, lr_crawl_bytes *out) {
  int result = Z_OK;
  while (result == Z_OK && out->length < most) {
    size_t space = most - out->length < PIECE ? most - out->length : PIECE;
    if (!lr_crawl_bytes_reserve(out, space)) return Z_MEM_ERROR;
    stream->next_out = (Bytef *)out->at + out->length;
    stream->avail_out = (uInt)space;
    result = inflate(stream, Z_NO_FLUSH);
    out->length += space - stream->avail_out;
    if (result == Z_STREAM_END && stream->avail_in &&
        *stream->next_in == 0x1f) /* another member of gzip */
      result = inflateReset(stream);
  }
  return result;
}

static int inflate_as(int window, const char *body, size_t length, size_t most,
                      lr_crawl_bytes *out) {
  z_stream stream = {.zalloc = allocate, .zfree = release};
  int result = inflateInit2(&stream, window);
  if (result != Z_OK) return result;
  stream.next_in = (z_const Bytef *)(uintptr_t)body;
  stream.avail_in = length > UINT_MAX ? UINT_MAX : (uInt)length;
  result = inflate_all(&stream, most, out);
  inflateEnd(&stream);
  return result;
}

/* Undoes one coding.  "deflate" is zlib's format, and from some servers what is
 * within it alone (RFC 9110, 8.4.1.2). */
static lariat_status undo(lr_crawl_content *content, size_t most) {
  lr_crawl_bytes out = {0};
  int result =
      inflate_as(GZIP_OR_ZLIB, content->bytes, content->length, most, &out);
  if (result == Z_DATA_ERROR && out.length == 0) {
    out.failed = false;
    result =
        inflate_as(BARE_DEFLATE, content->bytes, content->length, most, &out);
  }
  lr_crawl_bytes_clear(&content->own);
  content->own = out;
  content->bytes = out.length ? out.at : "";
  content->length = out.length;
  content->cut |= result != Z_STREAM_END;
  if (result == Z_MEM_ERROR) return LARIAT_ENOMEM;
  return result == Z_DATA_ERROR && !out.length ? LARIAT_EENCODING : LARIAT_OK;
}

static bool is_word(const char *word, size_t length, const char *text) {
  return length == strlen(text) && strncasecmp(word, text, length) == 0;
}

/* Undoes the codings of one field, the last one first. */
static lariat_status undo_list(const char *list, size_t most,
                               lr_crawl_content *content, unsigned *left) {
  size_t end = strlen(list);
  lariat_status status = LARIAT_OK;
  while (status == LARIAT_OK && end > 0) {
    size_t begin = end;
    while (begin > 0 && list[begin - 1] != ',') begin--;
    const char *word = list + begin;
    size_t length = end - begin;
    while (length && (*word == ' ' || *word == '\t')) word++, length--;
    while (length && (word[length - 1] == ' ' || word[length - 1] == '\t'))
      length--;
    end = begin ? begin - 1 : 0;
    if (!length || is_word(word, length, "identity")) continue;
    bool known = is_word(word, length, "gzip") ||
                 is_word(word, length, "x-gzip") ||
                 is_word(word, length, "deflate");
    status = known && (*left)-- ? undo(content, most) : LARIAT_EENCODING;
  }
  return status;
}

lariat_status lr_crawl_content_read(const lariat_response *response,
                                    const char *body, size_t length,
                                    size_t most, lr_crawl_content *out) {
  enum { MOST_CODINGS = 4, MOST_FIELDS = 4 };
  const char *fields[MOST_FIELDS];
  size_t count = 0;
  size_t position = 0;
  unsigned left = MOST_CODINGS;
  lariat_status status = LARIAT_OK;
  *out = (lr_crawl_content){.bytes = body, .length = length};
  while (count < MOST_FIELDS && (fields[count] = lariat_response_next_header(
                                     response, "Content-Encoding", &position)))
    count++;
  while (status == LARIAT_OK && length && count > 0)
    status = undo_list(fields[--count], most, out, &left);
  if (out->length > most) {
    out->length = most;
    out->cut = true;
  }
  return status;
}

void lr_crawl_content_clear(lr_crawl_content *content) {
  lr_crawl_bytes_clear(&content->own);
  *content = (lr_crawl_content){.bytes = ""};
}
