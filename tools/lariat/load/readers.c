/* SPDX-License-Identifier: MIT
 * readers.c: the values that the option table cannot describe. */
#include "load/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/instant.h"
#include "load/settings.h"
#include "numbers.h"
#include "request_values.h"

#define SETTINGS(settings) ((struct load_settings *)(settings))

/* ---- Times ---- */

bool load_read_arrivals(void *settings, char *value) {
  SETTINGS(settings)->given.process = true;
  bool poisson = strcmp(value, "poisson") == 0;
  SETTINGS(settings)->amount.process =
      poisson ? LARIAT_LOAD_POISSON : LARIAT_LOAD_EVEN;
  return poisson || strcmp(value, "even") == 0;
}

bool load_read_warm_up(void *settings, char *value) {
  enum { HOUR_MS = 3600 * 1000 };
  SETTINGS(settings)->given.warm_up = true;
  return number_read_seconds(value, 0, HOUR_MS,
                             &SETTINGS(settings)->amount.warm_up_ms);
}

bool load_read_start_at(void *settings, char *value) {
  return instant_parse(value, &SETTINGS(settings)->amount.start_at_ns);
}

bool load_read_speed(void *settings, char *value) {
  uint64_t thousandths;
  if (!number_read_thousandths(value, 1, 1000000, &thousandths)) return false;
  SETTINGS(settings)->input.speed = (double)thousandths / 1000;
  return true;
}

/* ---- The request ---- */

bool load_read_method(void *settings, char *value) {
  SETTINGS(settings)->request.method = value;
  return request_value_is_method(value);
}

bool load_read_header(void *settings, char *value) {
  struct load_request_settings *request = &SETTINGS(settings)->request;
  lariat_header header;
  if (!request_value_cut_header(value, &header)) return false;
  lariat_header *headers =
      realloc(request->headers, (request->header_count + 1) * sizeof *headers);
  if (!headers) return false;
  request->headers = headers;
  headers[request->header_count++] = header;
  return true;
}

bool load_read_user(void *settings, char *value) {
  struct load_request_settings *request = &SETTINGS(settings)->request;
  char *header = request_value_basic(value);
  if (!header) return false;
  free(request->authorization);
  request->authorization = header;
  return true;
}

bool load_read_data(void *settings, char *value) {
  struct load_request_settings *request = &SETTINGS(settings)->request;
  if (request->data || strcmp(value, "@") == 0) return false;
  request->data = value;
  return true;
}

/* ---- Names ---- */

bool load_read_resolve(void *settings, char *value) {
  return request_value_add_entry(&SETTINGS(settings)->connections.resolve,
                                 value, ' ');
}

bool load_read_connect_to(void *settings, char *value) {
  return request_value_add_entry(&SETTINGS(settings)->connections.connect_to,
                                 value, ' ');
}

/* ---- Thresholds ---- */

bool load_read_fail_if(void *settings, char *value) {
  struct load_judging_settings *judging = &SETTINGS(settings)->judging;
  const char **texts = realloc(judging->texts, (judging->text_count + 1) *
                                                   sizeof(*judging->texts));
  if (!texts) return false;
  judging->texts = texts;
  texts[judging->text_count++] = value;
  return *value != '\0';
}
