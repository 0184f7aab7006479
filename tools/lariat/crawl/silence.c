/* SPDX-License-Identifier: MIT
 * silence.c: seconds in a row, and why. */
#include "crawl/silence.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

/* Tells whether all that is queued waits for a server that does not answer. */
static bool is_silent(const lariat_crawl_stats *stats) {
  if (stats->workers) return false; /* others may have all that is due */
  return !stats->pages && !stats->in_flight && !stats->paused &&
         !stats->hosts_due && !stats->robots_denied && stats->queued;
}

bool silence_add(struct silence *silence, const lariat_crawl_stats *stats) {
  silence->seconds = is_silent(stats) ? silence->seconds + 1 : 0;
  if (silence->seconds < SILENCE_SECONDS || silence->told) return false;
  silence->told = true;
  return true;
}

/* Returns the last failure that an answer to `why` tells of: the host's, or the
 * URL's own; NULL: there was none, or an answer came. */
static const char *find_error(const json_t *answer) {
  const json_t *turn = json_object_get(answer, "turn");
  const json_t *outcomes = json_object_get(answer, "outcomes");
  size_t count = json_array_size(outcomes);
  const json_t *last = count ? json_array_get(outcomes, count - 1) : NULL;
  const char *error = json_string_value(json_object_get(turn, "error"));
  if (error || json_integer_value(json_object_get(last, "status")))
    return error;
  return json_string_value(json_object_get(last, "note"));
}

static bool was_told(const struct silence *silence, const char *url) {
  for (size_t i = 0; i < silence->count; i++)
    if (strcmp(silence->failed[i], url) == 0) return true;
  return silence->count == SILENCE_SEEDS;
}

/* Says a failure, and what allows an address that is refused. */
static void say_failure(const char *url, const char *error, const char *rest) {
  char shown[SAY_CAPACITY];
  bool refused = strstr(error, "address") && strstr(error, "denied");
  say("%s: %s%s%s", say_shown(shown, url), error,
      refused ? "; --allow-net NET or --allow-private allows it" : "", rest);
}

bool silence_has_failure(const struct silence *silence, const char *why) {
  json_t *answer = why ? json_loads(why, 0, NULL) : NULL;
  const char *url = json_string_value(json_object_get(answer, "url"));
  bool has = url && find_error(answer) && !was_told(silence, url);
  json_decref(answer);
  return has;
}

void silence_say_failure(struct silence *silence, const char *why) {
  json_t *answer = json_loads(why, 0, NULL);
  const char *url = json_string_value(json_object_get(answer, "url"));
  silence->failed[silence->count] = strdup(url);
  silence->count += silence->failed[silence->count] != NULL;
  say_failure(url, find_error(answer), "; it is tried again");
  json_decref(answer);
}

void silence_free(struct silence *silence) {
  for (size_t i = 0; i < silence->count; i++) free(silence->failed[i]);
  silence->count = 0;
}

/* Says why, as far as an answer tells it. */
static void say_reason(const json_t *answer) {
  const char *url = json_string_value(json_object_get(answer, "url"));
  const json_t *turn = json_object_get(answer, "turn");
  const char *error = find_error(answer);
  const char *reason =
      error ? error : json_string_value(json_object_get(turn, "reason"));
  say("nothing has answered%s%s%s%s", url ? ": " : "", url ? url : "",
      reason ? ": " : "", reason ? reason : "");
}

void silence_say(const char *why) {
  json_t *answer = why ? json_loads(why, 0, NULL) : NULL;
  say_reason(answer);
  json_decref(answer);
}
