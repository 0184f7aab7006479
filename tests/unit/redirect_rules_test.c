/* SPDX-License-Identifier: MIT
 * redirect_rules_test.c: where a redirect may lead, and what goes along: any
 * host, port and scheme, without a network. */
#include <stdio.h>
#include <string.h>

#include "http/port.h"
#include "support/scripting.h"

/* The answer to the first request, and the last request. */
struct hops {
  const lariat_header *answer;
  size_t answer_count;
  int status;
  unsigned asked;
  char last[256];    /* "METHOD URL" */
  char headers[256]; /* those that tests look for */
};

static void answer_hop(const lariat_asked *asked, lariat_answer *answer,
                       void *context) {
  static const char *const names[] = {"Authorization", "Cookie", "Host",
                                      "X-Api-Key",     "Accept", "Referer"};
  struct hops *hops = context;
  size_t used = 0;
  hops->headers[0] = '\0';
  for (size_t i = 0; i < FIXTURE_COUNT(names); i++) {
    const char *value = lariat_asked_header(asked, names[i]);
    if (value)
      used +=
          (size_t)snprintf(hops->headers + used, sizeof hops->headers - used,
                           "%s=%s;", names[i], value);
  }
  snprintf(hops->last, sizeof hops->last, "%s %s", lariat_asked_method(asked),
           lariat_asked_url(asked));
  if (hops->asked++ > 0) return;
  answer->status = hops->status;
  answer->headers = hops->answer;
  answer->header_count = hops->answer_count;
}

/* One fetch: what is asked for, what is answered, what comes of it. */
struct row {
  const char *url;
  const char *location;
  const char *last; /* the URL that was asked for last */
  lariat_status status;
  int http_status;
  const char *headers; /* of the last request; NULL: not looked at */
  const char *message; /* NULL: not looked at */
};

struct plan {
  lariat_client_options client;
  const lariat_header *headers;
  size_t header_count;
  const char *method;
  const char *body; /* NULL: none */
};

static const lariat_header secrets[] = {{"Authorization", "Bearer x"},
                                        {"Cookie", "a=b"},
                                        {"X-Api-Key", "k"},
                                        {"Host", "inside.example"},
                                        {"Accept", "text/html"}};

static struct plan plain_plan(void) {
  return (struct plan){.client = lariat_client_defaults(), .method = "GET"};
}

/* The end of a fetch. */
struct end {
  lariat_status status;
  int http_status;
  char message[256];
  char url[256];
};

static lariat_value note_end(lariat_value result, void *context) {
  struct end *end = context;
  bool failed = lariat_is_failure(result);
  lariat_response *response = failed ? NULL : lariat_response_in(result);
  end->status = failed ? lariat_failure_status(result) : LARIAT_OK;
  end->http_status = failed ? lariat_failure_http_status(result)
                            : lariat_response_status(response);
  snprintf(end->message, sizeof end->message, "%s",
           failed ? lariat_failure_message(result) : "");
  snprintf(end->url, sizeof end->url, "%s",
           failed ? lariat_failure_url(result) : lariat_response_url(response));
  return lariat_value_drop(result);
}

static void fetch(const struct plan *plan, const char *url, struct hops *hops,
                  struct end *end) {
  struct fixture f;
  lariat_pool *pool;
  lariat_client *client;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL_FATAL(
      lariat_scripted_pool_new(NULL, f.reactor, answer_hop, hops, &pool),
      LARIAT_OK);
  CU_ASSERT_EQUAL_FATAL(
      lariat_client_new(pool, f.reactor, &plan->client, &client), LARIAT_OK);
  lariat_request_options options = lariat_request_defaults(client);
  options.headers = plan->headers;
  options.header_count = plan->header_count;
  if (plan->body)
    options.body = lariat_body_bytes(plan->body, strlen(plan->body));
  *end = (struct end){.status = LARIAT_EUSER};
  lariat_deferred *deferred =
      lariat_request(client, plan->method, url, &options);
  lariat_deferred_add_both(deferred, note_end, end);
  CU_ASSERT_EQUAL(lariat_virtual_clock_run(f.virtual_clock, f.reactor, 0),
                  LARIAT_OK);
  lariat_deferred_release(deferred);
  lariat_client_close(client);
  lariat_pool_release(pool);
  fixture_close(&f);
}

static void check_row(const struct plan *plan, const struct row *row) {
  lariat_header location = {"Location", row->location};
  struct hops hops = {.answer = &location, .answer_count = 1, .status = 307};
  struct end end;
  char last[256];
  snprintf(last, sizeof last, "%s %s", plan->method, row->last);
  fetch(plan, row->url, &hops, &end);
  if (end.status != row->status || end.http_status != row->http_status)
    fixture_fail("%s to \"%s\": %s, HTTP %d", row->url, row->location,
                 lariat_status_name(end.status), end.http_status);
  if (strcmp(hops.last, last) != 0)
    fixture_fail("%s to \"%s\": asked for %s", row->url, row->location,
                 hops.last);
  if (row->headers && strcmp(hops.headers, row->headers) != 0)
    fixture_fail("%s to \"%s\": with %s", row->url, row->location,
                 hops.headers);
  if (row->message && !strstr(end.message, row->message))
    fixture_fail("%s to \"%s\": %s", row->url, row->location, end.message);
  if (strchr(end.url, '@') && !strchr(row->last, '@'))
    fixture_fail("%s is told", end.url);
}

static void check_rows(const struct plan *plan, const struct row *rows,
                       size_t count) {
  for (size_t i = 0; i < count; i++) check_row(plan, &rows[i]);
}

static void test_where_to(void) {
  static const struct row rows[] = {
      {"http://a/x/y", "/z", "http://a/z", 0, 200, NULL, NULL},
      {"http://a/x/y", "z?q", "http://a/x/z?q", 0, 200, NULL, NULL},
      {"http://a/x", "http://B\\c d", "http://b/c%20d", 0, 200, NULL, NULL},
      {"http://a/x", "//b:80", "http://b/", 0, 200, NULL, NULL},
      {"http://a/x", "#f", "http://a/x", 0, 200, NULL, NULL},
      {"http://a/x", "/\xc3\xa9?\xe9", "http://a/%C3%A9?%E9", 0, 200, NULL,
       NULL},
      {"http://a/x", "http://b\xc3\xbc.example/", "http://xn--b-eha.example/",
       0, 200, NULL, NULL},
      {"http://a/x", "", "http://a/x", 0, 307, NULL, NULL},
      {"http://a/x", " \t", "http://a/x", 0, 307, NULL, NULL},
      {"http://a/x", "ftp://b/", "http://a/x", LARIAT_EREDIRECT, 307, NULL,
       "its Location: the scheme is ftp"},
      {"http://a/x", "http://b c/", "http://a/x", LARIAT_EREDIRECT, 307, NULL,
       "its Location: blank at byte 8"},
      {"http://a/x", "http://b:0/", "http://a/x", LARIAT_EREDIRECT, 307, NULL,
       "port 0"},
      {"https://a/x", "http://b/", "http://b/", 0, 200, NULL, NULL},
  };
  struct plan plan = plain_plan();
  check_rows(&plan, rows, FIXTURE_COUNT(rows));
}

/* Two Locations that say the same are one; others are an error, whichever
 * libcurl reads them. */
static void test_two_locations(void) {
  static const lariat_header same[] = {{"Location", "/z"}, {"location", "/z"}};
  static const lariat_header other[] = {{"Location", "/z"}, {"location", "/y"}};
  struct plan plan = plain_plan();
  struct hops hops = {.answer = same, .answer_count = 2, .status = 302};
  struct end end;
  fetch(&plan, "http://a/", &hops, &end);
  CU_ASSERT_EQUAL(end.status, LARIAT_OK);
  CU_ASSERT_STRING_EQUAL(hops.last, "GET http://a/z");
  hops = (struct hops){.answer = other, .answer_count = 2, .status = 302};
  fetch(&plan, "http://a/", &hops, &end);
  CU_ASSERT_EQUAL(end.status, LARIAT_EPROTOCOL);
  CU_ASSERT_PTR_NOT_NULL(strstr(end.message, "two different Locations"));
  CU_ASSERT_EQUAL(hops.asked, 1);
}

static void test_bad_ports(void) {
  static const struct row rows[] = {
      {"http://a/", "http://a:25/", "http://a/", LARIAT_EPORT, 307, NULL,
       "port 25"},
      {"http://a/", "https://b:6667/", "http://a/", LARIAT_EPORT, 307, NULL,
       NULL},
      {"http://a/", "http://a:8080/", "http://a:8080/", 0, 200, NULL, NULL},
      {"http://a:25/", "http://a:25/x", "http://a:25/x", 0, 200, NULL, NULL},
      {"http://a:25/", "/x", "http://a:25/x", 0, 200, NULL, NULL},
      {"http://a:25/", "http://a:26/x", "http://a:26/x", 0, 200, NULL, NULL},
      {"http://a:25/", "http://a:22/x", "http://a:25/", LARIAT_EPORT, 307, NULL,
       NULL},
  };
  struct plan plan = plain_plan();
  struct hops hops = {.status = 200};
  struct end end;
  check_rows(&plan, rows, FIXTURE_COUNT(rows));
  plan.client.deny_bad_ports = true;
  fetch(&plan, "http://a:25/", &hops, &end);
  CU_ASSERT_EQUAL(end.status, LARIAT_EPORT);
  CU_ASSERT_EQUAL(hops.asked, 0);
  fetch(&plan, "http://a:26/", &hops, &end);
  CU_ASSERT_EQUAL(end.status, LARIAT_OK);
}

static void test_port_table(void) {
  static const unsigned bad[] = {0, 1, 22, 25, 143, 995, 2049, 6000, 10080};
  static const unsigned good[] = {80, 443, 26, 1024, 8080, 65535};
  for (size_t i = 0; i < FIXTURE_COUNT(bad); i++)
    CU_ASSERT_TRUE(lr_port_is_bad(bad[i]));
  for (size_t i = 0; i < FIXTURE_COUNT(good); i++)
    CU_ASSERT_FALSE(lr_port_is_bad(good[i]));
}

/* Another origin is another scheme, host or port. */
static void test_what_goes_along(void) {
  static const char all[] = "Authorization=Bearer x;Cookie=a=b;"
                            "Host=inside.example;X-Api-Key=k;Accept=text/html;";
  static const struct row rows[] = {
      {"http://a/", "/z", "http://a/z", 0, 200, all, NULL},
      {"http://a/", "http://A:80/z", "http://a/z", 0, 200, all, NULL},
      {"http://a/", "http://b/", "http://b/", 0, 200,
       "X-Api-Key=k;Accept=text/html;", NULL},
      {"http://a/", "http://a:81/", "http://a:81/", 0, 200,
       "X-Api-Key=k;Accept=text/html;", NULL},
      {"http://a/", "https://a/", "https://a/", 0, 200,
       "X-Api-Key=k;Accept=text/html;", NULL},
  };
  static const struct row staying[] = {
      {"http://a/", "/z", "http://a/z", 0, 200, all, NULL},
      {"http://a/", "http://b/", "http://b/", 0, 200, "Accept=text/html;",
       NULL},
  };
  struct plan plan = plain_plan();
  plan.headers = secrets;
  plan.header_count = FIXTURE_COUNT(secrets);
  check_rows(&plan, rows, FIXTURE_COUNT(rows));
  plan.client.header_scope = LARIAT_HEADERS_STAY;
  check_rows(&plan, staying, FIXTURE_COUNT(staying));
}

/* Which names are one host, and which are two: the origin is compared, and no
 * part of its name. */
static void test_whose_origin_it_is(void) {
  static const char all[] = "Authorization=Bearer x;Cookie=a=b;"
                            "Host=inside.example;X-Api-Key=k;Accept=text/html;";
  static const char few[] = "X-Api-Key=k;Accept=text/html;";
  static const struct {
    const char *from;
    const char *to;
    const char *last; /* NULL: as `to` */
    bool same;
  } cases[] = {
      {"http://example.com/", "http://EXAMPLE.Com/", "http://example.com/",
       true},
      {"http://example.com/", "http://example.com:80/", "http://example.com/",
       true},
      {"http://example.com:80/", "http://example.com/", NULL, true},
      {"https://example.com/", "https://example.com:443/",
       "https://example.com/", true},
      {"http://b\xc3\xbc.example/", "http://xn--b-eha.example/", NULL, true},
      {"http://ex\xc2\xadmple.com/", "http://exmple.com/", NULL, true},
      {"http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::1]/", true},
      {"http://example.com/", "http://www.example.com/", NULL, false},
      {"http://www.example.com/", "http://example.com/", NULL, false},
      {"http://a.example.com/", "http://b.example.com/", NULL, false},
      {"http://example.com/", "http://example.com./", NULL, false},
      {"http://example.com./", "http://example.com/", NULL, false},
      {"http://example.com/", "http://example.com.evil.test/", NULL, false},
      {"http://example.com/", "http://evil-example.com/", NULL, false},
      {"http://example.com/", "http://example.co/", NULL, false},
      {"http://example.com/", "http://example.com:443/", NULL, false},
      {"http://example.com/", "https://example.com:80/", NULL, false},
      {"http://example.com/", "http://example.com@evil.test/",
       "http://evil.test/", false},
      {"http://example.com/", "http://evil.test\\@example.com/",
       "http://evil.test/@example.com/", false},
      {"http://example.com/", "http://evil.test#@example.com/",
       "http://evil.test/", false},
      {"http://example.com/", "http://evil.test?@example.com/",
       "http://evil.test/?@example.com/", false},
      {"http://example.com/", " http://evil.test/ ", "http://evil.test/",
       false},
      {"http://example.com/", "ht\ttp://evil.te\tst/", "http://evil.test/",
       false},
      {"http://127.0.0.1/", "http://localhost/", NULL, false},
      {"http://[::1]/", "http://127.0.0.1/", NULL, false},
      {"http://127.0.0.1/", "http://[::ffff:127.0.0.1]/",
       "http://[::ffff:7f00:1]/", false},
  };
  struct plan plan = plain_plan();
  plan.headers = secrets;
  plan.header_count = FIXTURE_COUNT(secrets);
  for (size_t i = 0; i < FIXTURE_COUNT(cases); i++) {
    const struct row row = {.url = cases[i].from,
                            .location = cases[i].to,
                            .last = cases[i].last ? cases[i].last : cases[i].to,
                            .http_status = 200,
                            .headers = cases[i].same ? all : few};
    check_row(&plan, &row);
  }
}

/* The URL's user and password are an Authorization header, which goes where
 * those go; a Location's are left out. */
static void test_userinfo(void) {
  static const char basic[] = "Authorization=Basic dTpw;";
  static const struct row rows[] = {
      {"http://u:p@a/", "/z", "http://a/z", 0, 200, basic, NULL},
      {"http://u:p@a/", "http://a/z", "http://a/z", 0, 200, basic, NULL},
      {"http://u:p@a/", "http://v:w@a/z", "http://a/z", 0, 200, basic, NULL},
      {"http://u:p@a/", "http://b/z", "http://b/z", 0, 200, "", NULL},
      {"http://a/", "http://v:w@a/z", "http://a/z", 0, 200, "", NULL},
      {"http://a/", "http://v:w@b/z", "http://b/z", 0, 200, "", NULL},
      {"http://u@a/", "/z", "http://a/z", 0, 200, "Authorization=Basic dTo=;",
       NULL},
      {"http://:p%3a@a/", "/z", "http://a/z", 0, 200,
       "Authorization=Basic OnA6;", NULL},
      {"http://u:p@a/", "http://v:w@b:99999/", "http://a/", LARIAT_EREDIRECT,
       307, basic, NULL},
  };
  static const lariat_header own = {"Authorization", "Bearer x"};
  static const struct row both = {
      "http://u:p@a/",           "/z", "http://a/z", 0, 200,
      "Authorization=Bearer x;", NULL};
  struct plan plan = plain_plan();
  check_rows(&plan, rows, FIXTURE_COUNT(rows));
  plan.headers = &own;
  plan.header_count = 1;
  check_row(&plan, &both);
}

static void check_downgrade(const lariat_header *header, const char *method,
                            const char *body, bool refused) {
  static const struct row rows[] = {
      {"https://a/", "http://a/", "http://a/", 0, 200, NULL, NULL},
      {"https://a/", "http://a/", "https://a/", LARIAT_EDOWNGRADE, 307, NULL,
       NULL}};
  struct plan plan = plain_plan();
  plan.headers = header;
  plan.header_count = header ? 1 : 0;
  plan.method = method;
  plan.body = body;
  check_row(&plan, &rows[refused]);
}

static void test_downgrade(void) {
  static const lariat_header accept = {"Accept-Language", "de"};
  static const lariat_header removed = {"X-Api-Key", NULL};
  static const struct row userinfo = {
      "https://u:p@a/", "http://a/", "https://a/", LARIAT_EDOWNGRADE, 307, NULL,
      "Authorization"};
  static const struct row any = {
      "https://a/", "http://a/", "https://a/", LARIAT_EDOWNGRADE,
      307,          NULL,        NULL};
  static const struct row down = {"https://a/", "http://a/", "http://a/", 0,
                                  200,          "",          NULL};
  static const struct row up = {
      "http://u:p@a/", "https://a/", "https://a/", 0, 200, NULL, NULL};
  struct plan plan = plain_plan();
  check_downgrade(NULL, "GET", NULL, false);
  check_downgrade(&accept, "GET", NULL, false);
  check_downgrade(&removed, "GET", NULL, false);
  check_downgrade(NULL, "PUT", NULL, false);
  for (size_t i = 0; i < 3; i++)
    check_downgrade(&secrets[i], "GET", NULL, true);
  check_downgrade(NULL, "PUT", "body", true);
  check_row(&plan, &userinfo);
  plan.headers = &secrets[2];
  plan.header_count = 1;
  check_row(&plan, &any);
  plan.client.header_scope = LARIAT_HEADERS_STAY;
  check_row(&plan, &down);
  plan.header_count = 0;
  plan.client.no_downgrade = true;
  check_row(&plan, &any);
  check_row(&plan, &up);
}

static void test_options(void) {
  struct fixture f;
  lariat_pool *pool;
  lariat_client *client;
  struct hops hops = {.status = 200};
  lariat_client_options options = lariat_client_defaults();
  int unknown = 2;
  options.header_scope = (lariat_header_scope)unknown;
  fixture_open(&f, FIXTURE_MANUAL_CLOCK);
  CU_ASSERT_EQUAL_FATAL(
      lariat_scripted_pool_new(NULL, f.reactor, answer_hop, &hops, &pool),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_client_new(pool, f.reactor, &options, &client),
                  LARIAT_EINVAL);
  lariat_pool_release(pool);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"where to", test_where_to},
      {"two Locations", test_two_locations},
      {"bad ports", test_bad_ports},
      {"the table of ports", test_port_table},
      {"what goes along", test_what_goes_along},
      {"whose origin it is", test_whose_origin_it_is},
      {"user and password", test_userinfo},
      {"from https to http", test_downgrade},
      {"options", test_options},
  };
  return fixture_main("redirect_rules", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
