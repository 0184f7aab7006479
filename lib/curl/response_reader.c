/* SPDX-License-Identifier: MIT
 * response_reader.c: the parser between libcurl's callbacks and the job. */
#include "curl/response_reader.h"

#include <string.h>

#include <openssl/ssl.h>

#include "base/attributes.h"
#include "curl/engine.h"
#include "curl/libcurl.h"
#include "curl/transfer.h"
#include "job/kept_answer.h"
#include "net/received_bytes.h"
#include "net/tls_events.h"

/* Has libcurl read lengths again, of this job's next answer or another's. */
static void heed_length(lr_transfer *transfer) {
  if (!transfer->reader.length_option) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_IGNORE_CONTENT_LENGTH, 0L);
  transfer->reader.length_option = false;
}

void lr_response_reader_begin(lr_transfer *transfer) {
  lr_response_reader *reader = &transfer->reader;
  lr_job *job = transfer->job;
  bool head = !job->body.bytes && strcmp(job->request.method, "HEAD") == 0;
  lr_content_decoders *decoders =
      job->wants.decompress ? &transfer->engine->h1.decoders : NULL;
  lr_h1_parser_begin(&reader->parser, job->response, head, decoders,
                     job->request.max_body_bytes);
  lr_h1_parser_pass(&reader->parser);
  heed_length(transfer);
  reader->shown = 0;
  reader->taken = 0;
  reader->left = 0;
  reader->state = LR_READER_BEFORE;
  reader->stopped = false;
  reader->excess = 0;
  if (job->response && job->response->status)
    lr_response_forget_head(job->response);
  if (job->sink) lr_kept_answer_begin(job);
}

/* ---- Heads ---- */

static bool negotiated_http2(const lr_transfer *transfer) {
  const SSL *ssl = lr_transfer_ssl(transfer);
  const unsigned char *name = NULL;
  unsigned length = 0;
  if (!ssl) return false;
  SSL_get0_alpn_selected(ssl, &name, &length);
  return length == 2 && memcmp(name, "h2", 2) == 0;
}

/* Says whether a first line is libcurl's own, for an answer of HTTP/2: a server
 * of HTTP/1.1 can write the same. */
static bool is_http2_line(const lr_transfer *transfer, const char *line,
                          size_t length) {
  const lr_job *job = transfer->job;
  if (length < 6 || memcmp(line, "HTTP/2", 6) != 0) return false;
  return job->request.url.tls ? negotiated_http2(transfer)
                              : job->request.http == LARIAT_HTTP_2;
}

/* Has libcurl show the chunks. */
static void begin_body(lr_transfer *transfer) {
  lr_response_reader *reader = &transfer->reader;
  lr_h1_parser *parser = &reader->parser;
  parser->max_body_bytes = 0; /* the job's is counted behind the decoding */
  if (!(parser->framing & LR_H1_CHUNKED)) return;
  if (parser->framing & LR_H1_LENGTH) {
    (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
    transfer->needs_reset = true;
  }
  (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTP_TRANSFER_DECODING, 0L);
  reader->chunks_option = true;
}

/* Has libcurl ignore a length that comes behind the chunks' header: some
 * versions take a length of 0 for the end of the response. */
static LR_COLD void ignore_length(lr_transfer *transfer) {
  (void)curl_easy_setopt(transfer->easy, CURLOPT_IGNORE_CONTENT_LENGTH, 1L);
  transfer->reader.length_option = true;
}

static lariat_status read_h1_line(lr_transfer *transfer, const char *line,
                                  size_t length) {
  lr_h1_parser *parser = &transfer->reader.parser;
  size_t used;
  bool trailer = lr_h1_parser_in_body(parser);
  if (length > LR_H1_LINE_MAX) {
    parser->reason = LR_H1_REASON_LONG_LINE;
    return LARIAT_EHEADERLIMIT;
  }
  lr_h1_result result = trailer
                            ? lr_h1_parser_trailer(parser, line, length)
                            : lr_h1_parser_feed(parser, line, length, &used);
  if (result == LR_H1_FAILED) return parser->fault;
  if (!trailer && lr_h1_parser_in_body(parser))
    begin_body(transfer);
  else if (!trailer && parser->framing & LR_H1_CHUNKED &&
           !transfer->job->response->interim)
    ignore_length(transfer);
  return LARIAT_OK;
}

static lariat_status read_h2_line(lr_transfer *transfer, const char *line,
                                  size_t length) {
  lariat_response *response = transfer->job->response;
  return response ? lr_response_add_line(response, line, length) : LARIAT_OK;
}

/* Returns what the lines are that libcurl shows. */
static lariat_head_source source_of_lines(const lr_transfer *transfer) {
  if (transfer->reader.state == LR_READER_H2) return LARIAT_HEAD_REMADE;
  return lr_libcurl_unfolds() ? LARIAT_HEAD_UNFOLDED : LARIAT_HEAD_RECEIVED;
}

/* Keeps what the job wants of its connection. */
static lariat_status keep_connection(lr_transfer *transfer) {
  char *ip = NULL;
  long port = 0;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_LOCAL_IP, &ip);
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_LOCAL_PORT, &port);
  lr_kept_connection about = {
      .fd = -1, .local_ip = ip, .local_port = (unsigned)port};
  if (transfer->job->request.url.tls) about.ssl = lr_transfer_ssl(transfer);
  return lr_kept_answer_add_connection(transfer->job, &about);
}

/* Keeps what the job wants of a line of a head, and of what it has ended. */
static LR_COLD lariat_status keep_line(lr_transfer *transfer, const char *line,
                                       size_t length) {
  lariat_status status = lr_kept_answer_add_head(transfer->job, line, length,
                                                 source_of_lines(transfer));
  return status == LARIAT_OK && lr_response_reader_has_head(transfer)
             ? keep_connection(transfer)
             : status;
}

static lariat_status read_line(lr_transfer *transfer, const char *line,
                               size_t length) {
  return transfer->reader.state == LR_READER_H2
             ? read_h2_line(transfer, line, length)
             : read_h1_line(transfer, line, length);
}

lariat_status lr_response_reader_line(lr_transfer *transfer, const char *line,
                                      size_t length) {
  lr_response_reader *reader = &transfer->reader;
  reader->shown += length;
  if (reader->state == LR_READER_BEFORE)
    reader->state =
        is_http2_line(transfer, line, length) ? LR_READER_H2 : LR_READER_H1;
  if (!transfer->job->wants.keep) return read_line(transfer, line, length);
  bool had_head = lr_response_reader_has_head(transfer);
  lariat_status status = read_line(transfer, line, length);
  return status == LARIAT_OK && !had_head ? keep_line(transfer, line, length)
                                          : status;
}

bool lr_response_reader_has_head(const lr_transfer *transfer) {
  const lr_response_reader *reader = &transfer->reader;
  const lariat_response *response = transfer->job->response;
  if (reader->state == LR_READER_H1)
    return lr_h1_parser_in_body(&reader->parser);
  return !response || lr_response_has_head(response);
}

void lr_response_reader_release(lr_transfer *transfer, uint32_t header_count) {
  lr_h1_parser_release_response(&transfer->reader.parser, header_count);
}

/* ---- Bodies ---- */

/* Gives the piece on whose bytes the parser has seen.  False: libcurl must keep
 * all that it has shown, or give up, as `*result` says. */
static bool give_piece(lr_transfer *transfer, const char *bytes,
                       lr_give_body *give, size_t *result) {
  lr_response_reader *reader = &transfer->reader;
  *result = give(transfer, bytes + reader->taken, reader->left);
  if (*result != reader->left) return false;
  reader->taken += reader->left;
  reader->left = 0;
  return true;
}

/* Reads on behind what was taken.  False: this is not a proper response. */
static bool read_piece(lr_transfer *transfer, const char *bytes,
                       size_t length) {
  lr_response_reader *reader = &transfer->reader;
  lr_h1_parser *parser = &reader->parser;
  size_t used;
  lr_h1_result result = lr_h1_parser_feed(parser, bytes + reader->taken,
                                          length - reader->taken, &used);
  reader->taken += used;
  if (result == LR_H1_PIECE) {
    reader->left = parser->piece_length;
    reader->taken -= reader->left;
  }
  if (result == LR_H1_FAILED) transfer->fault = parser->fault;
  return result != LR_H1_FAILED;
}

/* Has the connection closed: something has come behind the response. */
static void note_excess(lr_transfer *transfer, size_t length) {
  transfer->reader.excess = length;
  transfer->needs_reset = true;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
}

static size_t read_h1_body(lr_transfer *transfer, const char *bytes,
                           size_t length, lr_give_body *give) {
  lr_response_reader *reader = &transfer->reader;
  const lr_h1_parser *parser = &reader->parser;
  size_t result = 0;
  if (reader->left && !give_piece(transfer, bytes, give, &result))
    return result;
  while (reader->taken < length && !lr_h1_parser_complete(parser)) {
    if (!read_piece(transfer, bytes, length)) return 0;
    if (reader->left && !give_piece(transfer, bytes, give, &result))
      return result;
  }
  if (reader->taken < length) note_excess(transfer, length - reader->taken);
  reader->taken = 0;
  reader->stopped =
      parser->rarities & LR_H1_FOLDED && lr_h1_parser_complete(parser);
  return reader->stopped ? 0 : length;
}

size_t lr_response_reader_body(lr_transfer *transfer, const char *bytes,
                               size_t length, lr_give_body *give) {
  lr_response_reader *reader = &transfer->reader;
  size_t result = reader->state == LR_READER_H1
                      ? read_h1_body(transfer, bytes, length, give)
                      : give(transfer, bytes, length);
  if (result == length || reader->stopped) reader->shown += length;
  return result;
}

/* ---- Ends ---- */

/* Says whether the end of the connection is the one that the server meant (RFC
 * 9112, 9.8). */
static bool is_meant(const lr_transfer *transfer) {
  return !transfer->job->request.url.tls || !transfer->tls ||
         transfer->tls->closed;
}

bool lr_response_reader_lasts_until_close(const lr_transfer *transfer) {
  return transfer->reader.parser.state == LR_H1_IN_BODY_UNTIL_CLOSE;
}

lariat_status lr_response_reader_end(const lr_transfer *transfer) {
  const lr_response_reader *reader = &transfer->reader;
  const lr_h1_parser *parser = &reader->parser;
  if (!lr_response_reader_has_head(transfer)) return LARIAT_ETRUNCATED;
  if (reader->state != LR_READER_H1 || lr_h1_parser_complete(parser))
    return LARIAT_OK;
  if (lr_response_reader_lasts_until_close(transfer))
    return is_meant(transfer) ? LARIAT_OK : LARIAT_ETRUNCATED;
  return LARIAT_ETRUNCATED;
}

bool lr_response_reader_keeps(const lr_transfer *transfer, int fd) {
  const lr_response_reader *reader = &transfer->reader;
  uint64_t received;
  if (reader->state != LR_READER_H1 || !reader->parser.keeps ||
      reader->excess || reader->stopped)
    return false;
  return !lr_received_bytes(fd, &received) || received <= reader->shown;
}

const char *lr_response_reader_fault(const lr_transfer *transfer) {
  const lr_h1_parser *parser = &transfer->reader.parser;
  if (lr_response_reader_lasts_until_close(transfer) && !is_meant(transfer))
    return "the connection ended without a close_notify of TLS";
  return parser->reason == LR_H1_REASON_NONE
             ? NULL
             : lr_h1_reason_text((lr_h1_reason)parser->reason);
}

void lr_response_reader_clear(lr_transfer *transfer) {
  lr_response_reader *reader = &transfer->reader;
  lr_h1_parser_close(&reader->parser);
  lr_h1_parser_clear(&reader->parser);
  heed_length(transfer);
  if (!reader->chunks_option) return;
  (void)curl_easy_setopt(transfer->easy, CURLOPT_HTTP_TRANSFER_DECODING, 1L);
  reader->chunks_option = false;
}
