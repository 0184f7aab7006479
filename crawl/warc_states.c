/* SPDX-License-Identifier: MIT
 * warc_states.c: the text of a file becomes records.  A state for each part of
 * a record; in each, as much as there is of the text is used, until there is
 * something to tell. */
#include "warc_states.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "warc_type.h"

enum {
  MOST_HEADER = 1 << 20, /* bytes of a record's header, or of a head of HTTP */
  KEPT = 64 * 1024,      /* of memory, from one record to the next */
  TRAILER = 4            /* the bytes of two CRLF */
};

static const char mark[] = "WARC/";
static const char no_record[] =
    "no WARC record: it does not begin with WARC/ and a version";
enum { MARK = sizeof mark - 1 };

/* ---- Faults ---- */

static bool tell(lariat_crawl_warc_event *out, lariat_crawl_warc_event event) {
  *out = event;
  return true;
}

void lr_crawl_warc_reader_fail(lariat_crawl_warc_reader *reader,
                               lariat_status status) {
  reader->status = status;
}

static bool fail(lariat_crawl_warc_reader *reader,
                 lariat_crawl_warc_event *out) {
  lr_crawl_warc_reader_fail(reader, LARIAT_ENOMEM);
  return tell(out, LARIAT_CRAWL_WARC_FAILED);
}

/* Tells a fault of the record in hand, which goes on. */
__attribute__((format(printf, 3, 4))) static bool
warn(lariat_crawl_warc_reader *reader, lariat_crawl_warc_event *out,
     const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  reader->fault.offset = reader->record.offset;
  reader->fault.ends_record = false;
  (void)vsnprintf(reader->fault.message, sizeof reader->fault.message, format,
                  arguments);
  va_end(arguments);
  return tell(out, LARIAT_CRAWL_WARC_FAULT);
}

/* Gives up the record in hand; `next` is LR_CRAWL_WARC_LOOKING within the text,
 * or LR_CRAWL_WARC_BETWEEN where the source searches.  Tells nothing of what
 * need not be a record. */
static bool give_up(lariat_crawl_warc_reader *reader,
                    lariat_crawl_warc_event *out, enum lr_crawl_warc_state next,
                    const char *message) {
  bool silent = reader->doubt != LR_CRAWL_WARC_NO_DOUBT;
  const lr_crawl_warc_text *header = &reader->header;
  reader->is.line_begins = reader->state == LR_CRAWL_WARC_HEADER &&
                           header->length &&
                           header->bytes[header->length - 1] == '\n';
  reader->state = next;
  reader->doubt = next == LR_CRAWL_WARC_LOOKING ? LR_CRAWL_WARC_LINE_FOUND
                                                : LR_CRAWL_WARC_BYTES_FOUND;
  reader->matched = 0;
  if (silent) return false;
  (void)warn(reader, out, "%s", message);
  reader->fault.ends_record = true;
  return true;
}

/* Gives up what is no record.  A member that a search has found was none,
 * either. */
static bool refuse(lariat_crawl_warc_reader *reader,
                   lariat_crawl_warc_event *out, const char *message) {
  bool by_bytes = reader->doubt == LR_CRAWL_WARC_BYTES_FOUND &&
                  lr_crawl_warc_source_is_gzip(reader->source);
  if (by_bytes) lr_crawl_warc_source_search(reader->source);
  return give_up(reader, out,
                 by_bytes ? LR_CRAWL_WARC_BETWEEN : LR_CRAWL_WARC_LOOKING,
                 message);
}

/* ---- Lines ---- */

enum lines { LINES_MORE, LINES_WHOLE, LINES_TOO_LONG, LINES_NO_MEMORY };

/* Adds the text in hand to the header, up to an empty line, but no more than
 * `most` bytes. */
static enum lines add_lines(lariat_crawl_warc_reader *reader, uint64_t most) {
  lr_crawl_warc_text *header = &reader->header;
  for (;;) {
    size_t length;
    const char *text = lr_crawl_warc_source_text(reader->source, &length);
    if (length > most) length = (size_t)most;
    if (!length) return LINES_MORE;
    const char *feed = memchr(text, '\n', length);
    size_t some = feed ? (size_t)(feed - text) + 1 : length;
    if (header->length + some > MOST_HEADER) return LINES_TOO_LONG;
    lr_crawl_warc_text_put(header, text, some);
    if (header->failed) return LINES_NO_MEMORY;
    lr_crawl_warc_source_take(reader->source, some);
    most -= some;
    if (!feed) continue;
    size_t line = header->length - reader->line;
    bool empty =
        line == 1 || (line == 2 && header->bytes[reader->line] == '\r');
    reader->line = header->length;
    if (empty) return LINES_WHOLE;
  }
}

/* ---- The header of a record ---- */

/* Reads decimal digits up to 2^63 - 1; false: it is something else. */
static bool read_length(const char *text, uint64_t *length) {
  *length = 0;
  if (!text || !*text) return false;
  for (; *text >= '0' && *text <= '9'; text++) {
    if (*length > (INT64_MAX - 9) / 10) return false;
    *length = *length * 10 + (uint64_t)(*text - '0');
  }
  return !*text;
}

static bool is_http(const lariat_crawl_warc_reader *reader) {
  static const char http[] = "application/http";
  const char *type = lr_crawl_warc_fields_find(&reader->fields, "Content-Type");
  return reader->record.block_length && type &&
         strncasecmp(type, http, sizeof http - 1) == 0 &&
         (reader->record.type == LARIAT_CRAWL_WARC_REQUEST ||
          reader->record.type == LARIAT_CRAWL_WARC_RESPONSE ||
          reader->record.type == LARIAT_CRAWL_WARC_REVISIT);
}

static void begin_header(lariat_crawl_warc_reader *reader) {
  reader->state = LR_CRAWL_WARC_HEADER;
  reader->is.spread = false;
  reader->has.head = reader->has.http = false;
  reader->line = 0;
  lr_crawl_warc_text_clear(&reader->header, KEPT);
  reader->record = (struct lr_crawl_warc_record_in_hand){
      .offset = lr_crawl_warc_source_offset(reader->source)};
}

/* Prepares for the block of the record whose header has been read. */
static bool begin_block(lariat_crawl_warc_reader *reader,
                        lariat_crawl_warc_event *out) {
  reader->record.type = lr_crawl_warc_type_of(
      lr_crawl_warc_fields_find(&reader->fields, "WARC-Type"));
  /* The grammar of 1.0 has angle brackets around URLs, its examples do not;
   * wget writes them. */
  lr_crawl_warc_fields_strip(&reader->fields, "WARC-Target-URI");
  lr_crawl_warc_fields_strip(&reader->fields, "WARC-Refers-To-Target-URI");
  lr_crawl_warc_source_confirm(reader->source);
  reader->left = reader->record.block_length;
  reader->trailing = 0;
  reader->doubt = LR_CRAWL_WARC_NO_DOUBT;
  reader->line = 0;
  lr_crawl_warc_text_clear(&reader->header, KEPT);
  reader->state = is_http(reader) ? LR_CRAWL_WARC_HEAD : LR_CRAWL_WARC_BLOCK;
  return tell(out, LARIAT_CRAWL_WARC_RECORD);
}

/* Tells whether a first line is "WARC/1.1", or of another version. */
static bool is_version(const char *line) {
  return strncmp(line, mark, MARK) == 0 && line[MARK] >= '0' &&
         line[MARK] <= '9' && line[MARK + 1] == '.';
}

static bool read_header(lariat_crawl_warc_reader *reader,
                        lariat_crawl_warc_event *out) {
  lr_crawl_warc_fields_result result = lr_crawl_warc_fields_read(
      &reader->fields, reader->header.bytes, reader->header.length);
  if (result == LR_CRAWL_WARC_FIELDS_NOMEM) return fail(reader, out);
  if (!is_version(lr_crawl_warc_fields_first(&reader->fields)))
    return refuse(reader, out, no_record);
  if (result != LR_CRAWL_WARC_FIELDS_GOOD)
    return refuse(reader, out, "a line of the record's header has no name");
  if (!read_length(lr_crawl_warc_fields_find(&reader->fields, "Content-Length"),
                   &reader->record.block_length))
    return refuse(reader, out, "the record has no Content-Length in digits");
  return begin_block(reader, out);
}

/* Takes "WARC/", byte by byte; false: it is something else, which stays. */
static bool take_mark(lariat_crawl_warc_reader *reader) {
  lr_crawl_warc_text *header = &reader->header;
  while (header->length < MARK) {
    size_t length;
    const char *text = lr_crawl_warc_source_text(reader->source, &length);
    if (!length || header->failed) return true;
    if (*text != mark[header->length]) return false;
    lr_crawl_warc_text_put(header, text, 1);
    lr_crawl_warc_source_take(reader->source, 1);
  }
  return true;
}

static bool step_header(lariat_crawl_warc_reader *reader,
                        lariat_crawl_warc_event *out) {
  if (!take_mark(reader)) return refuse(reader, out, no_record);
  switch (add_lines(reader, UINT64_MAX)) {
  case LINES_WHOLE:
    return read_header(reader, out);
  case LINES_TOO_LONG:
    return refuse(reader, out, "the record's header is longer than 1 MiB");
  case LINES_NO_MEMORY:
    return fail(reader, out);
  case LINES_MORE:
    break;
  }
  return false;
}

/* ---- The head of HTTP ---- */

static bool is_request(const lariat_crawl_warc_reader *reader) {
  return reader->record.type == LARIAT_CRAWL_WARC_REQUEST;
}

/* Tells whether what was collected is a head: that of an answer begins with a
 * version. */
static bool is_head(const lariat_crawl_warc_reader *reader) {
  return is_request(reader) ||
         (reader->header.length > 5 &&
          strncasecmp(reader->header.bytes, "HTTP/", 5) == 0);
}

static bool end_head(lariat_crawl_warc_reader *reader,
                     lariat_crawl_warc_event *out) {
  reader->has.head = is_head(reader);
  reader->state =
      reader->has.head ? LR_CRAWL_WARC_BLOCK : LR_CRAWL_WARC_LEFTOVER;
  return reader->has.head && tell(out, LARIAT_CRAWL_WARC_HEAD);
}

/* Collects the head: up to an empty line, or to the end of a block that has
 * none. */
static bool step_head(lariat_crawl_warc_reader *reader,
                      lariat_crawl_warc_event *out) {
  size_t before = reader->header.length;
  enum lines lines = add_lines(reader, reader->left);
  reader->left -= reader->header.length - before;
  if (lines == LINES_NO_MEMORY) return fail(reader, out);
  if (lines == LINES_TOO_LONG) reader->state = LR_CRAWL_WARC_LEFTOVER;
  return (lines == LINES_WHOLE || (lines == LINES_MORE && !reader->left)) &&
         end_head(reader, out);
}

/* ---- The block, and behind it ---- */

static bool tell_piece(lariat_crawl_warc_reader *reader,
                       lariat_crawl_warc_event *out, const char *bytes,
                       size_t length) {
  reader->piece = bytes;
  reader->piece_length = length;
  return tell(out, LARIAT_CRAWL_WARC_PIECE);
}

static bool step_leftover(lariat_crawl_warc_reader *reader,
                          lariat_crawl_warc_event *out) {
  reader->state = LR_CRAWL_WARC_BLOCK;
  return reader->header.length &&
         tell_piece(reader, out, reader->header.bytes, reader->header.length);
}

static bool step_block(lariat_crawl_warc_reader *reader,
                       lariat_crawl_warc_event *out) {
  size_t length;
  const char *text = lr_crawl_warc_source_text(reader->source, &length);
  if (!reader->left) reader->state = LR_CRAWL_WARC_LINE_ENDS;
  if (!reader->left || !length) return false;
  if (length > reader->left) length = (size_t)reader->left;
  reader->left -= length;
  lr_crawl_warc_source_take(reader->source, length);
  return tell_piece(reader, out, text, length);
}

/* Tells the END next, of a record that ends here. */
static void end_record(lariat_crawl_warc_reader *reader) {
  uint64_t end = lr_crawl_warc_source_end(reader->source);
  reader->record.length = reader->is.shared ? 0 : end - reader->record.offset;
  reader->state = LR_CRAWL_WARC_ENDING;
}

/* Ends a record behind which there is less than two CRLF. */
static bool end_early(lariat_crawl_warc_reader *reader,
                      lariat_crawl_warc_event *out) {
  end_record(reader);
  return warn(reader, out,
              "%u byte(s) of line ends behind the block, not CRLF "
              "CRLF",
              reader->trailing);
}

/* Decides about the byte behind the block that is no line end's. */
static bool meet_text(lariat_crawl_warc_reader *reader,
                      lariat_crawl_warc_event *out, char byte) {
  if (reader->trailing && byte == mark[0]) return end_early(reader, out);
  return give_up(reader, out, LR_CRAWL_WARC_LOOKING,
                 "the block is longer than Content-Length says");
}

static bool step_line_ends(lariat_crawl_warc_reader *reader,
                           lariat_crawl_warc_event *out) {
  size_t length;
  const char *text = lr_crawl_warc_source_text(reader->source, &length);
  for (size_t i = 0; i < length; i++) {
    if (text[i] != '\r' && text[i] != '\n')
      return meet_text(reader, out, text[i]);
    lr_crawl_warc_source_take(reader->source, 1);
    if (++reader->trailing < TRAILER) continue;
    if (lr_crawl_warc_source_is_gzip(reader->source))
      reader->state = LR_CRAWL_WARC_BEHIND;
    else
      end_record(reader);
    return false;
  }
  return false;
}

/* Looks whether there is more in the member of a record that is complete. */
static bool step_behind(lariat_crawl_warc_reader *reader,
                        lariat_crawl_warc_event *out) {
  size_t length;
  const char *text = lr_crawl_warc_source_text(reader->source, &length);
  while (length && (*text == '\r' || *text == '\n')) {
    lr_crawl_warc_source_take(reader->source, 1);
    text++;
    length--;
  }
  if (!length) return false;
  if (*text != mark[0])
    return give_up(reader, out, LR_CRAWL_WARC_LOOKING,
                   "bytes behind the record in its gzip member");
  bool first = !reader->is.shared;
  reader->is.shared = true;
  end_record(reader);
  return first && warn(reader, out, "a gzip member with more than one record");
}

static bool step_ending(lariat_crawl_warc_reader *reader,
                        lariat_crawl_warc_event *out) {
  reader->state = LR_CRAWL_WARC_BETWEEN;
  return tell(out, LARIAT_CRAWL_WARC_END);
}

/* ---- Between records ---- */

static bool step_between(lariat_crawl_warc_reader *reader,
                         lariat_crawl_warc_event *out) {
  size_t length;
  (void)out;
  const char *text = lr_crawl_warc_source_text(reader->source, &length);
  size_t skipped = 0;
  while (skipped < length && (text[skipped] == '\r' || text[skipped] == '\n'))
    skipped++;
  if (skipped < length) {
    if (skipped) lr_crawl_warc_source_take(reader->source, skipped);
    begin_header(reader);
  } else {
    lr_crawl_warc_source_take(reader->source, skipped);
  }
  return false;
}

/* Looks for a line that begins with "WARC/": what follows is read as a
 * header. */
static bool step_looking(lariat_crawl_warc_reader *reader,
                         lariat_crawl_warc_event *out) {
  size_t length;
  (void)out;
  const char *text = lr_crawl_warc_source_text(reader->source, &length);
  for (size_t i = 0; i < length; i++) {
    bool fits = (reader->matched || reader->is.line_begins) &&
                text[i] == mark[reader->matched];
    reader->matched = fits ? reader->matched + 1 : 0;
    reader->is.line_begins = text[i] == '\n';
    if (reader->matched < MARK) continue;
    lr_crawl_warc_source_take(reader->source, i + 1);
    begin_header(reader);
    if (!lr_crawl_warc_source_is_gzip(reader->source))
      reader->record.offset -= MARK;
    lr_crawl_warc_text_put(&reader->header, mark, MARK);
    return false;
  }
  lr_crawl_warc_source_take(reader->source, length);
  return false;
}

/* ---- The ends of members and of the file ---- */

static bool is_within(const lariat_crawl_warc_reader *reader) {
  return reader->state >= LR_CRAWL_WARC_HEADER &&
         reader->state <= LR_CRAWL_WARC_BLOCK;
}

/* Takes the end of a gzip member whose text is used up. */
bool lr_crawl_warc_end_member(lariat_crawl_warc_reader *reader,
                              lariat_crawl_warc_event *out) {
  bool told =
      reader->state == LR_CRAWL_WARC_LINE_ENDS && end_early(reader, out);
  if (reader->state == LR_CRAWL_WARC_BEHIND) end_record(reader);
  if (reader->state == LR_CRAWL_WARC_LOOKING) {
    reader->state = LR_CRAWL_WARC_BETWEEN;
    reader->doubt = LR_CRAWL_WARC_NO_DOUBT;
  }
  if (!is_within(reader)) reader->is.shared = false;
  return told;
}

/* Decides, as a member begins within a record, whether it goes on in it: not,
 * if another record begins there. */
static bool enter_member(lariat_crawl_warc_reader *reader,
                         lariat_crawl_warc_event *out) {
  size_t length;
  const char *text = lr_crawl_warc_source_text(reader->source, &length);
  if (length >= MARK && memcmp(text, mark, MARK) == 0) {
    bool told = give_up(reader, out, LR_CRAWL_WARC_BETWEEN,
                        "the gzip member ends before its record does");
    reader->doubt = LR_CRAWL_WARC_NO_DOUBT;
    return told;
  }
  bool first = !reader->is.spread;
  reader->is.spread = true;
  return first && warn(reader, out, "a record in more than one gzip member");
}

bool lr_crawl_warc_break_member(lariat_crawl_warc_reader *reader,
                                lariat_crawl_warc_event *out) {
  if (!is_within(reader) && reader->state != LR_CRAWL_WARC_LINE_ENDS &&
      reader->state != LR_CRAWL_WARC_BEHIND)
    reader->record.offset = lr_crawl_warc_source_broken(reader->source);
  return give_up(reader, out, LR_CRAWL_WARC_BETWEEN,
                 "the gzip member is broken");
}

/* ---- Reading ---- */

typedef bool step_function(lariat_crawl_warc_reader *reader,
                           lariat_crawl_warc_event *out);

static step_function *const steps[] = {
    [LR_CRAWL_WARC_BETWEEN] = step_between,
    [LR_CRAWL_WARC_HEADER] = step_header,
    [LR_CRAWL_WARC_HEAD] = step_head,
    [LR_CRAWL_WARC_LEFTOVER] = step_leftover,
    [LR_CRAWL_WARC_BLOCK] = step_block,
    [LR_CRAWL_WARC_LINE_ENDS] = step_line_ends,
    [LR_CRAWL_WARC_BEHIND] = step_behind,
    [LR_CRAWL_WARC_ENDING] = step_ending,
    [LR_CRAWL_WARC_LOOKING] = step_looking,
};

/* Tells whether the first text of a member has to be looked at before it is
 * used: a record has begun in another one. */
static bool is_entering(const lariat_crawl_warc_reader *reader) {
  return is_within(reader) && lr_crawl_warc_source_is_fresh(reader->source) &&
         reader->record.offset != lr_crawl_warc_source_offset(reader->source);
}

/* Uses text until there is something to tell; false: more is needed. */
bool lr_crawl_warc_use_text(lariat_crawl_warc_reader *reader,
                            lariat_crawl_warc_event *out) {
  enum lr_crawl_warc_state state;
  size_t length, left;
  do {
    (void)lr_crawl_warc_source_text(reader->source, &length);
    if (is_entering(reader)) {
      if (length < MARK && lr_crawl_warc_source_is_cut(reader->source))
        return false;
      if (enter_member(reader, out)) return true;
      if (is_entering(reader) && !length) return false;
    }
    state = reader->state;
    if (steps[state](reader, out)) return true;
    (void)lr_crawl_warc_source_text(reader->source, &left);
  } while (reader->state != state || (left && left < length));
  return false;
}

/* ---- The file's end ---- */

/* Takes the file's end within a record or a member. */
static bool end_cut(lariat_crawl_warc_reader *reader,
                    lariat_crawl_warc_event *out) {
  bool cut = lr_crawl_warc_source_is_cut(reader->source);
  if (reader->state == LR_CRAWL_WARC_LINE_ENDS && !cut)
    return end_early(reader, out);
  if (!is_within(reader))
    reader->record.offset = lr_crawl_warc_source_offset(reader->source);
  reader->has.ended = true;
  return give_up(reader, out, LR_CRAWL_WARC_BETWEEN,
                 cut ? "the file ends within a gzip member"
                     : "the file ends within a record");
}

bool lr_crawl_warc_end_file(lariat_crawl_warc_reader *reader,
                            lariat_crawl_warc_event *out) {
  if (reader->has.ended) return false;
  if (lr_crawl_warc_use_text(reader, out)) return true;
  if (lr_crawl_warc_source_is_cut(reader->source) || is_within(reader) ||
      reader->state == LR_CRAWL_WARC_LINE_ENDS)
    return end_cut(reader, out);
  reader->has.ended = true;
  return false;
}
