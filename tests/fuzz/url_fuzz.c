/* SPDX-License-Identifier: MIT
 * url_fuzz.c: a URL that was parsed is parsed to the same again, its parts are
 * its text, the short cuts agree with the full parser, and what a reference is
 * resolved to is a URL. */
#include "http/url.h"

#include <stdlib.h>

#include "fuzz/fuzz.h"

/* ---- The public URL ---- */

static const char *put_part(const char *at, const char *before,
                            lariat_url_part part) {
  if (!part.bytes) return at;
  FUZZ_REQUIRE(strncmp(at, before, strlen(before)) == 0);
  at += strlen(before);
  FUZZ_REQUIRE(part.bytes == at);
  return at + part.length;
}

/* Walks over the text, part by part. */
static void check_parts(const lariat_url *url, const char *text) {
  lariat_url_part host = lariat_url_host(url);
  FUZZ_REQUIRE(lariat_url_scheme(url).bytes == text);
  FUZZ_REQUIRE(host.length > 0 && host.bytes > text);
  const char *at = host.bytes + host.length;
  if (*at == ':') {
    FUZZ_REQUIRE(strtoul(at + 1, NULL, 10) == lariat_url_port(url));
    at += 1 + strspn(at + 1, "0123456789");
  }
  FUZZ_REQUIRE(*at == '/');
  at = put_part(at, "", lariat_url_path(url));
  at = put_part(at, "?", lariat_url_query(url));
  at = put_part(at, "#", lariat_url_fragment(url));
  FUZZ_REQUIRE(*at == '\0');
  FUZZ_REQUIRE(lariat_url_port(url) <= 65535);
}

static void check_text(const char *text, size_t length) {
  FUZZ_REQUIRE(strlen(text) == length);
  for (size_t i = 0; i < length; i++)
    FUZZ_REQUIRE(text[i] > ' ' && text[i] < 0x7f);
}

static void check_public(const lariat_url *url) {
  lariat_url *again;
  lariat_url_error error;
  size_t length;
  size_t more;
  const char *text = lariat_url_text(url, &length);
  check_text(text, length);
  check_parts(url, text);
  FUZZ_REQUIRE(lariat_url_same_origin(url, url));
  FUZZ_REQUIRE(lariat_url_parse(text, length, NULL, &again, &error) ==
               LARIAT_OK);
  FUZZ_REQUIRE(strcmp(lariat_url_text(again, &more), text) == 0);
  FUZZ_REQUIRE(lariat_url_same_origin(url, again));
  lariat_url_free(again);
}

static void check_copy(const lariat_url *url, unsigned parts) {
  lariat_url *copy;
  FUZZ_REQUIRE(lariat_url_copy_without(url, parts, &copy) == LARIAT_OK);
  check_public(copy);
  if (parts & LARIAT_URL_USERINFO) FUZZ_REQUIRE(!lariat_url_has_userinfo(copy));
  if (parts & LARIAT_URL_FRAGMENT)
    FUZZ_REQUIRE(!lariat_url_fragment(copy).bytes);
  if (parts & LARIAT_URL_QUERY) FUZZ_REQUIRE(!lariat_url_query(copy).bytes);
  FUZZ_REQUIRE(lariat_url_same_origin(url, copy));
  lariat_url_free(copy);
}

/* Parses bytes that may have NULs among them. */
static lariat_url *parse_public(const char *bytes, size_t length,
                                const lariat_url *base) {
  lariat_url *url;
  lariat_url_error error = {0, ""};
  lariat_status status = lariat_url_parse(bytes, length, base, &url, &error);
  if (status == LARIAT_OK) {
    check_public(url);
    return url;
  }
  FUZZ_REQUIRE(status == LARIAT_EURL || status == LARIAT_ESCHEME);
  FUZZ_REQUIRE(!url && error.byte <= length);
  FUZZ_REQUIRE(error.message[0] &&
               memchr(error.message, '\0', sizeof error.message));
  return NULL;
}

/* ---- The URL of a fetch ---- */

static void compare_urls(const lr_url *a, const lr_url *b) {
  FUZZ_REQUIRE(a->length == b->length && strcmp(a->text, b->text) == 0);
  FUZZ_REQUIRE(a->key_length == b->key_length && strcmp(a->key, b->key) == 0);
  FUZZ_REQUIRE(a->origin_length == b->origin_length);
  FUZZ_REQUIRE(a->hash == b->hash && a->tls == b->tls);
  FUZZ_REQUIRE(lr_url_same_origin(a, b));
}

static void check_url(const lr_url *url) {
  lr_url again;
  check_text(url->text, url->length);
  FUZZ_REQUIRE(strlen(url->key) == url->key_length);
  FUZZ_REQUIRE(url->origin_length <= url->length);
  FUZZ_REQUIRE(
      strncmp(url->key, url->tls ? "https://" : "http://", 7u + url->tls) == 0);
  FUZZ_REQUIRE(strtoul(strrchr(url->key, ':') + 1, NULL, 10) ==
               lr_url_port(url));
  FUZZ_REQUIRE(lr_url_parse(&again, url->text) == LARIAT_OK);
  compare_urls(url, &again);
  FUZZ_REQUIRE(!again.userinfo);
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
  lr_buffer spare = {0};
  lr_url first, second, alone;
  lariat_status status = lr_url_parse_after(&first, before, &last, &spare);
  if (status == LARIAT_OK) spare = lr_url_take_text(&first);
  status = lr_url_parse_after(&second, text, &last, &spare);
  FUZZ_REQUIRE(status == lr_url_parse(&alone, text));
  if (status == LARIAT_OK) {
    compare_urls(&second, &alone);
    lr_url_clear(&second);
    lr_url_clear(&alone);
  }
  lr_buffer_clear(&spare);
  lr_origin_clear(&last);
}

/* What is fetched is the public URL without userinfo and fragment. */
static void check_same(const lr_url *url, const lariat_url *given) {
  lariat_url *bare;
  FUZZ_REQUIRE(given);
  FUZZ_REQUIRE(
      lariat_url_copy_without(given, LARIAT_URL_USERINFO | LARIAT_URL_FRAGMENT,
                              &bare) == LARIAT_OK);
  FUZZ_REQUIRE(strcmp(lariat_url_text(bare, NULL), url->text) == 0);
  lariat_url_free(bare);
}

static void check_reference(const lr_url *base, const char *reference,
                            const lariat_url *expected) {
  lr_url target;
  lariat_url_error error;
  lariat_status status = lr_url_resolve(&target, base, reference, &error);
  if (status != LARIAT_OK) return;
  check_url(&target);
  check_same(&target, expected);
  lr_url_clear(&target);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  uint8_t parts = fuzz_read_byte(&input);
  char *text = fuzz_read_field(&input, '\n');
  char *reference = fuzz_read_text(&input);
  lr_url url;
  lariat_url *given = parse_public(text, strlen(text), NULL);
  lariat_url *target = parse_public(reference, strlen(reference), given);
  lariat_url_free(parse_public((const char *)bytes, length, given));
  if (given) check_copy(given, parts & 7);
  check_short_cut(text);
  check_after(text, reference);
  if (lr_url_parse(&url, text) == LARIAT_OK) {
    check_url(&url);
    check_same(&url, given);
    FUZZ_REQUIRE(url.userinfo == lariat_url_has_userinfo(given));
    check_reference(&url, reference, target);
    lr_url_clear(&url);
  }
  lariat_url_free(target);
  lariat_url_free(given);
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
      FUZZ_TEXT("http://[::ffff:1.2.3.4]/\n//[1:0:0:2::3]:1"),
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
      FUZZ_TEXT("http://a@b@c/\n//d:@e/"),
      FUZZ_TEXT("http://a:0/\nhttp://a:65536/"),
      FUZZ_TEXT("http://xn--bcher-kva.example./\n//a."),
      FUZZ_TEXT("http://%61.example/\nhttp://%30x7f.1/"),
      FUZZ_TEXT(" http://a b/\nhttp://a\tb/ "),
      FUZZ_TEXT("http://e.org/a?\nhttp://e.org/a?b"),
      FUZZ_TEXT("http://\xef\xbc\x91.2\xe3\x80\x82"
                "3.4/\n//a\xc2\xad"
                "b/"),
  };
  fuzz_give_all(sink, context, "\0", 1, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\7", 1, texts, FUZZ_COUNT(texts));
}
