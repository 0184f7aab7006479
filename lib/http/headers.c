/* SPDX-License-Identifier: MIT
 * headers.c: request headers that are put together. */
#include <lariat/headers.h>

#include <string.h>

#include "base/memory.h"
#include "http/base64.h"
#include "http/field.h"
#include "http/header_list.h"

enum { FIRST_CAPACITY = 8 };

/* Each header is one block: its name, and behind that its value. */
struct lariat_headers {
  lariat_header *items;
  size_t count;
  size_t capacity;
};

lariat_status lariat_headers_new(lariat_headers **out) {
  *out = lr_alloc_zero(sizeof **out);
  return *out ? LARIAT_OK : LARIAT_ENOMEM;
}

static void free_item(const lariat_header *item) {
  lr_free((void *)(uintptr_t)item->name);
}

void lariat_headers_free(lariat_headers *headers) {
  if (!headers) return;
  for (size_t i = 0; i < headers->count; i++) free_item(&headers->items[i]);
  lr_free(headers->items);
  lr_free(headers);
}

/* ---- Changing ---- */

static bool reserve_item(lariat_headers *headers) {
  if (headers->count < headers->capacity) return true;
  size_t capacity = headers->capacity ? headers->capacity * 2 : FIRST_CAPACITY;
  lariat_header *items =
      lr_realloc(headers->items, capacity * sizeof headers->items[0]);
  if (!items) return false;
  headers->items = items;
  headers->capacity = capacity;
  return true;
}

static bool copy_item(lariat_header *item, const char *name,
                      const char *value) {
  size_t name_bytes = strlen(name) + 1;
  size_t value_bytes = value ? strlen(value) + 1 : 0;
  char *block = lr_alloc(name_bytes + value_bytes);
  if (!block) return false;
  memcpy(block, name, name_bytes);
  if (value) memcpy(block + name_bytes, value, value_bytes);
  *item = (lariat_header){block, value ? block + name_bytes : NULL};
  return true;
}

lariat_status lariat_headers_add(lariat_headers *headers, const char *name,
                                 const char *value) {
  const lariat_header header = {name, value};
  lariat_header item;
  if (!name || !lr_header_valid(&header)) return LARIAT_EINVAL;
  if (!reserve_item(headers) || !copy_item(&item, name, value))
    return LARIAT_ENOMEM;
  headers->items[headers->count++] = item;
  return LARIAT_OK;
}

static bool is_called(const lariat_header *item, const char *name) {
  return lr_name_is(item->name, strlen(item->name), name);
}

/* Removes those of that name among the first `count`. */
static size_t remove_among(lariat_headers *headers, size_t count,
                           const char *name) {
  size_t kept = 0;
  for (size_t i = 0; i < headers->count; i++) {
    lariat_header item = headers->items[i];
    if (i < count && is_called(&item, name))
      free_item(&item);
    else
      headers->items[kept++] = item;
  }
  size_t removed = headers->count - kept;
  headers->count = kept;
  return removed;
}

/* Adds first: `name` and `value` may be texts of this list. */
lariat_status lariat_headers_set(lariat_headers *headers, const char *name,
                                 const char *value) {
  lariat_status status = lariat_headers_add(headers, name, value);
  if (status != LARIAT_OK) return status;
  const char *own = headers->items[headers->count - 1].name;
  (void)remove_among(headers, headers->count - 1, own);
  return LARIAT_OK;
}

static bool has_header(const lariat_headers *headers, const char *name) {
  for (size_t i = 0; i < headers->count; i++)
    if (is_called(&headers->items[i], name)) return true;
  return false;
}

lariat_status lariat_headers_set_default(lariat_headers *headers,
                                         const char *name, const char *value) {
  if (name && has_header(headers, name)) return LARIAT_OK;
  return lariat_headers_add(headers, name, value);
}

size_t lariat_headers_remove(lariat_headers *headers, const char *name) {
  return remove_among(headers, headers->count, name);
}

/* ---- Credentials ---- */

static bool has_control(const char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < ' ' || *text == 0x7f) return true;
  return false;
}

/* Joins two texts with `between` in a new block. */
static char *join(const char *first, const char *between, const char *last) {
  size_t length[] = {strlen(first), strlen(between), strlen(last) + 1};
  char *text = lr_alloc(length[0] + length[1] + length[2]);
  if (!text) return NULL;
  memcpy(text, first, length[0]);
  memcpy(text + length[0], between, length[1]);
  memcpy(text + length[0] + length[1], last, length[2]);
  return text;
}

/* Sets Authorization to a text that is freed then; NULL: no memory. */
static lariat_status set_authorization(lariat_headers *headers, char *value) {
  if (!value) return LARIAT_ENOMEM;
  lariat_status status = lariat_headers_set(headers, "Authorization", value);
  lr_free(value);
  return status;
}

lariat_status lariat_headers_set_basic(lariat_headers *headers,
                                       const char *user, const char *password) {
  static const char scheme[] = "Basic ";
  if (!user || !password || strchr(user, ':') || has_control(user) ||
      has_control(password))
    return LARIAT_EINVAL;
  char *plain = join(user, ":", password);
  size_t length = plain ? strlen(plain) : 0;
  char *value =
      plain ? lr_alloc(sizeof scheme + lr_base64_length(length)) : NULL;
  if (value) {
    memcpy(value, scheme, sizeof scheme);
    lr_base64_write(value + sizeof scheme - 1, plain, length);
  }
  lr_free(plain);
  return set_authorization(headers, value);
}

/* Tells whether `text` is what RFC 6750 calls b64token. */
static bool is_token(const char *text) {
  size_t length =
      strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789-._~+/");
  return length > 0 && text[length + strspn(text + length, "=")] == '\0';
}

lariat_status lariat_headers_set_bearer(lariat_headers *headers,
                                        const char *token) {
  if (!token || !is_token(token)) return LARIAT_EINVAL;
  return set_authorization(headers, join("Bearer", " ", token));
}

/* ---- Readers ---- */

const lariat_header *lariat_headers_items(const lariat_headers *headers,
                                          size_t *count) {
  *count = headers->count;
  return headers->items;
}

const char *lariat_headers_find(const lariat_headers *headers,
                                const char *name) {
  for (size_t i = 0; i < headers->count; i++)
    if (is_called(&headers->items[i], name)) return headers->items[i].value;
  return NULL;
}
