/* SPDX-License-Identifier: MIT
 * url_table.c: runs the URL table of the web platform tests, which script/wpt
 * gets: every row whose URL is of http or https must come to what it says, in
 * all of its parts; every other row must be refused.
 *
 * usage: url_table [FILE]     exit 0: all is as it says; 77: there is no FILE
 */
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "http/url.h"
#include <lariat/url.h>

static unsigned failed;

/* ---- The file ---- */

/* Replaces halves of surrogate pairs that stand alone, which jansson does not
 * take, by what a browser makes of them: the replacement character. */
static void repair_surrogates(char *text) {
  for (char *at = text; (at = strstr(at, "\\u")) != NULL; at += 6) {
    bool high = strspn(at + 2, "dD") >= 1 && strspn(at + 3, "89abAB") >= 1;
    bool low = strspn(at + 2, "dD") >= 1 && strspn(at + 3, "cdefCDEF") >= 1;
    bool escaped = at > text && at[-1] == '\\' && at[-2] != '\\';
    if (escaped || (!high && !low)) continue;
    bool pair = high && at[6] == '\\' && at[7] == 'u' &&
                strspn(at + 8, "dD") >= 1 && strspn(at + 9, "cdefCDEF") >= 1;
    if (pair)
      at += 6;
    else
      memcpy(at + 2, "fffd", 4);
  }
}

static char *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  static char text[1 << 20];
  size_t length = fread(text, 1, sizeof text - 1, file);
  text[length] = '\0';
  (void)fclose(file);
  return text;
}

/* ---- Rows ---- */

static const char *text_of(const json_t *row, const char *key) {
  const char *text = json_string_value(json_object_get(row, key));
  return text ? text : "";
}

static void fail(const json_t *row, const char *what, const char *seen) {
  failed++;
  printf("\"%s\" against \"%s\": %s: %s\n", text_of(row, "input"),
         text_of(row, "base"), what, seen);
}

static bool is_http(const char *text) {
  return strncmp(text, "http:", 5) == 0 || strncmp(text, "https:", 6) == 0;
}

static lariat_status parse_text(const json_t *row, const char *key,
                                const lariat_url *base, lariat_url **out) {
  const json_t *value = json_object_get(row, key);
  return lariat_url_parse(json_string_value(value), json_string_length(value),
                          base, out, NULL);
}

/* Compares a part, with what the row has before it, "?" or "". */
static void check_part(const json_t *row, const char *key, const char *before,
                       lariat_url_part part, const char *behind) {
  char seen[1024] = "";
  if (part.bytes && (part.length > 0 || !*before))
    snprintf(seen, sizeof seen, "%s%.*s%s", before, (int)part.length,
             part.bytes, behind);
  if (strcmp(seen, text_of(row, key)) != 0) fail(row, key, seen);
}

static void check_port(const json_t *row, const lariat_url *url) {
  char seen[16] = "";
  bool tls = lariat_url_scheme(url).length == 5;
  unsigned port = lariat_url_port(url);
  if (port != (tls ? 443 : 80)) snprintf(seen, sizeof seen, "%u", port);
  if (strcmp(seen, text_of(row, "port")) != 0) fail(row, "port", seen);
}

static void check_parts(const json_t *row, const lariat_url *url) {
  check_part(row, "protocol", "", lariat_url_scheme(url), ":");
  check_part(row, "username", "", lariat_url_user(url), "");
  check_part(row, "password", "", lariat_url_password(url), "");
  check_part(row, "hostname", "", lariat_url_host(url), "");
  check_part(row, "pathname", "", lariat_url_path(url), "");
  check_part(row, "search", "?", lariat_url_query(url), "");
  check_part(row, "hash", "#", lariat_url_fragment(url), "");
  check_port(row, url);
}

/* Parses what was written once more. */
static void check_again(const json_t *row, const lariat_url *url) {
  size_t length;
  const char *text = lariat_url_text(url, &length);
  lariat_url *again = NULL;
  if (strlen(text) != length) fail(row, "length", text);
  if (lariat_url_parse(text, length, NULL, &again, NULL) != LARIAT_OK)
    fail(row, "again", "refused");
  else if (strcmp(lariat_url_text(again, NULL), text) != 0)
    fail(row, "again", lariat_url_text(again, NULL));
  lariat_url_free(again);
}

/* Has the URL read as one that is to be fetched, by the short cut perhaps. */
static void check_fetched(const json_t *row, const lariat_url *url) {
  lr_url fetched;
  lariat_url *bare = NULL;
  lariat_status status = lr_url_parse(&fetched, lariat_url_text(url, NULL));
  if (status != LARIAT_OK) return; /* a host that cannot be looked up; port 0 */
  if (lariat_url_copy_without(url, LARIAT_URL_USERINFO | LARIAT_URL_FRAGMENT,
                              &bare) != LARIAT_OK)
    fail(row, "copy", "refused");
  else if (strcmp(fetched.text, lariat_url_text(bare, NULL)) != 0)
    fail(row, "fetched", fetched.text);
  lariat_url_free(bare);
  lr_url_clear(&fetched);
}

static void check_url(const json_t *row, const lariat_url *url) {
  const char *text = lariat_url_text(url, NULL);
  if (strcmp(text, text_of(row, "href")) != 0) fail(row, "href", text);
  check_parts(row, url);
  check_again(row, url);
  check_fetched(row, url);
}

/* Returns what comes of a row; a base of another scheme is none, and is what is
 * refused if it is needed. */
static lariat_status parse_row(const json_t *row, lariat_url **url) {
  lariat_url *base = NULL;
  lariat_status base_status = LARIAT_OK;
  if (json_is_string(json_object_get(row, "base")))
    base_status = parse_text(row, "base", NULL, &base);
  lariat_status status = parse_text(row, "input", base, url);
  lariat_url_free(base);
  return status == LARIAT_EURL && base_status == LARIAT_ESCHEME ? LARIAT_ESCHEME
                                                                : status;
}

/* Checks one row; true: its URL is one of http or https. */
static bool check_row(const json_t *row) {
  lariat_url *url = NULL;
  lariat_status status = parse_row(row, &url);
  const char *href = text_of(row, "href");
  if (json_is_true(json_object_get(row, "failure"))) {
    if (url) fail(row, "taken", lariat_url_text(url, NULL));
  } else if (!is_http(href)) {
    if (status != LARIAT_ESCHEME)
      fail(row, "another scheme", lariat_status_name(status));
  } else if (url) {
    check_url(row, url);
  } else {
    fail(row, "refused", lariat_status_name(status));
  }
  lariat_url_free(url);
  return is_http(href);
}

int main(int argc, char **argv) {
  json_error_t error;
  unsigned rows = 0;
  unsigned http = 0;
  char *text = read_file(argc > 1 ? argv[1] : WPT_URL_TABLE);
  if (!text) {
    puts("skipped: there is no table of the web platform tests (script/wpt)");
    return 77;
  }
  (void)setlocale(LC_ALL, "");
  repair_surrogates(text);
  json_t *table = json_loads(text, JSON_ALLOW_NUL, &error);
  if (!table) printf("line %d: %s\n", error.line, error.text);
  for (size_t i = 0; i < json_array_size(table); i++) {
    const json_t *row = json_array_get(table, i);
    if (!json_is_object(row)) continue; /* a remark */
    rows++;
    http += check_row(row);
  }
  json_decref(table);
  printf("%u rows, %u of http and https: %u faults\n", rows, http, failed);
  return failed > 0 || http < 200;
}
