/* SPDX-License-Identifier: MIT
 * response_reader.h: reads what libcurl shows of a response.  Of HTTP/1.1 that
 * is done by the parser that exchanges have (http/h1_parser.h), line by line
 * and with the chunks as they were sent: so it is lariat who says what a proper
 * response is, whatever this version of libcurl makes of it.  Of HTTP/2 the
 * lines are taken as they are; nghttp2 has judged them. */
#ifndef LR_CURL_RESPONSE_READER_H
#define LR_CURL_RESPONSE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/h1_parser.h"
#include <lariat/status.h>

struct lr_transfer;

typedef enum lr_reader_state {
  LR_READER_BEFORE, /* no line has come */
  LR_READER_H1,
  LR_READER_H2
} lr_reader_state;

typedef struct lr_response_reader {
  lr_h1_parser parser;
  uint64_t shown;     /* bytes, of head and body */
  size_t taken;       /* of a piece that libcurl will show again */
  size_t excess;      /* bytes of those shown that are behind the response */
  size_t left;        /* of the body, behind those: the parser knows of them */
  uint8_t state;      /* lr_reader_state */
  bool chunks_option; /* libcurl was told not to undo chunks */
  bool length_option; /* and to ignore a length */
  bool stopped;       /* the response is complete, and libcurl goes on */
} lr_response_reader;

/* Begins before the first byte of a response, of each that is asked for. */
void lr_response_reader_begin(struct lr_transfer *transfer);

/* Takes a line of a head, or a trailer.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EHEADERLIMIT
 * LARIAT_EPROTOCOL  this is not a proper response
 * LARIAT_EBODYLIMIT  it announces more than is allowed */
lariat_status lr_response_reader_line(struct lr_transfer *transfer,
                                      const char *line, size_t length);

/* Gives bytes of the body on; returns what a write callback returns. */
typedef size_t lr_give_body(struct lr_transfer *transfer, const char *bytes,
                            size_t length);

/* Takes bytes of the body, and gives on with `give` what is left of them
 * without chunks.  Returns what libcurl's write callback has to. */
size_t lr_response_reader_body(struct lr_transfer *transfer, const char *bytes,
                               size_t length, lr_give_body *give);

/* Forgets the response, which has left for its caller with `header_count`
 * headers; its body has not. */
void lr_response_reader_release(struct lr_transfer *transfer,
                                uint32_t header_count);

/* Says whether the body is one that ends with the connection. */
bool lr_response_reader_lasts_until_close(const struct lr_transfer *transfer);

/* Judges the end that libcurl takes for the response's.
 * LARIAT_OK, LARIAT_ETRUNCATED */
lariat_status lr_response_reader_end(const struct lr_transfer *transfer);

/* Says whether a final head has come. */
bool lr_response_reader_has_head(const struct lr_transfer *transfer);

/* Says whether the connection `fd`, which was opened for this response, may be
 * used again: the response says nothing against it, and nothing has come behind
 * it. */
bool lr_response_reader_keeps(const struct lr_transfer *transfer, int fd);

/* Returns what the parser has against the response; NULL: nothing. */
const char *lr_response_reader_fault(const struct lr_transfer *transfer);

/* Ends with the job: the handle's options are as they were. */
void lr_response_reader_clear(struct lr_transfer *transfer);

#endif
