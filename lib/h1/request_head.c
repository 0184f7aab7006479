/* SPDX-License-Identifier: MIT
 * request_head.c: writing requests. */
#include "h1/request_head.h"

#include <string.h>

static char *put_bytes(char *to, const char *text, size_t length) {
  memcpy(to, text, length);
  return to + length;
}

static char *put_text(char *to, const char *text) {
  return put_bytes(to, text, strlen(text));
}

static const char accept_any[] = "Accept: */*\r\n";

/* Returns more bytes than the lines need. */
static size_t lines_capacity(const lr_job *job) {
  enum { SLACK = 64 };
  return job->request.url.origin_length + sizeof accept_any +
         (job->request.headers ? job->request.headers->lines_length : 0) +
         SLACK;
}

static char *put_lines(char *to, const lr_job *job) {
  const lr_url *url = &job->request.url;
  const lr_header_list *headers = job->request.headers;
  to = put_text(to, " HTTP/1.1\r\nHost: ");
  size_t scheme = url->tls ? strlen("https://") : strlen("http://");
  to = put_bytes(to, url->text + scheme, url->origin_length - scheme);
  to = put_text(to, "\r\n");
  if (!headers || !headers->has_accept) to = put_text(to, accept_any);
  if (headers && headers->lines_length)
    to = put_bytes(to, headers->lines, headers->lines_length);
  return put_text(to, "\r\n");
}

static LR_COLD bool write_lines(lr_h1_host *host, const lr_job *job) {
  lr_buffer *lines = &host->lines;
  lines->length = 0;
  if (!lr_buffer_reserve(lines, lines_capacity(job))) return false;
  lines->length = (size_t)(put_lines(lines->bytes, job) - lines->bytes);
  if (job->request.headers) lr_header_list_retain(job->request.headers);
  lr_header_list_release(host->lines_headers);
  host->lines_headers = job->request.headers;
  return true;
}

/* Returns all that is behind the path: in most cases the same as for the host's
 * request before.  NULL when out of memory. */
static const lr_buffer *find_lines(const lr_job *job) {
  lr_h1_host *host = lr_h1_host_of(job->pool.host);
  if (host->lines.length && host->lines_headers == job->request.headers)
    return &host->lines;
  return write_lines(host, job) ? &host->lines : NULL;
}

static char *put_request(char *to, const lr_job *job, const lr_buffer *lines) {
  const lr_url *url = &job->request.url;
  to = job->request.get ? put_bytes(to, "GET ", 4) : put_bytes(to, "HEAD ", 5);
  to = put_bytes(to, url->text + url->origin_length,
                 url->length - url->origin_length);
  return put_bytes(to, lines->bytes, lines->length);
}

const char *lr_request_head_write(lr_h1 *h1, const lr_job *job,
                                  size_t *length) {
  const lr_buffer *lines = find_lines(job);
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
