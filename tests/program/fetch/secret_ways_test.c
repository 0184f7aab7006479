/* SPDX-License-Identifier: MIT
 * labels: long
 * However a secret is given, and whatever becomes of it: it is in nothing that
 * the program writes.  Each way is gone twice, with requests by lariat and by
 * libcurl. */
#include "program/fetch/fetch_support.h"
#include "support/origin.h"

enum { ARGUMENTS = 8, TEXT = 4096 };

static struct origin *origin;

/* A way: arguments behind "fetch", and either a URL among them, a line of a
 * list, or both a variable of the environment and its value.  {P} is the
 * origin's port.  The secret is "sesame", or what it is in base64. */
struct way {
  const char *arguments[ARGUMENTS];
  const char *line;
  const char *variable;
  const char *value;
  bool in_results; /* what a server has set, and --headers asks for */
};

#define SECRET "sesame"
#define BASIC "dTpzZXNhbWU=" /* u:sesame */
#define HOST "127.0.0.1:{P}"
#define PAGE "http://" HOST "/page"
#define LINE(text)                                                             \
  { .line = (text) }
#define ARGS(...)                                                              \
  {                                                                            \
    .arguments = { __VA_ARGS__ }                                               \
  }
#define ENVIRONMENT(its_name, its_value, ...)                                  \
  {                                                                            \
    .variable = (its_name), .value = (its_value), .arguments = { __VA_ARGS__ } \
  }
#define LONG40 "0123456789012345678901234567890123456789"
#define LONG LONG40 LONG40 LONG40

static const struct way ways[] = {
    /* in a URL */
    ARGS("http://u:sesame@" HOST "/page"),
    ARGS("u:sesame@" HOST "/page"),
    ARGS("HTTP://u:sesame@" HOST "/page"),
    ARGS("http:\\\\u:sesame@" HOST "/page"),
    ARGS("http:/u:sesame@" HOST "/page"),
    ARGS("http://:sesame@" HOST "/page"),
    ARGS("http://u:a@sesame@" HOST "/page"),
    ARGS("http://u%3asesame@" HOST "/page"),
    ARGS("http://u:%73esame@" HOST "/page"),
    ARGS(PAGE "?to=http://u:sesame@other/"),
    ARGS(PAGE "#http://u:sesame@other/"),
    /* in a URL that fails */
    ARGS("http://u:sesame@127.0.0.1:1/"),
    ARGS("http://u:sesame@nowhere.invalid/", "--timeout", "5"),
    ARGS("http://u:sesame@" HOST "0000/"),
    ARGS("http://u:ses/sesame@" HOST "/"),
    ARGS("http://u:sesame@a b/"),
    ARGS("ftp://u:sesame@" HOST "/"),
    ARGS("https://u:sesame@" HOST "/"),
    ARGS("http://u:sesame@" HOST "/reset", "--retries", "1"),
    ARGS("http://u:sesame@" HOST "/stall", "--timeout", "0.3"),
    ARGS("http://u:sesame@" HOST "/mid-body"),
    ARGS("http://u:sesame@" HOST "/to-self", "--max-redirects", "2"),
    ARGS("http://u:sesame@" HOST "/page", "--deny-private"),
    ARGS("http://u:sesame@" HOST "/wait/1", "--retries", "2", "--retry-status",
         "404"),
    /* in options */
    ARGS("-u", "u:sesame", PAGE),
    ARGS("-uu:sesame", PAGE),
    ARGS("--user=u:sesame", PAGE),
    ARGS("-H", "Authorization: Bearer sesame", PAGE),
    ARGS("-H", "authorization:sesame", PAGE),
    ARGS("-HAUTHORIZATION:\tBasic " BASIC, PAGE),
    ARGS("--header=Cookie: a=sesame", PAGE),
    ARGS("-H", "Cookie: a=b", "-H", "cookie: c=sesame", PAGE),
    ARGS("-H", "Proxy-Authorization: Basic " BASIC, PAGE),
    ARGS("-H", "Referer: http://u:sesame@other/", PAGE),
    ARGS("-H", "Authorization: sesame", "http://" HOST "/away"),
    /* in mistakes */
    ARGS("-u", "sesame", PAGE),
    ARGS("-H", "Authorization sesame", PAGE),
    ARGS("-H", "Authorization sesame: x", PAGE),
    ARGS("-H", "Cookie: a\nsesame", PAGE),
    ARGS("-X", "http://u:sesame@other/", PAGE),
    ARGS("-X", "u:sesame@other", PAGE),
    ARGS("--timeout", "http://u:sesame@other/", PAGE),
    ARGS("--rate", "http://u:" LONG SECRET "@other/", PAGE),
    ARGS("-i", "http://u:sesame@other/"),
    ARGS("-i", "u:sesame@other"),
    ARGS("-o", "http://u:sesame@other/", PAGE),
    ARGS("--cacert", "http://u:sesame@other/", PAGE),
    ARGS("--proxy-user", "u:sesame", PAGE),
    ARGS("--proxy=http://u:sesame@other/", PAGE),
    ARGS("-x", "http://u:sesame@other/", PAGE),
    ARGS("--http://u:sesame@other/"),
    ARGS("--u:sesame@other"),
    ARGS("--http://u:sesame" LONG "@other/"),
    /* in lines of a list */
    LINE("http://u:sesame@" HOST "/page"),
    LINE("u:sesame@" HOST "/page"),
    LINE("{\"url\":\"http://u:sesame@" HOST "/page\"}"),
    LINE("{\"url\":\"http:\\/\\/u:sesame@" HOST "\\/page\"}"),
    LINE("{\"url\":\"" PAGE "\",\"headers\":{\"Authorization\":\"sesame\"}}"),
    LINE("{\"url\":\"" PAGE "\",\"headers\":{\"cookie\":[\"a=sesame\"]}}"),
    LINE("{\"url\":\"" PAGE
         "\",\"headers\":{\"Proxy-Authorization\":\"sesame\"}}"),
    LINE("{\"url\":\"" PAGE "\",\"headers\":{\"Co\\u006fkie\":\"sesame\"}}"),
    LINE("{\"url\":\"" PAGE "\",\"metod\":1,"
         "\"headers\":{\"Cookie\":\"sesame\"}}"),
    LINE("{\"url\":\"" PAGE "\",\"headers\":{\"Cookie\":\"sesame"),
    LINE("{'url':'http://u:sesame@" HOST "/page'}"),
    /* from a server */
    {.arguments = {"http://" HOST "/set-cookie"}, .in_results = true},
    ARGS("http://" HOST "/shows"),
    ARGS("http://" HOST "/user-away"),
    ARGS("http://" HOST "/user-back"),
    ARGS("http://" HOST "/bad-away"),
    ARGS("http://" HOST "/ftp-away"),
    ARGS("http://" HOST "/away-to-port"),
    /* in the environment */
    ENVIRONMENT("http_proxy", "http://u:sesame@127.0.0.1:1", PAGE),
    ENVIRONMENT("HTTPS_PROXY", "http://u:sesame@127.0.0.1:1",
                "https://127.0.0.1:1/"),
    ENVIRONMENT("ALL_PROXY", "http://u:sesame@127.0.0.1:1",
                "http://127.0.0.1:1/"),
};

/* ---- The origin ---- */

#define AWAY(location)                                                         \
  "HTTP/1.1 302 Found\r\nLocation: " location "\r\nContent-Length: 0\r\n\r\n"
#define ANSWER(its_text)                                                       \
  {                                                                            \
    {.kind = ORIGIN_SEND, .text = (its_text)}, { .kind = ORIGIN_END }          \
  }

static char back[256];

static void add_scripts(void) {
  static const struct origin_step cookie[] =
      ANSWER("HTTP/1.1 200 OK\r\nSet-Cookie: a=sesame; Path=/\r\n"
             "set-cookie:b=sesame\r\nContent-Length: 0\r\n\r\n");
  static const struct origin_step shows[] =
      ANSWER("HTTP/1.1 200 OK\r\nAuthorization: sesame\r\nX-Link: "
             "<http://u:sesame@other/>\r\nRefresh: 0;url=//u:sesame@x/\r\n"
             "Content-Length: 0\r\n\r\n");
  static const struct origin_step user[] =
      ANSWER(AWAY("http://u:sesame@127.0.0.1:1/"));
  static const struct origin_step bad[] =
      ANSWER(AWAY("http://u:sesame@127.0.0.1:99999/"));
  static const struct origin_step ftp[] =
      ANSWER(AWAY("ftp://u:sesame@127.0.0.1/"));
  static const struct origin_step port[] =
      ANSWER(AWAY("http://u:sesame@127.0.0.1:25/"));
  static const struct origin_step away[] = ANSWER(AWAY("http://127.0.0.1:1/"));
  static struct origin_step to_self[] = ANSWER(back);
  snprintf(back, sizeof back, AWAY("http://u:sesame@127.0.0.1:%u/page"),
           origin_port(origin));
  CU_ASSERT(origin_script(origin, "/set-cookie", cookie));
  CU_ASSERT(origin_script(origin, "/shows", shows));
  CU_ASSERT(origin_script(origin, "/user-away", user));
  CU_ASSERT(origin_script(origin, "/user-back", to_self));
  CU_ASSERT(origin_script(origin, "/bad-away", bad));
  CU_ASSERT(origin_script(origin, "/ftp-away", ftp));
  CU_ASSERT(origin_script(origin, "/away-to-port", port));
  CU_ASSERT(origin_script(origin, "/away", away));
}

/* ---- Going them ---- */

/* Copies `text` with the origin's port filled in; the caller frees it. */
static char *filled_in(const char *text) {
  char *copy = malloc(TEXT);
  const char *hole = strstr(text, "{P}");
  if (!copy) abort();
  if (hole)
    snprintf(copy, TEXT, "%.*s%u%s", (int)(hole - text), text,
             origin_port(origin), hole + 3);
  else
    snprintf(copy, TEXT, "%s", text);
  return copy;
}

/* Of a text that the program has written, or NULL. */
static void expect_hidden(const struct way *way, const char *what,
                          const char *text) {
  static const char *const secrets[] = {SECRET, BASIC, "%73esame"};
  const char *name = way->line ? way->line : way->arguments[0];
  for (size_t i = 0; text && i < FIXTURE_COUNT(secrets); i++)
    if (strstr(text, secrets[i]))
      fixture_fail("%s %s: %s: %.500s", name,
                   way->arguments[1] ? way->arguments[1] : "", what, text);
}

/* Runs the program, and once more with what it has written to go on from. */
static void go(struct program *p, const struct way *way,
               const char *const *more, bool resume) {
  const char *arguments[PROGRAM_ARGUMENTS_MAX] = {"fetch", "-v", "--headers",
                                                  "-o", "results"};
  char *copies[ARGUMENTS] = {NULL};
  size_t count = 5;
  if (resume) arguments[count++] = "--resume";
  if (way->line) arguments[count++] = "-i";
  if (way->line) arguments[count++] = "list";
  while (*more) arguments[count++] = *more++;
  for (size_t i = 0; i < ARGUMENTS && way->arguments[i]; i++)
    arguments[count++] = copies[i] = filled_in(way->arguments[i]);
  program_run(p, arguments);
  char *results = program_read(p, "results", NULL);
  CU_ASSERT(p->code == 0 || p->code == 1 || p->code == 2);
  CU_ASSERT(p->err_length > 0);
  expect_hidden(way, "messages", p->err);
  expect_hidden(way, "output", p->out);
  if (!way->in_results) expect_hidden(way, "results", results);
  free(results);
  for (size_t i = 0; i < ARGUMENTS; i++) free(copies[i]);
}

static void go_way(const struct way *way, const char *const *more) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  if (way->line) {
    char *line = filled_in(way->line);
    program_write(&p, "list", line, strlen(line));
    free(line);
  }
  if (way->variable) setenv(way->variable, way->value, 1);
  go(&p, way, more, false);
  if (p.code != 2) go(&p, way, more, true);
  if (way->variable) unsetenv(way->variable);
  program_close(&p);
}

static void go_all(const char *const *more) {
  origin = origin_start(NULL);
  if (!origin) abort();
  add_scripts();
  for (size_t i = 0; i < FIXTURE_COUNT(ways); i++) go_way(&ways[i], more);
  CU_ASSERT(origin_counts(origin).requests > 0);
  origin_stop(origin);
}

static void by_lariat(void) {
  static const char *const more[] = {NULL};
  go_all(more);
}

/* A Connection of the caller's makes a request libcurl's. */
static void by_libcurl(void) {
  static const char *const more[] = {"-H", "Connection: keep-alive", NULL};
  go_all(more);
}

static void enough_ways(void) { CU_ASSERT(FIXTURE_COUNT(ways) >= 40); }

/* What is shown of a request that has them: all but the secrets. */
static void heads_are_shown(void) {
  struct program p;
  char where[128];
  origin = origin_start(NULL);
  if (!origin) abort();
  program_open(&p, LARIAT_PROGRAM);
  program_run(
      &p, FETCH_ARGUMENTS("fetch", "-v", "-u", "u:sesame", "-H", "X-A: b",
                          origin_url(origin, "/page", where, sizeof where)));
  CU_ASSERT_EQUAL(p.code, 0);
  program_said(&p, "* Connection ");
  program_said(&p, " opened, to 127.0.0.1 port ");
  program_said(&p, "\n> GET /page HTTP/1.1\n> Host: 127.0.0.1:");
  program_said(&p, "\n> Authorization: ***\n");
  program_said(&p, "\n> X-A: b\n>\n< HTTP/1.1 200 Status\n");
  program_said(&p, "\n<\n");
  program_close(&p);
  origin_stop(origin);
}

/* Lines of several URLs are told from each other. */
static void lines_have_numbers(void) {
  struct program p;
  char one[128], two[128];
  origin = origin_start(NULL);
  if (!origin) abort();
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p,
              FETCH_ARGUMENTS("fetch", "-v",
                              origin_url(origin, "/page", one, sizeof one),
                              origin_url(origin, "/to-self", two, sizeof two),
                              "--max-redirects", "1"));
  program_said(&p, "\n[1] > GET /page HTTP/1.1\n[1] > Host: ");
  program_said(&p, "\n[2] < HTTP/1.1 302 ");
  program_said(&p, "\n[2] * Redirect 1, to\n[2] *   http://127.0.0.1:");
  CU_ASSERT_PTR_NULL(strstr(p.err, "\n> "));
  program_close(&p);
  origin_stop(origin);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"by lariat", by_lariat},
      {"by libcurl", by_libcurl},
      {"enough ways", enough_ways},
      {"heads are shown", heads_are_shown},
      {"lines have numbers", lines_have_numbers},
  };
  return fixture_main("fetch secret ways", tests, FIXTURE_COUNT(tests), argc,
                      argv);
}
