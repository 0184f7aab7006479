/* SPDX-License-Identifier: MIT
 * header_list_fuzz.c: request headers that were accepted are sent as lines of
 * which each is one header, whatever their names and values were. */
#include "http/header_list.h"

#include <stdlib.h>
#include <strings.h>

#include "fuzz/fuzz.h"

enum { MOST = 8 };

struct headers {
  lariat_header items[MOST];
  size_t count;
};

/* Reads "name:value" lines; without a colon the value is NULL, which removes a
 * header. */
static void read_headers(struct fuzz_input *input, struct headers *headers) {
  headers->count = 0;
  while (input->left > 0 && headers->count < MOST) {
    char *name = fuzz_read_field(input, '\x01');
    char *colon = strchr(name, ':');
    if (colon) *colon = '\0';
    headers->items[headers->count++] =
        (lariat_header){name, colon ? colon + 1 : NULL};
  }
}

static void free_headers(struct headers *headers) {
  for (size_t i = 0; i < headers->count; i++)
    free((void *)(uintptr_t)headers->items[i].name);
}

/* Each line is a name, a colon, a value and a CRLF. */
static size_t count_sent(const lr_header_list *list) {
  const char *at = list->lines;
  const char *end = at + list->lines_length;
  size_t lines = 0;
  for (; at < end; lines++) {
    const char *stop = memchr(at, '\r', (size_t)(end - at));
    FUZZ_REQUIRE(stop && end - stop >= 2 && stop[1] == '\n');
    size_t length = (size_t)(stop - at);
    FUZZ_REQUIRE(!memchr(at, '\n', length) && !memchr(at, '\0', length));
    size_t name = strcspn(at, ": \t\r");
    FUZZ_REQUIRE(name > 0 && at[name] == ':');
    at = stop + 2;
  }
  return lines;
}

static bool is_name_of(const char *line, const char *name) {
  size_t length = strlen(name);
  return strncasecmp(line, name, length) == 0 &&
         (line[length] == ':' || line[length] == ';');
}

static size_t count_lines(const lr_header_list *list, const char *name) {
  size_t count = 0;
  for (const lr_header_line *at = list->list; at; at = at->next)
    if (!name || is_name_of(at->data, name)) count++;
  return count;
}

static void check_list(const lr_header_list *list) {
  FUZZ_REQUIRE(count_sent(list) <= count_lines(list, NULL));
  FUZZ_REQUIRE(count_lines(list, "Content-Length") == 0);
  FUZZ_REQUIRE(count_lines(list, "Transfer-Encoding") == 0);
}

static void check_without(lr_header_list *list, unsigned kinds) {
  lr_header_list *less = NULL;
  size_t length = 0;
  FUZZ_REQUIRE(lr_header_list_without(list, kinds, &less) == LARIAT_OK);
  check_list(less);
  FUZZ_REQUIRE(!lr_header_list_find(less, kinds, &length));
  if (kinds & LR_HEADERS_CREDENTIALS) {
    FUZZ_REQUIRE(count_lines(less, "Authorization") == 0);
    FUZZ_REQUIRE(count_lines(less, "Proxy-Authorization") == 0);
  }
  FUZZ_REQUIRE(
      count_lines(less, "Cookie") ==
      (kinds & LR_HEADERS_CREDENTIALS ? 0 : count_lines(list, "Cookie")));
  if (kinds & LR_HEADERS_HOST) FUZZ_REQUIRE(count_lines(less, "Host") == 0);
  if (kinds & LR_HEADERS_CONTENT)
    FUZZ_REQUIRE(count_lines(less, "Content-Type") == 0);
  lr_header_list_release(less);
}

/* Lays the headers over the list, of which those of their names are gone. */
static void check_overlay(const lr_header_list *base,
                          const struct headers *over) {
  lr_header_list *list = NULL;
  if (lr_header_list_make(base, over->items, over->count, &list) != LARIAT_OK)
    return;
  check_list(list);
  for (size_t i = 0; i < over->count; i++) {
    size_t given = 0;
    for (size_t k = 0; k < over->count; k++)
      if (strcasecmp(over->items[i].name, over->items[k].name) == 0) given++;
    FUZZ_REQUIRE(count_lines(list, over->items[i].name) == given);
    FUZZ_REQUIRE(lr_header_list_has(list, over->items[i].name) == (given > 0));
  }
  for (unsigned kind = 1; kind < 16; kind *= 2) check_without(list, kind);
  lr_header_list_release(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  struct headers first;
  struct headers second;
  lr_header_list *base = NULL;
  read_headers(&input, &first);
  read_headers(&input, &second);
  if (lr_header_list_make(NULL, first.items, first.count, &base) == LARIAT_OK) {
    check_list(base);
    check_overlay(base, &second);
    check_overlay(base, &first);
    lr_header_list_release(base);
  }
  free_headers(&second);
  free_headers(&first);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("Accept:*/*\1Cookie:a=b"),
      FUZZ_TEXT("X:1\1X:2\1x:3\1Authorization: Basic eA==\1Host:x\1TE:\1A\1B:"
                "  \1accept:text/html\1X"),
      FUZZ_TEXT("Content-Type:text/plain\1Content-Length:5"),
      FUZZ_TEXT("Content-Type:text/plain\1content-language:de\1Cookie:c"),
      FUZZ_TEXT("Transfer-Encoding:chunked"),
      FUZZ_TEXT("Bad Name:x"),
      FUZZ_TEXT("X: a\r\nY: b"),
      FUZZ_TEXT("!#$%&'*+-.^_`|~:\t value \t"),
      FUZZ_TEXT(":"),
      FUZZ_TEXT("Accept-Encoding:;\1Expect:100-continue\1Upgrade:h2c\1;:;"),
      FUZZ_TEXT("User-Agent\1Accept\1Proxy-Authorization:x\1X:\x80\xff"),
  };
  fuzz_give_all(sink, context, "", 0, texts, FUZZ_COUNT(texts));
}
