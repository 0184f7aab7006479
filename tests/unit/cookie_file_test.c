/* SPDX-License-Identifier: MIT
 * cookie_file_test.c: Netscape cookie files: what is read, which lines are
 * faults, what is written, and that a file is whole or as it was. */
#include "http/cookie_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/cookie_jar.h"
#include "support/fixture.h"

static const int64_t now_s = 1000000000;

static lariat_cookie_jar *make_jar(void) {
  lariat_cookie_jar *jar = NULL;
  CU_ASSERT_EQUAL(lariat_cookie_jar_new(NULL, &jar), LARIAT_OK);
  CU_ASSERT_PTR_NOT_NULL_FATAL(jar);
  return jar;
}

/* ---- Reading ---- */

/* What was said of lines: "2: no path|". */
struct faults {
  char text[512];
};

static void note_fault(void *context, size_t line, const char *reason) {
  struct faults *faults = context;
  size_t length = strlen(faults->text);
  (void)snprintf(faults->text + length, sizeof faults->text - length,
                 "%zu: %s|", line, reason);
}

static void read_text(lariat_cookie_jar *jar, const char *text,
                      const char *faults) {
  struct faults seen = {""};
  CU_ASSERT_TRUE(
      lr_cookie_file_read(jar, text, strlen(text), now_s, note_fault, &seen));
  if (strcmp(seen.text, faults) != 0)
    fixture_fail("%s: \"%s\", not \"%s\"", text, seen.text, faults);
}

/* A cookie as "domain path name=value expiry flags". */
static void describe(const lariat_cookie *cookie, char *text, size_t capacity) {
  (void)snprintf(
      text, capacity, "%s %s %s=%s %lld%s%s%s", cookie->domain, cookie->path,
      cookie->name, cookie->value, (long long)cookie->expires_s,
      cookie->host_only ? " host-only" : "", cookie->secure ? " secure" : "",
      cookie->http_only ? " http-only" : "");
}

struct line_row {
  const char *line;
  const char *cookie; /* NULL: none */
  const char *fault;  /* NULL: none */
};

static const struct line_row lines[] = {
    {".example.com\tTRUE\t/\tFALSE\t2000000000\ta\tb",
     "example.com / a=b 2000000000", NULL},
    {"example.com\tTRUE\t/\tFALSE\t2000000000\ta\tb",
     "example.com / a=b 2000000000", NULL},
    {"example.com\tFALSE\t/\tTRUE\t0\ta\tb",
     "example.com / a=b 0 host-only secure", NULL},
    {"#HttpOnly_example.com\tFALSE\t/x\tFALSE\t0\ta\tb",
     "example.com /x a=b 0 host-only http-only", NULL},
    {"#HttpOnly_.example.com\ttrue\t/x\tfalse\t0\ta\tb",
     "example.com /x a=b 0 http-only", NULL},
    {"Example.COM\tFALSE\t/\tFALSE\t0\ta\tb", "example.com / a=b 0 host-only",
     NULL},
    {"example.com\tFALSE\t/\tFALSE\t0\ta\tb\r", "example.com / a=b 0 host-only",
     NULL},
    {"example.com\tFALSE\t/\tFALSE\t0\ta\t", "example.com / a= 0 host-only",
     NULL},
    {"example.com\tFALSE\t/\tFALSE\t0\ta", "example.com / a= 0 host-only",
     NULL},
    {"example.com\tFALSE\t/\tFALSE\t0\t\tb", "example.com / =b 0 host-only",
     NULL},
    {"example.com\tFALSE\t/\tFALSE\t0\ta\tb\tc",
     "example.com / a=b\tc 0 host-only", NULL},
    {"example.com\tFALSE\t/\tFALSE\t0\ta\tb=c; d",
     "example.com / a=b=c; d 0 host-only", NULL},
    {"127.0.0.1\tTRUE\t/\tFALSE\t0\ta\tb", "127.0.0.1 / a=b 0 host-only", NULL},
    {"::1\tFALSE\t/\tFALSE\t0\ta\tb", "[::1] / a=b 0 host-only", NULL},
    {"[::1]\tFALSE\t/\tFALSE\t0\ta\tb", "[::1] / a=b 0 host-only", NULL},
    {"0:0::1\tFALSE\t/\tFALSE\t0\ta\tb", "[::1] / a=b 0 host-only", NULL},
    {".::1\tTRUE\t/\tFALSE\t0\ta\tb", "[::1] / a=b 0 host-only", NULL},
    {"h:x\tFALSE\t/\tFALSE\t0\ta\tb", NULL, "no domain"},
    {"[h\tFALSE\t/\tFALSE\t0\ta\tb", NULL, "no domain"},
    {"localhost\tFALSE\t/\tFALSE\t0\ta\tb", "localhost / a=b 0 host-only",
     NULL},
    {"co.uk\tFALSE\t/\tFALSE\t0\ta\tb", "co.uk / a=b 0 host-only", NULL},
    {"h.org\tFALSE\t/\tFALSE\t99999999999999999999\ta\tb",
     "h.org / a=b 9223372036854775807 host-only", NULL},
    {"h.org\tFALSE\t/\tTRUE\t0\t__Host-a\tb",
     "h.org / __Host-a=b 0 host-only secure", NULL},
    {"h.org\tFALSE\t/\tFALSE\t999999999\ta\tb", NULL, NULL}, /* expired */
    {"", NULL, NULL},
    {"   \t ", NULL, NULL},
    {"# a comment", NULL, NULL},
    {"#HttpOnly_", NULL, NULL},
    {"#httponly_h.org\tFALSE\t/\tFALSE\t0\ta\tb", NULL, NULL},
    {"h.org\tFALSE\t/\tFALSE\t0", NULL,
     "fewer than seven fields with tabs between them"},
    {"h.org FALSE / FALSE 0 a b", NULL,
     "fewer than seven fields with tabs between them"},
    {"h.org\tyes\t/\tFALSE\t0\ta\tb", NULL,
     "the second field is neither TRUE nor FALSE"},
    {"h.org\tTRUE\t/\t1\t0\ta\tb", NULL,
     "the fourth field is neither TRUE nor FALSE"},
    {"h.org\tTRUE\t/\tFALSE\t2000000000.5\ta\tb", "h.org / a=b 2000000000",
     NULL},
    {"h.org\tTRUE\t/\tFALSE\t2000000000.\ta\tb", "h.org / a=b 2000000000",
     NULL},
    {"h.org\tTRUE\t/\tFALSE\t0.5\ta\tb", "h.org / a=b 0", NULL},
    {"h.org\tTRUE\t/\tFALSE\t1.5\ta\tb", NULL, NULL}, /* expired */
    {"h.org\tTRUE\t/\tFALSE\t-1\ta\tb", NULL, NULL},
    {"h.org\tTRUE\t/\tFALSE\t-0\ta\tb", NULL, NULL},
    {"h.org\tTRUE\t/\tFALSE\t-1.5\ta\tb", NULL, NULL},
    {"h.org\tTRUE\t/\tFALSE\t-99999999999999999999\ta\tb", NULL, NULL},
    {"h.org\tTRUE\t/\tFALSE\t1.x\ta\tb", NULL, "the fifth field is no number"},
    {"h.org\tTRUE\t/\tFALSE\t1.5.5\ta\tb", NULL,
     "the fifth field is no number"},
    {"h.org\tTRUE\t/\tFALSE\t.5\ta\tb", NULL, "the fifth field is no number"},
    {"h.org\tTRUE\t/\tFALSE\t-\ta\tb", NULL, "the fifth field is no number"},
    {"h.org\tTRUE\t/\tFALSE\t2e9\ta\tb", NULL, "the fifth field is no number"},
    {"h.org\tTRUE\t/\tFALSE\t\ta\tb", NULL, "the fifth field is no number"},
    {"\tTRUE\t/\tFALSE\t0\ta\tb", NULL, "no domain"},
    {".\tTRUE\t/\tFALSE\t0\ta\tb", NULL, "no domain"},
    {"..h.org\tTRUE\t/\tFALSE\t0\ta\tb", NULL, "no domain"},
    {"h/x\tTRUE\t/\tFALSE\t0\ta\tb", NULL, "no domain"},
    {"h.org\tTRUE\tx\tFALSE\t0\ta\tb", NULL, "no path"},
    {"h.org\tTRUE\t\tFALSE\t0\ta\tb", NULL, "no path"},
    {"h.org\tTRUE\t/\tFALSE\t0\t\t", NULL, "neither name nor value"},
    {"h.org\tTRUE\t/\tFALSE\t0\ta\tb\001", NULL, "a control character"},
    {".co.uk\tTRUE\t/\tFALSE\t0\ta\tb", NULL, "the domain is a public suffix"},
    {"h.org\tFALSE\t/\tFALSE\t0\t__Secure-a\tb", NULL,
     "not what the prefix of its name asks for"},
    {"h.org\tTRUE\t/\tTRUE\t0\t__Host-a\tb", NULL,
     "not what the prefix of its name asks for"},
};

static void check_line(const struct line_row *row) {
  char text[256];
  char fault[256] = "";
  lariat_cookie_jar *jar = make_jar();
  if (row->fault) (void)snprintf(fault, sizeof fault, "1: %s|", row->fault);
  read_text(jar, row->line, fault);
  const lariat_cookie *cookie = lariat_cookie_jar_first(jar);
  if (cookie) describe(cookie, text, sizeof text);
  if (!cookie != !row->cookie || (cookie && strcmp(text, row->cookie) != 0))
    fixture_fail("%s: %s, not %s", row->line, cookie ? text : "(none)",
                 row->cookie ? row->cookie : "(none)");
  lariat_cookie_jar_release(jar);
}

static void test_lines(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(lines); i++) check_line(&lines[i]);
  fixture_close(&f);
}

/* Faults have their lines' numbers, and cost no other line. */
static void test_numbers(void) {
  static const char text[] = "# Netscape HTTP Cookie File\r\n"
                             "\r\n"
                             "h.org\tFALSE\t/\tFALSE\t0\ta\t1\r\n"
                             "what is this?\n"
                             "h.org\tFALSE\t/\tFALSE\t0\tb\t2\n"
                             "h.org\tFALSE\tx\tFALSE\t0\tc\t3\n"
                             "h.org\tFALSE\t/\tFALSE\t0\ta\t4";
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_jar();
  read_text(jar, text,
            "4: fewer than seven fields with tabs between them|6: no path|");
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 2);
  CU_ASSERT_STRING_EQUAL(lariat_cookie_jar_first(jar)->value, "4");
  CU_ASSERT_TRUE(lr_cookie_file_read(jar, "x", 1, now_s, NULL, NULL));
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

/* ---- Writing ---- */

static void set(lariat_cookie_jar *jar, const char *from, const char *text) {
  lariat_url *url = NULL;
  CU_ASSERT_EQUAL(lariat_url_parse(from, strlen(from), NULL, &url, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_cookie_jar_set(jar, url, text, strlen(text), now_s, NULL),
      LARIAT_OK);
  lariat_url_free(url);
}

static void test_writing(void) {
  size_t left_out;
  lr_buffer text = {0};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  lariat_cookie_jar *jar = make_jar();
  set(jar, "https://www.example.com/a/b", "a=1; Domain=example.com; Secure");
  set(jar, "http://www.example.com/", "b=2; HttpOnly; Max-Age=60");
  set(jar, "http://[::1]/", "c=3");
  set(jar, "http://[::1]/", "i=3\t4");
  set(jar, "http://h.org/", "d\te=5");
  set(jar, "http://h.org/", "f; Path=/g");
  set(jar, "http://h.org/", "h=6; Max-Age=1");
  CU_ASSERT_TRUE(lr_cookie_file_write(jar, now_s + 1, &text, &left_out));
  CU_ASSERT_TRUE(lr_buffer_terminate(&text));
  CU_ASSERT_STRING_EQUAL(
      text.bytes, "# Netscape HTTP Cookie File\n# Written by lariat.\n\n"
                  ".example.com\tTRUE\t/a\tTRUE\t0\ta\t1\n"
                  "#HttpOnly_www.example.com\tFALSE\t/\tFALSE\t1000000060\tb\t"
                  "2\n"
                  "::1\tFALSE\t/\tFALSE\t0\tc\t3\n"
                  "h.org\tFALSE\t/g\tFALSE\t0\t\tf\n");
  CU_ASSERT_EQUAL(left_out, 2);
  lr_buffer_clear(&text);
  lariat_cookie_jar_release(jar);
  fixture_close(&f);
}

/* ---- Files ---- */

struct place {
  char directory[64];
  char path[96];
};

static void open_place(struct place *place) {
  (void)snprintf(place->directory, sizeof place->directory,
                 "/tmp/lariat-cookies.XXXXXX");
  CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place->directory));
  (void)snprintf(place->path, sizeof place->path, "%s/jar", place->directory);
}

/* Nothing is left in the directory but the file. */
static void close_place(struct place *place) {
  (void)unlink(place->path);
  if (rmdir(place->directory) != 0)
    fixture_fail("%s: %s", place->directory, "is not empty");
}

static void test_files(void) {
  struct place place;
  struct stat about;
  size_t left_out = 7;
  struct faults faults = {""};
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_place(&place);
  lariat_cookie_jar *jar = make_jar();
  CU_ASSERT_EQUAL(lariat_cookie_jar_load(jar, place.path, now_s, NULL, NULL),
                  LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(errno, ENOENT);
  set(jar, "http://h.org/", "a=1");
  CU_ASSERT_EQUAL(lariat_cookie_jar_save(jar, place.path, now_s, &left_out),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(left_out, 0);
  CU_ASSERT_EQUAL(chmod(place.path, 0644), 0);
  set(jar, "http://h.org/", "b=2");
  CU_ASSERT_EQUAL(lariat_cookie_jar_save(jar, place.path, now_s, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(stat(place.path, &about), 0);
  CU_ASSERT_EQUAL(about.st_mode & 0777, 0600);
  lariat_cookie_jar *other = make_jar();
  CU_ASSERT_EQUAL(
      lariat_cookie_jar_load(other, place.path, now_s, note_fault, &faults),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(other), 2);
  CU_ASSERT_STRING_EQUAL(faults.text, "");
  CU_ASSERT_EQUAL(
      lariat_cookie_jar_load(other, place.directory, now_s, NULL, NULL),
      LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(errno, EISDIR);
  lariat_cookie_jar_release(other);
  lariat_cookie_jar_release(jar);
  close_place(&place);
  fixture_close(&f);
}

/* A link stays one; what it leads to is replaced. */
static void test_link(void) {
  struct place place;
  struct stat about;
  char link[96];
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_place(&place);
  (void)snprintf(link, sizeof link, "%s/link", place.directory);
  lariat_cookie_jar *jar = make_jar();
  set(jar, "http://h.org/", "a=1");
  CU_ASSERT_EQUAL(lariat_cookie_jar_save(jar, place.path, now_s, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(symlink("jar", link), 0);
  set(jar, "http://h.org/", "b=2");
  CU_ASSERT_EQUAL(lariat_cookie_jar_save(jar, link, now_s, NULL), LARIAT_OK);
  CU_ASSERT_EQUAL(lstat(link, &about), 0);
  CU_ASSERT_TRUE(S_ISLNK(about.st_mode));
  lariat_cookie_jar_clear(jar);
  CU_ASSERT_EQUAL(lariat_cookie_jar_load(jar, place.path, now_s, NULL, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 2);
  lariat_cookie_jar_release(jar);
  (void)unlink(link);
  close_place(&place);
  fixture_close(&f);
}

/* Without space for all of a file the old one stays, and the error is told. */
static void test_disk_full(void) {
  struct place place;
  struct rlimit limit;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_place(&place);
  lariat_cookie_jar *jar = make_jar();
  set(jar, "http://h.org/", "a=1");
  CU_ASSERT_EQUAL(lariat_cookie_jar_save(jar, place.path, now_s, NULL),
                  LARIAT_OK);
  set(jar, "http://h.org/", "b=2");
  void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
  CU_ASSERT_EQUAL(getrlimit(RLIMIT_FSIZE, &limit), 0);
  struct rlimit small = {.rlim_cur = 64, .rlim_max = limit.rlim_max};
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
  lariat_status status = lariat_cookie_jar_save(jar, place.path, now_s, NULL);
  int error = errno;
  CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
  (void)signal(SIGXFSZ, before);
  CU_ASSERT_EQUAL(status, LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(error, EFBIG);
  lariat_cookie_jar_clear(jar);
  CU_ASSERT_EQUAL(lariat_cookie_jar_load(jar, place.path, now_s, NULL, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_cookie_jar_count(jar), 1);
  CU_ASSERT_EQUAL(lariat_cookie_jar_save(jar, "/dev/full", now_s, NULL),
                  LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(errno, ENOSPC);
  CU_ASSERT_EQUAL(lariat_cookie_jar_save(jar, "/dev/null", now_s, NULL),
                  LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_cookie_jar_save(jar, "/nonexistent/jar", now_s, NULL),
                  LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(errno, ENOENT);
  lariat_cookie_jar_release(jar);
  close_place(&place);
  fixture_close(&f);
}

/* ---- Out of memory ---- */

static void test_out_of_memory(void) {
  static const char text[] = "h.org\tFALSE\t/\tFALSE\t0\ta\t1\n"
                             "x.org\tFALSE\t/\tFALSE\t0\tb\t2\n";
  struct place place;
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  open_place(&place);
  lariat_cookie_jar *jar = make_jar();
  bool read = false;
  for (uint64_t nth = 1; !read && nth < 100; nth++) {
    lariat_cookie_jar_clear(jar);
    fixture_fail_allocation(&f, nth);
    read = lr_cookie_file_read(jar, text, strlen(text), now_s, NULL, NULL);
    fixture_fail_allocation(&f, 0);
    CU_ASSERT(read == (lariat_cookie_jar_count(jar) == 2));
  }
  CU_ASSERT_TRUE(read);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lariat_cookie_jar_save(jar, place.path, now_s, NULL),
                  LARIAT_ENOMEM);
  fixture_fail_allocation(&f, 0);
  CU_ASSERT_EQUAL(lariat_cookie_jar_save(jar, place.path, now_s, NULL),
                  LARIAT_OK);
  fixture_fail_allocation(&f, 1);
  CU_ASSERT_EQUAL(lariat_cookie_jar_load(jar, place.path, now_s, NULL, NULL),
                  LARIAT_ENOMEM);
  fixture_fail_allocation(&f, 0);
  lariat_cookie_jar_release(jar);
  close_place(&place);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"lines", test_lines},
      {"numbers of lines", test_numbers},
      {"writing", test_writing},
      {"files", test_files},
      {"a link", test_link},
      {"a disk that is full", test_disk_full},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("cookie_file", tests, FIXTURE_COUNT(tests), argc, argv);
}
