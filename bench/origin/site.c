/* SPDX-License-Identifier: MIT
 * See site.h.  Every page is deterministic: the same path, the same bytes. */
#define _GNU_SOURCE
#include "site.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delay.h"

enum {
  BLOCK_BYTES = 64 * 1024,
  ALPHABET = 64, /* the body of /bytes/N repeats after this many */
  NAMED_PATH_MAX = 512,
  DELAY_MS_MAX = 600 * 1000,
  TREE_BRANCHES = 10,
  TREE_PAGES = 1111,
  TREE_PAGE_MAX = 1024
};

struct site {
  struct delays *delays;
  struct MHD_Response *front; /* the page of "/", made once */
  size_t page_bytes;
};

/* How far a request has come: what its `*request` points to. */
static char seen_headers;
static char has_waited;

static char byte_at(uint64_t position) {
  static const char bytes[ALPHABET + 1] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-\n";

  return bytes[position % ALPHABET];
}

/* A libmicrohttpd content reader: the body of /bytes/N from `position` on. */
static ssize_t read_bytes(void *context, uint64_t position, char *out,
                          size_t capacity) {
  (void)context;
  for (size_t i = 0; i < capacity; i++) out[i] = byte_at(position + i);
  return (ssize_t)capacity;
}

/* A page that names `path`, filled up with dots to the least length. */
static struct MHD_Response *make_page(const struct site *site,
                                      const char *path) {
  struct MHD_Response *response;
  size_t capacity = site->page_bytes + NAMED_PATH_MAX + 64;
  char *text = malloc(capacity);
  int length;
  size_t whole;

  if (!text) return NULL;
  length = snprintf(text, capacity, "This is %.*s\n", NAMED_PATH_MAX, path);
  if (length < 0) {
    free(text);
    return NULL;
  }
  whole = (size_t)length;
  if (whole < site->page_bytes) {
    memset(text + whole, '.', site->page_bytes - whole);
    whole = site->page_bytes;
    text[whole - 1] = '\n';
  }
  response =
      MHD_create_response_from_buffer(whole, text, MHD_RESPMEM_MUST_FREE);
  if (!response) {
    free(text);
    return NULL;
  }
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                          "text/plain; charset=utf-8");
  return response;
}

struct site *site_new(size_t page_bytes) {
  struct site *site = calloc(1, sizeof *site);

  if (!site) return NULL;
  site->page_bytes = page_bytes;
  site->front = make_page(site, "/");
  site->delays = delays_new();
  if (site->front && site->delays) return site;
  site_free(site);
  return NULL;
}

void site_free(struct site *site) {
  if (site->front) MHD_destroy_response(site->front);
  delays_free(site->delays);
  free(site);
}

void site_end_delays(struct site *site) { delays_end(site->delays); }

/* Sends `response`, giving up the caller's reference to it. */
static enum MHD_Result send_and_drop(struct MHD_Connection *connection,
                                     unsigned status,
                                     struct MHD_Response *response) {
  enum MHD_Result result;

  if (!response) return MHD_NO;
  result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

/* Whether `path` is `prefix` and a decimal number of at most `limit`. */
static bool number_after(const char *path, const char *prefix, uint64_t limit,
                         uint64_t *out) {
  size_t length = strlen(prefix);
  unsigned long long number;
  char *end;

  if (strncmp(path, prefix, length) || path[length] < '0' || path[length] > '9')
    return false;
  errno = 0;
  number = strtoull(path + length, &end, 10);
  *out = number;
  return !errno && !*end && number <= limit;
}

/* Sends a text, which is copied. */
static enum MHD_Result send_text(struct MHD_Connection *connection,
                                 const char *type, char *text, int length) {
  struct MHD_Response *response = MHD_create_response_from_buffer(
      (size_t)length, text, MHD_RESPMEM_MUST_COPY);

  if (response)
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
  return send_and_drop(connection, MHD_HTTP_OK, response);
}

static enum MHD_Result send_bytes(struct MHD_Connection *connection,
                                  uint64_t count) {
  struct MHD_Response *response = MHD_create_response_from_callback(
      count, BLOCK_BYTES, read_bytes, NULL, NULL);

  if (response)
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                            "application/octet-stream");
  return send_and_drop(connection, MHD_HTTP_OK, response);
}

static enum MHD_Result send_page(const struct site *site,
                                 struct MHD_Connection *connection,
                                 unsigned status, const char *path) {
  bool bodiless = status == 204 || status == 304;

  return send_and_drop(connection, status,
                       bodiless ? MHD_create_response_from_buffer(
                                      0, NULL, MHD_RESPMEM_PERSISTENT)
                                : make_page(site, path));
}

static enum MHD_Result delay(const struct site *site,
                             struct MHD_Connection *connection,
                             const char *path, uint64_t delay_ms,
                             void **request) {
  if (*request == &has_waited)
    return send_page(site, connection, MHD_HTTP_OK, path);
  *request = &has_waited;
  if (delays_add(site->delays, connection, delay_ms)) return MHD_YES;
  return send_page(site, connection, MHD_HTTP_OK, path);
}

/* A page of a site that is a tree: each page links to the ten below it and to
 * the top.  There are 1,111 pages. */
static enum MHD_Result send_tree(struct MHD_Connection *connection,
                                 unsigned number) {
  char text[TREE_PAGE_MAX];
  unsigned below = number * TREE_BRANCHES + 1;
  int length = snprintf(text, sizeof text, "<title>%u</title>", number);

  for (unsigned i = below; i < below + TREE_BRANCHES && i < TREE_PAGES; i++)
    length += snprintf(text + length, sizeof text - (size_t)length,
                       "<a href=\"/tree/%u\">%u</a>\n", i, i);
  length += snprintf(text + length, sizeof text - (size_t)length,
                     "<a href=\"/tree/0\">top</a>\n");
  return send_text(connection, "text/html; charset=utf-8", text, length);
}

/* The bytes of a body are counted in what libmicrohttpd keeps for a request,
 * from 1 on: 0 is a request that is new. */
static enum MHD_Result send_length(struct MHD_Connection *connection,
                                   const void *request) {
  char text[32];
  int length =
      snprintf(text, sizeof text, "%zu\n", (size_t)(uintptr_t)request - 1);

  return send_text(connection, "text/plain; charset=utf-8", text, length);
}

enum MHD_Result site_answer(void *context, struct MHD_Connection *connection,
                            const char *path, const char *method,
                            const char *version, const char *upload,
                            size_t *upload_length, void **request) {
  const struct site *site = context;
  bool counts = !strcmp(path, "/length");
  uint64_t number;

  (void)method;
  (void)version;
  (void)upload;
  if (!*request) { /* answering now would cost the connection its keep-alive */
    *request = counts ? (void *)(uintptr_t)1 : &seen_headers;
    return MHD_YES;
  }
  if (*upload_length) { /* a body is read and forgotten */
    if (counts) *request = (void *)((uintptr_t)*request + *upload_length);
    *upload_length = 0;
    return MHD_YES;
  }
  if (counts) return send_length(connection, *request);
  if (!strcmp(path, "/"))
    return MHD_queue_response(connection, MHD_HTTP_OK, site->front);
  if (number_after(path, "/bytes/", INT64_MAX, &number))
    return send_bytes(connection, number);
  if (number_after(path, "/status/", 599, &number) && number >= 200)
    return send_page(site, connection, (unsigned)number, path);
  if (number_after(path, "/delay/", DELAY_MS_MAX, &number))
    return delay(site, connection, path, number, request);
  if (number_after(path, "/tree/", TREE_PAGES - 1, &number))
    return send_tree(connection, (unsigned)number);
  return send_page(site, connection, MHD_HTTP_OK, path);
}
