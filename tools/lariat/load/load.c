/* SPDX-License-Identifier: MIT
 * load.c: the command, and the exit code of a run. */
#include "load/load.h"

#include <errno.h>
#include <lariat/load/run.h>
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "load/compare.h"
#include "load/judging.h"
#include "load/merge_command.h"
#include "load/once.h"
#include "load/option_table.h"
#include "load/plan.h"
#include "load/report_command.h"
#include "load/run_loop.h"
#include "load/run_options.h"
#include "load/settings.h"
#include "load/targets.h"
#include "say.h"

/* ---- The end ---- */

static int end_run(struct run_loop *loop) {
  const struct load_settings *settings = loop->settings;
  live_end(&loop->live);
  if (loop->unanswered) return LOAD_EXIT_NO_ANSWER;
  if (loop->phase != RUN_ENDED)
    return loop->interrupted ? interrupt_code() : EXIT_SOME;
  lariat_load_result *result = lariat_load_run_result(loop->run);
  if (loop->outcome != LARIAT_OK || !result) return EXIT_SOME;
  if (loop->interrupted && run_loop_is_before_start(loop))
    return interrupt_code();
  load_outputs_write(&loop->outputs, result, settings->judging.thresholds);
  if (!settings->output.quiet)
    load_outputs_print_text(&loop->outputs, result,
                            settings->judging.thresholds);
  if (loop->interrupted) return interrupt_code();
  int code = judging_exit_code(settings, result, loop->targets.first_url);
  bool read = request_pipe_is_good(&loop->targets.pipe);
  return code == EXIT_ALL && !read ? LOAD_EXIT_BROKEN : code;
}

static int run_load(const struct load_settings *settings) {
  struct run_loop loop;
  run_loop_init(&loop, settings);
  int code = run_loop_open(&loop);
  if (code == EXIT_ALL) code = run_loop_make(&loop);
  if (code == EXIT_ALL) {
    run_loop_run(&loop);
    code = end_run(&loop);
  }
  int written = run_loop_close(&loop);
  return code == EXIT_ALL ? written : code;
}

/* ---- The command ---- */

int load_show_requests(const struct load_settings *settings) {
  struct load_targets targets;
  lariat_pool_options pool;
  int code = EXIT_USAGE;
  if (load_targets_make(&targets, settings)) {
    lariat_load_run_options options =
        load_run_options(settings, targets.requests, &pool);
    code = settings->action == LOAD_PLAN ? plan_print(&options)
                                         : once_run(&options, &pool);
  }
  load_targets_free(&targets);
  return code;
}

static int do_action(const struct load_settings *settings) {
  switch (settings->action) {
  case LOAD_HELP:
    options_print_help(&load_options, stdout);
    return EXIT_ALL;
  case LOAD_VERSION:
    help_print_version(stdout);
    return EXIT_ALL;
  case LOAD_PLAN:
  case LOAD_ONCE:
    return load_show_requests(settings);
  case LOAD_RUN:
    break;
  }
  return run_load(settings);
}

static int run_command(int argc, char **argv) {
  struct load_settings settings;
  int code = EXIT_USAGE;
  if (argc > 1 && strcmp(argv[1], "compare") == 0)
    return load_compare_main(argc - 1, argv + 1);
  if (load_settings_read(&settings, argc, argv))
    code = do_action(&settings);
  else
    fputs("Try \"lariat load --help\".\n", stderr);
  load_settings_free(&settings);
  return code;
}

int load_command(int argc, char **argv) {
  const char *word = argc > 1 ? argv[1] : "";
  int code;
  if (strcmp(word, "report") == 0)
    code = load_report_main(argc - 1, argv + 1);
  else if (strcmp(word, "merge") == 0)
    code = load_merge_main(argc - 1, argv + 1);
  else if (strcmp(word, "compare") == 0)
    code = load_compare_main(argc - 1, argv + 1);
  else
    code = run_command(argc, argv);
  if ((fflush(stdout) != 0 || ferror(stdout)) && code == EXIT_ALL) {
    say("cannot write to standard output: %s", say_errno(errno));
    code = LOAD_EXIT_BROKEN;
  }
  return code;
}
