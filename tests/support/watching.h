/* SPDX-License-Identifier: MIT
 * watching.h: an observer that writes down what it is told, each event as a
 * word, "queued started opened sent head:200 body:5 ended:ok". */
#ifndef TESTS_SUPPORT_WATCHING_H
#define TESTS_SUPPORT_WATCHING_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "support/fixture.h"
#include <lariat/observer.h>

struct watching {
  char events[1024];
  char heads[8192]; /* those that were sent and that came */
  char urls[4096];  /* methods and URLs */
  char texts[4096]; /* all other texts */
  uint64_t last_ns;
  unsigned reactor;
  uint64_t connection;
  char remote_ip[48];
  unsigned remote_port;
  char tls_version[16];
  char tls_cipher[64];
};

static inline void watching_add(char *out, size_t capacity, const char *text) {
  size_t length = strlen(out);
  snprintf(out + length, capacity - length, "%s", text);
}

static inline void watching_note_details(struct watching *w,
                                         const lariat_request_event *event) {
  bool opened = event->kind == LARIAT_REQUEST_OPENED;
  if (event->kind == LARIAT_REQUEST_STARTED) w->reactor = event->reactor;
  if (!opened && event->kind != LARIAT_REQUEST_REUSED) return;
  w->connection = event->connection;
  w->remote_port = event->remote_port;
  snprintf(w->remote_ip, sizeof w->remote_ip, "%s", event->remote_ip);
  snprintf(w->tls_version, sizeof w->tls_version, "%s", event->tls_version);
  snprintf(w->tls_cipher, sizeof w->tls_cipher, "%s", event->tls_cipher);
}

static inline void watching_note(const lariat_request_event *event,
                                 void *context) {
  struct watching *w = context;
  char number[32] = "";
  CU_ASSERT_EQUAL(event->size, sizeof *event);
  if (event->kind == LARIAT_REQUEST_HEAD ||
      event->kind == LARIAT_REQUEST_REDIRECT)
    snprintf(number, sizeof number, ":%d", event->status);
  if (event->kind == LARIAT_REQUEST_BODY)
    snprintf(number, sizeof number, ":%llu",
             (unsigned long long)event->body_bytes);
  if (event->kind == LARIAT_REQUEST_ENDED ||
      event->kind == LARIAT_REQUEST_RETRY)
    snprintf(number, sizeof number, ":%s", lariat_status_name(event->outcome));
  if (w->events[0]) watching_add(w->events, sizeof w->events, " ");
  watching_add(w->events, sizeof w->events,
               lariat_request_event_name(event->kind));
  watching_add(w->events, sizeof w->events, number);
  CU_ASSERT_EQUAL(strlen(event->head), event->head_length);
  watching_add(w->heads, sizeof w->heads, event->head);
  watching_add(w->urls, sizeof w->urls, event->method);
  watching_add(w->urls, sizeof w->urls, event->url);
  watching_add(w->texts, sizeof w->texts, event->location);
  watching_add(w->texts, sizeof w->texts, event->message);
  if (event->at_ns < w->last_ns) fixture_fail("an event from before");
  w->last_ns = event->at_ns;
  watching_note_details(w, event);
}

static inline lariat_observer watching_observer(struct watching *w) {
  memset(w, 0, sizeof *w);
  return (lariat_observer){watching_note, w};
}

static inline void watching_expect(const struct watching *w,
                                   const char *events) {
  if (strcmp(w->events, events) != 0)
    fixture_fail("\"%s\", not \"%s\"", w->events, events);
}

#endif
