/* SPDX-License-Identifier: MIT
 * The program lariat: finds the command. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#ifdef LARIAT_WITH_CRAWL
#include "crawl/crawl.h"
#endif
#include "fetch/fetch.h"
#include "help.h"
#ifdef LARIAT_WITH_LOAD
#include "load/load.h"
#endif
#include "say.h"
#include "spelling.h"
#ifdef LARIAT_WITH_CRAWL
#include "warc/warc.h"
#endif

/* ---- Commands ---- */

struct command {
  const char *name;
  int (*run)(int argc, char **argv); /* returns the exit code */
};

static const struct command commands[] = {{"fetch", fetch_command},
#ifdef LARIAT_WITH_CRAWL
                                          {"crawl", crawl_command},
#endif
#ifdef LARIAT_WITH_LOAD
                                          {"load", load_command},
#endif
#ifdef LARIAT_WITH_CRAWL
                                          {"warc", warc_command},
#endif
                                          {NULL, NULL}};

static const struct command *find_command(const char *name) {
  for (const struct command *command = commands; command->name; command++)
    if (strcmp(command->name, name) == 0) return command;
  return NULL;
}

/* Returns the exit code of a command that prints: what it printed must have got
 * out. */
static int end_printing(void) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return EXIT_ALL;
  say("cannot write to standard output: %s", say_errno(errno));
  return EXIT_SOME;
}

/* Fills the standard descriptors, so that no file that is opened becomes one of
 * them.  What stands for a closed output can be read only: it says so itself.
 */
static void fill_standard(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0) return;
}

static int print_version(void) {
  help_print_version(stdout);
  return end_printing();
}

/* ---- Unknown commands ---- */

/* Tells whether `text` stands where a command belongs, but is what "fetch"
 * takes: an option, or something that has the marks of a URL. */
static bool is_for_fetch(const char *text) {
  return text[0] == '-' || strpbrk(text, ":/.") != NULL;
}

/* Returns the command that may have been meant by `typed`; NULL: none. */
static const char *find_near(const char *typed) {
  static const char *const words[] = {"version", "help"};
  static const char *const others[][2] = {
      {"get", "fetch"},     {"download", "fetch"}, {"curl", "fetch"},
      {"wget", "fetch"},    {"bench", "load"},     {"wrk", "load"},
      {"hey", "load"},      {"ab", "load"},        {"k6", "load"},
      {"mirror", "crawl"},  {"spider", "crawl"},   {"archive", "crawl"},
      {"httrack", "crawl"}, {"scrapy", "crawl"}};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (strcmp(typed, others[i][0]) == 0 && find_command(others[i][1]))
      return others[i][1];
  for (const struct command *command = commands; command->name; command++)
    if (spelling_is_near(typed, command->name)) return command->name;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (spelling_is_near(typed, words[i])) return words[i];
  return NULL;
}

/* Says what may have been meant; false: nobody knows. */
static bool say_unknown(const char *typed) {
  const char *near = find_near(typed);
  char shown[SAY_CAPACITY];
  if (near)
    say("there is no command \"%s\"; did you mean \"lariat %s\"?",
        say_shown(shown, typed), near);
  else if (is_for_fetch(typed))
    say("%s is no command; did you mean \"lariat fetch %s\"?",
        say_shown(shown, typed), shown);
  else
    say("there is no command \"%s\"", say_shown(shown, typed));
  return near || is_for_fetch(typed);
}

static bool is_any(const char *text, const char *one, const char *two,
                   const char *three) {
  return strcmp(text, one) == 0 || strcmp(text, two) == 0 ||
         strcmp(text, three) == 0;
}

/* Prints the help of a command, or for NULL the list of them. */
static int print_help(char *name) {
  char option[] = "--help";
  char *arguments[] = {name, option, NULL};
  const struct command *command = name ? find_command(name) : NULL;
  if (command) return command->run(2, arguments);
  if (name && !is_any(name, "help", "version", "--help")) {
    if (!say_unknown(name)) help_print(stderr);
    return EXIT_USAGE;
  }
  help_print(stdout);
  return end_printing();
}

int main(int argc, char **argv) {
  fill_standard();
  const char *name = argc > 1 ? argv[1] : "";
  const struct command *command = find_command(name);
  if (command) return command->run(argc - 1, argv + 1);
  if (is_any(name, "--version", "-V", "version")) return print_version();
  if (is_any(name, "--help", "-h", "help"))
    return print_help(argc > 2 ? argv[2] : NULL);
  if (argc < 2 || !say_unknown(name)) help_print(stderr);
  return EXIT_USAGE;
}
