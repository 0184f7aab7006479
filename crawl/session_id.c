/* SPDX-License-Identifier: MIT
 * session_id.c: knows session ids by name and length, so that a parameter that
 * only has the name of one ("sid=17") stays. */
#include "session_id.h"

#include <stdint.h>
#include <string.h>

#include "ascii.h"
#include "escaped_text.h"

/* ---- Parameters ---- */

enum { LONGEST_NAME = 24, ASP_ID = 24 };

/* The lengths that the value of a parameter has when it is a session's. */
typedef struct session_name {
  const char *name;
  size_t least, most;
  bool alphanumeric; /* letters and digits alone */
} session_name;

static const session_name names[] = {{"jsessionid", 16, SIZE_MAX, false},
                                     {"phpsessid", 16, SIZE_MAX, false},
                                     {"phpsessionid", 16, SIZE_MAX, false},
                                     {"oscsid", 16, SIZE_MAX, false},
                                     {"zenid", 26, 32, true},
                                     {"sid", 32, 32, true}};

/* Reads a value: its length, in octets, and whether all are alphanumeric. */
static size_t measure_value(lr_crawl_escaped_text *text, bool *alphanumeric) {
  size_t length = 0, count;
  char unit[3];
  *alphanumeric = true;
  for (; (count = lr_crawl_escaped_text_read(text, unit)); length++)
    if (count > 1 || !lr_crawl_is_alphanumeric(unit[0])) *alphanumeric = false;
  return length;
}

static bool is_value_of(const session_name *name, lr_crawl_escaped_text *text) {
  bool alphanumeric;
  size_t length = measure_value(text, &alphanumeric);
  return length >= name->least && length <= name->most &&
         (alphanumeric || !name->alphanumeric);
}

/* Returns the length of a name, in lower case, up to the '='; 0: it is too long
 * for one of ours, or there is no value. */
static size_t read_name(lr_crawl_escaped_text *text, char name[LONGEST_NAME]) {
  size_t length =
      lr_crawl_escaped_text_read_lower(text, '=', name, LONGEST_NAME);
  if (length == LONGEST_NAME || text->at == text->end) return 0;
  text->at++;
  return length;
}

static bool is_asp_name(const char *name, size_t length) {
  static const char begin[] = "aspsessionid";
  if (length != sizeof begin - 1 + 8) return false;
  if (memcmp(name, begin, sizeof begin - 1) != 0) return false;
  for (size_t i = sizeof begin - 1; i < length; i++)
    if (!lr_crawl_is_letter(name[i])) return false;
  return true;
}

/* Tells at once of nearly all parameters that they are none: names begin with
 * one of these, perhaps escaped. */
static bool may_be_session(const char *bytes, size_t length) {
  return length > 20 && strchr("jpaozs%", lr_crawl_lower(*bytes)) != NULL;
}

bool lr_crawl_is_session_parameter(const char *bytes, size_t length) {
  static const session_name asp = {"aspsessionid", ASP_ID, ASP_ID, true};
  lr_crawl_escaped_text text = {.at = bytes, .end = bytes + length};
  char name[LONGEST_NAME];
  if (!may_be_session(bytes, length)) return false;
  size_t count = read_name(&text, name);
  if (!count) return false;
  if (is_asp_name(name, count)) return is_value_of(&asp, &text);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(name, names[i].name) == 0) return is_value_of(&names[i], &text);
  return false;
}

static bool has_name(const char *bytes, size_t length, const char *wanted) {
  lr_crawl_escaped_text text = {.at = bytes, .end = bytes + length};
  char name[LONGEST_NAME];
  if (!length || (lr_crawl_lower(*bytes) != *wanted && *bytes != '%'))
    return false;
  return read_name(&text, name) && strcmp(name, wanted) == 0 &&
         text.at != text.end;
}

bool lr_crawl_is_cfid(const char *bytes, size_t length) {
  return has_name(bytes, length, "cfid");
}

bool lr_crawl_is_cftoken(const char *bytes, size_t length) {
  return has_name(bytes, length, "cftoken");
}

/* ---- Segments ---- */

/* Reads an octet; 0: the text has ended, or an escape follows. */
static char read_octet(lr_crawl_escaped_text *text) {
  char unit[3];
  return lr_crawl_escaped_text_read(text, unit) == 1 ? unit[0] : '\0';
}

/* Reads letters and digits; `*next` gets the octet behind them. */
static size_t count_alphanumeric(lr_crawl_escaped_text *text, char *next,
                                 bool *digit) {
  size_t length = 0;
  for (*next = read_octet(text); lr_crawl_is_alphanumeric(*next); length++) {
    if (lr_crawl_is_digit(*next)) *digit = true;
    *next = read_octet(text);
  }
  return length;
}

/* Reads "S(id)F(id))" behind a '(' whose first letter was read. */
static bool read_named_ids(lr_crawl_escaped_text *text) {
  bool found = false, digit = false;
  char next;
  do {
    size_t length = count_alphanumeric(text, &next, &digit);
    if (!length || next != ')') return false;
    if (length >= ASP_ID) found = true;
    next = read_octet(text);
    if (next == ')') return found && text->at == text->end;
  } while (lr_crawl_is_letter(next) && read_octet(text) == '(');
  return false;
}

bool lr_crawl_is_session_segment(const char *bytes, size_t length) {
  lr_crawl_escaped_text text = {.at = bytes, .end = bytes + length};
  bool digit = false;
  char next;
  if (length < ASP_ID + 2 || *bytes != '(') return false;
  text.at++;
  size_t count = count_alphanumeric(&text, &next, &digit);
  if (count == 1 && next == '(' && !digit) return read_named_ids(&text);
  return count == ASP_ID && digit && next == ')' && text.at == text.end;
}
