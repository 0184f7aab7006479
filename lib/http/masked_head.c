/* SPDX-License-Identifier: MIT
 * masked_head.c: heads, line by line. */
#include "http/masked_head.h"

#include <stdio.h>
#include <string.h>

static const char mask[] = "***";

static bool append_text(lr_buffer *out, const char *text) {
  return lr_buffer_append(out, text, strlen(text));
}

/* Tells whether the value of a header called so is a secret. */
static bool is_secret_name(const char *name, size_t length) {
  static const char *const names[] = {"Authorization", "Proxy-Authorization",
                                      "Cookie",        "Cookie2",
                                      "Set-Cookie",    "Set-Cookie2"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (lr_name_is(name, length, names[i])) return true;
  return false;
}

/* ---- URLs ---- */

static size_t find_any(const char *text, size_t from, size_t end,
                       const char *bytes) {
  while (from < end && text[from] && !strchr(bytes, text[from])) from++;
  return from;
}

static bool are_digits(const char *text, size_t from, size_t end) {
  while (from < end && lr_is_digit(text[from])) from++;
  return from == end;
}

/* A line that is searched for URLs.  The end of the URL that was looked at last
 * is kept: no part of a line is searched over and over. */
typedef struct line_search {
  const char *text;
  size_t end;
  size_t url_end;
  size_t last_at; /* the last '@' of that URL; `url_end`: there is none */
} line_search;

/* Looks at the URL that `from` is in. */
static void enter_url(line_search *search, size_t from) {
  const char *text = search->text;
  if (from < search->url_end) return;
  search->url_end = find_any(text, from, search->end, " \t\"'<>");
  const char *at = memrchr(text + from, '@', search->url_end - from);
  search->last_at = at ? (size_t)(at - text) : search->url_end;
}

/* Finds the '@' behind user and password, in the authority that begins at
 * `from`; the line's end: there are none.  Where the authority has none and its
 * port is no number, a password with a slash in it may have cut it short: then
 * the last '@' of the URL counts. */
static size_t find_userinfo_end(line_search *search, size_t from) {
  const char *text = search->text;
  enter_url(search, from);
  size_t authority_end = find_any(text, from, search->url_end, "/?#\\");
  const char *at = memrchr(text + from, '@', authority_end - from);
  if (at) return (size_t)(at - text);
  const char *colon = memchr(text + from, ':', authority_end - from);
  if (!colon || text[from] == '[' ||
      are_digits(text, (size_t)(colon - text) + 1, authority_end))
    return search->end;
  bool behind = search->last_at < search->url_end && search->last_at >= from;
  return behind ? search->last_at : search->end;
}

static bool is_slash(char c) { return c == '/' || c == '\\'; }

/* Returns where the next authority begins: behind two slashes, or more. */
static size_t find_authority(const char *text, size_t from, size_t end) {
  for (size_t i = from; i + 1 < end; i++) {
    if (!is_slash(text[i]) || !is_slash(text[i + 1])) continue;
    while (i < end && is_slash(text[i])) i++;
    return i;
  }
  return end;
}

/* Appends a text with user and password of each URL in it masked. */
static bool append_urls_masked(lr_buffer *out, const char *text, size_t end) {
  line_search search = {.text = text, .end = end};
  size_t done = 0, from = 0;
  while ((from = find_authority(text, from, end)) < end) {
    size_t at = find_userinfo_end(&search, from);
    if (at == end) continue;
    if (!lr_buffer_append(out, text + done, from - done) ||
        !append_text(out, mask))
      return false;
    done = from = at;
  }
  return lr_buffer_append(out, text + done, end - done);
}

/* ---- Lines ---- */

static bool append_line(lr_buffer *out, const char *line, size_t length) {
  const char *colon = memchr(line, ':', length);
  size_t name = colon ? (size_t)(colon - line) : 0;
  while (name && lr_is_blank(line[name - 1])) name--;
  if (!is_secret_name(line, name)) return append_urls_masked(out, line, length);
  return lr_buffer_append(out, line, name) && append_text(out, ": ") &&
         append_text(out, mask);
}

bool lr_masked_head_append(lr_buffer *out, const char *head, size_t length) {
  const char *end = head + length;
  for (const char *next; head < end; head = next) {
    const char *feed = memchr(head, '\n', (size_t)(end - head));
    const char *line_end = feed ? feed : end;
    next = feed ? feed + 1 : end;
    if (line_end > head && line_end[-1] == '\r') line_end--;
    if (!append_line(out, head, (size_t)(line_end - head)) ||
        !lr_buffer_append(out, line_end, (size_t)(next - line_end)))
      return false;
  }
  return true;
}

static bool append_header(lr_buffer *out, const lariat_header *header) {
  bool secret = is_secret_name(header->name, strlen(header->name));
  if (!append_text(out, header->name) || !append_text(out, ": ")) return false;
  bool added =
      secret ? append_text(out, mask)
             : append_urls_masked(out, header->value, strlen(header->value));
  return added && append_text(out, "\r\n");
}

bool lr_masked_head_append_response(lr_buffer *out,
                                    const lariat_response *response,
                                    const char *reason, size_t reason_length) {
  char line[48];
  int version = response->http_version;
  const char *minor = version == 11 ? ".1" : version == 10 ? ".0" : "";
  snprintf(line, sizeof line, "HTTP/%d%s %d%s", version / 10, minor,
           response->status, reason_length ? " " : "");
  bool added = append_text(out, line) &&
               lr_buffer_append(out, reason, reason_length) &&
               append_text(out, "\r\n");
  for (size_t i = 0; added && i < lariat_response_header_count(response); i++) {
    lariat_header header = lariat_response_header_at(response, i);
    added = append_header(out, &header);
  }
  return added && append_text(out, "\r\n");
}
