/* SPDX-License-Identifier: MIT
 * url_host_test.c: hosts, whatever the locale. */
#include "http/url_host.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"

struct row {
  const char *in;
  const char *out; /* NULL: `fault` */
  lr_host_fault fault;
};

#define BUECHER                                                                \
  "b\xc3\xbc"                                                                  \
  "cher"

static const struct row rows[] = {
    {"h", "h", 0},
    {"A-b.C1.Example", "a-b.c1.example", 0},
    {"h.", "h.", 0},
    {"a..b", "a..b", 0},
    {"a_b!$&'()*+,;=~", "a_b!$&'()*+,;=~", 0},
    {"%68%4fst", "host", 0},
    {"%31%32%37.0.0.1", "127.0.0.1", 0},
    {"%30x7f.1", "127.0.0.1", 0},
    {"0x7f.1", "127.0.0.1", 0},
    {"[::FFFF:1.2.3.4]", "[::ffff:102:304]", 0},
    {BUECHER ".example", "xn--bcher-kva.example", 0},
    {"B%C3%9CCHER.example", "xn--bcher-kva.example", 0},
    {"bu\xcc\x88"
     "cher",
     "xn--bcher-kva", 0},
    {"XN--Bcher-KVA", "xn--bcher-kva", 0},
    {"fa\xc3\x9f.example", "xn--fa-hia.example", 0},
    {"127\xe3\x80\x82"
     "0.0\xef\xbc\x8e"
     "1",
     "127.0.0.1", 0},
    {"\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1", "127.0.0.1", 0},
    {"\xe2\x93\x9bocalhost", "localhost", 0},
    {"\xef\xbc\x85\xef\xbc\x94\xef\xbc\x91", NULL, LR_HOST_BYTE},
    {"a\xc2\xad"
     "b",
     "ab", 0},
    {"\xe2\x98\x83.example", "xn--n3h.example", 0},
    {"\xe2\x98\x95\xef\xb8\x8f", "xn--53h", 0},
    {"xn--n3h", "xn--n3h", 0},
    {"a_\xe2\x98\x83", NULL, LR_HOST_NAME},
    {"\xe2\x98\x83\xe2\x84\x80", NULL, LR_HOST_NAME}, /* and "a/c" */
    {"xn--a_b", NULL, LR_HOST_NAME},
    {"\xe2\x84\x80", NULL, LR_HOST_BYTE}, /* "a/c" */
    {"\xc2\xad", NULL, LR_HOST_EMPTY},
    {"", NULL, LR_HOST_EMPTY},
    {"a b", NULL, LR_HOST_BYTE},
    {"a%20b", NULL, LR_HOST_BYTE},
    {"a%b", NULL, LR_HOST_BYTE},
    {"a%2541", NULL, LR_HOST_BYTE},
    {"a%00b", NULL, LR_HOST_BYTE},
    {"\xc3\xbc%00b", NULL, LR_HOST_BYTE},
    {"a%0d%0ab", NULL, LR_HOST_BYTE},
    {"a%7fb", NULL, LR_HOST_BYTE},
    {"a%2fb", NULL, LR_HOST_BYTE},
    {"a%40b", NULL, LR_HOST_BYTE},
    {"a^b", NULL, LR_HOST_BYTE},
    {"a|b", NULL, LR_HOST_BYTE},
    {"xn--a", NULL, LR_HOST_NAME},
    {"xn--", NULL, LR_HOST_NAME},
    {"\xff", NULL, LR_HOST_NAME},
    {"%ff%fe", NULL, LR_HOST_NAME},
    {"a\xe2\x80\x8d", NULL, LR_HOST_NAME}, /* a joiner */
    {"\xd7\x91"
     "a",
     NULL, LR_HOST_NAME},                             /* both directions */
    {"\xd7\x91\xe2\x98\x83", NULL, LR_HOST_NAME},     /* and a symbol */
    {"\xe2\x91\xa0\xe2\x98\x83", NULL, LR_HOST_NAME}, /* would be changed */
    {"1.2.3.4.5", NULL, LR_HOST_IPV4},
    {"a.256", NULL, LR_HOST_IPV4},
    {"[::1", NULL, LR_HOST_IPV6},
    {"[]", NULL, LR_HOST_IPV6},
    {"[", NULL, LR_HOST_IPV6},
    {"[127.0.0.1]", NULL, LR_HOST_IPV6},
    {"[fe80::1%25lo]", NULL, LR_HOST_IPV6},
};

static void check_row(const struct row *row) {
  size_t length = strlen(row->in);
  char *host = malloc(lr_url_host_capacity(length));
  char *end = host;
  lr_host_fault fault = lr_url_host_read(row->in, length, &end);
  if (fault != row->fault)
    fixture_fail("%s: fault %d, not %d", row->in, (int)fault, (int)row->fault);
  if (fault == LR_HOST_OK && row->out &&
      (strlen(row->out) != (size_t)(end - host) ||
       memcmp(host, row->out, strlen(row->out)) != 0))
    fixture_fail("%s: %.*s", row->in, (int)(end - host), host);
  free(host);
}

/* The memory is as much as is asked for, and no more. */
static void test_rows(void) {
  static const char *const locales[] = {"C", "C.UTF-8"};
  struct fixture f;
  for (size_t i = 0; i < FIXTURE_COUNT(locales); i++) {
    fixture_open(&f, FIXTURE_NO_REACTOR);
    CU_ASSERT_PTR_NOT_NULL(setlocale(LC_ALL, locales[i]));
    for (size_t k = 0; k < FIXTURE_COUNT(rows); k++) check_row(&rows[k]);
    fixture_close(&f);
  }
  (void)setlocale(LC_ALL, "C");
}

static void test_long(void) {
  static char name[70000];
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  memset(name, 'a', sizeof name - 1);
  check_row(&(struct row){name, name, 0});
  memcpy(name, "xn--", 4);
  check_row(&(struct row){name, NULL, LR_HOST_NAME});
  memcpy(name, "\xe2\x98\x83", 3);
  check_row(&(struct row){name, NULL, LR_HOST_NAME});
  for (size_t i = 0; i + 4 < 600; i += 4) memcpy(name + i, "\xe2\x98\x83.", 4);
  name[600] = '\0';
  check_row(&(struct row){name, NULL, LR_HOST_NAME});
  fixture_close(&f);
}

static void test_find_forbidden(void) {
  static const char host[] = "a%b<c";
  CU_ASSERT_PTR_EQUAL(lr_url_host_find_forbidden(host, 5), host + 3);
  CU_ASSERT_PTR_NULL(lr_url_host_find_forbidden(host, 3));
}

static void test_out_of_memory(void) {
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  fixture_fail_allocation(&f, 1);
  check_row(&(struct row){BUECHER, NULL, LR_HOST_NO_MEMORY});
  fixture_fail_allocation(&f, 0);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"hosts in two locales", test_rows},
      {"long hosts", test_long},
      {"forbidden bytes are found", test_find_forbidden},
      {"out of memory", test_out_of_memory},
  };
  return fixture_main("url_host", tests, FIXTURE_COUNT(tests), argc, argv);
}
