/* SPDX-License-Identifier: MIT
 * charset_prescan.c: the prescan is no tokenizer: a <meta> in a script counts,
 * and comments end at "-->" alone. */
#include "charset_prescan.h"

#include <string.h>
#include <strings.h>

#include "ascii.h"

enum { PRESCANNED = 1024 };

struct reader {
  const char *at;
  const char *end;
};

/* A text of the document. */
struct text {
  const char *bytes;
  size_t length;
};

static bool is_text(struct text text, const char *wanted) {
  return text.length == strlen(wanted) &&
         strncasecmp(text.bytes, wanted, text.length) == 0;
}

static bool has(const struct reader *reader, const char *wanted) {
  size_t length = strlen(wanted);
  return (size_t)(reader->end - reader->at) >= length &&
         strncasecmp(reader->at, wanted, length) == 0;
}

static void skip_spaces(struct reader *reader) {
  while (reader->at < reader->end && lr_crawl_is_space(*reader->at))
    reader->at++;
}

const lr_crawl_charset *
lr_crawl_charset_as_meta(const lr_crawl_charset *charset) {
  if (!charset) return NULL;
  switch (charset->kind) {
  case LR_CRAWL_CHARSET_UTF_16LE:
  case LR_CRAWL_CHARSET_UTF_16BE:
    return lr_crawl_charset_utf_8();
  case LR_CRAWL_CHARSET_USER_DEFINED:
    return lr_crawl_charset_windows_1252();
  default:
    return charset;
  }
}

/* ---- charset= ---- */

/* Reads the label at `at`, in quotes or up to a blank or ';'. */
static const lr_crawl_charset *read_label(const char *at, const char *end) {
  const char *to = at;
  if (at < end && (*at == '"' || *at == '\'')) {
    to = memchr(at + 1, *at, (size_t)(end - at - 1));
    if (!to) return NULL;
    return lr_crawl_charset_find(at + 1, (size_t)(to - at - 1));
  }
  while (to < end && !lr_crawl_is_space(*to) && *to != ';') to++;
  return lr_crawl_charset_find(at, (size_t)(to - at));
}

const lr_crawl_charset *lr_crawl_charset_of_content(const char *bytes,
                                                    size_t length) {
  struct reader reader = {bytes, bytes + length};
  while (reader.at < reader.end) {
    if (!has(&reader, "charset")) {
      reader.at++;
      continue;
    }
    reader.at += strlen("charset");
    skip_spaces(&reader);
    if (reader.at == reader.end || *reader.at != '=') continue;
    reader.at++;
    skip_spaces(&reader);
    return read_label(reader.at, reader.end);
  }
  return NULL;
}

/* ---- Attributes ---- */

static struct text read_value(struct reader *reader) {
  skip_spaces(reader);
  const char *from = reader->at;
  if (from < reader->end && (*from == '"' || *from == '\'')) {
    const char *to = memchr(from + 1, *from, (size_t)(reader->end - from - 1));
    reader->at = to ? to + 1 : reader->end;
    return (struct text){from + 1, to ? (size_t)(to - from - 1) : 0};
  }
  while (reader->at < reader->end && !lr_crawl_is_space(*reader->at) &&
         *reader->at != '>')
    reader->at++;
  return (struct text){from, (size_t)(reader->at - from)};
}

/* Reads the next attribute of a tag; false: there is none. */
static bool read_attribute(struct reader *reader, struct text *name,
                           struct text *value) {
  while (reader->at < reader->end &&
         (lr_crawl_is_space(*reader->at) || *reader->at == '/'))
    reader->at++;
  const char *from = reader->at;
  *value = (struct text){from, 0};
  if (from == reader->end || *from == '>') return false;
  while (reader->at < reader->end && !lr_crawl_is_space(*reader->at) &&
         *reader->at != '/' && *reader->at != '>' &&
         (*reader->at != '=' || reader->at == from))
    reader->at++;
  *name = (struct text){from, (size_t)(reader->at - from)};
  skip_spaces(reader);
  if (reader->at < reader->end && *reader->at == '=') {
    reader->at++;
    *value = read_value(reader);
  }
  return reader->at < reader->end;
}

/* ---- <meta> ---- */

enum { CHARSET = 1, HTTP_EQUIV = 2, CONTENT = 4 };

/* A <meta>, as far as it is read. */
struct meta {
  int seen;    /* attributes */
  bool pragma; /* http-equiv=Content-Type */
  enum { NO_NEED = 0, NEEDS_PRAGMA, NEEDS_NONE } need;
  const lr_crawl_charset *charset;
};

static int attribute_of(struct text name) {
  if (is_text(name, "charset")) return CHARSET;
  if (is_text(name, "http-equiv")) return HTTP_EQUIV;
  return is_text(name, "content") ? CONTENT : 0;
}

static void take_attribute(struct meta *meta, struct text name,
                           struct text value) {
  int attribute = attribute_of(name);
  if (meta->seen & attribute) return;
  meta->seen |= attribute;
  if (attribute == HTTP_EQUIV) {
    meta->pragma = is_text(value, "content-type");
  } else if (attribute == CHARSET) {
    meta->charset = lr_crawl_charset_find(value.bytes, value.length);
    meta->need = NEEDS_NONE;
  } else if (attribute == CONTENT && !meta->charset &&
             meta->need != NEEDS_NONE) {
    meta->charset = lr_crawl_charset_of_content(value.bytes, value.length);
    if (meta->charset) meta->need = NEEDS_PRAGMA;
  }
}

static const lr_crawl_charset *read_meta(struct reader *reader) {
  struct meta meta = {0};
  struct text name, value;
  while (read_attribute(reader, &name, &value))
    take_attribute(&meta, name, value);
  if (meta.need == NO_NEED || (meta.need == NEEDS_PRAGMA && !meta.pragma))
    return NULL;
  return lr_crawl_charset_as_meta(meta.charset);
}

/* ---- The scan ---- */

static void skip_to(struct reader *reader, const char *mark) {
  size_t length = strlen(mark);
  const char *found =
      memmem(reader->at, (size_t)(reader->end - reader->at), mark, length);
  reader->at = found ? found + length : reader->end;
}

static void skip_tag(struct reader *reader) {
  struct text name, value;
  while (reader->at < reader->end && !lr_crawl_is_space(*reader->at) &&
         *reader->at != '>')
    reader->at++;
  while (read_attribute(reader, &name, &value)) continue;
}

static bool is_tag(const struct reader *reader) {
  if (has(reader, "</"))
    return reader->end - reader->at > 2 && lr_crawl_is_letter(reader->at[2]);
  return reader->end - reader->at > 1 && lr_crawl_is_letter(reader->at[1]);
}

static bool is_meta(const struct reader *reader) {
  return has(reader, "<meta") && reader->end - reader->at > 5 &&
         (lr_crawl_is_space(reader->at[5]) || reader->at[5] == '/');
}

/* Takes what is at a '<'; returns the encoding that it names, or NULL. */
static const lr_crawl_charset *scan_markup(struct reader *reader) {
  if (has(reader, "<!--")) {
    reader->at += 2; /* whose dashes may be those of the end */
    skip_to(reader, "-->");
  } else if (is_meta(reader)) {
    reader->at += strlen("<meta");
    return read_meta(reader);
  } else if (is_tag(reader)) {
    skip_tag(reader);
  } else if (has(reader, "<!") || has(reader, "</") || has(reader, "<?")) {
    skip_to(reader, ">");
  } else {
    reader->at++;
  }
  return NULL;
}

const lr_crawl_charset *lr_crawl_charset_of_xml(const char *bytes,
                                                size_t length) {
  struct reader reader = {bytes, bytes + length};
  if (length < 5 || memcmp(bytes, "<?xml", 5) != 0) return NULL;
  const char *close = memchr(bytes, '>', length);
  if (!close) return NULL;
  reader.end = close;
  skip_to(&reader, "encoding");
  skip_spaces(&reader);
  if (reader.at == reader.end || *reader.at++ != '=') return NULL;
  skip_spaces(&reader);
  if (reader.at == reader.end || (*reader.at != '"' && *reader.at != '\''))
    return NULL;
  return lr_crawl_charset_as_meta(read_label(reader.at, reader.end));
}

/* Knows an XML declaration in UTF-16 without a byte-order mark. */
static const lr_crawl_charset *find_utf_16(const char *bytes, size_t length) {
  if (length < 6) return NULL;
  if (memcmp(bytes, "<\0?\0x", 6) == 0)
    return lr_crawl_charset_find("utf-16le", 8);
  if (memcmp(bytes, "\0<\0?\0x", 6) == 0)
    return lr_crawl_charset_find("utf-16be", 8);
  return NULL;
}

const lr_crawl_charset *lr_crawl_charset_prescan(const char *bytes,
                                                 size_t length) {
  const lr_crawl_charset *utf_16 = find_utf_16(bytes, length);
  if (utf_16) return utf_16;
  struct reader reader = {bytes,
                          bytes + (length < PRESCANNED ? length : PRESCANNED)};
  while (reader.at < reader.end) {
    reader.at = memchr(reader.at, '<', (size_t)(reader.end - reader.at));
    if (!reader.at) break;
    const lr_crawl_charset *charset = scan_markup(&reader);
    if (charset) return charset;
  }
  return lr_crawl_charset_of_xml(bytes,
                                 length < PRESCANNED ? length : PRESCANNED);
}
