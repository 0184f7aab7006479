/* SPDX-License-Identifier: MIT
 * url_parser_test.c: texts to URL records: where the text of one part could be
 * taken for another's, and that any bytes at all come to something that can
 * stand in a request.  The URL table of the web platform tests is run by
 * tests/wpt. */
#include "http/url_parser.h"

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"

struct row {
  const char *base; /* NULL: none */
  const char *in;
  const char *out; /* NULL: refused */
};

static void check_row(const struct row *row) {
  lr_url_record base = {0};
  lr_url_record record;
  if (row->base)
    CU_ASSERT_EQUAL(
        lr_url_parser_run(row->base, strlen(row->base), NULL, &base, NULL),
        LARIAT_OK);
  lariat_status status = lr_url_parser_run(
      row->in, strlen(row->in), row->base ? &base : NULL, &record, NULL);
  if ((status == LARIAT_OK) != (row->out != NULL) ||
      (row->out && strcmp(record.text, row->out) != 0))
    fixture_fail("%s: %s", row->in, status ? "refused" : record.text);
  if (status) CU_ASSERT_PTR_NULL(record.text);
  lr_url_record_clear(&record);
  lr_url_record_clear(&base);
}

static void test_rows(void) {
  static const struct row rows[] = {
      {NULL, "http://a@b@c/", "http://a%40b@c/"},
      {NULL, "http://a:b:c@d/", "http://a:b%3Ac@d/"},
      {NULL, "http://a/b@c", "http://a/b@c"},
      {NULL, "http://a?b@c", "http://a/?b@c"},
      {NULL, "http://a#b@c", "http://a/#b@c"},
      {NULL, "http://a\\b@c", "http://a/b@c"},
      {NULL, "http://@a", "http://a/"},
      {NULL, "http://a:@b", "http://a@b/"},
      {NULL, "http://a@", NULL},
      {NULL, "http://a@:80", NULL},
      {NULL, "http://[::1]:", "http://[::1]/"},
      {NULL, "http://[::1]a/", NULL},
      {NULL, "http://[a:80", NULL},
      {NULL, "http://a:0080/", "http://a/"},
      {NULL, "https://a:80/", "https://a:80/"},
      {NULL, "http://a:00000000000000000065535/", "http://a:65535/"},
      {NULL, "http://a:-1/", NULL},
      {NULL, "http://a: 1/", NULL},
      {NULL, "http:///a", "http://a/"},
      {NULL, "HtTpS:a", "https://a/"},
      {NULL, "http", NULL},
      {NULL, ":http://a", NULL},
      {NULL, "1http://a", NULL},
      {NULL, "http//a", NULL},
      {NULL, "http://a/..", "http://a/"},
      {NULL, "http://a/../../b", "http://a/b"},
      {NULL, "http://a/b/.", "http://a/b/"},
      {NULL, "http://a/b/..", "http://a/"},
      {NULL, "http://a/b/../", "http://a/"},
      {NULL, "http://a//../b", "http://a/b"},
      {NULL, "http://a/b//..", "http://a/b/"},
      {NULL, "http://a/%2e%2E%2f", "http://a/%2e%2E%2f"},
      {NULL, "http://a/b/%2e./c", "http://a/c"},
      {NULL, "http://a/.%2", "http://a/.%2"},
      {NULL, "http://a/b/.\\c", "http://a/b/c"},
      {NULL, "http://a/b?c/../d", "http://a/b?c/../d"},
      {NULL, "http://a/b#c/../d ?#", "http://a/b#c/../d%20?#"},
      {NULL, "http://a/#`<>\"'{}", "http://a/#%60%3C%3E%22'{}"},
      {"http://a/b/c?d#e", "", "http://a/b/c?d"},
      {"http://a/b/c?d#e", "?", "http://a/b/c?"},
      {"http://a/b/c?d#e", "#", "http://a/b/c?d#"},
      {"http://a/b/c?d#e", ".", "http://a/b/"},
      {"http://a/b/c?d#e", "..", "http://a/"},
      {"http://a/b/c?d#e", "../..", "http://a/"},
      {"http://a/b/c?d#e", "d", "http://a/b/d"},
      {"http://a/b/c?d#e", "d:e", NULL},
      {"http://a/b/c?d#e", "./d:e", "http://a/b/d:e"},
      {"http://a/b/c?d#e", "http:", "http://a/b/c?d"},
      {"http://a/b/c?d#e", "http:d", "http://a/b/d"},
      {"http://a/b/c?d#e", "http:/d", "http://a/d"},
      {"http://a/b/c?d#e", "http://d", "http://d/"},
      {"http://a/b/c?d#e", "https:d", "https://d/"},
      {"http://a/b/c?d#e", "/\\d", "http://d/"},
      {"http://a/b/c?d#e", "\\d", "http://a/d"},
      {"https://u:p@a:1/b", "/c", "https://u:p@a:1/c"},
      {"https://u:p@a:1/b", "//c", "https://c/"},
  };
  struct fixture f;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  for (size_t i = 0; i < FIXTURE_COUNT(rows); i++) check_row(&rows[i]);
  fixture_close(&f);
}

/* ---- Any bytes ---- */

static uint64_t next_random(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return *state >> 33;
}

/* Writes what parsers stumble over. */
static size_t random_bytes(char *bytes, size_t capacity, uint64_t *state) {
  static const char stones[] = "/\\?#@:[]%.. \t\n\r\0azAZ09\xc3\xbc\xff\x7f<";
  size_t length = next_random(state) % capacity;
  for (size_t i = 0; i < length; i++)
    bytes[i] = next_random(state) % 4
                   ? stones[next_random(state) % (sizeof stones - 1)]
                   : (char)next_random(state);
  if (next_random(state) % 2 && length > 7) memcpy(bytes, "http://", 7);
  return length;
}

static bool can_be_sent(const lr_url_record *record) {
  for (uint32_t i = 0; i < record->length; i++)
    if (record->text[i] <= ' ' || record->text[i] == 0x7f) return false;
  return record->text[record->path] == '/' &&
         record->text[record->length] == '\0' &&
         record->host < record->host_end;
}

static void check_again(const lr_url_record *record) {
  lr_url_record again;
  lariat_status status =
      lr_url_parser_run(record->text, record->length, NULL, &again, NULL);
  if (status || strcmp(again.text, record->text) != 0)
    fixture_fail("%s: again %s", record->text, status ? "-" : again.text);
  lr_url_record_clear(&again);
}

static void test_any_bytes(void) {
  static const char base_text[] = "https://u:p@a.example:1/b/c/../d?e";
  uint64_t state = 20261130;
  unsigned taken = 0;
  struct fixture f;
  lr_url_record base;
  fixture_open(&f, FIXTURE_NO_REACTOR);
  CU_ASSERT_EQUAL(
      lr_url_parser_run(base_text, sizeof base_text - 1, NULL, &base, NULL),
      LARIAT_OK);
  for (unsigned i = 0; i < 200000; i++) {
    char bytes[48];
    lr_url_record record;
    lariat_url_error error = {SIZE_MAX, ""};
    size_t length = random_bytes(bytes, sizeof bytes, &state);
    lariat_status status =
        lr_url_parser_run(bytes, length, i % 2 ? &base : NULL, &record, &error);
    if (status == LARIAT_OK) {
      taken++;
      if (!can_be_sent(&record)) fixture_fail("%s", record.text);
      check_again(&record);
    } else if (error.byte > length || !error.message[0]) {
      fixture_fail("%.*s: byte %zu", (int)length, bytes, error.byte);
    }
    lr_url_record_clear(&record);
  }
  CU_ASSERT_TRUE(taken > 20000 && taken < 180000);
  lr_url_record_clear(&base);
  fixture_close(&f);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"parts and their limits", test_rows},
      {"any bytes", test_any_bytes},
  };
  return fixture_main("url_parser", tests, FIXTURE_COUNT(tests), argc, argv);
}
