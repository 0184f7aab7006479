/* SPDX-License-Identifier: MIT
 * html_tokenizer.c: the tokenizer of HTML, state by state.  Of the states that
 * make text, comments and names only what decides where they end is here. */
#include "html_tokenizer.h"

#include <string.h>
#include <strings.h>

/* ---- Bytes ---- */

enum {
  SPACE = 1,
  ENDS_NAME = 2,
  ENDS_TAG_NAME = 4,
  ENDS_VALUE = 8,
  ALPHA = 16
};

#define IS_BLANK (SPACE | ENDS_NAME | ENDS_TAG_NAME | ENDS_VALUE)
static const unsigned char kinds[256] = {['\t'] = IS_BLANK,
                                         ['\n'] = IS_BLANK,
                                         ['\f'] = IS_BLANK,
                                         ['\r'] = IS_BLANK,
                                         [' '] = IS_BLANK,
                                         ['/'] = ENDS_NAME | ENDS_TAG_NAME,
                                         ['>'] = ENDS_NAME | ENDS_TAG_NAME |
                                                 ENDS_VALUE,
                                         ['='] = ENDS_NAME,
                                         ['A' ... 'Z'] = ALPHA,
                                         ['a' ... 'z'] = ALPHA};

static bool is_kind(char byte, int kind) {
  return (kinds[(unsigned char)byte] & kind) != 0;
}

/* Returns where the first byte of this kind is, or `end`. */
static const char *find_kind(const char *at, const char *end, int kind) {
  while (at < end && !is_kind(*at, kind)) at++;
  return at;
}

static const char *skip_kind(const char *at, const char *end, int kind) {
  while (at < end && is_kind(*at, kind)) at++;
  return at;
}

static const char *find_byte(const char *at, const char *end, char byte) {
  const char *found = memchr(at, byte, (size_t)(end - at));
  return found ? found : end;
}

static bool begins_with(const char *at, const char *end, const char *text,
                        size_t length) {
  return (size_t)(end - at) >= length && strncasecmp(at, text, length) == 0;
}

/* ---- Names ---- */

/* Makes the capital letters of ASCII among 8 bytes small ones. */
static uint64_t lower_case(uint64_t bytes) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t low = bytes & (ones * 0x7f);
  uint64_t from_a = low + ones * (0x80 - 'A');
  uint64_t above_z = low + ones * (0x7f - 'Z');
  uint64_t capitals = (from_a ^ above_z) & ~bytes & (ones * 0x80);
  return bytes | capitals >> 2;
}

/* Reads 2, 4 or 8 bytes as a number whose first byte is the lowest. */
static uint64_t read_number(const char *bytes, size_t length) {
  uint64_t number = 0;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  memcpy((char *)&number + sizeof number - length, bytes, length);
  return __builtin_bswap64(number) >> (64 - 8 * length);
#else
  memcpy(&number, bytes, length);
  return number;
#endif
}

/* Reads up to 8 bytes in lower case as such a number, by loads that overlap. */
static uint64_t read_word(const char *bytes, size_t length) {
  uint64_t word = 0;
  if (length == 8) {
    word = read_number(bytes, 8);
  } else if (length >= 4) {
    word = read_number(bytes + length - 4, 4) << (8 * (length - 4));
    word |= read_number(bytes, 4);
  } else if (length >= 2) {
    word = read_number(bytes + length - 2, 2) << (8 * (length - 2));
    word |= read_number(bytes, 2);
  } else if (length) {
    word = (unsigned char)*bytes;
  }
  return lower_case(word);
}

/* Returns the number of a name among `names`; 0: it has none. */
static inline unsigned find_name(const char *name, size_t length,
                                 const lr_crawl_html_name *names,
                                 const unsigned char *slots, uint64_t factor,
                                 int bits) {
  if (!length || length > 16 || !name[length - 1]) return 0;
  uint64_t low = read_word(name, length < 8 ? length : 8);
  uint64_t high = length > 8 ? read_word(name + 8, length - 8) : 0;
  unsigned number = slots[(low ^ (high * 31)) * factor >> (64 - bits)];
  const char *text = names[number].text;
  bool found = read_number(text, 8) == low && read_number(text + 8, 8) == high;
  return found ? number : 0;
}

lr_crawl_html_element lr_crawl_html_element_of(const char *name,
                                               size_t length) {
  return (lr_crawl_html_element)find_name(
      name, length, lr_crawl_html_elements, lr_crawl_html_element_slots,
      LR_CRAWL_ELEMENT_FACTOR, LR_CRAWL_ELEMENT_BITS);
}

lr_crawl_html_attribute lr_crawl_html_attribute_of(const char *name,
                                                   size_t length) {
  return (lr_crawl_html_attribute)find_name(
      name, length, lr_crawl_html_attributes, lr_crawl_html_attribute_slots,
      LR_CRAWL_ATTRIBUTE_FACTOR, LR_CRAWL_ATTRIBUTE_BITS);
}

/* ---- Tags ---- */

/* Keeps the attribute if it is the first of its name, and one with a number. */
static void keep_attribute(lr_crawl_html_tag *tag, const char *name,
                           const char *name_end, lr_crawl_html_span value) {
  lr_crawl_html_attribute number =
      lr_crawl_html_attribute_of(name, (size_t)(name_end - name));
  if (!number || lr_crawl_html_has(tag, number)) return;
  tag->present |= UINT32_C(1) << number;
  tag->values[number] = value;
}

/* Reads a value from behind its '='.  Returns where it ends; NULL: the document
 * does. */
static const char *read_value(const char *at, const char *end,
                              lr_crawl_html_span *value) {
  at = skip_kind(at, end, SPACE);
  if (at == end) return NULL;
  bool quoted = *at == '"' || *at == '\'';
  const char *from = at + quoted;
  const char *to =
      quoted ? find_byte(from, end, *at) : find_kind(from, end, ENDS_VALUE);
  if (to == end) return NULL;
  *value = (lr_crawl_html_span){from, (size_t)(to - from)};
  return to + quoted;
}

/* Reads the attribute at `at`.  Returns where it ends; NULL: the document
 * does. */
static const char *read_attribute(lr_crawl_html_tag *tag, const char *at,
                                  const char *end) {
  lr_crawl_html_span value = {"", 0};
  const char *name = at;
  const char *name_end = find_kind(at + 1, end, ENDS_NAME);
  at = skip_kind(name_end, end, SPACE);
  if (at < end && *at == '=') at = read_value(at + 1, end, &value);
  if (at) keep_attribute(tag, name, name_end, value);
  return at;
}

/* Reads attributes from behind a tag's name up to behind its '>'.  Returns
 * NULL where the document ends before. */
static const char *read_attributes(lr_crawl_html_tag *tag, const char *at,
                                   const char *end) {
  for (;;) {
    const char *from = at;
    while (at < end && (is_kind(*at, SPACE) || *at == '/')) at++;
    if (at == end) return NULL;
    if (*at == '>') {
      tag->self_closing = at > from && at[-1] == '/';
      return at + 1;
    }
    at = read_attribute(tag, at, end);
    if (!at) return NULL;
  }
}

/* Reads the tag whose name is at `name`. */
static lr_crawl_html_token read_tag(lr_crawl_html_tokenizer *tokenizer,
                                    const char *start, const char *name,
                                    lr_crawl_html_token token) {
  lr_crawl_html_tag *tag = &tokenizer->tag;
  const char *name_end = find_kind(name, tokenizer->end, ENDS_TAG_NAME);
  tag->start = start;
  tag->name = (lr_crawl_html_span){name, (size_t)(name_end - name)};
  tag->element = lr_crawl_html_element_of(name, tag->name.length);
  tag->present = 0;
  const char *at = read_attributes(tag, name_end, tokenizer->end);
  tokenizer->at = at ? at : tokenizer->end;
  return at ? token : LR_CRAWL_HTML_END;
}

/* ---- Comments and declarations ---- */

/* Returns where a comment ends of which the text begins at `text`. */
static const char *skip_comment(const char *text, const char *end) {
  if (text < end && *text == '>') return text + 1;
  if (end - text >= 2 && text[0] == '-' && text[1] == '>') return text + 2;
  for (const char *at = text;; at++) {
    at = find_byte(at, end, '>');
    if (at == end) return end;
    const char *dashes = at - text >= 3 && at[-1] == '!' ? at - 1 : at;
    if (dashes - text >= 2 && dashes[-1] == '-' && dashes[-2] == '-')
      return at + 1;
  }
}

/* Returns where the first `mark` ends, or the document. */
static const char *skip_to_mark(const char *at, const char *end,
                                const char *mark) {
  size_t length = strlen(mark);
  const char *found = memmem(at, (size_t)(end - at), mark, length);
  return found ? found + length : end;
}

static const char *skip_to_greater(const char *at, const char *end) {
  at = find_byte(at, end, '>');
  return at < end ? at + 1 : end;
}

/* Returns where a DOCTYPE ends; in XML it may have declarations between
 * brackets. */
static const char *skip_doctype(const lr_crawl_html_tokenizer *tokenizer,
                                const char *at) {
  const char *end = tokenizer->end;
  const char *close = skip_to_greater(at, end);
  if (!tokenizer->xml) return close;
  const char *bracket = find_byte(at, close, '[');
  if (bracket == close) return close;
  return skip_to_greater(skip_to_mark(bracket, end, "]"), end);
}

/* Returns where what begins with "<!" ends. */
static const char *skip_declaration(const lr_crawl_html_tokenizer *tokenizer,
                                    const char *at) {
  const char *end = tokenizer->end;
  if (end - at >= 2 && at[0] == '-' && at[1] == '-')
    return skip_comment(at + 2, end);
  if ((tokenizer->cdata || tokenizer->xml) && end - at >= 7 &&
      memcmp(at, "[CDATA[", 7) == 0)
    return skip_to_mark(at + 7, end, "]]>");
  if (begins_with(at, end, "doctype", 7)) return skip_doctype(tokenizer, at);
  return skip_to_greater(at, end);
}

/* ---- Markup ---- */

/* Reads what begins with the '<' at `start`; false: no tag, and `at` is behind
 * it. */
static bool read_markup(lr_crawl_html_tokenizer *tokenizer, const char *start,
                        lr_crawl_html_token *token) {
  const char *at = start + 1;
  const char *end = tokenizer->end;
  *token = LR_CRAWL_HTML_END;
  tokenizer->at = at;
  if (at == end) return true;
  if (is_kind(*at, ALPHA)) {
    *token = read_tag(tokenizer, start, at, LR_CRAWL_HTML_START_TAG);
    return true;
  }
  if (*at == '!') {
    tokenizer->at = skip_declaration(tokenizer, at + 1);
  } else if (*at == '?') {
    tokenizer->at =
        tokenizer->xml ? skip_to_mark(at, end, "?>") : skip_to_greater(at, end);
  } else if (*at == '/') {
    if (++at == end) return true;
    if (is_kind(*at, ALPHA)) {
      *token = read_tag(tokenizer, start, at, LR_CRAWL_HTML_END_TAG);
      return true;
    }
    tokenizer->at = skip_to_greater(at, end);
  }
  return false;
}

void lr_crawl_html_begin(lr_crawl_html_tokenizer *tokenizer, const char *bytes,
                         size_t length) {
  tokenizer->at = bytes;
  tokenizer->end = bytes + length;
  tokenizer->xml = tokenizer->cdata = false;
  tokenizer->tag = (lr_crawl_html_tag){.start = bytes};
}

lr_crawl_html_token lr_crawl_html_next(lr_crawl_html_tokenizer *tokenizer) {
  lr_crawl_html_token token;
  do {
    const char *start = find_byte(tokenizer->at, tokenizer->end, '<');
    if (start == tokenizer->end) return LR_CRAWL_HTML_END;
    if (read_markup(tokenizer, start, &token)) return token;
  } while (tokenizer->at < tokenizer->end);
  return LR_CRAWL_HTML_END;
}

/* ---- Text ---- */

/* Tells whether a tag of this name is at `at`, behind its '<' or "</". */
static bool is_name_at(const char *at, const char *end,
                       lr_crawl_html_span name) {
  return (size_t)(end - at) > name.length &&
         is_kind(at[name.length], ENDS_TAG_NAME) &&
         strncasecmp(at, name.bytes, name.length) == 0;
}

/* Returns where the end tag `name` is, or `end`. */
static const char *find_end_tag(const char *at, const char *end,
                                lr_crawl_html_span name) {
  for (;; at++) {
    at = find_byte(at, end, '<');
    if (end - at < 2) return end;
    if (at[1] == '/' && is_name_at(at + 2, end, name)) return at;
  }
}

/* Script data, 13.2.5.4 and 13.2.5.15 to 13.2.5.32: within "<!--" a script may
 * begin another one, whose end tag is text, until "-->". */
enum { PLAIN_SCRIPT, ESCAPED, DOUBLE_ESCAPED };

/* Tells whether "-->" is between two places. */
static bool has_comment_end(const char *from, const char *to) {
  return memmem(from, (size_t)(to - from), "-->", 3) != NULL;
}

/* Returns the state behind the '<' at `at` that is no end tag of the script. */
static int next_script_state(int state, const char *at, const char *end,
                             lr_crawl_html_span name) {
  if (state == PLAIN_SCRIPT)
    return end - at >= 4 && memcmp(at, "<!--", 4) == 0 ? ESCAPED : state;
  bool closes = at + 1 < end && at[1] == '/';
  if (closes != (state == DOUBLE_ESCAPED)) return state;
  if (!is_name_at(at + 1 + closes, end, name)) return state;
  return state == ESCAPED ? DOUBLE_ESCAPED : ESCAPED;
}

static const char *find_script_end(const char *at, const char *end,
                                   lr_crawl_html_span name) {
  int state = PLAIN_SCRIPT;
  for (;;) {
    const char *less = find_byte(at, end, '<');
    if (less == end) return end;
    if (state != PLAIN_SCRIPT && has_comment_end(at, less))
      state = PLAIN_SCRIPT;
    if (state != DOUBLE_ESCAPED && end - less >= 2 && less[1] == '/' &&
        is_name_at(less + 2, end, name))
      return less;
    int next = next_script_state(state, less, end, name);
    at = less + (state == PLAIN_SCRIPT && next == ESCAPED ? 2 : 1);
    state = next;
  }
}

lr_crawl_html_span lr_crawl_html_skip_text(lr_crawl_html_tokenizer *tokenizer,
                                           unsigned flags) {
  const char *from = tokenizer->at;
  const char *end = tokenizer->end;
  lr_crawl_html_span name = tokenizer->tag.name;
  if (flags & LR_CRAWL_HTML_IS_PLAINTEXT)
    tokenizer->at = end;
  else if (flags & LR_CRAWL_HTML_IS_SCRIPT)
    tokenizer->at = find_script_end(from, end, name);
  else if (flags & (LR_CRAWL_HTML_IS_RCDATA | LR_CRAWL_HTML_IS_RAWTEXT))
    tokenizer->at = find_end_tag(from, end, name);
  return (lr_crawl_html_span){from, (size_t)(tokenizer->at - from)};
}
