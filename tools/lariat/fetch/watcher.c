/* SPDX-License-Identifier: MIT
 * watcher.c: events as lines. */
#include "fetch/watcher.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "secrets.h"
#include "text.h"

/* ---- Lines ---- */

/* The lines that one event becomes. */
struct lines {
  char prefix[24]; /* of each line; "": none */
  struct text text;
};

/* Appends a line: the library has masked what it knows of, and of a text that
 * only looks like a URL the password is masked here. */
static void add_line(struct lines *lines, const char *mark, const char *line,
                     size_t length) {
  struct text *text = &lines->text;
  size_t fixed = sizeof lines->prefix + strlen(mark) + 2;
  if (!text_reserve(text, fixed + length * TEXT_WORST_ESCAPE)) return;
  char *at = text->bytes + text->length;
  at = text_put(at, lines->prefix, strlen(lines->prefix));
  at = text_put(at, mark, strlen(mark));
  if (length) *at++ = ' ';
  at = secrets_put(at, SECRETS_TEXT, line, length, length, text_put_shown);
  *at++ = '\n';
  text->length = (size_t)(at - text->bytes);
}

__attribute__((format(printf, 2, 3))) static void
add_note(struct lines *lines, const char *format, ...) {
  char line[2048];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  add_line(lines, "*", line, strlen(line));
}

/* Appends the lines of a head, the empty one at its end, too. */
static void add_head(struct lines *lines, const char *mark,
                     const lariat_request_event *event) {
  const char *at = event->head;
  const char *end = at + event->head_length;
  while (at < end) {
    const char *feed = memchr(at, '\n', (size_t)(end - at));
    const char *line_end = feed ? feed : end;
    const char *next = feed ? feed + 1 : end;
    if (line_end > at && line_end[-1] == '\r') line_end--;
    add_line(lines, mark, at, (size_t)(line_end - at));
    at = next;
  }
}

/* ---- Events ---- */

static void add_connection(struct lines *lines,
                           const lariat_request_event *event) {
  bool opened = event->kind == LARIAT_REQUEST_OPENED;
  add_note(lines, "Connection %llu %s, to %s port %u",
           (unsigned long long)event->connection, opened ? "opened" : "reused",
           event->remote_ip, event->remote_port);
  if (*event->tls_version)
    add_note(lines, "TLS: %s, %s", event->tls_version, event->tls_cipher);
}

static void add_retry(struct lines *lines, const lariat_request_event *event) {
  char what[64];
  snprintf(what, sizeof what, "HTTP %d", event->status);
  if (event->outcome != LARIAT_OK)
    snprintf(what, sizeof what, "%s", lariat_status_name(event->outcome));
  add_note(lines, "Retry in %.3f seconds, after %s",
           (double)event->wait_ns / 1e9, what);
}

/* Puts a URL of any length on a line of its own. */
static void add_redirect(struct lines *lines,
                         const lariat_request_event *event) {
  add_note(lines, "Redirect %u, to", event->redirects);
  add_line(lines, "*  ", event->location, strlen(event->location));
}

static void add_event(struct lines *lines, const lariat_request_event *event) {
  switch (event->kind) {
  case LARIAT_REQUEST_OPENED:
  case LARIAT_REQUEST_REUSED:
    add_connection(lines, event);
    return;
  case LARIAT_REQUEST_SENT:
    add_head(lines, ">", event);
    return;
  case LARIAT_REQUEST_HEAD:
    add_head(lines, "<", event);
    return;
  case LARIAT_REQUEST_REDIRECT:
    add_redirect(lines, event);
    return;
  case LARIAT_REQUEST_RETRY:
    add_retry(lines, event);
    return;
  case LARIAT_REQUEST_QUEUED:
  case LARIAT_REQUEST_STARTED:
  case LARIAT_REQUEST_BODY:
  case LARIAT_REQUEST_ENDED: /* the record tells */
    return;
  }
}

static void show_event(const lariat_request_event *event, void *context) {
  const struct job *job = context;
  const struct run *run = job->owner;
  struct lines lines = {.prefix = ""};
  if (run->settings->files.url_count != 1)
    snprintf(lines.prefix, sizeof lines.prefix, "[%llu] ",
             (unsigned long long)job->line);
  add_event(&lines, event);
  if (lines.text.length)
    (void)fwrite(lines.text.bytes, 1, lines.text.length, stderr);
  text_free(&lines.text);
}

lariat_observer watcher_of(struct job *job) {
  return (lariat_observer){show_event, job};
}
