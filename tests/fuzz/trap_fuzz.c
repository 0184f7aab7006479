/* SPDX-License-Identifier: MIT
 * trap_fuzz.c: URLs, one a line, and what their pages were like.  Shapes have
 * the length that is told, whatever the space; a shape has itself as its shape;
 * what is closed is listed, and open once it was opened. */
#include "crawl/trap.h"
#include "crawl/words_digest.h"

#include <stdlib.h>

#include "fuzz/fuzz.h"

const unsigned fuzz_cost = 8;

static char *write_shape(const lariat_url *url) {
  size_t length = lr_crawl_shape(url, NULL, 0);
  char *shape = malloc(length + 1);
  if (!shape) abort();
  FUZZ_REQUIRE(lr_crawl_shape(url, shape, length + 1) == length);
  FUZZ_REQUIRE(strlen(shape) == length);
  return shape;
}

static void check_shape(const lariat_url *url) {
  char *shape = write_shape(url);
  lariat_url *again;
  size_t length;
  (void)lariat_url_text(url, &length);
  FUZZ_REQUIRE(strlen(shape) <= length);
  if (lariat_url_parse(shape, strlen(shape), NULL, &again, NULL) == LARIAT_OK) {
    char *same = write_shape(again);
    FUZZ_REQUIRE(strcmp(same, shape) == 0);
    FUZZ_REQUIRE(lr_crawl_shape_hash(again) == lr_crawl_shape_hash(url));
    free(same);
    lariat_url_free(again);
  }
  free(shape);
}

static void open_shape(void *context, const char *shape, uint32_t pages,
                       const char *reason) {
  FUZZ_REQUIRE(pages && reason[0]);
  FUZZ_REQUIRE(lr_crawl_traps_open(context, shape));
}

static void learn(lr_crawl_traps *traps, const lariat_url *url,
                  uint32_t number) {
  static const char *const words[] = {NULL, "one", "two", "17 "};
  const char *shape = NULL;
  for (uint32_t i = 0; i < number % 32; i++)
    lr_crawl_traps_learn(
        traps, url,
        &(lr_crawl_trap_page){number >> 8 & 3, words[number >> 10 & 3], 3,
                              number >> 12 & 7,
                              number >> 12 & number >> 15 & 7});
  bool closed = lr_crawl_traps_is_closed(traps, url, &shape);
  FUZZ_REQUIRE(closed == (shape != NULL));
  FUZZ_REQUIRE(!closed || lr_crawl_traps_closed(traps));
}

static void check_line(lr_crawl_traps *traps, const char *text,
                       uint32_t number) {
  lariat_url *url;
  if (lariat_url_parse(text, strlen(text), NULL, &url, NULL) != LARIAT_OK)
    return;
  check_shape(url);
  learn(traps, url, number);
  lariat_url_free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  lr_crawl_traps_options options = lr_crawl_traps_defaults();
  lr_crawl_traps *traps;
  options.similar_pages = 8u + fuzz_read_byte(&input) % 16;
  options.query_variants = 16;
  FUZZ_REQUIRE(lr_crawl_traps_new(&options, &traps) == LARIAT_OK);
  (void)lr_crawl_words_digest((const char *)input.at, input.left);
  for (int i = 0; i < 16 && input.left; i++) {
    uint32_t number = fuzz_read_number(&input);
    char *text = fuzz_read_field(&input, '\n');
    check_line(traps, text, number);
    free(text);
  }
  lr_crawl_traps_each(traps, open_shape, traps);
  FUZZ_REQUIRE(lr_crawl_traps_closed(traps) == 0);
  lr_crawl_traps_free(traps);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT(
          "\x1f\1\0\0http://h/calendar/2026/11\n\x1f\1\0\0http://h/calenda"
          "r/2026/12"),
      FUZZ_TEXT(
          "\x1f\0\0\0http://h/s/550e8400-e29b-41d4-a716-446655440000/x\n"),
      FUZZ_TEXT(
          "\x1f\1\2\3http://h/list?a=1&b=2&c=3\n\x1f\1\2\3http://h/list?a="
          "2&b=3&c=4&c=4\n\x1f\1\2\3http://h/list?a=2"),
      FUZZ_TEXT("\x1f\1\1\1http://h/deadbeef01/0123456789abcdefghij/%41%4\n"),
      FUZZ_TEXT("\x1f\1\0\0http://h/d/a<b>c</b>1\n\x1f\1\0\0http://h/d/b\n\x1f"
                "\1\0\0http://h/d/c")};
  fuzz_give_all(sink, context, "\0", 1, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\7", 1, texts, FUZZ_COUNT(texts));
}
