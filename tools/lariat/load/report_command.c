/* SPDX-License-Identifier: MIT
 * report_command.c: JSON in, reports out. */
#include "load/report_command.h"

#include <errno.h>
#include <fcntl.h>
#include <lariat/load/facts.h>
#include <lariat/load/report.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/judging.h"
#include "load/outputs.h"
#include "load/report_table.h"
#include "load/settings.h"
#include "say.h"
#include "text.h"

enum { READ_BYTES = 256 * 1024, MOST_MIB = 64 };

static bool refuse_file(const char *path, int error) {
  char shown[SAY_CAPACITY];
  say("cannot read %s: %s", say_shown(shown, path), say_errno(error));
  return false;
}

static bool refuse_size(const char *path) {
  char shown[SAY_CAPACITY];
  say("%s is larger than %d MiB: no report is", say_shown(shown, path),
      MOST_MIB);
  return false;
}

static bool read_descriptor(int fd, const char *path, struct text *text) {
  for (;;) {
    if (!text_reserve(text, READ_BYTES)) return refuse_file(path, ENOMEM);
    ssize_t got = read(fd, text->bytes + text->length, READ_BYTES);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse_file(path, errno);
    if (got == 0) return true;
    text->length += (size_t)got;
    if (text->length > (size_t)MOST_MIB << 20) return refuse_size(path);
  }
}

bool load_report_read(const char *path, struct text *text) {
  bool standard = strcmp(path, "-") == 0;
  int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refuse_file(path, errno);
  bool read = read_descriptor(fd, path, text);
  if (!standard) close(fd);
  return read;
}

/* Reads the result, or says why it cannot, and returns NULL. */
static lariat_load_result *read_result(const char *path) {
  struct text text = {0};
  lariat_load_result *result = NULL;
  lariat_load_error error = {.message = ""};
  if (load_report_read(path, &text)) {
    lariat_status status =
        lariat_load_result_parse(text.bytes, text.length, &result, &error);
    if (status != LARIAT_OK)
      say("%s: %s", path,
          status == LARIAT_EINVAL ? error.message : lariat_status_text(status));
  }
  text_free(&text);
  return result;
}

int load_report_write(const struct load_settings *settings,
                      lariat_load_result *result) {
  const lariat_load_thresholds *thresholds =
      settings->judging.text_count ? settings->judging.thresholds : NULL;
  struct load_outputs outputs;
  load_outputs_init(&outputs);
  if (!load_outputs_open(&outputs, &settings->output)) {
    (void)load_outputs_close(&outputs);
    return EXIT_USAGE;
  }
  load_outputs_write(&outputs, result, thresholds);
  if (!settings->output.quiet)
    load_outputs_print_text(&outputs, result, thresholds);
  int code = judging_exit_code(settings, result,
                               lariat_load_result_facts(result)->target);
  bool written = load_outputs_close(&outputs);
  return code == EXIT_ALL && !written ? LOAD_EXIT_BROKEN : code;
}

static int report_file(const struct load_settings *settings, const char *path) {
  lariat_load_result *result = read_result(path);
  if (!result) return EXIT_USAGE;
  int code = load_report_write(settings, result);
  lariat_load_result_free(result);
  return code;
}

/* Reads the options; returns the index of the operand, or -1, having said what
 * is wrong. */
static int read_options(struct load_settings *settings, int argc, char **argv) {
  int first = options_read(&load_report_options, settings, argc, argv);
  if (first < 0 || settings->action == LOAD_HELP) return first;
  if (argc - first != 1) {
    say("give the JSON of one run: what --json has written");
    return -1;
  }
  return load_settings_read_thresholds(settings) ? first : -1;
}

int load_report_main(int argc, char **argv) {
  struct load_settings settings = {.action = LOAD_RUN};
  int code = EXIT_USAGE;
  int first = read_options(&settings, argc, argv);
  if (first < 0) {
    fputs("Try \"lariat load report --help\".\n", stderr);
  } else if (settings.action == LOAD_HELP) {
    options_print_help(&load_report_options, stdout);
    code = EXIT_ALL;
  } else {
    code = report_file(&settings, argv[first]);
  }
  load_settings_free(&settings);
  return code;
}
