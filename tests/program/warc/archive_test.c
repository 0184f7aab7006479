/* SPDX-License-Identifier: MIT
 * The command `lariat warc`: what it lists, shows, checks and indexes, and what
 * it says of files that are broken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "support/fixture.h"
#include "support/program.h"
#include "warc/option_table.h"
#include <lariat/crawl/warc.h>

#define ARGUMENTS(...) ((const char *const[]){"warc", __VA_ARGS__, NULL})

static struct program program;

/* ---- An archive ---- */

#define PAGE "http://example.com/"
#define AGAIN "http://example.com/again?x=1"
#define ZIPPED "http://u:secret@example.com/zipped"
#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=x\r\n"

static void add(lariat_crawl_warc_buffer *buffer,
                const lariat_crawl_warc_exchange *exchange) {
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_add_exchange(buffer, exchange, NULL),
                        LARIAT_OK);
}

static void add_zipped(lariat_crawl_warc_buffer *buffer) {
  Bytef body[100];
  z_stream stream = {.next_in = (Bytef *)(uintptr_t) "zipped",
                     .avail_in = 6,
                     .next_out = body,
                     .avail_out = sizeof body};
  CU_ASSERT_EQUAL_FATAL(
      deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
      Z_OK);
  CU_ASSERT_EQUAL_FATAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
  static const char head[] = HEAD "Content-Encoding: gzip\r\n\r\n";
  add(buffer,
      &(lariat_crawl_warc_exchange){.size = sizeof(lariat_crawl_warc_exchange),
                                    .url = ZIPPED,
                                    .at_ns = INT64_C(1796042098000000000),
                                    .head = head,
                                    .head_length = sizeof head - 1,
                                    .body = (char *)body,
                                    .body_length = stream.total_out,
                                    .keep_secrets = true});
  deflateEnd(&stream);
}

static lariat_crawl_warc_exchange describe_page(void) {
  static const char head[] = HEAD "X: \x1b[2J\r\n\r\n";
  static const char request[] = "GET / HTTP/1.1\r\n\r\n";
  return (lariat_crawl_warc_exchange){
      .size = sizeof(lariat_crawl_warc_exchange),
      .url = PAGE,
      .at_ns = INT64_C(1796042096789012345),
      .head = head,
      .head_length = sizeof head - 1,
      .body = "<p>page</p>\n",
      .body_length = 12,
      .request_head = request,
      .request_head_length = sizeof request - 1};
}

static void add_first(lariat_crawl_warc_buffer *buffer) {
  lariat_crawl_warc_exchange exchange = describe_page();
  CU_ASSERT_EQUAL(
      lariat_crawl_warc_add_info(buffer, 0, NULL, "software: x\r\n"),
      LARIAT_OK);
  add(buffer, &exchange);
}

static void add_others(lariat_crawl_warc_buffer *buffer) {
  lariat_crawl_warc_exchange exchange = describe_page();
  exchange.revisit = true;
  exchange.refers_to_url = PAGE;
  exchange.refers_to_ns = exchange.at_ns;
  exchange.at_ns++;
  exchange.url = AGAIN;
  add(buffer, &exchange);
  add_zipped(buffer);
}

/* A revisit of a revisit, and two of each other. */
static void add_chain(lariat_crawl_warc_buffer *buffer) {
  lariat_crawl_warc_exchange exchange = describe_page();
  exchange.revisit = true;
  exchange.at_ns += 10000;
  exchange.url = "http://example.com/third";
  exchange.refers_to_url = AGAIN;
  exchange.refers_to_ns = describe_page().at_ns + 1;
  add(buffer, &exchange);
  exchange.url = "http://example.com/a";
  exchange.refers_to_url = "http://example.com/b";
  exchange.refers_to_ns = exchange.at_ns;
  add(buffer, &exchange);
  exchange.url = "http://example.com/b";
  exchange.refers_to_url = "http://example.com/a";
  add(buffer, &exchange);
}

/* The parts of the archive. */
enum { FIRST = 1, OTHERS = 2, ALL = 3, CHAIN = 4 };

/* Writes some of the archive into a file of the program's directory; only the
 * first `most` bytes of it. */
static void write_part(int level, int parts, const char *name, size_t most) {
  lariat_crawl_warc_buffer *buffer;
  size_t length;
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_buffer_new(level, &buffer),
                        LARIAT_OK);
  if (parts & FIRST) add_first(buffer);
  if (parts & OTHERS) add_others(buffer);
  if (parts & CHAIN) add_chain(buffer);
  const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
  program_write(&program, name, bytes, length < most ? length : most);
  lariat_crawl_warc_buffer_free(buffer);
}

static void write_archive(int level, const char *name, size_t most) {
  write_part(level, ALL, name, most);
}

static void open_program(void) {
  program_open(&program, LARIAT_PROGRAM);
  write_archive(4, "a.warc.gz", SIZE_MAX);
}

static void close_program(void) { program_close(&program); }

/* Runs it, and checks the exit code and all of what it has written. */
static void expect(const char *const *arguments, int code, const char *out) {
  program_run(&program, arguments);
  if (program.code != code || strcmp(program.out, out) != 0)
    fixture_fail("exit code %d: %s%s\ninstead of\n%s", program.code,
                 program.out, program.err, out);
}

/* ---- List ---- */

static void test_list(void) {
  open_program();
  write_archive(0, "a.warc", SIZE_MAX);
  static const char lines[] =
      "         0  warcinfo    -  application/warc-fields  -\n"
      "       302  response  200  text/html  http://example.com/\n"
      "       813  request     -  -  http://example.com/\n"
      "      1273  revisit   200  text/html  http://example.com/again?x=1\n"
      "      1982  request     -  -  http://example.com/again?x=1\n"
      "      2451  response  200  text/html  "
      "http://u:***@example.com/zipped\n";
  expect(ARGUMENTS("list", "a.warc"), 0, lines);
  program_run(&program, ARGUMENTS("list", "a.warc", "a.warc.gz"));
  CU_ASSERT_EQUAL(program.code, 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(program.out, "\na.warc.gz:         0  warc"));
  program_run(&program, ARGUMENTS("list", "--json", "a.warc.gz"));
  CU_ASSERT_EQUAL(program.code, 0);
  CU_ASSERT_PTR_NOT_NULL(
      strstr(program.out, "\"type\": \"revisit\", \"url\": \"" AGAIN
                          "\", \"status\": 200, \"media_type\": \"text/html; "
                          "charset=x\", "));
  CU_ASSERT_PTR_NOT_NULL(strstr(
      program.out, "\"refers_to_url\": \"" PAGE
                   "\", \"refers_to_date\": \"2026-11-30T12:34:56.789012Z\"}"));
  CU_ASSERT_PTR_NULL(strstr(program.out, "secret"));
  close_program();
}

/* ---- Show ---- */

static void test_show(void) {
  open_program();
  expect(ARGUMENTS("show", "a.warc.gz", PAGE), 0, "<p>page</p>\n");
  expect(ARGUMENTS("show", "a.warc.gz", "HTTP://EXAMPLE.COM"), 0,
         "<p>page</p>\n");
  expect(ARGUMENTS("show", "a.warc.gz", ZIPPED), 0, "zipped");
  expect(ARGUMENTS("show", "a.warc.gz", AGAIN), 0, "<p>page</p>\n");
  CU_ASSERT_TRUE(program_said(&program, "its body is that of " PAGE " of "
                                        "2026-11-30T12:34:56.789012Z"));
  expect(ARGUMENTS("show", "a.warc.gz", "http://example.com/none"), 1, "");
  CU_ASSERT_TRUE(program_said(&program, "there is no such URL in a.warc.gz"));
  expect(ARGUMENTS("show", "a.warc.gz", "1"), 1, "");
  CU_ASSERT_TRUE(program_said(&program, "at byte 1: no WARC record"));
  program_run(&program, ARGUMENTS("show", "--raw", "a.warc.gz", ZIPPED));
  CU_ASSERT_EQUAL(program.code, 0);
  CU_ASSERT_EQUAL(memcmp(program.out, "\x1f\x8b", 2), 0);
  close_program();
}

static void test_show_by_offset(void) {
  open_program();
  write_archive(0, "a.warc", SIZE_MAX);
  expect(ARGUMENTS("show", "a.warc", "0"), 0,
         "format: WARC File Format 1.1\r\nsoftware: x\r\n");
  expect(ARGUMENTS("show", "a.warc", "302"), 0, "<p>page</p>\n");
  expect(ARGUMENTS("show", "a.warc", "302", "-o", "page.html"), 0, "");
  size_t length;
  char *page = program_read(&program, "page.html", &length);
  CU_ASSERT_STRING_EQUAL(page, "<p>page</p>\n");
  free(page);
  expect(ARGUMENTS("show", "a.warc", "302", "-o", "/no/such/file"), 1, "");
  close_program();
}

/* What acts on a terminal is escaped. */
static void test_headers(void) {
  open_program();
  program_run(&program, ARGUMENTS("show", "--headers", "a.warc.gz", PAGE));
  CU_ASSERT_EQUAL(program.code, 0);
  CU_ASSERT_EQUAL(strncmp(program.out, "WARC/1.1\nWARC-Type: response\n", 29),
                  0);
  const char *head = "\nContent-Length: 76\n\nHTTP/1.1 200 OK\n"
                     "Content-Type: text/html; charset=x\nX: \\u001b[2J\n\n";
  size_t length = strlen(head);
  CU_ASSERT_TRUE(program.out_length > length);
  CU_ASSERT_STRING_EQUAL(program.out + program.out_length - length, head);
  close_program();
}

/* ---- Check ---- */

static void test_check(void) {
  open_program();
  expect(ARGUMENTS("check", "a.warc.gz"), 0,
         "6 records in 1 file, blocks of 324 B; digests that are right: 6 of "
         "blocks, 2 of payloads; 0 errors, 0 notices\n");
  write_archive(4, "cut.warc.gz", 700);
  program_run(&program, ARGUMENTS("check", "cut.warc.gz"));
  CU_ASSERT_EQUAL(program.code, 1);
  CU_ASSERT_PTR_NOT_NULL(
      strstr(program.out, ": error: the file ends within a gzip member\n"));
  CU_ASSERT_PTR_NOT_NULL(strstr(program.out, "; 1 error, 0 notices\n"));
  program_run(&program, ARGUMENTS("check", "--json", "cut.warc.gz"));
  CU_ASSERT_PTR_NOT_NULL(strstr(
      program.out, "\"severity\": \"error\", \"message\": \"the file ends "
                   "within a gzip member\"}\n"));
  expect(ARGUMENTS("check", "-q", "cut.warc.gz"), 1, "");
  expect(ARGUMENTS("check", "-q", "a.warc.gz", "none.warc.gz"), 1, "");
  CU_ASSERT_TRUE(program_said(&program, "cannot read none.warc.gz"));
  close_program();
}

/* ---- Index ---- */

static void test_index(void) {
  open_program();
  size_t length;
  program_run(&program, ARGUMENTS("cdx", "a.warc.gz"));
  CU_ASSERT_EQUAL(program.code, 0);
  CU_ASSERT_EQUAL(
      strncmp(program.out, "com,example)/ 20261130123456 {\"url\": ", 37), 0);
  char *out = strdup(program.out);
  expect(ARGUMENTS("cdx", "-o", "a.cdxj", "a.warc.gz"), 0, "");
  char *index = program_read(&program, "a.cdxj", &length);
  CU_ASSERT_STRING_EQUAL(index, out);
  free(index);
  free(out);
  expect(ARGUMENTS("cdx", "-o", "/no/such/file", "a.warc.gz"), 1, "");
  write_archive(4, "cut.warc.gz", 700);
  program_run(&program, ARGUMENTS("cdx", "cut.warc.gz"));
  CU_ASSERT_EQUAL(program.code, 1);
  CU_ASSERT_TRUE(program_said(&program, "try \"lariat warc check\""));
  close_program();
}

/* ---- Directories ---- */

/* A directory means the files in it; a record may be in any of them, and its
 * original in another one. */
static void test_directory(void) {
  open_program();
  write_part(4, FIRST, "a.warc.gz", SIZE_MAX);
  write_part(4, OTHERS, "b.warc.gz.open", SIZE_MAX);
  expect(ARGUMENTS("show", ".", AGAIN), 0, "<p>page</p>\n");
  expect(ARGUMENTS("show", "a.warc.gz", "b.warc.gz.open", ZIPPED), 0, "zipped");
  expect(ARGUMENTS("show", "b.warc.gz.open", AGAIN), 1, "");
  CU_ASSERT_TRUE(program_said(&program, "in none of the files"));
  program_run(&program, ARGUMENTS("list", "."));
  CU_ASSERT_EQUAL(program.code, 0);
  CU_ASSERT_PTR_NOT_NULL(
      strstr(program.out, "./b.warc.gz.open:         0  rev"));
  program_run(&program, ARGUMENTS("check", "."));
  CU_ASSERT_PTR_NOT_NULL(strstr(program.out, "6 records in 2 files"));
  expect(ARGUMENTS("list", "/proc/self/fdinfo"), 1, "");
  CU_ASSERT_TRUE(program_said(&program, "there is no WARC file in /proc"));
  close_program();
}

static void test_revisits(void) {
  open_program();
  write_part(4, CHAIN, "b.warc.gz", SIZE_MAX);
  expect(
      ARGUMENTS("show", "b.warc.gz", "a.warc.gz", "http://example.com/third"),
      0, "<p>page</p>\n");
  expect(ARGUMENTS("show", "b.warc.gz", "http://example.com/a"), 1, "");
  CU_ASSERT_TRUE(program_said(&program, "revisits of each other"));
  close_program();
}

/* ---- Files that are none ---- */

static void test_no_archive(void) {
  open_program();
  program_write(&program, "text", "text\n", 5);
  program_write(&program, "empty", "", 0);
  expect(ARGUMENTS("list", "text"), 1, "");
  CU_ASSERT_TRUE(program_said(&program, "text: at byte 0: no WARC record"));
  expect(ARGUMENTS("list", "empty"), 1, "");
  CU_ASSERT_TRUE(program_said(&program, "empty: there is no record in it"));
  expect(ARGUMENTS("list", "none"), 1, "");
  CU_ASSERT_TRUE(program_said(&program, "cannot read none"));
  close_program();
}

static void expect_usage(const char *const *arguments, const char *said) {
  expect(arguments, 2, "");
  CU_ASSERT_TRUE(program_said(&program, said));
  CU_ASSERT_TRUE(program_said(&program, "Try \"lariat warc --help\""));
}

static void test_usage(void) {
  open_program();
  expect_usage((const char *const[]){"warc", NULL},
               "list, show, check or cdx?");
  expect_usage(ARGUMENTS("lst", "x"), "did you mean \"list\"?");
  expect_usage(ARGUMENTS("print", "x"), "list, show, check or cdx, not");
  expect_usage(ARGUMENTS("list"), "which file?");
  expect_usage(ARGUMENTS("show", PAGE), "which file?");
  expect_usage(ARGUMENTS("show", "a.warc.gz", "a.warc.gz", "0"),
               "an offset is of one file, and these are 2");
  expect_usage(ARGUMENTS("list", "--jason", "x"), "did you mean --json?");
  expect_usage(ARGUMENTS("show", "--decode", "x"), "bodies are decoded");
  close_program();
}

/* Help, manual and completions know each option. */
static void test_help(void) {
  open_program();
  program_run(&program, ARGUMENTS("--help"));
  CU_ASSERT_EQUAL(program.code, 0);
  for (size_t i = 0; i < warc_options.count; i++) {
    char name[40];
    (void)snprintf(name, sizeof name, "--%s", warc_options.rows[i].name);
    if (!strstr(program.out, name)) fixture_fail("%s is not in --help", name);
  }
  program_run(&program, (const char *const[]){"--help", NULL});
  CU_ASSERT_PTR_NOT_NULL(strstr(program.out, "lariat warc"));
  close_program();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"records are listed", test_list},
      {"bodies are shown", test_show},
      {"bodies are shown by their offset", test_show_by_offset},
      {"headers are shown", test_headers},
      {"files are checked", test_check},
      {"files are indexed", test_index},
      {"directories", test_directory},
      {"revisits of revisits", test_revisits},
      {"files that are no archive", test_no_archive},
      {"usage", test_usage},
      {"help", test_help},
  };
  return fixture_main("warc_archive", tests, FIXTURE_COUNT(tests), argc, argv);
}
