/* SPDX-License-Identifier: MIT
 * cookie_file.c: Netscape cookie files, in and out. */
#include "http/cookie_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/cookie_jar.h"
#include "http/field.h"
#include "http/ip_address.h"

static const char http_only_mark[] = "#HttpOnly_";

/* The fields of a line. */
enum {
  FIELD_DOMAIN,
  FIELD_BELOW, /* also for what is below the domain */
  FIELD_PATH,
  FIELD_SECURE,
  FIELD_EXPIRES,
  FIELD_NAME,
  FIELD_VALUE,
  FIELD_COUNT
};

/* ---- Fields ---- */

/* Cuts a line at its tabs.  All behind the sixth is the value, tabs too; a line
 * without a sixth has an empty one.  Returns the number of fields. */
static int split(const char *at, const char *end, lr_cookie_text *fields) {
  int count = 0;
  while (count < FIELD_COUNT) {
    const char *tab =
        count < FIELD_VALUE ? memchr(at, '\t', (size_t)(end - at)) : NULL;
    const char *stop = tab ? tab : end;
    fields[count++] = (lr_cookie_text){at, (size_t)(stop - at)};
    if (!tab) break;
    at = tab + 1;
  }
  if (count == FIELD_VALUE) fields[count++] = (lr_cookie_text){end, 0};
  return count;
}

/* Reads TRUE or FALSE; false: it is neither. */
static bool read_flag(lr_cookie_text field, bool *flag) {
  *flag = lr_name_is(field.bytes, field.length, "TRUE");
  return *flag || lr_name_is(field.bytes, field.length, "FALSE");
}

static const char *skip_digits(const char *at, const char *end) {
  while (at < end && lr_is_digit(*at)) at++;
  return at;
}

/* Reads digits; more than will ever be are as many as there are. */
static int64_t read_digits(const char *at, const char *end) {
  int64_t number = 0;
  for (; at < end; at++) {
    int digit = *at - '0';
    bool fits = number <= (INT64_MAX - digit) / 10;
    number = fits ? number * 10 + digit : INT64_MAX;
  }
  return number;
}

/* Reads seconds since 1970.  A fraction, which exports of browsers may have, is
 * cut off; and a time before 1970 has passed, whichever it is, as for curl. */
static bool read_seconds(lr_cookie_text field, int64_t *seconds) {
  const char *end = field.bytes + field.length;
  bool negative = field.length > 0 && field.bytes[0] == '-';
  const char *at = field.bytes + negative;
  const char *point = skip_digits(at, end);
  *seconds = negative ? -1 : read_digits(at, point);
  if (point == at) return false;
  return point == end || (*point == '.' && skip_digits(point + 1, end) == end);
}

/* A domain as hosts of URLs are written. */
typedef struct file_domain {
  char bytes[LR_COOKIE_ATTRIBUTE_MAX];
} file_domain;

/* Writes an IPv6 address, which others put without brackets, as URLs have it;
 * an empty text: it is none. */
static lr_cookie_text read_ipv6(file_domain *to, const char *from,
                                size_t length) {
  uint16_t pieces[8];
  bool bracket = length > 1 && from[0] == '[' && from[length - 1] == ']';
  if (bracket) length -= 2;
  if (!lr_ipv6_read(from + bracket, length, pieces))
    return (lr_cookie_text){to->bytes, 0};
  to->bytes[0] = '[';
  char *end = lr_ipv6_write(to->bytes + 1, pieces);
  *end++ = ']';
  return (lr_cookie_text){to->bytes, (size_t)(end - to->bytes)};
}

static lr_cookie_text read_domain(file_domain *to, lr_cookie_text field) {
  bool dot = field.length > 0 && field.bytes[0] == '.';
  const char *from = field.bytes + dot;
  size_t length = field.length - dot;
  if (memchr(from, ':', length)) return read_ipv6(to, from, length);
  if (length > sizeof to->bytes) length = 0;
  for (size_t i = 0; i < length; i++) to->bytes[i] = lr_ascii_lower(from[i]);
  return (lr_cookie_text){to->bytes, length};
}

/* ---- Lines ---- */

/* Tells whether a domain is an address in brackets, or a name without
 * separators of URLs and without a dot before it. */
static bool is_host(lr_cookie_text domain) {
  const char *at = domain.bytes;
  if (domain.length == 0) return false;
  if (memchr(at, ':', domain.length)) return true; /* read_ipv6 made it */
  for (size_t i = 0; i < domain.length; i++) {
    unsigned char byte = (unsigned char)at[i];
    if (byte <= ' ' || byte >= 0x7f || strchr("#%/:<>?@[\\]^|", byte))
      return false;
  }
  return at[0] != '.';
}

/* Returns why a cookie cannot be one of a jar; NULL: it can. */
static const char *find_fault(const lr_new_cookie *cookie) {
  lariat_cookie_verdict verdict =
      lr_cookie_check_pair(cookie->name, cookie->value);
  if (!is_host(cookie->domain)) return "no domain";
  if (cookie->path.length == 0 || cookie->path.bytes[0] != '/' ||
      cookie->path.length > LR_COOKIE_ATTRIBUTE_MAX)
    return "no path";
  if (verdict != LARIAT_COOKIE_STORED)
    return lariat_cookie_verdict_text(verdict);
  if (!cookie->host_only && lr_cookie_is_public_suffix(cookie->domain))
    return "the domain is a public suffix";
  if (!lr_cookie_keeps_prefix(cookie, cookie->path.length == 1))
    return lariat_cookie_verdict_text(LARIAT_COOKIE_PREFIX);
  return NULL;
}

static lr_cookie_text trim(lr_cookie_text field) {
  const char *end = field.bytes + field.length;
  const char *at = lr_skip_blanks(field.bytes, end);
  return (lr_cookie_text){at, (size_t)(lr_trim_end(at, end) - at)};
}

/* Reads the fields of a line into a cookie; returns what is wrong with it, or
 * NULL. */
static const char *read_fields(const lr_cookie_text *fields, file_domain *bytes,
                               lr_new_cookie *cookie) {
  bool below;
  cookie->domain = read_domain(bytes, fields[FIELD_DOMAIN]);
  cookie->path = fields[FIELD_PATH];
  cookie->name = trim(fields[FIELD_NAME]);
  cookie->value = trim(fields[FIELD_VALUE]);
  if (!read_flag(fields[FIELD_BELOW], &below))
    return "the second field is neither TRUE nor FALSE";
  if (!read_flag(fields[FIELD_SECURE], &cookie->secure))
    return "the fourth field is neither TRUE nor FALSE";
  if (!read_seconds(fields[FIELD_EXPIRES], &cookie->expires_s))
    return "the fifth field is no number";
  cookie->host_only = !below || lr_cookie_host_is_address(cookie->domain);
  return find_fault(cookie);
}

/* A text on its way into a jar. */
typedef struct cookie_reading {
  lariat_cookie_jar *jar;
  int64_t now_s;
  lariat_cookie_fault fault;
  void *context;
} cookie_reading;

/* Takes one line, without its end; false when out of memory. */
static bool take_line(const cookie_reading *reading, const char *at,
                      const char *end, size_t number) {
  lr_cookie_text fields[FIELD_COUNT];
  file_domain bytes;
  lr_new_cookie cookie = {0};
  size_t mark = sizeof http_only_mark - 1;
  if ((size_t)(end - at) > mark && memcmp(at, http_only_mark, mark) == 0) {
    cookie.http_only = true;
    at += mark;
  }
  if (lr_skip_blanks(at, end) == end || *at == '#') return true;
  const char *fault = NULL;
  if (lr_cookie_has_control(at, (size_t)(end - at)))
    fault = lariat_cookie_verdict_text(LARIAT_COOKIE_CONTROL);
  else if (split(at, end, fields) < FIELD_COUNT)
    fault = "fewer than seven fields with tabs between them";
  else
    fault = read_fields(fields, &bytes, &cookie);
  if (!fault)
    return lr_cookie_store_put(&reading->jar->store, &cookie, reading->now_s);
  if (reading->fault) reading->fault(reading->context, number, fault);
  return true;
}

bool lr_cookie_file_read(lariat_cookie_jar *jar, const char *text,
                         size_t length, int64_t now_s,
                         lariat_cookie_fault fault, void *context) {
  cookie_reading reading = {jar, now_s, fault, context};
  const char *end = text + length;
  size_t number = 1;
  for (const char *at = text; at < end; number++) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    const char *next = stop ? stop + 1 : end;
    if (!stop) stop = end;
    if (stop > at && stop[-1] == '\r') stop--;
    if (!take_line(&reading, at, stop, number)) return false;
    at = next;
  }
  return true;
}

/* ---- Out ---- */

static bool put(lr_buffer *to, const char *text) {
  return lr_buffer_append(to, text, strlen(text));
}

/* Writes a domain as others do: a dot before it where it is for names below it,
 * no brackets around an address. */
static bool put_domain(lr_buffer *to, const lariat_cookie *cookie) {
  size_t length = strlen(cookie->domain);
  size_t bracket = cookie->domain[0] == '[' ? 1 : 0;
  return put(to, cookie->http_only ? http_only_mark : "") &&
         put(to, cookie->host_only ? "" : ".") &&
         lr_buffer_append(to, cookie->domain + bracket, length - 2 * bracket) &&
         put(to, cookie->host_only ? "\tFALSE\t" : "\tTRUE\t");
}

static bool put_cookie(lr_buffer *to, const lariat_cookie *cookie) {
  char number[32];
  (void)snprintf(number, sizeof number, "%" PRId64, cookie->expires_s);
  return put_domain(to, cookie) && put(to, cookie->path) &&
         put(to, cookie->secure ? "\tTRUE\t" : "\tFALSE\t") &&
         put(to, number) && put(to, "\t") && put(to, cookie->name) &&
         put(to, "\t") && put(to, cookie->value) && put(to, "\n");
}

/* Tells whether a line can say what the cookie is, to others too: an eighth
 * field, which a tab in a value would be, is read here, but costs some the
 * whole file. */
static bool can_write(const lariat_cookie *cookie) {
  return !strchr(cookie->name, '\t') && !strchr(cookie->value, '\t') &&
         !strchr(cookie->path, '\t');
}

bool lr_cookie_file_write(const lariat_cookie_jar *jar, int64_t now_s,
                          lr_buffer *to, size_t *left_out) {
  static const char head[] = "# Netscape HTTP Cookie File\n"
                             "# Written by lariat.\n\n";
  *left_out = 0;
  if (!put(to, head)) return false;
  for (lr_list *node = jar->store.cookies.next; node != &jar->store.cookies;
       node = node->next) {
    const lariat_cookie *cookie = &lr_cookie_of_store(node)->shown;
    if (lr_cookie_is_expired(cookie->expires_s, now_s)) continue;
    if (!can_write(cookie))
      ++*left_out;
    else if (!put_cookie(to, cookie))
      return false;
  }
  return true;
}

/* ---- Files ---- */

/* Closes a descriptor without touching errno. */
static void close_quietly(int fd) {
  int error = errno;
  (void)close(fd);
  errno = error;
}

static lariat_status read_all(int fd, lr_buffer *text) {
  enum { PIECE = 64 * 1024 };
  for (;;) {
    if (!lr_buffer_reserve(text, PIECE)) return LARIAT_ENOMEM;
    ssize_t got = read(fd, text->bytes + text->length, PIECE);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return LARIAT_ESYSTEM;
    if (got == 0) return LARIAT_OK;
    text->length += (size_t)got;
  }
}

lariat_status lariat_cookie_jar_load(lariat_cookie_jar *jar, const char *path,
                                     int64_t now_s, lariat_cookie_fault fault,
                                     void *context) {
  lr_buffer text = {0};
  lariat_status status = lr_cookie_jar_check(jar, __func__);
  if (status != LARIAT_OK) return status;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return LARIAT_ESYSTEM;
  status = read_all(fd, &text);
  close_quietly(fd);
  if (status == LARIAT_OK && text.length > 0 &&
      !lr_cookie_file_read(jar, text.bytes, text.length, now_s, fault, context))
    status = LARIAT_ENOMEM;
  int error = errno;
  lr_buffer_clear(&text);
  errno = error;
  return status;
}

static bool write_all(int fd, const lr_buffer *text) {
  size_t done = 0;
  while (done < text->length) {
    ssize_t put_bytes = write(fd, text->bytes + done, text->length - done);
    if (put_bytes < 0 && errno == EINTR) continue;
    if (put_bytes < 0) return false;
    done += (size_t)put_bytes;
  }
  return true;
}

/* Writes the text and has it on the disk, as far as the descriptor's kind
 * knows of one. */
static bool write_and_close(int fd, const lr_buffer *text) {
  bool done = write_all(fd, text) &&
              (fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
  if (!done) {
    close_quietly(fd);
    return false;
  }
  return close(fd) == 0;
}

/* Writes a file beside `path` and gives it that name. */
static lariat_status replace_file(const char *path, const lr_buffer *text) {
  char beside[PATH_MAX];
  int length = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
  if (length < 0 || (size_t)length >= sizeof beside) {
    errno = ENAMETOOLONG;
    return LARIAT_ESYSTEM;
  }
  int fd = mkostemp(beside, O_CLOEXEC); /* its mode is 0600 */
  if (fd < 0) return LARIAT_ESYSTEM;
  if (write_and_close(fd, text) && rename(beside, path) == 0) return LARIAT_OK;
  int error = errno;
  (void)unlink(beside);
  errno = error;
  return LARIAT_ESYSTEM;
}

static lariat_status write_through(const char *path, const lr_buffer *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return LARIAT_ESYSTEM;
  return write_and_close(fd, text) ? LARIAT_OK : LARIAT_ESYSTEM;
}

/* Writes to where a link leads, if `path` is one. */
static lariat_status write_file(const char *path, const lr_buffer *text) {
  char real[PATH_MAX];
  struct stat about;
  if (stat(path, &about) != 0)
    return errno == ENOENT ? replace_file(path, text) : LARIAT_ESYSTEM;
  if (!S_ISREG(about.st_mode)) return write_through(path, text);
  return realpath(path, real) ? replace_file(real, text) : LARIAT_ESYSTEM;
}

lariat_status lariat_cookie_jar_save(const lariat_cookie_jar *jar,
                                     const char *path, int64_t now_s,
                                     size_t *left_out) {
  size_t unwritten = 0;
  lr_buffer text = {0};
  lariat_status status = lr_cookie_jar_check(jar, __func__);
  if (status != LARIAT_OK) return status;
  status = LARIAT_ENOMEM;
  if (lr_cookie_file_write(jar, now_s, &text, &unwritten))
    status = write_file(path, &text);
  int error = errno;
  lr_buffer_clear(&text);
  errno = error;
  if (left_out) *left_out = unwritten;
  return status;
}
