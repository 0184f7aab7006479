/* SPDX-License-Identifier: MIT
 * request_head.c: writing requests. */
#include "h1/request_head.h"

#include <string.h>

#include "job/body_source.h"

static char *put_bytes(char *to, const char *text, size_t length) {
  memcpy(to, text, length);
  return to + length;
}

static char *put_text(char *to, const char *text) {
  return put_bytes(to, text, strlen(text));
}

static char *put_number(char *to, uint64_t number) {
  char digits[20];
  char *first = digits + sizeof digits;
  do *--first = (char)('0' + number % 10);
  while (number /= 10);
  return put_bytes(to, first, (size_t)(digits + sizeof digits - first));
}

static const char accept_any[] = "Accept: */*\r\n";
static const char chunked[] = "Transfer-Encoding: chunked\r\n";
static const char form[] =
    "Content-Type: application/x-www-form-urlencoded\r\n";

/* Returns more bytes than the lines need. */
static size_t lines_capacity(const lr_job *job) {
  enum { SLACK = 64 };
  return job->request.url.origin_length + sizeof accept_any + sizeof chunked +
         (job->request.headers ? job->request.headers->lines_length : 0) +
         SLACK;
}

/* Puts what is behind the path; `coding` is a line that libcurl has before
 * those of its user. */
static char *put_lines(char *to, const lr_job *job, const char *coding) {
  const lr_url *url = &job->request.url;
  const lr_header_list *headers = job->request.headers;
  to = put_text(to, " HTTP/1.1\r\nHost: ");
  size_t scheme = url->tls ? strlen("https://") : strlen("http://");
  to = put_bytes(to, url->text + scheme, url->origin_length - scheme);
  to = put_text(to, "\r\n");
  if (!headers || !headers->has_accept) to = put_text(to, accept_any);
  to = put_text(to, coding);
  if (headers && headers->lines_length)
    to = put_bytes(to, headers->lines, headers->lines_length);
  return put_text(to, "\r\n");
}

static LR_COLD bool write_lines(lr_h1_host *host, const lr_job *job) {
  lr_buffer *lines = &host->lines;
  lines->length = 0;
  if (!lr_buffer_reserve(lines, lines_capacity(job))) return false;
  lines->length = (size_t)(put_lines(lines->bytes, job, "") - lines->bytes);
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

static char *put_path(char *to, const lr_job *job) {
  const lr_url *url = &job->request.url;
  return put_bytes(to, url->text + url->origin_length,
                   url->length - url->origin_length);
}

/* ---- Requests that are not GET, or have a body ---- */

static bool is_post(const lr_job *job) {
  return strcmp(job->request.method, "POST") == 0;
}

static bool is_chunked(const lr_job *job) {
  return job->body.source && job->body.source->length == LARIAT_LENGTH_UNKNOWN;
}

/* Says whether the request tells how long its body is: any with one, and each
 * POST. */
static bool has_length(const lr_job *job) {
  if (job->body.source) return !is_chunked(job);
  return job->body.bytes || is_post(job);
}

/* Puts the headers about a body and the end of the head.  An empty body from
 * memory has a type that libcurl makes up, if it has no other. */
static char *put_length(char *to, const lr_job *job) {
  const lr_header_list *headers = job->request.headers;
  if (has_length(job)) {
    to = put_text(to, "Content-Length: ");
    to = put_number(to, job->body.source ? job->body.source->length
                                         : job->body.length);
    to = put_text(to, "\r\n");
    if (!job->body.source && job->body.length == 0 &&
        !(headers && lr_header_list_has(headers, "Content-Type")))
      to = put_text(to, form);
  }
  return put_text(to, "\r\n");
}

static char *put_other_request(char *to, const lr_job *job,
                               const lr_buffer *lines) {
  enum { CRLF = 2 };
  to = put_text(to, job->request.method);
  *to++ = ' ';
  to = put_path(to, job);
  if (is_chunked(job)) return put_lines(to, job, chunked);
  to = put_bytes(to, lines->bytes, lines->length - CRLF);
  to = put_length(to, job);
  size_t length = lr_request_head_body_length(job);
  return length ? put_bytes(to, job->body.bytes, length) : to;
}

static LR_COLD const char *write_other_request(lr_h1 *h1, const lr_job *job,
                                               const lr_buffer *lines,
                                               size_t *length) {
  enum { LENGTH_LINE = 64 };
  size_t most = sizeof job->request.method + job->request.url.length +
                lines_capacity(job) + LENGTH_LINE + sizeof form +
                lr_request_head_body_length(job);
  h1->request.length = 0;
  if (!lr_buffer_reserve(&h1->request, most)) return NULL;
  char *text = h1->request.bytes;
  *length = (size_t)(put_other_request(text, job, lines) - text);
  h1->request.length = *length;
  return text;
}

/* ---- All requests ---- */

const char *lr_request_head_write(lr_h1 *h1, const lr_job *job,
                                  size_t *length) {
  const lr_buffer *lines = find_lines(job);
  if (!lines) return NULL;
  if (!job->request.get) return write_other_request(h1, job, lines, length);
  h1->request.length = 0;
  if (!lr_buffer_reserve(&h1->request, sizeof "GET " + job->request.url.length +
                                           lines->length))
    return NULL;
  char *text = h1->request.bytes;
  char *end = put_path(put_bytes(text, "GET ", 4), job);
  *length = (size_t)(put_bytes(end, lines->bytes, lines->length) - text);
  return text;
}

void lr_request_head_trim(lr_h1 *h1, lr_host *host) {
  enum { KEPT = 64 * 1024, KEPT_LINES = 8 * 1024 };
  lr_h1_host *own = lr_h1_host_of(host);
  if (h1->request.capacity > KEPT) lr_buffer_clear(&h1->request);
  if (own->lines.capacity > KEPT_LINES) lr_buffer_clear(&own->lines);
}
