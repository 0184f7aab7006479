/* SPDX-License-Identifier: MIT
 * changes.c: sums and lines. */
#include "crawl/changes.h"

#include <jansson.h>
#include <lariat/crawl/reader.h>
#include <stdlib.h>
#include <string.h>

#include "crawl/view.h"
#include "say.h"
#include "text.h"

/* The states, in the order in which they are summed up. */
static const char *const states[] = {"changed", "new", "gone", "failed",
                                     "same"};

enum { STATES = sizeof states / sizeof states[0] };

struct listing {
  FILE *file;
  bool json;
  uint64_t counts[STATES];
};

static lariat_status read_changes(const char *directory,
                                  lariat_crawl_change_callback *callback,
                                  void *context, lariat_crawl_error *error) {
  lariat_crawl_reader *reader = NULL;
  lariat_status status = lariat_crawl_reader_open(directory, &reader, error);
  if (status != LARIAT_OK) return status;
  status = lariat_crawl_reader_changes(reader, callback, context);
  lariat_crawl_reader_free(reader);
  return status;
}

/* ---- Sums ---- */

static bool count_change(const lariat_crawl_change *change, void *context) {
  struct listing *listing = context;
  for (size_t i = 0; i < STATES; i++)
    listing->counts[i] += strcmp(change->state, states[i]) == 0;
  return true;
}

void changes_print_sums(const char *directory, FILE *file) {
  struct listing listing = {.file = file};
  lariat_crawl_error error;
  if (read_changes(directory, count_change, &listing, &error) != LARIAT_OK)
    return;
  fprintf(file, "since the last time:");
  const char *between = " ";
  for (size_t i = 0; i < STATES; i++) {
    if (!listing.counts[i] && strcmp(states[i], "failed") == 0) continue;
    bool is_same = strcmp(states[i], "same") == 0;
    fprintf(file, "%s%s %s%s", between, view_count(listing.counts[i]).text,
            is_same ? "the " : "", states[i]);
    between = ", ";
  }
  fputc('\n', file);
}

/* ---- Lines ---- */

static void print_json(const lariat_crawl_change *change, FILE *file) {
  json_t *line = json_pack("{s:s,s:s,s:i}", "url", change->url, "state",
                           change->state, "status", change->status);
  char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
  if (text) fprintf(file, "%s\n", text);
  free(text);
  json_decref(line);
}

static bool list_change(const lariat_crawl_change *change, void *context) {
  struct listing *listing = context;
  size_t length = strlen(change->url);
  if (listing->json) {
    print_json(change, listing->file);
    return true;
  }
  if (strcmp(change->state, "same") == 0) return true;
  char *shown = malloc(length * TEXT_WORST_ESCAPE + 1);
  if (!shown) return false;
  *text_put_shown(shown, change->url, length) = '\0';
  fprintf(listing->file, "%-8s %s\n", change->state, shown);
  free(shown);
  return true;
}

int changes_print(const char *directory, bool json, FILE *file) {
  struct listing listing = {.file = file, .json = json};
  lariat_crawl_error error = {.message = ""};
  lariat_status status = read_changes(directory, list_change, &listing, &error);
  if (status == LARIAT_OK) return EXIT_ALL;
  if (status == LARIAT_ENOTFOUND && !error.message[0])
    say("there is nothing to compare with: that is what --again and --since "
        "are for");
  else
    say("%s", error.message[0] ? error.message : lariat_status_text(status));
  return EXIT_SOME;
}
