/* SPDX-License-Identifier: MIT
 * check.c: answers compared with what is expected of them. */
#include "check.h"

#include <string.h>

#include "fault.h"
#include "hash.h"

/* ---- Making ---- */

bool lr_load_expects_nothing(const lariat_load_expectation *expect) {
  return !expect->statuses && !expect->body_contains &&
         !expect->has_body_bytes && !expect->header_name;
}

static lariat_status find_fault(const lariat_load_expectation *expect,
                                lariat_load_error *error) {
  if (expect->statuses && !expect->status_count)
    return lr_load_fail(error, 0, "expect: no status is expected");
  for (size_t i = 0; expect->statuses && i < expect->status_count; i++)
    if (expect->statuses[i] < 100 || expect->statuses[i] > 599)
      return lr_load_fail(error, 0, "expect: %u is no status",
                          expect->statuses[i]);
  if (expect->body_contains && !*expect->body_contains)
    return lr_load_fail(error, 0, "expect: the text in the body is empty");
  if (expect->header_name ? !*expect->header_name : !!expect->header_value)
    return lr_load_fail(error, 0, "expect: a header without a name");
  return LARIAT_OK;
}

/* Copies a text that may be NULL.  False: out of memory. */
static bool copy_text(lr_load_arena *arena, const char *text,
                      const char **out) {
  *out = text ? lr_load_arena_copy(arena, text, strlen(text)) : NULL;
  return !text || *out;
}

static bool copy_statuses(lr_load_arena *arena, lr_load_check *check,
                          const lariat_load_expectation *expect) {
  if (!expect->statuses) return true;
  unsigned short *copy =
      lr_load_arena_objects(arena, expect->status_count, sizeof(*copy));
  if (!copy) return false;
  memcpy(copy, expect->statuses, expect->status_count * sizeof(*copy));
  check->statuses = copy;
  check->status_count = expect->status_count;
  return true;
}

lariat_status lr_load_check_make(const lariat_load_expectation *expect,
                                 lr_load_arena *arena,
                                 const lr_load_check **out,
                                 lariat_load_error *error) {
  lariat_status status = find_fault(expect, error);
  if (status != LARIAT_OK) return status;
  lr_load_check *check = lr_load_arena_objects(arena, 1, sizeof(*check));
  if (!check || !copy_statuses(arena, check, expect) ||
      !copy_text(arena, expect->body_contains, &check->contains) ||
      !copy_text(arena, expect->header_name, &check->header_name) ||
      !copy_text(arena, expect->header_value, &check->header_value))
    return LARIAT_ENOMEM;
  check->contains_length = check->contains ? strlen(check->contains) : 0;
  check->has_body_bytes = expect->has_body_bytes;
  check->body_bytes = expect->has_body_bytes ? expect->body_bytes : 0;
  *out = check;
  return LARIAT_OK;
}

/* ---- Comparing ---- */

static bool same_text(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

bool lr_load_check_is(const lr_load_check *check,
                      const lariat_load_expectation *expect) {
  if (!check->statuses != !expect->statuses ||
      check->has_body_bytes != expect->has_body_bytes)
    return false;
  if (check->statuses &&
      (check->status_count != expect->status_count ||
       memcmp(check->statuses, expect->statuses,
              check->status_count * sizeof(*check->statuses)) != 0))
    return false;
  if (check->has_body_bytes && check->body_bytes != expect->body_bytes)
    return false;
  return same_text(check->contains, expect->body_contains) &&
         same_text(check->header_name, expect->header_name) &&
         same_text(check->header_value, expect->header_value);
}

uint64_t lr_load_check_hash(uint64_t hash, const lr_load_check *check) {
  hash = lr_load_hash_number(hash, check->status_count);
  for (size_t i = 0; i < check->status_count; i++)
    hash = lr_load_hash_number(hash, check->statuses[i]);
  hash = lr_load_hash_number(hash, check->has_body_bytes);
  hash = lr_load_hash_number(hash, check->body_bytes);
  hash = lr_load_hash_text(hash, check->contains);
  hash = lr_load_hash_text(hash, check->header_name);
  return lr_load_hash_text(hash, check->header_value);
}

/* ---- Answers ---- */

bool lr_load_check_needs_body(const lr_load_check *check) {
  return check && check->contains;
}

static bool is_good_status(const lr_load_check *check, int status) {
  if (!check || !check->statuses) return status < 400;
  for (size_t i = 0; i < check->status_count; i++)
    if (check->statuses[i] == status) return true;
  return false;
}

static bool has_header(const lr_load_check *check,
                       const lariat_response *response) {
  size_t position = 0;
  const char *value;
  if (!check->header_name) return true;
  while ((value = lariat_response_next_header(response, check->header_name,
                                              &position)))
    if (!check->header_value || strcmp(value, check->header_value) == 0)
      return true;
  return false;
}

static bool has_body(const lr_load_check *check, const char *body,
                     size_t length) {
  if (check->has_body_bytes && check->body_bytes != length) return false;
  return !check->contains || (body && memmem(body, length, check->contains,
                                             check->contains_length) != NULL);
}

bool lr_load_check_passes(const lr_load_check *check,
                          const lariat_response *response, const char *body,
                          size_t body_length) {
  if (!is_good_status(check, lariat_response_status(response))) return false;
  return !check ||
         (has_body(check, body, body_length) && has_header(check, response));
}
