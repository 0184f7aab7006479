/* SPDX-License-Identifier: MIT
 * shared.c: the library asks, this shows. */
#include "crawl/shared.h"

#include <jansson.h>
#include <lariat/allocator.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawl/seeds.h"
#include "crawl/view.h"
#include "crawl/why.h"
#include "options.h"
#include "output/units.h"
#include "say.h"

static int refuse(lariat_status status, const lariat_crawl_error *error) {
  say("%s", error->message[0] ? error->message : lariat_status_text(status));
  return status == LARIAT_EINVAL ? EXIT_USAGE : EXIT_SOME;
}

/* ---- A worker's directory ---- */

/* Copies a text of the file; false: out of memory. */
static bool copy_member(const json_t *file, const char *member, char **out) {
  const char *text = json_string_value(json_object_get(file, member));
  *out = text ? strdup(text) : NULL;
  return !text || *out;
}

bool shared_place_load(struct shared_place_of *of, const char *directory) {
  char path[4096];
  *of = (struct shared_place_of){.is_worker = false};
  int length = snprintf(path, sizeof path, "%s/worker", directory);
  json_t *file = length > 0 && (size_t)length < sizeof path
                     ? json_load_file(path, 0, NULL)
                     : NULL;
  if (!file) return true;
  of->is_worker = true;
  bool copied = copy_member(file, "connection", &of->frontier) &&
                copy_member(file, "name", &of->name);
  json_decref(file);
  of->place = (struct shared_place){of->frontier, of->name};
  return copied;
}

bool shared_place_read(struct shared_place_of *of, const char *directory) {
  bool copied = shared_place_load(of, directory);
  if (copied && !of->is_worker) return true;
  if (!copied)
    say("out of memory");
  else if (!of->frontier)
    say("%s is a worker's directory: ask with --frontier URL --crawl-name %s",
        directory, of->name ? of->name : "NAME");
  return copied && of->frontier;
}

void shared_place_free(struct shared_place_of *of) {
  free(of->frontier);
  free(of->name);
}

/* ---- Status ---- */

static void print_row(const char *name, uint64_t count) {
  printf("  %-22s %14s\n", name, view_count(count).text);
}

static const char *name_state(const lariat_crawl_shared_stats *stats) {
  if (stats->stopped) return "stopped";
  if (stats->is_over && stats->known) return "done";
  if (stats->paused) return "paused";
  return stats->workers ? "running" : "no worker runs";
}

static void print_stats(const lariat_crawl_shared_stats *stats) {
  puts(name_state(stats));
  print_row("workers", stats->workers);
  print_row("URLs known", stats->known);
  print_row("queued", stats->queued);
  print_row("fetched", stats->fetched);
  print_row("revisits", stats->revisits);
  print_row("redirects", stats->redirects);
  print_row("failed", stats->failed);
  print_row("denied by robots.txt", stats->robots_denied);
  print_row("out of scope", stats->out_of_scope);
  print_row("parked in traps", stats->trapped);
  print_row("sites", stats->sites);
  print_row("sites due", stats->sites_due);
  print_row("sites leased", stats->sites_leased);
  printf("  %-22s %14s\n", "bodies", units_bytes((double)stats->bytes).text);
}

/* For so long nothing was heard of a worker that may be lost: a lease. */
enum { LOST_MS = 60000 };

static void print_worker(const lariat_crawl_worker *worker, void *context) {
  (void)context;
  printf("  worker %-4u %-24s pages %s, sites %s, %s", worker->number,
         worker->host, view_count(worker->pages).text,
         view_count(worker->sites).text,
         worker->has_left ? "has left" : "seen ");
  if (!worker->has_left)
    printf("%s ago%s", view_time((double)worker->seen_ms).text,
           worker->seen_ms > LOST_MS ? ", lost?" : "");
  putchar('\n');
}

static json_t *make_json(const lariat_crawl_shared_stats *stats) {
#define COUNT(member) #member, (json_int_t)stats->member
  return json_pack("{ss,sI,sI,sI,sI,sI,sI,sI,sI,sI,sI,sI,sI,sI,sI,sI,sb,sb,sb}",
                   "state", name_state(stats), COUNT(workers), COUNT(pages),
                   COUNT(bytes), COUNT(known), COUNT(queued), COUNT(fetched),
                   COUNT(revisits), COUNT(redirects), COUNT(failed),
                   COUNT(robots_denied), COUNT(out_of_scope), COUNT(trapped),
                   COUNT(sites), COUNT(sites_due), COUNT(sites_leased),
                   "paused", stats->paused, "stopped", stats->stopped,
                   "is_over", stats->is_over);
#undef COUNT
}

static void add_worker(const lariat_crawl_worker *worker, void *context) {
  (void)json_array_append_new(
      context,
      json_pack("{sI,ss,sI,sI,sI,sb}", "number", (json_int_t)worker->number,
                "host", worker->host, "pages", (json_int_t)worker->pages,
                "sites", (json_int_t)worker->sites, "seen_ms",
                (json_int_t)worker->seen_ms, "has_left", worker->has_left));
}

static int print_json(const struct shared_place *place,
                      const lariat_crawl_shared_stats *stats) {
  lariat_crawl_error error = {.message = ""};
  json_t *workers = json_array();
  lariat_status status = lariat_crawl_shared_workers(
      place->frontier, place->name, add_worker, workers, &error);
  json_t *object = make_json(stats);
  (void)json_object_set_new(object, "each", workers);
  char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;
  if (line && status == LARIAT_OK) puts(line);
  json_decref(object);
  free(line);
  if (status != LARIAT_OK) return refuse(status, &error);
  return line ? EXIT_ALL : EXIT_SOME;
}

int shared_status(const struct shared_place *place, bool json) {
  lariat_crawl_error error = {.message = ""};
  lariat_crawl_shared_stats stats = {.size = sizeof stats};
  lariat_status status = lariat_crawl_shared_read_stats(
      place->frontier, place->name, &stats, &error);
  if (status != LARIAT_OK) return refuse(status, &error);
  if (json) return print_json(place, &stats);
  print_stats(&stats);
  status = lariat_crawl_shared_workers(place->frontier, place->name,
                                       print_worker, NULL, &error);
  return status == LARIAT_OK ? EXIT_ALL : refuse(status, &error);
}

/* ---- Orders ---- */

int shared_order(const struct shared_place *place, lariat_crawl_order order) {
  lariat_crawl_error error = {.message = ""};
  lariat_status status =
      lariat_crawl_shared_order(place->frontier, place->name, order, &error);
  return status == LARIAT_OK ? EXIT_ALL : refuse(status, &error);
}

int shared_repair(const char *directory, const struct shared_place *place) {
  lariat_crawl_error error = {.message = ""};
  lariat_status status =
      lariat_crawl_repair(directory, place->frontier, &error);
  return status == LARIAT_OK ? EXIT_ALL : refuse(status, &error);
}

/* ---- Why ---- */

static int print_why(char *text, bool json) {
  json_t *answer = json ? NULL : json_loads(text, 0, NULL);
  if (json)
    puts(text);
  else if (answer)
    why_print(answer, stdout);
  json_decref(answer);
  lariat_memory_release(text);
  return json || answer ? EXIT_ALL : EXIT_SOME;
}

int shared_why(const struct shared_place *place, const char *url, bool json) {
  lariat_crawl_error error = {.message = ""};
  char *text = NULL;
  lariat_status status =
      lariat_crawl_shared_why(place->frontier, place->name, url, &text, &error);
  return status == LARIAT_OK ? print_why(text, json) : refuse(status, &error);
}

static const struct option_row why_rows[] = {
    {.name = "frontier",
     .value = "URL",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct shared_place, frontier),
     .low = 1,
     .help = "the crawl's database"},
    {.name = "crawl-name",
     .value = "NAME",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct shared_place, name),
     .low = 1,
     .help = "of the crawl in there",
     .preset = "lariat"}};

int shared_why_main(int argc, char **argv, bool json) {
  static const struct option_table table = {
      .command = "why",
      .usage = "usage: lariat crawl why [--json] --frontier URL URL\n",
      .notes = "",
      .rows = why_rows,
      .count = sizeof why_rows / sizeof why_rows[0]};
  struct shared_place place = {NULL, NULL};
  int first = options_read(&table, &place, argc, argv);
  if (first < 0) return EXIT_USAGE;
  if (argc - first != 1) {
    say("give one URL: with --frontier there is no DIR");
    return EXIT_USAGE;
  }
  char *url = crawl_seed_url(argv[first]);
  int code = url ? shared_why(&place, url, json) : EXIT_USAGE;
  free(url);
  return code;
}
