/* SPDX-License-Identifier: MIT
 * warc_reader_fuzz.c: a WARC file of any bytes ends in events in their order,
 * with all of each block; without gzip, or without a fault, it comes to the
 * same however it is cut. */
#include <lariat/crawl/warc_reader.h>

#include <stdlib.h>
#include <zlib.h>

#include "fuzz/fuzz.h"
#include <lariat/crawl/warc_body.h>

/* What came of it, with a digest of all events. */
struct result {
  uint64_t digest;
  uint64_t records, ends, faults;
  uint64_t left;   /* of the block in hand */
  uint64_t offset; /* of the last record */
  bool within;     /* a record */
  lariat_crawl_warc_body *body;
};

static void add_number(struct result *result, uint64_t number) {
  result->digest = (result->digest ^ number) * UINT64_C(0x100000001b3);
}

static void add_bytes(struct result *result, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    add_number(result, (unsigned char)bytes[i]);
}

static void add_text(struct result *result, const char *text) {
  add_bytes(result, text ? text : "-", text ? strlen(text) + 1 : 1);
}

/* Reads a decoded body, of whose bytes nothing is known. */
static void ignore_bytes(void *context, const char *bytes, size_t length) {
  (void)context;
  FUZZ_REQUIRE(bytes && length);
}

static void begin_body(struct result *result,
                       lariat_crawl_warc_reader *reader) {
  FUZZ_REQUIRE(lariat_crawl_warc_body_begin(result->body, reader,
                                            LARIAT_CRAWL_WARC_ALL) !=
               LARIAT_ENOMEM);
}

static void take_record(struct result *result,
                        lariat_crawl_warc_reader *reader) {
  const char *name;
  size_t count = lariat_crawl_warc_reader_field_count(reader);
  for (size_t i = 0; i < count; i++) {
    add_text(result, lariat_crawl_warc_reader_field_at(reader, i, &name));
    add_text(result, name);
  }
  add_text(result, lariat_crawl_warc_reader_url(reader));
  add_text(result, lariat_crawl_warc_reader_version(reader));
  FUZZ_REQUIRE(lariat_crawl_warc_reader_offset(reader) >= result->offset);
  result->offset = lariat_crawl_warc_reader_offset(reader);
  result->left = lariat_crawl_warc_reader_block_length(reader);
  result->within = true;
  result->records++;
  begin_body(result, reader);
}

static void take_head(struct result *result, lariat_crawl_warc_reader *reader) {
  size_t length;
  const char *head = lariat_crawl_warc_reader_http_head(reader, &length);
  FUZZ_REQUIRE(result->within && length && length <= result->left);
  add_bytes(result, head, length);
  add_text(result, lariat_crawl_warc_reader_http_value(reader, "Content-Type"));
  int status = lariat_crawl_warc_reader_http_status(reader);
  FUZZ_REQUIRE(status >= 0 && status <= 999);
  result->left -= length;
  begin_body(result, reader);
}

static void take_piece(struct result *result,
                       const lariat_crawl_warc_reader *reader) {
  size_t length;
  const char *piece = lariat_crawl_warc_reader_piece(reader, &length);
  FUZZ_REQUIRE(result->within && length && length <= result->left);
  add_bytes(result, piece, length);
  result->left -= length;
  if (lariat_crawl_warc_body_feed(result->body, piece, length) == LARIAT_ENOMEM)
    FUZZ_REQUIRE(false);
}

static void take_end(struct result *result,
                     const lariat_crawl_warc_reader *reader) {
  FUZZ_REQUIRE(result->within && result->left == 0);
  add_number(result, lariat_crawl_warc_reader_length(reader));
  result->within = false;
  result->ends++;
  if (lariat_crawl_warc_body_end(result->body) == LARIAT_ENOMEM)
    FUZZ_REQUIRE(false);
}

static void take_fault(struct result *result,
                       const lariat_crawl_warc_reader *reader) {
  const lariat_crawl_warc_fault *fault = lariat_crawl_warc_reader_fault(reader);
  FUZZ_REQUIRE(*fault->message != '\0');
  add_text(result, fault->message);
  add_number(result, fault->offset);
  if (fault->ends_record) result->within = false;
  result->faults++;
}

static void take_event(struct result *result, lariat_crawl_warc_reader *reader,
                       lariat_crawl_warc_event event) {
  if (event < LARIAT_CRAWL_WARC_MORE && event != LARIAT_CRAWL_WARC_PIECE)
    add_number(result, 1000 + (uint64_t)event);
  if (event == LARIAT_CRAWL_WARC_RECORD) take_record(result, reader);
  if (event == LARIAT_CRAWL_WARC_HEAD) take_head(result, reader);
  if (event == LARIAT_CRAWL_WARC_PIECE) take_piece(result, reader);
  if (event == LARIAT_CRAWL_WARC_END) take_end(result, reader);
  if (event == LARIAT_CRAWL_WARC_FAULT) take_fault(result, reader);
}

static void feed_piece(struct result *result, lariat_crawl_warc_reader *reader,
                       const uint8_t *bytes, size_t length) {
  char *copy = fuzz_copy(bytes, length), *at = copy;
  lariat_crawl_warc_event event;
  do {
    size_t used;
    event = lariat_crawl_warc_reader_feed(reader, at, length, &used);
    FUZZ_REQUIRE(used <= length);
    at += used;
    length -= used;
    take_event(result, reader, event);
  } while (event < LARIAT_CRAWL_WARC_MORE);
  FUZZ_REQUIRE(event == LARIAT_CRAWL_WARC_MORE && length == 0);
  free(copy);
}

static void end_file(struct result *result, lariat_crawl_warc_reader *reader) {
  lariat_crawl_warc_event event;
  do {
    event = lariat_crawl_warc_reader_end(reader);
    take_event(result, reader, event);
  } while (event < LARIAT_CRAWL_WARC_DONE);
  FUZZ_REQUIRE(event == LARIAT_CRAWL_WARC_DONE && !result->within);
}

static struct result read_file(const uint8_t *bytes, size_t length, uint8_t how,
                               bool search) {
  struct fuzz_cuts cuts = fuzz_cuts_of(how);
  struct result result = {.digest = 0};
  lariat_crawl_warc_reader *reader;
  FUZZ_REQUIRE(lariat_crawl_warc_reader_new(&reader) == LARIAT_OK);
  FUZZ_REQUIRE(lariat_crawl_warc_body_new(ignore_bytes, NULL, &result.body) ==
               LARIAT_OK);
  lariat_crawl_warc_reader_begin(reader, 0, search);
  while (length) {
    size_t some = fuzz_next_cut(&cuts, length);
    feed_piece(&result, reader, bytes, some);
    bytes += some;
    length -= some;
  }
  end_file(&result, reader);
  lariat_crawl_warc_body_free(result.body);
  lariat_crawl_warc_reader_free(reader);
  return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  uint8_t how = fuzz_read_byte(&input);
  bool search = how & 0x80;
  struct result whole = read_file(input.at, input.left, 1, search);
  struct result cut = read_file(input.at, input.left, how & 0x7f, search);
  FUZZ_REQUIRE(whole.ends <= whole.records && cut.ends <= cut.records);
  /* Behind broken gzip the search begins where zlib has seen the fault. */
  if (memchr(input.at, 0x1f, input.left) && (search || whole.faults)) return 0;
  FUZZ_REQUIRE(whole.digest == cut.digest && whole.records == cut.records);
  FUZZ_REQUIRE(whole.ends == cut.ends && whole.faults == cut.faults);
  return 0;
}

/* ---- Seeds ---- */

#define RECORD(type, more, length, block)                                      \
  "WARC/1.1\r\nWARC-Type: " type "\r\n" more "Content-Length: " length         \
  "\r\n\r\n" block "\r\n\r\n"
#define HTTP "Content-Type: application/http; msgtype=response\r\n"
#define RESPONSE                                                               \
  RECORD("response", HTTP "WARC-Target-URI: <http://a.example/>\r\n", "62",    \
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"               \
         "5\r\nhello\r\n0\r\n\r\n")

/* Gives each text as a member of a file of its own, and all as one file. */
static void give_members(fuzz_sink *sink, void *context,
                         const char *const *texts, size_t count) {
  Bytef out[4000];
  size_t length = 0;
  for (size_t i = 0; i < count; i++) {
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)texts[i],
                       .avail_in = (uInt)strlen(texts[i]),
                       .next_out = out + length,
                       .avail_out = (uInt)(sizeof out - length)};
    FUZZ_REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8,
                              Z_DEFAULT_STRATEGY) == Z_OK);
    FUZZ_REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    fuzz_give(sink, context, "\0", 1, out + length, stream.total_out);
    length += stream.total_out;
    deflateEnd(&stream);
  }
  fuzz_give(sink, context, "\7", 1, out, length);
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT(RECORD("warcinfo", "", "6", "a: b\r\n") RESPONSE),
      FUZZ_TEXT("WARC/1.0\nwarc-type: resource\ncontent-length: 2\nA: b\n c\n\n"
                "ab\n\nWARC/0.18\r\nContent-Length: 0\r\n\r\n\r\n\r\n"),
      FUZZ_TEXT("junk\r\nWARC/1.1\r\nContent-Length: 9\r\n\r\nshort\r\n\r\n"
                "WARC/1.1\r\nContent-Length: 1\r\n\r\nlong\r\n\r\n" RESPONSE),
      FUZZ_TEXT(RECORD("request", HTTP, "7", "GET / \n")
                    RECORD("revisit", HTTP, "12", "HTTP/1.1 304")
                        RECORD("response", HTTP, "3", "bad")),
  };
  static const char *const members[] = {
      RESPONSE, RESPONSE RESPONSE, "WARC/1.1\r\nContent-Length: 3\r\n\r\na",
      "bc\r\n\r\n", "none"};
  fuzz_give_all(sink, context, "\0", 1, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\x87", 1, texts, FUZZ_COUNT(texts));
  give_members(sink, context, members, FUZZ_COUNT(members));
}
