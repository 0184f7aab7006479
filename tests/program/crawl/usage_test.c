/* SPDX-License-Identifier: MIT
 * The command line of `lariat crawl`: nonsense is refused before anything is
 * fetched or written, with what would have been right; help, manual and
 * completions know every option. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crawl/option_table.h"
#include "support/fixture.h"
#include "support/program.h"
#include <lariat/crawl/version.h>

#define ARGUMENTS(...) ((const char *const[]){"crawl", __VA_ARGS__, NULL})

static const char url[] = "http://127.0.0.1:1/";

/* Expects the exit code 2, and that the directory "site" is not made. */
static void expect_usage_of(struct program *p, const char *const *arguments,
                            const char *said) {
  char path[300];
  program_run(p, arguments);
  if (p->code != 2) fixture_fail("exit code %d, not 2: %s", p->code, said);
  program_said(p, said);
  CU_ASSERT_EQUAL(p->out_length, 0);
  if (access(program_file(p, "site", path, sizeof path), F_OK) == 0)
    fixture_fail("%s is there", path);
}

static void expect_usage(const char *const *arguments, const char *said) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  expect_usage_of(&p, arguments, said);
  program_close(&p);
}

static void nonsense_values(void) {
  static const char *const values[][2] = {{"--scope", "world"},
                                          {"--depth", "-1"},
                                          {"--hops-off-site", "256"},
                                          {"--include", ""},
                                          {"--surt", ""},
                                          {"--types", ""},
                                          {"--delay", "-1"},
                                          {"--delay", "fast"},
                                          {"--delay", "2d"},
                                          {"--delay-factor", "x"},
                                          {"--group", "network"},
                                          {"--per-group", "0"},
                                          {"--crawl-delay", "30"},
                                          {"--robots", "no"},
                                          {"--contact", "me"},
                                          {"--contact", "@example.org"},
                                          {"--contact", "a b@example.org"},
                                          {"--user-agent", ""},
                                          {"--max-pages", "0"},
                                          {"--max-bytes", "1Q"},
                                          {"--max-time", "0"},
                                          {"--max-body", "0"},
                                          {"--trap-query", "many"},
                                          {"--warc-size", "1"},
                                          {"--warc-level", "13"},
                                          {"--same-body", "keep"},
                                          {"--jsonl", ""},
                                          {"--exec", ""},
                                          {"--again", "never"},
                                          {"--concurrency", "0"},
                                          {"--reactors", "0"},
                                          {"--durability", "no"},
                                          {"--http", "3"},
                                          {"--progress", "bar"},
                                          {"--grace", "2h"},
                                          {"--sitemap", "ftp://a.test/"},
                                          {"--seed", ""}};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    char said[100];
    snprintf(said, sizeof said, "%s takes ", values[i][0]);
    expect_usage(ARGUMENTS(values[i][0], values[i][1], "site", url), said);
  }
}

static void both_limits_of_a_lease_are_told(void) {
  expect_usage(ARGUMENTS("--lease", "2d", "site", url),
               "--lease takes a time from 1s to 1d");
}

static void what_makes_no_sense_together(void) {
  expect_usage(ARGUMENTS("-q"), "give the directory of the crawl");
  expect_usage(ARGUMENTS(url),
               "the first argument is the directory of the crawl: lariat crawl "
               "DIR http://127.0.0.1:1/");
  expect_usage(ARGUMENTS("/dev/null", url), "/dev/null is no directory");
  expect_usage(ARGUMENTS("-4", "-6", "site", url), "not both");
  expect_usage(ARGUMENTS("--requisites", "--no-requisites", "site", url),
               "not both");
  expect_usage(ARGUMENTS("--no-warc", "--cdx", "site", url), "--no-warc");
  expect_usage(ARGUMENTS("--no-warc", "--on-warc-closed", "true", "site", url),
               "--no-warc");
  expect_usage(ARGUMENTS("--links", "-", "site", url), "--links takes a file");
  expect_usage(ARGUMENTS("--links", "x", "--jsonl", "x", "site", url),
               "the same file");
  expect_usage(ARGUMENTS("--allow-net", "x", "site", url), "--allow-net: ");
  expect_usage(ARGUMENTS("--resolve", "a.test:80:b.test", "site", url),
               "--resolve: ");
  expect_usage(ARGUMENTS("site", "ftp://a.test/"),
               "\"ftp://a.test/\" is no seed: ");
  expect_usage(ARGUMENTS("site", "example"), "\"example\" is no seed: ");
  expect_usage(ARGUMENTS("-i", "nowhere", "site"), "cannot read nowhere: ");
}

static void what_was_meant(void) {
  static const char *const cases[][2] = {
      {"--mirror", "all that is in scope is fetched"},
      {"--wait", "did you mean --delay?"},
      {"--level", "did you mean --depth?"},
      {"--no-parent", "did you mean --scope prefix?"},
      {"--warc-file", "WARC files are in DIR/warc"},
      {"-k", "links are not rewritten"},
      {"--max-page", "did you mean --max-pages"},
      {"--resume", "DIR is gone on with without an option"},
      {"--proxy", "there are no proxies yet"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    expect_usage(ARGUMENTS(cases[i][0], "site", url), cases[i][1]);
}

/* ---- Lists and files ---- */

static void expect_file(const char *text, const char *said) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  program_write(&p, "conf", text, strlen(text));
  expect_usage_of(&p, ARGUMENTS("--config", "conf", "site", url), said);
  program_close(&p);
}

static void wrong_lines_of_a_file_are_told(void) {
  expect_file("delay = 1s\n\ndlay = 2s\n",
              "conf:3: there is no option dlay; did you mean delay");
  expect_file("delay = soon\n", "conf:1: delay takes a time, as ");
  expect_file("delay\n", "conf:1: a line is \"name = value\"");
  expect_file("# x\n= 5\n", "conf:2: a line is \"name = value\"");
  expect_file("no-warc = maybe\n", "conf:1: no-warc takes yes or no");
  expect_file("help = yes\n", "conf:1: there is no option help for a file");
  expect_file("config = other\n", "a file names no other");
  expect_file("[hosts a.test]\n", "conf:1: the sections are [host \"NAME\"]");
  expect_file("[host a.test\n", "conf:1: a section ends with ]");
  expect_file("[host \"http://a.test/\"]\n", "conf:1: [host \"NAME\"] takes");
  expect_file("[host a.test]\nscope = host\n",
              "conf:2: there is no option scope");
  expect_file("[host a.test]\nheader = Authorization\n",
              "conf:2: header takes \"Name: value\"\n");
  expect_file("[host a.test]\nmax-pages = 0\n", "conf:2: max-pages takes");
  expect_usage(ARGUMENTS("--config", "nowhere", "site", url),
               "cannot read nowhere: ");
}

static void wrong_lines_of_a_list_are_told(void) {
  static const char list[] = "https://example.org/\n"
                             "# a comment\n"
                             "nonsense\n"
                             "{\"url\":\"https://a.test/\",\"depht\":1}\n";
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  program_write(&p, "list", list, sizeof list - 1);
  expect_usage_of(&p, ARGUMENTS("-i", "list", "site"),
                  "list:3: \"nonsense\" is no seed: ");
  program_said(&p, "list:4: ");
  program_said(&p, "\"depht\": there are \"url\", \"depth\" and \"priority\"");
  program_close(&p);
}

/* ---- Commands ---- */

static void expect_code(const char *const *arguments, int code,
                        const char *said) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p, arguments);
  if (p.code != code) fixture_fail("exit code %d, not %d", p.code, code);
  program_said(&p, said);
  program_close(&p);
}

static void commands_want_a_directory(void) {
  static const char *const commands[] = {"status", "top",    "pause",
                                         "resume", "stop",   "add",
                                         "set",    "report", "why"};
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    expect_usage(ARGUMENTS(commands[i]), "give ");
  expect_usage(ARGUMENTS("status", "a", "b"), "one DIR");
  expect_usage(ARGUMENTS("add", "site"), "give DIR and a URL");
  expect_usage(ARGUMENTS("set", "site"), "give DIR and a NAME=VALUE");
  expect_usage(ARGUMENTS("why", "site"), "give DIR and one URL");
  expect_usage(ARGUMENTS("set", "site", "delay"), "set takes NAME=VALUE");
  expect_usage(ARGUMENTS("stop", "--grace", "x", "site"), "--grace takes");
}

static void nothing_runs(void) {
  expect_code(ARGUMENTS("pause", "."), 1, "no process runs the crawl in .");
  expect_code(ARGUMENTS("resume", "nowhere"), 1, "no process runs");
  expect_code(ARGUMENTS("add", ".", url), 1, "give seeds to lariat crawl DIR");
  expect_code(ARGUMENTS("set", ".", "delay=1s"), 1, "give it as an option");
  expect_code(ARGUMENTS("status", "nowhere"), 1, "lariat: ");
  expect_code(ARGUMENTS("report", "nowhere"), 1, "lariat: ");
}

static void commands_have_help(void) {
  static const char *const commands[] = {"status", "top",    "pause",
                                         "resume", "stop",   "add",
                                         "set",    "report", "why"};
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    struct program p;
    char first[60];
    program_open(&p, LARIAT_PROGRAM);
    program_run(&p, ARGUMENTS(commands[i], "--help"));
    CU_ASSERT_EQUAL(p.code, 0);
    snprintf(first, sizeof first, "usage: lariat crawl %s ", commands[i]);
    if (strncmp(p.out, first, strlen(first)) != 0)
      fixture_fail("%s: %s%s", commands[i], p.out, p.err);
    program_close(&p);
  }
}

/* ---- What is made of the table ---- */

static unsigned count(const char *text, const char *part) {
  unsigned found = 0;
  while ((text = strstr(text, part))) {
    found++;
    text += strlen(part);
  }
  return found;
}

static size_t longest_line(const char *text) {
  size_t longest = 0;
  while (*text) {
    size_t length = strcspn(text, "\n");
    if (length > longest) longest = length;
    text += length + (text[length] != '\0');
  }
  return longest;
}

static void help_has_every_option(void) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p, ARGUMENTS("--help"));
  CU_ASSERT_EQUAL(p.code, 0);
  CU_ASSERT_EQUAL(p.err_length, 0);
  CU_ASSERT(count(p.out, "\n") <= 50);
  CU_ASSERT(longest_line(p.out) <= 79);
  for (size_t i = 0; i < crawl_options.count; i++) {
    char option[80];
    snprintf(option, sizeof option, "--%s", crawl_options.rows[i].name);
    if (!strstr(p.out, option)) fixture_fail("--help has no %s", option);
  }
  char *help = strdup(p.out);
  program_run(&p, (const char *const[]){"help", "crawl", NULL});
  CU_ASSERT_STRING_EQUAL(p.out, help);
  free(help);
  program_close(&p);
}

/* Reads a file that the build has made. */
static char *read_made(const char *name) {
  char path[300];
  char *text = calloc(1, 200000);
  snprintf(path, sizeof path, "%s/%s", LARIAT_GENERATED, name);
  FILE *file = fopen(path, "re");
  if (!text) abort();
  if (!file || fread(text, 1, 199999, file) == 0)
    fixture_fail("%s cannot be read", path);
  if (file) fclose(file);
  return text;
}

static void every_option_is_documented(void) {
  char *fish = read_made("completions/lariat.fish");
  CU_ASSERT_EQUAL(count(fish, "\ncomplete -c lariat -n $crawl "),
                  crawl_options.count);
  CU_ASSERT_EQUAL(count(fish, "-a 'status top why "), 1);
  free(fish);
  char *page = read_made("man/lariat-crawl.1");
  CU_ASSERT_EQUAL(count(page, "\n.TP\n\\fB\\-"), crawl_options.count);
  free(page);
}

/* groff, where it is here, has nothing to say about the page. */
static void man_page_is_clean(void) {
  struct program p;
  if (access("/usr/bin/groff", X_OK) != 0) {
    printf("skipped: there is no groff\n");
    return;
  }
  program_open(&p, "/usr/bin/groff");
  program_run(&p, (const char *const[]){"-man", "-ww", "-Tutf8", "-z",
                                        LARIAT_GENERATED "/man/lariat-crawl.1",
                                        NULL});
  CU_ASSERT_EQUAL(p.code, 0);
  if (p.err_length) fixture_fail("%s", p.err);
  program_close(&p);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"nonsense option values", nonsense_values},
      {"both limits of a lease are told", both_limits_of_a_lease_are_told},
      {"what makes no sense together", what_makes_no_sense_together},
      {"what was meant", what_was_meant},
      {"wrong lines of a file are told", wrong_lines_of_a_file_are_told},
      {"wrong lines of a list are told", wrong_lines_of_a_list_are_told},
      {"commands want a directory", commands_want_a_directory},
      {"nothing runs", nothing_runs},
      {"commands have help", commands_have_help},
      {"help has every option", help_has_every_option},
      {"every option is documented", every_option_is_documented},
      {"the man page is clean", man_page_is_clean},
  };
  return fixture_main("crawl usage", tests, FIXTURE_COUNT(tests), argc, argv);
}
