/* SPDX-License-Identifier: MIT
 * warc.c: which records an exchange becomes, and what they say of each other.
 */
#include <lariat/crawl/warc.h>

#include <string.h>

#include "warc_head.h"
#include "warc_record.h"
#include <lariat/allocator.h>
#include <lariat/crawl/version.h>

enum { MOST_LEVEL = 12, KEPT = 1 << 20 };

static const char http_response[] = "application/http; msgtype=response";
static const char http_request[] = "application/http; msgtype=request";
static const char warc_fields[] = "application/warc-fields";

/* ---- The buffer ---- */

/* Makes the parts of an empty buffer. */
static lariat_status fill_buffer(lariat_crawl_warc_buffer *buffer, int level) {
  if (!lr_crawl_warc_random_seed(&buffer->random)) return LARIAT_ESYSTEM;
  buffer->digest = lr_crawl_warc_digest_new();
  if (level) buffer->packer = lr_crawl_warc_packer_new(level);
  return buffer->digest && (!level || buffer->packer) ? LARIAT_OK
                                                      : LARIAT_ENOMEM;
}

lariat_status lariat_crawl_warc_buffer_new(int level,
                                           lariat_crawl_warc_buffer **out) {
  *out = NULL;
  if (level < 0 || level > MOST_LEVEL) return LARIAT_EINVAL;
  lariat_crawl_warc_buffer *buffer = lariat_memory_allocate(sizeof *buffer);
  if (!buffer) return LARIAT_ENOMEM;
  *buffer = (lariat_crawl_warc_buffer){.packer = NULL};
  lariat_status status = fill_buffer(buffer, level);
  if (status == LARIAT_OK)
    *out = buffer;
  else
    lariat_crawl_warc_buffer_free(buffer);
  return status;
}

void lariat_crawl_warc_buffer_free(lariat_crawl_warc_buffer *buffer) {
  if (!buffer) return;
  lr_crawl_warc_packer_free(buffer->packer);
  lr_crawl_warc_digest_free(buffer->digest);
  lr_crawl_warc_text_free(&buffer->out);
  lr_crawl_warc_text_free(&buffer->record);
  lr_crawl_warc_text_free(&buffer->head);
  lariat_memory_release(buffer);
}

const char *
lariat_crawl_warc_buffer_bytes(const lariat_crawl_warc_buffer *buffer,
                               size_t *length) {
  *length = buffer->out.length;
  return buffer->out.length ? buffer->out.bytes : "";
}

void lariat_crawl_warc_buffer_clear(lariat_crawl_warc_buffer *buffer) {
  lr_crawl_warc_text_clear(&buffer->out, KEPT);
}

lariat_status lariat_crawl_warc_digest(lariat_crawl_warc_buffer *buffer,
                                       const char *body, size_t length,
                                       uint8_t sha1[20]) {
  return lr_crawl_warc_digest_of(buffer->digest, NULL, 0, body, length, sha1)
             ? LARIAT_OK
             : LARIAT_ESYSTEM;
}

/* Takes back what was added from `start` on, if something went wrong. */
static lariat_status settle(lariat_crawl_warc_buffer *buffer, size_t start,
                            lariat_status status) {
  if (status == LARIAT_OK) return status;
  buffer->out.length = start;
  buffer->out.failed = false;
  return status;
}

/* ---- What may stand in a field ---- */

/* Tells whether a text is NULL or can be a field's value. */
static bool is_value(const char *text) {
  return !text || !strpbrk(text, "\r\n");
}

static bool is_url(const char *url) {
  for (; *url; url++)
    if ((unsigned char)*url <= ' ' || *url == 0x7f) return false;
  return true;
}

static bool are_fields(const char *fields) {
  size_t length = fields ? strlen(fields) : 0;
  return !length || (length > 2 && memcmp(fields + length - 2, "\r\n", 2) == 0);
}

/* ---- Response and revisit ---- */

/* An exchange on its way into the buffer. */
struct writing {
  lariat_crawl_warc_buffer *buffer;
  const lariat_crawl_warc_exchange *exchange;
  lariat_crawl_warc_place place;
  char id[LR_CRAWL_WARC_ID_CAPACITY]; /* of the record that has the answer */
};

static bool is_revisit(const lariat_crawl_warc_exchange *exchange) {
  return exchange->revisit || exchange->not_modified;
}

/* Writes "tls/1.3", also for what OpenSSL calls "TLSv1.3". */
static void put_tls(struct writing *writing) {
  char named[24] = "tls/";
  const char *version = writing->exchange->tls_version;
  if (version && strncmp(version, "TLSv", 4) == 0 && strlen(version) < 16) {
    memcpy(named + 4, version + 4, strlen(version + 4) + 1);
    version = named;
  }
  lr_crawl_warc_record_field(writing->buffer, "WARC-Protocol", version);
}

/* Writes what is said of both directions of an exchange. */
static void put_connection(struct writing *writing) {
  const lariat_crawl_warc_exchange *exchange = writing->exchange;
  lr_crawl_warc_record_url(writing->buffer, "WARC-Target-URI", exchange->url,
                           exchange->keep_secrets);
  lr_crawl_warc_record_field(writing->buffer, "WARC-IP-Address", exchange->ip);
  lr_crawl_warc_record_field(writing->buffer, "WARC-Protocol",
                             exchange->protocol);
  put_tls(writing);
  lr_crawl_warc_record_field(writing->buffer, "WARC-Cipher-Suite",
                             exchange->cipher_suite);
}

/* Writes why there is no body, and where it is. */
static void put_revisit(struct writing *writing) {
  const lariat_crawl_warc_exchange *exchange = writing->exchange;
  lariat_crawl_warc_buffer *buffer = writing->buffer;
  lr_crawl_warc_record_field(
      buffer, "WARC-Profile",
      exchange->not_modified
          ? "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
          : "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest");
  lr_crawl_warc_record_url(buffer, "WARC-Refers-To-Target-URI",
                           exchange->refers_to_url, exchange->keep_secrets);
  if (exchange->refers_to_ns)
    lr_crawl_warc_record_date(buffer, "WARC-Refers-To-Date",
                              exchange->refers_to_ns);
}

/* Tells whether there is a digest, and puts it into the place. */
static bool find_digest(struct writing *writing) {
  const lariat_crawl_warc_exchange *exchange = writing->exchange;
  uint8_t *sha1 = writing->place.payload_sha1;
  if (exchange->digest) memcpy(sha1, exchange->digest, LR_CRAWL_SHA1_BYTES);
  return exchange->digest ||
         lr_crawl_warc_digest_of(writing->buffer->digest, NULL, 0,
                                 exchange->body, exchange->body_length, sha1);
}

/* Begins the record of the answer, up to what is said of its block. */
static void begin_answer(struct writing *writing) {
  const lariat_crawl_warc_exchange *exchange = writing->exchange;
  lariat_crawl_warc_buffer *buffer = writing->buffer;
  bool revisit = is_revisit(exchange);
  lr_crawl_warc_record_begin(buffer, revisit ? "revisit" : "response",
                             exchange->at_ns, writing->id);
  put_connection(writing);
  if (revisit) put_revisit(writing);
  /* A body that is left out since it is known counts as cut (6.7.2). */
  lr_crawl_warc_record_field(buffer, "WARC-Truncated",
                             exchange->revisit && !exchange->not_modified
                                 ? "length"
                                 : exchange->truncated);
  if (!exchange->not_modified || exchange->digest)
    lr_crawl_warc_record_digest(buffer, "WARC-Payload-Digest",
                                writing->place.payload_sha1);
}

static lariat_status add_answer(struct writing *writing) {
  const lariat_crawl_warc_exchange *exchange = writing->exchange;
  lariat_crawl_warc_buffer *buffer = writing->buffer;
  lr_crawl_warc_head head =
      lr_crawl_warc_head_read(exchange->head, exchange->head_length);
  if (!find_digest(writing)) return LARIAT_ESYSTEM;
  begin_answer(writing);
  lr_crawl_warc_head_put(&buffer->head, &head);
  lr_crawl_warc_block block = {.content_type = http_response,
                               .effort = head.is_packed ? LR_CRAWL_WARC_STORED
                                                        : LR_CRAWL_WARC_NORMAL};
  if (is_revisit(exchange)) {
    block.effort = LR_CRAWL_WARC_QUICK;
  } else {
    block.body = exchange->body;
    block.body_length = exchange->body_length;
  }
  size_t start = buffer->out.length;
  lariat_status status = lr_crawl_warc_record_end(buffer, &block);
  writing->place.response_offset = start;
  writing->place.response_length = buffer->out.length - start;
  return status;
}

/* ---- Request and metadata ---- */

/* Names the record of the answer, if there is one. */
static void put_concurrent(struct writing *writing) {
  lr_crawl_warc_record_field(writing->buffer, "WARC-Concurrent-To",
                             writing->id[0] ? writing->id : NULL);
}

static lariat_status add_request(struct writing *writing) {
  const lariat_crawl_warc_exchange *exchange = writing->exchange;
  const lr_crawl_warc_block block = {.content_type = http_request,
                                     .effort = LR_CRAWL_WARC_QUICK};
  char id[LR_CRAWL_WARC_ID_CAPACITY];
  lr_crawl_warc_record_begin(writing->buffer, "request", exchange->at_ns, id);
  put_connection(writing);
  put_concurrent(writing);
  lr_crawl_warc_head_put_request(&writing->buffer->head, exchange->request_head,
                                 exchange->request_head_length,
                                 exchange->keep_secrets);
  return lr_crawl_warc_record_end(writing->buffer, &block);
}

static bool has_metadata(const lariat_crawl_warc_exchange *exchange) {
  return exchange->via || exchange->hop_path || exchange->fetch_ms ||
         exchange->metadata;
}

static void put_line(lr_crawl_warc_text *text, const char *name,
                     const char *value) {
  if (!value) return;
  lr_crawl_warc_text_put_string(text, name);
  lr_crawl_warc_head_put_masked(text, value, strlen(value));
  lr_crawl_warc_text_put_string(text, "\r\n");
}

/* Writes the fields that Heritrix writes, by its names. */
static void put_metadata(lr_crawl_warc_text *text,
                         const lariat_crawl_warc_exchange *exchange) {
  put_line(text, "via: ", exchange->via);
  put_line(text, "hopsFromSeed: ", exchange->hop_path);
  if (exchange->fetch_ms) {
    lr_crawl_warc_text_put_string(text, "fetchTimeMs: ");
    lr_crawl_warc_text_put_number(text, exchange->fetch_ms);
    lr_crawl_warc_text_put_string(text, "\r\n");
  }
  if (exchange->metadata)
    lr_crawl_warc_text_put_string(text, exchange->metadata);
}

static lariat_status add_metadata(struct writing *writing) {
  const lariat_crawl_warc_exchange *exchange = writing->exchange;
  const lr_crawl_warc_block block = {.content_type = warc_fields,
                                     .effort = LR_CRAWL_WARC_QUICK};
  char id[LR_CRAWL_WARC_ID_CAPACITY];
  lr_crawl_warc_record_begin(writing->buffer, "metadata", exchange->at_ns, id);
  lr_crawl_warc_record_url(writing->buffer, "WARC-Target-URI", exchange->url,
                           exchange->keep_secrets);
  put_concurrent(writing);
  put_metadata(&writing->buffer->head, exchange);
  return lr_crawl_warc_record_end(writing->buffer, &block);
}

/* ---- An exchange ---- */

static bool are_values(const lariat_crawl_warc_exchange *exchange) {
  return is_value(exchange->ip) && is_value(exchange->protocol) &&
         is_value(exchange->tls_version) && is_value(exchange->cipher_suite) &&
         is_value(exchange->truncated) && is_value(exchange->refers_to_url) &&
         is_value(exchange->via) && is_value(exchange->hop_path) &&
         are_fields(exchange->metadata);
}

static bool is_possible(const lariat_crawl_warc_exchange *exchange) {
  bool has_digest = exchange->digest || exchange->body_length;
  return exchange->size >= sizeof *exchange && exchange->url &&
         is_url(exchange->url) && exchange->at_ns >= 0 &&
         exchange->refers_to_ns >= 0 && are_values(exchange) &&
         (exchange->head_length || !is_revisit(exchange)) &&
         (!exchange->revisit || exchange->not_modified || has_digest) &&
         (exchange->head_length || exchange->request_head_length ||
          has_metadata(exchange));
}

static lariat_status add_all(struct writing *writing) {
  const lariat_crawl_warc_exchange *exchange = writing->exchange;
  lariat_status status = LARIAT_OK;
  if (exchange->head_length) status = add_answer(writing);
  if (status == LARIAT_OK && exchange->request_head_length)
    status = add_request(writing);
  if (status == LARIAT_OK && has_metadata(exchange))
    status = add_metadata(writing);
  return status;
}

lariat_status
lariat_crawl_warc_add_exchange(lariat_crawl_warc_buffer *buffer,
                               const lariat_crawl_warc_exchange *exchange,
                               lariat_crawl_warc_place *place) {
  if (!is_possible(exchange)) return LARIAT_EINVAL;
  struct writing writing = {.buffer = buffer, .exchange = exchange};
  size_t start = buffer->out.length;
  lariat_status status = settle(buffer, start, add_all(&writing));
  writing.place.offset = start;
  writing.place.length = buffer->out.length - start;
  if (place && status == LARIAT_OK) *place = writing.place;
  return status;
}

/* ---- Other records ---- */

/* Tells whether a line of `fields` begins with `name`. */
static bool has_field(const char *fields, const char *name) {
  const char *at = fields ? strstr(fields, name) : NULL;
  while (at && at != fields && at[-1] != '\n') at = strstr(at + 1, name);
  return at != NULL;
}

static void put_info(lr_crawl_warc_text *text, const char *fields) {
  if (!has_field(fields, "software:")) {
    lr_crawl_warc_text_put_string(text, "software: lariat/");
    lr_crawl_warc_text_put_string(text, lariat_crawl_version());
    lr_crawl_warc_text_put_string(text, "\r\n");
  }
  if (!has_field(fields, "format:"))
    lr_crawl_warc_text_put_string(text, "format: WARC File Format 1.1\r\n");
  if (fields) lr_crawl_warc_text_put_string(text, fields);
}

lariat_status lariat_crawl_warc_add_info(lariat_crawl_warc_buffer *buffer,
                                         int64_t at_ns, const char *file_name,
                                         const char *fields) {
  if (at_ns < 0 || !is_value(file_name) || !are_fields(fields))
    return LARIAT_EINVAL;
  const lr_crawl_warc_block block = {.content_type = warc_fields,
                                     .effort = LR_CRAWL_WARC_QUICK};
  char id[LR_CRAWL_WARC_ID_CAPACITY];
  size_t start = buffer->out.length;
  buffer->info_id[0] = '\0';
  lr_crawl_warc_record_begin(buffer, "warcinfo", at_ns, id);
  lr_crawl_warc_record_field(buffer, "WARC-Filename", file_name);
  put_info(&buffer->head, fields);
  lariat_status status = lr_crawl_warc_record_end(buffer, &block);
  if (status == LARIAT_OK) memcpy(buffer->info_id, id, sizeof id);
  return settle(buffer, start, status);
}

/* The types that a caller may write by himself, by their names. */
static const char *const type_names[] = {
    [LARIAT_CRAWL_WARC_METADATA] = "metadata",
    [LARIAT_CRAWL_WARC_RESOURCE] = "resource",
    [LARIAT_CRAWL_WARC_CONVERSION] = "conversion"};

static const char *find_type(const lariat_crawl_warc_content *content) {
  return (unsigned)content->type < sizeof type_names / sizeof type_names[0]
             ? type_names[content->type]
             : NULL;
}

static bool is_possible_content(const lariat_crawl_warc_content *content) {
  return content->size >= sizeof *content && find_type(content) &&
         content->url && is_url(content->url) && content->at_ns >= 0 &&
         is_value(content->content_type) && are_fields(content->fields);
}

/* Writes the fields before the block's; of these records payload and block are
 * the same. */
static lariat_status put_content(lariat_crawl_warc_buffer *buffer,
                                 const lariat_crawl_warc_content *content) {
  char id[LR_CRAWL_WARC_ID_CAPACITY];
  uint8_t sha1[LR_CRAWL_SHA1_BYTES];
  if (!lr_crawl_warc_digest_of(buffer->digest, NULL, 0, content->block,
                               content->block_length, sha1))
    return LARIAT_ESYSTEM;
  lr_crawl_warc_record_begin(buffer, find_type(content), content->at_ns, id);
  lr_crawl_warc_record_url(buffer, "WARC-Target-URI", content->url, false);
  if (content->fields)
    lr_crawl_warc_text_put_string(&buffer->record, content->fields);
  lr_crawl_warc_record_digest(buffer, "WARC-Payload-Digest", sha1);
  return LARIAT_OK;
}

lariat_status
lariat_crawl_warc_add_content(lariat_crawl_warc_buffer *buffer,
                              const lariat_crawl_warc_content *content) {
  if (!is_possible_content(content)) return LARIAT_EINVAL;
  const lr_crawl_warc_block block = {
      .content_type = content->content_type ? content->content_type
                                            : "application/octet-stream",
      .body = content->block,
      .body_length = content->block_length};
  size_t start = buffer->out.length;
  lariat_status status = put_content(buffer, content);
  if (status == LARIAT_OK) status = lr_crawl_warc_record_end(buffer, &block);
  return settle(buffer, start, status);
}
