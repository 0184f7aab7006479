/* SPDX-License-Identifier: MIT
 * base.c: copying a request, and completing one by another. */
#include "base.h"

#include <string.h>

#include "check.h"

/* ---- Copying ---- */

static lariat_load_request read_request(const lariat_load_request *given) {
  lariat_load_request request = {.size = sizeof(request)};
  size_t size = given->size < sizeof(request) ? given->size : sizeof(request);
  memcpy(&request, given, size);
  request.size = sizeof(request);
  return request;
}

/* Puts a copy into the place of a text, which may be NULL.  False: out of
 * memory. */
static bool copy_text(lr_load_arena *arena, const char **text) {
  if (!*text) return true;
  *text = lr_load_arena_copy(arena, *text, strlen(*text));
  return *text != NULL;
}

static bool copy_headers(lr_load_arena *arena, lariat_load_request *request) {
  lariat_header *copy =
      lr_load_arena_objects(arena, request->header_count, sizeof(*copy));
  if (!copy) return false;
  for (size_t i = 0; i < request->header_count; i++) {
    copy[i] = request->headers[i];
    if (!copy_text(arena, &copy[i].name) || !copy_text(arena, &copy[i].value))
      return false;
  }
  request->headers = copy;
  return true;
}

static bool copy_body(lr_load_arena *arena, lariat_load_request *request) {
  if (!request->body) return true;
  request->body =
      lr_load_arena_copy(arena, request->body, request->body_length);
  return request->body != NULL;
}

static bool copy_expectation(lr_load_arena *arena,
                             lariat_load_expectation *expect) {
  size_t bytes = expect->status_count * sizeof(*expect->statuses);
  if (expect->statuses) {
    void *copy = lr_load_arena_objects(arena, 1, bytes);
    if (!copy) return false;
    expect->statuses = memcpy(copy, expect->statuses, bytes);
  }
  return copy_text(arena, &expect->body_contains) &&
         copy_text(arena, &expect->header_name) &&
         copy_text(arena, &expect->header_value);
}

bool lr_load_base_copy(const lariat_load_request *request, lr_load_arena *arena,
                       lariat_load_request *out) {
  *out = read_request(request);
  return copy_text(arena, &out->method) && copy_text(arena, &out->url) &&
         copy_text(arena, &out->name) && copy_headers(arena, out) &&
         copy_body(arena, out) && copy_expectation(arena, &out->expect);
}

/* ---- Completing ---- */

lariat_load_request lr_load_base_merge(const lariat_load_request *base,
                                       const lariat_load_request *request) {
  lariat_load_request merged = read_request(request);
  if (!merged.method && !merged.body) {
    merged.method = base->method;
    merged.body = base->body;
    merged.body_length = base->body_length;
  }
  if (!merged.name) merged.name = base->name;
  if (!merged.think_low_ns && !merged.think_high_ns) {
    merged.think_low_ns = base->think_low_ns;
    merged.think_high_ns = base->think_high_ns;
  }
  if (lr_load_expects_nothing(&merged.expect)) merged.expect = base->expect;
  return merged;
}
