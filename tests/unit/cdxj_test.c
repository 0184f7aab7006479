/* SPDX-License-Identifier: MIT
 * cdxj_test.c: keys as the surt package has them, and the lines of an index. */
#include <lariat/crawl/cdxj.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fixture.h"
#include <lariat/crawl/warc.h>

static struct fixture fixture;

static void open_fixture(void) { fixture_open(&fixture, FIXTURE_NO_REACTOR); }
static void close_fixture(void) { fixture_close(&fixture); }

/* ---- Keys ---- */

static void check_key(const char *url, const char *expected) {
  char key[600];
  size_t length = lariat_crawl_cdxj_key(url, key, sizeof key);
  if (strcmp(key, expected) != 0)
    fixture_fail("%s: %s instead of %s", url, key, expected);
  CU_ASSERT_EQUAL(length, strlen(expected));
  CU_ASSERT_EQUAL(lariat_crawl_cdxj_key(url, NULL, 0), length);
}

#define ID "0123456789abcdefghijklemopqrstuv" /* 32 letters and digits */

static void test_keys(void) {
  open_fixture();
  check_key("http://www.archive.org/", "org,archive)/");
  check_key("https://www12.archive.org:443/", "org,archive)/");
  check_key("http://wwwx.archive.org:8080/", "org,archive,wwwx:8080)/");
  check_key("http://user:p@ARCHIVE.org./", "org,archive)/");
  check_key("http://192.168.1.254/info/", "254,1,168,192)/info");
  check_key("http://[::1]:80/", "[::1])/");
  check_key("http://archive.org/goo/", "org,archive)/goo");
  check_key("http://archive.org/Goo/?#x", "org,archive)/goo");
  check_key("http://archive.org/goo/?b&a", "org,archive)/goo?a&b");
  check_key("http://archive.org/goo/?a=2&b&a=1", "org,archive)/goo?a=1&a=2&b");
  check_key("http://archive.org/?a-=1&a=1&a", "org,archive)/?a&a=1&a-=1");
  check_key("http://archive.org//a//b/.", "org,archive)/a/b");
  check_key("http://archive.org/%2e%2E/a/%2e%2e/b", "org,archive)/b");
  check_key("http://archive.org/%2525252525", "org,archive)/%25");
  check_key("http://archive.org/%25%32%35a%%", "org,archive)/%25a%25%25");
  check_key("http://archive.org/%C3%A9%20?%C3%A9=%2F",
            "org,archive)/%c3%a9%20?%c3%a9=/");
  check_key("http://archive.org/a%23b", "org,archive)/a%23b");
  check_key(
      "http://visit.webhosting.yahoo.com/visit.gif?&r=http%3A//"
      "web.archive.org/http%3A//anthony.com/&b=Netscape%205.0%20%28Windows"
      "%3B%20en-US%29&s=1366x768",
      "com,yahoo,webhosting,visit)/visit.gif?&b=netscape%205.0%20(windows;"
      "%20en-us)&r=http://web.archive.org/http://anthony.com/&s=1366x768");
  check_key("dns:archive.org", "dns:archive.org");
  check_key("no URL", "no URL");
  close_fixture();
}

static void test_sessions(void) {
  open_fixture();
  check_key("http://a.org/index.php?PHPSESSID=" ID "&action=profile;u=4221",
            "org,a)/index.php?action=profile;u=4221");
  check_key("http://a.org/?jsessionid=" ID, "org,a)/");
  check_key("http://a.org/?jsessionid=" ID "0", "org,a)/?jsessionid=" ID "0");
  check_key("http://a.org/?one=two&jsessionid=" ID, "org,a)/?&one=two");
  check_key("http://a.org/?sid=9682993c8daa2c5497996114facdc805&jsessionid=" ID,
            "org,a)/");
  check_key("http://a.org/?aspsessionidABCDEFGH=ABCDEFGHIJKLMNOPQRSTUVWX&x=y",
            "org,a)/?x=y");
  check_key("http://a.org/?CFID=14475712&CFTOKEN=2D89F5AF-3048&r=4",
            "org,a)/?r=4");
  check_key("http://a.org/?CFID=16603925&CFTOKEN=2AE13", "org,a)/");
  check_key("http://a.org/?CFID=&CFTOKEN=2AE13", "org,a)/?cfid=&cftoken=2ae13");
  check_key("http://a.org/(S(4hqa0555fwsecu455xqckv45))/mileg.aspx",
            "org,a)/mileg.aspx");
  check_key("http://a.org/x/(4hqa0555fwsecu455xqckv45)/mileg.aspx",
            "org,a)/x/mileg.aspx");
  check_key("http://a.org/(a(4hqa0555fwsecu455xqckv45)S("
            "4hqa0555fwsecu455xqckv45))/m.aspx?page=s",
            "org,a)/m.aspx?page=s");
  check_key("http://a.org/(4hqa0555fwsecu455xqckv45)/mileg.html",
            "org,a)/(4hqa0555fwsecu455xqckv45)/mileg.html");
  close_fixture();
}

static void test_short_key(void) {
  open_fixture();
  char key[8] = "xxxxxxx";
  CU_ASSERT_EQUAL(lariat_crawl_cdxj_key("http://archive.org/", key, 4), 13);
  CU_ASSERT_STRING_EQUAL(key, "org");
  CU_ASSERT_EQUAL(key[4], 'x');
  close_fixture();
}

/* ---- Indexes ---- */

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; charset=x\r\n\r\n"

/* A directory with a file that has captures of two URLs. */
static char directory[32], path[64], index_path[64];

static void open_directory(void) {
  (void)snprintf(directory, sizeof directory, "/tmp/lariat-cdxj-XXXXXX");
  CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
  (void)snprintf(path, sizeof path, "%s/a.warc", directory);
  (void)snprintf(index_path, sizeof index_path, "%s/a.cdxj", directory);
}

static void remove_directory(void) {
  unlink(path);
  unlink(index_path);
  CU_ASSERT_EQUAL(rmdir(directory), 0);
}

static void write_warc(int level) {
  lariat_crawl_warc_buffer *buffer;
  lariat_crawl_warc_exchange exchange = {.size = sizeof exchange,
                                         .url = "http://b.org/?\"\\",
                                         .at_ns = INT64_C(1796042096789012345),
                                         .head = HEAD,
                                         .head_length = strlen(HEAD),
                                         .body = "hello",
                                         .body_length = 5};
  size_t length;
  open_directory();
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_warc_buffer_new(level, &buffer),
                        LARIAT_OK);
  CU_ASSERT_EQUAL(
      lariat_crawl_warc_add_info(buffer, 0, NULL, "software: x\r\n"),
      LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, NULL),
                  LARIAT_OK);
  exchange.url = "http://www.a.org/x/";
  exchange.revisit = true;
  exchange.request_head = "GET / HTTP/1.1\r\n\r\n";
  exchange.request_head_length = 18;
  CU_ASSERT_EQUAL(lariat_crawl_warc_add_exchange(buffer, &exchange, NULL),
                  LARIAT_OK);
  const char *bytes = lariat_crawl_warc_buffer_bytes(buffer, &length);
  CU_ASSERT_EQUAL(write(fd, bytes, length), (ssize_t)length);
  close(fd);
  lariat_crawl_warc_buffer_free(buffer);
}

static void check_index(const char *expected) {
  char text[2000];
  CU_ASSERT_EQUAL(lariat_crawl_cdxj_make(path, index_path), LARIAT_OK);
  FILE *file = fopen(index_path, "re");
  CU_ASSERT_PTR_NOT_NULL_FATAL(file);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  (void)fclose(file);
  if (strcmp(text, expected) != 0)
    fixture_fail("%s\ninstead of\n%s", text, expected);
}

static void test_index(void) {
  open_fixture();
  write_warc(0);
#define DIGEST "VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N"
  check_index(
      "org,a)/x 20261130123456 {\"url\": \"http://www.a.org/x/\", "
      "\"mime\": \"warc/revisit\", \"status\": \"200\", \"digest\": \"" DIGEST
      "\", \"length\": \"593\", \"offset\": \"794\", \"filename\": "
      "\"a.warc\"}\n"
      "org,b)/?\"\\ 20261130123456 {\"url\": \"http://b.org/?\\\"\\\\\", "
      "\"mime\": \"Text/HTML\", \"status\": \"200\", \"digest\": \"" DIGEST
      "\", \"length\": \"492\", \"offset\": \"302\", \"filename\": "
      "\"a.warc\"}\n");
  remove_directory();
  close_fixture();
}

/* A cut file has the lines of what is whole. */
static void test_cut_file(void) {
  open_fixture();
  lariat_crawl_cdxj *index;
  uint64_t skipped = 0;
  write_warc(0);
  CU_ASSERT_EQUAL_FATAL(lariat_crawl_cdxj_new(&index), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_cdxj_add_file(index, path, &skipped), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_cdxj_count(index), 2);
  CU_ASSERT_EQUAL(skipped, 0);
  CU_ASSERT_EQUAL(truncate(path, 1000), 0);
  CU_ASSERT_EQUAL(lariat_crawl_cdxj_add_file(index, path, &skipped), LARIAT_OK);
  CU_ASSERT_EQUAL(lariat_crawl_cdxj_count(index), 3);
  CU_ASSERT_EQUAL(skipped, 1);
  lariat_crawl_cdxj_free(index);
  lariat_crawl_cdxj_free(NULL);
  remove_directory();
  close_fixture();
}

static void test_files(void) {
  open_fixture();
  CU_ASSERT_EQUAL(lariat_crawl_cdxj_make("/no/such/file", "/tmp/x"),
                  LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(errno, ENOENT);
  write_warc(4);
  CU_ASSERT_EQUAL(lariat_crawl_cdxj_make(path, "/no/such/file"),
                  LARIAT_ESYSTEM);
  CU_ASSERT_EQUAL(errno, ENOENT);
  CU_ASSERT_EQUAL(lariat_crawl_cdxj_make(path, "/dev/full/x"), LARIAT_ESYSTEM);
  remove_directory();
  close_fixture();
}

static void test_out_of_memory(void) {
  open_fixture();
  lariat_status status = LARIAT_ENOMEM;
  write_warc(4);
  for (uint64_t nth = 1; status == LARIAT_ENOMEM && nth < 200; nth++) {
    fixture_fail_allocation(&fixture, nth);
    status = lariat_crawl_cdxj_make(path, index_path);
    CU_ASSERT_EQUAL(access(index_path, F_OK) == 0, status == LARIAT_OK);
  }
  CU_ASSERT_EQUAL(status, LARIAT_OK);
  fixture_fail_allocation(&fixture, 0);
  remove_directory();
  close_fixture();
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"keys", test_keys},
      {"session ids are no part of keys", test_sessions},
      {"a key that does not fit", test_short_key},
      {"an index", test_index},
      {"a file that is cut", test_cut_file},
      {"files that cannot be read or written", test_files},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("cdxj", tests, FIXTURE_COUNT(tests), argc, argv);
}
