/* SPDX-License-Identifier: MIT
 * cdxj_key_fuzz.c: the key of any URL is printable, in lower case and without
 * blanks, is the same with "www." before the host, and is cut where it does not
 * fit; that of another text is the text. */
#include <lariat/crawl/cdxj.h>

#include <stdlib.h>

#include "fuzz/fuzz.h"
#include <lariat/url.h>

/* Returns the key; the caller frees it. */
static char *make_key(const char *url) {
  size_t length = lariat_crawl_cdxj_key(url, NULL, 0);
  char *key = malloc(length + 1);
  FUZZ_REQUIRE(key != NULL);
  FUZZ_REQUIRE(lariat_crawl_cdxj_key(url, key, length + 1) == length);
  FUZZ_REQUIRE(strlen(key) == length);
  return key;
}

static void check_cut(const char *url, const char *key) {
  size_t half = strlen(key) / 2;
  char *cut = malloc(half + 1);
  FUZZ_REQUIRE(cut != NULL);
  FUZZ_REQUIRE(lariat_crawl_cdxj_key(url, cut, half + 1) == strlen(key));
  FUZZ_REQUIRE(strlen(cut) == half && memcmp(cut, key, half) == 0);
  free(cut);
}

static bool begins_with_www(lariat_url_part host) {
  return host.length > 3 && memcmp(host.bytes, "www", 3) == 0;
}

/* Checks that "www." makes no difference, where the host is a name. */
static void check_www(const lariat_url *url, const char *key) {
  lariat_url_part scheme = lariat_url_scheme(url), host = lariat_url_host(url);
  const char *text = lariat_url_text(url, NULL);
  const char *rest = host.bytes + host.length;
  if (host.bytes[0] == '[' || begins_with_www(host)) return;
  size_t capacity = strlen(text) + 16;
  char *other = malloc(capacity);
  FUZZ_REQUIRE(other != NULL);
  char *at = other;
  memcpy(at, scheme.bytes, scheme.length);
  at += scheme.length;
  memcpy(at, "://www.", 7);
  at += 7;
  memcpy(at, host.bytes, host.length);
  at += host.length;
  memcpy(at, rest, strlen(rest) + 1);
  lariat_url *parsed = NULL;
  if (lariat_url_parse(other, strlen(other), NULL, &parsed, NULL) ==
      LARIAT_OK) {
    char *same = make_key(other);
    FUZZ_REQUIRE(strcmp(same, key) == 0);
    free(same);
  }
  lariat_url_free(parsed);
  free(other);
}

static void check_key(const lariat_url *url, const char *text) {
  char *key = make_key(text);
  for (const char *at = key; *at; at++)
    FUZZ_REQUIRE(*at > ' ' && *at < 0x7f && !(*at >= 'A' && *at <= 'Z'));
  FUZZ_REQUIRE(strstr(key, ")/") != NULL);
  check_cut(text, key);
  check_www(url, key);
  free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  char *text = fuzz_read_text(&input);
  lariat_url *url = NULL;
  if (lariat_url_parse(text, strlen(text), NULL, &url, NULL) == LARIAT_OK) {
    check_key(url, text);
  } else {
    char *key = make_key(text);
    FUZZ_REQUIRE(strcmp(key, text) == 0);
    free(key);
  }
  lariat_url_free(url);
  free(text);
  return 0;
}

#define ID "0123456789abcdefghijklemopqrstuv"

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("http://WWW3.Example.com:8080/A//b/../%2e%2525?b=%41&a&=#x"),
      FUZZ_TEXT("https://u:p@1.2.3.4/(S(" ID "))/x.ASPX?jsessionid=" ID),
      FUZZ_TEXT("http://a/?sid=" ID "&CFID=1&CFTOKEN=2&phpsessid=" ID "&x"),
      FUZZ_TEXT("http://[::1]/(0123456789abcdefghijklem)/a.aspx"),
      FUZZ_TEXT("http://a/?aspsessionidABCDEFGH=ABCDEFGHIJKLMNOPQRSTUVWX"),
      FUZZ_TEXT("dns:example.com"),
  };
  fuzz_give_all(sink, context, "", 0, texts, FUZZ_COUNT(texts));
}
