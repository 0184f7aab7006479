/* SPDX-License-Identifier: MIT
 * header_list.c: request headers as libcurl takes them: one list, made once. */
#include "http/header_list.h"

#include <string.h>

#include "base/memory.h"
#include "http/field.h"

enum { LONGEST_METHOD = 32 };

/* The bytes that a token may have (RFC 9110, 5.6.2). */
static const bool token_bytes[256] = {
    ['0' ... '9'] = true, ['a' ... 'z'] = true, ['A' ... 'Z'] = true,
    ['!'] = true,         ['#'] = true,         ['$'] = true,
    ['%'] = true,         ['&'] = true,         ['\''] = true,
    ['*'] = true,         ['+'] = true,         ['-'] = true,
    ['.'] = true,         ['^'] = true,         ['_'] = true,
    ['`'] = true,         ['|'] = true,         ['~'] = true};

/* Counts the bytes at the beginning of `text` that are of an HTTP token. */
static size_t token_length(const char *text) {
  size_t length = 0;
  while (token_bytes[(unsigned char)text[length]]) length++;
  return length;
}

static bool is_token(const char *text) {
  return text && text[0] != '\0' && text[token_length(text)] == '\0';
}

bool lr_method_valid(const char *method) {
  if (!method) return false;
  size_t length = token_length(method);
  if (length == 0 || length > LONGEST_METHOD || method[length]) return false;
  return *method != 'C' || strcmp(method, "CONNECT") != 0;
}

bool lr_header_valid(const lariat_header *header) {
  if (!is_token(header->name)) return false;
  size_t length = strlen(header->name);
  if (lr_name_is(header->name, length, "Content-Length") ||
      lr_name_is(header->name, length, "Transfer-Encoding"))
    return false;
  return !header->value || strpbrk(header->value, "\r\n") == NULL;
}

static bool are_headers_valid(const lariat_header *headers, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!lr_header_valid(&headers[i])) return false;
  return true;
}

/* ---- Lines ---- */

/* Tells whether `line` is of that name. */
static bool is_line_of(const char *line, const char *name) {
  return lr_name_is(line, token_length(line), name);
}

static bool is_line_replaced(const char *line, const lariat_header *headers,
                             size_t count) {
  for (size_t i = 0; i < count; i++)
    if (is_line_of(line, headers[i].name)) return true;
  return false;
}

/* Puts a line for a text of that length at the list's end; `*tail` spares the
 * walk there. */
static char *append_line(lr_header_list *headers, lr_header_line **tail,
                         size_t length) {
  lr_header_line *line = lr_alloc(sizeof *line + length + 1);
  if (!line) return NULL;
  line->data = (char *)(line + 1);
  line->data[length] = '\0';
  line->next = NULL;
  if (*tail)
    (*tail)->next = line;
  else
    headers->list = line;
  *tail = line;
  return line->data;
}

static bool copy_line(lr_header_list *headers, lr_header_line **tail,
                      const char *text) {
  size_t length = strlen(text);
  char *line = append_line(headers, tail, length);
  if (line) memcpy(line, text, length);
  return line != NULL;
}

/* Writes a header as a line.  White space around a value is not of it; libcurl
 * would take a value of nothing else for a removal. */
static bool append_header(lr_header_list *headers, lr_header_line **tail,
                          const lariat_header *header) {
  const char *text = header->value ? header->value : "";
  const char *text_end = text + strlen(text);
  const char *value = lr_skip_blanks(text, text_end);
  size_t length = (size_t)(lr_trim_end(value, text_end) - value);
  size_t name_length = strlen(header->name);
  size_t colon = length > 0 ? sizeof ": " - 1 : 1;
  char *line = append_line(headers, tail, name_length + colon + length);
  if (!line) return false;
  memcpy(line, header->name, name_length);
  char *end = line + name_length;
  *end++ = header->value && length == 0 ? ';' : ':';
  if (length > 0) *end++ = ' ';
  memcpy(end, value, length);
  return true;
}

static lr_header_list *new_list(void) {
  lr_header_list *headers = lr_alloc_zero(sizeof *headers);
  if (headers) lr_u32_init(&headers->count, 1);
  return headers;
}

static const lr_header_line *first_line(const lr_header_list *headers) {
  return headers ? headers->list : NULL;
}

static bool fill_list(lr_header_list *list, const lr_header_list *base,
                      const lariat_header *headers, size_t count) {
  lr_header_line *tail = NULL;
  for (const lr_header_line *at = first_line(base); at; at = at->next)
    if (!is_line_replaced(at->data, headers, count) &&
        !copy_line(list, &tail, at->data))
      return false;
  for (size_t i = 0; i < count; i++)
    if (!append_header(list, &tail, &headers[i])) return false;
  return true;
}

/* ---- Text as it is sent ---- */

/* Counts the bytes that a line is sent as: "Name: value" as it is, "Name;" as
 * "Name:", "Name:" not at all. */
static size_t sent_length(const char *line) {
  size_t name = token_length(line);
  return line[name + 1] || line[name] == ';' ? strlen(line) + 2 : 0;
}

/* Tells the headers that libcurl acts upon itself.  No Expect, which each body
 * has for the sake of libcurl, is what is sent anyway. */
static bool is_special(const char *line) {
  static const char *const names[] = {"Host", "Connection", "Proxy-Connection",
                                      "TE", "Upgrade"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (is_line_of(line, names[i])) return true;
  return is_line_of(line, "Expect") && sent_length(line) > 0;
}

static char *put_line(char *to, const char *line) {
  size_t length = sent_length(line);
  if (length == 0) return to;
  memcpy(to, line, length - 2);
  if (to[length - 3] == ';' && token_length(line) == length - 3)
    to[length - 3] = ':';
  memcpy(to + length - 2, "\r\n", 2);
  return to + length;
}

/* Writes the text of a list that is complete. */
static bool write_lines(lr_header_list *headers) {
  headers->h1_safe = true;
  for (const lr_header_line *at = headers->list; at; at = at->next) {
    headers->lines_length += sent_length(at->data);
    if (is_special(at->data)) headers->h1_safe = false;
    if (is_line_of(at->data, "Accept")) headers->has_accept = true;
  }
  headers->lines = lr_alloc(headers->lines_length + 1);
  if (!headers->lines) return false;
  char *end = headers->lines;
  for (const lr_header_line *at = headers->list; at; at = at->next)
    end = put_line(end, at->data);
  return true;
}

lariat_status lr_header_list_make(const lr_header_list *base,
                                  const lariat_header *headers, size_t count,
                                  lr_header_list **out) {
  *out = NULL;
  if (count > 0 && !headers) return LARIAT_EINVAL;
  if (!are_headers_valid(headers, count)) return LARIAT_EINVAL;
  lr_header_list *list = new_list();
  if (!list) return LARIAT_ENOMEM;
  if (!fill_list(list, base, headers, count) || !write_lines(list)) {
    lr_header_list_release(list);
    return LARIAT_ENOMEM;
  }
  *out = list;
  return LARIAT_OK;
}

/* ---- Kinds ---- */

static bool is_one_of(const char *line, const char *const *names) {
  for (; *names; names++)
    if (is_line_of(line, *names)) return true;
  return false;
}

static bool begins_with(const char *line, const char *prefix) {
  size_t length = strlen(prefix);
  return token_length(line) >= length && lr_name_equal(line, prefix, length);
}

/* Returns the kind of a line, an LR_HEADERS_*; 0: it is of those that anybody
 * may see, by what RFC 9110 and RFC 9111 say of them. */
static unsigned kind_of(const char *line) {
  static const char *const credentials[] = {"Authorization", "Cookie",
                                            "Proxy-Authorization", NULL};
  static const char *const open[] = {"User-Agent", "Cache-Control",
                                     "Pragma",     "Range",
                                     "Expect",     "TE",
                                     "Connection", "Upgrade-Insecure-Requests",
                                     NULL};
  if (is_one_of(line, credentials)) return LR_HEADERS_CREDENTIALS;
  if (is_line_of(line, "Host")) return LR_HEADERS_HOST;
  if (begins_with(line, "Content-")) return LR_HEADERS_CONTENT;
  if (is_one_of(line, open) || begins_with(line, "Accept") ||
      begins_with(line, "If-"))
    return 0;
  return LR_HEADERS_OWN;
}

static bool has_kind(const lr_header_list *headers, unsigned kinds) {
  for (const lr_header_line *at = first_line(headers); at; at = at->next)
    if (kind_of(at->data) & kinds) return true;
  return false;
}

static bool copy_others(lr_header_list *copy, const lr_header_list *headers,
                        unsigned kinds) {
  lr_header_line *tail = NULL;
  for (const lr_header_line *at = headers->list; at; at = at->next)
    if (!(kind_of(at->data) & kinds) && !copy_line(copy, &tail, at->data))
      return false;
  return true;
}

lariat_status lr_header_list_without(lr_header_list *headers, unsigned kinds,
                                     lr_header_list **out) {
  *out = NULL;
  if (!has_kind(headers, kinds)) {
    *out = headers ? lr_header_list_retain(headers) : NULL;
    return LARIAT_OK;
  }
  lr_header_list *copy = new_list();
  if (!copy) return LARIAT_ENOMEM;
  if (!copy_others(copy, headers, kinds) || !write_lines(copy)) {
    lr_header_list_release(copy);
    return LARIAT_ENOMEM;
  }
  *out = copy;
  return LARIAT_OK;
}

const char *lr_header_list_find(const lr_header_list *headers, unsigned kinds,
                                size_t *name_length) {
  for (const lr_header_line *at = first_line(headers); at; at = at->next) {
    if (!(kind_of(at->data) & kinds) || sent_length(at->data) == 0) continue;
    *name_length = token_length(at->data);
    return at->data;
  }
  return NULL;
}

/* ---- Readers ---- */

bool lr_header_list_has(const lr_header_list *headers, const char *name) {
  for (const lr_header_line *at = first_line(headers); at; at = at->next)
    if (is_line_of(at->data, name)) return true;
  return false;
}

const char *lr_header_list_value(const lr_header_list *headers,
                                 const char *name) {
  for (const lr_header_line *at = first_line(headers); at; at = at->next) {
    if (!is_line_of(at->data, name)) continue;
    const char *end = at->data + token_length(at->data);
    if (*end == ';') return "";
    return end[1] ? end + 2 : NULL;
  }
  return NULL;
}

static void free_list(lr_header_list *headers) {
  while (headers->list) {
    lr_header_line *line = headers->list;
    headers->list = line->next;
    lr_free(line);
  }
  lr_free(headers->lines);
  lr_free(headers);
}

void lr_header_list_free(lr_header_list *headers) {
  lr_header_list *base = headers->base;
  free_list(headers);
  if (base && lr_count_release(&base->count)) free_list(base);
}
