/* SPDX-License-Identifier: MIT
 * name_sources_test.c: lines "hosts" as systems have them. */
#include "net/name_sources.h"

#include <string.h>

#include "support/fixture.h"

/* The names for which the C library is asked, of "www.test", "printer.local",
 * "box" and "this.test", as letters. */
static const struct row {
  const char *text;
  const char *files_dns; /* "fd", or less */
  const char *system;    /* "wpbt", or less */
} rows[] = {
    {NULL, "fd", ""},
    {"", "fd", ""},
    {"passwd: files\n", "fd", ""},
    {"hosts: files dns\n", "fd", ""},
    {"hosts:          files dns", "fd", ""},
    {"# hosts: nis\nhosts:\tfiles\tdns # and no more\n", "fd", ""},
    {"passwd: x\n  HOSTS : files dns\n", "fd", ""},
    {"hosts: files", "f", ""},
    {"hosts: dns", "d", ""},
    {"hosts: files mdns4_minimal [NOTFOUND=return] dns\n", "fd", "p"},
    {"hosts: files mdns4_minimal [NOTFOUND=return] dns mdns4", "fd", "p"},
    {"hosts: files myhostname dns", "fd", "bt"},
    {"hosts: files mdns_minimal [NOTFOUND=return] dns myhostname", "fd", "pbt"},
    {"hosts: files dns [!UNAVAIL=return]", "fd", ""},
    {"hosts: files resolve [!UNAVAIL=return] dns", "", "wpbt"},
    {"hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns", "",
     "wpbt"},
    {"hosts: files wins dns", "", "wpbt"},
    {"hosts: db files dns", "", "wpbt"},
    {"hosts: dns files", "", "wpbt"},
    {"hosts: files [NOTFOUND=return] dns", "", "wpbt"},
    {"hosts: dns [!UNAVAIL=return] files", "", "wpbt"},
    {"hosts:", "", "wpbt"},
};

static void check_name(const lr_name_sources *sources, const char *name,
                       const char *letters, char letter) {
  CU_ASSERT_EQUAL(
      lr_name_sources_need_system(sources, name, strlen(name), "this.test"),
      strchr(letters, letter) != NULL);
}

static void check_row(const struct row *row) {
  lr_name_sources sources =
      lr_name_sources_read(row->text, row->text ? strlen(row->text) : 0);
  CU_ASSERT_EQUAL(sources.files, strchr(row->files_dns, 'f') != NULL);
  CU_ASSERT_EQUAL(sources.dns, strchr(row->files_dns, 'd') != NULL);
  check_name(&sources, "www.test", row->system, 'w');
  check_name(&sources, "a.this.test", row->system, 'w');
  check_name(&sources, "printer.local", row->system, 'p');
  check_name(&sources, "printer.local.", row->system, 'p');
  check_name(&sources, "box", row->system, 'b');
  check_name(&sources, "this.test", row->system, 't');
}

static void test_rows(void) {
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) check_row(&rows[i]);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {{"lines", test_rows}};
  return fixture_main("name sources", tests, FIXTURE_COUNT(tests), argc, argv);
}
