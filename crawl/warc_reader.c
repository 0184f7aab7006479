/* SPDX-License-Identifier: MIT
 * warc_reader.c: bytes go to the source, its text to the states; and what the
 * record in hand says. */
#include <lariat/crawl/warc_reader.h>

#include <string.h>

#include "warc_states.h"
#include <lariat/allocator.h>

/* ---- Birth and end ---- */

lariat_status lariat_crawl_warc_reader_new(lariat_crawl_warc_reader **out) {
  *out = NULL;
  lariat_crawl_warc_reader *reader = lariat_memory_allocate(sizeof *reader);
  if (!reader) return LARIAT_ENOMEM;
  *reader = (lariat_crawl_warc_reader){.source = lr_crawl_warc_source_new()};
  if (!reader->source) {
    lariat_memory_release(reader);
    return LARIAT_ENOMEM;
  }
  *out = reader;
  return LARIAT_OK;
}

void lariat_crawl_warc_reader_free(lariat_crawl_warc_reader *reader) {
  if (!reader) return;
  lr_crawl_warc_source_free(reader->source);
  lr_crawl_warc_text_free(&reader->header);
  lr_crawl_warc_fields_free(&reader->fields);
  lr_crawl_warc_fields_free(&reader->http);
  lariat_memory_release(reader);
}

void lariat_crawl_warc_reader_begin(lariat_crawl_warc_reader *reader,
                                    uint64_t offset, bool search) {
  lr_crawl_warc_source_begin(reader->source, offset, search);
  reader->state = LR_CRAWL_WARC_BETWEEN;
  reader->doubt = search ? LR_CRAWL_WARC_BYTES_FOUND : LR_CRAWL_WARC_NO_DOUBT;
  reader->is.shared = reader->is.spread = false;
  reader->has.ended = false;
}

/* ---- Reading ---- */

/* Decides what comes of a read; true: there is an event. */
static bool take_read(lariat_crawl_warc_reader *reader, lr_crawl_warc_read read,
                      lariat_crawl_warc_event *out) {
  switch (read) {
  case LR_CRAWL_WARC_ENDED:
    return lr_crawl_warc_end_member(reader, out);
  case LR_CRAWL_WARC_BROKEN:
    return lr_crawl_warc_break_member(reader, out);
  case LR_CRAWL_WARC_FOUND:
    reader->doubt = LR_CRAWL_WARC_BYTES_FOUND;
    return false;
  case LR_CRAWL_WARC_NO_MEMORY:
    lr_crawl_warc_reader_fail(reader, LARIAT_ENOMEM);
    *out = LARIAT_CRAWL_WARC_FAILED;
    return true;
  case LR_CRAWL_WARC_STARVED:
    *out = LARIAT_CRAWL_WARC_MORE;
    return true;
  case LR_CRAWL_WARC_TEXT:
    break;
  }
  return false;
}

lariat_crawl_warc_event
lariat_crawl_warc_reader_feed(lariat_crawl_warc_reader *reader,
                              const char *bytes, size_t length, size_t *used) {
  lariat_crawl_warc_event event;
  *used = 0;
  if (reader->status != LARIAT_OK) return LARIAT_CRAWL_WARC_FAILED;
  while (!lr_crawl_warc_use_text(reader, &event)) {
    size_t some;
    lr_crawl_warc_read read = lr_crawl_warc_source_read(
        reader->source, bytes + *used, length - *used, &some);
    *used += some;
    if (take_read(reader, read, &event)) return event;
  }
  return event;
}

lariat_crawl_warc_event
lariat_crawl_warc_reader_end(lariat_crawl_warc_reader *reader) {
  lariat_crawl_warc_event event;
  if (reader->status != LARIAT_OK) return LARIAT_CRAWL_WARC_FAILED;
  return lr_crawl_warc_end_file(reader, &event) ? event
                                                : LARIAT_CRAWL_WARC_DONE;
}

/* ---- Readers ---- */

lariat_crawl_warc_type
lariat_crawl_warc_reader_type(const lariat_crawl_warc_reader *reader) {
  return reader->record.type;
}

uint64_t
lariat_crawl_warc_reader_offset(const lariat_crawl_warc_reader *reader) {
  return reader->record.offset;
}

uint64_t
lariat_crawl_warc_reader_length(const lariat_crawl_warc_reader *reader) {
  return reader->record.length;
}

uint64_t
lariat_crawl_warc_reader_block_length(const lariat_crawl_warc_reader *reader) {
  return reader->record.block_length;
}

const char *
lariat_crawl_warc_reader_version(const lariat_crawl_warc_reader *reader) {
  return lr_crawl_warc_fields_first(&reader->fields);
}

const char *
lariat_crawl_warc_reader_url(const lariat_crawl_warc_reader *reader) {
  const char *url =
      lr_crawl_warc_fields_find(&reader->fields, "WARC-Target-URI");
  return url ? url : "";
}

const char *
lariat_crawl_warc_reader_field(const lariat_crawl_warc_reader *reader,
                               const char *name) {
  return lr_crawl_warc_fields_find(&reader->fields, name);
}

size_t
lariat_crawl_warc_reader_field_count(const lariat_crawl_warc_reader *reader) {
  return reader->fields.count;
}

const char *
lariat_crawl_warc_reader_field_at(const lariat_crawl_warc_reader *reader,
                                  size_t index, const char **name) {
  *name = NULL;
  if (index >= reader->fields.count) return NULL;
  *name = reader->fields.text.bytes + reader->fields.list[index].name;
  return reader->fields.text.bytes + reader->fields.list[index].value;
}

const char *
lariat_crawl_warc_reader_piece(const lariat_crawl_warc_reader *reader,
                               size_t *length) {
  *length = reader->piece_length;
  return reader->piece;
}

const char *
lariat_crawl_warc_reader_http_head(const lariat_crawl_warc_reader *reader,
                                   size_t *length) {
  *length = reader->has.head ? reader->header.length : 0;
  return reader->has.head ? reader->header.bytes : "";
}

/* Reads "HTTP/1.1 200 OK". */
int lariat_crawl_warc_reader_http_status(
    const lariat_crawl_warc_reader *reader) {
  size_t length;
  const char *head = lariat_crawl_warc_reader_http_head(reader, &length);
  const char *end = head + length;
  const char *blank = memchr(head, ' ', length);
  int status = 0;
  if (!blank || reader->record.type == LARIAT_CRAWL_WARC_REQUEST) return 0;
  while (blank < end && *blank == ' ') blank++;
  for (int i = 0; i < 3; i++) {
    if (blank + i >= end || blank[i] < '0' || blank[i] > '9') return 0;
    status = status * 10 + (blank[i] - '0');
  }
  return status;
}

const char *
lariat_crawl_warc_reader_http_value(lariat_crawl_warc_reader *reader,
                                    const char *name) {
  if (!reader->has.head) return NULL;
  if (!reader->has.http &&
      lr_crawl_warc_fields_read(&reader->http, reader->header.bytes,
                                reader->header.length) ==
          LR_CRAWL_WARC_FIELDS_NOMEM) {
    lr_crawl_warc_reader_fail(reader, LARIAT_ENOMEM);
    return NULL;
  }
  reader->has.http = true;
  return lr_crawl_warc_fields_find(&reader->http, name);
}

const lariat_crawl_warc_fault *
lariat_crawl_warc_reader_fault(const lariat_crawl_warc_reader *reader) {
  return &reader->fault;
}

lariat_status
lariat_crawl_warc_reader_status(const lariat_crawl_warc_reader *reader) {
  return reader->status;
}
