/* SPDX-License-Identifier: MIT
 * har.c: what a browser has sent, but for what belonged to its connection. */
#include "har.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <lariat/url.h>

#include "base64.h"
#include "bytes.h"
#include "fault.h"
#include "json_value.h"
#include "log_time.h"

/* ---- Hosts ---- */

/* Returns where the port of "host:port" begins, behind its colon; NULL: there
 * is none. */
static const char *find_port(const char *text) {
  const char *bracket = strrchr(text, ']');
  const char *colon = strchr(bracket ? bracket : text, ':');
  return colon ? colon + 1 : NULL;
}

/* Parses "http://" and the text. */
static lariat_url *parse_host(const char *text) {
  char url[300];
  lariat_url *parsed;
  int length = snprintf(url, sizeof url, "http://%s/", text);
  if (strpbrk(text, "/?#@\\") || length >= (int)sizeof url ||
      lariat_url_parse(url, (size_t)length, NULL, &parsed, NULL) != LARIAT_OK)
    return NULL;
  return parsed;
}

bool lr_load_har_is_host(const char *text) {
  lariat_url *url = parse_host(text);
  lariat_url_free(url);
  return url != NULL;
}

static bool is_same_host(const lariat_url *url, const char *text) {
  lariat_url *parsed = parse_host(text);
  if (!parsed) return false;
  lariat_url_part a = lariat_url_host(url);
  lariat_url_part b = lariat_url_host(parsed);
  bool same =
      a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0 &&
      (!find_port(text) || lariat_url_port(url) == lariat_url_port(parsed));
  lariat_url_free(parsed);
  return same;
}

static bool is_allowed(const lariat_url *url,
                       const lariat_load_input_options *options) {
  for (size_t i = 0; i < options->host_count; i++)
    if (is_same_host(url, options->hosts[i])) return true;
  return false;
}

/* ---- Reading ---- */

struct reading {
  json_t *request;
  const lariat_load_input_options *options;
  lr_load_arena *arena;
  lr_load_har_entry *out;
  lariat_load_error *error;
};

static lariat_status skip(struct reading *reading, lariat_load_skip reason) {
  reading->out->skipped = true;
  reading->out->reason = reason;
  return LARIAT_OK;
}

static lariat_status read_url(struct reading *reading) {
  const char *text;
  lariat_url *url;
  lariat_status status =
      lr_load_json_text(json_object_get(reading->request, "url"), "request.url",
                        &text, reading->error);
  if (status != LARIAT_OK) return status;
  reading->out->request.url = text;
  status = lariat_url_parse(text, strlen(text), NULL, &url, NULL);
  if (status == LARIAT_ENOMEM) return status;
  if (status != LARIAT_OK) return skip(reading, LARIAT_LOAD_SKIP_SCHEME);
  if (!is_allowed(url, reading->options))
    status = skip(reading, LARIAT_LOAD_SKIP_HOST);
  lariat_url_free(url);
  return status;
}

/* ---- Headers ---- */

/* Tells whether a header was the connection's, or is made anew. */
static bool is_dropped(const char *name) {
  static const char *const names[] = {
      "Host",       "Content-Length",   "Connection", "Transfer-Encoding",
      "Keep-Alive", "Proxy-Connection", "Upgrade",    "HTTP2-Settings"};
  if (*name == ':' || !*name) return true;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcasecmp(names[i], name) == 0) return true;
  return false;
}

static lariat_status read_header(struct reading *reading, json_t *object,
                                 lariat_header *headers) {
  lariat_header header;
  lariat_status status =
      lr_load_json_text(json_object_get(object, "name"), "a header's name",
                        &header.name, reading->error);
  if (status == LARIAT_OK)
    status =
        lr_load_json_text(json_object_get(object, "value"), "a header's value",
                          &header.value, reading->error);
  if (status != LARIAT_OK) return status;
  if (strcasecmp(header.name, "Upgrade") == 0 &&
      strcasecmp(header.value, "websocket") == 0)
    return skip(reading, LARIAT_LOAD_SKIP_SCHEME);
  if (!is_dropped(header.name))
    headers[reading->out->request.header_count++] = header;
  return LARIAT_OK;
}

static lariat_status read_headers(struct reading *reading) {
  json_t *array = json_object_get(reading->request, "headers");
  json_t *object;
  size_t i;
  lariat_status status = LARIAT_OK;
  if (!array) return LARIAT_OK;
  if (!json_is_array(array))
    return lr_load_fail(reading->error, 0, "request.headers is not an array");
  lariat_header *headers = lr_load_arena_objects(
      reading->arena, json_array_size(array) + 1, sizeof(*headers));
  if (!headers) return LARIAT_ENOMEM;
  reading->out->request.headers = headers;
  json_array_foreach(array, i, object) {
    status = read_header(reading, object, headers);
    if (status != LARIAT_OK) return status;
  }
  return LARIAT_OK;
}

/* ---- Bodies ---- */

/* Copies bytes into the request's body; NULL: out of memory. */
static char *copy_body(struct reading *reading, const char *bytes,
                       size_t length) {
  char *copy = lr_load_arena_copy(reading->arena, bytes, length);
  reading->out->request.body = copy;
  reading->out->request.body_length = length;
  return copy;
}

static lariat_status set_body(struct reading *reading, const char *bytes,
                              size_t length) {
  return copy_body(reading, bytes, length) ? LARIAT_OK : LARIAT_ENOMEM;
}

static lariat_status set_encoded_body(struct reading *reading, const char *text,
                                      size_t length) {
  char *body = copy_body(reading, text, length);
  if (!body) return LARIAT_ENOMEM;
  if (lr_load_base64_decode(body, length, (uint8_t *)body,
                            &reading->out->request.body_length))
    return LARIAT_OK;
  return lr_load_fail(reading->error, 0, "postData is not base64");
}

/* Adds a text as forms have it (URL Standard, 5.2). */
static bool add_form_text(lr_load_bytes *buffer, const char *text) {
  static const char digits[] = "0123456789ABCDEF";
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
    bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                 (c >= 'a' && c <= 'z') || strchr("*-._", c);
    bool added = c == ' ' ? lr_load_bytes_add(buffer, "+", 1)
                 : plain  ? lr_load_bytes_add(buffer, text, 1)
                          : lr_load_bytes_add(buffer, escape, 3);
    if (!added) return false;
  }
  return true;
}

static lariat_status add_param(struct reading *reading, json_t *param,
                               lr_load_bytes *form) {
  json_t *value = json_object_get(param, "value");
  const char *name;
  const char *text = "";
  lariat_status status =
      lr_load_json_text(json_object_get(param, "name"), "a parameter's name",
                        &name, reading->error);
  if (status == LARIAT_OK && value)
    status =
        lr_load_json_text(value, "a parameter's value", &text, reading->error);
  if (status != LARIAT_OK) return status;
  bool good = (!form->length || lr_load_bytes_add(form, "&", 1)) &&
              add_form_text(form, name) && lr_load_bytes_add(form, "=", 1) &&
              add_form_text(form, text);
  return good ? LARIAT_OK : LARIAT_ENOMEM;
}

static lariat_status set_form(struct reading *reading, json_t *params) {
  lr_load_bytes form = {.bytes = NULL};
  json_t *param;
  size_t i;
  lariat_status status = LARIAT_OK;
  json_array_foreach(params, i, param) {
    status = add_param(reading, param, &form);
    if (status != LARIAT_OK) break;
  }
  if (status == LARIAT_OK) status = set_body(reading, form.bytes, form.length);
  lr_load_bytes_free(&form);
  return status;
}

static bool is_form(json_t *post) {
  static const char form[] = "application/x-www-form-urlencoded";
  const char *type = json_string_value(json_object_get(post, "mimeType"));
  return type && strncasecmp(type, form, strlen(form)) == 0;
}

/* Tells whether a value is a string that says something. */
static bool has_text(json_t *value) { return json_string_length(value) > 0; }

static lariat_status read_post(struct reading *reading, json_t *post) {
  json_t *text = json_object_get(post, "text");
  json_t *params = json_object_get(post, "params");
  const char *encoding = json_string_value(json_object_get(post, "encoding"));
  if (has_text(text) && encoding && strcasecmp(encoding, "base64") == 0)
    return set_encoded_body(reading, json_string_value(text),
                            json_string_length(text));
  if (has_text(text))
    return set_body(reading, json_string_value(text), json_string_length(text));
  if (json_array_size(params) == 0) return LARIAT_OK;
  return is_form(post) ? set_form(reading, params)
                       : skip(reading, LARIAT_LOAD_SKIP_BODY);
}

static lariat_status read_body(struct reading *reading) {
  json_t *post = json_object_get(reading->request, "postData");
  json_t *size = json_object_get(reading->request, "bodySize");
  lariat_status status = LARIAT_OK;
  if (json_is_object(post)) status = read_post(reading, post);
  if (status == LARIAT_OK && !reading->out->request.body &&
      !reading->out->skipped && json_number_value(size) > 0)
    return skip(reading, LARIAT_LOAD_SKIP_BODY);
  return status;
}

/* ---- Entries ---- */

static lariat_status read_time(json_t *entry, lr_load_har_entry *out,
                               lariat_load_error *error) {
  const char *text;
  lariat_status status =
      lr_load_json_text(json_object_get(entry, "startedDateTime"),
                        "startedDateTime", &text, error);
  if (status != LARIAT_OK) return status;
  if (lr_load_log_time_iso(text, strlen(text), &out->at_ns)) return LARIAT_OK;
  return lr_load_fail(error, 0, "startedDateTime is not a time");
}

/* Reads what is sent, each part unless it was skipped by one before. */
static lariat_status read_parts(struct reading *reading) {
  static lariat_status (*const readers[])(struct reading *) = {
      read_url, read_headers, read_body};
  for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
    lariat_status status = readers[i](reading);
    if (status != LARIAT_OK || reading->out->skipped) return status;
  }
  return LARIAT_OK;
}

lariat_status lr_load_har_read(json_t *entry,
                               const lariat_load_input_options *options,
                               lr_load_arena *arena, lr_load_har_entry *out,
                               lariat_load_error *error) {
  struct reading reading = {json_object_get(entry, "request"), options, arena,
                            out, error};
  *out = (lr_load_har_entry){.request = {.size = sizeof(out->request)}};
  if (!json_is_object(reading.request))
    return lr_load_fail(error, 0, "there is no request");
  if (json_is_string(json_object_get(entry, "_fromCache")))
    return skip(&reading, LARIAT_LOAD_SKIP_CACHED);
  lariat_status status =
      lr_load_json_text(json_object_get(reading.request, "method"),
                        "request.method", &out->request.method, error);
  if (status == LARIAT_OK) status = read_parts(&reading);
  if (status != LARIAT_OK || out->skipped || !options->timed) return status;
  return read_time(entry, out, error);
}

/* ---- Surrogates ---- */

/* Returns the unit of "\uXXXX" at the start of the text; 0: there is none. */
static unsigned read_unit(const char *text, size_t length) {
  unsigned unit = 0;
  if (length < 6 || text[0] != '\\' || text[1] != 'u') return 0;
  for (int i = 2; i < 6; i++) {
    char c = text[i];
    if (c >= '0' && c <= '9')
      unit = unit * 16 + (unsigned)(c - '0');
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
      unit = unit * 16 + (unsigned)((c | 0x20) - 'a' + 10);
    else
      return 0;
  }
  return unit;
}

void lr_load_har_repair(char *text, size_t length) {
  char *end = text + length;
  char *at = text;
  while ((at = memchr(at, '\\', (size_t)(end - at)))) {
    size_t left = (size_t)(end - at);
    unsigned unit = read_unit(at, left);
    unsigned next = left > 6 ? read_unit(at + 6, left - 6) : 0;
    size_t used = unit ? 6 : 2;
    if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000)
      used = 12;
    else if (unit >= 0xd800 && unit < 0xe000)
      memcpy(at, "\\ufffd", 6);
    at += used < left ? used : left;
  }
}
