/* SPDX-License-Identifier: MIT
 * warc_head.c: reads a head line by line; a line that begins with a blank goes
 * on with the one before it (obs-fold). */
#include "warc_head.h"

#include <string.h>
#include <strings.h>

struct line {
  const char *bytes;
  size_t length; /* with its end */
  size_t name;   /* the length of the name before ':'; 0: there is none */
};

/* ---- Lines ---- */

static bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

/* Returns the line that `at` begins with, with those that go on with it. */
static struct line read_line(const char *at, const char *end) {
  struct line line = {.bytes = at};
  const char *next = at;
  do {
    const char *feed = memchr(next, '\n', (size_t)(end - next));
    next = feed ? feed + 1 : end;
  } while (next < end && is_blank(*next));
  line.length = (size_t)(next - at);
  const char *colon = memchr(at, ':', line.length);
  line.name = colon ? (size_t)(colon - at) : 0;
  return line;
}

static bool is_named(const struct line *line, const char *name) {
  return line->name == strlen(name) &&
         strncasecmp(line->bytes, name, line->name) == 0;
}

/* Returns the length without the line's end. */
static size_t trim(const char *bytes, size_t length) {
  while (length && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
    length--;
  return length;
}

/* ---- What does not shrink ---- */

/* Media types whose bodies are compressed by themselves; those that end with
 * '/' stand for all that begin so. */
static const char *const packed[] = {"image/jpeg",
                                     "image/png",
                                     "image/gif",
                                     "image/webp",
                                     "image/avif",
                                     "image/heic",
                                     "image/jxl",
                                     "video/",
                                     "audio/mpeg",
                                     "audio/mp4",
                                     "audio/aac",
                                     "audio/ogg",
                                     "audio/webm",
                                     "audio/flac",
                                     "font/woff",
                                     "font/woff2",
                                     "application/zip",
                                     "application/gzip",
                                     "application/x-gzip",
                                     "application/zstd",
                                     "application/x-bzip2",
                                     "application/x-xz",
                                     "application/x-7z-compressed",
                                     "application/vnd.rar",
                                     "application/x-rar-compressed",
                                     "application/java-archive",
                                     "application/epub+zip",
                                     "application/vnd.openxmlformats-",
                                     "application/vnd.oasis.opendocument."};

static bool is_packed_type(const char *type, size_t length) {
  for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
    size_t known = strlen(packed[i]);
    bool begins = strchr("/-.", packed[i][known - 1]) != NULL;
    if (length >= known && strncasecmp(type, packed[i], known) == 0 &&
        (begins || length == known || strchr("; \t", type[known])))
      return true;
  }
  return false;
}

static bool says_packed(const struct line *line) {
  const char *value = line->bytes + line->name + 1;
  size_t length = trim(value, line->length - line->name - 1);
  while (length && is_blank(*value)) value++, length--;
  if (is_named(line, "Content-Type")) return is_packed_type(value, length);
  return is_named(line, "Content-Encoding") && length &&
         strncasecmp(value, "identity", length) != 0;
}

lr_crawl_warc_head lr_crawl_warc_head_read(const char *bytes, size_t length) {
  lr_crawl_warc_head head = {.bytes = bytes, .length = length};
  const char *at = bytes, *end = bytes + length;
  while (at < end) {
    struct line line = read_line(at, end);
    head.transfer_coded |= is_named(&line, "Transfer-Encoding");
    head.is_packed |= line.name && says_packed(&line);
    at += line.length;
  }
  return head;
}

/* ---- Answers ---- */

static bool begins_with(const struct line *line, const char *text) {
  size_t length = strlen(text);
  return line->length >= length && memcmp(line->bytes, text, length) == 0;
}

/* Writes a status line; without a reason it ends with a blank (RFC 9112, 4). */
static void put_status_line(lr_crawl_warc_text *text, const struct line *line) {
  const char *blank = memchr(line->bytes, ' ', line->length);
  if (!blank || begins_with(line, "HTTP/1.") || !begins_with(line, "HTTP/")) {
    lr_crawl_warc_text_put(text, line->bytes, line->length);
    return;
  }
  size_t rest = line->length - (size_t)(blank - line->bytes);
  size_t shown = trim(blank, rest);
  lr_crawl_warc_text_put_string(text, "HTTP/1.1");
  lr_crawl_warc_text_put(text, blank, shown);
  if (shown == strlen(" 200")) lr_crawl_warc_text_put_string(text, " ");
  lr_crawl_warc_text_put_string(text, "\r\n");
}

/* Adds what ends a head, if that is missing. */
static void put_end(lr_crawl_warc_text *text, const char *bytes,
                    size_t length) {
  bool line_ended = length && bytes[length - 1] == '\n';
  size_t rest = line_ended ? length - 1 : length;
  if (line_ended && rest && bytes[rest - 1] == '\r') rest--;
  if (line_ended && rest && bytes[rest - 1] == '\n') return;
  lr_crawl_warc_text_put_string(text, line_ended ? "\r\n" : "\r\n\r\n");
}

void lr_crawl_warc_head_put(lr_crawl_warc_text *text,
                            const lr_crawl_warc_head *head) {
  const char *at = head->bytes, *end = at + head->length;
  struct line first = read_line(at, end);
  put_status_line(text, &first);
  at += first.length;
  while (head->transfer_coded && at < end) {
    struct line line = read_line(at, end);
    if (is_named(&line, "Transfer-Encoding") ||
        is_named(&line, "Content-Length"))
      lr_crawl_warc_text_put_string(text, "X-Crawl-");
    lr_crawl_warc_text_put(text, line.bytes, line.length);
    at += line.length;
  }
  lr_crawl_warc_text_put(text, at, (size_t)(end - at));
  put_end(text, head->bytes, head->length);
}

/* ---- Requests ---- */

static const char mask[] = "***";

static const char *find_text(const char *bytes, const char *end,
                             const char *text) {
  return memmem(bytes, (size_t)(end - bytes), text, strlen(text));
}

/* Returns where the authority that begins at `at` ends. */
static const char *end_authority(const char *at, const char *end) {
  while (at < end && !strchr("/?#\\ \t\r\n\"<>", *at)) at++;
  return at;
}

void lr_crawl_warc_head_put_masked(lr_crawl_warc_text *text, const char *bytes,
                                   size_t length) {
  const char *at = bytes, *end = bytes + length, *marks;
  while ((marks = find_text(at, end, "://"))) {
    const char *from = marks + strlen("://"), *to = end_authority(from, end);
    const char *user_end = memrchr(from, '@', (size_t)(to - from));
    const char *colon =
        user_end ? memchr(from, ':', (size_t)(user_end - from)) : NULL;
    const char *shown = colon ? colon + 1 : to;
    lr_crawl_warc_text_put(text, at, (size_t)(shown - at));
    if (colon) lr_crawl_warc_text_put_string(text, mask);
    at = colon ? user_end : to;
  }
  lr_crawl_warc_text_put(text, at, (size_t)(end - at));
}

static bool is_secret(const struct line *line) {
  return is_named(line, "Authorization") ||
         is_named(line, "Proxy-Authorization") || is_named(line, "Cookie");
}

/* Writes a line with the passwords of its URLs masked, or as it is. */
static void put_shown(lr_crawl_warc_text *text, const char *bytes,
                      size_t length, bool keep_secrets) {
  if (keep_secrets)
    lr_crawl_warc_text_put(text, bytes, length);
  else
    lr_crawl_warc_head_put_masked(text, bytes, length);
}

/* Writes "GET / HTTP/1.1", whatever the version is that the line ends with. */
static void put_request_line(lr_crawl_warc_text *text, const struct line *line,
                             bool keep_secrets) {
  size_t shown = trim(line->bytes, line->length), version = shown;
  while (version && line->bytes[version - 1] != ' ') version--;
  bool other = shown - version > strlen("HTTP/") &&
               memcmp(line->bytes + version, "HTTP/", strlen("HTTP/")) == 0 &&
               line->bytes[version + strlen("HTTP/")] != '1';
  put_shown(text, line->bytes, other ? version : shown, keep_secrets);
  if (other) lr_crawl_warc_text_put_string(text, "HTTP/1.1");
  lr_crawl_warc_text_put(text, line->bytes + shown, line->length - shown);
}

void lr_crawl_warc_head_put_request(lr_crawl_warc_text *text, const char *bytes,
                                    size_t length, bool keep_secrets) {
  const char *at = bytes, *end = bytes + length;
  while (at < end) {
    struct line line = read_line(at, end);
    if (at == bytes) {
      put_request_line(text, &line, keep_secrets);
    } else if (!keep_secrets && is_secret(&line)) {
      lr_crawl_warc_text_put(text, line.bytes, line.name);
      lr_crawl_warc_text_put_string(text, ": ***\r\n");
    } else {
      put_shown(text, line.bytes, line.length, keep_secrets);
    }
    at += line.length;
  }
  put_end(text, bytes, length);
}
