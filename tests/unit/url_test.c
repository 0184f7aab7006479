/* SPDX-License-Identifier: MIT
 * url_test.c: URLs checked and taken apart; the short cut and the whole parser
 * agree wherever the short cut has an opinion, and what has been parsed is not
 * changed by parsing it again. */
#include "http/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

typedef struct expectation {
  const char *in;
  const char *url; /* NULL: refused with `status` */
  const char *key;
  lariat_status status;
} expectation;

static void check_url(const lr_url *t, const expectation *e) {
  if (strcmp(t->text, e->url) != 0)
    fixture_fail("%s: url is %s, not %s", e->in, t->text, e->url);
  if (strcmp(t->key, e->key) != 0)
    fixture_fail("%s: key is %s, not %s", e->in, t->key, e->key);
  CU_ASSERT_EQUAL(t->length, strlen(t->text));
  CU_ASSERT_EQUAL(t->key_length, strlen(t->key));
  CU_ASSERT_EQUAL(t->tls, strncmp(e->url, "https", 5) == 0);
  CU_ASSERT(t->origin_length < t->length);
  if (t->origin_length) CU_ASSERT_EQUAL(t->text[t->origin_length], '/');
}

static void check_one(const expectation *e, bool shortcut) {
  lr_url t;
  lariat_status status = lr_url_parse(&t, e->in);
  if (e->url && status) {
    fixture_fail("%s: %s", e->in, lariat_status_name(status));
  } else if (e->url) {
    check_url(&t, e);
  } else if (status != e->status) {
    fixture_fail("%s: %s", e->in, lariat_status_name(status));
  }
  if (status) CU_ASSERT_PTR_NULL(t.text);
  lr_url_clear(&t);
  lr_url simple;
  if (lr_url_parse_simple(&simple, e->in, &status) != shortcut)
    fixture_fail("%s: short cut %s", e->in, shortcut ? "not taken" : "taken");
  lr_url_clear(&simple);
}

static void test_simple(void) {
  static const expectation table[] = {
      {"http://h", "http://h/", "http://h:80", 0},
      {"https://h", "https://h/", "https://h:443", 0},
      {"http://h/", "http://h/", "http://h:80", 0},
      {"http://h?q", "http://h/?q", "http://h:80", 0},
      {"http://h:8080?q", "http://h:8080/?q", "http://h:8080", 0},
      {"http://h/a?", "http://h/a?", "http://h:80", 0},
      {"http://h?", "http://h/?", "http://h:80", 0},
      {"http://h/a?#b", "http://h/a?", "http://h:80", 0},
      {"https://h:80/a", "https://h:80/a", "https://h:80", 0},
      {"http://h:65535/", "http://h:65535/", "http://h:65535", 0},
      {"http://a-b.c1.example/x.y?a/../b", "http://a-b.c1.example/x.y?a/../b",
       "http://a-b.c1.example:80", 0},
      {"http://127.0.0.1:81/a", "http://127.0.0.1:81/a", "http://127.0.0.1:81",
       0},
      {"http://h/a%20B%c3%A9?%2e", "http://h/a%20B%c3%A9?%2e", "http://h:80",
       0},
      {"http://h/a#b", "http://h/a", "http://h:80", 0},
      {"http://h/#", "http://h/", "http://h:80", 0},
      {"http://h//x;y=(1)*!$&+,:@~_-", "http://h//x;y=(1)*!$&+,:@~_-",
       "http://h:80", 0},
      {"http://h/a?b??c", "http://h/a?b??c", "http://h:80", 0},
      {"http://1a.b2/", "http://1a.b2/", "http://1a.b2:80", 0},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(table); i++) check_one(&table[i], true);
  fixture_close(&f);
}

static void test_in_full(void) {
  static const expectation table[] = {
      {"HTTP://H.Example/X", "http://h.example/X", "http://h.example:80", 0},
      {"http://u:p@h/x", "http://h/x", "http://h:80", 0},
      {"http://u@h:81", "http://h:81/", "http://h:81", 0},
      {"http://h:80/a", "http://h/a", "http://h:80", 0},
      {"https://h:443", "https://h/", "https://h:443", 0},
      {"http://h:080/", "http://h/", "http://h:80", 0},
      {"http://h:0081/", "http://h:81/", "http://h:81", 0},
      {"http://h:/", "http://h/", "http://h:80", 0},
      {"http://h./", "http://h./", "http://h.:80", 0},
      {"http://h/a/../b", "http://h/b", "http://h:80", 0},
      {"http://h/a/%2E%2e/b/.%2e", "http://h/", "http://h:80", 0},
      {"http://h/./b", "http://h/b", "http://h:80", 0},
      {"http://h/.b/..c/...", "http://h/.b/..c/...", "http://h:80", 0},
      {"http://h/'a'?'b'", "http://h/'a'?%27b%27", "http://h:80", 0},
      {"http://h/[x]|^", "http://h/[x]|%5E", "http://h:80", 0},
      {"http://h/%zz%4", "http://h/%zz%4", "http://h:80", 0},
      {"http://h/a b?c d", "http://h/a%20b?c%20d", "http://h:80", 0},
      {"  http://h/ \t", "http://h/", "http://h:80", 0},
      {"http://h/\r\nX: y", "http://h/X:%20y", "http://h:80", 0},
      {"ht\ntp://\th/a\rb", "http://h/ab", "http://h:80", 0},
      {"http://h/\x01\x7f", "http://h/%01%7F", "http://h:80", 0},
      {"http://h/\xc3\xa9?\xe9", "http://h/%C3%A9?%E9", "http://h:80", 0},
      {"http:h", "http://h/", "http://h:80", 0},
      {"http:\\\\h\\x", "http://h/x", "http://h:80", 0},
      {"http:////h//x", "http://h//x", "http://h:80", 0},
      {"http://0x7f.1/", "http://127.0.0.1/", "http://127.0.0.1:80", 0},
      {"http://%30x7f.1/", "http://127.0.0.1/", "http://127.0.0.1:80", 0},
      {"http://%31%32%37.0.0.1/", "http://127.0.0.1/", "http://127.0.0.1:80",
       0},
      {"http://127.1/", "http://127.0.0.1/", "http://127.0.0.1:80", 0},
      {"http://017700000001/", "http://127.0.0.1/", "http://127.0.0.1:80", 0},
      {"http://127.0.0.01/", "http://127.0.0.1/", "http://127.0.0.1:80", 0},
      {"http://127.0.0.1./", "http://127.0.0.1/", "http://127.0.0.1:80", 0},
      {"http://[::1]:81/", "http://[::1]:81/", "http://[::1]:81", 0},
      {"http://[0:0::0001]/", "http://[::1]/", "http://[::1]:80", 0},
      {"http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/",
       "http://[::ffff:7f00:1]:80", 0},
      {"http://%68ost/", "http://host/", "http://host:80", 0},
      {"http://b\xc3\xbc"
       "cher.example/",
       "http://xn--bcher-kva.example/", "http://xn--bcher-kva.example:80", 0},
      {"http://B%C3%BCcher.example/", "http://xn--bcher-kva.example/",
       "http://xn--bcher-kva.example:80", 0},
      {"http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/",
       "http://xn--bcher-kva.example:80", 0},
      {"http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/",
       "http://127.0.0.1/", "http://127.0.0.1:80", 0},
      {"http://a_b/", "http://a_b/", "http://a_b:80", 0},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(table); i++) check_one(&table[i], false);
  fixture_close(&f);
}

static void test_refused(void) {
  static const expectation table[] = {
      {"", NULL, NULL, LARIAT_EURL},
      {"  ", NULL, NULL, LARIAT_EURL},
      {"example.com/x", NULL, NULL, LARIAT_EURL},
      {"//h/x", NULL, NULL, LARIAT_EURL},
      {"/x", NULL, NULL, LARIAT_EURL},
      {"http://", NULL, NULL, LARIAT_EURL},
      {"http://?x", NULL, NULL, LARIAT_EURL},
      {"http://u@:80/", NULL, NULL, LARIAT_EURL},
      {"http://h:65536/", NULL, NULL, LARIAT_EURL},
      {"http://h:0/", NULL, NULL, LARIAT_EURL},
      {"http://h:1x/", NULL, NULL, LARIAT_EURL},
      {"http://h:123456/", NULL, NULL, LARIAT_EURL},
      {"http://h h/", NULL, NULL, LARIAT_EURL},
      {"http://h!/", NULL, NULL, LARIAT_EURL},
      {"http://./", NULL, NULL, LARIAT_EURL},
      {"http://a../", NULL, NULL, LARIAT_EURL},
      {"http://.a/", NULL, NULL, LARIAT_EURL},
      {"http://1.2.3.4.5/", NULL, NULL, LARIAT_EURL},
      {"http://256.1.1.1/", NULL, NULL, LARIAT_EURL},
      {"http://a%00b/", NULL, NULL, LARIAT_EURL},
      {"http://a%0d%0ab/", NULL, NULL, LARIAT_EURL},
      {"http://a%2525b/", NULL, NULL, LARIAT_EURL},
      {"http://[::1/", NULL, NULL, LARIAT_EURL},
      {"http://[fe80::1%25eth0]/", NULL, NULL, LARIAT_EURL},
      {"http://xn--a/", NULL, NULL, LARIAT_EURL},
      {"http://\xff/", NULL, NULL, LARIAT_EURL},
      {"\xef\xbb\xbfhttp://h/", NULL, NULL, LARIAT_EURL},
      {"localhost:8080/x", NULL, NULL, LARIAT_ESCHEME},
      {"ftp://h/x", NULL, NULL, LARIAT_ESCHEME},
      {"file:///etc/hosts", NULL, NULL, LARIAT_ESCHEME},
      {"mailto:a@b", NULL, NULL, LARIAT_ESCHEME},
      {"javascript:alert(1)", NULL, NULL, LARIAT_ESCHEME},
      {"foo://h/", NULL, NULL, LARIAT_ESCHEME},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(table); i++) check_one(&table[i], false);
  fixture_close(&f);
}

/* A URL of 64 KiB is taken, one byte more is not; simple or not. */
static void test_length(void) {
  static char url[64 * 1024 + 2];
  static const char *const starts[] = {"http://h/", "HTTP://h/"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(starts); i++) {
    lr_url t;
    memset(url, 'a', sizeof url);
    memcpy(url, starts[i], strlen(starts[i]));
    url[64 * 1024] = '\0';
    CU_ASSERT_EQUAL(lr_url_parse(&t, url), LARIAT_OK);
    CU_ASSERT_EQUAL(t.length, 64 * 1024);
    lr_url_clear(&t);
    url[64 * 1024] = 'a';
    url[64 * 1024 + 1] = '\0';
    CU_ASSERT_EQUAL(lr_url_parse(&t, url), LARIAT_EURL);
    lr_url_clear(&t);
  }
  fixture_close(&f);
}

static uint32_t origin_length(const char *url) {
  lr_url t;
  CU_ASSERT_EQUAL(lr_url_parse(&t, url), LARIAT_OK);
  uint32_t length = t.origin_length;
  lr_url_clear(&t);
  return length;
}

static void test_origin_length(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(origin_length("http://host:81/a"), 14);
  CU_ASSERT_EQUAL(origin_length("https://host"), 12);
  CU_ASSERT_EQUAL(origin_length("http://host?x"), 11);
  CU_ASSERT_EQUAL(origin_length("http://host/a@b/[x]"), 11);
  CU_ASSERT_EQUAL(origin_length("http://u:p@host/a"), 11);
  CU_ASSERT_EQUAL(origin_length("http://host:80"), 11);
  fixture_close(&f);
}

static bool same_origin(const char *one, const char *other) {
  lr_url a;
  lr_url b;
  CU_ASSERT_EQUAL(lr_url_parse(&a, one), LARIAT_OK);
  CU_ASSERT_EQUAL(lr_url_parse(&b, other), LARIAT_OK);
  bool same = lr_url_same_origin(&a, &b);
  lr_url_clear(&a);
  lr_url_clear(&b);
  return same;
}

static void test_same_origin(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT(same_origin("http://h/a", "http://h/b?c"));
  CU_ASSERT(same_origin("http://h/a", "http://h:80/"));
  CU_ASSERT(same_origin("http://h/a", "HTTP://u:p@H/b"));
  CU_ASSERT_FALSE(same_origin("http://h/", "https://h/"));
  CU_ASSERT_FALSE(same_origin("http://h/", "https://h:80/"));
  CU_ASSERT_FALSE(same_origin("http://h/", "http://h:81/"));
  CU_ASSERT_FALSE(same_origin("http://h/", "http://i/"));
  CU_ASSERT_FALSE(same_origin("http://h/", "http://h./"));
  fixture_close(&f);
}

/* Against "http://u:p@h:81/dir/file?q". */
static void test_resolve(void) {
  static const expectation table[] = {
      {"/a", "http://h:81/a", "http://h:81", 0},
      {"x", "http://h:81/dir/x", "http://h:81", 0},
      {"../x", "http://h:81/x", "http://h:81", 0},
      {"..", "http://h:81/", "http://h:81", 0},
      {".", "http://h:81/dir/", "http://h:81", 0},
      {"", "http://h:81/dir/file?q", "http://h:81", 0},
      {"?z", "http://h:81/dir/file?z", "http://h:81", 0},
      {"?", "http://h:81/dir/file?", "http://h:81", 0},
      {"#f", "http://h:81/dir/file?q", "http://h:81", 0},
      {"/a#f", "http://h:81/a", "http://h:81", 0},
      {"//o/x", "http://o/x", "http://o:80", 0},
      {"\\\\o\\x", "http://o/x", "http://o:80", 0},
      {"https://o/x", "https://o/x", "https://o:443", 0},
      {"https:o/x", "https://o/x", "https://o:443", 0},
      {"http:x", "http://h:81/dir/x", "http://h:81", 0},
      {"http://O/x", "http://o/x", "http://o:80", 0},
      {"http://v:w@o/x", "http://o/x", "http://o:80", 0},
      {"/a b?c d", "http://h:81/a%20b?c%20d", "http://h:81", 0},
      {"http://o/a b", "http://o/a%20b", "http://o:80", 0},
      {"/\xc3\xa9", "http://h:81/%C3%A9", "http://h:81", 0},
      {"/a%2fb", "http://h:81/a%2fb", "http://h:81", 0},
      {"/a\tb", "http://h:81/ab", "http://h:81", 0},
      {"http%3A//o/", "http://h:81/dir/http%3A//o/", "http://h:81", 0},
      {"http://a b/", NULL, NULL, LARIAT_EURL},
      {"http://o:99999/", NULL, NULL, LARIAT_EURL},
      {"http://o:0/", NULL, NULL, LARIAT_EURL},
      {"ftp://o/", NULL, NULL, LARIAT_ESCHEME},
      {"mailto:a@b", NULL, NULL, LARIAT_ESCHEME},
      {"javascript:alert(1)", NULL, NULL, LARIAT_ESCHEME},
  };
  struct fixture f;
  lr_url base;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lr_url_parse(&base, "http://u:p@h:81/dir/file?q"), LARIAT_OK);
  for (size_t i = 0; i < FIXTURE_COUNT(table); i++) {
    const expectation *e = &table[i];
    lr_url t;
    lariat_status status = lr_url_resolve(&t, &base, e->in, NULL);
    if (status != e->status)
      fixture_fail("\"%s\": %s", e->in, lariat_status_name(status));
    else if (e->url)
      check_url(&t, e);
    lr_url_clear(&t);
  }
  lr_url_clear(&base);
  fixture_close(&f);
}

static void test_hash(void) {
  enum { HOSTS = 4096, BUCKETS = 64 };
  unsigned low[BUCKETS] = {0};
  unsigned high[BUCKETS] = {0};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned i = 0; i < HOSTS; i++) {
    char url[64];
    lr_url t;
    snprintf(url, sizeof url, "http://127.0.%u.%u:8080/", i / 256, i % 256);
    CU_ASSERT_EQUAL(lr_url_parse(&t, url), LARIAT_OK);
    low[t.hash % BUCKETS]++;
    high[t.hash >> 58]++;
    lr_url_clear(&t);
  }
  for (size_t i = 0; i < BUCKETS; i++) {
    CU_ASSERT(low[i] > 24 && low[i] < 112);
    CU_ASSERT(high[i] > 24 && high[i] < 112);
  }
  fixture_close(&f);
}

static void test_out_of_memory(void) {
  static const char *const urls[] = {"http://h/", "http://h/a/../b",
                                     "http://b\xc3\xbc.example/\ta"};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(urls); i++) {
    lr_url t;
    lariat_status status;
    uint64_t nth = 0;
    do {
      fixture_fail_allocation(&f, ++nth);
      status = lr_url_parse(&t, urls[i]);
      if (status) CU_ASSERT_EQUAL(status, LARIAT_ENOMEM);
      if (status) CU_ASSERT_PTR_NULL(t.text);
      lr_url_clear(&t);
    } while (status && nth < 9);
    CU_ASSERT_EQUAL(nth, 2 + (i > 0) + 2 * (i > 1));
    fixture_fail_allocation(&f, 0);
  }
  fixture_close(&f);
}

/* One allocation for a simple URL. */
static void test_allocations(void) {
  struct fixture f;
  lr_url t;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  uint64_t before = fixture_allocations(&f);
  CU_ASSERT_EQUAL(lr_url_parse(&t, "http://127.0.0.1:81/a?b"), LARIAT_OK);
  CU_ASSERT_EQUAL(fixture_allocations(&f) - before, 1);
  lr_url_clear(&t);
  fixture_close(&f);
}

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static const char *const corpus[] = {
    "http://a.example/x/y?b=c",    "https://host:8443/p%20q#f",
    "http://127.0.0.1:81/",        "http://0x7f.0.0.1/a",
    "http://10.1/x.y/z.html?a/.b", "https://u:p@h.example:80/x",
    "http://h?q=1&r=%2E%2e",       "http://a-b.c.d/e/../f/./g",
    "http://[::1]:8080/v6",        "http://h/%2e%2e/up//x",
    "http://www.example.org/",     "http://a1.b2.example/a/b.c?d=e&f=%20",
    "https://h.example?x",         "http://1.2.3.4/~u/(a);b=1,2",
    "http://b\xc3\xbc.example/x",  "http://xn--bcher-kva.example:80/?a'b",
    "http://[1:2::3.4.5.6]/\xff",  "http://a%2eb.example/%2e/x? y",
};
static const char *const pieces[] = {".",
                                     "/",
                                     "..",
                                     "/.",
                                     "%2e",
                                     "%2E/",
                                     "?",
                                     "#",
                                     ":",
                                     "@",
                                     "//",
                                     "%",
                                     "[",
                                     "0",
                                     "1",
                                     "255",
                                     "256",
                                     "0x",
                                     "65536",
                                     "a",
                                     "Z",
                                     "-",
                                     "_",
                                     "\\",
                                     "http://",
                                     "%41",
                                     "%00",
                                     ";",
                                     "\xc3\xa9",
                                     "|",
                                     "00",
                                     ":80",
                                     "1.2.3.4",
                                     "+",
                                     "~",
                                     "'",
                                     " ",
                                     "\t",
                                     "::",
                                     "]",
                                     "%25",
                                     "xn--",
                                     "\xe2\x98\x83",
                                     "\xe3\x80\x82",
                                     "\xc3\x9f",
                                     "\xcc\x81",
                                     "\xd7\x90",
                                     "\xe2\x91\xa0",
                                     "\xe2\x80\x8d",
                                     "\xf0\x9f\x92\xa9",
                                     "\x01"};

/* Replaces up to two bytes somewhere by a piece. */
static void mutate(char *url, size_t capacity, uint64_t *state) {
  const char *piece = pieces[next_random(state) % FIXTURE_COUNT(pieces)];
  size_t length = strlen(url);
  size_t at = next_random(state) % (length + 1);
  size_t cut = next_random(state) % 3;
  if (cut > length - at) cut = length - at;
  size_t added = strlen(piece);
  if (length - cut + added >= capacity) return;
  memmove(url + at + added, url + at + cut, length - at - cut + 1);
  memcpy(url + at, piece, added);
}

/* False when the short cut had no opinion. */
static bool compare_ways(const char *url) {
  lr_url simple;
  lr_url full;
  lariat_status status;
  if (!lr_url_parse_simple(&simple, url, &status)) return false;
  lariat_status other = lr_url_parse_in_full(&full, url);
  if (status || other)
    fixture_fail("%s: %d and %d", url, (int)status, (int)other);
  else if (strcmp(simple.text, full.text) != 0)
    fixture_fail("%s: %s and %s", url, simple.text, full.text);
  else if (strcmp(simple.key, full.key) != 0 || simple.hash != full.hash ||
           simple.tls != full.tls)
    fixture_fail("%s: %s and %s", url, simple.key, full.key);
  else if (simple.origin_length != full.origin_length)
    fixture_fail("%s: origins differ", url);
  lr_url_clear(&simple);
  lr_url_clear(&full);
  return true;
}

/* One of the corpus, with up to two faults. */
static void random_url(char *url, size_t capacity, uint64_t *state) {
  const char *seed = corpus[next_random(state) % FIXTURE_COUNT(corpus)];
  snprintf(url, capacity, "%s", seed);
  for (uint64_t n = next_random(state) % 3; n > 0; n--)
    mutate(url, capacity, state);
}

static bool are_same(const lr_url *a, const lr_url *b) {
  return strcmp(a->text, b->text) == 0 && a->length == b->length &&
         strcmp(a->key, b->key) == 0 && a->key_length == b->key_length &&
         a->origin_length == b->origin_length && a->tls == b->tls &&
         a->userinfo == b->userinfo && a->hash == b->hash;
}

/* The memory of each URL is there for the next. */
static void compare_after(const char *url, lr_origin *last, lr_buffer *spare) {
  lr_url alone;
  lr_url after;
  lariat_status status = lr_url_parse(&alone, url);
  if (lr_url_parse_after(&after, url, last, spare) != status)
    fixture_fail("%s after %s: another status", url, last->text);
  else if (status == LARIAT_OK && !are_same(&alone, &after))
    fixture_fail("%s after %s: %s", url, last->text, after.text);
  lr_url_clear(&alone);
  lr_buffer_clear(spare);
  *spare = lr_url_take_text(&after);
}

/* Parses what a URL was parsed to. */
static void parse_again(const char *url) {
  lr_url once;
  lr_url twice;
  if (lr_url_parse(&once, url) != LARIAT_OK) return;
  lariat_status status = lr_url_parse(&twice, once.text);
  twice.userinfo = once.userinfo;
  if (status || !are_same(&once, &twice))
    fixture_fail("%s: %s, and again %s", url, once.text, twice.text);
  lr_url_clear(&once);
  lr_url_clear(&twice);
}

static void test_again(void) {
  uint64_t state = UINT64_C(0xa5eedbed5eedf005);
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned i = 0; i < 200000; i++) {
    char url[160];
    random_url(url, sizeof url, &state);
    mutate(url, sizeof url, &state);
    parse_again(url);
  }
  fixture_close(&f);
}

/* Each URL is parsed after itself with another path, too. */
static void test_after_another(void) {
  uint64_t state = UINT64_C(0x5eed0fa11a51a7f1);
  lr_origin last = {0};
  lr_buffer spare = {0};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned i = 0; i < 50000; i++) {
    char url[160];
    random_url(url, sizeof url, &state);
    compare_after(url, &last, &spare);
    mutate(url, sizeof url, &state);
    compare_after(url, &last, &spare);
  }
  lr_buffer_clear(&spare);
  lr_url again;
  CU_ASSERT_EQUAL(lr_url_parse_after(&again, "http://h/", &last, &spare),
                  LARIAT_OK);
  lr_url_clear(&again);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lr_url_parse_after(&again, "http://h/a", &last, &spare),
                  LARIAT_ENOMEM);
  fixture_fail_allocation(&f, 0);
  lr_url_clear(&again);
  lr_origin_clear(&last);
  fixture_close(&f);
}

/* A URL is put where another of its host was, if there is space for it. */
static void test_spare_memory(void) {
  lr_origin last = {0};
  lr_buffer spare = {0};
  lr_url url;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(lr_url_parse_after(&url, "http://h/long", &last, &spare),
                  LARIAT_OK);
  spare = lr_url_take_text(&url);
  CU_ASSERT_EQUAL(spare.length, strlen("http://h/long"));
  uint64_t before = fixture_allocations(&f);
  CU_ASSERT_EQUAL(lr_url_parse_after(&url, "http://h/a", &last, &spare),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(fixture_allocations(&f), before);
  CU_ASSERT_PTR_NULL(spare.bytes);
  CU_ASSERT_STRING_EQUAL(url.text, "http://h/a");
  CU_ASSERT_STRING_EQUAL(url.key, "http://h:80");
  spare = lr_url_take_text(&url);
  CU_ASSERT_EQUAL(lr_url_parse_after(&url,
                                     "http://h/a-path-that-is-longer-than-that",
                                     &last, &spare),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(fixture_allocations(&f), before + 1);
  CU_ASSERT_STRING_EQUAL(url.key, "http://h:80");
  lr_url_clear(&url);
  lr_origin_clear(&last);
  fixture_close(&f);
}

static void test_explained(void) {
  static const struct {
    const char *url;
    const char *message;
    size_t byte;
  } rows[] = {
      {"", "empty", 0},
      {"www.example.com/x", "no scheme", 0},
      {"localhost:8080/x", "no scheme", 0},
      {"ftp://h/", "the scheme is ftp", 0},
      {"Abcdefghijklmnopqrstuvwxyz0123456789:x",
       "the scheme is Abcdefghijklmnopqrstuvwxyz012345", 0},
      {"\xef\xbb\xbfhttp://h/", "byte-order mark at byte 0", 0},
      {"\"http://h/\"", "quote at byte 0", 0},
      {"http://", "no host at byte 7", 7},
      {"http://a b/", "blank at byte 8", 8},
      {"  ht\ttp://a b/", "blank at byte 11", 11},
      {"http://a<b/", "'<' in the host's name at byte 8", 8},
      {"http://a%3cb/", "a byte that no host's name has at byte 7", 7},
      {"http://h:x/", "bad port at byte 9", 9},
      {"http://h:65536/", "bad port at byte 9", 9},
      {"http://h:0/", "port 0", 0},
      {"http://1.2.3.4.5/", "bad IPv4 address at byte 7", 7},
      {"http://u:p@[::g]/", "bad IPv6 address at byte 11", 11},
      {"http://xn--a/", "bad host's name at byte 7", 7},
      {"http://a!b/", "a host's name that cannot be looked up", 0},
      {"http://h/", "", 0},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    lariat_url_error error = {0, ""};
    lr_url_explain(rows[i].url, &error);
    if (strcmp(error.message, rows[i].message) != 0)
      fixture_fail("%s: %s", rows[i].url, error.message);
    CU_ASSERT_EQUAL(error.byte, rows[i].byte);
  }
  fixture_close(&f);
}

static unsigned port_of(const char *text) {
  lr_url url;
  CU_ASSERT_EQUAL_FATAL(lr_url_parse(&url, text), LARIAT_OK);
  unsigned port = lr_url_port(&url);
  lr_url_clear(&url);
  return port;
}

static void test_port(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(port_of("http://h/"), 80);
  CU_ASSERT_EQUAL(port_of("https://h/"), 443);
  CU_ASSERT_EQUAL(port_of("http://[::1]:65535/:1"), 65535);
  fixture_close(&f);
}

static void test_ways_agree(void) {
  uint64_t state = UINT64_C(0x1a51a7f1a551a7f1);
  unsigned taken = 0;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (unsigned i = 0; i < 200000; i++) {
    char url[160];
    random_url(url, sizeof url, &state);
    taken += compare_ways(url);
  }
  CU_ASSERT(taken > 30000 && taken < 180000);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"simple URLs take the short cut", test_simple},
      {"other URLs are read in full", test_in_full},
      {"what is not a URL is refused", test_refused},
      {"64 KiB are the limit", test_length},
      {"the origin's length", test_origin_length},
      {"the same origin", test_same_origin},
      {"locations are resolved", test_resolve},
      {"the hash spreads", test_hash},
      {"out of memory", test_out_of_memory},
      {"a simple URL costs one allocation", test_allocations},
      {"after another URL nothing differs", test_after_another},
      {"a URL takes the memory of the one before", test_spare_memory},
      {"the ways agree on 200,000 URLs", test_ways_agree},
      {"200,000 URLs are the same when they are parsed again", test_again},
      {"faults are explained", test_explained},
      {"a port is a number", test_port},
  };
  return fixture_main("url", tests, FIXTURE_COUNT(tests), argc, argv);
}
