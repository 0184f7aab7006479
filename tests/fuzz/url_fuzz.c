/* SPDX-License-Identifier: MIT
 * url_fuzz.c: a URL that was parsed is parsed to the same again, the short cuts
 * agree with the full parser, and what a reference is resolved to is a URL. */
#include "http/url.h"

#include <stdlib.h>

#include "base/memory.h"
#include "fuzz/fuzz.h"

static void check_url(const lr_url *url) {
  FUZZ_REQUIRE(strlen(url->text) == url->length);
  FUZZ_REQUIRE(strlen(url->key) == url->key_length);
  FUZZ_REQUIRE(url->origin_length <= url->length);
  FUZZ_REQUIRE(
      strncmp(url->key, url->tls ? "https://" : "http://", 7u + url->tls) == 0);
  FUZZ_REQUIRE(strrchr(url->key, ':') > url->key + 6);
  FUZZ_REQUIRE(!strpbrk(url->text, "\r\n# "));
  FUZZ_REQUIRE(lr_url_same_origin(url, url));
}

static void compare_urls(const lr_url *a, const lr_url *b) {
  FUZZ_REQUIRE(a->length == b->length && strcmp(a->text, b->text) == 0);
  FUZZ_REQUIRE(a->key_length == b->key_length && strcmp(a->key, b->key) == 0);
  FUZZ_REQUIRE(a->hash == b->hash && a->tls == b->tls);
  FUZZ_REQUIRE(lr_url_same_origin(a, b));
}

static void check_again(const lr_url *url) {
  lr_url again;
  FUZZ_REQUIRE(lr_url_parse(&again, url->text) == LARIAT_OK);
  compare_urls(url, &again);
  lr_url_clear(&again);
}

/* The short cut either has no opinion or has the full parser's. */
static void check_short_cut(const char *text) {
  lr_url simple;
  lr_url full;
  lariat_status status = LARIAT_EINVAL;
  if (!lr_url_parse_simple(&simple, text, &status)) return;
  FUZZ_REQUIRE(status == lr_url_parse_in_full(&full, text));
  if (status == LARIAT_OK) compare_urls(&simple, &full);
  lr_url_clear(&simple);
  lr_url_clear(&full);
}

/* Parses `text` after the one before, whose origin it may share. */
static void check_after(const char *before, const char *text) {
  lr_origin last = {0};
  lr_url first, second, alone;
  lariat_status status = lr_url_parse_after(&first, before, &last);
  if (status == LARIAT_OK) lr_url_clear(&first);
  status = lr_url_parse_after(&second, text, &last);
  FUZZ_REQUIRE(status == lr_url_parse(&alone, text));
  if (status == LARIAT_OK) {
    compare_urls(&second, &alone);
    lr_url_clear(&second);
    lr_url_clear(&alone);
  }
  lr_origin_clear(&last);
}

static void check_reference(const lr_url *base, const char *reference) {
  lr_url target;
  lariat_url_error error;
  if (lr_url_resolve(&target, base, reference, &error) != LARIAT_OK) return;
  check_url(&target);
  check_again(&target);
  lr_url_clear(&target);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  char *text = fuzz_read_field(&input, '\n');
  char *reference = fuzz_read_text(&input);
  lr_url url;
  check_short_cut(text);
  check_after(text, reference);
  if (lr_url_parse(&url, text) == LARIAT_OK) {
    check_url(&url);
    check_again(&url);
    check_reference(&url, reference);
    lr_url_clear(&url);
  }
  free(reference);
  free(text);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("http://example.org/\n/a"),
      FUZZ_TEXT("http://example.org/a/b?c=d#e\n../x?y#z"),
      FUZZ_TEXT("https://user:word@Example.ORG:8443/a%20b\n//other.example/"),
      FUZZ_TEXT("http://127.0.0.1:80/a/./b/../c\nhttp://127.0.0.1/c"),
      FUZZ_TEXT("http://[::1]:8080/\n?q"),
      FUZZ_TEXT("http://[fe80::1%25eth0]/\n#f"),
      FUZZ_TEXT("http://0x7f.1/\n."),
      FUZZ_TEXT("http://2130706433/\n./a"),
      FUZZ_TEXT("http://a.b.c.d.e.f/%2e%2E/x\nhttps:g"),
      FUZZ_TEXT("HTTP://EXAMPLE.org?q=/../#x\n;x=1/../y"),
      FUZZ_TEXT("http://example.org:65535/a;b,c=d&e'(f)*+!$@:\n/"),
      FUZZ_TEXT("http://example.org/\xc3\xa9?\xff\n\xc3\xa9"),
      FUZZ_TEXT("http://b\xc3\xbc"
                "cher.example/\n//\xe4\xbe\x8b.example"),
      FUZZ_TEXT("http:///x\n\\a\\b"),
      FUZZ_TEXT("http:/x/y\nhttp:///z"),
      FUZZ_TEXT("file:///etc/hosts\nftp://x/"),
      FUZZ_TEXT("http://a@b@c/\n//d@e/"),
      FUZZ_TEXT("http://a:0/\nhttp://a:65536/"),
      FUZZ_TEXT("http://xn--bcher-kva.example./\n//a."),
      FUZZ_TEXT("http://%61.example/\nhttp://%30x7f.1/"),
      FUZZ_TEXT("http://a b/\nhttp://a\tb/"),
      FUZZ_TEXT("http://e.org/a?\nhttp://e.org/a?b"),
  };
  fuzz_give_all(sink, context, "", 0, texts, FUZZ_COUNT(texts));
}
