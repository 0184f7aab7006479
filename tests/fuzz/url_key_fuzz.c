/* SPDX-License-Identifier: MIT
 * url_key_fuzz.c: a URL and rules.  The key of a URL is a URL whose key it is
 * itself, by the same rules; it is no longer than the URL; rules that are said
 * to have changed nothing have not; and the SURT form has the same path. */
#include <lariat/crawl/url_key.h>

#include <stdlib.h>

#include "fuzz/fuzz.h"

static const char *const rules_texts[] = {
    "none",       "session",
    "sort-query", "drop=a*,utm_*,sid",
    "lower-path", "www;scheme",
    "slash",      "sort-query;drop=a,b*;lower-path;www;slash;scheme"};

static lariat_crawl_key_rules *choose_rules(uint8_t choice) {
  lariat_crawl_key_rules *rules;
  const char *text = rules_texts[choice % FUZZ_COUNT(rules_texts)];
  FUZZ_REQUIRE(lariat_crawl_key_rules_parse(text, &rules, NULL, 0) ==
               LARIAT_OK);
  return rules;
}

/* Writes a key into memory of just its size. */
static char *write_key(const lariat_crawl_key_rules *rules,
                       const lariat_url *url, unsigned *merged) {
  size_t length = lariat_crawl_url_key(rules, url, NULL, 0, merged);
  char *key = malloc(length + 1);
  if (!key) abort();
  FUZZ_REQUIRE(lariat_crawl_url_key(rules, url, key, length + 1, NULL) ==
               length);
  FUZZ_REQUIRE(strlen(key) == length);
  return key;
}

static void check_key(const lariat_crawl_key_rules *rules,
                      const lariat_url *url) {
  unsigned merged, more;
  lariat_url *again, *bare;
  char *key = write_key(rules, url, &merged);
  FUZZ_REQUIRE(
      lariat_url_copy_without(url, LARIAT_URL_USERINFO | LARIAT_URL_FRAGMENT,
                              &bare) == LARIAT_OK);
  const char *text = lariat_url_text(bare, NULL);
  FUZZ_REQUIRE(strlen(key) <= strlen(text));
  FUZZ_REQUIRE((merged == 0) == (strcmp(key, text) == 0));
  FUZZ_REQUIRE(lariat_url_parse(key, strlen(key), NULL, &again, NULL) ==
               LARIAT_OK);
  FUZZ_REQUIRE(strcmp(lariat_url_text(again, NULL), key) == 0);
  char *same = write_key(rules, again, &more);
  FUZZ_REQUIRE(strcmp(same, key) == 0 && more == 0);
  free(same);
  free(key);
  lariat_url_free(again);
  lariat_url_free(bare);
}

/* The SURT form of a URL is no longer than it may be; its path is the URL's. */
static void check_surt(const lariat_url *url) {
  size_t length = lariat_crawl_surt(url, NULL, 0), text_length;
  (void)lariat_url_text(url, &text_length);
  FUZZ_REQUIRE(length < text_length + LARIAT_CRAWL_KEY_MOST_MORE);
  char *surt = malloc(length + 1);
  if (!surt) abort();
  FUZZ_REQUIRE(lariat_crawl_surt(url, surt, length + 1) == length);
  FUZZ_REQUIRE(strlen(surt) == length);
  const char *path = strstr(surt, ")/");
  FUZZ_REQUIRE(path);
  lariat_url_part wanted = lariat_url_path(url);
  for (size_t i = 0; i < wanted.length; i++) {
    char byte = wanted.bytes[i];
    FUZZ_REQUIRE(path[1 + i] ==
                 (byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte));
  }
  free(surt);
}

/* Rules that are any text are read, or refused with a reason. */
static void check_rules(const char *text) {
  lariat_crawl_key_rules *rules;
  char message[96] = "";
  lariat_status status =
      lariat_crawl_key_rules_parse(text, &rules, message, sizeof message);
  FUZZ_REQUIRE(status == LARIAT_OK || status == LARIAT_EINVAL);
  FUZZ_REQUIRE((status == LARIAT_OK) == (rules != NULL));
  FUZZ_REQUIRE((status == LARIAT_OK) == (message[0] == '\0'));
  lariat_crawl_key_rules_free(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  lariat_crawl_key_rules *rules = choose_rules(fuzz_read_byte(&input));
  char *text = fuzz_read_text(&input);
  lariat_url *url;
  check_rules(text);
  if (lariat_url_parse(text, strlen(text), NULL, &url, NULL) == LARIAT_OK) {
    check_key(rules, url);
    check_key(NULL, url);
    check_surt(url);
    lariat_url_free(url);
  }
  lariat_crawl_key_rules_free(rules);
  free(text);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("http://www.example.org./A/b?b=1&a=2&utm_x=3"),
      FUZZ_TEXT("http://h/%2%65/%41%%32%65/%2e%2E%2e"),
      FUZZ_TEXT("http://h/a;jsessionid=0123456789abcdef0123456789abcdef/b?"),
      FUZZ_TEXT("http://h/(S(4hqa0555fwsecu455xqckv45))/m.aspx?CFID=1&CFTOKEN="
                "2&sid=0123456789abcdef0123456789abcdef"),
      FUZZ_TEXT("https://www.www2.0x7f.1..:80//a//?&&a"),
      FUZZ_TEXT("http://[::ffff:1.2.3.4]:81/..;jsessionid=0123456789abcdef01"),
      FUZZ_TEXT("http://u:p@127.1/?%61=%7E&%20#%41"),
      FUZZ_TEXT("http://h/;jsessionid=0123456789abcdef01/;jsessionid=0123456789"
                "abcdef01/"),
      FUZZ_TEXT("http://h/(S(4hqa0555fwsecu455xqckv45));jsessionid=0123456789"
                "abcdef01/;v=1;sid=0123456789abcdef0123456789abcdef"),
      FUZZ_TEXT("sort-query;drop=a,b*;none;www")};
  for (char choice = 0; choice < (char)FUZZ_COUNT(rules_texts); choice++)
    fuzz_give_all(sink, context, &choice, 1, texts, FUZZ_COUNT(texts));
}
