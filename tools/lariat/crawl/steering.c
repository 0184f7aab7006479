/* SPDX-License-Identifier: MIT
 * steering.c: each command has its options, its operands and its own answer for
 * a crawl that does not run. */
#include "crawl/steering.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crawl/asking.h"
#include "crawl/changes.h"
#include "crawl/repair.h"
#include "crawl/report_page.h"
#include "crawl/seeds.h"
#include "crawl/setting_value.h"
#include "crawl/shared.h"
#include "crawl/survey.h"
#include "crawl/tables.h"
#include "crawl/view.h"
#include "crawl/whole_file.h"
#include "crawl/why.h"
#include "numbers.h"
#include "options.h"
#include "say.h"

struct steering_settings {
  const char *output;
  uint64_t grace_ms;
  unsigned rows;
  unsigned depth;
  unsigned priority;
  struct shared_place place; /* of a crawl that many workers share */
  bool json;
  int help;
  const char *directory;
  char **operands;
  int count;
};

#define NAMED(its_name, its_letter, its_value)                                 \
  .name = (its_name), .letter = (its_letter), .value = (its_value)
#define AT(its_kind, member)                                                   \
  .kind = OPTION_##its_kind,                                                   \
  .offset = offsetof(struct steering_settings, member)
#define HELP                                                                   \
  {                                                                            \
    NAMED("help", 'h', NULL), AT(ACTION, help), .low = 1,                      \
                                                .help = "list the options"     \
  }
#define JSON                                                                   \
  { NAMED("json", '\0', NULL), AT(FLAG, json), .help = "as a line of JSON" }

#define SHARED                                                                 \
  {NAMED("frontier", '\0', "URL"), AT(TEXT, place.frontier), .low = 1,         \
   .is_secret = true, .help = "of all workers, instead of DIR"},               \
  {                                                                            \
    NAMED("crawl-name", '\0', "NAME"), AT(TEXT, place.name),                   \
        .low = 1, .help = "of the crawl in there", .preset = "lariat"          \
  }

static const struct option_row help_rows[] = {HELP};
static const struct option_row order_rows[] = {SHARED, HELP};
static const struct option_row repair_rows[] = {
    {NAMED("frontier", '\0', "URL"), AT(TEXT, place.frontier), .low = 1,
     .is_secret = true, .help = "its database", .preset = "as DIR remembers"},
    {NAMED("crawl-name", '\0', "NAME"), AT(TEXT, place.name), .low = 1,
     .help = "of the crawl in there", .preset = "as DIR remembers"},
    HELP};
static const struct option_row status_rows[] = {JSON, SHARED, HELP};
static const struct option_row changes_rows[] = {JSON, HELP};
static const struct option_row top_rows[] = {
    {NAMED("rows", 'n', "N"), AT(COUNT, rows), .low = 1, .high = 1000000,
     .help = "hosts in each table", .preset = "20"},
    HELP};
static const struct option_row stop_rows[] = {
    {NAMED("grace", '\0', "S"), AT(SECONDS, grace_ms), .high = 3600000,
     .help = "for what is in flight", .preset = "10",
     .expects = "a time, as 10, 500ms or 2m, at most an hour"},
    SHARED,
    HELP};
static const struct option_row add_rows[] = {
    {NAMED("depth", '\0', "N"), AT(COUNT, depth), .high = 1000000,
     .help = "that it counts from", .preset = "0"},
    {NAMED("priority", '\0', "N"), AT(COUNT, priority), .high = 7,
     .help = "0, first, to 7", .preset = "4"},
    HELP};
static const struct option_row report_rows[] = {
    {NAMED("output", 'o', "FILE"), AT(TEXT, output), .low = 1,
     .help = "-: standard output", .preset = "DIR/report.html"},
    HELP};

/* ---- What they share ---- */

static int refuse_stopped(const struct steering_settings *settings,
                          const char *instead) {
  say("no process runs the crawl in %s%s", settings->directory, instead);
  return EXIT_SOME;
}

static int ask_simply(const struct steering_settings *settings, json_t *request,
                      const char *instead) {
  json_t *reply;
  enum asked asked = crawl_ask(settings->directory, request, &reply);
  json_decref(reply);
  if (asked == ASKED_NOT_RUNNING) return refuse_stopped(settings, instead);
  return asked == ASKED_ANSWERED ? EXIT_ALL : EXIT_SOME;
}

/* ---- Status and top ---- */

static int print_counts(const struct crawl_counts *counts, bool json) {
  struct text text = {NULL, 0, 0};
  if (!json) {
    view_print(counts, stdout);
    return EXIT_ALL;
  }
  if (!text_add(&text, "{") || !crawl_counts_add_json(&text, counts)) {
    text_free(&text);
    say("out of memory");
    return EXIT_SOME;
  }
  printf("%.*s}\n", (int)text.length, text.bytes);
  text_free(&text);
  return EXIT_ALL;
}

static bool read_counts(struct crawl_counts *counts, const char *directory) {
  lariat_crawl_reader *reader = NULL;
  lariat_crawl_error error = {.message = ""};
  *counts = (struct crawl_counts){.stats = {.size = sizeof counts->stats}};
  lariat_status status = lariat_crawl_reader_open(directory, &reader, &error);
  if (status == LARIAT_OK)
    status = lariat_crawl_reader_stats(reader, &counts->stats);
  if (status == LARIAT_OK)
    snprintf(counts->reason, sizeof counts->reason, "%s",
             counts->stats.end_reason ? counts->stats.end_reason : "");
  counts->stats.end_reason = counts->reason;
  lariat_crawl_reader_free(reader);
  if (status != LARIAT_OK)
    say("%s", error.message[0] ? error.message : lariat_status_text(status));
  return status == LARIAT_OK;
}

/* Asks the database where the directory is a worker's. */
static bool is_answered_elsewhere(const struct steering_settings *settings,
                                  int *code) {
  struct shared_place_of of;
  bool read = shared_place_read(&of, settings->directory);
  if (read && of.is_worker) *code = shared_status(&of.place, settings->json);
  shared_place_free(&of);
  return of.is_worker;
}

static int do_status(const struct steering_settings *settings) {
  struct crawl_counts counts;
  json_t *reply;
  int code = EXIT_SOME;
  if (settings->place.frontier)
    return shared_status(&settings->place, settings->json);
  enum asked asked = crawl_ask(settings->directory,
                               json_pack("{ss}", "command", "status"), &reply);
  if (asked == ASKED_FAILED) return EXIT_SOME;
  if (asked == ASKED_ANSWERED)
    crawl_counts_read_json(&counts, json_object_get(reply, "status"));
  else if (is_answered_elsewhere(settings, &code) ||
           !read_counts(&counts, settings->directory))
    return code;
  json_decref(reply);
  return print_counts(&counts, settings->json);
}

static int do_top(const struct steering_settings *settings) {
  struct survey survey;
  bool read = survey_read(&survey, settings->directory);
  if (read) crawl_tables_print_hosts(&survey, settings->rows, stdout);
  survey_free(&survey);
  return read ? EXIT_ALL : EXIT_SOME;
}

/* ---- Steering ---- */

static int do_pause(const struct steering_settings *settings) {
  if (settings->place.frontier)
    return shared_order(&settings->place, LARIAT_CRAWL_PAUSE);
  return ask_simply(settings, json_pack("{ss}", "command", "pause"), "");
}

static int do_resume(const struct steering_settings *settings) {
  if (settings->place.frontier)
    return shared_order(&settings->place, LARIAT_CRAWL_GO);
  return ask_simply(settings, json_pack("{ss}", "command", "resume"),
                    "; lariat crawl DIR starts it again");
}

static int do_stop(const struct steering_settings *settings) {
  if (settings->place.frontier)
    return shared_order(&settings->place, LARIAT_CRAWL_STOP);
  return ask_simply(settings,
                    json_pack("{sssI}", "command", "stop", "grace_ms",
                              (json_int_t)settings->grace_ms),
                    "");
}

static int do_repair(const struct steering_settings *settings) {
  return repair_run(settings->directory, &settings->place);
}

static int add_one(const struct steering_settings *settings,
                   const char *operand) {
  char *url = crawl_seed_url(operand);
  if (!url) return EXIT_USAGE;
  int code = ask_simply(settings,
                        json_pack("{sssssisi}", "command", "add", "url", url,
                                  "depth", (int)settings->depth, "priority",
                                  (int)settings->priority),
                        "; give seeds to lariat crawl DIR when it is started");
  free(url);
  return code;
}

static int do_add(const struct steering_settings *settings) {
  int code = EXIT_ALL;
  for (int i = 0; i < settings->count && code == EXIT_ALL; i++)
    code = add_one(settings, settings->operands[i]);
  return code;
}

static int set_one(const struct steering_settings *settings, char *operand) {
  char value[SETTING_VALUE_CAPACITY];
  char *equals = strchr(operand, '=');
  if (!equals || equals == operand) {
    say("set takes NAME=VALUE, as delay=2s, not \"%s\"", operand);
    return EXIT_USAGE;
  }
  *equals = '\0';
  return ask_simply(settings,
                    json_pack("{ssssss}", "command", "set", "name", operand,
                              "value",
                              setting_value(operand, equals + 1, value)),
                    "; give it as an option when it is started");
}

static int do_set(const struct steering_settings *settings) {
  int code = EXIT_ALL;
  for (int i = 0; i < settings->count && code == EXIT_ALL; i++)
    code = set_one(settings, settings->operands[i]);
  return code;
}

/* ---- Changes ---- */

static int do_changes(const struct steering_settings *settings) {
  return changes_print(settings->directory, settings->json, stdout);
}

/* ---- The report ---- */

static int write_report(struct survey *survey, const char *directory,
                        const char *output) {
  char *path = NULL;
  struct text text = {NULL, 0, 0};
  if (!report_page_add(&text, survey, directory) ||
      asprintf(&path, output ? "%s" : "%s/report.html",
               output ? output : directory) < 0) {
    text_free(&text);
    say("out of memory");
    return EXIT_SOME;
  }
  bool written = whole_file_write(path, text.bytes, text.length);
  if (!written)
    say("cannot write to %s: %s", path, say_errno(errno));
  else if (!output)
    puts(path);
  text_free(&text);
  free(path);
  return written ? EXIT_ALL : EXIT_SOME;
}

static int do_report(const struct steering_settings *settings) {
  struct survey survey;
  int code = EXIT_SOME;
  if (survey_read(&survey, settings->directory))
    code = write_report(&survey, settings->directory, settings->output);
  survey_free(&survey);
  return code;
}

/* ---- The commands ---- */

#define ROWS(its_rows)                                                         \
  .rows = (its_rows), .count = sizeof(its_rows) / sizeof *(its_rows)

static const struct steering_command {
  struct option_table table;
  int (*run)(const struct steering_settings *settings);
  const char *operands; /* behind DIR; NULL: none */
} commands[] = {
    {{.command = "status",
      .usage = "usage: lariat crawl status [--json] DIR\n"
               "       lariat crawl status [--json] --frontier URL\n"
               "How far a crawl is, running or not.\n",
      .notes = "",
      ROWS(status_rows)},
     do_status,
     NULL},
    {{.command = "top",
      .usage = "usage: lariat crawl top [-n N] DIR\n"
               "The largest hosts, and the slowest.\n",
      .notes = "",
      ROWS(top_rows)},
     do_top,
     NULL},
    {{.command = "pause",
      .usage = "usage: lariat crawl pause DIR | --frontier URL\n"
               "Sends no new request until lariat crawl resume.\n",
      .notes = "",
      ROWS(order_rows)},
     do_pause,
     NULL},
    {{.command = "resume",
      .usage = "usage: lariat crawl resume DIR | --frontier URL\n"
               "Ends a pause; of all workers also a stop, for those to come.\n",
      .notes = "",
      ROWS(order_rows)},
     do_resume,
     NULL},
    {{.command = "stop",
      .usage = "usage: lariat crawl stop [--grace S] DIR\n"
               "       lariat crawl stop --frontier URL\n"
               "Ends a crawl; lariat crawl DIR goes on with it.\n",
      .notes = "",
      ROWS(stop_rows)},
     do_stop,
     NULL},
    {{.command = "repair",
      .usage = "usage: lariat crawl repair [--frontier URL] [--crawl-name "
               "NAME] DIR\n"
               "Cuts the files of a worker that is gone to what was\n"
               "committed, and closes them.\n",
      .notes = "",
      ROWS(repair_rows)},
     do_repair,
     NULL},
    {{.command = "add",
      .usage = "usage: lariat crawl add [options] DIR URL...\n"
               "Adds seeds to a running crawl.\n",
      .notes = "",
      ROWS(add_rows)},
     do_add,
     "URL"},
    {{.command = "set",
      .usage = "usage: lariat crawl set DIR NAME=VALUE...\n"
               "Changes a running crawl: delay=2s, host.example.org.delay=5s,\n"
               "max-pages=100000, max-bytes, max-time, max-pages-per-host,\n"
               "trap.open=SHAPE.\n",
      .notes = "",
      ROWS(help_rows)},
     do_set,
     "NAME=VALUE"},
    {{.command = "changes",
      .usage = "usage: lariat crawl changes [--json] DIR\n"
               "What has changed since the last time, of a crawl with --again\n"
               "or --since: changed, new, gone or failed, and the URL.\n",
      .notes = "",
      ROWS(changes_rows)},
     do_changes,
     NULL},
    {{.command = "report",
      .usage = "usage: lariat crawl report [-o FILE] DIR\n"
               "Writes a page about a crawl that needs no other file.\n",
      .notes = "",
      ROWS(report_rows)},
     do_report,
     NULL},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const struct steering_command *find_command(const char *word) {
  for (size_t i = 0; i < COMMANDS; i++)
    if (strcmp(commands[i].table.command, word) == 0) return &commands[i];
  return NULL;
}

bool steering_is(const char *word) {
  return strcmp(word, "why") == 0 || find_command(word) != NULL;
}

/* Reads options and operands.  Says what is wrong, and returns false. */
static bool read_settings(const struct steering_command *command,
                          struct steering_settings *settings, int argc,
                          char **argv) {
  *settings =
      (struct steering_settings){.grace_ms = 10000, .rows = 20, .priority = 4};
  int first = options_read(&command->table, settings, argc, argv);
  if (first < 0 || settings->help) return first >= 0;
  if (settings->place.frontier && command->run != do_repair) {
    if (first >= argc) return true;
    say("with --frontier there is no DIR");
    return false;
  }
  settings->directory = argv[first];
  settings->operands = argv + first + 1;
  settings->count = argc - first - 1;
  if (first >= argc)
    say("give the directory of the crawl");
  else if (command->operands && !settings->count)
    say("give DIR and a %s", command->operands);
  else if (!command->operands && settings->count)
    say("there is one DIR, and nothing behind it");
  else
    return true;
  return false;
}

int steering_run(int argc, char **argv) {
  struct steering_settings settings;
  if (strcmp(argv[0], "why") == 0) return why_main(argc, argv);
  const struct steering_command *command = find_command(argv[0]);
  if (!read_settings(command, &settings, argc, argv)) {
    fprintf(stderr, "Try \"lariat crawl %s --help\".\n", argv[0]);
    return EXIT_USAGE;
  }
  if (!settings.help) return command->run(&settings);
  options_print_help(&command->table, stdout);
  return EXIT_ALL;
}
