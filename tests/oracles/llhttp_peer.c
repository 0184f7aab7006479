/* SPDX-License-Identifier: MIT
 * llhttp_peer.c: reads responses with llhttp, the parser of node; its sources
 * come from Debian's node-llhttp (script/oracles), and run.sh compiles this
 * with them.
 *
 * Input: for each response "G LENGTH" or "H LENGTH" (the request was GET or
 * HEAD), LF, and as many bytes.  Output: outcome.h's line for each. */
#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracles/outcome.h"

enum { VALUE_MOST = 1 << 20 };

/* One response; the texts of its header that is being read. */
struct reading {
  struct outcome outcome;
  bool head;
  bool complete;
  bool in_head;
  char *name;
  size_t name_length;
  char *value;
  size_t value_length;
};

static struct reading reading;

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static int on_begin(llhttp_t *parser) {
  (void)parser;
  reading.outcome.headers = outcome_begin;
  reading.outcome.body = outcome_begin;
  reading.outcome.body_length = 0;
  reading.in_head = true;
  reading.name_length = reading.value_length = 0;
  return 0;
}

static void append(char *to, size_t *length, const char *at, size_t more) {
  if (*length + more > VALUE_MOST) abort();
  memcpy(to + *length, at, more);
  *length += more;
}

static int on_name(llhttp_t *parser, const char *at, size_t length) {
  (void)parser;
  append(reading.name, &reading.name_length, at, length);
  return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t length) {
  (void)parser;
  append(reading.value, &reading.value_length, at, length);
  return 0;
}

/* Ends a header; those of trailers are left out. */
static int on_value_complete(llhttp_t *parser) {
  uint64_t hash = reading.outcome.headers;
  size_t length = reading.value_length;
  (void)parser;
  while (length && is_blank(reading.value[length - 1])) length--;
  if (reading.in_head) {
    hash = outcome_hash_lower(hash, reading.name, reading.name_length);
    hash = outcome_hash(hash, ":", 1);
    hash = outcome_hash_lower(hash, reading.value, length);
    reading.outcome.headers = outcome_hash(hash, "\n", 1);
  }
  reading.name_length = reading.value_length = 0;
  return 0;
}

/* 1 says that no body follows. */
static int on_headers_complete(llhttp_t *parser) {
  reading.in_head = false;
  reading.outcome.status = llhttp_get_status_code(parser);
  return reading.head ? 1 : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length) {
  (void)parser;
  reading.outcome.body = outcome_hash(reading.outcome.body, at, length);
  reading.outcome.body_length += length;
  return 0;
}

/* Pauses behind a final response. */
static int on_complete(llhttp_t *parser) {
  if (reading.outcome.status / 100 == 1 && reading.outcome.status != 101)
    return 0;
  reading.complete = true;
  reading.outcome.keeps = llhttp_should_keep_alive(parser);
  return HPE_PAUSED;
}

static void say(const char *verdict, const char *detail) {
  (void)snprintf(reading.outcome.verdict, sizeof reading.outcome.verdict, "%s",
                 verdict);
  (void)snprintf(reading.outcome.detail, sizeof reading.outcome.detail, "%s",
                 detail);
}

/* A response without a length ends with the connection. */
static void end_reading(llhttp_t *parser, size_t length) {
  llhttp_errno_t error = llhttp_finish(parser);
  if (reading.complete) {
    say("taken", "");
    reading.outcome.used = length;
    reading.outcome.keeps = 0;
  } else {
    say("short", error == HPE_OK ? "" : llhttp_errno_name(error));
  }
}

static void read_response(const llhttp_settings_t *settings, bool head,
                          const char *bytes, size_t length) {
  llhttp_t parser;
  char *name = reading.name;
  char *value = reading.value;
  memset(&reading, 0, sizeof reading);
  reading.name = name;
  reading.value = value;
  reading.head = head;
  llhttp_init(&parser, HTTP_RESPONSE, settings);
  llhttp_errno_t error = llhttp_execute(&parser, bytes, length);
  if (error == HPE_PAUSED && reading.complete) {
    say("taken", "");
    reading.outcome.used = (size_t)(llhttp_get_error_pos(&parser) - bytes);
  } else if (error == HPE_OK) {
    end_reading(&parser, length);
  } else {
    say("refused", llhttp_errno_name(error));
  }
}

static llhttp_settings_t make_settings(void) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_message_begin = on_begin;
  settings.on_header_field = on_name;
  settings.on_header_value = on_value;
  settings.on_header_value_complete = on_value_complete;
  settings.on_headers_complete = on_headers_complete;
  settings.on_body = on_body;
  settings.on_message_complete = on_complete;
  return settings;
}

int main(void) {
  llhttp_settings_t settings = make_settings();
  const struct outcome *o = &reading.outcome;
  char method;
  size_t length;
  reading.name = malloc(VALUE_MOST);
  reading.value = malloc(VALUE_MOST);
  while (scanf("%c %zu", &method, &length) == 2 && getchar() == '\n') {
    char *bytes = malloc(length + 1);
    if (!bytes || fread(bytes, 1, length, stdin) != length) return 1;
    read_response(&settings, method == 'H', bytes, length);
    printf(OUTCOME_FORMAT, o->verdict, o->detail, o->status, o->keeps, o->used,
           o->body_length, (unsigned long long)o->body,
           (unsigned long long)o->headers);
    free(bytes);
  }
  free(reading.name);
  free(reading.value);
  return 0;
}
