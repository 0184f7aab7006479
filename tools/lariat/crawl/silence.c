/* SPDX-License-Identifier: MIT
 * silence.c: seconds in a row, and why. */
#include "crawl/silence.h"

#include <lariat/crawl/reader.h>
#include <stdio.h>

#include "say.h"

/* Tells whether all that is queued waits for a server that does not answer. */
static bool is_silent(const lariat_crawl_stats *stats) {
  return !stats->pages && !stats->in_flight && !stats->paused &&
         !stats->hosts_due && !stats->robots_denied && stats->queued;
}

bool silence_add(struct silence *silence, const lariat_crawl_stats *stats) {
  silence->seconds = is_silent(stats) ? silence->seconds + 1 : 0;
  if (silence->seconds < SILENCE_SECONDS || silence->told) return false;
  silence->told = true;
  return true;
}

struct reason {
  char text[700];
};

static bool take_host(const lariat_crawl_host *host, void *context) {
  struct reason *reason = context;
  if (!host->note[0]) return true;
  snprintf(reason->text, sizeof reason->text, ": %s: %s", host->origin,
           host->note);
  return false;
}

void silence_say(const char *directory) {
  lariat_crawl_reader *reader = NULL;
  struct reason reason = {.text = ""};
  if (lariat_crawl_reader_open(directory, &reader, NULL) == LARIAT_OK)
    (void)!lariat_crawl_reader_hosts(reader, take_host, &reason);
  lariat_crawl_reader_free(reader);
  say("nothing has answered%s", reason.text);
}
