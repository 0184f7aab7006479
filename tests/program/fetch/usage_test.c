/* SPDX-License-Identifier: MIT
 * The command line: nonsense is refused with what would have been right, the
 * help fits a screen, and man page and completions know every option. */
#include "program/fetch/fetch_support.h"

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
      {"--concurrency", "0"},
      {"--concurrency", "-1"},
      {"--concurrency", "1000001"},
      {"--concurrency", "12x"},
      {"--concurrency", " 12"},
      {"--concurrency", ""},
      {"--concurrency", "+5"},
      {"--concurrency", "0x10"},
      {"--reactors", "0"},
      {"--reactors", "1025"},
      {"--reactors", "99999999999999999999999"},
      {"--per-host", "0"},
      {"--per-host", "many"},
      {"--rate", "0"},
      {"--rate", "fast"},
      {"--rate-per-host", "-1"},
      {"--rate-per-host", "1000001"},
      {"--delay", "90000"},
      {"--delay", "x"},
      {"--timeout", "-1"},
      {"--timeout", "1.2345"},
      {"--timeout", "."},
      {"--timeout", "1e9"},
      {"--timeout", "99999999999"},
      {"--timeout", "nan"},
      {"--connect-timeout", "x"},
      {"--retries", "101"},
      {"--retries", "-1"},
      {"--retry-budget", "-1"},
      {"--retry-budget", "many"},
      {"--idle-timeout", "-1"},
      {"--retry-status", "200"},
      {"--retry-status", "5xx,"},
      {"--retry-status", "5x"},
      {"--max-body", "1Q"},
      {"--max-body", "9999999999999T"},
      {"--max-redirects", "x"},
      {"--memory", "1"},
      {"--memory", "1023K"},
      {"--placement", "home"},
      {"--placement", ""},
      {"--http", "3"},
      {"--method", ""},
      {"--method", "GE T"},
      {"--data", "@"},
      {"--upload-file", ""},
      {"--upload-file", "-"},
      {"--header", "no colon"},
      {"--header", ": no name"}};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    char said[100];
    snprintf(said, sizeof said, "%s takes ", values[i][0]);
    expect_usage(FETCH_ARGUMENTS("fetch", values[i][0], values[i][1],
                                 "http://127.0.0.1:1/"),
                 said);
  }
}

static void unknown_options(void) {
  expect_usage(FETCH_ARGUMENTS("fetch", "--nonsense"),
               "there is no option --nonsense");
  expect_usage(FETCH_ARGUMENTS("fetch", "-Z"), "there is no option -Z");
  expect_usage(FETCH_ARGUMENTS("fetch", "--output"), "--output needs a value");
  expect_usage(FETCH_ARGUMENTS("fetch", "-c"), "-c needs a value");
  expect_usage(FETCH_ARGUMENTS("fetch", "--resume=yes"),
               "--resume takes no value");
  expect_usage(FETCH_ARGUMENTS("fetsch"), "there is no command \"fetsch\"");
}

static void what_makes_no_sense_together(void) {
  struct program p;
  expect_usage(FETCH_ARGUMENTS("fetch"), "there is nothing to fetch");
  expect_usage(FETCH_ARGUMENTS("fetch", "-i", "list", "http://127.0.0.1:1/"),
               "not both");
  expect_usage(FETCH_ARGUMENTS("fetch", "--resume", "http://127.0.0.1:1/"),
               "--resume needs the --output");
  expect_usage(
      FETCH_ARGUMENTS("fetch", "--cacert", "nowhere", "https://127.0.0.1:1/"),
      "no certificates to be read in nowhere");
  expect_usage(FETCH_ARGUMENTS("fetch", "-H", "a b: c", "http://127.0.0.1:1/"),
               "the header \"a b\"");
  expect_usage(
      FETCH_ARGUMENTS("fetch", "-d", "a", "-T", "b", "http://127.0.0.1:1/"),
      "not both");
  expect_usage(FETCH_ARGUMENTS("fetch", "-d", "@-", "-i", "-"),
               "standard input cannot be");
  expect_usage(
      FETCH_ARGUMENTS("fetch", "-X", "HEAD", "-T", "b", "http://127.0.0.1:1/"),
      "a HEAD request has no body");
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p, FETCH_ARGUMENTS(NULL));
  CU_ASSERT_EQUAL(p.code, 2);
  program_said(&p, "usage: lariat");
  program_close(&p);
}

static unsigned count_lines(const char *text) {
  unsigned lines = 0;
  for (; *text; text++) lines += *text == '\n';
  return lines;
}

static unsigned longest_of(const char *text) {
  size_t longest = 0;
  while (*text) {
    size_t length = strcspn(text, "\n");
    if (length > longest) longest = length;
    text += length + (text[length] != '\0');
  }
  return (unsigned)longest;
}

static unsigned count(const char *text, const char *part) {
  unsigned found = 0;
  while ((text = strstr(text, part))) {
    found++;
    text += strlen(part);
  }
  return found;
}

static void help_fits_a_screen(void) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p, FETCH_ARGUMENTS("fetch", "--help"));
  CU_ASSERT_EQUAL(p.code, 0);
  CU_ASSERT_EQUAL(p.err_length, 0);
  CU_ASSERT(count_lines(p.out) <= 25);
  CU_ASSERT(longest_of(p.out) <= 79);
  CU_ASSERT_EQUAL(count(p.out, "\n  lariat fetch "), 3);
  program_run(&p, FETCH_ARGUMENTS("--help"));
  CU_ASSERT_EQUAL(p.code, 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(p.out, "lariat fetch [options] [URL...]"));
  program_close(&p);
}

static void versions(void) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p, FETCH_ARGUMENTS("--version"));
  CU_ASSERT_EQUAL(p.code, 0);
  CU_ASSERT(strncmp(p.out, "lariat ", 7) == 0);
  CU_ASSERT_PTR_NOT_NULL(strstr(p.out, " (libcurl "));
  CU_ASSERT_EQUAL(count_lines(p.out), 1);
  program_run(&p, FETCH_ARGUMENTS("fetch", "--version"));
  CU_ASSERT_EQUAL(p.code, 0);
  program_close(&p);
}

static char *read_file(const char *path) {
  FILE *file = fopen(path, "re");
  char *text = calloc(1, 100000);
  if (!text) abort();
  if (!file || fread(text, 1, 99999, file) == 0)
    fixture_fail("%s cannot be read", path);
  if (file) fclose(file);
  return text;
}

/* In a man page each hyphen of an option is "\-". */
static void expect_option(const char *text, const char *name, const char *kind,
                          const char *dash) {
  char option[80];
  size_t used = 0;
  for (; *name; name++) {
    const char *add = *name == '-' ? dash : NULL;
    used += (size_t)snprintf(option + used, sizeof option - used,
                             add ? "%s" : "%.1s", add ? add : name);
  }
  if (!strstr(text, option)) fixture_fail("%s has no %s", kind, option);
}

static void every_option_is_documented(void) {
  static const char *const options[] = {"input",         "output",
                                        "save",          "reactors",
                                        "concurrency",   "per-host",
                                        "placement",     "timeout",
                                        "retries",       "retry-status",
                                        "retry-budget",  "retry-all-methods",
                                        "idle-timeout",  "connect-timeout",
                                        "max-body",      "memory",
                                        "method",        "max-redirects",
                                        "header",        "data",
                                        "cacert",        "insecure",
                                        "http",          "resume",
                                        "quiet",         "verbose",
                                        "version",       "help",
                                        "upload-file",   "rate",
                                        "rate-per-host", "delay"};
  struct program p;
  char *man = read_file(LARIAT_DOCS "/man/lariat-fetch.1");
  char *bash = read_file(LARIAT_COMPLETIONS "/lariat.bash");
  char *zsh = read_file(LARIAT_COMPLETIONS "/_lariat");
  char *fish = read_file(LARIAT_COMPLETIONS "/lariat.fish");
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p, FETCH_ARGUMENTS("fetch", "--help"));
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
    char option[60];
    snprintf(option, sizeof option, "--%s", options[i]);
    expect_option(p.out, option, "--help", "-");
    expect_option(bash, option, "lariat.bash", "-");
    expect_option(zsh, option, "_lariat", "-");
    expect_option(man, option, "lariat-fetch.1", "\\-");
    snprintf(option, sizeof option, "-l %s", options[i]);
    expect_option(fish, option, "lariat.fish", "-");
  }
  /* As many as the program has. */
  CU_ASSERT_EQUAL(count(fish, "\ncomplete -c lariat -n $fetch "),
                  sizeof options / sizeof options[0]);
  program_close(&p);
  free(man);
  free(bash);
  free(zsh);
  free(fish);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"nonsense option values", nonsense_values},
      {"unknown options", unknown_options},
      {"what makes no sense together", what_makes_no_sense_together},
      {"the help fits a screen", help_fits_a_screen},
      {"versions", versions},
      {"every option is documented", every_option_is_documented},
  };
  return fixture_main("fetch usage", tests, FIXTURE_COUNT(tests), argc, argv);
}
