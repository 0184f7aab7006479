/* SPDX-License-Identifier: MIT
 * secrets.c: the search for passwords and credentials. */
#include "secrets.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char secrets_mask[4] = "***";

/* A part of a text. */
struct span {
  size_t begin;
  size_t end; /* behind its last byte */
};

/* A search of one text.  What was found of one kind is kept while there are
 * others before it, and what was found on the way as long as it holds: no part
 * of a text is searched over and over. */
struct search {
  enum secrets_kind kind;
  const char *text;
  size_t length;
  size_t last_at;        /* the last "@"; `length`: there is none */
  struct span authority; /* the last one that was looked at */
  size_t authority_at;   /* the last "@" in it; its end: there is none */
  struct span password;  /* that begins at `length`: there is none */
  struct span header;
};

/* ---- Passwords ---- */

static size_t find_any(const char *text, size_t length, size_t from,
                       const char *bytes) {
  while (from < length && (!text[from] || !strchr(bytes, text[from]))) from++;
  return from;
}

static size_t find_byte(const char *text, struct span in, char byte) {
  const char *found = in.begin < in.end
                          ? memchr(text + in.begin, byte, in.end - in.begin)
                          : NULL;
  return found ? (size_t)(found - text) : in.end;
}

/* Returns where the last `byte` is; the end of `in` when there is none. */
static size_t find_last(const char *text, struct span in, char byte) {
  const char *found = in.begin < in.end
                          ? memrchr(text + in.begin, byte, in.end - in.begin)
                          : NULL;
  return found ? (size_t)(found - text) : in.end;
}

static bool are_digits(const char *text, struct span in) {
  for (size_t i = in.begin; i < in.end; i++)
    if (text[i] < '0' || text[i] > '9') return false;
  return true;
}

/* Finds an escaped colon, which ends the name of a user as well: the server
 * undoes no escapes, and takes all behind it for the password.  Returns the end
 * of `in` when there is none. */
static size_t find_escaped_colon(const char *text, struct span in) {
  for (size_t i = in.begin; i + 2 < in.end; i++)
    if (text[i] == '%' && text[i + 1] == '3' && (text[i + 2] | 0x20) == 'a')
      return i;
  return in.end;
}

/* Looks at the authority that begins at `from`: it ends where the one that it
 * begins in does. */
static void enter_authority(struct search *search, size_t from) {
  struct span *authority = &search->authority;
  bool inside = authority->begin <= from && from < authority->end;
  authority->begin = from;
  if (inside && search->authority_at >= from) return;
  if (!inside)
    authority->end = find_any(search->text, search->length, from, "/?#");
  search->authority_at = find_last(search->text, *authority, '@');
}

/* Finds the password in the authority that begins at `from`: between the first
 * colon and the last "@".  An authority without an "@" whose port is no number
 * may be one that a password with "/", "?" or "#" in it cuts short: then all up
 * to the text's last "@" is taken for the password. */
static bool find_password(struct search *search, size_t from,
                          struct span *password) {
  const char *text = search->text;
  enter_authority(search, from);
  struct span authority = search->authority;
  size_t at = search->authority_at;
  size_t colon = find_byte(text, authority, ':');
  struct span user = {from, colon < at ? colon : at};
  size_t escaped = find_escaped_colon(text, user);
  size_t begin = colon + 1;
  if (at < authority.end && escaped < user.end)
    begin = escaped + 3;
  else if (colon == authority.end || at < colon)
    return false;
  if (at == authority.end) {
    struct span port = {colon + 1, authority.end};
    at = search->last_at;
    if (text[from] == '[' || at == search->length || at < authority.end ||
        are_digits(text, port))
      return false;
  }
  *password = (struct span){begin, at};
  return begin < at;
}

/* Tells whether `text`, of which `length` bytes come before a colon, ends with
 * a scheme after which the slashes may be missing. */
static bool ends_with_scheme(const char *text, size_t length) {
  return (length >= 4 && strncasecmp(text + length - 4, "http", 4) == 0) ||
         (length >= 5 && strncasecmp(text + length - 5, "https", 5) == 0);
}

static size_t skip_slashes(const char *text, size_t length, size_t from) {
  while (from < length && (text[from] == '/' || text[from] == '\\')) from++;
  return from;
}

/* Returns where the next authority begins, at `from` or behind it; `length`
 * when there is none: behind "//" (a backslash counts as a slash) or behind
 * "http:". */
static size_t find_authority(const char *text, size_t length, size_t from) {
  for (size_t i = from; i < length; i++) {
    size_t behind = skip_slashes(text, length, i);
    if (behind - i >= 2) return behind;
    if (text[i] == ':' && ends_with_scheme(text, i))
      return skip_slashes(text, length, i + 1);
  }
  return length;
}

/* Finds the next password in a URL; none is behind the last "@". */
static bool find_in_urls(struct search *search, size_t from,
                         struct span *secret) {
  size_t end = search->last_at;
  while ((from = find_authority(search->text, end, from)) < end)
    if (find_password(search, from, secret)) return true;
  return false;
}

/* ---- Headers in JSON ---- */

static size_t end_of_string(const char *text, size_t length, size_t from) {
  for (size_t i = from + 1; i < length; i++) {
    if (text[i] == '\\')
      i++;
    else if (text[i] == text[from])
      return i;
  }
  return length;
}

static bool is_quote(char byte) { return byte == '"' || byte == '\''; }

/* Returns where the array or object that begins at `from` ends. */
static size_t end_of_brackets(const char *text, size_t length, size_t from) {
  size_t depth = 0;
  for (size_t i = from; i < length; i++) {
    if (is_quote(text[i])) i = end_of_string(text, length, i);
    if (i == length) break;
    if (text[i] == '[' || text[i] == '{') depth++;
    if ((text[i] == ']' || text[i] == '}') && --depth == 0) return i;
  }
  return length;
}

/* Finds the value that begins at `from`, without what encloses it.  One that
 * nothing encloses is no JSON, and may have no end before the text's. */
static struct span find_value(const char *text, size_t length, size_t from) {
  if (from < length && is_quote(text[from]))
    return (struct span){from + 1, end_of_string(text, length, from)};
  if (from < length && (text[from] == '[' || text[from] == '{'))
    return (struct span){from + 1, end_of_brackets(text, length, from)};
  bool is_null = length - from >= 4 && memcmp(text + from, "null", 4) == 0;
  return (struct span){from, is_null ? from : length};
}

static bool is_name_end(const char *text, size_t length) {
  static const char *const names[] = {"authorization", "cookie"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    size_t size = strlen(names[i]);
    if (length >= size &&
        strncasecmp(text + length - size, names[i], size) == 0)
      return true;
  }
  return false;
}

static size_t skip_blanks(const char *text, size_t length, size_t from) {
  while (from < length && (text[from] == ' ' || text[from] == '\t')) from++;
  return from;
}

/* The strings that were seen while a text is searched for headers. */
struct strings {
  bool escaped; /* this one, up to here */
  bool last;    /* the one before it */
};

static void note_byte(struct strings *strings, char byte) {
  if (byte == '\\') strings->escaped = true;
  if (!is_quote(byte)) return;
  strings->last = strings->escaped;
  strings->escaped = false;
}

/* Tells whether what stands before a colon at `at` may be the name of a header
 * with credentials; a name with escapes may be any. */
static bool may_be_name(const struct strings *strings, const char *text,
                        size_t from, size_t at) {
  while (at > from && (text[at - 1] == ' ' || text[at - 1] == '\t')) at--;
  bool quoted = at > from && is_quote(text[at - 1]);
  return is_name_end(text, at - quoted) || (quoted && strings->last);
}

/* Finds what stands behind `Cookie":` and the like. */
static bool find_in_headers(const char *text, size_t length, size_t from,
                            struct span *secret) {
  struct strings strings = {false, false};
  for (size_t i = from; i < length; i++) {
    note_byte(&strings, text[i]);
    if (text[i] != ':' || !may_be_name(&strings, text, from, i)) continue;
    *secret = find_value(text, length, skip_blanks(text, length, i + 1));
    if (secret->begin < secret->end) return true;
  }
  return false;
}

/* ---- Both ---- */

/* Tells whether `text` begins with "http", whatever controls and blanks are
 * before and between the letters. */
static bool begins_with_http(const char *text, size_t length) {
  static const char scheme[] = "http";
  size_t found = 0;
  for (size_t i = 0; i < length && scheme[found]; i++) {
    if ((unsigned char)text[i] <= ' ') continue;
    if ((text[i] | 0x20) != scheme[found++]) return false;
  }
  return !scheme[found];
}

/* Finds what may be a password in a URL with tabs or line ends in it, which the
 * URL Standard leaves out, wherever they are: all from the first colon on. */
static bool find_with_breaks(const char *text, size_t length,
                             struct span *password) {
  struct span all = {0, length};
  if (find_any(text, length, 0, "\t\r\n") == length ||
      !begins_with_http(text, length))
    return false;
  size_t colon = find_byte(text, all, ':');
  size_t at = find_last(text, all, '@');
  if (colon == length || at == length || at < colon + 2) return false;
  *password = (struct span){colon + 1, at};
  return true;
}

/* Finds a password; a text without an "@", as most are, has none. */
static bool find_in_text(struct search *search, size_t from,
                         struct span *secret) {
  if (search->last_at == search->length || from > search->last_at) return false;
  if (search->kind == SECRETS_URL && from == 0 &&
      (find_with_breaks(search->text, search->length, secret) ||
       find_password(search, 0, secret)))
    return true;
  return find_in_urls(search, from, secret);
}

static void begin_search(struct search *search, enum secrets_kind kind,
                         const char *text, size_t length) {
  struct span all = {0, length};
  *search = (struct search){.kind = kind, .text = text, .length = length};
  search->last_at = find_last(text, all, '@');
}

/* Looks for a password behind `from`, if that is not known. */
static void refresh_password(struct search *search, size_t from) {
  struct span none = {search->length, search->length};
  if (from && search->password.begin >= from) return;
  if (!find_in_text(search, from, &search->password)) search->password = none;
}

static void refresh_header(struct search *search, size_t from) {
  struct span none = {search->length, search->length};
  if (from && search->header.begin >= from) return;
  if (search->kind != SECRETS_JSON ||
      !find_in_headers(search->text, search->length, from, &search->header))
    search->header = none;
}

/* Finds the next secret at or behind `from`; false: there is none. */
static bool find_next(struct search *search, size_t from, struct span *secret) {
  refresh_password(search, from);
  refresh_header(search, from);
  *secret = search->header.begin < search->password.begin ? search->header
                                                          : search->password;
  return secret->begin < search->length;
}

bool secrets_is_header(const char *name) {
  return strcasecmp(name, "Authorization") == 0 ||
         strcasecmp(name, "Proxy-Authorization") == 0 ||
         strcasecmp(name, "Cookie") == 0;
}

char *secrets_put(char *at, enum secrets_kind kind, const char *text,
                  size_t length, size_t shown, secrets_writer put) {
  struct search search;
  struct span secret;
  size_t from = 0;
  begin_search(&search, kind, text, length);
  while (from < shown && find_next(&search, from, &secret) &&
         secret.begin < shown) {
    at = put(at, text + from, secret.begin - from);
    at = put(at, secrets_mask, sizeof secrets_mask - 1);
    from = secret.end;
  }
  return from < shown ? put(at, text + from, shown - from) : at;
}
