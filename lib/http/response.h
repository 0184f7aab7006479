/* SPDX-License-Identifier: MIT
 * response.h: a response, filled in line by line and chunk by chunk on the
 * pool's thread; afterwards it does not change. */
#ifndef LR_HTTP_RESPONSE_H
#define LR_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/atomics.h"
#include "base/buffer.h"
#include "http/field.h"
#include <lariat/response.h>

/* Where in the text a header's name and value begin. */
typedef struct lr_header_span {
  uint32_t name;
  uint32_t value;
  uint32_t name_length;
} lr_header_span;

#define LR_RESPONSE_INLINE_HEADERS 16

/* Takes responses back whose last reference is gone.  Embedded in the owner,
 * which lives until the last of its responses was freed. */
typedef struct lr_response_owner {
  /* True: the owner has taken the response back.  Any thread. */
  bool (*take_back)(struct lr_response_owner *owner, lariat_response *response);

  /* A response of the owner's has been freed.  Any thread. */
  void (*forget)(struct lr_response_owner *owner);
} lr_response_owner;

struct lr_attempts;
struct lr_response_details;

/* When a hop and its attempt began: what the timings are reckoned from when
 * they are asked for; without `started_ns` they are in `timings`. */
typedef struct lr_response_beginning {
  uint64_t hop_ns;
  uint64_t started_ns;
} lr_response_beginning;

struct lariat_response {
  lr_atomic_u32 count;
  int status;
  int http_version; /* times ten */
  unsigned redirects;
  unsigned reactor;
  unsigned remote_port;
  bool reused;
  bool has_sha256;
  bool interim;  /* the status line seen last was a 1xx */
  bool in_block; /* between a status line and the empty line */
  uint32_t header_count;
  uint32_t trailer_count; /* behind those, in `headers` */
  uint32_t header_capacity;
  lr_header_span *headers; /* inline_headers, or on the heap */
  lr_header_span inline_headers[LR_RESPONSE_INLINE_HEADERS];
  lr_buffer text; /* names and values, each ended by a NUL */
  lr_buffer body;
  lr_buffer url; /* ended by a NUL; of length 0: not known */
  char remote_ip[48];
  uint8_t sha256[32];
  lariat_timings timings;
  lr_response_beginning beginning;
  lariat_instants instants;     /* without `sent_ns` there are none */
  uint64_t connection;          /* its number; 0: not known */
  uint64_t body_bytes;          /* wherever they went */
  lariat_value stream;          /* the body in pieces; none: it is here */
  struct lr_attempts *attempts; /* this one included; NULL: the only one */
  lariat_retry_end retry_end;
  lariat_desync desync;
  int64_t content_length;   /* from the header; -1: none */
  lr_response_owner *owner; /* NULL: nobody wants it back */
  lariat_response *next_spare;
  /* These two go with the response, which has no owner then. */
  struct lr_response_details *details; /* NULL: none was asked for */
  lariat_response *previous; /* the redirect that led here; NULL: none, or not
                                asked for */
};

/* Limits that do not depend on the user: what a sane server never reaches. */
#define LR_RESPONSE_HEADER_BYTES_MAX (300u * 1024u)
#define LR_RESPONSE_HEADERS_MAX 5000u

/* Makes an empty response with one reference; NULL when out of memory. */
lariat_response *lr_response_new(void);

/* Empties a used response, whose last reference is gone, and gives it one
 * reference; its buffers stay. */
void lr_response_reset(lariat_response *response);

/* Frees a response whose last reference is gone. */
void lr_response_free(lariat_response *response);

/* Takes one line of a header block of HTTP/2 as libcurl gives it (with its line
 * end), or one that a test has written.  The empty line ends the block, and a
 * status line behind a 1xx starts over.  What follows the end of a final block
 * is a trailer, whatever it looks like.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EHEADERLIMIT */
lariat_status lr_response_add_line(lariat_response *response, const char *line,
                                   size_t length);

/* Tells whether a final head is complete. */
static inline bool lr_response_has_head(const lariat_response *response) {
  return response->status && !response->interim && !response->in_block;
}

/* Forgets a head, for a request that is sent anew. */
void lr_response_forget_head(lariat_response *response);

/* Takes a trailer, from `line` to `end`, its line end not included, behind a
 * head that is complete.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EHEADERLIMIT */
lariat_status lr_response_add_trailer(lariat_response *response,
                                      const char *line, const char *colon,
                                      const char *end);

/* Joins what an obs-fold adds, its blanks included perhaps, to the value of the
 * last header or trailer, with a space (RFC 9112, 5.2).
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EHEADERLIMIT */
lariat_status lr_response_add_obs_fold(lariat_response *response,
                                       const char *at, const char *end);

/* Takes a header whose parts are known, of a block that has begun: from `line`
 * to `end`, its line end not included.  Blanks around name and value are
 * dropped.
 *
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EHEADERLIMIT */
lariat_status lr_response_add_header(lariat_response *response,
                                     const char *line, const char *colon,
                                     const char *end);

/* Begins a block, with what its first line says.  This and what follows is what
 * both of these come to, for h1_parser.c, which looks at lines itself. */
static inline void lr_response_begin_block(lariat_response *response,
                                           int http_version, int status) {
  response->status = status;
  response->http_version = http_version;
  response->header_count = 0;
  response->trailer_count = 0;
  response->text.length = 0;
  response->content_length = -1;
  response->interim = status >= 100 && status < 200;
  response->in_block = true;
}

/* Makes space for another header, of so many bytes.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EHEADERLIMIT */
lariat_status lr_response_reserve_header(lariat_response *response,
                                         size_t bytes);

/* Adds a header whose value begins behind the colon, with blanks perhaps.  Name
 * and value are copied at once, with what is between them, and then parted by a
 * NUL.
 * LARIAT_OK, LARIAT_ENOMEM, LARIAT_EHEADERLIMIT */
static inline lariat_status
lr_response_put_header(lariat_response *response, const char *line,
                       size_t name_length, const char *value, const char *end) {
  lr_buffer *text = &response->text;
  value = lr_skip_blanks(value, end);
  end = lr_trim_end(value, end);
  size_t length = (size_t)(end - line);
  if (length >= text->capacity - text->length ||
      response->header_count == response->header_capacity) {
    lariat_status status = lr_response_reserve_header(response, length + 1);
    if (status != LARIAT_OK) return status;
  }
  char *copy = text->bytes + text->length;
  memcpy(copy, line, length);
  copy[name_length] = '\0';
  copy[length] = '\0';
  lr_header_span *span = &response->headers[response->header_count++];
  span->name = (uint32_t)text->length;
  span->value = span->name + (uint32_t)(value - line);
  span->name_length = (uint32_t)name_length;
  text->length += length + 1;
  return LARIAT_OK;
}

/* Returns the value of the last header, and its length. */
static inline const char *
lr_response_last_value(const lariat_response *response, size_t *length) {
  const lr_header_span *span = &response->headers[response->header_count - 1];
  *length = response->text.length - 1 - span->value;
  return response->text.bytes + span->value;
}

/* Reads a Content-Length: digits only; -1 for all else, and for more than will
 * ever be. */
static inline int64_t lr_response_read_length(const char *value,
                                              size_t length) {
  int64_t number = 0;
  if (length == 0 || length > 18) return -1;
  for (size_t i = 0; i < length; i++) {
    unsigned digit = (unsigned)value[i] - '0';
    if (digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/* Appends to the body; false when out of memory.  The first chunk makes space
 * for content_length at once, if that is known and no more than 1 MiB. */
bool lr_response_add_body_slow(lariat_response *response, const void *bytes,
                               size_t length);
static inline bool lr_response_add_body(lariat_response *response,
                                        const void *bytes, size_t length) {
  lr_buffer *body = &response->body;
  if (length == 0 || body->capacity - body->length <= length ||
      response->content_length >= (int64_t)body->capacity)
    return lr_response_add_body_slow(response, bytes, length);
  memcpy(body->bytes + body->length, bytes, length);
  body->length += length;
  return true;
}

/* Returns how much memory the body will have with `more` bytes added. */
size_t lr_response_body_capacity(const lariat_response *response, size_t more);

/* The largest capacity that a small body keeps for its next use. */
#define LR_RESPONSE_LARGE_BODY (64u * 1024u)

/* Puts the NUL behind the body; false when out of memory. */
bool lr_response_finish_slow(lariat_response *response);
static inline bool lr_response_finish(lariat_response *response) {
  lr_buffer *body = &response->body;
  if (body->capacity > LR_RESPONSE_LARGE_BODY || body->length >= body->capacity)
    return lr_response_finish_slow(response);
  body->bytes[body->length] = '\0';
  return true;
}

/* Sets the URL; without memory it is not known. */
void lr_response_copy_url(lariat_response *response, const char *url);

/* Gives a reference back; any thread.  NULL is allowed. */
void lr_response_release(lariat_response *response);

#endif
