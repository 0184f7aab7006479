/* SPDX-License-Identifier: MIT
 * warc_check.c: a record's fields as its header is read, its digests as its
 * block is, and what it says of others once all files are. */
#include <lariat/crawl/warc_check.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "warc_checksum.h"
#include "warc_date.h"
#include "warc_known.h"
#include <lariat/allocator.h>
#include <lariat/crawl/warc_body.h>
#include <lariat/crawl/warc_reader.h>

/* A record that another one names. */
struct reference {
  lr_crawl_warc_key key;
  uint64_t digest; /* that it is to have; 0: any */
  uint64_t offset; /* of the record that names it */
  const char *path;
  const char *field; /* by which: static */
  bool is_capture;   /* by URL and date, not by id */
};

/* Facts about the record in hand. */
struct record {
  bool has_head;
  bool has_chunks; /* it says so */
  bool is_broken;  /* they are not proper ones */
  bool cut;        /* WARC-Truncated, or a segment of a longer one */
  uint64_t payload_length;
};

struct lariat_crawl_warc_check {
  lariat_crawl_warc_problem_callback *callback;
  void *context;
  lariat_crawl_warc_check_totals totals;
  lr_crawl_warc_known ids;
  lr_crawl_warc_known captures; /* URLs with dates; the value is the digest's */
  lr_crawl_warc_known revisits; /* likewise, without a body */
  struct reference *references;
  size_t reference_count, reference_capacity;
  char **paths;
  size_t path_count;
  const char *path; /* of the file in hand */
  lariat_crawl_warc_reader *reader;
  lr_crawl_warc_checksum block, payload, without_chunks;
  lariat_crawl_warc_body *body;
  struct record record;
  lariat_status status;
};

/* ---- Birth and end ---- */

static void add_without_chunks(void *context, const char *bytes,
                               size_t length) {
  lariat_crawl_warc_check *check = context;
  lr_crawl_warc_checksum_add(&check->without_chunks, bytes, length);
}

lariat_status
lariat_crawl_warc_check_new(lariat_crawl_warc_problem_callback *callback,
                            void *context, lariat_crawl_warc_check **out) {
  *out = NULL;
  if (!callback) return LARIAT_EINVAL;
  lariat_crawl_warc_check *check = lariat_memory_allocate(sizeof *check);
  if (!check) return LARIAT_ENOMEM;
  *check = (lariat_crawl_warc_check){.callback = callback, .context = context};
  lariat_status status =
      lariat_crawl_warc_body_new(add_without_chunks, check, &check->body);
  if (status == LARIAT_OK)
    *out = check;
  else
    lariat_crawl_warc_check_free(check);
  return status;
}

void lariat_crawl_warc_check_free(lariat_crawl_warc_check *check) {
  if (!check) return;
  for (size_t i = 0; i < check->path_count; i++)
    lariat_memory_release(check->paths[i]);
  lariat_memory_release(check->paths);
  lariat_memory_release(check->references);
  lr_crawl_warc_known_free(&check->ids);
  lr_crawl_warc_known_free(&check->captures);
  lr_crawl_warc_known_free(&check->revisits);
  lr_crawl_warc_checksum_free(&check->block);
  lr_crawl_warc_checksum_free(&check->payload);
  lr_crawl_warc_checksum_free(&check->without_chunks);
  lariat_crawl_warc_body_free(check->body);
  lariat_memory_release(check);
}

lariat_crawl_warc_check_totals
lariat_crawl_warc_check_counts(const lariat_crawl_warc_check *check) {
  return check->totals;
}

/* ---- Problems ---- */

__attribute__((format(printf, 4, 0))) static void
tell(lariat_crawl_warc_check *check, bool is_error, uint64_t offset,
     const char *format, va_list arguments) {
  char message[400];
  (void)vsnprintf(message, sizeof message, format, arguments);
  const lariat_crawl_warc_problem problem = {.path = check->path,
                                             .offset = offset,
                                             .is_error = is_error,
                                             .message = message};
  *(is_error ? &check->totals.errors : &check->totals.notices) += 1;
  check->callback(check->context, &problem);
}

/* Tell what is wrong, or worth a notice, about the record in hand. */
__attribute__((format(printf, 2, 3))) static void
tell_error(lariat_crawl_warc_check *check, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  tell(check, true, lariat_crawl_warc_reader_offset(check->reader), format,
       arguments);
  va_end(arguments);
}

__attribute__((format(printf, 2, 3))) static void
tell_notice(lariat_crawl_warc_check *check, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  tell(check, false, lariat_crawl_warc_reader_offset(check->reader), format,
       arguments);
  va_end(arguments);
}

__attribute__((format(printf, 4, 5))) static void
tell_at(lariat_crawl_warc_check *check, bool is_error, uint64_t offset,
        const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  tell(check, is_error, offset, format, arguments);
  va_end(arguments);
}

static void fail(lariat_crawl_warc_check *check) {
  check->status = LARIAT_ENOMEM;
}

static const char *find(const lariat_crawl_warc_check *check,
                        const char *name) {
  return lariat_crawl_warc_reader_field(check->reader, name);
}

/* ---- References ---- */

static bool grow_references(lariat_crawl_warc_check *check) {
  size_t capacity =
      check->reference_capacity ? 2 * check->reference_capacity : 256;
  struct reference *list =
      lariat_memory_resize(check->references, capacity * sizeof *list);
  if (!list) return false;
  check->references = list;
  check->reference_capacity = capacity;
  return true;
}

/* Remembers that the record in hand names another one. */
static void add_reference(lariat_crawl_warc_check *check,
                          struct reference reference) {
  if (check->reference_count == check->reference_capacity &&
      !grow_references(check)) {
    fail(check);
    return;
  }
  reference.offset = lariat_crawl_warc_reader_offset(check->reader);
  reference.path = check->path;
  check->references[check->reference_count++] = reference;
}

/* Returns a number that stands for a digest. */
static uint64_t number_digest(const char *digest) {
  return digest ? lr_crawl_warc_key_of(digest, "").words[0] | 1 : 0;
}

static void note_references(lariat_crawl_warc_check *check) {
  static const char *const fields[] = {"WARC-Concurrent-To", "WARC-Warcinfo-ID",
                                       "WARC-Refers-To"};
  size_t count = lariat_crawl_warc_reader_field_count(check->reader);
  for (size_t i = 0; i < count; i++) {
    const char *name;
    const char *value =
        lariat_crawl_warc_reader_field_at(check->reader, i, &name);
    for (size_t j = 0; j < sizeof fields / sizeof fields[0]; j++)
      if (strcasecmp(name, fields[j]) == 0)
        add_reference(
            check, (struct reference){.field = fields[j],
                                      .key = lr_crawl_warc_key_of(value, "")});
  }
}

/* Remembers the record that has the body of the revisit in hand. */
static void note_original(lariat_crawl_warc_check *check) {
  const char *url = find(check, "WARC-Refers-To-Target-URI");
  const char *date = find(check, "WARC-Refers-To-Date");
  if (url && date)
    add_reference(
        check, (struct reference){
                   .field = "WARC-Refers-To-Target-URI",
                   .key = lr_crawl_warc_key_of(url, date),
                   .digest = number_digest(find(check, "WARC-Payload-Digest")),
                   .is_capture = true});
}

/* Remembers that there is such a capture, for revisits of it. */
static void note_capture(lariat_crawl_warc_check *check,
                         lr_crawl_warc_known *captures) {
  uint64_t old, digest = number_digest(find(check, "WARC-Payload-Digest"));
  const char *date = find(check, "WARC-Date");
  lr_crawl_warc_key key = lr_crawl_warc_key_of(
      lariat_crawl_warc_reader_url(check->reader), date ? date : "");
  if (!lr_crawl_warc_known_add(captures, key, digest ? digest : 2, &old))
    fail(check);
}

static void tell_missing(lariat_crawl_warc_check *check,
                         const struct reference *reference) {
  tell_at(check, false, reference->offset,
          "%s names a record that is in none of the files", reference->field);
}

static void end_capture(lariat_crawl_warc_check *check,
                        const struct reference *reference) {
  uint64_t value = lr_crawl_warc_known_find(&check->captures, reference->key);
  if (value && reference->digest && value != 2 && value != reference->digest)
    tell_at(check, true, reference->offset,
            "a revisit of a record whose payload has another digest");
  else if (!value && lr_crawl_warc_known_find(&check->revisits, reference->key))
    tell_at(check, false, reference->offset,
            "a revisit of a record that is a revisit itself");
  else if (!value)
    tell_missing(check, reference);
}

void lariat_crawl_warc_check_end(lariat_crawl_warc_check *check) {
  for (size_t i = 0; i < check->reference_count; i++) {
    const struct reference *reference = &check->references[i];
    check->path = reference->path;
    if (reference->is_capture)
      end_capture(check, reference);
    else if (!lr_crawl_warc_known_find(&check->ids, reference->key))
      tell_missing(check, reference);
  }
  check->reference_count = 0;
}

/* ---- Fields ---- */

static void check_id(lariat_crawl_warc_check *check) {
  const char *id = find(check, "WARC-Record-ID");
  uint64_t old;
  if (!id) {
    tell_error(check, "no WARC-Record-ID");
    return;
  }
  if (id[0] != '<' || id[strlen(id) - 1] != '>')
    tell_notice(check, "WARC-Record-ID has no angle brackets: %s", id);
  if (!lr_crawl_warc_known_add(&check->ids, lr_crawl_warc_key_of(id, ""), 1,
                               &old))
    fail(check);
  else if (old)
    tell_error(check, "WARC-Record-ID is another record's, too: %s", id);
}

static void check_date(lariat_crawl_warc_check *check) {
  const char *date = find(check, "WARC-Date");
  bool old =
      strcmp(lariat_crawl_warc_reader_version(check->reader), "WARC/1.0") == 0;
  if (!date)
    tell_error(check, "no WARC-Date");
  else if (!lr_crawl_warc_is_date(date))
    tell_error(check, "WARC-Date is no date in UTC: %s", date);
  else if (old && strchr(date, '.'))
    tell_notice(check, "WARC-Date with a fraction, which WARC/1.0 has not: %s",
                date);
}

static bool is_http_type(lariat_crawl_warc_type type) {
  return type == LARIAT_CRAWL_WARC_REQUEST ||
         type == LARIAT_CRAWL_WARC_RESPONSE ||
         type == LARIAT_CRAWL_WARC_REVISIT;
}

static void check_type(lariat_crawl_warc_check *check) {
  lariat_crawl_warc_type type = lariat_crawl_warc_reader_type(check->reader);
  const char *name = find(check, "WARC-Type");
  bool has_url = *lariat_crawl_warc_reader_url(check->reader) != '\0';
  if (!name)
    tell_error(check, "no WARC-Type");
  else if (type == LARIAT_CRAWL_WARC_UNKNOWN)
    tell_notice(check, "an unknown WARC-Type: %s", name);
  if (!has_url && (is_http_type(type) || type == LARIAT_CRAWL_WARC_RESOURCE ||
                   type == LARIAT_CRAWL_WARC_CONVERSION))
    tell_error(check, "a %s without WARC-Target-URI", name);
  if (type == LARIAT_CRAWL_WARC_REVISIT && !find(check, "WARC-Profile"))
    tell_error(check, "a revisit without WARC-Profile");
}

/* ---- Digests ---- */

static void begin_claim(lariat_crawl_warc_check *check,
                        lr_crawl_warc_checksum *checksum, const char *field) {
  const char *claim = find(check, field);
  switch (lr_crawl_warc_checksum_begin(checksum, claim)) {
  case LR_CRAWL_WARC_CLAIM_UNKNOWN:
    tell_notice(check, "%s by an unknown algorithm: %s", field, claim);
    break;
  case LR_CRAWL_WARC_CLAIM_WRONG:
    tell_error(check, "%s is no digest: %s", field, claim);
    break;
  case LR_CRAWL_WARC_CLAIM_NO_MEMORY:
    fail(check);
    break;
  case LR_CRAWL_WARC_CLAIM_NONE:
  case LR_CRAWL_WARC_CLAIM_GOOD:
    break;
  }
}

/* Begins the digests of the record in hand: that of a revisit's payload is of
 * what is elsewhere, that of a segment's of all segments. */
static void begin_digests(lariat_crawl_warc_check *check) {
  bool elsewhere = lariat_crawl_warc_reader_type(check->reader) ==
                       LARIAT_CRAWL_WARC_REVISIT ||
                   find(check, "WARC-Segment-Number");
  begin_claim(check, &check->block, "WARC-Block-Digest");
  begin_claim(check, &check->payload, "WARC-Payload-Digest");
  if (elsewhere) check->payload.size = 0;
  check->without_chunks.size = 0;
}

static void take_head(lariat_crawl_warc_check *check) {
  size_t length;
  const char *head = lariat_crawl_warc_reader_http_head(check->reader, &length);
  const char *coding =
      lariat_crawl_warc_reader_http_value(check->reader, "Transfer-Encoding");
  lr_crawl_warc_checksum_add(&check->block, head, length);
  check->record.has_head = true;
  check->record.has_chunks = coding && strcasestr(coding, "chunked");
  if (!check->record.has_chunks || !check->payload.size) return;
  begin_claim(check, &check->without_chunks, "WARC-Payload-Digest");
  if (lariat_crawl_warc_body_begin(check->body, check->reader,
                                   LARIAT_CRAWL_WARC_CHUNKS) != LARIAT_OK)
    fail(check);
}

static void take_piece(lariat_crawl_warc_check *check) {
  size_t length;
  const char *piece = lariat_crawl_warc_reader_piece(check->reader, &length);
  lr_crawl_warc_checksum_add(&check->block, piece, length);
  lr_crawl_warc_checksum_add(&check->payload, piece, length);
  if (check->without_chunks.size &&
      lariat_crawl_warc_body_feed(check->body, piece, length) != LARIAT_OK)
    check->record.is_broken = true;
  check->record.payload_length += length;
}

/* Looks at the payload's digest: it may be of the body with its chunks, as wget
 * has it, or without. */
static void check_payload(lariat_crawl_warc_check *check) {
  bool claimed = check->payload.size != 0;
  bool chunks = check->without_chunks.size != 0;
  bool right = lr_crawl_warc_checksum_is_right(&check->payload);
  if (chunks && lariat_crawl_warc_body_end(check->body) == LARIAT_OK &&
      !check->record.is_broken)
    right |= lr_crawl_warc_checksum_is_right(&check->without_chunks);
  check->totals.payload_digests += claimed && right;
  if (!right && check->record.cut)
    tell_notice(check, "WARC-Payload-Digest is not that of the cut payload");
  else if (!right)
    tell_error(check, "WARC-Payload-Digest is not that of the payload");
}

/* ---- Records ---- */

/* Tells whether the answer's length is what its head says, where that can be
 * said. */
static bool has_whole_body(lariat_crawl_warc_check *check) {
  int status = lariat_crawl_warc_reader_http_status(check->reader);
  const char *said =
      lariat_crawl_warc_reader_http_value(check->reader, "Content-Length");
  bool bare = status < 200 || status == 204 || status == 304;
  if (bare || !said || check->record.cut || check->record.has_chunks ||
      !check->record.payload_length || said[strspn(said, "0123456789")])
    return true;
  return strtoull(said, NULL, 10) == check->record.payload_length;
}

static void check_answer(lariat_crawl_warc_check *check) {
  const char *type = find(check, "Content-Type");
  bool is_http = type && strncasecmp(type, "application/http", 16) == 0;
  if (is_http && !check->record.has_head)
    tell_error(check, "the block does not begin with a head of HTTP");
  else if (is_http && !lariat_crawl_warc_reader_http_status(check->reader))
    tell_error(check, "the answer has no status");
  else if (is_http && !has_whole_body(check))
    tell_notice(check,
                "the payload has %llu bytes, and not as many as its "
                "Content-Length says",
                (unsigned long long)check->record.payload_length);
}

static void begin_record(lariat_crawl_warc_check *check, bool first) {
  lariat_crawl_warc_type type = lariat_crawl_warc_reader_type(check->reader);
  check->record = (struct record){.cut = find(check, "WARC-Truncated") ||
                                         find(check, "WARC-Segment-Number")};
  if (first && type != LARIAT_CRAWL_WARC_WARCINFO)
    tell_notice(check, "the file does not begin with a warcinfo");
  check_id(check);
  check_date(check);
  check_type(check);
  note_references(check);
  if (type == LARIAT_CRAWL_WARC_REVISIT) {
    note_original(check);
    note_capture(check, &check->revisits);
  } else if (type == LARIAT_CRAWL_WARC_RESPONSE ||
             type == LARIAT_CRAWL_WARC_RESOURCE) {
    note_capture(check, &check->captures);
  }
  begin_digests(check);
}

static void end_record(lariat_crawl_warc_check *check) {
  lariat_crawl_warc_type type = lariat_crawl_warc_reader_type(check->reader);
  bool claimed = check->block.size != 0;
  bool right = lr_crawl_warc_checksum_is_right(&check->block);
  check->totals.records++;
  check->totals.by_type[type]++;
  check->totals.block_bytes +=
      lariat_crawl_warc_reader_block_length(check->reader);
  check->totals.block_digests += claimed && right;
  if (!right) tell_error(check, "WARC-Block-Digest is not that of the block");
  check_payload(check);
  if (type == LARIAT_CRAWL_WARC_RESPONSE) check_answer(check);
}

static void take_fault(lariat_crawl_warc_check *check) {
  const lariat_crawl_warc_fault *fault =
      lariat_crawl_warc_reader_fault(check->reader);
  tell_at(check, true, fault->offset, "%s", fault->message);
}

/* ---- Files ---- */

/* Keeps a copy of the path, for what is told behind all files. */
static bool keep_path(lariat_crawl_warc_check *check, const char *path) {
  size_t bytes = strlen(path) + 1;
  char **paths = lariat_memory_resize(check->paths,
                                      (check->path_count + 1) * sizeof *paths);
  if (paths) check->paths = paths;
  char *copy = paths ? lariat_memory_allocate(bytes) : NULL;
  if (!copy) return false;
  memcpy(copy, path, bytes);
  check->paths[check->path_count++] = copy;
  check->path = copy;
  return true;
}

static void take_event(lariat_crawl_warc_check *check,
                       lariat_crawl_warc_event event, bool first) {
  if (event == LARIAT_CRAWL_WARC_RECORD) begin_record(check, first);
  if (event == LARIAT_CRAWL_WARC_HEAD) take_head(check);
  if (event == LARIAT_CRAWL_WARC_PIECE) take_piece(check);
  if (event == LARIAT_CRAWL_WARC_END) end_record(check);
  if (event == LARIAT_CRAWL_WARC_FAULT) take_fault(check);
}

static lariat_status read_records(lariat_crawl_warc_check *check,
                                  lariat_crawl_warc_file *file) {
  uint64_t records = 0, faults = 0;
  for (;;) {
    lariat_crawl_warc_event event = lariat_crawl_warc_file_next(file);
    if (event == LARIAT_CRAWL_WARC_FAILED)
      return lariat_crawl_warc_reader_status(check->reader);
    if (event == LARIAT_CRAWL_WARC_DONE) break;
    take_event(check, event, records + faults == 0);
    if (check->status != LARIAT_OK) return check->status;
    records += event == LARIAT_CRAWL_WARC_RECORD;
    faults += event == LARIAT_CRAWL_WARC_FAULT;
  }
  if (records + faults == 0)
    tell_at(check, true, 0, "there is no record in it");
  return LARIAT_OK;
}

lariat_status lariat_crawl_warc_check_file(lariat_crawl_warc_check *check,
                                           const char *path) {
  lariat_crawl_warc_file *file;
  if (!keep_path(check, path)) return LARIAT_ENOMEM;
  lariat_status status = lariat_crawl_warc_file_open(path, 0, &file);
  if (status != LARIAT_OK) return status;
  check->reader = lariat_crawl_warc_file_reader(file);
  check->totals.files++;
  status = read_records(check, file);
  lariat_crawl_warc_file_close(file);
  check->reader = NULL;
  return status;
}
