/* SPDX-License-Identifier: MIT
 * cookies_test.c: what RFC 6265bis says of cookies, a row for each rule: one
 * cookie that is set and what is sent then, several, dates; and the jar.  With
 * --cases it prints the rows, for others to be compared with. */
#include <lariat/cookies.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/cookies.h"
#include "http/cookie_date.h"
#include "http/cookie_jar.h"
#include "http/cookie_store.h"
#include "http/set_cookie.h"
#include "support/fixture.h"

static const int64_t now_s = 1000000000; /* 2001-09-09 01:46:40 */

#define DAYS(count) ((int64_t)(count)*24 * 60 * 60)

/* ---- Steps ---- */

static lariat_url *parse_url(const char *text) {
  lariat_url *url = NULL;
  if (lariat_url_parse(text, strlen(text), NULL, &url, NULL) != LARIAT_OK)
    fixture_fail("no URL: %s", text);
  CU_ASSERT_PTR_NOT_NULL_FATAL(url);
  return url;
}

static lariat_cookie_jar *make_jar(void) {
  lariat_cookie_jar *jar = NULL;
  CU_ASSERT_EQUAL(lariat_cookie_jar_new(NULL, &jar), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(jar);
  return jar;
}

static lariat_cookie_verdict set_at(lariat_cookie_jar *jar, const char *from,
                                    const char *text, int64_t at_s) {
  lariat_cookie_verdict verdict = LARIAT_COOKIE_STORED;
  lariat_url *url = parse_url(from);
  CU_ASSERT_EQUAL(
      lariat_cookie_jar_set(jar, url, text, strlen(text), at_s, &verdict),
      LARIAT_OK);
  lariat_url_free(url);
  return verdict;
}

/* Compares the header for a URL; NULL: there is none. */
static void expect_header(lariat_cookie_jar *jar, const char *rule,
                          const char *to, int64_t at_s, const char *expected) {
  const char *value;
  lariat_url *url = parse_url(to);
  CU_ASSERT_EQUAL(lariat_cookie_jar_header(jar, url, at_s, &value), LARIAT_OK);
  if (!value != !expected || (value && strcmp(value, expected) != 0))
    fixture_fail("%s: to %s: \"%s\", not \"%s\"", rule, to,
                 value ? value : "(none)", expected ? expected : "(none)");
  lariat_url_free(url);
}

/* ---- One cookie ---- */

struct row {
  const char *rule;
  const char *from;
  const char *set;
  lariat_cookie_verdict verdict;
  const char *to;
  const char *sent; /* NULL: nothing */
  int64_t after_s;  /* between the two */
};

#define H "http://www.example.com/a/b/c"
#define S "https://www.example.com/a/b/c"
#define OK LARIAT_COOKIE_STORED
#define OVER LARIAT_COOKIE_EXPIRED

static const struct row rows[] = {
    /* 5.6: name and value */
    {"5.6: name and value", H, "a=b", OK, H, "a=b", 0},
    {"5.6: blanks around both", H, " \ta\t = b \t", OK, H, "a=b", 0},
    {"5.6: blanks within", H, "a b=c d", OK, H, "a b=c d", 0},
    {"5.6: the first = parts", H, "a=b=c", OK, H, "a=b=c", 0},
    {"5.6: the first ; ends", H, "a=b;c=d", OK, H, "a=b", 0},
    {"5.6: a comma is of the value", H, "a=1, b=2", OK, H, "a=1, b=2", 0},
    {"5.6: quotes are of the value", H, "a=\"b\"", OK, H, "a=\"b\"", 0},
    {"5.6: quotes do not hide a ;", H, "a=\"b;c\"", OK, H, "a=\"b", 0},
    {"5.6: no value", H, "a=", OK, H, "a=", 0},
    {"5.6: no = is no name", H, "a", OK, H, "a", 0},
    {"5.6: an empty name", H, "=a", OK, H, "a", 0},
    {"5.6: an empty name, =", H, "==a", OK, H, "=a", 0},
    {"5.7.2: neither", H, "=", LARIAT_COOKIE_EMPTY, H, NULL, 0},
    {"5.7.2: nothing", H, "", LARIAT_COOKIE_EMPTY, H, NULL, 0},
    {"5.7.2: blanks alone", H, "  ;Path=/", LARIAT_COOKIE_EMPTY, H, NULL, 0},
    {"5.6: bytes beyond ASCII", H, "\xc3\xa4=\xff", OK, H, "\xc3\xa4=\xff", 0},
    {"5.6: a tab within", H, "a=b\tc", OK, H, "a=b\tc", 0},
    {"5.6.1: a control in the name", H, "a\001=b", LARIAT_COOKIE_CONTROL, H,
     NULL, 0},
    {"5.6.1: a control in the value", H, "a=b\037", LARIAT_COOKIE_CONTROL, H,
     NULL, 0},
    {"5.6.1: DEL", H, "a=b\177", LARIAT_COOKIE_CONTROL, H, NULL, 0},
    {"5.6.1: a control in an attribute", H, "a=b; Path=/\001",
     LARIAT_COOKIE_CONTROL, H, NULL, 0},
    {"5.6: an empty attribute", H, "a=b;;;", OK, H, "a=b", 0},
    {"5.6: an unknown attribute", H, "a=b; Color=red", OK, H, "a=b", 0},
    {"5.6: Partitioned is one", S, "a=b; Secure; Partitioned", OK, S, "a=b", 0},

    /* 5.6.1, 5.6.2: when it ends */
    {"5.6.2: Max-Age", H, "a=b; Max-Age=5", OK, H, "a=b", 4},
    {"5.6.2: Max-Age is over", H, "a=b; Max-Age=5", OK, H, NULL, 5},
    {"5.6.2: any case", H, "a=b; mAX-aGE=5", OK, H, NULL, 6},
    {"5.6.2: 0", H, "a=b; Max-Age=0", OVER, H, NULL, 0},
    {"5.6.2: -1", H, "a=b; Max-Age=-1", OVER, H, NULL, 0},
    {"5.6.2: -0", H, "a=b; Max-Age=-0", OVER, H, NULL, 0},
    {"5.6.2: 00", H, "a=b; Max-Age=00", OVER, H, NULL, 0},
    {"5.6.2: 007", H, "a=b; Max-Age=007", OK, H, NULL, 7},
    {"5.6.2: +5 is none", H, "a=b; Max-Age=+5", OK, H, "a=b", 10},
    {"5.6.2: 1.5 is none", H, "a=b; Max-Age=1.5", OK, H, "a=b", 10},
    {"5.6.2: junk is none", H, "a=b; Max-Age=junk", OK, H, "a=b", 10},
    {"5.6.2: 5x is none", H, "a=b; Max-Age=5x", OK, H, "a=b", 10},
    {"5.6.2: - is none", H, "a=b; Max-Age=-", OK, H, "a=b", 10},
    {"5.6.2: --1 is none", H, "a=b; Max-Age=--1", OK, H, "a=b", 10},
    {"5.6.2: empty is none", H, "a=b; Max-Age=", OK, H, "a=b", 10},
    {"5.6.2: no = is none", H, "a=b; Max-Age", OK, H, "a=b", 10},
    {"5.6.2: quotes are none", H, "a=b; Max-Age=\"5\"", OK, H, "a=b", 10},
    {"5.6.2: blanks around it", H, "a=b; Max-Age = 5 ", OK, H, NULL, 5},
    {"5.6.2: more than 64 bits", H, "a=b; Max-Age=99999999999999999999999", OK,
     H, "a=b", DAYS(399)},
    {"5.6.2: as negative", H, "a=b; Max-Age=-99999999999999999999999", OVER, H,
     NULL, 0},
    {"5.5: 400 days at most", H, "a=b; Max-Age=34560001", OK, H, NULL,
     DAYS(400)},
    {"5.5: just below them", H, "a=b; Max-Age=34560000", OK, H, "a=b",
     DAYS(400) - 1},
    {"5.6.1: Expires", H, "a=b; Expires=Sun, 09 Sep 2001 01:46:50 GMT", OK, H,
     "a=b", 9},
    {"5.6.1: Expires is over", H, "a=b; Expires=Sun, 09 Sep 2001 01:46:50 GMT",
     OK, H, NULL, 10},
    {"5.6.1: in the past", H, "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
     OVER, H, NULL, 0},
    {"5.6.1: long ago", H, "a=b; Expires=Mon, 01-Jan-1601 00:00:00 GMT", OVER,
     H, NULL, 0},
    {"5.6.1: no date is none", H, "a=b; Expires=tomorrow", OK, H, "a=b",
     DAYS(1000)},
    {"5.6.1: 400 days at most", H, "a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT",
     OK, H, NULL, DAYS(400)},
    {"5.6.1: two digits", H, "a=b; Expires=Sun, 09-Sep-01 01:46:50 GMT", OK, H,
     NULL, 10},
    {"5.7.6: Max-Age before Expires", H,
     "a=b; Max-Age=5; Expires=Fri, 31 Dec 2010 23:59:59 GMT", OK, H, NULL, 5},
    {"5.7.6: behind it, too", H,
     "a=b; Expires=Fri, 31 Dec 2010 23:59:59 GMT; Max-Age=5", OK, H, NULL, 5},
    {"5.7.6: Max-Age=0 before Expires", H,
     "a=b; Max-Age=0; Expires=Fri, 31 Dec 2010 23:59:59 GMT", OVER, H, NULL, 0},
    {"5.7.6: a long one before a past one", H,
     "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=5", OK, H, "a=b", 4},
    {"5.7.6: no Max-Age, and Expires", H,
     "a=b; Max-Age=junk; Expires=Thu, 01 Jan 1970 00:00:00 GMT", OVER, H, NULL,
     0},
    {"5.7.6: the last Max-Age", H, "a=b; Max-Age=50; Max-Age=5", OK, H, NULL,
     5},
    {"5.7.6: the last that is one", H, "a=b; Max-Age=5; Max-Age=x", OK, H, NULL,
     5},
    {"5.7.6: a session's has no end", H, "a=b", OK, H, "a=b", DAYS(4000)},

    /* 5.6.3, 5.7.7 to 5.7.10: domains */
    {"5.7.10: no Domain: the host", H, "a=b", OK, "http://www.example.com/a/b",
     "a=b", 0},
    {"5.7.10: not below it", H, "a=b", OK, "http://x.www.example.com/a/b", NULL,
     0},
    {"5.7.10: not above it", H, "a=b", OK, "http://example.com/a/b", NULL, 0},
    {"5.1.3: Domain: the host", H, "a=b; Domain=example.com", OK, H, "a=b", 0},
    {"5.1.3: below it", H, "a=b; Domain=example.com", OK,
     "http://x.y.example.com/a/b", "a=b", 0},
    {"5.1.3: itself", H, "a=b; Domain=example.com", OK,
     "http://example.com/a/b", "a=b", 0},
    {"5.1.3: a name that ends so", H, "a=b; Domain=example.com", OK,
     "http://badexample.com/a/b", NULL, 0},
    {"5.6.3: a dot before it", H, "a=b; Domain=.example.com", OK,
     "http://example.com/a/b", "a=b", 0},
    {"5.6.3: two dots", H, "a=b; Domain=..example.com", LARIAT_COOKIE_DOMAIN, H,
     NULL, 0},
    {"5.6.3: any case", H, "a=b; dOMAIN=Example.COM", OK, H, "a=b", 0},
    {"5.6.3: empty is none", H, "a=b; Domain=", OK, H, "a=b", 0},
    {"5.6.3: empty: the host alone", H, "a=b; Domain=", OK,
     "http://x.www.example.com/a/b", NULL, 0},
    {"5.6.3: a dot alone is none", H, "a=b; Domain=.", OK,
     "http://x.www.example.com/a/b", NULL, 0},
    {"5.7.7: the last Domain", H, "a=b; Domain=x.org; Domain=example.com", OK,
     H, "a=b", 0},
    {"5.7.7: even if that is wrong", H, "a=b; Domain=example.com; Domain=x.org",
     LARIAT_COOKIE_DOMAIN, H, NULL, 0},
    {"5.7.7: even if that is empty", H, "a=b; Domain=example.com; Domain=", OK,
     "http://example.com/a/b", NULL, 0},
    {"5.7.10: another domain", H, "a=b; Domain=example.org",
     LARIAT_COOKIE_DOMAIN, H, NULL, 0},
    {"5.7.10: below the host", H, "a=b; Domain=x.www.example.com",
     LARIAT_COOKIE_DOMAIN, H, NULL, 0},
    {"5.7.10: beside the host", H, "a=b; Domain=mail.example.com",
     LARIAT_COOKIE_DOMAIN, H, NULL, 0},
    {"5.7.10: a part of a label", H, "a=b; Domain=ample.com",
     LARIAT_COOKIE_DOMAIN, H, NULL, 0},
    {"5.7.10: a dot behind it", H, "a=b; Domain=example.com.",
     LARIAT_COOKIE_DOMAIN, H, NULL, 0},
    {"5.7.8: not ASCII", "http://xn--bcher-kva.example.com/",
     "a=b; Domain=b\xc3\xbc"
     "cher.example.com",
     LARIAT_COOKIE_DOMAIN, "http://xn--bcher-kva.example.com/", NULL, 0},
    {"5.1.2: IDNA in ASCII",
     "http://b\xc3\xbc"
     "cher.example.com/",
     "a=b; Domain=xn--bcher-kva.example.com", OK,
     "http://x.xn--bcher-kva.example.com/", "a=b", 0},
    {"5.7.9: a public suffix", H, "a=b; Domain=com", LARIAT_COOKIE_SUFFIX, H,
     NULL, 0},
    {"5.7.9: one of two labels", "http://a.co.uk/", "a=b; Domain=co.uk",
     LARIAT_COOKIE_SUFFIX, "http://a.co.uk/", NULL, 0},
    {"5.7.9: with a dot", "http://a.co.uk/", "a=b; Domain=.co.uk",
     LARIAT_COOKIE_SUFFIX, "http://a.co.uk/", NULL, 0},
    {"5.7.9: in upper case", "http://a.co.uk/", "a=b; Domain=CO.UK",
     LARIAT_COOKIE_SUFFIX, "http://a.co.uk/", NULL, 0},
    {"5.7.9: a private one", "http://a.github.io/", "a=b; Domain=github.io",
     LARIAT_COOKIE_SUFFIX, "http://a.github.io/", NULL, 0},
    {"5.7.9: by a wildcard", "http://a.b.kawasaki.jp/",
     "a=b; Domain=b.kawasaki.jp", LARIAT_COOKIE_SUFFIX,
     "http://a.b.kawasaki.jp/", NULL, 0},
    {"5.7.9: but for an exception", "http://a.city.kawasaki.jp/",
     "a=b; Domain=city.kawasaki.jp", OK, "http://x.city.kawasaki.jp/", "a=b",
     0},
    {"5.7.9: not known to the list", "http://a.nosuchtld/",
     "a=b; Domain=nosuchtld", LARIAT_COOKIE_SUFFIX, "http://a.nosuchtld/", NULL,
     0},
    {"5.7.9: with a dot behind it", "http://a.co.uk./", "a=b; Domain=co.uk.",
     LARIAT_COOKIE_SUFFIX, "http://a.co.uk./", NULL, 0},
    {"5.7.9: the host itself", "http://github.io/", "a=b; Domain=github.io", OK,
     "http://github.io/", "a=b", 0},
    {"5.7.9: the host alone then", "http://github.io/", "a=b; Domain=github.io",
     OK, "http://x.github.io/", NULL, 0},
    {"5.7.9: localhost", "http://localhost/", "a=b; Domain=localhost", OK,
     "http://localhost/", "a=b", 0},
    {"5.7.9: not below localhost", "http://localhost/", "a=b; Domain=localhost",
     OK, "http://x.localhost/", NULL, 0},
    {"5.1.3: an address", "http://127.0.0.1/", "a=b", OK, "http://127.0.0.1/",
     "a=b", 0},
    {"5.1.3: an address as Domain", "http://127.0.0.1/",
     "a=b; Domain=127.0.0.1", OK, "http://127.0.0.1/", "a=b", 0},
    {"5.1.3: a part of an address", "http://127.0.0.1/", "a=b; Domain=0.0.1",
     LARIAT_COOKIE_DOMAIN, "http://127.0.0.1/", NULL, 0},
    {"5.1.3: its last number", "http://127.0.0.1/", "a=b; Domain=1",
     LARIAT_COOKIE_DOMAIN, "http://127.0.0.1/", NULL, 0},
    {"5.1.3: a dot before an address", "http://10.0.0.1/",
     "a=b; Domain=.10.0.0.1", OK, "http://10.0.0.1/", "a=b", 0},
    {"5.1.3: another address", "http://127.0.0.1/", "a=b", OK,
     "http://127.0.0.2/", NULL, 0},
    {"5.1.3: the same, otherwise", "http://0x7f.1/", "a=b", OK,
     "http://127.0.0.1/", "a=b", 0},
    {"5.1.3: IPv6", "http://[::1]/", "a=b; Domain=[::1]", OK, "http://[::1]/",
     "a=b", 0},
    {"5.1.3: IPv6 without brackets", "http://[::1]/", "a=b; Domain=::1",
     LARIAT_COOKIE_DOMAIN, "http://[::1]/", NULL, 0},
    {"8.5: the port says nothing", "http://www.example.com:81/", "a=b", OK,
     "http://www.example.com:82/", "a=b", 0},
    {"8.5: nor does that of IPv6", "http://[::1]:81/", "a=b", OK,
     "http://[::1]:82/", "a=b", 0},
    {"5.1.2: a final dot is another host", H, "a=b", OK,
     "http://www.example.com./a/b/c", NULL, 0},

    /* 5.1.4, 5.6.4: paths */
    {"5.1.4: the default path", H, "a=b", OK, "http://www.example.com/a/b",
     "a=b", 0},
    {"5.1.4: below it", H, "a=b", OK, "http://www.example.com/a/b/x/y", "a=b",
     0},
    {"5.1.4: above it", H, "a=b", OK, "http://www.example.com/a", NULL, 0},
    {"5.1.4: a name that begins so", H, "a=b", OK,
     "http://www.example.com/a/bc", NULL, 0},
    {"5.1.4: of a short path", "http://h.example/x", "a=b", OK,
     "http://h.example/", "a=b", 0},
    {"5.1.4: of no path", "http://h.example", "a=b", OK, "http://h.example/y",
     "a=b", 0},
    {"5.1.4: a / at the end", "http://h.example/x/", "a=b", OK,
     "http://h.example/x", "a=b", 0},
    {"5.1.4: without the query", "http://h.example/x?/y/z", "a=b", OK,
     "http://h.example/", "a=b", 0},
    {"5.6.4: Path", H, "a=b; Path=/a", OK, "http://www.example.com/a", "a=b",
     0},
    {"5.6.4: below it", H, "a=b; Path=/a", OK, "http://www.example.com/a/x",
     "a=b", 0},
    {"5.6.4: not beside it", H, "a=b; Path=/a", OK, "http://www.example.com/ab",
     NULL, 0},
    {"5.6.4: a query ends the path", H, "a=b; Path=/a", OK,
     "http://www.example.com/a?x", "a=b", 0},
    {"5.6.4: a / at its end", H, "a=b; Path=/a/", OK,
     "http://www.example.com/a/x", "a=b", 0},
    {"5.6.4: which must be there", H, "a=b; Path=/a/", OK,
     "http://www.example.com/a", NULL, 0},
    {"5.6.4: of no part of the URL", H, "a=b; Path=/z", OK,
     "http://www.example.com/z", "a=b", 0},
    {"5.6.4: upper case is another", H, "a=b; Path=/A", OK,
     "http://www.example.com/a", NULL, 0},
    {"5.6.4: no / before it: default", H, "a=b; Path=a", OK,
     "http://www.example.com/a/b/x", "a=b", 0},
    {"5.6.4: empty: default", H, "a=b; Path=", OK,
     "http://www.example.com/a/b/x", "a=b", 0},
    {"5.6.4: no =: default", H, "a=b; Path", OK, "http://www.example.com/",
     NULL, 0},
    {"5.6.4: quotes: default", H, "a=b; Path=\"/\"", OK,
     "http://www.example.com/", NULL, 0},
    {"5.7.11: the last Path", H, "a=b; Path=/z; Path=/", OK,
     "http://www.example.com/", "a=b", 0},
    {"5.7.11: even if that is none", H, "a=b; Path=/; Path=x", OK,
     "http://www.example.com/", NULL, 0},
    {"5.1.4: escapes stay as they are", H, "a=b; Path=/%41", OK,
     "http://www.example.com/A", NULL, 0},

    /* 5.6.5, 5.7.13, 5.8.3: Secure */
    {"5.6.5: Secure over https", S, "a=b; Secure", OK, S, "a=b", 0},
    {"5.8.3: not over http", S, "a=b; Secure", OK, H, NULL, 0},
    {"5.6.5: any case", S, "a=b; sECURE", OK, H, NULL, 0},
    {"5.6.5: whatever its value", S, "a=b; Secure=false", OK, H, NULL, 0},
    {"5.7.13: not from http", H, "a=b; Secure", LARIAT_COOKIE_INSECURE, S, NULL,
     0},
    {"8.6: the scheme says nothing else", S, "a=b", OK, H, "a=b", 0},
    {"5.7.13: loopback is secure", "http://127.0.0.1/", "a=b; Secure", OK,
     "http://127.0.0.1:81/", "a=b", 0},
    {"5.7.13: all of it", "http://127.1.2.3/", "a=b; Secure", OK,
     "http://127.1.2.3/", "a=b", 0},
    {"5.7.13: by name", "http://localhost/", "a=b; Secure", OK,
     "http://LOCALHOST/", "a=b", 0},
    {"5.7.13: of IPv6", "http://[::1]/", "a=b; Secure", OK, "http://[0::1]/",
     "a=b", 0},
    {"5.7.13: names below it are not", "http://x.localhost/", "a=b; Secure",
     LARIAT_COOKIE_INSECURE, "http://x.localhost/", NULL, 0},
    {"5.7.13: a name like it", "http://127.0.0.1.example/", "a=b; Secure",
     LARIAT_COOKIE_INSECURE, "https://127.0.0.1.example/", NULL, 0},
    {"5.7.13: a private address", "http://192.168.0.1/", "a=b; Secure",
     LARIAT_COOKIE_INSECURE, "https://192.168.0.1/", NULL, 0},

    /* 5.6.6: HttpOnly */
    {"5.6.6: HttpOnly is sent", H, "a=b; HttpOnly", OK, H, "a=b", 0},
    {"5.6.6: any case", H, "a=b; httponly=x", OK, H, "a=b", 0},

    /* 5.6.7, 5.7.19: SameSite */
    {"5.6.7: Strict is sent", H, "a=b; SameSite=Strict", OK, H, "a=b", 0},
    {"5.6.7: Lax is sent", H, "a=b; samesite=LAX", OK, H, "a=b", 0},
    {"5.6.7: what is not known", H, "a=b; SameSite=Odd", OK, H, "a=b", 0},
    {"5.6.7: empty", H, "a=b; SameSite=", OK, H, "a=b", 0},
    {"5.7.19: None without Secure", H, "a=b; SameSite=None",
     LARIAT_COOKIE_SAME_SITE, H, NULL, 0},
    {"5.7.19: over https, too", S, "a=b; SameSite=None",
     LARIAT_COOKIE_SAME_SITE, S, NULL, 0},
    {"5.7.19: None with Secure", S, "a=b; SameSite=None; Secure", OK, S, "a=b",
     0},
    {"5.7.17: the last SameSite", H, "a=b; SameSite=None; SameSite=Lax", OK, H,
     "a=b", 0},

    /* 5.4, 5.7.20 to 5.7.22: prefixes */
    {"5.4.1: __Secure-", S, "__Secure-a=b; Secure", OK, S, "__Secure-a=b", 0},
    {"5.4.1: without Secure", S, "__Secure-a=b", LARIAT_COOKIE_PREFIX, S, NULL,
     0},
    {"5.4.1: in any case", S, "__secure-a=b", LARIAT_COOKIE_PREFIX, S, NULL, 0},
    {"5.4.1: with a Domain", S, "__Secure-a=b; Secure; Domain=example.com", OK,
     S, "__Secure-a=b", 0},
    {"5.4.1: a name like it", S, "__Secure=b", OK, S, "__Secure=b", 0},
    {"5.4.2: __Host-", S, "__Host-a=b; Secure; Path=/", OK, S, "__Host-a=b", 0},
    {"5.4.2: without Secure", S, "__Host-a=b; Path=/", LARIAT_COOKIE_PREFIX, S,
     NULL, 0},
    {"5.4.2: without a Path", "https://h.example/", "__Host-a=b; Secure",
     LARIAT_COOKIE_PREFIX, "https://h.example/", NULL, 0},
    {"5.4.2: another Path", S, "__Host-a=b; Secure; Path=/a",
     LARIAT_COOKIE_PREFIX, S, NULL, 0},
    {"5.4.2: a Path that comes to /", "https://h.example/",
     "__Host-a=b; Secure; Path=x", OK, "https://h.example/", "__Host-a=b", 0},
    {"5.4.2: with a Domain", S,
     "__Host-a=b; Secure; Path=/; Domain=www.example.com", LARIAT_COOKIE_PREFIX,
     S, NULL, 0},
    {"5.4.2: with an empty Domain", S,
     "__Host-a=b; Secure; Path=/; Domain=", OK, S, "__Host-a=b", 0},
    {"5.4.2: in any case", S, "__HOST-a=b; Path=/", LARIAT_COOKIE_PREFIX, S,
     NULL, 0},
    {"5.4.2: from http", H, "__Host-a=b; Secure; Path=/",
     LARIAT_COOKIE_INSECURE, S, NULL, 0},
    {"5.4.2: from loopback", "http://127.0.0.1/", "__Host-a=b; Secure; Path=/",
     OK, "http://127.0.0.1/", "__Host-a=b", 0},
    {"5.7.22: a value without a name", S, "__Host-a=b", LARIAT_COOKIE_PREFIX, S,
     NULL, 0},
    {"5.7.22: the same with =", S, "=__Secure-a=b; Secure; Path=/",
     LARIAT_COOKIE_PREFIX, S, NULL, 0},
    {"5.7.22: without anything else", S, "__Host-; Secure; Path=/",
     LARIAT_COOKIE_PREFIX, S, NULL, 0},
};

static void check_row(const struct row *row) {
  lariat_cookie_jar *jar = make_jar();
  lariat_cookie_verdict verdict = set_at(jar, row->from, row->set, now_s);
  if (verdict != row->verdict)
    fixture_fail("%s: %s: \"%s\", not \"%s\"", row->rule, row->set,
                 lariat_cookie_verdict_text(verdict),
                 lariat_cookie_verdict_text(row->verdict));
  expect_header(jar, row->rule, row->to, now_s + row->after_s, row->sent);
  lariat_cookie_jar_release(jar);
}

static void test_rows(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) check_row(&rows[i]);
  CU_ASSERT(FIXTURE_COUNT(rows) >= 150);
  fixture_close(&f);
}

/* ---- Several ---- */

struct step {
  const char *from;
  const char *set; /* NULL: no more */
  lariat_cookie_verdict verdict;
};

struct story {
  const char *rule;
  struct step steps[5]; /* a second after the other */
  const char *to;
  const char *sent;
};

static const struct story stories[] = {
    {"5.8.3: the longest path first",
     {{H, "a=1; Path=/", OK},
      {H, "b=2; Path=/a/b", OK},
      {H, "c=3; Path=/a", OK}},
     H,
     "b=2; c=3; a=1"},
    {"5.8.3: then the earliest",
     {{H, "b=1; Path=/", OK}, {H, "a=2; Path=/", OK}},
     H,
     "b=1; a=2"},
    {"5.8.3: over domains",
     {{H, "a=1; Path=/; Domain=example.com", OK},
      {H, "b=2; Path=/", OK},
      {H, "c=3; Path=/; Domain=example.com", OK},
      {H, "d=4; Path=/a", OK}},
     H,
     "d=4; a=1; b=2; c=3"},
    {"5.7.23: one with the same name",
     {{H, "a=1", OK}, {H, "a=2", OK}},
     H,
     "a=2"},
    {"5.7.23: keeps the time of creation",
     {{H, "a=1", OK}, {H, "b=2", OK}, {H, "a=3", OK}},
     H,
     "a=3; b=2"},
    {"5.7.23: names are told apart by case",
     {{H, "a=1", OK}, {H, "A=2", OK}},
     H,
     "a=1; A=2"},
    {"5.7.23: and by path",
     {{H, "a=1; Path=/", OK}, {H, "a=2; Path=/a", OK}},
     H,
     "a=2; a=1"},
    {"5.7.23: and by host-only",
     {{H, "a=1; Domain=www.example.com", OK}, {H, "a=2", OK}},
     H,
     "a=1; a=2"},
    {"5.7.23: and by domain",
     {{H, "a=1; Path=/; Domain=example.com", OK}, {H, "a=2; Path=/", OK}},
     H,
     "a=1; a=2"},
    {"5.7.23: an address's Domain makes no other",
     {{"http://127.0.0.1/", "a=1", OK},
      {"http://127.0.0.1/", "a=2; Domain=127.0.0.1", OK}},
     "http://127.0.0.1/",
     "a=2"},
    {"5.7.23: a cookie without a name",
     {{H, "1", OK}, {H, "=2", OK}, {H, "a=3", OK}},
     H,
     "2; a=3"},
    {"5.7.24: one that has expired removes",
     {{H, "a=1", OK}, {H, "b=2", OK}, {H, "a=; Max-Age=0", OVER}},
     H,
     "b=2"},
    {"5.7.24: not one of another path",
     {{H, "a=1; Path=/", OK}, {H, "a=; Path=/a; Max-Age=0", OVER}},
     H,
     "a=1"},
    {"5.7.24: one that is back is new",
     {{H, "a=1", OK},
      {H, "b=2", OK},
      {H, "a=; Max-Age=0", OVER},
      {H, "a=3", OK}},
     H,
     "b=2; a=3"},
    {"5.7.16: http does not hide a Secure one",
     {{S, "a=1; Secure", OK}, {H, "a=2", LARIAT_COOKIE_OVERLAY}},
     S,
     "a=1"},
    {"5.7.16: nor remove it",
     {{S, "a=1; Secure", OK}, {H, "a=; Max-Age=0", LARIAT_COOKIE_OVERLAY}},
     S,
     "a=1"},
    {"5.7.16: nor below its domain",
     {{S, "a=1; Secure; Domain=example.com; Path=/", OK},
      {"http://x.example.com/", "a=2", LARIAT_COOKIE_OVERLAY}},
     "https://x.example.com/",
     "a=1"},
    {"5.7.16: nor above it",
     {{S, "a=1; Secure; Path=/", OK},
      {"http://x.example.com/", "a=2; Domain=example.com",
       LARIAT_COOKIE_OVERLAY}},
     S,
     "a=1"},
    {"5.7.16: nor below its path",
     {{S, "a=1; Secure; Path=/a", OK},
      {H, "a=2; Path=/a/x", LARIAT_COOKIE_OVERLAY}},
     "https://www.example.com/a/x",
     "a=1"},
    {"5.7.16: but above its path",
     {{S, "a=1; Secure; Path=/a", OK}, {H, "a=2; Path=/", OK}},
     S,
     "a=1; a=2"},
    {"5.7.16: and of another name",
     {{S, "a=1; Secure", OK}, {H, "b=2", OK}},
     S,
     "a=1; b=2"},
    {"5.7.16: and beside its domain",
     {{S, "a=1; Secure", OK}, {"http://x.example.com/", "a=2", OK}},
     "http://x.example.com/",
     "a=2"},
    {"5.7.16: https may", {{S, "a=1; Secure", OK}, {S, "a=2", OK}}, H, "a=2"},
    {"5.7.16: loopback may",
     {{"http://127.0.0.1/", "a=1; Secure", OK},
      {"http://127.0.0.1/", "a=2", OK}},
     "http://127.0.0.1/",
     "a=2"},
    {"5.7.16: one that has expired hides nothing",
     {{S, "a=1; Secure; Max-Age=1", OK}, {H, "a=2", OK}},
     S,
     "a=2"},
    {"5.7.24: one that has expired has no successor",
     {{H, "a=1; Max-Age=1", OK}, {H, "b=2", OK}, {H, "a=1", OK}},
     H,
     "b=2; a=1"},
    {"5.7: a refused one changes nothing",
     {{H, "a=1", OK}, {H, "a=2; Domain=x.org", LARIAT_COOKIE_DOMAIN}},
     H,
     "a=1"},
};

static void check_story(const struct story *story) {
  lariat_cookie_jar *jar = make_jar();
  int64_t at_s = now_s;
  for (const struct step *step = story->steps; step->set; step++, at_s++) {
    lariat_cookie_verdict verdict = set_at(jar, step->from, step->set, at_s);
    if (verdict != step->verdict)
      fixture_fail("%s: %s: \"%s\"", story->rule, step->set,
                   lariat_cookie_verdict_text(verdict));
  }
  expect_header(jar, story->rule, story->to, at_s, story->sent);
  lariat_cookie_jar_release(jar);
}

static void test_stories(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(stories); i++) check_story(&stories[i]);
  fixture_close(&f);
}

/* ---- For script/interop ---- */

/* Prints a text and a tab; what would not be seen, and '%', as %XX. */
static void print_text(const char *shown) {
  for (; *shown; shown++) {
    unsigned char byte = (unsigned char)*shown;
    if (byte <= ' ' || byte >= 0x7f || byte == '%')
      printf("%%%02X", byte);
    else
      putchar(byte);
  }
  putchar('\t');
}

/* Prints a case: its rule, where to, when, what is sent ("-": nothing), and
 * what was set, each with where from. */
static void print_case(const char *rule, const char *to, int64_t after_s,
                       const char *sent) {
  printf("%s\t", rule);
  print_text(to);
  printf("%" PRId64 "\t%s", after_s, sent ? "=" : "-");
  print_text(sent ? sent : "");
}

static int print_cases(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) {
    const struct row *row = &rows[i];
    print_case(row->rule, row->to, row->after_s, row->sent);
    print_text(row->from);
    print_text(row->set);
    putchar('\n');
  }
  for (size_t i = 0; i < FIXTURE_COUNT(stories); i++) {
    const struct story *story = &stories[i];
    print_case(story->rule, story->to, 0, story->sent);
    for (const struct step *step = story->steps; step->set; step++) {
      print_text(step->from);
      print_text(step->set);
    }
    putchar('\n');
  }
  return 0;
}

/* ---- Sizes ---- */

/* Sets "a" and a value, or an attribute, of some length. */
static lariat_cookie_verdict set_long(lariat_cookie_jar *jar,
                                      const char *before, size_t length) {
  char text[8192];
  size_t at = strlen(before);
  memcpy(text, before, at);
  memset(text + at, 'x', length);
  text[at + length] = '\0';
  return set_at(jar, "http://h.example/", text, now_s);
}

static void test_sizes(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_jar();
  CU_ASSERT_EQUAL(set_long(jar, "a=", 4095), OK);
  CU_ASSERT_EQUAL(set_long(jar, "a=", 4096), LARIAT_COOKIE_TOO_LONG);
  CU_ASSERT_EQUAL(set_long(jar, "", 4096), OK);
  CU_ASSERT_EQUAL(set_long(jar, "", 4097), LARIAT_COOKIE_TOO_LONG);
  CU_ASSERT_EQUAL(set_long(jar, "a=b; Color=", 5000), OK);
  lariat_cookie_jar_clear(jar);
  /* A Path of 1,024 bytes is one, and a longer one is none; so is a Domain. */
  CU_ASSERT_EQUAL(set_long(jar, "a=b; Path=/", 1023), OK);
  expect_header(jar, "5.6: 1,024 bytes", "http://h.example/", now_s, NULL);
  CU_ASSERT_EQUAL(set_long(jar, "a=b; Path=/", 1024), OK);
  expect_header(jar, "5.6: 1,025 bytes", "http://h.example/", now_s, "a=b");
  CU_ASSERT_EQUAL(set_long(jar, "c=d; Domain=", 1025), OK);
  expect_header(jar, "5.6: a long Domain", "http://h.example/", now_s,
                "a=b; c=d");
  CU_ASSERT_EQUAL(set_long(jar, "c=d; Domain=", 1024), LARIAT_COOKIE_DOMAIN);
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

/* ---- Numbers ---- */

static lariat_cookie_jar *make_small_jar(size_t in_all, size_t per_domain) {
  lariat_cookie_jar *jar = NULL;
  lariat_cookie_jar_options options = lariat_cookie_jar_defaults();
  options.max_cookies = in_all;
  options.max_per_domain = per_domain;
  CU_ASSERT_EQUAL(lariat_cookie_jar_new(&options, &jar), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(jar);
  return jar;
}

/* Beyond the number of a domain the one goes that was used the longest ago. */
static void test_domain_full(void) {
  static const char h[] = "https://h.example/";
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_small_jar(100, 3);
  set_at(jar, h, "a=1; Path=/x", now_s);
  set_at(jar, h, "b=2", now_s);
  set_at(jar, h, "c=3", now_s);
  expect_header(jar, "used", "https://h.example/x", now_s, "a=1; b=2; c=3");
  expect_header(jar, "used", h, now_s, "b=2; c=3");
  set_at(jar, h, "d=4", now_s);
  expect_header(jar, "the oldest", "https://h.example/x", now_s,
                "b=2; c=3; d=4");
  set_at(jar, "https://x.example/", "e=5", now_s);
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 4);
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

/* First goes what has expired, then what is not Secure. */
static void test_order_of_eviction(void) {
  static const char h[] = "https://h.example/";
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_small_jar(100, 3);
  set_at(jar, h, "a=1; Secure", now_s);
  set_at(jar, h, "b=2", now_s);
  set_at(jar, h, "c=3; Secure; Max-Age=5", now_s);
  set_at(jar, h, "d=4", now_s + 5);
  expect_header(jar, "expired", h, now_s + 5, "a=1; b=2; d=4");
  set_at(jar, h, "e=5; Secure", now_s + 5);
  expect_header(jar, "not Secure", h, now_s + 5, "a=1; d=4; e=5");
  set_at(jar, h, "f=6; Secure", now_s + 5);
  expect_header(jar, "not Secure", h, now_s + 5, "a=1; e=5; f=6");
  set_at(jar, h, "g=7", now_s + 5);
  expect_header(jar, "itself", h, now_s + 5, "a=1; e=5; f=6");
  set_at(jar, h, "g=7; Secure", now_s + 5);
  expect_header(jar, "the oldest", h, now_s + 5, "e=5; f=6; g=7");
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

static void test_jar_full(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_small_jar(3, 3);
  set_at(jar, "http://a.example/", "a=1; Max-Age=9", now_s);
  set_at(jar, "http://b.example/", "b=2", now_s);
  set_at(jar, "http://c.example/", "c=3", now_s);
  expect_header(jar, "used", "http://b.example/", now_s, "b=2");
  set_at(jar, "http://d.example/", "d=4", now_s + 9);
  expect_header(jar, "expired", "http://a.example/", now_s, NULL);
  set_at(jar, "http://e.example/", "e=5", now_s + 9);
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 3);
  expect_header(jar, "the oldest", "http://c.example/", now_s, NULL);
  expect_header(jar, "used", "http://b.example/", now_s, "b=2");
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

/* As many as RFC 6265bis (6.1) asks for, and no more than there may be. */
static void test_default_numbers(void) {
  char text[64];
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_jar();
  for (int i = 0; i < 200; i++) {
    (void)snprintf(text, sizeof text, "n%d=v", i);
    set_at(jar, "http://h.example/", text, now_s);
    if (i == 49) CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 50);
  }
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 180);
  for (int i = 0; i < 3000; i++) {
    (void)snprintf(text, sizeof text, "http://h%d.example/", i);
    set_at(jar, text, "a=b", now_s);
    if (i == 2819) CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 3000);
  }
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 3000);
  expect_header(jar, "all newer", "http://h.example/", now_s, NULL);
  expect_header(jar, "all newer", "http://h0.example/", now_s, "a=b");
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

/* ---- Dates ---- */

struct date_row {
  const char *text;
  int64_t seconds;
  bool none;
};

#define D 784111777 /* 1994-11-06 08:49:37 */

static const struct date_row dates[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", D, false},
    {"Sunday, 06-Nov-94 08:49:37 GMT", D, false},
    {"Sun Nov  6 08:49:37 1994", D, false},
    {"06 Nov 1994 08:49:37", D, false},
    {"6 Nov 1994 8:49:37", D, false},
    {"1994 Nov 6 08:49:37", D, false},
    {"08:49:37 6 November 1994", D, false},
    {"sun, 06 nov 1994 08:49:37 gmt", D, false},
    {"06/Nov/1994 08:49:37", D, false},
    {"06;Nov;1994;08:49:37", D, false},
    {"06Nov 1994 08:49:37", 0, true}, /* is the day, and no month is left */
    {"Sun, 06 Nov 1994 08:49:37 +0500", D, false}, /* zones say nothing */
    {"Sun, 06 Nov 1994 08:49:37 PST", D, false},
    {"Sun, 06 Nov 1994 08:49:37.5 GMT", D, false},
    {"Sun, 06 Nov 1994 08:49:37GMT", D, false},
    {"06 Nov 94 08:49:37", D, false},
    {"94 06 Nov 08:49:37", 0, true}, /* 94 is the day */
    {"01 Jan 70 00:00:00", 0, false},
    {"01 Jan 1970 00:00:00", 0, false},
    {"01 Jan 99 00:00:00", 915148800, false},
    {"01 Jan 00 00:00:00", 946684800, false},
    {"01 Jan 69 00:00:00", INT64_C(3124224000), false},
    {"01 Jan 100 00:00:00", 0, true},
    {"01 Jan 1600 00:00:00", 0, true},
    {"01 Jan 1601 00:00:00", INT64_C(-11644473600), false},
    {"31 Dec 9999 23:59:59", INT64_C(253402300799), false},
    {"01 Jan 10000 00:00:00", 0, true},
    {"29 Feb 2000 00:00:00", 951782400, false},
    {"29 Feb 2004 00:00:00", 1078012800, false},
    {"29 Feb 1900 00:00:00", 0, true},
    {"29 Feb 2001 00:00:00", 0, true},
    {"30 Feb 2000 00:00:00", 0, true},
    {"31 Apr 2000 00:00:00", 0, true},
    {"00 Jan 2000 00:00:00", 0, true},
    {"32 Jan 2000 00:00:00", 0, true},
    {"001 Jan 2000 00:00:00", 0, true},
    {"01 Jan 2000 24:00:00", 0, true},
    {"01 Jan 2000 00:60:00", 0, true},
    {"01 Jan 2000 00:00:60", 0, true},
    {"01 Jan 2000 00:00", 0, true},
    {"01 Jan 2000 000:00:00", 0, true},
    {"01 Jan 2000 00:00:000", 0, true},
    {"01 Jan 2000 0:0:0", 946684800, false},
    {"01 Ja 2000 00:00:00", 0, true},
    {"01 Jxn 2000 00:00:00", 0, true},
    {"01 JANUARIUS 2000 00:00:00", 946684800, false},
    {"01 01 2000 00:00:00", 0, true},
    {"2000-01-01T00:00:00Z", 0, true},
    {"946684800", 0, true},
    {"", 0, true},
    {"   ", 0, true},
    {"01 Jan 2000", 0, true},
    {"Jan 2000 00:00:00", 0, true},
    {"01 2000 00:00:00", 0, true},
    {"01 Jan 00:00:00", 0, true},
    {"01 Jan 2000 00:00:00 02 Feb 2001 01:01:01", 946684800, false},
    {"01x Janx 2000x 00:00:00x", 946684800, false},
    {"01\xe9 Jan 2000 00:00:00", 946684800, false},
    {"\"01 Jan 2000 00:00:00\"", 946684800, false},
};

static void test_dates(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(dates); i++) {
    int64_t seconds = 0;
    const struct date_row *row = &dates[i];
    bool is = lr_cookie_date_read(row->text, strlen(row->text), &seconds);
    if (is == row->none || (is && seconds != row->seconds))
      fixture_fail("\"%s\": %s %" PRId64, row->text, is ? "is" : "is none",
                   seconds);
  }
}

/* ---- The jar ---- */

static void test_readers(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_jar();
  CU_ASSERT_PTR_NULL(lariat_cookie_jar_first(jar));
  set_at(jar, S, "a=1; Domain=Example.COM; Secure; SameSite=Strict", now_s);
  set_at(jar, H, "b; HttpOnly; Max-Age=7; Path=/z", now_s + 1);
  set_at(jar, S, "a=3; Domain=example.com; SameSite=Lax", now_s + 2);
  const lariat_cookie *one = lariat_cookie_jar_first(jar);
  CU_ASSERT_PTR_NOT_NULL_FATAL(one);
  CU_ASSERT_STRING_EQUAL(one->name, "a");
  CU_ASSERT_STRING_EQUAL(one->value, "3");
  CU_ASSERT_STRING_EQUAL(one->domain, "example.com");
  CU_ASSERT_STRING_EQUAL(one->path, "/a/b");
  CU_ASSERT_EQUAL(one->expires_s, 0);
  CU_ASSERT_EQUAL(one->created_s, now_s);
  CU_ASSERT_EQUAL(one->same_site, LARIAT_SAME_SITE_LAX);
  CU_ASSERT(!one->host_only && !one->secure && !one->http_only);
  const lariat_cookie *other = lariat_cookie_jar_next(jar, one);
  CU_ASSERT_PTR_NOT_NULL_FATAL(other);
  CU_ASSERT_STRING_EQUAL(other->name, "");
  CU_ASSERT_STRING_EQUAL(other->value, "b");
  CU_ASSERT_STRING_EQUAL(other->domain, "www.example.com");
  CU_ASSERT_STRING_EQUAL(other->path, "/z");
  CU_ASSERT_EQUAL(other->expires_s, now_s + 8);
  CU_ASSERT_EQUAL(other->same_site, LARIAT_SAME_SITE_DEFAULT);
  CU_ASSERT(other->host_only && !other->secure && other->http_only);
  CU_ASSERT_PTR_NULL(lariat_cookie_jar_next(jar, other));
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 2);
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

/* A cookie that is set again as it was changes no header, but lasts longer. */
static void test_again(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_jar();
  set_at(jar, H, "a=1; Max-Age=5", now_s);
  uint64_t version = jar->store.version;
  set_at(jar, H, "a=1; Max-Age=5; HttpOnly; SameSite=Lax", now_s + 4);
  CU_ASSERT_EQUAL(jar->store.version, version);
  CU_ASSERT_TRUE(lariat_cookie_jar_first(jar)->http_only);
  CU_ASSERT_EQUAL(lariat_cookie_jar_first(jar)->same_site,
                  LARIAT_SAME_SITE_LAX);
  CU_ASSERT_EQUAL(lariat_cookie_jar_first(jar)->created_s, now_s);
  expect_header(jar, "set again", H, now_s + 8, "a=1");
  expect_header(jar, "set again", H, now_s + 9, NULL);
  set_at(jar, S, "a=1", now_s);
  version = jar->store.version;
  set_at(jar, S, "a=1; Secure", now_s);
  CU_ASSERT_NOT_EQUAL(jar->store.version, version);
  expect_header(jar, "Secure now", H, now_s, NULL);
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

static void test_ends(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_jar();
  set_at(jar, H, "a=1", now_s);
  set_at(jar, H, "b=2; Max-Age=5", now_s);
  set_at(jar, H, "c=3; Max-Age=9", now_s);
  lariat_cookie_jar_expire(jar, now_s + 5);
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 2);
  lariat_cookie_jar_end_session(jar);
  expect_header(jar, "what stays", H, now_s + 5, "c=3");
  lariat_cookie_jar_clear(jar);
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 0);
  set_at(jar, H, "d=4", now_s);
  expect_header(jar, "after", H, now_s, "d=4");
  CU_ASSERT_PTR_EQUAL(lariat_cookie_jar_retain(jar), jar);
  lariat_cookie_jar_release(jar);
  expect_header(jar, "still there", H, now_s, "d=4");
  lariat_cookie_jar_release(jar);
  lariat_cookie_jar_release(NULL);
  fixture_close(&f);
}

static void test_options(void) {
  struct fixture f;
  lariat_cookie_jar *jar;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar_options options = lariat_cookie_jar_defaults();
  options.max_cookies = 0;
  CU_ASSERT_EQUAL(lariat_cookie_jar_new(&options, &jar), LARIAT_EINVAL);
  CU_ASSERT_PTR_NULL(jar);
  options = lariat_cookie_jar_defaults();
  options.size = 0;
  CU_ASSERT_EQUAL(lariat_cookie_jar_new(&options, &jar), LARIAT_EINVAL);
  CU_ASSERT_STRING_EQUAL(lariat_cookie_verdict_text(OVER), "expired");
  CU_ASSERT_STRING_EQUAL(lariat_cookie_verdict_text((lariat_cookie_verdict)99),
                         "unknown");
  fixture_close(&f);
}

/* Clients of one reactor share a jar. */
static void test_attach(void) {
  struct fixture f;
  lr_client_cookies *one = NULL;
  lr_client_cookies *other = NULL;
  int elsewhere = 0;
  lariat_reactor *wrong = (lariat_reactor *)(void *)&elsewhere;
  fixture_open(&f, FIXTURE_PLAIN);
  lariat_cookie_jar *jar = make_jar();
  CU_ASSERT_EQUAL(lr_client_cookies_open(jar, f.reactor, &one), LARIAT_OK);
  CU_ASSERT_EQUAL(lr_client_cookies_open(jar, f.reactor, &other), LARIAT_OK);
  lr_client_cookies_close(other);
  CU_ASSERT_EQUAL(lr_client_cookies_open(jar, wrong, &other), LARIAT_EINVAL);
  lr_client_cookies_close(one);
  CU_ASSERT_EQUAL(lr_client_cookies_open(jar, wrong, &other), LARIAT_OK);
  lr_client_cookies_close(other);
  lr_client_cookies_close(NULL);
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

/* A cookie at either end of time. */
static void test_ends_of_time(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_jar();
  CU_ASSERT_EQUAL(set_at(jar, H, "a=1; Max-Age=99", INT64_MAX), OVER);
  CU_ASSERT_EQUAL(set_at(jar, H, "a=1; Max-Age=99", INT64_MIN + 1), OK);
  CU_ASSERT_EQUAL(set_at(jar, H, "b=2; Max-Age=5", -5), OK);
  expect_header(jar, "before 1970", H, -2, "b=2");
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

/* ---- Out of memory ---- */

/* Sets and reads with the nth allocation failing; true: it was not needed. */
static bool run_without(struct fixture *f, uint64_t nth) {
  static const char text[] = "b=2; Domain=example.com";
  const char *value;
  lariat_url *url = parse_url(H);
  lariat_cookie_jar *jar = make_jar();
  set_at(jar, H, "a=1", now_s);
  fixture_fail_allocation(f, nth);
  lariat_status set =
      lariat_cookie_jar_set(jar, url, text, sizeof text - 1, now_s, NULL);
  lariat_status got = lariat_cookie_jar_header(jar, url, now_s, &value);
  fixture_fail_allocation(f, 0);
  CU_ASSERT(set == LARIAT_OK || set == LARIAT_ENOMEM);
  CU_ASSERT(got == LARIAT_OK || (got == LARIAT_ENOMEM && !value));
  expect_header(jar, "out of memory", H, now_s,
                set == LARIAT_OK ? "a=1; b=2" : "a=1");
  lariat_cookie_jar_release(jar);
  lariat_url_free(url);
  return set == LARIAT_OK && got == LARIAT_OK;
}

static void test_out_of_memory(void) {
  struct fixture f;
  lariat_cookie_jar *jar;
  uint64_t nth = 0;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t i = 1; i <= 2; i++) {
    fixture_fail_allocation(&f, i);
    CU_ASSERT_EQUAL(lariat_cookie_jar_new(NULL, &jar), LARIAT_ENOMEM);
  }
  fixture_fail_allocation(&f, 0);
  while (!run_without(&f, ++nth) && nth < 100) continue;
  CU_ASSERT(nth > 4 && nth < 100);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"one cookie", test_rows},
      {"several cookies", test_stories},
      {"sizes", test_sizes},
      {"a domain that is full", test_domain_full},
      {"the order of eviction", test_order_of_eviction},
      {"a jar that is full", test_jar_full},
      {"the numbers of the RFC", test_default_numbers},
      {"dates", test_dates},
      {"readers", test_readers},
      {"set again", test_again},
      {"ends", test_ends},
      {"options", test_options},
      {"reactors", test_attach},
      {"the ends of time", test_ends_of_time},
      {"out of memory", test_out_of_memory},
  };
  if (argc == 2 && strcmp(argv[1], "--cases") == 0) return print_cases();
  return fixture_main("cookies", tests, FIXTURE_COUNT(tests), argc, argv);
}
