/* SPDX-License-Identifier: MIT
 * request_head.c: writing requests. */
#include "h1/request_head.h"

#include <string.h>

static char *put(char *to, const char *text, size_t length) {
  memcpy(to, text, length);
  return to + length;
}

static char *put_string(char *to, const char *text) {
  return put(to, text, strlen(text));
}

/* "host:81", without the port if it is the usual one. */
static size_t authority_length(const lr_url *url) {
  static const char usual[] = ":80";
  size_t length = url->origin_length - strlen("http://");
  const char *end = url->text + url->origin_length;
  bool has_usual = memcmp(end - 3, usual, 3) == 0;
  return has_usual ? length - 3 : length;
}

static const char accept_any[] = "Accept: */*\r\n";
static const char accept_encoding[] = "Accept-Encoding: ";

static const char *encoding_of(const lr_h1 *h1, const lr_job *job) {
  if (job->request.headers && job->request.headers->has_encoding) return NULL;
  return job->wants.decompress ? h1->accept_encoding : NULL;
}

/* More than they need. */
static size_t lines_capacity(const lr_job *job, const char *encoding) {
  enum { REST = 64 };
  return job->request.url.origin_length + sizeof accept_any +
         sizeof accept_encoding + (encoding ? strlen(encoding) : 0) +
         (job->request.headers ? job->request.headers->lines_length : 0) + REST;
}

static char *put_lines(char *to, const lr_job *job, const char *encoding) {
  const lr_url *url = &job->request.url;
  const lr_header_list *headers = job->request.headers;
  to = put_string(to, " HTTP/1.1\r\nHost: ");
  to = put(to, url->text + strlen("http://"), authority_length(url));
  to = put_string(to, "\r\n");
  if (!headers || !headers->has_accept) to = put_string(to, accept_any);
  if (encoding) {
    to = put_string(to, accept_encoding);
    to = put_string(to, encoding);
    to = put_string(to, "\r\n");
  }
  if (headers && headers->lines_length)
    to = put(to, headers->lines, headers->lines_length);
  return put_string(to, "\r\n");
}

static LR_COLD bool write_lines(lr_h1_host *host, const lr_job *job,
                                const char *encoding) {
  lr_buffer *lines = &host->lines;
  lines->length = 0;
  if (!lr_buffer_reserve(lines, lines_capacity(job, encoding))) return false;
  lines->length =
      (size_t)(put_lines(lines->bytes, job, encoding) - lines->bytes);
  if (job->request.headers) lr_header_list_retain(job->request.headers);
  lr_header_list_release(host->lines_headers);
  host->lines_headers = job->request.headers;
  host->lines_encoding = encoding;
  return true;
}

/* All that is behind the path: mostly the same as for the host's request
 * before.  NULL when out of memory. */
static const lr_buffer *lines_of(const lr_h1 *h1, const lr_job *job) {
  lr_h1_host *host = lr_h1_host_of(job->pool.host);
  const char *encoding = encoding_of(h1, job);
  if (host->lines.length && host->lines_headers == job->request.headers &&
      host->lines_encoding == encoding)
    return &host->lines;
  return write_lines(host, job, encoding) ? &host->lines : NULL;
}

static char *put_request(char *to, const lr_job *job, const lr_buffer *lines) {
  const lr_url *url = &job->request.url;
  to = job->request.get ? put(to, "GET ", 4) : put(to, "HEAD ", 5);
  to =
      put(to, url->text + url->origin_length, url->length - url->origin_length);
  return put(to, lines->bytes, lines->length);
}

const char *lr_request_head_write(lr_h1 *h1, const lr_job *job,
                                  size_t *length) {
  const lr_buffer *lines = lines_of(h1, job);
  if (!lines) return NULL;
  h1->request.length = 0;
  if (!lr_buffer_reserve(&h1->request, sizeof "HEAD " +
                                           job->request.url.length +
                                           lines->length))
    return NULL;
  char *text = h1->request.bytes;
  *length = (size_t)(put_request(text, job, lines) - text);
  return text;
}

void lr_request_head_trim(lr_h1 *h1, lr_host *host) {
  enum { KEPT = 64 * 1024, KEPT_LINES = 8 * 1024 };
  lr_h1_host *own = lr_h1_host_of(host);
  if (h1->request.capacity > KEPT) lr_buffer_clear(&h1->request);
  if (own->lines.capacity > KEPT_LINES) lr_buffer_clear(&own->lines);
}
