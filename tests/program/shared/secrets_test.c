/* SPDX-License-Identifier: MIT
 * labels: long
 * Passwords and credentials are found however they are written, and nothing
 * else is masked. */
#include "secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"
#include "text.h"

static char *copy(char *at, const char *bytes, size_t length) {
  return text_put(at, bytes, length);
}

static void expect_masked(enum secrets_kind kind, const char *text,
                          const char *wanted) {
  char found[1000];
  size_t length = strlen(text);
  *secrets_put(found, kind, text, length, length, copy) = '\0';
  if (strcmp(found, wanted) != 0)
    fixture_fail("%s became %s, not %s", text, found, wanted);
}

static void urls(void) {
  static const char *const cases[][2] = {
      {"http://user:sesame@host/x", "http://user:***@host/x"},
      {"HTTPS://user:sesame@host", "HTTPS://user:***@host"},
      {"http://:sesame@host/", "http://:***@host/"},
      {"http://user:a:b@host/", "http://user:***@host/"},
      {"http://user:a@b@host/", "http://user:***@host/"},
      {"http://user:se%40same@[::1]:80/", "http://user:***@[::1]:80/"},
      {"http://user%3asesame@host/", "http://user%3a***@host/"},
      {"http://user%3Ase:same@host/", "http://user%3A***@host/"},
      {"http://user:%3asesame@host/", "http://user:***@host/"},
      {"ftp://user:sesame@host/x", "ftp://user:***@host/x"},
      {"//user:sesame@host/", "//user:***@host/"},
      {"http:/user:sesame@host/", "http:/user:***@host/"},
      {"http:user:sesame@host/", "http:***@host/"},
      {"http:\\\\user:sesame@host/", "http:***@host/"},
      {"http:////user:sesame@host/", "http:////user:***@host/"},
      {"user:sesame@host/x", "user:***@host/x"},
      {"user:sesame@host", "user:***@host"},
      /* no URLs, but their passwords are some */
      {"http://user:se/same@host/", "http://user:***@host/"},
      {"http://user:se?same@host/", "http://user:***@host/"},
      {"http://user:se#same@host/x@y", "http://user:***@y"},
      {"http://user:se same@host/", "http://user:***@host/"},
      {"http://user:se\"same@host/", "http://user:***@host/"},
      /* what browsers leave out */
      {"http:/\n/user:sesame@host/", "http:***@host/"},
      {"ht\ttp:/user:sesame@host/", "ht\ttp:***@host/"},
      {"http://us\r\ner:ses\name@host/", "http:***@host/"},
      {" \x01H\nTTPS:/user:sesame@host/", " \x01H\nTTPS:***@host/"},
      {"a\tb: c@d", "a\tb:***@d"},
      {"a\tb/ 1:2 c@d", "a\tb/ 1:2 c@d"},
      /* in a URL within a URL */
      {"http://host/to?u=http://user:sesame@other/",
       "http://host/to?u=http://user:***@other/"},
      {"http://u:p@host/?u=//v:q@other/",
       "http://u:***@host/?u=//v:***@other/"},
      /* nothing to hide */
      {"http://host/a:b@c", "http://host/a:b@c"},
      {"http://host:8080/a@b", "http://host:8080/a@b"},
      {"http://user@host/", "http://user@host/"},
      {"http://user:@host/", "http://user:@host/"},
      {"http://user%3a@host/", "http://user%3a@host/"},
      {"http://host%3a80/x", "http://host%3a80/x"},
      {"http://[::1]/a@b", "http://[::1]/a@b"},
      {"http://[fe80::1%25eth0]:80/a@b", "http://[fe80::1%25eth0]:80/a@b"},
      {"http://host/", "http://host/"},
      {"localhost:8080/x@y", "localhost:8080/x@y"},
      {"http://host/?q=a:b@c", "http://host/?q=a:b@c"},
      {"http://h/12:30@noon", "http://h/12:30@noon"},
      {"nonsense", "nonsense"},
      {"", ""}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    expect_masked(SECRETS_URL, cases[i][0], cases[i][1]);
}

static void sentences(void) {
  static const char *const cases[][2] = {
      {"cannot connect to http://user:sesame@host/x",
       "cannot connect to http://user:***@host/x"},
      {"two: ftp://a:b@c/ and http://d:e@f/",
       "two: ftp://a:***@c/ and http://d:***@f/"},
      {"mail to: joe@example.com", "mail to: joe@example.com"},
      {"12:30 @ noon", "12:30 @ noon"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    expect_masked(SECRETS_TEXT, cases[i][0], cases[i][1]);
}

static void lines_of_json(void) {
  static const char *const cases[][2] = {
      {"{\"url\":\"http://user:sesame@host/\"",
       "{\"url\":\"http://user:***@host/\""},
      {"{\"url\":\"http:\\/\\/user:sesame@host\\/\"}",
       "{\"url\":\"http:\\/\\/user:***@host\\/\"}"},
      {"{\"headers\":{\"Authorization\":\"Basic abc\"},\"x\":1}",
       "{\"headers\":{\"Authorization\":\"***\"},\"x\":1}"},
      {"{\"headers\":{\"proxy-AUTHORIZATION\" : \"a\\\"b\"}}",
       "{\"headers\":{\"proxy-AUTHORIZATION\" : \"***\"}}"},
      {"{\"headers\":{\"Cookie\":[\"a=b\",\"c=d\"]}}",
       "{\"headers\":{\"Cookie\":[***]}}"},
      {"{\"headers\":{\"Cookie\":\"a=b", "{\"headers\":{\"Cookie\":\"***"},
      {"{\"headers\":{\"Cookie\":[\"a]=b\",[\"c\"],\"d\"]},\"x\":1}",
       "{\"headers\":{\"Cookie\":[***]},\"x\":1}"},
      {"{\"headers\":{\"Cookie\":{\"a\":{},\"b\":\"}\"}},\"x\":1}",
       "{\"headers\":{\"Cookie\":{***}},\"x\":1}"},
      {"{\"headers\":{\"C\\u006fokie\":\"a=b\"},\"x\":1}",
       "{\"headers\":{\"C\\u006fokie\":\"***\"},\"x\":1}"},
      {"{\"headers\":{\"Cookie\":null},\"x\":1}",
       "{\"headers\":{\"Cookie\":null},\"x\":1}"},
      /* no JSON, but nearly */
      {"{'headers':{'Authorization':'Basic \"a'},'x':1}",
       "{'headers':{'Authorization':'***'},'x':1}"},
      {"{headers:{Authorization: Basic abc},x:1}",
       "{headers:{Authorization: ***"},
      {"{\"headers\":{\"Cookie\" :a=b, c=d},\"x\":1}",
       "{\"headers\":{\"Cookie\" :***"},
      {"{\"url\":\"http:\\/\\/h\\/\",\"tag\":\"a\"",
       "{\"url\":\"http:\\/\\/h\\/\",\"tag\":\"a\""},
      {"{\"headers\":{\"Accept\":\"a/b\"}}",
       "{\"headers\":{\"Accept\":\"a/b\"}}"},
      {"{\"headers\":{\"Cookie\":\"a\"},\"url\":\"http://u:p@h/\"}",
       "{\"headers\":{\"Cookie\":\"***\"},\"url\":\"http://u:***@h/\"}"},
      {"{\"url\":\"http://u:p@h/\",\"headers\":{\"Cookie\":\"a\"}}",
       "{\"url\":\"http://u:***@h/\",\"headers\":{\"Cookie\":\"***\"}}"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    expect_masked(SECRETS_JSON, cases[i][0], cases[i][1]);
}

/* A text that is cut before the "@" says nothing either. */
static void cut_texts(void) {
  static const char url[] = "http://user:sesame@host/";
  for (size_t shown = 0; shown <= strlen(url); shown++) {
    char found[100];
    *secrets_put(found, SECRETS_URL, url, strlen(url), shown, copy) = '\0';
    if (strstr(found, "sesame") || strstr(found, ":s"))
      fixture_fail("%zu bytes: %s", shown, found);
  }
}

/* Long runs of what a search may stumble over, with or without something to
 * find at either end, take no more than a few passes. */
static void long_texts(void) {
  enum { LONG = 1 << 20 };
  static const char *const ends[] = {"", "@", "/@", "\"Cookie\":\"x\""};
  static const char *const pieces[] = {"/",
                                       "//a:b",
                                       ":",
                                       "@",
                                       "http:",
                                       "\"Cookie\":\"",
                                       "\\",
                                       "Cookie:",
                                       "\"Cookie\":[",
                                       " :",
                                       "\":",
                                       "//a:b@",
                                       "http:[",
                                       "//h:8/",
                                       "http://a:b@c ",
                                       "\"Cookie\":\"x\",",
                                       "h%3a@"};
  char *text = malloc(LONG);
  char *found = malloc(2 * (size_t)LONG);
  if (!text || !found) abort();
  for (size_t i = 0; i < 8 * (sizeof pieces / sizeof pieces[0]); i++) {
    const char *piece = pieces[i / 8], *end_piece = ends[i / 2 % 4];
    size_t size = strlen(piece), end_size = strlen(end_piece);
    for (size_t at = 0; at < LONG; at++) text[at] = piece[at % size];
    memcpy(i % 2 ? text : text + LONG - end_size, end_piece, end_size);
    alarm(60);
    char *end = secrets_put(found, SECRETS_JSON, text, LONG, LONG, copy);
    alarm(0);
    CU_ASSERT(end > found);
  }
  free(found);
  free(text);
}

static void headers(void) {
  CU_ASSERT(secrets_is_header("authorization"));
  CU_ASSERT(secrets_is_header("Proxy-Authorization"));
  CU_ASSERT(secrets_is_header("COOKIE"));
  CU_ASSERT(!secrets_is_header("Set-Cookie"));
  CU_ASSERT(!secrets_is_header("WWW-Authenticate"));
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"URLs", urls},
      {"sentences", sentences},
      {"lines of JSON", lines_of_json},
      {"cut texts", cut_texts},
      {"long texts", long_texts},
      {"headers", headers},
  };
  return fixture_main("secrets", tests, FIXTURE_COUNT(tests), argc, argv);
}
