/* SPDX-License-Identifier: MIT
 * option_table.c: the table, with the sentences of the manual page: `bold`,
 * *slanted*, one sentence a line, an empty line between paragraphs. */
#include "warc/option_table.h"

#include "warc/settings.h"

#define NAMED(its_name, its_letter, its_value, its_group)                      \
  .name = (its_name), .letter = (its_letter), .value = (its_value),            \
  .group = (its_group)
#define AT(its_kind, member)                                                   \
  .kind = OPTION_##its_kind, .offset = offsetof(struct warc_settings, member)

enum { RECORDS, MESSAGES };

static const struct option_group groups[] = {
    [RECORDS] = {"What is shown", NULL},
    [MESSAGES] = {"Messages", NULL},
};

static const struct option_row rows[] = {
    {NAMED("json", '\0', NULL, RECORDS), AT(FLAG, json),
     .help = "list, check: a line of JSON for each",
     .manual = "Of `list` and `check`: writes a JSON object in each line, one "
               "for each record or problem, with more in it than the text "
               "has."},
    {NAMED("headers", '\0', NULL, RECORDS), AT(FLAG, headers),
     .help = "show: the record's header and HTTP's, no body",
     .manual = "Of `show`: writes the fields of the record and the head of "
               "HTTP instead of the body.\n"
               "What acts on a terminal is escaped."},
    {NAMED("at", '\0', "TIME", RECORDS), AT(TEXT, at), .low = 1,
     .help = "show: the newest version up to then",
     .expects = "a time, as 2026-11-30 or 2026-11-30T20:15:00Z",
     .manual = "Of `show`: of several records of the URL, the newest up to "
               "*TIME*, as *2026-11-30* (all of that day) or "
               "*2026-11-30T20:15:00Z*; without it the newest of all."},
    {NAMED("raw", '\0', NULL, RECORDS), AT(FLAG, raw),
     .help = "show: the body as it is in the file",
     .manual = "Of `show`: leaves chunks and content codings (gzip and the "
               "like) in the body."},
    {NAMED("output", 'o', "FILE", RECORDS), AT(TEXT, output), .low = 1,
     .files = OPTION_FILES, .help = "show, cdx: write to it",
     .manual = "Of `show` and `cdx`: writes to *FILE* instead of standard "
               "output.\n"
               "An index has its name only once it is complete."},
    {NAMED("quiet", 'q', NULL, MESSAGES), AT(FLAG, quiet),
     .help = "check: only the exit code", .is_terse = true,
     .manual = "Of `check`: says nothing; the exit code tells."},
    {NAMED("help", 'h', NULL, MESSAGES), AT(ACTION, action), .low = WARC_HELP,
     .help = "list the options", .is_terse = true,
     .manual = "Lists the options."},
    {NAMED("version", 'V', NULL, MESSAGES), AT(ACTION, action),
     .low = WARC_VERSION, .help = "name the version", .is_terse = true,
     .manual = "Prints the versions of lariat and libcurl."},
};

_Static_assert(sizeof rows / sizeof rows[0] <= OPTIONS_MAX, "the rows");

static const char usage[] =
    "usage: lariat warc list [--json] FILE...       the records, a line each\n"
    "       lariat warc show FILE... URL            a body, decoded\n"
    "       lariat warc show FILE OFFSET            that of one record\n"
    "       lariat warc check [--json] FILE...      are they whole and true?\n"
    "       lariat warc cdx [-o INDEX] FILE...      CDXJ, for replayers\n"
    "Reads web archives: WARC 1.0 and 1.1, compressed or not.  FILE may be "
    "the\n"
    "directory of a crawl; - is standard input.\n";

static const char notes[] =
    "Exit code: 0 done, 1 something is wrong with a file, or not found, 2 bad "
    "usage\n"
    "Examples:\n"
    "  lariat warc list archive\n"
    "  lariat warc show archive http://localhost:8080/ >page.html\n"
    "  lariat warc check site-*.warc.gz && echo whole\n";

/* Options of other programs that do the same. */
static const struct option_hint hints[] = {
    {"payload", "show writes it without an option"},
    {"decode", "bodies are decoded; --raw leaves them as they are"},
    {"offset", "give it behind the file: lariat warc show FILE 1234"},
    {"cdxj", "lariat warc cdx FILE"},
    {"format", "--json"},
    {NULL, NULL}};

const struct option_table warc_options = {.command = "warc",
                                          .summary = "read web archives",
                                          .operand = "FILE",
                                          .usage = usage,
                                          .notes = notes,
                                          .groups = groups,
                                          .rows = rows,
                                          .count = sizeof rows / sizeof rows[0],
                                          .hints = hints};
