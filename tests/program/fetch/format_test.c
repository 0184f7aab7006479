/* SPDX-License-Identifier: MIT
 * The result lines: what they promise (docs/fetch-format.md).  Each line of
 * every test here is checked against the schema. */
#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fetch/input.h"
#include "fetch/tally.h"
#include "program/fetch/fetch_support.h"
#include "support/nginx.h"
#include "support/origin.h"

static struct nginx *nginx;
static struct fetch_run *run;

static void begin(void) {
  nginx = nginx_start(NULL);
  run = fetch_open();
  if (!nginx) abort();
}

static void end(void) {
  fetch_close(run);
  nginx_stop(nginx);
}

static unsigned nginx_line(const char *path) {
  char url[300];
  return fetch_line(run, "%s",
                    nginx_url(nginx, NGINX_PLAIN, path, url, sizeof url));
}

static void hex_of(const char *bytes, size_t length, char hex[65]) {
  unsigned char digest[32];
  SHA256((const unsigned char *)bytes, length, digest);
  for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void a_simple_answer(void) {
  char hex[65];
  char url[300];
  char *body = malloc(NGINX_TEXT_BYTES);
  begin();
  if (!body) abort();
  for (size_t i = 0; i < NGINX_TEXT_BYTES; i++) body[i] = nginx_file_byte(i);
  hex_of(body, NGINX_TEXT_BYTES, hex);
  free(body);
  nginx_url(nginx, NGINX_PLAIN, "/text#here", url, sizeof url);
  unsigned line = fetch_line(run, "%s", url);
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-r", "1")), 0);
  fetch_expect_status(run, line, 200);
  fetch_expect_text(run, line, "url", url);
  *strchr(url, '#') = '\0';
  fetch_expect_text(run, line, "effective_url", url);
  fetch_expect_text(run, line, "sha256", hex);
  fetch_expect_text(run, line, "http_version", "1.1");
  fetch_expect_text(run, line, "remote_ip", "127.0.0.1");
  CU_ASSERT(json_is_null(fetch_field(run, line, "tag")));
  CU_ASSERT_EQUAL(fetch_number(run, line, "bytes"), NGINX_TEXT_BYTES);
  CU_ASSERT_EQUAL(fetch_number(run, line, "attempts"), 1);
  CU_ASSERT_EQUAL(fetch_number(run, line, "redirects"), 0);
  CU_ASSERT_EQUAL(fetch_number(run, line, "reactor"), 0);
  CU_ASSERT_EQUAL(fetch_number(run, line, "connection"), 1);
  CU_ASSERT(json_is_null(fetch_field(run, line, "desync")));
  CU_ASSERT(json_is_false(fetch_field(run, line, "reused")));
  const json_t *times = fetch_field(run, line, "time_us");
  CU_ASSERT(json_integer_value(json_object_get(times, "total")) > 0);
  CU_ASSERT(json_integer_value(json_object_get(times, "connect")) > 0);
  CU_ASSERT(json_integer_value(json_object_get(times, "waited")) >=
            json_integer_value(json_object_get(times, "queue")));
  CU_ASSERT(json_is_integer(json_object_get(times, "body")));
  end();
}

static void fields_in_their_order(void) {
  static const char *const names[] = {
      "line",         "url",     "tag",           "status",       "error",
      "message",      "phase",   "effective_url", "http_version", "remote_ip",
      "content_type", "bytes",   "sha256",        "attempts",     "redirects",
      "reused",       "reactor", "time_us",       "connection",   "desync"};
  begin();
  nginx_line("/");
  fetch_line(run, "nonsense");
  fetch_run_list(run, NULL);
  for (unsigned line = 1; line <= 2; line++) {
    const char *key;
    json_t *value;
    size_t i = 0;
    json_object_foreach(run->results[line], key, value) {
      CU_ASSERT(i < FIXTURE_COUNT(names));
      if (i < FIXTURE_COUNT(names)) CU_ASSERT_STRING_EQUAL(key, names[i]);
      i++;
    }
    CU_ASSERT_EQUAL(i, FIXTURE_COUNT(names));
  }
  end();
}

static void redirects_are_followed(void) {
  char url[300];
  begin();
  unsigned line = nginx_line("/redirect/3");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 0);
  fetch_expect_status(run, line, 200);
  CU_ASSERT_EQUAL(fetch_number(run, line, "redirects"), 3);
  fetch_expect_text(run, line, "effective_url",
                    nginx_url(nginx, NGINX_PLAIN, "/", url, sizeof url));
  end();
}

static void connections_are_reused(void) {
  unsigned reused = 0;
  begin();
  for (int i = 0; i < 200; i++) nginx_line("/");
  const char *const more[] = {"-r", "1", "-c", "10", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  for (unsigned i = 1; i <= 200; i++)
    reused += json_is_true(fetch_field(run, i, "reused"));
  CU_ASSERT(reused >= 190);
  end();
}

/* Arguments are lines, too, and standard output is the default. */
static void urls_as_arguments(void) {
  char url[300];
  begin();
  nginx_url(nginx, NGINX_PLAIN, "/status/404", url, sizeof url);
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-q", url, "nonsense", url));
  CU_ASSERT_EQUAL(run->program.code, 1);
  CU_ASSERT_EQUAL(run->program.err_length, 0);
  fetch_parse(run, run->program.out, run->program.out_length);
  CU_ASSERT_EQUAL(run->result_count, 3);
  fetch_expect_status(run, 1, 404);
  fetch_expect_error(run, 2, "bad-url", NULL);
  fetch_expect_status(run, 3, 404);
  end();
}

/* An escaped text is what it was: the bytes that the code points U+10F780 to
 * U+10F7FF stand for, and all others as they are. */
static size_t unescape(const char *text, size_t length, char *out) {
  size_t used = 0;
  for (size_t i = 0; i < length; i++) {
    const unsigned char *at = (const unsigned char *)text + i;
    if (length - i >= 4 && at[0] == 0xf4 && at[1] == 0x8f &&
        (at[2] == 0x9e || at[2] == 0x9f)) {
      unsigned low = (at[2] & 1u) << 6 | (at[3] & 0x3fu);
      out[used++] = (char)(0x80 | low);
      i += 3;
    } else {
      out[used++] = text[i];
    }
  }
  return used;
}

static void expect_verbatim(const char *bytes, size_t length) {
  static const char *const all_of_it[] = {"--keep-secrets", NULL};
  char back[512];
  unsigned line = fetch_line_of(run, bytes, length);
  fetch_run_list(run, all_of_it);
  const json_t *url = fetch_field(run, line, "url");
  size_t used = unescape(json_string_value(url), json_string_length(url), back);
  CU_ASSERT_EQUAL(used, length);
  CU_ASSERT(used == length && memcmp(back, bytes, length) == 0);
}

static void urls_come_back(void) {
  char all[257];
  begin();
  for (int i = 1; i < 256; i++) all[i] = (char)i;
  all[0] = 'x';
  all['\n'] = 'n';
  expect_verbatim(all, 256);
  expect_verbatim("x\"\\/\b\f\t\x7f", 8);
  expect_verbatim("\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8e", 9); /* valid */
  expect_verbatim("\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80\xe2\x82", 11);
  expect_verbatim("\xf4\x8f\x9e\x80 \xf4\x8f\x9f\xbf", 9); /* stand-ins */
  expect_verbatim("\xff", 1);
  end();
}

/* Valid UTF-8 is not escaped, and a cut does not go through a character. */
static void utf8_stays(void) {
  static char longer[70002];
  begin();
  unsigned line = fetch_line(run, "\xc3\xa9t\xc3\xa9 \xe2\x82\xac");
  for (size_t i = 0; i + 3 < sizeof longer; i += 3)
    memcpy(longer + i, "\xe2\x82\xac", 3);
  unsigned cut = fetch_line_of(run, longer, 69999);
  fetch_run_list(run, NULL);
  fetch_expect_text(run, line, "url", "\xc3\xa9t\xc3\xa9 \xe2\x82\xac");
  const char *url = fetch_text(run, cut, "url");
  CU_ASSERT(strncmp(url, longer, 65535) == 0);
  CU_ASSERT_STRING_EQUAL(url + 65535, "\xe2\x80\xa6[69999 bytes]");
  end();
}

static void json_lines(void) {
  char url[300];
  begin();
  nginx_url(nginx, NGINX_PLAIN, "/post", url, sizeof url);
  unsigned post = fetch_line(
      run,
      "{\"url\":\"%s\",\"body\":\"h\\u00e9llo\",\"tag\":{\"id\":[7,null]},"
      "\"headers\":{\"Content-Type\":\"text/x\"}}",
      url);
  unsigned put = fetch_line(
      run, "{\"tag\":\"t\",\"url\":\"%s\",\"method\":\"PUT\",\"body\":\"\"}",
      url);
  nginx_url(nginx, NGINX_PLAIN, "/big", url, sizeof url);
  unsigned head = fetch_line(run, "{\"url\":\"%s\",\"method\":\"HEAD\"}", url);
  const char *const more[] = {"--save", "bodies", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  fetch_expect_status(run, post, 200);
  fetch_expect_status(run, put, 200);
  fetch_expect_status(run, head, 200);
  CU_ASSERT_EQUAL(fetch_number(run, head, "bytes"), 0);
  fetch_expect_text(run, head, "url", url);
  json_t *tag = json_pack("{s:[i,n]}", "id", 7);
  CU_ASSERT(json_equal(tag, json_object_get(run->results[post], "tag")));
  json_decref(tag);
  fetch_expect_text(run, put, "tag", "t");
  char name[100];
  snprintf(name, sizeof name, "bodies/%s", fetch_text(run, post, "sha256"));
  char *body = program_read(&run->program, name, NULL);
  CU_ASSERT_PTR_NOT_NULL(body);
  if (body) CU_ASSERT(strncmp(body, "POST 6 text/x", 13) == 0);
  free(body);
  end();
}

static void method_header_and_data(void) {
  char hex[65];
  begin();
  unsigned line = nginx_line("/post");
  const char *const more[] = {"-d", "twelve bytes", "-H",
                              "Content-Type: text/y", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  fetch_expect_status(run, line, 200);
  hex_of("POST 12 text/y", 14, hex);
  const char *const put[] = {"-X", "PUT", "--save", "bodies", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, put), 0);
  char name[100];
  snprintf(name, sizeof name, "bodies/%s", fetch_text(run, line, "sha256"));
  char *body = program_read(&run->program, name, NULL);
  if (body) CU_ASSERT(strncmp(body, "PUT", 3) == 0);
  CU_ASSERT_PTR_NOT_NULL(body);
  free(body);
  end();
}

static void bodies_are_saved(void) {
  char name[100];
  begin();
  unsigned big = nginx_line("/big");
  unsigned again = nginx_line("/big");
  unsigned missing = nginx_line("/status/404");
  const char *const more[] = {"--save", "bodies", NULL};
  CU_ASSERT_EQUAL(fetch_run_list(run, more), 0);
  fetch_expect_status(run, missing, 404);
  CU_ASSERT_STRING_EQUAL(fetch_text(run, big, "sha256"),
                         fetch_text(run, again, "sha256"));
  snprintf(name, sizeof name, "bodies/%s", fetch_text(run, big, "sha256"));
  size_t length = 0;
  char hex[65] = "";
  char *body = program_read(&run->program, name, &length);
  CU_ASSERT_EQUAL(length, NGINX_BIG_BYTES);
  if (body) hex_of(body, length, hex);
  fetch_expect_text(run, big, "sha256", hex);
  free(body);
  end();
}

/* A directory that takes no more files: an error of each line. */
static void bodies_that_cannot_be_saved(void) {
  begin();
  unsigned line = nginx_line("/");
  program_write(&run->program, "file", "", 0);
  fetch_write_list(run);
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "--save", "file"));
  CU_ASSERT_EQUAL(run->program.code, 2);
  program_said(&run->program, "cannot store bodies in file: Not a directory");
  program_run(&run->program, FETCH_ARGUMENTS("fetch", "-i", "list", "-o",
                                             "results", "--save", "/proc"));
  if (run->program.code == 1) { /* root may "write" there */
    fetch_parse_file(run, "results");
    fetch_expect_error(run, line, "save-failed", NULL);
    CU_ASSERT_EQUAL(fetch_number(run, line, "status"), 200);
  } else {
    CU_ASSERT_EQUAL(run->program.code, 2);
  }
  end();
}

static void the_summary(void) {
  begin();
  nginx_line("/");
  nginx_line("/status/404");
  nginx_line("/status/500");
  fetch_line(run, "nonsense");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 1);
  program_said(&run->program, "4 URLs in ");
  program_said(&run->program, "answered 3, failed 1");
  program_said(&run->program, "2xx 1, 4xx 1, 5xx 1, none 1");
  program_said(&run->program, "bad-url 1");
  program_said(&run->program, "\n  waited     p50 ");
  program_said(&run->program, "\n  server     p50 ");
  program_said(&run->program, "\n  transfer   p50 ");
  program_said(&run->program, "\n  total      p50 ");
  CU_ASSERT_PTR_NULL(strchr(run->program.err, '\r')); /* no progress */
  CU_ASSERT_EQUAL(fetch_run_list(run, FETCH_ARGUMENTS("-v")), 1);
  program_said(&run->program, "line 4: nonsense: bad-url: ");
  end();
  begin();
  nginx_line("/");
  CU_ASSERT_EQUAL(fetch_run_list(run, NULL), 0);
  program_said(&run->program, "1 URL in ");
  CU_ASSERT_PTR_NULL(strstr(run->program.err, "p50"));
  CU_ASSERT_PTR_NULL(strstr(run->program.err, "by libcurl"));
  end();
}

/* What was given out and has no result yet is not through. */
static void the_share_that_is_through(void) {
  char line[200];
  const struct tally tally = {.answered = 4, .failed = 1};
  struct input input = {.fd = -1, .lines = 10, .url_count = 20};
  CU_ASSERT_DOUBLE_EQUAL(input_progress(&input, 4, 400), 0.3, 1e-9);
  input = (struct input){.size = 1000, .read = 700, .end = 300, .start = 100};
  CU_ASSERT_DOUBLE_EQUAL(input_progress(&input, 5, 70), 0.425, 1e-9);
  input.size = 0;
  CU_ASSERT(input_progress(&input, 5, 70) < 0);
  tally_describe(&tally, 17000000000, 3, 0.425, line, sizeof line);
  CU_ASSERT_STRING_EQUAL(line, "5 done (42 %), 3 in flight, 1 failed, 0/s, "
                               "0 B, 0:00:23 left");
  tally_describe(&tally, 17000000000, 3, 0.0, line, sizeof line);
  CU_ASSERT_STRING_EQUAL(line, "5 done, 3 in flight, 1 failed, 0/s, 0 B");
}

/* On a terminal, and there alone, a line shows how far it is. */
static void progress_on_a_terminal(void) {
  static char shown[100000];
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || grantpt(master) || unlockpt(master)) {
    puts("skipped, there are no terminals here");
    if (master >= 0) close(master);
    return;
  }
  begin();
  for (int i = 0; i < 40; i++) nginx_line("/slow");
  fetch_write_list(run);
  int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  run->program.error = terminal;
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "results",
                              "--timeout", "2", "--per-host", "40"));
  CU_ASSERT_EQUAL(run->program.code, 1);
  ssize_t length = read(master, shown, sizeof shown - 1);
  shown[length > 0 ? length : 0] = '\0';
  CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\r0 done, "));
  CU_ASSERT_PTR_NOT_NULL(strstr(shown, "0 done, 40 in flight, 0 failed, "));
  /* On a narrow one it is cut, or it would not go away again. */
  const struct winsize narrow = {.ws_row = 24, .ws_col = 20};
  CU_ASSERT_EQUAL(ioctl(terminal, TIOCSWINSZ, &narrow), 0);
  run->program.error = terminal;
  program_run(&run->program,
              FETCH_ARGUMENTS("fetch", "-i", "list", "-o", "results",
                              "--timeout", "2", "--per-host", "40"));
  length = read(master, shown, sizeof shown - 1);
  shown[length > 0 ? length : 0] = '\0';
  CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\r0 done, 40 in fligh\033[K"));
  close(terminal);
  close(master);
  end();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"a simple answer", a_simple_answer},
      {"fields in their order", fields_in_their_order},
      {"redirects are followed", redirects_are_followed},
      {"connections are reused", connections_are_reused},
      {"URLs as arguments", urls_as_arguments},
      {"URLs come back", urls_come_back},
      {"UTF-8 stays", utf8_stays},
      {"JSON lines", json_lines},
      {"method, header and data", method_header_and_data},
      {"bodies are saved", bodies_are_saved},
      {"bodies that cannot be saved", bodies_that_cannot_be_saved},
      {"the summary", the_summary},
      {"the share that is through", the_share_that_is_through},
      {"progress on a terminal", progress_on_a_terminal},
  };
  return fixture_main("fetch format", tests, FIXTURE_COUNT(tests), argc, argv);
}
