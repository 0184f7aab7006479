/* SPDX-License-Identifier: MIT
 * set_cookie_fuzz.c: whatever servers set, a jar holds cookies of the hosts
 * that have set them alone, sends what can stand in a header, and is the same
 * once it was written to a file and read again. */
#include "http/cookie_jar.h"

#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "http/cookie_date.h"
#include "http/cookie_file.h"

static const int64_t now_s = 1000000000;

static const char *const urls[] = {"https://www.example.com/a/b",
                                   "http://www.example.com/a/c",
                                   "http://example.com/",
                                   "http://127.0.0.1:81/x",
                                   "http://[::1]/",
                                   "https://a.co.uk/",
                                   "http://localhost/a",
                                   "https://github.io/"};

static lariat_url *parse_url(const char *text) {
  lariat_url *url = NULL;
  FUZZ_REQUIRE(lariat_url_parse(text, strlen(text), NULL, &url, NULL) ==
               LARIAT_OK);
  return url;
}

static lariat_cookie_jar *make_jar(void) {
  lariat_cookie_jar *jar = NULL;
  lariat_cookie_jar_options options = lariat_cookie_jar_defaults();
  options.max_cookies = 12;
  options.max_per_domain = 5;
  FUZZ_REQUIRE(lariat_cookie_jar_new(&options, &jar) == LARIAT_OK);
  return jar;
}

/* Makes the header for a URL; "" when there is none. */
static char *header_of(lariat_cookie_jar *jar, const char *text) {
  const char *value = NULL;
  lariat_url *url = parse_url(text);
  FUZZ_REQUIRE(lariat_cookie_jar_header(jar, url, now_s, &value) == LARIAT_OK);
  lariat_url_free(url);
  FUZZ_REQUIRE(!value || (*value && strlen(value) <= 20 * 4200));
  return fuzz_copy(value ? value : "", value ? strlen(value) + 1 : 1);
}

/* Sets one cookie, and the same again, which changes nothing. */
static void set_twice(lariat_cookie_jar *jar, const char *from,
                      const char *text) {
  lariat_cookie_verdict verdict;
  lariat_cookie_verdict again;
  lariat_url *url = parse_url(from);
  size_t before = lariat_cookie_jar_count(jar);
  FUZZ_REQUIRE(lariat_cookie_jar_set(jar, url, text, strlen(text), now_s,
                                     &verdict) == LARIAT_OK);
  size_t count = lariat_cookie_jar_count(jar);
  FUZZ_REQUIRE(verdict == LARIAT_COOKIE_STORED || count <= before);
  FUZZ_REQUIRE(count <= before + 1);
  FUZZ_REQUIRE(verdict < LARIAT_COOKIE_EMPTY || count == before);
  FUZZ_REQUIRE(lariat_cookie_jar_set(jar, url, text, strlen(text), now_s,
                                     &again) == LARIAT_OK);
  FUZZ_REQUIRE(verdict == again && lariat_cookie_jar_count(jar) == count);
  lariat_url_free(url);
}

static lr_cookie_text text_of(const char *text) {
  return (lr_cookie_text){text, strlen(text)};
}

/* Tells whether one of the hosts may have set a cookie of this domain. */
static bool is_of_a_host(const lariat_cookie *cookie) {
  for (size_t i = 0; i < FUZZ_COUNT(urls); i++) {
    lariat_url *url = parse_url(urls[i]);
    lr_cookie_request request = lr_cookie_request_of_public(url);
    bool is = lr_cookie_domain_matches(request.host, text_of(cookie->domain)) &&
              (!cookie->secure || request.secure);
    lariat_url_free(url);
    if (is) return true;
  }
  return false;
}

static void check_cookies(const lariat_cookie_jar *jar) {
  size_t count = 0;
  for (const lariat_cookie *cookie = lariat_cookie_jar_first(jar); cookie;
       cookie = lariat_cookie_jar_next(jar, cookie)) {
    count++;
    FUZZ_REQUIRE(is_of_a_host(cookie));
    FUZZ_REQUIRE(cookie->path[0] == '/');
    FUZZ_REQUIRE(cookie->name[0] || cookie->value[0]);
    FUZZ_REQUIRE(strlen(cookie->name) + strlen(cookie->value) <=
                 LR_COOKIE_PAIR_MAX);
    FUZZ_REQUIRE(!lr_cookie_has_control(cookie->name, strlen(cookie->name)));
    FUZZ_REQUIRE(!lr_cookie_has_control(cookie->value, strlen(cookie->value)));
    FUZZ_REQUIRE(cookie->expires_s <= now_s + LR_COOKIE_AGE_MAX_S);
    FUZZ_REQUIRE(cookie->host_only ||
                 !lr_cookie_is_public_suffix(text_of(cookie->domain)));
  }
  FUZZ_REQUIRE(count == lariat_cookie_jar_count(jar) && count <= 12);
}

static void count_fault(void *context, size_t line, const char *reason) {
  (void)line;
  (void)reason;
  ++*(size_t *)context;
}

/* Compares a jar with one that was read from its file. */
static void check_file(lariat_cookie_jar *jar) {
  lr_buffer text = {0};
  size_t left_out;
  size_t faults = 0;
  lariat_cookie_jar *other = make_jar();
  FUZZ_REQUIRE(lr_cookie_file_write(jar, now_s, &text, &left_out));
  FUZZ_REQUIRE(lr_cookie_file_read(other, text.bytes, text.length, now_s,
                                   count_fault, &faults));
  FUZZ_REQUIRE(faults == 0);
  FUZZ_REQUIRE(lariat_cookie_jar_count(other) + left_out ==
               lariat_cookie_jar_count(jar));
  for (size_t i = 0; i < FUZZ_COUNT(urls) && !left_out; i++) {
    char *one = header_of(jar, urls[i]);
    char *same = header_of(other, urls[i]);
    FUZZ_REQUIRE(strcmp(one, same) == 0);
    free(one);
    free(same);
  }
  lr_buffer_clear(&text);
  lariat_cookie_jar_release(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  struct fuzz_input input = {bytes, length};
  lariat_cookie_jar *jar = make_jar();
  for (int i = 0; i < 20 && input.left > 0; i++) {
    int64_t seconds;
    const char *from = urls[fuzz_read_byte(&input) % FUZZ_COUNT(urls)];
    char *text = fuzz_read_field(&input, '\n');
    (void)lr_cookie_date_read(text, strlen(text), &seconds);
    set_twice(jar, from, text);
    free(text);
  }
  check_cookies(jar);
  check_file(jar);
  lariat_cookie_jar_clear(jar);
  FUZZ_REQUIRE(lariat_cookie_jar_count(jar) == 0);
  lariat_cookie_jar_release(jar);
  return 0;
}

void fuzz_give_seeds(fuzz_sink *sink, void *context) {
  static const struct fuzz_text texts[] = {
      FUZZ_TEXT("a=b\nwa=c; Path=/a\n0a=d; Domain=example.com"),
      FUZZ_TEXT("a=b; Secure; HttpOnly; SameSite=None; Max-Age=5"),
      FUZZ_TEXT("a=b; Expires=Sun, 06 Nov 2005 08:49:37 GMT; Path=/a/b"),
      FUZZ_TEXT("a=b; Expires=Sunday, 06-Nov-94 08:49:37 GMT"),
      FUZZ_TEXT("__Host-a=b; Secure; Path=/\n0__secure-a=b; Secure"),
      FUZZ_TEXT("; Path=/\n1=\n2=a\n3a\n4__Host-a"),
      FUZZ_TEXT("a=b; Domain=.com; Domain=\n1a=b; Domain=.Example.COM"),
      FUZZ_TEXT("a=1\n0b=2\n0c=3\n0d=4\n0e=5\n0f=6\n0a=7"),
      FUZZ_TEXT("a=b\tc;Path=/\t\n0a\tb=c"),
      FUZZ_TEXT("a=b; Max-Age=-99999999999999999999\n0a=b; Max-Age=+5"),
      FUZZ_TEXT("a=\"b; c\"; Path=\"/\""),
      FUZZ_TEXT("\xc3\xa4=\xff; Domain=\xc3\xa4.com"),
  };
  fuzz_give_all(sink, context, "\0", 1, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\3", 1, texts, FUZZ_COUNT(texts));
  fuzz_give_all(sink, context, "\5", 1, texts, FUZZ_COUNT(texts));
}
