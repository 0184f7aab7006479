/* SPDX-License-Identifier: MIT
 * url_record.c: the public lariat_url, once it is parsed. */
#include "http/url_record.h"

#include <string.h>

#include "base/memory.h"

void lr_url_record_clear(lr_url_record *record) {
  lr_free(record->text);
  *record = (lr_url_record){0};
}

void lariat_url_free(lariat_url *url) {
  if (!url) return;
  lr_url_record_clear(&url->record);
  lr_free(url);
}

/* ---- Copies ---- */

/* Cuts the bytes from `from` to `to` out of the text; the offsets behind them
 * are the caller's to move. */
static void cut(lr_url_record *record, uint32_t from, uint32_t to) {
  memmove(record->text + from, record->text + to, record->length - to + 1);
  record->length -= to - from;
}

static void cut_userinfo(lr_url_record *record) {
  uint32_t user = lr_url_record_user(record);
  uint32_t length = record->host - user;
  cut(record, user, record->host);
  record->user_end = user;
  record->host -= length;
  record->host_end -= length;
  record->path -= length;
  record->query -= length;
  record->fragment -= length;
}

static void cut_query(lr_url_record *record) {
  uint32_t length = record->fragment - record->query;
  cut(record, record->query, record->fragment);
  record->fragment -= length;
}

lariat_status lariat_url_copy_without(const lariat_url *url, unsigned parts,
                                      lariat_url **out) {
  static const unsigned all =
      LARIAT_URL_USERINFO | LARIAT_URL_FRAGMENT | LARIAT_URL_QUERY;
  *out = NULL;
  if (parts & ~all) return LARIAT_EINVAL;
  lariat_url *copy = lr_alloc(sizeof *copy);
  if (!copy) return LARIAT_ENOMEM;
  lr_url_record *record = &copy->record;
  *record = url->record;
  record->text = lr_copy_bytes(url->record.text, url->record.length);
  if (!record->text) {
    lr_free(copy);
    return LARIAT_ENOMEM;
  }
  if (parts & LARIAT_URL_FRAGMENT)
    cut(record, record->fragment, record->length);
  if (parts & LARIAT_URL_QUERY) cut_query(record);
  if (parts & LARIAT_URL_USERINFO) cut_userinfo(record);
  *out = copy;
  return LARIAT_OK;
}

/* ---- Readers ---- */

static lariat_url_part part_of(const lariat_url *url, uint32_t from,
                               uint32_t to) {
  return (lariat_url_part){url->record.text + from, to - from};
}

/* Returns what is behind the first byte of a part, or none. */
static lariat_url_part inner_part(const lariat_url *url, uint32_t from,
                                  uint32_t to) {
  return from < to ? part_of(url, from + 1, to) : (lariat_url_part){NULL, 0};
}

const char *lariat_url_text(const lariat_url *url, size_t *length) {
  if (length) *length = url->record.length;
  return url->record.text;
}

lariat_url_part lariat_url_scheme(const lariat_url *url) {
  return part_of(url, 0, url->record.tls ? 5 : 4);
}

lariat_url_part lariat_url_host(const lariat_url *url) {
  return part_of(url, url->record.host, url->record.host_end);
}

lariat_url_part lariat_url_path(const lariat_url *url) {
  return part_of(url, url->record.path, url->record.query);
}

lariat_url_part lariat_url_query(const lariat_url *url) {
  return inner_part(url, url->record.query, url->record.fragment);
}

lariat_url_part lariat_url_fragment(const lariat_url *url) {
  return inner_part(url, url->record.fragment, url->record.length);
}

unsigned lariat_url_port(const lariat_url *url) { return url->record.port; }

bool lariat_url_has_userinfo(const lariat_url *url) {
  return lr_url_record_has_userinfo(&url->record);
}

lariat_url_part lariat_url_user(const lariat_url *url) {
  const lr_url_record *record = &url->record;
  if (!lr_url_record_has_userinfo(record)) return (lariat_url_part){NULL, 0};
  return part_of(url, lr_url_record_user(record), record->user_end);
}

lariat_url_part lariat_url_password(const lariat_url *url) {
  const lr_url_record *record = &url->record;
  if (!lr_url_record_has_userinfo(record)) return (lariat_url_part){NULL, 0};
  return inner_part(url, record->user_end, record->host - 1);
}

bool lariat_url_same_origin(const lariat_url *a, const lariat_url *b) {
  lariat_url_part one = lariat_url_host(a);
  lariat_url_part other = lariat_url_host(b);
  return a->record.tls == b->record.tls && a->record.port == b->record.port &&
         one.length == other.length &&
         memcmp(one.bytes, other.bytes, one.length) == 0;
}
