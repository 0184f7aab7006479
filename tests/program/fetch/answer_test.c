/* SPDX-License-Identifier: MIT
 * What is sent with curl's flags, and what a result line can have of an
 * answer: its headers and its body. */
#include "program/fetch/fetch_support.h"
#include "support/origin.h"

static struct origin *origin;
static struct fetch_run *run;

static void begin(void) {
  origin = origin_start(NULL);
  run = fetch_open();
  if (!origin) abort();
}

static void end(void) {
  fetch_close(run);
  origin_stop(origin);
}

static unsigned origin_line(const char *path) {
  return fetch_line(run, "http://127.0.0.1:%u%s", origin_port(origin), path);
}

/* The body has `text` in it, or has not. */
static void expect_in_body(unsigned line, const char *text, bool there) {
  const char *body = fetch_text(run, line, "body");
  if (!body || (strstr(body, text) != NULL) != there)
    fixture_fail("line %u: \"%s\" is%s in %s", line, text, there ? " not" : "",
                 body ? body : "no body");
}

/* ---- What is sent ---- */

static void user_agent(void) {
  begin();
  unsigned line = origin_line("/echo");
  const char *const own[] = {"--body", "-A", "probe/1", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, own), 0);
  expect_in_body(line, "User-Agent: probe/1\r\n", true);
  const char *const none[] = {"--body", "--user-agent=", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, none), 0);
  expect_in_body(line, "User-Agent", false);
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--body")), 0);
  expect_in_body(line, "User-Agent: lariat/", true);
  end();
}

/* Values of one name are one value; and as with curl a header is taken out, or
 * sent without a value. */
static void headers_as_with_curl(void) {
  begin();
  unsigned line = origin_line("/echo");
  const char *const more[] = {
      "--body",       "-H", "X-A: 1",      "-H", "x-a: 2",  "-H",
      "Cookie: a=b",  "-H", "Cookie: c=d", "-H", "Accept:", "-H",
      "User-Agent: ", "-H", "X-Empty;",    "-H", "X-B: b",  NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  expect_in_body(line, "-a: 1, 2\r\n", true);
  expect_in_body(line, "Cookie: a=b; c=d\r\n", true);
  expect_in_body(line, "X-Empty:\r\n", true);
  expect_in_body(line, "X-B: b\r\n", true);
  expect_in_body(line, "Accept:", false);
  expect_in_body(line, "User-Agent", false);
  end();
}

static const char basic[] = "Authorization: Basic dXNlcjpzZTpzYW1l\r\n";

/* The first origin gets it, also after a redirect; another one does not, be it
 * another host or another port. */
static void user_and_password(void) {
  char to_itself[200];
  char to_host[200];
  char to_port[200];
  begin();
  struct origin_options options = {.address = "127.0.0.2"};
  struct origin *host = origin_start(&options);
  struct origin *port = origin_start(NULL);
  if (!host || !port) abort();
  static const char form[] = "HTTP/1.1 302 Found\r\nLocation: "
                             "http://127.0.0.%d:%u/echo\r\n"
                             "Content-Length: 0\r\n\r\n";
  snprintf(to_itself, sizeof to_itself, form, 1, origin_port(origin));
  snprintf(to_host, sizeof to_host, form, 2, origin_port(host));
  snprintf(to_port, sizeof to_port, form, 1, origin_port(port));
  struct origin_step steps[][2] = {{{ORIGIN_SEND, to_itself, 0, 0}},
                                   {{ORIGIN_SEND, to_host, 0, 0}},
                                   {{ORIGIN_SEND, to_port, 0, 0}}};
  static const char *const paths[] = {"/itself", "/host", "/port"};
  unsigned line = origin_line("/echo");
  for (int i = 0; i < 3; i++) {
    CU_ASSERT(origin_script(origin, paths[i], steps[i]));
    origin_line(paths[i]);
  }
  const char *const more[] = {"--body", "-u", "user:se:same", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  expect_in_body(line, basic, true);
  expect_in_body(line + 1, basic, true);
  expect_in_body(line + 2, "Authorization", false);
  expect_in_body(line + 3, "Authorization", false);
  origin_stop(port);
  origin_stop(host);
  end();
}

/* Of two that are given, the command line's win, as with curl. */
static void user_and_a_url_with_one(void) {
  begin();
  unsigned line =
      fetch_line(run, "http://other:pw@127.0.0.1:%u/echo", origin_port(origin));
  const char *const more[] = {"--body", "-u", "user:se:same", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  expect_in_body(line, basic, true);
  const char *body = fetch_text(run, line, "body");
  const char *first = body ? strstr(body, "Authorization") : NULL;
  CU_ASSERT(first && !strstr(first + 1, "Authorization"));
  end();
}

static void head(void) {
  begin();
  unsigned line = origin_line("/bytes/7");
  CU_ASSERT_EQUAL(
      fetch_run_list(run, FETCH_ARGUMENTS("-I", "--headers", "--body")), 0);
  CU_ASSERT_EQUAL(fetch_number(run, line, "bytes"), 0);
  fetch_expect_text(run, line, "body", "");
  json_t *headers = json_object_get(run->results[line], "headers");
  json_t *lengths = json_object_get(headers, "content-length");
  CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(lengths, 0)), "7");
  end();
}

/* As curl's --fail: for the exit code alone. */
static void fail(void) {
  begin();
  unsigned line = origin_line("/status/404");
  origin_line("/page");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 0);
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-f")), 1);
  fetch_expect_status(run, line, 404);
  program_said(&run->program, "answered 2, failed 0, 400 or more (--fail) 1");
  end();
  begin();
  origin_line("/status/399");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--fail")), 0);
  end();
}

/* A form, as with curl, unless something says what it is. */
static void types_of_bodies(void) {
  static const char form[] = "Content-Type: application/x-www-form-urlencoded";
  static const char octets[] = "Content-Type: application/octet-stream";
  unsigned port;
  begin();
  port = origin_port(origin);
  unsigned data = origin_line("/echo");
  unsigned headers = fetch_line(
      run, "{\"url\":\"http://127.0.0.1:%u/echo\",\"headers\":{\"X-Y\":\"z\"}}",
      port);
  unsigned own = fetch_line(run,
                            "{\"url\":\"http://127.0.0.1:%u/echo\",\"headers\":"
                            "{\"content-type\":\"text/z\"}}",
                            port);
  unsigned body = fetch_line(
      run, "{\"url\":\"http://127.0.0.1:%u/echo\",\"body\":\"b\"}", port);
  const char *const more[] = {"--body", "-d", "a=b", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  expect_in_body(data, form, true);
  expect_in_body(headers, form, true);
  expect_in_body(headers, "X-Y: z", true);
  expect_in_body(own, "text/z", true);
  expect_in_body(own, form, false);
  expect_in_body(body, octets, true);
  const char *const joined[] = {"--body", "-d",      "a=b", "-d",
                                "c=d",    "--data=", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, joined), 0);
  expect_in_body(data, "\r\n\r\na=b&c=d&", true);
  const char *const header[] = {
      "--body", "-d", "a=b", "-H", "content-TYPE: text/y", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, header), 0);
  expect_in_body(data, "text/y", true);
  expect_in_body(data, form, false);
  expect_in_body(own, "text/z", true);
  expect_in_body(own, "text/y", false);
  program_write(&run->program, "file", "f", 1);
  const char *const upload[] = {"--body", "-T", "file", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, upload), 0);
  expect_in_body(data, octets, true);
  end();
}

/* ---- What comes ---- */

static void raw_bodies(void) {
  begin();
  unsigned line = origin_line("/bomb");
  unsigned none = origin_line("/echo");
  const char *const more[] = {"--raw", "--body", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  CU_ASSERT(fetch_number(run, line, "bytes") < 200000);
  fetch_expect_text(run, line, "body_encoding", "base64");
  expect_in_body(line, "H4sI", true); /* gzip's first bytes */
  expect_in_body(none, "Accept-Encoding", false);
  end();
}

#define ANSWER(head, length, body)                                             \
  {                                                                            \
    {ORIGIN_SEND,                                                              \
     "HTTP/1.1 200 OK\r\n" head "Content-Length: " #length "\r\n\r\n" body,    \
     sizeof("HTTP/1.1 200 OK\r\n" head "Content-Length: " #length              \
            "\r\n\r\n" body) -                                                 \
         1,                                                                    \
     0},                                                                       \
    {                                                                          \
      ORIGIN_END, NULL, 0, 0                                                   \
    }                                                                          \
  }

static void bodies_in_lines(void) {
  static const struct origin_step steps[][2] = {
      ANSWER("", 8, "a\"\\\t\xc3\xa9\x1b\x7f"), ANSWER("", 0, ""),
      ANSWER("", 3, "a\0b"), ANSWER("", 3, "\xff\xfe\xfb"),
      ANSWER("", 2, "\xe2\x82")};
  static const char *const wanted[][2] = {
      {"a\"\\\t\xc3\xa9\x1b\x7f", "utf-8"},
      {"", "utf-8"},
      {"a", "utf-8"}, /* as far as a C string goes */
      {"//77", "base64"},
      {"4oI=", "base64"}};
  static const char *const paths[] = {"/a", "/b", "/c", "/d", "/e"};
  enum { COUNT = sizeof steps / sizeof steps[0] };
  begin();
  for (unsigned i = 0; i < COUNT; i++) {
    CU_ASSERT(origin_script(origin, paths[i], steps[i]));
    origin_line(paths[i]);
  }
  unsigned failed = origin_line("/close");
  const char *const more[] = {"--body", "--save", "bodies", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 1);
  for (unsigned i = 0; i < COUNT; i++) {
    fetch_expect_text(run, i + 1, "body", wanted[i][0]);
    fetch_expect_text(run, i + 1, "body_encoding", wanted[i][1]);
    char name[100];
    size_t length = 0;
    snprintf(name, sizeof name, "bodies/%s", fetch_text(run, i + 1, "sha256"));
    free(program_read(&run->program, name, &length));
    CU_ASSERT_EQUAL((long long)length, fetch_number(run, i + 1, "bytes"));
  }
  CU_ASSERT_EQUAL(json_string_length(fetch_field(run, 3, "body")), 3);
  fetch_expect_text(run, failed, "body", NULL);
  fetch_expect_text(run, failed, "body_encoding", NULL);
  CU_ASSERT(!strstr(run->program.err, "\x1b"));
  end();
}

/* A text of many pieces comes back whole, wherever its characters are cut. */
static void long_bodies_in_lines(void) {
  enum { LONG = 300000 };
  char *text = malloc(LONG + 200);
  begin();
  if (!text) abort();
  int head = snprintf(text, 200,
                      "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LONG);
  for (int i = 0; i < LONG; i += 3) memcpy(text + head + i, "\xe2\x82\xac", 3);
  text[head] = 'a'; /* so that the others begin at other places */
  text[head + 1] = 'b';
  text[head + 2] = 'c';
  memmove(text + head + 1, text + head + 3, LONG - 3);
  memset(text + head + LONG - 2, 'z', 2);
  struct origin_step step[2] = {{ORIGIN_SEND, text, (size_t)(head + LONG), 0}};
  CU_ASSERT(origin_script(origin, "/long", step));
  unsigned line = origin_line("/long");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--body")), 0);
  const json_t *body = fetch_field(run, line, "body");
  CU_ASSERT_EQUAL(json_string_length(body), LONG);
  if (json_string_length(body) == LONG)
    CU_ASSERT(memcmp(json_string_value(body), text + head, LONG) == 0);
  end();
  free(text);
}

static const char *header_value(unsigned line, const char *name, size_t index) {
  json_t *headers = json_object_get(run->results[line], "headers");
  return json_string_value(
      json_array_get(json_object_get(headers, name), index));
}

static void expect_header(unsigned line, const char *name, size_t index,
                          const char *value) {
  const char *found = header_value(line, name, index);
  if (!fetch_same(found, value))
    fixture_fail("%s %zu is %s", name, index, found ? found : "not there");
}

static void headers_in_lines(void) {
  static const struct origin_step steps[] = ANSWER(
      "X-B: 1\r\nSet-Cookie: a=b\r\nx-a: \xc2\x9b\x80\r\nset-cookie: c=d\r\n"
      "Authorization: Basic abc\r\nCOOKIE: e=f\r\nX-Empty:\r\n"
      "X-Link: see http://user:sesame@host/\r\n",
      1, "x");
  begin();
  CU_ASSERT(origin_script(origin, "/headers", steps));
  unsigned line = origin_line("/headers");
  unsigned failed = origin_line("/close");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--headers")), 1);
  expect_header(line, "x-b", 0, "1");
  expect_header(line, "set-cookie", 0, "a=b");
  expect_header(line, "set-cookie", 1, "c=d");
  expect_header(line, "set-cookie", 2, NULL);
  expect_header(line, "x-empty", 0, "");
  expect_header(line, "authorization", 0, "***");
  expect_header(line, "cookie", 0, "***");
  expect_header(line, "x-link", 0, "see http://user:***@host/");
  expect_header(line, "content-length", 0, "1");
  CU_ASSERT(json_is_null(fetch_field(run, failed, "headers")));
  char *text = program_read(&run->program, "results", NULL);
  CU_ASSERT_PTR_NULL(strstr(text, "\xc2\x9b"));
  free(text);
  const char *const keep[] = {"--headers", "--keep-secrets", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, keep), 1);
  expect_header(line, "authorization", 0, "Basic abc");
  expect_header(line, "x-link", 0, "see http://user:sesame@host/");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  CU_ASSERT_PTR_NULL(json_object_get(run->results[line], "headers"));
  end();
}

/* Trailers, the connection and the redirects. */
static void details_in_lines(void) {
  static const struct origin_step redirect[] = {
      {.kind = ORIGIN_SEND,
       .text = "HTTP/1.1 302 Go\r\nLocation: /details\r\nSet-Cookie: a\r\n"
               "X-Link: http://user:sesame@host/\r\nSet-Cookie: b\r\n"
               "Content-Length: 0\r\n\r\n"},
      {.kind = ORIGIN_END}};
  static const struct origin_step steps[] = {
      {.kind = ORIGIN_SEND,
       .text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "1\r\nx\r\n0\r\nX-Sum: 1\r\nCookie: c\r\n\r\n"},
      {.kind = ORIGIN_END}};
  begin();
  CU_ASSERT(origin_script(origin, "/from", redirect));
  CU_ASSERT(origin_script(origin, "/details", steps));
  unsigned line = origin_line("/from");
  unsigned failed = origin_line("/close");
  unsigned looping = origin_line("/to-self");
  unsigned refused = fetch_line(run, "http://");
  const char *const all[] = {"--details", "history,trailers", "--details",
                             "connection", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, all), 1);
  json_t *trailers = json_object_get(run->results[line], "trailers");
  CU_ASSERT_EQUAL(json_object_size(trailers), 2);
  json_t *sums = json_object_get(trailers, "x-sum");
  CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(sums, 0)), "1");
  json_t *masked = json_object_get(trailers, "cookie");
  CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(masked, 0)), "***");
  fetch_expect_text(run, line, "local_ip", "127.0.0.1");
  CU_ASSERT_EQUAL(fetch_number(run, line, "remote_port"), origin_port(origin));
  CU_ASSERT(fetch_number(run, line, "local_port") > 0);
  CU_ASSERT(json_is_null(fetch_field(run, line, "tls")));
  json_t *history = json_object_get(run->results[line], "history");
  CU_ASSERT_EQUAL(json_array_size(history), 1);
  json_t *hop = json_array_get(history, 0);
  CU_ASSERT_EQUAL(json_integer_value(json_object_get(hop, "status")), 302);
  const char *url = json_string_value(json_object_get(hop, "url"));
  CU_ASSERT(url && strstr(url, "/from"));
  json_t *headers = json_object_get(hop, "headers");
  CU_ASSERT_EQUAL(json_array_size(json_object_get(headers, "set-cookie")), 2);
  json_t *links = json_object_get(headers, "x-link");
  CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(links, 0)),
                         "http://user:***@host/");
  CU_ASSERT_EQUAL(json_array_size(fetch_field(run, failed, "history")), 0);
  CU_ASSERT_EQUAL(json_array_size(fetch_field(run, looping, "history")), 11);
  CU_ASSERT(json_is_null(fetch_field(run, refused, "history")));
  CU_ASSERT(json_is_null(fetch_field(run, failed, "trailers")));
  CU_ASSERT(json_is_null(fetch_field(run, failed, "local_ip")));
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--details", "history")),
                  1);
  CU_ASSERT_PTR_NULL(json_object_get(run->results[line], "trailers"));
  CU_ASSERT_PTR_NULL(json_object_get(run->results[line], "tls"));
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  CU_ASSERT_PTR_NULL(json_object_get(run->results[line], "history"));
  end();
}

/* With --verbose they are on standard error, as they came. */
static void headers_for_people(void) {
  static const struct origin_step steps[] =
      ANSWER("X-B: \xc2\x9b\x1b[31m\r\nauthorization: Basic abc\r\n"
             "X-Link: see http://user:sesame@host/\r\n",
             1, "x");
  begin();
  CU_ASSERT(origin_script(origin, "/headers", steps));
  origin_line("/headers");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-v")), 0);
  program_said(&run->program, "\n[1] < HTTP/1.1 200 OK\n");
  program_said(&run->program, "\n[1] < X-B: \\u009b\\u001b[31m\n");
  program_said(&run->program, "\n[1] < authorization: ***\n");
  program_said(&run->program, "\n[1] < X-Link: see http://***@host/\n");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-v", "--keep-secrets")),
                  0);
  program_said(&run->program, "\n[1] < authorization: ***\n");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 0);
  CU_ASSERT_PTR_NULL(strstr(run->program.err, "< "));
  end();
}

/* Thousands of headers are sorted, not compared each with each. */
static void many_headers_in_lines(void) {
  enum { HEADERS = 4000 };
  static char text[HEADERS * 8 + 200];
  size_t length = (size_t)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < HEADERS; i++)
    length +=
        (size_t)snprintf(text + length, sizeof text - length, "%c%c:%d\r\n",
                         'a' + i % 26, 'a' + i % 25, i % 10);
  length += (size_t)snprintf(text + length, sizeof text - length,
                             "Content-Length: 0\r\n\r\n");
  struct origin_step step[2] = {{ORIGIN_SEND, text, length, 0}};
  begin();
  CU_ASSERT(origin_script(origin, "/many", step));
  unsigned line = origin_line("/many");
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("--headers")), 0);
  json_t *headers = json_object_get(run->results[line], "headers");
  size_t count = 0;
  const char *name;
  json_t *values;
  json_object_foreach(headers, name, values) {
    count += json_array_size(values);
  }
  CU_ASSERT_EQUAL(count, HEADERS + 1);
  end();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"User-Agent", user_agent},
      {"headers as with curl", headers_as_with_curl},
      {"user and password", user_and_password},
      {"user, and a URL with one", user_and_a_url_with_one},
      {"HEAD", head},
      {"--fail", fail},
      {"types of bodies", types_of_bodies},
      {"raw bodies", raw_bodies},
      {"bodies in lines", bodies_in_lines},
      {"long bodies in lines", long_bodies_in_lines},
      {"headers in lines", headers_in_lines},
      {"details in result lines", details_in_lines},
      {"headers for people", headers_for_people},
      {"many headers in lines", many_headers_in_lines},
  };
  return fixture_main("fetch answer", tests, FIXTURE_COUNT(tests), argc, argv);
}
