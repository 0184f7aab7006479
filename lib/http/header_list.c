/* SPDX-License-Identifier: MIT
 * profile.c: request headers as libcurl wants them: one list, made once. */
#include "http/header_list.h"

#include <curl/curl.h>
#include <string.h>

#include "base/memory.h"

enum { LONGEST_METHOD = 32 };

static bool token_byte(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  if (c >= '0' && c <= '9') return true;
  return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

/* How many bytes of `text` are of an HTTP token. */
static size_t token_length(const char *text) {
  size_t length = 0;
  while (token_byte(text[length])) length++;
  return length;
}

static bool is_token(const char *text) {
  return text && text[0] != '\0' && text[token_length(text)] == '\0';
}

bool lr_method_valid(const char *method) {
  return is_token(method) && strlen(method) <= LONGEST_METHOD;
}

static bool header_valid(const lariat_header *header) {
  if (!is_token(header->name)) return false;
  if (curl_strequal(header->name, "Content-Length") ||
      curl_strequal(header->name, "Transfer-Encoding"))
    return false;
  return !header->value || strpbrk(header->value, "\r\n") == NULL;
}

static bool headers_valid(const lariat_header *headers, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!header_valid(&headers[i])) return false;
  return true;
}

/* Whether `line` ("Name: value", "Name;" or "Name:") is of that name. */
static bool line_named(const char *line, const char *name) {
  size_t length = strlen(name);
  return token_length(line) == length && curl_strnequal(line, name, length);
}

static bool line_replaced(const char *line, const lariat_header *headers,
                          size_t count) {
  for (size_t i = 0; i < count; i++)
    if (line_named(line, headers[i].name)) return true;
  return false;
}

/* Puts a copy of `line` at the list's end; `*tail` spares the walk there. */
static bool append(lr_header_list *headers, struct curl_slist **tail,
                   const char *line) {
  struct curl_slist *node = curl_slist_append(NULL, line);
  if (!node) return false;
  if (*tail)
    (*tail)->next = node;
  else
    headers->list = node;
  *tail = node;
  return true;
}

/* White space around a value is not of it; libcurl would take a value of
 * nothing else for a removal. */
static char *line_of(const lariat_header *header) {
  const char *value = header->value ? header->value : "";
  size_t name_length = strlen(header->name);
  value += strspn(value, " \t");
  size_t length = strlen(value);
  while (length > 0 && strchr(" \t", value[length - 1])) length--;
  char *line = lr_alloc(name_length + length + sizeof ": ");
  if (!line) return NULL;
  memcpy(line, header->name, name_length);
  char *end = line + name_length;
  *end++ = header->value && length == 0 ? ';' : ':';
  if (length > 0) *end++ = ' ';
  memcpy(end, value, length);
  end[length] = '\0';
  return line;
}

static bool append_header(lr_header_list *headers, struct curl_slist **tail,
                          const lariat_header *header) {
  char *line = line_of(header);
  bool done = line && append(headers, tail, line);
  lr_free(line);
  return done;
}

static lr_header_list *new_list(void) {
  lr_header_list *headers = lr_alloc_zero(sizeof *headers);
  if (headers) lr_u32_init(&headers->count, 1);
  return headers;
}

static const struct curl_slist *list_of(const lr_header_list *headers) {
  return headers ? headers->list : NULL;
}

static bool fill(lr_header_list *list, const lr_header_list *base,
                 const lariat_header *headers, size_t count) {
  struct curl_slist *tail = NULL;
  for (const struct curl_slist *at = list_of(base); at; at = at->next)
    if (!line_replaced(at->data, headers, count) &&
        !append(list, &tail, at->data))
      return false;
  for (size_t i = 0; i < count; i++)
    if (!append_header(list, &tail, &headers[i])) return false;
  return true;
}

/* The text. */

/* Those that libcurl acts upon itself. */
static bool is_special(const char *line) {
  static const char *const names[] = {"Host", "Connection", "Proxy-Connection",
                                      "TE",   "Expect",     "Upgrade"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (line_named(line, names[i])) return true;
  return false;
}

/* "Name: value" as it is, "Name;" as "Name:", "Name:" not at all. */
static size_t line_length(const char *line) {
  size_t name = token_length(line);
  return line[name + 1] || line[name] == ';' ? strlen(line) + 2 : 0;
}

static char *put_line(char *to, const char *line) {
  size_t length = line_length(line);
  if (length == 0) return to;
  memcpy(to, line, length - 2);
  if (to[length - 3] == ';' && token_length(line) == length - 3)
    to[length - 3] = ':';
  memcpy(to + length - 2, "\r\n", 2);
  return to + length;
}

/* The list is complete. */
static bool write_lines(lr_header_list *headers) {
  headers->h1_safe = true;
  for (const struct curl_slist *at = headers->list; at; at = at->next) {
    headers->lines_length += line_length(at->data);
    if (is_special(at->data)) headers->h1_safe = false;
    if (line_named(at->data, "Accept")) headers->has_accept = true;
    if (line_named(at->data, "Accept-Encoding")) headers->has_encoding = true;
  }
  headers->lines = lr_alloc(headers->lines_length + 1);
  if (!headers->lines) return false;
  char *end = headers->lines;
  for (const struct curl_slist *at = headers->list; at; at = at->next)
    end = put_line(end, at->data);
  return true;
}

lariat_status lr_header_list_make(const lr_header_list *base,
                                  const lariat_header *headers, size_t count,
                                  lr_header_list **out) {
  *out = NULL;
  if (count > 0 && !headers) return LARIAT_EINVAL;
  if (!headers_valid(headers, count)) return LARIAT_EINVAL;
  lr_header_list *list = new_list();
  if (!list) return LARIAT_ENOMEM;
  if (!fill(list, base, headers, count) || !write_lines(list)) {
    lr_header_list_release(list);
    return LARIAT_ENOMEM;
  }
  *out = list;
  return LARIAT_OK;
}

typedef bool (*line_filter)(const char *line);

static bool is_credential(const char *line) {
  return line_named(line, "Authorization") || line_named(line, "Cookie") ||
         line_named(line, "Proxy-Authorization");
}

static bool is_content(const char *line) {
  return curl_strnequal(line, "Content-", strlen("Content-"));
}

static bool is_either(const char *line) {
  return is_credential(line) || is_content(line);
}

static bool any_line(const lr_header_list *headers, line_filter filter) {
  for (const struct curl_slist *at = list_of(headers); at; at = at->next)
    if (filter(at->data)) return true;
  return false;
}

static bool copy_others(lr_header_list *copy, const lr_header_list *headers,
                        line_filter dropped) {
  struct curl_slist *tail = NULL;
  for (const struct curl_slist *at = headers->list; at; at = at->next)
    if (!dropped(at->data) && !append(copy, &tail, at->data)) return false;
  return true;
}

static lariat_status without(lr_header_list *headers, line_filter dropped,
                             lr_header_list **out) {
  *out = NULL;
  if (!any_line(headers, dropped)) {
    *out = headers ? lr_header_list_retain(headers) : NULL;
    return LARIAT_OK;
  }
  lr_header_list *copy = new_list();
  if (!copy) return LARIAT_ENOMEM;
  if (!copy_others(copy, headers, dropped) || !write_lines(copy)) {
    lr_header_list_release(copy);
    return LARIAT_ENOMEM;
  }
  *out = copy;
  return LARIAT_OK;
}

lariat_status lr_header_list_without_credentials(lr_header_list *headers,
                                                 bool no_body,
                                                 lr_header_list **out) {
  return without(headers, no_body ? is_either : is_credential, out);
}

lariat_status lr_header_list_without_content(lr_header_list *headers,
                                             lr_header_list **out) {
  return without(headers, is_content, out);
}

bool lr_header_list_has(const lr_header_list *headers, const char *name) {
  for (const struct curl_slist *at = list_of(headers); at; at = at->next)
    if (line_named(at->data, name)) return true;
  return false;
}

const char *lr_header_list_value(const lr_header_list *headers,
                                 const char *name) {
  for (const struct curl_slist *at = list_of(headers); at; at = at->next) {
    if (!line_named(at->data, name)) continue;
    const char *end = at->data + token_length(at->data);
    if (*end == ';') return "";
    return end[1] ? end + 2 : NULL;
  }
  return NULL;
}

void lr_header_list_free(lr_header_list *headers) {
  curl_slist_free_all(headers->list);
  lr_free(headers->lines);
  lr_free(headers);
}
