/* SPDX-License-Identifier: MIT
 * cookie_header.c: the jar's cookies beside those that a request brings. */
#include "http/cookie_header.h"

#include <string.h>

#include "http/field.h"

static const char name[] = "Cookie";

/* ---- Pairs ---- */

/* A part of a Cookie header, up to a ';'. */
typedef struct pair {
  const char *at;
  const char *name_end; /* without a '=': where it begins */
  const char *end;
} pair;

/* Takes the pair at `*at`, which is moved behind it; false: there is none. */
static bool next_pair(const char **at, pair *out) {
  const char *begin = *at + strspn(*at, "; \t");
  size_t length = strcspn(begin, ";");
  if (length == 0) return false;
  const char *equals = memchr(begin, '=', length);
  *at = begin + length;
  *out = (pair){begin, equals ? equals : begin, lr_trim_end(begin, *at)};
  return true;
}

static bool has_name_of(const char *text, const pair *wanted) {
  pair other;
  size_t length = (size_t)(wanted->name_end - wanted->at);
  while (length > 0 && next_pair(&text, &other))
    if ((size_t)(other.name_end - other.at) == length &&
        memcmp(other.at, wanted->at, length) == 0)
      return true;
  return false;
}

bool lr_cookie_header_join(lr_buffer *to, const char *own, const char *jar) {
  pair next;
  size_t begin = to->length;
  if (!lr_buffer_append(to, own, strlen(own))) return false;
  while (next_pair(&jar, &next)) {
    if (has_name_of(own, &next)) continue;
    if (to->length > begin && !lr_buffer_append(to, "; ", 2)) return false;
    if (!lr_buffer_append(to, next.at, (size_t)(next.end - next.at)))
      return false;
  }
  return lr_buffer_terminate(to);
}

/* ---- Lists ---- */

/* Returns whether a line is of the name, and where its text begins: behind the
 * blank of "Cookie: a=b", at the end of "Cookie:", which removes, and NULL of
 * "Cookie;", which is an empty one. */
static bool is_cookie(const char *line, const char **text) {
  size_t length = sizeof name - 1;
  if (strlen(line) <= length || !lr_name_equal(line, name, length))
    return false;
  if (line[length] != ':' && line[length] != ';') return false;
  *text = line[length] == ';'
              ? NULL
              : lr_skip_blanks(line + length + 1, line + strlen(line));
  return true;
}

/* Joins the texts of all Cookie headers of the list; `*removed`: one says that
 * none is to be sent. */
static bool join_own(const lr_header_list *headers, lr_buffer *own,
                     bool *removed) {
  const char *text;
  for (const lr_header_line *at = headers->list; at; at = at->next) {
    if (!is_cookie(at->data, &text)) continue;
    if (text && !*text) *removed = true;
    if (!text || !*text) continue;
    if (own->length > 0 && !lr_buffer_append(own, "; ", 2)) return false;
    if (!lr_buffer_append(own, text, strlen(text))) return false;
  }
  return lr_buffer_terminate(own);
}

static lariat_status make_list(lr_header_list *base, const lr_buffer *value,
                               lr_header_list **out) {
  lariat_header header = {name, value->bytes};
  lariat_status status = lr_header_list_make(base, &header, 1, out);
  if (status == LARIAT_OK) (*out)->base = lr_header_list_retain(base);
  return status;
}

lariat_status lr_cookie_header_add(lr_header_list *base, const char *jar,
                                   lr_header_list **out) {
  lr_buffer own = {0};
  lr_buffer value = {0};
  bool removed = false;
  lariat_status status = LARIAT_ENOMEM;
  *out = NULL;
  bool joined = join_own(base, &own, &removed);
  if (joined && removed) {
    *out = lr_header_list_retain(base);
    status = LARIAT_OK;
  } else if (joined && lr_cookie_header_join(&value, own.bytes, jar)) {
    status = make_list(base, &value, out);
  }
  lr_buffer_clear(&own);
  lr_buffer_clear(&value);
  return status;
}

/* ---- Responses ---- */

/* Adds a header; both of its texts are in the other response, the value behind
 * the name. */
static bool copy_header(lariat_response *to, lariat_header header) {
  const char *end = header.value + strlen(header.value);
  return lr_response_put_header(to, header.name, strlen(header.name),
                                header.value, end) == LARIAT_OK;
}

static bool copy_cookies(lariat_response *to, const lariat_response *from) {
  size_t count = lariat_response_header_count(from);
  for (size_t i = 0; i < count; i++) {
    lariat_header header = lariat_response_header_at(from, i);
    if (lr_name_is(header.name, strlen(header.name), "Set-Cookie") &&
        !copy_header(to, header))
      return false;
  }
  return true;
}

bool lr_cookie_header_keep(const lariat_response *response,
                           lariat_response **out) {
  *out = NULL;
  if (!lariat_response_header(response, "Set-Cookie")) return true;
  lariat_response *kept = lr_response_new();
  if (!kept) return false;
  lr_response_begin_block(kept, response->http_version, response->status);
  kept->in_block = false;
  if (copy_cookies(kept, response)) {
    *out = kept;
    return true;
  }
  lr_response_release(kept);
  return false;
}
