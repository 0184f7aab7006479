/* SPDX-License-Identifier: MIT
 * readers.c: the values that the option table cannot describe. */
#include "fetch/readers.h"

#include <stdlib.h>
#include <string.h>

#include "fetch/details.h"
#include "fetch/settings.h"
#include "numbers.h"
#include "request_values.h"
#include "text.h"

bool read_output(void *settings, char *value) {
  struct file_settings *files = &((struct settings *)settings)->files;
  files->output = strcmp(value, "-") == 0 ? NULL : value;
  return *value != '\0';
}

/* Returns the detail that the `length` bytes at `word` name; 0: there is none.
 */
static unsigned detail_named(const char *word, size_t length) {
  static const struct {
    const char *word;
    unsigned detail;
  } rows[] = {{"trailers", DETAILS_TRAILERS},
              {"connection", DETAILS_CONNECTION},
              {"certificates", DETAILS_CERTIFICATES},
              {"history", DETAILS_HISTORY}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (strlen(rows[i].word) == length &&
        memcmp(rows[i].word, word, length) == 0)
      return rows[i].detail;
  return 0;
}

bool read_details(void *settings, char *value) {
  struct output_settings *output = &((struct settings *)settings)->output;
  const char *word = value;
  for (;;) {
    size_t length = strcspn(word, ",");
    unsigned detail = detail_named(word, length);
    output->details |= detail;
    if (!detail || !word[length]) return detail != 0;
    word += length + 1;
  }
}

/* ---- Retries ---- */

static void add_statuses(struct retry_settings *retry, unsigned low,
                         unsigned high) {
  for (unsigned status = low; status <= high; status++) {
    size_t i = 0;
    while (i < retry->status_count && retry->statuses[i] != (int)status) i++;
    retry->statuses[i] = (int)status;
    if (i == retry->status_count) retry->status_count++;
  }
}

/* Reads "503" or "5xx", which is `length` bytes long. */
static bool read_status(struct retry_settings *retry, const char *text,
                        size_t length) {
  if (length != 3 || (text[0] != '4' && text[0] != '5')) return false;
  unsigned class = (unsigned)(text[0] - '0') * 100;
  if (memcmp(text + 1, "xx", 2) == 0) {
    add_statuses(retry, class, class + 99);
    return true;
  }
  for (int i = 1; i < 3; i++)
    if (text[i] < '0' || text[i] > '9') return false;
  unsigned status =
      class + (unsigned)(text[1] - '0') * 10 + (unsigned)(text[2] - '0');
  add_statuses(retry, status, status);
  return true;
}

bool read_retry_statuses(void *settings, char *value) {
  struct retry_settings *retry = &((struct settings *)settings)->retry;
  const char *text = value;
  retry->has_statuses = true;
  if (strcmp(text, "none") == 0) return true;
  for (;;) {
    size_t length = strcspn(text, ",");
    if (!read_status(retry, text, length)) return false;
    if (!text[length]) return true;
    text += length + 1;
  }
}

bool read_retry_budget(void *settings, char *value) {
  struct retry_settings *retry = &((struct settings *)settings)->retry;
  uint64_t thousandths;
  retry->no_budget = strcmp(value, "none") == 0;
  if (retry->no_budget) return true;
  if (!number_read_thousandths(value, 0, 100000, &thousandths)) return false;
  retry->budget_ratio = (double)thousandths / 1000;
  return true;
}

/* ---- Requests ---- */

bool read_method(void *settings, char *value) {
  ((struct settings *)settings)->request.method = value;
  return request_value_is_method(value);
}

bool read_header(void *settings, char *value) {
  struct request_settings *request = &((struct settings *)settings)->request;
  lariat_header header;
  if (!request_value_cut_header(value, &header)) return false;
  lariat_header *headers =
      realloc(request->headers, (request->header_count + 1) * sizeof *headers);
  if (!headers) return false;
  request->headers = headers;
  headers[request->header_count++] = header;
  return true;
}

/* Adds a header Cookie, which is joined with others of the name. */
static bool add_cookie(struct request_settings *request, char *value) {
  lariat_header *headers =
      realloc(request->headers, (request->header_count + 1) * sizeof *headers);
  if (!headers) return false;
  request->headers = headers;
  headers[request->header_count++] = (lariat_header){"Cookie", value};
  return true;
}

/* Reads "NAME=VALUE; ...", or the name of a file, as curl tells them apart:
 * what has a "=" in it is the first. */
bool read_cookie(void *settings, char *value) {
  struct cookie_settings *cookies = &((struct settings *)settings)->cookies;
  if (strchr(value, '='))
    return add_cookie(&((struct settings *)settings)->request, value);
  cookies->wanted = true;
  if (!*value) return true;
  const char **files = realloc(cookies->files, (cookies->file_count + 1) *
                                                   sizeof(*cookies->files));
  if (!files) return false;
  cookies->files = files;
  files[cookies->file_count++] = value;
  return strcmp(value, "-") != 0;
}

bool read_cookie_jar(void *settings, char *value) {
  struct cookie_settings *cookies = &((struct settings *)settings)->cookies;
  cookies->jar = value;
  cookies->wanted = true;
  return *value && strcmp(value, "-") != 0;
}

bool read_user(void *settings, char *value) {
  struct request_settings *request = &((struct settings *)settings)->request;
  char *header = request_value_basic(value);
  if (!header) return false;
  free(request->authorization);
  request->authorization = header;
  return true;
}

/* Makes "a=b&c=d" of two texts, as curl does. */
static bool join_data(struct request_settings *request, const char *value) {
  size_t length = strlen(request->data);
  size_t more = strlen(value);
  char *joined = malloc(length + 1 + more + 1);
  if (!joined) return false;
  char *at = text_put(joined, request->data, length);
  *at++ = '&';
  (void)text_put(at, value, more + 1);
  free(request->joined_data);
  request->data = request->joined_data = joined;
  return true;
}

bool read_data(void *settings, char *value) {
  struct request_settings *request = &((struct settings *)settings)->request;
  if (strcmp(value, "@") == 0) return false;
  if (!request->data) {
    request->data = value;
    return true;
  }
  return *value != '@' && *request->data != '@' && join_data(request, value);
}

bool read_upload_file(void *settings, char *value) {
  ((struct settings *)settings)->request.upload = value;
  return *value != '\0' && strcmp(value, "-") != 0;
}

/* ---- Addresses ---- */

bool read_allow_net(void *settings, char *value) {
  return request_value_add_entry(
      &((struct settings *)settings)->addresses.allow_nets, value, ',');
}

bool read_deny_net(void *settings, char *value) {
  return request_value_add_entry(
      &((struct settings *)settings)->addresses.deny_nets, value, ',');
}

bool read_resolve(void *settings, char *value) {
  return request_value_add_entry(&((struct settings *)settings)->names.resolve,
                                 value, ' ');
}

bool read_connect_to(void *settings, char *value) {
  return request_value_add_entry(
      &((struct settings *)settings)->names.connect_to, value, ' ');
}
