/* SPDX-License-Identifier: MIT
 * merge_command.c: the JSON of several runs in, reports of all of them out. */
#include "load/merge_command.h"

#include <lariat/load/merge.h>
#include <stdio.h>

#include "load/report_command.h"
#include "load/report_table.h"
#include "load/settings.h"
#include "say.h"
#include "text.h"

/* Adds the report in a file.  Says why it cannot, and returns false. */
static bool add_file(lariat_load_merge *merge, const char *path) {
  struct text text = {0};
  const lariat_load_merge_source source = {.size = sizeof source, .name = path};
  lariat_load_error error = {.message = ""};
  lariat_status status = LARIAT_OK;
  bool read = load_report_read(path, &text);
  if (read)
    status =
        lariat_load_merge_add(merge, &source, text.bytes, text.length, &error);
  text_free(&text);
  if (status != LARIAT_OK)
    say("%s",
        status == LARIAT_EINVAL ? error.message : lariat_status_text(status));
  return read && status == LARIAT_OK;
}

/* Makes the result; NULL: it was said why there is none. */
static lariat_load_result *merge_files(char *const *paths, int count) {
  lariat_load_merge *merge = NULL;
  lariat_load_result *result = NULL;
  bool added = true;
  if (lariat_load_merge_new(&merge) != LARIAT_OK) {
    say("out of memory");
    return NULL;
  }
  for (int i = 0; i < count && added; i++) added = add_file(merge, paths[i]);
  if (added && lariat_load_merge_finish(merge, &result) != LARIAT_OK)
    say("out of memory");
  lariat_load_merge_free(merge);
  return result;
}

/* Reads the options; returns the index of the first operand, or -1, having said
 * what is wrong. */
static int read_options(struct load_settings *settings, int argc, char **argv) {
  int first = options_read(&load_merge_options, settings, argc, argv);
  if (first < 0 || settings->action == LOAD_HELP) return first;
  if (argc == first) {
    say("give the JSON of each part: what --json has written");
    return -1;
  }
  return load_settings_read_thresholds(settings) ? first : -1;
}

static int merge_and_write(const struct load_settings *settings,
                           char *const *paths, int count) {
  lariat_load_result *result = merge_files(paths, count);
  if (!result) return EXIT_USAGE;
  int code = load_report_write(settings, result);
  lariat_load_result_free(result);
  return code;
}

int load_merge_main(int argc, char **argv) {
  struct load_settings settings = {.action = LOAD_RUN};
  int code = EXIT_USAGE;
  int first = read_options(&settings, argc, argv);
  if (first < 0) {
    fputs("Try \"lariat load merge --help\".\n", stderr);
  } else if (settings.action == LOAD_HELP) {
    options_print_help(&load_merge_options, stdout);
    code = EXIT_ALL;
  } else {
    code = merge_and_write(&settings, argv + first, argc - first);
  }
  load_settings_free(&settings);
  return code;
}
