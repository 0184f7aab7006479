/* SPDX-License-Identifier: MIT
 * cdxj.c: a line for each capture. */
#include <lariat/crawl/cdxj.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "warc_digest.h"
#include "warc_text.h"
#include <lariat/allocator.h>
#include <lariat/crawl/warc_reader.h>

enum { DATE_DIGITS = 14, WRITE_BYTES = 1 << 20 };

struct lariat_crawl_cdxj {
  lr_crawl_warc_text text; /* all lines, each ended by NUL */
  size_t *lines;           /* where they begin */
  size_t count, capacity;
  lr_crawl_warc_digest *digest;
};

lariat_status lariat_crawl_cdxj_new(lariat_crawl_cdxj **out) {
  *out = NULL;
  lariat_crawl_cdxj *index = lariat_memory_allocate(sizeof *index);
  if (!index) return LARIAT_ENOMEM;
  *index = (lariat_crawl_cdxj){.digest = lr_crawl_warc_digest_new()};
  if (!index->digest) {
    lariat_memory_release(index);
    return LARIAT_ENOMEM;
  }
  *out = index;
  return LARIAT_OK;
}

void lariat_crawl_cdxj_free(lariat_crawl_cdxj *index) {
  if (!index) return;
  lr_crawl_warc_digest_free(index->digest);
  lr_crawl_warc_text_free(&index->text);
  lariat_memory_release(index->lines);
  lariat_memory_release(index);
}

size_t lariat_crawl_cdxj_count(const lariat_crawl_cdxj *index) {
  return index->count;
}

/* ---- JSON ---- */

/* Writes a string; bytes that are not ASCII are written as if they were of
 * ISO 8859-1, since nothing says what they are. */
static void put_string(lr_crawl_warc_text *out, const char *bytes,
                       size_t length) {
  lr_crawl_warc_text_put(out, "\"", 1);
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    char escape[8];
    if (byte < ' ' || byte >= 0x7f) {
      (void)snprintf(escape, sizeof escape, "\\u%04x", byte);
      lr_crawl_warc_text_put_string(out, escape);
      continue;
    }
    if (byte == '"' || byte == '\\') lr_crawl_warc_text_put(out, "\\", 1);
    lr_crawl_warc_text_put(out, bytes + i, 1);
  }
  lr_crawl_warc_text_put(out, "\"", 1);
}

/* Writes `, "name": "value"`; pywb has numbers as strings. */
static void put_member(lr_crawl_warc_text *out, const char *name,
                       const char *value, size_t length) {
  if (!value) return;
  bool first = out->bytes[out->length - 1] == '{';
  lr_crawl_warc_text_put_string(out, first ? "" : ", ");
  put_string(out, name, strlen(name));
  lr_crawl_warc_text_put(out, ": ", 2);
  put_string(out, value, length);
}

static void put_number(lr_crawl_warc_text *out, const char *name,
                       uint64_t number) {
  char text[24];
  (void)snprintf(text, sizeof text, "%llu", (unsigned long long)number);
  put_member(out, name, text, strlen(text));
}

/* ---- A line ---- */

/* Writes a key; blanks and controls would end it, or the line. */
static bool put_key(lr_crawl_warc_text *out, const char *url) {
  size_t length = lariat_crawl_cdxj_key(url, NULL, 0);
  if (!lr_crawl_warc_text_reserve(out, length + 1)) return false;
  char *at = out->bytes + out->length;
  (void)lariat_crawl_cdxj_key(url, at, length + 1);
  for (char *byte = at; *byte; byte++)
    if ((unsigned char)*byte <= ' ') *byte = '_';
  out->length += length;
  return true;
}

/* Writes the digits of a date down to the second, "20261130120000"; the parts
 * that it has not are the first of all. */
static void put_time(lr_crawl_warc_text *out, const char *date) {
  char digits[] = "00000101000000";
  size_t count = 0;
  for (; date && *date && *date != '.' && count < DATE_DIGITS; date++)
    if (*date >= '0' && *date <= '9') digits[count++] = *date;
  lr_crawl_warc_text_put(out, " ", 1);
  lr_crawl_warc_text_put(out, digits, DATE_DIGITS);
  lr_crawl_warc_text_put(out, " {", 2);
}

/* Writes the media type: of what came over HTTP as its head has it. */
static void put_type(lr_crawl_warc_text *out,
                     lariat_crawl_warc_reader *reader) {
  const char *type =
      lariat_crawl_warc_reader_http_value(reader, "Content-Type");
  size_t length;
  (void)lariat_crawl_warc_reader_http_head(reader, &length);
  if (!length &&
      lariat_crawl_warc_reader_type(reader) == LARIAT_CRAWL_WARC_RESOURCE)
    type = lariat_crawl_warc_reader_field(reader, "Content-Type");
  if (lariat_crawl_warc_reader_type(reader) == LARIAT_CRAWL_WARC_REVISIT)
    type = "warc/revisit";
  if (type) put_member(out, "mime", type, strcspn(type, "; \t,"));
}

/* Writes the digest that the record names, or the one that it has; that of a
 * revisit would be of nothing. */
static void put_digest(lr_crawl_warc_text *out, lariat_crawl_cdxj *index,
                       const lariat_crawl_warc_reader *reader) {
  const char *named =
      lariat_crawl_warc_reader_field(reader, "WARC-Payload-Digest");
  char base32[LR_CRAWL_SHA1_BASE32];
  uint8_t sha1[LR_CRAWL_SHA1_BYTES];
  if (named) {
    const char *colon = strchr(named, ':');
    named = colon ? colon + 1 : named;
    put_member(out, "digest", named, strlen(named));
  } else if (lariat_crawl_warc_reader_type(reader) !=
                 LARIAT_CRAWL_WARC_REVISIT &&
             lr_crawl_warc_digest_end(index->digest, sha1)) {
    lr_crawl_warc_digest_write(sha1, base32);
    put_member(out, "digest", base32, sizeof base32);
  }
}

static void put_line(lariat_crawl_cdxj *index, lariat_crawl_warc_reader *reader,
                     const char *file_name) {
  lr_crawl_warc_text *out = &index->text;
  const char *url = lariat_crawl_warc_reader_url(reader);
  char status[8];
  if (!put_key(out, url)) return;
  put_time(out, lariat_crawl_warc_reader_field(reader, "WARC-Date"));
  if (out->failed) return;
  put_member(out, "url", url, strlen(url));
  put_type(out, reader);
  int length = snprintf(status, sizeof status, "%d",
                        lariat_crawl_warc_reader_http_status(reader));
  if (*status != '0') put_member(out, "status", status, (size_t)length);
  put_digest(out, index, reader);
  put_number(out, "length", lariat_crawl_warc_reader_length(reader));
  put_number(out, "offset", lariat_crawl_warc_reader_offset(reader));
  put_member(out, "filename", file_name, strlen(file_name));
  lr_crawl_warc_text_put(out, "}", 2);
}

/* ---- A file ---- */

static bool is_capture(const lariat_crawl_warc_reader *reader) {
  lariat_crawl_warc_type type = lariat_crawl_warc_reader_type(reader);
  return (type == LARIAT_CRAWL_WARC_RESPONSE ||
          type == LARIAT_CRAWL_WARC_REVISIT ||
          type == LARIAT_CRAWL_WARC_RESOURCE) &&
         *lariat_crawl_warc_reader_url(reader);
}

static bool reserve_line(lariat_crawl_cdxj *index) {
  if (index->count < index->capacity) return true;
  size_t capacity = index->capacity ? 2 * index->capacity : 1024;
  size_t *lines = lariat_memory_resize(index->lines, capacity * sizeof *lines);
  if (!lines) return false;
  index->lines = lines;
  index->capacity = capacity;
  return true;
}

/* Adds the line of a capture that is complete. */
static lariat_status add_line(lariat_crawl_cdxj *index,
                              lariat_crawl_warc_reader *reader,
                              const char *file_name) {
  size_t start = index->text.length;
  if (!reserve_line(index)) return LARIAT_ENOMEM;
  put_line(index, reader, file_name);
  if (index->text.failed) {
    index->text.failed = false;
    index->text.length = start;
    return LARIAT_ENOMEM;
  }
  index->lines[index->count++] = start;
  return LARIAT_OK;
}

static bool add_piece(lariat_crawl_cdxj *index,
                      const lariat_crawl_warc_reader *reader) {
  size_t length;
  const char *piece = lariat_crawl_warc_reader_piece(reader, &length);
  return lr_crawl_warc_digest_add(index->digest, piece, length);
}

static lariat_status take_event(lariat_crawl_cdxj *index,
                                lariat_crawl_warc_reader *reader,
                                lariat_crawl_warc_event event,
                                const char *file_name, uint64_t *skipped) {
  bool digested = is_capture(reader) && !lariat_crawl_warc_reader_field(
                                            reader, "WARC-Payload-Digest");
  if (event == LARIAT_CRAWL_WARC_FAILED)
    return lariat_crawl_warc_reader_status(reader);
  if (event == LARIAT_CRAWL_WARC_RECORD && digested &&
      !lr_crawl_warc_digest_begin(index->digest))
    return LARIAT_ENOMEM;
  if (event == LARIAT_CRAWL_WARC_PIECE && digested && !add_piece(index, reader))
    return LARIAT_ENOMEM;
  if (event == LARIAT_CRAWL_WARC_FAULT) ++*skipped;
  if (event != LARIAT_CRAWL_WARC_END || !is_capture(reader)) return LARIAT_OK;
  if (lariat_crawl_warc_reader_length(reader))
    return add_line(index, reader, file_name);
  ++*skipped;
  return LARIAT_OK;
}

lariat_status lariat_crawl_cdxj_add_file(lariat_crawl_cdxj *index,
                                         const char *path, uint64_t *skipped) {
  lariat_crawl_warc_file *file;
  uint64_t unused = 0;
  const char *slash = strrchr(path, '/');
  lariat_status status = lariat_crawl_warc_file_open(path, 0, &file);
  if (status != LARIAT_OK) return status;
  lariat_crawl_warc_reader *reader = lariat_crawl_warc_file_reader(file);
  lariat_crawl_warc_event event;
  do {
    event = lariat_crawl_warc_file_next(file);
    status = take_event(index, reader, event, slash ? slash + 1 : path,
                        skipped ? skipped : &unused);
  } while (status == LARIAT_OK && event != LARIAT_CRAWL_WARC_DONE);
  int error = errno;
  lariat_crawl_warc_file_close(file);
  errno = error;
  return status;
}

/* ---- Writing ---- */

static int compare_lines(const void *left, const void *right, void *text) {
  const size_t *a = left, *b = right;
  return strcmp((const char *)text + *a, (const char *)text + *b);
}

static bool write_all(int fd, const char *bytes, size_t length) {
  while (length) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    length -= (size_t)written;
  }
  return true;
}

lariat_status lariat_crawl_cdxj_write(lariat_crawl_cdxj *index, int fd) {
  lr_crawl_warc_text out = {.bytes = NULL};
  bool good = true;
  if (index->count)
    qsort_r(index->lines, index->count, sizeof *index->lines, compare_lines,
            index->text.bytes);
  for (size_t i = 0; good && i < index->count; i++) {
    lr_crawl_warc_text_put_string(&out, index->text.bytes + index->lines[i]);
    lr_crawl_warc_text_put(&out, "\n", 1);
    if (out.failed) break;
    if (out.length < WRITE_BYTES && i + 1 < index->count) continue;
    good = write_all(fd, out.bytes, out.length);
    out.length = 0;
  }
  lariat_status status = out.failed ? LARIAT_ENOMEM : LARIAT_ESYSTEM;
  if (good && !out.failed) status = LARIAT_OK;
  lr_crawl_warc_text_free(&out);
  return status;
}

/* ---- The index of one file ---- */

/* Writes into a file of another name, which then gets the right one. */
static lariat_status write_file(lariat_crawl_cdxj *index, const char *to,
                                const char *temporary) {
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return LARIAT_ESYSTEM;
  lariat_status status = lariat_crawl_cdxj_write(index, fd);
  if (close(fd) != 0 && status == LARIAT_OK) status = LARIAT_ESYSTEM;
  if (status == LARIAT_OK && rename(temporary, to) != 0)
    status = LARIAT_ESYSTEM;
  int error = errno;
  if (status != LARIAT_OK) (void)unlink(temporary);
  errno = error;
  return status;
}

static lariat_status save(lariat_crawl_cdxj *index, const char *to) {
  lr_crawl_warc_text name = {.bytes = NULL};
  lr_crawl_warc_text_put_string(&name, to);
  lr_crawl_warc_text_put(&name, ".open", sizeof ".open");
  lariat_status status =
      name.failed ? LARIAT_ENOMEM : write_file(index, to, name.bytes);
  lr_crawl_warc_text_free(&name);
  return status;
}

lariat_status lariat_crawl_cdxj_make(const char *warc, const char *to) {
  lariat_crawl_cdxj *index;
  lariat_status status = lariat_crawl_cdxj_new(&index);
  if (status != LARIAT_OK) return status;
  status = lariat_crawl_cdxj_add_file(index, warc, NULL);
  if (status == LARIAT_OK) status = save(index, to);
  lariat_crawl_cdxj_free(index);
  return status;
}
