/* SPDX-License-Identifier: MIT
 * har_text.c: the format that is one HTTP archive. */
#include <string.h>

#include "fault.h"
#include "har.h"
#include "input.h"
#include "json_value.h"
#include "replay.h"

static lariat_status check_hosts(const lariat_load_input_options *options,
                                 lariat_load_error *error) {
  if (!options->host_count)
    return lr_load_fail(error, 0, "a HAR needs the hosts that are meant");
  for (size_t i = 0; i < options->host_count; i++)
    if (!options->hosts[i] || !lr_load_har_is_host(options->hosts[i]))
      return lr_load_fail(error, 0, "\"%.60s\" is not a host",
                          options->hosts[i] ? options->hosts[i] : "");
  return LARIAT_OK;
}

static lariat_status begin(lariat_load_input *input, lariat_load_error *error) {
  lr_load_replay *replay = NULL;
  lariat_status status = check_hosts(&input->options, error);
  if (status == LARIAT_OK && input->options.timed)
    status = lr_load_replay_new(input->requests, &replay, error);
  input->state = replay;
  return status;
}

static void free_state(lariat_load_input *input) {
  lr_load_replay_free(input->state);
}

static lariat_status add_entry(lariat_load_input *input, json_t *object,
                               lariat_load_error *error) {
  lr_load_arena arena = {.blocks = NULL};
  lr_load_har_entry entry;
  lariat_status status =
      lr_load_har_read(object, &input->options, &arena, &entry, error);
  if (status == LARIAT_OK && entry.skipped) {
    input->skipped[entry.reason]++;
  } else if (status == LARIAT_OK) {
    status = input->state ? lr_load_replay_add(input->state, &entry.request,
                                               NULL, entry.at_ns, 0, error)
                          : lariat_load_requests_add(input->requests,
                                                     &entry.request, error);
    if (status == LARIAT_OK) input->taken++;
  }
  lr_load_arena_free(&arena);
  return status;
}

static lariat_status add_entries(lariat_load_input *input, json_t *har,
                                 lariat_load_error *error) {
  json_t *entries = json_object_get(json_object_get(har, "log"), "entries");
  json_t *entry;
  size_t i;
  if (!json_is_array(entries))
    return lr_load_fail(error, 0, "it is not a HAR: it has no log.entries");
  json_array_foreach(entries, i, entry) {
    lariat_load_error inner = {0};
    lariat_status status = add_entry(input, entry, &inner);
    if (status == LARIAT_EINVAL)
      return lr_load_fail(error, 0, "entry %zu: %.90s", i + 1, inner.message);
    if (status != LARIAT_OK) return status;
  }
  return LARIAT_OK;
}

/* Says why there is nothing. */
static lariat_status check_taken(const lariat_load_input *input,
                                 lariat_load_error *error) {
  uint64_t hosts = input->skipped[LARIAT_LOAD_SKIP_HOST];
  if (input->taken || !hosts) return LARIAT_OK;
  return lr_load_fail(error, 0,
                      "no request goes to these hosts; %ju go to others",
                      (uintmax_t)hosts);
}

static lariat_status end(lariat_load_input *input, lariat_load_error *error) {
  json_t *har;
  lr_load_bytes *text = &input->text;
  size_t mark =
      text->length >= 3 && !memcmp(text->bytes, "\xef\xbb\xbf", 3) ? 3 : 0;
  if (!text->length) return LARIAT_OK;
  lr_load_har_repair(text->bytes, text->length);
  lariat_status status =
      lr_load_json_parse(text->bytes + mark, text->length - mark, &har, error);
  lr_load_bytes_free(text);
  if (status != LARIAT_OK) return status;
  status = add_entries(input, har, error);
  json_decref(har);
  if (status == LARIAT_OK) status = check_taken(input, error);
  if (status == LARIAT_OK && input->state)
    status = lr_load_replay_finish(input->state, 0, input->options.speed);
  return status;
}

const lr_load_format lr_load_har_format = {.begin = begin,
                                           .end = end,
                                           .free = free_state,
                                           .longest = LARIAT_LOAD_LONGEST_HAR};
