/* SPDX-License-Identifier: MIT
 * wire.c: the headers of a request gathered, and its bytes written. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lariat/h1_request.h>
#include <lariat/headers.h>
#include <lariat/load/version.h>

#include "fault.h"

enum { MOST_BODY = 1 << 30 };

/* ---- Methods ---- */

bool lr_load_is_head(const char *method) {
  return method && strcmp(method, "HEAD") == 0;
}

bool lr_load_is_idempotent(const char *method) {
  static const char *const rows[] = {"GET",    "HEAD",    "PUT",
                                     "DELETE", "OPTIONS", "TRACE"};
  if (!method) return true;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (strcmp(method, rows[i]) == 0) return true;
  return false;
}

/* ---- Headers ---- */

/* The headers to be sent. */
struct gathering {
  lariat_header *headers;
  size_t count;
  lariat_headers *credentials; /* holds an Authorization, or NULL */
};

static bool has_name(const lariat_header *headers, size_t count,
                     const char *name) {
  for (size_t i = 0; i < count; i++)
    if (headers[i].name && strcasecmp(headers[i].name, name) == 0) return true;
  return false;
}

bool lr_load_has_header(const lariat_load_request *request,
                        const lariat_load_request *base, const char *name) {
  return has_name(request->headers, request->header_count, name) ||
         (base && has_name(base->headers, base->header_count, name));
}

static void gather_header(struct gathering *all, const lariat_header *header) {
  if (header->value) all->headers[all->count++] = *header;
}

static void gather_headers(struct gathering *all,
                           const lariat_load_request *request,
                           const lariat_load_request *base) {
  static const lariat_header defaults[] = {
      {"User-Agent", "lariat-load/" LARIAT_LOAD_VERSION}, {"Accept", "*/*"}};
  for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
    if (!lr_load_has_header(request, base, defaults[i].name))
      gather_header(all, &defaults[i]);
  for (size_t i = 0; base && i < base->header_count; i++)
    if (!has_name(request->headers, request->header_count,
                  base->headers[i].name))
      gather_header(all, &base->headers[i]);
  for (size_t i = 0; i < request->header_count; i++)
    gather_header(all, &request->headers[i]);
}

/* ---- Credentials ---- */

static int read_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns the byte that begins `left` bytes as an escape; 0: none does, or it
 * is NUL, which stays as it is. */
static char read_escape(const char *text, size_t left) {
  if (left < 3 || text[0] != '%') return 0;
  int high = read_digit(text[1]);
  int low = read_digit(text[2]);
  return high < 0 || low < 0 ? 0 : (char)(high * 16 + low);
}

/* Copies a part of a URL without its escapes; NULL: out of memory. */
static char *copy_decoded(lariat_url_part part) {
  char *copy = malloc(part.length + 1);
  size_t length = 0;
  if (!copy) return NULL;
  for (size_t i = 0; i < part.length; i++) {
    char byte = read_escape(part.bytes + i, part.length - i);
    copy[length++] = byte ? byte : part.bytes[i];
    if (byte) i += 2;
  }
  copy[length] = '\0';
  return copy;
}

/* Makes an Authorization of the URL's user. */
static lariat_status gather_user(struct gathering *all, const lariat_url *url,
                                 lariat_load_error *error) {
  size_t count;
  char *user = copy_decoded(lariat_url_user(url));
  char *password = copy_decoded(lariat_url_password(url));
  lariat_status status = LARIAT_ENOMEM;
  if (user && password) status = lariat_headers_new(&all->credentials);
  if (status == LARIAT_OK)
    status = lariat_headers_set_basic(all->credentials, user, password);
  free(user);
  free(password);
  if (status == LARIAT_EINVAL)
    return lr_load_fail(error, 0, "the URL's user and password cannot be sent");
  if (status == LARIAT_OK)
    gather_header(all, lariat_headers_items(all->credentials, &count));
  return status;
}

static lariat_status gather(struct gathering *all,
                            const lariat_load_request *request,
                            const lariat_load_request *base,
                            const lariat_url *url, lariat_load_error *error) {
  size_t most = request->header_count + (base ? base->header_count : 0) + 3;
  *all = (struct gathering){.headers = calloc(most, sizeof(lariat_header))};
  if (!all->headers) return LARIAT_ENOMEM;
  gather_headers(all, request, base);
  if (!lariat_url_has_userinfo(url) ||
      lr_load_has_header(request, base, "Authorization"))
    return LARIAT_OK;
  return gather_user(all, url, error);
}

/* ---- Faults ---- */

static bool can_write(lariat_h1_request *request, const lariat_header *headers,
                      size_t count) {
  size_t length;
  request->headers = headers;
  request->header_count = count;
  return lariat_h1_request_write(request, NULL, 0, &length) != LARIAT_EINVAL;
}

/* Says why a request cannot be written. */
static lariat_status tell_fault(const struct gathering *all,
                                lariat_h1_request *request,
                                lariat_load_error *error) {
  if (!can_write(request, NULL, 0))
    return lr_load_fail(error, 0, "\"%.40s\" is no method to send",
                        request->method ? request->method : "GET");
  for (size_t i = 0; i < all->count; i++)
    if (!can_write(request, &all->headers[i], 1))
      return lr_load_fail(error, 0, "the header \"%.40s\" cannot be sent",
                          all->headers[i].name ? all->headers[i].name : "");
  return lr_load_fail(error, 0, "the header Host is there twice");
}

/* ---- Bytes ---- */

static bool is_target(const char *target) {
  if (!*target) return false;
  for (; *target; target++)
    if ((unsigned char)*target <= ' ' || *target == 0x7f) return false;
  return true;
}

/* Puts the target between method and version into the place of the URL's. */
static void replace_target(const char *target, size_t length,
                           lr_load_wire *wire) {
  char *from = (char *)memchr(wire->bytes, ' ', wire->head_length) + 1;
  char *end =
      memchr(from, ' ', wire->head_length - (size_t)(from - wire->bytes));
  memmove(from + length, end, wire->length - (size_t)(end - wire->bytes));
  memcpy(from, target, length);
  size_t before = (size_t)(end - from);
  wire->length = wire->length - before + length;
  wire->head_length = wire->head_length - before + length;
}

static lariat_status write_bytes(const lariat_h1_request *head,
                                 const lariat_load_request *request,
                                 lr_load_arena *arena, lr_load_wire *out) {
  size_t length;
  size_t target = request->target ? strlen(request->target) : 0;
  lariat_status status = lariat_h1_request_write(head, NULL, 0, &length);
  if (status != LARIAT_EHEADERLIMIT) return status;
  out->head_length = length;
  out->length = length + request->body_length;
  out->bytes = lr_load_arena_take(arena, out->length + target);
  if (!out->bytes) return LARIAT_ENOMEM;
  if (request->body_length)
    memcpy(out->bytes + length, request->body, request->body_length);
  status = lariat_h1_request_write(head, out->bytes, length, &length);
  if (status != LARIAT_OK || !target) return status;
  size_t before = out->length;
  replace_target(request->target, target, out);
  lr_load_arena_return(arena, before + target - out->length);
  return LARIAT_OK;
}

lariat_status lr_load_wire_make(const lariat_load_request *request,
                                const lariat_load_request *base,
                                const lariat_url *url, lr_load_arena *arena,
                                lr_load_wire *out, lariat_load_error *error) {
  struct gathering all;
  if (request->body_length > MOST_BODY)
    return lr_load_fail(error, 0, "a body of more than %d bytes", MOST_BODY);
  if (request->target && !is_target(request->target))
    return lr_load_fail(error, 0, "the target has what cannot be sent");
  lariat_status status = gather(&all, request, base, url, error);
  if (status == LARIAT_OK) {
    lariat_h1_request head = lariat_h1_request_of(url);
    head.method = request->method;
    head.headers = all.headers;
    head.header_count = all.count;
    head.body_length = request->body_length;
    status = write_bytes(&head, request, arena, out);
    if (status == LARIAT_EINVAL) status = tell_fault(&all, &head, error);
  }
  lariat_headers_free(all.credentials);
  free(all.headers);
  return status;
}
