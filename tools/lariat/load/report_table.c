/* SPDX-License-Identifier: MIT
 * report_table.c: the tables. */
#include "load/report_table.h"

#include "load/readers.h"
#include "load/settings.h"

#define OUTPUT(its_name, its_index, its_help)                                  \
  {                                                                            \
    .name = (its_name), .value = "FILE", .kind = OPTION_TEXT, .low = 1,        \
    .offset = offsetof(struct load_settings, output.paths[its_index]),         \
    .files = OPTION_FILES, .help = (its_help)                                  \
  }
#define FLAG(its_name, its_letter, member, its_help)                           \
  {                                                                            \
    .name = (its_name), .letter = (its_letter), .kind = OPTION_FLAG,           \
    .offset = offsetof(struct load_settings, member), .help = (its_help)       \
  }

static const struct option_group groups[] = {{"Options", NULL}};

static const struct option_row rows[] = {
    OUTPUT("html", LOAD_HTML, "a page with plots"),
    OUTPUT("csv", LOAD_CSV, "a line a second"),
    OUTPUT("samples", LOAD_SAMPLES, "the slowest requests"),
    OUTPUT("openmetrics", LOAD_OPENMETRICS, "for Prometheus"),
    OUTPUT("json", LOAD_JSON, "all of it again"),
    {.name = "fail-if",
     .value = "WHAT",
     .kind = OPTION_PARSED,
     .parse = load_read_fail_if,
     .is_list = true,
     .expects = "a threshold, as \"p99>50ms\"",
     .help = "judge it by this"},
    FLAG("strict", '\0', judging.strict, "exit with 4 if it is SUSPECT"),
    FLAG("quiet", 'q', output.quiet, "no text on standard output"),
    {.name = "help",
     .letter = 'h',
     .kind = OPTION_ACTION,
     .low = LOAD_HELP,
     .offset = offsetof(struct load_settings, action),
     .help = "list the options"},
};

static const char report_usage[] =
    "usage: lariat load report [options] RUN.json\n"
    "Writes reports on a run from the JSON that it has left behind.\n";

static const char report_notes[] =
    "Exit code: by the verdict, as that of the run; of thresholds, those that\n"
    "are given here.\n";

const struct option_table load_report_options = {
    .command = "report",
    .summary = "write reports from JSON",
    .operand = "FILE",
    .usage = report_usage,
    .notes = report_notes,
    .groups = groups,
    .rows = rows,
    .count = sizeof rows / sizeof rows[0]};

static const char merge_usage[] =
    "usage: lariat load merge [options] PART.json...\n"
    "Makes one report of those that the parts of a run (--part) have left\n"
    "behind: one distribution of all requests, one time line, one verdict.\n";

static const char merge_notes[] =
    "Exit code: by the verdict, as that of a run: the worst of the parts', "
    "and\n"
    "INVALID (3) when a part is missing, or when they began too far apart.\n"
    "Reports of different plans, and a part that is there twice, are refused\n"
    "(2).\n";

const struct option_table load_merge_options = {
    .command = "merge",
    .summary = "make one report of those of the parts",
    .operand = "FILE",
    .usage = merge_usage,
    .notes = merge_notes,
    .groups = groups,
    .rows = rows,
    .count = sizeof rows / sizeof rows[0]};
