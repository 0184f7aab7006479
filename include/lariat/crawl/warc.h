/* SPDX-License-Identifier: MIT
 * lariat_crawl_warc: records of WARC 1.1 files (ISO 28500:2017), made of what a
 * fetch brought, and read again.  Bytes in, bytes out. */
#ifndef LARIAT_CRAWL_WARC_H
#define LARIAT_CRAWL_WARC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/response.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

typedef enum lariat_crawl_warc_type {
  LARIAT_CRAWL_WARC_UNKNOWN = 0,
  LARIAT_CRAWL_WARC_WARCINFO,
  LARIAT_CRAWL_WARC_REQUEST,
  LARIAT_CRAWL_WARC_RESPONSE,
  LARIAT_CRAWL_WARC_REVISIT,
  LARIAT_CRAWL_WARC_METADATA,
  LARIAT_CRAWL_WARC_RESOURCE,
  LARIAT_CRAWL_WARC_CONVERSION,
  LARIAT_CRAWL_WARC_CONTINUATION
} lariat_crawl_warc_type;

/* Where the bytes of records gather; the owner may add to it. */
typedef struct lariat_crawl_warc_buffer lariat_crawl_warc_buffer;

/* level 0: not compressed; 1 to 12: a gzip member for each record. */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_warc_buffer_new(int level, lariat_crawl_warc_buffer **out);
LARIAT_API void lariat_crawl_warc_buffer_free(lariat_crawl_warc_buffer *buffer);
LARIAT_API const char *
lariat_crawl_warc_buffer_bytes(const lariat_crawl_warc_buffer *buffer,
                               size_t *length);
LARIAT_API void lariat_crawl_warc_buffer_clear(lariat_crawl_warc_buffer *buffer);

/* One exchange, of which a pair of request and response records, a revisit, and
 * metadata are made.  What is NULL or 0 is left out. */
typedef struct lariat_crawl_warc_exchange {
  size_t size;
  const char *url;
  int64_t at_ns;      /* WARC-Date, since 1970 */
  const char *ip;     /* WARC-IP-Address */
  const char *request_head; /* bytes from the request line to the empty line */
  size_t request_head_length;
  const char *head; /* of the answer, as it came (lariat_response_raw_head) */
  size_t head_length;
  const char *body; /* content codings as they came, transfer coding undone */
  size_t body_length;
  const uint8_t *digest; /* SHA-1 of the body, 20 bytes; NULL: it is computed */
  const char *protocol;     /* WARC-Protocol: "http/1.1", "h2" */
  const char *tls_version;  /* "tls/1.3" */
  const char *cipher_suite; /* WARC-Cipher-Suite */
  const char *truncated;    /* WARC-Truncated: "length", "time", "disconnect" */
  bool revisit;             /* identical body: head only */
  bool not_modified;        /* a 304 of a request with validators */
  const char *refers_to_url; /* of the record that has the body */
  int64_t refers_to_ns;
  const char *via;      /* metadata: the page that the link was on */
  const char *hop_path; /* metadata: Heritrix's letters, "LLR" */
  uint64_t fetch_ms;
} lariat_crawl_warc_exchange;

/* Where in the buffer the records of an exchange are. */
typedef struct lariat_crawl_warc_place {
  uint64_t offset, length;                   /* of all of them */
  uint64_t response_offset, response_length; /* of response or revisit */
  uint8_t payload_sha1[20];
} lariat_crawl_warc_place;

LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_warc_add_exchange(
    lariat_crawl_warc_buffer *buffer,
    const lariat_crawl_warc_exchange *exchange, lariat_crawl_warc_place *place);

/* A warcinfo: `fields` are lines "name: value" with CRLF. */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_warc_add_info(
    lariat_crawl_warc_buffer *buffer, int64_t at_ns, const char *file_name,
    const char *fields);

/* The reader and the checker are the owner's to design:
 * lariat_crawl_warc_reader_new/feed/next..., lariat_crawl_warc_check_file. */

LARIAT_END_C

#endif
