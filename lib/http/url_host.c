/* SPDX-License-Identifier: MIT
 * url_host.c: hosts: names by libidn2, where they are not plain ASCII. */
#include "http/url_host.h"

#include <idn2.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "http/field.h"
#include "http/ip_address.h"
#include "http/punycode.h"

/* The longest that libidn2 makes, and an address in brackets. */
enum { SHORT_HOST = 256 };

/* The forbidden domain code points; all of them are ASCII. */
static const bool forbidden[256] = {
    [0x00 ... 0x20] = true, ['#'] = true, ['%'] = true, ['/'] = true,
    [':'] = true,           ['<'] = true, ['>'] = true, ['?'] = true,
    ['@'] = true,           ['['] = true, [']'] = true, ['\\'] = true,
    ['^'] = true,           ['|'] = true, [0x7f] = true};

size_t lr_url_host_capacity(size_t length) {
  return length > SHORT_HOST ? length : SHORT_HOST;
}

static bool is_forbidden(char byte) { return forbidden[(unsigned char)byte]; }

static bool has_forbidden(const char *at, const char *end) {
  while (at < end && !is_forbidden(*at)) at++;
  return at < end;
}

const char *lr_url_host_find_forbidden(const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (is_forbidden(bytes[i]) && bytes[i] != '%') return bytes + i;
  return NULL;
}

/* ---- Names ---- */

/* Copies with escapes undone and in lower case.  A '%' that begins no escape
 * stays.  Returns where the copy ends. */
static char *copy_decoded(char *to, const char *at, const char *end) {
  while (at < end) {
    char byte = *at;
    bool escape = byte == '%' && end - at > 2 && lr_hex_value(at[1]) >= 0 &&
                  lr_hex_value(at[2]) >= 0;
    if (escape) byte = (char)(lr_hex_value(at[1]) * 16 + lr_hex_value(at[2]));
    at += escape ? 3 : 1;
    *to++ = lr_ascii_lower(byte);
  }
  return to;
}

static bool is_ascii(const char *bytes, size_t length) {
  unsigned char bits = 0;
  for (size_t i = 0; i < length; i++) bits |= (unsigned char)bytes[i];
  return bits < 0x80;
}

/* Tells whether a label says of itself that it is not ASCII in truth. */
static bool has_ace_label(const char *at, const char *end) {
  for (const char *label = at; end - label >= 4;) {
    if (memcmp(label, "xn--", 4) == 0) return true;
    const char *dot = memchr(label, '.', (size_t)(end - label));
    if (!dot) return false;
    label = dot + 1;
  }
  return false;
}

/* Writes a name with labels in Punycode for those that are not ASCII to `to`,
 * where there are SHORT_HOST bytes, and a NUL behind. */
static bool encode_labels(char *to, const char *name) {
  char *end = to + SHORT_HOST - 1;
  for (;;) {
    char label[LR_LABEL_LONGEST];
    size_t length = strcspn(name, ".");
    size_t size = length;
    const char *from = name;
    if (!is_ascii(name, length)) {
      size = lr_punycode_write_label(label, name, length);
      from = label;
      if (size == 0) return false;
    }
    if (size + 1 > (size_t)(end - to)) return false;
    memcpy(to, from, size);
    to += size;
    name += length;
    *to++ = *name; /* the dot, or the NUL */
    if (*name++ == '\0') return true;
  }
}

enum { FLAGS = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL };

/* Converts a name with symbols.  libidn2 refuses them, as IDNA 2008 does, but
 * where they are in Punycode: there it looks whether UTS #46 would leave them
 * as they are.  Without STD3's rules it would overlook what UTS #46 maps to
 * bytes that no host has; with them it leaves such bytes out. */
static int convert_symbols(const char *name, char **ascii) {
  char encoded[SHORT_HOST];
  if (!encode_labels(encoded, name)) return IDN2_DISALLOWED;
  int code = idn2_to_ascii_8z(encoded, ascii,
                              FLAGS | IDN2_NO_ALABEL_ROUNDTRIP |
                                  IDN2_USE_STD3_ASCII_RULES);
  if (code != IDN2_OK || strcmp(encoded, *ascii) == 0) return code;
  idn2_free(*ascii);
  *ascii = NULL;
  return IDN2_DISALLOWED;
}

/* Turns a name to ASCII: UTS #46, non-transitional.  The caller frees `*ascii`
 * with idn2_free. */
static lr_host_fault convert_name(const char *name, char **ascii) {
  int code = idn2_to_ascii_8z(name, ascii, FLAGS);
  if (code == IDN2_DISALLOWED) code = convert_symbols(name, ascii);
  if (code == IDN2_OK) return LR_HOST_OK;
  return code == IDN2_MALLOC ? LR_HOST_NO_MEMORY : LR_HOST_NAME;
}

/* Refuses a name that would not be taken in ASCII, as it will be read from now
 * on. */
static lr_host_fault check_converted(const char *ascii) {
  char *again = NULL;
  lr_host_fault fault = convert_name(ascii, &again);
  if (!fault && strcmp(ascii, again) != 0) fault = LR_HOST_NAME;
  idn2_free(again);
  return fault;
}

/* Turns the name from `name` to `*end` to ASCII in its place. */
static lr_host_fault turn_to_ascii(char *name, char **end) {
  char *ascii = NULL;
  char *unicode = lr_copy_bytes(name, (size_t)(*end - name));
  if (!unicode) return LR_HOST_NO_MEMORY;
  lr_host_fault fault = convert_name(unicode, &ascii);
  lr_free(unicode);
  if (!fault) fault = check_converted(ascii);
  size_t length = fault ? 0 : strlen(ascii);
  if (length >= SHORT_HOST) fault = LR_HOST_NAME;
  if (!fault) memcpy(name, ascii, length);
  *end = name + length;
  idn2_free(ascii);
  return fault;
}

static lr_host_fault read_ipv4(char *host, char **end) {
  uint32_t address;
  if (!lr_ipv4_read(host, (size_t)(*end - host), &address)) return LR_HOST_IPV4;
  *end = lr_ipv4_write(host, address);
  return LR_HOST_OK;
}

static lr_host_fault read_name(const char *bytes, size_t length, char **to) {
  char *name = *to;
  char *end = copy_decoded(name, bytes, bytes + length);
  if (!is_ascii(name, (size_t)(end - name)) || has_ace_label(name, end)) {
    if (memchr(name, '\0', (size_t)(end - name))) return LR_HOST_BYTE;
    lr_host_fault fault = turn_to_ascii(name, &end);
    if (fault) return fault;
  }
  if (end == name) return LR_HOST_EMPTY;
  if (has_forbidden(name, end)) return LR_HOST_BYTE;
  lr_host_fault fault = LR_HOST_OK;
  if (lr_ipv4_is_meant(name, (size_t)(end - name)))
    fault = read_ipv4(name, &end);
  *to = end;
  return fault;
}

/* ---- All ---- */

static lr_host_fault read_ipv6(const char *bytes, size_t length, char **to) {
  uint16_t pieces[8];
  char *end = *to;
  if (length < 2 || bytes[length - 1] != ']' ||
      !lr_ipv6_read(bytes + 1, length - 2, pieces))
    return LR_HOST_IPV6;
  *end++ = '[';
  end = lr_ipv6_write(end, pieces);
  *end++ = ']';
  *to = end;
  return LR_HOST_OK;
}

lr_host_fault lr_url_host_read(const char *bytes, size_t length, char **to) {
  if (length == 0) return LR_HOST_EMPTY;
  return bytes[0] == '[' ? read_ipv6(bytes, length, to)
                         : read_name(bytes, length, to);
}
