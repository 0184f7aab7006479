/* SPDX-License-Identifier: MIT
 * warc_record.c: the form of a record (ISO 28500:2017, 4). */
#include "warc_record.h"

#include <string.h>

#include "warc_head.h"

enum {
  NS = 1000000000,
  DAY_S = 86400,
  KEPT = 1 << 20,      /* of memory, from one record to the next */
  LONG_BODY = 16 << 20 /* compressed in pieces from here on */
};

static const char record_end[] = "\r\n\r\n";

/* ---- Dates ---- */

/* Writes the day by Howard Hinnant's algorithm, in which a year begins with
 * March. */
static void put_day(lr_crawl_warc_text *text, uint64_t days) {
  uint64_t shifted = days + 719468, era = shifted / 146097;
  uint64_t of_era = shifted % 146097;
  uint64_t year =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  uint64_t month = (5 * of_year + 2) / 153;
  uint64_t day = of_year - (153 * month + 2) / 5 + 1;
  month = month < 10 ? month + 3 : month - 9;
  lr_crawl_warc_text_put_digits(text, year + 400 * era + (month <= 2), 4);
  lr_crawl_warc_text_put(text, "-", 1);
  lr_crawl_warc_text_put_digits(text, month, 2);
  lr_crawl_warc_text_put(text, "-", 1);
  lr_crawl_warc_text_put_digits(text, day, 2);
}

/* Writes "2026-11-30T12:00:00.123456Z". */
static void put_date(lr_crawl_warc_text *text, int64_t at_ns) {
  uint64_t ns = (uint64_t)at_ns, seconds = ns / NS, of_day = seconds % DAY_S;
  put_day(text, seconds / DAY_S);
  lr_crawl_warc_text_put(text, "T", 1);
  lr_crawl_warc_text_put_digits(text, of_day / 3600, 2);
  lr_crawl_warc_text_put(text, ":", 1);
  lr_crawl_warc_text_put_digits(text, of_day / 60 % 60, 2);
  lr_crawl_warc_text_put(text, ":", 1);
  lr_crawl_warc_text_put_digits(text, of_day % 60, 2);
  lr_crawl_warc_text_put(text, ".", 1);
  lr_crawl_warc_text_put_digits(text, ns % NS / 1000, 6);
  lr_crawl_warc_text_put(text, "Z", 1);
}

/* ---- Fields ---- */

static void put_name(lariat_crawl_warc_buffer *buffer, const char *name) {
  lr_crawl_warc_text_put_string(&buffer->record, name);
  lr_crawl_warc_text_put(&buffer->record, ": ", 2);
}

static void end_line(lariat_crawl_warc_buffer *buffer) {
  lr_crawl_warc_text_put(&buffer->record, "\r\n", 2);
}

void lr_crawl_warc_record_field(lariat_crawl_warc_buffer *buffer,
                                const char *name, const char *value) {
  if (!value) return;
  put_name(buffer, name);
  lr_crawl_warc_text_put_string(&buffer->record, value);
  end_line(buffer);
}

void lr_crawl_warc_record_url(lariat_crawl_warc_buffer *buffer,
                              const char *name, const char *url,
                              bool keep_secrets) {
  if (!url) return;
  put_name(buffer, name);
  if (keep_secrets)
    lr_crawl_warc_text_put_string(&buffer->record, url);
  else
    lr_crawl_warc_head_put_masked(&buffer->record, url, strlen(url));
  end_line(buffer);
}

void lr_crawl_warc_record_date(lariat_crawl_warc_buffer *buffer,
                               const char *name, int64_t at_ns) {
  put_name(buffer, name);
  put_date(&buffer->record, at_ns);
  end_line(buffer);
}

void lr_crawl_warc_record_digest(lariat_crawl_warc_buffer *buffer,
                                 const char *name,
                                 const uint8_t sha1[LR_CRAWL_SHA1_BYTES]) {
  char base32[LR_CRAWL_SHA1_BASE32];
  lr_crawl_warc_digest_write(sha1, base32);
  put_name(buffer, name);
  lr_crawl_warc_text_put_string(&buffer->record, "sha1:");
  lr_crawl_warc_text_put(&buffer->record, base32, sizeof base32);
  end_line(buffer);
}

/* ---- A record ---- */

void lr_crawl_warc_record_begin(lariat_crawl_warc_buffer *buffer,
                                const char *type, int64_t at_ns,
                                char id[LR_CRAWL_WARC_ID_CAPACITY]) {
  lr_crawl_warc_text_clear(&buffer->record, KEPT);
  lr_crawl_warc_text_clear(&buffer->head, KEPT);
  lr_crawl_warc_random_id(&buffer->random, id);
  lr_crawl_warc_text_put_string(&buffer->record, "WARC/1.1\r\n");
  lr_crawl_warc_record_field(buffer, "WARC-Type", type);
  lr_crawl_warc_record_field(buffer, "WARC-Record-ID", id);
  lr_crawl_warc_record_date(buffer, "WARC-Date", at_ns);
  if (buffer->info_id[0])
    lr_crawl_warc_record_field(buffer, "WARC-Warcinfo-ID", buffer->info_id);
}

static void put_block_fields(lariat_crawl_warc_buffer *buffer,
                             const lr_crawl_warc_block *block,
                             const uint8_t sha1[LR_CRAWL_SHA1_BYTES]) {
  lr_crawl_warc_record_digest(buffer, "WARC-Block-Digest", sha1);
  lr_crawl_warc_record_field(buffer, "Content-Type", block->content_type);
  put_name(buffer, "Content-Length");
  lr_crawl_warc_text_put_number(&buffer->record,
                                buffer->head.length + block->body_length);
  end_line(buffer);
  end_line(buffer);
  lr_crawl_warc_text_put(&buffer->record, buffer->head.bytes,
                         buffer->head.length);
}

/* Moves the record behind those that are done, its body with it. */
static bool finish(lariat_crawl_warc_buffer *buffer,
                   const lr_crawl_warc_block *block) {
  lr_crawl_warc_text *record = &buffer->record;
  if (block->body_length >= LONG_BODY && buffer->packer) {
    const lr_crawl_warc_part parts[] = {{record->bytes, record->length},
                                        {block->body, block->body_length},
                                        {record_end, sizeof record_end - 1}};
    return !record->failed &&
           lr_crawl_warc_pack_parts(buffer->packer, parts, 3, block->effort,
                                    &buffer->out);
  }
  lr_crawl_warc_text *to = buffer->packer ? record : &buffer->out;
  if (!buffer->packer && !record->failed)
    lr_crawl_warc_text_put(to, record->bytes, record->length);
  lr_crawl_warc_text_put(to, block->body, block->body_length);
  lr_crawl_warc_text_put(to, record_end, sizeof record_end - 1);
  if (record->failed || to->failed) return false;
  return !buffer->packer ||
         lr_crawl_warc_pack(buffer->packer, record->bytes, record->length,
                            block->effort, &buffer->out);
}

lariat_status lr_crawl_warc_record_end(lariat_crawl_warc_buffer *buffer,
                                       const lr_crawl_warc_block *block) {
  uint8_t sha1[LR_CRAWL_SHA1_BYTES];
  if (buffer->head.failed) return LARIAT_ENOMEM;
  if (!lr_crawl_warc_digest_of(buffer->digest, buffer->head.bytes,
                               buffer->head.length, block->body,
                               block->body_length, sha1))
    return LARIAT_ESYSTEM;
  put_block_fields(buffer, block, sha1);
  return finish(buffer, block) ? LARIAT_OK : LARIAT_ENOMEM;
}
