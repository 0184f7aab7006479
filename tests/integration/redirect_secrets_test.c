/* SPDX-License-Identifier: MIT
 * Credentials stay with the origin that they were given for, whatever shape a
 * redirect has that leads elsewhere, and whoever makes the requests. */
#include <stdio.h>
#include <string.h>

#include "support/fetching.h"
#include "support/nginx.h"

static struct nginx *nginx;
static struct nginx *other; /* another port */

/* What becomes of the secrets behind the redirects. */
enum fate {
  ALONG,  /* they arrive: it is their origin */
  NEVER,  /* they do not */
  REFUSED /* the redirect is not followed: from https to http */
};

/* A redirect: where the fetch begins, with which status it is led away, and to
 * what.  In both URLs {P} is a port, {Q} another, {T} one of TLS with HTTP/2
 * and {S} one of TLS with HTTP/1.1. */
struct shape {
  const char *from;
  int code;
  const char *to;
  enum fate fate;
};

#define HERE "http://127.0.0.1:{P}"
#define SAFE "https://127.0.0.1:{S}"
#define FOR_EACH_CODE(from, to, fate)                                          \
  {from, 301, to, fate}, {from, 302, to, fate}, {from, 303, to, fate},         \
      {from, 307, to, fate}, {                                                 \
    from, 308, to, fate                                                        \
  }

static const struct shape shapes[] = {
    /* the same origin */
    FOR_EACH_CODE(HERE, "/seen", ALONG),
    FOR_EACH_CODE(SAFE, "/seen", ALONG),
    {HERE, 302, "../seen", ALONG},
    {HERE, 302, "/a/../seen", ALONG},
    {HERE, 302, "//127.0.0.1:{P}/seen", ALONG},
    {HERE, 302, "http://127.0.0.1:{P}/seen", ALONG},
    {HERE, 302, "HTTP://127.0.0.1:{P}/seen", ALONG},
    {HERE, 302, "http:\\\\127.0.0.1:{P}\\seen", ALONG},
    {HERE, 302, "http://0x7f.1:{P}/seen", ALONG},
    {HERE, 302, "http://2130706433:0{P}/seen", ALONG},
    {HERE, 302, "http://%31%32%37.0.0.1:{P}/seen", ALONG},
    {HERE, 302, "http://u:p@127.0.0.1:{P}/seen", ALONG},
    {"http://localhost:{P}", 302, "http://LocalHost:{P}/seen", ALONG},
    {SAFE, 302, "HTTPS://127.0.0.1:{S}/seen", ALONG},
    {"https://localhost:{T}", 302, "https://LOCALHOST:{T}/seen", ALONG},
    /* another port */
    FOR_EACH_CODE(HERE, "http://127.0.0.1:{Q}/seen", NEVER),
    {HERE, 302, "//127.0.0.1:{Q}/seen", NEVER},
    {HERE, 302, "http://u:p@127.0.0.1:{Q}/seen", NEVER},
    {SAFE, 302, "https://127.0.0.1:{T}/seen", NEVER},
    {"https://127.0.0.1:{T}", 307, "https://127.0.0.1:{S}/seen", NEVER},
    /* another host */
    FOR_EACH_CODE(HERE, "http://127.0.0.2:{P}/seen", NEVER),
    {HERE, 302, "http://localhost:{P}/seen", NEVER},
    {"http://localhost:{P}", 302, HERE "/seen", NEVER},
    {SAFE, 302, "https://localhost:{S}/seen", NEVER},
    {HERE, 302, "http:\\\\127.0.0.2:{P}\\seen", NEVER},
    {HERE, 302, "///127.0.0.2:{P}/seen", NEVER},
    {HERE, 302, "\\/127.0.0.2:{P}/seen", NEVER},
    /* a user that looks like the origin */
    {HERE, 302, "http://127.0.0.1@127.0.0.2:{P}/seen", NEVER},
    {HERE, 302, "http://127.0.0.1:{P}@127.0.0.2:{P}/seen", NEVER},
    {HERE, 302, "http://u:p@127.0.0.2:{P}/seen", NEVER},
    {HERE, 302, "http://127.0.0.2:{P}\\@127.0.0.1:{P}/../seen", NEVER},
    {HERE, 302, "http://127.0.0.2:{P}/seen?@127.0.0.1:{P}/seen", NEVER},
    /* another scheme */
    FOR_EACH_CODE(HERE, "https://127.0.0.1:{S}/seen", NEVER),
    {HERE, 302, "https://127.0.0.1:{T}/seen", NEVER},
    FOR_EACH_CODE(SAFE, HERE "/seen", REFUSED),
    {SAFE, 302, "//127.0.0.1:{S}/away/302?to=" HERE "/seen", REFUSED},
    {SAFE, 302, "http://u:p@127.0.0.1:{P}/seen", REFUSED},
    {"https://127.0.0.1:{T}", 308, HERE "/seen", REFUSED},
    /* over several hops, and back */
    {HERE, 302, "/away/307?to=/away/308?to=/seen", ALONG},
    {HERE, 302, "/away/301?to=http://127.0.0.2:{P}/seen", NEVER},
    {HERE, 302, "http://127.0.0.2:{P}/away/302?to=/seen", NEVER},
    {HERE, 302, "http://127.0.0.2:{P}/away/302?to=" HERE "/seen", NEVER},
    {HERE, 307, "http://127.0.0.1:{Q}/away/307?to=" HERE "/seen", NEVER},
    {HERE, 302, SAFE "/away/302?to=" HERE "/seen", NEVER},
    {SAFE, 302, "https://127.0.0.1:{T}/away/302?to=" SAFE "/seen", NEVER},
    {HERE, 302,
     "http://u:p@127.0.0.2:{P}/away/302?to=http://v:q@127.0.0.1:{P}"
     "/seen",
     NEVER},
};

/* ---- URLs ---- */

static unsigned port_of(char letter) {
  switch (letter) {
  case 'P':
    return nginx->ports[NGINX_PLAIN];
  case 'Q':
    return other->ports[NGINX_PLAIN];
  case 'T':
    return nginx->ports[NGINX_TLS];
  default:
    return nginx->ports[NGINX_TLS_HTTP1];
  }
}

/* Appends `text`, with its ports filled in. */
static void fill_in(char *out, size_t capacity, const char *text) {
  for (; *text; text++) {
    size_t length = strlen(out);
    if (*text == '{') {
      snprintf(out + length, capacity - length, "%u", port_of(text[1]));
      text += 2;
    } else {
      snprintf(out + length, capacity - length, "%c", *text);
    }
  }
}

/* ---- Ways to give secrets ---- */

enum way { IN_REQUEST, IN_CLIENT, IN_URL, WAYS };

static const lariat_header secrets[] = {{"Authorization", "Bearer sesame"},
                                        {"cookie", "session=sesame"},
                                        {"PROXY-Authorization", "sesame"}};

static void make_url(char *url, size_t capacity, const struct shape *shape,
                     enum way way) {
  const char *host = strstr(shape->from, "//") + 2;
  char away[32];
  snprintf(url, capacity, "%.*s%s", (int)(host - shape->from), shape->from,
           way == IN_URL ? "me:sesame@" : "");
  snprintf(away, sizeof away, "/away/%d?to=", shape->code);
  fill_in(url, capacity, host);
  fill_in(url, capacity, away);
  fill_in(url, capacity, shape->to);
}

/* Basic sesame, as a URL's password is sent. */
static const char encoded[] = "bWU6c2VzYW1l";

static bool has_secret(const char *text) {
  return strstr(text, "sesame") || strstr(text, encoded);
}

static void expect_fate(const struct outcome *o, enum fate fate,
                        const char *url) {
  if (fate == REFUSED) {
    if (o->status != LARIAT_EDOWNGRADE)
      fixture_fail("%s: %s", url, lariat_status_name(o->status));
    else if (has_secret(lariat_failure_message(o->value)) ||
             has_secret(lariat_failure_url(o->value)))
      fixture_fail("%s: the failure has it", url);
    return;
  }
  const lariat_response *response = outcome_response(o);
  const char *body = response ? lariat_response_body(response, NULL) : "";
  if (!response || strncmp(body, "authorization: ", 15) != 0)
    fixture_fail("%s: not there: %s", url, body);
  else if (has_secret(body) != (fate == ALONG))
    fixture_fail("%s: %s", url, body);
  else if (has_secret(lariat_response_url(response)))
    fixture_fail("%s: the URL has it", url);
  if (response && strstr(body, "dTpw")) fixture_fail("%s: of Location", url);
}

static void fetch_shape(struct fetching *t, lariat_client *client,
                        const struct shape *shape, enum way way) {
  char url[512];
  struct outcome o;
  lariat_request_options options = lariat_request_defaults(client);
  if (way == IN_REQUEST) {
    options.headers = secrets;
    options.header_count = FIXTURE_COUNT(secrets);
  }
  make_url(url, sizeof url, shape, way);
  fetching_do(t, &o, lariat_request(client, "GET", url, &options));
  expect_fate(&o, shape->fate, url);
  outcome_clear(&o, 1);
}

static void fetch_shapes(struct fetching *t, enum way way) {
  lariat_client *client = fetching_client(t, NULL);
  for (size_t i = 0; way == IN_CLIENT && i < FIXTURE_COUNT(secrets); i++)
    CU_ASSERT_EQUAL(
        lariat_client_add_header(client, secrets[i].name, secrets[i].value),
        LARIAT_OK);
  for (size_t i = 0; i < FIXTURE_COUNT(shapes); i++)
    fetch_shape(t, client, &shapes[i], way);
  lariat_client_close(client);
}

static void fetch_all(bool libcurl_only) {
  struct fetching t;
  lariat_pool_options options = lariat_pool_defaults();
  options.libcurl_only = libcurl_only;
  options.ca_file = nginx->ca_file;
  fetching_open(&t, &options, NULL);
  for (int way = 0; way < WAYS; way++) fetch_shapes(&t, (enum way)way);
  lariat_pool_stats stats = fetching_stats(&t);
  CU_ASSERT_EQUAL(stats.requests_h1 == 0, libcurl_only);
  fetching_close(&t);
}

static void test_by_lariat(void) { fetch_all(false); }

static void test_by_libcurl(void) { fetch_all(true); }

static void test_enough_shapes(void) { CU_ASSERT(FIXTURE_COUNT(shapes) >= 60); }

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"by lariat", test_by_lariat},
      {"by libcurl", test_by_libcurl},
      {"enough shapes", test_enough_shapes},
  };
  const struct nginx_options two = {.addresses = 2};
  nginx = nginx_start(&two);
  other = nginx_start(NULL);
  int failed = 1;
  if (nginx && other)
    failed = fixture_main("redirect_secrets", tests, FIXTURE_COUNT(tests), argc,
                          argv);
  nginx_stop(other);
  nginx_stop(nginx);
  return failed;
}
