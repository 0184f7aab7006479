/* SPDX-License-Identifier: MIT
 * The command line: nonsense is refused with what would have been right, the
 * help fits a screen, and man page and completions know every option. */
#include <unistd.h>

#include "fetch/option_table.h"
#include "program/fetch/fetch_support.h"
#include "tables.h"

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
      {"--cookie", "-"},
      {"--cookie-jar", ""},
      {"--memory", "1"},
      {"--memory", "1023K"},
      {"--placement", "home"},
      {"--placement", ""},
      {"--http", "3"},
      {"--method", ""},
      {"--method", "GE T"},
      {"--method", "CONNECT"},
      {"--data", "@"},
      {"--upload-file", ""},
      {"--upload-file", "-"},
      {"--header", "no colon"},
      {"--header", ": no name"},
      {"--header", ";"},
      {"--header", "X;y"},
      {"--header", "http://127.0.0.1/"},
      {"--user", "no-colon"},
      {"--allow-net", ""},
      {"--deny-net", ""},
      {"--resolve", ""},
      {"--connect-to", ""},
      {"--details", ""},
      {"--details", "headers"},
      {"--details", "history,"}};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    char said[100];
    snprintf(said, sizeof said, "%s takes ", values[i][0]);
    expect_usage(FETCH_ARGUMENTS("fetch", values[i][0], values[i][1],
                                 "http://127.0.0.1:1/"),
                 said);
  }
}

static void networks_without_sense(void) {
  static const char url[] = "http://127.0.0.1:1/";
  expect_usage(
      FETCH_ARGUMENTS("fetch", "--deny-net", "::1", "--deny-net", "10.0.0.1/8",
                      url),
      "--deny-net: \"10.0.0.1/8\": there are bits behind the prefix; the "
      "network is 10.0.0.0/8");
  expect_usage(FETCH_ARGUMENTS("fetch", "--allow-net", "10.0.0.0/33", url),
               "--allow-net: \"10.0.0.0/33\": the prefix has from 0 to 32");
  expect_usage(FETCH_ARGUMENTS("fetch", "--allow-net", "localhost", url),
               "--allow-net: \"localhost\": not an address");
}

static void names_without_sense(void) {
  static const char url[] = "http://127.0.0.1:1/";
  expect_usage(FETCH_ARGUMENTS("fetch", "--resolve", "a.test:80:::1",
                               "--resolve", "a.test:80:b.test", url),
               "--resolve: \"a.test:80:b.test\": not an address");
  expect_usage(FETCH_ARGUMENTS("fetch", "--connect-to", "a.test:80", url),
               "--connect-to: \"a.test:80\": not HOST:PORT:HOST:PORT");
  expect_usage(FETCH_ARGUMENTS("fetch", "--dns-servers", "ns.test", url),
               "--dns-servers: \"ns.test\": not an IP address");
  expect_usage(
      FETCH_ARGUMENTS("fetch", "--dns-servers", "::1,127.0.0.1:70934", url),
      "--dns-servers: \"127.0.0.1:70934\": the port must be 1 to "
      "65535");
  expect_usage(FETCH_ARGUMENTS("fetch", "-4", "-6", url),
               "give --ipv4 or --ipv6, not both");
}

static void agents_with_line_breaks(void) {
  static const char *const agents[] = {"a\r\nX: y", "a\nX: y", "a\r"};
  for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++)
    expect_usage(
        FETCH_ARGUMENTS("fetch", "-A", agents[i], "http://127.0.0.1:1/"),
        "--user-agent takes text without line breaks");
}

static void unknown_options(void) {
  expect_usage(FETCH_ARGUMENTS("fetch", "--nonsense"),
               "there is no option --nonsense");
  expect_usage(FETCH_ARGUMENTS("fetch", "-Z"), "there is no option -Z");
  expect_usage(FETCH_ARGUMENTS("fetch", "--output"), "--output needs a value");
  expect_usage(FETCH_ARGUMENTS("fetch", "--save", ""), "--save takes DIR, not");
  expect_usage(FETCH_ARGUMENTS("fetch", "-c"), "-c needs a value");
  expect_usage(FETCH_ARGUMENTS("fetch", "--resume=yes"),
               "--resume takes no value");
  expect_usage(FETCH_ARGUMENTS("fetsch"), "there is no command \"fetsch\"");
}

/* What was meant is said: names that are nearly right, beginnings of names,
 * and what other programs call it. */
static void what_was_meant(void) {
  static const char *const cases[][3] = {
      {"fetch", "--tiemout", "did you mean --timeout?"},
      {"fetch", "--retires=3", "did you mean --retries?"},
      {"fetch", "--concur", "did you mean --concurrency?"},
      {"fetch", "--rat", "did you mean --rate or --rate-per-host?"},
      {"fetch", "--max-redirs", "did you mean --max-redirects?"},
      {"fetch", "--wait", "did you mean --delay?"},
      {"fetch", "--load-cookies", "did you mean --cookie FILE?"},
      {"fetch", "-O", "did you mean --save DIR?"},
      {"fetch", "-x", "there is no option -x: there are no proxies yet"},
      {"fetsch", NULL, "did you mean \"lariat fetch\"?"},
      {"get", "http://h/", "did you mean \"lariat fetch\"?"},
      {"versions", NULL, "did you mean \"lariat version\"?"},
      {"http://h/", NULL, "did you mean \"lariat fetch http://h/\"?"},
      {"www.example.org", NULL, "did you mean \"lariat fetch www.example.org"},
      {"-i", "list", "did you mean \"lariat fetch -i\"?"},
      {"help", "fetsch", "did you mean \"lariat fetch\"?"},
      {"help", "nonsense", "there is no command \"nonsense\""},
      {"fetch", "--range", "did you mean --header \"Range: "},
      {"fetch", "-g", "brackets and braces of URLs are sent as they are"},
      {"fetch", "--no-follow", "did you mean --max-redirects 0?"},
      {"fetch", "--duration", "is fetched once; see lariat load"},
      {"fetch", "--recursive", "lariat crawl follows links"},
      {"fetch", "-cjar3", "not \"jar3\"; curl's -c is --cookie-jar FILE here"},
      {"fetch", "-r0-99", "not \"0-99\"; curl's -r is --header \"Range: "},
      {"fetch", "-c0", "not \"0\"\n"},
      {"fetch", "--concurrency=jar3", "not \"jar3\"\n"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    expect_usage(FETCH_ARGUMENTS(cases[i][0], cases[i][1]), cases[i][2]);
}

/* Values in their units; what is right gets as far as the missing list. */
static void values_with_units(void) {
  static const char *const values[][2] = {{"--timeout", "5s"},
                                          {"--timeout", "500ms"},
                                          {"-m", "1.5m"},
                                          {"--delay", "2h"},
                                          {"--rate", "10/s"},
                                          {"--rate", "90/m"},
                                          {"--rate-per-host", "1/s"},
                                          {"--max-body", "10MB"},
                                          {"--max-body", "1MiB"},
                                          {"--memory", "2GB"},
                                          {"--retry", "3"}};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
    expect_usage(
        FETCH_ARGUMENTS("fetch", values[i][0], values[i][1], "-i", "nowhere"),
        "cannot read nowhere");
}

/* Letters together, values behind them, and what curl's users type. */
static void letters(void) {
  expect_usage(FETCH_ARGUMENTS("fetch", "-sSLqvk", "-inowhere"),
               "cannot read nowhere");
  expect_usage(FETCH_ARGUMENTS("fetch", "-qinowhere"), "cannot read nowhere");
  expect_usage(
      FETCH_ARGUMENTS("fetch", "--compressed", "--location", "-i", "nowhere"),
      "cannot read nowhere");
  expect_usage(FETCH_ARGUMENTS("fetch", "-qZ"), "there is no option -Z");
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
               "the header \"a ***\"");
  expect_usage(FETCH_ARGUMENTS("fetch", "-H", "X: a\nb", "http://127.0.0.1:1/"),
               "the header \"X\" cannot be sent: ");
  expect_usage(
      FETCH_ARGUMENTS("fetch", "-d", "a", "-T", "b", "http://127.0.0.1:1/"),
      "not both");
  expect_usage(FETCH_ARGUMENTS("fetch", "-d", "a", "-d", "@b", "http://h/"),
               "--data takes a text, @FILE");
  expect_usage(FETCH_ARGUMENTS("fetch", "-d", "@-", "-i", "-"),
               "standard input cannot be");
  expect_usage(
      FETCH_ARGUMENTS("fetch", "-X", "HEAD", "-T", "b", "http://127.0.0.1:1/"),
      "a HEAD request has no body");
  expect_usage(FETCH_ARGUMENTS("fetch", "-I", "-d", "a", "http://h/"),
               "a HEAD request has no body");
  expect_usage(FETCH_ARGUMENTS("fetch", "-I", "-X", "GET", "http://h/"),
               "not both");
  expect_usage(FETCH_ARGUMENTS("fetch", "-u", "a:b", "-H", "authorization: c",
                               "http://h/"),
               "not both");
  expect_usage(FETCH_ARGUMENTS("fetch", "-", "http://h/"),
               "- is standard input");
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p, FETCH_ARGUMENTS(NULL));
  CU_ASSERT_EQUAL(p.code, 2);
  program_said(&p, "usage: lariat");
  program_close(&p);
}

/* A proxy of the environment is not used, which is said when it may matter. */
static void proxies_of_the_environment(void) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  setenv("https_proxy", "http://127.0.0.1:1/", 1);
  program_run(&p, FETCH_ARGUMENTS("fetch", "http://127.0.0.1:1/"));
  program_said(&p, "https_proxy is set, but proxies are not used yet");
  program_run(&p, FETCH_ARGUMENTS("fetch", "-q", "http://127.0.0.1:1/"));
  CU_ASSERT_EQUAL(p.err_length, 0);
  setenv("https_proxy", "", 1);
  program_run(&p, FETCH_ARGUMENTS("fetch", "http://127.0.0.1:1/"));
  CU_ASSERT_PTR_NULL(strstr(p.err, "proxies"));
  unsetenv("https_proxy");
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
  CU_ASSERT(count_lines(p.out) <= 40);
  CU_ASSERT(longest_of(p.out) <= 79);
  CU_ASSERT(count(p.out, "\n  lariat fetch ") >= 2);
  CU_ASSERT_PTR_NOT_NULL(strstr(
      p.out, " --details LIST  trailers, connection, certificates, history\n"));
  char *help = strdup(p.out);
  program_run(&p, FETCH_ARGUMENTS("help", "fetch"));
  CU_ASSERT_STRING_EQUAL(p.out, help);
  free(help);
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
  static const char *const others[][2] = {
      {"version", NULL}, {"-V", NULL}, {"fetch", "-V"}};
  char *first = strdup(p.out);
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    program_run(&p, FETCH_ARGUMENTS(others[i][0], others[i][1]));
    CU_ASSERT_EQUAL(p.code, 0);
    CU_ASSERT_STRING_EQUAL(p.out, first);
  }
  free(first);
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

/* ---- What is made of the option table ---- */

/* Writes `name` to `option` behind `before`; in a man page each hyphen is
 * "\-". */
static void spell_option(char *option, size_t capacity, const char *before,
                         const char *name, const char *hyphen,
                         const char *after) {
  size_t used = (size_t)snprintf(option, capacity, "%s", before);
  for (; *name; name++)
    used +=
        (size_t)snprintf(option + used, capacity - used, "%.*s",
                         *name == '-' ? 2 : 1, *name == '-' ? hyphen : name);
  snprintf(option + used, capacity - used, "%s", after);
}

struct made {
  const char *file; /* below the build directory */
  const char *before;
  const char *hyphen;
  const char *after; /* so that --rate is not found in --rate-per-host */
  const char *each;  /* as often there as there are options */
  unsigned more;     /* than there are options */
};

static void expect_options(const struct made *made) {
  char path[300];
  snprintf(path, sizeof path, "%s/%s", LARIAT_GENERATED, made->file);
  char *text = read_file(path);
  for (size_t i = 0; i < fetch_options.count; i++) {
    char option[80];
    spell_option(option, sizeof option, made->before,
                 fetch_options.rows[i].name, made->hyphen, made->after);
    if (!strstr(text, option)) fixture_fail("%s has no %s", made->file, option);
  }
  if (count(text, made->each) != fetch_options.count + made->more)
    fixture_fail("%s has %u options, the program %zu", made->file,
                 count(text, made->each) - made->more, fetch_options.count);
  free(text);
}

/* Counts the options of the other commands, and these themselves. */
static unsigned count_others(void) {
  size_t others = 0;
  for (size_t i = 0; option_tables[i]; i++)
    if (option_tables[i] != &fetch_options)
      others += option_tables[i]->count + 1;
  return (unsigned)others;
}

static void every_option_is_documented(void) {
  const struct made files[] = {
      {"man/lariat-fetch.1", "\\fB\\-\\-", "\\-", "\\fR", "\n.TP\n\\fB\\-", 0},
      {"completions/lariat.fish", " -l ", "-", " -",
       "\ncomplete -c lariat -n $fetch ", 0},
      {"completions/_lariat", "--", "-", "", "[", 4 + count_others()}};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
    expect_options(&files[i]);
}

static void help_has_every_option(void) {
  struct program p;
  program_open(&p, LARIAT_PROGRAM);
  program_run(&p, FETCH_ARGUMENTS("fetch", "--help"));
  for (size_t i = 0; i < fetch_options.count; i++) {
    const struct option_row *row = &fetch_options.rows[i];
    char option[80];
    char letter[] = {'-', row->letter, ',', ' ', '\0'};
    snprintf(option, sizeof option, " %s--%s%s%s", row->letter ? letter : "",
             row->name, row->value ? " " : "", row->value ? row->value : "");
    if (!strstr(p.out, option)) fixture_fail("--help has no %s", option);
  }
  program_close(&p);
}

static bool has_option(const char *name) {
  for (size_t i = 0; i < fetch_options.count; i++)
    if (strcmp(fetch_options.rows[i].name, name) == 0) return true;
  return false;
}

/* A row that is lost would be missing everywhere: users have these. */
static void no_option_is_lost(void) {
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
                                        "rate-per-host", "delay",
                                        "user-agent",    "user",
                                        "head",          "fail",
                                        "headers",       "body",
                                        "raw",           "keep-secrets",
                                        "silent",        "show-error",
                                        "location",      "compressed",
                                        "max-time",      "retry",
                                        "no-downgrade",  "deny-bad-ports",
                                        "deny-private",  "allow-net",
                                        "deny-net",      "same-origin-headers",
                                        "cookie",        "cookie-jar",
                                        "details",       "resolve",
                                        "connect-to",    "dns-servers",
                                        "ipv4",          "ipv6"};
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
    if (!has_option(options[i])) fixture_fail("there is no --%s", options[i]);
}

static void the_program_takes_every_option(void) {
  for (size_t i = 0; i < fetch_options.count; i++) {
    const struct option_row *row = &fetch_options.rows[i];
    char option[80];
    char said[80];
    snprintf(option, sizeof option, row->value ? "--%s" : "--%s=x", row->name);
    snprintf(said, sizeof said, "--%s %s", row->name,
             row->value ? "needs a value" : "takes no value");
    expect_usage(FETCH_ARGUMENTS("fetch", option), said);
    if (!row->letter || !row->value) continue;
    snprintf(option, sizeof option, "-%c", row->letter);
    snprintf(said, sizeof said, "-%c needs a value", row->letter);
    expect_usage(FETCH_ARGUMENTS("fetch", option), said);
  }
}

/* Asks bash what may stand after `words`; the answer is in `p->out`. */
static void complete_in_bash(struct program *p, const char *words) {
  char command[600];
  snprintf(command, sizeof command,
           "compopt() { :; }; . %s/completions/lariat.bash && "
           "COMP_WORDS=(%s) && COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) && "
           "_lariat && echo \"${COMPREPLY[@]}\"",
           LARIAT_GENERATED, words);
  program_run(p, FETCH_ARGUMENTS("-c", command));
  CU_ASSERT_EQUAL(p->code, 0);
}

static void bash_completes(void) {
  static const char *const answers[][2] = {
      {"lariat f", "fetch\n"},
      {"lariat fetch --plac", "--placement\n"},
      {"lariat fetch --placement ''", "host spread\n"},
      {"lariat fetch -X P", "POST PUT PATCH\n"},
      {"lariat fetch --rate", "--rate --rate-per-host\n"},
      {"lariat fetch --rate ''", "\n"},
      {"lariat fetch -A", "-A\n"},
      {"lariat v", "version\n"},
      {"lariat help f", "fetch\n"},
      {"lariat fetch -i the-l", "the-list\n"},
      {"lariat fetch --save the", "\n"}};
  struct program p;
  program_open(&p, "/bin/bash");
  program_write(&p, "the-list", "", 0);
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    complete_in_bash(&p, answers[i][0]);
    if (strcmp(p.out, answers[i][1]) != 0)
      fixture_fail("%s: %s, not %s", answers[i][0], p.out, answers[i][1]);
  }
  program_close(&p);
}

/* Asterisks that are typed or shown are in the page, and marks are not; and it
 * names all the options that add to a line. */
static void the_manual_is_whole(void) {
  static const char *const parts[] = {
      "\\fIHOST\\fR may be \\fB*\\fR.", "behind \\fB*\\fR connections",
      "what is \\fB***\\fR in result lines", "\\fB@\\fR\\fIFILE\\fR is what",
      ".B \\-\\-body and .B \\-\\-details add"};
  char *text = read_file(LARIAT_GENERATED "/man/lariat-fetch.1");
  for (char *at = text; *at; at++)
    if (*at == '\n') *at = ' ';
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (!strstr(text, parts[i])) fixture_fail("no %s", parts[i]);
  free(text);
}

/* groff, where it is here, has nothing to say about the pages. */
static void man_pages_are_clean(void) {
  static const char *const pages[] = {LARIAT_GENERATED "/man/lariat.1",
                                      LARIAT_GENERATED "/man/lariat-fetch.1"};
  struct program p;
  if (access("/usr/bin/groff", X_OK) != 0) {
    printf("skipped: there is no groff\n");
    return;
  }
  program_open(&p, "/usr/bin/groff");
  for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
    program_run(&p, FETCH_ARGUMENTS("-man", "-ww", "-Tutf8", "-z", pages[i]));
    CU_ASSERT_EQUAL(p.code, 0);
    if (p.err_length) fixture_fail("%s: %s", pages[i], p.err);
  }
  program_close(&p);
}

int main(int argc, char **argv) {
  static const struct fixture_test tests[] = {
      {"nonsense option values", nonsense_values},
      {"networks without sense", networks_without_sense},
      {"names without sense", names_without_sense},
      {"user agents", agents_with_line_breaks},
      {"unknown options", unknown_options},
      {"what was meant", what_was_meant},
      {"values with units", values_with_units},
      {"letters", letters},
      {"what makes no sense together", what_makes_no_sense_together},
      {"proxies of the environment", proxies_of_the_environment},
      {"the help fits a screen", help_fits_a_screen},
      {"versions", versions},
      {"no option is lost", no_option_is_lost},
      {"the program takes every option", the_program_takes_every_option},
      {"the help has every option", help_has_every_option},
      {"every option is documented", every_option_is_documented},
      {"bash completes", bash_completes},
      {"the manual is whole", the_manual_is_whole},
      {"man pages are clean", man_pages_are_clean},
  };
  return fixture_main("fetch usage", tests, FIXTURE_COUNT(tests), argc, argv);
}
