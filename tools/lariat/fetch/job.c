/* SPDX-License-Identifier: MIT
 * job.c: input lines taken apart: URLs and JSON objects. */
#include "fetch/job.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { URL_CAPACITY = 256, KEPT_CAPACITY = 4096, TAG_MAX = 4096 };

struct job *job_new(void *owner) {
  struct job *job = calloc(1, sizeof *job);
  if (!job) return NULL;
  job->owner = owner;
  job->saved.fd = -1;
  job->url.capacity = URL_CAPACITY;
  job->url.text = malloc(job->url.capacity);
  if (job->url.text) return job;
  free(job);
  return NULL;
}

static void extras_free(struct extras *extras) {
  if (!extras) return;
  for (size_t i = 0; i < extras->header_count; i++)
    free((void *)(uintptr_t)extras->headers[i].name);
  free(extras->headers);
  free(extras->method);
  free(extras->body);
  free(extras->tag);
  free(extras);
}

void job_free(struct job *job) {
  extras_free(job->extras);
  free(job->url.text);
  free(job);
}

void job_wipe(struct job *job) {
  extras_free(job->extras);
  struct job_url *url = &job->url;
  if (url->capacity > KEPT_CAPACITY) {
    char *less = realloc(url->text, URL_CAPACITY);
    if (less) {
      url->text = less;
      url->capacity = URL_CAPACITY;
    }
  }
  *job = (struct job){.owner = job->owner,
                      .saved = {.fd = -1},
                      .url = {.text = url->text, .capacity = url->capacity}};
}

static bool reserve_url(struct job_url *url, size_t length) {
  if (length < url->capacity) return true;
  char *text = realloc(url->text, length + 1);
  if (!text) return false;
  url->text = text;
  url->capacity = length + 1;
  return true;
}

static bool set_url(struct job *job, const char *text, size_t length) {
  struct job_url *url = &job->url;
  if (!reserve_url(url, length)) return false;
  if (length) memcpy(url->text, text, length);
  url->text[length] = '\0';
  url->length = length;
  url->whole = length;
  return true;
}

static void refuse_line(struct job *job, const char *error,
                        const char *message) {
  job->error = error;
  job->message = message;
}

static void refuse_json(struct job *job, const char *subject,
                        const char *what) {
  snprintf(job->detail, sizeof job->detail, "%s%.100s", subject, what);
  refuse_line(job, "bad-json", job->detail);
}

/* Copies a JSON string without NULs; NULL with `*bad` set to what is wrong, or
 * left alone when out of memory. */
static char *copy_text(const json_t *value, const char **bad) {
  if (!json_is_string(value)) {
    *bad = "is not a string";
    return NULL;
  }
  size_t length = json_string_length(value);
  if (memchr(json_string_value(value), '\0', length)) {
    *bad = "has a NUL in it";
    return NULL;
  }
  return strndup(json_string_value(value), length);
}

/* ---- Keys ---- */

/* Each reader returns false when out of memory or with job->error set. */

static bool read_method(struct job *job, const json_t *value) {
  const char *bad = NULL;
  job->extras->method = copy_text(value, &bad);
  if (bad) refuse_json(job, "the method ", bad);
  return job->extras->method != NULL;
}

static bool read_body(struct job *job, const json_t *value) {
  if (!json_is_string(value)) {
    refuse_json(job, "", "the body is not a string");
    return false;
  }
  job->extras->body_length = json_string_length(value);
  job->extras->body = malloc(job->extras->body_length + 1);
  if (!job->extras->body) return false;
  memcpy(job->extras->body, json_string_value(value),
         job->extras->body_length + 1);
  return true;
}

static bool read_tag(struct job *job, const json_t *value) {
  job->extras->tag = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  if (!job->extras->tag) return false;
  if (strlen(job->extras->tag) <= TAG_MAX) return true;
  refuse_json(job, "", "the tag is longer than 4096 bytes");
  free(job->extras->tag);
  job->extras->tag = NULL;
  return false;
}

static bool read_url(struct job *job, const json_t *value) {
  if (!json_is_string(value)) {
    refuse_json(job, "", "the url is not a string");
    return false;
  }
  return set_url(job, json_string_value(value), json_string_length(value));
}

/* Adds a header with its name and value in one block. */
static bool add_header(struct job *job, const char *name, const json_t *value) {
  struct extras *extras = job->extras;
  const char *bad = NULL;
  char *text = copy_text(value, &bad);
  if (!text) {
    if (bad) refuse_json(job, "the value of a header ", bad);
    return false;
  }
  size_t length = strlen(name) + 1;
  char *both = malloc(length + strlen(text) + 1);
  if (both) {
    memcpy(both, name, length);
    memcpy(both + length, text, strlen(text) + 1);
    extras->headers[extras->header_count++] =
        (lariat_header){both, both + length};
  }
  free(text);
  return both != NULL;
}

static size_t count_headers(json_t *object) {
  const char *name;
  json_t *value;
  size_t count = 0;
  json_object_foreach(object, name, value) {
    count += json_is_array(value) ? json_array_size(value) : 1;
  }
  return count;
}

static bool add_headers(struct job *job, const char *name, json_t *value) {
  if (!json_is_array(value)) return add_header(job, name, value);
  for (size_t i = 0; i < json_array_size(value); i++)
    if (!add_header(job, name, json_array_get(value, i))) return false;
  return true;
}

static bool read_headers(struct job *job, json_t *object) {
  const char *name;
  json_t *value;
  if (!json_is_object(object)) {
    refuse_json(job, "", "the headers are not an object");
    return false;
  }
  job->extras->headers =
      calloc(count_headers(object) + 1, sizeof *job->extras->headers);
  if (!job->extras->headers) return false;
  json_object_foreach(object, name, value) {
    if (!add_headers(job, name, value)) return false;
  }
  return true;
}

static bool read_key(struct job *job, const char *key, json_t *value) {
  if (strcmp(key, "url") == 0) return read_url(job, value);
  if (strcmp(key, "tag") == 0) return read_tag(job, value);
  if (strcmp(key, "method") == 0) return read_method(job, value);
  if (strcmp(key, "headers") == 0) return read_headers(job, value);
  if (strcmp(key, "body") == 0) return read_body(job, value);
  refuse_json(job, "there is no such key: ", key);
  return false;
}

/* Reads the tag first, so that a line that is refused for something else has it
 * in its result. */
static bool read_keys(struct job *job, json_t *object) {
  const char *key;
  json_t *value;
  json_t *tag = json_object_get(object, "tag");
  job->extras = calloc(1, sizeof *job->extras);
  if (!job->extras) return false;
  if (tag && !read_tag(job, tag)) return job->error != NULL;
  json_object_foreach(object, key, value) {
    if (value == tag) continue;
    if (!read_key(job, key, value)) return job->error != NULL;
  }
  if (!json_object_get(object, "url"))
    refuse_json(job, "", "the object has no url");
  return true;
}

/* Says what is wrong and where, but not what stands there: that may be a
 * password. */
static void refuse_syntax(struct job *job, json_error_t *error) {
  char *near = strstr(error->text, " near '");
  char what[120];
  if (near) *near = '\0';
  snprintf(what, sizeof what, "%.80s at byte %d", error->text, error->position);
  refuse_json(job, "not a JSON object: ", what);
}

static bool read_json(struct job *job, const struct line *line) {
  json_error_t error;
  json_t *object = json_loadb(line->text, line->length,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
  bool good = true;
  if (object)
    good = read_keys(job, object);
  else
    refuse_syntax(job, &error);
  json_decref(object);
  /* A line that is refused is shown as it came. */
  if (good && job->error) good = set_url(job, line->text, line->length);
  return good;
}

static bool read_too_long(struct job *job, const struct line *line) {
  if (!set_url(job, line->text, line->length)) return false;
  job->url.whole = line->whole;
  snprintf(job->detail, sizeof job->detail,
           "the line has %zu bytes, %d are the most", line->whole,
           INPUT_LINE_MAX);
  refuse_line(job, "line-too-long", job->detail);
  return true;
}

/* ---- URLs without a scheme ---- */

static size_t count_digits(const char *text) {
  return strspn(text, "0123456789");
}

static bool is_host_byte(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z') || byte == '.' || byte == '-' ||
         byte == '_' || (byte & 0x80);
}

/* Tells whether `url` begins with what can only be meant as a host: a name with
 * a dot in it, localhost, an address in brackets, or any name with a port; so
 * "www.example.com", "localhost:8080/x", but not "mailto:x" and not a word. */
static bool begins_with_host(const char *url) {
  size_t length = 0;
  if (*url == '[')
    length = strcspn(url, "]") + 1;
  else
    while (is_host_byte(url[length])) length++;
  if (length == 0 || *url == '.' || length > strlen(url)) return false;
  bool is_host = *url == '[' || memchr(url, '.', length) ||
                 (length == 9 && strncasecmp(url, "localhost", 9) == 0);
  const char *behind = url + length;
  size_t digits = *behind == ':' ? count_digits(behind + 1) : 0;
  if (digits > 5) return false;
  if (digits) behind += 1 + digits;
  return (is_host || digits) && (!*behind || strchr("/?#", *behind));
}

/* Makes "http://www.example.com" of "www.example.com", as curl and wget do. */
static bool add_scheme(struct job_url *url) {
  static const char scheme[] = "http://";
  const size_t more = sizeof scheme - 1;
  if (!begins_with_host(url->text)) return true;
  if (!reserve_url(url, url->length + more)) return false;
  memmove(url->text + more, url->text, url->length + 1);
  memcpy(url->text, scheme, more);
  url->added = more;
  return true;
}

static bool check_url(struct job *job) {
  if (job->url.length == 0)
    refuse_line(job, "bad-url", "this is not a URL: it is empty");
  else if (memchr(job->url.text, '\0', job->url.length))
    refuse_line(job, "bad-url", "this is not a URL: it has a NUL in it");
  else
    return add_scheme(&job->url);
  return true;
}

bool job_read(struct job *job, const struct line *line) {
  job->line = line->number;
  if (line->whole > line->length) return read_too_long(job, line);
  if (line->length && line->text[0] == '{') {
    if (!read_json(job, line)) return false;
  } else if (!set_url(job, line->text, line->length)) {
    return false;
  }
  return job->error ? true : check_url(job);
}
