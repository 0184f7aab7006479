/* SPDX-License-Identifier: MIT
 * warc_source.c: what the bytes at a boundary begin with decides how they are
 * read.  A search looks for the first bytes of a gzip member, or for "WARC/" at
 * the beginning of a line: only one of them once it is known which of the two
 * the file has. */
#include "warc_source.h"

#include <string.h>
#include <zlib.h>

#include <lariat/allocator.h>

enum { GZIP_WINDOW = 15 + 16, CAPACITY = 32 * 1024 };

/* A member's first three bytes: the format, and deflate. */
static const unsigned char magic[] = {0x1f, 0x8b, 8};
static const char mark[] = "WARC/";

struct lr_crawl_warc_source {
  z_stream stream;
  enum { BOUNDARY, PLAIN, MEMBER, ENDED, SEARCHING } place;
  enum { ANY, GZIP_ONLY, PLAIN_ONLY } kind; /* what was seen of the file */
  uint64_t offset;                          /* of the next byte that is read */
  uint64_t member; /* of the first byte of the member in hand */
  bool fresh;      /* none of the member's text was taken */
  bool found;      /* the text in hand is from a search, and was not told yet */
  bool line_begins; /* a search is at the beginning of a line */
  unsigned magic_matched, mark_matched; /* bytes of each, in a search */
  size_t at, length;                    /* of the text in hand, within `text` */
  char text[CAPACITY];
};

/* ---- Birth and end ---- */

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

lr_crawl_warc_source *lr_crawl_warc_source_new(void) {
  lr_crawl_warc_source *source = lariat_memory_allocate(sizeof *source);
  if (!source) return NULL;
  memset(source, 0, offsetof(lr_crawl_warc_source, text));
  source->stream = (z_stream){.zalloc = allocate, .zfree = release};
  if (inflateInit2(&source->stream, GZIP_WINDOW) == Z_OK) return source;
  lariat_memory_release(source);
  return NULL;
}

void lr_crawl_warc_source_free(lr_crawl_warc_source *source) {
  if (!source) return;
  inflateEnd(&source->stream);
  lariat_memory_release(source);
}

void lr_crawl_warc_source_search(lr_crawl_warc_source *source) {
  source->place = SEARCHING;
  source->found = false;
  source->line_begins = false;
  source->magic_matched = source->mark_matched = 0;
  source->at = source->length = 0;
}

void lr_crawl_warc_source_begin(lr_crawl_warc_source *source, uint64_t offset,
                                bool search) {
  lr_crawl_warc_source_search(source);
  source->offset = offset;
  if (!search) source->place = BOUNDARY;
}

/* ---- Text ---- */

/* Moves the text in hand to the beginning; returns how many bytes fit behind
 * it. */
static size_t make_space(lr_crawl_warc_source *source) {
  if (source->at)
    memmove(source->text, source->text + source->at, source->length);
  source->at = 0;
  return CAPACITY - source->length;
}

static lr_crawl_warc_read tell_text(lr_crawl_warc_source *source) {
  bool found = source->found;
  source->found = false;
  return found ? LR_CRAWL_WARC_FOUND : LR_CRAWL_WARC_TEXT;
}

static lr_crawl_warc_read read_plain(lr_crawl_warc_source *source,
                                     const char *bytes, size_t length,
                                     size_t *used) {
  size_t space = make_space(source);
  *used = length < space ? length : space;
  memcpy(source->text + source->length, bytes, *used);
  source->length += *used;
  source->offset += *used;
  if (!*used && !source->found) return LR_CRAWL_WARC_STARVED;
  return tell_text(source);
}

/* Begins a member whose first byte is at `offset`. */
static bool begin_member(lr_crawl_warc_source *source, uint64_t offset) {
  source->place = MEMBER;
  source->member = offset;
  source->fresh = true;
  return inflateReset(&source->stream) == Z_OK;
}

/* Inflates up to `length` bytes; `*used` gets how many. */
static int inflate_some(lr_crawl_warc_source *source, const void *bytes,
                        size_t length, size_t *used) {
  z_stream *stream = &source->stream;
  size_t space = make_space(source);
  uInt some = length < CAPACITY ? (uInt)length : CAPACITY;
  stream->next_in = (z_const Bytef *)(uintptr_t)bytes;
  stream->avail_in = some;
  stream->next_out = (Bytef *)source->text + source->length;
  stream->avail_out = (uInt)space;
  int result = inflate(stream, Z_NO_FLUSH);
  *used = some - stream->avail_in;
  source->length += space - stream->avail_out;
  return result;
}

static lr_crawl_warc_read read_member(lr_crawl_warc_source *source,
                                      const char *bytes, size_t length,
                                      size_t *used) {
  size_t before = source->length;
  int result = inflate_some(source, bytes, length, used);
  source->offset += *used;
  if (result == Z_MEM_ERROR) return LR_CRAWL_WARC_NO_MEMORY;
  if (result == Z_STREAM_END)
    source->place = ENDED;
  else if (result != Z_OK && result != Z_BUF_ERROR) {
    lr_crawl_warc_source_search(source);
    return LR_CRAWL_WARC_BROKEN;
  }
  if (source->length > before) return tell_text(source);
  /* What was read may be a part of the member's header or trailer. */
  return source->place == ENDED || *used < length ? LR_CRAWL_WARC_TEXT
                                                  : LR_CRAWL_WARC_STARVED;
}

/* ---- Search ---- */

/* Begins the member whose first bytes were found right before the next byte. */
static lr_crawl_warc_read enter_member(lr_crawl_warc_source *source) {
  size_t used;
  if (!begin_member(source, source->offset - sizeof magic) ||
      inflate_some(source, magic, sizeof magic, &used) == Z_MEM_ERROR)
    return LR_CRAWL_WARC_NO_MEMORY;
  source->found = true;
  return LR_CRAWL_WARC_TEXT;
}

static lr_crawl_warc_read enter_plain(lr_crawl_warc_source *source) {
  memcpy(source->text, mark, sizeof mark - 1);
  source->at = 0;
  source->length = sizeof mark - 1;
  source->place = PLAIN;
  source->found = true;
  return LR_CRAWL_WARC_TEXT;
}

/* Counts a byte of the magic; true: all of it has come. */
static bool match_magic(lr_crawl_warc_source *source, unsigned char byte) {
  if (byte == magic[source->magic_matched])
    source->magic_matched++;
  else
    source->magic_matched = byte == magic[0];
  return source->magic_matched == sizeof magic;
}

/* Counts a byte of the mark, which has to begin a line. */
static bool match_mark(lr_crawl_warc_source *source, char byte) {
  bool fits = (source->mark_matched || source->line_begins) &&
              byte == mark[source->mark_matched];
  source->mark_matched = fits ? source->mark_matched + 1 : 0;
  source->line_begins = byte == '\n';
  return source->mark_matched == sizeof mark - 1;
}

/* Looks for the one that the file has; for either, as long as that is not
 * known. */
static lr_crawl_warc_read search(lr_crawl_warc_source *source,
                                 const char *bytes, size_t length,
                                 size_t *used) {
  for (size_t i = 0; i < length; i++) {
    source->offset++;
    *used = i + 1;
    if (source->kind != PLAIN_ONLY &&
        match_magic(source, (unsigned char)bytes[i]))
      return enter_member(source);
    if (source->kind != GZIP_ONLY && match_mark(source, bytes[i]))
      return enter_plain(source);
  }
  return LR_CRAWL_WARC_STARVED;
}

/* ---- Reading ---- */

/* Decides by the first byte what begins at a boundary: in a file of members,
 * nothing else can. */
static lr_crawl_warc_read begin_text(lr_crawl_warc_source *source,
                                     const char *bytes) {
  if ((unsigned char)*bytes == magic[0])
    return begin_member(source, source->offset) ? LR_CRAWL_WARC_TEXT
                                                : LR_CRAWL_WARC_NO_MEMORY;
  if (source->kind == GZIP_ONLY) {
    source->member = source->offset;
    lr_crawl_warc_source_search(source);
    return LR_CRAWL_WARC_BROKEN;
  }
  source->place = PLAIN;
  return LR_CRAWL_WARC_TEXT;
}

static lr_crawl_warc_read end_member(lr_crawl_warc_source *source) {
  if (source->length) return LR_CRAWL_WARC_TEXT;
  source->place = BOUNDARY;
  return LR_CRAWL_WARC_ENDED;
}

lr_crawl_warc_read lr_crawl_warc_source_read(lr_crawl_warc_source *source,
                                             const char *bytes, size_t length,
                                             size_t *used) {
  *used = 0;
  if (source->place == ENDED) return end_member(source);
  if (source->place == BOUNDARY && length) {
    lr_crawl_warc_read begun = begin_text(source, bytes);
    if (begun != LR_CRAWL_WARC_TEXT) return begun;
  }
  switch (source->place) {
  case MEMBER:
    return read_member(source, bytes, length, used);
  case PLAIN:
    return read_plain(source, bytes, length, used);
  case SEARCHING:
    return search(source, bytes, length, used);
  case BOUNDARY:
  case ENDED:
    break;
  }
  return LR_CRAWL_WARC_STARVED;
}

/* ---- What is in hand ---- */

const char *lr_crawl_warc_source_text(const lr_crawl_warc_source *source,
                                      size_t *length) {
  *length = source->length;
  return source->text + source->at;
}

void lr_crawl_warc_source_take(lr_crawl_warc_source *source, size_t length) {
  source->at += length;
  source->length -= length;
  source->fresh &= !length;
}

void lr_crawl_warc_source_confirm(lr_crawl_warc_source *source) {
  source->kind = lr_crawl_warc_source_is_gzip(source) ? GZIP_ONLY : PLAIN_ONLY;
}

bool lr_crawl_warc_source_is_gzip(const lr_crawl_warc_source *source) {
  return source->place == MEMBER || source->place == ENDED;
}

bool lr_crawl_warc_source_is_fresh(const lr_crawl_warc_source *source) {
  return lr_crawl_warc_source_is_gzip(source) && source->fresh;
}

bool lr_crawl_warc_source_is_cut(const lr_crawl_warc_source *source) {
  return source->place == MEMBER;
}

uint64_t lr_crawl_warc_source_offset(const lr_crawl_warc_source *source) {
  return lr_crawl_warc_source_is_gzip(source) ? source->member
                                              : source->offset - source->length;
}

uint64_t lr_crawl_warc_source_broken(const lr_crawl_warc_source *source) {
  return source->member;
}

uint64_t lr_crawl_warc_source_end(const lr_crawl_warc_source *source) {
  return source->offset -
         (lr_crawl_warc_source_is_gzip(source) ? 0 : source->length);
}
