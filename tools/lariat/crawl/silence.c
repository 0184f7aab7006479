/* SPDX-License-Identifier: MIT
 * silence.c: seconds in a row, and why. */
#include "crawl/silence.h"

#include <jansson.h>

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

/* Says why, as far as an answer tells it. */
static void say_reason(const json_t *answer) {
  const char *url = json_string_value(json_object_get(answer, "url"));
  const json_t *turn = json_object_get(answer, "turn");
  const char *reason = json_string_value(json_object_get(turn, "reason"));
  say("nothing has answered%s%s%s%s", url ? ": " : "", url ? url : "",
      reason ? ": " : "", reason ? reason : "");
}

void silence_say(const char *why) {
  json_t *answer = why ? json_loads(why, 0, NULL) : NULL;
  say_reason(answer);
  json_decref(answer);
}
