/* SPDX-License-Identifier: MIT
 * warc.c: the command `lariat warc` finds what is to be done, and does it. */
#include "warc/warc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "say.h"
#include "spelling.h"
#include "warc/commands.h"
#include "warc/files.h"
#include "warc/option_table.h"

/* An action, with files. */
struct verb {
  const char *name;
  int (*run)(const struct warc_settings *settings, int count, char **arguments);
};

static const struct verb verbs[] = {{"list", warc_list},
                                    {"show", warc_show},
                                    {"check", warc_check},
                                    {"cdx", warc_cdx},
                                    {NULL, NULL}};

/* Says what may have been meant by a word that is no verb. */
static void say_unknown(const char *typed) {
  char shown[SAY_CAPACITY];
  for (const struct verb *verb = verbs; verb->name; verb++)
    if (spelling_is_near(typed, verb->name)) {
      say("there is no \"lariat warc %s\"; did you mean \"%s\"?",
          say_shown(shown, typed), verb->name);
      return;
    }
  say("list, show, check or cdx, not \"%s\"", say_shown(shown, typed));
}

static int refuse(void) {
  fputs("Try \"lariat warc --help\".\n", stderr);
  return EXIT_USAGE;
}

/* Runs the verb with the files that are meant; the last operand of `show` is
 * none. */
static int run_files(const struct verb *verb,
                     const struct warc_settings *settings, int count,
                     char **operands) {
  struct file_list list;
  int others = verb->run == warc_show;
  int code = EXIT_SOME;
  if (count <= others) {
    say("lariat warc %s: which file?", verb->name);
    return EXIT_USAGE;
  }
  if (files_find(&list, count - others, operands) &&
      (!others || files_add(&list, operands[count - 1])))
    code = verb->run(settings, list.count, list.paths);
  files_free(&list);
  return code;
}

static int run_verb(const struct warc_settings *settings, int count,
                    char **operands) {
  const struct verb *verb = verbs;
  if (!count) {
    say("list, show, check or cdx?");
    return refuse();
  }
  while (verb->name && strcmp(verb->name, operands[0]) != 0) verb++;
  if (!verb->name) {
    say_unknown(operands[0]);
    return refuse();
  }
  int code = run_files(verb, settings, count - 1, operands + 1);
  return code == EXIT_USAGE ? refuse() : code;
}

static int do_action(const struct warc_settings *settings, int count,
                     char **operands) {
  switch ((enum warc_action)settings->action) {
  case WARC_HELP:
    options_print_help(&warc_options, stdout);
    return EXIT_ALL;
  case WARC_VERSION:
    help_print_version(stdout);
    return EXIT_ALL;
  case WARC_RUN:
    break;
  }
  return run_verb(settings, count, operands);
}

int warc_command(int argc, char **argv) {
  struct warc_settings settings = {.action = WARC_RUN};
  int first = options_read(&warc_options, &settings, argc, argv);
  if (first < 0) return refuse();
  int code = do_action(&settings, argc - first, argv + first);
  if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_ALL) {
    say("cannot write to standard output: %s", say_errno(errno));
    code = EXIT_SOME;
  }
  return code;
}
