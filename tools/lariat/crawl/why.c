/* SPDX-License-Identifier: MIT
 * why.c: asks the process that runs the crawl, or reads the directory, which
 * remembers what its scope is; other options can be tried. */
#include "crawl/why.h"

#include <lariat/allocator.h>
#include <lariat/crawl/reader.h>
#include <stdlib.h>
#include <string.h>

#include "crawl/asking.h"
#include "crawl/run_options.h"
#include "crawl/seeds.h"
#include "crawl/settings.h"
#include "crawl/shared.h"
#include "say.h"
#include "text.h"

static const char usage[] =
    "usage: lariat crawl why [--json] [options of the crawl] DIR URL\n"
    "       lariat crawl why [--json] --frontier URL [--crawl-name NAME] URL\n"
    "Why a URL is, or is not, fetched.  Of a crawl that does not run, options\n"
    "of the scope say what would be if it were run with them.\n"
    "  --json  as a line of JSON\n";

/* ---- For people ---- */

/* Prints a text that came from outside. */
static void print_text(const char *text, FILE *file) {
  size_t length = strlen(text);
  char *shown = malloc(length * TEXT_WORST_ESCAPE + 1);
  if (!shown) return;
  *text_put_shown(shown, text, length) = '\0';
  fputs(shown, file);
  free(shown);
}

/* Prints a value that has no parts. */
static void print_scalar(const json_t *value, FILE *file) {
  if (json_is_string(value))
    print_text(json_string_value(value), file);
  else if (json_is_integer(value))
    fprintf(file, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
  else if (json_is_real(value))
    fprintf(file, "%g", json_real_value(value));
  else
    fputs(json_is_true(value)    ? "yes"
          : json_is_false(value) ? "no"
                                 : "-",
          file);
}

static void print_name(const char *name, FILE *file) {
  char shown[40];
  snprintf(shown, sizeof shown, "%s", name);
  for (char *at = shown; *at; at++)
    if (*at == '_') *at = ' ';
  fprintf(file, "  %-18s ", shown);
}

/* Prints the members of an object in one line: "name value, name value". */
static void print_inline(json_t *object, FILE *file) {
  const char *key;
  json_t *value;
  const char *between = "";
  json_object_foreach(object, key, value) {
    if (json_is_object(value) || json_is_array(value) || json_is_null(value))
      continue;
    fprintf(file, "%s%s ", between, key);
    print_scalar(value, file);
    between = ", ";
  }
}

static void print_part(json_t *part, FILE *file) {
  if (json_is_object(part))
    print_inline(part, file);
  else
    print_scalar(part, file);
  fputc('\n', file);
}

static void print_member(const char *name, json_t *value, FILE *file) {
  size_t index;
  json_t *part;
  if (!json_is_array(value)) {
    print_name(name, file);
    print_part(value, file);
    return;
  }
  json_array_foreach(value, index, part) {
    print_name(index ? "" : name, file);
    print_part(part, file);
  }
}

void why_print(json_t *answer, FILE *file) {
  void *at = json_object_iter(answer);
  for (; at; at = json_object_iter_next(answer, at)) {
    json_t *value = json_object_iter_value(at);
    if (!json_is_null(value))
      print_member(json_object_iter_key(at), value, file);
  }
}

static int print_answer(json_t *answer, bool json) {
  if (!json) {
    why_print(answer, stdout);
    return EXIT_ALL;
  }
  char *line = json_dumps(answer, JSON_COMPACT);
  if (line) puts(line);
  free(line);
  return line ? EXIT_ALL : EXIT_SOME;
}

/* ---- Of a crawl that does not run ---- */

static json_t *parse_answer(char *text) {
  json_error_t error;
  json_t *answer = json_loads(text, 0, &error);
  lariat_memory_release(text);
  return answer;
}

static json_t *read_answer(const struct crawl_settings *settings,
                           const char *url, bool given) {
  lariat_crawl_reader *reader = NULL;
  struct crawl_run_options run;
  lariat_crawl_error error = {.message = ""};
  char *text = NULL;
  lariat_status status = crawl_run_options_make(&run, settings, NULL, NULL)
                             ? LARIAT_OK
                             : LARIAT_ENOMEM;
  if (status == LARIAT_OK)
    status =
        lariat_crawl_reader_open(settings->seeds.directory, &reader, &error);
  if (status == LARIAT_OK)
    status = lariat_crawl_reader_why(reader, given ? &run.options : NULL, url,
                                     &text, &error);
  lariat_crawl_reader_free(reader);
  crawl_run_options_free(&run);
  if (status == LARIAT_OK) return parse_answer(text);
  say("%s", error.message[0] ? error.message : lariat_status_text(status));
  return NULL;
}

/* Asks the database where the directory is a worker's. */
static bool is_answered_elsewhere(const struct crawl_settings *settings,
                                  const char *url, bool json, int *code) {
  struct shared_place_of of;
  bool read = shared_place_read(&of, settings->seeds.directory);
  if (read && of.is_worker) *code = shared_why(&of.place, url, json);
  shared_place_free(&of);
  return of.is_worker;
}

static int answer(const struct crawl_settings *settings, const char *url,
                  bool given, bool json) {
  json_t *reply;
  enum asked asked =
      crawl_ask(settings->seeds.directory,
                json_pack("{ssss}", "command", "why", "url", url), &reply);
  int code = EXIT_SOME;
  if (asked == ASKED_FAILED ||
      (asked == ASKED_NOT_RUNNING &&
       is_answered_elsewhere(settings, url, json, &code)))
    return code;
  json_t *found = asked == ASKED_ANSWERED
                      ? json_incref(json_object_get(reply, "why"))
                      : read_answer(settings, url, given);
  if (found) code = print_answer(found, json);
  json_decref(found);
  json_decref(reply);
  return code;
}

/* Answers for the URL of the command line. */
static int answer_operand(const struct crawl_settings *settings, bool given,
                          bool json) {
  char *url = crawl_seed_url(settings->seeds.urls[0]);
  int code = url ? answer(settings, url, given, json) : EXIT_USAGE;
  free(url);
  return code;
}

/* ---- The command ---- */

/* Tells whether there are options of the crawl among the arguments. */
static bool has_options(int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (argv[i][0] == '-') return true;
  return false;
}

/* Tells whether the question is for the database of a shared crawl. */
static bool is_shared(int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (strncmp(argv[i], "--frontier", strlen("--frontier")) == 0) return true;
  return false;
}

/* Takes "--json" out of the arguments; returns how many are left. */
static int take_json(int argc, char **argv, bool *json) {
  int left = 0;
  for (int i = 0; i < argc; i++) {
    bool is_json = strcmp(argv[i], "--json") == 0;
    *json = *json || is_json;
    if (!is_json) argv[left++] = argv[i];
  }
  argv[left] = NULL;
  return left;
}

int why_main(int argc, char **argv) {
  struct crawl_settings settings;
  bool json = false;
  int code = EXIT_USAGE;
  argc = take_json(argc, argv, &json);
  if (is_shared(argc, argv)) return shared_why_main(argc, argv, json);
  bool given = has_options(argc, argv);
  bool read = crawl_settings_read(&settings, argc, argv);
  if (read && settings.action != CRAWL_RUN) {
    fputs(usage, stdout);
    code = EXIT_ALL;
  } else if (read && settings.seeds.url_count != 1) {
    say("give DIR and one URL");
  } else if (read) {
    code = answer_operand(&settings, given, json);
  }
  if (code == EXIT_USAGE) fputs("Try \"lariat crawl why --help\".\n", stderr);
  crawl_settings_free(&settings);
  return code;
}
