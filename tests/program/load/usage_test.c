/* SPDX-License-Identifier: MIT
 * The command line of `lariat load`: nonsense is refused before anything is
 * sent, with what would have been right; help, manual and completions know
 * every option. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/option_table.h"
#include "support/fixture.h"
#include "support/program.h"
#include <lariat/load/version.h>

#define ARGUMENTS(...) ((const char *const[]){"load", __VA_ARGS__, NULL})

static const char url[] = "http://127.0.0.1:1/";

static void expect_usage(const char *const *arguments, const char *said) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p, arguments);
  if (p.code != 2) fixture_fail("exit code %d, not 2: %s", p.code, said);
  program_said(&p, said);
  CU_ASSERT_EQUAL(p.out_length, 0);
  program_close(&p);
}

static void nonsense_values(void) {
  static const char *const values[][2] = {
      {"--connections", "0"},
      {"--connections", "1000001"},
      {"--connections", "many"},
      {"--requests", "0"},
      {"--requests", "-1"},
      {"--duration", "0"},
      {"--duration", "-1s"},
      {"--duration", "1y"},
      {"--duration", "ten"},
      {"--rate", "0"},
      {"--rate", "-1"},
      {"--rate", "fast"},
      {"--rate", "nan"},
      {"--arrivals", "random"},
      {"--stages", ""},
      {"--warm-up", "-1"},
      {"--warm-up", "2h"},
      {"--reactors", "0"},
      {"--seed", "x"},
      {"--start-at", "tomorrow"},
      {"--start-at", "2026-11-30"},
      {"--start-at", "2026-11-30T14:00:00"},
      {"--start-at", "2026-02-30T14:00:00Z"},
      {"--start-at", "@1796047200000"},
      {"--start-at", "@0"},
      {"--start-at", "-5"},
      {"--wait-for", "0"},
      {"--timeout", "0"},
      {"--timeout", "2h"},
      {"--connect-timeout", "x"},
      {"--per-connection", "0"},
      {"--connect-rate", "0"},
      {"--stop-at-failures", "0"},
      {"--method", "GE T"},
      {"--method", "CONNECT"},
      {"--header", "no colon"},
      {"--user", "no-colon"},
      {"--data", "@"},
      {"--json", ""},
      {"--resolve", ""},
      {"--connect-to", ""},
      {"--fail-if", ""}};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    char said[100];
    snprintf(said, sizeof said, "%s takes ", values[i][0]);
    expect_usage(ARGUMENTS(values[i][0], values[i][1], url), said);
  }
}

/* What is checked when all options are read. */
static void texts_without_sense(void) {
  expect_usage(ARGUMENTS("--stages", "30s:0-500,5m", url), "--stages: stage 2");
  expect_usage(ARGUMENTS("--stages", "30s:0", url), "--stages: ");
  expect_usage(ARGUMENTS("--stages", "0s:10", url), "--stages: ");
  expect_usage(ARGUMENTS("--part", "3/2", "--rate", "1", url),
               "K is from 1 to N");
  expect_usage(ARGUMENTS("--fail-if", "p99", url), "--fail-if \"p99\": ");
  expect_usage(ARGUMENTS("--resolve", "a.test:80:b.test", url),
               "--resolve: \"a.test:80:b.test\": not an address");
  expect_usage(ARGUMENTS("--connect-to", "a.test:80", url),
               "--connect-to: \"a.test:80\": not HOST:PORT:HOST:PORT");
  expect_usage(ARGUMENTS("--cacert", "nowhere", url), "--cacert: ");
  expect_usage(ARGUMENTS("ftp://127.0.0.1/"), "ftp://127.0.0.1/: ");
  expect_usage(ARGUMENTS("http://"), "http://: ");
  expect_usage(ARGUMENTS("-H", "a b: c", url), "header");
  expect_usage(ARGUMENTS("--data", "@nowhere", url), "cannot read nowhere: ");
  expect_usage(ARGUMENTS("--vars", "nowhere", url), "cannot read nowhere: ");
  expect_usage(ARGUMENTS("--vars", "/dev/null", url), "/dev/null: ");
}

static void what_makes_no_sense_together(void) {
  expect_usage(ARGUMENTS("-c", "4"), "there is nothing to send: give a URL");
  expect_usage(ARGUMENTS("--rate", "1", "--stages", "1s:1", url), "not both");
  expect_usage(ARGUMENTS("--stages", "1s:1", "-d", "3s", url),
               "--stages say how long the run is");
  expect_usage(ARGUMENTS("--arrivals", "even", url),
               "--arrivals needs a --rate or --stages");
  expect_usage(ARGUMENTS("--no-keepalive", "--per-connection", "2", url),
               "not both");
  expect_usage(ARGUMENTS("-4", "-6", url), "not both");
  expect_usage(ARGUMENTS("-u", "a:b", "-H", "authorization: c", url),
               "not both");
  expect_usage(ARGUMENTS("-A", "a", "-H", "user-agent: c", url), "not both");
  expect_usage(ARGUMENTS("-A", "a\nb", url), "without line breaks");
  expect_usage(ARGUMENTS("--json", "x", "--csv", "x", url),
               "two reports cannot be written to x");
  expect_usage(ARGUMENTS("--json", "x", "--csv", "./x", url),
               "two reports cannot be written to ");
  expect_usage(ARGUMENTS("--json", "/dev/../dev/x", "--csv", "/dev/x", url),
               "two reports cannot be written to ");
  expect_usage(ARGUMENTS("--once", "--http", "2", url), "--once speaks");
  expect_usage(ARGUMENTS("--once", "--json", "r.json", url),
               "--once writes no report");
  expect_usage(ARGUMENTS("--plan", "--csv", "-", url),
               "--plan writes no report");
  expect_usage(ARGUMENTS("--start-at", "2126-11-30T14:00:00.5+01:00", url),
               "--start-at 2126-11-30T13:00:00Z is more than a day ahead");
  expect_usage(ARGUMENTS("--start-at", "@4951670400", url),
               "--start-at 2126-11-30T00:00:00Z is more than a day ahead");
  expect_usage(ARGUMENTS("nonsense"), "nonsense is no URL\n");
  expect_usage(ARGUMENTS("comapre", "a", "b"), "did you mean compare?");
  expect_usage(ARGUMENTS("-q", "50", url), "hey's -q is --rate here");
}

/* What others call it. */
static void what_was_meant(void) {
  static const char *const cases[][2] = {
      {"-t4", "wrk's -t is --reactors here"},
      {"--threads", "did you mean --reactors?"},
      {"--vus", "did you mean --connections?"},
      {"-R100", "did you mean --rate, which"},
      {"--rat", "did you mean --rate?"},
      {"--conections", "did you mean --connections?"},
      {"--http2", "did you mean --http 2"},
      {"--latency", "the report has all percentiles"},
      {"-s", "there are no scripts"},
      {"--pipelining", "requests are not pipelined"},
      {"--disable-keepalive", "did you mean --no-keepalive?"},
      {"--concurrency-level", "did you mean --connections?"},
      {"--disable-redirects", "redirects are not followed"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    expect_usage(ARGUMENTS(cases[i][0]), cases[i][1]);
  expect_usage(ARGUMENTS("-d", "a=b", url), "a body goes with --data");
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

static void help_fits_a_screen(void) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p, ARGUMENTS("--help"));
  CU_ASSERT_EQUAL(p.code, 0);
  CU_ASSERT_EQUAL(p.err_length, 0);
  CU_ASSERT(count(p.out, "\n") <= 40);
  CU_ASSERT(longest_line(p.out) <= 79);
  for (size_t i = 0; i < load_options.count; i++) {
    char option[80];
    snprintf(option, sizeof option, "--%s", load_options.rows[i].name);
    if (!strstr(p.out, option)) fixture_fail("--help has no %s", option);
  }
  char *help = strdup(p.out);
  program_run(&p, (const char *const[]){"help", "load", NULL});
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
  CU_ASSERT_EQUAL(count(fish, "\ncomplete -c lariat -n $load "),
                  load_options.count);
  free(fish);
  char *page = read_made("man/lariat-load.1");
  CU_ASSERT_EQUAL(count(page, "\n.TP\n\\fB\\-"), load_options.count);
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
                                        LARIAT_GENERATED "/man/lariat-load.1",
                                        NULL});
  CU_ASSERT_EQUAL(p.code, 0);
  if (p.err_length) fixture_fail("%s", p.err);
  program_close(&p);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"nonsense option values", nonsense_values},
      {"texts without sense", texts_without_sense},
      {"what makes no sense together", what_makes_no_sense_together},
      {"what was meant", what_was_meant},
      {"the help fits a screen", help_fits_a_screen},
      {"every option is documented", every_option_is_documented},
      {"the man page is clean", man_page_is_clean},
  };
  return fixture_main("load usage", tests, FIXTURE_COUNT(tests), argc, argv);
}
