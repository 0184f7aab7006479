/* SPDX-License-Identifier: MIT
 * hosts_file_test.c: lines of a hosts file, and that it is read again. */
#include "net/hosts_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "support/fixture.h"

static const char lines[] = "# a comment\n"
                            "127.0.0.1\tlocalhost here # another\n"
                            "::1 localhost ip6\r\n"
                            "192.0.2.1 Www.Test. www2.test\n"
                            "192.0.2.2 www.test\n"
                            "192.0.2.1 www.test\n"
                            "not-an-address ghost.test\n"
                            "   192.0.2.3   last.test";

static void expect(const lr_hosts_file *file, const char *name,
                   const char *texts) {
  lr_host_address list[LR_ADDRESSES_MAX];
  char got[256] = "";
  size_t count = lr_hosts_file_find(file, name, strlen(name), list);
  for (size_t i = 0; i < count; i++) {
    char one[INET6_ADDRSTRLEN];
    lr_ip_write(&list[i].ip, one);
    size_t length = strlen(got);
    snprintf(got + length, sizeof got - length, "%s%s", i ? " " : "", one);
  }
  CU_ASSERT_STRING_EQUAL(got, texts);
}

static void test_lines(void) {
  struct fixture f;
  lr_hosts_file file;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_TRUE(lr_hosts_file_init(&file, NULL));
  lr_hosts_file_parse(&file, lines, sizeof lines - 1);
  expect(&file, "localhost", "127.0.0.1 ::1");
  expect(&file, "here", "127.0.0.1");
  expect(&file, "ip6", "::1");
  expect(&file, "www.test", "192.0.2.1 192.0.2.2");
  expect(&file, "www2.test", "192.0.2.1");
  expect(&file, "last.test", "192.0.2.3");
  expect(&file, "ghost.test", "");
  expect(&file, "#", "");
  lr_hosts_file_parse(&file, "", 0);
  expect(&file, "localhost", "");
  lr_hosts_file_clear(&file);
  fixture_close(&f);
}

static void write_file(const char *path, const char *text) {
  FILE *stream = fopen(path, "w");
  CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
  fputs(text, stream);
  fclose(stream);
}

static void test_read_again(void) {
  struct fixture f;
  lr_hosts_file file;
  char path[] = "/tmp/lariat-hosts-XXXXXX";
  fixture_open(&f, FIXTURE_NO_REACTOR);
  close(mkstemp(path));
  write_file(path, "192.0.2.1 a.test\n");
  CU_ASSERT_TRUE(lr_hosts_file_init(&file, path));
  lr_hosts_file_refresh(&file, 1);
  expect(&file, "a.test", "192.0.2.1");
  write_file(path, "192.0.2.22 a.test\n");
  lr_hosts_file_refresh(&file, 1 + LR_NS_PER_S - 1); /* not looked at yet */
  expect(&file, "a.test", "192.0.2.1");
  lr_hosts_file_refresh(&file, 1 + LR_NS_PER_S);
  expect(&file, "a.test", "192.0.2.22");
  unlink(path);
  lr_hosts_file_refresh(&file, 1 + 3 * LR_NS_PER_S);
  expect(&file, "a.test", "");
  lr_hosts_file_clear(&file);
  fixture_close(&f);
}

/* Out of memory nothing is lost but names. */
static void test_no_memory(void) {
  struct fixture f;
  lr_hosts_file file;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (uint64_t nth = 1; nth < 30; nth++) {
    if (!lr_hosts_file_init(&file, NULL)) continue;
    fixture_fail_allocation(&f, nth);
    lr_hosts_file_parse(&file, lines, sizeof lines - 1);
    fixture_fail_allocation(&f, 0);
    lr_hosts_file_clear(&file);
  }
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"lines", test_lines},
      {"it is read again", test_read_again},
      {"out of memory", test_no_memory},
  };
  return fixture_main("hosts file", tests, FIXTURE_COUNT(tests), argc, argv);
}
