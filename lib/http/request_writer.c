/* SPDX-License-Identifier: MIT
 * request_writer.c: the public lariat_h1_request: heads of requests that the
 * caller sends. */
#include <lariat/h1_request.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "http/field.h"
#include "http/header_list.h"
#include "http/url_record.h"

/* A text that is written as far as there is space for it. */
typedef struct writer {
  char *text;
  size_t capacity;
  size_t length; /* more than the capacity: it did not fit */
} writer;

static void put_bytes(writer *out, const char *bytes, size_t length) {
  if (out->length <= out->capacity && length <= out->capacity - out->length &&
      length)
    memcpy(out->text + out->length, bytes, length);
  out->length += length;
}

static void put_text(writer *out, const char *text) {
  put_bytes(out, text, strlen(text));
}

lariat_h1_request lariat_h1_request_of(const lariat_url *url) {
  return (lariat_h1_request){.size = sizeof(lariat_h1_request), .url = url};
}

static const char *method_of(const lariat_h1_request *request) {
  return request->method ? request->method : "GET";
}

/* ---- Checks ---- */

static bool is_host(const lariat_header *header) {
  return lr_name_is(header->name, strlen(header->name), "Host");
}

/* Two Hosts are no request (RFC 9112, 3.2). */
static bool are_headers_valid(const lariat_h1_request *request) {
  unsigned hosts = 0;
  for (size_t i = 0; i < request->header_count; i++) {
    const lariat_header *header = &request->headers[i];
    if (!header->value || !lr_header_valid(header)) return false;
    hosts += is_host(header);
  }
  return hosts <= 1;
}

static bool is_valid(const lariat_h1_request *request) {
  return request->url && lr_method_valid(method_of(request)) &&
         are_headers_valid(request);
}

/* Copies a request as far as its size goes. */
static bool read_request(lariat_h1_request *request,
                         const lariat_h1_request *given) {
  *request = lariat_h1_request_of(NULL);
  if (given->size < sizeof given->size) return false;
  memcpy(request, given,
         given->size < sizeof *given ? given->size : sizeof *given);
  return is_valid(request);
}

/* ---- Lines ---- */

static void put_request_line(writer *out, const lariat_h1_request *request) {
  const lr_url_record *url = &request->url->record;
  put_text(out, method_of(request));
  put_text(out, " ");
  put_bytes(out, url->text + url->path, url->fragment - url->path);
  put_text(out, " HTTP/1.1\r\n");
}

static void put_header(writer *out, const lariat_header *header) {
  put_text(out, header->name);
  put_text(out, ": ");
  put_text(out, header->value);
  put_text(out, "\r\n");
}

/* Puts the Host: the caller's, or that of the URL. */
static void put_host(writer *out, const lariat_h1_request *request) {
  const lr_url_record *url = &request->url->record;
  for (size_t i = 0; i < request->header_count; i++) {
    if (!is_host(&request->headers[i])) continue;
    put_header(out, &request->headers[i]);
    return;
  }
  put_text(out, "Host: ");
  put_bytes(out, url->text + url->host, url->path - url->host);
  put_text(out, "\r\n");
}

static bool has_content(const char *method) {
  static const char *const without[] = {"GET", "HEAD", "DELETE", "OPTIONS",
                                        "TRACE"};
  for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
    if (strcmp(method, without[i]) == 0) return false;
  return true;
}

static void put_framing(writer *out, const lariat_h1_request *request) {
  char line[48];
  if (request->body_length == LARIAT_LENGTH_UNKNOWN) {
    put_text(out, "Transfer-Encoding: chunked\r\n");
  } else if (request->body_length || has_content(method_of(request))) {
    (void)snprintf(line, sizeof line, "Content-Length: %ju\r\n",
                   (uintmax_t)request->body_length);
    put_text(out, line);
  }
}

lariat_status lariat_h1_request_write(const lariat_h1_request *given,
                                      char *text, size_t capacity,
                                      size_t *length) {
  lariat_h1_request request;
  writer out = {text, capacity, 0};
  *length = 0;
  if (!read_request(&request, given)) return LARIAT_EINVAL;
  put_request_line(&out, &request);
  put_host(&out, &request);
  for (size_t i = 0; i < request.header_count; i++)
    if (!is_host(&request.headers[i])) put_header(&out, &request.headers[i]);
  put_framing(&out, &request);
  put_text(&out, "\r\n");
  *length = out.length;
  return out.length <= capacity ? LARIAT_OK : LARIAT_EHEADERLIMIT;
}
