/* SPDX-License-Identifier: MIT
 * response_details.c: details of a response, and their public readers. */
#include "http/response_details.h"

#include <string.h>

#include "base/memory.h"
#include "deferred/failure.h"
#include "http/response.h"

/* ---- Memory ---- */

/* Keeps the response from being used again: what it has beside an ordinary one
 * goes with it, so that ordinary ones need not be looked at. */
static void disown_response(lariat_response *response) {
  lr_response_owner *owner = response->owner;
  response->owner = NULL;
  if (owner) owner->forget(owner);
}

lr_response_details *lr_response_details_need(lariat_response *response,
                                              unsigned keep) {
  if (!response->details) {
    response->details = lr_alloc_zero(sizeof *response->details);
    if (!response->details) return NULL;
    disown_response(response);
  }
  response->details->keep = keep;
  return response->details;
}

static void clear_buffers(lr_response_details *details) {
  lr_buffer_clear(&details->tls.certificates);
  lr_buffer_clear(&details->head);
  lr_buffer_clear(&details->coded_body);
}

void lr_response_details_forget(lariat_response *response) {
  lr_response_details *details = response->details;
  if (!details) return;
  clear_buffers(details);
  *details = (lr_response_details){.keep = details->keep};
}

size_t lr_response_details_coded_capacity(const lariat_response *response,
                                          size_t more) {
  enum { SMALLEST = 64 };
  const lr_response_details *details = response->details;
  if (!details || details->coded_body.capacity + more == 0) return 0;
  size_t capacity = details->coded_body.capacity;
  if (capacity < SMALLEST) capacity = SMALLEST;
  while (capacity < details->coded_body.length + more) capacity *= 2;
  return capacity;
}

void lr_response_details_free(lr_response_details *details) {
  if (!details) return;
  clear_buffers(details);
  lr_free(details);
}

bool lr_tls_details_add(lr_tls_details *tls, const void *der, size_t length) {
  lr_buffer *all = &tls->certificates;
  if (length > SIZE_MAX / 2 || !lr_buffer_reserve(all, sizeof length + length))
    return false;
  (void)lr_buffer_append(all, &length, sizeof length);
  (void)lr_buffer_append(all, der, length);
  tls->certificate_count++;
  return true;
}

/* ---- Redirects ---- */

void lr_response_set_previous(lariat_response *response,
                              lariat_response *previous) {
  if (!previous) return;
  disown_response(response);
  response->previous = previous;
}

lariat_response *lr_response_take_previous(lariat_response *response) {
  lariat_response *previous = response->previous;
  response->previous = NULL;
  return previous;
}

static size_t count_previous(const lariat_response *response) {
  size_t count = 0;
  while ((response = response->previous)) count++;
  return count;
}

const lariat_response *
lariat_response_redirect_at(const lariat_response *response, size_t index) {
  size_t count = response ? count_previous(response) : 0;
  if (index >= count) return NULL;
  for (size_t steps = count - index; steps > 0; steps--)
    response = response->previous;
  return response;
}

/* The last one is not the previous of any. */
const lariat_response *lariat_failure_redirect_at(lariat_value failure,
                                                  size_t index) {
  lariat_value answers = lr_failure_answers(failure);
  if (lariat_is_none(answers)) return NULL;
  const lariat_response *last = lariat_response_in(answers);
  const lariat_response *redirect = lariat_response_redirect_at(last, index);
  return redirect || index > count_previous(last) ? redirect : last;
}

/* ---- Heads ---- */

static const lr_response_details *details_of(const lariat_response *response,
                                             unsigned keep) {
  const lr_response_details *details = response ? response->details : NULL;
  return details && details->keep & keep ? details : NULL;
}

/* Returns where the last of several heads begins: behind the empty line that
 * ends the one before. */
static size_t find_last_head(const lr_buffer *heads) {
  const char *end = heads->bytes + heads->length;
  const char *line = heads->bytes;
  const char *last = line;
  while (line < end) {
    const char *lf = memchr(line, '\n', (size_t)(end - line));
    if (!lf) break;
    bool empty = lf == line || (lf == line + 1 && *line == '\r');
    line = lf + 1;
    if (empty && line < end) last = line;
  }
  return (size_t)(last - heads->bytes);
}

/* Returns the raw head, or what came before it, and its length. */
static const char *part_of_head(const lariat_response *response, bool last,
                                size_t *length) {
  const lr_response_details *details =
      details_of(response, LARIAT_KEEP_RAW_HEAD);
  if (length) *length = 0;
  if (!details || details->head.length == 0) return "";
  size_t at = find_last_head(&details->head);
  if (length) *length = last ? details->head.length - at : at;
  return last ? details->head.bytes + at : details->head.bytes;
}

const char *lariat_response_raw_head(const lariat_response *response,
                                     size_t *length) {
  return part_of_head(response, true, length);
}

const char *lariat_response_raw_interim_heads(const lariat_response *response,
                                              size_t *length) {
  return part_of_head(response, false, length);
}

lariat_head_source
lariat_response_raw_head_source(const lariat_response *response) {
  const lr_response_details *details =
      details_of(response, LARIAT_KEEP_RAW_HEAD);
  return details ? (lariat_head_source)details->head_source
                 : LARIAT_HEAD_NOT_KEPT;
}

/* ---- Bodies ---- */

const char *lariat_response_raw_body(const lariat_response *response,
                                     size_t *length) {
  const lr_response_details *details =
      details_of(response, LARIAT_KEEP_RAW_BODY);
  if (length) *length = 0;
  if (!details) return NULL;
  if (!details->has_coded_body) return lariat_response_body(response, length);
  if (length) *length = details->coded_body.length;
  return details->coded_body.bytes ? details->coded_body.bytes : "";
}

/* ---- Connections ---- */

enum { ABOUT_CONNECTIONS = LARIAT_KEEP_CONNECTION | LARIAT_KEEP_CERTIFICATES };

const char *lariat_response_local_ip(const lariat_response *response) {
  const lr_response_details *details = details_of(response, ABOUT_CONNECTIONS);
  return details ? details->local_ip : "";
}

unsigned lariat_response_local_port(const lariat_response *response) {
  const lr_response_details *details = details_of(response, ABOUT_CONNECTIONS);
  return details ? details->local_port : 0;
}

const char *lariat_response_tls_version(const lariat_response *response) {
  const lr_response_details *details = details_of(response, ABOUT_CONNECTIONS);
  return details ? details->tls.version : "";
}

const char *lariat_response_tls_cipher(const lariat_response *response) {
  const lr_response_details *details = details_of(response, ABOUT_CONNECTIONS);
  return details ? details->tls.cipher : "";
}

const char *lariat_response_tls_alpn(const lariat_response *response) {
  const lr_response_details *details = details_of(response, ABOUT_CONNECTIONS);
  return details ? details->tls.alpn : "";
}

bool lariat_response_tls_resumed(const lariat_response *response) {
  const lr_response_details *details = details_of(response, ABOUT_CONNECTIONS);
  return details && details->tls.resumed;
}

size_t lariat_response_certificate_count(const lariat_response *response) {
  const lr_response_details *details =
      details_of(response, LARIAT_KEEP_CERTIFICATES);
  return details ? details->tls.certificate_count : 0;
}

const uint8_t *lariat_response_certificate_at(const lariat_response *response,
                                              size_t index, size_t *length) {
  size_t own = 0;
  bool there = index < lariat_response_certificate_count(response);
  if (length) *length = 0;
  if (!there) return NULL;
  const char *at = response->details->tls.certificates.bytes;
  for (;; at += sizeof own + own) {
    memcpy(&own, at, sizeof own);
    if (index-- == 0) break;
  }
  if (length) *length = own;
  return (const uint8_t *)at + sizeof own;
}
