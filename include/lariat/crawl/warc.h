/* SPDX-License-Identifier: MIT
 * lariat_crawl_warc: writes WARC 1.1 (ISO 28500:2017), the format that web
 * archives are kept in: records of what a fetch has sent and brought, each in a
 * gzip member of its own.  Bytes in, bytes out: no file, no network.
 *
 *   lariat_crawl_warc_buffer_new(4, &buffer);
 *   lariat_crawl_warc_add_info(buffer, now_ns, "site-00000.warc.gz", NULL);
 *   lariat_crawl_warc_add_exchange(buffer, &exchange, NULL);
 *   ...write lariat_crawl_warc_buffer_bytes(buffer, &length) to the file...
 *   lariat_crawl_warc_buffer_clear(buffer);
 *
 * lariat/crawl/warc_reader.h reads such files, those of other writers, too.
 * docs/warc.md explains what is in the records, and how to replay them. */
#ifndef LARIAT_CRAWL_WARC_H
#define LARIAT_CRAWL_WARC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lariat/export.h>
#include <lariat/response.h>
#include <lariat/status.h>

LARIAT_BEGIN_C

/* The types of records (ISO 28500, 6). */
typedef enum lariat_crawl_warc_type {
  LARIAT_CRAWL_WARC_UNKNOWN = 0, /* another one; readers pass over it */
  LARIAT_CRAWL_WARC_WARCINFO = 1,
  LARIAT_CRAWL_WARC_REQUEST = 2,
  LARIAT_CRAWL_WARC_RESPONSE = 3,
  LARIAT_CRAWL_WARC_REVISIT = 4,
  LARIAT_CRAWL_WARC_METADATA = 5,
  LARIAT_CRAWL_WARC_RESOURCE = 6,
  LARIAT_CRAWL_WARC_CONVERSION = 7,
  LARIAT_CRAWL_WARC_CONTINUATION = 8
} lariat_crawl_warc_type;

/* The records that were made and not yet taken.  One thread at a time. */
typedef struct lariat_crawl_warc_buffer lariat_crawl_warc_buffer;

/* Makes an empty buffer, and puts it into `*out`; the caller owns it
 * (lariat_crawl_warc_buffer_free).  `level` 1 to 12 is that of the compression,
 * by libdeflate: 4 makes files as small as zlib's 6 does, in two fifths of the
 * time; 0: records are not compressed.  Any thread.
 *
 * LARIAT_OK
 * LARIAT_ENOMEM   also: this OpenSSL has no SHA-1
 * LARIAT_EINVAL   no such level
 * LARIAT_ESYSTEM  the system has no random numbers to give */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_warc_buffer_new(int level, lariat_crawl_warc_buffer **out);

/* Frees the buffer; NULL is allowed.  The buffer's thread. */
LARIAT_API void lariat_crawl_warc_buffer_free(lariat_crawl_warc_buffer *buffer);

/* Returns all records since the last clear, as they belong into a file; whole
 * ones only.  The bytes are the buffer's, until something is added or cleared.
 * The buffer's thread. */
LARIAT_API const char *
lariat_crawl_warc_buffer_bytes(const lariat_crawl_warc_buffer *buffer,
                               size_t *length);

/* Empties the buffer.  The last warcinfo is remembered: records that are added
 * go on naming it.  The buffer's thread. */
LARIAT_API void
lariat_crawl_warc_buffer_clear(lariat_crawl_warc_buffer *buffer);

/* One exchange: what was asked, and what came.  Start from {.size = sizeof
 * exchange}; what is NULL or 0 is left out.  Texts are copied, and must have no
 * line end in them. */
typedef struct lariat_crawl_warc_exchange {
  size_t size;
  const char *url; /* WARC-Target-URI: must be there */
  int64_t at_ns;   /* WARC-Date, since 1970: when the request was sent; it is
                      written to the microsecond */
  const char *ip;  /* WARC-IP-Address: of the server */
  const char *request_head; /* bytes from the request line to the empty line */
  size_t request_head_length;
  const char *head; /* of the answer, as it came (lariat_response_raw_head) */
  size_t head_length;
  const char *body; /* content codings as they came, transfer coding undone */
  size_t body_length;
  const uint8_t *digest;   /* SHA-1 of the body, 20 bytes; NULL: it is computed.
                              Of a revisit, and of `not_modified`: of the body
                              that is elsewhere */
  const char *protocol;    /* WARC-Protocol: "http/1.1", "h2" */
  const char *tls_version; /* "tls/1.3", or "TLSv1.3" */
  const char *cipher_suite; /* WARC-Cipher-Suite: IANA's name */
  const char *truncated;    /* WARC-Truncated: "length", "time", "disconnect",
                               "unspecified" */
  bool revisit;      /* the body is known: a revisit record, without it */
  bool not_modified; /* a 304 of a request with validators: likewise */
  bool keep_secrets; /* Authorization, Cookie, Proxy-Authorization and passwords
                        of URLs as they are; else they are "***" */
  const char *refers_to_url; /* of the record that has the body */
  int64_t refers_to_ns;      /* its at_ns */
  const char *via;           /* metadata: the page that the link was on */
  const char *hop_path;      /* metadata: Heritrix's letters, "LLR" */
  uint64_t fetch_ms;         /* metadata: how long it took */
  const char *metadata; /* further lines of that, "name: value" with CRLF */
} lariat_crawl_warc_exchange;

/* The place of an exchange's records among lariat_crawl_warc_buffer_bytes. */
typedef struct lariat_crawl_warc_place {
  uint64_t offset, length;                   /* of all of them */
  uint64_t response_offset, response_length; /* of response or revisit */
  uint8_t payload_sha1[20];                  /* of the body */
} lariat_crawl_warc_place;

/* Writes the SHA-1 of a body: by it a body is known again that an earlier
 * record has, and as `digest` of its exchange it is not computed twice.  The
 * buffer's thread.
 *
 * LARIAT_OK
 * LARIAT_ESYSTEM  OpenSSL makes no digest */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_warc_digest(lariat_crawl_warc_buffer *buffer, const char *body,
                         size_t length, uint8_t sha1[20]);

/* Adds the records of an exchange: response or revisit, if there is a head;
 * request, if there is one of that; metadata, if there is something to say.
 * Each names the first by WARC-Concurrent-To.  `*place` (may be NULL) gets
 * where they are.  Heads of HTTP/2, which have to be made, are written as those
 * of HTTP/1.1; Transfer-Encoding, which is not true of the body, is called
 * X-Crawl-Transfer-Encoding.  A body of 16 MiB and more is compressed in
 * pieces, by zlib.  Nothing is added where something fails.  The buffer's
 * thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM
 * LARIAT_EINVAL   no or no possible URL, a text with a line end, nothing to
 *                 write, a revisit without head or digest, a time before 1970
 * LARIAT_ESYSTEM  OpenSSL makes no digest */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_warc_add_exchange(
    lariat_crawl_warc_buffer *buffer,
    const lariat_crawl_warc_exchange *exchange, lariat_crawl_warc_place *place);

/* Adds a warcinfo, which each file begins with; the records that this buffer
 * gets from now on name it (WARC-Warcinfo-ID).  `file_name` is WARC-Filename;
 * `fields` are lines "name: value" with CRLF, NULL: none; "software" and
 * "format" are added where they have none.  The buffer's thread.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_ESYSTEM
 * LARIAT_EINVAL  a name with a line end, fields that do not end with CRLF, a
 *                time before 1970 */
LARIAT_API LARIAT_MUST_USE lariat_status
lariat_crawl_warc_add_info(lariat_crawl_warc_buffer *buffer, int64_t at_ns,
                           const char *file_name, const char *fields);

/* A record whose block is not of HTTP: a file, a text about a page. */
typedef struct lariat_crawl_warc_content {
  size_t size;
  lariat_crawl_warc_type type; /* METADATA, RESOURCE or CONVERSION */
  const char *url;             /* "file:///...", "urn:...", or a page's */
  int64_t at_ns;
  const char *content_type; /* NULL: application/octet-stream */
  const char *block;
  size_t block_length;
  const char *fields; /* further lines of the record's header, with CRLF */
} lariat_crawl_warc_content;

/* Adds such a record.  The buffer's thread; statuses as
 * lariat_crawl_warc_add_exchange. */
LARIAT_API LARIAT_MUST_USE lariat_status lariat_crawl_warc_add_content(
    lariat_crawl_warc_buffer *buffer, const lariat_crawl_warc_content *content);

LARIAT_END_C

#endif
